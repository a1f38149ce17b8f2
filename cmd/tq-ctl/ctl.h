/* cmd/tq-ctl/ctl.h -- what the subcommands of tq-ctl share. */
#ifndef TQ_CTL_H
#define TQ_CTL_H

#include "cli/cli.h"
#include "store/bulk.h"
#include "store/setup.h"

struct opts {
	struct tq_strs	 queues;		/* init; cancel: one */
	bool		 migrate, template;	/* init */
	int64_t		 shards, rate;		/* init */
	bool		 dry_run;		/* init, cancel */
	/* cancel: a filter */
	const char	*type, *error, *since, *until;
	struct tq_strs	 statuses;
	bool		 all, yes;
	const char	*shared;		/* init */
	const char	*policy;		/* init; "": the operator's */
	bool		 force, emf;		/* sweep */
	bool		 copy;			/* mv */
	bool		 tree;			/* cancel */
	int64_t		 for_ms;		/* pause; -1: not given */
	const char	*why;			/* pause */
	/* edit; -1 or NULL: not given */
	int64_t		 prio, timeout, max_attempts, keep, delay, at;
	const char	*backoff, *expires, *group, *payload;
	struct tq_strs	 labels;		/* cancel, too: one */
};

/* Subcommands; each returns an exit status, or -1 with cli->err filled. */
int ctl_init(struct tq_cli *cli, struct opts *o);
int ctl_doctor(struct tq_cli *cli, struct opts *o);
int ctl_cancel(struct tq_cli *cli, struct opts *o);
int ctl_purge(struct tq_cli *cli, struct opts *o);
int ctl_edit(struct tq_cli *cli, struct opts *o);
int ctl_hold(struct tq_cli *cli, struct opts *o);
int ctl_unhold(struct tq_cli *cli, struct opts *o);
int ctl_pause(struct tq_cli *cli, struct opts *o);
int ctl_resume(struct tq_cli *cli, struct opts *o);
int ctl_limit(struct tq_cli *cli, struct opts *o);
int ctl_rate(struct tq_cli *cli, struct opts *o);
int ctl_sweep(struct tq_cli *cli, struct opts *o);
int ctl_mv(struct tq_cli *cli, struct opts *o);
int ctl_backup(struct tq_cli *cli, struct opts *o);
int ctl_restore(struct tq_cli *cli, struct opts *o);

/* -- cancel, purge by a filter (filtered.c) --------------------------------- */

/* ctl_filtered(o): does an option say which tasks, or all? */
bool ctl_filtered(const struct opts *o);

/* ctl_read_filter(cli, o, f): what the options mean.  0, or 2 (said). */
int ctl_read_filter(struct tq_cli *cli, const struct opts *o,
    struct tq_filter *f);

/* ctl_bulk(cli, o, verb): an exit status, or -1 with cli->err. */
int ctl_bulk(struct tq_cli *cli, const struct opts *o,
    enum tq_bulk_verb verb);

/* -- findings (findings.c) ------------------------------------------------- */

struct findings {
	struct tq_cli	*cli;
	enum tq_level	 worst;
	bool		 dry_run;	/* commands, and the rest as comments */
};

/* finding_print(findings, f): a tq_finding_fn: one line on stdout. */
void finding_print(void *findings, const struct tq_finding *f);

/* findings_exit(worst): 0, 1 for a WARN, 78 for a FAIL. */
int findings_exit(enum tq_level worst);

/* -- control (control.c) --------------------------------------------------- */

/*
 * control_change(cli, queue, fn, arg):
 * Read the queue's control record, let fn() change it, write it; again when
 * somebody else was faster.  fn() may run several times.  Prints the record
 * with --json, else says what holds now.  0, 2 as fn() (said), or -1.
 */
typedef int control_fn(struct tq_cli *cli, struct tq_control *c, void *arg);
int control_change(struct tq_cli *cli, const char *queue, control_fn *fn,
    void *arg);

/* control_show(cli, queue, fn): print the record with --json, else what fn()
   makes of it.  0, 2 (said) or -1. */
typedef void control_show_fn(struct tq_cli *cli, const struct tq_control *c);
int control_show(struct tq_cli *cli, const char *queue, control_show_fn *fn);

#endif
