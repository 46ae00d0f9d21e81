/* tick_parse.h: a time as people write it, on the command line and in a DUT file. */
#ifndef TCPCONFORM_TICK_PARSE_H
#define TCPCONFORM_TICK_PARSE_H

#include <stdbool.h>

#include "../probes/tick.h"

/* "300s", "5m", "2h", "1500ms", "300" (seconds), "none".  False if it is none. */
bool tick_parse(const char *s, tick *t);

#endif
