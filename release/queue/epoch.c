#include "release/queue/epoch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

#define CHECK_S 60
#define MAGIC_LEN 8

struct hf_epochs {
	struct hf_keyask *key;
	struct hf_store *store;
	int keys;
	uint64_t length_s;
	struct event *timer;
	struct hf_epoch_info list[HF_EPOCHS_MAX];
	size_t n;
	struct hf_buf published;	/* the key list as written */
	struct hf_buf keystore;		/* made, not yet written */
	struct hf_buf next;		/* the list that goes with it */
	bool asked;			/* role key is at it */
	void (*done)(void *arg, const struct hf_err *err);
	void *done_arg;
};

static uint64_t
serial_of(struct hf_view list)
{
	struct hf_view magic;
	uint64_t serial;

	if (hf_get_view(&list, MAGIC_LEN, &magic, NULL) == -1 ||
	    hf_get_u64(&list, &serial, NULL) == -1)
		return 0;
	return serial;
}

struct hf_view
hf_epochs_list(const struct hf_epochs *ep)
{
	return hf_buf_view(&ep->published);
}

uint64_t
hf_epochs_serial(const struct hf_epochs *ep)
{
	return serial_of(hf_buf_view(&ep->published));
}

size_t
hf_epochs_each(const struct hf_epochs *ep, const struct hf_epoch_info **out)
{
	*out = ep->list;
	return ep->n;
}

static void
tell_done(struct hf_epochs *ep, const struct hf_err *err)
{
	void (*fn)(void *, const struct hf_err *) = ep->done;

	ep->done = NULL;
	if (fn != NULL)
		fn(ep->done_arg, err);
}

/* ---- what role key holds ---- */

static int
get_epochs(struct hf_view *v, struct hf_epochs *ep, struct hf_err *e)
{
	struct hf_epoch_info list[HF_EPOCHS_MAX];
	uint8_t n, i;

	if (hf_get_u8(v, &n, e) == -1)
		return -1;
	if (n > HF_EPOCHS_MAX)
		return hf_fail(e, HF_EINPUT, "%u epochs", n);
	for (i = 0; i < n; i++)
		if (hf_get_bytes(v, list[i].key_id, HF_KEYID_LEN, e) == -1 ||
		    hf_get_u64(v, &list[i].not_before, e) == -1 ||
		    hf_get_u64(v, &list[i].not_after, e) == -1)
			return -1;
	if (hf_get_end(v, e) == -1)
		return -1;
	memcpy(ep->list, list, n * sizeof list[0]);
	ep->n = n;
	return 0;
}

/* A crash between the two writes leaves a list older than the keystore. */
static int
write_if_newer(struct hf_epochs *ep, struct hf_view list, struct hf_err *e)
{
	struct hf_buf old;
	uint64_t serial = 0;

	hf_buf_init(&old, HF_KEYLIST_MAX);
	if (hf_file_read(ep->keys, "keylist", &old, e) == 0)
		serial = serial_of(hf_buf_view(&old));
	hf_buf_clear(&old);
	if (serial >= serial_of(list) && serial != 0)
		return 0;
	return hf_file_replace(ep->keys, "keylist", list, 0644, (uid_t)-1,
	    (gid_t)-1, e);
}

static void check_due(struct hf_epochs *ep);

static void
on_keys(void *arg, struct hf_view body, const struct hf_err *err)
{
	struct hf_epochs *ep = arg;
	struct hf_view list;
	struct hf_err e;

	ep->asked = false;
	if (err == NULL) {
		if (hf_get_var(&body, HF_KEYLIST_MAX, &list, &e) == -1 ||
		    get_epochs(&body, ep, &e) == -1 ||
		    write_if_newer(ep, list, &e) == -1)
			err = &e;
	}
	if (err == NULL) {
		hf_buf_reset(&ep->published);
		if (hf_put_bytes(&ep->published, list.p, list.n, &e) == -1)
			err = &e;
	}
	if (err != NULL)
		hf_log_err(HF_ERROR, err, "key list not published");
	tell_done(ep, err);
	if (err == NULL)
		check_due(ep);
}

static int
ask_keys(struct hf_epochs *ep, struct hf_err *e)
{
	if (hf_keyask_keys(ep->key, on_keys, ep, e) == -1)
		return -1;
	ep->asked = true;
	return 0;
}

/* ---- one more ---- */

/* Keystore first, list second: intake never seals to a key that is lost. */
static int
write_both(struct hf_epochs *ep, struct hf_err *e)
{
	char data[64];

	if (hf_file_replace(ep->keys, "keystore", hf_buf_view(&ep->keystore),
		0600, (uid_t)-1, (gid_t)-1, e) == -1 ||
	    hf_file_replace(ep->keys, "keylist", hf_buf_view(&ep->next), 0644,
		(uid_t)-1, (gid_t)-1, e) == -1)
		return -1;
	snprintf(data, sizeof data, "{\"serial\": %llu}",
	    (unsigned long long)serial_of(hf_buf_view(&ep->next)));
	hf_log(HF_INFO, "keys rotated serial=%llu",
	    (unsigned long long)serial_of(hf_buf_view(&ep->next)));
	hf_buf_clear(&ep->keystore);
	hf_buf_clear(&ep->next);
	if (hf_store_event(ep->store, "key.rotated", "info", NULL, data, e) ==
	    -1)
		hf_log_err(HF_WARN, e, "key rotation not recorded");
	return ask_keys(ep, e);
}

static void
on_rotated(void *arg, struct hf_view body, const struct hf_err *err)
{
	struct hf_epochs *ep = arg;
	struct hf_view keystore, list;
	struct hf_err e;

	ep->asked = false;
	if (err == NULL &&
	    (hf_get_var(&body, HF_KEYSTORE_MAX, &keystore, &e) == -1 ||
		hf_get_var(&body, HF_KEYLIST_MAX, &list, &e) == -1 ||
		hf_get_end(&body, &e) == -1 ||
		hf_put_bytes(&ep->keystore, keystore.p, keystore.n, &e) ==
		    -1 ||
		hf_put_bytes(&ep->next, list.p, list.n, &e) == -1 ||
		write_both(ep, &e) == -1))
		err = &e;
	if (err != NULL) {
		/* What was made and not written is tried again every minute. */
		hf_log_err(HF_ERROR, err, "keys not rotated");
		tell_done(ep, err);
	}
}

static int
rotate(struct hf_epochs *ep, bool at_once, struct hf_err *e)
{
	uint64_t now = hf_wall_s(), begin = now;
	const struct hf_epoch_info *newest;

	if (ep->asked || ep->next.n > 0)
		return hf_fail(e, HF_EAGAIN, "keys are being rotated already");
	if (ep->n > 0) {
		newest = &ep->list[ep->n - 1];
		if (!at_once && newest->not_after > begin)
			begin = newest->not_after;
		/* Twice within a second. */
		if (begin == newest->not_before)
			begin++;
	}
	if (hf_keyask_rotate(ep->key, begin, begin + ep->length_s, on_rotated,
		ep, e) == -1)
		return -1;
	ep->asked = true;
	return 0;
}

int
hf_epochs_rotate(struct hf_epochs *ep,
    void (*fn)(void *arg, const struct hf_err *err), void *arg,
    struct hf_err *e)
{
	if (ep->done != NULL)
		return hf_fail(e, HF_EAGAIN, "keys are being rotated already");
	if (rotate(ep, true, e) == -1)
		return -1;
	ep->done = fn;
	ep->done_arg = arg;
	return 0;
}

/* ---- in time ---- */

static void
check_due(struct hf_epochs *ep)
{
	uint64_t now = hf_wall_s();
	struct hf_err e;

	if (ep->asked)
		return;
	if (ep->next.n > 0) {
		if (write_both(ep, &e) == -1)
			hf_log_err(HF_ERROR, &e, "keys not rotated");
		return;
	}
	if (ep->n > 0 &&
	    ep->list[ep->n - 1].not_after > now + ep->length_s / 2)
		return;
	if (rotate(ep, false, &e) == -1)
		hf_log_err(HF_ERROR, &e, "keys not rotated");
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct hf_epochs *ep = arg;
	struct hf_err e;

	(void)fd;
	(void)what;
	if (ep->published.n > 0 || ep->next.n > 0)
		check_due(ep);
	else if (!ep->asked && ask_keys(ep, &e) == -1)
		hf_log_err(HF_ERROR, &e, "role key not asked for its keys");
}

int
hf_epochs_start(struct hf_epochs *ep, struct hf_err *e)
{
	const struct timeval tv = { .tv_sec = CHECK_S };

	if (event_add(ep->timer, &tv) == -1)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	return ask_keys(ep, e);
}

struct hf_epochs *
hf_epochs_new(struct hf_loop *loop, int keys, struct hf_keyask *key,
    struct hf_store *store, long hours, struct hf_err *e)
{
	struct hf_epochs *ep = calloc(1, sizeof *ep);

	if (ep != NULL)
		ep->timer = event_new(loop->base, -1, EV_PERSIST, on_timer, ep);
	if (ep == NULL || ep->timer == NULL) {
		free(ep);
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	hf_buf_init(&ep->published, HF_KEYLIST_MAX);
	hf_buf_init(&ep->keystore, HF_KEYSTORE_MAX);
	hf_buf_init(&ep->next, HF_KEYLIST_MAX);
	ep->keys = keys;
	ep->key = key;
	ep->store = store;
	ep->length_s = (uint64_t)hours * 3600;
	return ep;
}

void
hf_epochs_free(struct hf_epochs *ep)
{
	if (ep == NULL)
		return;
	hf_keyask_forget(ep->key, ep);
	event_free(ep->timer);
	hf_buf_clear(&ep->published);
	hf_buf_clear(&ep->keystore);
	hf_buf_clear(&ep->next);
	free(ep);
}
