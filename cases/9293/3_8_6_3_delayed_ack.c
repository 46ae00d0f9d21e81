/* 3_8_6_3_delayed_ack.c: when an ACK is sent (RFC 9293 3.8.6.3): delayed, but less
 * than half a second, and one for every second full segment.
 *
 * What RFC 5681 adds about gaps is in cases/5681.  Stacks answer at once in the
 * beginning of a connection, so the cases that count go through that first; and
 * ours are milliseconds apart, lest the DUT's receive offload merges them. */
#include "../sender.h"

SECTION("9293/3.8.6.3");

CASE(acks_in_half_a_second,
     .req   = "MUST-40 R5681-DACK-1",
     .title = "text is acknowledged in less than half a second",
     .needs = CALLS, .lasts = S(15))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	for (int n = 0; n < 20; n++) {
		const struct seg *text = tx(c, ACK, .len = 50);
		const struct seg *ack = rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt),
		                           .req = "MUST-40 R5681-DACK-1");

		check(c, ack->at - text->at <= MS(520) + dut_slack(c), "the delay is less than 0.5 s",
		      .req = "MUST-40 R5681-DACK-1");
		pass(c, MS(100));
	}
	dut_has_read(c, 20 * 50);
}

/* Twenty segments of the DUT's own MSS, 5 ms apart. */
static unsigned full_segments(struct run *c)
{
	unsigned before = segments(c);

	for (int n = 0; n < 20; n++) {
		tx(c, ACK, .len = tcb(c)->dut_mss);
		pass(c, MS(5));
	}
	pass(c, MS(600));
	return before;
}

static void all_is_acknowledged(struct run *c)
{
	check(c, tcb(c)->snd_una == tcb(c)->snd_nxt, "all is acknowledged", .req = "MUST-40");
}

static void no_ack_covers_more_than_two(struct run *c)
{
	full_segments(c);
	all_is_acknowledged(c);
	uint32_t acked = tcb(c)->snd_nxt;
	unsigned before = full_segments(c);

	all_is_acknowledged(c);
	for (unsigned n = before; seen(c, n); n++) {
		check(c, seq_le(seen(c, n)->ack, acked + 2u * tcb(c)->dut_mss),
		      "each ACK covers two full segments at most", .req = "SHLD-19 R5681-DACK-2");
		acked = seen(c, n)->ack;
	}
}

CASE(acks_every_second_full_segment,
     .req   = "SHLD-19 R5681-DACK-2",
     .title = "two full segments are acknowledged at the latest when the second has come",
     .lasts = S(8))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	no_ack_covers_more_than_two(c);
}

/* No window update comes to its help here. */
CASE(acks_every_second_full_segment_unread,
     .req   = "SHLD-19 R5681-DACK-2",
     .title = "a reader who pauses does not make ACKs rarer",
     .needs = CALLS, .lasts = S(8))
{
	open_passive(c, .paused = true);                /* DUT: ESTABLISHED */
	if (tcb(c)->dut_wnd < 40u * tcb(c)->dut_mss)
		skip(c, "the DUT's window does not hold forty segments");
	no_ack_covers_more_than_two(c);
}

CASE(acks_fewer_than_segments,
     .req   = "SHLD-18",
     .title = "an ACK covers several segments where it can",
     .needs = CALLS, .lasts = S(8))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	full_segments(c);
	all_is_acknowledged(c);
	unsigned before = full_segments(c);

	all_is_acknowledged(c);
	check(c, segments(c) - before < 20, "there are fewer ACKs than segments");
}

CASE(acks_once_for_each_segment,
     .req   = "R5681-ACK-MAX",
     .title = "no segment draws two ACKs",
     .needs = CALLS, .lasts = S(8))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	bool once = true;

	for (unsigned n = full_segments(c) + 1; seen(c, n); n++)
		once &= seen(c, n)->ack != seen(c, n - 1)->ack || seen(c, n)->wnd != seen(c, n - 1)->wnd;
	check(c, once, "each ACK says something new: of the text or of the window");
	all_is_acknowledged(c);
}

CASE(acks_no_acks,
     .req   = "EVT-ESTAB-TEXT-ZERO-ACK",
     .title = "a pure ACK is not acknowledged",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 100);
	rx_data(c, 100);
	for (int n = 0; n < 5; n++) {
		tx(c, ACK);
		pass(c, MS(20));
	}
	quiet(c, S(1), .promise = "no ACK of an ACK");
	check(c, segments(c) == 2, "the SYN,ACK and the text were all that came");
}
