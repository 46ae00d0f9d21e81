/* test_suite.c: how runs become verdicts, and verdicts an exit status: with cases
 * of its own that come out as they are told, over the reference stack.
 *
 * The scheduler of the real clock is asked too, over the same simulated wire: it
 * takes its time from the loop and cannot tell. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#undef skip              /* a case says it too */

#include "harness/case.h"
#include "harness/run.h"
#include "harness/suite.h"
#include "harness/target.h"

#define MUST_ID "MUST-10"
#define SHOULD_ID "SHLD-1"
#define MAY_ID "MAY-5"

/* ---- cases ----------------------------------------------------------------------- */

enum outcome { PASSES, FAILS_MUST, FAILS_SHOULD, NO_MAY, SKIPS, UNCLEAR, ERRS, SHOULD_THEN_SKIPS, OVERFLOWS, INTERRUPTS };

static enum outcome script[4];          /* what the attempts of `scripted` come to */
static unsigned attempts;
static volatile int interrupted;

static void come_to(struct run *c, enum outcome o)
{
	switch (o) {
	case PASSES:
		check(c, true, "it holds");
		return;
	case FAILS_MUST:
		check(c, false, "it holds", .req = MUST_ID);
		return;
	case FAILS_SHOULD:
		check(c, false, "it holds", .req = SHOULD_ID);
		return;
	case NO_MAY:
		check(c, false, "it does", .req = MAY_ID);
		return;
	case SHOULD_THEN_SKIPS: {
		/* As the oracle fails a SHOULD: noted, and the case goes on. */
		struct event *v = evidence_add(c->e, EVENT_JUDGEMENT, now(c), 0);

		v->judgement = (struct judgement){ .verdict = FAIL, .level = LEVEL_SHOULD, .req = SHOULD_ID,
		                                   .message = "noted", .stimulus = -1, .reply = -1 };
		c->lesser = &v->judgement;
		skip(c, "something is absent");
	}
	case SKIPS:
		skip(c, "something is absent");
	case UNCLEAR:
		inconclusive(c, "something was lost");
	case ERRS:
		reach(c, TCP_STATES);
		return;
	case OVERFLOWS:
		/* The reply comes when nothing more can be kept, and the body is over. */
		tx(c, SYN);
		while (c->e->n_events < c->e->room)
			evidence_add(c->e, EVENT_REMARK, now(c), 0)->why = "";
		return;
	case INTERRUPTS:
		interrupted = 2;
		pass(c, S(10));
		return;
	}
}

SECTION("t/1");

CASE(fails,         .req = MUST_ID, .title = "fails")          { come_to(c, FAILS_MUST); }
CASE(fails_should,  .req = MUST_ID, .title = "fails a SHOULD") { come_to(c, FAILS_SHOULD); }
CASE(interrupts,    .req = MUST_ID, .title = "interrupts")     { come_to(c, INTERRUPTS); }
CASE(lasts,         .req = MUST_ID, .title = "lasts", .lasts = S(60)) { come_to(c, PASSES); }
CASE(lingers,       .req = MUST_ID, .title = "lingers", .lasts = S(60)) { pass(c, S(60)); }
CASE(listens,       .req = MUST_ID, .title = "listens")        { dut_listen(c); }
CASE(no_may,        .req = MUST_ID, .title = "MAY")            { come_to(c, NO_MAY); }
CASE(only_ip6,      .req = MUST_ID, .title = "six", .ip = V6)  { come_to(c, PASSES); }
CASE(overflows,     .req = MUST_ID, .title = "overflows")      { come_to(c, OVERFLOWS); }
CASE(passes,        .req = MUST_ID, .title = "passes")         { come_to(c, PASSES); }
CASE(scripted,      .req = MUST_ID, .title = "as told")        { come_to(c, script[attempts++ % 4]); }
CASE(should_skip,   .req = MUST_ID, .title = "fails a SHOULD, then skips") { come_to(c, SHOULD_THEN_SKIPS); }
CASE(skips,         .req = MAY_ID, .title = "skips")           { come_to(c, SKIPS); }
CASE(unclear,       .req = MUST_ID, .title = "unclear")        { come_to(c, UNCLEAR); }
CASE(xerrs,         .req = MUST_ID, .title = "errs")           { come_to(c, ERRS); }

/* ---- running them ------------------------------------------------------------------- */

#define SEEN_MAX 32

static struct seen {
	char address[80], reason[160];
	enum verdict verdict;
	enum level level;
	bool unstable, expected;
	unsigned attempts;
} results[SEEN_MAX];
static size_t n_results, ends;
static struct totals totals;
static char bailed[160];

static void take_result(void *arg, size_t number, const struct evidence *e)
{
	struct seen *s = &results[n_results++];

	(void)arg;
	(void)number;
	assert_true(n_results <= SEEN_MAX);
	*s = (struct seen){ .verdict = e->verdict, .level = e->level, .unstable = e->unstable,
	                    .expected = e->expected, .attempts = e->attempts };
	snprintf(s->address, sizeof s->address, "%s", e->address);
	snprintf(s->reason, sizeof s->reason, "%s", e->reason ? e->reason : "");
	/* Whatever is not green says why. */
	assert_true(e->verdict == PASS || e->failing || e->reason);
	assert_true(e->ended >= e->began);
}

static void take_bail(void *arg, const char *sentence)
{
	(void)arg;
	snprintf(bailed, sizeof bailed, "%s", sentence);
}

static void take_end(void *arg, const struct totals *t, int status)
{
	(void)arg;
	(void)status;
	totals = *t;
	ends++;
}

/* A DUT that answers its calls after such a time. */
static tick answers_after;
static struct dut_ops slow_ops;
static struct world *slow_world;

static struct owed {
	struct deadline due;
	struct answer answer;
	answered *done;
	void *arg;
} owed[8];
static size_t n_owed;

static void answer_late(void *arg)
{
	struct owed *o = arg;

	o->done(o->arg, &o->answer);
}

static void call_slowly(struct dut *dut, const struct call *k, answered *done, void *arg)
{
	struct owed *o = &owed[n_owed++];

	(void)dut;
	(void)k;
	assert_true(n_owed <= sizeof owed / sizeof *owed);
	*o = (struct owed){ .due = { .fire = answer_late, .arg = o }, .answer = { .id = 1, .port = 4242 },
	                    .done = done, .arg = arg };
	loop_set(slow_world->loop, &o->due, loop_now(slow_world->loop) + answers_after);
}

static struct world *make_shared(struct target *t, uint64_t seed, const char *address, char *err, size_t n)
{
	struct target *sim = t->arg;
	struct world *w = sim->make(sim, seed, address, err, n);

	if (w && answers_after) {
		slow_ops = (struct dut_ops){ .call = call_slowly, .close = w->dut->ops->close };
		slow_world = w;
		w->dut->ops = &slow_ops;
		n_owed = 0;
	}
	return w;
}

static void unmake_shared(struct target *t, struct world *w)
{
	struct target *sim = t->arg;

	sim->unmake(sim, w);
}

static struct suite_config config;
static bool shared;             /* by the real clock's scheduler */

/* Runs the IPv4 cases that match these globs, separated by spaces. */
static int run_cases(const char *globs)
{
	static char words[256];
	const char *cases[8];
	struct report report = { .result = take_result, .bail = take_bail, .end = take_end };
	struct report *const reports[] = { &report };
	char err[200];
	struct target *sim = target_sim(NULL, err, sizeof err);
	struct target real = { .make = make_shared, .unmake = unmake_shared, .arg = sim };
	int status;
	size_t n = 0;

	assert_non_null(sim);
	snprintf(words, sizeof words, "%s", globs);
	for (char *rest = words, *word; (word = strsep(&rest, " "));)
		cases[n++] = word;
	config.selection.cases = cases;
	config.selection.n_cases = n;
	n_results = ends = attempts = 0;
	bailed[0] = '\0';
	interrupted = 0;
	status = suite_run(&config, shared ? &real : sim, reports, 1, &interrupted);
	target_free(sim);
	assert_int_equal(ends, 1);
	return status;
}

static int set_up(void **state)
{
	(void)state;
	config = (struct suite_config){ .selection = { .ip4 = true }, .seed = 1, .time_budget = S(10), .retries = 2 };
	shared = false;
	answers_after = 0;
	return 0;
}

static int set_up_shared(void **state)
{
	set_up(state);
	shared = true;
	return 0;
}

/* What `scripted` comes to when its attempts come to these. */
static int run_script(enum outcome first, enum outcome second, enum outcome third)
{
	script[0] = first;
	script[1] = second;
	script[2] = script[3] = third;
	int status = run_cases("t/1/scripted");

	assert_int_equal(n_results, 1);
	return status;
}

/* ---- exit statuses -------------------------------------------------------------------- */

static void test_statuses(void **state)
{
	(void)state;
	assert_int_equal(run_cases("t/1/passes"), EXIT_CONFORMS);
	assert_int_equal(run_cases("t/1/skips"), EXIT_ALL_SKIPPED);
	assert_int_equal(run_cases("t/1/no-may"), EXIT_ALL_SKIPPED);
	assert_int_equal(run_cases("t/1/passes t/1/skips t/1/no-may"), EXIT_CONFORMS);
	assert_int_equal(run_cases("t/1/passes t/1/unclear"), EXIT_UNCLEAR);
	assert_int_equal(run_cases("t/1/fails t/1/unclear"), EXIT_FAILED);
	assert_int_equal(run_cases("t/1/xerrs t/1/fails t/1/unclear"), EXIT_CANNOT_RUN);
	assert_int_equal(totals.errors, 1);
	assert_int_equal(totals.failed, 1);
	assert_int_equal(totals.inconclusive, 1);
}

static void test_exit_zero(void **state)
{
	(void)state;
	config.exit_zero = true;
	assert_int_equal(run_cases("t/1/fails t/1/unclear"), EXIT_CONFORMS);
	assert_int_equal(run_cases("t/1/xerrs"), EXIT_CANNOT_RUN);
}

static void test_should(void **state)
{
	(void)state;
	config.fail_on = LEVEL_MUST;
	assert_int_equal(run_cases("t/1/fails-should"), EXIT_CONFORMS);
	assert_int_equal(results[0].verdict, FAIL);
	assert_int_equal(results[0].level, LEVEL_SHOULD);
	assert_int_equal(totals.should_failed, 1);
	config.fail_on = LEVEL_SHOULD;
	assert_int_equal(run_cases("t/1/fails-should"), EXIT_FAILED);
}

/* A SHOULD that failed is shown, also when the case then lacks what it needs. */
static void test_should_before_skip(void **state)
{
	(void)state;
	config.fail_on = LEVEL_SHOULD;
	assert_int_equal(run_cases("t/1/should-skip"), EXIT_FAILED);
	assert_int_equal(results[0].verdict, FAIL);
}

/* What comes when nothing more can be kept is not known to be right. */
static void test_overflow_is_not_green(void **state)
{
	(void)state;
	config.retries = 0;
	assert_int_equal(run_cases("t/1/overflows"), EXIT_UNCLEAR);
	assert_int_equal(results[0].verdict, INCONCLUSIVE);
}

/* ---- selection --------------------------------------------------------------------------- */

static void test_selection(void **state)
{
	const char *not[] = { "*should*" }, *requirements[] = { "MAY-*" };

	(void)state;
	run_cases("t/1/fail*");
	assert_int_equal(n_results, 2);
	assert_string_equal(results[0].address, "t/1/fails/ip4");
	assert_string_equal(results[1].address, "t/1/fails-should/ip4");
	run_cases("*/fails");
	assert_int_equal(n_results, 1);
	config.selection.not = not;
	config.selection.n_not = 1;
	run_cases("t/1/fail*");
	assert_int_equal(n_results, 1);
	assert_string_equal(results[0].address, "t/1/fails/ip4");
	config.selection.requirements = requirements;
	config.selection.n_requirements = 1;
	run_cases("*");
	assert_int_equal(n_results, 1);
	assert_string_equal(results[0].address, "t/1/skips/ip4");
	config.selection.n_not = config.selection.n_requirements = 0;
	config.selection.ip6 = true;
	run_cases("t/1/only-ip6 t/1/passes/ip6");
	assert_int_equal(n_results, 2);
	assert_string_equal(results[0].address, "t/1/only-ip6/ip6");
	assert_string_equal(results[1].address, "t/1/passes/ip6");
}

/* ---- attempts ----------------------------------------------------------------------------- */

static void test_unclear_is_tried_again(void **state)
{
	(void)state;
	assert_int_equal(run_script(UNCLEAR, UNCLEAR, PASSES), EXIT_CONFORMS);
	assert_int_equal(results[0].attempts, 3);
	config.retries = 1;
	assert_int_equal(run_script(UNCLEAR, UNCLEAR, PASSES), EXIT_UNCLEAR);
	assert_int_equal(attempts, 2);
	assert_int_equal(run_script(UNCLEAR, FAILS_MUST, FAILS_MUST), EXIT_FAILED);
}

/* A fail that does not repeat is not undone, whatever comes instead. */
static void test_unstable(void **state)
{
	static const enum outcome second[] = { PASSES, SKIPS, NO_MAY, UNCLEAR, FAILS_SHOULD };

	(void)state;
	assert_int_equal(run_script(FAILS_MUST, FAILS_MUST, PASSES), EXIT_FAILED);
	assert_false(results[0].unstable);
	assert_int_equal(attempts, 2);
	for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
		assert_int_equal(run_script(FAILS_MUST, second[i], second[i]), EXIT_UNCLEAR);
		assert_true(results[0].unstable);
		assert_int_equal(results[0].verdict, FAIL);
		assert_int_equal(results[0].level, LEVEL_MUST);
	}
	assert_int_equal(run_script(FAILS_SHOULD, FAILS_MUST, PASSES), EXIT_FAILED);
	assert_int_equal(run_script(FAILS_MUST, ERRS, PASSES), EXIT_CANNOT_RUN);
}

static void test_time_budget(void **state)
{
	(void)state;
	assert_int_equal(run_cases("t/1/lasts"), EXIT_ALL_SKIPPED);
	assert_string_equal(results[0].reason, "lasts 60 s, more than --time-budget 10 s");
	config.time_budget = S(60);
	assert_int_equal(run_cases("t/1/lasts"), EXIT_CONFORMS);
}

/* ---- a run that is interrupted --------------------------------------------------------------- */

static void test_interrupted(void **state)
{
	(void)state;
	assert_int_equal(run_cases("t/1/fails t/1/interrupts t/1/passes"), 128 + 2);
	assert_string_equal(bailed, "interrupted");
	assert_int_equal(n_results, 2);
	assert_int_equal(results[0].verdict, FAIL);
}

/* The fail of a case that was just being tried again is not lost. */
static void test_interrupted_second_attempt(void **state)
{
	(void)state;
	assert_int_equal(run_script(FAILS_MUST, INTERRUPTS, PASSES), 128 + 2);
	assert_int_equal(results[0].verdict, FAIL);
	assert_string_equal(bailed, "interrupted");
}

/* ---- answers that come too late ------------------------------------------------------------ */

/* The run has given up by then, and another one is still under way. */
static void test_late_answer(void **state)
{
	(void)state;
	config.time_budget = S(60);
	answers_after = S(20);
	assert_int_equal(run_cases("t/1/lingers t/1/listens"), EXIT_CONFORMS);
	answers_after = S(40);
	assert_int_equal(run_cases("t/1/lingers t/1/listens"), EXIT_CANNOT_RUN);
	assert_int_equal(n_results, 2);
	assert_int_equal(n_owed, 1);
	assert_int_equal(results[0].verdict, PASS);
	assert_int_equal(results[1].verdict, ERROR);
	assert_string_equal(results[1].reason, "OPEN-PASSIVE was not answered within 30 s");
}

/* ---- known deviations ------------------------------------------------------------------------- */

static void with_baseline(const char *lines)
{
	char path[] = "/tmp/test_suite.XXXXXX", err[200];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, lines, strlen(lines)), (ssize_t)strlen(lines));
	close(fd);
	baseline_free(config.baseline);
	config.baseline = baseline_read(path, "2026-01-01", err, sizeof err);
	unlink(path);
	assert_non_null(config.baseline);
}

static int tear_down(void **state)
{
	(void)state;
	baseline_free(config.baseline);
	config.baseline = NULL;
	return 0;
}

static void test_baseline(void **state)
{
	(void)state;
	with_baseline("t/1/scripted fail known -\nt/1/unclear fail known -\n");
	assert_int_equal(run_script(FAILS_MUST, PASSES, PASSES), EXIT_CONFORMS);
	assert_true(results[0].expected);
	assert_int_equal(attempts, 1);
	assert_int_equal(run_script(PASSES, PASSES, PASSES), EXIT_FAILED);
	assert_int_equal(totals.surprises, 1);
	assert_int_equal(run_script(ERRS, ERRS, ERRS), EXIT_CANNOT_RUN);
	/* Listed as a fail, a case that cannot be told is still not green. */
	assert_int_equal(run_cases("t/1/unclear"), EXIT_UNCLEAR);
	with_baseline("t/1/scripted fail known 2025-12-31\n");
	assert_int_equal(run_script(FAILS_MUST, FAILS_MUST, FAILS_MUST), EXIT_FAILED);
	with_baseline("t/1/scripted unstable comes-and-goes -\n");
	assert_int_equal(run_script(FAILS_MUST, PASSES, PASSES), EXIT_CONFORMS);
	assert_int_equal(run_script(PASSES, PASSES, PASSES), EXIT_CONFORMS);
	assert_int_equal(totals.surprises, 0);
	assert_int_equal(run_script(ERRS, ERRS, ERRS), EXIT_CANNOT_RUN);
	with_baseline("t/1/scripted inconclusive comes-and-goes -\n");
	assert_int_equal(run_script(FAILS_MUST, PASSES, PASSES), shared ? EXIT_CONFORMS : EXIT_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define ALONE_IN_ITS_WORLD(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
#define IN_A_SHARED_WORLD(t) cmocka_unit_test_setup_teardown(t, set_up_shared, tear_down)
		ALONE_IN_ITS_WORLD(test_statuses),
		IN_A_SHARED_WORLD(test_statuses),
		ALONE_IN_ITS_WORLD(test_exit_zero),
		IN_A_SHARED_WORLD(test_exit_zero),
		ALONE_IN_ITS_WORLD(test_should),
		IN_A_SHARED_WORLD(test_should),
		ALONE_IN_ITS_WORLD(test_should_before_skip),
		ALONE_IN_ITS_WORLD(test_overflow_is_not_green),
		ALONE_IN_ITS_WORLD(test_selection),
		ALONE_IN_ITS_WORLD(test_unclear_is_tried_again),
		IN_A_SHARED_WORLD(test_unclear_is_tried_again),
		IN_A_SHARED_WORLD(test_unstable),
		IN_A_SHARED_WORLD(test_time_budget),
		ALONE_IN_ITS_WORLD(test_interrupted),
		IN_A_SHARED_WORLD(test_interrupted_second_attempt),
		IN_A_SHARED_WORLD(test_late_answer),
		ALONE_IN_ITS_WORLD(test_baseline),
		IN_A_SHARED_WORLD(test_baseline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
