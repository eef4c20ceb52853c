#ifndef HF_API_HEALTH_H
#define HF_API_HEALTH_H

#include "server/route.h"

/* GET /v1/health and /v1/version. */

int hf_api_health_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e);
int hf_api_health_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);
int hf_api_health_no_answer(const struct hf_req *rq, const struct hf_err *why,
    struct hf_reply *re, struct hf_err *e);
int hf_api_version(const struct hf_req *rq, struct hf_reply *re,
    struct hf_err *e);

#endif
