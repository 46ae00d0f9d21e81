/* lwip.c: lwIP as Debian packages it (liblwip-dev 2.1.3), as a plug-in of
 * tcpconform: one thread, the raw API, IP datagrams in and out, and a clock that
 * is the tester's.
 *
 * lwIP asks for the time by calling sys_now().  Ours is found before the one in
 * liblwip, since this object comes before its library; so the 2 h of a default
 * keepalive cost no time.  There is no tcpip thread: lwip_init() alone, and
 * sys_check_timeouts() when something is due.
 *
 * It is not an example of how to write an lwIP port.  What the application over
 * there does is in harness/dut/application.h; the terms are in harness/dut/plugin.h. */
#include <errno.h>
#include <stdlib.h>

#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>

#include "harness/dut/application.h"

#define ADDR4 "10.9.0.2"
#define ADDR6 "fd00:9::2"
#define MILLISECOND 1000000u

static const struct tcpconform_host *host;
static struct tcpconform_application application;
static struct netif interface;

/* ---- the clock --------------------------------------------------------------------- */

/* lwIP reads 0 as "no time yet" here and there. */
#define START 1000u

u32_t sys_now(void)
{
	return (u32_t)(START + host->now(host->arg) / MILLISECOND);
}

static uint64_t poll_at(void *stack)
{
	uint64_t now = host->now(host->arg) / MILLISECOND;
	u32_t left = sys_timeouts_sleeptime();

	(void)stack;
	return left == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? TCPCONFORM_NEVER : (now + left) * MILLISECOND;
}

static void advance(void *stack, uint64_t now)
{
	(void)stack;
	(void)now;
	sys_check_timeouts();
}

/* ---- the interface ------------------------------------------------------------------ */

static err_t leave(struct pbuf *p)
{
	uint8_t frame[0x10000];
	u16_t n = pbuf_copy_partial(p, frame, p->tot_len, 0);

	host->emit(host->arg, frame, n);
	return ERR_OK;
}

static err_t leave4(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	(void)netif;
	(void)to;
	return leave(p);
}

static err_t leave6(struct netif *netif, struct pbuf *p, const ip6_addr_t *to)
{
	(void)netif;
	(void)to;
	return leave(p);
}

static err_t interface_init(struct netif *netif)
{
	netif->name[0] = 't';
	netif->name[1] = 'c';
	netif->mtu = 1500;
	netif->flags = NETIF_FLAG_LINK_UP;
	netif->output = leave4;
	netif->output_ip6 = leave6;
	return ERR_OK;
}

/* Not from PBUF_POOL, as drivers do: in this package what the pool gives is 592
 * octets long and says that it is 1536 (docs/findings/lwip.md). */
static void input(void *stack, const uint8_t *frame, size_t n)
{
	struct pbuf *p = n && n <= UINT16_MAX ? pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM) : NULL;

	(void)stack;
	if (!p)
		return;
	pbuf_take(p, frame, (u16_t)n);
	if (interface.input(p, &interface) != ERR_OK)
		pbuf_free(p);
}

/* ---- connections ---------------------------------------------------------------------- */

/* What lwIP has given us of the stream, and the application has not read yet:
 * c->own, a chain of pbufs.  lwIP counts it against its receive window until
 * tcp_recved(). */

static int error_of(err_t e)
{
	switch (e) {
	case ERR_OK:    return 0;
	case ERR_MEM:
	case ERR_BUF:   return ENOBUFS;
	case ERR_RTE:   return EHOSTUNREACH;
	case ERR_USE:   return EADDRINUSE;
	case ERR_ISCONN: return EISCONN;
	case ERR_CONN:  return ENOTCONN;
	case ERR_RST:   return ECONNRESET;
	case ERR_CLSD:  return EPIPE;
	default:        return EINVAL;
	}
}

/* A TCB in TIME-WAIT is freed without a word; until then it stands in a list. */
static struct tcp_pcb *pcb_of(const struct tcpconform_connection *c)
{
	struct tcp_pcb *const lists[] = { tcp_active_pcbs, tcp_tw_pcbs, tcp_bound_pcbs };

	if (c->use == TCPCONFORM_LISTENER)
		return c->tcb;
	for (unsigned i = 0; i < sizeof lists / sizeof lists[0]; i++)
		for (struct tcp_pcb *p = lists[i]; p; p = p->next)
			if (p == c->tcb && p->callback_arg == c)
				return p;
	return NULL;
}

static void report_nothing_more(struct tcp_pcb *pcb)
{
	tcp_arg(pcb, NULL);
	if (pcb->state == LISTEN) {
		tcp_accept(pcb, NULL);
		return;
	}
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t e)
{
	struct tcpconform_connection *c = arg;

	(void)pcb;
	(void)e;
	if (!p) {
		tcpconform_app_eof(c);
		return ERR_OK;
	}
	if (c->own)
		pbuf_cat(c->own, p);
	else
		c->own = p;
	tcpconform_app_readable(c);
	return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t n)
{
	(void)pcb;
	(void)n;
	tcpconform_app_writable(arg);
	return ERR_OK;
}

/* Now and then, for what failed for want of memory. */
static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	(void)pcb;
	tcpconform_app_writable(arg);
	return ERR_OK;
}

/* The TCB is gone.  lwIP says ERR_ABRT when it gave up, which it does after
 * retransmissions, probes or keepalives without an answer. */
static void on_error(void *arg, err_t e)
{
	struct tcpconform_connection *c = arg;

	if (e == ERR_CLSD)
		tcpconform_app_closed(c);
	else if (e == ERR_ABRT)
		tcpconform_app_error(c, ETIMEDOUT);
	else
		tcpconform_app_error(c, c->use == TCPCONFORM_OPENING ? ECONNREFUSED : ECONNRESET);
}

static void report(struct tcp_pcb *pcb, struct tcpconform_connection *c)
{
	tcp_arg(pcb, c);
	tcp_recv(pcb, on_receive);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, 1);
}

static void established(struct tcpconform_connection *c, const struct tcp_pcb *pcb)
{
	struct tcpconform_endpoint remote = { .ip = c->ip, .port = pcb->remote_port };

	if (c->ip == 4)
		memcpy(remote.addr, &ip_2_ip4(&pcb->remote_ip)->addr, 4);
	else
		memcpy(remote.addr, ip_2_ip6(&pcb->remote_ip)->addr, 16);
	tcpconform_app_established(c, &remote);
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t e)
{
	struct tcpconform_connection *c;

	if (e != ERR_OK || !arg)
		return ERR_VAL;
	c = tcpconform_app_accepted(arg, pcb);
	if (!c)
		return ERR_MEM;
	report(pcb, c);
	established(c, pcb);
	return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t e)
{
	(void)e;
	established(arg, pcb);
	return ERR_OK;
}

/* ---- primitives -------------------------------------------------------------------------- */

static int lwip_create(struct tcpconform_connection *c)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(c->ip == 4 ? IPADDR_TYPE_V4 : IPADDR_TYPE_V6);

	if (!pcb)
		return ENOBUFS;
	c->tcb = pcb;
	return 0;
}

static int lwip_bind(struct tcpconform_connection *c, uint16_t port)
{
	return error_of(tcp_bind(c->tcb, c->ip == 4 ? IP4_ADDR_ANY : IP6_ADDR_ANY, port));
}

static int lwip_do_listen(struct tcpconform_connection *c, const struct tcpconform_call *call, uint16_t *port)
{
	int error = lwip_bind(c, call->port);
	struct tcp_pcb *listener;
	err_t e;

	if (error)
		return error;
	listener = tcp_listen_with_backlog_and_err(c->tcb, TCP_DEFAULT_LISTEN_BACKLOG, &e);
	if (!listener)
		return error_of(e);
	c->tcb = listener;
	tcp_arg(listener, c);
	tcp_accept(listener, on_accept);
	*port = listener->local_port;
	return 0;
}

static int lwip_do_connect(struct tcpconform_connection *c, const struct tcpconform_call *call, uint16_t *port)
{
	struct tcp_pcb *pcb = c->tcb;
	ip_addr_t to = IPADDR_ANY_TYPE_INIT;
	int error = call->port ? lwip_bind(c, call->port) : 0;

	if (error)
		return error;
	if (c->ip == 4) {
		ip4_addr_t four;

		memcpy(&four.addr, call->remote.addr, 4);
		ip_addr_copy_from_ip4(to, four);
	} else {
		ip6_addr_t six = { 0 };

		memcpy(six.addr, call->remote.addr, 16);
		ip_addr_copy_from_ip6(to, six);
	}
	report(pcb, c);
	error = error_of(tcp_connect(pcb, &to, call->remote.port, on_connected));
	*port = pcb->local_port;
	return error;
}

static long lwip_do_send(struct tcpconform_connection *c, const uint8_t *octets, size_t n, bool urgent, bool more)
{
	struct tcp_pcb *pcb = pcb_of(c);
	u16_t room;
	err_t e;

	(void)urgent;
	if (!pcb)
		return -ENOTCONN;
	room = (u16_t)(tcp_sndbuf(pcb) < UINT16_MAX ? tcp_sndbuf(pcb) : UINT16_MAX);
	if (n > room)
		n = room;
	if (!n)
		return 0;
	e = tcp_write(pcb, octets, (u16_t)n, TCP_WRITE_FLAG_COPY | (more ? TCP_WRITE_FLAG_MORE : 0));
	if (e == ERR_MEM)
		return 0;
	return e == ERR_OK ? (long)n : -error_of(e);
}

static void lwip_push(struct tcpconform_connection *c)
{
	struct tcp_pcb *pcb = pcb_of(c);

	if (pcb)
		tcp_output(pcb);
}

static size_t lwip_receive(struct tcpconform_connection *c, uint8_t *octets, size_t n)
{
	struct pbuf *p = c->own;
	struct tcp_pcb *pcb = pcb_of(c);
	u16_t taken;

	if (!p)
		return 0;
	taken = pbuf_copy_partial(p, octets, (u16_t)n, 0);
	c->own = pbuf_free_header(p, taken);
	if (pcb)
		tcp_recved(pcb, taken);
	return taken;
}

static int lwip_shutdown(struct tcpconform_connection *c)
{
	struct tcp_pcb *pcb = pcb_of(c);

	return pcb ? error_of(tcp_shutdown(pcb, 0, 1)) : ENOTCONN;
}

static int lwip_close(struct tcpconform_connection *c)
{
	struct tcp_pcb *pcb = pcb_of(c);
	int error;

	if (!pcb)
		return 0;
	report_nothing_more(pcb);
	error = error_of(tcp_close(pcb));
	if (error && c->use != TCPCONFORM_LISTENER)
		report(pcb, c);
	return error;
}

static void lwip_abort(struct tcpconform_connection *c)
{
	/* (Before it is bound or connects it stands in no list.) */
	struct tcp_pcb *pcb = c->use == TCPCONFORM_OPENING ? c->tcb : pcb_of(c);

	if (!pcb)
		return;
	report_nothing_more(pcb);
	if (pcb->state == LISTEN || pcb->state == CLOSED)
		tcp_close(pcb);
	else
		tcp_abort(pcb);
}

static enum tcpconform_state lwip_state(struct tcpconform_connection *c)
{
	static const enum tcpconform_state states[] = {
		[CLOSED] = TCPCONFORM_CLOSED,           [LISTEN] = TCPCONFORM_LISTEN,
		[SYN_SENT] = TCPCONFORM_SYN_SENT,       [SYN_RCVD] = TCPCONFORM_SYN_RECEIVED,
		[ESTABLISHED] = TCPCONFORM_ESTABLISHED, [FIN_WAIT_1] = TCPCONFORM_FIN_WAIT_1,
		[FIN_WAIT_2] = TCPCONFORM_FIN_WAIT_2,   [CLOSE_WAIT] = TCPCONFORM_CLOSE_WAIT,
		[CLOSING] = TCPCONFORM_CLOSING,         [LAST_ACK] = TCPCONFORM_LAST_ACK,
		[TIME_WAIT] = TCPCONFORM_TIME_WAIT
	};
	const struct tcp_pcb *pcb = pcb_of(c);

	return pcb ? states[pcb->state] : TCPCONFORM_CLOSED;
}

/* lwIP has the options of its raw API: the keepalive's, in milliseconds, and
 * Nagle's algorithm. */
static int lwip_set(struct tcpconform_connection *c, enum tcpconform_option option, int64_t value)
{
	struct tcp_pcb *pcb = c->use == TCPCONFORM_OPEN ? pcb_of(c) : c->tcb;

	if (!pcb)
		return ENOTCONN;
	if (c->use == TCPCONFORM_LISTENER)      /* what it accepts gets it */
		return option >= TCPCONFORM_KEEPALIVE && option <= TCPCONFORM_NO_DELAY ? 0 : ENOPROTOOPT;
	if (value < 0 || value > UINT32_MAX / 1000)
		return EINVAL;
	switch (option) {
	case TCPCONFORM_KEEPALIVE:
		if (value)
			ip_set_option(pcb, SOF_KEEPALIVE);
		else
			ip_reset_option(pcb, SOF_KEEPALIVE);
		return 0;
	case TCPCONFORM_KEEPALIVE_IDLE:
		pcb->keep_idle = (u32_t)value * 1000;
		return 0;
	case TCPCONFORM_KEEPALIVE_INTERVAL:
		pcb->keep_intvl = (u32_t)value * 1000;
		return 0;
	case TCPCONFORM_KEEPALIVE_COUNT:
		pcb->keep_cnt = (u32_t)value;
		return 0;
	case TCPCONFORM_NO_DELAY:
		if (value)
			tcp_nagle_disable(pcb);
		else
			tcp_nagle_enable(pcb);
		return 0;
	default:
		return ENOPROTOOPT;
	}
}

static int lwip_get(struct tcpconform_connection *c, enum tcpconform_option option, int64_t *value)
{
	struct tcp_pcb *pcb = c->use == TCPCONFORM_LISTENER ? NULL : pcb_of(c);

	if (!pcb)
		return ENOPROTOOPT;
	switch (option) {
	case TCPCONFORM_KEEPALIVE:
		*value = ip_get_option(pcb, SOF_KEEPALIVE) != 0;
		return 0;
	case TCPCONFORM_KEEPALIVE_IDLE:
		*value = pcb->keep_idle / 1000;
		return 0;
	case TCPCONFORM_KEEPALIVE_INTERVAL:
		*value = pcb->keep_intvl / 1000;
		return 0;
	case TCPCONFORM_KEEPALIVE_COUNT:
		*value = pcb->keep_cnt;
		return 0;
	case TCPCONFORM_NO_DELAY:
		*value = tcp_nagle_disabled(pcb) != 0;
		return 0;
	case TCPCONFORM_MAX_SEGMENT:
		*value = tcp_mss(pcb);
		return 0;
	default:
		return ENOPROTOOPT;
	}
}

static void lwip_forget(struct tcpconform_connection *c)
{
	if (c->own)
		pbuf_free(c->own);
	c->own = NULL;
}

static const struct tcpconform_primitives primitives = {
	.create = lwip_create, .listen = lwip_do_listen, .connect = lwip_do_connect,
	.send = lwip_do_send, .push = lwip_push, .receive = lwip_receive,
	.shutdown = lwip_shutdown, .close = lwip_close, .abort = lwip_abort,
	.state = lwip_state, .set = lwip_set, .get = lwip_get, .forget = lwip_forget
};

/* ---- the plug-in --------------------------------------------------------------------------- */

/* lwIP draws nothing by chance here but ports, from rand(), which begins alike in
 * each process.  What differs from one machine to the next is how long it has been
 * up, and that shows in its sequence numbers.  It is never just up: in its first tick
 * lwIP takes no samples of round trips, since 0 means "none" there. */
static void *create(const struct tcpconform_host *h, uint64_t seed)
{
	ip4_addr_t addr, mask, none = { 0 };
	ip_addr_t six;

	host = h;
	lwip_init();
	tcp_ticks = 120 + (u32_t)(seed % 100000);
	tcpconform_app_init(&application, h, &primitives, NULL);
	ip4addr_aton(ADDR4, &addr);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	if (!netif_add(&interface, &addr, &mask, &none, NULL, interface_init, ip_input))
		return NULL;
	netif_set_default(&interface);
	netif_set_up(&interface);
	/* The first place is for a link-local address.  This one is valid at once:
	 * nobody else is on this wire to ask. */
	ipaddr_aton(ADDR6, &six);
	netif_ip6_addr_set(&interface, 1, ip_2_ip6(&six));
	netif_ip6_addr_set_state(&interface, 1, IP6_ADDR_PREFERRED);
	interface.rs_count = 0;         /* no router either */
	return &application;
}

static void call(void *stack, const struct tcpconform_call *k, struct tcpconform_answer *answer)
{
	tcpconform_app_call(stack, k, answer);
}

const struct tcpconform_plugin *tcpconform_plugin(void)
{
	static const struct tcpconform_plugin plugin = {
		.version = TCPCONFORM_PLUGIN_VERSION,
		.program = "lwIP/" LWIP_VERSION_STRING,
		.can = "ip4,ip6,state,keepalive,keepalive-idle,keepalive-interval,keepalive-count,no-delay,linger",
		.frames = TCPCONFORM_IP,
		.addr4 = ADDR4, .addr6 = ADDR6,
		.create = create, .input = input, .call = call, .poll_at = poll_at, .advance = advance
	};

	return &plugin;
}
