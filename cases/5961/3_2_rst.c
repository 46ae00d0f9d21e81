/* 3_2_rst.c: blind resets (RFC 5961 3.2).  Whoever has the mitigation must do it
 * so; to have it is recommended. */
#include "harness/case.h"
#include "harness/stimuli.h"

SECTION("5961/3.2");

CASE(rst_outside_window,
     .req   = "R5961-RST-1",
     .title = "a reset just outside the window, on either side, is dropped",
     .lasts = S(5))
{
	/* Without text: what was read may have widened the window without a word. */
	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, RST, .dseq = -1, .why = "a reset just below the window");
	quiet(c, S(1));
	tx(c, RST, .seq = EXACT(right_edge(c) + 1), .why = "a reset just beyond the window");
	quiet(c, S(1));
	alive(c);
}

CASE(rst_at_rcv_nxt,
     .req   = "R5961-RST-2",
     .title = "a reset at RCV.NXT resets",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	tx(c, RST);                                     /* DUT: CLOSED       */
	quiet(c, S(1));
	gone(c);
}

/* Where in the window, in hundredths. */
static void challenged(struct run *c, const void *arg)
{
	const uint32_t *at = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	const uint32_t width = tcb(c)->dut_wnd, expected = tcb(c)->snd_nxt;
	tx(c, RST, .seq = EXACT(expected + 1 + (uint32_t)((uint64_t)(width - 2) * *at / 100)),
	   .why = "a reset inside the window, not at RCV.NXT");
	rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt), .ack = EXACT(expected), .len = NO_TEXT,
	   .promise = "a reset inside the window is challenged");
	alive(c);
	data_flows(c);
}

CASE_RECORD(rst_first_in_window, (&(const uint32_t){ 0 }), challenged, .req = "R5961-RST-3",
            .title = "a reset one octet behind RCV.NXT is challenged", .lasts = S(4))
CASE_RECORD(rst_middle_of_window, (&(const uint32_t){ 50 }), challenged, .req = "R5961-RST-3",
            .title = "a reset in the middle of the window is challenged", .lasts = S(4))
CASE_RECORD(rst_last_in_window, (&(const uint32_t){ 100 }), challenged, .req = "R5961-RST-3",
            .title = "a reset at the last octet of the window is challenged", .lasts = S(4))

static void challenged_across_wrap(struct run *c, const void *arg)
{
	const uint32_t *iss = arg;

	tcb(c)->iss = *iss;
	open_passive(c);                                /* DUT: ESTABLISHED  */
	tx(c, RST, .dseq = 0x100, .why = "a reset inside the window");
	rx(c, ACK, .ack = EXACT(*iss + 1), .len = NO_TEXT, .req = "R5961-RST-3 EVT-ESTAB-SEQ-WRAP");
	data_flows(c);
}

CASE_RECORD(rst_in_window_across_32, (&(const uint32_t){ 0xFFFFFFF0 }), challenged_across_wrap,
            .req = "R5961-RST-3 EVT-ESTAB-SEQ-WRAP",
            .title = "a reset inside a window that lies across 2^32 is challenged", .lasts = S(4))
CASE_RECORD(rst_in_window_across_31, (&(const uint32_t){ 0x7FFFFFF0 }), challenged_across_wrap,
            .req = "R5961-RST-3 EVT-ESTAB-SEQ-WRAP",
            .title = "a reset inside a window that lies across 2^31 is challenged", .lasts = S(4))

CASE(second_rst_after_challenge,
     .req   = "R5961-RST-4",
     .title = "a reset with the number that the challenge gave away is taken",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	tx(c, RST, .dseq = 10, .why = "a reset inside the window, not at RCV.NXT");
	/* A FIN is its application's: one that is told of a reset closes. */
	const struct seg *challenge = rx_maybe(c, ACK);
	if (!challenge || (challenge->ctl & FIN))
		skip(c, "the DUT does not challenge a reset inside the window (RFC 5961 3.2)");
	tx(c, RST, .seq = EXACT(challenge->ack));       /* DUT: CLOSED       */
	quiet(c, S(1));
	gone(c);
}

CASE(rst_in_syn_sent,
     .req   = "R5961-RST-5",
     .title = "in SYN-SENT just a reset that acknowledges the SYN is taken",
     .needs = OPENS, .lasts = S(7))
{
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
	tx(c, RST, .seq = EXACT(0), .why = "a reset that acknowledges nothing");
	quiet(c, S(1), .but = BUT_SYNS);
	tx(c, RST | ACK, .seq = EXACT(0), .ack = EXACT(syn->seq), .why = "a reset that does not acknowledge the SYN");
	quiet(c, S(1), .but = BUT_SYNS);
	check(c, !dut_was_told(c, NOTE_ERROR), "a reset without proof refuses nothing");

	tx(c, RST | ACK, .seq = EXACT(0), .ack = EXACT(syn->seq + 1));  /* DUT: CLOSED */
	/* What it leads to is RFC 9293's: R5961-RST-5 says when it is acceptable. */
	if (has_calls(c))
		dut_told(c, NOTE_ERROR, .req = "EVT-SYNSENT-RST-OK");
	quiet(c, S(4), .promise = "a refused connection sends no SYN again", .req = "EVT-SYNSENT-RST-OK");
}

CASE(no_amplification,
     .req   = "R5961-ACKLOOP",
     .title = "no offending segment draws more than one ACK",
     .lasts = S(12))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	unsigned before = 0, after = 0;
	while (seen(c, before))
		before++;
	for (int i = 0; i < 3; i++) {
		rst_in_window(c, 0);
		pass(c, S(1));
		syn_below_window(c, 0);
		pass(c, S(1));
		ack_above_snd_nxt(c, 0);
		pass(c, reply_time(c));
	}
	while (seen(c, after))
		after++;
	check(c, after - before <= 9, "there are not more replies than stimuli");
}
