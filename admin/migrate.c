#include "admin/migrate.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/cmd.h"
#include "lib/buf.h"
#include "lib/file.h"

#define SQL_MAX (4 * 1024 * 1024)
#define LOCK "select pg_advisory_xact_lock(7233178)"	/* ours alone */

/* The number of "NNN_name.sql", or 0. */
static int
number_of(const char *name)
{
	size_t n = strlen(name);

	if (n < 9 || n >= sizeof ((struct hf_migration *)0)->name ||
	    strspn(name, "0123456789") != 3 || name[3] != '_' ||
	    strcmp(name + n - 4, ".sql") != 0)
		return 0;
	return (name[0] - '0') * 100 + (name[1] - '0') * 10 + name[2] - '0';
}

static int
by_number(const void *a, const void *b)
{
	const struct hf_migration *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* The text of one file, NUL-terminated, and its digest. */
static int
read_one(int dir, struct hf_migration *m, struct hf_buf *text,
    struct hf_err *e)
{
	hf_buf_reset(text);
	if (hf_file_read(dir, m->name, text, e) == -1)
		return -1;
	if (text->n > 0 && memchr(text->p, '\0', text->n) != NULL)
		return hf_fail(e, HF_EINPUT, "%s holds a NUL", m->name);
	if (EVP_Digest(text->p, text->n, m->sha256, NULL, EVP_sha256(),
	    NULL) != 1)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	return hf_put_u8(text, '\0', e);
}

static int
list_names(DIR *d, struct hf_migration *list, int *n, struct hf_err *e)
{
	struct dirent *entry;
	int number;

	*n = 0;
	while ((entry = readdir(d)) != NULL) {
		number = number_of(entry->d_name);
		if (number == 0)
			continue;
		if (*n == HF_MIGRATIONS_MAX)
			return hf_fail(e, HF_EFULL, "too many migrations");
		list[*n].number = number;
		(void)hf_str_copy(list[*n].name, sizeof list[*n].name,
		    entry->d_name);
		(*n)++;
	}
	qsort(list, (size_t)*n, sizeof *list, by_number);
	return 0;
}

int
hf_migrations_read(const char *schema, struct hf_migration **out, int *n,
    struct hf_err *e)
{
	struct hf_migration *list = NULL;
	struct hf_buf text;
	DIR *d = NULL;
	int i, rc = -1;

	hf_buf_init(&text, SQL_MAX);
	d = opendir(schema);
	if (d == NULL) {
		hf_fail_sys(e, "open the folder of migrations %s", schema);
		goto out;
	}
	list = calloc(HF_MIGRATIONS_MAX, sizeof *list);
	if (list == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		goto out;
	}
	if (list_names(d, list, n, e) == -1)
		goto out;
	if (*n == 0) {
		hf_fail(e, HF_ECONFIG, "there are no migrations in %s",
		    schema);
		goto out;
	}
	for (i = 0; i < *n; i++) {
		if (list[i].number != i + 1) {
			hf_fail(e, HF_ECONFIG, "%s: migration %d is missing "
			    "or there twice", schema, i + 1);
			goto out;
		}
		if (read_one(dirfd(d), &list[i], &text, e) == -1)
			goto out;
	}
	*out = list;
	list = NULL;
	rc = 0;
out:
	free(list);
	hf_buf_clear(&text);
	if (d != NULL)
		closedir(d);
	return rc;
}

/* The server's words, without what follows the first line. */
static int
refused(const PGconn *c, struct hf_err *e)
{
	char text[400];

	(void)hf_str_copy(text, sizeof text, PQerrorMessage(c));
	text[strcspn(text, "\n")] = '\0';
	return hf_fail(e, PQstatus(c) == CONNECTION_OK ? HF_ESYS : HF_EAGAIN,
	    "%s", text);
}

/* One statement or script; the first error of it decides. */
static int
exec(PGconn *c, const char *sql, struct hf_err *e)
{
	PGresult *r = PQexec(c, sql);
	ExecStatusType s = PQresultStatus(r);
	int rc = 0;

	if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
		rc = refused(c, e);
	PQclear(r);
	return rc;
}

/* What the database has: numbers and digests, in order. */
static int
applied_so_far(PGconn *c, PGresult **out, struct hf_err *e)
{
	PGresult *r;
	bool any;

	r = PQexec(c, "select to_regclass('hf.migration') is not null");
	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		PQclear(r);
		return refused(c, e);
	}
	any = hf_db_bool(r, 0, 0);
	PQclear(r);
	r = PQexec(c, any
	    ? "select number, name, sha256 from hf.migration order by number"
	    : "select 0, '', ''::bytea where false");
	if (PQresultStatus(r) != PGRES_TUPLES_OK) {
		PQclear(r);
		return refused(c, e);
	}
	*out = r;
	return 0;
}

/* What was applied must be what is here: history is not edited. */
static int
compare(const PGresult *r, const struct hf_migration *list, int n,
    struct hf_err *e)
{
	uint8_t sha256[32];
	int i;

	if (PQntuples(r) > n)
		return hf_fail(e, HF_ECONFIG, "the database is at migration "
		    "%d and this program at %d: install the newer program",
		    PQntuples(r), n);
	for (i = 0; i < PQntuples(r); i++) {
		if (hf_db_get_bytea(r, i, 2, sha256, sizeof sha256, e) == -1)
			return -1;
		if (memcmp(sha256, list[i].sha256, sizeof sha256) != 0)
			return hf_fail(e, HF_ECONFIG, "%s is not the file that "
			    "was applied: a migration is never edited",
			    list[i].name);
	}
	return 0;
}

static int
record(PGconn *c, const struct hf_migration *m, struct hf_err *e)
{
	char number[16], digest[67];
	const char *const params[] = { number, m->name, digest };
	PGresult *r;
	int rc = 0;

	snprintf(number, sizeof number, "%d", m->number);
	hf_db_bytea(digest, m->sha256, sizeof m->sha256);
	r = PQexecParams(c, "insert into hf.migration (number, name, sha256) "
	    "values ($1, $2, $3)", 3, NULL, params, NULL, NULL, 0);
	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		rc = refused(c, e);
	PQclear(r);
	return rc;
}

/* One file, whole or not at all. */
static int
apply(PGconn *c, int dir, const struct hf_migration *m, struct hf_err *e)
{
	struct hf_migration again = *m;
	struct hf_buf text;
	int rc = -1;

	hf_buf_init(&text, SQL_MAX);
	if (read_one(dir, &again, &text, e) == -1)
		goto out;
	if (memcmp(again.sha256, m->sha256, sizeof m->sha256) != 0) {
		hf_fail(e, HF_ECONFLICT, "the file changed meanwhile");
		goto out;
	}
	if (exec(c, (const char *)text.p, e) == -1 || record(c, m, e) == -1)
		goto out;
	rc = 0;
out:
	hf_buf_clear(&text);
	return rc == -1 ? hf_wrap(e, "%s", m->name) : 0;
}

/*
 * All in one transaction under one lock: two administrators at once do not
 * apply anything twice, and a failure leaves the schema as it was.
 */
static int
bring_up(PGconn *c, const char *schema, const struct hf_migration *list, int n,
    int *applied, struct hf_err *e)
{
	PGresult *r = NULL;
	int i, dir, rc = -1;

	dir = open(schema, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return hf_fail_sys(e, "open %s", schema);
	if (exec(c, "begin", e) == -1 || exec(c, LOCK, e) == -1 ||
	    applied_so_far(c, &r, e) == -1 || compare(r, list, n, e) == -1)
		goto out;
	*applied = n - PQntuples(r);
	for (i = PQntuples(r); i < n; i++)
		if (apply(c, dir, &list[i], e) == -1)
			goto out;
	rc = exec(c, "commit", e);
out:
	if (rc == -1)
		PQclear(PQexec(c, "rollback"));
	PQclear(r);
	close(dir);
	return rc;
}

int
hf_migrate(const char *conninfo, const char *schema, int *applied, int *newest,
    struct hf_err *e)
{
	struct hf_migration *list = NULL;
	struct hf_db *db = NULL;
	int rc = -1;

	if (hf_migrations_read(schema, &list, newest, e) == -1)
		goto out;
	db = hf_db_new(conninfo, "holdfast migrate", 15000, e);
	if (db == NULL || hf_db_connect(db, e) == -1)
		goto out;
	/* A script is many statements: here we wait as long as it takes. */
	if (PQsetnonblocking(hf_db_conn(db), 0) == -1) {
		refused(hf_db_conn(db), e);
		goto out;
	}
	rc = bring_up(hf_db_conn(db), schema, list, *newest, applied, e);
out:
	hf_db_free(db);
	free(list);
	return rc;
}

int
hf_cmd_migrate(struct hf_run *r, struct hf_err *e)
{
	int applied, newest;

	if (hf_migrate(r->conf.migrate_database, r->conf.schema, &applied,
		&newest, e) == -1)
		return hf_wrap(e, "migrate");
	hf_done(r, json_pack("{sisi}", "applied", applied, "newest", newest),
	    applied == 0 ? "the schema is up to date (migration %d)"
			 : "the schema is now at migration %d", newest);
	return 0;
}
