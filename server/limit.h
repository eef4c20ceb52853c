#ifndef HF_LIMIT_H
#define HF_LIMIT_H

#include <sys/socket.h>

#include "lib/err.h"

/*
 * How many connections there may be, altogether and from one address.  An
 * IPv6 client owns at least a /64, so that counts as one address; an IPv4
 * address mapped into IPv6 is that IPv4 address.  The only thing that the
 * loops share: each call takes a lock, briefly.  All memory is taken at the
 * start.
 */
struct hf_limit;

enum hf_limit_answer { HF_LIMIT_OK, HF_LIMIT_TOTAL, HF_LIMIT_ADDRESS };

struct hf_limit *hf_limit_new(size_t total, size_t per_address,
    struct hf_err *e) HF_MUST_USE;
void hf_limit_free(struct hf_limit *l);
/* Count a connection from a; anything but HF_LIMIT_OK: not counted. */
enum hf_limit_answer hf_limit_enter(struct hf_limit *l,
    const struct sockaddr *a) HF_MUST_USE;
/* One that was counted has ended. */
void hf_limit_leave(struct hf_limit *l, const struct sockaddr *a);
size_t hf_limit_count(struct hf_limit *l);

#endif
