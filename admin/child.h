#ifndef HF_CHILD_H
#define HF_CHILD_H

#include "lib/err.h"

/*
 * Run a program directly (no shell, environment PATH, LANG and nothing else)
 * and wait for it.  0 where it ended with status 0, else HF_ESYS with what it
 * said last on standard error.  argv[0] is an absolute path.
 */
int hf_child_run(const char *const *argv, struct hf_err *e) HF_MUST_USE;

#endif
