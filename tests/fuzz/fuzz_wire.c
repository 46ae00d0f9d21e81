/* fuzz_wire.c: any octets as a datagram, and as what ICMP quotes.
 *
 * Nothing is read outside (the sanitizers see to that), text and options lie in
 * the buffer and within the datagram's own length, and what was decoded says the
 * same when it is encoded and decoded again: octet for octet from the TCP header
 * on, where the datagram was whole. */
#include <stdlib.h>
#include <string.h>

#include "probes/icmp.h"
#include "probes/opt.h"
#include "probes/show.h"
#include "probes/wire.h"
#include "seeds.h"

static void claim(bool holds)
{
	if (!holds)
		abort();
}

/* All but `at` and the pointer, which cannot be the same. */
static bool same(const struct seg *a, const struct seg *b)
{
	return endpoint_eq(&a->src, &b->src) && endpoint_eq(&a->dst, &b->dst) &&
	       a->seq == b->seq && a->ack == b->ack && a->ctl == b->ctl && a->rsv == b->rsv &&
	       a->doff == b->doff && a->wnd == b->wnd && a->urg == b->urg &&
	       a->opt_len == b->opt_len && memcmp(a->opt, b->opt, a->opt_len) == 0 &&
	       a->len == b->len && (a->len == 0 || memcmp(a->text, b->text, a->len) == 0) &&
	       a->tos == b->tos && a->ip_id == b->ip_id && a->df == b->df && a->flow == b->flow &&
	       (a->wrong & ~WRONG_PARTIAL) == (b->wrong & ~WRONG_PARTIAL);
}

static void encode_again(const struct seg *s, const uint8_t *tcp, size_t n)
{
	static uint8_t again[WIRE_MAX];
	struct seg got;
	int octets = wire_encode(s, again, sizeof again);

	/* With an IPv6 payload, IPv4 would be too long; a jumbogram is, too. */
	if (octets < 0)
		return;
	claim((size_t)octets == n + (s->src.addr.v == 4 ? 20 : 40));
	claim(wire_decode(again, (size_t)octets, (size_t)octets, &got) == WIRE_SEG);
	claim(same(s, &got));
	claim(s->ttl == 0 || got.ttl == s->ttl);

	/* In the checksum field, 0 and 0xffff are one number. */
	const uint8_t *tcp_again = again + ((size_t)octets - n);

	claim(memcmp(tcp, tcp_again, 16) == 0);
	claim(memcmp(tcp + 18, tcp_again + 18, n - 18) == 0);
	claim(s->cksum % 0xffff == got.cksum % 0xffff);
}

static void segment(const uint8_t *ip, size_t n, size_t full, const struct seg *s)
{
	char line[SHOW_MAX];
	struct opts o;

	claim(s->opt_len <= SEG_OPT_MAX && s->opt_len % 4 == 0);
	opt_of(s, &o);
	seg_show(s, NULL, line, sizeof line);
	claim(strlen(line) < sizeof line);
	claim(s->len <= full);
	claim(!s->text == (s->len == 0 || (s->wrong & WRONG_SNAP)));
	if (s->text)
		claim(s->text >= ip && s->text <= ip + n && s->len <= (size_t)(ip + n - s->text));
	if (s->wrong & (WRONG_SNAP | WRONG_LENGTH)) {
		claim(!(s->wrong & WRONG_LENGTH) || s->len == 0);
		return;
	}

	struct wire_ip layer;

	claim(wire_ip_decode(ip, n, full, &layer));
	claim(layer.n == layer.full);
	claim(layer.n == 20u + s->opt_len + s->len);
	encode_again(s, layer.payload, layer.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_ip layer;
	struct icmp m;
	struct seg s;

	if (size < 2)
		return 0;

	/* How much of the datagram was not captured. */
	size_t missing = data[0] < 192 ? 0 : (data[0] - 191u) * 8u * data[1];
	const uint8_t *ip = data + 2;
	size_t n = size - 2, full = n + missing;

	if (wire_ip_decode(ip, n, full, &layer)) {
		claim(layer.payload >= ip && layer.payload <= ip + n);
		claim(layer.n <= (size_t)(ip + n - layer.payload));
		claim(layer.n <= layer.full && layer.full <= full);
		claim(layer.src.v == layer.dst.v);
	}
	switch (wire_decode(ip, n, full, &s)) {
	case WIRE_SEG:
		segment(ip, n, full, &s);
		break;
	case WIRE_ICMP:
		if (icmp_decode(ip, n, &m) && m.quotes)
			claim(m.quoted_src.addr.v == m.quoted_dst.addr.v);
		break;
	case WIRE_OTHER:
		claim(s.src.addr.v == 4 || s.src.addr.v == 6);
		break;
	case WIRE_BROKEN:
		break;
	}
	/* As if the checksum were no obstacle: a decoder must not rely on it. */
	icmp_decode(ip, n, &m);
	return 0;
}

/* Segments and errors of both versions, and the extension headers. */
size_t fuzz_seed(unsigned n, uint8_t *out, size_t room)
{
	struct seg s = {
		.src = { { 4, { 10, 0, 0, 1 } }, 1000 }, .dst = { { 4, { 10, 0, 0, 2 } }, 7 },
		.seq = 0xfffffffe, .ack = 5, .ctl = ACK, .wnd = 100, .ttl = 64,
		.text = (const uint8_t *)"0123456789", .len = n % 2 ? 10 : 0,
	};
	int octets;

	if (n >= 32 || room < 400)
		return 0;
	out[0] = n & 4 ? 200 : 0;
	out[1] = (uint8_t)n;
	if (n & 2)
		s.src.addr.v = s.dst.addr.v = 6;
	if (n & 8) {
		s.ctl = SYN;
		opt_mss(&s, 1460);
		opt_ts(&s, 1, 2);
		opt_nop(&s);
		opt_nop(&s);
		opt_sack_perm(&s);
	}
	if (n & 16) {
		struct icmp m = { .src = s.dst.addr, .dst = s.src.addr, .type = n & 2 ? 1 : 3, .code = 1 };

		octets = icmp_encode(&m, &s, 8, out + 2, 300);
		return octets < 0 ? 0 : 2 + (size_t)octets;
	}
	octets = wire_encode(&s, out + 2, 300);
	if (octets < 0)
		return 0;
	if ((n & 12) == 12 && s.src.addr.v == 6) {
		static const uint8_t headers[24] = {
			60, 0, 1, 4, 0, 0, 0, 0, 44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 0, 1, 2, 3, 4,
		};

		memmove(out + 2 + 40 + sizeof headers, out + 2 + 40, (size_t)octets - 40);
		memcpy(out + 2 + 40, headers, sizeof headers);
		out[2 + 6] = 0;
		out[2 + 5] = (uint8_t)(out[2 + 5] + sizeof headers);
		octets += (int)sizeof headers;
	}
	return 2 + (size_t)octets;
}
