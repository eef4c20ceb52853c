#ifndef HF_ASK_H
#define HF_ASK_H

#include <event2/event.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/msg.h"

/*
 * Asking the release service (doc/messages.md, "holdfastd → queue").  One
 * client per loop, one connection, any number of questions on their way;
 * answers find their question by its seq, in any order.  While the service
 * is away every question fails at once, and the connection is tried again
 * after pauses that grow from 50 ms to 1 s.  Nothing here blocks.
 */
struct hf_ask;

#define HF_ASK_PENDING_MAX 1024	/* questions on their way, per client */

/*
 * Called once for each question that hf_ask_send took, never from within it:
 * with the reply (of the question's own reply type; its body is borrowed for
 * the call), or with NULL and why: the service's ERROR, HF_EAGAIN (away, or
 * no answer in time), HF_EPEER (it broke the protocol).
 */
typedef void hf_ask_fn(void *arg, const struct hf_msg *m,
    const struct hf_err *why);

/* `path` is copied.  Tries to connect as soon as the loop runs. */
struct hf_ask *hf_ask_new(struct event_base *base, const char *path,
    struct hf_err *e) HF_MUST_USE;
/* Questions on their way are failed first. */
void hf_ask_free(struct hf_ask *a);
/*
 * Send a question.  `body` is what follows the message header.  HF_EAGAIN
 * where the service is away or too many questions are on their way;
 * HF_EINPUT where the message would be too long.
 */
int hf_ask_send(struct hf_ask *a, uint8_t type, struct hf_view body,
    int timeout_ms, hf_ask_fn *fn, void *arg, struct hf_err *e) HF_MUST_USE;

#endif
