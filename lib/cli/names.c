/* lib/cli/names.c -- the queues and types that a store has, for completion. */
#include "cli/names.h"
#include "util/str.h"

#include <string.h>

static const struct {
	const char	*how;
	size_t		 offset;
} kinds[] = {
	{ "queues", offsetof(struct tq_count, queue) },
	{ "types", offsetof(struct tq_count, type) },
};

#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

static size_t
kind_of(const char *how)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (how != NULL && strcmp(how, kinds[i].how) == 0)
			break;
	return i;
}

bool
tq_cli_asks_names(const char *how)
{
	return kind_of(how) < NKINDS;
}

static const char *
name_of(const struct tq_count *row, size_t kind)
{
	return *(const char *const *)(const void *)((const char *)row +
	    kinds[kind].offset);
}

/* Each once: a queue has a row for each type, and the other way round. */
static void
put_names(struct tq_cli *cli, const struct tq_count *rows, size_t n,
    size_t kind)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < i; k++)
			if (strcmp(name_of(&rows[k], kind),
			    name_of(&rows[i], kind)) == 0)
				break;
		if (k == i)
			tq_buf_fmt(&cli->out, "%s\n", name_of(&rows[i], kind));
	}
}

int
tq_cli_print_names(struct tq_cli *cli, const char *how)
{
	struct tq_count *rows;
	struct tq_store *st;
	size_t n;
	int rc;

	if (!tq_str_starts(cli->store_url, "sqlite:"))
		return TQ_EX_OK;
	if (tq_cli_open(cli, TQ_OPEN_READ, &st) == -1)
		return -1;
	rc = tq_store_count(st, NULL, &cli->arena, &rows, &n, &cli->err);
	if (rc == 0)
		put_names(cli, rows, n, kind_of(how));
	tq_store_close(st);
	return rc;
}
