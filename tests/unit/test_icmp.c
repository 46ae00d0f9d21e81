/* test_icmp.c: ICMP (RFC 792) and ICMPv6 (RFC 4443), octets written down by hand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/icmp.h"
#include "probes/wire.h"

static uint8_t buf[WIRE_MAX];

static struct addr address(const char *text)
{
	struct addr a;

	assert_true(addr_parse(text, &a));
	return a;
}

static struct seg quoted(int v)
{
	return (struct seg){
		.src = { address(v == 4 ? "10.0.0.2" : "2001:db8::2"), 0x1234 },
		.dst = { address(v == 4 ? "10.0.0.1" : "2001:db8::1"), 80 },
		.seq = 0xa1b2c3d4, .ack = 1, .ctl = ACK, .wnd = 5,
		.text = (const uint8_t *)"0123456789", .len = 10,
	};
}

/* Sums up octet by octet, as on paper. */
static unsigned sum_of(unsigned sum, const uint8_t *o, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sum += i % 2 ? o[i] : o[i] * 256u;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

static void an_echo_request(void **state)
{
	/* Checksum: 0800+1234+0001 = 1a35, complement e5ca. */
	static const uint8_t expected[8] = { 8, 0, 0xe5, 0xca, 0x12, 0x34, 0x00, 0x01 };
	struct icmp m = {
		.src = address("10.0.0.1"), .dst = address("10.0.0.2"), .type = 8, .rest = 0x12340001,
	}, got;
	struct seg s;

	(void)state;
	assert_int_equal(icmp_encode(&m, NULL, 0, buf, sizeof buf), 28);
	assert_int_equal(buf[9], 1);
	assert_memory_equal(buf + 20, expected, 8);
	assert_int_equal(wire_decode(buf, 28, 28, &s), WIRE_ICMP);
	assert_true(icmp_decode(buf, 28, &got));
	assert_int_equal(got.type, 8);
	assert_int_equal(got.rest, 0x12340001);
	assert_false(got.quotes);
	assert_true(addr_eq(&got.src, &m.src));
	assert_true(addr_eq(&got.dst, &m.dst));
}

static void an_echo_request_of_ipv6(void **state)
{
	/* Pseudo-header: 2001+0db8+0001+2001+0db8+0002+0008+003a = 5bb7; with
	 * 8000+0000+abcd+0002 it is 18786, with carry 8787, complement 7878. */
	static const uint8_t expected[8] = { 128, 0, 0x78, 0x78, 0xab, 0xcd, 0, 2 };
	struct icmp m = {
		.src = address("2001:db8::1"), .dst = address("2001:db8::2"), .type = 128, .rest = 0xabcd0002,
	}, got;

	(void)state;
	assert_int_equal(icmp_encode(&m, NULL, 0, buf, sizeof buf), 48);
	assert_int_equal(buf[6], 58);
	assert_memory_equal(buf + 40, expected, 8);
	assert_true(icmp_decode(buf, 48, &got));
	assert_int_equal(got.type, 128);
	assert_false(got.quotes);
}

static void fragmentation_needed(void **state)
{
	struct seg s = quoted(4);
	struct icmp m = {
		.src = address("10.0.0.254"), .dst = s.src.addr, .type = 3, .code = 4, .rest = 1400,
	}, got;
	uint8_t whole[100];
	int n = wire_encode(&s, whole, sizeof whole);

	(void)state;
	assert_int_equal(n, 50);
	for (unsigned octets = 0; octets <= 40; octets++) {
		unsigned is = octets < 8 ? 8 : octets > 30 ? 30 : octets;

		assert_int_equal(icmp_encode(&m, &s, octets, buf, sizeof buf), 28 + 20 + is);
		assert_int_equal(buf[20], 3);
		assert_int_equal(buf[21], 4);
		assert_memory_equal(buf + 24, ((const uint8_t[]){ 0, 0, 0x05, 0x78 }), 4);
		assert_memory_equal(buf + 28, whole, 20 + is);
		assert_int_equal(sum_of(0, buf + 20, 28 + is), 0xffff);
		assert_true(icmp_decode(buf, 48 + is, &got));
		assert_true(got.quotes);
		assert_true(endpoint_eq(&got.quoted_src, &s.src));
		assert_true(endpoint_eq(&got.quoted_dst, &s.dst));
		assert_int_equal(got.quoted_seq, 0xa1b2c3d4);
		assert_int_equal(got.rest, 1400);
		assert_int_equal(got.code, 4);
	}
}

static void packet_too_big(void **state)
{
	struct seg s = quoted(6);
	struct icmp m = {
		.src = address("2001:db8::fe"), .dst = s.src.addr, .type = 2, .rest = 1280,
	}, got;
	uint8_t pseudo[40] = { 0 };

	(void)state;
	assert_int_equal(icmp_encode(&m, &s, 1000, buf, sizeof buf), 48 + 70);
	memcpy(pseudo, buf + 8, 32);
	pseudo[35] = 78;
	pseudo[39] = 58;
	assert_int_equal(sum_of(sum_of(0, pseudo, 40), buf + 40, 78), 0xffff);
	assert_true(icmp_decode(buf, 118, &got));
	assert_true(got.quotes);
	assert_int_equal(got.type, 2);
	assert_int_equal(got.rest, 1280);
	assert_true(endpoint_eq(&got.quoted_src, &s.src));
	assert_true(endpoint_eq(&got.quoted_dst, &s.dst));
	assert_int_equal(got.quoted_seq, 0xa1b2c3d4);
}

static void every_octet_counts(void **state)
{
	(void)state;
	for (int v = 4; v <= 6; v += 2) {
		struct seg s = quoted(v);
		struct icmp m = { .src = s.dst.addr, .dst = s.src.addr, .type = v == 4 ? 3 : 1, .code = 3 }, got;
		int n = icmp_encode(&m, &s, 8, buf, sizeof buf);
		size_t header = v == 4 ? 20 : 40;

		assert_true(n > 0);
		/* Cut: a copy, whose end a checker guards.  What quotes nothing is not
		 * said to quote. */
		for (size_t cut = 0; cut < (size_t)n; cut++) {
			uint8_t *copy = malloc(cut ? cut : 1);

			assert_non_null(copy);
			memcpy(copy, buf, cut);
			bool read = icmp_decode(copy, cut, &got);

			assert_int_equal(read, cut >= header + 8);
			assert_false(got.quotes);
			free(copy);
		}
		/* Damaged: the checksum is on guard. */
		for (size_t at = header; at < (size_t)n; at++) {
			buf[at] ^= 1;
			assert_false(icmp_decode(buf, (size_t)n, &got));
			buf[at] ^= 1;
		}
		assert_true(icmp_decode(buf, (size_t)n, &got));
	}
}

/* Which messages are errors (RFC 1122 3.2.2, RFC 4443 2.1). */
static void errors_quote_and_others_do_not(void **state)
{
	static const uint8_t errors[] = { 3, 4, 5, 11, 12 };

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		struct seg s = quoted(4), six = quoted(6);
		struct icmp m = { .src = s.dst.addr, .dst = s.src.addr, .type = (uint8_t)type }, got;
		int n = icmp_encode(&m, &s, 8, buf, sizeof buf);

		assert_true(icmp_decode(buf, (size_t)n, &got));
		assert_int_equal(got.quotes, memchr(errors, (int)type, sizeof errors) != NULL);
		m.src = six.dst.addr;
		m.dst = six.src.addr;
		n = icmp_encode(&m, &six, 8, buf, sizeof buf);
		assert_true(icmp_decode(buf, (size_t)n, &got));
		assert_int_equal(got.quotes, type < 128);
	}
}

static void what_does_not_quote_tcp(void **state)
{
	struct seg s = quoted(4);
	struct icmp m = { .src = s.dst.addr, .dst = s.src.addr, .type = 3 }, got;

	(void)state;
	/* An echo reply may carry octets that look like a datagram. */
	m.type = 0;
	int n = icmp_encode(&m, &s, 8, buf, sizeof buf);

	assert_true(icmp_decode(buf, (size_t)n, &got));
	assert_false(got.quotes);

	/* A datagram of UDP, and a later fragment. */
	static const struct { size_t at; uint8_t is; } other[] = { { 28 + 9, 17 }, { 28 + 7, 8 }, { 28, 0x15 } };

	for (size_t i = 0; i < 3; i++) {
		m.type = 3;
		n = icmp_encode(&m, &s, 8, buf, sizeof buf);
		buf[other[i].at] = other[i].is;
		buf[22] = buf[23] = 0;
		unsigned sum = ~sum_of(0, buf + 20, (size_t)n - 20);

		buf[22] = (uint8_t)(sum >> 8);
		buf[23] = (uint8_t)sum;
		assert_true(icmp_decode(buf, (size_t)n, &got));
		assert_false(got.quotes);
	}
	/* Not ICMP at all. */
	n = wire_encode(&s, buf, sizeof buf);
	assert_false(icmp_decode(buf, (size_t)n, &got));
}

static void what_cannot_be_encoded(void **state)
{
	struct seg s = quoted(4);
	struct icmp m = { .src = s.dst.addr, .dst = s.src.addr, .type = 3 };

	(void)state;
	assert_int_equal(icmp_encode(&m, &s, 8, buf, 55), -EMSGSIZE);
	assert_int_equal(icmp_encode(&m, &s, 8, buf, 56), 56);
	s.dst.addr.v = 6;
	assert_int_equal(icmp_encode(&m, &s, 8, buf, sizeof buf), -EINVAL);
	m.src.v = 6;
	assert_int_equal(icmp_encode(&m, NULL, 0, buf, sizeof buf), -EINVAL);

	/* A whole large datagram does not fit into another. */
	static uint8_t text[65495];

	m.src.v = 4;
	s = quoted(4);
	s.text = text;
	s.len = sizeof text;
	assert_int_equal(icmp_encode(&m, &s, 65535, buf, sizeof buf), -EMSGSIZE);
	assert_int_equal(icmp_encode(&m, &s, 548, buf, sizeof buf), 28 + 568);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_echo_request),
		cmocka_unit_test(an_echo_request_of_ipv6),
		cmocka_unit_test(fragmentation_needed),
		cmocka_unit_test(packet_too_big),
		cmocka_unit_test(every_octet_counts),
		cmocka_unit_test(errors_quote_and_others_do_not),
		cmocka_unit_test(what_does_not_quote_tcp),
		cmocka_unit_test(what_cannot_be_encoded),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	wire_close();
	return failed;
}
