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
	if (opts->n_sack > 0)
		sack(o, s, opts, index);
}
