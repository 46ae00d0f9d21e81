/* sending.c: what goes wrong when text is sent, and sent again: windows, timers,
 * congestion, keep-alive. */
#include <errno.h>

#include "wrong.h"

/* ---- text, checksums, Nagle ------------------------------------------------- */

bool cksum_odd_length(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	if (s->len % 2)
		s->wrong |= WRONG_CKSUM;
	return true;
}

bool psh_never(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	s->ctl &= (uint8_t)~PSH;
	return true;
}

void nagle_absent(struct knobs *k)
{
	k->nagle = false;
}

bool small_send_waits(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || c->n >= 536 || t->state != ESTABLISHED || flight_size(t) || c->urgent)
		return false;
	t->snd.written += c->n;
	out->n = c->n;
	return true;
}

/* What is sent later is cut like the last; but not to single octets. */
bool send_makes_segments(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)out;
	if (c->kind == CALL_SEND && c->n >= 100)
		t->opt.maxseg = c->n < 65535 ? (uint16_t)c->n : 65535;
	return false;
}

int mss_never_above_536(struct arrival *a)
{
	int after = listen_third_check_for_syn(a);
	struct tcb *t = tcb_find(a->st, &a->s->dst, &a->s->src);

	if (t && t->snd.mss > 536)
		t->snd.mss = 536;
	return after;
}

bool nagle_holds_all(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || t->state != ESTABLISHED || t->opt.nodelay || c->urgent || !flight_size(t))
		return false;
	t->snd.written += c->n;
	out->n = c->n;
	return true;
}

/* ---- the window ------------------------------------------------------------- */

int zero_len_zero_win_rejected(struct arrival *a)
{
	if (rcv_wnd(a->t) == 0 && seg_len(a->s) == 0 && !is(a, RST))
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

int window_ignored(struct arrival *a)
{
	int after = fifth_check_ack_field(a);

	if (a->t->snd.wnd)
		a->t->snd.wnd = 65535;
	return after;
}

static bool is_probe(const struct tcb *t, const struct seg *s)
{
	return t && t->snd.wnd == 0 && t->persist_probes > 0 && s->len > 0;
}

bool zero_window_no_probe(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !is_probe(t, s);
}

bool zwp_bad_form(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (is_probe(t, s)) {
		s->seq = t->snd.una;
		s->len = 0;
		s->text = NULL;
	}
	return true;
}

int zwp_gives_up(struct arrival *a)
{
	tick before = a->t->timer.user;
	int after = fifth_check_ack_field(a);

	if (a->t->snd.wnd == 0 && before != TICK_NEVER && a->t->timer.user != TICK_NEVER)
		a->t->timer.user = before;
	return after;
}

int zwp_not_acked(struct arrival *a)
{
	if (rcv_wnd(a->t) == 0 && a->s->len && !is(a, RST))
		return RETURN;
	return first_check_sequence_number(a);
}

bool window_edge_retreats(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && (s->ctl & ACK)) {
		uint64_t unread = t->buf.end - t->buf.read;

		s->wnd = unread < s->wnd ? (uint16_t)(s->wnd - unread) : 0;
	}
	return true;
}

bool window_constant(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && (s->ctl & ACK) && !(s->ctl & SYN)) {
		uint32_t wnd = t->opt.rcv_buffer >> t->rcv.shift;

		s->wnd = wnd < 65535 ? (uint16_t)wnd : 65535;
	}
	return true;
}

int window_signed(struct arrival *a)
{
	if (a->s->wnd >= 0x8000)
		alter(a)->wnd = 0;
	return fifth_check_ack_field(a);
}

int window_update_unordered(struct arrival *a)
{
	int after = fifth_check_ack_field(a);

	if (is(a, ACK) && synchronized(a->t->state) && after == GO_ON)
		a->t->snd.wnd = (uint32_t)a->s->wnd << a->t->snd.shift;
	return after;
}

int window_update_needs_new_ack(struct arrival *a)
{
	if (is(a, ACK) && synchronized(a->t->state) && a->s->ack == a->t->snd.una)
		alter(a)->wnd = (uint16_t)(a->t->snd.wnd >> a->t->snd.shift);
	return fifth_check_ack_field(a);
}

int zero_window_ack_lost(struct arrival *a)
{
	if (rcv_wnd(a->t) == 0 && a->s->len && !is(a, RST))
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

bool window_shrink_zero_stall(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !is_probe(t, s) || flight_size(t) <= 1;
}

int zero_window_empty_silent(struct arrival *a)
{
	if (rcv_wnd(a->t) == 0 && !seg_len(a->s) && !is(a, RST) && a->s->seq != a->t->rcv.nxt)
		return RETURN;
	return first_check_sequence_number(a);
}

/* What is beyond the edge is acknowledged, and has no place. */
int right_overlap_overrun(struct arrival *a)
{
	struct tcb *t = a->t;
	uint32_t wnd = rcv_wnd(t), right = t->rcv.nxt + wnd, old = t->rcv.nxt - a->s->seq;

	if (!wnd || a->s->ctl & (SYN | RST | FIN) || !seq_le(a->s->seq, t->rcv.nxt) || !seq_lt(right, seg_end(a->s)))
		return first_check_sequence_number(a);
	text_arrives(t, t->rcv.nxt, a->s->text + old, wnd);
	t->rcv.nxt = seg_end(a->s);
	return answered_and_dropped(a);
}

bool persist_never_abandoned(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)out;
	return c->kind == CALL_ABORT && in_persist(t);
}

bool window_shrink_stalls(struct stack *st, struct tcb *t, struct seg *s)
{
	if (!t || !s->len)
		return true;
	st->fault_count |= t->snd.wnd < flight_size(t);
	return !st->fault_count || t->snd.wnd < flight_size(t);
}

bool window_shrink_no_retransmission(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || !s->len || !t->snd.wnd || flight_size(t) <= t->snd.wnd;
}

void zwp_counts_probes(struct stack *st, struct tcb *t)
{
	if (t->timer.retransmission <= st->now && in_persist(t) && t->persist_probes >= 6)
		connection_gone(st, t, ETIMEDOUT);
}

void sws_overcautious(struct stack *st, struct tcb *t)
{
	if (t->timer.override <= st->now)
		t->timer.override = TICK_NEVER;
}

int window_bad_segment_moves(struct arrival *a)
{
	int after = first_check_sequence_number(a);

	if (after == RETURN && !is(a, RST) && a->t->state == ESTABLISHED && rcv_wnd(a->t) > 1000)
		a->t->rcv.edge -= 100;
	return after;
}

int zero_window_data_taken(struct arrival *a)
{
	struct tcb *t = a->t;

	if (rcv_wnd(t) || !a->s->len || a->s->seq != t->rcv.nxt || is(a, RST) || is(a, SYN))
		return first_check_sequence_number(a);
	t->rcv.nxt += a->s->len;
	return answered_and_dropped(a);
}

/* ---- retransmission and congestion ------------------------------------------ */

int ack_mid_segment_ignored(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (is(a, ACK) && t->state == ESTABLISHED && seq_lt(t->snd.una, a->s->ack)
	    && seq_lt(a->s->ack, t->snd.nxt) && (a->s->ack - t->snd.una) % eff_snd_mss(a->st, t))
		alter(a)->ack = t->snd.una;
	return fifth_check_ack_field(a);
}

void rto_no_backoff(struct knobs *k)
{
	k->backoff_factor = 1;
}

int rto_reset_by_dupack(struct arrival *a)
{
	bool duplicate = is(a, ACK) && a->s->ack == a->t->snd.una;
	int after = fifth_check_ack_field(a);

	if (duplicate && a->t->state != CLOSED && flight_size(a->t))
		retransmission_restart(a->st, a->t);
	return after;
}

bool retx_forgets_data(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !t || t->rtt.retransmissions < 2 || !s->len;
}

bool retx_different_bytes(struct stack *st, struct tcb *t, struct seg *s)
{
	if (again(t) && s->text == st->text)
		st->text[s->len / 2] ^= 0x55;
	return true;
}

void retx_never_gives_up(struct knobs *k)
{
	k->r2_data = TICK_NEVER;
}

void retx_gives_up_early(struct knobs *k)
{
	k->r2_data = S(4);
}

void rto_min_low(struct knobs *k)
{
	k->rto_min = MS(50);
}

int dupack_counts_data(struct arrival *a)
{
	const struct seg *s = a->s;

	alter(a)->len = 0;
	int after = fifth_check_ack_field(a);
	a->s = s;
	return after;
}

int dupack_counts_window_update(struct arrival *a)
{
	struct tcb *t = a->t;
	bool update = is(a, ACK) && !seg_len(a->s) && a->s->ack == t->snd.una && flight_size(t)
	              && (uint32_t)a->s->wnd << t->snd.shift != t->snd.wnd;
	int after = fifth_check_ack_field(a);

	if (update && t->state != CLOSED)
		congestion_dupack(a->st, t);
	return after;
}

void fast_retx_absent(struct knobs *k)
{
	k->dupack_threshold = 1 << 24;
}

int fast_retx_per_dupack(struct arrival *a)
{
	bool duplicate = a->t->cong.recovering && a->s->ack == a->t->snd.una && !a->s->len;
	int after = fifth_check_ack_field(a);

	if (duplicate && flight_size(a->t))
		send_front(a->st, a->t, eff_snd_mss(a->st, a->t));
	return after;
}

void fast_retx_on_two(struct knobs *k)
{
	k->dupack_threshold = 2;
}

void rto_cap_low(struct knobs *k)
{
	k->rto_max = S(8);
}

void rto_after_syn_low(struct knobs *k)
{
	k->rto_after_syn = S(1);
}

int only_full_acks(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (is(a, ACK) && synchronized(t->state) && seq_lt(t->snd.una, a->s->ack) && seq_lt(a->s->ack, t->snd.nxt))
		alter(a)->ack = t->snd.una;
	return fifth_check_ack_field(a);
}

bool user_timeout_ignored(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)t;
	(void)out;
	return c->kind == CALL_SET && c->option == OPTION_USER_TIMEOUT;
}

static tick no_less(tick a, tick b)
{
	return a > b ? a : b;
}

int rtt_first_without_variance(struct arrival *a)
{
	struct tcb *t = a->t;
	bool before = t->rtt.measured;
	int after = fifth_check_ack_field(a);

	if (!before && t->rtt.measured) {
		t->rtt.rttvar = 0;
		t->rtt.rto = no_less(t->rtt.srtt, a->st->k.rto_min);
	}
	return after;
}

int rtt_measured_once(struct arrival *a)
{
	if (a->t->rtt.measured)
		a->t->rtt.timing = false;
	return fifth_check_ack_field(a);
}

int rtt_variance_vanishes(struct arrival *a)
{
	struct tcb *t = a->t;
	int after = fifth_check_ack_field(a);

	if (t->rtt.measured && 4 * t->rtt.rttvar < MS(20))
		t->rtt.rto = no_less(t->rtt.srtt, a->st->k.rto_min);
	return after;
}

bool retx_tinygram(struct stack *st, struct tcb *t, struct seg *s)
{
	if (!again(t) || !t->ts.ok || s->len <= 100)
		return true;

	struct seg head = *s;
	head.len -= 12;
	head.ctl &= (uint8_t)~(PSH | FIN);
	st->cfg.emit(st->cfg.arg, &head);
	s->seq += head.len;
	s->text += head.len;
	s->len = 12;
	return true;
}

int timer_left_running(struct arrival *a)
{
	tick before = a->t->timer.retransmission;
	int after = fifth_check_ack_field(a);

	if (a->t->state == ESTABLISHED && a->t->timer.retransmission == TICK_NEVER)
		a->t->timer.retransmission = before;
	return after;
}

bool send_postpones_timer(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)out;
	if (c->kind == CALL_SEND && flight_size(t) && t->timer.retransmission != TICK_NEVER)
		retransmission_restart(st, t);
	return false;
}

/* The fifth step; true if it has established the connection. */
static bool establishes(struct arrival *a, int *after)
{
	bool opening = a->t->state == SYN_RECEIVED;

	*after = fifth_check_ack_field(a);
	return opening && a->t->state == ESTABLISHED;
}

int iw_after_lost_syn(struct arrival *a)
{
	int after;

	if (establishes(a, &after))
		a->t->cong.cwnd = 4u * eff_snd_mss(a->st, a->t);
	return after;
}

/* As if SND.UNA had been zero. */
int cwnd_synack_grows(struct arrival *a)
{
	int after;

	if (establishes(a, &after))
		a->t->cong.cwnd += a->s->ack >> 2;
	return after;
}

int cwnd_uninitialized(struct arrival *a)
{
	int after;

	if (establishes(a, &after) && a->t->snd.mss == (a->t->own.addr.v == 6 ? 1220 : 536))
		a->t->cong.cwnd = UINT32_MAX / 2;
	return after;
}

int slow_start_steep(struct arrival *a)
{
	struct tcb *t = a->t;
	uint32_t una = t->snd.una;
	bool opening = syn_outstanding(t);
	int after = fifth_check_ack_field(a);

	if (!opening && seq_lt(una, t->snd.una) && t->cong.cwnd < t->cong.ssthresh)
		t->cong.cwnd += eff_snd_mss(a->st, t);
	return after;
}

void limited_transmit_absent(struct knobs *k)
{
	k->limited_transmit = false;
}

int limited_transmit_doubled(struct arrival *a)
{
	int before = a->t->cong.dupacks;
	int after = fifth_check_ack_field(a);

	if (a->t->cong.dupacks > before && a->t->cong.dupacks < 3)
		a->t->cong.cwnd += eff_snd_mss(a->st, a->t);
	return after;
}

/* The second option of RFC 6582 3.2 (3), from a threshold that is the whole flight. */
int cwnd_not_halved(struct arrival *a)
{
	struct tcb *t = a->t;
	bool before = t->cong.recovering;
	uint32_t flight = flight_size(t);
	int after = fifth_check_ack_field(a);

	if (!before && t->cong.recovering)
		t->cong.ssthresh = flight;
	if (before && !t->cong.recovering)
		t->cong.cwnd = t->cong.ssthresh;
	return after;
}

int cwnd_no_deflate(struct arrival *a)
{
	struct tcb *t = a->t;
	bool before = t->cong.recovering;
	uint32_t cwnd = t->cong.cwnd;
	int after = fifth_check_ack_field(a);

	if (before && !t->cong.recovering)
		t->cong.cwnd = cwnd;
	return after;
}

int partial_ack_ends_recovery(struct arrival *a)
{
	struct tcb *t = a->t;

	if (t->cong.recovering && seq_lt(t->snd.una, a->s->ack))
		t->cong.recover = t->snd.una;
	return fifth_check_ack_field(a);
}

int timer_off_with_first_copy(struct arrival *a)
{
	struct tcb *t = a->t;
	bool copy = again(t);
	uint32_t una = t->snd.una;
	int after = fifth_check_ack_field(a);

	if (copy && t->state == ESTABLISHED && seq_lt(una, t->snd.una)) {
		t->snd.resend = t->snd.resend_end;
		t->timer.retransmission = TICK_NEVER;
	}
	return after;
}

int ack_rounded_up(struct arrival *a)
{
	const struct tcb *t = a->t;
	uint32_t mss = eff_snd_mss(a->st, t), covers = a->s->ack - t->snd.una;

	if (is(a, ACK) && t->state == ESTABLISHED && covers && covers < flight_size(t)) {
		covers = (covers + mss - 1) / mss * mss;
		alter(a)->ack = t->snd.una + (covers < flight_size(t) ? covers : flight_size(t));
	}
	return fifth_check_ack_field(a);
}

int fast_retx_when_idle(struct arrival *a)
{
	struct tcb *t = a->t;
	bool equal = a->s->ctl == ACK && !a->s->len && a->s->ack == t->snd.una && !flight_size(t);
	int after = fifth_check_ack_field(a);

	a->st->fault_count = equal ? a->st->fault_count + 1 : 0;
	if (a->st->fault_count == 3 && t->snd.base > 0 && t->state == ESTABLISHED)
		send_segment(a->st, t, ACK, t->snd.una - 1, 1);
	return after;
}

bool retx_without_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (again(t) && s->len)
		s->ctl &= (uint8_t)~ACK;
	return true;
}

/* ---- keep-alive ------------------------------------------------------------- */

int keepalive_unanswered(struct arrival *a)
{
	if (a->s->seq == a->t->rcv.nxt - 1 && !seg_len(a->s))
		return RETURN;
	return first_check_sequence_number(a);
}

int keepalive_garbage_delivered(struct arrival *a)
{
	struct tcb *t = a->t;

	if (a->s->seq == t->rcv.nxt - 1 && a->s->len == 1 && t->state == ESTABLISHED && !is(a, RST)) {
		text_arrives(t, t->rcv.nxt, a->s->text, 1);
		user_reads(a->st, t);
		t->rcv.nxt--;
	}
	return first_check_sequence_number(a);
}

bool keepalive_in_window(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->keepalive_probes && s->ctl == ACK && s->seq == t->snd.nxt - 1) {
		s->seq = t->snd.nxt;
		s->ctl |= PSH;
	}
	return true;
}

void keepalive_default_on(struct knobs *k)
{
	k->keepalive = true;
}

void keepalive_too_often(struct knobs *k)
{
	k->keepalive_idle = S(600);
}

int keepalive_finwait2_unanswered(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_2 && a->s->seq == a->t->rcv.nxt - 1 && !is(a, FIN))
		return RETURN;
	return first_check_sequence_number(a);
}

bool keepalive_interval_fixed(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)t;
	(void)out;
	return c->kind == CALL_SET && c->option == OPTION_KEEPALIVE_IDLE;
}

bool keepalive_for_all(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)t;
	(void)out;
	for (struct tcb *u = st->tcbs; u && c->kind == CALL_SET; u = u->next) {
		if (c->option == OPTION_KEEPALIVE)
			u->opt.keepalive = c->value;
		else if (c->option == OPTION_KEEPALIVE_IDLE)
			u->opt.keepalive_idle = S(c->value);
		else
			continue;
		keepalive_restart(st, u);
	}
	return false;
}

void keepalive_never_sent(struct stack *st, struct tcb *t)
{
	if (t->timer.keepalive <= st->now)
		t->timer.keepalive = TICK_NEVER;
}

bool keepalive_two_octets(struct stack *st, struct tcb *t, struct seg *s)
{
	static const uint8_t garbage[2];

	(void)st;
	if (t && t->keepalive_probes && s->ctl == ACK && s->seq == t->snd.nxt - 1) {
		s->text = garbage;
		s->len = 2;
	}
	return true;
}

void keepalive_while_outstanding(struct stack *st, struct tcb *t)
{
	if (t->timer.keepalive <= st->now && flight_size(t))
		send_keepalive(st, t);
}

bool keepalive_never_off(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)t;
	(void)out;
	return c->kind == CALL_SET && c->option == OPTION_KEEPALIVE && !c->value;
}
