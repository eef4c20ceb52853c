#ifndef HF_WORK_H
#define HF_WORK_H

#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdint.h>

#include "lib/err.h"

/*
 * The whole of a deliver process: the queue's messages on one side, attempts
 * and their printer on the other.
 */
struct hf_world;

#define HF_AHEAD 64	/* documents accepted before the one being sent is done */

/*
 * `sock` is owned from here on; pk and sk (X25519) are borrowed.  Sends HELLO.
 */
struct hf_world *hf_world_new(struct event_base *base, SSL_CTX *tls, int sock,
    const uint8_t pk[static 32], const uint8_t sk[static 32],
    struct hf_err *e) HF_MUST_USE;
void hf_world_free(struct hf_world *w);

#endif
