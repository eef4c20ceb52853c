#ifndef HF_FILE_H
#define HF_FILE_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/buf.h"

/* Whole small files and whole reads and writes. */

/* Read all of a plain file, not through a link, at most out->max bytes. */
int hf_file_read(int dirfd, const char *path, struct hf_buf *out,
    struct hf_err *e) HF_MUST_USE;
/*
 * Appear complete or not at all: temporary name beside it, fsync, rename,
 * fsync of the folder.  Owner and mode are set before the rename (-1: leave).
 */
int hf_file_replace(int dirfd, const char *path, struct hf_view bytes,
    mode_t mode, uid_t uid, gid_t gid, struct hf_err *e) HF_MUST_USE;
/* write(2) until all is written; EINTR is tried again. */
int hf_write_all(int fd, const void *p, size_t n, struct hf_err *e)
    HF_MUST_USE;
/* read(2) until n bytes or end of file; *got tells. */
int hf_read_full(int fd, void *p, size_t n, size_t *got, struct hf_err *e)
    HF_MUST_USE;
int hf_pread_full(int fd, void *p, size_t n, off_t at, size_t *got,
    struct hf_err *e) HF_MUST_USE;

#endif
