/* permit.h: permissions: what the DUT must never send, whatever it has received.
 *
 * Each rule compares a segment of the DUT with an upper bound of what the DUT
 * may know, so it holds for any capture in which that bound can be had.  The
 * rules are listed in permit.c, with what they may claim from each vantage;
 * permit_*.c hold the conditions.  What the DUT must do is not here: rules_*.c. */
#ifndef TCPCONFORM_ORACLE_PERMIT_H
#define TCPCONFORM_ORACLE_PERMIT_H

#include "oracle.h"

enum permit_rule {
	/* format: the segment alone */
	F_CKSUM, F_RSV, F_DOFF, F_OPTLEN, F_OPTPAD, F_MSS_SYN, F_WS_SYN,
	F_SACKPERM_SYN, F_FLAGS, F_SACKFMT, F_ACKBIT,
	PERMITS
};

struct permit {
	const char *name, *clause, *req, *promise;
	/* What a breach is from VANTAGE_TESTER, _DUT, _PEER, _MIDDLE: 'V' a
	 * fail, 'S' suspicious (inconclusive), '-' not judged. */
	char class[5];
	bool needs_in;          /* needs every segment toward the DUT: a gap makes it 'S' */
};

extern const struct permit permits[PERMITS];

/* The rule was applied and held. */
void permit_held(struct oracle *, enum permit_rule);

/* The rule was broken by `s`.  `req` NULL: the rule's own. `stimulus` -1: none.
 * `wanted` may be NULL. */
void permit_broken(struct oracle *, enum permit_rule, const struct seg *s, int index, int stimulus,
                   const char *req, const char *wanted, const char *seen);

/* One segment of the DUT.  False: its header is broken, believe nothing in it. */
bool permit_format(struct oracle *, const struct seg *s, int index);

/* Rules that held to the end. */
void permit_end(struct oracle *);

#endif
