/* cmd/tq-serve/lambda.c -- --lambda: see front.h. */
#include "front.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lambda/event.h"
#include "lambda/module.h"
#include "util/fd.h"
#include "util/hash.h"
#include "util/str.h"

#define KEYS_FILE_MAX	(1024 * 1024)

/* A key for each set of scopes, and its line for the file. */
static void
make_keys(struct front *f, const char **keys, struct tq_buf *out)
{
	static const char *const scopes[] = { "read", "submit", "admin",
	    "operate" };		/* by bit of enum tq_lambda_scope */
	struct tq_arena *a = &f->cli->arena;
	char hex[2 * TQ_SHA256_LEN + 1];
	uint8_t random[TQ_SHA256_LEN];
	int i, k;

	for (i = 0; i < TQ_LAMBDA_KEYS; i++) {
		tq_random(f->cli->env, random, sizeof(random));
		tq_hex(random, sizeof(random), hex);
		keys[i] = tq_arena_str(a, hex);
		tq_sha256_text(keys[i], random);
		tq_hex(random, sizeof(random), hex);
		if (i == 0)
			continue;
		tq_buf_fmt(out, "authorizer-%d:%s:", i, hex);
		for (k = 0; k < 4; k++)
			if ((i & 1 << k) != 0)
				tq_buf_fmt(out, "%s%s", (i & ((1 << k) - 1)) !=
				    0 ? "," : "", scopes[k]);
		tq_buf_chr(out, '\n');
	}
}

/* What --keys names, judged as ever, goes in front of ours. */
static int
add_users(struct front *f, struct tq_buf *out)
{
	struct tq_keys *keys;
	char *room;
	ssize_t n;
	int fd;

	if (f->o->keys == NULL)
		return 0;
	if (tq_keys_load(f->o->keys, &keys, &f->cli->err) == -1)
		return -1;
	tq_keys_free(keys);
	room = tq_buf_room(out, KEYS_FILE_MAX);
	fd = open(f->o->keys, O_RDONLY | O_CLOEXEC);
	n = fd == -1 || room == NULL ? -1 : read(fd, room, KEYS_FILE_MAX);
	if (fd != -1)
		close(fd);
	if (n == -1)
		return tq_err_sys(&f->cli->err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    errno, "keys %s", f->o->keys);
	out->len += (size_t)n;
	return tq_buf_chr(out, '\n');
}

static int
write_keys(struct front *f, const struct tq_buf *text)
{
	const char *dir = tq_getenv(f->cli->env, "TMPDIR");
	char *path = tq_arena_fmt(&f->cli->arena, "%s/tq-keys-XXXXXX",
	    dir != NULL ? dir : "/tmp");
	int fd = mkstemp(path), rc;

	if (fd == -1)
		return tq_err_sys(&f->cli->err, TQ_AT_CONFIG, TQ_E_IO, errno,
		    "%s", path);
	rc = tq_fd_write(fd, tq_buf_span(text)) == 0 ? 0 :
	    tq_err_sys(&f->cli->err, TQ_AT_CONFIG, TQ_E_IO, errno, "%s",
	    path);
	close(fd);
	f->o->keys = f->lambda_keys = path;
	return rc;
}

int
front_lambda_prepare(struct front *f)
{
	static const char *listen[] = { "127.0.0.1:0" };
	static const char *proxies[] = { "127.0.0.1/32" };
	struct tq_buf text = TQ_BUF_INIT(2 * KEYS_FILE_MAX);
	int rc;

	if (!f->o->lambda)
		return TQ_EX_OK;
	if (f->o->listen.n > 0 || f->o->no_auth || f->o->proxies.n > 0)
		return tq_cli_usage(f->cli, "--lambda goes with none of "
		    "--listen, --insecure-no-auth, --trust-proxy");
	if (tq_getenv(f->cli->env, "AWS_LAMBDA_RUNTIME_API") == NULL)
		return tq_cli_usage(f->cli, "--lambda: this is no Lambda "
		    "function, AWS_LAMBDA_RUNTIME_API is not set");
	f->o->listen = (struct tq_strs){ listen, 1 };
	f->o->proxies = (struct tq_strs){ proxies, 1 };
	rc = add_users(f, &text);
	if (rc == 0) {
		make_keys(f, f->lambda.keys, &text);
		rc = write_keys(f, &text);
	}
	tq_buf_wipe(&text);
	return rc;
}

int
front_lambda_run(struct front *f, const sigset_t *set)
{
	const struct tq_lambda_module *m;
	const char *port = strrchr(f->shown[0], ':');
	int64_t n;

	unlink(f->lambda_keys);
	/* Requests end with the invocation: there is nothing to wait for. */
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, set, NULL);
	m = tq_module_symbol(TQ_NET_SO, TQ_LAMBDA_MODULE, &f->cli->err);
	if (m == NULL)
		return -1;
	if (m->version != TQ_LAMBDA_VERSION || port == NULL ||
	    tq_str_int(port + 1, 1, 65535, &n) == -1)
		return tq_err_set(&f->cli->err, TQ_AT_CONFIG, TQ_E_CONFIG,
		    TQ_NET_SO " is of another version");
	f->lambda.port = (unsigned)n;
	f->lambda.runtime = tq_getenv(f->cli->env, "AWS_LAMBDA_RUNTIME_API");
	return m->front(&f->lambda, &f->cli->err);
}
