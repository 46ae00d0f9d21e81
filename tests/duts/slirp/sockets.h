/* sockets.h: the sockets that libslirp sees.
 *
 * libslirp carries each connection of its TCP to a socket of its host; the
 * application over there is whoever holds the other end.  Sockets of the kernel
 * live in real time, so here libslirp gets others: streams within this process,
 * with the meaning of the kernel's and without its time.  They take the place of
 * the kernel's in libslirp's own table of the functions that it calls (sockets.c
 * says how), and nothing else in the process sees them.
 *
 * Here are both ends of a stream: the calls of libslirp are behind
 * sockets_instead, those of the application are below. */
#ifndef TCPCONFORM_SLIRP_SOCKETS_H
#define TCPCONFORM_SLIRP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct sock;

/* What the application is told, at any time while libslirp works; c is what it
 * has given. */
struct sock_events {
	/* libslirp connects to this port: 0 with *c set, or an errno. */
	int (*connects)(struct sock *, int family, uint16_t port, void **c);
	void (*readable)(void *c);      /* octets, or the end, or the failure    */
	void (*writable)(void *c);      /* there is room again                   */
	void (*urgent)(void *c);
	/* libslirp has closed its socket: its connection is no more. */
	void (*closed)(void *c);
};

/* From now on libslirp has these sockets.  False and one sentence. */
bool sockets_instead(const struct sock_events *, char *err, size_t n);

/* ---- for libslirp's poll loop ------------------------------------------------- */

/* SLIRP_POLL_* that hold for this descriptor, out of those asked for. */
int sock_ready(int fd, int asked);

/* Counts whatever changes: equal twice, and libslirp has nothing left to do. */
unsigned long sock_activity(void);

/* ---- the application's end ------------------------------------------------------ */

/* Connects to a socket of libslirp that listens on this port; what libslirp gets
 * to see of it as the peer's name is the loopback address with `from`. */
struct sock *sock_connect(int family, uint16_t port, uint16_t from, void *c);

int  sock_fd(const struct sock *);      /* libslirp's descriptor of it; -1: none yet, or no more */
size_t sock_send(struct sock *, const uint8_t *octets, size_t n, bool urgent);
size_t sock_receive(struct sock *, uint8_t *octets, size_t n);
bool sock_at_end(const struct sock *);  /* the other end has shut down, and all was received */
int  sock_error(const struct sock *);   /* ECONNRESET: libslirp dropped octets of ours; or 0 */
void sock_shutdown(struct sock *);
void sock_close(struct sock *);         /* with octets unread it is an abort, as in a kernel */
void sock_abort(struct sock *);

#endif
