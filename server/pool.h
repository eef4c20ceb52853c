#ifndef HF_POOL_H
#define HF_POOL_H

#include "lib/db.h"

/*
 * Connections to the database for the workers: as many as there are workers,
 * so that taking one never waits.  While the database is away every taker is
 * told so at once, and one a second tries.
 */
struct hf_pool;

/* Nothing is connected yet.  `conninfo` NULL: there is no database. */
struct hf_pool *hf_pool_new(const char *conninfo, int n, struct hf_err *e)
    HF_MUST_USE;
void hf_pool_free(struct hf_pool *p);
/* HF_EAGAIN: away, or not configured. */
int hf_pool_take(struct hf_pool *p, struct hf_db **out, struct hf_err *e)
    HF_MUST_USE;
void hf_pool_give(struct hf_pool *p, struct hf_db *db);
/* hf_db_run for reading: a connection that broke is made again, once. */
int hf_pool_run(struct hf_db *db, const struct hf_stmt *st,
    const char *const *params, PGresult **res, struct hf_err *e) HF_MUST_USE;

#endif
