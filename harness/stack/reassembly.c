/* reassembly.c: the receive buffer: text in order that the user has not read,
 * text that is held above a gap (SHLD-31), and the window that follows.
 *
 * One ring of RCV.BUFF octets holds both: nothing outside the window comes here,
 * and the window never exceeds the buffer, so that the peer cannot make us
 * allocate more.  Octets are counted by their offset in the peer's stream, which
 * does not wrap. */
#include <stdlib.h>
#include <string.h>

#include "tcb.h"

static bool have_ring(struct tcb *t)
{
	if (t->buf.octets)
		return true;
	t->buf.size = t->opt.rcv_buffer;
	t->buf.octets = malloc(t->buf.size);
	return t->buf.octets;
}

static void ring_put(struct tcb *t, uint64_t at, const uint8_t *text, uint64_t n)
{
	while (n) {
		uint64_t to = at % t->buf.size;
		uint64_t piece = t->buf.size - to < n ? t->buf.size - to : n;

		memcpy(t->buf.octets + to, text, piece);
		at += piece;
		text += piece;
		n -= piece;
	}
}

/* Adds [from, to) to the sorted, disjoint ranges above the gap. */
static bool hold_range(struct tcb *t, uint64_t from, uint64_t to)
{
	struct range *r = t->buf.above;
	unsigned i = 0, last;

	while (i < t->buf.n_above && r[i].to < from)
		i++;
	for (last = i; last < t->buf.n_above && r[last].from <= to; last++) {
		if (r[last].from < from)
			from = r[last].from;
		if (r[last].to > to)
			to = r[last].to;
	}
	if (last == i && t->buf.n_above == MAX_GAPS)
		return false;           /* the peer will send it again */
	/* Ranges i to last-1 become one. */
	memmove(r + i + 1, r + last, (t->buf.n_above - last) * sizeof(*r));
	t->buf.n_above -= last - i;
	t->buf.n_above++;
	r[i] = (struct range){ from, to };
	return true;
}

/* Holds text that stands in the window, at or above RCV.NXT. */
bool hold_text(struct tcb *t, uint32_t seq, const uint8_t *text, uint32_t len)
{
	uint64_t from = t->buf.end + (seq - t->rcv.nxt);

	if (len == 0)
		return true;
	if (!have_ring(t) || from + len - t->buf.read > t->buf.size)
		return false;
	if (!hold_range(t, from, from + len))
		return false;
	ring_put(t, from, text, len);
	return true;
}

/* Advances RCV.NXT over what is now in order. */
void join_text(struct tcb *t)
{
	if (t->buf.n_above == 0 || t->buf.above[0].from > t->buf.end)
		return;

	uint64_t n = t->buf.above[0].to - t->buf.end;
	t->buf.end += n;
	t->rcv.nxt += (uint32_t)n;
	t->buf.n_above--;
	memmove(t->buf.above, t->buf.above + 1, t->buf.n_above * sizeof(t->buf.above[0]));
}

bool text_arrives(struct tcb *t, uint32_t seq, const uint8_t *text, uint32_t len)
{
	bool held = hold_text(t, seq, text, len);

	join_text(t);
	return held;
}

/* The peer's FIN stands at seq, perhaps above a gap. */
void hold_fin(struct tcb *t, uint32_t seq)
{
	t->buf.fin = true;
	t->buf.fin_at = t->buf.end + (seq - t->rcv.nxt);
}

bool fin_in_order(const struct tcb *t)
{
	return t->buf.fin && !t->rcv.fin && t->buf.fin_at == t->buf.end;
}

/* ---- the user ------------------------------------------------------------- */

/* Passes at most n octets to the user. */
uint64_t user_takes(struct stack *st, struct tcb *t, uint64_t n)
{
	uint64_t there = t->buf.end - t->buf.read, taken;

	if (n > there)
		n = there;
	for (taken = 0; taken < n; ) {
		uint64_t from = t->buf.read % t->buf.size;
		uint64_t piece = t->buf.size - from < n - taken ? t->buf.size - from : n - taken;

		t->buf.digest = digest_feed(t->buf.digest, t->buf.octets + from, piece);
		t->buf.read += piece;
		taken += piece;
	}
	if (n) {
		t->window_update = true;
		note(st, t, NOTE_READABLE, t->buf.read, 0);
	}
	/* RCV.UP has been read: "normal mode" (3.8.5). */
	if (t->rcv.urgent && seq_le(t->rcv.up, t->rcv.nxt - (uint32_t)(t->buf.end - t->buf.read) - t->rcv.fin))
		t->rcv.urgent = false;
	if (t->rcv.fin && t->buf.read == t->buf.end && !t->buf.eof_told) {
		t->buf.eof_told = true;
		note(st, t, NOTE_EOF, 0, 0);
	}
	return n;
}

/* A user who is not paused reads whatever comes, once the connection is
 * established. */
void user_reads(struct stack *st, struct tcb *t)
{
	if (t->state == SYN_RECEIVED || t->state == SYN_SENT)
		return;
	user_takes(st, t, t->buf.paused ? 0 : UINT64_MAX);
}

/* ---- the window ----------------------------------------------------------- */

/* RCV.BUFF - RCV.USER */
static uint32_t space(const struct tcb *t)
{
	uint64_t user = t->buf.end - t->buf.read;

	return user < t->opt.rcv_buffer ? t->opt.rcv_buffer - (uint32_t)user : 0;
}

uint32_t room_beyond_edge(const struct tcb *t)
{
	return space(t) > rcv_wnd(t) ? space(t) - rcv_wnd(t) : 0;
}

/* RCV.WND as it would be offered now: the right edge stays where it is until it
 * can advance by a worthwhile amount (3.8.6.2.2). */
static uint32_t window_now(const struct stack *st, const struct tcb *t)
{
	uint32_t wnd = rcv_wnd(t), half = t->opt.rcv_buffer / 2, mss = eff_snd_mss(st, t);

	if (space(t) > wnd && (space(t) - wnd >= (half < mss ? half : mss) || fault(st, FAULT_sws_receiver)))
		return space(t);
	return wnd;
}

/* The field of a segment that leaves with this RCV.NXT.  Rounding down by the
 * shift could take back octets already offered, so it rounds up where the buffer
 * allows; where not, what was offered stays accepted (RFC 7323 2.4). */
uint16_t window_to_offer(struct stack *st, struct tcb *t, bool syn)
{
	unsigned shift = syn ? 0 : t->rcv.shift;
	uint32_t wnd = window_now(st, t), field = wnd >> shift;

	if (field << shift < wnd && (field + 1) << shift <= space(t))
		field++;
	if (field > 65535)
		field = 65535;

	uint32_t edge = t->rcv.nxt + (field << shift);
	if (seq_lt(t->rcv.edge, edge))
		t->rcv.edge = edge;
	return (uint16_t)field;
}

/* The user has read: does the peer have to hear of it without an ACK that is due
 * anyway?  If it may be waiting for room, or if some segments more would fit. */
bool window_worth_telling(const struct stack *st, const struct tcb *t)
{
	uint32_t wnd = rcv_wnd(t), now = window_now(st, t);
	uint32_t half = t->opt.rcv_buffer / 2, room = (uint32_t)st->k.window_update_segments * mss_to_offer(st, t);

	if (now >> t->rcv.shift <= wnd >> t->rcv.shift)
		return false;
	return wnd < eff_snd_mss(st, t) || fault(st, FAULT_sws_receiver) || now - wnd >= (half < room ? half : room);
}

/* A smaller buffer holds for what is offered from now on; a greater one is made
 * at once where there is a ring already. */
void set_rcv_buffer(struct tcb *t, uint32_t size)
{
	if (t->buf.octets && size > t->buf.size) {
		uint8_t *ring = malloc(size);
		uint64_t to = t->buf.end;

		if (!ring)
			return;
		if (t->buf.n_above)
			to = t->buf.above[t->buf.n_above - 1].to;
		for (uint64_t at = t->buf.read; at < to; at++)
			ring[at % size] = t->buf.octets[at % t->buf.size];
		free(t->buf.octets);
		t->buf.octets = ring;
		t->buf.size = size;
	}
	t->opt.rcv_buffer = size;
}
