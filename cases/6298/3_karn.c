/* 3_karn.c: taking samples (RFC 6298 3): none from what was sent twice. */
#include "../sender.h"

SECTION("6298/3");

/* With a steady round trip of 0.8 s the timeout is about 1 s.  Then one segment is
 * lost, and its copy acknowledged after 0.2 s.  Measured from the copy, that is a
 * sample of 0.2 s; from the first transmission, of 1.2 s: either moves the
 * timeout to 1.3 times the old one.  Without a sample it is the old one, or (rule
 * 5.5 and the note behind 5.7) still twice that. */
CASE(no_sample_from_a_copy,
     .req   = "R6298-KARN MUST-18 R6298-COLLAPSE",
     .title = "the acknowledgment of a segment that was sent twice is no sample",
     .needs = CALLS, .lasts = S(20))
{
	plain(c, 1000);
	open_in(c, MS(800));
	for (int n = 0; n < 12; n++)
		exchange_in(c, MS(800));

	dut_send(c, 100);
	const struct seg *lost = rx_data(c, 100);
	const struct seg *copy = repeated(c, lost, .within = S(3) + dut_slack(c));
	tick rto = copy->at - lost->at;

	pass(c, MS(200));
	tx(c, ACK);                                     /* of which transmission? */
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	const struct seg *again = repeated(c, text, .within = 3 * rto + dut_slack(c),
	                                   .req = "R6298-KARN MUST-18",
	                                   .promise = "the next timeout is at most twice the last");
	tick next = again->at - text->at;

	check(c, (next >= rto * 85 / 100 - dut_slack(c) && next <= rto * 118 / 100 + dut_slack(c)) ||
	      (next >= rto * 17 / 10 - dut_slack(c) && next <= rto * 23 / 10 + dut_slack(c)),
	      "the next timeout is the old one or the backed-off one, and not that of a new sample",
	      .req = "R6298-KARN MUST-18");
	check(c, next >= rto * 17 / 10 - dut_slack(c),
	      "the backed-off timeout is kept until there is a sample", .req = "R6298-COLLAPSE");
	tx(c, ACK);
}
