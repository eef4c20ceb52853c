#ifndef HF_ENROL_H
#define HF_ENROL_H

#include <stdbool.h>

#include "lib/err.h"

struct hf_enrol {
	const char *state;	/* folder, made where it is missing */
	const char *token;	/* HFR1.…, or "-": a line of standard input */
	const char *user;	/* who owns the files, where we are root */
	bool replace;		/* an earlier enrolment in the same folder */
};

/*
 * Enrol this host by a one-time token (doc/key-list.md): make a key, check
 * that the server has the key that the token pins and that its key list
 * carries the site's signature, hand in the public key, write reader.key,
 * keylist and reader.conf, the last of them last.  Says on standard output
 * what it did.  HF_EINPUT: not a token; HF_EDENIED: the server does not take
 * it; HF_ETAMPER: another server; HF_EAGAIN: away; HF_ECONFLICT: enrolled
 * already.
 */
int hf_enrol_run(const struct hf_enrol *in, struct hf_err *e) HF_MUST_USE;

#endif
