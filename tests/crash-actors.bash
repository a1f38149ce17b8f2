# tests/crash-actors.bash -- who uses the store of tests/crash, until $tmp/stop is
# there: each function is a process of its own, and each tool that it starts can be
# found, by its pid, in $tmp/pids; $tmp/did.NAME says that one has done something.
# What a tool acknowledged goes to $tmp/acked, and to $tmp/again what may be completed
# once more.  shellcheck shell=bash disable=SC2154

on() { [ ! -e "$tmp/stop" ]; }

# did NAME: anything yet?  It is in one of them: the killer moves it.
did() { [ -e "$tmp/did.$1" ] || [ -e "$tmp/ever.$1" ]; }

# How many tasks have not ended.
unended() {
	tq-status --summary --json 2>/dev/null | sed 's/"[a-zA-Z]*"://g' |
	    awk -F, '{ n += $3 + $4 + $5 } END { print n + 0 }'
}

# Producers outrun workers that are killed all the time: they wait behind $most.
brake() {
	while on; do
		if [ "$(unended)" -gt "$most" ]; then touch "$tmp/full"; else rm -f "$tmp/full"; fi
		sleep 1
	done
}

# may_produce NAME: false at the end.  One that has done nothing yet waits for nobody.
may_produce() {
	while on && [ -e "$tmp/full" ] && did "$1"; do sleep 0.5; done
	on
}

# as NAME TOOL...: run it where the killer finds it.
as() {
	local name=$1 code
	shift
	"$@" <&0 &
	echo $! >"$tmp/pids/$name"
	wait $! 2>/dev/null
	code=$?
	rm -f "$tmp/pids/$name"
	# Usage: it tests nothing.
	[ $code -ne 2 ] || echo "$*" >>"$tmp/usage"
	case $code$name in
	0p? | 0op?) : >"$tmp/did.$name" ;;
	esac
	return $code
}

# acked NAME: of a tool that was killed, what it has printed is acknowledged, but for
# a line without its end.
acked() {
	[ -z "$(tail -c 1 "$tmp/$1")" ] || sed -i '$d' "$tmp/$1"
	[ ! -s "$tmp/$1" ] || : >"$tmp/did.$1"
	cat "$tmp/$1" >>"$tmp/acked"
}

# The ids in lines of JSON.
ids() { sed -n 's/.*"taskId":"\([^"]*\)".*/\1/p'; }

# -- producers ------------------------------------------------------------------------

# Attempts enough for what is killed, and short waits, so that all ends soon.
patient=(--max-attempts 9 --backoff '100ms,1s')
patient_json='"maxAttempts":9,"backoff":"100ms","backoffCap":"1s"'

produce_one() {
	local i id
	for ((i = 0; ; i++)); do
		may_produce "p$1" || return
		id=one-$1-$i
		as "p$1" tq-submit --id "$id" "${patient[@]}" cat "$i" >/dev/null \
		    2>&1 && echo "$id" >>"$tmp/acked"
	done
}

produce_key() {
	while may_produce key; do
		as key tq-submit --key "k$((RANDOM % 200))" --text echo k \
		    >"$tmp/key" 2>/dev/null
		acked "key"
		as key tq-submit "${patient[@]}" -- true >"$tmp/key" 2>/dev/null
		acked "key"
	done
}

produce_input() {
	head -c 70000 /dev/zero | tr '\0' x >"$tmp/big"
	while may_produce input; do
		as input tq-submit "${patient[@]}" cat --input "$tmp/big" \
		    >"$tmp/input" 2>/dev/null
		acked "input"
		sleep 0.1
	done
}

produce_batch() {
	local i
	for ((i = 0; ; i++)); do
		may_produce batch || return
		seq -f "{\"taskId\":\"batch-$i-%.0f\",\"type\":\"line\",$patient_json}" "$batch" |
		    as batch tq-submit --batch >"$tmp/batch" 2>/dev/null
		acked "batch"
	done
}

produce_each() {
	while may_produce each; do
		seq "$batch" | as each tq-submit "${patient[@]}" --each line \
		    >"$tmp/each" 2>/dev/null
		acked "each"
	done
}

# A parent, two that wait for it, one that waits for both.
produce_tree() {
	local i t
	for ((i = 0; ; i++)); do
		may_produce tree || return
		t="\"type\":\"line\",$patient_json"
		echo "{\"taskId\":\"tree-$i\",$t}
		{\"taskId\":\"tree-$i-a\",$t,\"after\":[\"tree-$i\"]}
		{\"taskId\":\"tree-$i-b\",$t,\"after\":[\"tree-$i\"]}" |
		    as tree tq-submit --batch >"$tmp/tree" 2>/dev/null
		acked "tree"
		as tree tq-submit --id "tree-$i-c" "${patient[@]}" \
		    --after "tree-$i-a,tree-$i-b" line >"$tmp/tree" 2>/dev/null
		acked "tree"
	done
}

post() {
	curl -s --max-time 60 --unix-socket "$tmp/socket" -H "content-type: $1" \
	    "${@:2}"
}

# One, which dies for want of a text, and some more at once.
produce_http() {
	local i
	for ((i = 0; ; i++)); do
		may_produce http || return
		[ "$(post application/json -o "$tmp/answer" -w '%{http_code}' -d \
		    "{\"taskId\":\"http-$i\",\"type\":\"text.transform\",\"payload\":\"a\"}" \
		    http://localhost/v1/tasks)" = 201 ] &&
			echo "http-$i" >>"$tmp/acked" && : >"$tmp/did.serve"
		seq -f "{\"taskId\":\"lines-$i-%.0f\",\"type\":\"line\",$patient_json}" "$batch" |
		    post application/x-ndjson --data-binary @- \
		    http://localhost/v1/tasks/batch |
		    grep '"status":"PENDING".*}$' | ids >"$tmp/http"
		acked http
		sleep 0.1
	done
}

# -- servers, workers, operators ------------------------------------------------------

serve() {
	while on; do
		rm -f "$tmp/socket"
		as serve tq-serve --quiet -l "unix:$tmp/socket" >/dev/null 2>&1
	done
}

# Each worker's log says what was accepted, a file that it has run something.
work() {
	local did=": >$tmp/did.w$1"

	while on; do
		as "w$1" tq-work -j 3 --lease 2s --log-format json --exec \
		    --on cat="$did; "'[ $((RANDOM % 9)) -eq 0 ] && exit 1; cat' \
		    --on echo='echo x' --builtin=text.transform \
		    --stream line="while read -r l; do $did;"' echo "{\"ok\":true}"; done' \
		    >>"$tmp/log.$1" 2>&1
	done
}

# They may be completed once more.
more() { tee -a "$tmp/again"; }

# Take dead tasks out, and submit them again: the file is there until that is done.
drain_and_back() {
	local file=$tmp/drained.$1.$2

	as "op$1" tq-dlq drain --all -o "$file"
	[ -s "$file" ] && ids <"$file" | more >/dev/null &&
	    as "op$1" tq-submit --batch "$file" && rm "$file"
}

# edit ID: a dead one gets another payload, and runs.
edit() {
	echo "$1" | more
	as "$2" tq-dlq edit "$1" '"edited"' --redrive
}

operate() {
	local id i me=op$1
	for ((i = 0; ; i++)); do
		on || return
		id=$(shuf -n 1 "$tmp/acked")
		case $((RANDOM % 10)) in
		0) as "$me" tq-ctl cancel "${id:-first}" ;;
		1)
			# Perhaps it was: so it counts as if.
			tq-dlq list --json | ids | more
			as "$me" tq-dlq redrive --all --yes
			;;
		2) as "$me" tq-ctl pause default && sleep 0.2; tq-ctl resume default ;;
		3) as "$me" tq-ctl sweep --force ;;
		4) as "$me" tq-ctl hold "${id:-first}"; sleep 0.1; tq-ctl unhold "${id:-first}" ;;
		5) as "$me" tq-status --summary ;;
		6) drain_and_back "$1" "$i" ;;
		7) as "$me" tq-dlq drain --all; as "$me" tq-dlq undrain --all --yes ;;
		8) edit "$(tq-dlq list --json --limit 1 | ids)" "$me" ;;
		9) as "$me" tq-ctl edit --prio $((RANDOM % 10)) "${id:-first}" ;;
		esac >/dev/null 2>&1
		sleep 0.1
	done
}
