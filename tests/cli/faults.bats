#!/usr/bin/env bats
# The tools on the aws store while its services fail: tests/aws/faults.mjs
# stands in front of the stand-ins.  Whatever it does, each task is completed,
# its completion accepted once, and nothing is dead that should not be.

load helper
load standins

setup_file() {
	standins_start faults
}

# The tools go through the proxy; what a test asks for itself does not.
eval "standins_$(declare -f setup)"
setup() {
	standins_setup
	DIRECT=("AWS_ENDPOINT_URL_SQS=$AWS_ENDPOINT_URL_SQS"
	    "AWS_ENDPOINT_URL_S3=$AWS_ENDPOINT_URL_S3"
	    "AWS_ENDPOINT_URL_DYNAMODB=$AWS_ENDPOINT_URL_DYNAMODB")
	. "$BATS_FILE_TMPDIR/aws/env.faults"
	faults POST reset
}

eval "helper_$(declare -f teardown)"
teardown() {
	if [ -n "${FAULTS:-}" ]; then
		faults POST reset
		# Shown if the test failed.
		echo "TQ_FAULT_SEED=$(faults GET seed)"
	fi
	helper_teardown
}

# The handler says which claim of which task it works for.
SAY='printenv TQ_TASK_ID TQ_TOKEN'

# -- the proxy ---------------------------------------------------------------

# faults METHOD PATH [ARGS...]: ask its control port.
faults() {
	curl -sS --fail-with-body --max-time 60 -X "$1" "$FAULTS/$2" "${@:3}"
}

# rules RULE...: hold from now on.
rules() {
	local IFS=,
	faults PUT faults -d "[$*]"
}

# fired N ON [FAULT]: so many faults at least were given to such calls.
fired() {
	local n
	n=$(faults GET "count?on=$2&fault=${3:-any}")
	[ "$n" -ge "$1" ] || {
		echo "$n times ${3:-a fault} on $2, not $1"
		faults GET faults
		return 1
	}
}

# -- what is promised --------------------------------------------------------

# direct CMD...: past the proxy.
direct() {
	env "${DIRECT[@]}" "$@"
}

# submit N: so many tasks by key, so that a submit may be repeated.
submit() {
	seq 1 "$1" | sed 's/.*/{"type":"x","key":"k&","maxAttempts":20}/' |
	    tq-submit --batch >ids 2>err
}

# use_passing_keys: AWS credentials by a program that gives others each time.
use_passing_keys() {
	cat >keys <<-'EOF'
	#!/bin/sh
	id=$(od -An -N8 -tx1 /dev/urandom | tr -d ' ')
	echo '{"Version":1,"AccessKeyId":"AKID'$id'","SecretAccessKey":"s",
	    "SessionToken":"t"}'
	echo $id >>keys.given
	EOF
	chmod +x keys
	printf '[default]\ncredential_process = %s/keys\n' "$PWD" >config
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	export AWS_CONFIG_FILE=$PWD/config
}

# quiet: what was last done had nothing to say on stderr.
quiet() {
	[ ! -s err ] || {
		echo "said:"
		head -c 2000 err
		return 1
	}
}

# only PATTERN FILE: nothing else is said there.
only() {
	local others
	others=$(grep -vE "$1" "$2") || return 0
	head -5 <<<"$others"
	return 1
}

# accepted_once N: N tasks, COMPLETED by one write each, with the result of
# the claim that the write was for; none dead, the DLQ empty.
accepted_once() {
	faults GET 'log?on=dynamodb.PutItem&tsv=pk,to,status,token,result' |
	    awk -F'\t' '$2 == "COMPLETED" && $3 == 200 {
		sub("^t#", "", $1); print $1, $4, $5 }' >accepted
	cut -d' ' -f1 accepted | sort | uniq -d >twice
	[ ! -s twice ] || { echo "accepted twice:"; head twice; return 1; }
	awk '$1 != $3 || $2 != $4 { print "not its own result:", $0; bad = 1 }
	    END { exit bad }' accepted
	has_lines "$1" accepted
	direct tq-status --list -S COMPLETED --limit 100000 --columns taskId |
	    sort >completed
	cut -d' ' -f1 accepted | sort | cmp - completed
	[ "$(direct tq-status --list --limit 100000 | wc -l)" -eq "$1" ]
	[ "$(direct tq-dlq list | wc -l)" -eq 0 ]
	direct_holds 0 default-dlq
}

direct_holds() (
	export "${DIRECT[@]}"
	holds "$@"
)

# ends_empty: what is left on the queue is of finished tasks and goes.
ends_empty() {
	rules
	tq-work --on x=false --lease 2s >work.out 2>work.err 3>&- &
	started+=($!)
	wait_until 60 direct_holds 0 default
	kill $!
	wait $! || true
	[ ! -s work.err ]
}

# works N [OPTION...]: a worker does N tasks that were submitted, in silence.
works() {
	exits 0 tq-work --on "x=$SAY" --drain -j 8 "${@:2}"
	quiet
	accepted_once "$1"
}

# -- one fault at a time -----------------------------------------------------
#
# A call gets three tries, four on DynamoDB.  The rules are such that none is
# hit so often; of the 32 calls at a time those that fail are repeated at once.

@test "lost responses: what was done is not done again" {
	rules '{"on":"dynamodb.*Get*","fault":"lost","nth":2}' \
	    '{"on":"dynamodb.*","fault":"lost","every":7}' \
	    '{"on":"sqs.GetQueueUrl","fault":"lost","nth":1}' \
	    '{"on":"sqs.SendMessageBatch","fault":"lost","nth":1}' \
	    '{"on":"sqs.ReceiveMessage","fault":"lost","nth":1,"reset":true}' \
	    '{"on":"sqs.DeleteMessageBatch","fault":"lost","nth":1}'
	submit 30
	quiet
	works 30 --lease 8s
	fired 5 dynamodb.PutItem
	fired 1 'dynamodb.*Get*'
	fired 4 'sqs.*'
	ends_empty
}

@test "errors 500 and 503, before it was done and after" {
	rules '{"on":"dynamodb.*","fault":"error","every":11,"status":503}' \
	    '{"on":"dynamodb.*","fault":"error","every":7,"done":true}' \
	    '{"on":"sqs.GetQueueUrl","fault":"error","nth":1}' \
	    '{"on":"sqs.*Batch","fault":"error","nth":1,"status":503}' \
	    '{"on":"sqs.*Batch","fault":"error","nth":4,"done":true}' \
	    '{"on":"sqs.ReceiveMessage","fault":"error","nth":1,"done":true}' \
	    '{"on":"sqs.ReceiveMessage","fault":"error","nth":3}'
	submit 30
	quiet
	works 30
	fired 10 'dynamodb.*'
	fired 5 'sqs.*'
}

@test "throttles: slower, and nothing else" {
	rules '{"on":"dynamodb.PutItem","fault":"throttle","every":9}' \
	    '{"on":"dynamodb.*Get*","fault":"throttle","nth":3,
		"code":"ThrottlingException"}' \
	    '{"on":"sqs.*","fault":"throttle","nth":2}' \
	    '{"on":"sqs.*","fault":"throttle","nth":5,"status":400}'
	submit 30
	quiet
	works 30
	fired 5 dynamodb.PutItem
	fired 1 'dynamodb.*Get*'
	fired 2 'sqs.*'
}

@test "too many messages in flight: none come, and nothing is wrong" {
	rules '{"on":"sqs.ReceiveMessage","fault":"throttle","every":1,
		"match":"\"WaitTimeSeconds\":0","code":"OverLimit"}'
	submit 5
	quiet
	works 5
	fired 1 sqs.ReceiveMessage
}

@test "a queue that was just made is not known for a moment" {
	rules '{"on":"sqs.GetQueueAttributes","fault":"throttle","next":2,
		"status":400,"code":"QueueDoesNotExist","match":"young"}'
	exits 0 tq-ctl init -q young
	quiet
	fired 2 sqs.GetQueueAttributes
	tq-submit x -q young >id
	exits 0 tq-work --on "x=$SAY" --drain -q young
	exits 0 tq-status --wait "$(cat id)"
}

@test "answers that are cut short or damaged are asked for again" {
	rules '{"on":"*","fault":"truncate","every":23}' \
	    '{"on":"*","fault":"truncate","every":17,"chunked":true}' \
	    '{"on":"dynamodb.*","fault":"corrupt","every":11}' \
	    '{"on":"sqs.SendMessageBatch","fault":"corrupt","nth":2}' \
	    '{"on":"sqs.ReceiveMessage","fault":"corrupt","next":1}'
	submit 30
	quiet
	works 30
	fired 4 '*' truncate
	fired 5 'dynamodb.*' corrupt
	fired 1 sqs.SendMessageBatch corrupt
	fired 1 sqs.ReceiveMessage corrupt
}

@test "payloads and results in the bucket survive what befalls it" {
	head -c 200000 /dev/urandom | base64 -w0 | head -c 200000 >in
	rules '{"on":"s3.PUT","fault":"lost","nth":1}' \
	    '{"on":"s3.PUT","fault":"error","nth":3,"done":true}' \
	    '{"on":"s3.GET","fault":"throttle","nth":1}' \
	    '{"on":"s3.GET","fault":"error","nth":3,"status":503}'
	for id in a b; do
		tq-submit --text echo --id "$id" - <in 2>err
		quiet
	done
	exits 0 tq-work --on echo=cat --drain
	quiet
	fired 2 s3.PUT
	fired 2 s3.GET
	rules '{"on":"s3.GET","fault":"truncate","nth":1}' \
	    '{"on":"s3.GET","fault":"truncate","nth":2,"chunked":true}' \
	    '{"on":"s3.GET","fault":"corrupt","nth":4}'
	for id in a b; do
		tq-status --result "$id" | cmp - in
	done
	fired 1 s3.GET corrupt
}

@test "messages that come again, in flight or deleted, start nothing" {
	rules '{"on":"sqs.ReceiveMessage","fault":"duplicate"}'
	submit 40
	tq-work --on "x=echo >>ran; $SAY" --drain -j 2 2>err2 3>&- &
	started+=($!)
	exits 0 tq-work --on "x=echo >>ran; $SAY" --drain -j 2
	quiet
	wait $!
	[ ! -s err2 ]
	accepted_once 40
	has_lines 40 ran
	fired 5 sqs.ReceiveMessage
}

@test "of a batch some entries fail, or are said to" {
	rules '{"on":"sqs.SendMessageBatch","fault":"entries","nth":1,
		"share":0.3}' \
	    '{"on":"sqs.SendMessageBatch","fault":"entries","nth":3,
		"done":true}' \
	    '{"on":"sqs.DeleteMessageBatch","fault":"entries","nth":1}' \
	    '{"on":"sqs.DeleteMessageBatch","fault":"entries","nth":3,
		"done":true}'
	submit 40
	quiet
	works 40
	fired 2 sqs.SendMessageBatch
	fired 2 sqs.DeleteMessageBatch
	# Messages that were sent twice may be left.
	ends_empty
}

@test "entries that are the sender's fault are not sent again" {
	submit 1
	rules '{"on":"sqs.DeleteMessageBatch","fault":"entries","every":1,
		"share":1,"code":"ReceiptHandleIsInvalid"}'
	works 1
	[ "$(faults GET 'count?on=sqs.DeleteMessageBatch')" -eq 1 ]
}

@test "entries that fail for good are owed, and a sweep sends them" {
	rules '{"on":"sqs.SendMessageBatch","fault":"entries","share":1}'
	submit 12
	says '12 tasks are stored, their delivery is owed: a sweep sends them (sqs SendMessageBatch: InternalError: an error'
	has_lines 1 err
	has_lines 12 ids
	direct_holds 0 default
	rules
	exits 0 tq-ctl sweep --json
	grep -qF '"rung":12' out
	direct_holds 12 default
	works 12
}

@test "unprocessed keys are asked for again" {
	rules '{"on":"dynamodb.Batch*","fault":"unprocessed","nth":1,"share":1}' \
	    '{"on":"dynamodb.Batch*","fault":"unprocessed","every":2}'
	submit 40
	works 40
	fired 2 dynamodb.BatchGetItem
}

@test "expired tokens are renewed in mid-run" {
	use_passing_keys
	rules '{"on":"*","fault":"expired","uses":50}'
	submit 60
	quiet
	exits 0 tq-work --on "x=$SAY" --drain -j 8
	quiet
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
	accepted_once 60
	fired 3 '*' expired
	[ "$(wc -l <keys.given)" -ge 4 ]
}

@test "a clock that is half an hour slow, or fast, is corrected for" {
	for minutes in 30 -30; do
		rules "{\"on\":\"*\",\"fault\":\"clock\",\"minutes\":$minutes}"
		tq-submit x --key "$minutes" >id 2>err
		quiet
		tq-submit again --backoff 50ms --key "again$minutes" >again
		submit 20
		quiet
		# Whoever waits must not wait for half an hour.
		rm -f tried
		exits 0 timeout 120 tq-work --on "x=$SAY" --drain=all -j 8 \
		    --on "again=test -e tried || { touch tried; exit 1; }"
		quiet
		[ "$(field "$(cat again)" attempts)" -eq 2 ]
		fired 20 dynamodb.PutItem clock
		fired 1 'sqs.*' clock
		# Times are those of the service.
		at=$(date -d "$(field "$(cat id)" createdAt)" +%s)
		ahead=$((at - $(date +%s) - minutes * 60))
		[ "${ahead#-}" -le 120 ]
	done
}

# bats test_tags=waits
@test "a connection that never answers is given up, and the call repeated" {
	submit 20
	quiet
	# Each for another process: it takes seconds to give up a try.
	rules '{"on":"sqs.SendMessageBatch","fault":"hang","nth":1}' \
	    '{"on":"dynamodb.PutItem","match":"t#b","fault":"hang","nth":1,
		"done":true}' \
	    '{"on":"sqs.ReceiveMessage","fault":"hang","nth":1}'
	tq-submit x --id a >id.a 2>err.a 3>&- &
	started+=($!)
	tq-submit x --id b >id.b 2>err.b 3>&- &
	started+=($!)
	exits 0 tq-work --on "x=$SAY" --drain -j 8
	quiet
	wait "${started[@]}"
	[ ! -s err.a ] && [ ! -s err.b ]
	works 22
	fired 3 '*' hang
}

# bats test_tags=waits
@test "an SQS that does not answer costs a submit one time-out, and is owed" {
	rules '{"on":"sqs.*","fault":"hang"}'
	exits 0 tq-submit x --id a
	says 'its delivery is owed'
	# Two tries for the queue's address; the record says at once that a
	# message is owed, and none is tried to be sent.
	[ "$(faults GET 'count?on=sqs.*&fault=hang')" -eq 2 ]
	[ "$(faults GET 'log?on=dynamodb.PutItem&tsv=pk' | grep -c '^t#a')" -eq 1 ]
	rules
	exits 0 tq-work --on "x=$SAY" --drain
	status_is a COMPLETED
}

# posted STATUS: a task is posted to tq-serve at ${url}, which answers so.
posted() {
	[ "$(curl -sS --max-time 60 -o out -w '%{http_code}' "$url/v1/tasks" \
	    -H 'Content-Type: application/json' -d '{"type":"x"}')" = "$1" ]
}

# bats test_tags=waits
@test "while SQS does not answer, tq-serve answers 202, and 201 when it does again" {
	local i n
	tq-serve --listen 127.0.0.1:0 2>said 3>&- &
	started+=($!)
	wait_until 60 grep -q 'listening on' said
	url=$(sed -nE 's/.*listening on (http[^ ]*).*/\1/p' said)
	posted 201
	rules '{"on":"sqs.*","fault":"hang"}'
	for i in 1 2 3 4 5; do
		posted 202
		grep -qF '"status":"PENDING"' out
	done
	# Two tries found out; since then at most a probe a task.
	fired 2 'sqs.*' hang
	[ "$(faults GET 'count?on=sqs.*&fault=hang')" -le 6 ]
	rules
	wait_until 60 posted 201
	n=$(tq-status --list | wc -l)
	exits 0 tq-work --on "x=$SAY" --drain
	[ "$(tq-status --list -S COMPLETED | wc -l)" -eq "$n" ]
}

# held N: are N calls held?
held() {
	[ "$(faults GET held | wc -l)" -eq "$1" ]
}

# fired_none ON: was there such a call, unharmed?
fired_none() {
	[ "$(faults GET "count?on=$1&fault=none")" -gt 0 ]
}

# renewals ID: how often its record was written as RUNNING.
renewals() {
	faults GET 'log?on=dynamodb.PutItem&tsv=pk,to,end' |
	    awk -F'\t' -v pk="t#$1" \
	    '$1 == pk && $2 == "RUNNING" && $3 == 200 { n++ } END { print n + 0 }'
}

renewed() {
	[ "$(renewals "$2")" -ge "$1" ]
}

# bats test_tags=waits
@test "an idle worker says within ten seconds that SQS does not answer" {
	tq-work --on "x=$SAY" >out 2>err 3>&- &
	started+=($!)
	wait_until 30 fired_none sqs.ReceiveMessage
	rules '{"on":"sqs.*","fault":"hang"}'
	wait_until 60 grep -q 'trying again' err
	grep -qE 'sqs ReceiveMessage: .*no answer for [0-9] s; .*trying again' err
	rules
	wait_until 60 grep -q 'answers again' err
	has_lines 2 err
}

# bats test_tags=waits
@test "an idle worker says what DynamoDB does not answer, and goes on when it does" {
	tq-work --on "x=$SAY" >out 2>err 3>&- &
	started+=($!)
	wait_until 30 fired_none dynamodb.Query
	rules '{"on":"dynamodb.*","fault":"hang"}'
	wait_until 60 grep -q 'trying again' err
	grep -qE 'dynamodb [A-Za-z]+: .*(timed out|no answer for).*; trying again' err
	rules
	wait_until 60 grep -q 'answers again' err
	direct tq-submit x --id after
	wait_until 60 status_is after COMPLETED
}

# bats test_tags=waits
@test "while SQS does not answer, leases are renewed and nothing starts twice" {
	tq-submit long --id long 2>err
	tq-submit short --id short 2>>err
	quiet
	tq-work --on 'long=echo >>ran; until [ -e end ]; do sleep 0.1; done' \
	    --on 'short=echo >>go; until [ -e went ]; do sleep 0.1; done' \
	    -j 2 --lease 6s >out1 2>err1 3>&- &
	started+=($!)
	wait_until 10 test -e ran -a -e go
	rules '{"on":"sqs.*","fault":"hang"}'
	# Somebody else would take it over, 5 s after its lease.
	direct tq-work --on 'long=echo >>ran' --on 'short=echo >>go' \
	    --lease 6s >out2 2>err2 3>&- &
	started+=($!)
	# The one that ends wants the next message, and has one to be deleted.
	touch went
	wait_until 20 fired 2 'sqs.*' hang
	wait_until 20 status_is short COMPLETED
	n=$(renewals long)
	wait_until 40 renewed $((n + 7)) long
	status_is short COMPLETED
	status_is long RUNNING
	touch end
	rules
	wait_until 60 status_is long COMPLETED
	has_lines 1 ran
	has_lines 1 go
	[ "$(field long attempts)" -eq 1 ]
	[ ! -s err2 ]
}

# bats test_tags=waits
@test "while S3 takes an output, leases are renewed and other tasks run" {
	tq-submit big --id big 2>err
	tq-submit long --id long 2>>err
	quiet
	rules '{"on":"s3.PUT","fault":"hold"}'
	tq-work --on 'big=head -c 5000000 /dev/zero >"$TQ_OUTPUT"' \
	    --on 'long=until [ -e end ]; do sleep 0.1; done' --on short=true \
	    -j 3 --lease 6s >out1 2>err1 3>&- &
	started+=($!)
	wait_until 20 held 1
	n=$(renewals big) m=$(renewals long)
	direct tq-submit short --id short
	wait_until 30 status_is short COMPLETED
	wait_until 40 renewed $((n + 2)) big
	wait_until 40 renewed $((m + 2)) long
	status_is big RUNNING
	held 1
	touch end
	wait_until 20 status_is long COMPLETED
	rules
	faults POST release
	wait_until 20 status_is big COMPLETED
	[ "$(field big outputSize)" -eq 5000000 ]
	[ "$(field big attempts)" -eq 1 ]
	[ ! -s err1 ]
}

@test "a claim that fails after a finish: what was finished counts" {
	submit 20
	rules '{"on":"sqs.ReceiveMessage","fault":"error","nth":3}' \
	    '{"on":"sqs.ReceiveMessage","fault":"error","nth":4}' \
	    '{"on":"sqs.ReceiveMessage","fault":"error","nth":5}'
	exits 0 tq-work --on "x=$SAY" --drain -j 2
	quiet
	accepted_once 20
	fired 3 sqs.ReceiveMessage
}

@test "a store in trouble for longer: the worker tries on, and loses nothing" {
	submit 20
	rules '{"on":"dynamodb.Query","fault":"corrupt","next":5}' \
	    '{"on":"dynamodb.PutItem","match":"COMPLETED","fault":"error",
		"next":8,"done":true}' \
	    '{"on":"dynamodb.PutItem","match":"COMPLETED","fault":"error",
		"next":24}'
	exits 0 tq-work --on "x=$SAY" --drain -j 4
	cp err said
	only ' event=store .*(trying again|answers again)' said
	grep -q 'answers again' said
	accepted_once 20
	fired 5 dynamodb.Query
	fired 32 dynamodb.PutItem
}

# -- killed in between -------------------------------------------------------

# kill_all PID...: with -9, and wait for their children too.
kill_all() {
	local pid
	kill -9 "$@"
	for pid in "$@"; do
		wait "$pid" || true
		wait_until 60 eval "! pgrep -P $pid >/dev/null"
	done 2>/dev/null
}

# buried ID: dead, listed once, all steps of its move to the DLQ made.
buried() {
	direct_item "$1" >item && grep -qF '"status":{"S":"FAILED"}' item &&
	    ! grep -q dlqOwed item
}

direct_item() (
	export "${DIRECT[@]}"
	call dynamodb DynamoDB_20120810.GetItem "{\"TableName\":\"$NAME\",
	    \"ConsistentRead\":true,\"Key\":{\"pk\":{\"S\":\"t#$1\"}}}"
)

# Five tasks die, each by a worker of its own that is killed at another step of
# its way into the DLQ.  One after the other: a call is given up after 10 s.
# bats test_tags=waits
@test "kill -9 between any two steps of a move to the DLQ" {
	local i
	for i in 1 2 3 4 5; do
		direct tq-ctl init -q "q$i" >/dev/null
		direct tq-submit -q "q$i" x --id "dies-$i" --max-attempts 1
	done
	# Before each step, and behind the last.
	rules '{"on":"dynamodb.PutItem","match":"dies-1.*FAILED","fault":"hold"}' \
	    '{"on":"sqs.SendMessage*","match":"dies-2.*dead","fault":"hold"}' \
	    '{"on":"sqs.DeleteMessage*","match":"-q3","fault":"hold"}' \
	    '{"on":"dynamodb.PutItem","match":"dies-4.*FAILED","fault":"hold",
		"nth":2}' \
	    '{"on":"dynamodb.PutItem","match":"dies-5.*FAILED","fault":"hold",
		"nth":2,"done":true}'
	for i in 1 2 3 4 5; do
		tq-work -q "q$i" --on x=false --lease 2s 2>/dev/null 3>&- &
		wait_until 60 held 1
		kill_all $!
		wait_until 60 held 0
	done
	# It was killed where it should have been.
	status_is dies-1 RUNNING
	for i in 2 3 4; do
		status_is "dies-$i" FAILED
		direct_item "dies-$i" | grep -qF '"dlqOwed":{"BOOL":true}'
	done
	run ! buried dies-1
	buried dies-5
	direct_holds 0 q2-dlq
	for i in 3 4 5; do
		direct_holds 1 "q$i-dlq"
	done
	direct_holds 1 q3
	direct_holds 0 q4

	rules
	exits 0 tq-ctl sweep
	tq-work -q q1 -q q2 -q q3 -q q4 -q q5 --on x=false --lease 2s \
	    2>/dev/null 3>&- &
	started+=($!)
	for i in 1 2 3 4 5; do
		wait_until 60 buried "dies-$i"
		wait_until 60 direct_holds 0 "q$i"
		run ! direct_holds 0 "q$i-dlq"
	done
	tq-dlq list | cut -f1 | sort | tr '\n' ' ' >dead
	[ "$(cat dead)" = 'dies-1 dies-2 dies-3 dies-4 dies-5 ' ]
}

@test "kill -9 of tq-submit between the record and its message" {
	rules '{"on":"sqs.SendMessageBatch","fault":"hold"}'
	tq-submit x --id silent 2>err 3>&- &
	wait_until 60 held 1
	kill_all $!
	rules
	status_is silent PENDING
	direct_holds 0 default
	# Nobody knows that a send is owed.  Two minutes later a sweep finds out:
	# they pass by moving ringAt.
	exits 0 tq-ctl sweep --json
	grep -qF '"rung":0' out
	call dynamodb DynamoDB_20120810.UpdateItem "{\"TableName\":\"$NAME\",
	    \"Key\":{\"pk\":{\"S\":\"t#silent\"}},
	    \"UpdateExpression\":\"SET #r = :r\",
	    \"ExpressionAttributeNames\":{\"#r\":\"ringAt\"},
	    \"ExpressionAttributeValues\":{\":r\":{\"N\":\"$(date +%s)000\"}}}"
	exits 0 tq-ctl sweep --json
	grep -qF '"rung":1' out
	direct_holds 1 default
	exits 0 tq-work --on "x=$SAY" --drain
	status_is silent COMPLETED
}

@test "kill -9 of tq-submit before its message: a worker finds the record" {
	rules '{"on":"sqs.SendMessageBatch","fault":"hold"}'
	tq-submit x --id silent 2>err 3>&- &
	wait_until 60 held 1
	kill_all $!
	rules
	direct_holds 0 default
	exits 0 tq-work --on "x=$SAY" --drain
	status_is silent COMPLETED
}

# -- in order ----------------------------------------------------------------

@test "a worker that stays is known before it takes a task" {
	tq-submit x --id waits
	rules '{"on":"dynamodb.PutItem","match":"w#","fault":"hold"}'
	tq-work --on "x=$SAY" 2>err 3>&- &
	started+=($!)
	wait_until 60 held 1
	status_is waits PENDING
	rules
	faults POST release
	wait_until 60 status_is waits COMPLETED
	kill $!
	wait $!
	quiet
}

@test "drain --follow marks a death whose move to the DLQ ends in between" {
	rules '{"on":"sqs.SendMessageBatch","match":"-dlq","fault":"hold"}' \
	    '{"on":"dynamodb.PutItem","match":"\"drained\"","fault":"hold"}'
	tq-dlq drain --all --follow >drained 2>err.drain 3>&- &
	started+=($!)
	tq-submit x --max-attempts 1 --id dead
	tq-work --on x=false --drain >out 2>err 3>&- &
	started+=($!)
	# Both the message to the DLQ and the mark are on their way.
	wait_until 60 held 2
	has_lines 1 drained
	faults POST 'release?on=sqs.*'
	wait "${started[1]}" || [ $? -eq 1 ]
	direct_holds 1 default-dlq
	rules
	faults POST release
	wait_until 10 eval '[ "$(direct tq-dlq list --drained | cut -f1)" = dead ]'
	has_lines 1 drained
	kill "${started[0]}"
	wait "${started[0]}" || [ $? -eq 130 ]
	only '^tq-dlq: drained 1$' err.drain
}

# -- everything at once ------------------------------------------------------

# Of the rules for a call the first that fires counts: so the rare ones first.
EVERYTHING=(
	'{"on":"sqs.SendMessageBatch","fault":"hang","nth":40}'
	'{"on":"sqs.ReceiveMessage","fault":"hang","nth":60}'
	'{"on":"dynamodb.PutItem","match":"RUNNING","fault":"hang",
		"nth":500,"done":true}'
	'{"on":"*","fault":"clock","minutes":20}'
	'{"on":"*","fault":"expired","uses":300}'
	'{"on":"*","fault":"lost","p":0.005}'
	'{"on":"*","fault":"lost","p":0.005,"reset":true}'
	'{"on":"*","fault":"error","p":0.01}'
	'{"on":"*","fault":"error","p":0.005,"status":503}'
	'{"on":"*","fault":"error","p":0.01,"done":true}'
	'{"on":"*","fault":"throttle","p":0.003}'
	'{"on":"*","fault":"truncate","p":0.005}'
	'{"on":"*","fault":"truncate","p":0.005,"chunked":true}'
	'{"on":"*","fault":"corrupt","p":0.005}'
	'{"on":"sqs.ReceiveMessage","fault":"duplicate","p":0.1}'
	'{"on":"sqs.*Batch","fault":"entries","p":0.05}'
	'{"on":"sqs.*Batch","fault":"entries","p":0.05,"done":true}'
	'{"on":"dynamodb.BatchGetItem","fault":"unprocessed","p":0.05}'
)

# produce FROM TO: those tasks, submitted until all are stored.  The keys make
# it safe to submit again what may be there already.
produce() {
	local tries=100
	seq "$1" "$2" |
	    sed 's/.*/{"type":"x","key":"k&","maxAttempts":50}/' >"in.$1"
	until tq-submit --batch "in.$1" >"ids.$1" 2>>submit.err; do
		((tries-- > 0)) || {
			echo "producer $1 gives up:"
			tail -n 5 submit.err
			return 1
		}
		sleep 0.5
	done
}

all_succeed() {
	local pid
	for pid in "$@"; do
		wait "$pid"
	done
}

start_worker() {
	tq-work --on "x=$SAY" -j 16 --lease 15s "$@" 2>>work.err 3>&- &
	workers+=($!)
}

# under_all_faults N: that many tasks, all faults at once, workers killed.
under_all_faults() {
	local i end half=$(($1 / 2)) workers=() producers=()
	use_passing_keys
	rules "${EVERYTHING[@]}"
	for i in 1 $((half + 1)); do
		produce "$i" $((i + half - 1)) 3>&- &
		producers+=($!)
	done
	for i in 1 2 3; do
		start_worker
	done
	# Killed only while no lease runs out: a task whose worker dies again
	# and again while it has been taken over is dead, and rightly so.
	end=$((SECONDS + 9))
	for ((i = 0; i < 6 && SECONDS < end; i++)); do
		sleep 1
		kill_all "${workers[0]}"
		workers=("${workers[@]:1}")
		start_worker
	done
	all_succeed "${producers[@]}"
	for i in "${workers[@]}"; do
		wait_until 60 takes_term "$i"
	done
	kill "${workers[@]}"
	all_succeed "${workers[@]}"
	has_lines "$1" <(sort -u ids.*)
	workers=()
	for i in 1 2 3; do
		start_worker --drain=all
	done
	all_succeed "${workers[@]}"
	only 'event=(store|lost|sweep|stop|released) ' work.err
	only '(delivery is owed: |submitted [0-9]+, stopped at )' submit.err
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
	faults GET faults >rules.out
	rules
	accepted_once "$1"
	cat rules.out
	run ! grep -q '"fired":0' rules.out
}

# bats test_tags=waits
@test "800 tasks under all faults at once, workers killed meanwhile" {
	under_all_faults 800
}

# bats test_tags=long
@test "5,000 tasks under all faults at once, workers killed meanwhile" {
	under_all_faults 5000
}

# -- what must not grow with the backlog --------------------------------------

# asked_in SECONDS: the requests of that time.
asked_in() {
	faults POST reset
	sleep "$1"
	faults GET 'count'
}

# bats test_tags=long
@test "100,000 delayed tasks: an idle tq-serve makes few requests, in 16 MB" {
	local rss
	direct tq-submit x --delay 1d --id a
	curl -sS --fail-with-body --max-time 1800 -X POST \
	    "${DIRECT[2]#*=}/copies?table=$NAME&pk=t%23a&n=99999"
	direct tq-status --summary --json | grep -qF '"waiting":100000,'
	tq-serve --listen 127.0.0.1:0 2>said 3>&- &
	started+=($!)
	wait_until 60 grep -q listening said
	sleep 5
	n=$(asked_in 60)
	rss=$(awk '/^VmRSS/ { print $2 }' "/proc/${started[0]}/status")
	echo "# 100,000 delayed: $n requests in a minute, $rss kB resident" >&3
	[ "$n" -gt 0 ]
	[ "$n" -lt 40 ]
	[ "$rss" -lt 16384 ]
}

# bats test_tags=long
@test "beside 120 tasks of other types a worker asks no more than beside none" {
	tq-work --on a=true >out 2>err 3>&- &
	started+=($!)
	sleep 35
	none=$(asked_in 60)
	yes '{"type":"other"}' | head -n 120 | direct tq-submit --batch >/dev/null
	sleep 60
	many=$(asked_in 60)
	echo "$none requests a minute beside none, $many beside 120"
	[ "$many" -le "$none" ]
	direct tq-submit a --id own
	wait_until 60 status_is own COMPLETED
}

# bats test_tags=long
@test "a sweep that hangs holds up no task of its worker" {
	tq-work --on x=true >out 2>err 3>&- &
	started+=($!)
	wait_until 30 fired_none sqs.ReceiveMessage
	rules '{"on":"s3.*","fault":"hang"}'
	# The sweep looks for orphans after 30 s, and S3 has two minutes.
	wait_until 60 fired 1 's3.*' hang
	for i in 1 2 3; do
		direct tq-submit x --id "t$i"
		wait_until 10 status_is "t$i" COMPLETED
	done
}
