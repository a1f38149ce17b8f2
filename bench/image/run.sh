#!/bin/sh
# bench/image/run.sh photo ... -- our gray against ImageMagick's, one thread.
#
# Wants photos (Debian's mate-backgrounds has some), and convert for the
# comparison; medians. Builds into $BUILD.
set -eu
[ $# -gt 0 ] || { echo "usage: $0 photo ..." >&2; exit 64; }
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-build}
make -s BUILD="$BUILD" "$BUILD/libtq.a"
cc -O2 -std=gnu11 -D_GNU_SOURCE -Ilib -o "$BUILD/bench-gray" \
    bench/image/gray.c "$BUILD/libtq.a" -ljpeg -lspng -lseccomp -lm -l:libz.a
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

ms() {	# command ...: its wall time in ms
	from=$(date +%s%N)
	"$@"
	echo $((($(date +%s%N) - from) / 1000000))
}

for photo; do
	format=$(convert "$photo" -format %m info: | tr '[:upper:]' '[:lower:]')
	"$BUILD/bench-gray" "$photo"
	im=$(for _ in 1 2 3 4 5; do
		MAGICK_THREAD_LIMIT=1 ms convert "$photo" -strip \
		    -grayscale Rec601Luma "$tmp/im.$format"
	done | sort -n | sed -n 3p)
	echo "    ImageMagick: $im ms, $(wc -c <"$tmp/im.$format") bytes"
done
