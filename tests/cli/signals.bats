#!/usr/bin/env bats
# tests/cli/signals.bats -- signals, processes, and what a worker leaves behind.
# bats file_tags=sqlite

load helper

# Ends by itself once its test is over, whatever goes wrong.
sleep_of() {
	printf '%d.%05d%05d' "$1" "$((RANDOM % 100000))" "$((BASHPID % 100000))"
}

# A handler whose shell is gone at TERM while the script it ran cleans up.
cleaning() {
	cat >g.sh <<-'SH'
	#!/bin/sh
	trap 'sleep 0.3; echo cleaned >>log; exit 0' TERM
	sleep 60 & echo up >up; wait
	SH
	chmod +x g.sh
}

# timed_out HANDLER: it runs into its timeout, and makes ./up when it is ready for
# that: with a longer one where the machine was too busy.
timed_out() {
	local limit
	for limit in 200ms 2s 20s; do
		tq-submit x --timeout $limit --max-attempts 1 >id
		exits 1 tq-work --on "x=$1" --once
		[ ! -e up ] || return 0
	done
	echo "no ./up: $1"
	return 1
}

@test "a handler that cleans up has its time after a timeout, whatever its shell does" {
	cleaning
	timed_out './g.sh | cat'
	[ "$(cat log)" = cleaned ]
}

@test "a handler that cleans up has its time after a cancel and at a shutdown" {
	cleaning
	id=$(tq-submit x)
	tq-work --on 'x=./g.sh > /dev/null' --lease 2s --once 3>&- &
	pid=$!
	wait_until 10 test -e up
	tq-ctl cancel "$id" >/dev/null
	wait $pid
	[ "$(cat log)" = cleaned ]
	rm up
	tq-submit x >/dev/null
	tq-work --on 'x=./g.sh && true' --grace 0s 2>err 3>&- &
	pid=$!
	wait_until 10 test -e up
	kill -TERM $pid
	wait $pid
	has_lines 2 log
}

@test "what dies of the SIGTERM that its worker gets, too, was stopped by the shutdown" {
	# As systemd's default does it, KillMode=control-group.
	local t
	for t in plain shell stream; do tq-submit $t --id $t --max-attempts 1; done
	tq-work -j3 --on 'plain=touch up.plain; exec sleep 60' \
	    --on 'shell=trap : TERM; touch up.shell; sleep 60; exit $?' \
	    --stream 'stream=read -r x; touch up.stream; exec sleep 60' 2>said 3>&- &
	pid=$!
	wait_until 10 eval '[ -e up.plain ] && [ -e up.shell ] && [ -e up.stream ]'
	spawner=$(pgrep -P $pid)
	handlers=$(pgrep -P "$spawner")
	# shellcheck disable=SC2046,SC2086 # ids
	kill -TERM $pid "$spawner" $handlers $(for h in $handlers; do pgrep -P "$h"; done)
	wait $pid
	[ "$(tq-status --columns status,attempts plain shell stream | sort -u)" = "PENDING	0" ]
	[ "$(grep -c 'event=released' said)" -eq 3 ]
}

@test "told to end at any moment of its start, a worker leaves nothing behind" {
	local rc ms
	export TMPDIR=$PWD/tmp
	mkdir tmp
	tq-submit x --id a >/dev/null
	for ms in 1 2 4 6 8 12 16 24 32 60; do
		tq-work --on y=true 2>err 3>&- &
		pid=$!
		pause $ms
		kill -TERM $pid
		rc=0
		wait $pid || rc=$?
		[ $rc -eq 0 ] || [ $rc -eq 143 ]
		[ -z "$(ls tmp)" ]
	done
	tq-work --on y=true 2>err 3>&- &
	pid=$!
	wait_until 10 takes_term $pid
	kill -TERM $pid
	wait $pid
	[ -z "$(ls tmp)" ]
	[ "$(tq-status --columns status,attempts a)" = "PENDING	0" ]
}

@test "a handler that is stopped ends at its timeout, too" {
	# By the SIGTERM, which it gets to see, and not by the SIGKILL five seconds later.
	timed_out 'trap "echo told >log; exit 1" TERM; echo >up; kill -STOP $$'
	[ "$(cat log)" = told ]
}

@test "what a handler left behind is buried, by a container's first process too" {
	unshare --pid --fork --mount-proc true 2>/dev/null ||
	    skip "no namespace of processes of our own (unshare)"
	tq-submit x >/dev/null
	tq-submit y >/dev/null
	cat >y <<-'SH'
	#!/bin/sh
	# The daemons of x have ended: is any a zombie?
	for i in $(seq 600); do
		grep -ls '^State:.Z' /proc/[0-9]*/status || exit 0
		sleep 0.1
	done
	SH
	chmod +x y
	exits 0 unshare --pid --fork --mount-proc tq-work -j1 --drain \
	    --on 'x=for i in 1 2 3 4 5; do (setsid true &); done' --on y=./y
	[ -z "$(tq-status --list --type y --columns result | tr -d -)" ]
}

@test "a daemon that a handler left does not keep the worker from its end" {
	n=$(sleep_of 6100)
	tq-submit x >/dev/null
	exits 0 timeout 60 tq-work --once --on \
	    "x=setsid -f sh -c 'touch up; exec sleep $n' >&- 2>&-
	    until [ -e up ]; do sleep 0.05; done"
	pkill -f "^sleep $n"
}

@test "a signal that was ignored when a worker started stays ignored: INT, too" {
	(trap '' INT; exec tq-work --on x=cat) 2>err 3>&- &
	pid=$!
	started+=("$pid")
	wait_until 10 eval 'tq-submit x --id up --wait >/dev/null'
	kill -INT "$pid"
	tq-submit x --id still --wait=60s
	kill -TERM "$pid"
	wait "$pid"
	! grep -q SIGINT err
}

@test "a signal that was ignored when tq-serve started stays ignored" {
	(trap '' INT; exec tq-serve -l unix:sock --insecure-no-auth) 2>err 3>&- &
	pid=$!
	started+=("$pid")
	up() { curl -sf --unix-socket sock http://localhost/health; }
	wait_until 10 up
	kill -INT "$pid"
	up
	kill -TERM "$pid"
	wait "$pid"
}

# bats test_tags=long
@test "a spawner that does not answer is said, and its tasks are given back" {
	n=$(sleep_of 6200)
	id=$(tq-submit x --timeout 10s)
	tq-work --on "x=sleep $n" 2>err 3>&- &
	pid=$!
	started+=("$pid")
	wait_until 10 pgrep -f "^sleep $n"
	kill -STOP "$(pgrep -P $pid)"
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 70 ]
	says 'the spawner does not answer'
	[[ "$(tq-status --columns status "$id")" =~ PENDING|RETRYING ]]
	! pgrep -f "^sleep $n"
}

# bats test_tags=long
@test "a program that hangs in its start is said, a cancel holds, nothing runs for ever" {
	preload hang_exec
	mkdir h
	printf '#!/bin/sh\n' >h/dead
	chmod +x h/dead
	cancelled=$(tq-submit dead --timeout 1s)
	kept=$(tq-submit dead --timeout 1s --max-attempts 2)
	HANG_EXEC=$PWD/h/dead "${PRELOAD[@]}" tq-work -j2 --handlers h --lease 5s 2>err 3>&- &
	pid=$!
	started+=("$pid")
	wait_until 10 status_is "$cancelled" RUNNING
	tq-ctl cancel "$cancelled" >/dev/null
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 70 ]
	says 'a program hangs in its start'
	status_is "$cancelled" CANCELLED
	[[ "$(tq-status --columns status "$kept")" =~ PENDING|RETRYING ]]
	# When the mount is back, so is the work.
	exits 0 tq-work --handlers h --drain=all
	status_is "$kept" COMPLETED
}

# bats test_tags=long
@test "a handler that became another user's can't be killed: said, the task ends" {
	[ "$(id -u)" -eq 0 ] || skip "only root can set this up"
	cp "$(command -v setpriv)" up
	chmod 4755 up
	chmod 777 .
	run setpriv --reuid 65534 --clear-groups ./up --reuid 0 id -u
	[ "$output" = 0 ] || skip "no setuid programs here"
	n=$(sleep_of 6300)
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null || true
	id=$("${nobody[@]}" "$TQ_BUILD/tq-submit" x --timeout 100ms --max-attempts 1)
	TMPDIR=$PWD exits 1 timeout 60 "${nobody[@]}" "$TQ_BUILD/tq-work" \
	    --on "x=exec ./up --reuid 0 sleep $n" --once
	pkill -f "^sleep $n"
	says "can't be killed"
	[ "$(tq-status --columns status "$id")" = FAILED ]
}

@test "a limit of the file size is an error, not a death: exit 74" {
	export LLVM_PROFILE_FILE=/dev/null	# of "make cover": over it, too
	id=$(head -c 200000 /dev/zero | tr '\0' x | tq-submit x --text -)
	exits 0 tq-work --on x=cat --once
	(ulimit -f 100; exits 74 tq-status --result -o copy "$id")
	says 'File too large'
	# A shell's redirection, and the store itself: the same.
	(ulimit -f 100; exits 74 tq-status --result "$id")
	says 'File too large'
	(ulimit -f 1; exits 74 tq-submit x)
	says 'File too large'
	[ ! -e copy ]
}

@test "handlers meet SIGXFSZ as if there were no worker" {
	id=$(tq-submit sig)
	exits 0 tq-work --on "sig=sed -n 's/^SigIgn:\t//p' /proc/self/status" --once
	# Whoever started the tests may ignore others.
	[ $((16#$(tq-status --result "$id") & 1 << 24)) -eq 0 ]
}

@test "the folder of a worker that was killed is removed by the next one" {
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir tmp tmp/tq-work-older tmp/other tmp/tq-work-emptyy
	touch -d '1 hour ago' tmp/tq-work-emptyy
	tq-submit x '"secret"' >/dev/null
	tq-work --on 'x=touch begun; sleep 60' 3>&- &
	pid=$!
	wait_until 10 test -e begun
	kill_worker "$pid"
	mkfifo go
	tq-submit y >/dev/null
	tq-work --on 'y=touch up; cat go' --once 3>&- &
	pid=$!
	wait_until 10 test -e up
	# The dead one's is gone, a living one's stays, and so does another's.
	exits 0 tq-work --on z=true --drain
	ls -d tmp/tq-work-?????? tmp/tq-work-older tmp/other >left
	has_lines 3 left
	echo >go
	wait $pid
}

@test "too few descriptors for -j are said, and all tasks run" {
	seq 40 | tq-submit x --each >ids
	(ulimit -n 64; exits 0 tq-work -j32 --on 'x=sleep 0.05' --drain)
	says 'at a time, not 32'
	[ "$(tq-status --columns status - <ids | sort | uniq -c | tr -s ' ')" = ' 40 COMPLETED' ]
}

@test "with however few descriptors a worker runs tasks, or says at the start that it can't" {
	for n in 8 12 16 20 32 44 45; do
		tq-submit x >/dev/null
		rc=0
		(ulimit -n "$n"; exec tq-work -j1 --on x=true --drain) 2>err 3>&- 4>&- || rc=$?
		[ "$rc" -ne 0 ] || break
		[ "$rc" -eq 78 ]
		says "$n open files are too few to run tasks: it takes 45"
		has_lines 1 err
		rc=0
		(ulimit -n "$n"; exec tq-serve --listen 127.0.0.1:0) 2>err 3>&- 4>&- || rc=$?
		[ "$rc" -eq 78 ]
		says "$n open files are too few to serve: it takes 64"
		has_lines 1 err
	done
	[ "$n" -eq 45 ]
	[ ! -s err ]
	run -0 tq-status --list --status PENDING,RETRYING,RUNNING,FAILED
	[ -z "$output" ]
	(ulimit -n 64; exec tq-serve --listen 127.0.0.1:0) 2>listens 3>&- 4>&- &
	started+=("$!")
	wait_until 10 grep -q listening listens
}

# bats test_tags=waits
@test "too few descriptors for the store are named as that" {
	tq-submit x
	exits 69 sh -c 'ulimit -n 5; exec tq-status -s' 3>&- 4>&-
	says 'tq.db: Too many open files'
}

@test "an input that is being copied is given up at SIGTERM" {
	tq-submit x --input /dev/zero >out 2>err 3>&- &
	pid=$!
	started+=("$pid")
	# shellcheck disable=SC2016 # evaluated each time
	wait_until 10 eval '(($(sed -n "s/^wchar: //p" /proc/$pid/io) > 1000000))'
	kill -TERM $pid
	rc=0
	wait $pid || rc=$?
	[ "$rc" -eq 130 ]
	says 'input /dev/zero: interrupted'
	has_lines 0 out
}

@test "a cancel reaches a running task at once, not at the next renewal" {
	n=$(sleep_of 6400)
	id=$(tq-submit x)
	other=$(tq-submit x)
	tq-work --on "x=sleep $n" --lease 1h -j2 2>err 3>&- &
	started+=($!)
	wait_until 10 status_is "$id" RUNNING
	wait_until 10 status_is "$other" RUNNING
	exits 0 tq-ctl cancel "$id"
	wait_until 10 status_is "$id" CANCELLED
	status_is "$other" RUNNING
	# Until its worker has heard of it, lists say what goes on.
	freeze "${started[0]}"
	exits 0 tq-ctl cancel "$other"
	[[ $(tq-status --columns status,where "$other") == RUNNING$'\t''cancelling: on '* ]]
	[[ $(tq-status --why "$other") == 'cancelling: running on '* ]]
	kill -CONT "${started[0]}"
	wait_until 10 status_is "$other" CANCELLED
}
