#!/usr/bin/env bats
# bats file_tags=sqlite
# Completion, in the shells themselves.

load helper

COMPLETIONS=$(cd "$BATS_TEST_DIRNAME/../../completions" && pwd)

# The words that each shell offers for a line, one a line.
in_bash() {
	bash --norc -c '
	. "$1/tq.bash"
	compopt() { :; }
	line=$2
	# As readline breaks it.
	[[ $COMP_WORDBREAKS == *:*  ]] || COMP_WORDBREAKS+=:
	words=${line//:/ : }
	read -ra COMP_WORDS <<<"${words//=/ = }"
	[[ $line != *" " ]] || COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_tq_load "${COMP_WORDS[0]}"
	"_${COMP_WORDS[0]//-/_}" "${COMP_WORDS[0]}"
	printf "%s\n" "${COMPREPLY[@]}"' - "$COMPLETIONS" "$1"
}
in_fish() {
	local dir=$HOME/.config/fish/completions
	command -v fish >/dev/null || skip "fish is not installed"
	mkdir -p "$dir"
	cp "$COMPLETIONS/tq.fish" "$dir/${1%% *}.fish"
	fish -c "complete -C '$1'" | cut -f1
}
# zsh completes on a terminal only: one of its own, whose completion widget
# tells the words that compadd is given instead of showing them.
in_zsh() {
	command -v zsh >/dev/null || skip "zsh is not installed"
	cat >.zshrc <<-'END'
	PROMPT= ; fpath=("$COMPLETIONS" $fpath)
	autoload -Uz compinit && compinit -u -D
	compadd() {
		local -a all
		builtin compadd -O all "$@"
		(( ! $#all )) || print -rl -- $all >>words
	}
	try() { _main_complete; print end >>words }
	zle -C try complete-word try
	bindkey '^I' try
	END
	: >words
	COMPLETIONS=$COMPLETIONS ZDOTDIR=$PWD timeout 60 zsh -fc '
	zmodload zsh/zpty
	zpty shell "TERM=dumb zsh -i"
	zpty -w shell "print ready >>words"
	until grep -q ready words; do sleep 0.05; done
	zpty -w -n shell "$1"$'"'\\t'"'
	until grep -q end words; do sleep 0.05; done
	zpty -d shell' - "$1"
	grep -vxE 'ready|end' words
}

offers() {
	local shell=$1 line=$2
	shift 2
	"in_$shell" "$line" | sort -u >offered
	printf '%s\n' "$@" | sort -u | diff -u - offered
}

# The words that are offered, without what stands behind a tab or two blanks.
first_words() {
	sed 's/\t.*//; s/  .*//' offered | sort -u | xargs
}

each_shell_offers() {
	local shell=$1
	tq-submit -q mail send >/dev/null
	tq-submit -q pics thumb >/dev/null
	offers "$shell" "tq-submit -q " mail pics
	offers "$shell" "tq-submit " send thumb
	offers "$shell" "tq-status --type " send thumb
	offers "$shell" "tq-ctl pause " mail pics
	offers "$shell" "tq-work --log-format " human json logfmt
	offers "$shell" "tq-dlq re" redrive
	"in_$shell" "tq-work --max" | grep -x -- "--max-running=\?"
	# Every state there is.
	offers "$shell" "tq-status --status " PENDING RETRYING RUNNING BLOCKED \
	    COMPLETED FAILED CANCELLED
}

# Ids of recent tasks, each tool's own.
each_shell_offers_ids() {
	local shell=$1
	tq-submit --id waits send >/dev/null
	tq-submit --id died --max-attempts 1 thumb >/dev/null
	exits 1 tq-work --on thumb=false --drain
	"in_$shell" "tq-status " >offered
	[ "$(first_words)" = "died waits" ]
	"in_$shell" "tq-status --why w" >offered
	[ "$(first_words)" = waits ]
	"in_$shell" "tq-ctl cancel " >offered
	[ "$(first_words)" = waits ]
	"in_$shell" "tq-dlq redrive " >offered
	[ "$(first_words)" = died ]
	"in_$shell" "tq-submit --after " >offered
	[ "$(first_words)" = "died waits" ]
}

# A store that somebody else made up: its names are no names.
each_shell_is_safe() {
	local shell=$1
	tq-submit -q mail send >/dev/null
	tq-submit -q evil bad >/dev/null
	tq-submit -q evil worse >/dev/null
	sqlite3 tq.db 'UPDATE lane SET queue='"'"'$(touch pwned)'"'"' WHERE type='"'bad'" \
	    'UPDATE lane SET type='"'"'`touch pwned`;$(touch pwned)'"'"' WHERE type='"'worse'"
	"in_$shell" "tq-ctl pause " >offered
	[ "$(first_words)" = "evil mail" ]
	"in_$shell" "tq-status --type " >offered
	[ "$(first_words)" = "bad send" ]
	"in_$shell" "tq-status " >/dev/null
	[ ! -e pwned ]
}

@test "bash completes options, choices, commands, queues and types" {
	each_shell_offers bash
}

@test "bash completes types that have a colon, and what follows them" {
	tq-submit -q mail img:thumb:small >/dev/null
	tq-submit -q mail img:thumb:large >/dev/null
	tq-submit -q mail send >/dev/null
	offers bash "tq-submit im" img:thumb:small img:thumb:large
	# readline replaces what stands behind the last colon.
	offers bash "tq-submit img:" thumb:small thumb:large
	offers bash "tq-submit img:thumb:s" small
	offers bash "tq-status --type img:thumb:l" large
	offers bash "tq-status --type=img:thumb:l" large
	offers bash "tq-submit img:thumb:s -q " mail
	offers bash "tq-work --on img:x=y --log-format " human json logfmt
	# It is the type: no other follows.
	in_bash "tq-submit img:thumb:small " >offered
	[ -z "$(cat offered)" ]
}

@test "bash completes ids of recent tasks" {
	each_shell_offers_ids bash
}

@test "bash runs nothing that a store has for a name" {
	each_shell_is_safe bash
}

@test "fish completes options, choices, commands, queues and types" {
	command -v fish >/dev/null || skip "fish is not installed"
	each_shell_offers fish
}

# bats test_tags=long
@test "fish completes ids of recent tasks" {
	command -v fish >/dev/null || skip "fish is not installed"
	each_shell_offers_ids fish
}

# bats test_tags=long
@test "fish runs nothing that a store has for a name" {
	command -v fish >/dev/null || skip "fish is not installed"
	each_shell_is_safe fish
}

@test "zsh completes options, choices, commands, queues and types" {
	command -v zsh >/dev/null || skip "zsh is not installed"
	each_shell_offers zsh
}

# bats test_tags=long
@test "zsh completes ids of recent tasks" {
	command -v zsh >/dev/null || skip "zsh is not installed"
	each_shell_offers_ids zsh
}

# bats test_tags=long
@test "zsh runs nothing that a store has for a name" {
	command -v zsh >/dev/null || skip "zsh is not installed"
	each_shell_is_safe zsh
}

@test "completion waits for nobody who writes, and makes no store" {
	tq-submit -q mail --id one send >/dev/null
	# The turn of a writer that has stopped in the middle, and a transaction.
	flock -x tq.db.lock sqlite3 tq.db 'BEGIN IMMEDIATE' '.shell touch begun' \
	    '.shell until [ -e over ]; do sleep 0.05; done' 3>&- &
	wait_until 10 test -e begun
	[ "$(timeout 60 tq-ctl --help=queues)" = mail ]
	[ "$(timeout 60 tq-ctl --help=ids)" = $'one\tPENDING send' ]
	touch over
	wait
	exits 69 env TQ_STORE="sqlite:$PWD/none.db" tq-status --help=ids
	[ ! -e none.db ]
}

@test "names are told once each, without a store 69, of aws none" {
	tq-submit -q mail send >/dev/null
	tq-submit -q mail sort >/dev/null
	[ "$(tq-ctl --help=queues)" = mail ]
	exits 69 env TQ_STORE="sqlite:$PWD/none" tq-status --help=queues
	says "none"
	TQ_STORE=aws:none exits 0 tq-status --help=types
	[ ! -s out ]
}
