/* seeds.c: hands a target's well-formed inputs to libFuzzer, as files in the
 * corpus folder that is the last argument.  Where there is no libFuzzer, driver.c
 * asks for them itself. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "seeds.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static uint8_t seed[65536];
	const char *folder = (*argv)[*argc - 1];
	size_t n;

	if (!fuzz_seed || *argc < 2 || folder[0] == '-')
		return 0;
	mkdir(folder, 0777);
	for (unsigned i = 0; (n = fuzz_seed(i, seed, sizeof seed)) > 0; i++) {
		char path[4096];

		snprintf(path, sizeof path, "%s/seed-%u", folder, i);
		FILE *out = fopen(path, "wb");
		if (!out)
			continue;
		fwrite(seed, 1, n, out);
		fclose(out);
	}
	return 0;
}
