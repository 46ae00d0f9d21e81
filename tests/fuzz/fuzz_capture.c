/* fuzz_capture.c: any octets at all as a capture file, through the reader and,
 * in what it finds, through the oracles of both ends.  The seeds are a small
 * capture of each format. */
#include <stdio.h>
#include <string.h>

#include "harness/capture.h"
#include "harness/check.h"
#include "probes/opt.h"
#include "probes/wire.h"
#include "seeds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct check_config config = { .vantage = VANTAGE_MIDDLE, .accept = ACCEPT_DEPLOYED };
	char err[512];
	FILE *f = size ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
	struct capture *c = f ? capture_from(f, "fuzz", err, sizeof err) : NULL;
	struct check *k;
	struct datagram d;
	enum capture_more more;

	if (!c)
		return 0;
	k = check_new(&config);
	while ((more = capture_next(c, &d)) == CAPTURE_IP || more == CAPTURE_OTHER)
		if (more == CAPTURE_IP && k)
			check_datagram(k, &d);
	if (k)
		check_end(k);
	check_free(k);
	capture_close(c);
	return 0;
}

struct file {
	uint8_t *octets;
	size_t n, size;
};

static void raw(struct file *f, const void *p, size_t n)
{
	if (f->n + n <= f->size)
		memcpy(f->octets + f->n, p, n);
	f->n += n;
}

static void u32(struct file *f, uint32_t v)
{
	raw(f, &v, 4);
}

static void frame(struct file *f, bool ng, unsigned i, const uint8_t *ip, uint32_t n)
{
	static const uint8_t head[14] = { [12] = 0x08 };
	uint32_t padded = (n + 3) & ~3u;

	if (ng) {
		u32(f, 6);
		u32(f, 32 + padded);
		u32(f, 0);
		u32(f, 0);
		u32(f, i);
		u32(f, n);
		u32(f, n);
		raw(f, ip, n);
		raw(f, "\0\0\0", padded - n);
		u32(f, 32 + padded);
		return;
	}
	u32(f, i);
	u32(f, 0);
	u32(f, n + 14);
	u32(f, n + 14);
	raw(f, head, 14);
	raw(f, ip, n);
}

size_t fuzz_seed(unsigned which, uint8_t *out, size_t size)
{
	struct file f = { .octets = out, .size = size };
	struct endpoint a = { .port = 1000 }, b = { .port = 7 };
	static const char comment[] = "tcpconform: tester 192.0.2.1   ";
	bool ng = which == 1;

	if (which > 1)
		return 0;
	addr_parse("192.0.2.1", &a.addr);
	addr_parse("192.0.2.2", &b.addr);
	if (ng) {
		u32(&f, 0x0A0D0D0A);
		u32(&f, 28 + 4 + 32 + 4);
		u32(&f, 0x1A2B3C4D);
		u32(&f, 1);
		u32(&f, UINT32_MAX);
		u32(&f, UINT32_MAX);
		u32(&f, 1 | 32 << 16);
		raw(&f, comment, 32);
		u32(&f, 0);
		u32(&f, 28 + 4 + 32 + 4);
		u32(&f, 1);
		u32(&f, 20);
		u32(&f, 101);
		u32(&f, 65535);
		u32(&f, 20);
	} else {
		u32(&f, 0xa1b2c3d4);
		u32(&f, 2 | 4 << 16);
		u32(&f, 0);
		u32(&f, 0);
		u32(&f, 65535);
		u32(&f, 1);
	}

	static const uint8_t text[40] = "some text";
	const struct seg segs[] = {
		{ .src = a, .dst = b, .seq = 100, .ctl = SYN, .wnd = 5000 },
		{ .src = b, .dst = a, .seq = 300, .ack = 101, .ctl = SYN | ACK, .wnd = 5000 },
		{ .src = a, .dst = b, .seq = 101, .ack = 301, .ctl = ACK, .wnd = 5000, .text = text, .len = sizeof text },
		{ .src = b, .dst = a, .seq = 301, .ack = 141, .ctl = ACK | FIN, .wnd = 0 },
		{ .src = a, .dst = b, .seq = 141, .ack = 302, .ctl = ACK | FIN, .wnd = 5000 },
		{ .src = b, .dst = a, .seq = 302, .ack = 142, .ctl = ACK, .wnd = 5000 },
	};

	for (unsigned i = 0; i < sizeof segs / sizeof *segs; i++) {
		struct seg s = segs[i];
		uint8_t ip[200];
		int n;

		if (s.ctl & SYN) {
			opt_mss(&s, 1460);
			opt_ws(&s, 7);
			opt_ts(&s, 1, 0);
		}
		n = wire_encode(&s, ip, sizeof ip);
		if (n > 0)
			frame(&f, ng, i, ip, (uint32_t)n);
	}
	return f.n <= size ? f.n : 0;
}
