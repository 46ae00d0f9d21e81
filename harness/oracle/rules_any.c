/* rules_any.c: what is asked of a segment before 3.10.7 sees it: the checksum,
 * the header, and RFC 7323 5.3 ("PAWS precedes the window test"). */
#include "effects.h"
#include "guards.h"

const struct rule rules_any[] = {
/*   clause                states        when              lawful answers       next  flow     accept   effect  requirement */
  { 1, "9293 3.1",        0,            bad_checksum,     SILENCE,             SAME, RETURN,  ALL,     NULL,   "MUST-3" },
  { 1, "9293 3.1",        0,            bad_header,       SILENCE,             SAME, RETURN,  ALL,     NULL,   "GEN-DOFF-SHORT" },

  { 2, "7323 5.3 R1",     0,            paws_old,         PURE_ACK,            SAME, RETURN,  STRICT,  NULL,   "R7323-PAWS-1" },
  { 2, "7323 5.3 R1",     0,            OR,               PURE_ACK|THROTTLED,  SAME, RETURN,  D_L,     NULL,   "R7323-PAWS-1" },
  { 2, "7323 5.3 R1",     0,            paws_perhaps,     NOTHING,             SAME, GO_ON,   ALL,     NULL,   NULL },
  { 2, "7323 5.3 R1",     0,            OR,               PURE_ACK|THROTTLED,  SAME, RETURN,  ALL,     NULL,   NULL },
  /* "SHOULD silently drop"; commonly taken all the same, and never a reason to abort. */
  /* A SYN of a peer that has forgotten the connection has none, or others. */
  { 3, "7323 3.2",        0,            syn_lacks_timestamp, NOTHING,          SAME, GO_ON,   ALL,     NULL,   NULL },
  { 3, "7323 3.2",        0,            OR,               SILENCE,             SAME, RETURN,  ALL,     NULL,   NULL },
  { 3, "7323 3.2",        0,            lacks_timestamp,  SILENCE,             SAME, RETURN,  ALL,     NULL,   "R7323-TS-7" },
  { 3, "7323 3.2",        0,            OR,               NOTHING,             SAME, GO_ON,   D_L,     NULL,   NULL },
  { 0 }
};
