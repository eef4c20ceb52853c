#ifndef HF_API_SESSION_H
#define HF_API_SESSION_H

#include "server/route.h"

/* Logging in and out: doc/api.md, "Session". */
int hf_api_login_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e);
int hf_api_login_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);
int hf_api_session_ask(const struct hf_req *rq, struct hf_buf *body,
    struct hf_err *e);
int hf_api_session_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);
int hf_api_logout_answer(const struct hf_req *rq, struct hf_view body,
    struct hf_reply *re, struct hf_err *e);

#endif
