#ifndef HF_SLOT_H
#define HF_SLOT_H

#include "lib/err.h"

/*
 * The process of one PC/SC reader: waits for cards, reads them and hands what
 * it read to the supervisor on `sock`.  Returns when the reader or pcscd is
 * gone, or the supervisor.  A card that lies there from the start is not a
 * tap; except where we are begun anew because the last of us hung on a card
 * (`hangs` times in a row): that card, or the one that is now in its place,
 * was laid on while somebody watched, and is tried again a few times.
 */
int hf_slot_run(int sock, const char *reader, unsigned hangs,
    struct hf_err *e);

/*
 * The process that lists the readers, and tells when they come and go or when
 * pcscd does.  Returns when the supervisor is gone.
 */
int hf_scout_run(int sock, struct hf_err *e);

#endif
