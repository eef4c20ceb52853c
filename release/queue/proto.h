#ifndef HF_QUEUE_PROTO_H
#define HF_QUEUE_PROTO_H

#include "lib/envelope.h"
#include "lib/msg.h"
#include "lib/seal.h"
#include "lib/tap.h"

/*
 * Bodies of the messages that role queue reads and writes: doc/messages.md.
 * Decoders are pure, take the body exactly, and fail with HF_EINPUT; strings
 * are refused where they do not fit or (what people will read) are not text.
 */
#define HF_WORDS 512	/* one line for a person, with NUL */
#define HF_WRAPPED_LEN 80
#define HF_TOKEN_ID 64	/* an attempt's token, with NUL */
#define HF_JOB_UUID 128	/* with NUL */
#define HF_STATE_JSON_MAX 32768

struct hf_m_nonce {
	struct hf_id reader;
	uint64_t time_ms;
	uint8_t count;		/* 1 to 4 */
	uint8_t signature[HF_SIG_LEN];
};
int hf_nonce_get(struct hf_view v, struct hf_m_nonce *out, struct hf_err *e)
    HF_MUST_USE;

struct hf_m_enrol {
	uint8_t secret[16];
	uint8_t public_key[HF_READER_PK_LEN];
	char hardware[256];
	char version[64];
};
int hf_enrol_get(struct hf_view v, struct hf_m_enrol *out, struct hf_err *e)
    HF_MUST_USE;

struct hf_m_state {
	bool ready;
	bool held_commit;
	char words[HF_WORDS];
	struct hf_view json;	/* borrowed */
};
int hf_state_get(struct hf_view v, struct hf_m_state *out, struct hf_err *e)
    HF_MUST_USE;

struct hf_m_advance {
	uint64_t attempt;
	uint64_t fence;
	enum hf_attempt_state to;	/* created, releasing or sent */
	uint32_t job_id;	/* the printer's */
	char job_uuid[HF_JOB_UUID];
	uint32_t up_time;	/* IPP "printer-up-time" */
};
int hf_advance_get(struct hf_view v, struct hf_m_advance *out,
    struct hf_err *e) HF_MUST_USE;

struct hf_m_progress {
	uint64_t attempt;
	uint64_t beat;
	uint64_t bytes;
	int32_t impressions;	/* -1 unknown */
	char words[HF_WORDS];
};
int hf_progress_get(struct hf_view v, struct hf_m_progress *out,
    struct hf_err *e) HF_MUST_USE;

struct hf_m_finish {
	uint64_t attempt;
	uint64_t fence;
	enum hf_outcome outcome;
	int32_t impressions;	/* -1 unknown */
	char words[HF_WORDS];
};
int hf_finish_get(struct hf_view v, struct hf_m_finish *out, struct hf_err *e)
    HF_MUST_USE;

/* The answer of role key to UNWRAP. */
struct hf_m_unwrapped {
	struct hf_view envelope; /* borrowed */
	uint8_t wrapped[HF_WRAPPED_LEN];
};
int hf_unwrapped_get(struct hf_view v, struct hf_m_unwrapped *out,
    struct hf_err *e) HF_MUST_USE;

/* … and to CREDENTIAL. */
struct hf_m_badge {
	uint8_t kind;
	uint8_t hash[HF_BADGE_HASH_LEN];
	bool has_pin;
	bool has_proof;
};
int hf_badge_get(struct hf_view v, struct hf_m_badge *out, struct hf_err *e)
    HF_MUST_USE;

/* Whole messages to a deliver process; each starts b anew. */
struct hf_m_deliver {
	uint64_t attempt;
	uint64_t fence;
	struct hf_id job;
	const char *token;
	const char *format;
	const struct hf_envelope *env;
	const uint8_t *wrapped;	/* HF_WRAPPED_LEN */
};
int hf_deliver_put(struct hf_buf *b, const struct hf_m_deliver *d,
    struct hf_err *e) HF_MUST_USE;

struct hf_m_recover {
	uint64_t attempt;
	uint64_t fence;
	enum hf_attempt_state state;
	const char *token;
	uint32_t job_id;
	const char *job_uuid;
	uint32_t up_time;
};
int hf_recover_put(struct hf_buf *b, const struct hf_m_recover *r,
    struct hf_err *e) HF_MUST_USE;
int hf_advanced_put(struct hf_buf *b, uint64_t attempt, bool ok,
    struct hf_err *e) HF_MUST_USE;

/* The reply to TAP. */
struct hf_m_tapped {
	enum hf_tap_result result;
	unsigned jobs;
	const char *printer;
	const char *person;
	const char *words;
	const uint8_t *nonce;	/* HF_NONCE_LEN or NULL */
};
int hf_tapped_put(struct hf_buf *b, uint32_t seq, const struct hf_m_tapped *t,
    struct hf_err *e) HF_MUST_USE;

#endif
