/* wire.h: seg <-> octets of an IP datagram, IPv4 and IPv6.
 *
 * Crafted with libnet in a context that only constructs (no privilege), decoded
 * with every length checked.  A datagram has no link-layer header here: that is
 * link_net.c's business. */
#ifndef TCPCONFORM_WIRE_H
#define TCPCONFORM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seg.h"

#define WIRE_MAX 65575          /* IPv6 header and the largest payload        */

/* Encodes s, with what s->wrong asks for, into buf.  Returns the octets
 * written; -EMSGSIZE if buf is too small or the datagram would exceed 65535,
 * -EINVAL if the two addresses differ in version or there is len but no text,
 * -ENOMEM if libnet failed.
 *
 * Options are padded with zeros to a multiple of four, and further if s->doff
 * asks for a longer header.  What s->wrong asks for:
 *   WRONG_CKSUM   the checksum is s->cksum (another wrong one if that happens to
 *                 be right);
 *   WRONG_DOFF    the data offset is s->doff, whatever the options are;
 *   WRONG_LENGTH  the datagram ends after 16 octets of TCP header, and its IP
 *                 length says so;
 *   the others are findings of the decoder and change nothing here. */
int wire_encode(const struct seg *s, uint8_t *buf, size_t size);

enum wire_kind {
	WIRE_SEG,               /* a TCP segment: *seg is filled                 */
	WIRE_ICMP,              /* ICMP or ICMPv6: see icmp_decode               */
	WIRE_OTHER,             /* IP, but neither (or a fragment)               */
	WIRE_BROKEN             /* not IP, or cut before what we need            */
};

/* Decodes one datagram of n octets into *seg, whose addresses are filled for
 * WIRE_ICMP and WIRE_OTHER too.  Trailing octets beyond the IP length
 * (padding) are ignored.  On WIRE_SEG *seg is filled (text points into ip, at
 * is 0) and seg->wrong says what does not fit; a segment whose header itself
 * cannot be read (WRONG_DOFF, WRONG_LENGTH) still has the ports and numbers as
 * far as they are there (with WRONG_DOFF all that follows the fixed header is
 * text).  `full` is the datagram's length on the wire when it was captured
 * short, else n.  An IP length of 0 is what a capture shows of a segment that
 * the interface was to cut up: then the captured length counts.
 *
 * Encoding a decoded segment gives the same octets, unless the datagram had IP
 * options or extension headers, was not wholly there (WRONG_SNAP) or did not
 * hold a TCP header (WRONG_LENGTH). */
enum wire_kind wire_decode(const uint8_t *ip, size_t n, size_t full, struct seg *seg);

/* ---- the IP layer alone ---------------------------------------------------- */

struct wire_ip {
	struct addr src, dst;
	uint8_t  protocol;              /* of the payload, behind all extension headers */
	uint8_t  ttl;                   /* 0: let the encoder take 64            */
	uint8_t  tos;
	uint16_t id;                    /* IPv4 identification                   */
	bool     df;
	uint32_t flow;                  /* IPv6 flow label                       */
	bool     fragment;              /* a part only (decoded)                 */
	const uint8_t *payload;
	size_t   n;                     /* octets of payload that are there      */
	size_t   full;                  /* octets of payload by the IP length (decoded) */
};

/* Encodes an IP header and its payload; returns as wire_encode does. */
int wire_ip_encode(const struct wire_ip *, uint8_t *buf, size_t size);

/* False if it is not IP, or cut or inconsistent before the payload begins.
 * Walks hop-by-hop, destination, routing and fragment headers.  The IPv4 header
 * checksum is not looked at: captures on a sender often come without it. */
bool wire_ip_decode(const uint8_t *ip, size_t n, size_t full, struct wire_ip *);

/* The Internet checksum (RFC 1071) of n octets under the pseudo-header of src,
 * dst and protocol, or, with src NULL, of the octets alone.  0 over octets that
 * hold a right checksum. */
uint16_t wire_cksum(const struct addr *src, const struct addr *dst, uint8_t protocol,
                    const uint8_t *octets, size_t n);

/* Frees what libnet holds; for leak checkers. */
void wire_close(void);

#endif
