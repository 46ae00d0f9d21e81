/* target_sim.c: the reference stack on the virtual clock: one world a case, so
 * that a case gives the same result alone and in company. */
#include <stdio.h>
#include <stdlib.h>

#include "../probes/link.h"
#include "run.h"
#include "target.h"

static struct world *make(struct target *t, uint64_t seed, const char *address, char *err, size_t n)
{
	struct link_sim_config wire = { .delay = US(100), .seed = hash64(seed, address) };
	struct world *w = world_virtual();

	w->dut = dut_sim_new(&wire, hash64(seed + 1, address), t->arg, &w->link, err, n);
	if (!w->dut) {
		free(w);
		return NULL;
	}
	w->loop = loop_new(w->link);
	world_connect(w);
	return w;
}

static void unmake(struct target *t, struct world *w)
{
	(void)t;
	world_end(w);
}

struct target *target_sim(const char *fault, char *err, size_t n)
{
	struct target *t = calloc(1, sizeof *t);
	struct world *w;

	if (!t)
		abort();
	t->is_virtual = true;
	t->make = make;
	t->unmake = unmake;
	t->arg = (void *)fault;
	snprintf(t->name, sizeof t->name, "sim%s%s", fault ? " with fault " : "", fault ? fault : "");
	w = make(t, 0, "", err, n);     /* an unknown fault is said at once */
	if (!w) {
		free(t);
		return NULL;
	}
	unmake(t, w);
	return t;
}

void target_free(struct target *t)
{
	if (!t)
		return;
	if (t->end)
		t->end(t);
	free(t);
}
