#ifndef HF_KEYLIST_H
#define HF_KEYLIST_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/seal.h"

/* The signed list of public keys and the keystore's contents: doc/key-list.md */

#define HF_EPOCHS_MAX 64
#define HF_KEYLIST_MAX (8 + 8 + 8 + 8 + 32 + 2 + HF_EPOCHS_MAX * 56 + 64)

struct hf_epoch {
	uint8_t key_id[HF_KEYID_LEN];
	uint8_t pk[HF_RELEASE_PK_LEN];
	uint64_t not_before;	/* seconds since the epoch (1970) */
	uint64_t not_after;
};

struct hf_keylist {
	uint64_t serial;
	uint64_t issued;
	uint8_t tap_key_id[HF_KEYID_LEN];
	uint8_t tap_pk[32];
	struct hf_epoch epochs[HF_EPOCHS_MAX];
	size_t n;
};

/* `site_sk` is libsodium's 64-byte Ed25519 secret key. */
int hf_keylist_put(struct hf_buf *b, const struct hf_keylist *k,
    const uint8_t site_sk[static 64], struct hf_err *e) HF_MUST_USE;
/* Decode exactly and check the signature first: HF_ETAMPER, HF_EINPUT. */
int hf_keylist_get(struct hf_view in, const uint8_t site_pk[static 32],
    struct hf_keylist *out, struct hf_err *e) HF_MUST_USE;
/* Read and check a file (not a link, at most HF_KEYLIST_MAX bytes). */
int hf_keylist_load(const char *path, const uint8_t site_pk[static 32],
    struct hf_keylist *out, struct hf_err *e) HF_MUST_USE;
/*
 * The epoch that intake uses at `now`: HF_EAGAIN where none has begun or the
 * newest ended more than a day ago.
 */
int hf_keylist_current(const struct hf_keylist *k, uint64_t now,
    const struct hf_epoch **out, struct hf_err *e) HF_MUST_USE;

/* What the keystore holds. Lives in sodium_malloc memory. */
struct hf_keystore {
	uint8_t site_seed[32];
	uint8_t tap_sk[32];
	uint8_t tap_pk[32];
	uint8_t pepper[32];
	uint64_t serial;	/* of the last list signed */
	struct hf_epoch epochs[HF_EPOCHS_MAX];
	uint8_t epoch_sk[HF_EPOCHS_MAX][32];
	size_t n;
};
#define HF_KEYSTORE_MAX 8192
/* New random site, tap and pepper; no epoch yet. */
void hf_keystore_new(struct hf_keystore *k);
/*
 * Add an epoch with a fresh key pair. HF_ECONFLICT where it would not begin
 * after the newest; HF_EFULL at HF_EPOCHS_MAX.
 */
int hf_keystore_add(struct hf_keystore *k, uint64_t not_before,
    uint64_t not_after, struct hf_err *e) HF_MUST_USE;
/*
 * Destroy the epochs that ended before `ended`, private keys first of all;
 * the newest stays whatever its age.  Returns how many went.
 */
size_t hf_keystore_forget(struct hf_keystore *k, uint64_t ended);
/* The epoch with this key id, or NULL; *sk borrows its private key. */
const struct hf_epoch *hf_keystore_find(const struct hf_keystore *k,
    const uint8_t id[static HF_KEYID_LEN], const uint8_t **sk);
/* Sealed bytes ("HFSTORE1"…) under the master key, appended. */
int hf_keystore_put(struct hf_buf *b, const struct hf_keystore *k,
    const uint8_t master[static 32], struct hf_err *e) HF_MUST_USE;
/* HF_ETAMPER where the master key does not open it. */
int hf_keystore_get(struct hf_view in, const uint8_t master[static 32],
    struct hf_keystore *out, struct hf_err *e) HF_MUST_USE;
/*
 * The public list of what it holds, appended, serial = k->serial + 1 (also
 * stored, on success).
 */
int hf_keystore_publish(struct hf_keystore *k, uint64_t now, struct hf_buf *out,
    struct hf_err *e) HF_MUST_USE;

/*
 * host.key: two lines of 64 hex digits. hf_host_key_save: mode 0400, O_EXCL,
 * fsynced; the owner is who calls.
 */
void hf_host_key_new(struct hf_host_key *k);
int hf_host_key_load(const char *path, struct hf_host_key *out,
    struct hf_err *e) HF_MUST_USE;
int hf_host_key_save(const char *path, const struct hf_host_key *k,
    struct hf_err *e) HF_MUST_USE;
/*
 * hosts/HOSTID.pub: "64 hex digits, space, name"; HOSTID is 16 hex digits.
 * Loading checks that the key has this id (HF_ETAMPER); HF_ENOTFOUND.  Saving
 * replaces.
 */
int hf_host_pub_load(int dirfd, const uint8_t id[static HF_KEYID_LEN],
    uint8_t pk[static HF_HOST_PK_LEN], struct hf_err *e) HF_MUST_USE;
int hf_host_pub_save(int dirfd, const struct hf_host_key *k, const char *name,
    struct hf_err *e) HF_MUST_USE;

#endif
