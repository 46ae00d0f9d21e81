/* 3_6_1_time_wait.c: what the one that closed first does for 2 MSL (RFC 9293
 * 3.6.1, 3.10.7.4 in TIME-WAIT, 3.10.8).
 *
 * The MSL is the declared one, 2 minutes by the RFC.  A segment may restart the
 * timer, so each connection is asked once.  What assassinates TIME-WAIT (RFC
 * 1337) is not here. */
#include "../sender.h"

SECTION("9293/3.6.1");

/* Our FIN again, which TIME-WAIT must acknowledge. */
static void our_fin_is_acked(struct run *c, const char *req)
{
	tx(c, FIN | ACK, .dseq = -1);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = req, .promise = "TIME-WAIT acknowledges our FIN again");
}

CASE(lasts_two_msl,
     .req   = "MUST-13",
     .title = "the side that closed first is in TIME-WAIT for two MSL",
     .needs = CALLS, .lasts = S(240))
{
	static const int percent[] = { 1, 25, 60, 95 };
	tick begun[4], two_msl = 2 * dut_msl(c);

	for (unsigned k = 0; k < 4; k++) {
		use(c, k);
		reach(c, TIME_WAIT);
		begun[k] = now(c);
	}
	for (unsigned k = 0; k < 4; k++) {              /* each is asked at its own age */
		use(c, k);
		pass(c, begun[k] + two_msl * percent[k] / 100 - now(c));
		our_fin_is_acked(c, "MUST-13");
	}
}

CASE(expires,
     .req   = "EVT-TIMEWAIT-EXPIRE",
     .title = "after two MSL nothing is left of the connection",
     .needs = CALLS, .lasts = S(275))
{
	reach(c, TIME_WAIT);
	pass(c, 2 * dut_msl(c) * 11 / 10 + S(1) + dut_slack(c));
	gone(c, .req = "EVT-TIMEWAIT-EXPIRE");          /* DUT: CLOSED      */
}

CASE(acks_the_fin_again,
     .req   = "EVT-TIMEWAIT-FIN",
     .title = "in TIME-WAIT our FIN is acknowledged each time that it comes",
     .needs = CALLS, .lasts = S(6))
{
	reach(c, TIME_WAIT);
	for (int n = 0; n < 3; n++) {
		pass(c, S(1));                          /* beyond any limit of replies */
		our_fin_is_acked(c, "EVT-TIMEWAIT-FIN");
	}
}

CASE(fin_restarts_the_timer,
     .req   = "EVT-TIMEWAIT-RESTART EVT-TIMEWAIT-EXPIRE",
     .title = "a repeated FIN restarts the 2 MSL timer",
     .needs = CALLS, .lasts = S(360))
{
	tick two_msl = 2 * dut_msl(c);

	reach(c, TIME_WAIT);
	use(c, 1);
	reach(c, TIME_WAIT);
	use(c, 0);
	pass(c, two_msl * 8 / 10);
	our_fin_is_acked(c, "EVT-TIMEWAIT-RESTART");
	pass(c, two_msl * 7 / 10);                      /* 1.5 of it since the beginning */
	our_fin_is_acked(c, "EVT-TIMEWAIT-RESTART");
	use(c, 1);                                      /* which nobody disturbed */
	gone(c, .req = "EVT-TIMEWAIT-EXPIRE");
}

CASE(old_syn_opens_nothing,
     .req   = "EVT-TIMEWAIT-SYN-OLD EVT-TIMEWAIT-FIN",
     .title = "a SYN with an old sequence number opens no new connection",
     .needs = CALLS, .lasts = S(5))
{
	reach(c, TIME_WAIT);
	tx(c, SYN, .dseq = -10000, .why = "an old duplicate");
	quiet(c, S(1), .but = BUT_ACKS, .promise = "no SYN,ACK and no reset");
	pass(c, S(1));
	our_fin_is_acked(c, "EVT-TIMEWAIT-FIN");        /* DUT: still TIME-WAIT */
}

/* MAY-2: it may be taken, then above all that was used before.  Our SYN is beyond the
 * window, since in it a TCP that does not follow RFC 5961 sends a reset (3.10.7.4
 * fourth). */
CASE(new_syn_begins_above,
     .req   = "MAY-2 EVT-TIMEWAIT-SYN-NEW R6528-4",
     .title = "a connection reopened from TIME-WAIT begins above the old sequence numbers",
     .needs = CALLS, .lasts = S(4))
{
	reach(c, TIME_WAIT);
	uint32_t ours = tcb(c)->snd_nxt, its = tcb(c)->rcv_nxt;

	pass(c, S(1));
	reincarnate(c);
	tcb(c)->iss = ours + 100000;
	tx(c, SYN);
	quiet(c, MS(300), .but = BUT_ACKS | BUT_SYNS, .no_fence = true,
	      .req = "GEN-RST-CLEAR EVT-TIMEWAIT-SYN-NEW MAY-2", .promise = "a SYN in TIME-WAIT draws no reset");
	const struct seg *reply = last_seen(c);
	if ((reply->ctl & (SYN | ACK)) != (SYN | ACK)) {  /* lawful: challenged, or dropped */
		remark(c, "MAY-2", "does not reopen a connection from TIME-WAIT");
		return;
	}
	check(c, seq_lt(its, reply->seq), "the new ISS is above all that the old incarnation used",
	      .req = "R6528-4 MAY-2 EVT-TIMEWAIT-SYN-NEW");
	remark(c, "MAY-2", "reopens a connection from TIME-WAIT");
	tx(c, ACK);                                     /* DUT: ESTABLISHED */
	data_flows(c);
}
