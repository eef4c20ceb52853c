#ifndef HF_DB_H
#define HF_DB_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/*
 * PostgreSQL through libpq with a deadline on everything: statements are
 * prepared on first use, parameters always bound (text format), and a server
 * that is stopped is given up after timeout_ms instead of blocking us.
 */
struct hf_db;

/*
 * Nothing is connected yet. `conninfo` is a libpq string without a password;
 * `app` becomes application_name.  Both are copied.
 */
struct hf_db *hf_db_new(const char *conninfo, const char *app, int timeout_ms,
    struct hf_err *e) HF_MUST_USE;
void hf_db_free(struct hf_db *db);
/* Connect if not connected. HF_EAGAIN while the database is away. */
int hf_db_connect(struct hf_db *db, struct hf_err *e) HF_MUST_USE;
bool hf_db_is_up(const struct hf_db *db);

/*
 * A constant statement: the address identifies it, the name is used for
 * PREPARE.
 */
struct hf_stmt {
	const char *name;
	const char *sql;
	int n_params;
};

/*
 * Run one statement; connects first, prepares once a connection.  On success
 * *res belongs to the caller (PQclear).  Errors: HF_EAGAIN where the
 * database is away, timed out, or broke off (the statement may or may not
 * have been carried out); SQLSTATE class 23 or P0 → HF_ECONFLICT with the
 * server's message; 42501 → HF_EDENIED; 28000 → HF_ELOGIN; others HF_ESYS.
 */
int hf_db_run(struct hf_db *db, const struct hf_stmt *st,
    const char *const *params, PGresult **res, struct hf_err *e) HF_MUST_USE;
/*
 * Run the same statement for `rows` parameter sets in one transaction and one
 * round trip (pipeline mode): all are committed or none.  results[i] belong
 * to the caller; on failure none are set.  params is rows × n_params.
 */
int hf_db_run_many(struct hf_db *db, const struct hf_stmt *st, size_t rows,
    const char *const *params, PGresult **results, struct hf_err *e)
    HF_MUST_USE;
/* A statement without parameters or result (BEGIN, LISTEN …). */
int hf_db_do(struct hf_db *db, const char *sql, struct hf_err *e) HF_MUST_USE;

/* For an event loop: the socket (-1 when down), and what LISTEN brought. */
int hf_db_socket(const struct hf_db *db);
/* Calls fn for each notification that has arrived; does not block. */
int hf_db_notifies(struct hf_db *db,
    void (*fn)(void *arg, const char *channel, const char *payload),
    void *arg, struct hf_err *e) HF_MUST_USE;
PGconn *hf_db_conn(struct hf_db *db);	/* borrowed; NULL when down */

/* bytea parameters: "\x…" into out (2 n + 3), and back (exact length). */
void hf_db_bytea(char *out, const uint8_t *p, size_t n);
int hf_db_get_bytea(const PGresult *r, int row, int col, uint8_t *out,
    size_t n, struct hf_err *e) HF_MUST_USE;
/* Column as text ("" for NULL), as integer (HF_EINPUT if not one). */
const char *hf_db_text(const PGresult *r, int row, int col);
int hf_db_int(const PGresult *r, int row, int col, int64_t *out,
    struct hf_err *e) HF_MUST_USE;
bool hf_db_bool(const PGresult *r, int row, int col);

#endif
