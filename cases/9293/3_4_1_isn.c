/* 3_4_1_isn.c: the choice of initial sequence numbers (RFC 9293 3.4.1, RFC 6528). */
#include "harness/case.h"

SECTION("9293/3.4.1");

#define PEERS 6

/* The ISS of a SYN,ACK to each of several ports of ours, a moment apart. */
static void collect(struct run *c, uint32_t *iss)
{
	dut_listen(c);                                  /* DUT: LISTEN       */
	for (unsigned k = 0; k < PEERS; k++) {
		if (k)
			use_same_port(c, k);
		tx(c, SYN);
		iss[k] = rx(c, SYN | ACK)->seq;         /* DUT: SYN-RECEIVED */
		tx(c, RST);                             /* DUT: LISTEN       */
		pass(c, MS(100));
	}
}

CASE(differs_between_peers,
     .req   = "SHLD-1 R6528-1 MUST-8",
     .title = "connections of different peers do not begin with the same sequence number",
     .lasts = S(3))
{
	uint32_t iss[PEERS];

	collect(c, iss);
	bool same = true;
	for (unsigned k = 1; k < PEERS; k++)
		same &= iss[k] == iss[0];
	check(c, !same, "the initial sequence number is not a constant", .req = "SHLD-1 R6528-1 MUST-8");
}

/* With the clock alone, or a counter, the number of one peer tells those of all
 * others.  2^20 is much more than a clock of 4 us makes in the time between. */
CASE(cannot_be_told_from_another,
     .req   = "SHLD-1 R6528-1",
     .title = "the sequence number of one peer does not give away that of another",
     .lasts = S(3))
{
	uint32_t iss[PEERS];

	collect(c, iss);
	unsigned near = 0;
	for (unsigned k = 1; k < PEERS; k++) {
		uint32_t step = iss[k] - iss[k - 1];
		near += step < 1u << 20 || step > -(1u << 20);
	}
	check(c, near < PEERS - 1, "initial sequence numbers of different peers are not close together",
	      .req = "SHLD-1 R6528-1");
}

/* The same of connections that the DUT opens, each refused.  How far they lie apart
 * in time is the DUT's affair here, so that the clock's part is allowed for: four
 * times that of 4 us. */
struct opened { uint32_t iss; tick at; };

static void collect_opened(struct run *c, struct opened *open)
{
	for (unsigned k = 0; k < PEERS; k++) {
		use(c, k);
		const struct seg *syn = dut_connect(c);         /* DUT: SYN-SENT     */
		open[k] = (struct opened){ .iss = syn->seq, .at = syn->at };
		tx(c, RST | ACK);                               /* DUT: CLOSED       */
		pass(c, MS(100));
	}
}

CASE(active_opens_differ,
     .req   = "SHLD-1 R6528-1 MUST-8",
     .title = "connections that the DUT opens do not begin with the same sequence number",
     .needs = OPENS, .lasts = S(3))
{
	struct opened open[PEERS];

	collect_opened(c, open);
	bool same = true;
	for (unsigned k = 1; k < PEERS; k++)
		same &= open[k].iss == open[0].iss;
	check(c, !same, "the initial sequence number is not a constant", .req = "SHLD-1 R6528-1 MUST-8");
}

CASE(active_open_cannot_be_told_from_another,
     .req   = "SHLD-1 R6528-1",
     .title = "the sequence number of a connection that the DUT opens does not give away that of the next",
     .needs = OPENS, .lasts = S(3))
{
	struct opened open[PEERS];

	collect_opened(c, open);
	unsigned near = 0;
	for (unsigned k = 1; k < PEERS; k++) {
		const uint32_t step = open[k].iss - open[k - 1].iss;
		const tick clock = (1 << 20) + (open[k].at - open[k - 1].at) / US(1);
		near += step < clock || (uint32_t)-step < clock;
	}
	check(c, near < PEERS - 1, "initial sequence numbers of different connections are not close together",
	      .req = "SHLD-1 R6528-1");
}

/* For one pair of sockets the keyed part is the same, so that what is left is the
 * clock.  Numbers at random keep blind attackers out just as well, but not old
 * duplicates. */
CASE(follows_the_clock,
     .req   = "MUST-8 SHLD-1",
     .title = "the next connection of the same pair of sockets begins above the last",
     .lasts = S(5))
{
	uint32_t last = 0;

	dut_listen(c);                                  /* DUT: LISTEN       */
	for (int i = 0; i < 4; i++) {
		if (i)
			reincarnate(c);
		tx(c, SYN);
		const uint32_t iss = rx(c, SYN | ACK)->seq;     /* DUT: SYN-RECEIVED */
		if (i) {
			check(c, iss != last, "the initial sequence number is not that of the last connection");
			check(c, seq_lt(last, iss), "the initial sequence number has advanced with the clock", .req = "SHLD-1");
		}
		last = iss;
		tx(c, RST);                             /* DUT: LISTEN       */
		pass(c, S(1));
	}
}
