#ifndef HF_DELIVER_JOB_H
#define HF_DELIVER_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "release/deliver/verdict.h"
#include "lib/buf.h"

/* What a printer answers about jobs, taken apart.  All pure. */

#define HF_JOB_NAME_PREFIX "HF-"	/* "job-name" = this and the token */

struct hf_ipp_result {
	uint16_t status;	/* RFC 8011 status-code */
	char text[256];		/* "status-message", or "" */
};

struct hf_job {
	int32_t id;		/* "job-id", 0 where not said */
	int32_t state;		/* "job-state", 0 where not said */
	int32_t impressions;	/* "job-impressions-completed", -1 unknown */
	int32_t sheets;		/* "job-media-sheets-completed", -1 unknown */
	int32_t up_time;	/* "job-printer-up-time", 0 unknown */
	bool printer_stopped;	/* "job-state-reasons" has printer-stopped… */
	char uuid[64];		/* "job-uuid" or "" */
	char name[96];		/* "job-name" or "" */
	char reason[96];	/* first of "job-state-reasons" or "" */
};

/*
 * Check that `in` is a whole, well-formed answer to request `id` in a charset
 * we can read, and take its status. HF_EINPUT.  The functions below want
 * bytes that have passed here.
 */
int hf_ipp_result_get(struct hf_view in, uint32_t id,
    struct hf_ipp_result *out, struct hf_err *e) HF_MUST_USE;
bool hf_ipp_is_ok(const struct hf_ipp_result *r);

/* The first job of an answer; false where it has none with a job-id. */
bool hf_job_first(struct hf_view in, struct hf_job *out);
/* Ours by "job-uuid" or by our name; never by job-id alone. */
bool hf_job_is_ours(const struct hf_job *j, const char *uuid,
    const char *token);
/* Our job in a Get-Jobs answer; *counter learns from all of them. */
bool hf_job_find(struct hf_view in, const char *uuid, const char *token,
    struct hf_job *out, enum hf_counter *counter);
/*
 * What a job of any owner says about the printer's counter: it works once a
 * completed job has pages, and lies for good once one has none.
 */
void hf_counter_learn(enum hf_counter *counter, const struct hf_job *j);
/* Pages that may be out: the larger of both counts, -1 where none is known. */
int hf_job_pages(const struct hf_job *j);

#endif
