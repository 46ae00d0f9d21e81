/* icmp.h: ICMP and ICMPv6 messages that quote a segment (RFC 792, RFC 4443), and
 * echo requests, which prove that the DUT is alive. */
#ifndef TCPCONFORM_ICMP_H
#define TCPCONFORM_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seg.h"

struct icmp {
	struct addr src, dst;
	uint8_t  type, code;
	uint32_t rest;          /* the second word: MTU, or identifier and sequence */
	bool     quotes;        /* quoted below                                  */
	struct endpoint quoted_src, quoted_dst;
	uint32_t quoted_seq;
};

/* Encodes an error of this type and code from src to dst that quotes the IP
 * header of `quoted` and its first `octets` octets of TCP (8 at least), or, with
 * quoted NULL, an echo request or reply.  Returns octets or -errno as
 * wire_encode does. */
int icmp_encode(const struct icmp *m, const struct seg *quoted, unsigned octets,
                uint8_t *buf, size_t size);

/* Decodes a datagram that wire_decode called WIRE_ICMP.  False if cut short, or
 * if its checksum does not verify. */
bool icmp_decode(const uint8_t *ip, size_t n, struct icmp *m);

#endif
