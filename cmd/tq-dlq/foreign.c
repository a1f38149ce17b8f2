/* cmd/tq-dlq/foreign.c -- list --foreign: messages that are not tq's. */
#include "dlq.h"
#include "store/setup.h"
#include "util/json.h"
#include "util/str.h"
#include "util/time.h"

#define BODY_SHOWN	120	/* bytes of a body in the table */

static const char *const heads[] = {
	"MESSAGE", "QUEUE", "SENT", "REASON", "BODY",
};
#define NHEADS	(sizeof(heads) / sizeof(heads[0]))

static int
print_json(struct tq_cli *cli, const struct tq_foreign *m)
{
	struct tq_buf *b = &cli->out;

	tq_buf_chr(b, '{');
	tq_json_member_str(b, "messageId", m->id);
	tq_json_member_str(b, "queue", m->queue);
	tq_json_member_time(b, "sentAt", m->sent_at);
	tq_json_member_str(b, "reason", m->reason);
	tq_json_member_int(b, "size", (int64_t)m->body.n);
	tq_json_key(b, "body");
	tq_json_put_str(b, m->body);
	tq_buf_chr(b, '}');
	return tq_cli_line(cli, TQ_SPAN_NONE);
}

static void
print_row(struct tq_table *t, const struct tq_foreign *m)
{
	struct tq_buf body = TQ_BUF_INIT(16 * BODY_SHOWN);
	char when[TQ_TIME_TEXT];

	tq_table_cell(t, m->id);
	tq_table_cell(t, m->queue);
	tq_table_cell(t, t->cli->out_tty ? tq_ago(tq_wall_ms(t->cli->env),
	    m->sent_at, when) : tq_time_text(m->sent_at, when));
	tq_table_cell(t, m->reason);
	tq_visible(&body, m->body, BODY_SHOWN);
	tq_table_cell(t, body.data);
	tq_buf_free(&body);
}

int
dlq_foreign(struct dlq *d)
{
	struct tq_cli *cli = d->cli;
	size_t limit = d->o->limit != 0 ? (size_t)d->o->limit : SIZE_MAX, i, n;
	struct tq_foreign *v;
	struct tq_table t;
	bool more;
	int rc = 0;

	if (tq_store_foreign(d->st, d->o->queue, limit, &cli->arena, &v, &n,
	    &more, &cli->err) == -1)
		return -1;
	tq_table_init(&t, cli, heads, NHEADS, NHEADS - 1);
	for (i = 0; i < n && rc == 0; i++)
		if (cli->json)
			rc = print_json(cli, &v[i]);
		else
			print_row(&t, &v[i]);
	if (rc == 0)
		rc = tq_table_flush(&t);
	tq_table_free(&t);
	if (rc == 0 && more && d->o->limit == 0)
		tq_cli_note(cli, "there are more messages than could be "
		    "looked at: once more may show others");
	else if (rc == 0 && n == 0 && cli->out_tty)
		tq_cli_note(cli, "no foreign messages in %s",
		    tq_store_name(d->st));
	return rc;
}
