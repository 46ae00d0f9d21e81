/* 3_10_7_4_reset.c: second, check the RST bit (RFC 9293 3.10.7.4), in
 * ESTABLISHED.  The states that follow are in 3_10_7_4_other_states.c, and what
 * RFC 5961 adds is in ../5961/3_2_rst.c. */
#include "harness/case.h"
#include "harness/stimuli.h"

SECTION("9293/3.10.7.4");

CASE(rst_exact_ends_it,
     .req   = "EVT-ESTAB-RST-EXACT GEN-RST-NOREPLY",
     .title = "a reset at RCV.NXT ends the connection without a word",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, RST);                                     /* DUT: CLOSED       */
	quiet(c, S(1), .req = "GEN-RST-NOREPLY", .promise = "a reset is not answered");
	gone(c);
}

CASE(rst_ack_exact_ends_it,
     .req   = "EVT-ESTAB-RST-EXACT",
     .title = "a reset at RCV.NXT with an ACK ends the connection as well",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, RST | ACK);                               /* DUT: CLOSED       */
	quiet(c, S(1), .promise = "a reset is not answered");
	gone(c);
}

CASE(rst_is_reported,
     .req   = "EVT-ESTAB-RST-EXACT MUST-12",
     .title = "the user is told of a reset by an error, not by an end of the stream",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	dut_told(c, NOTE_ESTABLISHED);                  /* or nobody could be told of its end */
	we_send(c, 10);
	tx(c, RST);                                     /* DUT: CLOSED       */
	dut_told(c, NOTE_ERROR);
	check(c, !dut_was_told(c, NOTE_EOF), "a reset is not reported as an orderly end", .req = "MUST-12");
}

CASE(rst_flushes_the_queue,
     .req   = "EVT-ESTAB-RST-EXACT",
     .title = "after a reset nothing of what was queued is sent",
     .needs = CALLS, .lasts = S(8))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	dut_send(c, 20000);
	rx(c, ACK, .len = ANY_LEN);
	tx(c, RST);                                     /* DUT: CLOSED       */
	pass(c, MS(100));                               /* what was on its way */
	quiet(c, S(5), .promise = "a connection that is reset sends no more");
	gone(c);
}

CASE(rst_after_text,
     .req   = "EVT-ESTAB-RST-EXACT",
     .title = "a reset at RCV.NXT is taken when RCV.NXT has moved",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 100);
	tx(c, RST);                                     /* DUT: CLOSED       */
	quiet(c, S(1), .promise = "a reset is not answered");
	gone(c);
}

/* ---- outside the window ----------------------------------------------------------- */

static void rst_outside(struct run *c, const void *arg)
{
	stimulus *const *send = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 100);
	(*send)(c, tcb(c)->rcv_nxt);
	quiet(c, S(1), .promise = "a reset outside the window is dropped");
	alive(c);
	data_flows(c);
}

static const struct seg *rst_at_last_octet(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, RST, .dseq = -1, .why = "a reset just below the window");
}

static const struct seg *rst_far_below(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, RST, .dseq = -100000, .why = "a reset far below the window");
}

static const struct seg *rst_ack_below(struct run *c, uint32_t ack)
{
	return tx(c, RST | ACK, .dseq = -1, .ack = EXACT(ack), .why = "a reset just below the window");
}

static const struct seg *rst_opposite(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, RST, .seq = EXACT(tcb(c)->snd_nxt + 0x80000000), .why = "a reset half the sequence space away");
}

#define OUTSIDE(name, STIMULUS, REQ, TITLE)                                     \
	CASE_RECORD(name, (&(stimulus *const){ STIMULUS }), rst_outside,        \
	            .req = REQ, .title = TITLE, .lasts = S(4))

/*      name                     stimulus           requirement           title */
OUTSIDE(rst_just_below,          rst_at_last_octet, "EVT-ESTAB-RST-LOW",  "a reset just below the window is dropped")
OUTSIDE(rst_ack_just_below,      rst_ack_below,     "EVT-ESTAB-RST-LOW",  "a reset with an ACK just below the window is dropped")
OUTSIDE(rst_below,               rst_below_window,  "EVT-ESTAB-RST-LOW",  "a reset below the window is dropped")
OUTSIDE(rst_far_below_window,    rst_far_below,     "EVT-ESTAB-RST-LOW",  "a reset far below the window is dropped")
OUTSIDE(rst_beyond,              rst_beyond_window, "EVT-ESTAB-RST-HIGH", "a reset beyond the window is dropped")
OUTSIDE(rst_half_space_away,     rst_opposite,      "EVT-ESTAB-RST-HIGH", "a reset half the sequence space away is dropped")

/* ---- inside the window -------------------------------------------------------------- */

/* RFC 5961 challenges it, RFC 793 resets: the oracle knows the two ways.  An old
 * octet then shows which it was. */
static void rst_inside(struct run *c, const void *arg)
{
	const bool *last = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 100);
	if (*last)
		tx(c, RST, .seq = EXACT(tcb(c)->snd_una + tcb(c)->dut_wnd - 1), .why = "a reset at the last octet of the window");
	else
		rst_in_window(c, 0);
	quiet(c, S(1), .but = BUT_ACKS, .promise = "a reset draws no reset");
	old_octet(c, tcb(c)->rcv_nxt);
	pass(c, S(1));
}

CASE_RECORD(rst_inside_first, (&(const bool){ false }), rst_inside, .req = "EVT-ESTAB-RST-INWIN",
            .title = "a reset inside the window is challenged", .lasts = S(4))
CASE_RECORD(rst_inside_last, (&(const bool){ true }), rst_inside, .req = "EVT-ESTAB-RST-INWIN",
            .title = "a reset at the last octet of the window is challenged", .lasts = S(4))
