#!/usr/bin/env bats
# Inputs at s3://BUCKET/KEY: on the aws store, on sqlite, and through
# tq-serve.  What S3 may answer has tests of its own (test_aws_s3_input).

load helper
load standins

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
FIXTURES=$ROOT/tests/fixtures

setup_file() {
	standins_start
}

# put KEY FILE: into the test's bucket; the key is %-encoded as HTTP wants it.
put() {
	curl -sS --fail-with-body --max-time 60 -T "$2" \
	    -H 'Content-Type: application/octet-stream' \
	    "$AWS_ENDPOINT_URL_S3/$NAME/$1"
}

sqlite() {
	export TQ_STORE=sqlite:$PWD/tq.db
}

# reason ID: its failureReason.
reason() {
	tq-status --json "$1" |
	    sed -n 's/.*"failureReason":"\(\([^"\\]\|\\.\)*\)".*/\1/p'
}

@test "an object is the handler's input, on the aws store and on sqlite" {
	echo 'from the bucket' >here
	put in/a.txt here
	id=$(tq-submit take --input "s3://$NAME/in/a.txt")
	# shellcheck disable=SC2016
	exits 0 tq-work --on take='cat; cat "$TQ_INPUT" >&2' --drain
	tq-status --result "$id" | cmp - here
	[ "$(tq-status --log "$id")" = 'from the bucket' ]
	sqlite
	id=$(tq-submit text.transform --input "s3://$NAME/in/a.txt")
	exits 0 tq-work --drain
	tq-status --result "$id" | grep -F 'FROM THE BUCKET'
}

@test "the key is taken as it stands: blanks, percents, Unicode, dots" {
	sqlite
	echo one >one
	echo two >two
	put 'a%20b%2Bc%2520%C3%BC%3Fd%23e' one
	put 'x/y%2E%2E/z' two
	one=$(tq-submit take --input "s3://$NAME/a b+c%20ü?d#e")
	two=$(tq-submit take --input "s3://$NAME/x/y../z")
	exits 0 tq-work --on take=cat --drain
	[ "$(tq-status --result "$one")" = one ]
	[ "$(tq-status --result "$two")" = two ]
}

@test "objects of 9 MiB, in parts, and of no bytes at all" {
	sqlite
	head -c 9437184 /dev/urandom >big
	: >none
	put big big
	put none none
	big=$(tq-submit take --input "s3://$NAME/big")
	none=$(tq-submit take --input "s3://$NAME/none")
	mkdir tmp
	# shellcheck disable=SC2016
	TMPDIR=$PWD/tmp exits 0 tq-work --drain \
	    --on take='cat >"$TQ_OUTPUT"; wc -c <"$TQ_INPUT"'
	[ "$(tq-status --result "$none")" = 0 ]
	tq-status --result -o got "$big"
	cmp got big
	[ -z "$(ls -A tmp)" ]
}

@test "a picture in a bucket becomes a gray one" {
	put in/photo.jpg "$FIXTURES/photo.jpg"
	id=$(tq-submit image.grayscale --input "s3://$NAME/in/photo.jpg")
	exits 0 tq-work --drain
	tq-status --result -o gray.jpg "$id"
	# Its frame header: 8 bits, 480 by 720, one component.
	od -An -v -tx1 gray.jpg | tr -d ' \n' | grep -q ffc0000b0801e002d001
}

@test "no such key, no such bucket: dead at once, with a clear reason" {
	sqlite
	key=$(tq-submit take --input "s3://$NAME/nope")
	bucket=$(tq-submit take --input s3://no-such-bucket-here/nope)
	exits 1 tq-work --on take=cat --drain
	for id in "$key" "$bucket"; do
		status_is "$id" FAILED
		[ "$(field "$id" attempts)" = 1 ]
		tq-status --json "$id" | grep -F '"stage":"fetch"'
	done
	reason "$key" | grep -F "s3://$NAME/nope: there is no such key"
	reason "$bucket" |
	    grep -F 's3://no-such-bucket-here/nope: there is no such bucket'
}

@test "no credentials: the worker says so, the task waits, no attempt used" {
	sqlite
	id=$(tq-submit take --input "s3://$NAME/k")
	tq-submit take --input "s3://$NAME/k2"
	env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY \
	    tq-work --on take=cat --drain -j1 2>err
	[ "$(grep -c AWS_ACCESS_KEY_ID err)" -eq 1 ]
	status_is "$id" PENDING
	[ "$(field "$id" attempts)" = 0 ]
	reason "$id" | grep -F AWS_ACCESS_KEY_ID
	# The secret is nowhere to be seen.
	AWS_SECRET_ACCESS_KEY=very-secret AWS_ENDPOINT_URL_S3=http://127.0.0.1:9 \
	    AWS_MAX_ATTEMPTS=1 tq-work --on take=cat --drain -v 2>err
	tq-status --list --json >all
	run ! grep -F very-secret err all
}

@test "what is no address of an object is refused when it is submitted" {
	for bad in s3:// s3://pics s3://pics/ s3:///key s3://a/b; do
		exits 65 tq-submit take --input "$bad"
		says 's3://BUCKET/KEY'
	done
	[ "$(tq-status --list | wc -l)" -eq 0 ]
}

@test "a fetch ends with its task's timeout, as its child does" {
	command -v pgrep >/dev/null || skip "no pgrep"
	sqlite
	# Something that takes connections, and never says a word.
	bin=$TQ_BUILD/tests/net_server
	[ -x "$bin" ] || skip "tests/net_server is not built"
	"$bin" >server.out 2>/dev/null 3>&- &
	started+=($!)
	wait_until 60 grep -q . server.out
	AWS_ENDPOINT_URL_S3="http://127.0.0.1:$(head -1 server.out)/slow-header"
	export AWS_ENDPOINT_URL_S3
	id=$(tq-submit take --timeout 1s --max-attempts 1 --input s3://abc/k)
	exits 1 tq-work --on "take=: $BATS_TEST_TMPDIR; cat" --drain
	tq-status --json "$id" | grep -F '"stage":"timeout"'
	wait_until 60 eval "! pgrep -f 'take=: $BATS_TEST_TMPDIR;'"
}

@test "tq-serve takes what --allow-s3 allows, and tq-work fetches it" {
	put in/photo.jpg "$FIXTURES/photo.jpg"
	tq-serve --listen "unix:$PWD/s" --allow-s3 "$NAME/in" 2>serve.err 3>&- &
	started+=($!)
	ask() {
		curl -sS --max-time 60 -o answer -w '%{http_code}\n' \
		    --unix-socket s http://localhost/v1/tasks --json \
		    "{\"type\":\"image.grayscale\",\"input\":\"$1\"}"
	}
	wait_until 60 curl -sS --unix-socket s http://localhost/health
	[ "$(ask "s3://$NAME/in/photo.jpg")" = 201 ]
	id=$(sed -n 's/.*"taskId":"\([^"]*\)".*/\1/p' answer)
	for bad in "s3://$NAME/inside/photo.jpg" "s3://$NAME/other/a.jpg" \
	    "s3://$NAME/in/../secret" "s3://other/in/photo.jpg"; do
		[ "$(ask "$bad")" = 400 ]
		grep -qF 's3:' answer
	done
	exits 0 tq-work --drain
	status_is "$id" COMPLETED
	[ "$(tq-status --list | wc -l)" -eq 1 ]
}

@test "--allow-s3 wants BUCKET or BUCKET/PREFIX" {
	for bad in "s3://$NAME/in" '' 'a b' /in; do
		exits 2 tq-serve --listen "unix:$PWD/s" --allow-s3 "$bad"
		says BUCKET/PREFIX
	done
}

# The handler that the manual shows, its first literal display of bash.
manual_handler() {
	awk '/^\.Bd -literal/ { text = ""; inside = 1; next }
	/^\.Ed/ { if (inside && text ~ /^#!\/bin\/bash/) { printf "%s", text; exit }
		inside = 0; next }
	inside { gsub(/\\\(aq/, "\047"); gsub(/\\&/, ""); gsub(/\\e/, "\\")
		text = text $0 "\n" }' "$ROOT/man/tq-work.1"
}

@test "the manual's handler turns the event of an upload into a gray picture" {
	put 'in/holiday%20photo%20%C3%BC.jpg' "$FIXTURES/photo.jpg"
	manual_handler >on-upload
	chmod +x on-upload
	send '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"'"$NAME"'"}'
	send '{"Records":[{"eventSource":"aws:s3","eventName":
"ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0","configurationId":"x",
"bucket":{"name":"'"$NAME"'","arn":"arn:aws:s3:::'"$NAME"'"},
"object":{"key":"in/holiday+photo+%C3%BC.jpg","size":17}}}]}'
	exits 0 tq-work --adopt upload --on "upload=$PWD/on-upload" --drain
	exits 0 tq-work --drain
	id=$(tq-status --list -S COMPLETED --type image.grayscale | cut -f1)
	tq-status --result -o gray.jpg "$id"
	od -An -v -tx1 gray.jpg | tr -d ' \n' | grep -q ffc0000b0801e002d001
	[ "$(tq-status --list | wc -l)" -eq 3 ]
	[ "$(tq-status --list -S COMPLETED | wc -l)" -eq 3 ]
}
