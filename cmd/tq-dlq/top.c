/* cmd/tq-dlq/top.c -- what dies most: dead tasks by type and error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlq.h"
#include "fold.h"
#include "util/json.h"
#include "util/time.h"

#define FINGERPRINT_MAX	160	/* bytes of a reason that tell errors apart */

struct kind {
	const char	*type, *error;	/* error: without numbers and ids */
	const char	*example;	/* id of the newest */
	uint64_t	 count;
	int64_t		 newest;
	struct kind	*next;		/* in its bucket */
};

struct tally {
	struct kind	**buckets;
	size_t		 nbuckets, n;
	struct tq_arena	 arena;
	struct tq_buf	 print;
};

static size_t
hash(const char *type, const char *error)
{
	uint64_t h = UINT64_C(14695981039346656037);
	const char *p;

	for (p = type; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	for (p = error; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

static struct kind *
kind_of(struct tally *y, const char *type, const char *error)
{
	size_t at = hash(type, error) % y->nbuckets;
	struct kind *k;

	for (k = y->buckets[at]; k != NULL; k = k->next)
		if (strcmp(k->type, type) == 0 && strcmp(k->error, error) == 0)
			return k;
	k = tq_arena_alloc(&y->arena, sizeof(*k));
	k->type = tq_arena_str(&y->arena, type);
	k->error = tq_arena_str(&y->arena, error);
	k->next = y->buckets[at];
	y->buckets[at] = k;
	y->n++;
	return k;
}

static int
tally(struct dlq *d, struct tq_task *tasks, size_t n)
{
	struct tally *y = d->tally;
	struct kind *k;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct tq_task *t = &tasks[i];

		dlq_fold(&y->print, t->reason == NULL ? "" : t->reason,
		    FINGERPRINT_MAX);
		k = kind_of(y, t->type, y->print.data == NULL ? "" :
		    y->print.data);
		k->count++;
		if (t->finished_at >= k->newest) {
			k->newest = t->finished_at;
			k->example = tq_arena_str(&y->arena, t->id);
		}
	}
	return 0;
}

static int
more(const void *va, const void *vb)
{
	const struct kind *a = *(struct kind *const *)va;
	const struct kind *b = *(struct kind *const *)vb;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->newest != b->newest)
		return a->newest > b->newest ? -1 : 1;
	return strcmp(a->example, b->example);
}

static int
print_json(struct tq_cli *cli, const struct kind *k)
{
	struct tq_buf *b = &cli->out;

	tq_buf_chr(b, '{');
	tq_json_member_int(b, "count", (int64_t)k->count);
	tq_json_member_str(b, "type", k->type);
	tq_json_member_str(b, "error", k->error);
	tq_json_member_time(b, "newest", k->newest);
	tq_json_member_str(b, "taskId", k->example);
	tq_buf_chr(b, '}');
	return tq_cli_line(cli, TQ_SPAN_NONE);
}

static void
print_row(struct tq_table *t, const struct kind *k)
{
	char text[TQ_TIME_TEXT];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)k->count);
	tq_table_cell(t, text);
	tq_table_cell(t, k->type);
	if (t->cli->out_tty)
		tq_ago(tq_wall_ms(t->cli->env), k->newest, text);
	else
		tq_time_text(k->newest, text);
	tq_table_cell(t, text);
	tq_table_cell(t, k->example);
	tq_table_cell(t, k->error);
}

static int
print(struct dlq *d, const struct tally *y)
{
	static const char *const heads[] = {
		"COUNT", "TYPE", "NEWEST", "EXAMPLE", "ERROR",
	};
	struct kind **all = tq_arena_alloc(&d->cli->arena,
	    (y->n + 1) * sizeof(struct kind *));
	struct tq_table t;
	struct kind *k;
	size_t i, n = 0;
	int rc = 0;

	for (i = 0; i < y->nbuckets; i++)
		for (k = y->buckets[i]; k != NULL; k = k->next)
			all[n++] = k;
	qsort(all, n, sizeof(struct kind *), more);
	if (d->o->limit != 0 && (int64_t)n > d->o->limit)
		n = (size_t)d->o->limit;
	tq_table_init(&t, d->cli, heads, 5, 4);
	t.right = 1;
	for (i = 0; i < n && rc == 0; i++) {
		if (d->cli->json)
			rc = print_json(d->cli, all[i]);
		else
			print_row(&t, all[i]);
	}
	if (rc == 0)
		rc = tq_table_flush(&t);
	tq_table_free(&t);
	return rc;
}

int
dlq_top(struct dlq *d)
{
	struct tally *y = tq_arena_alloc(&d->cli->arena, sizeof(*y));
	int rc;

	y->nbuckets = 4096;
	y->buckets = tq_arena_alloc(&y->arena,
	    y->nbuckets * sizeof(struct kind *));
	y->print.max = 4 * FINGERPRINT_MAX + 1024;
	d->tally = y;
	d->max = INT64_MAX;
	rc = dlq_select(d, tally);
	if (rc == 0)
		rc = print(d, y);
	if (rc == 0 && y->n == 0)
		dlq_none(d);
	tq_buf_free(&y->print);
	tq_arena_free(&y->arena);
	return rc;
}
