#!/usr/bin/env bats
# bats file_tags=sqlite
# The console of tq-status --watch, on a terminal of its own (tmux).

load helper
eval "helper_$(declare -f teardown)"

t() {
	tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@"
}

# terminal WIDTH HEIGHT: a shell on it, with $TERMINAL_ENV.
terminal() {
	command -v tmux >/dev/null || skip "no tmux for a terminal"
	t new-session -d -x "$1" -y "$2" "env ${TERMINAL_ENV:-} bash --norc"
	t send-keys "PS1='prompt> '; clear" Enter
}

# shows PATTERN: until a line of the screen has it (grep's).
on_screen() {
	t capture-pane -p | grep -e "$1"
}
shows() {
	wait_until "${PATIENCE:-10}" on_screen "$1" || {
		t capture-pane -p
		return 1
	}
}

# run_in COMMAND...: in the terminal's shell.
run_in() {
	t send-keys "clear; $*" Enter
}

# gone PATTERN: until no line of the screen has it.
off_screen() {
	! on_screen "$1"
}
gone() {
	wait_until 10 off_screen "$1" || {
		t capture-pane -p
		return 1
	}
}

@test "tq-status --watch --type: scrolls, filters as one types, changes nothing" {
	seq -f '{"type":"send","queue":"mail","taskId":"task-%02g"}' 40 |
	    tq-submit --batch >/dev/null
	tq-submit -q pics thumb >/dev/null
	tq-status --list --json >before
	terminal 80 24
	run_in 'stty -g >was'
	run_in 'tq-status --watch --type send; echo left $?; stty -g >now'
	shows '^tq .* all queues send'
	shows '>mail *send *40 '
	gone thumb
	# By lines, by screens and to the end, and back.
	t send-keys Tab
	shows '^>.*task-01 '
	t send-keys Down Down
	shows '^>.*task-03 '
	t send-keys NPage
	gone '^>.*task-03 '
	t send-keys End
	shows '^>.*task-40 '
	gone 'task-01 '
	shows 'some above'
	t send-keys Home
	shows '^>.*task-01 '
	# Letters that are keys elsewhere are text here, and each narrows it.
	t send-keys /
	shows '^/ *(Enter'
	t send-keys -l k-3
	shows '^/ k-3 '
	shows '^>.*task-30 '
	gone 'task-29 '
	t send-keys 9
	shows '^>.*task-39 '
	gone 'task-38 '
	t send-keys BSpace
	shows ' task-38 '
	t send-keys Enter
	shows '^tq .* with k-3'
	t send-keys Escape
	# All again, and the cursor where it was.
	shows '^ .*task-29 '
	shows '^>.*task-39 '
	t send-keys C-c
	shows '^left 130'
	wait_until 10 cmp was now
	[ "$(t display-message -p '#{alternate_on},#{cursor_flag}')" = 0,1 ]
	tq-status --list --json | cmp - before
}

@test "tq-status --watch: a task as it runs, its log scrolled; rates and ETA" {
	cat >slow <<-'END'
	#!/bin/sh
	seq -f 'line %g' 60 >&2
	echo 'progress 7/20 pages' >&3
	until [ -e go ]; do sleep 0.1; done
	END
	chmod +x slow
	seq 20 | tq-submit --each quick >/dev/null
	tq-submit --id first slow >/dev/null
	tq-submit --id second slow >/dev/null
	tq-ctl hold second >/dev/null
	tq-work --on slow=./slow --quiet &
	started+=($!)
	wait_until 10 status_is first RUNNING
	terminal 100 24
	run_in tq-status --watch
	shows '>default *slow *1 *1 '
	t send-keys Tab
	shows '^>first .*35%'
	t send-keys Enter
	shows '^progress .*"done":7'
	t send-keys G
	shows '^line 60'
	gone '^task '
	t send-keys k k
	gone '^line 60'
	t send-keys g
	shows '^task *first'
	t send-keys Escape
	# Of what ends a second while one looks.
	tq-work --on quick=true --rate 2/s --quiet &
	started+=($!)
	shows 'default *quick .* [0-9]*/[sm] *[0-9]*s '
	touch go
	t send-keys q
}

teardown() {
	tmux -S "$BATS_TEST_TMPDIR/tmux" kill-server 2>/dev/null || true
	helper_teardown
}

some_tasks() {
	tq-submit -q mail send >/dev/null
	tq-submit -q pics --max-attempts 1 thumb '{"file":"a.jpg"}' >/dev/null
	exits 1 tq-work -q pics --drain \
	    --on 'thumb=printf "no file\n\033[31mred\n" >&2; exit 65'
	tq-submit -q pics thumb >/dev/null
}

@test "tq-status --watch: filters, sorts, opens a task and goes back" {
	some_tasks
	terminal 80 24
	run_in tq-status --watch
	shows '>mail *send *1 '
	t send-keys s
	shows 'sort: name'
	t send-keys /thu
	shows '>pics *thumb *1 '
	run ! grep -q 'mail' <(t capture-pane -p)
	t send-keys Enter Tab Tab Enter
	shows '^status *FAILED'
	shows '^payload *{"file":"a.jpg"}'
	shows '^no file'
	# The handler's words do nothing to the terminal.
	shows '^\\x1b\[31mred'
	t send-keys Escape
	shows '>.* thumb *1/1 '
	t send-keys Escape
	shows ' mail *send'
	t send-keys '?'
	shows 'the next part'
	t send-keys q
	shows '^prompt> *$'
	[ "$(tq-status --list --columns status | sort | uniq -c | xargs)" = \
	    "1 FAILED 2 PENDING" ]
}

@test "tq-status --watch: ^Z, a crash and a TERM give the terminal back" {
	local sig
	tq-submit thumb >/dev/null
	terminal 80 24
	run_in 'stty -g >was'
	run_in 'tq-status --watch'
	shows '>default'
	t send-keys C-z
	shows 'Stopped'
	run_in 'stty -g >now; echo "after ^Z"'
	shows '^after ^Z'
	cmp was now
	run_in 'fg'
	shows '>default'
	t send-keys q
	# A shell that does not mend the terminal itself, as this one does.
	cat >ends <<-'END'
	sh -c 'echo $$ >pid; exec tq-status --watch'
	stty -g >now
	echo "ended by $1"
	END
	for sig in SEGV ABRT TERM; do
		run_in "sh ends $sig"
		shows '>default'
		[ "$(t display-message -p '#{alternate_on}')" = 1 ]
		kill -$sig "$(cat pid)"
		shows "^ended by $sig"
		cmp was now
		[ "$(t display-message -p '#{alternate_on},#{cursor_flag}')" = 0,1 ]
	done
}

@test "tq-status --watch: out of memory, the terminal is given back" {
	tq-submit thumb >/dev/null
	terminal 80 24
	run_in 'stty -g >was'
	cat >ends <<-'END'
	sh -c 'echo $$ >pid; exec env MALLOC_ARENA_MAX=1 tq-status --watch 2>err'
	echo $? >code
	stty -g >now
	echo "ended by itself"
	END
	run_in "sh ends"
	shows '>default'
	prlimit --pid "$(cat pid)" --as=1000000
	# What there is to read is more than what it has.
	seq 5000 | sed 's/.*/{"type":"u&"}/' | tq-submit --batch >/dev/null
	shows "^ended by itself"
	[ "$(cat code)" = 70 ]
	grep -q 'out of memory' err
	cmp was now
	[ "$(t display-message -p '#{alternate_on},#{cursor_flag}')" = 0,1 ]
}

@test "tq-status --watch: from 20 columns to 200, and where there is no color" {
	some_tasks
	TERMINAL_ENV="LC_ALL=C NO_COLOR=1" terminal 20 10
	run_in tq-status --watch
	shows '>mail *send *1$'
	t resize-window -x 40 -y 12
	shows ' QUEUE TYPE *WAIT *RUN *DEAD *ETA$'
	t resize-window -x 200 -y 50
	shows 'DONE *DEAD *CANC *OLDEST *RATE *ETA WRK'
	# Neither color nor what ASCII lacks.
	run ! grep -qP '\x1b\[[0-9;]*m|[^\x00-\x7f]' <(t capture-pane -ep)
	t send-keys q
	run_in 'TERM=dumb tq-status --watch; echo dumb is $?'
	shows 'dumb is 2'
}

@test "tq-status --watch: a command is copied where the terminal takes it" {
	tq-submit thumb >/dev/null
	terminal 80 24
	t set-option -s set-clipboard on
	run_in "tq-status --watch --store='$TQ_STORE'"
	shows '>default'
	# This terminal does not say that it takes any.
	t send-keys c 1
	shows 'copy it with the mouse'
	run ! t show-buffer
	# Now it does.
	t send-keys -l $'\e[?62;52c'
	shows 'Enter or a number copies'
	t send-keys 3
	shows '^copied'
	wait_until 10 t show-buffer
	[ "$(t show-buffer)" = \
	    "tq-ctl cancel -q default --type thumb --store='$TQ_STORE'" ]
	run_in ''
	bash -c "$(t show-buffer) --yes"
	[ "$(tq-status --list --columns status)" = CANCELLED ]
}
