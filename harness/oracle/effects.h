/* effects.h: what becomes of the variables when a row has spoken. */
#ifndef TCPCONFORM_ORACLE_EFFECTS_H
#define TCPCONFORM_ORACLE_EFFECTS_H

#include "rules.h"

effect take_syn_listen;         /* RCV.NXT, IRS; ISS is not known before the reply */
effect take_syn_sent;           /* RCV.NXT, IRS of a crossing SYN             */
effect take_syn_ack;            /* and SND.UNA                                */
effect establish;               /* SND.WND, WL1, WL2; the FIN of an earlier CLOSE */
effect take_ack;                /* SND.UNA, the send window                   */
effect take_window;             /* the send window alone                      */
effect take_old_ack;            /* A.2: the ACK of an unacceptable segment, with its change of state */
effect finish_crossing;         /* A.2: the crossing SYN,ACK completes        */
effect take_text;               /* RCV.NXT over it, and over what was held    */
effect take_text_or_hold;       /* whichever it is, or nothing: after a full CLOSE  */
effect take_to_edge;            /* RCV.NXT to the right edge of the window    */
effect hold_text;               /* SHLD-31                                    */
effect take_fin;                /* RCV.NXT over the FIN                       */
effect hold_fin;
effect restart_2msl;
effect reopen;                  /* a new connection out of TIME-WAIT          */
effect forget;                  /* the TCB is deleted                         */
effect open_passive, stop_listening, forget_listener, open_active, close_queued, close_fully;

/* Windows and timestamps that every segment leaves behind. */
void effects_of_arrival(struct tcb *, const struct view *);

#endif
