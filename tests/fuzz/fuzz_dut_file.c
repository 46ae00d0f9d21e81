/* fuzz_dut_file.c: a DUT file of any octets is read, or refused by one sentence; and
 * what is declared is in the bounds that the harness counts on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/dut_file.h"
#include "seeds.h"

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void must_be_time(tick t)
{
	must(t >= 0 && t <= DECLARED_LONGEST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct declarations d = { .said = { .throttle = -1 } }, before = { .given = 0 };
	char path[64], err[512] = "";
	int fd = memfd_create("dut", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	before = d;
	if (dut_file_read(&d, path, err, sizeof err)) {
		must(!err[0]);
		must(d.given || !memcmp(&d.said, &before.said, sizeof d.said));
	} else {
		must(err[0] && strlen(err) < sizeof err);
	}
	must_be_time(d.said.msl);
	must_be_time(d.said.reply_within);
	must_be_time(d.said.timer_tick);
	must(d.said.throttle == -1 || d.said.throttle >= 0);
	must(d.said.connections >= 0 && d.said.connections <= 100000);
	must(strlen(d.target) < sizeof d.target);
	close(fd);
	return 0;
}

size_t fuzz_seed(unsigned n, uint8_t *out, size_t room)
{
	static const char *const seeds[] = {
		"target      = 10.9.0.2:7,fd00:9::2\nservice     = echo\nconnections = 8        # its table\n",
		"timer-tick  = 250ms    # TCP_TMR_INTERVAL\nabsent      = sack, timestamps\n",
		"wait = 2s\nmsl = 30s\nthrottle = 0.5\n\n# nothing\n",
		"absent = window-scale,keepalive,urgent,tfo,mss\nservice = http\nmsl = 1h\n",
	};

	if (n >= sizeof seeds / sizeof *seeds || strlen(seeds[n]) > room)
		return 0;
	memcpy(out, seeds[n], strlen(seeds[n]));
	return strlen(seeds[n]);
}
