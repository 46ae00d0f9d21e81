/* 3_10_4_calls.c: CLOSE and ABORT (RFC 9293 3.10.4 and 3.10.5), and SEND when it is
 * too late (3.10.2), in the states that follow ESTABLISHED.
 *
 * What these calls do in SYN-SENT is in 3_10_7_3_syn_sent.c, in SYN-RECEIVED in
 * 3_5_simultaneous_open.c; the closing of a connection is in 3_6_close.c. */
#include "../sender.h"

SECTION("9293/3.10.4");

/* ---- ABORT ------------------------------------------------------------------------------ */

static void aborted(struct run *c, const void *arg)
{
	const enum tcp_state *state = arg;

	reach(c, *state);                               /* DUT: the row's state */
	const uint32_t snd_nxt = tcb(c)->rcv_nxt;
	const struct seg *last = last_sent(c);
	quiet(c, MS(200), .but = *state == FIN_WAIT_1 ? BUT_FINS : 0,
	      .promise = "what was sent has arrived, and there is nothing to say");
	dut_abort(c);                                   /* DUT: CLOSED       */
	rx(c, RST, .free = ACK, .after = last, .within = S(2), .seq = EXACT(snd_nxt),
	   .promise = "an aborted connection says so");
	quiet(c, S(4), .promise = "an aborted connection sends no more");
	gone(c);
}

#define ABORT(name, STATE, REQ, TITLE)                                          \
	CASE_RECORD(name, (&(const enum tcp_state){ STATE }), aborted,          \
	            .req = REQ, .title = TITLE, .needs = CALLS, .lasts = S(7))

/*    name                     state        requirement            title */
ABORT(abort_in_established,    ESTABLISHED, "EVT-ESTAB-ABORT",     "ABORT in ESTABLISHED sends a reset and deletes the connection")
ABORT(abort_in_fin_wait_1,     FIN_WAIT_1,  "EVT-FINWAIT1-ABORT",  "ABORT in FIN-WAIT-1 sends a reset and deletes the connection")
ABORT(abort_in_fin_wait_2,     FIN_WAIT_2,  "EVT-FINWAIT2-ABORT",  "ABORT in FIN-WAIT-2 sends a reset and deletes the connection")
ABORT(abort_in_close_wait,     CLOSE_WAIT,  "EVT-CLOSEWAIT-ABORT", "ABORT in CLOSE-WAIT sends a reset and deletes the connection")

/* The sender's override timer is due when the ABORT is asked for: text may leave
 * before it, and none behind. */
CASE(abort_forgets_the_queue,
     .req   = "EVT-ESTAB-ABORT",
     .title = "ABORT forgets what was queued",
     .needs = CALLS, .lasts = S(8))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, ACK, .wnd = EXACT(100));
	dut_send(c, 20000);
	pass(c, MS(500));
	dut_abort(c);                                   /* DUT: CLOSED       */
	pass(c, MS(100));
	quiet(c, S(5), .promise = "an aborted connection sends no more");
	gone(c);
}

/* ---- SEND and CLOSE after CLOSE ---------------------------------------------------------- */

static void send_after_close(struct run *c, const void *arg)
{
	const enum tcp_state *state = arg;
	struct answer a;

	reach(c, *state);                               /* DUT: FIN-WAIT-1 or -2 */
	check(c, dut_try(c, (struct call){ .kind = CALL_SEND, .n = 10 }, &a) != 0,
	      "SEND after CLOSE is refused");
	quiet(c, S(2), .but = *state == FIN_WAIT_1 ? BUT_FINS : 0, .promise = "no text is sent behind the FIN");
}

static void close_after_close(struct run *c, const void *arg)
{
	const enum tcp_state *state = arg;
	struct answer a;

	reach(c, *state);                               /* DUT: FIN-WAIT-1 or -2 */
	const uint32_t fin = tcb(c)->rcv_nxt - 1;
	dut_try(c, (struct call){ .kind = CALL_SHUTDOWN }, &a);
	quiet(c, S(2), .but = *state == FIN_WAIT_1 ? BUT_FINS : 0, .promise = "a second CLOSE sends nothing new");
	for (unsigned n = 0; seen(c, n); n++)
		check(c, !(seen(c, n)->ctl & FIN) || seen(c, n)->seq == fin, "there is one FIN");
}

#define AFTER(name, BODY, STATE, REQ, TITLE)                                    \
	CASE_RECORD(name, (&(const enum tcp_state){ STATE }), BODY,             \
	            .req = REQ, .title = TITLE, .needs = CALLS, .lasts = S(4))

/*    name                     body               state       requirement           title */
AFTER(send_in_fin_wait_1,      send_after_close,  FIN_WAIT_1, "EVT-FINWAIT1-SEND",  "SEND in FIN-WAIT-1 is refused")
AFTER(send_in_fin_wait_2,      send_after_close,  FIN_WAIT_2, "EVT-FINWAIT2-SEND",  "SEND in FIN-WAIT-2 is refused")
AFTER(close_in_fin_wait_1,     close_after_close, FIN_WAIT_1, "EVT-FINWAIT1-CLOSE", "CLOSE in FIN-WAIT-1 sends no second FIN")
AFTER(close_in_fin_wait_2,     close_after_close, FIN_WAIT_2, "EVT-FINWAIT2-CLOSE", "CLOSE in FIN-WAIT-2 sends no second FIN")

CASE(send_without_connection,
     .req   = "EVT-CLOSED-CALLS",
     .title = "SEND on a connection that a reset has ended is refused, and sends nothing",
     .needs = CALLS, .lasts = S(4))
{
	struct answer a;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	dut_told(c, NOTE_ESTABLISHED);                  /* or nobody could be told of its end */
	tx(c, RST);                                     /* DUT: CLOSED       */
	check(c, reset_was_taken(c), "the reset ends the connection", .req = "EVT-ESTAB-RST-EXACT");
	check(c, dut_try(c, (struct call){ .kind = CALL_SEND, .n = 10 }, &a) != 0,
	      "SEND without a connection is refused");
	quiet(c, S(1), .promise = "nothing is sent without a connection");
}
