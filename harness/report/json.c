/* json.c: the evidence as one versioned JSON document: all that a later report
 * needs, datagrams included.  Times are nanoseconds on the run's clock; octets
 * are hexadecimal.  Members that say nothing are left out. */
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../probes/show.h"
#include "report.h"
#include "words.h"

/* jansson refuses text that is not UTF-8: what came from outside is then shown
 * with `?` for the octets that no text has. */
static json_t *text(const char *s)
{
	json_t *v = json_string(s);

	if (v)
		return v;

	char *copy = strdup(s);

	if (!copy)
		return json_null();
	for (char *p = copy; *p; p++)
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	v = json_string(copy);
	free(copy);
	return v ? v : json_null();
}

static void put_text(json_t *o, const char *key, const char *s)
{
	if (s && *s)
		json_object_set_new(o, key, text(s));
}

static void put_int(json_t *o, const char *key, int64_t v)
{
	json_object_set_new(o, key, json_integer(v));
}

static void put_flag(json_t *o, const char *key, bool v)
{
	if (v)
		json_object_set_new(o, key, json_true());
}

static void put_hex(json_t *o, const char *key, const uint8_t *octets, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (!octets || !n)
		return;

	char *hex = malloc(2 * n + 1);

	if (!hex)
		return;
	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[octets[i] >> 4];
		hex[2 * i + 1] = digits[octets[i] & 15];
	}
	hex[2 * n] = '\0';
	json_object_set_new(o, key, json_string(hex));
	free(hex);
}

/* Ids separated by spaces, as an array. */
static json_t *ids(const char *list)
{
	json_t *a = json_array();

	while (list && *list) {
		size_t n = strcspn(list, " ");

		if (n)
			json_array_append_new(a, json_stringn(list, n));
		list += n;
		list += strspn(list, " ");
	}
	return a;
}

static json_t *endpoint(const struct endpoint *e)
{
	char addr[64];
	json_t *o = json_object();

	put_text(o, "address", e->addr.v ? addr_show(&e->addr, addr, sizeof addr) : NULL);
	put_int(o, "port", e->port);
	return o;
}

static json_t *judgement(const struct judgement *j)
{
	json_t *o = json_object();

	put_text(o, "verdict", verdict_name(j->verdict));
	put_text(o, "level", level_name(j->level));
	json_object_set_new(o, "requirements", ids(j->req));
	put_text(o, "clause", j->clause);
	put_text(o, "rule", j->rule);
	put_text(o, "state", j->state);
	put_text(o, "message", j->message);
	put_text(o, "wanted", j->wanted);
	put_text(o, "got", j->got);
	put_text(o, "where", j->where);
	if (j->stimulus >= 0)
		put_int(o, "stimulus", j->stimulus);
	if (j->reply >= 0)
		put_int(o, "reply", j->reply);
	put_int(o, "at", j->at);
	return o;
}

static void put_call(json_t *o, const struct event *v)
{
	const struct call *k = &v->call.call;
	const struct answer *a = &v->call.answer;
	json_t *call = json_object(), *answer = json_object();

	put_text(call, "kind", call_name(k->kind));
	put_int(call, "id", k->id);
	if (k->local_port)
		put_int(call, "port", k->local_port);
	if (k->remote.addr.v)
		json_object_set_new(call, "remote", endpoint(&k->remote));
	if (k->n)
		put_int(call, "n", (int64_t)k->n);
	put_flag(call, "urgent", k->urgent);
	if (k->option) {
		put_text(call, "option", option_name(k->option));
		put_int(call, "value", k->value);
	}
	for (unsigned i = 0; i < k->n_preset && i < CALL_PRESETS; i++) {
		json_t *presets = json_object_get(call, "presets");

		if (!presets) {
			presets = json_object();
			json_object_set_new(call, "presets", presets);
		}
		put_int(presets, option_name(k->preset[i].option), k->preset[i].value);
	}
	json_object_set_new(o, "call", call);

	if (a->error)
		put_text(answer, "error", strerror(a->error));
	put_int(answer, "id", a->id);
	if (a->port)
		put_int(answer, "port", a->port);
	if (a->n)
		put_int(answer, "n", (int64_t)a->n);
	if (k->kind == CALL_STATUS || k->kind == CALL_RECEIVE) {
		char digest[20];

		snprintf(digest, sizeof digest, "%016" PRIx64, a->digest);
		put_int(answer, "received", (int64_t)a->received);
		put_text(answer, "digest", digest);
	}
	if (k->kind == CALL_STATUS)
		put_text(answer, "state", state_name(a->state));
	json_object_set_new(o, "answer", answer);
}

static json_t *event(const struct evidence *e, size_t i)
{
	static const char *const kinds[] = {
		[EVENT_SENT] = "sent", [EVENT_SEEN] = "seen", [EVENT_ICMP] = "icmp", [EVENT_CALL] = "call",
		[EVENT_NOTE] = "note", [EVENT_JUDGEMENT] = "judgement", [EVENT_REMARK] = "remark",
	};
	const struct event *v = &e->events[i];
	json_t *o = json_object();
	char buf[SHOW_MAX];

	put_text(o, "kind", kinds[v->kind]);
	put_int(o, "at", v->at);
	if (v->until != v->at && v->kind == EVENT_CALL)
		put_int(o, "until", v->until);
	if (v->conversation >= 0)
		put_int(o, "conversation", v->conversation);
	put_text(o, v->kind == EVENT_REMARK ? "text" : "deliberate", v->why);
	put_flag(o, "fence", v->fence);
	put_flag(o, "lost", v->lost);
	switch (v->kind) {
	case EVENT_SENT: case EVENT_SEEN:
		put_text(o, "relative", event_seg_show(e, (int)i, buf, sizeof buf));
		put_int(o, "seq", v->seg.seq);
		put_int(o, "ack", v->seg.ack);
		put_text(o, "ctl", ctl_show(v->seg.ctl, buf, sizeof buf));
		put_int(o, "len", v->seg.len);
		put_int(o, "wnd", v->seg.wnd);
		if (v->seg.urg)
			put_int(o, "urg", v->seg.urg);
		put_text(o, "options", opt_show(&v->seg, buf, sizeof buf));
		if (v->seg.wrong)
			put_int(o, "wrong", v->seg.wrong);
		put_hex(o, "ip", v->ip, v->n_ip);
		break;
	case EVENT_ICMP:
		put_hex(o, "ip", v->ip, v->n_ip);
		break;
	case EVENT_CALL:
		put_call(o, v);
		break;
	case EVENT_NOTE:
		put_text(o, "note", note_name(v->note.kind));
		put_int(o, "id", v->note.id);
		if (v->note.n)
			put_int(o, "n", (int64_t)v->note.n);
		if (v->note.error)
			put_text(o, "error", strerror(v->note.error));
		break;
	case EVENT_JUDGEMENT:
		json_object_set_new(o, "judgement", judgement(&v->judgement));
		break;
	case EVENT_REMARK:
		break;
	}
	return o;
}

void json_begin(struct json_document *d, const struct suite_config *suite, const struct target *target,
                const struct dut_declaration *dut, size_t n)
{
	static const char *const accepts[] = {
		[ACCEPT_STRICT] = "strict", [ACCEPT_DEPLOYED] = "deployed", [ACCEPT_LEGACY793] = "legacy793",
	};
	char seed[24];

	d->suite = suite;
	d->fail_on = suite->fail_on;
	d->is_virtual = target->is_virtual;
	if (!d->root) {
		d->root = json_object();
		d->cases = json_array();
	}
	snprintf(seed, sizeof seed, "0x%" PRIx64, suite->seed);
	put_text(d->root, "format", "tcpconform evidence");
	put_int(d->root, "version", EVIDENCE_VERSION);
	put_text(d->root, "tcpconform", TCPCONFORM_VERSION);
	put_text(d->root, "target", target->name);
	put_text(d->root, "dut", dut ? dut->name : NULL);
	put_flag(d->root, "virtual", target->is_virtual);
	put_text(d->root, "seed", seed);
	put_text(d->root, "fault", suite->fault);
	put_text(d->root, "accept", accepts[suite->accept]);
	put_text(d->root, "fail_on", level_name(suite->fail_on));
	put_int(d->root, "planned", (int64_t)n);
	json_object_set(d->root, "cases", d->cases);
}

void json_result(struct json_document *d, size_t number, const struct evidence *e)
{
	json_t *o = json_object(), *events = json_array(), *conversations = json_array();
	enum outcome outcome = outcome_of(e, d->fail_on);
	char buf[2048];

	put_int(o, "number", (int64_t)number);
	put_text(o, "address", e->address);
	put_text(o, "section", e->section);
	put_text(o, "title", e->title);
	json_object_set_new(o, "requirements", ids(e->req));
	put_int(o, "ip", e->v);
	put_text(o, "verdict", verdict_name(e->verdict));
	put_text(o, "outcome", outcome_name(outcome));
	if (e->verdict == FAIL)
		put_text(o, "level", level_name(e->level));
	if (outcome != OUTCOME_PASSED)
		put_text(o, "message", outcome_message(e, outcome, buf, sizeof buf));
	put_flag(o, "unstable", e->unstable);
	put_int(o, "attempts", e->attempts);
	put_int(o, "began", e->began);
	put_int(o, "ended", e->ended);
	put_text(o, "state", e->state);
	put_int(o, "joins", e->joins);
	put_text(o, "expected", e->expected);
	put_flag(o, "surprise", e->surprise);
	if (e->failing)
		json_object_set_new(o, "failing", judgement(e->failing));
	for (unsigned i = 0; i < e->n_conversations; i++) {
		const struct conversation *c = &e->conversations[i];
		json_t *k = json_object();

		json_object_set_new(k, "tester", endpoint(&c->we));
		json_object_set_new(k, "dut", endpoint(&c->dut));
		put_int(k, "iss", c->iss);
		if (c->irs_known)
			put_int(k, "irs", c->irs);
		json_array_append_new(conversations, k);
	}
	json_object_set_new(o, "conversations", conversations);
	for (size_t i = 0; i < e->n_events; i++)
		json_array_append_new(events, event(e, i));
	json_object_set_new(o, "events", events);
	if (outcome != OUTCOME_PASSED && outcome != OUTCOME_SKIPPED)
		put_text(o, "rerun", rerun_show(d->suite, e, buf, sizeof buf));
	json_array_append_new(d->cases, o);
}

void json_bail(struct json_document *d, const char *why)
{
	/* The world may be gone before anything began. */
	if (!d->root) {
		d->root = json_object();
		d->cases = json_array();
		put_text(d->root, "format", "tcpconform evidence");
		put_int(d->root, "version", EVIDENCE_VERSION);
		put_text(d->root, "tcpconform", TCPCONFORM_VERSION);
	}
	put_text(d->root, "bail", why);
}

void json_end(struct json_document *d, const struct totals *s, int status)
{
	json_t *o = json_object();

	if (!d->root)
		json_bail(d, NULL);
	put_int(o, "cases", (int64_t)s->cases);
	put_int(o, "passed", (int64_t)s->passed);
	put_int(o, "failed", (int64_t)s->failed);
	put_int(o, "should_failed", (int64_t)s->should_failed);
	put_int(o, "skipped", (int64_t)s->skipped);
	put_int(o, "inconclusive", (int64_t)s->inconclusive);
	put_int(o, "unstable", (int64_t)s->unstable);
	put_int(o, "expected", (int64_t)s->expected);
	put_int(o, "surprises", (int64_t)s->surprises);
	put_int(o, "errors", (int64_t)s->errors);
	if (!d->is_virtual) {
		put_int(o, "longest_shared", s->longest_shared);
		put_int(o, "exclusive", s->exclusive);
		put_int(o, "throttled", s->throttled);
		put_int(o, "retried", s->retried);
		put_int(o, "wall", s->wall);
	}
	json_object_set_new(d->root, "totals", o);
	put_int(d->root, "status", status);
}

int json_write(const struct json_document *d, FILE *out)
{
	if (!d->root)
		return 0;
	errno = 0;
	if (json_dumpf(d->root, out, JSON_INDENT(1) | JSON_PRESERVE_ORDER) < 0 || putc('\n', out) == EOF ||
	    fflush(out) == EOF)
		return errno ? -errno : -EIO;
	return 0;
}

void json_drop(struct json_document *d)
{
	json_decref(d->cases);
	json_decref(d->root);
	d->root = d->cases = NULL;
}

/* ---- as a report on a stream ------------------------------------------------ */

struct json_report {
	struct made_report made;        /* first: report_free */
	FILE *out;
	struct json_document doc;
	bool written;
};

static void begin(void *arg, const struct suite_config *suite, const struct target *target,
                  const struct dut_declaration *dut, size_t n)
{
	struct json_report *r = arg;

	json_begin(&r->doc, suite, target, dut, n);
}

static void result(void *arg, size_t number, const struct evidence *e)
{
	struct json_report *r = arg;

	json_result(&r->doc, number, e);
}

static void bail(void *arg, const char *why)
{
	struct json_report *r = arg;

	json_bail(&r->doc, why);
}

static void end(void *arg, const struct totals *s, int status)
{
	struct json_report *r = arg;

	json_end(&r->doc, s, status);
	json_write(&r->doc, r->out);
	r->written = true;
}

/* A run that bailed out before its end has a document all the same. */
static void drop(void *arg)
{
	struct json_report *r = arg;

	if (!r->written)
		json_write(&r->doc, r->out);
	json_drop(&r->doc);
}

struct report *report_json(FILE *out, const struct report_config *config)
{
	struct json_report *r = calloc(1, sizeof *r);

	(void)config;
	if (!r)
		return NULL;
	*r = (struct json_report){
		.made.report = { .arg = r, .begin = begin, .result = result, .bail = bail, .end = end },
		.made.drop = drop, .out = out,
	};
	return &r->made.report;
}
