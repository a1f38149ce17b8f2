/* lib/util/ignored.c -- see ignored.h. */
#include "util/ignored.h"

#include <signal.h>
#include <stddef.h>

bool
tq_signal_ignored(int sig)
{
	struct sigaction sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}
