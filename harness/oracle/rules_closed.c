/* rules_closed.c: RFC 9293 3.10.7.1, CLOSED STATE (there is no TCB). */
#include "effects.h"
#include "guards.h"

const struct rule rules_closed[] = {
/*   clause                states        when             lawful    next  flow    accept effect requirement */
  /* "An incoming segment containing a RST is discarded." */
  { 1, "9293 3.10.7.1",   0,            closed_rst_ack,  SILENCE,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-RSTACK GEN-RST-NOREPLY" },
  { 1, "9293 3.10.7.1",   0,            rst,             SILENCE,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-RST GEN-RST-NOREPLY" },
  /* "If the ACK bit is off, sequence number zero is used" */
  { 1, "9293 3.10.7.1",   0,            closed_syn_fin,  RST_ACK,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-SYNFIN EVT-CLOSED-WIN" },
  { 1, "9293 3.10.7.1",   0,            closed_syn_text, RST_ACK,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-SYN-DATA EVT-CLOSED-WIN" },
  { 1, "9293 3.10.7.1",   0,            closed_syn,      RST_ACK,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-SYN EVT-CLOSED-WIN" },
  { 1, "9293 3.10.7.1",   0,            closed_fin,      RST_ACK,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-FIN EVT-CLOSED-WIN" },
  { 1, "9293 3.10.7.1",   0,            no_ack,          RST_ACK,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-NULL EVT-CLOSED-WIN" },
  /* "If the ACK bit is on" */
  { 1, "9293 3.10.7.1",   0,            ack_and_syn,     RST_SEQ,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-SYNACK EVT-CLOSED-WIN" },
  { 1, "9293 3.10.7.1",   0,            ack_and_fin,     RST_SEQ,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-FINACK EVT-CLOSED-WIN" },
  { 1, "9293 3.10.7.1",   0,            ack_and_text,    RST_SEQ,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-DATA EVT-CLOSED-WIN" },
  { 1, "9293 3.10.7.1",   0,            ack,             RST_SEQ,  SAME, RETURN, ALL,   NULL,  "EVT-CLOSED-ACK EVT-CLOSED-WIN" },
  { 0 }
};
