/* 2_computation.c: the retransmission timeout as it is computed (RFC 6298 2 and 4).
 *
 * We are the round trip time: our ACKs wait as long as the case says.  The timeout
 * is the time between a segment and its first copy, both stamped as they arrive. */
#include "../sender.h"

SECTION("6298/2");

/* The DUT sends 100 octets and we are silent: the time until it sends them again. */
static tick timeout(struct run *c, const char *req)
{
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	const struct seg *again = repeated(c, text, .within = S(10) + dut_slack(c), .req = req,
	                                   .promise = "the first copy");

	tx(c, ACK);
	return again->at - text->at;
}

CASE(first_sample,
     .req   = "R6298-FIRST",
     .title = "the first sample R makes the timeout about 3R",
     .needs = CALLS, .lasts = S(6))
{
	plain(c, 1000);
	open_in(c, MS(600));                            /* below 1 s, the first timeout of the SYN,ACK */
	tick rto = timeout(c, "R6298-FIRST");

	/* A clock that ticks has R to a tick, and the timeout is 3R. */
	check(c, rto >= MS(1500) - 4 * dut_slack(c), "R=0.6 s leads to 1.8 s, not to less than 1.5 s");
	check(c, rto <= MS(2200) + 4 * dut_slack(c), "R=0.6 s leads to 1.8 s, not to more than 2.2 s");
}

CASE(later_samples,
     .req   = "R6298-UPDATE",
     .title = "the timeout follows the samples",
     .needs = CALLS, .lasts = S(18))
{
	plain(c, 1000);
	open_in(c, MS(500));
	for (int n = 0; n < 20; n++)
		exchange_in(c, MS(500));
	tick rto = timeout(c, "R6298-UPDATE");

	check(c, rto > MS(500), "the timeout is longer than the round trip");
	/* A clock that ticks sees a variation of up to one tick, which counts fourfold. */
	check(c, rto <= MS(1200) + 5 * dut_slack(c), "without variation the timeout comes down to SRTT or 1 s");
}

CASE(timeout_grows_with_the_round_trip,
     .req   = "R6298-UPDATE R6298-SAMPLE",
     .title = "a longer round trip makes the timeout longer",
     .needs = CALLS, .lasts = S(30))
{
	plain(c, 1000);
	open_in(c, MS(500));
	for (int n = 0; n < 10; n++)                    /* beyond 1.5 s, the timeout of the first sample */
		exchange_in(c, MS(500) + MS(150) * n);
	for (int n = 0; n < 5; n++)
		exchange_in(c, MS(1850));
	unsigned sent = with_text(c, 0);
	tick rto = timeout(c, "R6298-UPDATE");

	check(c, rto > MS(1850), "the timeout is longer than the round trip", .req = "R6298-UPDATE R6298-SAMPLE");
	check(c, sent == 15, "nothing was repeated before", .req = "R6298-SAMPLE");
}

CASE(no_timeout_below_one_second,
     .req   = "R6298-MIN",
     .title = "a computed timeout below one second is rounded up to it",
     .needs = CALLS, .lasts = S(5))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);
	for (int n = 0; n < 10; n++)
		exchange_in(c, 0);
	check(c, timeout(c, "R6298-MIN") >= MS(950) - dut_slack(c), "the timeout is at least one second");
}

/* Rule 2.5.  The bound of R2 is moved out of the way where it can be. */
CASE(bound_is_a_minute_or_more,
     .req   = "R6298-MAX",
     .title = "the timeout has no bound, or one of at least a minute",
     .needs = CALLS, .lasts = S(280))
{
	plain(c, 1000);
	open_passive(c);
	dut_set(c, OPTION_USER_TIMEOUT, 1800000);
	dut_send(c, 100);
	const struct seg *copy = rx_data(c, 100);
	tick gap = MS(100);

	while (gap < S(57)) {
		const struct seg *next = rx_maybe(c, ACK, .after = copy, .within = 3 * gap + S(4));

		if (!next)
			skip(c, "the DUT gives up (R2) before a bound of its timeout is seen");
		check(c, next->at - copy->at >= gap * 3 / 2 - dut_slack(c) || next->at - copy->at >= S(57),
		      "the interval does not stop growing below a minute");
		gap = next->at - copy->at;
		copy = next;
	}
}

/* Section 4.  An estimator whose variance term vanishes would fire while the ACK
 * that comes as regularly as ever is still due.  SRTT comes from below, and where
 * every second segment is a sample, forty of them leave 4*RTTVAR at 0.01 s. */
CASE(variance_never_vanishes,
     .req   = "R6298-GRAN R6298-EARLY",
     .title = "with a constant round trip the timeout is still longer than it",
     .needs = CALLS, .lasts = S(110))
{
	plain(c, 1000);
	open_in(c, MS(500));
	for (int n = 0; n < 10; n++)
		exchange_in(c, MS(600) + MS(50) * n);
	for (int n = 0; n < 80; n++)
		exchange_in(c, MS(1100));
	check(c, with_text(c, 0) == 90, "nothing is repeated while each ACK comes when it always did",
	      .req = "R6298-GRAN R6298-EARLY");
	check(c, timeout(c, "R6298-GRAN") > MS(1100), "the timeout is longer than the round trip");
}
