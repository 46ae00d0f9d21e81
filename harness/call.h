/* call.h: what an application asks of a TCP, and what it is told (RFC 9293 3.9.1).
 *
 * Plain data, shared by the case's dut_ verbs, the reference stack, the agent's
 * protocol (docs/agent-protocol.md) and the oracle. */
#ifndef TCPCONFORM_CALL_H
#define TCPCONFORM_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "../probes/seg.h"

/* The states of RFC 9293 3.3.2. */
enum tcp_state {
	CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1,
	FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT,
	TCP_STATES,
	STATE_UNKNOWN = -1
};

/* "SYN-SENT"; "unknown" for STATE_UNKNOWN. */
const char *state_name(enum tcp_state);

enum call_kind {
	CALL_OPEN_PASSIVE,      /* listen on local_port (0: choose one), backlog */
	CALL_OPEN_ACTIVE,       /* connect to remote from local_port (0: choose) */
	CALL_SEND,              /* n octets that continue the connection's pattern; urgent if asked */
	CALL_RECEIVE,           /* take at most n octets; then reading stays as it was */
	CALL_PAUSE,             /* stop reading: the receive buffer fills        */
	CALL_RESUME,            /* read whatever comes (the state after OPEN)    */
	CALL_SHUTDOWN,          /* no more to send; still receives               */
	CALL_CLOSE,             /* full close; of a listener: stop listening     */
	CALL_ABORT,
	CALL_STATUS,
	CALL_SET,               /* option = value                                */
	CALL_GET,
	CALL_KINDS
};

enum call_option {
	OPTION_NONE,
	OPTION_KEEPALIVE,       /* 0 or 1                                        */
	OPTION_KEEPALIVE_IDLE,  /* seconds                                       */
	OPTION_KEEPALIVE_INTERVAL, /* seconds                                    */
	OPTION_KEEPALIVE_COUNT,
	OPTION_NODELAY,         /* 0 or 1: 1 switches Nagle's algorithm off      */
	OPTION_LINGER,          /* seconds, -1: off                              */
	OPTION_SNDBUF,          /* octets; before OPEN where it shall shape the window */
	OPTION_RCVBUF,
	OPTION_USER_TIMEOUT,    /* milliseconds                                  */
	OPTION_TFO,             /* queue length at a listener, 1 at an opener    */
	OPTION_MAXSEG,          /* octets                                        */
	OPTION_OOBINLINE,       /* 0 or 1                                        */
	CALL_OPTIONS
};

/* The words of the agent's protocol: "OPEN-PASSIVE", "keepalive-idle", ... */
const char *call_name(enum call_kind);
const char *option_name(enum call_option);

#define CALL_PRESETS 4

struct call {
	enum call_kind  kind;
	int             id;             /* the connection or listener; of no meaning for OPEN */
	uint8_t         v;              /* OPEN-PASSIVE: 4 or 6                  */
	uint16_t        local_port;
	struct endpoint remote;         /* OPEN-ACTIVE                           */
	int             backlog;        /* OPEN-PASSIVE; 0: the DUT's default    */
	bool            paused;         /* OPEN: it (a listener: what it accepts) does not read until RESUME */
	uint64_t        n;              /* SEND, RECEIVE                         */
	bool            urgent;         /* SEND: the last octet is urgent data   */
	enum call_option option;        /* SET, GET                              */
	int64_t         value;          /* SET                                   */
	/* OPEN: options that are set before the call itself. */
	struct { enum call_option option; int64_t value; } preset[CALL_PRESETS];
	unsigned        n_preset;
};

struct answer {
	int      error;                 /* 0, or an errno                        */
	int      id;                    /* OPEN: what to name it by from now on  */
	uint16_t port;                  /* OPEN: its local port                  */
	uint64_t n;                     /* SEND: octets accepted; RECEIVE: octets taken; GET: the value */
	uint64_t received;              /* STATUS, RECEIVE: octets read so far   */
	uint64_t digest;                /* STATUS, RECEIVE: digest_feed over them */
	enum tcp_state state;           /* STATUS: STATE_UNKNOWN where it cannot be asked */
	tick     at;                    /* the DUT's stamp on our clock, or our own */
};

enum note_kind {
	NOTE_ESTABLISHED,       /* id, listener (-1 for an active open), remote  */
	NOTE_READABLE,          /* id; n octets read so far (while reading is on)*/
	NOTE_EOF,               /* id: the peer has closed its side              */
	NOTE_URGENT,            /* id                                            */
	NOTE_ERROR,             /* id, error: ECONNRESET, ECONNREFUSED, ETIMEDOUT... */
	NOTE_CLOSED,            /* id: the connection is gone (where it can be known) */
	NOTE_KINDS
};

const char *note_name(enum note_kind);

struct note {
	enum note_kind  kind;
	int             id, listener;
	struct endpoint remote;
	uint64_t        n;
	int             error;
	tick            at;
};

#endif
