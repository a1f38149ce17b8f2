/* lib/util/url.h -- URLs as they are shown, and those that are not taken. */
#ifndef TQ_UTIL_URL_H
#define TQ_UTIL_URL_H

struct tq_err;

#define TQ_URL_MAX	8192
#define TQ_URL_SHOWN	200

/*
 * tq_url_show(url, out):
 * ${url} for a message: without user and password, and without the query and
 * fragment, which may hold signatures; cut with "..." when it is long.
 * Returns ${out}.  Pure.
 */
const char *tq_url_show(const char *url, char out[TQ_URL_SHOWN]);

/*
 * tq_url_check(url, err):
 * Refuse what is not http: or https:, is over TQ_URL_MAX, holds a user name,
 * blanks or control characters.  Stage fetch, TQ_E_DATA.  Pure.
 */
int tq_url_check(const char *url, struct tq_err *err);

#endif
