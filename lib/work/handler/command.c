/* lib/work/handler/command.c -- see command.h. */
#include "work/handler/command.h"

#include <string.h>

#include "task/task.h"
#include "util/str.h"

bool
tq_spec_split(const char *spec, struct tq_arena *a, const char **type,
    const char **value)
{
	const char *eq = strchr(spec, '=');

	if (eq == NULL || eq[1 + strspn(eq + 1, " \t")] == '\0')
		return false;
	*type = tq_arena_dup(a, spec, (size_t)(eq - spec));
	*value = tq_arena_str(a, eq + 1);
	return tq_name_ok(*type);
}

/* Words that only a shell understands, even without any punctuation. */
static bool
shell_word(const char *s)
{
	static const char *const words[] = { ".", ":", "alias", "bg", "break",
	    "case", "cd", "command", "continue", "eval", "exec", "exit",
	    "export", "fg", "for", "getopts", "if", "jobs", "local", "read",
	    "readonly", "return", "set", "shift", "source", "time", "times",
	    "trap", "type", "ulimit", "umask", "unalias", "unset", "until",
	    "wait", "while" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(s, words[i]) == 0)
			return true;
	return false;
}

bool
tq_command_words(const char *cmd, struct tq_arena *a, const char ***argv)
{
	const char **v;
	size_t n = 0, len;

	if (strpbrk(cmd, "|&;<>()$`\\\"'*?[]#~%!{}\n\r") != NULL)
		return false;
	v = tq_arena_alloc(a, (strlen(cmd) / 2 + 2) * sizeof(*v));
	for (cmd += strspn(cmd, " \t"); *cmd != '\0';
	    cmd += len + strspn(cmd + len, " \t")) {
		len = strcspn(cmd, " \t");
		v[n++] = tq_arena_dup(a, cmd, len);
	}
	/* NAME=VALUE in front is an assignment; behind, an argument. */
	if (n == 0 || strchr(v[0], '=') != NULL || shell_word(v[0]))
		return false;
	*argv = v;
	return true;
}
