#include "cups-backend/worker.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cups-backend/conf.h"
#include "cups-backend/keys.h"
#include "cups-backend/status.h"
#include "cups-backend/store.h"
#include "cups-backend/supervise.h"
#include "cups-backend/ticket.h"
#include "lib/priv.h"
#include "lib/sandbox.h"

#define PAUSE_MAX_S 30

/* What an error means to CUPS: doc/intake.md, "Exit codes". */
static const struct {
	enum hf_code code;
	enum hf_exit exit;
	const char *then;
} edge[] = {
	{ HF_EINPUT, HF_EXIT_CANCEL, "the job was cancelled" },
	{ HF_ECONFIG, HF_EXIT_STOP, "the queue is stopped, CUPS keeps the "
				    "job" },
	{ HF_ETAMPER, HF_EXIT_STOP, "the queue is stopped, CUPS keeps the "
				    "job" },
	{ HF_EAGAIN, HF_EXIT_AGAIN, "CUPS keeps the job and tries again" },
	{ HF_EFULL, HF_EXIT_AGAIN, "CUPS keeps the job and tries again" },
};

struct work {
	struct hf_call *call;
	struct hf_intake_conf conf;
	const char *queue;
	struct hf_spool spool;
	int in;			/* the document */
	struct hf_host_key host;
	struct hf_epoch epoch;
	struct hf_envelope env;
	bool clear;		/* keys and spool are in order */
	unsigned left_s;	/* of wait_seconds */
	unsigned pause_s;	/* the next one */
	bool told;		/* that we are waiting, and for `trouble` */
	enum hf_trouble trouble;
};

/* Everything that needs root, and nothing that comes from the user. */
static int
as_root(struct work *w, struct hf_user *user, struct hf_err *e)
{
	struct stat st;

	if (hf_intake_conf_load(w->call->conf, &w->conf, e) == -1 ||
	    hf_ticket_queue(w->call->uri, &w->queue, e) == -1)
		return -1;
	if (!hf_intake_conf_has_queue(&w->conf, w->queue))
		return hf_fail(e, HF_ECONFIG,
		    "the queue %s is not in queues of %s", w->queue,
		    w->call->conf);
	if (hf_user_find(w->conf.user, user, e) == -1 ||
	    hf_spool_open(&w->spool, w->conf.spool, 1u << HF_INCOMING,
		e) == -1)
		return -1;
	if (w->call->file == NULL)
		return 0;
	w->in = open(w->call->file,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (w->in == -1) {
		hf_fail_sys(e, "the document cannot be opened");
		e->code = HF_ECONFLICT;
		return -1;
	}
	if (fstat(w->in, &st) == -1 || !S_ISREG(st.st_mode))
		return hf_fail(e, HF_ECONFLICT,
		    "the document is not a plain file");
	return 0;
}

/* From here on we are hf-intake and can do what sandbox.c lists. */
static int
confine(const struct hf_user *user, struct hf_err *e)
{
	if (geteuid() == 0) {
		if (hf_priv_become(user, NULL, 0, e) == -1)
			goto fail;
	} else if (geteuid() != user->uid) {
		return hf_fail(e, HF_ECONFIG, "the backend must be installed "
		    "with mode 0700, so that cupsd starts it as root");
	} else if (hf_priv_harden(e) == -1) {
		goto fail;
	}
	hf_supervise_bind();
	if (sodium_init() == -1)
		return hf_fail(e, HF_ECONFIG, "libsodium does not start");
	if (hf_sandbox_intake(e) == -1)
		goto fail;
	return 0;
fail:
	e->code = HF_ECONFIG;	/* this host cannot do what we demand */
	return -1;
}

/* False when the patience is used up. */
static bool
pause_for(struct work *w, enum hf_trouble t, const struct hf_err *e)
{
	struct timespec ts;

	if (!w->told || w->trouble != t)
		hf_status_trouble(t, e->text);
	w->told = true;
	w->trouble = t;
	if (w->left_s == 0)
		return false;
	if (w->pause_s > w->left_s)
		w->pause_s = w->left_s;
	ts.tv_sec = w->pause_s;
	ts.tv_nsec = 0;
	(void)nanosleep(&ts, NULL);
	w->left_s -= w->pause_s;
	w->pause_s *= 2;
	if (w->pause_s > PAUSE_MAX_S)
		w->pause_s = PAUSE_MAX_S;
	return true;
}

static bool
is_passing(const struct hf_err *e)
{
	return e->code == HF_EAGAIN || e->code == HF_EFULL;
}

static int
get_key(struct work *w, struct hf_err *e)
{
	while (hf_keys_current(&w->conf, (uint64_t)time(NULL), &w->epoch, e) ==
	    -1) {
		if (e->code == HF_ETAMPER)
			hf_status_trouble(HF_TROUBLE_KEYS_REFUSED, e->text);
		if (!is_passing(e) || !pause_for(w, HF_TROUBLE_KEYS_AWAY, e))
			return -1;
	}
	return 0;
}

void
hf_call_forget(void *arg)
{
	struct hf_call *c = arg;

	explicit_bzero(c->title, strlen(c->title));
	explicit_bzero(c->options, strlen(c->options));
}

static int
get_ticket(struct work *w, struct hf_err *e)
{
	const char *dropped[HF_TICKET_DROPPED_MAX];
	const struct hf_call *c = w->call;
	const struct hf_ticket_in in = {
		.job = c->job,
		.user = c->user,
		.title = c->title,
		.copies = c->copies,
		.options = c->options,
		.queue = w->queue,
		.host = w->conf.host_name,
		.now = (uint64_t)time(NULL),
		.retention_s = w->conf.retention_s,
	};
	size_t i, n;

	if (hf_ticket_fill(&in, &w->env, dropped, &n, e) == -1)
		return -1;
	hf_call_forget(w->call);
	for (i = 0; i < n; i++)
		hf_status_info("The option %s has a value that is not known "
		    "here and was left out", dropped[i]);
	return 0;
}

static bool
is_framed(const struct hf_call *c)
{
	const char *type = c->final_type != NULL ? c->final_type
						 : c->content_type;

	return type != NULL && strcasecmp(type, HF_FRAME_TYPE) == 0;
}

static enum hf_trouble
trouble_of(const struct hf_err *e)
{
	return e->code == HF_EFULL ? HF_TROUBLE_SPOOL_FULL
				   : HF_TROUBLE_SPOOL_AWAY;
}

static int
wait_for_spool(struct work *w, const struct hf_store *st, uint64_t plain,
    struct hf_err *e)
{
	while (hf_store_probe(st, plain, e) == -1)
		if (!is_passing(e) || !pause_for(w, trouble_of(e), e))
			return -1;
	return 0;
}

/*
 * Try until it is stored.  A file can be read again; of a stream what was
 * read is gone: once the spool has room for that much, cupsd starts over.
 */
static int
put_documents(struct work *w, struct hf_source *s, size_t *n, struct hf_err *e)
{
	const struct hf_store st = {
		.spool = &w->spool,
		.host = &w->host,
		.release_pk = w->epoch.pk,
		.max_document = w->conf.max_document,
		.reserve = w->conf.reserve,
	};
	const struct hf_call *c = w->call;
	const bool framed = is_framed(c);
	struct hf_err later;
	struct stat file;
	uint64_t plain = 0;
	bool gone;

	if (fstat(w->in, &file) == 0 && S_ISREG(file.st_mode))
		plain = (uint64_t)file.st_size;
	if (!framed && plain > st.max_document)
		return hf_store_too_big(&st, e);
	if (wait_for_spool(w, &st, plain, e) == -1)
		return -1;
	w->clear = true;
	for (;;) {
		hf_source_init(s, w->in, framed, c->content_type);
		if (hf_store_job(&st, s, &w->env, n, e) == 0)
			return 0;
		/*
		 * A stream comes again only with another run of the backend,
		 * and nobody knows its length: wait here for more room than
		 * it took, or CUPS would run us again without a pause.
		 */
		gone = s->begun && lseek(w->in, 0, SEEK_SET) == -1;
		if (!is_passing(e) || !pause_for(w, trouble_of(e), e) ||
		    wait_for_spool(w, &st, gone ? 2 * s->taken : s->taken,
		    &later) == -1 || gone)
			return -1;
	}
}

static int
put_job(struct work *w, size_t *n, struct hf_err *e)
{
	struct hf_source *s = calloc(1, sizeof *s);
	int rc;

	if (s == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	rc = put_documents(w, s, n, e);
	hf_source_clear(s);
	free(s);
	return rc;
}

static int
work(struct work *w, size_t *n, struct hf_err *e)
{
	struct hf_user user;

	if (as_root(w, &user, e) == -1 || confine(&user, e) == -1)
		return -1;
	w->left_s = w->conf.wait_s;
	w->pause_s = 1;
	if (get_ticket(w, e) == -1)
		return -1;
	/*
	 * Without frames nobody can tell two documents from one, or a crashed
	 * filter from the end: not something to promise anything about.
	 */
	if (w->call->file == NULL && !is_framed(w->call))
		return hf_fail(e, HF_EINPUT, "several documents in one job, or "
		    "compressed ones, need a queue with the Holdfast PPD");
	if (hf_host_key_load(w->conf.host_key, &w->host, e) == -1) {
		e->code = HF_ECONFIG;
		return -1;
	}
	if (get_key(w, e) == -1)
		return -1;
	return put_job(w, n, e);
}

static enum hf_exit
judge(const struct hf_err *e)
{
	size_t i;

	for (i = 0; i < sizeof edge / sizeof edge[0]; i++) {
		if (edge[i].code != e->code)
			continue;
		if (e->code == HF_ECONFIG)
			hf_status_trouble(HF_TROUBLE_CONFIG, e->text);
		hf_status_error("%s; %s", e->text, edge[i].then);
		return edge[i].exit;
	}
	/* What nobody foresaw is not to be tried again by itself. */
	hf_status_error("%s; the job is held in CUPS", e->text);
	return HF_EXIT_HOLD;
}

/* Costs cupsd a write of printers.conf, so only if need be. */
static void
all_clear(const struct work *w)
{
	if (w->told || w->call->reasons == NULL ||
	    hf_status_is_trouble(w->call->reasons))
		hf_status_clear();
}

int
hf_worker(void *arg)
{
	struct work w;
	struct hf_err e;
	enum hf_exit rc;
	size_t n;

	memset(&w, 0, sizeof w);
	w.call = arg;
	w.in = STDIN_FILENO;
	hf_priv_close_from(STDERR_FILENO + 1);	/* cupsd's channels */
	if (work(&w, &n, &e) == 0) {
		all_clear(&w);
		hf_status_info(n == 1 ? "Held for release"
				      : "Held for release: %zu documents", n);
		rc = HF_EXIT_OK;
	} else {
		if (w.clear && e.code == HF_EINPUT)
			all_clear(&w);
		rc = judge(&e);
	}
	explicit_bzero(&w.host, sizeof w.host);
	hf_envelope_clear(&w.env);
	return rc;
}
