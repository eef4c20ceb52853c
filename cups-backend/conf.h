#ifndef HF_INTAKE_CONF_H
#define HF_INTAKE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

/*
 * intake.conf: doc/instance.md and holdfast-backend(8).  Read while we are
 * root, from a file that only root can write; nothing in it is hostile.
 */
struct hf_intake_conf {
	uint8_t site_pk[32];	/* site_key, pinned */
	char *key_list;
	char *host_key;
	char *spool;
	char *host_name;
	char *user;
	char **queues;
	size_t n_queues;
	uint64_t max_document;	/* bytes */
	uint64_t reserve;	/* bytes */
	unsigned retention_s;
	unsigned wait_s;
};

/* HF_ECONFIG. */
int hf_intake_conf_load(const char *path, struct hf_intake_conf *out,
    struct hf_err *e) HF_MUST_USE;
bool hf_intake_conf_has_queue(const struct hf_intake_conf *c,
    const char *queue);
void hf_intake_conf_clear(struct hf_intake_conf *c);

#endif
