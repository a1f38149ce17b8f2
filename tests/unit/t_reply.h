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

#endif
