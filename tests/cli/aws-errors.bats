#!/usr/bin/env bats
# When the aws store can't be used: one line on stderr that names the remedy,
# and the exit status that tq(7) has for it, from each tool alike.

load helper
load standins

DENY=$BATS_TEST_DIRNAME/../aws/deny.mjs
NOBODY=http://127.0.0.1:9		# where nothing listens

setup_file() {
	standins_start
}

# A usual command line of each tool.
commands=(
	'tq-submit x'
	'tq-status --list'
	'tq-status some-id'
	'tq-work --on x=true'
	'tq-work --on x=true --drain'
	'tq-work --on x=true --once'
	'tq-dlq list'
	'tq-dlq redrive some-id'
	'tq-ctl cancel some-id'
	'tq-ctl pause default'
	'tq-ctl sweep --force'
	'tq-ctl init'
	'tq-serve --listen 127.0.0.1:0'
)

# all_say CODE TEXT [SKIP]: every command ends so, with that one line.  SKIP is
# a pattern of commands to which it does not apply.
all_say() {
	local command words
	for command in "${commands[@]}"; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ -n ${3-} && $command == $3 ]] && continue
		read -ra words <<<"$command"
		exits "$1" timeout 120 "${words[@]}" </dev/null || {
			echo "by: $command"
			return 1
		}
		says "$2" || {
			echo "by: $command"
			return 1
		}
		has_lines 1 err || {
			cat err
			return 1
		}
		[ ! -s out ]
	done
}

# refuse CODE: all services are one that answers CODE.
refuse() {
	local url
	rm -f port
	"${TQ_TEST_NODE:-node}" "$DENY" "$1" port 3>&- &
	started+=($!)
	wait_until 60 test -s port
	url=http://127.0.0.1:$(cat port)
	export AWS_ENDPOINT_URL_SQS=$url AWS_ENDPOINT_URL_S3=$url
	export AWS_ENDPOINT_URL_DYNAMODB=$url
}

# -- credentials and permission: 4 ----------------------------------------------

@test "no credentials: what to set" {
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	all_say 4 'set AWS_PROFILE or AWS_ACCESS_KEY_ID'
}

@test "a denied action: its name, and where a policy comes from" {
	refuse AccessDenied
	all_say 4 'tq-ctl init --print-policy'
	exits 4 tq-status --list
	says 'allow dynamodb:Query'
	says 'AWS says AccessDeniedException: User: arn:aws:iam::123456789012:user/u'
	exits 4 tq-ctl init
	says 'allow dynamodb:DescribeTable'
}

@test "a denied action of SQS alone" {
	real=$AWS_ENDPOINT_URL_DYNAMODB
	refuse AccessDenied
	export AWS_ENDPOINT_URL_DYNAMODB=$real
	for tool in 'tq-submit x' 'tq-work --on x=true --drain' \
	    'tq-work --on x=true'; do
		read -ra words <<<"$tool"
		exits 4 timeout 120 "${words[@]}"
		says 'allow sqs:GetQueueUrl'
		has_lines 1 err
	done
}

@test "a denied action of S3 alone" {
	refuse AccessDenied
	real=$AWS_ENDPOINT_URL_S3
	. "$BATS_FILE_TMPDIR/aws/env"
	export AWS_ENDPOINT_URL_S3=$real
	echo hello >in
	exits 4 tq-submit x --input in
	says 'allow s3:'
	has_lines 1 err
	[ "$(tq-status --list | wc -l)" -eq 0 ]
}

@test "an unknown access key, a wrong secret, an expired token" {
	refuse InvalidAccessKeyId
	all_say 4 'check AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN, AWS_PROFILE'
	refuse SignatureDoesNotMatch
	all_say 4 'check AWS_SECRET_ACCESS_KEY or AWS_PROFILE, and AWS_REGION'
	refuse ExpiredToken
	all_say 4 'the AWS credentials have expired; get new ones'
}

# -- configuration: 78 -------------------------------------------------------------

@test "no region: what to set" {
	unset AWS_REGION
	all_say 78 'set AWS_REGION'
}

@test "a table that is not there, as in another region: tq-ctl init" {
	export TQ_STORE='aws:elsewhere?bucket=elsewhere'
	url=$(url_of default)
	TQ_STORE+="&queue.default=$url"
	all_say 78 'there is no table "elsewhere" in us-east-1; tq-ctl init makes it, unless AWS_REGION or' 'tq-ctl init'
}

@test "a queue that is not there: tq-ctl init -q" {
	for tool in tq-submit 'tq-work --drain' tq-work; do
		read -ra words <<<"$tool"
		[ "${words[0]}" = tq-submit ] && words+=(x) || words+=(--on x=true)
		exits 78 timeout 120 "${words[@]}" -q nope
		says "there is no queue \"$NAME-nope\" in us-east-1; tq-ctl init -q nope makes it"
		has_lines 1 err
		[ ! -s out ]
	done
}

@test "a queue that is not there is neither paused nor counted" {
	for tool in 'tq-ctl pause' 'tq-ctl resume' 'tq-ctl limit nope x=1' \
	    'tq-ctl rate nope 1/s' 'tq-status --summary -q' \
	    'tq-status --json --summary -q'; do
		read -ra words <<<"$tool"
		[ "${words[2]}" = nope ] || words+=(nope)
		exits 78 timeout 60 "${words[@]}"
		says "there is no queue \"$NAME-nope\" in us-east-1; tq-ctl init -q nope makes it"
		has_lines 1 err
		[ ! -s out ]
	done
	exits 3 tq-status --check -q nope
	grep -q '^TQ UNKNOWN - .*tq-ctl init -q nope' out
	# One that is there, or can't be asked for, may be empty.
	exits 0 tq-status --summary -q default
	says 'queue default has no tasks yet'
	exits 0 env AWS_ENDPOINT_URL_SQS=http://127.0.0.1:9 \
	    tq-ctl pause elsewhere
	says 'queue elsewhere is paused'
}

@test "tq-submit --batch: only the lines for a queue that is not there are bad" {
	printf '{"type":"x","queue":"%s"}\n' default nope default nope lost >in
	exits 1 tq-submit -v --batch in
	says "in: line 2: aws:$NAME: there is no queue \"$NAME-nope\" in us-east-1; tq-ctl init -q nope makes it"
	says 'in: line 4: '
	says 'in: line 5: '
	run ! grep -qE 'line [13]:' err
	has_lines 2 out
	tq-status --list --columns taskId | sort | cmp - <(sort out)
	holds 2 default
	# It is asked for once.
	says 'sqs GetQueueUrl 3'
}

@test "tq-submit --each: without its queue it ends, with the first line's number" {
	exits 78 tq-submit -q nope x --each=json <<<$'1\n2\n3'
	says 'tq-ctl init -q nope makes it'
	says 'submitted 0, stopped at line 1'
	has_lines 1 err
	[ ! -s out ]
}

@test "tq-serve: a queue that is not there is the request's fault" {
	tq-serve --listen 127.0.0.1:0 2>said 3>&- &
	started+=($!)
	wait_until 10 grep -q listening said
	url=$(sed -nE 's/.*listening on (http[^ ]*).*/\1/p' said)
	post() {
		curl -sS -o out -w '%{http_code}' "$url$1" \
		    -H "Content-Type: application/${3:-json}" --data-binary "$2"
	}
	[ "$(post /v1/tasks '{"type":"x","queue":"nope"}')" = 400 ]
	grep -qF '"detail":"queue \"nope\": there is none of this name; tq-ctl init -q nope makes it"' out
	grep -qF '"errors":[{"pointer":"/queue"' out
	[ "$(post /v1/tasks/batch '{"type":"x"}
{"type":"x","queue":"nope"}
{"type":"x"}' x-ndjson)" = 200 ]
	[ "$(grep -c '"status":"PENDING"' out)" -eq 2 ]
	sed -n 2p out | grep -q '^{"line":2,"status":400,"code":"data","detail":"queue'
	# Nobody takes the store for gone, and nobody else is refused.
	[ "$(post /tasks '{"taskId":"ours","payload":{}}')" = 202 ]
	curl -sS --fail "$url/ready"
	curl -sS "$url/metrics" >out
	grep -q '^tq_http_requests_total{.*status="400"} 1$' out
	run ! grep -q 'status="503"' out
	has_lines 1 said
}

@test "an address in the store's URL that leads to no queue" {
	url=$(url_of default)
	TQ_STORE+="&queue.default=${url%default}gone"
	exits 78 timeout 120 tq-work --on x=true --drain
	says 'there is no such queue in us-east-1; tq-ctl init makes it'
	has_lines 1 err
}

@test "a bucket that is not there: tq-ctl init" {
	echo hello >in
	exits 78 tq-submit x --input in --store "aws:$NAME?bucket=nothing"
	says 'there is no bucket "nothing"'
	says 'tq-ctl init makes it'
	has_lines 1 err
}

@test "an endpoint where somebody else answers: which variable to check" {
	refuse Html
	all_say 78 'check AWS_ENDPOINT_URL_'
}

@test "the endpoints of two services exchanged" {
	export AWS_ENDPOINT_URL_SQS=$AWS_ENDPOINT_URL_DYNAMODB
	exits 78 tq-submit x
	says 'is not SQS; check AWS_ENDPOINT_URL_SQS'
	has_lines 1 err
}

# -- not reached: 69 ------------------------------------------------------------------

@test "nobody listens: which variable to check" {
	export AWS_ENDPOINT_URL_SQS=$NOBODY AWS_ENDPOINT_URL_S3=$NOBODY
	export AWS_ENDPOINT_URL_DYNAMODB=$NOBODY
	# A worker that stays goes on asking for a minute, and says so.
	all_say 69 'is AWS_ENDPOINT_URL_DYNAMODB right, and does it run?' \
	    'tq-work --on x=true'
}

@test "a host that is not known: the region, or the network" {
	unset "${!AWS_ENDPOINT_URL_@}"
	# .invalid is nowhere (RFC 2606); a proxy would be asked for the name.
	unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY
	export AWS_REGION=nowhere-1 AWS_MAX_ATTEMPTS=1
	exits 69 tq-status --list
	says 'is the region (nowhere-1) right, and the network up?'
	has_lines 1 err
}

# bats test_tags=waits
@test "a name server that is silent, for SQS or for all, costs a submit its time-outs" {
	local from
	preload hang_dns
	export HANG_DNS=.silent.test AWS_ENDPOINT_URL_SQS=http://sqs.silent.test:1
	from=$(date +%s)
	exits 0 "${PRELOAD[@]}" tq-submit x --id a
	says 'task a is stored, its delivery is owed'
	# 4.5 s of them; a look-up that is waited for takes a minute here.
	(($(date +%s) - from < 50))
	AWS_ENDPOINT_URL_DYNAMODB=http://dynamodb.silent.test:1
	AWS_ENDPOINT_URL_S3=http://s3.silent.test:1
	from=$(date +%s)
	exits 69 "${PRELOAD[@]}" tq-submit x
	says 'Resolving timed out'
	(($(date +%s) - from < 50))
}

# DynamoDB that takes requests and answers none; ./asked is there after the first.
never_answers() {
	"${TQ_TEST_NODE:-node}" -e 'const s = require("net").createServer(() =>
	    require("fs").appendFileSync("asked", "once\n"));
	    s.listen(0, "127.0.0.1", () => console.log(s.address().port))' >port 3>&- &
	started+=($!)
	wait_until 20 test -s port
	AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$(cat port)
}

# told_to_end CODE SIGNAL CMD...: it exits so, told once it has asked.
told_to_end() {
	local rc=0
	rm -f asked
	env --default-signal=INT "${@:3}" >out 2>err 3>&- &
	pid=$!
	started+=("$pid")
	wait_until 20 test -s asked
	kill -"$2" $pid
	wait $pid || rc=$?
	[ "$rc" -eq "$1" ]
}

@test "a service that does not answer is given up at SIGTERM: 130, and not 69 later" {
	never_answers
	for cmd in 'tq-status --list' 'tq-submit x' 'tq-ctl cancel a'; do
		# shellcheck disable=SC2086 # words
		told_to_end 130 TERM $cmd
	done
}

@test "a worker and a server that are told to end before the store answers end at once, and well" {
	never_answers
	told_to_end 0 TERM tq-work --on x=true
	[ ! -s err ]	# nor that the store gave no answer
	told_to_end 130 INT tq-work --on x=true
	told_to_end 0 TERM tq-serve --listen "unix:$PWD/s"
	[ ! -s err ]
	[ ! -e s ]
}

@test "tq-serve says once that the store is away, and that it is back" {
	# In front of DynamoDB: it fails, and counts, while there is a file `down'.
	cat >relay.mjs <<-'EOF'
	import fs from "node:fs";
	import http from "node:http";
	const to = new URL(process.argv[2]);
	const s = http.createServer((q, r) => {
	  if (fs.existsSync("down")) {
	    fs.appendFileSync("asked", "once\n");
	    q.resume();
	    r.writeHead(500).end();
	    return;
	  }
	  q.pipe(http.request({ method: q.method, headers: q.headers,
	    path: q.url, host: to.hostname, port: to.port }, (a) => {
	    r.writeHead(a.statusCode, a.headers);
	    a.pipe(r);
	  }));
	});
	s.listen(0, "127.0.0.1", () => console.log(s.address().port));
	EOF
	asked() { [ "$(wc -l <asked)" -ge "$1" ]; }
	"${TQ_TEST_NODE:-node}" relay.mjs "$AWS_ENDPOINT_URL_DYNAMODB" >port 3>&- &
	started+=($!)
	wait_until 60 test -s port
	AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$(cat port)
	export AWS_ENDPOINT_URL_DYNAMODB
	export AWS_MAX_ATTEMPTS=1
	tq-serve --listen 127.0.0.1:0 2>said 3>&- &
	started+=($!)
	wait_until 60 grep -q listening said
	touch down
	wait_until 60 grep -q 'HTTP 500' said
	url=$(sed -nE 's/.*listening on (http[^ ]*).*/\1/p' said)
	[ "$(curl -sS -o /dev/null -w '%{http_code}' "$url/v1/tasks/x")" = 503 ]
	# It goes on asking, and believes the answers, not that it can ask.
	wait_until 60 asked $(($(wc -l <asked) + 5))
	run ! grep -q 'is there again' said
	rm down
	wait_until 60 grep -q 'is there again' said
	[ "$(grep -c 'HTTP 500' said)" -eq 1 ]
	[ "$(grep -c 'is there again' said)" -eq 1 ]
}
