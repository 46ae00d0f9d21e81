/* faults.c: what the declared misbehaviours of faults.def do.
 *
 * This is the one file of the stack that is wrong on purpose.  A deviation of a
 * step usually does its wrong in one case and leaves the others to the step whose
 * place it has taken; a filter gets every segment that leaves (t is NULL for a
 * reset without connection) and returns false to swallow it. */
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

/* ---- the list ------------------------------------------------------------------------------------------------ */

#define ORDER(f, t) "ORDER"
#define VALUE(v)    "VALUE"
#define WIRE(w)     "WIRE"
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
#undef SPOT

struct deviation {
	step *from, *to;                                /* ORDER */
	void (*value)(struct knobs *);                  /* VALUE */
	bool (*wire)(struct stack *, struct tcb *, struct seg *); /* WIRE */
};

#define ORDER(f, t) { .from = f, .to = t }
#define VALUE(v)    { .value = v }
#define WIRE(w)     { .wire = w }
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
