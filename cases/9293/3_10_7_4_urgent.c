/* 3_10_7_4_urgent.c: sixth, check the URG bit (RFC 9293 3.10.7.4), while the DUT
 * has closed its own side and still receives.  ESTABLISHED and CLOSE-WAIT are in
 * 3_8_5_urgent.c. */
#include "harness/case.h"

SECTION("9293/3.10.7.4");

static void urgent(struct run *c, const void *arg)
{
	const enum tcp_state *state = arg;

	reach(c, *state);                               /* DUT: FIN-WAIT-1 or -2 */
	/* In FIN-WAIT-1 the FIN goes on waiting for its ACK. */
	const struct seg *s = tx(c, ACK | URG, .len = 5, .urg = 5, .dack = *state == FIN_WAIT_1 ? -1 : 0);
	rx(c, ACK, .ack = EXACT(s->seq + 5), .free = FIN);
	dut_told(c, NOTE_URGENT);
}

CASE_RECORD(urgent_in_fin_wait_1, (&(const enum tcp_state){ FIN_WAIT_1 }), urgent,
            .req = "EVT-FINWAIT1-URG", .title = "FIN-WAIT-1 tells of urgent text",
            .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
CASE_RECORD(urgent_in_fin_wait_2, (&(const enum tcp_state){ FIN_WAIT_2 }), urgent,
            .req = "EVT-FINWAIT2-URG", .title = "FIN-WAIT-2 tells of urgent text",
            .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
