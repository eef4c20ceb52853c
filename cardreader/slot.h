#ifndef HF_SLOT_H
#define HF_SLOT_H

#include <stdbool.h>

#include "lib/err.h"

/*
 * The process of one PC/SC reader: waits for cards, reads them and hands what
 * it read to the supervisor on `sock`.  Returns when the reader or pcscd is
 * gone, or the supervisor.  A card that lies there from the start is not a
 * tap; `quiet` keeps it from saying so.
 */
int hf_slot_run(int sock, const char *reader, bool quiet, struct hf_err *e);

/*
 * The process that lists the readers, and tells when they come and go or when
 * pcscd does.  Returns when the supervisor is gone.
 */
int hf_scout_run(int sock, struct hf_err *e);

#endif
