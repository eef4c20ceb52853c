#include "lib/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/sha256.h"
#include "lib/writer.h"

#define AD_LEN (HF_SHA256_LEN + 8)

/*
 * Two plain buffers change places: the one that fills, and the last one that
 * was sealed, of which the end may belong to the last 64 KiB of the document.
 * A full buffer is sealed only when more comes, because the last chunk is
 * never empty and carries the final tag.
 */
struct hf_sealer {
	int fd;
	struct hf_writer *out;
	bool over;	/* failed or finished: only free */
	struct hf_host_key host;
	uint8_t intake_key[HF_INTAKE_KEY_LEN];
	crypto_secretstream_xchacha20poly1305_state stream;
	uint8_t first[HF_SHA256_LEN]; /* of the first chunk's plaintext */
	uint8_t ad[AD_LEN];	/* SHA-256(header), then the chunk's index */
	uint64_t chunks;
	uint64_t plain;		/* bytes sealed */
	size_t n;		/* bytes in cur */
	uint8_t *cur;
	uint8_t *prev;
	uint8_t plain_bytes[2][HF_CHUNK];
};

static void
put_be64(uint8_t out[static 8], uint64_t x)
{
	size_t i;

	for (i = 0; i < 8; i++)
		out[i] = (uint8_t)(x >> (8 * (7 - i)));
}

static void
sha256(uint8_t out[static HF_SHA256_LEN], const void *p, size_t n)
{
	struct hf_sha256 h;

	hf_sha256_init(&h);
	hf_sha256_update(&h, p, n);
	hf_sha256_final(&h, out);
	sodium_memzero(&h, sizeof h);
}

/* file key || envelope, sealed to the release key */
static int
put_box(struct hf_buf *out, const uint8_t pk[static HF_RELEASE_PK_LEN],
    const uint8_t file_key[static HF_FILE_KEY_LEN],
    const struct hf_envelope *env, struct hf_err *e)
{
	uint8_t box[crypto_box_SEALBYTES + HF_FILE_KEY_LEN + HF_ENVELOPE_MAX];
	struct hf_buf plain;
	size_t n;
	int rc = -1;

	hf_buf_init(&plain, HF_FILE_KEY_LEN + HF_ENVELOPE_MAX);
	if (hf_put_bytes(&plain, file_key, HF_FILE_KEY_LEN, e) == -1)
		goto out;
	if (hf_envelope_put(&plain, env, e) == -1) {
		hf_wrap(e, "envelope");
		goto out;
	}
	n = crypto_box_SEALBYTES + plain.n;
	if (crypto_box_seal(box, plain.p, plain.n, pk) != 0) {
		hf_fail(e, HF_ECONFIG, "the release key is no X25519 key");
		goto out;
	}
	rc = hf_put_big(out, box, n, e);
out:
	hf_buf_clear(&plain);
	return rc;
}

static int
put_header(struct hf_buf *out, const uint8_t pk[static HF_RELEASE_PK_LEN],
    const uint8_t host_id[static HF_KEYID_LEN],
    const uint8_t file_key[static HF_FILE_KEY_LEN],
    const struct hf_envelope *env, struct hf_err *e)
{
	uint8_t key_id[HF_KEYID_LEN];

	hf_keyid(pk, key_id);
	if (hf_put_bytes(out, HF_SEAL_MAGIC, strlen(HF_SEAL_MAGIC), e) == -1 ||
	    hf_put_bytes(out, key_id, sizeof key_id, e) == -1 ||
	    hf_put_bytes(out, host_id, HF_KEYID_LEN, e) == -1)
		return -1;
	return put_box(out, pk, file_key, env, e);
}

_Static_assert(HF_HEADER_MAX + HF_STREAM_HDR <= HF_WRITER_SLOT &&
	HF_CHUNK_SEALED <= HF_WRITER_SLOT,
    "a slot holds a header, and a chunk");

/* Header and stream header, in one write. */
static int
begin(struct hf_sealer *s, const uint8_t pk[static HF_RELEASE_PK_LEN],
    const struct hf_envelope *env, struct hf_err *e)
{
	uint8_t file_key[HF_FILE_KEY_LEN], stream[HF_STREAM_HDR];
	struct hf_buf head;
	int rc = -1;

	hf_buf_init(&head, HF_HEADER_MAX + HF_STREAM_HDR);
	crypto_secretstream_xchacha20poly1305_keygen(file_key);
	if (put_header(&head, pk, s->host.id, file_key, env, e) == -1)
		goto out;
	sha256(s->ad, head.p, head.n);
	crypto_secretstream_xchacha20poly1305_init_push(&s->stream, stream,
	    file_key);
	if (hf_put_bytes(&head, stream, sizeof stream, e) == -1)
		goto out;
	memcpy(hf_writer_slot(s->out), head.p, head.n);
	rc = hf_writer_put(s->out, head.n, e);
out:
	sodium_memzero(file_key, sizeof file_key);
	hf_buf_clear(&head);
	return rc;
}

struct hf_sealer *
hf_sealer_new(int fd, const uint8_t pk[static HF_RELEASE_PK_LEN],
    const struct hf_host_key *host, const struct hf_envelope *env,
    struct hf_err *e)
{
	struct hf_sealer *s = NULL;

	s = calloc(1, sizeof *s);
	if (s == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	s->fd = fd;
	s->host = *host;
	s->cur = s->plain_bytes[0];
	s->prev = s->plain_bytes[1];
	hf_envelope_intake_key(env, s->intake_key);
	s->out = hf_writer_new(fd, e);
	if (s->out == NULL || begin(s, pk, env, e) == -1) {
		hf_sealer_free(s);
		return NULL;
	}
	return s;
}

/* cur is sealed and on its way to the file. */
static int
put_chunk(struct hf_sealer *s, uint8_t tag, struct hf_err *e)
{
	unsigned long long n;
	uint8_t *was = s->cur;

	/* Of a document of one chunk hf_sealer_finish knows it already. */
	if (s->chunks == 0 && !s->over)
		sha256(s->first, s->cur, s->n);
	put_be64(s->ad + HF_SHA256_LEN, s->chunks);
	crypto_secretstream_xchacha20poly1305_push(&s->stream,
	    hf_writer_slot(s->out), &n, s->cur, s->n, s->ad, sizeof s->ad,
	    tag);
	s->chunks++;
	s->plain += s->n;
	s->n = 0;
	s->cur = s->prev;
	s->prev = was;
	if (hf_writer_put(s->out, (size_t)n, e) == -1) {
		s->over = true;
		return -1;
	}
	return 0;
}

int
hf_sealer_write(struct hf_sealer *s, const void *p, size_t n, struct hf_err *e)
{
	const uint8_t *b = p;
	size_t k;

	HF_ASSERT(!s->over);
	while (n > 0) {
		if (s->n == HF_CHUNK &&
		    put_chunk(s, crypto_secretstream_xchacha20poly1305_TAG_MESSAGE,
			e) == -1)
			return -1;
		k = HF_CHUNK - s->n < n ? HF_CHUNK - s->n : n;
		memcpy(s->cur + s->n, b, k);
		s->n += k;
		b += k;
		n -= k;
	}
	return 0;
}

/* SHA-256 of the last 64 KiB, which end in cur and may begin in prev. */
static void
hash_last(const struct hf_sealer *s, uint8_t out[static HF_SHA256_LEN])
{
	struct hf_sha256 h;

	hf_sha256_init(&h);
	if (s->chunks > 0)
		hf_sha256_update(&h, s->prev + s->n, HF_CHUNK - s->n);
	hf_sha256_update(&h, s->cur, s->n);
	hf_sha256_final(&h, out);
	sodium_memzero(&h, sizeof h);
}

static void
dup_tag(const struct hf_sealer *s, const uint8_t last[static HF_SHA256_LEN],
    uint8_t out[static HF_DUP_TAG_LEN])
{
	crypto_generichash_state st;
	uint8_t length[8];

	put_be64(length, s->plain);
	crypto_generichash_init(&st, s->host.secret, sizeof s->host.secret,
	    HF_DUP_TAG_LEN);
	crypto_generichash_update(&st, s->intake_key, sizeof s->intake_key);
	crypto_generichash_update(&st, length, sizeof length);
	crypto_generichash_update(&st, s->first, sizeof s->first);
	crypto_generichash_update(&st, last, HF_SHA256_LEN);
	crypto_generichash_final(&st, out, HF_DUP_TAG_LEN);
	sodium_memzero(&st, sizeof st);
}

/* Length and digest are there already. */
static void
sign_trailer(const struct hf_sealer *s, const uint8_t last[static HF_SHA256_LEN],
    struct hf_sealed_trailer *t)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES], pk[crypto_sign_PUBLICKEYBYTES];
	uint8_t text[HF_SEAL_SIGNED_LEN];

	dup_tag(s, last, t->dup_tag);
	hf_sealed_signed_text(t, text);
	crypto_sign_seed_keypair(pk, sk, s->host.seed);
	crypto_sign_detached(t->signature, NULL, text, sizeof text, sk);
	sodium_memzero(sk, sizeof sk);
}

static int
write_trailer(int fd, const struct hf_sealed_trailer *t, struct hf_err *e)
{
	struct hf_buf b;
	int rc = -1;

	hf_buf_init(&b, HF_TRAILER_LEN);
	if (hf_put_bytes(&b, HF_TRAILER_MAGIC, strlen(HF_TRAILER_MAGIC), e) ==
		-1 ||
	    hf_put_u64(&b, t->length, e) == -1 ||
	    hf_put_bytes(&b, t->digest, sizeof t->digest, e) == -1 ||
	    hf_put_bytes(&b, t->dup_tag, sizeof t->dup_tag, e) == -1 ||
	    hf_put_bytes(&b, t->signature, sizeof t->signature, e) == -1)
		goto out;
	rc = hf_write_all(fd, b.p, b.n, e);
out:
	hf_buf_clear(&b);
	return rc;
}

int
hf_sealer_finish(struct hf_sealer *s, struct hf_err *e)
{
	struct hf_sealed_trailer t;
	uint8_t last[HF_SHA256_LEN];
	int rc = -1;

	HF_ASSERT(!s->over);
	s->over = true;
	if (s->n == 0) {
		hf_fail(e, HF_EINPUT, "the document is empty");
		goto out;
	}
	hash_last(s, last);
	if (s->chunks == 0)
		memcpy(s->first, last, sizeof s->first);
	if (put_chunk(s, crypto_secretstream_xchacha20poly1305_TAG_FINAL, e) ==
		-1 ||
	    hf_writer_finish(s->out, &t.length, t.digest, e) == -1)
		goto out;
	sign_trailer(s, last, &t);
	rc = write_trailer(s->fd, &t, e);
out:
	sodium_memzero(last, sizeof last);
	return rc;
}

uint64_t
hf_sealer_plain(const struct hf_sealer *s)
{
	return s->plain + s->n;
}

void
hf_sealer_free(struct hf_sealer *s)
{
	size_t used;

	if (s == NULL)
		return;
	hf_writer_free(s->out);
	/* A document of one chunk never touched the second buffer's pages. */
	used = s->chunks > 1 || (s->chunks == 1 && s->n > 0)
	    ? sizeof *s : offsetof(struct hf_sealer, plain_bytes) + HF_CHUNK;
	sodium_memzero(s, used);
	free(s);
}
