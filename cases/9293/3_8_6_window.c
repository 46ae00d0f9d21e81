/* 3_8_6_window.c: managing the window (RFC 9293 3.8.6, step 5 and step 7 of
 * 3.10.7.4): both the one that the DUT is offered and the one that it offers.
 *
 * Closed windows are in 3_8_6_1_zero_window.c, small steps in
 * 3_8_6_2_silly_window.c, scaled windows in cases/7323. */
#include "../sender.h"

SECTION("9293/3.8.6");

/* ---- the window that we offer ------------------------------------------------- */

CASE(window_is_unsigned,
     .req   = "MUST-1",
     .title = "a window of 0x8000 and more is a large one",
     .needs = CALLS, .lasts = S(5))
{
	static const uint16_t wnd[] = { 0x8000, 0xffff };

	for (unsigned k = 0; k < 2; k++) {
		use(c, k);
		tcb(c)->wnd = wnd[k];
		open_passive(c);                        /* DUT: ESTABLISHED */
		dut_send(c, 60000);
		rx_data(c, 60000, .ack = true);
		tx(c, ACK);
	}
}

CASE(window_limits_the_flight,
     .req   = "R5681-CWND EVT-ESTAB-SEND",
     .title = "nothing is sent beyond the window that was offered",
     .needs = CALLS, .lasts = S(8))
{
	plain(c, 500);
	tcb(c)->wnd = 1500;
	open_passive(c);                                /* DUT: ESTABLISHED */
	warm_well(c, 500);
	dut_send(c, 20000);
	for (int n = 0; n < 5; n++) {
		uint32_t edge = tcb(c)->rcv_nxt + 1500;

		flight(c);
		pass(c, MS(300));
		check(c, seq_le(highest(c), edge), "nothing is sent beyond the window");
		check(c, is_full(c, edge), "the window is used, but for what makes no full segment", .req = "EVT-ESTAB-SEND");
		tx(c, ACK);
	}
}

/* 500 octets of text in 100 octets of window.  How many segments that makes is the
 * DUT's choice, and Nagle's algorithm may hold the second. */
CASE(small_window_limits_the_flight,
     .req   = "R5681-CWND EVT-ESTAB-SEND",
     .title = "a window smaller than any segment is kept as well",
     .needs = CALLS, .lasts = S(20))
{
	tcb(c)->wnd = 100;
	open_passive(c);                                /* DUT: ESTABLISHED */
	uint32_t first = tcb(c)->rcv_nxt;

	dut_send(c, 500);
	for (uint32_t acked = first; acked != first + 500; acked = tcb(c)->rcv_nxt) {
		rx(c, ACK, .within = S(4), .req = "EVT-ESTAB-SEND", .promise = "text in a small window");
		pass(c, MS(30));
		check(c, seq_le(highest(c), acked + 100), "nothing is sent beyond the window");
		tx(c, ACK);
	}
}

/* Of 20000 octets 4000, or as many as make full segments, are in flight, and the edge
 * moves from base+4000 to base+`to`: the usable window is some -3000. */
struct shrunk {
	uint32_t base, rest;            /* SND.UNA; what was not sent yet */
};

static struct shrunk shrink(struct run *c, uint16_t to)
{
	plain(c, 1000);
	tcb(c)->wnd = 4000;
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm(c, 1000);
	struct shrunk s = { .base = tcb(c)->rcv_nxt };

	dut_send(c, 20000);
	s.rest = 20000 - flight(c);
	check(c, is_full(c, s.base + 4000), "the window is used, but for what makes no full segment",
	      .req = "EVT-ESTAB-SEND");
	tcb(c)->wnd = to;
	tx(c, ACK, .ack = EXACT(s.base), .why = "the window shrinks, with text in flight");
	return s;
}

CASE(shrunk_window_stops_new_text,
     .req   = "SHLD-15 MUST-34",
     .title = "while the usable window is negative no new text is sent, and then it goes on",
     .needs = CALLS, .lasts = S(20))
{
	uint32_t rest = shrink(c, 1000).rest;
	uint32_t before = highest(c);

	pass(c, S(7));                                  /* three timeouts */
	check(c, highest(c) == before, "no new text is sent");
	tcb(c)->wnd = 20000;
	tx(c, ACK);
	rx_data(c, rest, .ack = true, .within = S(9), .req = "MUST-34");
	tx(c, ACK);
}

CASE(shrunk_window_repeats_old_text,
     .req   = "SHLD-16 MUST-34",
     .title = "in a shrunk window old text is repeated as usual",
     .needs = CALLS, .lasts = S(20))
{
	struct shrunk s = shrink(c, 1000);

	rx(c, ACK, .seq = EXACT(s.base), .within = copy_within(c, 0),
	   .promise = "the segment at SND.UNA is repeated");
	tcb(c)->wnd = 20000;
	tx(c, ACK);
	rx_data(c, s.rest, .ack = true, .within = S(9), .req = "MUST-34");
	tx(c, ACK);
}

CASE(window_shrunk_to_zero_is_probed,
     .req   = "MUST-35 MUST-34",
     .title = "a window that shrinks to zero with text in flight is probed",
     .needs = CALLS, .lasts = S(25))
{
	struct shrunk s = shrink(c, 0);

	for (int n = 0; n < 3; n++) {
		rx(c, ACK, .within = copy_within(c, 2), .promise = "a probe, or the old text again");
		tx(c, ACK, .ack = EXACT(s.base));
	}
	tcb(c)->wnd = 20000;
	tx(c, ACK);
	rx_data(c, s.rest, .ack = true, .within = S(17), .req = "MUST-34");
	tx(c, ACK);
}

/* We acknowledge all that comes and never open the window again; far beyond any
 * R2 that counts retransmissions.  The standard bounds no interval from above. */
CASE(text_beyond_a_shrunk_edge_is_no_failure,
     .req   = "SHLD-17",
     .title = "a connection is not given up because text beyond the edge stays unacknowledged",
     .needs = CALLS, .lasts = S(1200))
{
	struct shrunk s = shrink(c, 0);
	tick start = now(c);

	while (now(c) < start + S(1100)) {
		rx(c, ACK, .within = S(600), .promise = "a probe, or the old text again");
		tx(c, ACK, .ack = EXACT(s.base));
	}
	check(c, !dut_was_told(c, NOTE_ERROR), "the application was not told of an end");
	tcb(c)->wnd = 20000;
	tx(c, ACK);
	rx_data(c, s.rest, .ack = true, .within = S(600));
	tx(c, ACK);
}

CASE(window_update_is_taken,
     .req   = "EVT-ESTAB-WND-UPDATE EVT-ESTAB-WND-DUPACK",
     .title = "a window update that acknowledges nothing new releases the text at once",
     .needs = CALLS, .lasts = S(4))
{
	plain(c, 500);
	tcb(c)->wnd = 1000;                             /* some never fill more than half of it at once */
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm_well(c, 500);
	dut_send(c, 4000);
	flight(c);
	tcb(c)->wnd = 0;
	tx(c, ACK);                                     /* closed           */
	pass(c, MS(50));
	uint32_t base = tcb(c)->rcv_nxt;

	tcb(c)->wnd = 2000;
	tx(c, ACK);                                     /* the same ACK, open */
	rx(c, ACK, .within = MS(100) + dut_slack(c), .req = "EVT-ESTAB-WND-UPDATE EVT-ESTAB-WND-DUPACK",
	   .promise = "text follows the window update at once");
	pass(c, MS(30));
	check(c, is_full(c, base + 2000), "the new window is used, but for what makes no full segment",
	      .req = "EVT-ESTAB-WND-DUPACK");
	tx(c, ACK);
}

/* SND.UNA = SEG.ACK: the window may grow and grow again by such segments.  They come
 * some time apart, since a sender that has just sent may wait a moment for more. */
CASE(window_grows_by_duplicates,
     .req   = "EVT-ESTAB-WND-DUPACK",
     .title = "each update with the same acknowledgment sets the limit anew",
     .needs = CALLS, .lasts = S(4))
{
	plain(c, 500);
	tcb(c)->wnd = 1000;
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	warm_well(c, 500);
	uint32_t base = tcb(c)->rcv_nxt;

	dut_send(c, 5000);
	flight(c);
	check(c, is_full(c, base + 1000), "the window is used, but for what makes no full segment", .req = "EVT-ESTAB-SEND");
	for (uint16_t wnd = 1500; wnd <= 2000; wnd += 500) {
		uint32_t next = tcb(c)->rcv_nxt;

		tcb(c)->wnd = wnd;
		pass(c, MS(5));
		tx(c, ACK, .dack = (int32_t)(base - next));
		const struct seg *more = rx_maybe(c, ACK, .seq = EXACT(next), .within = MS(100) + dut_slack(c));
		if (!more && !obeys_mss(c, 500))
			skip(c, "the DUT's segments are larger than our MSS lets them be (MUST-16), and these steps less than one");
		check(c, more, "text follows the window update at once");
		pass(c, MS(30));
		check(c, is_full(c, base + wnd), "the new limit is kept, and used but for what makes no full segment");
	}
}

/* The segment at S+10 carries the newer word on the window; the one at S, which
 * fills the gap, was sent before it.  SND.WL1 tells them apart. */
CASE(old_segment_keeps_its_window,
     .req   = "EVT-ESTAB-WND-OLD",
     .title = "a window from an older segment is not taken",
     .needs = CALLS, .lasts = S(4))
{
	plain(c, 500);
	tcb(c)->wnd = 1000;
	open_passive(c, .nodelay = true);               /* DUT: ESTABLISHED */
	uint32_t base = tcb(c)->rcv_nxt;

	tx(c, ACK, .len = 10, .dseq = 10);              /* newer: 1000 octets */
	pass(c, MS(100));
	tx(c, ACK, .len = 10, .wnd = EXACT(60000));     /* older, with another word */
	if (!rx_maybe(c, ACK, .ack = EXACT(tcb(c)->snd_nxt + 10)))
		skip(c, "the DUT does not keep text above a gap (SHLD-31)");
	dut_send(c, 20000);
	pass(c, MS(100));
	check(c, seq_le(highest(c), base + 1000), "the window of the older segment is not taken");
	check(c, seq_lt(base, highest(c)), "the window of the newer segment is taken");
}

/* ---- the window that the DUT offers ---------------------------------------------- */

static uint32_t edge_of(struct run *c, const struct seg *s)
{
	int shift = s->ctl & SYN || tcb(c)->dut_ws < 0 ? 0 : tcb(c)->dut_ws;

	return s->ack + ((uint32_t)s->wnd << shift);
}

static void edge_only_advances(struct run *c, const char *req)
{
	uint32_t granule = tcb(c)->dut_ws > 0 ? (1u << tcb(c)->dut_ws) - 1 : 0;
	uint32_t edge = tcb(c)->iss;

	for (unsigned n = 0; seen(c, n); n++) {
		const struct seg *s = seen(c, n);

		if (s->ctl & (RST | SYN) || !(s->ctl & ACK))
			continue;
		check(c, edge == tcb(c)->iss || seq_le(edge, edge_of(c, s) + granule),
		      "the right edge of the window does not move to the left", .req = req);
		if (edge == tcb(c)->iss || seq_lt(edge, edge_of(c, s)))
			edge = edge_of(c, s);
	}
}

CASE(edge_stays_while_text_waits,
     .req   = "SHLD-14 EVT-ESTAB-TEXT-EDGE",
     .title = "the right edge of the window stays while text waits for its reader",
     .needs = CALLS, .lasts = S(12))
{
	open_passive(c, .paused = true);                /* DUT: ESTABLISHED */
	for (int n = 0; n < 20; n++) {
		tx(c, ACK, .len = 333);
		rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "EVT-ESTAB-TEXT-EDGE");
	}
	edge_only_advances(c, "SHLD-14 EVT-ESTAB-TEXT-EDGE");
	dut_resume(c);
	dut_has_read(c, 20 * 333, .req = "EVT-ESTAB-TEXT-EDGE");
	edge_only_advances(c, "SHLD-14 EVT-ESTAB-TEXT-EDGE");
}

CASE(bad_segments_leave_the_edge,
     .req   = "EVT-ESTAB-TEXT-EDGE SHLD-14",
     .title = "segments that are not acceptable do not move the window",
     .needs = CALLS, .lasts = S(8))
{
	open_passive(c, .paused = true);                /* DUT: ESTABLISHED */
	we_send(c, 1000);
	uint32_t edge = edge_of(c, last_seen(c));
	uint32_t granule = tcb(c)->dut_ws > 0 ? (1u << tcb(c)->dut_ws) - 1 : 0;

	for (int n = 0; n < 4; n++) {
		pass(c, S(1));                          /* beyond any limit of replies */
		tx(c, ACK, .len = 200, .dseq = -1000);
		const struct seg *ack = rx(c, ACK);
		check(c, edge_of(c, ack) - edge <= granule || edge - edge_of(c, ack) <= granule,
		      "the right edge is where it was");
	}
	edge_only_advances(c, "SHLD-14");
}

/* The buffer is finite, and what its window has promised is kept. */
CASE(offered_window_is_kept,
     .req   = "EVT-ESTAB-TEXT-EDGE EVT-ESTAB-TEXT",
     .title = "a reader who pauses closes the window, and nothing inside it is lost",
     .needs = CALLS, .lasts = S(30))
{
	open_passive(c, .paused = true, .rcvbuf = 8192);        /* DUT: ESTABLISHED */
	uint32_t n = fill_window(c);

	check(c, n > 0 && last_seen(c)->wnd == 0, "the window closes when the buffer is full");
	dut_resume(c);
	dut_has_read(c, n, .req = "EVT-ESTAB-TEXT-EDGE EVT-ESTAB-TEXT");
	edge_only_advances(c, "EVT-ESTAB-TEXT-EDGE");
}

CASE(nothing_is_acknowledged_that_is_not_kept,
     .req   = "EVT-ESTAB-TEXT",
     .title = "what was acknowledged beyond a full buffer is delivered too",
     .needs = CALLS, .lasts = S(30))
{
	open_passive(c, .paused = true, .rcvbuf = 8192);        /* DUT: ESTABLISHED */
	uint32_t n = fill_window(c);

	tx(c, ACK, .len = 500, .stay = true, .why = "beyond the window");
	const struct seg *ack = rx(c, ACK, .promise = "the window that is closed is told again");
	dut_resume(c);
	dut_has_read(c, n + (ack->ack - tcb(c)->snd_nxt));
}
