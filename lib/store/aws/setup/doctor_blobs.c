/* lib/store/aws/setup/doctor_blobs.c -- are the objects there that records name? */
#include "aws/s3.h"
#include "store/aws/blob/blob.h"
#include "store/aws/record/record.h"
#include "store/aws/setup/setup.h"
#include "store/whole.h"
#include "task/input.h"

/* How many objects of either kind of task are asked for, a request each. */
#define OBJECTS_MAX	50

struct look {
	struct aq_setup	*w;
	struct tq_s3_bucket b;
	struct tq_whole	 whole;
	size_t		 max;		/* whole.n, at most */
};

static int
look_at(struct look *l, const struct tq_task *t, const char *what,
    const char *ref, int64_t want, struct tq_err *err)
{
	const char *name = tq_blob_name(ref);
	struct tq_aws_call c = { .service = TQ_AWS_S3, .bucket = l->b.name,
	    .what = "s3 HeadObject" };
	int64_t size = TQ_NOT_THERE;
	int rc = 0;

	if (name == NULL || l->whole.n >= l->max)
		return 0;
	if (tq_s3_head(&c.req, &l->b, name, err) == -1 ||
	    (rc = aq_ask(l->w, &c, "404", err)) == -1) {
		tq_aws_call_free(&c);
		return -1;
	}
	if (rc == 1)
		size = tq_s3_size(&c.res);
	tq_aws_call_free(&c);
	if (rc == 0 || size != -1)
		tq_whole_add(&l->whole, t, what, name, size, want, NULL);
	return 0;
}

static int
look_at_record(struct look *l, const struct aq_rec *r, struct tq_err *err)
{
	const struct tq_task *t = &r->t;

	if (t->status == TQ_CANCELLED)
		return 0;
	if (t->status == TQ_COMPLETED)
		return look_at(l, t, "output", t->output, t->output_size,
		    err) == -1 ? -1 : look_at(l, t, "result", r->result_at,
		    (int64_t)t->result_size, err);
	return look_at(l, t, "input", t->input, t->input_size, err) == -1 ?
	    -1 : look_at(l, t, "payload", r->payload_at,
	    (int64_t)t->payload_size, err);
}

static void
relay(void *arg, const struct tq_finding *f)
{
	aq_say(arg, f->level, f->subject, f->text, f->remedy);
}

/* Some of the records ${ids}, and up to OBJECTS_MAX objects that they name. */
static int
look_at_some(struct look *l, const char *const *ids, size_t n,
    struct tq_err *err)
{
	struct aq_update *ups = tq_arena_alloc(&l->w->mem, (n + 1) *
	    sizeof(*ups));
	size_t i;
	int rc;

	l->max = l->whole.n + OBJECTS_MAX;
	for (i = 0; i < n; i++)
		ups[i] = (struct aq_update){ .id = ids[i] };
	rc = n == 0 ? 0 : aq_fetch(l->w->s, ups, n, &l->w->mem, err);
	for (i = 0; rc == 0 && i < n; i++)
		if (ups[i].found)
			rc = look_at_record(l, &ups[i].rec, err);
	return rc;
}

void
aq_doctor_blobs(struct aq_setup *w, const struct aq_sample *left,
    const struct aq_sample *ended)
{
	struct look l = { .w = w };
	struct tq_err err = TQ_ERR_INIT;

	/* Without a bucket that was said, and nothing can be asked for. */
	if (left->n + ended->n == 0 || aq_bucket(w->s, &l.b, &err) == -1)
		return;
	if ((look_at_some(&l, left->ids, left->n, &err) == -1 ||
	    look_at_some(&l, ended->ids, ended->n, &err) == -1) &&
	    !aq_may_not_look(w, "blobs"))
		aq_say_why(w, "blobs", &err);
	tq_whole_say(&l.whole, tq_arena_fmt(&w->mem, "s3://%s", l.b.name),
	    relay, w);
}
