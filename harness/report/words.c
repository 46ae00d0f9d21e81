/* words.c: what the text reports have in common; see words.h.  Nothing here asks
 * the time or keeps state: words are a function of the evidence. */
#include "words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../probes/icmp.h"
#include "../../probes/show.h"
#include "../catalogue.h"

/* A longer exchange is cut in the middle: what matters stands at its ends. */
#define EXCHANGE_HEAD 14
#define EXCHANGE_TAIL 30

enum outcome outcome_of(const struct evidence *e, enum level fail_on)
{
	if (e->verdict == ERROR)
		return OUTCOME_ERROR;
	if (e->surprise)
		return OUTCOME_SURPRISE;
	if (e->verdict == SKIP)
		return OUTCOME_SKIPPED;
	if (e->unstable)
		return OUTCOME_UNSTABLE;
	if (e->expected && (e->verdict == FAIL || e->verdict == INCONCLUSIVE))
		return OUTCOME_EXPECTED;
	if (e->verdict == INCONCLUSIVE)
		return OUTCOME_INCONCLUSIVE;
	if (e->verdict == FAIL)
		return evidence_fails(e, fail_on) ? OUTCOME_FAILED : OUTCOME_SHOULD;
	return OUTCOME_PASSED;
}

const char *outcome_name(enum outcome o)
{
	static const char *const names[OUTCOMES] = {
		[OUTCOME_PASSED] = "pass", [OUTCOME_SKIPPED] = "skip", [OUTCOME_EXPECTED] = "todo",
		[OUTCOME_SHOULD] = "should", [OUTCOME_SURPRISE] = "unexpected pass",
		[OUTCOME_UNSTABLE] = "unstable", [OUTCOME_INCONCLUSIVE] = "inconclusive",
		[OUTCOME_FAILED] = "fail", [OUTCOME_ERROR] = "error",
	};

	return names[o];
}

const char *outcome_message(const struct evidence *e, enum outcome o, char *buf, size_t n)
{
	const char *said = e->failing && e->failing->message ? e->failing->message : e->reason;

	if (!said)
		said = "nothing more is known";
	switch (o) {
	case OUTCOME_INCONCLUSIVE:
		snprintf(buf, n, "inconclusive: %s", said);
		break;
	case OUTCOME_UNSTABLE:
		snprintf(buf, n, "unstable, it failed, and did not fail so again: %s", said);
		break;
	case OUTCOME_SURPRISE:
		snprintf(buf, n, "it passed, but the baseline expects otherwise: %s",
		         e->expected ? e->expected : "no reason is given there");
		break;
	case OUTCOME_SKIPPED:
		snprintf(buf, n, "%s", e->reason ? e->reason : said);
		break;
	default:
		snprintf(buf, n, "%s", said);
	}
	return buf;
}

const char *ms_show(tick t, char *buf, size_t n)
{
	const char *sign = t < 0 ? "-" : "";
	uint64_t us = (t < 0 ? 0 - (uint64_t)t : (uint64_t)t) / 1000;

	snprintf(buf, n, "%s%" PRIu64 ".%03u", sign, us / 1000, (unsigned)(us % 1000));
	return buf;
}

bool has_frame(const struct event *v)
{
	if (v->kind == EVENT_SENT)
		return !v->lost && v->ip && v->n_ip;
	return (v->kind == EVENT_SEEN || v->kind == EVENT_ICMP) && v->ip && v->n_ip;
}

size_t frame_of(const struct evidence *e, int i)
{
	size_t frame = 0;

	if (i < 0 || (size_t)i >= e->n_events || !has_frame(&e->events[i]))
		return 0;
	for (int k = 0; k <= i; k++)
		frame += has_frame(&e->events[k]);
	return frame;
}

/* A SYN that is no oddity says its sender's ISS. */
static bool tells_iss(const struct event *v, enum event_kind kind, int conversation)
{
	return v->kind == kind && v->conversation == conversation && (v->seg.ctl & SYN) && !(v->seg.ctl & RST) && !v->why;
}

/* The initial numbers in force at event i.  A conversation may have been begun
 * anew on the same ports; its own numbers are those of its last life. */
static void numbers_at(const struct evidence *e, int i, uint32_t *iss, uint32_t *irs)
{
	const struct conversation *c = &e->conversations[e->events[i].conversation];
	int k = e->events[i].conversation;
	const struct event *our_syn = NULL, *dut_syn = NULL;
	bool last_life = true;

	*iss = c->iss;
	*irs = c->irs_known ? c->irs : 0;
	for (size_t j = (size_t)i + 1; j < e->n_events && last_life; j++)
		if (tells_iss(&e->events[j], EVENT_SENT, k) && e->events[j].seg.seq == c->iss)
			last_life = false;
	for (int j = 0; j <= i; j++) {
		if (tells_iss(&e->events[j], EVENT_SENT, k)) {
			our_syn = &e->events[j];
			if (our_syn->seg.seq == c->iss)
				return;         /* the SYN behind is the same again */
		}
		if (tells_iss(&e->events[j], EVENT_SEEN, k))
			dut_syn = &e->events[j];
	}
	if (last_life || !our_syn)
		return;
	*iss = our_syn->seg.seq;
	*irs = dut_syn ? dut_syn->seg.seq : 0;
}

const char *event_seg_show(const struct evidence *e, int i, char *buf, size_t n)
{
	struct show_base base = { 0, 0 };

	buf[0] = '\0';
	if (i < 0 || (size_t)i >= e->n_events)
		return buf;

	const struct event *v = &e->events[i];

	if (v->kind != EVENT_SENT && v->kind != EVENT_SEEN)
		return buf;
	if (v->conversation >= 0 && (unsigned)v->conversation < e->n_conversations) {
		uint32_t iss, irs;

		numbers_at(e, i, &iss, &irs);
		base.seq = v->kind == EVENT_SENT ? iss : irs;
		base.ack = v->kind == EVENT_SENT ? irs : iss;
	}
	return seg_show(&v->seg, &base, buf, n);
}

static void call_line(FILE *out, const struct event *v)
{
	const struct call *k = &v->call.call;
	const struct answer *a = &v->call.answer;

	fprintf(out, "call  %s", call_name(k->kind));
	switch (k->kind) {
	case CALL_OPEN_PASSIVE:
		fprintf(out, " port %u", a->port ? a->port : k->local_port);
		break;
	case CALL_OPEN_ACTIVE: {
		char to[64];

		fprintf(out, " to %s port %u", addr_show(&k->remote.addr, to, sizeof to), k->remote.port);
		break;
	}
	case CALL_SEND: case CALL_RECEIVE:
		fprintf(out, " %" PRIu64 "%s", k->n, k->urgent ? " urgent" : "");
		break;
	case CALL_SET: case CALL_GET:
		fprintf(out, " %s", option_name(k->option));
		if (k->kind == CALL_SET)
			fprintf(out, " %" PRId64, k->value);
		break;
	default:
		break;
	}
	if (a->error)
		fprintf(out, ": %s", strerror(a->error));
}

static void note_line(FILE *out, const struct event *v)
{
	fprintf(out, "told  %s", note_name(v->note.kind));
	if (v->note.kind == NOTE_READABLE)
		fprintf(out, " %" PRIu64, v->note.n);
	if (v->note.kind == NOTE_ERROR)
		fprintf(out, " %s", strerror(v->note.error));
}

static void icmp_line(FILE *out, const struct event *v)
{
	struct icmp m;

	if (v->ip && icmp_decode(v->ip, v->n_ip, &m)) {
		char from[64];

		fprintf(out, "ICMP%s type %u code %u from %s%s", m.src.v == 6 ? "v6" : "", m.type, m.code,
		        addr_show(&m.src, from, sizeof from), m.quotes ? ", quotes our conversation" : "");
	} else {
		fputs("ICMP that cannot be read", out);
	}
}

/* A line of the exchange has the time, a sign (> we send, < the DUT sends) and
 * what it was. */
static void event_line(FILE *out, const struct evidence *e, int i)
{
	const struct event *v = &e->events[i];
	char at[32], seg[SHOW_MAX];

	fprintf(out, "%10s  ", ms_show(v->at - e->began, at, sizeof at));
	if (e->n_conversations > 1) {
		if (v->conversation >= 0)
			fprintf(out, "%d ", v->conversation);
		else
			fputs("  ", out);
	}
	switch (v->kind) {
	case EVENT_SENT:
		fprintf(out, "%s  %s", v->lost ? "x" : ">", event_seg_show(e, i, seg, sizeof seg));
		if (v->lost)
			fputs("  lost on the way, deliberately", out);
		else if (v->why)
			fprintf(out, "  deliberate: %s", v->why);
		else if (v->fence)
			fputs("  fence: must draw a reply", out);
		break;
	case EVENT_SEEN:
		fprintf(out, "<  %s", event_seg_show(e, i, seg, sizeof seg));
		if (v->fence)
			fputs("  answers the fence", out);
		break;
	case EVENT_ICMP:
		fputs("   ", out);
		icmp_line(out, v);
		break;
	case EVENT_CALL:
		fputs("   ", out);
		call_line(out, v);
		break;
	case EVENT_NOTE:
		fputs("   ", out);
		note_line(out, v);
		break;
	case EVENT_REMARK:
		fprintf(out, "   remark: %s", v->why ? v->why : "");
		break;
	case EVENT_JUDGEMENT:
		break;
	}
	if (e->failing && e->failing->reply == i)
		fputs("   <== this", out);
	else if (e->failing && e->failing->stimulus == i && e->failing->reply < 0)
		fputs("   <== after this", out);
}

/* Judgements are no part of the exchange; when the failing one was decided is
 * said only if no segment shows it. */
static bool is_line(const struct evidence *e, size_t i)
{
	return e->events[i].kind != EVENT_JUDGEMENT;
}

static void one_line(FILE *out, const struct evidence *e, size_t i, const char *indent)
{
	char *line = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&line, &n);

	if (!f)
		return;
	event_line(f, e, (int)i);
	fclose(f);
	/* Text that came from outside must not break a line or a terminal. */
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	fprintf(out, "%s%s\n", indent, line);
	free(line);
}

void exchange_show(FILE *out, const struct evidence *e, const char *indent)
{
	size_t lines = 0, k = 0;
	char at[32];
	bool decided = !e->failing || e->failing->reply >= 0 || e->failing->verdict == SKIP;

	for (size_t i = 0; i < e->n_events; i++)
		lines += is_line(e, i);
	for (size_t i = 0; i < e->n_events; i++) {
		const struct event *v = &e->events[i];

		if (!is_line(e, i))
			continue;
		if (!decided && v->at > e->failing->at) {
			fprintf(out, "%s%10s     <== decided here: nothing came\n", indent,
			        ms_show(e->failing->at - e->began, at, sizeof at));
			decided = true;
		}
		if (lines <= EXCHANGE_HEAD + EXCHANGE_TAIL || k < EXCHANGE_HEAD || k >= lines - EXCHANGE_TAIL)
			one_line(out, e, i, indent);
		else if (k == EXCHANGE_HEAD)
			fprintf(out, "%s      ...  %zu lines are left out\n", indent, lines - EXCHANGE_HEAD - EXCHANGE_TAIL);
		k++;
	}
	if (!decided)
		fprintf(out, "%s%10s     <== decided here: nothing came\n", indent,
		        ms_show(e->failing->at - e->began, at, sizeof at));
}

const char *isn_show(const struct evidence *e, char *buf, size_t n)
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < e->n_conversations && at < n; i++) {
		const struct conversation *c = &e->conversations[i];

		if (e->n_conversations > 1)
			at += (size_t)snprintf(buf + at, n - at, "%s%u: ", i ? "; " : "", i);
		if (at < n)
			at += (size_t)snprintf(buf + at, n - at, "tester %" PRIu32, c->iss);
		if (at < n && c->irs_known)
			at += (size_t)snprintf(buf + at, n - at, ", dut %" PRIu32, c->irs);
	}
	return buf;
}

struct asked asked_by(const struct judgement *j)
{
	struct asked a = { .title = "", .text = "" };

	if (!j || !j->req)
		return a;

	int n = (int)strcspn(j->req, " ");

	snprintf(a.id, sizeof a.id, "%.*s", n, j->req);

	const struct requirement *r = requirement_find(a.id);

	if (!r)
		return a;
	snprintf(a.section, sizeof a.section, "RFC %s section %s", r->rfc, r->section);
	a.title = r->title;
	a.text = r->requirement;
	return a;
}

const char *packet_path(const struct evidence *e, char *buf, size_t n)
{
	snprintf(buf, n, "cases/%s.pcapng", e->address);
	for (char *p = buf + sizeof "cases/" - 1; *p; p++)
		if (*p == '/')
			*p = '-';
	return buf;
}

const char *rerun_show(const struct suite_config *cfg, const struct evidence *e, char *buf, size_t n)
{
	snprintf(buf, n, "%s --case %s --seed 0x%" PRIx64 " -v", cfg && cfg->rerun ? cfg->rerun : "tcpconform selftest",
	         e->address, cfg ? cfg->seed : 0);
	return buf;
}
