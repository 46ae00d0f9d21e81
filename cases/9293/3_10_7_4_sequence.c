/* 3_10_7_4_sequence.c: first, check sequence number (RFC 9293 3.10.7.4, table 6),
 * in ESTABLISHED; and what is done with text that is partly or not yet in place.
 *
 * The same check in the states that follow is in 3_10_7_4_other_states.c. */
#include <string.h>

#include "../sender.h"
#include "harness/stimuli.h"

SECTION("9293/3.10.7.4");

/* ---- no octet, and a window ------------------------------------------------------ */

CASE(empty_at_rcv_nxt,
     .req   = "EVT-ESTAB-SEQ-2 EVT-ESTAB-TEXT-ZERO-ACK",
     .title = "an acceptable ACK without text is not answered",
     .lasts = S(5))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	for (int i = 0; i < 3; i++) {
		tx(c, ACK);
		quiet(c, S(1), .req = "EVT-ESTAB-SEQ-2 EVT-ESTAB-TEXT-ZERO-ACK",
		      .promise = "an ACK is not acknowledged");
	}
	alive(c);
}

/* Nothing asks for an ACK, and it shows a gap: RFC 5681 4.2 wants one where a segment
 * arrives out of order, and does not say that it has text.  So one is lawful; a second
 * would go on for ever with a peer who does the same. */
CASE(empty_inside_window,
     .req   = "EVT-ESTAB-SEQ-2",
     .title = "an empty segment further inside the window is acceptable, and draws one ACK at most",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t expected = tcb(c)->snd_nxt;
	tx(c, ACK, .dseq = 100, .why = "an empty segment inside the window");
	const struct seg *told = rx_maybe(c, ACK, .len = NO_TEXT);

	if (told) {
		remark(c, "EVT-ESTAB-SEQ-2", "an empty segment above RCV.NXT is answered by an ACK");
		check(c, told->ack == expected, "it says what is expected", .req = "EVT-ESTAB-SEQ-ACKFORM");
	}
	quiet(c, S(1), .promise = "no other answer comes");
	data_flows(c);
}

CASE(empty_below_rcv_nxt,
     .req   = "EVT-ESTAB-SEQ-2-LOW EVT-ESTAB-SEQ-ACKFORM",
     .title = "an empty segment below the window is answered by an ACK that says what is expected",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const struct seg *s = tx(c, ACK, .dseq = -1000, .why = "an old ACK");
	rx(c, ACK, .seq = EXACT(s->ack), .ack = EXACT(s->seq + 1000), .len = NO_TEXT, .req = "EVT-ESTAB-SEQ-ACKFORM");
	alive(c);
}

CASE(empty_beyond_right_edge,
     .req   = "EVT-ESTAB-SEQ-2-HIGH EVT-ESTAB-SEQ-ACKFORM",
     .title = "an empty segment beyond the window is answered by an ACK that says what is expected",
     .lasts = S(3))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t expected = tcb(c)->snd_nxt;
	const struct seg *s = empty_beyond_window(c, tcb(c)->rcv_nxt);
	rx(c, ACK, .seq = EXACT(s->ack), .ack = EXACT(expected), .len = NO_TEXT);
	alive(c);
}

/* ---- a closed window --------------------------------------------------------------- */

/* Fills the window of a DUT that does not read.  DUT: ESTABLISHED, RCV.WND 0. */
static void close_window(struct run *c)
{
	open_passive(c, .paused = true, .rcvbuf = 8192);
	fill_window(c);
}

CASE(zero_window_empty_at_rcv_nxt,
     .req   = "EVT-ESTAB-SEQ-1",
     .title = "with a closed window an ACK at RCV.NXT is still taken",
     .needs = CALLS, .lasts = S(12))
{
	close_window(c);                                /* DUT: ESTABLISHED, window 0 */
	dut_send(c, 100);
	rx_data(c, 100);
	tx(c, ACK);
	quiet(c, S(4), .but = BUT_ACKS, .promise = "text that was acknowledged at a closed window is not sent again");
}

CASE(zero_window_empty_elsewhere,
     .req   = "EVT-ESTAB-SEQ-1-BAD",
     .title = "with a closed window an empty segment elsewhere is answered by an ACK",
     .needs = CALLS, .lasts = S(8))
{
	close_window(c);                                /* DUT: ESTABLISHED, window 0 */
	tx(c, ACK, .dseq = -1, .why = "below RCV.NXT at a closed window");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .len = NO_TEXT);
	pass(c, S(1));
	tx(c, ACK, .dseq = 1, .why = "above RCV.NXT at a closed window");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .len = NO_TEXT);
}

CASE(zero_window_text,
     .req   = "EVT-ESTAB-SEQ-3",
     .title = "with a closed window text is answered by an ACK and not taken",
     .needs = CALLS, .lasts = S(8))
{
	close_window(c);                                /* DUT: ESTABLISHED, window 0 */
	const uint32_t expected = tcb(c)->snd_nxt;
	for (uint32_t n = 1; n <= 100; n += 99) {
		tx(c, ACK, .len = n, .stay = true, .why = "text at a closed window");
		const struct seg *s = rx(c, ACK, .ack = EXACT(expected), .len = NO_TEXT,
		                         .promise = "text at a closed window is not acknowledged");
		check(c, s->wnd == 0, "the window of a DUT that does not read stays closed");
		pass(c, S(1));
	}
}

CASE(zero_window_reset,
     .req   = "MUST-66 EVT-ESTAB-RST-EXACT",
     .title = "a closed window does not keep a reset out",
     .needs = CALLS, .lasts = S(8))
{
	close_window(c);                                /* DUT: ESTABLISHED, window 0 */
	tx(c, RST);                                     /* DUT: CLOSED       */
	check(c, reset_was_taken(c), "a closed window does not keep a reset out", .req = "MUST-66");
	dut_told(c, NOTE_ERROR, .req = "EVT-ESTAB-RST-EXACT");
	gone(c, .req = "EVT-ESTAB-RST-EXACT");
}

/* ---- text and a window ------------------------------------------------------------- */

CASE(text_in_place,
     .req   = "EVT-ESTAB-SEQ-4 EVT-ESTAB-TEXT GEN-CKSUM-ODD",
     .title = "text in its place is acknowledged, whatever its length, pushed or not",
     .lasts = S(6))
{
	static const struct { uint32_t len; unsigned push; } text[] = {
		{ 1, 0 }, { 2, PSH }, { 3, 0 }, { 17, PSH }, { 512, 0 }, { 535, PSH }
	};
	uint32_t sum = 0;

	open_passive(c);                                /* DUT: ESTABLISHED  */
	for (unsigned i = 0; i < sizeof text / sizeof *text; i++) {
		const struct seg *s = tx(c, ACK | text[i].push, .len = text[i].len);
		rx(c, ACK, .ack = EXACT(s->seq + s->len),
		   .req = s->len & 1 ? "EVT-ESTAB-SEQ-4 GEN-CKSUM-ODD" : "EVT-ESTAB-SEQ-4 EVT-ESTAB-TEXT");
		sum += s->len;
	}
	if (has_calls(c))
		dut_has_read(c, sum);
	alive(c);
}

/* The old part differs from what was sent at its place: it must not count. */
CASE(text_over_left_edge,
     .req   = "EVT-ESTAB-SEQ-4-LEFT",
     .title = "of text that begins below the window just the new part is taken",
     .lasts = S(4))
{
	uint8_t text[30];

	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 50);
	tx(c, ACK, .len = 20, .lost = true);
	memset(text, '?', 10);
	for (unsigned i = 10; i < sizeof text; i++)
		text[i] = pattern_octet(tcb(c)->sent - 30 + i);

	tx(c, ACK, .dseq = -30, .len = sizeof text, .text = text, .why = "ten old octets and twenty new ones");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	if (has_calls(c))
		dut_has_read(c, 70);
	data_flows(c);
}

/* Sends until but a small window is left: not more than 1000 octets. */
static uint32_t narrow_window(struct run *c)
{
	open_passive(c, .paused = true, .rcvbuf = 8192);
	for (int i = 0; i < 200 && tcb(c)->dut_wnd > 1000; i++) {
		uint32_t most = tcb(c)->dut_mss < 536 ? tcb(c)->dut_mss : 536;
		we_send(c, tcb(c)->dut_wnd - 500 < most ? tcb(c)->dut_wnd - 500 : most);
	}
	if (tcb(c)->dut_wnd == 0 || tcb(c)->dut_wnd > 1000)
		inconclusive(c, "the window did not narrow while the DUT's application did not read");
	return tcb(c)->dut_wnd;
}

CASE(text_over_right_edge,
     .req   = "EVT-ESTAB-SEQ-4-RIGHT",
     .title = "of text that sticks out of the window nothing beyond the edge is taken",
     .needs = CALLS, .lasts = S(60))
{
	const uint32_t left = narrow_window(c);         /* DUT: ESTABLISHED  */
	const uint32_t edge = tcb(c)->snd_una + left;
	tx(c, ACK, .len = left + 50, .stay = true, .why = "fifty octets more than the window");
	const struct seg *s = rx(c, ACK);
	check(c, seq_le(s->ack, edge), "no octet beyond the right edge is acknowledged");
}

CASE(text_spans_window,
     .req   = "EVT-ESTAB-SEQ-4-SPAN",
     .title = "of text that spans the window nothing beyond the edge is taken",
     .needs = CALLS, .lasts = S(60))
{
	const uint32_t left = narrow_window(c);         /* DUT: ESTABLISHED  */
	const uint32_t edge = tcb(c)->snd_una + left;
	tx(c, ACK, .dseq = -5, .len = left + 20, .why = "five octets below the window, fifteen beyond it");
	const struct seg *s = rx(c, ACK);
	check(c, seq_le(s->ack, edge), "no octet beyond the right edge is acknowledged");
}

CASE(old_text,
     .req   = "EVT-ESTAB-SEQ-4-OLD EVT-ESTAB-SEQ-ACKFORM GEN-DUP-SEG",
     .title = "text that comes again is acknowledged again and delivered once",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 100);
	const struct seg *s = tx(c, ACK, .dseq = -100, .len = 100, .why = "the same text again");
	rx(c, ACK, .seq = EXACT(s->ack), .ack = EXACT(tcb(c)->snd_nxt), .len = NO_TEXT);
	we_send(c, 10);
	if (has_calls(c))
		dut_has_read(c, 110, .req = "GEN-DUP-SEG");
}

/* After the DUT has sent, SND.NXT is no longer what it was: a stale or copied
 * sequence number shows. */
CASE(ack_says_where_the_dut_is,
     .req   = "EVT-ESTAB-SEQ-ACKFORM",
     .title = "the ACK for an unacceptable segment has SND.NXT and RCV.NXT, and no text",
     .needs = CALLS, .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	we_send(c, 33);
	dut_send(c, 77);
	rx_data(c, 77);
	tx(c, ACK);
	const uint32_t snd_nxt = tcb(c)->rcv_nxt, rcv_nxt = tcb(c)->snd_nxt;

	tx(c, ACK, .dseq = -20, .len = 10, .dack = -30, .why = "old text with an old ACK");
	rx(c, ACK, .seq = EXACT(snd_nxt), .ack = EXACT(rcv_nxt), .len = NO_TEXT);
}

CASE(text_beyond_window,
     .req   = "EVT-ESTAB-SEQ-4-NEW",
     .title = "text beyond the window is answered by an ACK and not kept",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t expected = tcb(c)->snd_nxt;
	tx(c, ACK, .seq = EXACT(right_edge(c) + 1000), .len = 100, .why = "text beyond the window");
	rx(c, ACK, .ack = EXACT(expected), .len = NO_TEXT);
	data_flows(c);
}

CASE(text_far_beyond_window,
     .req   = "EVT-ESTAB-SEQ-4-NEW",
     .title = "text from the far end of the sequence space is answered by an ACK and not kept",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t expected = tcb(c)->snd_nxt;
	tx(c, ACK, .seq = EXACT(expected + 0x10000000), .len = 10, .why = "text far beyond the window");
	rx(c, ACK, .ack = EXACT(expected), .len = NO_TEXT);
	data_flows(c);
}

/* ---- not yet in place (SHLD-31) ------------------------------------------------------ */

CASE(text_above_a_gap,
     .req   = "EVT-ESTAB-OOO SHLD-31",
     .title = "text above a gap is kept, delivered when the gap is filled, and not before",
     .lasts = S(4))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const struct seg *gap = tx(c, ACK, .len = 100, .lost = true);
	tx(c, ACK, .len = 100);
	pass(c, S(1));
	check(c, !dut_was_told(c, NOTE_READABLE), "text above a gap is not delivered");

	tx(c, ACK, .seq = EXACT(gap->seq), .len = 100, .why = "fills the gap");
	rx(c, ACK, .ack = EXACT(gap->seq + 200), .req = "EVT-ESTAB-OOO SHLD-31",
	   .promise = "the ACK covers what was kept");
	if (has_calls(c))
		dut_has_read(c, 200);
}

/* Four pieces, highest first, that overlap one another. */
CASE(overlapping_pieces,
     .req   = "EVT-ESTAB-OOO EVT-ESTAB-SEQ-4-LEFT",
     .title = "overlapping pieces above a gap are joined to the octets that were sent",
     .lasts = S(7))
{
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const struct seg *all = tx(c, ACK, .len = 400, .lost = true);

	static const struct { uint32_t at, len; } piece[] = { { 300, 100 }, { 190, 120 }, { 100, 110 } };
	for (unsigned i = 0; i < sizeof piece / sizeof *piece; i++) {
		tx(c, ACK, .seq = EXACT(all->seq + piece[i].at), .len = piece[i].len);
		pass(c, S(1));
	}
	tx(c, ACK, .seq = EXACT(all->seq), .len = 240, .why = "fills the gap and overlaps what is kept");
	rx(c, ACK, .ack = EXACT(all->seq + 400), .promise = "the ACK covers every piece");
	if (has_calls(c))
		dut_has_read(c, 400, .req = "EVT-ESTAB-SEQ-4-LEFT");
	data_flows(c);
}

CASE(reordered,
     .req   = "GEN-REORDER",
     .title = "text that arrives in any order is delivered in its own",
     .lasts = S(6))
{
	unsigned order[10];

	open_passive(c);                                /* DUT: ESTABLISHED  */
	const struct seg *all = tx(c, ACK, .len = 500, .lost = true);
	for (unsigned i = 0; i < 10; i++)
		order[i] = i;
	for (unsigned i = 9; i > 0; i--) {
		unsigned k = any_number(c) % (i + 1), other = order[k];
		order[k] = order[i];
		order[i] = other;
	}
	for (unsigned i = 0; i < 10; i++) {
		tx(c, ACK, .seq = EXACT(all->seq + 50 * order[i]), .len = 50);
		pass(c, MS(20));
	}
	pass(c, S(1));
	/* Not everything above a gap has to be kept: once more, in order. */
	for (unsigned i = 0; i < 10; i++)
		tx(c, ACK, .seq = EXACT(all->seq + 50 * i), .len = 50);
	rx(c, ACK, .ack = EXACT(all->seq + 500));
	if (has_calls(c))
		dut_has_read(c, 500);
}

/* ---- modulo 2^32 --------------------------------------------------------------------- */

/* Where our sequence numbers begin: just below 2^32, and just below 2^31, where
 * a comparison of plain signed numbers breaks. */
static const uint32_t below_2_32 = 0xFFFFFFF0, below_2_31 = 0x7FFFFFF0;

static void wrap_in_order(struct run *c, const void *arg)
{
	tcb(c)->iss = *(const uint32_t *)arg;
	open_passive(c);                                /* DUT: ESTABLISHED  */
	for (int i = 0; i <= 10; i++) {
		const struct seg *s = tx(c, ACK, .len = i < 10 ? 7 : 500);
		rx(c, ACK, .ack = EXACT(s->seq + s->len));
	}
	if (has_calls(c))
		dut_has_read(c, 570);
	data_flows(c);
}

static void wrap_one_segment(struct run *c, const void *arg)
{
	tcb(c)->iss = *(const uint32_t *)arg;
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const struct seg *s = tx(c, ACK, .len = 64);
	rx(c, ACK, .ack = EXACT(s->seq + 64));
	tx(c, ACK, .seq = EXACT(s->seq), .len = 64, .why = "the same text again");
	rx(c, ACK, .ack = EXACT(s->seq + 64), .len = NO_TEXT);
	data_flows(c);
}

static void wrap_out_of_order(struct run *c, const void *arg)
{
	tcb(c)->iss = *(const uint32_t *)arg;
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const struct seg *gap = tx(c, ACK, .len = 30, .lost = true);
	tx(c, ACK, .len = 30);
	pass(c, S(1));
	tx(c, ACK, .seq = EXACT(gap->seq), .len = 30, .why = "fills the gap");
	pass(c, S(1));
	tx(c, ACK, .seq = EXACT(gap->seq), .len = 60, .why = "once more, had nothing been kept");
	rx(c, ACK, .ack = EXACT(gap->seq + 60));
	if (has_calls(c))
		dut_has_read(c, 60);
}

static void wrap_beyond_window(struct run *c, const void *arg)
{
	tcb(c)->iss = *(const uint32_t *)arg;
	open_passive(c);                                /* DUT: ESTABLISHED  */
	const uint32_t expected = tcb(c)->snd_nxt;
	octet_beyond_window(c, tcb(c)->rcv_nxt);
	rx(c, ACK, .ack = EXACT(expected), .len = NO_TEXT);
	data_flows(c);
}

static void wrap_rst(struct run *c, const void *arg)
{
	tcb(c)->iss = *(const uint32_t *)arg;
	open_passive(c);                                /* DUT: ESTABLISHED  */
	rst_below_window(c, 0);
	quiet(c, S(1), .promise = "a reset below the window is dropped");
	rst_beyond_window(c, 0);
	quiet(c, S(1), .promise = "a reset beyond the window is dropped");
	data_flows(c);
}

#define WRAP(name, BODY, ISS, TITLE)                                            \
	CASE_RECORD(name, &ISS, BODY, .req = "EVT-ESTAB-SEQ-WRAP", .title = TITLE, .lasts = S(6))

/*   name                       body                our ISS     title */
WRAP(wrap_in_order_32,          wrap_in_order,      below_2_32, "a stream in small pieces passes sequence number 2^32")
WRAP(wrap_in_order_31,          wrap_in_order,      below_2_31, "a stream in small pieces passes sequence number 2^31")
WRAP(wrap_one_segment_32,       wrap_one_segment,   below_2_32, "a segment that lies across 2^32 is one segment, new and old")
WRAP(wrap_one_segment_31,       wrap_one_segment,   below_2_31, "a segment that lies across 2^31 is one segment, new and old")
WRAP(wrap_out_of_order_32,      wrap_out_of_order,  below_2_32, "text above a gap is put in its place across 2^32")
WRAP(wrap_out_of_order_31,      wrap_out_of_order,  below_2_31, "text above a gap is put in its place across 2^31")
WRAP(wrap_beyond_window_32,     wrap_beyond_window, below_2_32, "a window across 2^32 has a right edge")
WRAP(wrap_beyond_window_31,     wrap_beyond_window, below_2_31, "a window across 2^31 has a right edge")
WRAP(wrap_rst_32,               wrap_rst,           below_2_32, "resets outside a window across 2^32 are dropped")
WRAP(wrap_rst_31,               wrap_rst,           below_2_31, "resets outside a window across 2^31 are dropped")
