#ifndef HF_STORE_H
#define HF_STORE_H

#include "lib/db.h"
#include "lib/id.h"
#include "release/queue/chan.h"

/*
 * The database as role queue sees it: up, or away and asked again with
 * growing pauses.  While it is away everything fails at once (HF_EAGAIN), so
 * that nobody at a printer waits for it.
 */
struct hf_store;

struct hf_store_ops {
	/* It is there (again): catch up. Called from the loop. */
	void (*up)(void *arg);
	/* A notification, split: "job", an id, and a word ("" if none). */
	void (*notify)(void *arg, const char *kind, const struct hf_id *id,
	    const char *word);
};

struct hf_store *hf_store_new(struct hf_loop *loop, const char *conninfo,
    const struct hf_store_ops *ops, void *arg, struct hf_err *e) HF_MUST_USE;
void hf_store_free(struct hf_store *s);
/* First try at once, from the loop. */
void hf_store_start(struct hf_store *s);
bool hf_store_is_up(const struct hf_store *s);

/* As hf_db_run and hf_db_run_many; HF_EAGAIN at once while it is away. */
int hf_store_run(struct hf_store *s, const struct hf_stmt *st,
    const char *const *params, PGresult **res, struct hf_err *e) HF_MUST_USE;
int hf_store_run_many(struct hf_store *s, const struct hf_stmt *st,
    size_t rows, const char *const *params, PGresult **results,
    struct hf_err *e) HF_MUST_USE;

/* Parameters as text. */
#define HF_INT_TEXT 24
void hf_int_text(char out[static HF_INT_TEXT], int64_t v);
/* An id column; HF_EINPUT if it is none. */
int hf_store_id(const PGresult *r, int row, int col, struct hf_id *out,
    struct hf_err *e) HF_MUST_USE;

/*
 * An event without a change of state (quarantine, key rotation …); data is
 * JSON or NULL, job may be NULL.
 */
int hf_store_event(struct hf_store *s, const char *kind, const char *level,
    const struct hf_id *job, const char *data, struct hf_err *e) HF_MUST_USE;

#endif
