#ifndef HF_IDENTITY_H
#define HF_IDENTITY_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

/*
 * The reader's signing key: STATE/reader.key, mode 0400, one line of 64 hex
 * digits, the Ed25519 seed.  In memory it lies in sodium_malloc pages.
 */
struct hf_identity {
	uint8_t sk[64];		/* libsodium's Ed25519 secret key */
	uint8_t pk[32];
};

#define HF_READER_KEY "reader.key"

/* NULL where there is no memory (locked pages are wanted). */
struct hf_identity *hf_identity_new(struct hf_err *e) HF_MUST_USE;
void hf_identity_free(struct hf_identity *id);	/* wipes */
/* Make a new key. */
void hf_identity_make(struct hf_identity *id);
/*
 * Read it. HF_ECONFIG where others may read the file or it is not a key.
 */
int hf_identity_load(int state_fd, struct hf_identity *out, struct hf_err *e)
    HF_MUST_USE;
/* Write it under `name`, complete or not at all. -1: owner stays. */
int hf_identity_save(int state_fd, const char *name,
    const struct hf_identity *id, uid_t uid, gid_t gid, struct hf_err *e)
    HF_MUST_USE;

#endif
