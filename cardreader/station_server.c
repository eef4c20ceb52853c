#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "cardreader/answer.h"
#include "cardreader/post.h"
#include "cardreader/station_own.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/keylist.h"
#include "lib/log.h"

#define IDLE_PROBE_MS 5000	/* silence after which we ask */
#define REVOKED_PAUSE_MS 30000
#define LIST_PAUSE_MS 5000
#define NONCES_WANTED 4
#define NONCE_MARGIN_S 60	/* not used in their last minute */
#define ASK_MS 2000

#define KEY_LIST "keylist"

/* An answer that is none of ours to use: say why. */
static void
refused(struct hf_station *s, const char *what, bool about_us,
    const struct hf_https_answer *a)
{
	char why[HF_MESSAGE_LEN], line[HF_PANEL_TEXT];
	struct hf_problem p;
	int status = a->status;

	hf_problem_get(a->body, &p);
	hf_problem_text(&p, status, why);
	hf_log(HF_WARN, "%s refused: %s status=%d", what, why, status);
	if (about_us && (status == 401 || status == 403 || status == 404)) {
		hf_station_revoked(s, why);
		return;
	}
	if (status == 404 || status == 503 || status == 502 || status == 504 || status == 429) {
		hf_station_set_health(s, HF_WORD_UNAVAILABLE,
		    "the print service is not ready; tap again in a moment");
		return;
	}
	snprintf(line, sizeof line, "the server refuses this reader: %.200s",
	    why);
	hf_station_set_health(s, HF_WORD_SERVER_ERROR, line);
}

static void
got_health(void *arg, const struct hf_https_answer *a,
    const struct hf_err *why)
{
	struct hf_station *s = arg;
	uint64_t now = (uint64_t)hf_now_ms();
	bool was = s->up;

	hf_chore_end(&s->probe, a != NULL, now);
	if (a == NULL) {
		hf_station_failed(s, why);
	} else {
		hf_station_heard(s, now);
		if (!was) {
			hf_chore_hurry(&s->nonces);
			hf_chore_hurry(&s->list);
		}
		hf_station_tell_ready(s);
	}
	hf_station_step(s);
}

/*
 * Answered without a nonce: our clock is off.  Take the service's, which is
 * asked again at once; nothing but the freshness of these requests depends
 * on it.
 */
static int
take_clock(struct hf_station *s, uint64_t theirs_ms, struct hf_err *e)
{
	int64_t off = (int64_t)theirs_ms - (int64_t)hf_wall_ms();

	if (s->clock_tried)
		return hf_fail(e, HF_EINPUT, "the server gives no nonces");
	hf_log(HF_WARN, "clock differs from the service's seconds=%lld",
	    (long long)(off / 1000));
	s->clock_offset_ms = off;
	s->clock_tried = true;
	return 0;
}

static int
use_nonces(struct hf_station *s, struct hf_view answer, uint64_t now,
    struct hf_err *e)
{
	struct hf_answer_nonce a;
	size_t i;

	if (hf_answer_nonce_get(answer, &a, e) == -1)
		return -1;
	if (a.n == 0)
		return take_clock(s, a.time_ms, e);
	s->nonce_life_ms = 1000 * (uint64_t)(a.valid_s > 2 * NONCE_MARGIN_S
	    ? a.valid_s - NONCE_MARGIN_S : a.valid_s / 2);
	for (i = 0; i < a.n; i++)
		hf_stock_add(&s->stock, a.nonces[i], now + s->nonce_life_ms);
	s->printers = a.printers;
	s->have_printers = true;
	if (a.key_list_serial > s->wanted_serial)
		s->wanted_serial = a.key_list_serial;
	s->revoked = false;
	s->clock_tried = false;
	return 0;
}

static void
got_nonces(void *arg, const struct hf_https_answer *a,
    const struct hf_err *why)
{
	struct hf_station *s = arg;
	uint64_t now = (uint64_t)hf_now_ms();
	struct hf_err e;
	bool ok = false;

	if (a == NULL)
		hf_station_failed(s, why);
	else
		hf_station_heard(s, now);
	if (a == NULL)
		ok = false;
	else if (a->status != 200)
		refused(s, "nonces", true, a);
	else if (use_nonces(s, a->body, now, &e) == -1)
		hf_station_bad_answer(s, &e);
	else
		ok = true;
	hf_chore_end(&s->nonces, ok, now);
	if (s->revoked)
		hf_chore_pause(&s->nonces, now, REVOKED_PAUSE_MS);
	hf_station_tell_ready(s);
	hf_station_step(s);
}

static int
use_list(struct hf_station *s, struct hf_view in, struct hf_err *e)
{
	struct hf_keylist *k = sodium_malloc(sizeof *k);
	int rc = -1;

	if (k == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	if (hf_keylist_get(in, s->conf->site_pk, k, e) == -1)
		goto out;
	if (k->serial < s->list_serial) {
		hf_fail(e, HF_ETAMPER,
		    "the server offers an older key list than before");
		goto out;
	}
	s->list_serial = k->serial;
	if (k->serial > s->wanted_serial)
		s->wanted_serial = k->serial;
	memcpy(s->tap_pk, k->tap_pk, sizeof s->tap_pk);
	s->have_list = true;
	rc = 0;
out:
	sodium_free(k);
	return rc;
}

void
hf_station_load_list(struct hf_station *s)
{
	struct hf_buf b;
	struct hf_err e;

	hf_buf_init(&b, HF_KEYLIST_MAX);
	if (hf_file_read(s->state_fd, KEY_LIST, &b, &e) == -1) {
		if (e.code != HF_ENOTFOUND)
			hf_log_err(HF_WARN, &e, "saved key list not used");
	} else if (use_list(s, hf_buf_view(&b), &e) == -1) {
		hf_log_err(HF_WARN, &e, "saved key list not used");
	}
	hf_buf_clear(&b);
}

/* A list that the server gave: used and saved, or said why not. */
static bool
take_list(struct hf_station *s, struct hf_view list)
{
	struct hf_err e;

	if (use_list(s, list, &e) == -1) {
		if (s->have_list)
			hf_log_err(HF_WARN, &e, "key list not used");
		else
			hf_station_bad_answer(s, &e);
		return false;
	}
	if (hf_file_replace(s->state_fd, KEY_LIST, list, 0644, (uid_t)-1,
	    (gid_t)-1, &e) == -1)
		hf_log_err(HF_WARN, &e, "key list not saved");
	return true;
}

static void
got_list(void *arg, const struct hf_https_answer *a, const struct hf_err *why)
{
	struct hf_station *s = arg;
	uint64_t now = (uint64_t)hf_now_ms();
	bool ok = false;

	if (a == NULL)
		hf_station_failed(s, why);
	else
		hf_station_heard(s, now);
	if (a != NULL && a->status != 200 && !s->have_list)
		refused(s, "key list", false, a);
	else if (a != NULL && a->status == 200)
		ok = take_list(s, a->body);
	hf_chore_end(&s->list, ok, now);
	if (!ok && s->have_list)	/* the one we have will do */
		hf_chore_pause(&s->list, now, LIST_PAUSE_MS);
	hf_station_tell_ready(s);
	hf_station_step(s);
}

static void
begin(struct hf_station *s, struct hf_chore *c, const struct hf_https_call *call,
    hf_https_done *done)
{
	struct hf_err e;

	hf_chore_begin(c);
	if (hf_https_start(s->https, call, done, s, &e) == -1) {
		hf_log_err(HF_WARN, &e, "request not started");
		hf_chore_end(c, false, (uint64_t)hf_now_ms());
	}
}

static void
ask_nonces(struct hf_station *s)
{
	struct hf_https_call call = {
		.path = "/v1/readers/nonce", .type = "application/json",
		.answer_max = HF_ANSWER_MAX, .timeout_ms = ASK_MS };
	struct hf_buf body;
	struct hf_err e;

	hf_buf_init(&body, 1024);
	if (hf_post_nonce(&body, &s->conf->reader, s->identity->sk,
	    (uint64_t)((int64_t)hf_wall_ms() + s->clock_offset_ms),
	    NONCES_WANTED, &e) == -1) {
		hf_log_err(HF_ERROR, &e, "nonce request");
		hf_chore_pause(&s->nonces, hf_now_ms(), REVOKED_PAUSE_MS);
	} else {
		call.body = hf_buf_view(&body);
		begin(s, &s->nonces, &call, got_nonces);
	}
	hf_buf_clear(&body);
}

static bool
wants_list(const struct hf_station *s)
{
	return s->up && (!s->have_list || s->list_serial < s->wanted_serial);
}

static bool
wants_nonces(struct hf_station *s, uint64_t now)
{
	return s->up &&
	    (hf_stock_count(&s->stock, now) < NONCES_WANTED / 2 ||
		!s->have_printers);
}

static bool
wants_probe(const struct hf_station *s, uint64_t now)
{
	return !s->up || now >= s->heard_ms + IDLE_PROBE_MS;
}

void
hf_station_chores(struct hf_station *s, uint64_t now)
{
	static const struct hf_https_call health = {
		.path = "/v1/health", .answer_max = HF_ANSWER_MAX,
		.timeout_ms = ASK_MS };
	static const struct hf_https_call list = {
		.path = "/v1/key-list", .answer_max = HF_KEYLIST_MAX,
		.timeout_ms = ASK_MS };

	if (hf_chore_is_due(&s->nonces, wants_nonces(s, now), now))
		ask_nonces(s);
	if (hf_chore_is_due(&s->list, wants_list(s), now))
		begin(s, &s->list, &list, got_list);
	if (hf_chore_is_due(&s->probe, wants_probe(s, now), now))
		begin(s, &s->probe, &health, got_health);
}

static uint64_t
sooner(const struct hf_chore *c, bool wanted, uint64_t next)
{
	if (!wanted || c->running || c->not_before >= next)
		return next;
	return c->not_before;
}

/* When to come back for them; a second from now at the latest. */
uint64_t
hf_station_chores_next(struct hf_station *s, uint64_t now)
{
	uint64_t next = now + 1000;

	next = sooner(&s->nonces, wants_nonces(s, now), next);
	next = sooner(&s->list, wants_list(s), next);
	return sooner(&s->probe, wants_probe(s, now), next);
}
