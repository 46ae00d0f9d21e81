/* rules.c: reads the table.  See rules.h for what a row means. */
#include "rules.h"

#include <stdio.h>
#include <string.h>

const struct table rule_tables[] = {
	{ "before", rules_any },
	{ "CLOSED", rules_closed },
	{ "LISTEN", rules_listen },
	{ "SYN-SENT", rules_syn_sent },
	{ "other states", rules_other },
	{ "calls", rules_calls },
	{ "time-outs", rules_timeouts },
	{ NULL, NULL }
};

struct mutation rules_mutation;
unsigned rules_unmatched;

struct player {
	const struct view *v;
	struct outcome *out;
	unsigned n;
	rule_hit *hit;
	void *arg;
	bool before;                    /* in rules_any, which leads on to the state's table */
};

/* The answer so far: of several rows that compose, the one that demands most. */
struct said_so_far {
	const struct rule *row;
	unsigned answers;
	bool spoken;                    /* some row of this table has        */
};

static const struct rule *row_at(const struct rule *row)
{
	return row == rules_mutation.at ? &rules_mutation.instead : row;
}

static const struct rule *table_of(enum tcp_state state)
{
	switch (state) {
	case CLOSED:
		return rules_closed;
	case LISTEN:
		return rules_listen;
	case SYN_SENT:
		return rules_syn_sent;
	default:
		return rules_other;
	}
}

static bool speaks(const struct rule *row, const struct view *v, const struct tcb *t)
{
	struct view now = *v;

	now.t = t;
	if (row->states != 0 && !(row->states & IN(t->state)))
		return false;
	return row->when(&now) != (row == &rules_mutation.instead && rules_mutation.negate);
}

static struct said_so_far compose(struct said_so_far before, const struct rule *row)
{
	if (row->lawful == NOTHING)
		return before;
	if (before.row == NULL || !(row->lawful & SILENCE))
		return (struct said_so_far) { row, row->lawful, true };
	if (before.answers & SILENCE)
		return (struct said_so_far) { before.row, before.answers | row->lawful, true };
	return before;
}

static void emit(struct player *p, const struct tcb *t, struct said_so_far say)
{
	if (p->n < OUTCOMES)
		p->out[p->n++] = (struct outcome) { .t = *t, .row = say.row, .answers = say.answers };
}

static void play(struct player *p, const struct rule *row, const struct tcb *t, struct said_so_far say);

static const struct rule *step_behind(const struct rule *row, int step)
{
	while (row->clause != NULL && row->step <= step)
		row++;
	return row;
}

static void follow(struct player *p, const struct rule *at, const struct rule *row, const struct tcb *t,
                   struct said_so_far say)
{
	if (row->flow == RETURN)
		emit(p, t, say);
	else if (row->flow == GO_SIXTH)
		play(p, step_behind(rules_other, 5), t, say);
	else
		play(p, step_behind(at, row->step), t, say);
}

/* One alternative: a row that speaks, or an `or` row behind it. */
static void take(struct player *p, const struct rule *at, const struct tcb *before, struct said_so_far say)
{
	const struct rule *row = row_at(at);
	struct variants more;           /* large: only what is counted is ever read */
	struct tcb t = *before;
	struct view v = *p->v;

	more.n = 0;
	if (!(row->accept & 1u << p->v->config->accept))
		return;
	if (row->states != 0 && !(row->states & IN(before->state)))
		return;
	rules_mutation.spoke += row == &rules_mutation.instead;
	if (p->hit != NULL)
		p->hit(p->arg, at);
	v.t = before;
	if (row->next == GONE)
		t.state = tcb_gone(&t);
	else if (row->next != SAME)
		t.state = (enum tcp_state)row->next;
	if (row->effect != NULL)
		row->effect(&t, &v, &more);
	say = compose(say, row);
	say.spoken = true;
	follow(p, at, row, &t, say);
	for (unsigned i = 0; i < more.n; i++)
		follow(p, at, row, &more.t[i], say);
}

static void play(struct player *p, const struct rule *rows, const struct tcb *t, struct said_so_far say)
{
	for (const struct rule *at = rows; at->clause != NULL; at++) {
		if (at->when == OR || !speaks(row_at(at), p->v, t))
			continue;
		take(p, at, t, say);
		for (at++; at->clause != NULL && at->when == OR; at++)
			take(p, at, t, say);
		return;
	}
	if (p->before) {
		p->before = false;
		say.spoken = false;
		play(p, table_of(t->state), t, say);
		p->before = true;
	} else if (say.spoken) {
		emit(p, t, say);
	}
}

static unsigned play_all(const struct rule *rows, bool before, const struct view *v, struct outcome out[OUTCOMES],
                         rule_hit *hit, void *arg)
{
	struct player p = { .v = v, .out = out, .hit = hit, .arg = arg, .before = before };

	play(&p, rows, v->t, (struct said_so_far) { NULL, NOTHING, false });
	return p.n;
}

/* This TCB may say this, be it by one row or another. */
static bool among(const struct outcome *one, unsigned answer, const struct outcome *all, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if ((answer == NOTHING ? all[i].answers == NOTHING : all[i].answers & answer) &&
		    memcmp(&one->t, &all[i].t, sizeof(one->t)) == 0)
			return true;
	return false;
}

static bool all_among(const struct outcome *some, unsigned n_some, const struct outcome *all, unsigned n)
{
	for (unsigned i = 0; i < n_some; i++) {
		if (some[i].answers == NOTHING && !among(&some[i], NOTHING, all, n))
			return false;
		for (unsigned answer = 1; answer <= THROTTLED; answer <<= 1)
			if ((some[i].answers & answer) && !among(&some[i], answer, all, n))
				return false;
	}
	return true;
}

static void compare(const struct rule *rows, bool before, const struct view *v, const struct outcome *mutated, unsigned n,
                    bool spoke)
{
	static struct outcome unchanged[OUTCOMES];
	const struct rule *at = rules_mutation.at;

	rules_mutation.at = NULL;
	const unsigned m = play_all(rows, before, v, unchanged, NULL, NULL);

	rules_mutation.at = at;
	if (all_among(mutated, n, unchanged, m) && all_among(unchanged, m, mutated, n))
		rules_mutation.same += spoke;
	else
		rules_mutation.differ++;
}

static unsigned play_and_compare(const struct rule *rows, bool before, const struct view *v,
                                 struct outcome out[OUTCOMES], rule_hit *hit, void *arg)
{
	const unsigned spoke = rules_mutation.spoke;
	const unsigned n = play_all(rows, before, v, out, hit, arg);

	if (rules_mutation.compare)
		compare(rows, before, v, out, n, rules_mutation.spoke > spoke);
	return n;
}

unsigned rules_play(const struct rule *rows, const struct view *v, struct outcome out[OUTCOMES],
                    rule_hit *hit, void *arg)
{
	return play_and_compare(rows, false, v, out, hit, arg);
}

unsigned rules_arrive(const struct view *v, struct outcome out[OUTCOMES], rule_hit *hit, void *arg)
{
	const unsigned n = play_and_compare(rules_any, true, v, out, hit, arg);

	rules_unmatched += n == 0;
	return n;
}

const char *rule_req(const struct rule *row, enum tcp_state state, char *buf, unsigned n)
{
	static const char *const names[TCP_STATES] = {
		[SYN_RECEIVED] = "SYNRCVD", [ESTABLISHED] = "ESTAB", [FIN_WAIT_1] = "FINWAIT1",
		[FIN_WAIT_2] = "FINWAIT2", [CLOSE_WAIT] = "CLOSEWAIT", [CLOSING] = "CLOSING",
		[LAST_ACK] = "LASTACK", [TIME_WAIT] = "TIMEWAIT",
		[CLOSED] = "CLOSED", [LISTEN] = "LISTEN", [SYN_SENT] = "SYNSENT"
	};
	unsigned used = 0;

	for (const char *c = row->req; *c != '\0' && used + 1 < n; c++) {
		if (*c != '%') {
			buf[used++] = *c;
			continue;
		}
		for (const char *w = names[state]; *w != '\0' && used + 1 < n; w++)
			buf[used++] = *w;
	}
	buf[used] = '\0';
	return buf;
}

const char *answer_words(unsigned answers, char *buf, unsigned n)
{
	static const struct { unsigned form; const char *words; } forms[] = {
		{ SILENCE,  "silence" },
		{ PURE_ACK, "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>" },
		{ ACK_SOON, "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> within 0.5 s" },
		{ SYN_ACK,  "<SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>" },
		{ RST_SEQ,  "<SEQ=SEG.ACK><CTL=RST>" },
		{ RST_ACK,  "<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>" },
		{ RST_NXT,  "<SEQ=SND.NXT><CTL=RST>" },
		{ THE_SYN,  "<SEQ=ISS><CTL=SYN>" },
		{ THE_FIN,  "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>" },
	};
	unsigned used = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < sizeof(forms) / sizeof(forms[0]) && used < n; i++)
		if (answers & forms[i].form)
			used += (unsigned)snprintf(buf + used, n - used, "%s%s", used ? " or " : "",
			                           forms[i].words);
	return buf;
}
