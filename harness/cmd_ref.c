/* cmd_ref.c: the reference stack on an interface, as a DUT like any other: it
 * answers ARP, neighbour solicitations and echo requests for its addresses, and
 * does as it is asked in the agent's protocol (docs/agent-protocol.md) on
 * standard input.  Every decision about TCP is the stack's (stack/stack.h). */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "../probes/icmp.h"
#include "../probes/link.h"
#include "../probes/wire.h"
#include "cmd.h"
#include "dut/line.h"
#include "stack/stack.h"
#include "suite.h"

enum {
	ADDRESSES = 4,
	LATER     = 256,                /* calls that wait for their AT          */
	OUT       = 1 << 18             /* octets waiting for the tester         */
};

struct later {
	bool used;
	tick when;
	uint64_t order;
	char tag[LINE_TAG];
	struct call call;
};

struct ref {
	const char *iface, *fault;
	struct addr addr[ADDRESSES];
	unsigned n_addr;
	uint64_t seed;
	int netns;                      /* a descriptor, or -1 */

	struct link *link;
	struct stack *stack;
	tick now;                       /* never goes back */
	uint8_t *buf;
	struct line_reader reader;
	struct later later[LATER];
	unsigned n_later;
	uint64_t later_count;
	int max_id;
	char *out;
	size_t out_len;
	bool ended, gone;               /* the input has ended; nobody reads us */
};

static tick tell_time(struct ref *r)
{
	tick t = link_net_now(r->link);

	if (t > r->now)
		r->now = t;
	return r->now;
}

/* ---- what we write ------------------------------------------------------------ */

/* Writes what the tester takes; `wait`: until there is room again, and the stack
 * stands still meanwhile. */
static void flush(struct ref *r, bool wait)
{
	size_t done = 0;

	while (done < r->out_len && !r->gone) {
		struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

		if (poll(&p, 1, wait ? -1 : 0) <= 0)
			break;
		size_t n = r->out_len - done < PIPE_BUF ? r->out_len - done : PIPE_BUF;
		ssize_t w = write(STDOUT_FILENO, r->out + done, n);
		if (w < 0 && errno != EAGAIN && errno != EINTR)
			r->gone = true;
		if (w > 0)
			done += (size_t)w;
	}
	memmove(r->out, r->out + done, r->out_len - done);
	r->out_len -= done;
}

static void say(struct ref *r, const char *line, size_t n)
{
	if (OUT - r->out_len < n)
		flush(r, true);
	if (OUT - r->out_len < n)
		return;                         /* nobody reads any more */
	memcpy(r->out + r->out_len, line, n);
	r->out_len += n;
}

static void on_note(void *arg, const struct note *note)
{
	struct ref *r = arg;
	struct note stamped = *note;
	char line[LINE_SIZE];

	stamped.at = r->now;
	if (note->id > r->max_id)
		r->max_id = note->id;
	say(r, line, line_note(line, sizeof(line), &stamped));
}

/* ---- calls ---------------------------------------------------------------------- */

static void answer(struct ref *r, const char *tag, enum call_kind kind, struct answer *a, const char *why)
{
	char line[LINE_SIZE];

	a->at = r->now;
	say(r, line, line_answer(line, sizeof(line), tag, kind, a, why));
}

static void make_call(struct ref *r, const char *tag, const struct call *k)
{
	struct answer a = { .state = STATE_UNKNOWN };

	stack_call(r->stack, k, &a, tell_time(r));
	if (!a.error && a.id > r->max_id)
		r->max_id = a.id;
	answer(r, tag, k->kind, &a, a.error ? strerror(a.error) : NULL);
}

static void wait_for_its_time(struct ref *r, const struct line_asked *q)
{
	for (int i = 0; i < LATER; i++) {
		struct later *l = &r->later[i];

		if (l->used)
			continue;
		*l = (struct later){ .used = true, .when = tell_time(r) + q->delay, .order = r->later_count++, .call = q->call };
		memcpy(l->tag, q->tag, sizeof(l->tag));
		r->n_later++;
		return;
	}
	struct answer no = { .error = ENOBUFS };
	answer(r, q->tag, q->call.kind, &no, "too many calls are waiting");
}

static struct later *next_later(struct ref *r)
{
	struct later *first = NULL;

	for (int i = 0; r->n_later && i < LATER; i++) {
		struct later *l = &r->later[i];

		if (l->used && (!first || l->when < first->when || (l->when == first->when && l->order < first->order)))
			first = l;
	}
	return first;
}

static void call_those_due(struct ref *r)
{
	struct later *l;

	while ((l = next_later(r)) && l->when <= tell_time(r)) {
		struct later due = *l;

		l->used = false;
		r->n_later--;
		make_call(r, due.tag, &due.call);
	}
}

static void take_line(void *arg, char *line)
{
	struct ref *r = arg;
	struct line_asked q;
	char why[128];
	struct answer no = { .error = EMSGSIZE };

	if (!line) {
		answer(r, "?", CALL_STATUS, &no, "the line is too long");
		return;
	}
	no.error = line_read_request(line, &q, why, sizeof(why));
	if (no.error)
		answer(r, q.tag, CALL_STATUS, &no, why);
	else if (!q.tag[0])
		return;                         /* an empty line asks nothing */
	else if (q.delay)
		wait_for_its_time(r, &q);
	else
		make_call(r, q.tag, &q.call);
}

static void on_input(void *arg)
{
	struct ref *r = arg;
	char buf[4096];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	tell_time(r);
	if (n > 0)
		line_feed(&r->reader, buf, (size_t)n, take_line, r);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		r->ended = true;
}

static void on_signal(void *arg)
{
	((struct ref *)arg)->ended = true;
}

/* ---- the wire ------------------------------------------------------------------- */

static void on_segment_out(void *arg, const struct seg *s)
{
	struct ref *r = arg;
	int n = wire_encode(s, r->buf, WIRE_MAX);

	if (n > 0)
		link_send(r->link, r->buf, (size_t)n, NULL);
}

static void sum_add(uint8_t *sum, uint16_t was, uint16_t is)
{
	/* RFC 1624, equation 3. */
	uint32_t x = (uint32_t)(uint16_t)~(sum[0] << 8 | sum[1]) + (uint16_t)~was + is;

	x = (x & 0xffff) + (x >> 16);
	x = (x & 0xffff) + (x >> 16);
	x = ~x & 0xffff;
	sum[0] = (uint8_t)(x >> 8);
	sum[1] = (uint8_t)x;
}

/* Turns an echo request around, with all that it carries (RFC 792, RFC 4443). */
static void answer_echo(struct ref *r, const uint8_t *ip, size_t n)
{
	bool four = ip[0] >> 4 == 4;
	size_t header = four ? (size_t)(ip[0] & 15) * 4 : 40, at = four ? 12 : 8, len = four ? 4 : 16;
	uint8_t request = four ? 8 : 128, reply = four ? 0 : 129;

	if (n > WIRE_MAX || n < header + 8 || (!four && ip[6] != 58) || ip[header] != request)
		return;
	memcpy(r->buf, ip, n);
	memcpy(r->buf + at, ip + at + len, len);
	memcpy(r->buf + at + len, ip + at, len);
	r->buf[header] = reply;
	sum_add(r->buf + header + 2, (uint16_t)(request << 8), (uint16_t)(reply << 8));
	link_send(r->link, r->buf, n, NULL);
}

static void on_datagram(void *arg, const uint8_t *ip, size_t n, size_t full, tick at)
{
	struct ref *r = arg;
	struct seg s;
	struct icmp m;

	(void)at;                               /* the stack lives in its own present */
	switch (wire_decode(ip, n, full, &s)) {
	case WIRE_SEG:
		stack_input(r->stack, &s, tell_time(r));
		return;
	case WIRE_ICMP:
		if (!icmp_decode(ip, n, &m))
			return;
		if (m.quotes)
			stack_icmp(r->stack, &m, tell_time(r));
		else if (n == full)
			answer_echo(r, ip, n);
		return;
	default:
		return;
	}
}

/* ---- from beginning to end --------------------------------------------------------- */

static int open_link(struct ref *r, char *err, size_t n)
{
	struct link_net_config c = { .iface = r->iface };

	if (r->netns >= 0 && setns(r->netns, CLONE_NEWNET) < 0) {
		snprintf(err, n, "cannot enter the network namespace: %s", strerror(errno));
		return -1;
	}
	for (unsigned i = 0; i < r->n_addr; i++)
		c.own[c.n_own++] = r->addr[i];
	r->link = link_net_new(&c, err, n);
	if (!r->link)
		return -1;
	r->link->arrived = on_datagram;
	r->link->arg = r;
	return 0;
}

static int open_stack(struct ref *r, char *err, size_t n)
{
	struct stack_config c = {
		.seed = r->seed, .n_addr = r->n_addr, .fault = r->fault,
		.emit = on_segment_out, .notify = on_note, .arg = r
	};

	memcpy(c.addr, r->addr, sizeof(c.addr));
	knobs_defaults(&c.knobs);
	r->stack = stack_new(&c);
	r->buf = malloc(WIRE_MAX);
	r->out = malloc(OUT);
	if (r->stack && r->buf && r->out)
		return 0;
	snprintf(err, n, "no memory for the stack");
	return -1;
}

static void hello(struct ref *r)
{
	char line[LINE_SIZE], can[LINE_SIZE / 2];
	bool has[2] = { false, false };

	for (unsigned i = 0; i < r->n_addr; i++)
		has[r->addr[i].v == 6] = true;

	size_t n = (size_t)snprintf(can, sizeof(can), "%s%sstate,urgent", has[0] ? "ip4," : "", has[1] ? "ip6," : "");
	for (enum call_option o = OPTION_NONE + 1; o < CALL_OPTIONS && n < sizeof(can); o++)
		if (o != OPTION_TFO)            /* the one that the stack does not have */
			n += (size_t)snprintf(can + n, sizeof(can) - n, ",%s", option_name(o));
	say(r, line, line_hello(line, sizeof(line), "tcpconform-ref/" TCPCONFORM_VERSION, can, tell_time(r)));
	flush(r, true);
}

static tick next_deadline(struct ref *r)
{
	tick when = stack_poll_at(r->stack);
	const struct later *l = next_later(r);

	return l && l->when < when ? l->when : when;
}

static void serve(struct ref *r)
{
	while (!r->ended && !r->gone) {
		link_wait_until(r->link, next_deadline(r));
		for (int i = 0; i < 1000 && stack_poll_at(r->stack) <= tell_time(r); i++)
			stack_tick(r->stack, r->now);
		call_those_due(r);
		flush(r, false);
	}
}

/* Nothing lingers: every peer sees a RST, as when any agent ends. */
static void abort_everything(struct ref *r)
{
	for (int id = 1; id <= r->max_id; id++) {
		struct call k = { .kind = CALL_ABORT, .id = id };
		struct answer a = { .state = STATE_UNKNOWN };

		stack_call(r->stack, &k, &a, r->now);
	}
}

static int ref_run(struct ref *r)
{
	char err[256] = "";
	sigset_t ends;
	int status = EXIT_CANNOT_RUN, signals = -1;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	if (open_link(r, err, sizeof(err)) || open_stack(r, err, sizeof(err)))
		goto out;
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || link_watch(r->link, signals, on_signal, r) || link_watch(r->link, STDIN_FILENO, on_input, r)) {
		snprintf(err, sizeof(err), "cannot watch standard input");
		goto out;
	}
	hello(r);
	serve(r);
	abort_everything(r);
	flush(r, false);
	status = EXIT_CONFORMS;
out:
	if (status != EXIT_CONFORMS)
		complain(status, "%s", err);
	stack_free(r->stack);
	link_close(r->link);
	wire_close();
	if (signals >= 0)
		close(signals);
	free(r->buf);
	free(r->out);
	return status;
}

/* ---- options -------------------------------------------------------------------------- */

enum { KEY_FAULT = 256, KEY_SEED, KEY_NETNS };

static const struct argp_option table[] = {
	{ "iface", 'i', "IF", 0, "interface", 0 },
	{ "address", 'a', "ADDR", 0, "the stack's address, one that nobody has; up to 4", 0 },
	{ "fault", KEY_FAULT, "NAME", 0, "the stack misbehaves so (list faults)", 0 },
	{ "seed", KEY_SEED, "HEX", 0, "of its initial sequence numbers and ports (default: random)", 0 },
	{ "netns", KEY_NETNS, "FD", OPTION_HIDDEN, "enter the network namespace of this descriptor first", 0 },
	{ 0 }
};

static error_t option(int key, char *arg, struct argp_state *state)
{
	struct ref *r = state->input;
	char *end;

	switch (key) {
	case 'i':
		r->iface = arg;
		return 0;
	case 'a':
		if (r->n_addr == ADDRESSES)
			argp_error(state, "at most %d addresses", ADDRESSES);
		else if (!addr_parse(arg, &r->addr[r->n_addr]))
			argp_error(state, "--address takes an address, and not '%s'", arg);
		else
			r->n_addr++;
		return 0;
	case KEY_FAULT:
		r->fault = arg;
		return 0;
	case KEY_SEED:
		errno = 0;
		r->seed = strtoull(arg, &end, 16);
		if (errno || *end || end == arg)
			argp_error(state, "--seed takes a hexadecimal number, and not '%s'", arg);
		return 0;
	case KEY_NETNS:
		r->netns = (int)strtol(arg, &end, 10);
		if (*end || r->netns < 0)
			argp_error(state, "--netns takes a descriptor, and not '%s'", arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is too much", arg);
		return 0;
	case ARGP_KEY_END:
		if (!r->iface || !r->n_addr)
			argp_error(state, "needs --iface and --address");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = table, .parser = option,
	.doc = "Puts the reference stack on an interface, where it does as it is asked on standard input.",
};

/* Two incarnations must not repeat each other's sequence numbers. */
static uint64_t any_seed(void)
{
	uint64_t seed = 0;
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &seed, sizeof(seed)) != sizeof(seed))
		seed = (uint64_t)getpid() * 0x9E3779B97F4A7C15u;
	if (fd >= 0)
		close(fd);
	return seed;
}

int cmd_ref(int argc, char **argv)
{
	struct ref *r = calloc(1, sizeof(*r));
	int status;

	if (!r)
		return complain(EXIT_CANNOT_RUN, "no memory");
	r->netns = -1;
	r->seed = any_seed();
	argp_parse(&argp, argc, argv, 0, NULL, r);
	status = fault_refused(r->fault);
	if (!status)
		status = ref_run(r);
	free(r);
	return status;
}
