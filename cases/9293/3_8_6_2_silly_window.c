/* 3_8_6_2_silly_window.c: the silly window syndrome is avoided on both sides (RFC
 * 9293 3.8.6.2), and Nagle's algorithm keeps small segments together (3.7.4).
 *
 * The sender's override timeout is 0.1 to 1.0 s: what must not be sent is watched
 * for less than that, what must be sent is awaited for longer. */
#include "../sender.h"

SECTION("9293/3.8.6.2");

CASE(small_openings_are_not_filled,
     .req   = "MUST-38",
     .title = "a window that opens by small steps is not filled by small segments",
     .needs = CALLS, .lasts = S(4))
{
	plain(c, 1000);
	tcb(c)->wnd = 3000;
	open_passive(c);                                /* DUT: ESTABLISHED */
	warm(c, 1000);
	dut_send(c, 20000);
	flight(c);
	tcb(c)->wnd = 0;
	tx(c, ACK);
	unsigned before = segments(c);

	for (uint16_t wnd = 50; wnd < longest(c); wnd += 50) {  /* 19 steps in 57 ms */
		tcb(c)->wnd = wnd;
		tx(c, ACK);
		pass(c, MS(3));
		check(c, seq_le(highest(c), last_sent(c)->ack + wnd), "nothing is sent beyond the window", .req = "R5681-CWND");
	}
	check(c, !with_text(c, before), "no segment is sent that is smaller than those before");
	tcb(c)->wnd = (uint16_t)longest(c);
	tx(c, ACK);
	rx(c, ACK, .len = longest(c), .within = MS(100) + dut_slack(c),
	   .promise = "a segment of full size leaves as soon as it may");
}

CASE(small_window_is_used_in_the_end,
     .req   = "MUST-38",
     .title = "a window that stays small is used when the override timeout has passed",
     .needs = CALLS, .lasts = S(10))
{
	plain(c, 1000);
	tcb(c)->wnd = 3000;
	open_passive(c);                                /* DUT: ESTABLISHED */
	warm(c, 1000);
	dut_send(c, 20000);
	flight(c);
	tcb(c)->wnd = 600;
	uint32_t edge = tx(c, ACK)->ack + 600;

	rx_data(c, 600, .within = S(6));
	check(c, highest(c) == edge, "nothing is sent beyond the window", .req = "R5681-CWND");
	tx(c, ACK);
}

/* Each opening is at least the smaller of one segment and half of the buffer; the
 * buffer is at least as large as what it took. */
CASE(window_opens_by_large_steps,
     .req   = "MUST-39",
     .title = "a reader of single octets does not open the window octet by octet",
     .needs = CALLS, .lasts = S(15))
{
	open_passive(c, .paused = true, .rcvbuf = 8192);        /* DUT: ESTABLISHED */
	uint32_t n = fill_window(c);
	uint32_t step = tcb(c)->dut_mss < n / 2 ? tcb(c)->dut_mss : n / 2;
	uint32_t edge = tcb(c)->snd_nxt;
	unsigned before = segments(c);

	for (int i = 0; i < 20; i++) {
		dut_read(c, 1);
		pass(c, MS(20));
	}
	alive(c, .req = "MUST-39");                     /* what does it offer now? */
	for (unsigned i = before; seen(c, i); i++) {
		const struct seg *s = seen(c, i);
		uint32_t here = s->ack + ((uint32_t)s->wnd << (tcb(c)->dut_ws > 0 ? tcb(c)->dut_ws : 0));

		check(c, here == edge || here - edge >= step || seq_lt(here, edge),
		      "the edge advances by a segment or half the buffer, or not at all");
		if (seq_lt(edge, here))
			edge = here;
	}
}

/* MUST-39 says when the edge may move; that it is told then is the text around it. */
CASE(drained_buffer_opens_the_window,
     .req   = "GEN-WND-UPDATE",
     .title = "when a full buffer was read the window opens without being asked",
     .needs = CALLS, .lasts = S(15))
{
	open_passive(c, .paused = true, .rcvbuf = 8192);        /* DUT: ESTABLISHED */
	uint32_t n = fill_window(c);

	dut_resume(c);
	const struct seg *update = rx(c, ACK, .promise = "a window update");
	check(c, update->wnd > 0, "it opens the window");
	dut_has_read(c, n);
	we_send(c, 100);
}

/* ---- 3.7.4 ------------------------------------------------------------------------ */

CASE(nagle_holds_small_text,
     .req   = "SHLD-7",
     .title = "while text is outstanding small text is kept back, and then sent together",
     .needs = CALLS, .lasts = S(3))
{
	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_send(c, 1);
	rx_data(c, 1);
	for (int n = 0; n < 5; n++)
		dut_send(c, 1);
	pass(c, MS(100));                               /* (the first may come again) */
	check(c, highest(c) == tcb(c)->irs + 2, "no second small segment is outstanding");
	tx(c, ACK);
	rx(c, ACK, .len = 5, .promise = "what was held comes in one segment");
	tx(c, ACK);
}

CASE(nagle_sends_full_segments,
     .req   = "SHLD-7",
     .title = "a full segment leaves though text is outstanding",
     .needs = CALLS, .lasts = S(3))
{
	plain(c, 500);
	open_passive(c);                                /* DUT: ESTABLISHED */
	warm(c, 500);
	has_room_for_several(c, 2000);
	dut_send(c, 1);
	rx_data(c, 1);
	dut_send(c, longest(c));
	rx_data(c, longest(c), .within = MS(150) + dut_slack(c));
	tx(c, ACK);
}

CASE(nagle_can_be_switched_off,
     .req   = "MUST-17",
     .title = "with no-delay each small text leaves at once",
     .needs = CALLS, .lasts = S(3))
{
	plain(c, 1000);
	open_passive(c);                                /* DUT: ESTABLISHED */
	dut_set(c, OPTION_NODELAY, 1);
	for (int n = 0; n < 4; n++) {
		dut_send(c, 1);
		rx(c, ACK, .len = 1, .within = MS(100) + dut_slack(c), .promise = "the octet leaves at once");
	}
	tx(c, ACK);
}
