/* conn.c: our own TCB: what our next segment naturally is, and what the DUT has
 * said so far.
 *
 * It is no judge: it believes what the DUT says, and leaves it to the oracle to
 * say whether the DUT may say so. */
#include <string.h>

#include "run.h"

/* ---- what we say ---------------------------------------------------------------- */

static void begin_sequence(struct conn *x)
{
	if (x->started)
		return;
	x->started = true;
	x->tcb.snd_nxt = x->tcb.snd_una = x->max_snd_nxt = x->tcb.iss;
}

static uint32_t ts_now(struct run *c, struct conn *x)
{
	tick t = loop_now(c->world->loop);
	tick passed = (t - x->ts_at) / MS(1);

	if (passed > 0) {
		x->tcb.ts_val += (uint32_t)passed;
		x->ts_at += passed * MS(1);
	}
	return x->tcb.ts_val;
}

static void add_options(struct run *c, struct conn *x, struct seg *s)
{
	const struct tcb *t = &x->tcb;
	bool answer = s->ctl & ACK;     /* a SYN,ACK offers what the DUT's SYN did */

	if (s->ctl & SYN) {
		if (t->mss)
			opt_mss(s, t->mss);
		if (t->ws >= 0 && (!answer || x->dut_syn.ws)) {
			opt_nop(s);
			opt_ws(s, (uint8_t)t->ws);
			x->we_offered_ws = true;
		}
		if (t->sack && (!answer || x->dut_syn.sack_perm)) {
			opt_nop(s);
			opt_nop(s);
			opt_sack_perm(s);
			x->we_offered_sack = true;
		}
		if (t->ts && (!answer || x->dut_syn.ts)) {
			opt_nop(s);
			opt_nop(s);
			opt_ts(s, ts_now(c, x), answer ? t->ts_recent : 0);
			x->we_offered_ts = true;
		}
	} else if (t->ts_on) {
		opt_nop(s);
		opt_nop(s);
		opt_ts(s, ts_now(c, x), s->ctl & ACK ? t->ts_recent : 0);
	}
}

/* Nobody over there looks at the octets of our stream where a service listens, or a
 * client; but one of HTTP hangs up on what is none.  So a server hears a request
 * whose head goes on for ever, and a client an answer that is longer than any case:
 * both wait as long as we like. */
static uint8_t stream_octet(struct run *c, const struct conn *x, uint64_t at)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\nX-Pad: ",
		answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
	bool is_answer = x->open_told && x->open.kind == CALL_OPEN_ACTIVE;
	const char *head = is_answer ? answer : request;

	if (!closes_unasked(c))
		return pattern_octet(at);
	return (uint8_t)(at < strlen(head) ? head[at] : 'a');
}

/* What stands at the text's place in our stream: the pattern, or what the service
 * expects. */
static const uint8_t *pattern_text(struct run *c, const struct conn *x, uint32_t seq, uint32_t n)
{
	uint8_t *text = arena_alloc(c->e->arena, n);
	uint64_t at = (uint32_t)(seq - x->tcb.iss - 1);

	for (uint32_t i = 0; i < n; i++)
		text[i] = stream_octet(c, x, at + i);
	return text;
}

struct seg conn_build(struct run *c, struct conn *x, const struct tx *t)
{
	struct seg s = { .src = x->tcb.we, .dst = x->tcb.dut };
	uint32_t text_at;

	begin_sequence(x);
	s.ctl = (uint8_t)t->ctl;
	s.seq = t->seq.is ? t->seq.v : x->tcb.snd_nxt + (uint32_t)t->dseq;
	if (t->ack.is)
		s.ack = t->ack.v;
	else if (t->ctl & ACK)
		s.ack = x->tcb.rcv_nxt + (uint32_t)t->dack;
	s.wnd = (uint16_t)(t->wnd.is ? t->wnd.v : x->tcb.wnd);
	s.urg = t->urg;
	s.rsv = t->rsv;
	s.doff = t->doff;
	s.tos = t->tos;
	s.wrong = t->wrong;
	s.len = t->len;
	text_at = s.seq + !!(s.ctl & SYN);
	if (t->len)
		s.text = t->text ? t->text : pattern_text(c, x, text_at, t->len);
	if (t->opt.opt_len) {
		memcpy(s.opt, t->opt.opt, t->opt.opt_len);
		s.opt_len = t->opt.opt_len;
	} else if (!t->no_opt) {
		add_options(c, x, &s);
	}
	return s;
}

/* The window that s, ours, offers. */
void conn_offer(struct conn *x, const struct seg *s)
{
	bool scaled = !(s->ctl & SYN) && x->we_offered_ws && x->dut_syn.ws;

	if (s->ctl & RST)
		return;
	x->said_wnd = s->wnd;
	/* (An ACK of what the DUT never sent is a lie, and no word to repeat.) */
	if ((s->ctl & ACK) && seq_le(s->ack, x->tcb.rcv_nxt))
		x->said_ack = s->ack;
	x->offered = (uint32_t)s->wnd << (scaled ? (x->tcb.ws > 14 ? 14 : x->tcb.ws) : 0);
	if (s->ctl & ACK)
		x->edge = s->ack + x->offered;
}

/* ---- what the DUT says ------------------------------------------------------------ */

static void learn_syn(struct run *c, struct conn *x, const struct seg *s)
{
	struct tcb *t = &x->tcb;

	opt_of(s, &x->dut_syn);
	if (x->irs_known && s->seq == t->irs)
		return;
	x->irs_known = true;
	x->n_holes = 0;
	t->irs = s->seq;
	t->rcv_nxt = s->seq + 1;
	x->edge = t->rcv_nxt + (x->started ? x->offered : t->wnd);
	t->got = 0;
	/* An MSS of 0 would leave us nothing to send by. */
	t->dut_mss = x->dut_syn.mss && x->dut_syn.mss_value ? x->dut_syn.mss_value
	           : (uint16_t)default_mss(c);
	x->dut_shift = x->dut_syn.ws ? (x->dut_syn.ws_shift > 14 ? 14 : x->dut_syn.ws_shift) : -1;
}

/* Options are on once both SYNs offered them; ours may leave after the DUT's. */
static void negotiate(struct conn *x)
{
	struct tcb *t = &x->tcb;

	t->ts_on = x->we_offered_ts && x->dut_syn.ts;
	t->sack_on = x->we_offered_sack && x->dut_syn.sack_perm;
	t->dut_ws = x->we_offered_ws && x->dut_syn.ws ? x->dut_shift : -1;
}

static void fill_holes(struct conn *x)
{
	struct tcb *t = &x->tcb;

	for (unsigned i = 0; i < x->n_holes; i++) {
		if (!seq_le(x->holes[i].left, t->rcv_nxt))
			continue;
		if (seq_lt(t->rcv_nxt, x->holes[i].right)) {
			t->got += x->holes[i].right - t->rcv_nxt - (x->holes[i].fin ? 1 : 0);
			t->rcv_nxt = x->holes[i].right;
			x->dut_fin |= x->holes[i].fin;
		}
		x->holes[i] = x->holes[--x->n_holes];
		i = (unsigned)-1;
	}
}

static void learn_text(struct conn *x, const struct seg *s)
{
	struct tcb *t = &x->tcb;
	uint32_t left = s->seq + !!(s->ctl & SYN), right = seg_end(s);
	bool fin = s->ctl & FIN;

	if (seq_lt(x->edge, right)) {   /* beyond our window: not taken */
		right = x->edge;
		fin = false;
	}
	if (!x->irs_known || seq_le(right, left) || seq_le(right, t->rcv_nxt))
		return;
	if (seq_le(left, t->rcv_nxt)) {
		t->got += right - t->rcv_nxt - (fin ? 1 : 0);
		t->rcv_nxt = right;
		x->dut_fin |= fin;
		fill_holes(x);
	} else if (x->n_holes < HOLES) {
		x->holes[x->n_holes].left = left;
		x->holes[x->n_holes].right = right;
		x->holes[x->n_holes++].fin = fin;
	}
}

void conn_absorb(struct run *c, struct conn *x, const struct seg *s)
{
	struct tcb *t = &x->tcb;
	struct opts o;

	if (s->ctl & RST)
		return;
	if (s->ctl & SYN)
		learn_syn(c, x, s);
	negotiate(x);
	learn_text(x, s);
	if (s->ctl & ACK) {
		if (x->started && seq_lt_le(t->snd_una, s->ack, x->max_snd_nxt))
			t->snd_una = s->ack;
		t->dut_wnd = s->wnd;
		if (!(s->ctl & SYN) && t->dut_ws >= 0)
			t->dut_wnd <<= t->dut_ws;
	}
	opt_of(s, &o);
	if (o.ts && (t->ts_on || (s->ctl & SYN)) && seq_le(s->seq, t->rcv_nxt))
		t->ts_recent = o.ts_val;
}
