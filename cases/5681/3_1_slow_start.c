/* 3_1_slow_start.c: how much is in flight (RFC 5681 3.1): the initial window, slow
 * start, and the one segment after a timeout.
 *
 * Congestion control may be another (RFC 9293, MAY-18): only what is more
 * aggressive than any of them is a failure, so the bounds are upper bounds. */
#include "../sender.h"

SECTION("5681/3.1");

CASE(initial_window,
     .req   = "R5681-IW MUST-19 R5681-SYNACK-NOINC",
     .title = "the first flight is bounded, however large the window",
     .needs = CALLS, .lasts = S(3))
{
	static const uint16_t mss[] = { 536, 1000, 1440 };

	for (unsigned k = 0; k < 3; k++) {
		use(c, k);
		plain(c, mss[k]);
		open_passive(c);
		uint32_t first = tcb(c)->rcv_nxt;
		uint32_t most = 10u * mss[k];           /* RFC 6928; the table of 5681 has less */

		dut_send(c, 60000);
		pass(c, MS(150));                       /* less than any timeout */
		check(c, seq_le(highest(c), first + most), "no more than ten segments are sent",
		      .req = "R5681-IW MUST-19 R5681-SYNACK-NOINC");
		check(c, seq_lt(first, highest(c)), "something is sent");
		tx(c, ACK);
	}
}

CASE(initial_window_without_mss_option,
     .req   = "R2525-3 R5681-IW",
     .title = "the first flight is bounded as well when our SYN has no MSS option",
     .needs = CALLS, .lasts = S(2))
{
	tcb(c)->mss = 0;
	open_passive(c);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 60000);
	pass(c, MS(150));                               /* less than any timeout */
	check(c, seq_le(highest(c), first + 10 * default_mss(c)),
	      "no more than ten segments of the default size are sent", .req = "R2525-3 R5681-IW");
	check(c, seq_lt(first, highest(c)), "something is sent", .req = "R2525-3 R5681-IW");
	tx(c, ACK);
}

/* One loss RFC 6928 forgives; of two, nobody makes light. */
CASE(one_segment_after_a_lost_handshake,
     .req   = "R5681-IW-SYNLOSS",
     .title = "when the SYN,ACK was lost twice the first flight is one segment",
     .needs = CALLS, .lasts = S(10))
{
	plain(c, 1000);
	dut_listen(c);
	tx(c, SYN);
	const struct seg *syn_ack = rx(c, SYN | ACK);   /* DUT: SYN-RECEIVED */

	for (unsigned n = 0; n < 2; n++)
		syn_ack = rx(c, SYN | ACK, .after = syn_ack, .within = copy_within(c, n),
		             .promise = "the SYN,ACK is repeated", .req = "EVT-SYNRCVD-RTO");
	tx(c, ACK);                                     /* DUT: ESTABLISHED */
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 60000);
	pass(c, MS(150));                               /* less than any timeout */
	check(c, highest(c) - first <= longest(c), "no more than one segment is sent");
	check(c, seq_lt(first, highest(c)), "something is sent");
	tx(c, ACK);
}

/* Counted over many ACKs, since a sender may save them up. */
CASE(slow_start_growth,
     .req   = "R5681-SS MUST-19",
     .title = "each ACK of one segment releases two at most",
     .needs = CALLS, .lasts = S(4))
{
	plain(c, 1000);
	open_passive(c);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 60000);
	pass(c, MS(50));
	uint32_t flight = highest(c) - first, smss = longest(c);

	for (uint32_t n = 1; n <= 15 && smss * n <= flight; n++) {
		tx(c, ACK, .ack = EXACT(first + smss * n));
		pass(c, MS(5));
		check(c, seq_le(highest(c), first + flight + 2 * smss * n),
		      "no more is sent than what was acknowledged, twice");
		check(c, seq_le(highest(c), first + 60000), "no more is sent than there is", .req = "MUST-19");
	}
	tx(c, ACK);
}

CASE(ack_division_gains_nothing,
     .req   = "R5681-SS-ABC",
     .title = "ten ACKs for one segment open the window no further than one",
     .needs = CALLS, .lasts = S(4))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 60000);
	pass(c, MS(50));
	uint32_t flight = highest(c) - first, smss = longest(c), piece = smss / 10;

	for (uint32_t n = 1; n <= 20 && piece * n <= flight; n++) {     /* two segments */
		tx(c, ACK, .ack = EXACT(first + piece * n));
		pass(c, MS(1));
	}
	pass(c, MS(20));
	check(c, seq_le(highest(c), first + flight + 5 * smss),
	      "two acknowledged segments release four, and a part of one");
	tx(c, ACK);
}

CASE(one_segment_after_a_timeout,
     .req   = "R5681-RTO-CWND MUST-19 R6298-EARLIEST",
     .title = "a timeout repeats one segment, and its ACK releases two",
     .needs = CALLS, .lasts = S(8))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	warm(c, 1000);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 4000);
	const struct seg *last = rx_data(c, 4000);
	const struct seg *again = rx(c, ACK, .after = last, .within = copy_within(c, 0));
	unsigned before = segments(c);

	check(c, again->seq == first, "the copy begins at SND.UNA", .req = "R6298-EARLIEST");
	pass(c, MS(100));
	check(c, !with_text(c, before), "one segment is sent and not more",
	      .req = "R5681-RTO-CWND MUST-19 R6298-EARLIEST");
	tx(c, ACK, .dack = -3000);
	pass(c, MS(100));
	check(c, with_text(c, before) <= 2, "its acknowledgment releases two segments at most",
	      .req = "R5681-RTO-CWND MUST-19");
	tx(c, ACK);
}

/* Section 4.1: after an idle time longer than the timeout the ACK clock is gone. */
CASE(idle_time_ends_the_window,
     .req   = "R5681-IDLE",
     .title = "after a long idle time sending begins with an initial window again",
     .needs = CALLS, .lasts = S(12))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	dut_send(c, 60000);
	for (int n = 0; n < 20 && tcb(c)->rcv_nxt != tcb(c)->irs + 1 + 60000; n++)
		grow(c, 1);
	uint32_t base = tcb(c)->rcv_nxt;

	if (base != tcb(c)->irs + 1 + 60000)
		inconclusive(c, "the window has not grown in twenty round trips");
	pass(c, S(6));
	dut_send(c, 60000);
	pass(c, MS(100));
	check(c, seq_lt(base, highest(c)), "something is sent");
	check(c, seq_le(highest(c), base + 10 * longest(c)), "no more than ten segments are sent");
	tx(c, ACK);
}
