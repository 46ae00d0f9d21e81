/* test_stack_stream.c: two stacks back to back: whatever the wire does, the
 * stream arrives whole and both ends reach CLOSED. */
#include "stack_pair.h"

static struct knobs defaults(void)
{
	struct knobs k;

	knobs_defaults(&k);
	return k;
}

static void all_arrived(struct side *side, uint64_t n)
{
	struct answer a = side_do(side, CALL_STATUS, 0);

	assert_int_equal(a.error, 0);
	assert_int_equal(a.received, n);
	assert_true(a.digest == digest_pattern(n));
}

static enum tcp_state state_of(struct pair *p, int name, int v)
{
	struct endpoint a = pair_endpoint(0, v, 4000), b = pair_endpoint(1, v, 80);

	return name == 0 ? stack_state(p->side[0].stack, &a, &b) : stack_state(p->side[1].stack, &b, &a);
}

static void both_closed(struct pair *p, int v)
{
	assert_int_equal(state_of(p, 0, v), CLOSED);
	assert_int_equal(state_of(p, 1, v), LISTEN);    /* of the listener */
	assert_int_equal(p->side[0].closed, 1);
	assert_int_equal(p->side[1].closed, 1);
}

static void connect_pair(struct pair *p, int v)
{
	side_listen(&p->side[1], v, 80);
	assert_int_equal(side_connect(&p->side[0], v, 4000, 80).error, 0);
	pair_run(p, S(60));
	assert_int_equal(p->side[0].established, 1);
	assert_int_equal(p->side[1].established, 1);
}

/* One life of a connection; a half-closes first and still receives. */
static void life(uint64_t seed, const struct knobs *ka, const struct knobs *kb, int v, unsigned bad,
                 uint64_t there, uint64_t back)
{
	struct pair *p = pair_new(seed, ka, kb);

	connect_pair(p, v);
	p->loss = p->twice = p->late = bad;
	side_do(&p->side[0], CALL_SEND, there);
	side_do(&p->side[1], CALL_SEND, back / 2);
	side_do(&p->side[0], CALL_SHUTDOWN, 0);
	pair_run(p, S(1));
	side_do(&p->side[1], CALL_SEND, back - back / 2);
	pair_run(p, S(3000));
	all_arrived(&p->side[1], there);
	all_arrived(&p->side[0], back);
	assert_int_equal(p->side[1].eof, 1);
	side_do(&p->side[1], CALL_CLOSE, 0);
	pair_run(p, S(1000));
	assert_int_equal(p->side[0].eof, 1);
	assert_int_equal(p->side[0].error, 0);
	assert_int_equal(p->side[1].error, 0);
	both_closed(p, v);
	pair_free(p);
}

static void clean_wire(void **unused)
{
	struct knobs k = defaults();

	(void)unused;
	life(1, &k, &k, 4, 0, 100000, 50000);
	life(2, &k, &k, 6, 0, 100000, 50000);
	life(3, &k, &k, 4, 0, 0, 0);
	life(4, &k, &k, 4, 0, 1, 1);
}

static void bad_wire(void **unused)
{
	struct knobs k = defaults();

	(void)unused;
	for (uint64_t seed = 1; seed <= 60; seed++)
		life(seed, &k, &k, seed % 2 ? 4 : 6, 20 + (unsigned)seed * 2, 30000 + seed * 1000, 20000);
}

static void wrapping_numbers(void **unused)
{
	static const uint32_t iss[] = { 0xffffffff, 0xfffffff0, 0xffff8000, 0x7fffffff, 0x7fff0000, 0, 1 };
	struct knobs a = defaults(), b = defaults();

	(void)unused;
	a.iss_fixed = b.iss_fixed = true;
	for (unsigned i = 0; i < 7; i++)
		for (unsigned j = 0; j < 7; j++) {
			a.iss = iss[i];
			b.iss = iss[j];
			life(i * 10 + j, &a, &b, 4, (i + j) % 2 ? 60 : 0, 60000, 60000);
		}
}

/* Small buffers, and great ones that need a window scale. */
static void buffers(void **unused)
{
	static const uint32_t size[] = { 1, 100, 1000, 5000, 65535, 65536, 300000, 1 << 20 };
	struct knobs a = defaults(), b = defaults();

	(void)unused;
	for (unsigned i = 0; i < 8; i++) {
		uint64_t n = size[i] < 1000 ? 500 : 400000;

		a.rcv_buffer = size[i];
		b.rcv_buffer = size[7 - i];
		life(i, &a, &a, 4, 0, n, n);
		life(i, &a, &b, 4, size[i] < 100 || size[7 - i] < 100 ? 0 : 30, 500, 500);
	}
}

/* Each lawful alternative alone, at one end and at both. */
static void every_setting(void **unused)
{
	struct knobs k = defaults();

	(void)unused;
	for (size_t i = 0; i < n_knob_settings; i++) {
		struct knobs other = defaults();

		knob_settings[i].set(&other);
		life(i, &k, &other, 4, 50, 50000, 50000);
		life(i + 100, &other, &k, 6, 50, 50000, 50000);
		life(i + 200, &other, &other, 4, 0, 50000, 50000);
	}
}

static void simultaneous_open_of(const struct knobs *k, unsigned bad, uint64_t seed)
{
	struct pair *p = pair_new(seed, k, k);

	side_connect(&p->side[0], 4, 4000, 80);
	side_connect(&p->side[1], 4, 80, 4000);
	p->loss = bad;
	pair_run(p, S(100));
	assert_int_equal(p->side[0].established, 1);
	assert_int_equal(p->side[1].established, 1);
	side_do(&p->side[0], CALL_SEND, 20000);
	side_do(&p->side[1], CALL_SEND, 20000);
	/* Both close at once: the FINs cross. */
	pair_run(p, S(600));
	side_do(&p->side[0], CALL_SHUTDOWN, 0);
	side_do(&p->side[1], CALL_SHUTDOWN, 0);
	pair_run(p, S(1));
	pair_run(p, S(300));
	all_arrived(&p->side[0], 20000);
	all_arrived(&p->side[1], 20000);
	pair_run(p, S(1000));
	assert_int_equal(state_of(p, 0, 4), CLOSED);
	assert_int_equal(state_of(p, 1, 4), CLOSED);
	assert_int_equal(p->side[0].error, 0);
	assert_int_equal(p->side[1].error, 0);
	pair_free(p);
}

static void simultaneous_open(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < n_knob_settings; i++) {
		struct knobs k = defaults();

		knob_settings[i].set(&k);
		simultaneous_open_of(&k, 0, i);
		simultaneous_open_of(&k, 100, i);
	}
}

/* A reader that stops: the window closes, is probed, and opens again. */
static void paused_reader(void **unused)
{
	(void)unused;
	for (enum knob_zwp zwp = ZWP_NEW_OCTET; zwp <= ZWP_EMPTY; zwp++)
		for (unsigned bad = 0; bad <= 100; bad += 50) {
			struct knobs k = defaults();
			k.zwp = zwp;
			k.rcv_buffer = 10000;
			struct pair *p = pair_new(bad + 7, &k, &k);

			connect_pair(p, 4);
			p->loss = p->late = bad;
			side_do(&p->side[1], CALL_PAUSE, 0);
			side_do(&p->side[0], CALL_SEND, 100000);
			side_do(&p->side[0], CALL_CLOSE, 0);
			pair_run(p, S(2000));
			assert_int_equal(state_of(p, 0, 4), FIN_WAIT_1);
			assert_int_equal(p->side[0].error, 0);
			assert_int_equal(p->side[1].readable, 0);
			struct answer a = side_do(&p->side[1], CALL_RECEIVE, 5000);
			assert_int_equal(a.n, 5000);
			assert_true(a.digest == digest_pattern(5000));
			pair_run(p, S(2000));
			side_do(&p->side[1], CALL_RESUME, 0);
			pair_run(p, S(2000));
			all_arrived(&p->side[1], 100000);
			assert_int_equal(p->side[1].eof, 1);
			side_do(&p->side[1], CALL_CLOSE, 0);
			pair_run(p, S(1000));
			both_closed(p, 4);
			pair_free(p);
		}
}

/* The same seed gives the same run. */
static void repeatable(void **unused)
{
	uint64_t segments[2];
	struct knobs k = defaults();

	(void)unused;
	for (int i = 0; i < 2; i++) {
		struct pair *p = pair_new(5, &k, &k);

		connect_pair(p, 4);
		p->loss = p->late = p->twice = 100;
		side_do(&p->side[0], CALL_SEND, 200000);
		pair_run(p, S(3000));
		all_arrived(&p->side[1], 200000);
		segments[i] = p->segments * 1000003 + p->random;
		pair_free(p);
	}
	assert_true(segments[0] == segments[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_wire),
		cmocka_unit_test(bad_wire),
		cmocka_unit_test(wrapping_numbers),
		cmocka_unit_test(buffers),
		cmocka_unit_test(every_setting),
		cmocka_unit_test(simultaneous_open),
		cmocka_unit_test(paused_reader),
		cmocka_unit_test(repeatable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
