/* answers.c: can this hypothesis have sent that segment?  See answers.h. */
#include "answers.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "../../probes/seq.h"

struct question {
	const struct oracle *o;
	const struct hyp *h;
	const struct seg *s;
	const struct opts *opts;
	struct hyp *out;
	unsigned n;
	struct death *why;
};

static bool strict(const struct question *q)
{
	return q->o->config.accept == ACCEPT_STRICT;
}

static struct hyp *successor(struct question *q)
{
	assert(q->n < SUCCESSORS);
	struct hyp *h = &q->out[q->n++];

	memcpy(h, q->h, sizeof(*h));
	h->n_done = 0;
	return h;
}

/* Reply number i has come. */
static void answered(struct hyp *h, unsigned i, tick at)
{
	if (at > h->owed[i].due) {
		/* Where silence was lawful, that is what it was. */
		h->owed[i].late = !(h->owed[i].answers & SILENCE);
		return;
	}
	h->done[h->n_done++] = h->owed[i];
	if (h->owed[i].number != UINT_MAX && h->answered <= h->owed[i].number)
		h->answered = h->owed[i].number + 1;
	memmove(&h->owed[i], &h->owed[i + 1], (h->n_owed - i - 1) * sizeof(h->owed[0]));
	h->n_owed--;
	memset(&h->owed[h->n_owed], 0, sizeof(h->owed[0]));
}

/* Every reply of these forms that is owed; one segment may answer several
 * stimuli (MUST-58, MUST-59).  True if there was one. */
static bool answer_all(struct hyp *h, unsigned forms, tick at)
{
	bool any = false;

	for (unsigned i = h->n_owed; i-- > 0; )
		if (h->owed[i].answers & forms) {
			answered(h, i, at);
			any = true;
		}
	return any;
}

static bool owes(const struct hyp *h, unsigned forms)
{
	for (unsigned i = 0; i < h->n_owed; i++)
		if (h->owed[i].answers & forms)
			return true;
	return false;
}

/* ---- dying ---------------------------------------------------------------- */

/* The stimulus that an unlawful segment was most likely meant for: the newest that
 * must be answered, or, when a later one may be answered otherwise or not at all,
 * that one; beyond one that asks for silence nobody looks back, whether its row
 * names a requirement or not. */
static const struct owed *newest_owed(const struct hyp *h)
{
	const struct owed *optional = NULL;

	for (unsigned i = h->n_owed; i-- > 0; ) {
		const struct owed *owed = &h->owed[i];

		if (owed->row == NULL || owed->row->req == NULL) {
			if (owed->answers == SILENCE)
				break;
			continue;
		}
		if (!(owed->answers & SILENCE))
			return owed;
		if (optional == NULL)
			optional = owed;
		if (owed->answers == SILENCE)
			break;
	}
	return optional;
}

/* Whether a tells of an earlier stimulus than b, or of none. */
static bool older(const struct owed *a, const struct owed *b)
{
	if (a == NULL || b == NULL)
		return b != NULL;
	return a->number != UINT_MAX && b->number != UINT_MAX && a->number < b->number;
}

static unsigned die(struct question *q, int nearness, const char *req, const char *clause, const char *what,
                    const struct seg *wanted)
{
	const int rank = (int)q->h->next * 16 + nearness;

	if (rank < q->why->rank)
		return 0;
	const struct owed *owed = newest_owed(q->h);

	/* Of two that come as near, the one that can say what was asked for last. */
	if (rank == q->why->rank && older(owed, q->why->owed))
		return 0;
	*q->why = (struct death) {
		.rank = rank, .req = req, .clause = clause, .what = what, .state = q->h->t.state,
		.has_wanted = wanted != NULL, .told = q->why->told + 1
	};
	if (wanted != NULL)
		q->why->wanted = *wanted;
	if (owed != NULL) {
		q->why->owed_copy = *owed;
		q->why->owed = &q->why->owed_copy;
		q->why->again = owed->number != UINT_MAX && q->h->answered > owed->number;
	}
	return 0;
}

static struct seg pure_ack_of(const struct tcb *t)
{
	return (struct seg) { .seq = t->snd_nxt, .ack = t->rcv_nxt, .ctl = ACK };
}

/* ---- what every segment with a synchronized TCB must carry ---------------- */

static bool right_ack(const struct tcb *t, const struct seg *s)
{
	return (s->ctl & ACK) && s->ack == t->rcv_nxt;
}

static void note_ack(struct hyp *h, const struct seg *s, const struct opts *opts)
{
	struct tcb *t = &h->t;
	const uint8_t shift = !(s->ctl & SYN) && t->dut_ws && t->other_ws ? t->rcv_shift : 0;
	const uint32_t edge = s->ack + ((uint32_t)s->wnd << shift);

	t->acked = s->ack;
	if (!t->edge_known || seq_lt(t->edge, edge))
		t->edge = edge;
	t->edge_known = true;
	if (opts->ts && tcb_ts(t) && t->echoed && seq_lt(t->ts_low, opts->ts_ecr) &&
	    seq_le(opts->ts_ecr, t->ts_high))
		t->ts_low = opts->ts_ecr;
}

static bool opens_window(const struct tcb *t, const struct seg *s)
{
	const uint8_t shift = t->dut_ws && t->other_ws ? t->rcv_shift : 0;

	return !t->edge_known || seq_lt(t->edge, s->ack + ((uint32_t)s->wnd << shift));
}

/* ---- RST ------------------------------------------------------------------ */

static bool fits_rst(const struct question *q, const struct owed *owed)
{
	const struct seg *s = q->s;
	const bool plain = !(s->ctl & ACK) || !strict(q);

	/* "If the incoming segment has an ACK field, the reset takes its sequence
	 * number from [it]; otherwise, the reset has sequence number zero". */
	if ((owed->answers & RST_SEQ) && owed->seg_acks && plain && s->seq == owed->seg_ack)
		return true;
	if ((owed->answers & RST_ACK) && !owed->seg_acks && (s->ctl & ACK) && s->seq == 0 && s->ack == owed->seg_end)
		return true;
	return (owed->answers & RST_NXT) && (s->seq == owed->snd_nxt ||
	       (!strict(q) && seq_le(owed->snd_una, s->seq) && seq_le(s->seq, owed->snd_nxt)));
}

/* One reset answers one segment or call, and does not say which: the first that
 * must have one, or one before that may have been met with silence. */
static unsigned explain_rst(struct question *q)
{
	const struct tcb *t = &q->h->t;
	const struct owed *wanted = NULL;

	for (unsigned i = 0; i < q->h->n_owed; i++) {
		if (!(q->h->owed[i].answers & ANY_RST))
			continue;
		if (fits_rst(q, &q->h->owed[i])) {
			answered(successor(q), i, q->s->at);
			if (!(q->h->owed[i].answers & SILENCE))
				return q->n;
		} else {
			wanted = &q->h->owed[i];
		}
	}
	if (q->n > 0)
		return q->n;
	const bool in_sequence = t->state >= SYN_RECEIVED && t->iss_known &&
		seq_le(t->snd_una, q->s->seq) && seq_le(q->s->seq, t->snd_nxt);
	const bool waited = t->state >= SYN_RECEIVED && t->waiting != TICK_NEVER &&
		q->s->at - t->waiting >= S(3);

	/* (SHLD-3: text that came after a full CLOSE is reset, and may have been acknowledged first) */
	if (in_sequence && (!q->o->config.calls_known || q->o->calls.keepalive || waited || t->unread)) {
		struct hyp *gone = successor(q);
		const bool listener = gone->t.listener;

		memset(&gone->t, 0, sizeof(gone->t));
		gone->t.listener = listener;
		gone->t.state = tcb_gone(&gone->t);
		gone->t.waiting = TICK_NEVER;
		answer_all(gone, ~0u & ~(unsigned)SILENCE, q->s->at);
		if (synchronized(t->state)) {   /* 3.5.2 */
			struct hyp *waits = successor(q);

			waits->t.state = TIME_WAIT;
			waits->t.since = q->s->at;
			answer_all(waits, ~0u & ~(unsigned)SILENCE, q->s->at);
		}
		return q->n;
	}
	if (wanted != NULL) {
		const struct seg form = (wanted->answers & RST_SEQ) && wanted->seg_acks ?
			(struct seg) { .seq = wanted->seg_ack, .ctl = RST } :
			(wanted->answers & RST_ACK) ?
			(struct seg) { .seq = 0, .ack = wanted->seg_end, .ctl = RST | ACK } :
			(struct seg) { .seq = wanted->snd_nxt, .ctl = RST };

		return die(q, 12, "EVT-CLOSED-WIN", "9293 3.5.2", "the reset has other numbers", &form);
	}
	return die(q, 4, "GEN-RST-CLEAR", "9293 3.5.2", "nothing that has happened asks for a reset", NULL);
}

/* ---- SYN ------------------------------------------------------------------ */

static void begin_sending(struct hyp *h, const struct question *q)
{
	struct tcb *t = &h->t;

	t->iss = q->s->seq;
	t->iss_known = true;
	t->snd_una = t->iss;
	t->snd_nxt = seg_end(q->s);
	t->waiting = q->s->at;
	t->dut_ws = q->opts->ws;
	t->rcv_shift = q->opts->ws_shift > 14 ? 14 : q->opts->ws_shift;
	t->dut_ts = q->opts->ts;
}

static unsigned explain_syn(struct question *q)
{
	const struct tcb *t = &q->h->t;

	if (owes(q->h, THE_SYN) && t->state == SYN_SENT) {
		struct hyp *h = successor(q);

		begin_sending(h, q);
		answer_all(h, THE_SYN, q->s->at);
		return q->n;
	}
	if (t->state == SYN_SENT && t->iss_known) {
		if (q->s->seq == t->iss) {
			successor(q);
			return q->n;
		}
		return die(q, 8, "EVT-SYNSENT-RTO", "9293 3.10.8", "every SYN of one attempt has the same SEQ",
		           &(struct seg) { .seq = t->iss, .ctl = SYN });
	}
	if (!q->o->config.calls_known && (t->state == CLOSED || t->state == LISTEN || t->state == TIME_WAIT)) {
		struct hyp *h = successor(q);
		const bool listener = t->listener;

		memset(&h->t, 0, sizeof(h->t));
		h->t.state = SYN_SENT;
		h->t.listener = listener;
		h->t.since = h->t.heard = q->s->at;
		begin_sending(h, q);
		return q->n;
	}
	return die(q, 2, "EVT-SYNSENT-SYN-FORMAT", "9293 3.10.1", "no active OPEN asks for a SYN", NULL);
}

static unsigned explain_syn_ack(struct question *q)
{
	const struct tcb *t = &q->h->t;
	const struct seg wanted = {
		.seq = t->iss_known ? t->iss : q->s->seq, .ack = t->rcv_nxt, .ctl = SYN | ACK
	};

	/* A FIN may have followed it before it was acknowledged (3.10.4), and the
	 * other's may have been taken since. */
	const bool outstanding = (t->state == FIN_WAIT_1 || t->state == CLOSING) && t->iss_known &&
		t->snd_una == t->iss;

	if (t->state != SYN_RECEIVED && !outstanding)
		return die(q, 2, "EVT-LISTEN-SYN", "9293 3.10.7.2", "no SYN is there to be answered", NULL);
	if (q->s->ack != t->rcv_nxt || (t->iss_known && q->s->seq != t->iss))
		return die(q, 10, owes(q->h, SYN_ACK) ? "EVT-LISTEN-SYN" : "EVT-SYNRCVD-RTO", "9293 3.10.7",
		           "the SYN,ACK has other numbers", &wanted);
	struct hyp *h = successor(q);

	if (!t->iss_known || !t->edge_known) {
		begin_sending(h, q);
		h->t.wl2 = h->t.iss;
	}
	note_ack(h, q->s, q->opts);
	answer_all(h, SYN_ACK, q->s->at);
	return q->n;
}

/* ---- text, FIN, pure ACK -------------------------------------------------- */

static unsigned wrong_ack(struct question *q)
{
	struct seg wanted = pure_ack_of(&q->h->t);

	wanted.seq = q->s->seq;
	wanted.ctl = (uint8_t)((q->s->ctl & FIN) | ACK);
	return die(q, 10, "GEN-ACK-ALWAYS", "9293 3.10.7.4", "ACK is not RCV.NXT", &wanted);
}

static enum tcp_state state_behind_fin(const struct tcb *t)
{
	switch (t->state) {
	case ESTABLISHED:
	case SYN_RECEIVED:
		return FIN_WAIT_1;
	case CLOSE_WAIT:
		return LAST_ACK;
	default:
		return t->state;
	}
}

static bool may_send_fin(const struct question *q)
{
	const struct tcb *t = &q->h->t;

	if (t->fin_out)
		return true;
	switch (t->state) {
	case ESTABLISHED:
	case CLOSE_WAIT:
		return t->closing || !q->o->config.calls_known;
	case SYN_RECEIVED:
		return t->closing || !q->o->config.calls_known;
	case FIN_WAIT_1:
	case LAST_ACK:
	case CLOSING:
		return t->closing;
	default:
		return false;
	}
}

static unsigned explain_text(struct question *q)
{
	const struct tcb *t = &q->h->t;
	const struct seg *s = q->s;
	const bool fin = s->ctl & FIN;
	const uint32_t end = s->seq + s->len;

	if (!synchronized(t->state) && !(t->state == SYN_RECEIVED && fin && s->len == 0))
		return die(q, 4, "EVT-SYNRCVD-ACK-OK", "9293 3.10.7", "there is no connection yet that could send this",
		           NULL);
	if (!right_ack(t, s))
		return wrong_ack(q);
	if (seq_lt(t->snd_nxt, s->seq))
		return die(q, 8, "EVT-ESTAB-SEND", "9293 3.10.2", "SEQ leaves a hole behind SND.NXT",
		           &(struct seg) { .seq = t->snd_nxt, .ack = t->rcv_nxt, .ctl = s->ctl });
	if (seq_lt(s->seq, t->iss + 1) && !(s->seq == t->iss && t->snd_nxt == t->iss + 1))
		return die(q, 8, "EVT-ESTAB-SEND", "9293 3.10.2", "SEQ lies before the connection began", NULL);

	const bool new_text = seq_lt(t->snd_nxt, end);
	const bool garbage = s->len == 1 && s->seq == t->snd_nxt - 1;

	if (s->len > 0 && t->fin_out && seq_lt(t->fin_seq, end) && !garbage)
		return die(q, 8, "EVT-FINWAIT1-SEND", "9293 3.10.2", "text stands behind the FIN", NULL);
	if (new_text && !t->closing && t->state != ESTABLISHED && t->state != CLOSE_WAIT)
		return die(q, 8, "EVT-FINWAIT1-SEND", "9293 3.10.2", "new text in a state that sends none", NULL);
	if (fin) {
		const struct seg wanted = {
			.seq = t->fin_out ? t->fin_seq : t->snd_nxt, .ack = t->rcv_nxt, .ctl = FIN | ACK
		};

		if (t->fin_out ? end != t->fin_seq : seq_lt(end, t->snd_nxt))
			return die(q, 9, t->state == LAST_ACK ? "EVT-LASTACK-RTO" : "EVT-FINWAIT1-RTO", "9293 3.10.8",
			           "the FIN stands at another sequence number", &wanted);
		if (!may_send_fin(q))
			return die(q, 6, t->state == CLOSE_WAIT ? "EVT-CLOSEWAIT-STAY" : "EVT-ESTAB-CLOSE", "9293 3.10.4",
			           "no CLOSE asks for a FIN", NULL);
	}
	struct hyp *h = successor(q);

	if (new_text || (fin && !t->fin_out)) {
		if (h->t.waiting == TICK_NEVER)
			h->t.waiting = s->at;
	} else if (seq_lt(s->seq, t->snd_nxt)) {
		h->t.rolled_back = true;
	}
	if (new_text)
		h->t.snd_nxt = end;
	note_ack(h, s, q->opts);
	answer_all(h, PURE_ACK | ACK_SOON, s->at);
	if (!fin || t->fin_out)
		return q->n;

	h->t.fin_out = true;
	h->t.closing = false;
	h->t.fin_seq = end;
	h->t.snd_nxt = end + 1;
	h->t.state = state_behind_fin(t);
	if (h->t.state != t->state)
		h->t.since = s->at;
	answer_all(h, THE_FIN, s->at);
	/* When the CLOSE may have come before the other's FIN, this is CLOSING. */
	if (h->t.state == LAST_ACK && (t->late_close || !q->o->config.calls_known)) {
		struct hyp *closing = successor(q);

		memcpy(closing, h, sizeof(*closing));
		closing->t.state = CLOSING;
	}
	return q->n;
}

/* SEQ of a segment without text: SND.NXT, or less after a retransmission, where a
 * stack goes back, or where the window has shrunk. */
static bool right_seq(const struct question *q)
{
	const struct tcb *t = &q->h->t;
	const uint32_t seq = q->s->seq;

	if (seq == t->snd_nxt)
		return true;
	if (!seq_le(t->snd_una, seq) || !seq_lt(seq, t->snd_nxt))
		return false;
	return t->rolled_back || !strict(q);
}

static bool probe_form(const struct question *q)
{
	const struct tcb *t = &q->h->t;

	return q->s->seq == t->snd_una - 1 || q->s->seq == t->snd_nxt - 1;
}

static unsigned explain_ack(struct question *q)
{
	const struct tcb *t = &q->h->t;
	const struct seg *s = q->s;
	const struct seg wanted = pure_ack_of(t);

	if (!synchronized(t->state) && t->state != SYN_RECEIVED)
		return die(q, 3, "EVT-ESTAB-SEQ-ACKFORM", "9293 3.10.7", "there is no connection that could say this", NULL);
	/* "Some TCP implementations suppress sending this segment": others do not. */
	if (t->acks_before && s->ack == t->ack_was && s->seq == t->snd_nxt) {
		struct hyp *first = successor(q);

		first->t.acks_before = false;
		note_ack(first, s, q->opts);
		if (!right_ack(t, s))
			return q->n;
		q->n = 0;
	}
	if (!right_ack(t, s))
		return wrong_ack(q);
	const bool owed = owes(q->h, PURE_ACK | ACK_SOON);

	if (!right_seq(q)) {
		/* a probe of an idle connection or of a closed window */
		if (probe_form(q) && synchronized(t->state) &&
		    (!q->o->config.calls_known || q->o->calls.keepalive || t->snd_wnd == 0)) {
			note_ack(successor(q), s, q->opts);
			return q->n;
		}
		return die(q, 11, "EVT-ESTAB-SEQ-ACKFORM", "9293 3.5.2", "SEQ is not SND.NXT", &wanted);
	}
	const bool news = opens_window(t, s) || t->acked != s->ack;
	const bool probing = (!q->o->config.calls_known || q->o->calls.keepalive || t->snd_wnd == 0) &&
		probe_form(q);

	if (!owed && !(news && synchronized(t->state)) && !probing)
		return die(q, 7, "R5961-ACKLOOP", "5961 10", "nothing asks for this acknowledgment", NULL);
	struct hyp *h = successor(q);

	note_ack(h, s, q->opts);
	answer_all(h, PURE_ACK | ACK_SOON, s->at);
	return q->n;
}

unsigned hyp_explains(const struct oracle *o, const struct hyp *h, const struct seg *s, const struct opts *opts,
                 struct hyp out[SUCCESSORS], struct death *why)
{
	struct question q = { .o = o, .h = h, .s = s, .opts = opts, .out = out, .why = why };

	if (h->vague) {
		successor(&q);
		return q.n;
	}
	if (s->ctl & RST)
		return explain_rst(&q);
	if ((s->ctl & (SYN | ACK)) == (SYN | ACK))
		return explain_syn_ack(&q);
	if (s->ctl & SYN)
		return explain_syn(&q);
	if (s->len > 0 || (s->ctl & FIN))
		return explain_text(&q);
	return explain_ack(&q);
}
