/* 3_2_fast_retransmit.c: three duplicate ACKs, and what is none (RFC 5681 2, 3.2).
 *
 * Without SACK and timestamps nothing but duplicate ACKs tells a sender of a loss
 * before its timer; what follows an ACK at once is then its answer. */
#include "../sender.h"

SECTION("5681/3.2");

/* Four segments are in flight, and nothing more to send; returns SND.UNA. */
static uint32_t four_in_flight(struct run *c)
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	warm(c, 1000);
	dut_send(c, 4000);
	rx_data(c, 4000);
	return tcb(c)->rcv_nxt - 4000;
}

/* The first flight that has one before it.  In the very first, duplicate ACKs "cover
 * no more than recover", which begins at the ISS: there RFC 6582 3.2 (1) and (2)
 * leave a loss to the timer. */
static uint32_t after_the_first(struct run *c)
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	warm(c, 1000);
	dut_send(c, 300000);
	return arrives(c);
}

CASE(third_duplicate_repeats,
     .req   = "R5681-FR",
     .title = "the third duplicate ACK brings the lost segment at once",
     .needs = CALLS, .lasts = S(3))
{
	uint32_t base = four_in_flight(c);

	for (int n = 0; n < 3; n++)
		tx(c, ACK, .ack = EXACT(base));
	rx(c, ACK, .seq = EXACT(base), .within = MS(100) + dut_slack(c),
	   .promise = "the segment at SND.UNA is repeated before the timer expires");
	tx(c, ACK);
}

CASE(two_duplicates_are_no_loss,
     .req   = "R5681-FR-NOT2",
     .title = "two duplicate ACKs repeat nothing",
     .needs = CALLS, .lasts = S(3))
{
	uint32_t base = four_in_flight(c);
	unsigned before = segments(c);

	for (int n = 0; n < 2; n++)
		tx(c, ACK, .ack = EXACT(base));
	pass(c, MS(100));                               /* less than any timeout */
	check(c, !copies(c, base, before), "the segment at SND.UNA is not repeated");
	tx(c, ACK);
}

/* RFC 3042: text that waits, a window that allows it, and a flight of four. */
CASE(two_duplicates_release_new_text,
     .req   = "R5681-LT R3042-1 R3042-3",
     .title = "each of the first two duplicate ACKs releases one new segment",
     .needs = CALLS, .lasts = S(3))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	dut_send(c, 300000);
	uint32_t flight = arrives(c);

	if (flight < 4000) {
		ack_each(c);
		flight = arrives(c);
	}
	uint32_t base = last_sent(c)->ack, high = highest(c), smss = longest(c);

	for (uint32_t n = 1; n <= 2; n++) {
		tx(c, ACK, .ack = EXACT(base));
		pass(c, MS(20));
		check(c, seq_le(highest(c), high + smss * n), "no more than one segment is released",
		      .req = "R3042-3 R5681-LT");
		check(c, highest(c) == high + smss * n, "one segment is released", .req = "R5681-LT R3042-1");
	}
	tx(c, ACK);
}

CASE(repeats_once_for_each_loss,
     .req   = "R5681-FR R5681-FREC-1",
     .title = "further duplicate ACKs do not bring further copies",
     .needs = CALLS, .lasts = S(4))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	dut_send(c, 300000);
	grow(c, 2);
	arrives(c);                                     /* all but its first */
	uint32_t base = last_sent(c)->ack;
	unsigned before = segments(c);

	for (int n = 0; n < 10; n++)
		tx(c, ACK, .ack = EXACT(base));
	pass(c, MS(60));
	check(c, copies(c, base, before) <= 1, "the segment at SND.UNA is repeated once",
	      .req = "R5681-FR R5681-FREC-1");
	check(c, copies(c, base, before) == 1, "the segment at SND.UNA is repeated", .req = "R5681-FR");
	tx(c, ACK);
}

/* Where the nth segment from `base` ends, as the DUT has cut its text. */
static uint32_t end_of(struct run *c, uint32_t base, unsigned n)
{
	for (unsigned i = 0; n && seen(c, i); i++)
		if (seen(c, i)->len && seen(c, i)->seq == base) {
			base += seen(c, i)->len;
			n--;
		}
	return base;
}

/* RFC 6582 3.2: a partial acknowledgment tells of the next loss. */
CASE(partial_ack_repeats_the_next_loss,
     .req   = "R6582-3",
     .title = "an acknowledgment of a part brings the next lost segment at once",
     .needs = CALLS, .lasts = S(4))
{
	uint32_t flight = after_the_first(c);

	for (int n = 0; n < 4 && flight < 8000; n++) {
		ack_each(c);
		flight = arrives(c);
	}
	if (flight < 8000)
		inconclusive(c, "the flight has not grown to eight segments");
	uint32_t base = last_sent(c)->ack, fourth = end_of(c, base, 3);
	const struct seg *last = last_seen(c);

	for (uint32_t n = 2000; n < flight; n += 1000)
		tx(c, ACK, .ack = EXACT(base));         /* two were lost: the first */
	rx(c, ACK, .after = last, .seq = EXACT(base), .within = MS(100) + dut_slack(c));
	tx(c, ACK, .ack = EXACT(fourth));               /* and the fourth */
	rx(c, ACK, .seq = EXACT(fourth), .within = MS(60) + dut_slack(c),
	   .promise = "the next lost segment follows at once");
	tx(c, ACK);
}

/* Equation 4 halves; other algorithms take less away (RFC 9438: 0.7), but all take
 * something, so this is asked as RFC 6582 asks it.  The flight is the congestion window's here, not our window's. */
CASE(loss_reduces_the_flight,
     .req   = "R6582-5 R5681-SSTHRESH R5681-FREC-2",
     .title = "after a loss the flight is smaller than before",
     .needs = CALLS, .lasts = S(4))
{
	uint32_t flight = after_the_first(c);

	for (int n = 0; n < 4 && flight < 8000; n++) {
		ack_each(c);
		flight = arrives(c);
	}
	if (flight < 8000)
		inconclusive(c, "the flight has not grown to eight segments");
	uint32_t base = last_sent(c)->ack;

	for (uint32_t n = 1000; n < flight; n += 1000)
		tx(c, ACK, .ack = EXACT(base));         /* the first was lost */
	pass(c, MS(30));
	uint32_t sent = highest(c);

	tx(c, ACK);                                     /* the loss is repaired */
	pass(c, MS(30));
	check(c, seq_le(highest(c), sent + flight * 3 / 4 + 1000),
	      "what follows is at most three quarters of the flight before",
	      .req = "R6582-5 R5681-SSTHRESH R5681-FREC-2");
	tx(c, ACK);
}

/* Section 2: what carries text, or another window, is no duplicate. */
CASE(text_is_no_duplicate,
     .req   = "R5681-FR-WND",
     .title = "segments with text that acknowledge the same are no duplicate ACKs",
     .needs = CALLS, .lasts = S(3))
{
	uint32_t base = four_in_flight(c);
	unsigned before = segments(c);

	for (int n = 0; n < 5; n++)
		tx(c, ACK, .ack = EXACT(base), .len = 10);
	pass(c, MS(100));                               /* less than any timeout */
	check(c, !copies(c, base, before), "the segment at SND.UNA is not repeated");
	tx(c, ACK);
}

CASE(window_update_is_no_duplicate,
     .req   = "R5681-FR-WND",
     .title = "window updates that acknowledge the same are no duplicate ACKs",
     .needs = CALLS, .lasts = S(3))
{
	tcb(c)->wnd = 20000;
	uint32_t base = four_in_flight(c);
	unsigned before = segments(c);

	for (uint16_t n = 1; n <= 5; n++)
		tx(c, ACK, .ack = EXACT(base), .wnd = EXACT(20000 + 1000 * n));
	pass(c, MS(100));                               /* less than any timeout */
	check(c, !copies(c, base, before), "the segment at SND.UNA is not repeated");
	tx(c, ACK);
}

CASE(nothing_outstanding_is_no_loss,
     .req   = "R5681-FR-WND EVT-ESTAB-TEXT-ZERO-ACK",
     .title = "with nothing outstanding equal ACKs bring nothing",
     .needs = CALLS, .lasts = S(6))
{
	four_in_flight(c);
	for (int n = 0; n < 6; n++)
		tx(c, ACK);
	quiet(c, S(2), .req = "R5681-FR-WND EVT-ESTAB-TEXT-ZERO-ACK", .promise = "nothing is repeated or acknowledged");
	data_flows(c);
}
