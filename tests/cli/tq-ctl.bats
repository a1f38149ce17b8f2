#!/usr/bin/env bats
# tests/cli/tq-ctl.bats -- set up, look after and control queues.

load helper

# -- init, doctor ------------------------------------------------------------------

# sqlite only: set-up there is aws-setup.bats
# bats test_tags=sqlite
@test "tq-ctl init: makes the store, and may be repeated" {
	exits 0 tq-ctl init
	[ -e tq.db ]
	grep -q '^ok ' out
	[ ! -s err ]
	exits 0 tq-ctl init -q mail -q thumbs
	exits 0 tq-ctl doctor
}

@test "tq-ctl init --dry-run: changes nothing" {
	tq-ctl init --dry-run >out
	[ -s out ]
	[ ! -e tq.db ]
}

@test "tq-ctl init: a store that can't be is refused" {
	run ! tq-ctl --store sqlite:/proc/nope/tq.db init
	[[ $output == *"/proc/nope"* ]]
	run -78 tq-ctl --store bogus:x init
	[[ $output == *bogus* ]]
}

@test "tq-ctl doctor: a sound store is exit 0, one line per finding" {
	tq-ctl init >/dev/null
	exits 0 tq-ctl doctor
	run ! grep -vE '^(ok  |note)  [^:]+: .' out
	exits 0 tq-ctl doctor --json
	run ! grep -vE '^\{"level":"(ok|note)","subject":"' out
}

# sqlite only: queues need making there
# bats test_tags=sqlite
@test "tq-ctl init -q: says of each queue that it needs no making" {
	exits 0 tq-ctl init -q mail -q web
	grep -qx 'ok    queue mail: needs no making.*' out
	grep -qx 'ok    queue web: needs no making.*' out
	exits 0 tq-ctl init -q mail --dry-run
	grep -qx '# ok    queue mail: needs no making.*' out
}

# bats test_tags=tool
@test "tq-ctl doctor: no worker is fine while nothing waits" {
	tq-ctl init >/dev/null
	exits 0 tq-ctl doctor
	grep -qx 'ok    workers: none is running, and nothing waits' out
	tq-submit x --delay 1h >/dev/null
	exits 0 tq-ctl doctor
	tq-submit x >/dev/null
	sleep 0.01
	exits 1 tq-ctl doctor
	grep -q '^WARN  workers: none is running, and the oldest due task has waited for [0-9.]*[ms]*s; remedy: tq-work$' out
	grep -q '^ok ' out
	# From cron, only what is wrong.
	exits 1 tq-ctl doctor --quiet
	has_lines 1 out
	grep -q '^WARN  workers: ' out
	# It may have done its work before it is on the list of workers.
	tq-work --on x=true &
	wait_until 10 eval "tq-ctl doctor | grep -qx 'ok    workers: 1 running'"
}

# finds LEVEL TEXT: a finding of the last doctor's run, for wait_until too.
finds() {
	tq-ctl doctor --json | jq -r '"\(.level) \(.subject): \(.text); remedy: \(.remedy)"' >found
	grep -F -e "$2" found | grep "^$1 "
}

@test "tq-ctl doctor: names what keeps due tasks waiting, and what would help" {
	queues mail web
	tq-submit a >/dev/null
	tq-submit exec-not >/dev/null
	tq-submit -q mail text.transform >/dev/null
	tq-submit -q web a >/dev/null
	tq-ctl pause web --why 'new disk' >/dev/null
	tq-work -q mail --on a=true --on b=true 2>/dev/null 3>&- &
	started+=($!)
	# A type without a handler, whose worker serves another queue.
	wait_until 60 finds warn 'queue default: the oldest due a has waited for'
	finds warn 'no worker for type a has been seen (1 on queue mail takes it: tq-work -q default); remedy: tq-work --on a=COMMAND'
	finds warn 'queue default: the oldest due exec-not'
	finds warn 'no worker for type text.transform has been seen (1 on queue mail takes other types); remedy: tq-work -q mail --builtin=text.transform'
	finds warn 'queue web: is paused (new disk), and tasks wait in it; remedy: tq-ctl resume web'
	exits 1 tq-ctl doctor --quiet
	has_lines 4 out
}

# sqlite only: aws-setup.bats has it for aws, which reads what runs
# bats test_tags=sqlite
@test "tq-ctl doctor: names limits, rates and workers that are busy" {
	mkfifo go
	for _ in 1 2; do tq-submit a >/dev/null; done
	tq-ctl limit default a=1 >/dev/null
	tq-work -j2 --on 'a=read -r x <go' 2>/dev/null 3>&- &
	started+=($!)
	wait_until 20 finds note 'at the limit: 1 of 1 a tasks are running; remedy: tq-ctl limit default a=N'
	tq-ctl limit default a=0 >/dev/null
	tq-submit a >/dev/null
	wait_until 20 finds note 'all 2 slots of 1 worker are busy; remedy: tq-work -j N, or another worker'
	tq-ctl rate default 1/h >/dev/null
	echo >go
	wait_until 20 finds note 'queue default starts at most 1/h; remedy: tq-ctl rate default N/s'
	# A queue that works as it was told to is no warning.
	exits 0 tq-ctl doctor
	exec 9<>go
	printf '\n\n\n' >&9
}

# sqlite only: on aws each would be fetched
# bats test_tags=sqlite
@test "tq-ctl doctor: names blobs that are missing or cut, and where they should be" {
	head -c 300000 /dev/urandom >in
	one=$(tq-submit x --input in)
	two=$(tq-submit y --input in)
	tq-work --once --on x=cat --quiet
	finds ok 'blobs: 2 looked at, all whole'
	truncate -s 1000 "$(find tq.db.blobs -path "*$two*" -name in)"
	finds warn "blobs: 1 of 2 missing or cut, the first: the input of $two (PENDING) has 1000 bytes instead of 300000"
	[[ "$(tq-status --why "$two")" == "its input can't be read: blob:"*" has 1000 bytes instead of 300000; no worker for type "* ]]
	out=$(find tq.db.blobs -name out)
	rm "$out"
	finds warn "2 of 2 missing or cut, the first: "
	tq-ctl cancel "$two" >/dev/null
	finds warn "1 of 1 missing or cut, the first: the output of $one (COMPLETED) is not there; remedy: restore $(realpath tq.db.blobs)/${out#tq.db.blobs/}, or submit the task anew"
}

# sqlite only: looks into the folder of blobs
# bats test_tags=sqlite
@test "tq-ctl doctor: names payloads and results that are gone, too" {
	head -c 100000 /dev/zero | tr '\0' x >big
	three=$(tq-submit --text x @big)
	four=$(tq-submit y '{}')
	tq-work --once --on 'y=cat big' --quiet
	finds ok 'blobs: 2 looked at, all whole'
	find tq.db.blobs -path "*$three*" -type f -delete
	finds warn "1 of 2 missing or cut, the first: the payload of $three (PENDING) is not there"
	find tq.db.blobs -path "*$four*" -type f -exec truncate -s 9 {} +
	tq-ctl cancel "$three" >/dev/null
	finds warn "1 of 1 missing or cut, the first: the result of $four (COMPLETED) has 9 bytes instead of 100000"
}

# bats test_tags=sqlite
@test "tq-ctl doctor: names a missing tq-net.so, a newer store, and the real path" {
	mkdir bin
	cp "$TQ_BUILD"/tq-{ctl,status} bin/
	id=$(tq-submit image.grayscale --input http://127.0.0.1:9/a.jpg)
	PATH=$PWD/bin:$PATH finds warn "module: tq-net.so is not installed beside this tool or in ../lib/tq: neither $(realpath bin)/tq-net.so nor "
	[[ "$(bin/tq-status --why "$id")" == "its input can't be read: tq-net.so is not installed"* ]]
	tq-ctl cancel "$id" >/dev/null
	PATH=$PWD/bin:$PATH finds note 'module: tq-net.so is not installed'
	finds ok workers
	run ! finds note module
	chmod 666 tq.db
	path=$(realpath tq.db)
	finds warn "everybody on this machine can open the database; remedy: chmod o= $path $path-wal $path-shm"
	sqlite3 tq.db "UPDATE meta SET min_reader=99"
	exits 78 tq-ctl doctor
	grep -qF "FAIL  store: sqlite:$path: was written by a newer tq (schema 99, this tq reads up to" out
	grep -qF '; remedy: install the tq here that' out
}

# bats test_tags=sqlite
@test "tq-ctl doctor: a path with a blank can be pasted from the remedy" {
	mkdir 'a b'
	export TQ_STORE="sqlite:$PWD/a b/t.db"
	tq-submit x >/dev/null
	chmod 666 'a b/t.db'
	fix=$(tq-ctl doctor | sed -n 's/.*remedy: \(chmod .*\)/\1/p')
	eval "$fix"
	[ "$(stat -c %a 'a b/t.db')" = 660 ]
}

# sqlite only: its doctor is aws-setup.bats
# bats test_tags=sqlite
@test "tq-ctl doctor: counts the dead in good English" {
	tq-submit x --max-attempts 1 >/dev/null
	tq-work --quiet --drain --on x=false || true
	exits 0 tq-ctl doctor
	grep -q '^note  dead tasks: 1 dead task waits for a decision; remedy: tq-dlq top$' out
	tq-submit x --max-attempts 1 >/dev/null
	tq-work --quiet --drain --on x=false || true
	exits 0 tq-ctl doctor
	grep -q '^note  dead tasks: 2 dead tasks wait for a decision;' out
}

# bats test_tags=tool
@test "tq-ctl doctor: on a terminal a remedy has its own line" {
	tq-submit x --max-attempts 1 >/dev/null
	tq-work --quiet --drain --on x=false || true
	COLS=80 on_terminal tq-ctl doctor
	grep -q '^      remedy: tq-dlq top' out
}

# sqlite only: a store that is no file is tested with its errors
# bats test_tags=sqlite
@test "tq-ctl doctor: a missing store is exit 78 with the remedy" {
	exits 78 tq-ctl doctor
	grep -q '^FAIL .*; remedy: .*tq-ctl init' out
	exits 78 tq-ctl doctor --json
	grep -q '"level":"fail".*"remedy":".*tq-ctl init' out
}

# sqlite only: breaks a file
# bats test_tags=sqlite
@test "tq-ctl doctor: a broken database is exit 78" {
	tq-ctl init >/dev/null
	tq-submit x >/dev/null
	rm -f tq.db-wal tq.db-shm
	head -c 4096 /dev/urandom >tq.db
	exits 78 tq-ctl doctor
	grep -q '^FAIL ' out
}

# bats test_tags=tool
@test "tq-ctl doctor: levels are coloured on a terminal, not with NO_COLOR" {
	tq-ctl init >/dev/null
	on_terminal tq-ctl doctor
	grep -qF $'\e[32mok' out
	NO_COLOR=1 on_terminal tq-ctl doctor
	run ! grep -qF $'\e[32m' out
}

# -- cancel -----------------------------------------------------------------------

@test "tq-ctl cancel: what waits is CANCELLED at once" {
	a=$(tq-submit x)
	b=$(tq-submit x --delay 1h)
	exits 0 tq-ctl cancel "$a" "$b"
	[ "$(cat out)" = "$a	CANCELLED"$'\n'"$b	CANCELLED" ]
	status_is "$a" CANCELLED
	exits 0 tq-ctl cancel "$a"
}

@test "tq-ctl cancel: what runs is asked to end, and ends" {
	a=$(tq-submit slow)
	tq-work --grace 100ms --lease 9s --on 'slow=sleep 100' &
	wait_until 10 status_is "$a" RUNNING
	exits 0 tq-ctl cancel "$a"
	[ "$(cat out)" = "$a	RUNNING" ]
	wait_until 20 status_is "$a" CANCELLED
}

@test "tq-ctl cancel: 5 for an unknown id, 1 for one that had ended" {
	a=$(tq-submit x)
	b=$(tq-submit x --delay 1h)
	tq-work --drain --on 'x=true'
	exits 1 tq-ctl cancel "$a" "$b"
	grep -qx "$a	COMPLETED" out
	grep -qx "$b	CANCELLED" out
	says "$a is COMPLETED already"
	exits 5 tq-ctl cancel nope "$a"
	says "no such task nope in $STORE_SAID"
}

# bats test_tags=tool
@test "tq-ctl cancel -: ids from stdin, as many as there are" {
	seq 1200 | tq-submit x --each >ids
	exits 0 tq-ctl cancel - <ids
	has_lines 1200 out
	[ "$(cut -f2 out | sort -u)" = CANCELLED ]
	tq-submit x --json >id
	exits 0 tq-ctl cancel --json - <id
	grep -q '^{"taskId":".*","status":"CANCELLED","cancelRequested":true}$' out
}

# sqlite only: a store that is no file is tested with its errors
# bats test_tags=sqlite
@test "tq-ctl cancel: without ids is exit 2; a missing store is exit 69" {
	exits 2 tq-ctl cancel
	exits 69 tq-ctl cancel a
	says tq.db
	[ ! -e tq.db ]
}

@test "tq-ctl cancel: a filter means what waits, a queue alone is not enough" {
	queues mail
	a=$(tq-submit x -l who=me)
	b=$(tq-submit y)
	c=$(tq-submit x -q mail)
	d=$(tq-submit "done")
	tq-work --drain --on done=true
	exits 2 tq-ctl cancel -q mail
	says "--all"
	for cmd in 'tq-ctl cancel' 'tq-ctl purge' 'tq-dlq redrive'; do
		for option in queue type status label group error since until; do
			exits 2 $cmd --yes --type x --$option ''
			exits 2 $cmd --yes --all --$option ''
		done
	done
	exits 0 tq-ctl cancel -n --group nobody
	says "would cancel 0"
	exits 2 tq-ctl cancel --status COMPLETED
	says "does nothing to tasks that are COMPLETED"
	exits 2 tq-ctl cancel "$a" --type x
	exits 0 tq-ctl cancel -n -q default --all
	says "would cancel 2"
	[ "$(sort out)" = "$(printf '%s\tPENDING\n' "$a" "$b" | sort)" ]
	exits 0 tq-ctl cancel --type x --label who=me
	[ "$(cat out)" = "$a	CANCELLED" ]
	exits 0 tq-ctl cancel -q mail --status pending
	[ "$(cat out)" = "$c	CANCELLED" ]
	exits 2 tq-ctl cancel --since 0s --until 1h
	says "--since 0s is not before --until 1h"
	exits 0 tq-ctl cancel --since 1h --until 0s
	[ "$(cat out)" = "$b	CANCELLED" ]
	status_is "$d" COMPLETED
}

# bats test_tags=tool
@test "tq-ctl cancel: more than a hundred need --yes where nobody can be asked" {
	seq 101 | tq-submit x --each >ids
	exits 2 tq-ctl cancel --type x
	says "101 tasks needs --yes"
	[ ! -s out ]
	# At a terminal it asks.
	echo n >answer
	script -qec 'tq-ctl cancel --type x' /dev/null <answer >asked || true
	grep -q 'cancel 101 tasks in .*nothing done' <(tr -d '\r\n' <asked)
	[ "$(tq-status --list --status PENDING --columns taskId | wc -l)" -eq 101 ]
	exits 0 tq-ctl cancel --type x --yes
	has_lines 101 out
	[ "$(tq-status --list --status CANCELLED --columns taskId | wc -l)" -eq 101 ]
}

# left STATUS: how many are.
left() { tq-status --list --status "$1" --limit 9999 | grep -c .; }
less_left() { [ "$(left "$1")" -lt "$2" ]; }

# begun STATUS COMMAND...: it is at work on those, and can't end: what it prints
# goes to a pipe that nobody reads, and of which it fills more than there is.
begun() {
	local n
	n=$(left "$1")
	"${@:2}" >&9 2>err &
	pid=$!
	started+=("$pid")
	wait_until 10 less_left "$1" "$n"
}

# bats test_tags=sqlite
@test "cancel and purge by a filter go on where they stopped, and take nothing new" {
	local cmd was
	mkfifo pipe
	seq 3200 | tq-submit --each x >/dev/null
	for cmd in cancel purge; do
		[ $cmd = cancel ] && was=PENDING || was=CANCELLED
		exec 9<>pipe
		begun $was tq-ctl $cmd --type x --yes
		kill -9 "$pid"
		wait "$pid" || true
		[ "$(left $was)" -gt 1500 ]
		exec 9>&-
		exec 9<>pipe
		begun $was tq-ctl $cmd --type x --yes
		# One that was not there, or was not meant, at the start.
		tq-submit --id late-$cmd x >/dev/null
		[ $cmd = cancel ] || tq-ctl cancel late-$cmd >/dev/null
		cat <&9 >/dev/null &
		wait "$pid"
		kill $!
		exec 9>&-
		[ "$(tq-status --list --status $was --columns taskId)" = late-$cmd ]
	done
}

# bats test_tags=tool
@test "tq-ctl cancel: a full disk behind stdout is exit 74" {
	a=$(tq-submit x)
	# shellcheck disable=SC2016
	run -74 bash -c 'tq-ctl cancel "$1" >/dev/full' - "$a"
	[[ $output == *"No space left on device; cancelled 1" ]]
}

# -- pause, resume -------------------------------------------------------------------

@test "tq-ctl pause: holds tasks back until resume" {
	a=$(tq-submit x)
	exits 0 tq-ctl pause default --why 'being moved'
	[ ! -s out ]
	says 'queue default is paused (being moved)'
	tq-work --drain --on 'x=true'
	status_is "$a" PENDING
	exits 0 tq-ctl resume default
	says 'queue default is running'
	tq-work --drain --on 'x=true'
	status_is "$a" COMPLETED
}

# bats test_tags=sqlite
@test "tq-ctl pause, resume: a queue without tasks may be mistyped" {
	tq-submit x >/dev/null
	exits 0 tq-ctl pause defualt
	says 'queue defualt has no tasks yet'
	says 'queue defualt is paused'
	exits 0 tq-ctl resume defualt --json
	says 'queue defualt has no tasks yet'
	exits 0 tq-ctl resume defualt --quiet
	[ ! -s err ]
	exits 0 tq-ctl resume default
	run ! says 'no tasks'
}

@test "tq-ctl pause --for: ends by itself" {
	a=$(tq-submit x)
	tq-ctl pause default --for 1h --json >out
	grep -qE '^\{"queue":"default","paused":true,"until":"2[^"]*Z",' out
	[[ $(tq-status --why "$a") == "paused: queue default until "* ]]
	tq-ctl --quiet pause default --for 10ms
	wait_until 10 eval '[[ $(tq-status --why '"$a"') == "no worker"* ]]'
}

# bats test_tags=tool
@test "tq-ctl pause: bad queues, reasons and durations are exit 2" {
	tq-ctl init >/dev/null
	exits 2 tq-ctl pause
	exits 2 tq-ctl pause 'a/b'
	exits 2 tq-ctl pause a b
	exits 2 tq-ctl pause a --why "$(printf '%300s' x)"
	exits 2 tq-ctl pause a --why $'\xff'
	exits 2 tq-ctl pause a --for 0
	exits 2 tq-ctl resume a --why x
}

@test "tq-ctl pause: many at once lose nothing" {
	tq-ctl init >/dev/null
	pids=()
	for i in 1 2 3 4 5 6 7 8; do
		tq-ctl --quiet limit default "type$i=$i" &
		pids+=($!)
	done
	for p in "${pids[@]}"; do
		wait "$p"
	done
	tq-ctl resume default --json >out
	[ "$(grep -o '"type[0-9]":' out | wc -l)" -eq 8 ]
}

# -- limit, rate ----------------------------------------------------------------------

@test "tq-ctl limit: sets, changes and removes limits of types" {
	tq-ctl init >/dev/null
	tq-ctl --json limit default thumb=3 mail=1 >out
	grep -qF '"limits":{"thumb":3,"mail":1}' out
	tq-ctl --json limit default thumb=5 >out
	grep -qF '"limits":{"thumb":5,"mail":1}' out
	tq-ctl --json limit default thumb=0 nope=0 >out
	grep -qF '"limits":{"mail":1}' out
	for bad in thumb thumb= thumb=-1 thumb=x =3 'a b=3'; do
		exits 2 tq-ctl limit default "$bad"
	done
	tq-ctl --json resume default >out
	grep -qF '"limits":{"mail":1}' out
}

@test "tq-ctl limit: 32 types fit, one more is refused" {
	tq-ctl init >/dev/null
	# shellcheck disable=SC2046
	exits 0 tq-ctl limit default $(seq -f 't%.0f=1' 32)
	exits 2 tq-ctl limit default t33=1
	says "no room"
}

# bats test_tags=sqlite
@test "tq-ctl limit, rate: without a value they print it, as they take it" {
	tq-submit a >/dev/null
	exits 0 tq-ctl rate default
	[ "$(cat out)" = 0 ]
	exits 0 tq-ctl --quiet rate default 3/h
	exits 0 tq-ctl rate default
	[ "$(cat out)" = 3/h ]
	exits 0 tq-ctl --quiet limit default a=3 b=1
	exits 0 tq-ctl limit default
	printf 'a=3\nb=1\n' | diff - out
	exits 0 tq-ctl --json limit default
	grep -qF '"rateText":"3/h","limits":{"a":3,"b":1}' out
	exits 0 tq-ctl rate default 0
	says 'at most 3 a at once'
}

# bats test_tags=sqlite
@test "tq-ctl pause: a bare one keeps the reason, and says that it has no end" {
	tq-submit a >/dev/null
	exits 0 tq-ctl pause default --for 1h --why 'being moved'
	exits 0 tq-ctl pause default
	says 'is paused (being moved)'
	says 'was paused until'
	says 'now until resumed'
	exits 0 tq-ctl --json pause default --why 'something else'
	grep -qF '"reason":"something else"' out
	exits 0 tq-ctl --quiet pause default --for 1ms
	wait_until 10 eval '[[ "$(tq-status --summary)" != *paused* ]]'
	exits 0 tq-ctl --json pause default
	! grep -q reason out
}

@test "tq-ctl rate: takes a second, a minute or an hour" {
	tq-ctl init >/dev/null
	tq-ctl --json rate default 5/s | grep -qF '"rate":5,'
	tq-ctl --json rate default 30/m | grep -qF '"rate":0.5,'
	tq-ctl --json rate default 1800/h | grep -qF '"rate":0.5,'
	tq-ctl --json rate default 2.5 | grep -qF '"rate":2.5,'
	tq-ctl --json rate default 0 | grep -qF '"rate":0,'
	for bad in x 5/d -1/s 1.2.3 '' 5/; do
		exits 2 tq-ctl rate default -- "$bad"
	done
}

# -- sweep ------------------------------------------------------------------------------

@test "tq-ctl sweep: is silent from cron, and says what it did with --json" {
	tq-ctl init >/dev/null
	exits 0 tq-ctl sweep
	tq-ctl sweep --json | grep -q '"skipped":false'
	[ ! -s out ]
	[ ! -s err ]
	tq-ctl sweep --force --json >out
	grep -qE '^\{"skipped":false,"expired":0,"removed":0,"blobs":0,"rung":0,"told":0\}$' out
	exits 69 tq-ctl --store "sqlite:$PWD/none.db" sweep
}

@test "tq-ctl sweep: ends what was not started in time" {
	tq-submit x --expires 10ms >/dev/null
	tq-submit x >/dev/null
	sleep 0.05
	tq-ctl sweep --force --json >out
	grep -qF '"expired":1,' out
	[ "$(tq-status --list --status PENDING | wc -l)" -eq 1 ]
	[ "$(tq-status --list --status CANCELLED | wc -l)" -eq 1 ]
}

# bats test_tags=sqlite
@test "tq-ctl sweep: goes on until nothing is left, and exits 130 if it may not" {
	seq 20500 | tq-submit x --each --expires 1ms >/dev/null
	# It waits for its turn when the signal comes; then it has one.
	flock -x tq.db.lock sqlite3 tq.db 'BEGIN IMMEDIATE' '.shell touch begun' \
	    '.shell until [ -e over ]; do sleep 0.05; done' 3>&- &
	wait_until 10 test -e begun
	env --default-signal=INT tq-ctl sweep --force 2>err 3>&- &
	pid=$!
	wait_until 10 grep -qE -- "-> FLOCK .* $pid " /proc/locks
	kill -INT $pid
	touch over
	rc=0
	wait $pid || rc=$?
	[ $rc -eq 130 ]
	says 'interrupted; 0 removed'
	tq-ctl sweep --force
	[ "$(tq-status --list --status PENDING | wc -l)" -eq 0 ]
}

# -- edit, hold -------------------------------------------------------------------------------

@test "tq-ctl hold, unhold: a held task waits, says why, and runs when let go" {
	tq-submit --id t x 1 >/dev/null
	exits 0 tq-ctl hold t
	[ "$(cat out)" = "t	PENDING" ]
	tq-status --why t | grep -q 'held: tq-ctl unhold t'
	tq-work --on x=cat --drain
	tq-status t | grep -q PENDING
	tq-status --json t | grep -q '"held":true'
	tq-ctl unhold t
	tq-work --on x=cat --drain
	tq-status t | grep -q COMPLETED
	exits 1 tq-ctl hold t
	exits 5 tq-ctl hold none
}

@test "tq-ctl edit: changes what waits, by ids from a pipe too" {
	tq-submit --id a x 1 >/dev/null
	tq-submit --id b x 2 >/dev/null
	tq-submit --id far x 3 --delay 30d >/dev/null
	echo b | tq-ctl edit --prio 9 --label who=ann --max-attempts 1 - >out
	tq-status --json b | grep -q '"prio":9'
	tq-status --json b | grep -q '"labels":{"who":"ann"}'
	tq-ctl edit --delay 0 far >/dev/null
	tq-work --on 'x=cat >>order' --drain -j1
	# On aws priorities hold among the messages that one worker received.
	[ "$(tr -d '\n' <order)" = 213 ] ||
	    { [ "${TQ_TEST_ON:-}" = aws ] && [ "$(sort order | tr -d '\n')" = 123 ]; }
	exits 1 tq-ctl edit --prio 1 a
	grep -q 'a is COMPLETED' err
	exits 2 tq-ctl edit a
	exits 2 tq-ctl edit --prio 10 a
	exits 2 tq-ctl edit --delay 1m --at 2030-01-01T00:00:00Z a
	exits 2 tq-ctl edit --delay 2h --expires 1h a
	says '--expires 1h is not after when the task is due, so it would never run'
	exits 2 tq-ctl sweep --prio 3
}

# bats test_tags=tool
@test "tq-ctl edit: each option of tq-submit's, and no fewer attempts than were made" {
	tq-submit --id far --delay 30d x >/dev/null
	exits 0 tq-ctl edit --at 2100-01-01T00:00:00Z --timeout 7s --backoff 3s,9s \
	    --expires 2100-02-01T00:00:00Z --keep 3d --group acme --label a=b --label c=d \
	    --prio 2 --max-attempts 5 far
	tq-status --json far >out
	for member in '"notBefore":"2100-01-01T00:00:00.000Z"' '"timeout":"7s"' \
	    '"backoff":"3s","backoffCap":"9s"' '"expiresAt":"2100-02-01T00:00:00.000Z"' \
	    '"keep":"259200s"' '"group":"acme"' '"labels":{"a":"b","c":"d"}' \
	    '"prio":2' '"maxAttempts":5' '"attempts":0' '"status":"PENDING"'; do
		grep -qF "$member" out || { echo "$member"; cat out; return 1; }
	done
	tq-submit --id child --after far x >/dev/null
	exits 0 tq-ctl edit --prio 3 child
	[ "$(cat out)" = "child	BLOCKED" ]
	tq-submit --id tried --backoff 1h y >/dev/null
	tq-work --on y=false --once 2>/dev/null
	exits 1 tq-ctl edit --max-attempts 1 tried
	says 'tried has used as many attempts already'
	exits 0 tq-ctl edit --max-attempts 2 tried
	tq-status --json tried | grep -q '"status":"RETRYING".*"attempts":1,"maxAttempts":2'
}

# -- a store of an older tq ------------------------------------------------------------------

# tests/fixtures/schema1.sql as a store: what tq 0.1.0 left, as of now.
an_old_store() {
	local then=1796015542000 by

	by=$(($(date +%s) * 1000 - then))
	sqlite3 old.db <"$BATS_TEST_DIRNAME/../fixtures/schema1.sql"
	sqlite3 old.db "PRAGMA user_version=1; UPDATE task SET at=at+$by WHERE
	    status<>2; UPDATE task SET created=created+$by, updated=updated+$by"
	export TQ_STORE=sqlite:$PWD/old.db
}

# bats test_tags=sqlite
@test "tq-ctl init --migrate: brings a store of tq 0.1.0 up to date" {
	an_old_store
	exits 78 tq-submit note
	grep -q 'tq-ctl init --migrate' err
	exits 78 tq-status --list
	exits 78 tq-ctl init
	exits 0 tq-ctl init --migrate
	exits 0 tq-ctl init --migrate	# and may be repeated
	tq-ctl doctor >out || true	# no worker runs
	grep -q 'counts: agree with the records' out
	tq-status --summary --json >out
	[ "$(tq-status --list --columns taskId,status | sort)" = "$(printf \
	    '%s\t%s\n' again RETRYING body COMPLETED dead FAILED gone CANCELLED \
	    good COMPLETED later PENDING runs RUNNING waits PENDING)" ]
	[ "$(tq-dlq list --drained | cut -f1)" = drained ]
	[ "$(tq-status --result good)" = '{"a":1}' ]
	[ "$(tq-status --result body | wc -c)" -eq 3009 ]
	tq-status --json waits | grep -q '"prio":3.*\|"labels":{"k":"v"}'
	tq-ctl pause other >err 2>&1
}

# bats test_tags=sqlite
@test "a migrated store goes on where the old one stopped" {
	an_old_store
	tq-ctl init --migrate >/dev/null
	tq-work --on note=cat --on hangs=true --on fails=true --drain
	[ "$(tq-status --result waits)" = '{"n":1}' ]
	tq-status runs | grep -q COMPLETED
	tq-dlq redrive dead >/dev/null
	tq-work --on fails=true --drain
	tq-status dead | grep -q COMPLETED
	tq-ctl doctor >out || true	# a dead one, no worker
	grep -q 'counts: agree with the records' out
}

# bats test_tags=sqlite
@test "a database of another program is left alone" {
	sqlite3 other.db 'CREATE TABLE t(x); INSERT INTO t VALUES(1)'
	sqlite3 mine.db 'PRAGMA application_id=7; PRAGMA user_version=1;
	    CREATE TABLE t(x)'
	cp other.db other.was
	cp mine.db mine.was
	for f in other mine; do
		exits 78 tq-submit --store "sqlite:$PWD/$f.db" x
		grep -q 'another program' err
		exits 78 tq-ctl --store "sqlite:$PWD/$f.db" init --migrate
		cmp $f.db $f.was
	done
}

# -- the command line -----------------------------------------------------------------------

# bats test_tags=tool
@test "tq-ctl: unknown commands and options that do not fit are exit 2" {
	exits 2 tq-ctl
	exits 2 tq-ctl cancle a
	says "did you mean cancel?"
	exits 2 tq-ctl doctor --force
	says "doctor takes no --force"
	exits 2 tq-ctl init --why x
	exits 2 tq-ctl sweep now
	exits 2 tq-ctl cancel a --for 1s
}

@test "tq-ctl edit: the payload, or the command, of one task that waits" {
	tq-submit --id p x '{"a":1}' >/dev/null
	exits 0 tq-ctl edit --payload '{"a":2}' --prio 7 p
	tq-status --json p | grep -q '"payload":{"a":2}.*"prio":7'
	tq-submit --id c -- echo one >/dev/null
	exits 0 tq-ctl edit c -- echo two 'and "three"'
	exits 0 tq-work --exec --drain
	[ "$(tq-status --result c)" = 'two and "three"' ]
	exits 65 tq-ctl edit --payload '{"a":' p
	exits 65 tq-ctl edit p -- echo
	says 'has no command'
	exits 2 tq-ctl edit --payload 1 p c
	exits 2 tq-ctl edit c --
	exits 5 tq-ctl edit --payload 1 nobody
	exits 1 tq-ctl edit --payload 1 c
	tq-status --json p | grep -q '"payload":{"a":2}'
}

@test "tq-ctl purge: removes what has ended, however, and nothing else" {
	tq-submit --id good x >/dev/null
	tq-submit --id bad --max-attempts 1 y >/dev/null
	tq-submit --id waits z >/dev/null
	tq-submit --id off z >/dev/null
	tq-ctl cancel off >/dev/null
	tq-submit --id child --after bad z >/dev/null
	exits 1 tq-work --on x=true --on y=false --drain
	exits 1 tq-ctl purge waits
	says 'waits is PENDING: only what has ended'
	exits 5 tq-ctl purge nobody
	exits 1 tq-ctl purge bad
	says 'bad stays: a task waits for it'
	exits 2 tq-ctl purge
	exits 2 tq-ctl purge -q default
	exits 2 tq-ctl purge --status PENDING
	exits 2 tq-ctl purge --type ''
	exits 0 tq-ctl purge --type z -n
	[ "$(cat out)" = "$(printf 'off\tCANCELLED')" ]
	exits 0 tq-ctl purge --status CANCELLED
	exits 0 tq-ctl purge --all
	says 'purged 1, 1 stay'
	[ "$(tq-status --list --columns taskId | sort | tr '\n' ' ')" = 'bad child waits ' ]
	exits 0 tq-ctl purge --tree bad
	status_is child CANCELLED
}

# bats test_tags=sqlite
@test "tq-ctl purge: more than a hundred need --yes where nobody can be asked" {
	seq 101 | tq-submit --each x >/dev/null
	exits 0 tq-work --on x=true --drain
	exits 2 tq-ctl purge --all </dev/null
	says 'purge of 101 tasks needs --yes'
	exits 0 tq-ctl purge --all --yes
	[ -z "$(tq-status --list)" ]
}

# bats test_tags=sqlite
@test "sweep --emf prints what is runnable, and for how long it has been" {
	tq-submit -q mail a >/dev/null
	tq-submit -q mail a --delay 1h >/dev/null
	tq-submit a >/dev/null
	tq-ctl sweep --emf -q mail -q empty >out
	has_lines 2 out
	grep -q '^{"_aws":.*"Name":"Runnable".*"Queue":"mail","Runnable":1,"OldestRunnable":[0-9]*}$' out
	grep -q '"Queue":"empty","Runnable":0,"OldestRunnable":0}$' out
	tq-ctl sweep --emf | grep -q '"Queue":"default","Runnable":1,'
	exits 2 tq-ctl doctor --emf
}
