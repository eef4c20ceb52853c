#ifndef HF_HTTPS_H
#define HF_HTTPS_H

#include <event2/event.h>
#include <stdbool.h>

#include "lib/buf.h"

/*
 * Requests to the one server, known by its pinned public key and by nothing
 * else: no certificate authority, no host name, no proxy, no redirect.
 *
 * Transport failures: HF_ETAMPER where the server has another key, HF_EINPUT
 * where its answer is too long, HF_EAGAIN for all that may pass (refused, no
 * answer in time, connection lost).  Any HTTP status is an answer.
 */
struct hf_https_server {
	const char *url;	/* https://HOST:PORT */
	const char *pin;	/* sha256//BASE64 */
};

struct hf_https_call {
	const char *path;	/* "/v1/…", appended to the URL */
	const char *type;	/* Content-Type of a POST; NULL: GET */
	struct hf_view body;
	size_t answer_max;	/* bytes */
	long timeout_ms;	/* for all of it */
};

/* One request that blocks until it is answered. Appends to answer. */
int hf_https_once(const struct hf_https_server *server,
    const struct hf_https_call *call, struct hf_buf *answer, int *status,
    struct hf_err *e) HF_MUST_USE;

/*
 * The same in an event loop, over connections that are kept.  `lost` is
 * called where a connection that nobody uses was closed by the server or
 * died: a hint that it is away.
 */
struct hf_https;
struct hf_https *hf_https_new(struct event_base *base,
    const struct hf_https_server *server, void (*lost)(void *arg), void *arg,
    struct hf_err *e) HF_MUST_USE;
void hf_https_free(struct hf_https *h);

/*
 * Start a request; the request's body is copied.  `done` is called once from
 * the loop, never from within this function, with an answer (borrowed for the
 * call) or with NULL and why there is none.
 */
struct hf_https_answer {
	int status;
	struct hf_view body;
};
typedef void hf_https_done(void *arg, const struct hf_https_answer *a,
    const struct hf_err *why);
int hf_https_start(struct hf_https *h, const struct hf_https_call *call,
    hf_https_done *done, void *arg, struct hf_err *e) HF_MUST_USE;

#endif
