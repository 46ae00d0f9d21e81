/* closing.c: what goes wrong from the first FIN to the end of TIME-WAIT. */
#include <errno.h>

#include "wrong.h"

/* ---- half-close and close --------------------------------------------------- */

int unacceptable_silent_closewait(struct arrival *a) { return silent_in(a, CLOSE_WAIT); }
int unacceptable_silent_finwait2(struct arrival *a)  { return silent_in(a, FIN_WAIT_2); }

/* As 4.4BSD: whatever it says before its FIN is acknowledged has the FIN in it. */
bool fin_with_each_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && (t->state == FIN_WAIT_1 || t->state == CLOSING || t->state == LAST_ACK) && s->ctl == ACK && !s->len &&
	    s->seq == t->snd.nxt) {
		s->ctl |= FIN;
		s->seq--;
	}
	return true;
}

bool fin_no_retransmit(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || !(s->ctl & FIN);
}

bool fin_retx_seq_creeps(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (again(t) && (s->ctl & FIN))
		s->seq += (uint32_t)t->rtt.retransmissions;
	return true;
}

int fin_ack_off_by_one(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_1 && is(a, ACK) && a->t->snd.fin_sent && a->s->ack == a->t->snd.fin)
		alter(a)->ack++;
	return fifth_check_ack_field(a);
}

bool fin_seq_plus_one(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && (s->ctl & FIN) && !s->len)
		s->seq++;
	return true;
}

bool fin_missing_empty_queue(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !t || !(s->ctl & FIN) || s->len;
}

bool simul_close_no_fin(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->state == CLOSING)
		s->ctl &= (uint8_t)~FIN;
	return true;
}

int finwait1_fin_not_acked(struct arrival *a)
{
	/* FIN-WAIT-2 is the state by now if the segment acknowledges ours. */
	if (is(a, FIN) && (a->t->state == FIN_WAIT_1 || a->t->rtt.retransmissions > 0))
		return RETURN;
	return eighth_check_fin_bit(a);
}

/* The seventh step, but the user never sees what it has taken. */
static int taken_and_lost(struct arrival *a)
{
	uint32_t before = a->t->rcv.nxt;
	int after = seventh_process_segment_text(a);

	if (a->t->state != CLOSED && a->t->rcv.nxt != before)
		lose(a->t, a->t->rcv.nxt - before);
	return after;
}

int half_close_data_lost(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_1 || a->t->state == FIN_WAIT_2)
		return taken_and_lost(a);
	return seventh_process_segment_text(a);
}

int finwait1_data_unacked(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_1 && a->len)
		return RETURN;
	return seventh_process_segment_text(a);
}

int fin_ignored_unread_data(struct arrival *a)
{
	if (a->fin && a->t->buf.paused && a->t->buf.read < a->t->buf.end)
		return RETURN;
	return eighth_check_fin_bit(a);
}

bool fin_not_counted(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->rcv.fin && (s->ctl & ACK))
		s->ack--;
	return true;
}

int fin_data_lost(struct arrival *a)
{
	return a->fin && a->len ? taken_and_lost(a) : seventh_process_segment_text(a);
}

int fin_behind_old_text_lost(struct arrival *a)
{
	if (!a->fin || !a->s->len || a->len)
		return eighth_check_fin_bit(a);
	a->t->ack_now = true;
	return RETURN;
}

int fin_above_gap_taken(struct arrival *a)
{
	struct tcb *t = a->t;

	if (!a->fin || t->state != ESTABLISHED || a->seq + a->len == t->rcv.nxt)
		return eighth_check_fin_bit(a);
	t->state = CLOSE_WAIT;
	t->rcv.fin = true;
	t->ack_now = true;
	user_reads(a->st, t);
	return RETURN;
}

int fin_dup_silent_closewait(struct arrival *a)
{
	if (a->t->state == CLOSE_WAIT && is(a, FIN))
		return muted(first_check_sequence_number, a);
	return first_check_sequence_number(a);
}

int closewait_closes(struct arrival *a)
{
	int after = eighth_check_fin_bit(a);

	if (a->t->state == CLOSE_WAIT && !a->t->snd.fin_queued) {
		a->t->snd.fin_queued = true;
		a->t->state = LAST_ACK;
	}
	return after;
}

bool lastack_rst(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->state == LAST_ACK && (s->ctl & FIN)) {
		st->cfg.emit(st->cfg.arg, s);
		connection_gone(st, t, 0);
		return false;
	}
	return true;
}

bool lastack_fin_copy(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (again(t) && t->state == LAST_ACK && (s->ctl & FIN))
		t->state = FIN_WAIT_1;
	return true;
}

int text_behind_fin_rst(struct arrival *a)
{
	if ((a->t->state != CLOSING && a->t->state != LAST_ACK) || !a->s->len || !seq_le(a->t->rcv.nxt, a->s->seq))
		return fifth_check_ack_field(a);
	send_reset(a->st, a->t);
	connection_gone(a->st, a->t, ECONNABORTED);
	return RETURN;
}

bool lastack_leaks(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || t->state != LAST_ACK || !(s->ctl & FIN);
}

void closed_keeps_acking(struct knobs *k)
{
	k->late_text = LATE_TEXT_ACK;
}

int finwait2_rst_ignored(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_2 && is(a, RST))
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

int unacceptable_silent_finwait1(struct arrival *a) { return silent_in(a, FIN_WAIT_1); }
int unacceptable_silent_closing(struct arrival *a)  { return silent_in(a, CLOSING); }
int unacceptable_silent_lastack(struct arrival *a)  { return silent_in(a, LAST_ACK); }

static int rst_acked_in(struct arrival *a, enum tcp_state state)
{
	if (a->t->state == state && is(a, RST) && a->s->seq == a->t->rcv.nxt)
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

int rst_acked_finwait1(struct arrival *a)  { return rst_acked_in(a, FIN_WAIT_1); }
int rst_acked_closewait(struct arrival *a) { return rst_acked_in(a, CLOSE_WAIT); }
int rst_acked_closing(struct arrival *a)   { return rst_acked_in(a, CLOSING); }
int rst_acked_lastack(struct arrival *a)   { return rst_acked_in(a, LAST_ACK); }

static int syn_silent_in(struct arrival *a, enum tcp_state state)
{
	if (a->t->state == state && is(a, SYN))
		return RETURN;
	return fourth_check_syn_bit(a);
}

int syn_silent_finwait1(struct arrival *a)  { return syn_silent_in(a, FIN_WAIT_1); }
int syn_silent_finwait2(struct arrival *a)  { return syn_silent_in(a, FIN_WAIT_2); }
int syn_silent_closewait(struct arrival *a) { return syn_silent_in(a, CLOSE_WAIT); }
int syn_silent_closing(struct arrival *a)   { return syn_silent_in(a, CLOSING); }
int syn_silent_lastack(struct arrival *a)   { return syn_silent_in(a, LAST_ACK); }
int noack_acked_finwait1(struct arrival *a)  { return noack_acked_in(a, FIN_WAIT_1); }
int noack_acked_finwait2(struct arrival *a)  { return noack_acked_in(a, FIN_WAIT_2); }
int noack_acked_closewait(struct arrival *a) { return noack_acked_in(a, CLOSE_WAIT); }

int fin_flushes_unread(struct arrival *a)
{
	int after = eighth_check_fin_bit(a);

	if (a->fin)
		a->t->buf.read = a->t->buf.end;
	return after;
}

void closewait_no_retransmission(struct stack *st, struct tcb *t)
{
	if (t->state == CLOSE_WAIT && t->timer.retransmission <= st->now)
		t->timer.retransmission = TICK_NEVER;
}

static int text_taken_in(struct arrival *a, enum tcp_state state)
{
	if (a->t->state != state || !a->len)
		return seventh_process_segment_text(a);
	text_arrives(a->t, a->seq, a->text, a->len);
	user_reads(a->st, a->t);
	a->t->ack_now = true;
	return GO_ON;
}

int closewait_takes_text(struct arrival *a) { return text_taken_in(a, CLOSE_WAIT); }

int closewait_times_out(struct arrival *a)
{
	int after = eighth_check_fin_bit(a);

	if (a->t->state == CLOSE_WAIT && a->fin) {
		a->st->k.reset_on_timeout = true;
		a->t->timer.user = a->st->now + S(20);
	}
	return after;
}

bool closewait_close_forgets(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)out;
	if (t->state != CLOSE_WAIT || (c->kind != CALL_CLOSE && c->kind != CALL_SHUTDOWN))
		return false;
	connection_gone(st, t, 0);
	return true;
}

/* The ACK says that the FIN has not come. */
static int fin_still_unacked(struct arrival *a)
{
	if (is(a, ACK) && a->t->snd.fin_sent && a->s->ack == a->t->snd.nxt)
		alter(a)->ack = a->t->snd.fin;
	return fifth_check_ack_field(a);
}

int finack_to_closing(struct arrival *a)
{
	return a->t->state == FIN_WAIT_1 && a->fin ? fin_still_unacked(a) : fifth_check_ack_field(a);
}

int fin_retx_after_ack(struct arrival *a)
{
	return a->t->state == FIN_WAIT_1 && !a->fin ? fin_still_unacked(a) : fifth_check_ack_field(a);
}

int closing_stuck(struct arrival *a)
{
	return a->t->state == CLOSING ? fin_still_unacked(a) : fifth_check_ack_field(a);
}

int last_ack_any(struct arrival *a)
{
	if ((a->t->state == CLOSING || a->t->state == LAST_ACK) && is(a, ACK))
		alter(a)->ack = a->t->snd.nxt;
	return fifth_check_ack_field(a);
}

int finwait2_times_out(struct arrival *a)
{
	int after = fifth_check_ack_field(a);

	if (a->t->state == FIN_WAIT_2 && a->t->timer.time_wait == TICK_NEVER)
		a->t->timer.time_wait = a->st->now + S(60);
	return after;
}

bool second_close_second_fin(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)out;
	if (c->kind != CALL_SHUTDOWN || (t->state != FIN_WAIT_1 && t->state != FIN_WAIT_2))
		return false;
	send_segment(st, t, FIN | ACK, t->snd.nxt, 0);
	return true;
}

bool send_after_close_lost(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || (t->state != FIN_WAIT_1 && t->state != FIN_WAIT_2 && t->state != CLOSING))
		return false;
	out->n = c->n;
	return true;
}

bool own_fin_not_counted(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->state == TIME_WAIT && s->ctl == ACK)
		s->seq--;
	return true;
}

bool closing_ack_seq_una(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->state == CLOSING && s->ctl == ACK)
		s->seq = t->snd.una;
	return true;
}

int noack_acked_closing(struct arrival *a)  { return noack_acked_in(a, CLOSING); }
int noack_acked_lastack(struct arrival *a)  { return noack_acked_in(a, LAST_ACK); }
int lastack_takes_text(struct arrival *a) { return text_taken_in(a, LAST_ACK); }

void finwait1_text_not_repeated(struct stack *st, struct tcb *t)
{
	if (t->state == FIN_WAIT_1 && flight_size(t) > 1 && t->timer.retransmission <= st->now)
		t->timer.retransmission = TICK_NEVER;
}

int fin_above_gap_counted(struct arrival *a)
{
	struct tcb *t = a->t;

	if (!a->fin || t->state != ESTABLISHED || a->seq + a->len == t->rcv.nxt)
		return eighth_check_fin_bit(a);
	t->rcv.nxt = a->seq + a->len + 1;
	t->ack_now = true;
	return RETURN;
}

int fin_above_gap_forgotten(struct arrival *a)
{
	struct tcb *t = a->t;

	if (a->fin && t->state == ESTABLISHED && a->seq + a->len != t->rcv.nxt) {
		a->st->fault_count = 1;
		t->ack_now = true;
	}
	a->fin &= !a->st->fault_count;
	return eighth_check_fin_bit(a);
}

void fin_blocked_by_window(struct stack *st, struct tcb *t)
{
	if (t->snd.fin_queued && in_persist(t) && t->timer.retransmission <= st->now)
		t->timer.retransmission = TICK_NEVER;
}

/* ---- TIME-WAIT -------------------------------------------------------------- */

void timewait_skipped(struct knobs *k)
{
	k->msl = 0;
}

void timewait_short(struct knobs *k)
{
	k->msl = S(1);
}

int timewait_fin_silent(struct arrival *a)
{
	if (a->t->state == TIME_WAIT && is(a, FIN))
		return muted(first_check_sequence_number, a);
	return first_check_sequence_number(a);
}

int timewait_no_restart(struct arrival *a)
{
	tick before = a->t->timer.time_wait;
	int after = first_check_sequence_number(a);

	if (a->t->state == TIME_WAIT)
		a->t->timer.time_wait = before;
	return after;
}

int timewait_old_syn(struct arrival *a)
{
	if (a->t->state != TIME_WAIT || !is(a, SYN) || !(a->l = listener_find(a->st, &a->t->own)))
		return fourth_check_syn_bit(a);
	connection_gone(a->st, a->t, 0);
	return listen_third_check_for_syn(a);
}

int timewait_new_syn_refused(struct arrival *a)
{
	if (a->t->state != TIME_WAIT || !is(a, SYN) || !seq_lt(a->t->rcv.nxt, a->s->seq))
		return fourth_check_syn_bit(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

void timewait_acks_pure_ack(struct knobs *k)
{
	k->tw_ack = TW_ACK_ANSWER;
}

int unacceptable_silent_timewait(struct arrival *a) { return silent_in(a, TIME_WAIT); }
int timewait_takes_text(struct arrival *a)  { return text_taken_in(a, TIME_WAIT); }
int noack_acked_timewait(struct arrival *a) { return noack_acked_in(a, TIME_WAIT); }
int rst_acked_timewait(struct arrival *a)   { return rst_acked_in(a, TIME_WAIT); }

int timewait_rst_reset(struct arrival *a)
{
	if (a->t->state != TIME_WAIT || !is(a, RST) || a->s->seq == a->t->rcv.nxt)
		return second_check_rst_bit(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

int timewait_ack_reset(struct arrival *a)
{
	if (a->t->state != TIME_WAIT || !is(a, ACK) || seg_len(a->s))
		return fifth_check_ack_field(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

void timewait_for_ever(struct knobs *k)
{
	k->msl = S(1000000);
}

int timewait_isn_below(struct arrival *a)
{
	struct stack *st = a->st;

	if (a->t->state != TIME_WAIT || !is(a, SYN) || !seq_lt(a->t->rcv.nxt, a->s->seq)
	    || !(a->l = listener_find(st, &a->t->own)))
		return fourth_check_syn_bit(a);
	st->k.iss_fixed = true;
	st->k.iss = a->t->snd.iss - 1000000;
	connection_gone(st, a->t, 0);
	return listen_third_check_for_syn(a);
}
