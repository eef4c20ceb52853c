#include "server/worker.h"

#include <errno.h>
#include <stdlib.h>

struct hf_worker {
	pthread_mutex_t lock;	/* over what follows */
	pthread_cond_t more;
	STAILQ_HEAD(, hf_work) queue;
	size_t waiting, queue_max;
	bool ending;
	int n;			/* threads that run */
	pthread_t threads[];
};

struct hf_work *
hf_work_of(struct hf_note *done)
{
	return (struct hf_work *)((char *)done -
	    offsetof(struct hf_work, done));
}

/* The next piece, or NULL at the end. */
static struct hf_work *
take(struct hf_worker *w)
{
	struct hf_work *work;

	pthread_mutex_lock(&w->lock);
	while (STAILQ_EMPTY(&w->queue) && !w->ending)
		pthread_cond_wait(&w->more, &w->lock);
	work = STAILQ_FIRST(&w->queue);
	if (work != NULL) {
		STAILQ_REMOVE_HEAD(&w->queue, link);
		w->waiting--;
	}
	pthread_mutex_unlock(&w->lock);
	return work;
}

static void *
run(void *arg)
{
	struct hf_worker *w = arg;
	struct hf_work *work;

	while ((work = take(w)) != NULL) {
		work->run(work->arg);
		hf_loop_post(work->loop, &work->done);
	}
	return NULL;
}

struct hf_worker *
hf_worker_new(int threads, size_t queue_max, struct hf_err *e)
{
	struct hf_worker *w;
	int k;

	HF_ASSERT(threads > 0);
	w = calloc(1, sizeof *w + (size_t)threads * sizeof w->threads[0]);
	if (w == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	w->queue_max = queue_max;
	STAILQ_INIT(&w->queue);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	for (w->n = 0; w->n < threads; w->n++) {
		k = pthread_create(&w->threads[w->n], NULL, run, w);
		if (k != 0) {
			errno = k;
			hf_fail_sys(e, "start a thread");
			hf_worker_free(w);
			return NULL;
		}
	}
	return w;
}

void
hf_worker_free(struct hf_worker *w)
{
	int i;

	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->ending = true;
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	for (i = 0; i < w->n; i++)
		pthread_join(w->threads[i], NULL);
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int
hf_worker_submit(struct hf_worker *w, struct hf_work *work, struct hf_err *e)
{
	bool full;

	pthread_mutex_lock(&w->lock);
	full = w->waiting >= w->queue_max;
	if (!full) {
		STAILQ_INSERT_TAIL(&w->queue, work, link);
		w->waiting++;
		pthread_cond_signal(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	if (full)
		return hf_fail(e, HF_EAGAIN, "the server has too much to do");
	return 0;
}
