/*
 * The peer of bench/reader: the least that a program can do to learn a card's
 * number.  Prints the time (CLOCK_MONOTONIC) at which it had it.
 *	reader-bare READER-NAME
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <winscard.h>

int
main(int argc, char **argv)
{
	static const BYTE get_uid[] = { 0xff, 0xca, 0, 0, 0 };
	SCARD_READERSTATE st = { .szReader = argv[argc - 1] };
	DWORD proto, n;
	BYTE uid[64];
	SCARDCONTEXT ctx;
	SCARDHANDLE card;
	struct timespec t;

	if (argc != 2 || SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
	    &ctx) != SCARD_S_SUCCESS)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (SCardGetStatusChange(ctx, INFINITE, &st, 1) ==
	    SCARD_S_SUCCESS) {
		n = sizeof uid;
		if ((st.dwEventState & SCARD_STATE_PRESENT) &&
		    (st.dwCurrentState >> 16 != st.dwEventState >> 16) &&
		    SCardConnect(ctx, argv[1], SCARD_SHARE_SHARED,
			SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card,
			&proto) == SCARD_S_SUCCESS) {
			if (SCardTransmit(card, proto == SCARD_PROTOCOL_T0 ?
			    SCARD_PCI_T0 : SCARD_PCI_T1, get_uid,
			    sizeof get_uid, NULL, uid, &n) ==
				SCARD_S_SUCCESS && n > 2) {
				clock_gettime(CLOCK_MONOTONIC, &t);
				printf("%lld.%06ld\n", (long long)t.tv_sec,
				    t.tv_nsec / 1000);
			}
			SCardDisconnect(card, SCARD_LEAVE_CARD);
		}
		st.dwCurrentState = st.dwEventState &
		    ~(DWORD)SCARD_STATE_CHANGED;
	}
	return 0;
}
