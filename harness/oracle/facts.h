/* facts.h: monotone bounds: all that the two ends can have seen of each other.
 *
 * They only grow, whatever is lost or late, so that a permission that compares
 * with them holds for any capture.  They are of the first connection of a
 * 4-tuple: when the numbers begin anew, the bounds speak no more. */
#ifndef TCPCONFORM_ORACLE_FACTS_H
#define TCPCONFORM_ORACLE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../probes/opt.h"
#include "../../probes/seg.h"
#include "tcb.h"

#define FACT_SYNS   8
#define FACT_SPANS  64
#define FACT_TS     64
#define FACT_INPUTS 32          /* the newest segments toward the DUT        */
#define FACT_STREAM 65536       /* octets of the DUT's stream that are kept  */
#define FACT_HELD   16          /* suspicions that wait for late evidence    */

struct fact_syn {
	uint32_t seq, len;
	bool ack, ws, ts, sack;
	uint8_t shift;
	uint16_t mss;           /* 0: it said nothing of it                  */
};

struct fact_input {
	uint32_t seq, ack, end;
	uint8_t ctl;
	int index;
	tick at;
};

struct suspicion {
	int rule;               /* enum permit_rule                          */
	struct seg seg;
	uint32_t beyond;        /* it goes up to here                        */
	int index, stimulus;
	unsigned at_segment;    /* how many segments had been seen           */
};

/* What permit_timers.c keeps: what was repeated while nothing arrived. */
struct timer_facts {
	bool over;              /* a RST was seen, of either end             */
	bool narrow;            /* some window did not cover what was sent   */
	bool sacks;             /* SACK blocks came                          */
	bool answered;          /* something has come since its first text   */

	bool acked_known;
	uint32_t acked;         /* the highest ACK that it may have: SND.UNA is no higher */

	bool syn_waits;         /* its SYN is out, and nothing has come since */
	uint32_t syn_seq;
	tick syn_at;

	bool watching;          /* the lowest that it repeats in silence     */
	uint32_t watched;
	tick last;              /* the newest copy                           */
	tick gap[3];            /* between copies, the newest first          */
	unsigned repeats;       /* how many gaps                             */
	tick quiet_since;       /* nothing has come or gone                  */
	bool timed_out;         /* the first copy came as late as only a timeout's does */
	uint32_t burst, burst_end; /* octets that it sent again with that    */

	struct { bool any; uint32_t seq, acked; tick since; unsigned copies; } fast;
};

struct facts {
	unsigned connections;   /* how many began here; the bounds are of the first */
	unsigned segments;

	/* toward the DUT */
	struct fact_syn syns[FACT_SYNS];
	unsigned n_syns;
	bool reset;             /* a RST was among them                      */
	bool many_syns;         /* of different numbers, or too many         */
	struct span in[FACT_SPANS];
	unsigned n_in;
	uint32_t floor;         /* the DUT has acknowledged up to here; of spans only what lies above counts */
	bool in_lost;           /* more pieces than are kept                 */
	bool send_edge_known;
	uint32_t send_edge;     /* the largest SEG.ACK + window that it may know */
	int send_edge_index;
	bool wl_known;
	uint32_t wl_seq;        /* the highest SEG.SEQ toward it: it may have become SND.WL1 */
	uint32_t wnd_max;       /* the largest window ever offered to it         */
	struct fact_input inputs[FACT_INPUTS];
	unsigned n_inputs;
	uint32_t ts_in[FACT_TS]; /* every TSval toward the DUT               */
	unsigned n_ts_in;
	bool ts_in_lost;        /* more than are kept                        */

	/* from the DUT */
	bool syn;               /* a SYN of it was seen                      */
	bool over;              /* it has sent FIN or RST: the next SYN begins anew */
	bool syn_acked;         /* and one with ACK                          */
	tick syn_at;
	uint32_t iss, irs;
	bool irs_known;
	bool ws, ts, sack;      /* on its SYN                                */
	bool open_ws, open_ts;  /* on its SYN without ACK: an active open    */
	uint8_t shift;
	bool far;               /* it has sent so much that numbers may come again */
	uint32_t out_max;       /* behind the highest octet that it has sent */
	bool fin;
	uint32_t fin_seq;
	uint32_t newest_iss;    /* of its newest SYN, whichever connection that began */
	bool fin_behind_it;     /* and a FIN was sent since                  */
	bool edge_known;
	uint32_t edge;          /* the largest right edge that it has offered */
	bool newest_known;      /* of its newest segment with ACK, by proven order */
	uint32_t newest_ack, newest_edge, newest_ts;
	bool newest_has_ts;

	bool ts_out_known;
	uint32_t ts_out;        /* its newest TSval ...                      */
	tick ts_out_at;         /* ... and since when it is that             */
	struct timer_facts timers;

	uint8_t *stream, *kept; /* its octets from ISS+1, and which are known */

	struct suspicion held[FACT_HELD];
	unsigned n_held;
};

#endif
