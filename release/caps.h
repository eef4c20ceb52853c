#ifndef HF_CAPS_H
#define HF_CAPS_H

#include "lib/err.h"

/*
 * Keep of root's capabilities only what the parent needs: becoming its
 * children's users (and emptying their bounding set), ending them, and
 * reading the keystore that belongs to role queue.  The bounding set is cut
 * to the same, no-new-privs is set, cores are off, and the limit of locked
 * memory is raised for role key to inherit.
 */
int hf_caps_keep_few(struct hf_err *e) HF_MUST_USE;

#endif
