/* guards.h: what is the case when a segment arrives: the questions that the rows
 * ask.  Each answers for one hypothesis; nothing here decides what follows. */
#ifndef TCPCONFORM_ORACLE_GUARDS_H
#define TCPCONFORM_ORACLE_GUARDS_H

#include "rules.h"

static guard always;

/* before 3.10.7 */
static guard bad_checksum, bad_header, paws_old, paws_perhaps, lacks_timestamp, syn_lacks_timestamp;

/* CLOSED and LISTEN */
static guard rst, ack, no_ack, ack_and_syn, ack_and_fin, ack_and_text, syn, syn_and_text, syn_and_fin,
      syn_and_push, flagless;
static guard closed_syn, closed_syn_text, closed_fin, closed_syn_fin, closed_rst_ack, rst_and_syn, rst_and_ack;

/* SYN-SENT */
static guard bad_ack_and_rst, syn_and_bad_ack, ack_low, ack_high, rst_and_good_ack, syn_and_ack, syn_and_ack_text,
      syn_and_ack_fin, ack_without_syn;

/* other states, first: the sequence number */
static guard rst_below, rst_outside, rst_at_edge, rst_below_by_one_after_fin,
      crossing_syn_ack, syn_outside, syn_trimmed, syn_again, syn_ack_again, syn_old_in_time_wait, syn_new_in_time_wait,
      fin_again, unacceptable, unacceptable_empty_zero_window, unacceptable_text_zero_window,
      keepalive_form, empty_beyond, text_old, text_beyond, fin_outside, at_the_edge, old_but_acks;

/* second to fifth */
static guard rst_exact, rst_exact_reopened, rst_in_window;
static guard syn_in_window;
static guard fin_without_ack;
static guard acks_syn, acks_too_little, acks_ancient, acks_future, acks_fin, acks_fin_and_more, acks_new, acks_nothing_new;

/* sixth to eighth */
static guard urgent;
static guard empty_at_left_edge, empty_in_window, text_in_order, text_beyond_hole, queued_text, text, text_after_close, ends_after_edge;
static guard fin_in_order, fin_beyond_hole, fin_was_held, fin_elsewhere, fin_in_window;

/* calls */
static guard call_open_passive, call_open_active, call_close, call_close_lingering, call_shutdown, call_abort,
      call_close_or_shutdown, call_close_unread, call_of_listener;

/* time-outs */
static guard time_wait_may_end, gives_up, idles_in_fin_wait_2;

#endif
