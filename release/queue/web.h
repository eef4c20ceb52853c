#ifndef HF_QUEUE_WEB_H
#define HF_QUEUE_WEB_H

#include "release/queue/hasher.h"
#include "release/queue/server.h"
#include "release/queue/store.h"

/*
 * People at the web: LOGIN, SESSION and DO of holdfastd (doc/messages.md).
 * holdfastd is believed nothing: who logs in shows a password, every other
 * request shows the session's token, and the database's functions look at
 * session and role.
 */
struct hf_webs;

struct hf_webs *hf_webs_new(struct hf_store *store, struct hf_hashers *hashers,
    struct hf_err *e) HF_MUST_USE;
void hf_webs_free(struct hf_webs *w);

int hf_web_login(struct hf_webs *w, const struct hf_request *rq,
    struct hf_err *e);
int hf_web_session(struct hf_webs *w, const struct hf_request *rq,
    struct hf_err *e);
int hf_web_do(struct hf_webs *w, const struct hf_request *rq,
    struct hf_err *e);

#endif
