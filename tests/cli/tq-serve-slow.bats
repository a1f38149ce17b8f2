#!/usr/bin/env bats
# slowhttptest in its four modes does not take tq-serve down.

load helper

# Does the server answer, and take a task, while the attack runs?
answers() {
	[ "$(curl -s -m 60 "$url/health")" = '{"status":"ok"}' ] &&
	    curl -sf -m 60 -H 'Content-Type: application/json' \
	        -d '{"type":"x"}' "$url/v1/tasks" >/dev/null
}

# attack MODE...: 300 connections at once, till it has answered some times.
attack() {
	local rounds=0
	command -v slowhttptest >/dev/null || skip "no slowhttptest"
	tq-serve --listen 127.0.0.1:0 2>said 3>&- &
	server=$!
	started+=("$server")
	wait_until 10 grep -q 'listening on' said
	url=$(grep -o 'http://[0-9.:]*' said)
	slowhttptest -c 300 -r 300 -l 200 -p 60 -i 1 "$@" -u "$url/v1/tasks" >slow 2>&1 3>&- &
	slow=$!
	started+=("$slow")
	while [ "$rounds" -lt 20 ] && kill -0 "$slow" 2>/dev/null; do
		answers
		rounds=$((rounds + 1))
		sleep 0.2
	done
	[ "$rounds" -gt 0 ]
	kill -INT "$slow" 2>/dev/null || true
	wait "$slow" || true
	answers
	run ! grep -a 'service available: *NO' slow
}

@test "slow headers" {
	attack -H -x 10
}

@test "slow bodies" {
	attack -B -s 4096 -x 10 -t POST -f application/json
}

@test "ranges" {
	attack -R -a 10 -b 3000 -t HEAD
}

@test "slow reading" {
	attack -X -n 5 -w 1 -y 5 -z 1 -k 3
}
