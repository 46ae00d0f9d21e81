/* facts.h: monotone bounds: all that the two ends can have seen of each other.
 *
 * They only grow, whatever is lost or late, so that a permission that compares
 * with them holds for any capture.  Filled by permit_bounds.c. */
#ifndef TCPCONFORM_ORACLE_FACTS_H
#define TCPCONFORM_ORACLE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

struct facts {
	bool begun;
};

#endif
