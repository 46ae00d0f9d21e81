/* tcb.h: the transmission control block, and what the stack's files call of one
 * another.  Not for anyone outside harness/stack; stack.h is the door.
 *
 * Reading order: segment_arrives.c and calls.c (3.10), timers.c (3.10.8), then
 * output.c, reassembly.c, options.c, rtt.c, congestion.c, isn.c as needed.
 *
 * An event (a segment, a call, a timer) only changes variables and says what is
 * owed (ack_now); output() acts on that once, at the end of the event, so that
 * acknowledgments are aggregated (MUST-58, MUST-59).  A TCB that is deleted goes
 * to CLOSED at once and is freed after the event. */
#ifndef TCPCONFORM_TCB_H
#define TCPCONFORM_TCB_H

#include "../../probes/opt.h"
#include "../../probes/seq.h"
#include "faults.h"
#include "stack.h"

#define MAX_GAPS 64             /* ranges held above a gap                       */

struct range {
	uint64_t from, to;      /* octets of the peer's stream: [from, to)       */
};

/* A deadline that is not set is TICK_NEVER. */
struct timers {
	tick retransmission;    /* RFC 6298 5; in the persist state the probe (3.8.6.1) */
	tick override;          /* of the sender's SWS avoidance (3.8.6.2.1)     */
	tick delayed_ack;       /* 3.8.6.3                                       */
	tick keepalive;         /* 3.8.4                                         */
	tick user;              /* R2, or the user timeout (3.8.3, 3.10.8)       */
	tick time_wait;         /* 2 MSL; in FIN-WAIT-2 its own time             */
};

/* What an application may set of one connection, or of a listener for its
 * connections. */
struct options {
	bool keepalive, nodelay, oobinline;
	bool paused;            /* it begins without reading                     */
	tick keepalive_idle, keepalive_interval;
	int  keepalive_count;
	int64_t linger;         /* seconds; -1: off                              */
	uint32_t rcv_buffer, snd_buffer;
	tick user_timeout;      /* 0: R2 holds                                   */
	uint16_t maxseg;        /* 0: no limit of the user's                     */
};

struct tcb {
	struct tcb *next;
	int  id;                /* -1 until a user has it                        */
	int  listener;          /* -1 for an active OPEN                         */
	bool passive;           /* came from LISTEN (MUST-11)                    */
	bool user_holds;        /* the user has not called CLOSE or ABORT        */
	enum tcp_state state;
	struct endpoint own, peer;
	struct options opt;

	struct {
		uint32_t una, nxt, wnd, up, wl1, wl2, iss;
		uint32_t max_wnd;       /* MAX.SND.WND (RFC 5961), Max(SND.WND)  */
		bool     urgent;        /* SND.UP is of meaning                  */
		uint64_t written;       /* octets of all SENDs so far            */
		uint32_t base_seq;      /* the octet of the stream at ...        */
		uint64_t base;          /* ... this offset: all before is acknowledged */
		bool     fin_queued, fin_sent;
		uint32_t fin;           /* its sequence number, once sent        */
		uint32_t resend, resend_end; /* to be sent again after a timeout */
		uint16_t mss;           /* SendMSS: what the peer offered        */
		uint8_t  shift;         /* Snd.Wind.Shift                        */
		tick     last_at;       /* text was last sent                    */
	} snd;

	struct {
		uint32_t nxt, up, irs;
		uint32_t edge;          /* right edge of the window, the farthest ever offered */
		uint32_t last_ack_sent; /* Last.ACK.sent (RFC 7323 4.3)          */
		bool     urgent;        /* RCV.UP is of meaning: the user is in urgent mode */
		uint8_t  shift;         /* Rcv.Wind.Shift                        */
		bool     fin;           /* the peer's FIN has been processed     */
	} rcv;

	/* Receive buffer and what is above a gap (reassembly.c). */
	struct {
		uint8_t *octets;        /* of `size`; octet o is at o % size     */
		uint32_t size;
		uint64_t read, end;     /* [read, end) waits for the user; end belongs to RCV.NXT */
		struct range above[MAX_GAPS];
		unsigned n_above;
		bool     fin;           /* a FIN waits at ...                    */
		uint64_t fin_at;
		uint64_t digest;        /* of what the user has read             */
		bool     paused;
		bool     eof_told;
	} buf;

	struct {                        /* RFC 7323                              */
		bool     offered, ok;   /* TSopt: Snd.TS.OK                      */
		bool     ws_offered, ws_ok;
		uint32_t recent;        /* TS.Recent                             */
		tick     recent_at;
		uint32_t offset;        /* of our timestamp clock                */
	} ts;

	struct {                        /* RFC 6298                              */
		tick     srtt, rttvar, rto;
		bool     measured, timing;
		uint32_t timed_seq;     /* an ACK of this or more ends the measurement */
		tick     timed_at;
		int      backoff;       /* doublings since the last sample       */
		int      retransmissions; /* of the segment at SND.UNA           */
		bool     syn_timed_out;
	} rtt;

	struct {                        /* RFC 5681, 6582                        */
		uint32_t cwnd, ssthresh, acked;
		uint32_t recover;
		int      dupacks;
		bool     recovering, partial_seen;
		uint32_t limited;       /* octets sent by limited transmit       */
	} cong;

	int      keepalive_probes;      /* unanswered                            */
	int      persist_probes;        /* since the window became zero          */
	bool     ack_now;               /* an ACK is owed                        */
	int      ack_segments;          /* segments of text not yet acknowledged */
	uint32_t ack_octets;
	bool     window_update;         /* the user has read: see whether to tell */
	struct { tick since; int count; } challenge;
	uint16_t pmtu;                  /* 0: the stack's MTU                    */
	struct {                        /* reopened from TIME-WAIT (MAY-2)       */
		bool valid;
		uint32_t snd_nxt, rcv_nxt;
	} old;

	struct timers timer;
};

struct listener {
	struct listener *next;
	int      id;
	uint8_t  v;
	uint16_t port;
	int      backlog;
	struct options opt;
};

struct stack {
	struct stack_config cfg;
	struct knobs k;
	enum fault_id fault;
	tick     now;
	uint64_t key[2], random;        /* secret of ISNs; ports and offsets     */
	uint32_t isn_ticks;             /* connections so far                    */
	int      next_id;
	int      n_tcbs, n_husks;
	struct tcb *tcbs;               /* oldest first                          */
	struct listener *listeners;
	bool     muted;                 /* by a deviation: nothing leaves        */
	int      fault_count;           /* what a deviation remembers            */
	uint8_t  text[65536];           /* of the segment that is leaving        */
};

/* One token for a deviation that nothing but the place itself can say. */
static inline bool fault(const struct stack *st, enum fault_id id)
{
	return st->fault == id;
}

/* RCV.WND: what is left of the window offered. */
static inline uint32_t rcv_wnd(const struct tcb *t)
{
	return seq_lt(t->rcv.nxt, t->rcv.edge) ? t->rcv.edge - t->rcv.nxt : 0;
}

static inline uint32_t flight_size(const struct tcb *t)
{
	return t->snd.nxt - t->snd.una;
}

/* The synchronized states of 3.5.2. */
static inline bool synchronized(enum tcp_state s)
{
	return s != CLOSED && s != LISTEN && s != SYN_SENT && s != SYN_RECEIVED;
}

/* SND.UNA still is ISS: our SYN has not been acknowledged. */
static inline bool syn_outstanding(const struct tcb *t)
{
	return t->snd.una == t->snd.iss;
}

/* Our FIN has been sent and acknowledged. */
static inline bool fin_acked(const struct tcb *t)
{
	return t->snd.fin_sent && seq_lt(t->snd.fin, t->snd.una);
}

/* ---- segment_arrives.c ---------------------------------------------------- */

/* One segment on its way through 3.10.7. */
struct arrival {
	struct stack *st;
	struct tcb *t;                  /* NULL in CLOSED and LISTEN             */
	struct listener *l;             /* LISTEN                                */
	const struct tcb *reopens;      /* the connection in TIME-WAIT that the SYN follows */
	const struct seg *s;            /* as it came                            */
	struct seg altered;             /* what a deviation takes it for         */
	struct opts o;
	/* The idealized segment: begins at RCV.NXT or above it and does not
	 * exceed the window. */
	uint32_t seq;
	const uint8_t *text;
	uint32_t len;
	bool     fin;
};

enum { GO_ON, RETURN };
typedef int step(struct arrival *);     /* GO_ON or RETURN */

extern step *const closed_state[], *const listen_state[], *const syn_sent_state[],
	*const other_states[];

void segment_arrives(struct arrival *a);

/* Each step, so that faults.c can put another in its place. */
step closed_discard_rst, closed_send_reset;
step listen_first_check_for_rst, listen_second_check_for_ack, listen_third_check_for_syn,
	listen_fourth_other;
step syn_sent_first_check_ack, syn_sent_second_check_rst, syn_sent_third_check_security,
	syn_sent_fourth_check_syn, syn_sent_fifth_otherwise;
step before_first_check_timestamps, first_check_sequence_number, second_check_rst_bit,
	third_check_security, fourth_check_syn_bit, fifth_check_ack_field,
	sixth_check_urg_bit, seventh_process_segment_text, eighth_check_fin_bit;

void challenge_ack(struct stack *, struct tcb *);
void enter_established(struct stack *, struct tcb *);
void enter_fin_wait_2(struct stack *, struct tcb *);
void enter_time_wait(struct stack *, struct tcb *);

/* ---- calls.c, icmp_arrives.c ----------------------------------------------- */

void user_call(struct stack *, const struct call *, struct answer *);
void call_abort(struct stack *, struct tcb *, struct answer *);
void abort_ends(struct stack *, struct tcb *);
void icmp_arrives(struct stack *, const struct icmp *);

/* ---- stack.c -------------------------------------------------------------- */

struct tcb *tcb_new(struct stack *, const struct options *, const struct endpoint *own,
                    const struct endpoint *peer);
struct tcb *tcb_by_id(struct stack *, int id);
struct tcb *tcb_find(const struct stack *, const struct endpoint *own, const struct endpoint *peer);
struct listener *listener_find(const struct stack *, const struct endpoint *own);
struct listener *listener_by_id(struct stack *, int id);
bool own_address(const struct stack *, const struct addr *);
/* Broadcast, multicast and zero addresses cannot be a peer. */
bool unicast(const struct addr *);
int half_open(const struct stack *, int listener);
/* Delete the TCB, enter CLOSED; errno 0: as agreed with the peer. */
void connection_gone(struct stack *, struct tcb *, int error);
struct listener *listener_add(struct stack *, uint8_t v, uint16_t port, int backlog,
                              const struct options *);
void listener_remove(struct stack *, struct listener *);
void tcb_options_defaults(const struct stack *, struct options *);
void note(struct stack *, struct tcb *, enum note_kind, uint64_t n, int error);

/* ---- output.c ------------------------------------------------------------- */

/* Everything that is owed and allowed: retransmissions after a timeout, new
 * text, FIN, and if none of them carried it, the ACK. */
void output(struct stack *, struct tcb *);
void send_syn(struct stack *, struct tcb *);
void send_ack(struct stack *, struct tcb *);    /* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
void send_segment(struct stack *, struct tcb *, uint8_t ctl, uint32_t seq, uint32_t len);
/* The segment at the front of the retransmission queue; at most max octets. */
void send_front(struct stack *, struct tcb *, uint32_t max);
/* The same after a timeout: what follows it goes again as slow start allows. */
void resend_front(struct stack *, struct tcb *);
/* CLOSE in SYN-RECEIVED: the FIN does not wait for the ACK of our SYN. */
void send_fin_now(struct stack *, struct tcb *);
void send_keepalive(struct stack *, struct tcb *);
void send_probe(struct stack *, struct tcb *);
void send_override(struct stack *, struct tcb *);
/* The reset that answers s where there is no connection for it (3.5.2). */
void send_reset_for(struct stack *, const struct seg *s, const struct opts *o);
/* <SEQ=SND.NXT><CTL=RST> */
void send_reset(struct stack *, struct tcb *);
uint64_t snd_unsent(const struct tcb *);        /* octets that never left           */
uint32_t snd_end_of_data(const struct tcb *);   /* SND.NXT without our FIN          */
bool in_persist(const struct tcb *);            /* zero window and something to say */

/* ---- options.c ------------------------------------------------------------ */

uint16_t mss_to_offer(const struct stack *, const struct tcb *);
uint16_t eff_snd_mss(const struct stack *, const struct tcb *);
void options_for_syn(struct stack *, struct tcb *, struct seg *);
void options_for_any(struct stack *, struct tcb *, struct seg *);
void options_of_syn(struct stack *, struct tcb *, const struct opts *);
uint32_t ts_clock(const struct stack *, const struct tcb *);
bool paws_rejects(const struct stack *, const struct tcb *, const struct opts *);
void ts_record(const struct stack *, struct tcb *, const struct opts *, uint32_t seq);

/* ---- reassembly.c --------------------------------------------------------- */

/* Takes text at seq, which lies in the window; false if there was no room to
 * hold it.  RCV.NXT is advanced over what is now in order. */
bool text_arrives(struct tcb *, uint32_t seq, const uint8_t *text, uint32_t len);
bool hold_text(struct tcb *, uint32_t seq, const uint8_t *text, uint32_t len);
void join_text(struct tcb *);
void hold_fin(struct tcb *, uint32_t seq);
bool fin_in_order(const struct tcb *);          /* the FIN that waits is next       */
void user_reads(struct stack *, struct tcb *);  /* as far as the user wants         */
uint64_t user_takes(struct stack *, struct tcb *, uint64_t n);
uint16_t window_to_offer(struct stack *, struct tcb *, bool syn);
/* Octets for which there is room, beyond the right edge. */
uint32_t room_beyond_edge(const struct tcb *);
bool window_worth_telling(const struct stack *, const struct tcb *);
void set_rcv_buffer(struct tcb *, uint32_t size);

/* ---- timers.c ------------------------------------------------------------- */

tick rto_now(const struct stack *, const struct tcb *);
void retransmission_start(struct stack *, struct tcb *);        /* if it is not running */
void retransmission_restart(struct stack *, struct tcb *);
void keepalive_restart(struct stack *, struct tcb *);
void user_timer_restart(struct stack *, struct tcb *);
void timers_stop(struct tcb *);
tick timers_next(const struct tcb *);
void timers_run(struct stack *, struct tcb *);

/* ---- faults.c --------------------------------------------------------------- */

/* The step itself, or what the declared misbehaviour has in its place. */
step *faults_step(const struct stack *, step *);
/* A segment is leaving (t is NULL for a reset without connection).  False: it
 * does not. */
bool faults_wire(struct stack *, struct tcb *, struct seg *);
/* A user calls.  True: the misbehaviour has answered. */
bool faults_call(struct stack *, struct tcb *, const struct call *, struct answer *);
/* Timers of the connection are due. */
void faults_timer(struct stack *, struct tcb *);

/* ---- rtt.c, congestion.c, isn.c ------------------------------------------- */

void rtt_init(const struct stack *, struct tcb *);
void rtt_sample(const struct stack *, struct tcb *, tick r);
void rtt_sent(const struct stack *, struct tcb *, uint32_t end, bool again);
void rtt_acked(const struct stack *, struct tcb *, const struct opts *);

void congestion_init(const struct stack *, struct tcb *);
void congestion_acked(struct stack *, struct tcb *, uint32_t n);
void congestion_dupack(struct stack *, struct tcb *);
void congestion_timeout(const struct stack *, struct tcb *);
void congestion_before_send(const struct stack *, struct tcb *);
uint32_t congestion_window(const struct stack *, const struct tcb *);

void choose_iss(struct stack *, struct tcb *);
uint64_t stack_random(struct stack *);
void isn_seed(struct stack *, uint64_t seed);

#endif
