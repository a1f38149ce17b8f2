#!/usr/bin/env bats
# tests/cli/backup.bats -- tq-ctl backup and restore.
# bats file_tags=sqlite

load helper

restored() { TQ_STORE=sqlite:$PWD/new/tq.db "$@"; }

# Archives that no backup would make, each from "good.tar": FILE of what is
# wrong in hostile/.
make_hostile() {
	mkdir hostile
	python3 - <<-'END'
	import copy, hashlib, io, json, os, sqlite3, tarfile
	good = []
	with tarfile.open('good.tar') as t:
	    good = [(m, t.extractfile(m).read()) for m in t]
	def end(entries):
	    sum = hashlib.sha256()
	    for m, data in entries:
	        sum.update(m.name.encode() + b'\0' + data)
	    data = json.dumps({'entries': len(entries), 'sha256': sum.hexdigest()}).encode()
	    m = copy.copy(good[-1][0])
	    m.size = len(data)
	    return m, data
	# With the digest of what is in it, so that it is not refused for that.
	def write(name, entries, sealed=True):
	    if sealed and entries[-1] == good[-1]:
	        entries = entries[:-1] + [end(entries[1:-1])]
	    with tarfile.open('hostile/' + name, 'w') as t:
	        for m, data in entries:
	            t.addfile(m, io.BytesIO(data))
	def renamed(m, name, kind=tarfile.REGTYPE, link=''):
	    m = copy.copy(m)
	    m.name, m.type, m.linkname, m.pax_headers = name, kind, link, {}
	    return m
	def blob(name, **kw):
	    m, data = good[2]
	    m = renamed(m, name, **kw)
	    return [good[0], good[1], (m, data)] + good[3:]
	write('up', blob('blobs/../../../escaped'))
	write('up2', blob('blobs/q/../../escaped'))
	write('absolute', blob('/tmp/escaped'))
	write('bare', blob('escaped'))
	write('shallow', blob('blobs/escaped'))
	write('hidden', blob('blobs/q/t/.escaped'))
	write('database', blob('tq.db'))
	write('symlink', blob('blobs/q/t/x', kind=tarfile.SYMTYPE, link='/etc/passwd'))
	write('hardlink', blob('blobs/q/t/x', kind=tarfile.LNKTYPE, link='tq.db'))
	write('device', blob('blobs/q/t/x', kind=tarfile.CHRTYPE))
	write('folder', blob('blobs/q/t/x', kind=tarfile.DIRTYPE))
	write('twice', good[:3] + good[2:])
	write('order', [good[1], good[0]] + good[2:])
	write('headless', good[1:])
	write('endless', good[:-1])
	write('behind', good + [good[2]])
	write('lacks', good[:2] + good[3:], sealed=False)
	m, data = good[2]
	write('flipped', good[:2] + [(m, b'x' + data[1:])] + good[3:], sealed=False)
	huge = copy.copy(good[0][0])
	huge.size = 1 << 20
	write('long', [(huge, b' ' * huge.size)] + good[1:])
	def database(name, sql):
	    open('x.db', 'wb').write(good[1][1])
	    db = sqlite3.connect('x.db')
	    db.executescript(sql)
	    db.commit(); db.close()
	    data = open('x.db', 'rb').read()
	    os.unlink('x.db')
	    m = copy.copy(good[1][0])
	    m.size = len(data)
	    write(name, [good[0], (m, data)] + good[2:])
	database('db-trigger',
	    'CREATE TRIGGER t AFTER UPDATE ON meta BEGIN DELETE FROM task; END')
	database('db-view', 'CREATE VIEW v AS SELECT 1')
	database('db-virtual', 'CREATE VIRTUAL TABLE v USING fts5(a)')
	database('db-foreign', 'PRAGMA application_id=7')
	database('db-hidden', 'PRAGMA writable_schema=1; INSERT INTO sqlite_master '
	    "VALUES('table', 't', 't', 0, 'CREATE/**/VIRTUAL TABLE t USING fts5(a)')")
	write('../sealed.tar', good)
	raw = open('good.tar', 'rb').read()
	open('hostile/cut', 'wb').write(raw[:60000])
	open('hostile/empty', 'wb').write(b'')
	open('hostile/text', 'wb').write(b'no archive\n' * 1000)
	END
}

@test "a store is as it was, with its blobs, and each of its queues is paused" {
	head -c 300000 /dev/urandom >in.bin
	tq-submit --id a --input in.bin --label k=v x '{"n":1}' >/dev/null
	tq-submit --id b --after a y >/dev/null
	tq-submit --id c -q mail z >/dev/null
	tq-submit --id "done" ok 5 >/dev/null
	exits 0 tq-work --on ok=cat --drain=all
	tq-ctl pause mail --why 'smtp is down' 2>/dev/null
	exits 0 tq-ctl backup all.tar
	says '4 tasks, 1 blob,'
	[ "$(stat -c %a all.tar)" = 600 ]
	[ "$(find . -mindepth 1 -maxdepth 1 ! -name 'tq.db*' -printf '%f\n' | sort |
	    tr '\n' ' ')" = 'all.tar err in.bin out ' ]

	tq-ctl backup - | restored tq-ctl restore - 2>err
	says '4 tasks, 1 blob,'
	diff <(tq-status --list --json) <(restored tq-status --list --json)
	restored tq-ctl doctor >out || [ "$?" -eq 1 ]
	run ! grep FAIL out
	restored tq-status --summary | grep '^default' | grep -q 'paused (restored from 20'
	restored tq-status --summary | grep '^mail' |
	    grep -q 'paused (restored from .*; before: smtp is down)'
	restored tq-ctl resume default 2>/dev/null
	restored exits 0 tq-work --on 'x=cat "$TQ_INPUT" >"$TQ_OUTPUT"' --on y=true --drain=all
	restored tq-status --result a | cmp - in.bin
}

@test "what ran when the backup was taken is run again" {
	tq-submit --id slow x >/dev/null
	tq-work --on 'x=sleep 60' 2>/dev/null &
	started+=($!)
	wait_until 10 status_is slow RUNNING
	exits 0 tq-ctl backup all.tar
	restored exits 0 tq-ctl restore all.tar
	restored tq-ctl resume default 2>/dev/null
	restored exits 0 tq-work --on x=true --drain=all
	restored status_is slow COMPLETED
	status_is slow RUNNING
}

@test "a store under load: all that was acknowledged is in its backup, whole" {
	head -c 100000 /dev/zero >in.bin
	(while :; do
		tq-submit --input in.bin x >>acked &&
		    tq-submit --input in.bin --max-attempts 1 y >/dev/null || break
	done) &
	started+=($!)
	tq-work --on y=false --slots 2 2>/dev/null &
	started+=($!)
	(while :; do tq-dlq purge --all --yes || true; done) >/dev/null 2>&1 &
	started+=($!)
	wait_until 20 eval '[ "$(grep -c . acked)" -ge 15 ]'
	cp acked before
	exits 0 tq-ctl backup all.tar
	kill "${started[@]}" || true
	restored exits 0 tq-ctl restore all.tar
	restored tq-ctl doctor >out || [ "$?" -eq 1 ]
	run ! grep FAIL out
	restored tq-status --list --type x --columns taskId | sort >there
	sort before | comm -23 - there >missing
	has_lines 0 missing
	restored tq-ctl resume default 2>/dev/null
	restored exits 0 tq-work --on x='cmp "$TQ_INPUT" '"$PWD/in.bin" --on y='cmp "$TQ_INPUT" '"$PWD/in.bin" --drain=all
}

@test "while a backup is taken, blobs stay: a sweep of another day removes them" {
	head -c 300000 /dev/zero >in.bin
	tq-submit --id a --input in.bin --max-attempts 1 x >/dev/null
	exits 0 tq-work --on x=false --drain=all || [ "$?" -eq 1 ]
	mkfifo go
	flock tq.db.blobs cat go &
	started+=($!)
	exec 9>go
	wait_until 10 eval '! flock -n tq.db.blobs true'
	exits 0 tq-dlq purge --yes a
	[ -n "$(find tq.db.blobs -name in)" ]
	find tq.db.blobs -exec touch -d '3 days ago' {} +
	exits 0 tq-ctl sweep --force
	[ -n "$(find tq.db.blobs -name in)" ]
	exec 9>&-
	wait "${started[0]}"
	exits 0 tq-ctl sweep --force
	[ -z "$(find tq.db.blobs -name in)" ]
}

@test "^C and a full disk leave the archive of before, and nothing beside it" {
	tq-submit x >/dev/null
	exits 0 tq-ctl backup all.tar
	cp all.tar before.tar
	mkfifo go
	flock tq.db.blobs cat go &
	started+=($!)
	exec 9>go
	wait_until 10 eval '! flock -n tq.db.blobs true'
	(trap - INT; exec env tq-ctl backup all.tar) 2>err &
	wait_until 10 eval 'ls all.tar.tmp-*'
	sleep 0.1
	kill -INT $!
	rc=0; wait $! || rc=$?
	[ "$rc" -eq 130 ]
	exec 9>&-
	head -c 3000000 /dev/zero >in.bin
	tq-submit --input in.bin x >/dev/null
	exits 74 bash -c 'ulimit -f 1000; exec tq-ctl backup all.tar'
	exits 74 bash -c 'ulimit -f 20; exec tq-ctl backup all.tar'
	exits 74 tq-ctl backup /dev/full
	cmp all.tar before.tar
	[ -z "$(find . -name '*.tmp-*' -o -name '.tq-backup*')" ]
	tq-ctl backup big.tar 2>/dev/null
	restored exits 74 bash -c 'ulimit -f 1000; exec tq-ctl restore big.tar'
	[ -z "$(ls new)" ]
}

@test "an archive that is damaged, or made to do harm, is refused and leaves nothing" {
	head -c 100000 /dev/urandom >in.bin
	tq-submit --input in.bin x >/dev/null
	tq-ctl backup good.tar 2>/dev/null
	make_hostile
	for bad in hostile/*; do
		restored exits 65 tq-ctl restore "$bad" || {
			echo "$bad"
			return 1
		}
		[[ $bad != */db-* ]] || says 'archive: tq.db: '
	done
	head -c 20000 good.tar >cut.tar
	restored exits 65 tq-ctl restore cut.tar
	says 'cut.tar: archive: '
	[ -z "$(ls new)" ]
	[ -z "$(find / -xdev -maxdepth 2 -name escaped 2>/dev/null)" ]
	restored exits 0 tq-ctl restore sealed.tar
}

@test "restore is for a place where nothing of a store is" {
	restored exits 74 tq-ctl restore nope.tar
	[ ! -e new ]
	tq-submit x >/dev/null
	exits 0 tq-ctl backup all.tar
	exits 1 tq-ctl restore all.tar
	says 'tq.db: is there already'
	mkdir -p new/tq.db.blobs/q
	restored exits 1 tq-ctl restore all.tar
	says 'tq.db.blobs: is there already'
	rmdir new/tq.db.blobs/q
	touch new/tq.db-wal
	restored exits 1 tq-ctl restore all.tar
	rm new/tq.db-wal
	# The remains of a restore that was killed are no store.
	mkdir -p new/tq.db.restoring/tq.db.blobs/q
	touch new/tq.db.restoring/tq.db
	restored exits 0 tq-ctl restore all.tar
	[ ! -e new/tq.db.restoring ]
	exits 78 tq-ctl backup all.tar --store aws:jobs
	says 'point-in-time recovery'
}
