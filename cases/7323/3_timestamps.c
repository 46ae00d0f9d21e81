/* 3_timestamps.c: the Timestamps option (RFC 7323 3, 4 and 5.4): when it is sent,
 * which value is echoed, and how its clock runs.
 *
 * Our values are chosen by the cases; each is newer than what was sent before, as
 * PAWS (5_paws.c) demands. */
#include "../sender.h"

SECTION("7323/3");

static void open_stamped(struct run *c)
{
	tcb(c)->ts = true;
	open_passive(c);
	if (!tcb(c)->ts_on)
		skip(c, "the DUT does not answer our Timestamps option");
}

/* Our next value, `later` ticks after the last. */
static uint32_t stamp(struct run *c, uint32_t later)
{
	return tcb(c)->ts_val += later;
}

static struct seg stamped(struct run *c, uint32_t value)
{
	struct seg o = { 0 };

	opt_nop(&o);
	opt_nop(&o);
	opt_ts(&o, value, tcb(c)->ts_recent);
	return o;
}

static uint32_t echo(const struct seg *s)
{
	struct opts o;

	opt_of(s, &o);
	return o.ts_ecr;
}

static bool has_ts(const struct seg *s)
{
	struct opts o;

	opt_of(s, &o);
	return o.ts;
}

CASE(no_option_that_nobody_offered,
     .req   = "R7323-TS-9 R7323-TS-2",
     .title = "without our offer no segment has the option, and ours are processed without it",
     .needs = CALLS, .lasts = S(3))
{
	open_passive(c);
	check(c, !has_ts(seen(c, 0)), "the SYN,ACK has no option that was not offered",
	      .req = "R7323-TS-9 R7323-TS-2");
	tx(c, ACK, .len = 100, .opt = stamped(c, stamp(c, 1)), .why = "an option that was not negotiated");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt), .req = "R7323-TS-9");
	dut_send(c, 100);
	rx_data(c, 100);
	tx(c, ACK);
	for (unsigned n = 0; seen(c, n); n++)
		check(c, !has_ts(seen(c, n)), "no segment has the option", .req = "R7323-TS-9 R7323-TS-2");
}

CASE(syn_echo_is_ignored,
     .req   = "R7323-TS-4",
     .title = "the echo field of a SYN is ignored",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(3))
{
	struct seg o = { 0 };
	uint32_t value = stamp(c, 1);

	opt_mss(&o, 1440);
	opt_nop(&o);
	opt_nop(&o);
	opt_ts(&o, value, 0xdeadbeef);
	dut_listen(c);
	tx(c, SYN, .opt = o);
	const struct seg *reply = rx(c, SYN | ACK);
	if (!has_ts(reply))
		skip(c, "the DUT does not answer our Timestamps option");
	check(c, echo(reply) == value, "the SYN,ACK echoes our value");
	tx(c, RST);
}

CASE(option_is_on_every_segment,
     .req   = "R7323-TS-5",
     .title = "once negotiated the option is on every segment",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(8))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	we_send(c, 100);
	alive(c, .req = "R7323-TS-5");
	dut_send(c, 100);
	const struct seg *text = rx_data(c, 100);
	rx(c, ACK, .after = text, .within = copy_within(c, 0), .promise = "the copy");
	tx(c, ACK);
	dut_shutdown(c);
	rx(c, FIN | ACK);
	tx(c, ACK);
	tx(c, FIN | ACK);
	rx(c, ACK);
	for (unsigned n = 0; seen(c, n); n++)
		check(c, has_ts(seen(c, n)), "each segment has the option");
}

CASE(option_is_on_resets,
     .req   = "R7323-TS-6",
     .title = "the reset of an abort has the option, too",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(3))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	we_send(c, 100);
	dut_abort(c);
	const struct seg *rst = rx(c, RST);             /* DUT: CLOSED      */
	check(c, has_ts(rst), "the reset has the option");
}

CASE(missing_option_is_no_end,
     .req   = "R7323-TS-8",
     .title = "a segment without the option does not end the connection",
     .needs = NEEDS_TIMESTAMPS, .lasts = S(4))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	tx(c, ACK, .len = 100, .no_opt = true, .stay = true, .why = "Timestamps are missing");
	quiet(c, S(1), .but = BUT_ACKS, .promise = "no reset");
	we_send(c, 200);
	data_flows(c);
}

CASE(segment_without_option_is_dropped,
     .req   = "R7323-TS-7",
     .title = "a segment without the option is dropped",
     .needs = NEEDS_TIMESTAMPS, .lasts = S(3))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	tx(c, ACK, .len = 100, .no_opt = true, .stay = true, .why = "Timestamps are missing");
	pass(c, MS(600));
	check(c, last_seen(c)->ack == tcb(c)->snd_nxt, "its text is not acknowledged");
}

CASE(echoes_the_last_value,
     .req   = "R7323-TS-10",
     .title = "an ACK echoes the value of the text that it acknowledges",
     .needs = NEEDS_TIMESTAMPS, .lasts = S(10))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	for (uint32_t n = 1; n <= 5; n++) {
		uint32_t value = stamp(c, 1000 * n);

		tx(c, ACK, .len = 100, .opt = stamped(c, value));
		const struct seg *ack = rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
		check(c, echo(ack) == value, "TSecr is our last TSval");
	}
}

/* Case (A) of 4.3: one ACK for both, or one for each: the first of them echoes the
 * first value. */
CASE(echoes_the_earliest_of_two,
     .req   = "R7323-TS-11",
     .title = "a delayed ACK echoes the earliest segment that it acknowledges",
     .needs = NEEDS_TIMESTAMPS, .lasts = S(6))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	for (int n = 0; n < 5; n++) {
		uint32_t one = stamp(c, 1000), two = stamp(c, 1000), acked = tcb(c)->snd_nxt;
		const struct seg *first = tx(c, ACK, .len = 100, .opt = stamped(c, one));

		tx(c, ACK, .len = 100, .opt = stamped(c, two));
		const struct seg *ack = rx(c, ACK, .after = first);
		check(c, seq_lt(acked, ack->ack) && echo(ack) == one, "TSecr is the first TSval");
		pass(c, MS(600));
		check(c, tcb(c)->snd_una == tcb(c)->snd_nxt, "both are acknowledged");
	}
}

/* Cases (B) and (C) of 4.3, and rule (2). */
CASE(echoes_around_a_gap,
     .req   = "R7323-TS-12 R7323-TS-13 R7323-TS-14",
     .title = "above a gap the old value is echoed, and when it is filled that of the filler",
     .needs = NEEDS_TIMESTAMPS, .lasts = S(5))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	uint32_t last = stamp(c, 1000), above = stamp(c, 1000), filler = stamp(c, 1000);

	tx(c, ACK, .len = 100, .opt = stamped(c, last));
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	tx(c, ACK, .dseq = 100, .len = 100, .opt = stamped(c, above));
	const struct seg *ack = rx(c, ACK);
	check(c, echo(ack) == last, "TSecr is the value that last advanced RCV.NXT",
	      .req = "R7323-TS-12 R7323-TS-14");
	tx(c, ACK, .len = 100, .opt = stamped(c, filler));
	ack = rx(c, ACK);
	check(c, echo(ack) == filler, "TSecr is the value that filled the gap",
	      .req = "R7323-TS-13 R7323-TS-14");
}

/* 5.4: between 1 ms and 1 s per tick; never back. */
CASE(clock_runs_with_time,
     .req   = "R7323-TS-15 R7323-TS-16 R7323-TS-17",
     .title = "the timestamp clock is proportional to time and never goes back",
     .needs = NEEDS_TIMESTAMPS, .lasts = S(25))
{
	uint32_t value[3];
	tick at[3];

	open_stamped(c);                                /* DUT: ESTABLISHED */
	for (int n = 0; n < 3; n++) {
		tx(c, ACK, .len = 100);
		const struct seg *ack = rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
		struct opts o;

		opt_of(ack, &o);
		value[n] = o.ts_val;
		at[n] = ack->at;
		pass(c, S(10));
	}
	/* In ticks per 1000 s. */
	int64_t first = (int64_t)(value[1] - value[0]) * 1000000 / ((at[1] - at[0]) / MS(1));
	int64_t second = (int64_t)(value[2] - value[1]) * 1000000 / ((at[2] - at[1]) / MS(1));

	check(c, !((value[1] - value[0]) >> 31) && !((value[2] - value[1]) >> 31),
	      "the clock does not go back", .req = "R7323-TS-17");
	check(c, first >= 900 && second >= 900, "it ticks once a second at least",
	      .req = "R7323-TS-16 R7323-TS-15");
	check(c, (int64_t)(value[2] - value[0]) * 59 <= at[2] - at[0], "it ticks once in 59 ns at most",
	      .req = "R7323-TS-16");
	check(c, first - second <= first / 10 + 200 && second - first <= first / 10 + 200,
	      "it runs as fast in the second ten seconds as in the first", .req = "R7323-TS-15");
}

CASE(values_never_go_back,
     .req   = "R7323-TS-17",
     .title = "no segment of a connection has an older value than the one before",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(20))
{
	uint32_t newest = 0;
	bool any = false;

	open_stamped(c);                                /* DUT: ESTABLISHED */
	for (int n = 0; n < 5; n++) {
		data_flows(c);
		dut_send(c, 100);
		const struct seg *text = rx_data(c, 100);
		repeated(c, text, .within = copy_within(c, 0));
		tx(c, ACK);
	}
	for (unsigned n = 0; seen(c, n); n++) {
		struct opts o;

		opt_of(seen(c, n), &o);
		check(c, o.ts && (!any || !((o.ts_val - newest) >> 31)), "the value is not older than the last");
		newest = o.ts_val;
		any = true;
	}
}

/* Asked at one moment: the clock alone would tell four peers the same time. */
CASE(each_connection_has_its_offset,
     .req   = "R7323-TS-18",
     .title = "the timestamps of different connections do not show one clock",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(3))
{
	uint32_t value[4];
	unsigned close = 0;

	for (unsigned k = 0; k < 4; k++) {
		struct opts o;

		use(c, k);
		open_stamped(c);
		opt_of(seen(c, 0), &o);
		value[k] = o.ts_val;
	}
	for (unsigned k = 1; k < 4; k++)                /* within ten seconds of a 1 kHz clock */
		close += value[k] - value[k - 1] < 10000 || value[k - 1] - value[k] < 10000;
	check(c, close < 3, "their values differ by more than the time between them");
}
