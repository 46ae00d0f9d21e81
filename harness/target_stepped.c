/* target_stepped.c: a stack in a process of its own, in virtual time: one world a
 * case, and one process a case, unless the process says that it can serve several
 * (each takes up the DUT's time where the one before has left it). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../probes/link.h"
#include "dut/stepper.h"
#include "run.h"
#include "target.h"

struct stepped_target {
	struct target_stepped_config config;
	struct stepper *stepper;        /* of the case that runs, or kept for the next */
	int  served;                    /* cases that it has had */
	tick now;                       /* its time */
	uint16_t next_port;             /* fresh for each case */
};

/* False, with one sentence, where the stack has taken an address of ours. */
static bool apart(const struct stepper_hello *h, char *err, size_t n)
{
	const struct addr *own = virtual_addresses();
	char buf[64];

	for (unsigned i = 0; i < VIRTUAL_ADDRESSES; i++)
		if (addr_eq(&own[i], &h->addr4) || addr_eq(&own[i], &h->addr6)) {
			snprintf(err, n, "%s is the tester's own address: give the stack another one (docs/plugin.md)",
			         addr_show(&own[i], buf, sizeof buf));
			return false;
		}
	return true;
}

static struct stepper *process(struct stepped_target *t, uint64_t seed, char *err, size_t n)
{
	struct stepper_config k = { .plugin = t->config.plugin, .command = t->config.command, .seed = seed };

	if (!t->stepper) {
		t->stepper = stepper_start(&k, err, n);
		t->served = 0;
		t->now = 0;
	}
	return t->stepper;
}

static struct world *make(struct target *target, uint64_t seed, const char *address, char *err, size_t n)
{
	struct stepped_target *t = target->arg;
	struct link_sim_config wire = { .delay = US(100), .seed = hash64(seed, address) };
	struct stepper *s = process(t, hash64(seed + 1, address), err, n);
	struct world *w;

	if (!s || !apart(stepper_hello(s), err, n))
		return NULL;
	w = world_virtual();
	w->dut = dut_stepped_new(s, &wire, &t->config.said, virtual_addresses(), VIRTUAL_ADDRESSES, t->now, &w->link);
	w->dut->declared.serves_more = stepper_hello(s)->cases > 1;
	w->loop = loop_new(w->link);
	w->next_port = t->served ? t->next_port : 0;
	world_connect(w);
	return w;
}

/* Lets what the case has left behind (its resets) arrive. */
static void settle(struct world *w)
{
	tick end = loop_now(w->loop) + S(1);

	while (!w->dut->lost[0] && link_wait_until(w->link, end) < end)
		;
}

static void unmake(struct target *target, struct world *w)
{
	struct stepped_target *t = target->arg;
	bool culprit;

	world_disconnect(w);
	t->served++;
	if (t->served < stepper_hello(t->stepper)->cases && !stepper_lost(t->stepper, &culprit)) {
		w->link->arrived = NULL;
		w->dut->noted = NULL;
		w->dut->gone = NULL;
		settle(w);
		t->now = dut_stepped_now(w->dut);
		t->next_port = w->next_port;
	}
	if (t->served >= stepper_hello(t->stepper)->cases || stepper_lost(t->stepper, &culprit)) {
		stepper_stop(t->stepper);
		t->stepper = NULL;
	}
	world_end(w);
}

static void end(struct target *target)
{
	struct stepped_target *t = target->arg;

	stepper_stop(t->stepper);
	free(t);
}

struct target *target_stepped(const struct target_stepped_config *config)
{
	struct target *target = calloc(1, sizeof *target);
	struct stepped_target *t = calloc(1, sizeof *t);

	if (!target || !t)
		abort();
	t->config = *config;
	target->is_virtual = true;
	target->make = make;
	target->unmake = unmake;
	target->end = end;
	target->arg = t;
	snprintf(target->name, sizeof target->name, "%s%s", config->plugin ? "plugin:" : "exec:",
	         config->plugin ? config->plugin : config->command);
	return target;
}
