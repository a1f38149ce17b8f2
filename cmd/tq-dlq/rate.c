/* cmd/tq-dlq/rate.c -- --rate: not more than so many a second. */
#include <errno.h>
#include <time.h>

#include "dlq.h"
#include "task/rate.h"

int
dlq_rate(struct dlq *d)
{
	const char *text = d->o->rate;

	d->began = tq_boot_ms(d->cli->env);
	if (text == NULL)
		return TQ_EX_OK;
	if (tq_rate_parse(text, &d->rate) == -1)
		return tq_cli_usage(d->cli, "--rate %s: must be such as 10/s, "
		    "30/m or 1000/h", text);
	/* Four steps a second, so that the rate is even. */
	if (d->rate / 4 < PAGE_TASKS)
		d->page = d->rate < 4 ? 1 : (size_t)(d->rate / 4);
	if (d->chunk > d->page)
		d->chunk = d->page;
	return TQ_EX_OK;
}

int
dlq_pace(struct dlq *d)
{
	int64_t until, ms;
	struct timespec ts;

	if (d->rate == 0)
		return 0;
	until = d->began + (int64_t)((double)d->done * 1000 / d->rate);
	while ((ms = until - tq_boot_ms(d->cli->env)) > 0) {
		if (tq_cli_interrupted())
			return tq_err_set(&d->cli->err, TQ_AT_INPUT,
			    TQ_E_INTR, "interrupted");
		ts.tv_sec = ms / 1000;
		ts.tv_nsec = ms % 1000 * 1000000;
		nanosleep(&ts, NULL);
	}
	return 0;
}
