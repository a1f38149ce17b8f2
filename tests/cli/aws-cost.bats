#!/usr/bin/env bats
# The cost of the aws store in units of DynamoDB, and its conduct where DynamoDB
# throttles: behind a proxy that counts by the rules and keeps limits.

load helper
load standins

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

setup_file() {
	standins_start
}

# counted [LIMITS]: what follows goes through the proxy.
counted() {
	rm -f units.port
	: "${REAL:=$AWS_ENDPOINT_URL_DYNAMODB}"
	"${TQ_TEST_NODE:-node}" "$ROOT/tests/aws/units.mjs" \
	    "${REAL##*:}" units.port "${1-{\}}" 2>units.err 3>&- &
	started+=($!)
	wait_until 60 test -s units.port
	AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$(cat units.port)
	# It learns of the index when the table is made.
	export TQ_STORE="aws:counted$NAME-${3:-0}?bucket=$NAME"
	exits 0 tq-ctl init "${@:2}"
	units '1'
}

# units EXPRESSION: of what the proxy has counted since, as "u".
units() {
	curl -sS --max-time 60 "$AWS_ENDPOINT_URL_DYNAMODB/units" |
	    "${TQ_TEST_NODE:-node}" -e 'const u = JSON.parse(require("fs")
	    .readFileSync(0)), k = (n) => u.kinds[n] ?? { write: 0, index: 0, read: 0 };
	    console.log('"$1"');'
}

# row NAME [MORE]: is its row what 20 tasks cost, each?  A worker that waits may
# read once more, or so often.
row() {
	local want
	want=$(sed -nE "s/^\| $1 \| ([0-9]+) \| ([0-9]+) \| ([0-9]+) \|\$/\1 \2 \3/p" \
	    "$ROOT/docs/cost.md")
	units '[(k("t#").write + k("b#").write) / 20, k("t#").index / 20,
	    (k("t#").read + k("b#").read) / 20].map(Math.round).join(" ")' >got
	awk -v want="$want" -v more="${2:-1}" '{ split(want, w)
	    exit !($1 == w[1] && $2 == w[2] && $3 >= w[3] && $3 <= w[3] + more) }' got || {
		echo "$1: docs/cost.md has \"$want\", measured: $(cat got); the worker said:"
		cat err
		return 1
	}
}

# twenty ARG...: so many are submitted like that.
twenty() {
	seq 20 | sed 's/.*/{"n":&}/' >lines
	exits 0 tq-submit x --each "$@" <lines
}

@test "units are counted as DynamoDB does" {
	"${TQ_TEST_NODE:-node}" "$ROOT/tests/aws/units-cases.mjs"
}

# done_are N: so many, of all queues?
done_are() {
	tq-status --summary --json >sum
	[ "$(grep -oE '"completed":[0-9]+' sum)" = "\"completed\":$1" ]
}

# at_rate N SECONDS: N tasks a second for so long, and two workers; what is
# not done at the end is the failure.  ./took: how long it took, in ms.
at_rate() {
	local i from pids=()
	for i in 1 2; do
		tq-work -j 32 --quiet 2>"work.$i" 3>&- &
		pids+=($!)
	done
	seq "$1" | sed 's/.*/{"seconds":0,"failure_rate":0}/' >lines
	from=$(date +%s%3N)
	for ((i = 0; i < $2; i++)); do
		tq-submit simulate --each <lines >/dev/null 2>>submitted
		until (($(date +%s%3N) - from >= (i + 1) * 1000)); do sleep 0.02; done
	done
	wait_until 120 done_are $(($1 * $2))
	echo $(($(date +%s%3N) - from)) >took
	kill "${pids[@]}"
	wait "${pids[@]}" || true
}

# A hundredth of what DynamoDB has, and of the tasks, which a slow core can do: 10
# units a second of each key of the index, 400 of the table (its usual quota).  That
# the shards take these rates whole, without a throttled write, is shown where time
# is virtual: build/tests/sim --rate.
# bats test_tags=long
@test "a hot index throttles writes of one shard; of 10 tasks a second, and with 8 of 20, none fails or is left" {
	local rate
	for shards in 1 4 8; do
		rate=$((shards == 8 ? 20 : 10))
		counted '{"key":10,"table":400}' --shards "$shards"
		at_rate "$rate" 10
		units '`throttled ${u.throttled}`' >"throttled.$shards"
		exits 0 tq-status --list --status FAILED
		[ ! -s out ]
		[ ! -s submitted ]
		echo "# $shards shards, $rate a second: $(cat took) ms for 10 s," \
		    "$(cat "throttled.$shards")" >&3
	done
	[ "$(cat throttled.1)" != 'throttled 0' ]
}

@test "-v: the index's part of what was written, and failed conditions apart" {
	counted
	exits 0 tq-submit -v x --id one
	grep -qxE 'tq-submit: aws units: dynamodb PutItem 2 written \(1 in the index\)' err
	exits 1 tq-submit -v x --id one
	grep -qxE 'tq-submit: aws units: (dynamodb GetItem 1 read; )?failed conditions about 1 written' err
	# Of a worker too, a verb each, and in the sum what was charged.
	units 1
	exits 0 tq-work -v --on x=true --drain
	grep -qE 'aws units: .*dynamodb PutItem [0-9]+ written \([0-9]+ in the index\)' err
	grep -qE 'aws units: .*dynamodb Query [0-9.]+ read' err
	grep -oE '[0-9]+ written' err | awk '{ n += $1 } END { print n }' >said
	units 'u.write + u.index' | cmp - said
}

# of_kib N: twenty, with payloads that size.
of_kib() {
	for i in {1..20}; do
		printf '{"text":"%0*d"}\n' $(($1 * 1024 - 11)) "$i"
	done >lines
	exits 0 tq-submit x --each <lines
}

# costs ROW MORE SUBMIT WORK...: is that what tasks that SUBMIT makes cost with such a
# worker?  It has a slot for each: on a busy machine one that claims ahead gives some
# back, which costs.
costs() {
	units 1 >/dev/null
	$3
	exits 0 tq-work -v -j 20 --drain "${@:4}"
	row "$1" "$2"
}

@test "what a task costs is what docs/cost.md says" {
	counted
	costs 'small, done at the first try' 1 twenty --on x=true
	for size in 1 4; do
		costs "with a payload of $size KiB" 1 "of_kib $size" --on x=true
	done
	costs 'with a result of 2 KiB' 1 twenty --on "x=printf %02048d 1"
	# It looks each time that it is rung too early.
	costs 'small, done at the second try' 4 'twenty --backoff 100ms,100ms' \
	    --on x='[ "$TQ_ATTEMPT" -gt 1 ]' --drain=all
	costs 'small, with a lease of five minutes' 1 twenty --on x=true --lease 5m
}

# count_sqs: what counts SQS's requests, as counted does DynamoDB's.
count_sqs() {
	"${TQ_TEST_NODE:-node}" "$ROOT/tests/aws/units.mjs" \
	    "${AWS_ENDPOINT_URL_SQS##*:}" sqs.port 2>sqs.err 3>&- &
	started+=($!)
	wait_until 60 test -s sqs.port
	AWS_ENDPOINT_URL_SQS=http://127.0.0.1:$(cat sqs.port)
}

# requests: since the last look: "DYNAMODB WRITES READS SQS".
requests() {
	local url
	for url in "$AWS_ENDPOINT_URL_DYNAMODB" "$AWS_ENDPOINT_URL_SQS"; do
		curl -sS --max-time 60 "$url/units" | "${TQ_TEST_NODE:-node}" -e '
		    const u = JSON.parse(require("fs").readFileSync(0));
		    console.log(Object.values(u.calls).reduce((a, n) => a + n, 0),
		    process.argv[1] ? `${u.write + u.index} ${u.read}` : "");' \
		    "${url#"$AWS_ENDPOINT_URL_SQS"}"
	done | paste -s -d' '
}

# at_most ROW PERCENT: of docs/cost.md and so much more, nor nothing.
at_most() {
	local ddb sqs is_ddb is_sqs
	read -r ddb sqs < <(sed -nE "s/^\| $1 \| ([0-9]+) \| ([0-9]+) \|.*/\1 \2/p" \
	    "$ROOT/docs/cost.md")
	read -r is_ddb _ _ is_sqs <got
	echo "$is_ddb to DynamoDB, $is_sqs to SQS; $1: $ddb and $sqs"
	((is_ddb > ddb / 2 && is_sqs >= sqs / 2)) || return 1
	((100 * (is_ddb + is_sqs) <= (100 + $2) * (ddb + sqs)))
}

# a_day ROW: do 1,440 such minutes cost what the row ends with, within a fifth?
a_day() {
	local is want
	want=$(sed -nE "s/^\| $1 \|.*[\$]([0-9.]+) \|\$/\1/p" "$ROOT/docs/cost.md")
	is=$(awk '{ print ($2 * 0.625 + $3 * 0.125 + $4 * 0.40) * 1440 / 1e6 }' got)
	echo "a day costs \$$is; $1: \$$want"
	awk -v is="$is" -v want="$want" \
	    'BEGIN { exit !(is > 0.8 * want && is < 1.2 * want) }'
}

# Did 200 more tasks take no more requests than those of docs/cost.md's row $1, and
# a tenth?  On a busy machine fewer go together: this is for one that is not.
no_more_than() {
	requests >/dev/null
	exits 0 tq-submit x --each <lines
	exits 0 tq-work --on x=true --drain -j 4
	requests >got
	at_most "$1" 10
}

# bats test_tags=long
@test "200 small tasks take no more requests than in 0.1.0" {
	count_sqs
	counted
	seq 200 | sed 's/.*/{"n":&}/' >lines
	no_more_than 0.1.0 || no_more_than 0.1.0 || no_more_than 0.1.0
	tq-status --summary --json | grep -qE '"completed":[246]00\b'
}

# A minute's, of so many seconds, after what a start takes; where others use the cores it is longer.
a_minute() {
	local from
	sleep 20
	requests >/dev/null
	from=$(date +%s%3N)
	sleep "${1-60}"
	requests >longer
	awk -v ms="$(($(date +%s%3N) - from))" '{
	    for (i = 1; i <= NF; i++)
		printf "%.0f%s", $i * 60000 / ms, i < NF ? " " : "\n" }' longer >got
}

# bats test_tags=long
@test "who has nothing to do makes as many requests, and costs a day, what docs/cost.md says" {
	count_sqs
	counted
	local pids=()
	tq-work --on x=true --quiet 2>work.1 3>&- &
	pids+=($!)
	a_minute
	at_most 'the worker that sweeps' 20
	a_day 'the worker that sweeps'
	tq-work --on x=true --quiet 2>work.2 3>&- &
	pids+=($!)
	a_minute
	at_most 'that one, and another' 20
	a_day 'that one, and another'
	kill "${pids[@]}"
	wait "${pids[@]}" || true
	tq-serve --listen unix:socket --insecure-no-auth 2>serve.err 3>&- &
	pids=($!)
	a_minute 126
	at_most 'tq-serve' 20
	a_day 'tq-serve'
	kill "${pids[@]}"
}
