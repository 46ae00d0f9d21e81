/* faults.c: what the declared misbehaviours of faults.def do.
 *
 * This is the one file of the stack that is wrong on purpose.  A deviation of a
 * step usually does its wrong in one case and leaves the others to the step whose
 * place it has taken; a filter gets every segment that leaves (t is NULL for a
 * reset without connection) and returns false to swallow it; an answer returns
 * false where the call is answered as it should be. */
#include <errno.h>
#include <string.h>

#include "tcb.h"

/* ---- helpers -------------------------------------------------------------------- */

/* The segment as the deviation takes it. */
static struct seg *alter(struct arrival *a)
{
	a->altered = *a->s;
	a->s = &a->altered;
	return &a->altered;
}

static int muted(step *original, struct arrival *a)
{
	a->st->muted = true;
	int after = original(a);
	a->st->muted = false;
	return after;
}

/* An ACK as if RCV.NXT were another. */
static void ack_as_if(struct arrival *a, uint32_t nxt)
{
	struct tcb *t = a->t;
	uint32_t saved = t->rcv.nxt, edge = t->rcv.edge;

	t->rcv.nxt = nxt;
	send_ack(a->st, t);
	t->rcv.nxt = saved;
	t->rcv.edge = edge;
	t->rcv.last_ack_sent = saved;
}

/* The last n octets in order were never there, for the user. */
static void lose(struct tcb *t, uint32_t n)
{
	t->buf.end -= n;
	if (t->buf.read > t->buf.end)
		t->buf.read = t->buf.end;
}

static int answered_and_dropped(struct arrival *a)
{
	send_ack(a->st, a->t);
	return RETURN;
}

static bool is(const struct arrival *a, unsigned bits)
{
	return (a->s->ctl & bits) == bits;
}

static bool again(const struct tcb *t)
{
	return t && t->rtt.retransmissions > 0;
}

static bool is_probe(const struct tcb *t, const struct seg *s)
{
	return t && t->snd.wnd == 0 && t->persist_probes > 0 && s->len > 0;
}

/* ---- handshake ------------------------------------------------------------------- */

static int dup_syn_gets_rst(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !is(a, SYN) || is(a, ACK))
		return first_check_sequence_number(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static bool dup_syn_ignored_no_timer(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !t || t->state != SYN_RECEIVED || (s->ctl == (SYN | ACK) && !again(t));
}

static bool synack_ack_creeps(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (again(t) && s->ctl == (SYN | ACK))
		s->ack += (uint32_t)t->rtt.retransmissions;
	return true;
}

static bool synack_seq_creeps(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	s->seq += again(t) && s->ctl == (SYN | ACK);
	return true;
}

static bool syn_retx_seq_creeps(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	s->seq += again(t) && s->ctl == SYN;
	return true;
}

static bool syn_never_retransmitted(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || s->ctl != SYN;
}

static bool synack_never_retransmitted(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || s->ctl != (SYN | ACK);
}

static int synrcvd_any_ack(struct arrival *a)
{
	if (a->t->state == SYN_RECEIVED && is(a, ACK))
		alter(a)->ack = a->t->snd.nxt;
	return fifth_check_ack_field(a);
}

static int synsent_any_synack(struct arrival *a)
{
	if (is(a, SYN | ACK) && !is(a, RST))
		alter(a)->ack = a->t->snd.nxt;
	return syn_sent_first_check_ack(a);
}

static int synsent_badack_no_rst(struct arrival *a)
{
	return muted(syn_sent_first_check_ack, a);
}

static int third_ack_data_rst(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !is(a, ACK) || !a->s->len)
		return fifth_check_ack_field(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, 0);
	return RETURN;
}

/* The third segment is the one with which text first arrives at RCV.NXT=IRS+1
 * and acknowledges nothing but our SYN. */
static int third_ack_data_lost(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (t->passive && a->st->fault_count == 0 && t->rcv.nxt == t->rcv.irs + 1 && a->len
	    && a->s->ack == t->snd.iss + 1) {
		a->st->fault_count = 1;
		return RETURN;
	}
	return seventh_process_segment_text(a);
}

static int synrcvd_rst_ignored(struct arrival *a)
{
	if (a->t->state == SYN_RECEIVED && is(a, RST))
		return RETURN;
	return second_check_rst_bit(a);
}

static int synrcvd_rst_kills_listener(struct arrival *a)
{
	struct listener *l = listener_by_id(a->st, a->t->listener);
	bool kill = a->t->state == SYN_RECEIVED && is(a, RST) && l;
	int after = second_check_rst_bit(a);

	if (kill && a->t->state == CLOSED)
		listener_remove(a->st, l);
	return after;
}

static bool synack_after_open(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->passive && t->state == ESTABLISHED && s->len && s->seq == t->snd.iss + 1)
		s->ctl |= SYN;
	return true;
}

static int listen_ack_silent(struct arrival *a)
{
	return muted(listen_second_check_for_ack, a);
}

static int listen_double_rst(struct arrival *a)
{
	listen_second_check_for_ack(a);
	return listen_second_check_for_ack(a);
}

static int synsent_rst_ignored(struct arrival *a)
{
	return is(a, RST) ? RETURN : GO_ON;
}

static int syn_retry_after_rst(struct arrival *a)
{
	if (!is(a, RST | ACK) || a->st->fault_count++ >= 3)
		return syn_sent_second_check_rst(a);
	send_syn(a->st, a->t);
	return RETURN;
}

static void syn_r2_short(struct knobs *k)
{
	k->r2_syn = S(20);
}

static int established_syn_silent(struct arrival *a)
{
	if (synchronized(a->t->state) && is(a, SYN))
		return RETURN;
	return fourth_check_syn_bit(a);
}

/* What is queued counts as read. */
static int syn_data_acked_lost(struct arrival *a)
{
	int after = listen_third_check_for_syn(a);
	struct tcb *t = tcb_find(a->st, &a->s->dst, &a->s->src);

	if (t && t->state == SYN_RECEIVED && t->buf.n_above)
		t->buf.read = t->buf.above[0].to;
	return after;
}

static void rto_initial_high(struct knobs *k)
{
	k->rto_initial = k->rto_after_syn = S(6);
}

static void rto_initial_low(struct knobs *k)
{
	k->rto_initial = MS(200);
}

/* ---- simultaneous open ------------------------------------------------------------- */

static int no_simul_open(struct arrival *a)
{
	if (is(a, SYN) && !is(a, ACK))
		return RETURN;
	return syn_sent_fourth_check_syn(a);
}

static bool simul_open_pure_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !t->passive && s->ctl == (SYN | ACK) && !again(t)) {
		s->ctl = ACK;
		s->seq = t->snd.nxt;
		s->opt_len = 0;
	}
	return true;
}

static int simul_open_synack_reset(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || a->t->passive || !is(a, SYN | ACK))
		return first_check_sequence_number(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

static int simul_open_forgets_origin(struct arrival *a)
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

static bool simul_open_synack_lost(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || t->passive || s->ctl != (SYN | ACK);
}

/* ---- sequence acceptability ---------------------------------------------------------- */

/* Text from nowhere counts as the text that is next. */
static int seq_check_missing(struct arrival *a)
{
	if (!is(a, RST) && !is(a, SYN) && a->s->len && synchronized(a->t->state))
		alter(a)->seq = a->t->rcv.nxt;
	return first_check_sequence_number(a);
}

/* The first check, without its ACK, in these states. */
static int silent_in(struct arrival *a, enum tcp_state state)
{
	if (a->t->state != state)
		return first_check_sequence_number(a);
	return muted(first_check_sequence_number, a);
}

static int unacceptable_silent(struct arrival *a)           { return silent_in(a, ESTABLISHED); }
static int unacceptable_silent_closewait(struct arrival *a) { return silent_in(a, CLOSE_WAIT); }
static int unacceptable_silent_finwait2(struct arrival *a)  { return silent_in(a, FIN_WAIT_2); }

static int zero_len_zero_win_rejected(struct arrival *a)
{
	if (rcv_wnd(a->t) == 0 && seg_len(a->s) == 0 && !is(a, RST))
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

static int seq_wrap_compare(struct arrival *a)
{
	uint32_t left = a->t->rcv.nxt, right = left + rcv_wnd(a->t);
	uint32_t first = a->s->seq, last = seg_end(a->s) - 1;

	if (is(a, RST) || is(a, SYN) || !a->s->len)
		return first_check_sequence_number(a);
	if ((left <= first && first < right) || (left <= last && last < right))
		return first_check_sequence_number(a);
	return answered_and_dropped(a);
}

static int rst_window_wrap(struct arrival *a)
{
	uint32_t left = a->t->rcv.nxt, right = left + rcv_wnd(a->t), at = a->s->seq;

	if (is(a, RST) && at != left && !(left <= at && at < right))
		return RETURN;
	return second_check_rst_bit(a);
}

static int left_overlap_dropped(struct arrival *a)
{
	const struct seg *s = a->s;

	if (s->len && !is(a, RST) && !is(a, SYN) && seq_lt(s->seq, a->t->rcv.nxt))
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

static bool empty_above(const struct arrival *a)
{
	return seg_len(a->s) == 0 && a->t->state == ESTABLISHED && seq_lt(a->t->rcv.nxt, a->s->seq);
}

static int empty_in_window_acked(struct arrival *a)
{
	if (empty_above(a))
		return answered_and_dropped(a);
	return seventh_process_segment_text(a);
}

static int empty_in_window_acked_twice(struct arrival *a)
{
	if (empty_above(a))
		send_ack(a->st, a->t);
	return empty_in_window_acked(a);
}

static int malformed_resets(struct arrival *a)
{
	if (!a->o.malformed || a->t->state != ESTABLISHED || a->s->seq != a->t->rcv.nxt)
		return first_check_sequence_number(a);
	send_reset(a->st, a->t);
	connection_gone(a->st, a->t, ECONNABORTED);
	return RETURN;
}

static int opt_bad_ends_listener(struct arrival *a)
{
	if (!a->o.malformed || !is(a, SYN) || !a->l)
		return listen_second_check_for_ack(a);
	listener_remove(a->st, a->l);
	return RETURN;
}

static int syn_counted_in(struct arrival *a)
{
	if (!is(a, SYN) || a->t->state != ESTABLISHED || a->s->seq != a->t->rcv.nxt)
		return fourth_check_syn_bit(a);
	a->t->rcv.nxt++;
	return answered_and_dropped(a);
}

static int right_overlap_dropped(struct arrival *a)
{
	const struct seg *s = a->s;

	if (s->len && rcv_wnd(a->t) && !is(a, RST) && !is(a, SYN)
	    && seq_lt(a->t->rcv.nxt + rcv_wnd(a->t), s->seq + s->len))
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

static bool pure_ack_seq_zero(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && s->ctl == ACK && !s->len)
		s->seq = 0;
	return true;
}

static int noack_segment_processed(struct arrival *a)
{
	return is(a, ACK) ? fifth_check_ack_field(a) : GO_ON;
}

static int dup_data_redelivered(struct arrival *a)
{
	struct tcb *t = a->t;
	uint32_t nxt = t->rcv.nxt;

	if (a->s->len && !is(a, RST) && t->state == ESTABLISHED && t->buf.n_above == 0
	    && seq_lt(a->s->seq, nxt) && seq_le(a->s->seq + a->s->len, nxt)) {
		text_arrives(t, nxt, a->s->text, a->s->len);
		user_reads(a->st, t);
		t->rcv.nxt = nxt;
	}
	return first_check_sequence_number(a);
}

/* ---- reset ----------------------------------------------------------------------------- */

static int rst_answers_rst(struct arrival *a)
{
	if (!is(a, RST))
		return GO_ON;
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static int synsent_rst_ack_off_by_one(struct arrival *a)
{
	if (!is(a, RST | ACK))
		return syn_sent_first_check_ack(a);
	if (a->s->ack == a->t->snd.iss)
		connection_gone(a->st, a->t, ECONNREFUSED);
	return RETURN;
}

static int rst_any_seq(struct arrival *a)
{
	if (!is(a, RST))
		return first_check_sequence_number(a);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

static int rst_exact_challenged(struct arrival *a)
{
	if (is(a, RST) && a->s->seq == a->t->rcv.nxt)
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

static int rst_out_acked(struct arrival *a)
{
	int after = first_check_sequence_number(a);

	if (after == RETURN && is(a, RST))
		send_ack(a->st, a->t);
	return after;
}

static int challenge_ack_echoes_seq(struct arrival *a)
{
	if (!is(a, RST) || a->s->seq == a->t->rcv.nxt)
		return second_check_rst_bit(a);
	ack_as_if(a, a->s->seq);
	return RETURN;
}

static int rstack_invalid_flags(struct arrival *a)
{
	return is(a, RST | ACK) ? RETURN : first_check_sequence_number(a);
}

static int rst_data_acked(struct arrival *a)
{
	if (is(a, RST) && a->s->len)
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

static int rst_ignored_zero_window(struct arrival *a)
{
	if (is(a, RST) && rcv_wnd(a->t) == 0)
		return RETURN;
	return first_check_sequence_number(a);
}

static bool rst_seq_not_from_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (!t && !(s->ctl & ACK))
		s->seq = 0;
	return true;
}

static int rst_ack_misses_len(struct arrival *a)
{
	alter(a)->len = 0;
	return closed_send_reset(a);
}

static int rst_ack_misses_fin(struct arrival *a)
{
	alter(a)->ctl &= (uint8_t)~FIN;
	return closed_send_reset(a);
}

static int rst_ack_misses_syn(struct arrival *a)
{
	alter(a)->ctl &= (uint8_t)~SYN;
	return closed_send_reset(a);
}

static bool rst_bad_checksum(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	if (s->ctl & RST)
		s->wrong |= WRONG_CKSUM;
	return true;
}

static int closed_silent(struct arrival *a)
{
	return muted(closed_send_reset, a);
}

static int closed_speaks_while_open(struct arrival *a)
{
	for (const struct tcb *t = a->st->tcbs; t; t = t->next)
		if (t->state == ESTABLISHED)
			return closed_send_reset(a);
	return RETURN;
}

static int talks_after_rst(struct arrival *a)
{
	if (is(a, RST) && a->t->state == ESTABLISHED)
		return RETURN;
	return second_check_rst_bit(a);
}

static int rst_on_old_ack(struct arrival *a)
{
	if (a->t->state != ESTABLISHED || !is(a, ACK)
	    || (seq_le(a->t->snd.una, a->s->ack) && seq_le(a->s->ack, a->t->snd.nxt)))
		return fifth_check_ack_field(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static void rst_inwin_kills(struct knobs *k)
{
	k->rst_in_window = RST_793;
}

static int syn_any_seq_resets(struct arrival *a)
{
	if (!is(a, SYN) || is(a, RST) || a->t->state != ESTABLISHED)
		return first_check_sequence_number(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

/* ---- acknowledgments ---------------------------------------------------------------------- */

static int old_ack_blocks_data(struct arrival *a)
{
	if (is(a, ACK) && synchronized(a->t->state) && seq_lt(a->s->ack, a->t->snd.una))
		return RETURN;
	return fifth_check_ack_field(a);
}

static bool ack_of_future(const struct arrival *a)
{
	return is(a, ACK) && synchronized(a->t->state) && seq_lt(a->t->snd.nxt, a->s->ack);
}

static int ack_future_accepted(struct arrival *a)
{
	if (ack_of_future(a))
		alter(a)->ack = a->t->snd.nxt;
	return fifth_check_ack_field(a);
}

static int ack_future_data_delivered(struct arrival *a)
{
	if (ack_of_future(a)) {
		seventh_process_segment_text(a);
		a->len = 0;
		user_reads(a->st, a->t);
	}
	return fifth_check_ack_field(a);
}

static int ack_future_silent(struct arrival *a)
{
	if (ack_of_future(a))
		return RETURN;
	return fifth_check_ack_field(a);
}

static int ack_mid_segment_ignored(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (is(a, ACK) && t->state == ESTABLISHED && seq_lt(t->snd.una, a->s->ack)
	    && seq_lt(a->s->ack, t->snd.nxt) && (a->s->ack - t->snd.una) % eff_snd_mss(a->st, t))
		alter(a)->ack = t->snd.una;
	return fifth_check_ack_field(a);
}

static int ack_pingpong(struct arrival *a)
{
	if (seg_len(a->s) == 0)
		a->t->ack_now = true;
	return sixth_check_urg_bit(a);
}

static void ooo_no_dupack(struct knobs *k)
{
	k->ack_above_gap = false;
}

static int gapfill_ack_delayed(struct arrival *a)
{
	struct tcb *t = a->t;
	bool fills = t->buf.n_above > 0 && a->len && a->seq == t->rcv.nxt;
	int after = seventh_process_segment_text(a);

	if (fills && t->ack_now) {
		t->ack_now = false;
		t->timer.delayed_ack = a->st->now + a->st->k.delayed_ack;
	}
	return after;
}

static void ack_only_piggyback(struct knobs *k)
{
	k->delayed_ack = S(100000);
	k->delayed_ack_segments = 1 << 16;
}

static void ack_delay_long(struct knobs *k)
{
	k->delayed_ack = MS(1500);
}

static void stretch_ack(struct knobs *k)
{
	k->delayed_ack_segments = 16;
	k->window_update_segments = 16;
}

static int ack_goes_back(struct arrival *a)
{
	if (a->t->state != ESTABLISHED || is(a, RST) || is(a, SYN) || !a->s->len
	    || !seq_le(seg_end(a->s), a->t->rcv.nxt))
		return first_check_sequence_number(a);
	ack_as_if(a, a->s->seq);
	return RETURN;
}

static int ooo_discarded(struct arrival *a)
{
	if (a->len && a->seq != a->t->rcv.nxt) {
		a->t->ack_now = true;
		return RETURN;
	}
	return seventh_process_segment_text(a);
}

static int ooo_delivered_early(struct arrival *a)
{
	if (a->len && a->seq != a->t->rcv.nxt)
		a->seq = a->t->rcv.nxt;
	return seventh_process_segment_text(a);
}

static bool cksum_odd_length(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	if (s->len % 2)
		s->wrong |= WRONG_CKSUM;
	return true;
}

static bool psh_never(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	s->ctl &= (uint8_t)~PSH;
	return true;
}

static void nagle_absent(struct knobs *k)
{
	k->nagle = false;
}

static int fin_blind_accepted(struct arrival *a)
{
	if (is(a, FIN) && ack_of_future(a))
		return GO_ON;
	return fifth_check_ack_field(a);
}

static void challenge_unlimited(struct knobs *k)
{
	k->challenge_limit = 0;
}

static void isn_constant(struct knobs *k)
{
	k->iss_fixed = true;
	k->iss = 64000;
}

static int paws_absent(struct arrival *a)
{
	(void)a;
	return GO_ON;
}

static bool rsv_bits_set(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	s->rsv = 4;
	return true;
}

/* ---- window --------------------------------------------------------------------------------- */

static int window_ignored(struct arrival *a)
{
	int after = fifth_check_ack_field(a);

	if (a->t->snd.wnd)
		a->t->snd.wnd = 65535;
	return after;
}

static bool zero_window_no_probe(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !is_probe(t, s);
}

static bool zwp_bad_form(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (is_probe(t, s)) {
		s->seq = t->snd.una;
		s->len = 0;
		s->text = NULL;
	}
	return true;
}

static int zwp_gives_up(struct arrival *a)
{
	tick before = a->t->timer.user;
	int after = fifth_check_ack_field(a);

	if (a->t->snd.wnd == 0 && before != TICK_NEVER && a->t->timer.user != TICK_NEVER)
		a->t->timer.user = before;
	return after;
}

static int zwp_not_acked(struct arrival *a)
{
	if (rcv_wnd(a->t) == 0 && a->s->len && !is(a, RST))
		return RETURN;
	return first_check_sequence_number(a);
}

static bool window_edge_retreats(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && (s->ctl & ACK)) {
		uint64_t unread = t->buf.end - t->buf.read;

		s->wnd = unread < s->wnd ? (uint16_t)(s->wnd - unread) : 0;
	}
	return true;
}

static bool window_constant(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && (s->ctl & ACK) && !(s->ctl & SYN)) {
		uint32_t wnd = t->opt.rcv_buffer >> t->rcv.shift;

		s->wnd = wnd < 65535 ? (uint16_t)wnd : 65535;
	}
	return true;
}

static int window_signed(struct arrival *a)
{
	if (a->s->wnd >= 0x8000)
		alter(a)->wnd = 0;
	return fifth_check_ack_field(a);
}

static int window_update_unordered(struct arrival *a)
{
	int after = fifth_check_ack_field(a);

	if (is(a, ACK) && synchronized(a->t->state) && after == GO_ON)
		a->t->snd.wnd = (uint32_t)a->s->wnd << a->t->snd.shift;
	return after;
}

static int window_update_needs_new_ack(struct arrival *a)
{
	if (is(a, ACK) && synchronized(a->t->state) && a->s->ack == a->t->snd.una)
		alter(a)->wnd = (uint16_t)(a->t->snd.wnd >> a->t->snd.shift);
	return fifth_check_ack_field(a);
}

static int zero_window_ack_lost(struct arrival *a)
{
	if (rcv_wnd(a->t) == 0 && a->s->len && !is(a, RST))
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

/* ---- half-close, close ------------------------------------------------------------------------ */

/* As 4.4BSD: whatever it says before its FIN is acknowledged has the FIN in it. */
static bool fin_with_each_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && (t->state == FIN_WAIT_1 || t->state == CLOSING || t->state == LAST_ACK) && s->ctl == ACK && !s->len &&
	    s->seq == t->snd.nxt) {
		s->ctl |= FIN;
		s->seq--;
	}
	return true;
}

static bool fin_no_retransmit(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || !(s->ctl & FIN);
}

static bool fin_retx_seq_creeps(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (again(t) && (s->ctl & FIN))
		s->seq += (uint32_t)t->rtt.retransmissions;
	return true;
}

static int fin_ack_off_by_one(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_1 && is(a, ACK) && a->t->snd.fin_sent && a->s->ack == a->t->snd.fin)
		alter(a)->ack++;
	return fifth_check_ack_field(a);
}

static bool fin_seq_plus_one(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && (s->ctl & FIN) && !s->len)
		s->seq++;
	return true;
}

static bool fin_missing_empty_queue(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !t || !(s->ctl & FIN) || s->len;
}

static bool simul_close_no_fin(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->state == CLOSING)
		s->ctl &= (uint8_t)~FIN;
	return true;
}

static int finwait1_fin_not_acked(struct arrival *a)
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

static int half_close_data_lost(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_1 || a->t->state == FIN_WAIT_2)
		return taken_and_lost(a);
	return seventh_process_segment_text(a);
}

static int finwait1_data_unacked(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_1 && a->len)
		return RETURN;
	return seventh_process_segment_text(a);
}

static int fin_ignored_unread_data(struct arrival *a)
{
	if (a->fin && a->t->buf.paused && a->t->buf.read < a->t->buf.end)
		return RETURN;
	return eighth_check_fin_bit(a);
}

static bool fin_not_counted(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->rcv.fin && (s->ctl & ACK))
		s->ack--;
	return true;
}

static int fin_data_lost(struct arrival *a)
{
	return a->fin && a->len ? taken_and_lost(a) : seventh_process_segment_text(a);
}

static int fin_behind_old_text_lost(struct arrival *a)
{
	if (!a->fin || !a->s->len || a->len)
		return eighth_check_fin_bit(a);
	a->t->ack_now = true;
	return RETURN;
}

static int fin_above_gap_taken(struct arrival *a)
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

static int fin_dup_silent_closewait(struct arrival *a)
{
	if (a->t->state == CLOSE_WAIT && is(a, FIN))
		return muted(first_check_sequence_number, a);
	return first_check_sequence_number(a);
}

static int closewait_closes(struct arrival *a)
{
	int after = eighth_check_fin_bit(a);

	if (a->t->state == CLOSE_WAIT && !a->t->snd.fin_queued) {
		a->t->snd.fin_queued = true;
		a->t->state = LAST_ACK;
	}
	return after;
}

static bool lastack_rst(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->state == LAST_ACK && (s->ctl & FIN)) {
		st->cfg.emit(st->cfg.arg, s);
		connection_gone(st, t, 0);
		return false;
	}
	return true;
}

static bool lastack_fin_copy(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (again(t) && t->state == LAST_ACK && (s->ctl & FIN))
		t->state = FIN_WAIT_1;
	return true;
}

static int text_behind_fin_rst(struct arrival *a)
{
	if ((a->t->state != CLOSING && a->t->state != LAST_ACK) || !a->s->len || !seq_le(a->t->rcv.nxt, a->s->seq))
		return fifth_check_ack_field(a);
	send_reset(a->st, a->t);
	connection_gone(a->st, a->t, ECONNABORTED);
	return RETURN;
}

static bool lastack_leaks(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || t->state != LAST_ACK || !(s->ctl & FIN);
}

static void closed_keeps_acking(struct knobs *k)
{
	k->late_text = LATE_TEXT_ACK;
}

static int finwait2_rst_ignored(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_2 && is(a, RST))
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

/* ---- TIME-WAIT ---------------------------------------------------------------------------------- */

static void timewait_skipped(struct knobs *k)
{
	k->msl = 0;
}

static void timewait_short(struct knobs *k)
{
	k->msl = S(1);
}

static int timewait_fin_silent(struct arrival *a)
{
	if (a->t->state == TIME_WAIT && is(a, FIN))
		return muted(first_check_sequence_number, a);
	return first_check_sequence_number(a);
}

static int timewait_no_restart(struct arrival *a)
{
	tick before = a->t->timer.time_wait;
	int after = first_check_sequence_number(a);

	if (a->t->state == TIME_WAIT)
		a->t->timer.time_wait = before;
	return after;
}

static int timewait_old_syn(struct arrival *a)
{
	if (a->t->state != TIME_WAIT || !is(a, SYN) || !(a->l = listener_find(a->st, &a->t->own)))
		return fourth_check_syn_bit(a);
	connection_gone(a->st, a->t, 0);
	return listen_third_check_for_syn(a);
}

static int timewait_new_syn_refused(struct arrival *a)
{
	if (a->t->state != TIME_WAIT || !is(a, SYN) || !seq_lt(a->t->rcv.nxt, a->s->seq))
		return fourth_check_syn_bit(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static void timewait_acks_pure_ack(struct knobs *k)
{
	k->tw_ack = TW_ACK_ANSWER;
}

/* ---- retransmission ------------------------------------------------------------------------------- */

static void rto_no_backoff(struct knobs *k)
{
	k->backoff_factor = 1;
}

static int rto_reset_by_dupack(struct arrival *a)
{
	bool duplicate = is(a, ACK) && a->s->ack == a->t->snd.una;
	int after = fifth_check_ack_field(a);

	if (duplicate && a->t->state != CLOSED && flight_size(a->t))
		retransmission_restart(a->st, a->t);
	return after;
}

static bool retx_forgets_data(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !t || t->rtt.retransmissions < 2 || !s->len;
}

static bool retx_different_bytes(struct stack *st, struct tcb *t, struct seg *s)
{
	if (again(t) && s->text == st->text)
		st->text[s->len / 2] ^= 0x55;
	return true;
}

static void retx_never_gives_up(struct knobs *k)
{
	k->r2_data = TICK_NEVER;
}

static void retx_gives_up_early(struct knobs *k)
{
	k->r2_data = S(4);
}

static void rto_min_low(struct knobs *k)
{
	k->rto_min = MS(50);
}

static int dupack_counts_data(struct arrival *a)
{
	const struct seg *s = a->s;

	alter(a)->len = 0;
	int after = fifth_check_ack_field(a);
	a->s = s;
	return after;
}

static int dupack_counts_window_update(struct arrival *a)
{
	struct tcb *t = a->t;
	bool update = is(a, ACK) && !seg_len(a->s) && a->s->ack == t->snd.una && flight_size(t)
	              && (uint32_t)a->s->wnd << t->snd.shift != t->snd.wnd;
	int after = fifth_check_ack_field(a);

	if (update && t->state != CLOSED)
		congestion_dupack(a->st, t);
	return after;
}

static void fast_retx_absent(struct knobs *k)
{
	k->dupack_threshold = 1 << 24;
}

static int fast_retx_per_dupack(struct arrival *a)
{
	bool duplicate = a->t->cong.recovering && a->s->ack == a->t->snd.una && !a->s->len;
	int after = fifth_check_ack_field(a);

	if (duplicate && flight_size(a->t))
		send_front(a->st, a->t, eff_snd_mss(a->st, a->t));
	return after;
}

static void fast_retx_on_two(struct knobs *k)
{
	k->dupack_threshold = 2;
}

/* ---- keep-alive ------------------------------------------------------------------------------------- */

static int keepalive_unanswered(struct arrival *a)
{
	if (a->s->seq == a->t->rcv.nxt - 1 && !seg_len(a->s))
		return RETURN;
	return first_check_sequence_number(a);
}

static int keepalive_garbage_delivered(struct arrival *a)
{
	struct tcb *t = a->t;

	if (a->s->seq == t->rcv.nxt - 1 && a->s->len == 1 && t->state == ESTABLISHED && !is(a, RST)) {
		text_arrives(t, t->rcv.nxt, a->s->text, 1);
		user_reads(a->st, t);
		t->rcv.nxt--;
	}
	return first_check_sequence_number(a);
}

static bool keepalive_in_window(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->keepalive_probes && s->ctl == ACK && s->seq == t->snd.nxt - 1) {
		s->seq = t->snd.nxt;
		s->ctl |= PSH;
	}
	return true;
}

static void keepalive_default_on(struct knobs *k)
{
	k->keepalive = true;
}

static void keepalive_too_often(struct knobs *k)
{
	k->keepalive_idle = S(600);
}

static int keepalive_finwait2_unanswered(struct arrival *a)
{
	if (a->t->state == FIN_WAIT_2 && a->s->seq == a->t->rcv.nxt - 1 && !is(a, FIN))
		return RETURN;
	return first_check_sequence_number(a);
}

/* ---- urgent --------------------------------------------------------------------------------------------- */

static bool urg_off_by_one(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	if (s->ctl & URG)
		s->urg--;
	return true;
}

static int urg_drops_segment(struct arrival *a)
{
	return is(a, URG) ? RETURN : first_check_sequence_number(a);
}

static int urg_data_swallowed(struct arrival *a)
{
	uint32_t before = a->t->rcv.nxt;
	int after = seventh_process_segment_text(a);

	if (is(a, URG) && a->t->rcv.nxt != before)
		lose(a->t, 1);
	return after;
}

static int urg_needs_no_flag(struct arrival *a)
{
	if (a->s->urg)
		alter(a)->ctl |= URG;
	return sixth_check_urg_bit(a);
}

/* ---- options ---------------------------------------------------------------------------------------------- */

static bool mss_not_sent(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	if (s->ctl & SYN)
		s->opt_len = 0;
	return true;
}

static bool mss_non_syn(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !(s->ctl & SYN))
		opt_mss(s, 1000);
	return true;
}

static bool ws_every_segment(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !(s->ctl & (SYN | RST))) {
		opt_nop(s);
		opt_ws(s, t->rcv.shift);
	}
	return true;
}

static bool ts_dropped_midway(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !(s->ctl & SYN) && (again(t) || (s->ctl & FIN)))
		s->opt_len = 0;
	return true;
}

/* Our own clock, where the peer's should be. */
static bool ts_echo_wrong(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->ts.ok && (s->ctl & ACK) && !(s->ctl & SYN)) {
		s->opt_len = 0;
		opt_nop(s);
		opt_nop(s);
		opt_ts(s, ts_clock(st, t), ts_clock(st, t));
	}
	return true;
}

static int paws_on_rst(struct arrival *a)
{
	if (is(a, RST) && a->t->ts.ok && paws_rejects(a->st, a->t, &a->o))
		return RETURN;
	return before_first_check_timestamps(a);
}

/* ---- the same in other states ---------------------------------------------------------------------------- */

static int unacceptable_silent_synrcvd(struct arrival *a)  { return silent_in(a, SYN_RECEIVED); }
static int unacceptable_silent_finwait1(struct arrival *a) { return silent_in(a, FIN_WAIT_1); }
static int unacceptable_silent_closing(struct arrival *a)  { return silent_in(a, CLOSING); }
static int unacceptable_silent_lastack(struct arrival *a)  { return silent_in(a, LAST_ACK); }
static int unacceptable_silent_timewait(struct arrival *a) { return silent_in(a, TIME_WAIT); }

static int rst_acked_in(struct arrival *a, enum tcp_state state)
{
	if (a->t->state == state && is(a, RST) && a->s->seq == a->t->rcv.nxt)
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

static int rst_acked_finwait1(struct arrival *a)  { return rst_acked_in(a, FIN_WAIT_1); }
static int rst_acked_closewait(struct arrival *a) { return rst_acked_in(a, CLOSE_WAIT); }
static int rst_acked_closing(struct arrival *a)   { return rst_acked_in(a, CLOSING); }
static int rst_acked_lastack(struct arrival *a)   { return rst_acked_in(a, LAST_ACK); }

static int syn_silent_in(struct arrival *a, enum tcp_state state)
{
	if (a->t->state == state && is(a, SYN))
		return RETURN;
	return fourth_check_syn_bit(a);
}

static int syn_silent_finwait1(struct arrival *a)  { return syn_silent_in(a, FIN_WAIT_1); }
static int syn_silent_finwait2(struct arrival *a)  { return syn_silent_in(a, FIN_WAIT_2); }
static int syn_silent_closewait(struct arrival *a) { return syn_silent_in(a, CLOSE_WAIT); }
static int syn_silent_closing(struct arrival *a)   { return syn_silent_in(a, CLOSING); }
static int syn_silent_lastack(struct arrival *a)   { return syn_silent_in(a, LAST_ACK); }

static int noack_acked_in(struct arrival *a, enum tcp_state state)
{
	if (a->t->state == state && !is(a, ACK))
		return answered_and_dropped(a);
	return fifth_check_ack_field(a);
}

static int noack_acked_finwait1(struct arrival *a)  { return noack_acked_in(a, FIN_WAIT_1); }
static int noack_acked_finwait2(struct arrival *a)  { return noack_acked_in(a, FIN_WAIT_2); }
static int noack_acked_closewait(struct arrival *a) { return noack_acked_in(a, CLOSE_WAIT); }
static int noack_acked_synrcvd(struct arrival *a)   { return noack_acked_in(a, SYN_RECEIVED); }

static int synrcvd_rst_out_acked(struct arrival *a)
{
	int after = first_check_sequence_number(a);

	if (after == RETURN && is(a, RST) && a->t->state == SYN_RECEIVED)
		send_ack(a->st, a->t);
	return after;
}

static int synsent_rst_noack_ends(struct arrival *a)
{
	if (!is(a, RST) || is(a, ACK))
		return syn_sent_second_check_rst(a);
	connection_gone(a->st, a->t, ECONNREFUSED);
	return RETURN;
}

static int synsent_ack_opens(struct arrival *a)
{
	if (!is(a, ACK) || is(a, SYN))
		return syn_sent_fourth_check_syn(a);
	a->t->rcv.nxt = a->t->rcv.edge = a->s->seq;
	send_ack(a->st, a->t);
	return RETURN;
}

static int synsent_text_lost(struct arrival *a)
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

static int third_ack_fin_lost(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (a->fin && t->passive && t->state == ESTABLISHED && t->rcv.nxt - a->s->len == t->rcv.irs + 1
	    && a->s->ack == t->snd.iss + 1)
		a->fin = false;
	return eighth_check_fin_bit(a);
}

static int listen_noflags_reset(struct arrival *a)
{
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static int listen_odd_syn_dropped(struct arrival *a)
{
	return a->s->ctl & (FIN | PSH | URG) ? RETURN : listen_third_check_for_syn(a);
}

/* ---- more of timers, options and windows ------------------------------------------------------------------- */

static void rto_cap_low(struct knobs *k)
{
	k->rto_max = S(8);
}

static void rto_after_syn_low(struct knobs *k)
{
	k->rto_after_syn = S(1);
}

static void ack_never_delayed(struct knobs *k)
{
	k->delayed_ack = 0;
}

static int urg_not_told(struct arrival *a)
{
	(void)a;
	return GO_ON;
}

static bool window_shrink_zero_stall(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !is_probe(t, s) || flight_size(t) <= 1;
}

static int opt_data_segment_ignored(struct arrival *a)
{
	if (a->s->opt_len && !is(a, SYN) && !a->t->ts.ok)
		return RETURN;
	return before_first_check_timestamps(a);
}

static int opt_after_eol(struct arrival *a)
{
	struct seg *s = alter(a);

	for (unsigned i = 0; i < s->opt_len; ) {
		if (s->opt[i] == OPT_EOL)
			s->opt[i] = OPT_NOP;
		if (s->opt[i] == OPT_NOP || i + 1 >= s->opt_len || s->opt[i + 1] < 2)
			i++;
		else
			i += s->opt[i + 1];
	}
	/* The last of a kind holds. */
	for (unsigned i = 0; i + 4 <= s->opt_len; i++)
		if (s->opt[i] == OPT_MSS && s->opt[i + 1] == 4)
			a->o.mss_value = (uint16_t)(s->opt[i + 2] << 8 | s->opt[i + 3]);
	return listen_third_check_for_syn(a);
}

static int opt_unaligned(struct arrival *a)
{
	if (a->s->opt_len && a->s->opt[0] != OPT_MSS)
		a->o.mss = false;
	return listen_third_check_for_syn(a);
}

static int rsv_bits_drop(struct arrival *a)
{
	return a->s->rsv ? RETURN : before_first_check_timestamps(a);
}

static int ws_scales_syn(struct arrival *a)
{
	struct tcb *t = a->t;
	int after = syn_sent_fourth_check_syn(a);

	if (is(a, SYN | ACK) && t->snd.wl1 == a->s->seq)
		t->snd.wnd = t->snd.max_wnd = (uint32_t)a->s->wnd << t->snd.shift;
	return after;
}

static bool ws_one_sided(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !t->ts.ws_ok && (s->ctl & ACK) && !(s->ctl & SYN))
		s->wnd >>= 3;
	return true;
}

static int ws_not_applied(struct arrival *a)
{
	uint8_t shift = a->t->snd.shift;

	a->t->snd.shift = 0;
	int after = fifth_check_ack_field(a);
	a->t->snd.shift = shift;
	return after;
}

static int ts_missing_aborts(struct arrival *a)
{
	if (!a->t->ts.ok || a->o.ts || is(a, RST) || is(a, SYN))
		return before_first_check_timestamps(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

static bool ts_clock_stuck(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->ts.ok && !(s->ctl & SYN)) {
		s->opt_len = 0;
		opt_nop(s);
		opt_nop(s);
		opt_ts(s, t->ts.offset, s->ctl & ACK ? t->ts.recent : 0);
	}
	return true;
}

static int paws_unsigned(struct arrival *a)
{
	uint32_t now = a->o.ts_val, recent = a->t->ts.recent;

	if (a->t->ts.ok && a->o.ts && !is(a, RST) && now < recent)
		return answered_and_dropped(a);
	return a->t->ts.ok && a->o.ts ? GO_ON : before_first_check_timestamps(a);
}

static int paws_equal_rejected(struct arrival *a)
{
	if (a->t->ts.ok && a->o.ts && !is(a, RST) && a->o.ts_val == a->t->ts.recent
	    && synchronized(a->t->state))
		return answered_and_dropped(a);
	return before_first_check_timestamps(a);
}

static int paws_poison(struct arrival *a)
{
	int after = before_first_check_timestamps(a);

	if (after == GO_ON && a->t->ts.ok && a->o.ts && !is(a, RST))
		a->t->ts.recent = a->o.ts_val;
	return after;
}

/* ---- more of opening -------------------------------------------------------------------------------------- */

static int listen_syn_text_refused(struct arrival *a)
{
	if (!is(a, SYN) || !a->s->len)
		return listen_third_check_for_syn(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static bool syn_has_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->state == SYN_SENT && s->ctl == SYN)
		s->ctl |= ACK;
	return true;
}

static int synsent_null_reset(struct arrival *a)
{
	if (!is(a, ACK))
		send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static int synack_waits_for_text(struct arrival *a)
{
	int after = syn_sent_fourth_check_syn(a);

	if (a->t->state == ESTABLISHED && seg_len(a->s) == 1)
		a->t->ack_now = false;
	return after;
}

static int synack_fin_only_counted(struct arrival *a)
{
	if (!is(a, SYN | ACK | FIN))
		return syn_sent_fourth_check_syn(a);
	alter(a)->ctl &= (uint8_t)~FIN;
	int after = syn_sent_fourth_check_syn(a);
	a->t->rcv.nxt += a->t->state == ESTABLISHED;
	return after;
}

static int crossing_text_lost(struct arrival *a)
{
	struct tcb *t = a->t;
	int after = syn_sent_fourth_check_syn(a);

	if (t->state == SYN_RECEIVED && t->buf.n_above)
		t->buf.read = t->buf.above[0].to;
	return after;
}

static bool send_before_open_lost(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || (t->state != SYN_SENT && t->state != SYN_RECEIVED))
		return false;
	out->n = c->n;
	return true;
}

static bool synsent_abort_resets(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)out;
	if (c->kind == CALL_ABORT && t->state == SYN_SENT)
		send_reset(st, t);
	return false;
}

static int synrcvd_new_syn_hangs(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !a->t->passive || !is(a, SYN))
		return fourth_check_syn_bit(a);
	a->t->timer.retransmission = TICK_NEVER;
	return RETURN;
}

static int simul_open_syn_silent(struct arrival *a)
{
	if (a->t->state == SYN_RECEIVED && !a->t->passive && is(a, SYN) && !is(a, ACK))
		return RETURN;
	return fourth_check_syn_bit(a);
}

static int synrcvd_rst_inwin_reset(struct arrival *a)
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

static int synrcvd_seq_unchecked(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !is(a, ACK) || is(a, SYN) || is(a, RST))
		return first_check_sequence_number(a);
	return unacceptable_goes_on(a);
}

static int first_urg_lost(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (t->passive && t->rcv.nxt == t->rcv.irs + 1 && a->s->ack == t->snd.iss + 1)
		return GO_ON;
	return sixth_check_urg_bit(a);
}

static void syn_r2_never(struct knobs *k)
{
	k->r2_syn = TICK_NEVER;
}

/* ---- more of the sequence check ----------------------------------------------------------------------------- */

static int empty_exact_only(struct arrival *a)
{
	if (!seg_len(a->s) && !is(a, RST) && synchronized(a->t->state)
	    && seq_lt(a->t->rcv.nxt, a->s->seq) && seq_lt(a->s->seq, a->t->rcv.nxt + rcv_wnd(a->t)))
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

static int empty_beyond_silent(struct arrival *a)
{
	if (!seg_len(a->s) && !is(a, RST) && seq_lt(a->t->rcv.nxt + rcv_wnd(a->t), a->s->seq))
		return RETURN;
	return first_check_sequence_number(a);
}

static int zero_window_empty_silent(struct arrival *a)
{
	if (rcv_wnd(a->t) == 0 && !seg_len(a->s) && !is(a, RST) && a->s->seq != a->t->rcv.nxt)
		return RETURN;
	return first_check_sequence_number(a);
}

static int octet_taken_for_keepalive(struct arrival *a)
{
	if (a->s->len == 1 && a->s->ctl == ACK && a->s->seq == a->t->rcv.nxt && a->t->state == ESTABLISHED)
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

/* What is beyond the edge is acknowledged, and has no place. */
static int right_overlap_overrun(struct arrival *a)
{
	struct tcb *t = a->t;
	uint32_t wnd = rcv_wnd(t), right = t->rcv.nxt + wnd, old = t->rcv.nxt - a->s->seq;

	if (!wnd || a->s->ctl & (SYN | RST | FIN) || !seq_le(a->s->seq, t->rcv.nxt) || !seq_lt(right, seg_end(a->s)))
		return first_check_sequence_number(a);
	text_arrives(t, t->rcv.nxt, a->s->text + old, wnd);
	t->rcv.nxt = seg_end(a->s);
	return answered_and_dropped(a);
}

static int fin_out_of_window_taken(struct arrival *a)
{
	if (a->t->state != ESTABLISHED || !is(a, FIN) || is(a, SYN) || is(a, RST))
		return first_check_sequence_number(a);
	if (muted(first_check_sequence_number, a) == RETURN) {
		a->seq = a->t->rcv.nxt;
		a->len = 0;
		a->fin = true;
	}
	return GO_ON;
}

static int rst_ack_field_checked(struct arrival *a)
{
	if (a->t->state == ESTABLISHED && is(a, RST | ACK)
	    && (seq_lt(a->s->ack, a->t->snd.una) || seq_lt(a->t->snd.nxt, a->s->ack)))
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

static int syn_just_below_silent(struct arrival *a)
{
	if (is(a, SYN) && synchronized(a->t->state) && a->s->seq == a->t->rcv.nxt - 1)
		return RETURN;
	return first_check_sequence_number(a);
}

/* Ten in five seconds, for all connections and whatever they are for. */
static bool challenge_global_counter(struct stack *st, struct tcb *t, struct seg *s)
{
	int slot = (int)(st->now / S(5) % 100000) * 100;

	if (!t || s->ctl != ACK || s->len)
		return true;
	if (st->fault_count < slot || st->fault_count >= slot + 100)
		st->fault_count = slot;
	st->fault_count += st->fault_count < slot + 10;
	return st->fault_count < slot + 10;
}

static int piece_below_reversed(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (a->len > 1 && t->buf.n_above && seq_lt(t->rcv.nxt, a->seq)
	    && t->buf.end + (a->seq - t->rcv.nxt) < t->buf.above[0].from) {
		for (uint32_t i = 0; i < a->len; i++)
			a->st->text[i] = a->text[a->len - 1 - i];
		a->text = a->st->text;
	}
	return seventh_process_segment_text(a);
}

static int ack_stepwise(struct arrival *a)
{
	struct tcb *t = a->t;
	uint32_t end = a->seq + a->len;
	bool fills = t->buf.n_above > 0 && a->len && a->seq == t->rcv.nxt;
	int after = seventh_process_segment_text(a);

	if (fills && seq_lt(end, t->rcv.nxt)) {
		ack_as_if(a, end);
		t->ack_now = true;
	}
	return after;
}

static bool ack_twice(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->state == ESTABLISHED && s->ctl == ACK && !s->len)
		st->cfg.emit(st->cfg.arg, s);
	return true;
}

static int only_full_acks(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (is(a, ACK) && synchronized(t->state) && seq_lt(t->snd.una, a->s->ack) && seq_lt(a->s->ack, t->snd.nxt))
		alter(a)->ack = t->snd.una;
	return fifth_check_ack_field(a);
}

static int urg_pointer_beyond_dropped(struct arrival *a)
{
	if (is(a, URG) && a->s->urg > a->s->len)
		return RETURN;
	return sixth_check_urg_bit(a);
}

/* ---- more of closing ------------------------------------------------------------------------------------------ */

static int urg_half_closed_forgotten(struct arrival *a)
{
	return a->t->state == ESTABLISHED ? sixth_check_urg_bit(a) : GO_ON;
}

static int urg_in_closewait(struct arrival *a)
{
	if (a->t->state == CLOSE_WAIT && is(a, URG))
		note(a->st, a->t, NOTE_URGENT, 0, 0);
	return sixth_check_urg_bit(a);
}

static int fin_flushes_unread(struct arrival *a)
{
	int after = eighth_check_fin_bit(a);

	if (a->fin)
		a->t->buf.read = a->t->buf.end;
	return after;
}

static void closewait_no_retransmission(struct stack *st, struct tcb *t)
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

static int closewait_takes_text(struct arrival *a) { return text_taken_in(a, CLOSE_WAIT); }
static int timewait_takes_text(struct arrival *a)  { return text_taken_in(a, TIME_WAIT); }

static int closewait_times_out(struct arrival *a)
{
	int after = eighth_check_fin_bit(a);

	if (a->t->state == CLOSE_WAIT && a->fin) {
		a->st->k.reset_on_timeout = true;
		a->t->timer.user = a->st->now + S(20);
	}
	return after;
}

static bool closewait_close_forgets(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
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

static int finack_to_closing(struct arrival *a)
{
	return a->t->state == FIN_WAIT_1 && a->fin ? fin_still_unacked(a) : fifth_check_ack_field(a);
}

static int fin_retx_after_ack(struct arrival *a)
{
	return a->t->state == FIN_WAIT_1 && !a->fin ? fin_still_unacked(a) : fifth_check_ack_field(a);
}

static int closing_stuck(struct arrival *a)
{
	return a->t->state == CLOSING ? fin_still_unacked(a) : fifth_check_ack_field(a);
}

static int last_ack_any(struct arrival *a)
{
	if ((a->t->state == CLOSING || a->t->state == LAST_ACK) && is(a, ACK))
		alter(a)->ack = a->t->snd.nxt;
	return fifth_check_ack_field(a);
}

static int finwait2_times_out(struct arrival *a)
{
	int after = fifth_check_ack_field(a);

	if (a->t->state == FIN_WAIT_2 && a->t->timer.time_wait == TICK_NEVER)
		a->t->timer.time_wait = a->st->now + S(60);
	return after;
}

static bool second_close_second_fin(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)out;
	if (c->kind != CALL_SHUTDOWN || (t->state != FIN_WAIT_1 && t->state != FIN_WAIT_2))
		return false;
	send_segment(st, t, FIN | ACK, t->snd.nxt, 0);
	return true;
}

static bool send_after_close_lost(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || (t->state != FIN_WAIT_1 && t->state != FIN_WAIT_2 && t->state != CLOSING))
		return false;
	out->n = c->n;
	return true;
}

static bool send_without_connection_lost(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || t->state != CLOSED)
		return false;
	out->n = c->n;
	return true;
}

static bool abort_silent(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)out;
	if (c->kind != CALL_ABORT)
		return false;
	t->user_holds = false;
	connection_gone(st, t, 0);
	return true;
}

static bool persist_never_abandoned(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)out;
	return c->kind == CALL_ABORT && in_persist(t);
}

static bool own_fin_not_counted(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->state == TIME_WAIT && s->ctl == ACK)
		s->seq--;
	return true;
}

static bool closing_ack_seq_una(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->state == CLOSING && s->ctl == ACK)
		s->seq = t->snd.una;
	return true;
}

static int noack_acked_closing(struct arrival *a)  { return noack_acked_in(a, CLOSING); }
static int noack_acked_lastack(struct arrival *a)  { return noack_acked_in(a, LAST_ACK); }
static int noack_acked_timewait(struct arrival *a) { return noack_acked_in(a, TIME_WAIT); }
static int rst_acked_timewait(struct arrival *a)   { return rst_acked_in(a, TIME_WAIT); }

static int timewait_rst_reset(struct arrival *a)
{
	if (a->t->state != TIME_WAIT || !is(a, RST) || a->s->seq == a->t->rcv.nxt)
		return second_check_rst_bit(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static int timewait_ack_reset(struct arrival *a)
{
	if (a->t->state != TIME_WAIT || !is(a, ACK) || seg_len(a->s))
		return fifth_check_ack_field(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static void timewait_for_ever(struct knobs *k)
{
	k->msl = S(1000000);
}

/* ---- more of the window, of sending and of keep-alive ---------------------------------------------------------- */

static bool window_shrink_stalls(struct stack *st, struct tcb *t, struct seg *s)
{
	if (!t || !s->len)
		return true;
	st->fault_count |= t->snd.wnd < flight_size(t);
	return !st->fault_count || t->snd.wnd < flight_size(t);
}

static bool window_shrink_no_retransmission(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	return !again(t) || !s->len || !t->snd.wnd || flight_size(t) <= t->snd.wnd;
}

static bool small_send_waits(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || c->n >= 536 || t->state != ESTABLISHED || flight_size(t) || c->urgent)
		return false;
	t->snd.written += c->n;
	out->n = c->n;
	return true;
}

/* As far as it leaves: what is sent later is cut like it. */
static bool send_makes_segments(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)out;
	if (c->kind == CALL_SEND && c->n > 0)
		t->opt.maxseg = c->n < 65535 ? (uint16_t)c->n : 65535;
	return false;
}

static int mss_never_above_536(struct arrival *a)
{
	int after = listen_third_check_for_syn(a);
	struct tcb *t = tcb_find(a->st, &a->s->dst, &a->s->src);

	if (t && t->snd.mss > 536)
		t->snd.mss = 536;
	return after;
}

static void mss_zero_taken(struct knobs *k)
{
	k->mss_min = 0;
}

static bool user_timeout_ignored(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)t;
	(void)out;
	return c->kind == CALL_SET && c->option == OPTION_USER_TIMEOUT;
}

static bool keepalive_interval_fixed(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)t;
	(void)out;
	return c->kind == CALL_SET && c->option == OPTION_KEEPALIVE_IDLE;
}

static bool keepalive_for_all(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
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

static void keepalive_never_sent(struct stack *st, struct tcb *t)
{
	if (t->timer.keepalive <= st->now)
		t->timer.keepalive = TICK_NEVER;
}

static bool keepalive_two_octets(struct stack *st, struct tcb *t, struct seg *s)
{
	static const uint8_t garbage[2];

	(void)st;
	if (t && t->keepalive_probes && s->ctl == ACK && s->seq == t->snd.nxt - 1) {
		s->text = garbage;
		s->len = 2;
	}
	return true;
}

/* ---- more of timers and congestion ------------------------------------------------------------------------------- */

static tick no_less(tick a, tick b)
{
	return a > b ? a : b;
}

static int rtt_first_without_variance(struct arrival *a)
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

static int rtt_measured_once(struct arrival *a)
{
	if (a->t->rtt.measured)
		a->t->rtt.timing = false;
	return fifth_check_ack_field(a);
}

static int rtt_variance_vanishes(struct arrival *a)
{
	struct tcb *t = a->t;
	int after = fifth_check_ack_field(a);

	if (t->rtt.measured && 4 * t->rtt.rttvar < MS(20))
		t->rtt.rto = no_less(t->rtt.srtt, a->st->k.rto_min);
	return after;
}

static bool retx_tinygram(struct stack *st, struct tcb *t, struct seg *s)
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

static int timer_left_running(struct arrival *a)
{
	tick before = a->t->timer.retransmission;
	int after = fifth_check_ack_field(a);

	if (a->t->state == ESTABLISHED && a->t->timer.retransmission == TICK_NEVER)
		a->t->timer.retransmission = before;
	return after;
}

static bool send_postpones_timer(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
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

static int iw_after_lost_syn(struct arrival *a)
{
	int after;

	if (establishes(a, &after))
		a->t->cong.cwnd = 4u * eff_snd_mss(a->st, a->t);
	return after;
}

/* As if SND.UNA had been zero. */
static int cwnd_synack_grows(struct arrival *a)
{
	int after;

	if (establishes(a, &after))
		a->t->cong.cwnd += a->s->ack >> 2;
	return after;
}

static int cwnd_uninitialized(struct arrival *a)
{
	int after;

	if (establishes(a, &after) && a->t->snd.mss == (a->t->own.addr.v == 6 ? 1220 : 536))
		a->t->cong.cwnd = UINT32_MAX / 2;
	return after;
}

static int slow_start_steep(struct arrival *a)
{
	struct tcb *t = a->t;
	uint32_t una = t->snd.una;
	bool opening = syn_outstanding(t);
	int after = fifth_check_ack_field(a);

	if (!opening && seq_lt(una, t->snd.una) && t->cong.cwnd < t->cong.ssthresh)
		t->cong.cwnd += eff_snd_mss(a->st, t);
	return after;
}

static void limited_transmit_absent(struct knobs *k)
{
	k->limited_transmit = false;
}

static int limited_transmit_doubled(struct arrival *a)
{
	int before = a->t->cong.dupacks;
	int after = fifth_check_ack_field(a);

	if (a->t->cong.dupacks > before && a->t->cong.dupacks < 3)
		a->t->cong.cwnd += eff_snd_mss(a->st, a->t);
	return after;
}

/* The second option of RFC 6582 3.2 (3), from a threshold that is the whole flight. */
static int cwnd_not_halved(struct arrival *a)
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

static int cwnd_no_deflate(struct arrival *a)
{
	struct tcb *t = a->t;
	bool before = t->cong.recovering;
	uint32_t cwnd = t->cong.cwnd;
	int after = fifth_check_ack_field(a);

	if (before && !t->cong.recovering)
		t->cong.cwnd = cwnd;
	return after;
}

static int partial_ack_ends_recovery(struct arrival *a)
{
	struct tcb *t = a->t;

	if (t->cong.recovering && seq_lt(t->snd.una, a->s->ack))
		t->cong.recover = t->snd.una;
	return fifth_check_ack_field(a);
}

static int timewait_isn_below(struct arrival *a)
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

/* ---- more of RFC 7323 ---------------------------------------------------------------------------------------------- */

static bool ws_unoffered_synack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && s->ctl == (SYN | ACK) && !t->ts.ws_ok) {
		opt_nop(s);
		opt_ws(s, 0);
	}
	return true;
}

static bool ws_shifted_twice(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->ts.ws_ok && s->ctl & ACK && !(s->ctl & SYN))
		s->wnd = (uint16_t)(s->wnd >> t->rcv.shift);
	return true;
}

static int ws_retracts_edge(struct arrival *a)
{
	struct tcb *t = a->t;

	uint32_t edge = t->rcv.edge;

	if (t->rcv.shift && rcv_wnd(t) > 1u << t->rcv.shift)
		t->rcv.edge -= 1u << t->rcv.shift;
	int after = first_check_sequence_number(a);
	if (seq_lt(t->rcv.edge, edge))
		t->rcv.edge = edge;
	return after;
}

static int ws_late_accepted(struct arrival *a)
{
	if (a->o.ws && !is(a, SYN) && a->t->ts.ws_ok)
		a->t->snd.shift = a->o.ws_shift;
	return before_first_check_timestamps(a);
}

/* Another TSval in the place of ours. */
static void restamp(struct seg *s, uint32_t value)
{
	for (unsigned i = 0; i + 10 <= s->opt_len; i++)
		if (s->opt[i] == OPT_TS && s->opt[i + 1] == 10) {
			for (unsigned k = 0; k < 4; k++)
				s->opt[i + 2 + k] = (uint8_t)(value >> (24 - 8 * k));
			return;
		}
}

static bool ts_unoffered_synack(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && s->ctl == (SYN | ACK) && !t->ts.ok) {
		opt_nop(s);
		opt_nop(s);
		opt_ts(s, ts_clock(st, t), 0);
	}
	return true;
}

static int ts_syn_echo_refused(struct arrival *a)
{
	if (is(a, SYN) && a->o.ts && a->o.ts_ecr)
		return RETURN;
	return listen_third_check_for_syn(a);
}

static void ts_not_on_reset(struct knobs *k)
{
	k->ts_on_reset = false;
}

static int ts_recent_latest(struct arrival *a)
{
	struct tcb *t = a->t;
	int after = first_check_sequence_number(a);

	if (after == GO_ON && t->ts.ok && a->o.ts && !is(a, RST) && seq_lt(t->ts.recent, a->o.ts_val))
		t->ts.recent = a->o.ts_val;
	return after;
}

static int ts_recent_kept_in_gap(struct arrival *a)
{
	struct tcb *t = a->t;
	uint32_t before = t->ts.recent;
	bool gap = t->buf.n_above > 0;
	int after = first_check_sequence_number(a);

	if (gap)
		t->ts.recent = before;
	return after;
}

static int ts_recent_goes_back(struct arrival *a)
{
	struct tcb *t = a->t;

	if (!t->ts.ok || is(a, RST) || !paws_rejects(a->st, t, &a->o))
		return before_first_check_timestamps(a);
	t->ts.recent = a->o.ts_val;
	return answered_and_dropped(a);
}

static bool ts_clock_too_fast(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->ts.ok)
		restamp(s, t->ts.offset + (uint32_t)(st->now / 10));
	return true;
}

static bool ts_clock_goes_back(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->ts.ok)
		restamp(s, t->ts.offset - (uint32_t)(st->now / MS(1)));
	return true;
}

static bool ts_one_clock(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->ts.ok)
		restamp(s, (uint32_t)(st->now / MS(1)));
	return true;
}

static int paws_rst_updates(struct arrival *a)
{
	struct tcb *t = a->t;

	if (is(a, RST) && t->ts.ok && a->o.ts && seq_lt(t->ts.recent, a->o.ts_val))
		t->ts.recent = a->o.ts_val;
	return before_first_check_timestamps(a);
}

/* What waits above a gap is thrown away when the filler has another value. */
static int paws_held_again(struct arrival *a)
{
	struct tcb *t = a->t;

	if (a->len && a->seq != t->rcv.nxt)
		a->st->fault_count = (int)(a->o.ts_val & 0xffff);
	else if (a->len && t->buf.n_above && a->st->fault_count != (int)(a->o.ts_val & 0xffff))
		t->buf.n_above = 0;
	return seventh_process_segment_text(a);
}

static int paws_syn_resets(struct arrival *a)
{
	if (!is(a, SYN) || is(a, RST) || a->t->state != ESTABLISHED || !a->t->ts.ok
	    || !paws_rejects(a->st, a->t, &a->o))
		return before_first_check_timestamps(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

static int opt_bad_blind_reset(struct arrival *a)
{
	if (!a->o.malformed || !synchronized(a->t->state))
		return before_first_check_timestamps(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

/* ---- what single cases are about ----------------------------------------------------------------------------------- */

static void ws_not_offered(struct knobs *k)
{
	k->offer_ws = false;
}

static int synsent_rst_any_ack(struct arrival *a)
{
	if (!is(a, RST | ACK))
		return syn_sent_first_check_ack(a);
	connection_gone(a->st, a->t, ECONNREFUSED);
	return RETURN;
}

static int syn_in_window_answered(struct arrival *a)
{
	struct tcb *t = a->t;

	if (!is(a, SYN) || is(a, ACK) || t->state == TIME_WAIT || !synchronized(t->state)
	    || !seq_le_lt(t->rcv.nxt, a->s->seq, t->rcv.nxt + rcv_wnd(t)))
		return fourth_check_syn_bit(a);
	send_segment(a->st, t, SYN | ACK, t->snd.iss, 0);
	return RETURN;
}

static int lastack_takes_text(struct arrival *a) { return text_taken_in(a, LAST_ACK); }

static int seq_signed_compare(struct arrival *a)
{
	int32_t left = (int32_t)a->t->rcv.nxt, right = (int32_t)(a->t->rcv.nxt + rcv_wnd(a->t));
	int32_t first = (int32_t)a->s->seq, last = (int32_t)(seg_end(a->s) - 1);

	if (is(a, RST) || is(a, SYN) || !a->s->len)
		return first_check_sequence_number(a);
	if ((left <= first && first < right) || (left <= last && last < right))
		return first_check_sequence_number(a);
	return answered_and_dropped(a);
}

/* Nobody hears of it any more. */
static void hang(struct arrival *a)
{
	a->st->muted |= a->o.malformed || a->o.bad_length;
}

static int opt_bad_hangs(struct arrival *a)
{
	hang(a);
	return before_first_check_timestamps(a);
}

static int opt_bad_syn_hangs(struct arrival *a)
{
	hang(a);
	return listen_third_check_for_syn(a);
}

static int unacceptable_reset(struct arrival *a)
{
	if (a->t->state != ESTABLISHED || is(a, RST))
		return first_check_sequence_number(a);
	int after = muted(first_check_sequence_number, a);
	if (after == RETURN)
		send_reset_for(a->st, a->s, &a->o);
	return after;
}

static int noack_reset(struct arrival *a)
{
	if (is(a, ACK) || a->t->state != ESTABLISHED)
		return fifth_check_ack_field(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

static void backlog_of_one(struct knobs *k)
{
	k->backlog = 1;
}

static int open_told_early(struct arrival *a)
{
	int after = listen_third_check_for_syn(a);
	struct tcb *t = tcb_find(a->st, &a->s->dst, &a->s->src);

	if (t && t->state == SYN_RECEIVED) {
		t->id = a->st->next_id++;
		note(a->st, t, NOTE_ESTABLISHED, 0, 0);
	}
	return after;
}

static bool synack_acks_nothing(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	s->ack -= t && t->passive && s->ctl == (SYN | ACK);
	return true;
}

static int crossing_fin_lost(struct arrival *a)
{
	bool crossing = a->t->state == SYN_RECEIVED && !a->t->passive;
	int after = fifth_check_ack_field(a);

	a->fin &= !crossing;
	return after;
}

static void finwait1_text_not_repeated(struct stack *st, struct tcb *t)
{
	if (t->state == FIN_WAIT_1 && flight_size(t) > 1 && t->timer.retransmission <= st->now)
		t->timer.retransmission = TICK_NEVER;
}

static int fin_above_gap_counted(struct arrival *a)
{
	struct tcb *t = a->t;

	if (!a->fin || t->state != ESTABLISHED || a->seq + a->len == t->rcv.nxt)
		return eighth_check_fin_bit(a);
	t->rcv.nxt = a->seq + a->len + 1;
	t->ack_now = true;
	return RETURN;
}

static int timer_off_with_first_copy(struct arrival *a)
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

static int ack_rounded_up(struct arrival *a)
{
	const struct tcb *t = a->t;
	uint32_t mss = eff_snd_mss(a->st, t), covers = a->s->ack - t->snd.una;

	if (is(a, ACK) && t->state == ESTABLISHED && covers && covers < flight_size(t)) {
		covers = (covers + mss - 1) / mss * mss;
		alter(a)->ack = t->snd.una + (covers < flight_size(t) ? covers : flight_size(t));
	}
	return fifth_check_ack_field(a);
}

static void keepalive_while_outstanding(struct stack *st, struct tcb *t)
{
	if (t->timer.keepalive <= st->now && flight_size(t))
		send_keepalive(st, t);
}

static bool keepalive_never_off(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	(void)t;
	(void)out;
	return c->kind == CALL_SET && c->option == OPTION_KEEPALIVE && !c->value;
}

static void zwp_counts_probes(struct stack *st, struct tcb *t)
{
	if (t->timer.retransmission <= st->now && in_persist(t) && t->persist_probes >= 6)
		connection_gone(st, t, ETIMEDOUT);
}

static bool nagle_holds_all(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || t->state != ESTABLISHED || t->opt.nodelay || c->urgent || !flight_size(t))
		return false;
	t->snd.written += c->n;
	out->n = c->n;
	return true;
}

static void sws_overcautious(struct stack *st, struct tcb *t)
{
	if (t->timer.override <= st->now)
		t->timer.override = TICK_NEVER;
}

/* ---- more that was seen in real stacks ------------------------------------------------------------------------------ */

static int rstack_opens(struct arrival *a)
{
	if (a->t->state != SYN_RECEIVED || !is(a, RST | ACK))
		return second_check_rst_bit(a);
	alter(a)->ctl &= (uint8_t)~RST;
	return GO_ON;
}

static int window_bad_segment_moves(struct arrival *a)
{
	int after = first_check_sequence_number(a);

	if (after == RETURN && !is(a, RST) && a->t->state == ESTABLISHED && rcv_wnd(a->t) > 1000)
		a->t->rcv.edge -= 100;
	return after;
}

static int zero_window_data_taken(struct arrival *a)
{
	struct tcb *t = a->t;

	if (rcv_wnd(t) || !a->s->len || a->s->seq != t->rcv.nxt || is(a, RST) || is(a, SYN))
		return first_check_sequence_number(a);
	t->rcv.nxt += a->s->len;
	return answered_and_dropped(a);
}

static int fast_retx_when_idle(struct arrival *a)
{
	struct tcb *t = a->t;
	bool equal = a->s->ctl == ACK && !a->s->len && a->s->ack == t->snd.una && !flight_size(t);
	int after = fifth_check_ack_field(a);

	a->st->fault_count = equal ? a->st->fault_count + 1 : 0;
	if (a->st->fault_count == 3 && t->snd.base > 0 && t->state == ESTABLISHED)
		send_segment(a->st, t, ACK, t->snd.una - 1, 1);
	return after;
}

static int urg_lost_zero_window(struct arrival *a)
{
	return rcv_wnd(a->t) == 0 ? GO_ON : sixth_check_urg_bit(a);
}

static bool is_plain(const struct tcb *t, const struct seg *s)
{
	return t && !(s->ctl & (SYN | RST)) && s->opt_len == 0;
}

static bool sackperm_non_syn(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (is_plain(t, s)) {
		opt_nop(s);
		opt_nop(s);
		opt_sack_perm(s);
	}
	return true;
}

static bool opt_pad_nonzero(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (is_plain(t, s))
		opt_raw(s, (const uint8_t[]){ OPT_EOL, 7, 7, 7 }, 4);
	return true;
}

static bool opt_without_length(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (is_plain(t, s))
		opt_raw(s, (const uint8_t[]){ OPT_NOP, OPT_NOP, 253, 0 }, 4);
	return true;
}

static int isn_fixed_step(struct arrival *a)
{
	a->st->k.iss_fixed = true;
	a->st->k.iss += 64000;
	return listen_third_check_for_syn(a);
}

static int isn_peer_derived(struct arrival *a)
{
	a->st->k.iss_fixed = true;
	a->st->k.iss = a->s->seq + 1000;
	return listen_third_check_for_syn(a);
}

static int fin_above_gap_forgotten(struct arrival *a)
{
	struct tcb *t = a->t;

	if (a->fin && t->state == ESTABLISHED && a->seq + a->len != t->rcv.nxt) {
		a->st->fault_count = 1;
		t->ack_now = true;
	}
	a->fin &= !a->st->fault_count;
	return eighth_check_fin_bit(a);
}

static int ooo_overlap_miscount(struct arrival *a)
{
	struct tcb *t = a->t;
	uint64_t before = t->buf.n_above ? t->buf.above[0].to - t->buf.above[0].from + a->len : 0;
	int after = seventh_process_segment_text(a);
	struct range *r = t->buf.above;

	if (before && t->buf.n_above == 1 && a->len && r->to - r->from < before && r->to - r->from > a->len)
		r->to--;
	return after;
}

static bool retx_without_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (again(t) && s->len)
		s->ctl &= (uint8_t)~ACK;
	return true;
}

static void fin_blocked_by_window(struct stack *st, struct tcb *t)
{
	if (t->snd.fin_queued && in_persist(t) && t->timer.retransmission <= st->now)
		t->timer.retransmission = TICK_NEVER;
}

static int ws_unscaled_until_ack(struct arrival *a)
{
	return a->t->state == SYN_RECEIVED ? ws_not_applied(a) : fifth_check_ack_field(a);
}

/* ---- the list ------------------------------------------------------------------------------------------------ */

#define ORDER(f, t) "ORDER"
#define VALUE(v)    "VALUE"
#define WIRE(w)     "WIRE"
#define CALL(c)     "CALL"
#define TIMER(t)    "TIMER"
#define SPOT        "SPOT"
#define FAULT(i, n, how, p, r, t, e) \
	{ .name = n, .kind = how, .path = p, .req = r, .title = t, .equivalent = e },
const struct fault_info faults[] = {
#include "faults.def"
};
const size_t n_faults = sizeof(faults) / sizeof(faults[0]);
#undef FAULT
#undef ORDER
#undef VALUE
#undef WIRE
#undef CALL
#undef TIMER
#undef SPOT

struct deviation {
	step *from, *to;                                /* ORDER */
	void (*value)(struct knobs *);                  /* VALUE */
	bool (*wire)(struct stack *, struct tcb *, struct seg *); /* WIRE */
	bool (*call)(struct stack *, struct tcb *, const struct call *, struct answer *);
	void (*timer)(struct stack *, struct tcb *);
};

#define ORDER(f, t) { .from = f, .to = t }
#define VALUE(v)    { .value = v }
#define WIRE(w)     { .wire = w }
#define CALL(c)     { .call = c }
#define TIMER(t)    { .timer = t }
#define SPOT        { .from = NULL }
#define FAULT(i, n, how, ...) how,
static const struct deviation deviations[] = {
#include "faults.def"
};

bool faults_choose(struct stack *st, const char *name)
{
	st->fault = FAULT_NONE;
	if (!name)
		return true;
	for (int i = 0; i < FAULTS; i++)
		if (!strcmp(faults[i].name, name)) {
			st->fault = (enum fault_id)i;
			if (deviations[i].value)
				deviations[i].value(&st->k);
			return true;
		}
	return false;
}

step *faults_step(const struct stack *st, step *s)
{
	if (st->fault == FAULT_NONE || deviations[st->fault].from != s)
		return s;
	return deviations[st->fault].to;
}

bool faults_wire(struct stack *st, struct tcb *t, struct seg *s)
{
	if (st->muted)
		return false;
	if (st->fault == FAULT_NONE || !deviations[st->fault].wire)
		return true;
	return deviations[st->fault].wire(st, t, s);
}

bool faults_call(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	if (st->fault == FAULT_NONE || !deviations[st->fault].call)
		return false;
	return deviations[st->fault].call(st, t, c, out);
}

void faults_timer(struct stack *st, struct tcb *t)
{
	if (st->fault != FAULT_NONE && deviations[st->fault].timer)
		deviations[st->fault].timer(st, t);
}
