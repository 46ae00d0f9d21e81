/* plugin.h: what a TCP stack shows to tcpconform to be tested in virtual time,
 * in C: `tcpconform run plugin:PATH.so`.  Installed as <tcpconform/plugin.h>.
 *
 * The stack is a shared object with one function, tcpconform_plugin.  It has no
 * clock, no thread and no I/O of its own: time passes when `advance` says so,
 * frames come by `input` and leave by host->emit.  Each case runs in a process of
 * its own, so that state may be global, and a crash or a hang costs one case.
 *
 * docs/plugin.md tells it from the beginning, and application.h beside this does
 * what every application over there has to do.  This header stands alone: it
 * needs nothing but the C library. */
#ifndef TCPCONFORM_PLUGIN_H
#define TCPCONFORM_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TCPCONFORM_PLUGIN_VERSION 1

/* An IP address and a port, in the order of the network and of the host. */
struct tcpconform_endpoint {
	uint8_t  ip;                    /* 4 or 6                                */
	uint8_t  addr[16];              /* the first 4 octets for IPv4           */
	uint16_t port;
};

/* What an application asks of a TCP (RFC 9293 3.9.1).  docs/agent-protocol.md
 * says what each call means. */
enum tcpconform_call_kind {
	TCPCONFORM_OPEN_PASSIVE,        /* ip, port (0: any), backlog, paused    */
	TCPCONFORM_OPEN_ACTIVE,         /* remote, port (local; 0: any), paused  */
	TCPCONFORM_SEND,                /* id, n, urgent                         */
	TCPCONFORM_RECEIVE,             /* id, n                                 */
	TCPCONFORM_PAUSE,               /* id                                    */
	TCPCONFORM_RESUME,              /* id                                    */
	TCPCONFORM_SHUTDOWN,            /* id                                    */
	TCPCONFORM_CLOSE,               /* id                                    */
	TCPCONFORM_ABORT,               /* id                                    */
	TCPCONFORM_STATUS,              /* id                                    */
	TCPCONFORM_SET,                 /* id, option, value                     */
	TCPCONFORM_GET                  /* id, option                            */
};

enum tcpconform_option {
	TCPCONFORM_OPTION_NONE,
	TCPCONFORM_KEEPALIVE,           /* 0 or 1                                */
	TCPCONFORM_KEEPALIVE_IDLE,      /* seconds                               */
	TCPCONFORM_KEEPALIVE_INTERVAL,  /* seconds                               */
	TCPCONFORM_KEEPALIVE_COUNT,
	TCPCONFORM_NO_DELAY,            /* 1 switches Nagle's algorithm off      */
	TCPCONFORM_LINGER,              /* seconds; -1: off; with 0 a CLOSE is an abort */
	TCPCONFORM_SEND_BUFFER,         /* octets                                */
	TCPCONFORM_RECEIVE_BUFFER,      /* octets                                */
	TCPCONFORM_USER_TIMEOUT,        /* milliseconds                          */
	TCPCONFORM_FAST_OPEN,
	TCPCONFORM_MAX_SEGMENT,         /* octets                                */
	TCPCONFORM_OOB_INLINE           /* 0 or 1                                */
};

/* The states of RFC 9293 3.3.2. */
enum tcpconform_state {
	TCPCONFORM_UNKNOWN = -1,
	TCPCONFORM_CLOSED, TCPCONFORM_LISTEN, TCPCONFORM_SYN_SENT, TCPCONFORM_SYN_RECEIVED,
	TCPCONFORM_ESTABLISHED, TCPCONFORM_FIN_WAIT_1, TCPCONFORM_FIN_WAIT_2, TCPCONFORM_CLOSE_WAIT,
	TCPCONFORM_CLOSING, TCPCONFORM_LAST_ACK, TCPCONFORM_TIME_WAIT
};

#define TCPCONFORM_PRESETS 4

struct tcpconform_call {
	enum tcpconform_call_kind kind;
	int      id;                    /* the connection or listener; not for OPEN */
	uint8_t  ip;                    /* OPEN-PASSIVE: 4 or 6                  */
	uint16_t port;                  /* OPEN: the local port; 0: choose one   */
	struct tcpconform_endpoint remote;      /* OPEN-ACTIVE                   */
	int      backlog;               /* OPEN-PASSIVE; 0: your default         */
	bool     paused;                /* OPEN: does not read until RESUME      */
	uint64_t n;                     /* SEND, RECEIVE: octets                 */
	bool     urgent;                /* SEND: the last octet is urgent data   */
	enum tcpconform_option option;  /* SET, GET                              */
	int64_t  value;                 /* SET                                   */
	/* OPEN: options to be set before the call itself. */
	unsigned n_preset;
	struct { enum tcpconform_option option; int64_t value; } preset[TCPCONFORM_PRESETS];
};

struct tcpconform_answer {
	int      error;                 /* 0, or an errno (positive); ENOPROTOOPT for an option that is not there */
	int      id;                    /* OPEN: from 1, never used before       */
	uint16_t port;                  /* OPEN: the local port                  */
	uint64_t n;                     /* SEND: octets accepted; RECEIVE: taken; GET: the value */
	uint64_t received;              /* STATUS, RECEIVE: octets read so far   */
	uint64_t digest;                /* STATUS, RECEIVE: over them, tcpconform_digest of application.h */
	enum tcpconform_state state;    /* STATUS                                */
};

enum tcpconform_note_kind {
	TCPCONFORM_NOTE_ESTABLISHED,    /* id, listener (-1: an active open), remote */
	TCPCONFORM_NOTE_READABLE,       /* id, n: octets read so far             */
	TCPCONFORM_NOTE_EOF,            /* id: the peer has closed, all was read */
	TCPCONFORM_NOTE_URGENT,         /* id                                    */
	TCPCONFORM_NOTE_ERROR,          /* id, error: ECONNRESET, ECONNREFUSED, ETIMEDOUT, ... */
	TCPCONFORM_NOTE_CLOSED          /* id                                    */
};

struct tcpconform_note {
	enum tcpconform_note_kind kind;
	int      id, listener;
	struct tcpconform_endpoint remote;
	uint64_t n;
	int      error;
};

/* What the tester gives to the stack.  All of it may be called from within any
 * of the plug-in's functions, create among them. */
struct tcpconform_host {
	void *arg;
	/* A frame leaves, now.  It is copied; 1 to 65589 octets. */
	void (*emit)(void *arg, const uint8_t *frame, size_t n);
	/* The application over there is told something, now. */
	void (*note)(void *arg, const struct tcpconform_note *);
	/* Nanoseconds since the start; constant until the next `advance`. */
	uint64_t (*now)(void *arg);
};

enum tcpconform_frames {
	TCPCONFORM_IP,                  /* frames are IP datagrams: no ARP, no neighbour discovery */
	TCPCONFORM_ETHERNET             /* with an Ethernet header; the tester answers ARP and NDP, and asks */
};

#define TCPCONFORM_NEVER UINT64_MAX

struct tcpconform_plugin {
	unsigned version;               /* TCPCONFORM_PLUGIN_VERSION             */
	const char *program;            /* "lwIP/2.1.3": printable, no spaces, at most 63 octets */
	/* What calls can do: a comma list of ip4, ip6, state, urgent, and the
	 * names of options ("keepalive,no-delay"); no spaces. */
	const char *can;
	enum tcpconform_frames frames;
	/* Of the stack; NULL: not this version.  The tester is 10.9.0.9 and .10,
	 * fd00:9::9 and ::10, on the stack's link. */
	const char *addr4, *addr6;
	uint8_t mac[6];                 /* TCPCONFORM_ETHERNET                   */

	/* Makes the stack; the host outlives it.  The seed is for whatever the
	 * stack draws by chance.  NULL: it cannot; say why on standard error. */
	void *(*create)(const struct tcpconform_host *, uint64_t seed);
	/* A frame arrives, now. */
	void (*input)(void *stack, const uint8_t *frame, size_t n);
	/* Makes a call; fills the answer, which is zeroed, state UNKNOWN.  NULL: it
	 * can make none (EOPNOTSUPP). */
	void (*call)(void *stack, const struct tcpconform_call *, struct tcpconform_answer *);
	/* When `advance` has something to do next; TCPCONFORM_NEVER: not before
	 * something comes in.  Too early does no harm, too late does.  NULL, with
	 * advance: it has no timers. */
	uint64_t (*poll_at)(void *stack);
	/* The time is now `now`: what is due is done.  After it, poll_at is in the
	 * future, else time stands still and the stack counts as hanging. */
	void (*advance)(void *stack, uint64_t now);
	/* Frees everything; may be NULL where the end of the process does. */
	void (*destroy)(void *stack);
};

/* The one function of the shared object. */
const struct tcpconform_plugin *tcpconform_plugin(void);

#ifdef __cplusplus
}
#endif
#endif
