#include "cardreader/enrol.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cardreader/answer.h"
#include "cardreader/conf.h"
#include "cardreader/https.h"
#include "cardreader/identity.h"
#include "cardreader/post.h"
#include "lib/file.h"
#include "lib/keylist.h"
#include "lib/priv.h"

#define TIMEOUT_MS 10000
#define CONF_NAME "reader.conf"
#define LIST_NAME "keylist"
#define NEW_KEY "reader.key.new"

struct enrolment {
	const struct hf_enrol *in;
	struct hf_token token;
	char text[HF_TOKEN_TEXT];	/* the token as given */
	char pin[HF_PIN_LEN];
	struct hf_https_server server;
	struct hf_user owner;		/* (uid_t)-1: leave it */
	struct hf_identity *identity;
	struct hf_buf list;
	struct hf_reader_conf conf;
	struct hf_answer_enrol answer;
	char state[PATH_MAX];		/* absolute */
	int state_fd;
};

/* One line of standard input, so that the token is in no argument list. */
static int
read_token(char out[static HF_TOKEN_TEXT], struct hf_err *e)
{
	size_t n, got;

	if (hf_read_full(STDIN_FILENO, out, HF_TOKEN_TEXT - 1, &got, e) == -1)
		return -1;
	out[got] = '\0';
	n = strcspn(out, "\r\n");
	if (out[n + strspn(out + n, "\r\n")] != '\0')
		return hf_fail(e, HF_EINPUT, "more than one line was given "
		    "where the token was expected");
	out[n] = '\0';
	return 0;
}

static int
take_token(struct enrolment *n, struct hf_err *e)
{
	if (strcmp(n->in->token, "-") == 0) {
		if (read_token(n->text, e) == -1)
			return -1;
	} else if (!hf_str_copy(n->text, sizeof n->text, n->in->token)) {
		return hf_fail(e, HF_EINPUT, "this is not an enrolment token");
	}
	if (hf_token_parse(n->text, &n->token, NULL) == -1)
		return hf_fail(e, HF_EINPUT, "this is not an enrolment token "
		    "(they begin with HFR1. and come from `holdfast reader "
		    "add`)");
	hf_pin_text(n->token.spki, n->pin);
	n->server.url = n->token.url;
	n->server.pin = n->pin;
	return 0;
}

/* Everything that can fail here fails before the token is spent. */
static int
open_state(struct enrolment *n, struct hf_err *e)
{
	const char *dir = n->in->state;
	struct stat st;

	n->owner.uid = (uid_t)-1;
	n->owner.gid = (gid_t)-1;
	if (geteuid() == 0 && hf_user_find(n->in->user, &n->owner, e) == -1)
		return -1;
	if (mkdir(dir, 0700) == 0) {
		if (geteuid() == 0 &&
		    chown(dir, n->owner.uid, n->owner.gid) == -1)
			return hf_fail_sys(e, "chown %s", dir);
	} else if (errno != EEXIST) {
		return hf_fail_sys(e, "make the folder %s", dir);
	}
	if (realpath(dir, n->state) == NULL)
		return hf_fail_sys(e, "folder %s", dir);
	n->state_fd = open(n->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (n->state_fd == -1)
		return hf_fail_sys(e, "folder %s", dir);
	if (fstatat(n->state_fd, CONF_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !n->in->replace)
		return hf_fail(e, HF_ECONFLICT, "%s holds an enrolled reader "
		    "already; --replace enrols it anew", dir);
	return 0;
}

static int
make_key(struct enrolment *n, struct hf_err *e)
{
	n->identity = hf_identity_new(e);
	if (n->identity == NULL)
		return -1;
	hf_identity_make(n->identity);
	return hf_identity_save(n->state_fd, NEW_KEY, n->identity,
	    n->owner.uid, n->owner.gid, e);
}

static int
ask(const struct enrolment *n, const struct hf_https_call *call,
    struct hf_buf *answer, int *status, struct hf_err *e)
{
	if (hf_https_once(&n->server, call, answer, status, e) == 0)
		return 0;
	if (e->code == HF_ETAMPER)
		return hf_fail(e, HF_ETAMPER, "%s is not the server that this "
		    "token was made for (it has another key)", n->server.url);
	return hf_wrap(e, "the server %s is away", n->server.url);
}

/*
 * Before anything secret is sent: the list must carry the signature of the
 * site key in the token, so that a server that was taken over cannot slip in
 * a tap key of its own.
 */
static int
fetch_list(struct enrolment *n, struct hf_err *e)
{
	const struct hf_https_call call = { .path = "/v1/key-list",
		.answer_max = HF_KEYLIST_MAX, .timeout_ms = TIMEOUT_MS };
	struct hf_keylist *k = NULL;
	int status, rc = -1;

	if (ask(n, &call, &n->list, &status, e) == -1)
		return -1;
	if (status != 200)
		return hf_fail(e, HF_EAGAIN, "the server %s has no key list "
		    "yet (HTTP status %d); try again in a moment",
		    n->server.url, status);
	k = sodium_malloc(sizeof *k);
	if (k == NULL)
		return hf_fail(e, HF_ENOMEM, "out of memory");
	if (hf_keylist_get(hf_buf_view(&n->list), n->token.site_pk, k, e) ==
	    -1) {
		hf_fail(e, HF_ETAMPER, "the key list of %s does not carry the "
		    "signature of the site that this token comes from",
		    n->server.url);
		goto out;
	}
	rc = 0;
out:
	sodium_free(k);
	return rc;
}

static int
refused(const struct enrolment *n, int status, struct hf_view answer,
    struct hf_err *e)
{
	char why[HF_MESSAGE_LEN];
	struct hf_problem p;

	hf_problem_get(answer, &p);
	hf_problem_text(&p, status, why);
	if (status >= 500 || status == 429)
		return hf_fail(e, HF_EAGAIN, "the server %s cannot enrol now: "
		    "%s", n->server.url, why);
	return hf_fail(e, HF_EDENIED, "the token was used already or has "
	    "expired; ask for a new one (the server says: %s)", why);
}

static int
hand_in(struct enrolment *n, struct hf_err *e)
{
	struct hf_https_call call = { .path = "/v1/readers/enrol",
		.type = "application/json", .answer_max = HF_ANSWER_MAX,
		.timeout_ms = TIMEOUT_MS };
	struct hf_buf body, answer;
	char hardware[128] = "unknown";
	struct utsname u;
	int status, rc = -1;

	if (uname(&u) == 0)
		snprintf(hardware, sizeof hardware, "%.48s (%.16s %.32s %.16s)",
		    u.nodename, u.sysname, u.release, u.machine);
	hf_buf_init(&body, 2048);
	hf_buf_init(&answer, HF_ANSWER_MAX);
	if (hf_post_enrol(&body, n->text, n->identity->pk, hardware, e) == -1)
		goto out;
	call.body = hf_buf_view(&body);
	if (ask(n, &call, &answer, &status, e) == -1)
		goto out;
	if (status != 200 && status != 201)
		refused(n, status, hf_buf_view(&answer), e);
	else
		rc = hf_answer_enrol_get(hf_buf_view(&answer), &n->answer, e);
out:
	hf_buf_clear(&body);
	hf_buf_clear(&answer);
	return rc;
}

static int
fill_conf(struct enrolment *n, struct hf_err *e)
{
	struct hf_reader_conf *c = &n->conf;
	size_t len = strlen(n->token.url);

	while (len > 0 && n->token.url[len - 1] == '/')
		n->token.url[--len] = '\0';
	memcpy(c->site_pk, n->token.site_pk, sizeof c->site_pk);
	c->reader = n->answer.reader;
	memcpy(c->server_pin, n->pin, sizeof c->server_pin);
	if (!hf_str_copy(c->server, sizeof c->server, n->token.url) ||
	    !hf_str_copy(c->state, sizeof c->state, n->state) ||
	    !hf_str_copy(c->user, sizeof c->user, n->in->user))
		return hf_fail(e, HF_EINPUT, "a name is too long");
	if (n->answer.printers.n == 1)
		memcpy(c->default_printer, n->answer.printers.p[0].name,
		    sizeof c->default_printer);
	return 0;
}

static int
write_files(struct enrolment *n, struct hf_err *e)
{
	struct hf_buf conf;
	int rc = -1;

	hf_buf_init(&conf, 8192);
	if (fill_conf(n, e) == -1 ||
	    hf_reader_conf_put(&conf, &n->conf, e) == -1)
		goto out;
	if (renameat(n->state_fd, NEW_KEY, n->state_fd, HF_READER_KEY) == -1) {
		hf_fail_sys(e, "rename to " HF_READER_KEY);
		goto out;
	}
	if (hf_file_replace(n->state_fd, LIST_NAME, hf_buf_view(&n->list),
		0644, n->owner.uid, n->owner.gid, e) == -1)
		goto out;
	/* Root's own where root enrols: the station cannot change it. */
	rc = hf_file_replace(n->state_fd, CONF_NAME, hf_buf_view(&conf), 0644,
	    (uid_t)-1, (gid_t)-1, e);
out:
	hf_buf_clear(&conf);
	return rc;
}

static void
say(const struct enrolment *n)
{
	size_t i;

	printf("enrolled as %s", n->answer.name);
	for (i = 0; i < n->answer.printers.n; i++)
		printf("%s %s", i == 0 ? " for" : ",",
		    n->answer.printers.p[i].name);
	printf("\nwrote %s/" CONF_NAME "\n", n->state);
}

int
hf_enrol_run(const struct hf_enrol *in, struct hf_err *e)
{
	struct enrolment n = { .in = in, .state_fd = -1 };
	int rc = -1;

	hf_buf_init(&n.list, HF_KEYLIST_MAX);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		hf_fail(e, HF_ESYS, "libcurl cannot begin");
		goto out;
	}
	if (take_token(&n, e) == -1 || open_state(&n, e) == -1 ||
	    fetch_list(&n, e) == -1 || make_key(&n, e) == -1 ||
	    hand_in(&n, e) == -1 || write_files(&n, e) == -1)
		goto out;
	say(&n);
	rc = 0;
out:
	if (rc == -1 && n.state_fd != -1)
		(void)unlinkat(n.state_fd, NEW_KEY, 0);
	if (n.state_fd != -1)
		close(n.state_fd);
	hf_identity_free(n.identity);
	hf_buf_clear(&n.list);
	sodium_memzero(&n, sizeof n);
	return rc;
}
