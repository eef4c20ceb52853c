#ifndef HF_RELEASED_CONF_H
#define HF_RELEASED_CONF_H

#include <confuse.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/priv.h"

/*
 * released.conf: read by the parent and again by role queue.  The names are
 * one table in conf.c and one paragraph each in holdfast-released(8).
 */
#define HF_ADMINS_MAX 32

struct hf_released_conf {
	cfg_t *cfg;		/* owns the strings below */
	const char *spool;	/* folder with incoming/ held/ quarantine/ */
	const char *keys;	/* folder with keystore, keylist, hosts/ */
	const char *master_key;	/* file of 32 bytes */
	const char *socket;	/* run/release.sock */
	const char *database;	/* libpq connection string, no password */
	const char *witness;	/* folder for signed checkpoints, or NULL */
	const char *libexec;	/* folder of hf-queue, hf-key, hf-deliver */
	struct hf_user web;	/* may relay taps */
	struct hf_user queue;
	struct hf_user key;
	struct hf_user deliver;
	uid_t admins[HF_ADMINS_MAX]; /* besides root */
	size_t n_admins;
	long epoch_hours;
	enum hf_level log_level;
};

/*
 * Parse and resolve the users; HF_ECONFIG names file and line.  On success
 * hf_released_conf_clear frees.
 */
int hf_released_conf_load(const char *path, struct hf_released_conf *out,
    struct hf_err *e) HF_MUST_USE;
void hf_released_conf_clear(struct hf_released_conf *c);
/* All values, defaults included, in the form that is read. */
void hf_released_conf_print(const struct hf_released_conf *c, FILE *to);

#endif
