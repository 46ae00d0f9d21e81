/* template.c: a plug-in to begin with: copy it, and put your stack where this one
 * has tcpconform's reference stack.  docs/plugin.md explains each function.
 *
 * The reference stack takes the calls as they are.  A stack with sockets does not:
 * application.h then does what an application has to do. */
#include <stdlib.h>
#include <string.h>

#include "harness/dut/plugin.h"         /* yours: <tcpconform/plugin.h>      */
#include "harness/stack/stack.h"        /* yours: the stack's own headers    */
#include "probes/icmp.h"
#include "probes/wire.h"

static struct {
	const struct tcpconform_host *host;
	struct stack *stack;
	uint8_t octets[WIRE_MAX];
} my;

static tick now(void)
{
	return (tick)my.host->now(my.host->arg);
}

/* ---- from the stack -------------------------------------------------------------- */

/* The stack sends a segment: it leaves as the frame that it is. */
static void output(void *arg, const struct seg *s)
{
	int n = wire_encode(s, my.octets, sizeof my.octets);

	(void)arg;
	if (n > 0)
		my.host->emit(my.host->arg, my.octets, (size_t)n);
}

/* The stack tells its application something. */
static void tell(void *arg, const struct note *note)
{
	struct tcpconform_note o = {
		.kind = (enum tcpconform_note_kind)note->kind, .id = note->id, .listener = note->listener,
		.n = note->n, .error = note->error
	};

	(void)arg;
	o.remote.ip = note->remote.addr.v;
	o.remote.port = note->remote.port;
	memcpy(o.remote.addr, note->remote.addr.o, sizeof o.remote.addr);
	my.host->note(my.host->arg, &o);
}

/* ---- to the stack ---------------------------------------------------------------- */

static void *create(const struct tcpconform_host *host, uint64_t seed)
{
	struct stack_config config = { .seed = seed, .n_addr = 2, .emit = output, .notify = tell };

	/* A fault, so that one sees what a stack that is not right looks like. */
	config.fault = getenv("TEMPLATE_FAULT");
	addr_parse("10.9.0.2", &config.addr[0]);
	addr_parse("fd00:9::2", &config.addr[1]);
	knobs_defaults(&config.knobs);
	my.host = host;
	my.stack = stack_new(&config);
	return my.stack;
}

static void input(void *stack, const uint8_t *frame, size_t n)
{
	struct seg s;
	struct icmp m;

	switch (wire_decode(frame, n, n, &s)) {
	case WIRE_SEG:
		s.at = now();
		stack_input(stack, &s, now());
		return;
	case WIRE_ICMP:
		if (icmp_decode(frame, n, &m) && m.quotes)
			stack_icmp(stack, &m, now());
		return;
	default:
		return;         /* whatever else a wire may carry */
	}
}

static void call(void *stack, const struct tcpconform_call *k, struct tcpconform_answer *out)
{
	struct call c = {
		.kind = (enum call_kind)k->kind, .id = k->id, .v = k->ip, .local_port = k->port, .backlog = k->backlog,
		.paused = k->paused, .n = k->n, .urgent = k->urgent, .option = (enum call_option)k->option,
		.value = k->value, .n_preset = k->n_preset
	};
	struct answer a = { .state = STATE_UNKNOWN };

	c.remote.addr.v = k->remote.ip;
	c.remote.port = k->remote.port;
	memcpy(c.remote.addr.o, k->remote.addr, sizeof k->remote.addr);
	for (unsigned i = 0; i < k->n_preset; i++) {
		c.preset[i].option = (enum call_option)k->preset[i].option;
		c.preset[i].value = k->preset[i].value;
	}
	stack_call(stack, &c, &a, now());
	*out = (struct tcpconform_answer){
		.error = a.error, .id = a.id, .port = a.port, .n = a.n, .received = a.received, .digest = a.digest,
		.state = (enum tcpconform_state)a.state
	};
}

/* ---- time ------------------------------------------------------------------------ */

static uint64_t poll_at(void *stack)
{
	tick t = stack_poll_at(stack);

	return t == TICK_NEVER ? TCPCONFORM_NEVER : (uint64_t)t;
}

static void advance(void *stack, uint64_t to)
{
	stack_tick(stack, (tick)to);
}

static void destroy(void *stack)
{
	stack_free(stack);
}

const struct tcpconform_plugin *tcpconform_plugin(void)
{
	static const struct tcpconform_plugin plugin = {
		.version = TCPCONFORM_PLUGIN_VERSION,
		.program = "reference-stack/0.1.0",
		.can = "ip4,ip6,state,urgent,keepalive,keepalive-idle,keepalive-interval,keepalive-count,no-delay,"
		       "linger,send-buffer,receive-buffer,user-timeout,max-segment,oob-inline",
		.frames = TCPCONFORM_IP, .addr4 = "10.9.0.2", .addr6 = "fd00:9::2",
		.create = create, .input = input, .call = call, .poll_at = poll_at, .advance = advance, .destroy = destroy
	};

	return &plugin;
}
