/* lib/aws/creds_process.c -- credential_process: a program that knows them. */
#include <string.h>

#include "aws/creds_inside.h"
#include "util/err.h"
#include "util/json.h"

#define ARGS_MAX	64
#define OUTPUT_MAX	(64 * 1024)

/* One word of a POSIX shell's, without its expansions; NULL at the end. */
static char *
word(struct tq_arena *mem, const char **at, bool *bad)
{
	const char *p = *at + strspn(*at, " \t\n");
	char *out, *w, quote = '\0';

	if (*p == '\0')
		return NULL;
	out = w = tq_arena_alloc(mem, strlen(p) + 1);
	for (; *p != '\0' && (quote || !strchr(" \t\n", *p)); p++) {
		if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (*p == '\\' && p[1] != '\0' && (quote == '\0' ||
		    (quote == '"' && (p[1] == '"' || p[1] == '\\'))))
			*w++ = *++p;
		else
			*w++ = *p;
	}
	*bad = quote != '\0';
	*at = p;
	return out;
}

static int
version(struct tq_span text, struct tq_err *err)
{
	struct tq_span v;
	int64_t n;

	if (tq_json_check(text, NULL) == 0 &&
	    tq_json_get(text, "Version", &v) && tq_json_int(v, &n) && n == 1)
		return 0;
	return tq_err_set(err, TQ_AT_CREDS, TQ_E_DATA,
	    "credential_process: its output is not JSON with \"Version\": 1");
}

int
tq_creds_process(struct ask *a, const char *profile, struct tq_creds *out,
    struct tq_err *err)
{
	const char *p = tq_creds_key(a, profile, "credential_process");
	struct tq_buf text = TQ_BUF_INIT(OUTPUT_MAX);
	char *argv[ARGS_MAX + 1];
	bool bad = false;
	size_t n = 0;
	int rc = -1;

	if (p == NULL)
		return 0;
	while (n < ARGS_MAX && (argv[n] = word(&a->mem, &p, &bad)) != NULL)
		n++;
	argv[n] = NULL;
	if (bad || n == 0 || n == ARGS_MAX)
		return tq_err_set(err, TQ_AT_CREDS, TQ_E_CONFIG,
		    "AWS profile %s: credential_process: %s", profile,
		    bad ? "an open quote" : "no command, or a too long one");
	if (a->io->run(a->io->arg, argv, &text, err) == -1)
		goto out;
	if (version(tq_buf_span(&text), err) == 0)
		rc = tq_creds_json(out, "process", tq_buf_span(&text),
		    "SessionToken", err);
out:
	tq_buf_wipe(&text);
	return rc;
}
