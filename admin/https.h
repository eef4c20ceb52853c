#ifndef HF_HTTPS_H
#define HF_HTTPS_H

#include <stdbool.h>

#include "admin/pem.h"

/*
 * One HTTP request by libcurl: no redirect, no proxy, no password, and the
 * public key of the other side by pin instead of by authority.
 */
struct hf_https {
	const char *url;	/* http:// or https:// */
	const char *pin;	/* key that it must show; NULL: any */
	const char *post_type;	/* Content-Type; NULL: GET */
	struct hf_view post;
	long timeout_s;
	/* out */
	long status;
	struct hf_buf body;	/* initialised by the caller: its max is the limit */
	char seen[HF_PIN_TEXT];	/* key shown, or "" */
	int64_t cert_end;	/* seconds since 1970, or 0 */
};
/*
 * HF_EDENIED: another key than the pinned one; HF_EAGAIN: not reachable;
 * HF_EPEER: it answered with something else, or too much.
 */
int hf_https(struct hf_https *x, struct hf_err *e) HF_MUST_USE;

#endif
