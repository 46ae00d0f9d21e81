/* check.c: which segments make one connection, and what its oracles say.
 *
 * A 4-tuple may be used again.  An end's oracle lives as long as that end keeps
 * its ISS: when it sends a SYN with another one, it has been through CLOSED, its
 * old oracle ends and a new one begins, to which the SYN that it answers (if it
 * does) is told first.  A SYN toward an end changes nothing by itself: it may be
 * an old duplicate, and how it is answered is to be judged.
 *
 * Artefacts of capturing are no faults of a TCP: frames that are there twice,
 * checksums that a network card fills in later.  See design in oracle/. */
#include "check.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../probes/opt.h"
#include "../probes/seq.h"
#include "../probes/wire.h"
#include "catalogue.h"

#define BUCKETS        16384
#define CONNECTIONS_MAX 4096            /* at once; then the oldest is ended */
#define FINDINGS_MAX   10000            /* of violations, and of suspicions  */
#define RECENT         8                /* segments that a copy is looked for among */
#define COPY_WITHIN    MS(5)

/* Of a segment, to know its copy again. */
struct print {
	uint64_t digest;
	uint8_t  ttl;
	tick     at;
};

struct side {
	struct oracle *oracle;
	struct conn *conn;
	struct endpoint me;
	bool judged;
	bool syn_only;                  /* so far only segments with SYN         */
	bool iss_known;
	uint32_t iss;
	bool sent;                      /* top is known                          */
	uint32_t top;                   /* behind the highest octet sent         */
	uint16_t offered;               /* its largest window field              */
	uint8_t shift;                  /* its window scale; a middling one where its SYN was not seen */
	bool stale;                     /* the other end is a new instance       */
	struct seg syn;                 /* the last SYN toward this end          */
	uint8_t *syn_text;
	int  syn_index;
	bool syn_waits;                 /* and no oracle of a new instance has it */
	struct print recent[RECENT];
	unsigned next_recent;
	size_t findings;                /* the last of this end, + 1; 0: none    */
};

struct conn {
	struct side side[2];
	struct conn *chain;             /* in its bucket                         */
	struct conn *older, *newer;     /* by the last segment                   */
	struct check *check;
	unsigned number;
	size_t bucket;
};

struct check {
	struct check_config config;
	struct conn *buckets[BUCKETS];
	struct conn *oldest, *newest;
	size_t n_conns;
	struct finding *findings;
	size_t n_findings, room, n_suspicions;
	struct check_stats stats;
	bool gap;                       /* segments are not in the capture       */
	tick now;
};

/* ---- findings ---------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static void add_frame(struct finding *f, int reply, int stimulus)
{
	uint64_t frame = reply > 0 ? (uint64_t)reply : stimulus > 0 ? (uint64_t)stimulus : 0;

	f->count++;
	if (frame && f->n_frames < FINDING_FRAMES)
		f->frames[f->n_frames++] = frame;
}

static void judge(void *arg, const struct judgement *j)
{
	struct side *s = arg;
	struct check *c = s->conn->check;

	c->stats.judgements++;
	if (j->verdict != FAIL && j->verdict != INCONCLUSIVE)
		return;

	/* What the catalogue knows to be a MUST or only a SHOULD. */
	enum level level = j->req && *j->req ? requirement_level(j->req) : j->level;

	if (j->verdict == FAIL && level == LEVEL_MAY)
		return;
	for (size_t i = s->findings; i; i = c->findings[i - 1].before) {
		struct finding *f = &c->findings[i - 1];

		if (f->verdict == j->verdict && same_text(f->rule, j->rule) && same_text(f->req, j->req)) {
			add_frame(f, j->reply, j->stimulus);
			return;
		}
	}
	if ((j->verdict == FAIL ? c->n_findings - c->n_suspicions : c->n_suspicions) == FINDINGS_MAX) {
		c->stats.unsaid++;
		return;
	}
	if (c->n_findings == c->room) {
		size_t room = c->room ? 2 * c->room : 32;
		struct finding *more = realloc(c->findings, room * sizeof *more);

		if (!more)
			return;
		c->findings = more;
		c->room = room;
	}

	struct finding *f = &c->findings[c->n_findings++];

	*f = (struct finding){
		.connection = s->conn->number, .judged = s->me,
		.other = s == &s->conn->side[0] ? s->conn->side[1].me : s->conn->side[0].me,
		.verdict = j->verdict, .level = level,
		.req = copy(j->req), .clause = copy(j->clause), .rule = copy(j->rule), .state = copy(j->state),
		.message = copy(j->message), .wanted = copy(j->wanted), .got = copy(j->got),
		.stimulus = j->stimulus > 0 ? (uint64_t)j->stimulus : 0,
		.reply = j->reply > 0 ? (uint64_t)j->reply : 0,
		.before = s->findings,
	};
	s->findings = c->n_findings;
	c->n_suspicions += j->verdict != FAIL;
	add_frame(f, j->reply, j->stimulus);
}

/* The oracle tells each matter once, with its words; then only that it was again. */
static void repeated(void *arg, const char *rule, enum verdict verdict, int index)
{
	struct side *s = arg;
	struct check *c = s->conn->check;

	for (size_t i = s->findings; i; i = c->findings[i - 1].before) {
		struct finding *f = &c->findings[i - 1];

		if (f->verdict == verdict && same_text(f->rule, rule)) {
			add_frame(f, index, -1);
			return;
		}
	}
}

/* ---- oracles ------------------------------------------------------------------ */

static void begin_oracle(struct side *s, bool whole)
{
	struct check *c = s->conn->check;
	struct side *other = s == &s->conn->side[0] ? &s->conn->side[1] : &s->conn->side[0];
	struct oracle_config config = {
		.vantage = c->config.vantage,
		.accept = c->config.accept,
		.whole = whole,
		.reply_within = S(1),
		.slack = MS(500),
		.msl = S(120),
		.judge = judge,
		.repeated = repeated,
		.arg = s,
	};

	if (s->judged)
		s->oracle = oracle_new(&config, &s->me, &other->me);
	s->syn_only = true;
	s->iss_known = false;
	s->sent = false;
	s->offered = 0;
	s->shift = 4;
	s->stale = false;
	other->stale = true;
}

static void end_oracle(struct side *s)
{
	if (s->oracle) {
		oracle_end(s->oracle, s->conn->check->now, false);
		s->conn->check->gap |= oracle_stats(s->oracle).gap;
		oracle_free(s->oracle);
	}
	s->oracle = NULL;
}

/* ---- connections --------------------------------------------------------------- */

static void unlink_age(struct check *c, struct conn *k)
{
	*(k->older ? &k->older->newer : &c->oldest) = k->newer;
	*(k->newer ? &k->newer->older : &c->newest) = k->older;
	k->older = k->newer = NULL;
}

static void link_newest(struct check *c, struct conn *k)
{
	k->older = c->newest;
	k->newer = NULL;
	*(c->newest ? &c->newest->newer : &c->oldest) = k;
	c->newest = k;
}

static void drop(struct check *c, struct conn *k)
{
	struct conn **p = &c->buckets[k->bucket];

	while (*p != k)
		p = &(*p)->chain;
	*p = k->chain;
	unlink_age(c, k);
	for (int i = 0; i < 2; i++) {
		end_oracle(&k->side[i]);
		free(k->side[i].syn_text);
	}
	c->n_conns--;
	free(k);
}

static uint64_t hash_endpoint(const struct endpoint *e)
{
	uint64_t h = digest_feed(DIGEST_START, e->addr.o, sizeof e->addr.o);

	return digest_feed(h, (const uint8_t[]){ (uint8_t)(e->port >> 8), (uint8_t)e->port }, 2);
}

static bool is_one_of(const struct addr *list, unsigned n, const struct addr *a)
{
	for (unsigned i = 0; i < n; i++)
		if (addr_eq(&list[i], a))
			return true;
	return false;
}

static bool is_judged(const struct check *c, const struct addr *a)
{
	if (is_one_of(c->config.spare, c->config.n_spare, a))
		return false;
	return c->config.n_judge == 0 || is_one_of(c->config.judge, c->config.n_judge, a);
}

static struct conn *find(struct check *c, const struct seg *s)
{
	/* The same for both directions. */
	size_t bucket = (size_t)((hash_endpoint(&s->src) ^ hash_endpoint(&s->dst)) % BUCKETS);

	for (struct conn *k = c->buckets[bucket]; k; k = k->chain)
		for (int i = 0; i < 2; i++)
			if (endpoint_eq(&k->side[i].me, &s->src) && endpoint_eq(&k->side[!i].me, &s->dst))
				return k;

	struct conn *k = calloc(1, sizeof *k);

	if (!k)
		return NULL;
	if (c->n_conns == CONNECTIONS_MAX) {
		c->stats.evicted++;
		drop(c, c->oldest);
	}
	k->check = c;
	k->bucket = bucket;
	k->chain = c->buckets[bucket];
	c->buckets[bucket] = k;
	k->number = (unsigned)++c->stats.connections;
	c->n_conns++;
	k->side[0].me = s->src;
	k->side[1].me = s->dst;
	for (int i = 0; i < 2; i++) {
		k->side[i].conn = k;
		k->side[i].judged = is_judged(c, &k->side[i].me.addr);
		c->stats.ends += k->side[i].judged;
		begin_oracle(&k->side[i], (s->ctl & SYN) && !(s->ctl & ACK));
	}
	k->side[0].stale = k->side[1].stale = false;
	link_newest(c, k);
	return k;
}

/* ---- artefacts ------------------------------------------------------------------ */

/* The sum that a host puts into the checksum field when a card is to finish it:
 * the pseudo header's alone, with or without the length. */
static bool is_partial_checksum(const uint8_t *ip, size_t n, const struct seg *s)
{
	bool v4 = ip[0] >> 4 == 4;
	size_t from = v4 ? 12 : 8, octets = v4 ? 8 : 32, head = v4 ? (size_t)(ip[0] & 15) * 4 : 40;
	uint32_t sum = 6;

	if (n < head + 20 || n < from + octets)
		return false;
	for (size_t i = from; i < from + octets; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];

	uint32_t length = (v4 ? (uint32_t)ip[2] << 8 | ip[3] : ((uint32_t)ip[4] << 8 | ip[5]) + 40u) - (uint32_t)head;

	for (int with = 0; with < 2; with++) {
		uint32_t t = sum + (with ? length : 0);

		t = (t & 0xffff) + (t >> 16);
		t = (t & 0xffff) + (t >> 16);
		if (t == s->cksum)
			return true;
	}
	return false;
}

static uint64_t digest_of(const struct seg *s)
{
	uint64_t h = DIGEST_START;
	const uint32_t numbers[] = { s->seq, s->ack, s->len, (uint32_t)s->ctl << 16 | s->wnd, (uint32_t)s->ip_id << 16 | s->urg };

	h = digest_feed(h, (const uint8_t *)numbers, sizeof numbers);
	h = digest_feed(h, s->opt, s->opt_len);
	/* What of the text was captured: enough to tell one from another. */
	if (s->text && s->len && !(s->wrong & WRONG_SNAP))
		h = digest_feed(h, s->text, s->len);
	return h;
}

/* The same frame twice: a mirror port, or the "any" device on a forwarding host. */
static bool is_copy(struct side *from, const struct seg *s)
{
	struct print p = { .digest = digest_of(s), .ttl = s->ttl, .at = s->at };

	for (unsigned i = 0; i < RECENT; i++) {
		const struct print *q = &from->recent[i];

		if (q->digest == p.digest && s->at - q->at <= COPY_WITHIN &&
		    (q->ttl == p.ttl || q->ttl == (uint8_t)(p.ttl + 1)) && q->ttl)
			return true;
	}
	from->recent[from->next_recent++ % RECENT] = p;
	return false;
}

/* ---- a segment ------------------------------------------------------------------- */

/* How far a segment of this end can be from its others: what the other end may
 * have offered, twice, and some. */
static uint64_t reach_of(const struct side *from)
{
	const struct side *other = from == &from->conn->side[0] ? &from->conn->side[1] : &from->conn->side[0];

	return 2 * ((uint64_t)other->offered << other->shift) + (1u << 17);
}

/* Not every SYN is in the capture.  A segment that cannot belong to what this end
 * sent before, or that acknowledges the other end's new instance, is of a new
 * instance, too, whose beginning was missed.  (A reset without a connection may
 * have any number.) */
static bool has_missed_syn(const struct side *from, const struct seg *s)
{
	const struct side *other = from == &from->conn->side[0] ? &from->conn->side[1] : &from->conn->side[0];

	if ((s->ctl & (SYN | RST)) || !from->sent)
		return false;

	uint32_t above = s->seq - from->top, below = from->top - s->seq;

	if (above > reach_of(from) && below > reach_of(from))
		return true;
	return from->stale && other->iss_known && (s->ctl & ACK) && s->ack - other->iss - 1 <= reach_of(other);
}

/* A SYN of another ISS from this end: it has been through CLOSED since, unless it
 * is a wrong number within one handshake, which is to be judged. */
static bool is_new_instance(const struct side *from, const struct seg *s)
{
	if (!(s->ctl & SYN) || (s->ctl & RST))
		return false;
	if (!from->iss_known)
		return !from->syn_only;
	if (s->seq == from->iss)
		return false;
	if (!(s->ctl & ACK))
		return true;
	return !(from->syn_only && (s->seq - from->iss < 65536 || from->iss - s->seq < 65536));
}

static void keep_syn(struct side *to, const struct seg *s, int index)
{
	free(to->syn_text);
	to->syn_text = NULL;
	to->syn = *s;
	to->syn.text = NULL;
	if (s->text && s->len) {
		to->syn_text = malloc(s->len);
		if (to->syn_text) {
			memcpy(to->syn_text, s->text, s->len);
			to->syn.text = to->syn_text;
		} else {
			to->syn.len = 0;
		}
	}
	to->syn_index = index;
	to->syn_waits = true;
}

static void tell_syn(struct side *x)
{
	if (x->oracle && x->syn_waits)
		oracle_sent(x->oracle, &x->syn, x->syn_index);
	x->syn_waits = false;
}

static void note_numbers(struct side *from, const struct seg *s)
{
	if (s->ctl & SYN) {
		struct opts o;

		opt_of(s, &o);
		from->shift = o.ws ? o.ws_shift < 14 ? o.ws_shift : 14 : 0;
	}
	if (s->wnd > from->offered)
		from->offered = s->wnd;
	if (!from->sent || seq_lt(from->top, seg_end(s)))
		from->top = seg_end(s);
	from->sent = true;
}

static void emitted(struct side *from, const struct seg *s, int index)
{
	struct side *other = from == &from->conn->side[0] ? &from->conn->side[1] : &from->conn->side[0];
	bool fresh = is_new_instance(from, s);

	if (fresh) {
		end_oracle(from);
		begin_oracle(from, true);
		if (s->ctl & ACK)
			tell_syn(from);
		/* What it answers is no older than itself. */
		if ((s->ctl & ACK) && other->iss_known && s->ack == other->iss + 1)
			other->stale = false;
	} else if (!from->conn->check->config.ours && has_missed_syn(from, s)) {
		end_oracle(from);
		begin_oracle(from, false);
	}
	if (!(s->ctl & SYN)) {
		from->syn_only = false;
	} else if (!from->iss_known) {
		from->iss = s->seq;
		from->iss_known = true;
	}
	if (!(s->ctl & RST))
		note_numbers(from, s);
	if (from->oracle)
		oracle_seen(from->oracle, s, index);
	/* A SYN that was captured just before may have crossed this one. */
	if (fresh)
		tell_syn(from);
}

static void segment(struct check *c, struct conn *k, struct seg *s, int index)
{
	int f = endpoint_eq(&k->side[0].me, &s->src) ? 0 : 1;
	struct side *from = &k->side[f], *to = &k->side[!f];
	bool again = !c->config.ours && is_copy(from, s);

	if (again)
		c->stats.duplicates++;

	/* What it says of its sender.  A copy says nothing new. */
	if (!again)
		emitted(from, s, index);

	/* And what its receiver may have learned.  Elsewhere a checksum that does
	 * not verify may have been mended on the way. */
	struct seg arrived = *s;

	if (!c->config.ours)
		arrived.wrong &= (uint8_t)~WRONG_CKSUM;
	if (to->oracle)
		oracle_sent(to->oracle, &arrived, index);
	if ((s->ctl & SYN) && to->oracle)
		keep_syn(to, &arrived, index);
}

/* IP fragments are not put together. */
static bool is_fragment(const uint8_t *ip, size_t n)
{
	if (n >= 20 && ip[0] >> 4 == 4)
		return (ip[6] & 0x3f) || ip[7];
	return n >= 40 && ip[0] >> 4 == 6 && ip[6] == 44;
}

void check_datagram(struct check *c, const struct datagram *d)
{
	struct seg s;

	c->now = d->at;
	switch (wire_decode(d->ip, d->n, d->full, &s)) {
	case WIRE_SEG:
		break;
	case WIRE_BROKEN:
		c->stats.unreadable++;
		return;
	default:
		c->stats.fragments += is_fragment(d->ip, d->n);
		return;
	}
	c->stats.segments++;
	s.at = d->at;
	if (s.wrong & WRONG_SNAP)
		c->stats.cut++;
	if ((s.wrong & WRONG_CKSUM) && is_partial_checksum(d->ip, d->n, &s)) {
		c->stats.offloaded++;
		s.wrong &= (uint8_t)~WRONG_CKSUM;
	}

	struct conn *k = find(c, &s);

	if (!k)
		return;
	if (c->newest != k) {
		unlink_age(c, k);
		link_newest(c, k);
	}
	segment(c, k, &s, d->frame < INT_MAX ? (int)d->frame : INT_MAX);
}

/* ---- beginning and end ------------------------------------------------------------ */

struct check *check_new(const struct check_config *config)
{
	struct check *c = calloc(1, sizeof *c);

	if (c)
		c->config = *config;
	return c;
}

static int by_frame(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	uint64_t fx = x->n_frames ? x->frames[0] : UINT64_MAX, fy = y->n_frames ? y->frames[0] : UINT64_MAX;

	if (fx != fy)
		return fx < fy ? -1 : 1;
	if (x->connection != y->connection)
		return x->connection < y->connection ? -1 : 1;
	return strcmp(x->rule ? x->rule : "", y->rule ? y->rule : "");
}

/* A capture that lacks segments somewhere may lack them elsewhere, too: then an end
 * may have seen more than we did. */
static void doubt(struct check *c)
{
	for (size_t i = 0; i < c->n_findings; i++) {
		struct finding *f = &c->findings[i];

		if (f->verdict == FAIL && f->rule && oracle_needs_input(f->rule)) {
			f->verdict = INCONCLUSIVE;
			c->n_suspicions++;
		}
	}
}

void check_end(struct check *c)
{
	while (c->oldest)
		drop(c, c->oldest);
	if (c->gap && !c->config.ours)
		doubt(c);
	if (c->n_findings)
		qsort(c->findings, c->n_findings, sizeof *c->findings, by_frame);
}

void check_free(struct check *c)
{
	if (!c)
		return;
	while (c->oldest)
		drop(c, c->oldest);
	for (size_t i = 0; i < c->n_findings; i++) {
		struct finding *f = &c->findings[i];

		free(f->req);
		free(f->clause);
		free(f->rule);
		free(f->state);
		free(f->message);
		free(f->wanted);
		free(f->got);
	}
	free(c->findings);
	free(c);
}

const struct finding *check_findings(const struct check *c, size_t *n)
{
	*n = c->n_findings;
	return c->findings;
}

struct check_stats check_stats(const struct check *c)
{
	return c->stats;
}
