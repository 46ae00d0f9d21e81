/* coro_thread.c: coroutines as threads that pass a baton: exactly one runs.
 *
 * For valgrind, TSAN, gdb and libcs without makecontext.  The output of a run is
 * the same as with coro_ucontext.c. */
#include "coro.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct coro {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	bool mine;                      /* the baton is with the coroutine       */
	bool done, discarded;
	void (*fn)(void *arg);
	void *arg;
};

static struct coro *running;

static void wait_for(struct coro *co, bool mine)
{
	while (co->mine != mine)
		pthread_cond_wait(&co->turn, &co->lock);
}

static void pass_to(struct coro *co, bool mine)
{
	co->mine = mine;
	pthread_cond_broadcast(&co->turn);
}

static void *body(void *arg)
{
	struct coro *co = arg;

	pthread_mutex_lock(&co->lock);
	wait_for(co, true);
	if (co->discarded) {
		pthread_mutex_unlock(&co->lock);
		return NULL;
	}
	co->fn(co->arg);
	coro_end();
}

struct coro *coro_new(void (*fn)(void *arg), void *arg)
{
	struct coro *co = calloc(1, sizeof *co);

	if (!co)
		return NULL;
	co->fn = fn;
	co->arg = arg;
	pthread_mutex_init(&co->lock, NULL);
	pthread_cond_init(&co->turn, NULL);
	if (pthread_create(&co->thread, NULL, body, co)) {
		pthread_cond_destroy(&co->turn);
		pthread_mutex_destroy(&co->lock);
		free(co);
		return NULL;
	}
	return co;
}

void coro_resume(struct coro *co)
{
	assert(!running && !co->done);
	running = co;
	pthread_mutex_lock(&co->lock);
	pass_to(co, true);
	wait_for(co, false);
	pthread_mutex_unlock(&co->lock);
	running = NULL;
}

/* Called with the lock held by the coroutine's thread, which holds it whenever
 * it runs. */
static void give_back(struct coro *co)
{
	pass_to(co, false);
	wait_for(co, true);
	if (co->discarded) {
		pthread_mutex_unlock(&co->lock);
		pthread_exit(NULL);
	}
}

void coro_yield(void)
{
	assert(running);
	give_back(running);
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
	struct coro *co = running;

	co->done = true;
	pass_to(co, false);
	pthread_mutex_unlock(&co->lock);
	pthread_exit(NULL);
}

void coro_free(struct coro *co)
{
	if (!co)
		return;
	if (!co->done) {
		pthread_mutex_lock(&co->lock);
		co->discarded = true;
		pass_to(co, true);
		pthread_mutex_unlock(&co->lock);
	}
	pthread_join(co->thread, NULL);
	pthread_cond_destroy(&co->turn);
	pthread_mutex_destroy(&co->lock);
	free(co);
}
