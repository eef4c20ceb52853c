#ifndef HF_OPTIONS_H
#define HF_OPTIONS_H

#include <stdbool.h>

#include "lib/buf.h"

/*
 * argv[5] of a backend: what cupsd makes of the job's attributes, the text
 * that cupsParseOptions(3) reads.  doc/intake.md, "Options".
 *
 *	options = *( blank ) option *( 1*blank option )
 *	option  = name [ "=" value ]
 *	value   = collection / *( quoted / escaped / other )
 *
 * where blank is space, tab or newline and nothing else: those are what cupsd
 * escapes in values, so that no value can begin another option.
 */
#define HF_CUPS_OPTIONS_MAX (128 * 1024) /* bytes; Linux allows no more */
#define HF_CUPS_VALUE_MAX 1023
#define HF_CUPS_DEPTH_MAX 8	/* braces within braces */

struct hf_cups_option {
	struct hf_view name;	/* borrowed from the input, not empty */
	bool has_value;		/* false: "name" or "noname" alone */
	bool is_collection;	/* in braces; skipped, value is "" */
	bool has_control;	/* the value holds a control character */
	bool is_cut;		/* the value did not fit */
	size_t n;		/* bytes in value */
	char value[HF_CUPS_VALUE_MAX + 1];	/* without quotes and escapes */
};

/*
 * Take the next option from the front of *in.  Returns 1, 0 at the end, or -1
 * with HF_EINPUT: longer than HF_CUPS_OPTIONS_MAX, a quote or brace without
 * its end, a backslash at the end, braces too deep, "=" without a name.  Pure;
 * the messages repeat nothing of the input.
 */
int hf_cups_option_next(struct hf_view *in, struct hf_cups_option *out,
    struct hf_err *e) HF_MUST_USE;
bool hf_cups_option_is(const struct hf_cups_option *o, const char *name);

#endif
