/* rules.h: the shape of the table: one row is one sentence of RFC 9293 3.10.
 *
 * Rows stand in the order of the text.  Within one step the first row whose
 * guard holds speaks; rows marked `or` behind it are what the text, or the
 * profile, leaves free: each makes one more hypothesis.  GO_ON goes to the next
 * step, so that the acknowledgment, the text and the FIN of one segment compose;
 * RETURN ends the matter as the text does.
 *
 * All freedom is in these rows; the guards (guards.c) only say what is the case,
 * the effects (effects.c) only what becomes of the variables. */
#ifndef TCPCONFORM_ORACLE_RULES_H
#define TCPCONFORM_ORACLE_RULES_H

#include "oracle.h"
#include "tcb.h"

/* Lawful answers: any one of the set. */
enum {
	NOTHING      = 0,       /* the row says nothing of an answer         */
	SILENCE      = 0x001,
	PURE_ACK     = 0x002,   /* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, at once; may be piggybacked */
	ACK_SOON     = 0x004,   /* the same in less than 0.5 s (MUST-40)     */
	SYN_ACK      = 0x008,   /* <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>       */
	RST_SEQ      = 0x010,   /* <SEQ=SEG.ACK><CTL=RST>                    */
	RST_ACK      = 0x020,   /* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
	RST_NXT      = 0x040,   /* <SEQ=SND.NXT><CTL=RST>                    */
	THE_SYN      = 0x080,   /* <SEQ=ISS><CTL=SYN>                        */
	THE_FIN      = 0x100,   /* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>   */
	THROTTLED    = 0x200,   /* silence too, where the DUT may be sparing (RFC 5961 7) */
	ANY_RST      = RST_SEQ | RST_ACK | RST_NXT
};

/* The next state. */
enum next_state {
	SAME = -1,
	GONE = -2               /* CLOSED, or LISTEN where a listener stands */
};

enum flow {
	GO_ON,
	RETURN,
	GO_SIXTH                /* "continue processing at the sixth step under Section 3.10.7.4" */
};

/* For which --accept a row is valid. */
enum {
	STRICT = 1 << ACCEPT_STRICT,
	DEPLOYED = 1 << ACCEPT_DEPLOYED,
	LEGACY = 1 << ACCEPT_LEGACY793,
	S_D = STRICT | DEPLOYED, D_L = DEPLOYED | LEGACY, S_L = STRICT | LEGACY,
	ALL = STRICT | DEPLOYED | LEGACY
};

/* What a guard sees. */
struct view {
	const struct tcb   *t;
	const struct input *in;         /* a segment, or NULL                */
	const struct call  *call;       /* a call, or NULL                   */
	const struct oracle_config *config;
	tick now;
	bool paused;                    /* the application does not read     */
	tick paused_until;              /* ... what left us later than this  */
	uint32_t received;              /* octets that it took all the same  */
	bool linger_zero;               /* CLOSE is an ABORT                 */
	bool of_listener;               /* the call is about the listener   */
	bool timeouts;                  /* keepalive or a user timeout was asked for */
};

typedef bool guard(const struct view *);

/* Variants of a TCB that one sentence leaves possible. */
#define VARIANTS (HELD + 2)
struct variants {
	unsigned n;
	struct tcb t[VARIANTS];
};

/* Changes *t; may append further possibilities to *more. */
typedef void effect(struct tcb *t, const struct view *, struct variants *more);

struct rule {
	int         step;               /* first, second...: GO_ON leads to the next */
	const char *clause;             /* "9293 3.10.7.4 first"             */
	unsigned    states;             /* 1 << enum tcp_state; 0: all       */
	guard      *when;               /* NULL: `or` the row above          */
	unsigned    lawful;
	int         next;
	enum flow   flow;
	unsigned    accept;
	effect     *effect;             /* NULL: none                        */
	const char *req;                /* ids; % stands for the state: EVT-%-RST */
};

#define IN(state)  (1u << (state))
#define OR NULL

/* The tables; each ends with a row without a clause. */
extern const struct rule rules_any[];           /* what comes before 3.10.7 */
extern const struct rule rules_closed[];        /* 3.10.7.1 */
extern const struct rule rules_listen[];        /* 3.10.7.2 */
extern const struct rule rules_syn_sent[];      /* 3.10.7.3 */
extern const struct rule rules_other[];         /* 3.10.7.4 */
extern const struct rule rules_calls[];         /* 3.10.1 to 3.10.6 */
extern const struct rule rules_timeouts[];      /* 3.10.8 */

struct table {
	const char *name;
	const struct rule *rows;
};
extern const struct table rule_tables[];             /* all of them; ends with NULL */

/* What one event may lead to. */
struct outcome {
	struct tcb t;
	const struct rule *row;         /* the one that says the answer      */
	unsigned answers;               /* NOTHING: no table spoke           */
};

#define OUTCOMES 48

/* Plays a table: what the event in *v may lead to, at most OUTCOMES.  0 where no
 * row matches.  `hit` is called for every row that speaks; it may be NULL. */
typedef void rule_hit(void *arg, const struct rule *);
unsigned rules_play(const struct rule *rows, const struct view *v, struct outcome out[OUTCOMES],
                    rule_hit *hit, void *arg);

/* A segment arrives (3.10.7): rules_any, then the table of the state. */
unsigned rules_arrive(const struct view *v, struct outcome out[OUTCOMES], rule_hit *hit, void *arg);

/* Windows and timestamps that every segment leaves behind (effects.c). */
void effects_of_arrival(struct tcb *, const struct view *);

/* For tests/agree.c: one row replaced, its guard negated if so said.  With
 * `compare` each event is played with and without it: whether what may be
 * afterwards (a TCB with an answer) is the same set. */
struct mutation {
	const struct rule *at;          /* NULL: none                        */
	struct rule instead;
	bool negate, compare;
	unsigned spoke;                 /* how often                         */
	unsigned same, differ;          /* ... and with which consequence    */
};
extern struct mutation rules_mutation;

/* Segments that no row has matched: there must be none. */
extern unsigned rules_unmatched;

/* The ids of a row in a state, the % replaced; buf is at least 160 octets. */
const char *rule_req(const struct rule *, enum tcp_state, char *buf, unsigned n);

/* The row in words: "<SEQ=SEG.ACK><CTL=RST>" and the like. */
const char *answer_words(unsigned answers, char *buf, unsigned n);

#endif
