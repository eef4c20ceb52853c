#ifndef HF_CLOCK_H
#define HF_CLOCK_H

#include <stdint.h>

/* Monotonic milliseconds: what every deadline here is measured with. */
int64_t hf_now_ms(void);
/* Seconds since 1970, for what other hosts read. */
uint64_t hf_wall_s(void);

#endif
