#ifndef HF_TAP_H
#define HF_TAP_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/id.h"

/* doc/tap-format.md.  The box is opened in release/key only. */

#define HF_TAP_MAX 4352
#define HF_NONCE_LEN 32
#define HF_TAP_PK_LEN 32	/* X25519 */
#define HF_READER_PK_LEN 32	/* Ed25519 */
#define HF_SIG_LEN 64
#define HF_BADGE_HASH_LEN 32
#define HF_PIN_MAX 16
#define HF_PROOF_MAX 3500

enum hf_card_kind {
	HF_CARD_14443A = 1,
	HF_CARD_14443B,
	HF_CARD_FELICA,
	HF_CARD_PIV,
	HF_CARD_WEDGE,
	HF_CARD_OTHER
};

struct hf_credential {
	enum hf_card_kind kind;
	struct hf_id reader;
	uint8_t nonce[HF_NONCE_LEN];
	uint16_t bits;		/* of raw */
	uint8_t raw[128];
	char pin[HF_PIN_MAX + 1]; /* digits or "" */
	uint8_t proof[HF_PROOF_MAX];
	size_t proof_len;
};
int hf_credential_put(struct hf_buf *b, const struct hf_credential *c,
    struct hf_err *e) HF_MUST_USE;
/* Decodes exactly; HF_EINPUT. */
int hf_credential_get(struct hf_view in, struct hf_credential *out,
    struct hf_err *e) HF_MUST_USE;
void hf_credential_clear(struct hf_credential *c);	/* wipes */

struct hf_tap {			/* box borrows from the message */
	struct hf_id reader;
	struct hf_id printer;
	uint8_t nonce[HF_NONCE_LEN];
	uint64_t time_ms;
	uint8_t tap_key_id[8];
	struct hf_view box;
	uint8_t signature[HF_SIG_LEN];
	struct hf_view signed_bytes; /* everything before the signature */
};
/*
 * Seal the credential to tap_pk, build and sign the tap; appended to out.
 * `sk` is libsodium's 64-byte Ed25519 secret key.
 */
int hf_tap_put(struct hf_buf *out, const struct hf_credential *c,
    const struct hf_id *printer, uint64_t time_ms,
    const uint8_t tap_pk[static HF_TAP_PK_LEN], const uint8_t sk[static 64],
    struct hf_err *e) HF_MUST_USE;
/* Decode exactly, without checking the signature; HF_EINPUT. Pure. */
int hf_tap_get(struct hf_view in, struct hf_tap *out, struct hf_err *e)
    HF_MUST_USE;
/* HF_EDENIED where the signature is not this reader's. */
int hf_tap_verify(const struct hf_tap *t,
    const uint8_t pk[static HF_READER_PK_LEN], struct hf_err *e) HF_MUST_USE;

/* Signed requests of a reader that are not taps (NONCE). */
int hf_reader_sign(uint8_t sig[static HF_SIG_LEN], const struct hf_id *reader,
    uint64_t time_ms, struct hf_view body, const uint8_t sk[static 64],
    struct hf_err *e) HF_MUST_USE;
int hf_reader_verify(const uint8_t sig[static HF_SIG_LEN],
    const struct hf_id *reader, uint64_t time_ms, struct hf_view body,
    const uint8_t pk[static HF_READER_PK_LEN], struct hf_err *e) HF_MUST_USE;

/* BLAKE2b-256 keyed with the pepper over kind || bits || raw. */
void hf_badge_hash(uint8_t out[static HF_BADGE_HASH_LEN],
    const struct hf_credential *c, const uint8_t pepper[static 32]);

/* The one-time token of `holdfast reader add`: doc/key-list.md. */
struct hf_token {
	uint8_t secret[16];
	uint8_t spki[32];	/* SHA-256 of the server's SubjectPublicKeyInfo */
	uint8_t site_pk[32];
	char url[256];		/* https://… */
};
#define HF_TOKEN_TEXT 512
int hf_token_format(const struct hf_token *t, char out[static HF_TOKEN_TEXT],
    struct hf_err *e) HF_MUST_USE;
int hf_token_parse(const char *text, struct hf_token *out, struct hf_err *e)
    HF_MUST_USE;
/* BLAKE2b-256 of the secret: what the database keeps. */
void hf_token_hash(const uint8_t secret[static 16], uint8_t out[static 32]);

#endif
