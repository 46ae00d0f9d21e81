/* options.c: the options that sub-commands share; see options.h.  Nothing here
 * knows how a world is made: that is the target's business. */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "catalogue.h"
#include "cmd.h"
#include "nearest.h"
#include "report/report.h"
#include "tick_parse.h"

/* The seed of every run that names none, where a repeated run has to be the same. */
#define DEFAULT_SEED 0x5eed0001u

/* Seconds that an interrupted run has to report what is done. */
#define STUCK 10

/* ---- words ------------------------------------------------------------------ */

bool ip_parse(const char *s, bool *ip4, bool *ip6)
{
	*ip4 = !strcmp(s, "4") || !strcmp(s, "4,6") || !strcmp(s, "6,4");
	*ip6 = !strcmp(s, "6") || !strcmp(s, "4,6") || !strcmp(s, "6,4");
	return *ip4 || *ip6;
}

void shell_word(char *buf, size_t n, const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_[]";
	size_t at = strlen(buf);
	bool quote = !*word || word[strspn(word, safe)];

	if (at + 1 < n)
		buf[at++] = ' ';
	if (quote && at + 1 < n)
		buf[at++] = '\'';
	for (; *word && at + 5 < n; word++) {
		if (*word == '\'') {
			memcpy(buf + at, "'\\''", 4);
			at += 4;
		} else {
			buf[at++] = *word;
		}
	}
	if (quote && at + 1 < n)
		buf[at++] = '\'';
	buf[at < n ? at : n - 1] = '\0';
}

bool colour_wanted(enum when w, int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (w != WHEN_AUTO)
		return w == WHEN_ALWAYS;
	/* An empty NO_COLOR says nothing, by its standard. */
	return isatty(fd) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

enum when when_parse(const char *s, struct argp_state *state)
{
	if (!strcmp(s, "auto"))
		return WHEN_AUTO;
	if (!strcmp(s, "always"))
		return WHEN_ALWAYS;
	if (!strcmp(s, "never"))
		return WHEN_NEVER;
	argp_error(state, "--color is auto, always or never, and not '%s'", s);
	return WHEN_AUTO;
}

static void append(struct words_list *l, const char *word, struct argp_state *state)
{
	const char **more = realloc(l->word, (l->n + 1) * sizeof *more);

	if (!more) {
		argp_failure(state, EXIT_CANNOT_RUN, ENOMEM, "options");
		return;
	}
	l->word = more;
	l->word[l->n++] = word;
}

static unsigned long number(const char *s, unsigned long max, const char *option, struct argp_state *state)
{
	char *end;

	errno = 0;

	unsigned long v = strtoul(s, &end, 10);

	if (!isdigit((unsigned char)*s) || *end || errno || v > max)
		argp_error(state, "%s takes a number up to %lu, and not '%s'", option, max, s);
	return v;
}

/* ---- which cases ------------------------------------------------------------ */

enum { KEY_NOT = 256, KEY_IP, KEY_SEED, KEY_BUDGET, KEY_BASELINE, KEY_FAIL_ON, KEY_ACCEPT, KEY_EXIT_ZERO,
       KEY_COLOUR, KEY_NO_PROGRESS, KEY_RETRIES, KEY_FORCE };

static const struct argp_option select_table[] = {
	{ NULL, 0, NULL, 0, "Which cases:", 1 },
	{ "case", 'c', "GLOB", 0, "cases by address; * crosses / (may be repeated)", 1 },
	{ "not", KEY_NOT, "GLOB", 0, "but not these", 1 },
	{ "requirement", 'r', "GLOB", 0, "cases that prove such a requirement", 1 },
	{ "ip", KEY_IP, "4|6|4,6", 0, "IP versions", 1 },
	{ 0 }
};

static error_t select_option(int key, char *arg, struct argp_state *state)
{
	struct select_options *s = state->input;

	switch (key) {
	case 'c':     append(&s->cases, arg, state); return 0;
	case KEY_NOT: append(&s->not, arg, state); return 0;
	case 'r':     append(&s->requirements, arg, state); return 0;
	case KEY_IP:
		if (!ip_parse(arg, &s->ip4, &s->ip6))
			argp_error(state, "--ip is 4, 6 or 4,6, and not '%s'", arg);
		s->ip_given = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp select_argp = { .options = select_table, .parser = select_option };

void select_free(struct select_options *s)
{
	free(s->cases.word);
	free(s->not.word);
	free(s->requirements.word);
}

/* The address without its IP version, which is what people write. */
static void bare(const struct case_info *info, char *buf, size_t n)
{
	snprintf(buf, n, "%s/%s", info->section, info->name);
	for (char *p = buf; *p; p++)
		if (*p == '_')
			*p = '-';
}

static bool matches_case(const char *glob, const struct case_info *info)
{
	char address[200], with[220];

	bare(info, address, sizeof address);
	if (glob_match(glob, address))
		return true;
	for (int v = 4; v <= 6; v += 2) {
		snprintf(with, sizeof with, "%s/ip%d", address, v);
		if (glob_match(glob, with))
			return true;
	}
	return false;
}

struct id_match { const char *glob; bool found; };

static void id_matches(void *arg, const char *id)
{
	struct id_match *m = arg;

	m->found |= glob_match(m->glob, id);
}

/* The nearest address to a glob that matches none: of the whole, or of the name
 * alone when there is no section in it. */
static void suggest_case(const char *glob)
{
	size_t n;
	const struct case_info *const *cases = registry_cases(&n);
	char (*addresses)[200] = calloc(n ? n : 1, sizeof *addresses);
	const char **list = calloc(n + 1, sizeof *list), **names = calloc(n + 1, sizeof *names);
	const char *found = NULL;

	if (addresses && list && names) {
		for (size_t i = 0; i < n; i++) {
			bare(cases[i], addresses[i], sizeof addresses[i]);
			list[i] = addresses[i];

			const char *slash = strrchr(addresses[i], '/');

			names[i] = slash ? slash + 1 : addresses[i];
		}
		found = nearest(glob, list);
		const char *name = found ? NULL : nearest(glob, names);

		for (size_t i = 0; name && i < n; i++)
			if (names[i] == name)
				found = list[i];
	}
	if (found)
		complain(0, "no case matches '%s'; did you mean '%s'?", glob, found);
	else
		complain(0, "no case matches '%s'; tcpconform list shows them", glob);
	free(names);
	free(list);
	free(addresses);
}

static void suggest_requirement(const char *glob)
{
	const char **list = calloc(n_requirements + 1, sizeof *list);
	const char *found = NULL;

	for (size_t i = 0; list && i < n_requirements; i++)
		list[i] = requirements[i].id;
	if (list && requirement_find(glob))
		complain(0, "no case proves %s yet; tcpconform list requirements shows which do", glob);
	else if (list && (found = nearest(glob, list)))
		complain(0, "no case proves '%s'; did you mean '%s'?", glob, found);
	else
		complain(0, "no case proves '%s'; tcpconform list requirements shows what there is", glob);
	free(list);
}

/* Every glob of a list has to match something: a typing error must not make a
 * run smaller in silence. */
static bool each_matches(const struct select_options *s)
{
	size_t n;
	const struct case_info *const *cases = registry_cases(&n);

	for (int which = 0; which < 2; which++) {
		const struct words_list *l = which ? &s->not : &s->cases;

		for (size_t i = 0; i < l->n; i++) {
			bool found = false;

			for (size_t k = 0; k < n && !found; k++)
				found = matches_case(l->word[i], cases[k]);
			if (!found) {
				suggest_case(l->word[i]);
				return false;
			}
		}
	}
	for (size_t i = 0; i < s->requirements.n; i++) {
		struct id_match m = { .glob = s->requirements.word[i] };

		for (size_t k = 0; k < n && !m.found; k++)
			if (cases[k]->req)
				requirement_each(cases[k]->req, id_matches, &m);
		if (!m.found) {
			suggest_requirement(s->requirements.word[i]);
			return false;
		}
	}
	return true;
}

/* Globs as the registry takes them: an address without its IP version stands for
 * both.  The strings that this makes live as long as the program: there are as
 * many as words on the command line. */
static const char *const *globs(const struct words_list *l, size_t *n)
{
	const char **all = calloc(2 * l->n + 1, sizeof *all);

	*n = 0;
	for (size_t i = 0; all && i < l->n; i++) {
		char *both;

		all[(*n)++] = l->word[i];
		if (asprintf(&both, "%s/ip*", l->word[i]) > 0)
			all[(*n)++] = both;
	}
	return all;
}

struct instance *select_instances(const struct select_options *s, struct selection *out, size_t *n)
{
	*out = (struct selection){ .ip4 = s->ip4, .ip6 = s->ip6 };
	if (!each_matches(s))
		return NULL;
	out->cases = globs(&s->cases, &out->n_cases);
	out->not = globs(&s->not, &out->n_not);
	out->requirements = s->requirements.word;
	out->n_requirements = s->requirements.n;

	struct instance *instances = registry_select(out, n);

	if (!instances || !*n) {
		complain(0, "the selection leaves no case; tcpconform list shows what each part of it matches");
		free(instances);
		return NULL;
	}
	return instances;
}

void selection_free(struct selection *s)
{
	for (size_t i = 1; i < s->n_cases; i += 2)
		free((void *)(uintptr_t)s->cases[i]);
	for (size_t i = 1; i < s->n_not; i += 2)
		free((void *)(uintptr_t)s->not[i]);
	free((void *)(uintptr_t)s->cases);
	free((void *)(uintptr_t)s->not);
}

/* ---- how to run, and what to show ------------------------------------------- */

void options_defaults(struct options *o)
{
	*o = (struct options){
		.select = { .ip4 = true, .ip6 = true },
		.retries = 2,
		.fail_on = LEVEL_MUST,
		.accept = ACCEPT_DEPLOYED,
	};
}

static const struct argp_option options_table[] = {
	{ NULL, 0, NULL, 0, "How to run them:", 2 },
	{ "jobs", 'j', "N", 0, "so many at once (default: what the target bears)", 2 },
	{ "seed", KEY_SEED, "HEX", 0, "repeats the choices of another run", 2 },
	{ "time-budget", KEY_BUDGET, "TIME", 0, "skip cases that last longer: 300s, 5m, none", 2 },
	{ "profile", 'p', "quick", 0, "quick: a time budget of 30 s", 2 },
	{ "retries", KEY_RETRIES, "N", 0, "of an inconclusive case (default 2)", 2 },
	{ NULL, 0, NULL, 0, "How to judge:", 3 },
	{ "accept", KEY_ACCEPT, "READING", 0, "strict, deployed (default) or legacy793", 3 },
	{ "fail-on", KEY_FAIL_ON, "LEVEL", 0, "must (default) or should", 3 },
	{ "baseline", KEY_BASELINE, "FILE", 0, "known deviations", 3 },
	{ "exit-zero", KEY_EXIT_ZERO, NULL, 0, "exit status 0 instead of 1 or 4", 3 },
	{ NULL, 0, NULL, 0, "What to show:", 4 },
	{ "format", 'f', "FORMAT", 0, "auto, text, tap or json, on stdout", 4 },
	{ "output", 'o', "DIR", 0, "write result.json and packets there", 4 },
	{ "force", KEY_FORCE, NULL, 0, "even over another run", 4 },
	{ "verbose", 'v', NULL, 0, "also what passed; twice: its segments", 4 },
	{ "color", KEY_COLOUR, "WHEN", 0, "auto, always or never", 4 },
	{ "no-progress", KEY_NO_PROGRESS, NULL, 0, "no progress line", 4 },
	{ 0 }
};

static enum accept accept_parse(const char *s, struct argp_state *state)
{
	static const char *const names[] = {
		[ACCEPT_STRICT] = "strict", [ACCEPT_DEPLOYED] = "deployed", [ACCEPT_LEGACY793] = "legacy793",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(s, names[i]))
			return (enum accept)i;
	argp_error(state, "--accept is strict, deployed or legacy793, and not '%s'", s);
	return ACCEPT_DEPLOYED;
}

static error_t options_option(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	char *end;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->select;
		return 0;
	case 'j':
		o->jobs = (unsigned)number(arg, 100000, "--jobs", state);
		return 0;
	case KEY_SEED:
		errno = 0;
		o->seed = strtoull(arg, &end, 16);
		o->seed_given = true;
		if (!isxdigit((unsigned char)*arg) || *end || errno)
			argp_error(state, "--seed takes a hexadecimal number, and not '%s'", arg);
		return 0;
	case KEY_BUDGET:
		if (!tick_parse(arg, &o->time_budget))
			argp_error(state, "--time-budget takes a time such as 300s or 5m, and not '%s'", arg);
		o->budget_given = true;
		return 0;
	case 'p':
		if (strcmp(arg, "quick"))
			argp_error(state, "there is no profile '%s', only quick", arg);
		o->quick = true;
		return 0;
	case KEY_RETRIES:
		o->retries = (unsigned)number(arg, 100, "--retries", state);
		return 0;
	case KEY_ACCEPT:
		o->accept = accept_parse(arg, state);
		return 0;
	case KEY_FAIL_ON:
		if (strcmp(arg, "must") && strcmp(arg, "should"))
			argp_error(state, "--fail-on is must or should, and not '%s'", arg);
		o->fail_on = strcmp(arg, "must") ? LEVEL_SHOULD : LEVEL_MUST;
		return 0;
	case KEY_BASELINE:
		o->baseline = arg;
		return 0;
	case KEY_EXIT_ZERO:
		o->exit_zero = true;
		return 0;
	case 'f': {
		static const char *const names[] = {
			[FORMAT_AUTO] = "auto", [FORMAT_TEXT] = "text", [FORMAT_TAP] = "tap", [FORMAT_JSON] = "json",
		};

		for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
			if (!strcmp(arg, names[i])) {
				o->format = (enum format)i;
				return 0;
			}
		}
		argp_error(state, "--format is auto, text, tap or json, and not '%s'", arg);
		return 0;
	}
	case 'o':
		if (!*arg)
			argp_error(state, "--output takes the name of a folder");
		o->output = arg;
		return 0;
	case KEY_FORCE:
		o->force = true;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case KEY_COLOUR:
		o->colour = when_parse(arg, state);
		return 0;
	case KEY_NO_PROGRESS:
		o->no_progress = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child select_child[] = { { &select_argp, 0, NULL, 1 }, { 0 } };
const struct argp options_argp = { .options = options_table, .parser = options_option, .children = select_child };

static struct baseline *read_baseline(const char *path, char *err, size_t n)
{
	time_t t = time(NULL);
	struct tm tm;
	char today[16];

	if (!gmtime_r(&t, &tm) || !strftime(today, sizeof today, "%Y-%m-%d", &tm))
		return baseline_read(path, "0000-00-00", err, n);
	return baseline_read(path, today, err, n);
}

int options_check(struct options *o)
{
	struct selection selection;
	size_t n = 0;
	struct instance *instances = select_instances(&o->select, &selection, &n);
	char err[512];

	selection_free(&selection);
	if (!instances)
		return EXIT_USAGE;
	free(instances);
	if (o->baseline) {
		struct baseline *b = read_baseline(o->baseline, err, sizeof err);

		if (!b)
			return complain(EXIT_USAGE, "%s", err);
		baseline_free(b);
	}
	return 0;
}

/* The signal that asked the run to end; what is done is still reported. */
static volatile int interrupted;

/* The second signal does not wait, and neither does the first for ever: a run that
 * does not come to its end by then is stuck. */
static void on_signal(int number)
{
	if (interrupted)
		_exit(128 + interrupted);
	interrupted = number;
	alarm(STUCK);
}

static void watch_signals(void)
{
	/* The first one asks for an orderly end; a second one does not ask. */
	struct sigaction a = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	sigemptyset(&a.sa_mask);
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGALRM, &a, NULL);
	/* A reader that goes away is an error of the write, not an end of the run:
	 * namespaces and files are to be left tidy. */
	signal(SIGPIPE, SIG_IGN);
}

struct unused {
	const struct options *options;
	bool part;                      /* not every case was run                */
};

static void say_unused(void *arg, const char *line, const char *why)
{
	const struct unused *u = arg;

	/* Of a part of the cases most lines match nothing, and rightly so. */
	if (u->part && strstr(why, "matched"))
		return;
	complain(0, "%s: the line \"%s\" %s", u->options->baseline, line, why);
}

/* Why a run ended early is said on stderr in every format. */
static void say_bail(void *arg, const char *sentence)
{
	(void)arg;
	complain(0, "%s", sentence);
}

int options_run(struct options *o, struct target *target, const char *again, const char *fault)
{
	char err[512] = "";
	size_t n = 0;
	struct suite_config cfg = {
		.jobs = o->jobs,
		.retries = o->retries,
		.fail_on = o->fail_on,
		.accept = o->accept,
		.fault = fault,
		.exit_zero = o->exit_zero,
	};
	struct instance *instances = select_instances(&o->select, &cfg.selection, &n);
	struct report *reports[4], said = { .bail = say_bail };
	size_t n_reports = 0, n_made = 0;
	char rerun[2048];
	int status = EXIT_USAGE;

	if (!instances)
		goto out;
	free(instances);

	if (o->seed_given || target->is_virtual)
		cfg.seed = o->seed_given ? o->seed : DEFAULT_SEED;
	else if (getrandom(&cfg.seed, sizeof cfg.seed, 0) != sizeof cfg.seed)
		cfg.seed = (uint64_t)time(NULL);

	cfg.time_budget = target->is_virtual ? TICK_NEVER : S(300);
	if (o->quick)
		cfg.time_budget = S(30);
	if (o->budget_given)
		cfg.time_budget = o->time_budget;

	if (o->baseline) {
		cfg.baseline = read_baseline(o->baseline, err, sizeof err);
		if (!cfg.baseline) {
			complain(0, "%s", err);
			goto out;
		}
	}

	snprintf(rerun, sizeof rerun, "%s%s", again, o->accept == ACCEPT_STRICT ? " --accept strict" :
	         o->accept == ACCEPT_LEGACY793 ? " --accept legacy793" : "");
	cfg.rerun = rerun;

	struct report_config rc = {
		.verbose = o->verbose,
		.colour = colour_wanted(o->colour, STDOUT_FILENO),
		.output = o->output,
		.wall_began = target->is_virtual ? 0 : (int64_t)time(NULL),
	};
	enum format format = o->format;

	if (format == FORMAT_AUTO)
		format = isatty(STDOUT_FILENO) ? FORMAT_TEXT : FORMAT_TAP;
	if (o->output) {
		reports[n_reports] = report_files(&rc, o->force, err, sizeof err);
		if (!reports[n_reports]) {
			complain(0, "%s", err);
			goto out;
		}
		n_reports++;
	}
	if (!o->no_progress && isatty(STDERR_FILENO) && !target->is_virtual) {
		reports[n_reports] = report_progress(stderr);
		n_reports += reports[n_reports] != NULL;
	}
	reports[n_reports] = format == FORMAT_TEXT ? report_term(stdout, &rc) :
	                     format == FORMAT_JSON ? report_json(stdout, &rc) : report_tap(stdout, &rc);
	n_reports += reports[n_reports] != NULL;
	n_made = n_reports;
	reports[n_reports++] = &said;

	watch_signals();
	status = suite_run(&cfg, target, reports, n_reports, &interrupted);
	if (interrupted)
		status = 128 + interrupted;
	if (cfg.baseline) {
		const struct select_options *k = &o->select;
		struct unused u = {
			.options = o,
			.part = k->cases.n || k->not.n || k->requirements.n || !k->ip4 || !k->ip6 ||
			        interrupted || status == EXIT_CANNOT_RUN
		};

		baseline_unused(cfg.baseline, say_unused, &u);
	}
out:
	while (n_made)
		report_free(reports[--n_made]);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		complain(0, "cannot write the report: %s", strerror(errno));
		if (status == EXIT_CONFORMS)
			status = EXIT_CANNOT_RUN;
	}
	baseline_free(cfg.baseline);
	selection_free(&cfg.selection);
	return status;
}
