/* Everything that `holdfast` can be asked to do; holdfast(8) says the same. */
#include "admin/cmd.h"

static const struct hf_opt none[] = { { NULL, HF_OPT_FLAG } };
static const struct hf_opt init_opts[] = {
	{ "--dir", HF_OPT_NEEDED },
	{ "--url", HF_OPT_VALUE },
	{ "--listen", HF_OPT_LIST },
	{ "--host-name", HF_OPT_VALUE },
	{ "--queue", HF_OPT_LIST },
	{ "--libexec", HF_OPT_VALUE },
	{ "--schema", HF_OPT_VALUE },
	{ "--database", HF_OPT_VALUE },
	{ "--cups", HF_OPT_VALUE },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt user_add_opts[] = {
	{ "--display", HF_OPT_VALUE },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt user_password_opts[] = {
	{ "--remove", HF_OPT_FLAG },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt badge_enrol_opts[] = {
	{ "--reader", HF_OPT_NEEDED },
	{ "--label", HF_OPT_VALUE },
	{ "--wait", HF_OPT_VALUE },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt printer_add_opts[] = {
	{ "--allow-plain", HF_OPT_FLAG },
	{ "--min-class", HF_OPT_VALUE },
	{ "--waive", HF_OPT_VALUE },
	{ "--location", HF_OPT_VALUE },
	{ "--pin", HF_OPT_VALUE },
	{ "--yes", HF_OPT_FLAG },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt reader_add_opts[] = {
	{ "--printer", HF_OPT_NEEDED_LIST },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt job_list_opts[] = {
	{ "--user", HF_OPT_VALUE },
	{ "--state", HF_OPT_VALUE },
	{ "--all", HF_OPT_FLAG },
	{ "--limit", HF_OPT_VALUE },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt job_cancel_opts[] = {
	{ "--reason", HF_OPT_VALUE },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt fsck_opts[] = {
	{ "--repair", HF_OPT_FLAG },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt doctor_opts[] = {
	{ "--cups", HF_OPT_VALUE },
	{ NULL, HF_OPT_FLAG }
};

static const struct hf_opt audit_export_opts[] = {
	{ "--syslog", HF_OPT_FLAG },
	{ "--from", HF_OPT_VALUE },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt audit_verify_opts[] = {
	{ "--witness", HF_OPT_VALUE },
	{ "--key", HF_OPT_VALUE },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt audit_prove_opts[] = {
	{ "--job", HF_OPT_NEEDED },
	{ NULL, HF_OPT_FLAG }
};
static const struct hf_opt audit_check_opts[] = {
	{ "--key", HF_OPT_VALUE },
	{ NULL, HF_OPT_FLAG }
};

const struct hf_cmd hf_cmds[] = {
	{ "init", NULL,
	    "--dir DIR [--url https://HOST:PORT] [--listen ADDRESS:PORT]... "
	    "[--host-name NAME] [--queue NAME]... [--libexec DIR] "
	    "[--schema DIR] [--database CONNINFO] [--cups DIR]",
	    0, 0, 0, init_opts, hf_cmd_init },
	{ "migrate", NULL, "", HF_NEED_CONF, 0, 0, none, hf_cmd_migrate },
	{ "user", "add", "NAME [--display TEXT]", HF_NEED_DB, 1, 1,
	    user_add_opts, hf_cmd_user_add },
	{ "user", "list", "", HF_NEED_DB, 0, 0, none, hf_cmd_user_list },
	{ "user", "disable", "NAME", HF_NEED_DB, 1, 1, none,
	    hf_cmd_user_disable },
	{ "user", "enable", "NAME", HF_NEED_DB, 1, 1, none,
	    hf_cmd_user_enable },
	{ "user", "password", "NAME [--remove]", HF_NEED_DB, 1, 1,
	    user_password_opts, hf_cmd_user_password },
	{ "user", "role",
	    "NAME user|help-desk|operator|administrator|auditor", HF_NEED_DB,
	    2, 2, none, hf_cmd_user_role },
	{ "badge", "enrol",
	    "USER --reader NAME [--label TEXT] [--wait SECONDS]", HF_NEED_DB,
	    1, 1, badge_enrol_opts, hf_cmd_badge_enrol },
	{ "badge", "list", "[USER]", HF_NEED_DB, 0, 1, none,
	    hf_cmd_badge_list },
	{ "badge", "revoke", "ID", HF_NEED_DB, 1, 1, none,
	    hf_cmd_badge_revoke },
	{ "printer", "add",
	    "NAME URI [--allow-plain] [--min-class N] [--waive REASON] "
	    "[--location TEXT] [--pin sha256//...] [--yes]",
	    HF_NEED_DB, 2, 2, printer_add_opts, hf_cmd_printer_add },
	{ "printer", "list", "", HF_NEED_DB, 0, 0, none,
	    hf_cmd_printer_list },
	{ "printer", "test", "NAME", HF_NEED_DB, 1, 1, none,
	    hf_cmd_printer_test },
	{ "printer", "remove", "NAME", HF_NEED_DB, 1, 1, none,
	    hf_cmd_printer_remove },
	{ "reader", "add", "NAME --printer NAME...", HF_NEED_DB, 1,
	    HF_WORDS_MAX, reader_add_opts, hf_cmd_reader_add },
	{ "reader", "list", "", HF_NEED_DB, 0, 0, none, hf_cmd_reader_list },
	{ "reader", "revoke", "NAME", HF_NEED_DB, 1, 1, none,
	    hf_cmd_reader_revoke },
	{ "job", "list",
	    "[--user NAME] [--state STATE] [--all] [--limit N]", HF_NEED_DB,
	    0, 0, job_list_opts, hf_cmd_job_list },
	{ "job", "show", "ID", HF_NEED_DB, 1, 1, none, hf_cmd_job_show },
	{ "job", "cancel", "ID [--reason TEXT]", HF_NEED_DB, 1, 1,
	    job_cancel_opts, hf_cmd_job_cancel },
	{ "key", "list", "", HF_NEED_CONF, 0, 0, none, hf_cmd_key_list },
	{ "key", "rotate", "", HF_NEED_CONF, 0, 0, none, hf_cmd_key_rotate },
	{ "audit", "export", "FILE [--syslog [--from N]]", HF_NEED_DB, 1, 1,
	    audit_export_opts, hf_cmd_audit_export },
	{ "audit", "verify", "FILE [--witness DIR] [--key KEY]", 0, 1, 1,
	    audit_verify_opts, hf_cmd_audit_verify },
	{ "audit", "prove", "--job ID", HF_NEED_DB, 0, 0, audit_prove_opts,
	    hf_cmd_audit_prove },
	{ "audit", "check-proof", "FILE [--key KEY]", 0, 1, 1,
	    audit_check_opts, hf_cmd_audit_check_proof },
	{ "audit", "key", "", HF_NEED_DB, 0, 0, none, hf_cmd_audit_key },
	{ "fsck", NULL, "[--repair]", HF_NEED_CONF, 0, 0, fsck_opts,
	    hf_cmd_fsck },
	{ "reindex", NULL, "", HF_NEED_CONF, 0, 0, none, hf_cmd_reindex },
	{ "clock", "accept", "", HF_NEED_DB, 0, 0, none,
	    hf_cmd_clock_accept },
	{ "status", NULL, "", HF_NEED_CONF, 0, 0, none, hf_cmd_status },
	{ "doctor", NULL, "[--cups DIR]", HF_NEED_CONF, 0, 0, doctor_opts,
	    hf_cmd_doctor },
};
const size_t hf_n_cmds = sizeof hf_cmds / sizeof hf_cmds[0];
