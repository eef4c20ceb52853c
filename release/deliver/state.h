#ifndef HF_DELIVER_STATE_H
#define HF_DELIVER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

/* What a printer says about itself (Get-Printer-Attributes).  All pure. */

struct hf_state {
	int32_t state;		/* "printer-state": 3 idle 4 processing 5 stopped */
	bool accepting;		/* "printer-is-accepting-jobs" */
	bool held_commit;	/* Hold-Job, Release-Job and "indefinite" */
	bool stopping_reason;	/* one of the reasons keeps it from printing */
	int32_t up_time;	/* "printer-up-time", 0 unknown */
	char uuid[64];		/* "printer-uuid" */
	char make[128];		/* "printer-make-and-model" */
	char words[160];	/* of the worst reason, for a person; or "" */
	char hint[160];		/* of a mere warning that would stop it; or "" */
	char message[160];	/* "printer-state-message" */
	char reasons[512];	/* "printer-state-reasons", comma-separated */
};

/* The attributes that the functions here want to see. */
extern const char *const hf_state_attributes[];	/* NULL at the end */

/*
 * From an answer that has passed hf_ipp_result_get. HF_EINPUT where it is not
 * about a printer.
 */
int hf_state_get(struct hf_view in, struct hf_state *out, struct hf_err *e)
    HF_MUST_USE;
/*
 * Can it print now, and is it the device that was registered ("" : any)?  If
 * not, *text is a sentence for the panel.
 */
bool hf_state_is_ready(const struct hf_state *s, const char *name,
    const char *uuid, char *text, size_t size);
/*
 * What to say of it while a job of ours stands in it: as above, or what it
 * warns of.  False where there is nothing to say.
 */
bool hf_state_words(const struct hf_state *s, const char *name,
    const char *uuid, char *text, size_t size);
/* The words for one of "printer-state-reasons"; *stops: it cannot go on. */
const char *hf_reason_words(const char *reason, bool *stops);

/* Looking things up in the answer: "xxx-supported". */
bool hf_attrs_have(struct hf_view in, const char *name);
bool hf_attrs_have_str(struct hf_view in, const char *name, const char *value);
/* Integers, enums, and ranges that contain it. */
bool hf_attrs_have_int(struct hf_view in, const char *name, int32_t value);
/* The largest integer or upper end of a range, or `otherwise`. */
int32_t hf_attrs_max(struct hf_view in, const char *name, int32_t otherwise);

/* The JSON of STATE, for PRINTER_TEST. */
int hf_state_json(struct hf_buf *out, const struct hf_state *s, bool ready,
    const char *text, bool expired, struct hf_view attrs, struct hf_err *e)
    HF_MUST_USE;

#endif
