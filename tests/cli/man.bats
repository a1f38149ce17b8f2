#!/usr/bin/env bats
# The manual says what the tools do: its examples are run, its lists compared.

load helper

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
MAN=$ROOT/man
TOOLS="tq-submit tq-status tq-work tq-serve tq-dlq tq-ctl"

# -- examples -----------------------------------------------------------------

# The lines of every literal display that shows a session, as a reader sees
# them.
sessions() {
	awk '
	/^\.Bd -literal/ { inside = 1; first = 1; next }
	/^\.Ed/ { inside = 0 }
	!inside { next }
	{
		gsub(/\\\(aq/, "\047")
		gsub(/\\&/, "")
		gsub(/\\e/, "\\")
		if (first)
			session = substr($0, 1, 2) == "$ "
		first = 0
		if (session)
			print
	}' "$1"
}

# Ids, times and workers differ from run to run, and so do blanks.
settled() {
	sed -E -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/ID/g' \
	    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z/TIME/g' \
	    -e 's/[[:blank:]]+/ /g' -e 's/ $//'
}

# matches WANT GOT: "..." stands for anything in its line, and as a line for
# any lines.
matches() {
	local line nl=$'\n' re=
	while IFS= read -r line; do
		if [ "$line" = ... ]; then
			re+="([^$nl]*$nl)*"
			continue
		fi
		line=$(sed -e 's/[][\.*^$+?(){}|]/[&]/g' \
		    -e 's/\[\^\]/\\^/g' -e 's/\[\\\]/\\\\/g' \
		    -e 's/\[\.\]\[\.\]\[\.\]/[^\n]*/g' <<<"$line")
		re+="${line//\[^\\n\]/[^$nl]}$nl"
	done <<<"$1"
	[ -n "$1" ] || re=
	[[ ${2:+$2$nl} =~ ^$re$ ]]
}

# One command of a session in this very shell, so that it may set variables.
try() {
	local at rc=0 got want
	at=$(wc -c <session)
	eval "$1" >>session 2>&1 </dev/null || rc=$?
	got=$(tail -c "+$((at + 1))" session | settled)
	want=$(settled <<<"$2")
	if [ "$rc" -ne 0 ] || ! matches "$want" "$got"; then
		printf '$ %s\nexit %d\n-- shown --\n%s\n-- happened --\n%s\n' \
		    "$1" "$rc" "$want" "$got"
		return 1
	fi
}

# Run all sessions of a page (in ./page) in order.
replay() {
	local line cmd='' want='' n=0
	: >session
	while IFS= read -r line; do
		case $line in
		'$ '*)
			[ -z "$cmd" ] || try "$cmd" "${want%$'\n'}" || return 1
			cmd=${line#??} want='' n=$((n + 1)) ;;
		'> '*)
			cmd+=$'\n'${line#??} ;;
		*)
			want+=$line$'\n' ;;
		esac
	done <page
	[ -z "$cmd" ] || try "$cmd" "${want%$'\n'}" || return 1
	wait
	[ "$n" -gt 0 ] || { echo "no example was found"; return 1; }
}

examples_work() {
	local fixtures=$ROOT/tests/fixtures/image
	sessions "$MAN/$1" >page
	mkdir run
	cp "$fixtures/420.jpg" run/photo.jpg
	cp "$fixtures/rgb.jpg" run/garden.jpg
	cat >run/tasks.ndjson <<-\END
	{"type":"mail","payload":{"to":"ann@example.org"},"prio":5}
	{"type":"mail","payload":{"to":"bob@example.org"}
	{"type":"mail","payload":{"to":"eve@example.org"},"delay":"1h"}
	END
	mv page run
	cd run || return 1
	timeout 300 bash -c "$(declare -f settled matches try replay)
	    replay" 3>&-
}

@test "the examples of tq(7) work as shown" {
	examples_work tq.7
}

@test "the examples of tq-submit(1) work as shown" {
	examples_work tq-submit.1
}

@test "the examples of tq-status(1) work as shown" {
	examples_work tq-status.1
}

@test "the examples of tq-work(1) work as shown" {
	examples_work tq-work.1
}

@test "the examples of tq-serve(1) work as shown" {
	examples_work tq-serve.1
}

@test "the examples of tq-dlq(1) work as shown" {
	examples_work tq-dlq.1
}

@test "the examples of tq-ctl(1) work as shown" {
	examples_work tq-ctl.1
}

@test "an example that shows something else is noticed" {
	cat >page <<-\END
	$ echo 3f1c9a52-0b7d-4e6a-8c11-d2e3f4a5b6c7 is [odd] at 10:21
	3f1c9a52-aaaa-4e6a-8c11-d2e3f4a5b6c7 is [odd] at ...
	$ printf 'a\nb\nc\n'
	...
	c
	END
	replay
	printf '$ %s\n%s\n' 'echo one' 'two' >page
	run ! replay
	printf '$ %s\n%s\n' 'echo one; false' 'one' >page
	run ! replay
	printf '$ %s\n' 'echo more than is shown' >page
	run ! replay
	printf '$ %s\n...x\n' 'printf "a\nx\n"' >page
	run ! replay
}

# -- lists --------------------------------------------------------------------

@test "the pages are clean mdoc" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	mandoc -T lint -W warning "$MAN"/*.[17]
}

@test "no page loses the quotes of what it quotes" {
	# mdoc drops those around a word: they are written \(dq.
	run ! grep -nE '^\.(Ql|Dl|Li|Dq|Sq) (.* )?"' "$BATS_TEST_DIRNAME"/../../man/*
}

@test "every option of --help is in its page, and no other" {
	local t
	for t in $TOOLS; do
		"$t" --help=mdoc | grep '^\.It Fl' >table
		sed -n '/^\.Sh OPTIONS/,/^\.Sh ENV/p' "$MAN/$t.1" |
		    grep '^\.It Fl' >page
		diff -u table page
	done
}

# The text between usage: and the summary, a line per form.
usage_of() {
	"$1" --help | sed -e '/^$/,$d' -e 's/^usage://' |
	    awk -v t="$1" '$1 == t && NR > 1 { printf "\n" }
		{ for (i = 1; i <= NF; i++)
			printf "%s%s", i == 1 && $1 == t ? "" : " ", $i }
		END { printf "\n" }'
}

@test "the SYNOPSIS of each page is the usage of --help" {
	local t
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	for t in $TOOLS; do
		usage_of "$t" >usage
		mandoc -T ascii -O width=500 "$MAN/$t.1" |
		    sed -e 's/.\x08//g' -e '1,/^SYNOPSIS/d' \
		    -e '/^DESCRIPTION/,$d' -e '/^$/d' -e 's/^ *//' \
		    -e 's/  */ /g' >synopsis
		diff -u usage synopsis
	done
}

@test "the summary of --help is the page's one-line description" {
	local t
	for t in $TOOLS; do
		"$t" --help | sed -n '/^$/{n;p;q}' | tr '[:upper:]' \
		    '[:lower:]' >summary
		sed -n 's/^\.Nd \(.*\)/\1./p' "$MAN/$t.1" |
		    tr '[:upper:]' '[:lower:]' >nd
		diff -u summary nd
	done
}

@test "the exit statuses of tq(7) are those of the tools" {
	sed -n 's/.*\(TQ_EX_[A-Z]*\) = \([0-9]*\).*/&/p' \
	    "$ROOT/lib/cli/cli.h" | grep -o 'TQ_EX_[A-Z]* = [0-9]*' |
	    sed 's/ = / /' >codes
	tr -d '\n\t' <"$ROOT/lib/cli/exit.c" |
	    grep -o '{ TQ_EX_[A-Z]*,"\([^"\\]\|\\.\|""\)*" }' |
	    sed -e 's/""//g' -e 's/{ \(TQ_EX_[A-Z]*\),"/\1 /' \
	    -e 's/" }$//' -e 's/\\"/"/g' |
	    while read -r name text; do
		printf '%s %s\n' \
		    "$(sed -n "s/^$name //p" codes)" "$text"
	done >code
	sed -n '/^\.Sh EXIT STATUS/,/^\.El/p' "$MAN/tq.7" |
	    awk '/^\.It/ { n = $2; next } n != "" && !/^\./ { print n, $0 }' \
	    >page
	[ "$(wc -l <codes)" -eq "$(wc -l <code)" ]
	diff -u code page
}

@test "the states of tq(7) may become what lib/task lets them" {
	"$TQ_BUILD/tests/test_turn" --transitions | sort >code
	has_lines 19 code
	sed -n '/^\.Sh STATES/,/^\.El/p' "$MAN/tq.7" |
	    sed -n 's/^\.It \([A-Z]*\) Ta .* Ta \(.*\)/\1 \2/p' |
	    awk '{ for (i = 2; i <= NF; i++)
		if ($i != "-") print $1, $i }' | sort >page
	diff -u code page
}

@test "the keys of the task record are those that lib/task knows" {
	sed -n '/key_rows\[\] = {/,/^};/p' "$ROOT/lib/task/task_json.c" |
	    grep -o '{ "[A-Za-z]*"' | tr -d '{" ' | sort >code
	sed -n '/^\.Sh THE TASK RECORD/,/^\.Sh THE HANDLER/p' "$MAN/tq.7" |
	    sed -n 's/^\.It //p' | tr -d ' ' | tr ',' '\n' | sort >page
	diff -u code page
}

@test "every page that is referred to exists" {
	local name section known=" bash(1) find(1) fish(1) zsh(1) sqlite3(1) systemd(1) vi(1) "
	sed -n 's/^.*\.*Xr \([a-z0-9-]*\) \([0-9]\).*/\1 \2/p' \
	    "$MAN"/*.[17] | sort -u >refs
	[ -s refs ]
	while read -r name section; do
		[ -e "$MAN/$name.$section" ] ||
		    [[ $known == *" $name($section) "* ]] ||
		    { echo "no page $name($section)"; return 1; }
	done <refs
}

@test "every section that is referred to exists" {
	local section
	grep -hA3 '^\.Sx ' "$MAN"/tq-*.1 | sed -n 's/^\.Sx \([^.]*[^ .]\).*/\1/p' |
	    sort -u >refs
	[ -s refs ]
	while read -r section; do
		grep -qxE "\.S[hs] $section" "$MAN"/*.[17] ||
		    { echo "no section $section"; return 1; }
	done <refs
}

# session README: run what its section of that name says.
session() {
	local fixtures=$ROOT/tests/fixtures/image
	mkdir -p site run
	printf 'all:\n\techo made\n' >site/Makefile
	cp "$fixtures/420.jpg" run/photo.jpg
	cp "$fixtures/rgb.jpg" run/garden.jpg
	seq 2 | tq-submit --each --max-attempts 1 mail >/dev/null
	exits 1 tq-work --quiet --drain \
	    --on 'mail=echo "smtp: connection refused" >&2; false'
	{
		echo 'set -ex'
		sed -n '/^## A session/,/^## Over HTTP/s/^    \$ //p' "$1" |
		    sed "s,/srv/site,$PWD/site,"
		echo 'kill $(jobs -p); wait'
	} >run/session
	[ "$(wc -l <run/session)" -gt 10 ]
	(cd run && exits 0 timeout 120 bash session 3>&-) || {
		cat run/out run/err
		return 1
	}
	[ "$(grep -c COMPLETED run/out)" -eq 3 ]
	grep -q 'echo made' run/out
	grep -q 'smtp: connection refused' run/out
	grep -q 'redriven 2' run/err
	[ "$(magick identify -format %m run/gray.jpg 2>/dev/null ||
	    identify -format %m run/gray.jpg)" = JPEG ]
}

# bats test_tags=sqlite
@test "README's session runs as it is written" {
	session "$ROOT/README.md"
}

# bats test_tags=sqlite,long
@test "a script that was written for 0.1.0's README runs unchanged" {
	local old=$ROOT/tests/fixtures/README-0.1.0.md line
	session "$old"
	# Its crontab, as cron's shell runs it: once a day.
	line=$(sed -n 's/^    \*\/5 \* \* \* \*  //p' "$old")
	[ -n "$line" ]
	exits 0 env -i HOME="$HOME" PATH="$PATH" TQ_STORE="$TQ_STORE" sh -c "$line"
	exits 0 env -i HOME="$HOME" PATH="$PATH" TQ_STORE="$TQ_STORE" sh -c "$line"
	[ "$(tq-status --list --type report | wc -l)" -eq 1 ]
}

# bats test_tags=sqlite,long
@test "so does what it says of HTTP, but for the port" {
	local old=$ROOT/tests/fixtures/README-0.1.0.md port
	cp "$ROOT/tests/fixtures/image/420.jpg" photo.jpg
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	sed -n '/^## Over HTTP/,/^## On AWS/s/^    \$ //p' "$old" |
	    sed "s/^tq-serve /&--listen 127.0.0.1:$port /; s/8080/$port/" >lines
	has_lines 3 lines
	{
		echo 'set -e; trap '"'kill \$(jobs -p); wait'"' EXIT'
		sed 's/^curl/until curl -s -o x http:\/\/127.0.0.1:'"$port"'\/health; do sleep 0.1; done; curl/' lines
	} >session
	exits 0 timeout 60 bash session 3>&-
	jq -e '.status == "COMPLETED" and (.outputUrl | length > 0)' <out
}

# The third column of SECURITY.md's last table: FILE: "part of a test's name".
@test "every test that SECURITY.md names is there" {
	local root=$BATS_TEST_DIRNAME/../.. file name n=0
	while IFS=$'\t' read -r file name; do
		n=$((n + 1))
		case $file in
		*.c) file=$root/tests/unit/$file ;;
		*) file=$root/tests/cli/$file ;;
		esac
		tr -d '\n\t' <"$file" | sed 's/" *"//g' | grep -qF -e "$name" || {
			echo "$file has no test \"$name\""
			return 1
		}
	done < <(sed -n 's/^|.*| \([a-z_-]*\.\(bats\|c\)\): "\(.*\)" |$/\1\t\3/p' \
	    "$root/SECURITY.md")
	[ "$n" -eq "$(grep -c '^|.*|.*|.*|.*" |$' "$root/SECURITY.md")" ]
	[ "$n" -gt 20 ]
}
