#!/usr/bin/env bats
# Whose requests are they?  Each credential provider against a fake of what it
# asks (tests/aws/creds-fakes.mjs), which checks every signature on its way to
# the stand-ins; expiry and trouble in the middle of the work; and that no
# secret is to be found where it does not belong.  All of them contain HUSH.

load helper
load standins

FAKES_JS=$BATS_TEST_DIRNAME/../aws/creds-fakes.mjs

setup_file() {
	standins_start
}

# The fakes of this test in ./fake; no credentials yet.
eval "standins_$(declare -f setup)"
setup() {
	standins_setup
	mkdir fake
	"$TQ_TEST_NODE" "$FAKES_JS" "$PWD/fake" >fake.err 2>&1 3>&- &
	started+=($!)
	wait_until 60 test -e fake/env
	. fake/env
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	export AWS_CONFIG_FILE=$PWD/config
	export AWS_SHARED_CREDENTIALS_FILE=$PWD/credentials
}

# works_as KEYS: a task is submitted and done, and every request that reached
# the store was signed by a key that matches the regular expression.
works_as() {
	local id
	id=$(tq-submit text.transform '"x"')
	exits 0 tq-work --drain
	status_is "$id" COMPLETED
	grep -q '^store sqs .* ok$' fake/log
	grep -q '^store dynamodb .* ok$' fake/log
	run ! grep -qvE "^store [^ ]+ [^ ]+ [^ ]+ ($1) ok\$" \
	    <(grep '^store ' fake/log)
}

# In the profile that counts.
profile() {
	export AWS_PROFILE=me
	{
		echo '[profile me]'
		cat
	} >>config
}

keys_of() {
	echo "aws_access_key_id = $1"
	echo "aws_secret_access_key = HUSH-secret-$1"
}

env_keys() {
	export AWS_ACCESS_KEY_ID=$1 AWS_SECRET_ACCESS_KEY=HUSH-secret-$1
}

container() {
	export AWS_CONTAINER_CREDENTIALS_FULL_URI=$FAKES/container
	export AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=$PWD/fake/container-token
	# It is sent as it stands in the file: no line feed.
	printf HUSH-container >fake/container-token
}

imds() {
	unset AWS_EC2_METADATA_DISABLED
	export AWS_EC2_METADATA_SERVICE_ENDPOINT=$FAKES
	# The default is one try of one second, which a busy machine may need.
	export AWS_METADATA_SERVICE_TIMEOUT=30
}

# The files that `aws sso login' leaves, with a token that ends at $1.
sso() {
	profile <<-'X'
	sso_session = corp
	sso_account_id = 123456789012
	sso_role_name = Dev
	[sso-session corp]
	sso_region = us-east-1
	sso_start_url = https://corp.example/start
	X
	mkdir -p .aws/sso/cache
	# SHA-1 of "corp".
	cache=.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json
	cat >"$cache" <<-X
	{"startUrl": "https://corp.example/start", "region": "us-east-1",
	"accessToken": "HUSH-sso-0", "expiresAt": "$1",
	"clientId": "id", "clientSecret": "HUSH-client",
	"registrationExpiresAt": "$(date -u -d '+30 days' +%FT%TZ)",
	"refreshToken": "HUSH-refresh-0"}
	X
}

# A program that asks the fake, as a credential_process would its own.
process() {
	cat >helper <<-X
	#!/bin/bash
	exec 3<>/dev/tcp/127.0.0.1/${FAKES##*:}
	printf 'GET /process HTTP/1.0\r\n\r\n' >&3
	sed '1,/^\r\$/d' <&3
	X
	chmod +x helper
	profile <<<"credential_process = \"$PWD/helper\" --for 'some one'"
}

# -- each provider -----------------------------------------------------------

@test "keys from the environment" {
	env_keys AKENV
	profile < <(keys_of AKCONFIG)
	works_as AKENV
}

@test "keys of a profile: the credentials file before the config file" {
	profile < <(keys_of AKCONFIG)
	works_as AKCONFIG
	{ echo '[me]'; keys_of AKFILE; } >credentials
	: >fake/log
	works_as AKFILE
}

@test "a role, by the keys of a profile that has a role of its own" {
	{ echo '[base]'; keys_of AKBASE; } >credentials
	profile <<-'X'
	role_arn = arn:last
	source_profile = middle
	[profile middle]
	role_arn = arn:first
	source_profile = base
	X
	works_as 'AKSTS[0-9]*[02468]'
	# By base, signed; then by what that gave.
	sed -n 's/^sts //p' fake/log >asked
	[ "$(sed -n 1p asked)" = "AssumeRole arn:first by AKBASE ok" ]
	[ "$(sed -n 2p asked)" = "AssumeRole arn:last by AKSTS1 ok" ]
}

@test "a role, by credential_source" {
	env_keys AKENV
	profile <<-'X'
	role_arn = arn:me
	credential_source = Environment
	X
	# The environment's own keys come before any profile; that is the
	# SDKs' order too.
	works_as AKENV
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	container
	sed -i 's/Environment/EcsContainer/' config
	: >fake/log
	works_as 'AKSTS[0-9]+'
	grep -qE '^sts AssumeRole arn:me by AKCONTAINER[0-9]+ ok$' fake/log
	imds
	sed -i 's/EcsContainer/Ec2InstanceMetadata/' config
	: >fake/log
	works_as 'AKSTS[0-9]+'
	grep -qE '^sts AssumeRole arn:me by AKIMDS[0-9]+ ok$' fake/log
}

@test "web identity: not signed, the token read anew each time" {
	export AWS_WEB_IDENTITY_TOKEN_FILE=$PWD/token AWS_ROLE_ARN=arn:web
	echo HUSH-web-1 | tee token >fake/web-token
	works_as 'AKSTS[0-9]+'
	run ! grep -qv 'AssumeRoleWithWebIdentity arn:web by - unsigned$' \
	    <(grep '^sts' fake/log)
	echo HUSH-web-2 | tee token >fake/web-token
	works_as 'AKSTS[0-9]+'
	rm token
	exits 78 tq-submit x
	says "$PWD/token"
	has_lines 1 err
}

@test "SSO: the token that aws sso login left" {
	sso "$(date -u -d '+8 hours' +%FT%TZ)"
	works_as 'AKSSO[0-9]+'
	grep -q '^sso Dev in 123456789012$' fake/log
	run ! grep -q oidc fake/log
}

@test "SSO: a token that has ended is renewed, in its file" {
	sso "$(date -u -d '-1 hour' +%FT%TZ)"
	chmod 644 "$cache"
	works_as 'AKSSO[0-9]+'
	# Once: the next tool found the new one.
	[ "$(grep -c '^oidc CreateToken ok$' fake/log)" -eq 1 ]
	[ "$(stat -c %a "$cache")" = 600 ]
	grep -q '"accessToken":"HUSH-sso-1"' "$cache"
	grep -q '"refreshToken":"HUSH-refresh-1"' "$cache"
	[ "$(find .aws/sso/cache -type f | wc -l)" -eq 1 ]
	# Spent and ended: there is one thing to do.
	sso "$(date -u -d '-1 hour' +%FT%TZ)"
	exits 4 tq-submit x
	says 'aws sso login --profile me'
	has_lines 1 err
}

@test "credential_process: run without a shell" {
	process
	works_as 'AKPROCESS[0-9]+'
}

@test "container: the token is read from its file each time" {
	container
	works_as 'AKCONTAINER[0-9]+'
	printf HUSH-changed >fake/container-token
	works_as 'AKCONTAINER[0-9]+'
}

@test "instance: credentials and region from metadata, version 2" {
	unset AWS_REGION
	imds
	works_as 'AKIMDS[0-9]+'
	run ! grep -qvE '^store [^ ]+ us-east-1 ' <(grep '^store ' fake/log)
	grep -q '^asked imds PUT ok$' fake/log
}

@test "instance: hidden, hop limit, no role, version 1 only: exit 4" {
	imds
	unset AWS_METADATA_SERVICE_TIMEOUT
	for mode in 404 403 hang drip down; do
		echo "$mode" >fake/imds.mode
		exits 4 timeout 120 tq-submit x
		says 'none found'
		has_lines 1 err
	done
	rm fake/imds.mode
	export AWS_METADATA_SERVICE_TIMEOUT=30
	# An error with status 200.
	echo AssumeRoleUnauthorizedAccess >fake/imds.code
	exits 4 tq-submit x
	says 'AssumeRoleUnauthorizedAccess: EC2 cannot assume the role'
	has_lines 1 err
	unset AWS_REGION
	echo 404 >fake/imds.mode
	exits 78 tq-submit x
	says AWS_REGION
	has_lines 1 err
}

@test "login_session: refused, with what works instead" {
	profile <<<'login_session = arn:aws:iam::1:user/me'
	exits 78 tq-submit x
	says 'aws configure export-credentials --profile me'
	has_lines 1 err
}

# -- time goes by ------------------------------------------------------------

# issued N KIND: has the fake given out so many by now?
issued() {
	[ "$(grep -c "^issued $2 " fake/log)" -ge "$1" ]
}

# A handler that waits in its task until the file exists.
until_exists() {
	echo "until [ -e '$PWD/$1' ]; do sleep 0.1; done"
}

@test "credentials that expire again and again during the work" {
	container
	echo 1 >fake/life
	id=$(tq-submit long)
	tq-work --on "long=$(until_exists go)" --on short=true --lease 5s \
	    --max-tasks 11 2>work.err 3>&- &
	pid=$!
	wait_until 60 issued 5 container
	seq 10 | tq-submit short --each >/dev/null
	touch go
	wait "$pid"
	status_is "$id" COMPLETED
	[ "$(tq-status --list -S COMPLETED | wc -l)" -eq 11 ]
	# The service refuses 5 s after their end; none came so late.
	run ! grep -q 'expired$' fake/log
	[ "$(grep '^store' fake/log | grep -oE ' AKCONTAINER[0-9]+ ' |
	    sort -u | wc -l)" -ge 4 ]
	run ! grep -q credentials work.err
}

@test "no new credentials for a while: the work waits and goes on" {
	container
	echo 2 >fake/life
	id=$(tq-submit long)
	tq-work --on "long=$(until_exists go)" --lease 20s --once \
	    2>work.err 3>&- &
	pid=$!
	wait_until 60 status_is "$id" RUNNING
	echo 500 >fake/container.mode
	wait_until 60 grep -q 'trying again' work.err
	rm fake/container.mode
	wait_until 60 grep -q 'answers again' work.err
	touch go
	wait "$pid"
	status_is "$id" COMPLETED
	[ "$(tq-status --columns attempts "$id")" = 1 ]
	grep -q 'container credentials: .*HTTP 500' work.err
}

@test "the provider is down: exit 4, one line that names it" {
	container
	for mode in 500 down; do
		echo "$mode" >fake/container.mode
		exits 4 tq-submit x
		says 'container credentials: '
		has_lines 1 err
		exits 4 tq-status --list
		has_lines 1 err
	done
	rm fake/container.mode
	works_as 'AKCONTAINER[0-9]+'
}

@test "a provider that sends a byte a second is given up after seconds" {
	container
	echo drip >fake/container.mode
	exits 4 timeout 120 tq-submit x
	says 'container credentials: '
	says 'bytes received'
	has_lines 1 err
}

# bats test_tags=long
@test "a credential_process that writes a byte a second is ended after a minute" {
	cat >helper <<-'X'
	#!/bin/sh
	echo $$ >helper.pid
	while printf ' '; do sleep 1; done
	X
	chmod +x helper
	profile <<<"credential_process = $PWD/helper"
	exits 4 timeout 300 tq-submit x
	says 'helper: still running after a minute'
	has_lines 1 err
	wait_until 10 has_ended "$(cat helper.pid)"
}

@test "the service calls them expired: new ones, once, and again the request" {
	container
	id=$(tq-submit revoke)
	# All that were given out by then.
	cat >refuse <<-X
	#!/bin/sh
	grep -c '^issued' '$PWD/fake/log' >'$PWD/fake/refused-up-to'
	X
	chmod +x refuse
	exits 0 tq-work --once --on "revoke=./refuse"
	status_is "$id" COMPLETED
	[ "$(tq-status --columns attempts "$id")" = 1 ]
	old=$(cat fake/refused-up-to)
	grep -qE "^store .* AKCONTAINER$old expired\$" fake/log
	grep -qE "^store .* AKCONTAINER$((old + 1)) ok\$" fake/log
	# Those that are always refused are not asked for for ever.
	echo 1000 >fake/refused-up-to
	: >fake/log
	exits 4 tq-submit x
	says expired
	has_lines 1 err
	[ "$(grep -c '^issued' fake/log)" -le 4 ]
}

# -- nobody hears of them ----------------------------------------------------

quiet_about_secrets() {
	run ! grep -rl HUSH "$@"
}

# rotated N: of N tasks, the keys are others from the first one on.
rotated() {
	profile < <(keys_of AKCONFIG)
	seq "$1" | tq-submit n --each=text >/dev/null
	tq-work --on "n=echo \"\$(cat)\" >>'$PWD/ran'" --drain \
	    2>work.err 3>&- &
	pid=$!
	wait_until 60 grep -q . ran
	sed 's/AKCONFIG/AKNEW/' config >config.new
	mv config.new config
	echo AKCONFIG >fake/deleted
	wait "$pid"
	grep -q '^store .* AKCONFIG deleted$' fake/log
	grep -q '^store .* AKNEW ok$' fake/log
	sort -n ran | cmp - <(seq "$1")
	[ "$(tq-status --list -S COMPLETED --limit 1000 | wc -l)" -eq "$1" ]
}

@test "keys rotated in the middle of the work: each task is run once" {
	rotated 60
	# The old ones are all that there is: it is said.
	echo AKNEW >fake/deleted
	exits 4 tq-submit x
	has_lines 1 err
}

# bats test_tags=long
@test "keys rotated in the middle of 500 tasks: nothing is run twice or lost" {
	rotated 500
}

@test "no secret in what the tools say, however much they say" {
	export TQ_TRACE=all
	profile <<-'X'
	role_arn = arn:me
	source_profile = me
	X
	keys_of AKCONFIG >>config
	{
		tq-ctl init -vv
		tq-ctl doctor -vv || true
		id=$(tq-submit text.transform '"x"' -vv)
		dead=$(tq-submit simulate '{"seconds":0,"failure_rate":1}' \
		    --max-attempts 1 -vv)
		tq-work --drain -vv --log-format json || true
		tq-status --json -vv "$id"
		tq-status --why -vv "$id"
		tq-status --list -vv
		tq-dlq list -vv
		tq-dlq redrive "$dead" -vv
		tq-ctl sweep -vv
		tq-ctl pause default -vv
		tq-ctl resume default -vv
		# And when the service refuses.
		echo 1000000 >fake/refused-up-to
		tq-submit x -vv || true
		tq-work --drain -vv || true
	} >said 2>&1
	grep -q 'credentials have expired' said
	quiet_about_secrets said
}

@test "no secret in the message about an answer that can't be read" {
	local provider
	for provider in container imds process sso web role; do
		rm -f config credentials
		unset AWS_PROFILE "${!AWS_CONTAINER@}" "${!AWS_WEB@}"
		export AWS_EC2_METADATA_DISABLED=true
		echo broken | tee fake/{container,process,sso,sts}.mode \
		    >fake/imds.mode
		case $provider in
		container) container ;;
		imds) imds && rm fake/imds.mode && echo broken >fake/imds.code ;;
		process) process ;;
		sso) sso "$(date -u -d '+8 hours' +%FT%TZ)" ;;
		web)
			export AWS_WEB_IDENTITY_TOKEN_FILE=$PWD/token \
			    AWS_ROLE_ARN=arn:web
			echo HUSH-web >token
			;;
		role)
			profile <<<$'role_arn = arn:me\nsource_profile = me'
			keys_of AKCONFIG >>config
			;;
		esac
		exits 4 tq-submit x
		has_lines 1 err
		quiet_about_secrets err
	done
	# Nor when a file of ours can't be read.
	printf '[me]\naws_access_key_id = x\nHUSH-secret\n' >credentials
	exits 78 tq-submit x
	says 'line 3'
	quiet_about_secrets err
	printf '{"accessToken": "HUSH' >"$cache"
	rm credentials config
	sso x
	exits 4 tq-submit x
	quiet_about_secrets err
}

@test "no secret on a command line, and a handler gets none that tq found" {
	process
	# All of our programs', while two of them run.
	# By its name: what may not be dumped shows its exe to root only.
	show='cd /proc && for p in [0-9]*; do'
	show+=' c=$(tr "\0" " " <$p/cmdline); case ${c%% *} in'
	show+=' tq-*|*/tq-*) echo "$c" ;; *) case $c in */helper*) echo "$c";;'
	show+=' esac; esac; done 2>/dev/null; env'
	id=$(tq-submit show)
	exits 0 tq-work --on "show=$show" --once
	tq-status --result "$id" >shown
	grep -q 'tq-work --on' shown
	grep -q '^TQ_TASK_ID=' shown
	quiet_about_secrets shown
}

# Can a core be found here at all?  Then it is in the folder of the process.
cores_are_files() {
	local pattern
	pattern=$(cat /proc/sys/kernel/core_pattern)
	[[ $pattern != [\|/]* ]] || skip "core_pattern is $pattern"
	ulimit -c unlimited 2>/dev/null || skip "no cores: ulimit -c"
}

# in_dir DIR CMD...: start a worker in DIR by CMD; once it has worked, its pid
# is in $pid, and the spawner's too.
in_dir() {
	local dir=$PWD/$1
	shift
	mkdir -m 777 "$dir"
	(cd "$dir" && exec "$@" tq-work --on "x=touch '$dir/ran'") \
	    >"$dir/err" 2>&1 3>&- &
	pid=$!
	started+=("$pid")
	wait_until 60 test -e "$dir/ran"
	pid="$pid $(cat "/proc/$pid/task/$pid/children")"
}

@test "no core of a process that has credentials" {
	cores_are_files
	env_keys AKENV
	# One that has no business with them: else we'd look for what nobody
	# makes.
	tq-submit --store "sqlite:$PWD/tq.db" x >/dev/null
	TQ_STORE=sqlite:$PWD/tq.db in_dir plain env
	kill -ABRT "${pid%% *}"
	wait "${pid%% *}" || true
	compgen -G 'plain/core*' >/dev/null || skip "no core is made here"
	tq-submit x >/dev/null
	in_dir aws env
	kill -ABRT "${pid%% *}"
	wait "${pid%% *}" || true
	[ -z "$(compgen -G 'aws/core*')" ]
}

@test "secret keys that have been replaced are not in memory any more" {
	local pid
	command -v gcore >/dev/null || skip "no gcore (gdb)"
	# Its shadow memory makes a dump of terabytes, and it keeps what is freed.
	! grep -q __asan_init "$TQ_BUILD/tq-work" ||
		skip "the address sanitizer keeps freed memory"
	container
	echo 1 >fake/life
	tq-submit long >/dev/null
	tq-work --on "long=$(until_exists go)" --lease 5s --once \
	    2>work.err 3>&- &
	pid=$!
	wait_until 60 issued 5 container
	# Those that come now stay, and are in use.
	echo 3600 >fake/life
	last() { sed -nE 's/^issued container (.*) 3600$/\1/p' fake/log; }
	in_use() { [ -n "$(last)" ] && grep -q "^store .* $(last) ok\$" fake/log; }
	wait_until 60 in_use
	# For root, or with the capability, an undumpable process is no secret.
	gcore -o dump "$pid" >gcore.out 2>&1 || {
		touch go
		wait "$pid"
		skip "gcore may not look into a process here"
	}
	# The one in use; it is there, so that we know that we'd see others.  A
	# request that began with the one before it may be on its way still.
	alone() {
		gcore -o dump "$pid" >gcore.out 2>&1
		grep -aoE 'HUSH-secret-AKCONTAINER[0-9]+' "dump.$pid" | sort -u >found
		[ "$(cat found)" = "HUSH-secret-$(last)" ]
	}
	wait_until 20 alone || {
		cat found
		return 1
	}
	touch go
	wait "$pid"
}

# As root everything is root's: somebody else is needed to see it.
@test "the worker and its spawner are closed to others of the same user" {
	local cmd=(env) me p
	me=$(id -u)
	if [ "$me" -eq 0 ]; then
		command -v setpriv >/dev/null || skip "no setpriv(1)"
		me=65534
		cmd=(setpriv --reuid "$me" --regid "$me" --clear-groups)
		chmod o+x "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" \
		    "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/.."
		"${cmd[@]}" test -r "$PWD" -a -x "$TQ_BUILD/tq-work" ||
			skip "user $me can't get at the tools here"
	fi
	env_keys AKENV
	tq-submit x >/dev/null
	in_dir aws "${cmd[@]}"
	[ "$(wc -w <<<"$pid")" -eq 2 ]
	for p in $pid; do
		[ "$(stat -c %u "/proc/$p/environ")" -eq 0 ]
	done
}
