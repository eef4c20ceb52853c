#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "release/deliver/attempt.h"

/*
 * From DELIVER to a printer job without a document: doc/release-protocol.md,
 * 2 to 5.  Whatever goes wrong here leaves the document held.
 */

#define VERIFY_CHUNKS 16	/* 1 MiB of a document before others get a turn */
#define FRESH_MS 1000		/* a printer that said it is ready is believed */
#define BUSY_FIRST_MS 50
#define BUSY_MOST_MS 1000
#define BUSY_END_MS (10 * 60 * 1000)

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
	struct hf_op *op = hf_op_new(hf_printer_ops(p), fn, a, e);
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
		hf_str_copy(a->text, sizeof a->text, "printer is busy");
		hf_attempt_beat(a);
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
