/* lib/cli/filter.h -- options that say which tasks are meant. */
#ifndef TQ_CLI_FILTER_H
#define TQ_CLI_FILTER_H

#include "cli/cli.h"

/* As on the command line; NULL: not given. */
struct tq_cli_filter {
	const char	*queue, *type, *label, *group, *error, *since, *until;
	struct tq_strs	 statuses;	/* each may hold several, by commas */
};

/*
 * tq_cli_filter_read(cli, in, f):
 * Fill ${f}, whose strings are those of ${in} or in cli's arena.  0, or 2,
 * and then it was said: a value that is empty or not understood, as an unset
 * variable makes it, never means all, nor does a since that is not before
 * until mean none.
 */
int tq_cli_filter_read(struct tq_cli *cli, const struct tq_cli_filter *in,
    struct tq_filter *f);

/* tq_cli_filter_narrows(f): does it leave out any task? */
bool tq_cli_filter_narrows(const struct tq_filter *f);

#endif
