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
	local at=$(tq-status --columns notBefore busy) was=$(tq-status --columns updatedAt busy)
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
