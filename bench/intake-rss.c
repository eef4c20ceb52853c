/*
 * Run a command and print the largest resident set of it and its descendants.
 * In C and tiny, because a child counts its parent's pages up to its exec.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct rusage ru;
	int status;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = fork();
	if (pid == 0) {
		execv(argv[1], argv + 1);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || status != 0)
		return 1;
	if (getrusage(RUSAGE_CHILDREN, &ru) == -1)
		return 1;
	printf("%.2f MiB\n", (double)ru.ru_maxrss / 1024);
	return 0;
}
