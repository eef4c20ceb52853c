#include "release/queue/visit_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "release/queue/notice.h"

#define ANSWER_MS 10000
#define VISITS_MAX 1024

const char hf_visit_away[] = "The release service cannot reach its database: "
			   "your documents are safe, try again in a minute";
const char hf_visit_unusable[] = "This printer cannot be used at the moment";

static const struct hf_stmt record = { "tap_record",
	"SELECT tap_record($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text)",
	5 };
void
hf_visit_text(char *out, size_t size, const char *s)
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

void
hf_visit_destroy(struct hf_visit *v)
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
void
hf_visit_record(struct hf_visit *v, enum hf_tap_result result)
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

/* What only this person can decide comes first, then what the tap did. */
static void
put_notice_first(struct hf_visit *v, enum hf_tap_result result,
    const char *words, char *out, size_t size)
{
	char first[HF_WORDS], all[2 * HF_WORDS];
	struct hf_notice n;
	struct hf_err e;

	if (hf_notice_ask(v->owner->store, v->person, &n, &e) == -1) {
		if (e.code != HF_EAGAIN)
			hf_log_err(HF_WARN, &e, "no notice at a tap");
		memset(&n, 0, sizeof n);
	}
	hf_notice_words(&n, (int64_t)hf_wall_s(), first, sizeof first);
	if (first[0] == '\0')
		snprintf(all, sizeof all, "%s", words);
	else if (result == HF_TAP_NO_JOBS)
		snprintf(all, sizeof all, "%s", first);
	else
		snprintf(all, sizeof all, "%s. %s", first, words);
	hf_visit_text(out, size, all);
}

static bool
is_noticed(enum hf_tap_result result)
{
	return result == HF_TAP_RELEASED || result == HF_TAP_RELEASING ||
	    result == HF_TAP_NO_JOBS || result == HF_TAP_PRINTER;
}

void
hf_visit_answer(struct hf_visit *v, enum hf_tap_result result, unsigned jobs,
    const char *words)
{
	uint8_t nonce[HF_NONCE_LEN];
	char reader[HF_ID_TEXT], line[HF_WORDS];
	const struct hf_m_tapped t = { .result = result,
		.jobs = jobs,
		.printer = v->printer_name,
		.person = v->display[0] != '\0' ? v->display : v->person,
		.words = line,
		.nonce = nonce };
	struct hf_err e;

	if (is_noticed(result))
		put_notice_first(v, result, words, line, sizeof line);
	else
		hf_visit_text(line, sizeof line, words);
	hf_nonce_issue(&v->reader->nonces, hf_now_ms(), nonce);
	if (hf_tapped_put(&v->owner->out, v->reply.seq, &t, &e) == 0)
		hf_pending_send(&v->reply, &v->owner->out);
	hf_id_text(&v->reader->id, reader);
	hf_log(HF_INFO, "tap answered result=%s jobs=%u printer=%s reader=%s",
	    hf_tap_result_name(result), jobs, v->printer_name, reader);
	if (result != HF_TAP_RELEASED && result != HF_TAP_RELEASING &&
	    result != HF_TAP_ENROLLED)
		hf_visit_record(v, result);
	hf_visit_destroy(v);
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
	hf_visit_text(line, sizeof line, words);
	hf_visit_answer(v, HF_TAP_RELEASED, v->accepted, line);
}

void
hf_visit_evaluate(struct hf_visit *v)
{
	if (v->busy || v->claimed == 0 ||
	    v->accepted + v->failed < v->claimed)
		return;
	if (v->accepted > 0)
		answer_released(v);
	else
		hf_visit_answer(v, v->blame, 0, v->why);
}

static void
on_accepted(void *waiter)
{
	struct hf_visit *v = waiter;

	v->accepted++;
	hf_visit_evaluate(v);
}

void
hf_visit_failed(void *waiter, enum hf_tap_result blame, const char *words)
{
	struct hf_visit *v = waiter;

	if (v->failed++ == 0) {
		v->blame = blame;
		(void)hf_str_copy(v->why, sizeof v->why,
		    words[0] != '\0' ? words : hf_visit_unusable);
	}
	hf_visit_evaluate(v);
}

const struct hf_attempt_ops hf_visit_attempt_ops = { on_accepted, hf_visit_failed };

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hf_visit *v = arg;

	(void)fd;
	(void)what;
	if (v->claimed == 0)
		hf_visit_answer(v, HF_TAP_UNAVAILABLE, 0,
		    "The release service is too busy: try again");
	else
		hf_visit_answer(v, HF_TAP_RELEASING, v->claimed - v->failed,
		    "Your documents are on their way to the printer");
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
	if (hf_keyask_credential(vs->key, tap, hf_visit_credential, v, e) == -1) {
		hf_visit_destroy(v);
		return -1;
	}
	hf_request_later(q, &v->reply);
	if (hf_reader_is_bound(r, &tap->printer))
		hf_visit_probe(v);
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
		return reply_early(q, HF_TAP_UNAVAILABLE, NULL, hf_visit_away, e);
	r = hf_reader_get(vs->readers, &tap.reader, e);
	if (r == NULL)
		return e->code == HF_EAGAIN
		    ? reply_early(q, HF_TAP_UNAVAILABLE, NULL, hf_visit_away, e)
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
			hf_visit_answer(v, HF_TAP_RELEASING, v->claimed - v->failed,
			    "Your documents are on their way to the printer");
		else
			hf_visit_answer(v, HF_TAP_UNAVAILABLE, 0,
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
		hf_visit_destroy(TAILQ_FIRST(&vs->list));
	hf_buf_clear(&vs->out);
	free(vs);
}
