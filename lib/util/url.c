/* lib/util/url.c -- see url.h. */
#include "util/url.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/err.h"

/* Where host:port begins and ends, behind "scheme://user:password@". */
static const char *
authority(const char *url, size_t *n, bool *user)
{
	const char *p = strstr(url, "://"), *end, *at;

	p = p == NULL || p > url + strcspn(url, "/?#") ? url : p + 3;
	end = p + strcspn(p, "/?#");
	/* The last one: what is before it may hold others. */
	at = memrchr(p, '@', (size_t)(end - p));
	*user = at != NULL;
	if (at != NULL)
		p = at + 1;
	*n = (size_t)(end - p);
	return p;
}

const char *
tq_url_show(const char *url, char out[TQ_URL_SHOWN])
{
	const char *host, *scheme_end = strstr(url, "://");
	size_t n, scheme, path;
	bool user;

	host = authority(url, &n, &user);
	scheme = scheme_end != NULL && scheme_end < host ?
	    (size_t)(scheme_end - url) + 3 : 0;
	path = strcspn(host + n, "?#");
	if (snprintf(out, TQ_URL_SHOWN, "%.*s%.*s", (int)scheme, url,
	    (int)(n + path), host) >= TQ_URL_SHOWN)
		memcpy(out + TQ_URL_SHOWN - 4, "...", 4);
	return out;
}

int
tq_url_check(const char *url, struct tq_err *err)
{
	char shown[TQ_URL_SHOWN];
	const char *why = NULL, *host;
	size_t n, i;
	bool user;

	tq_url_show(url, shown);
	host = authority(url, &n, &user);
	if (strncasecmp(url, "http://", 7) != 0 &&
	    strncasecmp(url, "https://", 8) != 0)
		why = "only http: and https: are fetched";
	else if (strnlen(url, TQ_URL_MAX + 1) > TQ_URL_MAX)
		why = "the URL is too long";
	else if (user)
		why = "a user name or password in a URL is not taken";
	else if (n == 0 || host[0] == ':')
		why = "the URL names no host";
	for (i = 0; why == NULL && url[i] != '\0'; i++)
		if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f)
			why = "the URL holds a blank or control character";
	if (why == NULL)
		return 0;
	return tq_err_set(err, TQ_AT_FETCH, TQ_E_DATA, "%s: %s", shown, why);
}
