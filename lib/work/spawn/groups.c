/* lib/work/spawn/groups.c -- see groups.h. */
#include "work/spawn/groups.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS	20	/* is a group without its leader empty yet? */

int
sp_groups_init(struct sp_groups *s, pid_t *ids, uint32_t n)
{
	s->ids = ids;
	s->n = n;
	s->nleaderless = 0;
	if ((s->v = calloc(n, sizeof(*s->v))) == NULL)
		return -1;
	return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void
sp_groups_add(struct sp_groups *s, uint32_t i, pid_t pid)
{
	s->v[i] = (struct sp_group){ .exec_errno = s->v[i].exec_errno };
	s->ids[i] = pid;
}

void
sp_groups_signal(struct sp_groups *s, uint32_t i, int sig)
{
	if (s->ids[i] <= 0)
		return;
	kill(-s->ids[i], sig);
	/* One that is stopped would neither hear of it nor end. */
	if (sig == SIGTERM)
		kill(-s->ids[i], SIGCONT);
	s->v[i].stopping = sig == SIGTERM;
}

static void
over(struct sp_groups *s, uint32_t i, sp_ended_fn *fn, void *arg)
{
	if (s->v[i].leaderless)
		s->nleaderless--;
	s->v[i].leaderless = false;
	s->ids[i] = 0;
	fn(arg, i, &s->v[i]);
}

/* The main process of ${i} has ended, and is not reaped yet. */
static void
lost_leader(struct sp_groups *s, uint32_t i, sp_ended_fn *fn, void *arg)
{
	pid_t pid = s->ids[i];

	/* While it is not, the group's id can't be another's. */
	if (!s->v[i].stopping)
		kill(-pid, SIGKILL);
	waitpid(pid, &s->v[i].wstatus, 0);
	if (!s->v[i].stopping) {
		over(s, i, fn, arg);
		return;
	}
	s->v[i].leaderless = true;
	s->nleaderless++;
}

/*
 * An id stays taken while its group has members, and then is not given out
 * again before all others were: LOOK_MS are no time for that.
 */
static void
bury_empty(struct sp_groups *s, sp_ended_fn *fn, void *arg)
{
	uint32_t i;

	for (i = 0; s->nleaderless > 0 && i < s->n; i++)
		if (s->v[i].leaderless && (!s->v[i].stopping ||
		    (kill(-s->ids[i], 0) == -1 && errno == ESRCH)))
			over(s, i, fn, arg);
}

void
sp_groups_reap(struct sp_groups *s, sp_ended_fn *fn, void *arg)
{
	siginfo_t info;
	uint32_t i;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) ==
		    -1 || info.si_pid == 0)
			break;
		for (i = 0; i < s->n; i++)
			if (s->ids[i] == info.si_pid && !s->v[i].leaderless)
				break;
		if (i == s->n)
			waitpid(info.si_pid, NULL, 0);	/* an orphan */
		else
			lost_leader(s, i, fn, arg);
	}
	bury_empty(s, fn, arg);
}

int
sp_groups_wait_ms(const struct sp_groups *s)
{
	return s->nleaderless > 0 ? LOOK_MS : -1;
}

static bool
all_gone(struct sp_groups *s)
{
	bool gone = true;
	uint32_t i;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	for (i = 0; i < s->n; i++)
		if (s->ids[i] > 0 && kill(-s->ids[i], 0) == 0)
			gone = false;
	return gone;
}

void
sp_groups_end(struct sp_groups *s, int ms)
{
	uint32_t i;

	for (i = 0; i < s->n; i++)
		if (s->ids[i] > 0)
			kill(-s->ids[i], SIGKILL);
	for (; !all_gone(s) && ms > 0; ms--)
		usleep(1000);
}
