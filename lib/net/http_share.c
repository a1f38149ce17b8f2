/* lib/net/http_share.c -- TLS sessions and names, shared between threads. */
#include <pthread.h>
#include <stdlib.h>

#include "net/http_inside.h"

struct tq_http_share {
	CURLSH		*curlsh;
	pthread_mutex_t	 locks[CURL_LOCK_DATA_LAST];
	pthread_mutex_t	 count_lock;
	unsigned	 count;
};

static void
lock(CURL *easy, curl_lock_data what, curl_lock_access how, void *arg)
{
	struct tq_http_share *s = arg;

	(void)easy;
	(void)how;
	pthread_mutex_lock(&s->locks[what]);
}

static void
unlock(CURL *easy, curl_lock_data what, void *arg)
{
	struct tq_http_share *s = arg;

	(void)easy;
	pthread_mutex_unlock(&s->locks[what]);
}

struct tq_http_share *
tq_http_share_new(void)
{
	struct tq_http_share *s = calloc(1, sizeof(*s));
	int i;

	if (s == NULL)
		return NULL;
	if ((s->curlsh = curl_share_init()) == NULL) {
		free(s);
		return NULL;
	}
	for (i = 0; i < CURL_LOCK_DATA_LAST; i++)
		pthread_mutex_init(&s->locks[i], NULL);
	pthread_mutex_init(&s->count_lock, NULL);
	s->count = 1;
	curl_share_setopt(s->curlsh, CURLSHOPT_LOCKFUNC, lock);
	curl_share_setopt(s->curlsh, CURLSHOPT_UNLOCKFUNC, unlock);
	curl_share_setopt(s->curlsh, CURLSHOPT_USERDATA, s);
	/* Not connections: libcurl can't share those between threads. */
	curl_share_setopt(s->curlsh, CURLSHOPT_SHARE,
	    CURL_LOCK_DATA_SSL_SESSION);
	curl_share_setopt(s->curlsh, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	return s;
}

CURLSH *
tq_http_share_ref(struct tq_http_share *s)
{
	pthread_mutex_lock(&s->count_lock);
	s->count++;
	pthread_mutex_unlock(&s->count_lock);
	return s->curlsh;
}

void
tq_http_share_free(struct tq_http_share *s)
{
	unsigned left;
	int i;

	pthread_mutex_lock(&s->count_lock);
	left = --s->count;
	pthread_mutex_unlock(&s->count_lock);
	if (left > 0)
		return;
	curl_share_cleanup(s->curlsh);
	for (i = 0; i < CURL_LOCK_DATA_LAST; i++)
		pthread_mutex_destroy(&s->locks[i]);
	pthread_mutex_destroy(&s->count_lock);
	free(s);
}
