/*
 * deploy/lambda/arc4random.c -- what Debian's libexpat.a takes from glibc 2.36,
 * for a glibc that does not have it.
 */
#include <stdlib.h>
#include <sys/random.h>

void arc4random_buf(void *p, size_t n);

void
arc4random_buf(void *p, size_t n)
{
	unsigned char *at = p;
	ssize_t got;

	for (; n > 0; at += got, n -= (size_t)got)
		if ((got = getrandom(at, n < 256 ? n : 256, 0)) <= 0)
			abort();
}
