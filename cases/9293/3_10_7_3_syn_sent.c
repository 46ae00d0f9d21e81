/* 3_10_7_3_syn_sent.c: a segment arrives in SYN-SENT (RFC 9293 3.10.7.3): what
 * does not open the connection.  What does is in 3_5_open.c and
 * 3_5_simultaneous_open.c. */
#include "harness/case.h"

SECTION("9293/3.10.7.3");

/* A wait that ends well before the SYN is repeated (RFC 6298: 1 s): what we say
 * next must not cross that. */
#define BEFORE_RTO MS(700)

/* The attempt goes on: its SYN is the same, and a good SYN,ACK opens. */
static void still_opens(struct run *c, const struct seg *syn)
{
	for (unsigned n = 0; seen(c, n); n++)
		if (seen(c, n)->ctl & SYN)
			check(c, seen(c, n)->seq == syn->seq, "the attempt goes on with the same SYN");
	tx(c, SYN | ACK, .ack = EXACT(syn->seq + 1));
	rx(c, ACK, .promise = "a good SYN,ACK still opens the connection");     /* DUT: ESTABLISHED */
	data_flows(c);
}

/* ---- first, check the ACK bit ------------------------------------------------- */

struct bad_ack { unsigned ctl; int32_t beyond; };       /* SEG.ACK - ISS */

static void bad_ack(struct run *c, const void *arg)
{
	const struct bad_ack *row = arg;

	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	const struct seg *s = tx(c, row->ctl, .ack = EXACT(syn->seq + (uint32_t)row->beyond), .stay = true,
	                         .why = "acknowledges what the SYN is not");
	rx(c, RST, .seq = EXACT(s->ack), .promise = "an unacceptable ACK is reset");    /* DUT: SYN-SENT */
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "an unacceptable ACK establishes nothing");
	still_opens(c, syn);
}

#define ROW(name, CTL, BEYOND, REQ, TITLE)                                      \
	CASE_RECORD(name, (&(const struct bad_ack){ CTL, BEYOND }), bad_ack,    \
	            .req = REQ, .title = TITLE, .needs = OPENS, .lasts = S(4))

/*  name                  bits       SEG.ACK-ISS  requirement                  title */
ROW(ack_of_iss,           ACK,            0,      "EVT-SYNSENT-ACK-LOW",       "an ACK of ISS is reset, and the attempt goes on")
ROW(ack_far_below,        ACK,        -1000,      "EVT-SYNSENT-ACK-LOW",       "an ACK below ISS is reset, and the attempt goes on")
ROW(text_ack_below,       PSH | ACK,   -500,      "EVT-SYNSENT-ACK-LOW",       "the ACK of an old connection is reset, and the attempt goes on")
ROW(ack_above_snd_nxt,    ACK,            2,      "EVT-SYNSENT-ACK-HIGH",      "an ACK above SND.NXT is reset, and the attempt goes on")
ROW(ack_far_above,        ACK,       100000,      "EVT-SYNSENT-ACK-HIGH",      "an ACK far above SND.NXT is reset, and the attempt goes on")
ROW(syn_ack_of_iss,       SYN | ACK,      0,      "EVT-SYNSENT-SYNACK-BADACK", "a SYN,ACK that acknowledges ISS is reset and opens nothing")
ROW(syn_ack_too_high,     SYN | ACK,    100,      "EVT-SYNSENT-SYNACK-BADACK", "a SYN,ACK that acknowledges too much is reset and opens nothing")

/* ---- second, check the RST bit ------------------------------------------------ */

CASE(refused,
     .req   = "EVT-SYNSENT-RST-OK",
     .title = "a reset that acknowledges the SYN refuses the connection",
     .needs = OPENS, .lasts = S(6))
{
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	tx(c, RST | ACK, .seq = EXACT(0), .ack = EXACT(syn->seq + 1));  /* DUT: CLOSED */
	if (has_calls(c))
		dut_told(c, NOTE_ERROR);
	quiet(c, S(4), .promise = "a refused connection sends no SYN again");
	gone(c);
}

struct bad_rst { unsigned ctl; int32_t beyond; };       /* SEG.ACK - ISS */

static void bad_rst(struct run *c, const void *arg)
{
	const struct bad_rst *row = arg;

	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	tx(c, row->ctl, .seq = EXACT(0), .ack = EXACT(row->ctl & ACK ? syn->seq + (uint32_t)row->beyond : 0),
	   .why = "a reset that does not acknowledge the SYN");
	quiet(c, BEFORE_RTO, .but = BUT_SYNS, .promise = "a reset is never answered");
	check(c, !dut_was_told(c, NOTE_ERROR), "a reset that does not acknowledge the SYN refuses nothing");
	still_opens(c, syn);
}

#define RST_ROW(name, CTL, BEYOND, REQ, TITLE)                                  \
	CASE_RECORD(name, (&(const struct bad_rst){ CTL, BEYOND }), bad_rst,    \
	            .req = REQ, .title = TITLE, .needs = OPENS, .lasts = S(4))

/*      name              bits       SEG.ACK-ISS  requirement               title */
RST_ROW(rst_of_iss,       RST | ACK,      0,      "EVT-SYNSENT-RST-BADACK", "a reset that acknowledges ISS is dropped")
RST_ROW(rst_too_high,     RST | ACK,      2,      "EVT-SYNSENT-RST-BADACK", "a reset that acknowledges too much is dropped")
RST_ROW(rst_without_ack,  RST,            0,      "EVT-SYNSENT-RST-NOACK",  "a reset without an ACK is dropped")

/* ---- fifth, if neither of the SYN or RST bits is set --------------------------- */

struct nothing { unsigned ctl; uint32_t len; };

static void neither(struct run *c, const void *arg)
{
	const struct nothing *row = arg;

	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	tx(c, row->ctl, .len = row->len, .ack = EXACT(row->ctl & ACK ? syn->seq + 1 : 0), .stay = true,
	   .why = "neither SYN nor RST");
	quiet(c, BEFORE_RTO, .but = BUT_SYNS, .promise = "what has neither SYN nor RST is dropped");
	check(c, !dut_was_told(c, NOTE_ESTABLISHED), "what has no SYN establishes nothing");
	still_opens(c, syn);
}

#define NEITHER_ROW(name, CTL, LEN, REQ, TITLE)                                 \
	CASE_RECORD(name, (&(const struct nothing){ CTL, LEN }), neither,       \
	            .req = REQ, .title = TITLE, .needs = OPENS, .lasts = S(4))

/*          name              bits       text  requirement                   title */
NEITHER_ROW(good_ack_alone,   ACK,         0,  "EVT-SYNSENT-ACK-OK-NOSYN",   "a good ACK without a SYN is dropped")
NEITHER_ROW(good_ack_fin,     FIN | ACK,   0,  "EVT-SYNSENT-ACK-OK-NOSYN",   "a FIN with a good ACK and no SYN is dropped")
NEITHER_ROW(no_bit,           0,           0,  "EVT-SYNSENT-NULL",           "a segment without a control bit is dropped")
NEITHER_ROW(fin_alone,        FIN,         0,  "EVT-SYNSENT-NULL",           "a bare FIN is dropped")
NEITHER_ROW(text_alone,       0,          10,  "EVT-SYNSENT-NULL",           "bare text is dropped")

/* ---- calls (3.10.4, 3.10.5) ----------------------------------------------------- */

CASE(close_in_syn_sent,
     .req   = "EVT-SYNSENT-CLOSE",
     .title = "CLOSE in SYN-SENT ends the attempt, and a late SYN,ACK is reset",
     .needs = CALLS, .lasts = S(7))
{
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	dut_close(c);                                   /* DUT: CLOSED       */
	quiet(c, S(5), .but = BUT_RSTS, .promise = "after CLOSE the SYN is not repeated");
	tx(c, SYN | ACK, .why = "the answer to a SYN that is forgotten");
	rx(c, RST, .seq = EXACT(syn->seq + 1));
}

CASE(abort_in_syn_sent,
     .req   = "EVT-SYNSENT-ABORT",
     .title = "ABORT in SYN-SENT ends the attempt without a reset",
     .needs = CALLS, .lasts = S(7))
{
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	dut_abort(c);                                   /* DUT: CLOSED       */
	quiet(c, S(5), .promise = "after ABORT nothing is sent");
	tx(c, SYN | ACK, .why = "the answer to a SYN that is forgotten");
	rx(c, RST, .seq = EXACT(syn->seq + 1));
}
