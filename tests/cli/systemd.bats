#!/usr/bin/env bats
# The units, as systemd's own tools judge them, and what they start.

load helper

UNITS=$(cd "$BATS_TEST_DIRNAME/../../deploy/systemd" && pwd)

# needs TOOL: systemd's tools come with the package "systemd".
needs() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# A root that holds our units, what they start and systemd's targets.
make_root() {
	local d=root/usr/lib/systemd/system
	mkdir -p root/usr/bin root/bin "$d"
	cp "$UNITS"/tq-* "$d"
	cp -P /lib/systemd/system/*.target "$d"
	cp "$TQ_BUILD"/tq-{work,serve,ctl} root/usr/bin
	cp /bin/true root/bin/kill
	cp /bin/true root/usr/bin/kill
}

# The block of each service that says what it may not do.
limits_of() {
	sed -n '/^ReadWritePaths=/,/^SystemCallErrorNumber/p' "$1"
}

# option_words UNIT TOOL: the options that the unit gives the tool.
option_words() {
	sed -n "s/^ExecStart=$2//p" "$UNITS/$1" | grep -oE -- ' --?[a-z-]+'
}

@test "systemd finds nothing wrong in the units" {
	needs systemd-analyze
	make_root
	SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no \
	    --root="$PWD/root" tq-work@default.service tq-serve.service \
	    tq-serve.socket tq-sweep.service tq-sweep.timer >out 2>&1
	cat out
	[ ! -s out ]
}

@test "a unit with a mistake is noticed" {
	needs systemd-analyze
	make_root
	sed -i 's/^KillMode=mixed/KillMood=mixed/' \
	    root/usr/lib/systemd/system/tq-work@.service
	SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no \
	    --root="$PWD/root" tq-work@default.service >out 2>&1 || true
	grep KillMood out
}

@test "each service's exposure is at most 2.5 of 10" {
	needs systemd-analyze
	local u
	for u in "$UNITS"/*.service; do
		systemd-analyze security --offline=yes --threshold=25 "$u" \
		    >out || { tail -1 out; return 1; }
	done
}

@test "what is forbidden is the same for every service" {
	local u
	limits_of "$UNITS/tq-work@.service" >first
	grep -q '^SystemCallFilter=' first
	for u in "$UNITS"/*.service; do
		limits_of "$u" | diff -u first -
	done
}

@test "the units use options that the tools have" {
	local word
	option_words tq-work@.service tq-work >words
	has_lines 3 words
	while read -r word; do
		tq-work --help | grep -qE -- "(^| )$word([ ,=[]|$)"
	done <words
	[ -z "$(option_words tq-serve.service tq-serve)" ]
}

# ends_for_good UNIT SAYS COMMAND...: with a status after which systemd leaves it.
ends_for_good() {
	local unit=$1 says=$2 code=0
	shift 2
	timeout 60 "$@" 2>err || code=$?
	grep -q -- "$says" err
	grep -qE "^RestartPreventExitStatus=(.* )?$code( |$)" "$UNITS/$unit"
}

@test "wrong settings end a service for good, and say why" {
	mkdir handlers
	ends_for_good tq-work@.service --jbos tq-work -q default --handlers handlers --jbos 4
	ends_for_good tq-work@.service 'my queue' tq-work -q 'my queue' --builtin
	ends_for_good tq-work@.service none tq-work -q default --handlers none --builtin
	ends_for_good tq-work@.service 'sqlight' tq-work --store sqlight:/x --builtin
	ends_for_good tq-serve.service none tq-serve --keys none
	ends_for_good tq-serve.service --lisent tq-serve --lisent x
	ends_for_good tq-serve.service nobody tq-serve --listen nobody
}

@test "one step makes a user, a folder that keeps the group, and a config" {
	needs systemd-sysusers
	needs systemd-tmpfiles
	[ "$(id -u)" -eq 0 ] || skip "only root can give a folder to tq"
	local root=$PWD/root
	make -s -C "$UNITS/../.." install-system DESTDIR="$root" PREFIX=/usr
	systemd-sysusers --root="$root" tq.conf
	systemd-tmpfiles --root="$root" --create tq.conf
	grep '^tq:.*:/var/lib/tq:/usr/sbin/nologin$' root/etc/passwd
	grep '^tq:' root/etc/group
	local gid
	gid=$(sed -n 's/^tq:[^:]*:\([0-9]*\):.*/\1/p' root/etc/group)
	[ "$(stat -c '%a %g' root/var/lib/tq)" = "2770 $gid" ]
	[ "$(stat -c %a root/etc/tq/credentials)" = 700 ]
	# The store it names is one, and a config that is there stays.
	sed -n "s,^store = sqlite:,sqlite:$root,p" root/etc/tq/config >url
	tq-ctl --store "$(cat url)" init
	[ "$(stat -c '%a %g' root/var/lib/tq/tq.db)" = "660 $gid" ]
	echo "store = aws:jobs" >root/etc/tq/config
	make -s -C "$UNITS/../.." install-system DESTDIR="$root" PREFIX=/usr
	grep -qx 'store = aws:jobs' root/etc/tq/config
}

# The calls that systemd allows, one a line.
allowed() {
	local word
	sed -n 's/^SystemCallFilter=\([^~]\)/\1/p' "$UNITS/tq-work@.service" |
	    tr ' ' '\n' | while read -r word; do
		allowed_by "$word"
	done
}
allowed_by() {
	case $1 in
	@privileged) ;;
	@*) systemd-analyze syscall-filter "$1" | sed '1d;s/#.*//' |
	    while read -r word; do [ -z "$word" ] || allowed_by "$word"; done ;;
	*) echo "$1" ;;
	esac
}

# bats test_tags=long
@test "a worker makes no call that its unit forbids" {
	needs systemd-analyze
	needs strace
	strace -f -e trace=none -o /dev/null true 2>err || skip "$(tail -1 err)"
	allowed | sort -u >allowed
	tq-submit image.grayscale --input \
	    "$BATS_TEST_DIRNAME/../fixtures/photo.jpg"
	tq-submit text.transform '"a word"'
	tq-submit count --input "$BATS_TEST_DIRNAME/../fixtures/photo.jpg"
	strace -f -qq -o trace tq-work --builtin --on 'count=wc -c' --drain
	sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' trace | sort -u >made
	grep -qx landlock_restrict_self made
	comm -23 made allowed >forbidden
	cat forbidden
	[ ! -s forbidden ]
}
