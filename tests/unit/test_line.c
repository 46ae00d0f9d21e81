/* test_line.c: the lines of the agent's protocol: every call, answer and note is
 * read as it was written, and what is no line is said to be none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/dut/line.h"

static void calls_come_back(void **state)
{
	struct call calls[] = {
		{ .kind = CALL_OPEN_PASSIVE, .v = 4 },
		{ .kind = CALL_OPEN_PASSIVE, .v = 6, .local_port = 80, .backlog = 3, .paused = true,
		  .n_preset = 2, .preset = { { OPTION_RCVBUF, 4096 }, { OPTION_LINGER, -1 } } },
		{ .kind = CALL_OPEN_ACTIVE, .remote.port = 7, .local_port = 5000 },
		{ .kind = CALL_OPEN_ACTIVE, .remote.port = 65535, .n_preset = 4,
		  .preset = { { OPTION_KEEPALIVE, 1 }, { OPTION_KEEPALIVE_IDLE, 1 }, { OPTION_NODELAY, 1 }, { OPTION_TFO, 1 } } },
		{ .kind = CALL_SEND, .id = 3, .n = 1u << 31, .urgent = true },
		{ .kind = CALL_SEND, .id = 3 },
		{ .kind = CALL_RECEIVE, .id = 3, .n = 9 },
		{ .kind = CALL_PAUSE, .id = 1 }, { .kind = CALL_RESUME, .id = 2147483647 },
		{ .kind = CALL_SHUTDOWN, .id = 3 }, { .kind = CALL_CLOSE, .id = 3 },
		{ .kind = CALL_ABORT, .id = 3 }, { .kind = CALL_STATUS, .id = 3 },
		{ .kind = CALL_SET, .id = 3, .option = OPTION_USER_TIMEOUT, .value = 5000 },
		{ .kind = CALL_SET, .id = 3, .option = OPTION_LINGER, .value = -1 },
		{ .kind = CALL_GET, .id = 3, .option = OPTION_MAXSEG },
	};

	(void)state;
	assert_true(addr_parse("10.9.0.1", &calls[2].remote.addr));
	assert_true(addr_parse("fd00:9::1", &calls[3].remote.addr));
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		char line[LINE_SIZE], why[128] = "";
		struct line_asked q;
		size_t n = line_request(line, sizeof(line), "t1", &calls[i]);

		assert_int_equal(line[n - 1], '\n');
		line[n - 1] = '\0';
		if (line_read_request(line, &q, why, sizeof(why)))
			fail_msg("%zu: %s", i, why);
		assert_string_equal(q.tag, "t1");
		assert_int_equal(q.delay, 0);
		assert_int_equal(q.call.kind, calls[i].kind);
		assert_int_equal(q.call.id, calls[i].id);
		assert_int_equal(q.call.v, calls[i].v);
		assert_int_equal(q.call.local_port, calls[i].local_port);
		assert_int_equal(q.call.backlog, calls[i].backlog);
		assert_int_equal(q.call.paused, calls[i].paused);
		assert_true(q.call.n == calls[i].n);
		assert_int_equal(q.call.urgent, calls[i].urgent);
		assert_int_equal(q.call.option, calls[i].option);
		assert_true(q.call.value == calls[i].value);
		assert_true(endpoint_eq(&q.call.remote, &calls[i].remote));
		assert_int_equal(q.call.n_preset, calls[i].n_preset);
		for (unsigned k = 0; k < q.call.n_preset; k++) {
			bool found = false;

			for (unsigned m = 0; m < q.call.n_preset; m++)
				found = found || (q.call.preset[k].option == calls[i].preset[m].option &&
				                  q.call.preset[k].value == calls[i].preset[m].value);
			assert_true(found);
		}
	}
}

static void requests_that_are_none(void **state)
{
	static const struct { const char *line; int error; const char *tag; } lines[] = {
		{ "hello", EPROTO, "hello" }, { "a b c", EPROTO, "a" }, { "a/b STATUS id=1", EPROTO, "?" },
		{ "12345678901234567 STATUS id=1", EPROTO, "?" }, { "a STATUS id", EPROTO, "a" },
		{ "a STATUS", EINVAL, "a" }, { "a STATUS id=0", EINVAL, "a" }, { "a STATUS id=1 x=2", EINVAL, "a" },
		{ "a STATUS id=1 id=2", EINVAL, "a" }, { "a AT 5 STATUS id=1", EPROTO, "a" },
		{ "a AT +-5 STATUS id=1", EPROTO, "a" }, { "a AT +5", EPROTO, "a" },
		{ "a SEND id=1 n=-1", EINVAL, "a" }, { "a OPEN-PASSIVE ip=5", EINVAL, "a" },
		{ "a OPEN-ACTIVE to=host port=1", EINVAL, "a" }, { "a OPEN-ACTIVE to=10.9.0.1 port=0", EINVAL, "a" },
		{ "a SET id=1 option=none value=1", EINVAL, "a" }, { "a SET id=1 option=linger", EINVAL, "a" },
		{ "a OPEN-PASSIVE ip=4 keepalive=1 linger=1 no-delay=1 send-buffer=1 receive-buffer=1", EINVAL, "a" },
		{ "a STATUS id=1\1", EPROTO, "?" }, { "", 0, "" }, { "   ", 0, "" }, { "a AT +5 STATUS id=1", 0, "a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char line[LINE_SIZE], why[128] = "";
		struct line_asked q;

		snprintf(line, sizeof(line), "%s", lines[i].line);
		int error = line_read_request(line, &q, why, sizeof(why));
		if (error != lines[i].error || strcmp(q.tag, lines[i].tag))
			fail_msg("\"%s\": error %d, tag %s", lines[i].line, error, q.tag);
		assert_true(!error || why[0]);
	}
}

static void a_delay_is_read(void **state)
{
	char line[] = "x AT +250 CLOSE id=4", why[64];
	struct line_asked q;

	(void)state;
	assert_int_equal(line_read_request(line, &q, why, sizeof(why)), 0);
	assert_true(q.delay == MS(250));
	assert_int_equal(q.call.kind, CALL_CLOSE);
}

static void answers_come_back(void **state)
{
	struct answer a = { .id = 7, .port = 40000, .n = 12, .received = 99, .digest = 0x0123456789abcdef,
	                    .state = FIN_WAIT_2, .at = 123456789012345 };
	char line[LINE_SIZE];
	struct line_heard h;

	(void)state;
	line[line_answer(line, sizeof(line), "9", CALL_OPEN_ACTIVE, &a, NULL) - 1] = '\0';
	assert_int_equal(line_read(line, &h), LINE_ANSWER);
	assert_string_equal(h.tag, "9");
	assert_int_equal(h.answer.id, 7);
	assert_int_equal(h.answer.port, 40000);
	assert_true(h.at == a.at && h.answer.at == a.at);
	line[line_answer(line, sizeof(line), "9", CALL_STATUS, &a, NULL) - 1] = '\0';
	assert_int_equal(line_read(line, &h), LINE_ANSWER);
	assert_int_equal(h.answer.state, FIN_WAIT_2);
	assert_true(h.answer.received == 99 && h.answer.digest == a.digest);
	a.n = (uint64_t)-1;                     /* linger is off */
	line[line_answer(line, sizeof(line), "9", CALL_GET, &a, NULL) - 1] = '\0';
	assert_int_equal(line_read(line, &h), LINE_ANSWER);
	assert_true((int64_t)h.answer.n == -1);
	a.error = ECONNREFUSED;
	line[line_answer(line, sizeof(line), "9", CALL_GET, &a, "nobody: is there") - 1] = '\0';
	assert_int_equal(line_read(line, &h), LINE_ANSWER);
	assert_int_equal(h.answer.error, ECONNREFUSED);
	assert_string_equal(h.text, "nobody: is there");
	/* What the future adds is ignored, an error that we do not know is one. */
	snprintf(line, sizeof(line), "%s", "9 ERR at=1 error=ENOTYET colour=red :x");
	assert_int_equal(line_read(line, &h), LINE_ANSWER);
	assert_int_equal(h.answer.error, EIO);
	snprintf(line, sizeof(line), "%s", "9 OK at=1 state=DREAMING");
	assert_int_equal(line_read(line, &h), LINE_ANSWER);
	assert_int_equal(h.answer.state, STATE_UNKNOWN);
}

static void notes_come_back(void **state)
{
	(void)state;
	for (int kind = 0; kind < NOTE_KINDS; kind++) {
		struct note n = { .kind = (enum note_kind)kind, .id = 5, .listener = -1, .remote.port = 77,
		                  .n = 1000, .error = ETIMEDOUT, .at = 42 };
		char line[LINE_SIZE];
		struct line_heard h;

		assert_true(addr_parse("fd00:9::1", &n.remote.addr));
		line[line_note(line, sizeof(line), &n) - 1] = '\0';
		assert_int_equal(line_read(line, &h), LINE_NOTE);
		assert_int_equal(h.note.kind, kind);
		assert_int_equal(h.note.id, 5);
		assert_true(h.note.at == 42);
		assert_true(kind != NOTE_ESTABLISHED || (h.note.listener == -1 && endpoint_eq(&h.note.remote, &n.remote)));
		assert_true(kind != NOTE_ERROR || h.note.error == ETIMEDOUT);
		assert_true(kind != NOTE_READABLE || h.note.n == 1000);
	}
}

static void what_is_heard_and_is_no_line(void **state)
{
	static const char *const lines[] = {
		"", " ", "x", "HELLO", "HELLO protocol=1", "1 OK", "1 OK at=", "1 OK at=-5", "1 OK at=1 novalue",
		"1 MAYBE at=1", "a/b OK at=1", "1 ERR at=1", "* at=1", "* WOKE at=1 id=1", "* EOF at=1",
		"* EOF at=1 id=0", "* ESTABLISHED at=1 id=1 listener=2", "* ERROR at=1 id=1",
		"* ESTABLISHED at=1 id=1 listener=2 remote=nowhere port=1", "1 OK at=1 id=\1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char line[LINE_SIZE];
		struct line_heard h;

		snprintf(line, sizeof(line), "%s", lines[i]);
		if (line_read(line, &h) != LINE_GARBAGE)
			fail_msg("\"%s\" is taken for a line", lines[i]);
	}
}

static void a_hello_is_read(void **state)
{
	char line[LINE_SIZE];
	struct line_heard h;

	(void)state;
	line[line_hello(line, sizeof(line), "a/1", "ip4,keepalive,no-delay", 5) - 1] = '\0';
	assert_int_equal(line_read(line, &h), LINE_HELLO);
	assert_int_equal(h.protocol, LINE_PROTOCOL);
	assert_string_equal(h.program, "a/1");
	assert_true(line_can(h.can, "ip4") && line_can(h.can, "keepalive") && line_can(h.can, "no-delay"));
	assert_false(line_can(h.can, "keep") || line_can(h.can, "delay") || line_can(h.can, "ip6"));
	assert_false(line_can("", "ip4"));
}

struct lines {
	char text[8][LINE_SIZE];
	unsigned n, too_long;
};

static void collect(void *arg, char *line)
{
	struct lines *l = arg;

	if (!line)
		l->too_long++;
	else
		snprintf(l->text[l->n++ % 8], LINE_SIZE, "%s", line);
}

static void octets_become_lines(void **state)
{
	struct line_reader r = { .n = 0 };
	struct lines l = { .n = 0 };
	char text[2000];

	(void)state;
	line_feed(&r, "on", 2, collect, &l);
	line_feed(&r, "e\r\ntwo\n\nth\0ree\n", 15, collect, &l);
	assert_int_equal(l.n, 4);
	assert_string_equal(l.text[0], "one");
	assert_string_equal(l.text[1], "two");
	assert_string_equal(l.text[2], "");
	assert_string_equal(l.text[3], "th\1ree");
	memset(text, 'x', sizeof(text));
	text[LINE_SIZE - 1] = '\n';
	line_feed(&r, text, LINE_SIZE, collect, &l);
	assert_int_equal(l.n, 5);
	assert_int_equal(strlen(l.text[4]), LINE_SIZE - 1);
	text[LINE_SIZE - 1] = 'x';
	text[LINE_SIZE] = '\n';
	line_feed(&r, text, LINE_SIZE + 1, collect, &l);
	assert_int_equal(l.n, 5);
	assert_int_equal(l.too_long, 1);
	for (int i = 0; i < 100; i++)
		line_feed(&r, text + LINE_SIZE + 1, sizeof(text) - LINE_SIZE - 1, collect, &l);
	assert_int_equal(l.n, 5);
	assert_true(r.skipping && r.skipped > 10000);
	line_feed(&r, "\nlast\n", 6, collect, &l);
	assert_int_equal(l.too_long, 2);
	assert_string_equal(l.text[5], "last");
}

static void errors_have_names(void **state)
{
	(void)state;
	assert_int_equal(line_errno("ECONNRESET"), ECONNRESET);
	assert_string_equal(line_errno_name(ETIMEDOUT), "ETIMEDOUT");
	assert_string_equal(line_errno_name(123456), "EIO");
	assert_int_equal(line_errno("EWHATEVER"), EIO);
}

static void octets_in_hexadecimal(void **state)
{
	static const uint8_t octets[] = { 0x00, 0x9a, 0xff };
	uint8_t back[3] = { 1, 1, 1 };
	char text[7] = "......";

	(void)state;
	line_hex(text, octets, 3);
	assert_string_equal(text, "009aff");
	assert_int_equal(line_unhex("009AfF", back, 3), 3);
	assert_memory_equal(back, octets, 3);
	assert_int_equal(line_unhex("", back, 3), 0);
	assert_int_equal(line_unhex("009aff00", back, 3), -1);
	assert_int_equal(line_unhex("009", back, 3), -1);
	assert_int_equal(line_unhex("0g", back, 3), -1);
	assert_int_equal(line_unhex("00 9a", back, 3), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(octets_in_hexadecimal),
		cmocka_unit_test(calls_come_back),
		cmocka_unit_test(requests_that_are_none),
		cmocka_unit_test(a_delay_is_read),
		cmocka_unit_test(answers_come_back),
		cmocka_unit_test(notes_come_back),
		cmocka_unit_test(what_is_heard_and_is_no_line),
		cmocka_unit_test(a_hello_is_read),
		cmocka_unit_test(octets_become_lines),
		cmocka_unit_test(errors_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
