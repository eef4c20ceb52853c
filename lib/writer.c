#include "lib/writer.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/file.h"

#define WRITE_BACK (8 * 1024 * 1024) /* bytes between two starts of it */
#define THREAD_FROM (2 * 1024 * 1024)
#define STACK (256 * 1024)

/*
 * `fill` and `n` belong to the caller.  The thread has a batch while `full` is
 * not NULL; it, `n_full`, `end` and `why` belong to the lock while the thread
 * lives, the rest to whoever writes.
 */
struct hf_writer {
	int fd;
	struct hf_sha256 digest;
	uint64_t written;	/* bytes */
	uint64_t started;	/* write-back begun up to here */
	uint8_t *fill;		/* a slot, or a batch */
	size_t n;		/* bytes in it */
	uint8_t *spare;		/* the other batch, while the thread has none */
	bool threaded;
	bool alone;	/* no thread could be had */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;	/* full was set, or end */
	pthread_cond_t room;	/* full was done */
	uint8_t *full;
	size_t n_full;
	bool end;
	bool failed;
	struct hf_err why;
};

struct hf_writer *
hf_writer_new(int fd, struct hf_err *e)
{
	struct hf_writer *w;

	w = calloc(1, sizeof *w);
	if (w != NULL)
		w->fill = malloc(HF_WRITER_SLOT);
	if (w == NULL || w->fill == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		free(w);
		return NULL;
	}
	w->fd = fd;
	hf_sha256_init(&w->digest);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	pthread_cond_init(&w->room, NULL);
	return w;
}

/*
 * Only a hint: what fails here fails again at fsync, where it counts (the
 * flag that waits would take the error away from fsync; this one does not).
 */
static void
start_write_back(struct hf_writer *w)
{
	if (w->written - w->started < WRITE_BACK)
		return;
	(void)sync_file_range(w->fd, (off_t)w->started,
	    (off_t)(w->written - w->started), SYNC_FILE_RANGE_WRITE);
	w->started = w->written;
}

static int
write_out(struct hf_writer *w, const uint8_t *p, size_t n, struct hf_err *e)
{
	hf_sha256_update(&w->digest, p, n);
	if (hf_write_all(w->fd, p, n, e) == -1)
		return -1;
	w->written += n;
	start_write_back(w);
	return 0;
}

/* The thread: until `end` and nothing left.  After a failure it only takes. */
static void *
write_batches(void *arg)
{
	struct hf_writer *w = arg;
	struct hf_err e;
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->full == NULL && !w->end)
			pthread_cond_wait(&w->more, &w->lock);
		if (w->full == NULL)
			break;
		pthread_mutex_unlock(&w->lock);
		if (rc == 0)
			rc = write_out(w, w->full, w->n_full, &e);
		pthread_mutex_lock(&w->lock);
		if (rc == -1 && !w->failed) {
			w->failed = true;
			w->why = e;
		}
		w->spare = w->full;
		w->full = NULL;
		pthread_cond_signal(&w->room);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* The slot was written and becomes a batch; another beside it. */
static int
make_batches(struct hf_writer *w)
{
	uint8_t *one = malloc(HF_WRITER_BATCH);

	w->spare = malloc(HF_WRITER_BATCH);
	if (one == NULL || w->spare == NULL) {
		free(one);
		return -1;
	}
	free(w->fill);
	w->fill = one;
	return 0;
}

/* Signals are for the thread that has handlers and a loop. */
static int
make_thread(struct hf_writer *w)
{
	sigset_t all, was;
	pthread_attr_t attr;
	int rc;

	if (pthread_attr_init(&attr) != 0)
		return -1;
	pthread_attr_setstacksize(&attr, STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	rc = pthread_create(&w->thread, &attr, write_batches, w);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	pthread_attr_destroy(&attr);
	return rc == 0 ? 0 : -1;
}

static void
start_thread(struct hf_writer *w)
{
	if (make_batches(w) == -1 || make_thread(w) == -1)
		w->alone = true;
	else
		w->threaded = true;
}

/* Wait for the thread's end. */
static void
end_thread(struct hf_writer *w)
{
	if (!w->threaded)
		return;
	pthread_mutex_lock(&w->lock);
	w->end = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->threaded = false;
}

uint8_t *
hf_writer_slot(struct hf_writer *w)
{
	return w->fill + w->n;
}

/* What is filled goes to the thread, once it is done with the one before. */
static int
hand_over(struct hf_writer *w, struct hf_err *e)
{
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	while (w->full != NULL)
		pthread_cond_wait(&w->room, &w->lock);
	if (w->failed) {
		rc = -1;
		if (e != NULL)
			*e = w->why;
	} else {
		w->full = w->fill;
		w->n_full = w->n;
		w->fill = w->spare;
		w->spare = NULL;
		w->n = 0;
		pthread_cond_signal(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int
hf_writer_put(struct hf_writer *w, size_t n, struct hf_err *e)
{
	HF_ASSERT(n <= HF_WRITER_SLOT);
	if (!w->threaded) {
		if (write_out(w, w->fill, n, e) == -1)
			return -1;
		if (w->written >= THREAD_FROM && !w->alone)
			start_thread(w);
		return 0;
	}
	w->n += n;
	if (HF_WRITER_BATCH - w->n >= HF_WRITER_SLOT)
		return 0;
	return hand_over(w, e);
}

int
hf_writer_finish(struct hf_writer *w, uint64_t *length,
    uint8_t digest[static HF_SHA256_LEN], struct hf_err *e)
{
	int rc = 0;

	if (w->threaded && w->n > 0)
		rc = hand_over(w, e);
	end_thread(w);
	if (rc == -1)
		return -1;
	if (w->failed) {
		if (e != NULL)
			*e = w->why;
		return -1;
	}
	*length = w->written;
	hf_sha256_final(&w->digest, digest);
	return 0;
}

void
hf_writer_free(struct hf_writer *w)
{
	if (w == NULL)
		return;
	end_thread(w);
	free(w->fill);	/* ciphertext */
	free(w->spare);
	pthread_cond_destroy(&w->room);
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
