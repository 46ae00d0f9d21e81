/* test_tester_end.c: our end of the agent's protocol (harness/dut/agent.h): with
 * the real agent over the loopback interface, and with commands that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "harness/dut/agent.h"
#include "harness/dut/line.h"

static const char *program;             /* the agent's path, quoted for sh */

struct heard {
	struct agent *agent;
	struct note note[256];
	unsigned notes;
	struct answer answer;
	unsigned answers;
	char lost[200], garbled[200];
};

static tick clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return S(t.tv_sec) + t.tv_nsec - S(1000000);    /* an origin that is not the agent's */
}

static void on_note(void *arg, const struct note *n)
{
	struct heard *h = arg;

	assert_true(h->notes < 256);
	h->note[h->notes++] = *n;
}

static void on_answer(void *arg, const struct answer *a)
{
	struct heard *h = arg;

	h->answer = *a;
	h->answers++;
}

static void on_lost(void *arg, const char *why)
{
	snprintf(((struct heard *)arg)->lost, 200, "%s", why);
}

static void on_garbled(void *arg, const char *what)
{
	snprintf(((struct heard *)arg)->garbled, 200, "%s", what);
}

static bool begin(struct heard *h, const char *command, char *err, size_t n)
{
	struct agent_config k = {
		.command = command, .noted = on_note, .lost = on_lost, .garbled = on_garbled, .arg = h
	};

	memset(h, 0, sizeof(*h));
	h->agent = agent_start(&k, err, n);
	return h->agent != NULL;
}

static bool step(struct heard *h, int ms)
{
	struct pollfd p = { .fd = agent_fd(h->agent), .events = POLLIN };

	if (poll(&p, 1, ms) <= 0)
		return false;
	agent_ready(h->agent, clock_now());
	return true;
}

static int call(struct heard *h, struct call k)
{
	unsigned before = h->answers;

	agent_call(h->agent, &k, clock_now(), on_answer, h);
	while (h->answers == before)
		assert_true(step(h, 5000));
	assert_int_equal(h->answers, before + 1);
	return h->answer.error;
}

static const struct note *await(struct heard *h, enum note_kind kind, int id)
{
	for (unsigned i = 0;; i++) {
		while (i >= h->notes)
			if (!step(h, 3000))
				fail_msg("%s of %d is not noted", note_name(kind), id);
		if (h->note[i].kind == kind && (!id || h->note[i].id == id))
			return &h->note[i];
	}
}

static bool no_child_left(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

/* ---- with the agent ------------------------------------------------------------- */

static void calls_and_notifications_pass(void **state)
{
	struct heard h;
	struct call k = { .kind = CALL_OPEN_PASSIVE, .v = 4 };
	char err[200];

	(void)state;
	assert_true(begin(&h, program, err, sizeof(err)));
	assert_non_null(strstr(agent_program(h.agent), "tcpconform-agent"));
	assert_true(line_can(agent_can(h.agent), "urgent"));
	assert_false(line_can(agent_can(h.agent), "urg"));

	tick before = clock_now();
	assert_int_equal(call(&h, k), 0);
	assert_true(h.answer.at >= before && h.answer.at <= clock_now());
	int listener = h.answer.id;
	k = (struct call){ .kind = CALL_OPEN_ACTIVE, .remote.port = h.answer.port, .n_preset = 1,
	                   .preset[0] = { OPTION_NODELAY, 1 } };
	assert_true(addr_parse("127.0.0.1", &k.remote.addr));
	before = clock_now();
	assert_int_equal(call(&h, k), 0);
	int us = h.answer.id;
	const struct note *n = await(&h, NOTE_ESTABLISHED, us);
	assert_int_equal(n->listener, -1);
	assert_true(n->at >= before - MS(20) && n->at <= clock_now());
	n = await(&h, NOTE_ESTABLISHED, us + 1);
	assert_int_equal(n->listener, listener);
	assert_true(addr_eq(&n->remote.addr, &k.remote.addr));

	assert_int_equal(call(&h, (struct call){ .kind = CALL_GET, .id = us, .option = OPTION_NODELAY }), 0);
	assert_int_equal(h.answer.n, 1);
	assert_int_equal(call(&h, (struct call){ .kind = CALL_SEND, .id = us, .n = 3000 }), 0);
	assert_int_equal(h.answer.n, 3000);
	do
		assert_int_equal(call(&h, (struct call){ .kind = CALL_STATUS, .id = us + 1 }), 0);
	while (h.answer.received < 3000);
	assert_true(h.answer.digest == digest_pattern(3000));
	assert_int_equal(call(&h, (struct call){ .kind = CALL_SHUTDOWN, .id = us }), 0);
	await(&h, NOTE_EOF, us + 1);
	assert_int_equal(call(&h, (struct call){ .kind = CALL_ABORT, .id = us + 1 }), 0);
	n = await(&h, NOTE_ERROR, us);
	assert_int_equal(n->error, ECONNRESET);
	assert_int_equal(call(&h, (struct call){ .kind = CALL_STATUS, .id = 4711 }), EBADF);
	assert_string_equal(h.lost, "");
	assert_int_equal(agent_garbage(h.agent), 0);
	agent_stop(h.agent);
	assert_true(no_child_left());
}

/* Its answers come in order, here; the table of those on their way is bounded. */
static void many_calls_are_on_their_way(void **state)
{
	struct heard h;
	char err[200];
	unsigned refused = 0;

	(void)state;
	assert_true(begin(&h, program, err, sizeof(err)));
	for (int i = 0; i < 3000; i++) {
		struct call k = { .kind = CALL_STATUS, .id = 4711 };
		unsigned before = h.answers;

		agent_call(h.agent, &k, clock_now(), on_answer, &h);
		if (h.answers > before) {
			assert_int_equal(h.answer.error, ENOBUFS);
			refused++;
		}
	}
	assert_true(refused > 0);
	while (h.answers < 3000)
		assert_true(step(&h, 5000));
	assert_int_equal(call(&h, (struct call){ .kind = CALL_STATUS, .id = 4711 }), EBADF);
	agent_stop(h.agent);
	assert_true(no_child_left());
}

static void an_agent_that_dies_answers_everything(void **state)
{
	struct heard h;
	char err[200];

	(void)state;
	/* It greets, swallows what it is asked, and dies with the third line. */
	assert_true(begin(&h, "echo HELLO protocol=1 at=1 program=x can=ip4; read a; read b; read c; exit 5", err, sizeof(err)));
	for (int i = 0; i < 3; i++) {
		struct call k = { .kind = CALL_STATUS, .id = 1 };

		agent_call(h.agent, &k, clock_now(), on_answer, &h);
	}
	assert_int_equal(h.answers, 0);
	while (!h.lost[0])
		assert_true(step(&h, 3000));
	assert_int_equal(h.answers, 3);
	assert_int_equal(h.answer.error, EPIPE);
	assert_string_equal(h.lost, "the agent ended (exit status 5)");
	assert_int_equal(call(&h, (struct call){ .kind = CALL_STATUS, .id = 1 }), EPIPE);
	assert_false(step(&h, 50));             /* its descriptor is quiet */
	agent_stop(h.agent);
	assert_true(no_child_left());
}

/* ---- with what is none ------------------------------------------------------------ */

static void what_is_no_agent_is_refused(void **state)
{
	static const struct { const char *command, *why; } none[] = {
		{ "exit 3",                                     "exit status 3" },
		{ "no-such-program-anywhere 2>/dev/null",       "not found" },
		{ "kill -9 $$",                                 "signal 9" },
		{ "echo HELLO protocol=2 at=1",                 "version" },
		{ "yes",                                        "not what an agent says" },
		{ "cat /dev/zero",                              "without an end" },
		{ "cat /dev/urandom",                           "" },
		{ "while :; do echo; done",                     "not what an agent says" },
		{ "echo 1 OK at=1",                             "exit status 0" },
	};
	char err[200];

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct heard h;

		assert_false(begin(&h, none[i].command, err, sizeof(err)));
		assert_non_null(strstr(err, "agent"));
		if (!strstr(err, none[i].why))
			fail_msg("%s: %s", none[i].command, err);
		assert_true(no_child_left());
	}
}

static void garbage_between_is_counted_and_told_once(void **state)
{
	struct heard h;
	char err[200], command[512];

	(void)state;
	snprintf(command, sizeof(command), "echo Welcome to this machine; echo; %s | sed -u 's/^/garbage\\n9999 OK at=5\\n/'", program);
	assert_true(begin(&h, command, err, sizeof(err)));
	for (int i = 0; i < 100; i++)
		assert_int_equal(call(&h, (struct call){ .kind = CALL_STATUS, .id = 4711 }), EBADF);
	assert_true(agent_garbage(h.agent) >= 200);
	assert_non_null(strstr(h.garbled, "\"garbage\""));
	assert_string_equal(h.lost, "");
	agent_stop(h.agent);
	assert_true(no_child_left());
}

static void a_flood_after_the_greeting_ends_it(void **state)
{
	struct heard h;
	char err[200];

	(void)state;
	if (begin(&h, "echo HELLO protocol=1 at=1; yes", err, sizeof(err))) {
		while (!h.lost[0])
			assert_true(step(&h, 3000));
		assert_non_null(strstr(h.lost, "floods"));
		agent_stop(h.agent);
	} else {
		/* One read brought the greeting and the flood. */
		assert_non_null(strstr(err, "floods"));
	}
	assert_true(no_child_left());
}

/* It ends neither with its input nor when it is asked to. */
static void a_stubborn_one_is_killed(void **state)
{
	struct heard h;
	char err[200];

	(void)state;
	assert_true(begin(&h, "trap '' TERM; echo HELLO protocol=1 at=1; while :; do sleep 0.05; done", err, sizeof(err)));
	tick before = clock_now();
	agent_stop(h.agent);
	assert_true(clock_now() - before < S(8));
	assert_true(no_child_left());
}

/* ---- two clocks --------------------------------------------------------------------- */

/* An agent whose clock is far from ours: the answer lies between the request and
 * its arrival all the same, and what comes 200 ms later by its clock is noted so
 * much later by ours. */
static void stamps_come_onto_our_clock(void **state)
{
	struct heard h;
	char err[200];
	static const char fake[] =
		"echo HELLO protocol=1 at=1; "
		"while read -r tag rest; do echo \"$tag OK at=7000000000\"; "
		"echo '* EOF at=7200000000 id=3'; done";

	(void)state;
	assert_true(begin(&h, fake, err, sizeof(err)));
	tick before = clock_now();
	assert_int_equal(call(&h, (struct call){ .kind = CALL_PAUSE, .id = 3 }), 0);
	tick after = clock_now();
	assert_true(h.answer.at >= before && h.answer.at <= after);
	/* From the future by its clock: no later than it came. */
	const struct note *n = await(&h, NOTE_EOF, 3);
	assert_true(n->at >= h.answer.at && n->at <= clock_now());
	/* The clock stands still: what we believed is given up, not trusted. */
	struct timespec moment = { 0, 50000000 };
	nanosleep(&moment, NULL);
	before = clock_now();
	assert_int_equal(call(&h, (struct call){ .kind = CALL_PAUSE, .id = 3 }), 0);
	assert_true(h.answer.at >= before && h.answer.at <= clock_now());
	agent_stop(h.agent);
	assert_true(no_child_left());
}

int main(int argc, char **argv)
{
	static char quoted[512];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_and_notifications_pass),
		cmocka_unit_test(many_calls_are_on_their_way),
		cmocka_unit_test(an_agent_that_dies_answers_everything),
		cmocka_unit_test(what_is_no_agent_is_refused),
		cmocka_unit_test(garbage_between_is_counted_and_told_once),
		cmocka_unit_test(a_flood_after_the_greeting_ends_it),
		cmocka_unit_test(a_stubborn_one_is_killed),
		cmocka_unit_test(stamps_come_onto_our_clock),
	};

	if (argc < 2) {
		fprintf(stderr, "usage: test_tester_end PATH-OF-TCPCONFORM-AGENT\n");
		return 2;
	}
	snprintf(quoted, sizeof(quoted), "'%s'", argv[1]);
	program = quoted;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
