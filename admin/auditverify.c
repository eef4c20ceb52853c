/* A whole exported audit log: declared in auditfile.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/auditfile.h"
#include "lib/file.h"

#define RANGE_MAX (HF_AUDIT_LEAVES * HF_MERKLE_LEN)

struct walk {
	FILE *f;
	char *line;		/* of getline */
	size_t cap;
	struct hf_view text;	/* the line without its end */
	bool eof;
	struct hf_merkle tree, base;	/* base: at the newest checkpoint */
	hf_hash recent[HF_AUDIT_LEAVES]; /* since then */
	size_t n_recent;
	uint64_t owed;		/* a checkpoint that must stand here, or 0 */
	const char *folder;
	struct hf_checkpoint *seen;	/* by the witness, by size */
	size_t n_seen, at;
	struct hf_verdict *v;
};

#define ULL(x) ((unsigned long long)(x))

/* What is wrong; the first thing found is the verdict. */
static int HF_PRINTF(2, 3)
found(struct walk *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(w->v->finding, sizeof w->v->finding, fmt, ap);
	va_end(ap);
	w->v->sound = false;
	return 0;
}

/* ---- the witness ---- */

static int
by_size(const void *a, const void *b)
{
	const struct hf_checkpoint *x = a, *y = b;

	return x->size < y->size ? -1 : x->size > y->size;
}

static int
add_seen(struct walk *w, int dir, const char *name, struct hf_err *e)
{
	struct hf_checkpoint c, *p;
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, HF_NOTE_MAX);
	if (hf_file_read(dir, name, &b, e) == -1 ||
	    hf_checkpoint_get(hf_buf_view(&b), &w->v->key, &c, e) == -1) {
		hf_wrap(e, "witness %s/%s", w->folder, name);
		goto out;
	}
	p = reallocarray(w->seen, w->n_seen + 1, sizeof *p);
	if (p == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		goto out;
	}
	w->seen = p;
	w->seen[w->n_seen++] = c;
	rc = 0;
out:
	hf_buf_clear(&b);
	return rc;
}

static int
read_witness(struct walk *w, struct hf_err *e)
{
	static const char end[] = ".checkpoint";
	struct dirent *d;
	size_t n;
	DIR *dir;
	int rc = 0;

	if (w->folder == NULL)
		return 0;
	dir = opendir(w->folder);
	if (dir == NULL)
		return hf_fail_sys(e, "witness %s", w->folder);
	while (rc == 0 && (d = readdir(dir)) != NULL) {
		n = strlen(d->d_name);
		if (n > sizeof end && strcmp(d->d_name + n - sizeof end + 1,
		    end) == 0)
			rc = add_seen(w, dirfd(dir), d->d_name, e);
	}
	closedir(dir);
	if (w->n_seen > 0)
		qsort(w->seen, w->n_seen, sizeof *w->seen, by_size);
	return rc;
}

/* The leaves under one checkpoint, where the witness kept them. */
static bool
kept_leaves(const struct walk *w, uint64_t size, struct hf_buf *out)
{
	char path[4096];
	int k;

	if (w->folder == NULL)
		return false;
	k = snprintf(path, sizeof path, "%s/%020llu.leaves", w->folder,
	    ULL(size));
	return k > 0 && (size_t)k < sizeof path &&
	    hf_file_read(AT_FDCWD, path, out, NULL) == 0 &&
	    out->n == w->n_recent * HF_MERKLE_LEN;
}

/* Only what the signed root says is believed. */
static bool
are_the_leaves(const struct walk *w, const struct hf_buf *kept,
    const hf_hash root)
{
	struct hf_merkle m = w->base;
	hf_hash h;
	size_t i;

	for (i = 0; i < w->n_recent; i++)
		hf_merkle_add(&m, kept->p + i * HF_MERKLE_LEN, NULL, NULL);
	hf_merkle_root(&m, h);
	return memcmp(h, root, sizeof h) == 0;
}

/* The tree is another one than what was signed: since which record? */
static int
found_edit(struct walk *w, const struct hf_checkpoint *c, const char *whose)
{
	uint64_t first = w->base.size;
	struct hf_buf kept;
	size_t i = 0;

	hf_buf_init(&kept, RANGE_MAX);
	if (w->n_recent > 0 && kept_leaves(w, c->size, &kept) &&
	    are_the_leaves(w, &kept, c->root))
		while (i < w->n_recent && memcmp(w->recent[i],
		    kept.p + i * HF_MERKLE_LEN, HF_MERKLE_LEN) == 0)
			i++;
	else
		i = w->n_recent;
	hf_buf_clear(&kept);
	if (i < w->n_recent)
		return found(w, "record %llu was edited, and its hash with it: "
		    "the witness has seen another", ULL(first + i));
	return found(w, "one of the records %llu to %llu was edited, and its "
	    "hash with it: %s for %llu records does not fit", ULL(first),
	    ULL(c->size - 1), whose, ULL(c->size));
}

/* After each record: has the witness seen a log of this length? */
static int
ask_witness(struct walk *w)
{
	const struct hf_checkpoint *c;
	hf_hash root;

	if (w->at == w->n_seen || w->seen[w->at].size != w->tree.size)
		return 0;
	c = &w->seen[w->at++];
	hf_merkle_root(&w->tree, root);
	if (memcmp(root, c->root, sizeof root) != 0)
		return found_edit(w, c, "what the witness has");
	w->v->witnessed++;
	w->owed = c->size;
	return 0;
}

/* ---- lines ---- */

/* The next line, or w->eof. */
static int
next(struct walk *w, struct hf_err *e)
{
	ssize_t k;

	errno = 0;
	k = getline(&w->line, &w->cap, w->f);
	if (k == -1) {
		if (ferror(w->f))
			return hf_fail_sys(e, "read the log");
		w->eof = true;
		return 0;
	}
	/* A line that was cut is not taken for whole. */
	if (k > 0 && w->line[k - 1] == '\n')
		k--;
	else
		k = 0;
	w->text = hf_view_of(w->line, k > HF_AUDIT_LINE_MAX ? 0 : (size_t)k);
	return 0;
}

/* Does the record come later, then it was moved. */
static int
found_gap(struct walk *w, uint64_t there, struct hf_err *e)
{
	uint64_t wanted = w->tree.size;
	struct hf_audit_line l;

	while (!w->eof) {
		if (next(w, e) == -1)
			return -1;
		if (!w->eof && hf_audit_line_get(w->text, &l, NULL) == 0 &&
		    l.seq == wanted && !l.missing)
			return found(w, "record %llu was moved: record %llu "
			    "stands in its place", ULL(wanted), ULL(there));
	}
	return found(w, "record %llu is missing: record %llu stands in its "
	    "place", ULL(wanted), ULL(there));
}

static int
on_record(struct walk *w, const struct hf_audit_line *l, struct hf_err *e)
{
	hf_hash h;

	if (w->owed != 0)
		return found(w, "the checkpoint for %llu records is missing, "
		    "which the witness has", ULL(w->owed));
	if (l->seq < w->tree.size)
		return found(w, "record %llu is there twice, or was moved: it "
		    "stands after record %llu", ULL(l->seq),
		    ULL(w->tree.size - 1));
	if (l->seq > w->tree.size)
		return found_gap(w, l->seq, e);
	if (l->missing)
		return found(w, "record %llu is missing: its event was "
		    "deleted", ULL(l->seq));
	if (hf_audit_line_hash(l, h, NULL) == -1 ||
	    memcmp(h, l->said, sizeof h) != 0)
		return found(w, "record %llu was edited", ULL(l->seq));
	if (w->n_recent == HF_AUDIT_LEAVES)
		return found(w, "the checkpoint for at most %llu records is "
		    "missing", ULL(w->tree.size));
	memcpy(w->recent[w->n_recent++], h, sizeof h);
	hf_merkle_add(&w->tree, h, NULL, NULL);
	w->v->records++;
	w->v->erased += l->personal.p == NULL;
	return ask_witness(w);
}

static int
on_checkpoint(struct walk *w, struct hf_view note)
{
	struct hf_checkpoint c;
	struct hf_err why;
	hf_hash root;

	if (hf_checkpoint_get(note, &w->v->key, &c, &why) == -1)
		return found(w, "the checkpoint after %llu records: %s",
		    ULL(w->tree.size), why.text);
	if (c.size != w->tree.size)
		return found(w, "after %llu records stands the checkpoint for "
		    "%llu", ULL(w->tree.size), ULL(c.size));
	if (w->n_recent == 0)
		return found(w, "the checkpoint for %llu records is there "
		    "twice", ULL(c.size));
	hf_merkle_root(&w->tree, root);
	if (memcmp(root, c.root, sizeof root) != 0)
		return found_edit(w, &c, "the signed checkpoint");
	w->base = w->tree;
	w->n_recent = 0;
	w->owed = 0;
	w->v->checkpoints++;
	return 0;
}

/* {"checkpoint":"…"}, as written and not otherwise. */
static int
take_checkpoint(struct walk *w)
{
	json_t *j = json_loadb((const char *)w->text.p, w->text.n,
	    JSON_REJECT_DUPLICATES, NULL);
	const char *note = json_string_value(json_object_get(j,
	    "checkpoint"));
	char *again = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
	int rc;

	if (note == NULL || again == NULL ||
	    !hf_view_equal(hf_view_str(again), w->text))
		rc = found(w, "the line after record %lld is malformed",
		    (long long)w->tree.size - 1);
	else
		rc = on_checkpoint(w, hf_view_str(note));
	free(again);
	json_decref(j);
	return rc;
}

static int
take_head(struct walk *w, const struct hf_vkey *key, struct hf_err *e)
{
	json_t *j;
	const char *name, *text;
	int version, rc = 0;

	if (next(w, e) == -1)
		return -1;
	j = w->eof ? NULL : json_loadb((const char *)w->text.p, w->text.n,
	    JSON_REJECT_DUPLICATES, NULL);
	if (json_unpack(j, "{s:s,s:i,s:s !}", "holdfast", &name, "version",
		&version, "key", &text) == -1 ||
	    strcmp(name, "audit") != 0 || version != 1 ||
	    hf_vkey_parse(&w->v->key, text, e) == -1)
		rc = hf_fail(e, HF_EINPUT,
		    "not an export of an audit log (its first line)");
	else if (key != NULL && (strcmp(key->name, w->v->key.name) != 0 ||
	    memcmp(key->pk, w->v->key.pk, sizeof key->pk) != 0))
		rc = found(w, "the log is of %s, not of %s", w->v->key.name,
		    key->name);
	json_decref(j);
	return rc;
}

static int
on_end(struct walk *w)
{
	if (w->owed != 0)
		return found(w, "the checkpoint for %llu records is missing, "
		    "which the witness has", ULL(w->owed));
	if (w->n_recent > 0)
		return found(w, "the records from %llu on are under no "
		    "checkpoint: the end of the log was cut",
		    ULL(w->base.size));
	if (w->n_seen > 0 && w->seen[w->n_seen - 1].size > w->tree.size)
		return found(w, "the log ends after %llu records and the "
		    "witness has seen %llu: it was cut, rolled back to an "
		    "older backup, or exported before that",
		    ULL(w->tree.size),
		    ULL(w->seen[w->n_seen - 1].size));
	return 0;
}

static int
take_line(struct walk *w, struct hf_err *e)
{
	static const char begin[] = "{\"checkpoint\":";
	struct hf_audit_line l;

	if (w->text.n > sizeof begin && memcmp(w->text.p, begin,
	    sizeof begin - 1) == 0)
		return take_checkpoint(w);
	if (hf_audit_line_get(w->text, &l, NULL) == -1)
		return found(w, "record %llu is malformed",
		    ULL(w->tree.size));
	return on_record(w, &l, e);
}

static int
go(struct walk *w, const struct hf_vkey *key, struct hf_err *e)
{
	if (take_head(w, key, e) == -1)
		return -1;
	if (w->v->sound && read_witness(w, e) == -1)
		return -1;
	while (w->v->sound) {
		if (next(w, e) == -1)
			return -1;
		if (w->eof)
			return on_end(w);
		if (take_line(w, e) == -1)
			return -1;
	}
	return 0;
}

int
hf_audit_verify(FILE *f, const struct hf_vkey *key, const char *witness,
    struct hf_verdict *out, struct hf_err *e)
{
	struct walk *w = calloc(1, sizeof *w);
	int rc;

	if (w == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	memset(out, 0, sizeof *out);
	out->sound = true;
	w->f = f;
	w->folder = witness;
	w->v = out;
	rc = go(w, key, e);
	free(w->line);
	free(w->seen);
	free(w);
	return rc;
}
