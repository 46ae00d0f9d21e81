/* 3_10_7_4_syn.c: fourth, check the SYN bit (RFC 9293 3.10.7.4), in ESTABLISHED.
 * The states that follow are in 3_10_7_4_other_states.c, and what RFC 5961 adds
 * is in ../5961/4_2_syn.c. */
#include "harness/case.h"
#include "harness/stimuli.h"

SECTION("9293/3.10.7.4");

/* ---- outside the window: an ACK in every reading ---------------------------------- */

static void syn_outside(struct run *c, const void *arg)
{
	stimulus *const *send = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 100);
	(*send)(c, 0);
	rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt), .ack = EXACT(tcb(c)->snd_nxt), .len = NO_TEXT);
	alive(c);
	data_flows(c);
}

static const struct seg *first_syn(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, SYN, .seq = EXACT(tcb(c)->iss), .why = "the first SYN again");
}

static const struct seg *syn_opposite(struct run *c, uint32_t ack)
{
	(void)ack;
	return tx(c, SYN, .seq = EXACT(tcb(c)->snd_nxt + 0x40000000), .why = "a SYN far beyond the window");
}

#define OUTSIDE(name, STIMULUS, REQ, TITLE)                                     \
	CASE_RECORD(name, (&(stimulus *const){ STIMULUS }), syn_outside,        \
	            .req = REQ, .title = TITLE, .lasts = S(4))

/*      name                     stimulus            requirement           title */
OUTSIDE(syn_below,               syn_below_window,   "EVT-ESTAB-SYN-OUT",  "a SYN below the window draws an ACK and nothing else")
OUTSIDE(syn_beyond,              syn_beyond_window,  "EVT-ESTAB-SYN-OUT",  "a SYN beyond the window draws an ACK and nothing else")
OUTSIDE(syn_far_away,            syn_opposite,       "EVT-ESTAB-SYN-OUT",  "a SYN far beyond the window draws an ACK and nothing else")
OUTSIDE(syn_of_this_connection,  first_syn,          "EVT-ESTAB-SYN-DUP",  "the connection's own SYN, repeated, draws an ACK and nothing else")

/* ---- inside the window --------------------------------------------------------------- */

/* RFC 5961 challenges it, RFC 793 resets: the oracle knows the two ways. */
static void syn_inside(struct run *c, const void *arg)
{
	const int32_t *at = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 100);
	tx(c, SYN, .seq = EXACT(tcb(c)->snd_nxt + (uint32_t)*at), .why = "a SYN inside the window");
	quiet(c, S(1), .but = BUT_ACKS | BUT_RSTS, .promise = "a SYN inside the window begins no second connection");
	old_octet(c, tcb(c)->rcv_nxt);
	pass(c, S(1));
}

CASE_RECORD(syn_at_rcv_nxt, (&(const int32_t){ 0 }), syn_inside, .req = "EVT-ESTAB-SYN-INWIN",
            .title = "a SYN at RCV.NXT begins no second connection", .lasts = S(4))
CASE_RECORD(syn_inside_window, (&(const int32_t){ 100 }), syn_inside, .req = "EVT-ESTAB-SYN-INWIN",
            .title = "a SYN inside the window begins no second connection", .lasts = S(4))
