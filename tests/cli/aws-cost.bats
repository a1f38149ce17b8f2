#!/usr/bin/env bats
# What the aws store costs in units of DynamoDB, and what it does where DynamoDB
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
	"${TQ_TEST_NODE:-node}" "$ROOT/tests/aws/units.mjs" \
	    "${AWS_ENDPOINT_URL_DYNAMODB##*:}" units.port "${1-{\}}" 2>units.err 3>&- &
	started+=($!)
	wait_until 60 test -s units.port
	AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$(cat units.port)
	# It learns of the index when the table is made.
	export TQ_STORE="aws:counted$NAME?bucket=$NAME"
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

# row NAME: is its row what 20 tasks cost, each?
row() {
	local want
	want=$(sed -nE "s/^\| $1 \| ([0-9]+) \| ([0-9]+) \| ([0-9]+) \|\$/\1 \2 \3/p" \
	    "$ROOT/docs/cost.md")
	units '[(k("t#").write + k("b#").write) / 20, k("t#").index / 20,
	    (k("t#").read + k("b#").read) / 20].map(Math.round).join(" ")' >got
	[ "$want" = "$(cat got)" ] || {
		echo "$1: docs/cost.md has \"$want\", measured: $(cat got)"
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

@test "-v: the index's part of what was written, and failed conditions apart" {
	counted
	exits 0 tq-submit -v x --id one
	grep -qxE 'tq-submit: aws units: dynamodb PutItem 2 written \(1 in the index\)' err
	exits 1 tq-submit -v x --id one
	grep -qxE 'tq-submit: aws units: (dynamodb GetItem 1 read; )?failed conditions about 1 written' err
}

@test "what a task costs is what docs/cost.md says" {
	counted
	twenty
	exits 0 tq-work --on x=true --drain
	row 'small, done at the first try'
	for size in 1 4; do
		units 1 >/dev/null
		for i in {1..20}; do
			printf '{"text":"%0*d"}\n' $((size * 1024 - 11)) "$i"
		done >lines
		exits 0 tq-submit x --each <lines
		exits 0 tq-work --on x=true --drain
		row "with a payload of $size KiB"
	done
	twenty
	exits 0 tq-work --on "x=printf %02048d 1" --drain
	row 'with a result of 2 KiB'
	twenty --backoff 100ms,100ms
	exits 0 tq-work --on x='[ "$TQ_ATTEMPT" -gt 1 ]' --drain=all
	row 'small, done at the second try'
	twenty
	exits 0 tq-work --on x=true --drain --lease 5m
	row 'small, with a lease of five minutes'
}
