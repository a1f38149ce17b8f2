/* lib/cli/opt.h -- option tables -> getopt_long(3); inside lib/cli only. */
#ifndef TQ_OPT_H
#define TQ_OPT_H

#include "cli/cli.h"

/* The options that every tool has, parsed. */
struct tq_common {
	const char	*store;
	const char	*help;		/* "" for a bare --help */
	bool		 json, quiet, version;
	int		 verbose;
};

extern const struct tq_opt tq_opt_common[];
extern const size_t tq_opt_ncommon;

/*
 * tq_opt_parse(cli, opts, common, given, argc, argv):
 * Parse into ${opts}, ${common} and ${cli}'s operands; given[i] says whether
 * option i of the tool's table was there.  Ends early, as if it was the last
 * word, behind --help or --version.  Returns TQ_CLI_GO, or TQ_EX_USAGE with
 * the reason said.
 */
int tq_opt_parse(struct tq_cli *cli, void *opts, struct tq_common *common,
    bool *given, int argc, char **argv);

/* tq_opt_takes_value(opt): is a value required behind the option? */
bool tq_opt_takes_value(const struct tq_opt *opt);

#endif
