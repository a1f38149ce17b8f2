# tests/cli/standins.bash -- for bats files that run against the stand-ins of
# SQS, S3 and DynamoDB: `load helper', then `load standins', then a
# setup_file that calls standins_start.  Each test has a table, a queue and a
# bucket of its own.
# shellcheck shell=bash

STANDINS=$BATS_TEST_DIRNAME/../aws/standins

# standins_start [faults]: with the proxy that makes faults in front.
standins_start() {
	local dir=$BATS_FILE_TMPDIR/aws rc=0
	mkdir "$dir"
	if ! command -v curl >/dev/null; then
		echo "no curl" >"$dir/why"
		return
	fi
	# The npm packages are installed by one job at a time.
	flock -o "${TMPDIR:-/tmp}/tq-npm-$(id -u).lock" "$STANDINS" start \
	    "$dir" 2>"$dir/err" 3>&- || rc=$?
	if [ "$rc" -eq 77 ]; then
		cp "$dir/err" "$dir/why"
	elif [ "$rc" -ne 0 ]; then
		cat "$dir/err" >&2
		return 1
	else
		[ $# -eq 0 ] || "$STANDINS" faults "$dir" 3>&-
	fi
}

# make_store DIR N: patiently: a service that has just begun is slow.
make_store() {
	local _
	for _ in 1 2 3; do
		tq-ctl init --store "aws:demo$2?bucket=demo$2" \
		    >"$1/init.$2" 2>&1 && return
	done
	cat "$1/init.$2"
	return 1
}

teardown_file() {
	"$STANDINS" stop "$BATS_FILE_TMPDIR/aws"
}

eval "tool_$(declare -f setup)"
setup() {
	local dir=$BATS_FILE_TMPDIR/aws
	[ ! -e "$dir/why" ] || skip "$(cat "$dir/why")"
	tool_setup
	. "$dir/env"
	NAME=demo$BATS_TEST_NUMBER
	export TQ_STORE="aws:$NAME?bucket=$NAME"
	make_store "$dir" "$BATS_TEST_NUMBER"
}

# -- the services, without tq ------------------------------------------------

# call SERVICE TARGET JSON: one request; the answer.
call() {
	local url=$AWS_ENDPOINT_URL_DYNAMODB scope
	[ "$1" = dynamodb ] || url=$AWS_ENDPOINT_URL_SQS
	scope=$(date -u +%Y%m%d)/us-east-1/$1/aws4_request
	curl -sS --max-time 60 --fail-with-body "$url/" --data-binary @- \
	    -H 'Content-Type: application/x-amz-json-1.0' \
	    -H "X-Amz-Target: $2" -H "X-Amz-Date: $(date -u +%Y%m%dT%H%M%SZ)" \
	    -H "Authorization: AWS4-HMAC-SHA256 Credential=test/$scope,\
 SignedHeaders=host;x-amz-date;x-amz-target, Signature=00" <<<"$3"
}

# sqs ACTION QUEUE [MEMBERS]: on the queue $NAME-QUEUE.
sqs() {
	call sqs "AmazonSQS.$1" "{\"QueueUrl\":\"$(url_of "$2")\"${3:+,$3}}"
}

url_of() {
	call sqs AmazonSQS.GetQueueUrl "{\"QueueName\":\"$NAME-$1\"}" |
	    sed -nE 's/.*"QueueUrl":"([^"]*)".*/\1/p'
}

# json_text <FILE: its text as a JSON string, without the last line feed.
json_text() {
	sed -e 's/[\\"]/\\&/g' -e 's/\t/\\t/g' |
	    awk '{ printf "%s%s", (NR > 1 ? "\\n" : "\""), $0 } END { printf "\"" }'
}

# send TEXT [MEMBERS]: as a message on the default queue.
send() {
	sqs SendMessage default \
	    "\"MessageBody\":$(json_text <<<"$1")${2:+,$2}"
}

# messages QUEUE: how many it has, received ones too.
messages() {
	sqs GetQueueAttributes "$1" '"AttributeNames":["All"]' |
	    grep -oE '"ApproximateNumberOf[A-Za-z]*":"[0-9]+"' |
	    awk -F'"' '{ n += $4 } END { print n }'
}

# holds N QUEUE: has the queue so many messages, received ones too?
holds() {
	local n
	n=$(messages "$2")
	[ "$n" = "$1" ] || {
		echo "$2 holds $n messages, not $1"
		return 1
	}
}

# field ID KEY: a scalar member of the record, as text.
field() {
	tq-status --json "$1" |
	    sed -nE "s/.*[{,]\"$2\":(\"([^\"]*)\"|([0-9]+)).*/\2\3/p"
}
