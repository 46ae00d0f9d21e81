/* permit_bounds.c: the monotone bounds: D-WINDOW, A-UNSEEN, W-REFUSE, D-AFTER-FIN
 * and their kin, and the facts that they compare with.
 *
 * Elsewhere than at the tester a capture may show two segments in the wrong
 * order, so there a suspicion is held until late evidence has had its time. */
#include <stdlib.h>
#include <string.h>

#include "../../probes/seq.h"
#include "inner.h"

/* No window is larger, so what lies further away belongs to nothing. */
#define NEAR (1u << 30)

#define HOLD_TIME     S(1)
#define HOLD_SEGMENTS 64

/* ---- facts: toward the DUT ------------------------------------------------ */

static bool near(uint32_t a, uint32_t b)
{
	return a - b < NEAR || b - a < NEAR;
}

static void merge_span(struct facts *f, uint32_t from, uint32_t to)
{
	if (f->irs_known && !near(from, f->floor))
		return;
	for (unsigned i = 0; i < f->n_in; ) {
		if (!near(from, f->in[i].from) || seq_lt(f->in[i].to, from) || seq_lt(to, f->in[i].from)) {
			i++;
			continue;
		}
		if (seq_lt(f->in[i].from, from))
			from = f->in[i].from;
		if (seq_lt(to, f->in[i].to))
			to = f->in[i].to;
		f->in[i] = f->in[--f->n_in];
	}
	if (f->n_in == FACT_SPANS)
		f->in_lost = true;
	else
		f->in[f->n_in++] = (struct span) { from, to };
}

static void note_syn(struct facts *f, const struct seg *s, const struct opts *opts)
{
	for (unsigned i = 0; i < f->n_syns; i++)
		if (f->syns[i].seq != s->seq)
			f->many_syns = true;
	if (f->n_syns == FACT_SYNS)
		return;
	f->syns[f->n_syns++] = (struct fact_syn) {
		.seq = s->seq, .len = seg_len(s) - 1, .ack = s->ctl & ACK,
		.ws = opts->ws, .ts = opts->ts, .sack = opts->sack_perm,
		.shift = opts->ws_shift > 14 ? 14 : opts->ws_shift, .mss = opts->mss ? opts->mss_value : 0
	};
}

/* The largest shift that may apply to windows toward the DUT. */
static uint8_t shift_toward_dut(const struct facts *f)
{
	uint8_t shift = 0;

	for (unsigned i = 0; i < f->n_syns; i++)
		if (f->syns[i].ws && f->syns[i].shift > shift)
			shift = f->syns[i].shift;
	return f->ws || !f->syn ? shift : 0;
}

/* The window that the DUT may go by after this segment.  One with an older SEQ than
 * SND.WL1 acknowledges, but its window does not count (3.10.7.4, fifth): then the
 * window is what it was, and counts from the new SND.UNA.  What it was cannot be
 * told for sure, since a segment that is not acceptable changes nothing either: no
 * more than the largest. */
static uint32_t window_after(struct oracle *o, const struct seg *s, uint32_t wnd)
{
	struct facts *f = &o->facts;
	const bool old = f->wl_known && seq_lt(s->seq, f->wl_seq);

	if (f->wnd_max < wnd)
		f->wnd_max = wnd;
	if (!old)
		f->wl_seq = s->seq;
	f->wl_known = true;
	return old ? f->wnd_max : wnd;
}

void permit_input(struct oracle *o, const struct seg *s, const struct opts *opts, int index)
{
	struct facts *f = &o->facts;

	f->segments++;
	f->inputs[f->n_inputs++ % FACT_INPUTS] = (struct fact_input) {
		.seq = s->seq, .ack = s->ack, .end = seg_end(s), .ctl = s->ctl, .index = index, .at = s->at
	};
	/* The tester's own wrong sums are wrong on purpose; in a capture they may
	 * only look so. */
	const bool believed = !(s->wrong & (WRONG_DOFF | WRONG_LENGTH)) &&
		!((s->wrong & WRONG_CKSUM) && o->config.vantage == VANTAGE_TESTER);
	const uint8_t shift = (s->ctl & SYN) || f->many_syns ? 0 : shift_toward_dut(f);

	options_input(f, opts);
	timers_input(f, s, opts, believed, (uint32_t)s->wnd << shift);
	if (!believed)
		return;
	f->reset = f->reset || (s->ctl & RST);
	if ((s->ctl & (SYN | RST)) == SYN)
		note_syn(f, s, opts);
	if (seg_len(s) > 0 && !(s->ctl & RST))
		merge_span(f, s->seq, seg_end(s));
	if ((s->ctl & ACK) && (!f->syn || near(s->ack, f->out_max))) {
		const uint8_t most = s->ctl & SYN ? 0 : shift_toward_dut(f);
		const uint32_t edge = s->ack + window_after(o, s, (uint32_t)s->wnd << most);

		if (!f->send_edge_known || seq_lt(f->send_edge, edge)) {
			f->send_edge = edge;
			f->send_edge_index = index;
		}
		f->send_edge_known = true;
	} else if ((s->ctl & SYN) && f->syn) {
		/* A crossing SYN offers a window for what follows ISS. */
		const uint32_t edge = f->iss + 1 + s->wnd;

		if (!f->send_edge_known || seq_lt(f->send_edge, edge))
			f->send_edge = edge;
		f->send_edge_known = true;
	}
	permit_hold(o);
}

/* ---- facts: from the DUT -------------------------------------------------- */

static bool beginning_known(const struct oracle *o)
{
	const struct facts *f = &o->facts;

	return f->connections == 1 && f->syn && f->irs_known && !f->in_lost;
}

static uint8_t shift_of_dut(const struct facts *f)
{
	bool theirs = false;

	for (unsigned i = 0; i < f->n_syns; i++)
		theirs = theirs || f->syns[i].ws;
	return f->ws && theirs ? f->shift : 0;
}

static uint32_t edge_of(const struct facts *f, const struct seg *s)
{
	return s->ack + ((uint32_t)s->wnd << (s->ctl & SYN ? 0 : shift_of_dut(f)));
}

/* A SYN with other numbers, or one that answers another SYN, begins another
 * connection. */
static bool begins_anew(const struct facts *f, const struct seg *s)
{
	if (!f->syn || s->seq != f->iss || f->over || f->reset)
		return true;
	if (!(s->ctl & ACK) || !f->irs_known || s->ack == f->irs + 1)
		return false;
	for (unsigned i = 0; i < f->n_syns; i++)
		if (f->syns[i].seq != f->irs && s->ack == f->syns[i].seq + 1)
			return true;
	return false;
}

/* The one SYN that is acknowledged.  False where text stood on SYNs so that it may
 * be either of two. */
static bool acknowledged_syn(const struct facts *f, uint32_t ack, uint32_t *irs)
{
	bool any = false;

	for (unsigned i = 0; i < f->n_syns; i++) {
		const struct fact_syn *syn = &f->syns[i];

		if (!seq_le(syn->seq + 1, ack) || !seq_le(ack, syn->seq + 1 + syn->len))
			continue;
		if (any && syn->seq != *irs)
			return false;
		*irs = syn->seq;
		any = true;
	}
	return any;
}

static void output_syn(struct oracle *o, const struct seg *s, const struct opts *opts)
{
	struct facts *f = &o->facts;

	if (s->seq != f->newest_iss)
		f->fin_behind_it = false;
	f->newest_iss = s->seq;
	if (begins_anew(f, s))
		f->connections++;
	if (f->connections != 1)
		return;
	if (!f->syn)
		f->syn_at = s->at;
	f->syn = true;
	f->iss = s->seq;
	f->ws = opts->ws;
	f->shift = opts->ws_shift > 14 ? 14 : opts->ws_shift;
	f->ts = opts->ts;
	f->sack = opts->sack_perm;
	if (!f->out_max || seq_lt(f->out_max, seg_end(s)))
		f->out_max = seg_end(s);
	if (!(s->ctl & ACK)) {
		f->open_ws = opts->ws;
		f->open_ts = opts->ts;
		f->edge = 0;
		return;
	}
	f->syn_acked = true;
	if (!f->irs_known && acknowledged_syn(f, s->ack, &f->irs)) {
		f->floor = f->irs;
		f->irs_known = true;
	}
	if (!f->send_edge_known && f->irs_known && f->n_inputs > 0)
		f->send_edge = f->iss + 1 + 65535;      /* of a SYN without ACK */
	f->send_edge_known = f->send_edge_known || f->irs_known;
}

static void keep_stream(struct oracle *o, const struct seg *s)
{
	struct facts *f = &o->facts;
	const uint32_t at = s->seq - (f->iss + 1);

	if (f->connections != 1 || f->far || s->len == 0 || s->text == NULL || (s->ctl & SYN) ||
	    (s->wrong & (WRONG_SNAP | WRONG_CKSUM)) || at >= FACT_STREAM ||
	    (s->len == 1 && s->seq == f->out_max - 1))  /* perhaps the garbage of a keepalive */
		return;
	if (f->stream == NULL) {
		f->stream = calloc(1, FACT_STREAM);
		f->kept = calloc(1, FACT_STREAM / 8);
	}
	if (f->stream == NULL || f->kept == NULL)
		return;
	for (uint32_t i = 0; i < s->len && at + i < FACT_STREAM; i++) {
		f->stream[at + i] = s->text[i];
		f->kept[(at + i) / 8] |= (uint8_t)(1u << (at + i) % 8);
	}
}

/* Order of emission: on the tester's own wire it is the order of arrival. */
static bool newer(const struct oracle *o, const struct seg *s, const struct opts *opts)
{
	const struct facts *f = &o->facts;

	(void)s;
	if (!f->newest_known)
		return true;
	if (o->config.vantage == VANTAGE_TESTER && o->config.lossless)
		return true;
	return opts->ts && f->newest_has_ts && seq_lt(f->newest_ts, opts->ts_val);
}

void permit_output(struct oracle *o, const struct seg *s, const struct opts *opts)
{
	struct facts *f = &o->facts;

	f->segments++;
	if (s->ctl & SYN)
		output_syn(o, s, opts);
	if ((s->ctl & (FIN | RST)) && f->syn)
		f->over = true;
	if (s->ctl & FIN)
		f->fin_behind_it = true;
	if (s->ctl & RST)
		return;
	/* A DUT that has opened actively says with its first ACK which SYN it took. */
	if (!f->irs_known && f->syn && (s->ctl & (SYN | ACK)) == ACK && f->n_syns > 0 && !f->many_syns) {
		f->irs = f->floor = f->syns[0].seq;
		f->irs_known = true;
	}
	if (f->connections != 1)
		return;
	keep_stream(o, s);
	if (seq_lt(f->out_max, seg_end(s)))
		f->out_max = seg_end(s);
	f->far = f->far || f->out_max - f->iss > NEAR;
	if (s->ctl & FIN) {
		f->fin_seq = seg_end(s) - 1;
		f->fin = true;
	}
	if (s->ctl & ACK) {
		const uint32_t edge = edge_of(f, s);

		if (!f->edge_known || seq_lt(f->edge, edge))
			f->edge = edge;
		f->edge_known = true;
		if (newer(o, s, opts)) {
			f->newest_known = true;
			f->newest_ack = s->ack;
			f->newest_edge = edge;
			f->newest_ts = opts->ts_val;
			f->newest_has_ts = opts->ts;
		}
	}
	permit_hold(o);
}

/* ---- holding -------------------------------------------------------------- */

static void suspect(struct oracle *o, enum permit_rule rule, const struct seg *s, int index, int stimulus,
                    uint32_t beyond, const char *seen)
{
	struct facts *f = &o->facts;

	if (o->config.vantage == VANTAGE_TESTER) {
		permit_broken(o, rule, s, index, stimulus, NULL, NULL, seen);
		return;
	}
	if (f->n_held == FACT_HELD)
		return;
	f->held[f->n_held] = (struct suspicion) {
		.rule = (int)rule, .seg = *s, .beyond = beyond, .index = index, .stimulus = stimulus,
		.at_segment = f->segments
	};
	f->held[f->n_held++].seg.text = NULL;
}

static bool refuted(const struct facts *f, const struct suspicion *h)
{
	switch (h->rule) {
	case D_WINDOW:
		return seq_le(h->beyond, f->send_edge + 1);
	case A_ACKFORM:
		return seq_le(h->beyond, f->send_edge + 2) || seq_le(h->beyond, f->out_max);
	case W_REFUSE:
		return seq_le(h->beyond, f->edge);
	default:
		return false;
	}
}

void permit_hold(struct oracle *o)
{
	struct facts *f = &o->facts;

	for (unsigned i = 0; i < f->n_held; ) {
		const struct suspicion h = f->held[i];
		const bool ripe = o->now - h.seg.at >= HOLD_TIME || f->segments - h.at_segment >= HOLD_SEGMENTS;

		if (!refuted(f, &h) && !ripe) {
			i++;
			continue;
		}
		f->held[i] = f->held[--f->n_held];
		if (!refuted(f, &h))
			permit_broken(o, (enum permit_rule)h.rule, &h.seg, h.index, h.stimulus, NULL, NULL,
			              "nothing that the DUT may have seen allows it");
	}
}

/* ---- the rules ------------------------------------------------------------ */

/* Behind the last octet that was sent toward the DUT without a gap. */
static uint32_t gapless_end(const struct facts *f)
{
	for (unsigned i = 0; i < f->n_in; i++)
		if (near(f->in[i].from, f->floor) && seq_le(f->in[i].from, f->floor) &&
		    seq_lt(f->floor, f->in[i].to))
			return f->in[i].to;
	return f->floor;
}

/* What is acknowledged need not be remembered. */
static void raise_floor(struct facts *f, uint32_t ack)
{
	unsigned kept = 0;

	if (!seq_lt(f->floor, ack))
		return;
	f->floor = ack;
	for (unsigned i = 0; i < f->n_in; i++) {
		if (seq_le(f->in[i].to, ack))
			continue;
		f->in[kept] = f->in[i];
		if (seq_lt(f->in[kept].from, ack))
			f->in[kept].from = ack;
		kept++;
	}
	f->n_in = kept;
}

static void acknowledgment(struct oracle *o, const struct seg *s, int index)
{
	struct facts *f = &o->facts;
	const uint32_t end = gapless_end(f);

	if (seq_lt(end, s->ack)) {
		if (o->config.vantage != VANTAGE_TESTER)
			o->gap = true;
		permit_broken(o, A_UNSEEN, s, index, -1, NULL, NULL,
		              say_text(o, "it exceeds that by %u", s->ack - end));
	} else {
		permit_held(o, A_UNSEEN);
	}
	raise_floor(f, s->ack);
	/* What the application has read is offered late by less than a segment or
	 * half a buffer (3.8.6.2.2), and a scaled window is rounded down. */
	const uint32_t slack = 2 * 1460 + (1u << shift_of_dut(f)) + 1;

	if (!f->edge_known)
		return;
	if (seq_lt(f->edge + slack, s->ack))
		suspect(o, W_REFUSE, s, index, -1, s->ack - slack,
		        say_text(o, "it does by %u", s->ack - f->edge));
	else
		permit_held(o, W_REFUSE);
}

static void order(struct oracle *o, const struct seg *s, const struct opts *opts, int index)
{
	struct facts *f = &o->facts;
	const uint32_t rounding = (1u << shift_of_dut(f)) - 1;

	if (!f->newest_known || !newer(o, s, opts))
		return;
	if (seq_lt(s->ack, f->newest_ack)) {
		permit_broken(o, A_MONO, s, index, -1, NULL, NULL,
		              say_text(o, "it did by %u", f->newest_ack - s->ack));
		return;
	}
	permit_held(o, A_MONO);
	if (s->ctl & SYN)
		return;
	if (seq_lt(edge_of(f, s) + rounding, f->newest_edge))
		permit_broken(o, W_EDGE, s, index, -1, NULL, NULL,
		              say_text(o, "it did by %u", f->newest_edge - edge_of(f, s)));
	else
		permit_held(o, W_EDGE);
}

static void same_octets(struct oracle *o, const struct seg *s, int index)
{
	const struct facts *f = &o->facts;
	const uint32_t at = s->seq - (f->iss + 1);
	bool again = false;

	if (f->far || f->stream == NULL || f->kept == NULL || s->text == NULL || (s->wrong & (WRONG_SNAP | WRONG_CKSUM)) ||
	    at >= FACT_STREAM || (s->len == 1 && s->seq == f->out_max - 1))
		return;
	for (uint32_t i = 0; i < s->len && at + i < FACT_STREAM; i++) {
		if (!(f->kept[(at + i) / 8] & 1u << (at + i) % 8))
			continue;
		again = true;
		if (f->stream[at + i] != s->text[i]) {
			permit_broken(o, D_SAME, s, index, -1, NULL, NULL,
			              say_text(o, "octet %u of its stream was %u and is %u", at + i,
			                       f->stream[at + i], s->text[i]));
			return;
		}
	}
	if (again)
		permit_held(o, D_SAME);
}

static void text(struct oracle *o, const struct seg *s, int index)
{
	struct facts *f = &o->facts;
	const uint32_t end = s->seq + s->len;
	const bool probe = s->len == 1 && s->seq == f->out_max - 1;

	if (!f->far && seq_le(s->seq, f->iss) && !probe)
		permit_broken(o, D_START, s, index, -1, NULL, NULL, "this text begins before it");
	else
		permit_held(o, D_START);
	if (f->fin && seq_lt(f->fin_seq, end) && !probe)
		permit_broken(o, D_AFTER_FIN, s, index, -1, NULL, NULL,
		              say_text(o, "this text ends %u behind it", end - f->fin_seq));
	else if (f->fin)
		permit_held(o, D_AFTER_FIN);
	same_octets(o, s, index);
	if (!f->send_edge_known || f->n_syns == FACT_SYNS)
		return;
	/* A closed window is probed with one octet. */
	if (seq_lt(f->send_edge + 1, end))
		suspect(o, D_WINDOW, s, index, f->send_edge_index, end,
		        say_text(o, "it ends %u beyond", end - f->send_edge));
	else
		permit_held(o, D_WINDOW);
}

/* SND.NXT or less, and not less than ISS; what was sent and did not get here lies
 * within the window, and behind that a probe and a FIN. */
static void seq_of_ack(struct oracle *o, const struct seg *s, int index)
{
	const struct facts *f = &o->facts;

	if (f->far || !f->send_edge_known || f->n_syns == FACT_SYNS)
		return;
	if (seq_lt(s->seq, f->iss))
		permit_broken(o, A_ACKFORM, s, index, -1, NULL, NULL, "this one lies before the connection began");
	else if (seq_lt(f->out_max, s->seq) && seq_lt(f->send_edge + 2, s->seq))
		suspect(o, A_ACKFORM, s, index, f->send_edge_index, s->seq,
		        say_text(o, "this one lies %u beyond all that it could send", s->seq - f->send_edge));
	else
		permit_held(o, A_ACKFORM);
}

void permit_bounds(struct oracle *o, const struct seg *s, const struct opts *opts, int index)
{
	struct facts *f = &o->facts;

	if (!beginning_known(o) || (s->ctl & RST))
		return;
	if ((s->ctl & SYN) && begins_anew(f, s))
		return;
	if (s->ctl & ACK) {
		acknowledgment(o, s, index);
		order(o, s, opts, index);
	}
	if (s->ctl & SYN)
		return;
	if (s->len > 0)
		text(o, s, index);
	else if (!(s->ctl & FIN))
		seq_of_ack(o, s, index);
	if ((s->ctl & FIN) && f->fin) {
		if (seg_end(s) - 1 != f->fin_seq)
			permit_broken(o, D_FIN_FIXED, s, index, -1, NULL, NULL,
			              say_text(o, "it has moved by %d", (int)(seg_end(s) - 1 - f->fin_seq)));
		else
			permit_held(o, D_FIN_FIXED);
	}
}

/* ---- resets --------------------------------------------------------------- */

static bool answers_input(const struct seg *s, const struct fact_input *in)
{
	if (in->ctl & ACK)
		return s->seq == in->ack;
	return s->seq == 0 && (s->ctl & ACK) && s->ack == in->end;
}

void permit_reset(struct oracle *o, const struct seg *s, int index)
{
	const struct facts *f = &o->facts;
	const unsigned n = f->n_inputs < FACT_INPUTS ? f->n_inputs : FACT_INPUTS;
	const struct fact_input *reset = NULL;
	bool other = false;

	/* A connection may be aborted; a DUT that has never sent a SYN has none. */
	if (!(s->ctl & RST) || f->syn || !o->config.whole || f->n_inputs == 0 || f->n_inputs > FACT_INPUTS)
		return;
	for (unsigned i = 0; i < n; i++) {
		if (!answers_input(s, &f->inputs[i]))
			continue;
		if (f->inputs[i].ctl & RST)
			reset = &f->inputs[i];
		else
			other = true;
	}
	if (other) {
		permit_held(o, C_RST_FORM);
		permit_held(o, C_RST_RST);
	} else if (reset != NULL) {
		permit_broken(o, C_RST_RST, s, index, reset->index, NULL, NULL, "this one answers a reset");
	} else {
		permit_broken(o, C_RST_FORM, s, index, -1, NULL, NULL, "no segment toward the DUT fits it");
	}
}

void permit_free(struct oracle *o)
{
	free(o->facts.stream);
	free(o->facts.kept);
}
