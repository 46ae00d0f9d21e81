/* tick.h: time as one scalar.  A tick is a nanosecond on the loop's clock.
 *
 * Nothing here reads a clock: the loop knows the time, everyone else asks it. */
#ifndef TCPCONFORM_TICK_H
#define TCPCONFORM_TICK_H

#include <stdint.h>

typedef int64_t tick;                       /* nanoseconds; 0 is the start of the run */

#define US(n) ((tick)(n) * 1000)            /* microseconds */
#define MS(n) ((tick)(n) * 1000000)         /* milliseconds */
#define S(n)  ((tick)((n) * 1000000000LL))  /* seconds */
#define TICK_NEVER INT64_MAX                /* a deadline that does not come */

#endif
