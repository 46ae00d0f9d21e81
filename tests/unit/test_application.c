/* test_application.c: the application that plug-ins share (harness/dut/application.h),
 * over a stack that has no TCP at all: a send buffer of so much room, a receive
 * buffer, and flags for what was asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* So few that a test can fill the table. */
#define TCPCONFORM_CONNECTIONS 8

#include "harness/dut/application.h"
#include "probes/seg.h"

struct fake {
	size_t  room;                   /* of the send buffer                    */
	uint8_t out[65536], in[65536];
	size_t  n_out, n_in, in_taken;
	int     urgent_at;              /* offset of the last urgent octet; -1   */
	int     pushed, shut, closed, aborted, forgotten;
	size_t  sent_when_shut, sent_when_closed;
	int64_t no_delay;
	bool    was_set_before_connect;
};

static struct fake fakes[32];
static unsigned n_fakes;
static struct tcpconform_application app;
static struct tcpconform_note notes[256];
static unsigned n_notes;

static struct fake *fake_new(void)
{
	struct fake *f = &fakes[n_fakes++];

	memset(f, 0, sizeof *f);
	f->room = sizeof f->out;
	f->urgent_at = -1;
	return f;
}

static int fake_create(struct tcpconform_connection *c)
{
	c->tcb = c->own = fake_new();
	return 0;
}

static int fake_listen(struct tcpconform_connection *c, const struct tcpconform_call *call, uint16_t *port)
{
	(void)c;
	*port = call->port ? call->port : 1234;
	return call->port == 13 ? EADDRINUSE : 0;
}

static int fake_connect(struct tcpconform_connection *c, const struct tcpconform_call *call, uint16_t *port)
{
	struct fake *f = c->tcb;

	f->was_set_before_connect = f->no_delay;
	*port = call->port ? call->port : 40000;
	return 0;
}

static long fake_send(struct tcpconform_connection *c, const uint8_t *octets, size_t n, bool urgent, bool more)
{
	struct fake *f = c->tcb;

	(void)more;
	if (n > f->room - f->n_out) {
		n = f->room - f->n_out;
		urgent = false;
	}
	memcpy(f->out + f->n_out, octets, n);
	f->n_out += n;
	if (urgent)
		f->urgent_at = (int)f->n_out - 1;
	return (long)n;
}

static void fake_push(struct tcpconform_connection *c)
{
	((struct fake *)c->tcb)->pushed++;
}

static size_t fake_receive(struct tcpconform_connection *c, uint8_t *octets, size_t n)
{
	struct fake *f = c->tcb;

	if (n > f->n_in - f->in_taken)
		n = f->n_in - f->in_taken;
	memcpy(octets, f->in + f->in_taken, n);
	f->in_taken += n;
	return n;
}

static int fake_shutdown(struct tcpconform_connection *c)
{
	struct fake *f = c->tcb;

	f->shut++;
	f->sent_when_shut = f->n_out;
	return 0;
}

static int fake_close(struct tcpconform_connection *c)
{
	struct fake *f = c->tcb;

	f->closed++;
	f->sent_when_closed = f->n_out;
	return 0;
}

static void fake_abort(struct tcpconform_connection *c)
{
	((struct fake *)c->tcb)->aborted++;
}

static enum tcpconform_state fake_state(struct tcpconform_connection *c)
{
	(void)c;
	return TCPCONFORM_CLOSE_WAIT;
}

static int fake_set(struct tcpconform_connection *c, enum tcpconform_option option, int64_t value)
{
	if (option != TCPCONFORM_NO_DELAY)
		return ENOPROTOOPT;
	((struct fake *)c->tcb)->no_delay = value;
	return 0;
}

static void fake_forget(struct tcpconform_connection *c)
{
	if (c->own)
		((struct fake *)c->own)->forgotten++;
}

static const struct tcpconform_primitives primitives = {
	.create = fake_create, .listen = fake_listen, .connect = fake_connect, .send = fake_send, .push = fake_push,
	.receive = fake_receive, .shutdown = fake_shutdown, .close = fake_close, .abort = fake_abort,
	.state = fake_state, .set = fake_set, .forget = fake_forget, .urgent = true
};

static void take_note(void *arg, const struct tcpconform_note *n)
{
	(void)arg;
	assert_true(n_notes < sizeof notes / sizeof notes[0]);
	notes[n_notes++] = *n;
}

static int setup(void **state)
{
	static const struct tcpconform_host host = { .note = take_note };

	(void)state;
	n_fakes = n_notes = 0;
	tcpconform_app_init(&app, &host, &primitives, NULL);
	return 0;
}

/* ---- words of the tests ------------------------------------------------------- */

static struct tcpconform_answer ask(struct tcpconform_call k)
{
	struct tcpconform_answer a;

	memset(&a, 0, sizeof a);
	a.state = TCPCONFORM_UNKNOWN;
	tcpconform_app_call(&app, &k, &a);
	return a;
}

#define CALL(...) ask((struct tcpconform_call){ .kind = __VA_ARGS__ })

static const struct tcpconform_endpoint peer = { .ip = 4, .addr = { 10, 9, 0, 9 }, .port = 20000 };

/* An active open that has succeeded. */
static struct tcpconform_connection *connected(void)
{
	struct tcpconform_answer a = CALL(TCPCONFORM_OPEN_ACTIVE, .remote = peer);
	struct tcpconform_connection *c = tcpconform_app_find(&app, a.id);

	assert_int_equal(a.error, 0);
	tcpconform_app_established(c, &peer);
	return c;
}

/* A connection that this listener has got. */
static struct tcpconform_connection *accepted(int listener)
{
	struct tcpconform_connection *c = tcpconform_app_accepted(tcpconform_app_find(&app, listener), fake_new());

	if (c) {
		c->own = c->tcb;
		tcpconform_app_established(c, &peer);
	}
	return c;
}

static void arrives(struct tcpconform_connection *c, size_t n)
{
	struct fake *f = c->tcb;

	for (size_t i = 0; i < n; i++, f->n_in++)
		f->in[f->n_in] = pattern_octet(f->n_in);
	tcpconform_app_readable(c);
}

static void assert_note(unsigned i, enum tcpconform_note_kind kind, int id)
{
	assert_true(i < n_notes);
	assert_int_equal(notes[i].kind, kind);
	assert_int_equal(notes[i].id, id);
}

/* ---- tests --------------------------------------------------------------------- */

static void says_what_the_tester_expects(void **state)
{
	uint8_t octets[1000];

	(void)state;
	for (size_t i = 0; i < sizeof octets; i++) {
		octets[i] = tcpconform_pattern(i);
		assert_int_equal(octets[i], pattern_octet(i));
	}
	assert_true(tcpconform_digest(TCPCONFORM_DIGEST_START, octets, sizeof octets) == digest_pattern(sizeof octets));
}

static void sends_as_there_is_room(void **state)
{
	struct tcpconform_connection *c = connected();
	struct fake *f = c->tcb;

	(void)state;
	f->room = 5000;
	assert_int_equal(CALL(TCPCONFORM_SEND, .id = c->id, .n = 20000).n, 20000);
	assert_int_equal(f->n_out, 5000);
	assert_int_equal(f->pushed, 1);
	f->room = 12000;
	tcpconform_app_writable(c);
	assert_int_equal(f->n_out, 12000);
	f->room = sizeof f->out;
	tcpconform_app_writable(c);
	assert_int_equal(f->n_out, 20000);
	for (size_t i = 0; i < f->n_out; i++)
		assert_int_equal(f->out[i], pattern_octet(i));
	/* With nothing queued there is nothing to push. */
	tcpconform_app_writable(c);
	assert_int_equal(f->pushed, 3);
}

static void sends_once_it_is_established(void **state)
{
	struct tcpconform_answer a = CALL(TCPCONFORM_OPEN_ACTIVE, .remote = peer);
	struct tcpconform_connection *c = tcpconform_app_find(&app, a.id);
	struct fake *f = c->tcb;

	(void)state;
	assert_int_equal(a.port, 40000);
	assert_int_equal(CALL(TCPCONFORM_SEND, .id = a.id, .n = 10).error, 0);
	assert_int_equal(f->n_out, 0);
	tcpconform_app_established(c, &peer);
	assert_int_equal(f->n_out, 10);
	assert_int_equal(n_notes, 1);
	assert_note(0, TCPCONFORM_NOTE_ESTABLISHED, a.id);
	assert_int_equal(notes[0].listener, -1);
	assert_int_equal(notes[0].remote.port, 20000);
	/* Twice established is once established. */
	tcpconform_app_established(c, &peer);
	assert_int_equal(n_notes, 1);
}

static void marks_the_urgent_octet(void **state)
{
	struct tcpconform_connection *c = connected();
	struct fake *f = c->tcb;

	(void)state;
	f->room = 50;
	CALL(TCPCONFORM_SEND, .id = c->id, .n = 100);
	assert_int_equal(CALL(TCPCONFORM_SEND, .id = c->id, .n = 10, .urgent = true).error, 0);
	CALL(TCPCONFORM_SEND, .id = c->id, .n = 100);
	assert_int_equal(f->urgent_at, -1);
	f->room = 105;
	tcpconform_app_writable(c);
	assert_int_equal(f->urgent_at, -1);
	f->room = 1000;
	tcpconform_app_writable(c);
	assert_int_equal(f->urgent_at, 109);
	assert_int_equal(f->n_out, 210);
	assert_int_equal(CALL(TCPCONFORM_SEND, .id = c->id, .n = 0, .urgent = true).error, EINVAL);
	f->room = f->n_out;
	for (int i = 0; i < TCPCONFORM_MARKS; i++)
		assert_int_equal(CALL(TCPCONFORM_SEND, .id = c->id, .n = 1, .urgent = true).error, 0);
	assert_int_equal(CALL(TCPCONFORM_SEND, .id = c->id, .n = 1, .urgent = true).error, ENOBUFS);
}

static void reads_unless_it_is_paused(void **state)
{
	struct tcpconform_connection *c = connected();
	struct tcpconform_answer a;

	(void)state;
	arrives(c, 10000);
	assert_int_equal(n_notes, 2);
	assert_note(1, TCPCONFORM_NOTE_READABLE, c->id);
	assert_int_equal(notes[1].n, 10000);
	CALL(TCPCONFORM_PAUSE, .id = c->id);
	arrives(c, 500);
	tcpconform_app_eof(c);
	assert_int_equal(n_notes, 2);
	a = CALL(TCPCONFORM_RECEIVE, .id = c->id, .n = 100);
	assert_int_equal(a.n, 100);
	assert_int_equal(a.received, 10100);
	assert_true(a.digest == digest_pattern(10100));
	assert_int_equal(n_notes, 2);
	CALL(TCPCONFORM_RESUME, .id = c->id);
	a = CALL(TCPCONFORM_STATUS, .id = c->id);
	assert_int_equal(a.received, 10500);
	assert_true(a.digest == digest_pattern(10500));
	assert_int_equal(a.state, TCPCONFORM_CLOSE_WAIT);
	/* The end comes behind all that was read, and once. */
	assert_note(2, TCPCONFORM_NOTE_READABLE, c->id);
	assert_note(3, TCPCONFORM_NOTE_EOF, c->id);
	tcpconform_app_readable(c);
	assert_int_equal(n_notes, 4);
}

static void ends_behind_what_is_queued(void **state)
{
	struct tcpconform_connection *c = connected();
	struct fake *f = c->tcb;
	int id = c->id;

	(void)state;
	f->room = 100;
	CALL(TCPCONFORM_SEND, .id = id, .n = 300);
	assert_int_equal(CALL(TCPCONFORM_SHUTDOWN, .id = id).error, 0);
	assert_int_equal(f->shut, 0);
	assert_int_equal(CALL(TCPCONFORM_SEND, .id = id, .n = 1).error, EPIPE);
	f->room = 200;
	tcpconform_app_writable(c);
	assert_int_equal(f->shut, 0);
	f->room = 1000;
	tcpconform_app_writable(c);
	assert_int_equal(f->shut, 1);
	assert_int_equal(f->sent_when_shut, 300);
	assert_int_equal(CALL(TCPCONFORM_SHUTDOWN, .id = id).error, 0);
	assert_int_equal(f->shut, 1);

	c = connected();
	f = c->tcb;
	id = c->id;
	f->room = 100;
	CALL(TCPCONFORM_SEND, .id = id, .n = 300);
	n_notes = 0;
	assert_int_equal(CALL(TCPCONFORM_CLOSE, .id = id).error, 0);
	assert_int_equal(f->closed, 0);
	/* The id means nothing, and nobody hears of it. */
	assert_int_equal(CALL(TCPCONFORM_STATUS, .id = id).error, EBADF);
	arrives(c, 10);
	f->room = 1000;
	tcpconform_app_writable(c);
	assert_int_equal(f->closed, 1);
	assert_int_equal(f->sent_when_closed, 300);
	assert_int_equal(f->forgotten, 1);
	assert_int_equal(n_notes, 0);
	assert_int_equal(c->use, TCPCONFORM_FREE);
}

static void a_close_that_waits_may_find_it_dead(void **state)
{
	struct tcpconform_connection *c = connected();
	struct fake *f = c->tcb;

	(void)state;
	f->room = 100;
	CALL(TCPCONFORM_SEND, .id = c->id, .n = 300);
	CALL(TCPCONFORM_CLOSE, .id = c->id);
	n_notes = 0;
	tcpconform_app_error(c, ECONNRESET);
	assert_int_equal(f->closed, 0);
	assert_int_equal(f->forgotten, 1);
	assert_int_equal(n_notes, 0);
	assert_int_equal(c->use, TCPCONFORM_FREE);
}

static void without_lingering_a_close_aborts(void **state)
{
	struct tcpconform_connection *c = connected();
	struct fake *f = c->tcb;

	(void)state;
	assert_int_equal(CALL(TCPCONFORM_SET, .id = c->id, .option = TCPCONFORM_LINGER, .value = 5).error, ENOPROTOOPT);
	assert_int_equal(CALL(TCPCONFORM_SET, .id = c->id, .option = TCPCONFORM_LINGER, .value = 0).error, 0);
	f->room = 0;
	CALL(TCPCONFORM_SEND, .id = c->id, .n = 1);
	assert_int_equal(CALL(TCPCONFORM_CLOSE, .id = c->id).error, 0);
	assert_int_equal(f->closed, 0);
	assert_int_equal(f->aborted, 1);
}

static void a_failure_is_told_once_and_answers_afterwards(void **state)
{
	struct tcpconform_connection *c = connected();
	int id = c->id;

	(void)state;
	n_notes = 0;
	tcpconform_app_error(c, ETIMEDOUT);
	assert_int_equal(n_notes, 2);
	assert_note(0, TCPCONFORM_NOTE_ERROR, id);
	assert_int_equal(notes[0].error, ETIMEDOUT);
	assert_note(1, TCPCONFORM_NOTE_CLOSED, id);
	assert_int_equal(CALL(TCPCONFORM_SEND, .id = id, .n = 1).error, ENOTCONN);
	assert_int_equal(CALL(TCPCONFORM_RECEIVE, .id = id, .n = 1).error, ENOTCONN);
	assert_int_equal(CALL(TCPCONFORM_SHUTDOWN, .id = id).error, ENOTCONN);
	assert_int_equal(CALL(TCPCONFORM_STATUS, .id = id).state, TCPCONFORM_CLOSED);
	assert_int_equal(CALL(TCPCONFORM_CLOSE, .id = id).error, 0);
	assert_int_equal(CALL(TCPCONFORM_CLOSE, .id = id).error, EBADF);
}

static void half_a_handshake_is_told_to_nobody(void **state)
{
	int listener = CALL(TCPCONFORM_OPEN_PASSIVE, .ip = 4, .port = 7).id;
	struct tcpconform_connection *c = tcpconform_app_accepted(tcpconform_app_find(&app, listener), fake_new());

	(void)state;
	tcpconform_app_error(c, ECONNRESET);
	assert_int_equal(n_notes, 0);
	assert_int_equal(c->use, TCPCONFORM_FREE);
	/* Who connects hears of it. */
	c = tcpconform_app_find(&app, CALL(TCPCONFORM_OPEN_ACTIVE, .remote = peer).id);
	tcpconform_app_error(c, ECONNREFUSED);
	assert_note(0, TCPCONFORM_NOTE_ERROR, c->id);
}

static void a_listener_accepts_unless_it_is_paused(void **state)
{
	struct tcpconform_call open = {
		.kind = TCPCONFORM_OPEN_PASSIVE, .ip = 4, .port = 7, .paused = true, .n_preset = 1,
		.preset = { { TCPCONFORM_NO_DELAY, 1 } }
	};
	int listener = ask(open).id;
	struct tcpconform_connection *c = accepted(listener), *d;

	(void)state;
	assert_note(0, TCPCONFORM_NOTE_ESTABLISHED, c->id);
	assert_int_equal(notes[0].listener, listener);
	assert_true(c->paused);
	assert_int_equal(((struct fake *)c->tcb)->no_delay, 1);
	CALL(TCPCONFORM_PAUSE, .id = listener);
	d = accepted(listener);
	arrives(d, 100);
	tcpconform_app_urgent(d);
	assert_int_equal(n_notes, 1);
	assert_int_equal(CALL(TCPCONFORM_STATUS, .id = d->id).error, EBADF);
	CALL(TCPCONFORM_RESUME, .id = listener);
	assert_int_equal(n_notes, 3);
	assert_note(1, TCPCONFORM_NOTE_ESTABLISHED, d->id);
	assert_note(2, TCPCONFORM_NOTE_URGENT, d->id);
	assert_int_equal(CALL(TCPCONFORM_SEND, .id = listener, .n = 1).error, EOPNOTSUPP);
	assert_int_equal(CALL(TCPCONFORM_STATUS, .id = listener).state, TCPCONFORM_LISTEN);
	assert_int_equal(CALL(TCPCONFORM_CLOSE, .id = listener).error, 0);
	assert_int_equal(CALL(TCPCONFORM_CLOSE, .id = listener).error, EBADF);
}

static void an_open_that_fails_leaves_nothing(void **state)
{
	struct tcpconform_call open = {
		.kind = TCPCONFORM_OPEN_ACTIVE, .remote = peer, .n_preset = 2,
		.preset = { { TCPCONFORM_NO_DELAY, 1 }, { TCPCONFORM_RECEIVE_BUFFER, 4096 } }
	};

	(void)state;
	assert_int_equal(ask(open).error, ENOPROTOOPT);
	assert_int_equal(fakes[0].aborted, 1);
	assert_int_equal(fakes[0].forgotten, 1);
	assert_int_equal(CALL(TCPCONFORM_OPEN_PASSIVE, .ip = 4, .port = 13).error, EADDRINUSE);
	assert_int_equal(fakes[1].forgotten, 1);
	for (unsigned i = 0; i < TCPCONFORM_CONNECTIONS; i++)
		assert_int_equal(app.connection[i].use, TCPCONFORM_FREE);
	open.n_preset = 1;
	assert_int_equal(ask(open).error, 0);
	assert_true(fakes[2].was_set_before_connect);
}

static void the_table_has_an_end(void **state)
{
	int first = connected()->id, last = 0;

	(void)state;
	for (int i = 1; i < TCPCONFORM_CONNECTIONS; i++)
		last = connected()->id;
	assert_int_equal(CALL(TCPCONFORM_OPEN_ACTIVE, .remote = peer).error, ENOBUFS);
	/* The oldest dead one makes room, and ids are not used again. */
	tcpconform_app_error(tcpconform_app_find(&app, last), ECONNRESET);
	tcpconform_app_error(tcpconform_app_find(&app, first), ECONNRESET);
	assert_true(connected()->id > last);
	assert_null(tcpconform_app_find(&app, first));
	assert_non_null(tcpconform_app_find(&app, last));
	assert_int_equal(fakes[0].forgotten, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(says_what_the_tester_expects, setup),
		cmocka_unit_test_setup(sends_as_there_is_room, setup),
		cmocka_unit_test_setup(sends_once_it_is_established, setup),
		cmocka_unit_test_setup(marks_the_urgent_octet, setup),
		cmocka_unit_test_setup(reads_unless_it_is_paused, setup),
		cmocka_unit_test_setup(ends_behind_what_is_queued, setup),
		cmocka_unit_test_setup(a_close_that_waits_may_find_it_dead, setup),
		cmocka_unit_test_setup(without_lingering_a_close_aborts, setup),
		cmocka_unit_test_setup(a_failure_is_told_once_and_answers_afterwards, setup),
		cmocka_unit_test_setup(half_a_handshake_is_told_to_nobody, setup),
		cmocka_unit_test_setup(a_listener_accepts_unless_it_is_paused, setup),
		cmocka_unit_test_setup(an_open_that_fails_leaves_nothing, setup),
		cmocka_unit_test_setup(the_table_has_an_end, setup)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
