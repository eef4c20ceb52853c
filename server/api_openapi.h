#ifndef HF_API_OPENAPI_H
#define HF_API_OPENAPI_H

#include "server/route.h"

/*
 * The table of routes as an OpenAPI 3.1 document: made from the rows
 * themselves, so it cannot say anything else than they do.
 */
int hf_api_openapi(const struct hf_req *rq, struct hf_reply *re,
    struct hf_err *e);

#endif
