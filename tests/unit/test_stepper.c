/* test_stepper.c: the tester's end of docs/plugin.md, against a process that answers
 * each ADVANCE by what the test has written down: what is heard, and what is said of
 * a program that does not keep to the protocol. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/dut/stepper.h"

#define HELLO "HELLO protocol=1 at=0 program=x/1 can=ip4 frames=ip addr4=10.9.0.2\n"

static pid_t other;
static char *heard;             /* what the other end was told, in memory of both */
static char err[256];

enum { HEARD = 1 << 16 };

static void say_all(int fd, const char *text)
{
	for (size_t n = strlen(text); n; ) {
		ssize_t w = write(fd, text, n);

		if (w <= 0)
			_exit(1);
		text += w;
		n -= (size_t)w;
	}
}

/* The other end: says the first of these, and one more for each ADVANCE; lives until
 * its input ends.  NULL: it ends by itself. */
static void be_other(int fd, const char *const *lines)
{
	char line[1 << 14];
	size_t n = 0, told = 0;

	say_all(fd, *lines++);
	while (read(fd, line + n, 1) == 1) {
		if (told < HEARD - 1)
			heard[told++] = line[n];
		if (line[n] != '\n') {
			n += n < sizeof line - 1;
			continue;
		}
		if (!strncmp(line, "ADVANCE ", 8)) {
			if (!*lines)
				_exit(5);
			say_all(fd, *lines++);
		}
		n = 0;
	}
	_exit(0);
}

static struct stepper *start(const char *const *lines)
{
	int pair[2];

	heard = mmap(NULL, HEARD, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(heard != MAP_FAILED);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	other = fork();
	assert_true(other >= 0);
	if (!other) {
		close(pair[0]);
		be_other(pair[1], lines);
	}
	close(pair[1]);
	return stepper_over(pair[0], err, sizeof err);
}

static void stop(struct stepper *s)
{
	stepper_stop(s);
	waitpid(other, NULL, 0);
	munmap(heard, HEARD);
}

#define START(...) start((const char *const []){ __VA_ARGS__, NULL })

/* This HELLO is refused with these words. */
static void refused(const char *hello, const char *words)
{
	assert_null(START(hello));
	waitpid(other, NULL, 0);
	munmap(heard, HEARD);
	if (!strstr(err, words))
		fail_msg("'%s' is refused by: %s", hello, err);
}

/* Asked for time up to 1000 a second time (the first time ended at 500) it says this,
 * and is lost with these words, at once or when it is asked once more. */
static void lost_as(const char *lines, bool culprit, const char *words)
{
	struct stepper *s = START(HELLO, "IDLE at=500 until=never\n", lines, "IDLE at=2000 until=never\n");
	tick at, until;
	bool whose = !culprit;

	assert_non_null(s);
	assert_true(stepper_advance(s, 500, &at, &until));
	if (stepper_advance(s, 1000, &at, &until))
		assert_false(stepper_advance(s, 2000, &at, &until));
	assert_non_null(stepper_lost(s, &whose));
	if (!strstr(stepper_lost(s, &whose), words) || whose != culprit)
		fail_msg("'%.80s' is lost by: %s", lines, stepper_lost(s, &whose));
	/* Nothing more is said to it, and asking costs nothing. */
	stepper_frame(s, (const uint8_t *)"x", 1);
	assert_false(stepper_advance(s, 3000, &at, &until));
	stop(s);
}

/* ---- what is right -------------------------------------------------------------------- */

static void hello_is_heard(void **state)
{
	struct stepper *s = START("HELLO protocol=1 at=7 program=lwIP/2.1 can=ip4,ip6,state frames=ethernet "
	                          "mac=02:00:00:0a:0B:ff addr4=10.9.0.2 addr6=fd00:9::2 cases=2147483647 hue=blue\r\n");
	const struct stepper_hello *h;

	(void)state;
	assert_non_null(s);
	h = stepper_hello(s);
	assert_string_equal(h->program, "lwIP/2.1");
	assert_string_equal(h->can, "ip4,ip6,state");
	assert_true(h->ethernet);
	assert_memory_equal(h->mac, "\2\0\0\x0a\x0b\xff", 6);
	assert_int_equal(h->addr4.v, 4);
	assert_int_equal(h->addr6.v, 6);
	assert_int_equal(h->cases, 2147483647);
	stop(s);

	s = START(HELLO);
	assert_non_null(s);
	assert_int_equal(stepper_hello(s)->cases, 1);
	assert_false(stepper_hello(s)->ethernet);
	assert_int_equal(stepper_hello(s)->addr6.v, 0);
	stop(s);
}

/* What arrives and what is called is said with the question; what is said in answer
 * comes out in order, frames as octets. */
static void question_and_answer(void **state)
{
	struct stepper *s = START(HELLO, "1 OK at=0 id=3 port=7\n* URGENT at=3 id=9\nFRAME at=4 45FF\nFRAME at=5 00ab01\n"
	                          "IDLE at=5 until=77\n");
	struct call k = { .kind = CALL_OPEN_PASSIVE, .v = 4, .local_port = 7 };
	const struct stepper_event *e;
	tick at, until;
	bool culprit;

	(void)state;
	assert_non_null(s);
	stepper_frame(s, (const uint8_t *)"\x45\x00\xff", 3);
	stepper_call(s, "1", &k);
	assert_true(stepper_advance(s, 1000, &at, &until));
	assert_string_equal(heard, "FRAME 4500ff\n1 OPEN-PASSIVE ip=4 port=7\nADVANCE until=1000\n");
	assert_int_equal(at, 5);
	assert_int_equal(until, 77);

	e = stepper_next(s);
	assert_int_equal(e->kind, LINE_ANSWER);
	assert_string_equal(e->tag, "1");
	assert_int_equal(e->answer.id, 3);
	e = stepper_next(s);
	assert_int_equal(e->kind, LINE_NOTE);
	assert_int_equal(e->at, 3);
	assert_int_equal(e->note.id, 9);
	e = stepper_next(s);
	assert_int_equal(e->kind, LINE_FRAME);
	assert_int_equal(e->n, 2);
	assert_memory_equal(e->frame, "\x45\xff", 2);
	assert_ptr_equal(stepper_peek(s), stepper_peek(s));
	e = stepper_next(s);
	assert_int_equal(e->n, 3);
	assert_memory_equal(e->frame, "\x00\xab\x01", 3);
	assert_null(stepper_next(s));
	assert_null(stepper_lost(s, &culprit));
	stop(s);
}

/* It may stop early without a word, and is asked until it is there. */
static void early_stops(void **state)
{
	struct stepper *s = START(HELLO, "IDLE at=10 until=20\n", "IDLE at=10 until=never\n", "IDLE at=100 until=never\n");
	tick at, until;

	(void)state;
	assert_non_null(s);
	assert_true(stepper_advance(s, 100, &at, &until));
	assert_int_equal(at, 100);
	assert_int_equal(until, TICK_NEVER);
	assert_string_equal(heard, "ADVANCE until=100\nADVANCE until=100\nADVANCE until=100\n");
	stop(s);
}

/* The longest frame there is, both ways. */
static void longest_frame(void **state)
{
	static char line[2 * LINE_FRAME_MAX + 64];
	int n = snprintf(line, sizeof line, "FRAME at=0 ");
	struct stepper *s;
	tick at, until;

	(void)state;
	memset(line + n, '4', 2 * LINE_FRAME_MAX);
	n += 2 * LINE_FRAME_MAX;
	snprintf(line + n, sizeof line - (size_t)n, "\nIDLE at=0 until=never\n");
	s = START(HELLO, line);
	assert_non_null(s);
	assert_true(stepper_advance(s, 0, &at, &until));
	assert_int_equal(stepper_peek(s)->n, LINE_FRAME_MAX);
	assert_int_equal(stepper_peek(s)->frame[LINE_FRAME_MAX - 1], 0x44);
	stop(s);
}

/* ---- what is not ------------------------------------------------------------------------ */

static void hello_is_refused(void **state)
{
	(void)state;
	refused("HELLO protocol=2 at=0 program=x can=ip4 frames=ip addr4=10.9.0.2\n", "version 2 of the protocol, and this is version 1");
	refused("HELLO protocol=1 at=0 program=x can=ip4 addr4=10.9.0.2\n", "frames=ip or frames=ethernet");
	refused("HELLO protocol=1 at=0 program=x can=ip4 frames=ethernet addr4=10.9.0.2\n", "no mac=");
	refused("HELLO protocol=1 at=0 program=x can=ip4 frames=ethernet mac=1:2:3:4:5 addr4=10.9.0.2\n", "no mac=");
	refused("HELLO protocol=1 at=0 program=x can=ip4 frames=ethernet mac=-1:2:3:4:5:6 addr4=10.9.0.2\n", "no mac=");
	refused("HELLO protocol=1 at=0 program=x can=ip4 frames=ip addr4=fd00::2\n", "no IPv4 address");
	refused("HELLO protocol=1 at=0 program=x can=ip4 frames=ip addr6=10.9.0.2\n", "no IPv6 address");
	refused("HELLO protocol=1 at=0 program=x can=ip4 frames=ip\n", "addr4= or addr6=");
	refused("HELLO protocol=1 at=0 program=\x1b[31m frames=ip addr4=10.9.0.2\n", "no line of the protocol: \"HELLO");
	refused("? ERR at=0 error=ENOENT :no such thing today\n", "no such thing today");
	refused("hello\n", "no line of the protocol");
	refused("\n", "no line of the protocol");
}

/* What stands behind HELLO is heard with the first question. */
static void lost_behind_hello(const char *burst, const char *why)
{
	struct stepper *s = START(burst);
	tick at, until;
	bool culprit = true;

	assert_non_null(s);
	assert_false(stepper_advance(s, 0, &at, &until));
	assert_non_null(strstr(stepper_lost(s, &culprit), why));
	assert_false(culprit);
	stop(s);
}

static void more_than_hello(void **state)
{
	(void)state;
	lost_behind_hello(HELLO HELLO, "no line of the protocol");
	lost_behind_hello(HELLO "IDLE at=0 until=never\n", "not been asked");
}

static void who_errs_is_lost(void **state)
{
	(void)state;
	lost_as("IDLE at=1001 until=never\n", false, "beyond");
	lost_as("IDLE at=499 until=never\n", false, "went back");
	lost_as("IDLE at=1000 until=never\nIDLE at=1000 until=never\n", false, "not been asked");
	lost_as("FRAME at=801 45\nIDLE at=800 until=never\n", false, "later than its IDLE");
	lost_as("* EOF at=801 id=1\nIDLE at=800 until=never\n", false, "later than its IDLE");
	lost_as("FRAME at=0 456\n", false, "FRAME of 3 hexadecimal digits");
	lost_as("FRAME at=0 4g\n", false, "'g' among its hexadecimal digits");
	lost_as("? ERR at=0 error=EPROTO :not this line\n", false, "says an error: not this line (EPROTO)");
	lost_as("FRAME at=0 \n", false, "no line of the protocol");
	lost_as("FRAME at=0 45 45\n", false, "no line of the protocol");
	lost_as("IDLE\n", false, "no line of the protocol");
	lost_as("IDLE at=0\n", false, "no line of the protocol");
	lost_as("* SOMETHING at=0 id=1\n", false, "no line of the protocol");
	lost_as(HELLO, false, "no line of the protocol");
}

static void who_ends_is_lost(void **state)
{
	struct stepper *s = START(HELLO "FRAME at=0 45\n");
	tick at, until;
	bool culprit = false;

	(void)state;
	assert_non_null(s);
	assert_false(stepper_advance(s, 10, &at, &until));
	assert_string_equal(stepper_lost(s, &culprit), "the stack under test closed its output");
	assert_true(culprit);
	assert_int_equal(stepper_next(s)->n, 1);        /* its last words */
	assert_null(stepper_next(s));
	stop(s);
}

static void long_lines(void **state)
{
	static char line[2 * LINE_FRAME_MAX + 1000];
	int n = snprintf(line, sizeof line, "* EOF at=500 id=1 x=");

	(void)state;
	memset(line + n, 'x', 600);
	line[n + 600] = '\n';
	lost_as(line, false, "only FRAME's may have more");
	n = snprintf(line, sizeof line, "FRAME at=500 ");
	memset(line + n, '4', 2 * LINE_FRAME_MAX + 2);
	line[n + 2 * LINE_FRAME_MAX + 2] = '\n';
	line[n + 2 * LINE_FRAME_MAX + 3] = '\0';
	lost_as(line, false, "the longest has");
	memset(line, 'x', sizeof line - 1);
	lost_as(line, false, "without an end");
}

static void floods(void **state)
{
	static const char one[] = "* EOF at=500 id=12\n";
	static char lines[4097 * sizeof one], both[sizeof lines + sizeof HELLO];
	size_t n = 0;
	struct stepper *s;
	tick at, until;
	bool culprit;

	(void)state;
	for (unsigned i = 0; i < 4097; i++, n += sizeof one - 1)
		memcpy(lines + n, one, sizeof one);
	lost_as(lines, true, "floods");

	/* Behind its HELLO it is for the first question to tell. */
	snprintf(both, sizeof both, "%s%s", HELLO, lines);
	s = START(both);
	assert_non_null(s);
	assert_false(stepper_advance(s, 0, &at, &until));
	assert_non_null(stepper_lost(s, &culprit));
	assert_true(culprit);
	stop(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_is_heard),
		cmocka_unit_test(question_and_answer),
		cmocka_unit_test(early_stops),
		cmocka_unit_test(longest_frame),
		cmocka_unit_test(hello_is_refused),
		cmocka_unit_test(more_than_hello),
		cmocka_unit_test(who_errs_is_lost),
		cmocka_unit_test(who_ends_is_lost),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(floods),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
