#!/usr/bin/env bats
# tests/cli/tq-serve.bats -- the REST front door, as clients meet it.
#
# Each server listens on a free port and says which on stderr.

load helper

JSON='Content-Type: application/json'
SERVE=$BATS_TEST_DIRNAME/../serve
FIXTURES=$BATS_TEST_DIRNAME/../fixtures

# serve [OPTIONS]: start a server; sets $url, $port and $server.
serve() {
	: >serve.err
	tq-serve --listen 127.0.0.1:0 "$@" 2>serve.err 3>&- &
	server=$!
	started+=("$server")
	wait_until 10 grep -q 'listening on http' serve.err
	url=$(sed -n 's/.*listening on \(http.*\)/\1/p' serve.err)
	port=${url##*:}
}

# Is this a libmicrohttpd that refuses bare line feeds where it is asked to?
strict() {
	local version
	version=$(cat /usr/include{,/*}/microhttpd.h 2>/dev/null |
	    sed -n 's/^#define MHD_VERSION .*\(0x[0-9a-f]*\).*/\1/p')
	((version >= 0x00097701))
}

# work [OPTIONS]: a worker in the background.
work() {
	tq-work -j2 --quiet "$@" 2>work.err 3>&- &
	started+=("$!")
}

# http WANTED CURL-ARGUMENTS: the body goes to ./out, the head to ./head.
# With TQ_RECORD the answer is kept for tests/serve/contract.mjs.
http() {
	local want=$1 got kept
	shift
	: >out
	got=$(curl -s -m 120 -o out -D head \
	    -w '%{http_code} %{method} %{url_effective} %{content_type}' "$@")
	if [ -n "${TQ_RECORD:-}" ]; then
		kept=$(mktemp "$TQ_RECORD/XXXXXX")
		echo "$got" >"$kept.meta"
		cp out "$kept.body"
		case $got in
		*/openapi.json*) cp out "$TQ_RECORD/openapi.json" ;;
		esac
	fi
	[ "${got%% *}" = "$want" ] || {
		echo "status ${got%% *}, not $want: $*"
		cat out
		return 1
	}
}

# post BODY [PATH [WANTED]]
post() {
	http "${3:-201}" "$url${2:-/v1/tasks}" -H "$JSON" -d "$1"
}

# id: the taskId in ./out
id() {
	sed -n 's/.*"taskId":"\([^"]*\)".*/\1/p' out
}

has() {
	grep -qF -e "$1" "${2:-out}" || {
		echo "no $1 in:"
		cat "${2:-out}"
		return 1
	}
}

# etag: the ETag in ./head
etag() {
	sed -n 's/^[Ee][Tt]ag: \(.*\)\r/\1/p' head
}

# raw FORMAT: send bytes as they are, read until the server closes;
# fails when it does not close.  The answer is in ./raw.
raw() {
	trap '' PIPE
	exec 7<>"/dev/tcp/127.0.0.1/$port"
	# shellcheck disable=SC2059
	printf "$1" >&7 2>/dev/null || true
	timeout 60 cat <&7 >raw || [ $? -ne 124 ]
	exec 7>&-
}

# -- submit and read ---------------------------------------------------------------

# bats test_tags=fast
@test "a task is submitted, found, listed and cancelled" {
	serve
	post '{"type":"x","payload":{"a": [1.0,2]},"labels":{"k":"v"}}'
	grep -qi "^location: /v1/tasks/$(id)" head
	a=$(id)
	http 200 "$url/v1/tasks/$a"
	has '"payload":{"a": [1.0,2]}'
	tag=$(etag)
	http 304 "$url/v1/tasks/$a" -H "If-None-Match: $tag"
	[ "$(etag)" = "$tag" ]
	[ "$(tq-status --columns taskId,status "$a")" = "$a"$'\t'PENDING ]
	http 200 "$url/v1/tasks?status=PENDING&type=x&label=k%3Dv"
	has "\"taskId\":\"$a\""
	http 200 "$url/v1/tasks?status=RUNNING,FAILED"
	has '{"tasks":[]}'
	http 200 "$url/v1/tasks?ids=$a,nobody"
	has '"missing":["nobody"]'
	http 200 -X DELETE "$url/v1/tasks/$a"
	has '"status":"CANCELLED"'
	http 200 -X POST "$url/v1/tasks/$a/redrive"
	http 412 -X POST "$url/v1/tasks/$a/redrive" -H "If-Match: $tag"
	http 200 "$url/v1/tasks/$a"
	http 409 -X POST "$url/v1/tasks/$a/redrive" -H "If-Match: $(etag)"
	http 200 -I "$url/v1/tasks/$a"
}

# bats test_tags=fast
@test "pages follow each other by the Link header" {
	serve
	for i in 1 2 3 4 5; do
		post "{\"type\":\"x\",\"taskId\":\"t$i\"}"
	done
	http 200 "$url/v1/tasks?type=x&limit=2"
	cp out all
	while link=$(sed -n 's/^[Ll]ink: <\(.*\)>; rel="next".*/\1/p' head) &&
	    [ -n "$link" ]; do
		http 200 "$url$link"
		cat out >>all
	done
	[ "$(grep -o '"taskId":"t[1-5]"' all | sort -u | wc -l)" -eq 5 ]
	[ "$(grep -o '"taskId"' all | wc -l)" -eq 5 ]
}

# listed IDS QUERY...: the tasks of GET /v1/tasks?QUERY, in that order.
listed() {
	local want=$1 and=() q

	for q in "${@:2}"; do and+=(--data-urlencode "$q"); done
	http 200 -G "$url/v1/tasks" "${and[@]}"
	[ "$(grep -o '"taskId":"[^"]*"' out | cut -d'"' -f4 | xargs)" = "$want" ]
}

# bats test_tags=sqlite
@test "a list by tenant, error, time and whether it is drained; in either order" {
	serve
	tq-submit --id a --group g x >/dev/null
	tq-submit --id b --max-attempts 1 y >/dev/null
	tq-submit --id c --max-attempts 1 y >/dev/null
	exits 1 tq-work --drain --on y='echo "no port $TQ_TASK_ID" >&2; exit 1'
	listed a group=g
	listed c 'error=port c'
	tq-dlq drain b >/dev/null
	listed b drained=true
	listed c drained=false status=FAILED
	past=@$((EPOCHSECONDS - 3600))
	listed '' "since=$past" status=COMPLETED
	listed 'a c' "since=$past" order=oldest
	listed 'c a' "since=$past" order=newest
	listed '' "until=$past"
	for q in drained=yes since=soon until= order=up; do
		http 400 "$url/v1/tasks?$q"
		has "\"detail\":\"${q%=*}: "
	done
}

# bats test_tags=tool,fast
@test "what is wrong is said with code and pointer, and nothing is stored" {
	serve
	post '{"type":"x","payloads":1}' /v1/tasks 400
	grep -qi '^content-type: application/problem+json' head
	has '"code":"data"'
	has '"errors":[{"pointer":"/payloads"'
	post '{"type":"x"' /v1/tasks 400
	post '{"type":"a b"}' /v1/tasks 400
	has '"pointer":"/type"'
	post '' /v1/tasks 400
	post '{"type":"x","argv":["rm"]}' /v1/tasks 400
	has '"pointer":"/argv"'
	for bad in /etc/passwd file:///etc/passwd s3://b/k blob:a/b/in \
	    ../x http://a@b/ gopher://x; do
		post "{\"type\":\"x\",\"input\":\"$bad\"}" /v1/tasks 400
		has '"pointer":"/input"'
	done
	post '{"type":"x","taskId":"../a"}' /v1/tasks 400
	post '{"type":"x","queue":"../a"}' /v1/tasks 400
	http 400 "$url/v1/tasks/..%2fa"
	http 400 "$url/v1/tasks/a%20b"
	http 400 "$url/v1/tasks?limi=1"
	http 400 "$url/v1/tasks?limit=0"
	http 400 "$url/v1/tasks?cursor=x"
	http 404 "$url/v1/tasks/nobody"
	has '"code":"not-found"'
	http 404 "$url/v1/nothing"
	has '"code":"no-route"'
	http 405 -X PUT "$url/v1/tasks"
	grep -qi '^allow: POST, GET, HEAD' head
	http 415 "$url/v1/tasks" -H 'Content-Type: text/plain' -d '{"type":"x"}'
	grep -q 'text/plain.* is not taken here; send application/json"' out
	http 415 "$url/v1/tasks" -H "$JSON" -H 'Content-Encoding: gzip' -d '{}'
	http 200 "$url/v1/tasks"
	has '{"tasks":[]}'
	[ -z "$(find tq.db.blobs -type f 2>/dev/null)" ]
}

# bats test_tags=tool
@test "too much is 413, deep JSON is 400" {
	serve
	head -c 1100000 /dev/zero | tr '\0' ' ' >big
	http 413 "$url/v1/tasks" -H "$JSON" -H 'Expect:' --data-binary @big
	want=413
	strict || want=411
	http "$want" "$url/v1/tasks" -H "$JSON" -H 'Expect:' \
	    -H 'Transfer-Encoding: chunked' --data-binary @big
	# Where the store takes larger ones, it is said.
	http 413 "$url/v1/tasks?type=x" -H 'Content-Type: application/octet-stream' \
	    -H 'Content-Length: 70000000' -H 'Expect: 100-continue' -d x
	has 'over the limit of 64 MiB'
	if [ "${TQ_TEST_ON-}" = aws ]; then
		has '/v1/uploads'
		post '{"type":"x","size":70000000}' /v1/uploads 201
	else
		! has '/v1/uploads'
		post '{"type":"x","size":70000000}' /v1/uploads 501
		post '{"type":"x","input":"blob:default/a/0123456789abcdef/in"}' /v1/tasks 400
	fi
	deep=$(printf '[%.0s' {1..80})$(printf ']%.0s' {1..80})
	post "{\"type\":\"x\",\"payload\":$deep}" /v1/tasks 400
	has depth || has nest
}

# bats test_tags=fast
@test "a taken id is 409; a key gives the same answer again, or 422" {
	serve
	post '{"type":"x","taskId":"mine"}'
	post '{"type":"x","taskId":"mine"}' /v1/tasks 409
	has '"code":"taken"'
	http 201 "$url/v1/tasks" -H "$JSON" -H 'Idempotency-Key: "k1"' -d '{"type":"x"}'
	a=$(id)
	[ "$a" = "$(tq-submit --key k1 x)" ]
	http 201 "$url/v1/tasks" -H "$JSON" -H 'Idempotency-Key: "k1"' -d '{"type":"x"}'
	[ "$a" = "$(id)" ]
	grep -qi '^idempotency-replayed: true' head
	http 422 "$url/v1/tasks" -H "$JSON" -H 'Idempotency-Key: "k1"' -d '{"type":"y"}'
	has '"code":"conflict"'
	http 201 "$url/v1/tasks" -H "$JSON" -H 'Idempotency-Key: k1' -d '{"type":"x"}'
	[ "$a" = "$(id)" ]
	http 400 "$url/v1/tasks" -H "$JSON" -H 'Idempotency-Key: k 1' -d '{"type":"x"}'
	http 400 "$url/v1/tasks/batch" -H 'Content-Type: application/x-ndjson' \
	    -H 'Idempotency-Key: k1' -d '{"type":"x"}'
}

@test "a key gives the same answer again on every dialect" {
	serve
	try() {	# PATH ID-MEMBER BODY STATUS
		http "$4" "$url$1" -H "$JSON" -H "Idempotency-Key: on$1" -d "$3"
		a=$(sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" out)
		http "$4" "$url$1" -H "$JSON" -H "Idempotency-Key: \"on$1\"" -d "$3"
		grep -qi '^idempotency-replayed: true' head
		has "\"$2\":\"$a\""
	}
	try /jobs jobId '{"type":"x","payload":{}}' 202
	try /api/tasks id '{"type":"x","payload":{}}' 202
	try /tasks taskId '{"type":"x","payload":{}}' 201
	try /tasks/add taskId '{"taskName":"n","inputImageUrl":"http://x/y"}' 201
	[ "$(tq-status --list --columns taskId | wc -l)" -eq 4 ]
	http 500 "$url/demo/tasks" -H "$JSON" -H 'Idempotency-Key: k' \
	    -d '{"taskId":"a","payload":{}}'
}

# bats test_tags=tool
@test "/jobs: any Content-Type; a type that nobody takes is told as failed" {
	serve --unsupported-after 1ms
	http 202 "$url/jobs" -H 'Content-Type: text/plain' -d '{"type":"none","payload":1}'
	a=$(sed -n 's/.*"jobId":"\([^"]*\)".*/\1/p' out)
	wait_until 10 eval 'curl -s "$url/jobs/$a" | grep -qF "\"error\":\"Unsupported job type: none\""'
	http 200 "$url/jobs/$a"
	has '"status":"FAILED"'
	http 200 "$url/v1/tasks/$a"
	has '"status":"PENDING"'
	tq-work --on none=cat --drain --quiet
	http 200 "$url/jobs/$a"
	has '"status":"SUCCEEDED"'
}

# The published behavior of the older systems: request, status, whole body (a
# glob), Content-Type; "-" sends no Content-Type, and an empty type has no body.
# bats test_tags=sqlite
@test "each dialect's routes, bodies and errors are as its source has them" {
	local method at type body want glob answer n=0
	serve --unsupported-after 1h
	tq-submit --id seen x
	# No shell may take the backslash of a JSON text.
	while IFS='|' read -r method at type body want glob answer; do
		n=$((n + 1))
		[ "$type" = - ] && head=(-H 'Content-Type:') || head=(-H "Content-Type: $type")
		[ -z "$body" ] || head+=(--data-binary "$body")
		[ -n "$body" ] || [ "$method" = GET ] || head+=(-d '')
		http "$want" -X "$method" "$url$at" "${head[@]}"
		# shellcheck disable=SC2053 # a glob
		[[ "$(cat out)" == $glob ]] || {
			echo "line $n, $method $at $body: $(cat out)"
			return 1
		}
		if [ -n "$answer" ]; then
			grep -qi "^content-type: $answer" head
		else
			run ! grep -qi '^content-type' head
		fi
	done <<-'END'
		POST|/tasks/add|application/json|{"taskName":"n","inputImageUrl":"http://x/y"}|201|{"taskId":"????????-????-????-????-????????????","taskName":"n","status":"PENDING","inputImageUrl":"http://x/y","outputImageUrl":null,"creationTimestamp":"2*Z","completionTimestamp":null,"failureReason":null}|application/json
		POST|/tasks/add|application/json|{"inputImageUrl":"data:image/png;base64,aGFsbG8="}|201|{"taskId":*"taskName":null,*|application/json
		POST|/tasks/add|application/json|{"taskName":"n"}|409||
		POST|/tasks/add|application/json|{"taskName":1,"inputImageUrl":"http://x/y"}|409||
		POST|/tasks/add|application/json|{"taskName":"n","inputImageUrl":"file:///etc/passwd"}|409||
		POST|/tasks/add|application/json|{"taskName":"n"|409||
		POST|/tasks/add|application/json|[]|409||
		POST|/tasks/add|application/json||409||
		POST|/tasks/add|text/plain|{}|409||
		GET|/tasks/id/seen|-||200|{"taskId":"seen","taskName":null,"status":"PENDING",*"failureReason":null}|application/json
		GET|/tasks/id/nobody|-||404||
		GET|/tasks/id/no%20body|-||404||
		GET|/tasks/name?taskName=n|-||200|{"taskId":*"taskName":"n",*|application/json
		GET|/tasks/name?taskName=m|-||404||
		GET|/tasks/name|-||404||
		POST|/tasks|application/json|{"inputImageUrl":"http://x/y"}|201|{"taskId":"*","status":"PENDING"}|application/json
		POST|/tasks|application/json|{"taskId":"t1","payload":{}}|202|{"message":"Task accepted","taskId":"t1"*}|application/json
		POST|/tasks|application/json|{"taskId":"t1","payload":{}}|409|{"message":"*"}|application/json
		POST|/tasks|application/json|{"type":"x","payload":{}}|201|{"taskId":"*","status":"PENDING"}|application/json
		POST|/tasks|application/json|{"payload":{}}|400|{"message":"*"}|application/json
		GET|/tasks/t1|-||200|{"taskId":"t1","type":"simulate","status":"PENDING","payload":{},"attempts":0,*|application/json
		GET|/tasks/nobody|-||404|{"message":"no such task nobody"}|application/json
		POST|/jobs|application/json|{"type":"transformText","payload":{"text":"a"}}|202|{"jobId":"*","status":"QUEUED"}|application/json
		POST|/jobs|-|{"type":"x","payload":[1]}|202|{"jobId":"*","status":"QUEUED"}|application/json
		POST|/jobs|text/plain|{"type":"x","payload":"{\"a\":1}"}|202|{"jobId":"*","status":"QUEUED"}|application/json
		POST|/jobs|application/json|{"payload":{}}|400|Missing required fields: type, payload|text/plain
		POST|/jobs|application/json|{"type":null,"payload":{}}|400|Missing required fields: type, payload|text/plain
		POST|/jobs|application/json|{"type":"x"}|400|Missing required fields: type, payload|text/plain
		POST|/jobs|application/json|{}|400|Missing required fields: type, payload|text/plain
		POST|/jobs|application/json|{"type":"x"|500|Internal server error|text/plain
		POST|/jobs|application/json|{"type":7,"payload":{}}|500|Internal server error|text/plain
		POST|/jobs|application/json|"x"|500|Internal server error|text/plain
		POST|/jobs|application/json||500|Internal server error|text/plain
		GET|/jobs/seen|-||200|{"jobId":"seen","type":"x","status":"QUEUED","payload":{},*"createdAt":"*","updatedAt":"*"}|application/json
		GET|/jobs/nobody|-||404|{"error":"no such task nobody"}|application/json
		POST|/api/tasks|application/json|{"type":"x","payload":{"a":1}}|202|{"id":"*","status":"PENDING"}|application/json
		POST|/api/tasks|application/json|{"payload":{}}|400|{"timestamp":"*Z","status":400,"error":"*","path":"/api/tasks","message":"*"}|application/json
		GET|/api/tasks/seen|-||200|{"id":"seen",*"status":"PENDING",*"retryCount":0,*|application/json
		GET|/api/tasks/nobody|-||404|{"timestamp":"*","status":404,"error":"*","path":"/api/tasks/nobody","message":"*"}|application/json
		GET|/actuator/health|-||200|{"status":"UP"}|application/json
		GET|/actuator/metrics|-||200|{"names":?"tq.tasks.pending",*}|application/json
		GET|/actuator/metrics/none|-||404|{"timestamp":*|application/json
		GET|/actuator/prometheus|-||200|*tq_tasks{*|text/plain
		POST|/demo/tasks|application/json|{"taskId":"d1","payload":{}}|202|{"message":"Task accepted","taskId":"d1"}|application/json
		POST|/demo/tasks|application/json|{"taskId":"d1","payload":{}}|409|{"message":"task already exists"}|application/json
		POST|/demo/tasks|application/json|{"payload":{}}|500|{"message":"Internal server error"}|application/json
		POST|/demo/tasks|application/json|{"taskId":"a b","payload":{}}|500|{"message":"Internal server error"}|application/json
		POST|/demo/tasks|application/json|nonsense|500|{"message":"Internal server error"}|application/json
		GET|/demo/tasks/d1|-||200|{"taskId":"d1",*"status":"SUBMITTED",*"attempts":0,*|application/json
		GET|/demo/tasks/no%20body|-||404|{"message":"*"}|application/json
	END
	[ "$n" -ge 48 ]
}

# bats test_tags=sqlite
@test "a key on lines of a batch is one task; for another request it is 422" {
	serve
	printf '%s\n' '{"type":"x","key":"k"}' '{"type":"x","key":"k"}' '{"type":"z","key":"k"}' >lines
	http 200 "$url/v1/tasks/batch" -H 'Content-Type: application/x-ndjson' --data-binary @lines
	[ "$(sed -n '1,2s/.*"taskId":"\([^"]*\)".*/\1/p' out | sort -u | wc -l)" -eq 1 ]
	sed -n 3p out | grep -q '"status":422'
}

# bats test_tags=fast
@test "a batch answers line by line, in order" {
	serve
	printf '%s\n' '{"type":"x","taskId":"a"}' '{"type":"x","no":1}' '' \
	    nonsense '{"type":"x","taskId":"a"}' '{"type":"x","taskId":"b"}' >lines
	http 200 "$url/v1/tasks/batch" -H 'Content-Type: application/x-ndjson' \
	    --data-binary @lines
	has_lines 5 out
	sed -n 1p out | grep -q '"taskId":"a","status":"PENDING"'
	sed -n 2p out | grep -q '"line":2,"status":400.*"pointer":"/no"'
	sed -n 3p out | grep -q '"line":4,"status":400'
	sed -n 4p out | grep -q '"line":5,"status":409'
	sed -n 5p out | grep -q '"taskId":"b"'
	n=$(many 3000 1000)
	seq "$n" | sed 's/.*/{"type":"y","payload":&}/' >lines
	http 200 "$url/v1/tasks/batch" -H 'Content-Type: application/x-ndjson' \
	    --data-binary @lines
	[ "$(grep -c '"status":"PENDING"' out)" -eq "$n" ]
}

# -- waiting -------------------------------------------------------------------------

# bats test_tags=fast
@test "a task waits for others: after, afterEnded, and one that is not there" {
	serve
	post '{"type":"x","taskId":"a"}' /v1/tasks 201
	post '{"type":"x","taskId":"b","after":["a"]}' /v1/tasks 201
	grep -q '"status":"BLOCKED"' out
	post '{"type":"x","taskId":"c","afterEnded":"b"}' /v1/tasks 201
	post '{"type":"x","taskId":"d","after":["nobody"]}' /v1/tasks 400
	grep -q '"detail":"after: there is no task nobody"' out
	grep -q '"pointer":"/after"' out
	http 404 "$url/v1/tasks/d"
	http 200 "$url/v1/tasks?status=blocked"
	grep -q '"taskId":"b"' out
	http 200 "$url/v1/summary"
	grep -q '"BLOCKED":2' out
	http 200 "$url/metrics"
	grep -q 'status="BLOCKED"} 2' out
	exits 0 tq-work --on x=true --drain=all
	http 200 "$url/v1/tasks/c"
	grep -q '"status":"COMPLETED"' out
}

# bats test_tags=sqlite
@test "?wait: of a run that was replaced it answers how that run ended" {
	serve
	http 201 "$url/v1/tasks?wait=60s" -H "$JSON" -H 'Idempotency-Key: k' -d '{"type":"x"}' &
	waiter=$!
	started+=("$waiter")
	wait_until 20 eval 'tq-status --list 2>/dev/null | grep -q .'
	# It does not see the end before the next run is there.
	kill -STOP "$server"
	exits 1 tq-work --once --on 'x=exit 65'
	tq-submit --key k --replace-ended x
	kill -CONT "$server"
	wait "$waiter"
	has '"status":"FAILED"}'
	# So does a wait for a task that was there already.
	a=$(id)
	curl -s -m 120 "$url/v1/tasks/$a?wait=60s" >answer 3>&- &
	waiter=$!
	started+=("$waiter")
	wait_until 20 eval 'curl -s $url/metrics | grep -q "^tq_http_connections 2"'
	kill -STOP "$server"
	exits 1 tq-work --once --on 'x=echo broken >&2; exit 65'
	tq-submit --key k --replace-ended x
	kill -CONT "$server"
	wait "$waiter"
	has '"status":"FAILED"' answer
	has 'broken' answer
	status_is "$a" PENDING
	# One that was purged, its id used again, left no word behind.
	post '{"type":"x","taskId":"b"}'
	curl -s -m 120 "$url/v1/tasks/b?wait=60s" >answer 3>&- &
	waiter=$!
	started+=("$waiter")
	wait_until 20 eval 'curl -s $url/metrics | grep -q "^tq_http_connections 2"'
	kill -STOP "$server"
	tq-ctl cancel b
	tq-ctl purge b
	tq-submit --id b x
	kill -CONT "$server"
	SECONDS=0
	wait "$waiter"
	[ "$SECONDS" -lt 50 ]
	has 'how it ended before is forgotten' answer
}

# bats test_tags=fast
@test "?wait and Prefer answer with the result" {
	serve
	work
	post '{"type":"text.transform","payload":{"text":"ab"}}' '/v1/tasks?wait=60s'
	has '"status":"COMPLETED"'
	has '"upper":"AB"'
	http 201 "$url/v1/tasks" -H "$JSON" -H 'Prefer: wait=60' \
	    -d '{"type":"text.transform","payload":{"text":"cd"}}'
	has '"upper":"CD"'
	grep -qi '^preference-applied: wait=60' head
	post '{"type":"nobody.does.this"}' '/v1/tasks?wait=100ms'
	has '"status":"PENDING"'
	http 200 "$url/v1/tasks/$(id)?wait=100ms"
	has '"status":"PENDING"'
	post '{"type":"x"}' '/v1/tasks?wait=soon' 400
}

# bats test_tags=fast
@test "a long poll with an ETag ends at the next change" {
	serve
	post '{"type":"x","taskId":"a"}'
	http 200 "$url/v1/tasks/a"
	curl -s -m 120 "$url/v1/tasks/a?wait=60s" -H "If-None-Match: $(etag)" >answer 3>&- &
	poll=$!
	started+=("$poll")
	sleep 0.2
	[ ! -s answer ]
	http 200 -X DELETE "$url/v1/tasks/a"
	wait "$poll"
	has '"status":"CANCELLED"' answer
}

# bats test_tags=tool
@test "many wait at once, and no thread for each" {
	serve
	post '{"type":"x","taskId":"a"}'
	polls=()
	for i in {1..40}; do
		curl -s -m 120 "$url/v1/tasks/a?wait=60s" >"poll$i" 3>&- &
		polls+=("$!")
	done
	started+=("${polls[@]}")
	wait_until 10 eval 'curl -s $url/metrics | grep -q "^tq_http_connections 4[1-9]"'
	[ "$(find /proc/"$server"/task -mindepth 1 -maxdepth 1 | wc -l)" -lt 20 ]
	tq-ctl cancel a
	wait "${polls[@]}"
	[ "$(cat poll* | grep -c '"status":"CANCELLED"')" -eq 40 ]
}

# bats test_tags=fast
@test "events: each change with its id, resumed, and a last one" {
	serve
	post '{"type":"simulate","taskId":"a","payload":{"seconds":0.2,"failure_rate":0}}'
	curl -sN -m 120 "$url/v1/tasks/a/events" >events 3>&- &
	stream=$!
	started+=("$stream")
	wait_until 10 grep -q '^id: 1-' events
	work
	wait "$stream"
	has 'event: task' events
	has 'event: end' events
	last=$(sed -n 's/^id: //p' events | tail -1)
	grep '^data: ' events | tail -1 | grep -q '"status":"COMPLETED"'
	http 204 "$url/v1/tasks/a/events" -H "Last-Event-ID: $last"
	http 200 "$url/v1/tasks/a/events" -H "Last-Event-ID: 1"
	run ! grep -q '^id: 1-' out
	http 404 "$url/v1/tasks/nobody/events"
}

@test "validators hold when an id is purged and used again" {
	serve
	for round in 1 2; do
		post '{"type":"x","taskId":"a"}'
		tq-work --on x='exit 65' --drain --quiet || true
		http 200 "$url/v1/tasks/a"
		has '"status":"FAILED"'
		etag >"etag.$round"
		http 200 "$url/v1/tasks/a/events"
		sed -n 's/^id: //p' out >"id.$round"
		[ "$round" = 2 ] || tq-dlq purge a
	done
	[ "$(cut -d- -f1 etag.1)" = "$(cut -d- -f1 etag.2)" ]
	http 200 "$url/v1/tasks/a" -H "If-None-Match: $(cat etag.1)"
	http 304 "$url/v1/tasks/a" -H "If-None-Match: $(cat etag.2)"
	http 200 "$url/v1/tasks/a/events" -H "Last-Event-ID: $(cat id.1)"
	http 204 "$url/v1/tasks/a/events" -H "Last-Event-ID: $(cat id.2)"
	http 412 -X POST "$url/v1/tasks/a/redrive" -H "If-Match: $(cat etag.1)"
	http 200 -X POST "$url/v1/tasks/a/redrive" -H "If-Match: $(cat etag.2)"
}

# bats test_tags=sqlite
@test "an output's validator holds when an id is purged and used again" {
	serve
	for round in 1 2; do
		post '{"type":"y","taskId":"b"}'
		tq-work --on "y=head -c 70000 /dev/urandom" --drain --quiet
		http 200 "$url/v1/tasks/b/output"
		etag >"output.$round"
		[ "$round" = 2 ] || tq-ctl purge b
	done
	http 200 "$url/v1/tasks/b/output" -H "If-None-Match: $(cat output.1)"
	http 304 "$url/v1/tasks/b/output" -H "If-None-Match: $(cat output.2)"
	http 206 "$url/v1/tasks/b/output" -H "Range: bytes=69990-" -H "If-Range: $(cat output.2)"
	tq-status --result b | tail -c 10 | cmp - out
}

@test "the newest first, whatever their statuses; ids and other filters together" {
	serve
	post '{"type":"x","taskId":"old"}'
	post '{"type":"y","taskId":"new"}'
	http 200 -X DELETE "$url/v1/tasks/new"
	http 200 "$url/v1/tasks?limit=1"
	has '"taskId":"new"'
	for path in v1/tasks v1/failures; do
		http 400 "$url/$path?since=2001-01-02T00:00:00Z&until=2001-01-01T00:00:00Z"
		has 'until: must be after since'
	done
	http 200 "$url/v1/tasks?ids=old,new&status=CANCELLED"
	has '"taskId":"new"'
	run ! grep '"taskId":"old"' out
	has '"missing":[]'
	http 200 "$url/v1/tasks?ids=old,new&type=x"
	run ! grep '"taskId":"new"' out
}

# bats test_tags=sqlite
@test "an event that is longer than a buffer comes whole" {
	serve
	tq-submit --id big -- echo "$(printf '%060000d' 0)" >/dev/null
	tq-ctl cancel big >/dev/null
	curl -sS -m 60 "$url/v1/tasks/big/events" >events
	sed -n 's/^data: //p' events | head -1 | grep -q '^{"taskId":"big".*}$'
	[ "$(sed -n 's/^data: //p' events | head -1 | tr -cd 0 | wc -c)" -ge 60000 ]
}

# -- bytes ---------------------------------------------------------------------------

# sqlite only: the link to an output is a signed one there
# bats test_tags=sqlite
@test "an image as the body: staged, worked on, its output served safely" {
	serve
	work
	http 201 "$url/v1/tasks?wait=60s" -H 'Content-Type: image/jpeg' \
	    --data-binary "@$FIXTURES/photo.jpg"
	has '"status":"COMPLETED"'
	has '"outputUrl":"/v1/tasks/'
	a=$(id)
	http 200 "$url/v1/tasks/$a/output"
	grep -qi '^content-type: image/jpeg' head
	grep -qi '^content-security-policy: .*sandbox' head
	grep -qi '^x-content-type-options: nosniff' head
	grep -qi '^cache-control: private, no-cache' head
	tq-status --result "$a" | cmp - out
	http 200 "$url/v1/tasks/$a/input"
	cmp out "$FIXTURES/photo.jpg"
	tag=$(etag)
	http 304 "$url/v1/tasks/$a/input" -H "If-None-Match: $tag"
	[ "$(etag)" = "$tag" ]
	http 206 "$url/v1/tasks/$a/input" -H 'Range: bytes=10-19'
	cmp out <(tail -c +11 "$FIXTURES/photo.jpg" | head -c 10)
	size=$(stat -c %s "$FIXTURES/photo.jpg")
	grep -qi "^content-range: bytes 10-19/$size" head
	http 206 "$url/v1/tasks/$a/input" -H 'Range: bytes=0-1' -H "If-Range: $tag"
	http 200 "$url/v1/tasks/$a/input" -H 'Range: bytes=0-1' -H 'If-Range: "x"'
	http 416 "$url/v1/tasks/$a/input" -H "Range: bytes=$size-"
	grep -qi "^content-range: bytes \*/$size" head
	http 400 "$url/v1/tasks" -H 'Content-Type: image/jpeg' -d 'no image'
	has '"pointer":"/input"'
	http 404 "$url/v1/tasks/$a/log"
}

# bats test_tags=fast
@test "a form with a file and fields; malformed forms are 400" {
	serve
	work
	http 201 "$url/v1/tasks?wait=60s" -F type=image.grayscale \
	    -F 'payload={"format":"png"}' -F "file=@$FIXTURES/photo.jpg"
	has '"format":"png"'
	http 200 "$url/v1/tasks/$(id)/output"
	grep -qi '^content-type: image/png' head
	grep -qi '^content-disposition: .*filename="photo-output.png"' head
	http 200 "$url/v1/tasks?label=fileName%3Dphoto.jpg"
	has '"fileName":"photo.jpg"'
	has '"inputName":"photo.jpg"'
	http 201 "$url/v1/tasks?type=x&inputName=a%20b.png" \
	    -H 'Content-Type: application/octet-stream' -d bytes
	http 200 "$url/v1/tasks/$(id)/input"
	grep -qi '^content-disposition: .*filename="a b.png"' head
	http 400 "$url/v1/tasks" -F type=x -F inputName=../x -F "file=@$FIXTURES/photo.jpg"
	http 201 "$url/v1/tasks" -F type=x -F 'file=@'"$FIXTURES"'/photo.jpg;filename=pics/a.jpg'
	http 200 "$url/v1/tasks/$(id)"
	has '"inputName":"a.jpg"'
	http 400 "$url/v1/tasks" -F 'payload={},"argv":["x"]' -F "file=@$FIXTURES/photo.jpg"
	http 400 "$url/v1/tasks" -F type=x
	http 400 "$url/v1/tasks" -F nonsense=x -F "file=@$FIXTURES/photo.jpg"
	http 400 "$url/v1/tasks" -F "a=@$FIXTURES/photo.jpg" -F "b=@$FIXTURES/photo.jpg"
	http 400 "$url/v1/tasks" -H 'Content-Type: multipart/form-data; boundary=x' -d 'junk'
}

# sqlite only: looks into the blob folder
# bats test_tags=sqlite
@test "the same upload under the same key is one task and one blob" {
	serve
	for _ in 1 2; do
		http 201 "$url/v1/tasks?key=k" -H 'Content-Type: image/jpeg' \
		    --data-binary "@$FIXTURES/photo.jpg"
	done
	grep -qi '^idempotency-replayed' head
	[ "$(find tq.db.blobs -type f | wc -l)" -eq 1 ]
	http 422 "$url/v1/tasks?key=k" -H 'Content-Type: image/png' \
	    --data-binary "@$FIXTURES/image/rgb8.png"
	[ "$(find tq.db.blobs -type f | wc -l)" -eq 1 ]
}

# sqlite only: looks into the blob folder
# bats test_tags=sqlite
@test "an input or output that was cut is not sent as a whole" {
	serve
	work --on x=cat
	head -c 300000 /dev/urandom >in
	http 201 "$url/v1/tasks?type=x&wait=60s" --data-binary @in \
	    -H 'Content-Type: application/octet-stream'
	a=$(id)
	http 200 "$url/v1/tasks/$a/output"
	cmp in out
	find tq.db.blobs -type f -exec truncate -s 1000 {} +
	http 503 "$url/v1/tasks/$a/output"
	http 503 "$url/v1/tasks/$a/input"
	http 503 "$url/v1/tasks/$a/input" -H 'Range: bytes=0-1'
	# Their descriptors are not kept, either.
	[ "$(find "/proc/$server/fd" -lname '*.blobs/*' | wc -l)" -eq 0 ]
	# Nor does it run on what is left of an upload.
	http 201 "$url/v1/tasks?type=y" --data-binary @in \
	    -H 'Content-Type: application/octet-stream'
	a=$(id)
	truncate -s 1000 "$(find tq.db.blobs -path "*$a*" -name in)"
	tq-work --on y=cat --drain --quiet || true
	http 200 "$url/v1/tasks/$a"
	has 'its input has 1000 bytes instead of 300000'
}

@test "what a handler wrote to stderr is the log; text is never HTML" {
	serve
	work --on 'x=echo said >&2; head -c 70000 /dev/zero | tr "\0" "<"'
	post '{"type":"x"}' '/v1/tasks?wait=60s'
	a=$(id)
	http 200 "$url/v1/tasks/$a/log"
	has said
	grep -qi '^content-type: text/plain' head
}

# -- dialects ------------------------------------------------------------------------

# bats test_tags=tool
@test "the log of an earlier attempt is had by its number" {
	serve
	tq-submit x --id a --backoff 1ms
	exits 0 tq-work --drain=all --on 'x=echo "try $TQ_ATTEMPT" >&2; [ $TQ_ATTEMPT = 3 ]'
	http 200 "$url/v1/tasks/a/log"
	has 'try 3'
	for n in 1 2 3; do
		http 200 "$url/v1/tasks/a/log?attempt=$n"
		[ "$(cat out)" = "try $n" ]
	done
	http 404 "$url/v1/tasks/a/log?attempt=4"
	http 400 "$url/v1/tasks/a/log?attempt=0"
	http 400 "$url/v1/tasks/a/log?attempt=x"
}

# bats test_tags=tool
@test "a client of each dialect runs unchanged" {
	serve
	cat >flaky <<-'END'
		#!/bin/sh
		[ "$TQ_ATTEMPT" -gt 1 ] || { echo no luck >&2; exit 1; }
	END
	# States that are to be seen last till they are.
	cat >shy <<-'END'
		#!/bin/sh
		grep -q '"shy"' "$TQ_PAYLOAD" || [ "$TQ_TYPE" = shy ] || exit 0
		echo "retry-after 1h" >&3
		exit 1
	END
	chmod +x flaky shy
	work --builtin --on flaky=./flaky --on shy=./shy --on simulate=./shy \
	    --on 'dead=echo broken >&2; exit 65'
	"$SERVE/client-tasks" "$url" "http://127.0.0.1:1/a.jpg"
	"$SERVE/client-jobs" "$url"
	"$SERVE/client-api-tasks" "$url"
	"$SERVE/client-demo-tasks" "$url"
}

# -- keys, origins, names ------------------------------------------------------------

# keys_file [ID:SCOPES[:BOUNDS]]...: these keys too; ID's is key-ID.
keys_file() {
	for k in reader:read writer:submit boss:admin "$@"; do
		printf '%s:%s:%s\n' "${k%%:*}" "$(printf %s "key-${k%%:*}" |
		    sha256sum | cut -d' ' -f1)" "${k#*:}"
	done >keys
	chmod 600 keys
}

# bats test_tags=tool,fast
@test "keys: scopes, 401, 403, and a session's cookie" {
	keys_file
	serve --keys keys
	http 200 "$url/health"
	http 401 "$url/v1/tasks"
	grep -qi '^www-authenticate: Bearer' head
	http 401 "$url/v1/tasks" -H 'Authorization: Bearer wrong'
	http 401 "$url/metrics"
	http 200 "$url/v1/tasks" -H 'Authorization: Bearer key-reader'
	http 403 "$url/v1/tasks" -H 'Authorization: Bearer key-reader' -H "$JSON" -d '{"type":"x"}'
	http 403 "$url/v1/tasks" -H 'Authorization: Bearer key-writer'
	http 201 "$url/v1/tasks" -H 'Authorization: Bearer key-writer' -H "$JSON" -d '{"type":"x"}'
	http 200 "$url/v1/tasks" -H 'Authorization: Bearer key-boss'
	http 401 "$url/tasks/x"
	has '{"message":"'
	http 401 "$url/v1/session" -H "$JSON" -d '{"key":"wrong"}'
	http 200 "$url/v1/session" -H "$JSON" -d '{"key":"key-reader"}' -c jar
	grep -qi '^set-cookie: tq_session=.*HttpOnly; SameSite=Strict' head
	http 200 "$url/v1/tasks" -b jar
	http 403 "$url/v1/tasks" -b jar -H "$JSON" -d '{"type":"x"}'
	http 200 "$url/v1/session" -b jar
	has '{"keys":true,"known":true,"id":"reader","scopes":["read"]}'
	http 204 -X DELETE "$url/v1/session" -b jar
	http 401 "$url/v1/tasks" -b jar
}

# bats test_tags=tool
@test "keys: a hang-up reads them anew; a bad file leaves the old ones" {
	keys_file
	serve --keys keys
	sed -i '/^reader/d' keys
	kill -HUP "$server"
	wait_until 10 grep -q 'keys: read anew' serve.err
	http 401 "$url/v1/tasks" -H 'Authorization: Bearer key-reader'
	echo nonsense >>keys
	kill -HUP "$server"
	wait_until 10 grep -q 'the old keys stay' serve.err
	http 200 "$url/v1/tasks" -H 'Authorization: Bearer key-boss'
}

# bats test_tags=tool
@test "keys: a revoked key ends its streams and polls" {
	keys_file
	serve --keys keys
	boss='Authorization: Bearer key-boss'
	http 201 "$url/v1/tasks" -H "$boss" -H "$JSON" -d '{"type":"x","taskId":"a"}'
	local -A waiting
	for who in reader boss; do
		curl -sN -m 120 "$url/v1/tasks/a/events" \
		    -H "Authorization: Bearer key-$who" >"stream.$who" 3>&- &
		started+=("$!")
		curl -s -m 120 -w '%{http_code}' -o /dev/null "$url/v1/tasks/a?wait=60s" \
		    -H "Authorization: Bearer key-$who" >"poll.$who" 3>&- &
		started+=("$!")
		waiting[$who]="${started[*]: -2}"
	done
	wait_until 10 grep -q PENDING stream.reader
	wait_until 10 grep -q PENDING stream.boss
	sed -i '/^reader/d' keys
	kill -HUP "$server"
	# shellcheck disable=SC2086 # two pids
	wait ${waiting[reader]}
	[ "$(cat poll.reader)" = 401 ]
	http 200 -X DELETE "$url/v1/tasks/a" -H "$boss"
	# shellcheck disable=SC2086
	wait ${waiting[boss]}
	has CANCELLED stream.boss
	[ "$(cat poll.boss)" = 200 ]
	run ! grep CANCELLED stream.reader
}

# The answer of /v1/tasks to a task after $1, without its request's id.
after() {
	curl -s "$url/v1/tasks" -H "$shop" -H "$JSON" \
	    -d "{\"type\":\"x\",\"taskId\":\"$2\",\"after\":$1}" |
	    sed 's/"requestId":"[^"]*"//'
	curl -s "$url/v1/tasks/batch" -H "$shop" -H 'Content-Type: application/x-ndjson' \
	    -d "{\"type\":\"x\",\"taskId\":\"$2b\"}
{\"type\":\"x\",\"taskId\":\"$2c\",\"afterEnded\":$1}
{\"type\":\"x\",\"taskId\":\"$2d\",\"after\":[\"$2b\"]}"
}

# bats test_tags=sqlite
@test "keys: a bound key can't learn of others' ids by after, nor see them as edges" {
	keys_file 'shop:submit,read:queue=default;type=x'
	serve --keys keys
	shop='Authorization: Bearer key-shop'
	tq-submit z --id foreign
	tq-submit x --id own --after foreign
	for ids in '["ID"]' '["own","ID"]' '["ID","gone"]' '["gone","ID"]'; do
		after "${ids/ID/foreign}" t >said
		after "${ids/ID/missing}" t | sed 's/missing/foreign/g' >said.absent
		tq-status t >/dev/null && return 1
		grep -qF 'after: there is no task' said
		# The second time the b and d of the batch are there already.
		sed -i '/"taskId"\|is taken/d' said said.absent
		cmp said said.absent
	done
	http 201 "$url/v1/tasks" -H "$shop" -H "$JSON" -d '{"type":"x","taskId":"u","after":["own"]}'
	http 200 "$url/v1/tasks/own/edges" -H "$shop"
	has '{"parents":[],"children":[{"taskId":"u","queue":"default","type":"x","status":"BLOCKED"}]}'
	http 404 "$url/v1/tasks/foreign/edges" -H "$shop"
}

# bats test_tags=sqlite
@test "keys: a bound key sees and touches its queues and types only" {
	keys_file 'shop:submit,read:queue=default;type=x,y'
	queues other
	serve --keys keys
	boss='Authorization: Bearer key-boss' shop='Authorization: Bearer key-shop'
	http 201 "$url/v1/tasks" -H "$boss" -H "$JSON" -d '{"type":"z","taskId":"z"}'
	http 201 "$url/v1/tasks" -H "$boss" -H "$JSON" -d '{"type":"x","taskId":"q","queue":"other"}'
	http 201 "$url/v1/tasks" -H "$shop" -H "$JSON" -d '{"type":"x","taskId":"x"}'
	http 403 "$url/v1/tasks" -H "$shop" -H "$JSON" -d '{"type":"z"}'
	has '"detail":"type: the key is not for z"'
	http 403 "$url/v1/tasks" -H "$shop" -H "$JSON" -d '{"type":"x","queue":"other"}'
	http 403 "$url/tasks" -H "$shop" -H "$JSON" -d '{"type":"z","payload":1}'
	printf '{"type":"y"}\n{"type":"z"}\n' >lines
	http 200 "$url/v1/tasks/batch" -H "$shop" --data-binary @lines -H 'Content-Type: application/x-ndjson'
	[ "$(grep -c '"status":"PENDING"' out)" -eq 1 ]
	has '"code":"forbidden"'
	for at in z q; do
		http 404 "$url/v1/tasks/$at" -H "$shop"
		http 404 "$url/tasks/$at" -H "$shop"
		http 404 "$url/v1/tasks/$at/events" -H "$shop"
		http 404 "$url/v1/tasks/$at/output" -H "$shop"
		http 404 "$url/v1/tasks/$at?wait=1s" -H "$shop"
		http 404 -X DELETE "$url/v1/tasks/$at" -H "$shop"
		http 404 -X POST "$url/v1/tasks/$at/redrive" -H "$shop"
	done
	http 200 "$url/v1/tasks?ids=x,z,q" -H "$shop"
	has '"missing":["z","q"]'
	for all in tasks summary; do
		http 200 "$url/v1/$all" -H "$shop"
		has '"type":"x"'
		run ! grep -e '"z"' -e other out
	done
	http 200 "$url/metrics" -H "$shop"
	run ! grep -e 'type="z"' -e other out
	http 200 -X DELETE "$url/v1/tasks/x" -H "$shop"
}

# bats test_tags=tool
@test "keys: unknown ones are throttled by address, known ones never" {
	keys_file 'slow:read:rate=1/s'
	serve --keys keys --trust-proxy 127.0.0.1
	for ((i = 0; i < 30; i++)); do
		echo "url = \"$url/v1/tasks\""
		echo 'output = /dev/null'
	done >thirty
	curl -s -K thirty -D heads -w '%{http_code}\n' -H 'Authorization: Bearer no' >codes
	grep -q 401 codes
	grep -q 429 codes
	grep -qi '^retry-after' heads
	sed -i 's,/v1/tasks,/v1/session,' thirty
	curl -s -K thirty -w '%{http_code}\n' -H "$JSON" -d '{"key":"no"}' >codes
	grep -q 429 codes
	sed -i 's,/v1/session,/v1/tasks,' thirty
	http 200 "$url/v1/tasks" -H 'Authorization: Bearer key-boss'
	http 401 "$url/v1/tasks" -H 'Authorization: Bearer no' -H 'X-Forwarded-For: 192.0.2.1'
	curl -s -K thirty -w '%{http_code}\n' -H 'Authorization: Bearer key-slow' >codes
	grep -q 200 codes
	grep -q 429 codes
}

# bats test_tags=tool
@test "behind a trusted proxy: its client, TLS and path; from others no word" {
	keys_file
	serve --keys keys --trust-proxy 127.0.0.1 --log-format json
	far=(-H 'X-Forwarded-For: 192.0.2.7' -H 'X-Forwarded-Proto: https' -H 'X-Forwarded-Prefix: /tq')
	http 200 "$url/v1/session" -H "$JSON" -d '{"key":"key-boss"}' "${far[@]}"
	grep -qi '^set-cookie: tq_session=.*Path=/tq/; .*; Secure' head
	http 201 "$url/v1/tasks" -H "$JSON" -d '{"type":"x","taskId":"a"}' \
	    -H 'Authorization: Bearer key-boss' "${far[@]}"
	grep -qi '^location: /tq/v1/tasks/a' head
	http 202 "$url/jobs" -H "$JSON" -d '{"type":"x","payload":1}' \
	    -H 'Authorization: Bearer key-boss' "${far[@]}"
	grep -qi '^location: /tq/jobs/' head
	http 200 "$url/v1/tasks?limit=1" -H 'Authorization: Bearer key-boss' "${far[@]}"
	grep -qi '^link: </tq/v1/tasks?' head
	grep -q 'from 192.0.2.7' serve.err
	kill "$server"
	serve --keys keys --trust-proxy 10.0.0.0/8
	http 200 "$url/v1/session" -H "$JSON" -d '{"key":"key-boss"}' "${far[@]}"
	grep -qi '^set-cookie: .*Path=/; ' head
	run ! grep -i '^set-cookie.*Secure' head
	exits 2 tq-serve --listen 127.0.0.1:0 --trust-proxy nonsense
}

# bats test_tags=long
@test "/demo/tasks: 500 tasks, 20 at a time, end as completed or failed for good" {
	serve
	work -j8 --builtin
	for ((i = 0; i < 500; i++)); do
		echo "url = \"$url/demo/tasks\""
		echo "header = \"$JSON\""
		echo "data = \"{\\\"taskId\\\":\\\"d$i\\\",\\\"payload\\\":{\\\"seconds\\\":0.01}}\""
		echo "output = accepted.$i"
		[ "$i" -eq 499 ] || echo next
	done >load
	curl -s -Z --parallel-max 20 -K load
	[ "$(cat accepted.* | grep -c 'Task accepted')" -eq 500 ]
	ended() {
		[ "$(tq-status --list --status COMPLETED,FAILED --limit 1000 --columns taskId | wc -l)" -eq 500 ]
	}
	wait_until 300 ended
	for i in 0 100 200 300 400; do
		http 200 "$url/demo/tasks/d$i"
		grep -qE '"status":"(COMPLETED|FAILED_FINAL)"' out
	done
}

# bats test_tags=sqlite,long
@test "docs/nginx.conf: TLS, a base path, streams, uploads, who the client is" {
	command -v nginx >/dev/null || PATH=$PATH:/usr/sbin
	command -v nginx >/dev/null || skip "nginx is not installed"
	keys_file
	: >serve.err
	tq-serve --listen "unix:$PWD/tq.sock" --trust-proxy unix --keys keys \
	    --host tq.example.org -v 2>serve.err 3>&- &
	started+=("$!")
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
	    -days 2 -subj /CN=tq.example.org 2>/dev/null
	port=$((20000 + RANDOM % 20000))
	{
		[ "$(id -u)" -ne 0 ] || echo "user root;"
		echo "daemon off; pid $PWD/pid; error_log $PWD/nginx.err;"
		echo "events {} http { access_log off;"
		for t in client_body proxy fastcgi uwsgi scgi; do
			echo "${t}_temp_path $PWD/$t;"
		done
		sed -e "s,/run/tq/tq.sock,$PWD/tq.sock," \
		    -e "s,/etc/ssl/certs/.*,$PWD/cert.pem;," \
		    -e "s,/etc/ssl/private/.*,$PWD/key.pem;," \
		    -e "s/listen 443/listen 127.0.0.1:$port/" \
		    "$BATS_TEST_DIRNAME/../../docs/nginx.conf"
		echo "}"
	} >nginx.conf
	nginx -e "$PWD/nginx.err" -p "$PWD" -c "$PWD/nginx.conf" 3>&- &
	started+=("$!")
	ask=(--cacert cert.pem --resolve "tq.example.org:$port:127.0.0.1")
	url=https://tq.example.org:$port/tq
	wait_until 20 curl -sf "${ask[@]}" "$url/ready"
	boss='Authorization: Bearer key-boss'
	http 200 "${ask[@]}" "$url/"
	has '<title>'
	http 308 "${ask[@]}" "$url"
	http 200 "${ask[@]}" "$url/v1/session" -c jar -H "$JSON" -d '{"key":"key-boss"}'
	grep -qi '^set-cookie: .*Path=/tq/; .*Secure' head
	http 200 "${ask[@]}" "$url/v1/tasks" -b jar
	http 201 "${ask[@]}" "$url/v1/tasks" -b jar -H "$JSON" -d '{"type":"x","taskId":"a"}' \
	    -H "Origin: https://tq.example.org:$port"
	grep -qi '^location: /tq/v1/tasks/a' head
	curl -sN -m 60 "${ask[@]}" "$url/v1/tasks/a/events" -H "$boss" >stream 3>&- &
	stream=$!
	wait_until 20 grep -q 'event: task' stream
	http 200 "${ask[@]}" -X DELETE "$url/v1/tasks/a" -H "$boss"
	wait "$stream"
	has 'event: end' stream
	head -c 3000000 /dev/urandom >big
	http 201 "${ask[@]}" "$url/v1/tasks?type=x" -H "$boss" --data-binary @big \
	    -H 'Content-Type: application/octet-stream'
	grep -q 'from 127.0.0.1 with key boss' serve.err
}

# bats test_tags=tool
@test "keys: a file that others can read is refused" {
	keys_file
	chmod 644 keys
	exits 4 tq-serve --listen 127.0.0.1:0 --keys keys
	says 'chmod 600'
}

# bats test_tags=tool
@test "without keys it listens to this machine only, unless told in as many words" {
	exits 78 tq-serve --listen 0.0.0.0:0
	says '--insecure-no-auth'
	tq-serve --listen 0.0.0.0:0 --insecure-no-auth 2>serve.err 3>&- &
	started+=("$!")
	wait_until 10 grep -q 'listening on' serve.err
}

# bats test_tags=tool
@test "foreign names and origins are kept out" {
	serve --cors https://page.example --host tq.example
	http 421 "$url/v1/tasks" -H 'Host: evil.example'
	http 200 "$url/v1/tasks" -H 'Host: tq.example'
	http 200 "$url/v1/tasks" -H "Host: localhost:$port"
	http 403 "$url/v1/tasks" -H 'Origin: https://evil.example' -H "$JSON" -d '{"type":"x"}'
	has '"code":"origin"'
	http 201 "$url/v1/tasks" -H "Origin: $url" -H "$JSON" -d '{"type":"x"}'
	http 201 "$url/v1/tasks" -H 'Origin: https://page.example' -H "$JSON" -d '{"type":"x"}'
	grep -qi '^access-control-allow-origin: https://page.example' head
	grep -qi '^access-control-expose-headers: .*ETag' head
	grep -qi '^vary: Origin' head
	http 202 "$url/jobs" -H 'Origin: https://page.example' -d '{"type":"x","payload":1}'
	grep -qi '^access-control-allow-origin: https://page.example' head
	http 500 "$url/jobs" -H 'Origin: https://page.example' -d '{'
	grep -qi '^access-control-allow-origin: https://page.example' head
	http 403 "$url/jobs" -H 'Origin: https://evil.example' -H 'Content-Type: text/plain' -d '{"type":"x","payload":1}'
	has '{"error":"pages of this origin may not'
	http 204 -X OPTIONS "$url/v1/tasks" -H 'Origin: https://page.example' \
	    -H 'Access-Control-Request-Method: POST'
	grep -qi '^access-control-allow-methods: POST' head
	grep -qi '^access-control-allow-headers: .*Idempotency-Key' head
	http 200 "$url/v1/tasks" -H 'Origin: https://evil.example'
	run ! grep -qi '^access-control' head
}

@test "s3 inputs only within what is allowed" {
	serve --allow-s3 pics/in
	post '{"type":"x","input":"s3://pics/in/a.jpg"}'
	post '{"type":"x","input":"s3://pics/other/a.jpg"}' /v1/tasks 400
	post '{"type":"x","input":"s3://pics/in/../a.jpg"}' /v1/tasks 400
}

# -- about the service ---------------------------------------------------------------

# -- operators ---------------------------------------------------------------------

patch() {
	http "${3:-200}" "$url/v1/queues/$1" -X PATCH -H "$JSON" -d "$2"
}

# bats test_tags=fast
@test "operators: a queue is paused, limited and resumed, as by tq-ctl" {
	queues mail
	serve
	http 200 "$url/v1/queues/mail"
	has '{"queue":"mail","paused":false,"rate":0,"rateText":"0","limits":{}}'
	tag=$(etag)
	patch mail '{"paused":true,"reason":"SES","rate":"30/m","limits":{"x":2}}'
	http 412 "$url/v1/queues/mail" -X PATCH -H "$JSON" -H "If-Match: $tag" -d '{"paused":false}'
	http 200 "$url/v1/queues"
	has '{"queue":"mail","paused":true,"reason":"SES","rate":0.5,"rateText":"30/m","limits":{"x":2}}'
	a=$(tq-submit x -q mail)
	exits 0 tq-work --once -q mail --on x=true
	status_is "$a" PENDING
	patch mail '{"paused":false,"limits":{"x":null}}'
	has '{"queue":"mail","paused":false,"rate":0.5,"rateText":"30/m","limits":{}}'
	exits 0 tq-work --drain -q mail --on x=true
	patch mail '{"prio":1}' 400
	has '"pointer":"/prio"'
	patch "$(printf 'q%.0s' {1..100})" '{}' 404
}

# Members of a schema of /openapi.json, one a line.
members_of() {
	tr -d '\n' <api | grep -o "\"$1\":{\"type\":\"object\",\"properties\":{.*" |
	    sed 's/,"required":.*//; s/},"[A-Z].*//' | sed 's/.*"properties":{//' |
	    grep -oE '"[a-zA-Z]+":\{' | tr -d '":{' | grep -vx 'additionalProperties'
}

# bats test_tags=sqlite
@test "a body's member of a wrong type is 400 that points at it, whichever it is" {
	serve
	tq-submit --id a x --delay 1h
	curl -s -m 60 "$url/openapi.json" >api
	while read -r schema least method path rest; do
		members_of "$schema" >members
		[ "$(wc -l <members)" -ge "$least" ]
		while read -r m; do
			# A payload may be anything; these know no other member beside them.
			[ "$m" != payload ] || continue
			[ "$m" = type ] && body='{"type":[7]}' || body="{$rest\"$m\":[7]}"
			http 400 "$url$path" -X "$method" -H "$JSON" -d "$body"
			grep -qE "\"pointer\":\"/($m|after)\"" out || {
				echo "$method $path $body: $(cat out)"
				return 1
			}
		done <members
	done <<-'END'
		NewTask 20 POST /v1/tasks "type":"x",
		TaskEdit 14 PATCH /v1/tasks/a
		QueuePatch 6 PATCH /v1/queues/default
	END
	[ "$(tq-status --list | wc -l)" -eq 1 ]
}

# bats test_tags=sqlite
@test "a body that is no object, or that nobody reads, is 400: nothing is done" {
	serve
	tq-submit --id a x --delay 1h
	printf '%05000d' 0 | tr 0 '[' >deep
	printf '{"type":"x","payload":"\xff"}' >latin1
	for to in 'POST /v1/tasks' 'PATCH /v1/tasks/a' 'PATCH /v1/queues/default'; do
		for body in '' null '[]' 7 '"x"' '{"type":"x"} x' '{"prio":1}{}' \
		    '{"prio":1,"prio":2}' '{"prio":1e999}' '{"nonsense":1}' @deep @latin1; do
			http 400 "$url${to#* }" -X "${to% *}" -H "$JSON" --data-binary "$body"
			has '"code":"data"'
		done
		http 415 "$url${to#* }" -X "${to% *}" -H 'Content-Type: text/plain' -d '{}'
	done
	for to in tasks/cancel?all=true tasks/purge?all=true tasks/redrive?all=true \
	    tasks/a/redrive sweep; do
		http 400 "$url/v1/$to" -X POST -H "$JSON" -d '{"type":"y"}'
		has 'the body is not read here'
	done
	status_is a PENDING
	http 400 "$url/v1/tasks/cancel?all=true" -X POST -H "$JSON" -d '{}}'
	http 200 "$url/v1/tasks/cancel?all=true" -X POST -H "$JSON" -d ' {} '
	status_is a CANCELLED
}

@test "operators: cancel, redrive and purge by a filter, after a dry run" {
	serve
	for i in 1 2 3; do tq-submit x -l n=$i; done >ids
	tq-submit y >>ids
	http 400 "$url/v1/tasks/cancel" -X POST
	has 'to mean every task, say all'
	http 400 "$url/v1/tasks/cancel?type=" -X POST
	http 400 "$url/v1/tasks/cancel?status=COMPLETED" -X POST
	http 200 "$url/v1/tasks/cancel?type=x&dryRun=true" -X POST
	has '{"dryRun":true,"tasks":3,"changedMeanwhile":0,"more":false}'
	http 200 "$url/v1/tasks/cancel?label=n%3D1" -X POST
	has '"tasks":1,'
	http 200 "$url/v1/tasks/cancel?type=x&limit=1" -X POST
	http 200 "$url/v1/tasks/redrive?status=CANCELLED" -X POST
	has '"tasks":2,'
	exits 1 tq-work --drain --on 'x=exit 65' --on y=true
	http 200 "$url/v1/tasks/redrive?all=true" -X POST
	has '"tasks":3,'
	tq-work --drain --on x=true
	http 200 "$url/v1/tasks/purge?type=x" -X POST
	has '"tasks":3,'
	[ "$(tq-status --list | wc -l)" -eq 1 ]
}

edit() {
	http "${3:-200}" "$url/v1/tasks/$1" -X PATCH -H "$JSON" -d "$2"
}

# bats test_tags=sqlite
@test "operators: a task that waits is held, released and changed, and its edges are told" {
	serve
	tq-submit x --id a
	tq-submit y --id b --after a
	tq-submit y --id c --after-ended a
	http 200 "$url/v1/tasks/a/edges"
	has '{"parents":[],"children":[{"taskId":"b","queue":"default","type":"y","status":"BLOCKED"},{"taskId":"c","queue":"default","type":"y","status":"BLOCKED"}],"parentsInAll":0,"childrenInAll":2}'
	http 200 "$url/v1/tasks/a/edges?limit=1"
	has '"childrenInAll":2'
	run ! grep '"taskId":"c"' out
	http 400 "$url/v1/tasks/a/edges?limit=0"
	http 404 "$url/v1/tasks/nope/edges"
	http 200 "$url/v1/tasks/a"
	tag=$(etag)
	edit a '{"held":true}'
	has '"held":true'
	exits 0 tq-work --once --on x=true
	status_is a PENDING
	http 412 "$url/v1/tasks/a" -X PATCH -H "$JSON" -H "If-Match: $tag" -d '{"held":false}'
	edit a '{"prio":9,"labels":{"k":"v"},"maxAttempts":1,"payload":{"n":1}}'
	has '"payload":{"n":1}'
	has '"prio":9'
	has '"labels":{"k":"v"}'
	edit a '{"held":false}'
	exits 1 tq-work --once --on 'x=exit 65'
	http 200 "$url/v1/tasks/c/edges"
	has '"parents":[{"taskId":"a","queue":"default","type":"x","status":"FAILED","anyEnd":true,"met":true,"metBy":"FAILED"}]'
	http 200 "$url/v1/tasks/b/edges"
	has '"anyEnd":false,"met":false}'
	edit a '{"held":true}' 409
	edit nope '{"held":true}' 404
	edit c '{"queue":"q"}' 400
	has 'can'"'"'t be changed'
	edit c '{"held":true,"prio":1}' 400
	edit c '{"held":"yes"}' 400
	edit c '{}' 400
	edit c '{"prio":11}' 400
	for never in argv cwd env umask chdir; do
		edit c "{\"$never\":[\"x\"]}" 400
	done
}

# bats test_tags=sqlite
@test "what was made and ended in the last hour, and what fails, by its error" {
	serve
	printf '{"n":%d}\n' 1 2 3 | tq-submit x --each=json --max-attempts 1 >/dev/null
	tq-submit y >/dev/null
	tq-submit y -q other >/dev/null
	exits 1 tq-work --drain --on 'x=echo "port $TQ_PAYLOAD$(($$ + 100000))" >&2; exit 1' --on y=true
	http 200 "$url/v1/rates"
	node -e '
		const r = JSON.parse(require("fs").readFileSync("out"));
		const sum = (a) => a.reduce((n, v) => n + v, 0);
		if (r.atLeast || r.knownSince !== r.start || r.stepSeconds !== 60 ||
		    r.created.length !== 60 || sum(r.created) !== 5 ||
		    sum(r.completed) !== 1 || sum(r.failed) !== 3 || sum(r.cancelled) !== 0)
			throw new Error(JSON.stringify(r));'
	http 200 "$url/v1/rates?queue=other"
	grep -q '"created":\[[0,]*1\(,0\)*\],"completed":\[0' out
	http 200 "$url/v1/failures"
	has '{"atLeast":false,"failures":[{"tasks":3,"type":"x","error":"'
	kind=$(sed -n 's/.*"error":"\([^"]*\)".*/\1/p' out)
	http 200 -G "$url/v1/tasks" --data-urlencode "errorKind=$kind"
	[ "$(grep -o '"taskId"' out | wc -l)" -eq 3 ]
	http 200 -G "$url/v1/failures" -d type=y
	has '"failures":[]'
	http 200 -X POST "$url/v1/tasks/redrive?dryRun=true&errorKind=another"
	has '"tasks":0,'
	http 200 -G -X POST "$url/v1/tasks/redrive" --data-urlencode "errorKind=$kind"
	has '"tasks":3,'
}

# bats test_tags=tool
@test "operators: only a key with the scope, within its bounds" {
	keys_file ops:operate bound:read,operate:queue=mail typed:read,operate:type=x
	queues mail
	serve --keys keys
	tq-submit x -q mail
	task=$(tq-submit x)
	as() { http "$2" "${@:3}" -H "Authorization: Bearer key-$1"; }
	for who in reader writer boss; do
		as $who 403 "$url/v1/tasks/cancel?all=true" -X POST
		as $who 403 "$url/v1/queues/mail" -X PATCH -H "$JSON" -d '{"paused":true}'
		as $who 403 "$url/v1/tasks/$task" -X PATCH -H "$JSON" -d '{"held":true}'
		as $who 403 "$url/v1/sweep" -X POST
		as $who 403 "$url/v1/findings"
	done
	as typed 403 "$url/v1/queues/mail" -X PATCH -H "$JSON" -d '{"paused":true}'
	as bound 404 "$url/v1/queues/default" -X PATCH -H "$JSON" -d '{"paused":true}'
	as bound 200 "$url/v1/queues/mail" -X PATCH -H "$JSON" -d '{"paused":true}'
	as bound 404 "$url/v1/tasks/$task" -X PATCH -H "$JSON" -d '{"held":true}'
	as bound 403 "$url/v1/sweep" -X POST
	as bound 200 "$url/v1/queues"
	run ! grep -q default out
	as bound 200 "$url/v1/tasks/cancel?type=x" -X POST
	has '"tasks":1,'
	as ops 200 "$url/v1/tasks/cancel?all=true" -X POST
	has '"tasks":1,'
	as ops 200 "$url/v1/sweep" -X POST
	has '"skipped":false'
	as ops 200 "$url/v1/findings"
	has '"level":"ok"'
}

# Each of these would run a program, or make or move a store, for whoever asks.
# bats test_tags=sqlite
@test "operators: argv, cwd, env and umask, and moves of stores, are not for HTTP" {
	serve
	for member in '"argv":["id"]' '"cwd":"/"' '"env":{"A":"b"}' '"umask":18'; do
		post "{\"type\":\"exec\",$member}" /v1/tasks 400
		printf '{"type":"exec",%s}\n' "$member" >line
		http 200 "$url/v1/tasks/batch" -H 'Content-Type: application/x-ndjson' --data-binary @line
		has '"code":'
	done
	for at in exec mv backup restore init; do
		http 404 "$url/v1/$at" -X POST
	done
	[ "$(tq-status --list | wc -l)" -eq 0 ]
}

# bats test_tags=tool
@test "openapi describes what is served: every path answers as it says" {
	serve
	http 200 "$url/openapi.json"
	cp out api
	grep -o '"/[a-z0-9/{}.]*":{' api | tr -d '":{' | sed 's/[{]*id}/nobody/' >paths
	[ "$(wc -l <paths)" -ge 20 ]
	while read -r path; do
		http 200 "$url$path" || http 405 "$url$path" || http 404 "$url$path"
		run ! grep -q no-route out
	done <paths
	# Each operation is named, and all its answers have a schema or no body.
	[ "$(grep -o '"operationId":"[^"]*"' api | sort | uniq -d | wc -l)" -eq 0 ]
	has '"200":{"description":"Fine","headers":{"ETag"' api
	has '"servers":[{"url":"/"}]' api
	has '"example":{' api
	has '"enum":["PENDING"' api
	# The page filters by all that the API does.
	names() { sort | grep -vxE 'ids|cursor|limit'; }
	tr -d '\n' <api | grep -o '"operationId":"listTasks".*' |
	    sed 's/"requestBody.*//; s/"responses.*//' |
	    grep -o '"name":"[a-zA-Z]*"' | cut -d'"' -f4 | names >filters
	tr -d '\n' <"$BATS_TEST_DIRNAME/../../web/tasks.js" |
	    sed 's/.*const names = \[\([^]]*\)\].*/\1/' | grep -o '[a-zA-Z]*' | names >page
	[ "$(wc -l <filters)" -ge 10 ]
	diff filters page
}

# bats test_tags=sqlite
@test "metrics tell 200 types apart; the rest is one" {
	serve
	seq 230 | sed 's/.*/{"type":"t&"}/' >lines
	http 200 "$url/v1/tasks/batch" -H 'Content-Type: application/x-ndjson' --data-binary @lines
	http 200 "$url/metrics"
	[ "$(grep '^tq_tasks{.*PENDING' out | sed 's/.*type="\([^"]*\)".*/\1/' | sort -u | wc -l)" -eq 201 ]
	grep -q '^tq_tasks{.*type="other".*status="PENDING"} 30$' out
}

# bats test_tags=tool
@test "metrics count requests, commits, tasks and times" {
	serve
	work
	post '{"type":"simulate","payload":{"seconds":0,"failure_rate":0}}' '/v1/tasks?wait=60s'
	http 404 "$url/v1/tasks/nobody"
	wait_until 10 eval 'curl -s $url/metrics | grep -q "^tq_total_seconds_count 1"'
	# A request is counted when it is over, maybe after its answer is read.
	wait_until 10 eval 'http 200 "$url/metrics" && has "tasks/{id}\",status=\"404\"} 1"'
	http 200 "$url/metrics"
	has 'tq_http_requests_total{method="POST",route="/v1/tasks",status="201"} 1'
	has 'tq_http_requests_total{method="GET",route="/v1/tasks/{id}",status="404"} 1'
	has 'tq_submit_tasks_total 1'
	has 'tq_tasks{queue="default",type="simulate",status="COMPLETED"} 1'
	has 'tq_queue_wait_seconds_count 1'
	has 'tq_total_seconds_bucket{le="+Inf"} 1'
	grep -q '^tq_total_seconds_sum 0\.[0-9]*[1-9]' out
	run ! grep -vE '^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.*\})? [-0-9.e+]+)$' out
}

# bats test_tags=tool
@test "the access log has request ids and one line a request" {
	serve --log-format logfmt
	http 200 "$url/health" -H 'X-Request-Id: my-id.1'
	grep -qi '^x-request-id: my-id.1' head
	http 404 "$url/v1/tasks/nobody"
	wait_until 10 grep -q 'event=request taskId=nobody .*GET /v1/tasks/nobody 404' serve.err
	wait_until 10 grep -q 'event=request .*GET /health 200 [0-9]* B .*id my-id.1' serve.err
	# A stream has no size.
	post '{"type":"x","taskId":"a"}'
	http 200 -X DELETE "$url/v1/tasks/a"
	http 200 "$url/v1/tasks/a/events"
	wait_until 10 grep -q 'GET /v1/tasks/a/events 200 from ' serve.err
}

# bats test_tags=sqlite
@test "a page's files are served with a strict policy, and nothing beside them" {
	mkdir -p site/sub
	echo '<p>page' >site/index.html
	echo 'x' >site/sub/a.js
	echo secret >secret.txt
	echo 'x' >site/tool.sh
	echo 'x' >site/.hidden.txt
	ln -s ../secret.txt site/link.txt
	serve --web site
	http 200 "$url/"
	grep -qi "^content-security-policy: default-src 'none'" head
	etag=$(sed -n 's/^[Ee][Tt]ag: \(.*\)\r/\1/p' head)
	http 304 "$url/" -H "If-None-Match: $etag"
	http 200 "$url/sub/a.js"
	grep -qi '^content-type: text/javascript' head
	for bad in /tool.sh /.hidden.txt /link.txt /sub /sub/b.js /secret.txt; do
		http 404 "$url$bad"
	done
	for bad in /../secret.txt /%2e%2e/secret.txt /sub/..%2f..%2fsecret.txt \
	    //secret.txt; do
		http 400 --path-as-is "$url$bad"
	done
}

# sqlite only: takes away a file
# bats test_tags=sqlite
@test "a store that goes away is said, and ends the server with 69" {
	serve
	post '{"type":"x","taskId":"a"}'
	http 200 "$url/ready"
	mv tq.db gone
	code=0
	wait "$server" || code=$?
	[ "$code" -eq 69 ]
	grep -q 'is not there any more' serve.err
	[ ! -e tq.db ]
}

# -- robustness ----------------------------------------------------------------------

# bats test_tags=sqlite
@test "what two servers may read differently is 4xx, and the end of the connection" {
	serve
	H='Host: localhost\r\n'
	J='Content-Type: application/json\r\n'
	C="POST /v1/tasks HTTP/1.1\r\n$H${J}Transfer-Encoding: chunked\r\n\r\n"
	chunked=201
	strict || chunked=411
	long=$(head -c 20000 /dev/zero | tr '\0' a)
	many=$(for i in {1..500}; do printf 'X-%d: abcdefgh\\r\\n' "$i"; done)
	# A comma: libmicrohttpd 1.0 closes the connection without an answer.
	while IFS='|' read -r name want bytes; do
		raw "$bytes"
		want=${want/,/|}
		got=$(head -c 12 raw | cut -d' ' -f2)
		[[ "$got" =~ ^($want)$ ]] || {
			echo "$name: \"$got\", not $want"
			false
		}
		[ "$(grep -ac '^HTTP/1' raw)" -le 1 ]
		[ "${name%% *}" != length ] || has '{"type":"urn:tq:problem:' raw
	done <<-END
		no Host|400|GET /health HTTP/1.1\r\nA: b\r\n\r\n
		two Hosts|400|GET /health HTTP/1.1\r\n$H$H\r\n
		length and chunked|400|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n
		two lengths|400|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}
		length +5|400|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length: +5\r\n\r\n{}
		length of two|400|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length: 5, 5\r\n\r\n{}
		length that is empty|400|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length: \r\n\r\n{}
		length in hex, without a body|400|GET /health HTTP/1.1\r\n${H}Content-Length: 0x5\r\n\r\n
		length of 19 digits|413|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length: 1234567890123456789\r\n\r\n{}
		length -1|400|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length: -1\r\n\r\n{}
		length 2^64+1|413|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length: 18446744073709551617\r\n\r\n{}
		xchunked|400|POST /v1/tasks HTTP/1.1\r\n$H${J}Transfer-Encoding: xchunked\r\n\r\n{}
		chunked|$chunked|${C/Host/Connection: close\\r\\nHost}c\r\n{"type":"x"}\r\n0\r\n\r\n
		chunk size 0x5|400,411|${C}0x5\r\nabcde\r\n0\r\n\r\n
		chunk size of 17 f|413,411|${C}fffffffffffffffff\r\n
		bare line feed before a chunk|400,411|${C}c\n{"type":"x"}\r\n0\r\n\r\n
		bare line feed in an extension|400,411|${C}c;a\nb\r\n{"type":"x"}\r\n0\r\n\r\n
		bare line feed behind a chunk|400,411|${C}c\r\n{"type":"x"}\n0\r\n\r\n
		bare line feed behind the last chunk|400,411|${C}c\r\n{"type":"x"}\r\n0\n\r\n
		bare line feed at the end of chunks|400,411|${C}c\r\n{"type":"x"}\r\n0\r\n\n
		bare line feed in a trailer|400,411|${C}c\r\n{"type":"x"}\r\n0\r\nA: b\n\r\n
		bare line feeds between chunks|400,411|${C}c\n{"type":"x"}\n0\n\n
		bare line feeds|400|GET /health HTTP/1.1\nHost: localhost\n\n
		one bare line feed|400|GET /health HTTP/1.1\r\nHost: localhost\nA: b\r\n\r\n
		bare line feed at the end|400|GET /health HTTP/1.1\r\nHost: localhost\r\n\n
		folded line|400|GET /health HTTP/1.1\r\n${H}A: b\r\n c\r\n\r\n
		folded Host|400|GET /health HTTP/1.1\r\nHost: localhost\r\n\t\r\n\r\n
		blank before the colon|400|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length : 5\r\n\r\n{}
		NUL in a value|400|GET /health HTTP/1.1\r\n${H}A: b\0c\r\n\r\n
		NUL in a name|400|GET /health HTTP/1.1\r\n${H}A\0b: c\r\n\r\n
		NUL in the target|400,|GET /hea\0lth HTTP/1.1\r\n$H\r\n
		control character|400|GET /health HTTP/1.1\r\n${H}A: b\001c\r\n\r\n
		header of 20 KB|431|GET /health HTTP/1.1\r\n${H}A: $long\r\n\r\n
		500 headers|431|GET /health HTTP/1.1\r\n$H$many\r\n
		target of 20 KB|414|GET /$long HTTP/1.1\r\n$H\r\n
		body over the limit|413|POST /v1/tasks HTTP/1.1\r\n$H${J}Content-Length: 2000000\r\n\r\n{}
		two blanks|400|GET  /health HTTP/1.1\r\n$H\r\n
		blank in the target|400|GET /hea lth HTTP/1.1\r\n$H\r\n
		absolute target|400|GET http://localhost/health HTTP/1.1\r\n$H\r\n
		HTTP/2.0|505|GET /health HTTP/2.0\r\n$H\r\n
		chunked in 1.0|400|POST /v1/tasks HTTP/1.0\r\n$H${J}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n
	END
	http 200 "$url/v1/tasks"
	[ "$(grep -o '"taskId"' out | wc -l)" -eq "$(strict && echo 1 || echo 0)" ]
}

# bats test_tags=sqlite
@test "HEAD is GET without a body on every route, OPTIONS names what there is" {
	mkdir site
	echo '<p>page' >site/index.html
	serve --web site
	head -c 5000 /dev/zero >in
	http 201 "$url/v1/tasks?type=x&taskId=a" --data-binary @in \
	    -H 'Content-Type: application/octet-stream'
	curl -s "$url/openapi.json" | grep -o '"/[a-z0-9/{}.]*":{"get"\|"/[a-z0-9/{}.]*":{[^}]*"get"' |
	    cut -d'"' -f2 | grep -v events >gets
	printf '%s\n' / /v1/tasks /v1/tasks/a/input /jobs/a >>gets
	[ "$(wc -l <gets)" -ge 10 ]
	sed "s,{[a-z]*},a,; s,.*,url = \"$url&\",; s,\$,\noutput = /dev/null," <gets >urls
	curl -s -K urls -w '%{http_code}\n' >by.get
	curl -s -I -K urls -w '%{http_code} %{size_download}\n' >by.head
	sed 's/$/ 0/' by.get | cmp - by.head
	run ! grep -v '^[24]0[04]$' by.get
	curl -s -X OPTIONS -K urls -w '%{http_code}\n' >by.options
	[ "$(sort -u by.options)" = 204 ]
	http 204 -X OPTIONS "$url/tasks/name"
	grep -qi '^allow: GET, HEAD.$' head
	http 405 -X POST "$url/" -d x
	grep -qi '^allow: GET, HEAD.$' head
	http 404 -X POST "$url/index.htm" -d x
	http 404 -X OPTIONS "$url/nothing"
	http 400 -X GET "$url/" -d x
	has 'the body is not read here'
	http 200 -I "$url/v1/tasks/a/input" -H 'Range: bytes=0-1'
	grep -qi '^content-length: 5000' head
}

# bats test_tags=sqlite
@test "bytes: several ranges, the last, none, of an empty input; no coding, no empty upload" {
	serve
	: >empty
	tq-submit --id a x --input empty
	tq-submit --id b x --input /etc/passwd
	http 200 "$url/v1/tasks/b/input" -H 'Range: bytes=0-0,2-3'
	cmp out /etc/passwd
	http 206 "$url/v1/tasks/b/input" -H 'Range: bytes=-3'
	cmp out <(tail -c 3 /etc/passwd)
	for range in -0 0-0 0- -1; do
		http 416 "$url/v1/tasks/a/input" -H "Range: bytes=$range"
		grep -qi '^content-range: bytes \*/0' head
	done
	http 200 "$url/v1/tasks/a/input"
	[ ! -s out ]
	http 416 "$url/v1/tasks/b/input" -H 'Range: bytes=18446744073709551617-'
	for to in 'POST /v1/tasks application/json' 'POST /v1/tasks?type=x image/png' \
	    'POST /v1/tasks/batch application/x-ndjson' 'PATCH /v1/tasks/a application/json'; do
		read -r method at type <<<"$to"
		http 415 -X "$method" "$url$at" -H "Content-Type: $type" \
		    -H 'Content-Encoding: gzip' -d '{}'
		grep -qi '^connection: close' head
		run ! grep -i '^keep-alive' head
	done
	http 400 "$url/v1/tasks?type=x" -H 'Content-Type: image/png' -d ''
	has 'the upload has no file, or an empty one'
	# Whatever it asks for, it gets JSON, and never what a browser would run.
	http 404 "$url/v1/tasks/<b>" -H 'Accept: text/html' || http 400 "$url/v1/tasks/<b>" -H 'Accept: text/html'
	grep -qi '^content-type: application/problem+json' head
}

# bats test_tags=sqlite
@test "If-Match on DELETE and PATCH: another state is 412, and nothing is done" {
	serve
	tq-submit --id a x
	for how in 'PATCH {"prio":3}' 'DELETE '; do
		read -r method body <<<"$how"
		http 412 -X "$method" "$url/v1/tasks/a" -H "$JSON" -H 'If-Match: "9-9"' -d "$body"
		has '"code":"changed"'
		http 404 -X "$method" "$url/v1/tasks/no" -H "$JSON" -H 'If-Match: *' -d "$body"
		status_is a PENDING
	done
	http 200 -X PATCH "$url/v1/tasks/a" -H "$JSON" -H 'If-Match: *' -d '{"prio":3}'
	http 200 "$url/v1/tasks/a"
	http 200 -X DELETE "$url/v1/tasks/a" -H "If-Match: $(etag)"
}

# bats test_tags=sqlite
@test "Expect: 100-continue is met where the body is wanted, and only there" {
	serve
	common='Host: localhost\r\nConnection: close\r\n'
	expect="${common}Expect: 100-continue\r\nContent-Length: 12\r\nContent-Type:"
	exec 7<>"/dev/tcp/127.0.0.1/$port"
	printf "POST /v1/tasks HTTP/1.1\r\n$expect application/json\r\n\r\n" >&7
	IFS= read -r -t 60 line <&7
	[ "$line" = $'HTTP/1.1 100 Continue\r' ]
	printf '{"type":"x"}' >&7
	timeout 60 cat <&7 | grep -qa '^HTTP/1.1 201'
	exec 7>&-
	while IFS='|' read -r want bytes; do
		raw "$bytes"
		[ "$(grep -ao '^HTTP/1.1 [0-9]*' raw)" = "HTTP/1.1 $want" ]
	done <<-END
		415|POST /v1/tasks HTTP/1.1\r\n$expect text/plain\r\n\r\n
		404|POST /v1/nothing HTTP/1.1\r\n$expect application/json\r\n\r\n
		405|PUT /v1/tasks HTTP/1.1\r\n$expect application/json\r\n\r\n
		403|POST /v1/tasks HTTP/1.1\r\nOrigin: http://evil\r\n$expect application/json\r\n\r\n
		413|POST /v1/tasks HTTP/1.1\r\n${expect/12/9000000} application/json\r\n\r\n
		417|POST /v1/tasks HTTP/1.1\r\n${expect/100-continue/200-ok} application/json\r\n\r\n
	END
	[ "$(tq-status --list | wc -l)" -eq 1 ]
}

# bats test_tags=sqlite
@test "names with slashes, NUL and broken UTF-8, and labels, are 400" {
	serve
	for at in tasks/a%2fb tasks/a%00b tasks/a%zz tasks/%ff 'tasks?label=%ff%fe' \
	    'tasks?label=a%00b' 'tasks?type=%80' 'tasks?type=x&type=y' tasks/ \
	    tasks/a%20b 'queues/a%2fb' 'tasks/%2e%2e' 'tasks/./a'; do
		http 400 --path-as-is "$url/v1/$at"
	done
	for body in '{"type":"x","labels":{"a":"\xff"}}' '{"type":"x","labels":{"a":"\\ud800"}}' \
	    '{"type":"x","labels":{"a":"1","a":"2"}}' '{"type":"x","payload":{"a":1,"a":2}}' \
	    '{"type":"x","type":"y"}' '{"type":"x"} trailing' '\xef\xbb\xbf{"type":"x"}'; do
		printf "$body" >body
		http 400 "$url/v1/tasks" -H "$JSON" --data-binary @body
		has '"code":"data"'
	done
	http 200 "$url/v1/tasks"
	has '{"tasks":[]}'
}

# bats test_tags=tool
@test "with a libmicrohttpd that reads requests otherwise it does not start" {
	preload bent_mhd
	BENT_MHD=blind exits 78 timeout 60 "${PRELOAD[@]}" tq-serve --listen 127.0.0.1:0
	says ' lets through two lengths'
	BENT_MHD=mute exits 78 timeout 60 "${PRELOAD[@]}" tq-serve --listen 127.0.0.1:0
	says ' refuses a body with its length'
}

# bats test_tags=tool
@test "requests one behind the other are answered in order" {
	serve
	B='{"type":"x","taskId":"a"}'
	raw "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n$JSON\r\nContent-Length: ${#B}\r\n\r\n${B}GET /v1/tasks/a HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	[ "$(grep -ao '^HTTP/1.1 [0-9]*' raw | tr '\n' ' ')" = \
	    "HTTP/1.1 201 HTTP/1.1 200 HTTP/1.1 404 " ]
}

# drip FORMAT: a byte of it each 50 ms until the server closes; then how long.
drip() {
	trap '' PIPE
	local i
	exec 7<>"/dev/tcp/127.0.0.1/$port"
	# shellcheck disable=SC2059
	printf "$1" >&7
	for ((i = 0; i < 400; i++)); do
		printf a >&7 2>/dev/null || break
		sleep 0.05
		read -r -t 0 -u 7 && break
	done
	exec 7>&-
	[ "$i" -lt 400 ]
}

# bats test_tags=sqlite
@test "slow heads, slow bodies and idle connections are gone by their deadline" {
	serve --header-timeout 500ms --body-timeout 500ms
	drip 'GET /health HTTP/1.1\r\nHost: localhost\r\nA: '
	drip "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n$JSON\r\nContent-Length: 1000\r\n\r\n"
	drip "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n$JSON\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n"
	raw ''
	# Half a second may be over before it is read.
	answered() {
		raw 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
		head -c 12 raw | grep -q 'HTTP/1.1 200'
	}
	wait_until 10 answered
}

# bats test_tags=sqlite
@test "2000 idle connections don't stop a new client" {
	[ "$(ulimit -Hn)" -ge 3000 ] || skip "not enough descriptors"
	serve --header-timeout 60s
	(
		ulimit -Sn "$(ulimit -Hn)"
		for ((i = 0; i < 2000; i++)); do
			exec {fd}<>"/dev/tcp/127.0.0.1/$port" || break
			: "$fd stays open"
		done
		echo "$i" >opened
		exec sleep 60
	) 3>&- &
	started+=("$!")
	wait_until 60 test -s opened
	[ "$(cat opened)" -ge 2000 ]
	http 200 "$url/health"
	post '{"type":"x"}'
}

# sqlite only: of a store elsewhere every read is for the pool
# bats test_tags=sqlite
@test "lists that find nothing among many tasks hold nobody up" {
	tq-submit x --id rare -l find=me >/dev/null
	seq 20000 | tq-submit x --each >/dev/null
	serve --threads 1
	for i in 1 2 3 4 5 6 7 8; do
		(
			curl -s -m 120 "$url/v1/tasks?label=none" >"list.$i" &&
			mv "list.$i" "listed.$i"
		) 3>&- &
		lists[i]=$!
	done
	wait_until 10 test -e list.1
	http 200 "$url/health"
	http 200 "$url/ready"
	post '{"type":"y","taskId":"y"}'
	http 200 "$url/v1/tasks/y"
	[ "$(find . -name 'listed.*' | wc -l)" -lt 8 ]
	wait "${lists[@]}"
	grep -q '"tasks":\[\]' listed.8
	# A page may come short; its cursor goes on from there.
	next='/v1/tasks?label=find%3Dme'
	until grep -q '"taskId":"rare"' out; do
		[ -n "$next" ]
		http 200 "$url$next"
		next=$(sed -n 's/^[Ll]ink: <\(.*\)>; rel="next".*/\1/p' head)
	done
}

# small [OPTIONS]: a server with room for 200 connections.
small() {
	: >serve.err
	(
		ulimit -Sn 528
		ulimit -Hn 528
		exec tq-serve --listen 127.0.0.1:0 "$@" 2>serve.err
	) 3>&- &
	started+=("$!")
	wait_until 10 grep -q 'listening on http' serve.err
	url=$(sed -n 's/.*listening on \(http.*\)/\1/p' serve.err)
	port=${url##*:}
}

# streams NAME N [CURL-OPTIONS]: N streams of task a at once, to NAME.1 ...
streams() {
	local name=$1 n=$2 i
	shift 2
	for ((i = 0; i < n; i++)); do
		echo "url = \"$url/v1/tasks/a/events\""
		echo "output = $name.$i"
	done >"of.$name"
	curl -sN -m 120 -Z --parallel-max 200 --parallel-immediate -K "of.$name" "$@" 3>&- &
	started+=("$!")
}

# told NAME WAITING BUSY: so many of them wait, and were refused?
told() {
	[ "$(cat "$1".* 2>/dev/null | grep -c 'event: task')" -eq "$2" ] &&
	    [ "$(cat "$1".* | grep -c '"code":"busy"')" -eq "$3" ]
}

# bats test_tags=sqlite
@test "streams have a limit for each key, and for each address behind a proxy" {
	hard=$(ulimit -Hn)
	[ "$hard" = unlimited ] || [ "$hard" -ge 1024 ] || skip "not enough descriptors"
	keys_file
	small --keys keys --trust-proxy 127.0.0.1
	boss='Authorization: Bearer key-boss'
	http 201 "$url/v1/tasks" -H "$boss" -H "$JSON" -d '{"type":"x","taskId":"a"}'
	streams key 60 -H 'Authorization: Bearer key-reader'
	wait_until 30 told key 50 10
	streams far 40 -H "$boss" -H 'X-Forwarded-For: 192.0.2.1'
	wait_until 30 told far 32 8
	streams near 2 -H "$boss" -H 'X-Forwarded-For: 192.0.2.2'
	wait_until 30 told near 2 0
	http 200 -X DELETE "$url/v1/tasks/a" -H "$boss"
	wait "${started[@]: -3}"
}

# bats test_tags=sqlite
@test "the last connections are for probes: with all others busy they are answered" {
	hard=$(ulimit -Hn)
	[ "$hard" = unlimited ] || [ "$hard" -ge 1024 ] || skip "not enough descriptors"
	small --body-timeout 60s
	local fd i
	for ((i = 0; i < 188; i++)); do
		exec {fd}<>"/dev/tcp/127.0.0.1/$port"
		printf 'POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\n%s\r\nContent-Length: 9\r\n\r\n{' "$JSON" >&"$fd"
	done
	crowded() { http 503 "$url/v1/tasks" && has 'too many connections'; }
	wait_until 30 crowded
	http 200 "$url/health"
	http 200 "$url/ready"
}

# bats test_tags=tool
@test "probes need no name of ours and no HTTP/1.1" {
	serve --host tq.example
	http 200 "$url/health"
	grep -qi '^keep-alive: timeout=75' head
	for at in health ready; do
		http 200 "$url/$at" -H 'Host: 10.1.2.3:80'
		http 200 "$url/$at" --http1.0 -H 'Host:'
		raw "GET /$at HTTP/1.0\r\n\r\n"
		has 'HTTP/1.1 200' raw || has 'HTTP/1.0 200' raw
	done
	http 421 "$url/v1/tasks" -H 'Host: 10.1.2.3:80'
	http 400 "$url/v1/tasks" --http1.0 -H 'Host:'
}

# bats test_tags=tool
@test "streams have their own limit; the rest is answered beyond it" {
	hard=$(ulimit -Hn)
	[ "$hard" = unlimited ] || [ "$hard" -ge 1024 ] || skip "not enough descriptors"
	: >serve.err
	(
		ulimit -Sn 328
		ulimit -Hn 328
		exec tq-serve --listen 127.0.0.1:0 2>serve.err
	) 3>&- &
	started+=("$!")
	wait_until 10 grep -q 'listening on http' serve.err
	url=$(sed -n 's/.*listening on \(http.*\)/\1/p' serve.err)
	post '{"type":"x","taskId":"a"}'
	# Room for 100 connections, so 50 may wait.
	for ((i = 0; i < 60; i++)); do
		echo "url = \"$url/v1/tasks/a/events\""
		echo "output = stream.$i"
	done >sixty
	curl -sN -m 120 -Z --parallel-max 60 --parallel-immediate -K sixty 3>&- &
	started+=("$!")
	full() {
		[ "$(grep -l '"code":"busy"' stream.* | wc -l)" -eq 10 ] &&
		    [ "$(grep -l 'event: task' stream.* | wc -l)" -eq 50 ]
	}
	wait_until 30 full
	http 503 "$url/v1/tasks/a/events"
	grep -qi '^retry-after' head
	grep -qi '^connection: close' head
	http 503 "$url/v1/tasks/a?wait=1s"
	http 200 "$url/health"
	http 200 "$url/v1/tasks/a"
	post '{"type":"y","taskId":"b"}' '/v1/tasks?wait=60s'
	http 200 -X DELETE "$url/v1/tasks/a"
	wait "${started[-1]}"
	http 200 "$url/v1/tasks/b?wait=10ms"
}

# bats test_tags=sqlite
@test "how long a connection may idle is announced, and kept" {
	serve --keepalive-timeout 2s --header-timeout 600s
	http 200 "$url/health"
	grep -qi '^keep-alive: timeout=2' head
	raw 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'
	has 'HTTP/1.1 200' raw
}

# bats test_tags=fast
@test "every id that was answered exists after kill -9" {
	[ -x "$TQ_BUILD/bench/load" ] || gcc -O2 -std=gnu11 -D_GNU_SOURCE \
	    -o load "$BATS_TEST_DIRNAME/../../bench/load.c"
	load=./load
	[ -x load ] || load=$TQ_BUILD/bench/load
	: >acked
	grew() { [ "$(stat -c %s "$1")" -gt "$2" ]; }
	rounds=$(many 15 8)
	for ((round = 0; round < rounds; round++)); do
		before=$(stat -c %s acked)
		serve
		"$load" -i -k -d '{"type":"x"}' "$url/v1/tasks" 1000000 64 \
		    >>acked 2>load.err 3>&- &
		loader=$!
		started+=("$loader")
		wait_until 10 grew acked "$before"
		sleep "0.0$((RANDOM % 9 + 1))"
		kill -9 "$server"
		kill "$loader"
		wait "$server" "$loader" || true
	done
	# A line that was cut off was not handed on.
	grep -E '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' acked | sort -u >ids
	[ "$(wc -l <ids)" -ge "$rounds" ]
	tq-status --columns taskId - <ids | sort -u | cmp - ids
}

# sqlite only: opens the file
# bats test_tags=sqlite
@test "another program that opens the database and goes takes nothing along" {
	serve
	post '{"type":"x","taskId":"a"}'
	# By then the server has opened and closed handles of its own.
	wait_until 10 eval 'curl -s $url/ready | grep -q ready'
	sleep 1.2
	sqlite3 tq.db 'SELECT count(*) FROM task' >/dev/null
	post '{"type":"x","taskId":"b"}'
	[ "$(tq-status --columns taskId --list | sort | tr '\n' ' ')" = "a b " ]
}

# bats test_tags=tool
@test "a server that is killed with requests waiting, or told to end at once, ends" {
	serve --grace 0s
	post '{"type":"x","taskId":"a"}'
	for _ in {1..10}; do
		curl -s -m 120 "$url/v1/tasks/a?wait=60s" >/dev/null 3>&- &
		started+=("$!")
		curl -sN -m 120 "$url/v1/tasks/a/events" >/dev/null 3>&- &
		started+=("$!")
	done
	wait_until 10 eval 'curl -s $url/metrics | grep -q "^tq_http_connections 2[0-9]"'
	kill "$server"
	rc=0
	wait "$server" || rc=$?
	[ "$rc" -eq 0 ]
}

# bats test_tags=tool,fast
@test "told to end, it answers what was asked and goes" {
	serve --grace 60s
	post '{"type":"x","taskId":"a"}'
	curl -s -m 120 "$url/v1/tasks/a?wait=60s" >answer 3>&- &
	poll=$!
	curl -sN -m 120 "$url/v1/tasks/a/events" >events 3>&- &
	stream=$!
	started+=("$poll" "$stream")
	wait_until 10 grep -q '^id: 1' events
	wait_until 10 eval 'curl -s $url/metrics | grep -q "^tq_http_connections 3"'
	kill "$server"
	wait "$poll"
	has '"status":"PENDING"' answer
	wait "$stream"
	rc=0
	wait "$server" || rc=$?
	[ "$rc" -eq 0 ]
	run ! curl -s -m 2 "$url/health"
}

# bats test_tags=tool,fast
@test "a unix socket; one left by a dead server is replaced" {
	tq-serve --listen "unix:$PWD/s" 2>serve.err 3>&- &
	server=$!
	started+=("$server")
	wait_until 10 grep -q 'listening on unix:' serve.err
	http 200 --unix-socket s http://tq.internal/health
	exits 78 tq-serve --listen "unix:$PWD/s"
	kill -9 "$server"
	wait "$server" || true
	[ -S s ]
	: >serve.err
	tq-serve --listen "unix:$PWD/s" 2>serve.err 3>&- &
	server=$!
	started+=("$server")
	wait_until 10 grep -q 'listening on unix:' serve.err
	http 200 --unix-socket s http://localhost/health
	kill "$server"
	wait "$server"
	[ ! -e s ]
}

# bats test_tags=tool
@test "traceparent is stored with the task" {
	serve
	trace=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
	http 201 "$url/v1/tasks" -H "$JSON" -H "traceparent: $trace" -d '{"type":"x"}'
	http 200 "$url/v1/tasks/$(id)"
	has "\"traceparent\":\"$trace\""
}

# bats test_tags=tool,fast
@test "usage: bad options are exit 2" {
	exits 2 tq-serve --listen nonsense
	exits 2 tq-serve --keys k --insecure-no-auth
	exits 2 tq-serve --cors '*'
	exits 2 tq-serve operand
	exits 2 tq-serve --log-format xml
	exits 78 tq-serve --listen 127.0.0.1:0 --web "$BATS_TEST_TMPDIR/none"
}

# bats test_tags=tool
@test "it serves on a passed socket, and tells systemd when it is ready" {
	command -v perl >/dev/null || skip "no perl"
	cat >pass.pl <<-'END'
		use IO::Socket::INET; use IO::Socket::UNIX; use Socket; use POSIX;
		my $n = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "notify") or die;
		my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1") or die;
		my $pid = fork();
		if ($pid == 0) {
			POSIX::dup2(fileno($s), 3);
			$ENV{LISTEN_FDS} = 1;
			$ENV{LISTEN_PID} = $$;
			$ENV{NOTIFY_SOCKET} = POSIX::getcwd() . "/notify";
			exec "tq-serve";
		}
		open(my $f, ">", "server.pid"); print $f $pid; close $f;
		while (defined $n->recv(my $m, 100)) { open($f, ">>", "said"); print $f "$m\n"; close $f; }
	END
	perl pass.pl 2>serve.err 3>&- &
	started+=("$!")
	wait_until 10 grep -qx 'READY=1' said
	started+=("$(cat server.pid)")
	wait_until 10 grep -q 'listening on http' serve.err
	url=$(sed -n 's/.*listening on \(http.*\)/\1/p' serve.err)
	http 200 "$url/health"
	kill "$(cat server.pid)"
	wait_until 10 grep -qx 'STOPPING=1' said
}

# busy N: does the list of workers say so?
busy() {
	http 200 "$url/v1/workers" && has "\"slots\":2,\"busy\":$1,"
}

@test "the list of workers soon says that one has work, and that it has none" {
	serve
	work --on 'x=until [ -e end ]; do sleep 0.1; done'
	wait_until 10 busy 0
	# It says so every 20 s in any case.
	tq-submit x >task
	wait_until 10 busy 1
	touch end
	wait_until 10 busy 0
}
