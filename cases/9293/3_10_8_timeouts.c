/* 3_10_8_timeouts.c: timeouts (RFC 9293 3.10.8), as far as there are none.  Those
 * that there are belong to retransmission (3_8_1, 3_8_3) and to TIME-WAIT (3_6_1). */
#include "harness/case.h"

SECTION("9293/3.10.8");

/* A stack may give up an orphan in FIN-WAIT-2; this one has a user who has shut
 * his side and goes on receiving. */
CASE(fin_wait_2_lasts,
     .req   = "EVT-FINWAIT2-IDLE",
     .title = "FIN-WAIT-2 lasts for as long as the user receives",
     .needs = CALLS, .lasts = S(185))
{
	reach(c, FIN_WAIT_2);                           /* DUT: FIN-WAIT-2   */
	quiet(c, S(180), .no_fence = true, .promise = "in FIN-WAIT-2 there is nothing to say");
	tx(c, ACK, .len = 10);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .promise = "FIN-WAIT-2 still takes text");
	dut_has_read(c, 10);
	tx(c, FIN | ACK);                               /* DUT: TIME-WAIT    */
	rx(c, ACK, .promise = "FIN-WAIT-2 takes our FIN");
}
