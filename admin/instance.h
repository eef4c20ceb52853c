#ifndef HF_INSTANCE_H
#define HF_INSTANCE_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/err.h"

/* Making an instance: what `init` was told, and its steps. */
#define HF_QUEUES_MAX 64
#define HF_LISTEN_MAX 8

struct hf_plan {
	char dir[200];		/* absolute, plain characters only */
	char url[256];		/* https://HOST:PORT */
	char url_host[200];
	char host_name[128];
	char libexec[256];
	char schema[256];
	char cups[256];
	char listen[HF_LISTEN_MAX][96];
	size_t n_listen;
	const char *queues[HF_QUEUES_MAX];
	size_t n_queues;
	const char *database;	/* libpq string without user, or NULL: embedded */
	uint8_t site_pk[32];	/* filled when the keys are made */
};

/* Letters, digits and . _ / + @ - : needs no quotes anywhere. Pure. */
int hf_plain_path(const char *s, struct hf_err *e) HF_MUST_USE;
/* Host and port of "https://HOST[:PORT]". HF_EINPUT. Pure. */
int hf_plan_url(struct hf_plan *p, uint16_t *port, struct hf_err *e)
    HF_MUST_USE;
/* Master key, keystore with the first two epochs, lists, host key. */
int hf_init_keys(struct hf_plan *p, int dir, uint64_t now, struct hf_err *e)
    HF_MUST_USE;
int hf_init_tls(const struct hf_plan *p, int dir, struct hf_err *e)
    HF_MUST_USE;
/* The four configuration files, admin.conf last. */
int hf_init_conf(const struct hf_plan *p, int dir, struct hf_err *e)
    HF_MUST_USE;
/* libpq string of one role. */
int hf_plan_conninfo(const struct hf_plan *p, const char *role, char *out,
    size_t size, struct hf_err *e) HF_MUST_USE;

#endif
