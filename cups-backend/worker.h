#ifndef HF_WORKER_H
#define HF_WORKER_H

/* What cupsd calls us with. All borrowed. */
struct hf_call {
	const char *conf;	/* path of intake.conf */
	const char *uri;	/* DEVICE_URI */
	const char *content_type; /* CONTENT_TYPE or NULL */
	const char *final_type;	/* FINAL_CONTENT_TYPE or NULL */
	const char *reasons;	/* PRINTER_STATE_REASONS or NULL */
	char *job;		/* argv[1] … argv[5] */
	char *user;
	char *title;
	char *copies;
	char *options;
	const char *file;	/* argv[6], or NULL: standard input */
};

/*
 * Overwrite title and options where cupsd put them: everybody on this host can
 * read the arguments of a process.  `arg` is a struct hf_call *.
 */
void hf_call_forget(void *arg);

/*
 * Seal and store the job.  Runs in the child that hf_supervise made, once in
 * its life: it leaves root and confines itself.  `arg` is a struct hf_call *.
 * Returns an enum hf_exit; everything to be told has been told.
 */
int hf_worker(void *arg);

#endif
