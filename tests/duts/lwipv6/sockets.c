/* sockets.c: what an application that never waits needs of LWIPv6's sockets, which
 * wait in connect, in send when there is no room, and in accept.  One thread asks;
 * connect and send wait in threads of their own, and while they do nothing else may
 * be asked of their socket: its calls share one mailbox for their answers.  What the
 * library tells wrongly is told here as its other calls show it: a reset, which its
 * recv shows as the end of the stream.  What it cannot do is refused. */
#include "sockets.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lwipv6.h>

enum {
	FDS      = 8192,
	AT_ONCE  = 65536,       /* octets of one send: as many as the agent has, or the cut would show in the segments */
	PORTS    = 49152,       /* the first port that nobody asked for */
	KEEPIDLE = 0x02
};

static struct sock {
	bool ours;
	bool ended;             /* recv has told the end */
	bool listens;
	int error;              /* of the connection; told once */
	volatile enum { IDLE, CONNECTING, CONNECTED, SENDING } doing;
	volatile int result;            /* of connect, an errno */
	volatile bool abandoned;        /* whoever is at it closes it */
	unsigned char *octets;          /* to be sent */
	size_t n_octets;
	int family;
	struct sockaddr_storage local;  /* as bound */
	struct sockaddr_storage to;
	socklen_t n_to;
} socks[FDS];

static struct stack *stack;
static pthread_mutex_t handover = PTHREAD_MUTEX_INITIALIZER;    /* of a socket between two threads */
static int wake[2] = { -1, -1 };
static uint16_t last_port = PORTS;

static struct sock *ours(int fd)
{
	return fd >= 0 && fd < FDS && socks[fd].ours ? &socks[fd] : NULL;
}

static void wake_up(void *arg)
{
	char c = 0;
	ssize_t ignored = write(wake[1], &c, 1);        /* full: it wakes anyway */

	(void)arg;
	(void)ignored;
}

/* ---- the stack: one tap interface, two addresses -------------------------------- */

static void start(void)
{
	const char *tap = getenv("LWIPV6_TAP");
	struct netif *netif;
	struct ip_addr addr, mask;

	if (pipe(wake) || fcntl(wake[0], F_SETFL, O_NONBLOCK) || fcntl(wake[1], F_SETFL, O_NONBLOCK))
		goto fail;
	stack = lwip_add_stack(0);
	netif = stack ? lwip_add_tapif(stack, (void *)(uintptr_t)(tap ? tap : "tap0"), 0) : NULL;
	if (!netif)
		goto fail;
	IP64_ADDR(&addr, 10, 9, 0, 2);
	IP64_MASKADDR(&mask, 255, 255, 255, 0);
	lwip_add_addr(netif, &addr, &mask);
	IP6_ADDR(&addr, 0xfd00, 9, 0, 0, 0, 0, 0, 2);
	IP6_ADDR(&mask, 0xffff, 0xffff, 0xffff, 0xffff, 0, 0, 0, 0);
	lwip_add_addr(netif, &addr, &mask);
	lwip_ifup(netif);
	return;
fail:
	fprintf(stderr, "lwipv6: cannot start the stack on %s\n", tap ? tap : "tap0");
	exit(1);
}

/* Its lwip_close waits for the stack's thread with the lock of the socket table in
 * its hands, and that thread takes the lock for each connection that it accepts:
 * when both happen at once the stack stands still for ever.  So what lwip_close
 * asks of that thread is put off until it has let go; and the descriptor stays
 * until then, since what happens to the old connection is told by its number. */
struct netconn;
int8_t netconn_delete(struct netconn *);

static __thread struct netconn *to_delete;
static __thread bool closing;
static __thread int to_close;

int close(int fd)
{
	if (!closing)
		return (int)syscall(SYS_close, fd);
	to_close = fd;
	return 0;
}

int8_t netconn_delete(struct netconn *conn)
{
	to_delete = conn;
	return 0;
}

static int close_it(int fd)
{
	static int8_t (*delete)(struct netconn *);
	int r;

	if (!delete)
		*(void **)&delete = dlsym(RTLD_NEXT, "netconn_delete");
	to_delete = NULL;
	to_close = -1;
	closing = true;
	r = lwip_close(fd);
	closing = false;
	if (to_delete)
		delete(to_delete);
	if (to_close >= 0)
		close(to_close);
	return r;
}

static int adopt(int fd, int family)
{
	if (fd >= FDS) {
		close_it(fd);
		errno = EMFILE;
		return -1;
	}
	if (fd >= 0)
		socks[fd] = (struct sock){ .ours = true, .family = family };
	return fd;
}

int lw_socket(int family, int type, int protocol)
{
	if (!stack)
		start();
	return adopt(lwip_msocket(stack, family, type, protocol), family);
}

int lw_bind(int fd, const struct sockaddr *a, socklen_t n)
{
	struct sockaddr_storage *local = &ours(fd)->local;
	struct sockaddr_in *port = (void *)local;

	memset(local, 0, sizeof *local);
	memcpy(local, a, n);
	/* Nobody could ask it which one it has chosen, so we choose. */
	if (port->sin_port == 0) {
		if (++last_port < PORTS)
			last_port = PORTS;
		port->sin_port = htons(last_port);
	}
	return lwip_bind(fd, (struct sockaddr *)local, n);
}

int lw_listen(int fd, int backlog)
{
	ours(fd)->listens = true;
	return lwip_listen(fd, backlog);
}

int lw_accept(int fd, struct sockaddr *a, socklen_t *n)
{
	struct sock *l = ours(fd);
	int new;

	if (!lwip_event_subscribe(NULL, NULL, fd, POLLIN)) {
		errno = EAGAIN;
		return -1;
	}
	new = adopt(lwip_accept(fd, NULL, NULL), l->family);
	if (new >= 0) {
		socks[new].local = l->local;
		/* Its accept and its getpeername leave the peer's address as it was in
		 * memory; its getsockname asks for the peer's (netconn_addr in api_lib.c). */
		memset(a, 0, *n);
		a->sa_family = (sa_family_t)l->family;
		lwip_getsockname(new, a, n);
	}
	return new;
}

int lw_getsockname(int fd, struct sockaddr *a, socklen_t *n)
{
	const struct sock *s = ours(fd);

	memcpy(a, &s->local, *n < sizeof s->local ? *n : sizeof s->local);
	return 0;
}

/* ---- connecting ------------------------------------------------------------------- */

/* In a thread: it has done what it was at. */
static void done(struct sock *s, int next)
{
	bool mine;

	pthread_mutex_lock(&handover);
	mine = s->abandoned;
	if (!mine)
		s->doing = next;
	pthread_mutex_unlock(&handover);
	if (mine) {
		free(s->octets);
		s->octets = NULL;
		s->ours = false;
		close_it((int)(s - socks));
	}
	wake_up(NULL);
}

static int in_a_thread(struct sock *s, int doing, void *(*f)(void *))
{
	pthread_t thread;

	s->doing = doing;
	if (pthread_create(&thread, NULL, f, s)) {
		s->doing = IDLE;
		errno = ENOBUFS;
		return -1;
	}
	pthread_detach(thread);
	return 0;
}

static void *connecting(void *arg)
{
	struct sock *s = arg;
	int r = lwip_connect((int)(s - socks), (struct sockaddr *)&s->to, s->n_to);

	s->result = r < 0 ? errno ? errno : ECONNREFUSED : 0;
	done(s, CONNECTED);
	return NULL;
}

int lw_connect(int fd, const struct sockaddr *a, socklen_t n)
{
	struct sock *s = ours(fd);
	struct sockaddr_storage own = { .ss_family = (sa_family_t)s->family };

	/* While the thread waits nothing may be asked of the socket, so its port is
	 * settled before; and its address, for left to itself LWIPv6 opens from its
	 * link-local one, whatever the prefix of the other's (against RFC 6724 5). */
	if (s->family == AF_INET6)
		inet_pton(AF_INET6, "fd00:9::2", &((struct sockaddr_in6 *)&own)->sin6_addr);
	if (!s->local.ss_family && lw_bind(fd, (struct sockaddr *)&own, n) < 0)
		return -1;
	memcpy(&s->to, a, n);
	s->n_to = n;
	if (in_a_thread(s, CONNECTING, connecting))
		return -1;
	errno = EINPROGRESS;
	return -1;
}

/* ---- data ---------------------------------------------------------------------------- */

static void *sending(void *arg)
{
	struct sock *s = arg;

	if (lwip_send((int)(s - socks), s->octets, (int)s->n_octets, 0) < 0)
		s->error = errno ? errno : EIO;
	done(s, IDLE);
	return NULL;
}

ssize_t lw_send(int fd, const void *octets, size_t n, int flags)
{
	struct sock *s = ours(fd);

	(void)flags;
	if (s->error) {
		errno = s->error;
		return -1;
	}
	if (s->doing != IDLE || !lwip_event_subscribe(NULL, NULL, fd, POLLOUT)) {
		errno = EAGAIN;
		return -1;
	}
	if (!s->octets && !(s->octets = malloc(AT_ONCE))) {
		errno = ENOBUFS;
		return -1;
	}
	s->n_octets = n < AT_ONCE ? n : AT_ONCE;
	memcpy(s->octets, octets, s->n_octets);
	return in_a_thread(s, SENDING, sending) ? -1 : (ssize_t)s->n_octets;
}

ssize_t lw_recv(int fd, void *octets, size_t n, int flags)
{
	struct sock *s = ours(fd);
	ssize_t r;

	if (flags & (MSG_OOB | MSG_PEEK)) {     /* it has no urgent data */
		errno = EINVAL;
		return -1;
	}
	if (s->error) {
		errno = s->error;
		return -1;
	}
	if (s->ended)
		return 0;
	if (s->doing != IDLE || !lwip_event_subscribe(NULL, NULL, fd, POLLIN)) {
		errno = EAGAIN;
		return -1;
	}
	r = lwip_recv(fd, octets, n > INT32_MAX ? INT32_MAX : (int)n, MSG_DONTWAIT);
	if (r)
		return r;
	s->ended = true;
	/* The end, or an error: a send of nothing knows. */
	if (lwip_send(fd, octets, 0, 0) < 0) {
		s->error = errno ? errno : ECONNRESET;
		errno = s->error;
		return -1;
	}
	return 0;
}

/* It returns 0 and sends nothing, so nobody may rely on it. */
int lw_shutdown(int fd, int how)
{
	(void)how;
	if (!ours(fd))
		return shutdown(fd, how);
	errno = EOPNOTSUPP;
	return -1;
}

int lw_close(int fd)
{
	struct sock *s = ours(fd);

	if (!s)
		return close(fd);
	pthread_mutex_lock(&handover);
	s->abandoned = s->doing == CONNECTING || s->doing == SENDING;
	pthread_mutex_unlock(&handover);
	if (s->abandoned)
		return 0;
	free(s->octets);
	s->octets = NULL;
	s->ours = false;
	return close_it(fd);
}

int lw_fcntl(int fd, int command, ...)
{
	va_list args;
	int arg;

	va_start(args, command);
	arg = va_arg(args, int);        /* flags or a process, for all that is asked here */
	va_end(args);
	/* Nothing here waits. */
	return ours(fd) ? 0 : fcntl(fd, command, arg);
}

/* ---- options ---------------------------------------------------------------------------- */

int lw_getsockopt(int fd, int level, int option, void *value, socklen_t *n)
{
	struct sock *s = ours(fd);

	if (level == SOL_SOCKET && option == SO_ERROR) {
		*(int *)value = s->doing == CONNECTED ? s->result : s->error;
		if (s->doing == CONNECTED)
			s->doing = IDLE;
		return 0;
	}
	if (level == SOL_SOCKET && (option == SO_LINGER || option == SO_OOBINLINE || option == SO_SNDBUF || option == SO_RCVBUF)) {
		errno = ENOPROTOOPT;
		return -1;
	}
	int r = lwip_getsockopt(fd, level, option, value, n);
	if (r == 0 && level == IPPROTO_TCP && option == KEEPIDLE)
		*(int *)value /= 1000;
	return r;
}

int lw_setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
	int ms;

	/* Its own list of what is not implemented; the buffers' sizes are accepted
	 * there and have no effect. */
	if (level == SOL_SOCKET && (option == SO_LINGER || option == SO_OOBINLINE || option == SO_SNDBUF || option == SO_RCVBUF)) {
		errno = ENOPROTOOPT;
		return -1;
	}
	if (level == IPPROTO_TCP && option == KEEPIDLE) {
		ms = *(const int *)value * 1000;
		value = &ms;
	}
	return lwip_setsockopt(fd, level, option, value, n);
}

/* ---- waiting -------------------------------------------------------------------------------- */

static short happened(int fd, short events, bool subscribe)
{
	struct sock *s = ours(fd);

	if (s->doing == CONNECTED || (s->doing == IDLE && s->error))
		return (POLLOUT | POLLIN) & events;
	if (s->doing != IDLE)
		return 0;
	if (s->ended)
		events &= (short)~POLLIN;
	events &= POLLIN | POLLOUT;
	return events ? (short)lwip_event_subscribe(subscribe ? wake_up : NULL, subscribe ? socks : NULL, fd, events) : 0;
}

int lw_poll(struct pollfd *fds, nfds_t n, int ms)
{
	static struct pollfd real[FDS];
	char drained[64];
	bool now = false;
	int count = 0;

	if (n >= FDS) {
		errno = EINVAL;
		return -1;
	}
	for (nfds_t i = 0; i < n; i++) {
		real[i] = fds[i];
		fds[i].revents = 0;
		if (ours(fds[i].fd)) {
			real[i].fd = -1;
			now = happened(fds[i].fd, fds[i].events, true) || now;
		}
	}
	real[n] = (struct pollfd){ .fd = wake[0], .events = POLLIN };
	int r = poll(real, n + 1, now ? 0 : ms);
	int error = errno;
	while (wake[0] >= 0 && read(wake[0], drained, sizeof drained) > 0)
		;
	for (nfds_t i = 0; i < n; i++) {
		struct sock *s = ours(fds[i].fd);

		if (!s) {
			fds[i].revents = r > 0 ? real[i].revents : 0;
		} else {
			if (s->doing == IDLE)   /* no longer to be told */
				lwip_event_subscribe(NULL, socks, fds[i].fd, fds[i].events & (POLLIN | POLLOUT));
			fds[i].revents = happened(fds[i].fd, fds[i].events, false);
		}
		count += fds[i].revents != 0;
	}
	errno = error;
	return r < 0 && !count ? r : count;
}
