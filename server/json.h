#ifndef HF_JSON_H
#define HF_JSON_H

#include <jansson.h>

#include "lib/buf.h"

/* JSON from clients (RFC 8259): duplicates and unknown names are refused. */

/*
 * Once, before any thread: seeds the hash tables (while /dev/urandom may
 * still be opened) and lets every piece of a parsed document be wiped when
 * it is freed, as some hold secrets.
 */
void hf_json_init(void);
/* One object, the whole body. HF_EINPUT; never quotes the input. */
json_t *hf_json_parse(struct hf_view body, struct hf_err *e) HF_MUST_USE;
/*
 * json_unpack with JSON_STRICT: every name that fmt has, and no other.
 * HF_EINPUT says which.
 */
int hf_json_unpack(json_t *o, struct hf_err *e, const char *fmt, ...)
    HF_MUST_USE;

#endif
