/* rules_other.c: RFC 9293 3.10.7.4, Other States.
 *
 * A row names the states that it is about, so that the lists of states in the
 * text become one column.  `%` in a requirement is the state: EVT-%-RST is
 * EVT-FINWAIT1-RST in FIN-WAIT-1. */
#include "effects.h"
#include "guards.h"

#define SR      IN(SYN_RECEIVED)
#define EST     IN(ESTABLISHED)
#define FW1     IN(FIN_WAIT_1)
#define FW2     IN(FIN_WAIT_2)
#define CW      IN(CLOSE_WAIT)
#define CLG     IN(CLOSING)
#define LA      IN(LAST_ACK)
#define TW      IN(TIME_WAIT)
#define CLOSERS (FW1 | FW2 | CW | CLG | LA)     /* synchronized, but ESTABLISHED and TIME-WAIT */
#define SYNCED  (EST | CLOSERS | TW)
#define TAKING  (EST | FW1 | FW2)               /* states that take text */
#define DONE    (CW | CLG | LA | TW)            /* states behind the other's FIN */
#define ACKT    (PURE_ACK | THROTTLED)
#define MAYBE   (SILENCE | PURE_ACK)

static bool passive(const struct view *v)
{
	return syn_in_window(v) && v->t->passive;
}

static bool active(const struct view *v)
{
	return syn_in_window(v) && !v->t->passive;
}

static bool rst_exact_passive(const struct view *v)
{
	return rst_exact(v) && v->t->passive;
}

const struct rule rules_other[] = {
/*   clause                     states        when                lawful           next          flow    accept    effect           requirement */

  /* First, check sequence number.  "... an acknowledgment should be sent in
   * reply (unless the RST bit is set, if so drop the segment and return)". */
  { 1, "9293 3.10.7.4 first",  CW|CLG|LA,    rst_below_by_one_after_fin, SILENCE, SAME,         RETURN, ALL,      NULL,            "EVT-%-RST-OUT R5961-RST-1" },
  { 1, "9293 3.10.7.4 first",  CW|CLG|LA,    OR,                 SILENCE,         GONE,         RETURN, DEPLOYED, forget,          "R5961-RST-6" },
  { 1, "9293 3.10.7.4 first",  EST,          rst_below,          SILENCE,         SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-RST-LOW R5961-RST-1 GEN-RST-NOREPLY" },
  { 1, "9293 3.10.7.4 first",  EST,          rst_outside,        SILENCE,         SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-RST-HIGH R5961-RST-1 GEN-RST-NOREPLY" },
  { 1, "9293 3.10.7.4 first",  SR|CLOSERS|TW, rst_outside,       SILENCE,         SAME,         RETURN, ALL,      NULL,            "EVT-%-RST-OUT R5961-RST-1 GEN-RST-NOREPLY" },
  /* between the window that was advertised and the one that may be: dropped, challenged or, as RFC 793 has it, obeyed */
  { 1, "9293 3.10.7.4 first",  SR|SYNCED,    rst_at_edge,        MAYBE,           SAME,         RETURN, ALL,      NULL,            NULL },
  { 1, "9293 3.10.7.4 first",  SR|SYNCED,    OR,                 SILENCE,         GONE,         RETURN, ALL,      forget,          NULL },
  { 1, "9293 3.6.1",           SR,           OR,                 SILENCE,         TIME_WAIT,    RETURN, ALL,      back_to_time_wait, NULL },

  /* A.2: the letter answers the crossing SYN,ACK and drops it; common systems complete the handshake */
  { 1, "9293 A.2",             SR,           crossing_syn_ack,   NOTHING,         ESTABLISHED,  GO_SIXTH, ALL,    finish_crossing, NULL },
  { 1, "9293 A.2",             SR,           OR,                 MAYBE,           ESTABLISHED,  RETURN, ALL,      finish_crossing, "EVT-SYNSENT-SIMUL-DONE" },
  { 1, "9293 3.10.7.4 first",  SR,           OR,                 ACKT,            SAME,         RETURN, ALL,      NULL,            NULL },

  /* 3.6.1, RFC 6191: TIME-WAIT may give way to a new connection */
  { 1, "9293 3.6.1",           TW,           syn_new_in_time_wait, SYN_ACK,       SYN_RECEIVED, RETURN, ALL,      reopen,          "EVT-TIMEWAIT-SYN-NEW MAY-2" },
  { 1, "9293 3.10.7.4 first",  TW,           OR,                 MAYBE,           SAME,         RETURN, ALL,      NULL,            NULL },
  { 1, "793 3.4",              TW,           OR,                 RST_ACK|RST_NXT, GONE,         RETURN, D_L,      forget,          NULL },
  { 1, "9293 3.10.7.4 first",  TW,           syn_old_in_time_wait, MAYBE,         SAME,         RETURN, ALL,      NULL,            "EVT-TIMEWAIT-SYN-OLD" },
  { 1, "9293 3.10.7.4 first",  TW,           OR,                 ANY_RST,         GONE,         RETURN, LEGACY,   forget,          NULL },

  /* a SYN outside the window: an ACK in either model; a SYN cache says SYN,ACK again */
  { 1, "9293 3.10.7.4 first",  SR,           syn_again,          PURE_ACK,        SAME,         RETURN, STRICT,   NULL,            "EVT-SYNRCVD-SYN-DUP" },
  { 1, "9293 3.10.7.4 first",  SR,           OR,                 PURE_ACK|SYN_ACK|THROTTLED, SAME, RETURN, D_L,   NULL,            "EVT-SYNRCVD-SYN-DUP" },
  { 1, "9293 3.10.7.4 first",  EST,          syn_ack_again,      ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-SYNACK-DUP" },
  { 1, "9293 3.10.7.4 first",  EST,          syn_again,          ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-SYN-DUP R5961-SYN-1" },
  { 1, "9293 3.10.7.4 first",  EST,          syn_outside,        ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-SYN-OUT R5961-SYN-1" },
  { 1, "9293 3.10.7.4 first",  CLOSERS,      syn_outside,        ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-%-SYN R5961-SYN-1" },
  { 1, "9293 3.10.7.4 first",  SR,           syn_outside,        ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-SYNRCVD-SEQ-OLD" },
  { 1, "9293 3.10.7.4 first",  SR,           OR,                 SYN_ACK|ANY_RST, SAME,         RETURN, D_L,      NULL,            NULL },

  /* what may be in or out (see guards.c): refused, or processed further */
  /* "trimming off any portions that lie outside the window (including SYN and FIN)"; RFC 5961: whatever the number */
  { 1, "9293 3.10.7.4 first",  SR|SYNCED,    syn_trimmed,        NOTHING,         SAME,         GO_ON,  ALL,      NULL,            NULL },
  { 1, "5961 4.2",             SR|SYNCED,    OR,                 ACKT,            SAME,         RETURN, ALL,      NULL,            NULL },
  { 1, "9293 3.10.7.4 first",  SR,           OR,                 SYN_ACK,         SAME,         RETURN, D_L,      NULL,            NULL },
  { 1, "793 3.4",              SR|SYNCED,    OR,                 ANY_RST,         GONE,         RETURN, D_L,      forget,          NULL },
  { 1, "9293 3.10.7.4 fourth", SR,           OR,                 SILENCE,         GONE,         RETURN, ALL,      forget,          NULL },
  { 1, "9293 3.10.7.4 first",  SR|SYNCED,    at_the_edge,        ACKT,            SAME,         RETURN, ALL,      NULL,            NULL },
  { 1, "9293 3.10.7.4 first",  SR|SYNCED,    OR,                 NOTHING,         SAME,         GO_ON,  ALL,      NULL,            NULL },

  /* A.2 and "special allowance should be made to accept valid ACKs": its ACK may be taken */
  { 1, "9293 A.2",             SR|SYNCED,    old_but_acks,       ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-SEQ-ACKFORM" },
  { 1, "9293 A.2",             SR|SYNCED,    OR,                 ACKT,            SAME,         RETURN, ALL,      take_old_ack,    NULL },
  { 1, "9293 A.2",             LA|SR,        OR,                 SILENCE,         SAME,         RETURN, D_L,      take_old_ack,    NULL },

  { 1, "9293 3.10.7.4 eighth", TW,           fin_again,          PURE_ACK,        SAME,         RETURN, ALL,      restart_2msl,    "EVT-TIMEWAIT-FIN" },
  { 1, "9293 3.10.7.4 first",  CW|CLG|LA,    fin_again,          PURE_ACK,        SAME,         RETURN, ALL,      NULL,            "EVT-%-FIN EVT-%-SEQ" },
  { 1, "9293 3.10.7.4 first",  EST,          unacceptable_empty_zero_window, ACKT, SAME,        RETURN, ALL,      NULL,            "EVT-ESTAB-SEQ-1-BAD EVT-ESTAB-SEQ-ACKFORM" },
  { 1, "9293 3.10.7.4 first",  EST,          unacceptable_text_zero_window, PURE_ACK, SAME,     RETURN, ALL,      NULL,            "EVT-ESTAB-SEQ-3 EVT-ESTAB-SEQ-ACKFORM" },
  { 1, "9293 3.10.7.4 first",  EST,          keepalive_form,     ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-SEQ-2-LOW EVT-ESTAB-SEQ-ACKFORM" },
  { 1, "9293 3.10.7.4 first",  EST,          empty_beyond,       ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-SEQ-2-HIGH EVT-ESTAB-SEQ-ACKFORM" },
  { 1, "9293 3.10.7.4 first",  EST,          text_old,           PURE_ACK,        SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-SEQ-4-OLD EVT-ESTAB-SEQ-ACKFORM GEN-DUP-SEG" },
  { 1, "9293 3.10.7.4 first",  EST,          text_beyond,        PURE_ACK,        SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-SEQ-4-NEW EVT-ESTAB-SEQ-ACKFORM" },
  { 1, "9293 3.10.7.4 first",  EST,          fin_outside,        PURE_ACK,        SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-FIN-OUT EVT-ESTAB-SEQ-ACKFORM" },
  { 1, "9293 3.10.7.4 first",  SR,           keepalive_form,     ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-SYNRCVD-SEQ-OLD" },
  { 1, "9293 3.10.7.4 first",  SR,           text_old,           ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-SYNRCVD-SEQ-OLD" },
  { 1, "9293 3.10.7.4 first",  SR,           unacceptable,       ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-SYNRCVD-SEQ-HIGH" },
  { 1, "9293 3.10.7.4 first",  CLOSERS|TW,   unacceptable,       ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-%-SEQ" },

  /* Second, check the RST bit.  RFC 5961 resets only on the exact number; RFC 793 on any in the window. */
  { 2, "9293 3.6.1",           SR,           rst_exact_reopened, SILENCE,         TIME_WAIT,    RETURN, ALL,      back_to_time_wait, "MAY-2" },
  { 2, "9293 3.10.7.4 second", SR,           OR,                 SILENCE,         GONE,         RETURN, ALL,      forget,          NULL },
  { 2, "9293 3.10.7.4 second", SR,           rst_exact_passive,  SILENCE,         GONE,         RETURN, ALL,      forget,          "EVT-SYNRCVD-RST R5961-RST-2" },
  { 2, "9293 3.10.7.4 second", SR,           rst_exact,          SILENCE,         GONE,         RETURN, ALL,      forget,          "EVT-SYNRCVD-ACTIVE-RST R5961-RST-2 MUST-11" },
  { 2, "9293 3.10.7.4 second", EST,          rst_exact,          SILENCE,         GONE,         RETURN, ALL,      forget,          "EVT-ESTAB-RST-EXACT R5961-RST-2 GEN-RST-NOREPLY" },
  { 2, "9293 3.10.7.4 second", CLOSERS|TW,   rst_exact,          SILENCE,         GONE,         RETURN, ALL,      forget,          "EVT-%-RST R5961-RST-2 GEN-RST-NOREPLY" },
  { 2, "1337 3 F1",            TW,           OR,                 SILENCE,         SAME,         RETURN, ALL,      NULL,            "R1337-1" },
  { 2, "9293 3.10.7.4 second", SR|EST|CLOSERS|TW, rst_in_window, PURE_ACK,        SAME,         RETURN, STRICT,   NULL,            "EVT-%-RST-INWIN R5961-RST-3" },
  { 2, "9293 3.10.7.4 second", SR|EST|CLOSERS|TW, OR,            ACKT,            SAME,         RETURN, DEPLOYED, NULL,            "EVT-%-RST-INWIN R5961-RST-3" },
  { 2, "793 3.4",              SR|EST|CLOSERS|TW, OR,            SILENCE,         GONE,         RETURN, D_L,      forget,          "EVT-%-RST-INWIN" },
  { 2, "9293 3.6.1",           SR,           OR,                 SILENCE,         TIME_WAIT,    RETURN, D_L,      back_to_time_wait, NULL },
  { 2, "1337 3 F1",            TW,           OR,                 SILENCE,         SAME,         RETURN, D_L,      NULL,            NULL },
  { 2, "9293 3.10.7.4 second", SR,           OR,                 SILENCE,         SAME,         RETURN, DEPLOYED, NULL,            NULL },

  /* Third, check security: not supported by this tester. */

  /* Fourth, check the SYN bit.  RFC 5961: a challenge ACK; RFC 793: a reset. */
  { 4, "9293 3.10.7.4 fourth", SR,           passive,            SILENCE,         GONE,         RETURN, ALL,      forget,          "EVT-SYNRCVD-SYN-INWIN" },
  { 4, "9293 3.6.1",           SR,           OR,                 SILENCE,         TIME_WAIT,    RETURN, ALL,      back_to_time_wait, NULL },
  { 4, "5961 4.2",             SR,           OR,                 PURE_ACK|SYN_ACK|THROTTLED, SAME, RETURN, DEPLOYED, NULL,        "EVT-SYNRCVD-SYN-INWIN" },
  { 4, "793 3.4",              SR,           OR,                 ANY_RST,         GONE,         RETURN, D_L,      forget,          NULL },
  { 4, "5961 4.2",             SR,           active,             PURE_ACK,        SAME,         RETURN, STRICT,   NULL,            "EVT-SYNRCVD-ACTIVE-SYN" },
  { 4, "5961 4.2",             SR,           OR,                 ACKT,            SAME,         RETURN, DEPLOYED, NULL,            "EVT-SYNRCVD-ACTIVE-SYN" },
  { 4, "793 3.4",              SR,           OR,                 ANY_RST,         GONE,         RETURN, D_L,      forget,          "EVT-SYNRCVD-ACTIVE-SYN" },
  { 4, "5961 4.2",             EST,          syn_in_window,      PURE_ACK,        SAME,         RETURN, STRICT,   NULL,            "EVT-ESTAB-SYN-INWIN R5961-SYN-1" },
  { 4, "5961 4.2",             EST,          OR,                 ACKT,            SAME,         RETURN, DEPLOYED, NULL,            "EVT-ESTAB-SYN-INWIN R5961-SYN-1" },
  { 4, "793 3.4",              EST,          OR,                 ANY_RST,         GONE,         RETURN, D_L,      forget,          "EVT-ESTAB-SYN-INWIN" },
  { 4, "5961 4.2",             CLOSERS,      syn_in_window,      PURE_ACK,        SAME,         RETURN, STRICT,   NULL,            "EVT-%-SYN R5961-SYN-1" },
  { 4, "5961 4.2",             CLOSERS,      OR,                 ACKT,            SAME,         RETURN, DEPLOYED, NULL,            "EVT-%-SYN R5961-SYN-1" },
  { 4, "793 3.4",              CLOSERS,      OR,                 ANY_RST,         GONE,         RETURN, D_L,      forget,          "EVT-%-SYN" },

  /* Fifth, check the ACK field.  "If the ACK bit is off, drop the segment and return" */
  { 5, "9293 3.10.7.4 fifth",  EST,          fin_without_ack,    SILENCE,         SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-FIN-NOACK" },
  { 5, "9293 3.10.7.4 fifth",  SR|SYNCED,    no_ack,             SILENCE,         SAME,         RETURN, ALL,      NULL,            "EVT-%-NOACK" },

  { 5, "9293 3.10.7.4 fifth",  SR,           acks_syn,           NOTHING,         ESTABLISHED,  GO_ON,  ALL,      establish,       "EVT-SYNRCVD-ACK-OK" },
  { 5, "9293 3.10.7.4 fifth",  SR,           acks_future,        RST_SEQ|PURE_ACK, SAME,        RETURN, S_L,      NULL,            "EVT-SYNRCVD-ACK-HIGH" },
  { 5, "9293 3.10.7.4 fifth",  SR,           OR,                 RST_SEQ|PURE_ACK|SILENCE, SAME, RETURN, DEPLOYED, NULL,          "EVT-SYNRCVD-ACK-HIGH" },
  { 5, "9293 3.10.7.4 fifth",  SR,           acks_too_little,    RST_SEQ|PURE_ACK, SAME,        RETURN, S_L,      NULL,            "EVT-SYNRCVD-ACK-LOW" },
  { 5, "9293 3.10.7.4 fifth",  SR,           OR,                 RST_SEQ|PURE_ACK|SILENCE, SAME, RETURN, DEPLOYED, NULL,          "EVT-SYNRCVD-ACK-LOW" },

  /* "If the ACK acks something not yet sent (SEG.ACK > SND.NXT), then send an ACK, drop the segment, and return." */
  { 5, "9293 3.10.7.4 fifth",  EST,          acks_future,        ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-ESTAB-ACK-FUTURE R5961-DATA-2" },
  { 5, "9293 3.10.7.4 fifth",  FW1|FW2|CW|CLG, acks_future,      ACKT,            SAME,         RETURN, ALL,      NULL,            "EVT-%-ACK-FUTURE R5961-DATA-2" },
  { 5, "9293 3.10.7.4 fifth",  LA,           acks_future,        MAYBE,           SAME,         RETURN, ALL,      NULL,            "EVT-LASTACK-ACK-FUTURE" },
  { 5, "9293 3.10.7.4 fifth",  TW,           acks_future,        MAYBE,           SAME,         RETURN, ALL,      NULL,            "EVT-TIMEWAIT-ACK" },
  /* RFC 5961 5.2 (MAY-12): refused with an ACK; else "it can be ignored" */
  { 5, "5961 5.2",             EST|FW1|FW2|CW|CLG|LA, acks_ancient, ACKT,         SAME,         RETURN, S_D,      NULL,            "EVT-ESTAB-ACK-OLD R5961-DATA-1" },
  { 5, "9293 3.10.7.4 fifth",  EST|FW1|FW2|CW|CLG|LA, OR,        NOTHING,         SAME,         GO_ON,  ALL,      NULL,            NULL },

  { 5, "5961 5.2",             TW,           acks_ancient,       MAYBE,           SAME,         RETURN, ALL,      NULL,            "EVT-TIMEWAIT-ACK" },

  { 5, "9293 3.10.7.4 fifth",  FW1,          acks_fin,           NOTHING,         FIN_WAIT_2,   GO_ON,  ALL,      take_ack,        "EVT-FINWAIT1-ACK-FIN" },
  { 5, "9293 3.10.7.4 fifth",  CLG,          acks_fin_and_more,  MAYBE,           TIME_WAIT,    RETURN, ALL,      take_ack,        "EVT-CLOSING-ACK-FIN" },
  { 5, "9293 3.10.7.4 fifth",  CLG,          acks_fin,           SILENCE,         TIME_WAIT,    RETURN, ALL,      take_ack,        "EVT-CLOSING-ACK-FIN" },
  { 5, "9293 3.10.7.4 seventh", CLG,         text,               MAYBE,           SAME,         RETURN, ALL,      take_ack,        "EVT-CLOSING-TEXT" },
  { 5, "9293 3.10.7.4 fifth",  CLG,          acks_new,           MAYBE,           SAME,         RETURN, ALL,      take_ack,        "EVT-CLOSING-ACK-OTHER" },
  { 5, "9293 3.10.7.4 fifth",  CLG,          acks_nothing_new,   MAYBE,           SAME,         RETURN, ALL,      take_window,     "EVT-CLOSING-ACK-OTHER" },
  { 5, "9293 3.10.7.4 fifth",  LA,           acks_fin_and_more,  SILENCE|RST_SEQ, GONE,         RETURN, ALL,      forget,          "EVT-LASTACK-ACK-FIN" },
  { 5, "9293 3.10.7.4 fifth",  LA,           acks_fin,           SILENCE,         GONE,         RETURN, ALL,      forget,          "EVT-LASTACK-ACK-FIN" },
  /* SHLD-3: "if new data is received after CLOSE is called, its TCP implementation SHOULD send a RST to show that data was lost" */
  { 5, "9293 3.10.7.4 seventh", LA,          text_after_close,   MAYBE,           SAME,         RETURN, ALL,      take_ack,        "EVT-LASTACK-TEXT" },
  { 5, "9293 3.6.1",           LA,           OR,                 RST_SEQ|RST_NXT, GONE,         RETURN, ALL,      forget,          "SHLD-3" },
  { 5, "9293 3.10.7.4 seventh", LA,          text,               MAYBE,           SAME,         RETURN, ALL,      take_ack,        "EVT-LASTACK-TEXT" },
  { 5, "9293 3.10.7.4 fifth",  LA,           always,             MAYBE,           SAME,         RETURN, ALL,      take_ack,        "EVT-LASTACK-ACK-OTHER" },
  /* reached by a reset of its own (3.5.2), it has taken no FIN yet */
  { 5, "9293 3.10.7.4 eighth", TW,           fin_in_order,       PURE_ACK,        SAME,         RETURN, ALL,      take_fin,        "EVT-TIMEWAIT-ACK" },
  { 5, "9293 3.10.7.4 fifth",  TW,           OR,                 SILENCE,         SAME,         RETURN, ALL,      NULL,            NULL },
  { 5, "9293 3.10.7.4 fifth",  TW,           fin_in_window,      MAYBE,           SAME,         RETURN, ALL,      restart_2msl,    "EVT-TIMEWAIT-ACK" },
  { 5, "9293 3.10.7.4 fifth",  TW,           text,               MAYBE,           SAME,         RETURN, ALL,      NULL,            "EVT-TIMEWAIT-TEXT" },
  { 5, "9293 3.10.7.4 fifth",  TW,           always,             MAYBE,           SAME,         RETURN, ALL,      NULL,            "EVT-TIMEWAIT-ACK" },
  { 5, "9293 3.10.7.4 fifth",  FW1,          acks_new,           NOTHING,         SAME,         GO_ON,  ALL,      take_ack,        "EVT-FINWAIT1-ACK-PART" },
  { 5, "9293 3.10.7.4 fifth",  EST|FW2|CW,   acks_new,           NOTHING,         SAME,         GO_ON,  ALL,      take_ack,        "EVT-ESTAB-ACK-NEW" },
  { 5, "9293 3.10.7.4 fifth",  EST|FW1|FW2|CW, acks_nothing_new, NOTHING,         SAME,         GO_ON,  ALL,      take_window,     "EVT-ESTAB-ACK-DUP" },

  /* Text of a SYN that was "queued for processing later" goes before the text of this segment. */
  { 6, "9293 3.10.7.2 third",  TAKING,       queued_text,        ACK_SOON,        SAME,         GO_ON,  ALL,      take_queued,     NULL },
  { 6, "9293 3.10.7.2 third",  TAKING,       OR,                 NOTHING,         SAME,         GO_ON,  ALL,      drop_queued,     NULL },
  { 6, "9293 3.10.7.2 third",  TAKING,       OR,                 NOTHING,         SAME,         GO_ON,  ALL,      NULL,            NULL },

  /* Sixth, check the URG bit: nothing of it is seen on the wire. */
  { 6, "9293 3.10.7.4 sixth",  TAKING,       urgent,             NOTHING,         SAME,         GO_ON,  ALL,      NULL,            NULL },
  { 6, "9293 3.10.7.4 sixth",  DONE,         urgent,             NOTHING,         SAME,         GO_ON,  ALL,      NULL,            NULL },

  /* Seventh, process the segment text. */
  { 7, "9293 3.6.1",           FW1|FW2,      text_after_close,   RST_SEQ|RST_NXT, GONE,         RETURN, ALL,      forget,          "SHLD-3" },
  { 7, "9293 3.5.2",           FW1|FW2,      OR,                 RST_SEQ|RST_NXT, TIME_WAIT,    RETURN, ALL,      restart_2msl,    "SHLD-3" },
  { 7, "9293 3.10.7.4 seventh", FW1|FW2,     OR,                 ACK_SOON,        SAME,         GO_ON,  ALL,      take_text_or_hold, "EVT-%-TEXT" },
  { 7, "9293 3.10.7.4 seventh", TAKING,      ends_after_edge,    ACK_SOON,        SAME,         GO_ON,  ALL,      take_text,       NULL },
  { 7, "9293 3.10.7.4 first",  TAKING,       OR,                 ACK_SOON,        SAME,         RETURN, ALL,      take_to_edge,    "EVT-ESTAB-SEQ-4-RIGHT" },
  { 7, "9293 3.10.7.4 first",  TAKING,       OR,                 PURE_ACK,        SAME,         RETURN, ALL,      NULL,            NULL },
  { 7, "9293 3.10.7.4 seventh", EST,         text_in_order,      ACK_SOON,        SAME,         GO_ON,  ALL,      take_text,       "EVT-ESTAB-TEXT" },
  { 7, "9293 3.10.7.4 seventh", FW1|FW2,     text_in_order,      ACK_SOON,        SAME,         GO_ON,  ALL,      take_text,       "EVT-%-TEXT" },
  { 7, "9293 3.10.7.4 seventh", TAKING,      text_beyond_hole,   MAYBE|ACK_SOON,  SAME,         GO_ON,  ALL,      hold_text,       "EVT-ESTAB-OOO MAY-13" },
  { 7, "9293 3.10.7.4 seventh", CW,          text,               MAYBE,           SAME,         GO_ON,  ALL,      NULL,            "EVT-CLOSEWAIT-TEXT" },
  { 7, "9293 3.10.7.4 seventh", CW,          OR,                 RST_SEQ|RST_NXT, GONE,         RETURN, DEPLOYED, forget,          NULL },
  { 7, "9293 3.10.7.4 seventh", TAKING|CW,   empty_at_left_edge, SILENCE,         SAME,         GO_ON,  ALL,      NULL,            "EVT-ESTAB-TEXT-ZERO-ACK" },
  { 7, "9293 3.10.7.4 seventh", TAKING|CW,   empty_in_window,    MAYBE,           SAME,         GO_ON,  ALL,      NULL,            "EVT-ESTAB-SEQ-2" },

  /* Eighth, check the FIN bit: "advance RCV.NXT over the FIN, and send an acknowledgment for the FIN". */
  { 8, "9293 3.10.7.4 eighth", EST,          fin_in_order,       ACK_SOON,        CLOSE_WAIT,   RETURN, ALL,      take_fin,        "EVT-ESTAB-FIN" },
  { 8, "9293 3.10.7.4 eighth", FW1,          fin_in_order,       ACK_SOON,        CLOSING,      RETURN, ALL,      take_fin,        "EVT-FINWAIT1-FIN" },
  { 8, "9293 3.10.7.4 eighth", FW2,          fin_in_order,       ACK_SOON,        TIME_WAIT,    RETURN, ALL,      take_fin,        "EVT-FINWAIT2-FIN" },
  { 8, "9293 3.10.7.4 eighth", EST,          fin_was_held,       ACK_SOON,        CLOSE_WAIT,   RETURN, ALL,      take_fin,        "EVT-ESTAB-FIN-OOO" },
  { 8, "9293 3.10.7.4 eighth", EST,          OR,                 NOTHING,         SAME,         RETURN, ALL,      drop_fin,        NULL },
  { 8, "9293 3.10.7.4 eighth", FW1,          fin_was_held,       ACK_SOON,        CLOSING,      RETURN, ALL,      take_fin,        NULL },
  { 8, "9293 3.10.7.4 eighth", FW1,          OR,                 NOTHING,         SAME,         RETURN, ALL,      drop_fin,        NULL },
  { 8, "9293 3.10.7.4 eighth", FW2,          fin_was_held,       ACK_SOON,        TIME_WAIT,    RETURN, ALL,      take_fin,        NULL },
  { 8, "9293 3.10.7.4 eighth", FW2,          OR,                 NOTHING,         SAME,         RETURN, ALL,      drop_fin,        NULL },
  { 8, "9293 3.10.7.4 eighth", TAKING,       fin_beyond_hole,    MAYBE|ACK_SOON,  SAME,         RETURN, ALL,      hold_fin,        "EVT-ESTAB-FIN-OOO" },
  { 8, "9293 3.10.7.4 eighth", CW,           fin_elsewhere,      MAYBE,           SAME,         RETURN, ALL,      NULL,            "EVT-CLOSEWAIT-FIN" },
  { 0 }
};
