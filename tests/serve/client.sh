# tests/serve/client.sh -- what the four clients share; sourced by them.
# shellcheck shell=sh disable=SC2034
set -eu

# call METHOD PATH [BODY]: sets $status and $body.
call() {
	if [ $# -gt 2 ]; then
		body=$(curl -s -m 60 -w '\n%{http_code}' -X "$1" "$base$2" \
		    -H 'Content-Type: application/json' -d "$3")
	else
		body=$(curl -s -m 60 -w '\n%{http_code}' -X "$1" "$base$2")
	fi
	status=${body##*
}
	body=${body%
*}
	body=${body%
}
}

# member NAME: a string member of $body.
member() {
	printf '%s\n' "$body" | sed -n 's/.*"'"$1"'":"\([^"]*\)".*/\1/p'
}

# want WHAT GOT WANTED
want() {
	[ "$2" = "$3" ] || {
		echo "$1 is \"$2\", not \"$3\": $body" >&2
		exit 1
	}
}

# has TEXT: is it in $body?
has() {
	case $body in
	*"$1"*) ;;
	*) echo "no $1 in: $body" >&2; exit 1 ;;
	esac
}

# poll PATH END...: until the status is one of END; collects all in $saw.
poll() {
	path=$1
	saw=
	shift
	tries=400
	while [ $((tries -= 1)) -gt 0 ]; do
		call GET "$path"
		want "status of $path" "$status" 200
		now=$(member status)
		case " $saw " in
		*" $now "*) ;;
		*) saw="$saw $now" ;;
		esac
		for end in "$@"; do
			[ "$now" != "$end" ] || return 0
		done
		sleep 0.05
	done
	echo "never ended: $body" >&2
	exit 1
}
