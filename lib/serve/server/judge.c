/* lib/serve/server/judge.c -- a head as libmicrohttpd tells it, judged. */
#include "serve/server/judge.h"

#include <string.h>

struct fields {
	struct tq_field	v[TQ_GUARD_FIELDS_MAX + 1];
	size_t		n;
};

static enum MHD_Result
take_field(void *cls, enum MHD_ValueKind kind, const char *name,
    size_t name_n, const char *value, size_t value_n)
{
	struct fields *f = cls;

	(void)kind;
	f->v[f->n++] = (struct tq_field){ name, name_n,
	    value != NULL ? value : "", value_n };
	return f->n <= TQ_GUARD_FIELDS_MAX ? MHD_YES : MHD_NO;
}

bool
sv_judge(struct MHD_Connection *mc, struct tq_head h, struct tq_guard *g)
{
	const union MHD_ConnectionInfo *size;
	struct fields f;

	f.n = 0;
	MHD_get_connection_values_n(mc, MHD_HEADER_KIND, take_field, &f);
	h.fields = f.v;
	h.nfields = f.n;
	size = MHD_get_connection_info(mc,
	    MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	h.size = size != NULL ? size->header_size : 0;
	return tq_guard_check(&h, g);
}

/* We decode targets ourselves: strictly, and once. */
static size_t
keep_escapes(void *cls, struct MHD_Connection *mc, char *s)
{
	(void)cls;
	(void)mc;
	return strlen(s);
}

static void
ignore(void *cls, const char *fmt, va_list ap)
{
	(void)cls;
	(void)fmt;
	(void)ap;
}

struct MHD_Daemon *
sv_daemon(const struct sv_callbacks *cb, int fd, unsigned threads, bool strict)
{
	struct MHD_OptionItem listen[] = {
		{ fd != -1 ? MHD_OPTION_LISTEN_SOCKET : MHD_OPTION_END,
		    fd, NULL },
		{ threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
		    (intptr_t)threads, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
	    MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC |
	    (cb->trouble != NULL ? MHD_USE_ERROR_LOG : 0) |
	    (fd == -1 ? MHD_USE_NO_LISTEN_SOCKET : 0), 0,
	    cb->policy, cb->cls, cb->request, cb->cls,
	    MHD_OPTION_EXTERNAL_LOGGER,	/* the first, as it has to be */
	    cb->trouble != NULL ? cb->trouble : ignore, cb->cls,
	    MHD_OPTION_STRICT_FOR_CLIENT, strict ? 1 : 0,
	    MHD_OPTION_URI_LOG_CALLBACK, cb->uri, cb->cls,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
	    MHD_OPTION_NOTIFY_CONNECTION, cb->notify, cb->cls,
	    MHD_OPTION_NOTIFY_COMPLETED, cb->completed, cb->cls,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SV_MEMORY_MAX,
	    MHD_OPTION_CONNECTION_LIMIT, cb->conns,
	    MHD_OPTION_CONNECTION_TIMEOUT, 0u,	/* the reaper's business */
	    MHD_OPTION_THREAD_STACK_SIZE, (size_t)SV_STACK_BYTES,
	    MHD_OPTION_ARRAY, listen, MHD_OPTION_END);
}
