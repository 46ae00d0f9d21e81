/* files.c: what --output writes: DIR/result.json with all the evidence, and
 * DIR/cases/ADDRESS.pcapng, one annotated capture a case.  A write that fails is
 * said once on stderr; the run itself goes on. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "report.h"
#include "words.h"

struct files {
	struct made_report made;        /* first: report_free */
	struct report_config config;
	struct json_document doc;
	bool complained, written;
};

static void complain(struct files *f, const char *path, int error)
{
	if (!f->complained)
		fprintf(stderr, "tcpconform: cannot write %s: %s\n", path, strerror(error));
	f->complained = true;
}

static void begin(void *arg, const struct suite_config *suite, const struct target *target,
                  const struct dut_declaration *dut, size_t n)
{
	struct files *f = arg;

	json_begin(&f->doc, suite, target, dut, n);
	if (target->is_virtual)
		f->config.wall_began = 0;
}

static void result(void *arg, size_t number, const struct evidence *e)
{
	struct files *f = arg;
	char name[512], path[PATH_MAX];
	bool any = false;

	json_result(&f->doc, number, e);
	for (size_t i = 0; i < e->n_events && !any; i++)
		any = has_frame(&e->events[i]);
	if (!any)                               /* a skipped case has no packets */
		return;
	snprintf(path, sizeof path, "%s/%s", f->config.output, packet_path(e, name, sizeof name));

	FILE *out = fopen(path, "wbe");

	if (!out) {
		complain(f, path, errno);
		return;
	}

	int r = pcapng_write(out, e, f->config.wall_began);

	if (fclose(out) == EOF && !r)
		r = -errno;
	if (r)
		complain(f, path, -r);
}

static void bail(void *arg, const char *why)
{
	struct files *f = arg;

	json_bail(&f->doc, why);
}

static void write_document(struct files *f)
{
	char path[PATH_MAX];

	if (f->written || !f->doc.root)
		return;
	f->written = true;
	snprintf(path, sizeof path, "%s/result.json", f->config.output);

	FILE *out = fopen(path, "we");

	if (!out) {
		complain(f, path, errno);
		return;
	}

	int r = json_write(&f->doc, out);

	if (fclose(out) == EOF && !r)
		r = -errno;
	if (r)
		complain(f, path, -r);
}

static void end(void *arg, const struct totals *s, int status)
{
	struct files *f = arg;

	json_end(&f->doc, s, status);
	write_document(f);
}

static void drop(void *arg)
{
	struct files *f = arg;

	write_document(f);
	json_drop(&f->doc);
}

static bool make_folder(const char *path, char *err, size_t n)
{
	struct stat st;

	if (mkdir(path, 0777) == 0)
		return true;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	snprintf(err, n, "cannot make the folder %s: %s", path,
	         errno == EEXIST ? "there is a file of that name" : strerror(errno));
	return false;
}

struct report *report_files(const struct report_config *config, bool force, char *err, size_t n)
{
	char path[PATH_MAX];

	if (strlen(config->output) > PATH_MAX - 300) {
		snprintf(err, n, "the name of the output folder is too long");
		return NULL;
	}
	snprintf(path, sizeof path, "%s/result.json", config->output);
	if (!force && access(path, F_OK) == 0) {
		snprintf(err, n, "%s holds another run: name another folder, or say --force to overwrite it",
		         config->output);
		return NULL;
	}
	snprintf(path, sizeof path, "%s/cases", config->output);
	if (!make_folder(config->output, err, n) || !make_folder(path, err, n))
		return NULL;

	struct files *f = calloc(1, sizeof *f);

	if (!f) {
		snprintf(err, n, "out of memory");
		return NULL;
	}
	*f = (struct files){
		.made.report = { .arg = f, .begin = begin, .result = result, .bail = bail, .end = end },
		.made.drop = drop, .config = *config,
	};
	return &f->made.report;
}
