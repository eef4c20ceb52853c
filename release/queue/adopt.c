#include "release/queue/adopt_in.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

#define SLICE_MS 2		/* then others get their turn */
#define RETRY_FIRST_MS 1000
#define RETRY_MOST_MS 60000
#define PENDING_MAX (1u << 20)	/* ids; more are found by the next scan */

void
hf_adopt_schedule(struct hf_adopt *a)
{
	event_active(a->work, EV_TIMEOUT, 0);
}

void
hf_adopt_retry_later(struct hf_adopt *a)
{
	struct timeval tv;

	if (event_pending(a->retry, EV_TIMEOUT, NULL))
		return;
	if (a->pause_ms < RETRY_FIRST_MS)
		a->pause_ms = RETRY_FIRST_MS;
	tv.tv_sec = a->pause_ms / 1000;
	tv.tv_usec = a->pause_ms % 1000 * 1000;
	(void)event_add(a->retry, &tv);
	a->pause_ms *= 2;
	if (a->pause_ms > RETRY_MOST_MS)
		a->pause_ms = RETRY_MOST_MS;
}

/* ---- what is known and not yet looked at ---- */

static int
grow(struct hf_adopt *a)
{
	size_t cap = a->cap != 0 ? a->cap * 2 : 1024, i;
	struct hf_adopt_pending *p;

	if (cap > PENDING_MAX)
		return -1;
	p = malloc(cap * sizeof *p);
	if (p == NULL)
		return -1;
	for (i = 0; i < a->n; i++)
		p[i] = a->pending[(a->head + i) % a->cap];
	free(a->pending);
	a->pending = p;
	a->head = 0;
	a->cap = cap;
	return 0;
}

void
hf_adopt_push(struct hf_adopt *a, const struct hf_id *id, enum hf_place place)
{
	struct hf_adopt_pending *p;

	/* What does not fit is found by a scan, when the rest is done. */
	if (a->n == a->cap && grow(a) == -1)
		return;
	p = &a->pending[(a->head + a->n++) % a->cap];
	p->id = *id;
	p->place = place;
	hf_adopt_schedule(a);
}

static struct hf_adopt_pending
pop(struct hf_adopt *a)
{
	struct hf_adopt_pending p = a->pending[a->head];

	a->head = (a->head + 1) % a->cap;
	a->n--;
	return p;
}

static bool
has_to_look(const struct hf_adopt *a)
{
	return a->current != NULL ||
	    (a->n > 0 && a->in_batch < HF_ADOPT_BATCH);
}

static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	struct hf_adopt *a = arg;
	int64_t until = hf_now_ms() + SLICE_MS;
	struct hf_adopt_pending p;

	(void)fd;
	(void)what;
	if (!hf_store_is_up(a->store))
		return;		/* hf_adopt_scan, when it is back */
	while (has_to_look(a) && hf_now_ms() < until) {
		if (a->current != NULL) {
			hf_adopt_check(a);
			continue;
		}
		p = pop(a);
		hf_adopt_take(a, &p);
	}
	if (has_to_look(a)) {
		hf_adopt_schedule(a);
		return;
	}
	if (a->opening > 0)
		return;		/* on_opened comes back here */
	if (a->in_batch > 0)
		hf_adopt_finish(a);
	if (a->n > 0)
		hf_adopt_schedule(a);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hf_adopt_scan(arg);
}

/* ---- finding them ---- */

static void
on_changed(evutil_socket_t fd, short what, void *arg)
{
	union {
		struct inotify_event event;
		char bytes[64 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	} buf;
	const struct inotify_event *ev;
	struct hf_adopt *a = arg;
	struct hf_id id;
	ssize_t k;
	char *p;

	(void)what;
	while ((k = read(fd, buf.bytes, sizeof buf.bytes)) > 0)
		for (p = buf.bytes; p < buf.bytes + k;
		     p += sizeof *ev + ev->len) {
			ev = (const struct inotify_event *)(void *)p;
			if ((ev->mask & IN_Q_OVERFLOW) != 0)
				hf_adopt_scan(a);
			else if (ev->len > 0 &&
			    hf_id_parse(&id, ev->name, NULL) == 0)
				hf_adopt_push(a, &id, HF_INCOMING);
		}
}

static int
on_entry(void *arg, const struct hf_id *id, struct hf_err *e)
{
	(void)e;
	hf_adopt_push(arg, id, HF_INCOMING);
	return 0;
}

static void
on_odd(void *arg, const char *name)
{
	(void)arg;
	hf_log(HF_WARN, "spool entry %s is not a job: left alone", name);
}

void
hf_adopt_scan(struct hf_adopt *a)
{
	struct hf_err e;

	if (!hf_store_is_up(a->store))
		return;
	if (hf_spool_each(a->sp, HF_INCOMING, on_entry, on_odd, a, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "spool not looked through");
		hf_adopt_retry_later(a);
	}
	hf_adopt_schedule(a);
}

bool
hf_adopt_is_idle(const struct hf_adopt *a)
{
	return a->n == 0 && a->in_batch == 0;
}

size_t
hf_adopt_pending(const struct hf_adopt *a)
{
	return a->n + a->in_batch;
}

struct hf_adopt_counts
hf_adopt_counts(const struct hf_adopt *a)
{
	return a->counts;
}

static int
watch(struct hf_adopt *a, struct hf_loop *loop, struct hf_err *e)
{
	char path[64];

	a->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (a->inotify == -1)
		return hf_fail_sys(e, "inotify");
	snprintf(path, sizeof path, "/proc/self/fd/%d",
	    a->sp->dir[HF_INCOMING]);
	if (inotify_add_watch(a->inotify, path,
		IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) == -1)
		return hf_fail_sys(e, "watch incoming");
	a->changed = event_new(loop->base, a->inotify, EV_READ | EV_PERSIST,
	    on_changed, a);
	a->work = event_new(loop->base, -1, 0, on_work, a);
	a->retry = event_new(loop->base, -1, 0, on_retry, a);
	if (a->changed == NULL || a->work == NULL || a->retry == NULL ||
	    event_priority_set(a->work, 1) == -1 ||
	    event_add(a->changed, NULL) == -1)
		return hf_fail(e, HF_ENOMEM, "cannot watch incoming");
	return 0;
}

struct hf_adopt *
hf_adopt_new(struct hf_loop *loop, const struct hf_spool *sp, int hosts,
    struct hf_store *store, struct hf_keyask *key, struct hf_err *e)
{
	struct hf_adopt *a = calloc(1, sizeof *a);

	if (a == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	a->sp = sp;
	a->hosts = hosts;
	a->store = store;
	a->key = key;
	a->inotify = a->fd = -1;
	hf_buf_init(&a->header, HF_HEADER_MAX);
	a->batch = calloc(HF_ADOPT_BATCH, sizeof *a->batch);
	if (a->batch == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		goto fail;
	}
	if (watch(a, loop, e) == -1)
		goto fail;
	return a;
fail:
	hf_adopt_free(a);
	return NULL;
}

void
hf_adopt_free(struct hf_adopt *a)
{
	size_t i;

	if (a == NULL)
		return;
	for (i = 0; a->batch != NULL && i < HF_ADOPT_BATCH; i++)
		hf_keyask_forget(a->key, &a->batch[i]);
	if (a->changed != NULL)
		event_free(a->changed);
	if (a->work != NULL)
		event_free(a->work);
	if (a->retry != NULL)
		event_free(a->retry);
	if (a->inotify != -1)
		close(a->inotify);
	if (a->current != NULL)
		hf_adopt_checked(a);
	hf_buf_clear(&a->header);
	free(a->pending);
	free(a->batch);
	free(a);
}
