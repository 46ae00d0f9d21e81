/* 3_5_2_reset.c: when a reset may be sent (RFC 9293 3.5.2), and what makes one
 * valid (3.5.3). */
#include "harness/case.h"
#include "harness/stimuli.h"

SECTION("9293/3.5.2");

/* 3.5.2 group 3: in a synchronized state whatever does not fit is answered by an
 * ACK, and the connection remains. */
static void no_reset(struct run *c, const void *arg)
{
	stimulus *const *send = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 2000 % tcb(c)->dut_mss + 100);
	(*send)(c, tcb(c)->rcv_nxt);
	quiet(c, reply_time(c), .but = BUT_ACKS, .promise = "what does not fit a connection does not end it");
	data_flows(c);
}

static const struct seg *old_ack(struct run *c, uint32_t ack)
{
	return tx(c, ACK, .ack = EXACT(ack - 1), .why = "acknowledges less than before");
}

#define CLEAR(name, STIMULUS, TITLE)                                            \
	CASE_RECORD(name, (&(stimulus *const){ STIMULUS }), no_reset,           \
	            .req = "GEN-RST-CLEAR", .title = TITLE, .lasts = S(4))

/*    name                            stimulus              title */
CLEAR(old_ack_no_reset,               old_ack,              "an old acknowledgment does not end a connection")
CLEAR(future_ack_no_reset,            ack_above_snd_nxt,    "an acknowledgment of what was never sent does not end a connection")
CLEAR(old_text_no_reset,              old_octet,            "old text does not end a connection")
CLEAR(future_text_no_reset,           octet_beyond_window,  "text beyond the window does not end a connection")
CLEAR(no_ack_no_reset,                octet_without_ack,    "text without an ACK does not end a connection")
CLEAR(fin_no_ack_no_reset,            fin_without_ack,      "a FIN without an ACK does not end a connection")
CLEAR(old_syn_no_reset,               syn_below_window,     "a SYN below the window does not end a connection")

/* The old acknowledgment is one that was right once: ISS itself, which acknowledges
 * nothing of the connection, is refused by some together with the text (RFC 5961 5
 * in a narrower reading). */
CASE(old_ack_with_text_no_reset,
     .req   = "GEN-RST-CLEAR",
     .title = "new text with an old acknowledgment does not end a connection",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	dut_send(c, 100);
	rx_data(c, 100);
	tx(c, ACK);
	tx(c, ACK, .len = 10, .dack = -1, .why = "new text with an ACK that is less than before");
	quiet(c, reply_time(c), .but = BUT_ACKS, .promise = "what does not fit a connection does not end it");
	data_flows(c);
}

/* ---- 3.5.3: a valid reset ------------------------------------------------------------- */

CASE(rst_with_text,
     .req   = "SHLD-2",
     .title = "a reset that carries text is a reset",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, RST, .len = 20);                          /* DUT: CLOSED       */
	quiet(c, S(1), .promise = "neither a reset nor its text is answered");
	gone(c);
}

CASE(rst_ack_field_is_not_needed,
     .req   = "EVT-ESTAB-RST-BADACK",
     .title = "a reset counts by its sequence number, whatever it acknowledges",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, RST | ACK, .dack = 100000);               /* DUT: CLOSED       */
	quiet(c, S(1), .promise = "a reset is not answered");
	gone(c);
}
