/*
 * tests/fuzz/fuzz_restore.c -- any archive as one of tq-ctl backup, on its way into a
 * folder: 't', its bytes; 'e', an entry a line, NAME TAB CONTENT, between the first
 * and the last of a good one, whose digest is right.
 *
 * Beyond "no crash": whatever the archive says, what is made has a name that a
 * store's files have, once; a refusal says why; of an archive that is taken each
 * entry was made, with all its bytes.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/sqlite/backup.h"
#include "util/sys.h"

#define MADE_MAX	100
#define ROOT		"/none"
#define BLOBS		"tq.db.blobs/"

extern const struct tq_archive_module tq_archive_module;

static struct {
	char	 name[MADE_MAX][1100];
	size_t	 n;
} made;

/* -- a folder that only looks at what it is asked for ---------------------------- */

/* A folder above a blob, or a file. */
static void
check_name(const char *root, const char *name, bool file)
{
	const char *p;
	size_t n;

	MUST(strcmp(root, ROOT) == 0);
	if (file && strcmp(name, "tq.db") == 0)
		return;
	if (!file && strcmp(name, "tq.db.blobs") == 0)
		return;
	MUST(strncmp(name, BLOBS, strlen(BLOBS)) == 0);
	for (p = name; *p != '\0'; p += n + (p[n] == '/')) {
		n = strcspn(p, "/");
		MUST(n > 0 && n < 256 && *p != '.');
		MUST(p[n] != '/' || p[n + 1] != '\0');
	}
	for (p = name; *p != '\0'; p++)
		MUST((unsigned char)*p > ' ' && *p != 0x7f);
}

static int
make_folder(const char *root, const char *name, mode_t mode)
{
	MUST(mode == 0700);
	check_name(root, name, false);
	return 0;
}

static int
make_file(const char *root, const char *name, int flags, mode_t mode)
{
	size_t i;

	MUST((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) &&
	    mode == 0600);
	check_name(root, name, true);
	for (i = 0; i < made.n; i++)
		if (strcmp(made.name[i], name) == 0) {
			errno = EEXIST;
			return -1;
		}
	if (made.n == MADE_MAX) {
		errno = ENOSPC;
		return -1;
	}
	snprintf(made.name[made.n++], sizeof(made.name[0]), "%s", name);
	return open("/dev/null", O_WRONLY | O_CLOEXEC);
}

/* -- an archive with these entries ------------------------------------------------ */

static bool
put(struct tq_archive_out *o, const char *name, struct tq_span s)
{
	return tq_archive_module.add(o, name, (int64_t)s.n, 0, NULL) == 0 &&
	    tq_archive_module.put(o, s, NULL) == 0;
}

/* Its bytes in all; -1 when tar has no such name. */
static int64_t
put_lines(struct tq_archive_out *o, char *lines, struct tq_sha256 *sum,
    int *n)
{
	int64_t bytes = 0;
	char *name, *text;

	while ((text = strsep(&lines, "\n")) != NULL) {
		name = strsep(&text, "\t");
		text = text == NULL ? name : text;
		if (!put(o, name, tq_span_of(text)))
			return -1;
		tq_sha256_add(sum, name, strlen(name) + 1);
		tq_sha256_add(sum, text, strlen(text));
		bytes += (int64_t)strlen(text);
		++*n;
	}
	return bytes;
}

static int64_t
write_archive(int fd, char *lines, int *n)
{
	struct tq_archive_out *o = tq_archive_module.create(fd, NULL);
	char end[200], hex[2 * TQ_SHA256_LEN + 1];
	uint8_t digest[TQ_SHA256_LEN];
	struct tq_sha256 sum;
	int64_t bytes;

	MUST(o != NULL && put(o, SQ_BACKUP_HEAD, tq_span_of("{\"format\":1,"
	    "\"createdAt\":\"2026-01-31T02:00:00Z\"}")));
	tq_sha256_init(&sum);
	*n = 0;
	bytes = put_lines(o, lines, &sum, n);
	tq_sha256_end(&sum, digest);
	tq_hex(digest, sizeof(digest), hex);
	snprintf(end, sizeof(end), "{\"entries\":%d,\"sha256\":\"%s\"}", *n,
	    hex);
	if (bytes != -1 && (!put(o, SQ_BACKUP_END, tq_span_of(end)) ||
	    tq_archive_module.finish(o, NULL) == -1))
		bytes = -1;
	tq_archive_module.drop(o);
	return bytes;
}

/* -- reading it -------------------------------------------------------------------- */

/* ${entries} -1: not known. */
static void
read_archive(int fd, int entries, int64_t bytes)
{
	struct tq_sys sys = tq_sys_system;
	struct tq_backup b = { 0 };
	struct tq_err err = TQ_ERR_INIT;

	sys.mkdir_in = make_folder;
	sys.open_in = make_file;
	made.n = 0;
	MUST(lseek(fd, 0, SEEK_SET) == 0);
	if (sq_restore_read(&tq_archive_module, fd, &sys, ROOT, &b, &err) ==
	    -1) {
		MUST(err.msg[0] != '\0');
		MUST(err.code == TQ_E_DATA || err.code == TQ_E_NEWER ||
		    err.code == TQ_E_IO || err.code == TQ_E_NOMEM);
		return;
	}
	MUST(made.n > 0 && strcmp(made.name[0], "tq.db") == 0);
	MUST(b.blobs == made.n - 1);
	MUST(entries == -1 || (made.n == (size_t)entries &&
	    b.bytes == (uint64_t)bytes));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int64_t bytes = 0;
	int fd, entries = -1;
	char *text;

	if (n == 0)
		return 0;
	MUST((fd = memfd_create("archive", MFD_CLOEXEC)) != -1);
	text = fuzz_string(data + 1, n - 1);
	if (data[0] == 'e')
		bytes = write_archive(fd, text, &entries);
	else
		MUST(write(fd, data + 1, n - 1) == (ssize_t)(n - 1));
	if (bytes != -1)
		read_archive(fd, entries, bytes);
	free(text);
	close(fd);
	return 0;
}
