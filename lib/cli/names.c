/* lib/cli/names.c -- what a store has, for completion; see names.h. */
#include "cli/names.h"
#include "util/str.h"

#include <string.h>

#define RECENT	50	/* ids that are offered */

static const struct {
	const char	*how;
	size_t		 offset;	/* of ids: not used */
	bool		(*ok)(const char *name);
} kinds[] = {
	{ "queues", offsetof(struct tq_count, queue), tq_queue_ok },
	{ "types", offsetof(struct tq_count, type), tq_name_ok },
	{ "ids", 0, tq_name_ok },
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
		/* A store that another wrote may hold anything, and bash
		   expands what it is offered. */
		if (k == i && kinds[kind].ok(name_of(&rows[i], kind)))
			tq_buf_fmt(&cli->out, "%s\n", name_of(&rows[i], kind));
	}
}

static int
print_counted(struct tq_cli *cli, struct tq_store *st, size_t kind)
{
	struct tq_count *rows;
	size_t n;

	if (tq_store_count(st, NULL, &cli->arena, &rows, &n, &cli->err) == -1)
		return -1;
	put_names(cli, rows, n, kind);
	return 0;
}

static int
print_ids(struct tq_cli *cli, struct tq_store *st, size_t kind)
{
	const struct tq_list req = { .limit = RECENT, .newest_first = true,
	    .by_created = true, .filter = { .statuses = cli->tool->ids } };
	const struct tq_task *t;
	struct tq_page page;

	if (tq_store_list(st, &req, &cli->arena, &page, &cli->err) == -1)
		return -1;
	for (t = page.tasks; t < page.tasks + page.n; t++)
		if (kinds[kind].ok(t->id) && tq_name_ok(t->type))
			tq_buf_fmt(&cli->out, "%s\t%s %s\n", t->id,
			    tq_status_name(t->status), t->type);
	return 0;
}

int
tq_cli_print_names(struct tq_cli *cli, const char *how)
{
	size_t kind = kind_of(how);
	struct tq_store *st;
	int rc;

	if (!tq_str_starts(cli->store_url, "sqlite:"))
		return TQ_EX_OK;
	if (tq_cli_open(cli, TQ_OPEN_READ, &st) == -1)
		return -1;
	rc = strcmp(how, "ids") == 0 ? print_ids(cli, st, kind) :
	    print_counted(cli, st, kind);
	tq_store_close(st);
	return rc;
}
