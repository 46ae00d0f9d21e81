/* 4_2_syn.c: blind resets by SYN (RFC 5961 4.2): whatever its sequence number, a
 * SYN in a synchronized state draws a challenge ACK. */
#include "harness/case.h"
#include "harness/stimuli.h"

SECTION("5961/4.2");

static void challenged(struct run *c, const void *arg)
{
	const int32_t *at = arg;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	const uint32_t expected = tcb(c)->snd_nxt;
	tx(c, SYN, .seq = EXACT(expected + (uint32_t)*at), .why = "a SYN for a connection that is open");
	rx(c, ACK, .seq = EXACT(tcb(c)->rcv_nxt), .ack = EXACT(expected), .len = NO_TEXT,
	   .promise = "a SYN in a synchronized state is challenged");
	alive(c);
	data_flows(c);
}

#define ROW(name, AT, REQ, TITLE)                                               \
	CASE_RECORD(name, (&(const int32_t){ AT }), challenged, .req = REQ, .title = TITLE, .lasts = S(4))

/*  name                  SEQ-RCV.NXT  requirement     title */
ROW(syn_at_rcv_nxt,            0,      "R5961-SYN-1",  "a SYN at RCV.NXT is challenged")
ROW(syn_in_the_window,       100,      "R5961-SYN-1",  "a SYN inside the window is challenged")
ROW(syn_below_the_window,  -5000,      "R5961-SYN-1",  "a SYN below the window is challenged")
ROW(syn_far_away,     0x40000000,      "R5961-SYN-1",  "a SYN far beyond the window is challenged")
ROW(syn_just_below,           -1,      "R5961-SYN-3",  "a SYN just below RCV.NXT is challenged")

CASE(rst_for_the_challenge,
     .req   = "R5961-SYN-2",
     .title = "the reset that answers the challenge clears the way for the SYN",
     .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	if (has_calls(c))
		dut_told(c, NOTE_ESTABLISHED);          /* of the old one, not of the new */
	const uint32_t old = tcb(c)->snd_nxt;

	reincarnate(c);
	tcb(c)->iss = old + 100;
	const struct seg *syn = tx(c, SYN, .why = "the peer has crashed and opens anew");
	const struct seg *challenge = rx_maybe(c, ACK);
	if (!challenge)
		skip(c, "the DUT does not challenge a SYN inside the window (RFC 5961 4.2)");
	tx(c, RST, .seq = EXACT(challenge->ack));       /* DUT: LISTEN       */
	pass(c, MS(100));
	tx(c, SYN, .seq = EXACT(syn->seq));
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1));   /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}
