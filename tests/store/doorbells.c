/*
 * tests/store/doorbells.c -- each rule about doorbells, each case of ringAt,
 * against the stand-ins that the environment names.
 *
 *	doorbells [WORD]	(only the cases whose sentence has it)
 *
 * The rules themselves, which are pure, are tested in
 * tests/unit/test_doorbell.c: here it is seen that the store keeps them.
 */
#include "doorbells.h"

#include <unistd.h>

int t_bad;
struct tq_arena arena;
struct tq_err err;

static const struct {
	const struct t_case	*cases;
	const size_t		*n;
} parts[] = {
	{ bell_cases, &nbell_cases }, { dead_cases, &ndead_cases },
	{ ring_cases, &nring_cases }, { lost_cases, &nlost_cases },
	{ torn_cases, &ntorn_cases }, { limit_cases, &nlimit_cases },
	{ half_cases, &nhalf_cases },
	{ list_cases, &nlist_cases },
	{ backlog_cases, &nbacklog_cases },
	{ retention_cases, &nretention_cases },
	{ follow_cases, &nfollow_cases }, { shards_cases, &nshards_cases },
	{ edge_cases, &nedge_cases }, { pushed_cases, &npushed_cases },
	{ body_cases, &nbody_cases },
};
#define NPARTS	(sizeof(parts) / sizeof(parts[0]))

/* A store of its own for each case: so a sweep has only its to look at. */
static int
run(const struct t_case *c, size_t nth)
{
	char prefix[32], url[80];
	struct tq_init opts = { 0 };

	snprintf(prefix, sizeof(prefix), "d%zu-%d", nth, (int)getpid());
	snprintf(url, sizeof(url), "aws:%s?bucket=tqdoorbells", prefix);
	beside_prefix(prefix);
	set_clock();
	t_bad = 0;
	if (tq_aws_ops.init(url, &env, &opts, NULL, NULL, &err) == -1 ||
	    host_open(&w1, url) == -1 || host_open(&w2, url) == -1)
		return -1;
	c->run();
	host_close(&w1);
	host_close(&w2);
	tq_arena_reset(&arena);
	printf("%s %zu - doorbells: %s\n", t_bad ? "not ok" : "ok", nth,
	    c->sentence);
	fflush(stdout);
	return t_bad;
}

static bool
wanted(const struct t_case *c, const char *word)
{
	return word == NULL || strstr(c->sentence, word) != NULL;
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	size_t i, k, n = 0, nth = 0;
	int rc, failed = 0;

	for (i = 0; i < NPARTS; i++)
		for (k = 0; k < *parts[i].n; k++)
			n += wanted(&parts[i].cases[k], word);
	printf("1..%zu\n", n);
	if (beside_open() == -1) {
		printf("Bail out! %s\n", err.msg);
		return 1;
	}
	for (i = 0; i < NPARTS; i++)
		for (k = 0; k < *parts[i].n; k++) {
			if (!wanted(&parts[i].cases[k], word))
				continue;
			if ((rc = run(&parts[i].cases[k], ++nth)) == -1) {
				printf("Bail out! %s\n", err.msg);
				return 1;
			}
			failed += rc != 0;
		}
	beside_close();
	tq_arena_free(&arena);
	return failed != 0;
}
