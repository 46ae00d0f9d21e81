/* 3_6_half_close.c: one direction is closed, the other goes on (RFC 9293 3.6,
 * 3.6.1, 3.10.7.4 steps 5 to 8 in the states behind a FIN).
 *
 * The close itself is in 3_6_close.c; segments that are wrong in these states are
 * rows of the matrix. */
#include "../sender.h"

SECTION("9293/3.6");

/* RFC 9293 3.6: we close first; the other direction stays open. */
CASE(half_close_with_data,
     .req   = "EVT-CLOSEWAIT-SEND EVT-ESTAB-FIN EVT-LASTACK-ACK-FIN",
     .title = "CLOSE-WAIT still sends, and only then closes",
     .needs = CALLS, .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK, .req = "EVT-ESTAB-FIN");             /* DUT: CLOSE-WAIT  */

	for (int i = 0; i < 3; i++) {
		dut_send(c, 1000);
		rx_data(c, 1000);
		tx(c, ACK);
	}
	dut_close(c);
	rx(c, FIN | ACK);                               /* DUT: LAST-ACK    */
	tx(c, ACK);
	gone(c, .req = "EVT-LASTACK-ACK-FIN");          /* DUT: CLOSED      */
}

CASE(close_wait_stays,
     .req   = "EVT-CLOSEWAIT-STAY",
     .title = "CLOSE-WAIT sends no FIN before its application closes",
     .needs = CALLS, .lasts = S(35))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK);                                     /* DUT: CLOSE-WAIT  */
	dut_told(c, NOTE_EOF);
	quiet(c, S(30), .promise = "only the application's close brings the FIN");
	dut_close(c);
	rx(c, FIN | ACK);                               /* DUT: LAST-ACK    */
	tx(c, ACK);
}

CASE(close_wait_repeats_lost_text,
     .req   = "EVT-CLOSEWAIT-RTO EVT-CLOSEWAIT-SEND",
     .title = "in CLOSE-WAIT text is repeated until it is acknowledged",
     .needs = CALLS, .lasts = S(10))
{
	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK);                                     /* DUT: CLOSE-WAIT  */
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100, .req = "EVT-CLOSEWAIT-SEND");
	const struct seg *one = repeated(c, text, .within = copy_within(c, 0));
	const struct seg *two = repeated(c, one, .within = copy_within(c, 1));
	check(c, two->at - one->at >= (one->at - text->at) * 3 / 2 - dut_slack(c),
	      "the interval between two copies grows");
	tx(c, ACK);
	quiet(c, S(1), .promise = "acknowledged text is not repeated");
}

CASE(close_wait_takes_acks,
     .req   = "EVT-CLOSEWAIT-ACK",
     .title = "in CLOSE-WAIT an acknowledgment takes its segments from the queue",
     .needs = CALLS, .lasts = S(6))
{
	plain(c, 1000);
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK);                                     /* DUT: CLOSE-WAIT  */
	warm(c, 1000);
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 3000);
	rx_data(c, 3000);
	tx(c, ACK, .ack = EXACT(first + 2000));
	const struct seg *again = rx(c, ACK, .within = copy_within(c, 0));
	check(c, seq_le(first + 2000, again->seq), "only what was not acknowledged is repeated");
	tx(c, ACK);
}

CASE(close_wait_ignores_text,
     .req   = "EVT-CLOSEWAIT-TEXT",
     .title = "text beyond our FIN is neither acknowledged nor delivered",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	we_send(c, 10);
	tx(c, FIN | ACK);
	rx(c, ACK);                                     /* DUT: CLOSE-WAIT  */
	tx(c, ACK, .len = 10, .stay = true, .why = "text behind our own FIN");
	pass(c, S(1));
	alive(c);
	check(c, last_seen(c)->ack == tcb(c)->snd_nxt, "the acknowledgment stays behind the FIN");
	dut_has_read(c, 10);
	dut_send(c, 100);
	rx_data(c, 100);                                /* and the DUT may still send */
	tx(c, ACK);
}

CASE(close_wait_acks_the_fin_again,
     .req   = "EVT-CLOSEWAIT-FIN",
     .title = "in CLOSE-WAIT our FIN is acknowledged each time that it comes",
     .needs = CALLS, .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK);                                     /* DUT: CLOSE-WAIT  */
	for (int n = 0; n < 2; n++) {
		pass(c, S(1));                          /* beyond any limit of replies */
		tx(c, FIN | ACK, .dseq = -1);
		rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	}
	dut_send(c, 100);
	rx_data(c, 100);                                /* DUT: still CLOSE-WAIT */
	tx(c, ACK);
}

CASE(close_wait_delivers_late_readers,
     .req   = "EVT-CLOSEWAIT-RECV EVT-ESTAB-FIN-DATA EVT-ESTAB-FIN",
     .title = "text that waits for its reader does not hold up the FIN, nor the FIN the text",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c, .paused = true);                /* DUT: ESTABLISHED */
	we_send(c, 100);
	tx(c, FIN | ACK, .len = 10);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt),       /* DUT: CLOSE-WAIT  */
	   .req = "EVT-ESTAB-FIN-DATA EVT-ESTAB-FIN");
	dut_resume(c);
	dut_has_read(c, 110);
	dut_told(c, NOTE_EOF);
}

CASE(fin_with_text,
     .req   = "EVT-ESTAB-FIN-DATA EVT-ESTAB-FIN",
     .title = "a FIN counts one beyond the text of its segment, and ends the stream behind it",
     .needs = CALLS, .lasts = S(2))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK, .len = 10);
	const struct seg *ack = rx(c, ACK);             /* DUT: CLOSE-WAIT  */
	check(c, ack->ack == tcb(c)->snd_nxt, "text and FIN are acknowledged",
	      .req = "EVT-ESTAB-FIN-DATA EVT-ESTAB-FIN");
	dut_has_read(c, 10);
	dut_told(c, NOTE_EOF);
}

/* The old octet must be answered whatever became of the FIN. */
CASE(fin_above_a_gap_is_not_acknowledged,
     .req   = "EVT-ESTAB-FIN-OOO",
     .title = "a FIN above a gap does not take the acknowledgment with it",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	we_send(c, 10);
	tx(c, FIN | ACK, .dseq = 10, .why = "the FIN overtakes ten octets");
	tx(c, ACK, .dseq = -1, .len = 1);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .promise = "all up to the gap is acknowledged, and not more");
	tx(c, ACK, .len = 10);
	rx(c, ACK);
}

CASE(fin_above_a_gap,
     .req   = "EVT-ESTAB-FIN-OOO EVT-ESTAB-FIN",
     .title = "a FIN above a gap ends nothing before the gap is filled",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	uint32_t gap = tcb(c)->snd_nxt;

	tx(c, FIN | ACK, .dseq = 10, .why = "the FIN overtakes ten octets");
	pass(c, S(1));
	check(c, !dut_was_told(c, NOTE_EOF), "the stream has not ended before its text");
	check(c, last_seen(c)->ack == gap, "nothing is acknowledged beyond the gap");

	tx(c, ACK, .len = 10);                          /* the gap is filled */
	rx(c, ACK);
	tx(c, FIN | ACK);                               /* and if the FIN was not kept */
	rx(c, ACK, .ack = EXACT(gap + 11), .req = "EVT-ESTAB-FIN-OOO EVT-ESTAB-FIN");
	dut_has_read(c, 10);                            /* DUT: CLOSE-WAIT  */
	dut_told(c, NOTE_EOF);
}

CASE(fin_wait_1_receives,
     .req   = "EVT-FINWAIT1-TEXT",
     .title = "FIN-WAIT-1 still receives, delivers and acknowledges",
     .needs = CALLS, .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: FIN-WAIT-1  */
	tx(c, ACK, .len = 50, .ack = EXACT(fin->seq));
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	dut_has_read(c, 50);
	repeated(c, fin, .within = copy_within(c, 0));        /* DUT: still FIN-WAIT-1 */
	tx(c, ACK);
}

CASE(fin_wait_2_receives,
     .req   = "EVT-FINWAIT2-TEXT",
     .title = "FIN-WAIT-2 still receives, delivers and acknowledges",
     .needs = CALLS, .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	rx(c, FIN | ACK);
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	for (int n = 1; n <= 3; n++) {
		tx(c, ACK, .len = 500);
		rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
		dut_has_read(c, 500 * (unsigned)n);
	}
	check(c, !dut_was_told(c, NOTE_EOF), "our side is open still");
	tx(c, FIN | ACK);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));      /* DUT: TIME-WAIT   */
}

CASE(fin_wait_2_takes_text_with_fin,
     .req   = "EVT-FINWAIT2-FIN-DATA EVT-FINWAIT2-FIN",
     .title = "FIN-WAIT-2 takes text and FIN from one segment",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	rx(c, FIN | ACK);
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	tx(c, FIN | ACK, .len = 10);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));      /* DUT: TIME-WAIT   */
	dut_has_read(c, 10);
	dut_told(c, NOTE_EOF);
	pass(c, S(1));
	tx(c, FIN | ACK, .dseq = -1);
	rx(c, ACK, .req = "EVT-FINWAIT2-FIN", .promise = "TIME-WAIT acknowledges our FIN again");
}

/* The FIN that is lost is followed by its repetition above new text: the stream
 * must come out whole and in order. */
CASE(half_closed_stream_is_whole,
     .req   = "EVT-FINWAIT2-TEXT GEN-REORDER",
     .title = "FIN-WAIT-2 puts reordered text together before the end of the stream",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	rx(c, FIN | ACK);
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	tx(c, ACK, .dseq = 500, .len = 500);
	tx(c, ACK, .len = 500);
	rx(c, ACK);
	tx(c, FIN | ACK, .len = 500);                   /* all that the first one may have cost */
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .within = S(1));
	dut_has_read(c, 1000, .req = "EVT-FINWAIT2-TEXT GEN-REORDER");
	dut_told(c, NOTE_EOF);                          /* DUT: TIME-WAIT   */
}

CASE(last_ack_repeats_the_fin,
     .req   = "EVT-LASTACK-RTO EVT-LASTACK-ACK-FIN",
     .title = "in LAST-ACK the FIN is repeated at its place, at growing intervals",
     .needs = CALLS, .lasts = S(12))
{
	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK);
	dut_close(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: LAST-ACK    */
	tick gap = 0;

	for (unsigned n = 0; n < 3; n++) {
		const struct seg *again = rx(c, FIN | ACK, .after = fin, .within = copy_within(c, n));

		check(c, again->seq == fin->seq, "each copy of the FIN has its sequence number");
		check(c, again->at - fin->at >= (gap - dut_slack(c)) * 3 / 2 - dut_slack(c),
		      "the interval between two copies grows");
		gap = again->at - fin->at;
		fin = again;
	}
	tx(c, ACK);
	gone(c, .req = "EVT-LASTACK-ACK-FIN");          /* DUT: CLOSED      */
}

CASE(last_ack_acks_the_fin_again,
     .req   = "EVT-LASTACK-FIN EVT-LASTACK-ACK-FIN",
     .title = "in LAST-ACK our FIN is acknowledged again and changes nothing",
     .needs = CALLS, .lasts = S(6))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK);
	dut_close(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: LAST-ACK    */
	tx(c, FIN | ACK, .dseq = -1, .ack = EXACT(fin->seq));
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	repeated(c, fin, .within = copy_within(c, 0));        /* DUT: still LAST-ACK */
	tx(c, ACK);
	gone(c, .req = "EVT-LASTACK-ACK-FIN");          /* DUT: CLOSED      */
}

CASE(last_ack_is_not_answered,
     .req   = "EVT-LASTACK-ACK-FIN",
     .title = "the acknowledgment of the last FIN draws no reply, and ends the connection",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK);
	dut_close(c);
	rx(c, FIN | ACK);                               /* DUT: LAST-ACK    */
	pass(c, MS(100));
	tx(c, ACK);                                     /* DUT: CLOSED      */
	quiet(c, S(2), .promise = "nothing is owed any more");
	gone(c);
}

/* 3.6 case 2: "If an ACK is not forthcoming, after the user timeout the
 * connection is aborted and the user is told." */
CASE(last_ack_gives_up,
     .req   = "EVT-LASTACK-RTO MUST-20",
     .title = "a last FIN that is never acknowledged is given up after the user timeout",
     .needs = CALLS, .lasts = S(45))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_set(c, OPTION_USER_TIMEOUT, 10000);
	tx(c, FIN | ACK);
	rx(c, ACK);
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: LAST-ACK    */
	repeated(c, fin, .within = copy_within(c, 0));
	pass(c, S(35));                                 /* 10 s and more than one backed-off timeout */
	gone(c, .req = "EVT-LASTACK-RTO MUST-20");      /* DUT: CLOSED      */
}
