/* test_stack_segments.c: the steps of 3.10.7 and the calls, one by one, against
 * one stack whose peer is the test. */
#include <errno.h>

#include "stack_pair.h"

static struct knobs defaults(void)
{
	struct knobs k;

	knobs_defaults(&k);
	return k;
}

static struct solo *fresh(int v)
{
	struct knobs k = defaults();

	return solo_new(&k, v, NULL);
}

static struct solo *opened(void)
{
	struct solo *o = fresh(4);

	solo_open(o);
	return o;
}

/* ---- 3.10.7.1, 3.10.7.2 ----------------------------------------------------- */

static void closed_port(void **unused)
{
	(void)unused;
	for (int v = 4; v <= 6; v += 2) {
		struct solo *o = fresh(v);
		const struct seg *s;

		solo_tx(o, SYN, 100, 0, 10);
		s = solo_rx(o, RST | ACK);
		assert_int_equal(s->seq, 0);
		assert_int_equal(s->ack, 111);
		solo_tx(o, FIN, 0xffffffff, 0, 0);
		assert_int_equal(solo_rx(o, RST | ACK)->ack, 0);
		solo_tx(o, ACK, 100, 12345, 10);
		assert_int_equal(solo_rx(o, RST)->seq, 12345);
		solo_tx(o, RST, 100, 0, 0);
		solo_tx(o, RST | ACK, 100, 5, 0);
		solo_quiet(o);
		solo_free(o);
	}
}

static void listening(void **unused)
{
	struct solo *o = fresh(4);

	(void)unused;
	side_listen(&o->side, 4, 80);
	solo_tx(o, RST | SYN, 100, 0, 0);
	solo_tx(o, RST | ACK, 100, 5, 0);
	solo_tx(o, FIN, 100, 0, 10);
	solo_quiet(o);
	solo_tx(o, SYN | ACK, 100, 77, 0);
	assert_int_equal(solo_rx(o, RST)->seq, 77);
	assert_int_equal(solo_state(o), LISTEN);
	solo_free(o);
}

/* Text and FIN of a SYN take effect once ESTABLISHED. */
static void syn_with_text_and_fin(void **unused)
{
	struct solo *o = fresh(4);

	(void)unused;
	side_listen(&o->side, 4, 80);
	solo_tx(o, SYN | FIN, 100, 0, 8);
	const struct seg *s = solo_rx(o, SYN | ACK);
	assert_int_equal(s->ack, 101);
	solo_tx(o, ACK, 101, s->seq + 1, 0);
	assert_int_equal(solo_rx(o, ACK)->ack, 110);
	assert_int_equal(solo_state(o), CLOSE_WAIT);
	assert_int_equal(o->side.readable, 8);
	assert_int_equal(o->side.eof, 1);
	solo_free(o);
}

/* The same text again, with more behind it, ends the handshake. */
static void syn_text_again(void **unused)
{
	struct solo *o = fresh(4);

	(void)unused;
	side_listen(&o->side, 4, 80);
	solo_tx(o, SYN, 100, 0, 8);
	const struct seg *s = solo_rx(o, SYN | ACK);
	solo_tx(o, ACK | FIN, 101, s->seq + 1, 500);
	assert_int_equal(solo_rx(o, ACK)->ack, 602);
	assert_int_equal(solo_state(o), CLOSE_WAIT);
	assert_int_equal(o->side.readable, 500);
	solo_free(o);
}

/* ---- 3.10.7.3 --------------------------------------------------------------- */

static struct solo *connecting(void)
{
	struct solo *o = fresh(4);

	assert_int_equal(side_connect(&o->side, 4, 80, 5000).error, 0);
	o->iss = solo_rx(o, SYN)->seq;
	o->ack = o->iss + 1;
	return o;
}

static void syn_sent(void **unused)
{
	struct solo *o = connecting();

	(void)unused;
	solo_tx(o, ACK, 1, o->iss, 0);
	assert_int_equal(solo_rx(o, RST)->seq, o->iss);
	solo_tx(o, SYN | ACK, 1, o->iss + 2, 0);
	assert_int_equal(solo_rx(o, RST)->seq, o->iss + 2);
	solo_tx(o, RST | ACK, 1, o->iss, 0);
	solo_tx(o, RST, 1, 0, 0);
	solo_tx(o, ACK, 1, o->iss + 1, 0);
	solo_quiet(o);
	assert_int_equal(solo_state(o), SYN_SENT);
	solo_tx(o, RST | ACK, 1, o->iss + 1, 0);
	solo_quiet(o);
	assert_int_equal(solo_state(o), CLOSED);
	assert_int_equal(o->side.error, ECONNREFUSED);
	solo_free(o);
}

static void syn_ack_with_text_and_fin(void **unused)
{
	struct solo *o = connecting();

	(void)unused;
	solo_tx(o, SYN | ACK | FIN, 1000, o->ack, 5);
	assert_int_equal(solo_rx(o, ACK)->ack, 1007);
	assert_int_equal(solo_state(o), CLOSE_WAIT);
	assert_int_equal(o->side.readable, 5);
	solo_quiet(o);
	solo_free(o);
}

/* Figure 7, and its ends by ACK and by text. */
static void simultaneous_open(void **unused)
{
	(void)unused;
	for (int end = 0; end < 3; end++) {
		struct solo *o = connecting();

		solo_tx(o, SYN, 1000, 0, 0);
		const struct seg *s = solo_rx(o, SYN | ACK);
		assert_int_equal(s->seq, o->iss);
		assert_int_equal(s->ack, 1001);
		assert_int_equal(solo_state(o), SYN_RECEIVED);
		solo_wait(o, S(1));
		assert_int_equal(solo_rx(o, SYN | ACK)->seq, o->iss);
		solo_tx(o, SYN | (end ? 0 : ACK), 1000, end ? 0 : o->ack, 0);
		if (end) {
			solo_rx(o, ACK);
			solo_tx(o, ACK, 1001, o->ack, end == 2 ? 10 : 0);
		} else {
			solo_rx(o, ACK);
		}
		assert_int_equal(solo_state(o), ESTABLISHED);
		assert_int_equal(o->side.established, 1);
		solo_wait(o, S(100));
		o->seen = o->n;
		solo_free(o);
	}
}

static void simultaneous_open_refused(void **unused)
{
	struct solo *o = connecting();

	(void)unused;
	solo_tx(o, SYN, 1000, 0, 0);
	solo_rx(o, SYN | ACK);
	solo_tx(o, RST, 1001, 0, 0);
	assert_int_equal(solo_state(o), CLOSED);
	assert_int_equal(o->side.error, ECONNREFUSED);
	solo_tx(o, SYN, 2000, 0, 0);
	solo_rx(o, RST | ACK);
	solo_free(o);
}

/* ---- 3.10.7.4 --------------------------------------------------------------- */

static void sequence_numbers(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	for (int i = 0; i < 6; i++) {
		static const struct { int32_t at; uint32_t len; } bad[] = {
			{ -1, 0 }, { -1, 1 }, { 65535, 0 }, { 65535, 1 }, { 0x40000000, 5 }, { -10, 10 }
		};
		solo_tx(o, ACK, o->seq + (uint32_t)bad[i].at, o->ack, bad[i].len);
		const struct seg *s = solo_rx(o, ACK);
		assert_int_equal(s->seq, o->ack);
		assert_int_equal(s->ack, o->seq);
		assert_int_equal(s->len, 0);
		solo_tx(o, ACK | RST, o->seq + (uint32_t)bad[i].at, o->ack, bad[i].len);
		solo_quiet(o);
	}
	/* Straddling: only the new part counts. */
	solo_tx(o, ACK, o->seq - 5, o->ack, 15);
	solo_wait(o, S(1));
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq + 10);
	solo_free(o);
}

static void resets(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	solo_tx(o, RST, o->seq - 1, 0, 0);
	solo_tx(o, RST, o->seq + 65535, 0, 0);
	solo_quiet(o);
	solo_tx(o, RST, o->seq + 100, 0, 0);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq);
	solo_tx(o, RST, o->seq, 0, 20);
	solo_quiet(o);
	assert_int_equal(solo_state(o), LISTEN);
	assert_int_equal(o->side.error, ECONNRESET);
	/* The user still can ask, and then lets go. */
	assert_int_equal(side_do(&o->side, CALL_STATUS, 0).state, CLOSED);
	assert_int_equal(side_do(&o->side, CALL_SEND, 5).error, ENOTCONN);
	assert_int_equal(side_do(&o->side, CALL_CLOSE, 0).error, 0);
	assert_int_equal(side_do(&o->side, CALL_STATUS, 0).error, ENOTCONN);
	solo_free(o);
}

static void challenges_are_throttled(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	for (int i = 0; i < 50; i++)
		solo_tx(o, SYN, o->seq + 100, 0, 0);
	assert_int_equal(o->n - o->seen, 10);
	o->seen = o->n;
	solo_wait(o, S(5));
	solo_tx(o, SYN, o->seq - 0x40000000, 0, 0);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq);
	solo_free(o);
}

static void syn_received(void **unused)
{
	struct solo *o = fresh(4);

	(void)unused;
	side_listen(&o->side, 4, 80);
	solo_tx(o, SYN, 99, 0, 0);
	uint32_t iss = solo_rx(o, SYN | ACK)->seq;
	solo_tx(o, SYN, 99, 0, 0);      /* again */
	assert_int_equal(solo_rx(o, ACK)->seq, iss + 1);
	solo_tx(o, ACK, 100, iss, 0);
	assert_int_equal(solo_rx(o, RST)->seq, iss);
	solo_tx(o, ACK, 100, iss + 2, 0);
	assert_int_equal(solo_rx(o, RST)->seq, iss + 2);
	assert_int_equal(solo_state(o), SYN_RECEIVED);
	solo_tx(o, SYN, 500, 0, 0);     /* another: back to LISTEN */
	solo_quiet(o);
	assert_int_equal(solo_state(o), LISTEN);
	solo_tx(o, SYN, 99, 0, 0);
	iss = solo_rx(o, SYN | ACK)->seq;
	solo_tx(o, RST, 100, 0, 0);
	assert_int_equal(solo_state(o), LISTEN);
	solo_wait(o, S(500));
	solo_quiet(o);
	solo_tx(o, SYN, 99, 0, 0);
	iss = solo_rx(o, SYN | ACK)->seq;
	solo_tx(o, ACK | FIN, 100, iss + 1, 10);
	assert_int_equal(solo_rx(o, ACK)->ack, 111);
	assert_int_equal(solo_state(o), CLOSE_WAIT);
	assert_int_equal(o->side.established, 1);
	solo_free(o);
}

static void ack_field(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	solo_tx(o, 0, o->seq, 0, 10);
	solo_quiet(o);
	solo_tx(o, ACK, o->seq, o->ack + 1, 10);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq);
	solo_tx(o, ACK, o->seq, o->ack - 65536, 10);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq);
	solo_tx(o, ACK, o->seq, o->ack - 1, 10);
	solo_wait(o, S(1));
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq + 10);
	solo_free(o);
}

static void urgent_in(void **unused)
{
	struct solo *o = opened();
	struct seg s = solo_seg(o, ACK | URG, o->seq, o->ack, 10);

	(void)unused;
	s.urg = 5;
	solo_put(o, &s);
	assert_int_equal(o->side.urgent, 1);
	assert_int_equal(o->side.readable, 10);
	s.ctl = ACK;
	s.seq += 10;
	solo_put(o, &s);
	assert_int_equal(o->side.urgent, 1);
	solo_free(o);
}

static void urgent_out(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	side_call(&o->side, (struct call){ .kind = CALL_SEND, .id = o->side.id, .n = 10, .urgent = true });
	const struct seg *s = solo_rx(o, ACK | URG);
	assert_int_equal(s->urg, 10);
	solo_tx(o, ACK, o->seq, o->ack + 10, 0);
	side_do(&o->side, CALL_SEND, 10);
	solo_rx(o, ACK);
	solo_free(o);
}

static void fin_above_a_gap(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	solo_tx(o, ACK | FIN, o->seq + 10, o->ack, 5);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq);
	assert_int_equal(solo_state(o), ESTABLISHED);
	solo_tx(o, ACK, o->seq, o->ack, 10);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq + 16);
	assert_int_equal(solo_state(o), CLOSE_WAIT);
	assert_int_equal(o->side.eof, 1);
	solo_free(o);
}

/* ---- closing ---------------------------------------------------------------- */

static void simultaneous_close(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	side_do(&o->side, CALL_SHUTDOWN, 0);
	assert_int_equal(solo_rx(o, FIN | ACK)->seq, o->ack);
	solo_tx(o, FIN | ACK, o->seq, o->ack, 0);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq + 1);
	assert_int_equal(solo_state(o), CLOSING);
	solo_wait(o, S(1));
	assert_int_equal(solo_rx(o, FIN | ACK)->seq, o->ack);
	solo_tx(o, ACK, o->seq + 1, o->ack + 1, 0);
	assert_int_equal(solo_state(o), TIME_WAIT);
	solo_quiet(o);
	solo_free(o);
}

static void text_after_close(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	side_do(&o->side, CALL_CLOSE, 0);
	solo_rx(o, FIN | ACK);
	solo_tx(o, ACK, o->seq, o->ack + 1, 10);
	assert_int_equal(solo_rx(o, RST)->seq, o->ack + 1);
	assert_int_equal(solo_state(o), LISTEN);
	solo_free(o);
}

static void close_with_unread_data(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	side_do(&o->side, CALL_PAUSE, 0);
	solo_tx(o, ACK, o->seq, o->ack, 10);
	side_do(&o->side, CALL_CLOSE, 0);
	assert_int_equal(solo_rx(o, RST)->seq, o->ack);
	solo_free(o);
}

static void half_close(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	solo_tx(o, ACK | FIN, o->seq, o->ack, 0);
	assert_int_equal(solo_rx(o, ACK)->ack, ++o->seq);
	for (int i = 0; i < 3; i++) {
		side_do(&o->side, CALL_SEND, 500);
		assert_int_equal(solo_rx(o, ACK)->len, 500);
		o->ack += 500;
		solo_tx(o, ACK, o->seq, o->ack, 0);
	}
	side_do(&o->side, CALL_CLOSE, 0);
	solo_rx(o, FIN | ACK);
	assert_int_equal(solo_state(o), LAST_ACK);
	solo_tx(o, ACK, o->seq, o->ack + 1, 0);
	assert_int_equal(solo_state(o), LISTEN);
	assert_int_equal(side_do(&o->side, CALL_STATUS, 0).error, ENOTCONN);
	solo_free(o);
}

static struct solo *in_time_wait(const struct knobs *k)
{
	struct solo *o = solo_new(k, 4, NULL);

	solo_open(o);
	side_do(&o->side, CALL_CLOSE, 0);
	solo_rx(o, FIN | ACK);
	solo_tx(o, FIN | ACK, o->seq++, ++o->ack, 0);
	solo_rx(o, ACK);
	assert_int_equal(solo_state(o), TIME_WAIT);
	return o;
}

static void time_wait_reopened(void **unused)
{
	struct knobs k = defaults();
	struct solo *o = in_time_wait(&k);

	(void)unused;
	solo_tx(o, SYN, o->seq - 1, 0, 0);              /* not above the FIN */
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq);
	assert_int_equal(solo_state(o), TIME_WAIT);
	solo_tx(o, SYN, o->seq + 1000, 0, 0);
	const struct seg *s = solo_rx(o, SYN | ACK);
	assert_int_equal(s->ack, o->seq + 1001);
	assert_true(seq_lt(o->ack, s->seq));
	/* An old duplicate after all: TIME-WAIT again. */
	solo_tx(o, RST, o->seq + 1001, 0, 0);
	assert_int_equal(solo_state(o), TIME_WAIT);
	solo_tx(o, RST, o->seq, 0, 0);
	assert_int_equal(solo_state(o), LISTEN);
	solo_free(o);
	k.tw_rst = TW_RST_IGNORE;
	o = in_time_wait(&k);
	solo_tx(o, RST, o->seq, 0, 0);
	assert_int_equal(solo_state(o), TIME_WAIT);
	solo_free(o);
}

/* ---- options ---------------------------------------------------------------- */

static void mss_and_window_scale(void **unused)
{
	struct knobs k = defaults();
	k.rcv_buffer = 1 << 20;
	struct solo *o = solo_new(&k, 6, NULL);
	struct seg s = solo_seg(o, SYN, o->seq++, 0, 0);
	struct opts opts;

	(void)unused;
	side_listen(&o->side, 6, 80);
	opt_mss(&s, 1000);
	opt_ws(&s, 250);
	s.wnd = 5000;
	solo_put(o, &s);
	const struct seg *reply = solo_rx(o, SYN | ACK);
	opt_of(reply, &opts);
	assert_int_equal(opts.mss_value, 1440);
	assert_true(opts.ws);
	assert_int_equal(opts.ws_shift, 5);
	assert_false(opts.ts);
	assert_int_equal(reply->wnd, 65535);
	o->ack = reply->seq + 1;
	s = solo_seg(o, ACK, o->seq, o->ack, 0);
	s.wnd = 1;              /* 16384 */
	solo_put(o, &s);
	side_do(&o->side, CALL_SEND, 2000);
	assert_int_equal(solo_rx(o, ACK)->len, 1000);
	assert_int_equal(solo_rx(o, ACK)->len, 1000);
	assert_int_equal(o->out[o->n - 1].wnd, (1 << 20) >> 5);
	solo_free(o);
}

static void timestamps(void **unused)
{
	struct knobs k = defaults();
	struct solo *o = solo_new(&k, 4, NULL);
	struct seg s = solo_seg(o, SYN, o->seq++, 0, 0);
	struct opts opts;

	(void)unused;
	side_listen(&o->side, 4, 80);
	opt_ts(&s, 0xfffffff0, 0);
	solo_put(o, &s);
	const struct seg *reply = solo_rx(o, SYN | ACK);
	opt_of(reply, &opts);
	assert_true(opts.ts);
	assert_int_equal(opts.ts_ecr, 0xfffffff0);
	o->ack = reply->seq + 1;
	s = solo_seg(o, ACK, o->seq, o->ack, 10);
	opt_ts(&s, 5, opts.ts_val);     /* over the wrap */
	solo_put(o, &s);
	solo_wait(o, S(1));
	opt_of(solo_rx(o, ACK), &opts);
	assert_int_equal(opts.ts_ecr, 5);
	o->seq += 10;
	/* PAWS: an old one is answered and dropped, one without is dropped. */
	s = solo_seg(o, ACK, o->seq, o->ack, 10);
	opt_ts(&s, 4, opts.ts_val);
	solo_put(o, &s);
	assert_int_equal(solo_rx(o, ACK)->ack, o->seq);
	solo_tx(o, ACK, o->seq, o->ack, 10);
	solo_wait(o, S(1));
	solo_quiet(o);
	/* But not a reset. */
	solo_tx(o, RST, o->seq, 0, 0);
	assert_int_equal(solo_state(o), LISTEN);
	solo_free(o);
}

static void default_mss(void **unused)
{
	(void)unused;
	for (int v = 4; v <= 6; v += 2) {
		struct solo *o = fresh(v);

		solo_open(o);
		side_do(&o->side, CALL_SEND, 5000);
		assert_int_equal(solo_rx(o, ACK)->len, v == 4 ? 536 : 1220);
		solo_free(o);
	}
}

/* ---- who is meant ----------------------------------------------------------- */

static void addresses(void **unused)
{
	static const char *const bad[] = { "0.0.0.1", "127.0.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1" };
	struct solo *o = fresh(4);

	(void)unused;
	side_listen(&o->side, 4, 80);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct seg s = solo_seg(o, SYN, 1, 0, 0);
		addr_parse(bad[i], &s.src.addr);
		solo_put(o, &s);
		s = solo_seg(o, SYN, 1, 0, 0);
		if (i < 4) {
			addr_parse(bad[i], &s.dst.addr);
			solo_put(o, &s);
		}
	}
	struct seg s = solo_seg(o, SYN, 1, 0, 0);
	s.wrong = WRONG_CKSUM;
	solo_put(o, &s);
	solo_quiet(o);
	solo_free(o);
}

static void backlog(void **unused)
{
	struct knobs k = defaults();
	k.backlog = 3;
	struct solo *o = solo_new(&k, 4, NULL);

	(void)unused;
	side_listen(&o->side, 4, 80);
	for (uint16_t i = 0; i < 10; i++) {
		o->peer.port = 6000 + i;
		solo_tx(o, SYN, 1, 0, 0);
	}
	assert_int_equal(o->n, 3);
	solo_wait(o, S(300));   /* given up */
	o->seen = o->n;
	solo_tx(o, SYN, 1, 0, 0);
	solo_rx(o, SYN | ACK);
	solo_free(o);
}

/* ---- calls ------------------------------------------------------------------ */

static void calls_without_connection(void **unused)
{
	struct solo *o = fresh(4);

	(void)unused;
	o->side.id = 17;
	for (enum call_kind kind = CALL_SEND; kind < CALL_KINDS; kind++)
		assert_int_not_equal(side_do(&o->side, kind, 1).error, 0);
	solo_quiet(o);
	side_listen(&o->side, 4, 80);
	struct answer a = side_call(&o->side, (struct call){ .kind = CALL_OPEN_PASSIVE, .v = 4, .local_port = 80 });
	assert_int_equal(a.error, EADDRINUSE);
	a = side_call(&o->side, (struct call){ .kind = CALL_OPEN_ACTIVE, .remote = { .port = 5 } });
	assert_int_equal(a.error, EDESTADDRREQ);
	struct call c = { .kind = CALL_OPEN_ACTIVE, .remote = { .port = 5 } };
	addr_parse("224.0.0.1", &c.remote.addr);
	assert_int_equal(side_call(&o->side, c).error, ENETUNREACH);
	solo_free(o);
}

static void options_of_users(void **unused)
{
	struct solo *o = opened();

	(void)unused;
	for (enum call_option option = OPTION_KEEPALIVE; option < CALL_OPTIONS; option++) {
		struct call c = { .kind = CALL_SET, .id = o->side.id, .option = option, .value = 1 };
		struct answer a = side_call(&o->side, c);
		assert_int_equal(a.error, option == OPTION_TFO ? ENOPROTOOPT : 0);
		c.kind = CALL_GET;
		a = side_call(&o->side, c);
		if (option != OPTION_TFO && option != OPTION_KEEPALIVE_COUNT)
			assert_int_equal(a.n, 1);
	}
	solo_free(o);
}

static void icmp(void **unused)
{
	struct solo *o = connecting();
	struct icmp m = { .src = o->peer.addr, .dst = o->own.addr, .type = 3, .code = 1, .quotes = true,
	                  .quoted_src = o->own, .quoted_dst = o->peer, .quoted_seq = o->iss };

	(void)unused;
	stack_icmp(o->side.stack, &m, o->pair.now);     /* soft */
	assert_int_equal(solo_state(o), SYN_SENT);
	assert_int_equal(o->side.error, EHOSTUNREACH);
	m.code = 3;
	m.quoted_seq = o->iss + 1;                      /* not in flight */
	stack_icmp(o->side.stack, &m, o->pair.now);
	assert_int_equal(solo_state(o), SYN_SENT);
	m.quoted_seq = o->iss;
	stack_icmp(o->side.stack, &m, o->pair.now);
	assert_int_equal(solo_state(o), CLOSED);
	solo_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_port),
		cmocka_unit_test(listening),
		cmocka_unit_test(syn_with_text_and_fin),
		cmocka_unit_test(syn_text_again),
		cmocka_unit_test(syn_sent),
		cmocka_unit_test(syn_ack_with_text_and_fin),
		cmocka_unit_test(simultaneous_open),
		cmocka_unit_test(simultaneous_open_refused),
		cmocka_unit_test(sequence_numbers),
		cmocka_unit_test(resets),
		cmocka_unit_test(challenges_are_throttled),
		cmocka_unit_test(syn_received),
		cmocka_unit_test(ack_field),
		cmocka_unit_test(urgent_in),
		cmocka_unit_test(urgent_out),
		cmocka_unit_test(fin_above_a_gap),
		cmocka_unit_test(simultaneous_close),
		cmocka_unit_test(text_after_close),
		cmocka_unit_test(close_with_unread_data),
		cmocka_unit_test(half_close),
		cmocka_unit_test(time_wait_reopened),
		cmocka_unit_test(mss_and_window_scale),
		cmocka_unit_test(timestamps),
		cmocka_unit_test(default_mss),
		cmocka_unit_test(addresses),
		cmocka_unit_test(backlog),
		cmocka_unit_test(calls_without_connection),
		cmocka_unit_test(options_of_users),
		cmocka_unit_test(icmp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
