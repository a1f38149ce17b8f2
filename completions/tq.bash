# bash completion for the tq tools: asks the tool that is installed for its
# options, once per shell and tool.

_tq_load()
{
	local script
	script=$("$1" --help=bash 2>/dev/null) || return 1
	eval "$script"
	return 124	# bash then completes anew with what was just loaded
}

complete -o default -F _tq_load tq-submit tq-status tq-work tq-serve tq-dlq tq-ctl
