/* tests/unit/test_memory.c -- sizes, and what a cgroup leaves us of memory. */
#include "t.h"

#include <sys/stat.h>
#include <unistd.h>

#include "util/memory.h"
#include "work/spawn/spawn.h"

static void
test_size(void)
{
	static const struct {
		const char	*s;
		int64_t		 want;	/* -1: refused */
	} c[] = {
		{ "0", 0 }, { "1500000", 1500000 }, { "1K", 1024 },
		{ "64M", 67108864 }, { "2G", 2147483648 },
		{ "1T", 1099511627776 },
		{ "9223372036854775807", INT64_MAX },
		{ "8191P", -1 }, { "9223372036854775808", -1 },
		{ "8388608T", -1 }, { "8388607T", 9223370937343148032 },
		{ "", -1 }, { "M", -1 }, { "-1", -1 }, { " 1", -1 },
		{ "1 M", -1 }, { "1MB", -1 }, { "1m", -1 }, { "1.5G", -1 },
	};
	size_t i;
	int64_t v;
	int rc;

	for (i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		v = -1;
		rc = tq_size_parse(c[i].s, &v);
		if (v != c[i].want || rc != (c[i].want == -1 ? -1 : 0))
			T_FAIL("\"%s\" gives %lld", c[i].s, (long long)v);
	}
}

/* ---- a system of our own ---- */

static char root[96];

static void
put(const char *path, const char *text)
{
	char name[512], *p;
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", root, path);
	for (p = name + strlen(root) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(name, 0700);
		*p = '/';
	}
	T_MUST((f = fopen(name, "w")) != NULL);
	fputs(text, f);
	fclose(f);
}

static void
test_cgroup(void)
{
	uint64_t machine;

	T_MUST(t_mkdir(root, sizeof(root), "memory"));
	machine = tq_memory_max(root);
	T_OK(machine > 1000000);
	put("/proc/self/cgroup", "0::/a/b\n");
	T_OK(tq_memory_max(root) == machine);
	put("/sys/fs/cgroup/a/b/memory.max", "max\n");
	T_OK(tq_memory_max(root) == machine);
	put("/sys/fs/cgroup/a/b/memory.max", "400000\n");
	T_INT(tq_memory_max(root), 400000);
	/* Above it there is less. */
	put("/sys/fs/cgroup/a/memory.max", "300000\n");
	T_INT(tq_memory_max(root), 300000);
	/* In a container the group is the root. */
	put("/sys/fs/cgroup/memory.max", "200000\n");
	T_INT(tq_memory_max(root), 200000);
	put("/proc/self/cgroup", "0::/\n");
	T_INT(tq_memory_max(root), 200000);
	/* Version 1, as on this line among others. */
	put("/proc/self/cgroup", "9:name=systemd:/\n4:memory:/x\n0\nyz\n");
	put("/sys/fs/cgroup/memory/x/memory.limit_in_bytes",
	    "9223372036854771712\n");
	T_OK(tq_memory_max(root) == machine);
	put("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "100000\n");
	T_INT(tq_memory_max(root), 100000);
}

static void
clean_up(void)
{
	tq_spawn_remove(root);
	T_INT(access(root, F_OK), -1);
}

T_MAIN(
	{ "sizes are bytes, K, M, G or T", test_size },
	{ "memory is the least of the machine's and each cgroup's",
	    test_cgroup },
	{ "what was made is gone", clean_up })
