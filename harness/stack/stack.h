/* stack.h: the reference stack: a whole TCP as prose of RFC 9293 3.10.
 *
 * Pure: no clock, no I/O; what it does follows from its configuration, its seed
 * and what is put in.  Time only moves by the `now` of a call.  segment
 * processing is segment_arrives.c, which is to be read beside 3.10.7.  The
 * declared misbehaviours are in faults.def. */
#ifndef TCPCONFORM_STACK_H
#define TCPCONFORM_STACK_H

#include <stddef.h>
#include <stdint.h>

#include "../../probes/seg.h"
#include "../../probes/icmp.h"
#include "../call.h"
#include "knobs.h"

struct stack;

struct stack_config {
	uint64_t seed;                  /* of the ISN secret and of port choice  */
	struct addr addr[4];            /* its own addresses                     */
	unsigned n_addr;
	uint16_t mtu;                   /* octets; 0: 1500                       */
	struct knobs knobs;             /* knobs_defaults() fills them           */
	const char *fault;              /* a name of faults.def, or NULL         */
	/* A segment leaves.  It is valid only during the call. */
	void (*emit)(void *arg, const struct seg *);
	void (*notify)(void *arg, const struct note *);
	void *arg;
};

/* NULL if the fault is unknown or memory is short. */
struct stack *stack_new(const struct stack_config *);
void stack_free(struct stack *);

/* SEGMENT ARRIVES (3.10.7).  s->wrong says what the decoder found; a stack
 * without faults drops what does not verify (MUST-3). */
void stack_input(struct stack *, const struct seg *s, tick now);

/* An ICMP message that quotes one of our segments (3.9.2.2). */
void stack_icmp(struct stack *, const struct icmp *m, tick now);

/* A user call (3.10.1 to 3.10.6 and options). */
void stack_call(struct stack *, const struct call *, struct answer *, tick now);

/* When the stack next wants stack_tick; TICK_NEVER: not before something else
 * happens. */
tick stack_poll_at(const struct stack *);

/* Timers (3.10.8) that are due at `now`. */
void stack_tick(struct stack *, tick now);

/* The control state of the connection between these endpoints (LISTEN when only
 * a listener would take it, else CLOSED): for tests. */
enum tcp_state stack_state(const struct stack *, const struct endpoint *own, const struct endpoint *peer);

/* ---- declared faults ------------------------------------------------------ */

struct fault_info {
	const char *name;               /* "no-simul-open"                       */
	const char *kind;               /* "ORDER", "VALUE", "WIRE", "CALL", "TIMER", "SPOT" */
	const char *req;                /* ids that must speak when it is found  */
	const char *title;              /* the wrong behaviour in one sentence   */
	const char *equivalent;         /* why nobody can observe it, or NULL    */
	const char *path;               /* "handshake", "close", "simultaneous", "retransmission", "keepalive", ... */
};

extern const struct fault_info faults[];
extern const size_t n_faults;

#endif
