/* term.c: the report for people: a line for each case that did not pass (with -v
 * for all), what failed in full below it, the summary last.  And the progress
 * line, which overwrites itself on a terminal. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../probes/show.h"
#include "report.h"
#include "words.h"

/* More reasons than these are counted together. */
#define SKIP_REASONS 16

struct term {
	struct made_report made;        /* first: report_free */
	FILE *out;
	struct report_config config;
	const struct suite_config *suite;
	enum level fail_on;
	bool is_virtual, begun;
	/* what the summary repeats */
	char **failed;
	size_t n_failed, room;
	struct { char *reason; size_t n; } skips[SKIP_REASONS];
	size_t n_skips, other_skips;
};

/* Signs are words; colour only underlines them. */
static const struct { const char *word, *colour; } signs[OUTCOMES] = {
	[OUTCOME_PASSED]       = { "pass",         "32" },
	[OUTCOME_SKIPPED]      = { "skip",         "90" },
	[OUTCOME_EXPECTED]     = { "expected",     "33" },
	[OUTCOME_SHOULD]       = { "SHOULD",       "33" },
	[OUTCOME_SURPRISE]     = { "NOW PASSES",   "31" },
	[OUTCOME_UNSTABLE]     = { "UNSTABLE",     "35" },
	[OUTCOME_INCONCLUSIVE] = { "INCONCLUSIVE", "35" },
	[OUTCOME_FAILED]       = { "FAIL",         "31;1" },
	[OUTCOME_ERROR]        = { "ERROR",        "31;1" },
};

/* Text from outside must not steer the terminal. */
static void plain(FILE *out, const char *s)
{
	for (; s && *s; s++) {
		unsigned char c = (unsigned char)*s;

		putc(c < ' ' || c == 0x7f ? '?' : c, out);
	}
}

static void sign(const struct term *t, enum outcome o)
{
	int pad = 12 - (int)strlen(signs[o].word);

	if (t->config.colour)
		fprintf(t->out, "\033[%sm%s\033[0m", signs[o].colour, signs[o].word);
	else
		fputs(signs[o].word, t->out);
	fprintf(t->out, "%*s  ", pad, "");
}

static void row(FILE *out, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	fprintf(out, "    %-9s ", key);
	plain(out, value);
	putc('\n', out);
}

static void begin(void *arg, const struct suite_config *suite, const struct target *target,
                  const struct dut_declaration *dut, size_t n)
{
	struct term *t = arg;

	t->suite = suite;
	t->fail_on = suite->fail_on;
	t->is_virtual = target->is_virtual;
	t->begun = true;
	fprintf(t->out, "tcpconform %s: %zu cases against ", TCPCONFORM_VERSION, n);
	plain(t->out, target->name[0] ? target->name : dut ? dut->name : "");
	if (suite->fault && !strstr(target->name, suite->fault)) {
		fputs(" with the fault ", t->out);
		plain(t->out, suite->fault);
	}
	fprintf(t->out, ", seed 0x%" PRIx64 "\n", suite->seed);
	fflush(t->out);
}

static void segment_row(FILE *out, const struct evidence *e, const char *key, int i)
{
	const struct event *v = i >= 0 && (size_t)i < e->n_events ? &e->events[i] : NULL;
	char seg[SHOW_MAX], at[32], line[1024];

	if (!v || (v->kind != EVENT_SENT && v->kind != EVENT_SEEN))
		return;
	snprintf(line, sizeof line, "%s ms  %s%s%s", ms_show(v->at - e->began, at, sizeof at),
	         event_seg_show(e, i, seg, sizeof seg), v->why ? "  deliberate: " : "", v->why ? v->why : "");
	row(out, key, line);
}

/* "violates MUST-10" is said of RFC 2119 words only; what follows from prose
 * "differs", a SHOULD is not followed. */
static const char *verb(enum level l)
{
	switch (l) {
	case LEVEL_MUST:   return "violates";
	case LEVEL_SHOULD: return "does not follow";
	case LEVEL_MAY:    return "notes";
	default:           return "differs from";
	}
}

static void block(struct term *t, const struct evidence *e, enum outcome o)
{
	FILE *out = t->out;
	const struct judgement *j = e->failing;
	struct asked asked = asked_by(j);
	char buf[2048];

	row(out, "because", outcome_message(e, o, buf, sizeof buf));
	row(out, "case", e->title);
	if (j) {
		if (j->req && *j->req) {
			snprintf(buf, sizeof buf, "%s %s%s%s%s%s%s", j->verdict == FAIL ? verb(j->level) : "concerns",
			         j->req, *asked.section ? ": " : "", asked.section, *asked.title ? ", " : "",
			         asked.title, "");
			row(out, "rule", buf);
			row(out, "", asked.text);
		}
		if (j->clause && !*asked.section)
			row(out, "clause", j->clause);
		row(out, "state", j->state ? j->state : e->state);
		segment_row(out, e, "sent", j->stimulus);
		row(out, "wanted", j->wanted);
		if (j->reply >= 0)
			segment_row(out, e, "got", j->reply);
		else
			row(out, "got", j->got);
	}
	if (e->attempts > 1) {
		snprintf(buf, sizeof buf, "%u", e->attempts);
		row(out, "attempts", buf);
	}
	if (e->n_events) {
		fputs("    exchange  ms, relative numbers; > the tester sends, < the DUT sends\n", out);
		exchange_show(out, e, "    ");
	}
	row(out, "numbers", isn_show(e, buf, sizeof buf));
	if (t->config.output) {
		char path[512];
		size_t frame = j ? frame_of(e, j->reply >= 0 ? j->reply : j->stimulus) : 0;
		int n = snprintf(buf, sizeof buf, "%s/%s", t->config.output, packet_path(e, path, sizeof path));

		if (frame && n > 0 && (size_t)n < sizeof buf)
			snprintf(buf + n, sizeof buf - (size_t)n, ", frame %zu", frame);
		row(out, "packets", buf);
	}
	row(out, "again", rerun_show(t->suite, e, buf, sizeof buf));
	putc('\n', out);
}

static void remember(struct term *t, const char *address)
{
	if (t->n_failed == t->room) {
		size_t room = t->room ? 2 * t->room : 16;
		char **more = realloc(t->failed, room * sizeof *more);

		if (!more)
			return;
		t->failed = more;
		t->room = room;
	}
	t->failed[t->n_failed] = strdup(address);
	if (t->failed[t->n_failed])
		t->n_failed++;
}

/* Without -v, skipped cases are counted by their reason: against a host without
 * an agent there are many, and they must not bury a failure. */
static void skipped(struct term *t, const char *why)
{
	const char *how_long = strncmp(why, "lasts ", 6) ? NULL : strstr(why, ", ");
	char reason[512];

	/* How long each of them lasts would make a reason of each. */
	snprintf(reason, sizeof reason, "%s%s", how_long ? "lasts " : "", how_long ? how_long + 2 : why);
	for (size_t i = 0; i < t->n_skips; i++) {
		if (!strcmp(t->skips[i].reason, reason)) {
			t->skips[i].n++;
			return;
		}
	}

	char *copy = t->n_skips < SKIP_REASONS ? strdup(reason) : NULL;

	if (!copy) {
		t->other_skips++;
		return;
	}
	t->skips[t->n_skips].reason = copy;
	t->skips[t->n_skips++].n = 1;
}

static void result(void *arg, size_t number, const struct evidence *e)
{
	struct term *t = arg;
	enum outcome o = outcome_of(e, t->fail_on);
	char buf[2048];

	(void)number;
	if (o == OUTCOME_SKIPPED)
		skipped(t, outcome_message(e, o, buf, sizeof buf));
	if ((o == OUTCOME_PASSED || o == OUTCOME_SKIPPED) && !t->config.verbose)
		return;
	sign(t, o);
	plain(t->out, e->address);
	switch (o) {
	case OUTCOME_PASSED:
		fputs("  ", t->out);
		plain(t->out, e->title);
		putc('\n', t->out);
		break;
	case OUTCOME_SKIPPED:
		fputs("  ", t->out);
		plain(t->out, outcome_message(e, o, buf, sizeof buf));
		putc('\n', t->out);
		break;
	case OUTCOME_EXPECTED:
		fputs("  ", t->out);
		plain(t->out, e->expected);
		putc('\n', t->out);
		if (t->config.verbose)
			block(t, e, o);
		break;
	default:
		putc('\n', t->out);
		block(t, e, o);
		if (o >= OUTCOME_SURPRISE)
			remember(t, e->address);
	}
	/* With -vv the conversation of a passed case is of interest too. */
	if (o == OUTCOME_PASSED && t->config.verbose > 1) {
		exchange_show(t->out, e, "    ");
		putc('\n', t->out);
	}
	fflush(t->out);
}

static void bail(void *arg, const char *why)
{
	struct term *t = arg;

	if (!t->begun)                          /* stderr says it */
		return;
	sign(t, OUTCOME_ERROR);
	plain(t->out, why);
	putc('\n', t->out);
	fflush(t->out);
}

static void count(FILE *out, size_t n, const char *what)
{
	if (n)
		fprintf(out, ", %zu %s", n, what);
}

static void end(void *arg, const struct totals *s, int status)
{
	struct term *t = arg;
	FILE *out = t->out;

	if (!t->begun)
		return;
	if (t->n_failed > 3) {
		fputs("Not as they should be:\n", out);
		for (size_t i = 0; i < t->n_failed; i++)
			fprintf(out, "    %s\n", t->failed[i]);
	}
	for (size_t i = 0; i < t->n_skips; i++) {
		fprintf(out, "%zu skipped: ", t->skips[i].n);
		plain(out, t->skips[i].reason);
		putc('\n', out);
	}
	if (t->other_skips)
		fprintf(out, "%zu skipped for other reasons (-v shows them)\n", t->other_skips);
	fprintf(out, "%zu cases: %zu passed", s->cases, s->passed);
	count(out, s->failed, "failed");
	count(out, s->should_failed, "SHOULD not followed");
	count(out, s->expected, "expected by the baseline");
	count(out, s->surprises, "unexpected passes");
	count(out, s->unstable, "unstable");
	count(out, s->inconclusive, "inconclusive");
	count(out, s->errors, "errors");
	count(out, s->skipped, "skipped");
	putc('\n', out);
	if (!t->is_virtual) {
		char a[32], b[32], c[32], d[32], w[32];

		fprintf(out, "%s ms: longest shared case %s, exclusive cases %s, throttled stimuli %s, retries %s\n",
		        ms_show(s->wall, w, sizeof w), ms_show(s->longest_shared, a, sizeof a),
		        ms_show(s->exclusive, b, sizeof b), ms_show(s->throttled, c, sizeof c),
		        ms_show(s->retried, d, sizeof d));
	}
	if (t->config.output)
		fprintf(out, "evidence: %s/result.json, packets: %s/cases/\n", t->config.output, t->config.output);
	fprintf(out, "exit status %d\n", status);
	fflush(out);
}

static void drop(void *arg)
{
	struct term *t = arg;

	for (size_t i = 0; i < t->n_failed; i++)
		free(t->failed[i]);
	free(t->failed);
	for (size_t i = 0; i < t->n_skips; i++)
		free(t->skips[i].reason);
}

struct report *report_term(FILE *out, const struct report_config *config)
{
	struct term *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	*t = (struct term){
		.made.report = { .arg = t, .begin = begin, .result = result, .bail = bail, .end = end },
		.made.drop = drop, .out = out, .config = *config,
	};
	return &t->made.report;
}

/* ---- progress -------------------------------------------------------------- */

struct progress {
	struct made_report made;        /* first: report_free */
	FILE *err;
	int shown;                      /* columns in use                        */
	char address[160];              /* of the last case that began or ended  */
};

static void wipe(struct progress *p)
{
	if (p->shown) {
		fprintf(p->err, "\r%*s\r", p->shown, "");
		fflush(p->err);
	}
	p->shown = 0;
}

static void progress(void *arg, size_t done, size_t n, size_t running, const char *address, tick left)
{
	struct progress *p = arg;
	char line[80];

	/* Told of each case that begins and ends, it remembers that for its next
	 * regular turn, which has no address: a terminal is slow. */
	if (address && *address) {
		snprintf(p->address, sizeof p->address, "%s", address);
		return;
	}

	int k = snprintf(line, sizeof line, "[%*zu/%zu] %.30s  %zu running", n > 999 ? 4 : 3, done, n,
	                 p->address, running);

	if (left > 0 && k > 0 && (size_t)k < sizeof line)
		snprintf(line + k, sizeof line - (size_t)k, ", %lld s left", (long long)((left + S(1) - 1) / S(1)));
	wipe(p);
	plain(p->err, line);
	p->shown = (int)strlen(line);
	fflush(p->err);
}

static void progress_result(void *arg, size_t number, const struct evidence *e)
{
	(void)number;
	(void)e;
	wipe(arg);
}

static void progress_bail(void *arg, const char *why)
{
	(void)why;
	wipe(arg);
}

static void progress_end(void *arg, const struct totals *s, int status)
{
	(void)s;
	(void)status;
	wipe(arg);
}

struct report *report_progress(FILE *err)
{
	struct progress *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	*p = (struct progress){
		.made.report = { .arg = p, .result = progress_result, .bail = progress_bail,
		                 .end = progress_end, .progress = progress },
		.err = err,
	};
	return &p->made.report;
}
