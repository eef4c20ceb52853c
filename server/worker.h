#ifndef HF_WORKER_H
#define HF_WORKER_H

#include <stddef.h>
#include <sys/queue.h>

#include "server/loop.h"

/*
 * A pool of threads for what blocks (the database).  A piece of work is
 * handed over whole: the loop does not touch it, nor what it points to,
 * until its note comes back.
 */
struct hf_worker;

struct hf_work {
	struct hf_note done;	/* posted to `loop` when run has returned */
	void (*run)(void *arg);	/* in a thread of the pool */
	void *arg;
	struct hf_loop *loop;
	STAILQ_ENTRY(hf_work) link;
};
/* The work whose `done` this is. */
struct hf_work *hf_work_of(struct hf_note *done);

/* `threads` of them; at most queue_max pieces wait. */
struct hf_worker *hf_worker_new(int threads, size_t queue_max,
    struct hf_err *e) HF_MUST_USE;
/* Everything that was taken is run first.  NULL is fine. */
void hf_worker_free(struct hf_worker *w);
/* From any thread. HF_EAGAIN where too much is waiting. */
int hf_worker_submit(struct hf_worker *w, struct hf_work *work,
    struct hf_err *e) HF_MUST_USE;

#endif
