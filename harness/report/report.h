/* report.h: the reports, each a way to show the same evidence.
 *
 * A report is told in address order what struct evidence holds, and adds nothing
 * of its own: the same evidence gives the same octets.  What the text reports
 * have in common is in words.h. */
#ifndef TCPCONFORM_REPORT_H
#define TCPCONFORM_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../suite.h"

struct report_config {
	int  verbose;                   /* 1: a line for passed cases too        */
	bool colour;
	const char *output;             /* the folder of --output, or NULL       */
	const char *command;            /* the sub-command, for the header       */
	int64_t wall_began;             /* seconds since 1970 when the run began; 0 on a virtual clock */
};

/* What each of the following makes: a report, and how it ends. */
struct made_report {
	struct report report;           /* .arg is the whole                     */
	void (*drop)(void *arg);        /* what the report owns besides itself; or NULL */
};

/* TAP version 13 on `out`. */
struct report *report_tap(FILE *out, const struct report_config *);

/* For people: what did not pass, in full; the summary last. */
struct report *report_term(FILE *out, const struct report_config *);

/* One JSON document on `out`, written when the run ends. */
struct report *report_json(FILE *out, const struct report_config *);

/* The folder of --output: result.json and one pcapng a case.  Makes the folder;
 * NULL and one sentence if it cannot, or if it holds another run and `force` is
 * not set. */
struct report *report_files(const struct report_config *, bool force, char *err, size_t n);

/* One line on a terminal that overwrites itself. */
struct report *report_progress(FILE *err);

/* Frees what one of the above returned; NULL is allowed. */
void report_free(struct report *);

/* The evidence of one case as an annotated capture.  0 or -errno. */
int pcapng_write(FILE *out, const struct evidence *, int64_t wall_began);

#endif
