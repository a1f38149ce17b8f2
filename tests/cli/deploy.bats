#!/usr/bin/env bats
# bats file_tags=sqlite
# The tools can do all that deploy/ tells them to.

load helper

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)

# commands FILE: each command line of a tool in it, a line each, as words.
commands() {
	sed -E 's/[][",]/ /g; s/^ *exec / /' "$1" | grep -oE '(^|[ =])tq-(work|serve|ctl|submit|status) .*'
}

@test "the commands in deploy/ use options that the tools have" {
	local f tool word
	for f in "$ROOT"/deploy/{compose.yaml,Dockerfile,k8s/tq.yaml,aws/ecs.yaml,aws/lambda.yaml}; do
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

@test "no template has a YAML alias, which CloudFormation refuses" {
	# "Template error: YAML aliases are not allowed in CloudFormation templates."
	run ! grep -nE '^[^#"]*[][{ :-][&*][a-z][a-z-]*([],} ]|$)|<<:' "$ROOT"/deploy/aws/*.yaml
	printf 'A: &a [b]\nC: *a\n' >bad.yaml
	[ "$(grep -cE '^[^#"]*[][{ :-][&*][a-z][a-z-]*([],} ]|$)|<<:' bad.yaml)" -eq 2 ]
}

@test "each test that SECURITY.md names is there" {
	local file name n=0
	while IFS='|' read -r file name; do
		grep -qF "\"$name\"" "$ROOT/tests/cli/$file" "$ROOT/tests/unit/$file" 2>/dev/null ||
		    grep -qF "\"$name" "$ROOT/tests/unit/$file" 2>/dev/null ||
		    { echo "$file has no test \"$name\""; return 1; }
		n=$((n + 1))
	done < <(sed -nE 's/.* ([a-z0-9_-]+\.(bats|c)): "(.*)" \|$/\1|\3/p' "$ROOT/SECURITY.md")
	[ "$n" -ge 20 ]
}

@test "what docs/deploy.md tells to do can be done: targets, files, options, units" {
	local doc=$ROOT/docs/deploy.md word tool
	sed -n 's/^    //p' "$doc" >lines
	[ -s lines ]
	grep -hoE '\bmake [a-z-]+( [a-z-]+)*' "$doc" | sed 's/^make //' | tr ' ' '\n' |
	    sort -u | while read -r word; do
		make -s -n -C "$ROOT" "$word" NO_DEPS=1 DESTDIR=/nonexistent >/dev/null 2>&1 ||
		    grep -q "^$word:" "$ROOT/Makefile" || { echo "no target $word"; return 1; }
	done
	grep -ohE '\b(deploy|docs|web)/[a-z0-9./]*[a-z]' "$doc" | sort -u | while read -r word; do
		[ -e "$ROOT/$word" ] || { echo "no file $word"; return 1; }
	done
	commands lines >commands
	[ "$(wc -l <commands)" -ge 4 ]
	while read -r tool line; do
		for word in $(grep -oE -- '(^| )--[a-z-]+' <<<" $line"); do
			"$tool" --help | grep -qE -- "(^| )$word([ ,=[]|$)" ||
			    { echo "$tool has no $word"; return 1; }
		done
	done <commands
	for word in $(grep -oE 'TQ_SERVE_ARGS=.*' lines | grep -oE -- '--[a-z-]+'); do
		tq-serve --help | grep -qE -- "(^| )$word([ ,=[]|$)"
	done
	grep -ohE 'tq-[a-z]+(@[a-z]+)?\.(service|socket|timer)' "$doc" |
	    sed 's/@[a-z]*/@/' | sort -u | while read -r word; do
		[ -e "$ROOT/deploy/systemd/$word" ] || { echo "no unit $word"; return 1; }
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
