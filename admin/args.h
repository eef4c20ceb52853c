#ifndef HF_ARGS_H
#define HF_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

/*
 * The words of one subcommand, taken apart by its table: "--name" alone,
 * "--name VALUE" (also "--name=VALUE"), or the same several times; what is
 * left are the positional words.  "--" ends the options.  Everything borrows
 * from argv.
 */
#define HF_OPTS_MAX 12
#define HF_VALUES_MAX 64
#define HF_WORDS_MAX 64

enum hf_opt_kind {
	HF_OPT_FLAG,
	HF_OPT_VALUE,
	HF_OPT_LIST,
	HF_OPT_NEEDED,		/* a value that must be given */
	HF_OPT_NEEDED_LIST	/* at least one */
};
struct hf_opt {
	const char *name;	/* "--text"; NULL ends the table */
	enum hf_opt_kind kind;
};

struct hf_args {
	const struct hf_opt *opts;
	struct {
		const char *values[HF_VALUES_MAX];
		size_t n;
	} got[HF_OPTS_MAX];
	const char *words[HF_WORDS_MAX];
	size_t n_words;
};

/*
 * Take argv[0..argc) apart. HF_EINPUT for an option that is not in the table,
 * comes twice, lacks its value or is needed and missing, or fewer or more words than allowed. Pure.
 */
int hf_args_parse(struct hf_args *a, const struct hf_opt *opts, int argc,
    const char *const *argv, size_t least, size_t most, struct hf_err *e)
    HF_MUST_USE;
bool hf_args_has(const struct hf_args *a, const char *name);
/* The value, or `none` where the option was not given. */
const char *hf_args_get(const struct hf_args *a, const char *name,
    const char *none);
/* All values of a list; *n of them. */
const char *const *hf_args_list(const struct hf_args *a, const char *name,
    size_t *n);
/* A whole number within [least, most], or `none`. HF_EINPUT. */
int hf_args_int(const struct hf_args *a, const char *name, long none,
    long least, long most, long *out, struct hf_err *e) HF_MUST_USE;

#endif
