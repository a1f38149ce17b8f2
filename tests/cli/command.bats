#!/usr/bin/env bats
# tests/cli/command.bats -- queued commands run as if they ran where they were
# queued, and references to files are owned.

load helper

# run_all [OPTIONS]: the commands that wait, somewhere else and with another umask.
run_all() {
	mkdir -p elsewhere
	(cd elsewhere && umask 027 && tq-work --exec --drain "$@" 2>../work.err)
}

# -- where and how ---------------------------------------------------------------------

@test "a queued command runs in the directory and with the umask it was queued in" {
	mkdir proj
	echo hello >proj/f
	id=$(cd proj && umask 077 && tq-submit -- sh -c 'cat f; umask; echo x >made')
	run_all
	[ "$(tq-status --result "$id")" = "$(printf 'hello\n0077')" ]
	[ "$(stat -c %a proj/made)" = 600 ]
	# A program named by a path is the one that was there.
	printf '#!/bin/sh\necho mine\n' >proj/prog
	chmod +x proj/prog
	id=$(cd proj && tq-submit -- ./prog)
	run_all
	[ "$(tq-status --result "$id")" = mine ]
}

@test "-C runs it there; a directory that is not there is death, and by default a release" {
	mkdir there gone
	id=$(tq-submit -C there -- pwd)
	run_all
	[ "$(tq-status --result "$id")" = "$PWD/there" ]
	id=$(tq-submit --chdir "$PWD/nowhere" -- pwd)
	run_all || true
	[ "$(tq-status --columns status "$id")" = FAILED ]
	tq-status --json "$id" | grep -q "can't enter the directory $PWD/nowhere"
	id=$(cd gone && tq-submit -- pwd)
	rmdir gone
	run_all
	[ "$(tq-status --columns status,attempts "$id")" = "PENDING	0" ]
	tq-status --why "$id" | grep -q "can't enter the directory $PWD/gone"
	mkdir gone
	tq-ctl edit --delay 0s "$id" >/dev/null
	run_all
	[ "$(tq-status --result "$id")" = "$PWD/gone" ]
}

@test "--env gives a command variables, by value or as they are here, before the worker's" {
	export HERE='a "b"' WORKERS=no
	id=$(tq-submit --env HERE --env V=1 --env V=2 --env EMPTY= --env WORKERS=yes -- \
	    sh -c 'echo "$HERE,$V,${EMPTY-unset},$WORKERS"; env | grep -c "^WORKERS="')
	unset HERE
	run_all
	[ "$(tq-status --result "$id")" = "$(printf 'a "b",2,,yes\n1')" ]
	# PATH decides which program it is, as here.
	mkdir bin
	printf '#!/bin/sh\necho found\n' >bin/only-here
	chmod +x bin/only-here
	id=$(tq-submit --env "PATH=$PWD/bin:$PATH" -- only-here)
	run_all
	[ "$(tq-status --result "$id")" = found ]
}

@test "variables that are not set, or not for tasks, are refused" {
	unset NOT_SET
	exits 2 tq-submit --env NOT_SET -- true
	says 'is not set here'
	for name in TQ_TASK_ID=1 LD_PRELOAD=/x LD_AUDIT=y 1A=2 'A B=c' =x; do
		exits 2 tq-submit --env "$name" -- true
	done
	exits 2 tq-submit --env A=1 type
	exits 2 tq-submit -C / --each type
	# So they are in a batch.
	echo '{"type":"x","cwd":"/"}' >in
	exits 1 tq-submit --batch in
	says 'go with a command'
	echo '{"type":"exec","argv":["true"],"env":{"LD_PRELOAD":"/x"}}' >in
	exits 1 tq-submit --batch in
	exits 65 tq-submit exec
	says 'type "exec": a task of it needs a command (argv): tq-submit -- CMD ARGS'
	exits 1 tq-submit --batch <<<'{"type":"exec","payload":["true"]}'
	says 'type "exec": a task of it needs a command'
	echo '{"type":"exec","argv":["true"],"cwd":"relative"}' >in
	exits 1 tq-submit --batch in
	[ ! -e tq.db ] || [ "$(tq-status --list | wc -l)" -eq 0 ]
}

@test "an aws: store gets a directory by -C only" {
	[ "$(TQ_STORE=aws:x tq-submit -n -- ls | grep -c '"cwd"\|"umask"')" -eq 0 ]
	TQ_STORE=aws:x tq-submit -n -C /srv -- ls | grep -q '"chdir":"/srv","umask":"0'
	tq-submit -n -- ls | grep -q "\"cwd\":\"$PWD\""
}

@test "values of variables are shown in no table, to no reader over HTTP" {
	id=$(tq-submit --env SECRET=hunter2 -- sh -c 'exit 65')
	run_all || true
	run ! grep -q hunter2 <(tq-dlq show "$id" | grep -v '^payload')
	tq-dlq show "$id" | grep -q '\["SECRET"\]'
	run ! grep -q hunter2 <(tq-status "$id"; tq-dlq list; tq-status --why "$id" 2>&1; cat work.err)
	printf 'r:%s:read\no:%s:read,operate\n' "$(printf r | sha256sum | cut -d' ' -f1)" \
	    "$(printf o | sha256sum | cut -d' ' -f1)" >keys
	chmod 600 keys
	tq-serve --listen 127.0.0.1:0 --keys keys 2>serve.err 3>&- &
	started+=($!)
	wait_until 10 grep -q 'listening on http' serve.err
	url=$(sed -n 's/.*listening on \(http.*\)/\1/p' serve.err)
	curl -s -H 'Authorization: Bearer r' "$url/v1/tasks/$id" >r
	curl -s -H 'Authorization: Bearer o' "$url/v1/tasks/$id" >o
	grep -q '"status":"FAILED"' r
	run ! grep -q 'hunter2\|exit 65"\|SECRET' r
	grep -q '"envNames":\["SECRET"\]' o
	grep -q '"argv":\["sh"' o
	run ! grep -q hunter2 o
}

@test "what --json prints of a command, --batch accepts" {
	mkdir there
	id=$(tq-submit -C there --env A='x y' -- sh -c 'pwd; echo "$A"')
	tq-status --json "$id" | jq -c 'del(.taskId)' >copy
	two=$(tq-submit --batch copy)
	run_all
	[ "$(tq-status --result "$two")" = "$(printf '%s\nx y' "$PWD/there")" ]
}

# -- stdout ----------------------------------------------------------------------------

@test "stdout of a command is kept whatever its exit" {
	for exit in 'exit 1' 'exit 65' 'exit 127' 'kill -9 $$'; do
		id=$(tq-submit --max-attempts 1 -- sh -c "echo kept; echo said >&2; $exit")
		run_all || true
		[ "$(tq-status --columns status "$id")" = FAILED ]
		[ "$(tq-status --log=stdout "$id")" = kept ]
		[ "$(tq-status --log "$id")" = said ]
		[ "$(tq-status --log=both "$id" | sort)" = "$(printf 'kept\nsaid')" ]
	done
	id=$(tq-submit --max-attempts 1 -- sh -c 'head -c 5000000 /dev/zero | tr "\0" x; exit 1')
	run_all || true
	[ "$(tq-status --log=stdout "$id" | wc -c)" -eq 5000000 ]
	tq-dlq purge "$id" --yes >/dev/null
	[ "$(find tq.db.blobs -path "*$id*" | wc -l)" -eq 0 ]
	exits 2 tq-status --log=else "$id"
}

@test "so is that of one that ran into its timeout" {
	# A longer one where it has not come to that.
	for limit in 1s 10s 60s; do
		id=$(tq-submit --max-attempts 1 --timeout $limit -- sh -c 'echo before; touch up; sleep 600')
		run_all || true
		[ ! -e up ] || break
	done
	[ "$(tq-status --log=stdout "$id")" = before ]
}

@test "stdout and stderr are followed while the command runs, however much it writes" {
	mkfifo go
	id=$(tq-submit -- sh -c 'echo said >&2; head -c 6000000 /dev/zero | tr "\0" x
	    echo; echo one; read -r x <go; echo two; echo more >&2')
	run_all 3>&- &
	started+=($!)
	for log in stdout stderr both; do
		tq-status --log=$log -f "$id" >seen.$log &
		eval "$log=$!"
	done
	wait_until 20 grep -qx one seen.stdout
	wait_until 20 grep -qx said seen.stderr
	wait_until 20 grep -qx one seen.both
	[ "$(tq-status --columns status "$id")" = RUNNING ]
	echo >go
	wait "$stdout" "$stderr" "$both"
	[ "$(tail -n +2 seen.stdout)" = "$(printf 'one\ntwo')" ]
	[ "$(wc -c <seen.stdout)" -eq 6000009 ]
	[ "$(cat seen.stderr)" = "$(printf 'said\nmore')" ]
	[ "$(wc -c <seen.both)" -eq 6000019 ]
	# The output kept meanwhile is the result now.
	[ "$(find tq.db.blobs -name stdout | wc -l)" -eq 0 ]
}

@test "--wait --result --pass-exit prints as it comes and exits as the command does" {
	run_all_on() { (cd / && exec tq-work --exec 2>/dev/null 3>&-); }
	run_all_on &
	started+=($!)
	echo a >a
	echo b >b
	exits 1 tq-submit --wait --result --pass-exit -- diff a b
	diff out <(diff a b)
	exits 0 tq-submit --wait --result --pass-exit -- diff a a
	[ ! -s out ]
	for code in 75 65 3 0; do
		exits "$code" tq-submit --wait=60s --result --pass-exit -- sh -c "echo x; exit $code"
		[ "$(cat out)" = x ]
	done
	mkfifo go
	tq-submit --wait --result --pass-exit -- sh -c 'echo one; read -r x <go; echo two; exit 4' >seen 2>/dev/null &
	waiter=$!
	wait_until 20 grep -qx one seen
	echo >go
	code=0
	wait "$waiter" || code=$?
	[ "$code" -eq 4 ]
	[ "$(cat seen)" = "$(printf 'one\ntwo')" ]
}

# -- size ------------------------------------------------------------------------------

@test "commands up to ARG_MAX run, a larger one is refused when it is submitted" {
	# 1.9 MiB in arguments of 85 bytes, each with a pointer.
	seq -f 'x%084.0f' 19500 >args
	id=$(xargs -s 2000000 -n 19500 tq-submit -- sh -c 'echo $#' sh <args)
	has_lines 19500 args
	run_all
	[ "$(tq-status --result "$id")" = 19500 ]
	jq -Rnc '{type: "exec", argv: (["true"] + [range(25000) | "x" * 85])}' >big
	exits 1 tq-submit --batch big
	says 'which no worker can start'
	# ARG_MAX is a quarter of what the stack may take.
	(ulimit -Ss 16384; tq-submit --batch big >id; run_all)
	[ "$(tq-status --columns status "$(cat id)")" = COMPLETED ]
	jq -Rnc '{type: "exec", argv: ["true", ("x" * 131072)]}' >big
	exits 1 tq-submit --batch big
	says 'an argument of the command'
	jq -Rnc '{type: "exec", argv: ["true", ("x" * 131071)]}' >big
	id=$(tq-submit --batch big)
	run_all
	[ "$(tq-status --columns status "$id")" = COMPLETED ]
}

@test "tq-dlq edit ID -- CMD gives a dead command another one" {
	mkdir proj
	id=$(cd proj && tq-submit --max-attempts 1 -- sh -c 'exit 65')
	run_all || true
	[ "$(tq-dlq edit -n "$id" -- pwd -P)" = '["pwd","-P"]' ]
	tq-dlq edit --redrive "$id" -- pwd
	run_all
	[ "$(tq-status --result "$id")" = "$PWD/proj" ]
	id=$(tq-submit --max-attempts 1 t '{}')
	tq-work --on 't=exit 65' --drain 2>/dev/null || true
	exits 65 tq-dlq edit "$id" -- ls -l
}

@test "an edit is judged as a submit is, of a dead task and of one that waits" {
	dead=$(tq-submit --max-attempts 1 -- sh -c 'exit 65')
	gray=$(tq-submit --max-attempts 1 image.grayscale --input "$0")
	run_all --builtin=image.grayscale || true
	waits=$(tq-submit -- true)
	wants=$(tq-submit image.grayscale --input "$0")
	exits 65 tq-dlq edit "$dead" -- echo $'\xff'
	exits 65 tq-ctl edit "$waits" -- echo $'\xff'
	for id in "$dead" "$waits"; do
		tq-status --json "$id" | jq -c .argv
	done >before
	for id in "$dead" "$waits"; do
		tq-status --json "$id" | jq -c .argv
	done | cmp - before
	exits 65 tq-dlq edit "$gray" '{"qualty":50}'
	exits 65 tq-ctl edit "$wants" --payload '{"qualty":50}'
	tq-dlq edit "$gray" '{"quality":50}'
}

# -- references ------------------------------------------------------------------------

@test "a copy of a task by --json and --batch has an input of its own" {
	echo hello >in
	id=$(tq-submit cat --input in)
	tq-status --json "$id" | jq -c 'del(.taskId)' >copy
	two=$(tq-submit --batch copy)
	three=$(tq-submit cat --input "$(jq -r .input copy)")
	tq-ctl cancel "$id" >/dev/null
	echo "$id" | tq-dlq purge - --yes >/dev/null 2>&1 || true
	find tq.db.blobs -path "*/$id/*" -delete
	tq-work --on cat=cat --drain
	[ "$(tq-status --result "$two")" = hello ]
	[ "$(tq-status --result "$three")" = hello ]
	# Into another store, where there is no such blob.
	TQ_STORE=sqlite:other.db exits 1 tq-submit --batch copy
	says 'is not in sqlite:'
}

@test "the name of an input is kept, and told to its handler" {
	mkdir d
	echo hello >'d/my photo.jpg'
	odd=$(printf 'd/-a\nb\t\377 "\047$(id)`;*\\ \303\251')
	cp 'd/my photo.jpg' "$odd"
	one=$(tq-submit t --input 'd/my photo.jpg')
	two=$(tq-submit t --each=input <<<'d/my photo.jpg')
	three=$(tq-submit t --input "$odd")
	none=$(echo hello | tq-submit t --input -)
	copy=$(tq-status --json "$one" | jq -c 'del(.taskId)' | tq-submit --batch)
	tq-work --on 't=printf %s "${TQ_INPUT_NAME-none}"' --drain
	for id in "$one" "$two" "$copy"; do
		[ "$(tq-status --json "$id" | jq -r '.inputName, .result' | uniq)" = \
		    'my photo.jpg' ]
	done
	[ "$(tq-status --result "$three")" = "$(printf -- '-a_b__ "\047$(id)`;*\\ \303\251')" ]
	[ "$(tq-status --result "$none")" = none ]
	# Nobody else's words become a path, either.
	exits 1 tq-submit --batch <<<'{"type":"t","input":"data:,x","inputName":"../x"}'
	says 'inputName "../x": must be'
	echo '{"type":"s","input":"data:,x","inputName":"x"}' | tq-submit --batch
	tq-work --stream 's=while read -r x; do echo "$x" >said; echo "{\"ok\":true}"; done' --drain
	[ "$(jq -r .inputName said)" = x ]
}

@test "an input that is no blob of the store is refused" {
	exits 65 tq-submit x --input blob:nonsense
	exits 65 tq-submit x --input blob:default/no/such
	says 'is not in'
	[ "$(tq-status --list | wc -l)" -eq 0 ]
}

@test "a declared output that is missing is a failure, for streams too" {
	id=$(tq-submit --max-attempts 1 t '{}')
	exits 1 tq-work --on 't=echo "output o" >&3' --drain
	[ "$(tq-status --columns status "$id")" = FAILED ]
	tq-status --json "$id" | grep -q 'output o: No such file'
	id=$(tq-submit --max-attempts 1 s '{}')
	exits 1 tq-work --stream 's=while read -r x; do echo "{\"ok\":true,\"output\":\"o\"}"; done' --drain
	[ "$(tq-status --columns status "$id")" = FAILED ]
}

@test "a relative output is seen from the handler's directory" {
	mkdir proj
	id=$(cd proj && tq-submit -- sh -c 'echo made >o; echo "output o" >&3')
	run_all
	[ "$(tq-status --result "$id")" = made ]
	id=$(tq-submit t '{}')
	(cd proj && tq-work --on 't=echo "output o" >&3' --drain)
	[ "$(tq-status --result "$id")" = made ]
}

@test "what was cut in the store is not handed on as a whole" {
	head -c 300000 /dev/urandom >in
	id=$(tq-submit x --input in)
	two=$(tq-submit x --input in)
	tq-work --once --on 'x=cat'
	out=$(find tq.db.blobs -name out)
	[ "$(tq-status --result "$id" | wc -c)" -eq 300000 ]
	truncate -s 1000 "$out"
	exits 74 tq-status --result -o f "$id"
	[ ! -e f ]
	truncate -s 1000 "$(find tq.db.blobs -path "*$two*" -name in)"
	exits 1 tq-work --on x=cat --drain
	[ "$(tq-status --columns status "$two")" = FAILED ]
	tq-status --json "$two" | grep -q 'its input has 1000 bytes instead of 300000'
}
