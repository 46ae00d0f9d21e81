/* cmd_list.c: what there is: cases, requirements and who speaks for them, faults
 * and what they break.  What nobody speaks for is shown as plainly as the rest. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue.h"
#include "cmd.h"
#include "options.h"
#include "stack/stack.h"

struct list_options {
	struct select_options select;
	const char *what;
	bool json;
};

enum { KEY_JSON = 256 + 64 };

static const struct argp_option table[] = {
	{ "json", KEY_JSON, NULL, 0, "as JSON", 5 },
	{ 0 }
};

static error_t option(int key, char *arg, struct argp_state *state)
{
	struct list_options *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->select;
		return 0;
	case KEY_JSON:
		o->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "one word at most: cases, requirements or faults");
		if (strcmp(arg, "cases") && strcmp(arg, "requirements") && strcmp(arg, "faults"))
			argp_error(state, "it lists cases, requirements or faults, and not '%s'", arg);
		o->what = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &select_argp, 0, NULL, 1 }, { 0 } };
static const struct argp argp = {
	.options = table, .parser = option, .children = children, .args_doc = "[cases|requirements|faults]",
	.doc = "Shows which cases, requirements or faults there are.",
};

/* How long a case takes, for a table. */
static const char *lasts(tick t, char *buf, size_t n)
{
	if (t >= S(3600))
		snprintf(buf, n, "%.3g h", (double)t / (double)S(3600));
	else if (t >= S(120))
		snprintf(buf, n, "%.3g min", (double)t / (double)S(60));
	else
		snprintf(buf, n, "%.3g s", (double)t / (double)S(1));
	return buf;
}

static const struct { unsigned bit; const char *word; } needs[] = {
	{ CALLS, "calls" }, { OPENS, "opens" }, { ALONE, "alone" }, { NEEDS_TIMESTAMPS, "timestamps" },
	{ NEEDS_WINDOW_SCALE, "window-scale" }, { NEEDS_SACK, "sack" }, { NEEDS_KEEPALIVE, "keepalive" },
	{ NEEDS_URGENT, "urgent" }, { NEEDS_PAWS, "paws" },
};

static json_t *words(const char *list, const char *between)
{
	json_t *a = json_array();

	while (list && *list) {
		size_t n = strcspn(list, between);

		if (n)
			json_array_append_new(a, json_stringn(list, n));
		list += n;
		list += strspn(list, between);
	}
	return a;
}

static int print_json(json_t *a)
{
	int failed = json_dumpf(a, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);

	putchar('\n');
	json_decref(a);
	return failed ? EXIT_CANNOT_RUN : EXIT_CONFORMS;
}

static int list_cases(const struct list_options *o)
{
	struct selection selection;
	size_t n;
	struct instance *instances = select_instances(&o->select, &selection, &n);
	json_t *all = json_array();
	char buf[32];

	selection_free(&selection);
	if (!instances) {
		json_decref(all);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < n; i++) {
		const struct case_info *c = instances[i].info;

		if (!o->json) {
			printf("%-58s %7s  %s\n", instances[i].address, lasts(c->lasts, buf, sizeof buf), c->title);
			continue;
		}

		json_t *v = json_object(), *need = json_array();

		json_object_set_new(v, "address", json_string(instances[i].address));
		json_object_set_new(v, "title", json_string(c->title));
		json_object_set_new(v, "requirements", words(c->req, " "));
		json_object_set_new(v, "ip", json_integer(instances[i].v));
		json_object_set_new(v, "lasts_ms", json_integer(c->lasts / MS(1)));
		for (size_t k = 0; k < sizeof needs / sizeof *needs; k++)
			if (c->needs & needs[k].bit)
				json_array_append_new(need, json_string(needs[k].word));
		json_object_set_new(v, "needs", need);
		json_array_append_new(all, v);
	}
	free(instances);
	if (o->json)
		return print_json(all);
	json_decref(all);
	return EXIT_CONFORMS;
}

/* True if `id` is a word of the list. */
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

static bool selected(const struct list_options *o, const char *id)
{
	for (size_t i = 0; i < o->select.requirements.n; i++)
		if (glob_match(o->select.requirements.word[i], id))
			return true;
	return o->select.requirements.n == 0;
}

/* Prose without a word of RFC 2119 is implied. */
static const char *level_of(const struct requirement *r)
{
	return requirement_level(r->id) == LEVEL_IMPLIED ? "implied" : r->level;
}

static int list_requirements(const struct list_options *o)
{
	size_t n_cases, shown = 0, uncased = 0, unfaulted = 0;
	const struct case_info *const *cases = registry_cases(&n_cases);
	json_t *all = json_array();

	for (size_t i = 0; i < n_requirements; i++) {
		const struct requirement *r = &requirements[i];
		json_t *by = json_array(), *broken = json_array();
		size_t n_by, n_broken;

		if (!selected(o, r->id)) {
			json_decref(by);
			json_decref(broken);
			continue;
		}
		for (size_t k = 0; k < n_cases; k++) {
			char address[200];

			if (!speaks_for(cases[k]->req, r->id))
				continue;
			snprintf(address, sizeof address, "%s/%s", cases[k]->section, cases[k]->name);
			for (char *p = address; *p; p++)
				if (*p == '_')
					*p = '-';
			json_array_append_new(by, json_string(address));
		}
		for (size_t k = 0; k < n_faults; k++)
			if (speaks_for(faults[k].req, r->id))
				json_array_append_new(broken, json_string(faults[k].name));
		n_by = json_array_size(by);
		n_broken = json_array_size(broken);
		if (!o->json && !shown)
			printf("%-24s %-10s %-5s %-24s %-5s  %-6s  %s\n", "id", "level", "RFC", "section", "case?", "fault?",
			       "title");
		shown++;
		uncased += !n_by;
		unfaulted += !n_broken;
		if (!o->json) {
			printf("%-24s %-10s %-5s %-24.24s %-5s  %-6s  %s\n", r->id,
			       level_of(r), r->rfc, r->section,
			       n_by ? "yes" : "no", n_broken ? "yes" : "no", r->title);
			json_decref(by);
			json_decref(broken);
			continue;
		}

		json_t *v = json_object();

		json_object_set_new(v, "id", json_string(r->id));
		json_object_set_new(v, "rfc", json_string(r->rfc));
		json_object_set_new(v, "section", json_string(r->section));
		json_object_set_new(v, "level", json_string(level_of(r)));
		json_object_set_new(v, "title", json_string(r->title));
		json_object_set_new(v, "cases", by);
		json_object_set_new(v, "faults", broken);
		json_array_append_new(all, v);
	}
	if (!shown) {
		json_decref(all);
		return complain(EXIT_USAGE, "no requirement matches; tcpconform list requirements shows them all");
	}
	if (o->json)
		return print_json(all);
	json_decref(all);
	printf("%zu requirements: %zu with a case, %zu without; %zu broken by a fault, %zu not\n", shown, shown - uncased,
	       uncased, shown - unfaulted, unfaulted);
	return EXIT_CONFORMS;
}

static int list_faults(const struct list_options *o)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n_faults; i++) {
		const struct fault_info *f = &faults[i];

		if (!o->json) {
			printf("%-28s %-14s %s%s%s\n", f->name, f->path ? f->path : "", f->title,
			       f->equivalent ? "; nobody can tell: " : "", f->equivalent ? f->equivalent : "");
			continue;
		}

		json_t *v = json_object();

		json_object_set_new(v, "name", json_string(f->name));
		json_object_set_new(v, "kind", json_string(f->kind));
		json_object_set_new(v, "path", json_string(f->path ? f->path : ""));
		json_object_set_new(v, "title", json_string(f->title));
		json_object_set_new(v, "requirements", words(f->req, " ,"));
		if (f->equivalent)
			json_object_set_new(v, "equivalent", json_string(f->equivalent));
		json_array_append_new(all, v);
	}
	if (o->json)
		return print_json(all);
	json_decref(all);
	return EXIT_CONFORMS;
}

int cmd_list(int argc, char **argv)
{
	struct list_options o = { .select = { .ip4 = true, .ip6 = true }, .what = "cases" };
	int status;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (!strcmp(o.what, "requirements"))
		status = list_requirements(&o);
	else if (!strcmp(o.what, "faults"))
		status = list_faults(&o);
	else
		status = list_cases(&o);
	select_free(&o.select);
	return status;
}
