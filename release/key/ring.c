#include "release/key/ring.h"

#include <sodium.h>
#include <string.h>

#include "lib/file.h"

#define FORGET_AFTER_S (45ull * 24 * 3600)

static int
take_keystore(struct hf_ring *r, int fd, struct hf_err *e)
{
	uint8_t sealed[HF_KEYSTORE_MAX + 1];
	size_t got;

	if (hf_read_full(fd, sealed, sizeof sealed, &got, e) == -1)
		return -1;
	if (got > HF_KEYSTORE_MAX)
		return hf_fail(e, HF_EINPUT, "keystore is too long");
	return hf_keystore_get(hf_view_of(sealed, got), r->master, &r->store,
	    e);
}

struct hf_ring *
hf_ring_read(int fd, struct hf_err *e)
{
	struct hf_ring *r = sodium_malloc(sizeof *r);
	size_t got;

	if (r == NULL) {
		hf_fail(e, HF_ENOMEM, "no locked memory for the keys");
		return NULL;
	}
	if (hf_read_full(fd, r->master, sizeof r->master, &got, e) == -1)
		goto fail;
	if (got != sizeof r->master) {
		hf_fail(e, HF_EINPUT, "no master key");
		goto fail;
	}
	if (take_keystore(r, fd, e) == -1)
		goto fail;
	hf_keyid(r->store.tap_pk, r->tap_key_id);
	memset(&r->last, 0, sizeof r->last);
	return r;
fail:
	hf_ring_free(r);
	return NULL;
}

void
hf_ring_free(struct hf_ring *r)
{
	sodium_free(r);		/* wipes */
}

int
hf_ring_list(const struct hf_ring *r, uint64_t now, struct hf_buf *out,
    struct hf_err *e)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];
	struct hf_keylist list;
	int rc;

	memset(&list, 0, sizeof list);
	list.serial = r->store.serial;
	list.issued = now;
	memcpy(list.tap_key_id, r->tap_key_id, sizeof list.tap_key_id);
	memcpy(list.tap_pk, r->store.tap_pk, sizeof list.tap_pk);
	list.n = r->store.n;
	memcpy(list.epochs, r->store.epochs, sizeof list.epochs);
	(void)crypto_sign_seed_keypair(pk, sk, r->store.site_seed);
	rc = hf_keylist_put(out, &list, sk, e);
	sodium_memzero(sk, sizeof sk);
	return rc;
}

/* Make room where there is none. */
static int
forget_old(struct hf_keystore *s, uint64_t now, struct hf_err *e)
{
	if (s->n < HF_EPOCHS_MAX)
		return 0;
	if (now < FORGET_AFTER_S ||
	    hf_keystore_forget(s, now - FORGET_AFTER_S) == 0)
		return hf_fail(e, HF_EFULL,
		    "%d epochs are kept and none is old enough to go",
		    HF_EPOCHS_MAX);
	return 0;
}

/* Made ahead and not begun: nothing can have been sealed to it yet. */
static bool
is_prepared(const struct hf_keystore *s, uint64_t not_before, uint64_t now)
{
	return s->n > 1 && s->epochs[s->n - 1].not_before > now &&
	    not_before <= s->epochs[s->n - 1].not_before &&
	    not_before > s->epochs[s->n - 2].not_before;
}

static int
bring_forward(struct hf_keystore *s, uint64_t not_before, uint64_t not_after,
    struct hf_err *e)
{
	if (not_after <= not_before)
		return hf_fail(e, HF_EINPUT, "an epoch ends before it begins");
	s->epochs[s->n - 1].not_before = not_before;
	s->epochs[s->n - 1].not_after = not_after;
	return 0;
}

static int
one_more(struct hf_keystore *s, uint64_t not_before, uint64_t not_after,
    uint64_t now, struct hf_err *e)
{
	if (is_prepared(s, not_before, now))
		return bring_forward(s, not_before, not_after, e);
	if (forget_old(s, now, e) == -1)
		return -1;
	return hf_keystore_add(s, not_before, not_after, e);
}

static int
rotate(struct hf_ring *r, uint64_t not_before, uint64_t not_after,
    uint64_t now, struct hf_buf *keystore, struct hf_buf *list,
    struct hf_err *e)
{
	if (one_more(&r->store, not_before, not_after, now, e) == -1 ||
	    hf_keystore_publish(&r->store, now, list, e) == -1)
		return -1;
	/* Sealed last: the serial of the list is in it. */
	return hf_keystore_put(keystore, &r->store, r->master, e);
}

int
hf_ring_rotate(struct hf_ring *r, uint64_t not_before, uint64_t not_after,
    uint64_t now, struct hf_buf *keystore, struct hf_buf *list,
    struct hf_err *e)
{
	struct hf_keystore was;
	int rc;

	/* On the stack, which is locked too (mlockall). */
	memcpy(&was, &r->store, sizeof was);
	rc = rotate(r, not_before, not_after, now, keystore, list, e);
	if (rc == -1)
		memcpy(&r->store, &was, sizeof was);
	sodium_memzero(&was, sizeof was);
	return rc;
}
