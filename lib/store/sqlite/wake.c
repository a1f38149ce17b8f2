/*
 * lib/store/sqlite/wake.c -- waking by futex words in a mapped file.
 *
 * Why not inotify on the WAL: the event fires at the write, before the commit
 * can be seen, so the waiter looks too early and sleeps on.  A futex word that
 * is raised under the write lock and woken after COMMIT is exact and costs a
 * waiter nothing while nothing happens.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "store/sqlite/sqlite.h"

#define WAKE_BYTES	4096

_Static_assert(sizeof(struct sq_wake) <= WAKE_BYTES, "wake file too small");

unsigned
sq_bell_index(const char *queue)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (; *queue != '\0'; queue++)
		h = (h ^ (unsigned char)*queue) * 16777619u;
	return h % SQ_BELLS;
}

int
sq_wake_open(const struct tq_sys *sys, const char *path,
    const struct sq_own *own, bool writable, struct sq_wake **out,
    struct tq_err *err)
{
	int fd = sq_own_open(sys, path, writable ? O_RDWR | O_CREAT :
	    O_RDONLY, own, err);
	struct stat sb;
	void *p;

	*out = NULL;
	if (fd == -1)
		return -1;
	if (fstat(fd, &sb) == -1 || (sb.st_size < WAKE_BYTES && (!writable ||
	    ftruncate(fd, WAKE_BYTES) == -1))) {
		tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "%s", path);
		close(fd);
		return -1;
	}
	if (sb.st_size == 0)
		sq_own_set(own, fd, false);
	p = sys->map(fd, WAKE_BYTES, writable);
	close(fd);
	if (p == NULL)
		return tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "%s", path);
	*out = p;
	return 0;
}

void
sq_wake_close(const struct tq_sys *sys, struct sq_wake *w)
{
	if (w != NULL)
		sys->unmap(w, WAKE_BYTES);
}

void
sq_word_bump(uint32_t *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
}

int
sq_word_wait(const struct tq_sys *sys, const uint32_t *word, uint32_t seen,
    int64_t ms)
{
	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == seen && ms > 0)
		sys->wait(word, seen, ms);
	return __atomic_load_n(word, __ATOMIC_SEQ_CST) != seen;
}
