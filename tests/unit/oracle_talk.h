/* oracle_talk.h: conversations with the oracle, written down by hand.
 *
 * We are the peer; numbers are offsets from our ISS and the DUT's, so a test
 * reads like a figure of RFC 9293 3.5 and runs at any place of the number
 * space.  Time stands still unless `later` moves it. */
#ifndef TCPCONFORM_TESTS_ORACLE_TALK_H
#define TCPCONFORM_TESTS_ORACLE_TALK_H

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "harness/oracle/oracle.h"
#include "probes/opt.h"
#include "probes/seg.h"

#define HEARD 256

struct talk {
	struct oracle *o;
	tick now;
	uint32_t iss, irs;              /* ours, the DUT's                   */
	int events;
	struct { enum verdict verdict; int stimulus; char req[160], rule[64], message[400]; } heard[HEARD];
	unsigned n_heard;
};

static const struct endpoint talk_dut = { .addr = { .v = 4, .o = { 192, 0, 2, 1 } }, .port = 80 };
static const struct endpoint talk_we = { .addr = { .v = 4, .o = { 192, 0, 2, 2 } }, .port = 40000 };

static void talk_judge(void *arg, const struct judgement *j)
{
	struct talk *k = arg;

	assert_non_null(j->req);
	assert_non_null(j->message);
	if (k->n_heard == HEARD)
		return;
	k->heard[k->n_heard].verdict = j->verdict;
	k->heard[k->n_heard].stimulus = j->stimulus;
	snprintf(k->heard[k->n_heard].req, sizeof(k->heard[0].req), "%s", j->req);
	snprintf(k->heard[k->n_heard].rule, sizeof(k->heard[0].rule), "%s", j->rule ? j->rule : "");
	snprintf(k->heard[k->n_heard].message, sizeof(k->heard[0].message), "%s; wanted %s; got %s",
	         j->message, j->wanted ? j->wanted : "-", j->got ? j->got : "-");
	k->n_heard++;
}

static inline struct oracle_config talk_config(void)
{
	return (struct oracle_config) {
		.vantage = VANTAGE_TESTER, .accept = ACCEPT_STRICT, .live = true, .lossless = true,
		.calls_known = true, .whole = true, .reply_within = MS(200), .slack = MS(50), .msl = S(120)
	};
}

static inline void talk_begin(struct talk *k, struct oracle_config config)
{
	memset(k, 0, sizeof(*k));
	k->iss = 0xfffffff0u;           /* both wrap soon */
	k->irs = 0xffffff80u;
	config.judge = talk_judge;
	config.arg = k;
	k->o = oracle_new(&config, &talk_dut, &talk_we);
	assert_non_null(k->o);
}

static inline void later(struct talk *k, tick by)
{
	k->now += by;
}

/* We send; numbers are relative to our ISS and the DUT's. */
static inline struct seg ours(struct talk *k, unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	static const uint8_t octets[70000];

	return (struct seg) {
		.src = talk_we, .dst = talk_dut, .seq = k->iss + seq, .ack = ctl & ACK ? k->irs + ack : 0,
		.ctl = (uint8_t)ctl, .wnd = 65535, .len = len, .text = len ? octets : NULL, .doff = 5, .at = k->now
	};
}

static inline struct seg theirs(struct talk *k, unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	struct seg s = ours(k, 0, 0, 0, len);

	s.src = talk_dut;
	s.dst = talk_we;
	s.seq = k->irs + seq;
	s.ack = ctl & ACK ? k->iss + ack : 0;
	s.ctl = (uint8_t)ctl;
	s.wnd = 10000;
	if (ctl & SYN) {
		opt_mss(&s, 1460);
		s.doff = 6;
	}
	return s;
}

/* With timestamps. */
static inline struct seg stamped(struct seg s, uint32_t val, uint32_t ecr)
{
	opt_nop(&s);
	opt_nop(&s);
	opt_ts(&s, val, ecr);
	s.doff = (uint8_t)(5 + s.opt_len / 4);
	return s;
}

static inline void give(struct talk *k, struct seg s)
{
	oracle_sent(k->o, &s, k->events++);
}

static inline void take(struct talk *k, struct seg s)
{
	oracle_seen(k->o, &s, k->events++);
}

static inline void sent(struct talk *k, unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	give(k, ours(k, ctl, seq, ack, len));
}

/* What was captured earlier than what is known by now. */
static inline void seen_at(struct talk *k, tick at, unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	struct seg s = theirs(k, ctl, seq, ack, len);

	s.at = at;
	take(k, s);
}

static inline void seen(struct talk *k, unsigned ctl, uint32_t seq, uint32_t ack, uint32_t len)
{
	take(k, theirs(k, ctl, seq, ack, len));
}

/* A reset with absolute-looking numbers: SEQ relative to what was acknowledged. */
static inline void seen_raw(struct talk *k, unsigned ctl, uint32_t seq, uint32_t ack)
{
	struct seg s = theirs(k, ctl, 0, 0, 0);

	s.seq = seq;
	s.ack = ack;
	take(k, s);
}

static inline void called(struct talk *k, enum call_kind kind, int id)
{
	const struct call call = { .kind = kind, .id = id, .local_port = 80, .remote = talk_we };
	const struct answer answer = { .id = id, .port = 80 };

	oracle_called(k->o, &call, &answer, k->now, k->now);
}

/* It was asked for at `from`, and its answer is here now. */
static inline void called_since(struct talk *k, tick from, enum call_kind kind, int id)
{
	const struct call call = { .kind = kind, .id = id, .local_port = 80, .remote = talk_we };
	const struct answer answer = { .id = id, .port = 80 };

	oracle_called(k->o, &call, &answer, from, k->now);
}

static inline void called_send(struct talk *k, uint64_t n)
{
	const struct call call = { .kind = CALL_SEND, .id = 9, .n = n };
	const struct answer answer = { .n = n };

	oracle_called(k->o, &call, &answer, k->now, k->now);
}

/* Silence until every reply is overdue, with proof. */
static inline void silence(struct talk *k)
{
	later(k, S(1));
	oracle_passed(k->o, k->now, true);
}

static inline void talk_show(const struct talk *k)
{
	for (unsigned i = 0; i < k->n_heard; i++)
		printf("    %s %s [%s] %s\n", k->heard[i].verdict == FAIL ? "FAIL" :
		       k->heard[i].verdict == PASS ? "pass" : "?", k->heard[i].req, k->heard[i].rule,
		       k->heard[i].message);
}

static inline bool talk_heard(const struct talk *k, enum verdict verdict, const char *id)
{
	const size_t n = strlen(id);

	for (unsigned i = 0; i < k->n_heard; i++) {
		if (k->heard[i].verdict != verdict)
			continue;
		for (const char *at = k->heard[i].req; (at = strstr(at, id)) != NULL; at += n)
			if ((at == k->heard[i].req || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
				return true;
	}
	return false;
}

static inline unsigned talk_count(const struct talk *k, enum verdict verdict)
{
	unsigned n = 0;

	for (unsigned i = 0; i < k->n_heard; i++)
		n += k->heard[i].verdict == verdict;
	return n;
}

static inline void talk_end(struct talk *k)
{
	oracle_end(k->o, k->now, true);
	assert_int_equal(oracle_stats(k->o).joins, 0);
	oracle_free(k->o);
	k->o = NULL;
}

/* It was lawful, and these ids were seen to hold (NULL ends). */
static inline void lawful(struct talk *k, const char *id, ...)
{
	va_list ap;

	silence(k);
	talk_end(k);
	if (talk_count(k, FAIL) + talk_count(k, INCONCLUSIVE) > 0)
		talk_show(k);
	assert_int_equal(talk_count(k, FAIL) + talk_count(k, INCONCLUSIVE), 0);
	va_start(ap, id);
	for (; id != NULL; id = va_arg(ap, const char *)) {
		if (!talk_heard(k, PASS, id)) {
			talk_show(k);
			print_error("nothing was said for %s\n", id);
		}
		assert_true(talk_heard(k, PASS, id));
	}
	va_end(ap);
}

/* Exactly one breach, of this id. */
static inline void unlawful(struct talk *k, const char *id)
{
	silence(k);
	talk_end(k);
	if (talk_count(k, FAIL) != 1 || !talk_heard(k, FAIL, id)) {
		talk_show(k);
		print_error("wanted one fail for %s\n", id);
	}
	assert_int_equal(talk_count(k, FAIL), 1);
	assert_true(talk_heard(k, FAIL, id));
}

#define STATES_ARE(k, states) assert_int_equal(oracle_states((k)->o), (states))
#define STATE_IS(k, state)    STATES_ARE(k, 1u << (state))

/* ---- the beginnings of most conversations --------------------------------- */

static inline void listening(struct talk *k, struct oracle_config config)
{
	talk_begin(k, config);
	called(k, CALL_OPEN_PASSIVE, 1);
	later(k, MS(1));
}

static inline void half_open(struct talk *k, struct oracle_config config)
{
	listening(k, config);
	sent(k, SYN, 0, 0, 0);
	later(k, MS(1));
	seen(k, SYN | ACK, 0, 1, 0);
	later(k, MS(1));
}

static inline void established(struct talk *k, struct oracle_config config)
{
	half_open(k, config);
	sent(k, ACK, 1, 1, 0);
	later(k, S(1));
	oracle_passed(k->o, k->now, true);
}

static inline void connecting(struct talk *k, struct oracle_config config)
{
	talk_begin(k, config);
	called(k, CALL_OPEN_ACTIVE, 9);
	seen(k, SYN, 0, 0, 0);
	later(k, MS(1));
}

static inline void fin_wait_2(struct talk *k, struct oracle_config config)
{
	established(k, config);
	called(k, CALL_SHUTDOWN, 9);
	seen(k, FIN | ACK, 1, 1, 0);
	sent(k, ACK, 1, 2, 0);
	later(k, MS(1));
}

static inline void close_wait(struct talk *k, struct oracle_config config)
{
	established(k, config);
	sent(k, FIN | ACK, 1, 1, 0);
	seen(k, ACK, 1, 2, 0);
	later(k, MS(1));
}

#endif
