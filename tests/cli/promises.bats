#!/usr/bin/env bats
# The README's promises of the whole, with real processes and a real disk.

load helper

mounted=
teardown() {
	[ -z "$mounted" ] || umount "$mounted"
	kill "${started[@]}" 2>/dev/null || true
	wait
}

# Everything that several processes said on stderr; "locked" must not be there.
nobody_was_locked_out() {
	run ! grep -rl "locked" ./*.err
}

@test "ten producers and four workers at once: each task once, fair shares" {
	cat >handler <<-'S'
		#!/bin/sh
		echo "$TQ_TASK_ID" >>"$LEDGER/$WHO"
	S
	chmod +x handler
	mkdir ledger
	export LEDGER=$PWD/ledger
	for w in 1 2 3 4; do
		WHO=$w tq-work -j1 --on "once=$PWD/handler" 2>w$w.err &
		started+=($!)
	done
	# A fair share of a round is 100; a machine may let one fall behind in
	# a round, but the others do not keep everything from it.
	shared() {
		[ "$(wc -l ledger/[1-4] 2>/dev/null |
		    awk '$1 >= 50 { n++ } END { print n }')" = 5 ]
	}
	for round in 1 2 3 4 5; do
		for p in 1 2 3 4 5 6 7 8 9 10; do
			seq 40 | tq-submit once --each=json >>p$p.ids 2>>p$p.err &
			producers[p]=$!
		done
		for p in "${producers[@]}"; do wait "$p"; done
		cat p*.ids | exits 0 tq-status --wait --timeout 300s -
		shared && break
	done
	shared
	[ "$(cat p*.ids | sort -u | wc -l)" -eq $((round * 400)) ]
	[ "$(cat ledger/* | wc -l)" -eq $((round * 400)) ]
	[ "$(cat ledger/* | sort -u | wc -l)" -eq $((round * 400)) ]
	nobody_was_locked_out
}

@test "in-process work is shared too, and done once" {
	yes '{"type":"simulate","payload":{"seconds":0,"failure_rate":0}}' | head -6000 | tq-submit --batch >ids
	for w in 1 2; do
		tq-work --drain -j1 2>w$w.err &
		workers[w]=$!
	done
	for w in "${workers[@]}"; do wait "$w"; done
	[ "$(tq-status --list --columns status --limit 10000 | sort | uniq -c | awk '{print $1,$2}')" = "6000 COMPLETED" ]
	[ "$(tq-status --list --columns attempts --limit 10000 | sort -u)" = 1 ]
	nobody_was_locked_out
}

@test "a FAILURE_RATE that is none is refused at the start, with 78" {
	for rate in 30% 1.5 -1 nan; do
		FAILURE_RATE=$rate exits 78 tq-work --drain
	done
	FAILURE_RATE=.5 tq-work --drain
	FAILURE_RATE=x tq-work --on a=true --drain
}

@test "a NUL in a JSON text is a character" {
	id=$(tq-submit text.transform '{"text":"a\u0000b c"}')
	tq-work --drain
	[ "$(tq-status --result "$id")" = '{"originalLength":5,"upper":"A\u0000B C","wordCount":2}' ]
}

@test "the seed: failure_rate 1 makes three starts with growing delays, then a dead task" {
	id=$(tq-submit simulate '{"seconds":0,"failure_rate":1}' --backoff 1m,1h)
	# A worker an attempt, a look at the record after each, and no wait.
	for rc in 0 0 1; do
		exits "$rc" tq-work --drain --max-tasks 1
		tq-status --json "$id" >>records
		[ "$rc" -eq 1 ] || tq-ctl edit --delay 0s "$id"
	done
	[ "$(tq-status --columns status,attempts "$id")" = "FAILED	3" ]
	[ "$(tq-dlq list --json | grep -c "\"taskId\":\"$id\"")" -eq 1 ]
	tq-dlq list --json | grep -q '"attempts":3,"maxAttempts":3,"failureReason":"[^"]'
	# Delay N is within the step that ends at a minute * 2^(N-1).
	grep '"RETRYING"' records | sed 's/.*"attempts":\([0-9]*\).*"updatedAt":"\([^"]*\)".*"notBefore":"\([^"]*\)".*/\1 \2 \3/' |
	    while read -r n at due; do
		echo "$n $(($(date -d "$due" +%s%3N) - $(date -d "$at" +%s%3N)))"
	done >delays
	[ "$(wc -l <delays)" -eq 2 ]
	awk '{ top = 60000 * 2 ^ ($1 - 1); low = $1 == 1 ? 0 : top / 2;
	    if ($2 < low - 2 || $2 > top + 2) { print "attempt " $1 ": " $2 " ms"; exit 1 } }' delays
}

@test "an idle worker does not touch the database" {
	tq-submit simulate '{"seconds":0,"failure_rate":0}' >/dev/null
	tq-work -j1 2>w.err &
	pid=$!
	started+=("$pid")
	wait_until 10 eval '[ "$(tq-status --list --columns status)" = COMPLETED ]'
	# Once it has settled it makes no system calls.
	reads() { awk '/^syscr/ { print $2 }' /proc/$pid/io; }
	quiet() {
		local before
		before=$(reads)
		sleep 2
		[ $(($(reads) - before)) -le 4 ]
	}
	wait_until 10 quiet
	# And yet it starts a task.
	id=$(tq-submit simulate '{"seconds":0,"failure_rate":0}')
	wait_until 10 status_is "$id" COMPLETED
}

traced() {
	command -v strace >/dev/null || skip "needs strace"
	strace -f -e trace=none -o /dev/null true 2>err || skip "$(tail -1 err)"
}

# The files synced while "$@" runs: a name on a line, without their folder.
synced() {
	strace -f -qq -y -e trace=fsync,fdatasync -o trace "$@" >/dev/null
	sed -nE "s:.*sync\\([0-9]+<$PWD/?([^>]*)>.*:\\1:p" trace
}

# bats test_tags=sqlite
@test "a submit syncs the log, and its name when that may be new" {
	traced
	tq-submit x
	[ "$(synced tq-submit x)" = tq.db-wal ]
	# Another program is the last to close it, and removes it.
	sqlite3 tq.db 'PRAGMA application_id' >/dev/null
	[ ! -e tq.db-wal ]
	# Its header; the folder; the commit.
	[ "$(synced tq-submit x)" = $'tq.db-wal\n\ntq.db-wal' ]
	# A maker that was killed before that leaves an empty file.
	sqlite3 tq.db 'PRAGMA application_id' >/dev/null
	touch tq.db-wal
	[ "$(synced tq-submit x)" = $'tq.db-wal\n\ntq.db-wal' ]
	[ "$(synced tq-submit x)" = tq.db-wal ]
}

# bats test_tags=sqlite
@test "a submit of a few tasks starts no thread" {
	traced
	threads() {
		strace -f -qq -e trace=clone,clone3 -o trace tq-submit "$@" >/dev/null
		grep -c 'clone' trace || true
	}
	[ "$(threads x)" = 0 ]
	[ "$(seq 100 | threads x --each)" = 0 ]
	[ "$(seq 10000 | threads x --each)" = 1 ]
}

# bats test_tags=sqlite
@test "the log is used again: it stays as long, and little of it is read" {
	traced
	for n in 1 2 3 4; do
		yes '{"type":"x"}' | head -5000 | tq-submit --batch >/dev/null
		stat -c %s tq.db-wal >>sizes
		strace -qq -y -e trace=pread64 -o trace tq-status --summary
		grep -c 'tq.db-wal' trace >>reads
		# A copy is whole, though most of its log is of earlier rounds.
		mkdir copy$n
		cp tq.db tq.db-wal copy$n
		[ "$(sqlite3 copy$n/tq.db 'PRAGMA integrity_check;
		    SELECT count(*) FROM task')" = $'ok\n'$((n * 5000)) ]
	done
	[ "$(sort -n reads | tail -1)" -le 10 ]
	[ "$(head -1 sizes)" -ge 100000 ]
	[ "$(tail -1 sizes)" -le $(($(head -1 sizes) * 2)) ]
}

# bats test_tags=sqlite
@test "tasks are looked up in one read transaction, wherever they are" {
	traced
	# 124 to 127: a reader's lock, in which the log can't begin anew.
	locks() {
		strace -qq -e trace=fcntl -o trace tq-status "$@" >/dev/null
		grep -c 'F_RDLCK.*l_start=12[3-7]' trace
	}
	ended=$(tq-submit x)
	tq-ctl cancel "$ended"
	waits=$(tq-submit x)
	one=$(locks "$ended")
	[ "$one" -ge 1 ]
	# Looked for in each table, and beside others.
	[ "$(locks "$waits")" = "$one" ]
	[ "$(locks "$waits" "$ended" "$(tq-submit x)")" = "$one" ]
	[ "$(locks --list)" = "$one" ]
	# Counts, and what is paused.
	[ "$(locks --summary)" -le $((one + 2)) ]
}

@test "kill -9 of submitters: every printed id is there" {
	yes '{"type":"x","payload":{"n":1}}' | head -200000 >many || true
	for i in 1 2 3 4 5 6 7 8; do
		tq-submit --batch many >ids.$i &
		pid=$!
		wait_until 10 test -s ids.$i
		kill -9 $pid
		wait $pid || true
	done
	# The last line may have been cut by the kill.
	for i in 1 2 3 4 5 6 7 8; do sed '$d' ids.$i; done >ids
	[ "$(wc -l <ids)" -gt 1000 ]
	shuf -n 2000 ids | tq-status --columns taskId - >found
	[ "$(wc -l <found)" -eq "$(shuf -n 2000 ids | wc -l)" ]
	tq-ctl doctor | grep -q "structure is sound"
	tq-ctl doctor | grep -q "counts: agree"
}

@test "a full disk: one clear line, what was acknowledged is there" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, for a small file system"
	mkdir small
	mount -t tmpfs -o size=2m tmpfs small 2>/dev/null || skip "can't mount"
	mounted=$PWD/small
	export TQ_STORE=sqlite:$PWD/small/tq.db
	rc=0
	yes '{"type":"x","payload":"0123456789012345678901234567890123456789"}' |
	    head -100000 | tq-submit --batch >ids 2>err || rc=$?
	cat err
	[ "$rc" -eq 74 ]
	says "no space left"
	# What did not fit was not stored, and that is known.
	! grep -q 'may be stored' err
	[ "$(tq-status --list --limit 100000 --columns taskId | sort | comm -13 - <(sort ids) | wc -l)" -eq 0 ]
}

@test "a store on a read-only file system can be read, and the doctor says what it is" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, for a file system"
	mkdir small
	mount -t tmpfs -o size=2m tmpfs small 2>/dev/null || skip "can't mount"
	mounted=$PWD/small
	export TQ_STORE=sqlite:$PWD/small/tq.db
	id=$(tq-submit x)
	mount -o remount,ro small
	status_is "$id" PENDING
	exits 4 tq-submit x
	says 'Read-only file system'
	exits 1 tq-ctl doctor
	grep -q '^WARN  disk: its file system is read-only; remedy: mount it' out
}

@test "a store of a newer schema is refused, by readers and writers" {
	tq-submit x >/dev/null
	sqlite3 tq.db "UPDATE meta SET min_writer=99"
	exits 78 tq-submit x
	says "newer tq"
	exits 0 tq-status --list
	sqlite3 tq.db "UPDATE meta SET min_reader=99"
	exits 78 tq-status --list
	says "newer tq"
	# Nor can one be read whose tables have other columns.
	sqlite3 tq.db "PRAGMA user_version=99;
	    ALTER TABLE meta RENAME owed TO owes"
	for cmd in "tq-status --list" "tq-submit x" "tq-work --once --on x=cat" \
	    "tq-ctl init --migrate"; do
		exits 78 $cmd
		says "newer tq (schema 99"
	done
}

# fields CMD...: the fields of its first line, a "|" between them.
fields() {
	"$@" >fields.out
	head -1 fields.out | tr '\t' '|'
}

@test "a script finds each field of a line where it was, whatever comes behind" {
	tq-submit --id a --max-attempts 1 t >/dev/null
	tq-work --drain --quiet --on 't=echo no >&2; exit 1' || true
	tq-submit --id b u >/dev/null
	# A field more is behind these: cut -f1-10 and the like see no difference.
	row=$(tq-status --json a | jq -r '[.taskId, .status, .type, .queue, .attempts,
	    .maxAttempts, .createdAt, .updatedAt, .worker, .failureReason] | join("|")')
	for cmd in 'tq-status a' 'tq-status --list --status FAILED'; do
		[[ $(fields $cmd)"|" == "$row|"* ]]
	done
	row=$(tq-status --json --summary | jq -r 'select(.type == "u") | [.queue, .type,
	    .waiting, .running, .retrying, .completed, .failed, .cancelled] | join("|")')
	[[ $(tq-status --summary | grep -P '\tu\t' | tr '\t' '|') == "$row|"*"|0|"* ]]
	row=$(tq-status --json a | jq -r '[.taskId, .queue, .type, .attempts,
	    .finishedAt, .error.stage] | join("|")')
	[[ $(fields tq-dlq list)"|" == "$row|"*"|" ]]
	row=$(tq-dlq top --json | jq -r '[.count, .type, .newest, .taskId, .error] | join("|")')
	[[ $(fields tq-dlq top)"|" == "$row|"* ]]
	[[ $(fields tq-status --history a)"|" == 1\|*T*Z\|*\|*:*\|failed\ *\|*no\| ]]
	[[ $(fields tq-status --why b a) == b\|* ]]
	[[ $(tq-status --wait a | tr '\t' '|')"|" == "a|FAILED|"* ]]
	[[ $(fields tq-ctl hold b)"|" == "b|PENDING|"* ]]
	[[ $(fields tq-ctl cancel b)"|" == "b|CANCELLED|"* ]]
}

# members WANTED CMD...: the first object that it prints has at least these.
members() {
	local m want=$1
	shift
	"$@" >members.out
	for m in $want; do
		head -1 members.out | jq -e "has(\"$m\")" >/dev/null || {
			echo "no $m of $*:"
			head -1 members.out
			return 1
		}
	done
}

# The record's own are counted by tests/unit/test_task_json.c, those of tq-serve
# by tests/long/contract.
@test "each letter means what it meant in 0.1.0, and new options have none" {
	while read -r tool rest; do
		"$tool" --help | sed -nE 's/^ +-(.), --([a-z-]+).*/\1 \2/p' |
		    grep -vE ' (help|version|verbose|quiet|store|json)$' |
		    sort >has
		[ -z "$(tr ' ' '\n' <<<"$rest" | sed 's/=/ /' | sort |
		    comm -3 - has)" ] || {
			echo "$tool has other letters now:"
			cat has
			return 1
		}
	done <<-'END'
		tq-submit q=queue i=input 0=null k=key p=prio l=label n=dry-run w=wait C=chdir
		tq-status l=list s=summary f=follow w=watch r=result S=status t=type n=limit q=queue c=columns o=output
		tq-work q=queue j=jobs
		tq-serve l=listen
		tq-dlq q=queue t=type e=error a=all m=max n=dry-run y=yes o=output f=follow
		tq-ctl q=queue n=dry-run
	END
}

@test "a script finds each member of an object that a version has printed" {
	tq-submit --id a --max-attempts 2 --backoff 0 t >/dev/null
	tq-work --drain=all --quiet --on 't=echo no >&2; exit 1' || true
	tq-ctl pause default --why x >/dev/null
	tq-ctl limit default t=2 >/dev/null
	tq-ctl rate default 3/h >/dev/null
	members 'queue type waiting running retrying completed failed cancelled oldestMs
	    workers paused pause limit rate' tq-status --json --summary
	members 'count type error newest taskId' tq-dlq top --json
	members 'n how worker start end stage code message' tq-status --json --history a
	members 'queue paused reason rate rateText limits' tq-ctl rate default --json
	members 'taskId status queue type attempts failureReason error' tq-dlq list --json
}

@test "a file that is no store, a folder, a missing one: each its line" {
	echo "these are words, not a database, and there are enough of them" >words.db
	exits 74 tq-status --store "sqlite:$PWD/words.db" --list
	says "words.db: is not a tq store"
	exits 78 tq-status --store "sqlite:$PWD" --list
	says "not a regular file"
	exits 69 tq-status --store "sqlite:$PWD/none.db" --list
	says "none.db: no such store"
	[ ! -e none.db ]
	exits 78 tq-status --store "redis:x" --list
	says "must start with sqlite: or aws:"
}

@test "another user may read a store of mode 0644, and is told what needs more" {
	other=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	"${other[@]}" true 2>/dev/null || skip "only root can be another user"
	chmod o+x . .. "$BATS_RUN_TMPDIR"
	export TQ_STORE="sqlite:$PWD/shared/tq.db?mode=0644"
	mkdir -m 755 shared
	tq-submit x >id
	cp "$TQ_BUILD/tq-status" . && chmod 755 tq-status
	rc=0
	"${other[@]}" ./tq-status --list >out 2>err || rc=$?
	[ "$rc" -eq 0 ] && grep -q PENDING out || [ "$rc" -eq 4 ]
	rc=0
	"${other[@]}" ./tq-status --follow >out 2>err || rc=$?
	[ "$rc" -eq 4 ]
}

@test "a one-shot tool loads no libcurl and no libcrypto, the busiest no SQLite" {
	for t in tq-submit tq-status tq-work tq-dlq tq-ctl; do
		ldd "$TQ_BUILD/$t" >linked
		run ! grep -E 'libcurl|libcrypto|libssl' linked
	done
	for t in tq-submit tq-work tq-serve; do
		ldd "$TQ_BUILD/$t" >linked
		run ! grep libsqlite3 linked
	done
	LD_DEBUG=libs tq-submit x 2>libs >/dev/null
	grep -q 'init: .*libcjson' libs
	run ! grep -E 'init: .*(libcurl|libcrypto|libsqlite3)' libs
}

@test "make install puts everything where a package would" {
	make -s -C "$(dirname "$BATS_TEST_FILENAME")/../.." install BUILD="$TQ_BUILD" \
	    DESTDIR="$PWD/root" PREFIX=/usr
	for t in tq-submit tq-status tq-work tq-dlq tq-ctl; do
		[ -x "root/usr/bin/$t" ]
		[ -s "root/usr/share/man/man1/$t.1" ]
		[ -s "root/usr/share/bash-completion/completions/$t" ]
		"root/usr/bin/$t" --version | grep -q "^$t (tq) "
	done
	[ -s root/usr/share/man/man7/tq.7 ]
	# An installed worker finds its module.
	TQ_STORE=sqlite:$PWD/i.db tq-submit image.grayscale --input http://127.0.0.1:9/x.jpg >/dev/null
	TQ_STORE=sqlite:$PWD/i.db root/usr/bin/tq-work --drain 2>err || true
	says "127.0.0.1"
}
