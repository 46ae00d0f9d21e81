/* segment_arrives.c: RFC 9293 3.10.7, SEGMENT ARRIVES, to be read beside it.
 *
 * One function is one numbered step; the arrays at the end of each section give
 * the order.  A step returns RETURN where the text says "return".  Which TCB or
 * listener a segment belongs to is decided in stack.c; what is owed after the
 * last step (text, ACKs) leaves by output(). */
#include <errno.h>

#include "tcb.h"

static void walk(step *const steps[], struct arrival *a)
{
	for (; *steps; steps++)
		if (faults_step(a->st, *steps)(a) == RETURN)
			return;
}

/* "continue processing at the ... step" */
static step *const *from(step *const steps[], step *first)
{
	while (*steps != first)
		steps++;
	return steps;
}

/* ---- 3.10.7.1.  CLOSED STATE ---------------------------------------------- */

/* "An incoming segment containing a RST is discarded." */
int closed_discard_rst(struct arrival *a)
{
	return a->s->ctl & RST ? RETURN : GO_ON;
}

/* "An incoming segment not containing a RST causes a RST to be sent." */
int closed_send_reset(struct arrival *a)
{
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

step *const closed_state[] = {
	closed_discard_rst,
	closed_send_reset,
	NULL
};

/* ---- 3.10.7.2.  LISTEN STATE ---------------------------------------------- */

/* "An incoming RST should be ignored." */
int listen_first_check_for_rst(struct arrival *a)
{
	return a->s->ctl & RST ? RETURN : GO_ON;
}

/* "Any acknowledgment is bad if it arrives on a connection still in the LISTEN
 * state." */
int listen_second_check_for_ack(struct arrival *a)
{
	if (!(a->s->ctl & ACK))
		return GO_ON;
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

/* Other control or text of a SYN: "queued for processing later". */
static void queue_the_rest(struct stack *st, struct tcb *t, const struct seg *s)
{
	uint32_t room = rcv_wnd(t), len = s->len < room ? s->len : room;

	if (st->k.syn_text == SYN_TEXT_IGNORE)
		return;
	hold_text(t, t->rcv.nxt, s->text, len);
	if ((s->ctl & FIN) && s->len < room)
		hold_fin(t, t->rcv.nxt + s->len);
	if (st->k.syn_text == SYN_TEXT_ACK)
		join_text(t);
}

/* The connection that is opened anew from TIME-WAIT starts above what the old
 * one has used (MAY-2 (1)). */
static void start_above(struct tcb *t, const struct tcb *old)
{
	if (!seq_lt(old->snd.nxt, t->snd.iss)) {
		t->snd.iss = old->snd.nxt + 1;
		t->snd.una = t->snd.resend = t->snd.resend_end = t->snd.iss;
		t->snd.nxt = t->snd.base_seq = t->snd.iss + 1;
	}
	t->old.valid = true;            /* see second_check_rst_bit() */
	t->old.snd_nxt = old->snd.nxt;
	t->old.rcv_nxt = old->rcv.nxt;
}

/* The security check is not supported: there is no compartment but one. */
int listen_third_check_for_syn(struct arrival *a)
{
	struct stack *st = a->st;
	const struct seg *s = a->s;

	if (!(s->ctl & SYN))
		return GO_ON;
	if ((s->ctl & FIN) && st->k.listen_drops_syn_fin)
		return RETURN;
	if (half_open(st, a->l->id) >= a->l->backlog)
		return RETURN;          /* the peer will ask again */

	struct tcb *t = tcb_new(st, &a->l->opt, &s->dst, &s->src);
	if (!t)
		return RETURN;
	t->passive = true;
	t->listener = a->l->id;
	options_of_syn(st, t, &a->o);
	t->rcv.irs = s->seq;
	t->rcv.nxt = s->seq + 1;
	t->rcv.edge = t->rcv.nxt + (t->opt.rcv_buffer < 65535 ? t->opt.rcv_buffer : 65535);
	choose_iss(st, t);
	if (a->reopens)
		start_above(t, a->reopens);
	t->snd.wnd = t->snd.max_wnd = s->wnd;
	t->snd.wl1 = s->seq;
	t->snd.wl2 = t->snd.iss;
	t->state = SYN_RECEIVED;
	queue_the_rest(st, t, s);
	send_syn(st, t);
	return RETURN;
}

/* "This should not be reached.  Drop the segment and return."  It is, by a
 * segment with none of the three bits. */
int listen_fourth_other(struct arrival *a)
{
	if (a->st->k.listen_resets_flagless)
		send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

step *const listen_state[] = {
	listen_first_check_for_rst,
	listen_second_check_for_ack,
	listen_third_check_for_syn,
	listen_fourth_other,
	NULL
};

/* ---- 3.10.7.3.  SYN-SENT STATE -------------------------------------------- */

static bool ack_acceptable_in_syn_sent(const struct arrival *a)
{
	return (a->s->ctl & ACK) && seq_lt_le(a->t->snd.una, a->s->ack, a->t->snd.nxt);
}

/* "If SEG.ACK =< ISS or SEG.ACK > SND.NXT, send a reset (unless the RST bit is
 * set, if so drop the segment and return)". */
int syn_sent_first_check_ack(struct arrival *a)
{
	if (!(a->s->ctl & ACK) || ack_acceptable_in_syn_sent(a))
		return GO_ON;
	if (!(a->s->ctl & RST))
		send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

/* RFC 5961's comparison with RCV.NXT has no meaning here: the peer's numbers are
 * not known before its SYN. */
int syn_sent_second_check_rst(struct arrival *a)
{
	if (!(a->s->ctl & RST))
		return GO_ON;
	if (ack_acceptable_in_syn_sent(a))
		connection_gone(a->st, a->t, ECONNREFUSED);
	return RETURN;
}

/* Not supported. */
int syn_sent_third_check_security(struct arrival *a)
{
	(void)a;
	return GO_ON;
}

int syn_sent_fourth_check_syn(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;
	const struct seg *s = a->s;

	if (!(s->ctl & SYN))
		return GO_ON;
	options_of_syn(st, t, &a->o);
	t->rcv.irs = s->seq;
	t->rcv.nxt = s->seq + 1;
	t->rcv.edge = t->rcv.nxt + (t->opt.rcv_buffer < 65535 ? t->opt.rcv_buffer : 65535);
	t->snd.wnd = t->snd.max_wnd = s->wnd;   /* never scaled on a SYN (RFC 7323 2.2) */
	t->snd.wl1 = s->seq;
	t->snd.wl2 = s->ack;

	if (s->ctl & ACK) {                     /* our SYN has been ACKed */
		t->snd.una = s->ack;
		t->timer.retransmission = t->timer.user = TICK_NEVER;
		rtt_acked(st, t, &a->o);
		enter_established(st, t);
		/* "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>"; with text or FIN on
		 * the way one ACK does for both. */
		t->ack_now = true;
		if ((!s->len && !(s->ctl & FIN)) || st->k.text_again_in_synack)
			return RETURN;
		if (st->k.synack_ack_twice)
			send_ack(st, t);
		/* "continue processing at the sixth step" */
		uint32_t room = rcv_wnd(t);
		a->seq = t->rcv.nxt;
		a->len = s->len < room ? s->len : room;
		a->text = s->text;
		a->fin = (s->ctl & FIN) && s->len < room;
		walk(from(other_states, sixth_check_urg_bit), a);
		return RETURN;
	}
	t->state = SYN_RECEIVED;
	t->snd.wl2 = t->snd.iss;
	queue_the_rest(st, t, s);
	/* The SYN,ACK is a first of its kind, and asks for a timeout of its own. */
	t->timer.retransmission = TICK_NEVER;
	send_syn(st, t);
	t->rtt.timing = false;                  /* an ACK could answer either    */
	return RETURN;
}

/* "If neither of the SYN or RST bits is set, then drop the segment and return." */
int syn_sent_fifth_otherwise(struct arrival *a)
{
	(void)a;
	return RETURN;
}

step *const syn_sent_state[] = {
	syn_sent_first_check_ack,
	syn_sent_second_check_rst,
	syn_sent_third_check_security,
	syn_sent_fourth_check_syn,
	syn_sent_fifth_otherwise,
	NULL
};

/* ---- 3.10.7.4.  Other States ---------------------------------------------- */

/* A challenge ACK (RFC 5961), throttled for each connection by itself so that
 * the limit tells nothing about others (section 7). */
void challenge_ack(struct stack *st, struct tcb *t)
{
	if (st->k.challenge_limit) {
		if (st->now - t->challenge.since >= st->k.challenge_interval || !t->challenge.count) {
			t->challenge.since = st->now;
			t->challenge.count = 0;
		}
		if (t->challenge.count >= st->k.challenge_limit)
			return;
		t->challenge.count++;
	}
	send_ack(st, t);
}

/* RFC 7323 5.3: PAWS takes precedence over the acceptability check.  A segment
 * without the option where it was agreed is dropped (3.2). */
int before_first_check_timestamps(struct arrival *a)
{
	struct tcb *t = a->t;

	if (!t->ts.ok || (a->s->ctl & RST))
		return GO_ON;
	if (!a->o.ts)
		return a->st->k.ts_required && (!(a->s->ctl & SYN) || a->st->k.ts_required_of_syn) ? RETURN : GO_ON;
	if (!paws_rejects(a->st, t, &a->o))
		return GO_ON;
	/* In TIME-WAIT a SYN is judged by its timestamp in the fourth step. */
	if (t->state == TIME_WAIT && (a->s->ctl & SYN))
		return GO_ON;
	send_ack(a->st, t);
	return RETURN;
}

/* Between Last.ACK.sent and RCV.NXT; seq may be any number. */
static bool just_below(const struct tcb *t, uint32_t seq)
{
	uint32_t below = t->rcv.nxt - seq;

	return below > 0 && below <= t->rcv.nxt - t->rcv.last_ack_sent;
}

/* Table 6. */
static bool acceptable(const struct arrival *a)
{
	const struct tcb *t = a->t;
	uint32_t wnd = rcv_wnd(t), right = t->rcv.nxt + wnd;
	uint32_t seq = a->s->seq, len = seg_len(a->s);

	if (len == 0 && a->st->k.edges_wide && (seq == right || just_below(t, seq)))
		return true;
	if (len == 0 && wnd == 0)
		return seq == t->rcv.nxt;
	if (len == 0)
		return seq_le_lt(t->rcv.nxt, seq, right);
	if (wnd == 0)
		return false;
	uint32_t to_left = t->rcv.nxt - seq, to_right = right - seq;
	if (a->st->k.trim_spanning && to_left < len && to_right < len)
		return true;            /* it spans the window */
	return seq_le_lt(t->rcv.nxt, seq, right) || seq_le_lt(t->rcv.nxt, seq + len - 1, right);
}

/* The segment begins with the octet that is next, at a window of zero: "special
 * allowance should be made to accept valid ACKs, URGs, and RSTs". */
static bool special_allowance(const struct arrival *a)
{
	return rcv_wnd(a->t) == 0 && a->s->seq == a->t->rcv.nxt && !(a->s->ctl & SYN);
}

/* Figure 7, line 6: the SYN,ACK that crosses ours repeats the peer's SYN, and so
 * begins below RCV.NXT.  Table 6 alone would let none of the two ACKs through
 * (A.2). */
static bool crossing_syn_ack(const struct arrival *a)
{
	const struct seg *s = a->s;
	const struct tcb *t = a->t;

	return t->state == SYN_RECEIVED && !t->passive && a->st->k.cross != CROSS_LETTER
	       && (s->ctl & (SYN | ACK | RST)) == (SYN | ACK) && s->seq == t->rcv.irs
	       && seq_lt_le(t->snd.una, s->ack, t->snd.nxt);
}

/* "trimming off any portions that lie outside the window (including SYN and
 * FIN)" */
static void idealize(struct arrival *a)
{
	const struct seg *s = a->s;
	const struct tcb *t = a->t;
	uint32_t right = t->rcv.nxt + rcv_wnd(t);
	uint32_t from = s->seq + !!(s->ctl & SYN), to = from + s->len;

	a->fin = (s->ctl & FIN) && seq_le(t->rcv.nxt, to) && seq_lt(to, right);
	if (seq_lt(right, to))
		to = right;
	a->seq = seq_lt(from, t->rcv.nxt) ? t->rcv.nxt : from;
	a->len = seq_lt(a->seq, to) ? to - a->seq : 0;
	a->text = a->len ? s->text + (a->seq - from) : NULL;
}

/* A.2: an ACK may be taken of what is refused otherwise. */
static bool old_but_acks(const struct arrival *a)
{
	return a->st->k.old_ack != OLD_ACK_DROP && (a->s->ctl & (SYN | ACK)) == ACK
	       && seq_lt_le(a->t->snd.una, a->s->ack, a->t->snd.nxt);
}

/* "send a reset": with the numbers of one that answers a segment without a
 * connection, or with our own. */
static void reset_for(struct arrival *a)
{
	if (a->st->k.reset_of_connection)
		send_reset(a->st, a->t);
	else
		send_reset_for(a->st, a->s, &a->o);
}

/* "trimming off any portions that lie outside the window (including SYN and FIN)" */
static bool trims_syn(const struct arrival *a)
{
	return a->st->k.trim_syn && acceptable(a) && seq_lt(a->s->seq, a->t->rcv.nxt) && a->t->state != TIME_WAIT;
}

/* Asked for, before its time is over: the time begins anew. */
static void repeat_syn(struct stack *st, struct tcb *t)
{
	t->rtt.timing = false;
	send_syn(st, t);
	retransmission_restart(st, t);
}

/* A SYN that is not the one we have, outside the window. */
static bool answer_syn_outside(struct arrival *a)
{
	if (a->s->seq == a->t->rcv.irs && !(a->s->ctl & ACK))
		return false;
	if (a->st->k.syn_outside == SYN_OUTSIDE_SYNACK)
		repeat_syn(a->st, a->t);
	if (a->st->k.syn_outside == SYN_OUTSIDE_RESET)
		reset_for(a);
	return a->st->k.syn_outside != SYN_OUTSIDE_ACK;
}

/* In-order text that crosses the right edge. */
static bool crosses_edge(const struct arrival *a)
{
	const struct seg *s = a->s;
	uint32_t edge = a->t->rcv.nxt + rcv_wnd(a->t);

	return s->len && seq_le(s->seq, a->t->rcv.nxt) && seq_lt(edge, seg_end(s));
}

static void acknowledge(struct arrival *a);
static void update_send_window(struct arrival *a, uint32_t wnd);

/* True: that was all. */
static bool take_old_ack(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;
	const bool quietly = st->k.old_ack == OLD_ACK_TAKE_QUIETLY;

	if (quietly && t->state != SYN_RECEIVED && t->state != LAST_ACK)
		return false;
	if (!quietly && t->state == LAST_ACK)
		return false;
	if (t->state == SYN_RECEIVED && (t->buf.n_above || t->buf.fin))
		return false;           /* what came with the SYN waits for a segment that is acceptable */
	acknowledge(a);
	update_send_window(a, (uint32_t)a->s->wnd << t->snd.shift);
	if (!quietly)
		send_ack(st, t);
	if (t->state == SYN_RECEIVED)
		enter_established(st, t);
	else if (t->state == FIN_WAIT_1 && fin_acked(t))
		enter_fin_wait_2(st, t);
	else if (t->state == CLOSING && fin_acked(t))
		enter_time_wait(st, t);
	else if (t->state == LAST_ACK && fin_acked(t))
		connection_gone(st, t, 0);
	return true;
}

int first_check_sequence_number(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;
	const struct seg *s = a->s;

	if (crossing_syn_ack(a)) {
		/* Its ACK alone is new; being below the window it is answered,
		 * since the peer may still wait for ours. */
		t->ack_now = st->k.cross == CROSS_ESTABLISH || st->k.cross == CROSS_NO_TEXT;
		idealize(a);
		if ((st->k.cross == CROSS_NO_TEXT || st->k.cross == CROSS_NO_TEXT_QUIETLY) && !t->buf.n_above) {
			a->len = 0;
			a->fin = false;
		}
		return GO_ON;
	}
	/* In the synchronized states a SYN is answered in the fourth step
	 * "irrespective of the sequence number"; in TIME-WAIT a SYN that could
	 * open the connection anew is judged there as well. */
	if ((s->ctl & (SYN | RST)) == SYN && synchronized(t->state)
	    && (st->k.syn_when_synchronized == SYN_5961 || t->state == TIME_WAIT) && !trims_syn(a))
		return GO_ON;
	if (!acceptable(a) && !special_allowance(a)) {
		if (s->ctl & RST) {
			if (st->k.rst_below_fin && t->rcv.fin && t->state != TIME_WAIT && s->seq == t->rcv.nxt - 1)
				connection_gone(st, t, 0);
			return RETURN;
		}
		if (old_but_acks(a) && take_old_ack(a))
			return RETURN;
		if (t->state == SYN_RECEIVED && (s->ctl & SYN) && answer_syn_outside(a))
			return RETURN;
		if (t->state == SYN_RECEIVED && (s->ctl & SYN) && s->seq == t->rcv.irs
		    && st->k.dup_syn == DUP_SYN_SYNACK) {
			repeat_syn(st, t);
			return RETURN;
		}
		/* The FIN again: our ACK of it was lost (fifth, TIME-WAIT). */
		if (t->state == TIME_WAIT && (s->ctl & FIN) && seg_end(s) == t->rcv.nxt)
			enter_time_wait(st, t);
		send_ack(st, t);
		return RETURN;
	}
	if (!acceptable(a) && seg_len(s))
		t->ack_now = true;      /* "it must still send an acknowledgment" (3.8.6.1) */
	if (!(s->ctl & RST))
		ts_record(st, t, &a->o, s->seq);
	if (!(s->ctl & (SYN | RST)) && crosses_edge(a) && st->k.across_edge == ACROSS_TAKE)
		t->rcv.edge += room_beyond_edge(t);
	idealize(a);
	return GO_ON;
}

/* MAY-2 (2): the SYN was an old duplicate after all. */
static void back_to_time_wait(struct stack *st, struct tcb *t)
{
	t->snd.una = t->snd.nxt = t->old.snd_nxt;
	t->rcv.nxt = t->rcv.edge = t->rcv.last_ack_sent = t->old.rcv_nxt;
	t->rcv.fin = true;
	t->buf.fin = false;
	t->buf.n_above = 0;
	enter_time_wait(st, t);
}

int second_check_rst_bit(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;

	if (!(a->s->ctl & RST))
		return GO_ON;
	/* 1) A text that reaches into the window does not bring the RST there. */
	if (a->s->seq != t->rcv.nxt && !seq_le_lt(t->rcv.nxt, a->s->seq, t->rcv.nxt + rcv_wnd(t) + st->k.edges_wide)
	    && !(st->k.edges_wide && just_below(t, a->s->seq)))
		return RETURN;
	if (t->state == SYN_RECEIVED && st->k.rst_ignored_half_open && a->s->seq != t->rcv.nxt)
		return RETURN;
	/* RFC 1337 3 (F1) */
	if (t->state == TIME_WAIT && st->k.tw_rst == TW_RST_IGNORE)
		return RETURN;
	/* 3) */
	if (a->s->seq != t->rcv.nxt && st->k.rst_in_window == RST_5961) {
		challenge_ack(st, t);
		return RETURN;
	}
	/* 2) */
	switch (t->state) {
	case SYN_RECEIVED:
		if (t->old.valid && st->k.reopened_remembers) {
			back_to_time_wait(st, t);
		} else if (t->passive) {
			/* Back to LISTEN; the listener never left it. */
			connection_gone(st, t, 0);
		} else {
			connection_gone(st, t, ECONNREFUSED);
		}
		break;
	case ESTABLISHED: case FIN_WAIT_1: case FIN_WAIT_2: case CLOSE_WAIT:
		connection_gone(st, t, ECONNRESET);
		break;
	default:                /* CLOSING, LAST-ACK, TIME-WAIT */
		connection_gone(st, t, 0);
		break;
	}
	return RETURN;
}

/* Not supported. */
int third_check_security(struct arrival *a)
{
	(void)a;
	return GO_ON;
}

/* May this SYN open the connection anew from TIME-WAIT?  MAY-2 with RFC 6191 2:
 * a newer timestamp, or where there is none to compare a greater sequence
 * number. */
static bool newer_incarnation(const struct arrival *a)
{
	const struct tcb *t = a->t;

	if (t->ts.ok && a->o.ts && a->o.ts_val != t->ts.recent)
		return seq_lt(t->ts.recent, a->o.ts_val);
	if (!t->ts.ok && a->o.ts && a->st->k.offer_ts)
		return true;
	return seq_lt(t->rcv.nxt - 1, a->s->seq);       /* the last sequence number is the FIN's */
}

static int reopen(struct arrival *a)
{
	a->reopens = a->t;
	connection_gone(a->st, a->t, 0);
	a->t = NULL;
	return listen_third_check_for_syn(a);
}

/* "If the connection was initiated with a passive OPEN, then return this
 * connection to the LISTEN state and return." */
static bool new_syn_of_passive(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;

	switch (st->k.new_syn) {
	case NEW_SYN_CHALLENGE:
		return false;
	case NEW_SYN_SYNACK:
		repeat_syn(st, t);
		return true;
	case NEW_SYN_RESET:
		reset_for(a);
		break;
	case NEW_SYN_TIME_WAIT:
		if (t->old.valid && seq_le(t->rcv.nxt, a->s->seq)) {
			back_to_time_wait(st, t);
			return true;
		}
		break;
	default:
		break;
	}
	connection_gone(st, t, 0);
	return true;
}

int fourth_check_syn_bit(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;

	if (!(a->s->ctl & SYN))
		return GO_ON;
	if (trims_syn(a))
		return GO_ON;
	switch (t->state) {
	case SYN_RECEIVED:
		if (crossing_syn_ack(a))
			return GO_ON;
		/* Also for the SYN that we have, when text brings it into the
		 * window, if it is not trimmed off. */
		if (!t->passive)
			break;
		if (new_syn_of_passive(a))
			return RETURN;
		break;
	case TIME_WAIT:
		a->l = listener_find(st, &t->own);
		if (st->k.tw_syn == TW_SYN_REOPEN && a->l && !(a->s->ctl & ACK) && newer_incarnation(a)
		    && !((a->s->ctl & FIN) && st->k.listen_drops_syn_fin))
			return reopen(a);
		if (st->k.tw_syn == TW_SYN_SILENT)
			return RETURN;
		if (st->k.tw_syn == TW_SYN_RESET && acceptable(a)) {
			reset_for(a);
			connection_gone(st, t, 0);
			return RETURN;
		}
		break;
	default:
		break;
	}
	if (st->k.syn_when_synchronized == SYN_793 && acceptable(a) && t->state != TIME_WAIT) {
		/* "send a reset": the same as for a connection that is not there. */
		reset_for(a);
		connection_gone(st, t, ECONNRESET);
		return RETURN;
	}
	challenge_ack(st, t);
	return RETURN;
}

/* ---- fifth: the ACK field ------------------------------------------------- */

/* RFC 5681 2: no new information but that something has left the network.  At a
 * window of zero it is the answer to a probe. */
static bool duplicate_ack(const struct arrival *a, uint32_t wnd)
{
	const struct tcb *t = a->t;

	return flight_size(t) && a->s->ack == t->snd.una && !a->s->len
	       && !(a->s->ctl & (SYN | FIN)) && wnd == t->snd.wnd && wnd;
}

/* SND.UNA <- SEG.ACK, and what follows from it. */
static void acknowledge(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;
	uint32_t ack = a->s->ack, n = ack - t->snd.una;
	bool syn = syn_outstanding(t);

	t->snd.una = ack;
	/* Octets of our stream, without SYN and FIN. */
	uint32_t text = t->snd.fin_sent && seq_lt(t->snd.fin, ack) ? t->snd.fin : ack;
	if (seq_lt(t->snd.base_seq, text)) {
		t->snd.base += text - t->snd.base_seq;
		t->snd.base_seq = text;
	}
	/* What lies behind SND.UNA must not look ahead of it 2^31 octets later. */
	if (seq_lt(t->snd.resend_end, ack))
		t->snd.resend = t->snd.resend_end = ack;
	if (seq_lt(t->cong.recover, ack - (1u << 30)))
		t->cong.recover = ack - (1u << 30);
	if (t->snd.urgent && seq_le(t->snd.up, ack))
		t->snd.urgent = false;
	rtt_acked(st, t, &a->o);
	if (t->snd.una == t->snd.nxt)           /* RFC 6298 (5.2) */
		t->timer.retransmission = t->timer.user = TICK_NEVER;
	else if (!fault(st, FAULT_rto_not_restarted)) { /* (5.3) */
		user_timer_restart(st, t);
		retransmission_restart(st, t);
	}
	if (!syn)
		congestion_acked(st, t, n);
}

/* "the send window should be updated", unless by an old segment. */
static void update_send_window(struct arrival *a, uint32_t wnd)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;
	const struct seg *s = a->s;
	uint32_t was = t->snd.wnd;

	if (!seq_lt(t->snd.wl1, s->seq) && !(t->snd.wl1 == s->seq && seq_le(t->snd.wl2, s->ack)))
		return;
	t->snd.wnd = wnd;
	t->snd.wl1 = s->seq;
	t->snd.wl2 = s->ack;
	if (wnd > t->snd.max_wnd)
		t->snd.max_wnd = wnd;
	if (was && !wnd && in_persist(t)) {
		/* A zero window has existed from now on (SHLD-29). */
		t->persist_probes = 0;
		retransmission_restart(st, t);
	} else if (!was && wnd) {
		/* What the probes carried was refused, so it goes again with
		 * more behind it. */
		if (t->persist_probes && flight_size(t)) {
			t->snd.resend = t->snd.una;
			t->snd.resend_end = t->snd.nxt;
		}
		t->persist_probes = 0;
		t->timer.retransmission = TICK_NEVER;
		if (flight_size(t))
			retransmission_start(st, t);
		else
			t->timer.user = TICK_NEVER;
	} else if (!wnd && t->timer.user != TICK_NEVER) {
		user_timer_restart(st, t);      /* the peer answers (MUST-37) */
	}
}

/* ESTABLISHED, and the other states "in addition".  False: return. */
static bool established_ack(struct arrival *a)
{
	struct tcb *t = a->t;
	const struct seg *s = a->s;
	uint32_t wnd = (uint32_t)s->wnd << (s->ctl & SYN ? 0 : t->snd.shift);

	if (seq_lt(t->snd.nxt, s->ack)) {       /* acks something not yet sent */
		challenge_ack(a->st, t);
		return false;
	}
	if (seq_lt(s->ack, t->snd.una))         /* a duplicate: can be ignored */
		return true;
	if (seq_lt(t->snd.una, s->ack)) {
		acknowledge(a);
	} else if (duplicate_ack(a, wnd)) {
		congestion_dupack(a->st, t);
	}
	update_send_window(a, wnd);
	return true;
}

/* What the text ignores behind the other's FIN. */
static void answer_ignored(struct arrival *a)
{
	if (a->st->k.answers_ignored && (seg_len(a->s) || a->s->seq != a->t->rcv.nxt))
		a->t->ack_now = true;
}

/* SHLD-3 says "after CLOSE is called" and makes no difference by what the other has
 * closed: text behind its FIN, too, is lost. */
static bool resets_lost_text(struct arrival *a)
{
	if (a->t->user_holds || !a->len || !a->st->k.resets_late_text)
		return false;
	reset_for(a);
	connection_gone(a->st, a->t, 0);
	return true;
}

int fifth_check_ack_field(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;
	const struct seg *s = a->s;

	if (!(s->ctl & ACK))
		return RETURN;
	if (t->state == LAST_ACK && st->k.late_future_ignored && seq_lt(t->snd.nxt, s->ack))
		return RETURN;
	/* RFC 5961 5.2; in SYN-RECEIVED the reset of 3.5.2 (2) comes first. */
	if (st->k.ack_range_check && (t->state != SYN_RECEIVED || st->k.ack_range_in_syn_received)
	    && (seq_lt(s->ack, t->snd.una - t->snd.max_wnd) || seq_lt(t->snd.nxt, s->ack))) {
		challenge_ack(st, t);
		return RETURN;
	}
	switch (t->state) {
	case SYN_RECEIVED:
		if (!seq_lt_le(t->snd.una, s->ack, t->snd.nxt)) {
			if (st->k.bad_ack == BAD_ACK_RESET)
				send_reset_for(st, s, &a->o);
			return RETURN;
		}
		acknowledge(a);
		t->snd.wnd = (uint32_t)s->wnd << (s->ctl & SYN ? 0 : t->snd.shift);
		t->snd.wl1 = s->seq;
		t->snd.wl2 = s->ack;
		if (t->snd.wnd > t->snd.max_wnd)
			t->snd.max_wnd = t->snd.wnd;
		enter_established(st, t);
		/* Text that came with the SYN may be the first part of this one. */
		if (!(s->ctl & SYN))
			idealize(a);
		return GO_ON;
	case ESTABLISHED: case CLOSE_WAIT: case FIN_WAIT_2:
		return established_ack(a) ? GO_ON : RETURN;
	case FIN_WAIT_1:
		if (!established_ack(a))
			return RETURN;
		if (fin_acked(t))
			enter_fin_wait_2(st, t);
		return GO_ON;
	case CLOSING:
		if (!established_ack(a))
			return RETURN;
		if (fin_acked(t))
			enter_time_wait(st, t);
		if (seg_len(s) || !fin_acked(t))
			answer_ignored(a);
		return RETURN;          /* "otherwise, ignore the segment" */
	case LAST_ACK:
		if (!established_ack(a))
			return RETURN;
		if (fin_acked(t)) {
			if (s->len && st->k.resets_late_text)
				send_reset_for(st, s, &a->o);   /* there is no connection any more */
			connection_gone(st, t, 0);
			return RETURN;
		}
		if (resets_lost_text(a))
			return RETURN;
		answer_ignored(a);
		return GO_ON;
	default:                        /* TIME-WAIT */
		if (st->k.deaf_after_abort && !t->rcv.fin)
			return RETURN;
		/* The FIN again is below the window and was met in the first
		 * step; anything else changes nothing. */
		if (st->k.tw_ack == TW_ACK_ANSWER) {
			t->ack_now = true;
			enter_time_wait(st, t);
		}
		return GO_ON;
	}
}

/* ---- sixth to eighth ------------------------------------------------------ */

int sixth_check_urg_bit(struct arrival *a)
{
	struct tcb *t = a->t;
	uint32_t up = a->s->seq + !!(a->s->ctl & SYN) + a->s->urg;

	if (!(a->s->ctl & URG))
		return GO_ON;
	switch (t->state) {
	case ESTABLISHED: case FIN_WAIT_1: case FIN_WAIT_2:
		break;
	default:                        /* a FIN has been received: ignore */
		return GO_ON;
	}
	/* In advance of the data consumed? */
	if (!seq_lt(t->rcv.nxt - (uint32_t)(t->buf.end - t->buf.read), up))
		return GO_ON;
	if (t->rcv.urgent && !seq_lt(t->rcv.up, up))
		return GO_ON;           /* RCV.UP <- max(RCV.UP,SEG.UP) */
	if (!t->rcv.urgent || a->st->k.urgent_again)
		note(a->st, t, NOTE_URGENT, 0, 0);
	t->rcv.urgent = true;
	t->rcv.up = up;
	return GO_ON;
}

/* When to acknowledge new text (3.8.6.3, RFC 5681 4.2). */
static void owe_ack(struct stack *st, struct tcb *t, uint32_t len, bool gap)
{
	if (gap || !st->k.delayed_ack) {
		t->ack_now = true;
		return;
	}
	t->ack_segments++;
	t->ack_octets += len;
	if (t->ack_segments >= st->k.delayed_ack_segments
	    || t->ack_octets >= (uint32_t)st->k.delayed_ack_segments * mss_to_offer(st, t))
		t->ack_now = true;
	else if (t->timer.delayed_ack == TICK_NEVER)
		t->timer.delayed_ack = st->now + st->k.delayed_ack;
}

/* RCV.NXT may have advanced since the first step, over what came with the SYN. */
static void trim_again(struct arrival *a)
{
	uint32_t old = a->t->rcv.nxt - a->seq;

	if (!seq_lt(a->seq, a->t->rcv.nxt))
		return;
	if (old > a->len) {
		a->fin = false;
		old = a->len;
	}
	a->seq += old;
	a->len -= old;
	a->text = a->len ? a->text + old : NULL;
}

int seventh_process_segment_text(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;

	switch (t->state) {
	case ESTABLISHED: case FIN_WAIT_1: case FIN_WAIT_2:
		break;
	case CLOSE_WAIT:
		if (a->s->len && st->k.resets_late_text) {
			reset_for(a);
			connection_gone(st, t, ECONNRESET);
			return RETURN;
		}
		answer_ignored(a);
		return GO_ON;
	default:                        /* a FIN has been received: ignore */
		return GO_ON;
	}
	if (a->len == 0) {
		if (!seg_len(a->s))
			answer_ignored(a);
		return GO_ON;
	}
	if (!t->user_holds && st->k.late_text == LATE_TEXT_RESET) {
		/* SHLD-3: nobody will read it, and the peer shall know. */
		if (st->k.reset_of_segment)
			send_reset_for(st, a->s, &a->o);
		else
			send_reset(st, t);
		abort_ends(st, t);
		return RETURN;
	}
	if (st->k.across_edge == ACROSS_REFUSE && crosses_edge(a)) {
		t->ack_now = true;
		return RETURN;
	}

	trim_again(a);

	uint32_t before = t->rcv.nxt;
	bool gap = t->buf.n_above > 0 || a->seq != t->rcv.nxt;
	text_arrives(t, a->seq, a->text, a->len);
	if (t->rcv.nxt != before)
		owe_ack(st, t, t->rcv.nxt - before, gap);
	else if (st->k.ack_above_gap)           /* MAY-13 */
		t->ack_now = true;
	return GO_ON;
}

int eighth_check_fin_bit(struct arrival *a)
{
	struct stack *st = a->st;
	struct tcb *t = a->t;

	switch (t->state) {
	case CLOSED: case LISTEN: case SYN_SENT:
		return RETURN;          /* SEG.SEQ cannot be validated */
	default:
		break;
	}
	if (a->fin && t->rcv.fin) {
		/* One FIN is all there is: remain in the state. */
		t->ack_now = true;
		if (t->state == TIME_WAIT)
			enter_time_wait(st, t);
	} else if (a->fin && !fin_in_order(t) && (st->k.fin_above_gap || a->seq + a->len == t->rcv.nxt)) {
		/* the last that was said of it holds */
		hold_fin(t, a->seq + a->len);
		if (!fin_in_order(t))
			t->ack_now = true;
	}
	if (!fin_in_order(t)) {
		user_reads(st, t);
		return RETURN;
	}
	t->rcv.nxt++;
	t->rcv.fin = true;
	t->ack_now = true;
	user_reads(st, t);              /* FIN implies PUSH; then "connection closing" */
	switch (t->state) {
	case SYN_RECEIVED: case ESTABLISHED:
		t->state = CLOSE_WAIT;
		break;
	case FIN_WAIT_1:                /* our FIN has not been ACKed, or we were in FIN-WAIT-2 */
		t->state = CLOSING;
		break;
	case FIN_WAIT_2:
		enter_time_wait(st, t);
		break;
	default:
		break;
	}
	return RETURN;
}

step *const other_states[] = {
	before_first_check_timestamps,
	first_check_sequence_number,
	second_check_rst_bit,
	third_check_security,           /* not supported: always GO_ON */
	fourth_check_syn_bit,
	fifth_check_ack_field,
	sixth_check_urg_bit,
	seventh_process_segment_text,
	eighth_check_fin_bit,
	NULL
};

/* ---- changes of state that more than one step brings about ---------------- */

void enter_established(struct stack *st, struct tcb *t)
{
	t->state = ESTABLISHED;
	t->old.valid = false;
	congestion_init(st, t);
	if (t->rtt.syn_timed_out) {             /* RFC 6298 (5.7) */
		t->rtt.rto = st->k.rto_after_syn;
		t->rtt.backoff = 0;
	}
	t->rtt.retransmissions = 0;
	if (t->id < 0)
		t->id = st->next_id++;
	t->user_holds = true;
	note(st, t, NOTE_ESTABLISHED, 0, 0);
	keepalive_restart(st, t);
	if (t->snd.fin_queued)                  /* CLOSE was queued (3.10.4) */
		t->state = FIN_WAIT_1;
	/* What came with the SYN. */
	if (t->buf.n_above && t->buf.above[0].from == t->buf.end) {
		join_text(t);
		t->ack_now = true;
	}
}

/* For ever, or, when nobody holds it any more, as long as some systems bear it. */
void enter_fin_wait_2(struct stack *st, struct tcb *t)
{
	t->state = FIN_WAIT_2;
	keepalive_restart(st, t);
	if (st->k.fin_wait_2 && !t->user_holds)
		t->timer.time_wait = st->now + st->k.fin_wait_2;
}

/* "Start the time-wait timer, turn off the other timers."  Also to restart it. */
void enter_time_wait(struct stack *st, struct tcb *t)
{
	t->state = TIME_WAIT;
	timers_stop(t);
	t->timer.time_wait = st->now + 2 * st->k.msl;
}

void segment_arrives(struct arrival *a)
{
	struct tcb *t = a->t;

	if (!t) {
		walk(a->l ? listen_state : closed_state, a);
		return;
	}
	if (t->state == SYN_SENT) {
		walk(syn_sent_state, a);
	} else {
		if (!fault(a->st, FAULT_keepalive_while_busy))
			keepalive_restart(a->st, t);
		walk(other_states, a);
	}
}
