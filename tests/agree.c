/* agree.c: the two readings of RFC 9293 3.10 against each other, step by step.
 *
 * The reference stack (prose) is brought into each state and given each kind of
 * segment and call: control bits x numbers at and around each edge x text x ISS
 * at the wrap, in every lawful setting of its knobs.  What it then does, and how
 * it answers the probes that follow, must be lawful for the oracle (the table):
 * nothing refused, nothing undecided, no hypotheses joined, every row hit.
 *
 * The other way round, what no setting shows must be refused: each reply in the
 * place of another, each stimulus that is not heard, each connection that is
 * forgotten.  What the oracle lets pass all the same is listed with its reason.
 *
 * And the table is mutated: an answer added or removed, a guard negated, a next
 * state changed.  A mutant is refuted when it refuses what the stack does in some
 * setting, or takes what no setting shows and the unchanged table refuses.  Those
 * that cannot be refuted are in agree_equivalent.h, each class with its proof.
 *
 * agree_walk.c takes the walks; fuzz/fuzz_agree.c takes long ones by chance. */
#include "agree_walk.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/catalogue.h"
#include "harness/oracle/answers.h"
#include "harness/oracle/inner.h"
#include "harness/oracle/rules.h"
#include "harness/stack/stack.h"
#include "probes/show.h"

enum { ROWS = 256 };

/* Sanitizers make each step ten times slower: they see few of the stimuli, and
 * no mutants. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static void *must_have(void *memory)
{
	if (memory == NULL)
		exit(2);
	return memory;
}

/* ---- the oracle reads a trace --------------------------------------------- */

struct reading {
	unsigned fails, doubts, joins;
	unsigned remarks;               /* fails of level MAY                    */
	char first[700];
};

static struct reading reading;
static bool by_the_table;               /* permissions are not asked             */
static bool hits[ROWS], near_hits[ROWS];   /* ... while the stimulus is looked at */
static bool count_hits, near_stimulus;

static unsigned n_rows;
static const struct rule *row_of[ROWS];
static const char *table_of_row[ROWS];

static void number_rows(void)
{
	for (const struct table *t = rule_tables; t->name != NULL; t++)
		for (const struct rule *r = t->rows; r->clause != NULL; r++) {
			row_of[n_rows] = r;
			table_of_row[n_rows++] = t->name;
		}
}

static void on_hit(void *arg, const struct rule *row)
{
	(void)arg;
	for (unsigned i = 0; count_hits && i < n_rows; i++)
		if (row_of[i] == row) {
			hits[i] = true;
			near_hits[i] = near_hits[i] || near_stimulus;
			return;
		}
}

static bool is_permission(const char *rule)
{
	for (int p = 0; p < PERMITS && rule != NULL; p++)
		if (strcmp(permits[p].name, rule) == 0)
			return true;
	return false;
}

static void on_judgement(void *arg, const struct judgement *j)
{
	(void)arg;
	if (j->verdict == PASS || (by_the_table && is_permission(j->rule)))
		return;
	if (j->level == LEVEL_MAY) {
		reading.remarks++;
		return;
	}
	if (reading.fails + reading.doubts == 0)
		snprintf(reading.first, sizeof(reading.first), "[%s] %s: %s; wanted %s; got %s", j->req,
		         j->rule ? j->rule : "", j->message, j->wanted ? j->wanted : "-", j->got ? j->got : "-");
	reading.fails += j->verdict == FAIL;
	reading.doubts += j->verdict != FAIL;
}

/* Stops at the first complaint. */
static struct reading read_trace(const struct trace *t, enum accept accept)
{
	const struct oracle_config config = {
		.vantage = VANTAGE_TESTER, .accept = accept, .live = true, .lossless = true, .calls_known = true,
		.whole = true, .reply_within = MS(200), .slack = MS(50), .msl = S(120), .judge = on_judgement
	};
	struct oracle *o = must_have(oracle_new(&config, &dut, &we));
	tick last = 0;

	memset(&reading, 0, sizeof(reading));
	rules_unmatched = 0;
	for (unsigned i = 0; i < t->n && reading.fails + reading.doubts == 0; i++) {
		const struct happening *e = &t->e[i];

		last = e->at;
		near_stimulus = i >= t->stimulus && i < t->behind;
		if (e->kind == SENT)
			oracle_sent(o, &e->seg, (int)i);
		else if (e->kind == SEEN)
			oracle_seen(o, &e->seg, (int)i);
		else if (e->kind == CALLED)
			oracle_called(o, &e->call, &e->answer, e->at, e->at);
		else
			oracle_passed(o, e->at, true);
	}
	if (reading.fails + reading.doubts == 0)
		oracle_end(o, last + S(2), true);
	reading.joins = oracle_stats(o).joins;
	if (rules_unmatched > 0 && reading.fails++ == 0)
		snprintf(reading.first, sizeof(reading.first), "no row matches a segment");
	oracle_free(o);
	return reading;
}

static struct reading read_and_count(const struct trace *t, enum accept accept)
{
	memset(hits, 0, sizeof(hits));
	memset(near_hits, 0, sizeof(near_hits));
	count_hits = true;
	const struct reading r = read_trace(t, accept);

	count_hits = false;
	return r;
}

static bool refused(const struct reading *r)
{
	return r->fails + r->doubts + r->remarks > 0;
}

/* ---- a set of numbers ----------------------------------------------------- */

struct set {
	uint64_t *slots;
	size_t n, size;
};

static bool set_put(struct set *s, uint64_t x);

static void set_grow(struct set *s)
{
	struct set larger = { .size = s->size ? 2 * s->size : 1024 };

	larger.slots = must_have(calloc(larger.size, sizeof(*larger.slots)));
	for (size_t i = 0; i < s->size; i++)
		if (s->slots[i] != 0)
			set_put(&larger, s->slots[i]);
	free(s->slots);
	*s = larger;
}

static size_t set_place(const struct set *s, uint64_t x)
{
	size_t i = (size_t)(x ^ x >> 32) & (s->size - 1);

	while (s->slots[i] != 0 && s->slots[i] != x)
		i = (i + 1) & (s->size - 1);
	return i;
}

/* True if it is new. */
static bool set_put(struct set *s, uint64_t x)
{
	x += x == 0;
	if (2 * s->n >= s->size)
		set_grow(s);
	const size_t i = set_place(s, x);

	if (s->slots[i] == x)
		return false;
	s->slots[i] = x;
	s->n++;
	return true;
}

static bool set_has(const struct set *s, uint64_t x)
{
	x += x == 0;
	return s->size > 0 && s->slots[set_place(s, x)] == x;
}

static uint64_t of_stimulus(uint64_t x, unsigned place, unsigned stimulus)
{
	return (x ^ (place * 4099u + stimulus)) * 0x9e3779b97f4a7c15u;
}

/* ---- the agreement -------------------------------------------------------- */

static unsigned passed_checks, failed_checks;
static struct set shown, shown_strictly; /* all that some setting shows at a stimulus; that needs no practice */
static struct set looked_at;            /* traces */

struct kept {
	struct walk walk;
	enum accept accept;
};

struct keep {
	struct kept *k;
	unsigned n, room;
};
static struct keep near[ROWS], far[ROWS], wrong[ROWS];
static bool ever_hit[ROWS];
static bool hears_ack[ROWS], hears_no_ack[ROWS];        /* among the stimuli that come to it */

/* Other outcomes of a stimulus than the first. */
static struct keep outcomes;

static void keep_it(struct keep *in, const struct walk *walk, enum accept accept)
{
	if (in->n == in->room) {
		in->room = in->room ? 2 * in->room : 16;
		in->k = must_have(realloc(in->k, in->room * sizeof(*in->k)));
	}
	in->k[in->n++] = (struct kept) { *walk, accept };
}

static void show_trace(const struct trace *t)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct happening *e = &t->e[i];
		char line[SHOW_MAX];

		if (e->kind == PASSED)
			continue;
		printf("    %9.3f %s %s%s\n", (double)e->at / 1e9,
		       e->kind == SENT ? ">" : e->kind == SEEN ? "<" : "call",
		       e->kind == CALLED ? call_name(e->call.kind) : seg_show(&e->seg, NULL, line, sizeof(line)),
		       i == t->stimulus ? "   <== the stimulus" : "");
	}
}

/* Each kind of disagreement once, with its trace. */
static void disagree(const struct trace *t, const struct walk *walk, const char *why)
{
	enum { KINDS = 40, LONG = 70 };
	static struct { unsigned place; char why[LONG]; } kinds[KINDS];
	static unsigned n_kinds;

	failed_checks++;
	for (unsigned i = 0; i < n_kinds; i++)
		if (kinds[i].place == walk->place && strncmp(kinds[i].why, why, LONG - 1) == 0)
			return;
	if (n_kinds == KINDS)
		return;
	kinds[n_kinds].place = walk->place;
	snprintf(kinds[n_kinds++].why, LONG, "%s", why);
	printf("not ok: setting %s, %s: %s\n", knob_settings[walk->setting].name, place_names[walk->place], why);
	show_trace(t);
}

static struct trace scratch;

static void keep_hits(const struct walk *walk, enum accept accept)
{
	const struct happening *x = &scratch.e[scratch.stimulus];
	const bool acks = x->seg.ctl & ACK, said = scratch.stimulus < scratch.n && x->kind == SENT && !place_hurries(walk->place);

	for (unsigned i = 0; i < n_rows; i++) {
		if (!hits[i])
			continue;
		ever_hit[i] = true;
		hears_ack[i] |= near_hits[i] && said && acks;
		hears_no_ack[i] |= near_hits[i] && said && !acks;
		keep_it(near_hits[i] ? &near[i] : &far[i], walk, accept);
	}
}

static void must_accept(const struct walk *walk, enum accept accept)
{
	const struct reading r = read_and_count(&scratch, accept);

	if (r.fails + r.doubts > 0) {
		disagree(&scratch, walk, r.first);
		return;
	}
	if (r.joins > 0) {
		disagree(&scratch, walk, "hypotheses were joined");
		return;
	}
	passed_checks++;
	keep_hits(walk, accept);
}

/* What is lawful in this profile as well is one more example for its rows. */
static void may_accept(const struct walk *walk, enum accept accept)
{
	const struct reading r = read_and_count(&scratch, accept);

	if (r.fails + r.doubts + r.joins == 0)
		keep_hits(walk, accept);
}

static void healthy_walk(unsigned setting, unsigned place, unsigned stimulus, bool wraps)
{
	const struct walk walk = { .setting = (uint16_t)setting, .place = (uint8_t)place, .stimulus = (uint16_t)stimulus, .wraps = wraps };
	const bool legacy = strncmp(knob_settings[setting].name, "legacy", 6) == 0;

	if (!stimulus_fits(place, stimulus))
		return;
	if (!walk_take(&walk, &scratch)) {
		disagree(&scratch, &walk, "the stack does not stop sending");
		return;
	}
	if (stimulus < n_few && !knob_settings[setting].practice)
		set_put(&shown_strictly, of_stimulus(trace_shows(&scratch), place, stimulus));
	if (stimulus < n_few && set_put(&shown, of_stimulus(trace_shows(&scratch), place, stimulus)) && setting > 0)
		keep_it(&outcomes, &walk, ACCEPT_DEPLOYED);
	if (!set_put(&looked_at, of_stimulus(trace_hash(&scratch) + legacy, place, stimulus))) {
		passed_checks++;
		return;
	}
	must_accept(&walk, legacy ? ACCEPT_LEGACY793 : ACCEPT_DEPLOYED);
	if (setting == 0)
		must_accept(&walk, ACCEPT_STRICT);
	else if (!legacy)
		may_accept(&walk, ACCEPT_STRICT);
	if (!legacy && setting != 0)
		may_accept(&walk, ACCEPT_LEGACY793);
}

static void healthy(void)
{
	for (unsigned s = 0; s < n_knob_settings; s++)
		for (unsigned p = 0; p < n_places; p++)
			for (unsigned i = 0; i < (s == 0 ? n_stimuli : n_few); i++) {
				const bool wraps = (i + p) % 2;

				if (SANITIZED && (i + s + p) % 23 != 0)
					continue;
				healthy_walk(s, p, i, wraps);
				if (s == 0)
					healthy_walk(s, p, i, !wraps);
			}
}

/* ---- what no setting shows ------------------------------------------------ */

static unsigned wrong_refused, wrong_taken;

static void wrong_walk(const struct walk *walk)
{
	const uint64_t shows = walk_take(walk, &scratch) ? trace_shows(&scratch) : 0;

	if (shows == 0 || set_has(&shown_strictly, of_stimulus(shows, walk->place, walk->stimulus)) ||
	    !set_put(&looked_at, of_stimulus(shows + 7, walk->place, walk->stimulus)))
		return;
	if (set_has(&shown, of_stimulus(shows, walk->place, walk->stimulus))) {
		read_and_count(&scratch, ACCEPT_STRICT);
		for (unsigned i = 0; i < n_rows; i++)
			if (near_hits[i])
				keep_it(&wrong[i], walk, ACCEPT_STRICT);
		return;
	}
	const struct reading r = read_and_count(&scratch, ACCEPT_DEPLOYED);
	const bool no = refused(&r);

	for (unsigned i = 0; i < n_rows; i++)
		if (near_hits[i])
			keep_it(&wrong[i], walk, ACCEPT_DEPLOYED);
	if (no) {
		wrong_refused++;
		return;
	}
	wrong_taken++;
}

static void wrong_walks(void)
{
	struct walk walk = { 0 };

	for (unsigned i = 0; i < outcomes.n; i++)
		for (unsigned f = 0; f < FORMS; f++) {
			walk = outcomes.k[i].walk;
			walk.wraps = false;
			walk.mishap = MISSPOKEN;
			walk.form = (uint8_t)f;
			wrong_walk(&walk);
		}
	for (unsigned p = 0; p < n_places; p++)
		for (unsigned i = 0; i < n_few; i++)
			for (unsigned m = MISSPOKEN; m < MISHAPS; m++)
				for (unsigned f = 0; f < FORMS && stimulus_fits(p, i); f++) {
					walk = (struct walk) {
						.place = (uint8_t)p, .stimulus = (uint16_t)i, .mishap = (uint8_t)m, .form = (uint8_t)f
					};
					wrong_walk(&walk);
				}
}

/* ---- mutants -------------------------------------------------------------- */

typedef bool attempt(const struct kept *);

/* Tries at most so many of a list, from all over it. */
static bool some_of(const struct kept *k, unsigned n, unsigned at_most, attempt *try)
{
	const unsigned step = n / at_most + 1;

	for (unsigned i = 0; i < n; i += step)
		if (try(&k[i]))
			return true;
	return false;
}

static bool refuses(const struct kept *k)
{
	walk_take(&k->walk, &scratch);
	const struct reading now = read_trace(&scratch, k->accept);

	return now.fails + now.doubts > 0;
}

/* Where the table differs from what it was; rules_mutation counts. */
static bool compares(const struct kept *k)
{
	walk_take(&k->walk, &scratch);
	read_trace(&scratch, k->accept);
	return rules_mutation.differ > 0;
}

/* The settings that choose otherwise come first: where a row is one of several
 * alternatives they matter. */
static bool some_healthy(const struct keep *keep, unsigned at_most, attempt *try)
{
	unsigned others = 0;

	for (unsigned i = 0; i < keep->n; i++)
		if (stimulus_waits(keep->k[i].walk.stimulus) && try(&keep->k[i]))
			return true;

	while (others < keep->n && keep->k[others].walk.setting == 0)
		others++;
	return some_of(keep->k + others, keep->n - others, at_most, try) || some_of(keep->k, others, at_most / 4, try);
}

/* A negated guard speaks where the row was silent: for what comes to the rows
 * behind it. */
static bool some_behind(unsigned r, attempt *try)
{
	for (unsigned i = r + 1; i < n_rows && strcmp(table_of_row[i], table_of_row[r]) == 0; i++)
		if (some_healthy(&near[i], 40, try))
			return true;
	return false;
}

/* What no setting shows, refused by the table as it stands and taken by the mutant. */
static bool takes_as(const struct walk *walk, enum accept accept)
{
	const struct mutation mutated = rules_mutation;

	walk_take(walk, &scratch);
	const struct reading r = read_trace(&scratch, accept);

	if (refused(&r))
		return false;
	memset(&rules_mutation, 0, sizeof(rules_mutation));
	const struct reading unchanged = read_trace(&scratch, accept);

	rules_mutation = mutated;
	return refused(&unchanged);
}

static bool takes(const struct kept *k)
{
	for (int accept = ACCEPT_STRICT; accept <= (k->accept == ACCEPT_STRICT ? ACCEPT_STRICT : ACCEPT_LEGACY793); accept++)
		if ((rules_mutation.instead.accept & 1u << accept) && takes_as(&k->walk, (enum accept)accept))
			return true;
	return false;
}

/* Wrong walks that come to this row or to the alternatives beside it; of one form. */
static bool takes_what_nobody_shows(unsigned r, unsigned form, unsigned at_most)
{
	static struct kept some[1 << 18];
	unsigned n = 0, first = r, last = r;

	while (row_of[first]->when == OR)
		first--;
	while (last + 1 < n_rows && row_of[last + 1]->when == OR)
		last++;
	for (unsigned i = first; i <= last; i++)
		for (unsigned k = 0; k < wrong[i].n && n < sizeof(some) / sizeof(some[0]); k++)
			if (form == 0 || forms[wrong[i].k[k].walk.form] == form)
				some[n++] = wrong[i].k[k];
	by_the_table = true;
	const bool taken = some_of(some, n, at_most, takes);

	by_the_table = false;
	return taken;
}

/* ---- what must be refused under which name --------------------------------- */

/* Where one sentence of the text covers several kinds of segments, the catalogue
 * has a requirement for each of them. */
static const struct expectation {
	const char *place;
	unsigned ctl;
	bool text, old;                 /* with text; its ACK is not new         */
	unsigned form;                  /* the reply, which is wrong             */
	const char *id, *clause;
} expectations[] = {
	{ "CLOSED",    SYN | ACK, false, false, SILENCE,  "EVT-CLOSED-SYNACK",        "9293 3.10.7.1" },
	{ "CLOSED",    FIN | ACK, false, false, SILENCE,  "EVT-CLOSED-FINACK",        "9293 3.10.7.1" },
	{ "CLOSED",    ACK,       true,  false, SILENCE,  "EVT-CLOSED-DATA",          "9293 3.10.7.1" },
	{ "CLOSED",    ACK,       false, false, SILENCE,  "EVT-CLOSED-ACK",           "9293 3.10.7.1" },
	{ "LISTEN",    SYN | ACK, false, false, SILENCE,  "EVT-LISTEN-SYNACK",        "9293 3.10.7.2 second" },
	{ "LISTEN",    FIN | ACK, false, false, SILENCE,  "EVT-LISTEN-FINACK",        "9293 3.10.7.2 second" },
	{ "LISTEN",    ACK,       true,  false, SILENCE,  "EVT-LISTEN-DATAACK",       "9293 3.10.7.2 second" },
	{ "LISTEN",    ACK,       false, false, SILENCE,  "EVT-LISTEN-ACK",           "9293 3.10.7.2 second" },
	{ "LISTEN",    SYN,       true,  false, SILENCE,  "EVT-LISTEN-SYN-DATA",      "9293 3.10.7.2 third" },
	{ "LISTEN",    SYN,       false, false, SILENCE,  "EVT-LISTEN-SYN",           "9293 3.10.7.2 third" },
	{ "SYN-SENT",  SYN,       true,  false, SILENCE,  "EVT-SYNSENT-SYN-DATA",     "9293 3.10.7.3 fourth" },
	{ "SYN-SENT",  SYN,       false, false, SILENCE,  "EVT-SYNSENT-SYN",          "9293 3.10.7.3 fourth" },
	{ "SYN-SENT",  ACK,       false, false, RST_SEQ,  "EVT-SYNSENT-ACK-OK-NOSYN", "9293 3.10.7.3 fifth" },
	{ "SYN-SENT",  0,         false, false, RST_ACK,  "EVT-SYNSENT-NULL",         "9293 3.10.7.3 fifth" },
	{ "CLOSING",   ACK,       true,  false, RST_ACK,  "EVT-CLOSING-ACK-FIN",      "9293 3.10.7.4 fifth" },
	{ "CLOSING",   ACK,       true,  true,  RST_ACK,  "EVT-CLOSING-TEXT",         "9293 3.10.7.4 seventh" },
	{ "CLOSING",   ACK,       false, true,  RST_ACK,  "EVT-CLOSING-ACK-OTHER",    "9293 3.10.7.4 fifth" },
	{ "LAST-ACK",  ACK,       false, false, PURE_ACK, "EVT-LASTACK-ACK-FIN",      "9293 3.10.7.4 fifth" },
	{ "LAST-ACK",  ACK,       true,  true,  RST_ACK,  "EVT-LASTACK-TEXT",         "9293 3.10.7.4 seventh" },
	{ "LAST-ACK",  ACK,       false, true,  RST_ACK,  "EVT-LASTACK-ACK-OTHER",    "9293 3.10.7.4 fifth" },
	{ "TIME-WAIT", ACK,       true,  false, RST_SEQ,  "EVT-TIMEWAIT-TEXT",        "9293 3.10.7.4 seventh" },
	{ "TIME-WAIT", ACK,       false, false, RST_SEQ,  "EVT-TIMEWAIT-ACK",         "9293 3.10.7.4 fifth" },
};
enum { EXPECTATIONS = sizeof(expectations) / sizeof(expectations[0]) };

/* The first complaint names the id. */
static bool expected(const struct expectation *e)
{
	struct walk walk = {
		.place = (uint8_t)place_named(e->place), .stimulus = (uint16_t)stimulus_of(e->ctl, e->text, e->old), .mishap = MISSPOKEN
	};

	while (forms[walk.form] != e->form)
		walk.form++;
	walk_take(&walk, &scratch);
	const struct reading r = read_trace(&scratch, ACCEPT_STRICT);
	const char *named = strstr(r.first, e->id);

	return r.fails > 0 && named != NULL && strchr("] ", named[strlen(e->id)]) != NULL;
}

static bool some_unexpected(void)
{
	for (unsigned i = 0; i < EXPECTATIONS; i++)
		if (!expected(&expectations[i]))
			return true;
	return false;
}

static void expect(void)
{
	for (unsigned i = 0; i < EXPECTATIONS; i++) {
		const struct expectation *e = &expectations[i];

		if (expected(e)) {
			passed_checks++;
			continue;
		}
		failed_checks++;
		printf("not ok: %s: a wrong reply in %s is not refused by the name of %s: %s\n", e->clause, e->place, e->id, reading.first);
		show_trace(&scratch);
	}
}

/* ---- which mutations say something else ------------------------------------ */

/* The states that a row may leave behind, as far as the row alone says. */
static unsigned states_behind(unsigned r)
{
	const struct rule *row = row_of[r];
	const unsigned own = row->states != 0 ? row->states :
		strcmp(table_of_row[r], "CLOSED") == 0 ? IN(CLOSED) :
		strcmp(table_of_row[r], "LISTEN") == 0 ? IN(LISTEN) :
		strcmp(table_of_row[r], "SYN-SENT") == 0 ? IN(SYN_SENT) : ~0u;
	const unsigned next = row->next == SAME ? own : row->next == GONE ? IN(CLOSED) | IN(LISTEN) : IN(row->next);

	return row->flow == RETURN ? next : next | (~0u << ESTABLISHED);
}

/* Whether a DUT in this state can say this form, if it owes these answers. */
static bool can_say(enum tcp_state state, bool begun, bool syn_out, unsigned owed, unsigned form)
{
	static const struct oracle_config config = {
		.vantage = VANTAGE_TESTER, .live = true, .lossless = true, .calls_known = true, .whole = true, .reply_within = MS(200)
	};
	static struct oracle *o;
	static struct hyp out[SUCCESSORS];
	static const struct opts none;
	struct death why = { .rank = INT_MIN };
	struct hyp h = { .n_owed = 1 };
	struct seg s = { .seq = 5000, .ack = 7000, .ctl = ACK };

	if (o == NULL)
		o = must_have(oracle_new(&config, &dut, &we));
	h.t.state = state;
	h.t.waiting = TICK_NEVER;
	if ((form == PURE_ACK || form == RST_NXT) && (state < SYN_SENT || !begun))
		return false;                   /* there is no SND.NXT */
	if (state >= SYN_SENT) {
		h.t.iss_known = true;
		h.t.iss = 4999;
		h.t.snd_una = 4999 + !syn_out;
		h.t.snd_nxt = 5000;
		h.t.rcv_nxt = h.t.acked = 7000;
	}
	h.owed[0] = (struct owed) {
		.row = row_of[0], .answers = owed, .input = -1, .seg_acks = form == RST_SEQ, .seg_ack = 9000, .seg_end = 8000,
		.snd_una = h.t.snd_una, .snd_nxt = h.t.snd_nxt, .due = S(1)
	};
	switch (form) {
	case SYN_ACK:
		s = (struct seg) { .seq = 4999, .ack = 7000, .ctl = SYN | ACK };
		break;
	case RST_SEQ:
		s = (struct seg) { .seq = 9000, .ctl = RST };
		break;
	case RST_ACK:
		s = (struct seg) { .ack = 8000, .ctl = RST | ACK };
		break;
	case RST_NXT:
		s = (struct seg) { .seq = 5000, .ctl = RST };
		break;
	default:
		break;
	}
	return hyp_explains(o, &h, &s, &none, out, &why) > 0;
}

/* One more answer is something new if in some state it can be said only when it is
 * owed, or if it satisfies what else would be missing. */
static bool says_more(unsigned r, unsigned form)
{
	/* It is acknowledged where text or FIN are looked at, or a call makes a FIN of its own. */
	const bool syn_out = !(strcmp(table_of_row[r], "other states") == 0 && row_of[r]->step > 5) && row_of[r]->states != IN(ESTABLISHED);
	const unsigned answers = row_of[r]->lawful, behind = states_behind(r);
	/* It has not sent its SYN yet. */
	const bool begun = strcmp(table_of_row[r], "LISTEN") != 0 && !(answers & THE_SYN);

	if (form == SILENCE)
		return true;
	/* The one has SEG.ACK, the other comes where there is none; a call has neither. */
	if ((form == RST_SEQ && !hears_ack[r]) || (form == RST_ACK && !hears_no_ack[r]) ||
	    (strcmp(table_of_row[r], "calls") == 0 && form == RST_ACK))
		return false;
	for (int state = CLOSED; state < TCP_STATES; state++)
		if ((behind & IN(state)) && can_say(state, begun, syn_out, answers | form, form) &&
		    (!(answers & SILENCE) || !can_say(state, begun, syn_out, answers, form)))
			return true;
	return false;
}

/* It is in that state already. */
static bool stays(unsigned r, int next)
{
	const struct rule *row = row_of[r];

	if (row->next == next)
		return true;
	if (row->next != SAME)
		return false;
	return next == GONE ? strcmp(table_of_row[r], "CLOSED") == 0 || strcmp(table_of_row[r], "LISTEN") == 0 :
		row->states == IN(next);
}

static bool takes_behind(unsigned r)
{
	bool taken = false;

	for (unsigned i = 0; i < n_rows && !taken; i++)
		if (strcmp(table_of_row[i], table_of_row[r]) == 0 && row_of[i]->step + 1 >= row_of[r]->step)
			taken = takes_what_nobody_shows(i, 0, 400);
	return taken;
}

enum mutation_kind { NEGATED, ADDED, REMOVED, REPLACED, NEXT };

#include "agree_equivalent.h"

static unsigned refuted, survived, excused, used[EXCUSES];

static bool is_excused(unsigned r, enum mutation_kind kind, int value)
{
	for (unsigned i = 0; i < EXCUSES; i++)
		if (excuses[i].holds(r, kind, value)) {
			used[i]++;
			return true;
		}
	return false;
}

static bool is_refuted(unsigned r, enum mutation_kind kind, int value)
{
	if (kind != ADDED && (some_healthy(&near[r], 2000, refuses) || some_healthy(&far[r], 2000, refuses)))
		return true;
	if (kind == NEGATED && (some_behind(r, refuses) || takes_behind(r) || some_unexpected()))
		return true;
	if (takes_what_nobody_shows(r, kind == ADDED ? (unsigned)value : 0, 2000))
		return true;
	/* An ACK of SND.NXT makes two of the resets one. */
	return kind == ADDED && value == RST_NXT && takes_what_nobody_shows(r, RST_SEQ, 2000);
}

static const char *mutation_words(enum mutation_kind kind, int value)
{
	static const char *const names[] = { "guard negated", "also", "without", "instead", "next state" };
	static char words[200];
	char answer[160];

	snprintf(words, sizeof(words), "%s %s", names[kind],
	         kind == NEGATED ? "" : kind != NEXT ? answer_words((unsigned)value, answer, sizeof(answer)) :
	         value == SAME ? "same" : value == GONE ? "gone" : "ESTABLISHED");
	return words;
}

static void mutant(unsigned r, struct rule instead, enum mutation_kind kind, int value)
{
	rules_mutation = (struct mutation) { .at = row_of[r], .instead = instead, .negate = kind == NEGATED };
	const bool gone = is_refuted(r, kind, value);

	if (gone) {
		refuted++;
	} else if (is_excused(r, kind, value)) {
		excused++;
	} else {
		survived++;
		printf("not ok: nobody refutes: %s, row %u of %s (%s, states %03x%s, profiles %x): %s\n", row_of[r]->clause, r,
		       table_of_row[r], row_of[r]->req ? row_of[r]->req : "no id", row_of[r]->states,
		       row_of[r]->when == OR ? ", or" : "", row_of[r]->accept, mutation_words(kind, value));
	}
	memset(&rules_mutation, 0, sizeof(rules_mutation));
}

/* It only says that nothing is seen of what it is about. */
static bool does_nothing(unsigned r)
{
	const struct rule *row = row_of[r];

	return row->lawful == NOTHING && row->next == SAME && row->flow == GO_ON && row->effect == NULL && row->req == NULL &&
	       row[1].when != OR;
}

static void mutate(unsigned r)
{
	const struct rule row = *row_of[r];

	if (row.when != OR && !does_nothing(r))
		mutant(r, row, NEGATED, 0);
	for (unsigned f = 0; f < FORMS; f++) {
		struct rule other = row;

		if (forms[f] == PURE_ACK && row.lawful & ACK_SOON)
			continue;               /* soon is at once, too */
		if (row.lawful & forms[f] && (row.lawful & ~forms[f] & ~(unsigned)THROTTLED)) {
			other.lawful &= ~forms[f];
			mutant(r, other, REMOVED, (int)forms[f]);
		} else if (row.lawful & forms[f]) {
			other.lawful = forms[f] == SILENCE ? PURE_ACK : SILENCE;
			mutant(r, other, REPLACED, (int)other.lawful);
		} else if (row.lawful != NOTHING && says_more(r, forms[f])) {
			other.lawful |= forms[f];
			mutant(r, other, ADDED, (int)forms[f]);
		}
	}
	const int nexts[] = { SAME, GONE, ESTABLISHED };

	for (unsigned i = 0; i < sizeof(nexts) / sizeof(nexts[0]); i++) {
		struct rule other = row;

		if (stays(r, nexts[i]))
			continue;
		other.next = nexts[i];
		/* A TCB that stays is not deleted, and not that of another connection. */
		if (row.next == GONE || row.states == IN(SYN_RECEIVED))
			other.effect = NULL;
		mutant(r, other, NEXT, nexts[i]);
	}
}

/* ---- ids ------------------------------------------------------------------ */

static void known(void *where, const char *id)
{
	if (requirement_find(id) != NULL) {
		passed_checks++;
		return;
	}
	failed_checks++;
	printf("not ok: %s names %s, which the catalogue does not have\n", (const char *)where, id);
}

/* Every id that the oracle can speak is one of the catalogue. */
static void ids(void)
{
	for (unsigned r = 0; r < n_rows; r++)
		for (int state = 0; state < TCP_STATES && row_of[r]->req != NULL; state++) {
			char buf[200], where[64];

			if (strchr(row_of[r]->req, '%') != NULL && !(row_of[r]->states & IN(state)))
				continue;
			snprintf(where, sizeof(where), "row %u of %s", r, table_of_row[r]);
			requirement_each(rule_req(row_of[r], (enum tcp_state)state, buf, sizeof(buf)), known, where);
		}
	for (int p = 0; p < PERMITS; p++) {
		char where[64];

		snprintf(where, sizeof(where), "%s", permits[p].name);
		requirement_each(permits[p].req, known, where);
	}
}

static void free_all(void)
{
	free_stimuli();
	free(shown.slots);
	free(shown_strictly.slots);
	free(looked_at.slots);
	free(outcomes.k);
	for (unsigned r = 0; r < n_rows; r++) {
		free(near[r].k);
		free(far[r].k);
		free(wrong[r].k);
	}
}

int main(void)
{
	number_rows();
	list_stimuli();
	hyps_hit = on_hit;
	ids();
	healthy();
	printf("# %u places, %u stimuli (%u in each of %zu settings), %u readings agree, %u do not\n", n_places, n_stimuli,
	       n_few, n_knob_settings, passed_checks, failed_checks);
	for (unsigned r = 0; r < n_rows && !SANITIZED; r++) {
		if (ever_hit[r])
			continue;
		failed_checks++;
		printf("not ok: no run has hit row %u of %s: %s (%s, states %03x)\n", r, table_of_row[r], row_of[r]->clause,
		       row_of[r]->req ? row_of[r]->req : "no id", row_of[r]->states);
	}
	expect();
	if (!SANITIZED)
		wrong_walks();
	printf("# of what no setting shows %u walks are refused, and %u lawful all the same\n", wrong_refused, wrong_taken);
	for (unsigned r = 0; r < n_rows && !SANITIZED; r++)
		if (ever_hit[r])
			mutate(r);
	for (unsigned i = 0; i < EXCUSES && !SANITIZED; i++) {
		printf("# %4u equivalent: %s\n", used[i], excuses[i].reason);
		failed_checks += used[i] == 0;
		if (used[i] == 0)
			printf("not ok: this excuse is not needed\n");
	}
	printf("# %u rows, %u mutants refuted, %u equivalent, %u survive\n", n_rows, refuted, excused, survived);
	printf("%u passed, %u failed\n", passed_checks + refuted + excused, failed_checks + survived);
	free_all();
	return failed_checks + survived > 0;
}
