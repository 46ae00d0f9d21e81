/* rules_timeouts.c: RFC 9293 3.10.8, as far as a time-out makes a connection
 * vanish.  When it may is asked here with a wide margin; that TIME-WAIT must, in
 * hyps.c; that retransmissions come is what the cases judge. */
#include "effects.h"
#include "guards.h"

#define ALIVE (~(IN(CLOSED) | IN(LISTEN) | IN(TIME_WAIT)))

const struct rule rules_timeouts[] = {
/*   clause                          states          when                 lawful           next  flow    accept effect  requirement */
  { 1, "9293 3.10.8 time-wait",     IN(TIME_WAIT),  time_wait_may_end,   NOTHING,         GONE, RETURN, ALL,   forget, "EVT-TIMEWAIT-EXPIRE" },
  { 1, "9293 3.10.8 user time-out", IN(FIN_WAIT_2), idles_in_fin_wait_2, NOTHING,         GONE, RETURN, ALL,   forget, "EVT-FINWAIT2-IDLE" },
  { 1, "9293 3.10.8 user time-out", ALIVE,          gives_up,            NOTHING,         GONE, RETURN, ALL,   forget, "EVT-ESTAB-UTO" },
  { 0 }
};
