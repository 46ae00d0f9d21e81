/* test_oracle_paths.c: the oracle on conversations written by hand: the lawful
 * ones draw no complaint, the unlawful exactly the one that they earn. */
#include "oracle_talk.h"

static struct talk k;

/* ---- handshake ------------------------------------------------------------ */

static void figure_6(void **state)
{
	(void)state;
	half_open(&k, talk_config());
	STATE_IS(&k, SYN_RECEIVED);
	sent(&k, ACK, 1, 1, 0);
	STATE_IS(&k, ESTABLISHED);
	sent(&k, ACK | PSH, 1, 1, 10);
	later(&k, MS(200));
	seen(&k, ACK, 1, 11, 0);
	STATE_IS(&k, ESTABLISHED);
	lawful(&k, "EVT-LISTEN-SYN", "EVT-ESTAB-TEXT", NULL);
}

static void figure_6_with_text_on_the_third(void **state)
{
	(void)state;
	half_open(&k, talk_config());
	sent(&k, ACK | PSH, 1, 1, 10);
	seen(&k, ACK, 1, 11, 0);
	lawful(&k, "EVT-ESTAB-TEXT", NULL);
}

static void syn_is_not_answered(void **state)
{
	(void)state;
	listening(&k, talk_config());
	sent(&k, SYN, 0, 0, 0);
	unlawful(&k, "EVT-LISTEN-SYN");
}

static void syn_ack_acknowledges_too_much(void **state)
{
	(void)state;
	listening(&k, talk_config());
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 2, 0);
	unlawful(&k, "EVT-LISTEN-SYN");
}

static void repeated_syn_ack_creeps(void **state)
{
	(void)state;
	half_open(&k, talk_config());
	later(&k, S(1));
	seen(&k, SYN | ACK, 1, 1, 0);
	unlawful(&k, "EVT-SYNRCVD-RTO");
}

static void repeated_syn_ack(void **state)
{
	(void)state;
	half_open(&k, talk_config());
	later(&k, S(1));
	seen(&k, SYN | ACK, 0, 1, 0);
	later(&k, S(2));
	seen(&k, SYN | ACK, 0, 1, 0);
	sent(&k, ACK, 1, 1, 0);
	STATE_IS(&k, ESTABLISHED);
	lawful(&k, NULL);
}

static void listener_resets_ack(void **state)
{
	(void)state;
	listening(&k, talk_config());
	sent(&k, ACK, 100, 500, 0);
	seen_raw(&k, RST, k.irs + 500, 0);
	lawful(&k, "EVT-LISTEN-ACK", NULL);
}

static void listener_resets_ack_with_wrong_number(void **state)
{
	(void)state;
	listening(&k, talk_config());
	sent(&k, ACK, 100, 500, 0);
	seen_raw(&k, RST, k.irs + 501, 0);
	unlawful(&k, "EVT-LISTEN-ACK");
}

static void listener_answers_rst(void **state)
{
	(void)state;
	listening(&k, talk_config());
	sent(&k, RST, 100, 0, 0);
	seen_raw(&k, RST | ACK, 0, k.iss + 100);
	unlawful(&k, "EVT-LISTEN-RST");
}

static void closed_port(void **state)
{
	(void)state;
	talk_begin(&k, talk_config());
	sent(&k, SYN, 0, 0, 5);
	seen_raw(&k, RST | ACK, 0, k.iss + 6);
	sent(&k, ACK, 7, 9, 0);
	seen_raw(&k, RST, k.irs + 9, 0);
	sent(&k, RST, 7, 0, 0);
	lawful(&k, "EVT-CLOSED-SYN-DATA", "EVT-CLOSED-ACK", "EVT-CLOSED-RST", NULL);
}

static void closed_port_forgets_the_syn(void **state)
{
	(void)state;
	talk_begin(&k, talk_config());
	sent(&k, SYN, 0, 0, 0);
	seen_raw(&k, RST | ACK, 0, k.iss);
	unlawful(&k, "EVT-CLOSED-SYN");
}

static void bad_ack_in_syn_received(void **state)
{
	(void)state;
	half_open(&k, talk_config());
	sent(&k, ACK, 1, 1000, 0);
	seen_raw(&k, RST, k.irs + 1000, 0);
	STATE_IS(&k, SYN_RECEIVED);
	lawful(&k, "EVT-SYNRCVD-ACK-HIGH", NULL);
}

static void bad_ack_establishes(void **state)
{
	(void)state;
	half_open(&k, talk_config());
	sent(&k, ACK, 1, 1000, 5);
	seen(&k, ACK, 1, 6, 0);
	unlawful(&k, "EVT-SYNRCVD-ACK-HIGH");
}

static void reset_returns_to_listen(void **state)
{
	(void)state;
	half_open(&k, talk_config());
	sent(&k, RST, 1, 0, 0);
	STATE_IS(&k, LISTEN);
	silence(&k);
	sent(&k, SYN, 300, 0, 0);
	seen(&k, SYN | ACK, 77777, 301, 0);
	lawful(&k, "EVT-SYNRCVD-RST", "EVT-LISTEN-SYN", NULL);
}

/* ---- active and simultaneous open ----------------------------------------- */

static void connect_and_be_answered(void **state)
{
	(void)state;
	connecting(&k, talk_config());
	STATE_IS(&k, SYN_SENT);
	sent(&k, SYN | ACK, 0, 1, 0);
	seen(&k, ACK, 1, 1, 0);
	STATE_IS(&k, ESTABLISHED);
	lawful(&k, "EVT-SYNSENT-SYN-FORMAT", "EVT-SYNSENT-SYNACK", NULL);
}

static void connect_does_nothing(void **state)
{
	(void)state;
	talk_begin(&k, talk_config());
	called(&k, CALL_OPEN_ACTIVE, 9);
	unlawful(&k, "EVT-SYNSENT-SYN-FORMAT");
}

static void figure_7(void **state)
{
	(void)state;
	connecting(&k, talk_config());
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	STATE_IS(&k, SYN_RECEIVED);
	silence(&k);
	sent(&k, SYN | ACK, 0, 1, 0);
	STATES_ARE(&k, 1u << ESTABLISHED | 1u << SYN_RECEIVED);
	sent(&k, ACK, 1, 1, 4);
	seen(&k, ACK, 1, 5, 0);
	STATE_IS(&k, ESTABLISHED);
	lawful(&k, "MUST-10", "EVT-SYNSENT-SYN", NULL);
}

static void simultaneous_open_by_pure_ack(void **state)
{
	(void)state;
	connecting(&k, talk_config());
	sent(&k, SYN, 0, 0, 0);
	seen(&k, ACK, 1, 1, 0);
	silence(&k);
	talk_end(&k);
	assert_true(talk_heard(&k, FAIL, "MUST-10"));
}

static void crossing_syn_is_reset(void **state)
{
	(void)state;
	connecting(&k, talk_config());
	sent(&k, SYN, 0, 0, 0);
	seen_raw(&k, RST | ACK, 0, k.iss + 1);
	unlawful(&k, "MUST-10");
}

static void syn_sent_bad_acks(void **state)
{
	(void)state;
	connecting(&k, talk_config());
	sent(&k, ACK, 50, 0, 0);
	seen_raw(&k, RST, k.irs, 0);
	sent(&k, SYN | ACK, 50, 2, 0);
	seen_raw(&k, RST, k.irs + 2, 0);
	sent(&k, RST | ACK, 50, 2, 0);
	silence(&k);
	sent(&k, RST, 50, 0, 0);
	silence(&k);
	STATE_IS(&k, SYN_SENT);
	sent(&k, RST | ACK, 50, 1, 0);
	STATE_IS(&k, CLOSED);
	lawful(&k, "EVT-SYNSENT-ACK-LOW", "EVT-SYNSENT-SYNACK-BADACK", "EVT-SYNSENT-RST-BADACK",
	       "EVT-SYNSENT-RST-NOACK", "EVT-SYNSENT-RST-OK", NULL);
}

static void syn_goes_on_after_reset(void **state)
{
	(void)state;
	connecting(&k, talk_config());
	sent(&k, RST | ACK, 50, 1, 0);
	silence(&k);
	seen(&k, SYN, 0, 0, 0);
	unlawful(&k, "EVT-SYNSENT-SYN-FORMAT");
}

static void repeated_syn_creeps(void **state)
{
	(void)state;
	connecting(&k, talk_config());
	later(&k, S(1));
	seen(&k, SYN, 1, 0, 0);
	unlawful(&k, "EVT-SYNSENT-RTO");
}

/* ---- close ---------------------------------------------------------------- */

static void figure_12_from_their_side(void **state)
{
	(void)state;
	close_wait(&k, talk_config());
	STATE_IS(&k, CLOSE_WAIT);
	called_send(&k, 100);
	seen(&k, ACK, 1, 2, 100);
	sent(&k, ACK, 2, 101, 0);
	later(&k, MS(1));
	called(&k, CALL_SHUTDOWN, 9);
	seen(&k, FIN | ACK, 101, 2, 0);
	STATE_IS(&k, LAST_ACK);
	sent(&k, ACK, 2, 102, 0);
	STATE_IS(&k, LISTEN);
	lawful(&k, "EVT-ESTAB-FIN", "EVT-CLOSEWAIT-CLOSE", "EVT-LASTACK-ACK-FIN", NULL);
}

static void figure_12_from_our_side(void **state)
{
	(void)state;
	fin_wait_2(&k, talk_config());
	STATE_IS(&k, FIN_WAIT_2);
	sent(&k, ACK, 1, 2, 50);
	seen(&k, ACK, 2, 51, 0);
	sent(&k, FIN | ACK, 51, 2, 0);
	seen(&k, ACK, 2, 52, 0);
	STATE_IS(&k, TIME_WAIT);
	sent(&k, FIN | ACK, 51, 2, 0);
	seen(&k, ACK, 2, 52, 0);
	lawful(&k, "EVT-ESTAB-CLOSE", "EVT-FINWAIT2-TEXT", "EVT-FINWAIT2-FIN", "EVT-TIMEWAIT-FIN", NULL);
}

static void figure_13(void **state)
{
	(void)state;
	established(&k, talk_config());
	called(&k, CALL_SHUTDOWN, 9);
	seen(&k, FIN | ACK, 1, 1, 0);
	STATE_IS(&k, FIN_WAIT_1);
	sent(&k, FIN | ACK, 1, 1, 0);
	seen(&k, ACK, 2, 2, 0);
	STATE_IS(&k, CLOSING);
	sent(&k, ACK, 2, 2, 0);
	STATE_IS(&k, TIME_WAIT);
	lawful(&k, "EVT-FINWAIT1-FIN", "EVT-CLOSING-ACK-FIN", NULL);
}

/* SHLD-3: behind a full CLOSE text is lost, though it stands behind the other's FIN, and
 * may be reset; behind a SHUTDOWN it is ignored. */
static void text_behind_their_fin(void **state)
{
	(void)state;
	for (int by_close = 1; by_close >= 0; by_close--) {
		close_wait(&k, talk_config());
		called(&k, by_close ? CALL_CLOSE : CALL_SHUTDOWN, 9);
		seen(&k, FIN | ACK, 1, 2, 0);
		STATE_IS(&k, LAST_ACK);
		later(&k, MS(1));
		sent(&k, ACK | PSH, 2, 1, 10);
		seen(&k, RST | ACK, 2, 2, 0);
		if (by_close) {
			STATE_IS(&k, LISTEN);
			lawful(&k, "SHLD-3", NULL);
		} else {
			unlawful(&k, "EVT-LASTACK-TEXT");
		}
	}
}

static void fin_is_not_acknowledged(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, FIN | ACK, 1, 1, 0);
	unlawful(&k, "EVT-ESTAB-FIN");
}

static void fin_is_not_counted(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, FIN | ACK, 1, 1, 0);
	seen(&k, ACK, 1, 1, 0);
	silence(&k);
	talk_end(&k);
	assert_true(talk_heard(&k, FAIL, "EVT-ESTAB-FIN"));
}

static void fin_without_close(void **state)
{
	(void)state;
	close_wait(&k, talk_config());
	seen(&k, FIN | ACK, 1, 2, 0);
	unlawful(&k, "EVT-CLOSEWAIT-STAY");
}

static void fin_repeated_elsewhere(void **state)
{
	(void)state;
	established(&k, talk_config());
	called(&k, CALL_SHUTDOWN, 9);
	seen(&k, FIN | ACK, 1, 1, 0);
	later(&k, S(1));
	seen(&k, FIN | ACK, 2, 1, 0);
	unlawful(&k, "EVT-FINWAIT1-RTO");
}

static void text_acknowledged_late(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 1, 1, 100);
	later(&k, MS(900));
	seen(&k, ACK, 1, 101, 0);
	unlawful(&k, "MUST-40");
}

/* ---- sequence numbers, resets --------------------------------------------- */

static void unacceptable_segments(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 0, 1, 0);
	seen(&k, ACK, 1, 1, 0);
	sent(&k, ACK, 0, 1, 1);
	seen(&k, ACK, 1, 1, 0);
	sent(&k, ACK, 20001, 1, 5);
	seen(&k, ACK, 1, 1, 0);
	sent(&k, ACK, 10001, 1, 0);
	seen(&k, ACK, 1, 1, 0);
	sent(&k, ACK, 1, 100, 0);
	seen(&k, ACK, 1, 1, 0);
	lawful(&k, "EVT-ESTAB-SEQ-2-LOW", "EVT-ESTAB-SEQ-4-OLD", "EVT-ESTAB-SEQ-4-NEW", "EVT-ESTAB-SEQ-2-HIGH",
	       "EVT-ESTAB-ACK-FUTURE", NULL);
}

static void unacceptable_is_not_answered(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 0, 1, 1);
	unlawful(&k, "EVT-ESTAB-SEQ-4-OLD");
}

/* What could be the answer comes a second later, and is that to another segment. */
static void unacceptable_is_answered_by_another(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 1, 1001, 0);
	later(&k, S(1));
	sent(&k, ACK, 0, 1, 1);
	seen(&k, ACK, 1, 1, 0);
	unlawful(&k, "EVT-ESTAB-ACK-FUTURE");
	for (unsigned i = 0; i < k.n_heard; i++)
		if (k.heard[i].verdict == FAIL)
			assert_non_null(strstr(k.heard[i].message, "did not come in time"));
}

static void unacceptable_is_answered_with_seq_zero(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 0, 1, 1);
	seen_raw(&k, ACK, 0, k.iss + 1);
	unlawful(&k, "EVT-ESTAB-SEQ-4-OLD");
}

static void acknowledgment_is_acknowledged(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 1, 1, 0);
	seen(&k, ACK, 1, 1, 0);
	unlawful(&k, "EVT-ESTAB-TEXT-ZERO-ACK");
}

static void resets(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, RST, 0, 0, 0);
	silence(&k);
	sent(&k, RST, 30000, 0, 0);
	silence(&k);
	sent(&k, RST, 2, 0, 0);
	seen(&k, ACK, 1, 1, 0);
	STATE_IS(&k, ESTABLISHED);
	sent(&k, RST, 1, 0, 0);
	silence(&k);
	STATE_IS(&k, LISTEN);
	lawful(&k, "EVT-ESTAB-RST-LOW", "EVT-ESTAB-RST-HIGH", "R5961-RST-3", "EVT-ESTAB-RST-EXACT", NULL);
}

static void reset_in_window_obeyed(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	config.accept = ACCEPT_LEGACY793;
	established(&k, config);
	sent(&k, RST, 2, 0, 0);
	silence(&k);
	STATE_IS(&k, LISTEN);
	lawful(&k, "EVT-ESTAB-RST-INWIN", NULL);

	config.accept = ACCEPT_STRICT;
	established(&k, config);
	sent(&k, RST, 2, 0, 0);
	unlawful(&k, "R5961-RST-3");
}

static void reset_outside_is_answered(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, RST, 30000, 0, 0);
	seen(&k, ACK, 1, 1, 0);
	unlawful(&k, "EVT-ESTAB-RST-HIGH");
}

static void exact_reset_is_ignored(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, RST, 1, 0, 0);
	later(&k, MS(1));
	sent(&k, ACK, 1, 1, 1);
	seen(&k, ACK, 1, 2, 0);
	silence(&k);
	talk_end(&k);
	assert_true(talk_count(&k, FAIL) > 0);
}

static void syn_in_window(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	established(&k, config);
	sent(&k, SYN, 10, 0, 0);
	seen(&k, ACK, 1, 1, 0);
	lawful(&k, "EVT-ESTAB-SYN-INWIN", NULL);

	config.accept = ACCEPT_DEPLOYED;
	established(&k, config);
	sent(&k, SYN, 10, 0, 0);
	seen(&k, RST | ACK, 1, 1, 0);
	STATE_IS(&k, LISTEN);
	lawful(&k, "EVT-ESTAB-SYN-INWIN", NULL);

	established(&k, config);
	sent(&k, SYN, 10, 0, 0);
	seen(&k, SYN | ACK, 1, 11, 0);
	unlawful(&k, "EVT-ESTAB-SYN-INWIN");
}

static void challenge_acks_may_be_spared(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	config.accept = ACCEPT_DEPLOYED;
	established(&k, config);
	sent(&k, SYN, 10, 0, 0);
	seen(&k, ACK, 1, 1, 0);
	later(&k, MS(300));
	sent(&k, SYN, 10, 0, 0);        /* too soon: silence is lawful */
	silence(&k);
	lawful(&k, NULL);

	established(&k, config);
	sent(&k, SYN, 10, 0, 0);        /* the first one is owed */
	unlawful(&k, "EVT-ESTAB-SYN-INWIN");
}

/* ---- timestamps ----------------------------------------------------------- */

/* "If the PAWS algorithm is used", older text is refused by an ACK; a TCP that declares
 * not to use it takes it, and does not refuse it for its age. */
static void old_timestamp(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	for (int without = 0; without < 2; without++) {
		for (int takes = 0; takes < 2; takes++) {
			config.no_paws = without;
			listening(&k, config);
			give(&k, stamped(ours(&k, SYN, 0, 0, 0), 1000, 0));
			take(&k, stamped(theirs(&k, SYN | ACK, 0, 1, 0), 7000, 1000));
			later(&k, MS(1));
			give(&k, stamped(ours(&k, ACK, 1, 1, 10), 1001, 7000));
			take(&k, stamped(theirs(&k, ACK, 1, 11, 0), 7001, 1001));
			later(&k, MS(1));
			give(&k, stamped(ours(&k, ACK, 11, 1, 10), 999, 7001));
			take(&k, stamped(theirs(&k, ACK, 1, takes ? 21 : 11, 0), 7002, 1001));
			if (takes == without)
				lawful(&k, without ? "EVT-ESTAB-TEXT" : "R7323-PAWS-1", NULL);
			else
				unlawful(&k, without ? "EVT-ESTAB-TEXT" : "R7323-PAWS-1");
		}
	}
}

/* ---- text ----------------------------------------------------------------- */

/* Ten in five seconds, says RFC 5961 7, and then none: not for text either, when
 * what is challenged is its ACK. */
static void challenge_acks_run_out(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	config.accept = ACCEPT_DEPLOYED;
	for (int text_is_old = 0; text_is_old < 2; text_is_old++) {
		established(&k, config);
		for (int i = 0; i < 10; i++) {
			sent(&k, SYN, 0, 0, 0);
			seen(&k, ACK, 1, 1, 0);
			later(&k, i < 9 ? MS(100) : S(2));
		}
		if (text_is_old)
			sent(&k, ACK, 0, 1, 1);
		else
			sent(&k, ACK, 1, 1000, 10);
		if (text_is_old)
			unlawful(&k, "EVT-ESTAB-SEQ-4-OLD");
		else
			lawful(&k, NULL);
	}
	established(&k, config);
	sent(&k, ACK, 1, 1000, 10);
	unlawful(&k, "EVT-ESTAB-ACK-FUTURE");
}

/* RFC 5961 5.2: a window that came with a refused segment need not count. */
static void ack_is_older_than_any_window(void **state)
{
	(void)state;
	for (int refused = 0; refused < 2; refused++) {
		struct seg s;

		listening(&k, talk_config());
		s = ours(&k, SYN, 0, 0, 0);
		s.wnd = 100;
		give(&k, s);
		seen(&k, SYN | ACK, 0, 1, 0);
		s = ours(&k, ACK, 1, 1, 0);
		s.wnd = 100;
		give(&k, s);
		sent(&k, SYN, 0, 0, 0);         /* offers 65535 */
		seen(&k, ACK, 1, 1, 0);
		sent(&k, ACK | PSH, 1, 1 - 1000u, 10);
		seen(&k, ACK, 1, refused ? 1 : 11, 0);
		lawful(&k, NULL);
	}
}

/* One reset may be of the ABORT, or of what came behind it. */
static void abort_in_time_wait_then_stray(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	config.accept = ACCEPT_DEPLOYED;
	for (int silent = 0; silent < 2; silent++) {
		fin_wait_2(&k, config);
		sent(&k, FIN | ACK, 1, 2, 0);
		seen(&k, ACK, 2, 2, 0);
		called(&k, CALL_ABORT, 9);
		if (!silent)
			seen(&k, RST, 2, 0, 0);
		later(&k, MS(1));
		sent(&k, ACK, 2, 2, 0);
		seen(&k, RST, 2, 0, 0);
		lawful(&k, NULL);
	}
}

/* 3.10.4: the FIN has gone out, but nothing has acknowledged the SYN yet. */
static void syn_ack_behind_the_fin(void **state)
{
	(void)state;
	half_open(&k, talk_config());
	called(&k, CALL_SHUTDOWN, 9);
	seen(&k, FIN | ACK, 1, 1, 0);
	later(&k, S(1));
	seen(&k, SYN | ACK, 0, 1, 0);
	sent(&k, FIN | ACK, 1, 0, 0);
	seen(&k, ACK, 2, 2, 0);
	later(&k, S(2));
	seen(&k, SYN | ACK, 0, 2, 0);
	STATE_IS(&k, CLOSING);
	lawful(&k, NULL);

	half_open(&k, talk_config());
	called(&k, CALL_SHUTDOWN, 9);
	seen(&k, FIN | ACK, 1, 1, 0);
	sent(&k, ACK, 1, 1, 0);
	later(&k, S(1));
	seen(&k, SYN | ACK, 0, 1, 0);
	unlawful(&k, "EVT-LISTEN-SYN");
}

/* Text of the SYN is queued: what overlaps it closes no hole. */
static void text_of_the_syn_then_text_within_it(void **state)
{
	(void)state;
	listening(&k, talk_config());
	sent(&k, SYN, 0, 0, 2000);
	seen(&k, SYN | ACK, 0, 1, 0);
	sent(&k, ACK, 1461, 1, 10);
	seen(&k, ACK, 1, 2001, 0);
	lawful(&k, NULL);

	listening(&k, talk_config());
	sent(&k, SYN, 0, 0, 2000);
	seen(&k, SYN | ACK, 0, 1, 0);
	sent(&k, ACK, 1461, 1, 10);
	seen(&k, ACK, 1, 1471, 0);      /* neither taken nor dropped */
	unlawful(&k, "EVT-ESTAB-OOO");
}

/* When there are more explanations than can be kept apart, nobody is accused. */
static void too_many_to_keep_apart(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	config.accept = ACCEPT_DEPLOYED;
	connecting(&k, config);
	sent(&k, SYN, 0, 0, 1000);
	seen(&k, SYN | ACK, 0, 1, 0);
	for (int i = 0; i < 5; i++, later(&k, MS(1)))
		sent(&k, RST | ACK, 65536, 100, 0);
	called(&k, CALL_CLOSE, 9);
	seen(&k, FIN | ACK, 1, 1, 0);
	for (int i = 0; i < 8; i++, later(&k, MS(1)))
		sent(&k, ACK, 1, 2, 0);
	sent(&k, SYN, 0, 0, 2);
	seen(&k, ACK, 2, 1, 0);
	assert_int_equal(talk_count(&k, FAIL), 0);
	assert_true(oracle_stats(k.o).joins > 0);
	oracle_free(k.o);
}

/* 3.10.8: at the end of TIME-WAIT the TCB is deleted; 2MSL is 240 s here. */
static void time_wait_ends(void **state)
{
	static const struct { int after; bool ack, lawful; } ends[] = {
		{ 100, true, true }, { 250, true, true }, { 250, false, true }, { 300, false, true }, { 300, true, false }
	};

	(void)state;
	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		fin_wait_2(&k, talk_config());
		sent(&k, FIN | ACK, 1, 2, 0);
		seen(&k, ACK, 2, 2, 0);
		later(&k, S(100));
		sent(&k, FIN | ACK, 1, 2, 0);   /* begins it again */
		seen(&k, ACK, 2, 2, 0);
		later(&k, S(ends[i].after));
		sent(&k, FIN | ACK, 1, 2, 0);
		if (ends[i].ack)
			seen(&k, ACK, 2, 2, 0);
		else
			seen(&k, RST, 2, 0, 0);
		if (ends[i].lawful)
			lawful(&k, NULL);
		else
			unlawful(&k, "EVT-LISTEN-FINACK");
	}
}

static void one_ack_for_two_segments(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 1, 1, 100);
	sent(&k, ACK, 101, 1, 100);
	later(&k, MS(100));
	seen(&k, ACK, 1, 201, 0);
	lawful(&k, "EVT-ESTAB-TEXT", NULL);
}

static void out_of_order_then_filled(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 101, 1, 100);
	seen(&k, ACK, 1, 1, 0);
	sent(&k, ACK, 1, 1, 100);
	seen(&k, ACK, 1, 201, 0);
	lawful(&k, "EVT-ESTAB-OOO", NULL);
}

static void out_of_order_was_dropped(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 101, 1, 100);
	sent(&k, ACK, 1, 1, 100);
	seen(&k, ACK, 1, 101, 0);
	lawful(&k, NULL);
}

static void hole_is_acknowledged(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 101, 1, 100);
	seen(&k, ACK, 1, 201, 0);
	unlawful(&k, "EVT-ESTAB-OOO");
}

/* One ACK for each of two segments, of which the first asks for silence: whichever of
 * them the second is meant for, and the message tells of both. */
static void out_of_order_draws_two(void **state)
{
	(void)state;
	half_open(&k, talk_config());
	sent(&k, ACK, 1, 1, 0);
	sent(&k, ACK | PSH, 101, 1, 100);
	seen(&k, ACK, 1, 1, 0);
	assert_true(talk_heard(&k, PASS, "EVT-ESTAB-OOO"));
	const unsigned before = k.n_heard;

	seen(&k, ACK, 1, 1, 0);
	assert_non_null(strstr(k.heard[before].message, "what came behind it has been answered"));
	unlawful(&k, "EVT-ESTAB-TEXT-ZERO-ACK");
}

/* ---- what a breach is told of, and what is believed afterwards ---------------- */

/* The rows that leave a reset in TIME-WAIT unanswered promise nothing; the breach is
 * told of it all the same, and not of the ACK before. */
static void reset_in_time_wait_is_answered(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	config.accept = ACCEPT_DEPLOYED;
	fin_wait_2(&k, config);
	sent(&k, FIN | ACK, 1, 2, 0);
	seen(&k, ACK, 2, 2, 0);
	STATE_IS(&k, TIME_WAIT);
	sent(&k, RST, 3, 0, 0);
	seen_raw(&k, RST, 0, 0);
	unlawful(&k, "EVT-TIMEWAIT-RST-INWIN");
}

/* The connection that went on is what is asked next, and not the one that a reset
 * would have ended. */
static void syn_is_counted_in(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	config.accept = ACCEPT_DEPLOYED;
	established(&k, config);
	sent(&k, SYN, 1, 0, 0);
	seen(&k, ACK, 1, 2, 0);
	assert_true(talk_heard(&k, FAIL, "EVT-ESTAB-SYN-INWIN"));
	STATE_IS(&k, ESTABLISHED);
	sent(&k, ACK, 2, 1, 10);
	seen(&k, ACK, 1, 12, 0);
	talk_end(&k);
	assert_int_equal(talk_count(&k, FAIL), 1);
}

/* What it says of its own answers no ACK that was processed long ago. */
static void text_with_an_old_ack(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK, 1, 1, 0);
	sent(&k, ACK | PSH, 1, 1, 100);
	seen(&k, ACK, 1, 101, 0);
	called(&k, CALL_SEND, 9);
	seen(&k, ACK | PSH, 1, 1, 100);
	unlawful(&k, "GEN-ACK-ALWAYS");
}

/* MUST-7: a reset is what one may do about a malformed option, as long as the segment
 * counts; what lies outside the window is answered by an ACK whatever it carries. */
static void malformed_option(void **state)
{
	static const uint8_t length_zero[] = { 99, 0, OPT_NOP, OPT_NOP };
	struct seg s;

	(void)state;
	established(&k, talk_config());
	s = ours(&k, ACK, 1, 1, 10);
	opt_raw(&s, length_zero, sizeof(length_zero));
	s.doff = 6;
	give(&k, s);
	seen(&k, RST | ACK, 1, 1, 0);
	lawful(&k, NULL);

	established(&k, talk_config());
	s = ours(&k, ACK, 0x40000001, 1, 10);
	opt_raw(&s, length_zero, sizeof(length_zero));
	s.doff = 6;
	give(&k, s);
	seen(&k, RST | ACK, 1, 1, 0);
	unlawful(&k, "EVT-ESTAB-SEQ-4-NEW");
}

static struct oracle_config deployed(void)
{
	struct oracle_config config = talk_config();

	config.accept = ACCEPT_DEPLOYED;
	return config;
}

/* A reset has numbers that tell what it is meant for: not the ACK before it, which asks
 * for silence. */
static void syn_draws_two_resets(void **state)
{
	(void)state;
	half_open(&k, deployed());
	sent(&k, ACK, 1, 1, 0);
	sent(&k, SYN, 51, 0, 0);
	const int syn = k.events - 1;

	seen(&k, RST | ACK, 1, 1, 0);
	const unsigned before = k.n_heard;

	seen_raw(&k, RST | ACK, 0, k.iss + 52);
	assert_int_equal(k.heard[before].stimulus, syn);
	assert_non_null(strstr(k.heard[before].message, "<ACK=52>"));
	unlawful(&k, "GEN-RST-CLEAR");
}

/* SHLD-3, by a TCP whose application is elsewhere: it takes the text, learns that nobody
 * will read it, and resets. */
static void text_after_close_is_reset_late(void **state)
{
	(void)state;
	established(&k, talk_config());
	called(&k, CALL_CLOSE, 9);
	seen(&k, FIN | ACK, 1, 1, 0);
	sent(&k, ACK, 1, 2, 0);
	sent(&k, ACK, 1, 2, 50);
	seen(&k, ACK, 2, 51, 0);
	seen_raw(&k, RST, k.irs + 2, 0);
	lawful(&k, NULL);

	fin_wait_2(&k, talk_config());          /* SHUTDOWN: it still reads */
	sent(&k, ACK, 1, 2, 50);
	seen(&k, ACK, 2, 51, 0);
	seen_raw(&k, RST, k.irs + 2, 0);
	unlawful(&k, "GEN-RST-CLEAR");
}

static void window_update_of_itself(void **state)
{
	struct seg update;

	(void)state;
	established(&k, talk_config());
	update = theirs(&k, ACK, 1, 1, 0);
	update.wnd = 20000;
	take(&k, update);
	lawful(&k, NULL);
}

static void retransmission_and_abort(void **state)
{
	(void)state;
	established(&k, talk_config());
	called_send(&k, 500);
	seen(&k, ACK | PSH, 1, 1, 500);
	later(&k, S(1));
	seen(&k, ACK | PSH, 1, 1, 500);
	called(&k, CALL_ABORT, 9);
	seen(&k, RST, 501, 0, 0);
	STATES_ARE(&k, 1u << LISTEN | 1u << TIME_WAIT);
	lawful(&k, "EVT-ESTAB-ABORT", NULL);
}

static void abort_is_silent(void **state)
{
	(void)state;
	established(&k, talk_config());
	called(&k, CALL_ABORT, 9);
	unlawful(&k, "EVT-ESTAB-ABORT");
}

static void reset_without_cause(void **state)
{
	(void)state;
	established(&k, talk_config());
	seen(&k, RST, 1, 0, 0);
	unlawful(&k, "GEN-RST-CLEAR");
}

static void bad_checksum_is_believed(void **state)
{
	struct seg s;

	(void)state;
	established(&k, talk_config());
	s = ours(&k, ACK, 1, 1, 10);
	s.wrong = WRONG_CKSUM;
	give(&k, s);
	seen(&k, ACK, 1, 11, 0);
	unlawful(&k, "MUST-3");
}

static void unproved_silence(void **state)
{
	(void)state;
	listening(&k, talk_config());
	sent(&k, SYN, 0, 0, 0);
	later(&k, S(1));
	oracle_passed(k.o, k.now, false);
	talk_end(&k);
	assert_int_equal(talk_count(&k, FAIL), 0);
	assert_int_equal(talk_count(&k, INCONCLUSIVE), 1);
}

static void fences(void **state)
{
	struct seg fence, reply;

	(void)state;
	established(&k, talk_config());
	assert_true(oracle_fence(k.o, &fence));
	assert_int_equal(fence.seq, k.iss);
	assert_int_equal(fence.len, 1);
	fence.at = k.now;
	give(&k, fence);
	reply = theirs(&k, ACK, 1, 1, 0);
	assert_true(oracle_answers_fence(k.o, &reply, true));
	reply.ctl |= FIN;
	assert_true(oracle_answers_fence(k.o, &reply, true));
	assert_false(oracle_answers_fence(k.o, &reply, false));
	reply.ctl &= (uint8_t)~FIN;
	take(&k, reply);
	lawful(&k, NULL);

	connecting(&k, talk_config());
	assert_true(oracle_fence(k.o, &fence));
	fence.at = k.now;
	give(&k, fence);
	reply = theirs(&k, RST, 0, 0, 0);
	assert_true(oracle_answers_fence(k.o, &reply, true));
	take(&k, reply);
	lawful(&k, NULL);

	half_open(&k, talk_config());
	assert_false(oracle_fence(k.o, &fence));
	lawful(&k, NULL);
}

/* An application that nobody knows may close, abort or send at any time. */
static void unknown_application(void **state)
{
	struct oracle_config config = talk_config();

	(void)state;
	config.calls_known = false;
	config.listening = true;
	config.accept = ACCEPT_DEPLOYED;
	talk_begin(&k, config);
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	sent(&k, ACK, 1, 1, 0);
	seen(&k, ACK | PSH, 1, 1, 30);
	sent(&k, ACK, 1, 31, 0);
	seen(&k, FIN | ACK, 31, 1, 0);
	sent(&k, FIN | ACK, 1, 32, 0);
	seen(&k, ACK, 32, 2, 0);
	STATE_IS(&k, TIME_WAIT);
	lawful(&k, NULL);

	talk_begin(&k, config);
	sent(&k, SYN, 0, 0, 0);
	seen(&k, SYN | ACK, 0, 1, 0);
	sent(&k, ACK, 1, 1, 0);
	seen(&k, RST | ACK, 1, 1, 0);
	lawful(&k, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figure_6),
		cmocka_unit_test(figure_6_with_text_on_the_third),
		cmocka_unit_test(syn_is_not_answered),
		cmocka_unit_test(syn_ack_acknowledges_too_much),
		cmocka_unit_test(repeated_syn_ack_creeps),
		cmocka_unit_test(repeated_syn_ack),
		cmocka_unit_test(listener_resets_ack),
		cmocka_unit_test(listener_resets_ack_with_wrong_number),
		cmocka_unit_test(listener_answers_rst),
		cmocka_unit_test(closed_port),
		cmocka_unit_test(closed_port_forgets_the_syn),
		cmocka_unit_test(bad_ack_in_syn_received),
		cmocka_unit_test(bad_ack_establishes),
		cmocka_unit_test(reset_returns_to_listen),
		cmocka_unit_test(connect_and_be_answered),
		cmocka_unit_test(connect_does_nothing),
		cmocka_unit_test(figure_7),
		cmocka_unit_test(simultaneous_open_by_pure_ack),
		cmocka_unit_test(crossing_syn_is_reset),
		cmocka_unit_test(syn_sent_bad_acks),
		cmocka_unit_test(syn_goes_on_after_reset),
		cmocka_unit_test(repeated_syn_creeps),
		cmocka_unit_test(figure_12_from_their_side),
		cmocka_unit_test(figure_12_from_our_side),
		cmocka_unit_test(figure_13),
		cmocka_unit_test(text_behind_their_fin),
		cmocka_unit_test(fin_is_not_acknowledged),
		cmocka_unit_test(fin_is_not_counted),
		cmocka_unit_test(fin_without_close),
		cmocka_unit_test(fin_repeated_elsewhere),
		cmocka_unit_test(old_timestamp),
		cmocka_unit_test(text_acknowledged_late),
		cmocka_unit_test(unacceptable_segments),
		cmocka_unit_test(unacceptable_is_not_answered),
		cmocka_unit_test(unacceptable_is_answered_by_another),
		cmocka_unit_test(unacceptable_is_answered_with_seq_zero),
		cmocka_unit_test(acknowledgment_is_acknowledged),
		cmocka_unit_test(resets),
		cmocka_unit_test(reset_in_window_obeyed),
		cmocka_unit_test(reset_outside_is_answered),
		cmocka_unit_test(exact_reset_is_ignored),
		cmocka_unit_test(syn_in_window),
		cmocka_unit_test(challenge_acks_may_be_spared),
		cmocka_unit_test(challenge_acks_run_out),
		cmocka_unit_test(ack_is_older_than_any_window),
		cmocka_unit_test(abort_in_time_wait_then_stray),
		cmocka_unit_test(syn_ack_behind_the_fin),
		cmocka_unit_test(text_of_the_syn_then_text_within_it),
		cmocka_unit_test(too_many_to_keep_apart),
		cmocka_unit_test(time_wait_ends),
		cmocka_unit_test(one_ack_for_two_segments),
		cmocka_unit_test(out_of_order_then_filled),
		cmocka_unit_test(out_of_order_was_dropped),
		cmocka_unit_test(out_of_order_draws_two),
		cmocka_unit_test(syn_draws_two_resets),
		cmocka_unit_test(hole_is_acknowledged),
		cmocka_unit_test(reset_in_time_wait_is_answered),
		cmocka_unit_test(syn_is_counted_in),
		cmocka_unit_test(text_with_an_old_ack),
		cmocka_unit_test(malformed_option),
		cmocka_unit_test(text_after_close_is_reset_late),
		cmocka_unit_test(window_update_of_itself),
		cmocka_unit_test(retransmission_and_abort),
		cmocka_unit_test(abort_is_silent),
		cmocka_unit_test(reset_without_cause),
		cmocka_unit_test(bad_checksum_is_believed),
		cmocka_unit_test(unproved_silence),
		cmocka_unit_test(fences),
		cmocka_unit_test(unknown_application),
	};

	return cmocka_run_group_tests_name("the oracle, path by path", tests, NULL, NULL);
}
