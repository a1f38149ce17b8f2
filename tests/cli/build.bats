#!/usr/bin/env bats
# The build, and the places that say what it needs.
# bats file_tags=sqlite

load helper

TOP=$BATS_TEST_DIRNAME/../..
unset NO_DEPS

# plain_make ARGUMENTS: as a user calls it, with a compiler that warns anew.
plain_make() {
	echo '#warning planted' >warns.h
	env -u MAKEFLAGS -u MFLAGS -u DEV make -s -j2 NO_DEPS=1 BUILD="$PWD/b" \
	    -C "$TOP" CFLAGS="-O1 -include $PWD/warns.h" "$@"
}

@test "a warning stops no build but a developer's" {
	plain_make "$PWD/b/obj/lib/util/crc.o" 2>err
	grep -q planted err
	test -s b/obj/lib/util/crc.o
	touch warns.h
	run ! plain_make "$PWD/b/obj/lib/util/hash.o" DEV=1
	[[ $output == *error*planted* ]]
	for goal in all install demo check; do
		plain_make -n "$goal" >commands
		grep -q -- -Wall commands
		run ! grep -- -Werror commands
	done
	for goal in tests check-fast lint; do
		plain_make -n "$goal" | grep -q -- -Werror
	done
}

# flagged ARGUMENTS: make one object as if for the first time, or again.
flagged() {
	env -u MAKEFLAGS -u MFLAGS -u DEV make -s NO_DEPS=1 BUILD="$PWD/b" \
	    -C "$TOP" CFLAGS=-O1 "$PWD/b/obj/lib/util/crc.o" "$@"
}

@test "other flags build anew, the same ones and a stricter compiler do not" {
	flagged
	flagged -q
	flagged -q DEV=1
	flagged -q CC="ccache gcc"
	for other in CFLAGS=-O2 VERSION=9 LDFLAGS=-Wl,-O1 HARDEN= CC=other; do
		run -1 flagged -q "$other"
	done
	flagged CFLAGS=-O2
	run -1 flagged -q
	flagged -q CFLAGS=-O2
}

@test "check-fast has cases of each tool, and all unit tests" {
	KIND=fast LIST=1 "$TOP/tests/run" "$TQ_BUILD" >jobs
	for tool in "$TOP"/cmd/*; do
		grep -qx "cli/${tool##*/}" jobs
	done
	[ "$(grep -c ^unit/ jobs)" -eq "$(find "$TQ_BUILD/tests" -name 'test_*' | wc -l)" ]
	grep -qx store/sqlite jobs
	for tool in work serve; do
		run -0 bats --count --filter-tags fast "$TOP/tests/cli/tq-$tool.bats"
		[ "$output" -ge 10 ] && [ "$output" -le 25 ]
	done
}

@test "no tool has more of OpenSSL in it than digests" {
	for tool in submit status work serve dlq ctl; do
		nm "$TQ_BUILD/tq-$tool" >symbols
		grep -q ' SHA256_Update$' symbols
		run ! grep -m 1 ' EVP_' symbols
	done
}

# bats test_tags=long
@test "with a warning in every file it is installed" {
	plain_make install DESTDIR="$PWD/there" PREFIX=/usr 2>err
	[ "$(grep -c 'warning.*planted' err)" -ge 100 ]
	there/usr/bin/tq-submit x
	TQ_STORE=$TQ_STORE there/usr/bin/tq-status --summary | grep -q x
}

# deps_on NAME TOOLS ARGUMENTS...: scripts/deps where there are only these.
deps_on() {
	local name=$1 tool
	mkdir "$name"
	for tool in $2; do
		ln -s "$(command -v "$tool")" "$name/$tool"
	done
	shift 2
	PATH=$PWD/$name /bin/sh "$TOP/scripts/deps" "$@"
}

# fake NAME TOOL: a TOOL for deps_on, by what is read.
fake() {
	mkdir -p "$1"
	{
		echo '#!/bin/sh'
		cat
	} >"$1/$2"
	chmod +x "$1/$2"
}

@test "without dpkg the packages are named as others name them" {
	deps_on elsewhere "cat" check 2>said
	for word in pkg-config: dnf: apk: pacman:; do
		grep -q "$word" said
	done
	# Each name of pkg-config is one, where Debian has its file.
	sed -n '/pkg-config/,/libunistring/p' said | tr -s ' \t' '\n' |
	    grep -xE 'sqlite3|lib[a-z0-9-]*|spng|expat|zlib|lcms2|stb' |
	    sort -u | grep -v libunistring >names
	[ "$(wc -l <names)" -ge 14 ]
	find /usr/lib /usr/share -path '*/pkgconfig/*.pc' | sed 's,.*/,,; s,\.pc$,,' |
	    sort -u >there
	[ -z "$(comm -23 names there | tee missing)" ] || { cat missing; false; }
	# And each library that is linked is named for each of them.
	for manager in dnf apk pacman; do
		sed -n "/$manager:/,/^    [a-z]*:/p" said >"$manager"
		for lib in sqlite cjson openssl spng jpeg seccomp unistring curl expat \
		    zlib microhttpd lcms2 gif heif tiff webp stb; do
			[[ $(<"$manager") == *"$lib"* ]] || {
				echo "no $lib for $manager"
				false
			}
		done
	done
}

@test "a package is taken by the name that this system has for it" {
	fake ubuntu id <<<'echo 0'
	fake ubuntu dpkg-query <<<'echo not-installed'
	fake ubuntu apt-cache <<-'END'
		case $2 in
		libjpeg62-turbo-dev | libheif-plugin-*) exit 1 ;;
		esac
	END
	fake ubuntu apt-get <<<'echo "$*" >>"$LOG"'
	ln -s "$(command -v tr)" "$(command -v cat)" ubuntu
	LOG=$PWD/log PATH=$PWD/ubuntu /bin/sh "$TOP/scripts/deps" check 2>said
	grep -q '^install .* libjpeg-turbo8-dev ' log
	run ! grep -E 'libjpeg62|libheif-plugin|[|?]' log
}

@test "who may install nothing is told what to run" {
	fake poor id <<<'echo 1000'
	fake poor sudo <<<'exit 1'
	fake poor dpkg-query <<<'echo not-installed'
	fake poor apt-cache <<<'exit 0'
	ln -s "$(command -v tr)" "$(command -v cat)" poor
	PATH=$PWD/poor exits 69 /bin/sh "$TOP/scripts/deps" build
	says 'sudo apt-get install -y -q --no-install-recommends gcc '
	PATH=$PWD/poor NO_DEPS=1 /bin/sh "$TOP/scripts/deps" build
}

@test "the module of the aws store has no other store in it" {
	command -v nm >/dev/null || skip "nm is not installed"
	# Where SQLite is linked statically, nothing exports it to a module.
	nm -D "$TQ_BUILD/tq-net.so" >symbols
	grep -q curl_easy_init symbols
	run ! grep sqlite3_ symbols
}
