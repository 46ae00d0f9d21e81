/* test_coro.c: exactly one runs; what is on its stack stays there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "harness/coro.h"

static char story[256];
static char a_[] = "a", b_[] = "b", n_[] = "n", o_[] = "o", x_[] = "x";

static void tell(const char *who)
{
	size_t at = strlen(story);

	snprintf(story + at, sizeof story - at, "%s", who);
}

static void three_steps(void *arg)
{
	for (int i = 0; i < 3; i++) {
		tell(arg);
		assert_non_null(coro_self());
		coro_yield();
	}
}

static void two_take_turns(void **state)
{
	struct coro *a = coro_new(three_steps, a_), *b = coro_new(three_steps, b_);

	(void)state;
	story[0] = '\0';
	assert_null(coro_self());
	for (int i = 0; i < 4; i++) {
		coro_resume(a);
		coro_resume(b);
	}
	assert_string_equal(story, "ababab");
	assert_true(coro_done(a) && coro_done(b));
	coro_free(a);
	coro_free(b);
}

static void ends_in_the_middle(void *arg)
{
	tell(arg);
	coro_end();
}

static void an_end_ends(void **state)
{
	struct coro *a = coro_new(ends_in_the_middle, x_);

	(void)state;
	story[0] = '\0';
	coro_resume(a);
	assert_true(coro_done(a));
	assert_string_equal(story, "x");
	coro_free(a);
}

static void an_unfinished_one_is_freed(void **state)
{
	struct coro *never = coro_new(three_steps, n_), *once = coro_new(three_steps, o_);

	(void)state;
	story[0] = '\0';
	coro_resume(once);
	coro_free(never);
	coro_free(once);
	assert_string_equal(story, "o");
}

static uint64_t sum(unsigned depth)
{
	volatile uint8_t here[256];

	for (unsigned i = 0; i < sizeof here; i++)
		here[i] = (uint8_t)(depth + i);
	coro_yield();
	return here[depth % 256] + (depth ? sum(depth - 1) : 0);
}

static void deep(void *arg)
{
	*(uint64_t *)arg = sum(100);
}

static void stacks_are_apart(void **state)
{
	enum { N = 50 };
	struct coro *co[N];
	uint64_t result[N] = { 0 };

	(void)state;
	for (int i = 0; i < N; i++)
		co[i] = coro_new(deep, &result[i]);
	for (int round = 0; round < 102; round++)
		for (int i = 0; i < N; i++)
			if (!coro_done(co[i]))
				coro_resume(co[i]);
	for (int i = 0; i < N; i++) {
		assert_true(coro_done(co[i]));
		assert_int_equal(result[i], result[0]);
		coro_free(co[i]);
	}
	assert_true(result[0] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_take_turns),
		cmocka_unit_test(an_end_ends),
		cmocka_unit_test(an_unfinished_one_is_freed),
		cmocka_unit_test(stacks_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
