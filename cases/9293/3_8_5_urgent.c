/* 3_8_5_urgent.c: urgent information (RFC 9293 3.8.5, step 6 of 3.10.7.4; RFC
 * 6093).
 *
 * The urgent octets are read in line: the mechanism marks a place in the stream and
 * takes nothing out of it.  MUST-33 is about an interface and is not here. */
#include "../sender.h"

SECTION("9293/3.8.5");

static void open_inline(struct run *c, struct dut_open o)
{
	dut_preset(c, OPTION_OOBINLINE, 1);
	open_passive_(c, o);
}

CASE(urgent_is_told,
     .req   = "MUST-30 MUST-32 EVT-ESTAB-URG",
     .title = "an urgent pointer is told to the application, and its text is taken",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
{
	open_inline(c, (struct dut_open){ 0 });         /* DUT: ESTABLISHED */
	tx(c, ACK | URG | PSH, .len = 10, .urg = 5);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	dut_told(c, NOTE_URGENT, .req = "MUST-30 MUST-32 EVT-ESTAB-URG");
	dut_has_read(c, 10);
}

CASE(urgent_of_any_length,
     .req   = "MUST-31",
     .title = "urgent text of any length is delivered in its place",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(4))
{
	open_inline(c, (struct dut_open){ 0 });         /* DUT: ESTABLISHED */
	we_send(c, 100);
	for (uint16_t left = 3000; left > 0; left -= 1000)
		tx(c, ACK | URG, .len = 1000, .urg = left);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	dut_told(c, NOTE_URGENT);
	we_send(c, 100);
	dut_has_read(c, 3200);
}

CASE(urgent_again_is_told_again,
     .req   = "MUST-32 EVT-ESTAB-URG",
     .title = "an urgent pointer that advances behind text that was read is told anew",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(4))
{
	open_inline(c, (struct dut_open){ 0 });         /* DUT: ESTABLISHED */
	tx(c, ACK | URG | PSH, .len = 10, .urg = 10);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	dut_told(c, NOTE_URGENT, .req = "MUST-32 EVT-ESTAB-URG");
	dut_has_read(c, 10);                            /* out of urgent mode */
	we_send(c, 10);
	dut_has_read(c, 20);
	pass(c, MS(200));
	tick since = now(c);

	tx(c, ACK | URG | PSH, .len = 10, .urg = 10);
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	dut_told(c, NOTE_URGENT, .since = since, .req = "MUST-32 EVT-ESTAB-URG");
	dut_has_read(c, 30);
}

CASE(urgent_announced_before_its_text,
     .req   = "MUST-32 EVT-ESTAB-URG",
     .title = "an urgent pointer is told though its text is still to come",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
{
	open_inline(c, (struct dut_open){ 0 });         /* DUT: ESTABLISHED */
	tx(c, ACK | URG, .urg = 100);
	dut_told(c, NOTE_URGENT, .req = "MUST-32 EVT-ESTAB-URG");
	we_send(c, 100);
	dut_has_read(c, 100);
}

CASE(urgent_pointer_names_the_next_octet,
     .req   = "MUST-62 R6093-1 MUST-30",
     .title = "the urgent pointer names the octet that follows the urgent text",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send_urgent(c, 5);
	const struct seg *text = rx_data(c, 5, .req = "MUST-30");
	check(c, text->ctl & URG, "the text is marked as urgent", .req = "MUST-30");
	check(c, text->seq + text->urg == tcb(c)->rcv_nxt, "SEG.SEQ plus the pointer is behind the last urgent octet",
	      .req = "MUST-62 R6093-1");
	tx(c, ACK);
}

CASE(urgent_pointer_needs_its_flag,
     .req   = "GEN-URG-FLAG",
     .title = "without URG the urgent pointer means nothing",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
{
	open_inline(c, (struct dut_open){ 0 });         /* DUT: ESTABLISHED */
	tx(c, ACK | PSH, .len = 10, .urg = 5, .why = "a pointer without URG");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	dut_has_read(c, 10);
	pass(c, MS(200));
	check(c, !dut_was_told(c, NOTE_URGENT), "nothing urgent is told");
}

CASE(odd_urgent_pointers_are_harmless,
     .req   = "EVT-ESTAB-URG-INVALID MUST-30",
     .title = "whatever the urgent pointer says, the text is taken",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(5))
{
	static const uint16_t urg[] = { 0, 1, 1000, 65535 };

	for (unsigned k = 0; k < 4; k++) {
		use(c, k);
		open_inline(c, (struct dut_open){ 0 }); /* DUT: ESTABLISHED */
		tx(c, ACK | URG | PSH, .len = 10, .urg = urg[k]);
		rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "EVT-ESTAB-URG-INVALID MUST-30");
		we_send(c, 20);
		dut_has_read(c, 30, .req = "EVT-ESTAB-URG-INVALID");
	}
}

CASE(urgent_in_fin_wait_1,
     .req   = "EVT-FINWAIT1-URG",
     .title = "FIN-WAIT-1 tells of urgent text",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
{
	open_inline(c, (struct dut_open){ 0 });         /* DUT: ESTABLISHED */
	dut_shutdown(c);
	const struct seg *fin = rx(c, FIN | ACK);       /* DUT: FIN-WAIT-1  */
	tx(c, ACK | URG | PSH, .len = 10, .urg = 5, .ack = EXACT(fin->seq));
	dut_told(c, NOTE_URGENT);
	dut_has_read(c, 10);
	tx(c, ACK);
}

CASE(urgent_in_fin_wait_2,
     .req   = "EVT-FINWAIT2-URG",
     .title = "FIN-WAIT-2 tells of urgent text",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(3))
{
	open_inline(c, (struct dut_open){ 0 });         /* DUT: ESTABLISHED */
	dut_shutdown(c);
	rx(c, FIN | ACK);
	tx(c, ACK);                                     /* DUT: FIN-WAIT-2  */
	tx(c, ACK | URG | PSH, .len = 10, .urg = 5);
	dut_told(c, NOTE_URGENT);
	dut_has_read(c, 10);
}

CASE(urgent_after_the_fin_is_ignored,
     .req   = "EVT-CLOSEWAIT-URG",
     .title = "behind our FIN an urgent pointer is ignored",
     .needs = CALLS | NEEDS_URGENT, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED */
	tx(c, FIN | ACK);
	rx(c, ACK);                                     /* DUT: CLOSE-WAIT  */
	tx(c, ACK | URG, .urg = 5);
	pass(c, MS(500));
	check(c, !dut_was_told(c, NOTE_URGENT), "nothing urgent is told");
	dut_send(c, 100);
	rx_data(c, 100);
	tx(c, ACK);
}
