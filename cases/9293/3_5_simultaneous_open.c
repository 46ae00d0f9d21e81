/* 3_5_simultaneous_open.c: two SYNs cross (RFC 9293 3.5, figure 7), and what may
 * happen in the SYN-RECEIVED that follows from SYN-SENT.
 *
 * The SYN-RECEIVED of a passive open is in 3_10_7_4_syn_received.c. */
#include "cases/sender.h"

SECTION("9293/3.5");

/* Our SYN offers whatever the DUT's did, so that options are not the matter: they
 * have a case of their own below. */
static void offer_the_same(struct run *c, const struct seg *syn)
{
	struct opts o;

	opt_of(syn, &o);
	tcb(c)->ws = o.ws ? 0 : -1;
	tcb(c)->ts = o.ts;
	tcb(c)->sack = o.sack_perm;
}

/* Figure 7 with this case as TCP Peer B, up to the DUT's SYN,ACK. */
static const struct seg *cross(struct run *c)
{
	offer_the_same(c, dut_connect(c));              /* DUT: SYN-SENT     */
	tx(c, SYN);                                     /* ours crosses it   */
	return rx(c, SYN | ACK);                        /* DUT: SYN-RECEIVED */
}

/* RFC 9293 figure 7 with this case as TCP Peer B: two SYNs cross. */
CASE(simultaneous_open,
     .req   = "MUST-10 EVT-SYNSENT-SYN EVT-SYNSENT-SIMUL-DONE",
     .title = "crossing SYNs lead to one established connection",
     .needs = OPENS, .lasts = S(3))
{
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	offer_the_same(c, syn);
	tx(c, SYN);                                     /* ours crosses it   */

	const struct seg *reply = rx(c, SYN | ACK,      /* DUT: SYN-RECEIVED */
	                             .req = "MUST-10 EVT-SYNSENT-SYN");
	check(c, reply->seq == syn->seq, "the SYN,ACK repeats the DUT's own SYN",
	      .req = "EVT-SYNSENT-SYN");

	tx(c, SYN | ACK, .seq = EXACT(tcb(c)->iss));    /* DUT: ESTABLISHED, or still SYN-RECEIVED (A.2) */
	quiet(c, MS(500), .but = BUT_ACKS | BUT_SYNS, .req = "EVT-SYNSENT-SIMUL-DONE MUST-10",
	      .promise = "the crossing SYN,ACK is not refused");
	data_flows(c);                                  /* begins with our ACK and data: one connection, both ways */
}

CASE(simultaneous_open_ends_by_ack,
     .req   = "EVT-SYNSENT-SIMUL-DONE MUST-10",
     .title = "a bare ACK of the SYN completes a simultaneous open",
     .needs = OPENS, .lasts = S(3))
{
	cross(c);                                       /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	if (has_calls(c))
		dut_told(c, NOTE_ESTABLISHED);
	data_flows(c);
	alive(c, .req = "MUST-10 EVT-SYNSENT-SIMUL-DONE");
}

CASE(simultaneous_open_ends_by_text,
     .req   = "EVT-SYNRCVD-ACK-DATA",
     .title = "text with the ACK that completes a simultaneous open is taken at once",
     .needs = OPENS, .lasts = S(3))
{
	cross(c);                                       /* DUT: SYN-RECEIVED */
	const struct seg *text = tx(c, ACK, .len = 10); /* DUT: ESTABLISHED  */
	rx(c, ACK, .ack = EXACT(text->seq + 10));
	if (has_calls(c))
		dut_has_read(c, 10);
}

CASE(simultaneous_open_ends_by_fin,
     .req   = "EVT-SYNRCVD-ACK-FIN",
     .title = "a FIN with the ACK that completes a simultaneous open leads to CLOSE-WAIT",
     .needs = OPENS, .lasts = S(3))
{
	cross(c);                                       /* DUT: SYN-RECEIVED */
	const struct seg *fin = tx(c, FIN | ACK);       /* DUT: CLOSE-WAIT   */
	rx(c, ACK, .free = FIN, .ack = EXACT(fin->seq + 1));
	if (has_calls(c))
		dut_told(c, NOTE_EOF);
}

CASE(simultaneous_open_lost_syn_ack,
     .req   = "EVT-SYNRCVD-ACTIVE-RTO",
     .title = "the SYN,ACK of a simultaneous open is repeated until it is acknowledged",
     .needs = OPENS, .lasts = S(12))
{
	const struct seg *first = cross(c);             /* DUT: SYN-RECEIVED */
	const struct seg *second = rx(c, SYN | ACK, .after = first, .within = copy_within(c, 0));
	const struct seg *third = rx(c, SYN | ACK, .after = second, .within = copy_within(c, 1));
	check(c, second->seq == first->seq && third->seq == first->seq,
	      "each repetition of the SYN,ACK has the same sequence number");
	check(c, second->ack == first->ack && third->ack == first->ack,
	      "each repetition of the SYN,ACK acknowledges the same");
	check(c, third->at - second->at > (second->at - first->at) * 3 / 2,
	      "the interval between the repetitions grows");

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

/* Our SYN repeats because the DUT's SYN,ACK was lost. */
CASE(simultaneous_open_repeated_syn,
     .req   = "EVT-SYNRCVD-SYN-DUP",
     .title = "a SYN that comes again does not spoil a simultaneous open",
     .needs = OPENS, .lasts = S(4))
{
	const struct seg *first = cross(c);             /* DUT: SYN-RECEIVED */
	tx(c, SYN, .seq = EXACT(tcb(c)->iss));
	quiet(c, S(1), .but = BUT_ACKS | BUT_SYNS,
	      .promise = "a repeated SYN is answered by an ACK or by the SYN,ACK again");
	for (unsigned n = 0; seen(c, n); n++)
		if (seen(c, n)->ctl & SYN)
			check(c, seen(c, n)->seq == first->seq, "a repeated SYN does not begin another connection");

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

/* The text on our SYN is queued, or has to come again. */
CASE(simultaneous_open_syn_with_text,
     .req   = "EVT-SYNSENT-SYN-DATA",
     .title = "text on a crossing SYN is delivered once, and not before the connection is established",
     .needs = OPENS, .lasts = S(4))
{
	offer_the_same(c, dut_connect(c));              /* DUT: SYN-SENT     */
	const struct seg *syn = tx(c, SYN, .len = 10);
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */
	pass(c, MS(500));
	check(c, !dut_was_told(c, NOTE_READABLE), "no text is delivered in SYN-RECEIVED");

	tx(c, ACK, .seq = EXACT(syn->seq + 1), .len = 10);      /* DUT: ESTABLISHED */
	rx(c, ACK, .ack = EXACT(syn->seq + 11), .promise = "the text on the SYN, repeated, is acknowledged");
	if (has_calls(c))
		dut_has_read(c, 10);
}

CASE(simultaneous_open_reset,
     .req   = "EVT-SYNRCVD-ACTIVE-RST MUST-11",
     .title = "a reset in the SYN-RECEIVED of an active OPEN refuses the connection and leaves no listener",
     .needs = OPENS, .lasts = S(8))
{
	cross(c);                                       /* DUT: SYN-RECEIVED */
	tx(c, RST);                                     /* DUT: CLOSED       */
	if (has_calls(c))
		dut_told(c, NOTE_ERROR);
	quiet(c, S(4), .promise = "a refused connection sends no more");
	gone(c);

	reincarnate(c);
	const struct seg *syn = tx(c, SYN);
	rx(c, RST | ACK, .ack = EXACT(syn->seq + 1), .req = "MUST-11",
	   .promise = "after an active OPEN was refused, its port is CLOSED and not LISTEN");
}

CASE(simultaneous_open_syn_in_window,
     .req   = "EVT-SYNRCVD-ACTIVE-SYN",
     .title = "another SYN in the window of a simultaneous open does not begin a second connection",
     .needs = OPENS, .lasts = S(3))
{
	const struct seg *first = cross(c);             /* DUT: SYN-RECEIVED */
	tx(c, SYN, .dseq = 49, .why = "a SYN inside the window of SYN-RECEIVED");
	pass(c, S(1));
	for (unsigned n = 0; seen(c, n); n++)
		if (seen(c, n)->ctl & SYN)
			check(c, !(seen(c, n)->ctl & ACK) || seen(c, n)->ack == first->ack,
			      "a SYN in the window is not answered by a SYN,ACK of its own");
	check(c, last_seen(c)->at > last_sent(c)->at, "a SYN in the window is not ignored");
}

/* The letter resets it; some stacks drop it without a word, which harms nobody as
 * long as the handshake can be completed. */
CASE(simultaneous_open_ack_low,
     .req   = "EVT-SYNRCVD-ACK-LOW",
     .title = "an ACK that does not cover the SYN completes no simultaneous open, and a good one still does",
     .needs = OPENS, .lasts = S(3))
{
	const struct seg *syn_ack = cross(c);           /* DUT: SYN-RECEIVED */
	tx(c, ACK, .dack = -1, .stay = true, .why = "acknowledges nothing of the SYN,ACK");
	if (!rx_maybe(c, RST, .seq = EXACT(syn_ack->seq)))
		remark(c, "EVT-SYNRCVD-ACK-LOW", "an ACK of ISS draws no reset");
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "an ACK of ISS does not establish the connection");
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

CASE(simultaneous_open_ack_high,
     .req   = "EVT-SYNRCVD-ACK-HIGH",
     .title = "an ACK of more than the SYN does not complete a simultaneous open",
     .needs = OPENS, .lasts = S(4))
{
	cross(c);                                       /* DUT: SYN-RECEIVED */
	tx(c, ACK, .dack = 1, .stay = true, .why = "acknowledges more than the SYN,ACK");
	pass(c, S(1));
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "an ACK of what was never sent establishes nothing");

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

/* The FIN may leave at once or when the handshake is complete. */
CASE(simultaneous_open_close,
     .req   = "EVT-SYNRCVD-CLOSE",
     .title = "CLOSE in SYN-RECEIVED ends with a FIN when the handshake is complete",
     .needs = CALLS, .lasts = S(4))
{
	const struct seg *syn_ack = cross(c);           /* DUT: SYN-RECEIVED */
	dut_close(c);                                   /* DUT: FIN-WAIT-1, or soon */
	tx(c, ACK, .ack = EXACT(syn_ack->seq + 1));     /* DUT: FIN-WAIT-1   */
	rx(c, FIN | ACK, .after = syn_ack, .within = S(4), .seq = EXACT(syn_ack->seq + 1));
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2   */
	tx(c, FIN | ACK);                               /* DUT: TIME-WAIT    */
	rx(c, ACK);
}

CASE(simultaneous_open_abort,
     .req   = "EVT-SYNRCVD-ABORT",
     .title = "ABORT in SYN-RECEIVED sends a reset and deletes the connection",
     .needs = CALLS, .lasts = S(7))
{
	const struct seg *syn_ack = cross(c);           /* DUT: SYN-RECEIVED */
	dut_abort(c);                                   /* DUT: CLOSED       */
	rx(c, RST, .free = ACK, .after = syn_ack, .within = S(2), .seq = EXACT(syn_ack->seq + 1),
	   .promise = "an aborted connection says so");
	quiet(c, S(4), .promise = "after the ABORT no SYN,ACK is sent");
	gone(c);
}

CASE(simultaneous_open_send,
     .req   = "EVT-SYNRCVD-SEND",
     .title = "what the user sends in SYN-RECEIVED leaves when the connection is established",
     .needs = CALLS, .lasts = S(4))
{
	cross(c);                                       /* DUT: SYN-RECEIVED */
	struct answer a;
	if (dut_try(c, (struct call){ .kind = CALL_SEND, .n = 100 }, &a) != 0 || a.n == 0)
		skip(c, "the DUT's interface does not queue a SEND in SYN-RECEIVED");
	quiet(c, MS(500), .but = BUT_SYNS, .promise = "no text leaves before the connection is established");

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	rx_data(c, (uint32_t)a.n);
}

/* RFC 7323 2.2 and 3.2: an option goes on the SYN,ACK only if it came on the SYN. */
/* Timestamps it may have: RFC 7323 3.2 allows them on both SYN,ACKs when one of the
 * crossing SYNs has them.  Of window scale 2.2 says nothing alike. */
CASE(simultaneous_open_without_options,
     .req   = "R7323-WS-2",
     .title = "the SYN,ACK of a simultaneous open has no window scale that the crossing SYN did not offer",
     .needs = OPENS, .lasts = S(2))
{
	dut_connect(c);                                 /* DUT: SYN-SENT     */
	tx(c, SYN, .no_opt = true);
	struct opts o;
	opt_of(rx(c, SYN | ACK), &o);                   /* DUT: SYN-RECEIVED */
	check(c, !o.ws, "no window scale is answered that was not offered");
}
