/* link.h: a wire in three operations: send, let time pass, close.
 *
 * What travels is an IP datagram.  link_sim.c simulates a wire in virtual time,
 * link_net.c puts it on an interface with libnet and takes it off with libpcap
 * in real time.  Only the loop and the links see a clock. */
#ifndef TCPCONFORM_LINK_H
#define TCPCONFORM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seg.h"
#include "tick.h"

struct link;

struct link_ops {
	int  (*send)(struct link *, const uint8_t *ip, size_t n, tick *sent_at);
	tick (*wait_until)(struct link *, tick when);
	void (*close)(struct link *);
};

/* What a link can say about the proof that nothing was missed. */
struct link_stats {
	uint64_t sent, received;
	uint64_t dropped;               /* by the capture, before we saw them       */
	tick     late_max;              /* by how much a deadline was overslept      */
	unsigned clock_steps;           /* how often the system's clocks disagreed   */
};

struct link {
	const struct link_ops *ops;
	bool is_virtual;                /* time passes only in wait_until            */
	/* Called from wait_until for every datagram that arrives for us; `full` is
	 * its length on the wire, `at` the stamp of its arrival. */
	void (*arrived)(void *arg, const uint8_t *ip, size_t n, size_t full, tick at);
	void *arg;
	struct link_stats stats;
	char note[160];                 /* what weakens judgements here, and its remedy; or "" */
	char lost[160];                 /* why nothing comes or goes any more; "" while it lives */
};

/* Sends one datagram now.  *sent_at (may be NULL) is when it left.  0 or -errno. */
static inline int link_send(struct link *l, const uint8_t *ip, size_t n, tick *sent_at)
{
	return l->ops->send(l, ip, n, sent_at);
}

/* Lets time pass until `when` or until something happened: a datagram arrived
 * (which was then handed to `arrived`), a watched descriptor spoke, the far end
 * of a simulated wire moved.  Says what time it is; TICK_NEVER only on a
 * simulated wire, if `when` is TICK_NEVER and nothing will ever happen. */
static inline tick link_wait_until(struct link *l, tick when)
{
	return l->ops->wait_until(l, when);
}

static inline void link_close(struct link *l)
{
	if (l)
		l->ops->close(l);
}

/* ---- the simulated wire -------------------------------------------------- */

/* Who sits at the far end: the DUT in process.  Both clocks are the wire's. */
struct link_far {
	void *arg;
	void (*input)(void *arg, const uint8_t *ip, size_t n, tick now);
	/* When it has something to do next; TICK_NEVER: not before something comes
	 * in.  What lies behind `limit` does not matter yet: it may be said too early,
	 * but not before `limit`. */
	tick (*poll_at)(void *arg, tick limit);
	void (*tick)(void *arg, tick now);      /* called when poll_at has come  */
};

/* Within one instant the datagrams come first, in the order of their sending,
 * then the far end's deadlines.  Only `reorder` lets one overtake another: jitter
 * delays those behind it, too.  Each direction has a generator of its own, so
 * that one more datagram this way leaves the fate of those that way as it was. */
struct link_sim_config {
	tick     delay;                 /* one way; 0 is allowed                     */
	tick     jitter;                /* added, uniformly, 0..jitter               */
	double   loss, duplicate, reorder;      /* probabilities, each direction     */
	tick     reorder_by;            /* a reordered datagram is held back this long */
	uint64_t seed;
};

struct link *link_sim_new(const struct link_sim_config *, const struct link_far *);

/* The far end sends one datagram toward the tester. */
void link_sim_far_send(struct link *, const uint8_t *ip, size_t n);

/* The wire's clock, for the far end. */
tick link_sim_now(const struct link *);

/* ---- an interface -------------------------------------------------------- */

struct link_net_config {
	const char *iface;
	struct addr own[16];            /* addresses that are ours alone: answered for by ARP and NDP */
	unsigned    n_own;
	struct addr peer[4];            /* the DUT's; only what they send to us is captured */
	unsigned    n_peer;             /* 0: everybody (the reference stack on an interface) */
	const char *gateway4, *gateway6;/* next hop when the peer is not on the link, or NULL */
	bool        own_address;        /* our addresses belong to this host: do not answer for them */
	int         snaplen;            /* 0: whole frames */
};

/* Opens the interface.  On failure returns NULL and one sentence, which names
 * the remedy, in err.
 *
 * Its clock is CLOCK_MONOTONIC from here on; stamps of arrivals are the kernel's.
 * *sent_at is read before the frame is handed to the kernel, so that an answer is
 * never older than its question.  A datagram to a neighbour that is not known yet
 * waits (the last one for each neighbour) until the neighbour has told. */
struct link *link_net_new(const struct link_net_config *, char *err, size_t n);

/* fn(arg) is called from wait_until when fd is readable or has hung up.
 * 0 or -errno; fn NULL removes it.  Only for link_net. */
int link_watch(struct link *, int fd, void (*fn)(void *arg), void *arg);

/* What the link's clock says, without letting time pass: for a stamp taken in a
 * link_watch callback.  Only for link_net. */
tick link_net_now(const struct link *);

/* Finds the link-layer address of a (or of the gateway of its version) by ARP or
 * NDP and keeps it; 0, or -EHOSTUNREACH when nobody answers within 3 s, or
 * -EADDRNOTAVAIL when no own address has a's version. */
int link_net_resolve(struct link *, const struct addr *a);

/* True if somebody else answers for a on this link (RFC 5227 probe, NDP DAD).
 * The first call for an own address asks for all of them, three times in 0.6 s:
 * the RFC's random seconds are for many hosts that boot at once. */
bool link_net_in_use(struct link *, const struct addr *a);

#endif
