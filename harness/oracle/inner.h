/* inner.h: the oracle from inside.  Only harness/oracle/ includes it.
 *
 * Read oracle.h first, then rules.h (the table) and tcb.h (a hypothesis). */
#ifndef TCPCONFORM_ORACLE_INNER_H
#define TCPCONFORM_ORACLE_INNER_H

#include "facts.h"
#include "oracle.h"
#include "permit.h"
#include "rules.h"
#include "say.h"
#include "tcb.h"

#define HYPOTHESES 32
#define INPUTS 512              /* toward the DUT, not yet surely processed  */
#define ROOM 640                /* for hyps.c, while one segment is looked at */
#define LISTENERS 4
#define CALLS 4                 /* of which it is open whether they have been made */

/* What the calls have told. */
struct calls {
	bool paused;            /* the application does not read             */
	tick paused_until;      /* what left us before may have been read all the same */
	uint32_t received;      /* octets that it took by RECEIVE            */
	bool linger_zero;       /* CLOSE is an ABORT                         */
	bool keepalive;         /* keepalive or a user timeout was asked for */
	uint64_t sent;          /* octets that SEND has accepted              */
	int  listeners[LISTENERS];
	unsigned n_listeners;
};

/* A call that was made at some time between `from` and `until`. */
struct asked {
	struct call call;
	bool of_listener;
	tick from, until;
	unsigned inputs;        /* so many had left us when its answer was here */
	struct calls told;      /* what was known then                       */
};

struct oracle {
	struct oracle_config config;
	struct endpoint dut, other;
	struct oracle_stats stats;
	struct say say;
	tick now;                       /* the newest time that was told         */

	/* permissions: what was applied, what was broken */
	bool held[PERMITS], broken[PERMITS];
	bool accecn;                    /* one of the SYNs asked for RFC 9768: bit AE has a meaning */
	bool gap;                       /* the capture lacks segments            */
	unsigned dut_segments, dut_bad_cksum;
	struct { int index; tick at; } cksum_first; /* in a capture, judged at the end */
	bool accused;                   /* a row has spoken of this segment      */
	struct facts facts;

	uint32_t dut_iss, other_iss;    /* of the newest SYNs, to show numbers   */
	bool dut_iss_known, other_iss_known;

	/* reactions */
	bool reacting;                  /* live and lossless: reactions are judged */
	struct calls calls;
	struct input *inputs;           /* INPUTS of them; number i stands at i % INPUTS */
	unsigned n_inputs;              /* all told                              */
	struct asked asked[CALLS];      /* number i stands at i % CALLS          */
	unsigned n_asked;               /* all told                              */
	struct hyp hyps[HYPOTHESES];
	unsigned n_hyps;
	struct hyp *room;               /* for hyps.c: more than stay            */
	struct seg *fence;              /* the last one that was asked for       */
};

/* hyps.c */
void hyps_start(struct oracle *);
void hyps_sent(struct oracle *, const struct seg *, int index);
void hyps_seen(struct oracle *, const struct seg *, int index);
void hyps_called(struct oracle *, const struct call *, bool of_listener, tick from, tick until);
void hyps_passed(struct oracle *, tick now, bool proof);
unsigned hyps_states(const struct oracle *);
/* What there is when every call has been made; the array is the oracle's. */
unsigned hyps_now(const struct oracle *, const struct hyp **);

/* The rows that spoke, for tests/agree.c. */
extern rule_hit *hyps_hit;

#endif
