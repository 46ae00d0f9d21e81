/* knobs.c: the defaults, and the list of lawful settings.
 *
 * A default is what RFC 9293 or its companion recommends; where there is only a
 * choice it is the letter of 3.10. */
#include "knobs.h"

void knobs_defaults(struct knobs *k)
{
	*k = (struct knobs){
		.msl = S(120),
		.rto_initial = S(1), .rto_min = S(1), .rto_max = S(60),
		.keepalive_idle = S(7200), .keepalive_interval = S(75), .keepalive_count = 9,
		.rcv_buffer = 65535, .snd_buffer = 262144,
		.rto_granularity = MS(1),
		.rto_after_syn = S(3),
		.r2_syn = S(190), .r2_data = S(300), .r1 = 3,
		.delayed_ack = MS(200), .delayed_ack_segments = 2,
		.window_update_segments = 2, .sws_override = MS(500),
		.mss_min = 1,
		.mtu_min4 = 68, .mtu_min6 = 1280,
		.backlog = 128, .max_connections = 8192,
		.iss_step = 4000,
		.backoff_factor = 2,
		.dupack_threshold = 3,
		.ttl = 64,
		.offer_ws = true, .offer_ts = true,
		.nagle = true,
		.limited_transmit = true,
		.report_soft = true,
		.icmp_hard_aborts = true,
		.ack_range_check = true,
		.fin_coalesce = true,
		.ack_above_gap = true,
		.urgent_again = true,
		.ts_required = true,
		.ts_on_reset = true,
		.reset_unread = true,
		.fin_above_gap = true,
		.reopened_remembers = true,
		.challenge_limit = 10, .challenge_interval = S(5),
	};
}

/* The text offers them. */
#define SETTINGS(X)                                                            \
	X(defaults,               (void)k)                                     \
	X(tw_rst_ignore,          k->tw_rst = TW_RST_IGNORE)                   \
	X(tw_syn_challenge,       k->tw_syn = TW_SYN_CHALLENGE)                \
	X(tw_syn_silent,          k->tw_syn = TW_SYN_SILENT)                   \
	X(tw_ack_answer,          k->tw_ack = TW_ACK_ANSWER)                   \
	X(syn_text_ignore,        k->syn_text = SYN_TEXT_IGNORE)               \
	X(syn_text_ack,           k->syn_text = SYN_TEXT_ACK)                  \
	X(cross_quietly,          k->cross = CROSS_ESTABLISH_QUIETLY)          \
	X(cross_letter,           k->cross = CROSS_LETTER)                     \
	X(syn_received_close_queue, k->syn_received_close = SR_CLOSE_QUEUE)    \
	X(zwp_old_octet,          k->zwp = ZWP_OLD_OCTET)                      \
	X(zwp_empty,              k->zwp = ZWP_EMPTY)                          \
	X(iw_6928,                k->iw = IW_6928)                             \
	X(late_text_ack,          k->late_text = LATE_TEXT_ACK)                \
	X(abort_time_wait,        k->abort_to = ABORT_TIME_WAIT)               \
	X(no_ack_range_check,     k->ack_range_check = false)                  \
	X(ack_range_in_syn_received, k->ack_range_in_syn_received = true)      \
	X(trim_spanning,          k->trim_spanning = true)                     \
	X(fin_alone,              k->fin_coalesce = false)                     \
	X(no_ack_above_gap,       k->ack_above_gap = false)                    \
	X(urgent_once,            k->urgent_again = false)                     \
	X(no_ts_on_reset,         k->ts_on_reset = false)                      \
	X(keepalive_octet,        k->keepalive_octet = true)                   \
	X(synack_ack_twice,       k->synack_ack_twice = true)                  \
	X(no_options,             k->offer_ws = k->offer_ts = false)           \
	X(no_delayed_ack,         k->delayed_ack = 0)                          \
	X(no_limited_transmit,    k->limited_transmit = false)                 \
	X(reset_on_timeout,       k->reset_on_timeout = true)                  \
	X(challenge_unlimited,    k->challenge_limit = 0)                      \
	X(no_nagle,               k->nagle = false)                            \
	X(ts_required_of_syn,     k->ts_required_of_syn = true)                \
	X(trim_syn,               k->trim_syn = true)                          \
	X(no_reset_unread,        k->reset_unread = false)                     \
	X(reset_of_segment,       k->reset_of_segment = true)                  \
	X(no_fin_above_gap,       k->fin_above_gap = false)                    \
	X(reopened_forgets,       k->reopened_remembers = false)               \
	X(old_ack_take,           k->old_ack = OLD_ACK_TAKE)                   \
	X(across_edge_refuse,     k->across_edge = ACROSS_REFUSE)              \
	X(across_edge_take,       k->across_edge = ACROSS_TAKE)                \
	X(cross_no_text,          k->cross = CROSS_NO_TEXT)                    \
	X(cross_no_text_quietly,  k->cross = CROSS_NO_TEXT_QUIETLY)            \
	X(no_reset_unread_zwp_empty, k->reset_unread = false;                  \
	                          k->zwp = ZWP_EMPTY)                          \
	X(new_syn_time_wait,      k->new_syn = NEW_SYN_TIME_WAIT)              \
	X(abort_time_wait_of_segment, k->abort_to = ABORT_TIME_WAIT;           \
	                          k->reset_of_segment = true)

/* Real stacks do so, or RFC 793 has it. */
#define PRACTICES(X)                                                           \
	X(rst_793,                k->rst_in_window = RST_793)                  \
	X(syn_793,                k->syn_when_synchronized = SYN_793)          \
	X(dup_syn_synack,         k->dup_syn = DUP_SYN_SYNACK)                 \
	X(new_syn_challenge,      k->new_syn = NEW_SYN_CHALLENGE)              \
	X(ts_not_required,        k->ts_required = false)                      \
	X(text_again_in_synack,   k->text_again_in_synack = true)              \
	X(syn_outside_synack,     k->syn_outside = SYN_OUTSIDE_SYNACK)         \
	X(syn_outside_reset,      k->syn_outside = SYN_OUTSIDE_RESET)          \
	X(bad_ack_silent,         k->bad_ack = BAD_ACK_SILENT)                 \
	X(old_ack_take_quietly,   k->old_ack = OLD_ACK_TAKE_QUIETLY)           \
	X(listener_quiet,         k->listener_close = LISTENER_QUIET)          \
	X(listener_keeps,         k->listener_close = LISTENER_KEEPS)          \
	X(syn_received_close_reset, k->syn_received_close = SR_CLOSE_RESET)    \
	X(syn_received_close_quiet, k->syn_received_close = SR_CLOSE_QUIET)    \
	X(new_syn_synack,         k->new_syn = NEW_SYN_SYNACK)                 \
	X(new_syn_reset,          k->new_syn = NEW_SYN_RESET)                  \
	X(new_syn_reset_of_connection, k->new_syn = NEW_SYN_RESET;             \
	                          k->reset_of_connection = true)               \
	X(syn_793_reset_of_connection, k->syn_when_synchronized = SYN_793;     \
	                          k->reset_of_connection = true)               \
	X(syn_outside_reset_of_connection, k->syn_outside = SYN_OUTSIDE_RESET; \
	                          k->reset_of_connection = true)               \
	X(abort_time_wait_deaf,   k->abort_to = ABORT_TIME_WAIT;               \
	                          k->deaf_after_abort = true)                  \
	X(edges_wide,             k->edges_wide = true)                        \
	X(edges_wide_rst_793,     k->edges_wide = true;                        \
	                          k->rst_in_window = RST_793)                  \
	X(listen_drops_syn_fin,   k->listen_drops_syn_fin = true)              \
	X(listen_resets_flagless, k->listen_resets_flagless = true)            \
	X(rst_below_fin,          k->rst_below_fin = true)                     \
	X(rst_ignored_half_open,  k->rst_ignored_half_open = true)             \
	X(late_future_ignored,    k->late_future_ignored = true)               \
	X(late_future_ignored_unread, k->late_future_ignored = true;           \
	                          k->reset_unread = false;                     \
	                          k->zwp = ZWP_EMPTY)                          \
	X(answers_ignored,        k->answers_ignored = true)                   \
	X(resets_late_text,       k->resets_late_text = true)                  \
	X(resets_late_text_of_connection, k->resets_late_text = true;          \
	                          k->reset_of_connection = true)               \
	X(syn_sent_shutdown_waits, k->syn_sent_shutdown_waits = true)          \
	X(abort_always_resets,    k->abort_always_resets = true)               \
	X(fin_wait_2_ends,        k->fin_wait_2 = S(60))                       \
	X(legacy_793,             k->rst_in_window = RST_793;                  \
	                          k->syn_when_synchronized = SYN_793;          \
	                          k->ack_range_check = false;                  \
	                          k->offer_ws = k->offer_ts = false)           \
	X(legacy_793_time_wait,   set_legacy_793(k);                           \
	                          k->tw_syn = TW_SYN_RESET)                    \
	X(legacy_793_of_connection, set_legacy_793_time_wait(k);               \
	                          k->reset_of_connection = true)

#define DEFINE(name, what) static void set_##name(struct knobs *k) { what; }
SETTINGS(DEFINE)
PRACTICES(DEFINE)

#define LIST(name, what)     { #name, set_##name, false },
#define PRACTICE(name, what) { #name, set_##name, true },
const struct knob_setting knob_settings[] = { SETTINGS(LIST) PRACTICES(PRACTICE) };
const size_t n_knob_settings = sizeof(knob_settings) / sizeof(knob_settings[0]);
