/* verdict.h: the words of a judgement.  Plain data; see ISO 9646 for the terms.
 *
 * A verdict belongs to a judgement, and so does its level: a case that proves
 * three requirements makes (at least) three judgements. */
#ifndef TCPCONFORM_VERDICT_H
#define TCPCONFORM_VERDICT_H

#include "../probes/tick.h"

enum verdict {
	PASS,
	FAIL,
	SKIP,                   /* a precondition is absent, and named           */
	INCONCLUSIVE,           /* we cannot tell: something may have been lost, or we were late */
	ERROR                   /* our own mistake or the environment's          */
};

enum level {
	LEVEL_MUST,             /* the RFC says MUST or MUST NOT                 */
	LEVEL_IMPLIED,          /* prose of 3.10 and the like: "differs from", never "violates" */
	LEVEL_SHOULD,
	LEVEL_MAY               /* recorded: what the stack does                 */
};

struct judgement {
	enum verdict verdict;
	enum level   level;
	const char  *req;       /* ids of the catalogue, separated by spaces     */
	const char  *clause;    /* where the text stands: "9293 3.10.7.4 first"; or NULL */
	const char  *rule;      /* the oracle's rule or row; NULL for a case's own claim */
	const char  *state;     /* the DUT's state as far as known: "SYN-RECEIVED"; or NULL */
	const char  *message;   /* what was promised and what came, one sentence */
	const char  *wanted;    /* rendered; or NULL                             */
	const char  *got;       /* rendered; or NULL                             */
	const char  *where;     /* "file.c:line" of the case's verb; or NULL     */
	int stimulus, reply;    /* indices into the evidence's time line; -1: none */
	tick at;                /* when the matter was decided                   */
};

/* "pass", "fail", "skip", "inconclusive", "error" */
const char *verdict_name(enum verdict);

/* "MUST", "implied", "SHOULD", "MAY" */
const char *level_name(enum level);

#endif
