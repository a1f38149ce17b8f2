#!/usr/bin/env bats
# tests/cli/paths.bats -- a path is where it points: stores, outputs, configs.

load helper

# dead N: N tasks that died.
dead() {
	seq "$1" | tq-submit d --each --max-attempts 1 >/dev/null
	tq-work --on 'd=exit 65' --drain >/dev/null 2>&1 || true
}

# -- the store -----------------------------------------------------------------------

@test "all files of a store lie beside the database, by whatever link it is opened" {
	mkdir data srv
	ln -s ../data/tq.db srv/tq.db
	ln -s srv/tq.db chain
	ln -s "$PWD/chain" absolute
	echo hello >in
	id=$(TQ_STORE=sqlite:srv/tq.db tq-submit x --input in)
	TQ_STORE=sqlite:data/tq.db tq-work --on x=cat --drain
	for by in chain absolute data/tq.db srv/tq.db; do
		[ "$(TQ_STORE=sqlite:$by tq-status --result "$id")" = hello ]
	done
	[ "$(ls srv)" = tq.db ]
	[ "$(echo data/*)" = "data/tq.db data/tq.db-shm data/tq.db-wal data/tq.db.blobs data/tq.db.lock data/tq.db.wake" ]
}

@test "a store is on the network if what its path leads to is" {
	preload nfs
	mkdir nfs disk
	ln -s ../nfs/tq.db disk/far.db
	ln -s ../disk/tq.db nfs/near.db
	for by in nfs/tq.db disk/far.db; do
		TQ_STORE=sqlite:$by exits 78 "${PRELOAD[@]}" tq-submit x
		says "is on a network file system (NFS)"
	done
	[ -z "$(find nfs -type f)" ]
	TQ_STORE=sqlite:nfs/near.db exits 0 "${PRELOAD[@]}" tq-submit x
}

@test "a loop of links is refused, and no file is made" {
	ln -s b a
	ln -s a b
	TQ_STORE=sqlite:a exits 69 tq-submit x
	says "$PWD/a"
	[ "$(find . -type f -name 'a*' -o -type f -name 'b*' | wc -l)" -eq 0 ]
}

@test "a handler gets the store as an absolute path, from wherever it submits" {
	mkdir sub
	TQ_STORE=sqlite:rel.db tq-submit -q c t >/dev/null
	TQ_STORE="sqlite:rel.db?sync=normal" tq-work -q c --drain --on \
	    't=cd sub; tq-submit -q c u; echo "$TQ_STORE" >said'
	[ "$(cat sub/said)" = "sqlite:$PWD/rel.db?sync=normal" ]
	[ ! -e sub/rel.db ]
	[ "$(TQ_STORE=sqlite:rel.db tq-status --list -q c --type u --columns status)" = PENDING ]
}

@test "a relative path in a config file is seen from that file" {
	unset TQ_STORE
	mkdir -p .config/tq elsewhere
	echo 'store = sqlite:mine/tq.db' >.config/tq/config
	id=$(cd elsewhere && tq-submit x)
	tq-status "$id"
	[ -e .config/tq/mine/tq.db ]
}

# gone HOW: under a worker, a server, one who waits.
gone() {
	local pid
	rm -rf data moved
	mkdir data
	echo hello >in
	export TQ_STORE=sqlite:$PWD/data/tq.db
	tq-submit y --input in >id
	tq-work --on x=cat 2>work.err &
	started+=($!)
	tq-serve --listen "unix:$PWD/s" --insecure-no-auth 2>serve.err &
	started+=($!)
	tq-status --wait - <id 2>wait.err &
	started+=($!)
	wait_until 10 tq-work --once --on nothing=true
	wait_until 10 test -S s
	wait_until 10 eval 'tq-status --summary --json | grep -q .'
	wait_until 10 eval '[ "$(sqlite3 data/tq.db "select count(*) from worker")" -ge 1 ]'
	begin=$EPOCHREALTIME
	eval "$1"
	for pid in "${started[@]}"; do
		code=0
		wait "$pid" || code=$?
		[ "$code" -eq 69 ]
	done
	started=()
	grep -q "$2" work.err
	grep -q "$2" serve.err
	grep -q "$2" wait.err
	rm -f s
}

@test "a store that is moved away ends its worker, its server and its waiters with 69" {
	gone 'mv data/tq.db data/old.db' 'is not there any more'
}

@test "so does one that is replaced, emptied, or loses its blobs" {
	gone 'cp data/tq.db new; mv new data/tq.db' 'was replaced'
	gone ': >data/tq.db' 'was emptied'
	gone 'rm -rf data/tq.db.blobs' 'blobs: is not there any more'
}

@test "so does one whose folder gets another name" {
	gone 'mv data moved' 'is not there any more'
}

# How long after the store was moved its worker is gone, in ms; a busy machine
# adds its own, so that the shortest of some tries counts.
@test "that a store was moved is noticed within a second" {
	local _ begin pid ms best=100000
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		tq-submit x >/dev/null
		tq-work --on x=true 2>work.err 3>&- &
		pid=$!
		wait_until 20 eval '[ "$(tq-status --list --status COMPLETED | wc -l)" -ge 1 ]'
		begin=${EPOCHREALTIME/[.,]/}
		mv tq.db old.db
		wait "$pid" || true
		ms=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
		rm -rf old.db tq.db*
		((ms >= best)) || best=$ms
		((best > 1000)) || break
	done
	echo "$best ms"
	((best <= 1000))
}

@test "a database of another program is refused, and nothing is written there" {
	# Its application_id and user_version; 0 and 1 is what tq 0.1.0 wrote.
	for ids in 0-0 0-1 77-1 77-77; do
		for mode in delete wal; do
			mkdir "$mode$ids"
			cd "$mode$ids"
			sqlite3 f.db "PRAGMA journal_mode=$mode;
			    PRAGMA application_id=${ids%-*}; PRAGMA user_version=${ids#*-};
			    CREATE TABLE meta(schema); CREATE TABLE task(x)" >/dev/null
			sum=$(sha256sum f.db)
			export TQ_STORE=sqlite:f.db
			exits 78 tq-submit x
			says "another program"
			exits 78 tq-work --once --on x=cat
			exits 78 tq-status --list
			exits 78 tq-ctl init --migrate
			exits 78 tq-ctl doctor
			rm out err
			ls
			[ "$(ls)" = f.db ]
			[ "$(sha256sum f.db)" = "$sum" ]
			cd ..
		done
	done
}

# -- links that others put among the blobs ---------------------------------------------

# planted CMD...: the links of one who may write to the store's folder; CMD runs
# each tool, with openat2(2) or without.
planted() {
	rm -rf tq.db* secret private
	tq-ctl init >/dev/null
	mkdir private
	echo precious >secret
	cp secret private/file
	mkdir -p tq.db.blobs/default/evil tq.db.blobs/default/pre
	ln -s "$PWD/private" tq.db.blobs/default/evil/2
	ln -s "$PWD/private" tq.db.blobs/default/pre/x
	tq-submit --id evil x >/dev/null
	exits 0 "$@" tq-work --on 'x=echo said >&2' --drain
	[ "$(ls private)" = file ]
	# Its result is stored; only the log could not be kept.
	[ "$(tq-status --columns status evil)" = COMPLETED ]
	"$@" tq-submit --input blob:default/pre/x/file --id reads x >/dev/null 2>&1 || true
	"$@" tq-work --on x=cat --drain >/dev/null 2>&1 || true
	run tq-status --result reads
	[[ $output != *precious* ]]
	[ "$(cat secret private/file | sort -u)" = precious ]
}

@test "no link among the blobs makes a worker write or read elsewhere" {
	planted env
}

@test "nor where the kernel has no openat2" {
	preload no_openat2
	planted "${PRELOAD[@]}"
}

@test "nor does a link in the place of .lock, .wake or .blobs" {
	mkdir private
	for what in lock wake; do
		rm -rf tq.db*
		tq-ctl init >/dev/null
		rm "tq.db.$what"
		ln -s "$PWD/private/made" "tq.db.$what"
		exits 4 tq-submit x
		says "tq.db.$what"
	done
	[ -z "$(ls private)" ]
	rm -rf tq.db*
	tq-submit y >/dev/null
	ln -s "$PWD/private" tq.db.blobs
	[ "$(id -u)" -eq 0 ] || skip "only root can make a link that is another's"
	chown -h 12345 tq.db.blobs
	echo in >in
	exits 4 tq-submit x --input in
	[ -z "$(ls private)" ]
	# The owner of the store may have put them on another disk.
	chown -h 0 tq.db.blobs
	tq-submit x --input in
	[ "$(ls private)" = default ]
}

# -- outputs -------------------------------------------------------------------------

# done_with TEXT: a completed task whose result it is; sets id.
done_with() {
	id=$(tq-submit x --text "$1")
	tq-work --on x=cat --drain
}

@test "--result -o writes through a link that leads to no name, and leaves the link" {
	done_with hello
	ln -s /proc/self/fd/1 out1
	[ "$(tq-status --result -o out1 "$id" | cat)" = hello ]
	[ -L out1 ]
	[ "$(tq-status --result -o /dev/stdout "$id" | cat)" = hello ]
	ln -s not-yet dangling
	tq-status --result -o dangling "$id"
	[ -L dangling ] && [ "$(cat not-yet)" = hello ]
	mkfifo pipe
	ln -s pipe by-link
	cat pipe >"read" &
	tq-status --result -o by-link "$id"
	wait $!
	[ "$(cat read)" = hello ] && [ -p pipe ] && [ -L by-link ]
}

@test "--result -o /dev/stdout keeps what the shell has appended to" {
	done_with hello
	echo first >log
	tq-status --result -o /dev/stdout "$id" >>log
	[ "$(cat log)" = "$(printf 'first\nhello')" ]
}

@test "--result -o keeps the mode of a file that is there" {
	done_with hello
	install -m 0600 /dev/null secret
	install -m 0755 /dev/null program
	tq-status --result -o secret "$id"
	ln -s program link
	tq-status --result -o link "$id"
	[ "$(stat -c %a secret program | xargs)" = "600 755" ]
	[ -L link ] && [ "$(cat program)" = hello ]
}

@test "drain -o FIFO drains what its reader has taken, no more" {
	dead 2000
	mkfifo pipe
	head -2 pipe >taken &
	exits 74 tq-dlq drain --all -o pipe
	wait $!
	has_lines 2 taken
	left=$(tq-dlq list --json | wc -l)
	echo "left $left"
	[ "$left" -gt 0 ] && [ "$left" -le 1999 ]
	cat pipe >rest &
	tq-dlq drain --all -o pipe
	wait $!
	has_lines "$left" rest
	# As on stdout, they are marked and not removed.
	[ "$(tq-dlq list --drained --json | wc -l)" -eq 2000 ]
}

@test "drain -o FIFO without a reader ends at a signal, with nothing drained" {
	dead 3
	mkfifo pipe
	tq-dlq drain --all -o pipe &
	pid=$!
	wait_until 10 grep -q wait_for_partner "/proc/$pid/stack" "/proc/$pid/wchan" || true
	kill -TERM "$pid"
	code=0
	wait "$pid" || code=$?
	[ "$code" -ne 0 ]
	[ "$(tq-dlq list --json | wc -l)" -eq 3 ]
}

@test "drain -o through a link to stdout is drain to stdout" {
	dead 3
	ln -s /proc/self/fd/1 o
	[ "$(tq-dlq drain --all -o o | wc -l)" -eq 3 ]
	[ -L o ]
	[ "$(tq-dlq list --drained --json | wc -l)" -eq 3 ]
}
