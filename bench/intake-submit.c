/*
 * Submit COUNT jobs to one queue from N processes, each over a connection of
 * its own, and wait until cupsd has none left.  Prints the seconds from the
 * first submission to the end of the last job.
 *
 *	intake-submit SOCKET QUEUE FILE COUNT N [MEDIA-TYPE]
 */
#include <cups/cups.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static http_t *
dial(const char *path)
{
	http_t *h = httpConnect2(path, 0, NULL, AF_UNSPEC,
	    HTTP_ENCRYPTION_NEVER, 1, 5000, NULL);

	if (h == NULL) {
		fprintf(stderr, "cannot connect to %s\n", path);
		exit(1);
	}
	return h;
}

static void
submit(http_t *h, const char *queue, const char *file, const char *type)
{
	char uri[1024], resource[1024];
	ipp_t *q, *a;

	snprintf(uri, sizeof uri, "ipp://localhost/printers/%s", queue);
	snprintf(resource, sizeof resource, "/printers/%s", queue);
	q = ippNewRequest(IPP_OP_PRINT_JOB);
	ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL,
	    uri);
	ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_NAME,
	    "requesting-user-name", NULL, cupsUser());
	ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_NAME, "job-name", NULL,
	    "bench");
	ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_MIMETYPE,
	    "document-format", NULL, type);
	a = cupsDoFileRequest(h, q, resource, file);
	if (ippGetStatusCode(a) > IPP_STATUS_OK_CONFLICTING) {
		fprintf(stderr, "submit: %s\n", cupsLastErrorString());
		exit(1);
	}
	ippDelete(a);
}

/* Jobs that are not completed, of all users. */
static int
left(http_t *h)
{
	ipp_t *q = ippNewRequest(IPP_OP_GET_JOBS), *a;
	ipp_attribute_t *p;
	int n = 0;

	ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_URI, "printer-uri", NULL,
	    "ipp://localhost/");
	/* Without a name cupsd would ask NSS for "anonymous" each time. */
	ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_NAME,
	    "requesting-user-name", NULL, cupsUser());
	ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "which-jobs", NULL,
	    "not-completed");
	ippAddString(q, IPP_TAG_OPERATION, IPP_TAG_KEYWORD,
	    "requested-attributes", NULL, "job-id");
	a = cupsDoRequest(h, q, "/");
	for (p = ippFindAttribute(a, "job-id", IPP_TAG_INTEGER); p != NULL;
	    p = ippFindNextAttribute(a, "job-id", IPP_TAG_INTEGER))
		n++;
	ippDelete(a);
	return n;
}

int
main(int argc, char **argv)
{
	const char *type;
	int count, n, i, k, status;
	double start;
	http_t *h;

	if (argc < 6)
		return 2;
	count = (int)strtol(argv[4], NULL, 10);
	n = (int)strtol(argv[5], NULL, 10);
	type = argc > 6 ? argv[6] : "application/octet-stream";
	start = now();
	for (i = 0; i < n; i++)
		if (fork() == 0) {
			h = dial(argv[1]);
			for (k = i; k < count; k += n)
				submit(h, argv[2], argv[3], type);
			_exit(0);
		}
	while (wait(&status) > 0)
		if (status != 0)
			return 1;
	h = dial(argv[1]);
	while (left(h) > 0)
		usleep(10000);
	printf("%.4f\n", now() - start);
	return 0;
}
