# tests/long/bare.bash -- behind tap.bash, for what runs in a bare Debian 12: roots
# in $tmp/NAME, copied from one that is kept in build.  Needs root and a mirror.
# shellcheck shell=bash

top=$PWD
# The mirror of this machine; debootstrap has one of its own.
mirror=${TQ_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null |
    grep -v security | head -n 1)}
cache=$top/build/bare-bookworm		# kept from run to run
kept=${TQ_ROOTS:-/var/tmp/tq-roots}/bookworm.tar	# by scripts/check-on

skip_all() {
	echo "1..1"
	echo "ok 1 - the packages in a bare Debian # skip $1"
	exit 0
}

# Where check-on has left one, without what it adds to it.
unpack_kept() {
	[ -e "$kept" ] && mkdir -p "$cache/root" && tar -C "$cache/root" -xf "$kept" &&
	chmod 755 "$cache/root" &&
	chroot "$cache/root" apt-get purge -y -q --auto-remove git make ca-certificates
}

bare() {
	[ "$(id -u)" -eq 0 ] || skip_all "only root can make a Debian root"
	command -v debootstrap >/dev/null || skip_all "debootstrap is not installed"
	[ -e "$cache/done" ] && return
	rm -rf "$cache"
	mkdir -p "$cache"
	unpack_kept >"$tmp/log" 2>&1 || {
		rm -rf "$cache/root"
		timeout 1800 debootstrap --variant=minbase bookworm "$cache/root" \
		    ${mirror:+"$mirror"} >"$tmp/log" 2>&1
	} || skip_all "no bare Debian: $(tail -1 "$tmp/log")"
	touch "$cache/done"
}

# new_root NAME: a bare Debian that has no documentation, as the slim image.
new_root() {
	cp -a "$cache/root" "$tmp/$1" && mount -t proc proc "$tmp/$1/proc" &&
	{
		printf 'path-exclude /usr/share/%s/*\n' doc man
		echo force-unsafe-io	# as the slim image, too
	} >"$tmp/$1/etc/dpkg/dpkg.cfg.d/slim"
	printf '#!/bin/sh\nexit 101\n' >"$tmp/$1/usr/sbin/policy-rc.d"
	chmod +x "$tmp/$1/usr/sbin/policy-rc.d"
	cp /etc/resolv.conf "$tmp/$1/etc/"
}

inside() {
	local root=$tmp/$1
	shift
	timeout 1800 chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	    LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/root "$@"
}

# kill_in ROOT SIGNAL: to the tools that run in this root of ours.
kill_in() {
	local pid
	for pid in /proc/[0-9]*; do
		[ "$(readlink "$pid/root")" = "$tmp/$1" ] &&
		    [[ $(readlink "$pid/exe") == */tq-* ]] &&
		    kill -s "$2" "${pid#/proc/}" 2>/dev/null
	done
	return 0
}
