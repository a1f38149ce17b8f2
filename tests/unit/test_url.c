/* tests/unit/test_url.c -- "sqlite:PATH[?options]". */
#include "t.h"

#include "store/sqlite/sqlite.h"

static const char *home;

static const char *
get(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "HOME") == 0 ? home : NULL;
}

static const struct tq_env env = { .get = get };

static void
test_good(void)
{
	static const struct {
		const char	*url, *path;
		bool		 normal;
		unsigned	 mode;
	} rows[] = {
		{ "sqlite:/a/b.db", "/a/b.db", false, 0600 },
		{ "sqlite:b.db", "b.db", false, 0600 },
		{ "sqlite:b.db?", "b.db", false, 0600 },
		{ "sqlite:/a b/\xc3\xbc%20.db", "/a b/\xc3\xbc%20.db", false,
		    0600 },
		{ "sqlite:~/q/tq.db", "/home/me/q/tq.db", false, 0600 },
		{ "sqlite:~", "~", false, 0600 },
		{ "sqlite:~you/tq.db", "~you/tq.db", false, 0600 },
		{ "sqlite:/x/~/y", "/x/~/y", false, 0600 },
		{ "sqlite:x?sync=normal", "x", true, 0600 },
		{ "sqlite:x?sync=full", "x", false, 0600 },
		{ "sqlite:x?sync=normal&sync=full", "x", false, 0600 },
		{ "sqlite:x?mode=0660", "x", false, 0660 },
		{ "sqlite:x?mode=0664&sync=normal", "x", true, 0664 },
		{ "sqlite:~/x?mode=0666", "/home/me/x", false, 0666 },
	};
	struct tq_err err;
	struct sq_url u;
	size_t i;

	home = "/home/me";
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		if (sq_url_parse(rows[i].url, &env, &u, &err) != 0) {
			T_FAIL("%s", err.msg);
			continue;
		}
		T_STR(u.path, rows[i].path);
		T_INT(u.sync_normal, rows[i].normal);
		T_INT(u.mode, rows[i].mode);
		sq_url_free(&u);
		T_OK(u.path == NULL);
		sq_url_free(&u);
	}
}

static void
test_refused(void)
{
	static const char *const rows[] = {
		"sqlite:", "sqlite:?sync=normal", "sqlite:/srv/",
		"sqlite:x?sync=off", "sqlite:x?sync", "sqlite:x?SYNC=full", "sqlite:x?mode=660",
		"sqlite:x?mode=0", "sqlite:x?mode=0066", "sqlite:x?mode=0400",
		"sqlite:x?mode=0777", "sqlite:x?mode=01660",
		"sqlite:x?mode=0668", "sqlite:x?mode=0660x",
		"sqlite:x?mode=0 660", "sqlite:x?mode=0-660", "sqlite:x?mode=",
		"sqlite:x?foo=1", "sqlite:x?sync=normal?mode=0660",
		"sqlite:x?sync=normal&oops",
	};
	struct tq_err err;
	struct sq_url u;
	char want[200];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct tq_err)TQ_ERR_INIT;
		if (sq_url_parse(rows[i], &env, &u, &err) != -1) {
			T_FAIL("%s is taken", rows[i]);
			sq_url_free(&u);
			continue;
		}
		T_INT(err.code, TQ_E_CONFIG);
		snprintf(want, sizeof(want), "store \"%s\": ", rows[i]);
		if (strncmp(err.msg, want, strlen(want)) != 0)
			T_FAIL("%s: message %s", rows[i], err.msg);
	}
}

T_MAIN(
    { "url: a path, ~/ and options", test_good },
    { "url: what we don't know is refused by name", test_refused },
)
