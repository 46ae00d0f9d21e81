/* permit_timers.c: what the DUT sends again, and when: the timers of RFC 6298 and
 * the windows of RFC 5681, as far as a capture proves that one was broken.
 *
 * A timer is at work only where nothing has arrived: as long as no segment is on
 * its way to the DUT, what it repeats, it repeats by itself.  The first copy may be
 * a fast retransmission, or a tail loss probe (RFC 8985 7), so the second is the
 * first that a timeout must have sent.
 *
 * A copy that is lost on its way to us, or a host that slept, makes a gap longer:
 * one of two neighbours then looks like its neighbour, but of three gaps that
 * double never all do.  So T-BACKOFF looks at three. */
#include "../../probes/seq.h"
#include "inner.h"

#define COPY_OF_A_FRAME MS(10)  /* closer together it is the capture that repeats */
#define JITTER          MS(100)
#define CAP             S(54)   /* "provided it is at least 60 seconds", less a tenth */
#define BURST           MS(100)
#define FR_WITHIN       MS(100) /* no timer runs out within, where deployed */
#define FR_COPIES       3

static uint32_t distance(uint32_t from, uint32_t to)
{
	return seq_lt(from, to) ? to - from : 0;
}

/* ---- facts: toward the DUT ------------------------------------------------- */

void timers_input(struct facts *f, const struct seg *s, const struct opts *opts, bool believed, uint32_t wnd)
{
	struct timer_facts *t = &f->timers;

	/* Whatever it is, and whether it counts or not: silence is over. */
	t->repeats = 0;
	t->watching = t->syn_waits = false;
	t->quiet_since = s->at;
	t->answered = t->answered || (f->syn && seq_lt(f->iss + 1, f->out_max));
	if (!believed)
		return;
	t->sacks = t->sacks || opts->n_sack > 0;
	t->over = t->over || (s->ctl & RST);
	if (!(s->ctl & ACK))
		return;
	if (f->syn && (!t->acked_known || seq_lt(t->acked, s->ack)) && seq_le(s->ack, f->out_max)) {
		t->acked = s->ack;
		t->acked_known = true;
	}
	/* A window that does not cover what was sent is probed, by another timer. */
	if (f->syn && (wnd == 0 || seq_lt(s->ack + wnd, f->out_max)))
		t->narrow = true;
}

/* ---- from the DUT ---------------------------------------------------------- */

/* The first timeout is that of the SYN or SYN,ACK, where nothing was measured. */
static void syn_again(struct oracle *o, const struct seg *s, int index)
{
	struct timer_facts *t = &o->facts.timers;
	const tick gap = s->at - t->syn_at;

	if (t->syn_waits && s->seq == t->syn_seq && gap < COPY_OF_A_FRAME)
		return;
	if (t->syn_waits && s->seq == t->syn_seq && gap + JITTER < S(1))
		permit_broken(o, H_SYN_RTO, s, index, -1, NULL, NULL,
		              say_text(o, "this one came after %.3f s", (double)gap / 1e9));
	else if (t->syn_waits && s->seq == t->syn_seq)
		permit_held(o, H_SYN_RTO);
	t->syn_waits = true;
	t->syn_seq = s->seq;
	t->syn_at = s->at;
}

/* Not even a quarter longer. */
static bool alike(tick before, tick after)
{
	return after < before + before / 4;
}

static void backoff(struct oracle *o, const struct seg *s, int index)
{
	const struct timer_facts *t = &o->facts.timers;
	const tick *gap = t->gap;       /* the newest first */

	if (t->repeats < 3)
		return;
	if (alike(gap[2], gap[1]) && alike(gap[1], gap[0]) && gap[0] < CAP)
		permit_broken(o, T_BACKOFF, s, index, -1, NULL, NULL,
		              say_text(o, "here it was %.3f s, %.3f s and %.3f s", (double)gap[2] / 1e9,
		                       (double)gap[1] / 1e9, (double)gap[0] / 1e9));
	else
		permit_held(o, T_BACKOFF);
}

/* Two gaps, so that it takes more than one delay on the way to make them short. */
static void minimum(struct oracle *o, const struct seg *s, int index)
{
	const struct timer_facts *t = &o->facts.timers;
	const tick least = o->config.accept == ACCEPT_STRICT ? S(1) : MS(200);
	const tick both = t->gap[0] + t->gap[1];

	if (t->repeats < 2)
		return;
	if (both + both / 10 < 2 * least)
		permit_broken(o, T_RTO_MIN, s, index, -1, NULL, NULL,
		              say_text(o, "two timeouts took %.3f s", (double)both / 1e9));
	else
		permit_held(o, T_RTO_MIN);
}

/* The earliest that can be unacknowledged is what every ACK so far has left. */
static void earliest(struct oracle *o, const struct seg *s, int index)
{
	const struct timer_facts *t = &o->facts.timers;

	if (t->sacks || !t->acked_known)
		return;
	if (seq_lt(t->acked, s->seq))
		permit_broken(o, D_RETX_UNA, s, index, -1, NULL, NULL,
		              say_text(o, "%u octets before it were not acknowledged", s->seq - t->acked));
	else
		permit_held(o, D_RETX_UNA);
}

/* SMSS is at most what the peer's SYN allows; where it says nothing, what an
 * Ethernet carries; and where it says next to nothing, a sender may refuse to go
 * so low: not below the default of 3.7.1, surely. */
static uint32_t loss_window(const struct facts *f)
{
	uint32_t most = 536;

	for (unsigned i = 0; i < f->n_syns; i++) {
		const uint32_t mss = f->syns[i].mss ? f->syns[i].mss : 1460;

		if (mss > most)
			most = mss;
	}
	return most;
}

/* RFC 6928 2, which raises the bound of RFC 5681 3.1; and two more segments for
 * duplicate ACKs that were on their way (RFC 3042).  What comes in answer to the
 * flight may open the window even if it acknowledges nothing: a SACK tells what
 * has arrived. */
static void initial_window(struct oracle *o, const struct seg *s, int index)
{
	const struct facts *f = &o->facts;
	const uint32_t mss = loss_window(f), ten = 10 * mss, two = 2 * mss;
	const uint32_t window = two > 14600 ? two : 14600, bound = window < ten ? window : ten;
	const uint32_t end = s->seq + s->len - (f->iss + 1);

	if (s->len == 0 || f->n_syns == 0 || f->timers.answered || !f->timers.acked_known || f->timers.acked != f->iss + 1 || f->far)
		return;
	if (end > bound + two)
		permit_broken(o, D_CWND_IW, s, index, -1, NULL, NULL,
		              say_text(o, "%u octets were sent before one was acknowledged", end));
	else
		permit_held(o, D_CWND_IW);
}

/* A timeout has sent the segment that is watched; `s` follows it. */
static void burst(struct oracle *o, const struct seg *s, int index)
{
	struct timer_facts *t = &o->facts.timers;

	if (!(t->repeats > 0 || t->timed_out) || o->facts.n_syns == 0 || s->at - t->last > BURST)
		return;
	t->burst += distance(t->burst_end, s->seq + s->len);
	if (seq_lt(t->burst_end, s->seq + s->len))
		t->burst_end = s->seq + s->len;
	if (t->burst > loss_window(&o->facts))
		permit_broken(o, D_LOSSWIN, s, index, -1, NULL, NULL,
		              say_text(o, "this makes %u octets at once", t->burst));
}

/* Without SACK a hole is filled once by duplicate ACKs, and by no timer so soon. */
static void fast_again(struct oracle *o, const struct seg *s, int index)
{
	struct timer_facts *t = &o->facts.timers;

	if (!t->fast.any || t->fast.seq != s->seq || s->at - t->fast.since > FR_WITHIN ||
	    !t->acked_known || t->fast.acked != t->acked) {
		t->fast.any = t->acked_known;
		t->fast.seq = s->seq;
		t->fast.since = s->at;
		t->fast.acked = t->acked;
		t->fast.copies = 1;
		return;
	}
	if (++t->fast.copies >= FR_COPIES)
		permit_broken(o, R_FR_ONCE, s, index, -1, NULL, NULL,
		              say_text(o, "this is copy %u in %.3f s", t->fast.copies,
		                       (double)(s->at - t->fast.since) / 1e9));
}

static bool sack_agreed(const struct facts *f)
{
	for (unsigned i = 0; i < f->n_syns; i++)
		if (f->syns[i].sack)
			return f->sack;
	return false;
}

static void watch(struct timer_facts *t, const struct seg *s)
{
	t->watching = true;
	t->watched = s->seq;
	t->last = s->at;
	t->repeats = 0;
	/* Nothing else waits so long, but for a probe of one segment. */
	t->timed_out = s->at - t->quiet_since + JITTER >= S(1);
	t->burst = s->len;
	t->burst_end = s->seq + s->len;
}

static void again_by_itself(struct oracle *o, const struct seg *s, int index)
{
	struct timer_facts *t = &o->facts.timers;
	const tick gap = s->at - t->last;

	if (gap < COPY_OF_A_FRAME)
		return;
	t->gap[2] = t->gap[1];
	t->gap[1] = t->gap[0];
	t->gap[0] = gap;
	t->last = s->at;
	t->repeats++;
	t->burst = s->len;
	t->burst_end = s->seq + s->len;
	minimum(o, s, index);
	backoff(o, s, index);
	earliest(o, s, index);
	permit_held(o, D_LOSSWIN);
}

static void repeated_text_or_fin(struct oracle *o, const struct seg *s, int index)
{
	const struct facts *f = &o->facts;
	struct timer_facts *t = &o->facts.timers;

	/* A probe of an idle connection or of a closed window. */
	if (t->narrow || (s->len <= 1 && s->seq == f->out_max - 1 && !(s->ctl & FIN)))
		return;
	if (s->len > 0 && !sack_agreed(f))
		fast_again(o, s, index);
	if (!t->watching || seq_lt(s->seq, t->watched))
		watch(t, s);
	else if (s->seq == t->watched)
		again_by_itself(o, s, index);
	else if (s->len > 0)
		burst(o, s, index);
}

void permit_timers(struct oracle *o, const struct seg *s, int index)
{
	struct facts *f = &o->facts;
	struct timer_facts *t = &f->timers;

	t->over = t->over || (s->ctl & RST);
	if (!o->config.whole || t->over || f->connections > 1)
		return;
	/* Behind a gateway a delay on the way may look like the DUT's haste. */
	if (o->config.live && !o->config.lossless)
		return;
	if (f->syn && !(s->ctl & SYN))
		initial_window(o, s, index);
	if (s->ctl & SYN)
		syn_again(o, s, index);
	else if (f->syn && seg_len(s) > 0 && seq_lt(s->seq, f->out_max))
		repeated_text_or_fin(o, s, index);
	if (seg_len(s) > 0)
		t->quiet_since = s->at;
}
