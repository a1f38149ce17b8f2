#!/usr/bin/env bats
# tests/cli/manners.bats -- what a tool says and how it ends: nothing in silence.
# bats file_tags=sqlite

load helper

@test "whoever needs a stream that was closed says so: exit 74, whatever the tool" {
	exits 0 tq-submit --id a x
	for cmd in "tq-submit x" "tq-status a" "tq-status --list" "tq-ctl doctor" \
	    "tq-ctl --json rate default 1" "tq-status --help" "tq-ctl cancel a"; do
		rc=0
		# shellcheck disable=SC2086
		$cmd >&- 2>err || rc=$?
		[ $rc -eq 74 ] || { echo "$rc: $cmd"; return 1; }
		says stdout
	done
	# ... and who reads what is closed; who needs none of them does not care.
	rc=0
	tq-submit x --each <&- >out 2>err || rc=$?
	[ $rc -eq 74 ]
	tq-ctl pause default >&- 2>&- <&-
}

# The lines of --help's synopsis, each on a line of its own.
forms() {
	"$1" --help | sed '/^$/q' | sed 's/^usage: /       /' | awk '
	    /^       tq-/ { if (s) print s; s = "" }
	    { $1 = $1; s = s " " $0 } END { print s }'
}

@test "each option that a form in --help names is taken by that form" {
	export TQ_STORE=no-such:store
	for tool in tq-ctl tq-dlq tq-status tq-submit; do
		forms $tool >forms
		[ "$(wc -l <forms)" -gt 3 ]
		while read -r _ sub rest; do
			case $sub in
			--log*) sub=--log ;;
			'['*) rest="$sub $rest" sub= ;;
			esac
			for opt in $(echo "$rest" | grep -oE '(^|[^-a-zA-Z])--?[a-z][a-z-]*' | tr -d '[ {|'); do
				# No store can be opened; a word too much is refused in other words.
				"$tool" $sub $opt 1 </dev/null >out 2>err && continue
				! grep -E 'takes no --|do not go together|needs --list|unknown option' err || {
					echo "$tool $sub refuses $opt"
					return 1
				}
			done
		done <forms
	done
}

@test "an option that would do nothing is refused, and one from TQ_QUEUE is not" {
	tq-submit --id a x >/dev/null
	while IFS='|' read -r why cmd; do
		# shellcheck disable=SC2086
		exits 2 $cmd </dev/null
		says "$why"
	done <<-'END'
		hold takes no --label|tq-ctl hold --label k=v a
		pause takes no --queue|tq-ctl pause default -q other
		doctor takes no --status|tq-ctl doctor --status FAILED
		--queue goes with --emf|tq-ctl sweep -q other
		--queue is for cancel by a filter|tq-ctl cancel -q other a
		--queue is for purge by a filter|tq-ctl purge -q other a
		--print-policy and --migrate|tq-ctl init --print-policy --migrate
		--print-template and --shards|tq-ctl init --print-template --shards 2
		--queue needs --list|tq-status -q other a
		--why and --queue|tq-status --why -q other a
		show takes no --queue|tq-dlq show -q other a
		edit takes no --queue|tq-dlq edit -q other a 1
		no --queue beside them|tq-dlq redrive -q other a
		no --drained beside them|tq-dlq purge --drained a
		--replace-dead needs --key|tq-submit x --replace-dead
		--text is for a payload|tq-submit --text -- true
		--webhook-key is for the built-in http.post|tq-work --once --on x=true --webhook-key k
		--webhook-key is for the built-in http.post|tq-work --once --builtin --webhook-key k
		--image-memory is for the built-in image.grayscale|tq-work --once --on x=true --image-memory 1G
		--image-memory is for the built-in image.grayscale|tq-work --once --on image.grayscale=cat --image-memory 1G
		type x has two limits|tq-work --once --on x=true --max-running x=1 --max-running x=2
		no handler for "y"|tq-work --once --on x=true --max-running y=1
		--trust-proxy|tq-serve --lambda --trust-proxy unix
	END
	export TQ_QUEUE=other
	status_is a PENDING
	exits 0 tq-ctl hold a
	exits 0 tq-status --why a
	exits 0 tq-dlq show a
	exits 0 tq-ctl cancel a
}

@test "a worker says the death by lost lease that it records, and exits 0" {
	id=$(tq-submit x --max-attempts 1)
	tq-work --on 'x=touch begun; sleep 60' --lease 2s 3>&- &
	pid=$!
	wait_until 10 test -e begun
	kill_worker "$pid"
	exits 0 tq-work --on x=true --drain=all
	says "event=dead taskId=$id"
	status_is "$id" FAILED
}

# bats test_tags=long
@test "--drain and --once end within seconds when the disk is full, with 74" {
	tq-submit x >/dev/null
	(ulimit -f 40; exits 74 timeout 60 tq-work --on x=true --once)
	says 'tq.db'
}

# Another process has the store's lock, and keeps it.
hold_store() {
	flock -x tq.db.lock sleep 600 3>&- &
	started+=($!)
	wait_until 10 eval '! flock -n tq.db.lock true'
}

@test "a worker that is told to end while the store is silent ends well, with nothing to say" {
	tq-submit x >/dev/null
	hold_store
	tq-work --on x=true 2>err 3>&- &
	pid=$!
	started+=("$pid")
	wait_until 10 grep -qE -- "-> FLOCK .* $pid " /proc/locks
	kill -TERM "$pid"
	wait "$pid"
	[ ! -s err ]
}

# bats test_tags=long
@test "--drain and --once end within seconds when the store is silent, with 69" {
	tq-submit x >/dev/null
	hold_store
	for how in --once --drain; do
		begin=$SECONDS
		exits 69 timeout 300 tq-work --on x=true $how
		says 'another process keeps its lock'
		has_lines 1 err
		# 8 seconds, and what a busy machine adds.
		[ $((SECONDS - begin)) -lt 60 ]
	done
	# A worker that stays waits, until it is told to end.
	tq-work --on x=true 2>err 3>&- &
	pid=$!
	started+=("$pid")
	wait_until 10 eval "grep -q ' WRITE $pid .*' <(grep -e '->' /proc/locks)"
	kill -TERM "$pid"
	rc=0
	wait "$pid" || rc=$?
	[ "$rc" -eq 69 ]
}

@test "^C while a FIFO has no other end is exit 130, whatever the tool" {
	mkfifo ff
	tq-submit --id a x >/dev/null
	tq-work --on x=cat --once --quiet
	for cmd in 'tq-submit x @ff' 'tq-submit x --input ff' 'tq-ctl backup ff' \
	    'tq-ctl restore ff' 'tq-dlq drain --all -o ff' 'tq-status --result -o ff a'; do
		env --default-signal=INT $cmd >out 2>err 3>&- &
		pid=$!
		wait_until 10 eval "grep -q wait_for_partner /proc/$pid/wchan || kill -INT $pid"
		rc=0
		wait_until 10 eval "kill -INT $pid; has_ended $pid"
		wait "$pid" || rc=$?
		[ "$rc" -eq 130 ] || {
			echo "$cmd: $rc"
			cat err
			return 1
		}
	done
}

@test "no tool is deaf to ^C behind a writer that keeps the store's lock" {
	tq-submit --id t x >/dev/null
	hold_store
	for cmd in 'tq-submit x' 'tq-ctl cancel t' 'tq-ctl pause default' 'tq-ctl hold t' \
	    'tq-ctl sweep'; do
		# A command that a shell starts with & ignores ^C, but for this.
		env --default-signal=INT $cmd >out 2>err 3>&- &
		pid=$!
		wait_until 10 eval "grep -e '->' /proc/locks | grep -q ' WRITE $pid '"
		rc=0
		# The first second belongs to a turn that takes its time.
		wait_until 10 eval "kill -INT $pid; has_ended $pid"
		wait "$pid" || rc=$?
		[ "$rc" -eq 130 ] || {
			echo "$cmd: $rc"
			return 1
		}
	done
	status_is t PENDING
}

@test "out of memory is one line, and 70" {
	head -c 8000000 /dev/zero | tr '\0' x >big
	id=$(tq-submit --text t - <big)
	for kib in 10000 18000; do
		(ulimit -v $kib; exits 70 tq-submit --text t - <big)
		grep -q 'out of memory' err
		has_lines 1 err
		(ulimit -v $kib; exits 70 tq-status --json "$id")
		has_lines 1 err
	done
	# A thread without room for its stack is out of memory, too.
	(ulimit -v 16000; exits 70 tq-work --once --on text=cat)
	grep -q 'out of memory' err
	has_lines 1 err
	status_is "$id" PENDING
}

@test "a submit whose sync failed says that it may be stored, and how to go on" {
	preload bad_sync
	tq-submit x >/dev/null
	touch bad
	BAD_SYNC=$PWD/bad exits 74 "${PRELOAD[@]}" tq-submit x
	says 'may be stored all the same'
	says '--key'
	# Any other write does, too.
	BAD_SYNC=$PWD/bad exits 74 "${PRELOAD[@]}" tq-ctl pause default
	says 'may be stored all the same'
}

@test "--handlers says nothing of a README and of *.md" {
	mkdir h
	echo words | tee h/README h/README.txt h/notes.md >h/plain
	printf '#!/bin/sh\n' >h/x
	chmod +x h/x
	tq-submit x >/dev/null
	exits 0 tq-work --handlers h --drain
	says 'plain: passed over'
	! grep -q 'README\|notes' err
}

@test "ids may be quoted and stand in a list, a byte order mark is passed over" {
	a=$(tq-submit x)
	b=$(tq-submit x)
	printf '\xef\xbb\xbf"%s",\r\n"%s"\n' "$a" "$b" | tq-status --columns taskId - >got
	printf '%s\n' "$a" "$b" | diff - got
	printf '\xef\xbb\xbf{"type":"x"}\n' | tq-submit --batch >ids
	has_lines 1 ids
	# JSON over many lines gets a hint.
	tq-status --json "$a" | sed 's/,/,\n/' >pretty
	exits 65 tq-status - <pretty
	says 'jq -c'
}

@test "a long option that is cut short is noted off a terminal" {
	exits 0 tq-submit --quie x
	says '--quie is short for --quiet'
	exits 0 tq-submit --quiet x
	[ ! -s err ]
}

@test "who waits for many sees on a terminal how many have ended, tq-submit too" {
	a=$(tq-submit t)
	tq-work --on t=true --drain --quiet
	b=$(tq-submit u)
	on_terminal "tq-status --wait --timeout 0.1s $a $b" || true
	grep -aF "$a"$'\tCOMPLETED' out
	grep -aF '] 1/2 ended' out
	# The bar does not run into what is printed or said beside it.
	grep -aF $'\r\033[Ktq-status: timed out' out
	tq-ctl cancel "$b" >/dev/null
	on_terminal "tq-status --wait $a $b" || true
	grep -aF '] 2/2 ended'$'\r' out
	on_terminal "seq 2 | tq-submit --each --wait=0.1s v" || true
	grep -aF '] 0/2 ended' out
	# Off a terminal, and of one task, there is none.
	exits 6 tq-status --wait "$a" "$b"
	[ "$(grep -c ended err)" -eq 0 ]
	on_terminal "tq-status --wait $a"
	! grep -aF ended out
}

# works TEXT CMD: on a terminal, while the store lets it wait for over a second:
# the bar comes, and goes again.
works() {
	local all inode
	inode=$(stat -c %i tq.db.lock)
	# shellcheck disable=SC2016
	flock tq.db.lock sh -c 'touch held
	until grep -q -e "-> FLOCK.*:$1 " /proc/locks; do sleep 0.02; done
	sleep 1.2' - "$inode" 3>&- &
	wait_until 10 test -e held
	rm held
	on_terminal "$2" >/dev/null
	all=$(<out)
	[[ $all == *"$1"* ]] || { cat -v out; return 1; }
	# The text behind the last one erases it.
	[[ ${all##*"$1"} == $'\r\e[K'* ]]
	wait
}

# bats test_tags=sqlite,long
@test "long work shows on a terminal how far it is, and leaves nothing" {
	tq-ctl init >/dev/null
	works ' submitted' 'seq 2500 | tq-submit --each t >ids'
	works '0 cancelled' 'tq-ctl cancel --all --yes >cancelled'
	works '0 redriven' 'tq-dlq redrive --status CANCELLED --yes >redriven'
	seq 600 | tq-submit --each old >old
	works '0 edited' 'tq-ctl edit --prio 3 - <old >edited'
	works '0 held' 'tq-ctl hold - <old >held.ids'
	works '0 cancelled' 'tq-ctl cancel - <old >cancelled'
	exits 0 tq-ctl cancel - <old	# off a terminal there is no word of it
	[ ! -s err ]
	works '0 purged' 'tq-ctl purge - <old >purged'
	seq 20 | tq-submit --max-attempts 1 --each bad >/dev/null
	exits 1 tq-work --quiet --on bad=false -j 8 --drain
	works '20 drained' 'tq-dlq drain --all -o drained'
	seq 20 | tq-submit --each off >/dev/null
	tq-ctl cancel --type off >/dev/null
	works '] 20/20 purged' 'tq-ctl purge --type off >purged'
	[ "$(grep -c . purged)" -eq 20 ]
	[ "$(sort -u ids | wc -l)" -eq 2500 ]
	exits 0 tq-submit --each t < <(seq 2500)
	[ ! -s err ]
	tq-ctl init --store "sqlite:$PWD/to.db" >/dev/null
	works '0 moved' "tq-ctl mv $TQ_STORE sqlite:to.db >moved"
	rm -r tq.db*
	sqlite3 tq.db <"$BATS_TEST_DIRNAME/../fixtures/schema1.sql" >/dev/null
	sqlite3 tq.db "PRAGMA user_version=1"
	touch tq.db.lock
	works 'migrating, 1s' 'tq-ctl init --migrate'
}

@test "TERM=dumb gets no escapes" {
	tq-submit x >/dev/null
	TERM=dumb script -qec 'tq-work --on x=true --drain; tq-status --list; tq-status --summary' \
	    /dev/null </dev/null >out
	grep -q COMPLETED out
	! grep -q $'\033' out
}

@test "README's and the guide's crontabs work under Debian's cron" {
	local line file root=$BATS_TEST_DIRNAME/../..
	mkdir handlers
	for file in README.md docs/deploy.md; do
		# As crontab(5) has it: little in the environment, % is special.
		vars=(PATH=/usr/bin:/bin SHELL=/bin/sh "HOME=$PWD" LOGNAME=me)
		sed -nE 's/^    (PATH=.*|[*].*)/\1/p' "$root/$file" >tab
		grep -q '^PATH=/usr/local/bin:' tab
		while read -r line; do
			case $line in
			PATH=*) vars+=("PATH=$TQ_BUILD:${line#PATH=}") ;;
			*%*) false ;;
			*) read -r _ _ _ _ _ cmd <<<"$line"
			   env -i "${vars[@]}" /bin/sh -c "$cmd" >out 2>&1
			   [ ! -s out ] ;;
			esac
		done <tab
	done
}
