/* cmd/tq-status/watch_term.c -- see watch_term.h. */
#include "watch_term.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "util/digest.h"
#include "util/fd.h"
#include "util/ignored.h"

#define ENTER	"\033[?1049h\033[?25l\033[?7l\033[H\033[2J"
#define LEAVE	"\033[0m\033[?7h\033[?25h\033[?1049l"

/* Handlers of signals need it, so it can't be anybody's. */
static struct {
	struct termios	 old, raw;
	bool		 keys;		/* stdin is set to raw */
	bool		 entered;
	struct winsize	 size;
	struct tq_buf	 shown;		/* what stands there */
} term = { .shown = TQ_BUF_INIT((size_t)16 << 20) };

static volatile sig_atomic_t stop_asked, went_on;

/* Async-signal-safe: tcsetattr(3) and write(2) are. */
static void
give_back(void)
{
	if (term.keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &term.old);
	(void)!write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1);
}

static void
take(void)
{
	if (term.keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &term.raw);
	(void)!write(STDOUT_FILENO, ENTER, sizeof(ENTER) - 1);
	tq_buf_clear(&term.shown);
}

/* What ends us without being asked; SA_RESETHAND: it does so again. */
static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS,
	SIGQUIT, SIGHUP, SIGALRM, SIGXCPU, SIGUSR1, SIGUSR2, SIGTRAP };

static void
on_fatal(int sig)
{
	give_back();
	(void)raise(sig);
}

static void
on_stop(int sig)
{
	(void)sig;
	stop_asked = 1;
}

static void
on_continue(int sig)
{
	(void)sig;
	went_on = 1;
}

/* Only so that a poll(2) ends; watch_term_changed() looks. */
static void
on_resize(int sig)
{
	(void)sig;
}

static void
set(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = fn;
	sa.sa_flags = flags;
	sigaction(sig, &sa, NULL);
}

static void
set_signals(void)
{
	/* A stack that overflowed is none to handle that on. */
	static char other[64 * 1024];
	const stack_t stack = { .ss_sp = other, .ss_size = sizeof(other) };
	size_t i;

	sigaltstack(&stack, NULL);
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (!tq_signal_ignored(fatal[i]))
			set(fatal[i], on_fatal, (int)SA_RESETHAND | SA_ONSTACK |
			    SA_NODEFER);
	set(SIGWINCH, on_resize, 0);
	set(SIGCONT, on_continue, 0);
	/* Without job control nobody would let us go on. */
	if (!tq_signal_ignored(SIGTSTP))
		set(SIGTSTP, on_stop, 0);
}

void
watch_term_enter(struct tq_cli *cli)
{
	if (cli->in_tty && tcgetattr(STDIN_FILENO, &term.old) == 0) {
		term.raw = term.old;
		term.raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
		term.raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
		term.raw.c_cc[VMIN] = 1;
		term.raw.c_cc[VTIME] = 0;
		term.keys = true;
	}
	term.entered = true;
	set_signals();
	tq_before_giving_up(give_back);
	take();
}

void
watch_term_leave(void)
{
	size_t i;

	if (!term.entered)
		return;
	term.entered = false;
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (!tq_signal_ignored(fatal[i]))
			set(fatal[i], SIG_DFL, 0);
	give_back();
	tq_before_giving_up(NULL);
	tq_buf_free(&term.shown);
}

void
watch_term_stop(void)
{
	if (!stop_asked)
		return;
	stop_asked = 0;
	give_back();
	set(SIGTSTP, SIG_DFL, 0);
	(void)raise(SIGTSTP);
	/* Here we go on. */
	set(SIGTSTP, on_stop, 0);
	went_on = 1;
}

bool
watch_term_changed(int *width, int *height)
{
	struct winsize now = { .ws_col = 0 };
	bool changed;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == -1 || now.ws_col == 0 ||
	    now.ws_row == 0)
		now = (struct winsize){ .ws_col = 80, .ws_row = 24 };
	changed = now.ws_col != term.size.ws_col ||
	    now.ws_row != term.size.ws_row;
	term.size = now;
	/* SIGSTOP gave no warning: the shell has been on our screen. */
	if (went_on) {
		went_on = 0;
		take();
		changed = true;
	}
	*width = now.ws_col;
	*height = now.ws_row;
	return changed;
}

bool
watch_term_wait(int fd, int ms, char *keys, size_t room, size_t *n)
{
	struct pollfd pfd[2] = { { .fd = fd, .events = POLLIN },
	    { .fd = term.keys ? STDIN_FILENO : -1, .events = POLLIN } };
	ssize_t got;

	*n = 0;
	if (poll(pfd, 2, ms) <= 0 || pfd[1].revents == 0)
		return true;
	got = read(STDIN_FILENO, keys, room);
	if (got == -1 && (errno == EINTR || errno == EAGAIN))
		return true;
	*n = got > 0 ? (size_t)got : 0;
	return got > 0;
}

/* The line at *${p}, past which that is put; false at the end. */
static bool
next_line(const char **p, const char *end, struct tq_span *line)
{
	const char *nl;

	*line = TQ_SPAN_NONE;
	if (*p >= end)
		return false;
	nl = memchr(*p, '\n', (size_t)(end - *p));
	*line = (struct tq_span){ *p, (size_t)((nl == NULL ? end : nl) - *p) };
	*p = nl == NULL ? end : nl + 1;
	return true;
}

int
watch_term_show(struct tq_span text, bool anew)
{
	const char *p = text.p, *q = term.shown.data;
	const char *q_end = anew || q == NULL ? q : q + term.shown.len;
	struct tq_buf out = TQ_BUF_INIT((size_t)16 << 20);
	struct tq_span line, old;
	int n, rc;
	bool more = true;

	for (n = 1; more; n++) {
		more = next_line(&p, text.p + text.n, &line);
		if (more && next_line(&q, q_end, &old) && old.n == line.n &&
		    memcmp(old.p, line.p, line.n) == 0)
			continue;
		if (more) {
			/* Erased first: behind a line that is full, the
			   cursor still stands on its last column. */
			tq_buf_fmt(&out, "\033[%d;1H\033[K", n);
			tq_buf_add(&out, line.p, line.n);
		} else if (n <= term.size.ws_row) {
			tq_buf_fmt(&out, "\033[%d;1H\033[J", n);
		}
	}
	rc = tq_fd_write(STDOUT_FILENO, tq_buf_span(&out));
	tq_buf_free(&out);
	tq_buf_clear(&term.shown);
	tq_buf_add(&term.shown, text.p, text.n);
	return rc;
}

void
watch_term_ask(const char *text)
{
	(void)tq_fd_write(STDOUT_FILENO, tq_span_of(text));
}

void
watch_term_copy(const char *text)
{
	struct tq_buf b = TQ_BUF_INIT(64 * 1024);

	tq_buf_str(&b, "\033]52;c;");
	tq_base64_put(&b, text, strlen(text));
	tq_buf_str(&b, "\033\\");
	(void)tq_fd_write(STDOUT_FILENO, tq_buf_span(&b));
	tq_buf_free(&b);
}
