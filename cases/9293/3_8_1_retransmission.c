/* 3_8_1_retransmission.c: what the timer sends again (RFC 9293 3.8.1, 3.10.8,
 * and step 5 of 3.10.7.4 as far as the retransmission queue goes).
 *
 * When it does so is RFC 6298: cases/6298.  How much: RFC 5681, cases/5681. */
#include "../sender.h"

SECTION("9293/3.8.1");

CASE(repeats_the_first_segment,
     .req   = "EVT-ESTAB-RTO",
     .title = "the timer repeats the first unacknowledged segment",
     .needs = CALLS, .lasts = S(5))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm(c, 1000);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 3000);
	const struct seg *last = rx_data(c, 3000);
	const struct seg *again = rx(c, ACK, .after = last, .within = copy_within(c, 0));
	check(c, again->seq == first, "the copy begins at SND.UNA");
	tx(c, ACK);
}

CASE(repeats_the_same_octets,
     .req   = "EVT-ESTAB-RTO R2525-4",
     .title = "every copy of a sequence number carries the same octet",
     .needs = CALLS, .lasts = S(12))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm(c, 1000);
	uint32_t first = tcb(c)->rcv_nxt, start = tcb(c)->irs + 1;

	for (int n = 0; n < 3; n++)
		dut_send(c, 333);
	const struct seg *copy = rx_data(c, 999);
	for (unsigned n = 0; n < 3; n++)
		copy = rx(c, ACK, .after = copy, .seq = EXACT(first), .within = copy_within(c, n));
	tx(c, ACK, .dack = -500);                       /* into the middle of a segment */
	pass(c, S(1));
	for (unsigned n = 0; seen(c, n); n++) {
		const struct seg *s = seen(c, n);
		bool same = true;

		for (uint32_t i = 0; i < s->len; i++)
			same &= s->text[i] == pattern_octet(s->seq - start + i);
		check(c, same, "the octets are those that the application has sent", .req = "EVT-ESTAB-RTO R2525-4");
	}
	tx(c, ACK);
}

CASE(repeats_until_acknowledged,
     .req   = "EVT-ESTAB-RTO",
     .title = "a copy that is lost too is followed by the next",
     .needs = CALLS, .lasts = S(20))
{
	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 100);
	const struct seg *copy = rx_data(c, 100);
	for (unsigned n = 0; n < 4; n++)
		copy = repeated(c, copy, .within = copy_within(c, n));
	tx(c, ACK);
	data_flows(c);
}

CASE(acknowledged_segments_are_not_repeated,
     .req   = "EVT-ESTAB-ACK-NEW",
     .title = "an acknowledgment takes the segments that it covers from the queue",
     .needs = CALLS, .lasts = S(6))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm(c, 1000);
	uint32_t third = tcb(c)->rcv_nxt + 2000;

	dut_send(c, 3000);
	rx_data(c, 3000);
	tx(c, ACK, .dack = -1000);
	const struct seg *again = rx(c, ACK, .within = copy_within(c, 0));
	check(c, seq_le(third, again->seq) && seq_lt(again->seq, third + 1000),
	      "only the third segment is repeated");
	tx(c, ACK);
	quiet(c, S(3), .promise = "nothing is repeated when all is acknowledged");
}

CASE(rest_of_a_segment_is_repeated,
     .req   = "EVT-ESTAB-ACK-PARTIAL-SEG",
     .title = "a segment that is acknowledged in part stays in the queue",
     .needs = CALLS, .lasts = S(6))
{
	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 100);
	rx_data(c, 100);
	tx(c, ACK, .dack = -63);
	const struct seg *again = rx(c, ACK, .within = copy_within(c, 0));
	check(c, again->len && seq_le(again->seq, first + 37) && again->seq + again->len == first + 100,
	      "the copy covers all that is not acknowledged");
	tx(c, ACK);
	quiet(c, S(1), .promise = "nothing is repeated when all is acknowledged");
}

/* The acknowledgment takes effect where it stands and not at the end of a flight: it
 * moves the window, and new text follows.  When the 1700 octets of window are used is
 * the sender's own decision (3.8.6.2.1), and until then the timer may repeat the
 * second segment, also whole: only what is "entirely acknowledged" leaves the
 * retransmission queue. */
CASE(ack_inside_a_segment_counts,
     .req   = "EVT-ESTAB-ACK-PARTIAL-SEG",
     .title = "an acknowledgment inside a segment counts for all that lies before it",
     .needs = CALLS, .lasts = S(8))
{
	plain(c, 1000);
	tcb(c)->wnd = 2000;
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm(c, 1000);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 5000);
	uint32_t end = first + flight(c);               /* two segments     */
	uint32_t second = last_seen(c)->seq, una = end - 300;

	tx(c, ACK, .ack = EXACT(una));
	const struct seg *next = rx(c, ACK, .within = copy_within(c, 0),
	                            .promise = "the window is used, or what is missing is repeated");
	check(c, next->seq == end || (seq_le(second, next->seq) && seq_le(next->seq, una) &&
	                              seq_lt(una, next->seq + next->len)),
	      "new text follows, or the one segment that is not acknowledged, or its rest");
	tx(c, ACK);
	rx_data(c, first + 5000 - tcb(c)->rcv_nxt, .ack = true, .within = S(4));
	tx(c, ACK);
}

CASE(lost_in_the_middle,
     .req   = "EVT-ESTAB-RTO EVT-ESTAB-ACK-NEW",
     .title = "a stream with losses arrives whole",
     .needs = CALLS, .lasts = S(20))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm(c, 1000);
	uint32_t lost = tcb(c)->rcv_nxt + longest(c);

	dut_send(c, 4000);
	rx_data(c, 4000);
	tx(c, ACK, .ack = EXACT(lost));                 /* but for the first of it */
	while (seq_lt(lost, tcb(c)->rcv_nxt)) {
		lost += rx(c, ACK, .seq = EXACT(lost), .within = copy_within(c, 1),
		           .promise = "the copy of the next lost segment")->len;
		tx(c, ACK, .ack = EXACT(lost));
	}
	tx(c, ACK);
	data_flows(c);
	check(c, highest(c) == tcb(c)->rcv_nxt, "the stream is whole", .req = "EVT-ESTAB-ACK-NEW");
}

/* RFC 2525 2.14: options make the copy smaller than the sender has reckoned, and a
 * tiny segment with the rest follows. */
CASE(copy_brings_no_tiny_segment,
     .req   = "R2525-14",
     .title = "with options, too, a timeout sends one segment and nothing behind it",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(6))
{
	tcb(c)->mss = 1000;
	tcb(c)->ts = true;
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	if (!tcb(c)->ts_on)
		skip(c, "the DUT does not answer our Timestamps option");
	warm(c, 988);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 988 * 3);
	const struct seg *last = rx_data(c, 988 * 3);
	const struct seg *again = rx(c, ACK, .after = last, .seq = EXACT(first), .within = copy_within(c, 0));
	unsigned before = segments(c);

	check(c, again->len + again->opt_len <= 1000, "the copy fits into our MSS");
	pass(c, MS(100));
	check(c, !with_text(c, before), "nothing follows the copy");
	tx(c, ACK);
}
