/* rules_calls.c: RFC 9293 3.10.1 to 3.10.6, the user calls, as far as they show
 * on the wire.  SEND and RECEIVE only permit: see calls.c. */
#include "effects.h"
#include "guards.h"

#define HALF_OPEN  IN(SYN_RECEIVED)
#define SENDING    (IN(ESTABLISHED) | IN(FIN_WAIT_1) | IN(FIN_WAIT_2) | IN(CLOSE_WAIT))
#define LEAVING    (IN(CLOSING) | IN(LAST_ACK) | IN(TIME_WAIT))

const struct rule rules_calls[] = {
/*   clause              states           when                   lawful           next         flow    accept effect          requirement */
  { 1, "9293 3.10.1",   IN(CLOSED),      call_open_passive,     SILENCE,         LISTEN,      RETURN, ALL,   open_passive,   NULL },
  { 1, "9293 3.9.1.1",  0,               call_open_passive,     NOTHING,         SAME,        RETURN, ALL,   open_passive,   NULL },
  { 1, "9293 3.10.1",   IN(CLOSED)|IN(LISTEN), call_open_active, THE_SYN,        SYN_SENT,    RETURN, ALL,   open_active,    "EVT-SYNSENT-SYN-FORMAT" },

  { 1, "9293 3.10.4",   IN(LISTEN),      call_of_listener,      SILENCE,         CLOSED,      RETURN, ALL,   stop_listening, "EVT-LISTEN-CLOSE" },
  { 1, "9293 3.10.4",   IN(SYN_RECEIVED)|IN(ESTABLISHED), call_of_listener, NOTHING, SAME,    RETURN, ALL,   stop_listening, NULL },
  /* connections that nobody has accepted die with their listener on many systems */
  { 1, "9293 3.10.4",   IN(SYN_RECEIVED)|IN(ESTABLISHED), OR,   SILENCE|RST_NXT, CLOSED,      RETURN, ALL,   forget_listener, NULL },
  { 1, "9293 3.10.4",   0,               call_of_listener,      NOTHING,         SAME,        RETURN, ALL,   stop_listening, NULL },

  { 1, "9293 3.10.4",   IN(SYN_SENT),    call_close,            SILENCE,         GONE,        RETURN, ALL,   forget,         "EVT-SYNSENT-CLOSE" },
  { 1, "9293 3.10.4",   IN(SYN_SENT),    call_shutdown,         SILENCE,         GONE,        RETURN, ALL,   forget,         NULL },
  { 1, "9293 3.10.4",   IN(SYN_SENT),    OR,                    NOTHING,         SAME,        RETURN, ALL,   close_queued,   NULL },
  /* a linger time of zero makes CLOSE an ABORT */
  { 1, "9293 3.10.5",   HALF_OPEN|SENDING, call_close_lingering, RST_NXT,        GONE,        RETURN, ALL,   forget,         NULL },
  { 1, "9293 3.5.2",    HALF_OPEN|SENDING, OR,                  RST_NXT,         TIME_WAIT,   RETURN, ALL,   restart_2msl,   NULL },
  { 1, "9293 3.10.5",   LEAVING,         call_close_lingering,  RST_NXT|SILENCE, GONE,        RETURN, ALL,   forget,         NULL },
  { 1, "9293 3.10.4",   HALF_OPEN,       call_close_or_shutdown, THE_FIN,        FIN_WAIT_1,  RETURN, ALL,   close_queued,   "EVT-SYNRCVD-CLOSE" },
  { 1, "9293 3.10.4",   HALF_OPEN,       OR,                    NOTHING,         SAME,        RETURN, ALL,   close_queued,   NULL },
  { 1, "9293 3.10.4",   HALF_OPEN,       OR,                    RST_NXT,         GONE,        RETURN, D_L,   forget,         NULL },
  { 1, "9293 3.10.4",   HALF_OPEN,       OR,                    SILENCE,         GONE,        RETURN, D_L,   forget,         NULL },
  { 1, "9293 3.10.4",   IN(ESTABLISHED), call_close_unread,     THE_FIN,         FIN_WAIT_1,  RETURN, ALL,   close_queued,   "EVT-ESTAB-CLOSE" },
  { 1, "9293 3.6.1",    IN(ESTABLISHED), OR,                    RST_NXT,         GONE,        RETURN, ALL,   forget,         "SHLD-3" },
  { 1, "9293 3.5.2",    IN(ESTABLISHED), OR,                    RST_NXT,         TIME_WAIT,   RETURN, ALL,   restart_2msl,   "SHLD-3" },
  { 1, "9293 3.10.4",   IN(ESTABLISHED), call_close_or_shutdown, THE_FIN,        FIN_WAIT_1,  RETURN, ALL,   close_queued,   "EVT-ESTAB-CLOSE" },
  { 1, "9293 3.10.4",   IN(CLOSE_WAIT),  call_close_unread,     THE_FIN,         LAST_ACK,    RETURN, ALL,   close_queued,   "EVT-CLOSEWAIT-CLOSE" },
  { 1, "9293 3.6.1",    IN(CLOSE_WAIT),  OR,                    RST_NXT,         GONE,        RETURN, ALL,   forget,         "SHLD-3" },
  { 1, "9293 3.5.2",    IN(CLOSE_WAIT),  OR,                    RST_NXT,         TIME_WAIT,   RETURN, ALL,   restart_2msl,   "SHLD-3" },
  { 1, "9293 3.10.4",   IN(CLOSE_WAIT),  call_close_or_shutdown, THE_FIN,        LAST_ACK,    RETURN, ALL,   close_queued,   "EVT-CLOSEWAIT-CLOSE" },
  /* "an ok response would be acceptable, too, as long as a second FIN is not emitted" */
  { 1, "9293 3.10.4",   IN(FIN_WAIT_1)|IN(FIN_WAIT_2), call_close_unread, SILENCE, SAME,      RETURN, ALL,   close_fully,    "EVT-%-CLOSE" },
  { 1, "9293 3.6.1",    IN(FIN_WAIT_1)|IN(FIN_WAIT_2), OR,      RST_NXT,         GONE,        RETURN, ALL,   forget,         "SHLD-3" },
  { 1, "9293 3.5.2",    IN(FIN_WAIT_1)|IN(FIN_WAIT_2), OR,      RST_NXT,         TIME_WAIT,   RETURN, ALL,   restart_2msl,       "SHLD-3" },
  { 1, "9293 3.10.4",   IN(FIN_WAIT_1)|IN(FIN_WAIT_2), call_close_or_shutdown, SILENCE, SAME, RETURN, ALL,   close_fully,    "EVT-%-CLOSE" },
  { 1, "9293 3.10.4",   LEAVING,         call_close_unread,     NOTHING,         SAME,        RETURN, ALL,   NULL,           NULL },
  { 1, "9293 3.6.1",    LEAVING,         OR,                    RST_NXT,         GONE,        RETURN, ALL,   forget,         "SHLD-3" },
  { 1, "9293 3.5.2",    LEAVING,         OR,                    RST_NXT,         TIME_WAIT,   RETURN, ALL,   restart_2msl,   "SHLD-3" },
  { 1, "9293 3.10.4",   LEAVING,         call_close_or_shutdown, NOTHING,        SAME,        RETURN, ALL,   NULL,           NULL },

  { 1, "9293 3.10.5",   IN(SYN_SENT),    call_abort,            SILENCE,         GONE,        RETURN, ALL,   forget,         "EVT-SYNSENT-ABORT" },
  { 1, "9293 3.10.5",   HALF_OPEN,       call_abort,            RST_NXT,         GONE,        RETURN, ALL,   forget,         "EVT-SYNRCVD-ABORT" },
  { 1, "9293 3.5.2",    HALF_OPEN,       OR,                    RST_NXT,         TIME_WAIT,   RETURN, ALL,   restart_2msl,   "EVT-SYNRCVD-ABORT" },
  { 1, "9293 3.10.5",   SENDING,         call_abort,            RST_NXT,         GONE,        RETURN, ALL,   forget,         "EVT-%-ABORT" },
  /* "The side of a connection issuing a reset should enter the TIME-WAIT state" */
  { 1, "9293 3.5.2",    SENDING,         OR,                    RST_NXT,         TIME_WAIT,   RETURN, ALL,   restart_2msl,   "EVT-%-ABORT" },
  { 1, "9293 3.10.5",   LEAVING,         call_abort,            SILENCE,         GONE,        RETURN, STRICT, forget,        NULL },
  { 1, "9293 3.10.5",   LEAVING,         OR,                    SILENCE|RST_NXT, GONE,        RETURN, D_L,   forget,         NULL },
  { 0 }
};
