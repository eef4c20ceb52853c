#include "release/queue/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "release/queue/decide.h"

#define ANSWER_MS 10000
#define VISITS_MAX 1024
#define DELIVER_QUEUE 64	/* attempts in a deliver process at a time */

static const char away[] = "The release service cannot reach its database: "
			   "your documents are safe, try again in a minute";
static const char unusable[] = "This printer cannot be used at the moment";

struct hf_visit {
	TAILQ_ENTRY(hf_visit) link;
	struct hf_visits *owner;
	struct hf_pending reply;
	struct event *timer;
	struct hf_reader *reader;
	struct hf_id printer_id;
	struct hf_printer *printer;	/* NULL until it is looked at */
	enum { PROBE_NONE, PROBE_ASKED, PROBE_READY, PROBE_REFUSED } probe;
	char words[HF_WORDS];		/* of a printer that is not ready */
	char printer_name[128];
	char person[256];
	char display[256];
	char badge[HF_ID_TEXT];		/* "" if unknown */
	bool busy;			/* attempts are being started */
	unsigned claimed;		/* jobs; 0 before the claim */
	unsigned accepted;
	unsigned failed;
	enum hf_tap_result blame;	/* of the first that failed */
	char why[HF_WORDS];
};

struct hf_visits {
	struct hf_loop *loop;
	struct hf_store *store;
	struct hf_keyask *key;
	struct hf_readers *readers;
	struct hf_printers *printers;
	struct hf_attempts *attempts;
	TAILQ_HEAD(, hf_visit) list;
	size_t n;
	struct hf_buf out;
};

static const struct hf_stmt look_up = { "tap_lookup",
	"SELECT reader_ok, bound, printer_name, printer_ok, min_class, "
	"waiver, badge, badge_revoked, person, display, person_disabled, "
	"held, uncertain, pending_enrolment "
	"FROM tap_lookup($1::uuid, $2::uuid, $3::bytea)",
	3 };
static const struct hf_stmt enrol = { "tap_enrol",
	"SELECT tap_enrol($1::uuid, $2::bytea, $3::int)", 3 };
static const struct hf_stmt record = { "tap_record",
	"SELECT tap_record($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text)",
	5 };
static const struct hf_stmt claim = { "job_claim",
	"SELECT job, attempt, fence, token FROM job_claim($1::text, "
	"$2::uuid, $3::uuid, $4::uuid, $5::int)",
	5 };

/* Text that does not fit ends at a whole character. */
static void
copy_text(char *out, size_t size, const char *s)
{
	size_t n;

	if (hf_str_copy(out, size, s))
		return;
	n = strlen(out);
	while (n > 0 && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
		n--;
	if (n > 0 && (unsigned char)out[n - 1] >= 0xc0)
		n--;
	out[n] = '\0';
}

/* ---- the answer ---- */

static void
destroy(struct hf_visit *v)
{
	hf_keyask_forget(v->owner->key, v);
	if (v->printer != NULL) {
		hf_printer_forget(v->printer, v);
		hf_attempts_forget(v->printer, v);
	}
	hf_pending_drop(&v->reply);
	TAILQ_REMOVE(&v->owner->list, v, link);
	v->owner->n--;
	event_free(v->timer);
	free(v);
}

/* A tap that released nothing leaves an event too; the answer goes first. */
static void
record_tap(struct hf_visit *v, enum hf_tap_result result)
{
	char reader[HF_ID_TEXT], printer[HF_ID_TEXT];
	const char *params[] = { reader, printer,
		v->badge[0] != '\0' ? v->badge : NULL,
		hf_tap_result_name(result), v->person };
	struct hf_err e;
	PGresult *r;

	hf_id_text(&v->reader->id, reader);
	hf_id_text(&v->printer_id, printer);
	if (hf_store_run(v->owner->store, &record, params, &r, &e) == -1) {
		if (e.code != HF_EAGAIN)
			hf_log_err(HF_WARN, &e, "tap not recorded");
		return;
	}
	PQclear(r);
}

/* The end of the visit: it does not exist afterwards. */
static void
answer(struct hf_visit *v, enum hf_tap_result result, unsigned jobs,
    const char *words)
{
	uint8_t nonce[HF_NONCE_LEN];
	char reader[HF_ID_TEXT];
	const struct hf_m_tapped t = { .result = result,
		.jobs = jobs,
		.printer = v->printer_name,
		.person = v->display[0] != '\0' ? v->display : v->person,
		.words = words,
		.nonce = nonce };
	struct hf_err e;

	hf_nonce_issue(&v->reader->nonces, hf_now_ms(), nonce);
	if (hf_tapped_put(&v->owner->out, v->reply.seq, &t, &e) == 0)
		hf_pending_send(&v->reply, &v->owner->out);
	hf_id_text(&v->reader->id, reader);
	hf_log(HF_INFO, "tap answered result=%s jobs=%u printer=%s reader=%s",
	    hf_tap_result_name(result), jobs, v->printer_name, reader);
	if (result != HF_TAP_RELEASED && result != HF_TAP_RELEASING &&
	    result != HF_TAP_ENROLLED)
		record_tap(v, result);
	destroy(v);
}

static void
answer_released(struct hf_visit *v)
{
	char words[64 + HF_WORDS], line[HF_WORDS];
	unsigned left = v->claimed - v->accepted;

	if (left > 0)
		snprintf(words, sizeof words, "%u printed, %u not: %s",
		    v->accepted, left, v->why);
	else if (v->accepted == 1)
		snprintf(words, sizeof words, "Your document is printed");
	else
		snprintf(words, sizeof words, "%u documents are printed",
		    v->accepted);
	copy_text(line, sizeof line, words);
	answer(v, HF_TAP_RELEASED, v->accepted, line);
}

/* Anything to say yet?  Not before each of the jobs has had its answer. */
static void
evaluate(struct hf_visit *v)
{
	if (v->busy || v->claimed == 0 ||
	    v->accepted + v->failed < v->claimed)
		return;
	if (v->accepted > 0)
		answer_released(v);
	else
		answer(v, v->blame, 0, v->why);
}

static void
on_accepted(void *waiter)
{
	struct hf_visit *v = waiter;

	v->accepted++;
	evaluate(v);
}

static void
on_failed(void *waiter, enum hf_tap_result blame, const char *words)
{
	struct hf_visit *v = waiter;

	if (v->failed++ == 0) {
		v->blame = blame;
		(void)hf_str_copy(v->why, sizeof v->why,
		    words[0] != '\0' ? words : unusable);
	}
	evaluate(v);
}

const struct hf_attempt_ops hf_visit_attempt_ops = { on_accepted, on_failed };

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hf_visit *v = arg;

	(void)fd;
	(void)what;
	if (v->claimed == 0)
		answer(v, HF_TAP_UNAVAILABLE, 0,
		    "The release service is too busy: try again");
	else
		answer(v, HF_TAP_RELEASING, v->claimed - v->failed,
		    "Your documents are on their way to the printer");
}

/* ---- the printer ---- */

static void
on_state(void *arg, const struct hf_m_state *st, const struct hf_err *err)
{
	struct hf_visit *v = arg;

	if (err == NULL && st->ready) {
		v->probe = PROBE_READY;
		if (v->claimed > 0)
			hf_attempts_go(v->printer, v);
		return;
	}
	v->probe = PROBE_REFUSED;
	(void)hf_str_copy(v->words, sizeof v->words,
	    err != NULL || st->words[0] == '\0' ? unusable : st->words);
	if (v->claimed > 0) {
		v->busy = true;	/* one answer, when all are refused */
		hf_attempts_refuse(v->printer, v, v->words);
		v->busy = false;
		evaluate(v);
	}
}

/* Look at the printer: in time for the answer it must be now. */
static void
probe(struct hf_visit *v)
{
	struct hf_err e;

	if (v->probe != PROBE_NONE)
		return;
	v->printer = hf_printer_get(v->owner->printers, &v->printer_id, &e);
	if (v->printer == NULL)
		return;
	(void)hf_str_copy(v->printer_name, sizeof v->printer_name,
	    v->printer->name);
	v->probe = PROBE_ASKED;
	if (hf_printer_probe(v->printer, on_state, v, &e) == -1) {
		hf_log_err(HF_WARN, &e, "printer %s not looked at",
		    v->printer->name);
		v->probe = PROBE_REFUSED;
		(void)hf_str_copy(v->words, sizeof v->words, unusable);
	}
}

/* ---- the jobs ---- */

static int
start_row(struct hf_visit *v, const PGresult *r, int row, struct hf_err *e)
{
	struct hf_claim c = { .person = v->person };
	int64_t attempt, fence;

	if (hf_store_id(r, row, 0, &c.job, e) == -1 ||
	    hf_db_int(r, row, 1, &attempt, e) == -1 ||
	    hf_db_int(r, row, 2, &fence, e) == -1)
		return -1;
	c.attempt = (uint64_t)attempt;
	c.fence = (uint64_t)fence;
	c.token = hf_db_text(r, row, 3);
	hf_attempt_start(v->owner->attempts, v->printer, &c, v);
	return 0;
}

/* Intent is committed; now the documents may be opened. */
static void
start_all(struct hf_visit *v, const PGresult *r)
{
	struct hf_err e;
	int i;

	v->busy = true;
	v->claimed = (unsigned)PQntuples(r);
	for (i = 0; i < PQntuples(r); i++)
		if (start_row(v, r, i, &e) == -1) {
			hf_log_err(HF_ERROR, &e, "a claim is not understood");
			on_failed(v, HF_TAP_UNAVAILABLE,
			    "The release service has a fault");
		}
	if (v->probe == PROBE_READY)
		hf_attempts_go(v->printer, v);
	else if (v->probe == PROBE_REFUSED)
		hf_attempts_refuse(v->printer, v, v->words);
	v->busy = false;
	evaluate(v);
}

static void
release(struct hf_visit *v)
{
	char reader[HF_ID_TEXT], printer[HF_ID_TEXT], max[HF_INT_TEXT];
	const char *params[] = { v->person, printer, reader, v->badge, max };
	struct hf_err e;
	PGresult *r;

	probe(v);
	if (v->printer == NULL || v->probe == PROBE_REFUSED) {
		answer(v, HF_TAP_PRINTER, 0,
		    v->words[0] != '\0' ? v->words : unusable);
		return;
	}
	if (v->printer->n_attempts >= DELIVER_QUEUE) {
		answer(v, HF_TAP_PRINTER, 0,
		    "This printer has too much to do: try again later");
		return;
	}
	hf_id_text(&v->reader->id, reader);
	hf_id_text(&v->printer_id, printer);
	hf_int_text(max, (int64_t)(DELIVER_QUEUE - v->printer->n_attempts));
	if (hf_store_run(v->owner->store, &claim, params, &r, &e) == -1) {
		hf_log_err(HF_WARN, &e, "jobs not claimed");
		if (e.code == HF_ECONFLICT)
			answer(v, HF_TAP_REFUSED, 0, e.text);
		else
			answer(v, HF_TAP_UNAVAILABLE, 0, away);
		return;
	}
	if (PQntuples(r) > 0)
		start_all(v, r);
	else
		answer(v, HF_TAP_NO_JOBS, 0, hf_verdict_words(HF_NO_JOBS));
	PQclear(r);
}

/* ---- the decision ---- */

static int
read_facts(struct hf_visit *v, const PGresult *r, struct hf_facts *f,
    struct hf_err *e)
{
	int64_t min_class, held, uncertain;

	if (PQntuples(r) != 1)
		return hf_fail(e, HF_EINPUT, "tap_lookup has no answer");
	if (hf_db_int(r, 0, 4, &min_class, e) == -1 ||
	    hf_db_int(r, 0, 11, &held, e) == -1 ||
	    hf_db_int(r, 0, 12, &uncertain, e) == -1)
		return -1;
	f->reader_ok = hf_db_bool(r, 0, 0);
	f->bound = hf_db_bool(r, 0, 1);
	f->printer_ok = hf_db_bool(r, 0, 3);
	f->min_class = (int)min_class;
	f->waiver = hf_db_bool(r, 0, 5);
	f->badge_known = !PQgetisnull(r, 0, 6);
	f->badge_revoked = hf_db_bool(r, 0, 7);
	f->person_disabled = hf_db_bool(r, 0, 10);
	f->held = (int)held;
	f->uncertain = (int)uncertain;
	f->pending_enrolment = hf_db_bool(r, 0, 13);
	copy_text(v->printer_name, sizeof v->printer_name,
	    hf_db_text(r, 0, 2));
	copy_text(v->badge, sizeof v->badge, hf_db_text(r, 0, 6));
	copy_text(v->person, sizeof v->person, hf_db_text(r, 0, 8));
	copy_text(v->display, sizeof v->display, hf_db_text(r, 0, 9));
	return 0;
}

static int
ask_facts(struct hf_visit *v, const struct hf_m_badge *b, struct hf_facts *f,
    struct hf_err *e)
{
	char reader[HF_ID_TEXT], printer[HF_ID_TEXT];
	char hash[2 * HF_BADGE_HASH_LEN + 3];
	const char *params[] = { reader, printer, hash };
	PGresult *r;
	int rc;

	hf_id_text(&v->reader->id, reader);
	hf_id_text(&v->printer_id, printer);
	hf_db_bytea(hash, b->hash, sizeof b->hash);
	if (hf_store_run(v->owner->store, &look_up, params, &r, e) == -1)
		return -1;
	rc = read_facts(v, r, f, e);
	PQclear(r);
	return rc;
}

static void
bind_card(struct hf_visit *v, const struct hf_m_badge *b)
{
	char reader[HF_ID_TEXT], kind[HF_INT_TEXT];
	char hash[2 * HF_BADGE_HASH_LEN + 3];
	const char *params[] = { reader, hash, kind };
	struct hf_err e;
	PGresult *r;

	hf_id_text(&v->reader->id, reader);
	hf_db_bytea(hash, b->hash, sizeof b->hash);
	hf_int_text(kind, b->kind);
	if (hf_store_run(v->owner->store, &enrol, params, &r, &e) == -1) {
		hf_log_err(HF_WARN, &e, "card not enrolled");
		answer(v, HF_TAP_UNAVAILABLE, 0, away);
		return;
	}
	if (PQntuples(r) == 1) {
		copy_text(v->person, sizeof v->person, hf_db_text(r, 0, 0));
		answer(v, HF_TAP_ENROLLED, 0, hf_verdict_words(HF_ENROL));
	} else {
		answer(v, HF_TAP_UNKNOWN_CARD, 0,
		    hf_verdict_words(HF_REFUSE_UNKNOWN));
	}
	PQclear(r);
}

static void
decide(struct hf_visit *v, const struct hf_m_badge *b)
{
	enum hf_verdict verdict;
	struct hf_facts f;
	struct hf_err e;

	if (ask_facts(v, b, &f, &e) == -1) {
		hf_log_err(HF_WARN, &e, "tap not looked up");
		answer(v, HF_TAP_UNAVAILABLE, 0, away);
		return;
	}
	/* Neither PINs nor cards' proofs are checked yet: they count nothing. */
	f.presented = hf_class_of(false, false);
	verdict = hf_decide(&f);
	if (verdict == HF_RELEASE)
		release(v);
	else if (verdict == HF_ENROL)
		bind_card(v, b);
	else
		answer(v, hf_verdict_result(verdict), 0,
		    hf_verdict_words(verdict));
}

static void
on_credential(void *arg, struct hf_view body, const struct hf_err *err)
{
	struct hf_visit *v = arg;
	struct hf_m_badge b;
	struct hf_err e;

	if (err == NULL && hf_badge_get(body, &b, &e) == -1)
		err = &e;
	if (err != NULL) {
		hf_log_err(HF_WARN, err, "credential refused");
		hf_pending_error(&v->reply, err);
		record_tap(v, HF_TAP_REFUSED);
		destroy(v);
		return;
	}
	decide(v, &b);
	explicit_bzero(&b, sizeof b);
}

/* ---- the beginning ---- */

static int
reply_early(const struct hf_request *q, enum hf_tap_result result,
    const uint8_t *nonce, const char *words, struct hf_err *e)
{
	const struct hf_m_tapped t = { .result = result,
		.printer = "",
		.person = "",
		.words = words,
		.nonce = nonce };

	return hf_tapped_put(q->out, q->seq, &t, e) == -1 ? -1 : HF_DONE;
}

static struct hf_visit *
create(struct hf_visits *vs, const struct hf_tap *tap, struct hf_reader *r,
    struct hf_err *e)
{
	const struct timeval tv = { .tv_sec = ANSWER_MS / 1000 };
	struct hf_visit *v = calloc(1, sizeof *v);

	if (v == NULL)
		goto fail;
	v->owner = vs;
	v->reader = r;
	v->printer_id = tap->printer;
	v->timer = event_new(vs->loop->base, -1, 0, on_timer, v);
	if (v->timer == NULL || event_add(v->timer, &tv) == -1)
		goto fail;
	TAILQ_INSERT_TAIL(&vs->list, v, link);
	vs->n++;
	return v;
fail:
	if (v != NULL && v->timer != NULL)
		event_free(v->timer);
	free(v);
	hf_fail(e, HF_ENOMEM, "out of memory");
	return NULL;
}

/* The tap is this reader's, fresh, and was never seen before. */
static int
start_visit(struct hf_visits *vs, const struct hf_request *q,
    const struct hf_tap *tap, struct hf_reader *r, struct hf_err *e)
{
	struct hf_visit *v = create(vs, tap, r, e);

	if (v == NULL)
		return -1;
	if (hf_keyask_credential(vs->key, tap, on_credential, v, e) == -1) {
		destroy(v);
		return -1;
	}
	hf_request_later(q, &v->reply);
	if (hf_reader_is_bound(r, &tap->printer))
		probe(v);
	return HF_LATER;
}

int
hf_visit_begin(struct hf_visits *vs, const struct hf_request *q,
    struct hf_err *e)
{
	uint8_t nonce[HF_NONCE_LEN];
	struct hf_reader *r;
	struct hf_tap tap;

	if (hf_tap_get(q->body, &tap, e) == -1)
		return -1;
	if (!hf_store_is_up(vs->store))
		return reply_early(q, HF_TAP_UNAVAILABLE, NULL, away, e);
	r = hf_reader_get(vs->readers, &tap.reader, e);
	if (r == NULL)
		return e->code == HF_EAGAIN
		    ? reply_early(q, HF_TAP_UNAVAILABLE, NULL, away, e)
		    : -1;
	if (hf_tap_verify(&tap, r->public_key, e) == -1)
		return -1;
	if (!hf_nonce_take(&r->nonces, hf_now_ms(), tap.nonce)) {
		hf_nonce_issue(&r->nonces, hf_now_ms(), nonce);
		return reply_early(q, HF_TAP_NONCE_UNKNOWN, nonce,
		    "Hold the card against the reader once more", e);
	}
	if (vs->n >= VISITS_MAX) {
		hf_nonce_issue(&r->nonces, hf_now_ms(), nonce);
		return reply_early(q, HF_TAP_UNAVAILABLE, nonce,
		    "The release service is too busy: try again", e);
	}
	return start_visit(vs, q, &tap, r, e);
}

void
hf_visits_end(struct hf_visits *vs)
{
	struct hf_visit *v;

	while ((v = TAILQ_FIRST(&vs->list)) != NULL) {
		if (v->claimed > 0)
			answer(v, HF_TAP_RELEASING, v->claimed - v->failed,
			    "Your documents are on their way to the printer");
		else
			answer(v, HF_TAP_UNAVAILABLE, 0,
			    "The release service is ending: try again in a "
			    "minute");
	}
}

size_t
hf_visits_open(const struct hf_visits *vs)
{
	return vs->n;
}

struct hf_visits *
hf_visits_new(struct hf_loop *loop, struct hf_store *store,
    struct hf_keyask *key, struct hf_readers *readers,
    struct hf_printers *printers, struct hf_attempts *attempts,
    struct hf_err *e)
{
	struct hf_visits *vs = calloc(1, sizeof *vs);

	if (vs == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	TAILQ_INIT(&vs->list);
	hf_buf_init(&vs->out, HF_MSG_MAX);
	vs->loop = loop;
	vs->store = store;
	vs->key = key;
	vs->readers = readers;
	vs->printers = printers;
	vs->attempts = attempts;
	return vs;
}

void
hf_visits_free(struct hf_visits *vs)
{
	if (vs == NULL)
		return;
	while (!TAILQ_EMPTY(&vs->list))
		destroy(TAILQ_FIRST(&vs->list));
	hf_buf_clear(&vs->out);
	free(vs);
}
