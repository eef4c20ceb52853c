#ifndef HF_SESSION_H
#define HF_SESSION_H

#include <stddef.h>
#include <stdint.h>

/*
 * A session of the web: a random token that the browser shows.  The database
 * knows its hash; pages show a second value made from it, which a foreign
 * site cannot (doc/api.md, "Session").
 */
#define HF_SESSION_LEN 32	/* the token, and its hash */
#define HF_SESSION_TEXT 65	/* as hex, with NUL */
#define HF_CSRF_LEN 16
#define HF_CSRF_TEXT 33

void hf_session_hash(const uint8_t token[static HF_SESSION_LEN],
    uint8_t out[static HF_SESSION_LEN]);
void hf_session_csrf(const uint8_t token[static HF_SESSION_LEN],
    uint8_t out[static HF_CSRF_LEN]);

#endif
