/* lib/net/http.c -- see http.h; http_xfer.c has the single request. */
#include "net/http.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "net/http_inside.h"
#include "util/env.h"

#define LOOK_MS		500	/* between looks at the user's wish */
#define SERVICES	4	/* hosts that a client may talk to in turn */

struct tq_http {
	struct tq_http_common c;
	CURLM		*multi;
	struct tq_http_loop loop;
	struct tq_http_xfer *xfers;	/* c.conns of them */
	atomic_bool	 woken;
};

/* -- making and ending ----------------------------------------------------- */

static void
init_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static char *
copy(const char *s)
{
	return s == NULL ? NULL : strdup(s);
}

static int
make(const struct tq_http_opts *o, struct tq_http_share *share,
    struct tq_http **out, struct tq_err *err)
{
	struct tq_http *h = calloc(1, sizeof(*h));
	size_t i;

	if (h == NULL)
		goto fail;
	h->c.conns = o->conns ? o->conns : TQ_HTTP_CONNS;
	h->c.env = o->env;
	h->c.connect_ms = o->connect_ms ? o->connect_ms : TQ_HTTP_CONNECT_MS;
	h->c.ca_bundle = copy(o->ca_bundle);
	h->c.user_agent = copy(o->user_agent);
	h->c.curlsh = tq_http_share_ref(share);
	h->c.share = share;
	h->xfers = calloc(h->c.conns, sizeof(*h->xfers));
	h->multi = curl_multi_init();
	if (h->xfers == NULL || h->multi == NULL ||
	    tq_http_loop_init(&h->loop, h->multi) == -1 ||
	    (o->ca_bundle != NULL && h->c.ca_bundle == NULL))
		goto fail;
	for (i = 0; i < h->c.conns; i++)
		if ((h->xfers[i].easy = curl_easy_init()) == NULL)
			goto fail;
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING,
	    (long)CURLPIPE_NOTHING);
	/* The idle ones of each service: or one would push out the others. */
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS,
	    (long)(SERVICES * h->c.conns));
	*out = h;
	return 0;
fail:
	tq_http_free(h);
	return tq_err_set(err, TQ_AT_SEND, TQ_E_NOMEM, "out of memory");
}

int
tq_http_new(const struct tq_http_opts *o, struct tq_http **out,
    struct tq_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	struct tq_http_share *share;
	int rc;

	pthread_once(&once, init_curl);
	if ((share = tq_http_share_new()) == NULL)
		return tq_err_set(err, TQ_AT_SEND, TQ_E_NOMEM,
		    "out of memory");
	rc = make(o, share, out, err);
	tq_http_share_free(share);
	return rc;
}

int
tq_http_sibling(struct tq_http *h, struct tq_http **out, struct tq_err *err)
{
	struct tq_http_opts o = { h->c.ca_bundle, h->c.user_agent,
	    h->c.connect_ms, h->c.conns, h->c.env };

	return make(&o, h->c.share, out, err);
}

void
tq_http_free(struct tq_http *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; h->xfers != NULL && i < h->c.conns; i++)
		curl_easy_cleanup(h->xfers[i].easy);
	if (h->multi != NULL)
		curl_multi_cleanup(h->multi);
	tq_http_loop_free(&h->loop);
	if (h->c.share != NULL)
		tq_http_share_free(h->c.share);
	free(h->xfers);
	free(h->c.ca_bundle);
	free(h->c.user_agent);
	free(h);
}

/* -- performing ------------------------------------------------------------ */

static void
release(struct tq_http *h, struct tq_http_xfer *x)
{
	/* The connection stays with the multi handle. */
	curl_multi_remove_handle(h->multi, x->easy);
	tq_http_xfer_rest(x);
}

/* false: it failed at once, as its result says. */
static bool
begin(struct tq_http *h, struct tq_http_xfer *x, const struct tq_http_req *req,
    struct tq_http_res *res)
{
	x->req = req;
	x->res = res;
	if (tq_http_xfer_start(x, &h->c) == 0) {
		if (curl_multi_add_handle(h->multi, x->easy) == CURLM_OK)
			return true;
		tq_http_xfer_fail(x, TQ_E_NOMEM, true, "out of memory");
	}
	release(h, x);
	return false;
}

/* Take what has ended; returns how many. */
static size_t
collect(struct tq_http *h)
{
	struct tq_http_xfer *x;
	CURLMsg *m;
	size_t n = 0;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE,
		    (char **)&x);
		tq_http_xfer_end(x, m->data.result);
		release(h, x);
		n++;
	}
	return n;
}

static void
interrupt(struct tq_http *h)
{
	long sent;
	size_t i;

	for (i = 0; i < h->c.conns; i++) {
		struct tq_http_xfer *x = &h->xfers[i];

		if (x->req == NULL)
			continue;
		sent = 0;
		curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &sent);
		x->res->sent = sent > 0;
		tq_http_xfer_fail(x, TQ_E_INTR, true, "interrupted");
		release(h, x);
	}
}

static struct tq_http_xfer *
free_xfer(struct tq_http *h)
{
	size_t i;

	for (i = 0; i < h->c.conns; i++)
		if (h->xfers[i].req == NULL)
			return &h->xfers[i];
	return NULL;
}

static void
init_result(const struct tq_http_req *req, struct tq_http_res *res)
{
	memset(res, 0, sizeof(*res));
	res->head = (struct tq_buf)TQ_BUF_INIT(TQ_HTTP_HEAD_MAX);
	res->body = (struct tq_buf)TQ_BUF_INIT(req->body_max ? req->body_max :
	    TQ_HTTP_BODY_MAX);
}

/* Those that were not begun. */
static void
refuse(const struct tq_http_req *req, struct tq_http_res *res)
{
	struct tq_http_xfer x = { .req = req, .res = res };

	tq_http_xfer_fail(&x, TQ_E_INTR, true, "interrupted");
}

/*
 * For how long may we sleep?  -1: for ever.  A signal may come between a look at
 * the user's wish and the sleep, or to another thread, so that one is short.
 * *${end}, 0 at first, is when all has to end; 0: it is over.
 */
static int
patience(const struct tq_http *h, int64_t *end)
{
	int64_t now;

	if (h->c.env == NULL || h->c.env->stop == NULL)
		return -1;
	if (*end == 0 && !tq_stopped(h->c.env))
		return LOOK_MS;
	now = tq_mono_us() / 1000;
	if (*end == 0)
		*end = now + TQ_HTTP_STOP_MS;
	return *end > now ? (int)(*end - now) : 0;
}

size_t
tq_http_perform(struct tq_http *h, const struct tq_http_req *reqs, size_t n,
    struct tq_http_res *res)
{
	size_t next = 0, busy = 0, bad = 0, i;
	struct tq_http_xfer *x;
	int64_t end = 0;
	int ms = -1;

	for (i = 0; i < n; i++)
		init_result(&reqs[i], &res[i]);
	while (busy > 0 || next < n) {
		if (atomic_exchange(&h->woken, false) ||
		    (ms = patience(h, &end)) == 0)
			break;
		while (next < n && (x = free_xfer(h)) != NULL) {
			busy += begin(h, x, &reqs[next], &res[next]);
			next++;
		}
		/* Where one has ended there is room for the next. */
		if (busy > 0 && (i = collect(h)) > 0)
			busy -= i;
		else if (busy > 0)
			tq_http_loop_turn(&h->loop, ms);
	}
	interrupt(h);
	for (; next < n; next++)
		refuse(&reqs[next], &res[next]);
	for (i = 0; i < n; i++)
		bad += res[i].err.code != TQ_OK;
	return bad;
}

void
tq_http_wake(struct tq_http *h)
{
	atomic_store(&h->woken, true);
	tq_http_loop_wake(&h->loop);
}
