/* 3_5_1_half_open.c: half-open connections and old duplicates (RFC 9293 3.5.1 and
 * figures 8 to 11): one side has forgotten, and the other finds out. */
#include "cases/sender.h"

SECTION("9293/3.5.1");

/* Figure 9 with this case as TCP Peer A, which has crashed: its SYN draws an ACK
 * that makes no sense, and the reset for it clears the way.  The new SYN is
 * outside the old window, where every reading answers by an ACK. */
CASE(half_open_discovery,
     .req   = "EVT-ESTAB-HALFOPEN",
     .title = "a peer that has forgotten the connection finds out, and opens another",
     .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 10);
	if (has_calls(c))
		dut_told(c, NOTE_ESTABLISHED);          /* of the old one, not of the new */
	const uint32_t expected = tcb(c)->snd_nxt;

	reincarnate(c);
	tcb(c)->iss = expected + 0x40000000;
	const struct seg *syn = tx(c, SYN, .why = "the peer has crashed and opens anew");
	const struct seg *reply = rx(c, ACK, .ack = EXACT(expected),
	                             .promise = "the DUT says which octet it expects");
	tx(c, RST, .seq = EXACT(reply->ack));           /* DUT: LISTEN       */

	pass(c, MS(100));
	tx(c, SYN, .seq = EXACT(syn->seq));
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1));   /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

/* Figure 10: the side that has forgotten is sent text, and resets. */
CASE(half_open_active_side,
     .req   = "EVT-ESTAB-RST-EXACT",
     .title = "text into the void is answered by a reset, and that ends the connection",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	dut_send(c, 100);
	const struct seg *text = rx(c, ACK, .len = 100);
	tx(c, RST, .seq = EXACT(text->ack));            /* DUT: CLOSED       */
	dut_told(c, NOTE_ERROR);
	gone(c);
}

/* Figure 8 with this case as TCP Peer A: the reset for the answer to an old
 * duplicate returns the DUT to LISTEN, and the real SYN finds it there. */
CASE(old_duplicate_syn,
     .req   = "EVT-SYNRCVD-RST MUST-11",
     .title = "an old duplicate SYN is undone by a reset, and the true SYN opens",
     .lasts = S(4))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN, .why = "an old duplicate");
	const struct seg *reply = rx(c, SYN | ACK);     /* DUT: SYN-RECEIVED */
	tx(c, RST, .seq = EXACT(reply->ack));           /* DUT: LISTEN       */

	reincarnate(c);
	const struct seg *syn = tx(c, SYN);
	rx(c, SYN | ACK, .ack = EXACT(syn->seq + 1), .req = "MUST-11",
	   .promise = "a reset in a passive SYN-RECEIVED returns to LISTEN");   /* DUT: SYN-RECEIVED */
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}

/* A new SYN in the window of a half-open connection: back to LISTEN (the letter),
 * a challenge ACK, a reset, a SYN,ACK for the one or the other are all seen.  A
 * correct client resets what it cannot use and tries again; it must get through. */
CASE(new_syn_in_syn_received,
     .req   = "EVT-SYNRCVD-SYN-INWIN",
     .title = "a client that begins anew gets through to one connection",
     .lasts = S(8))
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	tx(c, SYN);
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */
	const uint32_t old = tcb(c)->iss;

	reincarnate(c);
	tcb(c)->iss = old + 101;
	const struct seg *syn = NULL, *reply = NULL;
	for (int tries = 0; tries < 4; tries++) {
		unsigned before = segments(c);

		syn = tries ? tx(c, SYN, .seq = EXACT(syn->seq)) : tx(c, SYN, .why = "the client has begun anew");
		pass(c, S(1));
		reply = segments(c) > before ? last_seen(c) : NULL;
		if (!reply)
			continue;
		if ((reply->ctl & (SYN | ACK)) == (SYN | ACK) && reply->ack == syn->seq + 1)
			break;
		if ((reply->ctl & ACK) && !(reply->ctl & RST))
			tx(c, RST, .seq = EXACT(reply->ack));   /* as SYN-SENT does: DUT: LISTEN */
		reply = NULL;
	}
	check(c, reply, "the new SYN is answered by a SYN,ACK at last");
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
	data_flows(c);
}
