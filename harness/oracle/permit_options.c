/* permit_options.c: options of the DUT behind the handshake: only what was
 * negotiated, and always what was. */
#include "../../probes/seq.h"
#include "inner.h"

static bool covered(const struct facts *f, uint32_t from, uint32_t to)
{
	/* What is acknowledged is not remembered: a D-SACK (RFC 2883) names it. */
	if (seq_lt(from, f->floor))
		from = f->floor;
	if (seq_le(to, from))
		return true;
	for (unsigned i = 0; i < f->n_in; i++)
		if (seq_le(f->in[i].from, from) && seq_le(to, f->in[i].to))
			return true;
	return false;
}

static void sack(struct oracle *o, const struct seg *s, const struct opts *opts, int index)
{
	const struct facts *f = &o->facts;
	bool permitted = false;

	for (unsigned i = 0; i < f->n_syns; i++)
		permitted = permitted || f->syns[i].sack;
	if (!permitted) {
		permit_broken(o, O_SACK_PERM, s, index, -1, NULL, NULL, "no SYN toward the DUT permits it");
		return;
	}
	permit_held(o, O_SACK_PERM);
	if (f->in_lost || f->connections != 1)
		return;
	/* Spans are merged, so a true block lies in one of them. */
	for (unsigned i = 0; i < opts->n_sack; i++)
		if (!covered(f, opts->sack[i].left, opts->sack[i].right)) {
			permit_broken(o, O_SACK_TRUE, s, index, -1, NULL, NULL, "a block names others");
			return;
		}
	permit_held(o, O_SACK_TRUE);
}

static bool was_sent(const struct facts *f, uint32_t ts_val)
{
	for (unsigned i = 0; i < f->n_ts_in; i++)
		if (f->ts_in[i] == ts_val)
			return true;
	return f->ts_in_lost;
}

/* Every TSval that has been on its way to the DUT. */
void options_input(struct facts *f, const struct opts *opts)
{
	if (!opts->ts || was_sent(f, opts->ts_val))
		return;
	if (f->n_ts_in == FACT_TS)
		f->ts_in_lost = true;
	else
		f->ts_in[f->n_ts_in++] = opts->ts_val;
}

/* RFC 7323 3.2 and 5.4: what is echoed has been received, and the clock ticks at
 * least once a second. */
static void timestamps_of(struct oracle *o, const struct seg *s, const struct opts *opts, int index)
{
	struct facts *f = &o->facts;

	if ((s->ctl & ACK) && !was_sent(f, opts->ts_ecr))
		permit_broken(o, O_TSECR_SEEN, s, index, -1, NULL, NULL,
		              say_text(o, "none was %u", opts->ts_ecr));
	else
		permit_held(o, O_TSECR_SEEN);
	const bool ticks = !f->ts_out_known || f->ts_out != opts->ts_val;

	if (!ticks && s->at - f->ts_out_at >= S(5))
		permit_broken(o, O_TS_CLOCK, s, index, -1, NULL, NULL,
		              say_text(o, "it was the same %.1f s ago", (double)(s->at - f->ts_out_at) / 1e9));
	else if (f->ts_out_known)
		permit_held(o, O_TS_CLOCK);
	if (ticks) {
		f->ts_out = opts->ts_val;
		f->ts_out_at = s->at;
	}
	f->ts_out_known = true;
}

void permit_options(struct oracle *o, const struct seg *s, const struct opts *opts, int index)
{
	const struct facts *f = &o->facts;
	bool offered = false, all = f->n_syns > 0;

	if ((s->ctl & (SYN | RST)) || opts->malformed || !f->syn || f->n_syns == 0 || f->n_syns == FACT_SYNS ||
	    f->connections != 1 || (s->doff >= 5 && s->opt_len != s->doff * 4 - 20))
		return;
	for (unsigned i = 0; i < f->n_syns; i++) {
		offered = offered || f->syns[i].ts;
		all = all && f->syns[i].ts;
	}
	if (all && f->ts) {
		if (opts->ts)
			permit_held(o, O_TS_ALWAYS);
		else
			permit_broken(o, O_TS_ALWAYS, s, index, -1, NULL, NULL, "this one has none");
	}
	if (!offered || !f->ts) {
		if (opts->ts)
			permit_broken(o, O_TS_NEVER, s, index, -1, NULL, NULL, "one of them had none");
		else
			permit_held(o, O_TS_NEVER);
	}
	if (all && f->ts && opts->ts)
		timestamps_of(o, s, opts, index);
	if (opts->n_sack > 0)
		sack(o, s, opts, index);
}
