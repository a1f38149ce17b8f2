/* lib/util/near.c -- see near.h. */
#include "util/near.h"

#include <string.h>

#define WORD_MAX	40	/* nobody mistypes longer names */

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours. */
static size_t
distance(const char *a, size_t an, const char *b, size_t bn)
{
	size_t d[3][WORD_MAX + 1], i, j, *now, *last, *before;

	for (j = 0; j <= bn; j++)
		d[0][j] = j;
	for (i = 1; i <= an; i++) {
		now = d[i % 3];
		last = d[(i + 2) % 3];
		before = d[(i + 1) % 3];
		now[0] = i;
		for (j = 1; j <= bn; j++) {
			now[j] = least(last[j] + 1, now[j - 1] + 1);
			now[j] = least(now[j],
			    last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return d[an % 3][bn];
}

void
tq_near_start(struct tq_near *near, const char *word, size_t n)
{
	near->word = word;
	near->n = n;
	near->best = NULL;
	/* Up to a third of it may be wrong, and never over two letters. */
	near->distance = n < 3 ? 0 : n < 6 ? 2 : 3;
}

void
tq_near_try(struct tq_near *near, const char *name)
{
	size_t d, n = strlen(name);

	if (n > WORD_MAX || near->n > WORD_MAX)
		return;
	/* The word spells out a short name: "priority" is "prio". */
	if (n >= 3 && n < near->n && near->distance > 1 &&
	    strncmp(near->word, name, n) == 0) {
		near->distance = 1;
		near->best = name;
		return;
	}
	/* As many letters at least were put in or left out. */
	if ((n > near->n ? n - near->n : near->n - n) > near->distance)
		return;
	d = distance(near->word, near->n, name, n);
	/* The first letter is seldom the wrong one. */
	if (d < near->distance || (d == near->distance &&
	    near->best != NULL && near->best[0] != near->word[0] &&
	    name[0] == near->word[0])) {
		near->distance = d;
		near->best = name;
	}
}
