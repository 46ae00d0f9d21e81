/* words.h: what the reports for people and for TAP have in common: which outcome
 * a case has, a segment with relative numbers, the exchange, the rerun command. */
#ifndef TCPCONFORM_WORDS_H
#define TCPCONFORM_WORDS_H

#include <stdio.h>

#include "../suite.h"

/* How a case came out for the reader: the verdict, the level of the failing
 * judgement, and what the baseline expected. */
enum outcome {
	OUTCOME_PASSED, OUTCOME_SKIPPED,
	OUTCOME_EXPECTED,       /* as the baseline says                          */
	OUTCOME_SHOULD,         /* a SHOULD that is not followed, and does not count */
	OUTCOME_SURPRISE,       /* in the baseline as failing, but passed        */
	OUTCOME_UNSTABLE, OUTCOME_INCONCLUSIVE, OUTCOME_FAILED, OUTCOME_ERROR,
	OUTCOMES
};

enum outcome outcome_of(const struct evidence *, enum level fail_on);

/* "fail", "should", "todo", ...: the severity in TAP and JSON. */
const char *outcome_name(enum outcome);

/* The failing judgement in one sentence, with the first words that the outcome
 * asks for.  Writes into buf and returns it. */
const char *outcome_message(const struct evidence *, enum outcome, char *buf, size_t n);

/* A time in milliseconds with three places: "1000.400". */
const char *ms_show(tick t, char *buf, size_t n);

/* The segment of event i with relative numbers; "" if there is none. */
const char *event_seg_show(const struct evidence *, int i, char *buf, size_t n);

/* The time line, a line each, behind `indent`; long ones are cut in the middle. */
void exchange_show(FILE *out, const struct evidence *, const char *indent);

/* "tester 1000, dut 4000000000"; empty if nothing is known. */
const char *isn_show(const struct evidence *, char *buf, size_t n);

/* The judgement's first id and what it asks for: "RFC 9293 section 3.5: ...".
 * Empty strings when the catalogue does not know the id. */
struct asked {
	char id[64], section[96];
	const char *title, *text;
};
struct asked asked_by(const struct judgement *);

/* The number of event i among the frames of the case's packet file, from 1; 0:
 * it is not there. */
size_t frame_of(const struct evidence *, int i);

/* True if event i is a datagram that was on the wire. */
bool has_frame(const struct event *);

/* "cases/9293-3.5-simultaneous-open-ip4.pcapng": under the output folder. */
const char *packet_path(const struct evidence *, char *buf, size_t n);

/* The command that runs just this case again. */
const char *rerun_show(const struct suite_config *, const struct evidence *, char *buf, size_t n);

#endif
