/* lib/util/secret.c -- see secret.h. */
#include "util/secret.h"

#include <sys/prctl.h>

void
tq_secret_process(void)
{
	/* It can't fail with these arguments. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
