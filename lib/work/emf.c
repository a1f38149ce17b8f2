/* lib/work/emf.c -- see emf.h. */
#include "work/emf.h"

#include <stdlib.h>
#include <string.h>

#include "util/json.h"

static const char *const end_names[TQ_EMF_ENDS] = {
	"Processed", "Failed", "Retried",
};

static const char head[] = "\"CloudWatchMetrics\":[{\"Namespace\":\"tq\","
    "\"Dimensions\":[[\"Queue\",\"Type\"]],\"Metrics\":["
    "{\"Name\":\"Processed\",\"Unit\":\"Count\"},"
    "{\"Name\":\"Failed\",\"Unit\":\"Count\"},"
    "{\"Name\":\"Retried\",\"Unit\":\"Count\"},"
    "{\"Name\":\"Duration\",\"Unit\":\"Milliseconds\"},"
    "{\"Name\":\"QueueWait\",\"Unit\":\"Milliseconds\"}]}]";

static struct tq_emf_row *
row_of(struct tq_emf *e, const char *queue, const char *type)
{
	struct tq_emf_row *r;
	size_t i;

	for (i = 0; i < e->nrows; i++)
		if (strcmp(e->rows[i].type, type) == 0 &&
		    strcmp(e->rows[i].queue, queue) == 0)
			return &e->rows[i];
	e->rows = tq_must(realloc(e->rows, (e->nrows + 1) * sizeof(*r)));
	r = &e->rows[e->nrows++];
	memset(r, 0, sizeof(*r));
	r->queue = tq_must(strdup(queue));
	r->type = tq_must(strdup(type));
	return r;
}

static void
put_values(struct tq_buf *out, const char *key, const int64_t *v, size_t n)
{
	size_t i;

	tq_json_key(out, key);
	for (i = 0; i < n; i++)
		tq_buf_fmt(out, "%c%lld", i == 0 ? '[' : ',',
		    (long long)v[i]);
	tq_buf_str(out, n == 0 ? "[]" : "]");
}

static void
put_row(struct tq_emf_row *r, int64_t now, struct tq_buf *out)
{
	int i;

	tq_buf_fmt(out, "{\"_aws\":{\"Timestamp\":%lld,%s}", (long long)now,
	    head);
	tq_json_member_str(out, "Queue", r->queue);
	tq_json_member_str(out, "Type", r->type);
	for (i = 0; i < TQ_EMF_ENDS; i++)
		tq_json_member_int(out, end_names[i], (int64_t)r->n[i]);
	put_values(out, "Duration", r->duration, r->nduration);
	put_values(out, "QueueWait", r->wait, r->nwait);
	tq_buf_str(out, "}\n");
	memset(r->n, 0, sizeof(r->n));
	r->nduration = r->nwait = 0;
}

void
tq_emf_count(struct tq_emf *e, const char *queue, const char *type,
    enum tq_emf_end end, int64_t duration_ms, int64_t wait_ms, int64_t now,
    struct tq_buf *out)
{
	struct tq_emf_row *r = row_of(e, queue, type);

	r->n[end]++;
	if (duration_ms >= 0)
		r->duration[r->nduration++] = duration_ms;
	if (wait_ms >= 0)
		r->wait[r->nwait++] = wait_ms;
	if (r->nduration == TQ_EMF_VALUES || r->nwait == TQ_EMF_VALUES)
		put_row(r, now, out);
}

void
tq_emf_flush(struct tq_emf *e, int64_t now, struct tq_buf *out)
{
	struct tq_emf_row *r;

	for (r = e->rows; r != e->rows + e->nrows; r++)
		if (r->n[TQ_EMF_DONE] + r->n[TQ_EMF_FAILED] +
		    r->n[TQ_EMF_RETRIED] > 0)
			put_row(r, now, out);
}

void
tq_emf_free(struct tq_emf *e)
{
	size_t i;

	for (i = 0; i < e->nrows; i++) {
		free(e->rows[i].queue);
		free(e->rows[i].type);
	}
	free(e->rows);
	*e = (struct tq_emf){ NULL, 0 };
}
