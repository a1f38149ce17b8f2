# tests/cli/helper.bash -- loaded by every bats file: `load helper'.
#
# Each test has its own directory and store, dies without leaving a process,
# and waits for conditions, not for time.
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

: "${TQ_BUILD:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build}"

# Process ids that a test has started and teardown ends.
started=()

setup() {
	[ -z "${COVER:-}" ] || setup_cover
	PATH=$TQ_BUILD:$PATH
	TQ_STORE=sqlite:$BATS_TEST_TMPDIR/tq.db
	HOME=$BATS_TEST_TMPDIR
	export PATH TQ_STORE HOME TQ_BUILD
	unset TQ_QUEUE XDG_DATA_HOME XDG_CONFIG_HOME NO_COLOR COLUMNS
	cd "$BATS_TEST_TMPDIR" || return 1
	exec {nothing}<> <(:)	# here, for it changes $!
	STORE_SAID=$TQ_STORE
	[ "${TQ_TEST_ON:-sqlite}" = sqlite ] || setup_aws
}

# What this case runs is noted in a folder of its own: tests/cover.
setup_cover() {
	local dir
	dir=$COVER/${BATS_TEST_FILENAME##*/}/${TQ_TEST_ON:-sqlite}-$BATS_TEST_NUMBER-$$
	mkdir -p "$dir" && printf '%s\n' "$BATS_TEST_DESCRIPTION" >"$dir/name"
	export LLVM_PROFILE_FILE=$dir/%c%m.raw
}

# The same test on the aws store, whose stand-ins tests/run has started: a
# table, a bucket and queues of its own.
setup_aws() {
	local name=t$$n$BATS_TEST_NUMBER
	TQ_STORE="aws:$name?bucket=$name"
	# shellcheck disable=SC2034 # tests read it: how messages name the store
	STORE_SAID=aws:$name
	tq-ctl init >/dev/null
}

# queues NAME...: beside "default"; on sqlite there is nothing to do for them.
queues() {
	local q
	[ "${TQ_TEST_ON:-sqlite}" = sqlite ] && return
	for q; do tq-ctl init -q "$q" >/dev/null; done
}

# many N M: N, or M on aws, where each task is requests of its own.
many() {
	[ "${TQ_TEST_ON:-sqlite}" = sqlite ] && echo "$1" || echo "$2"
}

teardown() {
	local pid
	for pid in "${started[@]}" $(jobs -p); do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}

# pause MS: without a process for it, as sleep is: nothing comes from this pipe.
pause() {
	local s

	printf -v s '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
	read -rt "$s" -u "${nothing:?setup was not called}" || true
}

# wait_until SECONDS CMD...: run CMD until it succeeds; fail after SECONDS of a
# machine that is at leisure, six times as long on any.  It asks less often the
# longer that takes: each time is a process or more.
wait_until() {
	local left=$(($1 * 6000)) ms=20
	shift
	while ! "$@" >/dev/null 2>&1; do
		((left > 0)) || {
			echo "never came true: $*" >&2
			return 1
		}
		pause "$ms"
		((left -= ms, ms += ms < 200 ? ms / 8 + 1 : 0)) || true
	done
}

# has_ended PID: for wait_until.  A container's first process may not reap what
# is left to it: a zombie has ended, too.
has_ended() {
	! grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status" 2>/dev/null
}

# preload NAME: sets PRELOAD, before a command: run it with tests/preload/NAME.c.
preload() {
	local so=$TQ_BUILD/tests/$1.so

	[ -e "$so" ] || {
		echo "no $so: make tests"
		return 1
	}
	# shellcheck disable=SC2034 # tests use it
	PRELOAD=(env "LD_PRELOAD=$so" ASAN_OPTIONS=verify_asan_link_order=0)
}

# takes_term PID: for wait_until.  A tool that ends in order when it is told to does
# so from when it holds SIGTERM back; before, the signal ends it like any program.
# A shell that has not become the tool yet may hold it back, too.
takes_term() {
	local blocked

	grep -q '^Name:[[:space:]]*tq-' "/proc/$1/status" || return
	blocked=$(sed -n 's/^SigBlk:[[:space:]]*//p' "/proc/$1/status")
	[ $((16#$blocked & 1 << 14)) -ne 0 ]
}

# kill_worker PID: the worker and its spawner, so that neither sees the other die
# and still acts on it.
kill_worker() {
	local spawner
	spawner=$(pgrep -P "$1")
	kill -STOP "$spawner"
	kill -9 "$1" "$spawner"
	wait "$1" || true
}

# exits CODE CMD...: run it with stdout in ./out and stderr in ./err.
exits() {
	local want=$1 rc=0
	shift
	"$@" >out 2>err || rc=$?
	[ "$rc" -eq "$want" ] || {
		echo "exit $rc, not $want: $*"
		head -qc 2000 err out
		return 1
	}
}

# says TEXT: is it in what was last said on stderr (./err)?
says() {
	grep -qF -e "$1" err || {
		echo "not said: $1"
		head -c 2000 err
		return 1
	}
}

# has_lines N FILE
has_lines() {
	local n
	n=$(wc -l <"$2")
	[ "$n" -eq "$1" ] || {
		echo "$2 has $n lines, not $1"
		return 1
	}
}

# freeze PID: stop it, at a moment when it keeps nobody else out of the store;
# it may have locks of its own on other files (--singleton).
freeze() {
	local tries=600 path=${TQ_STORE#sqlite:} files

	files=$(stat -c ':%i ' "${path%%\?*}" "${path%%\?*}"[-.]* 2>/dev/null || true)
	[ -n "$files" ] || files='no such file'
	until kill -STOP "$1" && wait_until 10 eval \
	    'grep -q "^State:.T" /proc/'"$1"'/status' &&
	    ! grep "WRITE $1 " /proc/locks | grep -qF "$files"; do
		kill -CONT "$1" && ((tries-- > 0)) || return 1
		sleep 0.02
	done
}

# status_is ID STATUS: for wait_until.
status_is() {
	[ "$(tq-status --columns status "$1")" = "$2" ]
}

# on_terminal CMD: run the shell command on a terminal; print what it shows,
# also into ./out.
on_terminal() {
	command -v script >/dev/null || skip "no script(1) for a terminal"
	TERM=xterm script -qec "stty cols ${COLS:-140} rows 40; $*" \
	    /dev/null </dev/null | tee out
}

# unprivileged CMD...: held back by permissions, as root is not.  It stays the
# same user where that can be, so that it may still use our files.
no_override=('--bounding-set=-dac_override,-dac_read_search'
    '--inh-caps=-dac_override,-dac_read_search')
can_drop_privileges() {
	[ "$(id -u)" -ne 0 ] || command -v setpriv >/dev/null
}
unprivileged() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	elif setpriv "${no_override[@]}" true 2>/dev/null; then
		setpriv "${no_override[@]}" "$@"
	else
		chmod o+x "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" 2>/dev/null
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	fi
}
