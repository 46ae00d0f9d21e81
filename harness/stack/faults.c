/* faults.c: what the declared misbehaviours of faults.def do. */
#include <string.h>

#include "tcb.h"

struct deviation {
	step *from, *to;                                /* ORDER */
	void (*value)(struct knobs *);                  /* VALUE */
	bool (*wire)(struct stack *, struct tcb *, struct seg *); /* WIRE */
};

#define ORDER(f, t) "ORDER"
#define VALUE(v)    "VALUE"
#define WIRE(w)     "WIRE"
#define SPOT        "SPOT"
#define FAULT(i, n, how, p, r, t, e) { .name = n, .kind = how, .path = p, .req = r, .title = t, .equivalent = e },
const struct fault_info faults[] = {
#include "faults.def"
};
const size_t n_faults = sizeof(faults) / sizeof(faults[0]);
#undef FAULT
#undef ORDER
#undef VALUE
#undef WIRE
#undef SPOT

#define ORDER(f, t) { .from = f, .to = t }
#define VALUE(v)    { .value = v }
#define WIRE(w)     { .wire = w }
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
	if (st->fault == FAULT_NONE || !deviations[st->fault].wire)
		return true;
	return deviations[st->fault].wire(st, t, s);
}
