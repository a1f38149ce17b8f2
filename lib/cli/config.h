/* lib/cli/config.h -- where the store and the queue come from when no option
   names them; inside lib/cli only. */
#ifndef TQ_CONFIG_H
#define TQ_CONFIG_H

#include "util/buf.h"
#include "util/env.h"
#include "util/err.h"

#define TQ_CONFIG_SYSTEM	"/etc/tq/config"

/* The values from config files; NULL: none yet. */
struct tq_config {
	const char	*store;
	const char	*queue;
};

/*
 * tq_config_read(path, cfg, a, err):
 * Read lines "key = value" ("#" begins a comment at the start of a line or
 * behind a blank) from ${path} into those fields of ${cfg} that are still
 * NULL; strings live in ${a}.  A missing file is no failure.  Fails with
 * stage config, TQ_E_CONFIG and a message that names path:line.
 */
int tq_config_read(const char *path, struct tq_config *cfg,
    struct tq_arena *a, struct tq_err *err);

/*
 * tq_config_find(env, system, want_queue, cfg, a, err):
 * Complete ${cfg}, in which what options named is set already: TQ_STORE, the
 * user's config file, the file ${system}, and for the store the default in
 * XDG_DATA_HOME or HOME; the queue (if ${want_queue}) from TQ_QUEUE and the
 * files, or it stays NULL.  Files are read only as long as something is
 * missing.  Fails as above, also when there is no HOME to put a store in.
 */
int tq_config_find(const struct tq_env *env, const char *system,
    bool want_queue, struct tq_config *cfg, struct tq_arena *a,
    struct tq_err *err);

#endif
