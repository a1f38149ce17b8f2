#!/usr/bin/env bats
# tests/cli/shared.bats -- a store that several users share.

load helper

# as NAME CMD...: as a user whose primary group is nobody else's, with GROUP as
# a supplementary one, and a umask that hides all.
GROUP=54321
declare -gA uid=([ann]=61001 [bob]=61002 [eve]=61003)
as() {
	local user=${uid[$1]} groups=--groups=$GROUP
	[ "$1" != eve ] || groups=--clear-groups
	shift
	(
		umask 077
		exec setpriv --reuid "$user" --regid "$user" "$groups" \
		    env HOME="$BATS_TEST_TMPDIR/nowhere" "$@"
	)
}

# two_users: or the test is skipped.
two_users() {
	[ "$(id -u)" -eq 0 ] || skip "only root can be two other users"
	command -v setpriv >/dev/null || skip "no setpriv(1)"
	local dir=$BATS_TEST_TMPDIR
	while [ "$dir" != / ]; do
		chmod o+x "$dir" 2>/dev/null || true
		dir=${dir%/*}
		dir=${dir:-/}
	done
	setpriv --reuid 61001 --regid 61001 --groups=$GROUP "$(command -v tq-ctl)" --version >/dev/null 2>&1 ||
	    skip "other users can't run what was built here"
	mkdir q ann bob
	chown 61001 ann
	chown 61002 bob
	TQ_STORE=sqlite:$PWD/q/tq.db
}

# all_shared: no file of the store is one user's alone.
all_shared() {
	[ "$(find q -mindepth 1 -type d ! -perm 2770 | wc -l)" -eq 0 ]
	[ "$(find q -type f ! -perm 660 | wc -l)" -eq 0 ]
	[ "$(find q ! -gid $GROUP | wc -l)" -eq 0 ]
}

exchange() {
	head -c 100000 /dev/urandom >ann/in
	chmod 644 ann/in
	id=$(as ann tq-submit big --input ann/in)
	as bob tq-work --drain --on 'big=echo "seen by $(id -u)" >&2; cat; cat "$TQ_INPUT" >"$TQ_OUTPUT.2"; rm "$TQ_OUTPUT.2"'
	as ann tq-status --result "$id" | cmp - ann/in
	as ann tq-status --log "$id" | grep -qx 'seen by 61002'
	# A payload in a blob, the other way round.
	head -c 70000 /dev/zero | tr '\0' x >bob/text
	chmod 644 bob/text
	id=$(as bob tq-submit t --text @bob/text)
	as ann tq-work --on t=cat --drain
	as bob tq-status --result "$id" | cmp - bob/text
}

@test "two users of a shared store exchange inputs, outputs and logs" {
	two_users
	tq-ctl init --shared $GROUP
	all_shared
	exchange
	all_shared
	tq-ctl doctor
	exits 4 as eve tq-status --list
}

@test "so do they on one that was made by a member, in a folder without set-group-ID" {
	two_users
	chown 61001:$GROUP q
	chmod 770 q
	as ann tq-ctl init --shared $GROUP
	exchange
	all_shared
}

@test "what root puts into a store belongs to the store's owner" {
	two_users
	chown 61001 q
	as ann tq-ctl init >/dev/null
	echo hello >in
	tq-submit x --input in >id
	tq-work --on 'x=echo log >&2; cat' --drain
	[ "$(find q ! -uid 61001 | wc -l)" -eq 0 ]
	[ "$(as ann tq-status --result "$(cat id)")" = hello ]
	as ann tq-status --log "$(cat id)" | grep -qx log
	as ann tq-ctl doctor
}

@test "init --shared converts a store with blobs, and --dry-run lists what changes" {
	two_users
	chown 61001 q
	echo hello >ann/in
	chmod 644 ann/in
	id=$(as ann tq-submit cat --input ann/in)
	as ann tq-status "$id"
	tq-ctl init --shared $GROUP -n >plan
	grep -q 'tq.db: would become group' plan
	grep -q 'tq.db.lock: would become group' plan
	grep -q 'of blobs: would become' plan
	[ "$(find q -gid $GROUP | wc -l)" -eq 0 ]
	exits 4 as eve tq-ctl init --shared 61003
	tq-ctl init --shared $GROUP >said
	all_shared
	[ "$(tq-ctl init --shared $GROUP -n | grep -c would)" -eq 0 ]
	as bob tq-work --on cat=cat --drain
	[ "$(as ann tq-status --result "$id")" = hello ]
}

@test "a hard link that a member has planted shares and changes no other file" {
	two_users
	chown 61001 q
	as ann tq-ctl init >/dev/null
	echo precious >secret
	chmod 600 secret
	mkdir -p q/tq.db.blobs/default
	for name in .blobs/default/x .lock .wake; do
		ln -f secret "q/tq.db$name"
		exits 4 tq-ctl init --shared $GROUP
		says "tq.db$name: is no plain file, or has another name"
		rm "q/tq.db$name"
	done
	tq-ctl init --shared $GROUP
	for name in lock wake; do
		ln -f secret "q/tq.db.$name"
		exits 4 tq-submit x
		says "tq.db.$name: is no plain file"
		exits 0 as ann tq-status --list
		rm "q/tq.db.$name"
	done
	exits 0 tq-submit x
	[ "$(cat secret)" = precious ]
	[ "$(stat -c '%a %u %g' secret)" = "600 0 0" ]
}

@test "a hard link among the blobs has no worker read what is its user's alone" {
	two_users
	tq-ctl init --shared $GROUP >/dev/null
	echo harmless >bob/in
	echo precious >secret	# as long: inputs are checked by their size
	chmod 600 secret
	link=$(as bob tq-submit copy --input bob/in --max-attempts 1)
	ln -f secret "$(find q/tq.db.blobs -type f -path "*$link*")"
	# A second name of what is the store's own is nothing to refuse.
	id=$(as bob tq-submit copy --input bob/in)
	blob=$(find q/tq.db.blobs -type f -path "*$id*")
	ln "$blob" "$blob.tmp"
	tq-work --on copy=cat --drain || true
	[ "$(tq-status --result "$id")" = harmless ]
	[ "$(tq-status --columns status "$link")" = FAILED ]
	run tq-status --result "$link"
	[[ $output != *precious* ]]
}

# plant WHAT NAME...: bob puts it where blobs, or folders of them, would be.
plant() {
	as bob sh -c 'what=$1 to=$2 && shift 2 && for name; do
	    umask 007; mkdir -p "${name%/*}"; umask 077
	    case $what in
	    link) ln -s "$to" "$name" ;;
	    file) echo planted >"$name" ;;
	    fifo) mkfifo "$name" ;;
	    folder) mkdir "$name" ;;
	    esac
	done' plant "$1" "$PWD/ann/victim" "${@:2}"
}

# spoil WHAT ID: the same in place of what the task is given.
spoil() {
	local blob
	blob=$(find q/tq.db.blobs -type f -path "*/$2/*")
	rm "$blob"
	plant "$1" "$blob"
}

@test "what a member has planted costs a task an attempt, and the worker nothing" {
	local what n blobs=q/tq.db.blobs rc=0
	two_users
	tq-ctl init --shared $GROUP >/dev/null
	as ann mkdir ann/victim
	head -c 70000 /dev/zero | tr '\0' x >bob/big
	chmod 644 bob/big
	for what in link file fifo folder; do
		# Where result, log and output would go: 2 is the first token.
		plant $what $blobs/q$what $blobs/default/{say,put}-task-$what \
		    $blobs/default/{say,put}-attempt-$what/2 \
		    $blobs/default/say-log-$what/2/log $blobs/default/put-out-$what/2/out
		printf '{"taskId":"%s","type":"%s","queue":"%s"}\n' \
		    say-queue-$what say q$what put-queue-$what put q$what >>./batch
		for n in {say,put}-{task,attempt}-$what say-log-$what put-out-$what; do
			printf '{"taskId":"%s","type":"%s","maxAttempts":1}\n' \
			    "$n" "${n%%-*}" >>./batch
		done
		# Where what it is given was.
		as bob tq-submit --id payload-$what --max-attempts 1 take --text @bob/big
		as bob tq-submit --id input-$what --max-attempts 1 take --input bob/big
		spoil $what payload-$what
		spoil $what input-$what
	done >/dev/null
	as bob tq-submit --batch - <./batch >/dev/null
	# A slot for each: what is claimed ahead may be given back, and claimed anew.
	as ann tq-work -q default -q qlink -q qfile -q qfifo -q qfolder -j 48 --drain \
	    --on 'say=echo said >&2; cat bob/big' --on 'put=echo >"$TQ_OUTPUT"' \
	    --on 'take=cat "${TQ_INPUT:-/dev/null}"' 2>said || rc=$?
	[ $rc -eq 1 ]
	# The result has a place elsewhere; the log has none, and the path is said.
	as ann tq-status --list --columns taskId,status,reason >list
	[ "$(grep -c '^say-.*	COMPLETED	' list)" -eq 16 ]
	[ "$(grep -c "task say-.*-.*: log not kept: $PWD/$blobs/.*/log: " said)" -eq 13 ]
	as ann mkdir ann/all
	grep -o '^say-[^	]*' list | as ann tq-status --result --dir ann/all -
	for n in ann/all/*; do cmp "$n" bob/big; done
	# An output has none, and what can't be read never will be, or not yet.
	[ "$(grep -cE "^put-[^	]*	(FAILED|RETRYING)	store: put: $PWD/$blobs/.*/out: " list)" -eq 16 ]
	[ "$(grep -cE '^(payload|input)-link	FAILED	.* is not there' list)" -eq 2 ]
	[ "$(grep -cE "^(payload|input)-.*	PENDING	.*$PWD/$blobs/.*: Permission denied" list)" -eq 6 ]
	[ -z "$(ls -A ann/victim)" ]
}

@test "a worker that runs while its store is shared makes shared files from then on" {
	two_users
	chown 61001 q
	as ann tq-ctl init >/dev/null
	as ann tq-work --on 'x=echo log >&2; cat' 2>/dev/null 3>&- &
	started+=($!)
	wait_until 10 eval '[ "$(sqlite3 q/tq.db "select count(*) from worker")" -eq 1 ]'
	tq-ctl init --shared $GROUP >/dev/null
	id=$(as bob tq-submit x --text "$(head -c 70000 /dev/zero | tr '\0' x)")
	as bob tq-status --wait --timeout 60s "$id"
	as bob tq-status --result "$id" | wc -c | grep -qx 70000
	as bob tq-status --log "$id" | grep -qx log
	all_shared
}

@test "a worker runs commands of its own user, and with --exec=shared those of all" {
	two_users
	tq-ctl init --shared $GROUP >/dev/null
	ann=$(as ann tq-submit -- sh -c 'echo "$(id -u)"')
	bob=$(as bob tq-submit -- sh -c 'echo "$(id -u)"')
	as bob tq-work --exec --drain 2>said
	[ "$(as bob tq-status --result "$bob")" = 61002 ]
	[ "$(as ann tq-status --columns status,attempts "$ann")" = "PENDING	0" ]
	as ann tq-status --json "$ann" | grep -q 'queued by user 61001'
	tq-ctl edit --delay 0s "$ann" >/dev/null
	as bob tq-work --exec=shared --drain
	[ "$(as ann tq-status --result "$ann")" = 61002 ]
}

@test "the doctor says which files one user keeps for himself" {
	two_users
	tq-ctl init --shared $GROUP >/dev/null
	echo x >in
	id=$(tq-submit x --input in)
	find q/tq.db.blobs -type f -exec chmod 600 {} +
	exits 1 tq-ctl doctor
	grep -q 'sharing: 1 file is not as the database is' out
	tq-ctl init --shared $GROUP >/dev/null
	tq-ctl doctor | grep 'sharing: all files are the group'
	chmod g-w q
	exits 1 tq-ctl doctor
	grep -q 'may not make files in' out
}

@test "a mode in the URL that is not the store's is said and ignored" {
	tq-ctl init >/dev/null
	TQ_STORE="$TQ_STORE?mode=0660" exits 0 tq-submit x
	says 'mode=0660 is ignored'
	[ "$(find . -name 'tq.db*' -type f ! -perm 600 | wc -l)" -eq 0 ]
	rm -rf tq.db*
	TQ_STORE="$TQ_STORE?mode=0660" exits 0 tq-submit x
	run ! says ignored
	echo in >in
	tq-submit x --input in
	[ "$(find tq.db* -type f ! -perm 660 | wc -l)" -eq 0 ]
	[ "$(find tq.db.blobs -type d ! -perm 2770 | wc -l)" -eq 0 ]
}

@test "init --shared names a group that there is not" {
	exits 2 tq-ctl init --shared no-such-group
	says 'no group "no-such-group"'
	[ ! -e tq.db ]
}
