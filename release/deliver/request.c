#include "release/deliver/request.h"

#include <stdio.h>

#include "release/deliver/job.h"
#include "release/deliver/state.h"

#define USER "holdfast"
#define JOBS_LIMIT 400	/* of a Get-Jobs answer */

static const char *const job_attributes[] = { "job-id", "job-uuid", "job-name",
	"job-state", "job-state-reasons", "job-impressions-completed",
	"job-media-sheets-completed", "job-printer-up-time", NULL };

/* Operation attributes in the order that RFC 8011, section 4.1.4 wants. */
static int
put_start(struct hf_buf *b, const struct hf_request *r, enum hf_ipp_op op,
    int job_id, struct hf_err *e)
{
	if (hf_ipp_put_head(b, (uint16_t)op, r->id, e) == -1 ||
	    hf_ipp_put_group(b, HF_IPP_OPERATION, e) == -1 ||
	    hf_ipp_put_str(b, HF_IPP_CHARSET, "attributes-charset", "utf-8",
	        e) == -1 ||
	    hf_ipp_put_str(b, HF_IPP_LANGUAGE, "attributes-natural-language",
	        "en", e) == -1 ||
	    hf_ipp_put_str(b, HF_IPP_URI, "printer-uri", r->uri, e) == -1 ||
	    (job_id != 0 && hf_ipp_put_int(b, HF_IPP_INTEGER, "job-id",
	        job_id, e) == -1))
		return -1;
	return hf_ipp_put_str(b, HF_IPP_NAME, "requesting-user-name", USER, e);
}

static int
put_wanted(struct hf_buf *b, const char *const *names, struct hf_err *e)
{
	const char *name = "requested-attributes";

	for (; *names != NULL; names++) {
		if (hf_ipp_put_str(b, HF_IPP_KEYWORD, name, *names, e) == -1)
			return -1;
		name = "";
	}
	return 0;
}

static int
put_end(struct hf_buf *b, struct hf_err *e)
{
	return hf_ipp_put_group(b, HF_IPP_END, e);
}

int
hf_request_printer(struct hf_buf *b, const struct hf_request *r,
    struct hf_err *e)
{
	if (put_start(b, r, HF_IPP_GET_PRINTER_ATTRIBUTES, 0, e) == -1 ||
	    put_wanted(b, hf_state_attributes, e) == -1)
		return -1;
	return put_end(b, e);
}

int
hf_request_job(struct hf_buf *b, const struct hf_request *r, enum hf_ipp_op op,
    const struct hf_order *o, struct hf_view attrs, struct hf_ticket *t,
    struct hf_err *e)
{
	char name[sizeof HF_JOB_NAME_PREFIX + sizeof o->token];

	snprintf(name, sizeof name, HF_JOB_NAME_PREFIX "%s", o->token);
	if (put_start(b, r, op, 0, e) == -1 ||
	    hf_ipp_put_str(b, HF_IPP_NAME, "job-name", name, e) == -1 ||
	    hf_ipp_put_bool(b, "ipp-attribute-fidelity", false, e) == -1 ||
	    (op == HF_IPP_VALIDATE_JOB && hf_ipp_put_str(b, HF_IPP_MIME,
	        "document-format", o->format, e) == -1) ||
	    hf_ticket_put(b, o, attrs, t, e) == -1)
		return -1;
	return put_end(b, e);
}

int
hf_request_send(struct hf_buf *b, const struct hf_request *r, int job_id,
    const char *format, struct hf_err *e)
{
	if (put_start(b, r, HF_IPP_SEND_DOCUMENT, job_id, e) == -1 ||
	    hf_ipp_put_str(b, HF_IPP_MIME, "document-format", format, e) ==
	    -1 ||
	    hf_ipp_put_bool(b, "last-document", true, e) == -1)
		return -1;
	return put_end(b, e);
}

int
hf_request_control(struct hf_buf *b, const struct hf_request *r,
    enum hf_ipp_op op, int job_id, struct hf_err *e)
{
	if (put_start(b, r, op, job_id, e) == -1)
		return -1;
	return put_end(b, e);
}

int
hf_request_look(struct hf_buf *b, const struct hf_request *r, int job_id,
    struct hf_err *e)
{
	if (put_start(b, r, HF_IPP_GET_JOB_ATTRIBUTES, job_id, e) == -1 ||
	    put_wanted(b, job_attributes, e) == -1)
		return -1;
	return put_end(b, e);
}

int
hf_request_jobs(struct hf_buf *b, const struct hf_request *r,
    const char *which, struct hf_err *e)
{
	if (put_start(b, r, HF_IPP_GET_JOBS, 0, e) == -1 ||
	    hf_ipp_put_int(b, HF_IPP_INTEGER, "limit", JOBS_LIMIT, e) == -1 ||
	    put_wanted(b, job_attributes, e) == -1 ||
	    hf_ipp_put_str(b, HF_IPP_KEYWORD, "which-jobs", which, e) == -1 ||
	    hf_ipp_put_bool(b, "my-jobs", false, e) == -1)
		return -1;
	return put_end(b, e);
}
