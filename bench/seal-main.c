/*
 * bench/seal's program: seal, check and open, with a plain copy of the same
 * bytes to the same disk beside it.  usage: seal-main [FOLDER [MIB [ROUNDS]]]
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/keylist.h"
#include "lib/seal.h"
#include "release/common/unseal.h"

#define PIECE 65536
#define MAX_ROUNDS 31

static struct hf_host_key host;
static struct hf_envelope env;
static uint8_t pk[32], sk[32];
static uint8_t piece[PIECE];

static void
die(const char *what, const struct hf_err *e)
{
	fprintf(stderr, "bench/seal: %s: %s\n", what, e->text);
	exit(1);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
nameless(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR, 0600);

	if (fd == -1) {
		perror(dir);
		exit(1);
	}
	return fd;
}

static void
durable(int fd)
{
	if (fsync(fd) == -1) {
		perror("fsync");
		exit(1);
	}
}

static void
make_source(int fd, uint64_t bytes)
{
	struct hf_err e;
	uint64_t at;

	for (at = 0; at < bytes; at += PIECE) {
		randombytes_buf(piece, sizeof piece);
		if (hf_write_all(fd, piece, sizeof piece, &e) == -1)
			die("source", &e);
	}
	durable(fd);
}

/* One pass over the source through `take`. */
static void
each_piece(int from, int (*take)(void *, const void *, size_t,
    struct hf_err *), void *arg)
{
	struct hf_err e;
	size_t n;

	if (lseek(from, 0, SEEK_SET) == -1)
		exit(1);
	do {
		if (hf_read_full(from, piece, sizeof piece, &n, &e) == -1 ||
		    take(arg, piece, n, &e) == -1)
			die("copy", &e);
	} while (n == sizeof piece);
}

static int
take_copy(void *arg, const void *p, size_t n, struct hf_err *e)
{
	return hf_write_all(*(const int *)arg, p, n, e);
}

static int
take_seal(void *arg, const void *p, size_t n, struct hf_err *e)
{
	return hf_sealer_write(arg, p, n, e);
}

static double
time_copy(const char *dir, int from)
{
	int fd = nameless(dir);
	double t = now();

	each_piece(from, take_copy, &fd);
	durable(fd);
	t = now() - t;
	close(fd);
	return t;
}

/* *out is the sealed file; *cpu the processor time of it. */
static double
time_seal(const char *dir, int from, int *out, double *cpu)
{
	struct rusage a, b;
	struct hf_sealer *s;
	struct hf_err e;
	int fd = nameless(dir);
	double t = now();

	getrusage(RUSAGE_SELF, &a);
	s = hf_sealer_new(fd, pk, &host, &env, &e);
	if (s == NULL)
		die("seal", &e);
	each_piece(from, take_seal, s);
	if (hf_sealer_finish(s, &e) == -1)
		die("seal", &e);
	hf_sealer_free(s);
	durable(fd);
	t = now() - t;
	getrusage(RUSAGE_SELF, &b);
	*cpu = (double)(b.ru_utime.tv_sec - a.ru_utime.tv_sec) +
	    (double)(b.ru_utime.tv_usec - a.ru_utime.tv_usec) / 1e6;
	*out = fd;
	return t;
}

static double
time_check(int fd)
{
	struct hf_sealed_trailer trailer;
	struct hf_err e;
	double t = now();

	if (hf_sealed_check(fd, host.pk, &trailer, &e) == -1)
		die("check", &e);
	return now() - t;
}

static double
time_open(int fd)
{
	struct hf_sealed_header h;
	struct hf_unsealer *u;
	struct hf_buf head, box;
	struct hf_err e;
	uint8_t key[32];
	double t = now();

	hf_buf_init(&head, HF_HEADER_MAX);
	hf_buf_init(&box, HF_BOX_MAX);
	if (hf_sealed_header_read(fd, &head, &h, &e) == -1 ||
	    hf_unseal_box(&h, pk, sk, key, &box, &e) == -1)
		die("open", &e);
	u = hf_unsealer_new(fd, key, &e);
	if (u == NULL || hf_unsealer_verify(u, &e) == -1)
		die("open", &e);
	t = now() - t;
	hf_unsealer_free(u);
	hf_buf_clear(&box);
	hf_buf_clear(&head);
	return t;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, by_size);
	return v[n / 2];
}

static void
set_up(void)
{
	if (sodium_init() == -1)
		exit(1);
	crypto_box_keypair(pk, sk);
	hf_host_key_new(&host);
	hf_id_new(&env.job);
	env.submitted = 1;
	env.expires = 2;
	env.copies = 1;
	env.document = 1;
	(void)hf_str_copy(env.owner, sizeof env.owner, "bench");
	(void)hf_str_copy(env.format, sizeof env.format, "application/pdf");
	(void)hf_str_copy(env.queue, sizeof env.queue, "bench");
	(void)hf_str_copy(env.host, sizeof env.host, "bench");
	(void)hf_str_copy(env.job_uuid, sizeof env.job_uuid, "urn:uuid:0");
}

static const char *
file_system(const char *dir)
{
	static char other[32];
	struct statfs st;

	if (statfs(dir, &st) == -1)
		return "unknown";
	switch (st.f_type) {
	case 0xef53:
		return "ext4";
	case 0x01021994:
		return "tmpfs";
	case 0x58465342:
		return "xfs";
	case 0x9123683e:
		return "btrfs";
	default:
		snprintf(other, sizeof other, "type %lx",
		    (unsigned long)st.f_type);
		return other;
	}
}

int
main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : ".";
	const long mib = argc > 2 ? strtol(argv[2], NULL, 10) : 1024;
	const int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 5;
	double copy[MAX_ROUNDS], seal[MAX_ROUNDS], check[MAX_ROUNDS];
	double open_[MAX_ROUNDS], cpu[MAX_ROUNDS], ratio[MAX_ROUNDS];
	struct rusage ru;
	int from, fd, i;

	if (mib < 1 || rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: seal [FOLDER [MIB [ROUNDS]]]\n");
		return 2;
	}
	set_up();
	from = nameless(dir);
	make_source(from, (uint64_t)mib << 20);
	for (i = 0; i < rounds; i++) {
		copy[i] = time_copy(dir, from);
		seal[i] = time_seal(dir, from, &fd, &cpu[i]);
		check[i] = time_check(fd);
		open_[i] = time_open(fd);
		close(fd);
		ratio[i] = copy[i] / seal[i];
	}
	getrusage(RUSAGE_SELF, &ru);
	printf("%ld MiB on %s, median of %d rounds, fsync included\n", mib,
	    file_system(dir), rounds);
	printf("copy         %8.0f MB/s\n",
	    (double)mib * 1.048576 / median(copy, rounds));
	printf("seal         %8.0f MB/s  %.2f of copy (reach 0.85), %.0f MB/s "
	    "of processor alone\n",
	    (double)mib * 1.048576 / median(seal, rounds),
	    median(ratio, rounds),
	    (double)mib * 1.048576 / median(cpu, rounds));
	printf("check        %8.0f MB/s\n",
	    (double)mib * 1.048576 / median(check, rounds));
	printf("open         %8.0f MB/s  (one pass)\n",
	    (double)mib * 1.048576 / median(open_, rounds));
	printf("peak memory  %8ld KiB resident\n", ru.ru_maxrss);
	return 0;
}
