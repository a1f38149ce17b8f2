#!/usr/bin/env bats
# tq-work as a Lambda function: the Runtime API is tests/lambda/gateway.mjs, the
# event source mapping in front of it tests/lambda/mapping.mjs.

load helper
load standins

LAMBDA=$(cd "$BATS_TEST_DIRNAME/../lambda" && pwd)

setup_file() {
	standins_start
}

# runtime_starts: where functions ask for events, in $runtime and $gateway.
runtime_starts() {
	"$TQ_TEST_NODE" "$LAMBDA/gateway.mjs" ports 3>&- &
	started+=($!)
	wait_until 10 [ -s ports ]
	read -r runtime gateway <ports
	gateway=http://127.0.0.1:$gateway
}

# function_starts [OPTIONS]: an instance of the function, $instance.
function_starts() {
	[ -n "${runtime-}" ] || runtime_starts
	AWS_LAMBDA_RUNTIME_API=127.0.0.1:$runtime tq-work --lambda "$@" \
	    >>stdout 2>>log 3>&- &
	instance=$!
	started+=("$instance")
}

# invoked [MS [TRACE]]: with the queue's messages; what became of them, in ./became.
invoked() {
	"$TQ_TEST_NODE" "$LAMBDA/mapping.mjs" "$gateway" "$NAME-default" "$@" >became
}

became() {
	grep -qx "$1 $2" became || { echo "not $1 $2:"; cat became log; return 1; }
}

# connections PID: how many it has open.
connections() {
	find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n' >sockets
	awk '{ print $10 }' "/proc/$1/net/tcp" | grep -cxFf sockets
}

# is ID WANT [KEY]: has its record that status, or that under KEY?
is() {
	[ "$(field "$1" "${3-status}")" = "$2" ] || {
		echo "$1 has ${3-status} $(field "$1" "${3-status}"), not $2"
		return 1
	}
}

@test "a message's task is run, and the message deleted" {
	function_starts --on 'cat=cat'
	id=$(tq-submit cat '"hello"')
	other=$(tq-submit other)
	invoked
	became "$id" deleted
	became "$other" listed
	is "$id" COMPLETED
	[ "$(tq-status --result "$id")" = '"hello"' ]
	is "$other" PENDING
	holds 1 default
	grep -q '"Queue":"default","Type":"cat","Processed":1' stdout
	[ ! -s log ]
	# There is nothing of it left but the function.
	[ -z "$(cat "/proc/$instance/task/$instance/children")" ]
}

# bats test_tags=long
@test "a batch of ten: each message is deleted, or listed to come again" {
	printf '#!/bin/sh\necho ran >>%q/ran\ncat\n' "$PWD" >note
	chmod +x note
	function_starts -j8 --on ok=./note --on near='echo retry-after 14m >&3; exit 1' \
	    --on far='echo retry-after 16m >&3; exit 1' --on slow='exec sleep 60' \
	    --on never='exit 65'
	local ok near far slow never soon "done" held
	held=$(tq-submit held)
	tq-work --once --on 'held=touch running; sleep 60' --grace 0s 3>&- & started+=($!)
	wait_until 20 [ -e running ]
	ok=$(tq-submit ok 1)
	near=$(tq-submit near)
	far=$(tq-submit far)
	slow=$(tq-submit slow)
	never=$(tq-submit never)
	done=$(tq-submit ok 2)
	tq-ctl cancel "$done"
	soon=$(tq-submit ok --delay 1h)
	send "{\"v\":1,\"taskId\":\"$soon\",\"type\":\"ok\"}"
	send '{"v":1,"taskId":"nobody","type":"ok"}'
	send 'not a task'
	send "{\"v\":1,\"taskId\":\"$held\",\"type\":\"held\"}"
	invoked 20000
	became "$ok" deleted
	became "$near" listed
	became "$far" deleted
	became "$slow" listed
	became "$never" deleted
	became "$done" deleted
	became "$soon" listed
	became nobody listed
	became 'not a task' deleted
	became "$held" deleted
	is "$ok" COMPLETED
	is "$near" RETRYING
	is "$far" RETRYING
	is "$slow" PENDING
	is "$slow" 0 attempts
	is "$never" FAILED
	is "$soon" PENDING
	is "$held" RUNNING
	has_lines 1 ran
	# The dead one and what was no task.
	holds 2 default-dlq
	# That which had no time may be had again at once, alone of those listed.
	sqs ReceiveMessage default '"MaxNumberOfMessages":10' | grep -o 'taskId[^,]*' >again
	has_lines 1 again
	grep -q "$slow" again
	grep -q '"event":"stop".*time is over: 1 running is stopped' log
}

# bats test_tags=long
@test "two deliveries of one event at once: the task runs once" {
	function_starts --on 'slow=echo ran >>ran; sleep 1'
	function_starts --on 'slow=echo ran >>ran; sleep 1'
	id=$(tq-submit slow)
	SAVE=event invoked
	EVENT=event invoked & first=$!
	EVENT=event "$TQ_TEST_NODE" "$LAMBDA/mapping.mjs" "$gateway" "$NAME-default" >second
	wait "$first"
	status_is "$id" COMPLETED
	has_lines 1 ran
	# The one that ran it has it deleted, the other may know no better.
	[ "$(cat became second | grep -c " deleted")" -ge 1 ]
}

# bats test_tags=long
@test "frozen between events: no connection is kept, and the next event is served" {
	function_starts --on ok=cat
	id=$(tq-submit ok 1)
	invoked
	became "$id" deleted
	# The one to the Runtime API is no other's.
	[ "$(connections "$instance")" -eq 1 ]
	freeze "$instance"
	id=$(tq-submit ok 2)
	invoked 20000 & call=$!
	sleep 0.5
	kill -CONT "$instance"
	wait "$call"
	became "$id" deleted
	is "$id" COMPLETED
}

# bats test_tags=long
@test "a timeout for which there is no time is no reason to begin" {
	function_starts -j1 --on ok='sleep 6'
	first=$(tq-submit ok --prio 9)
	short=$(tq-submit ok --timeout 14s)
	long=$(tq-submit ok --timeout 1h)
	invoked 20000
	became "$first" deleted
	became "$short" listed
	became "$long" listed
	is "$short" 0 attempts
	is "$long" 0 attempts
	field "$short" failureReason | grep 'timeout of 14s does not fit into the 1\?[0-9][.s].* that are left'
	field "$long" failureReason | grep 'timeout of 1h does not fit into the 1[0-9].* that this function has'
	# The one at once, the other later.
	sqs ReceiveMessage default '"MaxNumberOfMessages":10' | grep -o 'taskId[^,]*' >again
	has_lines 1 again
	grep -q "$short" again
	# What is kept back at the end is a tenth, and no more than 3 s.
	last=$(tq-submit ok --timeout 58s)
	invoked 60000
	became "$last" listed
	field "$last" failureReason | grep 'timeout of 58s does not fit into the 5[5-7]'
}

# bats test_tags=long
@test "a schedule's word sweeps, and tells what is runnable" {
	tq-ctl init -q mail >/dev/null
	tq-submit -q mail ok >/dev/null
	tq-submit ok >/dev/null
	tq-submit -q mail ok --delay 1h >/dev/null
	TQ_WORK_ARGS="-q mail -q other --on 'ok=cat'" function_starts
	printf '{"tq":"sweep"}' >event
	EVENT=event invoked
	[ ! -s became ]
	grep -q '"Name":"Runnable".*"Queue":"mail","Runnable":1,"OldestRunnable":[0-9]*}' stdout
	grep -q '"Queue":"other","Runnable":0,"OldestRunnable":0}' stdout
	printf '{"Records":[{"eventSource":"aws:s3"}]}' >event
	EVENT=event invoked || true
	grep '^error .*none of SQS' became
	# Of a queue that it was not told of, and of a FIFO queue.
	SAVE=event invoked
	EVENT=event invoked
	grep "^error .*messages of the queue $NAME-default" became
	sed "s/$NAME-default/orders.fifo/" event >fifo
	EVENT=fifo invoked
	grep '^error .*orders.fifo: a FIFO queue will not do' became
}

# bats test_tags=long
@test "the trace is the task's, else the message's, else the invocation's" {
	function_starts -v --on 'trace=printf %s "$TRACEPARENT"'
	own=$(printf '{"type":"trace","traceparent":"00-11111111111111111111111111111111-2222222222222222-01"}' |
	    tq-submit --batch)
	none=$(tq-submit trace)
	invoked 60000 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'
	became "$own" deleted
	became "$none" deleted
	[ "$(tq-status --result "$own")" = 00-11111111111111111111111111111111-2222222222222222-01 ]
	[ "$(tq-status --result "$none")" = 00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01 ]
	grep -q '"event":"start".*"trace":"Root=1-5759e988' log
	grep -q '"event":"done","taskId":"'"$own"'".*"trace":"00-1111' log
	grep -q '"event":"done","taskId":"'"$none"'".*"trace":"00-5759' log
	# A message's own goes before the invocation's.
	id=$(tq-submit trace)
	SAVE=event invoked
	sed 's/"attributes":{/&"AWSTraceHeader":"Root=1-33333333-333333333333333333333333;Parent=4444444444444444;Sampled=0",/' \
	    event >traced
	EVENT=traced invoked 60000 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'
	[ "$(tq-status --result "$id")" = 00-33333333333333333333333333333333-4444444444444444-00 ]
}

# bats test_tags=long
@test "--lambda=dead logs the dead tasks of a DLQ, and has it emptied" {
	id=$(tq-submit bad)
	tq-work --on bad='echo why >&2; exit 65' --drain || true
	send 'not a task'
	tq-work --on bad=false --drain
	holds 2 default-dlq
	function_starts --lambda=dead
	"$TQ_TEST_NODE" "$LAMBDA/mapping.mjs" "$gateway" "$NAME-default-dlq" >became
	became "$id" deleted
	became 'not a task' deleted
	grep -q '"event":"dead","taskId":"'"$id"'","type":"bad","attempt":1,"stage":"exec".*why' log
	grep -q '"event":"foreign".*"text":"the message is not one of tq' log
	is "$id" FAILED
	# That is no work for others.
	function_starts
}

@test "--lambda: what can't be is told before the first event" {
	runtime_starts
	export AWS_LAMBDA_RUNTIME_API=127.0.0.1:$runtime
	exits 78 tq-work --lambda --store sqlite:x.db
	says 'only an aws: store has messages'
	exits 2 env TQ_WORK_ARGS='--rate lots' tq-work --lambda
	says '--rate wants'
	grep '"errorMessage":"--lambda: only an aws' ports
	grep '"errorMessage":"--rate wants' ports
	exits 2 tq-work --lambda --drain
	exits 2 tq-work --lambda=none
	exits 2 env TQ_WORK_ARGS='--on "x=y' tq-work --lambda
	says 'a quote is not closed'
	exits 2 env TQ_WORK_ARGS='--on x=$(y)' tq-work --lambda
	exits 2 env -u AWS_LAMBDA_RUNTIME_API tq-work --lambda
	says AWS_LAMBDA_RUNTIME_API
	exits 69 env AWS_LAMBDA_RUNTIME_API=127.0.0.1:9 tq-work --lambda
	says 'Runtime API at 127.0.0.1:9'
}

# bats test_tags=long
@test "tq-serve --lambda: an output over 6 MB is a redirect to S3" {
	id=$(tq-submit big)
	small=$(tq-submit small)
	tq-work --on big='head -c 5000000 /dev/zero >"$TQ_OUTPUT"' \
	    --on small='head -c 4000000 /dev/zero >"$TQ_OUTPUT"' --drain
	is "$id" COMPLETED
	runtime_starts
	AWS_LAMBDA_RUNTIME_API=127.0.0.1:$runtime tq-serve --lambda 2>log 3>&- &
	started+=($!)
	iam=(-sS --max-time 60 -H 'x-test-authorizer: {"iam":{}}' -H 'Tq-Most: 9999999')
	[ "$(curl "${iam[@]}" -o got -D head -w '%{http_code}' "$gateway/v1/tasks/$id/output")" = 307 ]
	[ ! -s got ]
	grep -i '^location: .*X-Amz-Signature=' head
	curl "${iam[@]}" -L -o got "$gateway/v1/tasks/$id/output"
	[ "$(stat -c %s got)" -eq 5000000 ]
	[ "$(curl "${iam[@]}" -o got -w '%{http_code}' "$gateway/v1/tasks/$small/output")" = 200 ]
	[ "$(stat -c %s got)" -eq 4000000 ]
}

@test "tq-serve --lambda: what no event can hold goes to S3, and its task takes it over" {
	runtime_starts
	AWS_LAMBDA_RUNTIME_API=127.0.0.1:$runtime tq-serve --lambda 2>log 3>&- &
	started+=($!)
	submit=(-sS --max-time 60 -H 'x-test-authorizer: {"lambda":{"scope":"submit"}}')
	read=(-sS --max-time 60 -H 'x-test-authorizer: {"lambda":{"scope":"read"}}')
	head -c 7000000 /dev/urandom >big
	# Whoever may only read may not upload; what is missing or wrong is named.
	[ "$(curl "${read[@]}" -o out -w '%{http_code}' "$gateway/v1/uploads" --json '{"type":"sum","size":7000000}')" = 403 ]
	for body in '{"type":"sum"}' '{"type":"sum","size":0}' '{"size":1}' '[]' \
	    '{"type":"sum","size":1,"sise":1}' '{"type":"sum","size":1,"queue":"none"}'; do
		[ "$(curl "${submit[@]}" -o out -w '%{http_code}' "$gateway/v1/uploads" --json "$body")" = 400 ]
	done
	grep -q 'tq-ctl init -q none' out
	[ "$(curl "${submit[@]}" -o out -w '%{http_code}' "$gateway/v1/uploads" --json '{"type":"sum","size":6000000000}')" = 413 ]
	[ "$(curl "${submit[@]}" -o offer -w '%{http_code}' "$gateway/v1/uploads" --json '{"type":"sum","size":7000000}')" = 201 ]
	url=$(sed -E 's/.*"url":"([^"]*)".*/\1/' offer)
	input=$(sed -E 's/.*"input":"([^"]*)".*/\1/' offer)
	id=$(sed -E 's/.*"taskId":"([^"]*)".*/\1/' offer)
	grep -q '"headers":{"Content-Length":"7000000","If-None-Match":"\*"}' offer
	grep -q 'SignedHeaders=content-length%3Bhost%3Bif-none-match' <<<"$url"
	# Not before it is there, not for another task, not under a key.
	try() { curl "${submit[@]}" -o out -w '%{http_code}' "$gateway/v1/tasks" --json "$1"; }
	[ "$(try "{\"type\":\"sum\",\"input\":\"$input\"}")" = 400 ]
	grep -q 'nothing has been uploaded there yet' out
	[ "$(curl -sS -o out -w '%{http_code}' -T big -H 'If-None-Match: *' "$url")" = 200 ]
	[ "$(curl -sS -o out -w '%{http_code}' -T log -H 'If-None-Match: *' "$url")" = 412 ]
	[ "$(try "{\"type\":\"sum\",\"taskId\":\"other\",\"input\":\"$input\"}")" = 400 ]
	[ "$(try "{\"type\":\"sum\",\"key\":\"k\",\"input\":\"$input\"}")" = 400 ]
	[ "$(try "{\"type\":\"sum\",\"queue\":\"mail\",\"input\":\"$input\"}")" = 400 ]
	[ "$(try "{\"type\":\"sum\",\"input\":\"blob:default/$id/x/in\"}")" = 400 ]
	# Said twice it is stored once.
	[ "$(try "{\"type\":\"sum\",\"input\":\"$input\"}")" = 201 ]
	[ "$(try "{\"type\":\"sum\",\"input\":\"$input\"}")" = 201 ]
	tq-work --on sum='sha256sum' --drain
	[ "$(tq-status --result "$id" | cut -c1-64)" = "$(sha256sum <big | cut -c1-64)" ]
	[ "$(tq-status --list --columns taskId | grep -c .)" -eq 1 ]
}

# bats test_tags=long
@test "where only /tmp is written to, without /dev/shm and landlock, both functions work" {
	[ "$(id -u)" -eq 0 ] || skip "only root can make a mount namespace"
	cat >confined <<-'END'
	mount --make-rprivate / && mount --bind /tmp /tmp && mount -o remount,bind,ro / &&
	mount -t tmpfs -o ro,size=4k tmpfs /dev/shm && ! touch "$1" 2>/dev/null && shift && exec "$@"
	END
	unshare --mount sh confined "$BATS_TEST_DIRNAME/probe" true 2>why || skip "$(cat why)"
	runtime_starts
	export AWS_LAMBDA_RUNTIME_API=127.0.0.1:$runtime HOME=/tmp
	as_function() {
		unshare --mount sh confined "$BATS_TEST_DIRNAME/probe" \
		    "$TQ_BUILD/tests/without" landlock_create_ruleset=ENOSYS -- "$@" 3>&- 2>>log &
		started+=($!)
	}
	as_function tq-work --lambda --builtin --on cat=cat
	worker=$!
	id=$(tq-submit cat '"hello"')
	photo=$(tq-submit image.grayscale --input "$BATS_TEST_DIRNAME/../fixtures/photo.jpg")
	invoked
	became "$id" deleted
	became "$photo" deleted
	is "$photo" COMPLETED
	kill "$worker"
	as_function tq-serve --lambda
	iam=(-sS --max-time 60 -H 'x-test-authorizer: {"iam":{}}')
	curl "${iam[@]}" -o gray "$gateway/v1/tasks/$photo/output"
	[ "$(head -c 2 gray | od -An -tx1)" = ' ff d8' ]
	[ "$(curl "${iam[@]}" -o out -w '%{http_code}' -F "file=@$BATS_TEST_DIRNAME/../fixtures/photo.jpg" "$gateway/v1/tasks")" = 201 ]
}
