/* tcpconform-agent: the application on the device under test.
 *
 * It opens, sends, receives and closes as it is asked on standard input, and
 * says on standard output what happened: docs/agent-protocol.md has the words.
 * It judges nothing, and it needs no privilege.  One portable file without
 * anything of the tester in it:
 *
 *      cc -std=c99 -D_POSIX_C_SOURCE=200809L -o tcpconform-agent tcpconform-agent.c
 *
 * Everything happens in one poll() loop over a table of fixed size; data to be
 * sent is a number, data that was read is a number and a digest, so that memory
 * does not grow, whatever comes in.  Read main() first, at the end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef TCPCONFORM_VERSION
#define TCPCONFORM_VERSION "0.1.0"
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0                  /* SIGPIPE is ignored anyway */
#endif

enum {
	PROTOCOL     = 1,
	LINE         = 512,             /* a line with its end               */
	PAIRS        = 16,              /* name=value in one request         */
	PLACES       = 4096,            /* connections and listeners at once */
	LATER        = 256,             /* calls that wait for their AT      */
	MARKS        = 8,               /* urgent octets still queued        */
	PRESETS      = 4,               /* options in one OPEN               */
	LEAVERS      = 64,              /* closes that linger                */
	CHUNK        = 65536,           /* octets read or written at once    */
	CHUNKS       = 4,               /* and so often before others' turn  */
	OUT          = 65536,           /* octets waiting for the tester     */
	SLOWLY_MS    = 50,              /* how often what poll() cannot tell is looked at */
	AT_MAX_MS    = 3600000
};

/* ---- time, and the names of errors ----------------------------------------- */

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

#define NAMED(e) { e, #e }
static const struct { int error; const char *name; } errors[] = {
	NAMED(EACCES), NAMED(EADDRINUSE), NAMED(EADDRNOTAVAIL), NAMED(EAFNOSUPPORT), NAMED(EAGAIN),
	NAMED(EALREADY), NAMED(EBADF), NAMED(ECONNABORTED), NAMED(ECONNREFUSED), NAMED(ECONNRESET),
	NAMED(EDESTADDRREQ), NAMED(EDOM), NAMED(EFAULT), NAMED(EHOSTUNREACH), NAMED(EINPROGRESS),
	NAMED(EINTR), NAMED(EINVAL), NAMED(EIO), NAMED(EISCONN), NAMED(EMFILE), NAMED(EMSGSIZE),
	NAMED(ENETDOWN), NAMED(ENETRESET), NAMED(ENETUNREACH), NAMED(ENFILE), NAMED(ENOBUFS),
	NAMED(ENOMEM), NAMED(ENOPROTOOPT), NAMED(ENOTCONN), NAMED(ENOTSOCK), NAMED(EOPNOTSUPP),
	NAMED(EPERM), NAMED(EPIPE), NAMED(EPROTO), NAMED(EPROTONOSUPPORT), NAMED(ETIMEDOUT),
#ifdef EHOSTDOWN
	NAMED(EHOSTDOWN),
#endif
#ifdef ENONET
	NAMED(ENONET),
#endif
};

static const char *error_name(int error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].error == error)
			return errors[i].name;
	return "EIO";
}

/* ---- what the agent writes -------------------------------------------------- */

static char out[OUT];
static size_t out_len;
static bool tester_gone;                /* nobody reads us any more */

static size_t out_room(void)
{
	return sizeof(out) - out_len;
}

/* One line; the caller has looked for room. */
static void say(const char *format, ...)
{
	char line[LINE];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || (unsigned char)line[i] > 0x7e)
			line[i] = '?';          /* what we quote may be anything */
	line[n++] = '\n';
	if ((size_t)n > out_room())
		return;
	memcpy(out + out_len, line, (size_t)n);
	out_len += (size_t)n;
}

/* Writes what the tester takes now, waiting for it at most so long.  The
 * descriptor may be shared with others, so it stays blocking: a small write to
 * one that poll() calls writable does not wait. */
static void flush(int wait_ms)
{
	size_t done = 0;

	while (done < out_len && !tester_gone) {
		struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
		int r = poll(&p, 1, wait_ms);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		size_t n = out_len - done < 512 ? out_len - done : 512;
		ssize_t w = write(STDOUT_FILENO, out + done, n);
		if (w < 0 && errno != EAGAIN && errno != EINTR)
			tester_gone = true;
		if (w > 0)
			done += (size_t)w;
	}
	memmove(out, out + done, out_len - done);
	out_len -= done;
}

/* ---- connections and listeners ---------------------------------------------- */

enum kind {
	FREE,
	LISTENER,
	CONNECTING,
	OPEN,
	DEAD                            /* the system has nothing more to tell */
};

enum news { ESTABLISHED = 1, READABLE = 2, URGENT = 4, AT_EOF = 8, FAILED = 16, CLOSED = 32, NEWS = 6 };

struct preset {
	int option;                     /* place in options[] */
	int64_t value;
};

struct place {
	enum kind kind;
	int fd, id;
	unsigned rank;                  /* place in used[] */
	int listener;                   /* the id of the listener, or -1 */
	bool paused;
	bool pauses;                    /* a listener: what it accepts is paused */
	bool deferred;                  /* the SYN leaves with the first octets (fast open) */
	bool eof, shut;                 /* they have closed, we have */
	bool they_first;                /* of eof and shut, eof came first */
	bool to_shut, to_close;         /* once nothing is queued */
	bool hung_up;                   /* poll() says POLLHUP for ever: looked at slowly */
	bool reset;                     /* it failed: it is CLOSED for sure */
	bool inline_, urgent_told;
	int linger;                     /* seconds, or -1 */
	uint64_t queued, sent;
	uint64_t received, digest;
	uint64_t mark[MARKS];           /* offsets of urgent octets still queued */
	unsigned marks;
	struct preset preset[PRESETS];
	unsigned presets;
	unsigned news;                  /* not yet told */
	int64_t when[NEWS];
	int error;
	struct sockaddr_storage remote;
};

static struct place places[PLACES];     /* an id's place is id % PLACES */
static struct place *used[PLACES];      /* those that are not FREE, in any order */
static unsigned n_used;
static unsigned most_used = PLACES - 1; /* as many as there may be descriptors for */
static int last_id;

static struct place *place_of(int64_t id)
{
	if (id <= 0)
		return NULL;
	struct place *p = &places[id % PLACES];
	return p->kind != FREE && p->id == id ? p : NULL;
}

/* A place for a new socket; ids count up and are not used again. */
static struct place *place_new(int fd, enum kind kind)
{
	for (int i = 0; i < PLACES && last_id < INT32_MAX - 1; i++) {
		struct place *p = &places[++last_id % PLACES];

		if (p->kind != FREE)
			continue;
		*p = (struct place){ .kind = kind, .fd = fd, .id = last_id, .listener = -1, .linger = -1,
		                     .inline_ = true, .digest = 0xcbf29ce484222325u };
		p->rank = n_used;
		used[n_used++] = p;
		return p;
	}
	return NULL;
}

static void place_free(struct place *p)
{
	if (p->fd >= 0)
		close(p->fd);
	used[p->rank] = used[--n_used];
	used[p->rank]->rank = p->rank;
	*p = (struct place){ .kind = FREE, .fd = -1 };
}

/* True if there is no room for one more.  The oldest dead connection that
 * nobody has closed makes room. */
static bool table_full(void)
{
	struct place *oldest = NULL;

	if (n_used < most_used)
		return false;
	for (unsigned i = 0; i < n_used; i++)
		if (used[i]->kind == DEAD && !used[i]->news && (!oldest || used[i]->id < oldest->id))
			oldest = used[i];
	if (oldest)
		place_free(oldest);
	return !oldest;
}

/* Something the tester is to know; told as soon as there is room for it.  The
 * oldest untold stamp of a kind stands, except that READABLE tells how far it
 * is by now. */
static void news(struct place *p, enum news what)
{
	int i = 0;

	while (1 << i != (int)what)
		i++;
	if (!(p->news & what) || what == READABLE)
		p->when[i] = now_ns();
	p->news |= what;
}

static int port_of(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)a)->sin6_port);
	return ntohs(((const struct sockaddr_in *)a)->sin_port);
}

static const char *address_of(const struct sockaddr_storage *a, char *buf, size_t n)
{
	const void *octets = a->ss_family == AF_INET6
		? (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr
		: (const void *)&((const struct sockaddr_in *)a)->sin_addr;

	return inet_ntop(a->ss_family, octets, buf, (socklen_t)n) ? buf : "unknown";
}

static void tell_one(struct place *p, enum news what, int64_t at)
{
	char addr[INET6_ADDRSTRLEN];

	switch (what) {
	case ESTABLISHED:
		say("* ESTABLISHED at=%" PRId64 " id=%d listener=%d remote=%s port=%d", at, p->id, p->listener,
		    address_of(&p->remote, addr, sizeof(addr)), port_of(&p->remote));
		break;
	case READABLE:
		say("* READABLE at=%" PRId64 " id=%d received=%" PRIu64, at, p->id, p->received);
		break;
	case URGENT:
		say("* URGENT at=%" PRId64 " id=%d", at, p->id);
		break;
	case AT_EOF:
		say("* EOF at=%" PRId64 " id=%d", at, p->id);
		break;
	case FAILED:
		say("* ERROR at=%" PRId64 " id=%d error=%s", at, p->id, error_name(p->error));
		break;
	default:
		say("* CLOSED at=%" PRId64 " id=%d", at, p->id);
		break;
	}
}

/* Tells what is new, as far as there is room, in the order in which it can
 * happen to one connection. */
static void tell(struct place *p)
{
	for (int i = 0; i < NEWS; i++) {
		if (!(p->news & 1u << i))
			continue;
		if (out_room() < 2 * LINE)
			return;
		tell_one(p, (enum news)(1 << i), p->when[i]);
		p->news &= ~(1u << i);
	}
	if (p->kind == DEAD && p->to_close)
		place_free(p);
}

/* ---- what the system knows of a connection ---------------------------------- */

#ifdef TCP_INFO
#define KNOWS_STATE true
#else
#define KNOWS_STATE false
#endif

/* The system's own number of the state, or -1.  In Linux as in FreeBSD it is
 * the first octet of what TCP_INFO gives. */
static int system_state(const struct place *p)
{
#ifdef TCP_INFO
	unsigned char info[1024];
	socklen_t n = sizeof(info);

	if (p->fd >= 0 && getsockopt(p->fd, IPPROTO_TCP, TCP_INFO, info, &n) == 0 && n > 0)
		return info[0];
#else
	(void)p;
#endif
	return -1;
}

#ifdef __linux__
enum { SYSTEM_SYN_SENT = 2, SYSTEM_CLOSED = 7 };
static const char *const system_states[] = {
	NULL, "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2",
	"TIME-WAIT", "CLOSED", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECEIVED"
};
#else
enum { SYSTEM_SYN_SENT = 2, SYSTEM_CLOSED = 0 };
static const char *const system_states[] = {
	"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT",
	"FIN-WAIT-1", "CLOSING", "LAST-ACK", "FIN-WAIT-2", "TIME-WAIT"
};
#endif

static const char *state_of(const struct place *p)
{
	if (p->kind == LISTENER)
		return "LISTEN";
	if (p->reset)
		return "CLOSED";
	int s = system_state(p);
	if (s < 0 || (size_t)s >= sizeof(system_states) / sizeof(system_states[0]) || !system_states[s])
		return "unknown";
	/* A socket that closed first says that it is closed while TCP is still
	 * in TIME-WAIT. */
	if (s == SYSTEM_CLOSED && p->shut && !p->they_first)
		return "unknown";
	return system_states[s];
}

static void dead(struct place *p)
{
	p->kind = DEAD;
	p->queued = 0;
	p->marks = 0;
}

static void fails(struct place *p, int error)
{
	p->error = error;
	p->reset = true;
	news(p, FAILED);
	news(p, CLOSED);
	dead(p);
}

/* The error that the system keeps for us, or 0; asking takes it away. */
static int pending_error(const struct place *p)
{
	int error = 0;
	socklen_t n = sizeof(error);

	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return errno;
	return error;
}

/* ---- data ------------------------------------------------------------------- */

static unsigned char chunk[CHUNK];

static unsigned char pattern_octet(uint64_t at)
{
	return (unsigned char)(((at + 1) * 0x9E3779B97F4A7C15u) >> 56);
}

static uint64_t digest_feed(uint64_t digest, const unsigned char *octets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		digest = (digest ^ octets[i]) * 0x100000001b3u;
	return digest;
}

/* 0, or an errno where the system cannot abort; else p is free afterwards. */
static int abort_now(struct place *p)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (p->kind != LISTENER && p->fd >= 0 && setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) < 0 &&
	    (errno == ENOPROTOOPT || errno == EOPNOTSUPP))
		return EOPNOTSUPP;
	place_free(p);
	return 0;
}

static pid_t leavers[LEAVERS];
static unsigned n_leavers;

/* A close that lingers keeps its caller waiting, on some systems also when the
 * socket does not block.  So a child keeps the socket, alone, and waits there. */
static int close_lingering(struct place *p)
{
	int pair[2];
	char c;

	if (n_leavers == LEAVERS)
		return ENOBUFS;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return errno;
	pid_t pid = fork();
	if (pid < 0) {
		int error = errno;

		close(pair[0]);
		close(pair[1]);
		return error;
	}
	if (pid == 0) {
		/* What we inherited must not stay open because of us. */
		for (unsigned i = 0; i < n_used; i++)
			if (used[i] != p && used[i]->fd >= 0)
				close(used[i]->fd);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(pair[0]);
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		fcntl(p->fd, F_SETFL, fcntl(p->fd, F_GETFL) & ~O_NONBLOCK);
		/* Our parent may go on; it closes its own first, so that ours is the last. */
		shutdown(pair[1], SHUT_WR);
		while (read(pair[1], &c, 1) < 0 && errno == EINTR)
			;
		close(p->fd);
		_exit(0);
	}
	close(pair[1]);
	while (read(pair[0], &c, 1) < 0 && errno == EINTR)
		;
	leavers[n_leavers++] = pid;
	place_free(p);
	close(pair[0]);
	return 0;
}

static void reap_leavers(void)
{
	for (unsigned i = 0; i < n_leavers; )
		if (waitpid(leavers[i], NULL, WNOHANG) != 0)
			leavers[i] = leavers[--n_leavers];
		else
			i++;
}

/* 0 or errno; p is free afterwards unless there is an error. */
static int close_now(struct place *p)
{
	if (p->linger > 0 && p->kind == OPEN)
		return close_lingering(p);
	place_free(p);
	return 0;
}

static int shut_now(struct place *p)
{
	p->to_shut = false;
	if (shutdown(p->fd, SHUT_WR) < 0)
		return errno;
	p->shut = true;
	return 0;
}

/* How many octets may go in the next send, and whether the last is urgent. */
static size_t next_piece(const struct place *p, bool *urgent)
{
	uint64_t n = p->queued;

	*urgent = false;
	if (p->marks && p->mark[0] - p->sent < n)
		n = p->mark[0] - p->sent + 1;
	if (n > CHUNK)
		return CHUNK;
	*urgent = p->marks > 0 && p->sent + n == p->mark[0] + 1;
	return (size_t)n;
}

/* Sends of what is queued as much as the system takes, then does what waited
 * for it.  0, or the errno of a connection that failed.  May free p. */
static int send_queued(struct place *p)
{
	for (int turn = 0; p->queued && turn < CHUNKS; turn++) {
		bool urgent;
		size_t n = next_piece(p, &urgent);

		for (size_t i = 0; i < n; i++)
			chunk[i] = pattern_octet(p->sent + i);
		ssize_t w = send(p->fd, chunk, n, MSG_NOSIGNAL | (urgent ? MSG_OOB : 0));
		if (w < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == EINPROGRESS ||
		              errno == ENOBUFS || errno == ENOTCONN)) {
			p->deferred = p->deferred && errno != EINPROGRESS;
			return 0;
		}
		if (w < 0) {
			int error = errno, first = pending_error(p);

			fails(p, first ? first : error);
			return p->error;
		}
		p->deferred = false;
		p->sent += (uint64_t)w;
		p->queued -= (uint64_t)w;
		if (p->marks && p->sent > p->mark[0])
			memmove(p->mark, p->mark + 1, --p->marks * sizeof(p->mark[0]));
	}
	if (p->queued)
		return 0;
	if (p->to_shut)
		shut_now(p);
	if (p->to_close)
		close_now(p);
	return 0;
}

/* Reads at most `limit` octets; returns how many.  Sets *error when the
 * connection failed. */
static uint64_t take(struct place *p, uint64_t limit, int *error)
{
	uint64_t taken = 0;

	*error = 0;
	for (int turn = 0; taken < limit && turn < CHUNKS; turn++) {
		/* A read stops before the urgent octet, so none is passed unseen. */
		bool at_mark = p->inline_ && sockatmark(p->fd) == 1;

		if (at_mark && !p->urgent_told) {
			p->urgent_told = true;
			news(p, URGENT);
		}
		size_t n = limit - taken < CHUNK ? (size_t)(limit - taken) : CHUNK;
		ssize_t r = recv(p->fd, chunk, n, 0);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (r < 0) {
			*error = errno;
			break;
		}
		if (r == 0) {
			if (!p->eof) {
				p->eof = true;
				p->they_first = !p->shut;
				news(p, AT_EOF);
			}
			break;
		}
		if (at_mark)
			p->urgent_told = false;
		p->digest = digest_feed(p->digest, chunk, (size_t)r);
		p->received += (uint64_t)r;
		taken += (uint64_t)r;
		if (!p->paused)
			news(p, READABLE);
	}
	return taken;
}

/* ---- options ---------------------------------------------------------------- */

enum form { NUMBER, LINGER, FAST_OPEN };

static const struct option {
	const char *name;
	int level, option;              /* option -1: not on this system */
	enum form form;
	int64_t min, max;
} options[] = {
	{ "keepalive",          SOL_SOCKET,  SO_KEEPALIVE, NUMBER, 0, 1 },
	{ "keepalive-idle",     IPPROTO_TCP,
#if defined(TCP_KEEPIDLE)
	                                     TCP_KEEPIDLE,
#elif defined(TCP_KEEPALIVE)
	                                     TCP_KEEPALIVE,
#else
	                                     -1,
#endif
	                                     NUMBER, 0, INT32_MAX },
	{ "keepalive-interval", IPPROTO_TCP,
#ifdef TCP_KEEPINTVL
	                                     TCP_KEEPINTVL,
#else
	                                     -1,
#endif
	                                     NUMBER, 0, INT32_MAX },
	{ "keepalive-count",    IPPROTO_TCP,
#ifdef TCP_KEEPCNT
	                                     TCP_KEEPCNT,
#else
	                                     -1,
#endif
	                                     NUMBER, 0, INT32_MAX },
	{ "no-delay",           IPPROTO_TCP, TCP_NODELAY, NUMBER, 0, 1 },
	{ "linger",             SOL_SOCKET,  SO_LINGER, LINGER, -1, 3600 },
	{ "send-buffer",        SOL_SOCKET,  SO_SNDBUF, NUMBER, 0, INT32_MAX },
	{ "receive-buffer",     SOL_SOCKET,  SO_RCVBUF, NUMBER, 0, INT32_MAX },
	{ "user-timeout",       IPPROTO_TCP,
#ifdef TCP_USER_TIMEOUT
	                                     TCP_USER_TIMEOUT,
#else
	                                     -1,
#endif
	                                     NUMBER, 0, INT32_MAX },
	{ "fast-open",          IPPROTO_TCP,
#ifdef TCP_FASTOPEN
	                                     TCP_FASTOPEN,
#else
	                                     -1,
#endif
	                                     FAST_OPEN, 0, INT32_MAX },
	{ "max-segment",        IPPROTO_TCP,
#ifdef TCP_MAXSEG
	                                     TCP_MAXSEG,
#else
	                                     -1,
#endif
	                                     NUMBER, 0, 65535 },
	{ "oob-inline",         SOL_SOCKET,  SO_OOBINLINE, NUMBER, 0, 1 },
};
enum { OPTIONS = sizeof(options) / sizeof(options[0]) };

static int option_find(const char *name)
{
	for (int i = 0; i < OPTIONS; i++)
		if (strcmp(options[i].name, name) == 0)
			return i;
	return -1;
}

/* Which option it is for this socket: one who opens asks for fast open in
 * another way than a listener. */
static int option_number(const struct option *o, bool listener)
{
#ifdef TCP_FASTOPEN_CONNECT
	if (o->form == FAST_OPEN && !listener)
		return TCP_FASTOPEN_CONNECT;
#else
	if (o->form == FAST_OPEN && !listener)
		return -1;
#endif
	return o->option;
}

/* 0 or errno. */
static int option_set(struct place *p, int which, int64_t value)
{
	const struct option *o = &options[which];
	int number = option_number(o, p->kind == LISTENER), v = (int)value, r;

	if (number < 0)
		return ENOPROTOOPT;
	if (o->form == LINGER) {
		struct linger l = { .l_onoff = v >= 0, .l_linger = v < 0 ? 0 : v };

		r = setsockopt(p->fd, o->level, number, &l, sizeof(l));
	} else {
		r = setsockopt(p->fd, o->level, number, &v, sizeof(v));
	}
	if (r < 0)
		return errno;
	if (o->form == LINGER)
		p->linger = v;
	if (o->option == SO_OOBINLINE && o->level == SOL_SOCKET)
		p->inline_ = v != 0;
	return 0;
}

static int option_get(const struct place *p, int which, int64_t *value)
{
	const struct option *o = &options[which];
	int number = option_number(o, p->kind == LISTENER), v = 0;

	if (number < 0)
		return ENOPROTOOPT;
	if (o->form == LINGER) {
		struct linger l = { 0, 0 };
		socklen_t n = sizeof(l);

		if (getsockopt(p->fd, o->level, number, &l, &n) < 0)
			return errno;
		*value = l.l_onoff ? l.l_linger : -1;
		return 0;
	}
	socklen_t n = sizeof(v);
	if (getsockopt(p->fd, o->level, number, &v, &n) < 0)
		return errno;
	*value = o->max == 1 ? v != 0 : v;
	return 0;
}

/* ---- requests --------------------------------------------------------------- */

struct pair {
	char *name, *value;
	bool used;
};

struct request {
	char *tag, *call;
	struct pair pair[PAIRS];
	unsigned pairs;
	char results[LINE / 2];         /* what follows OK */
	char why[LINE / 2];             /* what follows ERR */
};

static int wrong(struct request *q, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(q->why, sizeof(q->why), format, args);
	va_end(args);
	return error;
}

/* An error of the system: its own words. */
static int refused(struct request *q, int error)
{
	return wrong(q, error, "%s", strerror(error));
}

static struct pair *pair_of(struct request *q, const char *name)
{
	for (unsigned i = 0; i < q->pairs; i++)
		if (strcmp(q->pair[i].name, name) == 0) {
			q->pair[i].used = true;
			return &q->pair[i];
		}
	return NULL;
}

static bool number_of(const char *text, int64_t min, int64_t max, int64_t *v)
{
	char *end;

	if (!(*text >= '0' && *text <= '9') && !(*text == '-' && text[1] >= '0' && text[1] <= '9'))
		return false;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	if (errno || *end || n < min || n > max)
		return false;
	*v = n;
	return true;
}

/* A number that must be there. */
static int need(struct request *q, const char *name, int64_t min, int64_t max, int64_t *v)
{
	const struct pair *p = pair_of(q, name);

	if (!p)
		return wrong(q, EINVAL, "%s needs %s=", q->call, name);
	if (!number_of(p->value, min, max, v))
		return wrong(q, EINVAL, "%s= is a number from %" PRId64 " to %" PRId64, name, min, max);
	return 0;
}

/* A number that may be left out. */
static int may(struct request *q, const char *name, int64_t min, int64_t max, int64_t *v)
{
	return pair_of(q, name) ? need(q, name, min, max, v) : 0;
}

/* To be asked when every known pair has been looked at. */
static int no_more(struct request *q)
{
	for (unsigned i = 0; i < q->pairs; i++)
		if (!q->pair[i].used)
			return wrong(q, EINVAL, "%s does not know %.40s=, or it is there twice", q->call, q->pair[i].name);
	return 0;
}

static int need_place(struct request *q, struct place **p)
{
	int64_t id;
	int error = need(q, "id", 1, INT32_MAX, &id);

	if (error)
		return error;
	*p = place_of(id);
	/* After CLOSE the id means nothing, also while octets are queued. */
	if (!*p || (*p)->to_close)
		return wrong(q, EBADF, "there is no connection or listener %" PRId64, id);
	return 0;
}

static int need_connection(struct request *q, struct place **p)
{
	int error = need_place(q, p);

	if (!error && (*p)->kind == LISTENER)
		return wrong(q, EOPNOTSUPP, "%d is a listener", (*p)->id);
	return error;
}

/* The options of an OPEN. */
static int may_presets(struct request *q, struct preset *preset, unsigned *n)
{
	*n = 0;
	for (int i = 0; i < OPTIONS; i++) {
		int64_t v;

		if (!pair_of(q, options[i].name))
			continue;
		if (*n == PRESETS)
			return wrong(q, EINVAL, "at most %d options", PRESETS);
		int error = need(q, options[i].name, options[i].min, options[i].max, &v);
		if (error)
			return error;
		preset[(*n)++] = (struct preset){ i, v };
	}
	return 0;
}

static int presets_set(struct request *q, struct place *p, const struct preset *preset, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int error = option_set(p, preset[i].option, preset[i].value);

		if (error)
			return wrong(q, error, "%s: %s", options[preset[i].option].name, strerror(error));
	}
	return 0;
}

/* A socket as every one of ours is, or -1. */
static int socket_prepare(int fd)
{
	int on = 1;

	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return -1;
	fcntl(fd, F_SETOWN, getpid());          /* SIGURG comes to us */
	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
#ifdef SO_NOSIGPIPE
	setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
	return fd;
}

static socklen_t any_address(struct sockaddr_storage *a, int family, int port)
{
	memset(a, 0, sizeof(*a));
	if (family == AF_INET6) {
		struct sockaddr_in6 *six = (struct sockaddr_in6 *)a;

		six->sin6_family = AF_INET6;
		six->sin6_addr = in6addr_any;
		six->sin6_port = htons((uint16_t)port);
		return sizeof(*six);
	}
	struct sockaddr_in *four = (struct sockaddr_in *)a;
	four->sin_family = AF_INET;
	four->sin_addr.s_addr = htonl(INADDR_ANY);
	four->sin_port = htons((uint16_t)port);
	return sizeof(*four);
}

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0"; 0: none of these. */
static socklen_t parse_address(const char *text, int port, struct sockaddr_storage *a)
{
	char copy[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
	struct in_addr four;
	struct in6_addr six;

	if (inet_pton(AF_INET, text, &four) == 1) {
		socklen_t n = any_address(a, AF_INET, port);

		((struct sockaddr_in *)a)->sin_addr = four;
		return n;
	}
	if (strlen(text) >= sizeof(copy))
		return 0;
	memcpy(copy, text, strlen(text) + 1);
	char *scope = strchr(copy, '%');
	if (scope)
		*scope++ = '\0';
	if (inet_pton(AF_INET6, copy, &six) != 1)
		return 0;
	socklen_t n = any_address(a, AF_INET6, port);
	((struct sockaddr_in6 *)a)->sin6_addr = six;
	if (scope)
		((struct sockaddr_in6 *)a)->sin6_scope_id = if_nametoindex(scope);
	return n;
}

static int local_port(int fd)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	return getsockname(fd, (struct sockaddr *)&a, &n) == 0 ? port_of(&a) : 0;
}

/* A socket of this family, bound to the port when there is one, in a place of
 * the table, with its options set.  0 or errno. */
static int open_place(struct request *q, enum kind kind, int family, int port, bool bind_it,
                      const struct preset *preset, unsigned presets, struct place **place)
{
	struct sockaddr_storage a;
	int on = 1;

	if (table_full())
		return wrong(q, ENOBUFS, "%u connections and listeners are open already", n_used);
	int fd = socket(family, SOCK_STREAM, 0);
	if (fd < 0)
		return refused(q, errno);
	struct place *p = socket_prepare(fd) < 0 ? NULL : place_new(fd, kind);
	if (!p) {
		close(fd);
		return wrong(q, ENOBUFS, "no more ids");
	}
#ifdef IPV6_V6ONLY
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
#endif
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	int error = presets_set(q, p, preset, presets);
	if (!error && bind_it) {
		socklen_t n = any_address(&a, family, port);

		if (bind(fd, (struct sockaddr *)&a, n) < 0)
			error = refused(q, errno);
	}
	if (error) {
		place_free(p);
		return error;
	}
	*place = p;
	return 0;
}

static int call_open_passive(struct request *q)
{
	struct preset preset[PRESETS];
	unsigned presets;
	int64_t ip, port = 0, backlog = SOMAXCONN, paused = 0;
	struct place *p;
	int error;

	if ((error = need(q, "ip", 4, 6, &ip)) || (error = may(q, "port", 0, 65535, &port)) ||
	    (error = may(q, "backlog", 0, INT32_MAX, &backlog)) || (error = may(q, "paused", 0, 1, &paused)) ||
	    (error = may_presets(q, preset, &presets)) || (error = no_more(q)))
		return error;
	if (ip == 5)
		return wrong(q, EINVAL, "ip= is 4 or 6");
	error = open_place(q, LISTENER, ip == 4 ? AF_INET : AF_INET6, (int)port, true, preset, presets, &p);
	if (error)
		return error;
	if (listen(p->fd, (int)backlog) < 0) {
		error = refused(q, errno);
		place_free(p);
		return error;
	}
	p->pauses = paused;
	memcpy(p->preset, preset, sizeof(preset));
	p->presets = presets;
	snprintf(q->results, sizeof(q->results), " id=%d port=%d", p->id, local_port(p->fd));
	return 0;
}

static int call_open_active(struct request *q)
{
	struct preset preset[PRESETS];
	unsigned presets;
	int64_t port, from = 0, paused = 0;
	struct sockaddr_storage to;
	struct place *p;
	int error;

	const struct pair *address = pair_of(q, "to");
	if (!address)
		return wrong(q, EINVAL, "OPEN-ACTIVE needs to=");
	if ((error = need(q, "port", 1, 65535, &port)) || (error = may(q, "from", 0, 65535, &from)) ||
	    (error = may(q, "paused", 0, 1, &paused)) || (error = may_presets(q, preset, &presets)) ||
	    (error = no_more(q)))
		return error;
	socklen_t n = parse_address(address->value, (int)port, &to);
	if (!n)
		return wrong(q, EINVAL, "to= is an IPv4 or IPv6 address");
	error = open_place(q, CONNECTING, to.ss_family, (int)from, from != 0, preset, presets, &p);
	if (error)
		return error;
	p->remote = to;
	p->paused = paused;
	if (connect(p->fd, (struct sockaddr *)&to, n) == 0) {
		int s = system_state(p);

		/* With fast open connect() may return before anything is sent. */
		if (s == SYSTEM_CLOSED || s == SYSTEM_SYN_SENT) {
			p->deferred = true;
		} else {
			p->kind = OPEN;
			news(p, ESTABLISHED);
		}
	} else if (errno != EINPROGRESS && errno != EINTR) {
		error = refused(q, errno);
		place_free(p);
		return error;
	}
	snprintf(q->results, sizeof(q->results), " id=%d port=%d", p->id, local_port(p->fd));
	return 0;
}

static int call_send(struct request *q)
{
	int64_t n, urgent = 0;
	struct place *p;
	int error;

	if ((error = need_connection(q, &p)) || (error = need(q, "n", 0, INT64_MAX / 4, &n)) ||
	    (error = may(q, "urgent", 0, 1, &urgent)) || (error = no_more(q)))
		return error;
	if (p->shut || p->to_shut)
		return wrong(q, EPIPE, "connection closing");
	if (urgent && n == 0)
		return wrong(q, EINVAL, "urgent data of no octets");
	if (urgent && p->marks == MARKS)
		return wrong(q, ENOBUFS, "%d urgent octets are queued already", MARKS);
	if (p->queued + (uint64_t)n > INT64_MAX / 2)
		return wrong(q, ENOBUFS, "too many octets are queued");
	if (p->kind == DEAD) {
		/* As the system has it. */
		ssize_t w = send(p->fd, chunk, n > 0, MSG_NOSIGNAL);

		return w < 0 ? refused(q, errno) : wrong(q, ENOTCONN, "the connection is gone");
	}
	p->queued += (uint64_t)n;
	if (urgent)
		p->mark[p->marks++] = p->sent + p->queued - 1;
	if ((p->kind == OPEN || p->deferred) && (error = send_queued(p)))
		return refused(q, error);
	snprintf(q->results, sizeof(q->results), " n=%" PRId64, n);
	return 0;
}

static int call_receive(struct request *q)
{
	int64_t n;
	struct place *p;
	int error;

	if ((error = need_connection(q, &p)) || (error = need(q, "n", 0, INT64_MAX / 4, &n)) ||
	    (error = no_more(q)))
		return error;
	uint64_t taken = 0, more;
	do {
		more = take(p, (uint64_t)n - taken, &error);
		taken += more;
	} while (!error && more && taken < (uint64_t)n && taken < 64 * (uint64_t)CHUNK);
	if (error && p->kind == OPEN)
		fails(p, error);
	if (error && !taken)
		return refused(q, error);
	snprintf(q->results, sizeof(q->results), " n=%" PRIu64 " received=%" PRIu64 " digest=%016" PRIx64,
	         taken, p->received, p->digest);
	return 0;
}

static int call_pause(struct request *q)
{
	struct place *p;
	int error;

	if ((error = need_place(q, &p)) || (error = no_more(q)))
		return error;
	p->paused = strcmp(q->call, "PAUSE") == 0;
	return 0;
}

static int call_shutdown(struct request *q)
{
	struct place *p;
	int error;

	if ((error = need_connection(q, &p)) || (error = no_more(q)))
		return error;
	if (p->queued) {
		p->to_shut = true;
		return 0;
	}
	error = shut_now(p);
	return error ? refused(q, error) : 0;
}

static int call_close(struct request *q)
{
	struct place *p;
	int error;

	if ((error = need_place(q, &p)) || (error = no_more(q)))
		return error;
	/* In SYN-SENT, CLOSE does not wait for queued SENDs (RFC 9293 3.10.4). */
	if (p->kind == OPEN && p->queued) {
		p->to_close = true;
		return 0;
	}
	tell(p);                                /* it cannot be told later */
	error = close_now(p);
	return error ? refused(q, error) : 0;
}

static int call_abort(struct request *q)
{
	struct place *p;
	int error;

	if ((error = need_place(q, &p)) || (error = no_more(q)))
		return error;
	tell(p);
	error = abort_now(p);
	return error ? refused(q, error) : 0;
}

static int call_status(struct request *q)
{
	struct place *p;
	int error;

	if ((error = need_place(q, &p)) || (error = no_more(q)))
		return error;
	snprintf(q->results, sizeof(q->results),
	         " state=%s received=%" PRIu64 " digest=%016" PRIx64 " queued=%" PRIu64,
	         state_of(p), p->received, p->digest, p->queued);
	return 0;
}

static int need_option(struct request *q, int *which)
{
	const struct pair *o = pair_of(q, "option");

	if (!o)
		return wrong(q, EINVAL, "%s needs option=", q->call);
	*which = option_find(o->value);
	if (*which < 0)
		return wrong(q, EINVAL, "there is no option %.40s", o->value);
	return 0;
}

static int call_set(struct request *q)
{
	int which, error;
	int64_t value;
	struct place *p;

	if ((error = need_place(q, &p)) || (error = need_option(q, &which)) ||
	    (error = need(q, "value", options[which].min, options[which].max, &value)) ||
	    (error = no_more(q)))
		return error;
	error = option_set(p, which, value);
	return error ? refused(q, error) : 0;
}

static int call_get(struct request *q)
{
	int which, error;
	int64_t value = 0;
	struct place *p;

	if ((error = need_place(q, &p)) || (error = need_option(q, &which)) || (error = no_more(q)))
		return error;
	error = option_get(p, which, &value);
	if (error)
		return refused(q, error);
	snprintf(q->results, sizeof(q->results), " n=%" PRId64, value);
	return 0;
}

static const struct {
	const char *name;
	int (*make)(struct request *);          /* 0 or errno */
} calls[] = {
	{ "OPEN-PASSIVE", call_open_passive },
	{ "OPEN-ACTIVE",  call_open_active },
	{ "SEND",         call_send },
	{ "RECEIVE",      call_receive },
	{ "PAUSE",        call_pause },
	{ "RESUME",       call_pause },
	{ "SHUTDOWN",     call_shutdown },
	{ "CLOSE",        call_close },
	{ "ABORT",        call_abort },
	{ "STATUS",       call_status },
	{ "SET",          call_set },
	{ "GET",          call_get },
};

static void answer_error(const char *tag, int error, const char *why)
{
	say("%s ERR at=%" PRId64 " error=%s :%s", tag, now_ns(), error_name(error), why);
}

/* ---- calls that wait for their time ------------------------------------------ */

static struct later {
	int64_t when;                   /* 0: free */
	uint64_t order;
	char line[LINE];
} later[LATER];
static unsigned n_later;
static uint64_t later_count;

static struct later *later_first(void)
{
	struct later *first = NULL;

	for (int i = 0; n_later && i < LATER; i++)
		if (later[i].when && (!first || later[i].when < first->when ||
		                      (later[i].when == first->when && later[i].order < first->order)))
			first = &later[i];
	return first;
}

/* "TAG AT +MS rest" waits as "TAG rest". */
static void later_add(const char *tag, int64_t ms, const char *rest)
{
	for (int i = 0; i < LATER; i++) {
		if (later[i].when)
			continue;
		later[i].when = now_ns() + ms * 1000000;
		later[i].order = later_count++;
		snprintf(later[i].line, sizeof(later[i].line), "%s %s", tag, rest);
		n_later++;
		return;
	}
	answer_error(tag, ENOBUFS, "too many calls are waiting");
}

/* ---- lines in --------------------------------------------------------------- */

static char *next_field(char **rest)
{
	char *s = *rest;

	while (*s == ' ')
		s++;
	if (!*s)
		return NULL;
	char *end = s;
	while (*end && *end != ' ')
		end++;
	*rest = *end ? end + 1 : end;
	*end = '\0';
	return s;
}

static bool is_tag(const char *s)
{
	size_t n = strlen(s);

	if (n < 1 || n > 16)
		return false;
	for (; *s; s++)
		if (!((*s >= '0' && *s <= '9') || (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z')))
			return false;
	return true;
}

static void make_call(struct request *q)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(q->call, calls[i].name) != 0)
			continue;
		int error = calls[i].make(q);

		if (error)
			answer_error(q->tag, error, q->why);
		else
			say("%s OK at=%" PRId64 "%s", q->tag, now_ns(), q->results);
		return;
	}
	wrong(q, EPROTO, "there is no call %.40s", q->call);
	answer_error(q->tag, EPROTO, q->why);
}

/* One line without its end.  The caller has looked for room for an answer, and
 * for the news of one connection before it. */
static void take_line(char *line)
{
	struct request q = { .tag = NULL };
	char *rest = line, *field;

	for (const char *s = line; *s; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e) {
			answer_error("?", EPROTO, "an octet that is not printable ASCII");
			return;
		}
	q.tag = next_field(&rest);
	if (!q.tag)
		return;                         /* an empty line asks nothing */
	if (!is_tag(q.tag)) {
		answer_error("?", EPROTO, "a tag is 1 to 16 letters or digits");
		return;
	}
	q.call = next_field(&rest);
	if (q.call && strcmp(q.call, "AT") == 0) {
		const char *when = next_field(&rest);
		int64_t ms;

		if (!when || *when != '+' || !number_of(when + 1, 0, AT_MAX_MS, &ms))
			answer_error(q.tag, EPROTO, "AT needs +MS");
		else
			later_add(q.tag, ms, rest);
		return;
	}
	if (!q.call) {
		answer_error(q.tag, EPROTO, "no call");
		return;
	}
	while ((field = next_field(&rest))) {
		char *is = strchr(field, '=');

		if (!is || is == field || q.pairs == PAIRS) {
			answer_error(q.tag, EPROTO, is && is != field ? "too many pairs" : "behind the call stand pairs name=value");
			return;
		}
		*is = '\0';
		q.pair[q.pairs++] = (struct pair){ .name = field, .value = is + 1 };
	}
	make_call(&q);
}

static char in[4 * LINE];
static size_t in_len;
static bool in_skipping;                /* the rest of a line that is too long */
static bool in_ended;

/* Takes the whole lines that are there, as long as their answers find room. */
static void take_lines(void)
{
	size_t at = 0;

	while (out_room() >= 8 * LINE) {
		char *end = memchr(in + at, '\n', in_len - at);
		size_t n = (end ? (size_t)(end - in) : in_len) - at;

		if (!end && n < LINE)
			break;
		if (in_skipping || n >= LINE) {
			if (!in_skipping)
				answer_error("?", EMSGSIZE, "the line is too long");
			in_skipping = !end;
		} else {
			char *line = in + at;

			if (n && line[n - 1] == '\r')
				n--;
			/* A NUL would hide the rest: any other octet that is not text does as well. */
			for (size_t i = 0; i < n; i++)
				if (!line[i])
					line[i] = 1;
			line[n] = '\0';
			take_line(line);
		}
		at = end ? (size_t)(end - in) + 1 : in_len;
	}
	memmove(in, in + at, in_len - at);
	in_len -= at;
}

static void read_input(void)
{
	ssize_t n = read(STDIN_FILENO, in + in_len, sizeof(in) - in_len);

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		in_ended = true;
	if (n > 0)
		in_len += (size_t)n;
}

/* ---- what happens on the sockets --------------------------------------------- */

static void urgent(struct place *p)
{
	if (!p->urgent_told) {
		p->urgent_told = true;
		news(p, URGENT);
	}
	if (!p->inline_) {
		char octet;

		if (recv(p->fd, &octet, 1, MSG_OOB) == 1)
			p->urgent_told = false;
	}
}

/* True if urgent data was announced that is not yet read.  Before the urgent
 * octet itself has come poll() says nothing; the kind of error of a look at it
 * does: EAGAIN, not yet there.  Linux refuses that look to whom reads in line,
 * but the option concerns only the reader, so it may be off for a moment;
 * elsewhere it concerns what arrives, and we only see the mark when we reach it. */
static bool urgent_pending(const struct place *p)
{
	bool pending = sockatmark(p->fd) == 1;

#ifdef __linux__
	int off = 0, on = 1;
	char octet;

	if (p->inline_)
		setsockopt(p->fd, SOL_SOCKET, SO_OOBINLINE, &off, sizeof(off));
	ssize_t n = recv(p->fd, &octet, 1, MSG_OOB | MSG_PEEK);
	pending = pending || n == 1 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK));
	if (p->inline_)
		setsockopt(p->fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
#endif
	return pending;
}

static bool accept_one(struct place *l)
{
	struct sockaddr_storage remote;
	socklen_t n = sizeof(remote);
	struct request q = { .tag = NULL };     /* errors of options have nowhere to go: the listener took them */

	if (table_full())
		return false;
	int fd = accept(l->fd, (struct sockaddr *)&remote, &n);
	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR;
	struct place *p = socket_prepare(fd) < 0 ? NULL : place_new(fd, OPEN);
	if (!p) {
		close(fd);
		return false;
	}
	p->listener = l->id;
	p->remote = remote;
	p->paused = l->pauses;
	for (unsigned i = 0; i < l->presets; i++)
		if (options[l->preset[i].option].form != FAST_OPEN)
			presets_set(&q, p, &l->preset[i], 1);
	news(p, ESTABLISHED);
	/* What was announced before this was ours sent no signal to us. */
	if (urgent_pending(p))
		urgent(p);
	return true;
}

static void connected(struct place *p)
{
	int error = pending_error(p);

	if (error) {
		fails(p, error);
		return;
	}
	int s = system_state(p);
	if (s == SYSTEM_SYN_SENT)
		return;
	p->kind = OPEN;
	news(p, ESTABLISHED);
	if (urgent_pending(p))
		urgent(p);
	if (p->queued || p->to_shut)
		send_queued(p);
}

/* SIGURG: an urgent pointer moved, but nobody says where.  So all are told for
 * whom urgent data is pending: perhaps once more, but never not at all. */
static void urgent_somewhere(void)
{
	for (unsigned i = 0; i < n_used; i++)
		if (used[i]->kind == OPEN && !used[i]->eof && urgent_pending(used[i])) {
			used[i]->urgent_told = false;
			urgent(used[i]);
		}
}

/* After POLLHUP: poll() has no more to say, but the system may. */
static void look_again(struct place *p)
{
	int error = pending_error(p);

	if (error) {
		fails(p, error);
	} else if (system_state(p) == SYSTEM_CLOSED && p->eof) {
		/* Where we closed first, TIME-WAIT follows, and nobody tells its end. */
		if (p->they_first) {
			p->reset = true;
			news(p, CLOSED);
		}
		dead(p);
	}
}

static short wanted(const struct place *p)
{
	switch (p->kind) {
	case LISTENER:
		return p->paused || table_full() ? 0 : POLLIN;
	case CONNECTING:
		return POLLOUT;
	case OPEN:
		return (short)((p->paused || p->eof ? 0 : POLLIN) | (p->queued ? POLLOUT : 0) |
		               (p->urgent_told || p->eof ? 0 : POLLPRI));
	default:
		return 0;
	}
}

static bool only_slowly(const struct place *p)
{
	return p->hung_up && (p->paused || p->eof);
}

static void happened(struct place *p, short events)
{
	if (p->kind == LISTENER) {
		for (int i = 0; i < 64 && accept_one(p); i++)
			;
		return;
	}
	if (p->kind == CONNECTING) {
		if (events)
			connected(p);
		return;
	}
	if (p->kind == OPEN && (events & POLLPRI))
		urgent(p);
	if (p->kind == OPEN && !p->paused && !p->eof && (events & (POLLIN | POLLHUP | POLLERR))) {
		int error;

		take(p, UINT64_MAX, &error);
		if (error)
			fails(p, error);
	}
	if (p->kind == OPEN && (events & (POLLHUP | POLLERR))) {
		p->hung_up = true;
		look_again(p);
	}
	if (p->kind == OPEN && (events & POLLOUT) && p->queued)
		send_queued(p);
}

/* ---- signals ------------------------------------------------------------------ */

static int wake[2];                     /* a handler writes, the loop reads */

static void on_signal(int which)
{
	int saved = errno;
	char c = which == SIGURG ? 'u' : 'e';

	ssize_t ignored = write(wake[1], &c, 1);        /* full: the loop wakes anyway */
	(void)ignored;
	errno = saved;
}

static void catch_signal(int which)
{
	struct sigaction a;

	memset(&a, 0, sizeof(a));
	a.sa_handler = on_signal;
	sigemptyset(&a.sa_mask);
	sigaction(which, &a, NULL);
}

static void read_signals(void)
{
	char c[64];
	ssize_t n;

	while ((n = read(wake[0], c, sizeof(c))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (c[i] == 'e')
				in_ended = true;
			if (c[i] == 'u')
				urgent_somewhere();
		}
}

static int start_signals(void)
{
	if (pipe(wake) < 0)
		return -1;
	for (int i = 0; i < 2; i++)
		fcntl(wake[i], F_SETFL, fcntl(wake[i], F_GETFL) | O_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);
	catch_signal(SIGURG);
	catch_signal(SIGTERM);
	catch_signal(SIGINT);
	catch_signal(SIGHUP);
	return 0;
}

/* ---- the loop ------------------------------------------------------------------ */

static struct pollfd polled[PLACES + 3];
static struct place *polled_place[PLACES + 3];

static nfds_t gather(bool slow_turn, bool *slow)
{
	nfds_t n = 3;

	polled[0] = (struct pollfd){ .fd = out_room() >= 8 * LINE && in_len < sizeof(in) ? STDIN_FILENO : -1, .events = POLLIN };
	polled[1] = (struct pollfd){ .fd = out_len ? STDOUT_FILENO : -1, .events = POLLOUT };
	polled[2] = (struct pollfd){ .fd = wake[0], .events = POLLIN };
	*slow = n_leavers > 0;
	for (unsigned i = 0; i < n_used; i++) {
		struct place *p = used[i];

		if (p->kind == DEAD || (p->kind == CONNECTING && p->deferred) || (p->kind == LISTENER && !wanted(p)))
			continue;
		*slow = *slow || only_slowly(p);
		if (only_slowly(p) && !slow_turn)
			continue;
		polled[n] = (struct pollfd){ .fd = p->fd, .events = wanted(p) };
		polled_place[n++] = p;
	}
	return n;
}

static int wait_ms(bool slow)
{
	const struct later *l = later_first();
	int64_t ms = slow ? SLOWLY_MS : -1;

	if (l) {
		int64_t left = (l->when - now_ns() + 999999) / 1000000;

		left = left < 0 ? 0 : left;
		ms = ms < 0 || left < ms ? left : ms;
	}
	return (int)ms;
}

static void call_those_due(void)
{
	struct later *l;

	while (out_room() >= 8 * LINE && (l = later_first()) && l->when <= now_ns()) {
		char line[LINE];

		memcpy(line, l->line, sizeof(line));
		l->when = 0;
		n_later--;
		take_line(line);
	}
}

static void tell_all(void)
{
	for (unsigned i = n_used; i-- > 0; )
		if (used[i]->news || used[i]->kind == DEAD)
			tell(used[i]);
}

static void serve(void)
{
	int64_t looked = 0;
	bool slow = false;

	while (!in_ended && !tester_gone) {
		bool slow_turn = now_ns() - looked >= SLOWLY_MS * (int64_t)1000000;

		if (slow_turn)
			looked = now_ns();
		nfds_t n = gather(slow_turn, &slow);
		int r = poll(polled, n, wait_ms(slow));

		if (r < 0) {
			for (nfds_t i = 0; i < n; i++)
				polled[i].revents = 0;
			polled[2].revents = POLLIN;     /* a signal */
		}
		if (polled[2].revents)
			read_signals();
		for (nfds_t i = 3; i < n; i++)
			if (polled[i].revents && polled_place[i]->fd == polled[i].fd)
				happened(polled_place[i], polled[i].revents);
		tell_all();
		call_those_due();
		if (polled[0].revents)
			read_input();
		take_lines();
		tell_all();
		reap_leavers();
		flush(0);
	}
}

static void abort_everything(void)
{
	while (n_used)
		if (abort_now(used[n_used - 1]))
			place_free(used[n_used - 1]);
	for (unsigned i = 0; i < n_leavers; i++) {
		kill(leavers[i], SIGKILL);
		waitpid(leavers[i], NULL, 0);
	}
}

static bool has_ip6(void)
{
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void hello(void)
{
	char can[LINE / 2] = "";
	size_t n = 0;

	for (int i = 0; i < OPTIONS; i++)
		if (options[i].option >= 0 && n < sizeof(can))
			n += (size_t)snprintf(can + n, sizeof(can) - n, ",%s", options[i].name);
	say("HELLO protocol=%d at=%" PRId64 " program=tcpconform-agent/%s can=ip4%s%s,urgent%s", PROTOCOL, now_ns(),
	    TCPCONFORM_VERSION, has_ip6() ? ",ip6" : "", KNOWS_STATE ? ",state" : "", can);
}

int main(int argc, char **argv)
{
	static char long_help[] = "-h", long_version[] = "-V";
	struct rlimit files;
	int c;

	/* The two long options that everybody tries; getopt_long is not POSIX's. */
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			argv[i] = long_help;
		else if (strcmp(argv[i], "--version") == 0)
			argv[i] = long_version;
	while ((c = getopt(argc, argv, "hV")) != -1) {
		if (c == 'V') {
			printf("tcpconform-agent %s, protocol %d\n", TCPCONFORM_VERSION, PROTOCOL);
			return 0;
		}
		fputs("usage: tcpconform-agent [-hV]\n", c == 'h' ? stdout : stderr);
		if (c != 'h')
			return 2;
		puts("Opens, sends and closes TCP connections as asked on standard input.\n"
		     "  -h, --help       show this\n"
		     "  -V, --version    show the version and that of the protocol");
		return 0;
	}
	if (optind < argc) {
		fprintf(stderr, "tcpconform-agent: takes no arguments: what to do comes on standard input\n");
		return 2;
	}
	if (start_signals() < 0) {
		perror("tcpconform-agent");
		return 1;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		rlim_t enough = PLACES + 64;

		files.rlim_cur = files.rlim_max < enough ? files.rlim_max : enough;
		setrlimit(RLIMIT_NOFILE, &files);
		if (files.rlim_cur < enough)
			most_used = files.rlim_cur > 80 ? (unsigned)files.rlim_cur - 64 : 16;
	}
	hello();
	flush(-1);
	serve();
	/* What came whole before the end is still carried out. */
	for (size_t before = SIZE_MAX; in_len < before && memchr(in, '\n', in_len); ) {
		before = in_len;
		flush(1000);
		take_lines();
	}
	tell_all();
	flush(1000);
	abort_everything();
	return 0;
}
