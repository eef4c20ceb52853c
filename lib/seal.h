#ifndef HF_SEAL_H
#define HF_SEAL_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"
#include "lib/envelope.h"

/*
 * Writing and checking sealed documents: doc/sealed-format.md.  Nothing in
 * here can open one; that is release/common/unseal.h.
 */

#define HF_SEAL_MAGIC "HFSEAL1\n"
#define HF_TRAILER_MAGIC "HFT1"
#define HF_KEYID_LEN 8
#define HF_RELEASE_PK_LEN 32	/* X25519 */
#define HF_FILE_KEY_LEN 32
#define HF_HOST_PK_LEN 32	/* Ed25519 */
#define HF_HOST_SEED_LEN 32
#define HF_HOST_SECRET_LEN 32
#define HF_DUP_TAG_LEN 32
#define HF_HEADER_FIXED 28	/* magic, key id, host id, box length */
#define HF_BOX_MAX 16384
#define HF_HEADER_MAX (HF_HEADER_FIXED + HF_BOX_MAX)
#define HF_CHUNK 65536
#define HF_CHUNK_SEALED (HF_CHUNK + 17)
#define HF_STREAM_HDR 24
#define HF_TRAILER_LEN 140
#define HF_SEAL_CONTEXT "holdfast sealed document v1" /* signed with its NUL */
#define HF_SEAL_SIGNED_LEN (sizeof HF_SEAL_CONTEXT + 8 + 32 + HF_DUP_TAG_LEN)

/* First 8 bytes of BLAKE2b-256 of a public key. */
void hf_keyid(const uint8_t pk[static 32], uint8_t out[static HF_KEYID_LEN]);

struct hf_host_key {
	uint8_t seed[HF_HOST_SEED_LEN];
	uint8_t secret[HF_HOST_SECRET_LEN];	/* for the duplicate tag */
	uint8_t pk[HF_HOST_PK_LEN];
	uint8_t id[HF_KEYID_LEN];
};

/*
 * A document being written to `fd`, which starts empty at offset 0 and stays
 * the caller's.  Memory: about 200 KiB, over 2 MiB of document about 650 KiB
 * and a thread (lib/writer.h), whatever the size.  hf_sealer_new writes header
 * and stream header; hf_sealer_write takes any number of plain bytes;
 * hf_sealer_finish writes the last chunk and the trailer, and refuses an
 * empty document (HF_EINPUT).  Neither fsyncs; write-back is started on the
 * way.  A failure to write may be told one or a few calls later, at the
 * latest by hf_sealer_finish; after it only hf_sealer_free is allowed.
 * Blocks on fd.  sodium_init must have been called.
 */
struct hf_sealer;
struct hf_sealer *hf_sealer_new(int fd, const uint8_t pk[static HF_RELEASE_PK_LEN],
    const struct hf_host_key *host, const struct hf_envelope *env,
    struct hf_err *e) HF_MUST_USE;
int hf_sealer_write(struct hf_sealer *s, const void *p, size_t n,
    struct hf_err *e) HF_MUST_USE;
int hf_sealer_finish(struct hf_sealer *s, struct hf_err *e) HF_MUST_USE;
uint64_t hf_sealer_plain(const struct hf_sealer *s);	/* bytes taken so far */
void hf_sealer_free(struct hf_sealer *s);	/* NULL is fine; wipes */

/* The header of a sealed file, borrowed from the bytes it was read from. */
struct hf_sealed_header {
	uint8_t key_id[HF_KEYID_LEN];
	uint8_t host_id[HF_KEYID_LEN];
	struct hf_view whole;	/* magic to end of box */
	struct hf_view box;
};
/* `in` starts with a header and may go on. HF_EINPUT. Pure. */
int hf_sealed_header_get(struct hf_view in, struct hf_sealed_header *out,
    struct hf_err *e) HF_MUST_USE;
/*
 * Read the header of a file into buf (HF_HEADER_MAX is enough), by pread.
 * The header then borrows from buf.
 */
int hf_sealed_header_read(int fd, struct hf_buf *buf,
    struct hf_sealed_header *out, struct hf_err *e) HF_MUST_USE;
/*
 * Length of the plaintext of a sealed file of `file` bytes with a header of
 * `header` bytes; 0 where no such file can exist.
 */
uint64_t hf_sealed_plain_length(uint64_t file, uint64_t header);

struct hf_sealed_trailer {
	uint64_t length;
	uint8_t digest[32];
	uint8_t dup_tag[HF_DUP_TAG_LEN];
	uint8_t signature[64];
};
/* `in` is exactly HF_TRAILER_LEN bytes. Pure. */
int hf_sealed_trailer_get(struct hf_view in, struct hf_sealed_trailer *out,
    struct hf_err *e) HF_MUST_USE;
/* The bytes that the host signs: context, length, digest, duplicate tag. */
void hf_sealed_signed_text(const struct hf_sealed_trailer *t,
    uint8_t out[static HF_SEAL_SIGNED_LEN]);
/*
 * Check length, digest and signature of a whole file without any secret.
 * HF_ETAMPER where they do not fit; HF_EINPUT where it is no sealed file.
 * Reads the file once, by pread, 256 KiB at a time.
 */
int hf_sealed_check(int fd, const uint8_t host_pk[static HF_HOST_PK_LEN],
    struct hf_sealed_trailer *out, struct hf_err *e) HF_MUST_USE;
/*
 * The same a piece at a time, for a loop that has other things to do.  The
 * signature is checked by _new, at most 256 KiB are read by each step: 1 all
 * is well and *out set, 0 there is more, -1 it is not (then only _free).
 * fd stays the caller's.
 */
struct hf_sealed_checker;
struct hf_sealed_checker *hf_sealed_checker_new(int fd,
    const uint8_t host_pk[static HF_HOST_PK_LEN], struct hf_err *e)
    HF_MUST_USE;
int hf_sealed_checker_step(struct hf_sealed_checker *c,
    struct hf_sealed_trailer *out, struct hf_err *e) HF_MUST_USE;
void hf_sealed_checker_free(struct hf_sealed_checker *c); /* NULL is fine */

#endif
