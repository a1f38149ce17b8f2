/* lib/cli/asked.c -- see asked.h. */
#include "cli/asked.h"

#include <string.h>

#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

int
tq_cli_backoff(struct tq_cli *cli, const char *text, struct tq_task *t)
{
	const char *comma = strchr(text, ',');
	const char *base = text;

	if (comma != NULL)
		base = tq_arena_dup(&cli->arena, text,
		    (size_t)(comma - text));
	if (tq_duration_parse(base, &t->backoff_ms) == -1 ||
	    (comma != NULL && (tq_duration_parse(comma + 1,
	    &t->backoff_cap_ms) == -1 ||
	    t->backoff_cap_ms < t->backoff_ms)))
		return tq_cli_usage(cli, "--backoff \"%s\": must be a duration "
		    "such as 1s, or two: 1s,15m", text);
	if (t->backoff_ms == 0)
		t->backoff_ms = -1;
	return TQ_EX_OK;
}

int
tq_cli_expires(struct tq_cli *cli, const char *text, int64_t now,
    struct tq_task *t)
{
	int64_t ms;

	if (tq_duration_parse(text, &ms) == 0 && ms > 0)
		ms += now;
	else if (tq_time_parse(text, now, &ms) == -1)
		return tq_cli_usage(cli, "--expires \"%s\": must be a duration "
		    "such as 1h, or a time such as 2026-01-31T02:00:00Z",
		    text);
	if (ms <= now)
		return tq_cli_usage(cli, "--expires %s: that has passed", text);
	if (ms <= t->not_before)
		return tq_cli_usage(cli, "--expires %s is not after when the "
		    "task is due, so it would never run", text);
	t->expires_at = ms;
	return TQ_EX_OK;
}

static bool
label_twice(const struct tq_strs *l, size_t i, size_t keylen)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (strncmp(l->v[j], l->v[i], keylen + 1) == 0)
			return true;
	return false;
}

int
tq_cli_labels(struct tq_cli *cli, const struct tq_strs *l, struct tq_task *t)
{
	struct tq_buf b = TQ_BUF_INIT(1024 * 1024);
	const char *eq;
	size_t i;

	if (l->n == 0)
		return TQ_EX_OK;
	for (i = 0; i < l->n; i++) {
		eq = strchr(l->v[i], '=');
		if (eq == NULL || eq == l->v[i] ||
		    !tq_utf8_valid(tq_span_of(l->v[i])) ||
		    label_twice(l, i, (size_t)(eq - l->v[i]))) {
			tq_buf_free(&b);
			return tq_cli_usage(cli, "--label \"%s\": must be "
			    "KEY=VALUE, each key once", l->v[i]);
		}
		tq_buf_chr(&b, i == 0 ? '{' : ',');
		tq_json_put_str(&b, (struct tq_span){ l->v[i],
		    (size_t)(eq - l->v[i]) });
		tq_buf_chr(&b, ':');
		tq_json_put_str(&b, tq_span_of(eq + 1));
	}
	tq_buf_chr(&b, '}');
	t->labels = tq_arena_span(&cli->arena, tq_buf_span(&b));
	tq_buf_free(&b);
	return TQ_EX_OK;
}
