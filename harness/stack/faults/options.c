/* options.c: what goes wrong with options and with urgent data. */
#include <errno.h>

#include "wrong.h"

/* ---- options ---------------------------------------------------------------- */

int malformed_resets(struct arrival *a)
{
	if (!a->o.malformed || a->t->state != ESTABLISHED || a->s->seq != a->t->rcv.nxt)
		return first_check_sequence_number(a);
	send_reset(a->st, a->t);
	connection_gone(a->st, a->t, ECONNABORTED);
	return RETURN;
}

int opt_bad_ends_listener(struct arrival *a)
{
	if (!a->o.malformed || !is(a, SYN) || !a->l)
		return listen_second_check_for_ack(a);
	listener_remove(a->st, a->l);
	return RETURN;
}

bool mss_not_sent(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	if (s->ctl & SYN)
		s->opt_len = 0;
	return true;
}

bool mss_non_syn(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !(s->ctl & SYN))
		opt_mss(s, 1000);
	return true;
}

bool ws_every_segment(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !(s->ctl & (SYN | RST))) {
		opt_nop(s);
		opt_ws(s, t->rcv.shift);
	}
	return true;
}

bool ts_dropped_midway(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !(s->ctl & SYN) && (again(t) || (s->ctl & FIN)))
		s->opt_len = 0;
	return true;
}

/* Our own clock, where the peer's should be. */
bool ts_echo_wrong(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->ts.ok && (s->ctl & ACK) && !(s->ctl & SYN)) {
		s->opt_len = 0;
		opt_nop(s);
		opt_nop(s);
		opt_ts(s, ts_clock(st, t), ts_clock(st, t));
	}
	return true;
}

int paws_on_rst(struct arrival *a)
{
	if (is(a, RST) && a->t->ts.ok && paws_rejects(a->st, a->t, &a->o))
		return RETURN;
	return before_first_check_timestamps(a);
}

int opt_data_segment_ignored(struct arrival *a)
{
	if (a->s->opt_len && !is(a, SYN) && !a->t->ts.ok)
		return RETURN;
	return before_first_check_timestamps(a);
}

int opt_after_eol(struct arrival *a)
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

int opt_unaligned(struct arrival *a)
{
	if (a->s->opt_len && a->s->opt[0] != OPT_MSS)
		a->o.mss = false;
	return listen_third_check_for_syn(a);
}

int rsv_bits_drop(struct arrival *a)
{
	return a->s->rsv ? RETURN : before_first_check_timestamps(a);
}

int ws_scales_syn(struct arrival *a)
{
	struct tcb *t = a->t;
	int after = syn_sent_fourth_check_syn(a);

	if (is(a, SYN | ACK) && t->snd.wl1 == a->s->seq)
		t->snd.wnd = t->snd.max_wnd = (uint32_t)a->s->wnd << t->snd.shift;
	return after;
}

bool ws_one_sided(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && !t->ts.ws_ok && (s->ctl & ACK) && !(s->ctl & SYN))
		s->wnd >>= 3;
	return true;
}

int ws_not_applied(struct arrival *a)
{
	uint8_t shift = a->t->snd.shift;

	a->t->snd.shift = 0;
	int after = fifth_check_ack_field(a);
	a->t->snd.shift = shift;
	return after;
}

int ts_missing_aborts(struct arrival *a)
{
	if (!a->t->ts.ok || a->o.ts || is(a, RST) || is(a, SYN))
		return before_first_check_timestamps(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

bool ts_clock_stuck(struct stack *st, struct tcb *t, struct seg *s)
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

int paws_unsigned(struct arrival *a)
{
	uint32_t now = a->o.ts_val, recent = a->t->ts.recent;

	if (a->t->ts.ok && a->o.ts && !is(a, RST) && now < recent)
		return answered_and_dropped(a);
	return a->t->ts.ok && a->o.ts ? GO_ON : before_first_check_timestamps(a);
}

int paws_equal_rejected(struct arrival *a)
{
	if (a->t->ts.ok && a->o.ts && !is(a, RST) && a->o.ts_val == a->t->ts.recent
	    && synchronized(a->t->state))
		return answered_and_dropped(a);
	return before_first_check_timestamps(a);
}

void mss_zero_taken(struct knobs *k)
{
	k->mss_min = 0;
}

bool ws_unoffered_synack(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && s->ctl == (SYN | ACK) && !t->ts.ws_ok) {
		opt_nop(s);
		opt_ws(s, 0);
	}
	return true;
}

bool ws_shifted_twice(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (t && t->ts.ws_ok && s->ctl & ACK && !(s->ctl & SYN))
		s->wnd = (uint16_t)(s->wnd >> t->rcv.shift);
	return true;
}

int ws_retracts_edge(struct arrival *a)
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

int ws_late_accepted(struct arrival *a)
{
	if (a->o.ws && !is(a, SYN) && a->t->ts.ws_ok)
		a->t->snd.shift = a->o.ws_shift;
	return before_first_check_timestamps(a);
}

bool ts_unoffered_synack(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && s->ctl == (SYN | ACK) && !t->ts.ok) {
		opt_nop(s);
		opt_nop(s);
		opt_ts(s, ts_clock(st, t), 0);
	}
	return true;
}

int ts_syn_echo_refused(struct arrival *a)
{
	if (is(a, SYN) && a->o.ts && a->o.ts_ecr)
		return RETURN;
	return listen_third_check_for_syn(a);
}

void ts_not_on_reset(struct knobs *k)
{
	k->ts_on_reset = false;
}

int ts_recent_latest(struct arrival *a)
{
	struct tcb *t = a->t;
	int after = first_check_sequence_number(a);

	if (after == GO_ON && t->ts.ok && a->o.ts && !is(a, RST) && seq_lt(t->ts.recent, a->o.ts_val))
		t->ts.recent = a->o.ts_val;
	return after;
}

int ts_recent_kept_in_gap(struct arrival *a)
{
	struct tcb *t = a->t;
	uint32_t before = t->ts.recent;
	bool gap = t->buf.n_above > 0;
	int after = first_check_sequence_number(a);

	if (gap)
		t->ts.recent = before;
	return after;
}

bool ts_clock_too_fast(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->ts.ok)
		restamp(s, t->ts.offset + (uint32_t)(st->now / 10));
	return true;
}

bool ts_clock_goes_back(struct stack *st, struct tcb *t, struct seg *s)
{
	if (t && t->ts.ok)
		restamp(s, t->ts.offset - (uint32_t)(st->now / MS(1)));
	return true;
}

/* What waits above a gap is thrown away when the filler has another value. */
int paws_held_again(struct arrival *a)
{
	struct tcb *t = a->t;

	if (a->len && a->seq != t->rcv.nxt)
		a->st->fault_count = (int)(a->o.ts_val & 0xffff);
	else if (a->len && t->buf.n_above && a->st->fault_count != (int)(a->o.ts_val & 0xffff))
		t->buf.n_above = 0;
	return seventh_process_segment_text(a);
}

int opt_bad_blind_reset(struct arrival *a)
{
	if (!a->o.malformed || !synchronized(a->t->state))
		return before_first_check_timestamps(a);
	send_reset_for(a->st, a->s, &a->o);
	connection_gone(a->st, a->t, ECONNRESET);
	return RETURN;
}

void ws_not_offered(struct knobs *k)
{
	k->offer_ws = false;
}

/* Nobody hears of it any more. */
static void hang(struct arrival *a)
{
	a->st->muted |= a->o.malformed || a->o.bad_length;
}

int opt_bad_hangs(struct arrival *a)
{
	hang(a);
	return before_first_check_timestamps(a);
}

int opt_bad_syn_hangs(struct arrival *a)
{
	hang(a);
	return listen_third_check_for_syn(a);
}

static bool is_plain(const struct tcb *t, const struct seg *s)
{
	return t && !(s->ctl & (SYN | RST)) && s->opt_len == 0;
}

bool sackperm_non_syn(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (is_plain(t, s)) {
		opt_nop(s);
		opt_nop(s);
		opt_sack_perm(s);
	}
	return true;
}

bool opt_pad_nonzero(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (is_plain(t, s))
		opt_raw(s, (const uint8_t[]){ OPT_EOL, 7, 7, 7 }, 4);
	return true;
}

bool opt_without_length(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	if (is_plain(t, s))
		opt_raw(s, (const uint8_t[]){ OPT_NOP, OPT_NOP, 253, 0 }, 4);
	return true;
}

int ws_unscaled_until_ack(struct arrival *a)
{
	return a->t->state == SYN_RECEIVED ? ws_not_applied(a) : fifth_check_ack_field(a);
}

/* ---- urgent data ------------------------------------------------------------ */

bool urg_off_by_one(struct stack *st, struct tcb *t, struct seg *s)
{
	(void)st;
	(void)t;
	if (s->ctl & URG)
		s->urg--;
	return true;
}

int urg_drops_segment(struct arrival *a)
{
	return is(a, URG) ? RETURN : first_check_sequence_number(a);
}

int urg_data_swallowed(struct arrival *a)
{
	uint32_t before = a->t->rcv.nxt;
	int after = seventh_process_segment_text(a);

	if (is(a, URG) && a->t->rcv.nxt != before)
		lose(a->t, 1);
	return after;
}

int urg_needs_no_flag(struct arrival *a)
{
	if (a->s->urg)
		alter(a)->ctl |= URG;
	return sixth_check_urg_bit(a);
}

int urg_not_told(struct arrival *a)
{
	(void)a;
	return GO_ON;
}

int first_urg_lost(struct arrival *a)
{
	const struct tcb *t = a->t;

	if (t->passive && t->rcv.nxt == t->rcv.irs + 1 && a->s->ack == t->snd.iss + 1)
		return GO_ON;
	return sixth_check_urg_bit(a);
}

int urg_pointer_beyond_dropped(struct arrival *a)
{
	if (is(a, URG) && a->s->urg > a->s->len)
		return RETURN;
	return sixth_check_urg_bit(a);
}

int urg_half_closed_forgotten(struct arrival *a)
{
	return a->t->state == ESTABLISHED ? sixth_check_urg_bit(a) : GO_ON;
}

int urg_in_closewait(struct arrival *a)
{
	if (a->t->state == CLOSE_WAIT && is(a, URG))
		note(a->st, a->t, NOTE_URGENT, 0, 0);
	return sixth_check_urg_bit(a);
}

int urg_lost_zero_window(struct arrival *a)
{
	return rcv_wnd(a->t) == 0 ? GO_ON : sixth_check_urg_bit(a);
}
