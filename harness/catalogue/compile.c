/* compile.c: turns cases/requirements.tsv into a C table, at build time.
 *
 *     compile-catalogue requirements.tsv requirements.c
 *
 * It is a program of the build and no part of tcpconform.  It knows the form of
 * the file and nothing of what its words mean: a header line, then a row each,
 * nine columns separated by tabs, ids unique and without blanks.  A row that is
 * not so ends the build with one sentence that names the line.  What the words
 * mean is catalogue.c's business. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 9, LEVEL = 3, MAX_ROWS = 65535 };

static const char *const columns[COLUMNS] = {
	"id", "rfc", "section", "level", "title", "requirement", "observable", "stimulus", "verdict"
};

static const char *const levels[] = { "MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY" };

struct row {
	char  *field[COLUMNS];
	size_t line;                    /* in the file, from 1 */
	size_t place;                   /* among the rows, from 0 */
};

static const char *file;

static _Noreturn void __attribute__((format(printf, 2, 3))) refuse(size_t line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%zu: error: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static char *read_whole(const char *path)
{
	FILE *in = fopen(path, "r");

	if (!in) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
		exit(1);
	}

	size_t n = 0, room = 1 << 16;
	char *text = malloc(room);
	while (text) {
		size_t got = fread(text + n, 1, room - n - 1, in);
		n += got;
		if (got == 0)
			break;
		if (room - n < 2)
			text = realloc(text, room *= 2);
	}
	if (!text || ferror(in)) {
		fprintf(stderr, "%s: error: cannot be read\n", path);
		exit(1);
	}
	fclose(in);
	if (memchr(text, 0, n)) {
		fprintf(stderr, "%s: error: the file has a NUL octet\n", path);
		exit(1);
	}
	text[n] = 0;
	return text;
}

/* Cuts `line` at its tabs. */
static void split(char *line, struct row *r)
{
	size_t n = 0;

	for (char *at = line; at; n++) {
		char *tab = strchr(at, '\t');
		if (n < COLUMNS)
			r->field[n] = at;
		if (tab)
			*tab++ = 0;
		at = tab;
	}
	if (n != COLUMNS)
		refuse(r->line, "the row has %zu columns and not %d", n, COLUMNS);
}

static void check(const struct row *r)
{
	const char *id = r->field[0];

	for (int i = 0; i < COLUMNS; i++)
		if (!*r->field[i])
			refuse(r->line, "the column \"%s\" is empty", columns[i]);
	if (strpbrk(id, " \"\\"))
		refuse(r->line, "the id \"%s\" has a blank or a quote in it", id);
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (!strcmp(r->field[LEVEL], levels[i]))
			return;
	refuse(r->line, "\"%s\" is no level (MUST, MUST NOT, SHOULD, SHOULD NOT, MAY)", r->field[LEVEL]);
}

static int by_id(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;
	int order = strcmp((*x)->field[0], (*y)->field[0]);

	return order ? order : ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
}

static void put_string(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?')
			fprintf(out, "\\%03o", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: compile-catalogue requirements.tsv requirements.c\n");
		return 1;
	}
	file = argv[1];

	char *text = read_whole(file);
	struct row *rows = calloc(MAX_ROWS, sizeof *rows);
	struct row **sorted = calloc(MAX_ROWS, sizeof *sorted);
	if (!rows || !sorted) {
		fprintf(stderr, "%s: error: no memory\n", file);
		return 1;
	}

	size_t n = 0, number = 0;
	for (char *at = text; *at; ) {
		char *end = strchr(at, '\n');
		struct row r = { .line = ++number, .place = n };

		if (!end)
			refuse(number, "the last line does not end in a newline");
		*end = 0;
		split(at, &r);
		at = end + 1;
		if (number == 1) {
			for (int i = 0; i < COLUMNS; i++)
				if (strcmp(r.field[i], columns[i]))
					refuse(number, "column %d is headed \"%s\" and not \"%s\"", i + 1, r.field[i], columns[i]);
			continue;
		}
		check(&r);
		if (n == MAX_ROWS)
			refuse(number, "there are more than %d rows", MAX_ROWS);
		rows[n] = r;
		sorted[n] = &rows[n];
		n++;
	}
	if (n == 0)
		refuse(number, "there is no row");

	qsort(sorted, n, sizeof *sorted, by_id);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(sorted[i - 1]->field[0], sorted[i]->field[0]))
			refuse(sorted[i]->line, "the id \"%s\" stands in line %zu already", sorted[i]->field[0], sorted[i - 1]->line);

	FILE *out = fopen(argv[2], "w");
	if (!out) {
		fprintf(stderr, "%s: error: %s\n", argv[2], strerror(errno));
		return 1;
	}
	fputs("/* requirements.c: made from cases/requirements.tsv by harness/catalogue/compile.c. */\n"
	      "#include \"harness/catalogue.h\"\n"
	      "#include \"harness/catalogue/by_id.h\"\n\n"
	      "const struct requirement requirements[] = {\n", out);
	for (size_t i = 0; i < n; i++) {
		fputs("\t{ ", out);
		for (int k = 0; k < COLUMNS; k++) {
			put_string(out, rows[i].field[k]);
			fputs(k < COLUMNS - 1 ? ", " : " },\n", out);
		}
	}
	fputs("};\n\nconst unsigned short requirements_by_id[] = {\n", out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "\t%zu,\n", sorted[i]->place);
	fprintf(out, "};\n\nconst size_t n_requirements = %zu;\n", n);
	if (ferror(out) | fclose(out)) {
		fprintf(stderr, "%s: error: cannot be written\n", argv[2]);
		remove(argv[2]);
		return 1;
	}
	free(sorted);
	free(rows);
	free(text);
	return 0;
}
