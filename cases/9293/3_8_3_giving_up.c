/* 3_8_3_giving_up.c: when retransmission ends (RFC 9293 3.8.3, 3.10.8): R1, R2 and
 * the user timeout.
 *
 * The defaults of real systems are long; their cases run in virtual time, beside
 * shorter ones that set the timeout by a call. */
#include "../sender.h"
#include <errno.h>

SECTION("9293/3.8.3");

CASE(user_timeout_is_kept,
     .req   = "MUST-21 EVT-ESTAB-UTO MUST-20",
     .title = "the application sets R2: the connection is given up after that time",
     .needs = CALLS, .lasts = S(40))
{
	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_set(c, OPTION_USER_TIMEOUT, 10000);
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	const struct note *end = dut_told(c, NOTE_ERROR, .error = ETIMEDOUT, .within = S(30),
	                                  .req = "MUST-21 EVT-ESTAB-UTO");
	unsigned sent = copies(c, text->seq, 0);

	check(c, end->at - text->at >= MS(9500) - dut_slack(c), "it is not given up earlier");
	check(c, sent >= 4, "the text was repeated three times at least", .req = "MUST-20");
	gone(c, .req = "EVT-ESTAB-UTO MUST-20");        /* DUT: CLOSED      */
}

CASE(lives_for_100_seconds,
     .req   = "SHLD-11",
     .title = "by default a connection lives through 100 s without acknowledgment",
     .needs = CALLS, .lasts = S(105))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	pass(c, text->at + S(98) - now(c));
	check(c, !dut_was_told(c, NOTE_ERROR), "the application was not told of an end");
	tx(c, ACK);
	tx(c, ACK, .len = 100);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .promise = "the connection is alive after 98 s");
}

CASE(repeats_for_a_minute,
     .req   = "MUST-20",
     .title = "a minute of silence leads to at least three copies and to no end",
     .needs = CALLS, .lasts = S(70))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	pass(c, S(60));
	check(c, copies(c, text->seq, 0) >= 4, "the text was repeated three times at least");
	check(c, !dut_was_told(c, NOTE_ERROR) && !(last_seen(c)->ctl & RST), "the connection goes on");
	tx(c, ACK);
	tx(c, ACK, .len = 100);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .promise = "the connection is alive after 60 s");
}

/* R2 has no upper bound, and neither have the intervals before it: lwIP takes 38 min. */
CASE(gives_up_at_last,
     .req   = "MUST-20",
     .title = "by default, too, retransmission ends and the application is told",
     .needs = CALLS, .lasts = S(1500))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	dut_told(c, NOTE_ERROR, .error = ETIMEDOUT, .within = S(7200));
	check(c, copies(c, text->seq, 0) >= 4, "the text was repeated three times at least");
	gone(c, .req = "MUST-20");                      /* DUT: CLOSED      */
}

CASE(syn_timeout_is_told,
     .req   = "MUST-22 EVT-SYNSENT-UTO MUST-21",
     .title = "a SYN that nobody answers is repeated, given up, and the application told",
     .needs = CALLS, .lasts = S(45))
{
	dut_preset(c, OPTION_USER_TIMEOUT, 10000);
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT    */
	const struct note *end = dut_told(c, NOTE_ERROR, .error = ETIMEDOUT, .within = S(40),
	                                  .req = "EVT-SYNSENT-UTO");
	unsigned syns = 0;

	for (unsigned n = 0; seen(c, n); n++) {
		check(c, seen(c, n)->seq == syn->seq, "each copy of the SYN has its sequence number");
		syns++;
	}
	check(c, syns >= 3, "the SYN was repeated");
	check(c, end->at - syn->at >= MS(9500) - dut_slack(c), "it is not given up earlier", .req = "MUST-21");
	tx(c, SYN | ACK);                               /* too late         */
	rx(c, RST, .req = "EVT-SYNSENT-UTO", .promise = "nothing is left of the attempt");
}

static bool given_up(struct run *c)
{
	return dut_was_told(c, NOTE_ERROR) || dut_was_told(c, NOTE_EOF) || dut_was_told(c, NOTE_CLOSED);
}

CASE(syn_lives_for_three_minutes,
     .req   = "MUST-23 MUST-22",
     .title = "by default an attempt to connect goes on for three minutes",
     .needs = CALLS, .lasts = S(290))
{
	tick until = dut_connect(c)->at + S(180) - dut_slack(c);        /* DUT: SYN-SENT */

	/* How the end is told is another matter than when it comes. */
	while (now(c) < until && !given_up(c))
		pass(c, until - now(c) < S(1) ? until - now(c) : S(1));
	check(c, !given_up(c), "the attempt lasted for at least three minutes", .req = "MUST-23");
	/* Which error it is called, the text leaves open. */
	dut_told(c, NOTE_ERROR, .within = S(600), .req = "MUST-22");
}
