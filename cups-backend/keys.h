#ifndef HF_KEYS_H
#define HF_KEYS_H

#include <stdint.h>

#include "cups-backend/conf.h"
#include "lib/keylist.h"

/*
 * Which public key this job is sealed to: doc/key-list.md, and doc/intake.md,
 * "The highest serial".
 */

/*
 * Read and check the key list, and take the key of the present epoch.
 * HF_EAGAIN: there is no list, or none that is usable now.  HF_ETAMPER: wrong
 * signature, malformed, or a lower serial than one used before.  HF_ECONFIG:
 * it cannot be read, or the memory of serials cannot.
 */
int hf_keys_current(const struct hf_intake_conf *c, uint64_t now,
    struct hf_epoch *out, struct hf_err *e) HF_MUST_USE;

/*
 * The memory of serials, a file "serial" in the folder `path`, which belongs
 * to us: refuse a lower serial than the highest seen (HF_ETAMPER), remember a
 * higher one (durable before this returns).
 */
int hf_serial_check(const char *path, uint64_t serial, struct hf_err *e)
    HF_MUST_USE;

#endif
