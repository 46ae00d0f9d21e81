/* test_protocol.c: tcpconform-agent by its words (docs/agent-protocol.md): every
 * call, option and notification on the loopback interface, and whatever else may
 * come on its input.  The agent speaks to itself: it listens and connects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fnmatch.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/dut/child.h"
#include "harness/dut/line.h"
#include "probes/seg.h"

static const char *program;             /* the agent's path */

struct agent {
	struct child child;
	int fd;
	char heard[1 << 16];            /* lines not yet asked for */
	size_t n;
};

/* ---- speaking ------------------------------------------------------------------- */

static void say(struct agent *a, const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	line[n++] = '\n';
	assert_int_equal(send(a->fd, line, (size_t)n, MSG_NOSIGNAL), n);
}

static bool more(struct agent *a, int ms)
{
	struct pollfd p = { .fd = a->fd, .events = POLLIN };

	if (poll(&p, 1, ms) <= 0)
		return false;
	ssize_t n = recv(a->fd, a->heard + a->n, sizeof(a->heard) - a->n, 0);
	if (n > 0)
		a->n += (size_t)n;
	return n > 0;
}

/* Takes the first line that matches the glob out of what was heard. */
static bool take(struct agent *a, const char *glob, char line[LINE_SIZE])
{
	char *from = a->heard, *end;

	while ((end = memchr(from, '\n', a->n - (size_t)(from - a->heard)))) {
		size_t len = (size_t)(end - from);

		assert_true(len < LINE_SIZE);
		memcpy(line, from, len);
		line[len] = '\0';
		if (fnmatch(glob, line, 0) == 0) {
			memmove(from, end + 1, a->n - (size_t)(end + 1 - a->heard));
			a->n -= len + 1;
			return true;
		}
		from = end + 1;
	}
	return false;
}

static char last[LINE_SIZE];

/* A line like this comes within three seconds. */
static const char *expect(struct agent *a, const char *glob)
{
	while (!take(a, glob, last))
		if (!more(a, 3000))
			fail_msg("no line like \"%s\" came; there are:\n%.*s", glob, (int)a->n, a->heard);
	return last;
}

/* None like this comes for so long. */
static void expect_none(struct agent *a, const char *glob, int ms)
{
	while (more(a, ms))
		;
	if (take(a, glob, last))
		fail_msg("\"%s\" came", last);
}

static unsigned long long value(const char *line, const char *name)
{
	char key[64];

	snprintf(key, sizeof(key), " %s=", name);
	const char *at = strstr(line, key);
	if (!at)
		fail_msg("no %s= in \"%s\"", name, line);
	return strtoull(at + strlen(key), NULL, strcmp(name, "digest") == 0 ? 16 : 10);
}

/* ---- from beginning to end -------------------------------------------------------- */

static int start(void **state)
{
	static struct agent agent;
	struct agent *a = &agent;
	char *argv[] = { (char *)program, NULL };
	int pair[2];

	memset(a, 0, sizeof(*a));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	struct child_config k = { .argv = argv, .in = pair[1], .out = pair[1] };
	if (child_start(&a->child, &k))
		return -1;
	close(pair[1]);
	a->fd = pair[0];
	*state = a;
	expect(a, "HELLO protocol=1 at=* program=tcpconform-agent/* can=*");
	return 0;
}

/* It ends by itself, in good order, when its input ends. */
static int stop(void **state)
{
	struct agent *a = *state;
	struct pollfd p = { .fd = a->child.pidfd, .events = POLLIN };
	int status = -1;

	if (!a->child.pid)
		return 0;
	close(a->fd);
	if (a->child.pidfd >= 0)
		poll(&p, 1, 5000);
	if (!child_ended(&a->child, &status)) {
		child_end(&a->child, -1);
		return -1;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* Two ends of a connection: `us` connected, `them` was accepted. */
struct ends { int listener, us, them, port, our_port; };

static struct ends connect_ends(struct agent *a, int ip, const char *listen_with, const char *open_with)
{
	struct ends e;

	say(a, "L OPEN-PASSIVE ip=%d%s", ip, listen_with);
	expect(a, "L OK *");
	e.listener = (int)value(last, "id");
	e.port = (int)value(last, "port");
	say(a, "C OPEN-ACTIVE to=%s port=%d%s", ip == 4 ? "127.0.0.1" : "::1", e.port, open_with);
	expect(a, "C OK *");
	e.us = (int)value(last, "id");
	e.our_port = (int)value(last, "port");
	char glob[80];
	snprintf(glob, sizeof(glob), "[*] ESTABLISHED * listener=%d *", e.listener);
	expect(a, glob);
	e.them = (int)value(last, "id");
	assert_int_equal(value(last, "port"), e.our_port);
	expect(a, "[*] ESTABLISHED * listener=-1 *");
	assert_int_equal(value(last, "id"), e.us);
	assert_int_equal(value(last, "port"), e.port);
	return e;
}

static void expect_read(struct agent *a, int id, unsigned long long n)
{
	char glob[80];

	snprintf(glob, sizeof(glob), "[*] READABLE * id=%d received=%llu", id, n);
	expect(a, glob);
	say(a, "st STATUS id=%d", id);
	expect(a, "st OK *");
	assert_int_equal(value(last, "received"), n);
	assert_true(value(last, "digest") == digest_pattern(n));
}

/* ---- what it is for ----------------------------------------------------------------- */

static void says_the_pattern_and_counts_it(void **state)
{
	struct agent *a = *state;

	for (int ip = 4; ip <= 6; ip += 2) {
		struct ends e = connect_ends(a, ip, "", "");

		say(a, "s SEND id=%d n=1000", e.us);
		expect(a, "s OK * n=1000");
		expect_read(a, e.them, 1000);
		say(a, "s SEND id=%d n=234567", e.us);
		expect_read(a, e.them, 235567);
		say(a, "s SEND id=%d n=0", e.them);
		expect(a, "s OK * n=0");
		say(a, "s SEND id=%d n=1", e.them);
		expect_read(a, e.us, 1);
	}
}

static void opens_from_a_port_that_is_asked_for(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, "", "");

	/* A port that was free a moment ago. */
	say(a, "x ABORT id=%d", e.us);
	expect(a, "[*] ERROR * error=ECONNRESET");
	char with[40];
	snprintf(with, sizeof(with), " from=%d", e.our_port);
	struct ends f = connect_ends(a, 4, "", with);
	assert_int_equal(f.our_port, e.our_port);
}

static void closes_after_what_is_queued(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, " receive-buffer=4096 paused=1", " send-buffer=4096");

	/* More than the two buffers hold, so that it waits in the queue. */
	say(a, "s SEND id=%d n=1000000", e.us);
	say(a, "c CLOSE id=%d", e.us);
	expect(a, "c OK *");
	say(a, "g STATUS id=%d", e.us);
	expect(a, "g ERR * error=EBADF *");
	expect_none(a, "[*] EOF *", 200);
	expect_none(a, "[*] READABLE *", 0);
	say(a, "r RESUME id=%d", e.them);
	expect(a, "[*] READABLE * received=1000000");
	expect(a, "[*] EOF *");
	say(a, "g STATUS id=%d", e.them);
	expect(a, "g OK *");
	assert_true(value(last, "digest") == digest_pattern(1000000));
}

static void shuts_down_and_still_receives(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 6, "", "");

	say(a, "s SHUTDOWN id=%d", e.us);
	expect(a, "s OK *");
	expect(a, "[*] EOF *");
	assert_int_equal(value(last, "id"), e.them);
	say(a, "s SEND id=%d n=5", e.us);
	expect(a, "s ERR * error=EPIPE *");
	say(a, "s SEND id=%d n=5000", e.them);
	expect_read(a, e.us, 5000);
	/* The peer closed first, then we: it is gone and we are told. */
	say(a, "s SHUTDOWN id=%d", e.them);
	expect(a, "[*] EOF *");
	expect(a, "[*] CLOSED *");
	assert_int_equal(value(last, "id"), e.them);
	say(a, "s STATUS id=%d", e.them);
	expect(a, "s OK * state=CLOSED *");
	/* Who closed first is in TIME-WAIT, whatever its socket says. */
	say(a, "s STATUS id=%d", e.us);
	expect(a, "s OK * state=unknown *");
	expect_none(a, "[*] CLOSED *", 200);
}

static void aborts_at_once(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, " receive-buffer=4096 paused=1", " send-buffer=4096");

	say(a, "s SEND id=%d n=1000000", e.us);
	expect(a, "s OK *");
	say(a, "x ABORT id=%d", e.us);
	expect(a, "x OK *");
	expect(a, "[*] ERROR * error=ECONNRESET");
	assert_int_equal(value(last, "id"), e.them);
	expect(a, "[*] CLOSED *");
	say(a, "s SEND id=%d n=1", e.them);
	expect(a, "s ERR * error=EPIPE *");
	say(a, "s CLOSE id=%d", e.them);
	expect(a, "s OK *");
}

static void takes_what_it_is_told_to_take(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, "", " paused=1");

	say(a, "s SEND id=%d n=500", e.them);
	expect(a, "s OK *");
	say(a, "r AT +100 RECEIVE id=%d n=200", e.us);
	expect(a, "r OK *");
	assert_int_equal(value(last, "n"), 200);
	assert_true(value(last, "digest") == digest_pattern(200));
	say(a, "r RECEIVE id=%d n=1000", e.us);
	expect(a, "r OK * n=300 received=500 *");
	say(a, "r RECEIVE id=%d n=1000", e.us);
	expect(a, "r OK * n=0 received=500 *");
	expect_none(a, "[*] READABLE *", 100);
	say(a, "p RESUME id=%d", e.us);
	say(a, "p PAUSE id=%d", e.us);
	say(a, "s SEND id=%d n=10", e.them);
	expect_none(a, "[*] READABLE *", 100);
	say(a, "p RESUME id=%d", e.us);
	expect(a, "[*] READABLE * received=510");
}

static void tells_of_urgent_data_and_reads_it_in_its_place(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, "", "");

	say(a, "u SEND id=%d n=100 urgent=1", e.us);
	expect(a, "[*] URGENT *");
	assert_int_equal(value(last, "id"), e.them);
	expect_read(a, e.them, 100);

	/* Paused: it is told all the same, and again when there is more of it. */
	say(a, "p PAUSE id=%d", e.them);
	say(a, "u SEND id=%d n=10 urgent=1", e.us);
	expect(a, "[*] URGENT *");
	say(a, "u SEND id=%d n=10 urgent=1", e.us);
	expect(a, "[*] URGENT *");
	say(a, "p RESUME id=%d", e.them);
	expect(a, "[*] READABLE * received=120");
	say(a, "u SEND id=%d n=0 urgent=1", e.us);
	expect(a, "u ERR * error=EINVAL *");
}

static void urgent_data_may_be_out_of_band(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, " oob-inline=0", "");

	say(a, "u SEND id=%d n=100 urgent=1", e.us);
	expect(a, "[*] URGENT *");
	expect(a, "[*] READABLE * received=99");
}

static void stops_accepting_and_listening(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, " backlog=5", "");

	say(a, "p PAUSE id=%d", e.listener);
	expect(a, "p OK *");
	say(a, "o OPEN-ACTIVE to=127.0.0.1 port=%d", e.port);
	expect(a, "[*] ESTABLISHED * listener=-1 *");
	expect_none(a, "[*] ESTABLISHED *", 100);
	say(a, "p RESUME id=%d", e.listener);
	expect(a, "[*] ESTABLISHED * listener=1 *");
	say(a, "s STATUS id=%d", e.listener);
	expect(a, "s OK * state=LISTEN *");
	say(a, "c CLOSE id=%d", e.listener);
	expect(a, "c OK *");
	say(a, "o OPEN-ACTIVE to=127.0.0.1 port=%d", e.port);
	expect(a, "[*] ERROR * error=ECONNREFUSED");
	expect(a, "[*] CLOSED *");
	/* What was accepted lives on. */
	say(a, "s SEND id=%d n=7", e.them);
	expect_read(a, e.us, 7);
}

static void two_versions_share_a_port(void **state)
{
	struct agent *a = *state;

	say(a, "a OPEN-PASSIVE ip=6");
	int port = (int)value(expect(a, "a OK *"), "port");
	say(a, "b OPEN-PASSIVE ip=4 port=%d", port);
	expect(a, "b OK *");
	say(a, "c OPEN-PASSIVE ip=4 port=%d", port);
	expect(a, "c ERR * error=EADDRINUSE *");
}

static void tells_the_state(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, "", "");

	say(a, "s STATUS id=%d", e.us);
	expect(a, "s OK *");
	/* A system that does not tell says so, and never something else. */
	assert_true(strstr(last, "state=ESTABLISHED") || strstr(last, "state=unknown"));
	if (strstr(last, "unknown"))
		return;
	say(a, "x SHUTDOWN id=%d", e.us);
	expect(a, "[*] EOF *");
	say(a, "s STATUS id=%d", e.us);
	expect(a, "s OK * state=FIN-WAIT-[12] *");
	say(a, "s STATUS id=%d", e.them);
	expect(a, "s OK * state=CLOSE-WAIT *");
}

/* ---- options ------------------------------------------------------------------------ */

static void sets_and_gets_options(void **state)
{
	static const struct { const char *name; long set, get; } options[] = {
		{ "keepalive", 1, 1 }, { "keepalive", 0, 0 }, { "keepalive-idle", 77, 77 },
		{ "keepalive-interval", 13, 13 }, { "keepalive-count", 4, 4 }, { "no-delay", 1, 1 },
		{ "linger", 3, 3 }, { "linger", -1, -1 }, { "linger", 0, 0 }, { "user-timeout", 12345, 12345 },
		{ "oob-inline", 0, 0 }, { "oob-inline", 1, 1 }
	};
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, "", "");

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		say(a, "o SET id=%d option=%s value=%ld", e.us, options[i].name, options[i].set);
		expect(a, "o *");
		if (strstr(last, "ENOPROTOOPT"))
			continue;               /* not on this system: said so */
		assert_non_null(strstr(last, " OK "));
		say(a, "g GET id=%d option=%s", e.us, options[i].name);
		expect(a, "g OK *");
		char *n = strstr(last, " n=");
		assert_non_null(n);
		assert_int_equal(strtol(n + 3, NULL, 10), options[i].get);
	}
	say(a, "o SET id=%d option=receive-buffer value=8192", e.us);
	expect(a, "o OK *");
	say(a, "g GET id=%d option=receive-buffer", e.us);
	expect(a, "g OK *");
	assert_true(value(last, "n") >= 8192);
	say(a, "o SET id=%d option=keepalive value=2", e.us);
	expect(a, "o ERR * error=EINVAL *");
	say(a, "o SET id=%d option=colour value=2", e.us);
	expect(a, "o ERR * error=EINVAL *");
	say(a, "o SET id=%d option=keepalive-idle value=0", e.us);
	expect(a, "o ERR * error=EINVAL *");    /* the system's own */
}

static void options_of_an_open_come_before_it(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, " keepalive=1 keepalive-idle=55", " no-delay=1");

	say(a, "g GET id=%d option=no-delay", e.us);
	expect(a, "g OK * n=1");
	say(a, "g GET id=%d option=keepalive", e.them);
	expect(a, "g OK * n=1");
	say(a, "g GET id=%d option=keepalive", e.us);
	expect(a, "g OK * n=0");
	say(a, "o OPEN-PASSIVE ip=4 keepalive=1 no-delay=1 oob-inline=1 linger=1 keepalive-idle=5");
	expect(a, "o ERR * error=EINVAL *");
}

static void a_close_that_lingers_keeps_nobody_waiting(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, " receive-buffer=4096 paused=1", " send-buffer=4096 linger=2");

	/* What TCP has taken cannot leave: the peer does not read. */
	say(a, "s SEND id=%d n=8000", e.us);
	expect(a, "s OK *");
	say(a, "c AT +50 CLOSE id=%d", e.us);
	unsigned long long closed = value(expect(a, "c OK *"), "at");
	say(a, "s STATUS id=%d", e.them);
	unsigned long long asked = value(expect(a, "s OK *"), "at");
	assert_true(asked - closed < 500000000);
	say(a, "r RESUME id=%d", e.them);
	expect(a, "[*] READABLE * received=8000");
	expect(a, "[*] EOF *");
}

static void linger_of_nothing_is_an_abort(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, "", " linger=0");

	say(a, "c CLOSE id=%d", e.us);
	expect(a, "[*] ERROR * error=ECONNRESET");
	assert_int_equal(value(last, "id"), e.them);
}

static void fast_open_waits_for_the_first_octets(void **state)
{
	struct agent *a = *state;

	say(a, "L OPEN-PASSIVE ip=4 fast-open=5");
	expect(a, "L *");
	if (strstr(last, "ERR"))
		skip();                         /* the system has none, and says so */
	int port = (int)value(last, "port");
	/* The first connection fetches the cookie, if the system wants one. */
	for (int i = 0; i < 2; i++) {
		say(a, "C OPEN-ACTIVE to=127.0.0.1 port=%d fast-open=1", port);
		expect(a, "C *");
		if (strstr(last, "ERR"))
			skip();
		int id = (int)value(last, "id");
		say(a, "s SEND id=%d n=300", id);
		expect(a, "s OK *");
		expect(a, "[*] ESTABLISHED * listener=-1 *");
		expect(a, "[*] ESTABLISHED * listener=1 *");
		expect_read(a, (int)value(last, "id"), 300);
	}
}

/* ---- time ------------------------------------------------------------------------------ */

static void calls_wait_for_their_time(void **state)
{
	struct agent *a = *state;

	say(a, "L OPEN-PASSIVE ip=4");
	unsigned long long now = value(expect(a, "L OK *"), "at");
	say(a, "c AT +300 STATUS id=1");
	say(a, "b AT +100 STATUS id=1");
	say(a, "a AT +0 STATUS id=1");
	unsigned long long first = value(expect(a, "a OK *"), "at");
	unsigned long long second = value(expect(a, "b OK *"), "at");
	unsigned long long third = value(expect(a, "c OK *"), "at");
	assert_true(first < second && second < third);
	assert_true(second - now >= 100000000 && third - now >= 300000000);
	say(a, "a AT 100 STATUS id=1");
	expect(a, "a ERR * error=EPROTO *");
	say(a, "a AT +3600001 STATUS id=1");
	expect(a, "a ERR * error=EPROTO *");
	for (int i = 0; i < 64; i++)
		say(a, "w%d AT +60000 STATUS id=1", i);
	expect_none(a, "w* ERR *", 100);
	for (int i = 0; i < 1000; i++)
		say(a, "v AT +60000 STATUS id=1");
	expect(a, "v ERR * error=ENOBUFS *");
}

/* ---- nonsense ---------------------------------------------------------------------------- */

static void nonsense_is_answered_and_harms_nothing(void **state)
{
	static const struct { const char *line, *answer; } lines[] = {
		{ "hello",                              "hello ERR * error=EPROTO *" },
		{ "a bc",                               "a ERR * error=EPROTO *" },
		{ "a send id=2 n=1",                    "a ERR * error=EPROTO *" },
		{ "* SEND id=2 n=1",                    "[?] ERR * error=EPROTO *" },
		{ "12345678901234567 STATUS id=1",      "[?] ERR * error=EPROTO *" },
		{ "a STATUS",                           "a ERR * error=EINVAL *" },
		{ "a STATUS id",                        "a ERR * error=EPROTO *" },
		{ "a STATUS =1",                        "a ERR * error=EPROTO *" },
		{ "a STATUS id=",                       "a ERR * error=EINVAL *" },
		{ "a STATUS id=1x",                     "a ERR * error=EINVAL *" },
		{ "a STATUS id=-1",                     "a ERR * error=EINVAL *" },
		{ "a STATUS id=99999999999999999999",   "a ERR * error=EINVAL *" },
		{ "a STATUS id=4711",                   "a ERR * error=EBADF *" },
		{ "a STATUS id=1 id=1",                 "a ERR * error=EINVAL *" },
		{ "a STATUS id=1 n=1",                  "a ERR * error=EINVAL *" },
		{ "a SEND id=1 n=1",                    "a ERR * error=EOPNOTSUPP *" },
		{ "a SEND id=2 n=-5",                   "a ERR * error=EINVAL *" },
		{ "a SEND id=2 n=1 urgent=2",           "a ERR * error=EINVAL *" },
		{ "a SEND id=2 n=9223372036854775807",  "a ERR * error=EINVAL *" },
		{ "a OPEN-PASSIVE ip=5",                "a ERR * error=EINVAL *" },
		{ "a OPEN-PASSIVE ip=4 port=65536",     "a ERR * error=EINVAL *" },
		{ "a OPEN-ACTIVE to=localhost port=1",  "a ERR * error=EINVAL *" },
		{ "a OPEN-ACTIVE to=127.0.0.1",         "a ERR * error=EINVAL *" },
		{ "a OPEN-ACTIVE to=127.0.0.1 port=0",  "a ERR * error=EINVAL *" },
		{ "a STATUS a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 i=1 j=1 k=1 l=1 m=1 n=1 o=1 p=1 q=1 r=1", "a ERR * error=EPROTO *" },
		{ "a STATUS id=1\001",                  "[?] ERR * error=EPROTO *" },
		{ "a STATUS id=1\r",                    "a OK *" },
		{ "  a   STATUS    id=1  ",             "a OK *" },
	};
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, "", "");

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		say(a, "%s", lines[i].line);
		expect(a, lines[i].answer);
	}
	assert_int_equal(send(a->fd, "a ST\0ATUS id=1\n", 15, MSG_NOSIGNAL), 15);
	expect(a, "[?] ERR * error=EPROTO *");
	say(a, "%s", "");
	expect_none(a, "*", 50);
	say(a, "s SEND id=%d n=10", e.us);
	expect_read(a, e.them, 10);
}

static void long_lines_are_skipped_whole(void **state)
{
	struct agent *a = *state;
	static char text[100000];

	memset(text, 'x', sizeof(text));
	for (size_t n = 500; n < 530; n++) {
		text[n] = '\n';
		assert_int_equal(send(a->fd, text, n + 1, MSG_NOSIGNAL), n + 1);
		expect(a, "[?] ERR *");
		if (n < LINE_SIZE)
			assert_non_null(strstr(last, "error=EPROTO"));
		else
			assert_non_null(strstr(last, "error=EMSGSIZE"));
		text[n] = 'x';
	}
	assert_int_equal(send(a->fd, text, sizeof(text), MSG_NOSIGNAL), sizeof(text));
	expect(a, "[?] ERR * error=EMSGSIZE *");
	assert_int_equal(send(a->fd, text, 600, MSG_NOSIGNAL), 600);
	say(a, "%s", "");
	say(a, "L OPEN-PASSIVE ip=4");
	expect(a, "L OK *");
	expect_none(a, "[?] *", 50);
}

/* Nobody reads the answers: requests stop being read, memory does not grow, and
 * nothing is lost when reading begins again. */
static void a_flood_waits(void **state)
{
	struct agent *a = *state;
	static const char line[] = "f STATUS id=99\n";
	size_t sent = 0, answered = 0;
	struct pollfd p = { .fd = a->fd, .events = POLLOUT };

	while (sent < 100000 && poll(&p, 1, 200) > 0) {
		if (send(a->fd, line, sizeof(line) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) != sizeof(line) - 1)
			break;
		sent++;
	}
	assert_true(sent > 100);
	assert_true(sent < 100000);             /* it did stop reading */
	while (answered < sent) {
		if (take(a, "f ERR * error=EBADF *", last))
			answered++;
		else
			assert_true(more(a, 3000));
	}
}

static void many_connections_are_bounded(void **state)
{
	struct agent *a = *state;
	struct ends e = connect_ends(a, 4, "", "");
	int refused = 0;

	for (int i = 0; i < 2500 && !refused; i++) {
		say(a, "m OPEN-ACTIVE to=127.0.0.1 port=%d", e.port);
		expect(a, "m *");
		refused = strstr(last, "error=ENOBUFS") != NULL;
		a->n = 0;                       /* the notifications are many */
	}
	if (refused) {
		/* Room comes with what is dead: the peers of what we abort. */
		for (int id = 4; id < 200; id++)
			say(a, "x ABORT id=%d", id);
	}
	expect_none(a, "m OK *", 300);
	a->n = 0;
	say(a, "s SEND id=%d n=10", e.us);
	expect_read(a, e.them, 10);
}

/* ---- the end --------------------------------------------------------------------------------- */

/* A socket of ours, connected to the agent's listener. */
static int connected_socket(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
	                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void expect_reset(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	assert_int_equal(poll(&p, 1, 3000), 1);
	assert_int_equal(recv(fd, &c, 1, 0), -1);
	close(fd);
}

static void the_end_of_input_aborts_everything(void **state)
{
	struct agent *a = *state;

	say(a, "L OPEN-PASSIVE ip=4");
	int port = (int)value(expect(a, "L OK *"), "port"), fd = connected_socket(port);
	expect(a, "[*] ESTABLISHED *");
	/* A whole line is still carried out, one that is cut short is not. */
	const char *tail = "z STATUS id=2\nx CLOSE id=2";
	send(a->fd, tail, strlen(tail), MSG_NOSIGNAL);
	shutdown(a->fd, SHUT_WR);
	expect(a, "z OK * state=ESTABLISHED *");
	expect_reset(fd);
}

static void a_signal_ends_it_as_well(void **state)
{
	struct agent *a = *state;

	say(a, "L OPEN-PASSIVE ip=4");
	int port = (int)value(expect(a, "L OK *"), "port"), fd = connected_socket(port);
	expect(a, "[*] ESTABLISHED *");
	kill(a->child.pid, SIGTERM);
	expect_reset(fd);
}

static void it_ends_when_nobody_reads(void **state)
{
	struct agent *a = *state;

	say(a, "L OPEN-PASSIVE ip=4");
	int port = (int)value(expect(a, "L OK *"), "port"), fd = connected_socket(port);
	expect(a, "[*] ESTABLISHED *");
	close(a->fd);
	a->fd = -1;
	expect_reset(fd);
}

int main(int argc, char **argv)
{
#define test(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		test(says_the_pattern_and_counts_it),
		test(opens_from_a_port_that_is_asked_for),
		test(closes_after_what_is_queued),
		test(shuts_down_and_still_receives),
		test(aborts_at_once),
		test(takes_what_it_is_told_to_take),
		test(tells_of_urgent_data_and_reads_it_in_its_place),
		test(urgent_data_may_be_out_of_band),
		test(stops_accepting_and_listening),
		test(two_versions_share_a_port),
		test(tells_the_state),
		test(sets_and_gets_options),
		test(options_of_an_open_come_before_it),
		test(a_close_that_lingers_keeps_nobody_waiting),
		test(linger_of_nothing_is_an_abort),
		test(fast_open_waits_for_the_first_octets),
		test(calls_wait_for_their_time),
		test(nonsense_is_answered_and_harms_nothing),
		test(long_lines_are_skipped_whole),
		test(a_flood_waits),
		test(many_connections_are_bounded),
		test(the_end_of_input_aborts_everything),
		test(a_signal_ends_it_as_well),
		test(it_ends_when_nobody_reads),
	};

	if (argc < 2) {
		fprintf(stderr, "usage: test_protocol PATH-OF-TCPCONFORM-AGENT\n");
		return 2;
	}
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
