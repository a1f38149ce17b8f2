#!/usr/bin/env bats
# tests/cli/edges.bats -- tasks that wait for other tasks.

load helper

status_of() { tq-status --json "$1" | sed -n 's/.*"status":"\([A-Z]*\)".*/\1/p'; }

@test "a task runs after those it waits for, and is told how they ended" {
	tq-submit --id a x 1 >/dev/null
	tq-submit --id b x 2 >/dev/null
	exits 0 tq-submit --id sum --after a,b --after b --after-ended a sum
	[ "$(status_of sum)" = BLOCKED ]
	tq-status --why sum | grep -q '^blocked: waits for [ab] (PENDING) (and for 1 more)$'
	exits 0 tq-work --on x=cat --on 'sum=cat "$TQ_AFTER"' --drain=all
	tq-status --result sum | diff - <(printf 'a\tCOMPLETED\nb\tCOMPLETED\n')
}

@test "--after - takes the ids that another submit prints" {
	printf '1\n2\n3\n' | tq-submit --each x | tq-submit --id sheet --after - sheet >/dev/null
	[ "$(status_of sheet)" = BLOCKED ]
	exits 0 tq-work --on x=cat --on 'sheet=wc -l <"$TQ_AFTER"' --drain=all
	[ "$(tq-status --result sheet)" -eq 3 ]
}

# bats test_tags=sqlite
@test "a list of ids that failed to be made is no empty list" {
	exits 65 tq-submit --after - x </dev/null
	says 'no task id on stdin'
	exits 2 tq-submit --after - --each x </dev/null
	exits 2 tq-submit --after - x - </dev/null
	exits 2 tq-submit --after '' x
	exits 65 tq-submit --after 'a b' x
	[ -z "$(tq-status --list)" ]
}

# bats test_tags=sqlite
@test "a parent that is not there refuses the task, in a file its line" {
	tq-submit --id a x >/dev/null
	exits 5 tq-submit --id c --after a,nobody x
	says 'is to wait for nobody, and there is no such task'
	cat >graph.ndjson <<-'END'
	{"type":"x","taskId":"one"}
	{"type":"x","taskId":"two","after":"one"}
	{"type":"x","taskId":"bad","after":["one","later"]}
	{"type":"x","taskId":"three","after":["two"],"afterEnded":["one"]}
	{"type":"x","taskId":"later"}
	END
	exits 1 tq-submit --batch graph.ndjson
	says 'line 3'
	diff out <(printf 'one\ntwo\nthree\nlater\n')
	tq-work --on 'x=cat "${TQ_AFTER:-/dev/null}"' --drain=all
	tq-status --result three | diff - <(printf 'two\tCOMPLETED\none\tCOMPLETED\n')
}

# bats test_tags=sqlite
@test "a dead parent is named; a drain does not wait for it; a redrive heals" {
	tq-submit --id a --max-attempts 1 x >/dev/null
	tq-submit --id c --after a y >/dev/null
	tq-submit --id d --after c y >/dev/null
	tq-submit --id e --after-ended a z >/dev/null
	exits 1 tq-work --on x=false --on y=true --on z=true --drain=all
	says '2 tasks are left blocked behind dead or held ones'
	[ "$(status_of e)" = COMPLETED ]
	tq-status --why c | grep -qx 'blocked: waits for a, which is dead: tq-dlq redrive a'
	exits 1 tq-status --check
	grep -q 'dead=3' out
	exits 3 tq-submit --wait=1ms --id f --after a y
	says 'task f waits for a, which is dead: tq-dlq redrive a'
	tq-dlq redrive a >/dev/null
	exits 0 tq-work --on x=true --on y=true --drain=all
	[ "$(status_of d)" = COMPLETED ]
}

# bats test_tags=sqlite
@test "a held task holds up what waits for it, and no drain" {
	tq-submit --id a x >/dev/null
	tq-submit --id c --after a x >/dev/null
	tq-ctl hold a >/dev/null
	# Nothing is dead, and tq-dlq has nothing to list.
	exits 1 tq-status --check
	grep -q '^TQ WARNING - 1 blocked behind dead, cancelled or held ones (tq-status --list --status BLOCKED) ' out
	exits 1 tq-work --on x=true --drain=all
	says '1 task is left blocked'
	tq-ctl unhold a >/dev/null
	exits 0 tq-work --on x=true --drain=all
	[ "$(status_of c)" = COMPLETED ]
}

# bats test_tags=sqlite
@test "a blocked task that is held stays so when it is unblocked, and no drain waits" {
	tq-submit --id a x >/dev/null
	tq-submit --id c --after a x >/dev/null
	exits 0 tq-ctl hold c
	tq-status --why c | grep -q '^blocked: waits for a (PENDING); then held: tq-ctl unhold c'
	exits 0 tq-work --on x=true --drain=all
	[ "$(status_of c)" = PENDING ]
	tq-status --why c | grep -q '^held: tq-ctl unhold c'
	tq-submit --id b --delay 1h x >/dev/null
	tq-submit --id d --after b x >/dev/null
	tq-submit --id e --after d x >/dev/null
	exits 0 tq-ctl hold d
	tq-ctl edit b --delay 0s >/dev/null
	tq-ctl hold b >/dev/null
	exits 1 timeout 60 tq-work --on x=true --drain=all
	says '2 tasks are left blocked'
	tq-ctl unhold b c d >/dev/null
	exits 0 tq-work --on x=true --drain=all
	[ "$(status_of e)" = COMPLETED ]
}

@test "cancel --tree ends all that wait, redrive --tree starts them again" {
	tq-submit --id a x >/dev/null
	tq-submit --id b --after a x >/dev/null
	tq-submit --id c --after-ended b x >/dev/null
	tq-submit --id other x >/dev/null
	exits 0 tq-ctl cancel --tree a
	for id in a b c; do [ "$(status_of "$id")" = CANCELLED ]; done
	[ "$(status_of other)" = PENDING ]
	exits 0 tq-dlq redrive --tree a
	[ "$(status_of a)" = PENDING ]
	[ "$(status_of b)" = BLOCKED ]
	[ "$(status_of c)" = BLOCKED ]
	# Without the tree only what needs its completion goes with it.
	exits 0 tq-ctl cancel a
	wait_until 10 eval '[ "$(status_of b)" = CANCELLED ]'
	wait_until 10 eval '[ "$(status_of c)" = PENDING ]'
	tq-status --json b | grep -q 'it waited for task a, which was cancelled'
}

# bats test_tags=sqlite
@test "a purge leaves a parent to its children, but with --tree" {
	tq-submit --id a --max-attempts 1 x >/dev/null
	tq-submit --id c --after a x >/dev/null
	exits 1 tq-work --on x=false --drain
	exits 1 tq-dlq purge a
	says 'others wait for it'
	[ "$(status_of a)" = FAILED ]
	exits 0 tq-dlq purge --tree a
	exits 5 tq-status a
	tq-status --json c | grep -q 'it waited for task a, which was purged'
	exits 5 tq-submit --after a x
	says 'is to wait for a, and there is no such task'
}

# killed_often COMMAND...: each time a little later, until it ends.
killed_often() {
	local ms rc=137
	[ "${TQ_TEST_ON:-}" = aws ] && ms=300 || ms=12
	while [ "$rc" -eq 137 ]; do
		rc=0
		timeout -s KILL "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))" \
		    "$@" >/dev/null 2>&1 || rc=$?
		ms=$((ms + ms / 4))
	done
	[ "$rc" -eq 0 ]
}

@test "an end whose process dies before all its children know reaches each once" {
	queues out
	n=$(many 2500 120)
	tq-submit --id p x >/dev/null
	seq "$n" | sed 's/.*/{"text":"&"}/' |
	    tq-submit --each --after-ended p --queue out text.transform >/dev/null
	killed_often tq-ctl cancel p
	killed_often tq-ctl sweep --force
	exits 0 tq-work -q out --drain=all --quiet
	has_lines "$n" <(tq-status --list -q out --status COMPLETED)
	[ "$(tq-status --list -q out --columns attempts | sort -u)" = 1 ]
}

# bats test_tags=sqlite,long
@test "a fan-in of 10,000 and a fan-out of 100,000" {
	seq 10000 | sed 's/.*/{"text":"&"}/' | tq-submit --each text.transform >ids
	has_lines 10000 ids
	tq-submit --id sum --after - text.transform '{"text":"x"}' <ids
	[ "$(status_of sum)" = BLOCKED ]
	exits 0 tq-work --drain=all --quiet
	[ "$(status_of sum)" = COMPLETED ]
	seq 100000 | sed 's/.*/{"text":"&"}/' |
	    tq-submit --each --after-ended sum --queue out text.transform >/dev/null
	tq-submit --id root text.transform '{"text":"x"}' >/dev/null
	seq 100000 | sed 's/.*/{"text":"&"}/' |
	    tq-submit --each --after root --queue out text.transform >/dev/null
	tq-status --summary --json -q out | grep -q '"waiting":200000,'
	exits 0 tq-work --drain --quiet
	exits 0 tq-work -q out --drain=all --quiet
	tq-status --summary --json -q out | grep -q '"completed":200000,'
}
