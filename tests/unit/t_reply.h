/* tests/unit/t_reply.h -- answers as tq_http_perform() gives them. */
#ifndef T_REPLY_H
#define T_REPLY_H

#include <string.h>

#include "net/http.h"

/* ${head}: "name: value\n" lines, or NULL.  Freed by tq_http_res_free(). */
static inline struct tq_http_res
t_reply(int status, const char *head, const char *body)
{
	struct tq_http_res r = { .status = status,
	    .head = TQ_BUF_INIT(65536), .body = TQ_BUF_INIT(1 << 20) };
	size_t i;

	if (head != NULL)
		tq_buf_str(&r.head, head);
	for (i = 0; i < r.head.len; i++)
		if (r.head.data[i] == '\n')
			r.head.data[i] = '\0';
	tq_buf_str(&r.body, body);
	return r;
}

/*
 * For struct tq_aws_opts, whose arg is a const char **: each request is
 * answered with that text.
 */
static inline size_t
t_reply_all(void *arg, const struct tq_http_req *reqs, size_t n,
    struct tq_http_res *res)
{
	size_t i;

	(void)reqs;
	for (i = 0; i < n; i++)
		res[i] = t_reply(200, NULL, *(const char **)arg);
	return 0;
}

#endif
