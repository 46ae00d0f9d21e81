/* test_oracle_calls.c: a call is made somewhere between its question and its
 * answer, and what the DUT sends meanwhile may have left before the call or after
 * it.  Behind the answer the call has been made.
 *
 * Each conversation asks for a call, lets 10 ms pass until the answer, and only
 * then hands in what was captured meanwhile, as a run does. */
#include "oracle_talk.h"

static struct talk k;
static tick asked;

/* The question and, 10 ms later, the answer. */
static void call_takes_time(enum call_kind kind)
{
	asked = k.now;
	later(&k, MS(10));
	called_since(&k, asked, kind, 9);
}

/* `ms` behind the question. */
static tick after(int ms)
{
	return asked + MS(ms);
}

static void talking(void)
{
	established(&k, talk_config());
	called_send(&k, 1000);
	later(&k, MS(1));
}

/* ---- ABORT ---------------------------------------------------------------- */

static void text_leaves_before_the_abort(void **state)
{
	(void)state;
	talking();
	call_takes_time(CALL_ABORT);
	seen_at(&k, after(5), ACK | PSH, 1, 1, 100);
	seen_at(&k, after(6), RST, 101, 0, 0);
	lawful(&k, "EVT-ESTAB-ABORT", NULL);
}

static void abort_before_the_text(void **state)
{
	(void)state;
	talking();
	call_takes_time(CALL_ABORT);
	seen_at(&k, after(5), RST, 1, 0, 0);
	STATES_ARE(&k, 1u << LISTEN | 1u << TIME_WAIT);
	lawful(&k, "EVT-ESTAB-ABORT", NULL);
}

/* The reset shows that the call was made: then nothing may follow. */
static void text_behind_the_reset(void **state)
{
	(void)state;
	talking();
	call_takes_time(CALL_ABORT);
	seen_at(&k, after(5), RST, 1, 0, 0);
	seen_at(&k, after(6), ACK | PSH, 1, 1, 100);
	silence(&k);
	talk_end(&k);
	assert_int_equal(talk_count(&k, FAIL), 1);
}

/* At the answer, whether a reset came or not, there is nobody to send text. */
static void text_behind_the_answer(void **state)
{
	(void)state;
	talking();
	call_takes_time(CALL_ABORT);
	seen_at(&k, after(10), ACK | PSH, 1, 1, 100);
	assert_int_equal(talk_count(&k, FAIL), 0);
	seen_at(&k, after(10) + 1, ACK | PSH, 101, 1, 100);
	unlawful(&k, "EVT-ESTAB-ABORT");
}

static void abort_never_resets(void **state)
{
	(void)state;
	talking();
	call_takes_time(CALL_ABORT);
	seen_at(&k, after(5), ACK | PSH, 1, 1, 100);
	unlawful(&k, "EVT-ESTAB-ABORT");
}

/* The reset must count the text that left before it. */
static void reset_forgets_the_text(void **state)
{
	(void)state;
	talking();
	call_takes_time(CALL_ABORT);
	seen_at(&k, after(5), ACK | PSH, 1, 1, 100);
	seen_at(&k, after(6), RST, 1, 0, 0);
	silence(&k);
	talk_end(&k);
	assert_true(talk_count(&k, FAIL) > 0);
}

/* ---- SHUTDOWN and CLOSE --------------------------------------------------- */

static void text_before_and_behind_the_shutdown(void **state)
{
	(void)state;
	talking();
	call_takes_time(CALL_SHUTDOWN);
	seen_at(&k, after(3), ACK | PSH, 1, 1, 100);
	seen_at(&k, after(5), FIN | ACK, 101, 1, 0);
	STATE_IS(&k, FIN_WAIT_1);
	lawful(&k, NULL);
}

static void fin_before_the_answer(void **state)
{
	(void)state;
	established(&k, talk_config());
	call_takes_time(CALL_SHUTDOWN);
	seen_at(&k, after(1), FIN | ACK, 1, 1, 0);
	lawful(&k, "EVT-ESTAB-CLOSE", NULL);
}

static void no_fin_behind_the_answer(void **state)
{
	(void)state;
	established(&k, talk_config());
	call_takes_time(CALL_SHUTDOWN);
	unlawful(&k, "EVT-ESTAB-CLOSE");
}

/* Of a text that crosses the CLOSE nobody knows which came first: an ACK then a
 * FIN, or the reset of SHLD-3. */
static void text_crosses_the_close(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK | PSH, 1, 1, 10);
	call_takes_time(CALL_CLOSE);
	seen_at(&k, after(2), ACK, 1, 11, 0);
	seen_at(&k, after(4), FIN | ACK, 1, 11, 0);
	STATE_IS(&k, FIN_WAIT_1);
	lawful(&k, "EVT-ESTAB-TEXT", NULL);

	established(&k, talk_config());
	sent(&k, ACK | PSH, 1, 1, 10);
	call_takes_time(CALL_CLOSE);
	seen_at(&k, after(2), FIN | ACK, 1, 1, 0);
	seen_at(&k, after(4), RST, 2, 0, 0);
	silence(&k);
	talk_end(&k);

	established(&k, talk_config());
	sent(&k, ACK | PSH, 1, 1, 10);
	call_takes_time(CALL_CLOSE);
	seen_at(&k, after(2), RST, 1, 0, 0);
	lawful(&k, NULL);
}

static void syn_crosses_the_close(void **state)
{
	(void)state;
	connecting(&k, talk_config());
	later(&k, S(1));
	call_takes_time(CALL_CLOSE);
	seen_at(&k, after(5), SYN, 0, 0, 0);
	lawful(&k, NULL);

	connecting(&k, talk_config());
	later(&k, S(1));
	call_takes_time(CALL_CLOSE);
	seen_at(&k, after(11), SYN, 0, 0, 0);
	unlawful(&k, "EVT-SYNSENT-CLOSE");
}

/* ---- SEND and OPEN -------------------------------------------------------- */

static void text_before_the_answer_to_send(void **state)
{
	const struct call call = { .kind = CALL_SEND, .id = 9, .n = 100 };
	const struct answer answer = { .n = 100 };

	(void)state;
	established(&k, talk_config());
	asked = k.now;
	later(&k, MS(10));
	oracle_called(k.o, &call, &answer, asked, k.now);
	seen_at(&k, after(5), ACK | PSH, 1, 1, 100);
	sent(&k, ACK, 1, 101, 0);
	call_takes_time(CALL_SHUTDOWN);
	seen_at(&k, after(1), FIN | ACK, 101, 1, 0);
	lawful(&k, "EVT-ESTAB-CLOSE", NULL);
}

/* The port is closed until the OPEN is made. */
static void reset_and_syn_around_the_open(void **state)
{
	(void)state;
	talk_begin(&k, talk_config());
	later(&k, MS(1));
	sent(&k, ACK, 100, 500, 0);
	call_takes_time(CALL_OPEN_ACTIVE);
	seen_at(&k, after(2), RST, 500, 0, 0);
	seen_at(&k, after(4), SYN, 0, 0, 0);
	STATE_IS(&k, SYN_SENT);
	lawful(&k, "EVT-SYNSENT-SYN-FORMAT", NULL);
}

static void syn_before_the_answer_to_open(void **state)
{
	(void)state;
	talk_begin(&k, talk_config());
	later(&k, MS(1));
	call_takes_time(CALL_OPEN_ACTIVE);
	seen_at(&k, after(4), SYN, 0, 0, 0);
	sent(&k, SYN | ACK, 0, 1, 0);
	later(&k, MS(1));
	seen(&k, ACK, 1, 1, 0);
	lawful(&k, "EVT-SYNSENT-SYNACK", NULL);
}

/* ---- several, and what follows -------------------------------------------- */

/* What left before the first call may be handed in behind the second. */
static void two_calls(void **state)
{
	tick first;

	(void)state;
	talking();
	call_takes_time(CALL_SHUTDOWN);
	first = asked;
	call_takes_time(CALL_ABORT);
	seen_at(&k, first + MS(5), ACK | PSH, 1, 1, 100);
	seen_at(&k, first + MS(6), FIN | ACK, 101, 1, 0);
	seen_at(&k, after(5), RST, 102, 0, 0);
	lawful(&k, NULL);
}

/* The first had its answer before this was captured: the FIN is in front. */
static void two_calls_and_text_between(void **state)
{
	(void)state;
	connecting(&k, talk_config());
	later(&k, S(1));
	call_takes_time(CALL_CLOSE);
	later(&k, MS(1));
	call_takes_time(CALL_ABORT);
	seen_at(&k, after(5), SYN, 0, 0, 0);
	unlawful(&k, "EVT-SYNSENT-CLOSE");
}

/* However many are asked for, few are kept open. */
static void many_calls(void **state)
{
	(void)state;
	talking();
	sent(&k, ACK | PSH, 1, 1, 10);
	for (int i = 0; i < 20; i++)
		call_takes_time(CALL_SHUTDOWN);
	seen_at(&k, after(1), ACK | PSH, 1, 11, 100);
	seen_at(&k, after(2), FIN | ACK, 101, 11, 0);
	assert_true(oracle_stats(k.o).hypotheses_max <= 16);
	lawful(&k, NULL);
}

/* What we send when the answer is here finds the call made. */
static void segment_behind_the_call(void **state)
{
	(void)state;
	established(&k, talk_config());
	call_takes_time(CALL_CLOSE);
	sent(&k, ACK | PSH, 1, 1, 10);
	later(&k, MS(1));
	seen(&k, FIN | ACK, 1, 1, 0);
	later(&k, MS(1));
	seen(&k, RST, 2, 0, 0);
	STATES_ARE(&k, 1u << LISTEN | 1u << TIME_WAIT);
	silence(&k);
	talk_end(&k);
	assert_int_equal(talk_count(&k, FAIL), 0);
}

/* The fence is for what the DUT is when the call has been made. */
static void fence_behind_the_call(void **state)
{
	struct seg fence;

	(void)state;
	connecting(&k, talk_config());
	later(&k, S(1));
	call_takes_time(CALL_ABORT);
	STATE_IS(&k, CLOSED);
	assert_true(oracle_fence(k.o, &fence));
	assert_int_equal(fence.len, 0);
	assert_int_equal(fence.ack, 0x7e9cedef);
	lawful(&k, NULL);
}

/* With the connection goes the ACK that was delayed, and the FIN that had to wait. */
static void what_goes_with_the_connection(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK | PSH, 1, 1, 10);
	later(&k, MS(100));
	called(&k, CALL_ABORT, 9);
	seen(&k, RST, 1, 0, 0);
	lawful(&k, "EVT-ESTAB-ABORT", NULL);

	established(&k, talk_config());
	called(&k, CALL_SHUTDOWN, 9);
	called(&k, CALL_ABORT, 9);
	seen(&k, RST, 1, 0, 0);
	lawful(&k, "EVT-FINWAIT1-ABORT", NULL);

	established(&k, talk_config());
	sent(&k, ACK | PSH, 1, 1, 10);
	later(&k, MS(100));
	sent(&k, RST, 11, 0, 0);
	lawful(&k, NULL);
}

/* But not what was overdue when it went. */
static void what_was_overdue_before(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK | PSH, 1, 1, 10);
	silence(&k);
	called(&k, CALL_ABORT, 9);
	seen(&k, RST, 1, 0, 0);
	unlawful(&k, "MUST-40");
}

/* What left us before PAUSE may have been read, and its room not offered yet. */
static void read_before_the_pause(void **state)
{
	(void)state;
	established(&k, talk_config());
	sent(&k, ACK | PSH, 1, 1, 1000);
	call_takes_time(CALL_PAUSE);
	seen_at(&k, after(8), ACK, 1, 1001, 0);
	sent(&k, ACK, 11001, 1, 0);     /* 1001 + 10000: on the edge, and perhaps within */
	later(&k, MS(1));
	silence(&k);
	talk_end(&k);
	assert_int_equal(talk_count(&k, FAIL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_leaves_before_the_abort),
		cmocka_unit_test(abort_before_the_text),
		cmocka_unit_test(text_behind_the_reset),
		cmocka_unit_test(text_behind_the_answer),
		cmocka_unit_test(abort_never_resets),
		cmocka_unit_test(reset_forgets_the_text),
		cmocka_unit_test(text_before_and_behind_the_shutdown),
		cmocka_unit_test(fin_before_the_answer),
		cmocka_unit_test(no_fin_behind_the_answer),
		cmocka_unit_test(text_crosses_the_close),
		cmocka_unit_test(syn_crosses_the_close),
		cmocka_unit_test(text_before_the_answer_to_send),
		cmocka_unit_test(reset_and_syn_around_the_open),
		cmocka_unit_test(syn_before_the_answer_to_open),
		cmocka_unit_test(two_calls),
		cmocka_unit_test(two_calls_and_text_between),
		cmocka_unit_test(many_calls),
		cmocka_unit_test(segment_behind_the_call),
		cmocka_unit_test(fence_behind_the_call),
		cmocka_unit_test(what_goes_with_the_connection),
		cmocka_unit_test(what_was_overdue_before),
		cmocka_unit_test(read_before_the_pause),
	};

	return cmocka_run_group_tests_name("the oracle, around calls", tests, NULL, NULL);
}
