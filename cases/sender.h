/* sender.h: steps that the cases about a sending DUT share.
 *
 * Built from the verbs of harness/case.h alone; what is said here once would
 * otherwise hide the story of twenty cases.  Time is taken from the stamps of
 * segments, never from the moment in which we look. */
#ifndef TCPCONFORM_CASES_SENDER_H
#define TCPCONFORM_CASES_SENDER_H

#include <string.h>

#include "../harness/case.h"

/* The DUT's MSS shall be n octets, and nothing shall be negotiated that gives it
 * other means of finding a loss than duplicate ACKs and its timer: without SACK
 * there is no RACK and no tail loss probe (RFC 8985 5), and without timestamps
 * Karn's algorithm has nothing to disambiguate by (RFC 6298 3). */
static inline void plain(struct run *c, uint16_t n)
{
	struct tcb *t = tcb(c);

	t->mss = n;
	t->ws = -1;
	t->ts = t->sack = false;
}

/* A passive open whose handshake takes `rtt` as the DUT measures it. */
static inline void open_in(struct run *c, tick rtt)
{
	dut_listen(c, .nodelay = true);
	tx(c, SYN);
	rx(c, SYN | ACK);                               /* DUT: SYN-RECEIVED */
	pass(c, rtt);
	tx(c, ACK);                                     /* DUT: ESTABLISHED  */
}

/* Three exchanges of n octets: even a TCP that begins with one segment may now have
 * four in flight (RFC 5681 3.1 bounds the initial window from above only). */
static inline void warm(struct run *c, uint32_t n)
{
	for (int i = 0; i < 3; i++) {
		dut_send(c, n);
		rx_data(c, n, .ack = true);
	}
}

/* The same for more: where slow start ends at the window that we offer (RFC 5681 3.1:
 * ssthresh "SHOULD be set arbitrarily high"), the congestion window grows by less than
 * a segment each round trip from there on. */
static inline void warm_well(struct run *c, uint32_t n)
{
	for (int i = 0; i < 8; i++)
		warm(c, n);
}

/* Whether a reset that has left was taken: the application was told, or nobody is there
 * who answers an old octet.  What the application is told is another matter. */
static inline bool reset_was_taken(struct run *c)
{
	pass(c, reply_time(c));
	if (dut_was_told(c, NOTE_ERROR))
		return true;
	tx(c, ACK, .dseq = -1, .len = 1, .why = "an old octet: is the connection there?");
	return !rx_maybe(c, ACK);
}

/* How many segments the DUT has sent on this conversation. */
static inline unsigned segments(struct run *c)
{
	unsigned n = 0;

	while (seen(c, n))
		n++;
	return n;
}

/* The sequence number behind the highest octet of text that the DUT has sent. */
static inline uint32_t highest(struct run *c)
{
	uint32_t high = tcb(c)->irs + 1;

	for (unsigned n = 0; seen(c, n); n++) {
		const struct seg *s = seen(c, n);

		if (s->len && seq_lt(high, s->seq + s->len))
			high = s->seq + s->len;
	}
	return high;
}

/* Of 4000 octets from the DUT no segment has more text than fits beside its options
 * into `most`. */
static inline bool sends_no_more_than(struct run *c, uint16_t most)
{
	dut_send(c, 4000);
	rx_data(c, 4000, .ack = true);
	for (unsigned n = 0; seen(c, n); n++)
		if (seen(c, n)->len + seen(c, n)->opt_len > most)
			return false;
	return true;
}

/* The same of an MSS of `n` that stands alone on a SYN: shown on another conversation,
 * for cases that count by it. */
static inline bool obeys_mss(struct run *c, uint16_t n)
{
	use(c, 1);
	plain(c, n);
	open_passive(c);
	bool ok = sends_no_more_than(c, n);
	use(c, 0);
	return ok;
}

/* How many of the DUT's segments, from the nth on, carry the octet at `seq`. */
static inline unsigned copies(struct run *c, uint32_t seq, unsigned n)
{
	unsigned found = 0;

	for (; seen(c, n); n++) {
		const struct seg *s = seen(c, n);

		if (s->len && seq_le(s->seq, seq) && seq_lt(seq, s->seq + s->len))
			found++;
	}
	return found;
}

/* How many of the DUT's segments, from the nth on, carry text. */
static inline unsigned with_text(struct run *c, unsigned n)
{
	unsigned found = 0;

	for (; seen(c, n); n++)
		found += seen(c, n)->len != 0;
	return found;
}

/* The longest text in one of the DUT's segments. */
static inline uint32_t longest(struct run *c)
{
	uint32_t most = 0;

	for (unsigned n = 0; seen(c, n); n++)
		if (seen(c, n)->len > most)
			most = seen(c, n)->len;
	return most;
}

/* Several segments, n octets together but for what makes no full one, are in flight at
 * once: what is held after that is not held by a congestion window of one segment.  Where
 * it keeps less in flight, as it may (RFC 5681 3), the case is skipped. */
static inline void has_room_for_several(struct run *c, uint32_t n)
{
	uint32_t rest = n % longest(c);

	dut_send(c, n);
	rx_data(c, n - rest);
	tx(c, ACK);
	if (rest)
		rx_data(c, rest, .ack = true);
}

/* The time until the DUT sent anything again after `s`, when nothing reached it
 * since: one retransmission timeout.  The first copy that comes is returned. */
#define repeated(c, s, ...) \
	rx(c, (s)->ctl & (SYN | FIN | ACK), .after = (s), .seq = EXACT((s)->seq), __VA_ARGS__)

/* One round trip of `rtt` with 100 octets of the DUT, from which it takes a
 * clean sample. */
static inline void exchange_in(struct run *c, tick rtt)
{
	dut_send(c, 100);
	rx_data(c, 100);
	pass(c, rtt);
	tx(c, ACK);
}

/* How long the nth copy (0 is the first) may be in coming, and then it doubles.  A
 * timeout that begins at one second is recommended (RFC 6298 2.1); libslirp, as 4.4BSD,
 * begins at six, and that alone is judged where it is the matter.  A timer that ticks
 * is late by a tick in the beginning, and so by 2^n ticks after n doublings. */
static inline tick copy_within(struct run *c, unsigned n)
{
	return (S(7) + dut_slack(c)) << n;
}

/* The DUT's retransmission timeout after a handshake and three exchanges like ours,
 * measured on a conversation of its own: whether the SYN,ACK gives a sample is the
 * DUT's choice, what warm() sends does. */
static inline tick rto_elsewhere(struct run *c, unsigned k)
{
	const struct seg *text, *again;

	use(c, k);
	plain(c, 1000);
	open_in(c, 0);
	warm(c, 1000);
	dut_send(c, 100);
	text = rx_data(c, 100);
	again = repeated(c, text, .within = copy_within(c, 0));
	tx(c, ACK);
	use(c, 0);
	return again->at - text->at;
}

/* A flight of the DUT arrives; how many octets are outstanding then.  Where several
 * ACKs have released it, it may be here before the last of them has left. */
static inline uint32_t arrives(struct run *c)
{
	uint32_t acked = last_sent(c)->ack;

	if (!seq_lt(acked, highest(c)))
		rx(c, ACK, .after = last_seen(c), .within = now(c) - last_seen(c)->at + reply_time(c));
	pass(c, MS(30));
	return highest(c) - acked;
}

/* The same, and all of it is taken.  How long its segments are is the DUT's choice up
 * to our MSS, and what makes no full one may wait for more room (3.8.6.2.1): so the
 * window may not be used up. */
static inline uint32_t flight(struct run *c)
{
	uint32_t acked = last_sent(c)->ack, rest;
	const struct seg *first = rx(c, ACK);

	pass(c, MS(30));
	rest = tcb(c)->rcv_nxt - (first->seq + first->len);
	if (rest)
		rx_data(c, rest);
	return highest(c) - acked;
}

/* The window ends at `edge`, and all of it is used but for what makes no full
 * segment; nothing stands beyond it.  Who keeps less in flight, as he may (RFC 5681 3),
 * is shown to by rx_data, and the case is skipped. */
static inline bool is_full(struct run *c, uint32_t edge)
{
	if (seq_le(highest(c) + longest(c), edge))
		rx_data(c, edge - tcb(c)->rcv_nxt);
	return seq_le(highest(c), edge) && seq_lt(edge, highest(c) + longest(c));
}

/* Each segment of 1000 octets that has arrived is acknowledged by an ACK of its own:
 * the DUT's congestion window opens. */
static inline void ack_each(struct run *c)
{
	uint32_t acked = last_sent(c)->ack;

	for (; seq_lt(acked + 1000, tcb(c)->rcv_nxt); acked += 1000)
		tx(c, ACK, .ack = EXACT(acked + 1000));
	tx(c, ACK);
}

/* So many flights, each acknowledged so. */
static inline void grow(struct run *c, unsigned flights)
{
	while (flights--) {
		arrives(c);
		ack_each(c);
	}
}

#endif
