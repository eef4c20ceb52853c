#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cardreader/answer.h"
#include "cardreader/station_own.h"
#include "lib/clock.h"
#include "lib/log.h"

#define RETRY_MS 100
#define OLD_MS 10000		/* a touch this old is not believed */

static void
finish(struct hf_touch *t, enum hf_word word, const char *text)
{
	struct hf_station *s = t->station;

	hf_station_say(s, t->name, t->slot, word, text);
	hf_log(HF_INFO, "tap at %s answered result=%s ms=%llu", t->name,
	    hf_word_name(word),
	    (unsigned long long)(hf_now_ms() - t->seen_ms));
	sodium_memzero(t, sizeof *t);
	t->station = s;
}

void
hf_touch_begin(struct hf_station *s, const struct hf_wire *w)
{
	uint64_t now = (uint64_t)hf_now_ms();
	struct hf_touch *t = NULL;
	size_t i;

	for (i = 0; i < HF_TOUCHES_MAX && t == NULL; i++)
		if (!s->touches[i].used)
			t = &s->touches[i];
	if (t == NULL) {
		hf_station_say(s, w->name, w->slot, HF_WORD_BUSY,
		    "too many taps at once; tap again");
		return;
	}
	t->used = true;
	t->slot = w->slot;
	memcpy(t->name, w->name, sizeof t->name);
	t->seen_ms = w->seen_ms <= now && now - w->seen_ms < OLD_MS
	    ? w->seen_ms : now;
	t->deadline_ms = t->seen_ms + HF_SAY_MS;
	t->credential = w->credential;
	if (!s->up)
		hf_chore_hurry(&s->probe);
	hf_chore_hurry(&s->nonces);
}

/*
 * The release service began anew and forgot every nonce: the same touch is
 * sent again with a fresh one, once.
 */
static void
renew(struct hf_touch *t, uint64_t now)
{
	t->renewed = true;
	t->deadline_ms = now + HF_SAY_MS;
	t->retry_ms = now;
	hf_chore_hurry(&t->station->nonces);
}

/* The answer to a tap that the server took. */
static void
use_answer(struct hf_touch *t, struct hf_view answer, uint64_t now)
{
	struct hf_station *s = t->station;
	char text[HF_PANEL_TEXT];
	struct hf_answer_tap a;
	enum hf_word word;
	struct hf_err e;

	if (hf_answer_tap_get(answer, &a, &e) == -1) {
		hf_log_err(HF_WARN, &e, "answer to a tap not used");
		finish(t, HF_WORD_SERVER_ERROR, e.text);
		return;
	}
	if (a.result == HF_TAP_NONCE_UNKNOWN)
		hf_stock_clear(&s->stock);
	if (a.has_nonce)
		hf_stock_add(&s->stock, a.nonce, now + s->nonce_life_ms);
	if (a.result == HF_TAP_NONCE_UNKNOWN && !t->renewed) {
		renew(t, now);
		return;
	}
	if (a.printer[0] == '\0')
		(void)hf_str_copy(a.printer, sizeof a.printer, t->printer);
	word = hf_panel_tap(&a, text);
	finish(t, word, text);
}

static void
use_status(struct hf_touch *t, int status, struct hf_view answer)
{
	char why[HF_MESSAGE_LEN], line[HF_PANEL_TEXT];
	struct hf_problem p;

	hf_problem_get(answer, &p);
	hf_problem_text(&p, status, why);
	hf_log(HF_WARN, "tap at %s refused: %s status=%d", t->name, why,
	    status);
	switch (status) {
	case 401:
	case 403:
	case 404:
		hf_station_revoked(t->station, why);
		finish(t, HF_WORD_READER_REVOKED, t->station->health.text);
		break;
	case 429:
	case 502:
	case 503:
	case 504:
		finish(t, HF_WORD_UNAVAILABLE,
		    "the print service is not ready; tap again in a moment");
		break;
	default:
		snprintf(line, sizeof line,
		    "the server refused the tap: %.200s", why);
		finish(t, HF_WORD_SERVER_ERROR, line);
	}
}

static void
answered(void *arg, const struct hf_https_answer *a, const struct hf_err *why)
{
	struct hf_touch *t = arg;
	struct hf_station *s = t->station;
	uint64_t now = (uint64_t)hf_now_ms();

	t->posted = false;
	if (a == NULL && why->code == HF_EINPUT) {
		finish(t, HF_WORD_SERVER_ERROR, why->text);
	} else if (a == NULL) {
		hf_station_failed(s, why);
		hf_chore_hurry(&s->probe);
		t->retry_ms = now + RETRY_MS;
	} else {
		hf_station_heard(s, now);
		if (a->status == 200)
			use_answer(t, a->body, now);
		else
			use_status(t, a->status, a->body);
	}
	hf_station_step(s);
}

static int
build(struct hf_touch *t, const struct hf_id *printer, struct hf_buf *out,
    uint64_t now, struct hf_err *e)
{
	struct hf_station *s = t->station;

	if (!hf_stock_take(&s->stock, now, t->credential.nonce))
		return hf_fail(e, HF_EAGAIN, "no nonce");
	t->credential.reader = s->conf->reader;
	return hf_tap_put(out, &t->credential, printer,
	    (uint64_t)((int64_t)hf_wall_ms() + s->clock_offset_ms), s->tap_pk,
	    s->identity->sk, e);
}

static void
post(struct hf_touch *t, uint64_t now)
{
	struct hf_https_call call = {
		.path = "/v1/taps", .type = "application/vnd.holdfast.tap",
		.answer_max = HF_ANSWER_MAX, .timeout_ms = HF_TAP_TIMEOUT_MS };
	struct hf_station *s = t->station;
	struct hf_buf body;
	struct hf_err e;
	int i;

	i = hf_reader_conf_printer(s->conf, &s->printers, t->name, &e);
	if (i == -1) {
		finish(t, HF_WORD_NOT_BOUND, e.text);
		return;
	}
	memcpy(t->printer, s->printers.p[i].name, sizeof t->printer);
	hf_buf_init(&body, HF_TAP_MAX);
	if (build(t, &s->printers.p[i].id, &body, now, &e) == -1)
		goto fail;
	call.body = hf_buf_view(&body);
	if (hf_https_start(s->https, &call, answered, t, &e) == -1)
		goto fail;
	t->posted = true;
	hf_buf_clear(&body);
	return;
fail:
	hf_buf_clear(&body);
	hf_log_err(HF_ERROR, &e, "tap at %s not sent", t->name);
	finish(t, HF_WORD_SERVER_ERROR, e.text);
}

/* Nobody could be asked in time: what is known about why. */
static void
give_up(struct hf_touch *t)
{
	const struct hf_health *h = &t->station->health;

	if (!t->station->up && h->word != HF_WORD_SERVER_KEY)
		finish(t, HF_WORD_SERVER_AWAY,
		    "the server is away; tap again in a moment");
	else if (h->word == HF_WORD_NONE || h->word == HF_WORD_READY)
		finish(t, HF_WORD_UNAVAILABLE,
		    "the print service is not ready; tap again in a moment");
	else
		finish(t, h->word, h->text);
}

void
hf_touch_step(struct hf_touch *t, uint64_t now)
{
	struct hf_station *s = t->station;

	if (t->posted) {
		if (t->told || now < t->deadline_ms)
			return;
		t->told = true;
		hf_station_say(s, t->name, t->slot, HF_WORD_WAITING,
		    "the server has not answered yet");
		return;
	}
	if (now >= t->deadline_ms || s->revoked)
		give_up(t);
	else if (now >= t->retry_ms && hf_station_is_ready(s, now))
		post(t, now);
}

/* When this touch wants to be looked at again. */
uint64_t
hf_touch_next(const struct hf_touch *t, uint64_t now)
{
	if (!t->used || (t->posted && t->told))
		return UINT64_MAX;
	if (!t->posted && t->retry_ms > now && t->retry_ms < t->deadline_ms)
		return t->retry_ms;
	return t->deadline_ms;
}
