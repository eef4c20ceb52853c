#ifndef HF_ASK_H
#define HF_ASK_H

#include <jansson.h>

#include "lib/msg.h"

/*
 * One question to the release service and its JSON answer (doc/messages.md,
 * 0x20 to 0x2f).  HF_EAGAIN where it is not running or does not answer.
 */
int hf_ask_json(const char *socket, enum hf_msg_type type, struct hf_view body,
    int timeout_ms, json_t **out, struct hf_err *e) HF_MUST_USE;

struct hf_health {
	bool ready, database, key;
};
int hf_ask_health(const char *socket, struct hf_health *out, struct hf_err *e)
    HF_MUST_USE;

/*
 * JSON for people: "name  value" lines, a list of objects as a table.
 * Whole numbers whose name says that they are a time are shown as one.
 */
void hf_json_show(FILE *to, const json_t *j);

#endif
