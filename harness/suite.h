/* suite.h: many cases against one DUT: selection, worlds, concurrency, retries,
 * baseline, exit status. */
#ifndef TCPCONFORM_SUITE_H
#define TCPCONFORM_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "case.h"
#include "dut/dut.h"
#include "evidence.h"
#include "loop.h"
#include "oracle/oracle.h"

/* Exit statuses (docs/tcpconform.1). */
enum { EXIT_CONFORMS = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CANNOT_RUN = 3, EXIT_UNCLEAR = 4, EXIT_ALL_SKIPPED = 77 };

/* A case on one IP version: the unit of running and reporting. */
struct instance {
	const struct case_info *info;
	uint8_t v;
	char    address[160];
};

/* All cases, sorted by address. */
const struct case_info *const *registry_cases(size_t *n);

struct selection {
	const char *const *cases, *const *not, *const *requirements;    /* globs; * crosses / */
	size_t n_cases, n_not, n_requirements;
	bool ip4, ip6;
};

/* The instances that match, in address order; free() the result. */
struct instance *registry_select(const struct selection *, size_t *n);

/* True if `glob` matches `text`; `*` crosses `/`. */
bool glob_match(const char *glob, const char *text);

/* Where runs take place: a loop with its link, and the DUT behind it. */
struct world {
	struct loop *loop;
	struct link *link;
	struct dut  *dut;
	struct addr  ours[2][4];        /* [0]: IPv4, [1]: IPv6                  */
	unsigned     n_ours[2];

	/* the harness's own */
	struct run  *runs;              /* under way                             */
	struct heartbeat *heartbeat[2];
	struct deadline gone;           /* the DUT is: the runs end              */
	uint16_t     next_port;
	tick         throttle_next;     /* when the DUT may be provoked again    */
	uint8_t     *scratch;
};

/* How to come to a world: for a virtual clock one a case, else one for all. */
struct target {
	bool is_virtual;
	/* Makes a world; NULL and a sentence in err on failure.  `address` seeds a
	 * virtual one. */
	struct world *(*make)(struct target *, uint64_t seed, const char *address, char *err, size_t n);
	void (*unmake)(struct target *, struct world *);
	void (*end)(struct target *);   /* frees what arg points at; or NULL     */
	void *arg;
	char name[128];                 /* as shown: "sim", "10.9.0.2:7 (discard)" */
};

struct baseline;

struct suite_config {
	struct selection selection;
	unsigned jobs;                  /* 0: what the DUT's declaration allows  */
	uint64_t seed;
	tick     time_budget;
	unsigned retries;               /* of an inconclusive case               */
	enum level fail_on;             /* LEVEL_MUST or LEVEL_SHOULD            */
	enum accept accept;
	const char *fault;              /* shown in the rerun command            */
	struct baseline *baseline;
	bool exit_zero;
	const char *rerun;              /* "tcpconform run 10.9.0.2:7": what a rerun begins with */
};

struct totals {
	size_t cases, passed, failed, skipped, inconclusive, errors, unstable, expected, surprises;
	size_t should_failed;           /* fails below fail_on                   */
	tick   longest_shared, exclusive, retried, throttled, wall;     /* real clock: shares of the wall time */
};

/* What a report is told, in order.  All may be NULL. */
struct report {
	void *arg;
	void (*begin)(void *arg, const struct suite_config *, const struct target *, const struct dut_declaration *, size_t n);
	void (*result)(void *arg, size_t number, const struct evidence *);      /* in address order, from 1 */
	void (*bail)(void *arg, const char *sentence);
	void (*end)(void *arg, const struct totals *, int status);
	/* progress, at most ten times a second: not in order, to be shown or not */
	void (*progress)(void *arg, size_t done, size_t n, size_t running, const char *address, tick left);
};

/* Runs the selection and tells the reports; returns the exit status.  Stops
 * early, with what is done so far reported, when *interrupted becomes true. */
int suite_run(const struct suite_config *, struct target *, struct report *const *reports, size_t n_reports,
              const volatile int *interrupted);

/* ---- baseline: known deviations ------------------------------------------- */

/* Reads "glob  verdict  reason  until" lines (until: YYYY-MM-DD or -); `today`
 * is YYYY-MM-DD.  On an error NULL and one sentence. */
struct baseline *baseline_read(const char *path, const char *today, char *err, size_t n);
void baseline_free(struct baseline *);

/* Marks e->expected and e->surprise. */
void baseline_judge(struct baseline *, struct evidence *e);

/* Calls fn for each line that matched nothing, or was past its date. */
void baseline_unused(const struct baseline *, void (*fn)(void *arg, const char *line, const char *why), void *arg);

#endif
