#ifndef HF_REQUEST_H
#define HF_REQUEST_H

#include "release/deliver/ipp.h"
#include "release/deliver/ticket.h"

/*
 * The requests that we make, each a whole IPP message appended to an empty
 * buffer.  No user name and no title goes to the printer: the job is called
 * "HF-<token>" and belongs to "holdfast".
 */
struct hf_request {
	const char *uri;	/* "printer-uri" */
	uint32_t id;		/* request-id */
};

int hf_request_printer(struct hf_buf *b, const struct hf_request *r,
    struct hf_err *e) HF_MUST_USE;
/* op is Validate-Job or Create-Job. */
int hf_request_job(struct hf_buf *b, const struct hf_request *r,
    enum hf_ipp_op op, const struct hf_order *o, struct hf_view attrs,
    struct hf_ticket *t, struct hf_err *e) HF_MUST_USE;
/* Send-Document with last-document=true; the document follows. */
int hf_request_send(struct hf_buf *b, const struct hf_request *r, int job_id,
    const char *format, struct hf_err *e) HF_MUST_USE;
/* Cancel-Job, Release-Job. */
int hf_request_control(struct hf_buf *b, const struct hf_request *r,
    enum hf_ipp_op op, int job_id, struct hf_err *e) HF_MUST_USE;
int hf_request_look(struct hf_buf *b, const struct hf_request *r, int job_id,
    struct hf_err *e) HF_MUST_USE;
/* Get-Jobs of every owner; which is "completed" or "not-completed". */
int hf_request_jobs(struct hf_buf *b, const struct hf_request *r,
    const char *which, struct hf_err *e) HF_MUST_USE;

#endif
