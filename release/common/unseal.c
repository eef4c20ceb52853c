#include "release/common/unseal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"

#define AD_LEN (crypto_hash_sha256_BYTES + 8)

struct hf_unsealer {
	int fd;
	bool failed;	/* only rewinding and freeing are left */
	uint8_t file_key[HF_FILE_KEY_LEN];
	uint8_t stream_hdr[HF_STREAM_HDR];
	uint64_t begin;	/* of the first chunk in the file */
	uint64_t end;	/* of the last one: where the trailer begins */
	uint64_t length;	/* plaintext bytes */
	/* the next chunk: */
	uint64_t at;
	uint64_t index;
	uint8_t ad[AD_LEN];	/* SHA-256(header), then the index */
	crypto_secretstream_xchacha20poly1305_state stream;
	uint8_t sealed[HF_CHUNK_SEALED];
	uint8_t plain[HF_CHUNK];
};

int
hf_unseal_box(const struct hf_sealed_header *h, const uint8_t pk[static 32],
    const uint8_t sk[static 32], uint8_t file_key[static HF_FILE_KEY_LEN],
    struct hf_buf *env_bytes, struct hf_err *e)
{
	uint8_t plain[HF_BOX_MAX];
	size_t n;
	int rc = -1;

	HF_ASSERT(h->box.n <= HF_BOX_MAX &&
	    h->box.n >= crypto_box_SEALBYTES + HF_FILE_KEY_LEN);
	n = h->box.n - crypto_box_SEALBYTES - HF_FILE_KEY_LEN;
	if (crypto_box_seal_open(plain, h->box.p, h->box.n, pk, sk) != 0) {
		hf_fail(e, HF_ETAMPER, "the box does not open");
		goto out;
	}
	hf_buf_reset(env_bytes);
	if (hf_put_bytes(env_bytes, plain + HF_FILE_KEY_LEN, n, e) == -1)
		goto out;
	memcpy(file_key, plain, HF_FILE_KEY_LEN);
	rc = 0;
out:
	sodium_memzero(plain, sizeof plain);
	return rc;
}

/* The trailer stands where the stream ends and says so itself. */
static int
check_trailer(const struct hf_unsealer *u, struct hf_err *e)
{
	uint8_t bytes[HF_TRAILER_LEN];
	struct hf_sealed_trailer t;
	size_t n;

	if (hf_pread_full(u->fd, bytes, sizeof bytes, (off_t)u->end, &n, e) ==
	    -1)
		return -1;
	if (hf_sealed_trailer_get(hf_view_of(bytes, n), &t, e) == -1)
		return hf_fail(e, HF_ETAMPER, "no trailer at the end");
	if (t.length != u->end)
		return hf_fail(e, HF_ETAMPER, "the trailer belongs to another "
		    "length");
	return 0;
}

/* Where the stream begins and ends, from the header and the file's size. */
static int
measure(struct hf_unsealer *u, uint64_t header, struct hf_err *e)
{
	struct stat st;

	if (fstat(u->fd, &st) == -1)
		return hf_fail_sys(e, "stat a sealed document");
	u->length = hf_sealed_plain_length((uint64_t)st.st_size, header);
	if (u->length == 0)
		return hf_fail(e, HF_ETAMPER, "no sealed document has %lld "
		    "bytes", (long long)st.st_size);
	u->begin = header + HF_STREAM_HDR;
	u->end = (uint64_t)st.st_size - HF_TRAILER_LEN;
	return check_trailer(u, e);
}

static int
read_head(struct hf_unsealer *u, struct hf_err *e)
{
	struct hf_sealed_header h;
	struct hf_buf buf;
	size_t n;
	int rc = -1;

	hf_buf_init(&buf, HF_HEADER_MAX);
	if (hf_sealed_header_read(u->fd, &buf, &h, e) == -1 ||
	    measure(u, h.whole.n, e) == -1)
		goto out;
	/* A hash of libcrypto's is not worth linking for these bytes. */
	crypto_hash_sha256(u->ad, h.whole.p, h.whole.n);
	if (hf_pread_full(u->fd, u->stream_hdr, sizeof u->stream_hdr,
		(off_t)h.whole.n, &n, e) == -1)
		goto out;
	if (n != sizeof u->stream_hdr) {
		hf_fail(e, HF_ETAMPER, "became shorter while read");
		goto out;
	}
	rc = 0;
out:
	hf_buf_clear(&buf);
	return rc;
}

struct hf_unsealer *
hf_unsealer_new(int fd, const uint8_t file_key[static HF_FILE_KEY_LEN],
    struct hf_err *e)
{
	struct hf_unsealer *u = NULL;

	u = calloc(1, sizeof *u);
	if (u == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	u->fd = fd;
	memcpy(u->file_key, file_key, sizeof u->file_key);
	if (read_head(u, e) == -1 || hf_unsealer_rewind(u, e) == -1) {
		hf_unsealer_free(u);
		return NULL;
	}
	return u;
}

uint64_t
hf_unsealer_length(const struct hf_unsealer *u)
{
	return u->length;
}

static int
read_chunk(struct hf_unsealer *u, size_t *n, struct hf_err *e)
{
	uint64_t left = u->end - u->at;
	size_t want = left < HF_CHUNK_SEALED ? (size_t)left : HF_CHUNK_SEALED;

	if (hf_pread_full(u->fd, u->sealed, want, (off_t)u->at, n, e) == -1)
		return -1;
	if (*n != want)
		return hf_fail(e, HF_ETAMPER, "became shorter while read");
	return 0;
}

/*
 * The final tag must stand on the last chunk and nowhere else: secretstream
 * itself would accept chunks behind it.
 */
static int
open_chunk(struct hf_unsealer *u, size_t sealed, struct hf_view *out,
    struct hf_err *e)
{
	const bool last = u->at + sealed == u->end;
	unsigned long long n;
	uint8_t tag;
	size_t i;

	for (i = 0; i < 8; i++)
		u->ad[crypto_hash_sha256_BYTES + i] =
		    (uint8_t)(u->index >> (8 * (7 - i)));
	if (crypto_secretstream_xchacha20poly1305_pull(&u->stream, u->plain,
		&n, &tag, u->sealed, sealed, u->ad, sizeof u->ad) != 0)
		return hf_fail(e, HF_ETAMPER, "chunk %llu is not what was "
		    "sealed", (unsigned long long)u->index);
	if (tag != (last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
			 : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE))
		return hf_fail(e, HF_ETAMPER, last
		    ? "the document was cut"
		    : "the document goes on after its end");
	*out = hf_view_of(u->plain, (size_t)n);
	return 0;
}

int
hf_unsealer_next(struct hf_unsealer *u, struct hf_view *out, struct hf_err *e)
{
	size_t n;

	HF_ASSERT(!u->failed);
	if (u->at == u->end) {
		*out = hf_view_of(u->plain, 0);
		return 0;
	}
	if (read_chunk(u, &n, e) == -1 || open_chunk(u, n, out, e) == -1) {
		u->failed = true;
		return -1;
	}
	u->at += n;
	u->index++;
	return 0;
}

int
hf_unsealer_rewind(struct hf_unsealer *u, struct hf_err *e)
{
	if (crypto_secretstream_xchacha20poly1305_init_pull(&u->stream,
		u->stream_hdr, u->file_key) != 0)
		return hf_fail(e, HF_ETAMPER, "the stream's header is wrong");
	u->at = u->begin;
	u->index = 0;
	u->failed = false;
	return 0;
}

int
hf_unsealer_verify(struct hf_unsealer *u, struct hf_err *e)
{
	struct hf_view v;

	if (hf_unsealer_rewind(u, e) == -1)
		return -1;
	do {
		if (hf_unsealer_next(u, &v, e) == -1)
			return -1;
	} while (v.n > 0);
	return hf_unsealer_rewind(u, e);
}

void
hf_unsealer_free(struct hf_unsealer *u)
{
	if (u == NULL)
		return;
	sodium_memzero(u, sizeof *u);
	free(u);
}
