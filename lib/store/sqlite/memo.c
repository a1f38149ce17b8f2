/* lib/store/sqlite/memo.c -- what a handle remembers of its leases. */
#include <stdlib.h>
#include <string.h>

#include "store/sqlite/record.h"

/* Only leases of one worker, of tasks that have nothing but the common. */
static bool
is_common(const struct tq_task *t)
{
	return t->keep_ms == 0 && t->edges == 0 && t->history.n == 0 &&
	    t->reason == NULL && t->give_up_at == 0 && t->log == NULL &&
	    t->out_log == NULL &&	    t->crashes == 0;
}

/* A handle serves one worker; another one's leases begin a new memory. */
static bool
of_worker(struct sq *s, const char *worker)
{
	if (s->memo_worker != NULL && strcmp(s->memo_worker, worker) == 0)
		return true;
	free(s->memo_worker);
	s->memo_worker = strdup(worker);
	if (s->memo == NULL)
		s->memo = calloc(SQ_MEMOS, sizeof(*s->memo));
	else
		memset(s->memo, 0, SQ_MEMOS * sizeof(*s->memo));
	return s->memo != NULL && s->memo_worker != NULL;
}

void
sq_memo_keep(struct sq *s, const struct sq_row *row, const struct tq_task *t)
{
	if (!is_common(t) || !of_worker(s, t->worker))
		return;
	s->memo[t->claim % SQ_MEMOS] = (struct sq_memo){ t->claim, t->token,
	    t->rev, row->rid, row->lane, t->started_at, t->attempts,
	    t->stops };
}

bool
sq_memo_find(struct sq *s, uint64_t token, uint64_t claim,
    struct sq_row *row)
{
	const struct sq_memo *m;

	if (s->memo == NULL)
		return false;
	m = &s->memo[claim % SQ_MEMOS];
	if (m->claim != claim || m->token != token || m->rid == 0)
		return false;
	memset(row, 0, sizeof(*row));
	row->partial = true;
	row->home = SQ_IN_LEASE;
	row->rid = m->rid;
	row->lane = m->lane;
	row->t = (struct tq_task){ .status = TQ_RUNNING, .token = token,
	    .claim = claim, .rev = m->rev, .attempts = m->attempts,
	    .stops = m->stops, .started_at = m->started,
	    .worker = s->memo_worker };
	return true;
}
