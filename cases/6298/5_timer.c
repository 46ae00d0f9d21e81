/* 5_timer.c: managing the retransmission timer (RFC 6298 5): when it starts, stops,
 * starts anew, and what happens when it expires.
 *
 * The DUT's timeout is measured on a conversation of its own where the stimuli have
 * to be placed by it; the verdict compares times of one conversation.  Rules 5.1
 * to 5.3 are RECOMMENDED; that nothing is sent too early is a MUST. */
#include "../sender.h"

SECTION("6298/5");

/* The timer may tick: each interval is known to a tick, also the one that is
 * doubled. */
static void doubles(struct run *c, unsigned times)
{
	dut_send(c, 100);
	const struct seg *copy = rx_data(c, 100);
	tick gap = 0;

	for (unsigned n = 0; n < times; n++) {
		/* One that never repeats has no timeout that could double. */
		const struct seg *next = repeated(c, copy, .within = copy_within(c, n),
		                                  .req = n ? "R6298-BACKOFF MUST-19" : "EVT-ESTAB-RTO");

		if (gap && gap < S(57)) {
			check(c, next->at - copy->at >= (gap - dut_slack(c)) * 17 / 10 - dut_slack(c),
			      "the timeout doubles each time that it expires",
			      .req = "R6298-BACKOFF MUST-19 R8961-5");
			check(c, next->at - copy->at <= (gap + dut_slack(c)) * 23 / 10 + dut_slack(c),
			      "the timeout only doubles each time that it expires");
		}
		gap = next->at - copy->at;
		copy = next;
	}
	tx(c, ACK);
}

CASE(backs_off,
     .req   = "R6298-BACKOFF MUST-19 R8961-5",
     .title = "the timeout doubles each time that it expires",
     .needs = CALLS, .lasts = S(40))
{
	plain(c, 1000);
	open_passive(c);
	doubles(c, 5);
	data_flows(c);
}

CASE(backs_off_after_longer_round_trips,
     .req   = "R6298-BACKOFF MUST-19 R8961-5",
     .title = "a timeout that was computed from samples doubles as well",
     .needs = CALLS, .lasts = S(45))
{
	plain(c, 1000);
	open_in(c, MS(600));
	exchange_in(c, MS(600));
	doubles(c, 4);
	data_flows(c);
}

CASE(backed_off_timeout_comes_down_again,
     .req   = "R6298-UPDATE R6298-COLLAPSE R6298-KARN",
     .title = "fresh samples take the place of the backed-off timeout",
     .needs = CALLS, .lasts = S(25))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	const struct seg *one = repeated(c, text, .within = copy_within(c, 0));
	tick rto = one->at - text->at;
	const struct seg *two = repeated(c, one, .within = copy_within(c, 1));
	repeated(c, two, .within = copy_within(c, 2));
	tx(c, ACK);                                     /* the timeout is eightfold now */

	for (int n = 0; n < 10; n++)
		exchange_in(c, 0);
	dut_send(c, 100);
	text = rx_data(c, 100);
	one = repeated(c, text, .within = 10 * rto + dut_slack(c));
	check(c, one->at - text->at <= rto * 3 / 2 + dut_slack(c),
	      "ten clean samples bring the timeout back", .req = "R6298-UPDATE R6298-COLLAPSE R6298-KARN");
	tx(c, ACK);
}

CASE(repeats_the_earliest,
     .req   = "R6298-EARLIEST",
     .title = "when the timer expires the earliest unacknowledged segment is sent",
     .needs = CALLS, .lasts = S(6))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	warm(c, 1000);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 4000);
	const struct seg *last = rx_data(c, 4000);
	const struct seg *again = rx(c, ACK, .after = last, .within = copy_within(c, 0));
	check(c, again->seq == first, "the copy begins at SND.UNA");
	tx(c, ACK);
}

/* Round trips of 0.2 and 0.6 s, two of each in turn, since a SEND may overtake the ACK
 * before it, and then only every second segment gives a sample: by (2.3) SRTT comes
 * to 0.4 s and RTTVAR to 0.2 s, so the timeout is more than one second also where it
 * has no floor (2.4). */
CASE(steady_acks_keep_it_from_expiring,
     .req   = "R6298-EARLY",
     .title = "an ACK that is late by less than the timeout comes in time",
     .needs = CALLS, .lasts = S(15))
{
	plain(c, 1000);
	open_in(c, MS(400));
	for (int n = 0; n < 20; n++)
		exchange_in(c, n % 4 < 2 ? MS(200) : MS(600));
	exchange_in(c, MS(900));
	check(c, with_text(c, 0) == 21, "nothing is repeated within 0.9 s");
}

/* The ACKs are 0.6 of a timeout apart, so the last segment is far older than one
 * timeout when the timer, begun anew each time, runs out at last.  What the timeout
 * has become by these samples, the copies after that tell: it doubles for them, or
 * does not double at all, of which backs_off speaks. */
CASE(new_ack_restarts_it,
     .req   = "R6298-START",
     .title = "the timer runs one timeout from the last acknowledgment of new text",
     .needs = CALLS, .lasts = S(40))
{
	tick rto = rto_elsewhere(c, 7);

	plain(c, 1000);
	open_passive(c, .nodelay = true);
	warm(c, 1000);
	dut_send(c, 4000);
	rx_data(c, 4000);
	unsigned before = segments(c);

	for (int left = 3000; left > 0; left -= 1000) {
		pass(c, rto * 6 / 10);
		tx(c, ACK, .dack = -left);
	}
	check(c, segments(c) == before, "the timer does not expire between the ACKs");
	const struct seg *ack = last_sent(c);
	const struct seg *one = rx(c, ACK, .within = 20 * rto + dut_slack(c));
	const struct seg *two = repeated(c, one, .within = 45 * rto + dut_slack(c));
	const struct seg *three = repeated(c, two, .within = 90 * rto + dut_slack(c));
	bool doubles = three->at - two->at > (two->at - one->at) * 3 / 2;
	tick now_rto = doubles ? (two->at - one->at) / 2 : two->at - one->at;

	check(c, one->at - ack->at >= now_rto * 85 / 100 - dut_slack(c), "it does not expire earlier");
	check(c, one->at - ack->at <= now_rto * 115 / 100 + dut_slack(c), "it does not expire later");
	tx(c, ACK);
}

CASE(stops_when_all_is_acknowledged,
     .req   = "R6298-STOP",
     .title = "with nothing outstanding the timer is off",
     .needs = CALLS, .lasts = S(40))
{
	tick rto = rto_elsewhere(c, 7);

	plain(c, 1000);
	open_passive(c, .nodelay = true);
	warm(c, 1000);
	for (int n = 0; n < 3; n++) {
		/* One segment: idle time may have closed the congestion window. */
		dut_send(c, 1000);
		rx_data(c, 1000);
		pass(c, rto * 7 / 10);
		tx(c, ACK);
		quiet(c, 4 * rto, .promise = "what was acknowledged is not sent again");
	}
}

CASE(new_text_does_not_postpone_it,
     .req   = "R6298-NOSHIFT",
     .title = "sending more does not postpone the copy of what is outstanding",
     .needs = CALLS, .lasts = S(12))
{
	tick rto = rto_elsewhere(c, 7);

	plain(c, 1000);
	open_passive(c, .nodelay = true);
	warm(c, 1000);
	dut_send(c, 1);
	const struct seg *first = rx_data(c, 1);

	for (int n = 0; n < 3; n++) {
		pass(c, rto * 3 / 10);
		dut_send(c, 1);
	}
	pass(c, rto * 3 / 10);                          /* 1.2 timeouts since the first */
	const struct seg *again = repeated(c, first, .within = 3 * rto + dut_slack(c));
	check(c, again->at - first->at >= rto * 85 / 100 - dut_slack(c), "the copy does not come earlier");
	check(c, again->at - first->at <= rto * 13 / 10 + dut_slack(c), "the copy comes after one timeout");
	tx(c, ACK);
}

CASE(duplicate_acks_do_not_restart_it,
     .req   = "R6298-DUPACK R6298-START",
     .title = "only an acknowledgment of new text restarts the timer",
     .needs = CALLS, .lasts = S(15))
{
	tick rto = rto_elsewhere(c, 7);

	plain(c, 1000);
	open_passive(c, .nodelay = true);
	warm(c, 1000);
	dut_send(c, 4000);
	const struct seg *last = rx_data(c, 4000);
	uint32_t base = tcb(c)->rcv_nxt - 4000;

	pass(c, rto * 4 / 10);
	tx(c, ACK, .ack = EXACT(base), .why = "the first duplicate");
	pass(c, rto * 4 / 10);
	tx(c, ACK, .ack = EXACT(base), .why = "the second duplicate");
	const struct seg *again = rx(c, ACK, .seq = EXACT(base), .after = last, .within = 3 * rto + dut_slack(c),
	                             .req = "R6298-DUPACK R6298-START");
	check(c, again->at - last->at <= rto * 12 / 10 + dut_slack(c),
	      "the copy comes one timeout after the text", .req = "R6298-DUPACK R6298-START");
	tx(c, ACK);
}

/* Rule 5.7, for the side that waited for the ACK of its SYN,ACK.  From an address of
 * ours that hardly anybody uses, since a host may remember the round trips of
 * earlier connections with the same one (RFC 9040). */
CASE(three_seconds_after_a_lost_syn,
     .req   = "R6298-SYN3S",
     .title = "after a handshake that was repeated the timeout begins at three seconds",
     .needs = CALLS, .lasts = S(12))
{
	dut_listen(c, .nodelay = true);
	use_other_address(c, 1);
	plain(c, 1000);
	tx(c, SYN);
	const struct seg *syn_ack = rx(c, SYN | ACK);   /* DUT: SYN-RECEIVED */
	rx(c, SYN | ACK, .after = syn_ack, .within = copy_within(c, 0),
	   .promise = "the SYN,ACK is repeated");
	tx(c, ACK);                                     /* DUT: ESTABLISHED */
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	const struct seg *again = repeated(c, text, .within = copy_within(c, 1));
	check(c, again->at - text->at >= MS(2700) - dut_slack(c),
	      "the handshake gave no sample, and the timeout is three seconds");
	tx(c, ACK);
}
