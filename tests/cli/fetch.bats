#!/usr/bin/env bats
# tests/cli/fetch.bats -- inputs at http: addresses, through tq-work.
#
# The server (tests/net/net_server.h) is on 127.0.0.1, 127.0.0.2 and ::1, and
# says what has reached it.  The limits of lib/net have tests of their own
# (test_net_fetch).
# shellcheck shell=bash disable=SC2154,SC2030,SC2031

load helper

# A program of the build, or compiled here where a build lacks it.
net_server() {
	local bin=$TQ_BUILD/tests/net_server
	if [ ! -x "$bin" ]; then
		bin=$BATS_FILE_TMPDIR/net_server
		gcc -D_GNU_SOURCE -o "$bin" \
		    "$BATS_TEST_DIRNAME/../net/net_server.c" || return 1
	fi
	"$bin" >server.out 2>/dev/null 3>&- &
	started+=($!)
	wait_until 10 grep -q . server.out
	port=$(head -1 server.out)
}

# arrived LINE: how often did the server see it?
arrived() {
	grep -cxF -e "$1" server.out || true
}

# hostile PATH: the 19 addresses of this host, its network and its cloud.
hostile() {
	local host
	for host in 127.0.0.1 2130706433 0x7f.1 0177.0.0.1 127.1 0 localhost \
	    '[::1]' '[::ffff:127.0.0.1]' '[::ffff:169.254.169.254]' \
	    169.254.169.254 '[64:ff9b::7f00:1]' '[2002:7f00:1::]' \
	    '[fd00:ec2::254]' 100.100.100.200 10.0.0.1 172.16.0.1 \
	    192.168.0.1 '[fe80::1]'; do
		printf 'http://%s:%s%s\n' "$host" "$port" "$1"
	done
}

# no CMD...: it must fail (a bare "!" is not looked at by bats).
no() {
	if "$@"; then
		echo "should have failed: $*"
		return 1
	fi
}

# reason ID: its failureReason.
reason() {
	tq-status --json "$1" |
	    sed -n 's/.*"failureReason":"\(\([^"\\]\|\\.\)*\)".*/\1/p'
}

@test "an input at a URL is fetched before the handler starts" {
	net_server
	id=$(tq-submit take --input "http://127.0.0.1:$port/ok/100000")
	# shellcheck disable=SC2016
	tq-work --on take='cat; wc -c <"$TQ_INPUT" >&2' --drain \
	    --allow-net 127.0.0.0/8
	tq-status --result "$id" >got
	[ "$(wc -c <got)" -eq 100000 ]
	[ "$(head -c 26 got)" = abcdefghijklmnopqrstuvwxyz ]
	[ "$(tq-status --log "$id")" = 100000 ]
	[ "$(arrived "GET /ok/100000")" -eq 1 ]
}

@test "a command gets an input of any size, others what they can take" {
	net_server
	tq-submit take --id take --input "http://127.0.0.1:$port/ok/70000000"
	tq-submit text.transform --id text.transform \
	    --input "http://127.0.0.1:$port/ok/70000000"
	exits 1 tq-work --on take='wc -c <"$TQ_INPUT"' --builtin --drain \
	    --allow-net 127.0.0.1
	[ "$(tq-status --result take)" = 70000000 ]
	reason text.transform | grep -F 'over the limit of 16777216 bytes'
}

@test "where there is no room for an input, its task waits and loses nothing" {
	net_server
	tq-submit take --id take --max-attempts 1 \
	    --input "http://127.0.0.1:$port/ok/70000000"
	(
		ulimit -f 20000
		exits 0 tq-work --on take=cat --drain --allow-net 127.0.0.1
	)
	says "can't write what was fetched"
	says 'such tasks wait, with no attempt used'
	status_is take PENDING
	tq-status --json take | grep -F '"attempts":0,'
	[ "$(arrived 'GET /ok/70000000')" -eq 1 ]
}

@test "a redirect is followed, and a second hole opened" {
	net_server
	id=$(tq-submit take --input \
	    "http://127.0.0.1:$port/redirect?http://127.0.0.2:$port/ok/3")
	tq-work --on take=cat --drain --allow-net 127.0.0.1 \
	    --allow-net 127.0.0.2/32
	[ "$(tq-status --result "$id")" = abc ]
}

@test "text.transform and stream handlers take such inputs too" {
	net_server
	text=$(tq-submit text.transform --input "HTTP://127.0.0.1:$port/ok/4")
	stream=$(tq-submit s --input "http://127.0.0.1:$port/ok/5")
	cat >stream.sh <<-'END'
		while IFS= read -r line; do
			path=${line#*'"inputFile":"'}
			printf '{"ok":true,"result":"%s"}\n' "$(cat "${path%%'"'*}")"
		done
	END
	tq-work --builtin --stream s='sh stream.sh' --drain \
	    --allow-net 127.0.0.0/8
	tq-status --result "$text" | grep -F '"upper":"ABCD"'
	[ "$(tq-status --result "$stream")" = '"abcde"' ]
}

@test "the 19 hostile addresses are refused before a byte is sent" {
	net_server
	hostile '/ok/5?signature=secret' |
	    tq-submit take --each=input >ids
	has_lines 19 ids
	exits 1 tq-work --on take=cat --drain
	while read -r id; do
		status_is "$id" FAILED
		reason "$id" >why
		grep -F 'refused: ' why
		grep -F 'fetch' why
		no grep -F secret why
		tq-status --json "$id" | grep -F '"attempts":1,'
	done <ids
	no grep -F secret err
	[ "$(arrived connect)" -eq 0 ]
}

@test "redirects to them are refused, with both addresses named" {
	net_server
	hostile /ok/5 |
	    sed "s|^|http://127.0.0.2:$port/redirect?|" |
	    tq-submit take --each=input >ids
	exits 1 tq-work --on take=cat --drain --allow-net 127.0.0.2
	while read -r id; do
		status_is "$id" FAILED
		reason "$id" | grep -F "127.0.0.2:$port/redirect -> http://"
	done <ids
	# The nineteen that redirect, and nothing behind them.
	[ "$(arrived connect)" -eq 19 ]
	no grep -q '^GET /ok' server.out
}

@test "proxies of the environment are neither used nor a way around" {
	net_server
	for v in http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY \
	    all_proxy; do
		export $v="http://127.0.0.1:$port"
	done
	tq-submit take --input http://169.254.169.254/latest/meta-data/ >ids
	tq-submit take --input https://10.0.0.1/ >>ids
	exits 1 tq-work --on take=cat --drain --allow-net 127.0.0.0/8
	[ "$(arrived connect)" -eq 0 ]
	id=$(tq-submit take --input "http://127.0.0.2:$port/ok/3")
	tq-work --on take=cat --drain --allow-net 127.0.0.2
	[ "$(tq-status --result "$id")" = abc ]
	[ "$(arrived 'GET /ok/3')" -eq 1 ]
}

@test "other protocols and passwords are refused in redirects too" {
	net_server
	for to in file:///etc/passwd gopher://127.0.0.1/ ftp://127.0.0.1/ \
	    "http://me:secret@127.0.0.1:$port/ok/5"; do
		tq-submit take --input \
		    "http://127.0.0.1:$port/redirect?$to"
	done >ids
	exits 1 tq-work --on take=cat --drain --allow-net 127.0.0.0/8
	while read -r id; do
		status_is "$id" FAILED
		reason "$id" >why
		no grep -F secret why
	done <ids
	no grep -q '^GET /ok' server.out
}

@test "404 is dead at once, 503 is tried again when the server says" {
	net_server
	gone=$(tq-submit take --input "http://127.0.0.1:$port/status/404?x")
	busy=$(tq-submit take --input "http://127.0.0.1:$port/status/503?3600")
	exits 1 tq-work --on take=cat --drain --allow-net 127.0.0.0/8
	status_is "$gone" FAILED
	reason "$gone" | grep -F "http://127.0.0.1:$port/status/404: HTTP 404"
	status_is "$busy" RETRYING
	[ "$(arrived 'GET /status/503?3600')" -eq 1 ]
	# In an hour, where the backoff alone would be a second.
	due=$(tq-status --json "$busy" | sed 's/.*"notBefore":"\([^"]*\)".*/\1/')
	[ "$(($(date -d "$due" +%s) - $(date +%s)))" -gt 3000 ]
}

@test "a body without end stops at the cap, and its file is gone" {
	net_server
	for bomb in chunked-endless te-bomb; do
		tq-submit text.transform \
		    --input "http://127.0.0.1:$port/$bomb"
	done >ids
	mkdir tmp
	TMPDIR=$PWD/tmp exits 1 tq-work --drain --allow-net 127.0.0.0/8
	{ read -r endless; read -r bomb; } <ids
	reason "$endless" | grep -F 'over the limit of 16777216 bytes'
	# Later versions of libcurl refuse what was not asked for.
	reason "$bomb" |
	    grep -E 'over the limit of 16777216 bytes|Transfer-Encoding'
	status_is "$bomb" FAILED
	[ -z "$(ls -A tmp)" ]
}

@test "a fetch ends with the task's timeout, and with the worker" {
	net_server
	id=$(tq-submit take --timeout 1s --max-attempts 1 \
	    --input "http://127.0.0.1:$port/slow-header")
	exits 1 tq-work --on take=cat --drain --allow-net 127.0.0.0/8
	tq-status --json "$id" | grep -F '"stage":"timeout"'
	id=$(tq-submit take --input "http://127.0.0.1:$port/drip")
	tq-work --on "take=: $BATS_TEST_TMPDIR; cat" --grace 100ms \
	    --allow-net 127.0.0.0/8 &
	worker=$!
	started+=("$worker")
	wait_until 10 grep -qx 'GET /drip' server.out
	pgrep -f "take=: $BATS_TEST_TMPDIR;" >before
	[ "$(wc -l <before)" -eq 3 ]	# worker, spawner, fetcher
	fetcher=$(sort -n before | tail -1)
	grep -q '^Seccomp:[[:space:]]*2' "/proc/$fetcher/status"
	grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$fetcher/status"
	kill -TERM "$worker"
	wait "$worker"
	[ "$(tq-status --columns status "$id")" != RUNNING ]
	wait_until 10 no pgrep -f "take=: $BATS_TEST_TMPDIR;"
}

@test "--allow-net takes ranges of addresses, and says what is wrong" {
	exits 2 tq-work --drain --allow-net localhost
	says 'localhost'
	exits 2 tq-work --drain --allow-net 10.1.0.0/8
	says '10.0.0.0/8'
	exits 2 tq-work --drain --allow-net 10.0.0.0/33
	exits 0 tq-work --drain --allow-net fd00::/8 --allow-net 10.1.2.3
}

@test "no tool is linked with libcurl; only a task at a URL loads it" {
	for tool in tq-submit tq-status tq-work tq-dlq tq-ctl; do
		ldd "$TQ_BUILD/$tool" >needs
		no grep -F libcurl needs
	done
	net_server
	tq-submit take --input "http://127.0.0.1:$port/slow-header"
	tq-work --on "take=: $BATS_TEST_TMPDIR; cat" --grace 100ms \
	    --allow-net 127.0.0.0/8 &
	started+=($!)
	wait_until 10 grep -qx 'GET /slow-header' server.out
	pgrep -f "take=: $BATS_TEST_TMPDIR;" >pids
	[ "$(wc -l <pids)" -eq 3 ]	# worker, spawner, fetcher
	# The map of one that talks to strangers is for root only (grep: 2).
	n=0
	while read -r pid; do
		code=0
		grep -qs libcurl "/proc/$pid/maps" || code=$?
		if [ "$code" -ne 1 ]; then n=$((n + 1)); fi
		[ "$(id -u)" -ne 0 ] || [ "$code" -ne 2 ]
	done <pids
	[ "$n" -eq 1 ]
}

# A server by TLS on 127.0.0.1 at $port, with a certificate of an authority of
# our own (ca.pem), serving the files of this folder.
tls_server() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -keyout ca.key -out ca.pem -days 2 \
	    -subj /CN=authority 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	    -keyout own.key -out own.csr -subj /CN=127.0.0.1 2>/dev/null
	printf 'subjectAltName=IP:127.0.0.1\n' >ext
	openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days 2 -extfile ext -out own.pem 2>/dev/null
	openssl s_server -accept 127.0.0.1:0 -cert own.pem -key own.key -WWW \
	    >tls.out 2>&1 3>&- &
	started+=($!)
	wait_until 10 grep -q '^ACCEPT' tls.out
	port=$(sed -n 's/^ACCEPT.*:\([0-9]*\).*/\1/p' tls.out | head -1)
}

@test "https: is checked against the system's authorities, behind the sandbox" {
	unshare -rm true 2>/dev/null || skip "no namespace of mounts of our own"
	system=/etc/ssl/certs/ca-certificates.crt
	[ -e "$system" ] || skip "no $system"
	seq 1000 >page
	tls_server
	tq-submit take --id known --input "https://127.0.0.1:$port/page"
	unshare -rm sh -c 'mount --bind ca.pem "$1" && shift && exec "$@"' - \
	    "$system" tq-work --on take=cat --drain --allow-net 127.0.0.1
	tq-status --result known | cmp - page
	tq-submit take --id stranger --max-attempts 1 \
	    --input "https://127.0.0.1:$port/page"
	exits 1 tq-work --on take=cat --drain --allow-net 127.0.0.1
	reason stranger | grep -i certificate
}
