/* timers.c: 3.10.8 Timeouts, and the timers that the rest of section 3 asks for:
 * retransmission (RFC 6298 5), persist, delayed ACK, keep-alive, R2.
 *
 * A timer is a deadline in the TCB; stack_tick runs those that are due. */
#include <errno.h>

#include "tcb.h"

/* The timeout now, backed off (RFC 6298 5.5). */
static tick backed_off(const struct stack *st, tick rto, int times)
{
	for (int i = 0; i < times && rto < st->k.rto_max; i++)
		rto *= st->k.backoff_factor;
	return rto < st->k.rto_max ? rto : st->k.rto_max;
}

tick rto_now(const struct stack *st, const struct tcb *t)
{
	return backed_off(st, t->rtt.rto, t->rtt.backoff);
}

void retransmission_restart(struct stack *st, struct tcb *t)
{
	if (in_persist(t))
		t->timer.retransmission = st->now + backed_off(st, t->rtt.rto, fault(st, FAULT_zwp_no_backoff) ? 0 : t->persist_probes);
	else
		t->timer.retransmission = st->now + rto_now(st, t);
	if (t->timer.user == TICK_NEVER)
		user_timer_restart(st, t);
}

/* (5.1) */
void retransmission_start(struct stack *st, struct tcb *t)
{
	if (t->timer.retransmission == TICK_NEVER)
		retransmission_restart(st, t);
}

/* What is outstanding has made progress, or a zero window was confirmed
 * (MUST-37): R2 counts anew. */
void user_timer_restart(struct stack *st, struct tcb *t)
{
	tick limit = t->opt.user_timeout;

	if (!limit || (t->state == SYN_SENT && fault(st, FAULT_synsent_no_user_timeout)))
		limit = t->state == SYN_SENT || t->state == SYN_RECEIVED ? st->k.r2_syn : st->k.r2_data;
	t->timer.user = limit == TICK_NEVER ? TICK_NEVER : st->now + limit;
}

void keepalive_restart(struct stack *st, struct tcb *t)
{
	t->keepalive_probes = 0;
	t->timer.keepalive = TICK_NEVER;
	if (!t->opt.keepalive)
		return;
	switch (t->state) {
	case ESTABLISHED: case CLOSE_WAIT: case FIN_WAIT_2:
		t->timer.keepalive = st->now + t->opt.keepalive_idle;
		break;
	default:
		break;
	}
}

void timers_stop(struct tcb *t)
{
	t->timer = (struct timers){ TICK_NEVER, TICK_NEVER, TICK_NEVER, TICK_NEVER, TICK_NEVER, TICK_NEVER };
}

static tick earlier(tick a, tick b)
{
	return a < b ? a : b;
}

tick timers_next(const struct tcb *t)
{
	if (t->state == CLOSED)
		return TICK_NEVER;

	tick at = earlier(t->timer.retransmission, t->timer.override);

	at = earlier(at, t->timer.delayed_ack);
	at = earlier(at, t->timer.keepalive);
	at = earlier(at, t->timer.user);
	return earlier(at, t->timer.time_wait);
}

/* ---- 3.10.8 --------------------------------------------------------------- */

/* USER TIMEOUT: flush all queues, signal the user, delete the TCB, CLOSED. */
static void user_timeout(struct stack *st, struct tcb *t)
{
	if (st->k.reset_on_timeout && t->state != SYN_SENT)
		send_reset(st, t);
	connection_gone(st, t, ETIMEDOUT);
}

/* RETRANSMISSION TIMEOUT: the segment at the front of the queue again. */
static void retransmission_timeout(struct stack *st, struct tcb *t)
{
	if (in_persist(t)) {
		/* The window is probed, and not the connection timed out. */
		t->persist_probes += t->persist_probes < 64;
		send_probe(st, t);
		retransmission_restart(st, t);
		return;
	}
	if (t->state == SYN_SENT || t->state == SYN_RECEIVED)
		t->rtt.syn_timed_out = true;
	else
		congestion_timeout(st, t);
	t->rtt.retransmissions += t->rtt.retransmissions < 1 << 20;
	if (st->k.report_r1 && t->rtt.retransmissions == st->k.r1)
		note(st, t, NOTE_ERROR, 0, EHOSTUNREACH);
	t->rtt.backoff += t->rtt.backoff < 64;  /* (5.5) */
	t->snd.resend = t->snd.una;
	t->snd.resend_end = t->snd.nxt;
	if (syn_outstanding(t)) {               /* (5.4) */
		send_syn(st, t);
		t->snd.resend = t->snd.resend_end;
	} else {
		resend_front(st, t);
		if (fault(st, FAULT_rto_burst)) {
			t->cong.cwnd = UINT32_MAX / 2;
			output(st, t);
		}
	}
	retransmission_restart(st, t);          /* (5.6) */
}

/* TIME-WAIT TIMEOUT */
static void time_wait_timeout(struct stack *st, struct tcb *t)
{
	connection_gone(st, t, 0);
}

static void delayed_ack_timeout(struct stack *st, struct tcb *t)
{
	t->ack_now = true;
	output(st, t);
}

/* 3.8.4: only when no sent data is outstanding (MUST-26), and no single miss
 * counts (MUST-29). */
static void keepalive_timeout(struct stack *st, struct tcb *t)
{
	if (flight_size(t) || snd_unsent(t)) {
		keepalive_restart(st, t);
		return;
	}
	if ((t->keepalive_probes >= t->opt.keepalive_count && !fault(st, FAULT_keepalive_never_kills))
	    || (t->keepalive_probes && fault(st, FAULT_keepalive_one_miss_kills))) {
		user_timeout(st, t);
		return;
	}
	t->keepalive_probes++;
	send_keepalive(st, t);
	t->timer.keepalive = st->now + t->opt.keepalive_interval;
}

static void override_timeout(struct stack *st, struct tcb *t)
{
	send_override(st, t);
	output(st, t);
}

static bool due(const struct stack *st, tick *timer)
{
	if (*timer > st->now)
		return false;
	*timer = TICK_NEVER;
	return true;
}

void timers_run(struct stack *st, struct tcb *t)
{
	faults_timer(st, t);
	if (due(st, &t->timer.time_wait))
		time_wait_timeout(st, t);
	if (due(st, &t->timer.user))
		user_timeout(st, t);
	if (due(st, &t->timer.retransmission))
		retransmission_timeout(st, t);
	if (due(st, &t->timer.override))
		override_timeout(st, t);
	if (due(st, &t->timer.delayed_ack))
		delayed_ack_timeout(st, t);
	if (due(st, &t->timer.keepalive))
		keepalive_timeout(st, t);
}
