/* lib/util/memory.c -- see memory.h. */
#include "util/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES	4096

int
tq_size_parse(const char *s, int64_t *out)
{
	static const char steps[] = "KMGT";
	const char *step;
	int64_t v = 0;

	if (*s < '0' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (v > (INT64_MAX - (*s - '0')) / 10)
			return -1;
		v = v * 10 + (*s - '0');
	}
	if (*s != '\0') {
		if ((step = strchr(steps, *s)) == NULL || s[1] != '\0')
			return -1;
		for (; step >= steps; step--) {
			if (v > INT64_MAX / 1024)
				return -1;
			v *= 1024;
		}
	}
	*out = v;
	return 0;
}

/* The number that a file starts with; "max" and no such file are no limit. */
static uint64_t
number_in(const char *path)
{
	FILE *f = fopen(path, "re");
	unsigned long long v;
	bool ok;

	if (f == NULL)
		return UINT64_MAX;
	ok = fscanf(f, "%llu", &v) == 1;
	fclose(f);
	return ok ? v : UINT64_MAX;
}

/* The least of ${file} in the group ${path} below ${base} and in those above. */
static uint64_t
least_of(const char *base, const char *path, const char *file)
{
	char group[PATH_BYTES], name[2 * PATH_BYTES];
	uint64_t v, least = UINT64_MAX;
	char *slash;

	snprintf(group, sizeof(group), "%s", path);
	for (;;) {
		snprintf(name, sizeof(name), "%s%s/%s", base, group, file);
		if ((v = number_in(name)) < least)
			least = v;
		if ((slash = strrchr(group, '/')) == NULL)
			return least;
		*slash = '\0';
	}
}

/* A line of /proc/self/cgroup: "ID:CONTROLLERS:PATH"; 2's has no names. */
static uint64_t
limit_of_line(const char *root, char *line)
{
	char base[PATH_BYTES], *names, *path;

	line[strcspn(line, "\n")] = '\0';
	if ((names = strchr(line, ':')) == NULL ||
	    (path = strchr(++names, ':')) == NULL)
		return UINT64_MAX;
	*path++ = '\0';
	if (names[0] == '\0') {
		snprintf(base, sizeof(base), "%s/sys/fs/cgroup", root);
		return least_of(base, path, "memory.max");
	}
	if (strcmp(names, "memory") != 0)
		return UINT64_MAX;
	snprintf(base, sizeof(base), "%s/sys/fs/cgroup/memory", root);
	return least_of(base, path, "memory.limit_in_bytes");
}

uint64_t
tq_memory_max(const char *root)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	uint64_t v, least = pages > 0 && page > 0 ? (uint64_t)pages *
	    (uint64_t)page : UINT64_MAX;
	char name[PATH_BYTES], line[PATH_BYTES];
	FILE *f;

	snprintf(name, sizeof(name), "%s/proc/self/cgroup", root);
	if ((f = fopen(name, "re")) == NULL)
		return least;
	while (fgets(line, sizeof(line), f) != NULL)
		if ((v = limit_of_line(root, line)) < least)
			least = v;
	fclose(f);
	return least;
}
