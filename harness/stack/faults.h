/* faults.h: the declared misbehaviours, and the places where one of them takes
 * effect: a step of 3.10.7, a knob, a segment that leaves, a call, a timer.  Spots
 * in the text ask fault().  The list is faults.def, what the names do is in faults/. */
#ifndef TCPCONFORM_STACK_FAULTS_H
#define TCPCONFORM_STACK_FAULTS_H

#include <stdbool.h>

struct stack;

enum fault_id {
#define FAULT(id, ...) FAULT_##id,
#include "faults.def"
	FAULTS,
	FAULT_NONE = -1
};

/* Sets st->fault, and the knobs that go with it.  False if there is no such
 * name; NULL is none at all. */
bool faults_choose(struct stack *, const char *name);

#endif
