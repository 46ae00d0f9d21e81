/* effects.h: what becomes of the variables when a row has spoken. */
#ifndef TCPCONFORM_ORACLE_EFFECTS_H
#define TCPCONFORM_ORACLE_EFFECTS_H

#include "rules.h"

static effect take_syn_listen;         /* RCV.NXT, IRS; ISS is not known before the reply */
static effect take_syn_sent;           /* RCV.NXT, IRS of a crossing SYN             */
static effect take_syn_ack;            /* and SND.UNA                                */
static effect establish;               /* SND.WND, WL1, WL2; the FIN of an earlier CLOSE */
static effect take_ack;                /* SND.UNA, the send window                   */
static effect take_window;             /* the send window alone                      */
static effect take_old_ack;            /* A.2: the ACK of an unacceptable segment, with its change of state */
static effect finish_crossing;         /* A.2: the crossing SYN,ACK completes        */
static effect take_text;               /* RCV.NXT over it, and over what was held    */
static effect take_text_or_hold;       /* whichever it is, or nothing: after a full CLOSE  */
static effect take_queued, drop_queued; /* text of the SYN                     */
static effect take_to_edge;            /* RCV.NXT to the right edge of the window    */
static effect hold_text;               /* SHLD-31                                    */
static effect take_fin;                /* RCV.NXT over the FIN                       */
static effect hold_fin, drop_fin;
static effect restart_2msl;
static effect back_to_time_wait; /* and back, if it was an old duplicate       */
static effect reopen;                  /* a new connection out of TIME-WAIT          */
static effect forget;                  /* the TCB is deleted                         */
static effect open_passive, stop_listening, forget_listener, open_active, close_queued, close_fully;

#endif
