#!/usr/bin/env bats
# bats file_tags=sqlite
# tq-work on ECS: the agent is a server of the test's own.

load helper

# agent_starts [STATUS BODY]: at $ECS_AGENT_URI; what it is told is in ./told.
agent_starts() {
	python3 - "${1-200}" "${2-"{\"protection\":{}}"}" 3>&- <<-'END' &
	import http.server, os, sys
	class Agent(http.server.BaseHTTPRequestHandler):
	    def do_PUT(self):
	        body = self.rfile.read(int(self.headers["Content-Length"]))
	        with open("told", "ab") as f:
	            f.write(self.path.encode() + b" " + body + b"\n")
	        self.send_response(int(sys.argv[1]))
	        self.end_headers()
	        self.wfile.write(sys.argv[2].encode())
	    def log_message(self, *args): pass
	server = http.server.HTTPServer(("127.0.0.1", 0), Agent)
	with open("port.new", "w") as f:
	    f.write(f"{server.server_port}\n")
	os.rename("port.new", "port")
	server.serve_forever()
	END
	started+=($!)
	wait_until 10 [ -s port ]
	ECS_AGENT_URI=http://127.0.0.1:$(cat port)/api/task1
	export ECS_AGENT_URI
}

@test "on ECS a worker is protected while it has a task in hand, and no longer" {
	agent_starts
	tq-work --on 'hold=until [ -e go ]; do sleep 0.05; done' 2>log 3>&- & worker=$!
	started+=("$worker")
	id=$(tq-submit hold)
	wait_until 10 grep -qx '/api/task1/task-protection/v1/state {"ProtectionEnabled":true,"ExpiresInMinutes":10}' told
	touch go
	wait_until 10 status_is "$id" COMPLETED
	wait_until 20 grep -qx '/api/task1/task-protection/v1/state {"ProtectionEnabled":false}' told
	has_lines 2 told
	# One that ends takes it back, too.
	rm go
	tq-submit hold >/dev/null
	wait_until 10 has_lines 3 told
	kill "$worker"
	touch go
	wait_until 10 has_ended "$worker"
	[ "$(tail -1 told)" = '/api/task1/task-protection/v1/state {"ProtectionEnabled":false}' ]
	[ ! -s log ] || ! grep protect log
}

@test "an agent that refuses is said once, and holds nothing up" {
	agent_starts 400 '{"error":{"Code":"AccessDeniedException"}}'
	tq-submit text.transform '"a"' >/dev/null
	tq-work --builtin --on 'hold=sleep 1' 2>log 3>&- & worker=$!
	started+=("$worker")
	id=$(tq-submit hold)
	wait_until 20 status_is "$id" COMPLETED
	kill "$worker"
	wait_until 20 has_ended "$worker"
	[ "$(grep -c 'ECS does not protect.*AccessDenied' log)" -eq 1 ]
	[ -z "$(tq-status --list --status PENDING)" ]
}
