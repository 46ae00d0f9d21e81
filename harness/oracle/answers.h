/* answers.h: can this hypothesis have sent that segment?
 *
 * A segment of the DUT is a reply that it owed, something that it may send of
 * itself (text, a retransmission, a window update, a probe, a FIN or RST that a
 * call asked for), or neither: then the hypothesis dies, and says of what. */
#ifndef TCPCONFORM_ORACLE_ANSWERS_H
#define TCPCONFORM_ORACLE_ANSWERS_H

#include "inner.h"

#define SUCCESSORS OWED

/* Why a hypothesis cannot have sent the segment. */
struct death {
	int rank;                       /* the higher, the nearer to the truth */
	unsigned told;                  /* how often it was put more nearly */
	const struct owed *owed;        /* the row that promised otherwise, or NULL */
	struct owed owed_copy;
	bool again;                     /* ... and a newer stimulus was answered */
	const char *req, *clause, *what;
	enum tcp_state state;
	struct seg wanted;
	bool has_wanted;
};

/* Writes what the hypothesis may be afterwards; 0: it dies, *why says of what. */
unsigned hyp_explains(const struct oracle *, const struct hyp *, const struct seg *, const struct opts *,
                 struct hyp out[SUCCESSORS], struct death *why);

#endif
