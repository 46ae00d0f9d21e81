/* rtt.c: the round-trip time and the retransmission timeout (RFC 6298 2 to 4).
 *
 * One segment is timed at a time.  A segment that was sent again is not timed
 * (Karn, MUST-18), unless a timestamp tells the copies apart (RFC 7323 4). */
#include "tcb.h"

void rtt_init(const struct stack *st, struct tcb *t)
{
	t->rtt.rto = st->k.rto_initial;         /* (2.1) */
}

static tick at_least(tick a, tick b)
{
	return a > b ? a : b;
}

void rtt_sample(const struct stack *st, struct tcb *t, tick r)
{
	const struct knobs *k = &st->k;

	if (!t->rtt.measured) {                 /* (2.2) */
		t->rtt.srtt = r;
		t->rtt.rttvar = r / 2;
		t->rtt.measured = true;
	} else {                                /* (2.3): RTTVAR before SRTT */
		tick off = t->rtt.srtt > r ? t->rtt.srtt - r : r - t->rtt.srtt;

		t->rtt.rttvar = t->rtt.rttvar - t->rtt.rttvar / 4 + off / 4;
		t->rtt.srtt = t->rtt.srtt - t->rtt.srtt / 8 + r / 8;
	}
	t->rtt.rto = t->rtt.srtt + at_least(k->rto_granularity, 4 * t->rtt.rttvar);
	t->rtt.rto = at_least(t->rtt.rto, k->rto_min);  /* (2.4) */
	if (t->rtt.rto > k->rto_max)                    /* (2.5) */
		t->rtt.rto = k->rto_max;
	if (!fault(st, FAULT_rto_stays_inflated))
		t->rtt.backoff = 0;             /* section 5: "collapsing" RTO */
}

/* Text, SYN or FIN up to `end` has left. */
void rtt_sent(const struct stack *st, struct tcb *t, uint32_t end, bool again)
{
	if (again && !fault(st, FAULT_karn_violated)) {
		/* An ACK of it would not say which copy it answers. */
		t->rtt.timing = false;
	} else if (!t->rtt.timing) {
		t->rtt.timing = true;
		t->rtt.timed_seq = end;
		t->rtt.timed_at = st->now;
	}
}

/* SND.UNA has advanced. */
void rtt_acked(const struct stack *st, struct tcb *t, const struct opts *o)
{
	if (t->rtt.timing) {
		if (seq_le(t->rtt.timed_seq, t->snd.una)) {
			rtt_sample(st, t, st->now - t->rtt.timed_at);
			t->rtt.timing = false;
		}
	} else if (t->ts.ok && o->ts && o->ts_ecr) {
		uint32_t ms = ts_clock(st, t) - o->ts_ecr;

		if (ms < 1u << 20)              /* an echo of what we sent lately */
			rtt_sample(st, t, MS(ms));
	}
	t->rtt.retransmissions = 0;
}
