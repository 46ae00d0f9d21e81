/* show.h: a segment in one line, in the RFC's notation. */
#ifndef TCPCONFORM_SHOW_H
#define TCPCONFORM_SHOW_H

#include <stddef.h>

#include "seg.h"

#define SHOW_MAX 256

/* What sequence numbers are relative to: the ISS of the segment's sender and of
 * the other side.  With base NULL, numbers are shown as they are. */
struct show_base {
	uint32_t seq, ack;
};

/* "<SEQ=1><ACK=301><CTL=SYN,ACK><WND=65535><MSS=1460>", with "<LEN=10>" where
 * there is text, and what is wrong in words.  Writes at most n octets, ends in
 * NUL, returns buf. */
const char *seg_show(const struct seg *s, const struct show_base *base, char *buf, size_t n);

/* "SYN,ACK", "none" for no bits. */
const char *ctl_show(unsigned ctl, char *buf, size_t n);

/* The options alone: "<MSS=1460><WS=7>". */
const char *opt_show(const struct seg *s, char *buf, size_t n);

#endif
