/* faults.c: the cases find what they say that they find.
 *
 *     faults [NAME...]         all faults, or these
 *
 * Three questions, all on the simulated wire.  Healthy: does every case pass, and
 * does each id that it lists in .req get a word, by one of its verbs or by the
 * oracle?  Faulty: does each declared misbehaviour of the reference stack bring
 * about a failing judgement that names one of the fault's own ids?  (What a case
 * merely lists does not count; a fault that fails only other judgements dies by
 * accident and is no proof.)  And is each of the fault's ids named so, by one
 * judgement or another?  Equivalent: does a fault that is declared to be beyond
 * observation survive every case?  And at the end: is there a requirement of a case
 * that no fault breaks, or a case that no fault fails by what it is about?
 *
 * Each fault runs in a process of its own, so that a stack that crashes or spins
 * with one costs that one only. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/catalogue.h"
#include "harness/stack/stack.h"
#include "harness/suite.h"
#include "harness/target.h"

enum { SEED = 1, SECONDS = 120, IDS = 32 };

enum fate {
	NO_ANSWER,              /* the process did not come to an end           */
	KILLED,
	ELSEWHERE,              /* failed only judgements with other ids        */
	SURVIVED,
	CANNOT_RUN
};

struct outcome {
	enum fate fate;
	char address[160];              /* the case that decided it             */
	char req[120];                  /* what its judgement named             */
	char message[300];
	bool named[IDS];                /* by a fail: the fault's first id, its second, ... */
	size_t cases;                   /* instances that were run              */
};

/* ---- lists of ids ---------------------------------------------------------- */

struct meeting { const char *list; bool met; };

static void meet_word(void *arg, const char *id)
{
	struct meeting *m = arg;
	size_t n = strlen(id);

	for (const char *at = m->list; (at = strstr(at, id)) != NULL; at += n)
		if ((at == m->list || at[-1] == ' ') && (at[n] == ' ' || at[n] == 0))
			m->met = true;
}

struct ids { const char *id[IDS]; size_t n; };

static void ids_add(void *arg, const char *id)
{
	const struct requirement *r = requirement_find(id);
	struct ids *ids = arg;

	if (r && ids->n < IDS)          /* is_sound() complains of the others */
		ids->id[ids->n++] = r->id;
}

static struct ids ids_of(const char *list)
{
	struct ids ids = { .n = 0 };

	requirement_each(list, ids_add, &ids);
	return ids;
}

/* True if the two lists of ids have one in common. */
static bool ids_meet(const char *a, const char *b)
{
	struct meeting m = { b ? b : "", false };

	requirement_each(a, meet_word, &m);
	return m.met;
}

/* ---- one fault -------------------------------------------------------------- */

/* The cases, and whether one of their judgements has failed by an id that is both
 * the case's and the fault's; shared with the processes. */
static const struct case_info *const *cases;
static size_t n_cases;
static char **globs;                    /* of all instances of each             */
static bool *proved;

struct hunt {
	const struct fault_info *fault;
	struct ids ids;                 /* the fault's                          */
	struct outcome *outcome;
	bool elsewhere;                 /* in cases that are about something else */
	volatile int stop;
};

/* A glob that matches all instances of a case. */
static char *case_glob(const struct case_info *info)
{
	size_t n = strlen(info->section) + strlen(info->name) + 4;
	char *glob = malloc(n);

	if (!glob)
		abort();
	snprintf(glob, n, "%s/%s/*", info->section, info->name);
	for (char *at = glob + strlen(info->section); *at; at++)
		if (*at == '_')
			*at = '-';
	return glob;
}

/* Memory that the processes share. */
static void *shared(size_t n, size_t size)
{
	void *at = mmap(NULL, (n + 1) * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED) {
		perror("memory");
		exit(1);
	}
	return at;
}

static void find_cases(void)
{
	cases = registry_cases(&n_cases);
	proved = shared(n_cases, sizeof *proved);
	globs = calloc(n_cases + 1, sizeof *globs);
	if (!globs)
		abort();
	for (size_t i = 0; i < n_cases; i++)
		globs[i] = case_glob(cases[i]);
}

static size_t case_of(const char *address)
{
	size_t i = 0;

	while (i < n_cases && strncmp(address, globs[i], strlen(globs[i]) - 1) != 0)
		i++;
	return i;
}

/* Notes which of the fault's ids a fail names, and of which case it is a proof. */
static void note_names(struct hunt *h, const struct judgement *j, size_t k)
{
	for (size_t i = 0; i < h->ids.n; i++) {
		if (!ids_meet(h->ids.id[i], j->req))
			continue;
		h->outcome->named[i] = true;
		if (k < n_cases && ids_meet(h->ids.id[i], cases[k]->req))
			proved[k] = true;
	}
}

/* Nothing is left to be found. */
static bool is_done(const struct hunt *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->ids.n; i++)
		n += h->outcome->named[i];
	return n == h->ids.n && h->outcome->fate == KILLED;
}

static void look(void *arg, size_t number, const struct evidence *e)
{
	struct hunt *h = arg;
	struct outcome *o = h->outcome;

	(void)number;
	if (h->stop)
		return;
	o->cases++;
	size_t k = case_of(e->address);
	for (size_t i = 0; i < e->n_events; i++) {
		const struct judgement *j = &e->events[i].judgement;

		if (e->events[i].kind != EVENT_JUDGEMENT || j->verdict != FAIL)
			continue;
		note_names(h, j, k);
		bool named = ids_meet(h->fault->req, j->req);
		if (j->level != LEVEL_MAY && o->fate != KILLED && (named || o->fate != ELSEWHERE)) {
			o->fate = named ? KILLED : ELSEWHERE;
			snprintf(o->address, sizeof o->address, "%s", e->address);
			snprintf(o->req, sizeof o->req, "%s", j->req ? j->req : "");
			snprintf(o->message, sizeof o->message, "%s", j->message ? j->message : "");
		}
	}
	h->stop = h->elsewhere && is_done(h);
}

static void bailed(void *arg, const char *sentence)
{
	struct hunt *h = arg;

	if (h->stop)
		return;                         /* we have stopped it ourselves */
	h->outcome->fate = CANNOT_RUN;
	snprintf(h->outcome->message, sizeof h->outcome->message, "%s", sentence);
	h->stop = 1;
}

/* Runs the cases whose .req does, or does not, meet the fault's ids. */
static void run_cases(struct hunt *h, bool meeting)
{
	const char **these = calloc(n_cases + 1, sizeof *these);
	size_t chosen = 0;

	if (!these) {
		bailed(h, "no memory");
		return;
	}
	for (size_t i = 0; i < n_cases; i++)
		if (ids_meet(h->fault->req, cases[i]->req) == meeting)
			these[chosen++] = globs[i];
	if (chosen > 0) {
		struct report report = { .arg = h, .result = look, .bail = bailed };
		struct report *reports[] = { &report };
		struct suite_config config = {
			.selection = { .cases = these, .n_cases = chosen, .ip4 = true, .ip6 = true },
			.seed = SEED, .time_budget = TICK_NEVER, .fail_on = LEVEL_MUST,
			.accept = ACCEPT_DEPLOYED, .fault = h->fault->name
		};
		char err[256] = "";
		struct target *target = target_sim(h->fault->name, err, sizeof err);

		if (target) {
			suite_run(&config, target, reports, 1, &h->stop);
			target_free(target);
		} else {
			bailed(h, err);
		}
	}
	free(these);
}

/* In a process of its own. */
static _Noreturn void try_fault(const struct fault_info *fault, struct outcome *o)
{
	struct rlimit limit = { SECONDS, SECONDS };
	struct outcome found = { .fate = SURVIVED };
	struct hunt h = { .fault = fault, .ids = ids_of(fault->req), .outcome = &found };

	setrlimit(RLIMIT_CPU, &limit);
	run_cases(&h, true);
	h.elsewhere = true;
	if (!h.stop && !is_done(&h))
		run_cases(&h, false);
	*o = found;
	exit(0);
}

/* Starts a process a fault, as many at once as there are processors. */
static void try_all(const size_t *chosen, size_t n, struct outcome *outcomes)
{
	long most = sysconf(_SC_NPROCESSORS_ONLN);
	long running = 0;

	fflush(stdout);
	for (size_t i = 0; i < n || running > 0; ) {
		if (i < n && running < (most < 2 ? 2 : most)) {
			pid_t pid = fork();

			if (pid == 0)
				try_fault(&faults[chosen[i]], &outcomes[chosen[i]]);
			if (pid < 0) {
				perror("fork");
				exit(1);
			}
			running++;
			i++;
		} else if (wait(NULL) > 0) {
			running--;
		} else if (errno != EINTR) {
			break;
		}
	}
}

static bool show_outcome(const struct fault_info *f, const struct outcome *o)
{
	bool good = f->equivalent ? o->fate == SURVIVED : o->fate == KILLED;

	printf("%-4s %-34s ", good ? "ok" : "BAD", f->name);
	switch (o->fate) {
	case KILLED:
		printf("%s by %s, which names %s\n", f->equivalent ? "declared equivalent, but killed" : "killed",
		       o->address, o->req);
		break;
	case ELSEWHERE:
		printf("fails only elsewhere: %s names %s, and not %s\n", o->address, o->req, f->req);
		break;
	case SURVIVED:
		if (f->equivalent)
			printf("survives, as declared: %s\n", f->equivalent);
		else
			printf("survives all %zu runs; nobody names %s\n", o->cases, f->req);
		break;
	case CANNOT_RUN:
		printf("cannot be run: %s\n", o->message);
		break;
	case NO_ANSWER:
		printf("its process crashed or did not end\n");
		break;
	}
	if (!good && (o->fate == KILLED || o->fate == ELSEWHERE))
		printf("     %-34s %s\n", "", o->message);
	return good;
}

/* What a fault lists is broken by it: a fail says so for each id. */
static bool each_is_named(const struct fault_info *f, const struct outcome *o)
{
	struct ids ids = ids_of(f->req);
	bool good = true;

	if (f->equivalent || o->fate != KILLED)
		return true;
	for (size_t i = 0; i < ids.n; i++)
		if (!o->named[i]) {
			printf("BAD  %-34s lists %s, and no failing judgement names it\n", f->name, ids.id[i]);
			good = false;
		}
	return good;
}

/* ---- the declarations themselves -------------------------------------------- */

static void known_id(void *arg, const char *id)
{
	bool *good = arg;

	if (!requirement_find(id)) {
		printf("BAD  \"%s\" is no id of the catalogue\n", id);
		*good = false;
	}
}

static bool is_sound(const struct fault_info *f)
{
	static const char *const kinds[] = { "ORDER", "VALUE", "WIRE", "CALL", "TIMER", "SPOT" };
	bool good = true, kind = false;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		kind |= !strcmp(f->kind, kinds[i]);
	requirement_each(f->req, known_id, &good);
	for (const struct fault_info *other = faults; other < f; other++)
		if (!strcmp(other->name, f->name))
			good = false;
	if (!kind || !good || !f->req || !*f->req || !f->title || !*f->title || !f->path || !*f->path) {
		printf("BAD  %-34s its declaration is not sound: name, kind, ids, title or path\n", f->name);
		return false;
	}
	return true;
}

/* Which of the paths that a TCP must get right has a fault at all. */
static size_t paths_without_fault(void)
{
	static const char *const paths[] = {
		"handshake", "close", "simultaneous", "retransmission", "keepalive"
	};
	size_t bad = 0;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		size_t n = 0;

		for (size_t k = 0; k < n_faults; k++)
			n += strstr(faults[k].path, paths[i]) != NULL;
		printf("%-4s %-34s %zu faults\n", n ? "ok" : "BAD", paths[i], n);
		bad += n == 0;
	}
	return bad;
}

/* ---- healthy ------------------------------------------------------------------ */

struct health { size_t good, bad; };

struct claims { const struct evidence *e; bool good; };

/* Somebody spoke for this id in this run. */
static void spoken_for(void *arg, const char *id)
{
	struct claims *c = arg;

	for (size_t i = 0; i < c->e->n_events; i++) {
		const struct judgement *j = &c->e->events[i].judgement;

		if (c->e->events[i].kind == EVENT_JUDGEMENT && j->verdict == PASS && ids_meet(id, j->req))
			return;
	}
	printf("BAD  %s lists %s, and nobody speaks for it\n", c->e->address, id);
	c->good = false;
}

static void look_healthy(void *arg, size_t number, const struct evidence *e)
{
	struct health *h = arg;
	struct claims c = { e, true };

	(void)number;
	if (e->verdict != PASS) {
		printf("BAD  %s: %s: %s\n", e->address, verdict_name(e->verdict),
		       e->failing && e->failing->message ? e->failing->message : e->reason ? e->reason : "");
		c.good = false;
	} else {
		requirement_each(e->req, spoken_for, &c);
	}
	if (e->joins > 0) {
		printf("BAD  %s: the oracle joined %u hypotheses\n", e->address, e->joins);
		c.good = false;
	}
	h->good += c.good;
	h->bad += !c.good;
}

static void bailed_healthy(void *arg, const char *sentence)
{
	struct health *h = arg;

	printf("BAD  the healthy run: %s\n", sentence);
	h->bad++;
}

static struct health run_healthy(void)
{
	struct health h = { 0, 0 };
	struct report report = { .arg = &h, .result = look_healthy, .bail = bailed_healthy };
	struct report *reports[] = { &report };
	struct suite_config config = {
		.selection = { .ip4 = true, .ip6 = true },
		.seed = SEED, .time_budget = TICK_NEVER, .fail_on = LEVEL_SHOULD, .accept = ACCEPT_DEPLOYED
	};
	char err[256] = "";
	struct target *target = target_sim(NULL, err, sizeof err);

	if (!target) {
		bailed_healthy(&h, err);
		return h;
	}
	static const volatile int never;
	suite_run(&config, target, reports, 1, &never);
	target_free(target);
	return h;
}

/* ---- requirements that nothing tests the test of ------------------------------- */

/* Is the id named by a fail under one of the faults that list it?  Under a lawful
 * one that can only be a MAY, of which the fail is a record. */
static bool is_broken(const char *id, const struct outcome *outcomes)
{
	for (size_t i = 0; i < n_faults; i++) {
		struct ids ids = ids_of(faults[i].req);

		for (size_t k = 0; k < ids.n; k++)
			if (!strcmp(ids.id[k], id) && outcomes[i].named[k])
				return true;
	}
	return false;
}

/* Ids that cases speak for and no fault breaks; how many. */
static size_t unbroken_requirements(const struct outcome *outcomes)
{
	size_t lacking = 0;

	for (size_t r = 0; r < n_requirements; r++) {
		bool claimed = false;

		for (size_t i = 0; i < n_cases && !claimed; i++)
			claimed = ids_meet(requirements[r].id, cases[i]->req);
		if (claimed && !is_broken(requirements[r].id, outcomes))
			printf("%s %s", lacking++ ? "" : "no fault breaks:", requirements[r].id);
	}
	printf("%s%zu requirements of cases have no fault\n", lacking ? "\n" : "", lacking);
	return lacking;
}

/* Cases that fail under no fault by what they are about; how many. */
static size_t unproved_cases(void)
{
	size_t lacking = 0;

	for (size_t i = 0; i < n_cases; i++)
		if (!proved[i])
			printf("%s %s", lacking++ ? "" : "no fault fails:", globs[i]);
	printf("%s%zu cases have no fault\n", lacking ? "\n" : "", lacking);
	return lacking;
}

int main(int argc, char **argv)
{
	size_t *chosen = calloc(n_faults + 1, sizeof *chosen), n = 0, passed = 0, failed = 0;
	struct outcome *outcomes = shared(n_faults, sizeof *outcomes);

	if (!chosen) {
		perror("memory");
		return 1;
	}
	find_cases();
	for (size_t i = 0; i < n_faults; i++) {
		bool wanted = argc == 1;

		for (int k = 1; k < argc; k++)
			wanted |= !strcmp(argv[k], faults[i].name);
		if (wanted)
			chosen[n++] = i;
	}
	if (n == 0 || (argc > 1 && n < (size_t)argc - 1)) {
		fprintf(stderr, "faults: there is no such fault; tcpconform list faults shows all\n");
		return 2;
	}

	if (argc == 1) {
		struct health h = run_healthy();

		printf("healthy: %zu runs of cases are sound, %zu are not\n", h.good, h.bad);
		passed += h.good;
		failed += h.bad + (h.good == 0);
		failed += paths_without_fault();
	}

	try_all(chosen, n, outcomes);
	for (size_t i = 0; i < n; i++) {
		const struct fault_info *f = &faults[chosen[i]];
		bool good = is_sound(f);

		good &= show_outcome(f, &outcomes[chosen[i]]);
		good &= each_is_named(f, &outcomes[chosen[i]]);

		passed += good;
		failed += !good;
	}
	if (argc == 1)
		failed += unbroken_requirements(outcomes) + unproved_cases();
	printf("%zu passed, %zu failed\n", passed, failed);
	free(chosen);
	return failed > 0;
}
