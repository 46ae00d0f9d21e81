/* isn.c: initial sequence numbers by RFC 6528: ISN = M + F(localip, localport,
 * remoteip, remoteport, secretkey), with SipHash-2-4 as F and M a clock of one
 * step each 4 microseconds (MUST-8, SHLD-1).
 *
 * The secret comes from the stack's seed: a run can be repeated, and an observer
 * of the wire cannot compute F (MUST-9). */
#include "tcb.h"

/* Splitmix64: spreads the seed over keys, and chooses ports and offsets. */
uint64_t stack_random(struct stack *st)
{
	uint64_t z = st->random += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

void isn_seed(struct stack *st, uint64_t seed)
{
	st->random = seed;
	st->key[0] = stack_random(st);
	st->key[1] = stack_random(st);
}

static uint64_t rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1]; v[1] = rotate(v[1], 13); v[1] ^= v[0]; v[0] = rotate(v[0], 32);
	v[2] += v[3]; v[3] = rotate(v[3], 16); v[3] ^= v[2];
	v[0] += v[3]; v[3] = rotate(v[3], 21); v[3] ^= v[0];
	v[2] += v[1]; v[1] = rotate(v[1], 17); v[1] ^= v[2]; v[2] = rotate(v[2], 32);
}

/* SipHash-2-4 over whole words. */
static uint64_t sip_hash(const uint64_t key[2], const uint64_t *words, unsigned n)
{
	uint64_t v[4] = {
		key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u
	};

	for (unsigned i = 0; i <= n; i++) {
		uint64_t m = i < n ? words[i] : (uint64_t)(n * 8) << 56;

		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void put_endpoint(uint64_t words[3], const struct endpoint *e)
{
	words[0] = words[1] = 0;
	for (int i = 0; i < 16; i++)
		words[i / 8] = words[i / 8] << 8 | e->addr.o[i];
	words[2] = (uint64_t)e->addr.v << 16 | e->port;
}

static uint32_t isn(const struct stack *st, const struct endpoint *own, const struct endpoint *peer)
{
	if (st->k.iss_fixed)
		return st->k.iss;

	uint64_t words[6];
	put_endpoint(words, own);
	put_endpoint(words + 3, peer);
	/* Each connection moves the clock as well: two incarnations in one instant
	 * (time is virtual) must not begin alike. */
	uint32_t m = st->k.iss_step ? (uint32_t)(st->now / st->k.iss_step) + 1000 * st->isn_ticks : 0;
	return m + (uint32_t)sip_hash(st->key, words, 6);
}

/* "An initial send sequence number (ISS) is selected."  Set SND.UNA to ISS,
 * SND.NXT to ISS+1. */
void choose_iss(struct stack *st, struct tcb *t)
{
	st->isn_ticks++;
	t->snd.iss = isn(st, &t->own, &t->peer);
	t->snd.una = t->snd.iss;
	t->snd.nxt = t->snd.iss + 1;
	t->snd.base_seq = t->snd.iss + 1;
	t->snd.resend = t->snd.resend_end = t->snd.iss;
}
