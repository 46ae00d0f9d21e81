/* permit_handshake.c: what may stand on a SYN or SYN,ACK of the DUT, given the
 * SYNs that it may have seen. */
#include "../../probes/seq.h"
#include "inner.h"

/* How far a number creeps when a retransmission counts the SYN twice.  A new
 * attempt would have another ISS: the clock of 3.4.1 runs further than that in a
 * millisecond. */
#define CREEP 8

static bool creeps(const struct facts *f, const struct seg *s)
{
	/* An answer to another SYN is another connection. */
	if ((s->ctl & ACK) && f->irs_known && s->ack != f->irs + 1)
		return false;
	return f->syn && !f->reset && !f->fin && seq_lt(f->iss, s->seq) && s->seq - f->iss <= CREEP &&
	       s->at - f->syn_at >= MS(1);
}

static bool any_syn(const struct facts *f, bool (*has)(const struct fact_syn *))
{
	for (unsigned i = 0; i < f->n_syns; i++)
		if (has(&f->syns[i]))
			return true;
	return false;
}

static bool has_ws(const struct fact_syn *s) { return s->ws; }
static bool has_ts(const struct fact_syn *s) { return s->ts; }

static bool acknowledges_a_syn(const struct facts *f, uint32_t ack)
{
	for (unsigned i = 0; i < f->n_syns; i++)
		if (seq_le(f->syns[i].seq + 1, ack) && seq_le(ack, f->syns[i].seq + 1 + f->syns[i].len))
			return true;
	return false;
}

static void syn_ack(struct oracle *o, const struct seg *s, const struct opts *opts, int index)
{
	struct facts *f = &o->facts;

	/* Too many SYNs to remember, or none seen: anything may be right. */
	if (f->n_syns == 0 || f->n_syns == FACT_SYNS)
		return;
	/* A FIN that followed before the SYN was acknowledged (3.10.4) has made it a
	 * connection that takes text; then the SYN,ACK goes again with RCV.NXT. */
	if (acknowledges_a_syn(f, s->ack))
		permit_held(o, H_SYNACK_ACK);
	else if (!f->fin_behind_it || s->seq != f->newest_iss)
		permit_broken(o, H_SYNACK_ACK, s, index, -1, NULL, NULL, "no SYN toward the DUT fits its ACK");
	/* In a simultaneous open the SYN,ACK is the DUT's own SYN again (3.10.7.3 fourth):
	 * RFC 7323 3.2 allows timestamps there, and 2.2 says what may be enabled and not
	 * what may be repeated. */
	if (f->open_ws || f->open_ts)
		return;
	if (opts->ws && !any_syn(f, has_ws))
		permit_broken(o, H_OPT_ECHO_WS, s, index, -1, NULL, NULL, "no SYN toward the DUT had it");
	else if (opts->ws)
		permit_held(o, H_OPT_ECHO_WS);
	if (opts->ts && !any_syn(f, has_ts))
		permit_broken(o, H_OPT_ECHO_TS, s, index, -1, NULL, NULL, "no SYN toward the DUT had them");
	else if (opts->ts)
		permit_held(o, H_OPT_ECHO_TS);
}

void permit_handshake(struct oracle *o, const struct seg *s, const struct opts *opts, int index)
{
	struct facts *f = &o->facts;

	if (!(s->ctl & SYN) || (s->ctl & RST))
		return;
	if (s->ctl & ACK)
		syn_ack(o, s, opts, index);
	if (f->syn && s->seq == f->iss) {
		permit_held(o, s->ctl & ACK ? H_SYNACK_SAMESEQ : H_SYN_SAMESEQ);
	} else if (creeps(f, s)) {
		permit_broken(o, s->ctl & ACK ? H_SYNACK_SAMESEQ : H_SYN_SAMESEQ, s, index, -1, NULL, NULL,
		              say_text(o, "SEQ has crept on by %u", s->seq - f->iss));
	}
	if (opts->ws && opts->ws_shift > 14)
		permit_broken(o, H_WSMAX, s, index, -1, NULL, NULL, say_text(o, "it was %u", opts->ws_shift));
	else if (opts->ws)
		permit_held(o, H_WSMAX);
	if (opts->ts && !(s->ctl & ACK)) {
		if (opts->ts_ecr != 0)
			permit_broken(o, H_TSECR_SYN, s, index, -1, NULL, NULL, say_text(o, "it was %u", opts->ts_ecr));
		else
			permit_held(o, H_TSECR_SYN);
	}
	if (opts->mss)
		permit_held(o, H_MSS_PRESENT);
	else if (!opts->malformed)
		permit_broken(o, H_MSS_PRESENT, s, index, -1, "SHLD-5 MUST-14", NULL, "it had none");
}
