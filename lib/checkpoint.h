#ifndef HF_CHECKPOINT_H
#define HF_CHECKPOINT_H

#include "lib/buf.h"
#include "lib/merkle.h"

/*
 * Checkpoints of the audit log: C2SP tlog-checkpoint in a C2SP signed-note,
 * with one Ed25519 signature (doc/audit.md, "Checkpoints").
 */
#define HF_ORIGIN_LEN 64	/* with NUL */
#define HF_NOTE_MAX 512
#define HF_VKEY_MAX 160		/* with NUL */

/* A log's name and public key: "name+hash+base64" as text. */
struct hf_vkey {
	char name[HF_ORIGIN_LEN];
	uint8_t pk[32];
};

struct hf_checkpoint {
	uint64_t size;
	hf_hash root;
};

/* The name that our logs have: "holdfast/" and 16 hex digits of the key. */
void hf_vkey_of(struct hf_vkey *k, const uint8_t pk[static 32]);
void hf_vkey_text(const struct hf_vkey *k, char out[static HF_VKEY_MAX]);
/* HF_EINPUT; the hash in the middle must fit. */
int hf_vkey_parse(struct hf_vkey *k, const char *text, struct hf_err *e)
    HF_MUST_USE;

/* The log's signing key, derived from the site's seed. */
void hf_log_key(const uint8_t site_seed[static 32], uint8_t pk[static 32],
    uint8_t sk[static 64]);

/* The whole signed note, appended. */
int hf_checkpoint_put(struct hf_buf *b, const struct hf_checkpoint *c,
    const struct hf_vkey *k, const uint8_t sk[static 64], struct hf_err *e)
    HF_MUST_USE;
/*
 * Decode exactly and check the signature: HF_ETAMPER where it is not of this
 * key, HF_EINPUT where it is no checkpoint of this log.
 */
int hf_checkpoint_get(struct hf_view in, const struct hf_vkey *k,
    struct hf_checkpoint *out, struct hf_err *e) HF_MUST_USE;

#endif
