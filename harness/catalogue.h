/* catalogue.h: cases/requirements.tsv, compiled in. */
#ifndef TCPCONFORM_CATALOGUE_H
#define TCPCONFORM_CATALOGUE_H

#include <stddef.h>

#include "verdict.h"

struct requirement {
	const char *id, *rfc, *section, *level, *title, *requirement, *observable, *stimulus, *verdict;
};

extern const struct requirement requirements[];
extern const size_t n_requirements;

/* NULL if there is no such id. */
const struct requirement *requirement_find(const char *id);

/* The level that a judgement for `ids` (separated by spaces) carries: that of
 * the first.  EVT-*, GEN-* and advisory RFCs with the word MUST are implied
 * (their text has no RFC 2119 keyword).  Unknown ids are implied. */
enum level requirement_level(const char *ids);

/* Calls fn for each id in a list separated by spaces. */
void requirement_each(const char *ids, void (*fn)(void *arg, const char *id), void *arg);

#endif
