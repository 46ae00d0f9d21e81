/* test_capture.c: the capture reader and the tracking of connections, on captures
 * that are written here octet by octet: every link type, VLAN tags, lengths that
 * lie, files cut at every octet; tuples that are used again, and copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/capture.h"
#include "harness/check.h"
#include "probes/opt.h"
#include "probes/wire.h"

/* ---- a capture under construction ------------------------------------------- */

struct file {
	uint8_t octets[65536];
	size_t n;
	int64_t at;                     /* microseconds of the next frame        */
};

static void raw(struct file *f, const void *p, size_t n)
{
	assert_true(f->n + n <= sizeof f->octets);
	if (n)
		memcpy(f->octets + f->n, p, n);
	f->n += n;
}

static void u16(struct file *f, uint16_t v)
{
	raw(f, &v, 2);
}

static void u32(struct file *f, uint32_t v)
{
	raw(f, &v, 4);
}

static void pcap_head(struct file *f, uint32_t link)
{
	f->n = 0;
	f->at = 1000000;
	u32(f, 0xa1b2c3d4);
	u16(f, 2);
	u16(f, 4);
	u32(f, 0);
	u32(f, 0);
	u32(f, 65535);
	u32(f, link);
}

static void pcap_frame(struct file *f, const void *head, size_t n_head, const uint8_t *ip, size_t n_ip)
{
	u32(f, (uint32_t)(f->at / 1000000));
	u32(f, (uint32_t)(f->at % 1000000));
	u32(f, (uint32_t)(n_head + n_ip));
	u32(f, (uint32_t)(n_head + n_ip));
	raw(f, head, n_head);
	raw(f, ip, n_ip);
	f->at += 10000;
}

static struct capture *opened(const struct file *f, size_t n, char *err)
{
	FILE *in = tmpfile();

	assert_non_null(in);
	assert_int_equal(fwrite(f->octets, 1, n, in), n);
	rewind(in);
	return capture_from(in, "a test", err, 256);
}

/* ---- segments ------------------------------------------------------------------ */

static struct endpoint end(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = port };

	assert_true(addr_parse(addr, &e.addr));
	return e;
}

static size_t encode(struct seg s, uint8_t *ip)
{
	int n = wire_encode(&s, ip, 2000);

	assert_true(n > 0);
	return (size_t)n;
}

/* ---- the reader ------------------------------------------------------------------ */

static void every_link_type(void **state)
{
	static const struct { uint32_t link; size_t n; uint8_t head[24]; } kinds[] = {
		{ 1, 14, { 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 0x08, 0x00 } },
		{ 1, 18, { 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 0x81, 0x00, 0, 7, 0x08, 0x00 } },
		{ 1, 22, { 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 0x88, 0xa8, 0, 7, 0x81, 0x00, 0, 8, 0x08, 0x00 } },
		{ 101, 0, { 0 } },
		{ 228, 0, { 0 } },
		{ 113, 16, { 0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x08, 0x00 } },
		{ 276, 20, { 0x08, 0x00, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6 } },
		{ 0, 4, { 2, 0, 0, 0 } },
		{ 108, 4, { 0, 0, 0, 2 } },
	};
	struct seg s = { .src = end("192.0.2.1", 1), .dst = end("192.0.2.2", 2), .seq = 7, .ctl = SYN };
	static struct file f;
	uint8_t ip[2000];
	size_t n = encode(s, ip);
	char err[256];

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		struct datagram d;
		struct seg back;

		pcap_head(&f, kinds[i].link);
		pcap_frame(&f, kinds[i].head, kinds[i].n, ip, n);

		struct capture *c = opened(&f, f.n, err);

		assert_non_null(c);
		assert_int_equal(capture_next(c, &d), CAPTURE_IP);
		assert_int_equal(d.n, n);
		assert_memory_equal(d.ip, ip, n);
		assert_int_equal(wire_decode(d.ip, d.n, d.full, &back), WIRE_SEG);
		assert_int_equal(back.seq, 7);
		assert_int_equal(capture_next(c, &d), CAPTURE_END);
		capture_close(c);
	}
}

static void what_is_no_ip_is_passed_over(void **state)
{
	static const uint8_t arp[14] = { [12] = 0x08, [13] = 0x06 };
	/* More tags than there may be, and a tag that is cut. */
	static const uint8_t tags[14 + 6 * 4] = { [12] = 0x81, [16] = 0x81, [20] = 0x81, [24] = 0x81, [28] = 0x81, [32] = 0x81 };
	static const uint8_t cut[16] = { [12] = 0x81 };
	static struct file f;
	struct datagram d;
	char err[256];

	(void)state;
	pcap_head(&f, 1);
	pcap_frame(&f, arp, sizeof arp, NULL, 0);
	pcap_frame(&f, tags, sizeof tags, NULL, 0);
	pcap_frame(&f, cut, sizeof cut, NULL, 0);
	pcap_frame(&f, cut, 5, NULL, 0);
	pcap_frame(&f, cut, 0, NULL, 0);

	struct capture *c = opened(&f, f.n, err);

	assert_non_null(c);
	for (int i = 0; i < 5; i++)
		assert_int_equal(capture_next(c, &d), CAPTURE_OTHER);
	assert_int_equal(capture_next(c, &d), CAPTURE_END);
	capture_close(c);
}

/* A length of 0 in the IP header: segmentation was left to the card. */
static void a_length_of_zero_is_mended(void **state)
{
	static const uint8_t text[100] = "text";
	static const char *const ends[2][2] = { { "192.0.2.1", "192.0.2.2" }, { "2001:db8::1", "2001:db8::2" } };
	static struct file f;
	char err[256];

	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct seg s = { .src = end(ends[v6][0], 1), .dst = end(ends[v6][1], 2), .seq = 7, .ctl = ACK,
		                 .text = text, .len = sizeof text }, back;
		struct datagram d;
		uint8_t ip[2000];
		size_t n = encode(s, ip), at = v6 ? 4 : 2;

		ip[at] = ip[at + 1] = 0;
		pcap_head(&f, 101);
		pcap_frame(&f, NULL, 0, ip, n);

		struct capture *c = opened(&f, f.n, err);

		assert_int_equal(capture_next(c, &d), CAPTURE_IP);
		assert_int_equal(wire_decode(d.ip, d.n, d.full, &back), WIRE_SEG);
		assert_int_equal(back.len, sizeof text);
		capture_close(c);
	}
}

/* Cut anywhere, a capture is refused or read up to there. */
static void cut_at_every_octet(void **state)
{
	struct seg s = { .src = end("192.0.2.1", 1), .dst = end("192.0.2.2", 2), .seq = 7, .ctl = SYN };
	static const uint8_t head[14] = { [12] = 0x08 };
	static struct file f;
	uint8_t ip[2000];
	size_t n = encode(s, ip);

	(void)state;
	pcap_head(&f, 1);
	pcap_frame(&f, head, sizeof head, ip, n);
	pcap_frame(&f, head, sizeof head, ip, n);
	for (size_t cut = 0; cut < f.n; cut++) {
		char err[256] = "";
		struct capture *c = opened(&f, cut, err);
		enum capture_more more;
		struct datagram d;
		unsigned frames = 0;

		if (!c) {
			assert_true(cut < 24);
			assert_true(err[0]);
			continue;
		}
		while ((more = capture_next(c, &d)) == CAPTURE_IP)
			frames++;
		assert_true(frames < 2);
		if (cut != 24 && cut != 24 + 16 + 14 + n) {
			assert_int_equal(more, CAPTURE_CUT);
			assert_true(capture_trouble(c)[0]);
		}
		capture_close(c);
	}
}

static void garbage_is_no_capture(void **state)
{
	static struct file f;
	char err[256] = "";

	(void)state;
	raw(&f, "#!/bin/sh\necho this is no capture at all\n", 40);
	assert_null(opened(&f, f.n, err));
	assert_non_null(strstr(err, "a test is no capture"));

	pcap_head(&f, 147);
	err[0] = '\0';
	assert_null(opened(&f, f.n, err));
	assert_non_null(strstr(err, "link type"));
}

/* ---- the comment of a section --------------------------------------------------- */

static void section(struct file *f, const char *comment, size_t said)
{
	size_t n = strlen(comment), padded = (n + 3) & ~(size_t)3;
	uint32_t length = (uint32_t)(28 + 4 + padded + 4);

	f->n = 0;
	u32(f, 0x0A0D0D0A);
	u32(f, length);
	u32(f, 0x1A2B3C4D);
	u16(f, 1);
	u16(f, 0);
	u32(f, UINT32_MAX);
	u32(f, UINT32_MAX);
	u16(f, 1);
	u16(f, (uint16_t)said);
	raw(f, comment, n);
	raw(f, "\0\0\0", padded - n);
	u32(f, 0);
	u32(f, length);
	/* and an interface */
	u32(f, 1);
	u32(f, 20);
	u16(f, 101);
	u16(f, 0);
	u32(f, 65535);
	u32(f, 20);
}

static void the_tester_is_named(void **state)
{
	static const char ours[] = "tcpconform: tester 192.0.2.1 2001:db8::1 nonsense\ncase x";
	static struct file f;
	struct addr a[4], want;
	char err[256];
	struct capture *c;

	(void)state;
	section(&f, ours, strlen(ours));
	c = opened(&f, f.n, err);
	assert_non_null(c);
	assert_int_equal(capture_testers(c, a, 4), 2);
	assert_true(addr_parse("2001:db8::1", &want) && addr_eq(&a[1], &want));
	capture_close(c);

	/* Somebody else's comment, and one that says to be longer than its block. */
	section(&f, "192.0.2.1 is our tester", 23);
	c = opened(&f, f.n, err);
	assert_int_equal(capture_testers(c, a, 4), 0);
	capture_close(c);
	section(&f, ours, 60000);
	c = opened(&f, f.n, err);
	if (c)
		assert_int_equal(capture_testers(c, a, 4), 0);
	capture_close(c);
}

/* ---- connections ------------------------------------------------------------------ */

static struct check *checked(const struct file *f, const struct check_config *config)
{
	char err[256];
	struct capture *c = opened(f, f->n, err);
	struct check *k = check_new(config);
	struct datagram d;

	assert_non_null(c);
	while (capture_next(c, &d) == CAPTURE_IP)
		check_datagram(k, &d);
	check_end(k);
	capture_close(c);
	return k;
}

static void put_seg(struct file *f, bool to_dut, struct seg s)
{
	uint8_t ip[2000];
	struct endpoint we = end("192.0.2.1", 40000), dut = end("192.0.2.2", 7);

	s.src = to_dut ? we : dut;
	s.dst = to_dut ? dut : we;
	s.wnd = s.wnd ? s.wnd : 8192;

	size_t n = encode(s, ip);

	pcap_frame(f, NULL, 0, ip, n);
}

static void handshake(struct file *f, uint32_t iss, uint32_t irs)
{
	put_seg(f, true, (struct seg){ .seq = iss, .ctl = SYN });
	put_seg(f, false, (struct seg){ .seq = irs, .ack = iss + 1, .ctl = SYN | ACK });
	put_seg(f, true, (struct seg){ .seq = iss + 1, .ack = irs + 1, .ctl = ACK });
}

static void expect(const struct file *f, const struct check_config *config, size_t violations, const char *req)
{
	struct check *k = checked(f, config);
	size_t n, found = 0;
	const struct finding *all = check_findings(k, &n);

	for (size_t i = 0; i < n; i++) {
		if (all[i].verdict != FAIL)
			continue;
		found++;
		if (!violations)
			print_message("frame %d: %s (%s)\n", (int)all[i].frames[0], all[i].message, all[i].rule);
		if (req)
			assert_non_null(strstr(all[i].req, req));
	}
	assert_int_equal(found, violations);
	check_free(k);
}

static const struct check_config middle = { .vantage = VANTAGE_MIDDLE, .accept = ACCEPT_DEPLOYED };

/* The same 4-tuple three times: after a close, after a reset, and half-open. */
static void a_tuple_may_be_used_again(void **state)
{
	static struct file f;

	(void)state;
	pcap_head(&f, 101);
	handshake(&f, 1000, 5000);
	put_seg(&f, true, (struct seg){ .seq = 1001, .ack = 5001, .ctl = FIN | ACK });
	put_seg(&f, false, (struct seg){ .seq = 5001, .ack = 1002, .ctl = FIN | ACK });
	put_seg(&f, true, (struct seg){ .seq = 1002, .ack = 5002, .ctl = ACK });

	handshake(&f, 900000, 3);
	put_seg(&f, true, (struct seg){ .seq = 900001, .ack = 4, .ctl = RST | ACK });

	handshake(&f, 77, 4000000000u);
	/* We have lost our memory: our SYN draws an ACK of the old connection, our
	 * RST ends that, and our SYN is heard. */
	put_seg(&f, true, (struct seg){ .seq = 2000000, .ctl = SYN });
	put_seg(&f, false, (struct seg){ .seq = 4000000001u, .ack = 78, .ctl = ACK });
	put_seg(&f, true, (struct seg){ .seq = 78, .ctl = RST });
	handshake(&f, 2000000, 123456789);
	expect(&f, &middle, 0, NULL);
}

/* Frames that a mirror port shows twice are no fault. */
static void copies_are_judged_once(void **state)
{
	static struct file f;
	struct check *k;

	(void)state;
	pcap_head(&f, 101);
	for (int i = 0; i < 2; i++) {
		f.at = 1000000 + i * 10;
		put_seg(&f, true, (struct seg){ .seq = 1000, .ctl = SYN, .ip_id = 9 });
	}
	k = checked(&f, &middle);
	assert_int_equal(check_stats(k).duplicates, 1);
	assert_int_equal(check_stats(k).connections, 1);
	assert_int_equal(check_stats(k).ends, 2);
	check_free(k);
}

/* An option that is not on a SYN breaks a rule from everywhere (MUST-65); it is
 * told once, with all its frames. */
static void a_violation_is_told_once(void **state)
{
	static struct file f;
	struct seg odd = { .seq = 5001, .ack = 1001, .ctl = ACK };
	struct addr tester;
	struct check_config spare = middle;

	(void)state;
	pcap_head(&f, 101);
	handshake(&f, 1000, 5000);
	opt_mss(&odd, 1460);
	for (int i = 0; i < 3; i++)
		put_seg(&f, false, odd);
	expect(&f, &middle, 1, "MUST-65");

	struct check *k = checked(&f, &middle);
	size_t n;
	const struct finding *all = check_findings(k, &n);

	while (n && all->verdict != FAIL) {
		all++;
		n--;
	}
	assert_true(n >= 1);
	assert_int_equal(all->count, 3);
	assert_int_equal(all->frames[0], 4);
	assert_int_equal(all->frames[2], 6);
	check_free(k);

	/* Who is spared is not judged. */
	addr_parse("192.0.2.2", &tester);
	spare.spare = &tester;
	spare.n_spare = 1;
	expect(&f, &spare, 0, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link_type),
		cmocka_unit_test(what_is_no_ip_is_passed_over),
		cmocka_unit_test(a_length_of_zero_is_mended),
		cmocka_unit_test(cut_at_every_octet),
		cmocka_unit_test(garbage_is_no_capture),
		cmocka_unit_test(the_tester_is_named),
		cmocka_unit_test(a_tuple_may_be_used_again),
		cmocka_unit_test(copies_are_judged_once),
		cmocka_unit_test(a_violation_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
