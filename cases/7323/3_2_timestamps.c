/* 3_2_timestamps.c: who may answer a timestamp (RFC 7323 3.2). */
#include "harness/case.h"

SECTION("7323/3.2");

static struct opts syn_ack_options(struct run *c, bool timestamps)
{
	struct opts o;

	tcb(c)->ts = timestamps;
	dut_listen(c);                                  /* DUT: LISTEN       */
	const struct seg *syn = tx(c, SYN);
	const struct seg *reply = rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1)); /* DUT: SYN-RECEIVED */
	opt_of(reply, &o);
	if (timestamps && o.ts) {
		struct opts ours;
		opt_of(syn, &ours);
		check(c, o.ts_ecr == ours.ts_val, "the SYN,ACK echoes the timestamp of the SYN");
	}
	return o;
}

CASE(timestamp_offered,
     .req   = "R7323-TS-10",
     .title = "a timestamp on the SYN,ACK echoes that of the SYN",
     .needs = NEEDS_TIMESTAMPS, .lasts = S(3))
{
	if (!syn_ack_options(c, true).ts)
		skip(c, "the DUT does not answer a timestamp");
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

CASE(timestamp_not_offered,
     .req   = "R7323-TS-2",
     .title = "a SYN,ACK carries no timestamp that the SYN did not offer",
     .lasts = S(3))
{
	check(c, !syn_ack_options(c, false).ts, "no timestamp is answered that was not offered");
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}
