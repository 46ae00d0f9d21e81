/* 3_10_5_calls.c: SEND, CLOSE and ABORT on a connection that is closing, and ABORT
 * on one that is not (RFC 9293 3.10.2, 3.10.4, 3.10.5). */
#include "../sender.h"

SECTION("9293/3.10.5");

/* The DUT's FIN; DUT: FIN-WAIT-1. */
static const struct seg *shut(struct run *c)
{
	open_passive(c);
	dut_shutdown(c);
	return rx(c, FIN | ACK);
}

static void send_is_refused(struct run *c)
{
	unsigned before = segments(c);
	struct answer a;
	int error = dut_try(c, (struct call){ .kind = CALL_SEND, .n = 10 }, &a);

	check(c, error != 0, "a SEND behind the close is refused");
	pass(c, MS(300));
	check(c, !with_text(c, before), "nothing of it is sent");
}

CASE(send_in_fin_wait_1,
     .req   = "EVT-FINWAIT1-SEND",
     .title = "in FIN-WAIT-1 a SEND is refused",
     .needs = CALLS, .lasts = S(2))
{
	shut(c);                                        /* DUT: FIN-WAIT-1  */
	send_is_refused(c);
	tx(c, ACK);
}

CASE(send_in_fin_wait_2,
     .req   = "EVT-FINWAIT2-SEND",
     .title = "in FIN-WAIT-2 a SEND is refused",
     .needs = CALLS, .lasts = S(2))
{
	shut(c);
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	send_is_refused(c);
}

CASE(send_in_closing,
     .req   = "EVT-CLOSING-CALLS",
     .title = "in CLOSING a SEND is refused",
     .needs = CALLS, .lasts = S(3))
{
	const struct seg *fin = shut(c);

	tx(c, FIN | ACK, .ack = EXACT(fin->seq));
	rx(c, ACK);                                     /* DUT: CLOSING     */
	send_is_refused(c);
	tx(c, ACK);
}

/* "An ok response would be acceptable, too, as long as a second FIN is not emitted
 * (the first FIN may be retransmitted, though)." */
CASE(close_in_fin_wait_1,
     .req   = "EVT-FINWAIT1-CLOSE",
     .title = "a second CLOSE sends no second FIN",
     .needs = CALLS, .lasts = S(6))
{
	const struct seg *fin = shut(c);                /* DUT: FIN-WAIT-1  */
	struct answer a;

	dut_try(c, (struct call){ .kind = CALL_CLOSE }, &a);
	repeated(c, fin, .within = S(4) + dut_slack(c));
	for (unsigned n = 0; seen(c, n); n++)
		check(c, !(seen(c, n)->ctl & FIN) || seg_end(seen(c, n)) == fin->seq + 1,
		      "each FIN is the first one");
	tx(c, ACK);
}

CASE(close_in_fin_wait_2,
     .req   = "EVT-FINWAIT2-CLOSE",
     .title = "a second CLOSE does not bring the acknowledged FIN back",
     .needs = CALLS, .lasts = S(4))
{
	struct answer a;

	shut(c);
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	dut_try(c, (struct call){ .kind = CALL_CLOSE }, &a);
	quiet(c, S(2), .promise = "no FIN comes");
}

/* <SEQ=SND.NXT><CTL=RST>, and nothing after it. */
static void abort_resets(struct run *c, uint32_t snd_nxt)
{
	dut_abort(c);
	const struct seg *rst = rx(c, RST);             /* DUT: CLOSED      */
	check(c, rst->seq == snd_nxt, "the reset has SEQ=SND.NXT");
	quiet(c, S(3), .promise = "nothing is sent after the reset");
	gone(c);
}

CASE(abort_in_established,
     .req   = "EVT-ESTAB-ABORT",
     .title = "ABORT resets the connection and forgets what was to be repeated",
     .needs = CALLS, .lasts = S(6))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 100);
	rx_data(c, 100);                                /* say that it was lost */
	abort_resets(c, tcb(c)->rcv_nxt);
}

CASE(abort_in_fin_wait_1,
     .req   = "EVT-FINWAIT1-ABORT",
     .title = "ABORT in FIN-WAIT-1 resets the connection, and the FIN stops",
     .needs = CALLS, .lasts = S(6))
{
	const struct seg *fin = shut(c);                /* DUT: FIN-WAIT-1  */

	abort_resets(c, fin->seq + 1);
}

CASE(abort_in_fin_wait_2,
     .req   = "EVT-FINWAIT2-ABORT",
     .title = "ABORT in FIN-WAIT-2 resets the connection",
     .needs = CALLS, .lasts = S(6))
{
	const struct seg *fin = shut(c);

	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	pass(c, MS(50));
	abort_resets(c, fin->seq + 1);
}

CASE(abort_in_close_wait,
     .req   = "EVT-CLOSEWAIT-ABORT",
     .title = "ABORT in CLOSE-WAIT resets the connection",
     .needs = CALLS, .lasts = S(6))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK);                                     /* DUT: CLOSE-WAIT  */
	abort_resets(c, tcb(c)->rcv_nxt);
}
