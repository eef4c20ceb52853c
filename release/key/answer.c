#include "release/key/answer.h"

#include <sodium.h>

#include "lib/envelope.h"
#include "lib/tap.h"
#include "release/common/unseal.h"

#define CREDENTIAL_MAX 4096	/* of the box: doc/tap-format.md */
#define WRAPPED_LEN (crypto_box_SEALBYTES + HF_FILE_KEY_LEN)

/*
 * A request in work.  A handler returns -1 with HF_EPEER where the message
 * itself is malformed, which ends the process; any other failure becomes an
 * ERROR reply.
 */
struct request {
	struct hf_ring *ring;
	struct hf_view body;
	uint64_t now;
	struct hf_buf *out;	/* header written; the body is appended */
};

static int
malformed(struct hf_err *e)
{
	e->code = HF_EPEER;
	return -1;
}

/* Open the box of the sealed header that is the rest of the body. */
static int
open_header(struct request *q, uint8_t file_key[static HF_FILE_KEY_LEN],
    struct hf_buf *envelope, struct hf_err *e)
{
	const struct hf_epoch *epoch;
	struct hf_sealed_header h;
	const uint8_t *sk;

	if (hf_sealed_header_get(q->body, &h, e) == -1)
		return -1;
	if (h.whole.n != q->body.n)
		return hf_fail(e, HF_EINPUT, "bytes after the sealed header");
	epoch = hf_keystore_find(&q->ring->store, h.key_id, &sk);
	if (epoch == NULL)
		return hf_fail(e, HF_ENOTFOUND,
		    "the key that it was sealed to is not in the keystore");
	return hf_unseal_box(&h, epoch->pk, sk, file_key, envelope, e);
}

static int
answer_open(struct request *q, struct hf_err *e)
{
	uint8_t file_key[HF_FILE_KEY_LEN];
	struct hf_buf envelope;
	int rc = -1;

	hf_buf_init(&envelope, HF_BOX_MAX);
	if (open_header(q, file_key, &envelope, e) == -1)
		goto out;
	rc = hf_put_bytes(q->out, envelope.p, envelope.n, e);
out:
	sodium_memzero(file_key, sizeof file_key);
	hf_buf_clear(&envelope);
	return rc;
}

static int
answer_unwrap(struct request *q, struct hf_err *e)
{
	uint8_t pk[crypto_box_PUBLICKEYBYTES], file_key[HF_FILE_KEY_LEN];
	uint8_t wrapped[WRAPPED_LEN];
	struct hf_buf envelope;
	int rc = -1;

	hf_buf_init(&envelope, HF_BOX_MAX);
	if (hf_get_bytes(&q->body, pk, sizeof pk, e) == -1) {
		(void)malformed(e);
		goto out;
	}
	if (open_header(q, file_key, &envelope, e) == -1)
		goto out;
	if (crypto_box_seal(wrapped, file_key, sizeof file_key, pk) != 0) {
		hf_fail(e, HF_EINPUT, "not a public key");
		goto out;
	}
	if (hf_put_var(q->out, envelope.p, envelope.n, e) == -1 ||
	    hf_put_bytes(q->out, wrapped, sizeof wrapped, e) == -1)
		goto out;
	rc = 0;
out:
	sodium_memzero(file_key, sizeof file_key);
	hf_buf_clear(&envelope);
	return rc;
}

/* What is inside must name the same reader and nonce as outside. */
static int
open_credential(struct request *q, struct hf_credential *out,
    struct hf_err *e)
{
	uint8_t plain[CREDENTIAL_MAX];
	uint8_t key_id[HF_KEYID_LEN], nonce[HF_NONCE_LEN];
	struct hf_view box;
	struct hf_id reader;
	int rc = -1;

	if (hf_get_bytes(&q->body, reader.b, sizeof reader.b, e) == -1 ||
	    hf_get_bytes(&q->body, nonce, sizeof nonce, e) == -1 ||
	    hf_get_bytes(&q->body, key_id, sizeof key_id, e) == -1)
		return malformed(e);
	box = q->body;
	if (sodium_memcmp(key_id, q->ring->tap_key_id, sizeof key_id) != 0)
		return hf_fail(e, HF_ENOTFOUND,
		    "sealed to a tap key that is not ours");
	if (box.n < crypto_box_SEALBYTES || box.n > CREDENTIAL_MAX)
		return hf_fail(e, HF_EINPUT, "a credential of %zu bytes", box.n);
	if (crypto_box_seal_open(plain, box.p, box.n, q->ring->store.tap_pk,
		q->ring->store.tap_sk) != 0) {
		hf_fail(e, HF_ETAMPER, "the credential does not open");
		goto out;
	}
	if (hf_credential_get(hf_view_of(plain, box.n - crypto_box_SEALBYTES),
		out, e) == -1)
		goto out;
	if (sodium_memcmp(out->reader.b, reader.b, sizeof reader.b) != 0 ||
	    sodium_memcmp(out->nonce, nonce, sizeof nonce) != 0) {
		hf_credential_clear(out);
		hf_fail(e, HF_EDENIED, "the credential is of another tap");
		goto out;
	}
	rc = 0;
out:
	sodium_memzero(plain, sizeof plain);
	return rc;
}

static int
answer_credential(struct request *q, struct hf_err *e)
{
	uint8_t hash[HF_BADGE_HASH_LEN];
	struct hf_credential c;
	int rc = -1;

	if (open_credential(q, &c, e) == -1)
		return -1;
	hf_badge_hash(hash, &c, q->ring->store.pepper);
	if (hf_put_u8(q->out, (uint8_t)c.kind, e) == 0 &&
	    hf_put_bytes(q->out, hash, sizeof hash, e) == 0 &&
	    hf_put_u8(q->out, c.pin[0] != '\0', e) == 0 &&
	    hf_put_u8(q->out, c.proof_len > 0, e) == 0)
		rc = 0;
	hf_credential_clear(&c);
	sodium_memzero(hash, sizeof hash);
	return rc;
}

static int
answer_keys(struct request *q, struct hf_err *e)
{
	const struct hf_keystore *s = &q->ring->store;
	struct hf_buf list;
	size_t i;
	int rc = -1;

	hf_buf_init(&list, HF_KEYLIST_MAX);
	if (hf_get_end(&q->body, e) == -1) {
		(void)malformed(e);
		goto out;
	}
	if (hf_ring_list(q->ring, q->now, &list, e) == -1 ||
	    hf_put_var(q->out, list.p, list.n, e) == -1 ||
	    hf_put_u8(q->out, (uint8_t)s->n, e) == -1)
		goto out;
	for (i = 0; i < s->n; i++)
		if (hf_put_bytes(q->out, s->epochs[i].key_id, HF_KEYID_LEN,
			e) == -1 ||
		    hf_put_u64(q->out, s->epochs[i].not_before, e) == -1 ||
		    hf_put_u64(q->out, s->epochs[i].not_after, e) == -1)
			goto out;
	rc = 0;
out:
	hf_buf_clear(&list);
	return rc;
}

static int
answer_rotate(struct request *q, struct hf_err *e)
{
	struct hf_buf keystore, list;
	uint64_t not_before, not_after;
	int rc = -1;

	hf_buf_init(&keystore, HF_KEYSTORE_MAX);
	hf_buf_init(&list, HF_KEYLIST_MAX);
	if (hf_get_u64(&q->body, &not_before, e) == -1 ||
	    hf_get_u64(&q->body, &not_after, e) == -1 ||
	    hf_get_end(&q->body, e) == -1) {
		(void)malformed(e);
		goto out;
	}
	if (hf_ring_rotate(q->ring, not_before, not_after, q->now, &keystore,
		&list, e) == -1 ||
	    hf_put_var(q->out, keystore.p, keystore.n, e) == -1 ||
	    hf_put_var(q->out, list.p, list.n, e) == -1)
		goto out;
	rc = 0;
out:
	hf_buf_clear(&keystore);
	hf_buf_clear(&list);
	return rc;
}

static int
get_checkpoint(struct hf_view *v, struct hf_view *old,
    struct hf_checkpoint *next, struct hf_proof *proof, struct hf_err *e)
{
	uint8_t n, i;

	if (hf_get_var(v, HF_NOTE_MAX, old, e) == -1 ||
	    hf_get_u64(v, &next->size, e) == -1 ||
	    hf_get_bytes(v, next->root, sizeof next->root, e) == -1 ||
	    hf_get_u8(v, &n, e) == -1)
		return -1;
	if (n > HF_MERKLE_PROOF_MAX)
		return hf_fail(e, HF_EINPUT, "a proof of %u hashes", n);
	for (i = 0; i < n; i++)
		if (hf_get_bytes(v, proof->hash[i], HF_MERKLE_LEN, e) == -1)
			return -1;
	proof->n = n;
	return hf_get_end(v, e);
}

static int
answer_checkpoint(struct request *q, struct hf_err *e)
{
	struct hf_checkpoint next;
	char text[HF_VKEY_MAX];
	struct hf_proof proof;
	struct hf_vkey vkey;
	struct hf_view old;
	struct hf_buf note;
	int rc = -1;

	hf_buf_init(&note, HF_NOTE_MAX);
	if (get_checkpoint(&q->body, &old, &next, &proof, e) == -1) {
		(void)malformed(e);
		goto out;
	}
	if (hf_ring_checkpoint(q->ring, old, &next, &proof, &vkey, &note, e) ==
	    -1)
		goto out;
	hf_vkey_text(&vkey, text);
	if (hf_put_var(q->out, note.p, note.n, e) == -1 ||
	    hf_put_str(q->out, text, e) == -1)
		goto out;
	rc = 0;
out:
	hf_buf_clear(&note);
	return rc;
}

static const struct {
	uint8_t type;
	int (*fn)(struct request *q, struct hf_err *e);
} handlers[] = {
	{ HF_MSG_OPEN, answer_open },
	{ HF_MSG_UNWRAP, answer_unwrap },
	{ HF_MSG_CREDENTIAL, answer_credential },
	{ HF_MSG_KEYS, answer_keys },
	{ HF_MSG_ROTATE, answer_rotate },
	{ HF_MSG_CHECKPOINT, answer_checkpoint },
};

int
hf_answer(struct hf_ring *r, struct hf_view packet, uint64_t now,
    struct hf_buf *out, struct hf_err *e)
{
	struct hf_msg m;
	struct request q = { .ring = r, .now = now, .out = out };
	struct hf_err why;
	size_t i;

	if (hf_msg_decode(packet, &m, e) == -1)
		return -1;
	for (i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
		if (handlers[i].type == m.type)
			break;
	if (i == sizeof handlers / sizeof handlers[0])
		return hf_fail(e, HF_EPEER, "message 0x%02x", m.type);
	q.body = m.body;
	if (hf_msg_begin(out, m.type | HF_MSG_REPLY, m.seq, e) == -1)
		return -1;
	if (handlers[i].fn(&q, &why) == 0)
		return 0;
	if (why.code == HF_EPEER) {
		*e = why;
		return -1;
	}
	return hf_msg_error(out, m.seq, &why, e);
}
