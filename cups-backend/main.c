/*
 * holdfast-backend: the CUPS backend, installed as `holdfast`, mode 0700.
 *
 * SECURITY.  cupsd starts it as root.  A parent (supervise.c) forks at once,
 * keeps one capability (CAP_KILL) and waits; what it reads after a failure, it
 * does not look at.  The child
 * (worker.c), still root, reads intake.conf, opens the spool's folder and the
 * file that cupsd names, and becomes hf-intake: no capabilities,
 * no-new-privs, not dumpable, the system call filter HF_SANDBOX_INTAKE (no
 * sockets, no exec).  Only then does it look at what is hostile: the
 * document, its frames, the user's name, the title and the options.
 *
 * It holds the release service's public keys and this host's signing key.
 * Nothing in this program can open what it has sealed.  Who takes the worker
 * over gets the documents that pass from then on, can submit in any name (as
 * cupsd can), and can list and fill incoming/; not one stored document.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cups-backend/status.h"
#include "cups-backend/supervise.h"
#include "cups-backend/worker.h"

static const char *
or(const char *s, const char *otherwise)
{
	return s != NULL ? s : otherwise;
}

/* cupsd hands on what the user signed in with: AUTH_PASSWORD and the like. */
static void
forget_passwords(void)
{
	char **v;

	for (v = environ; *v != NULL; v++)
		if (strncmp(*v, "AUTH_", 5) == 0)
			explicit_bzero(*v + 5, strlen(*v + 5));
}

int
main(int argc, char **argv)
{
	struct hf_call call;

	if (argc == 1) {
		puts("network holdfast \"Holdfast\" \"Holdfast pull printing\"");
		return fflush(stdout) == 0 ? HF_EXIT_OK : 1;
	}
	if (argc != 6 && argc != 7) {
		fputs("Usage: holdfast job-id user title copies options "
		      "[file]\n", stderr);
		return HF_EXIT_STOP;
	}
	call.conf = or(getenv("HOLDFAST_INTAKE_CONF"),
	    HF_SYSCONFDIR "/intake.conf");
	call.uri = or(getenv("DEVICE_URI"), argv[0]);
	call.content_type = getenv("CONTENT_TYPE");
	call.final_type = getenv("FINAL_CONTENT_TYPE");
	call.reasons = getenv("PRINTER_STATE_REASONS");
	call.job = argv[1];
	call.user = argv[2];
	call.title = argv[3];
	call.copies = argv[4];
	call.options = argv[5];
	call.file = argv[6];	/* NULL where there are five */
	forget_passwords();
	return hf_supervise(hf_worker, hf_call_forget, &call,
	    call.file == NULL);
}
