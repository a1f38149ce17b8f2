/*
 * tests/unit/t.h -- a test harness of one header: an explicit table of
 * sentences, TAP on stdout, exit 1 if one fails.
 *
 *	static void test_x(void) { T_INT(f(1), 2); }
 *	T_MAIN({ "f doubles its argument", test_x })
 */
#ifndef T_H
#define T_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct t_case {
	const char	*sentence;
	void		(*run)(void);
};

/* Failures in the running case; T_PARTS: main's file defines it for all. */
#ifdef T_PARTS
extern int t_bad;
#else
static int t_bad;
#endif

#define T_FAIL(...) do {						\
	t_bad++;							\
	printf("# %s:%d: ", __FILE__, __LINE__);			\
	printf(__VA_ARGS__);						\
	printf("\n");							\
} while (0)

#define T_OK(cond) do {							\
	if (!(cond)) T_FAIL("not true: %s", #cond);			\
} while (0)

#define T_INT(got, want) do {						\
	intmax_t g_ = (intmax_t)(got), w_ = (intmax_t)(want);		\
	if (g_ != w_) T_FAIL("%s is %" PRIdMAX ", not %" PRIdMAX, #got, g_, w_); \
} while (0)

#define T_STR(got, want) do {						\
	const char *g_ = (got), *w_ = (want);				\
	if (g_ == NULL || strcmp(g_, w_) != 0)				\
		T_FAIL("%s is \"%s\", not \"%s\"", #got, g_ ? g_ : "(null)", w_); \
} while (0)

/* Like T_OK(), and gives the case up: for what the rest depends on. */
#define T_MUST(cond) do {						\
	if (!(cond)) { T_FAIL("not true: %s", #cond); return; }		\
} while (0)

/*
 * t_mkdir(to, n, name): make a folder in what $TMPDIR was at first, where tests/run
 * removes what a test that was killed has left; its path goes to ${to}.
 */
static inline bool
t_mkdir(char *to, size_t n, const char *name)
{
	static char tmp[64];

	if (tmp[0] == '\0')
		snprintf(tmp, sizeof(tmp), "%s", getenv("TMPDIR") != NULL ?
		    getenv("TMPDIR") : "/tmp");
	return snprintf(to, n, "%s/tq-%s-XXXXXX", tmp, name) < (int)n &&
	    mkdtemp(to) != NULL;
}

static inline int
t_run(const struct t_case *cases, size_t n)
{
	int failed = 0;
	size_t i;

	printf("1..%zu\n", n);
	for (i = 0; i < n; i++) {
		t_bad = 0;
		cases[i].run();
		printf("%s %zu - %s\n", t_bad ? "not ok" : "ok", i + 1,
		    cases[i].sentence);
		fflush(stdout);
		failed += t_bad != 0;
	}
	return failed != 0;
}

#define T_MAIN(...)							\
int main(void)								\
{									\
	static const struct t_case cases[] = { __VA_ARGS__ };		\
	return t_run(cases, sizeof(cases) / sizeof(cases[0]));		\
}

#endif
