/* options.h: the options that sub-commands share, and what `run` and `selftest`
 * do with them: a selection, reports, signals, the exit status. */
#ifndef TCPCONFORM_OPTIONS_H
#define TCPCONFORM_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "suite.h"

/* ---- which cases: list, run, selftest --------------------------------------- */

struct words_list {
	const char **word;
	size_t n;
};

struct select_options {
	struct words_list cases, not, requirements;
	bool ip4, ip6;
	bool ip_given;                  /* on the command line                   */
};

/* A child parser; its input is a struct select_options *. */
extern const struct argp select_argp;

/* Frees what the lists own. */
void select_free(struct select_options *);

/* The instances that are selected, in *n; free() the result, and *out by
 * selection_free in any case.  NULL, with one sentence on stderr, if a glob matches
 * nothing or nothing is left. */
struct instance *select_instances(const struct select_options *, struct selection *out, size_t *n);
void selection_free(struct selection *);

/* ---- how to run, and what to show: run, selftest ---------------------------- */

enum format { FORMAT_AUTO, FORMAT_TEXT, FORMAT_TAP, FORMAT_JSON };
enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

struct options {
	struct select_options select;
	unsigned jobs, retries;
	uint64_t seed;
	bool seed_given, budget_given, quick;
	tick time_budget;
	enum level fail_on;
	enum accept accept;
	const char *baseline, *output;
	enum format format;
	enum when colour;
	int verbose;
	bool exit_zero, force, no_progress;
};

void options_defaults(struct options *);

/* A child parser; its input is a struct options *. */
extern const struct argp options_argp;

/* Runs the selection against the target and returns the
 * exit status.  `again` begins the rerun command, without the case. */
int options_run(struct options *, struct target *, const char *again, const char *fault);

/* Only what needs no target, so that a wrong command line is told before a
 * privilege is missed: 0, or an exit status after one sentence on stderr. */
int options_check(struct options *);

/* ---- words of the command line ---------------------------------------------- */

/* "4", "6", "4,6".  False if it is none. */
bool ip_parse(const char *s, bool *ip4, bool *ip6);

/* Appends " word", quoted for a shell where it has to be. */
void shell_word(char *buf, size_t n, const char *word);

/* --color with what NO_COLOR, TERM and a terminal say. */
bool colour_wanted(enum when, int fd);

enum when when_parse(const char *s, struct argp_state *);

#endif
