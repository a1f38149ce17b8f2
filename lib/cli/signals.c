/* lib/cli/signals.c -- the signals that tell a tool to end. */
#include "cli/cli.h"
#include "cli/signals.h"

#include "util/ignored.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void
on_signal(int sig)
{
	caught = sig;
}

static void
end_on_signal(int sig)
{
	(void)sig;
	_exit(TQ_EX_INTR);
}

bool
tq_cli_interrupted(void)
{
	return caught != 0;
}

int
tq_cli_signal(void)
{
	return caught;
}

void
tq_cli_signals(bool effects)
{
	struct sigaction sa;

	caught = 0;
	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	/* May have been inherited as ignored; children must be waited for. */
	sa.sa_handler = SIG_DFL;
	sigaction(SIGCHLD, &sa, NULL);
	sa.sa_handler = effects ? SIG_IGN : SIG_DFL;
	sigaction(SIGPIPE, &sa, NULL);
	sa.sa_handler = on_signal;
	sigaction(SIGTERM, &sa, NULL);
	/* A shell's background job: SIGINT is meant for those in front. */
	if (!tq_signal_ignored(SIGINT))
		sigaction(SIGINT, &sa, NULL);
	/* A limit of the file size is the error EFBIG, and not our end. */
	sa.sa_handler = SIG_IGN;
	sigaction(SIGXFSZ, &sa, NULL);
}

void
tq_cli_signals_block(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (caught != 0)
		raise(caught);
	caught = 0;
}

void
tq_cli_signals_let(bool in)
{
	sigset_t set;

	if (!in) {
		tq_cli_signals_block();
		return;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void
tq_cli_end_at_once(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = end_on_signal;
	sigaction(SIGTERM, &sa, NULL);
	if (!tq_signal_ignored(SIGINT))
		sigaction(SIGINT, &sa, NULL);
	/* One that came before this. */
	if (tq_cli_interrupted())
		_exit(TQ_EX_INTR);
}
