/* 4_2_acks.c: ACKs for text that is not in order (RFC 5681 3.2 and 4.2; RFC 9293
 * 3.10.7.4: MUST-58, MUST-59).
 *
 * At once means: before the delayed ACK's timer, which is 40 ms where it is
 * shortest. */
#include "../sender.h"

SECTION("5681/4.2");

static tick at_once(struct run *c)
{
	return MS(30) + dut_slack(c);
}

CASE(gap_is_told_at_once,
     .req   = "R5681-OOO-1 EVT-ESTAB-OOO",
     .title = "each segment above a gap draws a duplicate ACK at once",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	we_send(c, 100);
	for (int n = 1; n <= 3; n++) {
		tx(c, ACK, .dseq = 100 * n, .len = 100);
		rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .within = at_once(c),
		   .req = "R5681-OOO-1 EVT-ESTAB-OOO");
		pass(c, MS(20));
	}
	tx(c, ACK, .len = 400);                         /* the gap and all that may have been dropped */
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "EVT-ESTAB-OOO");
}

CASE(filled_gap_is_told_at_once,
     .req   = "R5681-OOO-2 SHLD-31 EVT-ESTAB-OOO",
     .title = "the segment that fills a gap draws an ACK of all at once",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	we_send(c, 100);
	tx(c, ACK, .dseq = 100, .len = 100);
	pass(c, MS(100));
	const struct seg *filler = tx(c, ACK, .len = 100);
	const struct seg *ack = rx(c, ACK, .req = "R5681-OOO-2");
	check(c, ack->at - filler->at <= at_once(c), "the ACK does not wait", .req = "R5681-OOO-2");
	check(c, ack->ack == tcb(c)->snd_nxt + 100, "what was above the gap was kept",
	      .req = "SHLD-31 EVT-ESTAB-OOO");
	tx(c, ACK, .len = 200);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "EVT-ESTAB-OOO");
	dut_has_read(c, 400, .req = "EVT-ESTAB-OOO");
}

CASE(partly_filled_gap_is_told_at_once,
     .req   = "R5681-OOO-2",
     .title = "a segment that fills a part of a gap draws an ACK at once",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	for (int n = 0; n < 3; n++)
		we_send(c, 100);
	tx(c, ACK, .dseq = 200, .len = 100);
	pass(c, MS(100));
	tx(c, ACK, .len = 100);                         /* 100 are missing still */
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .within = at_once(c));
	tx(c, ACK, .len = 200);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
}

CASE(queued_segments_draw_one_ack,
     .req   = "MUST-59 MUST-58 SHLD-31",
     .title = "a series of queued segments is processed before an ACK is sent",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	we_send(c, 100);
	for (int n = 1; n <= 5; n++)
		tx(c, ACK, .dseq = 100 * n, .len = 100);
	pass(c, MS(100));
	unsigned before = segments(c);

	tx(c, ACK, .len = 100);                         /* the filler       */
	uint32_t end = tcb(c)->snd_nxt + 500;
	bool once = true;

	pass(c, MS(600));
	for (unsigned n = before; seen(c, n); n++)
		once &= seen(c, n)->ack == end || (seen(c, n)->ack == tcb(c)->snd_nxt && !seen(c, before + 1));
	check(c, once && seen(c, before), "one ACK covers the series, or the filler alone, and none stops in the middle",
	      .req = "MUST-59 MUST-58");
	check(c, seen(c, before)->ack == end, "the series was kept", .req = "SHLD-31");
}
