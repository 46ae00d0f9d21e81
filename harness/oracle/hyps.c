/* hyps.c: the hypotheses: what the DUT may be doing, thinned out by what it sends.
 *
 * A segment that left us lies in a queue until a hypothesis has processed it:
 * the DUT may have sent what we see before it had that segment.  So at each
 * segment of the DUT every hypothesis is asked as it stands, with the first of
 * the queue processed, with the first two, and so on; those that cannot have
 * sent it die.  When the time for a reply is over, what is queued counts as
 * processed and the reply as missing.
 *
 * A call is made somewhere between the question and the answer.  So it waits,
 * too: a segment whose stamp is not behind the answer may have left before the
 * call or after it, whatever else the DUT had processed then; behind the answer
 * the call has been made.  On the virtual clock both are one instant.
 *
 * Processing later is the same as processing now when nothing that was seen
 * depends on it, so only the laziest explanation is kept; that, and comparing,
 * keeps the hypotheses few.  Where they would become too many they are joined
 * into one that explains everything, and that is counted. */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../probes/seq.h"
#include "../../probes/show.h"
#include "answers.h"
#include "inner.h"

/* Hypotheses while one segment is looked at: those that can have sent it, and
 * those of one place in the queue and of the next. */
#define SURVIVORS 256
#define LEVEL     128
#define KEPT      128           /* for hyps_now */
_Static_assert(SURVIVORS + 2 * LEVEL + KEPT <= ROOM, "the room holds all four");

rule_hit *hyps_hit;

struct crowd {
	struct hyp *h;
	unsigned n, room;
	bool overflow;
};

static struct crowd crowd(struct hyp *room, unsigned size)
{
	return (struct crowd) { .h = room, .room = size };
}

/* Which row a reply is owed by only matters for the words. */
static bool same_debts(const struct hyp *a, const struct hyp *b)
{
	if (a->n_owed != b->n_owed)
		return false;
	for (unsigned i = 0; i < a->n_owed; i++)
		if (a->owed[i].answers != b->owed[i].answers || a->owed[i].number != b->owed[i].number ||
		    a->owed[i].due != b->owed[i].due || a->owed[i].late != b->owed[i].late ||
		    ((a->owed[i].answers & RST_NXT) && (a->owed[i].snd_una != b->owed[i].snd_una ||
		                                        a->owed[i].snd_nxt != b->owed[i].snd_nxt)))
			return false;
	return true;
}

static bool same(const struct hyp *a, const struct hyp *b)
{
	return a->next == b->next && a->calls == b->calls && a->vague == b->vague &&
	       memcmp(&a->t, &b->t, offsetof(struct tcb, since)) == 0 && same_debts(a, b);
}

static tick earlier(tick a, tick b)
{
	return a < b ? a : b;
}

/* Of two that differ only in times, what either explains: the longest waiting,
 * the latest challenge. */
static void merge_times(struct tcb *into, const struct tcb *t)
{
	into->since = earlier(into->since, t->since);
	into->waiting = earlier(into->waiting, t->waiting);
	into->heard = earlier(into->heard, t->heard);
	if (into->lingers == 0 || t->lingers == 0)
		into->lingers = 0;
	else if (into->lingers < t->lingers)
		into->lingers = t->lingers;
	for (unsigned i = 0; i < CHALLENGES; i++)
		if (into->challenged[i] < t->challenged[i])
			into->challenged[i] = t->challenged[i];
}

static void join_in(struct crowd *c, const struct hyp *h)
{
	for (unsigned i = 0; i < c->n; i++)
		if (same(&c->h[i], h)) {
			merge_times(&c->h[i].t, &h->t);
			return;
		}
	if (c->n == c->room) {
		c->overflow = true;
		return;
	}
	memcpy(&c->h[c->n++], h, sizeof(*h));
}

/* Too many to keep apart: one that explains everything. */
static void forget_all(struct oracle *o)
{
	o->stats.joins++;
	memset(o->hyps, 0, sizeof(o->hyps[0]));
	o->hyps[0].vague = true;
	o->hyps[0].next = o->n_inputs;
	o->hyps[0].calls = o->n_asked;
	o->hyps[0].t.state = CLOSED;
	o->n_hyps = 1;
}

static void become(struct oracle *o, const struct crowd *c)
{
	unsigned n = c->n;

	if (n > HYPOTHESES || c->overflow) {
		forget_all(o);
		return;
	}
	memcpy(o->hyps, c->h, n * sizeof(c->h[0]));
	o->n_hyps = n;
	if (n > o->stats.hypotheses_max)
		o->stats.hypotheses_max = n;
}

/* ---- owing ---------------------------------------------------------------- */

static void owe(struct hyp *h, const struct owed *owed)
{
	if (owed->answers == NOTHING || (owed->answers == SILENCE && owed->row->req == NULL))
		return;
	if (h->n_owed == OWED) {
		/* The oldest that may be silent makes place, else the oldest. */
		unsigned place = 0;

		for (unsigned i = 0; i < OWED; i++)
			if (h->owed[i].answers & SILENCE) {
				place = i;
				break;
			}
		memmove(&h->owed[place], &h->owed[place + 1], (OWED - place - 1) * sizeof(h->owed[0]));
		h->n_owed--;
	}
	memcpy(&h->owed[h->n_owed++], owed, sizeof(*owed));
}

static void owe_nothing(struct hyp *h)
{
	memset(h->owed, 0, sizeof(h->owed));
	h->n_owed = 0;
}

/* With the connection goes what it had still to say: the ACK that was delayed, the
 * FIN that waited for its turn (3.10.5: "all segments queued for transmission ...
 * should be flushed").  What was under way may still come. */
static void let_go(struct hyp *h, enum tcp_state before, unsigned answers)
{
	const bool gone = h->t.state == CLOSED || h->t.state == LISTEN ||
		(h->t.state == TIME_WAIT && (answers & ANY_RST));

	if (!gone || before < SYN_RECEIVED)
		return;
	for (unsigned i = 0; i < h->n_owed; i++)
		if (!h->owed[i].late && (h->owed[i].answers & (ACK_SOON | THE_FIN)))
			h->owed[i].answers |= SILENCE;
}

static tick reply_time(const struct oracle *o)
{
	return o->config.reply_within + o->config.slack;
}

/* ---- processing ----------------------------------------------------------- */

static void hit(void *arg, const struct rule *row)
{
	if (hyps_hit != NULL)
		hyps_hit(arg, row);
}

static struct view view_of(const struct oracle *o, const struct calls *c, const struct tcb *t, tick now)
{
	return (struct view) {
		.t = t, .config = &o->config, .now = now, .paused = c->paused, .paused_until = c->paused_until,
		.received = c->received, .linger_zero = c->linger_zero, .timeouts = c->keepalive
	};
}

/* "When the time-wait timeout expires ... delete the TCB" (3.10.8): it has, where a
 * tenth for coarse timers is over, too.  Whatever arrives may have restarted it. */
static bool time_wait_is_over(const struct oracle *o, const struct tcb *t, tick now)
{
	const tick two_msl = 2 * o->config.msl;

	return t->state == TIME_WAIT && t->lingers != 0 && two_msl > 0 &&
	       now - t->lingers > two_msl + two_msl / 10 + S(1) + reply_time(o);
}

/* What time alone may have done to it: itself, and what it may be instead. */
static void by_time(const struct oracle *o, const struct hyp *h, tick now, struct crowd *out)
{
	struct outcome outcomes[OUTCOMES];
	const struct view v = view_of(o, &o->calls, &h->t, now);

	if (h->vague || !time_wait_is_over(o, &h->t, now))
		join_in(out, h);
	if (h->vague)
		return;
	const unsigned n = rules_play(rules_timeouts, &v, outcomes, hit, NULL);

	for (unsigned i = 0; i < n; i++) {
		struct hyp gone;

		memcpy(&gone, h, sizeof(gone));
		gone.t = outcomes[i].t;
		join_in(out, &gone);
	}
}

static bool drew_lately(tick drew, tick now, tick within)
{
	return drew != 0 && now - drew < within;
}

/* Silence where the DUT may be sparing (RFC 5961 7): the same kind of reply was
 * drawn less than a second ago, or as often as the text suggests.  Text has its
 * reply all the same, unless it is the ACK of it that is refused (5.2). */
static unsigned sparing(const struct oracle *o, struct tcb *t, const struct input *in, const struct outcome *what)
{
	unsigned answers = what->answers;

	if (!(answers & THROTTLED))
		return answers;
	answers &= ~(unsigned)THROTTLED;
	if (o->config.accept == ACCEPT_STRICT)
		return answers;
	const bool countable = in->seg.len == 0 || (in->seg.ctl & (SYN | RST)) || what->row->step == 5;

	if (countable && (drew_lately(t->challenged[0], in->at, S(1)) ||
	                  drew_lately(t->challenged[CHALLENGES - 1], in->at, CHALLENGES_IN)))
		answers |= SILENCE;
	memmove(&t->challenged[1], &t->challenged[0], (CHALLENGES - 1) * sizeof(t->challenged[0]));
	t->challenged[0] = in->at + (in->at == 0);
	return answers;
}

/* The DUT processes the first of the queue. */
static void process(const struct oracle *o, const struct hyp *h, struct crowd *out)
{
	const struct input *in = &o->inputs[h->next % INPUTS];
	struct outcome outcomes[OUTCOMES];

	if (h->vague) {
		struct hyp on;

		memcpy(&on, h, sizeof(on));
		on.next++;
		join_in(out, &on);
		return;
	}
	struct view v = view_of(o, &o->calls, &h->t, in->at);

	v.in = in;
	const unsigned n = rules_arrive(&v, outcomes, hit, NULL);

	for (unsigned i = 0; i < n; i++) {
		struct hyp on;

		memcpy(&on, h, sizeof(on));
		on.t = outcomes[i].t;
		on.before = h->t;
		on.next++;
		effects_of_arrival(&on.t, &v);
		on.t.lingers = on.t.state == TIME_WAIT ? in->at : 0;
		/* What a DUT makes of a peer that contradicts itself is beyond
		 * the text; and what it does about a malformed option (MUST-7:
		 * a reset is one procedure), if the segment counts at all. */
		on.vague = on.t.lost_count || on.t.contradicted ||
			(in->opts.malformed && (!synchronized(h->t.state) || in->seg.seq == h->t.rcv_nxt));
		struct owed owed = {
			.row = outcomes[i].row, .input = in->index, .number = h->next, .state = h->t.state,
			.seg_acks = in->seg.ctl & ACK, .seg_ack = in->seg.ack, .seg_end = seg_end(&in->seg),
			.snd_una = h->t.snd_una, .snd_nxt = h->t.snd_nxt, .at = in->at,
			.answers = sparing(o, &on.t, in, &outcomes[i])
		};

		owed.due = in->at + reply_time(o) + (owed.answers & ACK_SOON ? MS(500) : 0);
		let_go(&on, h->t.state, owed.answers);
		if (on.vague)
			owe_nothing(&on);
		else
			owe(&on, &owed);
		join_in(out, &on);
	}
}

static void process_with_time(const struct oracle *o, const struct hyp *h, struct crowd *out)
{
	struct hyp room[4];
	struct crowd now = crowd(room, 4);

	by_time(o, h, o->inputs[h->next % INPUTS].at, &now);
	for (unsigned i = 0; i < now.n; i++)
		process(o, &room[i], out);
}

/* ---- calls ---------------------------------------------------------------- */

/* A FIN comes at once only if nothing stands in its way. */
static bool fin_is_free(const struct tcb *t, const struct calls *told)
{
	return t->snd_una == t->snd_nxt && t->snd_wnd > 0 && synchronized(t->state) &&
	       told->sent == t->snd_nxt - t->iss - 1;
}

static const struct asked *asked(const struct oracle *o, unsigned number)
{
	return &o->asked[number % CALLS];
}

/* The first call that this hypothesis has not seen made, or NULL. */
static const struct asked *open_call(const struct oracle *o, const struct hyp *h)
{
	return h->calls < o->n_asked ? asked(o, h->calls) : NULL;
}

/* That call is made now. */
static void make_call(const struct oracle *o, const struct hyp *h, struct crowd *out)
{
	const struct asked *a = asked(o, h->calls);
	struct outcome outcomes[OUTCOMES];
	struct hyp room[4];
	struct crowd now = crowd(room, 4);

	by_time(o, h, a->until, &now);
	for (unsigned k = 0; k < now.n; k++) {
		struct view v = view_of(o, &a->told, &room[k].t, a->from);

		v.call = &a->call;
		v.of_listener = a->of_listener;
		room[k].calls++;
		const unsigned n = room[k].vague ? 0 : rules_play(rules_calls, &v, outcomes, hit, NULL);

		if (n == 0)
			join_in(out, &room[k]);
		for (unsigned i = 0; i < n; i++) {
			struct hyp on;

			memcpy(&on, &room[k], sizeof(on));
			on.t = outcomes[i].t;
			if (on.t.state == TIME_WAIT)
				on.t.lingers = a->until;
			struct owed owed = {
				.row = outcomes[i].row, .input = -1, .number = UINT_MAX, .state = room[k].t.state,
				.snd_una = room[k].t.snd_una, .snd_nxt = room[k].t.snd_nxt,
				.answers = outcomes[i].answers, .at = a->until, .due = a->until + reply_time(o)
			};

			if ((owed.answers & THE_FIN) && !fin_is_free(&room[k].t, &a->told))
				owed.due = TICK_NEVER;
			let_go(&on, room[k].t.state, owed.answers);
			owe(&on, &owed);
			join_in(out, &on);
		}
	}
}

/* ---- one step of the DUT, unseen ------------------------------------------- */

/* What left us when the answer to a call was here finds the call made. */
static bool call_goes_first(const struct oracle *o, const struct hyp *h)
{
	const struct asked *a = open_call(o, h);

	return a != NULL && h->next >= a->inputs;
}

/* It processes the first of the queue, or makes the call that may go before that. */
static void step(const struct oracle *o, const struct hyp *h, struct crowd *out)
{
	if (open_call(o, h) != NULL)
		make_call(o, h, out);
	if (h->next != o->n_inputs && !call_goes_first(o, h))
		process_with_time(o, h, out);
}

/* Whatever left us at or before `until` has been processed. */
static void settle(struct oracle *o, tick until)
{
	bool again = true;

	while (again) {
		struct crowd c = crowd(o->room, SURVIVORS);

		again = false;
		for (unsigned i = 0; i < o->n_hyps; i++) {
			const struct hyp *h = &o->hyps[i];

			if (h->next < o->n_inputs && o->inputs[h->next % INPUTS].at <= until) {
				step(o, h, &c);
				again = true;
			} else {
				join_in(&c, h);
			}
		}
		if (!again)
			return;
		if (c.n == 0)
			return;                 /* no row matched: agree.c sees to it that this cannot be */
		become(o, &c);
	}
}

/* ---- calls that have been made --------------------------------------------- */

/* Call number `number` comes before, between or behind what is queued. */
static void call_at_each(const struct oracle *o, const struct hyp *hyps, unsigned n, unsigned number,
                         struct crowd *out)
{
	struct hyp *areas[2] = { o->room + SURVIVORS, o->room + SURVIVORS + LEVEL };
	struct crowd level = crowd(areas[0], LEVEL);
	unsigned at = 0;

	for (unsigned i = 0; i < n; i++)
		join_in(&level, &hyps[i]);
	out->overflow |= level.overflow;
	while (level.n > 0) {
		struct crowd next = crowd(areas[!at], LEVEL);

		for (unsigned i = 0; i < level.n; i++) {
			const struct hyp *h = &level.h[i];

			if (h->calls > number) {
				join_in(out, h);
				continue;
			}
			make_call(o, h, out);
			if (h->next != o->n_inputs && !call_goes_first(o, h))
				process_with_time(o, h, &next);
		}
		out->overflow |= next.overflow;
		level = next;
		at = !at;
	}
}

/* The first call that some hypothesis has not seen made. */
static unsigned first_open(const struct oracle *o)
{
	unsigned first = o->n_asked;

	for (unsigned i = 0; i < o->n_hyps; i++)
		if (o->hyps[i].calls < first)
			first = o->hyps[i].calls;
	return first;
}

/* All calls up to this number have been made. */
static void calls_made(struct oracle *o, unsigned number)
{
	for (unsigned i = first_open(o); i < number; i++) {
		struct crowd c = crowd(o->room, SURVIVORS);

		call_at_each(o, o->hyps, o->n_hyps, i, &c);
		become(o, &c);
	}
}

/* Those that were answered before `when` have. */
static void calls_made_before(struct oracle *o, tick when)
{
	unsigned number = first_open(o);

	while (number < o->n_asked && asked(o, number)->until < when)
		number++;
	calls_made(o, number);
}

unsigned hyps_now(const struct oracle *o, const struct hyp **hyps)
{
	unsigned n = o->n_hyps;

	*hyps = o->hyps;
	for (unsigned i = first_open(o); i < o->n_asked; i++) {
		struct crowd c = crowd(o->room, SURVIVORS);
		struct hyp *kept = o->room + SURVIVORS + 2 * LEVEL;

		call_at_each(o, *hyps, n, i, &c);
		n = c.n < KEPT ? c.n : KEPT;
		memcpy(kept, c.h, n * sizeof(*kept));
		*hyps = kept;
	}
	return n;
}

void hyps_called(struct oracle *o, const struct call *call, bool of_listener, tick from, tick until)
{
	settle(o, from - reply_time(o));
	/* What cannot be remembered has been made. */
	if (o->n_asked - first_open(o) == CALLS)
		calls_made(o, first_open(o) + 1);
	o->asked[o->n_asked++ % CALLS] = (struct asked) {
		.call = *call, .of_listener = of_listener, .from = from, .until = until,
		.inputs = o->n_inputs, .told = o->calls
	};
	if (from == until)
		calls_made(o, o->n_asked);
}

/* ---- a segment of the DUT ------------------------------------------------- */

struct look {
	struct oracle *o;
	const struct seg *s;
	const struct opts *opts;
	struct crowd survivors;
	struct death why;
	struct hyp best;                /* the hypothesis that *why is about */
	bool extends;                   /* it changes more than it acknowledges */
};

static bool answers_since(const struct hyp *h, unsigned number)
{
	for (unsigned i = 0; i < h->n_done; i++)
		if (h->done[i].number != UINT_MAX && h->done[i].number >= number)
			return true;
	return false;
}

/* One hypothesis as it stands.  Returns whether it can have sent the segment.
 * `floor`: the first input that a lazier explanation, which survived, has not
 * processed; UINT_MAX: there was none. */
static bool look_at(struct look *l, const struct hyp *h, unsigned floor)
{
	struct hyp after[SUCCESSORS];
	const unsigned told = l->why.told;
	const unsigned n = hyp_explains(l->o, h, l->s, l->opts, after, &l->why);

	if (n == 0 && l->why.told != told)
		memcpy(&l->best, h, sizeof(l->best));
	for (unsigned i = 0; i < n; i++)
		if (floor == UINT_MAX || l->extends || answers_since(&after[i], floor))
			join_in(&l->survivors, &after[i]);
	return n > 0;
}

/* All of them as they stand; then with one more of the queue processed; and so
 * on to the end of the queue. */
static void look(struct look *l)
{
	struct oracle *o = l->o;
	struct hyp *areas[2] = { o->room + SURVIVORS, o->room + SURVIVORS + LEVEL };
	unsigned floors[2][LEVEL];
	struct crowd level = crowd(areas[0], LEVEL);
	unsigned at = 0;

	for (unsigned i = 0; i < o->n_hyps; i++)
		join_in(&level, &o->hyps[i]);
	for (unsigned i = 0; i < level.n; i++)
		floors[at][i] = UINT_MAX;
	while (level.n > 0) {
		struct crowd next = crowd(areas[!at], LEVEL);

		for (unsigned i = 0; i < level.n; i++) {
			const struct hyp *h = &level.h[i];
			unsigned floor = floors[at][i];

			if (look_at(l, h, floor) && floor == UINT_MAX)
				floor = h->next;
			const unsigned from = next.n;

			step(o, h, &next);
			for (unsigned j = from; j < next.n; j++)
				floors[!at][j] = floor;
		}
		l->survivors.overflow |= next.overflow;
		level = next;
		at = !at;
	}
}

static const char *req_of(struct oracle *o, const struct owed *owed)
{
	char buf[200];

	return say_text(o, "%s", rule_req(owed->row, owed->state, buf, sizeof(buf)));
}

static void satisfied(struct oracle *o, const struct owed *owed, int reply, tick at)
{
	char words[256];

	if (owed->row->req == NULL || !o->config.lossless || said(o, owed->row, PASS))
		return;
	say(o, owed->row, &(struct judgement) {
		.verdict = PASS, .level = LEVEL_IMPLIED, .req = req_of(o, owed),
		.clause = owed->row->clause, .rule = owed->row->clause, .state = say_state(owed->state),
		.message = say_text(o, "answered as promised: %s", answer_words(owed->answers, words, sizeof(words))),
		.stimulus = owed->input, .reply = reply, .at = at
	});
}

static bool same_promise(const struct rule *a, const struct rule *b)
{
	return a == b || (a->req != NULL && b->req != NULL && strcmp(a->req, b->req) == 0);
}

static bool done_by(const struct hyp *h, const struct owed *owed)
{
	for (unsigned i = 0; i < h->n_done; i++)
		if (same_promise(h->done[i].row, owed->row))
			return true;
	return false;
}

static void praise(struct oracle *o, int reply, tick at)
{
	const struct hyp *first = &o->hyps[0];

	for (unsigned i = 0; i < first->n_done; i++) {
		bool all = true;

		for (unsigned j = 1; j < o->n_hyps; j++)
			all = all && done_by(&o->hyps[j], &first->done[i]);
		if (all)
			satisfied(o, &first->done[i], reply, at);
	}
}

/* The newest segment toward the DUT that a reset with these numbers would answer, if
 * one did (3.5.2); or NULL.  An ACK may be meant for many segments, a reset for one. */
static const struct input *meant_for(const struct oracle *o, const struct seg *rst)
{
	for (unsigned i = o->n_inputs; i-- > 0 && o->n_inputs - i <= INPUTS; ) {
		const struct input *in = &o->inputs[i % INPUTS];

		if (in->seg.ctl & ACK ? rst->seq == in->seg.ack :
		    (rst->ctl & ACK) && rst->seq == 0 && rst->ack == seg_end(&in->seg))
			return in;
	}
	return NULL;
}

/* No hypothesis can have sent this. */
static void accuse(struct look *l, int index)
{
	struct oracle *o = l->o;
	const struct death *why = &l->why;
	const struct owed *owed = why->owed;
	const struct input *of = l->s->ctl & RST ? meant_for(o, l->s) : NULL;
	char words[256];

	if (!o->config.lossless) {
		o->stats.skipped++;
		return;
	}
	o->accused = true;
	/* A row that has promised something speaks rather than a general rule; but what
	 * is told by text or a reset, when all behind that stimulus has been answered, is of
	 * its own, and a row that asks for silence says nothing of a reset for another segment. */
	const bool unasked = why->again && (l->s->len > 0 || (l->s->ctl & (FIN | RST)));
	const bool elsewhere = of != NULL && owed != NULL && of->index != owed->input && owed->answers == SILENCE;
	const bool row = owed != NULL && owed->row->req != NULL && l->s->at <= owed->due && !unasked && !elsewhere;
	const char *promise = row ? answer_words(owed->answers, words, sizeof(words)) : NULL;

	say(o, row ? (const void *)owed->row : (const void *)why->req, &(struct judgement) {
		.verdict = FAIL, .level = !row && strcmp(why->req, "R5961-ACKLOOP") == 0 ? LEVEL_MAY : LEVEL_IMPLIED,
		.req = row ? req_of(o, owed) : why->req,
		.clause = row ? owed->row->clause : why->clause,
		.rule = row ? owed->row->clause : why->clause,
		.state = say_state(row ? owed->state : why->state),
		.message = row ?
			say_text(o, "in %s the lawful answer is %s%s; %s", say_state(owed->state), promise,
			         why->again ? ", and what came behind it has been answered" : "", why->what) :
			say_text(o, "in %s %s%s", say_state(why->state), why->what,
			         of != NULL ? "; by its numbers it is meant for what was sent" : ""),
		.wanted = why->has_wanted ? say_form(o, &why->wanted) : row ? say_text(o, "%s", promise) : NULL,
		.got = say_seg(o, l->s, true),
		.stimulus = row ? owed->input : of != NULL ? of->index : -1, .reply = index, .at = l->s->at
	});
}

/* After a breach: what the DUT most plausibly is, given what it has just sent. */
static void adopt(struct look *l)
{
	struct oracle *o = l->o;
	const struct seg *s = l->s;
	struct hyp *h = &o->hyps[0];
	struct tcb *t = &l->best.t;

	owe_nothing(&l->best);
	l->best.n_done = 0;
	if (s->ctl & RST) {
		const bool listener = t->listener;

		memset(t, 0, sizeof(*t));
		t->listener = listener;
		t->state = tcb_gone(t);
		t->waiting = TICK_NEVER;
	} else if (s->ctl & SYN) {
		t->state = s->ctl & ACK ? SYN_RECEIVED : SYN_SENT;
		t->passive = t->listener;
		t->iss = t->snd_una = s->seq;
		t->iss_known = true;
		t->snd_nxt = seg_end(s);
		t->dut_ws = l->opts->ws;
		t->rcv_shift = l->opts->ws_shift > 14 ? 14 : l->opts->ws_shift;
		t->dut_ts = l->opts->ts;
		t->waiting = s->at;
		if (s->ctl & ACK) {
			t->rcv_nxt = t->acked = s->ack;
			t->irs = s->ack - 1;
			t->edge = s->ack + s->wnd;
			t->edge_known = true;
		}
	} else {
		const uint8_t shift = t->dut_ws && t->other_ws ? t->rcv_shift : 0;

		/* It speaks for a connection that is not there in any hypothesis: nobody
		 * knows in which state it is, nor its variables. */
		if (!synchronized(t->state) && t->state != SYN_RECEIVED)
			l->best.vague = true;
		else if (t->state == SYN_RECEIVED && (s->len > 0 || (s->ctl & FIN)))
			t->state = ESTABLISHED;
		if (s->ctl & ACK) {
			t->rcv_nxt = t->acked = s->ack;
			t->edge = s->ack + ((uint32_t)s->wnd << shift);
			t->edge_known = true;
		}
		if (seq_lt(t->snd_nxt, s->seq + s->len))
			t->snd_nxt = s->seq + s->len;
		if ((s->ctl & FIN) && !t->fin_out) {
			t->fin_out = true;
			t->closing = false;
			t->fin_seq = s->seq + s->len;
			t->snd_nxt = t->fin_seq + 1;
			t->state = t->state == CLOSE_WAIT ? LAST_ACK : t->state == ESTABLISHED ? FIN_WAIT_1 : t->state;
		}
	}
	l->best.next = o->n_inputs;
	l->best.calls = o->n_asked;
	memcpy(h, &l->best, sizeof(*h));
	o->n_hyps = 1;
}

/* Something in the queue acknowledges more than was sent, as far as we have seen:
 * then it matters whether new text left before it came or after. */
static bool acknowledged_ahead(const struct oracle *o)
{
	for (unsigned i = 0; i < o->n_hyps; i++)
		for (unsigned k = o->hyps[i].next; k < o->n_inputs; k++) {
			const struct seg *s = &o->inputs[k % INPUTS].seg;

			if ((s->ctl & ACK) && seq_lt(o->hyps[i].t.snd_nxt, s->ack))
				return true;
		}
	return false;
}

void hyps_seen(struct oracle *o, const struct seg *s, int index)
{
	struct opts opts;
	struct look l = {
		.o = o, .s = s, .opts = &opts, .why = { .rank = INT_MIN },
	};

	opt_of(s, &opts);
	calls_made_before(o, s->at);
	settle(o, s->at - reply_time(o));
	l.extends = (s->ctl & (SYN | FIN | RST)) || (s->len > 0 && acknowledged_ahead(o));
	l.survivors = crowd(o->room, SURVIVORS);
	look(&l);
	/* What did not fit may have explained it. */
	if (l.survivors.overflow) {
		forget_all(o);
		return;
	}
	if (l.survivors.n == 0) {
		accuse(&l, index);
		adopt(&l);
		return;
	}
	become(o, &l.survivors);
	praise(o, index, s->at);
	for (unsigned i = 0; i < o->n_hyps; i++) {
		o->hyps[i].n_done = 0;
		memset(o->hyps[i].done, 0, sizeof(o->hyps[i].done));
	}
}

/* ---- a segment toward the DUT --------------------------------------------- */

void hyps_sent(struct oracle *o, const struct seg *s, int index)
{
	/* A full queue cannot be remembered: then anything is possible. */
	for (unsigned i = 0; i < o->n_hyps; i++)
		if (o->n_inputs - o->hyps[i].next == INPUTS) {
			forget_all(o);
			break;
		}
	struct input *in = &o->inputs[o->n_inputs % INPUTS];

	memset(in, 0, sizeof(*in));
	in->seg = *s;
	in->seg.text = NULL;
	in->index = index;
	in->at = s->at;
	opt_of(s, &in->opts);
	o->n_inputs++;
}

/* ---- time ----------------------------------------------------------------- */

static bool overdue(const struct owed *owed, tick now)
{
	return owed->late || (owed->due != TICK_NEVER && owed->due <= now && !(owed->answers & SILENCE));
}

static const struct owed *first_overdue(const struct hyp *h, tick now)
{
	for (unsigned i = 0; i < h->n_owed; i++)
		if (overdue(&h->owed[i], now))
			return &h->owed[i];
	return NULL;
}

/* Its time is over: nothing is owed any more. */
static void write_off(struct hyp *h, tick now)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < h->n_owed; i++)
		if (h->owed[i].due > now)
			h->owed[kept++] = h->owed[i];
	memset(&h->owed[kept], 0, (OWED - kept) * sizeof(h->owed[0]));
	h->n_owed = kept;
}

static bool kept_silent(const struct hyp *h, const struct owed *silence)
{
	for (unsigned i = 0; i < h->n_owed; i++)
		if (same_promise(h->owed[i].row, silence->row) && h->owed[i].number == silence->number)
			return true;
	return false;
}

static void praise_silence(struct oracle *o, tick now)
{
	const struct hyp *first = &o->hyps[0];

	for (unsigned i = 0; i < first->n_owed; i++) {
		const struct owed *owed = &first->owed[i];
		bool all = owed->due <= now && (owed->answers & SILENCE) && !owed->late;

		for (unsigned j = 1; j < o->n_hyps; j++)
			all = all && kept_silent(&o->hyps[j], owed);
		if (all)
			satisfied(o, owed, -1, now);
	}
}

static void complain(struct oracle *o, const struct owed *owed, tick now, bool proof)
{
	char words[256];
	const char *req = owed->row->req != NULL ? req_of(o, owed) : "GEN-RST-CLEAR";
	/* Text is acknowledged in the end; any other answer that comes later may be that
	 * to another segment. */
	const char *late = owed->answers & ACK_SOON ? "came too late" : "did not come in time";
	const char *later = owed->answers & ACK_SOON ? "the same, later" : "silence; what came later may answer something else";

	if (!o->config.lossless) {
		o->stats.skipped++;
		return;
	}
	if ((owed->answers & ACK_SOON) && owed->late)
		req = say_text(o, "MUST-40 %s", req);
	else if (owed->answers & ACK_SOON)
		req = say_text(o, "%s MUST-40", req);
	say(o, owed->row, &(struct judgement) {
		.verdict = proof ? FAIL : INCONCLUSIVE, .level = LEVEL_IMPLIED, .req = req,
		.clause = owed->row->clause, .rule = owed->row->clause, .state = say_state(owed->state),
		.message = say_text(o, "in %s the answer %s", say_state(owed->state),
		                    owed->late ? late : "did not come"),
		.wanted = say_text(o, "%s", answer_words(owed->answers, words, sizeof(words))),
		.got = owed->late ? later : "silence",
		.stimulus = owed->input, .reply = -1, .at = now
	});
}

void hyps_passed(struct oracle *o, tick now, bool proof)
{
	struct crowd c;
	const struct owed *worst = NULL;

	calls_made_before(o, now + 1);
	settle(o, now - reply_time(o));
	c = crowd(o->room, SURVIVORS);
	for (unsigned i = 0; i < o->n_hyps; i++)
		if (first_overdue(&o->hyps[i], now) == NULL)
			join_in(&c, &o->hyps[i]);
	if (c.n > 0 && c.n < o->n_hyps && proof)
		become(o, &c);
	if (c.n > 0 && proof)
		praise_silence(o, now);
	if (c.n == 0) {
		for (unsigned i = 0; i < o->n_hyps; i++) {
			const struct owed *owed = first_overdue(&o->hyps[i], now);

			if (worst == NULL || owed->at < worst->at ||
			    (owed->at == worst->at && worst->row->req == NULL))
				worst = owed;
		}
		complain(o, worst, now, proof);
		/* It may have processed the segment silently, or not at all. */
		for (unsigned i = 0; i < o->n_hyps; i++) {
			struct hyp ignored;

			memcpy(&ignored, &o->hyps[i], sizeof(ignored));
			join_in(&c, &o->hyps[i]);
			if (ignored.before.state == ignored.t.state || ignored.next != o->n_inputs)
				continue;
			ignored.t = ignored.before;
			join_in(&c, &ignored);
		}
		become(o, &c);
	}
	for (unsigned i = 0; i < o->n_hyps; i++)
		write_off(&o->hyps[i], now);
	/* What differed only in what was owed is one now. */
	c = crowd(o->room, SURVIVORS);
	for (unsigned i = 0; i < o->n_hyps; i++)
		join_in(&c, &o->hyps[i]);
	become(o, &c);
}

/* ---- beginning, and what is known ----------------------------------------- */

void hyps_start(struct oracle *o)
{
	const bool either = !o->config.calls_known && !o->config.listening;

	memset(o->hyps, 0, sizeof(o->hyps));
	o->n_hyps = either ? 2 : 1;
	for (unsigned i = 0; i < o->n_hyps; i++) {
		struct hyp *h = &o->hyps[i];

		h->vague = !o->config.whole;
		h->t.listener = either ? i == 1 : o->config.listening;
		h->t.state = tcb_gone(&h->t);
		h->t.waiting = TICK_NEVER;
	}
}

unsigned hyps_states(const struct oracle *o)
{
	struct crowd level = crowd(o->room, LEVEL), next;
	unsigned states = 0;

	for (unsigned i = 0; i < o->n_hyps; i++)
		join_in(&level, &o->hyps[i]);
	for (; level.n > 0; level = next) {
		next = crowd(level.h == o->room ? o->room + LEVEL : o->room, LEVEL);
		for (unsigned i = 0; i < level.n; i++) {
			const struct hyp *h = &level.h[i];

			if (h->vague)
				return (1u << TCP_STATES) - 1;
			if (open_call(o, h) != NULL)
				make_call(o, h, &next);
			else if (h->next == o->n_inputs)
				states |= 1u << h->t.state;
			if (h->next != o->n_inputs && !call_goes_first(o, h))
				process(o, h, &next);
		}
	}
	return states;
}
