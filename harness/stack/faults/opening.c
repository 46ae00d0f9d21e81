/* opening.c: what goes wrong while a connection is opened. */
#include <errno.h>

#include "wrong.h"

/* ---- the handshake ---------------------------------------------------------- */

int dup_syn_gets_rst(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !is(a, SYN) || is(a, ACK))
		return first_check_sequence_number(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

bool dup_syn_ignored_no_timer(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !t || t->state != SYN_RECEIVED || (s->ctl == (SYN | ACK) && !again(t));
}

bool synack_ack_creeps(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (again(t) && s->ctl == (SYN | ACK))
		s->ack += (uint32_t)t->rtt.retransmissions;
	return true;
}

bool synack_seq_creeps(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	s->seq += again(t) && s->ctl == (SYN | ACK);
	return true;
}

bool syn_retx_seq_creeps(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	s->seq += again(t) && s->ctl == SYN;
	return true;
}

bool syn_never_retransmitted(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || s->ctl != SYN;
}

bool synack_never_retransmitted(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || s->ctl != (SYN | ACK);
}

int synrcvd_any_ack(struct arrival *a)
{
	if (a->t->state == SYN_RECEIVED && is(a, ACK))
		alter(a)->ack = a->t->snd.nxt;
	return fifth_check_ack_field(a);
}

int synsent_any_synack(struct arrival *a)
{
	if (is(a, SYN | ACK) && !is(a, RST))
		alter(a)->ack = a->t->snd.nxt;
	return syn_sent_first_check_ack(a);
}

int synsent_badack_no_rst(struct arrival *a)
{
	return muted(syn_sent_first_check_ack, a);
}

int third_ack_data_rst(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !is(a, ACK) || !a->s->len)
		return fifth_check_ack_field(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, 0);
	return RETURN;
}

/* The third segment is the one with which text first arrives at RCV.NXT=IRS+1
 * and acknowledges nothing but our SYN. */
int third_ack_data_lost(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (t->passive && a->st->fault_count == 0 && t->rcv.nxt == t->rcv.irs + 1 && a->len
	    && a->s->ack == t->snd.iss + 1) {
		a->st->fault_count = 1;
		return RETURN;
	}
	return seventh_process_segment_text(a);
}

int synrcvd_rst_ignored(struct arrival *a)
{
	if (a->t->state == SYN_RECEIVED && is(a, RST))
		return RETURN;
	return second_check_rst_bit(a);
}

int synrcvd_rst_kills_listener(struct arrival *a)
{
	struct listener *l = listener_by_id(a->st, a->t->listener);
	bool kill = a->t->state == SYN_RECEIVED && is(a, RST) && l;
	int after = second_check_rst_bit(a);

	if (kill && a->t->state == CLOSED)
		listener_remove(a->st, l);
	return after;
}

bool synack_after_open(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->passive && t->state == ESTABLISHED && s->len && s->seq == t->snd.iss + 1)
		s->ctl |= SYN;
	return true;
}

int listen_ack_silent(struct arrival *a)
{
	return muted(listen_second_check_for_ack, a);
}

int listen_double_rst(struct arrival *a)
{
	listen_second_check_for_ack(a);
	return listen_second_check_for_ack(a);
}

int synsent_rst_ignored(struct arrival *a)
{
	return is(a, RST) ? RETURN : GO_ON;
}

int syn_retry_after_rst(struct arrival *a)
{
	if (!is(a, RST | ACK) || a->st->fault_count++ >= 3)
		return syn_sent_second_check_rst(a);
	send_syn(a->st, a->t);
	return RETURN;
}

void syn_r2_short(struct knobs *k)
{
	k->r2_syn = S(20);
}

int established_syn_silent(struct arrival *a)
{
	if (synchronized(a->t->state) && is(a, SYN))
		return RETURN;
	return fourth_check_syn_bit(a);
}

/* What is queued counts as read. */
int syn_data_acked_lost(struct arrival *a)
{
	int after = listen_third_check_for_syn(a);
	struct tcb *t = tcb_find(a->st, &a->s->dst, &a->s->src);

	if (t && t->state == SYN_RECEIVED && t->buf.n_above)
		t->buf.read = t->buf.above[0].to;
	return after;
}

void rto_initial_high(struct knobs *k)
{
	k->rto_initial = k->rto_after_syn = S(6);
}

void rto_initial_low(struct knobs *k)
{
	k->rto_initial = MS(200);
}

int unacceptable_silent_synrcvd(struct arrival *a)  { return silent_in(a, SYN_RECEIVED); }
int noack_acked_synrcvd(struct arrival *a)   { return noack_acked_in(a, SYN_RECEIVED); }

int synrcvd_rst_out_acked(struct arrival *a)
{
	int after = first_check_sequence_number(a);

	if (after == RETURN && is(a, RST) && a->t->state == SYN_RECEIVED)
		send_ack(a->st, a->t);
	return after;
}

int synsent_rst_noack_ends(struct arrival *a)
{
	if (!is(a, RST) || is(a, ACK))
		return syn_sent_second_check_rst(a);
	connection_gone(a->st, a->t, ECONNREFUSED);
	return RETURN;
}

int synsent_ack_opens(struct arrival *a)
{
	if (!is(a, ACK) || is(a, SYN))
		return syn_sent_fourth_check_syn(a);
	a->t->rcv.nxt = a->t->rcv.edge = a->s->seq;
	send_ack(a->st, a->t);
	return RETURN;
}

int synsent_text_lost(struct arrival *a)
{
	struct tcb *t = a->t;
	bool paused = t->buf.paused;

	if (!is(a, SYN | ACK) || !a->s->len)
		return syn_sent_fourth_check_syn(a);
	t->buf.paused = true;
	int after = syn_sent_fourth_check_syn(a);
	t->buf.paused = paused;
	lose(t, (uint32_t)(t->buf.end - t->buf.read));
	return after;
}

int third_ack_fin_lost(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (a->fin && t->passive && t->state == ESTABLISHED && t->rcv.nxt - a->s->len == t->rcv.irs + 1
	    && a->s->ack == t->snd.iss + 1)
		a->fin = false;
	return eighth_check_fin_bit(a);
}

int listen_noflags_reset(struct arrival *a)
{
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

int listen_odd_syn_dropped(struct arrival *a)
{
	return a->s->ctl & (FIN | PSH | URG) ? RETURN : listen_third_check_for_syn(a);
}

int listen_syn_text_refused(struct arrival *a)
{
	if (!is(a, SYN) || !a->s->len)
		return listen_third_check_for_syn(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

bool syn_has_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->state == SYN_SENT && s->ctl == SYN)
		s->ctl |= ACK;
	return true;
}

int synsent_null_reset(struct arrival *a)
{
	if (!is(a, ACK))
		send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

int synack_waits_for_text(struct arrival *a)
{
	int after = syn_sent_fourth_check_syn(a);

	if (a->t->state == ESTABLISHED && seg_len(a->s) == 1)
		a->t->ack_now = false;
	return after;
}

int synack_fin_only_counted(struct arrival *a)
{
	if (!is(a, SYN | ACK | FIN))
		return syn_sent_fourth_check_syn(a);
	alter(a)->ctl &= (uint8_t)~FIN;
	int after = syn_sent_fourth_check_syn(a);
	a->t->rcv.nxt += a->t->state == ESTABLISHED;
	return after;
}

bool send_before_open_lost(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || (t->state != SYN_SENT && t->state != SYN_RECEIVED))
		return false;
	out->n = c->n;
	return true;
}

bool synsent_abort_resets(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)out;
	if (c->kind == CALL_ABORT && t->state == SYN_SENT)
		send_reset(st, t);
	return false;
}

int synrcvd_new_syn_hangs(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !a->t->passive || !is(a, SYN))
		return fourth_check_syn_bit(a);
	a->t->timer.retransmission = TICK_NEVER;
	return RETURN;
}

int synrcvd_rst_inwin_reset(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !is(a, RST) || a->s->seq == a->t->rcv.nxt)
		return second_check_rst_bit(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

/* What the first step refuses goes on as an empty segment. */
static int unacceptable_goes_on(struct arrival *a)
{
	if (muted(first_check_sequence_number, a) == RETURN) {
		a->seq = a->t->rcv.nxt;
		a->len = 0;
		a->fin = false;
	}
	return GO_ON;
}

int synrcvd_seq_unchecked(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !is(a, ACK) || is(a, SYN) || is(a, RST))
		return first_check_sequence_number(a);
	return unacceptable_goes_on(a);
}

void syn_r2_never(struct knobs *k)
{
	k->r2_syn = TICK_NEVER;
}

int synsent_rst_any_ack(struct arrival *a)
{
	if (!is(a, RST | ACK))
		return syn_sent_first_check_ack(a);
	connection_gone(a->st, a->t, ECONNREFUSED);
	return RETURN;
}

int syn_in_window_answered(struct arrival *a)
{
	struct tcb *t = a->t;

	if (!is(a, SYN) || is(a, ACK) || t->state == TIME_WAIT || !synchronized(t->state)
	    || !seq_le_lt(t->rcv.nxt, a->s->seq, t->rcv.nxt + rcv_wnd(t)))
		return fourth_check_syn_bit(a);
	send_segment(a->st, t, SYN | ACK, t->snd.iss, 0);
	return RETURN;
}

void backlog_of_one(struct knobs *k)
{
	k->backlog = 1;
}

int open_told_early(struct arrival *a)
{
	int after = listen_third_check_for_syn(a);
	struct tcb *t = tcb_find(a->st, &a->s->dst, &a->s->src);

	if (t && t->state == SYN_RECEIVED) {
		t->id = a->st->next_id++;
		note(a->st, t, NOTE_ESTABLISHED, 0, 0);
	}
	return after;
}

bool synack_acks_nothing(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	s->ack -= t && t->passive && s->ctl == (SYN | ACK);
	return true;
}

int rstack_opens(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !is(a, RST | ACK))
		return second_check_rst_bit(a);
	alter(a)->ctl &= (uint8_t)~RST;
	return GO_ON;
}

/* ---- simultaneous open ------------------------------------------------------ */

int no_simul_open(struct arrival *a)
{
	if (is(a, SYN) && !is(a, ACK))
		return RETURN;
	return syn_sent_fourth_check_syn(a);
}

bool simul_open_pure_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !t->passive && s->ctl == (SYN | ACK) && !again(t)) {
		s->ctl = ACK;
		s->seq = t->snd.nxt;
		s->opt_len = 0;
	}
	return true;
}

int simul_open_synack_reset(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || a->t->passive || !is(a, SYN | ACK))
		return first_check_sequence_number(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

int simul_open_forgets_origin(struct arrival *a)
{
	struct tcb *t = a->t;

	if (t->state != SYN_RECEIVED || t->passive || !is(a, RST) || a->s->seq != t->rcv.nxt)
		return second_check_rst_bit(a);
	listener_add(a->st, t->own.addr.v, t->own.port, a->st->k.backlog, &t->opt);
	t->id = -1;             /* the user is not told */
	connection_gone(a->st, t, 0);
	t->user_holds = false;
	return RETURN;
}

bool simul_open_synack_lost(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || t->passive || s->ctl != (SYN | ACK);
}

int crossing_text_lost(struct arrival *a)
{
	struct tcb *t = a->t;
	int after = syn_sent_fourth_check_syn(a);

	if (t->state == SYN_RECEIVED && t->buf.n_above)
		t->buf.read = t->buf.above[0].to;
	return after;
}

int simul_open_syn_silent(struct arrival *a)
{
	if (a->t->state == SYN_RECEIVED && !a->t->passive && is(a, SYN) && !is(a, ACK))
		return RETURN;
	return fourth_check_syn_bit(a);
}

int crossing_fin_lost(struct arrival *a)
{
	bool crossing = a->t->state == SYN_RECEIVED && !a->t->passive;
	int after = fifth_check_ack_field(a);

	a->fin &= !crossing;
	return after;
}
