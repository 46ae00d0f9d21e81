/* check.h: judges the connections of a capture: datagrams in, findings out.
 *
 * Each end of a connection has an oracle of its own, for which the other end is
 * the world.  Nothing is sent and no call is known, so only permissions are
 * judged: what a TCP must never send, whatever it has received. */
#ifndef TCPCONFORM_CHECK_H
#define TCPCONFORM_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"
#include "oracle/oracle.h"

struct check_config {
	enum vantage vantage;
	enum accept  accept;
	const struct addr *judge;       /* only these are judged; none: all      */
	unsigned n_judge;
	const struct addr *spare;       /* these are not: the tester's own       */
	unsigned n_spare;
	bool ours;                      /* a capture of our own: nothing in it is an artefact */
};

#define FINDING_FRAMES 8

/* One rule that one end of one connection broke, however often. */
struct finding {
	unsigned connection;            /* its number, from 1                    */
	struct endpoint judged, other;
	enum verdict verdict;           /* FAIL or INCONCLUSIVE                  */
	enum level   level;
	char *req, *clause, *rule, *state, *message, *wanted, *got;     /* or NULL */
	uint64_t stimulus, reply;       /* frames of the first time; 0: none     */
	uint64_t count;
	uint64_t frames[FINDING_FRAMES];/* of the first times                    */
	unsigned n_frames;
	size_t before;                  /* private: the one before of this end, + 1 */
};

struct check_stats {
	uint64_t segments;              /* TCP segments, broken ones too         */
	uint64_t unreadable;            /* IP that could not be decoded          */
	uint64_t fragments;             /* of IP: what they carry was not seen   */
	uint64_t duplicates;            /* frames that the capture holds twice   */
	uint64_t offloaded;             /* checksums left to a network card      */
	uint64_t cut;                   /* segments captured short               */
	uint64_t connections, ends;     /* ends: endpoints that were judged      */
	uint64_t judgements;
	uint64_t unsaid;                /* findings beyond what is kept          */
	uint64_t evicted;               /* connections ended early for memory    */
};

struct check *check_new(const struct check_config *);
void check_free(struct check *);

void check_datagram(struct check *, const struct datagram *);

/* The capture is over; findings are complete and in the order of their frames. */
void check_end(struct check *);

const struct finding *check_findings(const struct check *, size_t *n);
struct check_stats check_stats(const struct check *);

#endif
