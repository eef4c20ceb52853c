/* holdfast audit export: doc/audit.md, "Export" and "Syslog". */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "admin/audit.h"

#define PIECE "2000"
#define CHECKPOINTS "500"

struct notes {
	PGresult *r;
	int at;
};

static const struct hf_stmt head = { "audit_head",
	"select leaves, vkey, pending, coalesce(covered, 0) "
	"from hf.admin_audit_head", 0 };
static const struct hf_stmt records = { "audit_records",
	"select seq, public, personal, salt, personal_hash, leaf_hash, at_us, "
	"kind, level, actor, about, data "
	"from hf.audit_records($1, $2, $3)", 3 };
static const struct hf_stmt checkpoints = { "audit_checkpoints",
	"select size, note from hf.admin_checkpoint where size > $1 "
	"order by size limit " CHECKPOINTS, 1 };

int
hf_audit_head(struct hf_run *r, struct hf_audit_head *out, struct hf_err *e)
{
	int64_t leaves, covered;
	PGresult *res;
	int rc = -1;

	if (hf_run_sql(r, &head, NULL, "the audit log has no head", &res, e) ==
	    -1)
		return -1;
	if (hf_db_int(res, 0, 0, &leaves, e) == -1 ||
	    hf_db_int(res, 0, 2, &out->pending, e) == -1 ||
	    hf_db_int(res, 0, 3, &covered, e) == -1)
		goto out;
	if (covered == 0) {
		hf_fail(e, HF_EAGAIN, "no checkpoint was signed yet: the "
		    "release service does it within a minute");
		goto out;
	}
	out->pending += leaves - covered;
	out->covered = covered;
	(void)hf_str_copy(out->vkey, sizeof out->vkey,
	    hf_db_text(res, 0, 1));
	rc = 0;
out:
	PQclear(res);
	return rc;
}

int
hf_audit_records(struct hf_run *r, int64_t first, const char *max,
    const char *job, PGresult **res, struct hf_err *e)
{
	char from[24];
	const char *const params[] = { from, max, job };

	(void)snprintf(from, sizeof from, "%lld", (long long)first);
	return hf_run_sql(r, &records, params, NULL, res, e);
}

void
hf_audit_line_put(FILE *to, const PGresult *res, int row)
{
	const char *hash = PQgetvalue(res, row, HF_REC_HASH);

	if (PQgetisnull(res, row, HF_REC_PUBLIC))
		fprintf(to, "{\"missing\":%s,\"hash\":\"%s\"}",
		    PQgetvalue(res, row, HF_REC_SEQ), hash);
	else if (PQgetisnull(res, row, HF_REC_PERSONAL))
		fprintf(to, "{\"leaf\":%s,\"erased\":\"%s\",\"hash\":\"%s\"}",
		    PQgetvalue(res, row, HF_REC_PUBLIC),
		    PQgetvalue(res, row, HF_REC_PERSONAL_HASH), hash);
	else
		fprintf(to, "{\"leaf\":%s,\"personal\":%s,\"salt\":\"%s\","
		    "\"hash\":\"%s\"}", PQgetvalue(res, row, HF_REC_PUBLIC),
		    PQgetvalue(res, row, HF_REC_PERSONAL),
		    PQgetvalue(res, row, HF_REC_SALT), hash);
}

/* ---- RFC 5424 ---- */

/* Section 6.3.3: what a parameter's value must not hold as it is. */
static void
put_param(FILE *to, const char *name, const char *value)
{
	if (value[0] == '\0')
		return;
	fprintf(to, " %s=\"", name);
	for (; *value != '\0'; value++) {
		if (strchr("\"\\]", *value) != NULL)
			putc('\\', to);
		putc((unsigned char)*value < 0x20 ? '?' : *value, to);
	}
	putc('"', to);
}

static int
severity(const char *level)
{
	return strcmp(level, "alarm") == 0 ? 1
	    : strcmp(level, "error") == 0 ? 3
	    : strcmp(level, "warn") == 0 ? 4 : 6;
}

static int
put_syslog(FILE *to, const PGresult *res, int row, const char *host,
    struct hf_err *e)
{
	int64_t us;
	struct tm tm;
	char when[32];
	time_t t;

	if (PQgetisnull(res, row, HF_REC_PUBLIC))
		return 0;	/* the number shows that it is missing */
	if (hf_db_int(res, row, HF_REC_AT, &us, e) == -1)
		return -1;
	t = (time_t)(us / 1000000);
	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return hf_fail(e, HF_EINPUT, "the time of record %s",
		    PQgetvalue(res, row, HF_REC_SEQ));
	/* Facility 13 is "log audit". */
	fprintf(to, "<%d>1 %s.%06dZ %s holdfast - %.32s [holdfast@32473",
	    13 * 8 + severity(hf_db_text(res, row, HF_REC_LEVEL)), when,
	    (int)(us % 1000000), host, hf_db_text(res, row, HF_REC_KIND));
	put_param(to, "seq", hf_db_text(res, row, HF_REC_SEQ));
	put_param(to, "job", hf_db_text(res, row, HF_REC_JOB));
	put_param(to, "actor", hf_db_text(res, row, HF_REC_ACTOR));
	put_param(to, "data", hf_db_text(res, row, HF_REC_DATA));
	put_param(to, "leaf", hf_db_text(res, row, HF_REC_HASH));
	fprintf(to, "] %s\n", hf_db_text(res, row, HF_REC_KIND));
	return 0;
}

/* ---- JSON lines ---- */

static void
put_checkpoint(FILE *to, const char *note)
{
	json_t *j = json_pack("{s:s}", "checkpoint", note);

	(void)json_dumpf(j, to, JSON_COMPACT);
	putc('\n', to);
	json_decref(j);
}

/* The checkpoint for `size` records, where there is one. */
static int
pass_checkpoint(struct hf_run *r, struct notes *n, int64_t size, FILE *to,
    struct hf_err *e)
{
	char from[24];
	const char *const params[] = { from };
	int64_t there;

	if (n->r == NULL || n->at == PQntuples(n->r)) {
		(void)snprintf(from, sizeof from, "%lld",
		    (long long)size - 1);
		PQclear(n->r);
		n->r = NULL;
		n->at = 0;
		if (hf_run_sql(r, &checkpoints, params, NULL, &n->r, e) == -1)
			return -1;
		if (PQntuples(n->r) == 0)
			return 0;
	}
	if (hf_db_int(n->r, n->at, 0, &there, e) == -1)
		return -1;
	if (there == size)
		put_checkpoint(to, hf_db_text(n->r, n->at++, 1));
	return 0;
}

static int
put_piece(struct hf_run *r, struct notes *n, PGresult *res, int rows,
    bool syslog, const char *host, FILE *to, struct hf_err *e)
{
	int64_t seq;
	int i;

	for (i = 0; i < rows; i++) {
		if (syslog) {
			if (put_syslog(to, res, i, host, e) == -1)
				return -1;
			continue;
		}
		hf_audit_line_put(to, res, i);
		putc('\n', to);
		if (hf_db_int(res, i, HF_REC_SEQ, &seq, e) == -1 ||
		    pass_checkpoint(r, n, seq + 1, to, e) == -1)
			return -1;
	}
	return 0;
}

static int
put_all(struct hf_run *r, const struct hf_audit_head *h, int64_t first,
    bool syslog, FILE *to, struct hf_err *e)
{
	struct notes n = { NULL, 0 };
	char host[256] = "-";
	PGresult *res = NULL;
	int64_t left;
	int rows, rc = -1;

	if (gethostname(host, sizeof host - 1) == -1 || host[0] == '\0')
		(void)hf_str_copy(host, sizeof host, "-");
	if (!syslog)
		fprintf(to, "{\"holdfast\":\"audit\",\"version\":1,"
		    "\"key\":\"%s\"}\n", h->vkey);
	while ((left = h->covered - first) > 0) {
		if (hf_audit_records(r, first, PIECE, NULL, &res, e) == -1)
			goto out;
		rows = PQntuples(res);
		if (rows == 0)
			break;	/* what was cut away is for verify to say */
		if (rows > left)
			rows = (int)left;
		if (put_piece(r, &n, res, rows, syslog, host, to, e) == -1)
			goto out;
		first += rows;
		PQclear(res);
		res = NULL;
	}
	rc = 0;
out:
	PQclear(res);
	PQclear(n.r);
	return rc;
}

static int
open_new(const char *path, FILE **out, struct hf_err *e)
{
	int fd;

	if (strcmp(path, "-") == 0) {
		*out = stdout;
		return 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return hf_fail_sys(e, "make %s", path);
	*out = fdopen(fd, "w");
	if (*out == NULL) {
		hf_fail_sys(e, "make %s", path);
		close(fd);
		return -1;
	}
	return 0;
}

static int
close_new(const char *path, FILE *f, int rc, struct hf_err *e)
{
	bool bad = fflush(f) != 0 || (f != stdout && fsync(fileno(f)) == -1);

	if (rc == 0 && bad)
		rc = hf_fail_sys(e, "write %s", path);
	if (f != stdout) {
		if (fclose(f) != 0 && rc == 0)
			rc = hf_fail_sys(e, "write %s", path);
		if (rc == -1)
			(void)unlink(path);
	}
	return rc;
}

int
hf_cmd_audit_export(struct hf_run *r, struct hf_err *e)
{
	const char *path = r->args.words[0];
	bool syslog = hf_args_has(&r->args, "--syslog");
	struct hf_audit_head h;
	FILE *f = NULL;
	long first;

	if (hf_args_int(&r->args, "--from", 0, 0, 1L << 62, &first, e) == -1)
		return -1;
	if (first > 0 && !syslog)
		return hf_fail(e, HF_EINPUT, "--from is for --syslog: what is "
		    "verified begins with record 0");
	if (hf_audit_head(r, &h, e) == -1 || open_new(path, &f, e) == -1)
		return -1;
	if (close_new(path, f, put_all(r, &h, first, syslog, f, e), e) == -1)
		return -1;
	fprintf(stderr, "holdfast: %lld records up to the newest checkpoint; "
	    "%lld newer ones come with the next\n",
	    (long long)(h.covered > first ? h.covered - first : 0),
	    (long long)h.pending);
	return HF_EXIT_DONE;
}
