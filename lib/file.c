#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
hf_write_all(int fd, const void *p, size_t n, struct hf_err *e)
{
	const uint8_t *b = p;
	ssize_t k;

	while (n > 0) {
		k = write(fd, b, n);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return hf_fail_sys(e, "write");
		b += k;
		n -= (size_t)k;
	}
	return 0;
}

int
hf_read_full(int fd, void *p, size_t n, size_t *got, struct hf_err *e)
{
	uint8_t *b = p;
	size_t have = 0;
	ssize_t k;

	while (have < n) {
		k = read(fd, b + have, n - have);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return hf_fail_sys(e, "read");
		if (k == 0)
			break;
		have += (size_t)k;
	}
	*got = have;
	return 0;
}

int
hf_pread_full(int fd, void *p, size_t n, off_t at, size_t *got,
    struct hf_err *e)
{
	uint8_t *b = p;
	size_t have = 0;
	ssize_t k;

	while (have < n) {
		k = pread(fd, b + have, n - have, at + (off_t)have);
		if (k == -1 && errno == EINTR)
			continue;
		if (k == -1)
			return hf_fail_sys(e, "read");
		if (k == 0)
			break;
		have += (size_t)k;
	}
	*got = have;
	return 0;
}

int
hf_file_read(int dirfd, const char *path, struct hf_buf *out, struct hf_err *e)
{
	uint8_t chunk[4096];
	struct stat st;
	int fd = -1, rc = -1;
	size_t got;

	fd = openat(dirfd, path,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1) {
		hf_fail_sys(e, "open %s", path);
		goto out;
	}
	if (fstat(fd, &st) == -1) {
		hf_fail_sys(e, "stat %s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		hf_fail(e, HF_EINPUT, "%s is not a plain file", path);
		goto out;
	}
	do {
		if (hf_read_full(fd, chunk, sizeof chunk, &got, e) == -1 ||
		    hf_put_bytes(out, chunk, got, e) == -1) {
			hf_wrap(e, "%s", path);
			goto out;
		}
	} while (got == sizeof chunk);
	rc = 0;
out:
	explicit_bzero(chunk, sizeof chunk);
	if (fd != -1)
		close(fd);
	return rc;
}

/* Make a rename in the folder of `path` durable. */
static int
sync_folder(int dirfd, const char *path, struct hf_err *e)
{
	char copy[4096];
	int fd, rc = 0;

	if (!hf_str_copy(copy, sizeof copy, path))
		return hf_fail(e, HF_EINPUT, "path too long");
	fd = openat(dirfd, dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return hf_fail_sys(e, "open the folder of %s", path);
	if (fsync(fd) == -1)
		rc = hf_fail_sys(e, "fsync the folder of %s", path);
	close(fd);
	return rc;
}

int
hf_file_replace(int dirfd, const char *path, struct hf_view bytes, mode_t mode,
    uid_t uid, gid_t gid, struct hf_err *e)
{
	char tmp[4096];
	int fd = -1, rc = -1, n;

	n = snprintf(tmp, sizeof tmp, "%s.%ld.new", path, (long)getpid());
	if (n < 0 || (size_t)n >= sizeof tmp)
		return hf_fail(e, HF_EINPUT, "path too long");
	(void)unlinkat(dirfd, tmp, 0);	/* left by a crash of this pid */
	fd = openat(dirfd, tmp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return hf_fail_sys(e, "create %s", tmp);
	if (hf_write_all(fd, bytes.p, bytes.n, e) == -1) {
		hf_wrap(e, "%s", tmp);
		goto out;
	}
	if ((uid != (uid_t)-1 || gid != (gid_t)-1) &&
	    fchown(fd, uid, gid) == -1) {
		hf_fail_sys(e, "chown %s", tmp);
		goto out;
	}
	if (fchmod(fd, mode) == -1 || fsync(fd) == -1) {
		hf_fail_sys(e, "fsync %s", tmp);
		goto out;
	}
	if (renameat(dirfd, tmp, dirfd, path) == -1) {
		hf_fail_sys(e, "rename to %s", path);
		goto out;
	}
	rc = sync_folder(dirfd, path, e);
	close(fd);
	return rc;
out:
	(void)unlinkat(dirfd, tmp, 0);
	close(fd);
	return rc;
}
