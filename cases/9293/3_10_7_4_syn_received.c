/* 3_10_7_4_syn_received.c: a segment arrives in a passive SYN-RECEIVED (RFC 9293
 * 3.10.7.4).  The handshake itself is in 3_5_open.c, the SYN-RECEIVED of an active
 * OPEN in 3_5_simultaneous_open.c.
 *
 * A listener may keep next to nothing of a half-open connection (RFC 4987), so
 * what counts is that a correct handshake can still be completed, and that
 * nothing else completes it. */
#include "harness/case.h"
#include "harness/stimuli.h"

SECTION("9293/3.10.7.4");

/* ---- first: the sequence number, and what the window drops ------------------------- */

struct row {
	stimulus *send;
	unsigned  but;                  /* tolerated beside a SYN,ACK that repeats */
};

static void still_completes(struct run *c, const void *arg)
{
	const struct row *row = arg;

	reach(c, SYN_RECEIVED);                         /* DUT: SYN-RECEIVED */
	row->send(c, tcb(c)->rcv_nxt);
	quiet(c, S(1), .but = row->but | BUT_SYNS, .promise = "the half-open connection takes it as no answer");
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "it establishes nothing");

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

static const struct seg *text_without_ack(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, PSH, .len = 10, .stay = true, .why = "text without an ACK");
}

#define ROW(name, STIMULUS, BUT, REQ, TITLE)                                    \
	CASE_RECORD(name, (&(const struct row){ STIMULUS, BUT }), still_completes, \
	            .req = REQ, .title = TITLE, .lasts = S(4))

/*  name                         stimulus             but       requirement            title */
ROW(syn_received_old_ack,        empty_below_window,  BUT_ACKS, "EVT-SYNRCVD-SEQ-OLD", "an ACK from below the window does not complete a handshake")
ROW(syn_received_future_ack,     empty_beyond_window, BUT_ACKS, "EVT-SYNRCVD-SEQ-HIGH","an ACK from beyond the window does not complete a handshake")
ROW(syn_received_rst_below,      rst_below_window,    0,        "EVT-SYNRCVD-RST-OUT", "a reset below the window does not end a handshake")
ROW(syn_received_rst_beyond,     rst_beyond_window,   0,        "EVT-SYNRCVD-RST-OUT", "a reset beyond the window does not end a handshake")
ROW(syn_received_text_no_ack,    text_without_ack,    0,        "EVT-SYNRCVD-NOACK",   "text without an ACK does not complete a handshake")
ROW(syn_received_fin_no_ack,     fin_without_ack,     0,        "EVT-SYNRCVD-NOACK",   "a FIN without an ACK does not complete a handshake")

/* ---- second: resets ------------------------------------------------------------------ */

CASE(syn_received_rst,
     .req   = "EVT-SYNRCVD-RST MUST-11",
     .title = "a reset at RCV.NXT returns to LISTEN",
     .lasts = S(14))
{
	reach(c, SYN_RECEIVED);                         /* DUT: SYN-RECEIVED */
	tx(c, RST);                                     /* DUT: LISTEN       */
	quiet(c, S(10), .promise = "after a reset the SYN,ACK is not repeated");
	gone(c);
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "the user is not told of a connection that never was");

	reincarnate(c);
	const struct seg *syn = tx(c, SYN);
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1), .req = "MUST-11", .promise = "the listener still listens");
}

CASE(syn_received_rst_spares_the_listener,
     .req   = "EVT-SYNRCVD-RST",
     .title = "a reset in one handshake leaves the listener to others",
     .lasts = S(4))
{
	reach(c, SYN_RECEIVED);                         /* DUT: SYN-RECEIVED */
	tx(c, RST | ACK);                               /* DUT: LISTEN       */
	pass(c, MS(500));
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "a reset that acknowledges the SYN,ACK completes nothing");

	use_same_port(c, 1);
	tx(c, SYN);
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

/* RFC 5961 challenges it and stays, RFC 793 returns to LISTEN. */
CASE(syn_received_rst_in_window,
     .req   = "EVT-SYNRCVD-RST-INWIN",
     .title = "after a reset inside the window the handshake completes, unless it ended",
     .lasts = S(5))
{
	reach(c, SYN_RECEIVED);                         /* DUT: SYN-RECEIVED */
	rst_in_window(c, 0);
	quiet(c, S(1), .but = BUT_ACKS | BUT_SYNS, .promise = "a reset draws no reset");

	tx(c, ACK);                                     /* DUT: ESTABLISHED or LISTEN */
	if (!rx_maybe(c, RST))
		data_flows(c);
}

/* ---- fifth: the ACK ------------------------------------------------------------------- */

CASE(syn_received_ack_low,
     .req   = "EVT-SYNRCVD-ACK-LOW",
     .title = "an ACK that does not cover the SYN,ACK is reset, and the handshake still completes",
     .lasts = S(4))
{
	reach(c, SYN_RECEIVED);                         /* DUT: SYN-RECEIVED */
	const struct seg *s = tx(c, ACK, .dack = -1, .stay = true, .why = "acknowledges nothing of the SYN,ACK");
	rx(c, RST, .seq = EXACT(s->ack));
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "it establishes nothing");

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

static void ack_high(struct run *c, const void *arg)
{
	const int32_t *beyond = arg;

	reach(c, SYN_RECEIVED);                         /* DUT: SYN-RECEIVED */
	tx(c, ACK, .dack = *beyond, .stay = true, .why = "acknowledges more than the SYN,ACK");
	pass(c, S(1));
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "an ACK of what was never sent establishes nothing");
	tx(c, ACK, .len = 10, .dack = *beyond, .stay = true, .why = "the same with text");
	pass(c, S(1));
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "an ACK of what was never sent establishes nothing");

	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

CASE_RECORD(syn_received_ack_high, (&(const int32_t){ 1 }), ack_high, .req = "EVT-SYNRCVD-ACK-HIGH",
            .title = "an ACK of one octet too much does not complete a handshake", .lasts = S(5))
CASE_RECORD(syn_received_ack_far_high, (&(const int32_t){ 100000 }), ack_high, .req = "EVT-SYNRCVD-ACK-HIGH",
            .title = "an ACK far above SND.NXT does not complete a handshake", .lasts = S(5))

/* ---- sixth, and timeouts (3.10.8) ------------------------------------------------------- */

CASE(syn_received_urgent,
     .req   = "EVT-SYNRCVD-URG",
     .title = "urgent text on the segment that completes the handshake is told",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
{
	reach(c, SYN_RECEIVED);                         /* DUT: SYN-RECEIVED */
	const struct seg *s = tx(c, ACK | URG, .len = 5, .urg = 5);     /* DUT: ESTABLISHED */
	rx(c, ACK, .ack = EXACT(s->seq + 5));
	dut_told(c, NOTE_URGENT);
}

/* Half-open for ever would be an invitation (RFC 4987).  A stack may say so by a
 * reset. */
CASE(syn_received_gives_up,
     .req   = "EVT-SYNRCVD-UTO",
     .title = "a handshake that is never completed is given up",
     .lasts = S(900))
{
	unsigned n = 0;

	reach(c, SYN_RECEIVED);                         /* DUT: SYN-RECEIVED */
	for (const struct seg *s = last_seen(c); s && n < 30; n++)
		s = rx_maybe(c, SYN | ACK, .after = s, .within = S(130));
	check(c, n < 30, "the SYN,ACK is not repeated for ever");
	gone(c);                                        /* DUT: LISTEN       */
}
