/* cmd_check.c: judges the connections of a capture and tells what a TCP in it
 * must never have sent.  Nothing is sent.  See check.c for the judging. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "catalogue.h"
#include "check.h"
#include "cmd.h"
#include "options.h"

#define MAX_ADDRESSES 16

struct check_options {
	const char *file;
	struct addr judge[MAX_ADDRESSES];
	unsigned n_judge;
	enum vantage vantage;
	bool vantage_given, json;
	enum accept accept;
	enum level fail_on;
	enum when colour;
	int verbose;
};

enum { KEY_JUDGE = 256, KEY_VANTAGE, KEY_ACCEPT, KEY_FAIL_ON, KEY_COLOUR };

static const struct argp_option table[] = {
	{ "judge", KEY_JUDGE, "ADDR", 0, "only this end of the connections (may be repeated)", 0 },
	{ "vantage", KEY_VANTAGE, "WHERE", 0, "where it was captured, seen from the judged end: tester, dut, peer or "
	  "middle (default)", 0 },
	{ "accept", KEY_ACCEPT, "READING", 0, "strict, deployed (default) or legacy793", 0 },
	{ "fail-on", KEY_FAIL_ON, "LEVEL", 0, "must (default) or should", 0 },
	{ "format", 'f', "FORMAT", 0, "text (default) or json", 0 },
	{ "verbose", 'v', NULL, 0, "also what only looks suspicious", 0 },
	{ "color", KEY_COLOUR, "WHEN", 0, "auto, always or never", 0 },
	{ 0 }
};

static const char *const vantages[] = {
	[VANTAGE_TESTER] = "tester", [VANTAGE_DUT] = "dut", [VANTAGE_PEER] = "peer", [VANTAGE_MIDDLE] = "middle",
};
static const char *const accepts[] = {
	[ACCEPT_STRICT] = "strict", [ACCEPT_DEPLOYED] = "deployed", [ACCEPT_LEGACY793] = "legacy793",
};

/* The place of a word in a list; -1: none. */
static int place(const char *word, const char *const *list, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(word, list[i]))
			return i;
	return -1;
}

static error_t option(int key, char *arg, struct argp_state *state)
{
	struct check_options *o = state->input;
	int i;

	switch (key) {
	case KEY_JUDGE:
		if (o->n_judge == MAX_ADDRESSES)
			argp_error(state, "at most %d addresses to judge", MAX_ADDRESSES);
		else if (!addr_parse(arg, &o->judge[o->n_judge++]))
			argp_error(state, "--judge takes an address, and not '%s'", arg);
		return 0;
	case KEY_VANTAGE:
		i = place(arg, vantages, 4);
		if (i < 0)
			argp_error(state, "--vantage is tester, dut, peer or middle, and not '%s'", arg);
		o->vantage = (enum vantage)i;
		o->vantage_given = true;
		return 0;
	case KEY_ACCEPT:
		i = place(arg, accepts, 3);
		if (i < 0)
			argp_error(state, "--accept is strict, deployed or legacy793, and not '%s'", arg);
		o->accept = (enum accept)i;
		return 0;
	case KEY_FAIL_ON:
		if (strcmp(arg, "must") && strcmp(arg, "should"))
			argp_error(state, "--fail-on is must or should, and not '%s'", arg);
		o->fail_on = strcmp(arg, "must") ? LEVEL_SHOULD : LEVEL_MUST;
		return 0;
	case 'f':
		if (strcmp(arg, "text") && strcmp(arg, "json") && strcmp(arg, "auto"))
			argp_error(state, "--format is text or json here, and not '%s'", arg);
		o->json = !strcmp(arg, "json");
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case KEY_COLOUR:
		o->colour = when_parse(arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "one capture at a time, and '%s' is the second", arg);
		o->file = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which capture?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = table, .parser = option, .args_doc = "FILE",
	.doc = "Judges the TCP connections in a capture, pcap or pcapng (\"-\": standard input).\vBoth ends are "
	       "judged, unless --judge says otherwise or the capture is one of tcpconform's own, whose tester is "
	       "not judged.  Exit status 1: something in it must not be.",
};

/* ---- what comes of a finding --------------------------------------------------- */

enum weight { VIOLATION, DEVIATION, SUSPICION };

static enum weight weight_of(const struct finding *f, enum level fail_on)
{
	if (f->verdict != FAIL)
		return SUSPICION;
	return f->level == LEVEL_SHOULD && fail_on != LEVEL_SHOULD ? DEVIATION : VIOLATION;
}

static const char *weight_name(enum weight w)
{
	return w == VIOLATION ? "violation" : w == DEVIATION ? "deviation" : "suspicious";
}

static const char *endpoint_show(const struct endpoint *e, char *buf, size_t n)
{
	char addr[64];

	addr_show(&e->addr, addr, sizeof addr);
	snprintf(buf, n, e->addr.v == 6 ? "[%s]:%u" : "%s:%u", addr, e->port);
	return buf;
}

/* ---- as text -------------------------------------------------------------------- */

static void row(const char *key, const char *value)
{
	if (value && *value)
		printf("    %-9s %s\n", key, value);
}

static void print_finding(const struct finding *f, enum weight w, bool colour)
{
	static const char *const words[] = { "FAIL", "SHOULD", "SUSPICIOUS" }, *const codes[] = { "31;1", "33", "35" };
	char a[80], b[80], line[512], id[64];
	const struct requirement *r;

	if (colour)
		printf("\033[%sm%s\033[0m", codes[w], words[w]);
	else
		fputs(words[w], stdout);
	printf("  %s, to %s (connection %u)\n", endpoint_show(&f->judged, a, sizeof a),
	       endpoint_show(&f->other, b, sizeof b), f->connection);
	row("because", f->message);
	if (f->req && *f->req) {
		snprintf(id, sizeof id, "%.*s", (int)strcspn(f->req, " "), f->req);
		r = requirement_find(id);
		snprintf(line, sizeof line, "%s %s%s%s%s%s%s%s",
		         f->verdict != FAIL ? "concerns" : f->level == LEVEL_MUST ? "violates" :
		         f->level == LEVEL_SHOULD ? "does not follow" : "differs from", f->req,
		         r ? ": RFC " : "", r ? r->rfc : "", r ? " section " : "", r ? r->section : "",
		         r ? ", " : "", r ? r->title : "");
		row("rule", line);
		row("", r ? r->requirement : NULL);
	}
	snprintf(line, sizeof line, "%s%s%s", f->clause ? f->clause : "", f->clause && f->rule ? ", oracle's " : "",
	         f->rule ? f->rule : "");
	row("clause", line);
	row("state", f->state);
	row("wanted", f->wanted);
	row("got", f->got);
	printf("    %-9s ", "frames");
	for (unsigned i = 0; i < f->n_frames; i++)
		printf("%s%" PRIu64, i ? ", " : "", f->frames[i]);
	if (f->count > f->n_frames)
		printf(", ...");
	if (f->count > 1)
		printf("  (%" PRIu64 " times)", f->count);
	if (f->stimulus && f->reply)
		printf("; the first after frame %" PRIu64, f->stimulus);
	fputs("\n\n", stdout);
}

static void print_text(const struct check_options *o, const struct capture *capture, const struct check *check,
                       uint64_t frames, const size_t *counts)
{
	struct check_stats s = check_stats(check);
	size_t n;
	const struct finding *f = check_findings(check, &n);
	bool colour = colour_wanted(o->colour, STDOUT_FILENO);

	for (size_t i = 0; i < n; i++) {
		enum weight w = weight_of(&f[i], o->fail_on);

		if (w != SUSPICION || o->verbose)
			print_finding(&f[i], w, colour);
	}
	printf("%s: %" PRIu64 " frames (%s), %" PRIu64 " TCP segments, %" PRIu64 " connections, %" PRIu64
	       " ends judged as seen by the %s\n", o->file, frames, capture_link(capture), s.segments, s.connections, s.ends,
	       vantages[o->vantage]);
	if (s.duplicates)
		printf("%" PRIu64 " frames are there twice and were judged once\n", s.duplicates);
	if (s.offloaded)
		printf("%" PRIu64 " checksums were left to a network card and not judged\n", s.offloaded);
	if (s.cut)
		printf("%" PRIu64 " segments were captured short: their text was not judged\n", s.cut);
	if (s.fragments)
		printf("%" PRIu64 " fragments of IP were not put together: what they carried was not judged\n", s.fragments);
	if (s.unreadable)
		printf("%" PRIu64 " datagrams cannot be read\n", s.unreadable);
	if (s.unsaid)
		printf("%" PRIu64 " more findings are not shown\n", s.unsaid);
	if (s.evicted)
		printf("%" PRIu64 " connections were ended early, to make room\n", s.evicted);
	if (capture_backward(capture))
		printf("%" PRIu64 " stamps go back in time and were taken as equal\n", capture_backward(capture));
	printf("%zu violations, %zu deviations from a SHOULD, %zu suspicious%s\n", counts[VIOLATION], counts[DEVIATION],
	       counts[SUSPICION], counts[SUSPICION] && !o->verbose ? " (-v shows them)" : "");
}

/* ---- as JSON -------------------------------------------------------------------- */

static void put(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

static void print_json(const struct check_options *o, const struct capture *capture, const struct check *check,
                       uint64_t frames, const size_t *counts, const char *cut, int status)
{
	struct check_stats s = check_stats(check);
	size_t n;
	const struct finding *f = check_findings(check, &n);
	json_t *root = json_object(), *all = json_array();
	char buf[80];

	put(root, "format", "tcpconform check");
	json_object_set_new(root, "version", json_integer(1));
	put(root, "tcpconform", TCPCONFORM_VERSION);
	put(root, "file", o->file);
	put(root, "link", capture_link(capture));
	put(root, "vantage", vantages[o->vantage]);
	put(root, "accept", accepts[o->accept]);
	put(root, "cut", cut);
	json_object_set_new(root, "frames", json_integer((json_int_t)frames));
	json_object_set_new(root, "segments", json_integer((json_int_t)s.segments));
	json_object_set_new(root, "connections", json_integer((json_int_t)s.connections));
	json_object_set_new(root, "ends", json_integer((json_int_t)s.ends));
	for (size_t i = 0; i < n; i++) {
		json_t *v = json_object(), *numbers = json_array(), *ids = json_array();

		put(v, "weight", weight_name(weight_of(&f[i], o->fail_on)));
		put(v, "verdict", verdict_name(f[i].verdict));
		put(v, "level", level_name(f[i].level));
		json_object_set_new(v, "connection", json_integer(f[i].connection));
		put(v, "judged", endpoint_show(&f[i].judged, buf, sizeof buf));
		put(v, "other", endpoint_show(&f[i].other, buf, sizeof buf));
		for (const char *p = f[i].req ? f[i].req : ""; *p; p += strspn(p, " ")) {
			size_t k = strcspn(p, " ");

			json_array_append_new(ids, json_stringn(p, k));
			p += k;
		}
		json_object_set_new(v, "requirements", ids);
		put(v, "rule", f[i].rule);
		put(v, "clause", f[i].clause);
		put(v, "state", f[i].state);
		put(v, "message", f[i].message);
		put(v, "wanted", f[i].wanted);
		put(v, "got", f[i].got);
		json_object_set_new(v, "count", json_integer((json_int_t)f[i].count));
		for (unsigned k = 0; k < f[i].n_frames; k++)
			json_array_append_new(numbers, json_integer((json_int_t)f[i].frames[k]));
		json_object_set_new(v, "frames", numbers);
		if (f[i].stimulus)
			json_object_set_new(v, "stimulus", json_integer((json_int_t)f[i].stimulus));
		json_array_append_new(all, v);
	}
	json_object_set_new(root, "findings", all);
	json_object_set_new(root, "violations", json_integer((json_int_t)counts[VIOLATION]));
	json_object_set_new(root, "deviations", json_integer((json_int_t)counts[DEVIATION]));
	json_object_set_new(root, "suspicious", json_integer((json_int_t)counts[SUSPICION]));
	json_object_set_new(root, "status", json_integer(status));
	json_dumpf(root, stdout, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(root);
}

/* ---- all of it -------------------------------------------------------------------- */

static int judge_capture(struct check_options *o, struct capture *capture)
{
	struct addr testers[MAX_ADDRESSES];
	struct check_config config = { .accept = o->accept, .judge = o->judge, .n_judge = o->n_judge };
	size_t counts[3] = { 0 }, n;
	uint64_t frames = 0;
	enum capture_more more;
	struct datagram d;

	config.n_spare = capture_testers(capture, testers, MAX_ADDRESSES);
	config.spare = testers;
	config.ours = config.n_spare > 0;
	/* Who asks for an end by name gets it. */
	if (o->n_judge)
		config.n_spare = 0;
	if (!o->vantage_given)
		o->vantage = config.ours ? VANTAGE_TESTER : VANTAGE_MIDDLE;
	config.vantage = o->vantage;

	struct check *check = check_new(&config);

	if (!check)
		return complain(EXIT_CANNOT_RUN, "out of memory");
	while ((more = capture_next(capture, &d)) == CAPTURE_IP || more == CAPTURE_OTHER) {
		frames++;
		if (more == CAPTURE_IP)
			check_datagram(check, &d);
	}
	check_end(check);

	const struct finding *f = check_findings(check, &n);

	for (size_t i = 0; i < n; i++)
		counts[weight_of(&f[i], o->fail_on)]++;

	int status = counts[VIOLATION] ? EXIT_FAILED : check_stats(check).ends ? EXIT_CONFORMS : EXIT_ALL_SKIPPED;
	const char *cut = more == CAPTURE_CUT ? capture_trouble(capture) : NULL;

	if (cut)
		complain(0, "%s is broken behind frame %" PRIu64 " (%s); what stands before that was judged", o->file, frames,
		         cut);
	if (o->json)
		print_json(o, capture, check, frames, counts, cut, status);
	else
		print_text(o, capture, check, frames, counts);
	if (status == EXIT_ALL_SKIPPED)
		complain(0, o->n_judge ? "no TCP connection of an address to judge is in it" : "no TCP connection is in it");
	check_free(check);
	return status;
}

int cmd_check(int argc, char **argv)
{
	struct check_options o = { .vantage = VANTAGE_MIDDLE, .accept = ACCEPT_DEPLOYED, .fail_on = LEVEL_MUST };
	char err[512];

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (o.vantage_given && o.vantage != VANTAGE_MIDDLE && !o.n_judge) {
		/* Of our own captures it is known who is judged. */
		struct addr tester[1];
		struct capture *peek = strcmp(o.file, "-") ? capture_open(o.file, err, sizeof err) : NULL;
		bool ours = peek && capture_testers(peek, tester, 1) > 0;

		capture_close(peek);
		if (!ours)
			return complain(EXIT_USAGE, "--vantage %s needs --judge ADDR: from whose point of view?", vantages[o.vantage]);
	}

	struct capture *capture = capture_open(o.file, err, sizeof err);

	if (!capture)
		return complain(EXIT_USAGE, "%s", err);

	int status = judge_capture(&o, capture);

	capture_close(capture);
	return status;
}
