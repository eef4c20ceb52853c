#include "release/queue/decide.h"

static const struct {
	enum hf_tap_result result;
	const char *words;
} verdicts[] = {
	[HF_RELEASE] = { HF_TAP_RELEASED, "Your documents are printed" },
	[HF_ENROL] = { HF_TAP_ENROLLED, "This card is registered now" },
	[HF_NO_JOBS] = { HF_TAP_NO_JOBS, "No documents are waiting for you" },
	[HF_ONLY_UNCERTAIN] = { HF_TAP_NO_JOBS,
	    "A document may have been printed already: decide in the portal "
	    "or ask the help desk" },
	[HF_REFUSE_READER] = { HF_TAP_REFUSED,
	    "This card reader is not registered: ask the help desk" },
	[HF_REFUSE_PRINTER] = { HF_TAP_REFUSED,
	    "This printer is not in service" },
	[HF_REFUSE_UNKNOWN] = { HF_TAP_UNKNOWN_CARD, "This card is unknown" },
	[HF_REFUSE_BADGE] = { HF_TAP_REFUSED,
	    "This card has been revoked: ask the help desk" },
	[HF_REFUSE_PERSON] = { HF_TAP_REFUSED,
	    "Your account is disabled: ask the help desk" },
	[HF_REFUSE_CLASS] = { HF_TAP_REFUSED,
	    "This printer asks for more than a card number" },
};

enum hf_class
hf_class_of(bool pin_is_right, bool proof_is_right)
{
	if (proof_is_right)
		return pin_is_right ? HF_L3 : HF_L2;
	return pin_is_right ? HF_L1 : HF_L0;
}

/*
 * A printer that demands nothing still demands more than a number, unless an
 * administrator waived it in writing.  The waiver is about L0 and L1 only: a
 * printer that wants a card's proof gets one.
 */
static bool
class_is_enough(const struct hf_facts *f)
{
	if (f->presented != HF_L0)
		return (int)f->presented >= f->min_class;
	return f->waiver && f->min_class <= HF_L1;
}

enum hf_verdict
hf_decide(const struct hf_facts *f)
{
	if (!f->reader_ok || !f->bound)
		return HF_REFUSE_READER;
	if (!f->badge_known && f->pending_enrolment)
		return HF_ENROL;
	if (!f->printer_ok)
		return HF_REFUSE_PRINTER;
	if (!f->badge_known)
		return HF_REFUSE_UNKNOWN;
	if (f->badge_revoked)
		return HF_REFUSE_BADGE;
	if (f->person_disabled)
		return HF_REFUSE_PERSON;
	if (!class_is_enough(f))
		return HF_REFUSE_CLASS;
	if (f->held > 0)
		return HF_RELEASE;
	return f->uncertain > 0 ? HF_ONLY_UNCERTAIN : HF_NO_JOBS;
}

enum hf_tap_result
hf_verdict_result(enum hf_verdict v)
{
	return verdicts[v].result;
}

const char *
hf_verdict_words(enum hf_verdict v)
{
	return verdicts[v].words;
}
