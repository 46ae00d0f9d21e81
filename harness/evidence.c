/* evidence.c: the memory of one run.
 *
 * Everything lives in an arena that is freed whole.  The time line is reserved
 * once, so that a pointer to one of its segments stays good while it grows; its
 * bound also bounds what a flooding target can make us keep. */
#include "evidence.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define EVENTS_MAX 32768
#define BLOCK 16384

struct block {
	struct block *next;
	size_t used, room;
	_Alignas(max_align_t) unsigned char octets[];
};

struct arena {
	struct block *blocks;
};

static _Noreturn void out_of_memory(void)
{
	fputs("tcpconform: out of memory\n", stderr);
	exit(3);
}

struct arena *arena_new(void)
{
	struct arena *a = calloc(1, sizeof *a);

	if (!a)
		out_of_memory();
	return a;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	while (a->blocks) {
		struct block *b = a->blocks;

		a->blocks = b->next;
		free(b);
	}
	free(a);
}

void *arena_alloc(struct arena *a, size_t n)
{
	struct block *b = a->blocks;

	n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (!b || b->room - b->used < n) {
		size_t room = n > BLOCK ? n : BLOCK;

		b = calloc(1, sizeof *b + room);
		if (!b)
			out_of_memory();
		b->room = room;
		b->next = a->blocks;
		a->blocks = b;
	}
	b->used += n;
	return b->octets + b->used - n;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	int n;
	char *text;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		n = 0;
	text = arena_alloc(a, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return text;
}

struct evidence *evidence_new(const char *address)
{
	struct arena *a = arena_new();
	struct evidence *e = arena_alloc(a, sizeof *e);
	void *line = mmap(NULL, EVENTS_MAX * sizeof *e->events, PROT_READ | PROT_WRITE,
	                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (line == MAP_FAILED)
		out_of_memory();
	e->arena = a;
	e->events = line;
	e->room = EVENTS_MAX;
	e->address = arena_printf(a, "%s", address);
	e->attempts = 1;
	return e;
}

void evidence_free(struct evidence *e)
{
	if (!e)
		return;
	munmap(e->events, e->room * sizeof *e->events);
	arena_free(e->arena);
}

struct event *evidence_add(struct evidence *e, enum event_kind kind, tick at, int conversation)
{
	struct event *v;

	if (e->n_events == e->room)
		return NULL;
	v = &e->events[e->n_events++];
	v->kind = kind;
	v->at = v->until = at;
	v->conversation = conversation;
	return v;
}

bool evidence_fails(const struct evidence *e, enum level fail_on)
{
	return e->verdict == FAIL && e->level <= (fail_on == LEVEL_SHOULD ? LEVEL_SHOULD : LEVEL_IMPLIED);
}
