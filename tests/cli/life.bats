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
	tq-status good | grep -q COMPLETED
	tq-status --json bad >out
	grep -q '"status":"FAILED"' out
	grep -q '"stage":"fetch","code":"payload-missing"' out
	grep -q '"attempts":2' out
	tq-status --list --json | grep -q '"taskId":"bad"'
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
