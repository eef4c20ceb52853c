#include "lib/msg.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"

#define VERSION 1

static const char *const tap_results[] = {
	[HF_TAP_RELEASED] = "released",
	[HF_TAP_RELEASING] = "releasing",
	[HF_TAP_NO_JOBS] = "no-jobs",
	[HF_TAP_UNKNOWN_CARD] = "unknown-card",
	[HF_TAP_ENROLLED] = "enrolled",
	[HF_TAP_REFUSED] = "refused",
	[HF_TAP_PRINTER] = "printer",
	[HF_TAP_NONCE_UNKNOWN] = "nonce-unknown",
	[HF_TAP_UNAVAILABLE] = "unavailable",
};

const char *
hf_tap_result_name(unsigned r)
{
	return r < sizeof tap_results / sizeof tap_results[0] ? tap_results[r]
							      : NULL;
}

int
hf_msg_begin(struct hf_buf *b, uint8_t type, uint32_t seq, struct hf_err *e)
{
	hf_buf_reset(b);
	if (hf_put_u8(b, VERSION, e) == -1 || hf_put_u8(b, type, e) == -1 ||
	    hf_put_u16(b, 0, e) == -1)
		return -1;
	return hf_put_u32(b, seq, e);
}

int
hf_msg_error(struct hf_buf *b, uint32_t seq, const struct hf_err *why,
    struct hf_err *e)
{
	if (hf_msg_begin(b, HF_MSG_ERROR, seq, e) == -1 ||
	    hf_put_u8(b, (uint8_t)why->code, e) == -1)
		return -1;
	return hf_put_str(b, why->text, e);
}

int
hf_msg_to_err(const struct hf_msg *m, struct hf_err *e)
{
	struct hf_view v = m->body;
	char text[sizeof e->text];
	uint8_t code;

	if (hf_get_u8(&v, &code, e) == -1 ||
	    hf_get_str(&v, text, sizeof text, e) == -1 ||
	    hf_get_end(&v, e) == -1)
		return hf_wrap(e, "malformed error message");
	if (code == HF_OK || code > HF_ELIMIT)
		code = HF_EPEER;
	return hf_fail(e, (enum hf_code)code, "%s", text);
}

int
hf_msg_send(int sock, const struct hf_buf *b, int fd, struct hf_err *e)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { b->p, b->n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	ssize_t k;

	if (b->n > HF_MSG_MAX)
		return hf_fail(e, HF_EINPUT, "message of %zu bytes", b->n);
	if (fd != -1) {
		memset(&control, 0, sizeof control);
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof control.bytes;
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	do
		k = sendmsg(sock, &m, MSG_NOSIGNAL);
	while (k == -1 && errno == EINTR);
	if (k == -1) {
		hf_fail_sys(e, "send a message");
		if (e != NULL && (e->sys == EAGAIN || e->sys == ENOBUFS))
			e->code = HF_EAGAIN;
		return -1;
	}
	return 0;
}

/* The one descriptor of a message, or -1; more than one are all closed. */
static int
take_fd(struct msghdr *m, bool *too_many)
{
	struct cmsghdr *c;
	int fd = -1, one;
	size_t n, i;

	*too_many = false;
	for (c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&one, CMSG_DATA(c) + i * sizeof one, sizeof one);
			if (fd == -1 && !*too_many) {
				fd = one;
				continue;
			}
			*too_many = true;
			close(one);
		}
	}
	if (*too_many && fd != -1) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int
hf_msg_decode(struct hf_view v, struct hf_msg *out, struct hf_err *e)
{
	uint8_t version;
	uint16_t zero;

	if (hf_get_u8(&v, &version, e) == -1 ||
	    hf_get_u8(&v, &out->type, e) == -1 ||
	    hf_get_u16(&v, &zero, e) == -1 ||
	    hf_get_u32(&v, &out->seq, e) == -1)
		return -1;
	if (version != VERSION || zero != 0)
		return hf_fail(e, HF_EINPUT, "message version %u", version);
	out->body = v;
	out->fd = -1;
	return 0;
}

int
hf_msg_recv(int sock, uint8_t buf[static HF_MSG_MAX], bool fd_ok,
    struct hf_msg *out, struct hf_err *e)
{
	union {
		char bytes[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { buf, HF_MSG_MAX };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };
	struct hf_msg got;
	bool too_many;
	ssize_t k;
	int fd;

	do
		k = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (k == -1 && errno == EINTR);
	if (k == -1) {
		hf_fail_sys(e, "receive a message");
		if (e != NULL && (e->sys == EAGAIN || e->sys == EWOULDBLOCK))
			e->code = HF_EAGAIN;
		return -1;
	}
	fd = take_fd(&m, &too_many);
	if (k == 0 && fd == -1 && !too_many)
		return 0;
	if (too_many || (fd != -1 && !fd_ok) ||
	    (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		hf_fail(e, HF_EINPUT, "malformed message: %s",
		    (m.msg_flags & MSG_TRUNC) != 0 ? "too long"
						   : "unasked descriptor");
		goto fail;
	}
	if (hf_msg_decode(hf_view_of(buf, (size_t)k), &got, e) == -1) {
		hf_wrap(e, "malformed message");
		goto fail;
	}
	got.fd = fd;
	*out = got;
	return 1;
fail:
	if (fd != -1)
		close(fd);
	return -1;
}

static int
wait_readable(int sock, int64_t deadline, struct hf_err *e)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	int64_t left;
	int k;

	for (;;) {
		left = deadline - hf_now_ms();
		if (left < 0)
			left = 0;
		k = poll(&p, 1, (int)left);
		if (k > 0)
			return 0;
		if (k == 0)
			return hf_fail(e, HF_EAGAIN, "no answer in time");
		if (errno != EINTR)
			return hf_fail_sys(e, "poll");
	}
}

int
hf_msg_ask(int sock, const struct hf_buf *b, int timeout_ms,
    uint8_t buf[static HF_MSG_MAX], struct hf_msg *out, struct hf_err *e)
{
	int64_t deadline = hf_now_ms() + timeout_ms;
	struct hf_view v = hf_buf_view(b);
	uint8_t head[4], type;
	uint32_t seq;
	int k;

	HF_ASSERT(b->n >= HF_MSG_HEADER);
	if (hf_get_bytes(&v, head, 4, e) == -1 || hf_get_u32(&v, &seq, e) == -1)
		return -1;
	type = head[1];
	if (hf_msg_send(sock, b, -1, e) == -1)
		return -1;
	do {
		if (wait_readable(sock, deadline, e) == -1)
			return -1;
		k = hf_msg_recv(sock, buf, false, out, e);
	} while (k == -1 && e != NULL && e->code == HF_EAGAIN);
	if (k == -1)
		return -1;
	if (k == 0)
		return hf_fail(e, HF_EPEER, "the other side closed");
	if (out->seq != seq)
		return hf_fail(e, HF_EPEER, "an answer to something else");
	if (out->type == HF_MSG_ERROR)
		return hf_msg_to_err(out, e);
	if (out->type != (type | HF_MSG_REPLY))
		return hf_fail(e, HF_EPEER, "an answer of type 0x%02x",
		    out->type);
	return 0;
}

static int
address(const char *path, struct sockaddr_un *a, struct hf_err *e)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	if (!hf_str_copy(a->sun_path, sizeof a->sun_path, path))
		return hf_fail(e, HF_ECONFIG,
		    "socket path %s is longer than %zu", path,
		    sizeof a->sun_path - 1);
	return 0;
}

int
hf_msg_connect(const char *path, int *out, struct hf_err *e)
{
	struct sockaddr_un a;
	int fd;

	if (address(path, &a, e) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return hf_fail_sys(e, "socket");
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == -1) {
		hf_fail_sys(e, "connect to %s", path);
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

int
hf_msg_listen(const char *path, mode_t mode, int *out, struct hf_err *e)
{
	struct sockaddr_un a;
	int fd;

	if (address(path, &a, e) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return hf_fail_sys(e, "socket");
	if (unlink(path) == -1 && errno != ENOENT) {
		hf_fail_sys(e, "remove the old %s", path);
		goto fail;
	}
	if (bind(fd, (struct sockaddr *)&a, sizeof a) == -1 ||
	    chmod(path, mode) == -1 || listen(fd, 128) == -1) {
		hf_fail_sys(e, "listen on %s", path);
		goto fail;
	}
	*out = fd;
	return 0;
fail:
	close(fd);
	return -1;
}

int
hf_msg_peer(int sock, uid_t *uid, struct hf_err *e)
{
	struct ucred cred;
	socklen_t n = sizeof cred;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &n) == -1)
		return hf_fail_sys(e, "peer credentials");
	*uid = cred.uid;
	return 0;
}
