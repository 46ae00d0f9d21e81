/* test_link_sim.c: the simulated wire: when, in which order, how many, and always
 * the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probes/link.h"

#define TRACE_MAX 20000

/* What happened, in order, at either end. */
struct event {
	char what;                      /* 'f' reached the far end, 't' the tester, 'd' a deadline */
	uint32_t number;                /* which datagram                        */
	tick at;
};

struct world {
	struct link *link;
	struct event trace[TRACE_MAX];
	unsigned n;
	tick deadline;                  /* the far end's                         */
	tick period;                    /* and its next one, after each; 0: none */
	bool echoes;                    /* the far end sends back what it gets   */
	bool answers;                   /* the tester does                       */
};

static struct world w;

static void note(char what, uint32_t number, tick at)
{
	assert_true(w.n < TRACE_MAX);
	w.trace[w.n++] = (struct event){ what, number, at };
}

static void far_input(void *arg, const uint8_t *ip, size_t n, tick now)
{
	uint32_t number;

	assert_ptr_equal(arg, &w);
	assert_int_equal(n, sizeof number);
	memcpy(&number, ip, sizeof number);
	assert_true(now == link_sim_now(w.link));
	note('f', number, now);
	if (w.echoes)
		link_sim_far_send(w.link, ip, n);
}

static tick far_poll_at(void *arg, tick limit)
{
	(void)limit;
	assert_ptr_equal(arg, &w);
	return w.deadline;
}

static void far_tick(void *arg, tick now)
{
	assert_ptr_equal(arg, &w);
	assert_true(now >= w.deadline);
	note('d', 0, now);
	w.deadline = w.period ? w.deadline + w.period : TICK_NEVER;
}

static void arrived(void *arg, const uint8_t *ip, size_t n, size_t full, tick at)
{
	uint32_t number;

	assert_ptr_equal(arg, &w);
	assert_int_equal(n, sizeof number);
	assert_int_equal(full, n);
	memcpy(&number, ip, sizeof number);
	assert_true(at == link_sim_now(w.link));
	note('t', number, at);
	if (w.answers)
		assert_int_equal(link_send(w.link, ip, n, NULL), 0);
}

static void start(const struct link_sim_config *config)
{
	struct link_far far = { &w, far_input, far_poll_at, far_tick };

	memset(&w, 0, sizeof w);
	w.deadline = TICK_NEVER;
	w.link = link_sim_new(config, &far);
	assert_non_null(w.link);
	assert_true(w.link->is_virtual);
	w.link->arrived = arrived;
	w.link->arg = &w;
}

static void stop(void)
{
	link_close(w.link);
}

static void send_to_far(uint32_t number)
{
	tick at = -1;

	assert_int_equal(link_send(w.link, (const uint8_t *)&number, sizeof number, &at), 0);
	assert_true(at == link_sim_now(w.link));
}

static void send_to_tester(uint32_t number)
{
	link_sim_far_send(w.link, (const uint8_t *)&number, sizeof number);
}

/* As the loop does it. */
static void run_until(tick when)
{
	while (link_wait_until(w.link, when) < when)
		;
}

static void happened(unsigned i, char what, uint32_t number, tick at)
{
	assert_true(i < w.n);
	assert_int_equal(w.trace[i].what, what);
	assert_int_equal(w.trace[i].number, number);
	assert_true(w.trace[i].at == at);
}

static void there_and_back(void **state)
{
	(void)state;
	start(&(struct link_sim_config){ .delay = MS(5) });
	w.echoes = true;
	send_to_far(1);
	assert_true(link_wait_until(w.link, S(1)) == MS(5));    /* at the far end */
	assert_true(link_wait_until(w.link, S(1)) == MS(10));   /* and back       */
	assert_true(link_wait_until(w.link, S(1)) == S(1));
	assert_int_equal(w.n, 2);
	happened(0, 'f', 1, MS(5));
	happened(1, 't', 1, MS(10));
	assert_int_equal(w.link->stats.sent, 1);
	assert_int_equal(w.link->stats.received, 1);
	assert_int_equal(w.link->stats.dropped, 0);
	stop();
}

/* Nothing happens before its time, and the time asked for is not passed. */
static void time_goes_where_it_is_told(void **state)
{
	(void)state;
	start(&(struct link_sim_config){ .delay = MS(5) });
	send_to_tester(1);
	assert_true(link_wait_until(w.link, MS(5) - 1) == MS(5) - 1);
	assert_int_equal(w.n, 0);
	assert_true(link_wait_until(w.link, 0) == MS(5) - 1);   /* never backwards */
	assert_true(link_wait_until(w.link, MS(5)) == MS(5));
	happened(0, 't', 1, MS(5));
	assert_true(link_wait_until(w.link, TICK_NEVER) == TICK_NEVER);
	assert_true(link_sim_now(w.link) == MS(5));
	send_to_tester(2);
	assert_true(link_wait_until(w.link, TICK_NEVER) == MS(10));
	stop();
}

static void within_one_instant(void **state)
{
	(void)state;
	start(&(struct link_sim_config){ .delay = MS(1) });
	w.deadline = MS(1);
	send_to_tester(1);
	send_to_far(2);
	send_to_tester(3);
	send_to_far(4);
	run_until(MS(2));
	happened(0, 't', 1, MS(1));
	happened(1, 'f', 2, MS(1));
	happened(2, 't', 3, MS(1));
	happened(3, 'f', 4, MS(1));
	happened(4, 'd', 0, MS(1));
	assert_int_equal(w.n, 5);
	stop();
}

/* A deadline that falls on the time asked for has come. */
static void a_deadline_in_time(void **state)
{
	(void)state;
	start(&(struct link_sim_config){ 0 });
	w.deadline = MS(2);
	assert_true(link_wait_until(w.link, MS(2) - 1) == MS(2) - 1);
	assert_int_equal(w.n, 0);
	assert_true(link_wait_until(w.link, MS(2)) == MS(2));
	assert_int_equal(w.n, 1);
	happened(0, 'd', 0, MS(2));
	stop();
}

/* Whoever waited for what the far end did runs before time moves on. */
static void one_thing_at_a_time(void **state)
{
	(void)state;
	start(&(struct link_sim_config){ .delay = MS(3) });
	w.deadline = MS(1);
	w.period = MS(1);
	for (int i = 1; i <= 5; i++) {
		assert_true(link_wait_until(w.link, S(1)) == MS(i));
		assert_int_equal(w.n, i);
	}
	stop();
}

/* Two ends that answer each other on a wire without delay: time goes on. */
static void without_delay(void **state)
{
	unsigned turns = 0;

	(void)state;
	start(&(struct link_sim_config){ 0 });
	w.echoes = true;
	send_to_far(1);
	assert_true(link_wait_until(w.link, S(1)) == 0);
	assert_true(link_wait_until(w.link, S(1)) == 0);
	happened(0, 'f', 1, 0);
	happened(1, 't', 1, 0);
	w.answers = true;
	send_to_far(2);
	while (link_wait_until(w.link, US(2)) < US(2)) {
		w.n = 0;
		turns++;
		assert_true(turns < 1000000);
	}
	assert_true(turns > 1000);
	stop();
}

/* A far end whose deadline is always over does not stop time either. */
static void a_deadline_that_does_not_move(void **state)
{
	unsigned turns = 0;

	(void)state;
	start(&(struct link_sim_config){ 0 });
	run_until(MS(7));
	w.deadline = -1;
	w.period = 0;
	while (link_wait_until(w.link, MS(7) + US(1)) < MS(7) + US(1)) {
		w.deadline = -1;
		w.n = 0;
		assert_true(++turns < 1000000);
	}
	stop();
}

/* ---- chance ------------------------------------------------------------------------ */

/* Sends `n` each way, one a millisecond, and lets all arrive. */
static void traffic(const struct link_sim_config *config, unsigned n)
{
	start(config);
	for (unsigned i = 0; i < n; i++) {
		run_until(MS(i));
		send_to_far(i);
		send_to_tester(i);
	}
	run_until(MS(n) + S(10));
}

static unsigned count(char what)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w.n; i++)
		n += w.trace[i].what == what;
	return n;
}

/* How many arrived after one that was sent later. */
static unsigned overtaken(char what)
{
	uint32_t latest = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < w.n; i++) {
		if (w.trace[i].what != what)
			continue;
		n += w.trace[i].number < latest;
		if (w.trace[i].number > latest)
			latest = w.trace[i].number;
	}
	return n;
}

static void loss(void **state)
{
	(void)state;
	traffic(&(struct link_sim_config){ .loss = 0.2, .seed = 1 }, 5000);
	/* 4000 with a deviation of 28: within five of them. */
	assert_in_range(count('f'), 3860, 4140);
	assert_in_range(count('t'), 3860, 4140);
	assert_int_equal(w.link->stats.dropped, 0);     /* by the wire, not by the capture */
	stop();
	traffic(&(struct link_sim_config){ .loss = 1, .duplicate = 1 }, 100);
	assert_int_equal(w.n, 0);
	stop();
}

static void duplication(void **state)
{
	(void)state;
	traffic(&(struct link_sim_config){ .duplicate = 0.1, .seed = 2 }, 5000);
	assert_in_range(count('f'), 5390, 5610);
	assert_in_range(count('t'), 5390, 5610);
	stop();
	traffic(&(struct link_sim_config){ .duplicate = 1 }, 100);
	assert_int_equal(count('f'), 200);
	stop();
}

static void reordering(void **state)
{
	(void)state;
	traffic(&(struct link_sim_config){ .delay = MS(10), .reorder = 0.1, .reorder_by = MS(5), .seed = 3 }, 5000);
	assert_int_equal(count('f'), 5000);
	assert_in_range(overtaken('f'), 390, 610);
	assert_in_range(overtaken('t'), 390, 610);
	for (unsigned i = 0; i < w.n; i++) {
		tick took = w.trace[i].at - MS(w.trace[i].number);

		assert_true(took == MS(10) || took == MS(15));
	}
	stop();
}

/* Jitter delays, and nothing overtakes anything. */
static void jitter(void **state)
{
	tick least = S(1), most = 0;

	(void)state;
	traffic(&(struct link_sim_config){ .delay = MS(10), .jitter = MS(4), .seed = 4 }, 5000);
	assert_int_equal(overtaken('f'), 0);
	assert_int_equal(overtaken('t'), 0);
	for (unsigned i = 0; i < w.n; i++) {
		tick took = w.trace[i].at - MS(w.trace[i].number);

		least = took < least ? took : least;
		most = took > most ? took : most;
	}
	assert_true(least >= MS(10) && least < MS(11));
	assert_true(most <= MS(14) && most > MS(13));
	stop();
}

static const struct link_sim_config rough = {
	.delay = MS(3), .jitter = MS(2), .loss = 0.1, .duplicate = 0.05, .reorder = 0.1,
	.reorder_by = MS(4), .seed = 42,
};

static void the_same_seed_is_the_same_run(void **state)
{
	static struct world first;
	struct link_sim_config other = rough;

	(void)state;
	traffic(&rough, 3000);
	first = w;
	stop();
	traffic(&rough, 3000);
	assert_int_equal(w.n, first.n);
	for (unsigned i = 0; i < w.n; i++)
		happened(i, first.trace[i].what, first.trace[i].number, first.trace[i].at);
	stop();
	other.seed++;
	traffic(&other, 3000);
	unsigned differ = w.n != first.n;

	for (unsigned i = 0; i < w.n && i < first.n; i++)
		differ += w.trace[i].at != first.trace[i].at;
	assert_true(differ > 1000);
	stop();
}

/* One more datagram toward the far end changes nothing for the tester. */
static void directions_do_not_share_their_luck(void **state)
{
	tick at[3000];
	unsigned n = 0, i = 0;

	(void)state;
	traffic(&rough, 1000);
	for (unsigned k = 0; k < w.n; k++)
		if (w.trace[k].what == 't')
			at[n++] = w.trace[k].at;
	stop();
	start(&rough);
	for (unsigned k = 0; k < 1000; k++) {
		run_until(MS(k));
		send_to_tester(k);
	}
	run_until(S(20));
	for (unsigned k = 0; k < w.n; k++, i++)
		assert_true(w.trace[k].at == at[i]);
	assert_int_equal(i, n);
	stop();
}

/* What is under way when the wire is closed is not leaked. */
static void closed_with_datagrams_under_way(void **state)
{
	(void)state;
	start(&(struct link_sim_config){ .delay = S(1) });
	for (unsigned i = 0; i < 200; i++)
		send_to_far(i);
	stop();
	link_close(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(time_goes_where_it_is_told),
		cmocka_unit_test(within_one_instant),
		cmocka_unit_test(a_deadline_in_time),
		cmocka_unit_test(one_thing_at_a_time),
		cmocka_unit_test(without_delay),
		cmocka_unit_test(a_deadline_that_does_not_move),
		cmocka_unit_test(loss),
		cmocka_unit_test(duplication),
		cmocka_unit_test(reordering),
		cmocka_unit_test(jitter),
		cmocka_unit_test(the_same_seed_is_the_same_run),
		cmocka_unit_test(directions_do_not_share_their_luck),
		cmocka_unit_test(closed_with_datagrams_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
