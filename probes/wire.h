/* wire.h: seg <-> octets of an IP datagram, IPv4 and IPv6.
 *
 * Crafted with libnet in a context that only constructs (no privilege), decoded
 * with every length checked.  A datagram has no link-layer header here: that is
 * link_net.c's business. */
#ifndef TCPCONFORM_WIRE_H
#define TCPCONFORM_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "seg.h"

#define WIRE_MAX 65575          /* IPv6 header and the largest payload        */

/* Encodes s, with what s->wrong asks for, into buf.  Returns the octets
 * written; -EMSGSIZE if buf is too small or the datagram would exceed 65535,
 * -EINVAL if the two addresses differ in version, -ENOMEM if libnet failed. */
int wire_encode(const struct seg *s, uint8_t *buf, size_t size);

enum wire_kind {
	WIRE_SEG,               /* a TCP segment: *seg is filled                 */
	WIRE_ICMP,              /* ICMP or ICMPv6: see icmp_decode               */
	WIRE_OTHER,             /* IP, but neither (or a fragment)               */
	WIRE_BROKEN             /* not IP, or cut before what we need            */
};

/* Decodes one datagram of n octets.  Trailing octets beyond the IP length
 * (padding) are ignored.  On WIRE_SEG *seg is filled (text points into ip, at
 * is 0) and seg->wrong says what does not fit; a segment whose header itself
 * cannot be read (WRONG_DOFF, WRONG_LENGTH) still has the ports and numbers as
 * far as they are there.  `full` is the datagram's length on the wire when it
 * was captured short, else n. */
enum wire_kind wire_decode(const uint8_t *ip, size_t n, size_t full, struct seg *seg);

/* Frees what libnet holds; for leak checkers. */
void wire_close(void);

#endif
