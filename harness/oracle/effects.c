/* effects.c: what becomes of the variables when a row has spoken.  See effects.h
 * and, for the names, RFC 9293 3.3.1. */
#include "effects.h"

#include <string.h>

#include "../../probes/seq.h"

static void also(struct variants *more, const struct tcb *t)
{
	if (more->n < VARIANTS)
		more->t[more->n++] = *t;
}

static uint32_t scaled_window(const struct tcb *t, const struct seg *s)
{
	const bool scaled = !(s->ctl & SYN) && t->dut_ws && t->other_ws;

	return scaled ? (uint32_t)s->wnd << t->snd_shift : s->wnd;
}

static void set_window(struct tcb *t, const struct seg *s)
{
	t->snd_wnd = scaled_window(t, s);
	if (t->snd_wnd > t->snd_max_wnd)
		t->snd_max_wnd = t->snd_wnd;
}

/* The options of a SYN (RFC 7323 2.2 and 3.2). */
static void take_options(struct tcb *t, const struct view *v)
{
	const struct opts *opts = &v->in->opts;

	t->other_ws = opts->ws;
	t->snd_shift = opts->ws_shift > 14 ? 14 : opts->ws_shift;
	t->other_ts = opts->ts;
	if (opts->ts) {
		t->ts_low = t->ts_high = opts->ts_val;
		t->echoed = true;
	}
}

void effects_of_arrival(struct tcb *t, const struct view *v)
{
	const struct seg *s = &v->in->seg;

	if (s->wrong & (WRONG_CKSUM | WRONG_DOFF | WRONG_LENGTH))
		return;
	t->heard = v->now;
	if (tcb_ts(t) && v->in->opts.ts && seq_lt(t->ts_high, v->in->opts.ts_val))
		t->ts_high = v->in->opts.ts_val;
}

static void accept_to(struct tcb *t, const struct view *v, uint32_t to)
{
	t->taken += to - t->rcv_nxt;
	if (!v->paused || v->in == NULL || v->in->at < v->paused_until)
		t->read += to - t->rcv_nxt;
	t->rcv_nxt = to;
}

/* ---- the SYN -------------------------------------------------------------- */

static void receive_from(struct tcb *t, const struct view *v)
{
	const struct seg *s = &v->in->seg;

	t->irs = s->seq;
	t->rcv_nxt = s->seq + 1;
	t->acked = t->rcv_nxt;
	t->edge_known = false;
	t->taken = t->read = 0;
	t->n_held = 0;
	t->fin_in = t->fin_held = false;
	t->snd_max_wnd = s->wnd;
	set_window(t, s);
	t->wl1 = s->seq;
	take_options(t, v);
}

/* "Any other control or text should be queued for processing later": text of a
 * SYN may be kept, taken at once, or be left to be resent. */
static void queue_text_of_syn(struct tcb *t, const struct view *v, struct variants *more)
{
	const struct seg *s = &v->in->seg;

	if (s->ctl & FIN) {
		t->fin_held = true;
		t->fin_held_seq = s->seq + 1 + s->len;
	}
	if (s->len == 0)
		return;
	struct tcb taken = *t;

	accept_to(&taken, v, t->rcv_nxt + s->len);
	also(more, &taken);
	t->held[0] = (struct span) { t->rcv_nxt, t->rcv_nxt + s->len };
	t->n_held = 1;
}

void take_syn_listen(struct tcb *t, const struct view *v, struct variants *more)
{
	t->passive = true;
	t->listener = true;
	t->iss_known = false;
	t->closing = t->full = t->fin_out = t->late_close = t->rolled_back = false;
	t->since = v->now;
	t->waiting = v->now;
	receive_from(t, v);
	queue_text_of_syn(t, v, more);
}

void take_syn_sent(struct tcb *t, const struct view *v, struct variants *more)
{
	t->passive = false;
	t->since = v->now;
	receive_from(t, v);
	t->wl2 = v->in->seg.ack;
	queue_text_of_syn(t, v, more);
}

void take_syn_ack(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)more;
	receive_from(t, v);
	t->since = v->now;
	t->snd_una = v->in->seg.ack;
	t->wl2 = v->in->seg.ack;
	t->acks_before = v->in->seg.len > 0 || (v->in->seg.ctl & FIN);
	t->ack_was = t->rcv_nxt;
	t->waiting = t->snd_una == t->snd_nxt ? TICK_NEVER : v->now;
}

/* ---- acknowledgments ------------------------------------------------------ */

static void advance_una(struct tcb *t, uint32_t ack, tick now)
{
	if (!seq_lt(t->snd_una, ack))
		return;
	t->snd_una = ack;
	t->waiting = t->snd_una == t->snd_nxt ? TICK_NEVER : now;
	if (t->snd_una == t->snd_nxt)
		t->rolled_back = false;
}

void take_window(struct tcb *t, const struct view *v, struct variants *more)
{
	const struct seg *s = &v->in->seg;

	(void)more;
	if (s->ack != t->snd_una)
		return;
	if (seq_lt(t->wl1, s->seq) || (t->wl1 == s->seq && seq_le(t->wl2, s->ack))) {
		set_window(t, s);
		t->wl1 = s->seq;
		t->wl2 = s->ack;
	}
}

void take_ack(struct tcb *t, const struct view *v, struct variants *more)
{
	advance_una(t, v->in->seg.ack, v->now);
	take_window(t, v, more);
}

void establish(struct tcb *t, const struct view *v, struct variants *more)
{
	const struct seg *s = &v->in->seg;

	(void)more;
	advance_una(t, s->ack, v->now);
	set_window(t, s);
	t->wl1 = s->seq;
	t->wl2 = s->ack;
	t->since = v->now;
	if (t->closing)
		t->state = FIN_WAIT_1;
}

void finish_crossing(struct tcb *t, const struct view *v, struct variants *more)
{
	establish(t, v, more);
}

void take_old_ack(struct tcb *t, const struct view *v, struct variants *more)
{
	const struct seg *s = &v->in->seg;
	const bool fin = tcb_fin_covered(t, s->ack);

	advance_una(t, s->ack, v->now);
	take_window(t, v, more);
	if (t->state == SYN_RECEIVED)
		t->state = t->closing ? FIN_WAIT_1 : ESTABLISHED;
	if (!fin)
		return;
	t->since = v->now;
	if (t->state == FIN_WAIT_1)
		t->state = FIN_WAIT_2;
	else if (t->state == CLOSING)
		t->state = TIME_WAIT;
	else if (t->state == LAST_ACK)
		t->state = tcb_gone(t);
}

/* ---- text and FIN --------------------------------------------------------- */

static void hold(struct tcb *t, uint32_t from, uint32_t to)
{
	for (unsigned i = 0; i < t->n_held; i++)
		if (seq_le(t->held[i].from, from) && seq_le(to, t->held[i].to))
			return;
	if (t->n_held < HELD)
		t->held[t->n_held++] = (struct span) { from, to };
	else
		t->lost_count = true;
}

/* Text that lies behind a FIN that is held. */
static void check_against_fin(struct tcb *t, uint32_t to)
{
	if (t->fin_held && seq_lt(t->fin_held_seq, to))
		t->contradicted = true;
}

void hold_text(struct tcb *t, const struct view *v, struct variants *more)
{
	const struct seg *s = &v->in->seg;
	const uint32_t from = s->seq + !!(s->ctl & SYN);

	(void)more;
	check_against_fin(t, from + s->len);
	hold(t, from, from + s->len);
}

void hold_fin(struct tcb *t, const struct view *v, struct variants *more)
{
	const uint32_t at = seg_end(&v->in->seg) - 1;

	(void)more;
	if (t->fin_held && t->fin_held_seq != at)
		t->contradicted = true;
	for (unsigned i = 0; i < t->n_held; i++)
		if (seq_lt(at, t->held[i].to))
			t->contradicted = true;
	t->fin_held = true;
	t->fin_held_seq = at;
}

/* Drops what lies behind RCV.NXT now. */
static void tidy_held(struct tcb *t)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < t->n_held; i++)
		if (seq_lt(t->rcv_nxt, t->held[i].to))
			t->held[kept++] = t->held[i];
	memset(&t->held[kept], 0, (HELD - kept) * sizeof(t->held[0]));
	t->n_held = kept;
	if (kept == 0)
		t->lost_count = false;
}

static bool next_held(const struct tcb *t, uint32_t at, uint32_t *to)
{
	for (unsigned i = 0; i < t->n_held; i++)
		if (seq_le(t->held[i].from, at) && seq_lt(at, t->held[i].to)) {
			*to = t->held[i].to;
			return true;
		}
	return false;
}

/* Where the first octet may be missing, from `at` on and up to `reach`: behind a
 * piece that was held, or where another began that it was cut for. */
static bool next_cut(const struct tcb *t, uint32_t at, uint32_t reach, uint32_t *cut)
{
	bool any = false;

	for (unsigned i = 0; i < 2 * t->n_held; i++) {
		const uint32_t x = i % 2 ? t->held[i / 2].to : t->held[i / 2].from;

		if (seq_lt(at, x) && seq_le(x, reach) && (!any || seq_lt(x, *cut))) {
			*cut = x;
			any = true;
		}
	}
	return any;
}

/* Text in order.  What was held above may follow, or may have been dropped, or
 * parts of it where pieces overlapped: it is a SHOULD (SHLD-31) that it is there. */
void take_text(struct tcb *t, const struct view *v, struct variants *more)
{
	const struct seg *s = &v->in->seg;
	uint32_t to = s->seq + !!(s->ctl & SYN) + s->len, reach = to;

	check_against_fin(t, to);
	accept_to(t, v, to);
	t->unread |= t->full && (t->state == FIN_WAIT_1 || t->state == FIN_WAIT_2);
	while (next_held(t, reach, &reach))
		;
	while (next_cut(t, to, reach, &to)) {
		struct tcb further = *t;

		accept_to(&further, v, to);
		tidy_held(&further);
		also(more, &further);
	}
	tidy_held(t);
	if (t->edge_known && seq_lt(t->edge, t->rcv_nxt))
		t->edge = t->rcv_nxt;
}

void take_queued(struct tcb *t, const struct view *v, struct variants *more)
{
	uint32_t to;

	(void)more;
	while (next_held(t, t->rcv_nxt, &to)) {
		accept_to(t, v, to);
		tidy_held(t);
	}
}

void drop_queued(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)v;
	(void)more;
	memset(t->held, 0, sizeof(t->held));
	t->n_held = 0;
}

void take_to_edge(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)more;
	if (!t->edge_known || !seq_lt(t->rcv_nxt, t->edge))
		return;
	accept_to(t, v, t->edge);
	tidy_held(t);
}

/* The segment has a FIN, and it stands elsewhere. */
static bool other_fin(const struct view *v, uint32_t at)
{
	return (v->in->seg.ctl & FIN) && seg_end(&v->in->seg) - 1 != at;
}

/* It was not kept. */
void drop_fin(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)more;
	if (other_fin(v, t->fin_held_seq))
		t->contradicted = true;
	t->fin_held = false;
}

void take_fin(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)more;
	if ((t->fin_held && t->fin_held_seq != t->rcv_nxt) || t->n_held > 0 || other_fin(v, t->rcv_nxt))
		t->contradicted = true;
	t->rcv_nxt++;
	t->fin_in = true;
	t->since = v->now;
	t->late_close = t->closing;
	if (t->edge_known && seq_lt(t->edge, t->rcv_nxt))
		t->edge = t->rcv_nxt;
}

void restart_2msl(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)more;
	t->since = v->now;
}

/* ---- the end -------------------------------------------------------------- */

void forget(struct tcb *t, const struct view *v, struct variants *more)
{
	const struct tcb old = *t;

	(void)more;
	memset(t, 0, sizeof(*t));
	t->state = old.state;
	t->listener = old.listener;
	t->waiting = TICK_NEVER;
	t->since = v->now;
}

void reopen(struct tcb *t, const struct view *v, struct variants *more)
{
	t->was.iss = t->iss;
	t->was.snd_una = t->snd_una;
	t->was.snd_nxt = t->snd_nxt;
	t->was.irs = t->irs;
	t->was.rcv_nxt = t->rcv_nxt;
	t->was.edge = t->edge;
	t->was.fin_seq = t->fin_seq;
	t->reopened = true;
	take_syn_listen(t, v, more);
}

/* "returns to TIME-WAIT state if the SYN turns out to be an old duplicate" */
void back_to_time_wait(struct tcb *t, const struct view *v, struct variants *more)
{
	if (!t->reopened) {
		t->state = tcb_gone(t);
		forget(t, v, more);
		return;
	}
	t->iss = t->was.iss;
	t->iss_known = true;
	t->snd_una = t->was.snd_una;
	t->snd_nxt = t->was.snd_nxt;
	t->irs = t->was.irs;
	t->rcv_nxt = t->acked = t->was.rcv_nxt;
	t->edge = t->was.edge;
	t->edge_known = true;
	t->fin_out = t->fin_in = true;
	t->fin_seq = t->was.fin_seq;
	t->reopened = false;
	t->waiting = TICK_NEVER;
	t->since = v->now;
}

/* ---- calls ---------------------------------------------------------------- */

void open_passive(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)v;
	(void)more;
	t->listener = true;
}

void stop_listening(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)v;
	(void)more;
	t->listener = false;
}

void open_active(struct tcb *t, const struct view *v, struct variants *more)
{
	const bool listener = t->listener;

	(void)more;
	const enum tcp_state state = t->state;

	memset(t, 0, sizeof(*t));
	t->state = state;
	t->listener = listener;
	t->since = t->waiting = t->heard = v->now;
}

void close_queued(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)more;
	t->closing = !t->fin_out;
	t->since = v->now;
	if (v->call->kind == CALL_CLOSE)
		t->full = true;
}

void close_fully(struct tcb *t, const struct view *v, struct variants *more)
{
	(void)more;
	if (v->call->kind == CALL_CLOSE)
		t->full = true;
}

void forget_listener(struct tcb *t, const struct view *v, struct variants *more)
{
	t->listener = false;
	forget(t, v, more);
}

void take_text_or_hold(struct tcb *t, const struct view *v, struct variants *more)
{
	if (seq_lt(t->rcv_nxt, v->in->seg.seq)) {
		hold_text(t, v, more);
		return;
	}
	also(more, t);
	take_text(t, v, more);
}
