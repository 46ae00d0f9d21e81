/* seg.c: addresses and the pattern of test data; what else a segment is stands in
 * seg.h.  Nothing here knows octets on a wire (wire.c) or a clock. */
#include "seg.h"

#include <arpa/inet.h>
#include <string.h>

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->v == b->v && memcmp(a->o, b->o, a->v == 4 ? 4 : 16) == 0;
}

bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && addr_eq(&a->addr, &b->addr);
}

bool addr_parse(const char *text, struct addr *a)
{
	struct addr got = { 0 };

	if (inet_pton(AF_INET, text, got.o) == 1)
		got.v = 4;
	else if (inet_pton(AF_INET6, text, got.o) == 1)
		got.v = 6;
	else
		return false;
	*a = got;
	return true;
}

const char *addr_show(const struct addr *a, char *buf, size_t n)
{
	if (n == 0)
		return buf;
	if ((a->v != 4 && a->v != 6) ||
	    !inet_ntop(a->v == 4 ? AF_INET : AF_INET6, a->o, buf, (socklen_t)n)) {
		strncpy(buf, "?", n);
		buf[n - 1] = '\0';
	}
	return buf;
}

uint64_t digest_feed(uint64_t digest, const uint8_t *octets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		digest = (digest ^ octets[i]) * 0x100000001b3u;
	return digest;
}

uint64_t digest_pattern(uint64_t n)
{
	uint64_t digest = DIGEST_START;

	for (uint64_t i = 0; i < n; i++) {
		uint8_t octet = pattern_octet(i);

		digest = digest_feed(digest, &octet, 1);
	}
	return digest;
}
