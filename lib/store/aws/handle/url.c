/*
 * lib/store/aws/handle/url.c --
 * "aws:PREFIX[?table=T&bucket=B&owner=ACCOUNT&queue.NAME=URL]".
 */
#include <stdlib.h>
#include <string.h>

#include "store/aws/handle/handle.h"
#include "util/str.h"

static int
bad(struct tq_err *err, const char *url, const char *why)
{
	return tq_err_set(
	    err, TQ_AT_CONFIG, TQ_E_CONFIG, "store \"%.200s\": %s", url, why);
}

static bool
is_bucket_start(const char *prefix)
{
	return prefix[0] != '-' && strspn(prefix,
	    "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(prefix);
}

static bool
is_account(const char *s)
{
	return strlen(s) == 12 && strspn(s, "0123456789") == 12;
}

static int
option(struct aq_url *u, char *opt, const char *url, struct tq_err *err)
{
	char *value = strchr(opt, '=');
	struct aq_named *q;

	if (value == NULL || value[1] == '\0')
		return bad(err, url, "an option is NAME=VALUE");
	*value++ = '\0';
	if (strcmp(opt, "table") == 0) {
		u->table = tq_arena_str(&u->mem, value);
	} else if (strcmp(opt, "bucket") == 0) {
		u->bucket = tq_arena_str(&u->mem, value);
	} else if (strcmp(opt, "owner") == 0) {
		if (!is_account(value))
			return bad(err, url, "owner= wants an account: twelve "
			    "digits");
		u->owner = tq_arena_str(&u->mem, value);
	} else if (tq_str_starts(opt, "queue.") && tq_str_ends(value, ".fifo")) {
		return bad(err, url, "a FIFO queue will not do: tq needs a "
		    "standard one");
	} else if (tq_str_starts(opt, "queue.") && tq_queue_ok(opt + 6)) {
		q = tq_arena_alloc(&u->mem, sizeof(*q));
		*q = (struct aq_named){ tq_arena_str(&u->mem, opt + 6),
		    tq_arena_str(&u->mem, value), u->queues };
		u->queues = q;
	} else {
		return bad(err, url, "options are table=NAME, bucket=NAME, "
		    "owner=ACCOUNT, queue.NAME=URL");
	}
	return 0;
}

int
aq_url_parse(const char *url, struct aq_url *u, struct tq_err *err)
{
	const char *p = url + strlen("aws:");
	size_t n = strcspn(p, "?");
	char *opts, *opt, *save = NULL;

	*u = (struct aq_url){ 0 };
	u->prefix = tq_arena_dup(&u->mem, p, n);
	if (u->prefix[0] == '\0')
		return bad(err, url, "a prefix is missing, as in aws:myapp");
	/* aq_queue_name() has 80 for it, "-QUEUE" and "-dlq". */
	if (!tq_queue_ok(u->prefix) || n > 32)
		return bad(err, url, "the prefix must be 1 to 32 of A-Z a-z "
		    "0-9 _ -, as in aws:myapp");
	u->text = tq_arena_fmt(&u->mem, "aws:%s", u->prefix);
	u->table = u->prefix;
	opts = tq_arena_str(&u->mem, p[n] == '?' ? p + n + 1 : "");
	for (opt = strtok_r(opts, "&", &save); opt != NULL;
	    opt = strtok_r(NULL, "&", &save))
		if (option(u, opt, url, err) == -1)
			return -1;
	/* The bucket is named after it, and init would only tell at its end. */
	if (u->bucket == NULL && !is_bucket_start(u->prefix))
		return bad(err, url, "a bucket's name has no capitals, no _ "
		    "and no - at its start: give another prefix or "
		    "?bucket=NAME");
	if (strlen(u->table) < 3)
		return bad(err, url, "a table's name has at least three "
		    "characters; give a longer prefix or ?table=NAME");
	return 0;
}

void
aq_url_free(struct aq_url *u)
{
	tq_arena_free(&u->mem);
	*u = (struct aq_url){ 0 };
}
