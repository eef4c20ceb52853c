#ifndef HF_DELIVER_PROTO_H
#define HF_DELIVER_PROTO_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/envelope.h"
#include "lib/id.h"
#include "lib/msg.h"

/* The messages of doc/messages.md, "queue ↔ deliver", taken apart and built. */

#define HF_PUBLIC_KEY_LEN 32
#define HF_SEALED_KEY_LEN 80
#define HF_TEXT_MAX 512		/* a sentence for the panel */

struct hf_printer_row {		/* PRINTER */
	struct hf_id id;
	char name[128];
	char uri[512];
	char pin[512];		/* "sha256//…", several separated by ';', or "" */
	char uuid[128];		/* "printer-uuid" or "" */
	bool plain_allowed;
};

struct hf_order {		/* DELIVER */
	uint64_t attempt;
	uint64_t fence;
	struct hf_id job;
	char token[65];
	char format[128];
	uint16_t copies;
	enum hf_sides sides;
	enum hf_color color;
	char media[128];
	struct hf_option options[HF_OPTIONS_MAX];
	size_t n_options;
	uint8_t sealed_key[HF_SEALED_KEY_LEN];
};

struct hf_claim {		/* RECOVER */
	uint64_t attempt;
	uint64_t fence;
	enum hf_attempt_state state;
	char token[65];
	int32_t job_id;		/* "job-id", 0 unknown */
	char job_uuid[64];	/* "job-uuid" or "" */
	uint32_t up_time;	/* "printer-up-time", 0 unknown */
};

struct hf_advanced {
	uint64_t attempt;
	bool ok;
};

/* Each takes a body exactly. HF_EINPUT. Pure. */
int hf_printer_row_get(struct hf_view in, struct hf_printer_row *out,
    struct hf_err *e) HF_MUST_USE;
int hf_order_get(struct hf_view in, struct hf_order *out, struct hf_err *e)
    HF_MUST_USE;
int hf_claim_get(struct hf_view in, struct hf_claim *out, struct hf_err *e)
    HF_MUST_USE;
int hf_advanced_get(struct hf_view in, struct hf_advanced *out,
    struct hf_err *e) HF_MUST_USE;
/* A printable-ASCII token without spaces: it becomes part of a job-name. */
bool hf_token_is(const char *s);

struct hf_advance {
	uint64_t attempt;
	uint64_t fence;
	enum hf_attempt_state to;
	int32_t job_id;
	const char *job_uuid;
	uint32_t up_time;
};
struct hf_progress {
	uint64_t attempt;
	uint64_t beat;
	uint64_t bytes;
	int32_t impressions;	/* -1 unknown */
	const char *text;
};
struct hf_finish {
	uint64_t attempt;
	uint64_t fence;
	enum hf_outcome outcome;
	int32_t impressions;	/* -1 unknown */
	const char *text;
};

/* Each makes a whole message in b. */
int hf_hello_put(struct hf_buf *b, uint32_t seq,
    const uint8_t pk[static HF_PUBLIC_KEY_LEN], struct hf_err *e) HF_MUST_USE;
int hf_state_put(struct hf_buf *b, uint32_t seq, bool ready, bool held_commit,
    const char *text, struct hf_view json, struct hf_err *e) HF_MUST_USE;
int hf_advance_put(struct hf_buf *b, uint32_t seq, const struct hf_advance *a,
    struct hf_err *e) HF_MUST_USE;
int hf_progress_put(struct hf_buf *b, uint32_t seq,
    const struct hf_progress *p, struct hf_err *e) HF_MUST_USE;
int hf_finish_put(struct hf_buf *b, uint32_t seq, const struct hf_finish *f,
    struct hf_err *e) HF_MUST_USE;

#endif
