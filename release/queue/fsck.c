#include "release/queue/fsck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/keylist.h"
#include "lib/log.h"

#define PIECE 500
#define PIECE_TEXT "500"
#define SLICE_MS 2
#define GENTLE_PAUSE_MS 8
#define LISTED_MAX 100		/* findings named in the answer */
#define MISSING_FEW 10		/* so many may be missing from any spool */

/* What the database says of a file's job. */
enum row { NO_ROW, ROW_HELD, ROW_OUT, ROW_OVER, ROW_DAMAGED };

static const struct {
	const char *state;
	enum row row;
} rows[] = {
	{ "held", ROW_HELD }, { "claimed", ROW_OUT }, { "created", ROW_OUT },
	{ "releasing", ROW_OUT }, { "sent", ROW_OUT },
	{ "uncertain", ROW_OUT }, { "delivered", ROW_OVER },
	{ "cancelled", ROW_OVER }, { "expired", ROW_OVER },
	{ "damaged", ROW_DAMAGED },
};

struct file {
	struct hf_id id;
	enum row row;
};

enum phase { IDLE, ASKING, READING, LOOKING, MENDING };

struct hf_fsck {
	const struct hf_spool *sp;
	int hosts;
	struct hf_store *store;
	struct hf_adopt *adopt;
	struct event *work;	/* low priority */
	enum phase phase;
	bool repair, gentle;
	hf_fsck_fn *fn;
	void *arg;
	struct file *files;	/* of held/, by id */
	size_t n, cap, at;
	struct hf_id *missing;	/* rows without a file */
	size_t n_missing, cap_missing;
	struct hf_id after;	/* of the rows */
	uint64_t n_rows;
	struct hf_sealed_checker *checker;
	int fd;
	uint64_t adopted, removed, damaged, lost;
	json_t *found;
};

static const struct hf_stmt ask_states = { "job_state",
	"SELECT id, state FROM job_state($1::uuid[])", 1 };
static const struct hf_stmt kept = { "job_kept",
	"SELECT id, state FROM job_kept($1::uuid, $2::int)", 2 };
static const struct hf_stmt missing = { "job_missing",
	"SELECT job_missing($1::uuid, $2::text)", 2 };

/* ---- the end ---- */

static void
clear(struct hf_fsck *f)
{
	hf_sealed_checker_free(f->checker);
	f->checker = NULL;
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
	free(f->files);
	free(f->missing);
	f->files = NULL;
	f->missing = NULL;
	f->n = f->cap = f->at = f->n_missing = f->cap_missing = 0;
	json_decref(f->found);
	f->found = NULL;
	f->phase = IDLE;
}

static void
over(struct hf_fsck *f, const struct hf_err *err)
{
	hf_fsck_fn *fn = f->fn;
	json_t *o = NULL;

	if (err != NULL) {
		hf_log_err(HF_WARN, err, "spool not checked");
	} else {
		hf_log(f->removed + f->damaged + f->lost + f->adopted > 0
			? HF_WARN
			: HF_INFO,
		    "spool checked files=%zu rows=%llu without_row=%llu "
		    "finished=%llu damaged=%llu missing=%llu repair=%d",
		    f->n, (unsigned long long)f->n_rows,
		    (unsigned long long)f->adopted,
		    (unsigned long long)f->removed,
		    (unsigned long long)f->damaged,
		    (unsigned long long)f->lost, f->repair);
		o = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:O}",
		    "files", (json_int_t)f->n, "rows", (json_int_t)f->n_rows,
		    "without_row", (json_int_t)f->adopted, "finished",
		    (json_int_t)f->removed, "damaged",
		    (json_int_t)f->damaged, "missing", (json_int_t)f->lost,
		    "repaired", f->repair, "found", f->found);
	}
	f->fn = NULL;
	clear(f);
	if (fn != NULL)
		fn(f->arg, o, err);
	else
		json_decref(o);
}

static void
find(struct hf_fsck *f, const struct hf_id *id, const char *what,
    const char *why)
{
	char text[HF_ID_TEXT];

	hf_id_text(id, text);
	hf_log(HF_WARN, "job %s %s%s%s", text, what, why[0] != '\0' ? ": " : "",
	    why);
	if (json_array_size(f->found) < LISTED_MAX)
		(void)json_array_append_new(f->found,
		    json_pack("{s:s, s:s, s:s}", "job", text, "what", what,
			"why", why));
}

/* ---- what the rows say of the files ---- */

static int
by_id(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct hf_id));
}

static enum row
row_of(const char *state)
{
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].state, state) == 0)
			return rows[i].row;
	return ROW_OUT;		/* a newer program's: leave it alone */
}

static int
ask_piece(struct hf_fsck *f, size_t n, PGresult **r, struct hf_err *e)
{
	char text[PIECE * HF_ID_TEXT + 2], *p = text;
	const char *params[] = { text };
	size_t i;

	for (i = 0; i < n; i++) {
		*p++ = i == 0 ? '{' : ',';
		hf_id_text(&f->files[f->at + i].id, p);
		p += HF_ID_TEXT - 1;
	}
	memcpy(p, "}", 2);
	return hf_store_run(f->store, &ask_states, params, r, e);
}

static int
ask(struct hf_fsck *f, struct hf_err *e)
{
	size_t n = f->n - f->at > PIECE ? PIECE : f->n - f->at;
	struct file *hit;
	struct hf_id id;
	PGresult *r;
	int i;

	if (n == 0) {
		f->at = 0;
		f->phase = READING;
		return 0;
	}
	if (ask_piece(f, n, &r, e) == -1)
		return -1;
	for (i = 0; i < PQntuples(r); i++) {
		if (hf_store_id(r, i, 0, &id, e) == -1)
			continue;
		hit = bsearch(&id, f->files + f->at, n, sizeof *hit, by_id);
		if (hit != NULL)
			hit->row = row_of(hf_db_text(r, i, 1));
	}
	PQclear(r);
	f->at += n;
	return 0;
}

/* ---- files ---- */

static int
tell_missing(struct hf_fsck *f, const struct hf_id *id, const char *why,
    struct hf_err *e)
{
	char text[HF_ID_TEXT];
	const char *params[] = { text, why };
	PGresult *r;

	hf_id_text(id, text);
	if (hf_store_run(f->store, &missing, params, &r, e) == -1)
		return -1;
	PQclear(r);
	return 0;
}

/* A job on its way keeps its file: what opens it finds out by itself. */
static int
not_sound(struct hf_fsck *f, const struct file *file,
    const struct hf_err *why, struct hf_err *e)
{
	f->damaged++;
	find(f, &file->id, "file is not sound", why->text);
	if (!f->repair || file->row == ROW_OUT)
		return 0;
	if (hf_store_event(f->store, "job.quarantined", "alarm", &file->id,
		"{\"reason\": \"its file is not sound\"}", e) == -1 ||
	    tell_missing(f, &file->id, "its file is not sound", e) == -1)
		return -1;
	if (hf_spool_move(f->sp, &file->id, HF_HELD, HF_QUARANTINE, e) == 0)
		return hf_spool_sync(f->sp, HF_HELD, e);
	if (e->code != HF_ECONFLICT)
		return -1;
	return hf_spool_remove(f->sp, HF_HELD, &file->id, e);
}

static void
sound(struct hf_fsck *f, const struct file *file)
{
	if (file->row == NO_ROW || file->row == ROW_DAMAGED) {
		f->adopted++;
		find(f, &file->id, file->row == NO_ROW
			? "file without a row"
			: "file of a damaged job is here and sound", "");
		if (f->repair)
			hf_adopt_push(f->adopt, &file->id, HF_HELD);
	}
}

static bool
is_files_fault(const struct hf_err *e)
{
	return e->code == HF_EINPUT || e->code == HF_ETAMPER ||
	    e->code == HF_ENOTFOUND;
}

/* 1: done with this file. */
static int
begin(struct hf_fsck *f, const struct file *file, struct hf_err *e)
{
	uint8_t host_pk[HF_HOST_PK_LEN];
	struct hf_sealed_header h;
	struct hf_buf header;
	int rc = -1;

	hf_buf_init(&header, HF_HEADER_MAX);
	if (hf_spool_read(f->sp, HF_HELD, &file->id, &f->fd, e) == -1) {
		/* Finished while we read others. */
		rc = e->code == HF_ENOTFOUND ? 1 : -1;
	} else if (hf_sealed_header_read(f->fd, &header, &h, e) == 0) {
		/* A key that is not here says nothing about the file. */
		if (hf_host_pub_load(f->hosts, h.host_id, host_pk, e) == -1)
			e->code = HF_ECONFIG;
		else
			f->checker = hf_sealed_checker_new(f->fd, host_pk, e);
		rc = f->checker == NULL ? -1 : 0;
	}
	hf_buf_clear(&header);
	return rc;
}

static void
next_file(struct hf_fsck *f)
{
	hf_sealed_checker_free(f->checker);
	f->checker = NULL;
	if (f->fd != -1)
		close(f->fd);
	f->fd = -1;
	f->at++;
}

static int
read_on(struct hf_fsck *f, struct hf_err *e)
{
	const struct file *file = &f->files[f->at];
	struct hf_sealed_trailer t;
	struct hf_err why;
	int k, rc = 0;

	if (f->at == f->n) {
		f->phase = LOOKING;
		return 0;
	}
	if (file->row == ROW_OVER) {
		f->removed++;
		find(f, &file->id, "file of a finished job", "");
		if (f->repair)
			rc = hf_spool_remove(f->sp, HF_HELD, &file->id, e);
		f->at++;
		return rc;
	}
	if (f->checker == NULL)
		k = begin(f, file, &why);
	else if ((k = hf_sealed_checker_step(f->checker, &t, &why)) == 1)
		sound(f, file);
	if (k == 0)
		return 0;
	if (k == -1 && is_files_fault(&why))
		rc = not_sound(f, file, &why, e);
	else if (k == -1)
		find(f, &file->id, "file cannot be checked", why.text);
	next_file(f);
	return rc;
}

/* ---- rows ---- */

/* Twice in held/: it may move there while we look. */
static bool
has_file(struct hf_fsck *f, const struct hf_id *id)
{
	static const enum hf_place where[] = { HF_HELD, HF_INCOMING, HF_HELD };
	struct hf_err e;
	size_t i;
	int fd;

	for (i = 0; i < sizeof where / sizeof where[0]; i++) {
		if (hf_spool_read(f->sp, where[i], id, &fd, &e) == 0) {
			close(fd);
			return true;
		}
		if (e.code != HF_ENOTFOUND)
			return true;	/* not readable is not missing */
	}
	return false;
}

static int
remember_missing(struct hf_fsck *f, const struct hf_id *id, struct hf_err *e)
{
	size_t cap = f->cap_missing != 0 ? f->cap_missing * 2 : 64;
	struct hf_id *p;

	if (f->n_missing == f->cap_missing) {
		p = realloc(f->missing, cap * sizeof *p);
		if (p == NULL)
			return hf_fail(e, HF_ENOMEM, "out of memory");
		f->missing = p;
		f->cap_missing = cap;
	}
	f->missing[f->n_missing++] = *id;
	return 0;
}

static int
look_row(struct hf_fsck *f, const PGresult *r, int row, struct hf_err *e)
{
	if (hf_store_id(r, row, 0, &f->after, e) == -1)
		return -1;
	f->n_rows++;
	if (has_file(f, &f->after))
		return 0;
	if (row_of(hf_db_text(r, row, 1)) == ROW_HELD)
		return remember_missing(f, &f->after, e);
	/* Its end may have come in between; a printer decides, not we. */
	hf_log(HF_DEBUG, "a job on its way has no file");
	return 0;
}

static int
look(struct hf_fsck *f, struct hf_err *e)
{
	char after[HF_ID_TEXT];
	const char *params[] = { after, PIECE_TEXT };
	PGresult *r;
	int i, rc = 0;

	hf_id_text(&f->after, after);
	if (hf_store_run(f->store, &kept, params, &r, e) == -1)
		return -1;
	for (i = 0; i < PQntuples(r) && rc == 0; i++)
		rc = look_row(f, r, i, e);
	if (PQntuples(r) == 0) {
		f->at = 0;
		f->phase = MENDING;
	}
	PQclear(r);
	return rc;
}

/* What is missing is said in the end, when it is known how much it is. */
static int
mend(struct hf_fsck *f, struct hf_err *e)
{
	const struct hf_id *id = &f->missing[f->at];

	if (f->at == 0 && f->gentle && f->n_missing > MISSING_FEW &&
	    f->n_missing > f->n_rows / 2) {
		f->repair = false;
		hf_log(HF_ERROR, "%zu of %llu jobs have no file: is the spool "
		    "mounted? holdfast fsck says which", f->n_missing,
		    (unsigned long long)f->n_rows);
		if (hf_store_event(f->store, "spool.missing", "alarm", NULL,
			"{\"reason\": \"most held jobs have no file\"}", e) ==
		    -1)
			return -1;
	}
	if (f->at == f->n_missing)
		return 1;
	f->at++;
	if (has_file(f, id))
		return 0;
	f->lost++;
	find(f, id, "row without a file", "");
	return f->repair ? tell_missing(f, id, "its file is missing", e) : 0;
}

/* ---- one after the other ---- */

/* 1: all done. */
static int
step(struct hf_fsck *f, struct hf_err *e)
{
	switch (f->phase) {
	case ASKING:
		return ask(f, e);
	case READING:
		return read_on(f, e);
	case LOOKING:
		return look(f, e);
	case MENDING:
		return mend(f, e);
	case IDLE:
		break;
	}
	return 1;
}

static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval pause = { .tv_usec = GENTLE_PAUSE_MS * 1000 };
	int64_t until = hf_now_ms() + SLICE_MS;
	struct hf_fsck *f = arg;
	struct hf_err e;
	int k = 0;

	(void)fd;
	(void)what;
	if (f->phase == IDLE)
		return;
	while (k == 0 && hf_now_ms() < until)
		k = step(f, &e);
	if (k != 0)
		over(f, k == -1 ? &e : NULL);
	else if (f->gentle)
		(void)event_add(f->work, &pause);
	else
		event_active(f->work, EV_TIMEOUT, 0);
}

static int
remember(void *arg, const struct hf_id *id, struct hf_err *e)
{
	struct hf_fsck *f = arg;
	size_t cap = f->cap != 0 ? f->cap * 2 : 1024;
	struct file *p;

	if (f->n == f->cap) {
		p = realloc(f->files, cap * sizeof *p);
		if (p == NULL)
			return hf_fail(e, HF_ENOMEM, "out of memory");
		f->files = p;
		f->cap = cap;
	}
	f->files[f->n].id = *id;
	f->files[f->n++].row = NO_ROW;
	return 0;
}

int
hf_fsck_start(struct hf_fsck *f, bool repair, bool gentle, hf_fsck_fn *fn,
    void *arg, struct hf_err *e)
{
	if (f->phase != IDLE)
		return hf_fail(e, HF_ECONFLICT,
		    "the spool is being checked already");
	if (!hf_store_is_up(f->store))
		return hf_fail(e, HF_EAGAIN, "the database is away");
	f->found = json_array();
	if (f->found == NULL ||
	    hf_spool_each(f->sp, HF_HELD, remember, NULL, f, e) == -1) {
		clear(f);
		return -1;
	}
	if (f->n > 0)
		qsort(f->files, f->n, sizeof f->files[0], by_id);
	memset(&f->after, 0, sizeof f->after);
	f->n_rows = f->adopted = f->removed = f->damaged = f->lost = 0;
	f->repair = repair;
	f->gentle = gentle;
	f->fn = fn;
	f->arg = arg;
	f->phase = ASKING;
	event_active(f->work, EV_TIMEOUT, 0);
	return 0;
}

struct hf_fsck *
hf_fsck_new(struct hf_loop *loop, const struct hf_spool *sp, int hosts,
    struct hf_store *store, struct hf_adopt *adopt, struct hf_err *e)
{
	struct hf_fsck *f = calloc(1, sizeof *f);

	if (f != NULL)
		f->work = event_new(loop->base, -1, 0, on_work, f);
	if (f == NULL || f->work == NULL ||
	    event_priority_set(f->work, 1) == -1) {
		if (f != NULL && f->work != NULL)
			event_free(f->work);
		free(f);
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	f->sp = sp;
	f->hosts = hosts;
	f->store = store;
	f->adopt = adopt;
	f->fd = -1;
	return f;
}

void
hf_fsck_free(struct hf_fsck *f)
{
	struct hf_err e;

	if (f == NULL)
		return;
	if (f->phase != IDLE) {
		hf_fail(&e, HF_EAGAIN, "the release service is ending");
		over(f, &e);
	}
	event_free(f->work);
	free(f);
}
