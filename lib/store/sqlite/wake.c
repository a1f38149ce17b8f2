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
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
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
sq_wake_open(const char *path, unsigned mode, bool writable,
    struct sq_wake **out, struct tq_err *err)
{
	int fd = open(path, (writable ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC,
	    mode);
	struct stat sb;
	void *p;

	*out = NULL;
	if (fd == -1)
		return tq_err_sys(err, TQ_AT_STORE, errno == EACCES ?
		    TQ_E_DENIED : TQ_E_IO, errno, "%s", path);
	if (fstat(fd, &sb) == -1 || (sb.st_size < WAKE_BYTES && (!writable ||
	    ftruncate(fd, WAKE_BYTES) == -1))) {
		tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "%s", path);
		close(fd);
		return -1;
	}
	if (sb.st_size == 0)
		fchmod(fd, mode);	/* whatever the umask was */
	p = mmap(NULL, WAKE_BYTES, writable ? PROT_READ | PROT_WRITE :
	    PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return tq_err_sys(err, TQ_AT_STORE, TQ_E_IO, errno, "%s", path);
	*out = p;
	return 0;
}

void
sq_wake_close(struct sq_wake *w)
{
	if (w != NULL)
		munmap(w, WAKE_BYTES);
}

void
sq_word_bump(uint32_t *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST);
}

void
sq_word_wake(uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 0x7fffffff, NULL, NULL, 0);
}

int
sq_word_wait(const uint32_t *word, uint32_t seen, int64_t ms)
{
	struct timespec ts = { (time_t)(ms / 1000), ms % 1000 * 1000000 };

	if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == seen && ms > 0)
		syscall(SYS_futex, word, FUTEX_WAIT, seen, &ts, NULL, 0);
	return __atomic_load_n(word, __ATOMIC_SEQ_CST) != seen;
}
