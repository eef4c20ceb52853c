#include "release/queue/audit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#define EVERY_MS 60000
#define LEAVES 1000		/* at most under one checkpoint */
#define PIECE 200		/* numbers given in one statement */
#define NODES (LEAVES / 8 + 64)
#define HEX (2 * HF_MERKLE_LEN)
#define NODE_TEXT (NODES * (HEX + 1) + 3)

/* Where the database says the log stands. */
struct state {
	int64_t pending, leaves;
	struct hf_merkle tree;	/* as of the newest checkpoint */
	char note[HF_NOTE_MAX + 1];
};

struct hf_audit {
	struct hf_store *store;
	struct hf_keyask *key;
	const char *witness;
	struct event *work;	/* low priority */
	int64_t last_ms;	/* of the newest checkpoint, 0: unknown */
	bool busy;		/* numbers are being given, or role key asked */
	bool told;		/* that it cannot be continued */
	struct hf_merkle tree;	/* with the leaves of the coming one */
	struct hf_checkpoint next;
	hf_hash leaves[LEAVES];
	size_t n;
	char levels[NODE_TEXT], ats[NODE_TEXT], nodes[NODE_TEXT];
	size_t n_levels, n_ats, n_nodes;
	/* What the witness does not have yet. */
	struct hf_buf note;
	uint64_t note_size;
	size_t n_told;		/* of leaves: those under the note */
	bool away;
};

static const struct hf_stmt ask_state = { "audit_state",
	"SELECT pending, leaves, size, note, edge FROM audit_state()", 0 };
static const struct hf_stmt sequence = { "audit_sequence",
	"SELECT audit_sequence($1::int)", 1 };
static const struct hf_stmt ask_leaves = { "audit_leaves",
	"SELECT audit_leaves($1::bigint, $2::int)", 2 };
static const struct hf_stmt add_checkpoint = { "checkpoint_add",
	"SELECT checkpoint_add($1::bigint, $2::bytea, $3, $4::bytea, $5, "
	"$6::int[], $7::bigint[], $8::text[])", 8 };

/* ---- the witness ---- */

static void
names(uint64_t size, char note[static 48], char leaves[static 48])
{
	(void)snprintf(note, 48, "%020llu.checkpoint",
	    (unsigned long long)size);
	(void)snprintf(leaves, 48, "%020llu.leaves", (unsigned long long)size);
}

static int
open_witness(const struct hf_audit *a, struct hf_err *e)
{
	int fd = open(a->witness, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		hf_fail_sys(e, "witness %s", a->witness);
	return fd;
}

/* The largest log that the witness has seen. */
static int
witnessed(const struct hf_audit *a, uint64_t *out, struct hf_err *e)
{
	unsigned long long v;
	struct dirent *d;
	int fd, end;
	DIR *dir;

	fd = open_witness(a, e);
	if (fd == -1)
		return -1;
	dir = fdopendir(fd);
	if (dir == NULL) {
		hf_fail_sys(e, "witness %s", a->witness);
		close(fd);
		return -1;
	}
	*out = 0;
	while ((d = readdir(dir)) != NULL) {
		end = 0;
		if (sscanf(d->d_name, "%20llu.checkpoint%n", &v, &end) == 1 &&
		    end > 0 && d->d_name[end] == '\0' && v > *out)
			*out = v;
	}
	closedir(dir);
	return 0;
}

/* Leaves first: where there is a checkpoint its leaves are there. */
static int
tell_witness(struct hf_audit *a, struct hf_err *e)
{
	char note[48], leaves[48];
	int fd, rc = -1;

	fd = open_witness(a, e);
	if (fd == -1)
		return -1;
	names(a->note_size, note, leaves);
	if (a->n_told > 0 &&
	    hf_file_replace(fd, leaves, hf_view_of(a->leaves,
		a->n_told * sizeof a->leaves[0]), 0644, (uid_t)-1, (gid_t)-1, e) ==
		-1)
		goto out;
	if (hf_file_replace(fd, note, hf_buf_view(&a->note), 0644, (uid_t)-1,
		(gid_t)-1, e) == -1)
		goto out;
	rc = 0;
out:
	close(fd);
	return rc;
}

/* One that is away is told later, of the newest checkpoint then. */
static void
try_witness(struct hf_audit *a)
{
	struct hf_err e;

	if (a->witness == NULL || a->note.n == 0)
		return;
	if (tell_witness(a, &e) == 0) {
		hf_buf_reset(&a->note);
		a->away = false;
		return;
	}
	if (!a->away)
		hf_log_err(HF_WARN, &e, "checkpoint not written to the "
		    "witness size=%llu", (unsigned long long)a->note_size);
	a->away = true;
}

/* ---- where it stands ---- */

static int
get_edge(struct hf_merkle *m, uint64_t size, const char *hex,
    struct hf_err *e)
{
	hf_hash edge[64];
	size_t n = strlen(hex) / HEX;

	if (n > 64 || hf_unhex(edge[0], n * HF_MERKLE_LEN, hex, e) == -1)
		return hf_fail(e, HF_EINPUT, "the edge of the newest "
		    "checkpoint is malformed");
	return hf_merkle_load(m, size, (const hf_hash *)edge, n, e);
}

static int
get_state(struct hf_audit *a, struct state *s, struct hf_err *e)
{
	int64_t size;
	PGresult *r;
	int rc = -1;

	if (hf_store_run(a->store, &ask_state, NULL, &r, e) == -1)
		return -1;
	if (PQntuples(r) != 1) {
		hf_fail(e, HF_EINPUT, "the audit log has no head");
		goto out;
	}
	if (hf_db_int(r, 0, 0, &s->pending, e) == -1 ||
	    hf_db_int(r, 0, 1, &s->leaves, e) == -1 ||
	    hf_db_int(r, 0, 2, &size, e) == -1)
		goto out;
	if (size < 0 || !hf_str_copy(s->note, sizeof s->note,
	    hf_db_text(r, 0, 3))) {
		hf_fail(e, HF_EINPUT, "the newest checkpoint is malformed");
		goto out;
	}
	rc = get_edge(&s->tree, (uint64_t)size, hf_db_text(r, 0, 4), e);
out:
	PQclear(r);
	return rc;
}

/* Said once; what follows from it is up to an administrator. */
static void
cannot_continue(struct hf_audit *a, const struct hf_err *why)
{
	struct hf_err e;

	if (a->told)
		return;
	a->told = true;
	hf_log_err(HF_ERROR, why, "the audit log is not signed any more");
	if (hf_store_event(a->store, "audit.refused", "alarm", NULL, "{}",
		&e) == -1)
		hf_log_err(HF_WARN, &e, "that was not recorded");
}

static void
failed(struct hf_audit *a, const struct hf_err *why)
{
	if (why->code == HF_ETAMPER || why->code == HF_EINPUT ||
	    why->code == HF_ECONFLICT)
		cannot_continue(a, why);
	else if (why->code != HF_ENOTFOUND && why->code != HF_EAGAIN)
		hf_log_err(HF_ERROR, why, "no checkpoint");
}

/* A database from before the witness's newest checkpoint is not signed. */
static int
is_behind_witness(struct hf_audit *a, uint64_t size, struct hf_err *e)
{
	uint64_t seen;

	if (a->witness == NULL || witnessed(a, &seen, e) == -1 || seen <= size)
		return 0;	/* one that is away is said when it is told */
	return hf_fail(e, HF_ETAMPER, "the witness has seen %llu records, the "
	    "database has a checkpoint for %llu: a backup was restored, or "
	    "the log was cut", (unsigned long long)seen,
	    (unsigned long long)size);
}

/* ---- one checkpoint ---- */

static void
finish(struct hf_audit *a)
{
	a->busy = false;
}

static int
take_leaves(struct hf_audit *a, const struct state *s, struct hf_err *e)
{
	char from[HF_INT_TEXT], max[HF_INT_TEXT];
	const char *const params[] = { from, max };
	PGresult *r;
	int i, rc = -1;

	hf_int_text(from, (int64_t)s->tree.size);
	hf_int_text(max, LEAVES);
	if (hf_store_run(a->store, &ask_leaves, params, &r, e) == -1)
		return -1;
	a->n = a->n_told = 0;
	for (i = 0; i < PQntuples(r) && a->n < LEAVES; i++)
		if (hf_unhex(a->leaves[a->n++], HF_MERKLE_LEN,
			hf_db_text(r, i, 0), e) == -1)
			goto out;
	rc = 0;
out:
	PQclear(r);
	return rc;
}

static void
put_item(char out[static NODE_TEXT], size_t *n, const char *text)
{
	int k = snprintf(out + *n, NODE_TEXT - *n, "%c%s",
	    *n == 0 ? '{' : ',', text);

	HF_ASSERT(k > 0 && (size_t)k < NODE_TEXT - *n - 2);
	*n += (size_t)k;
}

static void
on_node(void *arg, unsigned level, uint64_t at, const hf_hash h)
{
	char text[HF_INT_TEXT], hex[HEX + 1];
	struct hf_audit *a = arg;

	hf_int_text(text, level);
	put_item(a->levels, &a->n_levels, text);
	hf_int_text(text, (int64_t)at);
	put_item(a->ats, &a->n_ats, text);
	hf_hex(hex, h, HF_MERKLE_LEN);
	put_item(a->nodes, &a->n_nodes, hex);
}

static void
close_list(char *text, size_t n)
{
	memcpy(text + n, n == 0 ? "{}" : "}", n == 0 ? 3 : 2);
}

static void
grow(struct hf_audit *a, const struct state *s)
{
	size_t i;

	a->tree = s->tree;
	a->n_levels = a->n_ats = a->n_nodes = 0;
	for (i = 0; i < a->n; i++)
		hf_merkle_add(&a->tree, a->leaves[i], on_node, a);
	close_list(a->levels, a->n_levels);
	close_list(a->ats, a->n_ats);
	close_list(a->nodes, a->n_nodes);
	a->next.size = a->tree.size;
	hf_merkle_root(&a->tree, a->next.root);
}

static int
store_checkpoint(struct hf_audit *a, const char *vkey, struct hf_err *e)
{
	char size[HF_INT_TEXT], root[HEX + 3], edge[64 * HEX + 3];
	char note[HF_NOTE_MAX + 1];
	const char *const params[] = { size, root, note, edge, vkey, a->levels,
		a->ats, a->nodes };
	hf_hash hashes[64];
	PGresult *r;
	size_t n;

	n = hf_merkle_edge(&a->tree, hashes);
	hf_int_text(size, (int64_t)a->next.size);
	hf_db_bytea(root, a->next.root, HF_MERKLE_LEN);
	hf_db_bytea(edge, hashes[0], n * HF_MERKLE_LEN);
	memcpy(note, a->note.p, a->note.n);
	note[a->note.n] = '\0';
	if (hf_store_run(a->store, &add_checkpoint, params, &r, e) == -1)
		return -1;
	PQclear(r);
	return 0;
}

/* Database first: the witness never knows more than it. */
static void
on_signed(void *arg, struct hf_view body, const struct hf_err *err)
{
	struct hf_audit *a = arg;
	char vkey[HF_VKEY_MAX];
	struct hf_view note;
	struct hf_err e;

	finish(a);
	if (err != NULL) {
		failed(a, err);
		return;
	}
	hf_buf_reset(&a->note);
	if (hf_get_var(&body, HF_NOTE_MAX, &note, &e) == -1 ||
	    hf_get_str(&body, vkey, sizeof vkey, &e) == -1 ||
	    hf_get_end(&body, &e) == -1 ||
	    hf_put_bytes(&a->note, note.p, note.n, &e) == -1 ||
	    store_checkpoint(a, vkey, &e) == -1) {
		/* Whether it was stored is read anew at the next try. */
		hf_buf_reset(&a->note);
		hf_log_err(HF_ERROR, &e, "checkpoint not stored");
		return;
	}
	a->note_size = a->next.size;
	a->n_told = a->n;
	a->last_ms = hf_now_ms();
	hf_log(HF_DEBUG, "checkpoint signed size=%llu",
	    (unsigned long long)a->next.size);
	try_witness(a);
	if (a->n == LEAVES)
		hf_audit_tick(a);
}

static int
ask_key(struct hf_audit *a, struct hf_err *e)
{
	struct hf_proof proof;
	struct state s;

	if (get_state(a, &s, e) == -1 || take_leaves(a, &s, e) == -1)
		return -1;
	if (a->n == 0)
		return hf_fail(e, HF_ENOTFOUND, "no records");
	if (is_behind_witness(a, s.tree.size, e) == -1)
		return -1;
	grow(a, &s);
	hf_merkle_consistency(&s.tree, (const hf_hash *)a->leaves, a->n,
	    &proof);
	return hf_keyask_checkpoint(a->key, hf_view_str(s.note), &a->next,
	    &proof, on_signed, a, e);
}

static void
checkpoint(struct hf_audit *a)
{
	struct hf_err e;

	if (ask_key(a, &e) == 0)
		return;
	finish(a);
	failed(a, &e);
}

/* ---- in time ---- */

/* One piece; then what else has to be done comes first. */
static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	struct hf_audit *a = arg;
	char piece[HF_INT_TEXT];
	const char *const params[] = { piece };
	struct hf_err e;
	int64_t given;
	PGresult *r;

	(void)fd;
	(void)what;
	hf_int_text(piece, PIECE);
	if (hf_store_run(a->store, &sequence, params, &r, &e) == -1)
		goto fail;
	if (hf_db_int(r, 0, 0, &given, &e) == -1) {
		PQclear(r);
		goto fail;
	}
	PQclear(r);
	a->n += (size_t)given;
	if (given == PIECE && a->n < LEAVES)
		event_active(a->work, EV_TIMEOUT, 0);
	else
		checkpoint(a);
	return;
fail:
	finish(a);
	if (e.code != HF_EAGAIN)
		hf_log_err(HF_ERROR, &e, "events not numbered");
}

/* A crash may have come between the database and the witness. */
static void
remind_witness(struct hf_audit *a, const struct state *s)
{
	uint64_t seen;

	a->last_ms = hf_now_ms() - EVERY_MS;
	if (a->witness == NULL || s->note[0] == '\0' ||
	    witnessed(a, &seen, NULL) == -1 || seen >= s->tree.size ||
	    hf_put_bytes(&a->note, s->note, strlen(s->note), NULL) == -1)
		return;
	a->note_size = s->tree.size;
	try_witness(a);
}

void
hf_audit_tick(struct hf_audit *a)
{
	struct state s;
	struct hf_err e;
	int64_t waiting;

	if (a->busy || a->told || !hf_store_is_up(a->store))
		return;
	try_witness(a);
	if (get_state(a, &s, &e) == -1) {
		if (e.code == HF_EINPUT)
			cannot_continue(a, &e);
		return;
	}
	if (a->last_ms == 0)
		remind_witness(a, &s);
	waiting = s.pending + s.leaves - (int64_t)s.tree.size;
	if (waiting == 0 || (waiting < LEAVES &&
		hf_now_ms() - a->last_ms < EVERY_MS))
		return;
	a->busy = true;
	a->n = (size_t)(s.leaves - (int64_t)s.tree.size);
	event_active(a->work, EV_TIMEOUT, 0);
}

struct hf_audit *
hf_audit_new(struct hf_loop *loop, struct hf_store *store,
    struct hf_keyask *key, const char *witness, struct hf_err *e)
{
	struct hf_audit *a = calloc(1, sizeof *a);

	if (a != NULL)
		a->work = event_new(loop->base, -1, 0, on_work, a);
	if (a == NULL || a->work == NULL ||
	    event_priority_set(a->work, 1) == -1) {
		if (a != NULL && a->work != NULL)
			event_free(a->work);
		free(a);
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	hf_buf_init(&a->note, HF_NOTE_MAX);
	a->store = store;
	a->key = key;
	a->witness = witness;
	return a;
}

void
hf_audit_free(struct hf_audit *a)
{
	if (a == NULL)
		return;
	hf_keyask_forget(a->key, a);
	event_free(a->work);
	hf_buf_clear(&a->note);
	free(a);
}
