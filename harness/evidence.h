/* evidence.h: what happened in one run of one case: the only input of every
 * report.  A time line of segments, calls, notifications and judgements, and the
 * verdict that follows from them. */
#ifndef TCPCONFORM_EVIDENCE_H
#define TCPCONFORM_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../probes/seg.h"
#include "call.h"
#include "verdict.h"

#define EVIDENCE_VERSION 1
#define CONVERSATIONS 8

enum event_kind { EVENT_SENT, EVENT_SEEN, EVENT_ICMP, EVENT_CALL, EVENT_NOTE, EVENT_JUDGEMENT, EVENT_REMARK };

struct event {
	enum event_kind kind;
	tick at, until;                 /* until: a call's answer; else as at    */
	int  conversation;              /* -1: none                              */
	const char *why;                /* SENT: why it is odd; REMARK: the text */
	bool fence;                     /* SENT: a fence; SEEN: answers one      */
	bool lost;                      /* SENT: said, but not sent              */
	const uint8_t *ip;              /* SENT, SEEN, ICMP: the datagram        */
	size_t n_ip;
	union {
		struct seg seg;
		struct { struct call call; struct answer answer; } call;
		struct note note;
		struct judgement judgement;
	};
};

/* Of one conversation: enough to show relative numbers. */
struct conversation {
	struct endpoint we, dut;
	uint32_t iss, irs;
	bool     irs_known;
};

struct evidence {
	const char *address;            /* "9293/3.5/simultaneous-open/ip4"      */
	const char *section, *title, *req;
	uint8_t     v;                  /* IP version                            */
	enum verdict verdict;
	enum level   level;             /* of the failing judgement              */
	const struct judgement *failing;/* NULL when passed; also set for SKIP, INCONCLUSIVE, ERROR */
	const char *reason;             /* SKIP and ERROR: one sentence          */
	bool  unstable;                 /* a fail that did not repeat            */
	unsigned attempts;
	tick  began, ended;
	const char *state;              /* the DUT's at the end, as the oracle sees it */
	unsigned joins;                 /* hypotheses joined by the oracle       */

	struct event *events;
	size_t n_events, room;
	struct conversation conversations[CONVERSATIONS];
	unsigned n_conversations;

	/* set by the suite from the baseline */
	const char *expected;           /* the baseline's reason; NULL: not listed */
	bool surprise;                  /* listed, and came otherwise            */

	struct arena *arena;            /* owns everything above                 */
};

/* Memory that is freed whole. */
struct arena;
struct arena *arena_new(void);
void  arena_free(struct arena *);
void *arena_alloc(struct arena *, size_t n);            /* zeroed; never NULL */
char *arena_printf(struct arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct evidence *evidence_new(const char *address);
void evidence_free(struct evidence *);
struct event *evidence_add(struct evidence *, enum event_kind, tick at, int conversation);

/* How a judgement counts with a run: a fail below `fail_on` is no failure. */
bool evidence_fails(const struct evidence *, enum level fail_on);

#endif
