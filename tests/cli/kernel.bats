#!/usr/bin/env bats
# Kernels that lack a call: ENOSYS from an older one, EPERM from a container
# whose filter does not know the call.  tests/kernel/without takes them away from the tools
# as they are.
# bats file_tags=sqlite

load helper

PHOTO=$BATS_TEST_DIRNAME/../fixtures/photo.jpg

# without CALL=ERRNO... -- COMMAND
without() {
	"$TQ_BUILD/tests/without" "$@"
}

setup_file() {
	local why
	why=$(without -- true 2>&1) || skip "$why"
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
	says "no input is fetched here"
	[ "$(tq-status --columns status,attempts "$id")" = "PENDING	0" ]
}
