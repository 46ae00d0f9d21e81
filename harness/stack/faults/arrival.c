/* arrival.c: what goes wrong with a segment that arrives: is it acceptable, a reset, a
 * blind attempt, and what does it acknowledge? */
#include <errno.h>

#include "wrong.h"

/* ---- the sequence check ----------------------------------------------------- */

/* Text from nowhere counts as the text that is next. */
int seq_check_missing(struct arrival *a)
{
	if (!is(a, RST) && !is(a, SYN) && a->s->len && synchronized(a->t->state))
		alter(a)->seq = a->t->rcv.nxt;
	return first_check_sequence_number(a);
}

int unacceptable_silent(struct arrival *a)           { return silent_in(a, ESTABLISHED); }

int seq_wrap_compare(struct arrival *a)
{
	uint32_t left = a->t->rcv.nxt, right = left + rcv_wnd(a->t);
	uint32_t first = a->s->seq, last = seg_end(a->s) - 1;

	if (is(a, RST) || is(a, SYN) || !a->s->len)
		return first_check_sequence_number(a);
	if ((left <= first && first < right) || (left <= last && last < right))
		return first_check_sequence_number(a);
	return answered_and_dropped(a);
}

int rst_window_wrap(struct arrival *a)
{
	uint32_t left = a->t->rcv.nxt, right = left + rcv_wnd(a->t), at = a->s->seq;

	if (is(a, RST) && at != left && !(left <= at && at < right))
		return RETURN;
	return second_check_rst_bit(a);
}

int left_overlap_dropped(struct arrival *a)
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

int empty_in_window_acked(struct arrival *a)
{
	if (empty_above(a))
		return answered_and_dropped(a);
	return seventh_process_segment_text(a);
}

int empty_in_window_acked_twice(struct arrival *a)
{
	if (empty_above(a))
		send_ack(a->st, a->t);
	return empty_in_window_acked(a);
}

int right_overlap_dropped(struct arrival *a)
{
	const struct seg *s = a->s;

	if (s->len && rcv_wnd(a->t) && !is(a, RST) && !is(a, SYN)
	    && seq_lt(a->t->rcv.nxt + rcv_wnd(a->t), s->seq + s->len))
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

bool pure_ack_seq_zero(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && s->ctl == ACK && !s->len)
		s->seq = 0;
	return true;
}

int noack_segment_processed(struct arrival *a)
{
	return is(a, ACK) ? fifth_check_ack_field(a) : GO_ON;
}

int dup_data_redelivered(struct arrival *a)
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

int empty_exact_only(struct arrival *a)
{
	if (!seg_len(a->s) && !is(a, RST) && synchronized(a->t->state)
	    && seq_lt(a->t->rcv.nxt, a->s->seq) && seq_lt(a->s->seq, a->t->rcv.nxt + rcv_wnd(a->t)))
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

int empty_beyond_silent(struct arrival *a)
{
	if (!seg_len(a->s) && !is(a, RST) && seq_lt(a->t->rcv.nxt + rcv_wnd(a->t), a->s->seq))
		return RETURN;
	return first_check_sequence_number(a);
}

int octet_taken_for_keepalive(struct arrival *a)
{
	if (a->s->len == 1 && a->s->ctl == ACK && a->s->seq == a->t->rcv.nxt && a->t->state == ESTABLISHED)
		return answered_and_dropped(a);
	return first_check_sequence_number(a);
}

int fin_out_of_window_taken(struct arrival *a)
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

int seq_signed_compare(struct arrival *a)
{
	int32_t left = (int32_t)a->t->rcv.nxt, right = (int32_t)(a->t->rcv.nxt + rcv_wnd(a->t));
	int32_t first = (int32_t)a->s->seq, last = (int32_t)(seg_end(a->s) - 1);

	if (is(a, RST) || is(a, SYN) || !a->s->len)
		return first_check_sequence_number(a);
	if ((left <= first && first < right) || (left <= last && last < right))
		return first_check_sequence_number(a);
	return answered_and_dropped(a);
}

/* ---- acknowledgments -------------------------------------------------------- */

int old_ack_blocks_data(struct arrival *a)
{
	if (is(a, ACK) && synchronized(a->t->state) && seq_lt(a->s->ack, a->t->snd.una))
		return RETURN;
	return fifth_check_ack_field(a);
}

static bool ack_of_future(const struct arrival *a)
{
	return is(a, ACK) && synchronized(a->t->state) && seq_lt(a->t->snd.nxt, a->s->ack);
}

int ack_future_accepted(struct arrival *a)
{
	if (ack_of_future(a))
		alter(a)->ack = a->t->snd.nxt;
	return fifth_check_ack_field(a);
}

int ack_future_data_delivered(struct arrival *a)
{
	if (ack_of_future(a)) {
		seventh_process_segment_text(a);
		a->len = 0;
		user_reads(a->st, a->t);
	}
	return fifth_check_ack_field(a);
}

int ack_future_silent(struct arrival *a)
{
	if (ack_of_future(a))
		return RETURN;
	return fifth_check_ack_field(a);
}

int ack_pingpong(struct arrival *a)
{
	if (seg_len(a->s) == 0)
		a->t->ack_now = true;
	return sixth_check_urg_bit(a);
}

void ooo_no_dupack(struct knobs *k)
{
	k->ack_above_gap = false;
}

int gapfill_ack_delayed(struct arrival *a)
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

void ack_only_piggyback(struct knobs *k)
{
	k->delayed_ack = S(100000);
	k->delayed_ack_segments = 1 << 16;
}

void ack_delay_long(struct knobs *k)
{
	k->delayed_ack = MS(1500);
}

void stretch_ack(struct knobs *k)
{
	k->delayed_ack_segments = 16;
	k->window_update_segments = 16;
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

int ack_goes_back(struct arrival *a)
{
	if (a->t->state != ESTABLISHED || is(a, RST) || is(a, SYN) || !a->s->len
	    || !seq_le(seg_end(a->s), a->t->rcv.nxt))
		return first_check_sequence_number(a);
	ack_as_if(a, a->s->seq);
	return RETURN;
}

int ooo_discarded(struct arrival *a)
{
	if (a->len && a->seq != a->t->rcv.nxt) {
		a->t->ack_now = true;
		return RETURN;
	}
	return seventh_process_segment_text(a);
}

int ooo_delivered_early(struct arrival *a)
{
	if (a->len && a->seq != a->t->rcv.nxt)
		a->seq = a->t->rcv.nxt;
	return seventh_process_segment_text(a);
}

void ack_never_delayed(struct knobs *k)
{
	k->delayed_ack = 0;
}

int piece_below_reversed(struct arrival *a)
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

int ack_stepwise(struct arrival *a)
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

bool ack_twice(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->state == ESTABLISHED && s->ctl == ACK && !s->len)
		st->cfg.emit(st->cfg.arg, s);
	return true;
}

int ooo_overlap_miscount(struct arrival *a)
{
	struct tcb *t = a->t;
	uint64_t before = t->buf.n_above ? t->buf.above[0].to - t->buf.above[0].from + a->len : 0;
	int after = seventh_process_segment_text(a);
	struct range *r = t->buf.above;

	if (before && t->buf.n_above == 1 && a->len && r->to - r->from < before && r->to - r->from > a->len)
		r->to--;
	return after;
}

/* ---- resets ----------------------------------------------------------------- */

int rst_answers_rst(struct arrival *a)
{
	if (!is(a, RST))
		return GO_ON;
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

int synsent_rst_ack_off_by_one(struct arrival *a)
{
	if (!is(a, RST | ACK))
		return syn_sent_first_check_ack(a);
	if (a->s->ack == a->t->snd.iss)
		connection_gone(a->st, a->t, ECONNREFUSED);
	return RETURN;
}

int rst_any_seq(struct arrival *a)
{
	if (!is(a, RST))
		return first_check_sequence_number(a);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

int rst_exact_challenged(struct arrival *a)
{
	if (is(a, RST) && a->s->seq == a->t->rcv.nxt)
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

int rst_out_acked(struct arrival *a)
{
	int after = first_check_sequence_number(a);

	if (after == RETURN && is(a, RST))
		send_ack(a->st, a->t);
	return after;
}

int challenge_ack_echoes_seq(struct arrival *a)
{
	if (!is(a, RST) || a->s->seq == a->t->rcv.nxt)
		return second_check_rst_bit(a);
	ack_as_if(a, a->s->seq);
	return RETURN;
}

int rstack_invalid_flags(struct arrival *a)
{
	return is(a, RST | ACK) ? RETURN : first_check_sequence_number(a);
}

int rst_data_acked(struct arrival *a)
{
	if (is(a, RST) && a->s->len)
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

int rst_ignored_zero_window(struct arrival *a)
{
	if (is(a, RST) && rcv_wnd(a->t) == 0)
		return RETURN;
	return first_check_sequence_number(a);
}

bool rst_seq_not_from_ack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (!t && !(s->ctl & ACK))
		s->seq = 0;
	return true;
}

int rst_ack_misses_len(struct arrival *a)
{
	alter(a)->len = 0;
	return closed_send_reset(a);
}

int rst_ack_misses_fin(struct arrival *a)
{
	alter(a)->ctl &= (uint8_t)~FIN;
	return closed_send_reset(a);
}

int rst_ack_misses_syn(struct arrival *a)
{
	alter(a)->ctl &= (uint8_t)~SYN;
	return closed_send_reset(a);
}

bool rst_bad_checksum(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	if (s->ctl & RST)
		s->wrong |= WRONG_CKSUM;
	return true;
}

int closed_silent(struct arrival *a)
{
	return muted(closed_send_reset, a);
}

int closed_speaks_while_open(struct arrival *a)
{
	for (const struct tcb *t = a->st->tcbs; t; t = t->next)
		if (t->state == ESTABLISHED)
			return closed_send_reset(a);
	return RETURN;
}

int talks_after_rst(struct arrival *a)
{
	if (is(a, RST) && a->t->state == ESTABLISHED)
		return RETURN;
	return second_check_rst_bit(a);
}

int rst_on_old_ack(struct arrival *a)
{
	if (a->t->state != ESTABLISHED || !is(a, ACK)
	    || (seq_le(a->t->snd.una, a->s->ack) && seq_le(a->s->ack, a->t->snd.nxt)))
		return fifth_check_ack_field(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

int rst_ack_field_checked(struct arrival *a)
{
	if (a->t->state == ESTABLISHED && is(a, RST | ACK)
	    && (seq_lt(a->s->ack, a->t->snd.una) || seq_lt(a->t->snd.nxt, a->s->ack)))
		return answered_and_dropped(a);
	return second_check_rst_bit(a);
}

bool send_without_connection_lost(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)st;
	if (c->kind != CALL_SEND || t->state != CLOSED)
		return false;
	out->n = c->n;
	return true;
}

bool abort_silent(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	(void)out;
	if (c->kind != CALL_ABORT)
		return false;
	t->user_holds = false;
	connection_gone(st, t, 0);
	return true;
}

int unacceptable_reset(struct arrival *a)
{
	if (a->t->state != ESTABLISHED || is(a, RST))
		return first_check_sequence_number(a);
	int after = muted(first_check_sequence_number, a);
	if (after == RETURN)
		send_reset_for(a->st, a->s, &a->o);
	return after;
}

int noack_reset(struct arrival *a)
{
	if (is(a, ACK) || a->t->state != ESTABLISHED)
		return fifth_check_ack_field(a);
	send_reset_for(a->st, a->s, &a->o);
	return RETURN;
}

/* ---- blind segments (RFC 5961) ---------------------------------------------- */

int syn_counted_in(struct arrival *a)
{
	if (!is(a, SYN) || a->t->state != ESTABLISHED || a->s->seq != a->t->rcv.nxt)
		return fourth_check_syn_bit(a);
	a->t->rcv.nxt++;
	return answered_and_dropped(a);
}

void rst_inwin_kills(struct knobs *k)
{
	k->rst_in_window = RST_793;
}

int syn_any_seq_resets(struct arrival *a)
{
	if (!is(a, SYN) || is(a, RST) || a->t->state != ESTABLISHED)
		return first_check_sequence_number(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

int fin_blind_accepted(struct arrival *a)
{
	if (is(a, FIN) && ack_of_future(a))
		return GO_ON;
	return fifth_check_ack_field(a);
}

void challenge_unlimited(struct knobs *k)
{
	k->challenge_limit = 0;
}

void isn_constant(struct knobs *k)
{
	k->iss_fixed = true;
	k->iss = 64000;
}

int paws_absent(struct arrival *a)
{
	(void)a;
	return GO_ON;
}

bool rsv_bits_set(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	s->rsv = 4;
	return true;
}

int paws_poison(struct arrival *a)
{
	int after = before_first_check_timestamps(a);

	if (after == GO_ON && a->t->ts.ok && a->o.ts && !is(a, RST))
		a->t->ts.recent = a->o.ts_val;
	return after;
}

int syn_just_below_silent(struct arrival *a)
{
	if (is(a, SYN) && synchronized(a->t->state) && a->s->seq == a->t->rcv.nxt - 1)
		return RETURN;
	return first_check_sequence_number(a);
}

/* Ten in five seconds, for all connections and whatever they are for. */
bool challenge_global_counter(struct stack *st, struct tcb *t, struct seg *s)
{
	int slot = (int)(st->now / S(5) % 100000) * 100;

	if (!t || s->ctl != ACK || s->len)
		return true;
	if (st->fault_count < slot || st->fault_count >= slot + 100)
		st->fault_count = slot;
	st->fault_count += st->fault_count < slot + 10;
	return st->fault_count < slot + 10;
}

int ts_recent_goes_back(struct arrival *a)
{
	struct tcb *t = a->t;

	if (!t->ts.ok || is(a, RST) || !paws_rejects(a->st, t, &a->o))
		return before_first_check_timestamps(a);
	t->ts.recent = a->o.ts_val;
	return answered_and_dropped(a);
}

bool ts_one_clock(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->ts.ok)
		restamp(s, (uint32_t)(st->now / MS(1)));
	return true;
}

int paws_rst_updates(struct arrival *a)
{
	struct tcb *t = a->t;

	if (is(a, RST) && t->ts.ok && a->o.ts && seq_lt(t->ts.recent, a->o.ts_val))
		t->ts.recent = a->o.ts_val;
	return before_first_check_timestamps(a);
}

int paws_syn_resets(struct arrival *a)
{
	if (!is(a, SYN) || is(a, RST) || a->t->state != ESTABLISHED || !a->t->ts.ok
	    || !paws_rejects(a->st, a->t, &a->o))
		return before_first_check_timestamps(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

int isn_fixed_step(struct arrival *a)
{
	a->st->k.iss_fixed = true;
	a->st->k.iss += 64000;
	return listen_third_check_for_syn(a);
}

int isn_peer_derived(struct arrival *a)
{
	a->st->k.iss_fixed = true;
	a->st->k.iss = a->s->seq + 1000;
	return listen_third_check_for_syn(a);
}
