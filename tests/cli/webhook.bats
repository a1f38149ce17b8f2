#!/usr/bin/env bats
# tests/cli/webhook.bats -- the built-in http.post.
# bats file_tags=sqlite

load helper

# A server that answers /N with status N (/429 says when to come again), and
# keeps each request in ./got.
receiver() {
	python3 - <<-'END' >port 2>/dev/null &
	import http.server, json
	class H(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        body = self.rfile.read(int(self.headers['Content-Length'] or 0))
	        with open('got', 'a') as f:
	            f.write(json.dumps({'path': self.path, 'body': body.decode(),
	                **{k.lower(): v for k, v in self.headers.items()}}) + '\n')
	        self.send_response(int(self.path.strip('/')))
	        if self.path == '/302': self.send_header('Location', '/200')
	        if self.path == '/429': self.send_header('Retry-After', '7')
	        self.end_headers()
	    def log_message(self, *a): pass
	s = http.server.HTTPServer(('127.0.0.1', 0), H)
	print(s.server_address[1], flush=True)
	s.serve_forever()
	END
	started+=($!)
	wait_until 10 grep -q . port
	url=http://127.0.0.1:$(cat port)
}

# serve [OPTIONS]: a server on a free port; sets $api.
serve() {
	tq-serve --listen 127.0.0.1:0 "$@" 2>serve.err 3>&- &
	started+=($!)
	wait_until 10 grep -q 'listening on http' serve.err
	api=$(sed -n 's/.*listening on \(http.*\)/\1/p' serve.err)/v1/tasks
}

# ask WANTED BODY [CURL-ARGUMENTS]: submit; the answer is in ./out.
ask() {
	local got
	got=$(curl -s -m 60 -o out -w '%{http_code}' "$api${path:-}" \
	    -H "Content-Type: application/${type:-json}" --data-binary "$2" "${@:3}")
	[ "$got" = "$1" ] || { echo "$got, not $1: $2"; cat out; return 1; }
}

post() { tq-work --builtin=http.post --allow-net 127.0.0.0/8 "$@"; }

@test "http.post sends what its payload says, signed, and ends as the answer is" {
	receiver
	printf 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n' >key
	tq-submit --id ok http.post "{\"url\":\"$url/200\",\"body\":{\"a\": 1},\"headers\":{\"X-Mine\":\"v\"}}" >/dev/null
	tq-submit --id gone http.post "{\"url\":\"$url/404\",\"body\":\"text\"}" >/dev/null
	tq-submit --id moved http.post "{\"url\":\"$url/302\",\"body\":1}" >/dev/null
	tq-submit --id busy http.post "{\"url\":\"$url/429\",\"body\":1}" >/dev/null
	tq-submit --id down --backoff 1h http.post "{\"url\":\"$url/503\",\"body\":1}" >/dev/null
	exits 1 post --webhook-key key --drain
	[ "$(tq-status --result ok)" = '{"status":200}' ]
	status_is gone FAILED
	status_is moved FAILED
	status_is busy RETRYING
	status_is down RETRYING
	tq-status --json gone | grep -q 'HTTP 404'
	# The time that the server asked for, not the default's second.
	local at was
	at=$(tq-status --columns notBefore busy)
	was=$(tq-status --columns updatedAt busy)
	[ $(($(date -d "$at" +%s) - $(date -d "$was" +%s))) -ge 6 ]
	[ "$(grep -c . got)" -eq 5 ]
	python3 - <<-'END'
	import base64, hashlib, hmac, json
	g = {r['path']: r for r in map(json.loads, open('got'))}
	r = g['/200']
	assert r['body'] == '{"a": 1}' and r['x-mine'] == 'v', r
	assert r['content-type'] == 'application/json' and r['webhook-id'] == 'ok'
	assert 'expect' not in r
	assert g['/404']['body'] == 'text' and 'text/plain' in g['/404']['content-type']
	k = base64.b64decode('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
	text = '%s.%s.%s' % (r['webhook-id'], r['webhook-timestamp'], r['body'])
	sig = base64.b64encode(hmac.new(k, text.encode(), hashlib.sha256).digest())
	assert r['webhook-signature'] == 'v1,' + sig.decode()
	END
}

@test "a hook at the end of tasks tells how they ended" {
	receiver
	tq-submit --id good x >/dev/null
	tq-submit --id bad --max-attempts 1 y >/dev/null
	tq-submit --id hook --after-ended good,bad http.post "{\"url\":\"$url/200\"}" >/dev/null
	exits 1 tq-work --on x=true --on y=false --drain
	exits 0 post --drain
	python3 - <<-'END'
	import json
	r = json.loads(open('got').read())
	b = json.loads(r['body'])
	assert b['type'] == 'task.ended' and 'webhook-signature' not in r
	assert b['data']['tasks'] == [{'taskId': 'good', 'status': 'COMPLETED'},
	    {'taskId': 'bad', 'status': 'FAILED'}], b
	END
}

@test "http.post must be named, and goes only where inputs may come from" {
	receiver
	tq-submit --id a http.post "{\"url\":\"$url/200\"}" >/dev/null
	exits 0 tq-work --builtin --drain
	status_is a PENDING
	exits 1 tq-work --builtin=http.post --drain
	tq-status --json a | grep -q 'refused: .*--allow-net'
	[ ! -e got ]
	exits 1 tq-work --builtin=http.post --drain <<<"$(tq-submit http.post 17)"
	echo secret >key
	exits 78 post --webhook-key key --drain
	says '--webhook-key key: must have one to 4 lines'
	exits 78 post --webhook-key nokey --drain
}

@test "REST's notify makes the hook with the task, once" {
	receiver
	serve
	local hook key='Idempotency-Key: k'
	ask 201 "{\"type\":\"x\",\"queue\":\"q\",\"notify\":{\"url\":\"$url/200\"}}" -H "$key"
	hook=$(jq -r .notifyTaskId out)
	[ "$(tq-status --columns status,type,queue "$hook")" = $'BLOCKED\thttp.post\tq' ]
	# The same again, a string being as good, is the same hook; another is not.
	ask 201 "{\"type\":\"x\",\"queue\":\"q\",\"notify\":\"$url/200\"}" -H "$key"
	[ "$(jq -r .notifyTaskId out)" = "$hook" ]
	ask 422 "{\"type\":\"x\",\"queue\":\"q\",\"notify\":\"$url/201\"}" -H "$key"
	# In a batch; an id that is taken gets no hook, and one without asks none.
	printf '%s\n' "{\"type\":\"x\",\"taskId\":\"bad\",\"queue\":\"q\",\"notify\":\"$url/200\"}" \
	    "{\"type\":\"x\",\"taskId\":\"bad\",\"queue\":\"q\",\"notify\":\"$url/500\"}" \
	    '{"type":"y","queue":"q","taskId":"y"}' \
	    "{\"type\":\"y\",\"taskId\":\"y\",\"queue\":\"q\",\"notify\":\"$url/200\"}" '{"type":"y","notify":{"url":"ftp://h/"}}' >lines
	path=/batch type=x-ndjson ask 200 @lines
	jq -s -e '.[0].notifyTaskId and .[1].code == "taken" and .[2].status == "PENDING"
	    and (.[2] | has("notifyTaskId") | not) and .[3].code == "taken"
	    and .[4].pointer == "/notify"' out
	[ "$(tq-status --list -q q --type http.post | grep -c .)" -eq 2 ]
	exits 1 tq-work -q q --on 'x=[ "$TQ_TASK_ID" != bad ] || exit 65' --on y=true --drain
	exits 0 post -q q --drain
	python3 - <<-'END'
	import json
	v = [json.loads(json.loads(l)['body'])['data']['tasks'] for l in open('got')]
	assert len(v) == 2 and all(len(t) == 1 for t in v), v
	assert sorted(t[0]['status'] for t in v) == ['COMPLETED', 'FAILED'], v
	END
	# Again after its end: nothing is posted twice.
	ask 201 "{\"type\":\"x\",\"queue\":\"q\",\"notify\":\"$url/200\"}" -H "$key"
	exits 0 post -q q --drain
	[ "$(grep -c . got)" -eq 2 ]
}

@test "notify: what is malformed, and a key that may not post" {
	local k n x='Authorization: Bearer key-x'
	for k in all x both; do
		printf '%s:%s:submit%s\n' "$k" "$(printf "key-$k" | sha256sum | cut -d' ' -f1)" \
		    "$(case $k in x) echo :type=x ;; both) echo :type=x,http.post ;; esac)"
	done >keys
	chmod 600 keys
	serve --keys keys
	for n in 7 '{}' '[]' '"nowhere"' '"https://u:p@h/"' '{"url":"https://h/","body":1}'; do
		ask 400 "{\"type\":\"x\",\"notify\":$n}" -H 'Authorization: Bearer key-all'
		jq -e '.errors[0].pointer == "/notify"' out
	done
	ask 403 '{"type":"x","notify":"https://h/"}' -H "$x"
	jq -e '.detail == "notify: the key is not for http.post"' out
	exits 1 tq-submit --batch <<<'{"type":"x","notify":"https://h/"}'
	says 'notify: is for REST'
	[ -z "$(tq-status --list)" ]
	ask 201 '{"type":"x"}' -H "$x"
	ask 201 '{"type":"x","notify":"https://h/"}' -H 'Authorization: Bearer key-both'
}
