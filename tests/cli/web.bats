#!/usr/bin/env bats
# The page of tq-serve in a headless Chromium.  The files of tests/web play all
# cases at once, before the first test here; each test looks one of them up, so
# that what failed or was skipped is seen by its name.

load helper
load web

setup_file() {
	play page console
}

@test "the page: a picture is submitted and turns gray" {
	played "a picture is submitted and turns gray"
}

@test "the page: what can't be sent is said at the form" {
	played "what can't be sent is said at the form"
}

@test "the page: a task of any type: JSON as it was written, text, a file, options" {
	played "a task of any type: JSON as it was written, text, a file, options"
}

@test "the page: a failing task's attempts, log and end are shown, and it is run again" {
	played "a failing task's attempts, log and end are shown, and it is run again"
}

@test "the page: a running task's log comes as it is written; it is cancelled" {
	played "a running task's log comes as it is written; it is cancelled"
}

@test "the page: what a task waits for is shown, and a task held, changed and released" {
	played "what a task waits for is shown, and a task held, changed and released"
}

@test "the page: task data is only ever text" {
	played "task data is only ever text"
}

@test "the page: an address with a task's id opens it, also as it once was" {
	played "an address with a task's id opens it, also as it once was"
}

@test "the page: a text is worked on, a simulation dies in the end" {
	played "a text is worked on, a simulation dies in the end"
}

@test "the page: the overview has queues, plots, workers and what they run" {
	played "the overview has queues, plots, workers and what they run"
}

@test "the page: Back leads through every view, and a reload stays" {
	played "Back leads through every view, and a reload stays"
}

@test "the page: a server that does not answer is said, and asked again" {
	played "a server that does not answer is said, and asked again"
}

@test "the page: a queue is paused with a reason and a time, and resumed" {
	played "a queue is paused with a reason and a time, and resumed"
}

@test "the page: tasks are filtered, searched and paged, and Back goes back" {
	played "tasks are filtered, searched and paged, and Back goes back"
}

@test "the page: many tasks are chosen and cancelled, and run again" {
	played "many tasks are chosen and cancelled, and run again"
}

@test "the page: dead tasks stand together by error, and a group is run again after a count" {
	played "dead tasks stand together by error, and a group is run again after a count"
}

@test "the page: a key sees and does only what it may" {
	played "a key sees and does only what it may"
}

@test "the page: with keys it asks for one, and forgets it on request" {
	played "with keys it asks for one, and forgets it on request"
}

@test "the page: the keyboard alone is enough" {
	played "the keyboard alone is enough"
}

@test "the page: axe finds nothing in any view" {
	played "axe finds nothing in any view"
}

@test "the page: every case of tests/web is in a bats file" {
	listed page web.bats
	listed console web.bats
	listed slow web-slow.bats
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
