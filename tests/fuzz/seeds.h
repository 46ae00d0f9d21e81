/* seeds.h: what a fuzz target offers to driver.c and to libFuzzer. */
#ifndef TCPCONFORM_FUZZ_SEEDS_H
#define TCPCONFORM_FUZZ_SEEDS_H

#include <stddef.h>
#include <stdint.h>

/* One input; returns 0.  It must not keep, print or exit. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Optional: writes the nth well-formed input (0 first) and returns its length;
 * 0 behind the last. */
size_t fuzz_seed(unsigned n, uint8_t *out, size_t room) __attribute__((weak));

#endif
