/* test_oracle_permits.c: the permissions: each is broken once by hand and speaks
 * for its own ids; a clean conversation, however its capture is spoiled, breaks
 * none of them. */
#include "oracle_talk.h"

static struct talk k;

/* A capture: nothing but segments is known. */
static struct oracle_config capture(enum vantage vantage)
{
	return (struct oracle_config) {
		.vantage = vantage, .accept = ACCEPT_DEPLOYED, .whole = true, .lossless = vantage == VANTAGE_TESTER
	};
}

static void opened(struct talk *t, struct oracle_config config)
{
	talk_begin(t, config);
	sent(t, SYN, 0, 0, 0);
	seen(t, SYN | ACK, 0, 1, 0);
	sent(t, ACK, 1, 1, 0);
}

/* Ends the conversation: exactly this rule was broken, and as badly as this. */
static void broke(struct talk *t, const char *rule, const char *id, enum verdict verdict)
{
	unsigned n = 0;

	later(t, S(5));
	talk_end(t);
	for (unsigned i = 0; i < t->n_heard; i++)
		n += t->heard[i].verdict == verdict && strcmp(t->heard[i].rule, rule) == 0;
	if (n != 1 || talk_count(t, FAIL) + talk_count(t, INCONCLUSIVE) != 1 || !talk_heard(t, verdict, id)) {
		talk_show(t);
		print_error("wanted only %s for %s\n", rule, id);
	}
	assert_int_equal(n, 1);
	assert_int_equal(talk_count(t, FAIL) + talk_count(t, INCONCLUSIVE), 1);
	assert_true(talk_heard(t, verdict, id));
}

static void broken(struct talk *t, const char *rule, const char *id)
{
	broke(t, rule, id, FAIL);
}

/* ---- format --------------------------------------------------------------- */

static struct seg plain(void)
{
	opened(&k, capture(VANTAGE_TESTER));
	return theirs(&k, ACK, 1, 1, 0);
}

static void format(void **state)
{
	static const uint8_t zero_length[] = { 254, 0, 0, 0 }, padded[] = { 0, 7, 0, 0 };
	static const struct sack_block backwards = { 20, 10 };
	struct seg s;

	(void)state;
	s = plain();
	s.wrong = WRONG_CKSUM;
	take(&k, s);
	broken(&k, "F-CKSUM", "MUST-2");

	s = plain();
	s.rsv = 4;
	take(&k, s);
	broken(&k, "F-RSV", "HDR-RSV-1");

	s = plain();
	s.wrong = WRONG_DOFF;
	s.doff = 4;
	take(&k, s);
	broken(&k, "F-DOFF", "GEN-DOFF-SHORT");

	s = plain();
	opt_raw(&s, zero_length, 4);
	s.doff = 6;
	take(&k, s);
	broken(&k, "F-OPTLEN", "MUST-68");

	s = plain();
	opt_raw(&s, padded, 4);
	s.doff = 6;
	take(&k, s);
	broken(&k, "F-OPTPAD", "MUST-69");

	s = plain();
	opt_mss(&s, 1460);
	s.doff = 6;
	take(&k, s);
	broken(&k, "F-MSS-SYN", "MUST-65");

	s = plain();
	s.ctl = 0;
	take(&k, s);
	broken(&k, "F-ACKBIT", "GEN-ACK-ALWAYS");

	talk_begin(&k, capture(VANTAGE_TESTER));
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | FIN | ACK, 0, 1, 0);
	broken(&k, "F-FLAGS", "EVT-SYNSENT-SYN-FORMAT");

	s = plain();
	opt_nop(&s);
	opt_nop(&s);
	opt_sack(&s, &backwards, 1);
	s.doff = 8;
	take(&k, s);
	later(&k, S(5));
	talk_end(&k);
	assert_true(talk_heard(&k, FAIL, "R2018-FMT"));
	assert_true(talk_heard(&k, FAIL, "R2018-PERM-3"));
}

/* ---- handshake and options ------------------------------------------------ */

static void handshake(void **state)
{
	struct seg s;

	(void)state;
	talk_begin(&k, capture(VANTAGE_PEER));
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 3, 0);
	broken(&k, "H-SYNACK-ACK", "EVT-LISTEN-SYN");

	talk_begin(&k, capture(VANTAGE_PEER));
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	later(&k, S(1));
	seen(&k, SYN | ACK, 1, 1, 0);
	broken(&k, "H-SYNACK-SAMESEQ", "EVT-SYNRCVD-RTO");

	talk_begin(&k, capture(VANTAGE_PEER));
	seen(&k, SYN, 0, 0, 0);
	later(&k, S(1));
	seen(&k, SYN, 1, 0, 0);
	broken(&k, "H-SYN-SAMESEQ", "EVT-SYNSENT-RTO");

	talk_begin(&k, capture(VANTAGE_PEER));
	sent(&k, SYN, 0, 0, 0);
	s = theirs(&k, SYN | ACK, 0, 1, 0);
	opt_nop(&s);
	opt_ws(&s, 7);
	s.doff = 7;
	take(&k, s);
	broken(&k, "H-OPT-ECHO-WS", "R7323-WS-3");

	opened(&k, capture(VANTAGE_TESTER));
	s = theirs(&k, ACK, 1, 1, 0);
	opt_nop(&s);
	opt_nop(&s);
	opt_ts(&s, 1, 2);
	s.doff = 8;
	take(&k, s);
	broken(&k, "O-TS-NEVER", "R7323-TS-2");

	talk_begin(&k, capture(VANTAGE_TESTER));
	s = theirs(&k, SYN, 0, 0, 0);
	opt_nop(&s);
	opt_nop(&s);
	opt_ts(&s, 100, 7);
	s.doff = 9;
	take(&k, s);
	broken(&k, "H-TSECR-SYN", "R7323-TS-3");
}

/* ---- bounds --------------------------------------------------------------- */

static void bounds(void **state)
{
	static const uint8_t other[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };
	struct seg s;

	(void)state;
	opened(&k, capture(VANTAGE_TESTER));
	sent(&k, ACK, 1, 1, 10);
	seen(&k, ACK, 1, 12, 0);
	broken(&k, "A-UNSEEN", "EVT-ESTAB-TEXT");

	opened(&k, capture(VANTAGE_TESTER));
	sent(&k, ACK, 101, 1, 10);              /* above a hole */
	seen(&k, ACK, 1, 111, 0);
	broken(&k, "A-UNSEEN", "EVT-ESTAB-TEXT");

	opened(&k, capture(VANTAGE_TESTER));
	sent(&k, ACK, 1, 1, 10);
	seen(&k, ACK, 1, 11, 0);
	s = theirs(&k, ACK, 1, 1, 0);
	s.wnd = 10010;
	take(&k, s);
	broken(&k, "A-MONO", "EVT-ESTAB-TEXT");

	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, -1u, 1, 0);
	broken(&k, "A-ACKFORM", "EVT-ESTAB-SEQ-ACKFORM");
	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 65535 + 4, 1, 0);
	broken(&k, "A-ACKFORM", "EVT-ESTAB-SEQ-ACKFORM");
	opened(&k, capture(VANTAGE_PEER));
	seen(&k, ACK, 65535 + 4, 1, 0);         /* the window comes late */
	sent(&k, ACK, 1, 1001, 0);
	later(&k, S(5));
	seen(&k, ACK, 65535 + 3, 1, 0);
	lawful(&k, "EVT-ESTAB-SEQ-ACKFORM", NULL);
	/* A stray ACK has said nothing of the window. */
	talk_begin(&k, capture(VANTAGE_TESTER));
	sent(&k, ACK, 0, -70000u, 0);
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	sent(&k, ACK, 5, 100, 0);
	seen(&k, ACK, 1, 1, 0);
	lawful(&k, "EVT-ESTAB-SEQ-ACKFORM", NULL);
	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 0, 1, 0);                 /* a keep-alive */
	seen(&k, ACK, 1000, 1, 0);              /* some text was lost */
	seen(&k, ACK, 65535 + 3, 1, 0);         /* all of the window, a probe and a FIN */
	lawful(&k, "EVT-ESTAB-SEQ-ACKFORM", NULL);

	opened(&k, capture(VANTAGE_PEER));
	seen(&k, ACK, 1, 1, 8000);
	s = ours(&k, ACK, 1, 8001, 0);
	s.wnd = 65535 - 8000;
	give(&k, s);
	for (unsigned n = 1; n < 8; n++) {
		seen(&k, ACK, 1 + n * 8000, 1, 8000);
		later(&k, MS(1));
	}
	seen(&k, ACK, 64001, 1, 8000);          /* 65535 were offered */
	later(&k, S(5));
	sent(&k, ACK, 1, 1, 0);                 /* time passes in a capture with segments */
	broken(&k, "D-WINDOW", "R5681-CWND");

	opened(&k, capture(VANTAGE_PEER));
	seen(&k, FIN | ACK, 1, 1, 0);
	seen(&k, ACK, 2, 1, 50);
	broken(&k, "D-AFTER-FIN", "EVT-FINWAIT1-SEND");

	opened(&k, capture(VANTAGE_PEER));
	seen(&k, FIN | ACK, 1, 1, 0);
	later(&k, S(1));
	seen(&k, FIN | ACK, 2, 1, 0);
	broken(&k, "D-FIN-FIXED", "EVT-FINWAIT1-RTO");

	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 1, 1, 8);
	s = theirs(&k, ACK, 1, 1, 8);
	s.text = other;
	take(&k, s);
	broken(&k, "D-SAME", "R2525-4");

	opened(&k, capture(VANTAGE_TESTER));
	sent(&k, ACK, 1, 1, 9000);
	sent(&k, ACK, 9001, 1, 9000);
	s = theirs(&k, ACK, 1, 18001, 0);
	s.wnd = 0;
	take(&k, s);                            /* 10000 were offered */
	broken(&k, "W-REFUSE", "EVT-ESTAB-SEQ-4-NEW");

	opened(&k, capture(VANTAGE_TESTER));
	s = theirs(&k, ACK, 1, 1, 0);
	s.wnd = 5000;
	take(&k, s);
	broken(&k, "W-EDGE", "SHLD-14");
}

/* Which SYN the DUT took is not known when text stood on another that reaches as
 * far; none that had a RST beside it counts. */
static void text_on_syns(void **state)
{
	(void)state;
	talk_begin(&k, capture(VANTAGE_TESTER));
	sent(&k, SYN | RST, -100u, 0, 536);
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	seen(&k, ACK, 1, 1, 0);
	lawful(&k, "EVT-ESTAB-TEXT", NULL);

	talk_begin(&k, capture(VANTAGE_TESTER));
	sent(&k, SYN, -100u, 0, 536);
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	seen(&k, ACK, 1, 1, 0);
	lawful(&k, NULL);

	/* 3.10.4: a CLOSE in SYN-RECEIVED sends its FIN, and text is taken then. */
	talk_begin(&k, capture(VANTAGE_TESTER));
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	seen(&k, FIN | ACK, 1, 1, 0);
	sent(&k, ACK, 1, 0, 10);
	seen(&k, ACK, 2, 11, 0);
	seen(&k, SYN | ACK, 0, 11, 0);
	lawful(&k, NULL);

	/* And so does one that has refused an ACK in SYN-SENT before. */
	talk_begin(&k, capture(VANTAGE_TESTER));
	seen(&k, SYN, 0, 0, 0);
	sent(&k, ACK, 1000, 2, 0);
	seen(&k, RST, 2, 0, 0);
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	seen(&k, FIN | ACK, 1, 1, 0);
	sent(&k, ACK, 1, 0, 10);
	seen(&k, ACK, 2, 11, 0);
	seen(&k, SYN | ACK, 0, 11, 0);
	lawful(&k, NULL);
}

/* Text at `seq` again and again, so many milliseconds apart; 0 ends. */
static void repeated(uint32_t seq, uint32_t len, const int *ms)
{
	for (; *ms; ms++) {
		later(&k, MS(*ms));
		seen(&k, ACK, seq, 1, len);
	}
}

static void timers(void **state)
{
	static const int constant[] = { 1000, 1000, 1000, 1000, 0 };
	static const int doubling[] = { 1000, 2000, 4000, 8000, 0 }, coarse[] = { 1000, 1500, 3500, 7000, 0 };
	static const int one_lost[] = { 3000, 4000, 8000, 16000, 0 }, slept[] = { 1000, 7000, 4000, 8000, 16000, 0 };
	static const int probe_first[] = { 20, 990, 2000, 4000, 0 }, capped[] = { 30000, 60000, 60000, 60000, 60000, 0 };
	static const int cap_low[] = { 2000, 4000, 8000, 8000, 8000, 0 };
	static const int hasty[] = { 50, 100, 200, 0 }, quick[] = { 200, 400, 800, 1600, 0 };
	static const int *const lawfully[] = { doubling, coarse, one_lost, slept, probe_first, capped, quick };
	struct seg s;

	(void)state;
	for (unsigned i = 0; i < sizeof lawfully / sizeof *lawfully; i++) {
		opened(&k, capture(VANTAGE_TESTER));
		seen(&k, ACK, 1, 1, 100);
		repeated(1, 100, lawfully[i]);
		lawful(&k, "R6298-BACKOFF", "R6298-EARLIEST", NULL);
	}

	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 1, 1, 100);
	repeated(1, 100, constant);
	broken(&k, "T-BACKOFF", "R6298-BACKOFF");
	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 1, 1, 100);
	repeated(1, 100, cap_low);
	broken(&k, "T-BACKOFF", "R6298-BACKOFF");
	opened(&k, capture(VANTAGE_DUT));       /* an ICMP error may revert it (RFC 6069) */
	seen(&k, ACK, 1, 1, 100);
	repeated(1, 100, constant);
	broke(&k, "T-BACKOFF", "R6298-BACKOFF", INCONCLUSIVE);

	/* What arrives ends the silence, whatever it is. */
	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 1, 1, 100);
	for (int i = 0; i < 6; i++) {
		later(&k, S(1));
		seen(&k, ACK, 1, 1, 100);
		sent(&k, ACK, 1, 1, 0);
	}
	lawful(&k, NULL);
	/* A closed window is probed as one likes, and so is an idle connection. */
	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 1, 1, 100);
	s = ours(&k, ACK, 1, 1, 0);
	s.wnd = 0;
	give(&k, s);
	repeated(1, 100, constant);
	lawful(&k, NULL);
	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 1, 1, 100);
	sent(&k, ACK, 1, 101, 0);
	repeated(100, 1, constant);
	lawful(&k, NULL);

	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 1, 1, 100);
	repeated(1, 100, hasty);
	broken(&k, "T-RTO-MIN", "R6298-MIN");

	/* A FIN is no other than text. */
	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, FIN | ACK, 1, 1, 0);
	for (int i = 0; i < 5; i++) {
		later(&k, S(1));
		seen(&k, FIN | ACK, 1, 1, 0);
	}
	broken(&k, "T-BACKOFF", "R6298-BACKOFF");
}

static void first_timeout(void **state)
{
	(void)state;
	for (int ms = 200; ms <= 1000; ms += 800) {
		talk_begin(&k, capture(VANTAGE_TESTER));
		seen(&k, SYN, 0, 0, 0);
		later(&k, MS(ms));
		seen(&k, SYN, 0, 0, 0);
		if (ms < 1000)
			broken(&k, "H-SYN-RTO", "R6298-INIT");
		else
			lawful(&k, "R6298-INIT", NULL);

		talk_begin(&k, capture(VANTAGE_TESTER));
		sent(&k, SYN, 0, 0, 0);
		seen(&k, SYN | ACK, 0, 1, 0);
		later(&k, MS(ms));
		seen(&k, SYN | ACK, 0, 1, 0);
		if (ms < 1000)
			broken(&k, "H-SYN-RTO", "R6298-INIT");
		else
			lawful(&k, "R6298-INIT", NULL);
	}
	/* One that was asked for again comes as soon as it likes. */
	talk_begin(&k, capture(VANTAGE_TESTER));
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	later(&k, MS(200));
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	lawful(&k, NULL);
}

/* Four segments are out. */
static void four_out(enum vantage vantage)
{
	opened(&k, capture(vantage));
	for (uint32_t i = 0; i < 4; i++)
		seen(&k, ACK, 1 + i * 1000, 1, 1000);
}

static void what_a_timeout_sends(void **state)
{
	(void)state;
	/* The tail may be probed, then comes the earliest. */
	four_out(VANTAGE_TESTER);
	later(&k, MS(20));
	seen(&k, ACK, 3001, 1, 1000);
	later(&k, S(1));
	seen(&k, ACK, 1, 1, 1000);
	later(&k, S(2));
	seen(&k, ACK, 1, 1, 1000);
	lawful(&k, "R6298-EARLIEST", "R5681-RTO-CWND", NULL);

	four_out(VANTAGE_TESTER);
	for (int i = 0; i < 2; i++) {
		later(&k, S(1 + i));
		seen(&k, ACK, 1001, 1, 1000);
	}
	broken(&k, "D-RETX-UNA", "R6298-EARLIEST");
	/* The tester has told of what is missing. */
	four_out(VANTAGE_TESTER);
	struct seg s = ours(&k, ACK, 1, 1, 0);

	opt_sack(&s, &(struct sack_block){ k.irs + 1, k.irs + 1001 }, 1);
	give(&k, s);
	for (int i = 0; i < 2; i++) {
		later(&k, S(1 + i));
		seen(&k, ACK, 1001, 1, 1000);
	}
	lawful(&k, NULL);

	/* Go back N: all of it at each timeout. */
	four_out(VANTAGE_TESTER);
	for (int i = 0; i < 2; i++) {
		later(&k, S(1 + i));
		for (uint32_t n = 0; n < 4; n++)
			seen(&k, ACK, 1 + n * 1000, 1, 1000);
	}
	broken(&k, "D-LOSSWIN", "R5681-RTO-CWND");
	/* And the first timeout, where it took as long as that. */
	for (int ms = 500; ms <= 1000; ms += 500) {
		four_out(VANTAGE_TESTER);
		later(&k, MS(ms));
		for (uint32_t n = 0; n < 4; n++)
			seen(&k, ACK, 1 + n * 1000, 1, 1000);
		if (ms == 1000)
			broken(&k, "D-LOSSWIN", "R5681-RTO-CWND");
		else
			lawful(&k, NULL);
	}
	/* Several small segments may be one full-sized one. */
	opened(&k, capture(VANTAGE_TESTER));
	for (int i = 0; i < 3; i++, later(&k, S(1 << i)))
		for (uint32_t n = 0; n < 4; n++)
			seen(&k, ACK, 1 + n * 100, 1, 100);
	lawful(&k, "R5681-RTO-CWND", NULL);
}

/* Ten segments of 1460 at most (RFC 6928), and two for duplicate ACKs; an MSS of
 * next to nothing need not be obeyed. */
static void first_flight(void **state)
{
	(void)state;
	for (unsigned n = 12; n <= 13; n++) {
		opened(&k, capture(VANTAGE_TESTER));
		for (uint32_t i = 0; i < n; i++)
			seen(&k, ACK, 1 + i * 1460, 1, 1460);
		if (n > 12)
			broken(&k, "D-CWND-IW", "R5681-IW");
		else
			lawful(&k, "R5681-IW", NULL);
	}
	/* With an ACK of some text the window has grown. */
	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 1, 1, 1460);
	sent(&k, ACK, 1, 1461, 0);
	for (uint32_t i = 1; i < 20; i++)
		seen(&k, ACK, 1 + i * 1460, 1, 1460);
	lawful(&k, NULL);

	/* Or what is out is known to have arrived. */
	opened(&k, capture(VANTAGE_TESTER));
	seen(&k, ACK, 1, 1, 1460);
	sent(&k, ACK, 1, 1, 0);
	for (uint32_t i = 1; i < 20; i++)
		seen(&k, ACK, 1 + i * 1460, 1, 1460);
	lawful(&k, NULL);

	talk_begin(&k, capture(VANTAGE_TESTER));
	struct seg s = ours(&k, SYN, 0, 0, 0);

	opt_mss(&s, 1);
	give(&k, s);
	seen(&k, SYN | ACK, 0, 1, 0);
	sent(&k, ACK, 1, 1, 0);
	for (uint32_t i = 0; i < 10; i++)
		seen(&k, ACK, 1 + i * 48, 1, 48);
	lawful(&k, "R5681-IW", NULL);
}

static void timestamps_opened(void)
{
	talk_begin(&k, capture(VANTAGE_TESTER));
	give(&k, stamped(ours(&k, SYN, 0, 0, 0), 100, 0));
	take(&k, stamped(theirs(&k, SYN | ACK, 0, 1, 0), 7000, 100));
	give(&k, stamped(ours(&k, ACK, 1, 1, 0), 101, 7000));
}

static void timestamps(void **state)
{
	(void)state;
	timestamps_opened();
	give(&k, stamped(ours(&k, ACK, 1, 1, 10), 102, 7000));
	take(&k, stamped(theirs(&k, ACK, 1, 11, 0), 7010, 102));
	take(&k, stamped(theirs(&k, ACK | PSH, 1, 11, 10), 7010, 102));
	lawful(&k, "R7323-TS-10", "R7323-TS-15", NULL);

	timestamps_opened();
	give(&k, stamped(ours(&k, ACK, 1, 1, 10), 102, 7000));
	take(&k, stamped(theirs(&k, ACK, 1, 11, 0), 7010, 103));
	broken(&k, "O-TSECR-SEEN", "R7323-TS-10");
	/* More of them than can be kept: any may have been one. */
	timestamps_opened();
	for (uint32_t i = 0; i < 100; i++)
		give(&k, stamped(ours(&k, ACK, 1, 1, 10), 102 + i, 7000));
	take(&k, stamped(theirs(&k, ACK, 1, 11, 0), 7010, 103));
	take(&k, stamped(theirs(&k, ACK, 1, 11, 0), 7011, 5000));
	lawful(&k, NULL);

	for (int seconds = 4; seconds <= 5; seconds++) {
		timestamps_opened();
		take(&k, stamped(theirs(&k, ACK | PSH, 1, 1, 10), 7000, 101));
		later(&k, S(seconds));
		give(&k, stamped(ours(&k, ACK, 1, 11, 10), 102, 7000));
		take(&k, stamped(theirs(&k, ACK, 11, 11, 0), 7000, 102));
		if (seconds == 5)
			broken(&k, "O-TS-CLOCK", "R7323-TS-15");
		else
			lawful(&k, NULL);
	}
}

static void duplicate_acks(unsigned copies)
{
	four_out(VANTAGE_TESTER);
	for (int i = 0; i < 6; i++)
		sent(&k, ACK, 1, 1, 0);
	for (unsigned i = 0; i < copies; i++) {
		later(&k, MS(1));
		seen(&k, ACK, 1, 1, 1000);
	}
}

static void a_hole_is_filled_once(void **state)
{
	(void)state;
	duplicate_acks(2);
	lawful(&k, NULL);
	duplicate_acks(3);
	broken(&k, "R-FR-ONCE", "R5681-FREC-1");
	/* Each partial ACK uncovers another hole (RFC 6582). */
	four_out(VANTAGE_TESTER);
	for (uint32_t n = 0; n < 4; n++) {
		sent(&k, ACK, 1, 1 + n * 1000, 0);
		later(&k, MS(1));
		seen(&k, ACK, 1 + n * 1000, 1, 1000);
	}
	lawful(&k, NULL);
}

static void resets(void **state)
{
	(void)state;
	talk_begin(&k, capture(VANTAGE_TESTER));
	sent(&k, ACK, 5, 700, 0);
	seen_raw(&k, RST, k.irs + 701, 0);
	broken(&k, "C-RST-FORM", "EVT-CLOSED-WIN");

	talk_begin(&k, capture(VANTAGE_TESTER));
	sent(&k, RST, 5, 0, 0);
	seen_raw(&k, RST | ACK, 0, k.iss + 5);
	broken(&k, "C-RST-RST", "GEN-RST-NOREPLY");
}

/* From elsewhere than the tester, what may be a gap of the capture is no fail. */
static void suspicion_only(void **state)
{
	(void)state;
	opened(&k, capture(VANTAGE_PEER));
	seen(&k, ACK, 1, 500, 0);
	broke(&k, "A-UNSEEN", "EVT-ESTAB-TEXT", INCONCLUSIVE);
}

/* ---- spoiled captures ----------------------------------------------------- */

enum { LINES = 64 };

struct line {
	bool dut;
	struct seg s;
};

static struct line lines[LINES];
static unsigned n_lines;

static void note(bool dut, unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	k.now += MS(3);
	lines[n_lines].dut = dut;
	lines[n_lines++].s = dut ? theirs(&k, ctl, seq, ack, len) : ours(&k, ctl, seq, ack, len);
}

/* A whole conversation with text both ways and a repeated segment. */
static void ordinary(void)
{
	n_lines = 0;
	memset(&k, 0, sizeof(k));
	k.iss = 0xffffff00u;
	k.irs = 0xfffffe00u;
	note(false, SYN, 0, 0, 0);
	note(true, SYN | ACK, 0, 1, 0);
	note(false, ACK, 1, 1, 0);
	for (uint32_t n = 0; n < 5; n++) {
		note(false, ACK | PSH, 1 + n * 100, 1 + n * 200, 100);
		note(true, ACK, 1 + n * 200, 101 + n * 100, 200);
		note(false, ACK, 101 + n * 100, 201 + n * 200, 0);
	}
	note(true, ACK, 801, 501, 200);         /* its ACK was lost to it */
	note(false, ACK, 501, 1001, 0);
	note(true, ACK | FIN, 1001, 501, 0);
	note(false, ACK | FIN, 501, 1002, 0);
	note(true, ACK, 1002, 502, 0);
	note(false, ACK, 502, 1002, 0);
}

static unsigned chance(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % n;
}

/* Drops, doubles, swaps, cuts and blinds some of the lines, as captures do. */
static void spoil(unsigned seed, struct line *out, unsigned *n_out, bool *whole)
{
	unsigned n = 0;

	const bool offload = chance(&seed, 4) == 0;     /* nobody has summed what is captured */

	*whole = chance(&seed, 3) > 0;
	for (unsigned i = *whole ? 0 : 1 + chance(&seed, 8); i < n_lines; i++) {
		if (chance(&seed, 12) == 0)
			continue;
		out[n++] = lines[i];
		if (offload)
			out[n - 1].s.wrong |= WRONG_CKSUM;
		if (chance(&seed, 10) == 0) {
			out[n - 1].s.wrong |= WRONG_SNAP;
			out[n - 1].s.text = NULL;
		}
		if (chance(&seed, 12) == 0) {
			out[n] = out[n - 1];
			n++;
		}
		if (n > 1 && chance(&seed, 8) == 0) {
			const struct line last = out[n - 1];

			out[n - 1] = out[n - 2];
			out[n - 2] = last;
		}
	}
	*n_out = n;
}

static void spoiled_captures(void **state)
{
	static const enum vantage from[] = { VANTAGE_DUT, VANTAGE_PEER, VANTAGE_MIDDLE };

	(void)state;
	for (unsigned seed = 1; seed <= 3000; seed++) {
		struct line spoiled[LINES * 2];
		unsigned n;
		bool whole;
		struct oracle_config config = capture(from[seed % 3]);

		ordinary();
		spoil(seed, spoiled, &n, &whole);
		config.whole = whole;
		talk_begin(&k, config);
		for (unsigned i = 0; i < n; i++) {
			if (spoiled[i].dut)
				take(&k, spoiled[i].s);
			else
				give(&k, spoiled[i].s);
		}
		talk_end(&k);
		if (talk_count(&k, FAIL) > 0) {
			talk_show(&k);
			print_error("seed %u\n", seed);
		}
		assert_int_equal(talk_count(&k, FAIL), 0);
	}
}

/* The same, unspoiled, from everywhere: nothing at all is said against it. */
static void clean_capture(void **state)
{
	(void)state;
	for (int vantage = VANTAGE_TESTER; vantage <= VANTAGE_MIDDLE; vantage++) {
		ordinary();
		talk_begin(&k, capture((enum vantage)vantage));
		for (unsigned i = 0; i < n_lines; i++) {
			if (lines[i].dut)
				take(&k, lines[i].s);
			else
				give(&k, lines[i].s);
		}
		talk_end(&k);
		if (talk_count(&k, FAIL) + talk_count(&k, INCONCLUSIVE) > 0)
			talk_show(&k);
		assert_int_equal(talk_count(&k, FAIL) + talk_count(&k, INCONCLUSIVE), 0);
	}
}

/* More than 2^32 octets, and numbers come again. */
static void around_the_numbers(void **state)
{
	uint32_t at = 1;

	(void)state;
	opened(&k, capture(VANTAGE_PEER));
	for (unsigned n = 0; n < 90000; n++) {
		const uint32_t len = n == 0 ? 1000 : 60000;

		seen(&k, ACK, at, 1, len);
		at += len;
		sent(&k, ACK, 1, at, 0);
		k.now += US(10);
	}
	talk_end(&k);
	if (talk_count(&k, FAIL) + talk_count(&k, INCONCLUSIVE) > 0)
		talk_show(&k);
	assert_int_equal(talk_count(&k, FAIL) + talk_count(&k, INCONCLUSIVE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format),
		cmocka_unit_test(handshake),
		cmocka_unit_test(bounds),
		cmocka_unit_test(text_on_syns),
		cmocka_unit_test(timers),
		cmocka_unit_test(first_timeout),
		cmocka_unit_test(what_a_timeout_sends),
		cmocka_unit_test(a_hole_is_filled_once),
		cmocka_unit_test(first_flight),
		cmocka_unit_test(timestamps),
		cmocka_unit_test(resets),
		cmocka_unit_test(suspicion_only),
		cmocka_unit_test(clean_capture),
		cmocka_unit_test(spoiled_captures),
		cmocka_unit_test(around_the_numbers),
	};

	return cmocka_run_group_tests_name("the permissions", tests, NULL, NULL);
}
