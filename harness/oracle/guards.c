/* guards.c: what is the case when a segment arrives.  See guards.h.
 *
 * The receive window needs a word.  RCV.WND is a variable of the DUT; what we
 * know is the right edge that it has advertised.  The true edge may lie further
 * right: octets that the application has read meanwhile are not offered at once
 * (3.8.6.2.2), and a scaled window is rounded down.  Between the advertised edge
 * and the furthest possible one a segment is neither acceptable nor not: it is
 * at_the_edge, and both readings of it are lawful. */
#include "guards.h"

#include "../../probes/seq.h"

enum zone { OUT, AT_EDGE, INSIDE };

static const struct seg *seg_of(const struct view *v)
{
	return &v->in->seg;
}

static bool has(const struct view *v, unsigned bits)
{
	return (v->in->seg.ctl & bits) == bits;
}

static bool lenient(const struct view *v)
{
	return v->config->accept != ACCEPT_STRICT;
}

/* How far right of the advertised edge the true one may be. */
static uint32_t slack(const struct view *v)
{
	const struct tcb *t = v->t;
	const uint32_t rounding = t->dut_ws && t->other_ws ? (1u << t->rcv_shift) - 1 : 0;
	uint32_t withheld = v->paused ? t->read + v->received : t->taken;

	/* SWS avoidance withholds less than one segment or half a buffer. */
	if (withheld > 2 * 1460)
		withheld = 2 * 1460;
	return withheld + rounding;
}

/* from =< seq < to, where the range is shorter than half of all numbers and seq
 * may be anywhere. */
static bool within(uint32_t from, uint32_t seq, uint32_t to)
{
	return seq_lt(from, to) && seq - from < to - from;
}

/* RFC 9293 table 6, with the window from `from` to `edge`. */
static bool passes(uint32_t seq, uint32_t len, uint32_t from, uint32_t edge)
{
	const bool closed = !seq_lt(from, edge);

	if (len == 0)
		return closed ? seq == from : within(from, seq, edge);
	return !closed && (within(from, seq, edge) || within(from, seq + len - 1, edge));
}

static enum zone zone(const struct view *v)
{
	const struct tcb *t = v->t;
	const uint32_t seq = seg_of(v)->seq, len = seg_len(seg_of(v));

	if (!t->edge_known) {
		/* Nothing is advertised yet: only the left edge is known. */
		if (seq == t->rcv_nxt)
			return INSIDE;
		return seq_le(seq + len, t->rcv_nxt) ? OUT : AT_EDGE;
	}
	const bool sure = passes(seq, len, t->rcv_nxt, t->edge);

	/* Table 6 has no row that a segment around the whole window passes;
	 * many stacks trim it. */
	if (len > 0 && seq_lt(seq, t->rcv_nxt) && !seq_lt(seq + len - 1, t->edge))
		return AT_EDGE;
	if (sure != passes(seq, len, t->rcv_nxt, t->edge + slack(v)))
		return AT_EDGE;
	if (lenient(v) && len == 0 && !sure) {
		/* On the right edge itself, and between Last.ACK.sent and
		 * RCV.NXT, deployed stacks accept what is empty. */
		if (seq == t->edge || (seq_lt(seq, t->rcv_nxt) && seq_le(t->acked, seq)))
			return AT_EDGE;
	}
	return sure ? INSIDE : OUT;
}

bool always(const struct view *v)
{
	(void)v;
	return true;
}

/* ---- before 3.10.7 -------------------------------------------------------- */

bool bad_checksum(const struct view *v)
{
	return seg_of(v)->wrong & WRONG_CKSUM;
}

bool bad_header(const struct view *v)
{
	return seg_of(v)->wrong & (WRONG_DOFF | WRONG_LENGTH);
}

static bool timestamps(const struct view *v)
{
	return v->t->state >= SYN_RECEIVED && tcb_ts(v->t) && !has(v, RST);
}

/* RFC 6191 has its own rule for a SYN in TIME-WAIT. */
static bool syn_in_time_wait(const struct view *v)
{
	return has(v, SYN) && v->t->state == TIME_WAIT;
}

/* RFC 7323 5.3 R1, with the two bounds that we have of TS.Recent. */
static bool paws(const struct view *v)
{
	return timestamps(v) && !v->config->no_paws;
}

bool paws_old(const struct view *v)
{
	return paws(v) && !syn_in_time_wait(v) && v->in->opts.ts && v->t->echoed &&
	       seq_lt(v->in->opts.ts_val, v->t->ts_low);
}

bool paws_perhaps(const struct view *v)
{
	return paws(v) && v->in->opts.ts && seq_lt(v->in->opts.ts_val, v->t->ts_high);
}

bool lacks_timestamp(const struct view *v)
{
	return timestamps(v) && !v->in->opts.ts;
}

bool syn_lacks_timestamp(const struct view *v)
{
	return lacks_timestamp(v) && has(v, SYN);
}

/* ---- CLOSED and LISTEN ---------------------------------------------------- */

bool rst(const struct view *v)          { return has(v, RST); }
bool ack(const struct view *v)          { return has(v, ACK); }
bool syn(const struct view *v)          { return has(v, SYN); }
bool no_ack(const struct view *v)       { return !has(v, ACK); }
bool rst_and_syn(const struct view *v)  { return has(v, RST | SYN); }
bool rst_and_ack(const struct view *v)  { return has(v, RST | ACK); }
bool ack_and_syn(const struct view *v)  { return has(v, ACK | SYN); }
bool ack_and_fin(const struct view *v)  { return has(v, ACK | FIN); }
bool ack_and_text(const struct view *v) { return has(v, ACK) && seg_of(v)->len > 0; }
bool syn_and_text(const struct view *v) { return has(v, SYN) && seg_of(v)->len > 0; }
bool syn_and_fin(const struct view *v)  { return has(v, SYN | FIN); }
bool syn_and_push(const struct view *v) { return has(v, SYN) && (seg_of(v)->ctl & (PSH | URG)); }
bool flagless(const struct view *v)     { return !(seg_of(v)->ctl & (RST | ACK | SYN)); }

bool closed_syn(const struct view *v)     { return has(v, SYN) && !has(v, ACK); }
bool closed_syn_text(const struct view *v){ return closed_syn(v) && seg_of(v)->len > 0; }
bool closed_syn_fin(const struct view *v) { return closed_syn(v) && has(v, FIN); }
bool closed_fin(const struct view *v)     { return has(v, FIN) && !has(v, ACK) && !has(v, SYN); }
bool closed_rst_ack(const struct view *v) { return rst_and_ack(v); }

/* ---- SYN-SENT ------------------------------------------------------------- */

bool ack_low(const struct view *v)
{
	return has(v, ACK) && seq_le(seg_of(v)->ack, v->t->iss);
}

bool ack_high(const struct view *v)
{
	return has(v, ACK) && seq_lt(v->t->snd_nxt, seg_of(v)->ack);
}

bool bad_ack_and_rst(const struct view *v) { return has(v, RST) && (ack_low(v) || ack_high(v)); }
bool syn_and_bad_ack(const struct view *v) { return has(v, SYN) && (ack_low(v) || ack_high(v)); }
bool rst_and_good_ack(const struct view *v){ return rst_and_ack(v); }
bool syn_and_ack(const struct view *v)     { return ack_and_syn(v); }
bool syn_and_ack_text(const struct view *v){ return ack_and_syn(v) && seg_of(v)->len > 0; }
bool syn_and_ack_fin(const struct view *v) { return ack_and_syn(v) && has(v, FIN); }
bool ack_without_syn(const struct view *v) { return has(v, ACK); }

/* ---- other states: first -------------------------------------------------- */

static bool zero_window(const struct view *v)
{
	return v->t->edge_known && !seq_lt(v->t->rcv_nxt, v->t->edge);
}

/* 3.5.3: a RST is validated by its sequence number alone, whatever it carries. */
static enum zone rst_zone(const struct view *v)
{
	const struct tcb *t = v->t;
	const uint32_t seq = seg_of(v)->seq;

	/* With a SYN or FIN beside it, table 6 refuses it at a closed window, and
	 * the special allowance for a RST takes it. */
	if (seq == t->rcv_nxt)
		return zero_window(v) && (seg_of(v)->ctl & (SYN | FIN)) ? AT_EDGE : INSIDE;
	if (!t->edge_known)
		return seq_lt(seq, t->rcv_nxt) ? OUT : AT_EDGE;
	if (within(t->rcv_nxt, seq, t->edge))
		return INSIDE;
	if (seq == t->edge || within(t->rcv_nxt, seq, t->edge + slack(v)))
		return lenient(v) || seq != t->edge || slack(v) > 0 ? AT_EDGE : OUT;
	if (lenient(v) && seq_lt(seq, t->rcv_nxt) && seq_le(t->acked, seq))
		return AT_EDGE;
	return OUT;
}

bool rst_below(const struct view *v)
{
	return has(v, RST) && rst_zone(v) == OUT && seq_lt(seg_of(v)->seq, v->t->rcv_nxt);
}

bool rst_outside(const struct view *v) { return has(v, RST) && rst_zone(v) == OUT; }
bool rst_at_edge(const struct view *v) { return has(v, RST) && rst_zone(v) == AT_EDGE; }

/* RFC 5961 does not say so, but a FIN that was taken leaves its sender one octet
 * behind us, and deployed stacks believe a reset from there. */
bool rst_below_by_one_after_fin(const struct view *v)
{
	return has(v, RST) && v->t->fin_in && seg_of(v)->seq == v->t->rcv_nxt - 1;
}

/* A.2: figure 7 line 6, whose SEQ is one below RCV.NXT. */
bool crossing_syn_ack(const struct view *v)
{
	return ack_and_syn(v) && !has(v, RST) && v->t->state == SYN_RECEIVED && !v->t->passive &&
	       seg_of(v)->seq == v->t->irs &&
	       seq_lt_le(v->t->snd_una, seg_of(v)->ack, v->t->snd_nxt);
}

bool syn_outside(const struct view *v) { return has(v, SYN) && !has(v, RST) && zone(v) == OUT; }

bool syn_trimmed(const struct view *v)
{
	return has(v, SYN) && !has(v, RST) && zone(v) == INSIDE && seq_lt(seg_of(v)->seq, v->t->rcv_nxt);
}

bool syn_again(const struct view *v)
{
	return syn_outside(v) && !has(v, ACK) && seg_of(v)->seq == v->t->irs;
}

bool syn_ack_again(const struct view *v)
{
	return syn_outside(v) && has(v, ACK) && seg_of(v)->seq == v->t->irs;
}

/* RFC 1122 4.2.2.13 and RFC 6191: later in sequence, or in time. */
bool syn_new_in_time_wait(const struct view *v)
{
	return has(v, SYN) && !(seg_of(v)->ctl & (ACK | RST)) &&
	       (seq_le(v->t->rcv_nxt - 1, seg_of(v)->seq) ||
	        (v->in->opts.ts && (!tcb_ts(v->t) || seq_le(v->t->ts_low, v->in->opts.ts_val))));
}

bool syn_old_in_time_wait(const struct view *v)
{
	return has(v, SYN) && !has(v, RST) && !syn_new_in_time_wait(v);
}

bool unacceptable(const struct view *v) { return !has(v, RST) && zone(v) == OUT; }
bool at_the_edge(const struct view *v)  { return !has(v, RST) && zone(v) == AT_EDGE; }

bool fin_again(const struct view *v)
{
	return unacceptable(v) && has(v, FIN) && v->t->fin_in && seg_end(seg_of(v)) == v->t->rcv_nxt;
}

bool unacceptable_empty_zero_window(const struct view *v)
{
	return unacceptable(v) && zero_window(v) && seg_len(seg_of(v)) == 0;
}

bool unacceptable_text_zero_window(const struct view *v)
{
	return unacceptable(v) && zero_window(v) && seg_len(seg_of(v)) > 0 &&
	       !seq_lt(seg_of(v)->seq, v->t->rcv_nxt);
}

bool keepalive_form(const struct view *v)
{
	return unacceptable(v) && seg_len(seg_of(v)) == 0 && seq_lt(seg_of(v)->seq, v->t->rcv_nxt);
}

bool empty_beyond(const struct view *v)
{
	return unacceptable(v) && seg_len(seg_of(v)) == 0;
}

bool text_old(const struct view *v)
{
	return unacceptable(v) && seg_of(v)->len > 0 && seq_lt(seg_of(v)->seq, v->t->rcv_nxt);
}

bool text_beyond(const struct view *v)
{
	return unacceptable(v) && seg_of(v)->len > 0;
}

bool fin_outside(const struct view *v)
{
	return unacceptable(v) && has(v, FIN);
}

/* A.2: stacks deviate on purpose, and take the ACK of what they refuse. */
bool old_but_acks(const struct view *v)
{
	return has(v, ACK) && !(seg_of(v)->ctl & (SYN | RST)) && zone(v) != INSIDE &&
	       seq_lt_le(v->t->snd_una, seg_of(v)->ack, v->t->snd_nxt);
}

/* ---- second to fifth ------------------------------------------------------ */

bool rst_exact(const struct view *v)     { return has(v, RST) && seg_of(v)->seq == v->t->rcv_nxt; }
bool rst_exact_reopened(const struct view *v)
{
	return rst_exact(v) && v->t->reopened;
}

bool rst_in_window(const struct view *v) { return has(v, RST); }

/* A SYN below the window is trimmed off, if its text is not. */
bool syn_in_window(const struct view *v)
{
	return has(v, SYN) && seq_le(v->t->rcv_nxt, seg_of(v)->seq);
}

bool fin_without_ack(const struct view *v) { return !has(v, ACK) && has(v, FIN); }

bool acks_syn(const struct view *v)
{
	return v->t->iss_known && seq_lt_le(v->t->snd_una, seg_of(v)->ack, v->t->snd_nxt);
}

bool acks_too_little(const struct view *v) { return seq_le(seg_of(v)->ack, v->t->snd_una); }

/* An ISS that nobody has seen yet is acknowledged by chance only. */
bool acks_future(const struct view *v)
{
	return !v->t->iss_known || seq_lt(v->t->snd_nxt, seg_of(v)->ack);
}

/* RFC 5961 5.2.  "The largest window that the local sender has ever received from
 * its peer": that it took, at least; whether one that came with a refused segment
 * counts, the text does not say, and to go on is lawful too. */
bool acks_ancient(const struct view *v)
{
	return seq_lt(seg_of(v)->ack, v->t->snd_una - v->t->snd_max_wnd);
}

bool acks_new(const struct view *v)
{
	return seq_lt_le(v->t->snd_una, seg_of(v)->ack, v->t->snd_nxt);
}

bool acks_fin(const struct view *v)
{
	return acks_new(v) && tcb_fin_covered(v->t, seg_of(v)->ack);
}

bool acks_fin_and_more(const struct view *v)
{
	return acks_fin(v) && seg_len(seg_of(v)) > 0;
}

bool acks_nothing_new(const struct view *v) { return seq_le(seg_of(v)->ack, v->t->snd_una); }

/* ---- sixth to eighth ------------------------------------------------------ */

bool urgent(const struct view *v) { return has(v, URG); }

bool empty_at_left_edge(const struct view *v)
{
	return seg_len(seg_of(v)) == 0 && seq_le(seg_of(v)->seq, v->t->rcv_nxt);
}

bool empty_in_window(const struct view *v) { return seg_len(seg_of(v)) == 0; }
bool text(const struct view *v)            { return seg_of(v)->len > 0; }

/* The first octet of text, behind a SYN that was processed before. */
static uint32_t text_at(const struct seg *s)
{
	return s->seq + !!(s->ctl & SYN);
}

bool text_in_order(const struct view *v)
{
	return text(v) && seq_le(text_at(seg_of(v)), v->t->rcv_nxt) &&
	       seq_lt(v->t->rcv_nxt, text_at(seg_of(v)) + seg_of(v)->len);
}

bool ends_after_edge(const struct view *v)
{
	return text_in_order(v) &&
	       (!v->t->edge_known || seq_lt(v->t->edge, seg_end(seg_of(v))));
}

bool text_after_close(const struct view *v)
{
	return text(v) && v->t->full && seq_lt(v->t->rcv_nxt, text_at(seg_of(v)) + seg_of(v)->len);
}

bool text_beyond_hole(const struct view *v)
{
	return text(v) && seq_lt(v->t->rcv_nxt, text_at(seg_of(v)));
}

bool queued_text(const struct view *v)
{
	for (unsigned i = 0; i < v->t->n_held; i++)
		if (v->t->held[i].from == v->t->rcv_nxt)
			return true;
	return false;
}

bool fin_in_order(const struct view *v)
{
	return has(v, FIN) && !v->t->fin_in && seg_end(seg_of(v)) - 1 == v->t->rcv_nxt;
}

bool fin_beyond_hole(const struct view *v)
{
	return has(v, FIN) && !v->t->fin_in && seq_lt(v->t->rcv_nxt, seg_end(seg_of(v)) - 1);
}

bool fin_was_held(const struct view *v)
{
	return v->t->fin_held && !v->t->fin_in && v->t->fin_held_seq == v->t->rcv_nxt;
}

bool fin_elsewhere(const struct view *v) { return has(v, FIN); }

/* One that is not trimmed off. */
bool fin_in_window(const struct view *v)
{
	const struct tcb *t = v->t;

	return has(v, FIN) && t->edge_known && within(t->rcv_nxt, seg_end(seg_of(v)) - 1, t->edge);
}

/* ---- calls ---------------------------------------------------------------- */

bool call_open_passive(const struct view *v) { return v->call->kind == CALL_OPEN_PASSIVE; }
bool call_open_active(const struct view *v)  { return v->call->kind == CALL_OPEN_ACTIVE; }
bool call_close(const struct view *v)        { return v->call->kind == CALL_CLOSE; }

bool call_of_listener(const struct view *v)
{
	return v->of_listener && (v->call->kind == CALL_CLOSE || v->call->kind == CALL_ABORT);
}

bool call_shutdown(const struct view *v)     { return v->call->kind == CALL_SHUTDOWN; }

bool call_close_or_shutdown(const struct view *v) { return call_close(v) || call_shutdown(v); }

bool call_close_lingering(const struct view *v)
{
	return call_close(v) && v->linger_zero;
}

/* SHLD-3: something may lie there that nobody has read. */
bool call_close_unread(const struct view *v)
{
	return call_close(v) && v->t->taken > 0 && (v->paused || v->t->taken != v->t->read || v->now - v->t->heard < S(1));
}

bool call_abort(const struct view *v) { return v->call->kind == CALL_ABORT; }

/* ---- time-outs ------------------------------------------------------------ */

bool time_wait_may_end(const struct view *v)
{
	return v->config->msl <= 0 || v->now - v->t->since + v->config->slack >= 2 * v->config->msl;
}

/* R1, R2, the user timeout and keepalive: when exactly is for the cases to
 * judge; here it only explains why a connection is no more. */
bool gives_up(const struct view *v)
{
	const tick from = v->t->waiting < v->t->heard ? v->t->waiting : v->t->heard;

	if (v->timeouts)
		return v->now - from >= MS(200);
	return v->t->waiting != TICK_NEVER && v->now - v->t->waiting >= S(3);
}

bool idles_in_fin_wait_2(const struct view *v)
{
	return v->t->full && v->now - v->t->since >= S(1);
}
