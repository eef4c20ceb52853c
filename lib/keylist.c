#include "lib/keylist.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>

#include "lib/file.h"

#define MAGIC "HFKEYS1\n"
#define CONTEXT "holdfast key list v1"	/* signed with its NUL */
#define SIG_LEN crypto_sign_BYTES
#define STALE_AFTER (24 * 3600)

/* What must hold for a list that we sign, and for one that we believe. */
static int
check_epochs(const struct hf_keylist *k, struct hf_err *e)
{
	const struct hf_epoch *p;
	uint8_t id[HF_KEYID_LEN];
	size_t i;

	if (k->n < 1 || k->n > HF_EPOCHS_MAX)
		return hf_fail(e, HF_EINPUT, "a key list of %zu epochs", k->n);
	hf_keyid(k->tap_pk, id);
	if (memcmp(id, k->tap_key_id, sizeof id) != 0)
		return hf_fail(e, HF_EINPUT, "the tap key has another id");
	for (i = 0; i < k->n; i++) {
		p = &k->epochs[i];
		hf_keyid(p->pk, id);
		if (memcmp(id, p->key_id, sizeof id) != 0)
			return hf_fail(e, HF_EINPUT, "epoch %zu has another "
			    "key id", i);
		if (p->not_after <= p->not_before)
			return hf_fail(e, HF_EINPUT, "epoch %zu ends before "
			    "it begins", i);
		if (i > 0 && p->not_before <= k->epochs[i - 1].not_before)
			return hf_fail(e, HF_EINPUT, "epoch %zu is not in "
			    "order", i);
	}
	return 0;
}

static int
put_epoch(struct hf_buf *b, const struct hf_epoch *p, struct hf_err *e)
{
	if (hf_put_bytes(b, p->key_id, sizeof p->key_id, e) == -1 ||
	    hf_put_bytes(b, p->pk, sizeof p->pk, e) == -1 ||
	    hf_put_u64(b, p->not_before, e) == -1)
		return -1;
	return hf_put_u64(b, p->not_after, e);
}

static int
put_unsigned(struct hf_buf *b, const struct hf_keylist *k, struct hf_err *e)
{
	size_t i;

	if (hf_put_bytes(b, MAGIC, strlen(MAGIC), e) == -1 ||
	    hf_put_u64(b, k->serial, e) == -1 ||
	    hf_put_u64(b, k->issued, e) == -1 ||
	    hf_put_bytes(b, k->tap_key_id, sizeof k->tap_key_id, e) == -1 ||
	    hf_put_bytes(b, k->tap_pk, sizeof k->tap_pk, e) == -1 ||
	    hf_put_u16(b, (uint16_t)k->n, e) == -1)
		return -1;
	for (i = 0; i < k->n; i++)
		if (put_epoch(b, &k->epochs[i], e) == -1)
			return -1;
	return 0;
}

/* CONTEXT, its NUL and the list without its signature. */
static int
signed_text(struct hf_buf *text, struct hf_view list, struct hf_err *e)
{
	hf_buf_init(text, sizeof CONTEXT + HF_KEYLIST_MAX);
	if (hf_put_bytes(text, CONTEXT, sizeof CONTEXT, e) == -1)
		return -1;
	return hf_put_bytes(text, list.p, list.n, e);
}

int
hf_keylist_put(struct hf_buf *b, const struct hf_keylist *k,
    const uint8_t site_sk[static 64], struct hf_err *e)
{
	uint8_t sig[SIG_LEN];
	struct hf_buf list, text;
	int rc = -1;

	hf_buf_init(&list, HF_KEYLIST_MAX);
	hf_buf_init(&text, 0);
	if (check_epochs(k, e) == -1 || put_unsigned(&list, k, e) == -1 ||
	    signed_text(&text, hf_buf_view(&list), e) == -1)
		goto out;
	crypto_sign_detached(sig, NULL, text.p, text.n, site_sk);
	if (hf_put_bytes(&list, sig, sizeof sig, e) == -1)
		goto out;
	rc = hf_put_bytes(b, list.p, list.n, e);
out:
	hf_buf_clear(&text);
	hf_buf_clear(&list);
	return rc;
}

static int
verify(struct hf_view in, const uint8_t site_pk[static 32], struct hf_err *e)
{
	struct hf_buf text;
	size_t n = in.n - SIG_LEN;
	int rc = -1;

	if (signed_text(&text, hf_view_of(in.p, n), e) == -1)
		goto out;
	if (crypto_sign_verify_detached(in.p + n, text.p, text.n, site_pk) !=
	    0) {
		hf_fail(e, HF_ETAMPER, "the key list is not signed by this "
		    "site's key");
		goto out;
	}
	rc = 0;
out:
	hf_buf_clear(&text);
	return rc;
}

static int
get_epoch(struct hf_view *in, struct hf_epoch *p, struct hf_err *e)
{
	if (hf_get_bytes(in, p->key_id, sizeof p->key_id, e) == -1 ||
	    hf_get_bytes(in, p->pk, sizeof p->pk, e) == -1 ||
	    hf_get_u64(in, &p->not_before, e) == -1)
		return -1;
	return hf_get_u64(in, &p->not_after, e);
}

static int
get_unsigned(struct hf_view in, struct hf_keylist *k, struct hf_err *e)
{
	uint8_t magic[sizeof MAGIC - 1];
	uint16_t n;
	size_t i;

	if (hf_get_bytes(&in, magic, sizeof magic, e) == -1)
		return -1;
	if (memcmp(magic, MAGIC, sizeof magic) != 0)
		return hf_fail(e, HF_EINPUT, "not a key list");
	if (hf_get_u64(&in, &k->serial, e) == -1 ||
	    hf_get_u64(&in, &k->issued, e) == -1 ||
	    hf_get_bytes(&in, k->tap_key_id, sizeof k->tap_key_id, e) == -1 ||
	    hf_get_bytes(&in, k->tap_pk, sizeof k->tap_pk, e) == -1 ||
	    hf_get_u16(&in, &n, e) == -1)
		return -1;
	if (n > HF_EPOCHS_MAX)
		return hf_fail(e, HF_EINPUT, "a key list of %u epochs", n);
	for (i = 0; i < n; i++)
		if (get_epoch(&in, &k->epochs[i], e) == -1)
			return -1;
	k->n = n;
	return hf_get_end(&in, e);
}

int
hf_keylist_get(struct hf_view in, const uint8_t site_pk[static 32],
    struct hf_keylist *out, struct hf_err *e)
{
	struct hf_keylist k = { 0 };

	if (in.n <= SIG_LEN || in.n > HF_KEYLIST_MAX)
		return hf_fail(e, HF_EINPUT, "a key list of %zu bytes", in.n);
	if (verify(in, site_pk, e) == -1 ||
	    get_unsigned(hf_view_of(in.p, in.n - SIG_LEN), &k, e) == -1 ||
	    check_epochs(&k, e) == -1)
		return -1;
	*out = k;
	return 0;
}

int
hf_keylist_load(const char *path, const uint8_t site_pk[static 32],
    struct hf_keylist *out, struct hf_err *e)
{
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, HF_KEYLIST_MAX);
	if (hf_file_read(AT_FDCWD, path, &b, e) == -1)
		goto out;
	if (hf_keylist_get(hf_buf_view(&b), site_pk, out, e) == -1) {
		hf_wrap(e, "%s", path);
		goto out;
	}
	rc = 0;
out:
	hf_buf_clear(&b);
	return rc;
}

int
hf_keylist_current(const struct hf_keylist *k, uint64_t now,
    const struct hf_epoch **out, struct hf_err *e)
{
	const struct hf_epoch *p = NULL;
	size_t i;

	for (i = 0; i < k->n && k->epochs[i].not_before <= now; i++)
		p = &k->epochs[i];
	if (p == NULL)
		return hf_fail(e, HF_EAGAIN, "no epoch of the key list has "
		    "begun");
	if (now > p->not_after && now - p->not_after > STALE_AFTER)
		return hf_fail(e, HF_EAGAIN, "the key list is stale: its "
		    "newest epoch ended more than a day ago");
	*out = p;
	return 0;
}
