/* 3_10_7_4_ack.c: fifth, check the ACK field (RFC 9293 3.10.7.4), in ESTABLISHED:
 * what a segment with no ACK, an old one or one from the future may do.
 *
 * The states that follow are in 3_10_7_4_other_states.c; what a good ACK does is
 * told by the cases of retransmission and of the window. */
#include "harness/case.h"
#include "harness/stimuli.h"

SECTION("9293/3.10.7.4");

/* ---- no ACK ------------------------------------------------------------------------- */

static void no_ack(struct run *c, const void *arg)
{
	const unsigned *ctl = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	tx(c, *ctl, .len = 20, .stay = true, .why = "text without an ACK");
	quiet(c, S(1), .promise = "a segment without an ACK is dropped");

	we_send(c, 20);                                 /* the octets are still to come */
	if (has_calls(c))
		dut_has_read(c, 30);
}

CASE_RECORD(text_without_ack, (&(const unsigned){ 0 }), no_ack, .req = "EVT-ESTAB-NOACK",
            .title = "text without an ACK is dropped", .lasts = S(4))
CASE_RECORD(pushed_text_without_ack, (&(const unsigned){ PSH }), no_ack, .req = "EVT-ESTAB-NOACK",
            .title = "pushed text without an ACK is dropped", .lasts = S(4))

CASE(fin_without_ack_bit,
     .req   = "EVT-ESTAB-FIN-NOACK",
     .title = "a FIN without an ACK is dropped, and the connection goes on",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	fin_without_ack(c, 0);
	quiet(c, S(1), .promise = "a FIN without an ACK is dropped");
	check(c, !dut_was_told(c, NOTE_EOF), "a FIN without an ACK ends no stream");
	data_flows(c);
}

/* ---- an ACK of what was never sent ---------------------------------------------------- */

static void ack_of_the_future(struct run *c, const void *arg)
{
	const int32_t *beyond = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t expected = tcb(c)->snd_nxt;
	tx(c, ACK, .len = 10, .dack = *beyond, .stay = true, .why = "acknowledges what was never sent");
	rx(c, ACK, .ack = EXACT(expected), .len = NO_TEXT,
	   .promise = "an ACK of what was never sent is answered by an ACK, and its text is not taken");
	check(c, !dut_was_told(c, NOTE_READABLE), "text with an unacceptable ACK is not delivered");
	we_send(c, 10);
	if (has_calls(c))
		dut_has_read(c, 10);
}

CASE_RECORD(ack_one_above_snd_nxt, (&(const int32_t){ 1 }), ack_of_the_future, .req = "EVT-ESTAB-ACK-FUTURE",
            .title = "an ACK of one octet too much is answered by an ACK and takes nothing along", .lasts = S(4))
CASE_RECORD(ack_far_above_snd_nxt, (&(const int32_t){ 100000 }), ack_of_the_future, .req = "EVT-ESTAB-ACK-FUTURE",
            .title = "an ACK far above SND.NXT is answered by an ACK and takes nothing along", .lasts = S(4))

CASE(ack_of_the_future_moves_nothing,
     .req   = "EVT-ESTAB-ACK-FUTURE",
     .title = "after an ACK of what was never sent the next text begins where it would have",
     .needs = CALLS, .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t snd_nxt = tcb(c)->rcv_nxt;
	ack_above_snd_nxt(c, 0);
	pass(c, reply_time(c));
	dut_send(c, 100);
	rx(c, ACK, .seq = EXACT(snd_nxt), .len = 100);
	tx(c, ACK);
	data_flows(c);
}

CASE(fin_with_ack_of_the_future,
     .req   = "R5961-FIN-1 EVT-ESTAB-ACK-FUTURE",
     .title = "a FIN with an ACK of what was never sent does not close",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t expected = tcb(c)->snd_nxt;
	tx(c, FIN | ACK, .dack = 100000, .stay = true, .why = "a FIN that acknowledges what was never sent");
	rx(c, ACK, .ack = EXACT(expected), .len = NO_TEXT, .req = "R5961-FIN-1 EVT-ESTAB-ACK-FUTURE");
	check(c, !dut_was_told(c, NOTE_EOF), "such a FIN ends no stream");
	data_flows(c);
}

/* ---- an old ACK ----------------------------------------------------------------------- */

CASE(text_with_old_ack,
     .req   = "EVT-ESTAB-ACK-DUP",
     .title = "text is taken although reordering has made its ACK an old one",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	dut_send(c, 100);
	rx_data(c, 100);
	tx(c, ACK);
	const struct seg *s = tx(c, ACK, .len = 10, .dack = -100, .why = "new text with an ACK from before");
	rx(c, ACK, .ack = EXACT(s->seq + 10));
	dut_has_read(c, 10);
}

/* Below SND.UNA-MAX.SND.WND a stack with RFC 5961 5.2 discards it and sends an
 * ACK; another takes the text and acknowledges it.  A window of 1000 octets was
 * all that it ever had. */
CASE(text_with_ancient_ack,
     .req   = "EVT-ESTAB-ACK-OLD",
     .title = "text with an ACK older than any window is answered by an ACK, never by a reset",
     .needs = CALLS, .lasts = S(30))
{
	tcb(c)->wnd = 1000;
	open_passive(c);                                /* DUT: ESTABLISHED  */
	for (int i = 0; i < 8; i++) {
		dut_send(c, 500);
		rx_data(c, 500, .ack = true);
	}
	const struct seg *s = tx(c, ACK, .len = 10, .dack = -3000, .stay = true, .why = "new text with an ancient ACK");
	const struct seg *reply = rx(c, ACK, .len = NO_TEXT);
	remark(c, "EVT-ESTAB-ACK-OLD", reply->ack == s->seq ? "an ancient ACK is discarded (RFC 5961 5.2)"
	                                                   : "an ancient ACK is ignored and its text taken");
	we_send(c, 10);
	dut_has_read(c, 10);
}
