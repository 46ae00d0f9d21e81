/* coro.h: stackful coroutines; exactly one of them, or their resumer, runs at a
 * time.  coro_ucontext.c is the usual way; coro_thread.c, which passes a baton
 * between threads, is for valgrind, TSAN and libcs without makecontext. */
#ifndef TCPCONFORM_CORO_H
#define TCPCONFORM_CORO_H

#include <stdbool.h>

struct coro;

/* A coroutine that will run fn(arg) when it is first resumed; NULL: no memory. */
struct coro *coro_new(void (*fn)(void *arg), void *arg);

/* Runs co until it yields or fn returns.  Not from inside a coroutine. */
void coro_resume(struct coro *co);

/* Back to the resumer; returns when somebody resumes again. */
void coro_yield(void);

/* The coroutine that runs, or NULL. */
struct coro *coro_self(void);

/* True after fn has returned, or coro_end was called. */
bool coro_done(const struct coro *co);

/* Ends the running coroutine here; nothing is unwound. */
_Noreturn void coro_end(void);

/* Frees co, finished or not (an unfinished one is never resumed again). */
void coro_free(struct coro *co);

#endif
