/* knobs.h: what is free in a TCP, as values: the reference stack reads every
 * timer, size and lawful alternative from here. */
#ifndef TCPCONFORM_KNOBS_H
#define TCPCONFORM_KNOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "../../probes/tick.h"

struct knobs {
	tick msl;                       /* 2 min (3.4.2)                         */
	tick rto_initial, rto_min, rto_max; /* RFC 6298: 1 s, 1 s, 60 s          */
	tick keepalive_idle, keepalive_interval;
	int  keepalive_count;
	uint32_t rcv_buffer, snd_buffer;
	/* the rest is the stack's own business and grows with it */
};

void knobs_defaults(struct knobs *);

#endif
