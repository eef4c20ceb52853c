#ifndef HF_CUPSCONF_H
#define HF_CUPSCONF_H

#include <stdbool.h>

#include "lib/buf.h"

/*
 * What doctor wants to know of cupsd's configuration: cupsd.conf(5),
 * cups-files.conf(5), printers.conf.  Directives that it does not look at are
 * passed over.  All three are pure functions of the text.
 */
#define HF_LIMITS_MAX 96
#define HF_DEVICES_MAX 128

/* One <Limit …> of a <Policy …>. */
struct hf_cups_limit {
	char policy[64];
	char operations[1024];	/* " Create-Job Print-Job " */
	bool authenticated;	/* AuthType, and not None */
	bool named_users;	/* Require user … */
	bool any_user;		/* Require valid-user */
	bool denied;		/* Deny all, without Allow */
};
struct hf_cupsd {
	char log_level[16];		/* "warn" where it is not set */
	char preserve_files[32];	/* PreserveJobFiles; CUPS keeps a day */
	char preserve_history[32];	/* PreserveJobHistory */
	char page_log_format[256];
	struct hf_cups_limit limits[HF_LIMITS_MAX];
	size_t n_limits;
};
int hf_cupsd_parse(struct hf_view text, struct hf_cupsd *out,
    struct hf_err *e) HF_MUST_USE;
/* The limit of a policy that names this operation itself, or NULL. */
const struct hf_cups_limit *hf_cups_limit_of(const struct hf_cupsd *c,
    const char *policy, const char *operation);

struct hf_cups_files {
	char request_root[256];
	char temp_dir[256];
	char server_bin[256];
	char intake_conf[256];	/* SetEnv HOLDFAST_INTAKE_CONF, or "" */
};
int hf_cups_files_parse(struct hf_view text, struct hf_cups_files *out,
    struct hf_err *e) HF_MUST_USE;

/* The queues of cupsd whose DeviceURI is holdfast:/… */
struct hf_cups_devices {
	struct {
		char printer[128];	/* of CUPS */
		char queue[128];	/* of ours */
		char error_policy[32];
	} d[HF_DEVICES_MAX];
	size_t n;
};
int hf_cups_devices_parse(struct hf_view text, struct hf_cups_devices *out,
    struct hf_err *e) HF_MUST_USE;

#endif
