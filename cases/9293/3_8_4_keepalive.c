/* 3_8_4_keepalive.c: keep-alives (RFC 9293 3.8.4): the answers to probes, and the
 * probes of the DUT itself.
 *
 * An interval of two hours is nothing on the virtual clock; on the real one it is
 * beyond the time budget, and the cases with a configured interval stand in. */
#include "harness/case.h"

SECTION("9293/3.8.4");

/* Seconds of the configured keep-alive, and how often it tries. */
struct keepalive { int idle, interval, count; };

static void keep_alive(struct run *c, struct keepalive k)
{
	dut_set(c, OPTION_KEEPALIVE_IDLE, k.idle);
	dut_set(c, OPTION_KEEPALIVE_INTERVAL, k.interval);
	dut_set(c, OPTION_KEEPALIVE_COUNT, k.count);
	dut_set(c, OPTION_KEEPALIVE, 1);
}

/* A tenth, and a second for timers that tick slowly. */
static tick at_latest(struct run *c, tick t)
{
	return t + t / 10 + S(1) + dut_slack(c);
}

static tick at_earliest(tick t)
{
	return t - t / 10;
}

/* ---- answers to probes ---------------------------------------------------------------- */

CASE(empty_probe,
     .req   = "EVT-ESTAB-SEQ-2-LOW EVT-ESTAB-SEQ-ACKFORM",
     .title = "a keep-alive probe without an octet is answered",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const struct seg *s = tx(c, ACK, .dseq = -1, .why = "a keep-alive probe");
	rx(c, ACK, .seq = EXACT(s->ack), .ack = EXACT(s->seq + 1), .len = NO_TEXT,
	   .req = "EVT-ESTAB-SEQ-2-LOW EVT-ESTAB-SEQ-ACKFORM");
}

CASE(garbage_probe,
     .req   = "EVT-ESTAB-SEQ-4-OLD GEN-DUP-SEG",
     .title = "a keep-alive probe with an octet of garbage is answered, and the garbage not delivered",
     .lasts = S(4))
{
	static const uint8_t garbage[] = { 0xFF };

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	tx(c, ACK, .dseq = -1, .len = 1, .text = garbage, .why = "a keep-alive probe with an octet of garbage");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .len = NO_TEXT);
	we_send(c, 10);
	if (has_calls(c))
		dut_has_read(c, 20, .req = "GEN-DUP-SEG");
}

CASE(probe_in_fin_wait_2,
     .req   = "EVT-FINWAIT2-SEQ",
     .title = "a keep-alive probe is answered in FIN-WAIT-2",
     .needs = CALLS, .lasts = S(3))
{
	reach(c, FIN_WAIT_2);                           /* DUT: FIN-WAIT-2   */
	tx(c, ACK, .dseq = -1, .why = "a keep-alive probe");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .len = NO_TEXT);
}

CASE(probe_in_close_wait,
     .req   = "EVT-CLOSEWAIT-SEQ",
     .title = "a keep-alive probe is answered in CLOSE-WAIT",
     .needs = CALLS, .lasts = S(3))
{
	reach(c, CLOSE_WAIT);                           /* DUT: CLOSE-WAIT   */
	tx(c, ACK, .dseq = -1, .why = "a keep-alive probe");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .len = NO_TEXT);
}

/* ---- the defaults ----------------------------------------------------------------------- */

CASE(default_off,
     .req   = "MUST-25",
     .title = "without being asked a TCP sends no keep-alive",
     .needs = CALLS, .lasts = S(8000))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	quiet(c, S(7900), .promise = "no keep-alive in more than two hours and ten minutes");
}

/* A hundredth for a clock that runs fast. */
CASE(default_interval,
     .req   = "MUST-28",
     .title = "a keep-alive by default waits two hours at least",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(7200))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	dut_set(c, OPTION_KEEPALIVE, 1);
	quiet(c, S(7200) - S(72), .promise = "no keep-alive before two hours have passed");
}

/* ---- as configured ------------------------------------------------------------------------ */

CASE(configured_interval,
     .req   = "MUST-27",
     .title = "the first keep-alive comes when the configured interval has passed",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(13))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 10, .interval = 5, .count = 5 });
	we_send(c, 1);                                  /* begins the idle time */
	const struct seg *idle = last_sent(c);
	rx(c, ACK, .after = last_seen(c), .seq = EXACT(tcb(c)->rcv_nxt - 1),
	   .not_before = at_earliest(S(10)), .within = at_latest(c, S(10)));
	check(c, last_sent(c) == idle, "nothing of ours came between");
}

CASE(probe_form,
     .req   = "SHLD-12 MAY-6",
     .title = "a keep-alive probe is below SND.NXT, draws an answer and carries no octet",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(8))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 5, .interval = 5, .count = 5 });
	const struct seg *before = last_seen(c);
	pass(c, at_latest(c, S(5)));
	const struct seg *probe = last_seen(c);
	check(c, probe == before || probe->len <= 1, "the probe carries one octet of garbage at most", .req = "MAY-6");
	check(c, probe != before && probe->seq == tcb(c)->irs, "a probe comes, with the sequence number SND.NXT-1");
	check(c, probe->ack == tcb(c)->snd_nxt, "the probe acknowledges what came");
	check(c, probe->len == 0, "the probe carries no octet");
	remark(c, "MAY-6", probe->len ? "the probe carries an octet of garbage" : "the probe carries no octet of garbage");
}

CASE(probe_below_what_was_sent,
     .req   = "SHLD-12",
     .title = "a keep-alive probe repeats no text, and no text is taken for it",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(9))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	dut_send(c, 100);
	rx_data(c, 100);
	keep_alive(c, (struct keepalive){ .idle = 5, .interval = 5, .count = 5 });
	tx(c, ACK);
	rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt - 1), .len = NO_TEXT, .within = at_latest(c, S(5)));
	tx(c, ACK);
	data_flows(c);
}

CASE(for_one_connection,
     .req   = "MUST-24",
     .title = "keep-alives that are on for one connection are not on for another",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(9))
{
	open_passive(c);                                /* DUT: ESTABLISHED, twice */
	use(c, 1);
	open_passive(c);
	const struct seg *last = last_seen(c);

	use(c, 0);
	keep_alive(c, (struct keepalive){ .idle = 5, .interval = 5, .count = 5 });
	rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt - 1), .within = at_latest(c, S(5)));
	pass(c, S(1));
	use(c, 1);
	check(c, last_seen(c) == last, "a connection that was not asked to sends no keep-alive");
}

CASE(off_again,
     .req   = "MUST-24",
     .title = "keep-alives that are switched off again stop",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(22))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 5, .interval = 5, .count = 5 });
	rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt - 1), .within = at_latest(c, S(5)));
	tx(c, ACK);
	dut_set(c, OPTION_KEEPALIVE, 0);
	quiet(c, S(15), .promise = "no keep-alive after they were switched off");
}

/* ---- when -------------------------------------------------------------------------------- */

CASE(not_while_busy,
     .req   = "MUST-26",
     .title = "a connection on which text arrives is not probed",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(35))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 10, .interval = 5, .count = 5 });
	for (int i = 0; i < 4; i++) {
		we_send(c, 1);
		quiet(c, S(6), .no_fence = true, .promise = "no keep-alive within the interval after text");
	}
	we_send(c, 1);
	rx(c, ACK, .after = last_seen(c), .seq = EXACT(tcb(c)->rcv_nxt - 1),
	   .not_before = at_earliest(S(10)), .within = at_latest(c, S(10)));
}

CASE(not_while_acks_come,
     .req   = "MUST-26",
     .title = "a connection on which acknowledgments arrive is not probed",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(35))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 10, .interval = 5, .count = 5 });
	for (int i = 0; i < 4; i++) {
		tx(c, ACK);
		quiet(c, S(6), .no_fence = true, .promise = "no keep-alive within the interval after an ACK");
	}
	tx(c, ACK);
	rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt - 1),
	   .not_before = at_earliest(S(10)), .within = at_latest(c, S(10)));
}

/* What is outstanding is repeated; the probe's place is below it. */
CASE(not_while_outstanding,
     .req   = "MUST-26",
     .title = "a connection with text outstanding is not probed",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(25))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 3, .interval = 3, .count = 5 });
	dut_send(c, 100);
	const struct seg *text = rx(c, ACK, .len = 100);
	quiet(c, S(20), .but = BUT_DATA, .no_fence = true,
	      .promise = "while text is outstanding nothing but the text is sent");
	for (unsigned n = 0; seen(c, n); n++)
		check(c, seq_le(text->seq, seen(c, n)->seq) || seen(c, n)->at < text->at,
		      "while text is outstanding no probe is sent");
}

/* ---- misses ------------------------------------------------------------------------------- */

CASE(one_miss_is_forgiven,
     .req   = "MUST-29",
     .title = "a probe that is not answered is followed by another",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(12))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 5, .interval = 3, .count = 5 });
	const struct seg *first = rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt - 1), .within = at_latest(c, S(5)));
	rx(c, ACK, .after = first, .seq = EXACT(tcb(c)->rcv_nxt - 1), .within = at_latest(c, S(3)));
	tx(c, ACK);
	data_flows(c);
	check(c, !dut_was_told(c, NOTE_ERROR), "one probe without an answer is no dead connection");
}

CASE(all_missed,
     .req   = "KA-GIVEUP MAY-5",
     .title = "when no probe is answered the connection ends, and the user is told",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(20))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 5, .interval = 2, .count = 3 });
	const struct seg *probe = rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt - 1), .within = at_latest(c, S(5)),
	                             .req = "MAY-5");
	for (int i = 1; i < 3; i++)
		probe = rx(c, ACK, .after = probe, .seq = EXACT(probe->seq), .within = at_latest(c, S(2)));
	dut_told(c, NOTE_ERROR, .within = at_latest(c, S(6)), .error = 110);
	unsigned probes = 0;
	for (unsigned n = 0; seen(c, n); n++)
		probes += !(seen(c, n)->ctl & (SYN | RST)) && seen(c, n)->seq == probe->seq;
	check(c, probes == 3, "as many probes as configured are sent");
	gone(c);
}

CASE(answered_probes_go_on,
     .req   = "MUST-29",
     .title = "a connection whose probes are answered is kept",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(30))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 4, .interval = 2, .count = 2 });
	for (int i = 0; i < 5; i++) {
		rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt - 1), .within = at_latest(c, S(4)));
		tx(c, ACK);
	}
	data_flows(c);
}

CASE(probe_answered_by_reset,
     .req   = "KA-RST EVT-ESTAB-RST-EXACT",
     .title = "a reset in answer to a probe ends the connection",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(15))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 5, .interval = 2, .count = 5 });
	const struct seg *probe = rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt - 1), .within = at_latest(c, S(5)));
	tx(c, RST, .seq = EXACT(probe->ack));           /* DUT: CLOSED       */
	dut_told(c, NOTE_ERROR);
	quiet(c, S(6), .promise = "no probe after a reset");
	gone(c, .req = "EVT-ESTAB-RST-EXACT");
}

/* Idle + count * interval is 8 s: by then a keep-alive would have given up. */
CASE(zero_window_is_probed,
     .req   = "KA-ZW MUST-37",
     .title = "a closed window is probed for as long as the probes are answered, keep-alive or not",
     .needs = CALLS | NEEDS_KEEPALIVE, .lasts = S(70))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	keep_alive(c, (struct keepalive){ .idle = 4, .interval = 2, .count = 2 });
	tx(c, ACK, .wnd = EXACT(0), .why = "the window closes");
	pass(c, MS(50));                                /* before there is text to send */
	const uint32_t una = tcb(c)->rcv_nxt;
	dut_send(c, 1000);
	for (int i = 0; i < 5; i++) {
		rx(c, ACK, .within = S(70));
		tx(c, ACK, .ack = EXACT(una), .wnd = EXACT(0), .why = "the window stays closed");
	}
	check(c, !dut_was_told(c, NOTE_ERROR), "a connection whose window probes are answered is kept", .req = "MUST-37");
	tx(c, ACK, .ack = EXACT(una));
	const struct seg *s = rx(c, ACK, .within = S(70));
	check(c, s->len > 0, "when the window opens the text is sent");
}
