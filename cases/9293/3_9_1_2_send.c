/* 3_9_1_2_send.c: the SEND call and the push function (RFC 9293 3.9.1.2), for
 * interfaces without a PUSH flag. */
#include "../sender.h"

SECTION("9293/3.9.1.2");

CASE(single_octet_is_not_kept,
     .req   = "MUST-60",
     .title = "one octet is sent without waiting for more",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 1);
	rx_data(c, 1);
	tx(c, ACK);
}

CASE(last_segment_is_pushed,
     .req   = "MUST-61",
     .title = "the segment that empties the queue is pushed",
     .needs = CALLS, .lasts = S(3))
{
	static const uint32_t n[] = { 10, 10240 };

	open_passive(c);                                /* DUT: ESTABLISHED */
	for (int k = 0; k < 2; k++) {
		uint32_t end = tcb(c)->rcv_nxt + n[k];

		dut_send(c, n[k]);
		rx_data(c, n[k], .ack = true);
		tx(c, ACK);
		for (unsigned i = 0; seen(c, i); i++)
			check(c, seen(c, i)->seq + seen(c, i)->len != end || !seen(c, i)->len ||
			      seen(c, i)->ctl & PSH, "the last segment has PSH");
	}
}

CASE(text_leaves_in_full_segments,
     .req   = "SHLD-28",
     .title = "text leaves in segments of full size where it can",
     .needs = CALLS, .lasts = S(3))
{
	unsigned small = 0;

	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 20000);
	rx_data(c, 20000, .ack = true);
	tx(c, ACK);
	for (unsigned n = 0; seen(c, n); n++)
		small += seen(c, n)->len && seen(c, n)->len < longest(c);
	check(c, small <= 1, "no segment but the last is smaller than the longest");
	check(c, longest(c) > 536, "they are larger than those that every host takes, since our MSS is");
}

CASE(small_sends_are_collapsed,
     .req   = "SHLD-27",
     .title = "what many calls have sent leaves together when the window opens",
     .needs = CALLS, .lasts = S(8))
{
	plain(c, 1000);
	tcb(c)->wnd = 2000;
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 1000);
	rx_data(c, 1000, .ack = true);
	tcb(c)->wnd = 0;
	tx(c, ACK);
	pass(c, MS(50));                                /* it has come before there is more to send */
	for (int n = 0; n < 20; n++)
		dut_send(c, 100);
	tcb(c)->wnd = 10000;
	tx(c, ACK);
	unsigned before = segments(c);

	rx_data(c, 2000, .ack = true, .within = S(4));
	tx(c, ACK);
	check(c, with_text(c, before) <= 10, "2000 octets in segments of 1000, not of 100");
}
