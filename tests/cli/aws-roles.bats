#!/usr/bin/env bats
# The policies that tq-ctl init --print-policy prints, in force: the proxy of
# tests/aws/faults.mjs evaluates them (action, resource, conditions, keys of the
# table and of the index) for every call of every verb, by whoever makes it.

load helper
load standins

setup_file() {
	standins_start faults
}

eval "standins_$(declare -f setup)"
setup() {
	standins_setup
	. "$BATS_FILE_TMPDIR/aws/env.faults"
	faults POST reset
	for role in submitter worker operator; do
		printf '%s"%s":' "${sep-}" "$role"
		tq-ctl init --print-policy=$role -q default -q other
		sep=,
	done | { echo '{'; cat; echo '}'; } >policies
	tq-ctl init -q other >/dev/null
	faults PUT policies -d @policies
}

faults() {
	curl -sS --fail-with-body --max-time 60 -X "$1" "$FAULTS/$2" "${@:3}"
}

# as ROLE CMD...: under that role's policy.
as() {
	env AWS_ACCESS_KEY_ID="$1" "${@:2}"
}

# may ROLE CODE CMD...: it exits so, and nothing was denied.
may() {
	faults POST reset
	exits "$2" as "$1" "${@:3}"
	[ "$(faults GET 'count?fault=denied')" -eq 0 ] || {
		echo "$1 may not: ${*:3}"
		faults GET 'log?fault=denied'
		return 1
	}
}

# may_not ROLE ACTION CMD...: it is exit 4 and names the action.
may_not() {
	faults POST reset
	exits 4 as "$1" "${@:3}"
	grep -q "allow $2" err || { cat err; return 1; }
	[ "$(faults GET 'count?fault=denied')" -gt 0 ]
}

@test "a submitter submits, reads, waits, cancels, and no more" {
	head -c 300000 /dev/zero | tr '\0' x >big
	may submitter 0 tq-submit x --id a
	may submitter 0 tq-submit --text x --id b - <big
	may submitter 0 tq-submit x --id c --input big
	may submitter 0 tq-submit x --key k --replace-ended
	may submitter 0 tq-submit -q other x --id o
	may submitter 0 tq-status a --json
	may submitter 0 tq-status --list
	may submitter 0 tq-status --list -S FAILED -q other
	may submitter 0 tq-status --summary
	may submitter 3 tq-status --wait --timeout 1s a
	may submitter 0 tq-ctl cancel a
	may_not submitter dynamodb:PutItem tq-ctl pause default
	may_not submitter dynamodb:PutItem tq-ctl limit default x=1
	tq-submit y --id d --max-attempts 1
	tq-work --on y=false --drain || [ $? -eq 1 ]
	may_not submitter dynamodb:DeleteItem tq-dlq purge d --yes
	may_not submitter dynamodb:PutItem tq-ctl sweep
	may_not submitter sqs:ReceiveMessage tq-work --on x=true --drain
	may_not submitter dynamodb:DescribeTable tq-ctl init
}

@test "a worker works and sweeps; it neither purges nor controls" {
	head -c 300000 /dev/zero | tr '\0' x >big
	tq-submit x --id a
	tq-submit --text x --id b - <big
	tq-submit x --id c --input big
	tq-submit y --id d --max-attempts 1
	tq-ctl limit default x=2
	tq-ctl rate default 100
	may worker 1 tq-work --on x='head -c 200000 /dev/zero' --on y=false \
	    --drain=all --lease 5s
	may worker 0 tq-ctl sweep --force
	may worker 0 tq-status --list
	may_not worker dynamodb:PutItem tq-ctl pause default
	may_not worker dynamodb:PutItem tq-ctl rate default 1
	may_not worker dynamodb:DeleteItem tq-dlq purge d --yes
	may_not worker dynamodb:DescribeTable tq-ctl init
	status_is d FAILED
}

@test "an operator may all, and nobody what is elsewhere" {
	tq-submit y --id d --max-attempts 1
	tq-submit y --id e
	may operator 0 tq-ctl init
	may operator 0 tq-ctl init -q other
	may operator 0 tq-ctl pause default
	may operator 0 tq-ctl resume default
	may operator 0 tq-ctl limit default x=1
	may operator 0 tq-ctl hold e
	may operator 0 tq-ctl unhold e
	may operator 0 tq-ctl edit e --prio 3
	may operator 0 tq-ctl cancel e
	may operator 1 tq-work --on y=false --drain
	may operator 0 tq-dlq list
	may operator 0 tq-dlq redrive d
	may operator 1 tq-work --on y=false --drain
	may operator 0 tq-dlq purge d --yes
	may operator 0 tq-ctl sweep --force
	for role in submitter worker operator; do
		may_not $role dynamodb:GetItem tq-status --store aws:elsewhere a
	done
	# A queue of the store that the role is not for.
	as '' true
	faults PUT policies -d '{}'
	tq-ctl init -q third >/dev/null
	faults PUT policies -d @policies
	for role in submitter worker operator; do
		may_not $role dynamodb:Query tq-status --list -q third
	done
}

@test "doctor under each role's own policy is clean" {
	for role in submitter worker operator; do
		exits 0 as $role tq-ctl doctor
		run ! grep -qE '^(WARN|FAIL)' out
	done
	run ! grep -q 'not looked at' out
	exits 0 as worker tq-ctl doctor
	grep -q 'table: not looked at' out
}
