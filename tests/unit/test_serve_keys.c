/* tests/unit/test_serve_keys.c -- whom tq-serve lets in, over loopback. */
#include "t_fd.h"
#include "t_serve.h"

#include <fcntl.h>
#include <pthread.h>
#include <time.h>

#define JSON	"Content-Type: application/json\r\n"
#define BOSS	"Authorization: Bearer boss\r\n"
#define OURS	"Authorization: Bearer ours\r\n"
/* The sha256 of "boss", and of "ours", which may see one queue. */
#define KEYS	"boss:a5e7c002443743c5836758c7d1cd8ddefd9fcf2061daa0efaac683fb99966057" \
    ":read,submit,operate\n"
#define OURKEY	"ours:ae0bec9e9d33c56354bd612c8a6010840324fc5b9786ce0a18b696b304b09397" \
    ":read,submit,operate:queue=mine\n"

static char dir[96], file[160];

static void
put_keys(const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	T_OK(fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void
begin(void)
{
	T_MUST(t_mkdir(dir, sizeof(dir), "keys"));
	snprintf(file, sizeof(file), "%s/keys", dir);
	close(open(file, O_WRONLY | O_CREAT, 0600));
	put_keys(KEYS OURKEY);
	t_serve_begin((struct tq_serve_opts){ .keys = file });
}

static void
end(void)
{
	t_serve_end();
	unlink(file);
	rmdir(dir);
}

static void
strangers(void)
{
	int i, status = 401;

	begin();
	T_INT(t_ask("GET", "/v1/tasks", "", NULL), 401);
	T_INT(t_ask("GET", "/v1/tasks", BOSS, NULL), 200);
	T_INT(t_ask("GET", "/health", "", NULL), 200);
	/* One more guess a second is let through. */
	for (i = 0; i < 200 && status == 401; i++)
		status = t_ask("GET", "/v1/tasks", "Authorization: Bearer guess\r\n", NULL);
	T_OK(i > 10);
	T_INT(status, 429);
	T_INT(t_ask("GET", "/v1/tasks", BOSS, NULL), 200);
	T_INT(t_ask("POST", "/v1/session", JSON, "{\"key\":\"guess\"}"), 429);
	end();
}

static void
sessions(void)
{
	char cookie[256] = "Cookie: ", *at;

	begin();
	T_INT(t_ask("GET", "/v1/session", "", NULL), 200);
	T_STR(t_body, "{\"keys\":true,\"known\":false,\"scopes\":[]}\n");
	T_INT(t_ask("GET", "/v1/session", OURS, NULL), 200);
	T_STR(t_body, "{\"keys\":true,\"known\":true,\"id\":\"ours\","
	    "\"scopes\":[\"read\",\"submit\",\"operate\"]}\n");
	T_INT(t_ask("POST", "/v1/session", JSON, "{\"key\":\"boss\"}"), 200);
	at = strstr(t_answer, "tq_session=");
	T_MUST(at != NULL);
	snprintf(cookie + 8, sizeof(cookie) - 8, "a=b; %.*s\r\n",
	    (int)strcspn(at, ";"), at);
	T_INT(t_ask("GET", "/v1/session", cookie, NULL), 200);
	T_HAS("\"id\":\"boss\"");
	T_INT(t_ask("GET", "/v1/tasks", cookie, NULL), 200);
	T_INT(t_ask("DELETE", "/v1/session", cookie, NULL), 204);
	T_INT(t_ask("GET", "/v1/tasks", cookie, NULL), 401);
	end();
}

static void
origins(void)
{
	static const char *const friends[] = { "https://friend.example" };

	t_serve_begin((struct tq_serve_opts){ .cors = friends, .ncors = 1 });
	T_INT(t_ask("POST", "/v1/tasks", JSON "Origin: https://foe.example\r\n",
	    "{\"type\":\"t\"}"), 403);
	T_HAS("pages of this origin may not change anything here");
	T_INT(t_ask("GET", "/v1/tasks", "Origin: https://foe.example\r\n", NULL), 200);
	T_HAS_NOT("taskId");
	T_HAS_NOT("Access-Control");
	T_INT(t_ask("POST", "/v1/tasks", JSON "Origin: http://localhost\r\n",
	    "{\"type\":\"t\"}"), 201);
	T_INT(t_ask("POST", "/v1/tasks", JSON "Origin: https://friend.example\r\n",
	    "{\"type\":\"t\"}"), 201);
	T_HAS("\nAccess-Control-Allow-Origin: https://friend.example\r");
	t_serve_end();
}

static void
bounds(void)
{
	begin();
	T_INT(t_ask("POST", "/v1/tasks", BOSS JSON,
	    "{\"type\":\"t\",\"taskId\":\"a\"}"), 201);
	T_INT(t_ask("POST", "/v1/tasks", OURS JSON, "{\"type\":\"t\"}"), 403);
	T_INT(t_ask("POST", "/v1/tasks", OURS JSON,
	    "{\"type\":\"t\",\"queue\":\"mine\",\"taskId\":\"b\"}"), 201);
	T_INT(t_ask("GET", "/v1/tasks/a", OURS, NULL), 404);
	T_INT(t_ask("POST", "/v1/tasks", OURS JSON,
	    "{\"type\":\"t\",\"queue\":\"mine\",\"after\":[\"a\"]}"), 400);
	T_INT(t_ask("POST", "/v1/tasks", OURS JSON,
	    "{\"type\":\"t\",\"queue\":\"mine\",\"after\":[\"b\"]}"), 201);
	T_INT(t_ask("POST", "/v1/tasks/cancel?type=t", OURS, NULL), 200);
	T_HAS("\"tasks\":2,");
	T_INT(t_ask("GET", "/v1/tasks/a", BOSS, NULL), 200);
	T_HAS("\"status\":\"PENDING\"");
	T_INT(t_ask("POST", "/v1/sweep", OURS, NULL), 403);
	T_INT(t_ask("POST", "/v1/sweep", BOSS, NULL), 200);
	end();
}

static void
taken_away(void)
{
	static const struct timespec nap = { 0, 100000000 };
	struct tq_err err = TQ_ERR_INIT;
	int fd[2];

	begin();
	T_INT(t_ask("POST", "/v1/tasks", BOSS JSON,
	    "{\"type\":\"t\",\"queue\":\"mine\",\"taskId\":\"a\"}"), 201);
	fd[0] = t_send("GET", "/v1/tasks/a/events", OURS, NULL, 0);
	fd[1] = t_send("GET", "/v1/tasks/a/events", BOSS, NULL, 0);
	T_INT(t_read(fd[0], "event: task"), 200);
	T_INT(t_read(fd[1], "event: task"), 200);
	nanosleep(&nap, NULL);
	put_keys(KEYS "bad\n");
	T_INT(tq_serve_reload(t_serve, &err), -1);
	T_INT(t_ask("GET", "/v1/tasks/a", OURS, NULL), 200);
	put_keys(KEYS);
	T_INT(tq_serve_reload(t_serve, &err), 0);
	/* That stream ends; the other goes on. */
	t_read(fd[0], NULL);
	T_HAS_NOT("event: end");
	T_INT(t_ask("DELETE", "/v1/tasks/a", BOSS, NULL), 200);
	t_read(fd[1], NULL);
	T_HAS("event: end");
	T_INT(t_ask("GET", "/v1/tasks/a", OURS, NULL), 401);
	close(fd[0]);
	close(fd[1]);
	end();
}

/* Keys are given out in turn: of each that is kept this is one more. */
static int
next_key(void)
{
	pthread_key_t key[2];

	T_OK(pthread_key_create(&key[0], NULL) == 0);
	T_OK(pthread_key_create(&key[1], NULL) == 0);
	pthread_key_delete(key[0]);
	pthread_key_delete(key[1]);
	return (int)(key[0] + key[1]);
}

static void
nothing_left(void)
{
	int fds, key;

	/* What the libraries keep is theirs by then. */
	begin();
	end();
	fds = t_descriptors();
	key = next_key();
	begin();
	T_INT(t_ask("GET", "/v1/tasks", BOSS, NULL), 200);
	end();
	T_INT(t_descriptors(), fds);
	T_INT(next_key(), key);
}

T_MAIN(
	{ "a stranger is refused, and one that guesses throttled", strangers },
	{ "a key is traded for a cookie, until the session is ended", sessions },
	{ "a page of another origin changes nothing", origins },
	{ "a key for one queue sees, names and cancels what is in it", bounds },
	{ "a key that was taken away ends what waits with it", taken_away },
	{ "a server that was stopped leaves no descriptor and no thread key",
	    nothing_left },
)
