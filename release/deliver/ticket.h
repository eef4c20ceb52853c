#ifndef HF_TICKET_H
#define HF_TICKET_H

#include <stdbool.h>

#include "release/deliver/proto.h"

/*
 * The Job Template attributes of an order, as far as this printer supports
 * them (PWG 5100.7, RFC 8011 section 5.2).  Pure.
 */
struct hf_ticket {
	bool hold;		/* job-hold-until=indefinite */
	bool bare;		/* the printer refused the rest: leave it out */
	char note[160];		/* out: what had to be left out, or "" */
};

/* `attrs` is the printer's own answer to Get-Printer-Attributes. */
int hf_ticket_put(struct hf_buf *b, const struct hf_order *o,
    struct hf_view attrs, struct hf_ticket *t, struct hf_err *e) HF_MUST_USE;

#endif
