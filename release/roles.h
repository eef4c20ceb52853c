#ifndef HF_ROLES_H
#define HF_ROLES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/msg.h"
#include "release/conf/conf.h"
#include "release/deliverers.h"

#define HF_HASHERS 2	/* as many secrets are checked at once */

/* The role processes: started together, ended together. */
struct hf_roles {
	const struct hf_released_conf *conf;
	const char *conf_path;		/* absolute: role queue reads it again */
	int listener;			/* run/release.sock, kept over restarts */
	pid_t key;			/* 0: not running */
	pid_t queue;
	pid_t hasher[HF_HASHERS];
	int sock;			/* to role queue, or -1 */
	struct hf_deliverers deliverers;
	uint8_t recv[HF_MSG_MAX];
};

/*
 * Read master key and keystore, start key and queue.  Both secrets are wiped
 * here before this returns.  After a failure call hf_roles_stop.
 */
int hf_roles_start(struct hf_roles *r, struct hf_err *e) HF_MUST_USE;
/*
 * Take and answer one SPAWN of role queue. Fails where the queue role broke
 * the protocol or is gone.
 */
int hf_roles_serve(struct hf_roles *r, struct hf_err *e) HF_MUST_USE;
/* Collect what has ended; true where role key or queue is among it. */
bool hf_roles_reap(struct hf_roles *r);
/*
 * End all in order: queue (it tells the deliver processes), then these, then
 * key; each gets a few seconds, then SIGKILL.  Blocks, 12 s at most.
 */
void hf_roles_stop(struct hf_roles *r);
/* What -t looks at beyond the configuration: files, folders, programs. */
int hf_roles_check(const struct hf_released_conf *conf, struct hf_err *e)
    HF_MUST_USE;

#endif
