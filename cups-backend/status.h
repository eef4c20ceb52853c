#ifndef HF_STATUS_H
#define HF_STATUS_H

#include <stdbool.h>

#include "lib/err.h"

/*
 * What a backend tells cupsd: lines on standard error (backend(7), filter(7)).
 * Each call is one write(2).  Control characters become '?'.  No line ever
 * holds a title, a user's option value or a byte of a document.
 */

/* CUPS_BACKEND_… of <cups/backend.h>, which we do not link. */
enum hf_exit {
	HF_EXIT_OK = 0,
	HF_EXIT_HOLD = 3,	/* kept in CUPS until somebody releases it */
	HF_EXIT_STOP = 4,	/* queue stopped, job kept */
	HF_EXIT_CANCEL = 5,	/* job gone, with the reason to the user */
	HF_EXIT_AGAIN = 7	/* job kept, tried again at once */
};

/* printer-state-reasons of the queue while something stands in the way. */
enum hf_trouble {
	HF_TROUBLE_SPOOL_FULL,
	HF_TROUBLE_SPOOL_AWAY,	/* cannot be written */
	HF_TROUBLE_KEYS_AWAY,	/* no usable key list yet */
	HF_TROUBLE_KEYS_REFUSED, /* wrong signature or an old list */
	HF_TROUBLE_CONFIG
};

void hf_status_error(const char *fmt, ...) HF_PRINTF(1, 2);
void hf_status_info(const char *fmt, ...) HF_PRINTF(1, 2);
void hf_status_debug(const char *fmt, ...) HF_PRINTF(1, 2);

/* STATE: +keyword, ATTR: printer-alert…, INFO: the sentence. */
void hf_status_trouble(enum hf_trouble t, const char *sentence);
/* All of them are over: STATE: -…, and the alert is emptied. */
void hf_status_clear(void);
/* Is one of them among these printer-state-reasons (comma-separated)? */
bool hf_status_is_trouble(const char *reasons);

#endif
