/* 3_5_open.c: establishing a connection (RFC 9293 3.5): the three-way handshake
 * from both sides, what is lost in it, and what comes with it.
 *
 * Crossing SYNs are in 3_5_simultaneous_open.c, half-open connections in
 * 3_5_1_half_open.c; what a state does with wrong segments is in the files of
 * 3.10.7. */
#include "cases/sender.h"

SECTION("9293/3.5");

/* ---- the DUT is the server ------------------------------------------------ */

/* RFC 9293 figure 6 with this case as TCP Peer A. */
CASE(passive_open,
     .req   = "EVT-LISTEN-SYN EVT-SYNRCVD-ACK-OK",
     .title = "a SYN is answered by a SYN,ACK and an ACK completes the handshake",
     .lasts = S(4))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	const struct seg *syn = tx(c, SYN);
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1), .len = NO_TEXT,
	   .promise = "the SYN,ACK acknowledges the SYN alone");        /* DUT: SYN-RECEIVED */

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	quiet(c, S(1), .req = "EVT-SYNRCVD-ACK-OK",
	      .promise = "the ACK that completes the handshake is not answered");
	data_flows(c);
}

CASE(open_is_reported,
     .req   = "EVT-SYNRCVD-ACK-OK",
     .title = "the user hears of a passive connection when the handshake is complete, not before",
     .needs = CALLS, .lasts = S(3))
{
	reach(c, SYN_RECEIVED);                         /* DUT: SYN-RECEIVED */
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "half a handshake is not reported as a connection");
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	dut_told(c, NOTE_ESTABLISHED);
}

/* Three clients in the state LISTEN's only socket, their steps interleaved. */
CASE(interleaved_peers,
     .req   = "EVT-LISTEN-MULTI",
     .title = "handshakes of several peers with one listener do not disturb each other",
     .lasts = S(6))
{
	const struct seg *syn[3];

	dut_listen(c);
	for (unsigned k = 0; k < 3; k++) {
		if (k)
			use_same_port(c, k);
		syn[k] = tx(c, SYN);                    /* DUT: SYN-RECEIVED, k+1 times */
	}
	for (unsigned k = 3; k-- > 0; ) {
		use(c, k);
		rx(c, SYN | ACK, .after = syn[k], .ack = EXACT(syn[k]->seq + 1));
	}
	for (unsigned k = 0; k < 3; k++) {
		use(c, k);
		tx(c, ACK);                             /* DUT: ESTABLISHED  */
	}
	for (unsigned k = 3; k-- > 0; ) {
		use(c, k);
		data_flows(c);
	}
}

CASE(peers_differ_by_address,
     .req   = "EVT-LISTEN-MULTI",
     .title = "two connections that differ in the remote address alone are two connections",
     .lasts = S(6))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 100);

	use_other_address(c, 1);
	const struct seg *syn = tx(c, SYN);
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1));   /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);

	use(c, 0);
	data_flows(c);
}

/* ---- the DUT is the client ------------------------------------------------ */

CASE(active_open_begins_with_syn,
     .req   = "EVT-SYNSENT-SYN-FORMAT",
     .title = "an active OPEN sends a SYN without ACK and without text",
     .needs = OPENS, .lasts = S(2))
{
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	check(c, (syn->ctl & (SYN | ACK | RST | FIN)) == SYN, "the first segment of an active OPEN is a SYN alone");
	check(c, syn->len == 0, "a SYN that nobody asked to carry text carries none");
}

/* RFC 9293 figure 6 with this case as TCP Peer B. */
CASE(active_open,
     .req   = "EVT-SYNSENT-SYNACK",
     .title = "a good SYN,ACK is acknowledged and opens the connection",
     .needs = OPENS, .lasts = S(3))
{
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	const struct seg *ours = tx(c, SYN | ACK);
	rx(c, ACK, .seq = EXACT(syn->seq + 1), .ack = EXACT(ours->seq + 1),
	   .promise = "the SYN,ACK is acknowledged");   /* DUT: ESTABLISHED  */
	data_flows(c);
}

CASE(active_open_is_reported,
     .req   = "EVT-SYNSENT-SYNACK",
     .title = "the user hears of an active connection when the SYN,ACK has come, not before",
     .needs = CALLS, .lasts = S(3))
{
	dut_connect(c);                                 /* DUT: SYN-SENT     */
	pass(c, MS(500));
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "a SYN alone is not reported as a connection");
	tx(c, SYN | ACK);                               /* DUT: ESTABLISHED  */
	dut_told(c, NOTE_ESTABLISHED);
}

/* 3.10.7.3 fourth sets SND.WND from the SYN,ACK, whose window is never scaled
 * (RFC 7323 2.2): 500 octets may leave, and not 500 << 7. */
CASE(window_of_syn_ack_holds,
     .req   = "EVT-SYNSENT-WND",
     .title = "the window of the SYN,ACK, unscaled, is the first send window",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(6))
{
	tcb(c)->wnd = 500;
	tcb(c)->ws = 7;
	dut_preset(c, OPTION_NODELAY, 1);
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	struct opts o;
	opt_of(syn, &o);
	if (!o.ws)
		skip(c, "the DUT's SYN offers no window scale");

	tx(c, SYN | ACK);
	rx(c, ACK);                                     /* DUT: ESTABLISHED  */
	dut_send(c, 5000);
	pass(c, S(3));
	check(c, seq_le(highest(c), syn->seq + 1 + 500), "no octet leaves beyond the window of the SYN,ACK");
	check(c, seq_lt(syn->seq + 1, highest(c)), "what the window of the SYN,ACK allows is sent");
}

CASE(send_waits_for_the_handshake,
     .req   = "EVT-SYNSENT-SEND",
     .title = "what the user sends in SYN-SENT leaves when the connection is established",
     .needs = CALLS, .lasts = S(4))
{
	dut_connect(c);                                 /* DUT: SYN-SENT     */
	struct answer a;
	if (dut_try(c, (struct call){ .kind = CALL_SEND, .n = 100 }, &a) != 0 || a.n == 0)
		skip(c, "the DUT's interface does not queue a SEND in SYN-SENT");
	quiet(c, MS(500), .but = BUT_SYNS, .promise = "no text leaves before the handshake is complete");

	tx(c, SYN | ACK);                               /* DUT: ESTABLISHED  */
	rx_data(c, (uint32_t)a.n);
}

/* ---- something is lost ---------------------------------------------------- */

/* RFC 6298 2.1: one second; RFC 1122 had said three.  A tenth for coarse timers. */
static bool about_a_second(struct run *c, tick t)
{
	return t >= MS(900) && t <= MS(3250) + dut_slack(c);
}

CASE(lost_syn,
     .req   = "EVT-SYNSENT-RTO R6298-INIT",
     .title = "a lost SYN is repeated, and the repetition opens the connection",
     .needs = OPENS, .lasts = S(6))
{
	const struct seg *first = dut_connect(c);       /* DUT: SYN-SENT     */
	const struct seg *again = rx(c, SYN, .after = first, .within = copy_within(c, 0),
	                             .promise = "an unanswered SYN is repeated");
	check(c, again->seq == first->seq, "the repeated SYN has the sequence number of the first");
	check(c, about_a_second(c, again->at - first->at), "the first timeout is about a second, or up to three",
	      .req = "R6298-INIT");

	tx(c, SYN | ACK);
	rx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

CASE(lost_syn_ack,
     .req   = "EVT-SYNRCVD-RTO R6298-INIT",
     .title = "a lost SYN,ACK is repeated unchanged, at growing intervals, and still opens the connection",
     .lasts = S(12))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN);
	const struct seg *first = rx(c, SYN | ACK);     /* DUT: SYN-RECEIVED */
	const struct seg *second = rx(c, SYN | ACK, .after = first, .within = copy_within(c, 0),
	                              .promise = "an unacknowledged SYN,ACK is repeated");
	const struct seg *third = rx(c, SYN | ACK, .after = second, .within = copy_within(c, 1),
	                             .promise = "the SYN,ACK is repeated until it is acknowledged");
	check(c, second->seq == first->seq && third->seq == first->seq,
	      "each repetition of the SYN,ACK has the same sequence number");
	check(c, second->ack == first->ack && third->ack == first->ack,
	      "each repetition of the SYN,ACK acknowledges the same");
	check(c, third->at - second->at > (second->at - first->at) * 3 / 2,
	      "the interval between the repetitions grows");
	check(c, about_a_second(c, second->at - first->at), "the first timeout is about a second, or up to three",
	      .req = "R6298-INIT");

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

/* The SYN repeats because the SYN,ACK was lost.  The letter of 3.10.7.4 answers
 * it by an ACK, deployed stacks by the SYN,ACK again. */
CASE(repeated_syn,
     .req   = "EVT-SYNRCVD-SYN-DUP GEN-DUP-SEG",
     .title = "a repeated SYN is not refused, and its connection opens",
     .lasts = S(5))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	const struct seg *syn = tx(c, SYN);
	const struct seg *first = rx(c, SYN | ACK);     /* DUT: SYN-RECEIVED */

	for (int i = 0; i < 2; i++) {
		tx(c, SYN, .seq = EXACT(syn->seq));
		quiet(c, S(1), .but = BUT_ACKS | BUT_SYNS,
		      .promise = "a repeated SYN is answered by an ACK or by the SYN,ACK again");
	}
	for (unsigned n = 0; seen(c, n); n++)
		if (seen(c, n)->ctl & SYN)
			check(c, seen(c, n)->seq == first->seq && seen(c, n)->ack == first->ack,
			      "a repeated SYN does not change the SYN,ACK", .req = "GEN-DUP-SEG");

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

CASE(lost_ack_then_data,
     .req   = "EVT-SYNRCVD-ACK-DATA",
     .title = "text on the segment that completes the handshake is taken at once",
     .lasts = S(3))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN);
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */

	tx(c, ACK, .lost = true);
	const struct seg *text = tx(c, ACK, .len = 10); /* DUT: ESTABLISHED  */
	rx(c, ACK, .ack = EXACT(text->seq + 10), .promise = "the text on the third segment is acknowledged");
	if (has_calls(c))
		dut_has_read(c, 10);
}

CASE(fin_on_the_third_segment,
     .req   = "EVT-SYNRCVD-ACK-FIN",
     .title = "a FIN on the segment that completes the handshake leads to CLOSE-WAIT",
     .lasts = S(3))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN);
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */

	const struct seg *fin = tx(c, FIN | ACK);       /* DUT: CLOSE-WAIT   */
	rx(c, ACK, .after = fin, .free = FIN, .ack = EXACT(fin->seq + 1), .promise = "the early FIN is acknowledged");
	if (has_calls(c))
		dut_told(c, NOTE_EOF);
}

/* Our SYN,ACK comes again because the DUT's ACK was lost. */
CASE(lost_last_ack,
     .req   = "EVT-ESTAB-SYNACK-DUP",
     .title = "a SYN,ACK that comes again is acknowledged again",
     .needs = OPENS, .lasts = S(4))
{
	open_active(c);                                 /* DUT: ESTABLISHED  */

	/* As it was: it knows of nothing that came since. */
	pass(c, S(1));
	tx(c, SYN | ACK, .seq = EXACT(tcb(c)->iss), .ack = EXACT(tcb(c)->irs + 1), .why = "the SYN,ACK again");
	rx(c, ACK, .ack = EXACT(tcb(c)->iss + 1), .len = NO_TEXT);
	data_flows(c);
}

/* ---- text and FIN come early ---------------------------------------------- */

/* Without a cookie of RFC 7413 the text may be queued or has to come again; what
 * is acknowledged at once has to be delivered all the same. */
CASE(syn_with_text,
     .req   = "EVT-LISTEN-SYN-DATA GEN-SYN-PAYLOAD-LEGAL",
     .title = "text on a SYN is no error, and in the end it is taken once",
     .lasts = S(4))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	const struct seg *syn = tx(c, SYN, .len = 10);
	const struct seg *reply = rx(c, SYN | ACK, .req = "GEN-SYN-PAYLOAD-LEGAL");     /* DUT: SYN-RECEIVED */
	check(c, !dut_was_told(c, NOTE_READABLE), "text on a SYN is not delivered before the handshake is complete");

	if (reply->ack == syn->seq + 11) {
		tx(c, ACK);                             /* DUT: ESTABLISHED  */
	} else {
		tx(c, ACK, .seq = EXACT(syn->seq + 1), .len = 10);      /* DUT: ESTABLISHED */
		rx(c, ACK, .ack = EXACT(syn->seq + 11), .promise = "the text on the SYN, repeated, is acknowledged");
	}
	if (has_calls(c))
		dut_has_read(c, 10);
	data_flows(c);
}

CASE(syn_ack_with_text,
     .req   = "EVT-SYNSENT-SYNACK-DATA",
     .title = "text on a SYN,ACK is taken once",
     .needs = OPENS, .lasts = S(4))
{
	dut_connect(c);                                 /* DUT: SYN-SENT     */
	const struct seg *ours = tx(c, SYN | ACK, .len = 10);
	rx(c, ACK);                                     /* DUT: ESTABLISHED  */

	pass(c, S(1));
	tx(c, ACK, .seq = EXACT(ours->seq + 1), .len = 10);
	rx(c, ACK, .ack = EXACT(ours->seq + 11), .promise = "the text on the SYN,ACK, repeated, is acknowledged");
	if (has_calls(c))
		dut_has_read(c, 10);
	data_flows(c);
}

CASE(syn_ack_with_fin,
     .req   = "EVT-SYNSENT-SYNACK-FIN",
     .title = "a FIN on a SYN,ACK, repeated, leads to CLOSE-WAIT",
     .needs = OPENS, .lasts = S(4))
{
	dut_connect(c);                                 /* DUT: SYN-SENT     */
	const struct seg *ours = tx(c, SYN | ACK | FIN);
	rx(c, ACK);                                     /* DUT: ESTABLISHED or CLOSE-WAIT */

	pass(c, S(1));
	tx(c, FIN | ACK, .seq = EXACT(ours->seq + 1));  /* DUT: CLOSE-WAIT   */
	rx(c, ACK, .free = FIN, .ack = EXACT(ours->seq + 2), .promise = "the FIN is acknowledged");
	if (has_calls(c))
		dut_told(c, NOTE_EOF);
}

/* The first segment after the handshake must not look like the SYN,ACK. */
CASE(first_text_has_no_syn,
     .req   = "EVT-SYNRCVD-ACK-OK EVT-ESTAB-SEND",
     .title = "the first text of an accepted connection begins at ISS+1 and carries no SYN",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t iss = tcb(c)->irs;
	dut_send(c, 100);
	const struct seg *text = rx(c, ACK, .seq = EXACT(iss + 1), .req = "EVT-ESTAB-SEND",
	                            .promise = "the first octet has the sequence number ISS+1");
	check(c, text->len == 100, "what fits into one segment is sent in one");
	tx(c, ACK);
	data_flows(c);
}
