/* calls.h: what the calls on the DUT explain; see calls.c. */
#ifndef TCPCONFORM_ORACLE_CALLS_H
#define TCPCONFORM_ORACLE_CALLS_H

#include "inner.h"

/* Notes the call; true if it moves a TCB, so that rules_calls.c must speak. */
bool calls_take(struct calls *, const struct call *, const struct answer *, tick until, bool *of_listener);

#endif
