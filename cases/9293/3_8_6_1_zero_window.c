/* 3_8_6_1_zero_window.c: probing a window that is closed (RFC 9293 3.8.6.1), with
 * the DUT as the side that has something to send.
 *
 * A probe is one octet of new text, text that was sent before, or an empty segment
 * below the window: any of them draws our acknowledgment, and none is taken. */
#include "../sender.h"

SECTION("9293/3.8.6.1");

/* The DUT has some 2000 octets to send and no window; returns our ACK that closed it.
 * The edge does not retreat, or by what made no full segment: it uses the window up,
 * and we offer no other. */
static const struct seg *closed(struct run *c)
{
	plain(c, 1000);
	tcb(c)->wnd = 1000;
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	dut_send(c, 3000);
	flight(c);
	tcb(c)->wnd = 0;
	return tx(c, ACK);
}

/* One probe, within the time given since `after`, or since the last segment of ours. */
static const struct seg *probe(struct run *c, const struct seg *after, tick within, const char *req)
{
	const struct seg *s = rx(c, ACK, .after = after, .within = within + dut_slack(c), .req = req,
	                         .promise = "a probe");

	check(c, s->len || seq_lt(s->seq, tcb(c)->rcv_nxt),
	      "the probe is text, or below the window: a receiver must answer it", .req = "MUST-36");
	return s;
}

/* The window opens and the rest arrives; a probe may have left one octet behind
 * whose turn comes with its timer. */
static void opens(struct run *c)
{
	tcb(c)->wnd = 5000;
	tx(c, ACK);
	rx_data(c, tcb(c)->irs + 1 + 3000 - tcb(c)->rcv_nxt, .ack = true, .within = S(65), .req = "MUST-36");
	tx(c, ACK);
}

CASE(closed_window_is_probed,
     .req   = "MUST-36",
     .title = "a closed window is probed again and again",
     .needs = CALLS, .lasts = S(35))
{
	closed(c);
	for (int n = 0; n < 4; n++) {
		probe(c, NULL, S(20), "MUST-36");
		tx(c, ACK);                             /* still closed     */
	}
	opens(c);
}

CASE(unanswered_probe_is_followed_by_another,
     .req   = "MUST-36",
     .title = "probes that are lost are followed by others",
     .needs = CALLS, .lasts = S(35))
{
	const struct seg *last = closed(c);

	for (int n = 0; n < 4; n++)
		last = probe(c, last, S(20), "MUST-36");
	opens(c);
}

/* The deadlock that probes are for. */
CASE(lost_window_update_is_found,
     .req   = "MUST-36",
     .title = "a window update that was lost is found by the next probe",
     .needs = CALLS, .lasts = S(15))
{
	closed(c);
	tx(c, ACK, .wnd = EXACT(5000), .lost = true);
	probe(c, NULL, S(6), "MUST-36");
	opens(c);
}

CASE(first_probe_after_one_timeout,
     .req   = "SHLD-29",
     .title = "the first probe comes when the window has been closed for one timeout",
     .needs = CALLS, .lasts = S(15))
{
	tick rto = rto_elsewhere(c, 7);
	const struct seg *ack = closed(c);
	const struct seg *first = probe(c, NULL, S(9), "SHLD-29");

	check(c, first->at - ack->at >= MS(190), "the window has been closed for some time");
	check(c, first->at - ack->at <= rto + S(1) + dut_slack(c), "the first probe comes after about one timeout");
}

CASE(probes_back_off,
     .req   = "SHLD-30",
     .title = "the interval between probes grows exponentially",
     .needs = CALLS, .lasts = S(80))
{
	tick gap = 0, at;

	closed(c);
	at = rx(c, ACK, .within = S(9))->at;
	for (int n = 0; n < 5; n++) {
		tx(c, ACK);                             /* still closed     */
		tick next = rx(c, ACK, .within = S(62) + dut_slack(c))->at;

		check(c, next - at >= gap * 3 / 2 - dut_slack(c) || next - at >= S(57),
		      "each interval is at least half as long again, up to a minute");
		gap = next - at;
		at = next;
	}
}

CASE(answered_probes_keep_the_connection,
     .req   = "MUST-37 R6429-1 R1122-ZW-TIMEOUT",
     .title = "as long as probes are answered the connection stays open",
     .needs = CALLS, .lasts = S(290))
{
	tick start;

	closed(c);
	start = now(c);
	while (now(c) < start + S(150)) {
		probe(c, NULL, S(130), "MUST-37 R6429-1 R1122-ZW-TIMEOUT");
		tx(c, ACK);                             /* still closed     */
	}
	check(c, !dut_was_told(c, NOTE_ERROR), "the application was not told of an end",
	      .req = "MUST-37 R6429-1 R1122-ZW-TIMEOUT");
	opens(c);
}

CASE(answered_probes_keep_the_connection_for_ever,
     .req   = "MUST-37 R6429-1 R1122-ZW-TIMEOUT",
     .title = "as long as probes are answered the connection stays open, an hour if need be",
     .needs = CALLS, .lasts = S(3700))
{
	tick start;

	closed(c);
	start = now(c);
	while (now(c) < start + S(3600)) {
		probe(c, NULL, S(300), "MUST-37 R6429-1 R1122-ZW-TIMEOUT");
		tx(c, ACK);                             /* still closed     */
	}
	check(c, !dut_was_told(c, NOTE_ERROR), "the application was not told of an end",
	      .req = "MUST-37 R6429-1 R1122-ZW-TIMEOUT");
	tcb(c)->wnd = 5000;
	tx(c, ACK);
	rx_data(c, 2000, .ack = true, .within = S(130));
}

CASE(close_behind_a_closed_window,
     .req   = "MUST-36 EVT-CLOSE-DATA",
     .title = "a close behind a closed window keeps on probing, and comes with the text",
     .needs = CALLS, .lasts = S(30))
{
	closed(c);
	dut_shutdown(c);
	probe(c, NULL, S(6), "MUST-36");
	tcb(c)->wnd = 5000;
	tx(c, ACK);
	const struct seg *last = rx_data(c, 2000, .ack = true, .within = S(17), .req = "EVT-CLOSE-DATA");
	const struct seg *fin = last->ctl & FIN ? last : rx(c, FIN | ACK, .within = S(17), .req = "EVT-CLOSE-DATA");
	check(c, seg_end(fin) == tcb(c)->irs + 1 + 3000 + 1, "the FIN stands just behind the text",
	      .req = "EVT-CLOSE-DATA");
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
}

CASE(abort_ends_the_probes,
     .req   = "R6429-2",
     .title = "a connection behind a closed window can be aborted",
     .needs = CALLS, .lasts = S(10))
{
	closed(c);
	probe(c, NULL, S(6), "MUST-36");
	dut_abort(c);
	rx(c, RST);                                     /* DUT: CLOSED      */
	quiet(c, S(4), .promise = "no probe comes after the reset");
}

/* ---- the DUT's own window is closed ---------------------------------------------- */

CASE(reset_at_a_closed_window,
     .req   = "MUST-66",
     .title = "a closed window does not keep a reset out",
     .needs = CALLS, .lasts = S(15))
{
	open_passive(c, .paused = true, .rcvbuf = 8192);        /* DUT: ESTABLISHED */
	fill_window(c);
	tx(c, RST);                                     /* DUT: CLOSED      */
	check(c, reset_was_taken(c), "a closed window does not keep a reset out");
	dut_told(c, NOTE_ERROR, .req = "EVT-ESTAB-RST-EXACT");
	gone(c, .req = "EVT-ESTAB-RST-EXACT");
}

CASE(urgent_at_a_closed_window,
     .req   = "MUST-66 MUST-32",
     .title = "a closed window does not keep urgent information out",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(15))
{
	open_passive(c, .paused = true, .rcvbuf = 8192);        /* DUT: ESTABLISHED */
	fill_window(c);
	tx(c, ACK | URG, .urg = 100);                   /* 100 octets that are to come */
	dut_told(c, NOTE_URGENT, .req = "MUST-66 MUST-32");
}

CASE(acks_at_a_closed_window,
     .req   = "R2525-12",
     .title = "with its own window closed the DUT takes acknowledgments of what it sent",
     .needs = CALLS, .lasts = S(20))
{
	plain(c, 1000);
	open_passive(c, .paused = true, .rcvbuf = 8192, .nodelay = true);       /* DUT: ESTABLISHED */
	fill_window(c);
	for (int n = 0; n < 3; n++) {
		dut_send(c, 2000);
		rx_data(c, 2000);
		tx(c, ACK);
	}
	unsigned before = segments(c);

	pass(c, S(4));
	check(c, !with_text(c, before), "text that was acknowledged is not repeated");
}

/* 3.10.7.4 step 1: no segment is acceptable then, "but special allowance should be
 * made to accept valid ACKs". */
CASE(acks_on_refused_text,
     .req   = "EVT-ESTAB-SEQ-3-ACK EVT-ESTAB-SEQ-3",
     .title = "text that a closed window refuses still brings its acknowledgment",
     .needs = CALLS, .lasts = S(20))
{
	plain(c, 1000);
	open_passive(c, .paused = true, .rcvbuf = 8192, .nodelay = true);       /* DUT: ESTABLISHED */
	fill_window(c);
	dut_send(c, 1000);
	rx_data(c, 1000);
	tx(c, ACK, .len = 1, .stay = true, .why = "a probe of the closed window");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "EVT-ESTAB-SEQ-3",
	   .promise = "the text is refused");
	unsigned before = segments(c);

	pass(c, S(4));
	check(c, !with_text(c, before), "text that was acknowledged is not repeated");
}
