/*
 * lib/serve/server/judge.h -- libmicrohttpd as it is asked to be strict, and
 * the heads that it still lets through.
 */
#ifndef TQ_SERVE_SERVER_JUDGE_H
#define TQ_SERVE_SERVER_JUDGE_H

#include <microhttpd.h>

#include "serve/http/guard.h"
#include "util/err.h"

#define SV_MEMORY_MAX	16384	/* a connection's: heads beyond get 431, 414 */
#define SV_STACK_BYTES	(1024 * 1024)

/* libmicrohttpd's callbacks, as microhttpd.h has them; cls is for all. */
struct sv_callbacks {
	void			*cls;
	MHD_AcceptPolicyCallback policy;
	MHD_AccessHandlerCallback request;
	void *(*uri)(void *cls, const char *uri, struct MHD_Connection *mc);
	MHD_NotifyConnectionCallback notify;
	MHD_RequestCompletedCallback completed;
	MHD_LogCallback		 trouble;	/* NULL: not asked */
	unsigned		 conns;		/* at most, at a time */
};

/*
 * sv_daemon(cb, fd, threads, strict):
 * Start an event loop, or a pool of ${threads}, that accepts from ${fd}; with
 * -1 it has only what MHD_add_connection() gives it.  ${strict} asks for
 * MHD_OPTION_STRICT_FOR_CLIENT: every version knows it, and since 1.0
 * (0x00097701) it is level 1 of MHD_OPTION_CLIENT_DISCIPLINE_LVL, which refuses
 * bare line feeds and folded lines.  NULL: it can't be started.
 */
struct MHD_Daemon *sv_daemon(const struct sv_callbacks *cb, int fd,
    unsigned threads, bool strict);

/*
 * sv_judge(mc, h, g):
 * Have tq_guard_check() judge the head of the request on ${mc}.  The caller
 * fills in ${h} what it was told (method, uri, version, bytes); the fields and
 * the size are asked for here.
 */
bool sv_judge(struct MHD_Connection *mc, struct tq_head h, struct tq_guard *g);

/*
 * sv_probe(strict, err):
 * Send requests, good and bad, through a socket pair to a daemon of this
 * libmicrohttpd, and look which are taken.  *${strict} says whether it refuses
 * bare line feeds when asked to.  If not, the guard has to look at the bytes
 * (tq_head.bytes), and the library's few checks are left off: what they refuse
 * gets no answer.  Returns 0.  Fails with TQ_E_CONFIG when a bad request would
 * be served or a good one refused: such a library is not safe, or no use.
 */
int sv_probe(bool *strict, struct tq_err *err);

#endif
