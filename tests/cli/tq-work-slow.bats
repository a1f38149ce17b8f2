#!/usr/bin/env bats
# tests/cli/tq-work-slow.bats -- the worker while its disk is slow.
# shellcheck shell=bash disable=SC2154

load helper

# Files of more than 4 MiB are not on the disk before ./slow is removed.
slow_disk() {
	export SLOW_DISK=$PWD/slow
	touch slow
	preload slow_disk
}

eval "helper_$(declare -f teardown)"
teardown() {
	rm -f slow
	helper_teardown
}

# field ID KEY: a scalar member of the record, as text.
field() {
	tq-status --json "$1" |
	    sed -nE "s/.*[{,]\"$2\":(\"([^\"]*)\"|([0-9]+)).*/\2\3/p"
}

# lease_moved ID FROM: does its lease end later, and the task still runs?  Not by
# a millisecond: leases are kept in another clock, and shown in this one.
lease_moved() {
	local now
	now=$(field "$1" leaseUntil)
	[ -n "$now" ] &&
	    [ $(($(date -d "$now" +%s%3N) - $(date -d "$2" +%s%3N))) -gt 100 ]
}

# renewed N ID: wait until its lease was renewed so often.
renewed() {
	local i was
	for ((i = 0; i < $1; i++)); do
		was=$(field "$2" leaseUntil)
		wait_until 10 lease_moved "$2" "$was"
	done
}

BIG='head -c 5000000 /dev/zero >"$TQ_OUTPUT"; echo >>ran; echo "all told" >&2'

@test "while an output is stored, leases are renewed and other tasks run" {
	slow_disk
	tq-submit big --id big
	"${PRELOAD[@]}" tq-work --on "big=$BIG" --on short=true -j 2 --lease 6s \
	    2>err 3>&- &
	started+=($!)
	wait_until 10 test -e slow.is
	renewed 4 big
	tq-submit short --id short
	wait_until 10 status_is short COMPLETED
	status_is big RUNNING
	[ "$(tq-status --log big)" = 'all told' ]
	rm slow
	wait_until 10 status_is big COMPLETED
	tq-status --result big | cmp - <(head -c 5000000 /dev/zero)
	[ "$(tq-status --log big)" = 'all told' ]
	[ "$(field big attempts)" -eq 1 ]
	has_lines 1 ran
	[ ! -s err ]
}

@test "a large stdout and a stream's output are stored like that too" {
	slow_disk
	cat >stream.sh <<-'END'
		while IFS= read -r line; do
			path=${line#*'"outputFile":"'}
			path=${path%%'"'*}
			head -c 5000000 /dev/zero >"$path"
			printf '{"ok":true,"output":"%s"}\n' "$path"
		done
	END
	tq-submit out --id out
	tq-submit s --id s
	"${PRELOAD[@]}" tq-work --on 'out=head -c 20000000 /dev/zero' \
	    --stream s='sh stream.sh' --on short=true -j 3 2>err 3>&- &
	started+=($!)
	wait_until 10 test -e slow.is
	tq-submit short --id short
	wait_until 10 status_is short COMPLETED
	status_is out RUNNING
	status_is s RUNNING
	rm slow
	wait_until 10 status_is out COMPLETED
	wait_until 10 status_is s COMPLETED
	[ "$(field out outputSize)" -eq 20000000 ]
	[ "$(field s outputSize)" -eq 5000000 ]
	# The same process goes on.
	touch slow
	rm slow.is
	tq-submit s --id again
	wait_until 10 test -e slow.is
	rm slow
	wait_until 10 status_is again COMPLETED
	[ ! -s err ]
}

@test "a task is cancelled while its output is stored; its time limit is over" {
	slow_disk
	tq-submit big --id big --timeout 6s
	"${PRELOAD[@]}" tq-work --on "big=$BIG" --lease 6s 2>err 3>&- &
	started+=($!)
	wait_until 10 test -e slow.is
	renewed 4 big
	tq-ctl cancel big
	wait_until 10 status_is big CANCELLED
	has_lines 1 ran
	[ -e slow ]
}

@test "a worker that is told to end does not wait for a disk beyond its grace" {
	slow_disk
	tq-submit big --id big
	"${PRELOAD[@]}" tq-work --on "big=$BIG" --grace 1s 2>err 3>&- &
	started+=($!)
	wait_until 10 test -e slow.is
	kill "${started[0]}"
	wait_until 20 status_is big PENDING
	wait "${started[0]}"
	rm slow
	exits 0 tq-work --on "big=$BIG" --drain
	status_is big COMPLETED
}

@test "an output that can't be stored is an attempt, with the reason" {
	tq-submit big --id big --max-attempts 1
	mkdir -p "${TQ_STORE#sqlite:}.blobs/default"
	touch "${TQ_STORE#sqlite:}.blobs/default/big"
	exits 1 tq-work --on 'big=head -c 5000000 /dev/zero >"$TQ_OUTPUT"' --drain
	status_is big FAILED
	tq-status --json big | grep -F '"error":{"stage":"store"'
	says 'default/big'
}
