#!/usr/bin/env bats
# tests/cli/life.bats -- what becomes of a task whose bytes or whose store are
# damaged: it alone fails, and says why; nothing reads damage as emptiness.

load helper

# 70 kB of JSON, so that the payload is a blob.
big_payload() {
	printf '{"x":"%s"}' "$(head -c 70000 /dev/zero | tr '\0' y)" >big.json
}

# The payload's blob of the task $1.
blob_of() { find tq.db.blobs -path "*/$1/*" -name payload; }

# bats test_tags=sqlite
@test "a missing payload fails its task's attempt, and no other task" {
	big_payload
	tq-submit --id bad --max-attempts 2 --backoff 0 x @big.json >/dev/null
	tq-submit --id good x 1 >/dev/null
	rm "$(blob_of bad)"
	exits 0 tq-work --on x=cat --drain=all
	grep -q 'event=dead taskId=bad .*its payload is missing' err
	tq-status good | grep -q COMPLETED
	tq-status --json bad >out
	grep -q '"status":"FAILED"' out
	grep -q '"stage":"fetch","code":"payload-missing"' out
	grep -q '"attempts":2' out
	tq-status --list --json | grep -q '"taskId":"bad"'
}

# bats test_tags=sqlite
@test "a result that is gone has expired, one that was cut is damaged" {
	tq-submit --id gone x 1 >/dev/null
	tq-submit --id cut x 1 >/dev/null
	exits 0 tq-work --on x='head -c 70000 /dev/zero' --drain=all
	find tq.db.blobs -path '*/gone/*' -name '*result*' -exec rm {} +
	find tq.db.blobs -path '*/cut/*' -name '*result*' |
	    while read -r f; do chmod u+w "$f"; truncate -s 5 "$f"; done
	exits 1 tq-status --result gone
	says 'gone: its result has expired'
	exits 74 tq-status --result cut
	says 'cut: its result is not what was stored'
}

# bats test_tags=sqlite
@test "a payload that was cut, or swapped for another, is dead at once" {
	big_payload
	for id in cut swapped good; do
		tq-submit --id $id x @big.json >/dev/null
	done
	truncate -s 1000 "$(blob_of cut)"
	tr y z <big.json >"$(blob_of swapped)"
	exits 0 tq-work --on 'x=wc -c' --drain
	for id in cut swapped; do
		tq-status --json $id >out
		grep -q '"status":"FAILED".*"attempts":1,' out
		grep -q '"code":"payload-damaged"' out
	done
	[ "$(tq-status --result good)" = "$(wc -c <big.json)" ]
}

# bats test_tags=sqlite
@test "without the folder of blobs no task fails: the store does" {
	big_payload
	tq-submit --id t x @big.json >/dev/null
	mv tq.db.blobs elsewhere
	tq-work --on 'x=wc -c' --lease 2s 2>err &
	wait_until 60 grep -q "folder of its blobs" err
	mv elsewhere tq.db.blobs
	tq-status --wait --timeout 60s t
	kill %1
	wait
	tq-status --json t | grep -q '"attempts":1,'
}

# Overwrite the root page of the index or table $1 with zeroes.
zero_page() {
	local page

	page=$(sqlite3 tq.db "SELECT rootpage FROM sqlite_master WHERE
	    name='$1'")
	sqlite3 tq.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	dd if=/dev/zero of=tq.db bs=4096 seek=$((page - 1)) count=1 \
	    conv=notrunc status=none
	rm -f tq.db-shm tq.db-wal
}

# bats test_tags=sqlite
@test "a damaged page is said by every reader, never read as nothing" {
	local t

	for t in ready ended_at tally lane task_id meta; do
		rm -rf tq.db*
		seq 200 | tq-submit x --each >/dev/null
		tq-submit --id one done >/dev/null
		tq-work --on done=true --drain
		zero_page $t
		case $t in
		ready) run ! tq-work --on x=true --drain ;;
		ended_at) run ! tq-status --list --status COMPLETED ;;
		tally | lane) run ! tq-status --summary ;;
		task_id) run ! tq-status one ;;
		meta) run ! tq-status --check ;;
		esac
		[[ $output == *"is damaged"* ]]
		run ! tq-ctl doctor
	done
}

# -- nothing is due only after a look that saw all -------------------------------------------

# bats test_tags=sqlite
@test "a drain does not leave the tasks that its own tasks put on the queue" {
	local i

	for i in 1 2 3 4; do
		tq-submit -q c -- sh -c 'tq-submit -q c -- sh -c "tq-submit -q c -- true"' >/dev/null
		tq-work -q c --exec --drain -j2
		[ "$(tq-status --list -q c | cut -f2 | sort -u)" = COMPLETED ]
	done
	[ "$(tq-status --list -q c | wc -l)" -eq 12 ]
}

# bats test_tags=sqlite
@test "a drain finds what stands behind expired tasks, at any -j" {
	local j

	for j in 1 4; do
		seq 300 | tq-submit --expires 10ms --prio 5 x --each >/dev/null
		seq 120 | tq-submit other --each >/dev/null
		tq-submit --id ours-$j x 1 >/dev/null
		sleep 0.05
		tq-work --on x=cat --drain -j$j
		[ "$(tq-status --result ours-$j)" = 1 ]
	done
	seq 30 | tq-submit --expires 10ms --prio 5 x --each >/dev/null
	tq-submit --id once x 1 >/dev/null
	sleep 0.05
	tq-work --on x=cat --once
	tq-status once | grep -q COMPLETED
}

# bats test_tags=sqlite
@test "a worker's shutdown uses no attempt, and TQ_ATTEMPT stays in its bounds" {
	local i

	tq-submit --id t --max-attempts 3 --backoff 0 x >/dev/null
	for i in 1 2 3 4; do
		rm -f begun
		tq-work --on 'x=touch begun; sleep 60' --grace 0s 2>/dev/null &
		wait_until 60 test -e begun
		kill %1
		wait
	done
	tq-status --json t | grep -q '"status":"PENDING".*"attempts":0,'
	exits 0 tq-work --on 'x=echo $TQ_ATTEMPT of $TQ_MAX_ATTEMPTS >>seen; exit 1' --once
	tq-status --json t | grep -q '"status":"RETRYING".*"attempts":1,'
	[ "$(cat seen)" = '1 of 3' ]
}

# bats test_tags=sqlite
@test "a worker that finds a dead lease says what it makes of it" {
	tq-submit --id t --max-attempts 1 x >/dev/null
	tq-work --on 'x=touch begun; sleep 60' --lease 2s 2>/dev/null &
	wait_until 60 test -e begun
	kill -9 %1
	wait
	wait_until 60 sh -c "tq-work --on x=true --drain 2>>err; grep -q 'event=dead taskId=t' err"
	grep -q 'the lease of attempt 1 of 1 ran out' err
}
