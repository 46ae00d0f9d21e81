/* 3_10_7_4_behind_a_fin.c: what the states behind a FIN ignore and what they do not
 * (RFC 9293 3.10.7.4, steps 5 to 8): text, other acknowledgments, the FIN again. */
#include "../sender.h"

SECTION("9293/3.10.7.4");

/* DUT: CLOSING; returns its FIN. */
static const struct seg *closing(struct run *c)
{
	plain(c, 1000);
	open_passive(c);
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);
	tx(c, FIN | ACK, .ack = EXACT(fin->seq));
	rx(c, ACK);
	return fin;
}

/* DUT: LAST-ACK; returns its FIN. */
static const struct seg *last_ack(struct run *c)
{
	plain(c, 1000);
	open_passive(c);
	tx(c, FIN | ACK);
	rx(c, ACK);
	dut_close(c);
	return rx(c, FIN | ACK);
}

/* The FIN comes again: the state has not changed.  Then it is acknowledged. */
static void still_repeats(struct run *c, const struct seg *fin)
{
	repeated(c, fin, .within = S(4) + dut_slack(c), .ack = EXACT(tcb(c)->snd_nxt));
	tx(c, ACK);
}

CASE(closing_other_ack,
     .req   = "EVT-CLOSING-ACK-OTHER",
     .title = "in CLOSING an acknowledgment that does not cover the FIN changes nothing",
     .needs = CALLS, .lasts = S(6))
{
	const struct seg *fin = closing(c);             /* DUT: CLOSING     */

	tx(c, ACK, .ack = EXACT(fin->seq));
	still_repeats(c, fin);
}

CASE(closing_text,
     .req   = "EVT-CLOSING-TEXT",
     .title = "in CLOSING text behind our FIN is ignored",
     .needs = CALLS, .lasts = S(6))
{
	const struct seg *fin = closing(c);             /* DUT: CLOSING     */

	tx(c, ACK, .len = 10, .stay = true, .ack = EXACT(fin->seq), .why = "text behind our own FIN");
	still_repeats(c, fin);
}

CASE(closing_fin_again,
     .req   = "EVT-CLOSING-FIN",
     .title = "in CLOSING our FIN is acknowledged again and changes nothing",
     .needs = CALLS, .lasts = S(6))
{
	const struct seg *fin = closing(c);             /* DUT: CLOSING     */

	tx(c, FIN | ACK, .dseq = -1, .ack = EXACT(fin->seq));
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	still_repeats(c, fin);
}

CASE(last_ack_other_ack,
     .req   = "EVT-LASTACK-ACK-OTHER",
     .title = "in LAST-ACK an acknowledgment that does not cover the FIN changes nothing",
     .needs = CALLS, .lasts = S(6))
{
	const struct seg *fin = last_ack(c);            /* DUT: LAST-ACK    */

	tx(c, ACK, .ack = EXACT(fin->seq));
	still_repeats(c, fin);
}

CASE(last_ack_text,
     .req   = "EVT-LASTACK-TEXT",
     .title = "in LAST-ACK text behind our FIN is ignored",
     .needs = CALLS, .lasts = S(6))
{
	const struct seg *fin = last_ack(c);            /* DUT: LAST-ACK    */

	tx(c, ACK, .len = 10, .stay = true, .ack = EXACT(fin->seq), .why = "text behind our own FIN");
	still_repeats(c, fin);
}

CASE(time_wait_text,
     .req   = "EVT-TIMEWAIT-TEXT EVT-TIMEWAIT-FIN",
     .title = "in TIME-WAIT text behind our FIN is ignored",
     .needs = CALLS, .lasts = S(5))
{
	reach(c, TIME_WAIT);
	pass(c, S(1));
	tx(c, ACK, .len = 10, .stay = true, .why = "text behind our own FIN");
	pass(c, S(1));
	check(c, last_seen(c)->ack == tcb(c)->snd_nxt, "nothing behind our FIN is acknowledged");
	tx(c, FIN | ACK, .dseq = -1);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "EVT-TIMEWAIT-FIN",
	   .promise = "TIME-WAIT acknowledges our FIN again");
}

CASE(time_wait_ack,
     .req   = "EVT-TIMEWAIT-ACK EVT-TIMEWAIT-FIN",
     .title = "in TIME-WAIT a pure ACK changes nothing",
     .needs = CALLS, .lasts = S(5))
{
	reach(c, TIME_WAIT);
	pass(c, S(1));
	tx(c, ACK);
	quiet(c, S(1), .but = BUT_ACKS, .promise = "no reset");
	tx(c, FIN | ACK, .dseq = -1);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "EVT-TIMEWAIT-FIN",
	   .promise = "TIME-WAIT acknowledges our FIN again");
}

CASE(fin_wait_1_urgent,
     .req   = "EVT-FINWAIT1-URG",
     .title = "FIN-WAIT-1 tells of urgent text",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
{
	dut_preset(c, OPTION_OOBINLINE, 1);
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: FIN-WAIT-1  */
	tx(c, ACK | URG | PSH, .len = 10, .urg = 5, .ack = EXACT(fin->seq));
	dut_told(c, NOTE_URGENT);
	dut_has_read(c, 10);
	tx(c, ACK);
}

CASE(fin_wait_2_urgent,
     .req   = "EVT-FINWAIT2-URG",
     .title = "FIN-WAIT-2 tells of urgent text",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
{
	dut_preset(c, OPTION_OOBINLINE, 1);
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_shutdown(c);
	rx(c, FIN | ACK);
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	tx(c, ACK | URG | PSH, .len = 10, .urg = 5);
	dut_told(c, NOTE_URGENT);
	dut_has_read(c, 10);
}

CASE(fin_outside_the_window,
     .req   = "EVT-ESTAB-FIN-OUT",
     .title = "a FIN outside the window is answered by an ACK and ends nothing",
     .needs = CALLS, .lasts = S(6))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	we_send(c, 1000);
	pass(c, S(1));                                  /* beyond any limit of replies */
	tx(c, FIN | ACK, .dseq = -500, .why = "a FIN inside text that has come");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	pass(c, S(1));
	tx(c, FIN | ACK, .dseq = (int32_t)tcb(c)->dut_wnd + 1000000, .why = "a FIN far beyond the window");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	check(c, !dut_was_told(c, NOTE_EOF), "the stream has not ended");
	data_flows(c);
}
