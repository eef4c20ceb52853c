#ifndef HF_DECIDE_H
#define HF_DECIDE_H

#include <stdbool.h>

#include "lib/msg.h"

/*
 * May this card release this person's jobs at this printer?  A pure function
 * of what the database and role key said, so that the policy is a table of
 * test cases (tests/unit/test_decide.c).
 */

/* Assurance classes, doc/architecture.md "The tap". */
enum hf_class {
	HF_L0,	/* a number only */
	HF_L1,	/* number and PIN */
	HF_L2,	/* the card proved a key */
	HF_L3	/* that and a PIN */
};

/* What was checked, not what was presented. */
enum hf_class hf_class_of(bool pin_is_right, bool proof_is_right);

struct hf_facts {
	bool reader_ok;		/* enrolled and not revoked */
	bool bound;		/* the printer is one of this reader's */
	bool printer_ok;	/* known and in service */
	bool badge_known;
	bool badge_revoked;
	bool person_disabled;
	bool pending_enrolment;	/* an administrator waits for a card here */
	bool waiver;		/* an administrator allowed numbers alone */
	int min_class;		/* of the printer */
	enum hf_class presented;
	int held;		/* jobs that could go to this printer */
	int uncertain;		/* jobs that may have been printed */
};

enum hf_verdict {
	HF_RELEASE,
	HF_ENROL,		/* bind this card to whom the administrator said */
	HF_NO_JOBS,
	HF_ONLY_UNCERTAIN,
	HF_REFUSE_READER,
	HF_REFUSE_PRINTER,
	HF_REFUSE_UNKNOWN,
	HF_REFUSE_BADGE,
	HF_REFUSE_PERSON,
	HF_REFUSE_CLASS
};

enum hf_verdict hf_decide(const struct hf_facts *f);
/* The TAP result, and the line for the person at the printer. */
enum hf_tap_result hf_verdict_result(enum hf_verdict v);
const char *hf_verdict_words(enum hf_verdict v);

#endif
