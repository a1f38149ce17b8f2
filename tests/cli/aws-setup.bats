#!/usr/bin/env bats
# tq-ctl init and doctor on the aws store, IAM policies, and the count of
# calls, against stand-ins; where moto_server is on the PATH, users who have
# those policies and nothing else.

load helper
load standins

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
NOBODY=http://127.0.0.1:9		# where nothing listens

setup_file() {
	moto_start
	standins_start
}

eval "standins_$(declare -f teardown_file)"
teardown_file() {
	"$STANDINS" stop "$BATS_FILE_TMPDIR/moto"
	standins_teardown_file
}

# -- moto: the only stand-in that knows permissions ---------------------------

# Its home is the one that it was installed for, so not a test's.
moto_start() {
	local dir=$BATS_FILE_TMPDIR/moto rc=0
	mkdir "$dir"
	INITIAL_NO_AUTH_ACTION_COUNT=9 "$STANDINS" moto "$dir" 2>"$dir/err" \
	    3>&- || rc=$?
	[ "$rc" -ne 77 ] || cp "$dir/err" "$dir/why"
	[ "$rc" -eq 0 ] || [ "$rc" -eq 77 ] || {
		cat "$dir/err" >&2
		return 1
	}
}

# iam ACTION [NAME=VALUE]...: one of the calls that moto lets pass unsigned.
iam() {
	local arg args=()
	for arg in Action="$1" Version=2010-05-08 "${@:2}"; do
		args+=(--data-urlencode "$arg")
	done
	curl -sS --fail-with-body --max-time 60 "${args[@]}" "$MOTO" \
	    -H 'Authorization: AWS4-HMAC-SHA256 Credential=x/20150830/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x'
}

# moto_user ROLE: who may do what that role's policy says, in ./ROLE.env.  moto
# knows no resources, and has actions of its own for batches and HeadBucket.
moto_user() {
	local key
	iam CreateUser UserName="$1" >/dev/null
	iam PutUserPolicy UserName="$1" PolicyName=p PolicyDocument="$(
		tq-ctl init --print-policy="$1" |
		    sed -E -e 's/"Resource": .*/"Resource": "*"/' \
		    -e 's/"sqs:(SendMessage|DeleteMessage|ChangeMessageVisibility)"/&, "sqs:\1Batch"/g' \
		    -e 's/"s3:ListBucket"/&, "s3:HeadBucket"/'
	)" >/dev/null
	key=$(iam CreateAccessKey UserName="$1")
	{
		sed -nE 's:.*<AccessKeyId>(.*)</AccessKeyId>.*:AWS_ACCESS_KEY_ID=\1:p' <<<"$key"
		sed -nE 's:.*<SecretAccessKey>(.*)</SecretAccessKey>.*:AWS_SECRET_ACCESS_KEY=\1:p' <<<"$key"
	} >"$1.env"
	has_lines 2 "$1.env"
}

# as ROLE CMD...: the command as that user.
as() {
	(
		set -a
		# shellcheck source=/dev/null # moto_user wrote it
		. "./$1.env"
		"${@:2}"
	)
}

# -- helpers --------------------------------------------------------------------

# attribute QUEUE NAME
attribute() {
	sqs GetQueueAttributes "$1" '"AttributeNames":["All"]' |
	    sed -nE "s/.*\"$2\":\"(([^\"\\\\]|\\\\.)*)\".*/\1/p"
}

# set_attribute QUEUE NAME VALUE
set_attribute() {
	sqs SetQueueAttributes "$1" "\"Attributes\":{\"$2\":\"$3\"}" >/dev/null
}

# everything: what there is of $NAME, tables, queues, objects' buckets.
everything() {
	call dynamodb DynamoDB_20120810.ListTables '{}'
	call sqs AmazonSQS.ListQueues "{\"QueueNamePrefix\":\"$NAME\"}"
	curl -sS "$AWS_ENDPOINT_URL_S3/" -H 'Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00' |
	    grep -oE '<Name>[^<]*</Name>'
}

# is_json <FILE: is it, as another parser sees it?
is_json() {
	"${TQ_TEST_NODE:-node}" -e 'JSON.parse(require("fs").readFileSync(0))'
}

# aws SERVICE OPERATION ...: what the printed commands need of Amazon's tool.
aws() {
	[[ " $* " == *' --region us-east-1 '* ]] || return 1
	case "$1 $2" in
	's3api create-bucket')
		curl -sS --fail -X PUT "$AWS_ENDPOINT_URL_S3/$6" -H 'Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00' ;;
	'dynamodb wait') : ;;
	'dynamodb update-time-to-live') : ;;	# dynalite has none
	dynamodb*) call dynamodb "DynamoDB_20120810.$(camel "$2")" "$6" ;;
	sqs*) call sqs "AmazonSQS.$(camel "$2")" "$6" ;;
	*) return 1 ;;
	esac >/dev/null
}

camel() {
	sed -E 's/(^|-)([a-z])/\u\2/g' <<<"$1"
}

# -- init ----------------------------------------------------------------------

@test "init says what it made, and the next time what is there" {
	export TQ_STORE=aws:fresh
	exits 0 tq-ctl init -q mail
	for what in table 'queue default' 'queue mail' bucket; do
		grep -qE "^ok +$what: made" out
	done
	run ! grep -q 'is there' out
	exits 0 tq-ctl init -q mail -q new
	for what in table 'queue default' 'queue mail' bucket; do
		grep -qE "^ok +$what: is there" out
	done
	grep -qE '^ok +queue new: made, with its dead-letter queue' out
	[ "$(grep -c made out)" -eq 1 ]
}

@test "init makes a lost dead-letter queue again, and says so" {
	sqs DeleteQueue default-dlq
	exits 0 tq-ctl init
	grep -qE '^ok +queue default: is there; its dead-letter queue made' out
}

@test "init adds a redrive policy where there is none" {
	call sqs AmazonSQS.CreateQueue "{\"QueueName\":\"$NAME-bare\"}"
	exits 0 tq-ctl init -q bare
	grep -qE '^ok +queue bare: had no redrive policy; added' out
	[[ "$(attribute bare RedrivePolicy)" == *"$NAME-bare-dlq"*1000* ]]
	exits 0 tq-ctl init -q bare
	run ! grep -q 'redrive' out
}

@test "init --shards: at least so many, never fewer; none on a file" {
	exits 0 tq-ctl init --shards 4
	grep -q 'shards: at least 4' out
	exits 0 tq-ctl init --shards 2
	call dynamodb DynamoDB_20120810.GetItem "{\"TableName\":\"$NAME\",\"Key\":{\"pk\":{\"S\":\"n#default\"}}}" >item
	grep -q '"walk":{"N":"4"}' item
	grep -q '"shards":{"N":"4"}' item
	exits 2 tq-ctl init --shards 17
	exits 78 tq-ctl init --store "sqlite:$PWD/x.db" --shards 2
}

@test "init leaves an operator's settings, and warns" {
	policy='{\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:'$NAME'-default-dlq\",\"maxReceiveCount\":5}'
	set_attribute default RedrivePolicy "$policy"
	set_attribute default DelaySeconds 30
	set_attribute default MessageRetentionPeriod 345600
	exits 0 tq-ctl init
	grep -qE '^WARN +queue default: .*maxReceiveCount is 5' out
	grep -qE '^WARN +queue default: .*back for 30 s' out
	grep -qE '^WARN +queue default: .*after 4 days' out
	[ "$(attribute default DelaySeconds)" = 30 ]
	[[ "$(attribute default RedrivePolicy)" == *5* ]]
}

@test "init: a table of another shape is refused, and left alone" {
	call dynamodb DynamoDB_20120810.CreateTable '{"TableName":"other",
	    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
	    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],
	    "BillingMode":"PAY_PER_REQUEST"}'
	exits 78 tq-ctl init --store aws:other
	says '?table=NAME'
	has_lines 1 err
}

# front URL: a proxy before it, whose address is then in ./front, and which says
# in ./asked what it was asked, in ./answered what it handed on.  On stdin: refuses(q), the status and body that a
# request gets instead; changes(text, q), what becomes of an answer.
front() {
	{
		cat <<-'EOF'
		import fs from "node:fs";
		import http from "node:http";
		const to = new URL(process.argv[2]);
		const s = http.createServer((q, r) => {
		  const parts = [];
		  q.on("data", (d) => parts.push(d)).on("end", () => {
		    const body = Buffer.concat(parts);
		    fs.appendFileSync("asked", `${q.method} ${q.url} ` +
		      `${q.headers["x-amz-target"] ?? ""} ${body}\n`);
		    const no = refuses(q);
		    if (no) return r.writeHead(no[0]).end(no[1]);
		    http.request({ method: q.method, headers: q.headers,
		      path: q.url, host: to.hostname, port: to.port }, (a) => {
		      let text = "";
		      a.on("data", (d) => { text += d; }).on("end", () => {
		        const out = changes(text, q), h = { ...a.headers };
		        if (q.method !== "HEAD")
		          for (const of of ["content-length", "x-amz-crc32"])
		            delete h[of];
		        fs.appendFileSync("answered",
		          `${q.method} ${q.url} =${a.statusCode}\n`);
		        r.writeHead(a.statusCode, h).end(out);
		      });
		    }).end(body);
		  });
		}).listen(0, "127.0.0.1", () => fs.writeFileSync("front",
		  `http://127.0.0.1:${s.address().port}`));
		EOF
		cat
	} >front.mjs
	rm -f front asked
	: >answered
	"${TQ_TEST_NODE:-node}" front.mjs "$1" 3>&- &
	started+=($!)
	wait_until 60 test -s front
}

@test "init: another account's table is refused, by doctor and use too" {
	export AWS_ACCOUNT_ID=111111111111
	front "$AWS_ENDPOINT_URL_DYNAMODB" <<-'EOF'
	const refuses = () => null;
	const changes = (t) => t.replaceAll(":000000000000:", ":999999999999:");
	EOF
	real=$AWS_ENDPOINT_URL_DYNAMODB
	AWS_ENDPOINT_URL_DYNAMODB=$(cat front)
	exits 78 tq-ctl init
	says "table \"$NAME\" is in account 999999999999, not in 111111111111"
	exits 78 tq-ctl doctor
	finds FAIL 'table: .*is in account 999999999999'
	# It is ours when the URL says so, whoever asks.
	exits 0 tq-ctl doctor --store "$TQ_STORE&owner=999999999999"
	# Credentials of one account reach no table of another by its name.
	AWS_ENDPOINT_URL_DYNAMODB=$real
	for cmd in "tq-submit x" "tq-status --list" "tq-work --on x=true --drain"; do
		exits 78 $cmd --store "$TQ_STORE&owner=222222222222"
		says 'is in account 111111111111, not in 222222222222'
	done
	exits 0 tq-submit x --store "$TQ_STORE&owner=111111111111"
}

# The account that S3 is told to expect is not the bucket's.
@test "another account's bucket is refused by init, doctor and use, and gets nothing" {
	exits 0 tq-ctl init
	front "$AWS_ENDPOINT_URL_S3" <<-'EOF'
	const refuses = (q) =>
	  (q.headers["x-amz-expected-bucket-owner"] ?? "999999999999") !==
	    "999999999999" ? [403, ""] : null;
	const changes = (t) => t;
	EOF
	AWS_ENDPOINT_URL_S3=$(cat front)
	export AWS_ACCOUNT_ID=111111111111 AWS_ENDPOINT_URL_S3
	head -c 100000 /dev/zero | tr '\0' x >big
	for cmd in 'tq-ctl init' 'tq-submit x --text -'; do
		exits 78 $cmd <big
		says "bucket \"$NAME\" is somebody else's, not of account 111111111111"
	done
	exits 78 tq-ctl doctor
	finds FAIL "bucket: .*is somebody else's"
	run ! grep -q '^PUT .*=200' answered
	[ -z "$(tq-status --list)" ]
	exits 0 env AWS_ACCOUNT_ID=999999999999 tq-submit x --text - <big
	grep -q '^PUT .*=200' answered
}

@test "init: the bucket is in the account's own namespace; where there is none, said" {
	export TQ_STORE=aws:spaced AWS_ACCOUNT_ID=000000000000
	front "$AWS_ENDPOINT_URL_S3" <<-'EOF'
	const refuses = (q) => "x-amz-bucket-namespace" in q.headers ?
	  [400, "<Error><Code>InvalidArgument</Code></Error>"] : null;
	const changes = (t) => t;
	EOF
	exits 0 tq-ctl init --dry-run
	grep -q "create-bucket .*--bucket 'spaced-000000000000-us-east-1-an' --bucket-namespace account-regional" out
	AWS_ENDPOINT_URL_S3=$(cat front) exits 0 tq-ctl init
	grep -qE '^note +bucket: this S3 has no namespace' out
	grep -qE '^ok +bucket: made' out
	everything | grep -qxF '<Name>spaced-000000000000-us-east-1</Name>'
	# A resource that has been made has its name for good.
	exits 0 tq-ctl init
	grep -qE '^ok +bucket: is there' out
	head -c 100000 /dev/zero | tr '\0' x >big
	exits 0 tq-submit x --id big --text - <big
	export TQ_STORE=aws:owned
	exits 0 tq-ctl init
	run ! grep -q namespace out
	everything | grep -qxF '<Name>owned-000000000000-us-east-1-an</Name>'
	exits 0 tq-submit x --id big --text - <big
	exits 0 tq-work --on x=cat --drain
	tq-status --result big | cmp - big
	exits 0 tq-ctl init --print-policy=worker
	grep -qF '"arn:aws:s3:::owned-000000000000-us-east-1-an"' out
}

@test "an S3 without conditional writes gets none, and that is said once" {
	front "$AWS_ENDPOINT_URL_S3" <<-'EOF'
	const refuses = (q) => "if-none-match" in q.headers ?
	  [501, "<Error><Code>NotImplemented</Code></Error>"] : null;
	const changes = (t) => t;
	EOF
	AWS_ENDPOINT_URL_S3=$(cat front)
	export AWS_ENDPOINT_URL_S3
	for n in 1 2 3; do
		printf '"%0*d"\n' 20000 "$n"
	done >big
	exits 0 tq-submit x --each <big
	has_lines 3 out
	says 's3 PutObject: this S3 knows no conditional writes'
	has_lines 1 err
	exits 0 tq-work --on x='cat; cat' --drain
	[ "$(grep -c 'no conditional writes' err)" -eq 1 ]
	exits 0 tq-status --list --columns status
	[ "$(sort -u out)" = COMPLETED ]
}

# bats test_tags=long
@test "a name server that never answers: exit 69 within a minute, and why" {
	unshare -rmn true 2>/dev/null || skip "no namespaces for this user"
	cat >silent.sh <<-'EOF'
	ip link set lo up && echo nameserver 127.0.0.1 >resolv &&
	    mount --bind resolv /etc/resolv.conf || exit 77
	"$1" -e 'const s = require("dgram").createSocket("udp4");
	s.bind(53, "127.0.0.1", () => require("fs").writeFileSync("bound", ""));
	setTimeout(() => {}, 200000)' &
	trap 'kill $!' EXIT
	until [ -e bound ]; do sleep 0.1; done
	timeout 60 tq-status some-id --store aws:nowhere
	EOF
	unset AWS_ENDPOINT_URL_SQS AWS_ENDPOINT_URL_S3 AWS_ENDPOINT_URL_DYNAMODB
	rc=0
	unshare -rmn bash silent.sh "${TQ_TEST_NODE:-node}" >out 2>err || rc=$?
	[ "$rc" -ne 77 ] || skip "no ip, or no mount"
	[ "$rc" -eq 69 ]
	says 'Resolving timed out'
	says 'is the region (us-east-1) right, and the network up?'
}

@test "init --rate: table and index take so much at once; never less" {
	exits 0 tq-ctl init -n --json --rate 1000 --store aws:warmed
	warm='"WarmThroughput":{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":6000}'
	[ "$(grep '"CreateTable"' out | grep -oF "$warm" | wc -l)" -eq 2 ]
	exits 0 tq-ctl init --print-template --rate 1000
	is_json <out
	grep -qF '"WarmWrites": {"Type": "Number", "Default": 6000,' out
	front "$AWS_ENDPOINT_URL_DYNAMODB" <<-'EOF'
	const warm = { ReadUnitsPerSecond: 12000, WriteUnitsPerSecond: 6000 };
	const is = (q, what) => q.headers["x-amz-target"]?.endsWith(what);
	const refuses = (q) => is(q, ".UpdateTable") ? [200, "{}"] : null;
	function changes(text, q) {
	  if (!is(q, ".DescribeTable")) return text;
	  const a = JSON.parse(text);
	  for (const t of [a.Table, ...a.Table.GlobalSecondaryIndexes])
	    t.WarmThroughput = warm;
	  return JSON.stringify(a);
	}
	EOF
	AWS_ENDPOINT_URL_DYNAMODB=$(cat front)
	exits 0 tq-ctl init --rate 900
	grep -q 'throughput: is enough for 900 tasks a second' out
	run ! grep -q UpdateTable asked
	exits 0 tq-ctl init --rate 2000
	grep -q 'throughput: raised for 2000 tasks a second: 12000 writes' out
	[ "$(grep -F .UpdateTable asked | grep -oF '"WriteUnitsPerSecond":12000' | wc -l)" -eq 2 ]
	exits 2 tq-ctl init --rate 0
	exits 78 tq-ctl init --store "sqlite:$PWD/x.db" --rate 5
}

# -- the dry run ------------------------------------------------------------------

@test "init --dry-run makes nothing; a shell that runs it makes all" {
	NAME=planned
	export TQ_STORE=aws:planned AWS_ACCOUNT_ID=000000000000
	everything >before
	exits 0 tq-ctl init -n -q mail
	everything | cmp - before
	[ ! -s err ]
	[ "$(grep -c ^aws out)" -eq 10 ]
	run ! grep -qv ^aws out
	. ./out
	everything >after
	run ! cmp -s before after
	exits 0 tq-ctl init -n -q mail
	# But for the expiry, which the stand-in does not have.
	run ! grep -v -e '^#' -e update-time-to-live out
	exits 0 tq-ctl init -q mail
	run ! grep -q made out
	id=$(tq-submit -q mail x)
	exits 0 tq-work -q mail --on x=true --drain
	status_is "$id" COMPLETED
}

@test "init --dry-run --json: an object a call, with what would be sent" {
	exits 0 tq-ctl init -n --json --store aws:planned2
	while IFS= read -r line; do
		is_json <<<"$line"
	done <out
	grep -qF '"service":"dynamodb","operation":"CreateTable","parameters":{"TableName":"planned2",' out
	[ "$(grep -c '"operation":"CreateQueue"' out)" -eq 2 ]
}

@test "init --dry-run adds a redrive policy on paper only" {
	call sqs AmazonSQS.CreateQueue "{\"QueueName\":\"$NAME-bare\"}"
	exits 0 tq-ctl init -n -q bare
	grep -q '^aws sqs set-queue-attributes .*RedrivePolicy' out
	[ -z "$(attribute bare RedrivePolicy)" ]
}

@test "init --dry-run that may not look prints all calls, and says why" {
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	exits 0 tq-ctl init -n
	grep -qE '^# note +looking: .*AWS_ACCESS_KEY_ID' out
	grep -qE '^# note +account: .*AWS_ACCOUNT_ID' out
	[ "$(grep -c '^# note' out)" -eq 2 ]
	for call in create-table create-queue put-item create-bucket; do
		grep -q "^aws [a-z0-9]* $call " out
	done
	export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
	export AWS_ENDPOINT_URL_SQS=$NOBODY
	exits 0 tq-ctl init -n
	grep -qE '^# note +looking: sqs GetQueueUrl' out
	# DynamoDB can be asked: nothing to do there.
	run ! grep -q create-table out
	grep -q 'create-queue' out
}

# -- policies ----------------------------------------------------------------------

# allowed ROLE: the actions in its policy, one a line.
allowed() {
	tq-ctl init --print-policy="$1" | grep -F '"Action"' |
	    grep -oE '(dynamodb|sqs|s3):[A-Za-z]+' | sort -u
}

# action CALL...: the IAM action of "sqs SendMessageBatch", as Amazon's manuals
# have it (so not read from the code).
action() {
	local name=${2%Batch}
	case $2 in
	HeadObject | GetObject) name=GetObject ;;
	CreateMultipartUpload | UploadPart | CompleteMultipartUpload)
		name=PutObject ;;
	HeadBucket | ListObjectsV2) name=ListBucket ;;
	ListMultipartUploads) name=ListBucketMultipartUploads ;;
	esac
	echo "$1:$name"
}

@test "--print-policy: JSON, with the ARNs of this store" {
	export AWS_ACCOUNT_ID=123456789012
	for role in submitter worker operator; do
		exits 0 tq-ctl init --print-policy=$role -q mail -q bulk
		[ ! -s err ]
		is_json <out
		grep -qF "arn:aws:dynamodb:us-east-1:123456789012:table/$NAME\"" out
		grep -qF "table/$NAME/index/by-status\"" out
		grep -qF "arn:aws:sqs:us-east-1:123456789012:$NAME-mail\"" out
		grep -qF ":$NAME-bulk\"" out
		run ! grep -q -- "$NAME-default" out
		grep -qF "arn:aws:s3:::$NAME/*\"" out
	done
	exits 0 env AWS_REGION=cn-north-1 tq-ctl init --print-policy
	grep -qF "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/$NAME\"" out
	queue=http://q.example/98/their-queue
	exits 0 tq-ctl init --print-policy -q old --store "$TQ_STORE&queue.old=$queue"
	grep -qF ':their-queue"' out
}

@test "--print-policy: the account is found, or \"*\" and said so" {
	exits 0 tq-ctl init --print-policy
	[ ! -s err ]
	grep -qF ":000000000000:table/$NAME\"" out
	exits 0 env AWS_ENDPOINT_URL_SQS=$NOBODY tq-ctl init --print-policy
	says AWS_ACCOUNT_ID
	has_lines 1 err
	grep -qF ":*:table/$NAME\"" out
	is_json <out
}

@test "--print-policy: another role is exit 2, a sqlite store 78" {
	exits 2 tq-ctl init --print-policy=admin
	says 'submitter, worker or operator'
	exits 78 tq-ctl init --print-policy --store "sqlite:$PWD/tq.db"
	[ ! -e tq.db ]
}

@test "--print-template: what init makes, asked of nobody; a sqlite store 78" {
	exits 0 env AWS_ENDPOINT_URL=$NOBODY tq-ctl init --print-template \
	    -q mail -q low-prio --store aws:jobs
	[ ! -s err ]
	is_json <out
	# The table as init asks for it, member for member.
	tq-ctl init --dry-run --json --store "aws:jobs?bucket=buck" |
	    grep -F '"CreateTable"' | grep -oE \
	    '"(AttributeDefinitions|KeySchema|NonKeyAttributes)": ?\[[^]]*\]' >members
	has_lines 4 members
	tr -d ' \n' <out >flat
	while read -r member; do
		grep -qF -- "$member" flat
	done <members
	for name in jobs-default jobs-default-dlq jobs-mail jobs-low-prio-dlq; do
		grep -qF "\"QueueName\": \"$name\"" out
	done
	# The resources that hold tasks outlive the stack.
	[ "$(grep -cE '^"[A-Za-z0-9]+": \{"Type": "AWS::(DynamoDB|SQS|S3)::(Table|Queue|Bucket)", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"' out)" -eq 8 ]
	exits 78 tq-ctl init --print-template --store "sqlite:$PWD/tq.db"
	[ ! -e tq.db ]
}

@test "the policies' table has every call in the code, and no other" {
	for f in "$ROOT"/lib/store/aws/*.c "$ROOT"/lib/store/aws/*/*.c; do
		[[ $f == */rights.c || $f == */explain.c ]] || cat "$f"
	done | grep -oE '"(sqs|dynamodb|s3) [A-Z][A-Za-z0-9]*"' | sort -u >made
	grep -oE '"(sqs|dynamodb|s3) [A-Z][A-Za-z0-9]*"' \
	    "$ROOT/lib/store/aws/setup/rights.c" | sort -u >listed
	diff made listed
}

@test "each role's policy allows the calls that its tools make" {
	head -c 300000 /dev/zero | tr '\0' x >big
	{
		tq-submit -v x --id a
		tq-submit -v --text x --id b - <big
		tq-submit -v x --id c --input big
		tq-submit -v x --key k
		tq-submit -v x --key k --input big || [ $? -eq 65 ]
		tq-status -v --list
		tq-status -v a
		tq-status -v --json b
		tq-ctl cancel -v a
	} 2>said.submitter >/dev/null
	{
		tq-submit -v y --id d --max-attempts 1
		tq-work -v --on x=cat --on y=false --drain=all --lease 5s || [ $? -eq 1 ]
		tq-ctl pause default
		tq-submit y
		tq-work -v --on y=false --drain || [ $? -eq 1 ]
		tq-ctl resume default
		tq-ctl sweep -v --force
	} 2>said.worker >/dev/null
	{
		tq-status -v --result b
		tq-ctl -v init -q more
		tq-ctl -v doctor || [ $? -eq 1 ]
		tq-ctl -v limit default x=1
		tq-dlq -v list
		tq-dlq -v redrive d
		tq-work -v --on y=false --drain=all || [ $? -eq 1 ]
		tq-dlq -v purge d --yes || tq-dlq -v purge d
	} 2>said.operator >/dev/null
	for role in submitter worker operator; do
		allowed "$role" >allowed
		# The calls with their callers, as "sqs SendMessageBatch".
		sed -nE 's/^tq-[a-z]+: aws calls: //p' "said.$role" |
		    tr ',' '\n' | awk '{ print $1, $2 }' | sort -u >calls
		# It tries to, and leaves it to a sweep when it may not.
		[ "$role" != submitter ] || sed -i '/^s3 DeleteObject$/d' calls
		[ "$(wc -l <calls)" -ge 5 ]
		while read -r service call; do
			grep -qxF "$(action "$service" "$call")" allowed || {
				echo "$role may not: $service $call"
				return 1
			}
		done <calls
	done
	# And not more than it is for.
	run ! grep -qE 'Create|Delete|Receive' <(allowed submitter)
	run ! grep -qE 'Create(Table|Queue|Bucket)|Set|Update' <(allowed worker)
}

@test "users with only their role's policy do their work (moto)" {
	local dir=$BATS_FILE_TMPDIR/moto
	[ ! -e "$dir/why" ] || skip "$(cat "$dir/why")"
	MOTO=http://127.0.0.1:$(cat "$dir/moto.port")
	export AWS_ENDPOINT_URL_SQS=$MOTO AWS_ENDPOINT_URL_S3=$MOTO
	export AWS_ENDPOINT_URL_DYNAMODB=$MOTO AWS_ACCOUNT_ID=123456789012
	for role in operator submitter worker; do
		moto_user "$role"
	done
	as operator exits 0 tq-ctl init
	grep -qE '^ok +expiry: switched on' out
	as operator exits 0 tq-ctl doctor
	as submitter exits 4 tq-ctl init --store aws:elsewhere
	says 'allow dynamodb:DescribeTable'
	has_lines 1 err
	as submitter exits 0 tq-submit x --id one --input "$dir/moto.port"
	as submitter exits 0 tq-submit y --id two --max-attempts 1
	# The object staged for a task that is there is left to a sweep.
	as submitter exits 1 tq-submit x --id one --input "$dir/moto.port"
	has_lines 1 err
	as submitter exits 4 tq-work --on x=true --drain
	says 'allow sqs:ReceiveMessage'
	has_lines 1 err
	as worker exits 1 tq-work --on x=cat --on y=false --drain
	as submitter exits 0 tq-status --result one
	cmp out "$dir/moto.port"
	as submitter exits 0 tq-status --columns status two
	[ "$(cat out)" = FAILED ]
	# A part that a role need not look at is no fault of the store.
	for role in worker submitter; do
		as $role exits 0 tq-ctl doctor
		finds note 'table: not looked at: .*remedy: run it as an operator, or allow dynamodb:DescribeTable'
		run ! grep -qE '^(WARN|FAIL)' out
	done
	as operator exits 0 tq-dlq redrive two
	as worker exits 0 tq-work --on y=true --drain
	as submitter exits 0 tq-status --columns status two
	[ "$(cat out)" = COMPLETED ]
}

# -- doctor --------------------------------------------------------------------------

# finds LEVEL TEXT: a line of the doctor's, in ./out.
finds() {
	grep -qE "^$1 .*$2" out || {
		echo "not found: $1 $2"
		cat out
		return 1
	}
}

@test "doctor: all is well, and it says where the credentials are from" {
	exits 0 tq-ctl doctor
	finds 'ok  ' 'credentials: from environment; region us-east-1'
	finds 'ok  ' 'clock: agrees'
	finds 'ok  ' 'queue default: is as it should be'
	finds 'ok  ' "bucket: $NAME is there"
	run ! grep -q "$AWS_SECRET_ACCESS_KEY\\b.*secret" out
	exits 0 tq-ctl doctor --json
	while IFS= read -r line; do is_json <<<"$line"; done <out
	mkdir .aws
	printf '[default]\naws_access_key_id = HUSHID\naws_secret_access_key = HUSHKEY\n' >.aws/credentials
	unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	exits 0 env AWS_SHARED_CREDENTIALS_FILE="$HOME/.aws/credentials" tq-ctl doctor
	finds 'ok  ' 'credentials: from [a-z ]*credentials'
	run ! grep -q HUSH out err
}

@test "doctor: what is wrong with a queue, a line each with the remedy" {
	dlq="arn:aws:sqs:us-east-1:000000000000:$NAME-default-dlq"
	set_attribute default DelaySeconds 5
	set_attribute default VisibilityTimeout 0
	set_attribute default-dlq MessageRetentionPeriod 86400
	set_attribute default RedrivePolicy \
	    "{\\\"deadLetterTargetArn\\\":\\\"$dlq\\\",\\\"maxReceiveCount\\\":3}"
	exits 1 tq-ctl doctor
	finds WARN 'queue default: its maxReceiveCount is 3: .*remedy: .*1000'
	finds WARN 'queue default: it holds every message back for 5 s; remedy: .*DelaySeconds=0'
	finds note 'queue default: its visibility timeout is 0.*remedy: .*VisibilityTimeout=30'
	finds WARN 'queue default: its dead-letter queue forgets sooner .*remedy: .*1209600'
	run ! grep -q 'queue default: is as it should be' out
	# Each remedy is a command as it stands: with whose address, and whole.
	grep -oE 'remedy: .*' out | grep set-queue-attributes >remedies
	[ "$(wc -l <remedies)" -eq 4 ]
	[ "$(grep -c -- "--queue-url 'http[^']*/$NAME-default' --attributes '[^']*'\$" remedies)" -eq 3 ]
	[ "$(grep -c -- "--queue-url 'http[^']*/$NAME-default-dlq' --attributes '[^']*'\$" remedies)" -eq 1 ]
	sed -n "s/.*--attributes '\({.*}\)'\$/\1/p" remedies >json
	has_lines 1 json
	is_json <json
	call sqs AmazonSQS.CreateQueue "{\"QueueName\":\"$NAME-other\"}"
	set_attribute default RedrivePolicy \
	    "{\\\"deadLetterTargetArn\\\":\\\"${dlq%-default-dlq}-other\\\",\\\"maxReceiveCount\\\":1000}"
	exits 1 tq-ctl doctor
	finds WARN "queue default: its redrive policy leads to .*:$NAME-other"
	sqs DeleteQueue default-dlq
	exits 1 tq-ctl doctor
	finds WARN "queue default: there is no queue \"$NAME-default-dlq\".*remedy: tq-ctl init -q default"
	sqs DeleteQueue default
	exits 78 tq-ctl doctor
	finds FAIL "queue default: there is no queue \"$NAME-default\".*remedy: tq-ctl init -q default"
}

@test "doctor: a queue without redrive policy" {
	call sqs AmazonSQS.CreateQueue "{\"QueueName\":\"$NAME-bare\"}"
	call sqs AmazonSQS.CreateQueue "{\"QueueName\":\"$NAME-bare-dlq\",\"Attributes\":{\"MessageRetentionPeriod\":\"1209600\"}}"
	tq-ctl limit bare x=1
	exits 1 tq-ctl doctor
	finds WARN 'queue bare: has no redrive policy.*remedy: tq-ctl init -q bare$'
	finds WARN 'queue bare: it forgets messages after 4 days.*remedy: .*1209600'
}

@test "doctor: waiting tasks without a worker, dead ones, owed messages" {
	tq-submit x --id dies --max-attempts 1
	tq-work --on x=false --drain || true
	tq-submit x --id waits
	exits 1 tq-ctl doctor
	finds note 'queue default: 1 dead task waits .*remedy: tq-dlq top'
	run ! grep -q 'of no dead task' out
	sqs SendMessage default-dlq '"MessageBody":"what is this"'
	exits 1 tq-ctl doctor
	finds note 'queue default: about 1 message in its dead-letter queue is of no dead task.*remedy: tq-dlq list --foreign'
	finds WARN 'workers: none is running, and the oldest due task .*remedy: tq-work'
	# As if its message had been owed for an hour.
	hour_ago=$((($(date +%s) - 3600) * 1000))
	call dynamodb DynamoDB_20120810.UpdateItem "{\"TableName\":\"$NAME\",
	    \"Key\":{\"pk\":{\"S\":\"t#waits\"}},
	    \"UpdateExpression\":\"SET ringAt = :t, rings = :r\",
	    \"ExpressionAttributeValues\":{\":t\":{\"N\":\"$hour_ago\"},
	    \":r\":{\"N\":\"-1\"}}}"
	exits 1 tq-ctl doctor
	finds WARN 'queue default: 1 task has no message .*remedy: tq-ctl sweep'
	exits 0 tq-ctl sweep
	exits 1 tq-ctl doctor
	run ! grep -q 'no message' out
}

# s3 METHOD KEY [CURL'S ARGS]: a request to the store's bucket.
s3() {
	curl -sSf -o /dev/null -X "$1" "${@:3}" "$AWS_ENDPOINT_URL_S3/$NAME/$2" -H 'Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00'
}

@test "doctor: objects that are missing or cut, and where they should be" {
	head -c 100000 /dev/urandom >in
	tq-submit x --id one --input in
	head -c 20000 /dev/zero | tr '\0' x >big
	tq-submit x --id two --text @big
	exits 1 tq-ctl doctor
	finds 'ok  ' 'blobs: 2 looked at, all whole'
	at=$(tq-status --json one | sed -E 's/.*"input":"blob:([^"]*)".*/\1/')
	printf cut >./cut
	s3 PUT "$at" -T cut
	exits 1 tq-ctl doctor
	finds WARN "blobs: 1 of 2 missing or cut, the first: the input of one \(PENDING\) has 3 bytes instead of 100000; remedy: restore s3://$NAME/$at, or submit"
	at=$(call dynamodb DynamoDB_20120810.GetItem \
	    "{\"TableName\":\"$NAME\",\"Key\":{\"pk\":{\"S\":\"t#two\"}}}" |
	    sed -nE 's/.*"payloadAt":\{"S":"blob:([^"]*)"\}.*/\1/p')
	[ -n "$at" ]
	s3 DELETE "$at"
	tq-ctl cancel one
	exits 1 tq-ctl doctor
	finds WARN "blobs: 1 of 1 missing or cut, the first: the payload of two \(PENDING\) is not there; remedy: restore s3://$NAME/$at, or"
}

@test "doctor: an output or a result that is missing, of what has completed" {
	tq-submit put --id out
	tq-submit say --id result
	tq-work --drain --on 'put=head -c 10 /dev/urandom >"$TQ_OUTPUT"' \
	    --on 'say=head -c 20000 /dev/zero | tr "\\0" x'
	exits 0 tq-ctl doctor
	finds 'ok  ' 'blobs: 2 looked at, all whole'
	at=$(tq-status --json out | sed -E 's/.*"output":"blob:([^"]*)".*/\1/')
	s3 DELETE "$at"
	exits 1 tq-ctl doctor
	finds WARN "blobs: 1 of 2 missing or cut, the first: the output of out \(COMPLETED\) is not there; remedy: restore s3://$NAME/$at, or"
	tq-ctl purge out
	at=$(call dynamodb DynamoDB_20120810.GetItem \
	    "{\"TableName\":\"$NAME\",\"Key\":{\"pk\":{\"S\":\"t#result\"}}}" |
	    sed -nE 's/.*"resultAt":\{"S":"blob:([^"]*)"\}.*/\1/p')
	[ -n "$at" ]
	s3 DELETE "$at"
	exits 1 tq-ctl doctor
	finds WARN "blobs: 1 of 1 missing or cut, the first: the result of result \(COMPLETED\) is not there; remedy: restore s3://$NAME/$at, or"
}

@test "doctor: a task that says not now for ever is late since it was due" {
	tq-submit busy --id a
	sleep 1
	tq-work --on 'busy=echo retry-after 1h >&3; exit 75' --once
	exits 1 tq-ctl doctor
	finds WARN 'workers: none is running, and the oldest due task has waited for [1-9]'
	exits 2 tq-status --check --max-age 900ms
	[[ $(tq-status --why a) == "put off: due for "*", next try in "*"with status 75"* ]]
}

@test "doctor: names limits, rates and workers that are busy, as on sqlite" {
	tq-ctl limit default a=1
	# More than run until the worker reads of the rate.
	seq 100 | tq-submit a --each >/dev/null
	tq-work -j1 --on "a=until [ -e $PWD/go ]; do sleep 0.1; done; sleep 0.2" 2>/dev/null 3>&- &
	started+=($!)
	found() { tq-ctl doctor >out; finds note "$1"; }
	wait_until 10 found 'queue default: the oldest due a has waited for .*: at the limit: 1 of 1 a tasks are running; all 1 slot of 1 worker are busy; remedy: tq-ctl limit default a=N'
	tq-ctl limit default a=0
	wait_until 10 found 'all 1 slot of 1 worker are busy; remedy: tq-work -j N'
	tq-ctl rate default 3/h
	touch go
	wait_until 10 found 'queue default starts at most 3/h; remedy: tq-ctl rate default N/s'
}

@test "doctor: no table, no bucket, nobody there: each with its remedy" {
	exits 78 tq-ctl doctor --store 'aws:nothing?bucket=nothing'
	finds FAIL 'table: there is no table "nothing" in us-east-1; remedy: tq-ctl init'
	finds FAIL 'bucket: there is no bucket "nothing"; remedy: tq-ctl init'
	exits 78 env AWS_ENDPOINT_URL_DYNAMODB=$NOBODY tq-ctl doctor
	finds FAIL 'table: dynamodb DescribeTable: .*remedy: is AWS_ENDPOINT_URL_DYNAMODB right'
	finds 'ok  ' 'queue default: is as it should be'
	exits 78 env AWS_ENDPOINT_URL_SQS=$NOBODY tq-ctl doctor
	finds FAIL 'queue default: sqs GetQueueUrl: .*remedy: is AWS_ENDPOINT_URL_SQS right'
	finds 'ok  ' "table: $NAME is there"
	unset AWS_ACCESS_KEY_ID
	exits 78 tq-ctl doctor
	finds FAIL 'credentials: .*AWS_ACCESS_KEY_ID'
	has_lines 1 out
}

@test "doctor: a clock that is off, credentials that end" {
	# DynamoDB as it would be an hour ago.
	cat >past.mjs <<-'EOF'
	import http from "node:http";
	const to = new URL(process.argv[2]);
	const s = http.createServer((q, r) => {
	  q.pipe(http.request({ method: q.method, headers: q.headers,
	    path: q.url, host: to.hostname, port: to.port }, (a) => {
	    const date = new Date(Date.now() - 3600000).toUTCString();
	    r.writeHead(a.statusCode, { ...a.headers, date });
	    a.pipe(r);
	  }));
	});
	s.listen(0, "127.0.0.1", () => console.log(s.address().port));
	EOF
	"${TQ_TEST_NODE:-node}" past.mjs "$AWS_ENDPOINT_URL_DYNAMODB" >port 3>&- &
	started+=($!)
	wait_until 60 test -s port
	AWS_CREDENTIAL_EXPIRATION=$(date -u -d '+2 hours' +%Y-%m-%dT%H:%M:%SZ)
	export AWS_CREDENTIAL_EXPIRATION
	exits 1 env AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:$(cat port)" \
	    tq-ctl doctor
	finds WARN "clock: this host's is .* early: .*remedy: run a time service"
	finds 'ok  ' "credentials: from environment, until ${AWS_CREDENTIAL_EXPIRATION%Z}.000Z"
}

@test "doctor changes nothing" {
	everything >before
	tq-ctl doctor
	everything | cmp - before
	exits 0 tq-ctl doctor -v
	run ! grep -qE 'Put|Update|Create|Delete|Send|Set|Receive|Change' err
}

# -- counts ----------------------------------------------------------------------------

@test "-vv: each call, how it ended and how long it took; a failure with its id" {
	exits 0 tq-submit -vv x --id twice
	grep -qxE 'tq-submit: dynamodb PutItem: 200 in [0-9]+ ms' err
	grep -qxE 'tq-submit: sqs SendMessageBatch: 200 in [0-9]+ ms' err
	exits 1 tq-submit -vv x --id twice
	grep -qE '^tq-submit: dynamodb PutItem: 400 ConditionalCheckFailedException in [0-9]+ ms \(request [A-Z0-9]+\)$' err
	exits 69 env AWS_ENDPOINT_URL_DYNAMODB=$NOBODY tq-status -vv a
	grep -qE '^tq-status: dynamodb GetItem: no answer in [0-9]+ ms, [2-9] tries$' err
}

@test "-v: what was asked of AWS, and what it cost, a line each at the end" {
	seq 3 >lines
	exits 0 tq-submit -v x --each <lines
	grep -qxE 'tq-submit: aws calls: .*dynamodb PutItem 3(, .*)?' err
	grep -qxE 'tq-submit: aws calls: .*sqs SendMessageBatch 1(, .*)?' err
	grep -qxE 'tq-submit: aws units: dynamodb PutItem 3 written' err
	has_lines 2 err
	has_lines 3 out
	exits 0 tq-work -v --on x=true --drain
	[ "$(grep -c '^tq-work: aws calls: ' err)" -eq 1 ]
	grep -qE 'sqs ReceiveMessage [0-9]+' err
	exits 0 tq-status --list
	[ ! -s err ]
	exits 0 tq-status --list -v
	grep -qE '^tq-status: aws calls: dynamodb Query [0-9]+' err
	exits 0 tq-submit -v x --store "sqlite:$PWD/tq.db"
	[ ! -s err ]
	exits 0 tq-submit -v x --id twice
	exits 1 tq-submit -v x --id twice
	says 'failed conditions about 1 written'
	exits 69 env AWS_ENDPOINT_URL_DYNAMODB=$NOBODY tq-status -v a
	says 'dynamodb GetItem 1 ('
	says 'retried)'
}

@test "tq-serve -v: what all its threads asked" {
	tq-serve -v --listen 127.0.0.1:0 2>said 3>&- &
	pid=$!
	wait_until 60 grep -q listening said
	url=$(sed -nE 's/.*listening on (http[^ ]*).*/\1/p' said)
	curl -sS --fail "$url/v1/tasks" -H 'Content-Type: application/json' \
	    -d '{"type":"x"}' >/dev/null
	curl -sS --fail "$url/v1/tasks" | grep -q '"type":"x"'
	kill "$pid"
	wait "$pid"
	grep -qE '^tq-serve: aws calls: .*dynamodb PutItem 1' said
	grep -qE '^tq-serve: aws calls: .*dynamodb Query' said
}
