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
	printf 'boss:%s:admin,operate\n' "$(printf key-boss | sha256sum | cut -c1-64)" >keys
	chmod 600 keys
}

# http CODE ARGS...: the body is in ./body.
http() {
	local want=$1 got
	shift
	got=$(curl -sS --max-time 60 -o body -D head -w '%{http_code}' "$@")
	[ "$got" = "$want" ] || { echo "$got, not $want: $*"; cat body; return 1; }
}

# all_routes FORM: tests/lambda/routes.mjs, each side on a store of its own.
all_routes() {
	keys_file
	function_starts --keys keys
	TQ_STORE=sqlite:$PWD/direct.db server_starts --keys keys
	node "$LAMBDA/routes.mjs" "$1" "$BATS_TEST_DIRNAME/../fixtures/photo.jpg" \
	    "$direct" "$PWD/direct.db" "$url" "$PWD/tq.db"
}

@test "every route but streams answers through events as over HTTP" {
	all_routes http
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
	# To operate is a scope apart, which admin is not.
	http 403 "$url/v1/sweep" -X POST -H 'x-test-authorizer: {"lambda":{"scope":"tq/admin"}}'
	http 200 "$url/v1/sweep" -X POST -H 'x-test-authorizer: {"lambda":{"scope":"read tq/operate"}}'
	http 200 "$url/v1/sweep" -X POST -H 'x-test-authorizer: {"iam":{}}'
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
	http 200 "$url/v1/tasks/$id?wait=60s" "${iam[@]}"
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
@test "so they do through a REST API's events" {
	all_routes rest
}

# bats test_tags=long
@test "so they do through a load balancer's events" {
	all_routes alb
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
