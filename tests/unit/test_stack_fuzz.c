/* test_stack_fuzz.c: any segment, any call, any time: the stack neither crashes
 * nor spins, and what it sends keeps a few rules that hold always. */
#include "stack_pair.h"

static uint64_t state;

static uint32_t pick(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

static unsigned sent, resets_of_resets;
static bool last_was_rst;

static void watch(void *arg, const struct seg *s)
{
	struct solo *o = arg;

	sent++;
	o->n = 1;
	o->out[0] = *s;
	assert_true(endpoint_eq(&s->dst, &o->peer) || s->dst.port != o->peer.port);
	/* Each segment but SYN and RST has ACK; nothing answers a RST. */
	assert_true(s->ctl & (ACK | SYN | RST));
	assert_false((s->ctl & RST) && (s->ctl & (SYN | FIN)));
	assert_false((s->ctl & SYN) && (s->ctl & FIN));
	assert_true(s->len <= 1460);
	assert_int_equal(s->len != 0, s->text != NULL);
	assert_int_equal(s->rsv, 0);
	assert_true(s->opt_len % 4 == 0);
	if (last_was_rst)
		resets_of_resets += !!(s->ctl & RST);
}

static uint32_t near(uint32_t a)
{
	static const uint32_t off[] = { 0, 1, 2, 3, 10, 536, 1460, 32767, 65534, 65535, 65536, 1u << 30, 1u << 31 };
	uint32_t by = off[pick(13)];

	return pick(2) ? a + by : a - by;
}

static void one_life(uint64_t seed, const struct knobs *k, const char *fault)
{
	struct solo *o = solo_new(k, seed % 2 ? 4 : 6, fault);
	struct stack_config cfg = { .seed = seed, .n_addr = 2, .knobs = *k, .fault = fault,
	                            .emit = watch, .notify = pair_notify, .arg = o };

	state = seed;
	stack_free(o->side.stack);
	addr_parse(pair_address[0][0], &cfg.addr[0]);
	addr_parse(pair_address[1][0], &cfg.addr[1]);
	o->side.stack = stack_new(&cfg);
	if (pick(2)) {
		side_listen(&o->side, o->own.addr.v, 80);
	} else {
		/* Also from the side of an active OPEN. */
		side_connect(&o->side, o->own.addr.v, 80, 5000);
	}
	for (int i = 0; i < 400; i++) {
		const struct seg *last = &o->out[0];
		uint32_t seq = last->ctl & ACK ? last->ack : o->irs, ack = seg_end(last);

		switch (pick(12)) {
		case 0:
			side_call(&o->side, (struct call){ .kind = (enum call_kind)(CALL_SEND + pick(CALL_KINDS - CALL_SEND - 2)),
				.id = o->side.id, .n = pick(5000), .urgent = !pick(4) });
			break;
		case 1:
			side_call(&o->side, (struct call){ .kind = CALL_SET, .id = o->side.id,
				.option = (enum call_option)pick(CALL_OPTIONS), .value = pick(100000) });
			break;
		case 2:
			solo_wait(o, pick(10) ? MS(pick(3000)) : S(pick(10000)));
			break;
		case 3: {
			struct seg s = solo_seg(o, pick(256), near(seq), near(ack), pick(3) ? 0 : pick(3000));
			uint8_t octets[40];

			for (unsigned j = 0; j < 40; j++)
				octets[j] = (uint8_t)(pick(3) ? pick(12) : pick(256));
			opt_raw(&s, octets, pick(41));
			s.wnd = (uint16_t)pick(65536);
			s.urg = (uint16_t)pick(65536);
			last_was_rst = s.ctl & RST;
			solo_put(o, &s);
			break;
		}
		default: {
			static const unsigned ctl[] = { SYN, ACK, ACK, ACK, SYN | ACK, FIN | ACK, RST, RST | ACK, ACK | URG };
			struct seg s = solo_seg(o, ctl[pick(9)], pick(2) ? seq : near(seq), pick(2) ? ack : near(ack),
			                        pick(3) ? 0 : pick(2000));

			s.wnd = (uint16_t)(pick(4) ? pick(65536) : 0);
			last_was_rst = s.ctl & RST;
			solo_put(o, &s);
			break;
		}
		}
		last_was_rst = false;
		if (fault == NULL)
			assert_int_equal(resets_of_resets, 0);
		if (!pick(50) && solo_state(o) == CLOSED)
			side_connect(&o->side, o->own.addr.v, 80, 5000);
	}
	solo_free(o);
}

static void anything(void **unused)
{
	struct knobs k;

	(void)unused;
	knobs_defaults(&k);
	sent = 0;
	for (uint64_t seed = 1; seed <= 1500; seed++)
		one_life(seed, &k, NULL);
	assert_true(sent > 20000);
}

static void any_setting(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < n_knob_settings; i++)
		for (uint64_t seed = 1; seed <= 40; seed++) {
			struct knobs k;

			knobs_defaults(&k);
			knob_settings[i].set(&k);
			k.iss_fixed = seed % 2;
			k.iss = (uint32_t)(0 - seed * 100);
			one_life(seed + i * 1000, &k, NULL);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anything),
		cmocka_unit_test(any_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
