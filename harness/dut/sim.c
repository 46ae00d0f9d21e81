/* sim.c: the reference stack as the DUT, in process, at the far end of a
 * simulated wire.  Its only clock is the wire's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../probes/icmp.h"
#include "../../probes/link.h"
#include "../../probes/wire.h"
#include "../stack/stack.h"
#include "dut.h"

struct sim {
	struct dut dut;
	struct link *link;
	struct stack *stack;
	uint8_t *buf;
};

static void far_input(void *arg, const uint8_t *ip, size_t n, tick now)
{
	struct sim *d = arg;
	struct seg s;
	struct icmp m;

	switch (wire_decode(ip, n, n, &s)) {
	case WIRE_SEG:
		s.at = now;
		stack_input(d->stack, &s, now);
		return;
	case WIRE_ICMP:
		if (icmp_decode(ip, n, &m) && m.quotes)
			stack_icmp(d->stack, &m, now);
		return;
	default:
		return;
	}
}

static tick far_poll_at(void *arg, tick limit)
{
	(void)limit;
	return stack_poll_at(((struct sim *)arg)->stack);
}

static void far_tick(void *arg, tick now)
{
	stack_tick(((struct sim *)arg)->stack, now);
}

static void emit(void *arg, const struct seg *s)
{
	struct sim *d = arg;
	int n = wire_encode(s, d->buf, WIRE_MAX);

	if (n > 0)
		link_sim_far_send(d->link, d->buf, (size_t)n);
}

static void notify(void *arg, const struct note *note)
{
	struct sim *d = arg;
	struct note stamped = *note;

	stamped.at = link_sim_now(d->link);
	if (d->dut.noted)
		d->dut.noted(d->dut.arg, &stamped);
}

static void sim_call(struct dut *dut, const struct call *k, answered *done, void *arg)
{
	struct sim *d = (struct sim *)dut;
	struct answer a = { .state = STATE_UNKNOWN };

	a.at = link_sim_now(d->link);
	stack_call(d->stack, k, &a, a.at);
	done(arg, &a);
}

static void sim_close(struct dut *dut)
{
	struct sim *d = (struct sim *)dut;

	stack_free(d->stack);
	free(d->buf);
	free(d);
}

static const struct dut_ops ops = { .call = sim_call, .close = sim_close };

struct dut *dut_sim_new(const struct link_sim_config *wire, uint64_t seed, const char *fault,
                        struct link **link, char *err, size_t n)
{
	struct sim *d = calloc(1, sizeof *d);
	struct link_far far = { .arg = d, .input = far_input, .poll_at = far_poll_at, .tick = far_tick };
	struct stack_config config = { .seed = seed, .n_addr = 2, .fault = fault, .emit = emit, .notify = notify, .arg = d };

	if (!d || !(d->buf = malloc(WIRE_MAX)))
		abort();
	dut_declare_defaults(&d->dut.declared);
	snprintf(d->dut.declared.name, sizeof d->dut.declared.name, "%s", "reference stack");
	d->dut.declared.calls = true;
	d->dut.declared.connections = 1000;
	d->dut.declared.throttle = 0;   /* its limit is one of a connection's     */
	d->dut.declared.lossless = wire->loss == 0;
	d->dut.declared.flight = wire->delay + wire->jitter;
	addr_parse("10.9.0.2", &d->dut.declared.addr4);
	addr_parse("fd00:9::2", &d->dut.declared.addr6);
	config.addr[0] = d->dut.declared.addr4;
	config.addr[1] = d->dut.declared.addr6;
	knobs_defaults(&config.knobs);
	d->dut.ops = &ops;
	d->stack = stack_new(&config);
	d->link = d->stack ? link_sim_new(wire, &far) : NULL;
	if (!d->link) {
		snprintf(err, n, "there is no fault \"%s\": see tcpconform list faults", fault ? fault : "");
		stack_free(d->stack);
		free(d->buf);
		free(d);
		return NULL;
	}
	*link = d->link;
	return &d->dut;
}
