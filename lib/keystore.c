/*
 * The private keys and their file: declared in lib/keylist.h, format in
 * doc/key-list.md.  Who has the master key and when, is the business of
 * release/ and admin/.
 */
#include "lib/keylist.h"

#include <sodium.h>
#include <string.h>

#define MAGIC "HFSTORE1"
#define MAGIC_LEN (sizeof MAGIC - 1)
#define NONCE_LEN crypto_secretbox_NONCEBYTES

void
hf_keystore_new(struct hf_keystore *k)
{
	sodium_memzero(k, sizeof *k);
	randombytes_buf(k->site_seed, sizeof k->site_seed);
	randombytes_buf(k->pepper, sizeof k->pepper);
	crypto_box_keypair(k->tap_pk, k->tap_sk);
}

int
hf_keystore_add(struct hf_keystore *k, uint64_t not_before,
    uint64_t not_after, struct hf_err *e)
{
	struct hf_epoch *p;

	if (k->n == HF_EPOCHS_MAX)
		return hf_fail(e, HF_EFULL, "the keystore holds %d epochs",
		    HF_EPOCHS_MAX);
	if (not_after <= not_before)
		return hf_fail(e, HF_EINPUT, "an epoch ends before it begins");
	if (k->n > 0 && not_before <= k->epochs[k->n - 1].not_before)
		return hf_fail(e, HF_ECONFLICT, "the newest epoch begins "
		    "later");
	p = &k->epochs[k->n];
	crypto_box_keypair(p->pk, k->epoch_sk[k->n]);
	hf_keyid(p->pk, p->key_id);
	p->not_before = not_before;
	p->not_after = not_after;
	k->n++;
	return 0;
}

size_t
hf_keystore_forget(struct hf_keystore *k, uint64_t ended)
{
	size_t i, kept = 0, gone;

	for (i = 0; i < k->n; i++) {
		if (k->epochs[i].not_after < ended && i + 1 < k->n)
			continue;
		if (i != kept) {
			k->epochs[kept] = k->epochs[i];
			memcpy(k->epoch_sk[kept], k->epoch_sk[i],
			    sizeof k->epoch_sk[i]);
		}
		kept++;
	}
	gone = k->n - kept;
	sodium_memzero(k->epochs + kept, gone * sizeof k->epochs[0]);
	sodium_memzero(k->epoch_sk + kept, gone * sizeof k->epoch_sk[0]);
	k->n = kept;
	return gone;
}

const struct hf_epoch *
hf_keystore_find(const struct hf_keystore *k,
    const uint8_t id[static HF_KEYID_LEN], const uint8_t **sk)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (memcmp(k->epochs[i].key_id, id, HF_KEYID_LEN) == 0) {
			*sk = k->epoch_sk[i];
			return &k->epochs[i];
		}
	return NULL;
}

static int
put_contents(struct hf_buf *b, const struct hf_keystore *k, struct hf_err *e)
{
	const struct hf_epoch *p;
	size_t i;

	if (hf_put_bytes(b, k->site_seed, sizeof k->site_seed, e) == -1 ||
	    hf_put_bytes(b, k->tap_sk, sizeof k->tap_sk, e) == -1 ||
	    hf_put_bytes(b, k->tap_pk, sizeof k->tap_pk, e) == -1 ||
	    hf_put_bytes(b, k->pepper, sizeof k->pepper, e) == -1 ||
	    hf_put_u64(b, k->serial, e) == -1 ||
	    hf_put_u16(b, (uint16_t)k->n, e) == -1)
		return -1;
	for (i = 0; i < k->n; i++) {
		p = &k->epochs[i];
		if (hf_put_bytes(b, p->key_id, sizeof p->key_id, e) == -1 ||
		    hf_put_bytes(b, p->pk, sizeof p->pk, e) == -1 ||
		    hf_put_bytes(b, k->epoch_sk[i], 32, e) == -1 ||
		    hf_put_u64(b, p->not_before, e) == -1 ||
		    hf_put_u64(b, p->not_after, e) == -1)
			return -1;
	}
	return 0;
}

int
hf_keystore_put(struct hf_buf *b, const struct hf_keystore *k,
    const uint8_t master[static 32], struct hf_err *e)
{
	uint8_t nonce[NONCE_LEN], box[HF_KEYSTORE_MAX];
	struct hf_buf plain;
	size_t n;
	int rc = -1;

	hf_buf_init(&plain, sizeof box - crypto_secretbox_MACBYTES);
	if (put_contents(&plain, k, e) == -1)
		goto out;
	n = plain.n + crypto_secretbox_MACBYTES;
	randombytes_buf(nonce, sizeof nonce);
	crypto_secretbox_easy(box, plain.p, plain.n, nonce, master);
	if (hf_put_bytes(b, MAGIC, MAGIC_LEN, e) == -1 ||
	    hf_put_bytes(b, nonce, sizeof nonce, e) == -1 ||
	    hf_put_bytes(b, box, n, e) == -1)
		goto out;
	rc = 0;
out:
	hf_buf_clear(&plain);
	return rc;
}

static int
get_epoch(struct hf_view *in, struct hf_epoch *p, uint8_t sk[static 32],
    struct hf_err *e)
{
	if (hf_get_bytes(in, p->key_id, sizeof p->key_id, e) == -1 ||
	    hf_get_bytes(in, p->pk, sizeof p->pk, e) == -1 ||
	    hf_get_bytes(in, sk, 32, e) == -1 ||
	    hf_get_u64(in, &p->not_before, e) == -1)
		return -1;
	return hf_get_u64(in, &p->not_after, e);
}

static int
get_contents(struct hf_view in, struct hf_keystore *k, struct hf_err *e)
{
	uint16_t n;
	size_t i;

	if (hf_get_bytes(&in, k->site_seed, sizeof k->site_seed, e) == -1 ||
	    hf_get_bytes(&in, k->tap_sk, sizeof k->tap_sk, e) == -1 ||
	    hf_get_bytes(&in, k->tap_pk, sizeof k->tap_pk, e) == -1 ||
	    hf_get_bytes(&in, k->pepper, sizeof k->pepper, e) == -1 ||
	    hf_get_u64(&in, &k->serial, e) == -1 ||
	    hf_get_u16(&in, &n, e) == -1)
		return -1;
	if (n > HF_EPOCHS_MAX)
		return hf_fail(e, HF_EINPUT, "a keystore of %u epochs", n);
	for (i = 0; i < n; i++)
		if (get_epoch(&in, &k->epochs[i], k->epoch_sk[i], e) == -1)
			return -1;
	k->n = n;
	return hf_get_end(&in, e);
}

/* magic | nonce | box, opened into `plain`; *n is the length. */
static int
open_box(struct hf_view in, const uint8_t master[static 32],
    uint8_t plain[static HF_KEYSTORE_MAX], size_t *n, struct hf_err *e)
{
	struct hf_view magic, nonce;

	if (in.n > HF_KEYSTORE_MAX || hf_get_view(&in, MAGIC_LEN, &magic,
	    NULL) == -1 || memcmp(magic.p, MAGIC, MAGIC_LEN) != 0 ||
	    hf_get_view(&in, NONCE_LEN, &nonce, NULL) == -1 ||
	    in.n < crypto_secretbox_MACBYTES)
		return hf_fail(e, HF_EINPUT, "not a keystore");
	if (crypto_secretbox_open_easy(plain, in.p, in.n, nonce.p, master) !=
	    0)
		return hf_fail(e, HF_ETAMPER, "the master key does not open "
		    "the keystore");
	*n = in.n - crypto_secretbox_MACBYTES;
	return 0;
}

int
hf_keystore_get(struct hf_view in, const uint8_t master[static 32],
    struct hf_keystore *out, struct hf_err *e)
{
	uint8_t plain[HF_KEYSTORE_MAX];
	struct hf_keystore k = { 0 };
	size_t n = 0;
	int rc = -1;

	if (open_box(in, master, plain, &n, e) == -1)
		goto out;
	if (get_contents(hf_view_of(plain, n), &k, e) == -1) {
		hf_wrap(e, "keystore");
		goto out;
	}
	*out = k;
	rc = 0;
out:
	sodium_memzero(plain, sizeof plain);
	sodium_memzero(&k, sizeof k);
	return rc;
}

int
hf_keystore_publish(struct hf_keystore *k, uint64_t now, struct hf_buf *out,
    struct hf_err *e)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES];
	struct hf_keylist list = { .serial = k->serial + 1, .issued = now };
	int rc = -1;

	memcpy(list.tap_pk, k->tap_pk, sizeof list.tap_pk);
	hf_keyid(list.tap_pk, list.tap_key_id);
	memcpy(list.epochs, k->epochs, k->n * sizeof k->epochs[0]);
	list.n = k->n;
	crypto_sign_seed_keypair(pk, sk, k->site_seed);
	if (hf_keylist_put(out, &list, sk, e) == -1)
		goto out;
	k->serial = list.serial;
	rc = 0;
out:
	sodium_memzero(sk, sizeof sk);
	return rc;
}
