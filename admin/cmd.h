#ifndef HF_CMD_H
#define HF_CMD_H

#include <jansson.h>
#include <stdbool.h>

#include "admin/aconf.h"
#include "admin/args.h"
#include "lib/db.h"

/* One run of the command, and the table of what it can do. */
struct hf_run {
	const char *conf_path;
	bool json;
	char actor[64];		/* the operating-system user, for events */
	struct hf_admin_conf conf; /* read where HF_NEED_CONF */
	struct hf_db *db;	/* as hf_admin, where HF_NEED_DB */
	struct hf_args args;
};

enum {
	HF_NEED_CONF = 1,
	HF_NEED_DB = 2		/* and HF_NEED_CONF */
};

struct hf_cmd {
	const char *noun;
	const char *verb;	/* NULL where the noun stands alone */
	const char *usage;	/* what follows them */
	unsigned needs;
	size_t least, most;	/* words */
	const struct hf_opt *opts;
	/* Exit status, or -1 with *e. */
	int (*run)(struct hf_run *r, struct hf_err *e);
};
extern const struct hf_cmd hf_cmds[];
extern const size_t hf_n_cmds;

/* The exit status of a failure: doc/instance.md, "Commands". */
enum {
	HF_EXIT_DONE,
	HF_EXIT_FAILED,
	HF_EXIT_USAGE,
	HF_EXIT_NOTFOUND,
	HF_EXIT_DENIED,
	HF_EXIT_NOT_NOW,
	HF_EXIT_FINDINGS
};
int hf_exit_of(const struct hf_err *e);

/*
 * The one thing that was done: a sentence for people, or *o (taken over, may
 * be NULL) for scripts.
 */
void hf_done(const struct hf_run *r, json_t *o, const char *fmt, ...)
    HF_PRINTF(3, 4);

/* Connect as hf_admin and say who we are. */
int hf_run_connect(struct hf_run *r, struct hf_err *e) HF_MUST_USE;
/*
 * One statement whose parameters are text; a result of no row is HF_ENOTFOUND
 * with `none`, unless that is NULL. *res may be NULL where nobody wants it.
 */
int hf_run_sql(struct hf_run *r, const struct hf_stmt *st,
    const char *const *params, const char *none, PGresult **res,
    struct hf_err *e) HF_MUST_USE;

/* Subcommands, one file a noun. */
int hf_cmd_init(struct hf_run *r, struct hf_err *e);
int hf_cmd_migrate(struct hf_run *r, struct hf_err *e);
int hf_cmd_user_add(struct hf_run *r, struct hf_err *e);
int hf_cmd_user_list(struct hf_run *r, struct hf_err *e);
int hf_cmd_user_disable(struct hf_run *r, struct hf_err *e);
int hf_cmd_user_password(struct hf_run *r, struct hf_err *e);
int hf_cmd_user_role(struct hf_run *r, struct hf_err *e);
int hf_cmd_user_enable(struct hf_run *r, struct hf_err *e);
int hf_cmd_badge_enrol(struct hf_run *r, struct hf_err *e);
int hf_cmd_badge_list(struct hf_run *r, struct hf_err *e);
int hf_cmd_badge_revoke(struct hf_run *r, struct hf_err *e);
int hf_cmd_printer_add(struct hf_run *r, struct hf_err *e);
int hf_cmd_printer_list(struct hf_run *r, struct hf_err *e);
int hf_cmd_printer_test(struct hf_run *r, struct hf_err *e);
int hf_cmd_printer_remove(struct hf_run *r, struct hf_err *e);
int hf_cmd_reader_add(struct hf_run *r, struct hf_err *e);
int hf_cmd_reader_list(struct hf_run *r, struct hf_err *e);
int hf_cmd_reader_revoke(struct hf_run *r, struct hf_err *e);
int hf_cmd_job_list(struct hf_run *r, struct hf_err *e);
int hf_cmd_job_show(struct hf_run *r, struct hf_err *e);
int hf_cmd_job_cancel(struct hf_run *r, struct hf_err *e);
int hf_cmd_key_list(struct hf_run *r, struct hf_err *e);
int hf_cmd_key_rotate(struct hf_run *r, struct hf_err *e);
int hf_cmd_audit_export(struct hf_run *r, struct hf_err *e);
int hf_cmd_audit_verify(struct hf_run *r, struct hf_err *e);
int hf_cmd_audit_prove(struct hf_run *r, struct hf_err *e);
int hf_cmd_audit_check_proof(struct hf_run *r, struct hf_err *e);
int hf_cmd_audit_key(struct hf_run *r, struct hf_err *e);
int hf_cmd_fsck(struct hf_run *r, struct hf_err *e);
int hf_cmd_reindex(struct hf_run *r, struct hf_err *e);
int hf_cmd_clock_accept(struct hf_run *r, struct hf_err *e);
int hf_cmd_status(struct hf_run *r, struct hf_err *e);
int hf_cmd_doctor(struct hf_run *r, struct hf_err *e);

#endif
