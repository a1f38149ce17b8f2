/*
 * lib/aws/endpoint.h -- which region, which URL: from the environment and
 * the config files, as the AWS SDKs decide it.  Pure.
 */
#ifndef TQ_AWS_ENDPOINT_H
#define TQ_AWS_ENDPOINT_H

#include "util/buf.h"

struct tq_aws_config;
struct tq_env;
struct tq_err;

enum tq_aws_service {
	TQ_AWS_SQS, TQ_AWS_DYNAMODB, TQ_AWS_S3, TQ_AWS_STS, TQ_AWS_SSO,
	TQ_AWS_SSO_OIDC,
	TQ_AWS_SERVICE_MAX
};

/* The settings that every decision looks at. */
struct tq_aws_setup {
	const struct tq_env	*env;
	const struct tq_aws_config *config;
	const char		*profile;	/* tq_aws_profile() */
	const char		*region;	/* if nothing else says; or NULL */
};

/* tq_aws_signing_name(service): "sqs"; what a signature calls it. */
const char *tq_aws_signing_name(enum tq_aws_service service);

/* tq_aws_profile(env): AWS_PROFILE, AWS_DEFAULT_PROFILE or "default". */
const char *tq_aws_profile(const struct tq_env *env);

/*
 * tq_aws_profile_check(s, err):
 * 0, or -1 (config) when the profile was asked for by name and neither file
 * has it, or when it, its SSO session or its services have a line that can't be
 * read.
 */
int tq_aws_profile_check(const struct tq_aws_setup *s, struct tq_err *err);

/*
 * tq_aws_setting(s, var, key):
 * The environment variable ${var}, else ${key} of the profile, else NULL.
 * Either name may be NULL.
 */
const char *tq_aws_setting(const struct tq_aws_setup *s, const char *var,
    const char *key);

/* tq_aws_flag(s, var, key): the same as a bool; only "true" is true. */
bool tq_aws_flag(const struct tq_aws_setup *s, const char *var,
    const char *key);

/*
 * tq_aws_region(s, wanted):
 * ${wanted} (from a URL or option), AWS_REGION, AWS_DEFAULT_REGION, the
 * profile's region, ${s}->region; NULL when none says.
 */
const char *tq_aws_region(const struct tq_aws_setup *s, const char *wanted);

/* tq_aws_region_ok(region): could that be the name of one? */
bool tq_aws_region_ok(const char *region);

/* tq_aws_ca_bundle(s): AWS_CA_BUNDLE or ca_bundle: a file, or NULL. */
const char *tq_aws_ca_bundle(const struct tq_aws_setup *s);

/*
 * tq_aws_endpoint(s, service, region, mem, base, custom, err):
 * Set ${base} to the URL of ${service} in ${region}: AWS_ENDPOINT_URL_SQS,
 * AWS_ENDPOINT_URL, the profile's services section, its endpoint_url
 * (none of them under AWS_IGNORE_CONFIGURED_ENDPOINT_URLS), else Amazon's,
 * with FIPS and dual-stack where asked for.  ${custom} says whether it is
 * not Amazon's own.  The text lives in ${mem}.  Returns 0, or -1 (config):
 * no region, a region that can't be one, or a custom endpoint together with
 * FIPS or dual-stack.
 */
int tq_aws_endpoint(const struct tq_aws_setup *s,
    enum tq_aws_service service, const char *region, struct tq_arena *mem,
    const char **base, bool *custom, struct tq_err *err);

#endif
