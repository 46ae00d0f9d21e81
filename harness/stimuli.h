/* stimuli.h: the named stimuli of the state x event matrix.
 *
 * Each sends one segment of RFC 9293 3.10.7.4 that a connection must not take,
 * or must take in one way only, and returns it as it left.  None of them moves
 * our TCB.  They are built on the verbs of case.h and need nothing else; the
 * rows that use them are in cases/9293/3_10_7_4_other_states.c.
 *
 * `ack` is what the stimulus acknowledges where it carries an ACK: in a state in
 * which a FIN of the DUT waits for its acknowledgment (FIN-WAIT-1, CLOSING,
 * LAST-ACK) the natural value would acknowledge it, and the stimulus would then
 * be two events in one. */
#ifndef TCPCONFORM_STIMULI_H
#define TCPCONFORM_STIMULI_H

#include <stdint.h>

struct run;
struct seg;

typedef const struct seg *stimulus(struct run *c, uint32_t ack);

/* Step one: not acceptable. */
stimulus empty_below_window;    /* SEQ = RCV.NXT-1000, no octet: an old ACK      */
stimulus empty_beyond_window;   /* 1000 behind the right edge, no octet          */
stimulus old_octet;             /* SEQ = RCV.NXT-1, one octet that came before   */
stimulus octet_beyond_window;   /* one octet 1000 behind the right edge          */

/* Step two: resets. */
stimulus rst_exact;             /* SEQ = RCV.NXT                                 */
stimulus rst_ack_exact;         /* the same with an ACK                          */
stimulus rst_in_window;         /* SEQ = RCV.NXT+1                               */
stimulus rst_below_window;      /* SEQ = RCV.NXT-100                             */
stimulus rst_beyond_window;     /* 100000 behind the right edge                  */

/* Step four: SYN. */
stimulus syn_in_window;         /* SEQ = RCV.NXT+10                              */
stimulus syn_below_window;      /* SEQ = RCV.NXT-5000                            */
stimulus syn_beyond_window;     /* 5000 behind the right edge                    */

/* Step five: ACK. */
stimulus octet_without_ack;     /* SEQ = RCV.NXT, one octet, no control bit      */
stimulus fin_without_ack;       /* SEQ = RCV.NXT, FIN alone                      */
stimulus ack_above_snd_nxt;     /* SEQ = RCV.NXT, ACK = SND.NXT+1000, no octet   */

stimulus ack_again;             /* SEQ = RCV.NXT, no octet: nothing new          */

/* Steps seven and eight: text and FIN. */
stimulus new_text;              /* SEQ = RCV.NXT, ten octets                     */
stimulus fin_again;             /* our FIN once more: SEQ = RCV.NXT-1            */
stimulus fin_below_window;      /* SEQ = RCV.NXT-1000                            */
stimulus fin_beyond_window;     /* 1000 behind the right edge                    */

/* The first sequence number behind the largest window that the DUT has offered,
 * with the rounding of a window scale, if there is one. */
uint32_t right_edge(struct run *c);

#endif
