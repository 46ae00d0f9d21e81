/* 5_2_data.c: blind injection of text (RFC 5961 5.2): the range of an acceptable
 * ACK.  Its upper bound is RFC 9293's own; the lower one is optional. */
#include "harness/case.h"

SECTION("5961/5.2");

CASE(ack_above_range,
     .req   = "R5961-DATA-2",
     .title = "text with an ACK above SND.NXT is discarded and answered by an ACK",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t expected = tcb(c)->snd_nxt;
	tx(c, ACK, .len = 10, .dack = 1, .stay = true, .why = "acknowledges what was never sent");
	rx(c, ACK, .ack = EXACT(expected), .len = NO_TEXT);
	data_flows(c);
}

/* The largest window that the DUT ever had from us is 1000 octets. */
static void send_much(struct run *c)
{
	tcb(c)->wnd = 1000;
	open_passive(c);                                /* DUT: ESTABLISHED  */
	for (int i = 0; i < 8; i++) {
		dut_send(c, 500);
		rx_data(c, 500, .ack = true);
	}
}

CASE(ack_at_lower_bound,
     .req   = "R5961-DATA-1",
     .title = "text with an ACK of SND.UNA-MAX.SND.WND is in the range, and taken",
     .needs = CALLS, .lasts = S(30))
{
	send_much(c);
	const struct seg *s = tx(c, ACK, .len = 10, .dack = -1000, .why = "an ACK at the lower bound of the range");
	rx(c, ACK, .ack = EXACT(s->seq + 10));
	dut_has_read(c, 10);
}

CASE(ack_below_range,
     .req   = "R5961-DATA-3",
     .title = "text with an ACK below SND.UNA-MAX.SND.WND draws an ACK",
     .needs = CALLS, .lasts = S(30))
{
	send_much(c);
	const struct seg *s = tx(c, ACK, .len = 10, .dack = -2000, .stay = true, .why = "an ACK below the range");
	const struct seg *reply = rx(c, ACK, .len = NO_TEXT);
	remark(c, "R5961-DATA-3", reply->ack == s->seq ? "MAX.SND.WND is the largest window that came"
	                                              : "MAX.SND.WND is larger than any window that came, or not looked at");
}
