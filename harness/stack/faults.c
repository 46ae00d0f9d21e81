/* faults.c: the list of the declared misbehaviours, and how the one that was chosen
 * comes into the text.  What they do is in the folder beside this file. */
#include <string.h>

#include "faults/wrong.h"

#define ORDER(f, t) "ORDER"
#define VALUE(v)    "VALUE"
#define WIRE(w)     "WIRE"
#define CALL(c)     "CALL"
#define TIMER(t)    "TIMER"
#define SPOT        "SPOT"
#define FAULT(i, n, how, p, r, t, e) \
	{ .name = n, .kind = how, .path = p, .req = r, .title = t, .equivalent = e },
const struct fault_info faults[] = {
#include "faults.def"
};
const size_t n_faults = sizeof(faults) / sizeof(faults[0]);

struct deviation {
	step *from, *to;                                /* ORDER */
	void (*value)(struct knobs *);                  /* VALUE */
	bool (*wire)(struct stack *, struct tcb *, struct seg *); /* WIRE */
	bool (*call)(struct stack *, struct tcb *, const struct call *, struct answer *);
	void (*timer)(struct stack *, struct tcb *);
};

#define ORDER(f, t) { .from = f, .to = t }
#define VALUE(v)    { .value = v }
#define WIRE(w)     { .wire = w }
#define CALL(c)     { .call = c }
#define TIMER(t)    { .timer = t }
#define SPOT        { .from = NULL }
#define FAULT(i, n, how, ...) how,
static const struct deviation deviations[] = {
#include "faults.def"
};

bool faults_choose(struct stack *st, const char *name)
{
	st->fault = FAULT_NONE;
	if (!name)
		return true;
	for (int i = 0; i < FAULTS; i++)
		if (!strcmp(faults[i].name, name)) {
			st->fault = (enum fault_id)i;
			if (deviations[i].value)
				deviations[i].value(&st->k);
			return true;
		}
	return false;
}

step *faults_step(const struct stack *st, step *s)
{
	if (st->fault == FAULT_NONE || deviations[st->fault].from != s)
		return s;
	return deviations[st->fault].to;
}

bool faults_wire(struct stack *st, struct tcb *t, struct seg *s)
{
	if (st->muted)
		return false;
	if (st->fault == FAULT_NONE || !deviations[st->fault].wire)
		return true;
	return deviations[st->fault].wire(st, t, s);
}

bool faults_call(struct stack *st, struct tcb *t, const struct call *c, struct answer *out)
{
	if (st->fault == FAULT_NONE || !deviations[st->fault].call)
		return false;
	return deviations[st->fault].call(st, t, c, out);
}

void faults_timer(struct stack *st, struct tcb *t)
{
	if (st->fault != FAULT_NONE && deviations[st->fault].timer)
		deviations[st->fault].timer(st, t);
}
