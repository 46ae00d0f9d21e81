/* 3_6_close.c: closing a connection (RFC 9293 3.6, 3.10.4): who closes first,
 * both at once, what a FIN stands behind, what a close does with text.
 *
 * Half-closed connections that go on sending are in 3_6_half_close.c, what comes
 * after the last ACK in 3_6_1_time_wait.c. */
#include "../sender.h"

SECTION("9293/3.6");

/* Figure 12 with the DUT as TCP Peer A. */
CASE(normal_close_by_the_dut,
     .req   = "EVT-CLOSE-NORMAL EVT-ESTAB-CLOSE EVT-FINWAIT2-FIN",
     .title = "the DUT closes: its FIN is acknowledged, ours is acknowledged by it",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK, .len = NO_TEXT, .req = "EVT-ESTAB-CLOSE");
	check(c, fin->seq == tcb(c)->irs + 1, "the FIN stands behind all that was sent");

	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	tx(c, FIN | ACK);
	rx(c, ACK, .seq = EXACT(fin->seq + 1), .ack = EXACT(tcb(c)->snd_nxt), .req = "EVT-CLOSE-NORMAL EVT-FINWAIT2-FIN",
	   .promise = "each FIN counts one: line 5 has SEQ=101 and ACK=301");
	dut_told(c, NOTE_EOF);                          /* DUT: TIME-WAIT   */
}

/* Figure 12 with the DUT as TCP Peer B. */
CASE(normal_close_by_us,
     .req   = "EVT-CLOSE-NORMAL EVT-ESTAB-FIN EVT-CLOSEWAIT-CLOSE EVT-LASTACK-ACK-FIN",
     .title = "we close: our FIN is acknowledged, and its own FIN ends the connection",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	const struct seg *ack = rx(c, ACK, .req = "EVT-ESTAB-FIN");
	check(c, ack->ack == tcb(c)->snd_nxt, "a FIN counts one: line 3 has ACK=101",
	      .req = "EVT-ESTAB-FIN");
	dut_told(c, NOTE_EOF, .req = "EVT-ESTAB-FIN");  /* DUT: CLOSE-WAIT  */

	dut_close(c);
	const struct seg *fin = rx(c, FIN | ACK, .req = "EVT-CLOSEWAIT-CLOSE");
	check(c, fin->seq == ack->seq, "a pure ACK has taken no sequence number: line 4 has SEQ=300");
	tx(c, ACK);                                     /* DUT: LAST-ACK    */
	gone(c, .req = "EVT-LASTACK-ACK-FIN");          /* DUT: CLOSED      */
}

/* Figure 13. */
CASE(simultaneous_close,
     .req   = "EVT-CLOSE-SIMUL EVT-FINWAIT1-FIN EVT-CLOSING-ACK-FIN EVT-TIMEWAIT-FIN",
     .title = "crossing FINs are each acknowledged, and end in TIME-WAIT",
     .needs = CALLS, .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: FIN-WAIT-1  */
	tx(c, FIN | ACK, .ack = EXACT(fin->seq));       /* ours crosses it  */

	const struct seg *ack = rx(c, ACK, .req = "EVT-FINWAIT1-FIN");  /* DUT: CLOSING */
	check(c, ack->seq + !!(ack->ctl & FIN) == fin->seq + 1, "line 3 of figure 13 has SEQ=101: the FIN is sent");
	check(c, ack->ack == tcb(c)->snd_nxt, "line 3 of figure 13 has ACK=301: the FIN has come",
	      .req = "EVT-FINWAIT1-FIN");
	dut_told(c, NOTE_EOF, .req = "EVT-FINWAIT1-FIN");

	tx(c, ACK);                                     /* DUT: TIME-WAIT   */
	quiet(c, S(3), .req = "EVT-CLOSING-ACK-FIN", .promise = "an acknowledged FIN is not repeated");
	tx(c, FIN | ACK, .dseq = -1);
	rx(c, ACK, .req = "EVT-TIMEWAIT-FIN", .promise = "TIME-WAIT acknowledges our FIN again");
}

CASE(simultaneous_close_with_text,
     .req   = "EVT-FINWAIT1-FIN-DATA EVT-CLOSING-ACK-FIN",
     .title = "a crossing FIN with text delivers its text and counts one beyond it",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: FIN-WAIT-1  */
	tx(c, FIN | ACK, .len = 10, .ack = EXACT(fin->seq));
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));      /* DUT: CLOSING     */
	dut_has_read(c, 10);
	dut_told(c, NOTE_EOF);

	tx(c, ACK);                                     /* DUT: TIME-WAIT   */
	quiet(c, S(1), .req = "EVT-CLOSING-ACK-FIN", .promise = "an acknowledged FIN is not repeated");
}

CASE(crossing_fin_is_repeated,
     .req   = "EVT-CLOSING-RTO EVT-CLOSE-SIMUL EVT-CLOSING-ACK-FIN",
     .title = "in CLOSING the FIN is repeated with the current acknowledgment",
     .needs = CALLS, .lasts = S(10))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: FIN-WAIT-1  */
	tx(c, FIN | ACK, .ack = EXACT(fin->seq));
	rx(c, ACK);                                     /* DUT: CLOSING     */

	const struct seg *one = repeated(c, fin, .within = copy_within(c, 0),
	                                 .ack = EXACT(tcb(c)->snd_nxt));
	const struct seg *two = repeated(c, one, .within = copy_within(c, 1),
	                                 .ack = EXACT(tcb(c)->snd_nxt));
	check(c, two->at - one->at >= (one->at - fin->at) * 3 / 2 - dut_slack(c),
	      "the interval between two copies grows");
	tx(c, ACK);                                     /* DUT: TIME-WAIT   */
	quiet(c, S(1), .req = "EVT-CLOSE-SIMUL EVT-CLOSING-ACK-FIN",
	      .promise = "the acknowledgment of its FIN takes it to TIME-WAIT");
	tx(c, FIN | ACK, .dseq = -1);
	rx(c, ACK, .req = "EVT-CLOSE-SIMUL", .promise = "TIME-WAIT acknowledges our FIN again");
}

CASE(fin_that_acknowledges_the_fin,
     .req   = "EVT-FINWAIT1-FINACK EVT-TIMEWAIT-FIN",
     .title = "a FIN that acknowledges the DUT's leads from FIN-WAIT-1 to TIME-WAIT at once",
     .needs = CALLS, .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	rx(c, FIN | ACK);                               /* DUT: FIN-WAIT-1  */
	tx(c, FIN | ACK);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));      /* DUT: TIME-WAIT   */
	quiet(c, S(3), .promise = "an acknowledged FIN is not repeated");
	tx(c, FIN | ACK, .dseq = -1);
	rx(c, ACK, .req = "EVT-TIMEWAIT-FIN", .promise = "TIME-WAIT acknowledges our FIN again");
}

CASE(fin_is_repeated,
     .req   = "EVT-FINWAIT1-RTO",
     .title = "an unacknowledged FIN is repeated at its place, at growing intervals",
     .needs = CALLS, .lasts = S(12))
{
	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: FIN-WAIT-1  */
	tick gap = 0;

	for (unsigned n = 0; n < 3; n++) {
		const struct seg *again = rx(c, FIN | ACK, .after = fin, .within = copy_within(c, n));

		check(c, again->seq == fin->seq, "each copy of the FIN has its sequence number");
		check(c, again->at - fin->at >= (gap - dut_slack(c)) * 3 / 2 - dut_slack(c),
		      "the interval between two copies grows");
		gap = again->at - fin->at;
		fin = again;
	}
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	quiet(c, S(1), .promise = "an acknowledged FIN is not repeated");
}

CASE(ack_of_the_fin_stops_it,
     .req   = "EVT-FINWAIT1-ACK-FIN EVT-FINWAIT2-TEXT",
     .title = "a FIN that was acknowledged is never repeated",
     .needs = CALLS, .lasts = S(12))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	rx(c, FIN | ACK);                               /* DUT: FIN-WAIT-1  */
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	quiet(c, S(5), .promise = "an acknowledged FIN is not repeated");
	tx(c, ACK, .len = 100);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .len = NO_TEXT, .req = "EVT-FINWAIT2-TEXT");
	quiet(c, S(4), .promise = "our text does not bring the FIN back");
}

/* ACK=F says that the text has come and the FIN has not. */
CASE(ack_of_the_text_leaves_the_fin,
     .req   = "EVT-FINWAIT1-ACK-PART EVT-ESTAB-CLOSE EVT-FINWAIT1-ACK-FIN",
     .title = "an acknowledgment of the text before the FIN leaves the FIN to be repeated",
     .needs = CALLS, .lasts = S(6))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK, .req = "EVT-ESTAB-CLOSE");     /* DUT: FIN-WAIT-1 */
	uint32_t f = fin->seq + fin->len;
	unsigned before = segments(c);

	check(c, f == text->seq + text->len, "the FIN stands just behind the text", .req = "EVT-ESTAB-CLOSE");
	tx(c, ACK, .ack = EXACT(f));
	const struct seg *again = rx(c, FIN | ACK, .seq = EXACT(f), .within = copy_within(c, 0));
	check(c, !with_text(c, before), "text that was acknowledged is not sent again");
	tx(c, ACK, .ack = EXACT(again->seq + 1));       /* DUT: FIN-WAIT-2  */
	quiet(c, S(1), .req = "EVT-FINWAIT1-ACK-FIN", .promise = "an acknowledged FIN is not repeated");
}

/* 3.10.4, ESTABLISHED: CLOSE is queued until all preceding SENDs are segmentized. */
CASE(close_waits_for_the_queue,
     .req   = "EVT-CLOSE-DATA EVT-ESTAB-CLOSE",
     .title = "what was sent before the close is delivered before the FIN",
     .needs = CALLS, .lasts = S(10))
{
	tcb(c)->wnd = 1000;                             /* a fifth of the text at a time */
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 5000);
	dut_shutdown(c);
	const struct seg *last = rx_data(c, 5000, .ack = true);
	const struct seg *fin = last->ctl & FIN ? last : rx(c, FIN | ACK, .within = S(4));
	check(c, seg_end(fin) == tcb(c)->irs + 1 + 5000 + 1, "the FIN stands just behind the text",
	      .req = "EVT-CLOSE-DATA EVT-ESTAB-CLOSE");
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	tx(c, FIN | ACK);
	rx(c, ACK, .req = "EVT-ESTAB-CLOSE");           /* DUT: TIME-WAIT   */
}

/* The application is gone, its text is not: 3.6 promises reliable delivery of
 * all buffers SENT before the CLOSE. */
CASE(close_repeats_what_was_lost,
     .req   = "EVT-CLOSE-DATA",
     .title = "text that was lost is repeated after the close, and no reset takes its place",
     .needs = CALLS, .lasts = S(6))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm(c, 1000);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 3000);
	rx_data(c, 3000);                               /* say that it was lost */
	dut_close(c);
	rx(c, ACK, .seq = EXACT(first), .within = copy_within(c, 0),
	   .promise = "the first segment is repeated after the close");
	pass(c, MS(100));                               /* DUT: FIN-WAIT-1  */
	tx(c, ACK);
	check(c, tcb(c)->rcv_nxt == first + 3000 || tcb(c)->rcv_nxt == first + 3001,
	      "nothing follows the text but a FIN");
	if (tcb(c)->rcv_nxt == first + 3000)            /* it is not out yet */
		rx(c, FIN | ACK, .seq = EXACT(first + 3000), .within = S(8));
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	tx(c, FIN | ACK);
	rx(c, ACK);                                     /* DUT: TIME-WAIT   */
}

/* Only window and congestion may hold a FIN (RFC 2525 2.15); with no-delay there
 * is nothing else that could. */
CASE(fin_follows_unacknowledged_text,
     .req   = "EVT-ESTAB-CLOSE",
     .title = "text and FIN leave at once though earlier text is not acknowledged yet",
     .needs = CALLS, .lasts = S(2))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm(c, 1000);
	has_room_for_several(c, 3000);
	dut_send(c, 1500);
	dut_shutdown(c);
	const struct seg *last = rx_data(c, 1500);
	const struct seg *fin = last->ctl & FIN ? last : rx(c, FIN | ACK);
	check(c, seg_end(fin) == tcb(c)->irs + 1 + 7500 + 1, "the FIN stands just behind the text");
	tx(c, ACK);
}

CASE(fin_follows_small_text,
     .req   = "R2525-15 EVT-ESTAB-CLOSE",
     .title = "Nagle's algorithm does not hold the last text and the FIN",
     .needs = CALLS, .lasts = S(2))
{
	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	warm(c, 1000);
	has_room_for_several(c, 3000);
	dut_send(c, 1500);
	dut_shutdown(c);
	const struct seg *last = rx_data(c, 1500, .within = MS(150) + dut_slack(c),
	                                 .req = "R2525-15 EVT-ESTAB-CLOSE");
	const struct seg *fin = last->ctl & FIN ? last : rx(c, FIN | ACK, .within = MS(150) + dut_slack(c),
	                                                            .req = "R2525-15 EVT-ESTAB-CLOSE");
	check(c, seg_end(fin) == tcb(c)->irs + 1 + 7500 + 1, "the FIN stands just behind the text",
	      .req = "R2525-15 EVT-ESTAB-CLOSE");
	tx(c, ACK);
}

CASE(close_and_reset_are_told_apart,
     .req   = "MUST-12",
     .title = "the application learns whether the peer has closed or aborted",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c);
	tx(c, FIN | ACK);
	rx(c, ACK);                                     /* DUT: CLOSE-WAIT  */
	dut_told(c, NOTE_EOF);
	check(c, !dut_was_told(c, NOTE_ERROR), "a close is no error");

	use(c, 1);
	open_passive(c);
	dut_told(c, NOTE_ESTABLISHED);                  /* or nobody could be told of its end */
	tx(c, RST);                                     /* DUT: CLOSED      */
	dut_told(c, NOTE_ERROR, .promise = "a reset is told as an error");
	check(c, !dut_was_told(c, NOTE_EOF), "a reset is no end of the stream");
}

CASE(close_with_unread_text_resets,
     .req   = "SHLD-3",
     .title = "a close with unread text says by a reset that it was lost",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c, .paused = true);                /* DUT: ESTABLISHED */
	we_send(c, 100);                                /* and nobody reads it */
	dut_close(c);
	rx(c, RST);                                     /* DUT: CLOSED      */
	gone(c, .req = "EVT-CLOSED-ACK");
}

CASE(text_after_close_resets,
     .req   = "SHLD-3",
     .title = "text that arrives after a full close draws a reset",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_close(c);
	rx(c, FIN | ACK);
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	tx(c, ACK, .len = 100);
	rx(c, RST);                                     /* DUT: CLOSED      */
	gone(c, .req = "EVT-CLOSED-ACK");
}

CASE(closing_takes_no_text,
     .req   = "EVT-CLOSING-CALLS",
     .title = "in CLOSING a SEND is refused and nothing of it is sent",
     .needs = CALLS, .lasts = S(3))
{
	struct answer a;

	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);
	tx(c, FIN | ACK, .ack = EXACT(fin->seq));
	rx(c, ACK);                                     /* DUT: CLOSING     */
	unsigned before = segments(c);

	check(c, dut_try(c, (struct call){ .kind = CALL_SEND, .n = 10 }, &a) != 0, "a SEND is refused");
	pass(c, MS(300));
	check(c, !with_text(c, before), "nothing of it is sent");
	tx(c, ACK);                                     /* DUT: TIME-WAIT   */
}
