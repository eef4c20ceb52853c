#ifndef HF_ERR_H
#define HF_ERR_H

/*
 * The one way to fail: a function returns -1 (or NULL) and fills the struct
 * hf_err it was given.  The text is one clear sentence without a full stop,
 * for a person; the code says what a caller may do about it.
 */

#define HF_MUST_USE __attribute__((warn_unused_result))
#define HF_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum hf_code {
	HF_OK = 0,
	HF_EINPUT,	/* malformed or refused input: never try again as is */
	HF_EDENIED,	/* who asks may not */
	HF_ENOTFOUND,	/* no such thing */
	HF_ECONFLICT,	/* somebody else was first, or the state is another */
	HF_EAGAIN,	/* not now: try again later */
	HF_EFULL,	/* no space, over a quota or a limit */
	HF_ETAMPER,	/* a digest, tag or signature is wrong */
	HF_ECONFIG,	/* an administrator must change a setting */
	HF_ENOMEM,	/* out of memory */
	HF_ESYS,	/* the operating system refused */
	HF_EPEER,	/* the other side broke off or broke the protocol */
	HF_ELOGIN,	/* who asks must log in first */
	HF_ELIMIT	/* too many tries: wait, then try again */
};

struct hf_err {
	enum hf_code code;
	int sys;	/* errno where the system said no, else 0 */
	char text[512];	/* NUL-terminated */
};

/* Fill *e (which may be NULL).  hf_fail always returns -1. */
int hf_fail(struct hf_err *e, enum hf_code code, const char *fmt, ...)
    HF_PRINTF(3, 4);
/* As hf_fail with a code chosen from errno and ": strerror" added. */
int hf_fail_sys(struct hf_err *e, const char *fmt, ...) HF_PRINTF(2, 3);
/* Put a few words and ": " in front of the text; code stays. Returns -1. */
int hf_wrap(struct hf_err *e, const char *fmt, ...) HF_PRINTF(2, 3);
/* "input", "denied" …: a stable word for logs and JSON. */
const char *hf_code_name(enum hf_code code);

/* For bugs of ours, never for input. */
#define HF_ASSERT(x) \
	((x) ? (void)0 : hf_assert_failed(#x, __FILE__, __LINE__))
void hf_assert_failed(const char *what, const char *file, int line)
    __attribute__((noreturn));

#endif
