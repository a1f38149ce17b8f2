/*
 * lib/aws/config.h -- the shared config and credentials files, as botocore (and
 * so the aws tool) reads them.  Pure; tq_aws_config_path() says which files.
 *
 *	[default]			~/.aws/config
 *	region = eu-west-1
 *	[profile build]			a bare [build] is no profile here
 *	services = local
 *	[services local]
 *	sqs =
 *	  endpoint_url = http://127.0.0.1:4566
 *
 *	[build]				~/.aws/credentials: no prefix
 *	aws_access_key_id = AKID...
 */
#ifndef TQ_AWS_CONFIG_H
#define TQ_AWS_CONFIG_H

#include "util/buf.h"

struct tq_env;
struct tq_err;
struct tq_aws_section;

/* The two files, as bits. */
#define TQ_AWS_IN_CONFIG	1u
#define TQ_AWS_IN_CREDENTIALS	2u
#define TQ_AWS_IN_BOTH		3u

enum tq_aws_kind {
	TQ_AWS_PROFILE, TQ_AWS_SSO_SESSION, TQ_AWS_SERVICES,
	TQ_AWS_DEFAULTS		/* [DEFAULT]: for all sections of its file */
};

/* Both files; a zeroed one is empty.  It holds secrets: free it. */
struct tq_aws_config {
	struct tq_arena		 mem;
	struct tq_aws_section	*sections;
};

/*
 * tq_aws_config_path(env, file, out):
 * Append where ${file} (one of the bits above) is: AWS_CONFIG_FILE or
 * AWS_SHARED_CREDENTIALS_FILE, else in ~/.aws.  A missing file is no error.
 */
void tq_aws_config_path(const struct tq_env *env, unsigned file,
    struct tq_buf *out);

/*
 * tq_aws_config_add(c, file, path, text, err):
 * Parse ${text}, found at ${path} (used in messages).  Returns 0, or -1
 * (config) for a NUL byte or a key before the first section; ${c} then holds
 * what stood before.  Any other line that can't be read spoils its own section
 * only: tq_aws_config_check().
 */
int tq_aws_config_add(struct tq_aws_config *c, unsigned file,
    const char *path, struct tq_span text, struct tq_err *err);

/*
 * tq_aws_config_check(c, kind, name, err): 0, or -1 (config) with file and line
 * when a section of that name, in either file, has a line that can't be read.
 */
int tq_aws_config_check(const struct tq_aws_config *c, enum tq_aws_kind kind,
    const char *name, struct tq_err *err);

/* tq_aws_config_has(c, files, kind, name): is there such a section? */
bool tq_aws_config_has(const struct tq_aws_config *c, unsigned files,
    enum tq_aws_kind kind, const char *name);

/*
 * tq_aws_config_get(c, files, kind, name, key):
 * The value of a key, in any case, or NULL (also for an empty one).  The
 * credentials file counts before the config file, and the later of two keys.
 * Valid until ${c} is freed.  [default] is not inherited; [DEFAULT] is.
 */
const char *tq_aws_config_get(const struct tq_aws_config *c, unsigned files,
    enum tq_aws_kind kind, const char *name, const char *key);

/* tq_aws_config_sub(c, kind, name, outer, key): a nested value, or NULL; the
   case of ${key} counts. */
const char *tq_aws_config_sub(const struct tq_aws_config *c,
    enum tq_aws_kind kind, const char *name, const char *outer,
    const char *key);

/* tq_aws_config_free(c): wiped; a zeroed one is fine. */
void tq_aws_config_free(struct tq_aws_config *c);

#endif
