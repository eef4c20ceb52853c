#ifndef HF_PROBE_H
#define HF_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "admin/pem.h"

/*
 * What a printer says of itself: one Get-Printer-Attributes (RFC 8011,
 * 4.2.5) over one connection, whose public key is taken from the same
 * handshake.  Nothing is trusted; everything is bounded.
 */
#define HF_FORMATS_MAX 32

struct hf_probe {
	bool tls;
	char pin[HF_PIN_TEXT];		/* of the key it showed, or "" */
	int64_t cert_end;		/* seconds since 1970, or 0 */
	char name[128];			/* IPP "printer-name" */
	char model[256];		/* "printer-make-and-model" */
	char uuid[64];			/* "printer-uuid" */
	char reasons[512];		/* "printer-state-reasons" */
	int state;			/* "printer-state": 3 idle … 5 stopped */
	bool accepting;			/* "printer-is-accepting-jobs" */
	char formats[HF_FORMATS_MAX][128]; /* "document-format-supported" */
	size_t n_formats;
	bool can_create;		/* Create-Job and Send-Document */
	bool can_hold;			/* Hold-Job and Release-Job */
};

/*
 * `uri` is ipp: or ipps:.  pin: "sha256//…" that its key must have, or NULL
 * to accept any.  Codes: HF_ECONFIG (the URI), HF_EDENIED (another key, or it
 * wants a password), HF_EAGAIN (not reachable), HF_EPEER (no IPP printer).
 * Blocks for at most timeout_s.
 */
int hf_probe(const char *uri, const char *pin, long timeout_s,
    struct hf_probe *out, struct hf_err *e) HF_MUST_USE;

/* "https://host:631/path" of "ipps://host/path". HF_ECONFIG. Pure. */
int hf_ipp_url(const char *uri, char *out, size_t size, bool *tls,
    struct hf_err *e) HF_MUST_USE;
/* The answer's attributes; HF_EPEER. Pure. */
int hf_probe_read(struct hf_view answer, struct hf_probe *out,
    struct hf_err *e) HF_MUST_USE;

#endif
