/* loop.h: the only owner of "now".
 *
 * One question about time goes to the link: wait_until.  Everything above is
 * the same object code on the virtual and on the real clock.  Deadlines that
 * fall into one instant fire in the order of their rank, then of their setting,
 * so that a virtual run is a pure function of its inputs. */
#ifndef TCPCONFORM_LOOP_H
#define TCPCONFORM_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../probes/tick.h"

struct link;
struct loop;

struct deadline {
	tick   when;
	void (*fire)(void *arg);
	void  *arg;
	unsigned rank;                  /* the case's place in address order     */
	/* private */
	uint64_t set;                   /* order of setting                      */
	size_t   slot;                  /* place in the heap, + 1; 0: not set    */
};

struct loop *loop_new(struct link *);
void loop_free(struct loop *);
tick loop_now(const struct loop *);

/* Calls d->fire(d->arg) once at d->when (at once when that has passed).  A
 * deadline that is set already is moved.  The caller keeps d alive. */
void loop_set(struct loop *, struct deadline *d, tick when);
void loop_cancel(struct loop *, struct deadline *d);

/* Runs until *done, or until nothing is left to wait for on a virtual clock
 * (returns false then). */
bool loop_run(struct loop *, const bool *done);

#endif
