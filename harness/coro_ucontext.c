/* coro_ucontext.c: coroutines on stacks of their own, by makecontext.
 *
 * All that the sanitizers must be told about stacks is told here. */
#include "coro.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif

#ifdef ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_SIZE (32 * 1024 * 1024)
#else
#define STACK_SIZE (8 * 1024 * 1024)     /* reserved, not used: the oracle recurses */
#endif

struct coro {
	ucontext_t self, resumer;
	void (*fn)(void *arg);
	void *arg;
	unsigned char *stack;           /* with a guard page below               */
	size_t size;
	bool done;
#ifdef ASAN
	void *fake;                     /* our fake stack while we are away      */
	const void *resumer_bottom;
	size_t resumer_size;
#endif
};

static struct coro *running;

/* Tells the sanitizer that we leave for another stack, and that we are there. */
static void leave(void **fake, const void *bottom, size_t size)
{
#ifdef ASAN
	__sanitizer_start_switch_fiber(fake, bottom, size);
#else
	(void)fake, (void)bottom, (void)size;
#endif
}

static void enter(void *fake, const void **bottom, size_t *size)
{
#ifdef ASAN
	__sanitizer_finish_switch_fiber(fake, bottom, size);
#else
	(void)fake, (void)bottom, (void)size;
#endif
}

static void leave_for_resumer(struct coro *co)
{
#ifdef ASAN
	leave(co->done ? NULL : &co->fake, co->resumer_bottom, co->resumer_size);
#else
	leave(NULL, NULL, 0);
#endif
	swapcontext(&co->self, &co->resumer);
#ifdef ASAN
	enter(co->fake, &co->resumer_bottom, &co->resumer_size);
#endif
}

static void trampoline(unsigned high, unsigned low)
{
	struct coro *co = (struct coro *)((uintptr_t)high << 32 | (uintptr_t)low);

#ifdef ASAN
	enter(NULL, &co->resumer_bottom, &co->resumer_size);
#endif
	co->fn(co->arg);
	coro_end();
}

static bool prepare(struct coro *co, size_t page)
{
	if (mprotect(co->stack, page, PROT_NONE) || getcontext(&co->self))
		return false;
	co->self.uc_stack.ss_sp = co->stack + page;
	co->self.uc_stack.ss_size = STACK_SIZE;
	co->self.uc_link = NULL;
	makecontext(&co->self, (void (*)(void))trampoline, 2,
	            (unsigned)((uintptr_t)co >> 32), (unsigned)(uintptr_t)co);
	return true;
}

struct coro *coro_new(void (*fn)(void *arg), void *arg)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct coro *co = calloc(1, sizeof *co);

	if (!co)
		return NULL;
	co->fn = fn;
	co->arg = arg;
	co->size = STACK_SIZE + page;
	co->stack = mmap(NULL, co->size, PROT_READ | PROT_WRITE,
	                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (co->stack == MAP_FAILED) {
		free(co);
		return NULL;
	}
	if (!prepare(co, page)) {
		coro_free(co);
		return NULL;
	}
	return co;
}

void coro_resume(struct coro *co)
{
	void *fake = NULL;

	assert(!running && !co->done);
	running = co;
	leave(&fake, co->self.uc_stack.ss_sp, co->self.uc_stack.ss_size);
	swapcontext(&co->resumer, &co->self);
	enter(fake, NULL, NULL);
	running = NULL;
}

void coro_yield(void)
{
	assert(running);
	leave_for_resumer(running);
}

struct coro *coro_self(void)
{
	return running;
}

bool coro_done(const struct coro *co)
{
	return co->done;
}

_Noreturn void coro_end(void)
{
	running->done = true;
	leave_for_resumer(running);
	abort();                /* a finished coroutine was resumed */
}

void coro_free(struct coro *co)
{
	if (!co)
		return;
#ifdef ASAN
	/* One that was cut short leaves its marks, and the next one may lie here. */
	__asan_unpoison_memory_region(co->stack, co->size);
#endif
	munmap(co->stack, co->size);
	free(co);
}
