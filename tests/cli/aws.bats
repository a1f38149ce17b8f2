#!/usr/bin/env bats
# The tools on the aws store, against stand-ins for SQS, S3 and DynamoDB.  Each
# test has a table, a queue and a bucket of its own.

load helper
load standins

FIXTURES=$(cd "$(dirname "${BATS_TEST_FILENAME}")/../fixtures" && pwd)
NOBODY=http://127.0.0.1:9		# where nothing listens

setup_file() {
	standins_start
}

# -- setting up --------------------------------------------------------------

@test "init again is fine, says what is there, and changes nothing" {
	tq-submit text.transform '"x"' --id before
	exits 0 tq-ctl init -q more
	cat out err >said
	for what in table 'queue default' bucket; do
		grep -qE "^ok +$what: is there" said
	done
	grep -qE '^ok +queue more: made' said
	status_is before PENDING
	holds 1 default
	tq-submit -q more text.transform '"x"'
	holds 1 more
}

@test "a queue that is not there: exit 78, and what makes it" {
	exits 78 tq-submit -q nope x
	says 'tq-ctl init -q nope makes it, unless AWS_REGION'
	has_lines 1 err
	[ ! -s out ]
	exits 78 tq-work -q nope --on x=true --drain
	says 'tq-ctl init -q nope'
	[ "$(tq-status --list | wc -l)" -eq 0 ]
}

@test "no credentials: exit 4, one line that says what to set" {
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	for tool in 'tq-submit x' 'tq-status --list' 'tq-dlq list' \
	    'tq-ctl pause default'; do
		read -ra words <<<"$tool"
		exits 4 "${words[@]}"
		says AWS_ACCESS_KEY_ID
		has_lines 1 err
		[ ! -s out ]
	done
}

# -- tasks and their results -------------------------------------------------

@test "text.transform: submitted, worked, its result fetched" {
	id=$(tq-submit text.transform '{"text":"straße ﬁn"}')
	status_is "$id" PENDING
	exits 0 tq-work --drain
	status_is "$id" COMPLETED
	tq-status --result "$id" >out
	grep -qF '"upper":"STRASSE FIN"' out
	holds 0 default
	holds 0 default-dlq
}

@test "image.grayscale: a JPEG of the same size, by tq and by a signed link" {
	id=$(tq-submit image.grayscale --input "$FIXTURES/photo.jpg")
	exits 0 tq-work --drain
	tq-status --result -o gray.jpg "$id"
	[ "$(od -An -tx1 -N3 gray.jpg)" = ' ff d8 ff' ]
	# Its frame header: 8 bits, 480 by 720, one component.
	od -An -v -tx1 gray.jpg | tr -d ' \n' | grep -q ffc0000b0801e002d001
	[ "$(field "$id" outputSize)" -eq "$(wc -c <gray.jpg)" ]
	url=$(tq-status --result --url "$id")
	[[ $url == "$AWS_ENDPOINT_URL_S3/$NAME/"*X-Amz-Expires=*X-Amz-Signature=* ]]
	curl -sS --fail -o fetched.jpg "$url"
	cmp gray.jpg fetched.jpg
}

@test "payloads and results go where they fit: record, item, bucket" {
	for size in 1000 50000 300000; do
		head -c "$size" /dev/urandom | base64 -w0 | head -c "$size" \
		    >"in.$size"
		tq-submit --text echo --id "echo-$size" - <"in.$size"
	done
	exits 0 tq-work --on echo=cat --drain
	for size in 1000 50000 300000; do
		tq-status --result "echo-$size" | cmp - "in.$size"
	done
}

@test "one key is one task, though submitted at the same time" {
	tq-submit --key k x >first &
	tq-submit --key k x >second
	wait $!
	tq-submit --key k x >third
	has_lines 1 first
	cmp first second
	cmp first third
	[ "$(tq-status --list | wc -l)" -eq 1 ]
	exits 0 tq-work --on "x=echo >>'$PWD/ran'" --drain
	has_lines 1 ran
}

@test "two workers share a queue: each task runs once" {
	seq 1 40 | tq-submit x --each >ids
	on="x=echo \"\$(cat)\" >>'$PWD/ran'"
	tq-work --on "$on" --drain &
	exits 0 tq-work --on "$on" --drain
	wait $!
	seq 1 40 | cmp - <(sort -n ran)
	[ "$(tq-status --list -S COMPLETED | wc -l)" -eq 40 ]
}

# -- what goes wrong ---------------------------------------------------------

@test "dead after three attempts, in the DLQ; redriven, it runs again" {
	id=$(tq-submit simulate '{"seconds":0,"failure_rate":1}' --backoff 50ms)
	exits 1 tq-work --drain=all -v
	[ "$(grep -c event=retry err)" -eq 2 ]
	[ "$(grep -c event=dead err)" -eq 1 ]
	[ "$(field "$id" attempts)" = 3 ]
	[ "$(tq-dlq list | cut -f1)" = "$id" ]
	holds 1 default-dlq
	exits 0 tq-dlq redrive "$id"
	status_is "$id" PENDING
	[ "$(tq-dlq list | wc -l)" -eq 0 ]
	holds 0 default-dlq
	exits 0 tq-work --on simulate=true --drain
	status_is "$id" COMPLETED
	[ "$(field "$id" attempts)" = 1 ]
}

@test "a worker killed in the middle: another completes its task" {
	mkfifo go
	id=$(tq-submit x)
	tq-work --on "x=cat '$PWD/go'" --lease 2s --once 3>&- &
	pid=$!
	wait_until 60 status_is "$id" RUNNING
	kill -9 "$pid"
	wait "$pid" || true
	exits 0 tq-work --on 'x=echo second' --drain=all
	status_is "$id" COMPLETED
	[ "$(tq-status --result "$id")" = second ]
	[ "$(field "$id" attempts)" = 2 ]
}

@test "a send that fails is owed, and the sweep pays it" {
	exits 0 env AWS_ENDPOINT_URL_SQS="$NOBODY" tq-submit --id late x \
	    --store "$TQ_STORE&queue.default=$(url_of default)"
	says "task late is stored, its delivery is owed: a sweep sends it (sqs SendMessageBatch: $NOBODY/: Failed"
	has_lines 1 err
	[ "$(cat out)" = late ]
	status_is late PENDING
	holds 0 default
	exits 0 tq-ctl sweep --json
	grep -qF '"rung":1' out
	holds 1 default
	exits 0 tq-work --on x=true --drain
	status_is late COMPLETED
	holds 0 default
}

@test "many sends that fail are owed in one line" {
	printf '{"type":"x","taskId":"%s"}\n' a b c >in
	exits 0 env AWS_ENDPOINT_URL_SQS="$NOBODY" tq-submit --batch in
	says '3 tasks are stored, their delivery is owed: a sweep sends them (sqs GetQueueUrl: '
	has_lines 1 err
	printf '%s\n' a b c | cmp - out
	exits 0 tq-ctl sweep --json
	grep -qF '"rung":3' out
	holds 3 default
}

# -- control -----------------------------------------------------------------

@test "cancel: a waiting task never runs, a running one is ended" {
	tq-submit x --id waits
	[ "$(tq-ctl cancel waits | cut -f2)" = CANCELLED ]
	exits 0 tq-work --on "x=echo >'$PWD/ran'" --drain
	status_is waits CANCELLED
	[ ! -e ran ]
	mkfifo go
	tq-submit x --id runs
	tq-work --on "x=cat '$PWD/go'" --lease 2s --once 3>&- &
	wait_until 60 status_is runs RUNNING
	exits 0 tq-ctl cancel runs
	wait_until 60 status_is runs CANCELLED
	wait $! || true
	[ "$(tq-dlq list | wc -l)" -eq 0 ]
}

@test "a paused queue gives out nothing until it is resumed" {
	exits 0 tq-ctl pause default --why lunch
	id=$(tq-submit x)
	exits 0 tq-work --on x=true --drain
	status_is "$id" PENDING
	tq-status --why "$id" >why
	grep -qF lunch why
	exits 0 tq-ctl resume default
	exits 0 tq-work --on x=true --drain
	status_is "$id" COMPLETED
}

# -- others on the same queue ------------------------------------------------

@test "a message that is not ours ends in the DLQ with the reason" {
	send 'who is there'
	send '{"v":2,"taskId":"of-the-future","type":"x"}'
	id=$(tq-submit x)
	exits 0 tq-work --on x=true --drain
	status_is "$id" COMPLETED
	holds 1 default-dlq
	sqs ReceiveMessage default-dlq '"MessageAttributeNames":["All"]' >out
	grep -qF '"Body":"who is there"' out
	grep -qF '"tq-reason"' out
	# The second is for a newer tq: given back.
	holds 1 default
}

@test "tq-dlq list --foreign: what is in the DLQ and not tq's, and stays there" {
	tq-ctl init -q mail >/dev/null
	yes '{"type":"x","maxAttempts":1}' | head -12 | tq-submit --batch >dead
	send $'who\tis \u202ethere'
	send "$(printf 'x%.0s' {1..300})"
	exits 1 tq-work --on x=false --drain -j 4
	# Moved by hand, or by somebody's redrive policy: no reason is known.
	sqs SendMessage mail-dlq '"MessageBody":"{\"taskId\":1}"'
	holds 14 default-dlq
	exits 0 tq-dlq list --foreign
	has_lines 3 out
	grep -qP '^\S+\tdefault\t20\S+Z\tthe message is not one of tq.s: .*\twho\\tis \\u202ethere$' out
	grep -qP '\tx{120}\.\.\.$' out
	grep -qP '^\S+\tmail\t20\S+Z\t-\t\{"taskId":1\}$' out
	# They are there, also for who looks next.
	cut -f1 out | sort >ids
	exits 0 tq-dlq list --foreign --json
	sed -nE 's/^\{"messageId":"([^"]*)",.*\}$/\1/p' out | sort | cmp - ids
	grep -qF '"size":300,"body":"xxx' out
	holds 14 default-dlq
	[ "$(sqs ReceiveMessage mail-dlq | grep -c '"Body"')" -eq 1 ]
	exits 0 tq-dlq list --foreign -q default --limit 1
	has_lines 1 out
	exits 0 tq-dlq list --foreign -q mail
	[ ! -s out ]
	exits 78 tq-dlq list --foreign -q nope
	[ "$(tq-dlq list | wc -l)" -eq 12 ]
}

@test "a task put by others, as docs/wire-format.md has it, is worked" {
	now=$(date +%s%3N)
	call dynamodb DynamoDB_20120810.PutItem "{\"TableName\":\"$NAME\",
	    \"ConditionExpression\":\"attribute_not_exists(pk)\",
	    \"Item\":{\"pk\":{\"S\":\"t#my-id\"},\"v\":{\"N\":\"1\"},
	    \"rev\":{\"N\":\"1\"},\"token\":{\"N\":\"1\"},
	    \"taskId\":{\"S\":\"my-id\"},\"queue\":{\"S\":\"default\"},
	    \"type\":{\"S\":\"text.transform\"},
	    \"status\":{\"S\":\"PENDING\"},
	    \"gsi\":{\"S\":\"default#PENDING#0\"},
	    \"ringAt\":{\"N\":\"$((now + 120000))\"},
	    \"createdAt\":{\"S\":\"2026-11-22T12:00:00.000Z\"},
	    \"payload\":{\"S\":\"\\\"some text\\\"\"},
	    \"payloadKind\":{\"S\":\"json\"},\"shade\":{\"S\":\"mauve\"}}}"
	send '{"v":1,"taskId":"my-id","type":"text.transform"}'
	status_is my-id PENDING
	exits 0 tq-work --drain
	status_is my-id COMPLETED
	tq-status --result my-id >out
	grep -qF '"upper":"SOME TEXT"' out
	holds 0 default
	holds 0 default-dlq
	# A member that tq does not know stays as it is.
	call dynamodb DynamoDB_20120810.GetItem "{\"TableName\":\"$NAME\",
	    \"Key\":{\"pk\":{\"S\":\"t#my-id\"}}}" >out
	grep -qF '"shade":{"S":"mauve"}' out
	grep -qF '"status":{"S":"COMPLETED"}' out
}

@test "a worker with commands and built-ins answers each message itself" {
	for _ in {1..30}; do
		printf '%s\n' '{"type":"x"}' '{"type":"text.transform","payload":"a"}'
	done | tq-submit --batch >ids
	exits 0 tq-work -v --on x=true --builtin --drain -j2
	[ "$(xargs tq-status --columns status <ids | sort | uniq -c | tr -s ' ')" = " 60 COMPLETED" ]
	# No message was put off as one that nobody has a handler for.
	grep '^tq-work: aws calls: ' err >calls
	run ! grep -q 'ChangeMessageVisibilityBatch [1-9][0-9]' calls
	emptied() {
		tq-work --on x=true --builtin --drain && holds 0 default
	}
	wait_until 60 emptied
}

@test "a big request whose key is there is looked up, not stored again" {
	head -c 20000 /dev/zero | tr '\0' x >big
	id=$(tq-submit note --text @big --key once)
	exits 0 tq-submit note --text @big --key once -v
	[ "$(cat out)" = "$id" ]
	grep -q 'aws calls: .*dynamodb GetItem 1' err
	run ! grep -qE 'PutItem|DeleteItem' err
}

@test "who waits for changes asks seldomer the longer there are none" {
	# Interrupted by timeout(1): what is counted is how often it asked.  On a busy
	# machine it may not have come to that.
	local s
	for s in 4 12 36; do
		timeout -s INT $s tq-status --follow -v >out 2>err || true
		! [[ $(cat err) =~ 'dynamodb Query '([0-9]+) ]] || break
	done
	[ "${BASH_REMATCH[1]}" -lt $((70 * s / 4)) ]
	# And it still tells.
	tq-status --follow >out 2>err &
	started+=($!)
	told() {
		tq-submit x >/dev/null && sleep 0.2 && [ -s out ]
	}
	wait_until 60 told
}

@test "who waits for a task asks seldomer the longer nothing happens" {
	id=$(tq-submit x)
	exits 3 tq-status -v --wait --timeout 4s "$id"
	[[ $(cat err) =~ 'dynamodb GetItem '([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -lt 12 ]
	# After a change it asks as at first, and still tells.
	tq-status --wait "$id" >ended 2>said &
	started+=($!)
	exits 0 tq-work --on x=true --drain
	wait $!
	grep -q "^$id.COMPLETED$" ended
}

@test "a command or data: input over what a record holds is refused, the others go in" {
	jq -nc '{type: "x", taskId: "a"}, {type: "exec", taskId: "b", argv: ["true",
	    ("x" * 120000), ("y" * 120000), ("z" * 120000)]}, {type: "x", taskId: "c",
	    input: ("data:," + "x" * 400000)}, {type: "x", taskId: "d",
	    input: ("data:," + "x" * 200000)}, {type: "x", taskId: "e"}' >lines
	exits 1 tq-submit --batch lines
	[ "$(cat out)" = $'a\nd\ne' ]
	says "task b: its command, variables or data: input are more than a record of"
	says "task c: its command"
	[ "$(tq-status --columns taskId a d e)" = $'a\nd\ne' ]
	exits 5 tq-status b
}

@test "a task whose payload is gone fails, and holds nobody up" {
	local at
	head -c 6000 /dev/zero | tr '\0' x >big
	tq-submit note --text @big --id broken --max-attempts 1 >/dev/null
	tq-submit note --id whole >/dev/null
	at=$(call dynamodb DynamoDB_20120810.GetItem \
	    "{\"TableName\":\"$NAME\",\"Key\":{\"pk\":{\"S\":\"t#broken\"}}}" |
	    sed -nE 's/.*"payloadAt":\{"S":"([^"]*)"\}.*/\1/p')
	[ -n "$at" ]
	call dynamodb DynamoDB_20120810.DeleteItem \
	    "{\"TableName\":\"$NAME\",\"Key\":{\"pk\":{\"S\":\"$at\"}}}"
	exits 0 tq-work --on note=true --drain
	status_is whole COMPLETED
	status_is broken FAILED
	tq-dlq list | grep -q 'its payload has expired'
}

# bats test_tags=long
@test "what 0.1.0's README says of AWS runs unchanged" {
	local old=$BATS_TEST_DIRNAME/../fixtures/README-0.1.0.md
	cp "$BATS_TEST_DIRNAME/../fixtures/image/420.jpg" photo.jpg
	{
		# It stays until it is told to end.
		echo 'tq-work() { timeout --preserve-status 5 tq-work "$@"; }; set -e'
		sed -n '/^## On AWS/,/^## What/s/^    \$ //p' "$old" |
		    grep -v '^export TQ_STORE='
	} >session
	has_lines 7 session
	exits 0 timeout 120 bash session
	grep -q 's3:GetObject' worker.json
	grep -q 'workers: none is running, and nothing waits' out
	[ "$(tq-status --list --status COMPLETED | wc -l)" -eq 1 ]
}
