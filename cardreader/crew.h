#ifndef HF_CREW_H
#define HF_CREW_H

#include "cardreader/conf.h"
#include "lib/err.h"

/*
 * The supervisor: starts the station, the scout and a process for each reader
 * that the scout finds, carries their messages, ends and begins again what
 * hangs or dies, and writes the panel's lines.  Returns 0 after SIGTERM or
 * SIGINT, -1 where the station cannot begin.  Blocks until then.
 */
int hf_crew_run(const struct hf_reader_conf *conf, struct hf_err *e)
    HF_MUST_USE;

#endif
