#ifndef HF_LOG_H
#define HF_LOG_H

#include "lib/err.h"

/*
 * One line an event on standard error: subject and id first, what happened in
 * the past tense, then key=value.  Never titles, badge numbers, PINs, tokens
 * or document bytes.  Control characters in the text are written as '?'.
 */

enum hf_level { HF_ERROR, HF_WARN, HF_INFO, HF_DEBUG };

/* `program` is borrowed for the life of the process. Default level: info. */
void hf_log_init(const char *program, enum hf_level most);
void hf_log(enum hf_level level, const char *fmt, ...) HF_PRINTF(2, 3);
/* "what: e->text code=…" at the level given. */
void hf_log_err(enum hf_level level, const struct hf_err *e, const char *fmt,
    ...) HF_PRINTF(3, 4);

#endif
