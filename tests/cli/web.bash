# shellcheck shell=bash
# Parts that web.bats and web-slow.bats share.

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

# play NAME...: all cases of tests/web/NAME.test.mjs, at once.
play() {
	local web=$BATS_TEST_DIRNAME/../web node files=("${@/#/$BATS_TEST_DIRNAME/../web/}")
	files=("${files[@]/%/.test.mjs}")
	missing >"$BATS_FILE_TMPDIR/missing"
	[ -s "$BATS_FILE_TMPDIR/missing" ] && return
	export CHROMIUM
	# Ours would be taken for a part of a larger run.
	env -u NODE_TEST_CONTEXT TQ_SHOTS="$BATS_FILE_TMPDIR" \
	    "$node" --test --test-concurrency=1 --test-reporter=tap \
	    "${files[@]}" >"$BATS_FILE_TMPDIR/tap" 2>&1 3>&- || true
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

# listed NAME FILE: each case of NAME.test.mjs is looked up in FILE.
listed() {
	local name
	while IFS= read -r name; do
		grep -qF "played \"$name\"" "$BATS_TEST_DIRNAME/$2" ||
		    { echo "not in $2: $name"; return 1; }
	done < <(sed -n 's/^scene("\([^"]*\)".*/\1/p' \
	    "$BATS_TEST_DIRNAME/../web/$1.test.mjs")
}
