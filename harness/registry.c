/* registry.c: all cases, in address order: the linker has collected them. */
#include <assert.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

extern const struct case_info *const __start_tcpconform_cases[];
extern const struct case_info *const __stop_tcpconform_cases[];

static void address_of(const struct case_info *info, uint8_t v, char *buf, size_t n)
{
	size_t at = (size_t)snprintf(buf, n, "%s/", info->section);

	for (const char *p = info->name; *p && at + 1 < n; p++)
		buf[at++] = *p == '_' ? '-' : *p;
	buf[at < n ? at : n - 1] = '\0';
	if (v && at < n)
		snprintf(buf + at, n - at, "/ip%u", v);
}

static int by_address(const void *a, const void *b)
{
	const struct case_info *x = *(const struct case_info *const *)a, *y = *(const struct case_info *const *)b;
	char left[160], right[160];

	address_of(x, 0, left, sizeof left);
	address_of(y, 0, right, sizeof right);
	return strcmp(left, right);
}

const struct case_info *const *registry_cases(size_t *n)
{
	static const struct case_info **sorted;
	static size_t count;

	if (!sorted) {
		const struct case_info *const *entry;

		count = (size_t)(__stop_tcpconform_cases - __start_tcpconform_cases);
		sorted = calloc(count + 1, sizeof *sorted);
		if (!sorted)
			abort();
		count = 0;
		for (entry = __start_tcpconform_cases; entry < __stop_tcpconform_cases; entry++)
			if (*entry)
				sorted[count++] = *entry;
		qsort(sorted, count, sizeof *sorted, by_address);
		for (size_t i = 1; i < count; i++)
			assert(by_address(&sorted[i - 1], &sorted[i]) && "two cases have one address");
	}
	*n = count;
	return sorted;
}

bool glob_match(const char *glob, const char *text)
{
	return !fnmatch(glob, text, 0);
}

/* A glob names a case with or without its IP version. */
static bool any_address(const char *const *globs, size_t n, const char *address)
{
	char plain[160];

	snprintf(plain, sizeof plain, "%.*s", (int)(strrchr(address, '/') - address), address);
	for (size_t i = 0; i < n; i++)
		if (glob_match(globs[i], address) || glob_match(globs[i], plain))
			return true;
	return false;
}

static bool any_requirement(const char *const *globs, size_t n, const char *req)
{
	char id[64];

	while (*req) {
		size_t len = strcspn(req, " ");

		snprintf(id, sizeof id, "%.*s", (int)len, req);
		for (size_t i = 0; i < n; i++)
			if (glob_match(globs[i], id))
				return true;
		req += len + strspn(req + len, " ");
	}
	return false;
}

static bool selected(const struct selection *s, const struct instance *i)
{
	if (s->n_cases && !any_address(s->cases, s->n_cases, i->address))
		return false;
	if (s->n_not && any_address(s->not, s->n_not, i->address))
		return false;
	return !s->n_requirements || any_requirement(s->requirements, s->n_requirements, i->info->req);
}

struct instance *registry_select(const struct selection *s, size_t *n)
{
	size_t count, k = 0;
	const struct case_info *const *all = registry_cases(&count);
	struct instance *list = calloc(2 * count + 1, sizeof *list);

	if (!list)
		abort();
	for (size_t i = 0; i < count; i++)
		for (uint8_t v = 4; v <= 6; v += 2) {
			struct instance *one = &list[k];

			if (!(v == 4 ? s->ip4 : s->ip6) || all[i]->ip == (v == 4 ? V6 : V4))
				continue;
			one->info = all[i];
			one->v = v;
			address_of(all[i], v, one->address, sizeof one->address);
			if (selected(s, one))
				k++;
		}
	*n = k;
	return list;
}
