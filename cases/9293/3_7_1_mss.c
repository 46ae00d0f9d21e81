/* 3_7_1_mss.c: the Maximum Segment Size option and what follows from it (RFC 9293
 * 3.7.1). */
#include "../sender.h"

SECTION("9293/3.7.1");

CASE(syn_ack_has_the_option,
     .req   = "SHLD-5 MUST-14",
     .title = "the SYN,ACK says which segments the DUT takes",
     .needs = CALLS, .lasts = S(2))
{
	struct opts o;

	dut_listen(c);
	tx(c, SYN);
	const struct seg *syn_ack = rx(c, SYN | ACK);   /* DUT: SYN-RECEIVED */
	opt_of(syn_ack, &o);
	check(c, o.mss, "the SYN,ACK has an MSS option", .req = "SHLD-5 MUST-14");
	check(c, o.mss_value >= 64, "its value lets text through", .req = "MUST-14");
	tx(c, ACK);
}

CASE(syn_has_the_option,
     .req   = "SHLD-5 MUST-14",
     .title = "the SYN says which segments the DUT takes",
     .needs = OPENS, .lasts = S(2))
{
	struct opts o;
	const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT    */

	opt_of(syn, &o);
	check(c, o.mss, "the SYN has an MSS option", .req = "SHLD-5 MUST-14");
	tx(c, SYN | ACK);
	rx(c, ACK, .req = "MUST-14");
}

CASE(without_the_option_the_default_holds,
     .req   = "MUST-15",
     .title = "without our option no segment is larger than 536 octets, or 1220 by IPv6",
     .needs = CALLS, .lasts = S(3))
{
	tcb(c)->mss = 0;
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 10240);
	rx_data(c, 10240, .ack = true);
	tx(c, ACK);
	check(c, longest(c) <= default_mss(c), "no segment is larger than the default");
}

CASE(without_the_option_on_a_syn_ack,
     .req   = "MUST-15",
     .title = "the default holds for the one that connects as well",
     .needs = CALLS, .lasts = S(3))
{
	tcb(c)->mss = 0;
	open_active(c);                                 /* DUT: ESTABLISHED */
	dut_send(c, 10240);
	rx_data(c, 10240, .ack = true);
	tx(c, ACK);
	check(c, longest(c) <= default_mss(c), "no segment is larger than the default");
}

CASE(option_is_obeyed,
     .req   = "MUST-16 MUST-14",
     .title = "no segment is larger than our option allows",
     .needs = CALLS, .lasts = S(3))
{
	static const uint16_t mss[] = { 300, 999, 1380 };

	for (unsigned k = 0; k < 3; k++) {
		use(c, k);
		tcb(c)->mss = mss[k];
		open_passive(c);                        /* DUT: ESTABLISHED */
		dut_send(c, 8000);
		rx_data(c, 8000, .ack = true, .req = "MUST-14");
		tx(c, ACK);
		check(c, longest(c) <= mss[k], "no segment is larger than our MSS", .req = "MUST-16 MUST-14");
	}
}

/* 3.7.1: options come out of the segment, not on top of it. */
CASE(options_are_subtracted,
     .req   = "MUST-16 R6691-2",
     .title = "the options of a segment make its text smaller",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(3))
{
	tcb(c)->mss = 1000;
	tcb(c)->ts = true;
	open_passive(c);                                /* DUT: ESTABLISHED */
	if (!tcb(c)->ts_on)
		skip(c, "the DUT does not answer our Timestamps option");
	dut_send(c, 20000);
	rx_data(c, 20000, .ack = true);
	tx(c, ACK);
	for (unsigned n = 0; seen(c, n); n++)
		check(c, seen(c, n)->len + seen(c, n)->opt_len <= 1000, "text and options fit into our MSS",
		      .req = "MUST-16 R6691-2");
}

/* What is to be done with such a value is nowhere said: anything but to fall over it,
 * or to send segments without end. */
CASE(tiny_option_is_survived,
     .req   = "GEN-MSS-SMALL",
     .title = "an MSS of next to nothing does no harm",
     .needs = CALLS, .lasts = S(8))
{
	static const uint16_t mss[] = { 0, 1, 12, 48 };

	for (unsigned k = 0; k < 4; k++) {
		struct seg o = { 0 };

		use(c, k);
		opt_mss(&o, mss[k]);
		dut_listen(c, .nodelay = true);
		tx(c, SYN, .opt = o);
		rx(c, SYN | ACK);
		tx(c, ACK);
		dut_send(c, 100);
		pass(c, S(1));
		check(c, segments(c) <= 120, "there are not more segments than octets");
		check(c, with_text(c, 0) > 0 || (last_seen(c)->ctl & RST), "text is sent, or the connection refused");
	}
	use(c, 4);
	open_passive(c);
	data_flows(c);
}
