/* Checking a sealed file without any secret: declared in lib/seal.h. */
#include "lib/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/sha256.h"

#define BLOCK (256 * 1024)

static int
check_header(struct hf_view first, uint64_t file,
    const uint8_t host_pk[static HF_HOST_PK_LEN], struct hf_err *e)
{
	struct hf_sealed_header h;
	uint8_t id[HF_KEYID_LEN];

	if (hf_sealed_header_get(first, &h, e) == -1)
		return -1;
	if (hf_sealed_plain_length(file, h.whole.n) == 0)
		return hf_fail(e, HF_EINPUT, "no sealed document has %llu "
		    "bytes", (unsigned long long)file);
	hf_keyid(host_pk, id);
	if (memcmp(id, h.host_id, sizeof id) != 0)
		return hf_fail(e, HF_ETAMPER, "sealed by another host");
	return 0;
}

/* Digest of the first `length` bytes; the header is looked at on the way. */
static int
digest_file(int fd, uint64_t length, uint64_t file,
    const uint8_t host_pk[static HF_HOST_PK_LEN],
    uint8_t out[static HF_SHA256_LEN], struct hf_err *e)
{
	struct hf_sha256 hash;
	uint8_t *block = NULL;
	uint64_t at;
	size_t want, got;
	int rc = -1;

	block = malloc(BLOCK);
	if (block == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		goto out;
	}
	hf_sha256_init(&hash);
	for (at = 0; at < length; at += got) {
		want = length - at < BLOCK ? (size_t)(length - at) : BLOCK;
		if (hf_pread_full(fd, block, want, (off_t)at, &got, e) == -1)
			goto out;
		if (got != want) {
			hf_fail(e, HF_ETAMPER, "became shorter while read");
			goto out;
		}
		if (at == 0 && check_header(hf_view_of(block, got), file,
		    host_pk, e) == -1)
			goto out;
		hf_sha256_update(&hash, block, got);
	}
	hf_sha256_final(&hash, out);
	rc = 0;
out:
	free(block);
	return rc;
}

static int
read_trailer(int fd, uint64_t at, struct hf_sealed_trailer *out,
    struct hf_err *e)
{
	uint8_t bytes[HF_TRAILER_LEN];
	size_t got;

	if (hf_pread_full(fd, bytes, sizeof bytes, (off_t)at, &got, e) == -1)
		return -1;
	return hf_sealed_trailer_get(hf_view_of(bytes, got), out, e);
}

/* A forged file is known by its signature before all of it was read. */
int
hf_sealed_check(int fd, const uint8_t host_pk[static HF_HOST_PK_LEN],
    struct hf_sealed_trailer *out, struct hf_err *e)
{
	struct hf_sealed_trailer t;
	uint8_t digest[HF_SHA256_LEN], text[HF_SEAL_SIGNED_LEN];
	uint64_t length;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return hf_fail_sys(e, "stat a sealed document");
	if (!S_ISREG(st.st_mode) || st.st_size <= HF_TRAILER_LEN)
		return hf_fail(e, HF_EINPUT, "not a sealed document");
	length = (uint64_t)st.st_size - HF_TRAILER_LEN;
	if (read_trailer(fd, length, &t, e) == -1)
		return -1;
	if (t.length != length)
		return hf_fail(e, HF_ETAMPER, "the length is wrong");
	hf_sealed_signed_text(&t, text);
	if (crypto_sign_verify_detached(t.signature, text, sizeof text,
		host_pk) != 0)
		return hf_fail(e, HF_ETAMPER, "the signature is wrong");
	if (digest_file(fd, length, (uint64_t)st.st_size, host_pk, digest,
		e) == -1)
		return -1;
	if (sodium_memcmp(t.digest, digest, sizeof digest) != 0)
		return hf_fail(e, HF_ETAMPER, "the digest is wrong");
	*out = t;
	return 0;
}
