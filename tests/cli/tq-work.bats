#!/usr/bin/env bats
# tests/cli/tq-work.bats -- the worker, with a real store and real children.

load helper

# field ID KEY: a scalar member of the record, as text.
field() {
	tq-status --json "$1" |
	    sed -nE "s/.*[{,]\"$2\":(\"([^\"]*)\"|([0-9]+)).*/\2\3/p"
}

# no_process PATTERN: does no process have this in its command line?
no_process() {
	! pgrep -f -- "$1" >/dev/null
}

# spawner_of PID: the worker's one child.
spawner_of() {
	pgrep -P "$1"
}

# a sleep that no other test has
unique_sleep() {
	printf '%d.%05d%05d' "$1" "$((RANDOM % 100000))" "$((BASHPID % 100000))"
}

# -- handlers and what they get ------------------------------------------------

# bats test_tags=tool
@test "text.transform: code points, full upper case, words" {
	id=$(tq-submit text.transform '{"text":"straße ﬁn"}')
	exits 0 tq-work --drain
	[ "$(tq-status --result "$id")" = \
	    '{"originalLength":9,"upper":"STRASSE FIN","wordCount":2}' ]
}

@test "text.transform takes a text payload, and an input" {
	printf 'été deux' >t
	a=$(tq-submit --text text.transform 'un')
	b=$(tq-submit text.transform --input t)
	exits 0 tq-work --drain
	[[ "$(tq-status --result "$a")" == *'"upper":"UN"'* ]]
	[[ "$(tq-status --result "$b")" == *'"upper":"ÉTÉ DEUX"'* ]]
}

@test "echo=cat gives many inputs back byte for byte" {
	n=$(many 1000 200)
	seq "$n" | tq-submit echo --each=text >ids
	exits 0 tq-work --on echo=cat --drain -j4
	tq-status --json - <ids | sed -E 's/.*"result":([0-9]+).*/\1/' >results
	seq "$n" | cmp - results
	# ... and what is no JSON, with and without a line feed
	a=$(printf 'x\ty  \n' | tq-submit echo --text -)
	exits 0 tq-work --on echo=cat --drain
	tq-status --result "$a" >got
	printf 'x\ty  \n' | cmp - got
}

@test "a binary input of 50 MB comes back unharmed as the output" {
	head -c 50000000 /dev/urandom >in
	id=$(tq-submit echo --input in)
	exits 0 tq-work --on echo=cat --drain
	tq-status --result -o back "$id"
	cmp in back
}

# bats test_tags=fast
@test "a handler finds its task in the environment and its files" {
	queues mine
	printf abc >in
	cat >h <<-'SH'
	#!/bin/sh
	echo "$TQ_TASK_ID $TQ_TYPE $TQ_QUEUE $TQ_ATTEMPT $TQ_MAX_ATTEMPTS"
	echo "$TQ_STORE $TQ_TOKEN"
	cat "$TQ_PAYLOAD"; echo
	cat "$TQ_INPUT"; echo
	cat; echo
	[ "$TQ_DEADLINE" -gt "$(date +%s)" ] && echo later
	SH
	chmod +x h
	id=$(tq-submit -q mine show '{"a": 1.10}' --input in --max-attempts 5)
	exits 0 tq-work -q mine --on show=./h --drain
	tq-status --result "$id" >got
	printf '%s\n' "$id show mine 1 5" "$TQ_STORE 2" '{"a": 1.10}' abc abc \
	    later | diff - got
}

# bats test_tags=tool
@test "a payload is its own bytes, whatever the last task left in its place" {
	cat >h <<-'SH'
	#!/bin/sh
	cat "$TQ_PAYLOAD" - | tee last
	case $(cat last) in
	11) rm "$TQ_PAYLOAD"; mkfifo "$TQ_PAYLOAD" ;;
	22) rm "$TQ_PAYLOAD"; ln -s "$PWD/mine" "$TQ_PAYLOAD" ;;
	esac
	SH
	chmod +x h
	echo untouched >mine
	for p in 123456789 1 2 3; do
		tq-submit x $p --timeout 60s --max-attempts 1
	done >ids
	exits 0 tq-work -j1 --on x=./h --drain
	[ "$(xargs -n1 tq-status --result <ids)" = 123456789123456789112233 ]
	[ "$(cat mine)" = untouched ]
}

# bats test_tags=tool
@test "a handler has descriptors 0 to 3 and no others, and no signals blocked" {
	id=$(tq-submit fds)
	exits 0 tq-work --on "fds=ls /proc/self/fd; grep SigBlk /proc/self/status" \
	    --drain 9</dev/null
	tq-status --result "$id" >got
	# 4 is ls's own.
	printf '%s\n' 0 1 2 3 4 $'SigBlk:\t0000000000000000' | diff - got
}

# bats test_tags=fast
@test "what is written to TQ_OUTPUT is the output, stdout the result" {
	id=$(tq-submit both)
	exits 0 tq-work --on 'both=echo "{\"n\":1}"; head -c 3000 /dev/zero >"$TQ_OUTPUT"' --drain
	[ "$(field "$id" outputSize)" = 3000 ]
	[[ "$(tq-status --json "$id")" == *'"result":{"n":1}'* ]]
	tq-status --result -o out "$id"
	head -c 3000 /dev/zero | cmp - out
}

# bats test_tags=fast
@test "fd 3: output PATH, progress, retry-after" {
	id=$(tq-submit three)
	exits 0 tq-work --on 'three=printf hello >my.out; echo "output $PWD/my.out" >&3' --drain
	[ "$(tq-status --result "$id")" = hello ]

	id=$(tq-submit later --max-attempts 2)
	exits 0 tq-work --on 'later=echo "retry-after 2h" >&3; exit 1' --drain
	[ "$(tq-status --columns status "$id")" = RETRYING ]
	due=$(date -d "$(field "$id" notBefore)" +%s)
	[ "$due" -gt $(($(date +%s) + 7000)) ]

	mkfifo go
	id=$(tq-submit slow)
	tq-work --on 'slow=echo "progress 4/9 half" >&3; cat go' --drain &
	wait_until 10 shown "$id" '"progress":{"done":4,"total":9,"text":"half"}'
	echo >go
	wait $!
}

shown() {
	tq-status --json "$1" | grep -qF -e "$2"
}

# bats test_tags=tool,fast
@test "queued commands: argv as it was, no shell, the exit code kept" {
	a=$(tq-submit -- printf '%s|' 'a b' '$HOME' '*')
	b=$(tq-submit --max-attempts 1 -- sh -c 'echo no >&2; exit 3')
	c=$(tq-submit --max-attempts 3 -- no-such-program-here)
	exits 1 tq-work --exec --drain
	[ "$(tq-status --result "$a")" = 'a b|$HOME|*|' ]
	[[ "$(field "$b" failureReason)" == 'exec: sh exited with status 3 on attempt 1 of 1: no' ]]
	[[ "$(tq-status --json "$b")" == *'"code":"exit-3"'* ]]
	# A command that is not there is the submitter's mistake, not ours.
	[ "$(tq-status --columns status "$c")" = FAILED ]
	[[ "$(field "$c" failureReason)" == *'no-such-program-here: No such file'* ]]
}

# bats test_tags=tool,fast
@test "--handlers DIR: executables are handlers, TYPE.conf configures" {
	mkdir h
	printf '#!/bin/sh\necho one\n' >h/one
	printf '#!/bin/sh\nsleep 60\n' >h/two
	printf 'x' >h/three
	chmod +x h/one h/two
	echo 'timeout = 200ms' >h/two.conf
	a=$(tq-submit one)
	b=$(tq-submit two --max-attempts 1)
	c=$(tq-submit three)
	exits 1 tq-work --handlers h --drain
	says 'h/three: passed over: not executable'
	[ "$(tq-status --result "$a")" = one ]
	[[ "$(field "$b" failureReason)" == 'timeout: two was stopped after 200ms'* ]]
	[ "$(tq-status --columns status "$c")" = PENDING ]
	echo 'timeout = soon' >h/one.conf
	exits 78 tq-work --handlers h --drain
	says 'one.conf:1:'
}

# bats test_tags=tool,fast
@test "--stream: one process per slot takes task after task" {
	cat >s <<-'SH'
	#!/bin/sh
	while read -r line; do
		case $line in
		*'"payload":{"do":"fail"}'*) echo '{"ok":false,"error":"no way","permanent":true}' ;;
		*'"payload":{"do":"junk"}'*) echo junk ;;
		*'"payload":{"do":"die"}'*) exit 9 ;;
		*) echo "{\"ok\":true,\"result\":$$}" ;;
		esac
	done
	SH
	chmod +x s
	seq 1 50 | tq-submit s --each >ids
	exits 0 tq-work --stream s=./s --drain -j2
	while read -r id; do tq-status --result "$id"; echo; done <ids |
	    sort -u >pids
	[ "$(wc -l <pids)" -le 2 ]
	a=$(tq-submit s '{"do":"fail"}' --max-attempts 1)
	b=$(tq-submit s '{"do":"junk"}' --max-attempts 1)
	c=$(tq-submit s '{"do":"die"}' --max-attempts 1)
	d=$(tq-submit s '{}')
	exits 1 tq-work --stream s=./s --drain -j1
	[[ "$(field "$a" failureReason)" == 'exec: s: no way (never again)' ]]
	[[ "$(field "$b" failureReason)" == 'parse: s: bad answer:'* ]]
	[[ "$(field "$c" failureReason)" == 'exec: s exited with status 9'* ]]
	[ "$(tq-status --columns status "$d")" = COMPLETED ]
}

# -- how handlers end --------------------------------------------------------------

# bats test_tags=fast
@test "exit statuses: 65 is dead at once, 75 uses no attempt, a signal is named" {
	a=$(tq-submit a)
	b=$(tq-submit b)
	c=$(tq-submit c --max-attempts 1)
	exits 1 tq-work --on 'a=echo never >&2; exit 65' --on 'b=exit 75' \
	    --on 'c=kill -9 $$' --drain
	[ "$(field "$a" attempts)" = 1 ]
	[ "$(tq-status --columns status "$a")" = FAILED ]
	[[ "$(field "$a" failureReason)" == *'status 65'*': never' ]]
	[ "$(tq-status --columns status "$b")" = PENDING ]
	[ "$(field "$b" attempts)" = 0 ]
	[[ "$(field "$c" failureReason)" == *'killed by signal 9 (SIGKILL)'* ]]
}

@test "a handler that is not there: exit 78, no attempt used, the next worker runs all" {
	seq 1 5 | tq-submit x --each >ids
	exits 78 tq-work --on x=./no-such-handler -j1
	says "can't be started, 3 times in a row (exec: x: can't start ./no-such-handler: No such file"
	touch notexec
	exits 78 tq-work --on x=./notexec -j1
	while read -r id; do
		[ "$(field "$id" attempts)" = 0 ]
		[ "$(tq-status --columns status "$id")" = PENDING ]
	done <ids
	exits 0 tq-work --on x=true --drain
	while read -r id; do
		[ "$(tq-status --columns status "$id")" = COMPLETED ]
	done <ids
}

# bats test_tags=tool,fast
@test "a timeout is TERM to the whole group, then KILL" {
	n=$(unique_sleep 7700)
	id=$(tq-submit x --timeout 300ms --max-attempts 1)
	exits 1 tq-work --on "x=sleep $n & sleep $n" --drain
	[[ "$(field "$id" failureReason)" == 'timeout: x was stopped after 300ms on attempt 1 of 1' ]]
	[[ "$(tq-status --json "$id")" == *'"stage":"timeout","code":"timeout"'* ]]
	wait_until 10 no_process "^sleep $n"
}

# bats test_tags=tool
@test "what a handler leaves running in its group goes with it" {
	n=$(unique_sleep 7800)
	tq-submit x >/dev/null
	exits 0 tq-work --on "x=sleep $n & exit 0" --drain
	wait_until 10 no_process "^sleep $n"
}

@test "simulate with failure_rate 1: three starts, growing delays, then dead" {
	id=$(tq-submit simulate '{"seconds":0,"failure_rate":1}' --backoff 100ms)
	exits 1 tq-work --drain=all -v
	[ "$(grep -c 'event=retry' err)" -eq 2 ]
	[ "$(grep -c 'event=dead' err)" -eq 1 ]
	[ "$(field "$id" attempts)" = 3 ]
	[[ "$(field "$id" failureReason)" == *'attempt 3 of 3' ]]
}

# bats test_tags=tool
@test "escapes in a handler's stderr do not reach the terminal raw" {
	id=$(tq-submit x --max-attempts 1)
	exits 1 tq-work --on 'x=printf "\033[31mred\n" >&2; exit 1' --drain
	run ! grep -q $'\033' err
	[[ "$(field "$id" failureReason)" != *$'\033'* ]]
	grep -q 'x1b' err
}

# bats test_tags=tool
@test "bad input is one clear line and the worker goes on" {
	a=$(tq-submit image.grayscale --input "$BATS_TEST_FILENAME")
	b=$(tq-submit text.transform '{"text":1}')
	c=$(tq-submit image.grayscale --input http://127.0.0.1/x.jpg)
	d=$(tq-submit simulate '{"seconds":"x"}')
	e=$(tq-submit text.transform '"still here"')
	exits 1 tq-work --drain
	[ "$(wc -l <err)" -eq 4 ]
	[[ "$(tq-status --json "$a")" == *'"stage":"decode"'* ]]
	[[ "$(tq-status --json "$b")" == *'"stage":"parse"'* ]]
	[[ "$(tq-status --json "$c")" == *'"stage":"fetch"'* ]]
	for id in "$a" "$b" "$c" "$d"; do
		[ "$(tq-status --columns status "$id")" = FAILED ]
		[ "$(field "$id" attempts)" = 1 ]
	done
	[ "$(tq-status --columns status "$e")" = COMPLETED ]
}

# bats test_tags=fast
@test "image.grayscale: a picture in, its gray picture out, data: too" {
	printf 'P6\n2 1\n255\n\377\000\000\000\377\000' >rgb.ppm
	a=$(tq-submit image.grayscale --input rgb.ppm)
	b=$(tq-submit image.grayscale '{"format":"png"}' \
	    --input "data:;base64,$(base64 -w0 rgb.ppm)")
	exits 0 tq-work --drain
	tq-status --result -o gray.pgm "$a"
	printf 'P5\n2 1\n255\n\114\226' | cmp - gray.pgm
	[[ "$(tq-status --json "$a")" == *'"width":2,"height":1,"format":"pnm"'* ]]
	tq-status --result -o gray.png "$b"
	[ "$(head -c 4 gray.png | tail -c 3)" = PNG ]
}

# -- the log -------------------------------------------------------------------------

@test "stderr is kept as the task's log, its last MiB" {
	id=$(tq-submit x)
	exits 0 tq-work --on 'x=seq 1 200000 >&2' --drain
	tq-status --log "$id" >log
	[ "$(wc -c <log)" -eq 1048576 ]
	[ "$(tail -n1 log)" = 200000 ]
}

@test "the log can be followed while the task runs" {
	mkfifo go
	id=$(tq-submit x)
	tq-work --on 'x=echo begun >&2; cat go; echo ended >&2' --drain &
	tq-status --log -f "$id" >log &
	wait_until 10 grep -q begun log
	echo >go
	wait
	grep -q ended log
}

# bats test_tags=tool
@test "off a terminal: silent, but for a line per dead task" {
	tq-submit x >/dev/null
	exits 0 tq-work --on x=true --drain
	[ ! -s err ]
	tq-submit y --max-attempts 1 >/dev/null
	exits 1 tq-work --on y=false --drain
	has_lines 1 err
	says 'event=dead'
}

# bats test_tags=tool
@test "--log-format: logfmt and json lines carry id, type, attempt, duration" {
	id=$(tq-submit x)
	exits 0 tq-work --on x=true --drain --log-format json
	grep '"event":"done"' err | grep -F "\"taskId\":\"$id\",\"type\":\"x\",\"attempt\":1,\"durationMs\":"
	id=$(tq-submit x)
	exits 0 tq-work --on x=true --drain --log-format logfmt
	says "event=done taskId=$id type=x attempt=1 durationMs="
	exits 2 tq-work --log-format xml
}

# -- when it ends ----------------------------------------------------------------------

# bats test_tags=fast
@test "--drain leaves what is not due, --drain=all waits for it" {
	a=$(tq-submit x --delay 1h)
	exits 0 tq-work --on x=true --drain
	[ "$(tq-status --columns status "$a")" = PENDING ]
	tq-ctl cancel "$a"
	a=$(tq-submit x --delay 1s)
	exits 0 tq-work --on x=true --drain=all
	[ "$(tq-status --columns status "$a")" = COMPLETED ]
}

@test "--drain=all waits for another worker's lease" {
	mkfifo go
	id=$(tq-submit x)
	tq-work --on 'x=cat go' --once &
	wait_until 10 status_is "$id" RUNNING
	tq-work --on x=true --drain=all &
	pid=$!
	kill -0 $pid
	echo >go
	wait $pid
	[ "$(tq-status --columns status "$id")" = COMPLETED ]
	[ "$(field "$id" attempts)" = 1 ]
	wait
}

# bats test_tags=fast
@test "--once runs one task, and does not wait for one" {
	exits 0 tq-work --on x=true --once
	seq 1 3 | tq-submit x --each >ids
	exits 0 tq-work --on x=true --once -j4
	[ "$(tq-status --list --status COMPLETED | wc -l)" -eq 1 ]
}

@test "--max-tasks ends after so many" {
	seq 1 10 | tq-submit x --each >ids
	exits 0 tq-work --on x=true --max-tasks 4 -j3
	[ "$(tq-status --list --status COMPLETED | wc -l)" -eq 4 ]
	seq 1 1000 | tq-submit text.transform --each=text >ids
	exits 0 tq-work --max-tasks 700
	[ "$(tq-status --list --status COMPLETED --type text.transform --limit 10000 | wc -l)" -eq 700 ]
}

# bats test_tags=tool
@test "--max-time ends a worker that waits" {
	exits 0 tq-work --max-time 300ms
}

# bats test_tags=tool
@test "--singleton: the second ends at once with 0" {
	mkfifo go
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
	id=$(tq-submit x)
	tq-work --on 'x=cat go' --once --singleton me &
	wait_until 10 status_is "$id" RUNNING
	exits 0 tq-work --on x=true --singleton me
	[ ! -s err ]
	exits 0 tq-work --on x=true --singleton me -v
	grep -qE '^time=20[^ ]+Z event=end text="another worker is the singleton me"$' err
	echo >go
	wait
	exits 0 tq-work --on x=true --singleton me --drain
}

# bats test_tags=fast
@test "SIGTERM lets a task finish within the grace, exit 0" {
	mkfifo go
	id=$(tq-submit x)
	tq-submit x >/dev/null
	tq-work --on 'x=touch begun; cat go' -j1 2>err &
	pid=$!
	wait_until 10 test -e begun
	kill -TERM $pid
	echo >go
	wait $pid
	[ "$(tq-status --columns status "$id")" = COMPLETED ]
	[ "$(tq-status --list --status PENDING | wc -l)" -eq 1 ]
}

# bats test_tags=fast
@test "SIGTERM past the grace: killed, given back, said" {
	n=$(unique_sleep 7900)
	id=$(tq-submit x)
	tq-work --on "x=sleep $n" --grace 200ms 2>err &
	pid=$!
	wait_until 10 pgrep -f "^sleep $n"
	kill -TERM $pid
	wait $pid
	wait_until 10 no_process "^sleep $n"
	says "event=released taskId=$id"
	[[ "$(tq-status --columns status "$id")" =~ PENDING|RETRYING ]]
	[ -z "$(tq-status --json "$id" | grep -o '"leaseUntil"')" ]
	exits 0 tq-work --on x=true --drain
	[ "$(tq-status --columns status "$id")" = COMPLETED ]
}

# bats test_tags=tool
@test "under nohup a worker stays when its terminal goes" {
	(trap '' HUP; exec tq-work --on x=cat) 2>err 3>&- &
	pid=$!
	started+=("$pid")
	wait_until 10 eval 'tq-submit x --id up --wait >/dev/null'
	kill -HUP "$pid"
	tq-submit x --id still --wait=60s
	kill -TERM "$pid"
	wait "$pid"
	! grep -q SIGHUP err
}

# bats test_tags=tool
@test "a second signal ends it now; after SIGINT it exits 130" {
	n=$(unique_sleep 8000)
	id=$(tq-submit x)
	(trap - INT; exec tq-work --on "x=trap '' TERM; sleep $n" 2>err) &
	pid=$!
	wait_until 10 pgrep -f "^sleep $n"
	kill -INT $pid
	wait_until 10 grep -q 'a second signal' err
	kill -INT $pid
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 130 ]
	wait_until 10 no_process "^sleep $n"
	[[ "$(tq-status --columns status "$id")" =~ PENDING|RETRYING ]]
}

# bats test_tags=tool
@test "SIGUSR1 says what each slot is doing" {
	mkfifo go
	id=$(tq-submit x)
	tq-work --on 'x=cat go' -j2 --once 2>err &
	pid=$!
	# Claimed is not started yet: ask until it is.  (Not before: a worker
	# that is still starting would be ended by the signal.)
	wait_until 10 status_is "$id" RUNNING
	told() { kill -USR1 $pid && grep -q "x $id, attempt 1" err; }
	wait_until 10 told
	wait_until 10 grep -q '1: free' err
	echo >go
	wait $pid
}

# bats test_tags=fast
@test "cancel reaches a running task at the next renewal" {
	n=$(unique_sleep 8100)
	id=$(tq-submit x)
	tq-work --on "x=sleep $n" --lease 2s --once &
	pid=$!
	wait_until 10 status_is "$id" RUNNING
	tq-ctl cancel "$id"
	wait_until 10 status_is "$id" CANCELLED
	wait $pid
	wait_until 10 no_process "^sleep $n"
}

@test "a paused queue is left alone, and taken up when resumed" {
	tq-ctl init
	tq-ctl pause default --why tests
	id=$(tq-submit x)
	exits 0 tq-work --on x=true --drain
	[ "$(tq-status --columns status "$id")" = PENDING ]
	tq-work --on x=true --max-tasks 1 &
	tq-ctl resume default
	wait_until 10 status_is "$id" COMPLETED
	wait
}

# -- promises --------------------------------------------------------------------------------

# bats test_tags=fast
@test "a waiting worker starts a new task" {
	tq-work --on x=true --max-tasks 1 &
	pid=$!
	id=$(tq-submit x)
	wait_until 10 status_is "$id" COMPLETED
	wait $pid
}

# bats test_tags=waits
@test "a handler that runs longer than the lease runs once" {
	id=$(tq-submit x)
	# As long as a slow machine needs not to fall behind with renewals.
	tq-work --on 'x=echo ran >>runs; sleep 12' --lease 10s --drain &
	wait_until 10 test -s runs
	exits 0 tq-work --on 'x=echo ran >>runs' --lease 10s --drain=all
	wait
	has_lines 1 runs
	[ "$(field "$id" attempts)" = 1 ]
}

# bats test_tags=waits
@test "a frozen worker's completion and output are refused, its child killed" {
	n=$(unique_sleep 8200)
	id=$(tq-submit x)
	tq-work --on "x=echo frozen >\"\$TQ_OUTPUT\"; sleep $n" --lease 6s -v 2>err &
	frozen=$!
	started+=("$frozen")
	wait_until 10 pgrep -f "^sleep $n"
	freeze $frozen
	exits_ok=0
	tq-work --on 'x=echo winner >"$TQ_OUTPUT"' --drain=all || exits_ok=$?
	[ $exits_ok -eq 0 ]
	[ "$(tq-status --columns status "$id")" = COMPLETED ]
	kill -CONT $frozen
	wait_until 10 grep -q "event=lost taskId=$id" err
	wait_until 10 no_process "^sleep $n"
	[ "$(tq-status --result "$id")" = winner ]
	kill -TERM $frozen
	wait $frozen
}

# bats test_tags=waits
@test "a frozen worker whose child has ended meanwhile is refused too" {
	mkfifo go
	id=$(tq-submit x)
	tq-work --on 'x=touch begun; cat go; echo frozen' --lease 6s -v 2>err &
	frozen=$!
	started+=("$frozen")
	wait_until 10 test -e begun
	freeze $frozen
	echo >go
	tq-work --on 'x=echo winner' --drain=all
	kill -CONT $frozen
	wait_until 10 grep -q "event=lost taskId=$id" err
	[ "$(tq-status --result "$id")" = winner ]
	kill -TERM $frozen
	wait $frozen
}

# bats test_tags=waits
@test "kill -9 of the worker leaves no child, no file, and the task is taken over" {
	n=$(unique_sleep 8300)
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir tmp
	id=$(tq-submit x)
	tq-work --on "x=sleep $n & sleep $n" --lease 6s &
	pid=$!
	wait_until 10 pgrep -f "^sleep $n"
	spawner=$(spawner_of $pid)
	kill -9 $pid
	wait_until 10 no_process "^sleep $n"
	wait_until 10 has_ended "$spawner"
	[ -z "$(ls tmp)" ]
	exits 0 tq-work --on x=true --drain=all
	[ "$(tq-status --columns status "$id")" = COMPLETED ]
	[ "$(field "$id" attempts)" = 2 ]
}

# bats test_tags=fast
@test "kill -9 of the spawner: children gone, tasks given back, exit 70" {
	n=$(unique_sleep 8400)
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir tmp
	id=$(tq-submit x)
	tq-work --on "x=sleep $n & sleep $n" 2>err &
	pid=$!
	wait_until 10 pgrep -f "^sleep $n"
	kill -9 "$(spawner_of $pid)"
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 70 ]
	says 'the spawner died'
	[ -z "$(ls tmp)" ]
	wait_until 10 no_process "^sleep $n"
	[[ "$(tq-status --columns status "$id")" =~ PENDING|RETRYING ]]
}

@test "what was held ahead is given back when the slots are stuck" {
	quick='{"type":"simulate","payload":{"seconds":0,"failure_rate":0}}'
	yes "$quick" | head -200 | tq-submit --batch >ids
	tq-work -j2 --grace 0 -v 2>err &
	stuck=$!
	# Only a worker that was quick holds tasks ahead; the two long ones come
	# when it is, since aws hands out tasks in no strict order.
	wait_until 10 counted COMPLETED 200
	{ yes "${quick/0/6000}" | head -2; yes "$quick" | head -50; } >b
	tq-submit --batch b >>ids
	wait_until 10 counted RUNNING 2
	tq-work -j1 2>/dev/null &
	other=$!
	wait_until 10 counted COMPLETED 250
	counted RUNNING 2
	kill -TERM $other
	wait $other
	kill -TERM $stuck
	wait $stuck
	says 'waits again, no attempt used'
	tail -50 ids | tq-status --json - | grep -c '"attempts":1,' | grep -qx 50
}

@test "--drain takes what it gave back itself" {
	s='{"type":"simulate","payload":{"seconds":0,"failure_rate":0}}'
	{ yes "$s" | head -600; yes "${s/0/0.15}" | head -2; yes "$s" | head -5; } >b
	tq-submit --batch b >/dev/null
	exits 0 tq-work --drain -j2
	counted COMPLETED 607
}

counted() {
	[ "$(tq-status --list --status "$1" --limit 10000 | wc -l)" -eq "$2" ]
}

# bats test_tags=tool
@test "a terminal gets a short form and a progress line" {
	tq-submit x --max-attempts 1 >/dev/null
	on_terminal 'tq-work --on x=false --drain' || true
	grep -q 'dead      x ' out
	grep -q '0 done, 0 retried, 1 dead, 0 running' out
}

# bats test_tags=tool
@test "a service manager is told READY, STOPPING, and gets its WATCHDOG" {
	command -v python3 >/dev/null || skip "no python3 for a socket"
	python3 -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("n")
f = open("got", "w", buffering=1)
while True: f.write(s.recv(99).decode() + "\n")' &
	listener=$!
	started+=("$listener")
	wait_until 10 test -S n
	NOTIFY_SOCKET=$PWD/n WATCHDOG_USEC=100000 tq-work &
	pid=$!
	wait_until 10 grep -q READY=1 got
	wait_until 10 grep -q WATCHDOG=1 got
	kill -TERM $pid
	wait $pid
	wait_until 10 grep -q STOPPING=1 got
}

# bats test_tags=tool
@test "a worker that can't write its files uses no attempt, and says so" {
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir tmp
	tq-work --on x=true -j1 2>err &
	pid=$!
	wait_until 10 eval 'rmdir tmp/tq-work-*/0'
	id=$(tq-submit x)
	wait_until 10 grep -q "event=later taskId=$id" err
	[ "$(field "$id" attempts)" = 0 ]
	[[ "$(field "$id" failureReason)" == *'No such file or directory'* ]]
	kill -TERM $pid
	wait $pid
}

# bats test_tags=waits
@test "workers killed in a loop: every task is done, none accepted twice" {
	n=$(many 3000 200)
	: >runs
	seq 1 "$n" | tq-submit x --each --max-attempts 50 >ids
	for i in 1 2 3 4 5 6; do
		before=$(wc -l <runs)
		tq-work --on 'x=echo $TQ_TASK_ID >>runs' -j4 --lease 2s &
		pid=$!
		# Killed as soon as it starts, it would kill the same tasks thrice.
		wait_until 10 eval '[ "$(wc -l <runs)" -ge $((before + 10)) ]'
		kill -9 $pid
		wait $pid || true
		wait_until 10 eval "! pgrep -P $pid >/dev/null"
	done 2>/dev/null
	exits 0 tq-work --on 'x=echo $TQ_TASK_ID >>runs' --lease 1m --drain=all
	# Where the loop outlasts two leases, one has died twice holding the same task.
	exits 0 tq-dlq redrive --error 'died twice while it held this task alone'
	exits 0 tq-work --on 'x=echo $TQ_TASK_ID >>runs' --lease 1m --drain=all
	[ "$(tq-status --list --status COMPLETED --limit 20000 | wc -l)" -eq "$n" ]
	[ "$(sort -u runs | wc -l)" -eq "$n" ]
}

# bats test_tags=fast
@test "two workers on one store share: each task runs once" {
	seq 1 300 | tq-submit x --each >ids
	tq-work --on 'x=echo $TQ_TASK_ID >>runs' --drain -j2 &
	a=$!
	tq-work --on 'x=echo $TQ_TASK_ID >>runs' --drain -j2 &
	b=$!
	wait $a
	wait $b
	has_lines 300 runs
	[ "$(sort -u runs | wc -l)" -eq 300 ]
}

@test "--max-running x=1: never two at once, in two workers" {
	seq 1 20 | tq-submit x --each --max-attempts 1 >ids
	for i in 1 2; do
		tq-work --on 'x=mkdir busy && sleep 0.01 && rmdir busy' -j3 \
		    --max-running x=1 --drain &
	done
	wait
	exits 0 tq-work --on 'x=true' --drain
	[ "$(tq-status --list --status COMPLETED | wc -l)" -eq 20 ]
}

# bats test_tags=long,sqlite
@test "--emf: the one worker that sweeps tells what is runnable" {
	tq-submit -q slow hold >/dev/null
	tq-submit -q slow other >/dev/null
	for i in 1 2; do
		tq-work -q slow -q idle -j1 --on hold='sleep 100' --emf >"emf$i" 2>/dev/null 3>&- &
		started+=($!)
	done
	tells() { cat emf1 emf2 | grep -q "\"Queue\":\"$1\",\"Runnable\":$2,"; }
	wait_until 60 tells slow 1
	wait_until 10 tells idle 0
	# The other one leaves it to that one.
	[ ! -s emf1 ] || [ ! -s emf2 ]
}

# bats test_tags=tool
@test "--emf: metrics on stdout, one JSON object a line" {
	seq 3 | tq-submit e --each=json >/dev/null
	tq-submit f --max-attempts 1 >/dev/null
	rc=0
	tq-work --on e=cat --on f=false --drain --emf >emf 2>/dev/null || rc=$?
	[ $rc -eq 1 ]
	has_lines 2 emf
	grep -q '"Type":"e","Processed":3,"Failed":0,"Retried":0,"Duration":\[[0-9]*,[0-9]*,[0-9]*\],"QueueWait":\[[0-9]*,[0-9]*,[0-9]*\]}$' emf
	grep -q '"Type":"f","Processed":0,"Failed":1,' emf
}

@test "--max-running holds across workers that are killed" {
	cat >held <<-'S'
		#!/bin/sh
		exec 9>>"$LEDGER.lock"
		flock 9
		echo + >>"$LEDGER"
		n=$(($(grep -c + "$LEDGER") - $(grep -c - "$LEDGER")))
		[ "$n" -le 3 ] || echo "$n at once" >>"$LEDGER.bad"
		flock -u 9
		sleep 0.3
		echo - >>"$LEDGER"
	S
	chmod +x held
	export LEDGER=$PWD/ledger
	: >ledger
	seq 12 | tq-submit x --each=json --max-attempts 50 >ids
	for i in 1 2; do
		tq-work -j4 --lease 6s --on "x=$PWD/held" --max-running x=3 --drain=all 2>w$i.err &
		pids[i]=$!
	done
	wait_until 10 grep -q + ledger
	kill -9 "${pids[1]}"
	# Its handlers died with it: those never say that they end.
	wait_until 10 eval '! pgrep -P "${pids[1]}" >/dev/null'
	# It may have ended by now.
	{ kill -STOP "${pids[2]}" && kill -CONT "${pids[2]}"; } 2>/dev/null || true
	wait "${pids[2]}"
	[ "$(tq-status --columns status - <ids | sort | uniq -c | awk '{ print $1, $2 }')" = "12 COMPLETED" ]
	# A killed run leaves a "+" without "-": at most three of them.
	[ "$(cat ledger.bad 2>/dev/null | wc -l)" -eq 0 ] || {
		[ "$(sort -u ledger.bad | sed 's/ .*//' | sort -n | tail -1)" -le 6 ]
	}
}

# bats test_tags=tool,fast
@test "wrong options are exit 2 and name themselves" {
	exits 2 tq-work --on cat
	says -- '--on wants TYPE=COMMAND'
	exits 2 tq-work --rate fast
	exits 2 tq-work --lease 1s
	exits 2 tq-work --drain --once
	exits 2 tq-work --drain=some
	exits 2 tq-work --builtin=nothing
	exits 2 tq-work operand
	exits 2 tq-work -q 'a b'
}
