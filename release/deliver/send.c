#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "release/deliver/attempt.h"

/* From DELIVER until the printer owns the document: doc/release-protocol.md, 2 to 7. */

#define VERIFY_CHUNKS 16	/* 1 MiB of a document before others get a turn */
#define FRESH_MS 1000		/* a printer that said it is ready is believed */
#define BUSY_FIRST_MS 50
#define BUSY_MOST_MS 1000
#define BUSY_END_MS (10 * 60 * 1000)
#define TRIES 3			/* to get Send-Document out */
#define TICK_MS 500		/* while a document is on its way */
#define ASIDE_AFTER_MS 1500	/* … ask for the job after this long */
#define ASIDE_EVERY_MS 2000
#define ENDED_MS 5000		/* terminal, and yet takes no more bytes */
#define SILENT_MS (60 * 1000)	/* neither takes bytes nor answers */
#define STALLED_MS (10 * 60 * 1000) /* takes no bytes and gives no reason */

static void
give_back(struct hf_attempt *a, const char *text)
{
	hf_attempt_finish(a, HF_OUT_HELD, text);
}

/* ---------------------------------------------------------- VERIFY ------ */

/* A document that does not open is damaged; all else leaves it held. */
static void
not_opened(struct hf_attempt *a, const struct hf_err *e)
{
	hf_log_err(HF_ERROR, e, "attempt %llu: document not opened",
	    (unsigned long long)a->id);
	if (e->code == HF_ETAMPER || e->code == HF_EINPUT)
		hf_attempt_finish(a, HF_OUT_DAMAGED,
		    "the stored document is damaged");
	else
		give_back(a, e->text);
}

void
hf_enter_verify(struct hf_attempt *a)
{
	uint8_t key[HF_FILE_KEY_LEN];
	struct hf_err e;

	if (crypto_box_seal_open(key, a->order.sealed_key,
	    sizeof a->order.sealed_key, a->work->pk, a->work->sk) != 0) {
		give_back(a, "the document's key was for somebody else");
		return;
	}
	a->doc = hf_unsealer_new(a->fd, key, &e);
	sodium_memzero(key, sizeof key);
	sodium_memzero(a->order.sealed_key, sizeof a->order.sealed_key);
	if (a->doc == NULL)
		not_opened(a, &e);
	else
		hf_timer_verify(a);
}

/* Some chunks at a time, so that a large document does not make us deaf. */
void
hf_timer_verify(struct hf_attempt *a)
{
	struct hf_view chunk;
	struct hf_err e;
	int i;

	for (i = 0; i < VERIFY_CHUNKS; i++) {
		if (hf_unsealer_next(a->doc, &chunk, &e) == -1) {
			not_opened(a, &e);
			return;
		}
		if (chunk.n == 0) {
			if (hf_unsealer_rewind(a->doc, &e) == -1)
				not_opened(a, &e);
			else
				hf_attempt_go(a, HF_CHECK);
			return;
		}
	}
	hf_attempt_timer(a, 0);
}

/* ----------------------------------------------------------- CHECK ------ */

static void
checked(struct hf_attempt *a)
{
	struct hf_printer *p = a->work->printer;
	struct hf_view attrs = hf_printer_attrs(p);
	char text[HF_TEXT_MAX];

	if (!hf_printer_is_ready(p, text, sizeof text)) {
		give_back(a, text);
		return;
	}
	if (hf_attrs_have(attrs, "document-format-supported") &&
	    !hf_attrs_have_str(attrs, "document-format-supported",
	        a->order.format)) {
		snprintf(text, sizeof text, "printer %s does not take %s",
		    hf_printer_row(p)->name, a->order.format);
		give_back(a, text);
		return;
	}
	a->ticket.hold = hf_printer_state(p)->held_commit;
	a->up_time = (uint32_t)hf_printer_state(p)->up_time;
	hf_attempt_go(a, HF_VALIDATE);
}

static void
check_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;

	a->op = NULL;
	if (r->rc == -1)
		give_back(a, r->err.text);
	else
		checked(a);
}

void
hf_enter_check(struct hf_attempt *a)
{
	struct hf_printer *p = a->work->printer;
	char text[HF_TEXT_MAX];
	struct hf_err e;

	/* One that was not ready may have been repaired this moment. */
	if (hf_printer_age_ms(p) < FRESH_MS &&
	    hf_printer_is_ready(p, text, sizeof text)) {
		checked(a);
		return;
	}
	a->op = hf_printer_look(p, check_done, a, &e);
	if (a->op == NULL)
		hf_attempt_stuck(a, &e);
}

/* ----------------------------------------- VALIDATE, CREATE, BUSY ------ */

static bool
is_busy(uint16_t status)
{
	return status == HF_IPP_BUSY || status == HF_IPP_TOO_MANY_JOBS ||
	    status == HF_IPP_TEMPORARY || status == HF_IPP_UNAVAILABLE;
}

/* The printer said no; keep its own words if it has any. */
static void
refused(struct hf_attempt *a, const struct hf_ipp_result *r)
{
	const char *name = hf_printer_row(a->work->printer)->name;
	const char *word = hf_ipp_status_name(r->status);
	char text[HF_TEXT_MAX];

	if (r->status == HF_IPP_FORMAT)
		snprintf(text, sizeof text, "printer %s does not take %s",
		    name, a->order.format);
	else if (r->text[0] != '\0')
		snprintf(text, sizeof text, "printer %s refuses the job: %.150s",
		    name, r->text);
	else if (word != NULL)
		snprintf(text, sizeof text, "printer %s refuses the job (%s)",
		    name, word);
	else
		snprintf(text, sizeof text,
		    "printer %s refuses the job (IPP status %04x)", name,
		    r->status);
	give_back(a, text);
}

static struct hf_op *
job_op(struct hf_attempt *a, enum hf_ipp_op what, hf_op_fn *fn,
    struct hf_err *e)
{
	struct hf_printer *p = a->work->printer;
	struct hf_op *op = hf_op_new(p, fn, a, e);
	struct hf_request r;

	if (op == NULL)
		return NULL;
	r = hf_op_request(op);
	if (hf_request_job(hf_op_buf(op), &r, what, &a->order,
	    hf_printer_attrs(p), &a->ticket, e) == -1) {
		hf_op_discard(op);
		return NULL;
	}
	return op;
}

static void
validate_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;

	a->op = NULL;
	if (r->rc == -1)
		give_back(a, r->err.text);
	else if (hf_ipp_is_ok(&r->ipp) || r->ipp.status == HF_IPP_NO_SUCH_OP)
		hf_attempt_go(a, HF_CREATE);
	else if (is_busy(r->ipp.status))
		hf_attempt_go(a, HF_BUSY);
	else if ((r->ipp.status == HF_IPP_ATTRIBUTES ||
	    r->ipp.status == HF_IPP_CONFLICTING) && !a->ticket.bare) {
		a->ticket.bare = true;
		hf_attempt_go(a, HF_VALIDATE);
	} else
		refused(a, &r->ipp);
}

void
hf_enter_validate(struct hf_attempt *a)
{
	struct hf_err e;

	a->op = job_op(a, HF_IPP_VALIDATE_JOB, validate_done, &e);
	if (a->op == NULL)
		hf_attempt_stuck(a, &e);
	else
		hf_op_start(a->op, true);
}

static void
created(struct hf_attempt *a, const struct hf_result *r)
{
	struct hf_job j;

	if (!hf_job_first(r->body, &j)) {
		hf_attempt_why(a, "the printer did not say which job it made");
		hf_attempt_go(a, HF_FIND);
		return;
	}
	a->job_id = j.id;
	a->via = r->over;
	memcpy(a->job_uuid, j.uuid, sizeof a->job_uuid);
	if (a->cut)
		hf_attempt_go(a, HF_ABANDON);
	else
		hf_attempt_tell(a, HF_ATTEMPT_CREATED);
}

static void
create_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;

	a->op = NULL;
	if (r->rc == 0 && hf_ipp_is_ok(&r->ipp)) {
		created(a, r);
	} else if (a->cut) {
		hf_attempt_end(a);
	} else if (r->rc == -1 && r->sent == HF_SENT_NOTHING) {
		give_back(a, r->err.text);
	} else if (r->rc == -1) {
		/* It may have been made: nothing is printed from it yet. */
		hf_attempt_why(a, r->err.text);
		hf_attempt_go(a, HF_FIND);
	} else if (is_busy(r->ipp.status)) {
		hf_attempt_go(a, HF_BUSY);
	} else {
		refused(a, &r->ipp);
	}
}

void
hf_enter_create(struct hf_attempt *a)
{
	struct hf_err e;

	a->op = job_op(a, HF_IPP_CREATE_JOB, create_done, &e);
	if (a->op == NULL)
		hf_attempt_stuck(a, &e);
	else
		hf_op_start(a->op, false);
}

void
hf_enter_busy(struct hf_attempt *a)
{
	uint64_t now = hf_now_ms();
	char text[HF_TEXT_MAX];

	if (a->busy_ms == 0) {
		a->busy_ms = now;
		a->interval_ms = BUSY_FIRST_MS;
	} else if (now - a->busy_ms > BUSY_END_MS) {
		snprintf(text, sizeof text, "printer %s is busy",
		    hf_printer_row(a->work->printer)->name);
		give_back(a, text);
		return;
	}
	hf_attempt_timer(a, a->interval_ms);
	a->interval_ms = a->interval_ms * 3 / 2;
	if (a->interval_ms > BUSY_MOST_MS)
		a->interval_ms = BUSY_MOST_MS;
}

void
hf_timer_busy(struct hf_attempt *a)
{
	hf_attempt_go(a, HF_CHECK);
}

/* --------------------------------------------------- CONFIRM, SEND ------ */

static void
confirm_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;
	struct hf_job j;

	a->op = NULL;
	if (r->rc == 0 && hf_ipp_is_ok(&r->ipp) &&
	    hf_job_first(r->body, &j) &&
	    hf_job_is_ours(&j, a->job_uuid, a->order.token)) {
		a->via = r->over;
		hf_attempt_go(a, HF_SEND);
		return;
	}
	hf_attempt_why(a, r->rc == -1 ? r->err.text
	                              : "the printer has lost the job");
	hf_attempt_go(a, HF_WATCH);
}

/*
 * The connection that brought the job-id is gone, perhaps with the printer
 * itself: then that number may be somebody else's job now.
 */
void
hf_enter_confirm(struct hf_attempt *a)
{
	struct hf_err e;

	a->op = hf_watch_look(a, confirm_done, &e);
	if (a->op == NULL)
		hf_attempt_stuck(a, &e);
}

static void
send_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;
	bool whole = r->sent == HF_SENT_ALL;

	a->bytes = hf_op_document_sent(a->op);
	a->op = NULL;
	if (r->sent == HF_SENT_NOTHING && ++a->tries < TRIES) {
		hf_attempt_go(a, HF_CONFIRM);
		return;
	}
	a->out = a->out || r->sent != HF_SENT_NOTHING;
	hf_attempt_drop_document(a);
	if (r->rc == 0 && hf_ipp_is_ok(&r->ipp) && whole) {
		hf_attempt_tell(a, a->ticket.hold ? HF_ATTEMPT_RELEASING
		                                  : HF_ATTEMPT_SENT);
		return;
	}
	if (r->rc == -1)
		hf_attempt_why(a, r->err.text);
	else
		hf_attempt_why(a, r->ipp.text[0] != '\0' ? r->ipp.text
		    : "the printer did not take the whole document");
	hf_attempt_go(a, HF_WATCH);
}

void
hf_enter_send(struct hf_attempt *a)
{
	struct hf_op *op;
	struct hf_request r;
	struct hf_err e;

	op = hf_op_new(a->work->printer, send_done, a, &e);
	if (op == NULL)
		goto fail;
	r = hf_op_request(op);
	if (hf_request_send(hf_op_buf(op), &r, a->job_id, a->order.format,
	    &e) == -1) {
		hf_op_discard(op);
		goto fail;
	}
	a->op = op;
	a->seen_ms = a->moved_ms = hf_now_ms();
	hf_op_start_document(op, a->doc, a->via);
	hf_attempt_timer(a, TICK_MS);
	return;
fail:
	hf_attempt_why(a, e.text);
	hf_attempt_go(a, HF_WATCH);
}

/* Why the document should be given up now, or NULL. */
static const char *
give_up(const struct hf_attempt *a, uint64_t now)
{
	const struct hf_state *s = hf_printer_state(a->work->printer);
	uint64_t still = now - a->moved_ms;

	if (a->ended_ms != 0 && now - a->ended_ms > ENDED_MS &&
	    still > ENDED_MS)
		return "the printer ended the job by itself";
	if (still > SILENT_MS && now - a->seen_ms > SILENT_MS)
		return "the printer no longer answers";
	if (still > STALLED_MS && !s->stopping_reason)
		return "the printer takes no more of the document";
	return NULL;
}

/*
 * A document that does not move is no error by itself: a printer out of paper
 * stops reading until somebody fills it.  So the job is looked at beside.
 */
void
hf_timer_send(struct hf_attempt *a)
{
	uint64_t now = hf_now_ms(), sent = hf_op_document_sent(a->op);
	const char *why;

	if (sent != a->bytes)
		a->moved_ms = now;
	a->bytes = sent;
	why = give_up(a, now);
	if (why != NULL) {
		hf_attempt_why(a, why);
		a->out = a->out || hf_op_sent(a->op) != HF_SENT_NOTHING;
		hf_op_drop(a->op);
		a->op = NULL;
		hf_attempt_drop_document(a);
		hf_attempt_go(a, HF_WATCH);
		return;
	}
	if (now - a->phase_ms > ASIDE_AFTER_MS && a->side == NULL &&
	    now - a->aside_ms > ASIDE_EVERY_MS) {
		a->aside_ms = now;
		hf_watch_aside(a);
	}
	hf_attempt_timer(a, TICK_MS);
}

/* --------------------------------------------------------- RELEASE ------ */

static void
release_done(void *arg, const struct hf_result *r)
{
	struct hf_attempt *a = arg;

	a->op = NULL;
	a->tries++;
	a->released = r->rc == 0 && hf_ipp_is_ok(&r->ipp);
	if (r->rc == -1)
		hf_attempt_why(a, r->err.text);
	else if (!a->released)
		hf_attempt_why(a, "the printer did not release the job");
	/* Whatever it said: what the job is now decides. */
	hf_attempt_go(a, HF_WATCH);
}

void
hf_enter_release(struct hf_attempt *a)
{
	struct hf_op *op;
	struct hf_request r;
	struct hf_err e;

	op = hf_op_new(a->work->printer, release_done, a, &e);
	if (op == NULL) {
		hf_attempt_stuck(a, &e);
		return;
	}
	r = hf_op_request(op);
	if (hf_request_control(hf_op_buf(op), &r, HF_IPP_RELEASE_JOB,
	    a->job_id, &e) == -1) {
		hf_op_discard(op);
		hf_attempt_stuck(a, &e);
		return;
	}
	a->op = op;
	hf_op_start_over(op, a->via);
}
