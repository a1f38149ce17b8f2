/* tests/unit/t_env.h -- a struct tq_env that tests set by hand. */
#ifndef T_ENV_H
#define T_ENV_H

#include <string.h>

#include "util/env.h"

struct t_env {
	_Atomic int64_t	 now;		/* threads of what is tested read it */
	unsigned char	 random;	/* every random byte */
	const char	*vars[32];	/* name, value, ..., NULL */
};

/* For ${vars}: whoever is to sign, and no file of the user is read. */
#define T_ENV_AWS							\
	"AWS_REGION", "eu-west-1", "AWS_ACCESS_KEY_ID", "AKID",		\
	"AWS_SECRET_ACCESS_KEY", "very-secret",				\
	"AWS_CONFIG_FILE", "/proc/nonexistent/a",				\
	"AWS_SHARED_CREDENTIALS_FILE", "/proc/nonexistent/b"

static inline int64_t
t_env_now(void *arg)
{
	return ((struct t_env *)arg)->now;
}

static inline void
t_env_random(void *arg, void *buf, size_t n)
{
	memset(buf, ((struct t_env *)arg)->random, n);
}

static inline const char *
t_env_boot_id(void *arg)
{
	(void)arg;
	return "boot";
}

static inline const char *
t_env_get(void *arg, const char *name)
{
	const char **v;

	for (v = ((struct t_env *)arg)->vars; *v != NULL; v += 2)
		if (strcmp(*v, name) == 0)
			return v[1][0] != '\0' ? v[1] : NULL;
	return NULL;
}

static inline struct tq_env
t_env_make(struct t_env *e)
{
	return (struct tq_env){ .wall_ms = t_env_now, .boot_ms = t_env_now,
	    .random = t_env_random, .boot_id = t_env_boot_id,
	    .get = t_env_get, .arg = e };
}

#endif
