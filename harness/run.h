/* run.h: one run of one case, from the inside: for run.c, conn.c, verbs.c,
 * steps.c and the suite.  Cases see case.h only. */
#ifndef TCPCONFORM_RUN_H
#define TCPCONFORM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "case.h"
#include "coro.h"
#include "dut/dut.h"
#include "evidence.h"
#include "loop.h"
#include "oracle/oracle.h"
#include "suite.h"

#define HOLES 64

/* What the link had counted when a silence began: see proof.c. */
struct silence { uint64_t dropped; unsigned clock_steps; };

/* A conversation: our TCB, and what stands beside it. */
struct conn {
	struct tcb tcb;
	bool used;                      /* use() has named it                    */
	bool started;                   /* something was said                    */
	bool reborn;                    /* not the first incarnation             */
	bool stand_in;                  /* the DUT opened, and the case asked for a listener */
	bool heard;                     /* the request of its client was awaited */
	bool irs_known;
	bool in_fragments;              /* segments of the DUT's that we do not put together */
	struct oracle *oracle;          /* from when the DUT's port is known     */
	struct opts dut_syn;            /* options of the DUT's SYN              */
	bool we_offered_ws, we_offered_ts, we_offered_sack;
	bool ws_seen;                   /* windows of the DUT are scaled         */
	int  dut_shift;                 /* the DUT's own shift; -1: none offered */
	tick ts_at;                     /* when tcb.ts_val was right             */
	uint32_t max_snd_nxt;
	uint32_t offered;               /* our last window, scaled; edge: where it ends */
	uint32_t edge;
	uint32_t said_ack;              /* our last ACK and window field         */
	uint16_t said_wnd;
	bool fin_sent, dut_fin;         /* our FIN was said, the DUT's came in order */
	uint64_t taken;                 /* octets of the DUT's stream that the case has taken */

	/* text of the DUT above a hole */
	struct { uint32_t left, right; bool fin; } holes[HOLES];
	unsigned n_holes;

	/* the application over there */
	bool listens;                   /* a listener of its own was opened      */
	int  listener, sock;            /* -1: none (yet)                        */
	struct call   open;             /* the OPEN that concerns it             */
	struct answer opened;
	tick open_from, open_until;
	bool open_told;                 /* the oracle knows                      */
	struct { enum call_option option; int64_t value; } preset[CALL_PRESETS];
	unsigned n_preset;
};

struct run {
	const struct instance *instance;
	struct world *world;
	struct evidence *e;
	struct coro *co;
	struct deadline wake;
	uint64_t chance;                /* state of the generator                */
	enum accept accept;

	struct conn conns[CONVERSATIONS];
	unsigned current;
	size_t digested;                /* events that our TCB and the oracle know */
	size_t cursor;                  /* rx looks from here                    */
	tick since;                     /* stamp of the last stimulus            */
	struct silence then;            /* as the last stimulus left             */
	bool calling;                   /* an answer is owed: the run is not freed before the DUT is closed */
	struct answer answer;
	bool answered;

	const struct judgement *failing;/* ends the run                          */
	const struct judgement *doubt;  /* an inconclusive judgement             */
	const struct judgement *lesser; /* a fail below implied: noted, goes on  */
	bool awaiting;                  /* a verb that judges waits: it has its say before a failure ends the run */
	bool flooded;
	bool finishing;
	tick armed;                     /* when the deadline was set that we wait for */
	tick due;                       /* the deadline, or when something came before it */
	tick late, late_at;             /* by how much we overslept last, and when; 0: not beyond the slack */
	tick throttled;                 /* spent waiting for the DUT's throttle  */
	unsigned silences;              /* that hold the heartbeat               */
	int fence_event;                /* index of the fence under way; -1      */
	bool fence_answered;

	void (*finished)(void *arg, struct run *);
	void *arg;
	struct run *next;               /* of the world's runs                   */
};

/* A run that is ready; run_start lets it begin on the loop. */
struct run *run_new(struct world *, const struct instance *, uint64_t seed, unsigned attempt,
                    enum accept accept, unsigned rank, void (*finished)(void *arg, struct run *), void *arg);
void run_start(struct run *);

/* Ends a run from outside (interrupted, DUT lost): verdict ERROR with a reason. */
void run_stop(struct run *, const char *reason);

/* Ends it since the DUT is gone: a fail where the stack under test is to blame
 * (it crashed, it hangs), else as run_stop. */
void run_lost(struct run *);

/* Frees the run but not its evidence. */
void run_free(struct run *);

/* ---- events come in (world.c calls these) --------------------------------- */

void run_saw(struct run *, unsigned conversation, const struct seg *s,
             const uint8_t *ip, size_t n, tick at);
void run_saw_icmp(struct run *, unsigned conversation, const uint8_t *ip, size_t n, tick at);
void run_noted(struct run *, unsigned conversation, const struct note *);

/* ---- inside a run's coroutine ---------------------------------------------- */

struct conn *conn(struct run *c);

/* Waits until something happens or until `until`; what came is digested. */
void run_wait(struct run *c, tick until);

/* A new event of the current conversation, now; a full time line ends the run. */
struct event *run_event(struct run *c, enum event_kind kind);

/* "file.c:line", for judgements. */
const char *run_place(struct run *c, const char *file, int line);

/* A verb that judges had c->awaiting set while it waited, and has judged now. */
void run_say_ends(struct run *c);

/* Records and counts a judgement; ends the run when it fails (implied or must). */
void run_judge(struct run *c, struct judgement j);

_Noreturn void run_finish(struct run *c, enum verdict v, const char *reason);

char *run_printf(struct run *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

uint64_t chance64(uint64_t *state);
uint64_t hash64(uint64_t seed, const char *text);

/* The first id of the case, for judgements that name none. */
const char *first_req(struct run *c);

/* Without calls, where a service is declared that speaks without being asked
 * (chargen, echo, HTTP): what its application says is its own affair. */
bool speaks_unasked(struct run *c);
/* The same, and one that closes when it likes: HTTP. */
bool closes_unasked(struct run *c);

/* Makes a call on behalf of the current conversation and waits for the answer;
 * the oracle is told, unless it is an OPEN.  Returns the errno. */
int run_call(struct run *c, struct call *k, struct answer *a);

/* ---- conn.c ------------------------------------------------------------------ */

void conn_begin(struct run *c, unsigned k);             /* fresh port, ISS, TCB  */
void conn_know_dut(struct run *c, struct conn *x);      /* the oracle begins     */
void conn_absorb(struct run *c, struct conn *x, const struct seg *s);
void conn_offer(struct conn *x, const struct seg *s);
struct seg conn_build(struct run *c, struct conn *x, const struct tx *t);

/* ---- proof.c: silence can fail ------------------------------------------------ */

void silence_begin(struct run *c, struct silence *);
/* What the DUT says on this conversation may not be seen. */
extern const char in_fragments[];
/* True if we would have seen a reply: waits for a heartbeat where needed. */
bool silence_proved(struct run *c, const struct silence *, const char **why_not);

/* Sends the fence of the DUT's state; 1: answered, 0: not answered, -1: there is
 * none for this state. */
int fence(struct run *c);

/* ---- world.c ------------------------------------------------------------------- */

/* Connects link, DUT and runs.  For targets. */
void world_connect(struct world *);
void world_disconnect(struct world *);
/* Disconnects, and frees it with its DUT, loop and link. */
void world_end(struct world *);
/* A world for virtual time: empty, but for our addresses, which are these. */
struct world *world_virtual(void);
#define VIRTUAL_ADDRESSES 4
const struct addr *virtual_addresses(void);
void world_add(struct world *, struct run *);
void world_remove(struct world *, struct run *);
/* Our next port that no run uses. */
uint16_t world_port(struct world *, uint64_t *chance, const struct addr *ours);
int world_send(struct world *, const struct seg *s, const uint8_t **ip, size_t *n, tick *at, struct arena *);

/* The heartbeat of an IP version: beats every 100 ms while somebody listens. */
void heartbeat_hold(struct world *, uint8_t v);
void heartbeat_release(struct world *, uint8_t v);
/* A heartbeat that was sent at or after `t` was answered. */
bool heartbeat_since(const struct world *, uint8_t v, tick t);
bool heartbeat_works(const struct world *, uint8_t v);

#endif
