/* lib/cli/filter.c -- see filter.h. */
#include "cli/filter.h"

#include <stdio.h>
#include <string.h>

#include "util/str.h"
#include "util/time.h"

static int
add_status(struct tq_cli *cli, struct tq_filter *f, const char *word, size_t n)
{
	enum tq_status status;
	char name[24];		/* longer than any status, cut or not */

	snprintf(name, sizeof(name), "%.*s", (int)n, word);
	if (tq_status_parse(name, &status) == -1)
		return tq_cli_usage(cli, "--status \"%s\": must be PENDING, "
		    "RUNNING, RETRYING, BLOCKED, COMPLETED, FAILED or "
		    "CANCELLED", name);
	f->statuses |= TQ_BIT(status);
	return 0;
}

static int
read_statuses(struct tq_cli *cli, const struct tq_strs *in,
    struct tq_filter *f)
{
	const char *p;
	size_t i, n;
	int rc;

	for (i = 0; i < in->n; i++)
		for (p = in->v[i]; ; p += n + 1) {
			n = strcspn(p, ",");
			if ((rc = add_status(cli, f, p, n)) != 0)
				return rc;
			if (p[n] == '\0')
				break;
		}
	return 0;
}

static int
read_label(struct tq_cli *cli, const char *label, struct tq_filter *f)
{
	const char *eq;

	if (label == NULL)
		return 0;
	if (*label == '\0' || *label == '=')
		return tq_cli_usage(cli, "--label \"%s\": must be K=V or K",
		    label);
	eq = strchr(label, '=');
	f->label_key = label;
	if (eq != NULL) {
		f->label_key = tq_arena_dup(&cli->arena, label,
		    (size_t)(eq - label));
		f->label_value = eq + 1;
	}
	return 0;
}

/* A time, or how long ago. */
static int
read_time(struct tq_cli *cli, const char *name, const char *text, int64_t now,
    int64_t *out)
{
	if (text == NULL || tq_time_parse_past(text, now, out) == 0)
		return 0;
	return tq_cli_usage(cli, "--%s \"%s\": must be a duration such as 2h, or "
	    "a time such as 14:00 or 2026-01-31T02:00:00Z", name, text);
}

/* An empty window is a mistake, not a question with no answer. */
static int
read_window(struct tq_cli *cli, const struct tq_cli_filter *in,
    struct tq_filter *f)
{
	int64_t now = tq_wall_ms(cli->env);
	int rc;

	if ((rc = read_time(cli, "since", in->since, now, &f->since)) != 0 ||
	    (rc = read_time(cli, "until", in->until, now, &f->until)) != 0)
		return rc;
	if (in->since != NULL && in->until != NULL && f->since >= f->until)
		return tq_cli_usage(cli, "--since %s is not before --until %s, "
		    "so there is no time between them", in->since, in->until);
	return 0;
}

int
tq_cli_filter_read(struct tq_cli *cli, const struct tq_cli_filter *in,
    struct tq_filter *f)
{
	int rc;

	if (in->type != NULL && !tq_name_ok(in->type))
		return tq_cli_usage(cli, "--type \"%s\": no legal type",
		    in->type);
	if (in->queue != NULL && !tq_queue_ok(in->queue))
		return tq_cli_usage(cli, "--queue \"%s\": no legal queue name",
		    in->queue);
	if (in->group != NULL && !tq_name_ok(in->group))
		return tq_cli_usage(cli, "--group \"%s\": no legal group",
		    in->group);
	if (in->error != NULL && *in->error == '\0')
		return tq_cli_usage(cli, "--error: must not be empty");
	f->type = in->type;
	f->queue = in->queue;
	f->group = in->group;
	f->error = in->error;
	if ((rc = read_statuses(cli, &in->statuses, f)) != 0 ||
	    (rc = read_label(cli, in->label, f)) != 0)
		return rc;
	return read_window(cli, in, f);
}

bool
tq_cli_filter_narrows(const struct tq_filter *f)
{
	return f->queue != NULL || f->statuses != 0 || f->type != NULL ||
	    f->label_key != NULL || f->group != NULL || f->error != NULL || f->since != 0 ||
	    f->until != 0 || f->drained;
}
