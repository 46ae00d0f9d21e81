/* cmd_explain.c: one requirement, case or fault in plain words: what is asked,
 * where it stands, who looks at it.  The words are the catalogue's and the
 * cases' own; nothing is told twice. */
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "cmd.h"
#include "nearest.h"
#include "options.h"
#include "stack/stack.h"

#define WIDTH  78
#define INDENT 14

static error_t option(int key, char *arg, struct argp_state *state)
{
	const char **id = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "one ID at a time");
		*id = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "of what? ID is a requirement (MUST-10), a case's address or glob, or a fault");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = option, .args_doc = "ID",
	.doc = "Tells what a requirement, a case or a fault is about.\vID is a requirement (MUST-10), a case "
	       "(9293/3.5/simultaneous-open, or a glob) or a fault (no-simul-open).",
};

/* "key          text", broken at words and hanging below its beginning. */
static void row(const char *key, const char *text)
{
	int column = 0;

	if (!text || !*text)
		return;
	printf("%-*s", INDENT, key);
	while (*text) {
		size_t n = strcspn(text, " ");

		if (column && INDENT + column + 1 + (int)n > WIDTH) {
			printf("\n%*s", INDENT, "");
			column = 0;
		}
		column += printf("%s%.*s", column ? " " : "", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/* The level in words: prose without a word of RFC 2119 is implied. */
static const char *level_of(const struct requirement *r)
{
	return requirement_level(r->id) == LEVEL_IMPLIED ? "implied by the text" : r->level;
}

struct wanted { const char *id; bool found; };

static void is_wanted(void *arg, const char *id)
{
	struct wanted *w = arg;

	w->found |= !strcmp(w->id, id);
}

static bool speaks_for(const char *list, const char *id)
{
	struct wanted w = { .id = id };

	if (list)
		requirement_each(list, is_wanted, &w);
	return w.found;
}

static void address_of(const struct case_info *c, char *buf, size_t n)
{
	snprintf(buf, n, "%s/%s", c->section, c->name);
	for (char *p = buf; *p; p++)
		if (*p == '_')
			*p = '-';
}

static void explain_requirement(const struct requirement *r)
{
	size_t n;
	const struct case_info *const *cases = registry_cases(&n);
	char where[200], address[200];
	bool any = false;

	printf("%s: %s\n\n", r->id, r->title);
	snprintf(where, sizeof where, "RFC %s section %s, %s", r->rfc, r->section, level_of(r));
	row("stands in", where);
	row("asks", r->requirement);
	row("seen by", r->observable);
	row("stimulus", r->stimulus);
	row("verdict", r->verdict);
	for (size_t i = 0; i < n; i++) {
		if (!speaks_for(cases[i]->req, r->id))
			continue;
		address_of(cases[i], address, sizeof address);
		row(any ? "" : "cases", address);
		any = true;
	}
	if (!any)
		row("cases", "none yet");
	any = false;
	for (size_t i = 0; i < n_faults; i++) {
		if (!speaks_for(faults[i].req, r->id))
			continue;
		snprintf(where, sizeof where, "%s: %s", faults[i].name, faults[i].title);
		row(any ? "" : "faults", where);
		any = true;
	}
	if (!any)
		row("faults", "none yet");
}

static void one_requirement(void *arg, const char *id)
{
	const struct requirement *r = requirement_find(id);
	char line[400];
	bool *any = arg;

	if (r)
		snprintf(line, sizeof line, "%s (%s, RFC %s section %s): %s", id, level_of(r), r->rfc, r->section, r->title);
	else
		snprintf(line, sizeof line, "%s", id);
	row(*any ? "" : "proves", line);
	*any = true;
}

static void explain_case(const struct case_info *c)
{
	static const struct { unsigned bit; const char *word; } needs[] = {
		{ CALLS, "calls on the DUT (--agent)" }, { OPENS, "that the DUT connects to us (--agent or --trigger)" },
		{ ALONE, "the DUT for itself" }, { NEEDS_TIMESTAMPS, "timestamps" },
		{ NEEDS_WINDOW_SCALE, "window scaling" }, { NEEDS_SACK, "selective acknowledgement" },
		{ NEEDS_KEEPALIVE, "keepalive" }, { NEEDS_URGENT, "urgent data" },
		{ NEEDS_PAWS, "PAWS" },
	};
	char address[200], buf[100], again[260];
	bool any = false;

	address_of(c, address, sizeof address);
	printf("%s\n\n", address);
	row("claims", c->title);
	requirement_each(c->req, one_requirement, &any);
	any = false;
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
		if (c->needs & needs[i].bit) {
			row(any ? "" : "needs", needs[i].word);
			any = true;
		}
	}
	row("runs over", c->ip == V4 ? "IPv4" : c->ip == V6 ? "IPv6" : "IPv4 and IPv6");
	snprintf(buf, sizeof buf, "%.6g s by protocol", (double)c->lasts / (double)S(1));
	row("lasts", buf);
	snprintf(again, sizeof again, "tcpconform selftest --case %s -vv", address);
	row("see it", again);
}

static void explain_fault(const struct fault_info *f)
{
	size_t n;
	const struct case_info *const *cases = registry_cases(&n);
	char address[200], again[200];
	bool any = false;

	printf("%s\n\n", f->name);
	row("does", f->title);
	row("path", f->path);
	row("kind", f->kind);
	requirement_each(f->req, one_requirement, &any);
	row("equivalent", f->equivalent);
	any = false;
	for (size_t i = 0; i < n; i++) {
		bool looks = false;

		for (size_t k = 0; k < n_requirements && !looks; k++)
			looks = speaks_for(f->req, requirements[k].id) && speaks_for(cases[i]->req, requirements[k].id);
		if (!looks)
			continue;
		address_of(cases[i], address, sizeof address);
		row(any ? "" : "looked at by", address);
		any = true;
	}
	snprintf(again, sizeof again, "tcpconform selftest --fault %s", f->name);
	row("see it", again);
}

/* What a word that is none of the three was meant to be. */
static int unknown(const char *id)
{
	size_t n;
	const struct case_info *const *cases = registry_cases(&n);
	const char **list = calloc(n_requirements + n_faults + n + 1, sizeof *list);
	char (*addresses)[200] = calloc(n + 1, sizeof *addresses);
	const char *found = NULL;
	size_t k = 0;

	if (list && addresses) {
		for (size_t i = 0; i < n_requirements; i++)
			list[k++] = requirements[i].id;
		for (size_t i = 0; i < n_faults; i++)
			list[k++] = faults[i].name;
		for (size_t i = 0; i < n; i++) {
			address_of(cases[i], addresses[i], sizeof addresses[i]);
			list[k++] = addresses[i];
		}
		found = nearest(id, list);
	}
	if (found)
		complain(0, "'%s' is no requirement, case or fault; did you mean '%s'?", id, found);
	else
		complain(0, "'%s' is no requirement, case or fault; tcpconform list shows what there is", id);
	free(list);
	free(addresses);
	return EXIT_USAGE;
}

int cmd_explain(int argc, char **argv)
{
	const char *id = NULL;
	size_t n, shown = 0;
	const struct case_info *const *cases = registry_cases(&n);

	argp_parse(&argp, argc, argv, 0, NULL, &id);

	const struct requirement *r = requirement_find(id);

	if (r) {
		explain_requirement(r);
		return EXIT_CONFORMS;
	}
	for (size_t i = 0; i < n_faults; i++) {
		if (!strcmp(faults[i].name, id)) {
			explain_fault(&faults[i]);
			return EXIT_CONFORMS;
		}
	}
	for (size_t i = 0; i < n; i++) {
		char address[200], with[210];
		bool found;

		address_of(cases[i], address, sizeof address);
		found = glob_match(id, address);
		for (int v = 4; v <= 6 && !found; v += 2) {
			snprintf(with, sizeof with, "%s/ip%d", address, v);
			found = glob_match(id, with);
		}
		if (!found)
			continue;
		if (shown++)
			putchar('\n');
		explain_case(cases[i]);
	}
	return shown ? EXIT_CONFORMS : unknown(id);
}
