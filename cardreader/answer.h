#ifndef HF_ANSWER_H
#define HF_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/id.h"
#include "lib/msg.h"
#include "lib/tap.h"

/*
 * The server's JSON answers to a reader (doc/tap-format.md, "Over HTTPS").
 * Pure functions of the bytes; members that we do not know are passed over,
 * what we use must have its type and stay within its bounds: HF_EINPUT names
 * the member.  *out is untouched on failure.
 */

#define HF_ANSWER_MAX 131072	/* bytes of one answer */
#define HF_NAME_LEN 256
#define HF_PRINTERS_MAX 255	/* that one reader is bound to */
#define HF_NONCES_MAX 4		/* in one answer */
#define HF_MESSAGE_LEN 200

struct hf_printers {
	size_t n;
	struct {
		struct hf_id id;
		char name[HF_NAME_LEN];
	} p[HF_PRINTERS_MAX];
};

struct hf_answer_enrol {
	struct hf_id reader;
	char name[HF_NAME_LEN];
	struct hf_printers printers;
};

struct hf_answer_nonce {
	size_t n;		/* 0: our clock is off */
	uint8_t nonces[HF_NONCES_MAX][HF_NONCE_LEN];
	uint32_t valid_s;	/* seconds, 1 to 86400 */
	uint64_t time_ms;	/* the service's clock */
	uint64_t key_list_serial;
	struct hf_printers printers;
};

struct hf_answer_tap {
	enum hf_tap_result result;
	unsigned jobs;
	char printer[HF_NAME_LEN];
	char message[HF_MESSAGE_LEN];	/* text, "" where none */
	bool has_nonce;
	uint8_t nonce[HF_NONCE_LEN];
};

struct hf_problem {	/* RFC 9457; members that are missing are "" */
	char title[HF_MESSAGE_LEN];
	char detail[HF_MESSAGE_LEN];
	char code[32];		/* hf_code_name */
};

int hf_answer_enrol_get(struct hf_view in, struct hf_answer_enrol *out,
    struct hf_err *e) HF_MUST_USE;
int hf_answer_nonce_get(struct hf_view in, struct hf_answer_nonce *out,
    struct hf_err *e) HF_MUST_USE;
int hf_answer_tap_get(struct hf_view in, struct hf_answer_tap *out,
    struct hf_err *e) HF_MUST_USE;
/* Never fails: an answer that is no problem document gives an empty one. */
void hf_problem_get(struct hf_view in, struct hf_problem *out);
/* Its detail, else its title, else "HTTP status N". */
void hf_problem_text(const struct hf_problem *p, int status,
    char out[static HF_MESSAGE_LEN]);

#endif
