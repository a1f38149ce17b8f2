#!/usr/bin/env bats
# bats file_tags=sqlite
# What deploy/ tells the tools to do, they can do.

load helper

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# commands FILE: each command line of a tool in it, a line each, as words.
commands() {
	sed -E 's/[][",]/ /g; s/^ *exec / /' "$1" | grep -oE '(^|[ =])tq-(work|serve|ctl|submit|status) .*'
}

@test "the commands in deploy/ use options that the tools have" {
	local f tool word
	for f in "$ROOT"/deploy/{compose.yaml,Dockerfile,k8s/tq.yaml,aws/ecs.yaml}; do
		commands "$f" >lines
		[ -s lines ]
		while read -r tool line; do
			tool=${tool#=}
			for word in $(grep -oE -- '(^| )--[a-z-]+' <<<" $line"); do
				"$tool" --help | grep -qE -- "(^| )$word([ ,=[]|$)" ||
				    { echo "$f: $tool has no $word"; return 1; }
			done
		done < <(grep -v 'tq-ctl init' lines)
	done
}

@test "the health check sees the file of --heartbeat, fresh or old" {
	tq-work --heartbeat beat --on x=cat 3>&- &
	started+=($!)
	wait_until 10 [ -e beat ]
	TQ_BEAT=beat "$ROOT/deploy/container" health
	kill -STOP $!
	touch -d '2 minutes ago' beat
	run ! env TQ_BEAT=beat "$ROOT/deploy/container" health
	kill -CONT $!
	kill $!
	wait_until 10 [ ! -e beat ]
}

@test "a heartbeat that can't be is refused before a task is taken" {
	id=$(tq-submit x 1)
	exits 78 tq-work --heartbeat none/beat --on x=cat --drain
	says '--heartbeat none/beat'
	[ "$(tq-status --columns status "$id")" = PENDING ]
}
