/* sockets.c: see sockets.h.
 *
 * What a call means is read off Linux's TCP sockets over loopback, since this is
 * what libslirp is written for: an end of stream is an orderly one, closing with
 * octets unread resets the other end, what is sent to who has closed is taken once
 * and refused from then on, an urgent octet stops a read before it.
 *
 * How libslirp comes to call these: its functions of the C library are reached
 * through a table of addresses of its own (ELF: the relocations of its dynamic
 * section).  Those of sockets are replaced there.  A plain definition of recv() in
 * this object would not do: the C library is searched first. */
#include "sockets.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <slirp/libslirp.h>

#define SOCKETS 1024
#define FIRST_FD (1 << 20)              /* above every descriptor of the process */
/* Kernels buffer; the less of it, the nearer is the application to its TCP. */
#define TO_SLIRP 16384
#define FROM_SLIRP 4096

enum kind { FREE, FRESH, LISTENING, STREAM };

struct sock {
	enum kind kind;
	bool held;                      /* libslirp has a descriptor of it       */
	struct sockaddr_storage name, peer;
	struct sock *waiting;           /* LISTENING: who is to be accepted      */
	void *c;                        /* the application; NULL: it has closed  */

	uint8_t to[TO_SLIRP];           /* sent by the application               */
	size_t  n_to;
	long    mark;                   /* where an urgent octet is in it; -1    */
	bool    shut;                   /* and no more                           */
	bool    end_seen;               /* libslirp has read the end             */
	int     error;                  /* pending for libslirp                  */

	uint8_t from[FROM_SLIRP];       /* sent by libslirp                      */
	size_t  n_from;
	bool    ended;                  /* it has shut down or closed            */
	bool    lost;                   /* it closed with octets of ours unread  */
};

static struct sock table[SOCKETS];
static const struct sock_events *events;
static unsigned long activity;

unsigned long sock_activity(void)
{
	return activity;
}

static struct sock *sock_of(int fd)
{
	struct sock *s;

	if (fd < FIRST_FD || fd >= FIRST_FD + SOCKETS)
		return NULL;
	s = &table[fd - FIRST_FD];
	return s->kind != FREE && s->held ? s : NULL;
}

static struct sock *sock_new(enum kind kind)
{
	for (int i = 0; i < SOCKETS; i++)
		if (table[i].kind == FREE) {
			table[i] = (struct sock){ .kind = kind, .mark = -1 };
			activity++;
			return &table[i];
		}
	return NULL;
}

/* Neither end has it any more. */
static void sock_settle(struct sock *s)
{
	if (!s->held && !s->c)
		s->kind = FREE;
	activity++;
}

static uint16_t port_of(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port
	                                      : ((const struct sockaddr_in *)a)->sin_port);
}

static void loopback(struct sockaddr_storage *a, int family, uint16_t port)
{
	memset(a, 0, sizeof *a);
	if (family == AF_INET6) {
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)a;

		six->sin6_family = AF_INET6;
		six->sin6_addr = in6addr_loopback;
		six->sin6_port = htons(port);
	} else {
		struct sockaddr_in *four = (struct sockaddr_in *)a;

		four->sin_family = AF_INET;
		four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		four->sin_port = htons(port);
	}
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

/* ---- libslirp's calls ------------------------------------------------------------ */

static int our_socket(int domain, int type, int protocol)
{
	struct sock *s;

	(void)protocol;
	if ((type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK)) != SOCK_STREAM)
		return refuse(EACCES);          /* no datagrams leave this process */
	s = sock_new(FRESH);
	if (!s)
		return refuse(EMFILE);
	s->held = true;
	s->name.ss_family = (sa_family_t)domain;
	return FIRST_FD + (int)(s - table);
}

static int our_bind(int fd, const struct sockaddr *a, socklen_t n)
{
	struct sock *s = sock_of(fd);

	if (!s || n > sizeof s->name)
		return refuse(s ? EINVAL : EBADF);
	memcpy(&s->name, a, n);
	return 0;
}

static int our_listen(int fd, int backlog)
{
	struct sock *s = sock_of(fd);

	(void)backlog;
	if (!s)
		return refuse(EBADF);
	s->kind = LISTENING;
	return 0;
}

static int give(const struct sockaddr_storage *from, struct sockaddr *a, socklen_t *n)
{
	socklen_t full = from->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	memcpy(a, from, *n < full ? *n : full);
	*n = full;
	return 0;
}

static int our_accept(int fd, struct sockaddr *a, socklen_t *n)
{
	struct sock *s = sock_of(fd), *stream;

	if (!s || !s->waiting)
		return refuse(s ? EAGAIN : EBADF);
	stream = s->waiting;
	s->waiting = NULL;
	stream->held = true;
	activity++;
	give(&stream->peer, a, n);
	return FIRST_FD + (int)(stream - table);
}

static int our_connect(int fd, const struct sockaddr *a, socklen_t n)
{
	struct sock *s = sock_of(fd);

	if (!s || n > sizeof s->peer)
		return refuse(s ? EINVAL : EBADF);
	memcpy(&s->peer, a, n);
	s->kind = STREAM;
	/* Good or bad, it is known when the descriptor is ready. */
	s->error = events->connects(s, a->sa_family, port_of(&s->peer), &s->c);
	activity++;
	return refuse(EINPROGRESS);
}

static ssize_t our_recv(int fd, void *buf, size_t n, int flags)
{
	struct sock *s = sock_of(fd);

	(void)flags;
	if (!s || s->kind != STREAM)
		return refuse(s ? ENOTCONN : EBADF);
	if (s->error) {
		int error = s->error;

		s->error = 0;
		s->shut = s->ended = true;
		activity++;
		return refuse(error);
	}
	if (!s->n_to) {
		if (!s->shut)
			return refuse(EAGAIN);
		s->end_seen = true;
		activity++;
		return 0;
	}
	if (n > s->n_to)
		n = s->n_to;
	if (s->mark > 0 && n > (size_t)s->mark)
		n = (size_t)s->mark;
	memcpy(buf, s->to, n);
	memmove(s->to, s->to + n, s->n_to - n);
	s->n_to -= n;
	if (s->mark >= 0)
		s->mark = (size_t)s->mark < n ? -1 : s->mark - (long)n;
	activity++;
	if (s->c)
		events->writable(s->c);
	return (ssize_t)n;
}

static ssize_t our_send(int fd, const void *buf, size_t n, int flags)
{
	struct sock *s = sock_of(fd);

	if (!s || s->kind != STREAM)
		return refuse(s ? ENOTCONN : EBADF);
	if (s->error) {
		int error = s->error;

		s->error = 0;
		s->shut = s->ended = true;
		activity++;
		return refuse(error);
	}
	if (!n)
		return 0;
	if (!s->c) {
		/* Who has closed answers the first of it with a reset. */
		if (s->ended)
			return refuse(EPIPE);
		s->ended = true;
		s->error = s->end_seen ? EPIPE : ECONNRESET;
		activity++;
		return (ssize_t)n;
	}
	if (s->ended)
		return refuse(EPIPE);
	/* What the application does not take stays in libslirp, and counts there
	 * against the window. */
	if (n > FROM_SLIRP - s->n_from)
		n = FROM_SLIRP - s->n_from;
	if (!n)
		return refuse(EAGAIN);
	if (flags & MSG_OOB)
		events->urgent(s->c);
	memcpy(s->from + s->n_from, buf, n);
	s->n_from += n;
	activity++;
	events->readable(s->c);
	return (ssize_t)n;
}

static int our_shutdown(int fd, int how)
{
	struct sock *s = sock_of(fd);

	if (!s)
		return refuse(EBADF);
	if (how == SHUT_RD)
		return 0;
	if (!s->ended) {
		s->ended = true;
		activity++;
		if (s->c)
			events->readable(s->c);
	}
	return 0;
}

static int our_close(int fd)
{
	struct sock *s = sock_of(fd);

	if (!s)
		return close(fd);
	s->held = false;
	if (s->waiting) {
		s->waiting->ended = true;
		if (s->waiting->c)
			events->closed(s->waiting->c);
	}
	if (s->c) {
		s->lost = s->n_to > 0 && !s->error;
		s->ended = true;
		events->closed(s->c);
	}
	sock_settle(s);
	return 0;
}

static int our_getsockopt(int fd, int level, int option, void *value, socklen_t *n)
{
	struct sock *s = sock_of(fd);
	int v = 0;

	if (!s)
		return refuse(EBADF);
	if (level == SOL_SOCKET && option == SO_ERROR) {
		v = s->error;
		s->error = 0;
	}
	memcpy(value, &v, *n < sizeof v ? *n : sizeof v);
	return 0;
}

static int our_setsockopt(int fd, int level, int option, const void *value, socklen_t n)
{
	(void)level;
	(void)option;
	(void)value;
	(void)n;
	return sock_of(fd) ? 0 : refuse(EBADF);
}

static int our_getsockname(int fd, struct sockaddr *a, socklen_t *n)
{
	struct sock *s = sock_of(fd);

	return s ? give(&s->name, a, n) : refuse(EBADF);
}

static int our_getpeername(int fd, struct sockaddr *a, socklen_t *n)
{
	struct sock *s = sock_of(fd);

	if (!s || s->kind != STREAM)
		return refuse(s ? ENOTCONN : EBADF);
	return give(&s->peer, a, n);
}

static int our_fcntl(int fd, int command, ...)
{
	va_list args;
	long arg;

	if (sock_of(fd))
		return 0;               /* none of ours ever blocks */
	va_start(args, command);
	arg = va_arg(args, long);
	va_end(args);
	return fcntl(fd, command, arg);
}

int sock_ready(int fd, int asked)
{
	struct sock *s = sock_of(fd);
	int is = 0;

	if (!s)
		return 0;
	if (s->kind == LISTENING)
		return s->waiting ? asked & SLIRP_POLL_IN : 0;
	if (s->n_to || s->shut)
		is |= SLIRP_POLL_IN;
	if (s->mark >= 0)
		is |= SLIRP_POLL_PRI;
	if (!s->c || s->ended || s->n_from < FROM_SLIRP)
		is |= SLIRP_POLL_OUT;
	is &= asked;
	/* These come whether they are asked for or not. */
	if (s->error)
		is |= ((SLIRP_POLL_IN | SLIRP_POLL_OUT) & asked) | SLIRP_POLL_ERR | SLIRP_POLL_HUP;
	else if (s->shut && s->ended)
		is |= SLIRP_POLL_HUP;
	return is;
}

/* ---- the application's end ---------------------------------------------------------- */

struct sock *sock_connect(int family, uint16_t port, uint16_t from, void *c)
{
	struct sock *s;

	for (int i = 0; i < SOCKETS; i++) {
		struct sock *l = &table[i];

		if (l->kind != LISTENING || l->waiting || l->name.ss_family != family || port_of(&l->name) != port)
			continue;
		s = sock_new(STREAM);
		if (!s)
			return NULL;
		s->c = c;
		s->name = l->name;
		loopback(&s->peer, family, from);
		l->waiting = s;
		return s;
	}
	return NULL;
}

int sock_fd(const struct sock *s)
{
	return s->held ? FIRST_FD + (int)(s - table) : -1;
}

size_t sock_send(struct sock *s, const uint8_t *octets, size_t n, bool urgent)
{
	/* One urgent octet at a time, and what follows it waits for nothing. */
	if (urgent && s->mark >= 0)
		return 0;
	if (n > TO_SLIRP - s->n_to) {
		n = TO_SLIRP - s->n_to;
		urgent = false;
	}
	memcpy(s->to + s->n_to, octets, n);
	s->n_to += n;
	if (urgent)
		s->mark = (long)s->n_to - 1;
	activity++;
	return n;
}

size_t sock_receive(struct sock *s, uint8_t *octets, size_t n)
{
	if (n > s->n_from)
		n = s->n_from;
	memcpy(octets, s->from, n);
	memmove(s->from, s->from + n, s->n_from - n);
	s->n_from -= n;
	if (n)
		activity++;
	return n;
}

bool sock_at_end(const struct sock *s)
{
	return s->ended && !s->lost;
}

int sock_error(const struct sock *s)
{
	return s->lost ? ECONNRESET : 0;
}

void sock_shutdown(struct sock *s)
{
	s->shut = true;
	activity++;
}

void sock_close(struct sock *s)
{
	if (s->n_from) {
		sock_abort(s);
		return;
	}
	s->shut = true;
	s->c = NULL;
	sock_settle(s);
}

void sock_abort(struct sock *s)
{
	s->error = s->end_seen ? EPIPE : ECONNRESET;
	s->n_to = 0;
	s->mark = -1;
	s->ended = true;
	s->c = NULL;
	sock_settle(s);
}

/* ---- taking the place of the kernel's ------------------------------------------------- */

static const struct { const char *name; void *function; } ours[] = {
	{ "socket", (void *)our_socket },           { "bind", (void *)our_bind },
	{ "listen", (void *)our_listen },           { "accept", (void *)our_accept },
	{ "connect", (void *)our_connect },         { "recv", (void *)our_recv },
	{ "send", (void *)our_send },               { "shutdown", (void *)our_shutdown },
	{ "close", (void *)our_close },             { "getsockopt", (void *)our_getsockopt },
	{ "setsockopt", (void *)our_setsockopt },   { "getsockname", (void *)our_getsockname },
	{ "getpeername", (void *)our_getpeername }, { "fcntl", (void *)our_fcntl },
	{ "fcntl64", (void *)our_fcntl }
};

#if __ELF_NATIVE_CLASS == 64
#define SYMBOL_OF(info) ELF64_R_SYM(info)
#else
#define SYMBOL_OF(info) ELF32_R_SYM(info)
#endif

struct object {
	ElfW(Addr) base;
	const ElfW(Sym) *symbols;
	const char *strings;
	const ElfW(Rela) *rela[2];
	size_t n_rela[2];
	unsigned replaced;
};

static void put(void *slot, void *function)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *start = (void *)((uintptr_t)slot & ~(page - 1));

	/* The table may have been made read-only behind the loader. */
	if (memcmp(slot, &function, sizeof function) && !mprotect(start, page, PROT_READ | PROT_WRITE))
		memcpy(slot, &function, sizeof function);
}

static void replace(struct object *o)
{
	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < o->n_rela[k]; i++) {
			const ElfW(Rela) *r = &o->rela[k][i];
			const char *name = o->strings + o->symbols[SYMBOL_OF(r->r_info)].st_name;

			for (size_t j = 0; SYMBOL_OF(r->r_info) && j < sizeof ours / sizeof ours[0]; j++)
				if (!strcmp(name, ours[j].name)) {
					put((void *)(o->base + r->r_offset), ours[j].function);
					o->replaced++;
				}
		}
}

static int each_object(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct object *o = arg;
	const ElfW(Dyn) *d = NULL;

	(void)size;
	if (!strstr(info->dlpi_name, "libslirp.so"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			d = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	o->base = info->dlpi_addr;
	for (; d && d->d_tag != DT_NULL; d++) {
		const void *there = (const void *)(d->d_un.d_ptr < o->base ? d->d_un.d_ptr + o->base : d->d_un.d_ptr);

		switch (d->d_tag) {
		case DT_SYMTAB:   o->symbols = there; break;
		case DT_STRTAB:   o->strings = there; break;
		case DT_RELA:     o->rela[0] = there; break;
		case DT_RELASZ:   o->n_rela[0] = d->d_un.d_val / sizeof(ElfW(Rela)); break;
		case DT_JMPREL:   o->rela[1] = there; break;
		case DT_PLTRELSZ: o->n_rela[1] = d->d_un.d_val / sizeof(ElfW(Rela)); break;
		}
	}
	if (o->symbols && o->strings)
		replace(o);
	return 1;
}

bool sockets_instead(const struct sock_events *e, char *err, size_t n)
{
	struct object o = { 0 };

	events = e;
	dl_iterate_phdr(each_object, &o);
	/* All but one name of fcntl. */
	if (o.replaced >= sizeof ours / sizeof ours[0] - 1)
		return true;
	snprintf(err, n, "libslirp calls only %u of the %zu functions of sockets that are to be replaced in it", o.replaced,
	         sizeof ours / sizeof ours[0] - 1);
	return false;
}
