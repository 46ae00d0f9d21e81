/* 5_paws.c: protection against wrapped sequences (RFC 7323 5): an old timestamp
 * marks an old duplicate.
 *
 * "If the PAWS algorithm is used" (5.3): a DUT may declare that it does not use it,
 * and then just the cases that want a refusal are left out. */
#include "../sender.h"

SECTION("7323/5");

static void open_stamped(struct run *c)
{
	tcb(c)->ts = true;
	open_passive(c);
	if (!tcb(c)->ts_on)
		skip(c, "the DUT does not answer our Timestamps option");
}

static struct seg stamped(struct run *c, uint32_t value)
{
	struct seg o = { 0 };

	opt_nop(&o);
	opt_nop(&o);
	opt_ts(&o, value, tcb(c)->ts_recent);
	return o;
}

/* 100 octets that are acknowledged, by which TS.Recent becomes this value. */
static uint32_t recent(struct run *c, uint32_t later)
{
	uint32_t value = tcb(c)->ts_val += later;

	tx(c, ACK, .len = 100, .opt = stamped(c, value));
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	return value;
}

static uint32_t echo(const struct seg *s)
{
	struct opts o;

	opt_of(s, &o);
	return o.ts_ecr;
}

CASE(old_value_is_refused,
     .req   = "R7323-PAWS-1 R7323-TS-14",
     .title = "text with an old value is refused by an ACK",
     .needs = CALLS | NEEDS_TIMESTAMPS | NEEDS_PAWS, .lasts = S(8))
{
	static const uint32_t older[] = { 100, 1000, 1000000 };

	open_stamped(c);                                /* DUT: ESTABLISHED */
	uint32_t value = recent(c, 1000);

	for (int n = 0; n < 3; n++) {
		pass(c, S(1));                          /* beyond any limit of replies */
		tx(c, ACK, .len = 100, .stay = true, .opt = stamped(c, value - older[n]), .why = "an old TSval");
		const struct seg *ack = rx(c, ACK, .promise = "R1: send an acknowledgment and drop the segment");
		check(c, ack->ack == tcb(c)->snd_nxt, "the text is not taken");
		check(c, echo(ack) == value, "TS.Recent stays", .req = "R7323-TS-14");
	}
	dut_has_read(c, 100);
}

/* Rule R1 knows no tolerance. */
CASE(value_of_one_tick_ago_is_refused,
     .req   = "R7323-PAWS-1",
     .title = "a value that is older by one tick is old",
     .needs = CALLS | NEEDS_TIMESTAMPS | NEEDS_PAWS, .lasts = S(4))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	uint32_t value = recent(c, 1000);

	pass(c, S(1));
	tx(c, ACK, .len = 100, .stay = true, .opt = stamped(c, value - 1), .why = "an old TSval");
	const struct seg *ack = rx(c, ACK);
	check(c, ack->ack == tcb(c)->snd_nxt, "the text is not taken");
	dut_has_read(c, 100);
}

CASE(old_value_outside_the_window,
     .req   = "R7323-PAWS-2",
     .title = "the value is checked before the sequence number, and leaves TS.Recent alone",
     .needs = NEEDS_TIMESTAMPS, .lasts = S(6))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	uint32_t value = recent(c, 1000);

	pass(c, S(1));
	tx(c, ACK, .len = 100, .dseq = -100, .opt = stamped(c, value - 1000), .why = "an old TSval below the window");
	const struct seg *ack = rx(c, ACK);
	check(c, ack->ack == tcb(c)->snd_nxt && echo(ack) == value, "TS.Recent stays");
	recent(c, 1000);
}

CASE(reset_is_not_checked,
     .req   = "R7323-PAWS-3",
     .title = "a reset with an old value is obeyed",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(3))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	uint32_t value = recent(c, 1000);

	tx(c, RST, .opt = stamped(c, value - 1000), .why = "an old TSval");
	dut_told(c, NOTE_ERROR);                        /* DUT: CLOSED      */
	gone(c);
}

/* Below the window it is dropped by any reading; its SEQ =< Last.ACK.sent alone
 * would make it update TS.Recent. */
CASE(reset_does_not_update,
     .req   = "R7323-PAWS-4",
     .title = "the value of a reset does not become TS.Recent",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(5))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	uint32_t value = recent(c, 1000);

	tx(c, RST, .dseq = -1, .opt = stamped(c, value + 1000000), .why = "a newer TSval");
	pass(c, S(1));
	recent(c, 1000);                                /* newer than before, older than the reset */
	dut_has_read(c, 200);
}

CASE(queued_text_is_not_checked_again,
     .req   = "R7323-PAWS-5",
     .title = "text that waits above a gap is not judged by the filler's newer value",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(5))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	recent(c, 1000);
	for (int newer = 0; newer < 2; newer++) {       /* first the same value, as a control */
		uint32_t value = tcb(c)->ts_val += 1000;

		tx(c, ACK, .dseq = 100, .len = 100, .opt = stamped(c, value));
		pass(c, MS(100));
		tcb(c)->ts_val += newer ? 1000 : 0;
		tx(c, ACK, .len = 100, .opt = stamped(c, tcb(c)->ts_val));
		const struct seg *ack = rx(c, ACK);
		bool kept = ack->ack == tcb(c)->snd_nxt + 100;

		if (!newer && !kept)
			skip(c, "the DUT does not keep text above a gap (SHLD-31)");
		check(c, kept, "all is acknowledged");
		tx(c, ACK, .len = 100, .opt = stamped(c, tcb(c)->ts_val));      /* ours catches up */
		rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	}
	dut_has_read(c, 500);
}

CASE(values_wrap,
     .req   = "R7323-PAWS-6",
     .title = "values are compared modulo 2^32",
     .needs = CALLS | NEEDS_TIMESTAMPS | NEEDS_PAWS, .lasts = S(6))
{
	tcb(c)->ts_val = 0xffff0000;
	open_stamped(c);                                /* DUT: ESTABLISHED */
	for (uint32_t value = 0xfffffff0, n = 0; n < 4; n++, value += 8) {
		tcb(c)->ts_val = value;
		tx(c, ACK, .len = 100, .opt = stamped(c, value));
		const struct seg *ack = rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
		check(c, echo(ack) == value, "the value is taken across the wrap");
	}
	uint32_t old = tcb(c)->ts_val - 0x20;           /* before the wrap  */

	pass(c, S(1));
	tx(c, ACK, .len = 100, .stay = true, .opt = stamped(c, old), .why = "an old TSval");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	dut_has_read(c, 400);
}

CASE(old_duplicate_syn_is_refused,
     .req   = "R7323-PAWS-7",
     .title = "an old duplicate SYN leaves the connection alone",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(4))
{
	struct seg o = { 0 };

	open_stamped(c);                                /* DUT: ESTABLISHED */
	uint32_t value = recent(c, 1000);

	opt_mss(&o, 1440);
	opt_nop(&o);
	opt_nop(&o);
	opt_ts(&o, value - 100000, 0);
	pass(c, S(1));
	tx(c, SYN, .dseq = -100000, .opt = o, .why = "an old duplicate");
	rx(c, ACK, .ack = EXACT(tcb(c)->snd_nxt));
	recent(c, 1000);
	dut_has_read(c, 200);
}

CASE(equal_value_is_accepted,
     .req   = "R7323-PAWS-9",
     .title = "a value equal to TS.Recent is not old",
     .needs = CALLS | NEEDS_TIMESTAMPS, .lasts = S(4))
{
	open_stamped(c);                                /* DUT: ESTABLISHED */
	recent(c, 1000);
	recent(c, 0);
	recent(c, 0);
	dut_has_read(c, 300);
}
