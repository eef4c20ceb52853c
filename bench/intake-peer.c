/*
 * The peers of bench/intake: trivial CUPS backends, as somebody would write
 * them who wants to be fast and nothing else.
 *
 *	clear:/DIR	write the document in clear text into DIR, fsync
 *	durable:/DIR	the same as durable as Holdfast is: an unnamed file,
 *			fsync, link, fsync of the folder
 *	null:/		read the document and forget it
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buf[256 * 1024];

int
main(int argc, char **argv)
{
	const char *uri = getenv("DEVICE_URI");
	char path[4096], self[64];
	int in = 0, out = -1, dir = -1;
	ssize_t n;

	if (argc < 6 || uri == NULL)
		return 4;
	if (argc > 6 && (in = open(argv[6], O_RDONLY)) == -1)
		return 3;
	if (strncmp(uri, "clear:", 6) == 0) {
		snprintf(path, sizeof path, "%s/%s-%ld", uri + 6, argv[1],
		    (long)getpid());
		out = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (out == -1)
			return 4;
	}
	if (strncmp(uri, "durable:", 8) == 0) {
		dir = open(uri + 8, O_RDONLY | O_DIRECTORY);
		out = openat(dir, ".", O_TMPFILE | O_WRONLY, 0600);
		if (out == -1)
			return 4;
	}
	while ((n = read(in, buf, sizeof buf)) > 0)
		if (out != -1 && write(out, buf, (size_t)n) != n)
			return 4;
	if (n == -1 || (out != -1 && fsync(out) == -1))
		return 4;
	if (dir != -1) {
		snprintf(self, sizeof self, "/proc/self/fd/%d", out);
		snprintf(path, sizeof path, "%s-%ld", argv[1], (long)getpid());
		if (linkat(AT_FDCWD, self, dir, path, AT_SYMLINK_FOLLOW) == -1 ||
		    fsync(dir) == -1)
			return 4;
	}
	return 0;
}
