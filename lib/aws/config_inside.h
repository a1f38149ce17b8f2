/* lib/aws/config_inside.h -- the sections of both files; see config.h. */
#ifndef TQ_AWS_CONFIG_INSIDE_H
#define TQ_AWS_CONFIG_INSIDE_H

#include "aws/config.h"

struct tq_aws_key {
	char		*name, *value;
	struct tq_aws_key *nested;	/* newest first, as all lists here */
	struct tq_aws_key *next;
};

struct tq_aws_section {
	enum tq_aws_kind kind;
	unsigned	 file;
	const char	*name;
	const char	*head;		/* as it is written */
	const char	*path;		/* of its file */
	int		 bad_line;	/* the first that can't be read; 0 */
	struct tq_aws_key *keys;
	struct tq_aws_section *next;
};

#endif
