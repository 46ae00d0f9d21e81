/* rules_syn_sent.c: RFC 9293 3.10.7.3, SYN-SENT STATE. */
#include "effects.h"
#include "guards.h"

const struct rule rules_syn_sent[] = {
/*   clause                     states  when              lawful    next          flow      accept effect         requirement */
  /* "If SEG.ACK =< ISS or SEG.ACK > SND.NXT, send a reset (unless the RST bit is set, ...)" */
  { 1, "9293 3.10.7.3 first",  0,      bad_ack_and_rst,  SILENCE,  SAME,         RETURN,   ALL,   NULL,          "EVT-SYNSENT-RST-BADACK GEN-RST-NOREPLY" },
  { 1, "9293 3.10.7.3 first",  0,      syn_and_bad_ack,  RST_SEQ,  SAME,         RETURN,   ALL,   NULL,          "EVT-SYNSENT-SYNACK-BADACK" },
  { 1, "9293 3.10.7.3 first",  0,      ack_low,          RST_SEQ,  SAME,         RETURN,   ALL,   NULL,          "EVT-SYNSENT-ACK-LOW" },
  { 1, "9293 3.10.7.3 first",  0,      ack_high,         RST_SEQ,  SAME,         RETURN,   ALL,   NULL,          "EVT-SYNSENT-ACK-HIGH" },
  /* "If the ACK was acceptable, then ... enter CLOSED state" */
  { 2, "9293 3.10.7.3 second", 0,      rst_and_good_ack, SILENCE,  GONE,         RETURN,   ALL,   forget,        "EVT-SYNSENT-RST-OK" },
  { 2, "9293 3.10.7.3 second", 0,      rst,              SILENCE,  SAME,         RETURN,   ALL,   NULL,          "EVT-SYNSENT-RST-NOACK R5961-RST-5" },
  /* third: security, not supported by this tester */
  /* One ACK does for the SYN and for what came with it: the later steps ask for it, and say too that text may be
   * left to be sent again. */
  /* "If SND.UNA > ISS (our SYN has been ACKed), change the connection state to ESTABLISHED" */
  { 4, "9293 3.10.7.3 fourth", 0,      syn_and_ack_fin,  NOTHING,  ESTABLISHED,  GO_SIXTH, ALL,   take_syn_ack,  "EVT-SYNSENT-SYNACK-FIN" },
  { 4, "9293 3.10.7.3 fourth", 0,      OR,               PURE_ACK, ESTABLISHED,  RETURN,   D_L,   take_syn_ack,  NULL },
  { 4, "9293 3.10.7.3 fourth", 0,      syn_and_ack_text, NOTHING,  ESTABLISHED,  GO_SIXTH, ALL,   take_syn_ack,  "EVT-SYNSENT-SYNACK-DATA" },
  { 4, "9293 3.10.7.3 fourth", 0,      syn_and_ack,      PURE_ACK, ESTABLISHED,  RETURN,   ALL,   take_syn_ack,  "EVT-SYNSENT-SYNACK" },
  /* "Otherwise, enter SYN-RECEIVED, form a SYN,ACK segment" */
  { 4, "9293 3.10.7.3 fourth", 0,      syn_and_text,     SYN_ACK,  SYN_RECEIVED, RETURN,   ALL,   take_syn_sent, "EVT-SYNSENT-SYN-DATA MUST-10" },
  { 4, "9293 3.10.7.3 fourth", 0,      syn,              SYN_ACK,  SYN_RECEIVED, RETURN,   ALL,   take_syn_sent, "MUST-10 EVT-SYNSENT-SYN" },
  /* "Fifth, if neither of the SYN or RST bits is set, then drop the segment" */
  { 5, "9293 3.10.7.3 fifth",  0,      ack_without_syn,  SILENCE,  SAME,         RETURN,   ALL,   NULL,          "EVT-SYNSENT-ACK-OK-NOSYN" },
  { 5, "9293 3.10.7.3 fifth",  0,      always,           SILENCE,  SAME,         RETURN,   ALL,   NULL,          "EVT-SYNSENT-NULL" },
  { 0 }
};
