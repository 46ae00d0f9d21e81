/* test_seq.c: the order of sequence numbers at every edge, and at the wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probes/seq.h"

/* Places on the circle where something may go wrong. */
static const uint32_t places[] = {
	0, 1, 2, 1000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
};
#define PLACES (sizeof places / sizeof places[0])

static void order_does_not_depend_on_the_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLACES; i++) {
		uint32_t a = places[i];

		assert_false(seq_lt(a, a));
		assert_true(seq_le(a, a));
		static const uint32_t ahead[] = { 1, 2, 65535, 0x40000000, 0x7fffffff };

		for (size_t k = 0; k < sizeof ahead / sizeof ahead[0]; k++) {
			uint32_t b = a + ahead[k];

			assert_true(seq_lt(a, b));
			assert_true(seq_le(a, b));
			assert_false(seq_lt(b, a));
			assert_false(seq_le(b, a));
		}
	}
}

static void between(void **state)
{
	(void)state;
	for (size_t i = 0; i < PLACES; i++) {
		uint32_t a = places[i], b = a + 10;

		/* SND.UNA < SEG.ACK =< SND.NXT */
		assert_false(seq_lt_le(a, a - 1, b));
		assert_false(seq_lt_le(a, a, b));
		assert_true(seq_lt_le(a, a + 1, b));
		assert_true(seq_lt_le(a, b, b));
		assert_false(seq_lt_le(a, b + 1, b));
		assert_false(seq_lt_le(a, a, a));

		/* RCV.NXT =< SEG.SEQ < RCV.NXT+RCV.WND */
		assert_false(seq_le_lt(a, a - 1, b));
		assert_true(seq_le_lt(a, a, b));
		assert_true(seq_le_lt(a, b - 1, b));
		assert_false(seq_le_lt(a, b, b));
		assert_false(seq_le_lt(a, a, a));
	}
}

/* What a bare < gets wrong. */
static void at_the_wrap(void **state)
{
	(void)state;
	assert_true(seq_lt(0xffffffff, 0));
	assert_true(seq_le(0xfffffff0, 5));
	assert_false(seq_lt(5, 0xfffffff0));
	assert_true(seq_lt_le(0xfffffffe, 0, 1));
	assert_true(seq_le_lt(0xfffffffe, 0xffffffff, 1));
	assert_false(seq_le_lt(0xfffffffe, 1, 1));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_does_not_depend_on_the_place),
		cmocka_unit_test(between),
		cmocka_unit_test(at_the_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
