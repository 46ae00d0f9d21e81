/* slirp.c: libslirp as Debian packages it (libslirp-dev 4.7.0), the TCP of 4.4BSD
 * as it came down to virtual machines, as a plug-in of tcpconform.
 *
 * libslirp is the host of a virtual network and speaks TCP with its guest: the
 * tester.  It has no calls of its own: a SYN from the guest makes it connect a
 * socket on its host, and a connection accepted by its host makes it send a SYN.
 * The sockets are ours (sockets.h), so no time passes on them; the clock is a call
 * back, and its timers run when its poll loop is run.
 *
 * What libslirp does not tell its application (an error, say) is not told here
 * either.  What the application over there does is in harness/dut/application.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <slirp/libslirp.h>

#include "harness/dut/application.h"
#include "sockets.h"

#define ADDR4 "10.9.0.2"
#define ADDR6 "fd00:9::2"
#define MILLISECOND 1000000

/* libslirp's flags for "a time" are 0 when there is none, so time does not begin
 * there. */
#define START 1000
#define SLOW 499                /* ms between two ticks of its TCP's timers      */
#define FAST 2                  /* ms until a delayed acknowledgement leaves     */
#define ROUNDS 10000            /* of the poll loop in one instant               */
#define POLLS 1024

static const struct tcpconform_host *host;
static struct tcpconform_application application;
static Slirp *slirp;
static struct tcpconform_endpoint guest;        /* source of the frame that comes in */
static uint16_t next_port = 40000;

/* ---- the poll loop ---------------------------------------------------------------- */

static struct { int fd, asked; } polls[POLLS];
static int n_polls;
static bool inside;             /* libslirp is at work: it is not to be asked again */
static uint64_t wake;           /* poll_at */
static uint64_t last_slow;      /* ms */

static uint64_t now_ms(void)
{
	return START + host->now(host->arg) / MILLISECOND;
}

static int add_poll(int fd, int asked, void *arg)
{
	(void)arg;
	if (n_polls == POLLS)
		return -1;
	polls[n_polls].fd = fd;
	polls[n_polls].asked = asked;
	return n_polls++;
}

static int get_events(int i, void *arg)
{
	(void)arg;
	return i < 0 ? 0 : sock_ready(polls[i].fd, polls[i].asked);
}

/* libslirp's name for the state of the connection on this descriptor. */
static enum tcpconform_state state_of(int fd)
{
	static const struct { const char *name; enum tcpconform_state state; } names[] = {
		{ "CLOSED", TCPCONFORM_CLOSED },           { "LISTEN", TCPCONFORM_LISTEN },
		{ "SYN_SENT", TCPCONFORM_SYN_SENT },       { "SYN_RCVD", TCPCONFORM_SYN_RECEIVED },
		{ "ESTABLISHED", TCPCONFORM_ESTABLISHED }, { "CLOSE_WAIT", TCPCONFORM_CLOSE_WAIT },
		{ "FIN_WAIT_1", TCPCONFORM_FIN_WAIT_1 },   { "CLOSING", TCPCONFORM_CLOSING },
		{ "LAST_ACK", TCPCONFORM_LAST_ACK },       { "FIN_WAIT_2", TCPCONFORM_FIN_WAIT_2 },
		{ "TIME_WAIT", TCPCONFORM_TIME_WAIT }
	};
	char *info = slirp_connection_info(slirp);
	enum tcpconform_state state = TCPCONFORM_CLOSED;

	for (const char *line = info; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		char name[20];
		int its;

		if (sscanf(line, " TCP[%19[^]]] %d", name, &its) != 2 || its != fd)
			continue;
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
			if (!strcmp(name, names[i].name))
				state = names[i].state;
	}
	free(info);
	return state;
}

/* libslirp says nowhere that a connection is established; so we look.  It says so
 * of a connection from its host long before: when its host's socket accepts. */
static void look_for_established(void)
{
	for (unsigned i = 0; i < TCPCONFORM_CONNECTIONS; i++) {
		struct tcpconform_connection *c = &application.connection[i];
		const struct tcpconform_endpoint peer = c->remote;

		if (c->use != TCPCONFORM_OPENING || !c->tcb || sock_fd(c->tcb) < 0)
			continue;
		switch (state_of(sock_fd(c->tcb))) {
		case TCPCONFORM_CLOSED:
		case TCPCONFORM_LISTEN:
		case TCPCONFORM_SYN_SENT:
		case TCPCONFORM_SYN_RECEIVED:
			break;
		default:
			tcpconform_app_established(c, &peer);
			tcpconform_app_readable(c);
		}
	}
}

/* Lets libslirp work until it has nothing left to do now. */
static void work(void)
{
	unsigned long before;
	uint32_t timeout;
	uint64_t t = now_ms(), next = UINT64_MAX;

	if (inside)
		return;
	inside = true;
	for (int round = 0; round < ROUNDS; round++) {
		before = sock_activity();
		n_polls = 0;
		timeout = UINT32_MAX;
		slirp_pollfds_fill(slirp, &timeout, add_poll, NULL);
		if (timeout <= SLOW && t - last_slow >= SLOW)
			last_slow = t;          /* as libslirp is about to find */
		slirp_pollfds_poll(slirp, 0, get_events, NULL);
		look_for_established();
		if (sock_activity() == before)
			break;
	}
	n_polls = 0;
	timeout = UINT32_MAX;
	slirp_pollfds_fill(slirp, &timeout, add_poll, NULL);
	if (timeout <= SLOW)
		next = last_slow + SLOW;
	if (timeout <= FAST && t + FAST < next)
		next = t + FAST;
	wake = next == UINT64_MAX ? TCPCONFORM_NEVER : ((next > t ? next : t + 1) - START) * MILLISECOND;
	inside = false;
}

/* ---- what libslirp calls ------------------------------------------------------------- */

static ssize_t send_packet(const void *frame, size_t n, void *arg)
{
	(void)arg;
	host->emit(host->arg, frame, n);
	return (ssize_t)n;
}

static int64_t clock_get_ns(void *arg)
{
	(void)arg;
	return (int64_t)START * MILLISECOND + (int64_t)host->now(host->arg);
}

static void guest_error(const char *text, void *arg)
{
	(void)arg;
	(void)text;
}

/* Its only timer is for router advertisements, which nobody needs here. */
static void *timer_new(SlirpTimerCb callback, void *its, void *arg)
{
	static int timer;

	(void)callback;
	(void)its;
	(void)arg;
	return &timer;
}

static void timer_free(void *timer, void *arg)
{
	(void)timer;
	(void)arg;
}

static void timer_mod(void *timer, int64_t at, void *arg)
{
	(void)timer;
	(void)at;
	(void)arg;
}

static void with_fd(int fd, void *arg)
{
	(void)fd;
	(void)arg;
}

static void notify(void *arg)
{
	(void)arg;
}

/* ---- what its sockets tell the application --------------------------------------------- */

static int on_connects(struct sock *s, int family, uint16_t port, void **c)
{
	uint8_t ip = family == AF_INET6 ? 6 : 4;

	for (unsigned i = 0; i < TCPCONFORM_CONNECTIONS; i++) {
		struct tcpconform_connection *l = &application.connection[i], *k;

		if (l->use != TCPCONFORM_LISTENER || l->ip != ip || (uintptr_t)l->own != port)
			continue;
		k = tcpconform_app_accepted(l, s);
		if (!k)
			return ECONNREFUSED;
		k->remote = guest;
		*c = k;
		return 0;
	}
	return ECONNREFUSED;
}

static void on_readable(void *arg)
{
	struct tcpconform_connection *c = arg;

	if (sock_at_end(c->tcb))
		tcpconform_app_eof(c);
	else
		tcpconform_app_readable(c);
}

static void on_writable(void *arg)
{
	tcpconform_app_writable(arg);
}

static void on_urgent(void *arg)
{
	tcpconform_app_urgent(arg);
}

/* The connection is no more.  An application sees the end of the stream: libslirp
 * closes its socket, whatever the reason was. */
static void on_closed(void *arg)
{
	struct tcpconform_connection *c = arg;
	struct sock *s = c->tcb;
	int error = sock_error(s);

	if (!error)
		tcpconform_app_eof(c);
	if (c->use == TCPCONFORM_FREE || c->tcb != s)
		return;
	c->tcb = NULL;
	if (error)
		tcpconform_app_error(c, error);
	else
		tcpconform_app_closed(c);
	sock_close(s);
}

static const struct sock_events sock_events = {
	.connects = on_connects, .readable = on_readable, .writable = on_writable,
	.urgent = on_urgent, .closed = on_closed
};

/* ---- primitives --------------------------------------------------------------------------- */

static int slirp_create(struct tcpconform_connection *c)
{
	c->own = NULL;
	return 0;
}

/* Whoever listens is asked when libslirp connects; c->own is the port. */
static int slirp_listen(struct tcpconform_connection *c, const struct tcpconform_call *call, uint16_t *port)
{
	*port = call->port ? call->port : next_port++;
	for (unsigned i = 0; i < TCPCONFORM_CONNECTIONS; i++) {
		const struct tcpconform_connection *l = &application.connection[i];

		if (l != c && l->use == TCPCONFORM_LISTENER && l->ip == c->ip && (uintptr_t)l->own == *port)
			return EADDRINUSE;
	}
	c->own = (void *)(uintptr_t)*port;
	return 0;
}

/* A port of the host is forwarded to the guest for as long as it takes to connect
 * to it. */
static int slirp_connect(struct tcpconform_connection *c, const struct tcpconform_call *call, uint16_t *port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} here = { .any = { 0 } }, there = { .any = { 0 } };
	uint16_t forwarded = next_port++;
	socklen_t n;

	*port = call->port ? call->port : next_port++;
	if (c->ip == 4) {
		n = sizeof here.four;
		here.four = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(forwarded) };
		here.four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		there.four = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(call->remote.port) };
		memcpy(&there.four.sin_addr, call->remote.addr, 4);
	} else {
		n = sizeof here.six;
		here.six = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(forwarded) };
		here.six.sin6_addr = in6addr_loopback;
		there.six = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(call->remote.port) };
		memcpy(&there.six.sin6_addr, call->remote.addr, 16);
	}
	if (slirp_add_hostxfwd(slirp, &here.any, n, &there.any, n, 0) < 0)
		return errno;
	c->tcb = sock_connect(here.any.sa_family, forwarded, *port, c);
	if (c->tcb)
		work();
	slirp_remove_hostxfwd(slirp, &here.any, n, 0);
	if (!c->tcb || sock_fd(c->tcb) < 0)
		return ECONNREFUSED;
	return 0;
}

static long slirp_do_send(struct tcpconform_connection *c, const uint8_t *octets, size_t n, bool urgent, bool more)
{
	(void)more;
	return c->tcb ? (long)sock_send(c->tcb, octets, n, urgent) : -ENOTCONN;
}

static size_t slirp_receive(struct tcpconform_connection *c, uint8_t *octets, size_t n)
{
	size_t taken;

	if (!c->tcb)
		return 0;
	taken = sock_receive(c->tcb, octets, n);
	if (!taken) {
		work();                 /* libslirp may hold more */
		taken = c->tcb ? sock_receive(c->tcb, octets, n) : 0;
	}
	return taken;
}

static int slirp_shutdown(struct tcpconform_connection *c)
{
	if (!c->tcb)
		return ENOTCONN;
	sock_shutdown(c->tcb);
	return 0;
}

static int slirp_close(struct tcpconform_connection *c)
{
	if (c->tcb)
		sock_close(c->tcb);
	return 0;
}

static void slirp_abort(struct tcpconform_connection *c)
{
	if (c->tcb)
		sock_abort(c->tcb);
}

static enum tcpconform_state slirp_state(struct tcpconform_connection *c)
{
	return c->tcb && sock_fd(c->tcb) >= 0 ? state_of(sock_fd(c->tcb)) : TCPCONFORM_CLOSED;
}

/* What is always so can be asked for: there is no Nagle's algorithm, and urgent data
 * is read in its place. */
static int slirp_set(struct tcpconform_connection *c, enum tcpconform_option option, int64_t value)
{
	(void)c;
	return (option == TCPCONFORM_NO_DELAY || option == TCPCONFORM_OOB_INLINE) && value == 1 ? 0 : ENOPROTOOPT;
}

static int slirp_get(struct tcpconform_connection *c, enum tcpconform_option option, int64_t *value)
{
	(void)c;
	*value = 1;
	return option == TCPCONFORM_NO_DELAY || option == TCPCONFORM_OOB_INLINE ? 0 : ENOPROTOOPT;
}

static const struct tcpconform_primitives primitives = {
	.create = slirp_create, .listen = slirp_listen, .connect = slirp_connect, .send = slirp_do_send,
	.receive = slirp_receive, .shutdown = slirp_shutdown, .close = slirp_close, .abort = slirp_abort,
	.state = slirp_state, .set = slirp_set, .get = slirp_get, .urgent = true
};

/* ---- the plug-in ---------------------------------------------------------------------------- */

/* libslirp has no chance in its TCP: the first sequence number is its clock. */
static void *create(const struct tcpconform_host *h, uint64_t seed)
{
	static const SlirpCb callbacks = {
		.send_packet = send_packet, .guest_error = guest_error, .clock_get_ns = clock_get_ns,
		.timer_new = timer_new, .timer_free = timer_free, .timer_mod = timer_mod,
		.register_poll_fd = with_fd, .unregister_poll_fd = with_fd, .notify = notify
	};
	SlirpConfig config = {
		.version = 4, .in_enabled = true, .in6_enabled = true, .vprefix_len = 64,
		.disable_dns = true, .disable_dhcp = true
	};
	char why[200];

	(void)seed;
	host = h;
	if (!sockets_instead(&sock_events, why, sizeof why)) {
		fprintf(stderr, "slirp.so: %s\n", why);
		return NULL;
	}
	tcpconform_app_init(&application, h, &primitives, NULL);
	inet_pton(AF_INET, "10.9.0.0", &config.vnetwork);
	inet_pton(AF_INET, "255.255.255.0", &config.vnetmask);
	inet_pton(AF_INET, ADDR4, &config.vhost);
	inet_pton(AF_INET, "10.9.0.253", &config.vnameserver);
	inet_pton(AF_INET, "10.9.0.254", &config.vdhcp_start);
	inet_pton(AF_INET6, "fd00:9::", &config.vprefix_addr6);
	inet_pton(AF_INET6, ADDR6, &config.vhost6);
	inet_pton(AF_INET6, "fd00:9::253", &config.vnameserver6);
	slirp = slirp_new(&config, &callbacks, NULL);
	if (slirp)
		work();
	return slirp;
}

static void input(void *stack, const uint8_t *frame, size_t n)
{
	(void)stack;
	/* libslirp's socket does not know who the guest is that it connects for. */
	memset(&guest, 0, sizeof guest);
	if (n >= 14 + 40 && frame[12] == 0x08 && frame[13] == 0x00) {
		size_t header = (frame[14] & 15u) * 4;

		guest.ip = 4;
		memcpy(guest.addr, frame + 14 + 12, 4);
		if (n >= 14 + header + 4)
			guest.port = (uint16_t)(frame[14 + header] << 8 | frame[14 + header + 1]);
	} else if (n >= 14 + 60 && frame[12] == 0x86 && frame[13] == 0xdd) {
		guest.ip = 6;
		memcpy(guest.addr, frame + 14 + 8, 16);
		guest.port = (uint16_t)(frame[14 + 40] << 8 | frame[14 + 41]);
	}
	inside = true;
	slirp_input(slirp, frame, (int)n);
	inside = false;
	work();
}

static void call(void *stack, const struct tcpconform_call *k, struct tcpconform_answer *answer)
{
	(void)stack;
	tcpconform_app_call(&application, k, answer);
	work();
}

static uint64_t poll_at(void *stack)
{
	(void)stack;
	return wake;
}

static void advance(void *stack, uint64_t now)
{
	(void)stack;
	(void)now;
	work();
}

const struct tcpconform_plugin *tcpconform_plugin(void)
{
	static const struct tcpconform_plugin plugin = {
		.version = TCPCONFORM_PLUGIN_VERSION,
		.program = "libslirp/4.7.0",
		.can = "ip4,ip6,state,urgent,no-delay,linger,oob-inline",
		.frames = TCPCONFORM_ETHERNET,
		.addr4 = ADDR4, .addr6 = ADDR6,
		.mac = { 0x52, 0x55, 10, 9, 0, 2 },
		.create = create, .input = input, .call = call, .poll_at = poll_at, .advance = advance
	};

	return &plugin;
}
