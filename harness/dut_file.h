/* dut_file.h: what a device under test declares, by name: each is an option of
 * `run` and a line of a DUT file, in the same words.  The options win. */
#ifndef TCPCONFORM_DUT_FILE_H
#define TCPCONFORM_DUT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "dut/dut.h"

/* No time that a target declares is longer: sums of them do not overflow. */
#define DECLARED_LONGEST S(7 * 24 * 3600)

struct declarations {
	char     target[600];           /* as on the command line; "": not given */
	enum service service;
	struct dut_said said;
	unsigned given;                 /* a bit for each name                   */
};

/* NAME = VALUE.  False and half a sentence, which the name goes before, if there is
 * no such name or the value is out of range. */
bool declare(struct declarations *, const char *name, const char *value, char *err, size_t n);

bool is_declared(const struct declarations *, const char *name);

/* Every line of the file, except of a name that was given before.  False and one sentence,
 * with the line's number, if one cannot be read. */
bool dut_file_read(struct declarations *, const char *path, char *err, size_t n);

#endif
