#ifndef HF_SUPERVISE_H
#define HF_SUPERVISE_H

#include <stdbool.h>

/*
 * The tiny parent.  cupsd takes a backend that dies by SIGKILL, SIGTERM or
 * SIGPIPE for a success and deletes the job; so the work is done in a child,
 * and the parent turns any death of it into HOLD.
 *
 * Runs work(arg) in a child, whose exit status it becomes, and returns the
 * exit status for this process (enum hf_exit).  The child gets SIGKILL when
 * this process ends.  SIGTERM, SIGINT and SIGHUP are passed on.  Call it
 * before any descriptor is open but those that cupsd gave.
 *
 * forget(arg) is called in the parent once the child has its own copy of
 * everything.  `stream`: the documents come on standard input.  Then an exit status other
 * than OK is returned only after standard input has ended: cupsd aborts a job
 * of several documents, and deletes it, whose backend fails before the last
 * one was sent, whatever the exit status asks for.
 */
int hf_supervise(int (*work)(void *arg), void (*forget)(void *arg), void *arg,
    bool stream);

/* In the worker, after it has changed its uid (which undoes it). */
void hf_supervise_bind(void);

/*
 * In the worker: from _begin to _end the signals that end it wait, because
 * it is about to make the job durable.
 */
void hf_supervise_hold_begin(void);
void hf_supervise_hold_end(void);

#endif
