/* test_opt.c: option octets written down by hand from the RFCs, and what is wrong
 * with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probes/opt.h"

/* Parses a copy on the heap, whose end a checker guards. */
static struct opts parsed(const uint8_t *octets, unsigned n)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct opts o;

	assert_non_null(copy);
	if (n)
		memcpy(copy, octets, n);
	opt_parse(copy, n, &o);
	free(copy);
	return o;
}

#define PARSED(...) parsed((const uint8_t[]){ __VA_ARGS__ }, sizeof (const uint8_t[]){ __VA_ARGS__ })

static bool sound(const struct opts *o)
{
	return !o->unknown && !o->malformed && !o->bad_length && !o->padding_nonzero;
}

static void each_kind_is_written(void **state)
{
	static const uint8_t expected[] = {
		2, 4, 0x05, 0xb4,
		1,
		3, 3, 14,
		4, 2,
		8, 10, 0x01, 0x02, 0x03, 0x04, 0xa1, 0xa2, 0xa3, 0xa4,
		28, 4, 0x80, 0x05,
		34, 6, 9, 8, 7, 6,
		0,
	};
	struct seg s = { 0 };

	(void)state;
	assert_true(opt_mss(&s, 1460));
	assert_true(opt_nop(&s));
	assert_true(opt_ws(&s, 14));
	assert_true(opt_sack_perm(&s));
	assert_true(opt_ts(&s, 0x01020304, 0xa1a2a3a4));
	assert_true(opt_uto(&s, 0x8005));
	assert_true(opt_tfo(&s, (const uint8_t[]){ 9, 8, 7, 6 }, 4));
	assert_true(opt_eol(&s));
	assert_int_equal(s.opt_len, sizeof expected);
	assert_memory_equal(s.opt, expected, sizeof expected);

	struct opts o;

	opt_of(&s, &o);
	assert_true(sound(&o));
	assert_true(o.mss && o.ws && o.sack_perm && o.ts && o.uto && o.tfo);
	assert_int_equal(o.mss_value, 1460);
	assert_int_equal(o.ws_shift, 14);
	assert_int_equal(o.ts_val, 0x01020304);
	assert_int_equal(o.ts_ecr, 0xa1a2a3a4);
	assert_int_equal(o.uto_value, 0x8005);
	assert_int_equal(o.tfo_len, 4);
	assert_memory_equal(o.tfo_cookie, ((const uint8_t[]){ 9, 8, 7, 6 }), 4);
	assert_int_equal(o.n_sack, 0);
}

static void sack_blocks(void **state)
{
	static const uint8_t expected[] = {
		5, 18, 0x11, 0x22, 0x33, 0x44, 0x11, 0x22, 0x33, 0x54, 0xff, 0xff, 0xff, 0xf0, 0, 0, 0, 0x10,
	};
	static const struct sack_block blocks[5] = {
		{ 0x11223344, 0x11223354 }, { 0xfffffff0, 0x10 }, { 1, 2 }, { 3, 4 }, { 5, 6 },
	};
	struct seg s = { 0 };
	struct opts o;

	(void)state;
	assert_false(opt_sack(&s, blocks, 0));
	assert_false(opt_sack(&s, blocks, 5));
	assert_int_equal(s.opt_len, 0);
	assert_true(opt_sack(&s, blocks, 2));
	assert_int_equal(s.opt_len, sizeof expected);
	assert_memory_equal(s.opt, expected, sizeof expected);
	for (unsigned n = 1; n <= 4; n++) {
		s.opt_len = 0;
		assert_true(opt_sack(&s, blocks, n));
		opt_of(&s, &o);
		assert_true(sound(&o));
		assert_int_equal(o.n_sack, n);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(o.sack[i].left, blocks[i].left);
			assert_int_equal(o.sack[i].right, blocks[i].right);
		}
	}
}

static void forty_octets_and_no_more(void **state)
{
	struct seg s = { .opt_len = 37 };

	(void)state;
	memset(s.opt, 0xee, sizeof s.opt);
	assert_false(opt_mss(&s, 1));
	assert_int_equal(s.opt_len, 37);
	assert_int_equal(s.opt[37], 0xee);
	assert_true(opt_ws(&s, 1));
	assert_int_equal(s.opt_len, 40);
	assert_false(opt_nop(&s));
	assert_true(opt_raw(&s, NULL, 0));
	assert_false(opt_raw(&s, (const uint8_t[]){ 1 }, 1));
	s.opt_len = 0;
	assert_false(opt_raw(&s, s.opt, 41));
	assert_false(opt_tfo(&s, s.opt, 17));
	assert_true(opt_tfo(&s, s.opt, 16));
	assert_int_equal(s.opt_len, 18);

	/* A caller's mistake does not become ours. */
	struct opts o;

	s.opt_len = 255;
	assert_false(opt_nop(&s));
	opt_of(&s, &o);
}

static void the_first_of_a_kind_counts(void **state)
{
	struct opts o = PARSED(2, 4, 0, 1, 2, 4, 0, 2, 3, 3, 5, 3, 3, 6,
	                       8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 8, 10, 0, 0, 0, 3, 0, 0, 0, 4);

	(void)state;
	assert_true(sound(&o));
	assert_int_equal(o.mss_value, 1);
	assert_int_equal(o.ws_shift, 5);
	assert_int_equal(o.ts_val, 1);
	assert_int_equal(o.ts_ecr, 2);
}

static void unknown_kinds_are_stepped_over(void **state)
{
	struct opts o = PARSED(253, 5, 0, 0, 0, 2, 4, 0x02, 0x18);

	(void)state;
	assert_true(o.unknown);
	assert_false(o.malformed || o.bad_length);
	assert_int_equal(o.mss_value, 536);
	o = PARSED(77, 2);
	assert_true(o.unknown && !o.malformed);
}

static void malformed_lengths_end_it(void **state)
{
	struct opts o;

	(void)state;
	o = PARSED(2, 0, 0, 0, 3, 3, 7);
	assert_true(o.malformed && !o.mss && !o.ws);
	o = PARSED(2, 1, 3, 3, 7);
	assert_true(o.malformed && !o.mss && !o.ws);
	o = PARSED(1, 1, 2);
	assert_true(o.malformed && !o.mss);
	o = PARSED(3, 3, 7, 2, 4, 5);
	assert_true(o.malformed && !o.mss && o.ws);
	o = PARSED(200, 255);
	assert_true(o.malformed && !o.unknown);
	assert_true((o = PARSED(1, 1, 1, 1), sound(&o)));
	o = parsed(NULL, 0);
	assert_true(sound(&o));
}

static void known_kinds_of_wrong_length_are_skipped(void **state)
{
	/* Each kind with each length that it must not have, then a good MSS. */
	static const struct { uint8_t kind; uint64_t good; } kinds[] = {
		{ OPT_MSS, 1u << 4 }, { OPT_WS, 1u << 3 }, { OPT_SACK_PERM, 1u << 2 },
		{ OPT_SACK, (uint64_t)1 << 10 | (uint64_t)1 << 18 | (uint64_t)1 << 26 | (uint64_t)1 << 34 },
		{ OPT_TS, 1u << 10 }, { OPT_USER_TIMEOUT, 1u << 4 },
		{ OPT_TFO, 1u << 2 | 1u << 6 | 1u << 8 | 1u << 10 | 1u << 12 | 1u << 14 | 1u << 16 | 1u << 18 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		for (unsigned length = 2; length <= 36; length++) {
			uint8_t octets[40] = { kinds[i].kind, (uint8_t)length };

			memcpy(octets + length, (const uint8_t[]){ 3, 3, 9 }, 3);
			if (kinds[i].kind == OPT_WS)
				memcpy(octets + length, (const uint8_t[]){ 4, 2, 1 }, 3);
			struct opts o = parsed(octets, length + 3);
			bool good = kinds[i].good >> length & 1;
			bool has[] = { o.mss, o.ws, o.sack_perm, o.n_sack > 0, o.ts, o.uto, o.tfo };

			assert_int_equal(o.bad_length, !good);
			assert_int_equal(has[i], good);
			assert_false(o.malformed || o.unknown);
			assert_true(kinds[i].kind == OPT_WS ? o.sack_perm : o.ws);
		}
}

static void behind_the_end_is_padding(void **state)
{
	struct opts o = PARSED(0, 2, 4, 5);

	(void)state;
	assert_true(o.padding_nonzero);
	assert_false(o.mss || o.malformed);
	o = PARSED(2, 4, 5, 6, 0, 0, 0, 0);
	assert_true(sound(&o) && o.mss);
	o = PARSED(0);
	assert_true(sound(&o));
	o = PARSED(1, 0, 0, 1);
	assert_true(o.padding_nonzero);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_written),
		cmocka_unit_test(sack_blocks),
		cmocka_unit_test(forty_octets_and_no_more),
		cmocka_unit_test(the_first_of_a_kind_counts),
		cmocka_unit_test(unknown_kinds_are_stepped_over),
		cmocka_unit_test(malformed_lengths_end_it),
		cmocka_unit_test(known_kinds_of_wrong_length_are_skipped),
		cmocka_unit_test(behind_the_end_is_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
