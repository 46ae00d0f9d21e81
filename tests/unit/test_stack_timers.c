/* test_stack_timers.c: 3.10.8 and the other timers, against one stack whose peer
 * is the test: values of RFC 6298, delayed ACK, keep-alive, persist, 2 MSL, R2. */
#include <errno.h>

#include "stack_pair.h"

static struct knobs defaults(void)
{
	struct knobs k;

	knobs_defaults(&k);
	return k;
}

static struct solo *opened(const char *fault)
{
	struct knobs k = defaults();
	struct solo *o = solo_new(&k, 4, fault);

	solo_open(o);
	return o;
}

static void send(struct solo *o, uint64_t n)
{
	assert_int_equal(side_do(&o->side, CALL_SEND, n).error, 0);
}

/* ---- retransmission -------------------------------------------------------- */

static void rto_backs_off(void **unused)
{
	static const int after[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
	struct solo *o = opened(NULL);
	tick at;

	(void)unused;
	/* No round trip so far took any time: the minimum of 1 s holds. */
	send(o, 100);
	at = o->pair.now;
	uint32_t seq = solo_rx(o, ACK)->seq;
	for (unsigned i = 0; i < 9; i++) {
		solo_wait(o, S(after[i]) - 1);
		solo_quiet(o);
		solo_wait(o, 1);
		const struct seg *s = solo_rx(o, ACK);
		assert_int_equal(s->seq, seq);
		assert_int_equal(s->len, 100);
		assert_int_equal(s->at - at, S(after[i]));
		at = s->at;
	}
	/* R2 of 300 s is reached: one error, and silence. */
	solo_wait(o, S(100));
	solo_quiet(o);
	assert_int_equal(o->side.error, ETIMEDOUT);
	assert_int_equal(solo_state(o), LISTEN);
	solo_free(o);
}

static void rto_is_measured(void **unused)
{
	struct solo *o = opened(NULL);

	(void)unused;
	send(o, 100);
	solo_rx(o, ACK);
	solo_wait(o, MS(800));
	o->ack += 100;
	solo_tx(o, ACK, o->seq, o->ack, 0);
	/* The handshake took 0, this 0.8 s: SRTT 0.1, RTTVAR 0.2, RTO 1.0 (at
	 * least 0.9).  Again 0.8 s: SRTT 0.1875, RTTVAR 0.325, RTO 1.4875. */
	send(o, 100);
	solo_rx(o, ACK);
	solo_wait(o, MS(800));
	o->ack += 100;
	solo_tx(o, ACK, o->seq, o->ack, 0);
	send(o, 100);
	const struct seg *s = solo_rx(o, ACK);
	tick at = s->at;
	solo_wait(o, S(3));
	s = solo_rx(o, ACK);
	assert_int_equal(s->at - at, US(1487500));
	/* Karn: the ACK of what was sent twice measures nothing, the backed-off
	 * value stays. */
	o->ack += 100;
	solo_tx(o, ACK, o->seq, o->ack, 0);
	send(o, 100);
	at = solo_rx(o, ACK)->at;
	solo_wait(o, S(4));
	assert_int_equal(solo_rx(o, ACK)->at - at, US(2975000));
	solo_free(o);
}

static void syn_is_repeated(void **unused)
{
	static const int at[] = { 1, 3, 7, 15, 31, 63, 123, 183 };
	struct knobs k = defaults();
	struct solo *o = solo_new(&k, 4, NULL);
	tick start = o->pair.now;

	(void)unused;
	assert_int_equal(side_connect(&o->side, 4, 80, 5000).error, 0);
	uint32_t seq = solo_rx(o, SYN)->seq;
	solo_wait(o, S(189));
	for (unsigned i = 0; i < 8; i++) {
		const struct seg *s = solo_rx(o, SYN);
		assert_int_equal(s->seq, seq);
		assert_int_equal(s->at - start, S(at[i]));
	}
	solo_quiet(o);
	assert_int_equal(o->side.error, 0);
	solo_wait(o, S(2));
	solo_quiet(o);
	assert_int_equal(o->side.error, ETIMEDOUT);
	solo_free(o);
}

/* RFC 6298 (5.7): after a lost SYN the first text waits 3 s. */
static void rto_after_lost_syn(void **unused)
{
	struct knobs k = defaults();
	struct solo *o = solo_new(&k, 4, NULL);

	(void)unused;
	side_connect(&o->side, 4, 80, 5000);
	o->iss = solo_rx(o, SYN)->seq;
	solo_wait(o, S(1));
	solo_rx(o, SYN);
	solo_tx(o, SYN | ACK, o->seq, o->iss + 1, 0);
	solo_rx(o, ACK);
	send(o, 10);
	tick at = solo_rx(o, ACK)->at;
	solo_wait(o, S(5));
	assert_int_equal(solo_rx(o, ACK)->at - at, S(3));
	solo_free(o);
}

static void fast_retransmit(void **unused)
{
	struct knobs k = defaults();
	k.iw = IW_6928;
	k.limited_transmit = false;
	struct solo *o = solo_new(&k, 4, NULL);

	(void)unused;
	solo_open(o);
	send(o, 5360);          /* ten segments of 536 */
	for (int i = 0; i < 10; i++)
		solo_rx(o, ACK);
	solo_tx(o, ACK, o->seq, o->ack, 0);
	solo_tx(o, ACK, o->seq, o->ack, 0);
	solo_quiet(o);
	solo_tx(o, ACK, o->seq, o->ack, 0);
	assert_int_equal(solo_rx(o, ACK)->seq, o->ack);
	for (int i = 0; i < 4; i++)
		solo_tx(o, ACK, o->seq, o->ack, 0);
	solo_quiet(o);
	/* A partial ACK sends the next hole (RFC 6582). */
	o->ack += 536;
	solo_tx(o, ACK, o->seq, o->ack, 0);
	assert_int_equal(solo_rx(o, ACK)->seq, o->ack);
	solo_quiet(o);
	solo_free(o);
}

/* ---- acknowledgments ------------------------------------------------------- */

static void delayed_ack(void **unused)
{
	struct solo *o = opened(NULL);

	(void)unused;
	solo_tx(o, ACK, o->seq, o->ack, 10);
	solo_wait(o, MS(199));
	solo_quiet(o);
	solo_wait(o, MS(1));
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq + 10);
	o->seq += 10;
	/* Every second segment at once. */
	for (int i = 0; i < 10; i++) {
		solo_tx(o, ACK, o->seq, o->ack, 1460);
		o->seq += 1460;
		if (i % 2)
			assert_int_equal(solo_rx(o, ACK)->ack, o->seq);
		else
			solo_quiet(o);
	}
	/* Above a gap, and what fills it: at once. */
	solo_tx(o, ACK, o->seq + 10, o->ack, 10);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq);
	solo_tx(o, ACK, o->seq, o->ack, 10);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq + 20);
	solo_free(o);
}

/* ---- keep-alive ------------------------------------------------------------ */

static void keepalive_default(void **unused)
{
	struct solo *o = opened(NULL);

	(void)unused;
	solo_wait(o, S(8 * 3600));
	solo_quiet(o);          /* off by default (MUST-25) */
	side_call(&o->side, (struct call){ .kind = CALL_SET, .id = o->side.id, .option = OPTION_KEEPALIVE, .value = 1 });
	tick from = o->pair.now;
	solo_wait(o, S(7200));
	const struct seg *s = solo_rx(o, ACK);
	assert_int_equal(s->at - from, S(7200));
	assert_int_equal(s->seq, o->ack - 1);
	assert_int_equal(s->len, 0);
	/* Answered: two hours again. */
	solo_tx(o, ACK, o->seq, o->ack, 0);
	from = o->pair.now;
	solo_wait(o, S(7200));
	assert_int_equal(solo_rx(o, ACK)->at - from, S(7200));
	/* Nine are not answered: the end, 75 s after the last. */
	solo_wait(o, S(75 * 8));
	for (int i = 0; i < 8; i++)
		solo_rx(o, ACK);
	assert_int_equal(o->side.error, 0);
	solo_wait(o, S(75));
	solo_quiet(o);
	assert_int_equal(o->side.error, ETIMEDOUT);
	solo_free(o);
}

/* ---- windows --------------------------------------------------------------- */

static void persist(void **unused)
{
	static const int after[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct solo *o = opened(NULL);

	(void)unused;
	struct seg s = solo_seg(o, ACK, o->seq, o->ack, 0);
	s.wnd = 0;
	solo_put(o, &s);
	send(o, 100);
	tick at = o->pair.now;
	unsigned n = 0;
	for (int i = 0; i < 40; i++) {
		solo_wait(o, S(60));
		while (o->seen < o->n) {
			const struct seg *probe = solo_rx(o, ACK);
			assert_int_equal(probe->seq, o->ack);
			assert_int_equal(probe->len, 1);
			assert_int_equal(probe->at - at, S(after[n < 7 ? n : 7]));
			n++;
			at = probe->at;
		}
		solo_put(o, &s);        /* answered, and still zero */
		assert_int_equal(o->side.error, 0);
		assert_int_equal(solo_state(o), ESTABLISHED);
	}
	s.wnd = 50;
	solo_put(o, &s);
	assert_int_equal(solo_rx(o, ACK)->len, 50);
	solo_free(o);
}

/* Nobody answers the probes: R2 holds. */
static void persist_given_up(void **unused)
{
	struct solo *o = opened(NULL);

	(void)unused;
	struct seg s = solo_seg(o, ACK, o->seq, o->ack, 0);
	s.wnd = 0;
	solo_put(o, &s);
	send(o, 100);
	solo_wait(o, S(301));
	assert_int_equal(o->side.error, ETIMEDOUT);
	solo_free(o);
}

static void window_update(void **unused)
{
	struct solo *o = opened(NULL);

	(void)unused;
	side_do(&o->side, CALL_PAUSE, 0);
	for (uint32_t left = 65535; left; ) {
		uint32_t n = left < 1460 ? left : 1460;

		solo_tx(o, ACK, o->seq, o->ack, n);
		o->seq += n;
		left -= n;
	}
	solo_wait(o, S(1));
	const struct seg *s = &o->out[o->n - 1];
	assert_int_equal(s->ack, o->seq);
	assert_int_equal(s->wnd, 0);
	o->seen = o->n;
	/* At a zero window an octet is refused, its ACK and the answer count. */
	solo_tx(o, ACK, o->seq, o->ack, 1);
	s = solo_rx(o, ACK);
	assert_int_equal(s->ack, o->seq);
	assert_int_equal(s->wnd, 0);
	side_do(&o->side, CALL_RECEIVE, 100);   /* not worth telling */
	solo_quiet(o);
	side_do(&o->side, CALL_RECEIVE, 2000);
	assert_int_equal(solo_rx(o, ACK)->wnd, 2100);
	side_do(&o->side, CALL_RESUME, 0);
	assert_int_equal(solo_rx(o, ACK)->wnd, 65535);
	solo_free(o);
}

/* The override timeout of the sender's SWS avoidance. */
static void sws_override(void **unused)
{
	struct solo *o = opened(NULL);

	(void)unused;
	struct seg s = solo_seg(o, ACK, o->seq, o->ack, 0);
	s.wnd = 100;
	solo_put(o, &s);
	send(o, 5000);
	solo_quiet(o);
	solo_wait(o, MS(500));
	assert_int_equal(solo_rx(o, ACK)->len, 100);
	solo_free(o);
}

/* ---- TIME-WAIT ------------------------------------------------------------- */

static void two_msl(void **unused)
{
	struct solo *o = opened(NULL);

	(void)unused;
	side_do(&o->side, CALL_CLOSE, 0);
	solo_rx(o, FIN | ACK);
	o->ack++;
	solo_tx(o, ACK, o->seq, o->ack, 0);
	assert_int_equal(solo_state(o), FIN_WAIT_2);
	solo_wait(o, S(10000));
	assert_int_equal(solo_state(o), FIN_WAIT_2);
	solo_tx(o, FIN | ACK, o->seq, o->ack, 0);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq + 1);
	assert_int_equal(solo_state(o), TIME_WAIT);
	solo_wait(o, S(239));
	assert_int_equal(solo_state(o), TIME_WAIT);
	/* The FIN again restarts it. */
	solo_tx(o, FIN | ACK, o->seq, o->ack, 0);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq + 1);
	solo_wait(o, S(239));
	assert_int_equal(solo_state(o), TIME_WAIT);
	solo_wait(o, S(1));
	assert_int_equal(solo_state(o), LISTEN);
	assert_int_equal(o->side.closed, 1);
	solo_quiet(o);
	solo_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rto_backs_off),
		cmocka_unit_test(rto_is_measured),
		cmocka_unit_test(syn_is_repeated),
		cmocka_unit_test(rto_after_lost_syn),
		cmocka_unit_test(fast_retransmit),
		cmocka_unit_test(delayed_ack),
		cmocka_unit_test(keepalive_default),
		cmocka_unit_test(persist),
		cmocka_unit_test(persist_given_up),
		cmocka_unit_test(window_update),
		cmocka_unit_test(sws_override),
		cmocka_unit_test(two_msl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
