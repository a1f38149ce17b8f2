/* lib/serve/api/web.c -- the page's files, of one folder and nowhere else. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "serve/api/inside.h"

static const char policy[] = "default-src 'none'; script-src 'self'; "
    "style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; "
    "manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'";

static bool
name_ok(const char *s)
{
	if (*s == '.')
		return false;
	for (; *s != '\0'; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		    (*s >= '0' && *s <= '9') || strchr("._-", *s) != NULL))
			return false;
	return true;
}

/* Folder by folder, following no link. */
static int
open_file(const struct tq_serve *s, const struct tq_uri *u)
{
	int dir = s->web_fd, fd;
	size_t i;

	if (dir == -1)
		return -1;
	if (u->nsegments == 0)
		return openat(dir, "index.html", O_RDONLY | O_CLOEXEC |
		    O_NOFOLLOW);
	for (i = 0; ; i++, dir = fd) {
		fd = !name_ok(u->segment[i]) ? -1 : openat(dir, u->segment[i],
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
		    (i + 1 < u->nsegments ? O_DIRECTORY : 0));
		if (dir != s->web_fd)
			close(dir);
		if (fd == -1 || i + 1 == u->nsegments)
			return fd;
	}
}

bool
sv_web_has(struct sv_req *r)
{
	int fd = open_file(r->s, &r->uri);

	if (fd != -1)
		close(fd);
	return fd != -1;
}

enum MHD_Result
sv_web_run(struct sv_req *r)
{
	const char *name = r->uri.nsegments == 0 ? "index.html" :
	    r->uri.segment[r->uri.nsegments - 1];
	const char *type = tq_mime_file(name), *tag;
	const char *have = sv_header(r, "If-None-Match");
	struct MHD_Response *resp;
	struct stat sb;
	int fd = type == NULL ? -1 : open_file(r->s, &r->uri);

	if (fd == -1 || fstat(fd, &sb) == -1 || !S_ISREG(sb.st_mode)) {
		if (fd != -1)
			close(fd);
		return sv_answer_problem(r, TQ_P_NO_ROUTE, tq_arena_fmt(
		    &r->arena, "nothing is at %s", r->uri.path), NULL);
	}
	tag = tq_arena_fmt(&r->arena, "\"%llx-%llx\"",
	    (unsigned long long)sb.st_size,
	    (unsigned long long)sb.st_mtim.tv_sec * 1000 +
	    (unsigned long long)sb.st_mtim.tv_nsec / 1000000);
	if (have != NULL && tq_etag_match(have, tag)) {
		close(fd);
		return sv_answer_same(r, tag);
	}
	resp = MHD_create_response_from_fd64((uint64_t)sb.st_size, fd);
	if (resp == NULL) {
		close(fd);
		return MHD_NO;
	}
	sv_answer_header(resp, "Content-Type", type);
	sv_answer_header(resp, "Content-Security-Policy", policy);
	sv_answer_header(resp, "Referrer-Policy", "no-referrer");
	sv_answer_header(resp, "Cross-Origin-Opener-Policy", "same-origin");
	sv_answer_header(resp, "Cross-Origin-Resource-Policy", "same-origin");
	sv_answer_header(resp, "Cache-Control", "no-cache");
	sv_answer_header(resp, "ETag", tag);
	return sv_answer(r, 200, resp, sb.st_size);
}
