/* Checking a sealed file without any secret: declared in lib/seal.h. */
#include "lib/seal.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"
#include "lib/sha256.h"

#define BLOCK (256 * 1024)

struct hf_sealed_checker {
	int fd;			/* the caller's */
	uint8_t host_pk[HF_HOST_PK_LEN];
	struct hf_sealed_trailer trailer;
	uint64_t file;		/* bytes of the whole file */
	uint64_t at;		/* digested so far */
	struct hf_sha256 hash;
	uint8_t block[BLOCK];
};

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
static int
check_trailer(struct hf_sealed_checker *c, struct hf_err *e)
{
	uint8_t text[HF_SEAL_SIGNED_LEN];
	struct stat st;

	if (fstat(c->fd, &st) == -1)
		return hf_fail_sys(e, "stat a sealed document");
	if (!S_ISREG(st.st_mode) || st.st_size <= HF_TRAILER_LEN)
		return hf_fail(e, HF_EINPUT, "not a sealed document");
	c->file = (uint64_t)st.st_size;
	if (read_trailer(c->fd, c->file - HF_TRAILER_LEN, &c->trailer, e) ==
	    -1)
		return -1;
	if (c->trailer.length != c->file - HF_TRAILER_LEN)
		return hf_fail(e, HF_ETAMPER, "the length is wrong");
	hf_sealed_signed_text(&c->trailer, text);
	if (crypto_sign_verify_detached(c->trailer.signature, text,
		sizeof text, c->host_pk) != 0)
		return hf_fail(e, HF_ETAMPER, "the signature is wrong");
	return 0;
}

struct hf_sealed_checker *
hf_sealed_checker_new(int fd, const uint8_t host_pk[static HF_HOST_PK_LEN],
    struct hf_err *e)
{
	struct hf_sealed_checker *c = malloc(sizeof *c);

	if (c == NULL) {
		hf_fail(e, HF_ENOMEM, "out of memory");
		return NULL;
	}
	c->fd = fd;
	c->at = 0;
	memcpy(c->host_pk, host_pk, sizeof c->host_pk);
	hf_sha256_init(&c->hash);
	if (check_trailer(c, e) == -1) {
		free(c);
		return NULL;
	}
	return c;
}

void
hf_sealed_checker_free(struct hf_sealed_checker *c)
{
	free(c);
}

static int
check_digest(struct hf_sealed_checker *c, struct hf_sealed_trailer *out,
    struct hf_err *e)
{
	uint8_t digest[HF_SHA256_LEN];

	hf_sha256_final(&c->hash, digest);
	if (sodium_memcmp(c->trailer.digest, digest, sizeof digest) != 0)
		return hf_fail(e, HF_ETAMPER, "the digest is wrong");
	*out = c->trailer;
	return 1;
}

int
hf_sealed_checker_step(struct hf_sealed_checker *c,
    struct hf_sealed_trailer *out, struct hf_err *e)
{
	uint64_t left = c->trailer.length - c->at;
	size_t want = left < BLOCK ? (size_t)left : BLOCK, got;

	if (hf_pread_full(c->fd, c->block, want, (off_t)c->at, &got, e) == -1)
		return -1;
	if (got != want)
		return hf_fail(e, HF_ETAMPER, "became shorter while read");
	if (c->at == 0 && check_header(hf_view_of(c->block, got), c->file,
	    c->host_pk, e) == -1)
		return -1;
	hf_sha256_update(&c->hash, c->block, got);
	c->at += got;
	return c->at < c->trailer.length ? 0 : check_digest(c, out, e);
}

int
hf_sealed_check(int fd, const uint8_t host_pk[static HF_HOST_PK_LEN],
    struct hf_sealed_trailer *out, struct hf_err *e)
{
	struct hf_sealed_checker *c = hf_sealed_checker_new(fd, host_pk, e);
	int rc;

	if (c == NULL)
		return -1;
	while ((rc = hf_sealed_checker_step(c, out, e)) == 0)
		;
	hf_sealed_checker_free(c);
	return rc == 1 ? 0 : -1;
}
