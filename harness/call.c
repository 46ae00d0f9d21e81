/* call.c: the words of calls, options, notifications and states.  They are the
 * agent protocol's own (docs/agent-protocol.md). */
#include "call.h"

#include <stddef.h>

static const char *const states[TCP_STATES] = {
	[CLOSED] = "CLOSED", [LISTEN] = "LISTEN", [SYN_SENT] = "SYN-SENT",
	[SYN_RECEIVED] = "SYN-RECEIVED", [ESTABLISHED] = "ESTABLISHED",
	[FIN_WAIT_1] = "FIN-WAIT-1", [FIN_WAIT_2] = "FIN-WAIT-2",
	[CLOSE_WAIT] = "CLOSE-WAIT", [CLOSING] = "CLOSING",
	[LAST_ACK] = "LAST-ACK", [TIME_WAIT] = "TIME-WAIT"
};

static const char *const calls[CALL_KINDS] = {
	[CALL_OPEN_PASSIVE] = "OPEN-PASSIVE", [CALL_OPEN_ACTIVE] = "OPEN-ACTIVE",
	[CALL_SEND] = "SEND", [CALL_RECEIVE] = "RECEIVE", [CALL_PAUSE] = "PAUSE",
	[CALL_RESUME] = "RESUME", [CALL_SHUTDOWN] = "SHUTDOWN", [CALL_CLOSE] = "CLOSE",
	[CALL_ABORT] = "ABORT", [CALL_STATUS] = "STATUS", [CALL_SET] = "SET", [CALL_GET] = "GET"
};

static const char *const options[CALL_OPTIONS] = {
	[OPTION_NONE] = "none", [OPTION_KEEPALIVE] = "keepalive",
	[OPTION_KEEPALIVE_IDLE] = "keepalive-idle",
	[OPTION_KEEPALIVE_INTERVAL] = "keepalive-interval",
	[OPTION_KEEPALIVE_COUNT] = "keepalive-count", [OPTION_NODELAY] = "no-delay",
	[OPTION_LINGER] = "linger", [OPTION_SNDBUF] = "send-buffer",
	[OPTION_RCVBUF] = "receive-buffer", [OPTION_USER_TIMEOUT] = "user-timeout",
	[OPTION_TFO] = "fast-open", [OPTION_MAXSEG] = "max-segment", [OPTION_OOBINLINE] = "oob-inline"
};

static const char *const notes[NOTE_KINDS] = {
	[NOTE_ESTABLISHED] = "ESTABLISHED", [NOTE_READABLE] = "READABLE", [NOTE_EOF] = "EOF",
	[NOTE_URGENT] = "URGENT", [NOTE_ERROR] = "ERROR", [NOTE_CLOSED] = "CLOSED"
};

const char *state_name(enum tcp_state s)
{
	return (int)s >= 0 && s < TCP_STATES ? states[s] : "unknown";
}

const char *call_name(enum call_kind k)
{
	return (unsigned)k < CALL_KINDS ? calls[k] : "unknown";
}

const char *option_name(enum call_option o)
{
	return (unsigned)o < CALL_OPTIONS ? options[o] : "unknown";
}

const char *note_name(enum note_kind n)
{
	return (unsigned)n < NOTE_KINDS ? notes[n] : "unknown";
}
