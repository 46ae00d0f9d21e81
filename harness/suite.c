/* suite.c: many cases against one DUT.
 *
 * On a virtual clock: one world a case, one after another.  On the real clock:
 * all that may share the DUT at once, each on its own 4-tuple, then the exclusive
 * ones, then those that must be tried again, alone.  Results leave in address
 * order. */
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../probes/link.h"
#include "run.h"

#define STAGGER MS(5)           /* between two starts on a shared DUT */
#define APART S(1)              /* between two cases that are tried again */
#define ALIVE_WITHIN S(5)       /* for a sign of life after a fail    */

struct job {
	struct instance *instance;
	struct evidence *e;             /* of the last attempt                   */
	struct evidence *first_fail;    /* on the real clock: to be confirmed    */
	unsigned attempt;
	bool started, done, alone;      /* alone: needs the DUT for itself       */
};

struct suite {
	const struct suite_config *config;
	struct target *target;
	struct report *const *reports;
	size_t n_reports;
	const volatile int *interrupted;

	struct job *jobs;
	size_t n, reported, done;
	struct totals totals;
	struct world *world;            /* the shared one, on the real clock     */
	struct dut_declaration declared;/* what skips are judged by              */
	bool bailed;

	/* the real clock's scheduler */
	size_t running;
	struct deadline start;
	struct deadline watch;
	struct deadline tell;           /* fire: NULL while results may be reported at once */
	bool idle, trying_again;
	tick tried_at;
	struct run *stopped;            /* kept until the DUT is closed          */
	tick began;
	char lost[256];
	const char *doubted;            /* address of the case after which the DUT must show life */
	uint8_t doubted_v;
	tick doubted_at;
};

/* ---- telling the reports --------------------------------------------------------- */

static void tell_progress(struct suite *s, const char *address, tick left)
{
	for (size_t i = 0; i < s->n_reports; i++)
		if (s->reports[i]->progress)
			s->reports[i]->progress(s->reports[i]->arg, s->done, s->n, s->running, address, left);
}

static void bail(struct suite *s, const char *sentence)
{
	if (s->bailed)
		return;
	s->bailed = true;
	for (size_t i = 0; i < s->n_reports; i++)
		if (s->reports[i]->bail)
			s->reports[i]->bail(s->reports[i]->arg, sentence);
}

static void count(struct suite *s, const struct evidence *e)
{
	struct totals *t = &s->totals;

	t->cases++;
	if (e->surprise)
		t->surprises++;
	if (e->unstable)
		t->unstable++;
	else if (e->expected && !e->surprise)
		t->expected++;
	else if (e->verdict == PASS)
		t->passed++;
	else if (e->verdict == SKIP)
		t->skipped++;
	else if (e->verdict == INCONCLUSIVE)
		t->inconclusive++;
	else if (e->verdict == ERROR)
		t->errors++;
	else if (evidence_fails(e, s->config->fail_on))
		t->failed++;
	else
		t->should_failed++;
}

static void report_one(struct suite *s, struct job *j)
{
	if (s->config->baseline)
		baseline_judge(s->config->baseline, j->e);
	count(s, j->e);
	for (size_t i = 0; i < s->n_reports; i++)
		if (s->reports[i]->result)
			s->reports[i]->result(s->reports[i]->arg, (size_t)(j - s->jobs) + 1, j->e);
	evidence_free(j->e);
	j->e = NULL;
}

/* Reports what is done, as far as the address order allows. */
static void report_done(struct suite *s)
{
	while (s->reported < s->n && s->jobs[s->reported].done)
		report_one(s, &s->jobs[s->reported++]);
}

/* On the real clock one at a time: a case that lasts long can hold back hundreds of
 * results, and while they are written nobody would hear the DUT. */
static void report_next(void *arg)
{
	struct suite *s = arg;

	if (s->reported == s->n || !s->jobs[s->reported].done)
		return;
	report_one(s, &s->jobs[s->reported++]);
	loop_set(s->world->loop, &s->tell, loop_now(s->world->loop) + MS(1));
}

/* The run ends early: what has a result is reported, with gaps, and what was to
 * be tried again, or just was, with its first one. */
static void report_rest(struct suite *s)
{
	for (; s->reported < s->n; s->reported++) {
		struct job *j = &s->jobs[s->reported];

		if (j->first_fail) {
			evidence_free(j->e);
			j->e = j->first_fail;
			j->first_fail = NULL;
		}
		if (j->e)
			report_one(s, j);
	}
}

static void job_done(struct suite *s, struct job *j)
{
	j->done = true;
	s->done++;
	tell_progress(s, j->instance->address, 0);
	if (s->tell.fire)
		loop_set(s->world->loop, &s->tell, loop_now(s->world->loop));
	else
		report_done(s);
}

/* ---- preconditions ----------------------------------------------------------------- */

static const char *missing(const struct suite *s, const struct instance *i, char *buf, size_t n)
{
	static const struct { unsigned need, absent; const char *what; } features[] = {
		{ NEEDS_TIMESTAMPS, ABSENT_TIMESTAMPS, "timestamps" },
		{ NEEDS_WINDOW_SCALE, ABSENT_WINDOW_SCALE, "window scale" },
		{ NEEDS_SACK, ABSENT_SACK, "SACK" },
		{ NEEDS_KEEPALIVE, ABSENT_KEEPALIVE, "keepalive" },
		{ NEEDS_URGENT, ABSENT_URGENT, "urgent data" },
		{ NEEDS_PAWS, ABSENT_PAWS, "PAWS" },
	};
	const struct dut_declaration *d = &s->declared;
	const struct case_info *info = i->info;

	if (!(i->v == 4 ? d->addr4 : d->addr6).v) {
		snprintf(buf, n, "the DUT has no IPv%u address here", i->v);
		return buf;
	}
	if ((info->needs & CALLS) && !d->calls)
		return "needs calls on the DUT: give --agent CMD";
	if ((info->needs & OPENS) && !d->calls && !d->trigger)
		return "needs the DUT to connect: give --agent CMD or --trigger CMD";
	for (size_t k = 0; k < sizeof features / sizeof *features; k++)
		if ((info->needs & features[k].need) && (d->absent & features[k].absent)) {
			snprintf(buf, n, "the DUT is declared to have no %s", features[k].what);
			return buf;
		}
	if (!s->target->is_virtual && info->lasts > s->config->time_budget) {
		snprintf(buf, n, "lasts %lld s, more than --time-budget %lld s",
		         (long long)(info->lasts / S(1)), (long long)(s->config->time_budget / S(1)));
		return buf;
	}
	return NULL;
}

static struct evidence *skipped(const struct instance *i, enum verdict v, const char *reason)
{
	struct evidence *e = evidence_new(i->address);

	e->section = i->info->section;
	e->title = i->info->title;
	e->req = i->info->req;
	e->v = i->v;
	e->verdict = v;
	e->reason = arena_printf(e->arena, "%s", reason);
	return e;
}

/* ---- the virtual clock ------------------------------------------------------------- */

static void virtual_finished(void *arg, struct run *c)
{
	(void)c;
	*(bool *)arg = true;
}

static struct evidence *run_virtual(struct suite *s, struct job *j)
{
	char err[256];
	struct evidence *e;
	bool done = false;
	struct world *w = s->target->make(s->target, s->config->seed + j->attempt, j->instance->address, err, sizeof err);
	struct run *c;

	if (!w)
		return skipped(j->instance, ERROR, err);
	c = run_new(w, j->instance, s->config->seed, j->attempt, s->config->accept, 0, virtual_finished, &done);
	run_start(c);
	if (!loop_run(w->loop, &done))
		run_stop(c, "the case waits for nothing");
	e = c->e;
	run_free(c);
	s->target->unmake(s->target, w);
	return e;
}

static void suite_virtual(struct suite *s)
{
	char buf[160];

	for (size_t i = 0; i < s->n && !*s->interrupted; i++) {
		struct job *j = &s->jobs[i];
		const char *why = missing(s, j->instance, buf, sizeof buf);

		if (why) {
			j->e = skipped(j->instance, SKIP, why);
			job_done(s, j);
			continue;
		}
		j->e = run_virtual(s, j);
		while (j->e->verdict == INCONCLUSIVE && j->attempt < s->config->retries) {
			evidence_free(j->e);
			j->attempt++;
			j->e = run_virtual(s, j);
		}
		job_done(s, j);
	}
}

/* ---- the real clock ------------------------------------------------------------------ */

static void start_more(void *arg);

static void account(struct suite *s, const struct job *j, const struct run *c)
{
	tick took = c->e->ended - c->e->began - c->throttled;

	if (j->attempt)
		s->totals.retried += took;
	else if (j->alone)
		s->totals.exclusive += took;
	else if (took > s->totals.longest_shared)
		s->totals.longest_shared = took;
	if (c->throttled > s->totals.throttled)
		s->totals.throttled = c->throttled;
}

/* A fail that the baseline does not expect is confirmed once, an inconclusive
 * case tried again: when the crowd is gone, and far apart from each other. */
static bool again(const struct suite *s, const struct job *j)
{
	if (s->config->baseline)
		baseline_judge(s->config->baseline, j->e);
	if (j->e->expected && !j->e->surprise)
		return false;
	if (j->e->verdict == FAIL)
		return !j->first_fail;
	return j->e->verdict == INCONCLUSIVE && j->attempt < s->config->retries;
}

/* Nobody can be asked any more. */
static bool is_over(const struct suite *s)
{
	return *s->interrupted || s->lost[0] || s->world->dut->lost[0] || s->world->link->lost[0];
}

/* The second attempt replaces the first fail when it is a fail that counts as
 * much, or our own error. */
static bool replaces(const struct suite *s, const struct evidence *second, const struct evidence *first)
{
	if (second->verdict == ERROR)
		return !is_over(s);
	return second->verdict == FAIL &&
	       evidence_fails(second, s->config->fail_on) >= evidence_fails(first, s->config->fail_on);
}

/* What passes, is skipped, cannot be told or fails in a lesser way the second time
 * does not undo a fail: the fail is shown, and called unstable. */
static void settle_attempts(const struct suite *s, struct job *j)
{
	if (!j->first_fail)
		return;
	if (replaces(s, j->e, j->first_fail)) {
		evidence_free(j->first_fail);
	} else {
		j->first_fail->unstable = j->e->verdict != ERROR;
		j->first_fail->attempts = j->attempt + 1;
		evidence_free(j->e);
		j->e = j->first_fail;
	}
	j->first_fail = NULL;
}

/* After a case that did not pass, the DUT must show life: one that died would
 * fail all that is left. */
static void doubt(struct suite *s, const struct job *j)
{
	if (j->e->verdict == PASS || j->e->verdict == SKIP || s->doubted ||
	    !heartbeat_works(s->world, j->instance->v))
		return;
	s->doubted = j->instance->address;
	s->doubted_v = j->instance->v;
	s->doubted_at = loop_now(s->world->loop);
	heartbeat_hold(s->world, s->doubted_v);
}

static void resolve_doubt(struct suite *s)
{
	if (!s->doubted)
		return;
	if (!heartbeat_since(s->world, s->doubted_v, s->doubted_at)) {
		if (loop_now(s->world->loop) < s->doubted_at + ALIVE_WITHIN)
			return;
		snprintf(s->lost, sizeof s->lost, "the DUT stopped answering after %s", s->doubted);
	}
	heartbeat_release(s->world, s->doubted_v);
	s->doubted = NULL;
}

static void real_finished(void *arg, struct run *c)
{
	struct suite *s = arg;
	struct job *j = NULL;

	for (size_t i = 0; i < s->n && !j; i++)
		if (s->jobs[i].instance == c->instance)
			j = &s->jobs[i];
	account(s, j, c);
	if (j->e)
		evidence_free(j->e);
	j->e = c->e;
	doubt(s, j);
	s->running--;
	c->next = s->stopped;           /* freed when nobody can answer to it    */
	s->stopped = c;
	if (!*s->interrupted && again(s, j)) {
		if (j->e->verdict == FAIL && !j->first_fail) {
			j->first_fail = j->e;
			j->e = NULL;
		}
		j->attempt++;
		j->started = false;
	} else {
		settle_attempts(s, j);
		job_done(s, j);
	}
	loop_set(s->world->loop, &s->start, loop_now(s->world->loop));
}

static void start_job(struct suite *s, struct job *j)
{
	struct run *c = run_new(s->world, j->instance, s->config->seed, j->attempt, s->config->accept,
	                        (unsigned)(j - s->jobs), real_finished, s);

	j->started = true;
	s->running++;
	run_start(c);
	tell_progress(s, j->instance->address, 0);
}

/* The longest first: the wall time of all that share the DUT is then that of the
 * longest. */
static struct job *next_job(struct suite *s, bool second, bool alone)
{
	struct job *longest = NULL;

	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];

		if (!j->started && !j->done && j->alone == alone && (j->attempt > 0) == second &&
		    (!longest || j->instance->info->lasts > longest->instance->info->lasts))
			longest = j;
	}
	return longest;
}

static void free_stopped(struct suite *s, bool all)
{
	for (struct run **p = &s->stopped; *p;) {
		struct run *c = *p;

		if (!all && (c->calling || coro_self() == c->co)) {
			p = &c->next;
			continue;
		}
		*p = c->next;
		run_free(c);
	}
}

static void start_more(void *arg)
{
	struct suite *s = arg;
	size_t limit = s->config->jobs;
	struct job *j;

	free_stopped(s, false);
	if (!limit || limit > (size_t)s->declared.connections)
		limit = (size_t)s->declared.connections;
	if (s->running >= limit)
		return;
	/* First all that share the DUT, then those to be tried again, then the
	 * exclusive ones, one by one. */
	j = next_job(s, false, false);
	if (j) {
		start_job(s, j);
		loop_set(s->world->loop, &s->start, loop_now(s->world->loop) + STAGGER);
		return;
	}
	if (s->running && !s->trying_again)
		return;
	j = next_job(s, true, false);
	if (j) {
		tick next = s->tried_at + APART;

		s->trying_again = true;
		if (loop_now(s->world->loop) >= next) {
			s->tried_at = loop_now(s->world->loop);
			start_job(s, j);
		}
		loop_set(s->world->loop, &s->start, s->tried_at + APART);
		return;
	}
	if (s->running)
		return;
	s->trying_again = true;
	j = next_job(s, false, true);
	if (!j)
		j = next_job(s, true, true);
	if (j)
		start_job(s, j);
	else
		s->idle = true;
}

/* Ten times a second: interrupted, DUT gone, progress. */
static void watch(void *arg)
{
	struct suite *s = arg;
	tick left = 0;

	if (s->world->dut->lost[0])
		snprintf(s->lost, sizeof s->lost, "%s", s->world->dut->lost);
	else if (s->world->link->lost[0])
		snprintf(s->lost, sizeof s->lost, "%s", s->world->link->lost);
	resolve_doubt(s);
	if (*s->interrupted || s->lost[0]) {
		s->idle = true;
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->jobs[i].started && !s->jobs[i].done && s->jobs[i].instance->info->lasts > left)
			left = s->jobs[i].instance->info->lasts;
	tell_progress(s, "", left);
	loop_set(s->world->loop, &s->watch, loop_now(s->world->loop) + MS(100));
}

static void stop_all(struct suite *s, const char *reason)
{
	while (s->world->runs)
		run_stop(s->world->runs, reason);
}

/* Before the cases, where only a service is declared: a handshake with it, so
 * that a closed port is one sentence and not a hundred fails. */
static void preflight_body(struct run *c, const void *arg)
{
	(void)arg;
	dut_listen(c);
	tx(c, SYN);
	rx_maybe(c, SYN | ACK, .within = S(4));
}

static bool came(const struct evidence *e, unsigned ctl)
{
	for (size_t i = 0; i < e->n_events; i++)
		if (e->events[i].kind == EVENT_SEEN && (e->events[i].seg.ctl & ctl))
			return true;
	return false;
}

static void preflight_finished(void *arg, struct run *c)
{
	struct suite *s = arg;
	const struct dut_declaration *d = &s->declared;

	/* Whether it answers as it should is for the cases to say. */
	if (!came(c->e, SYN))
		snprintf(s->lost, sizeof s->lost, "port %u of %s %s: is the service up? (no case was run)",
		         d->port, d->name, came(c->e, RST) ? "refuses connections" : "does not answer a SYN");
	s->idle = true;
}

static bool preflight(struct suite *s)
{
	static const struct case_info info = {
		.section = "preflight", .name = "handshake", .req = "EVT-LISTEN-SYN",
		.title = "the declared service takes connections", .body = preflight_body
	};
	struct instance i = { .info = &info, .v = s->declared.addr4.v ? 4 : 6, .address = "preflight/handshake" };
	struct run *c;

	if (s->declared.calls || !s->declared.port)
		return true;
	c = run_new(s->world, &i, s->config->seed, 0, s->config->accept, 0, preflight_finished, s);
	run_start(c);
	loop_run(s->world->loop, &s->idle);
	s->idle = false;
	evidence_free(c->e);
	run_free(c);
	return !s->lost[0];
}

static void suite_real(struct suite *s)
{
	char buf[160];
	struct loop *loop = s->world->loop;

	if (!preflight(s))
		return;

	for (size_t i = 0; i < s->n; i++) {
		struct job *j = &s->jobs[i];
		const char *why = missing(s, j->instance, buf, sizeof buf);

		j->alone = j->instance->info->needs & ALONE;
		if (why) {
			j->e = skipped(j->instance, SKIP, why);
			j->started = true;
			job_done(s, j);
		}
	}
	s->start.fire = start_more;
	s->watch.fire = watch;
	s->tell.fire = report_next;
	s->start.arg = s->watch.arg = s->tell.arg = s;
	s->began = loop_now(loop);
	loop_set(loop, &s->watch, s->began);
	loop_set(loop, &s->start, s->began);
	loop_run(loop, &s->idle);
	loop_cancel(loop, &s->start);
	loop_cancel(loop, &s->watch);
	loop_cancel(loop, &s->tell);
	s->totals.wall = loop_now(loop) - s->began;
	report_done(s);
	if (*s->interrupted || s->lost[0]) {
		stop_all(s, *s->interrupted ? "interrupted" : s->lost);
		report_rest(s);
	}
}

/* ---- all of it ------------------------------------------------------------------------ */

static int status_of(const struct suite *s)
{
	const struct totals *t = &s->totals;

	if (*s->interrupted)
		return 128 + *s->interrupted;
	if (s->bailed || t->errors)
		return EXIT_CANNOT_RUN;
	if (t->failed || t->surprises)
		return s->config->exit_zero ? EXIT_CONFORMS : EXIT_FAILED;
	if (t->inconclusive || t->unstable)
		return s->config->exit_zero ? EXIT_CONFORMS : EXIT_UNCLEAR;
	if (t->skipped == t->cases)
		return EXIT_ALL_SKIPPED;
	return EXIT_CONFORMS;
}

static bool make_first_world(struct suite *s)
{
	char err[256];
	struct world *w = s->target->make(s->target, s->config->seed, "", err, sizeof err);

	if (!w) {
		bail(s, err);
		return false;
	}
	s->declared = w->dut->declared;
	if (s->target->is_virtual)
		s->target->unmake(s->target, w);
	else
		s->world = w;
	return true;
}

int suite_run(const struct suite_config *config, struct target *target, struct report *const *reports,
              size_t n_reports, const volatile int *interrupted)
{
	struct suite s = {
		.config = config, .target = target, .reports = reports, .n_reports = n_reports,
		.interrupted = interrupted
	};
	struct instance *list = registry_select(&config->selection, &s.n);
	int status;

	s.jobs = calloc(s.n + 1, sizeof *s.jobs);
	if (!s.jobs)
		abort();
	for (size_t i = 0; i < s.n; i++)
		s.jobs[i].instance = &list[i];
	if (make_first_world(&s)) {
		for (size_t i = 0; i < n_reports; i++)
			if (reports[i]->begin)
				reports[i]->begin(reports[i]->arg, config, target, &s.declared, s.n);
		if (target->is_virtual)
			suite_virtual(&s);
		else
			suite_real(&s);
	}
	if (*interrupted)
		bail(&s, "interrupted");
	else if (s.lost[0])
		bail(&s, s.lost);
	status = status_of(&s);
	for (size_t i = 0; i < n_reports; i++)
		if (reports[i]->end)
			reports[i]->end(reports[i]->arg, &s.totals, status);
	if (s.world) {
		target->unmake(target, s.world);
		free_stopped(&s, true);
	}
	for (size_t i = 0; i < s.n; i++) {
		evidence_free(s.jobs[i].e);
		evidence_free(s.jobs[i].first_fail);
	}
	free(s.jobs);
	free(list);
	return status;
}
