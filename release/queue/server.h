#ifndef HF_SERVER_H
#define HF_SERVER_H

#include <sys/queue.h>

#include "release/queue/chan.h"

/*
 * run/release.sock: the peer's uid decides who asks, a table what they may.
 * The handlers are elsewhere; most answer at once, some later.
 */
enum hf_who { HF_WHO_WEB = 1, HF_WHO_ADMIN = 2 };

struct hf_client;

/*
 * An answer that is owed.  It outlives its client: a client that went away
 * is simply not told.
 */
struct hf_pending {
	LIST_ENTRY(hf_pending) link;
	struct hf_client *client;	/* NULL: gone, or answered */
	uint32_t seq;
};
void hf_pending_send(struct hf_pending *p, const struct hf_buf *b);
void hf_pending_error(struct hf_pending *p, const struct hf_err *why);
void hf_pending_drop(struct hf_pending *p);

/*
 * A request.  The handler appends the reply's body to `out` (its header is
 * written) and returns HF_DONE; or moves the debt (hf_request_later) and
 * returns HF_LATER; or -1: an ERROR reply.
 */
struct hf_request {
	struct hf_client *client;
	uint32_t seq;
	struct hf_view body;
	struct hf_buf *out;
};
#define HF_DONE 0
#define HF_LATER 1
void hf_request_later(const struct hf_request *q, struct hf_pending *p);

struct hf_request_type {
	uint8_t type;
	unsigned who;	/* of enum hf_who */
	bool exact;	/* the body is ours alone: malformed closes */
	int (*fn)(void *arg, const struct hf_request *q, struct hf_err *e);
};

struct hf_server;

/*
 * Takes over the listening socket.  `who` of a uid is asked once a
 * connection; 0: refused.
 */
struct hf_server *hf_server_new(struct hf_loop *loop, int listener,
    const struct hf_request_type *types, size_t n_types,
    unsigned (*who)(void *arg, uid_t uid), void *arg, struct hf_err *e)
    HF_MUST_USE;
void hf_server_free(struct hf_server *s);
/* No new connections. */
void hf_server_pause(struct hf_server *s);

#endif
