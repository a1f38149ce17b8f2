/* lib/cli/tree.c -- see tree.h. */
#include "cli/tree.h"

#include <stdlib.h>
#include <string.h>

#include "store/edges.h"

struct tree {
	const char	**ids;		/* in the order they were met */
	size_t		 n, cap;
	const char	**seen;		/* a hash table of them */
	size_t		 slots;
	struct tq_arena	*a;
};

static size_t
hash(const char *s)
{
	size_t h = 5381;

	while (*s != '\0')
		h = h * 33 + (unsigned char)*s++;
	return h;
}

/* Its place in the table, or the one it would have. */
static const char **
place(const struct tree *t, const char *id)
{
	size_t i = hash(id) & (t->slots - 1);

	while (t->seen[i] != NULL && strcmp(t->seen[i], id) != 0)
		i = (i + 1) & (t->slots - 1);
	return &t->seen[i];
}

static void
grow(struct tree *t)
{
	const char **ids = t->ids;
	size_t i;

	t->cap = t->cap == 0 ? 64 : 2 * t->cap;
	t->slots = 2 * t->cap;
	t->ids = tq_arena_alloc(t->a, t->cap * sizeof(*t->ids));
	t->seen = tq_arena_alloc(t->a, t->slots * sizeof(*t->seen));
	for (i = 0; i < t->n; i++) {
		t->ids[i] = ids[i];
		*place(t, ids[i]) = ids[i];
	}
}

static void
add(struct tree *t, const char *id)
{
	if (t->n == t->cap)
		grow(t);
	if (*place(t, id) != NULL)
		return;
	*place(t, id) = id;
	t->ids[t->n++] = id;
}

int
tq_cli_tree(struct tq_cli *cli, struct tq_store *st, const char *root,
    struct tq_arena *a, const char ***out, size_t *n)
{
	struct tree t = { .a = a };
	const char **children;
	size_t i, k, got;

	add(&t, root);
	for (i = 0; i < t.n; i++) {
		if (tq_store_children(st, t.ids[i], a, &children, &got,
		    &cli->err) == -1)
			return -1;
		for (k = 0; k < got; k++)
			add(&t, children[k]);
	}
	*out = t.ids;
	*n = t.n;
	return 0;
}
