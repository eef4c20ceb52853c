/*
 * holdfast: the administrator's command.
 *
 * SECURITY.  Runs as the administrator (root) for the length of one command.
 * Holds nothing: the database role hf_admin comes from who runs it, and may
 * add, list, revoke and cancel; it can neither release a document nor open
 * one.  Only `init` makes keys, writes them to their files and forgets them;
 * no other subcommand reads a private key.  Hostile bytes: what printers
 * answer to `printer add` and `doctor` (bounded, walked through by
 * lib/ippscan before libcups sees it), what the database holds (shown with
 * control characters removed), cupsd's configuration files.  It prints no
 * secret but the one-time token of `reader add`, which is its result.  Who
 * takes over this process is the administrator already.
 */
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "admin/cmd.h"
#include "lib/buf.h"

static void
usage(const char *noun)
{
	size_t i;
	bool any = false;

	for (i = 0; i < hf_n_cmds && noun != NULL; i++)
		any = any || strcmp(hf_cmds[i].noun, noun) == 0;
	fprintf(stderr, "usage: holdfast [-c admin.conf] [--json] COMMAND\n");
	for (i = 0; i < hf_n_cmds; i++)
		if (!any || strcmp(hf_cmds[i].noun, noun) == 0)
			fprintf(stderr, "       holdfast %s%s%s%s%s\n",
			    hf_cmds[i].noun,
			    hf_cmds[i].verb != NULL ? " " : "",
			    hf_cmds[i].verb != NULL ? hf_cmds[i].verb : "",
			    hf_cmds[i].usage[0] != '\0' ? " " : "",
			    hf_cmds[i].usage);
}

/* The subcommand that argv begins with; *used of its words. */
static const struct hf_cmd *
find(int argc, char *const *argv, int *used)
{
	size_t i;

	for (i = 0; i < hf_n_cmds && argc > 0; i++) {
		if (strcmp(hf_cmds[i].noun, argv[0]) != 0)
			continue;
		*used = 1;
		if (hf_cmds[i].verb == NULL)
			return &hf_cmds[i];
		*used = 2;
		if (argc > 1 && strcmp(hf_cmds[i].verb, argv[1]) == 0)
			return &hf_cmds[i];
	}
	return NULL;
}

/* Options before the subcommand; the index of its first word, or -1. */
static int
global_options(struct hf_run *r, int argc, char *const *argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (strcmp(argv[i], "--json") == 0)
			r->json = true;
		else if (strcmp(argv[i], "-c") == 0 && i + 1 < argc)
			r->conf_path = argv[++i];
		else if (strcmp(argv[i], "--version") == 0 && argc == 2)
			return i;
		else
			return -1;
	}
	return i < argc ? i : -1;
}

/* Who runs this: the event log names them. */
static void
name_actor(struct hf_run *r)
{
	const struct passwd *pw = getpwuid(getuid());

	if (pw == NULL || !hf_str_copy(r->actor, sizeof r->actor, pw->pw_name))
		snprintf(r->actor, sizeof r->actor, "uid %ld",
		    (long)getuid());
}

static int
run(struct hf_run *r, const struct hf_cmd *cmd, struct hf_err *e)
{
	int rc = -1;

	if (cmd->needs != 0 &&
	    hf_admin_conf_load(r->conf_path, &r->conf, e) == -1)
		goto out;
	if ((cmd->needs & HF_NEED_DB) != 0 && hf_run_connect(r, e) == -1)
		goto out;
	rc = cmd->run(r, e);
	if (fflush(stdout) == EOF && rc != -1)
		rc = hf_fail_sys(e, "standard output");
out:
	hf_db_free(r->db);
	hf_admin_conf_clear(&r->conf);
	return rc;
}

int
main(int argc, char **argv)
{
	struct hf_run r = { .conf_path = HF_SYSCONFDIR "/admin.conf" };
	const struct hf_cmd *cmd;
	struct hf_err e = { .code = HF_OK };
	int at, used, rc;

	if (sodium_init() == -1) {
		fprintf(stderr, "holdfast: libsodium does not start\n");
		return HF_EXIT_FAILED;
	}
	signal(SIGPIPE, SIG_IGN);
	at = global_options(&r, argc, argv);
	if (at != -1 && strcmp(argv[at], "--version") == 0) {
		printf("holdfast " HF_VERSION "\n");
		return HF_EXIT_DONE;
	}
	cmd = at == -1 ? NULL : find(argc - at, argv + at, &used);
	if (cmd == NULL) {
		usage(at == -1 ? NULL : argv[at]);
		return HF_EXIT_USAGE;
	}
	if (hf_args_parse(&r.args, cmd->opts, argc - at - used,
		(const char *const *)argv + at + used, cmd->least, cmd->most, &e) == -1) {
		fprintf(stderr, "holdfast: %s\nusage: holdfast %s%s%s %s\n",
		    e.text, cmd->noun, cmd->verb != NULL ? " " : "",
		    cmd->verb != NULL ? cmd->verb : "", cmd->usage);
		return HF_EXIT_USAGE;
	}
	name_actor(&r);
	rc = run(&r, cmd, &e);
	if (rc != -1)
		return rc;
	fprintf(stderr, "holdfast: %s\n", e.text);
	return hf_exit_of(&e);
}
