#include "release/roles.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/keylist.h"
#include "lib/log.h"
#include "release/child.h"

#define MASTER_LEN 32
#define QUEUE_END_MS 5000
#define DELIVER_END_MS 5000
#define KEY_END_MS 2000
#define STUCK_MS 5000	/* a printer's old process, when a new one is wanted */

static int
program(const struct hf_released_conf *conf, const char *name, char *out,
    size_t size, struct hf_err *e)
{
	int n = snprintf(out, size, "%s/%s", conf->libexec, name);

	if (n < 0 || (size_t)n >= size)
		return hf_fail(e, HF_ECONFIG, "libexec is too long a path");
	return 0;
}

static int
keystore_path(const struct hf_released_conf *conf, char *out, size_t size,
    struct hf_err *e)
{
	int n = snprintf(out, size, "%s/keystore", conf->keys);

	if (n < 0 || (size_t)n >= size)
		return hf_fail(e, HF_ECONFIG, "keys is too long a path");
	return 0;
}

/* The master key is worth something only while nobody else can read it. */
static int
check_master(const char *path, struct hf_err *e)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return hf_fail_sys(e, "master key %s", path);
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 ||
	    (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return hf_fail(e, HF_ECONFIG,
		    "master key %s must be a plain file of root, mode 0600",
		    path);
	if (st.st_size != MASTER_LEN)
		return hf_fail(e, HF_ECONFIG,
		    "master key %s does not have %d bytes", path, MASTER_LEN);
	return 0;
}

/* Append master key and sealed keystore: what role key reads at its start. */
static int
read_secrets(const struct hf_released_conf *conf, struct hf_buf *out,
    struct hf_err *e)
{
	char path[4096];

	if (check_master(conf->master_key, e) == -1 ||
	    hf_file_read(AT_FDCWD, conf->master_key, out, e) == -1)
		return -1;
	if (out->n != MASTER_LEN)
		return hf_fail(e, HF_ECONFIG,
		    "the master key changed while it was read");
	if (keystore_path(conf, path, sizeof path, e) == -1 ||
	    hf_file_read(AT_FDCWD, path, out, e) == -1)
		return hf_wrap(e, "keystore");
	return 0;
}

int
hf_roles_check(const struct hf_released_conf *conf, struct hf_err *e)
{
	static const char *const names[] = { "hf-queue", "hf-key",
		"hf-hash", "hf-deliver" };
	struct hf_buf secrets;
	char path[4096];
	struct stat st;
	size_t i;
	int rc;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (program(conf, names[i], path, sizeof path, e) == -1)
			return -1;
		if (access(path, X_OK) == -1) {
			hf_fail_sys(e, "program %s", path);
			e->code = HF_ECONFIG;
			return -1;
		}
	}
	if (stat(conf->spool, &st) == -1 || !S_ISDIR(st.st_mode))
		return hf_fail(e, HF_ECONFIG, "spool %s is not a folder",
		    conf->spool);
	hf_buf_init(&secrets, MASTER_LEN + HF_KEYSTORE_MAX);
	rc = read_secrets(conf, &secrets, e);
	hf_buf_clear(&secrets);
	return rc;
}

static int
start_key(struct hf_roles *r, int sock, int pipe_fd, struct hf_err *e)
{
	const char *const argv[] = { "hf-key", NULL };
	char path[4096];
	struct hf_child c = { .path = path,
		.argv = argv,
		.user = &r->conf->key,
		.fds = { sock, pipe_fd, -1, -1, -1 } };

	if (program(r->conf, "hf-key", path, sizeof path, e) == -1)
		return -1;
	return hf_child_start(&c, &r->key, e);
}

static int
start_queue(struct hf_roles *r, int key_sock, int parent_sock,
    const int hash_sock[static HF_HASHERS], struct hf_err *e)
{
	const char *const argv[] = { "hf-queue", "-c", r->conf_path, NULL };
	char path[4096];
	gid_t intake;
	struct hf_child c = { .path = path,
		.argv = argv,
		.user = &r->conf->queue,
		.groups = &intake,
		.n_groups = 1,
		.fds = { key_sock, parent_sock, r->listener, hash_sock[0],
			hash_sock[1] } };

	if (program(r->conf, "hf-queue", path, sizeof path, e) == -1 ||
	    hf_group_find("hf-intake", &intake, e) == -1)
		return -1;
	return hf_child_start(&c, &r->queue, e);
}

/* Under role key's user, which owns no file; beside it, not with it. */
static int
start_hasher(struct hf_roles *r, int i, int sock, struct hf_err *e)
{
	const char *const argv[] = { "hf-hash", NULL };
	char path[4096];
	struct hf_child c = { .path = path,
		.argv = argv,
		.user = &r->conf->key,
		.fds = { sock, -1, -1, -1, -1 } };

	if (program(r->conf, "hf-hash", path, sizeof path, e) == -1)
		return -1;
	return hf_child_start(&c, &r->hasher[i], e);
}

static void
close_pair(int fds[2])
{
	if (fds[0] != -1)
		close(fds[0]);
	if (fds[1] != -1)
		close(fds[1]);
}

int
hf_roles_start(struct hf_roles *r, struct hf_err *e)
{
	const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;
	int key[2] = { -1, -1 }, own[2] = { -1, -1 }, pipe_fd[2] = { -1, -1 };
	int hash[HF_HASHERS] = { -1, -1 }, pair[2];
	struct hf_buf secrets;
	int rc = -1, i, k;

	hf_buf_init(&secrets, MASTER_LEN + HF_KEYSTORE_MAX);
	if (read_secrets(r->conf, &secrets, e) == -1)
		goto out;
	if (socketpair(AF_UNIX, type, 0, key) == -1 ||
	    socketpair(AF_UNIX, type, 0, own) == -1 ||
	    pipe2(pipe_fd, O_CLOEXEC) == -1) {
		hf_fail_sys(e, "sockets between the roles");
		goto out;
	}
	for (i = 0; i < HF_HASHERS; i++) {
		if (socketpair(AF_UNIX, type, 0, pair) == -1) {
			hf_fail_sys(e, "socket to a hasher");
			goto out;
		}
		hash[i] = pair[1];
		k = start_hasher(r, i, pair[0], e);
		close(pair[0]);
		if (k == -1)
			goto out;
	}
	if (start_key(r, key[0], pipe_fd[0], e) == -1 ||
	    start_queue(r, key[1], own[1], hash, e) == -1)
		goto out;
	/* Less than a pipe holds: this does not wait for the other end. */
	if (hf_write_all(pipe_fd[1], secrets.p, secrets.n, e) == -1) {
		hf_wrap(e, "role key");
		goto out;
	}
	r->sock = own[0];
	own[0] = -1;
	rc = 0;
out:
	hf_buf_clear(&secrets);
	close_pair(key);
	close_pair(own);
	close_pair(pipe_fd);
	close_pair(hash);
	return rc;
}

/* A second process for a printer is wanted: the first has ended or must. */
static void
hurry(struct hf_roles *r, const struct hf_id *printer)
{
	struct hf_deliverer *d = hf_deliverers_find(&r->deliverers, printer);

	if (d == NULL)
		return;
	if (d->asked_ms == 0) {
		d->asked_ms = hf_now_ms();
	} else if (hf_now_ms() - d->asked_ms > STUCK_MS) {
		hf_log(HF_WARN, "deliver process %ld did not end: killed",
		    (long)d->pid);
		(void)kill(d->pid, SIGKILL);
	}
}

static int
spawn(struct hf_roles *r, const struct hf_id *printer, pid_t *pid, int *sock,
    struct hf_err *e)
{
	const char level[] = { (char)('0' + r->conf->log_level), '\0' };
	const char *const argv[] = { "hf-deliver", "-l", level, NULL };
	int pair[2] = { -1, -1 }, rc = -1;
	char path[4096];
	struct hf_child c = { .path = path,
		.argv = argv,
		.user = &r->conf->deliver,
		.fds = { -1, -1, -1, -1, -1 } };

	(void)hf_roles_reap(r);
	if (hf_deliverers_room(&r->deliverers, printer, e) == -1) {
		hurry(r, printer);
		goto out;
	}
	if (program(r->conf, "hf-deliver", path, sizeof path, e) == -1)
		goto out;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ==
	    -1) {
		hf_fail_sys(e, "socket to a deliver process");
		goto out;
	}
	c.fds[0] = pair[1];
	if (hf_child_start(&c, pid, e) == -1)
		goto out;
	hf_deliverers_add(&r->deliverers, printer, *pid);
	*sock = pair[0];
	pair[0] = -1;
	rc = 0;
out:
	close_pair(pair);
	return rc;
}

static int
answer_spawn(struct hf_roles *r, const struct hf_msg *m, struct hf_err *e)
{
	struct hf_view v = m->body;
	struct hf_buf out;
	struct hf_err why;
	struct hf_id printer;
	int sock = -1, rc = -1;
	pid_t pid;

	hf_buf_init(&out, 1024);
	if (m->type != HF_MSG_SPAWN) {
		hf_fail(e, HF_EPEER, "message 0x%02x from role queue", m->type);
		goto out;
	}
	if (hf_get_bytes(&v, printer.b, sizeof printer.b, e) == -1 ||
	    hf_get_end(&v, e) == -1) {
		hf_wrap(e, "SPAWN");
		goto out;
	}
	if (spawn(r, &printer, &pid, &sock, &why) == -1) {
		if (hf_msg_error(&out, m->seq, &why, e) == -1)
			goto out;
	} else if (hf_msg_begin(&out, HF_MSG_SPAWN | HF_MSG_REPLY, m->seq,
		       e) == -1 ||
	    hf_put_bytes(&out, printer.b, sizeof printer.b, e) == -1 ||
	    hf_put_u32(&out, (uint32_t)pid, e) == -1) {
		goto out;
	}
	rc = hf_msg_send(r->sock, &out, sock, e);
out:
	if (sock != -1)
		close(sock);
	hf_buf_clear(&out);
	return rc;
}

int
hf_roles_serve(struct hf_roles *r, struct hf_err *e)
{
	struct hf_msg m;
	int k = hf_msg_recv(r->sock, r->recv, false, &m, e);

	if (k == -1)
		return hf_wrap(e, "role queue");
	if (k == 0)
		return hf_fail(e, HF_EPEER, "role queue closed its socket");
	return answer_spawn(r, &m, e);
}

static void
say_end(const char *what, pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		hf_log(HF_WARN, "%s %ld ended by signal %d%s", what, (long)pid,
		    WTERMSIG(status),
		    WTERMSIG(status) == SIGSYS
			? " (a system call outside its filter)"
			: "");
	else if (WEXITSTATUS(status) != 0)
		hf_log(HF_WARN, "%s %ld ended with status %d", what, (long)pid,
		    WEXITSTATUS(status));
	else
		hf_log(HF_DEBUG, "%s %ld ended", what, (long)pid);
}

static bool
is_hasher(struct hf_roles *r, pid_t p)
{
	int i;

	for (i = 0; i < HF_HASHERS; i++)
		if (r->hasher[i] == p) {
			r->hasher[i] = 0;
			return true;
		}
	return false;
}

bool
hf_roles_reap(struct hf_roles *r)
{
	bool essential = false;
	int status;
	pid_t p;

	while ((p = waitpid(-1, &status, WNOHANG)) > 0) {
		if (p == r->key) {
			say_end("role key", p, status);
			r->key = 0;
			essential = true;
		} else if (p == r->queue) {
			say_end("role queue", p, status);
			r->queue = 0;
			essential = true;
		} else if (is_hasher(r, p)) {
			say_end("hasher", p, status);
			essential = true;
		} else if (hf_deliverers_remove(&r->deliverers, p)) {
			say_end("deliver process", p, status);
		}
	}
	return essential;
}

static bool
is_gone(const struct hf_roles *r, const pid_t *one)
{
	return one != NULL ? *one == 0 : r->deliverers.n == 0;
}

/* Wait until one role (NULL: all deliver processes) has ended. */
static bool
wait_end(struct hf_roles *r, const pid_t *one, int ms)
{
	const struct timespec tick = { .tv_nsec = 5 * 1000000 };
	int64_t until = hf_now_ms() + ms;

	for (;;) {
		(void)hf_roles_reap(r);
		if (is_gone(r, one))
			return true;
		if (hf_now_ms() >= until)
			return false;
		(void)nanosleep(&tick, NULL);
	}
}

static void
end_role(struct hf_roles *r, const char *name, pid_t *one, int sig, int ms)
{
	if (*one == 0)
		return;
	if (sig != 0)
		(void)kill(*one, sig);
	if (wait_end(r, one, ms))
		return;
	hf_log(HF_WARN, "%s did not end in time: killed", name);
	(void)kill(*one, SIGKILL);
	(void)wait_end(r, one, 1000);
}

static void
end_deliverers(struct hf_roles *r)
{
	size_t i;

	/* Role queue is gone: they read the end of file on their sockets. */
	if (wait_end(r, NULL, DELIVER_END_MS))
		return;
	for (i = 0; i < HF_DELIVERERS_MAX; i++)
		if (r->deliverers.list[i].pid != 0) {
			hf_log(HF_WARN,
			    "deliver process %ld did not end in time: killed",
			    (long)r->deliverers.list[i].pid);
			(void)kill(r->deliverers.list[i].pid, SIGKILL);
		}
	(void)wait_end(r, NULL, 1000);
}

void
hf_roles_stop(struct hf_roles *r)
{
	int i;

	end_role(r, "role queue", &r->queue, SIGTERM, QUEUE_END_MS);
	if (r->sock != -1)
		close(r->sock);
	r->sock = -1;
	end_deliverers(r);
	for (i = 0; i < HF_HASHERS; i++)
		end_role(r, "hasher", &r->hasher[i], 0, KEY_END_MS);
	/* Role key reads the end of file too. */
	end_role(r, "role key", &r->key, 0, KEY_END_MS);
}
