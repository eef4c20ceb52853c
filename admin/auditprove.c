/* holdfast audit prove and check-proof: doc/audit.md, "Proofs". */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admin/audit.h"
#include "lib/file.h"
#include "lib/id.h"

#define RECORDS "1000"
#define PROOF_FILE_MAX (16 << 20)
#define ASK_MAX 100000		/* hashes of one proof file */

/* Which stored hashes are wanted, and then what they are. */
struct wanted {
	bool answer;
	struct hf_buf levels, ats;	/* "{1,2,…" */
	size_t n;
	PGresult *res;
	int at;
};

static const struct hf_stmt newest = { "audit_newest",
	"select size, note from hf.admin_checkpoint order by size desc limit 1",
	0 };
static const struct hf_stmt nodes = { "audit_nodes",
	"select (select n.node from hf.admin_audit_node n where "
	"n.level = w.level and n.at = w.at) from unnest($1::smallint[], "
	"$2::bigint[]) with ordinality as w (level, at, k) order by w.k", 2 };

static int
note_number(struct hf_buf *b, uint64_t v, struct hf_err *e)
{
	char text[32];
	int k = snprintf(text, sizeof text, "%c%llu", b->n == 0 ? '{' : ',',
	    (unsigned long long)v);

	return hf_put_bytes(b, text, (size_t)k, e);
}

static int
fetch(void *arg, unsigned level, uint64_t at, hf_hash out, struct hf_err *e)
{
	struct wanted *w = arg;

	if (w->answer) {
		if (w->at == PQntuples(w->res) ||
		    hf_unhex(out, HF_MERKLE_LEN, hf_db_text(w->res, w->at++,
			0), e) == -1)
			return hf_fail(e, HF_ETAMPER, "the tree in the "
			    "database is not whole (level %u at %llu)", level,
			    (unsigned long long)at);
		return 0;
	}
	memset(out, 0, HF_MERKLE_LEN);
	if (++w->n > ASK_MAX)
		return hf_fail(e, HF_EFULL, "too many records for one proof");
	return note_number(&w->levels, level, e) == -1 ? -1
	    : note_number(&w->ats, at, e);
}

static int
ask_nodes(struct hf_run *r, struct wanted *w, struct hf_err *e)
{
	const char *params[2];

	if (w->n == 0 && (hf_put_bytes(&w->levels, "{", 1, e) == -1 ||
	    hf_put_bytes(&w->ats, "{", 1, e) == -1))
		return -1;
	if (hf_put_bytes(&w->levels, "}", 2, e) == -1 ||
	    hf_put_bytes(&w->ats, "}", 2, e) == -1)
		return -1;
	params[0] = (const char *)w->levels.p;
	params[1] = (const char *)w->ats.p;
	w->answer = true;
	return hf_run_sql(r, &nodes, params, NULL, &w->res, e);
}

static json_t *
json_proof(const struct hf_proof *p)
{
	json_t *list = json_array();
	char hex[2 * HF_MERKLE_LEN + 1];
	size_t i;

	for (i = 0; i < p->n; i++) {
		hf_hex(hex, p->hash[i], HF_MERKLE_LEN);
		(void)json_array_append_new(list, json_string(hex));
	}
	return list;
}

static char *
line_of(const PGresult *res, int row)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (f == NULL)
		return NULL;
	hf_audit_line_put(f, res, row);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* All records of the job that are under the checkpoint: twice the same walk. */
static int
walk(const PGresult *res, uint64_t size, struct wanted *w, json_t *out,
    int64_t *newer, struct hf_err *e)
{
	struct hf_proof p;
	int64_t seq;
	char *line;
	int i;

	*newer = 0;
	for (i = 0; i < PQntuples(res); i++) {
		if (hf_db_int(res, i, HF_REC_SEQ, &seq, e) == -1)
			return -1;
		if ((uint64_t)seq >= size) {
			(*newer)++;
			continue;
		}
		if (hf_merkle_inclusion((uint64_t)seq, size, fetch, w, &p,
			e) == -1)
			return -1;
		if (!w->answer)
			continue;
		line = line_of(res, i);
		if (line == NULL)
			return hf_fail(e, HF_ENOMEM, "out of memory");
		(void)json_array_append_new(out, json_pack("{s:s,s:o}",
		    "record", line, "proof", json_proof(&p)));
		free(line);
	}
	return 0;
}

static int
prove(struct hf_run *r, const char *job, const char *vkey, struct hf_err *e)
{
	struct wanted w = { .answer = false };
	PGresult *res = NULL, *top = NULL;
	json_t *list = json_array(), *all = NULL;
	int64_t size, newer;
	int rc = -1;

	hf_buf_init(&w.levels, 1 << 20);
	hf_buf_init(&w.ats, 4 << 20);
	if (hf_run_sql(r, &newest, NULL, "no checkpoint", &top, e) == -1 ||
	    hf_db_int(top, 0, 0, &size, e) == -1 ||
	    hf_audit_records(r, 0, RECORDS, job, &res, e) == -1 ||
	    walk(res, (uint64_t)size, &w, list, &newer, e) == -1 ||
	    ask_nodes(r, &w, e) == -1 ||
	    walk(res, (uint64_t)size, &w, list, &newer, e) == -1)
		goto out;
	if (json_array_size(list) == 0) {
		hf_fail(e, newer > 0 ? HF_EAGAIN : HF_ENOTFOUND, newer > 0
		    ? "the records of job %s are under no checkpoint yet: try "
		      "again in a minute"
		    : "nothing is recorded about a job %s", job);
		goto out;
	}
	all = json_pack("{s:s,s:i,s:s,s:s,s:s,s:O}", "holdfast",
	    "audit-proof", "version", 1, "key", vkey, "job", job,
	    "checkpoint", hf_db_text(top, 0, 1), "records", list);
	if (all == NULL || json_dumpf(all, stdout, JSON_INDENT(1)) == -1) {
		hf_fail(e, HF_ENOMEM, "the proof was not written");
		goto out;
	}
	putchar('\n');
	if (newer > 0)
		fprintf(stderr, "holdfast: %lld newer records of this job "
		    "are under no checkpoint yet\n", (long long)newer);
	rc = HF_EXIT_DONE;
out:
	json_decref(all);
	json_decref(list);
	PQclear(w.res);
	PQclear(res);
	PQclear(top);
	hf_buf_clear(&w.levels);
	hf_buf_clear(&w.ats);
	return rc;
}

int
hf_cmd_audit_prove(struct hf_run *r, struct hf_err *e)
{
	const char *job = hf_args_get(&r->args, "--job", "");
	struct hf_audit_head h;

	if (!hf_id_is(job))
		return hf_fail(e, HF_EINPUT,
		    "\"%s\" is no job id (holdfast job list shows them)", job);
	if (hf_audit_head(r, &h, e) == -1)
		return -1;
	return prove(r, job, h.vkey, e);
}

/* ---- checking ---- */

static int
get_proof(const json_t *list, struct hf_proof *out, struct hf_err *e)
{
	const char *hex;
	const json_t *v;
	size_t i;

	out->n = 0;
	json_array_foreach(list, i, v) {
		hex = json_string_value(v);
		if (hex == NULL || i == HF_MERKLE_PROOF_MAX ||
		    hf_unhex(out->hash[i], HF_MERKLE_LEN, hex, e) == -1)
			return hf_fail(e, HF_EINPUT, "a malformed proof");
		out->n = i + 1;
	}
	return 0;
}

/* Somebody else wrote it: it must not drive the terminal. */
static const char *
harmless(char out[static 256], const char *s, const char *none)
{
	char *p;

	(void)hf_str_copy(out, 256, s != NULL ? s : none);
	for (p = out; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return out;
}

/* "record 17: open, 2026-11-22 17:00:00 UTC, by ann" */
static void
show(const struct hf_audit_line *l)
{
	json_t *pub = json_loadb((const char *)l->public.p, l->public.n, 0,
	    NULL);
	json_t *per = l->personal.p == NULL ? NULL : json_loadb(
	    (const char *)l->personal.p, l->personal.n, 0, NULL);
	const char *kind = json_string_value(json_object_get(pub, "kind"));
	const char *actor = json_string_value(json_object_get(per, "actor"));
	time_t t = (time_t)(json_integer_value(json_object_get(pub, "at")) /
	    1000000);
	char when[32] = "", a[256], b[256];
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL)
		(void)strftime(when, sizeof when, "%F %T UTC", &tm);
	printf("record %llu: %s, %s, by %s\n", (unsigned long long)l->seq,
	    harmless(a, kind, "?"), when,
	    harmless(b, actor, "somebody who was erased"));
	json_decref(per);
	json_decref(pub);
}

static int
check_one(const json_t *j, const struct hf_checkpoint *c, bool quiet,
    struct hf_err *e)
{
	const char *text = json_string_value(json_object_get(j, "record"));
	const json_t *list = json_object_get(j, "proof");
	struct hf_audit_line l;
	struct hf_proof p;
	hf_hash h;

	if (text == NULL || !json_is_array(list) ||
	    hf_audit_line_get(hf_view_str(text), &l, e) == -1 || l.missing ||
	    get_proof(list, &p, e) == -1 ||
	    hf_audit_line_hash(&l, h, e) == -1)
		return hf_fail(e, HF_EINPUT, "a malformed record");
	if (hf_merkle_check_inclusion(h, l.seq, c->size, &p, c->root, e) == -1)
		return hf_wrap(e, "record %llu", (unsigned long long)l.seq);
	if (!quiet)
		show(&l);
	return 0;
}

static int
check_all(struct hf_run *r, const json_t *j, const struct hf_vkey *key,
    struct hf_err *e)
{
	const char *text, *note, *job;
	struct hf_checkpoint c;
	struct hf_vkey named;
	const json_t *list, *v;
	size_t i;

	/* json_unpack wants to be able to write. */
	if (json_unpack((json_t *)(uintptr_t)j, "{s:s,s:s,s:s,s:o}", "key",
		&text, "checkpoint", &note, "job", &job, "records", &list) ==
		-1 || !json_is_array(list) || json_array_size(list) == 0)
		return hf_fail(e, HF_EINPUT, "not an audit proof");
	if (hf_vkey_parse(&named, text, e) == -1 ||
	    hf_checkpoint_get(hf_view_str(note), key != NULL ? key : &named,
		&c, e) == -1)
		return -1;
	json_array_foreach(list, i, v)
		if (check_one(v, &c, r->json, e) == -1)
			return -1;
	hf_done(r, json_pack("{s:s,s:s,s:I,s:I}", "log", named.name, "job",
	    job, "records", (json_int_t)json_array_size(list), "size",
	    (json_int_t)c.size), "%zu records are in the log %s of %llu "
	    "records%s", json_array_size(list), named.name,
	    (unsigned long long)c.size, key == NULL
	    ? "; whether that log is the right one, only --key tells" : "");
	return HF_EXIT_DONE;
}

int
hf_cmd_audit_check_proof(struct hf_run *r, struct hf_err *e)
{
	const char *key_text = hf_args_get(&r->args, "--key", NULL);
	struct hf_vkey key;
	struct hf_buf b;
	json_t *j = NULL;
	int rc = -1;

	hf_buf_init(&b, PROOF_FILE_MAX);
	if (key_text != NULL && hf_vkey_parse(&key, key_text, e) == -1)
		goto out;
	if (hf_file_read(AT_FDCWD, r->args.words[0], &b, e) == -1)
		goto out;
	j = json_loadb((const char *)b.p, b.n, JSON_REJECT_DUPLICATES, NULL);
	if (j == NULL) {
		hf_fail(e, HF_EINPUT, "not an audit proof");
		goto out;
	}
	rc = check_all(r, j, key_text != NULL ? &key : NULL, e);
	if (rc == -1 && e->code == HF_ETAMPER) {
		fprintf(stderr, "holdfast: %s\n", e->text);
		rc = HF_EXIT_FINDINGS;
	}
out:
	json_decref(j);
	hf_buf_clear(&b);
	return rc;
}
