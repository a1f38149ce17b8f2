#!/usr/bin/env bats
# A decoder that goes wrong costs one attempt, with a reason that says so.
# The calls that the sandbox stops are in tests/unit/test_sandbox.c; here a real
# decoding child is made to end as the kernel would end it.

load helper

# A picture that takes a while: 60 million pixels, to PNG.
big_picture() {
	{
		printf 'P5\n10000 6000\n255\n'
		head -c 60000000 /dev/urandom
	} >big.pgm
}

# The child that decodes: the grandchild of the worker that is no spawner.
decoder_of() {
	local spawner
	spawner=$(pgrep -P "$1" | head -1) && pgrep -P "$spawner"
}

# ended_by SIGNAL WORDS: the attempt fails with WORDS, the next task runs.
ended_by() {
	big_picture
	bad=$(tq-submit image.grayscale '{"format":"png","max_pixels":100000000}' --input big.pgm --max-attempts 1)
	good=$(tq-submit image.grayscale --input "$(dirname "$BATS_TEST_FILENAME")/../fixtures/photo.jpg")
	tq-work -j1 2>err &
	worker=$!
	started+=("$worker")
	wait_until 20 status_is "$bad" RUNNING
	wait_until 20 decoder_of "$worker"
	kill -"$1" "$(decoder_of "$worker")"
	wait_until 20 status_is "$bad" FAILED
	tq-status --columns attempts,reason "$bad" | grep -E "^1	.*$2"
	wait_until 20 status_is "$good" COMPLETED
}

@test "a crash" {
	ended_by SEGV 'crashed.*SIGSEGV'
}

@test "a forbidden system call" {
	ended_by SYS 'forbidden system call'
}

@test "too much CPU time" {
	ended_by XCPU 'CPU time'
}

@test "the decoder can't be reached by what it does not need: no files, no sockets" {
	big_picture
	tq-submit image.grayscale '{"format":"png","max_pixels":100000000}' --input big.pgm >id
	tq-work -j1 --once 2>err &
	worker=$!
	started+=("$worker")
	wait_until 20 decoder_of "$worker"
	child=$(decoder_of "$worker")
	wait_until 10 grep -q '^Seccomp:[[:space:]]*2' "/proc/$child/status"
	grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$child/status"
	# (The address sanitizer needs terabytes of it.)
	grep -qa __asan_init "$TQ_BUILD/tq-work" ||
	    grep -q '^Max address space *[0-9]' "/proc/$child/limits"
	# The library for colors is loaded once, for all children.
	[ ! -e "$TQ_BUILD/tq-image-color.so" ] ||
	    grep -q 'tq-image-color\.so' "/proc/$(pgrep -P "$worker")/maps"
	# Only its own pipes and files, none of the store's.
	for fd in "/proc/$child"/fd/*; do
		run ! grep -q 'tq\.db$' <(readlink "$fd")
	done
}
