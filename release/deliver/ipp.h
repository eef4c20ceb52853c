#ifndef HF_IPP_H
#define HF_IPP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

/*
 * The encoding of IPP messages (RFC 8010), as much as a client needs that
 * releases documents.  The reader walks over borrowed bytes, allocates nothing
 * and recurses nowhere; the writer appends to a struct hf_buf.
 *
 * libcups is not used here: its codec comes with GnuTLS, Kerberos and Avahi,
 * 5 MiB resident in a process that is allowed 10, and its reader recurses once
 * a nested collection.
 */

enum hf_ipp_op {	/* RFC 8011, section 5.4.15 "operations-supported" */
	HF_IPP_VALIDATE_JOB = 0x0004,
	HF_IPP_CREATE_JOB = 0x0005,
	HF_IPP_SEND_DOCUMENT = 0x0006,
	HF_IPP_CANCEL_JOB = 0x0008,
	HF_IPP_GET_JOB_ATTRIBUTES = 0x0009,
	HF_IPP_GET_JOBS = 0x000a,
	HF_IPP_GET_PRINTER_ATTRIBUTES = 0x000b,
	HF_IPP_HOLD_JOB = 0x000c,
	HF_IPP_RELEASE_JOB = 0x000d
};

enum hf_ipp_status {	/* RFC 8011, appendix B */
	HF_IPP_OK_LAST = 0x00ff,	/* everything up to here succeeded */
	HF_IPP_NOT_POSSIBLE = 0x0404,
	HF_IPP_NOT_FOUND = 0x0406,
	HF_IPP_GONE = 0x0407,
	HF_IPP_FORMAT = 0x040a,		/* document-format-not-supported */
	HF_IPP_ATTRIBUTES = 0x040b,	/* attributes-or-values-not-supported */
	HF_IPP_CONFLICTING = 0x040e,
	HF_IPP_INTERNAL = 0x0500,
	HF_IPP_NO_SUCH_OP = 0x0501,
	HF_IPP_UNAVAILABLE = 0x0502,
	HF_IPP_DEVICE = 0x0504,
	HF_IPP_TEMPORARY = 0x0505,
	HF_IPP_NOT_ACCEPTING = 0x0506,
	HF_IPP_BUSY = 0x0507,
	HF_IPP_TOO_MANY_JOBS = 0x050b
};

enum hf_ipp_tag {	/* RFC 8010, section 3.5 */
	HF_IPP_OPERATION = 0x01,
	HF_IPP_JOB = 0x02,
	HF_IPP_END = 0x03,
	HF_IPP_PRINTER = 0x04,
	HF_IPP_UNSUPPORTED = 0x05,
	HF_IPP_INTEGER = 0x21,
	HF_IPP_BOOLEAN = 0x22,
	HF_IPP_ENUM = 0x23,
	HF_IPP_RANGE = 0x33,
	HF_IPP_BEGIN_COLLECTION = 0x34,
	HF_IPP_TEXT_LANG = 0x35,
	HF_IPP_NAME_LANG = 0x36,
	HF_IPP_END_COLLECTION = 0x37,
	HF_IPP_TEXT = 0x41,
	HF_IPP_NAME = 0x42,
	HF_IPP_KEYWORD = 0x44,
	HF_IPP_URI = 0x45,
	HF_IPP_CHARSET = 0x47,
	HF_IPP_LANGUAGE = 0x48,
	HF_IPP_MIME = 0x49,
	HF_IPP_MEMBER = 0x4a
};

enum hf_job_state {	/* RFC 8011, section 5.3.7 "job-state" */
	HF_JOB_PENDING = 3,
	HF_JOB_HELD,
	HF_JOB_PROCESSING,
	HF_JOB_STOPPED,
	HF_JOB_CANCELED,
	HF_JOB_ABORTED,
	HF_JOB_COMPLETED
};

#define HF_IPP_NESTING 8
#define HF_IPP_VALUES_MAX 20000 /* of one message */

struct hf_ipp_head {
	uint16_t code;		/* operation-id or status-code */
	uint32_t id;		/* request-id */
};

/* One value of one attribute; views borrow from the message. */
struct hf_ipp_value {
	uint8_t group;		/* delimiter tag of its group */
	unsigned nth_group;	/* counts groups from 1: one a job in Get-Jobs */
	uint8_t tag;
	bool first;		/* the attribute's first value */
	struct hf_view name;
	struct hf_view bytes;
};

struct hf_ipp_reader {
	struct hf_view rest;
	struct hf_view name;
	uint8_t group;
	unsigned nth_group;
	unsigned values;
};

/*
 * Start reading a message: fixed head, then hf_ipp_next until it says 0.
 * Members of collections are checked and passed over; a collection appears as
 * one value with tag HF_IPP_BEGIN_COLLECTION.  The message must end with its
 * end-of-attributes tag and nothing behind it.
 */
int hf_ipp_open(struct hf_view in, struct hf_ipp_head *head,
    struct hf_ipp_reader *r, struct hf_err *e) HF_MUST_USE;
/* 1: *v is the next value; 0: end; -1: HF_EINPUT. */
int hf_ipp_next(struct hf_ipp_reader *r, struct hf_ipp_value *v,
    struct hf_err *e) HF_MUST_USE;

bool hf_ipp_is(const struct hf_ipp_value *v, const char *name);
/* An integer, enum or boolean of the right length. */
bool hf_ipp_int(const struct hf_ipp_value *v, int32_t *out);
bool hf_ipp_range(const struct hf_ipp_value *v, int32_t *low, int32_t *high);
/*
 * A string value (keyword, name, text, uri, mime …; the language of …WithLanguage
 * is dropped) that is text and fits.  Else false and *out untouched.
 */
bool hf_ipp_str(const struct hf_ipp_value *v, char *out, size_t size);
/* True where it is a string value with exactly these bytes. */
bool hf_ipp_str_is(const struct hf_ipp_value *v, const char *s);

/* Writing.  A value with an empty name adds to the attribute before it. */
int hf_ipp_put_head(struct hf_buf *b, uint16_t code, uint32_t id,
    struct hf_err *e) HF_MUST_USE;
int hf_ipp_put_group(struct hf_buf *b, uint8_t tag, struct hf_err *e)
    HF_MUST_USE;
int hf_ipp_put_str(struct hf_buf *b, uint8_t tag, const char *name,
    const char *value, struct hf_err *e) HF_MUST_USE;
int hf_ipp_put_int(struct hf_buf *b, uint8_t tag, const char *name,
    int32_t value, struct hf_err *e) HF_MUST_USE;
int hf_ipp_put_bool(struct hf_buf *b, const char *name, bool value,
    struct hf_err *e) HF_MUST_USE;
int hf_ipp_put_range(struct hf_buf *b, const char *name, int32_t low,
    int32_t high, struct hf_err *e) HF_MUST_USE;

/* "client-error-not-found" …, or NULL for one that we have no word for. */
const char *hf_ipp_status_name(uint16_t status);

#endif
