#include "release/queue/adopt.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/keylist.h"
#include "lib/log.h"
#include "release/queue/adoptrow.h"

#define SLICE_MS 2		/* then others get their turn */
#define RETRY_MS 1000
#define PENDING_MAX (1u << 20)	/* ids; more are found by the next scan */

struct pending {
	struct hf_id id;
	enum hf_place place;
};

struct hf_adopt {
	const struct hf_spool *sp;
	int hosts;
	struct hf_store *store;
	struct hf_keyask *key;
	int inotify;
	struct event *changed;	/* inotify */
	struct event *work;	/* low priority */
	struct event *retry;
	struct pending *pending; /* ring buffer that grows */
	size_t head, n, cap;
	struct hf_item *batch;	/* HF_ADOPT_BATCH */
	size_t in_batch;
	size_t opening;		/* of these, waiting for role key */
	struct hf_item *current; /* of these, being checked, or NULL */
	struct hf_sealed_checker *checker; /* of it */
	int fd;			/* of it */
	struct hf_buf header;	/* of it */
	struct hf_view sealed;	/* header's whole, in it */
	struct hf_adopt_counts counts;
};

static void
schedule(struct hf_adopt *a)
{
	event_active(a->work, EV_TIMEOUT, 0);
}

static void
retry_later(struct hf_adopt *a)
{
	const struct timeval tv = { .tv_sec = RETRY_MS / 1000 };

	(void)event_add(a->retry, &tv);
}

/* ---- what is known and not yet looked at ---- */

static int
grow(struct hf_adopt *a)
{
	size_t cap = a->cap != 0 ? a->cap * 2 : 1024, i;
	struct pending *p;

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
	struct pending *p;

	/* What does not fit is found by a scan, when the rest is done. */
	if (a->n == a->cap && grow(a) == -1)
		return;
	p = &a->pending[(a->head + a->n++) % a->cap];
	p->id = *id;
	p->place = place;
	schedule(a);
}

static struct pending
pop(struct hf_adopt *a)
{
	struct pending p = a->pending[a->head];

	a->head = (a->head + 1) % a->cap;
	a->n--;
	return p;
}

/* ---- one file ---- */

static void
spoiled(struct hf_item *it, enum hf_item_state state, const struct hf_err *why)
{
	it->state = state;
	(void)hf_str_copy(it->why, sizeof it->why, why->text);
}

/* Errors that are the file's fault; others are ours and pass. */
static bool
is_files_fault(const struct hf_err *e)
{
	return e->code == HF_EINPUT || e->code == HF_ETAMPER ||
	    e->code == HF_ENOTFOUND;
}

static void
on_opened(void *arg, struct hf_view body, const struct hf_err *err)
{
	struct hf_item *it = arg;
	struct hf_err e;

	it->owner->opening--;
	schedule(it->owner);
	if (err != NULL) {
		spoiled(it, is_files_fault(err) ? HF_ITEM_BAD : HF_ITEM_LATER,
		    err);
		return;
	}
	if (hf_envelope_get(body, &it->env, &e) == -1) {
		spoiled(it, HF_ITEM_BAD, &e);
		return;
	}
	/* It goes no further than here. */
	explicit_bzero(it->env.title, sizeof it->env.title);
	if (!hf_id_equal(&it->env.job, &it->id)) {
		hf_fail(&e, HF_EINPUT, "its envelope names another job");
		spoiled(it, HF_ITEM_BAD, &e);
		return;
	}
	it->state = HF_ITEM_READY;
}

/* Form and signature; the digest is made by steps. */
static int
look(struct hf_adopt *a, struct hf_item *it, struct hf_err *e)
{
	struct hf_sealed_header h;
	uint8_t host_pk[HF_HOST_PK_LEN];
	struct stat st;

	hf_buf_reset(&a->header);
	if (fstat(a->fd, &st) == -1)
		return hf_fail_sys(e, "stat");
	if (hf_sealed_header_read(a->fd, &a->header, &h, e) == -1)
		return -1;
	if (hf_host_pub_load(a->hosts, h.host_id, host_pk, e) == -1) {
		if (e->code == HF_ENOTFOUND)
			hf_fail(e, HF_ENOTFOUND, "from an unknown intake host");
		return -1;
	}
	a->checker = hf_sealed_checker_new(a->fd, host_pk, e);
	if (a->checker == NULL)
		return -1;
	a->sealed = h.whole;
	it->plain = hf_sealed_plain_length((uint64_t)st.st_size, h.whole.n);
	memcpy(it->key_id, h.key_id, sizeof it->key_id);
	memcpy(it->host_id, h.host_id, sizeof it->host_id);
	return 0;
}

static void
checked(struct hf_adopt *a)
{
	hf_sealed_checker_free(a->checker);
	a->checker = NULL;
	close(a->fd);
	a->fd = -1;
	a->current = NULL;
}

static void
fault(struct hf_item *it, const struct hf_err *e)
{
	spoiled(it, is_files_fault(e) ? HF_ITEM_BAD : HF_ITEM_LATER, e);
}

/* One piece of the digest; at its end role key is asked for the envelope. */
static void
check_on(struct hf_adopt *a)
{
	struct hf_item *it = a->current;
	struct hf_sealed_trailer t;
	struct hf_err e;
	int k = hf_sealed_checker_step(a->checker, &t, &e);

	if (k == 0)
		return;
	if (k == 1) {
		memcpy(it->dup_tag, t.dup_tag, sizeof it->dup_tag);
		it->state = HF_ITEM_OPENING;
		k = hf_keyask_open(a->key, a->sealed, on_opened, it, &e);
	}
	if (k == -1)
		fault(it, &e);
	else
		a->opening++;
	checked(a);
}

static void
take(struct hf_adopt *a, const struct pending *p)
{
	struct hf_item *it = &a->batch[a->in_batch];
	struct hf_err e;

	memset(it, 0, sizeof *it);
	it->owner = a;
	it->id = p->id;
	it->place = p->place;
	it->state = HF_ITEM_CHECKING;
	if (hf_spool_read(a->sp, p->place, &p->id, &a->fd, &e) == -1) {
		if (e.code == HF_ENOTFOUND)
			return;		/* seen twice, done once */
		a->in_batch++;
		fault(it, &e);
		return;
	}
	a->in_batch++;
	a->current = it;
	if (look(a, it, &e) == -1) {
		fault(it, &e);
		checked(a);
	}
}

/* ---- what becomes of them ---- */

/* One with the same name may lie there already: the first is kept. */
static int
put_away(struct hf_adopt *a, const struct hf_item *it, struct hf_err *e)
{
	if (hf_spool_move(a->sp, &it->id, it->place, HF_QUARANTINE, e) == 0)
		return 0;
	if (e->code != HF_ECONFLICT)
		return -1;
	return hf_spool_remove(a->sp, it->place, &it->id, e);
}

static void
quarantine(struct hf_adopt *a, struct hf_item *it)
{
	char id[HF_ID_TEXT], data[400];
	struct hf_err e;

	hf_id_text(&it->id, id);
	/* Our own words and numbers: nothing in them needs escaping but ". */
	snprintf(data, sizeof data, "{\"reason\": \"%s\"}", it->why);
	if (strpbrk(it->why, "\"\\") != NULL)
		(void)hf_str_copy(data, sizeof data,
		    "{\"reason\": \"see the log\"}");
	if (hf_store_event(a->store, "job.quarantined", "alarm", NULL, data,
		&e) == -1 ||
	    put_away(a, it, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "job %s not put in quarantine", id);
		return;
	}
	a->counts.quarantined++;
	hf_log(HF_ERROR, "job %s put in quarantine: %s", id, it->why);
}

static void
to_held(struct hf_adopt *a, struct hf_item *it, enum hf_adopted said)
{
	char id[HF_ID_TEXT];
	struct hf_err e;

	hf_id_text(&it->id, id);
	if (it->place != HF_HELD &&
	    hf_spool_move(a->sp, &it->id, it->place, HF_HELD, &e) == -1) {
		if (e.code == HF_ENOTFOUND)
			return;		/* the same file twice in one batch */
		if (e.code == HF_ECONFLICT) {
			hf_fail(&e, HF_ECONFLICT, "its id is held already");
			spoiled(it, HF_ITEM_BAD, &e);
			quarantine(a, it);
			return;
		}
		hf_log_err(HF_ERROR, &e, "job %s not moved to held", id);
		return;
	}
	if (said == HF_ADOPTED_AGAIN)
		return;
	a->counts.adopted++;
	hf_log(said == HF_ADOPTED_CONFLICT ? HF_ERROR : HF_INFO,
	    "job %s held queue=%s bytes=%llu%s", id, it->env.queue,
	    (unsigned long long)it->plain,
	    said == HF_ADOPTED_CONFLICT
		? " (its CUPS job was seen before with another document)"
		: "");
}

static void
drop(struct hf_adopt *a, struct hf_item *it, enum hf_adopted said)
{
	char id[HF_ID_TEXT];
	struct hf_err e;

	hf_id_text(&it->id, id);
	if (hf_spool_remove(a->sp, it->place, &it->id, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "job %s not removed", id);
		return;
	}
	a->counts.dropped++;
	hf_log(HF_INFO, "job %s dropped: %s", id,
	    said == HF_ADOPTED_DUPLICATE ? "a second copy"
					 : "it is finished already");
}

static void
settle(struct hf_adopt *a, struct hf_item *it, enum hf_adopted said)
{
	if (said == HF_ADOPTED_FINISHED || said == HF_ADOPTED_DUPLICATE)
		drop(a, it, said);
	else
		to_held(a, it, said);
}

static void
put_back(struct hf_adopt *a, struct hf_item *it)
{
	hf_adopt_push(a, &it->id, it->place);
}

/* The whole batch was refused: find out whose fault it was. */
static void
one_by_one(struct hf_adopt *a, struct hf_item *const items[], size_t n)
{
	enum hf_adopted said;
	struct hf_err e;
	size_t i;

	for (i = 0; i < n; i++) {
		if (hf_adopt_rows(a->store, &items[i], 1, &said, &e) == 0) {
			settle(a, items[i], said);
		} else if (e.code == HF_ECONFLICT) {
			spoiled(items[i], HF_ITEM_BAD, &e);
			quarantine(a, items[i]);
		} else if (e.code == HF_EAGAIN) {
			put_back(a, items[i]);
		} else {
			/* The next scan tries again. */
			hf_log_err(HF_ERROR, &e, "job not adopted");
		}
	}
}

static void
make_rows(struct hf_adopt *a, struct hf_item *const items[], size_t n)
{
	enum hf_adopted said[HF_ADOPT_BATCH];
	struct hf_err e;
	size_t i;

	if (hf_adopt_rows(a->store, items, n, said, &e) == 0) {
		for (i = 0; i < n; i++)
			settle(a, items[i], said[i]);
		return;
	}
	if (e.code != HF_EAGAIN) {
		one_by_one(a, items, n);
		return;
	}
	for (i = 0; i < n; i++)
		put_back(a, items[i]);
	retry_later(a);
}

static void
sync_folders(struct hf_adopt *a)
{
	struct hf_err e;

	/* Where the new name is first: both names are better than none. */
	if (hf_spool_sync(a->sp, HF_HELD, &e) == -1 ||
	    hf_spool_sync(a->sp, HF_INCOMING, &e) == -1)
		hf_log_err(HF_ERROR, &e, "spool folders not synced");
}

static void
finish_batch(struct hf_adopt *a)
{
	struct hf_item *ready[HF_ADOPT_BATCH];
	struct hf_item *it;
	size_t i, n = 0;

	for (i = 0; i < a->in_batch; i++) {
		it = &a->batch[i];
		if (it->state == HF_ITEM_READY)
			ready[n++] = it;
		else if (it->state == HF_ITEM_BAD)
			quarantine(a, it);
		else
			hf_log(HF_WARN, "a job was not looked at: %s",
			    it->why);
	}
	if (n > 0)
		make_rows(a, ready, n);
	a->in_batch = 0;
	sync_folders(a);
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
	struct pending p;

	(void)fd;
	(void)what;
	if (!hf_store_is_up(a->store))
		return;		/* hf_adopt_scan, when it is back */
	while (has_to_look(a) && hf_now_ms() < until) {
		if (a->current != NULL) {
			check_on(a);
			continue;
		}
		p = pop(a);
		take(a, &p);
	}
	if (has_to_look(a)) {
		schedule(a);
		return;
	}
	if (a->opening > 0)
		return;		/* on_opened comes back here */
	if (a->in_batch > 0)
		finish_batch(a);
	if (a->n > 0)
		schedule(a);
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
	if (hf_spool_each(a->sp, HF_INCOMING, on_entry, on_odd, a, &e) == -1)
		hf_log_err(HF_ERROR, &e, "spool not looked through");
	schedule(a);
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
		checked(a);
	hf_buf_clear(&a->header);
	free(a->pending);
	free(a->batch);
	free(a);
}
