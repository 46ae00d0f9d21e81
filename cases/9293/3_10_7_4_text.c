/* 3_10_7_4_text.c: what arrives is what was sent (RFC 9293 3.10.7.4 step 7, and the
 * trimming and holding of its first step): text in pieces, twice, overlapping and
 * out of order, compared octet by octet with what the application has read.
 *
 * Which segments are acceptable at all is judged elsewhere. */
#include "../sender.h"

SECTION("9293/3.10.7.4");

CASE(text_of_any_length,
     .req   = "EVT-ESTAB-TEXT",
     .title = "text of odd and even lengths, pushed or not, is delivered and acknowledged",
     .needs = CALLS, .lasts = S(10))
{
	static const uint32_t len[] = { 1, 2, 3, 10, 255, 256, 257, 535, 1001, 1, 1220 };
	uint64_t sent = 0;

	open_passive(c);                                /* DUT: ESTABLISHED */
	for (unsigned n = 0; n < sizeof len / sizeof *len; n++) {
		sent += len[n];
		tx(c, n % 2 ? ACK | PSH : ACK, .len = len[n]);
		rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	}
	dut_has_read(c, sent);
}

CASE(text_that_comes_twice,
     .req   = "GEN-DUP-SEG EVT-ESTAB-TEXT",
     .title = "text that comes twice is delivered once",
     .needs = CALLS, .lasts = S(8))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	for (int n = 0; n < 10; n++) {
		tx(c, ACK, .len = 100);
		tx(c, ACK, .len = 100, .dseq = -100);
		rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "GEN-DUP-SEG");
	}
	dut_has_read(c, 1000, .req = "GEN-DUP-SEG EVT-ESTAB-TEXT");
}

CASE(acknowledgments_never_go_back,
     .req   = "EVT-ESTAB-TEXT GEN-DUP-SEG",
     .title = "old and early text does not take an acknowledgment back",
     .needs = CALLS, .lasts = S(6))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	we_send(c, 300);
	tx(c, ACK, .len = 100, .dseq = -300);
	rx(c, ACK);
	tx(c, ACK, .len = 100, .dseq = 100);
	tx(c, ACK, .len = 100);
	rx(c, ACK, .req = "EVT-ESTAB-TEXT");
	tx(c, ACK, .len = 100);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "GEN-DUP-SEG");
	for (unsigned n = 1; seen(c, n); n++)
		check(c, seq_le(seen(c, n - 1)->ack, seen(c, n)->ack), "no ACK is below the one before");
	dut_has_read(c, 500);
}

CASE(text_in_any_order,
     .req   = "GEN-REORDER EVT-ESTAB-OOO",
     .title = "text that comes in any order is delivered in its own",
     .needs = CALLS, .lasts = S(8))
{
	static const int order[] = { 3, 1, 4, 9, 5, 2, 6, 8, 7, 0 };

	open_passive(c);                                /* DUT: ESTABLISHED */
	for (int n = 0; n < 10; n++) {
		tx(c, ACK, .dseq = 100 * order[n], .len = 100);
		pass(c, MS(2));
	}
	for (int n = 1; n < 10; n++)                    /* what the DUT may have dropped */
		tx(c, ACK, .len = 100);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "GEN-REORDER");
	dut_has_read(c, 1000, .req = "GEN-REORDER EVT-ESTAB-OOO");
}

CASE(text_above_a_gap_waits,
     .req   = "EVT-ESTAB-OOO EVT-ESTAB-TEXT",
     .title = "text above a gap is not delivered before the gap is filled",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	we_send(c, 10);
	tx(c, ACK, .dseq = 10, .len = 10);
	pass(c, MS(300));
	dut_has_read(c, 10, .req = "EVT-ESTAB-OOO EVT-ESTAB-TEXT");
	tx(c, ACK, .len = 20);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	dut_has_read(c, 30, .req = "EVT-ESTAB-OOO EVT-ESTAB-TEXT");
}

/* The old prefix has other octets this time: they have been read already. */
CASE(text_with_an_old_beginning,
     .req   = "EVT-ESTAB-SEQ-4-LEFT",
     .title = "of text that begins below the window only the new part is delivered",
     .needs = CALLS, .lasts = S(3))
{
	static uint8_t mixed[30];

	open_passive(c);                                /* DUT: ESTABLISHED */
	we_send(c, 100);
	for (unsigned i = 0; i < 30; i++)
		mixed[i] = i < 10 ? 'x' : pattern_octet(90 + i);
	tx(c, ACK, .dseq = -10, .len = 30, .text = mixed, .why = "ten old octets, and other ones");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt + 20));
	tx(c, ACK, .len = 40);                          /* twenty old, twenty new */
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	dut_has_read(c, 140);
}

CASE(text_that_overlaps_above_a_gap,
     .req   = "EVT-ESTAB-OOO EVT-ESTAB-SEQ-4-LEFT",
     .title = "overlapping pieces above a gap come together as one stream",
     .needs = CALLS, .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	uint32_t start = tcb(c)->snd_nxt;

	tx(c, ACK, .dseq = 30, .len = 10);
	tx(c, ACK, .dseq = 15, .len = 20);
	tx(c, ACK, .dseq = 10, .len = 30);
	tx(c, ACK, .dseq = 25, .len = 5);
	pass(c, MS(50));
	tx(c, ACK, .len = 25);                          /* the gap and more */
	const struct seg *ack = rx(c, ACK, .after = last_sent(c));
	check(c, seq_le(start + 25, ack->ack) && seq_le(ack->ack, start + 40),
	      "the acknowledgment is inside what was sent");
	tx(c, ACK, .len = 25);                          /* what the DUT may have dropped, and ten more */
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "EVT-ESTAB-OOO EVT-ESTAB-SEQ-4-LEFT");
	dut_has_read(c, 50, .req = "EVT-ESTAB-OOO EVT-ESTAB-SEQ-4-LEFT");
}

CASE(text_that_overlaps_is_kept,
     .req   = "SHLD-31 EVT-ESTAB-OOO",
     .title = "pieces above a gap are kept, and the filler makes all of them count",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, ACK, .dseq = 30, .len = 10);
	tx(c, ACK, .dseq = 20, .len = 10);
	tx(c, ACK, .dseq = 10, .len = 10);
	pass(c, MS(50));
	tx(c, ACK, .len = 25);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt + 15), .req = "SHLD-31 EVT-ESTAB-OOO");
	dut_has_read(c, 40);
}

CASE(text_across_the_wrap,
     .req   = "EVT-ESTAB-SEQ-WRAP",
     .title = "sequence numbers wrap in the middle of a stream, in order and out of it",
     .needs = CALLS, .lasts = S(6))
{
	tcb(c)->iss = 0xffffff00;
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, ACK, .len = 100);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	tx(c, ACK, .dseq = 100, .len = 100);            /* crosses zero      */
	tx(c, ACK, .len = 100);
	rx(c, ACK);
	tx(c, ACK, .len = 400);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	tx(c, ACK, .dseq = -500, .len = 300);           /* old, below zero   */
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	we_send(c, 400);
	dut_has_read(c, 1000);
}

/* Behind a CLOSE after which nobody reads it may as well be reset (SHLD-3), and there
 * the row of LAST-ACK takes both; behind a SHUTDOWN just one thing is lawful. */
CASE(text_behind_our_fin,
     .req   = "EVT-LASTACK-TEXT",
     .title = "LAST-ACK after SHUTDOWN ignores text behind our FIN",
     .needs = CALLS, .lasts = S(8))
{
	reach(c, CLOSE_WAIT);
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: LAST-ACK    */
	tx(c, ACK | PSH, .len = 10, .dack = -1, .stay = true, .why = "text behind our FIN");
	quiet(c, S(1), .but = BUT_ACKS | BUT_FINS, .promise = "it ends nothing");
	rx(c, FIN | ACK, .seq = EXACT(fin->seq), .within = S(15),
	   .promise = "the FIN is sent again until it is acknowledged");
}
