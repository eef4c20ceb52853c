#ifndef HF_API_READER_H
#define HF_API_READER_H

#include "server/route.h"

/*
 * What badge readers ask: doc/tap-format.md, "Over HTTPS".  Each _ask turns
 * a request into a message for the release service, each _answer its reply
 * into ours.  Nothing is decided here; evidence is carried, not checked.
 */
#define HF_JSON_BODY_MAX 16384

int hf_api_enrol_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e);
int hf_api_enrol_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);
int hf_api_nonce_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e);
int hf_api_nonce_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);
int hf_api_tap_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e);
int hf_api_tap_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);
int hf_api_key_list_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e);
int hf_api_key_list_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);

#endif
