/* test_seg.c: addresses, SEG.LEN, the pattern and its digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/seg.h"

static void length_counts_syn_and_fin(void **state)
{
	(void)state;
	assert_int_equal(seg_len(&(struct seg){ .ctl = ACK }), 0);
	assert_int_equal(seg_len(&(struct seg){ .ctl = SYN }), 1);
	assert_int_equal(seg_len(&(struct seg){ .ctl = FIN | ACK, .len = 5 }), 6);
	assert_int_equal(seg_len(&(struct seg){ .ctl = SYN | FIN, .len = 5 }), 7);
	assert_int_equal(seg_len(&(struct seg){ .ctl = RST | URG | PSH | ECE | CWR, .len = 3 }), 3);
	assert_int_equal(seg_end(&(struct seg){ .seq = 0xffffffff, .ctl = FIN, .len = 2 }), 2);
}

static void addresses_are_read_and_shown(void **state)
{
	static const struct { const char *text, *shown; uint8_t v; } good[] = {
		{ "192.0.2.1", "192.0.2.1", 4 }, { "0.0.0.0", "0.0.0.0", 4 },
		{ "2001:db8::1", "2001:db8::1", 6 }, { "::", "::", 6 },
		{ "2001:0DB8:0:0:0:0:0:1", "2001:db8::1", 6 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6 },
	};
	static const char *bad[] = { "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "host", "1.2.3.4 ", ":::", "fe80::1%lo" };
	char buf[46];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct addr a;

		memset(&a, 0xee, sizeof a);
		assert_true(addr_parse(good[i].text, &a));
		assert_int_equal(a.v, good[i].v);
		assert_string_equal(addr_show(&a, buf, sizeof buf), good[i].shown);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct addr a = { .v = 9 };

		assert_false(addr_parse(bad[i], &a));
		assert_int_equal(a.v, 9);
	}

	struct addr a = { .v = 4, .o = { 10, 0, 0, 255 } };
	char small[4];

	assert_string_equal(addr_show(&a, small, sizeof small), "?");
	a.v = 0;
	assert_string_equal(addr_show(&a, buf, sizeof buf), "?");
}

static void equal_is_what_counts(void **state)
{
	struct addr a = { .v = 4, .o = { 10, 0, 0, 1 } }, b = a, six = { .v = 6, .o = { 10, 0, 0, 1 } };

	(void)state;
	b.o[15] = 7;                            /* no part of an IPv4 address */
	assert_true(addr_eq(&a, &b));
	b.o[3] = 2;
	assert_false(addr_eq(&a, &b));
	assert_false(addr_eq(&a, &six));
	struct addr other = six;

	other.o[15] = 1;
	assert_false(addr_eq(&six, &other));

	struct endpoint p = { a, 80 }, q = { a, 80 };

	assert_true(endpoint_eq(&p, &q));
	q.port = 81;
	assert_false(endpoint_eq(&p, &q));
	q = (struct endpoint){ b, 80 };
	assert_false(endpoint_eq(&p, &q));
}

/* By hand: (n + 1) * 0x9E3779B97F4A7C15 modulo 2^64, its top octet. */
static void the_pattern(void **state)
{
	(void)state;
	assert_int_equal(pattern_octet(0), 0x9e);
	assert_int_equal(pattern_octet(1), 0x3c);       /* 2 * 9e37.. = 1 3c6e.. */
	assert_int_equal(pattern_octet(2), 0xda);       /* 3 * 9e37.. = 1 daa6.. */

	/* A piece that is shifted is seen early: after 382 octets at the worst (the
	 * factor is the golden ratio's, and 28657 a Fibonacci number), within 8
	 * where the shift is that of usual segments. */
	for (uint64_t shift = 1; shift <= 1 << 16; shift++) {
		unsigned same = 0;

		while (same < 400 && pattern_octet(same) == pattern_octet(same + shift))
			same++;
		assert_true(same < 400);
	}
	static const unsigned usual[] = { 1, 100, 512, 536, 1000, 1024, 1220, 1440, 1448, 1460 };

	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		for (unsigned k = 1; k <= 10; k++) {
			unsigned same = 0;

			while (pattern_octet(same) == pattern_octet(same + k * usual[i]))
				same++;
			assert_true(same < 8);
		}
}

static void the_digest(void **state)
{
	(void)state;
	/* The published test vectors of FNV-1a, 64 bit. */
	assert_true(digest_feed(DIGEST_START, (const uint8_t *)"", 0) == 0xcbf29ce484222325u);
	assert_true(digest_feed(DIGEST_START, (const uint8_t *)"a", 1) == 0xaf63dc4c8601ec8cu);
	assert_true(digest_feed(DIGEST_START, (const uint8_t *)"foobar", 6) == 0x85944171f73967e8u);

	uint8_t octets[1000];

	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = pattern_octet(i);
	uint64_t whole = digest_feed(DIGEST_START, octets, sizeof octets);

	assert_true(whole == digest_pattern(1000));
	assert_true(whole == digest_feed(digest_feed(DIGEST_START, octets, 300), octets + 300, 700));
	assert_true(whole != digest_pattern(999));
	assert_true(digest_pattern(0) == DIGEST_START);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(length_counts_syn_and_fin),
		cmocka_unit_test(addresses_are_read_and_shown),
		cmocka_unit_test(equal_is_what_counts),
		cmocka_unit_test(the_pattern),
		cmocka_unit_test(the_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
