#include "server/loop.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "server/ask.h"
#include "server/conn.h"
#include "server/listen.h"
#include "server/server.h"

/* Notes are taken off as one list, so that posting never waits for them. */
static void
call_notes(struct hf_loop *l)
{
	STAILQ_HEAD(, hf_note) now = STAILQ_HEAD_INITIALIZER(now);
	struct hf_note *note;

	pthread_mutex_lock(&l->lock);
	STAILQ_CONCAT(&now, &l->notes);
	pthread_mutex_unlock(&l->lock);
	while ((note = STAILQ_FIRST(&now)) != NULL) {
		STAILQ_REMOVE_HEAD(&now, link);
		note->fn(note);
	}
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	uint64_t n;
	ssize_t got;

	(void)what;
	got = read(fd, &n, sizeof n);
	(void)got;		/* it only says that there is something */
	call_notes(arg);
}

void
hf_loop_post(struct hf_loop *l, struct hf_note *note)
{
	const uint64_t one = 1;
	ssize_t done;

	pthread_mutex_lock(&l->lock);
	STAILQ_INSERT_TAIL(&l->notes, note, link);
	pthread_mutex_unlock(&l->lock);
	do
		done = write(l->wake, &one, sizeof one);
	while (done == -1 && errno == EINTR);
}

int
hf_loop_init(struct hf_loop *l, struct hf_server *s, int index,
    struct hf_err *e)
{
	memset(l, 0, sizeof *l);
	l->server = s;
	l->index = index;
	l->wake = -1;
	TAILQ_INIT(&l->conns);
	STAILQ_INIT(&l->notes);
	pthread_mutex_init(&l->lock, NULL);
	l->base = event_base_new();
	if (l->base == NULL) {
		pthread_mutex_destroy(&l->lock);
		return hf_fail(e, HF_ENOMEM, "no event loop");
	}
	l->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (l->wake == -1) {
		hf_fail_sys(e, "eventfd");
		goto fail;
	}
	event_assign(&l->ev_wake, l->base, l->wake, EV_READ | EV_PERSIST,
	    on_wake, l);
	if (event_add(&l->ev_wake, NULL) == -1) {
		hf_fail(e, HF_ENOMEM, "no event");
		goto fail;
	}
	l->ask = hf_ask_new(l->base, s->release_socket, e);
	if (l->ask == NULL || hf_listen_attach(l, e) == -1)
		goto fail;
	return 0;
fail:
	hf_loop_clear(l);
	return -1;
}

void
hf_loop_clear(struct hf_loop *l)
{
	struct hf_conn *c;

	if (l->base == NULL)
		return;
	call_notes(l);		/* from workers that ended after us */
	while ((c = TAILQ_FIRST(&l->conns)) != NULL)
		hf_conn_kill(c);
	hf_listen_detach(l);
	hf_ask_free(l->ask);
	if (l->wake != -1) {
		if (event_initialized(&l->ev_wake))
			event_del(&l->ev_wake);
		close(l->wake);
	}
	event_base_free(l->base);
	pthread_mutex_destroy(&l->lock);
	l->base = NULL;
	l->ask = NULL;
	l->wake = -1;
}

static void *
run(void *arg)
{
	struct hf_loop *l = arg;

	event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
	return NULL;
}

int
hf_loop_start(struct hf_loop *l, struct hf_err *e)
{
	int k = pthread_create(&l->thread, NULL, run, l);

	if (k != 0) {
		errno = k;
		return hf_fail_sys(e, "start a thread");
	}
	l->running = true;
	return 0;
}

static void
on_patience_over(evutil_socket_t fd, short what, void *arg)
{
	struct hf_loop *l = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(l->base);
}

static void
begin_stop(struct hf_note *note)
{
	struct hf_loop *l = (struct hf_loop *)((char *)note -
	    offsetof(struct hf_loop, stop_note));
	struct timeval tv = { l->patience_ms / 1000,
		l->patience_ms % 1000 * 1000 };
	struct hf_conn *c, *next;

	if (l->stopping)
		return;
	l->stopping = true;
	hf_listen_detach(l);
	evtimer_assign(&l->ev_stop, l->base, on_patience_over, l);
	evtimer_add(&l->ev_stop, &tv);
	for (c = TAILQ_FIRST(&l->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		hf_conn_stop(c);
	}
	hf_loop_left(l);
}

void
hf_loop_stop(struct hf_loop *l, int patience_ms)
{
	l->stop_note.fn = begin_stop;
	l->patience_ms = patience_ms;
	hf_loop_post(l, &l->stop_note);
}

void
hf_loop_left(struct hf_loop *l)
{
	if (l->stopping && l->n_conns == 0)
		event_base_loopbreak(l->base);
}

void
hf_loop_join(struct hf_loop *l)
{
	if (!l->running)
		return;
	pthread_join(l->thread, NULL);
	l->running = false;
}
