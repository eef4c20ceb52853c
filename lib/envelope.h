#ifndef HF_ENVELOPE_H
#define HF_ENVELOPE_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/id.h"

/* What travels sealed with a document: doc/sealed-format.md, "Envelope". */

#define HF_ENVELOPE_MAX 8192 /* encoded bytes */
#define HF_OPTIONS_MAX 32
#define HF_INTAKE_KEY_LEN 32

enum hf_sides {
	HF_SIDES_UNSET,
	HF_SIDES_ONE,		/* "one-sided" */
	HF_SIDES_LONG,		/* "two-sided-long-edge" */
	HF_SIDES_SHORT		/* "two-sided-short-edge" */
};
enum hf_color { HF_COLOR_UNSET, HF_COLOR_MONO, HF_COLOR_COLOR };

struct hf_option {
	char name[64];
	char value[128];
};

struct hf_envelope {
	struct hf_id job;
	char owner[256];	/* text */
	char title[1024];	/* text; secret: never logged or stored */
	char format[128];	/* IPP "document-format" */
	uint64_t submitted;	/* seconds since the epoch */
	uint64_t expires;
	char queue[128];
	uint16_t copies;	/* 1..999 */
	enum hf_sides sides;
	enum hf_color color;
	char media[128];	/* IPP keyword or "" */
	struct hf_option options[HF_OPTIONS_MAX];
	size_t n_options;
	char host[256];
	uint32_t cups_job;	/* IPP "job-id" at the intake's cupsd */
	char job_uuid[64];	/* IPP "job-uuid" */
	uint64_t created;	/* "time-at-creation" or 0 */
	uint16_t document;	/* from 1 */
};

/* Append the encoding. HF_EINPUT names the field that is out of bounds. */
int hf_envelope_put(struct hf_buf *b, const struct hf_envelope *v,
    struct hf_err *e) HF_MUST_USE;
/* Decode exactly; *out is untouched on failure. HF_EINPUT. */
int hf_envelope_get(struct hf_view in, struct hf_envelope *out,
    struct hf_err *e) HF_MUST_USE;
/* BLAKE2b-256 that names one document of one CUPS job. */
void hf_envelope_intake_key(const struct hf_envelope *v,
    uint8_t out[static HF_INTAKE_KEY_LEN]);
/* True for a name in the allow-list of doc/sealed-format.md. */
bool hf_option_is_allowed(const char *name);
/* Letters, digits, '.', '_', '-', 1 to 127 of them. */
bool hf_queue_is(const char *name);
/* IPP keyword (RFC 8011, section 5.1.4) of 1 to 127 bytes: "media". */
bool hf_keyword_is(const char *s);
/* type/subtype (RFC 6838, section 4.2) of 3 to 127 bytes, no parameters. */
bool hf_media_type_is(const char *s);
/* Printable ASCII of 0 to 127 bytes: the value of an option. */
bool hf_option_value_is(const char *s);
/* IPP keyword of each, or NULL for UNSET; and back (UNSET if unknown). */
const char *hf_sides_name(enum hf_sides s);
enum hf_sides hf_sides_of(const char *keyword);
const char *hf_color_name(enum hf_color c);
enum hf_color hf_color_of(const char *keyword);
void hf_envelope_clear(struct hf_envelope *v);	/* wipes */

#endif
