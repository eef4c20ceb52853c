/* link: tests/vectors/vectors.c */
/* Write the vectors into a folder.  usage: make FOLDER */
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/file.h"
#include "tests/vectors/vectors.h"

static void
write_file(void *arg, const char *file, struct hf_view v)
{
	const int *dir = arg;
	struct hf_err e;

	if (hf_file_replace(*dir, file, v, 0644, (uid_t)-1, (gid_t)-1, &e) ==
	    -1) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	int dir;

	if (argc != 2) {
		fprintf(stderr, "usage: make FOLDER\n");
		return 2;
	}
	vectors_random_init();
	if (sodium_init() == -1)
		return 1;
	dir = open(argv[1], O_RDONLY | O_DIRECTORY);
	if (dir == -1) {
		perror(argv[1]);
		return 1;
	}
	vectors_each(write_file, &dir);
	return 0;
}
