#!/usr/bin/env bats
# The page of tq-serve in a headless Chromium: the cases that take longer.
# bats file_tags=long

load helper
load web

setup_file() {
	play slow
}

@test "the page: a picture can be dropped, pasted, or be the sample" {
	played "a picture can be dropped, pasted, or be the sample"
}

@test "the page: a task that is to be tried again says when" {
	played "a task that is to be tried again says when"
}

@test "the page: it works from another origin, with keys" {
	played "it works from another origin, with keys"
}

@test "the page: changes are announced" {
	played "changes are announced"
}

@test "the page: where event streams don't get through, it asks" {
	played "where event streams don't get through, it asks"
}

@test "the page: it says when the server is gone, and comes back" {
	played "it says when the server is gone, and comes back"
}

@test "the page: nothing moves by itself or sideways" {
	played "nothing moves by itself or sideways"
}

@test "the page: axe finds nothing, light and dark, large and small" {
	played "axe finds nothing, light and dark, large and small"
}
