#!/usr/bin/env bats
# tests/cli/tq-status.bats -- see, wait for, fetch results.

load helper

# Handlers by what becomes of their tasks.
work() {
	tq-work --drain --on 'ok=cat' \
	    --on 'bad=echo no luck >&2; exit 65' \
	    --on 'esc=printf "\033[31mred\n" >&2; exit 65' \
	    --on 'bin=printf "\211PNG\r\n\032\n\000rest"'
}

# -- tasks by id -----------------------------------------------------------

@test "tq-status: a row per id, tab separated, in fixed columns" {
	queues mail
	a=$(tq-submit ok)
	b=$(tq-submit -q mail other)
	run --separate-stderr tq-status "$b" "$a"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == "$b"$'\tPENDING\tother\tmail\t0\t3\t2'* ]]
	[[ ${lines[1]} == "$a"$'\tPENDING\tok\tdefault\t0\t3\t2'* ]]
	[ "$(awk -F'\t' '{ print NF }' <<<"$output" | sort -u)" = 10 ]
	[[ ${lines[0]} == *$'\t-\t-' ]]
	[ -z "$stderr" ]
}

# bats test_tags=tool
@test "tq-status: --columns chooses columns and their order" {
	a=$(tq-submit ok --prio 7)
	run tq-status --columns status,PRIO,taskid "$a"
	[ "$output" = "PENDING	7	$a" ]
}

# bats test_tags=tool
@test "tq-status: an unknown column is exit 2 and says which there are" {
	a=$(tq-submit ok)
	run -2 tq-status --columns taskId,colour "$a"
	[[ $output == *'"colour"'*maxAttempts* ]]
}

# bats test_tags=tool
@test "tq-status: --json gives the record with its payload's own bytes" {
	a=$(tq-submit ok '{"b":1.10,"a":12345678901234567890}')
	run tq-status --json "$a"
	[[ $output == '{"taskId":"'"$a"'",'* ]]
	[[ $output == *'"payload":{"b":1.10,"a":12345678901234567890}'* ]]
}

@test "tq-status: --json loads bodies of any size" {
	head -c 200000 /dev/zero | tr '\0' x |
	    sed 's/^/"/; s/$/"/' >big.json
	a=$(tq-submit ok @big.json)
	work
	tq-status --json "$a" | grep -o xxxxxxxxxx | wc -l >n
	[ "$(cat n)" -eq 40000 ]
}

@test "tq-status: an unknown id is named with the store; the rest is printed" {
	a=$(tq-submit ok)
	run -5 --separate-stderr tq-status nope "$a"
	[[ $output == "$a"* ]]
	[ "$stderr" = "tq-status: no such task nope in $STORE_SAID" ]
}

# bats test_tags=tool
@test "tq-status: - reads ids from stdin, first fields or JSON lines" {
	a=$(tq-submit ok)
	b=$(tq-submit ok)
	run tq-status --columns taskId - \
	    <<<"$a	some more"$'\n\n'"{\"x\":1,\"taskId\":\"$b\"}"
	[ "$output" = "$a"$'\n'"$b" ]
}

# bats test_tags=tool
@test "tq-status: no ids and no mode is exit 2" {
	run -2 tq-status
	[[ $output == *--list* ]]
}

# sqlite only: a store that is no file is tested with its errors
# bats test_tags=sqlite
@test "tq-status: a missing store is exit 69 and named" {
	run -69 tq-status a
	[[ $output == *"$BATS_TEST_TMPDIR/tq.db"* ]]
}

# bats test_tags=tool
@test "tq-status: on a terminal a table with a header and why not" {
	a=$(tq-submit thumb)
	run on_terminal tq-status "$a"
	[[ ${lines[0]} == *TASK*STATUS*'WHERE / WHY'* ]]
	[[ $output == *"$a  PENDING  thumb"*'(no worker for type thumb'* ]]
}

# bats test_tags=tool
@test "tq-status: text from tasks is escaped on a terminal and in rows" {
	a=$(tq-submit esc)
	work || true
	run on_terminal tq-status "$a"
	[[ $output == *'\x1b[31mred'* ]]
	[[ $output != *$'\033[31m'* ]]
	run tq-status --columns reason "$a"
	[[ $output == *'\x1b[31mred'* ]]
	[ "${#lines[@]}" -eq 1 ]
}

# bats test_tags=tool
@test "tq-status: dies of a closed pipe in silence" {
	seq "$(many 5000 2000)" | tq-submit ok --each=json >/dev/null
	tq-status --list 2>err | head -1 >out
	[ "$(wc -l <out)" -eq 1 ]
	[ ! -s err ]
}

# bats test_tags=tool
@test "tq-status: a full disk is exit 74" {
	a=$(tq-submit ok)
	# shellcheck disable=SC2016
	run -74 bash -c 'tq-status "$1" >/dev/full' - "$a"
	[[ $output == *"No space left"* ]]
}

# -- --list ------------------------------------------------------------------

@test "tq-status --list: filters by status, repeated and with commas" {
	a=$(tq-submit ok)
	b=$(tq-submit ok)
	c=$(tq-submit bad)
	tq-ctl cancel "$a" >/dev/null
	work || true
	d=$(tq-submit ok)
	ids() { tq-status --list --columns taskId "$@" | sort; }
	[ "$(ids --status cancelled)" = "$a" ]
	[ "$(ids --status CANCELLED,COMPLETED)" = "$(printf '%s\n' "$a" "$b" | sort)" ]
	[ "$(ids --status FAILED --status PENDING)" = "$(printf '%s\n' "$c" "$d" | sort)" ]
	[ "$(ids | wc -l)" -eq 4 ]
}

@test "tq-status --list: filters by type, label, queue and failure text" {
	queues mail
	a=$(tq-submit ok --label user=ann)
	b=$(tq-submit bad --label user=bob)
	c=$(tq-submit -q mail ok)
	work || true
	ids() { tq-status --list --columns taskId "$@"; }
	[ "$(ids --type bad)" = "$b" ]
	[ "$(ids --label user=ann)" = "$a" ]
	[ "$(ids --label user | wc -l)" -eq 2 ]
	[ "$(ids -q mail)" = "$c" ]
	[ "$(ids --error 'NO LUCK')" = "$b" ]
}

@test "tq-status --list: --since and --until take a duration or a time, --group a name" {
	a=$(tq-submit ok)
	[ "$(tq-status --list --columns taskId --since 1h)" = "$a" ]
	[ "$(tq-status --list --columns taskId --since 00:00)" = "$a" ]
	[ -z "$(tq-status --list --since 2100-01-01T00:00:00Z)" ]
	run -2 tq-status --list --since yesterday
	[[ $output == *yesterday* ]]
	[ "$(tq-status --list --columns taskId --until 0s)" = "$a" ]
	[ -z "$(tq-status --list --until 1h)" ]
	exits 2 tq-status --list --since 1h --until 2h
	says "--since 1h is not before --until 2h"
	exits 2 tq-status --list --since 2001-01-01T00:00:00Z --until 2001-01-01T00:00:00Z
	[ -z "$(tq-status --list --since 2h --until 1h)" ]
	b=$(tq-submit x --group acme)
	[ "$(tq-status --list --columns taskId --group acme)" = "$b" ]
	[ -z "$(tq-status --list --group other)" ]
	run -2 tq-status --list --group ''
}

# sqlite only: on DynamoDB those of one millisecond have no order
# bats test_tags=sqlite
@test "tq-status --list: --limit and --newest; pages go on without a limit" {
	seq 1203 | tq-submit ok --each=json >ids
	[ "$(tq-status --list | wc -l)" -eq 1203 ]
	[ "$(tq-status --list --columns taskId --limit 2)" = "$(head -2 ids)" ]
	[ "$(tq-status --list --limit 700 | wc -l)" -eq 700 ]
	[ "$(tq-status --list --columns taskId --newest --limit 2)" = "$(tail -2 ids | tac)" ]
	run -2 tq-status --list --limit 0
}

# bats test_tags=sqlite
@test "tq-status --list --newest: by createdAt, whatever the states" {
	for i in 1 2 3 4; do tq-submit x --id "t$i"; done
	exits 1 tq-work --max-tasks 2 --on 'x=exit 65'
	[ "$(tq-status --list --newest --columns taskId,status | tr '\t\n' ': ')" = \
	    't4:PENDING t3:PENDING t2:FAILED t1:FAILED ' ]
	[ "$(tq-status --list --newest --status FAILED --columns taskId --limit 1)" = t2 ]
}

# bats test_tags=tool
@test "tq-status --list: a wrong status, type or queue is exit 2" {
	run -2 tq-status --list --status DONE
	[[ $output == *DONE*COMPLETED* ]]
	run -2 tq-status --list --type 'a b'
	run -2 tq-status --list -q 'a/b'
	run -2 tq-status --list --label =x
}

# -- --summary ------------------------------------------------------------------

@test "tq-status --summary: a paused queue without tasks is there, with why and until" {
	queues idle ilde other
	tq-submit ok >/dev/null
	tq-ctl --quiet pause idle --for 1h --why 'night shift'
	tq-ctl --quiet limit other ok=3
	run -0 tq-status --summary
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[1]} == $'idle\t-\t0\t0\t0\t0\t0\t0\t-\t0\tpaused until '*' (night shift)' ]]
	run -0 tq-status --summary -q idle
	[[ $output == $'idle\t'*'(night shift)' ]]
	exits 0 tq-status --summary -q ilde
	says 'queue ilde has no tasks yet'
	grep -q $'^ilde\t-\t0' out
	tq-ctl --quiet resume idle
	run ! grep -q idle <(tq-status --summary)
}

# bats test_tags=tool
@test "tq-status --summary: fits a terminal of 80 columns" {
	tq-submit image.grayscale >/dev/null
	tq-ctl --quiet pause default --why 'a reason of some length for it'
	NO_COLOR=1 COLS=80 on_terminal tq-status --summary
	run ! grep -E '.{82}' out
	grep -q 'WAIT .*DEAD .*OLDEST' out
	grep -q '^    paused (a reason of some length for it)' out
}

# bats test_tags=tool
@test "tq-status --list: on a narrow terminal a long why stands below" {
	id=$(tq-submit image.grayscale)
	COLS=80 on_terminal tq-status --list
	grep -q "^$id  PENDING  image.grayscale.\?$" out
	grep -q '^    (no worker for type image.grayscale has been seen)' out
}

# bats test_tags=tool
@test "tq-status --list: a terminal is told that there is nothing" {
	tq-ctl init >/dev/null
	on_terminal tq-status --list
	grep -q "^tq-status: no tasks in $STORE_SAID" out
	on_terminal tq-status --list --type x
	grep -q "^tq-status: no tasks that match in $STORE_SAID" out
	exits 0 tq-status --list
	[ ! -s err ]
}

@test "tq-status --summary: a row per queue and type, with the pause" {
	queues mail
	tq-submit ok >/dev/null
	tq-submit bad >/dev/null
	work || true
	tq-submit ok >/dev/null
	tq-submit -q mail send --delay 1h >/dev/null
	tq-ctl --quiet pause mail --why 'SES throttled'
	run tq-status --summary
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[0]} == $'default\tbad\t0\t0\t0\t0\t1\t0\t-\t0\t-' ]]
	[[ ${lines[1]} == $'default\tok\t1\t0\t0\t1\t0\t0\t'*$'\t0\t-' ]]
	[[ ${lines[2]} == $'mail\tsend\t1\t0\t0\t0\t0\t0\t-\t0\tpaused (SES throttled)' ]]
	run tq-status --summary -q mail --json
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *'"waiting":1,'*'"paused":true,"pause":"(SES throttled)"'* ]]
}

@test "tq-status --summary: counts the live workers of a queue and type" {
	tq-submit ok >/dev/null
	tq-work --grace 100ms --on 'thumb=true' &
	wait_until 10 eval 'tq-status --summary | grep -P "default\t-\t.*\t1\t-$|default\tok\t.*\t0\tno worker for type ok"'
	tq-submit thumb >/dev/null
	wait_until 10 eval 'tq-status --summary | grep -P "default\tthumb\t.*\t1\t-$"'
}

# -- --follow -------------------------------------------------------------------

@test "tq-status --follow: a line per change, from now on" {
	tq-ctl init >/dev/null
	old=$(tq-submit ok)
	tq-status --follow >out &
	wait_until 10 eval 'tq-submit ok >>ids; [ -s out ]'
	id=$(cut -f1 out | head -1)
	grep -q "$id" ids
	tq-ctl cancel "$id" >/dev/null
	wait_until 10 grep -P "^$id\tCANCELLED\tok\tdefault\t" out
	run ! grep -q "$old" out
}

@test "tq-status --follow: filters, and NDJSON with --json" {
	tq-ctl init >/dev/null
	tq-status --follow --json --type want >out &
	pid=$!
	wait_until 10 eval 'tq-submit other >/dev/null; tq-submit want >/dev/null; [ -s out ]'
	kill "$pid"	# and no line is half written
	wait "$pid" || true
	run ! grep -v '^{"taskId":.*"type":"want"' out
}

# ends_silently SIGNAL CMD...: once it has printed a line.
ends_silently() {
	local sig=$1 rc=0 pid
	shift
	rm -f out	# it may be of the one before
	env --default-signal=INT "$@" >out 2>err &
	pid=$!
	started+=("$pid")
	wait_until 20 eval 'tq-submit ok >/dev/null; [ -s out ]'
	kill "-$sig" "$pid"
	wait "$pid" || rc=$?
	[ "$rc" -eq 130 ]
	[ ! -s err ]
}

# bats test_tags=tool
@test "tq-status --follow: ends at a signal with exit 130, silently" {
	tq-ctl init >/dev/null
	ends_silently INT tq-status --follow
	ends_silently TERM tq-status --follow --json
}

# bats test_tags=tool
@test "tq-status --log -f: ends at a signal with exit 130, silently" {
	tq-work --grace 100ms --on 'loud=while echo noise >&2; do sleep 0.05; done' &
	id=$(tq-submit loud)
	wait_until 10 status_is "$id" RUNNING
	ends_silently INT tq-status --log -f "$id"
	ends_silently TERM tq-status --log -f "$id"
}

# -- --watch --------------------------------------------------------------------

# bats test_tags=tool
@test "tq-status --watch: off a terminal is exit 2 with a hint" {
	tq-ctl init >/dev/null
	run -2 tq-status --watch
	[[ $output == *--follow* ]]
}

@test "tq-status --watch: follows what changes, q and an interrupt end it" {
	command -v tmux >/dev/null || skip "no tmux for a terminal"
	id=$(tq-submit thumb)
	t() { tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@"; }
	t new-session -d -x 80 -y 24 "bash --norc"
	t send-keys "PS1='prompt> '; clear; tq-status --watch; echo left \$?" Enter
	wait_until 10 eval 't capture-pane -p | grep "default *thumb *1 "'
	tq-ctl cancel "$id" >/dev/null
	wait_until 10 eval 't capture-pane -p | grep "default *thumb *\. "'
	t send-keys q
	wait_until 10 eval 't capture-pane -p | grep "left 0"'
	run t capture-pane -p
	[[ $output != *QUEUE* ]]
	t send-keys "clear; tq-status --watch; echo then \$?" Enter
	wait_until 10 eval 't capture-pane -p | grep QUEUE'
	t send-keys C-c
	wait_until 10 eval 't capture-pane -p | grep "then 130"'
	run t capture-pane -p
	[[ $output != *interrupted* ]]
	t kill-server
}

# -- --why ----------------------------------------------------------------------

@test "tq-status --why: says what holds a task back" {
	a=$(tq-submit ok)
	b=$(tq-submit ok --delay 1h)
	[ "$(tq-status --why "$a")" = "no worker for type ok has been seen" ]
	[[ $(tq-status --why "$b") == "not due: in "* ]]
	tq-ctl --quiet pause default --why 'being moved'
	tq-ctl --quiet rate default 3/h
	[ "$(tq-status --why "$a")" = "paused: queue default (being moved); no worker for type ok has been seen; queue default starts at most 3/h" ]
	tq-ctl --quiet rate default 0
	tq-ctl --quiet resume default
	run -5 tq-status --why nope
}

@test "tq-status --why: counts the due tasks ahead, and says what ended" {
	tq-work --grace 100ms --on 'slow=sleep 100' --on 'other=true' -j 1 &
	first=$(tq-submit slow)
	wait_until 10 status_is "$first" RUNNING
	b=$(tq-submit slow)
	c=$(tq-submit slow)
	d=$(tq-submit slow --prio 9)
	[[ $(tq-status --why "$first") == "running on "*" for "*", lease "*" left" ]]
	[ "$(tq-status --why "$c")" = "2 due tasks are ahead of it" ]
	[ "$(tq-status --why "$b")" = "1 due task is ahead of it" ]
	tq-ctl cancel "$d" >/dev/null
	[[ $(tq-status --why "$d") == "cancelled "*" ago" ]]
	tq-ctl --quiet limit default slow=1
	[ "$(tq-status --why "$b")" = "at the limit: 1 of 1 slow tasks are running; all 1 slot of 1 worker are busy" ]
}

# bats test_tags=tool
@test "tq-status --why: several ids are told apart; --json" {
	a=$(tq-submit ok)
	b=$(tq-submit bad)
	run tq-status --why "$a" "$b"
	[ "${lines[0]}" = "$a	no worker for type ok has been seen" ]
	[ "${lines[1]}" = "$b	no worker for type bad has been seen" ]
	run tq-status --why --json "$a"
	[ "$output" = '{"taskId":"'"$a"'","status":"PENDING","why":"no worker for type ok has been seen"}' ]
}

# bats test_tags=tool
@test "tq-status --why: a failure's text stays on its line" {
	a=$(tq-submit esc)
	work || true
	run tq-status --why "$a"
	[[ $output == "dead: failed "*'\x1b[31mred'* ]]
	[ "${#lines[@]}" -eq 1 ]
}

# -- --check --------------------------------------------------------------------

@test "tq-status --check: OK with performance data" {
	tq-ctl init >/dev/null
	run -0 tq-status --check
	[ "$output" = "TQ OK - all is well | waiting=0 dead=0 oldest=0s" ]
}

# bats test_tags=tool
@test "tq-status --check: dead tasks are a WARNING, up to --max-dead" {
	tq-submit bad >/dev/null
	work || true
	run -1 tq-status --check
	[[ $output == "TQ WARNING - 1 dead task "*" dead=1 "* ]]
	run -0 tq-status --check --max-dead 1
}

# bats test_tags=tool
@test "tq-status --check: without a worker work may wait as long as with one" {
	tq-submit ok >/dev/null
	sleep 0.01
	run -0 tq-status --check
	[[ $output == "TQ OK - queue default: ok has waited for "*", no worker now |"*"waiting=1"* ]]
	run -2 tq-status --check --max-age 1ms
	[[ $output == "TQ CRITICAL - queue default: ok has waited for "*", no worker now |"* ]]
	run -2 tq-status --check --max-age 1ms --json
	[[ $output == '{"state":"CRITICAL",'*'"waiting":1,'* ]]
}

# bats test_tags=sqlite
@test "tq-status --check: the worst comes first, and the line is bounded" {
	{ seq 20 | sed 's/.*/{"type":"t&"}/'
	  echo '{"type":"last","queue":"z"}'; } | tq-submit --batch >/dev/null
	tq-ctl --quiet pause z
	sleep 0.01
	run -1 tq-status --check
	[[ $output == 'TQ WARNING - queue z is paused while last waits; queue default: t'*'; and 13 more (tq-status --summary) | waiting=21 '* ]]
	[ "$(tr -cd ';' <<<"$output" | wc -c)" -eq 8 ]
	[[ $(tq-status --check --json) == *'; and 13 more (tq-status --summary)","waiting":21,'* ]]
}

@test "tq-status --check: --max-age is CRITICAL once a due task is older" {
	tq-work --grace 100ms --on 'slow=sleep 100' -j 1 &
	first=$(tq-submit slow)
	wait_until 10 status_is "$first" RUNNING
	tq-submit slow >/dev/null
	run -0 tq-status --check
	wait_until 10 eval '! tq-status --check --max-age 100ms'
	run -2 tq-status --check --max-age 100ms
	[[ $output == *"slow has waited for"* ]]
	[[ $output != *"no worker"* ]]
}

# bats test_tags=tool
@test "tq-status --check: a paused queue is a WARNING, its text no data" {
	tq-submit ok >/dev/null
	tq-ctl --quiet pause default --why 'a|b'
	sleep 0.01
	run -1 tq-status --check
	[[ $output == *"paused (a/b)"* ]]
	[ "$(tr -cd '|' <<<"$output")" = '|' ]
}

# sqlite only: a store that is no file is tested with its errors
# bats test_tags=sqlite
# waiting_worker OPTION...: one that takes what it can, seen by others.
waiting_worker() {
	tq-work --grace 100ms "$@" 3>&- &
	started+=($!)
	wait_until 10 eval 'tq-submit -q ${Q:-default} other --wait >/dev/null'
}

# bats test_tags=sqlite
@test "tq-status --check and --summary name a type without a handler, and a worker elsewhere" {
	Q=mail waiting_worker -q mail --on thumb=true --on other=true
	waiting_worker --on other=true
	a=$(tq-submit thumb)
	wait_until 10 eval '! tq-status --check --max-age 1ms'
	run -2 tq-status --check --max-age 1ms
	[[ $output == *"no worker for type thumb has been seen (1 on queue default takes other types) (1 on queue mail takes it: tq-work -q default)"* ]]
	run -0 tq-status --summary
	[[ $output == *"takes it: tq-work -q default"* ]]
	run -0 tq-status --why "$a"
	[[ $output == *"tq-work -q default"* ]]
}

# bats test_tags=sqlite
@test "tq-status --check, --summary: limits and rates are named and shown" {
	tq-ctl --quiet init
	tq-ctl --quiet limit default thumb=2
	tq-ctl --quiet rate default 3/h
	waiting_worker --on other=true --on thumb=true
	tq-submit thumb >/dev/null
	wait_until 10 eval '! tq-status --check --max-age 1ms'
	run -2 tq-status --check --max-age 1ms
	[[ $output == *"queue default starts at most 3/h"* ]]
	run -0 tq-status --summary
	[[ $output == *"at most 2 at once; starts at most 3/h"* ]]
	run -0 tq-status --summary --json
	[[ $output == *'"limit":2,"rate":"3/h"'* ]]
}

# bats test_tags=sqlite
@test "tq-status --check: a task that says not now for ever is late since it was due" {
	id=$(tq-submit busy)
	for i in 1 2; do
		exits 0 tq-work --on 'busy=echo retry-after 1 >&3; exit 75' --once
		wait_until 10 eval '[[ "$(tq-status --why $id)" != *"next try in"* ]]'
	done
	exits 0 tq-work --on 'busy=exit 75' --once
	exits 2 tq-status --check --max-age 1s
}

# bats test_tags=sqlite
@test "tq-status --why: an input that is gone is named" {
	echo bytes >in
	id=$(tq-submit x --input in)
	find tq.db.blobs -type f -delete
	[[ "$(tq-status --why "$id")" == "its input can't be read: blob "*"is not there"* ]]
}

# bats test_tags=sqlite
@test "a module that is missing is named with the places that were looked at" {
	mkdir bin
	cp "$TQ_BUILD/tq-status" bin
	exits 78 env TQ_STORE=aws:x AWS_REGION=eu-west-1 bin/tq-status --list
	says "$PWD/bin/tq-net.so"
	says 'install tq anew'
}

# sqlite only: a store that is no file is tested with its errors
# bats test_tags=sqlite
@test "tq-status --check: a missing store is UNKNOWN, exit 3" {
	run -3 tq-status --check
	[[ $output == "TQ UNKNOWN - "*tq.db* ]]
}

# -- --log ----------------------------------------------------------------------

# bats test_tags=tool
@test "tq-status --log: raw in a pipe, escaped on a terminal" {
	a=$(tq-submit esc)
	work || true
	tq-status --log "$a" | cmp - <(printf '\033[31mred\n')
	run on_terminal tq-status --log "$a"
	[[ $output == *'\x1b[31mred'* ]]
}

@test "tq-status --log: a task that has not run has none, exit 1" {
	a=$(tq-submit ok)
	run -1 tq-status --log "$a"
	run -5 tq-status --log nope
	run -2 tq-status --log "$a" "$a"
}

@test "tq-status --log -f: waits for the start, follows, ends with the task" {
	a=$(tq-submit talk)
	tq-status --log -f "$a" >out &
	follower=$!
	tq-work --drain --on 'talk=echo one >&2; until [ -e go ]; do sleep 0.05; done; echo two >&2' &
	wait_until 20 grep one out
	touch go
	wait "$follower"
	[ "$(cat out)" = $'one\ntwo' ]
}

# -- --wait ---------------------------------------------------------------------

# bats test_tags=sqlite
@test "tq-status --wait: of a run that was replaced it says how that run ended" {
	old=$(tq-submit y)
	exits 0 tq-work --once --on y=true
	id=$(tq-submit --key k x)
	tq-status --wait "$old" "$id" >ends 2>waiter.err 3>&- &
	waiter=$!
	started+=("$waiter")
	# With the one that has ended it has seen the other.
	wait_until 20 grep -q "$old" ends
	# It does not see the end before the next run is there.
	kill -STOP "$waiter"
	exits 1 tq-work --once --on 'x=exit 65'
	tq-submit --key k --replace-ended x
	kill -CONT "$waiter"
	rc=0
	wait "$waiter" || rc=$?
	[ "$rc" -eq 1 ]
	[ "$(sed 1d ends)" = "$id"$'\t'FAILED ]
	grep -q "task $id was FAILED, and was submitted anew since" waiter.err
	status_is "$id" PENDING
}

@test "tq-status --wait: prints how each ended; exit 0 when all completed" {
	a=$(tq-submit ok)
	b=$(tq-submit ok)
	tq-status --wait --timeout 60s "$a" "$b" >out &
	work
	wait $!
	[ "$(sort out)" = "$(printf '%s\tCOMPLETED\n' "$a" "$b" | sort)" ]
}

# bats test_tags=tool
@test "tq-status --wait: 5 over 3 over 1 over 6" {
	ok=$(tq-submit ok)
	bad=$(tq-submit bad)
	gone=$(tq-submit ok --delay 1h)
	tq-ctl cancel "$gone" >/dev/null
	work || true
	later=$(tq-submit ok --delay 1h)
	run -0 tq-status --wait --timeout 60s "$ok"
	run -6 tq-status --wait --timeout 60s "$ok" "$gone"
	run -1 tq-status --wait --timeout 60s "$ok" "$gone" "$bad"
	run -3 tq-status --wait --timeout 0 "$later" "$bad" "$gone"
	[[ $output == *"1 of 3 not ended"* ]]
	run -5 tq-status --wait --timeout 0 "$later" "$bad" nope
	[[ $output == *"no such task nope"* ]]
}

@test "tq-status --wait: --timeout ends it with exit 3" {
	a=$(tq-submit ok)
	run -3 --separate-stderr tq-status --wait --timeout 100ms "$a"
	[ -z "$output" ]
	[[ $stderr == *"timed out after 100ms"* ]]
}

@test "tq-status --wait: --any ends with the first" {
	a=$(tq-submit ok)
	b=$(tq-submit ok --delay 1h)
	work
	run -0 tq-status --wait --timeout 60s --any "$b" "$a"
	[ "$output" = "$a	COMPLETED" ]
}

# bats test_tags=tool
@test "tq-status --wait: no id at all is exit 5, or 0 with --allow-empty" {
	run -5 tq-status --wait
	run -5 tq-status --wait - </dev/null
	run -0 tq-status --wait --allow-empty - </dev/null
	[ -z "$output" ]
}

# bats test_tags=tool
@test "tq-status --wait: a line without an id is exit 65 with its number" {
	a=$(tq-submit ok)
	run -65 tq-status --wait --timeout 60s - <<<"$a"$'\n''not/an id'
	[[ $output == *"line 2"* ]]
}

# bats test_tags=tool
@test "tq-status --wait -: prints an end while stdin is still open" {
	a=$(tq-submit ok)
	mkfifo ids
	tq-status --wait --timeout 60s - <ids >out &
	waiter=$!
	exec 9>ids
	echo "$a" >&9
	work
	wait_until 10 grep "$a" out
	kill -0 "$waiter"
	b=$(tq-submit ok)
	echo "$b" >&9
	work
	wait_until 10 grep "$b" out
	exec 9>&-
	wait "$waiter"
	[ "$(wc -l <out)" -eq 2 ]
}

@test "tq-status --wait -: composes with a tq-submit that makes the store" {
	run -3 --separate-stderr bash -c \
	    'seq 3 | tq-submit ok --each=json | tq-status --wait --timeout 0 -'
	[[ $stderr == *"3 of 3 not ended"* ]]
}

# bats test_tags=tool
@test "tq-status --wait: --json prints the records" {
	a=$(tq-submit ok '{"n":1.0}')
	work
	run tq-status --wait --timeout 60s --json "$a"
	[[ $output == '{"taskId":"'"$a"'",'*'"status":"COMPLETED"'*'"result":{"n":1.0}'* ]]
}

@test "tq-status --wait: is woken when the task ends" {
	a=$(tq-submit ok --delay 1h)
	tq-status --wait --timeout 60s "$a" >out &
	waiter=$!
	tq-ctl cancel "$a" >/dev/null
	rc=0
	wait "$waiter" || rc=$?
	[ "$rc" -eq 6 ]
	[ "$(cat out)" = "$a	CANCELLED" ]
}

# bats test_tags=tool
@test "tq-status --wait: thousands of ids" {
	n=$(many 10000 2000)
	seq "$n" | tq-submit ok --each=json --delay 1h >ids
	tq-status --wait --timeout 60s - <ids >out &
	waiter=$!
	tq-ctl cancel - <ids >/dev/null
	rc=0
	wait "$waiter" || rc=$?
	[ "$rc" -eq 6 ]
	[ "$(cut -f1 out | sort -u | wc -l)" -eq "$n" ]
}

# bats test_tags=tool
@test "tq-status --wait: an interrupt is exit 130" {
	a=$(tq-submit ok)
	run -130 timeout --preserve-status -s INT 1 tq-status --wait "$a"
}

# -- --result -------------------------------------------------------------------

@test "tq-status --result: the stored bytes, nothing added" {
	a=$(tq-submit ok '{"b":1.10}')
	work
	tq-status --result "$a" | cmp - <(printf '{"b":1.10}')
}

# sqlite only: the link is a file
# bats test_tags=sqlite
@test "tq-status --result: the output's bytes if there is one" {
	a=$(tq-submit bin)
	work
	printf '\211PNG\r\n\032\n\000rest' >want
	tq-status --result "$a" | cmp - want
	tq-status --result -o got "$a"
	cmp got want
	run on_terminal tq-status --result "$a"
	[[ $output == *"-o FILE"* ]]
	[[ $output != *PNG* ]]
	url=$(tq-status --result --url "$a")
	[[ $url == file://* ]]
	cmp "${url#file://}" want
}

# bats test_tags=tool
@test "tq-status --result -o: replaces the file as a whole or not at all" {
	a=$(tq-submit ok '[1]')
	b=$(tq-submit bad)
	work || true
	mkdir d
	echo old >d/f
	chmod 600 d/f
	run -1 tq-status --result -o d/f "$b"
	[ "$(cat d/f)" = old ]
	run -0 tq-status --result -o d/f "$a"
	[ -z "$output" ]
	[ "$(cat d/f)" = '[1]' ]
	ln -s f d/link
	tq-status --result -o d/link "$a"
	[ -L d/link ]
	[ "$(find d -mindepth 1 | wc -l)" -eq 2 ]
	run -74 tq-status --result -o missing/f "$a"
	[[ $output == *missing/f* ]]
	run -74 tq-status --result -o /dev/full "$a"
	[[ $output == *"No space left"* ]]
}

@test "tq-status --result --dir: many results, each in a file of its own" {
	echo a >'my a.txt'
	one=$(tq-submit t --input 'my a.txt')
	two=$(tq-submit t '{"b":1}')
	tq-work --on t=cat --drain --quiet
	late=$(tq-submit t)
	printf '%s\n' "$one" "$two" | exits 0 tq-status --result --dir d/ -
	[ "$(cat out)" = "d//$one-my a.txt"$'\n'"d//$two-result" ]
	[ "$(cat "d/$one-my a.txt" "d/$two-result")" = $'a\n{"b":1}' ]
	# A task without one is said, and the others are there.
	rm -r d
	exits 5 tq-status --result --dir d no-such "$late" "$two"
	says 'no such task no-such'
	says "$late has not ended"
	[ "$(ls d)" = "$two-result" ]
	exits 3 tq-status --result --dir d "$late"
	: >file
	exits 74 tq-status --result --dir file "$two"
	# No folder is made for nothing.
	exits 69 tq-status --store sqlite:none.db --result --dir new "$two"
	exits 3 tq-status --result --dir new "$late"
	[ ! -e new ]
	exits 2 tq-status --result --dir d -o x "$two"
	exits 2 tq-status --dir d "$two"
}

# sqlite only: looks into the folder of blobs
# bats test_tags=sqlite
@test "tq-status --result --dir: one that was cut keeps none of the others" {
	head -c 300000 /dev/urandom >in
	one=$(tq-submit t --input in)
	two=$(tq-submit t)
	tq-work --on t=cat --drain --quiet
	truncate -s 1000 "$(find tq.db.blobs -name out)"
	exits 74 tq-status --result --dir d "$one" "$two"
	says "$one: its output has 1000 bytes instead of 300000"
	[ "$(ls d)" = "$two-result" ]
}

# bats test_tags=tool
@test "tq-status --result: says why there is none" {
	a=$(tq-submit ok)
	run -3 --separate-stderr tq-status --result "$a"
	[ -z "$output" ]
	[[ $stderr == *"has not ended: it is PENDING"* ]]
	tq-ctl cancel "$a" >/dev/null
	run -6 tq-status --result "$a"
	b=$(tq-submit bad)
	work || true
	run -1 --separate-stderr tq-status --result "$b"
	[ -z "$output" ]
	[[ $stderr == *"$b failed: "*"no luck"* ]]
	run -5 tq-status --result nope
	run -2 tq-status --result "$a" "$b"
	run -5 tq-status --result - </dev/null
}

# bats test_tags=tool
@test "tq-status --result: takes its one id from stdin too" {
	a=$(tq-submit ok 7)
	work
	run tq-status --result - <<<"$a"
	[ "$output" = 7 ]
}

# -- modes ----------------------------------------------------------------------

# bats test_tags=tool
@test "tq-status: modes and options that do not fit are exit 2" {
	a=$(tq-submit ok)
	local args
	for args in "--list --summary" "--wait --result a" "--list a" \
	    "--follow a" "--summary a" "--watch a" "--check a" "--any a" \
	    "--status FAILED a" "--list --any" "--check --limit 3" \
	    "--why --columns status a" "--result --url -o x a" \
	    "--result --json a" "--log" "--why" "--result" \
	    "--limit 3 a" "--wait --follow a" "--summary --type x"; do
		# shellcheck disable=SC2086
		run tq-status $args
		[ "$status" -eq 2 ] || { echo "$args: $status $output"; false; }
	done
}

@test "tq-status --history: each attempt, and its log" {
	tq-submit --id h --max-attempts 3 --backoff 0 x >/dev/null
	exits 0 tq-status --history h
	says 'it has not run yet'
	exits 0 tq-work --on x='echo "this is try $TQ_ATTEMPT" >&2; [ "$TQ_ATTEMPT" -eq 3 ]' --drain=all
	exits 0 tq-status --history h
	[ "$(wc -l <out)" -eq 3 ]
	grep -q "^1.*failed exit-1.*this is try 1" out
	grep -q "^3.*completed" out
	for n in 1 2 3; do
		[ "$(tq-status --log --attempt $n h)" = "this is try $n" ]
	done
	exits 1 tq-status --log --attempt 4 h
	says 'there was no attempt 4'
	exits 2 tq-status --log --attempt 1 -f h
	[ "$(tq-status --history --json h | wc -l)" -eq 3 ]
}

# bats test_tags=sqlite
@test "tq-status --log --attempt: of an earlier one the end is kept, also by a sweep" {
	tq-submit --id h --max-attempts 2 --backoff 0 x >/dev/null
	exits 0 tq-work --on x='seq 60000 >&2; [ "$TQ_ATTEMPT" -eq 2 ]' --drain=all
	[ "$(tq-status --log --attempt 1 h | wc -c)" -eq 65536 ]
	[ "$(tq-status --log --attempt 1 h | tail -1)" -eq 60000 ]
	[ "$(tq-status --log h | wc -c)" -gt 300000 ]
	find tq.db.blobs -exec touch -d '3 days ago' {} +
	tq-ctl sweep --force >/dev/null
	[ "$(tq-status --log --attempt 1 h | tail -1)" -eq 60000 ]
}
