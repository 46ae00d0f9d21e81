/* icmp_arrives.c: ICMP errors (RFC 9293 3.9.2.2), for both versions.
 *
 * An error counts only if it quotes what is in flight (RFC 5927 4.1): anyone can
 * send ICMP. */
#include <errno.h>

#include "tcb.h"

enum reaction { IGNORE, SOFT, HARD, TOO_BIG };

static enum reaction classify(const struct icmp *m)
{
	if (m->src.v == 4 && m->type == 3) {    /* destination unreachable */
		if (m->code == 4)
			return TOO_BIG;
		return m->code == 2 || m->code == 3 ? HARD : SOFT;
	}
	if (m->src.v == 4)                      /* 4: source quench (MUST-55) */
		return m->type == 11 || m->type == 12 ? SOFT : IGNORE;
	switch (m->type) {
	case 1:
		return m->code == 4 || m->code == 1 ? HARD : SOFT;
	case 2:
		return TOO_BIG;
	case 3: case 4:
		return SOFT;
	default:
		return IGNORE;
	}
}

/* Path MTU discovery (RFC 1191, RFC 8201): smaller segments, and what was too
 * big goes again at once. */
static void too_big(struct stack *st, struct tcb *t, const struct icmp *m)
{
	uint32_t mtu = m->src.v == 4 ? m->rest & 0xffff : m->rest;
	uint16_t least = m->src.v == 4 ? st->k.mtu_min4 : st->k.mtu_min6;
	uint16_t now = t->pmtu ? t->pmtu : st->cfg.mtu;

	if (mtu == 0 && m->src.v == 4)
		mtu = 576;                      /* a router before RFC 1191 */
	if (mtu < least)
		mtu = least;
	if (mtu >= now)
		return;
	t->pmtu = (uint16_t)mtu;
	if (syn_outstanding(t) || !flight_size(t))
		return;
	t->cong.cwnd = t->cong.cwnd > eff_snd_mss(st, t) ? t->cong.cwnd : eff_snd_mss(st, t);
	t->snd.resend = t->snd.una;
	t->snd.resend_end = t->snd.nxt;
	output(st, t);
}

void icmp_arrives(struct stack *st, const struct icmp *m)
{
	struct tcb *t;

	if (!m->quotes || !(t = tcb_find(st, &m->quoted_src, &m->quoted_dst)))
		return;
	if (!seq_le_lt(t->snd.una, m->quoted_seq, t->snd.nxt))
		return;
	switch (classify(m)) {
	case SOFT:
		if (st->k.report_soft)          /* MUST-56: no more than that */
			note(st, t, NOTE_ERROR, 0, EHOSTUNREACH);
		break;
	case HARD:
		if (!synchronized(t->state) || st->k.icmp_hard_aborts)
			connection_gone(st, t, ECONNREFUSED);
		break;
	case TOO_BIG:
		too_big(st, t, m);
		break;
	case IGNORE:
		break;
	}
}
