#include "server/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"

#define TIMEOUT_MS 5000
#define AWAY_MS 1000

struct hf_pool {
	pthread_mutex_t lock;	/* over what follows */
	struct hf_db **idle;
	int n_idle, n;
	int64_t away_until_ms;
	bool said_away;
};

struct hf_pool *
hf_pool_new(const char *conninfo, int n, struct hf_err *e)
{
	struct hf_pool *p = calloc(1, sizeof *p);

	if (p == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	pthread_mutex_init(&p->lock, NULL);
	if (conninfo == NULL)
		return p;
	p->idle = calloc((size_t)n, sizeof p->idle[0]);
	if (p->idle == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		hf_pool_free(p);
		return NULL;
	}
	for (; p->n < n; p->n++) {
		p->idle[p->n] = hf_db_new(conninfo, "holdfastd", TIMEOUT_MS, e);
		if (p->idle[p->n] == NULL) {
			hf_pool_free(p);
			return NULL;
		}
		p->n_idle++;
	}
	return p;
}

void
hf_pool_free(struct hf_pool *p)
{
	if (p == NULL)
		return;
	while (p->n_idle > 0)
		hf_db_free(p->idle[--p->n_idle]);
	free(p->idle);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/*
 * A statement is planned for its parameters: a filter that is not used must
 * not shape the plan of one that is.
 */
static int
begin(struct hf_db *db, struct hf_err *e)
{
	if (hf_db_connect(db, e) == -1)
		return -1;
	return hf_db_do(db, "SET plan_cache_mode = force_custom_plan; "
	    "SET statement_timeout = 5000; SET jit = off", e);
}

static void
note(struct hf_pool *p, bool away, const struct hf_err *why)
{
	bool say;

	pthread_mutex_lock(&p->lock);
	say = p->said_away != away;
	p->said_away = away;
	p->away_until_ms = away ? hf_now_ms() + AWAY_MS : 0;
	pthread_mutex_unlock(&p->lock);
	if (say && away)
		hf_log_err(HF_WARN, why, "database away");
	else if (say)
		hf_log(HF_INFO, "database reached");
}

int
hf_pool_take(struct hf_pool *p, struct hf_db **out, struct hf_err *e)
{
	struct hf_db *db = NULL;
	bool away;

	if (p == NULL || p->n == 0)
		return hf_fail(e, HF_EAGAIN,
		    "this server was not told where its database is");
	pthread_mutex_lock(&p->lock);
	away = p->away_until_ms > hf_now_ms();
	if (!away && p->n_idle > 0)
		db = p->idle[--p->n_idle];
	pthread_mutex_unlock(&p->lock);
	if (db == NULL)
		return hf_fail(e, HF_EAGAIN, "the database is away");
	if (!hf_db_is_up(db)) {
		if (begin(db, e) == -1) {
			note(p, true, e);
			hf_pool_give(p, db);
			return hf_fail(e, HF_EAGAIN, "the database is away");
		}
		note(p, false, NULL);
	}
	*out = db;
	return 0;
}

void
hf_pool_give(struct hf_pool *p, struct hf_db *db)
{
	pthread_mutex_lock(&p->lock);
	p->idle[p->n_idle++] = db;
	pthread_mutex_unlock(&p->lock);
}

int
hf_pool_run(struct hf_db *db, const struct hf_stmt *st,
    const char *const *params, PGresult **res, struct hf_err *e)
{
	if (hf_db_run(db, st, params, res, e) == 0)
		return 0;
	if (e->code != HF_EAGAIN || hf_db_is_up(db))
		return -1;
	if (begin(db, e) == -1)
		return hf_fail(e, HF_EAGAIN, "the database is away");
	return hf_db_run(db, st, params, res, e);
}
