#ifndef HF_DELIVERERS_H
#define HF_DELIVERERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/id.h"

/*
 * Which deliver process belongs to which printer: at most one each, at most
 * HF_DELIVERERS_MAX in all.  A table and nothing else, so that it can be
 * tested without processes.
 */
#define HF_DELIVERERS_MAX 128

struct hf_deliverer {
	struct hf_id printer;
	pid_t pid;		/* 0: free */
	int64_t asked_ms;	/* when a second one was first wanted, or 0 */
};

struct hf_deliverers {
	struct hf_deliverer list[HF_DELIVERERS_MAX];
	size_t n;
};

struct hf_deliverer *hf_deliverers_find(struct hf_deliverers *d,
    const struct hf_id *printer);
/* HF_ECONFLICT: this printer has one. HF_EFULL: too many. */
int hf_deliverers_room(const struct hf_deliverers *d,
    const struct hf_id *printer, struct hf_err *e) HF_MUST_USE;
/* After hf_deliverers_room. */
void hf_deliverers_add(struct hf_deliverers *d, const struct hf_id *printer,
    pid_t pid);
/* True where pid was one of them. */
bool hf_deliverers_remove(struct hf_deliverers *d, pid_t pid);

#endif
