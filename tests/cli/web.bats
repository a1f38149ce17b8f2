#!/usr/bin/env bats
# The page of tq-serve in a headless Chromium.  tests/web/page.test.mjs plays
# all cases at once, before the first test here; each test looks one of them
# up, so that what failed or was skipped is seen by its name.

load helper

# Why the cases can't be played; empty if they can.
missing() {
	# Playwright wants node 20.
	node=$("$BATS_TEST_DIRNAME/../aws/standins" node 2>&1) ||
	    { echo "$node"; return; }
	[ -x "${CHROMIUM:=/usr/bin/chromium}" ] ||
	    { echo "no chromium"; return; }
	[ -x "$TQ_BUILD/tq-serve" ] || { echo "no tq-serve"; return; }
	[ -d "$web/node_modules/playwright-core" ] &&
	    [ -d "$web/node_modules/axe-core" ] && return
	(cd "$web" && npm ci --ignore-scripts --no-audit --no-fund) \
	    >/dev/null 2>&1 || echo "npm ci failed"
}

setup_file() {
	local web=$BATS_TEST_DIRNAME/../web node
	missing >"$BATS_FILE_TMPDIR/missing"
	[ -s "$BATS_FILE_TMPDIR/missing" ] && return
	export CHROMIUM
	# Ours would be taken for a part of a larger run.
	env -u NODE_TEST_CONTEXT TQ_SHOTS="$BATS_FILE_TMPDIR" \
	    "$node" --test --test-reporter=tap "$web/page.test.mjs" \
	    >"$BATS_FILE_TMPDIR/tap" 2>&1 3>&- || true
}

# played NAME: that case must have gone well.
played() {
	local why
	why=$(cat "$BATS_FILE_TMPDIR/missing")
	[ -z "$why" ] || skip "$why"
	grep -Eq "^ *ok [0-9]+ - $1\$" "$BATS_FILE_TMPDIR/tap" && return
	grep -A40 -E "^ *not ok [0-9]+ - $1\$" "$BATS_FILE_TMPDIR/tap" ||
	    tail -50 "$BATS_FILE_TMPDIR/tap"
	return 1
}

@test "the page: a picture is submitted and turns gray" {
	played "a picture is submitted and turns gray"
}

@test "the page: a picture can be dropped, pasted, or be the sample" {
	played "a picture can be dropped, pasted, or be the sample"
}

@test "the page: what can't be sent is said at the form" {
	played "what can't be sent is said at the form"
}

@test "the page: a failing task is retried, dies, and is sent round again" {
	played "a failing task is retried, dies, and is sent round again"
}

@test "the page: a task that is to be tried again says when" {
	played "a task that is to be tried again says when"
}

@test "the page: all dead tasks that are shown are sent round again" {
	played "all dead tasks that are shown are sent round again"
}

@test "the page: without a worker it says how to start one" {
	played "without a worker it says how to start one"
}

@test "the page: a task is cancelled from the table and run after all" {
	played "a task is cancelled from the table and run after all"
}

@test "the page: a running task is cancelled" {
	played "a running task is cancelled"
}

@test "the page: the table is filtered and paged" {
	played "the table is filtered and paged"
}

@test "the page: with keys it asks for one, and forgets it on request" {
	played "with keys it asks for one, and forgets it on request"
}

@test "the page: it works from another origin, with keys" {
	played "it works from another origin, with keys"
}

@test "the page: the keyboard alone is enough" {
	played "the keyboard alone is enough"
}

@test "the page: changes are announced" {
	played "changes are announced"
}

@test "the page: task data is only ever text" {
	played "task data is only ever text"
}

@test "the page: where event streams don't get through, it asks" {
	played "where event streams don't get through, it asks"
}

@test "the page: it says when the server is gone, and comes back" {
	played "it says when the server is gone, and comes back"
}

@test "the page: an address with a task's id opens it" {
	played "an address with a task's id opens it"
}

@test "the page: nothing moves by itself or sideways" {
	played "nothing moves by itself or sideways"
}

@test "the page: axe finds nothing, light and dark, large and small" {
	played "axe finds nothing, light and dark, large and small"
}

@test "the page: every case of page.test.mjs is listed here" {
	local web=$BATS_TEST_DIRNAME/../web name
	while IFS= read -r name; do
		grep -qF "played \"$name\"" "$BATS_TEST_FILENAME" ||
		    { echo "not listed: $name"; return 1; }
	done < <(sed -n 's/^scene("\([^"]*\)".*/\1/p' "$web/page.test.mjs")
}

@test "the page: its files hold no inline script or style and load nothing from elsewhere" {
	cd "$BATS_TEST_DIRNAME/../../web"
	run grep -nE '<script>|<style|[^-]style=|[ "]on[a-z]+="|javascript:' index.html
	[ "$status" -eq 1 ]
	run grep -nE '(src|href)="(https?:)?//' index.html
	[ "$status" -eq 1 ]
	run grep -nE '@import|url\(' style.css
	[ "$status" -eq 1 ]
	run grep -nwE 'innerHTML|outerHTML|insertAdjacentHTML|eval|Function' ./*.js
	[ "$status" -eq 1 ]
}

@test "the page: the lock of its tests names no host" {
	run grep -nE 'resolved|https?:' "$BATS_TEST_DIRNAME/../web/package-lock.json"
	[ "$status" -eq 1 ]
}
