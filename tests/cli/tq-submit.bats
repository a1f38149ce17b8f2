#!/usr/bin/env bats
# tq-submit: what goes in, what comes out, and what is refused.

load helper

# The record of ID as JSON.
record() {
	tq-status --json "$1"
}

tasks() {
	tq-status --list --limit 100000 | wc -l
}

blobs() {
	find "$BATS_TEST_TMPDIR" -path '*blobs*' -type f | wc -l
}

# bats test_tags=tool
@test "prints the task's id and nothing else" {
	exits 0 tq-submit x '{"a":1}'
	has_lines 1 out
	grep -qE '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' out
	[ ! -s err ]
}

# bats test_tags=tool
@test "no payload is {}, and stdin is not touched" {
	rest=$(printf 'mine\n' | { tq-submit x > id; cat; })
	[ "$rest" = mine ]
	record "$(cat id)" | grep -qF '"payload":{},'
}

@test "payload bytes come back unchanged, by every way in" {
	p='{"z":12345678901234567890,"a":1.10,"e":1E+2,"u":"é\u00e9\/","n":[1 , 2]}'
	printf '%s' "$p" > file
	{
		tq-submit x "$p"
		tq-submit x @file
		tq-submit x - < file
		tq-submit x --each < file
		printf '{"type":"x","payload":%s}\n' "$p" | tq-submit --batch
	} > ids
	has_lines 5 ids
	while read -r id; do
		record "$id" | grep -qF "\"payload\":$p,"
	done < ids
}

# bats test_tags=tool
@test "bad JSON is refused by byte, and no store is made for it" {
	while IFS='|' read -r byte json; do
		exits 65 tq-submit x "$json"
		says "payload: byte $byte: "
		has_lines 1 err
	done <<-'END'
		7|{"a":1,}
		1|01
		2|1 2
		6|{"a":1
		0|
		0|nul
		13|{"a":1,"a":2}
		2|["	"]
	END
	[ ! -e tq.db ]
}

# bats test_tags=tool
@test "JSON nested 64 deep is taken, 65 deep is not" {
	deep() { printf '[%.0s' $(seq "$1"); printf ']%.0s' $(seq "$1"); }
	exits 0 tq-submit x "$(deep 64)"
	exits 65 tq-submit x "$(deep 65)"
	says nested
}

# bats test_tags=tool
@test "a payload over 16 MiB is refused without reading it all" {
	exits 65 timeout 60 sh -c 'yes | tq-submit x -'
	says "payload: over the limit of 16 MiB"
	truncate -s 200M big
	exits 65 tq-submit x @big
	says "payload: over the limit of 16 MiB"
	[ ! -e tq.db ]
}

# bats test_tags=tool
@test "--text takes text as it is, if it is UTF-8" {
	id=$(printf 'a "b"\n\tc' | tq-submit x --text -)
	record "$id" | grep -qF '"payload":"a \"b\"\n\tc","payloadKind":"text"'
	exits 65 tq-submit x --text $'\xff'
	says "payload: not UTF-8"
}

# bats test_tags=tool
@test "an unreadable file is exit 74 and named" {
	exits 74 tq-submit x @no/such
	says "no/such: No such file or directory"
	exits 74 tq-submit x --input no/such
	says "no/such: No such file or directory"
	exits 74 tq-submit x --input "$HOME"
	says "Is a directory"
	exits 74 tq-submit --batch no/such
	says "no/such: No such file or directory"
	[ ! -e tq.db ]
}

# bats test_tags=tool
@test "an illegal type, id or group is exit 65 and named" {
	exits 65 tq-submit 'a b'
	says 'type "a b"'
	exits 65 tq-submit x --id 'a/b'
	says 'taskId "a/b"'
	exits 65 tq-submit x --group ''
	says 'group ""'
	exits 65 tq-submit $'\e[31m'
	says 'type "\x1b[31m"'
	[ ! -e tq.db ]
}

# bats test_tags=tool
@test "wrong usage is exit 2 and submits nothing" {
	while read -r line; do
		eval "set -- $line"
		exits 2 tq-submit "$@" < /dev/null
		says "Try 'tq-submit --help'."
	done <<-'END'

		x 1 2
		x --each=lines
		--each
		--each --batch
		x --each 1
		x --each=input -
		x --id a --key b
		x --every 1h
		x --key ''
		x --delay 5
		x --delay 1s --at 12:00
		x --at soon
		x --expires soon
		x --backoff 1s,
		x --backoff 1m,1s
		x --prio 10
		x --max-attempts 0
		x --label a
		x --label =b
		x --label a=1 --label a=2
		x --result
		x --pass-exit
		x --cancel-on-int
		x --wait --dry-run
		x --wait=soon
		x -0
		x - --input -
		--batch --id a
		--batch --key a
		x --each --input f
		x --nonsense
		-q 'a b' x
		--
	END
	[ ! -e tq.db ]
}

# bats test_tags=tool
@test "a terminal as stdin of --batch or --each is exit 2" {
	on_terminal 'tq-submit --batch || echo "exit $?"'
	grep -q 'exit 2' out
	on_terminal 'tq-submit x --each || echo "exit $?"'
	grep -q 'exit 2' out
}

@test "a taken id is exit 1 and says so" {
	exits 0 tq-submit x --id job-1
	[ "$(cat out)" = job-1 ]
	exits 1 tq-submit x --id job-1
	says "taskId job-1 exists (PENDING) in $STORE_SAID"
	[ ! -s out ]
	[ "$(tasks)" -eq 1 ]
}

@test "--each makes a task of each line" {
	printf '1\n\n{"a":2}\n' | tq-submit x --each > ids
	has_lines 2 ids
	record "$(tail -1 ids)" | grep -qF '"payload":{"a":2}'
	printf 'one\n\nthree' | tq-submit x --each=text > ids
	has_lines 3 ids
	record "$(sed -n 2p ids)" | grep -qF '"payload":"","payloadKind"'
	record "$(tail -1 ids)" | grep -qF '"payload":"three"'
	printf 'a\nb\0c' | tq-submit x --each=text -0 > ids
	has_lines 2 ids
	record "$(head -1 ids)" | grep -qF '"payload":"a\nb"'
}

# sqlite only: looks into the blob folder
# bats test_tags=sqlite
@test "--each=input stages each file, with one payload for all" {
	echo one > 'a b'
	echo two > c
	printf 'a b\nno/such\nhttps://example.org/d\nc\n' > list
	exits 1 tq-submit x '{"format":"png"}' --each=input < list
	has_lines 3 out
	says "line 2: input no/such: No such file or directory"
	[ "$(blobs)" -eq 2 ]
	record "$(sed -n 2p out)" | grep -qF '"input":"https://example.org/d"'
	record "$(sed -n 3p out)" | grep -qF '"payload":{"format":"png"}'
}

@test "ids keep the order of the input and grow" {
	n=$(many 10000 1000)
	seq "$n" | tq-submit x --each --json > records
	has_lines "$n" records
	sed 's/.*"payload":\([0-9]*\),.*/\1/' records | diff - <(seq "$n")
	sed 's/.*"taskId":"\([^"]*\)".*/\1/' records | LC_ALL=C sort -cu
}

# bats test_tags=tool
@test "a slow producer's lines go in at once" {
	mkfifo pipe
	tq-submit x --each < pipe > ids &
	started+=($!)
	exec 5> pipe
	echo 1 >&5
	wait_until 20 has_lines 1 ids
	printf '2\n3\n4' >&5
	wait_until 20 has_lines 3 ids
	[ "$(tasks)" -eq 3 ]
	exec 5>&-
	wait "$!"
	has_lines 4 ids
}

@test "bad lines of --batch are reported by number, the rest goes in" {
	cat > in <<-'END'
		{"type":"x","payload":1}
		{"type":"x","payload":{"a":}}

		{"payload":1}
		{"type":"x","colour":"red"}
		[]
		{"type":"x","taskId":"a","key":"b"}
		{"type":"x","payload":2}
	END
	exits 1 tq-submit --batch < in
	has_lines 2 out
	has_lines 5 err
	says "line 2: byte 27: not a JSON value"
	says 'line 4: "type" is missing'
	says 'line 5: unknown key "colour"'
	says "line 6: not a JSON object"
	says "line 7: taskId and key exclude each other"
	exits 1 tq-submit --batch in - < in
	has_lines 4 out
	says "in: line 2: "
	says "tq-submit: line 2: "
	[ "$(tasks)" -eq 6 ]
}

# bats test_tags=tool
@test "bad lines among thousands are named in order, and order is kept" {
	n=$(many 9000 3000)
	seq "$n" | awk '$1 % 1000 == 1 { print "{\"type\""; next }
	    { print "{\"type\":\"x\",\"payload\":" $1 "}" }' > in
	exits 1 tq-submit --batch --json < in
	sed 's/.*"payload":\([0-9]*\),.*/\1/' out |
	    diff - <(seq "$n" | awk '$1 % 1000 != 1')
	sed -n 's/.*line \([0-9]*\): byte.*/\1/p' err |
	    diff - <(seq 1 1000 "$n")
	[ "$(tasks)" -eq $((n - n / 1000)) ]
}

@test "an interrupt of a long batch: what was printed is in, exit 130" {
	yes '{"type":"x"}' | head -1000000 > in
	tq-submit --batch in > ids 2> err &
	pid=$!
	started+=("$pid")
	wait_until 20 test -s ids
	kill -TERM "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 130 ]
	n=$(wc -l < ids)
	says "interrupted; submitted $n, stopped at in line $n"
	[ "$(tasks)" -eq "$n" ]
}

# bats test_tags=tool
@test "a line that is too long is reported, the next ones go in" {
	{ echo 1; head -c 17000000 /dev/zero | tr '\0' 1; echo; echo 3; } > in
	exits 1 tq-submit x --each < in
	has_lines 2 out
	says "line 2: "
	has_lines 1 err
}

# bats test_tags=tool
@test "options are the defaults of --batch" {
	queues a b
	printf '%s\n' '{"type":"x"}' '{"type":"y","queue":"b","prio":1}' |
	    tq-submit -q a --batch --prio 7 --label k=v --max-attempts 9 \
	    --json > out
	grep -q '"queue":"a".*"maxAttempts":9.*"labels":{"k":"v"},"prio":7' out
	grep -q '"queue":"b".*"labels":{"k":"v"},"prio":1' out
}

@test "what --json prints, --batch accepts" {
	tq-submit x '{"n":1.10,"b":12345678901234567890}' --json --prio 3 \
	    --label 'a="q"' --label b=é --timeout 90s --backoff 2s,1m \
	    --delay 1h --group g --max-attempts 5 --expires 2d > first
	printf 'é\n"' | tq-submit x --text - --json >> first
	tq-submit --json -- printf '%s\n' 'a b' >> first
	tq-submit --store "sqlite:$PWD/other.db" --batch --json < first > second
	diff <(sed 's/"createdAt[^,]*,"updatedAt[^,]*,//' first) \
	    <(sed 's/"createdAt[^,]*,"updatedAt[^,]*,//' second)
}

@test "options are in the record" {
	tq-submit x --prio 9 --max-attempts 7 --timeout 1m30s --backoff 250ms \
	    --group acme --label env=prod --at 2040-01-02T03:04:05Z \
	    --expires 2041-01-01T00:00:00Z --json > out
	for member in '"prio":9' '"maxAttempts":7' '"timeout":"90s"' \
	    '"backoff":"250ms"' '"group":"acme"' '"labels":{"env":"prod"}' \
	    '"notBefore":"2040-01-02T03:04:05.000Z"' \
	    '"expiresAt":"2041-01-01T00:00:00.000Z"'; do
		grep -qF "$member" out
	done
	tq-submit x --delay 3d --json | grep -qF '"notBefore":"2'
}

@test "--key submits once: the same id, exit 0" {
	queues other
	exits 0 tq-submit x 1 --key K
	id=$(cat out)
	exits 0 tq-submit x 1 --key K
	[ "$(cat out)" = "$id" ]
	[ ! -s err ]
	exits 0 tq-submit x 1 --key K -v
	says "exists (PENDING)"
	[ "$(tasks)" -eq 1 ]
	exits 0 tq-submit -q other x 1 --key K
	[ "$(cat out)" != "$id" ]
}

# bats test_tags=tool
@test "the id of a key is what others compute too" {
	# UUIDv8 of SHA-256("tq1" || 0 0 0 7 || "default" || "K")
	id=$(tq-submit x --key K)
	sum=$(printf 'tq1\0\0\0\007defaultK' | sha256sum)
	[ "${id:0:8}" = "${sum:0:8}" ]
	[ "${id:14:1}" = 8 ]
	[ "${id:24:12}" = "${sum:20:12}" ]
}

@test "a key used for another request is exit 65" {
	tq-submit x 1 --key K
	for other in 'x 2' 'y 1' 'x 1 --prio 3' 'x 1 --label a=b'; do
		exits 65 tq-submit $other --key K
		says 'key "K" was used for another request'
		[ ! -s out ]
	done
	[ "$(tasks)" -eq 1 ]
}

@test "twenty at once under one key: one task, one id, exit 0" {
	for i in $(seq 20); do
		{
			tq-submit x '{"a":1}' --key K > "id.$i"
			echo $? > "rc.$i"
		} &
	done
	wait
	[ "$(sort -u id.* | wc -l)" -eq 1 ]
	[ "$(cat rc.* | sort -u)" = 0 ]
	has_lines 1 id.1
	[ "$(tasks)" -eq 1 ]
}

@test "--key in a --batch line works alike" {
	id=$(tq-submit x 1 --key K)
	printf '%s\n' '{"type":"x","payload":1,"key":"K"}' \
	    '{"type":"x","payload":2,"key":"K"}' \
	    '{"type":"x","payload":1,"key":"K"}' > in
	exits 1 tq-submit --batch in
	[ "$(cat out)" = "$id"$'\n'"$id" ]
	says 'in: line 2: key "K" was used for another request'
	[ "$(tasks)" -eq 1 ]
}

@test "--every makes one task a period" {
	a=$(tq-submit x --key K --every 52w)
	b=$(tq-submit x --key K --every 52w)
	c=$(tq-submit x --key K --every 51w)
	[ "$a" = "$b" ]
	[ "$a" != "$c" ]
	d=$(tq-submit x --key K --every 1ms)
	sleep 0.01
	[ "$(tq-submit x --key K --every 1ms)" != "$d" ]
}

@test "a dead task under the key is exit 1, --replace-dead restarts it" {
	id=$(tq-submit x 1 --key K)
	tq-ctl cancel "$id"
	exits 1 tq-submit x 1 --key K
	[ "$(cat out)" = "$id" ]
	says "task $id exists and is CANCELLED"
	exits 0 tq-submit x 2 --key K --replace-dead
	[ "$(cat out)" = "$id" ]
	record "$id" | grep -q '"status":"PENDING","payload":2'
}

# sqlite only: looks into the blob folder
# bats test_tags=sqlite
@test "--input copies a file into the store" {
	head -c 300000 /dev/urandom > file
	id=$(tq-submit x --input file)
	rm -f copy
	cmp file "$BATS_TEST_TMPDIR/tq.db.blobs/default/$id"/*/in
	record "$id" | grep -qF "\"input\":\"blob:default/$id/"
	a=$(tq-submit x --input - < file)
	b=$(cat file | tq-submit x --input -)
	c=$({ head -c 100000 > /dev/null; tq-submit x --input -; } < file)
	cmp file "$BATS_TEST_TMPDIR/tq.db.blobs/default/$a"/*/in
	cmp file "$BATS_TEST_TMPDIR/tq.db.blobs/default/$b"/*/in
	tail -c 200000 file |
	    cmp - "$BATS_TEST_TMPDIR/tq.db.blobs/default/$c"/*/in
}

# bats test_tags=tool
@test "addresses are passed on as they are" {
	for url in http://a/b https://a/b s3://abc/d data:,x; do
		tq-submit x --input "$url" --json | grep -qF "\"input\":\"$url\""
	done
	[ "$(blobs)" -eq 0 ]
}

# sqlite only: looks into the blob folder
# bats test_tags=sqlite
@test "--key with --input compares the bytes, and leaves no blob behind" {
	echo same > a
	echo same > b
	echo other > c
	id=$(tq-submit x --key K --input a)
	exits 0 tq-submit x --key K --input b
	[ "$(cat out)" = "$id" ]
	exits 65 tq-submit x --key K --input c
	exits 0 tq-submit x --key K --input - < b
	[ "$(blobs)" -eq 1 ]
	exits 1 tq-submit x --id "$id" --input c
	[ "$(blobs)" -eq 1 ]
}

@test "-- queues a command: its words, no shell" {
	tq-submit --json -- printf '%s\n' 'a b' '$x' '' -q > out
	grep -qF '"type":"exec"' out
	grep -qF '"argv":["printf","%s\\n","a b","$x","","-q"]' out
	grep -qF '"payload":{}' out
	exits 65 tq-submit -- echo $'\xff'
	says "argument 1 of the command: not UTF-8"
}

# bats test_tags=tool
@test "--dry-run prints the record, stores nothing, needs no store" {
	echo hi > file
	exits 0 tq-submit x 1 --dry-run --id a --input file
	grep -q '"taskId":"a".*"payload":1,"input":"blob:' out
	exits 0 tq-submit x 1 --dry-run --key K
	id=$(sed 's/.*"taskId":"\([^"]*\)".*/\1/' out)
	exits 74 tq-submit x --dry-run --input no/such
	printf '1\n2\n' | tq-submit x --each --dry-run > out
	has_lines 2 out
	[ ! -e tq.db ]
	[ "$(tq-submit x 1 --key K)" = "$id" ]
}

@test "a full disk behind stdout: the group goes in, exit 74 says how far" {
	rc=0
	seq 10000 | tq-submit x --each > /dev/full 2> err || rc=$?
	[ "$rc" -eq 74 ]
	has_lines 1 err
	says "stdout: No space left on device"
	n=$(sed 's/.*submitted \([0-9]*\), stopped at line \([0-9]*\)$/\1/' err)
	[ "$n" -lt 10000 ]
	says "submitted $n, stopped at line $n"
	[ "$(tasks)" -eq "$n" ]
	rc=0
	tq-submit x > /dev/full 2> err || rc=$?
	[ "$rc" -eq 74 ]
	[ "$(tasks)" -eq $((n + 1)) ]
}

# bats test_tags=tool
@test "a closed pipe: the group goes in, exit 74 says how far" {
	{
		rc=0
		seq 100000 | tq-submit x --each 2> err || rc=$?
		echo "$rc" > rc
	} | head -1 > first
	[ "$(cat rc)" -eq 74 ]
	has_lines 1 first
	says "stdout: Broken pipe"
	n=$(sed 's/.*submitted \([0-9]*\), stopped at line \([0-9]*\)$/\1/' err)
	[ "$n" -lt 100000 ]
	[ "$(tasks)" -eq "$n" ]
	says "stopped at line $n"
}

# bats test_tags=tool
@test "an interrupt between lines: what was read is in, exit 130" {
	mkfifo pipe
	exec 6<> pipe
	(exec 6<&- && exec tq-submit x --each < pipe > ids 2> err) &
	pid=$!
	started+=("$pid")
	echo 1 >&6
	wait_until 20 has_lines 1 ids
	kill -TERM "$pid"
	rc=0
	wait "$pid" || rc=$?
	exec 6>&-
	[ "$rc" -eq 130 ]
	says "submitted 1, stopped at line 1"
}

# bats test_tags=tool
@test "no HOME and no store named: one clear line" {
	rc=0
	env -u HOME -u XDG_DATA_HOME -u XDG_CONFIG_HOME -u TQ_STORE \
	    tq-submit x > out 2> err || rc=$?
	[ "$rc" -eq 78 ]
	has_lines 1 err
	says HOME
}

# bats test_tags=tool
@test "a store that may not be written is exit 4 and named" {
	can_drop_privileges || skip "needs setpriv"
	mkdir shut
	tq-submit --store "sqlite:$PWD/shut/tq.db" x
	chmod 444 shut/tq.db*
	chmod 555 shut
	exits 4 unprivileged tq-submit --store "sqlite:$PWD/shut/tq.db" x
	says "$PWD/shut/tq.db"
	exits 4 unprivileged tq-submit --store "sqlite:$PWD/shut/new.db" x
	says "$PWD/shut/new.db"
	has_lines 1 err
	chmod 755 shut
}

@test "--wait ends with the task: 0 completed, 1 failed, 6 cancelled" {
	tq-work --on 'ok=cat' --on 'bad=echo no such user >&2; exit 65' \
	    > /dev/null 2>&1 &
	started+=($!)
	exits 0 tq-submit ok 1 --wait=60s
	has_lines 1 out
	exits 1 tq-submit bad 1 --wait=60s
	says "FAILED"
	says "no such user"
	printf '1\n2\n3\n' > in
	exits 0 tq-submit ok --each --wait=60s < in
	has_lines 3 out
}

@test "--wait is over when the task is cancelled" {
	tq-submit x --id a --wait=60s > out 2> err &
	pid=$!
	started+=("$pid")
	wait_until 20 has_lines 1 out
	tq-ctl cancel a
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 6 ]
}

# bats test_tags=tool
@test "--wait=D that is over is exit 3, and the task stays" {
	exits 3 tq-submit x --id a --wait=10ms
	[ "$(cat out)" = a ]
	says "timed out waiting for task a"
	record a | grep -q PENDING
}

@test "--result prints the result's bytes instead of the id" {
	tq-work --on 'ok=cat' --on 'bad=exit 65' > /dev/null 2>&1 &
	started+=($!)
	exits 0 tq-submit ok '{"a" : 1.10}' --wait=60s --result
	[ "$(cat out)" = '{"a" : 1.10}' ]
	exits 1 tq-submit bad --wait=60s --result
	[ ! -s out ]
}

# bats test_tags=tool
@test "--pass-exit behaves as if the handler had run here" {
	tq-work --on 'three=echo oops >&2; exit 3' \
	    --on 'ok=echo fine >&2; echo 1' --on 'shot=kill -9 $$' \
	    > /dev/null 2>&1 &
	started+=($!)
	exits 3 tq-submit three --wait=60s --pass-exit --max-attempts 1
	grep -qx oops err
	exits 0 tq-submit ok --wait=60s --pass-exit --result
	grep -qx fine err
	[ "$(cat out)" = 1 ]
	exits 137 tq-submit shot --wait=60s --pass-exit --max-attempts 1
}

# bats test_tags=tool
@test "a queued command has nothing on stdin but its input" {
	tq-work --exec > /dev/null 2>&1 &
	started+=($!)
	echo words > words
	exits 0 tq-submit --wait=60s --result -- wc -c
	[ "$(cat out)" = 0 ]
	exits 0 tq-submit --wait=60s --result --input words -- wc -c
	[ "$(cat out)" = 6 ]
	exits 0 tq-submit --wait=60s --result -- sh -c 'cat "$TQ_PAYLOAD"'
	[ "$(cat out)" = '{}' ]
}

# bats test_tags=tool
@test "text that is no JSON: the message names --text" {
	exits 65 tq-submit x hello
	says 'payload: byte 0: not a JSON value (--text takes any text)'
}

# bats test_tags=tool
@test "--pass-exit of a command: one attempt, as it would be here" {
	tq-work --exec > /dev/null 2>&1 &
	started+=($!)
	exits 7 tq-submit --wait=60s --pass-exit --backoff 0 -- \
	    sh -c 'echo once >> ran; exit 7'
	has_lines 1 ran
	exits 7 tq-submit --wait=60s --pass-exit --backoff 0 \
	    --max-attempts 2 -- sh -c 'echo twice >> ran; exit 7'
	has_lines 3 ran
	[[ $(tq-submit --dry-run -- true) == *'"maxAttempts":3,'* ]]
}

@test "--cancel-on-int cancels what has not ended, exit 130" {
	tq-submit x --id a --wait --cancel-on-int > out 2> err &
	pid=$!
	started+=("$pid")
	wait_until 20 has_lines 1 out
	kill -TERM "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 130 ]
	record a | grep -q CANCELLED
}

@test "without --cancel-on-int an interrupt only ends the wait" {
	tq-submit x --id a --wait > out 2> err &
	pid=$!
	started+=("$pid")
	wait_until 20 has_lines 1 out
	kill -TERM "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 130 ]
	record a | grep -q PENDING
}

# Is any task there?
listed() {
	tq-status --list 2>/dev/null | grep -q .
}

@test "tq-submit --wait: of a run that was replaced it says how that run ended" {
	tq-submit --key k --replace-ended --wait=60s x 2>waiter.err 3>&- &
	waiter=$!
	started+=("$waiter")
	wait_until 20 listed
	# It does not see the end before the next run is there.
	kill -STOP "$waiter"
	exits 1 tq-work --once --on 'x=exit 65'
	id=$(tq-submit --key k --replace-ended x)
	status_is "$id" PENDING
	kill -CONT "$waiter"
	rc=0
	wait "$waiter" || rc=$?
	[ "$rc" -eq 1 ]
	grep -q "task $id was FAILED, and was submitted anew since" waiter.err
	status_is "$id" PENDING
}

@test "tq-submit --replace-ended: one live task a key, and a new one after its end" {
	local first

	first=$(tq-submit --key k --replace-ended x 1)
	exits 0 tq-submit --key k --replace-ended x 2
	[ "$(cat out)" = "$first" ]
	says 'lives already (PENDING)'
	exits 0 tq-submit --key k --replace-ended y 3 --json
	grep -q "^{\"taskId\":\"$first\".*\"type\":\"x\".*,\"created\":false}\$" out
	tq-work --on x=cat --drain
	[ "$(tq-status --result "$first")" = 1 ]
	exits 0 tq-submit --key k --replace-ended x 3 --json
	grep -q "^{\"taskId\":\"$first\".*\"status\":\"PENDING\".*,\"created\":true}\$" out
	tq-work --on 'x=exit 65' --drain 2>/dev/null || true
	[ "$(tq-submit --key k --replace-ended x 4)" = "$first" ]
	tq-work --on x=cat --drain
	[ "$(tq-status --result "$first")" = 4 ]
	tq-status --json "$first" | grep -q '"how":"run","status":"FAILED"'
	exits 2 tq-submit --replace-ended x
}

@test "tq-submit --expires, --keep: a deadline to come, at least a minute" {
	exits 2 tq-submit --expires 2020-01-01T00:00:00Z x
	grep -q 'has passed' err
	exits 2 tq-submit --keep 30s x
	exits 2 tq-submit --expires 1h --delay 60m x
	says '--expires 1h is not after when the task is due'
	exits 2 tq-submit --expires 1h --at 2040-01-01T00:00:00Z x
	says '--expires 1h is not after when the task is due'
	exits 1 tq-submit --expires 1h --batch <<<'{"type":"x","delay":"2h"}'
	says 'expiresAt: is not after notBefore'
	[ -z "$(tq-status --list)" ]
	tq-submit --id t --keep 2m --expires 1h --delay 59m x >/dev/null
	tq-status --json t | grep -q '"keep":"120s","expiresAt":"'
	tq-submit --id soon --expires 300ms x >/dev/null
	exits 6 tq-status --wait soon
	tq-status --json soon | grep -q 'not started before its deadline'
}
