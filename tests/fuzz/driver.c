/* driver.c: runs a fuzz target where there is no libFuzzer: any compiler, no
 * knowledge of coverage, but the same target.
 *
 *     fuzz_NAME SECONDS        mutates well-formed inputs for so long
 *     fuzz_NAME FILE...        runs these inputs again
 *
 * A target offers LLVMFuzzerTestOneInput and, where blind chance would not get
 * past the first field, fuzz_seed (see seeds.h).  The stream of inputs is the
 * same in each run; only how far it gets depends on the time. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "seeds.h"

enum { LONGEST = 65536, SEEDS = 256 };

static uint8_t input[LONGEST];
static size_t length;
static uint64_t state = 0x9e3779b97f4a7c15;

static uint64_t chance(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below ? (state >> 11) % below : 0;
}

/* The input that brought the target down, for a second look. */
static void keep(int signal_number)
{
	static const char name[] = "fuzz-crash.bin";
	FILE *out = fopen(name, "wb");

	if (out) {
		fwrite(input, 1, length, out);
		fclose(out);
		fprintf(stderr, "the input is in %s\n", name);
	}
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void mutate(void)
{
	static const uint8_t edges[] = { 0, 1, 2, 3, 4, 0x7f, 0x80, 0xfe, 0xff };

	for (uint64_t times = 1 + chance(6); times > 0; times--) {
		size_t at = chance(length + 1), n = chance(16);

		switch (chance(7)) {
		case 0:
			if (at < length)
				input[at] ^= (uint8_t)(1u << chance(8));
			break;
		case 1:
			if (at < length)
				input[at] = (uint8_t)chance(256);
			break;
		case 2:
			if (at < length)
				input[at] = edges[chance(sizeof edges)];
			break;
		case 3:                         /* cut off */
			length = at;
			break;
		case 4:                         /* leave out */
			if (at + n <= length) {
				memmove(input + at, input + at + n, length - at - n);
				length -= n;
			}
			break;
		case 5:                         /* say twice */
			if (at + n <= length && length + n <= LONGEST) {
				memmove(input + at + n, input + at, length - at);
				length += n;
			}
			break;
		case 6:                         /* append */
			while (n-- > 0 && length < LONGEST)
				input[length++] = (uint8_t)chance(256);
			break;
		}
	}
}

static int run_file(const char *path)
{
	FILE *in = fopen(path, "rb");

	if (!in) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	length = fread(input, 1, sizeof input, in);
	fclose(in);
	LLVMFuzzerTestOneInput(input, length);
	return 0;
}

/* The target gets the input in memory of just its length, so that a sanitizer
 * sees one octet too many. */
static void run_input(void)
{
	uint8_t *exact = malloc(length ? length : 1);

	if (!exact)
		abort();
	memcpy(exact, input, length);
	LLVMFuzzerTestOneInput(exact, length);
	free(exact);
}

int main(int argc, char **argv)
{
	char *end = NULL;
	double seconds = argc == 2 ? strtod(argv[1], &end) : 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s SECONDS | FILE...\n", argv[0]);
		return 2;
	}
	if (!end || *end) {
		int bad = 0;

		for (int i = 1; i < argc; i++)
			bad |= run_file(argv[i]);
		return bad;
	}
	signal(SIGSEGV, keep);
	signal(SIGABRT, keep);
	signal(SIGFPE, keep);
	signal(SIGILL, keep);

	unsigned seeds = 0;
	while (fuzz_seed && seeds < SEEDS && fuzz_seed(seeds, input, LONGEST) > 0)
		seeds++;

	uint64_t runs = 0;
	clock_t until = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
	while (clock() < until) {
		for (int i = 0; i < 64; i++, runs++) {
			length = seeds ? fuzz_seed((unsigned)chance(seeds), input, LONGEST) : chance(256);
			if (!seeds)
				for (size_t k = 0; k < length; k++)
					input[k] = (uint8_t)chance(256);
			if (runs >= seeds)
				mutate();
			run_input();
		}
	}
	printf("%llu inputs from %u seeds\n", (unsigned long long)runs, seeds);
	return 0;
}
