#ifndef HF_CONF_H
#define HF_CONF_H

#include <confuse.h>

#include "lib/err.h"

/*
 * Configuration files: libconfuse syntax (name = value, sections in braces).
 * The names are a table of cfg_opt_t in each program; unknown names, wrong
 * types and values out of range are errors with file and line.  Secrets are
 * given as file names.
 */

/*
 * Parse `path` with the table.  Refuses a file that others than its owner
 * may write, or whose owner is neither root nor the calling user
 * (HF_ECONFIG).  The result belongs to the caller (cfg_free).
 */
int hf_conf_load(const char *path, cfg_opt_t *opts, cfg_t **out,
    struct hf_err *e) HF_MUST_USE;
/* A value that must be set: "file: NAME must be set". */
int hf_conf_need(cfg_t *cfg, const char *name, const char **out,
    struct hf_err *e) HF_MUST_USE;
/* An integer within [least, most]: HF_ECONFIG names file, value and range. */
int hf_conf_int(cfg_t *cfg, const char *name, long least, long most, long *out,
    struct hf_err *e) HF_MUST_USE;

#endif
