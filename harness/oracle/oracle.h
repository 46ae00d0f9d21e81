/* oracle.h: the embedded reference state machine: every segment of one
 * connection goes in, judgements come out.
 *
 * Reactions (what the DUT must do with what reached it) are the table in
 * rules_*.c, one row a sentence of RFC 9293 3.10.  Permissions (what the DUT
 * must never send, whatever it has received) are in permit_*.c; they compare
 * with an upper bound of what the DUT may have seen and hold for any capture.
 * One step serves the live run and the offline check.  The oracle was written
 * from the text, never from the stack. */
#ifndef TCPCONFORM_ORACLE_H
#define TCPCONFORM_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../probes/seg.h"
#include "../call.h"
#include "../verdict.h"

enum vantage {
	VANTAGE_TESTER,         /* we are the peer, on our own link              */
	VANTAGE_DUT,            /* captured at the judged host                   */
	VANTAGE_PEER,           /* captured at the other host                    */
	VANTAGE_MIDDLE          /* captured in between                           */
};

enum accept { ACCEPT_STRICT, ACCEPT_DEPLOYED, ACCEPT_LEGACY793 };

struct oracle_config {
	enum vantage vantage;
	enum accept  accept;
	bool live;              /* reactions are judged too, by time and fence   */
	bool lossless;          /* what we send is known to arrive, in order     */
	bool calls_known;       /* every call on the DUT is told by oracle_called */
	bool listening;         /* without calls: the DUT listens on its port    */
	bool whole;             /* the conversation is seen from its first segment */
	bool no_paws;           /* RFC 7323 5.3: "if the PAWS algorithm is used" */
	tick reply_within;      /* an immediate reply later than this is overdue */
	tick slack;             /* of every time bound: DUT's timer tick, jitter */
	tick msl;
	/* A judgement; its strings live as long as the oracle. `stimulus` and
	 * `reply` carry the `index` given with the segments. */
	void (*judge)(void *arg, const struct judgement *);
	/* A permission that has been judged with this verdict is broken once more,
	 * by the segment `index`.  May be NULL. */
	void (*repeated)(void *arg, const char *rule, enum verdict, int index);
	void *arg;
};

struct oracle;

/* One connection, between the DUT's endpoint and the other's. */
struct oracle *oracle_new(const struct oracle_config *, const struct endpoint *dut,
                          const struct endpoint *other);
void oracle_free(struct oracle *);

/* A segment toward the DUT (s->at: when it left us, or was captured) and one
 * from it.  `index` names it in judgements. */
void oracle_sent(struct oracle *, const struct seg *s, int index);
void oracle_seen(struct oracle *, const struct seg *s, int index);

/* A call that concerns this connection (or its listener) was made on the DUT
 * between `from` and `until`.  A segment seen later whose stamp is at most
 * `until` may have left before it. */
void oracle_called(struct oracle *, const struct call *, const struct answer *, tick from, tick until);

/* Whatever the DUT sent before `now` has been handed in.  `proof`: we would have
 * seen a reply if there had been one (nothing dropped, heartbeat answered, not
 * late); overdue reactions fail with it and are inconclusive without. */
void oracle_passed(struct oracle *, tick now, bool proof);

/* A segment that must draw a reply in the state the DUT is in now, chosen so
 * that it changes nothing: an old octet at RCV.NXT-1 when synchronized, an ACK
 * of ISS in SYN-SENT, a stray ACK in LISTEN and CLOSED.  False where there is
 * none (then time and heartbeat judge).  The text of *out is static. */
bool oracle_fence(const struct oracle *, struct seg *out);

/* True if `s`, from the DUT, answers the last fence.  `prompt`: it came as soon as an
 * answer does; then its FIN may be in it again, which its timer could have sent. */
bool oracle_answers_fence(const struct oracle *, const struct seg *s, bool prompt);

/* The conversation is over: end-of-file judgements. */
void oracle_end(struct oracle *, tick now, bool proof);

/* The states still possible, as bits 1 << enum tcp_state, and in words. */
unsigned oracle_states(const struct oracle *);
const char *oracle_state(const struct oracle *);

struct oracle_stats {
	unsigned hypotheses_max, joins, judged, skipped;
	bool gap;               /* segments toward or from the DUT were not seen */
};
struct oracle_stats oracle_stats(const struct oracle *);

/* True for a permission that compares with all that the DUT may have seen: where
 * there was a gap, its breach is only suspicious. */
bool oracle_needs_input(const char *rule);

#endif
