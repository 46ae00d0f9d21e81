/* case.h: all that the author of a case ever sees.
 *
 * A case is a conversation.  Six verbs: tx (we send), rx (await one segment),
 * quiet (nothing may come), check (a claim with its sentence), skip, and dut_*
 * (the application over there).  A case says only what is special: the fields of
 * tx default to our own TCB, and every segment that comes back, awaited or not,
 * is judged by the oracle.  The first failure ends the run; bodies own nothing.
 *
 * Every judging verb takes .req, the ids that it speaks for; without it, it
 * speaks for the first id of the case.  In a healthy self-test each id that a
 * case lists in .req must be spoken for, by a verb or by the oracle.
 *
 * The verbs speak to the current conversation (4-tuple); use(c, k) changes it. */
#ifndef TCPCONFORM_CASE_H
#define TCPCONFORM_CASE_H

#include "../probes/icmp.h"
#include "../probes/opt.h"
#include "../probes/seg.h"
#include "../probes/seq.h"
#include "call.h"

struct run;

/* ---- declaring ------------------------------------------------------------ */

enum case_needs {
	CALLS   = 1 << 0,       /* an application on the DUT that does as asked  */
	ALONE   = 1 << 1,       /* the DUT for itself                            */
	OPENS   = 1 << 2,       /* only that the DUT connects to us: calls, or --trigger */
	NEEDS_TIMESTAMPS = 1 << 3, NEEDS_WINDOW_SCALE = 1 << 4, NEEDS_SACK = 1 << 5,
	NEEDS_KEEPALIVE = 1 << 6, NEEDS_URGENT = 1 << 7, NEEDS_PAWS = 1 << 8
};

enum case_ip { BOTH, V4, V6 };

struct case_info {
	const char *section;    /* "9293/3.5": the first part of the address     */
	const char *name;       /* the C name; `-` for `_` in the address        */
	const char *req;        /* ids that this case proves, separated by spaces */
	const char *title;      /* a sentence that is true of a good TCP         */
	unsigned    needs;
	enum case_ip ip;
	tick        lasts;      /* how long it takes a good TCP, by protocol     */
	void (*body)(struct run *c, const void *arg);
	const void *arg;
};

/* Opens a file of cases: SECTION("9293/3.5"); */
#define SECTION(s) static const char section_[] = s

/* Declares and registers a case; its body follows. */
#define CASE(id, ...)                                                           \
	static void id(struct run *c);                                          \
	static void id##_body(struct run *c, const void *arg)                   \
	{                                                                       \
		(void)arg;                                                      \
		id(c);                                                          \
	}                                                                       \
	CASE_RECORD(id, NULL, id##_body, __VA_ARGS__)                           \
	static void id(struct run *c)

/* The entries must lie side by side: clang's address sanitizer would put space
 * between them, gcc's leaves variables in a named section alone. */
#ifdef __clang__
#define NO_REDZONE __attribute__((no_sanitize("address")))
#else
#define NO_REDZONE
#endif

/* A record alone: for tables whose rows share one body (the state x event
 * matrix).  No semicolon behind it. */
#define CASE_RECORD(id, data, fn, ...)                                          \
	static const struct case_info id##_info = {                             \
		.section = section_, .name = #id, .body = fn, .arg = data,      \
		__VA_ARGS__                                                     \
	};                                                                      \
	__attribute__((used, section("tcpconform_cases"))) NO_REDZONE           \
	static const struct case_info *const id##_entry = &id##_info;

/* ---- tx: we send ---------------------------------------------------------- */

struct exact { bool is; uint32_t v; };
#define EXACT(x) ((struct exact){ true, (uint32_t)(x) })

struct tx {
	unsigned ctl;                   /* control bits                          */
	int32_t  dseq, dack;            /* offset from our SND.NXT, our RCV.NXT  */
	struct exact seq, ack;          /* instead of the natural value          */
	struct exact wnd;               /* the window field, unscaled; natural: what our TCB offers */
	uint32_t len;                   /* octets of text, the pattern at their place in our stream */
	const uint8_t *text;            /* other octets than the pattern         */
	uint16_t urg;                   /* the urgent pointer field              */
	struct seg opt;                 /* options: opt.opt, opt.opt_len; default: MSS on a SYN, timestamps where negotiated */
	bool     no_opt;                /* no option at all, whatever the default */
	uint8_t  wrong;                 /* WRONG_*: malformed on purpose         */
	uint8_t  rsv, doff, tos;
	bool     stay;                  /* our SND.NXT does not move (a probe, a lie; implied by dseq, seq) */
	bool     lost;                  /* said, but lost on the way: it is recorded and not sent */
	bool     rapid;                 /* at once, also where the DUT limits its replies: the limit is the matter */
	const char *why;                /* why it is odd; shown as "deliberate"  */
};

/* Sends; returns the segment as it left.  Our SND.NXT moves behind it when it is
 * in its natural place. */
#define tx(c, ...) tx_(c, (struct tx){ .ctl = __VA_ARGS__ })
const struct seg *tx_(struct run *c, struct tx t);

/* ---- rx: we await --------------------------------------------------------- */

#define ANY_LEN 0               /* .len: whatever text there is */
#define NO_TEXT UINT32_MAX      /* .len: none at all            */

struct rx {
	unsigned ctl;                   /* SYN, FIN, RST, ACK exactly (ACK is free on a RST: 3.10.5 and 3.5.2 differ); others if named */
	tick     within;                /* from the last stimulus (or `after`); default: the time for an immediate reply + slack */
	tick     not_before;            /* from the same point: earlier is a fail */
	uint32_t len;                   /* octets of text: ANY_LEN, NO_TEXT or exactly so many */
	const struct seg *after;        /* counts from this segment's stamp, and any segment stamped later will do (default: the last tx or call) */
	struct exact seq, ack;          /* must be so                            */
	unsigned free;                  /* of SYN, FIN, RST, ACK: either is right (ACK on an aborting RST) */
	const char *req;
	const char *promise;            /* "the SYN,ACK repeats": what is promised, for the message */
};

/* Awaits one segment, stamped after the last tx or call; steps over others.  If
 * none comes, and we would have seen it, the case fails.  Never returns NULL.
 * Two rx in a row, without `after`, take two segments.  What comes is
 * acknowledged by our TCB (RCV.NXT moves when it arrives), but nothing is sent;
 * octets beyond the window that we offered are not taken (a probe of a closed
 * window leaves RCV.NXT alone). */
#define rx(c, ...) rx_(c, (struct rx){ .ctl = __VA_ARGS__ }, __FILE__, __LINE__)
const struct seg *rx_(struct run *c, struct rx r, const char *file, int line);

/* The same, but NULL when nothing comes in time: for cases whose course depends
 * on a choice that the standard leaves.  Judges nothing. */
#define rx_maybe(c, ...) rx_maybe_(c, (struct rx){ .ctl = __VA_ARGS__ })
const struct seg *rx_maybe_(struct run *c, struct rx r);

/* Awaits n octets of the DUT's pattern in order, however they are segmented
 * (repeated octets are stepped over), and checks their values.  With .ack true
 * each segment is acknowledged at once.  Returns the last segment. */
struct rx_data {
	uint32_t n;
	bool     ack;
	tick     within;                /* between two segments with octets that are new */
	const char *req;
};
#define rx_data(c, ...) rx_data_(c, (struct rx_data){ .n = __VA_ARGS__ }, __FILE__, __LINE__)
const struct seg *rx_data_(struct run *c, struct rx_data r, const char *file, int line);

/* ---- quiet: nothing may come ---------------------------------------------- */

struct quiet {
	tick     lasts;                 /* from now                              */
	unsigned but;                   /* BUT_*: what is tolerated              */
	bool     no_fence;              /* do not prove by a fence that the DUT listens (where a fence would disturb) */
	const char *req;
	const char *promise;
};
enum { BUT_ACKS = 1, BUT_DATA = 2, BUT_FINS = 4, BUT_RSTS = 8, BUT_SYNS = 16 };

/* Nothing comes for so long, but a larger window; proved by the fence of the DUT's
 * state. */
#define quiet(c, ...) quiet_(c, (struct quiet){ .lasts = __VA_ARGS__ }, __FILE__, __LINE__)
void quiet_(struct run *c, struct quiet q, const char *file, int line);

/* Lets time pass; what comes is judged by the oracle alone. */
void pass(struct run *c, tick t);

/* ---- check, skip ---------------------------------------------------------- */

struct check { const char *promise; const char *req; };

/* A claim: if ok is false, the case fails with the sentence. */
#define check(c, ok, ...) check_(c, ok, (struct check){ .promise = __VA_ARGS__ }, __FILE__, __LINE__)
void check_(struct run *c, bool ok, struct check k, const char *file, int line);

/* A precondition is absent: names it and ends the run. */
_Noreturn void skip(struct run *c, const char *reason);

/* We cannot tell: names why and ends the run. */
_Noreturn void inconclusive(struct run *c, const char *reason);

/* Records what a stack does where the standard leaves it free (MAY). */
void remark(struct run *c, const char *req, const char *text);

/* ---- dut_*: the application over there ------------------------------------ */

struct dut_open {
	int backlog;                    /* listen: 0: default                    */
	uint16_t port;                  /* listen, connect: local port; 0: fresh */
	uint32_t rcvbuf, sndbuf;        /* 0: default                            */
	bool nodelay, paused;           /* paused: does not read                 */
	bool tfo;
};

/* The DUT listens for the current conversation on a port of its own (cases need
 * not call it: open_passive does).  Without CALLS, on its declared port. */
#define dut_listen(c, ...) dut_listen_(c, (struct dut_open){ __VA_ARGS__ })
void dut_listen_(struct run *c, struct dut_open o);

/* The listener of the current conversation closes. */
void dut_unlisten(struct run *c);

/* The DUT connects to us; returns its SYN.  DUT: SYN-SENT. */
#define dut_connect(c, ...) dut_connect_(c, (struct dut_open){ __VA_ARGS__ })
const struct seg *dut_connect_(struct run *c, struct dut_open o);

/* Calls on the current conversation's connection; each fails the case when the
 * DUT answers with an error (dut_try returns the errno instead). */
void dut_send(struct run *c, uint32_t n);               /* n octets that continue its pattern */
void dut_send_urgent(struct run *c, uint32_t n);
void dut_read(struct run *c, uint32_t n);               /* at most n, once    */
void dut_pause(struct run *c);                          /* stops reading      */
void dut_resume(struct run *c);
void dut_shutdown(struct run *c);
void dut_close(struct run *c);
void dut_abort(struct run *c);
void dut_set(struct run *c, enum call_option o, int64_t value);
int  dut_try(struct run *c, struct call k, struct answer *a);  /* .id is filled in */

/* Sets an option before the DUT connects or listens: for the next dut_listen,
 * dut_connect or open_passive of this conversation. */
void dut_preset(struct run *c, enum call_option o, int64_t value);

/* The DUT's application has read just what we sent up to here, n octets of the
 * pattern; waits for it as long as for a reply. */
#define dut_has_read(c, ...) dut_has_read_(c, (struct dut_heard){ .n = __VA_ARGS__ }, __FILE__, __LINE__)
struct dut_heard { uint64_t n; tick within; const char *req; const char *promise; };
void dut_has_read_(struct run *c, struct dut_heard h, const char *file, int line);

/* The DUT's application is told so (NOTE_EOF, NOTE_ERROR, ...), within the time
 * given (default: a reply's) or already was since the conversation began.
 * Returns the note. */
#define dut_told(c, ...) dut_told_(c, (struct dut_told){ .kind = __VA_ARGS__ }, __FILE__, __LINE__)
struct dut_told {
	enum note_kind kind;
	tick within;
	int  error;                     /* NOTE_ERROR: this errno; 0: any        */
	tick since;                     /* only a note stamped later counts; 0: any */
	const char *req;
	const char *promise;
};
const struct note *dut_told_(struct run *c, struct dut_told d, const char *file, int line);

/* True if the application was told so up to now. */
bool dut_was_told(struct run *c, enum note_kind kind);

/* ---- conversations -------------------------------------------------------- */

/* The verbs speak to conversation k from now on (0 is the first; up to 7).  A new
 * one has a port of ours to itself, and no port of the DUT's yet. */
void use(struct run *c, unsigned k);
void use_same_port(struct run *c, unsigned k);          /* a new one to the same listener */
void use_other_address(struct run *c, unsigned k);      /* and from another address of ours, same ports */

/* A new incarnation of the current 4-tuple: fresh ISS and TCB, same ports. */
void reincarnate(struct run *c);

/* ---- our own TCB ---------------------------------------------------------- */

/* What we know of the current conversation; a case may set the first group. */
struct tcb {
	uint32_t iss;                   /* ours; set before the first segment    */
	uint16_t mss;                   /* offered on SYN; 0: no MSS option      */
	uint16_t wnd;                   /* offered, unscaled field               */
	int      ws;                    /* shift offered on SYN; -1: none        */
	bool     ts, sack;              /* offered on SYN                        */
	uint32_t ts_val;                /* our next TSval                        */

	uint32_t snd_nxt, rcv_nxt;      /* ours; natural SEQ and ACK             */
	uint32_t snd_una;               /* acknowledged by the DUT               */
	uint32_t irs;                   /* the DUT's ISS                         */
	uint16_t dut_mss;               /* its MSS option; 536 or 1220 without   */
	uint32_t dut_wnd;               /* its last window, scaled               */
	int      dut_ws;                /* its shift, -1: not negotiated         */
	bool     ts_on, sack_on;        /* negotiated                            */
	uint32_t ts_recent;             /* its last TSval                        */
	uint64_t sent, got;             /* octets of our and of its stream       */
	struct endpoint we, dut;
};
struct tcb *tcb(struct run *c);

/* ---- helpers that read as one step ---------------------------------------- */

/* Three-way handshake, we are the client.  DUT: ESTABLISHED.  Where the DUT only
 * connects (--trigger and no port) it is the client; a case that then asks for its
 * listener is skipped. */
#define open_passive(c, ...) open_passive_(c, (struct dut_open){ __VA_ARGS__ })
void open_passive_(struct run *c, struct dut_open o);

/* Three-way handshake, the DUT is the client.  DUT: ESTABLISHED. */
#define open_active(c, ...) open_active_(c, (struct dut_open){ __VA_ARGS__ })
void open_active_(struct run *c, struct dut_open o);

/* The DUT is in this state when it returns, reached honestly over the wire and
 * by calls.  CLOSED: the conversation is with a port where nobody listens.
 * SYN_RECEIVED: passive.  FIN_WAIT_1, CLOSING, LAST_ACK: its FIN came, and has
 * not been acknowledged (our RCV.NXT is behind it all the same). */
void reach(struct run *c, enum tcp_state s);

/* We send n octets in one segment (at most the DUT's MSS and window each) and
 * the DUT acknowledges them all. */
void we_send(struct run *c, uint32_t n);

/* One connection, both ways: our text is acknowledged (and, with CALLS, the
 * DUT's text arrives).  Works in half-closed states for the open half. */
void data_flows(struct run *c);

/* The connection is alive: an old octet at RCV.NXT-1 draws an ACK with the right
 * numbers. */
#define alive(c, ...) alive_(c, (struct check){ .promise = "the connection is alive" __VA_OPT__(,) __VA_ARGS__ }, __FILE__, __LINE__)
void alive_(struct run *c, struct check k, const char *file, int line);

/* No connection any more: a stray ACK draws a RST with its SEG.ACK. */
#define gone(c, ...) gone_(c, (struct check){ .promise = "the connection is gone" __VA_OPT__(,) __VA_ARGS__ }, __FILE__, __LINE__)
void gone_(struct run *c, struct check k, const char *file, int line);

/* Fills the DUT's receive window with our pattern (the DUT has to be paused);
 * returns the octets sent.  Its window is 0 afterwards. */
uint32_t fill_window(struct run *c);

/* ---- facts ---------------------------------------------------------------- */

tick now(struct run *c);
bool is_ip6(struct run *c);
bool has_calls(struct run *c);
uint32_t default_mss(struct run *c);            /* where a SYN has no MSS option (RFC 9293 3.7.1) */
tick reply_time(struct run *c);                 /* when an immediate reply is overdue */
tick dut_slack(struct run *c);                  /* its timer granularity and our jitter */
tick dut_msl(struct run *c);                    /* as declared; 2 min by the RFC */
uint32_t any_number(struct run *c);             /* from the run's seed */

/* Segments of this conversation so far: the DUT's nth (0 first), NULL behind the
 * end; for looks back ("all copies carry the same octets"). */
const struct seg *seen(struct run *c, unsigned n);
const struct seg *last_seen(struct run *c);
const struct seg *last_sent(struct run *c);

#endif
