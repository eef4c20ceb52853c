#ifndef HF_OP_H
#define HF_OP_H

#include <sys/queue.h>

#include "release/deliver/conn.h"
#include "release/deliver/job.h"
#include "release/deliver/request.h"

/*
 * Requests to a printer, waiting for a connection.  There are two of those:
 * the first carries documents and everything else while it is free; the second
 * is opened only while the first is taken for longer than a moment, so that a
 * long document or a mute printer does not keep us from asking how it is.
 */
struct hf_ops;
struct hf_op;

struct hf_result {		/* of one request */
	int rc;			/* 0: the printer answered in IPP */
	struct hf_err err;	/* else what went wrong, a sentence */
	struct hf_ipp_result ipp;
	struct hf_view body;	/* borrowed for the call */
	enum hf_sent sent;
	/*
	 * The connection it came over, 0 where that is closed by agreement.  As
	 * no connection lives through a restart of the printer, what a job-id
	 * meant in an answer it still means in a request over the same one.
	 */
	uint64_t over;
};
typedef void hf_op_fn(void *arg, const struct hf_result *r);

/* `peer` and `uri` ("printer-uri") are borrowed and may change: see forget. */
struct hf_ops *hf_ops_new(struct event_base *base, SSL_CTX *tls,
    const struct hf_peer *peer, const char *uri, struct hf_err *e) HF_MUST_USE;
void hf_ops_free(struct hf_ops *ops);
/* The peer is another: connections that carry nothing are closed. */
void hf_ops_forget(struct hf_ops *ops);
/* From now on this is the answer to everything; NULL: no longer. */
void hf_ops_refuse(struct hf_ops *ops, const struct hf_err *why);
bool hf_ops_saw_expired(const struct hf_ops *ops);

/*
 * A request: make it, append its message to *hf_op_buf with hf_op_request as
 * its head, start it.  fn is called from the loop, once, unless the op is
 * dropped before; the op is gone after either.  An op that may be sent again
 * (`again`) is, where a kept connection turned out to be dead.
 */
struct hf_op *hf_op_new(struct hf_ops *ops, hf_op_fn *fn, void *arg,
    struct hf_err *e) HF_MUST_USE;
struct hf_buf *hf_op_buf(struct hf_op *op);
struct hf_request hf_op_request(const struct hf_op *op);
/* Called with a good answer before fn; what it returns becomes rc. */
void hf_op_hook(struct hf_op *op, int (*hook)(void *arg, struct hf_result *r),
    void *arg);
void hf_op_start(struct hf_op *op, bool again);
/*
 * Only over that connection (0: any), and never sent again.  Where it is gone
 * the op fails with nothing sent.
 */
void hf_op_start_over(struct hf_op *op, uint64_t over);
/* The same with a document behind the message. */
void hf_op_start_document(struct hf_op *op, struct hf_unsealer *doc,
    uint64_t over);
uint64_t hf_op_document_sent(const struct hf_op *op);	/* bytes so far */
enum hf_sent hf_op_sent(const struct hf_op *op);
void hf_op_drop(struct hf_op *op);	/* NULL is fine */
void hf_op_discard(struct hf_op *op);	/* one that was not started */

#endif
