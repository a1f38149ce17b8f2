/*
 * lib/aws/creds.h -- whose requests these are: the credential providers of
 * the AWS SDKs, in their order.
 *
 *	environment		AWS_ACCESS_KEY_ID ...
 *	assumed role		role_arn + source_profile | credential_source
 *	web identity		AWS_WEB_IDENTITY_TOKEN_FILE, or the profile's
 *	SSO			sso_session ..., what `aws sso login' left,
 *				renewed where it can be
 *	shared credentials	the profile's keys in ~/.aws/credentials
 *	login			login_session: refused, with what helps
 *	process			credential_process
 *	shared config		the profile's keys in ~/.aws/config
 *	container		ECS and EKS endpoints
 *	instance		EC2's metadata service, version 2 only
 *
 * The first that is configured decides: when it fails, no other is tried.
 * Providers read, run and ask through struct tq_creds_io.
 */
#ifndef TQ_AWS_CREDS_H
#define TQ_AWS_CREDS_H

#include <stdint.h>

#include "util/buf.h"

struct tq_aws_req;
struct tq_aws_setup;
struct tq_err;
struct tq_http_res;

/* Secret: freed with tq_creds_free(), which wipes it; never printed. */
struct tq_creds {
	char		*key_id, *secret;
	char		*token;		/* NULL: none */
	char		*account;	/* whose they are; NULL: not told */
	int64_t		 expires_ms;	/* 0: never */
	const char	*source;	/* "environment", ...; static */
	struct tq_arena	 mem;		/* of the strings */
};

/*
 * The outside, as providers need it; all return 0, or -1 with ${err}.
 *
 * http: send once, within ${timeout_ms}; never by a proxy if ${direct}.  An
 *	HTTP error is an answer.  ${res} is the caller's to free.
 * read_file: append the file's bytes; TQ_E_NOTFOUND when there is none.
 * write_file: make ${text} all that is in the file, at once or not at all;
 *	nobody else may read it.
 * run: run ${argv}, no shell, append its stdout; -1 when it exits with
 *	anything but 0 (the message holds the end of its stderr).
 */
struct tq_creds_io {
	int	(*http)(void *arg, const struct tq_aws_req *req,
		    int64_t timeout_ms, bool direct, struct tq_http_res *res,
		    struct tq_err *err);
	int	(*read_file)(void *arg, const char *path, struct tq_buf *out,
		    struct tq_err *err);
	int	(*write_file)(void *arg, const char *path, struct tq_span text,
		    struct tq_err *err);
	int	(*run)(void *arg, char *const *argv, struct tq_buf *out,
		    struct tq_err *err);
	void	*arg;
};

/*
 * The last three for the real world, ${arg} being ignored, but for _run's: it
 * is NULL, or a struct tq_creds_stop, and when its descriptor becomes readable,
 * or tq_stopped(), the program is killed and the call ends with TQ_E_INTR.
 */
struct tq_creds_stop {
	int		 fd;
	const struct tq_env *env;
};
int tq_creds_read_file(void *arg, const char *path, struct tq_buf *out,
    struct tq_err *err);
int tq_creds_write_file(void *arg, const char *path, struct tq_span text,
    struct tq_err *err);
int tq_creds_run(void *arg, char *const *argv, struct tq_buf *out,
    struct tq_err *err);

/* tq_creds_copy(out, c): another of the same. */
void tq_creds_copy(struct tq_creds *out, const struct tq_creds *c);

/* tq_creds_free(c): wipe and give back; a zeroed one is fine. */
void tq_creds_free(struct tq_creds *c);

/*
 * tq_creds_find(s, io, out, err):
 * Ask the providers.  Returns 0, ${out} is then the caller's; or -1 with
 * stage creds: TQ_E_DENIED (none is configured, or one said no; the message
 * names the remedy), TQ_E_CONFIG, TQ_E_THROTTLED, TQ_E_UNAVAILABLE,
 * TQ_E_TIMEOUT, TQ_E_DATA (an answer that can't be read, and is not shown),
 * TQ_E_IO; never TQ_E_NOTFOUND.
 */
int tq_creds_find(const struct tq_aws_setup *s, const struct tq_creds_io *io,
    struct tq_creds *out, struct tq_err *err);

/*
 * tq_creds_region(s, io, mem):
 * The region of the EC2 instance that this runs on, as its metadata service
 * tells, in ${mem}; NULL when there is none to ask.  Takes a second to find
 * that out, unless AWS_EC2_METADATA_DISABLED is true.
 */
const char *tq_creds_region(const struct tq_aws_setup *s,
    const struct tq_creds_io *io, struct tq_arena *mem);

#endif
