#!/usr/bin/env bats
# Kernels and file systems that lack a call: ENOSYS from an older one, EPERM
# from a container whose filter does not know the call, EOPNOTSUPP from a file
# system (overlayfs, NFS).  tests/kernel/without takes them away from the tools
# as they are.
# bats file_tags=sqlite

load helper

PHOTO=$BATS_TEST_DIRNAME/../fixtures/photo.jpg
O_TMPFILE=openat,2,020200000	# open() with that flag

# without CALL=ERRNO... -- COMMAND
without() {
	"$TQ_BUILD/tests/without" "$@"
}

setup_file() {
	local why
	why=$(without -- true 2>&1) || skip "$why"
}

@test "copies, unnamed files, random bytes and closing go on by older calls" {
	for no in ENOSYS EPERM; do
		without copy_file_range=$no memfd_create=$no close_range=$no \
		    getrandom=$no faccessat2=$no -- "$TQ_BUILD/tests/test_fd"
	done
}

@test "a file system without O_TMPFILE keeps inputs, outputs and logs, and no scraps" {
	for no in EOPNOTSUPP EISDIR EPERM; do
		id=$(without "$O_TMPFILE=$no" -- tq-submit x --input "$PHOTO")
		without "$O_TMPFILE=$no" -- tq-work --drain \
		    --on 'x=echo said >&2; cat >"$TQ_OUTPUT"; head -c 100000 /dev/zero'
		tq-status --result -o got "$id"
		cmp got "$PHOTO"
		[ "$(tq-status --log "$id")" = said ]
	done
	# An input, an output, a result and a log each.
	[ "$(find tq.db.blobs -type f | wc -l)" -eq 12 ]
	[ -z "$(find tq.db.blobs -name '.*' -o -name '*.????????????????')" ]
}

@test "a handler gets its whole input where the kernel can't copy files" {
	for no in ENOSYS EPERM EXDEV; do
		id=$(tq-submit x --input "$PHOTO")
		without copy_file_range=$no -- tq-work --drain --on 'x=cat "$TQ_INPUT"'
		tq-status --result -o got "$id"
		cmp got "$PHOTO"
	done
}

@test "no child has what the worker had open, where close_range is missing" {
	exec 7<"$PHOTO"
	for no in ENOSYS EPERM; do
		id=$(tq-submit x)
		without close_range=$no -- tq-work --drain --on 'x=ls -l /proc/self/fd'
		tq-status --result -o got "$id"
		grep -q ' 0 -> ' got
		run ! grep -E 'photo\.jpg|tq\.db|socket:' got
	done
}

@test "dead tasks go to a program where there are no files in memory" {
	for no in ENOSYS EPERM; do
		tq-submit x '{"n":1}' >id
		exits 1 tq-work --drain --on 'x=exit 65'
		without memfd_create=$no -- tq-dlq drain --all --exec 'cat >got'
		grep -q '"payload":{"n":1}' got
	done
}

@test "without landlock the worker warns, once, and works" {
	for no in ENOSYS EPERM EOPNOTSUPP; do
		tq-submit image.grayscale --input "$PHOTO" >ids
		tq-submit image.grayscale --input "$PHOTO" >>ids
		without landlock_create_ruleset=$no -- tq-work -j1 --drain 2>err
		[ "$(grep -c "landlock is not available" err)" -eq 1 ]
		[ "$(tq-status --columns status - <ids | sort -u)" = COMPLETED ]
	done
}

@test "without seccomp no attempt is used: the worker says so and ends" {
	for no in ENOSYS EPERM; do
		id=$(tq-submit image.grayscale --max-attempts 1 --input "$PHOTO")
		exits 78 without seccomp=$no prctl,0,22=$no -- tq-work -j1 --drain 2>err
		grep -q "sandbox: seccomp" err
		[ "$(tq-status --columns status,attempts "$id")" = "PENDING	0" ]
	done
	tq-work --drain
	[ "$(tq-status --columns status "$id")" = COMPLETED ]
}

@test "nor is anything fetched without it" {
	id=$(tq-submit take --max-attempts 1 --input http://127.0.0.1:9/x)
	exits 78 without seccomp=ENOSYS prctl,0,22=ENOSYS -- \
	    tq-work -j1 --drain --on take=cat --allow-net 127.0.0.1
	says "sandbox: seccomp"
	says "nothing is fetched or posted here"
	[ "$(tq-status --columns status,attempts "$id")" = "PENDING	0" ]
}
