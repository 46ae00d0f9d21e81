/* congestion.c: slow start, congestion avoidance, fast retransmit and fast
 * recovery (RFC 5681) with NewReno (RFC 6582) and limited transmit (RFC 3042).
 *
 * Only the arithmetic is here; output.c asks congestion_window() how far beyond
 * SND.UNA it may go.  ECN (RFC 3168) and SACK (RFC 2018) are not supported and
 * not offered. */
#include "tcb.h"

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* RFC 5681 3.1, or RFC 6928 2. */
static uint32_t initial_window(const struct stack *st, const struct tcb *t)
{
	uint32_t smss = eff_snd_mss(st, t);

	if (st->k.iw == IW_6928)
		return least(10 * smss, most(2 * smss, 14600));
	if (smss > 2190)
		return 2 * smss;
	if (smss > 1095)
		return 3 * smss;
	return 4 * smss;
}

/* The connection is established. */
void congestion_init(const struct stack *st, struct tcb *t)
{
	/* After a lost SYN one segment (RFC 5681 3.1). */
	t->cong.cwnd = t->rtt.syn_timed_out ? eff_snd_mss(st, t) : initial_window(st, t);
	if (fault(st, FAULT_no_slow_start))
		t->cong.cwnd = UINT32_MAX / 2;
	t->cong.ssthresh = fault(st, FAULT_ssthresh_of_window) ? t->snd.wnd : UINT32_MAX / 2;
	/* RFC 6582 3.2 (1), one lower: with ISS itself its check (2) would rule
	 * out the first window, of which nothing has been sent again yet. */
	t->cong.recover = fault(st, FAULT_recover_at_iss) ? t->snd.iss : t->snd.iss - 1;
}

/* Before new text leaves: after an idle time slow start again (RFC 5681 4.1). */
void congestion_before_send(const struct stack *st, struct tcb *t)
{
	if (fault(st, FAULT_idle_burst))
		return;
	if (flight_size(t) == 0 && t->snd.last_at && st->now - t->snd.last_at > rto_now(st, t))
		t->cong.cwnd = least(t->cong.cwnd, initial_window(st, t));
}

/* Octets that may be beyond SND.UNA. */
uint32_t congestion_window(const struct stack *st, const struct tcb *t)
{
	uint32_t limited = 0;

	/* RFC 5681 3.2 (1): one more segment for each of the first two
	 * duplicates. */
	if (st->k.limited_transmit && !t->cong.recovering && t->cong.dupacks < 3)
		limited = (uint32_t)t->cong.dupacks * eff_snd_mss(st, t);
	if (fault(st, FAULT_one_segment_in_flight))
		return least(t->cong.cwnd, eff_snd_mss(st, t)) + limited;
	return t->cong.cwnd + limited;
}

/* RFC 5681 equation (4); what limited transmit added does not count. */
static uint32_t half_the_flight(const struct stack *st, const struct tcb *t)
{
	uint32_t flight = flight_size(t);

	flight -= least(flight, t->cong.limited);
	return most(flight / 2, 2 * (uint32_t)eff_snd_mss(st, t));
}

/* n octets are newly acknowledged; SND.UNA has advanced. */
void congestion_acked(struct stack *st, struct tcb *t, uint32_t n)
{
	uint32_t smss = eff_snd_mss(st, t);

	t->cong.dupacks = 0;
	t->cong.limited = 0;
	if (t->cong.recovering) {
		if (seq_lt(t->cong.recover, t->snd.una)) {
			/* RFC 6582 3.2 (3), full acknowledgment, option (1). */
			t->cong.cwnd = least(t->cong.ssthresh, most(flight_size(t), smss) + smss);
			t->cong.recovering = false;
			return;
		}
		/* Partial acknowledgment: the next hole. */
		send_front(st, t, smss);
		t->cong.cwnd -= least(t->cong.cwnd, n);
		if (n >= smss)
			t->cong.cwnd += smss;
		t->cong.cwnd = most(t->cong.cwnd, smss);
		if (!t->cong.partial_seen)
			retransmission_restart(st, t);
		t->cong.partial_seen = true;
		return;
	}
	if (t->cong.cwnd < t->cong.ssthresh) {
		t->cong.cwnd += fault(st, FAULT_cwnd_per_ack) ? smss : least(n, smss); /* equation (2) */
		t->cong.acked = 0;
	} else {
		t->cong.acked += n;                     /* counting octets */
		if (t->cong.acked >= t->cong.cwnd) {
			t->cong.acked -= t->cong.cwnd;
			t->cong.cwnd += smss;
		}
	}
	t->cong.cwnd = least(t->cong.cwnd, 1u << 30);
}

/* A duplicate ACK as RFC 5681 2 defines it. */
void congestion_dupack(struct stack *st, struct tcb *t)
{
	uint32_t smss = eff_snd_mss(st, t);

	t->cong.dupacks += t->cong.dupacks < 1 << 20;
	if (t->cong.recovering) {
		/* (4): one more segment has left the network; no more often
		 * than there are segments outstanding. */
		if (t->cong.cwnd < t->cong.ssthresh + 3 * smss + flight_size(t))
			t->cong.cwnd += smss;
		return;
	}
	if (t->cong.dupacks != st->k.dupack_threshold)
		return;
	/* RFC 6582 3.2 (2): not again for the same window. */
	if (!seq_lt(t->cong.recover, t->snd.una - 1))
		return;
	t->cong.recover = t->snd.nxt - 1;
	t->cong.ssthresh = half_the_flight(st, t);              /* (2) */
	t->cong.recovering = true;
	t->cong.partial_seen = false;
	send_front(st, t, smss);                                /* (3) */
	t->cong.cwnd = t->cong.ssthresh + 3 * smss;
}

/* The retransmission timer has expired (RFC 5681 3.1 end, RFC 6582 3.2 (4)). */
void congestion_timeout(const struct stack *st, struct tcb *t)
{
	if (t->rtt.retransmissions == 0)
		t->cong.ssthresh = half_the_flight(st, t);
	if (!fault(st, FAULT_no_slow_start_after_rto))
		t->cong.cwnd = eff_snd_mss(st, t);
	t->cong.acked = 0;
	t->cong.limited = 0;
	t->cong.dupacks = 0;
	t->cong.recover = t->snd.nxt - 1;
	t->cong.recovering = false;
}
