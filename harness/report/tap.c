/* tap.c: TAP version 13, with a YAML block below each `not ok`.
 *
 * Version 13, not 14: the prove of today's distributions rejects 14.  The YAML
 * stays inside what Perl's YAMLish and SnakeYAML both read: block mappings,
 * double-quoted scalars, and literals whose first line is the least indented.
 * A test's name is the same whether it passes or not (consumers follow a test by
 * its name), and never holds a `#`. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../probes/show.h"
#include "../catalogue.h"
#include "report.h"
#include "words.h"

struct tap {
	struct made_report made;        /* first: report_free */
	FILE *out;
	struct report_config config;
	const struct suite_config *suite;
	enum level fail_on;
	bool is_virtual, begun;
};

/* Octets that a line of TAP and a quoted YAML scalar can carry as they are. */
static bool plain(unsigned char c)
{
	return c >= ' ' && c != 0x7f && c != '"' && c != '\\';
}

static void quoted(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (plain(c))
			putc(c, out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c == '\t')
			fputs("\\t", out);
		else
			fprintf(out, "\\x%02x", c);
	}
	putc('"', out);
}

/* One `key: "value"` of the block; nothing for an empty value. */
static void pair(FILE *out, const char *indent, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	fprintf(out, "%s%s: ", indent, key);
	quoted(out, value);
	putc('\n', out);
}

/* A sentence on a result or comment line: one line, and without `#`, which would
 * begin a directive. */
static void sentence(FILE *out, const char *s)
{
	for (; s && *s; s++) {
		unsigned char c = (unsigned char)*s;

		putc(c < ' ' || c == 0x7f || c == '#' ? ' ' : c, out);
	}
}

static void begin(void *arg, const struct suite_config *suite, const struct target *target,
                  const struct dut_declaration *dut, size_t n)
{
	struct tap *t = arg;

	t->suite = suite;
	t->fail_on = suite->fail_on;
	t->is_virtual = target->is_virtual;
	t->begun = true;
	fprintf(t->out, "TAP version 13\n1..%zu\n", n);
	fprintf(t->out, "# tcpconform %s, seed 0x%" PRIx64 "\n", TCPCONFORM_VERSION, suite->seed);
	fputs("# dut ", t->out);
	sentence(t->out, target->name[0] ? target->name : dut ? dut->name : "");
	if (suite->fault && !strstr(target->name, suite->fault)) {
		fputs(", with the fault ", t->out);
		sentence(t->out, suite->fault);
	}
	putc('\n', t->out);
	fflush(t->out);
}

static void segment(FILE *out, const struct evidence *e, const char *key, int i)
{
	const struct event *v = i >= 0 && (size_t)i < e->n_events ? &e->events[i] : NULL;
	char buf[SHOW_MAX];

	if (!v || (v->kind != EVENT_SENT && v->kind != EVENT_SEEN))
		return;
	fprintf(out, "  %s:\n", key);
	pair(out, "    ", "t_ms", ms_show(v->at - e->began, buf, sizeof buf));
	pair(out, "    ", "seg", event_seg_show(e, i, buf, sizeof buf));
	if (v->why) {
		char why[512];

		snprintf(why, sizeof why, "deliberate: %s", v->why);
		pair(out, "    ", "why", why);
	}
}

static void block(struct tap *t, const struct evidence *e, enum outcome o)
{
	FILE *out = t->out;
	const struct judgement *j = e->failing;
	struct asked asked = asked_by(j);
	char buf[2048];

	fputs("  ---\n", out);
	pair(out, "  ", "message", outcome_message(e, o, buf, sizeof buf));
	pair(out, "  ", "severity", outcome_name(o));
	pair(out, "  ", "title", e->title);
	if (j) {
		pair(out, "  ", "requirement", j->req);
		pair(out, "  ", "level", level_name(j->level));
		pair(out, "  ", "rfc", asked.section);
		pair(out, "  ", "asks", asked.text);
		pair(out, "  ", "clause", j->clause);
		pair(out, "  ", "rule", j->rule);
		pair(out, "  ", "state", j->state ? j->state : e->state);
		segment(out, e, "sent", j->stimulus);
		pair(out, "  ", "wanted", j->wanted);
		if (j->reply >= 0)
			segment(out, e, "got", j->reply);
		else
			pair(out, "  ", "got", j->got);
		if (j->reply >= 0 && j->got)
			pair(out, "  ", "difference", j->got);
	}
	if (e->expected)
		pair(out, "  ", "baseline", e->expected);
	if (e->attempts > 1) {
		snprintf(buf, sizeof buf, "%u", e->attempts);
		pair(out, "  ", "attempts", buf);
	}
	if (e->n_events) {
		fputs("  exchange: |\n    t_ms        segment (relative numbers, > tester sends, < DUT sends)\n", out);
		exchange_show(out, e, "    ");
	}
	pair(out, "  ", "isn", isn_show(e, buf, sizeof buf));
	if (j)
		pair(out, "  ", "where", j->where);
	if (t->config.output) {
		char path[512];
		size_t frame = j ? frame_of(e, j->reply >= 0 ? j->reply : j->stimulus) : 0;
		int n = snprintf(buf, sizeof buf, "%s/%s", t->config.output, packet_path(e, path, sizeof path));

		if (frame && n > 0 && (size_t)n < sizeof buf)
			snprintf(buf + n, sizeof buf - (size_t)n, " frame %zu", frame);
		pair(out, "  ", "evidence", buf);
	}
	pair(out, "  ", "rerun", rerun_show(t->suite, e, buf, sizeof buf));
	fputs("  ...\n", out);
}

static void result(void *arg, size_t number, const struct evidence *e)
{
	struct tap *t = arg;
	enum outcome o = outcome_of(e, t->fail_on);
	bool ok = o == OUTCOME_PASSED || o == OUTCOME_SKIPPED;
	char buf[2048];

	fprintf(t->out, "%s %zu - ", ok ? "ok" : "not ok", number);
	sentence(t->out, e->address);
	fputs(" [", t->out);
	sentence(t->out, e->req);
	fputs("]", t->out);
	switch (o) {
	case OUTCOME_SKIPPED:
		fputs(" # SKIP ", t->out);
		sentence(t->out, outcome_message(e, o, buf, sizeof buf));
		break;
	case OUTCOME_SHOULD:
		fputs(" # TODO SHOULD", t->out);
		break;
	case OUTCOME_EXPECTED:
		fputs(" # TODO ", t->out);
		sentence(t->out, e->expected);
		break;
	case OUTCOME_SURPRISE:
		/* No directive: `ok # TODO` passes in some consumers. */
		fputs(" unexpected pass, remove from baseline", t->out);
		break;
	default:
		break;
	}
	putc('\n', t->out);
	if (!ok)
		block(t, e, o);
	fflush(t->out);
}

static void bail(void *arg, const char *why)
{
	struct tap *t = arg;

	/* There may be nobody to test: then nothing was planned. */
	if (!t->begun)
		fputs("TAP version 13\n", t->out);
	fputs("Bail out! ", t->out);
	sentence(t->out, why);
	putc('\n', t->out);
	fflush(t->out);
}

static void end(void *arg, const struct totals *s, int status)
{
	struct tap *t = arg;

	if (!t->begun)
		return;
	fprintf(t->out, "# %zu cases: %zu passed, %zu failed, %zu skipped, %zu inconclusive", s->cases, s->passed,
	        s->failed, s->skipped, s->inconclusive);
	if (s->should_failed)
		fprintf(t->out, ", %zu SHOULD not followed", s->should_failed);
	if (s->expected)
		fprintf(t->out, ", %zu expected by the baseline", s->expected);
	if (s->surprises)
		fprintf(t->out, ", %zu unexpected passes", s->surprises);
	if (s->unstable)
		fprintf(t->out, ", %zu unstable", s->unstable);
	if (s->errors)
		fprintf(t->out, ", %zu errors", s->errors);
	putc('\n', t->out);
	if (!t->is_virtual) {
		char a[32], b[32], c[32], d[32], w[32];

		fprintf(t->out, "# ms: longest shared %s, exclusive %s, throttled %s, retried %s, wall %s\n",
		        ms_show(s->longest_shared, a, sizeof a), ms_show(s->exclusive, b, sizeof b),
		        ms_show(s->throttled, c, sizeof c), ms_show(s->retried, d, sizeof d),
		        ms_show(s->wall, w, sizeof w));
	}
	fprintf(t->out, "# exit status %d\n", status);
	fflush(t->out);
}

struct report *report_tap(FILE *out, const struct report_config *config)
{
	struct tap *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	*t = (struct tap){
		.made.report = { .arg = t, .begin = begin, .result = result, .bail = bail, .end = end },
		.out = out, .config = *config,
	};
	return &t->made.report;
}
