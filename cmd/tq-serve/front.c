/* cmd/tq-serve/front.c -- options, sockets and the log. */
#include "front.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "serve/api/api.h"
#include "serve/http/uri.h"
#include "util/notify.h"
#include "util/str.h"

#define FIRST_FD	3	/* of those that systemd passes */

/* The page's folder when nobody names it: of the build tree, or installed. */
static const char *
find_web(struct tq_cli *cli)
{
	static const char *const places[] = { "../share/tq/web", "../web" };
	char self[3000];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *path;
	char *slash;
	size_t i;

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	if ((slash = strrchr(self, '/')) == NULL)
		return NULL;
	*slash = '\0';
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		path = tq_arena_fmt(&cli->arena, "%s/%s", self, places[i]);
		if (access(path, R_OK | X_OK) == 0)
			return path;
	}
	return NULL;
}

static int
check_origins(struct front *f)
{
	const struct tq_strs *l = &f->o->cors;
	const char *at;
	size_t i;

	for (i = 0; i < l->n; i++) {
		at = strstr(l->v[i], "://");
		if (strncmp(l->v[i], "http", 4) != 0 || at == NULL ||
		    at[3] == '\0' || strpbrk(at + 3, "/ *") != NULL)
			return tq_cli_usage(f->cli, "--cors %s: must be an "
			    "origin such as https://example.org", l->v[i]);
	}
	return TQ_EX_OK;
}

static int
check_s3(struct front *f)
{
	const struct tq_strs *l = &f->o->s3;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!tq_s3_allow_ok(l->v[i]))
			return tq_cli_usage(f->cli, "--allow-s3 %s: must be "
			    "BUCKET or BUCKET/PREFIX, without s3://", l->v[i]);
	return TQ_EX_OK;
}

static int
take_proxies(struct front *f, struct tq_serve_opts *so)
{
	const struct tq_strs *l = &f->o->proxies;
	struct tq_err err = TQ_ERR_INIT;
	size_t i;

	if (l->n > FRONT_PROXIES_MAX)
		return tq_cli_usage(f->cli, "--trust-proxy: at most %d",
		    FRONT_PROXIES_MAX);
	so->proxies = f->proxies;
	so->most = f->o->lambda ? TQ_LAMBDA_MOST : NULL;
	for (i = 0; i < l->n; i++) {
		if (strcmp(l->v[i], "unix") == 0)
			so->trust_unix = true;
		else if (tq_cidr_parse(l->v[i], &f->proxies[so->nproxies],
		    &err) == -1)
			return tq_cli_usage(f->cli, "--trust-proxy %s: must "
			    "be an address, a range such as 10.0.0.0/8, or "
			    "unix", l->v[i]);
		else
			so->nproxies++;
	}
	return TQ_EX_OK;
}

int
front_options(struct front *f, struct tq_serve_opts *so)
{
	struct opts *o = f->o;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (o->no_auth && o->keys != NULL)
		return tq_cli_usage(f->cli, "--keys and --insecure-no-auth "
		    "exclude each other");
	f->logs = f->cli->verbose > 0 || f->cli->json || o->log_format;
	f->log_format = f->cli->json ? TQ_LOG_JSON : f->cli->err_tty ?
	    TQ_LOG_HUMAN : TQ_LOG_LOGFMT;
	if (o->log_format != NULL && !tq_log_name(o->log_format,
	    &f->log_format))
		return tq_cli_usage(f->cli, "--log-format is logfmt, json or "
		    "human, not %s", o->log_format);
	if (o->web == NULL)
		o->web = tq_getenv(f->cli->env, "TQ_WEB");
	so->api = tq_serve_api();
	so->store_url = f->cli->store_url;
	so->env = f->cli->env;
	so->threads = o->threads > 0 ? (unsigned)o->threads :
	    cores > 0 ? (unsigned)cores : 1;
	so->web = o->web != NULL ? o->web : find_web(f->cli);
	so->keys = o->keys;
	so->cors = o->cors.v;
	so->ncors = o->cors.n;
	so->hosts = o->hosts.v;
	so->nhosts = o->hosts.n;
	so->s3 = o->s3.v;
	so->ns3 = o->s3.n;
	so->unsupported_ms = o->unsupported_ms;
	so->header_ms = o->header_ms;
	so->keepalive_ms = o->keepalive_ms;
	so->body_ms = o->body_ms;
	so->access = f->logs ? front_access : NULL;
	so->note = front_note;
	so->failed = front_failed;
	return check_origins(f) == TQ_EX_OK && check_s3(f) == TQ_EX_OK ?
	    take_proxies(f, so) : TQ_EX_USAGE;
}

static int
take_passed(struct front *f)
{
	const struct tq_env *env = f->cli->env;
	const char *pid = tq_getenv(env, "LISTEN_PID");
	const char *fds = tq_getenv(env, "LISTEN_FDS");
	int64_t n, who, i;
	int fd;

	if (pid == NULL || fds == NULL ||
	    tq_str_int(pid, 1, INT32_MAX, &who) == -1 || who != getpid() ||
	    tq_str_int(fds, 1, FRONT_LISTEN_MAX, &n) == -1)
		return TQ_EX_OK;
	for (i = 0; i < n; i++) {
		fd = FIRST_FD + (int)i;
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
		    fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
			tq_cli_warn(f->cli, "LISTEN_FDS: descriptor %d is not "
			    "there", fd);
			return TQ_EX_CONFIG;
		}
		tq_listen_shown(fd, f->shown[f->nfds]);
		f->fds[f->nfds++] = fd;
	}
	f->npassed = f->nfds;
	return TQ_EX_OK;
}

/* Without keys, only this machine gets in, unless told so in as many words. */
static int
check_open(struct front *f)
{
	size_t i;

	if (f->o->keys != NULL || f->o->no_auth)
		return TQ_EX_OK;
	for (i = 0; i < f->nfds; i++)
		if (!tq_listen_loopback(f->fds[i])) {
			tq_cli_warn(f->cli, "%s: other machines could do "
			    "everything here; give --keys FILE, or "
			    "--insecure-no-auth to let them", f->shown[i]);
			return TQ_EX_CONFIG;
		}
	return TQ_EX_OK;
}

int
front_listen(struct front *f, struct tq_serve_opts *so)
{
	static const char *by_default[] = { "127.0.0.1:8080" };
	struct tq_strs l = f->o->listen;
	size_t i;
	int rc;

	if ((rc = take_passed(f)) != TQ_EX_OK)
		return rc;
	if (l.n == 0 && f->nfds == 0)
		l = (struct tq_strs){ by_default, 1 };
	if (f->nfds + l.n > FRONT_LISTEN_MAX)
		return tq_cli_usage(f->cli, "--listen: at most %d addresses",
		    FRONT_LISTEN_MAX);
	for (i = 0; i < l.n; i++) {
		if (tq_listen(l.v[i], &f->fds[f->nfds], f->shown[f->nfds],
		    &f->cli->err) == -1)
			return -1;
		f->nfds++;
	}
	so->fds = f->fds;
	so->nfds = f->nfds;
	return check_open(f);
}

void
front_say_listening(const struct front *f)
{
	size_t i;

	for (i = 0; i < f->nfds; i++)
		tq_cli_warn(f->cli, "listening on %s", f->shown[i]);
}

void
front_free(struct front *f)
{
	size_t i;

	if (f->lambda_keys != NULL)
		unlink(f->lambda_keys);
	/* A socket that systemd made is systemd's. */
	for (i = f->npassed; i < f->nfds; i++)
		if (tq_str_starts(f->shown[i], "unix:"))
			unlink(f->shown[i] + strlen("unix:"));
}

void
front_access(void *front, const struct tq_serve_access *a)
{
	struct front *f = front;
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);
	char text[1024], size[32] = "";
	struct tq_event e = { .name = "request", .task = a->task_id,
	    .duration_ms = a->duration_ms, .text = text };

	/* A stream has no size. */
	if (a->bytes >= 0)
		snprintf(size, sizeof(size), " %lld B", (long long)a->bytes);
	snprintf(text, sizeof(text), "%s %.512s %d%s from %s%s%s, id %s",
	    a->method, a->path, a->status, size, a->remote,
	    a->key_id != NULL ? " with key " : "",
	    a->key_id != NULL ? a->key_id : "", a->request_id);
	tq_log_event(&b, f->log_format, tq_wall_ms(f->cli->env), &e);
	/* One write a line; what stderr does not take is lost. */
	if (b.data != NULL && write(STDERR_FILENO, b.data, b.len) == -1)
		f->logs = false;
	tq_buf_free(&b);
}

void
front_note(void *front, const char *text)
{
	struct front *f = front;

	tq_cli_warn(f->cli, "%s", text);
}

void
front_failed(void *front)
{
	(void)front;
	kill(getpid(), SIGTERM);
}

void
front_notify(const struct tq_env *env, const char *state)
{
	tq_notify(env, state);
}
