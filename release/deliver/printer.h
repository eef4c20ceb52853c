#ifndef HF_PRINTER_H
#define HF_PRINTER_H

#include <sys/queue.h>

#include "release/deliver/conn.h"
#include "release/deliver/job.h"
#include "release/deliver/proto.h"
#include "release/deliver/request.h"
#include "release/deliver/state.h"

/*
 * The one printer of this process: its row, what it last said about itself,
 * and the requests waiting for a connection.  There are two connections: the
 * first carries documents and everything else while it is free; the second is
 * opened only while the first is taken for longer than a moment, so that a
 * long document or a mute printer does not keep us from asking how it is.
 */
struct hf_printer;
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

struct hf_printer *hf_printer_new(struct event_base *base, SSL_CTX *tls,
    struct hf_err *e) HF_MUST_USE;
void hf_printer_free(struct hf_printer *p);
/*
 * A new or changed row.  Where it names another address or key, connections
 * that carry nothing are closed and what was known is forgotten.  An address
 * that cannot be used is not an error here but the answer to every request.
 */
void hf_printer_set(struct hf_printer *p, const struct hf_printer_row *row);
bool hf_printer_is_set(const struct hf_printer *p);
const struct hf_printer_row *hf_printer_row(const struct hf_printer *p);

/*
 * A request: make it, append the message to *hf_op_buf with hf_op_request as
 * its head, start it.  fn is called from the loop, once, unless the op is
 * dropped before; the op is gone after either.  An op that may be sent again
 * (`again`) is, where a kept connection turned out to be dead.
 */
struct hf_op *hf_op_new(struct hf_printer *p, hf_op_fn *fn, void *arg,
    struct hf_err *e) HF_MUST_USE;
struct hf_buf *hf_op_buf(struct hf_op *op);
struct hf_request hf_op_request(const struct hf_op *op);
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

/* Look at the printer; what it says is kept below before fn is called. */
struct hf_op *hf_printer_look(struct hf_printer *p, hf_op_fn *fn, void *arg,
    struct hf_err *e) HF_MUST_USE;
/* Milliseconds since it last told its state, or UINT64_MAX. */
uint64_t hf_printer_age_ms(const struct hf_printer *p);
const struct hf_state *hf_printer_state(const struct hf_printer *p);
struct hf_view hf_printer_attrs(const struct hf_printer *p);
bool hf_printer_is_ready(const struct hf_printer *p, char *text, size_t size);
/* hf_state_words of what it said in the last seconds. */
bool hf_printer_words(const struct hf_printer *p, char *text, size_t size);
bool hf_printer_is_expired(const struct hf_printer *p);
/* Shared by all attempts: does its page counter count? */
enum hf_counter *hf_printer_counter(struct hf_printer *p);

#endif
