#ifndef HF_TICKET_H
#define HF_TICKET_H

#include "lib/envelope.h"

/*
 * From what cupsd says about a job to the envelope: doc/intake.md, "Options"
 * and "What the envelope gets".  Pure: no clock, no environment.
 */
#define HF_TICKET_DROPPED_MAX 16

struct hf_ticket_in {
	const char *job;	/* argv[1] … argv[5] */
	const char *user;
	const char *title;
	const char *copies;
	const char *options;
	const char *queue;	/* from the device URI, already checked */
	const char *host;	/* host_name of intake.conf */
	uint64_t now;		/* seconds since the epoch */
	uint64_t retention_s;
};

/*
 * Fill *env, but for job (its id), format and document, which belong to one
 * document of the job.  Names of options whose value we do not know, and which are
 * left out for that, go to dropped[0..*n_dropped) (static strings).
 * HF_EINPUT: the job cannot be taken as it is (the text says why, to the
 * user).  HF_ECONFLICT: cupsd did not say which job this is.
 */
int hf_ticket_fill(const struct hf_ticket_in *in, struct hf_envelope *env,
    const char *dropped[static HF_TICKET_DROPPED_MAX], size_t *n_dropped,
    struct hf_err *e) HF_MUST_USE;

/*
 * Document `number` of its job, from 1: from the second on its title says so
 * ("report.pdf (2)").  `title` is the job's, as hf_ticket_fill left it.
 */
void hf_ticket_number(struct hf_envelope *env, const char *title,
    uint16_t number);

/*
 * The media type of a document: what cupsd calls it (may be NULL), or what
 * its first bytes say where cupsd does not know.  HF_EINPUT where that is a
 * type that only cupsd understands, or no media type.
 */
int hf_ticket_format(const char *content_type, const uint8_t *first, size_t n,
    char out[static 128], struct hf_err *e) HF_MUST_USE;

/*
 * The queue of a device URI, "holdfast:/QUEUE" and nothing else; borrowed
 * from it.  HF_ECONFIG.
 */
int hf_ticket_queue(const char *uri, const char **queue, struct hf_err *e)
    HF_MUST_USE;

/* PWG 5101.1 name of a size as PPDs call it ("A4", "Letter"), or NULL. */
const char *hf_media_of_ppd(const char *name);

#endif
