# tests/long/tap.bash -- for the jobs of this folder to read: cases as functions,
# told as TAP, and a folder of the run's own in $tmp, which goes at its end.
# CASES is an expression: those whose names it matches are run, the rest skipped.
# shellcheck shell=bash

: "${TQ_BUILD:=$PWD/build}"
PATH=$TQ_BUILD:$PATH
tmp=$(mktemp -d) || exit 1
n=0
bad=0

# What else has to end is in the job's own cleanup().
cleanup() { :; }
trap 'cleanup; rm -rf --one-file-system "$tmp"' EXIT
trap 'exit 130' INT TERM

# ok NAME COMMAND...: what it printed is shown when it fails.
ok() {
	local name=$1

	shift
	[[ $name =~ ${CASES-} ]] || { skip "$name" "not among CASES"; return; }
	n=$((n + 1))
	if "$@" >"$tmp/out" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		tail -n 25 "$tmp/out" | sed 's/^/# /'
		bad=1
	fi
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # skip $2"
}

finish() {
	echo "1..$n"
	exit $bad
}
