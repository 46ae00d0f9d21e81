/* rules_listen.c: RFC 9293 3.10.7.2, LISTEN STATE. */
#include "effects.h"
#include "guards.h"

#define SYN_RCVD SYN_RECEIVED

const struct rule rules_listen[] = {
/*   clause                     states  when          lawful           next      flow    accept effect           requirement */
  /* "First, check for a RST: ... should be ignored.  Return." */
  { 1, "9293 3.10.7.2 first",  0,      rst_and_syn,  SILENCE,         SAME,     RETURN, ALL,   NULL,            "EVT-LISTEN-RSTSYN" },
  { 1, "9293 3.10.7.2 first",  0,      rst_and_ack,  SILENCE,         SAME,     RETURN, ALL,   NULL,            "EVT-LISTEN-RSTACK GEN-RST-NOREPLY" },
  { 1, "9293 3.10.7.2 first",  0,      rst,          SILENCE,         SAME,     RETURN, ALL,   NULL,            "EVT-LISTEN-RST GEN-RST-NOREPLY" },
  /* "Second, check for an ACK: any acknowledgment is bad" */
  { 2, "9293 3.10.7.2 second", 0,      ack_and_syn,  RST_SEQ,         SAME,     RETURN, ALL,   NULL,            "EVT-LISTEN-SYNACK" },
  { 2, "9293 3.10.7.2 second", 0,      ack_and_fin,  RST_SEQ,         SAME,     RETURN, ALL,   NULL,            "EVT-LISTEN-FINACK" },
  { 2, "9293 3.10.7.2 second", 0,      ack_and_text, RST_SEQ,         SAME,     RETURN, ALL,   NULL,            "EVT-LISTEN-DATAACK" },
  { 2, "9293 3.10.7.2 second", 0,      ack,          RST_SEQ,         SAME,     RETURN, ALL,   NULL,            "EVT-LISTEN-ACK" },
  /* "Third, check for a SYN"; "any other control or text should be queued".
   * SYN with FIN is widely dropped as a scan. */
  { 3, "9293 3.10.7.2 third",  0,      syn_and_fin,  SYN_ACK,         SYN_RCVD, RETURN, ALL,   take_syn_listen, "EVT-LISTEN-SYN-FIN" },
  { 3, "9293 3.10.7.2 third",  0,      OR,           SILENCE,         SAME,     RETURN, D_L,   NULL,            NULL },
  { 3, "9293 3.10.7.2 third",  0,      syn_and_text, SYN_ACK,         SYN_RCVD, RETURN, ALL,   take_syn_listen, "EVT-LISTEN-SYN-DATA GEN-SYN-PAYLOAD-LEGAL" },
  { 3, "9293 3.10.7.2 third",  0,      syn_and_push, SYN_ACK,         SYN_RCVD, RETURN, ALL,   take_syn_listen, "EVT-LISTEN-SYN-PSHURG" },
  { 3, "9293 3.10.7.2 third",  0,      syn,          SYN_ACK,         SYN_RCVD, RETURN, ALL,   take_syn_listen, "EVT-LISTEN-SYN" },
  /* "Fourth, other data or control: ... Drop the segment and return." */
  { 4, "9293 3.10.7.2 fourth", 0,      flagless,     SILENCE,         SAME,     RETURN, S_L,   NULL,            "EVT-LISTEN-NOFLAGS" },
  { 4, "9293 3.10.7.2 fourth", 0,      OR,           SILENCE|RST_ACK, SAME,     RETURN, DEPLOYED, NULL,         "EVT-LISTEN-NOFLAGS" },
  { 0 }
};
