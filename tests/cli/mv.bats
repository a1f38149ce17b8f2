#!/usr/bin/env bats
# tests/cli/mv.bats -- tq-ctl mv: tasks from one store to another.  The other
# store is on sqlite, whatever the first one is.

# bats file_tags=tool

load helper

OTHER=other/tq.db
there() { TQ_STORE=sqlite:$PWD/$OTHER "$@"; }
move() { exits "$1" tq-ctl mv "$TQ_STORE" "sqlite:$PWD/$OTHER" "${@:2}"; }
back() { exits "$1" tq-ctl mv "sqlite:$PWD/$OTHER" "$TQ_STORE" "${@:2}"; }
ids() { tq-status --list --columns taskId | sort; }

@test "what waits moves with its input, attempts and hold; what runs is named and left" {
	head -c 300000 /dev/urandom >in.bin
	tq-submit --id file --input in.bin --label k=v x '{"n":1}' >/dev/null
	tq-submit --id later --delay 1h x >/dev/null
	tq-submit --id held x >/dev/null
	tq-ctl hold held >/dev/null
	tq-submit --id tried --backoff 1h fail >/dev/null
	tq-submit --id slow slow >/dev/null
	tq-work --on fail=false --on slow='sleep 60' 2>/dev/null &
	started+=($!)
	wait_until 10 status_is tried RETRYING
	wait_until 10 status_is slow RUNNING
	tq-submit --id child --after slow x >/dev/null

	move 1 -n
	says 'would have moved 4, left 2'
	[ "$(ids | wc -l)" -eq 6 ]
	move 1
	says 'left slow: it runs'
	says 'left child: it waits for slow'
	says 'tasks that wait for each other stay'
	says 'moved 4, left 2'
	[ "$(ids)" = "$(printf 'child\nslow')" ]
	[ "$(there ids)" = "$(printf 'file\nheld\nlater\ntried')" ]
	[ "$(there tq-status --columns status,attempts tried)" = "$(printf 'RETRYING\t1')" ]
	there tq-status --json held | grep -q '"held":true'
	there tq-status --json file | grep -q '"labels":{"k":"v"}'
	run ! grep -q 'held\|labels' <(there tq-status --json later tried)
	there tq-ctl cancel later tried >/dev/null
	there exits 0 tq-work --on 'x=cat "$TQ_INPUT" >"$TQ_OUTPUT"' --drain=all
	there tq-status --result file | cmp - in.bin

	# And back; what has ended is copied.
	there tq-ctl unhold held >/dev/null
	back 0 --type x
	[ "$(ids)" = "$(printf 'child\nheld\nslow')" ]
	back 0 --copy --status COMPLETED
	says 'copied 1'
	tq-status --result file | cmp - in.bin
	there status_is file COMPLETED
	back 0 --copy --status COMPLETED
}

@test "a filter says which; a status that can't move is refused" {
	tq-submit --id a --label k=1 x >/dev/null
	tq-submit --id b --label k=2 x >/dev/null
	tq-submit --id c y >/dev/null
	move 0 --label k=1
	[ "$(there ids)" = a ]
	move 0 --type y
	[ "$(ids)" = b ]
	tq-submit --id first x >/dev/null
	tq-submit --id second --after first x >/dev/null
	move 1 --type x --status PENDING -n
	says 'left first: it is waited for by second'
	# What is to be told of others' ends stays where their results are.
	tq-submit --id 'done' z >/dev/null
	tq-submit --id told --after 'done' y >/dev/null
	exits 0 tq-work --on z=true --drain --quiet
	wait_until 10 status_is told PENDING
	move 1 --type y
	says 'left told: it has waited for done'
	exits 0 tq-work --on 'y=cat "$TQ_AFTER"' --drain --quiet
	tq-status --result told | grep -q 'done'
	tq-ctl cancel --tree first >/dev/null
	move 2 --status RUNNING
	move 2 --copy --status PENDING
	exits 2 tq-ctl mv "$TQ_STORE" "$TQ_STORE"
	there tq-submit --id b z >/dev/null
	move 1
	says 'left b: it is another task there'
	tq-status --json b | grep '"status":"PENDING"' | grep -q '"labels":{"k":"2"}'
	! tq-status --json b | grep -q held
}

# bats test_tags=sqlite
@test "one store by two names is seen, and its tasks are as they were" {
	tq-submit --id a --label k=1 x >/dev/null
	ln tq.db alias.db
	for f in wal shm lock wake; do
		[ ! -e tq.db-$f ] || ln -f tq.db-$f alias.db-$f
		[ ! -e tq.db.$f ] || ln -f tq.db.$f alias.db.$f
	done
	exits 2 tq-ctl mv "$TQ_STORE" "sqlite:$PWD/alias.db"
	tq-status --json a | grep '"status":"PENDING"' | grep -q '"labels":{"k":"1"}'
	! tq-status --json a | grep -q held
}

# killed N: moves N tasks, each time killed a little later, until one ends.
killed() {
	local n=$1 ms=20 rc=137
	seq "$n" | tq-submit --each x >/dev/null
	ids >before
	until [ "$rc" -ne 137 ]; do
		rc=0
		timeout -s KILL "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))" \
		    tq-ctl mv "$TQ_STORE" "sqlite:$PWD/$OTHER" >/dev/null 2>&1 || rc=$?
		ms=$((ms + ms / 4))
	done
	[ "$rc" -eq 0 ]
	has_lines 0 <(ids)
	there ids >after
	cmp before after
	! there tq-status --list --json | grep -q 'tq-moving\|"held"'
	# One process for all: 20,000 are many.
	there exits 0 tq-work -j 4 --drain=all --stream \
	    x='while read -r _; do echo >>ran; echo "{\"ok\":true}"; done'
	has_lines "$n" ran
}

@test "a move that is killed again and again loses and doubles nothing" {
	killed "$(many 400 40)"
}

# bats test_tags=sqlite,long
@test "20,000 tasks, killed again and again" {
	killed 20000
}
