/* json.h: evidence as a value of jansson's, for json.c and files.c. */
#ifndef TCPCONFORM_REPORT_JSON_H
#define TCPCONFORM_REPORT_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "../suite.h"

/* A document that grows by a case at a time.  See docs/tcpconform.1 for its
 * members; "version" is EVIDENCE_VERSION. */
struct json_document {
	json_t *root, *cases;
	enum level fail_on;
	const struct suite_config *suite;
	bool is_virtual;
};

void json_begin(struct json_document *, const struct suite_config *, const struct target *,
                const struct dut_declaration *, size_t n);
void json_result(struct json_document *, size_t number, const struct evidence *);
void json_bail(struct json_document *, const char *why);
void json_end(struct json_document *, const struct totals *, int status);

/* Writes it with a line end; 0 or -errno. */
int json_write(const struct json_document *, FILE *out);
void json_drop(struct json_document *);

#endif
