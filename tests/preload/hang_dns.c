/*
 * tests/preload/hang_dns.c -- a name server that never answers for names that end
 * in $HANG_DNS: getaddrinfo(3) takes a minute for those.
 *
 * To be preloaded (LD_PRELOAD).
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **out)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);
	const char *end = getenv("HANG_DNS");
	size_t n = node == NULL ? 0 : strlen(node);

	if (end != NULL && n >= strlen(end) && strcmp(node + n - strlen(end),
	    end) == 0) {
		sleep(60);
		return EAI_AGAIN;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, out);
}
