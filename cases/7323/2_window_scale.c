/* 2_window_scale.c: scaled windows (RFC 7323 2), the one that the DUT is offered
 * and the one that it offers. */
#include "../sender.h"

SECTION("7323/2");

/* We offer a shift; without the DUT's the case has no subject. */
static void open_scaled(struct run *c, int shift, struct dut_open o)
{
	tcb(c)->ws = shift;
	open_passive_(c, o);
	if (tcb(c)->dut_ws < 0)
		skip(c, "the DUT does not answer our Window Scale option");
}

/* Of n octets a thousand are in flight, or what of them makes full segments; not more. */
static void window_is_1000(struct run *c, uint32_t n, const char *promise)
{
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, n);
	flight(c);
	pass(c, MS(150));
	check(c, is_full(c, first + 1000), promise);
	tx(c, ACK);
}

CASE(scaling_needs_both_sides,
     .req   = "R7323-WS-3",
     .title = "without our offer windows are not scaled, in neither direction",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(3))
{
	struct opts o;

	plain(c, 500);
	tcb(c)->wnd = 1000;
	open_passive(c);                                /* DUT: ESTABLISHED */
	opt_of(seen(c, 0), &o);
	check(c, !o.ws, "the SYN,ACK has no Window Scale option that nobody offered");
	warm(c, 500);
	window_is_1000(c, 20000, "a window of 1000 is 1000 octets");
}

CASE(syn_window_is_not_scaled,
     .req   = "R7323-WS-4",
     .title = "the window of a SYN,ACK is taken as it stands",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(3))
{
	struct opts o;

	tcb(c)->mss = 500;
	tcb(c)->ws = 7;
	const struct seg *syn = dut_connect(c, .nodelay = true);        /* DUT: SYN-SENT */
	opt_of(syn, &o);
	if (!o.ws)
		skip(c, "the DUT does not offer Window Scale");
	tx(c, SYN | ACK, .wnd = EXACT(1000));
	rx(c, ACK);                                     /* DUT: ESTABLISHED */
	dut_send(c, 20000);
	pass(c, MS(150));
	check(c, seq_le(highest(c), syn->seq + 1 + 1000), "1000 octets were offered and not 128000");
	check(c, seq_lt(syn->seq + 1, highest(c)), "something is sent");
	tx(c, ACK);
}

CASE(shift_applies_to_our_window,
     .req   = "R7323-WS-5",
     .title = "a window that we offer counts with our shift",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(3))
{
	plain(c, 500);
	tcb(c)->wnd = 125;                              /* 1000 octets      */
	open_scaled(c, 3, (struct dut_open){ .nodelay = true });
	warm(c, 500);
	window_is_1000(c, 20000, "a window of 125 with a shift of 3 is 1000 octets");
}

/* One segment, which even the smallest initial window lets out, and no ACK in between
 * that could say the window again. */
CASE(shift_applies_to_the_first_ack,
     .req   = "R7323-WS-5",
     .title = "the window of the ACK that completes the handshake counts with our shift",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(3))
{
	plain(c, 500);
	tcb(c)->wnd = 125;                              /* 1000 octets      */
	open_scaled(c, 3, (struct dut_open){ .nodelay = true });
	dut_send(c, 500);
	rx_data(c, 500);
	tx(c, ACK);
}

/* What the DUT offers, taken at its word: the paused reader's window is filled to
 * its last octet, and all of it is delivered afterwards. */
CASE(shift_applies_to_its_window,
     .req   = "R7323-WS-6",
     .title = "the DUT takes as much as its scaled window says",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(40))
{
	plain(c, 1460);
	open_scaled(c, 7, (struct dut_open){ .paused = true, .rcvbuf = 100000 });
	uint32_t offered = tcb(c)->dut_wnd, granule = 1u << tcb(c)->dut_ws;

	tx(c, ACK, .len = 1000);
	pass(c, MS(600));
	check(c, tcb(c)->snd_una == tcb(c)->snd_nxt && tcb(c)->dut_wnd + 1000 + granule > offered,
	      "the text is acknowledged, and the edge that the SYN,ACK offered stays");
	uint32_t n = 1000 + fill_window(c);

	check(c, n + granule > offered, "all that was offered is taken");
	dut_resume(c);
	dut_has_read(c, n, .within = S(5));
}

CASE(shift_above_14_is_14,
     .req   = "R7323-WS-7",
     .title = "a shift above 14 is taken as 14",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(5))
{
	plain(c, 1000);
	tcb(c)->wnd = 4;                                /* 65536 octets by a shift of 14 */
	open_scaled(c, 15, (struct dut_open){ .nodelay = true });
	dut_send(c, 400000);
	grow(c, 4);
	arrives(c);
	uint32_t high = highest(c);

	tx(c, ACK, .wnd = EXACT(1));
	pass(c, MS(100));
	check(c, seq_le(highest(c), high + 16384), "a window of 1 is 16384 octets at most");
	check(c, seq_lt(high, highest(c)), "a window of 1 is open");
	tx(c, ACK);
}

CASE(late_option_is_ignored,
     .req   = "R7323-WS-8",
     .title = "a Window Scale option without SYN changes nothing",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(3))
{
	struct seg late = { 0 };

	plain(c, 500);
	tcb(c)->wnd = 250;                              /* 1000 octets      */
	open_scaled(c, 2, (struct dut_open){ .nodelay = true });
	warm(c, 500);
	opt_nop(&late);
	opt_ws(&late, 10);
	tx(c, ACK, .opt = late, .why = "Window Scale on a segment without SYN");
	window_is_1000(c, 60000, "a window of 250 is still 1000 octets");
}

/* The edge of any ACK that the DUT has sent, however the shift has rounded later
 * ones. */
CASE(offered_edge_is_honoured,
     .req   = "R7323-WS-9 R7323-WS-11",
     .title = "text inside the largest edge that was ever offered is accepted",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(30))
{
	plain(c, 1460);
	open_scaled(c, 7, (struct dut_open){ .paused = true, .rcvbuf = 100000 });
	uint32_t edge = tcb(c)->snd_nxt;

	for (int n = 0; n < 8; n++) {                   /* odd steps         */
		tx(c, ACK, .len = 33);
		rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
		if (seq_lt(edge, tcb(c)->snd_una + tcb(c)->dut_wnd))
			edge = tcb(c)->snd_una + tcb(c)->dut_wnd;
	}
	while (seq_lt(tcb(c)->snd_nxt, edge)) {
		uint32_t left = edge - tcb(c)->snd_nxt, mss = tcb(c)->dut_mss;

		tx(c, ACK, .len = left < mss ? left : mss);
		pass(c, MS(1));
	}
	rx(c, ACK, .after = last_sent(c), .ack = EXACT(edge), .req = "R7323-WS-9 R7323-WS-11",
	   .promise = "all up to the largest edge is acknowledged");
}

CASE(new_text_keeps_to_the_latest_window,
     .req   = "R7323-WS-10",
     .title = "nothing is sent for the first time beyond the window that was told last",
     .needs = CALLS | NEEDS_WINDOW_SCALE, .lasts = S(12))
{
	plain(c, 1000);
	tcb(c)->wnd = 500;                              /* 4000 octets      */
	open_scaled(c, 3, (struct dut_open){ .nodelay = true });
	warm(c, 1000);
	uint32_t base = tcb(c)->rcv_nxt;

	dut_send(c, 20000);
	uint32_t sent = flight(c);

	tcb(c)->wnd = 62;                               /* 496 octets: the edge is 4 octets back */
	tx(c, ACK, .dack = -500);
	pass(c, S(7));                                  /* three timeouts   */
	check(c, highest(c) == base + sent, "no new text is sent");
	tcb(c)->wnd = 2500;
	tx(c, ACK);
	rx_data(c, 20000 - sent, .ack = true, .within = S(9));
	tx(c, ACK);
}
