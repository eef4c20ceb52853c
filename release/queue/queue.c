#include "release/queue/queue.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

#define OFTEN_S 5
#define DOUBTS_EVERY 12		/* of these: a minute */
#define FSCK_EVERY 720		/* an hour */
#define SELDOM_S 300
#define SWEEP_EACH 12	/* of these: once an hour, it reads all of held/ */
#define LEAVE_TICK_MS 20
#define LEAVE_MS 3000

/* ---- what happens ---- */

/* Role key or the parent is gone: the parent starts all of us again. */
static void
on_lost(void *arg, const struct hf_err *why)
{
	struct hf_queue *q = arg;

	hf_log_err(q->ending_ms != 0 ? HF_DEBUG : HF_ERROR, why,
	    "role queue ends");
	q->status = 1;
	(void)event_base_loopbreak(q->loop.base);
}

/* The database is there: catch up with what happened meanwhile. */
static void
on_up(void *arg)
{
	struct hf_queue *q = arg;

	/* At once, so that a step right after the start is seen as one. */
	hf_clockwatch_look(&q->clock, q->store);
	hf_readers_forget(q->readers, NULL);
	hf_printers_changed(q->printers, NULL);
	hf_recover_scan(q->recover);
	hf_recover_doubts(q->recover);
	hf_adopt_scan(q->adopt);
	hf_sweep_start(q->sweep);
}

static void
on_notify(void *arg, const char *kind, const struct hf_id *id,
    const char *word)
{
	struct hf_queue *q = arg;

	if (strcmp(kind, "job") == 0 && strcmp(word, "again") == 0)
		hf_recover_doubts(q->recover);
	else if (strcmp(kind, "job") == 0)
		hf_sweep_job(q->sweep, id, word);
	else if (strcmp(kind, "printer") == 0)
		hf_printers_changed(q->printers, id);
	else if (strcmp(kind, "reader") == 0)
		hf_readers_forget(q->readers, id);
}

static void
on_often(evutil_socket_t fd, short what, void *arg)
{
	struct hf_queue *q = arg;
	struct hf_err e;

	(void)fd;
	(void)what;
	hf_printers_watch(q->printers);
	hf_attempts_watch(q->attempts);
	if (++q->looks % DOUBTS_EVERY == 0)
		hf_recover_doubts(q->recover);
	if (q->looks % FSCK_EVERY == 0 &&
	    hf_fsck_start(q->fsck, true, true, NULL, NULL, &e) == -1)
		hf_log_err(HF_INFO, &e, "spool not checked");
	hf_clockwatch_look(&q->clock, q->store);
	hf_sweep_expire(q->sweep);
	hf_audit_tick(q->audit);
}

/* Notifications may be missed, moves may have failed: look again. */
static void
on_seldom(evutil_socket_t fd, short what, void *arg)
{
	struct hf_queue *q = arg;

	(void)fd;
	(void)what;
	hf_adopt_scan(q->adopt);
	if (++q->seldoms % SWEEP_EACH == 0)
		hf_sweep_start(q->sweep);
}

static void
on_leave(evutil_socket_t fd, short what, void *arg)
{
	struct hf_queue *q = arg;

	(void)fd;
	(void)what;
	if (hf_now_ms() - q->ending_ms < LEAVE_MS &&
	    (hf_attempts_sending(q->attempts) > 0 ||
		!hf_ledger_is_empty(hf_attempts_ledger(q->attempts))))
		return;
	(void)event_base_loopbreak(q->loop.base);
}

/* No new work; what a printer does not own yet gets a moment. */
static void
on_term(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval tick = { .tv_usec = LEAVE_TICK_MS * 1000 };
	struct hf_queue *q = arg;

	(void)fd;
	(void)what;
	if (q->ending_ms != 0)
		return;
	q->ending_ms = hf_now_ms();
	hf_server_pause(q->server);
	hf_visits_end(q->visits);
	hf_printers_stop(q->printers);
	(void)event_add(q->leave, &tick);
}

/* ---- beginning and end ---- */

static int
open_loop(struct hf_queue *q, struct hf_err *e)
{
	q->loop.base = event_base_new();
	q->loop.recv = malloc(HF_MSG_MAX);
	if (q->loop.base == NULL || q->loop.recv == NULL ||
	    event_base_priority_init(q->loop.base, 2) == -1)
		return hf_fail(e, HF_ENOMEM, "event loop");
	return 0;
}

static int
open_folders(struct hf_queue *q, struct hf_err *e)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	if (hf_spool_open(&q->spool, q->conf.spool,
		1u << HF_INCOMING | 1u << HF_HELD | 1u << HF_QUARANTINE, e) ==
	    -1)
		return -1;
	q->keys = open(q->conf.keys, flags);
	if (q->keys == -1)
		return hf_fail_sys(e, "keys %s", q->conf.keys);
	q->hosts = openat(q->keys, "hosts", flags);
	if (q->hosts == -1)
		return hf_fail_sys(e, "%s/hosts", q->conf.keys);
	return 0;
}

/* Everything whose default priority is 0 goes before adoption and sweeping. */
static int
open_timers(struct hf_queue *q, struct hf_err *e)
{
	const struct timeval often = { .tv_sec = OFTEN_S };
	const struct timeval seldom = { .tv_sec = SELDOM_S };

	q->often = event_new(q->loop.base, -1, EV_PERSIST, on_often, q);
	q->seldom = event_new(q->loop.base, -1, EV_PERSIST, on_seldom, q);
	q->leave = event_new(q->loop.base, -1, EV_PERSIST, on_leave, q);
	q->term = evsignal_new(q->loop.base, SIGTERM, on_term, q);
	if (q->often == NULL || q->seldom == NULL || q->leave == NULL ||
	    q->term == NULL || event_add(q->often, &often) == -1 ||
	    event_add(q->seldom, &seldom) == -1 ||
	    event_add(q->term, NULL) == -1)
		return hf_fail(e, HF_ENOMEM, "timers");
	return 0;
}

static int
open_printing(struct hf_queue *q, const struct hf_queue_fds *fds,
    struct hf_err *e)
{
	q->attempts = hf_attempts_new(&q->loop, &q->spool, q->store, q->key,
	    &hf_visit_attempt_ops, e);
	if (q->attempts == NULL)
		return -1;
	q->printers = hf_printers_new(&q->loop, fds->parent, q->store,
	    &hf_attempt_printer_ops, q->attempts, on_lost, q, e);
	if (q->printers == NULL)
		return -1;
	hf_attempts_serve(q->attempts, q->printers);
	q->recover = hf_recover_new(&q->loop, q->store, q->printers,
	    q->attempts, e);
	if (q->recover == NULL)
		return -1;
	q->visits = hf_visits_new(&q->loop, q->store, q->key, q->readers,
	    q->printers, q->attempts, e);
	return q->visits == NULL ? -1 : 0;
}

static int
open_parts(struct hf_queue *q, const struct hf_queue_fds *fds,
    struct hf_err *e)
{
	static const struct hf_store_ops store_ops = { on_up, on_notify };

	q->store = hf_store_new(&q->loop, q->conf.database, &store_ops, q, e);
	if (q->store == NULL)
		return -1;
	q->key = hf_keyask_new(&q->loop, fds->key, on_lost, q, e);
	if (q->key == NULL)
		return -1;
	q->hashers = hf_hashers_new(&q->loop, fds->hash, on_lost, q, e);
	if (q->hashers == NULL)
		return -1;
	q->webs = hf_webs_new(q->store, q->hashers, e);
	if (q->webs == NULL)
		return -1;
	q->readers = hf_readers_new(q->store, e);
	if (q->readers == NULL || open_printing(q, fds, e) == -1)
		return -1;
	q->adopt = hf_adopt_new(&q->loop, &q->spool, q->hosts, q->store,
	    q->key, e);
	if (q->adopt == NULL)
		return -1;
	q->sweep = hf_sweep_new(&q->loop, &q->spool, q->store, q->adopt, e);
	if (q->sweep == NULL)
		return -1;
	q->fsck = hf_fsck_new(&q->loop, &q->spool, q->hosts, q->store,
	    q->adopt, e);
	if (q->fsck == NULL)
		return -1;
	q->epochs = hf_epochs_new(&q->loop, q->keys, q->key, q->store,
	    q->conf.epoch_hours, e);
	if (q->epochs == NULL)
		return -1;
	q->audit = hf_audit_new(&q->loop, q->store, q->key, q->conf.witness,
	    e);
	return q->audit == NULL ? -1 : 0;
}

int
hf_queue_open(struct hf_queue *q, const struct hf_queue_fds *fds,
    struct hf_err *e)
{
	q->keys = q->hosts = -1;
	q->spool.dir[0] = q->spool.dir[1] = q->spool.dir[2] = -1;
	q->started_ms = hf_now_ms();
	if (open_loop(q, e) == -1 || open_folders(q, e) == -1 ||
	    open_timers(q, e) == -1 || open_parts(q, fds, e) == -1)
		return -1;
	q->server = hf_server_new(&q->loop, fds->listener, hf_request_types,
	    hf_n_request_types, hf_request_who, q, e);
	return q->server == NULL ? -1 : 0;
}

int
hf_queue_run(struct hf_queue *q)
{
	struct hf_err e;

	if (hf_epochs_start(q->epochs, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "role queue did not start");
		return 1;
	}
	hf_store_start(q->store);
	hf_log(HF_INFO, "role queue started");
	if (event_base_dispatch(q->loop.base) == -1)
		return 1;
	return q->status;
}

void
hf_queue_close(struct hf_queue *q)
{
	struct event *const timers[] = { q->often, q->seldom, q->leave,
		q->term };
	size_t i;

	hf_server_free(q->server);
	hf_webs_free(q->webs);
	hf_hashers_free(q->hashers);
	hf_visits_free(q->visits);
	hf_attempts_free(q->attempts);
	hf_recover_free(q->recover);
	hf_printers_free(q->printers);
	hf_fsck_free(q->fsck);
	hf_sweep_free(q->sweep);
	hf_adopt_free(q->adopt);
	hf_epochs_free(q->epochs);
	hf_audit_free(q->audit);
	hf_readers_free(q->readers);
	hf_keyask_free(q->key);
	hf_store_free(q->store);
	for (i = 0; i < sizeof timers / sizeof timers[0]; i++)
		if (timers[i] != NULL)
			event_free(timers[i]);
	hf_spool_close(&q->spool);
	if (q->hosts != -1)
		close(q->hosts);
	if (q->keys != -1)
		close(q->keys);
	if (q->loop.base != NULL)
		event_base_free(q->loop.base);
	free(q->loop.recv);
	hf_released_conf_clear(&q->conf);
}
