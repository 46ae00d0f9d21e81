/* 2_2_window_scale.c: who may answer a window scale (RFC 7323 2.2). */
#include "harness/case.h"

SECTION("7323/2.2");

/* Our SYN offers this shift; -1: none. */
static struct opts syn_ack_options(struct run *c, int shift)
{
	struct opts o = { .ws = shift < 0 };    /* without a SYN,ACK the opposite of what is asked for */

	tcb(c)->ws = shift;
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN);
	pass(c, reply_time(c));                         /* DUT: SYN-RECEIVED */
	if (seen(c, 0))
		opt_of(seen(c, 0), &o);
	return o;
}

CASE(scale_offered,
     .req   = "R7323-WS-2",
     .title = "a window scale on the SYN is answered by one on the SYN,ACK",
     .needs = NEEDS_WINDOW_SCALE, .lasts = S(3))
{
	const struct opts o = syn_ack_options(c, 7);
	check(c, o.ws, "the SYN,ACK offers a window scale too");
	check(c, o.ws_shift <= 14, "the shift is 14 at most");
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

CASE(scale_of_zero_offered,
     .req   = "R7323-WS-2",
     .title = "a window scale of zero on the SYN is answered by one on the SYN,ACK",
     .needs = NEEDS_WINDOW_SCALE, .lasts = S(3))
{
	check(c, syn_ack_options(c, 0).ws, "the SYN,ACK offers a window scale too");
}

CASE(scale_not_offered,
     .req   = "R7323-WS-2",
     .title = "a SYN,ACK carries no window scale that the SYN did not offer",
     .lasts = S(3))
{
	check(c, !syn_ack_options(c, -1).ws, "no window scale is answered that was not offered");
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}
