/* `holdfast user password` and `user role`: how people get into the web. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "admin/cmd.h"

#define PASSWORD_MIN 8
#define PASSWORD_SIZE 1026	/* 1024 bytes, the newline and NUL */

static const struct hf_stmt set_password = { "person_password",
	"select hf.person_password($1, $2)", 2 };

/* One line without its newline; the terminal shows nothing of it. */
static int
read_line(const char *prompt, char out[static PASSWORD_SIZE], struct hf_err *e)
{
	struct termios was, quiet;
	bool tty = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &was) == 0;
	char *got;
	size_t n;

	if (tty) {
		fputs(prompt, stderr);
		quiet = was;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	(void)setvbuf(stdin, NULL, _IONBF, 0);	/* no copy stays behind */
	got = fgets(out, PASSWORD_SIZE, stdin);
	if (tty) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		fputc('\n', stderr);
	}
	if (got == NULL)
		return hf_fail(e, HF_EINPUT, "no password on standard input");
	n = strcspn(out, "\n");
	if (out[n] != '\n' && n == PASSWORD_SIZE - 1)
		return hf_fail(e, HF_EINPUT,
		    "a password has at most %d bytes", PASSWORD_SIZE - 2);
	out[n] = '\0';
	return 0;
}

static int
read_password(char out[static PASSWORD_SIZE], struct hf_err *e)
{
	char again[PASSWORD_SIZE];
	int rc = -1;

	if (read_line("New password: ", out, e) == -1)
		return -1;
	if (strlen(out) < PASSWORD_MIN)
		return hf_fail(e, HF_EINPUT,
		    "a password has at least %d bytes", PASSWORD_MIN);
	if (!isatty(STDIN_FILENO))
		return 0;
	if (read_line("Once more: ", again, e) == 0) {
		if (strcmp(again, out) == 0)
			rc = 0;
		else
			hf_fail(e, HF_EINPUT, "the two are not the same");
	}
	sodium_memzero(again, sizeof again);
	return rc;
}

int
hf_cmd_user_password(struct hf_run *r, struct hf_err *e)
{
	const char *name = r->args.words[0];
	char password[PASSWORD_SIZE], hash[crypto_pwhash_STRBYTES];
	bool remove = hf_args_has(&r->args, "--remove");
	const char *const params[] = { name, remove ? NULL : hash };
	int rc = -1;

	if (!remove) {
		if (read_password(password, e) == -1)
			goto out;
		/* What hf-hash takes for people who are not there, too. */
		if (crypto_pwhash_str(hash, password, strlen(password),
		    crypto_pwhash_OPSLIMIT_INTERACTIVE,
		    crypto_pwhash_MEMLIMIT_INTERACTIVE) == -1) {
			hf_fail(e, HF_ENOMEM, "no memory for the hash");
			goto out;
		}
	}
	if (hf_run_sql(r, &set_password, params, NULL, NULL, e) == -1)
		goto out;
	hf_done(r, json_pack("{sssb}", "name", name, "password", !remove),
	    remove ? "user %s has no password any more: cannot log in at the web"
		   : "user %s has a new password; their sessions have ended",
	    name);
	rc = 0;
out:
	sodium_memzero(password, sizeof password);
	sodium_memzero(hash, sizeof hash);
	return rc;
}

int
hf_cmd_user_role(struct hf_run *r, struct hf_err *e)
{
	static const struct hf_stmt set = { "person_role",
		"select hf.person_role($1, $2)", 2 };
	const char *name = r->args.words[0], *role = r->args.words[1];
	const char *const params[] = { name, role };

	if (hf_run_sql(r, &set, params, NULL, NULL, e) == -1)
		return -1;
	hf_done(r, json_pack("{ssss}", "name", name, "role", role),
	    "user %s is %s at the web now", name, role);
	return 0;
}
