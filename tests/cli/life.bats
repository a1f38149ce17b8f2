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

# -- reads that can't lie --------------------------------------------------------------------

# A store with a task in each state, in one file.
a_full_store() {
	seq 40 | tq-submit x --each >/dev/null
	tq-submit --id 'done' --keep 2d quick '"yes"' >/dev/null
	tq-submit --id dead broken >/dev/null
	tq-work --on quick=cat --on 'broken=exit 65' --drain 2>/dev/null || true
	tq-submit --id held --expires 1d x >/dev/null
	tq-ctl hold held >/dev/null
	tq-submit --id late --delay 1d --expires 2d x >/dev/null
	head -c 2000 /dev/zero | tr '\0' 7 | tq-submit --id long x >/dev/null
	tq-submit --id runs slow >/dev/null
	tq-work --on 'slow=touch begun; sleep 60' --lease 1d --quiet 2>/dev/null &
	wait_until 60 test -e begun
	kill -9 %1
	wait
	sqlite3 tq.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	rm -f tq.db-shm tq.db-wal
	cp tq.db full.db
}

# Commands that read the store, and say the same each time.
READERS=('tq-status --list --json --newest' 'tq-status --list --json --label none'
    'tq-status --summary --json' 'tq-status --json done long late'
    'tq-status --result done' 'tq-dlq list --json')

# Run READERS: the answer that the whole store gave, or a failure that says $1;
# their names, of those that failed, into ./said.
each_reader() {
	local i rc

	: >said
	for i in "${!READERS[@]}"; do
		rc=0
		"${PRELOAD[@]}" ${READERS[i]} >out 2>err </dev/null || rc=$?
		if [ "$rc" -eq 0 ] && ! same out "good.$i"; then
			echo "${READERS[i]}: another answer"
			return 1
		fi
		[ "$rc" -ne 0 ] || continue
		grep -q "$1" err || {
			echo "${READERS[i]}: $(cat err)"
			return 1
		}
		echo "${READERS[i]}" >>said
	done
}

# Are two answers the same, but for what goes on with the time?  The worker that
# was killed counts as one for a minute.
same() {
	cmp -s "$1" "$2" && return
	diff <(sed -E 's/"(oldestMs|leaseUntil|workers)":[^,]*//' "$1") \
	    <(sed -E 's/"(oldestMs|leaseUntil|workers)":[^,]*//' "$2") >/dev/null
}

good_answers() {
	local i

	for i in "${!READERS[@]}"; do
		${READERS[i]} >"good.$i" </dev/null
		[ -s "good.$i" ] || [[ ${READERS[i]} == *none ]]
	done
}

# Verbs for what is looked at to change it; the doctor looks at all.
WRITERS=('tq-ctl sweep --force' 'tq-work --on slow=true --drain'
    'tq-work --on x=true --drain' 'tq-ctl unhold held' 'tq-ctl doctor')

# says_damaged VERB...: one of them fails, and says so.
says_damaged() {
	local verb

	for verb; do
		$verb >out 2>&1 </dev/null || ! grep -q 'is damaged\|^FAIL  database' out ||
		    return 0
	done
	return 1
}

# bats test_tags=sqlite
@test "a zeroed page of any index is said, never read as nothing" {
	local name page

	PRELOAD=()
	a_full_store
	good_answers
	sqlite3 full.db "SELECT name, rootpage FROM sqlite_master WHERE
	    type = 'index' OR name IN ('meta', 'lane', 'tally', 'task', 'ready',
	    'lease', 'ended')" >pages
	while IFS='|' read -r name page; do
		cp full.db tq.db
		rm -f tq.db-shm tq.db-wal
		dd if=/dev/zero of=tq.db bs=4096 seek=$((page - 1)) count=1 \
		    conv=notrunc status=none
		each_reader 'is damaged'
		[ -s said ] || says_damaged "${WRITERS[@]}" || {
			echo "nobody minds $name"
			return 1
		}
	done <pages
}

# bats test_tags=sqlite
@test "what others wrote into a row ends no tool, and is shown as JSON" {
	local id

	for id in labels payload blob; do
		tq-submit --id $id x '{}' >/dev/null
	done
	sqlite3 tq.db "UPDATE task SET asked = '{\"labels\":{x,\"max\":-9e99,' ||
	    '\"argv\":[\"\",\"env\":[' WHERE id = 'labels';
	    UPDATE task SET created = -1 << 63, info = 11, asked = '{x',
	    payload = '1099511627776 default/payload/s/payload' WHERE id = 'payload';
	    UPDATE ready SET attempts = 2147483647, updated = 1 << 62"
	mkdir -p tq.db.blobs/default/payload/s
	truncate -s 1T tq.db.blobs/default/payload/s/payload
	tq-status --list --json --label a=b
	exits 0 tq-status --json labels payload blob
	"${TQ_TEST_NODE:-node}" -e 'require("fs").readFileSync("out", "utf8").trim().split("\n").map(JSON.parse)'
	exits 0 tq-work --on x=true --drain=all
	tq-status blob | grep -q COMPLETED
	tq-status --json payload | grep -q '"code":"payload-damaged"'
	# A status that its table can't have is said, by whoever meets it.
	tq-submit --id odd x '{}' >/dev/null
	sqlite3 tq.db 'UPDATE ready SET status = 99'
	exits 74 tq-status odd
	says 'is damaged: its table has no such status'
}

# bats test_tags=sqlite
@test "EIO on any read is said, never read as nothing" {
	local n

	preload bad_disk
	a_full_store
	good_answers
	export BAD_DISK=$PWD/tq.db BAD_READ
	for ((n = 1; ; n++)); do
		BAD_READ=$n
		rm -f tq.db.failed
		each_reader 'tq.db: .*\(I/O\|Input/output\) error\|tq.db: is damaged'
		[ -e tq.db.failed ] || break
		[ -s said ] || [ "$n" -gt 1 ]
	done
	[ "$n" -gt 5 ]
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

# -- names ------------------------------------------------------------------------------------

# bats test_tags=sqlite
@test "a store takes so many names; those without tasks go with the sweep" {
	local first

	export TQ_STORE="sqlite:$PWD/tq.db?types=3&queues=2"
	tq-submit --id one a >/dev/null
	tq-submit -q q b >/dev/null
	tq-submit a --id two >/dev/null		# a name that is there
	exits 65 tq-submit -q third a
	grep -q 'queue third, type a: .*as many types and queues' err
	tq-submit c >/dev/null
	exits 65 tq-submit d
	first=$(sqlite3 tq.db "SELECT max(lane) FROM lane")
	tq-work -q q --on 'b=exit 65' --drain 2>/dev/null || true
	tq-work --on 'c=exit 65' --drain 2>/dev/null || true
	tq-dlq purge --all --yes >/dev/null
	tq-dlq purge -q q --all --yes >/dev/null
	tq-ctl sweep --force
	[ "$(sqlite3 tq.db "SELECT group_concat(type) FROM lane")" = a ]
	[ "$(tq-status --summary --json | wc -l)" -eq 1 ]
	tq-submit d >/dev/null
	# A number is never another name's.
	[ "$(sqlite3 tq.db "SELECT lane FROM lane WHERE type='d'")" -gt "$first" ]
	exits 78 env TQ_STORE="sqlite:$PWD/tq.db?types=none" tq-submit d
}
