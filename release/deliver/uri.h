#ifndef HF_URI_H
#define HF_URI_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/* A printer's address: ipp://… or ipps://… (RFC 3510, RFC 7472). */
struct hf_uri {
	bool tls;		/* ipps */
	char host[256];		/* name or address, without brackets */
	char authority[272];	/* as it stands in the URI: the Host field */
	char port[6];		/* 631 where the URI has none */
	char path[256];		/* begins with '/' */
};

/*
 * Parse exactly `scheme://host[:port][/path]`: no user, query or fragment.
 * HF_ECONFIG, because an administrator typed it.
 */
int hf_uri_parse(const char *s, struct hf_uri *out, struct hf_err *e)
    HF_MUST_USE;

#endif
