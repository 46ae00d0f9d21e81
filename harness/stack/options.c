/* options.c: what the TCP options mean: MSS (9293 3.7.1), window scale and
 * timestamps with PAWS (RFC 7323).
 *
 * SACK, TCP Fast Open and the user timeout option are not supported: never
 * offered, ignored when they come (MUST-6). */
#include "tcb.h"

static unsigned ip_and_tcp_headers(const struct tcb *t)
{
	return t->own.addr.v == 6 ? 60 : 40;
}

static uint16_t mtu_of(const struct stack *st, const struct tcb *t)
{
	return t->pmtu ? t->pmtu : st->cfg.mtu;
}

/* MMS_R - 20 (MUST-67): the MTU of the interface without fixed headers. */
uint16_t mss_to_offer(const struct stack *st, const struct tcb *t)
{
	uint16_t mss = (uint16_t)(st->cfg.mtu - ip_and_tcp_headers(t));

	return t->opt.maxseg && t->opt.maxseg < mss ? t->opt.maxseg : mss;
}

/* Eff.snd.MSS = min(SendMSS+20, MMS_S) - TCPhdrsize - IPoptionsize (MUST-16). */
uint16_t eff_snd_mss(const struct stack *st, const struct tcb *t)
{
	unsigned mss = mtu_of(st, t) - ip_and_tcp_headers(t);
	unsigned options = t->ts.ok ? 12 : 0;

	if (t->snd.mss < mss)
		mss = t->snd.mss;
	if (t->opt.maxseg && t->opt.maxseg < mss)
		mss = t->opt.maxseg;
	if (fault(st, FAULT_mss_options_not_subtracted))
		options = 0;
	if (fault(st, FAULT_small_segments))
		mss -= mss / 10;
	if (mss < options + st->k.mss_min)
		return st->k.mss_min;
	return (uint16_t)(mss - options);
}

/* A timestamp clock of 1 ms with an offset of each connection's own (5.4). */
uint32_t ts_clock(const struct stack *st, const struct tcb *t)
{
	return (uint32_t)(st->now / MS(1)) + t->ts.offset;
}

/* The least shift that lets the whole buffer be offered. */
static uint8_t shift_for(uint32_t buffer)
{
	uint8_t shift = 0;

	while (shift < 14 && buffer >> shift > 65535)
		shift++;
	return shift;
}

/* On SYN, and on SYN,ACK what the peer's SYN has offered too. */
void options_for_syn(struct stack *st, struct tcb *t, struct seg *s)
{
	bool synack = s->ctl & ACK;

	opt_mss(s, mss_to_offer(st, t));        /* MUST-14, SHLD-5 */
	if (synack ? t->ts.ws_ok : st->k.offer_ws) {
		opt_nop(s);
		opt_ws(s, shift_for(t->opt.rcv_buffer));
		t->ts.ws_offered = true;
	}
	if (synack ? t->ts.ok : st->k.offer_ts) {
		opt_nop(s);
		opt_nop(s);
		opt_ts(s, ts_clock(st, t), synack ? t->ts.recent : 0);
		t->ts.offered = true;
	}
}

/* On every segment but SYN: TSopt where it was agreed (RFC 7323 3.2). */
void options_for_any(struct stack *st, struct tcb *t, struct seg *s)
{
	if (!t->ts.ok || ((s->ctl & RST) && !st->k.ts_on_reset))
		return;
	opt_nop(s);
	opt_nop(s);
	opt_ts(s, ts_clock(st, t), s->ctl & ACK ? t->ts.recent : 0);
}

/* The peer's SYN says what it speaks; ours has been said, or will be in the
 * SYN,ACK. */
void options_of_syn(struct stack *st, struct tcb *t, const struct opts *o)
{
	bool said = t->state == SYN_SENT;

	/* MUST-15; 65535 stands for "infinity" (3.7.5), and the MTU bounds it. */
	t->snd.mss = o->mss ? o->mss_value : t->own.addr.v == 6 ? 1220 : 536;
	if (o->mss && fault(st, FAULT_mss_peer_ignored))
		t->snd.mss = 65535;
	if (!o->mss && fault(st, FAULT_mss_default_ignored))
		t->snd.mss = 65535;

	t->ts.ws_ok = o->ws && (said ? t->ts.ws_offered : st->k.offer_ws);
	if (t->ts.ws_ok) {
		t->snd.shift = o->ws_shift > 14 && !fault(st, FAULT_ws_above_14) ? 14 : o->ws_shift & 31;
		t->rcv.shift = shift_for(t->opt.rcv_buffer);
	}
	t->ts.ok = o->ts && (said ? t->ts.offered : st->k.offer_ts);
	if (t->ts.ok) {
		t->ts.recent = o->ts_val;
		t->ts.recent_at = st->now;
	}
}

/* RFC 7323 5.3 R1: SEG.TSval < TS.Recent, unless TS.Recent is too old to say. */
bool paws_rejects(const struct stack *st, const struct tcb *t, const struct opts *o)
{
	return o->ts && seq_lt(o->ts_val, t->ts.recent)
	       && st->now - t->ts.recent_at < S(24 * 86400);
}

/* R3: the segment is acceptable; it is the one to echo if it touches the left
 * edge as last acknowledged. */
void ts_record(const struct stack *st, struct tcb *t, const struct opts *o, uint32_t seq)
{
	if (!t->ts.ok || !o->ts || !seq_le(seq, t->rcv.last_ack_sent))
		return;
	if (seq_le(t->ts.recent, o->ts_val) || st->now - t->ts.recent_at >= S(24 * 86400)) {
		t->ts.recent = o->ts_val;
		t->ts.recent_at = st->now;
	}
}
