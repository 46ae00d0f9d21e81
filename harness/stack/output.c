/* output.c: what leaves: when text may be sent (3.7, 3.8.6.2.1), and how every
 * kind of segment is formed.
 *
 * What an application has SENT is the pattern (seg.h), so that the send queue is
 * two offsets, and any octet can be sent again from its sequence number.  When
 * it is to be sent again is timers.c's and congestion.c's business. */
#include "tcb.h"

/* The offset in our stream of the octet at seq. */
static uint64_t offset_of(const struct tcb *t, uint32_t seq)
{
	return t->snd.base + (uint64_t)(int64_t)(int32_t)(seq - t->snd.base_seq);
}

uint32_t snd_end_of_data(const struct tcb *t)
{
	return t->snd.fin_sent ? t->snd.fin : t->snd.nxt;
}

/* Octets SENT that have never left. */
uint64_t snd_unsent(const struct tcb *t)
{
	return t->snd.written - offset_of(t, snd_end_of_data(t));
}

static bool fin_pending(const struct tcb *t)
{
	return t->snd.fin_queued && !t->snd.fin_sent;
}

/* In these states what was SENT leaves. */
static bool may_send(const struct tcb *t)
{
	switch (t->state) {
	case ESTABLISHED: case CLOSE_WAIT: case FIN_WAIT_1: case CLOSING: case LAST_ACK:
		return !syn_outstanding(t);
	default:
		return false;
	}
}

bool in_persist(const struct tcb *t)
{
	return may_send(t) && t->snd.wnd == 0
	       && (flight_size(t) || snd_unsent(t) || fin_pending(t));
}

/* ---- forming a segment ---------------------------------------------------- */

static struct seg segment(const struct tcb *t, uint8_t ctl, uint32_t seq)
{
	return (struct seg){ .src = t->own, .dst = t->peer, .ctl = ctl, .seq = seq };
}

/* The last thing that happens to a segment of a connection. */
static void transmit(struct stack *st, struct tcb *t, struct seg *s)
{
	if (s->ctl & ACK) {
		s->ack = t->rcv.nxt;
		s->wnd = window_to_offer(st, t, s->ctl & SYN);
		t->rcv.last_ack_sent = s->ack;
		t->ack_now = false;
		t->ack_segments = 0;
		t->ack_octets = 0;
		t->timer.delayed_ack = TICK_NEVER;
	} else if (s->ctl & SYN) {
		s->wnd = t->opt.rcv_buffer < 65535 ? (uint16_t)t->opt.rcv_buffer : 65535;
	}
	if (s->ctl & SYN)
		options_for_syn(st, t, s);
	else
		options_for_any(st, t, s);
	/* The urgent pointer stands in all segments before SND.UP (3.8.5); it
	 * names the octet following the urgent data (MUST-62). */
	if (t->snd.urgent && !(s->ctl & (SYN | RST)) && seq_lt(s->seq, t->snd.up)) {
		uint32_t ahead = t->snd.up - s->seq;

		s->ctl |= URG;
		s->urg = ahead > 65535 ? 65535 : (uint16_t)ahead;
	}
	s->ttl = st->k.ttl;
	if (faults_wire(st, t, s))
		st->cfg.emit(st->cfg.arg, s);
}

/* Text of our stream, and with ctl a FIN behind it. */
void send_segment(struct stack *st, struct tcb *t, uint8_t ctl, uint32_t seq, uint32_t len)
{
	struct seg s = segment(t, ctl, seq);
	uint64_t at = offset_of(t, seq);

	for (uint32_t i = 0; i < len; i++)
		st->text[i] = pattern_octet(at + i);
	s.text = len ? st->text : NULL;
	s.len = len;
	if (len && at + len == t->snd.written)
		s.ctl |= PSH;                   /* no more queued data (MUST-61) */
	transmit(st, t, &s);
}

void send_ack(struct stack *st, struct tcb *t)
{
	struct seg s = segment(t, ACK, t->snd.nxt);

	transmit(st, t, &s);
}

/* <SEQ=ISS><CTL=SYN>, or <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> when the peer's has
 * come. */
void send_syn(struct stack *st, struct tcb *t)
{
	struct seg s = segment(t, t->state == SYN_SENT ? SYN : SYN | ACK, t->snd.iss);

	rtt_sent(st, t, t->snd.iss + 1, t->rtt.retransmissions > 0);
	transmit(st, t, &s);
	retransmission_start(st, t);
}

void send_reset(struct stack *st, struct tcb *t)
{
	struct seg s = segment(t, RST, t->snd.nxt);

	transmit(st, t, &s);
}

void send_reset_for(struct stack *st, const struct seg *to, const struct opts *o)
{
	struct seg s = { .src = to->dst, .dst = to->src, .ttl = st->k.ttl };

	if (to->ctl & ACK) {
		s.ctl = RST;
		s.seq = to->ack;
	} else {
		s.ctl = RST | ACK;
		s.ack = seg_end(to);
	}
	if (o->ts && st->k.ts_on_reset) {       /* RFC 7323 5.2 */
		opt_nop(&s);
		opt_nop(&s);
		opt_ts(&s, 0, o->ts_val);
	}
	if (faults_wire(st, NULL, &s))
		st->cfg.emit(st->cfg.arg, &s);
}

/* A segment that the peer has acknowledged already: it must answer (3.8.4). */
void send_keepalive(struct stack *st, struct tcb *t)
{
	struct seg s = segment(t, ACK, t->snd.nxt - 1);
	static const uint8_t garbage;

	if (st->k.keepalive_octet) {
		s.text = &garbage;
		s.len = 1;
	}
	transmit(st, t, &s);
}

/* ---- sending text --------------------------------------------------------- */

static uint32_t least(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* New text at SND.NXT, perhaps with the FIN. */
static void send_next(struct stack *st, struct tcb *t, uint32_t len, bool fin)
{
	uint32_t seq = t->snd.nxt;

	t->snd.nxt += len + fin;
	if (fin) {
		t->snd.fin = seq + len;
		t->snd.fin_sent = true;
	}
	t->snd.last_at = st->now;
	rtt_sent(st, t, t->snd.nxt, false);
	send_segment(st, t, fin ? FIN | ACK : ACK, seq, len);
	retransmission_start(st, t);
}

void send_fin_now(struct stack *st, struct tcb *t)
{
	send_next(st, t, 0, true);
}

/* Old text at seq.  What was segmented may be segmented anew (3.8.6). */
static uint32_t send_again(struct stack *st, struct tcb *t, uint32_t seq, uint32_t max)
{
	uint32_t len = least(snd_end_of_data(t) - seq, max);
	bool fin = t->snd.fin_sent && seq + len == t->snd.fin
	           && (st->k.fin_coalesce || len == 0);

	rtt_sent(st, t, seq + len + fin, true);
	send_segment(st, t, fin ? FIN | ACK : ACK, seq, len);
	return len + fin;
}

/* SHLD-16: as far as a window that has shrunk lets us. */
static uint32_t within_window(const struct tcb *t, uint32_t max)
{
	return t->snd.wnd && t->snd.wnd < max ? t->snd.wnd : max;
}

void send_front(struct stack *st, struct tcb *t, uint32_t max)
{
	if (syn_outstanding(t)) {
		send_syn(st, t);
		return;
	}
	send_again(st, t, t->snd.una, within_window(t, max));
}

void resend_front(struct stack *st, struct tcb *t)
{
	uint32_t from = t->snd.una;

	if (fault(st, FAULT_rto_wrong_segment) && flight_size(t) > eff_snd_mss(st, t))
		from += eff_snd_mss(st, t);
	t->snd.resend = from + send_again(st, t, from, within_window(t, eff_snd_mss(st, t)));
}

/* What is sent again ends short (the octet of a probe): new text fills it up. */
static void take_new_along(struct stack *st, struct tcb *t, uint32_t len, uint32_t room)
{
	uint32_t mss = eff_snd_mss(st, t), more;

	if (t->snd.fin_sent || t->snd.resend + len != t->snd.nxt || len >= mss || len >= room)
		return;
	more = least(least(snd_unsent(t), mss - len), room - len);
	t->snd.nxt += more;
	t->snd.resend_end += more;
}

/* After a timeout: what was outstanding goes again as slow start allows. */
static bool resend_one(struct stack *st, struct tcb *t)
{
	if (seq_lt(t->snd.resend, t->snd.una))
		t->snd.resend = t->snd.una;
	if (!seq_lt(t->snd.resend, t->snd.resend_end))
		return false;

	uint32_t ahead = t->snd.resend - t->snd.una;
	uint32_t cwnd = congestion_window(st, t);
	uint32_t len = least(snd_end_of_data(t) - t->snd.resend, eff_snd_mss(st, t));

	if (ahead >= t->snd.wnd || ahead + len > cwnd)
		return false;
	take_new_along(st, t, len, t->snd.wnd - ahead);
	len = least(snd_end_of_data(t) - t->snd.resend, eff_snd_mss(st, t));
	t->snd.resend += send_again(st, t, t->snd.resend, least(len, t->snd.wnd - ahead));
	retransmission_start(st, t);
	return true;
}

/* The sender's algorithm: when to send data (3.8.6.2.1), with Nagle's (3.7.4). */
static bool send_one(struct stack *st, struct tcb *t)
{
	uint32_t flight = flight_size(t), mss = eff_snd_mss(st, t);
	uint32_t queued = flight < t->opt.snd_buffer ? t->opt.snd_buffer - flight : 0;
	uint32_t d = least(snd_unsent(t), queued);
	bool fin = fin_pending(t) && d == snd_unsent(t);

	if (d == 0 && !fin)
		return false;
	if (t->snd.wnd <= flight && !fault(st, FAULT_window_shrink_underflow))
		return false;                   /* shrunk: no new data (SHLD-15) */
	congestion_before_send(st, t);

	uint32_t u = t->snd.wnd - flight;       /* U = SND.UNA + SND.WND - SND.NXT */
	uint32_t len = least(least(d, u), mss);
	bool nagle = st->k.nagle && (!t->opt.nodelay || fault(st, FAULT_nagle_stuck_on)) && flight > 0;

	if (len == mss)
		;                               /* (1) min(D,U) >= Eff.snd.MSS */
	else if (d <= u && (!nagle || (fin && !fault(st, FAULT_nagle_holds_last))))
		;                               /* (2) PUSHed; CLOSE implies push */
	else if (!nagle && len >= t->snd.max_wnd / 2)
		;                               /* (3) Fs = 1/2 */
	else if (!fault(st, FAULT_sws_sender))
		return false;
	if (flight && flight + len > congestion_window(st, t))
		return false;
	fin = fin && len == d && len < u && (st->k.fin_coalesce || len == 0);
	if (len == 0 && !fin)
		return false;
	if (t->cong.dupacks && !t->cong.recovering)
		t->cong.limited += len;
	send_next(st, t, len, fin);
	return true;
}

/* (4) The override timeout: whatever the window takes. */
void send_override(struct stack *st, struct tcb *t)
{
	uint32_t flight = flight_size(t);

	if (!may_send(t) || t->snd.wnd <= flight)
		return;

	uint32_t len = least(least(snd_unsent(t), t->snd.wnd - flight), eff_snd_mss(st, t));
	if (len)
		send_next(st, t, len, false);
}

/* Zero-window probe: one octet of new data if there is none outstanding, else of
 * the oldest (3.8.6.1).  A FIN counts as the octet that it is. */
void send_probe(struct stack *st, struct tcb *t)
{
	if (st->k.zwp != ZWP_NEW_OCTET) {
		uint32_t old = st->k.zwp == ZWP_OLD_OCTET && offset_of(t, t->snd.una) > 0 && !fin_acked(t);

		send_segment(st, t, ACK, t->snd.una - 1, old);
		return;
	}
	if (flight_size(t) > 0)
		send_again(st, t, t->snd.una, 1);
	else if (snd_unsent(t) > 0)
		send_next(st, t, 1, false);
	else
		send_next(st, t, 0, true);
}

void output(struct stack *st, struct tcb *t)
{
	t->timer.override = TICK_NEVER;
	if (may_send(t)) {
		while (resend_one(st, t))
			;
		if (!seq_lt(t->snd.resend, t->snd.resend_end))
			while (send_one(st, t))
				;
		if (in_persist(t))
			retransmission_start(st, t);
		else if (flight_size(t) == 0 && snd_unsent(t) > 0)
			t->timer.override = st->now + st->k.sws_override;
	}
	if (t->window_update && !fault(st, FAULT_window_update_missing) && synchronized(t->state) && !t->rcv.fin
	    && window_worth_telling(st, t))
		t->ack_now = true;
	t->window_update = false;
	if (t->ack_now && t->state != CLOSED && t->state != SYN_SENT)
		send_ack(st, t);
}
