/* What an administrator may ask: STATUS, KEY_LIST, KEY_ROTATE and so on. */
#include "release/queue/queue.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/log.h"

#define RESCAN_TICK_MS 20
#define RESCAN_MS 60000
#define TEST_S 20

/* Appends the text of o, which is given up. */
static int
put_json(struct hf_buf *b, json_t *o, struct hf_err *e)
{
	char *text;
	int rc;

	if (o == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (text == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	rc = hf_put_bytes(b, text, strlen(text), e);
	free(text);
	return rc;
}

/* ---- STATUS ---- */

static const char *
process_word(const struct hf_printer *p)
{
	switch (p->state) {
	case HF_P_OFF:
		return "off";
	case HF_P_ASKED:
	case HF_P_STARTED:
		return "starting";
	case HF_P_READY:
		return "ready";
	}
	return "";
}

static json_t *
printers_json(struct hf_queue *q)
{
	json_t *list = json_array();
	struct hf_printer *p;

	for (p = hf_printers_first(q->printers); p != NULL;
	     p = TAILQ_NEXT(p, link))
		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:i, s:b}", "name", p->name,
			    "process", process_word(p), "attempts",
			    (int)p->n_attempts, "disabled", p->disabled)) ==
		    -1)
			break;
	return list;
}

int
hf_admin_status(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;
	struct hf_adopt_counts c = hf_adopt_counts(q->adopt);
	uint64_t free_bytes = 0, total = 0;

	if (hf_get_end(&rq->body, e) == -1)
		return -1;
	if (hf_spool_space(&q->spool, &free_bytes, &total, e) == -1)
		hf_log_err(HF_WARN, e, "spool's space not known");
	return put_json(rq->out,
	    json_pack("{s:s, s:b, s:b, s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, "
		      "s:i, s:I, s:i, s:b, s:o}",
		"version", HF_VERSION, "ready",
		hf_store_is_up(q->store) && hf_keyask_is_well(q->key) &&
		    q->ending_ms == 0,
		"database", hf_store_is_up(q->store), "key",
		hf_keyask_is_well(q->key), "clock_suspended", q->clock.suspended, "uptime_s",
		(json_int_t)((hf_now_ms() - q->started_ms) / 1000), "adopted",
		(json_int_t)c.adopted, "dropped", (json_int_t)c.dropped,
		"quarantined", (json_int_t)c.quarantined, "spool_free",
		(json_int_t)free_bytes, "spool_total", (json_int_t)total,
		"waiting", (int)hf_adopt_pending(q->adopt), "key_list_serial",
		(json_int_t)hf_epochs_serial(q->epochs), "taps_open",
		(int)hf_visits_open(q->visits), "unwritten",
		!hf_ledger_is_empty(hf_attempts_ledger(q->attempts)),
		"printers", printers_json(q)),
	    e);
}

/* ---- keys ---- */

/* The one that intake uses now: the last that has begun. */
static json_t *
key_list_json(const struct hf_queue *q)
{
	const struct hf_epoch_info *list;
	size_t n = hf_epochs_each(q->epochs, &list), i, current = n;
	json_t *epochs = json_array();
	char hex[2 * HF_KEYID_LEN + 1];

	for (i = 0; i < n; i++)
		if (list[i].not_before <= hf_wall_s())
			current = i;
	for (i = 0; i < n; i++) {
		hf_hex(hex, list[i].key_id, sizeof list[i].key_id);
		if (json_array_append_new(epochs,
			json_pack("{s:s, s:I, s:I, s:b}", "key_id", hex,
			    "not_before", (json_int_t)list[i].not_before,
			    "not_after", (json_int_t)list[i].not_after,
			    "current", i == current)) == -1)
			break;
	}
	return json_pack("{s:I, s:o}", "serial",
	    (json_int_t)hf_epochs_serial(q->epochs), "epochs", epochs);
}

int
hf_admin_key_list(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;

	if (hf_get_end(&rq->body, e) == -1)
		return -1;
	if (hf_epochs_list(q->epochs).n == 0)
		return hf_fail(e, HF_EAGAIN, "the key list is not ready");
	return put_json(rq->out, key_list_json(q), e);
}

/* An answer that comes later. */
struct errand {
	struct hf_queue *q;
	struct hf_pending reply;
	uint8_t type;
	struct event *timer;
	int64_t until_ms;
	struct hf_adopt_counts before;	/* RESCAN */
	struct hf_printer *printer;	/* PRINTER_TEST */
};

static void
errand_free(struct errand *er)
{
	hf_pending_drop(&er->reply);
	if (er->printer != NULL)
		hf_printer_forget(er->printer, er);
	if (er->timer != NULL)
		event_free(er->timer);
	free(er);
}

static struct errand *
errand_new(struct hf_queue *q, uint8_t type,
    void (*tick)(evutil_socket_t fd, short what, void *arg), short events,
    int ms, struct hf_err *e)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };
	struct errand *er = calloc(1, sizeof *er);

	if (er == NULL)
		goto fail;
	er->q = q;
	er->type = type;
	if (tick != NULL) {
		er->timer = event_new(q->loop.base, -1, events, tick, er);
		if (er->timer == NULL || event_add(er->timer, &tv) == -1)
			goto fail;
	}
	return er;
fail:
	if (er != NULL)
		errand_free(er);
	hf_fail(e, HF_ENOMEM, "out of memory");
	return NULL;
}

/* Answers with o, which is given up, and ends the errand. */
static void
errand_done(struct errand *er, json_t *o)
{
	struct hf_buf b;
	struct hf_err e;

	hf_buf_init(&b, HF_MSG_MAX);
	if (hf_msg_begin(&b, er->type | HF_MSG_REPLY, er->reply.seq, &e) ==
		0 &&
	    put_json(&b, o, &e) == 0)
		hf_pending_send(&er->reply, &b);
	else
		hf_pending_error(&er->reply, &e);
	hf_buf_clear(&b);
	errand_free(er);
}

static void
on_rotated(void *arg, const struct hf_err *err)
{
	struct errand *er = arg;

	if (err == NULL) {
		errand_done(er, key_list_json(er->q));
		return;
	}
	hf_pending_error(&er->reply, err);
	errand_free(er);
}

int
hf_admin_key_rotate(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;
	struct errand *er;

	if (hf_get_end(&rq->body, e) == -1)
		return -1;
	er = errand_new(q, HF_MSG_KEY_ROTATE, NULL, 0, 0, e);
	if (er == NULL)
		return -1;
	if (hf_epochs_rotate(q->epochs, on_rotated, er, e) == -1) {
		errand_free(er);
		return -1;
	}
	hf_request_later(rq, &er->reply);
	return HF_LATER;
}

/* ---- RESCAN ---- */

static void
on_rescan_tick(evutil_socket_t fd, short what, void *arg)
{
	struct errand *er = arg;
	struct hf_adopt_counts now = hf_adopt_counts(er->q->adopt);
	struct hf_err e;

	(void)fd;
	(void)what;
	if (hf_adopt_is_idle(er->q->adopt) &&
	    hf_sweep_is_idle(er->q->sweep)) {
		errand_done(er,
		    json_pack("{s:I, s:I, s:I}", "adopted",
			(json_int_t)(now.adopted - er->before.adopted),
			"dropped",
			(json_int_t)(now.dropped - er->before.dropped),
			"quarantined",
			(json_int_t)(now.quarantined -
			    er->before.quarantined)));
		return;
	}
	if (hf_store_is_up(er->q->store) && hf_now_ms() < er->until_ms)
		return;
	hf_fail(&e, HF_EAGAIN, hf_store_is_up(er->q->store)
		? "the spool is still being looked through"
		: "the database is away");
	hf_pending_error(&er->reply, &e);
	errand_free(er);
}

int
hf_admin_rescan(void *arg, const struct hf_request *rq, struct hf_err *e)
{
	struct hf_queue *q = arg;
	struct errand *er;

	if (hf_get_end(&rq->body, e) == -1)
		return -1;
	if (!hf_store_is_up(q->store))
		return hf_fail(e, HF_EAGAIN, "the database is away");
	er = errand_new(q, HF_MSG_RESCAN, on_rescan_tick, EV_PERSIST,
	    RESCAN_TICK_MS, e);
	if (er == NULL)
		return -1;
	er->until_ms = hf_now_ms() + RESCAN_MS;
	er->before = hf_adopt_counts(q->adopt);
	hf_adopt_scan(q->adopt);
	hf_sweep_start(q->sweep);
	hf_request_later(rq, &er->reply);
	return HF_LATER;
}

/* ---- PRINTER_TEST ---- */

/* What the process knows of the printer, and our own words about it. */
static json_t *
test_json(const struct hf_printer *p, bool ready, const char *reasons,
    struct hf_view details)
{
	json_t *o = NULL;

	if (details.n > 0)
		o = json_loadb((const char *)details.p, details.n,
		    JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		o = json_object();
	}
	if (json_object_set_new(o, "ready", json_boolean(ready)) == -1 ||
	    (reasons[0] != '\0' &&
		json_object_set_new(o, "reasons", json_string(reasons)) ==
		    -1) ||
	    (json_object_get(o, "reasons") == NULL &&
		json_object_set_new(o, "reasons", json_string("")) == -1) ||
	    (json_object_get(o, "name") == NULL &&
		json_object_set_new(o, "name", json_string(p->name)) == -1) ||
	    (json_object_get(o, "formats") == NULL &&
		json_object_set_new(o, "formats", json_array()) == -1)) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static void
on_state(void *arg, const struct hf_m_state *st, const struct hf_err *err)
{
	struct errand *er = arg;

	errand_done(er, err != NULL
		? test_json(er->printer, false, err->text, hf_view_of("", 0))
		: test_json(er->printer, st->ready, st->words, st->json));
}

static void
on_test_late(evutil_socket_t fd, short what, void *arg)
{
	struct errand *er = arg;

	(void)fd;
	(void)what;
	errand_done(er, test_json(er->printer, false,
			    "the printer did not answer in time",
			    hf_view_of("", 0)));
}

static int
start_test(struct hf_queue *q, const struct hf_request *rq,
    struct hf_printer *p, struct hf_err *e)
{
	struct errand *er = errand_new(q, HF_MSG_PRINTER_TEST, on_test_late, 0,
	    TEST_S * 1000, e);

	if (er == NULL)
		return -1;
	er->printer = p;
	/* The answer may come at once: the debt first. */
	hf_request_later(rq, &er->reply);
	if (hf_printer_probe(p, on_state, er, e) == -1) {
		errand_free(er);
		return -1;
	}
	return HF_LATER;
}

int
hf_admin_printer_test(void *arg, const struct hf_request *rq,
    struct hf_err *e)
{
	struct hf_queue *q = arg;
	struct hf_view v = rq->body;
	struct hf_printer *p;
	struct hf_id id;

	if (hf_get_bytes(&v, id.b, sizeof id.b, e) == -1 ||
	    hf_get_end(&v, e) == -1)
		return -1;
	p = hf_printer_get(q->printers, &id, e);
	if (p == NULL)
		return -1;
	return start_test(q, rq, p, e);
}
