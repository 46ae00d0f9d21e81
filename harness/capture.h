/* capture.h: reads a capture file: IP datagrams out of pcap and pcapng, whatever
 * the link below them was.  Segments and connections are check.c's business. */
#ifndef TCPCONFORM_CAPTURE_H
#define TCPCONFORM_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../probes/seg.h"

struct capture;

/* Opens a file ("-": standard input).  NULL and one sentence if it is no capture
 * or of a link type that is not known here. */
struct capture *capture_open(const char *path, char *err, size_t n);

/* The same from an open stream, which it takes over and which must be seekable.
 * `name` is for the sentences. */
struct capture *capture_from(FILE *f, const char *name, char *err, size_t n);

void capture_close(struct capture *);

struct datagram {
	const uint8_t *ip;              /* valid until the next call             */
	size_t   n, full;               /* as captured, and as it was on the wire */
	tick     at;                    /* since the first frame; never goes back */
	uint64_t frame;                 /* its number in the file, from 1        */
};

enum capture_more {
	CAPTURE_IP,                     /* *d is filled                          */
	CAPTURE_OTHER,                  /* a frame without IP (ARP, ...)         */
	CAPTURE_END,
	CAPTURE_CUT                     /* the file is broken here: see capture_trouble */
};

enum capture_more capture_next(struct capture *, struct datagram *d);

/* Why it ended with CAPTURE_CUT. */
const char *capture_trouble(const struct capture *);

/* The tester's addresses, if the capture is one of ours and its section comment
 * names them; how many there are. */
unsigned capture_testers(const struct capture *, struct addr *out, unsigned max);

/* How often a stamp was earlier than the one before (it is then taken as equal). */
uint64_t capture_backward(const struct capture *);

/* "Ethernet", as libpcap describes it. */
const char *capture_link(const struct capture *);

#endif
