/* permit.h: permissions: what the DUT must never send, whatever it has received.
 *
 * Each rule compares a segment of the DUT with an upper bound of what the DUT
 * may know, so it holds for any capture in which that bound can be had.  The
 * rules are listed in permit.c, with what they may claim from each vantage;
 * permit_*.c hold the conditions.  What the DUT must do is not here: rules_*.c. */
#ifndef TCPCONFORM_ORACLE_PERMIT_H
#define TCPCONFORM_ORACLE_PERMIT_H

#include "../../probes/opt.h"
#include "oracle.h"

enum permit_rule {
	/* format: the segment alone */
	F_CKSUM, F_RSV, F_DOFF, F_OPTLEN, F_OPTPAD, F_MSS_SYN, F_WS_SYN,
	F_SACKPERM_SYN, F_FLAGS, F_SACKFMT, F_ACKBIT,
	/* handshake and options */
	H_SYNACK_ACK, H_SYN_SAMESEQ, H_SYNACK_SAMESEQ, H_OPT_ECHO_WS, H_OPT_ECHO_TS,
	H_TSECR_SYN, H_MSS_PRESENT, H_WSMAX,
	O_TS_ALWAYS, O_TS_NEVER, O_TSECR_SEEN, O_TS_CLOCK, O_SACK_PERM, O_SACK_TRUE,
	/* bounds */
	A_UNSEEN, A_MONO, A_ACKFORM, D_START, D_SAME, D_WINDOW, D_AFTER_FIN, D_FIN_FIXED,
	W_REFUSE, W_EDGE,
	/* timers, and what is sent again */
	H_SYN_RTO, T_BACKOFF, T_RTO_MIN, D_RETX_UNA, D_LOSSWIN, D_CWND_IW, R_FR_ONCE,
	/* resets */
	C_RST_FORM, C_RST_RST,
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

/* Every segment toward the DUT, and every one from it that permit_format let
 * pass, in the order in which they are known. */
void permit_input(struct oracle *, const struct seg *s, const struct opts *, int index);
void permit_handshake(struct oracle *, const struct seg *s, const struct opts *, int index);
void permit_options(struct oracle *, const struct seg *s, const struct opts *, int index);
void permit_bounds(struct oracle *, const struct seg *s, const struct opts *, int index);
void permit_timers(struct oracle *, const struct seg *s, int index);
void permit_reset(struct oracle *, const struct seg *s, int index);
/* What the DUT has sent is known now. */
void permit_output(struct oracle *, const struct seg *s, const struct opts *);
/* The same for permit_timers.c; `believed`: its checksum and header may be right;
 * `wnd`: its window, scaled. */
struct facts;
void timers_input(struct facts *, const struct seg *s, const struct opts *, bool believed, uint32_t wnd);
void options_input(struct facts *, const struct opts *);
/* Suspicions that late evidence may still refute: time passes. */
void permit_hold(struct oracle *);
void permit_free(struct oracle *);

/* Rules that held to the end. */
void permit_end(struct oracle *);

#endif
