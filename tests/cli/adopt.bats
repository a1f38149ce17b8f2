#!/usr/bin/env bats
# tq-work --adopt: messages that others put on the queue become tasks, and are
# tasks like any other from then on.

load helper
load standins

setup_file() {
	standins_start faults
}

# -- what others send ----------------------------------------------------------

S3_EVENT='{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3",
"awsRegion":"us-east-1","eventTime":"2026-11-22T12:00:00.000Z",
"eventName":"ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0",
"configurationId":"uploads","bucket":{"name":"BUCKET",
"ownerIdentity":{"principalId":"A1"},"arn":"arn:aws:s3:::BUCKET"},
"object":{"key":"KEY","size":1024,"eTag":"0123456789abcdef","sequencer":"00"}}}]}'
S3_TEST='{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"pics",
"Time":"2026-11-22T12:00:00.000Z","RequestId":"A","HostId":"B"}'
SNS='{
  "Type" : "Notification",
  "MessageId" : "8a5c9d3e-0000-4000-8000-000000000001",
  "TopicArn" : "arn:aws:sns:us-east-1:111122223333:news",
  "Message" : "{\"order\": 1.50, \"note\": \"a\\\\b\"}"
}'

# sent TEXT [MEMBERS]: send it; the MessageId.
sent() {
	send "$@" | sed -nE 's/.*"MessageId":"([^"]*)".*/\1/p'
}

# task_of MESSAGEID
task_of() {
	tq-status --list --label messageId="$1" | cut -f1
}

# ran N: so many times has ./note run.
ran() {
	local n=0
	[ ! -e ran ] || n=$(wc -l <ran)
	[ "$n" -eq "$1" ] || { echo "$n handlers ran, not $1"; return 1; }
}

# left N: so many messages stay, once those are gone that tasks have outlived.
# One that a long poll took with it when it was ended is hidden for a lease,
# so the workers before it have short ones.
left() {
	tq-work --on ev=false --drain && holds "$1" default
}

# A handler that notes which task it ran, and answers what it got.
setup_note() {
	printf '#!/bin/sh\necho "$TQ_TASK_ID" >>%q/ran\ncat\n' "$PWD" >note
	chmod +x note
}

# -- adopted -------------------------------------------------------------------

@test "events, envelopes and texts become tasks; the payload is the body" {
	setup_note
	printf -v text 'say "hi",\n\tC:\\dir'
	i=0
	for body in "$S3_EVENT" "$S3_TEST" "$SNS" "$text" '{"no": json' 17; do
		sent "$body" >"id.$i"
		printf %s "$body" >"body.$i"
		i=$((i + 1))
	done
	exits 0 tq-work --adopt ev --on "ev=$PWD/note" --drain
	ran 6
	for ((i = 0; i < 6; i++)); do
		id=$(task_of "$(cat "id.$i")")
		status_is "$id" COMPLETED
		[ "$(field "$id" type)" = ev ]
		tq-status --result "$id" | cmp - "body.$i"
		kind=$(field "$id" payloadKind)
		case $i in
		[3-4]) [ "$kind" = text ] ;;
		*) [ -z "$kind" ] ;;
		esac
	done
	holds 0 default
	holds 0 default-dlq
}

@test "a body of 100 KiB, and one of 10 KiB, come whole" {
	for size in 10000 100000; do
		head -c "$size" /dev/urandom | base64 -w0 | head -c "$size" \
		    >"body.$size"
		sent "$(cat "body.$size")" >"id.$size"
	done
	exits 0 tq-work --adopt ev --on ev=cat --drain
	for size in 10000 100000; do
		id=$(task_of "$(cat "id.$size")")
		tq-status --result "$id" | cmp - "body.$size"
		# And it is kept, for whoever asks later.
		tq-status --json "$id" | sed 's/"result":.*//' >record
		grep -qFf "body.$size" record
	done
	holds 0 default
}

@test "its trace goes with it" {
	msg=$(sent one '"MessageAttributes":{"traceparent":{
	    "DataType":"String","StringValue":
	    "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01"}}')
	bad=$(sent two '"MessageAttributes":{"traceparent":{
	    "DataType":"String","StringValue":"00-no"}}')
	exits 0 tq-work --adopt ev --on 'ev=echo "<$TRACEPARENT>"' --drain
	[ "$(tq-status --result "$(task_of "$msg")")" = \
	    "<00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01>" ]
	[ "$(tq-status --result "$(task_of "$bad")")" = "<>" ]
}

@test "our own tasks are worked beside them, doorbells are not adopted" {
	setup_note
	own=$(tq-submit x '"own"')
	other=$(tq-submit ev '"ours"')
	msg=$(sent theirs)
	send '{"v":2,"taskId":"of-the-future","type":"x"}'
	exits 0 tq-work --adopt ev --on "ev=$PWD/note" --on x=cat --drain
	status_is "$own" COMPLETED
	status_is "$other" COMPLETED
	status_is "$(task_of "$msg")" COMPLETED
	ran 2
	[ "$(tq-status --list | wc -l)" -eq 3 ]
	holds 1 default		# that of a newer tq
	holds 0 default-dlq
}

@test "a built-in handler can be whose tasks they become" {
	setup_note
	msg=$(sent '{"text": "shout"}')
	exits 0 tq-work --adopt text.transform --builtin --drain \
	    --on "ev=$PWD/note"
	tq-status --result "$(task_of "$msg")" >out
	grep -qF '"upper":"SHOUT"' out
	ran 0
	holds 0 default-dlq
}

@test "what only looks like a doorbell is adopted" {
	one=$(sent '{"taskId":"x1","type":"resize","size":3}')
	two=$(sent '{"v":2,"event":"signup"}')
	exits 0 tq-work --adopt ev --on ev=cat --drain
	[ "$(tq-status --result "$(task_of "$one")")" = \
	    '{"taskId":"x1","type":"resize","size":3}' ]
	status_is "$(task_of "$two")" COMPLETED
	holds 0 default
}

# -- once ----------------------------------------------------------------------

@test "one task, though four workers receive at once" {
	setup_note
	for i in {1..12}; do
		sent "event $i" >>ids
	done
	for _ in 1 2 3; do
		tq-work --adopt ev --on "ev=$PWD/note" -j4 --drain &
	done
	exits 0 tq-work --adopt ev --on "ev=$PWD/note" -j4 --drain
	wait
	ran 12
	[ "$(sort -u ran | wc -l)" -eq 12 ]
	[ "$(tq-status --list -S COMPLETED | wc -l)" -eq 12 ]
	wait_until 60 left 0
}

# From here on calls go through the proxy that makes faults, which gets a rule.
fault() {
	. "$BATS_FILE_TMPDIR/aws/env.faults"
	curl -sS --fail-with-body --max-time 60 -X POST "$FAULTS/reset"
	curl -sS --fail-with-body --max-time 60 -X PUT "$FAULTS/faults" \
	    -d "[{$1}]"
}

@test "a message delivered again rings for the task that it became" {
	setup_note
	mkfifo go
	msg=$(sent again)
	fault '"on":"sqs.ReceiveMessage","fault":"duplicate"'
	tq-work --adopt ev --on "ev=$PWD/note; cat '$PWD/go'" --once 3>&- &
	wait_until 60 ran 1
	id=$(task_of "$msg")
	status_is "$id" RUNNING
	exits 0 tq-work --adopt ev --on "ev=$PWD/note" --once
	# A worker that adopts nothing knows it too.
	exits 0 tq-work --on other=true --once
	status_is "$id" RUNNING
	echo 'done' >go
	wait $!
	status_is "$id" COMPLETED
	exits 0 tq-work --adopt ev --on "ev=$PWD/note" --once
	exits 0 tq-work --on other=true --once
	ran 1
	[ "$(tq-status --list | wc -l)" -eq 1 ]
	[ "$(field "$id" attempts)" = 1 ]
	holds 0 default
	holds 0 default-dlq
}

@test "a message that comes damaged is not adopted, and not lost" {
	msg=$(sent 'take care')
	fault '"on":"sqs.ReceiveMessage","fault":"corrupt","next":1'
	exits 0 tq-work --adopt ev --on ev=cat --drain
	[ "$(tq-status --list | wc -l)" -eq 0 ]
	holds 1 default
	holds 0 default-dlq
}

@test "a worker killed in the middle: another one completes the same task" {
	mkfifo go
	msg=$(sent 'kill me')
	tq-work --adopt ev --on "ev=cat '$PWD/go'" --lease 2s --once 3>&- &
	pid=$!
	adopted() { [ -n "$(task_of "$msg")" ]; }
	wait_until 60 adopted
	id=$(task_of "$msg")
	wait_until 60 status_is "$id" RUNNING
	kill -9 "$pid"
	wait "$pid" || true
	# It need not adopt: the task is there.
	exits 0 tq-work --on ev=cat --drain=all --lease 2s
	status_is "$id" COMPLETED
	[ "$(tq-status --result "$id")" = 'kill me' ]
	[ "$(field "$id" attempts)" = 2 ]
	[ "$(tq-status --list | wc -l)" -eq 1 ]
	wait_until 60 left 0
	holds 0 default-dlq
}

@test "a worker killed between the record and its claim: the task is there" {
	head -c 100000 /dev/zero | tr '\0' x >body
	msg=$(sent "$(cat body)")
	# The claim's write gets no answer.
	fault '"on":"dynamodb.PutItem","match":"RUNNING","fault":"hang"'
	tq-work --adopt ev --on ev=cat --lease 2s --once 3>&- &
	pid=$!
	adopted() { [ -n "$(task_of "$msg")" ]; }
	wait_until 60 adopted
	kill -9 "$pid"
	wait "$pid" || true
	. "$BATS_FILE_TMPDIR/aws/env"
	id=$(task_of "$msg")
	status_is "$id" PENDING
	exits 0 tq-work --adopt ev --on ev=cat --drain=all --lease 2s
	[ "$(tq-status --list | wc -l)" -eq 1 ]
	tq-status --result "$id" | cmp - body
	[ "$(field "$id" attempts)" = 1 ]
	wait_until 60 left 0
}

@test "its message got lost: the task runs all the same" {
	msg=$(sent 'lose me')
	exits 0 tq-work --adopt ev --on 'ev=echo retry-after 1s >&3; exit 1' \
	    --once
	id=$(task_of "$msg")
	status_is "$id" RETRYING
	sqs PurgeQueue default
	holds 0 default
	exits 0 tq-work --on ev=cat --drain=all
	status_is "$id" COMPLETED
	[ "$(tq-status --result "$id")" = 'lose me' ]
}

# -- failed --------------------------------------------------------------------

@test "a handler that fails: tried again, then dead, listed and redriven" {
	msg=$(sent '{"bad": true}')
	exits 1 tq-work --adopt ev --drain=all --lease 2s -v \
	    --on 'ev=echo retry-after 100ms >&3; echo no good >&2; exit 1'
	[ "$(grep -c event=retry err)" -eq 2 ]
	id=$(task_of "$msg")
	status_is "$id" FAILED
	[ "$(tq-dlq list | cut -f1)" = "$id" ]
	tq-dlq show "$id" >shown
	grep -qF 'no good' shown
	grep -qF '"bad": true' shown
	wait_until 60 left 0
	holds 1 default-dlq
	exits 0 tq-dlq redrive "$id"
	exits 0 tq-work --on ev=cat --drain
	[ "$(tq-status --result "$id")" = '{"bad": true}' ]
	wait_until 60 left 0
	holds 0 default-dlq
}

@test "a retry in an hour needs no message until then" {
	msg=$(sent later)
	exits 0 tq-work --adopt ev --once \
	    --on 'ev=echo retry-after 1h >&3; exit 1'
	status_is "$(task_of "$msg")" RETRYING
	holds 0 default
}

@test "cancelled before it runs: its message goes, and it never runs" {
	setup_note
	msg=$(sent stop)
	# Adopted by a worker whose handlers are all busy elsewhere.
	exits 0 tq-work --adopt ev --once --on 'ev=exit 75'
	id=$(task_of "$msg")
	status_is "$id" PENDING
	tq-ctl cancel "$id"
	exits 0 tq-work --adopt ev --on "ev=$PWD/note" --drain=all
	status_is "$id" CANCELLED
	ran 0
}

# -- not adopted ---------------------------------------------------------------

@test "without --adopt it goes to the DLQ, with the reason" {
	msg=$(sent "$S3_EVENT")
	exits 0 tq-work --on ev=true --drain
	# A look for it finds the worker's word.
	says "queue default: 1 message is not tq's, moved to its dead-letter queue (tq-dlq list --foreign); --adopt TYPE"
	has_lines 1 err
	[ -z "$(task_of "$msg")" ]
	holds 0 default
	sqs ReceiveMessage default-dlq '"MessageAttributeNames":["All"]' >out
	grep -qF tq-reason out
	grep -qF "not one of tq's" out
}

@test "--adopt wants a handler for its type, and an aws store" {
	exits 2 tq-work --adopt ev --on other=true --drain
	says 'no handler for "ev"'
	has_lines 1 err
	exits 2 tq-work --adopt ev --drain
	exits 2 tq-work --adopt 'e v' --on ev=true --drain
	says '--adopt: "e v" is no name of a type'
	has_lines 1 err
	exits 2 tq-work --adopt '' --on ev=true --drain
	says 'is no name of a type'
	exits 2 tq-work --adopt ev --on ev=true --drain \
	    --store "sqlite:$PWD/none.db"
	says '--adopt: only an aws: store'
	has_lines 1 err
	[ ! -e none.db ]
}
