#ifndef HF_ID_H
#define HF_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/*
 * Job, printer and reader ids are 128 random bits.  As text (file names,
 * database, messages to people) they are UUIDs in lower case, RFC 4122
 * section 3, version 4.
 */
#define HF_ID_LEN 16
#define HF_ID_TEXT 37 /* with NUL */

struct hf_id {
	uint8_t b[HF_ID_LEN];
};

/* Fill with random bits, version 4 and variant bits set. */
void hf_id_new(struct hf_id *id);
void hf_id_text(const struct hf_id *id, char out[static HF_ID_TEXT]);
/* True for exactly the form that hf_id_text writes. */
bool hf_id_is(const char *s);
int hf_id_parse(struct hf_id *id, const char *s, struct hf_err *e) HF_MUST_USE;
bool hf_id_equal(const struct hf_id *a, const struct hf_id *b);

#endif
