/* cmd/tq-ctl/sweep.c -- sweep: one round of house-keeping, as from cron. */
#include "ctl.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "util/json.h"
#include "work/runnable.h"

static void
print(struct tq_cli *cli, const struct tq_swept *s)
{
	struct tq_buf *b = &cli->out;

	if (cli->json) {
		tq_buf_chr(b, '{');
		tq_json_member_bool(b, "skipped", s->skipped);
		tq_json_member_int(b, "expired", (int64_t)s->expired);
		tq_json_member_int(b, "removed", (int64_t)s->removed);
		tq_json_member_int(b, "blobs", (int64_t)s->blobs);
		tq_json_member_int(b, "rung", (int64_t)s->rung);
		tq_json_member_int(b, "told", (int64_t)s->told);
		tq_buf_str(b, "}\n");
		return;
	}
	/* From cron, what went well is no reason for a mail. */
	if (!cli->err_tty && cli->verbose == 0)
		return;
	if (s->skipped)
		tq_cli_note(cli, "another process is sweeping (--force does "
		    "it anyway)");
	else
		tq_cli_note(cli, "%llu leases ended, %llu tasks and %llu blobs "
		    "removed, %llu doorbells rung, %llu rounds of waiting "
		    "tasks told",
		    (unsigned long long)s->expired,
		    (unsigned long long)s->removed,
		    (unsigned long long)s->blobs, (unsigned long long)s->rung,
		    (unsigned long long)s->told);
}

/* Rounds until all was looked at. */
static int
sweep(struct tq_cli *cli, struct tq_store *st, const char *me, bool force,
    struct tq_swept *sum)
{
	struct tq_swept one = { .more = true };

	while (one.more && !tq_cli_interrupted()) {
		if (tq_store_sweep(st, me, force, &one, &cli->err) == -1)
			return -1;
		sum->expired += one.expired;
		sum->removed += one.removed;
		sum->blobs += one.blobs;
		sum->rung += one.rung;
		sum->told += one.told;
		sum->skipped = one.skipped;
		tq_cli_work(cli, sum->removed, 0, "removed");
	}
	if (one.more)
		return tq_err_set(&cli->err, TQ_AT_STORE, TQ_E_INTR,
		    "interrupted; %llu removed: the same command goes on",
		    (unsigned long long)sum->removed);
	return 0;
}

/* What there is to do, whether this sweep was somebody else's or not. */
static int
print_metrics(struct tq_cli *cli, struct tq_store *st, const struct opts *o)
{
	static const char *const queue[] = { "default" };
	bool named = o->queues.n > 0;

	return tq_runnable_metrics(st, named ? o->queues.v : queue,
	    named ? o->queues.n : 1, tq_wall_ms(cli->env), &cli->out,
	    &cli->err);
}

int
ctl_sweep(struct tq_cli *cli, struct opts *o)
{
	struct tq_swept swept = { .skipped = false };
	char host[HOST_NAME_MAX + 1] = "localhost", me[HOST_NAME_MAX + 32];
	struct tq_store *st;
	int rc;

	if (!o->emf && tq_cli_given(cli, "queue"))
		return tq_cli_usage(cli, "--queue goes with --emf: all queues "
		    "are swept");
	/* One name for all runs here: cron's last one is in nobody's way. */
	(void)gethostname(host, sizeof(host) - 1);
	snprintf(me, sizeof(me), "%s:tq-ctl", host);
	if (tq_cli_open(cli, TQ_OPEN_WRITE, &st) == -1)
		return -1;
	rc = sweep(cli, st, me, o->force, &swept);
	if (rc == 0 && o->emf)
		rc = print_metrics(cli, st, o);
	tq_store_close(st);
	tq_cli_work_end(cli);
	if (rc == 0)
		print(cli, &swept);
	return rc;
}
