/* cmd/tq-status/save.h -- where the bytes of a result go. */
#ifndef TQ_STATUS_SAVE_H
#define TQ_STATUS_SAVE_H

#include "status.h"

/* Where they come from: a descriptor, or memory when fd is -1. */
struct source {
	int		 fd;
	struct tq_span	 bytes;
	const char	*name;
};

/* save_stdout(s, src): shown harmlessly if that is a terminal, which takes no
   pictures.  0, 2 when they were refused (said), or -1 with cli->err. */
int save_stdout(struct status *s, const struct source *src);

/*
 * save_file(s, src, path):
 * A regular file appears whole or stays as it was, its mode too; links to one
 * are followed, and what is something else is written to.  As save_stdout().
 */
int save_file(struct status *s, const struct source *src, const char *path);

#endif
