#ifndef HF_TARGET_H
#define HF_TARGET_H

#include "server/http.h"

/*
 * The target of a request (RFC 9112 section 3.2): a path with or without a
 * query, an absolute URI, which is reduced to that, or "*".  The path is
 * decoded, once; *query (as sent, without '?') is set only where there is
 * one.  Returns 0, or the status to refuse with and a constant sentence in
 * *why.  Pure.
 */
int hf_target_parse(struct hf_view t, char path[static HF_HTTP_PATH_MAX + 1],
    struct hf_view *query, const char **why) HF_MUST_USE;
/*
 * RFC 9110 section 7.2: uri-host [":" port].  Looser than its grammar, but
 * nothing in it can be mistaken for anything else.
 */
bool hf_target_is_host(struct hf_view v);

#endif
