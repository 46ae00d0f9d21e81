/* test_loop.c: deadlines fire in order, on a clock that only the link moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness/loop.h"
#include "probes/link.h"

static tick far_never(void *arg, tick limit)
{
	(void)limit;
	(void)arg;
	return TICK_NEVER;
}

static void far_input(void *arg, const uint8_t *ip, size_t n, tick now)
{
	(void)arg, (void)ip, (void)n, (void)now;
}

static void far_tick(void *arg, tick now)
{
	(void)arg, (void)now;
}

static struct link *wire(void)
{
	static const struct link_far far = { NULL, far_input, far_never, far_tick };
	static const struct link_sim_config config = { .seed = 1 };

	return link_sim_new(&config, &far);
}

static struct {
	struct loop *loop;
	int order[16];
	tick when[16];
	unsigned n, stop_at;
	bool done;
} seen;

struct numbered {
	struct deadline d;
	int number;
};

static void fire(void *arg)
{
	struct numbered *x = arg;

	seen.order[seen.n] = x->number;
	seen.when[seen.n++] = loop_now(seen.loop);
	seen.done = seen.n == seen.stop_at;
}

static void begin(struct numbered *x, int n)
{
	for (int i = 0; i < n; i++)
		x[i] = (struct numbered){ .d = { .fire = fire, .arg = &x[i], .rank = 0 }, .number = i };
	seen.n = 0;
	seen.done = false;
	seen.stop_at = (unsigned)n;
}

static void deadlines_fire_in_time_then_rank_then_setting(void **state)
{
	struct link *l = wire();
	struct numbered x[5];

	(void)state;
	seen.loop = loop_new(l);
	begin(x, 5);
	x[2].d.rank = 1;
	loop_set(seen.loop, &x[2].d, S(1));     /* same instant, later rank */
	loop_set(seen.loop, &x[3].d, S(1));
	loop_set(seen.loop, &x[4].d, S(1));
	loop_set(seen.loop, &x[0].d, S(2));
	loop_set(seen.loop, &x[1].d, MS(5));
	assert_true(loop_run(seen.loop, &seen.done));
	assert_int_equal(seen.order[0], 1);
	assert_int_equal(seen.order[1], 3);
	assert_int_equal(seen.order[2], 4);
	assert_int_equal(seen.order[3], 2);
	assert_int_equal(seen.order[4], 0);
	assert_true(seen.when[0] == MS(5) && seen.when[4] == S(2));
	loop_free(seen.loop);
	link_close(l);
}

static void a_deadline_moves_and_is_cancelled(void **state)
{
	struct link *l = wire();
	struct numbered x[3];

	(void)state;
	seen.loop = loop_new(l);
	begin(x, 3);
	seen.stop_at = 2;
	loop_set(seen.loop, &x[0].d, S(1));
	loop_set(seen.loop, &x[1].d, S(2));
	loop_set(seen.loop, &x[2].d, S(3));
	loop_set(seen.loop, &x[0].d, S(4));     /* moved behind all others */
	loop_cancel(seen.loop, &x[1].d);
	loop_cancel(seen.loop, &x[1].d);        /* twice is nothing */
	assert_true(loop_run(seen.loop, &seen.done));
	assert_int_equal(seen.order[0], 2);
	assert_int_equal(seen.order[1], 0);
	loop_free(seen.loop);
	link_close(l);
}

static void many_deadlines_stay_sorted(void **state)
{
	enum { N = 500 };
	static struct numbered x[N];
	struct link *l = wire();
	uint32_t chance = 1;
	tick last = 0;

	(void)state;
	seen.loop = loop_new(l);
	for (int i = 0; i < N; i++) {
		x[i] = (struct numbered){ .d = { .fire = fire, .arg = &x[i] }, .number = i };
		chance = chance * 1664525u + 1013904223u;
		loop_set(seen.loop, &x[i].d, MS(chance % 1000));
	}
	for (int i = 0; i < N; i += 7)
		loop_cancel(seen.loop, &x[i].d);
	for (int i = 0; i < N; i++) {
		if (i % 7 == 0)
			continue;
		seen.n = 0;
		seen.done = false;
		seen.stop_at = 1;
		assert_true(loop_run(seen.loop, &seen.done));
		assert_true(seen.when[0] >= last);
		assert_true(seen.order[0] % 7 != 0);
		last = seen.when[0];
	}
	loop_free(seen.loop);
	link_close(l);
}

static void nothing_to_wait_for_is_said(void **state)
{
	struct link *l = wire();
	bool done = false;

	(void)state;
	seen.loop = loop_new(l);
	assert_false(loop_run(seen.loop, &done));
	loop_free(seen.loop);
	link_close(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadlines_fire_in_time_then_rank_then_setting),
		cmocka_unit_test(a_deadline_moves_and_is_cancelled),
		cmocka_unit_test(many_deadlines_stay_sorted),
		cmocka_unit_test(nothing_to_wait_for_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
