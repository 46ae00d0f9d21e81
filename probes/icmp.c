/* icmp.c: ICMP and ICMPv6 as octets; see icmp.h.  The IP layer is wire.c's. */
#include "icmp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "wire.h"

#define ICMP_HEADER 8



static uint32_t get32(const uint8_t *o)
{
	return (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
}

static uint16_t get16(const uint8_t *o)
{
	return (uint16_t)(o[0] << 8 | o[1]);
}

static void put16(uint8_t *o, uint16_t x)
{
	o[0] = (uint8_t)(x >> 8);
	o[1] = (uint8_t)x;
}

/* Only ICMPv6 sums a pseudo-header (RFC 4443 2.3). */
static uint16_t cksum(const struct addr *src, const struct addr *dst, const uint8_t *o, size_t n)
{
	return wire_cksum(src->v == 6 ? src : NULL, dst, IPPROTO_ICMPV6, o, n);
}

int icmp_encode(const struct icmp *m, const struct seg *quoted, unsigned octets,
                uint8_t *buf, size_t size)
{
	/* As a whole datagram may be quoted, these are too big for the small stack
	 * that a case runs on.  One runs at a time. */
	static uint8_t whole[WIRE_MAX], message[ICMP_HEADER + WIRE_MAX];
	size_t n_quote = 0;

	if (quoted) {
		int n = wire_encode(quoted, whole, sizeof whole);

		if (n < 0)
			return n;

		size_t header = quoted->src.addr.v == 4 ? 20 : 40;

		n_quote = header + (octets > 8 ? octets : 8);
		if (n_quote > (size_t)n)
			n_quote = (size_t)n;
		memcpy(message + ICMP_HEADER, whole, n_quote);
	}
	message[0] = m->type;
	message[1] = m->code;
	put16(message + 2, 0);
	put16(message + 4, (uint16_t)(m->rest >> 16));
	put16(message + 6, (uint16_t)m->rest);

	struct wire_ip ip = {
		.src = m->src, .dst = m->dst,
		.protocol = m->src.v == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6,
		.payload = message, .n = ICMP_HEADER + n_quote,
	};

	put16(message + 2, cksum(&m->src, &m->dst, message, ip.n));
	return wire_ip_encode(&ip, buf, size);
}

/* Errors quote; everything else does not (RFC 1122 3.2.2, RFC 4443 2.1). */
static bool is_error(uint8_t v, uint8_t type)
{
	if (v == 6)
		return type < 128;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

bool icmp_decode(const uint8_t *octets, size_t n, struct icmp *m)
{
	struct wire_ip ip, inner;

	*m = (struct icmp){ 0 };
	if (!wire_ip_decode(octets, n, SIZE_MAX, &ip) || ip.fragment || ip.n < ICMP_HEADER)
		return false;
	if (ip.protocol != (ip.src.v == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return false;
	if (ip.n == ip.full && cksum(&ip.src, &ip.dst, ip.payload, ip.n) != 0)
		return false;
	m->src = ip.src;
	m->dst = ip.dst;
	m->type = ip.payload[0];
	m->code = ip.payload[1];
	m->rest = get32(ip.payload + 4);
	if (!is_error(ip.src.v, m->type))
		return true;

	/* What is quoted is cut; its own length may say more than is there. */
	if (!wire_ip_decode(ip.payload + ICMP_HEADER, ip.n - ICMP_HEADER, SIZE_MAX, &inner) ||
	    inner.fragment || inner.protocol != IPPROTO_TCP || inner.n < 8)
		return true;
	m->quotes = true;
	m->quoted_src = (struct endpoint){ inner.src, get16(inner.payload) };
	m->quoted_dst = (struct endpoint){ inner.dst, get16(inner.payload + 2) };
	m->quoted_seq = get32(inner.payload + 4);
	return true;
}
