#include "release/queue/adopt_in.h"

#include <stdio.h>
#include <string.h>

#include "lib/log.h"

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
		hf_adopt_retry_later(a);
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
			hf_item_spoiled(it, HF_ITEM_BAD, &e);
			quarantine(a, it);
			return;
		}
		hf_log_err(HF_ERROR, &e, "job %s not moved to held", id);
		hf_adopt_retry_later(a);
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
		hf_adopt_retry_later(a);
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
			hf_item_spoiled(items[i], HF_ITEM_BAD, &e);
			quarantine(a, items[i]);
		} else if (e.code == HF_EAGAIN) {
			put_back(a, items[i]);
		} else {
			hf_log_err(HF_ERROR, &e, "job not adopted");
			hf_adopt_retry_later(a);
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
	hf_adopt_retry_later(a);
}

/*
 * The new names are durable.  An old name that a crash brings back in
 * incoming/ is adopted "again", which does no harm.
 */
static void
sync_held(struct hf_adopt *a)
{
	struct hf_err e;

	if (hf_spool_sync(a->sp, HF_HELD, &e) == -1)
		hf_log_err(HF_ERROR, &e, "spool folder held not synced");
}

void
hf_adopt_finish(struct hf_adopt *a)
{
	struct hf_item *ready[HF_ADOPT_BATCH];
	struct hf_item *it;
	const char *why = "";
	size_t i, n = 0, later = 0;

	for (i = 0; i < a->in_batch; i++) {
		it = &a->batch[i];
		if (it->state == HF_ITEM_READY)
			ready[n++] = it;
		else if (it->state == HF_ITEM_BAD)
			quarantine(a, it);
		else {
			why = it->why;
			later++;
		}
	}
	if (later > 0) {
		hf_log(HF_WARN, "%zu jobs were not looked at: %s", later,
		    why);
		hf_adopt_retry_later(a);
	}
	if (n > 0)
		make_rows(a, ready, n);
	a->in_batch = 0;
	a->has_host = false;	/* a host's key may be taken away */
	sync_held(a);
	if (!event_pending(a->retry, EV_TIMEOUT, NULL))
		a->pause_ms = 0;	/* nothing failed */
}
