#include "lib/db.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/clock.h"

#define PREPARED_MAX 96	/* statements of one program */

struct hf_db {
	PGconn *c;			/* NULL while down */
	char *conninfo;
	char *app;
	int timeout_ms;
	const struct hf_stmt *prepared[PREPARED_MAX]; /* on this connection */
	size_t n_prepared;
};

struct hf_db *
hf_db_new(const char *conninfo, const char *app, int timeout_ms,
    struct hf_err *e)
{
	struct hf_db *db = calloc(1, sizeof *db);

	if (db == NULL)
		goto fail;
	db->conninfo = strdup(conninfo);
	db->app = strdup(app);
	db->timeout_ms = timeout_ms;
	if (db->conninfo == NULL || db->app == NULL)
		goto fail;
	return db;
fail:
	hf_db_free(db);
	hf_fail(e, HF_ENOMEM, "out of memory");
	return NULL;
}

static void
drop(struct hf_db *db)
{
	if (db->c != NULL)
		PQfinish(db->c);
	db->c = NULL;
	db->n_prepared = 0;
}

void
hf_db_free(struct hf_db *db)
{
	if (db == NULL)
		return;
	drop(db);
	free(db->conninfo);
	free(db->app);
	free(db);
}

bool
hf_db_is_up(const struct hf_db *db)
{
	return db->c != NULL;
}

PGconn *
hf_db_conn(struct hf_db *db)
{
	return db->c;
}

int
hf_db_socket(const struct hf_db *db)
{
	return db->c != NULL ? PQsocket(db->c) : -1;
}

/* The server's own words without the trailing newline. */
static void
say(char *out, size_t size, const char *text)
{
	size_t n;

	(void)hf_str_copy(out, size, text != NULL ? text : "");
	n = strcspn(out, "\n");
	out[n] = '\0';
}

/* Give the connection up: what was under way may or may not have happened. */
static int
broken(struct hf_db *db, const char *why, struct hf_err *e)
{
	char text[256];

	say(text, sizeof text, db->c != NULL ? PQerrorMessage(db->c) : "");
	drop(db);
	return hf_fail(e, HF_EAGAIN, "the database is away: %s%s%s", why,
	    text[0] != '\0' ? ": " : "", text);
}

/* Wait until the socket is ready for `events` or the deadline has passed. */
static int
wait_socket(struct hf_db *db, short events, int64_t deadline)
{
	struct pollfd p = { .fd = PQsocket(db->c), .events = events };
	int64_t left;
	int k;

	for (;;) {
		left = deadline - hf_now_ms();
		if (left <= 0)
			return -1;
		k = poll(&p, 1, (int)left);
		if (k > 0)
			return p.revents;
		if (k == 0)
			return -1;
		if (errno != EINTR)
			return -1;
	}
}

static int
poll_connect(struct hf_db *db, struct hf_err *e)
{
	int64_t deadline = hf_now_ms() + db->timeout_ms;
	PostgresPollingStatusType s = PGRES_POLLING_WRITING;

	while (s != PGRES_POLLING_OK) {
		if (s == PGRES_POLLING_FAILED)
			return broken(db, "cannot connect", e);
		if (wait_socket(db,
			s == PGRES_POLLING_READING ? POLLIN : POLLOUT,
			deadline) == -1)
			return broken(db, "no answer to the connection", e);
		s = PQconnectPoll(db->c);
	}
	return 0;
}

static void
ignore_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

int
hf_db_connect(struct hf_db *db, struct hf_err *e)
{
	const char *const names[] = { "dbname", "application_name", "options",
		NULL };
	const char *const values[] = { db->conninfo, db->app,
		"-c search_path=hf -c client_min_messages=warning "
		"-c lock_timeout=2000 -c idle_in_transaction_session_timeout="
		"10000", NULL };

	if (db->c != NULL && PQstatus(db->c) == CONNECTION_OK)
		return 0;
	drop(db);
	/* expand_dbname: the conninfo string is given as "dbname". */
	db->c = PQconnectStartParams(names, values, 1);
	if (db->c == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	if (PQstatus(db->c) == CONNECTION_BAD)
		return broken(db, "cannot connect", e);
	if (poll_connect(db, e) == -1)
		return -1;
	if (PQsetnonblocking(db->c, 1) == -1)
		return broken(db, "non-blocking", e);
	(void)PQsetNoticeReceiver(db->c, ignore_notice, NULL);
	return 0;
}

static int
flush(struct hf_db *db, int64_t deadline, struct hf_err *e)
{
	int k, ready;

	while ((k = PQflush(db->c)) != 0) {
		if (k == -1)
			return broken(db, "sending", e);
		ready = wait_socket(db, POLLIN | POLLOUT, deadline);
		if (ready == -1)
			return broken(db, "no answer in time", e);
		if ((ready & POLLIN) != 0 && PQconsumeInput(db->c) == 0)
			return broken(db, "receiving", e);
	}
	return 0;
}

/* The next result, or NULL in *out at the end of the present command. */
static int
next(struct hf_db *db, int64_t deadline, PGresult **out, struct hf_err *e)
{
	while (PQisBusy(db->c)) {
		if (wait_socket(db, POLLIN, deadline) == -1)
			return broken(db, "no answer in time", e);
		if (PQconsumeInput(db->c) == 0)
			return broken(db, "receiving", e);
	}
	*out = PQgetResult(db->c);
	return 0;
}

static enum hf_code
code_of_state(const char *s)
{
	if (s == NULL)
		return HF_ESYS;
	if (strcmp(s, "P0002") == 0)
		return HF_ENOTFOUND;
	if (strncmp(s, "23", 2) == 0 || strncmp(s, "P0", 2) == 0)
		return HF_ECONFLICT;
	if (strcmp(s, "28000") == 0)
		return HF_ELOGIN;
	if (strcmp(s, "42501") == 0)
		return HF_EDENIED;
	/* 40: rolled back; 53: out of resources; 55P03: lock; 57: shutdown */
	if (strncmp(s, "40", 2) == 0 || strncmp(s, "53", 2) == 0 ||
	    strncmp(s, "57", 2) == 0 || strcmp(s, "55P03") == 0 ||
	    strncmp(s, "08", 2) == 0 || strcmp(s, "25006") == 0)
		return HF_EAGAIN;
	return HF_ESYS;
}

/* What a result says, turned into *e if it is an error. */
static int
judge(const PGresult *r, struct hf_err *e)
{
	char text[300];

	switch (PQresultStatus(r)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		return 0;
	case PGRES_PIPELINE_ABORTED:
		return hf_fail(e, HF_EAGAIN, "an earlier statement failed");
	default:
		say(text, sizeof text,
		    PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY));
		return hf_fail(e,
		    code_of_state(PQresultErrorField(r, PG_DIAG_SQLSTATE)),
		    "%s", text[0] != '\0' ? text : "the database refused");
	}
}

/*
 * Take every result of one command: the first is kept in *out (NULL where
 * judged an error), the rest are dropped.
 */
static int
finish(struct hf_db *db, int64_t deadline, PGresult **out, struct hf_err *e)
{
	PGresult *r, *first = NULL;
	int rc = 0;

	for (;;) {
		if (next(db, deadline, &r, e) == -1) {
			PQclear(first);
			return -1;
		}
		if (r == NULL)
			break;
		if (first == NULL)
			first = r;
		else
			PQclear(r);
	}
	if (first == NULL)
		return broken(db, "no result", e);
	rc = judge(first, e);
	if (rc == -1) {
		PQclear(first);
		/* A server that ends its sessions is away, whatever it said. */
		if (PQstatus(db->c) != CONNECTION_OK)
			drop(db);
		return -1;
	}
	*out = first;
	return 0;
}

static bool
is_prepared(const struct hf_db *db, const struct hf_stmt *st)
{
	size_t i;

	for (i = 0; i < db->n_prepared; i++)
		if (db->prepared[i] == st)
			return true;
	return false;
}

static int
prepare(struct hf_db *db, const struct hf_stmt *st, int64_t deadline,
    struct hf_err *e)
{
	PGresult *r;

	if (is_prepared(db, st))
		return 0;
	HF_ASSERT(db->n_prepared < PREPARED_MAX);
	if (PQsendPrepare(db->c, st->name, st->sql, st->n_params, NULL) == 0)
		return broken(db, "prepare", e);
	if (flush(db, deadline, e) == -1 ||
	    finish(db, deadline, &r, e) == -1)
		return hf_wrap(e, "prepare %s", st->name);
	PQclear(r);
	db->prepared[db->n_prepared++] = st;
	return 0;
}

int
hf_db_run(struct hf_db *db, const struct hf_stmt *st,
    const char *const *params, PGresult **res, struct hf_err *e)
{
	int64_t deadline = hf_now_ms() + db->timeout_ms;

	if (hf_db_connect(db, e) == -1 || prepare(db, st, deadline, e) == -1)
		return -1;
	if (PQsendQueryPrepared(db->c, st->name, st->n_params, params, NULL,
		NULL, 0) == 0)
		return broken(db, st->name, e);
	if (flush(db, deadline, e) == -1)
		return -1;
	return finish(db, deadline, res, e);
}

int
hf_db_do(struct hf_db *db, const char *sql, struct hf_err *e)
{
	int64_t deadline = hf_now_ms() + db->timeout_ms;
	PGresult *r;

	if (hf_db_connect(db, e) == -1)
		return -1;
	if (PQsendQuery(db->c, sql) == 0)
		return broken(db, sql, e);
	if (flush(db, deadline, e) == -1 || finish(db, deadline, &r, e) == -1)
		return -1;
	PQclear(r);
	return 0;
}

/*
 * The results of one pipeline: one for each row, then the sync.  The first
 * error aborts the (implicit) transaction, and every later row says so.
 */
static int
collect(struct hf_db *db, size_t rows, PGresult **results, int64_t deadline,
    struct hf_err *e)
{
	PGresult *r;
	size_t i = 0;
	bool failed = false, synced = false;

	while (!synced) {
		if (next(db, deadline, &r, e) == -1)
			return -1;
		if (r == NULL)
			continue;	/* end of one command's results */
		if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			synced = true;
			PQclear(r);
			continue;
		}
		if (!failed && judge(r, e) == -1)
			failed = true;
		if (i < rows)
			results[i++] = r;
		else
			PQclear(r);
	}
	return failed || i != rows ? -1 : 0;
}

int
hf_db_run_many(struct hf_db *db, const struct hf_stmt *st, size_t rows,
    const char *const *params, PGresult **results, struct hf_err *e)
{
	int64_t deadline = hf_now_ms() + db->timeout_ms;
	size_t i;
	int rc = -1;

	for (i = 0; i < rows; i++)
		results[i] = NULL;
	if (rows == 0)
		return 0;
	if (hf_db_connect(db, e) == -1 || prepare(db, st, deadline, e) == -1)
		return -1;
	if (PQenterPipelineMode(db->c) == 0)
		return broken(db, "pipeline", e);
	for (i = 0; i < rows; i++)
		if (PQsendQueryPrepared(db->c, st->name, st->n_params,
			params + i * (size_t)st->n_params, NULL, NULL,
			0) == 0) {
			(void)broken(db, st->name, e);
			goto out;
		}
	if (PQpipelineSync(db->c) == 0) {
		(void)broken(db, "pipeline", e);
		goto out;
	}
	if (flush(db, deadline, e) == -1)
		goto out;
	rc = collect(db, rows, results, deadline, e);
	if (db->c != NULL && PQexitPipelineMode(db->c) == 0) {
		rc = broken(db, "pipeline", e);
		goto out;
	}
out:
	if (rc == -1)
		for (i = 0; i < rows; i++) {
			PQclear(results[i]);
			results[i] = NULL;
		}
	return rc;
}

int
hf_db_notifies(struct hf_db *db,
    void (*fn)(void *arg, const char *channel, const char *payload), void *arg,
    struct hf_err *e)
{
	PGnotify *n;

	if (db->c == NULL)
		return hf_fail(e, HF_EAGAIN, "the database is away");
	if (PQconsumeInput(db->c) == 0)
		return broken(db, "receiving", e);
	while (db->c != NULL && (n = PQnotifies(db->c)) != NULL) {
		fn(arg, n->relname, n->extra);
		PQfreemem(n);
	}
	return 0;
}

void
hf_db_bytea(char *out, const uint8_t *p, size_t n)
{
	out[0] = '\\';
	out[1] = 'x';
	hf_hex(out + 2, p, n);
}

int
hf_db_get_bytea(const PGresult *r, int row, int col, uint8_t *out, size_t n,
    struct hf_err *e)
{
	const char *s = PQgetvalue(r, row, col);

	if (PQgetisnull(r, row, col) || strncmp(s, "\\x", 2) != 0)
		return hf_fail(e, HF_EINPUT, "column %s is not bytea",
		    PQfname(r, col));
	if (hf_unhex(out, n, s + 2, e) == -1)
		return hf_wrap(e, "column %s", PQfname(r, col));
	return 0;
}

const char *
hf_db_text(const PGresult *r, int row, int col)
{
	return PQgetisnull(r, row, col) ? "" : PQgetvalue(r, row, col);
}

int
hf_db_int(const PGresult *r, int row, int col, int64_t *out, struct hf_err *e)
{
	const char *s = PQgetvalue(r, row, col);
	char *end;
	long long v;

	errno = 0;
	v = strtoll(s, &end, 10);
	if (PQgetisnull(r, row, col) || *s == '\0' || *end != '\0' ||
	    errno != 0)
		return hf_fail(e, HF_EINPUT, "column %s is not an integer",
		    PQfname(r, col));
	*out = v;
	return 0;
}

bool
hf_db_bool(const PGresult *r, int row, int col)
{
	return !PQgetisnull(r, row, col) &&
	    strcmp(PQgetvalue(r, row, col), "t") == 0;
}
