#!/usr/bin/env bats
# bats file_tags=sqlite
# tq-serve as a Lambda function: the Runtime API and the HTTP API in front are
# tests/lambda/gateway.mjs.

load helper

LAMBDA=$(cd "$BATS_TEST_DIRNAME/../lambda" && pwd)

# function [OPTIONS]: the function, and $url of its API.
function_starts() {
	command -v node >/dev/null || skip "node is not installed"
	node "$LAMBDA/gateway.mjs" ports 3>&- &
	started+=($!)
	wait_until 10 [ -s ports ]
	read -r runtime gateway <ports
	url=http://127.0.0.1:$gateway
	AWS_LAMBDA_RUNTIME_API=127.0.0.1:$runtime tq-serve --lambda "$@" \
	    2>serve.err 3>&- &
	started+=($!)
}

# The same store over HTTP, at $direct, for who has a key.
server_starts() {
	tq-serve --listen 127.0.0.1:0 "$@" 2>direct.err 3>&- &
	started+=($!)
	wait_until 10 grep -q listening direct.err
	direct=$(sed -n 's/.*listening on //p' direct.err)
}

keys_file() {
	printf 'boss:%s:admin\n' "$(printf key-boss | sha256sum | cut -c1-64)" >keys
	chmod 600 keys
}

# http CODE ARGS...: the body is in ./body.
http() {
	local want=$1 got
	shift
	got=$(curl -sS --max-time 60 -o body -D head -w '%{http_code}' "$@")
	[ "$got" = "$want" ] || { echo "$got, not $want: $*"; cat body; return 1; }
}

# same_everywhere ID PICTURE [CURL'S ARGS]: each route, as over HTTP.
same_everywhere() {
	local id=$1 pic=$2 path f
	shift 2
	for path in "/v1/tasks/$id" "/v1/tasks/$id?wait=1s" /v1/tasks \
	    '/v1/tasks?status=COMPLETED&limit=1' "/v1/tasks/$pic/input" \
	    "/v1/tasks/$pic/output" "/v1/tasks/$id/log" /v1/summary /health /ready \
	    /openapi.json /v1/tasks/none /v1/nothing '/v1/tasks?what=1' "/tasks/$id" \
	    "/jobs/$id" "/api/tasks/$id" "/demo/tasks/$id" /index.html /app.js; do
		curl -sS -o there -w '%{http_code} %{content_type}\n' "$direct$path" "${auth[@]}" >there.head
		curl -sS -o here -w '%{http_code} %{content_type}\n' "$url$path" "${auth[@]}" "$@" >here.head
		diff there.head here.head || { echo "$path"; return 1; }
		# Each answer to a request has an id and a time of its own.
		for f in here there; do
			sed -i -E 's/"requestId":"[^"]*"//; s/"oldestMs":[0-9]+//' $f
		done
		cmp there here || { echo "$path"; return 1; }
	done
}

@test "requests answer through events as over HTTP" {
	keys_file
	function_starts --keys keys
	server_starts --keys keys
	local id auth=(-H 'Authorization: Bearer key-boss')
	http 201 "$url/v1/tasks" "${auth[@]}" --json '{"type":"text.transform","payload":"a word"}'
	id=$(sed -n 's/.*"taskId":"\([^"]*\)".*/\1/p' body)
	grep -qi "^location: /v1/tasks/$id" head
	http 201 "$url/v1/tasks?type=count" "${auth[@]}" -F "file=@$BATS_TEST_DIRNAME/../fixtures/photo.jpg"
	pic=$(sed -n 's/.*"taskId":"\([^"]*\)".*/\1/p' body)
	tq-work --builtin --on 'count=cat' --drain
	same_everywhere "$id" "$pic"
	cmp "$BATS_TEST_DIRNAME/../fixtures/photo.jpg" <(curl -sS "$url/v1/tasks/$pic/output" "${auth[@]}")
	http 409 -X DELETE "$url/v1/tasks/$id" "${auth[@]}"
}

@test "without keys and authorizer only what needs no scope is served" {
	function_starts
	http 200 "$url/health"
	http 401 "$url/v1/tasks"
	http 401 "$url/v1/tasks" -H 'Authorization: Bearer x'
	http 401 "$url/v1/tasks" --json '{"type":"x"}'
	[ -z "$(tq-status --list)" ]
}

@test "an authorizer's scopes are what a request may do" {
	function_starts
	local reader='{"jwt":{"claims":{"scope":"openid tq/read"},"scopes":null}}'
	http 200 "$url/v1/tasks" -H "x-test-authorizer: $reader"
	http 403 "$url/v1/tasks" -H "x-test-authorizer: $reader" --json '{"type":"x"}'
	http 401 "$url/v1/tasks" -H 'x-test-authorizer: {"lambda":{"scope":"none"}}'
	http 201 "$url/v1/tasks" -H 'x-test-authorizer: {"lambda":{"scope":"tq/submit"}}' --json '{"type":"x"}'
	http 201 "$url/v1/tasks" -H 'x-test-authorizer: {"iam":{}}' --json '{"type":"x"}'
	# Its own header counts for nothing then.
	http 403 "$url/v1/tasks" -H "x-test-authorizer: $reader" \
	    -H 'Authorization: Bearer key-boss' --json '{"type":"x"}'
}

@test "a wait ends with the task, a stream is 501, what is no request an error" {
	function_starts
	local iam=(-H 'x-test-authorizer: {"iam":{}}')
	http 201 "$url/v1/tasks" "${iam[@]}" --json '{"type":"text.transform","payload":"a"}'
	id=$(sed -n 's/.*"taskId":"\([^"]*\)".*/\1/p' body)
	tq-work --builtin 3>&- & started+=($!)
	http 200 "$url/v1/tasks/$id?wait=20s" "${iam[@]}"
	grep -q '"status":"COMPLETED"' body
	http 501 "$url/v1/tasks/$id/events" "${iam[@]}" -H 'Accept: text/event-stream'
	grep -q 'wait=25s' body
	http 501 "$url/v1/tasks/$id/events" "${iam[@]}"
	http 200 "$url/" -H 'x-test-event: 1' -d '{"Records":[]}'
	grep '^error .*not a request' body
	http 200 "$url/health"
}

@test "--lambda elsewhere, or with --listen, is exit 2" {
	exits 2 env -u AWS_LAMBDA_RUNTIME_API tq-serve --lambda
	says AWS_LAMBDA_RUNTIME_API
	exits 2 env AWS_LAMBDA_RUNTIME_API=127.0.0.1:9 tq-serve --lambda --listen 127.0.0.1:0
	says '--listen'
	exits 69 env AWS_LAMBDA_RUNTIME_API=127.0.0.1:9 tq-serve --lambda
	says 'Runtime API at 127.0.0.1:9'
}

# bats test_tags=long
@test "a REST API's events and a load balancer's answer as over HTTP, too" {
	keys_file
	function_starts --keys keys
	server_starts --keys keys
	local id pic form auth=(-H 'Authorization: Bearer key-boss')
	for form in rest alb; do
		http 201 "$url/v1/tasks" "${auth[@]}" -H "x-test-form: $form" \
		    --json '{"type":"text.transform","payload":"a word"}'
		id=$(sed -n 's/.*"taskId":"\([^"]*\)".*/\1/p' body)
		http 201 "$url/v1/tasks?type=count" "${auth[@]}" -H "x-test-form: $form" \
		    -F "file=@$BATS_TEST_DIRNAME/../fixtures/photo.jpg"
		pic=$(sed -n 's/.*"taskId":"\([^"]*\)".*/\1/p' body)
		tq-work --builtin --on 'count=cat' --drain
		same_everywhere "$id" "$pic" -H "x-test-form: $form"
		http 409 -X DELETE "$url/v1/tasks/$id" "${auth[@]}" -H "x-test-form: $form"
		http 501 "$url/v1/tasks/$id/events" "${auth[@]}" -H "x-test-form: $form"
	done
}

# bats test_tags=long
@test "AWS's own samples of events are requests, or refused as none" {
	local dir=${TQ_SHARED:-$BATS_TEST_DIRNAME/../../../shared}/lambda-events f
	[ -d "$dir" ] || skip "no lambda-events in \$TQ_SHARED or ../shared"
	function_starts
	# Their paths are none of ours but "/", and one has a parameter twice.
	while read -r f want; do
		curl -sS --max-time 60 -o body "$url" -H 'x-test-event: 1' --data-binary "@$dir/$f.json"
		grep -qE "^response \{\"statusCode\":$want," body || { echo "$f"; head -c 300 body; return 1; }
	done <<-END
	apigw-v2-request-iam 400
	apigw-v2-request-jwt-authorizer 400
	apigw-v2-request-lambda-authorizer 400
	apigw-v2-request-no-authorizer 200
	lambda-urls-request 400
	END
	curl -sS --max-time 60 -o body "$url" -H 'x-test-event: 1' --data-binary "@$dir/sqs-event.json"
	grep -q '^error .*not a request' body
}
