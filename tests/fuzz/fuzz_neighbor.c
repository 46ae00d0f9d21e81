/* fuzz_neighbor.c: any octets as an Ethernet frame about neighbours.  Nothing is
 * read outside; an answer is one that its receiver would understand, and only
 * given for an address of ours. */
#include <stdlib.h>
#include <string.h>

#include "probes/neighbor.h"
#include "seeds.h"

static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 9 }, their_mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
static const struct addr own[2] = {
	{ 4, { 10, 0, 0, 9 } }, { 6, { 0xfd, [15] = 9 } },
};
static const struct addr theirs[2] = {
	{ 4, { 10, 0, 0, 2 } }, { 6, { 0xfd, [15] = 2 } },
};

static void claim(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct neighbor_self self = { .mac = { 2, 0, 0, 0, 0, 9 }, .own = own, .n_own = 2 };
	struct neighbor_fact fact;
	struct ether e;
	uint8_t answer[NEIGHBOR_MAX];

	if (ether_decode(data, size, &e))
		claim(e.payload >= data && e.payload + e.n == data + size);
	neighbor_told(data, size, &fact);

	size_t n = neighbor_answer(&self, data, size, answer);

	claim(n <= NEIGHBOR_MAX);
	if (n == 0)
		return 0;
	claim(memcmp(answer + 6, our_mac, 6) == 0);
	claim(neighbor_told(answer, n, &fact));
	claim(addr_eq(&fact.who, &own[0]) || addr_eq(&fact.who, &own[1]));
	claim(memcmp(fact.mac, our_mac, 6) == 0 && !fact.probe);
	/* An answer asks nothing: two of us would not talk for ever. */
	claim(neighbor_answer(&self, answer, n, answer) == 0);
	return 0;
}

size_t fuzz_seed(unsigned n, uint8_t *out, size_t room)
{
	if (n >= 6 || room < NEIGHBOR_MAX + 4)
		return 0;

	unsigned six = n & 1;
	size_t octets = neighbor_ask(their_mac, n & 2 ? NULL : &theirs[six], &own[six], out);

	if (n >= 4) {                           /* with a tag of priority */
		memmove(out + 16, out + 12, octets - 12);
		memcpy(out + 12, (const uint8_t[]){ 0x81, 0, 0x20, 0 }, 4);
		octets += 4;
	}
	return octets;
}
