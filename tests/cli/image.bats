#!/usr/bin/env bats
# The main job on real pictures, compared with ImageMagick's own answer.

load helper

FIXTURES=$(cd "$(dirname "${BATS_TEST_FILENAME}")/../fixtures" && pwd)

need_convert() {
	command -v convert >/dev/null && command -v compare >/dev/null ||
		skip "no ImageMagick"
}

# gray FILE OUT [PAYLOAD]: by the tools, as the README has it.
gray() {
	local id
	id=$(tq-submit image.grayscale --input "$1" "${3:-{\}}")
	tq-work --drain
	tq-status --result -o "$2" "$id"
}

# same_luma FILE OUT: are OUT's pixels FILE's BT.601 luma, at most 1 off?
same_luma() {
	local most
	convert "$1" -auto-orient -background white -alpha remove -alpha off \
	    -grayscale Rec601Luma -depth 8 want.png
	most=$(compare -metric PAE "$2" want.png null: 2>&1 | sed 's/ .*//')
	awk -v m="$most" 'BEGIN { exit !(m <= 257) }' || {
		echo "$1: off by $most of 65535"
		return 1
	}
}

# close_enough FILE OUT: over 40 dB from that?
close_enough() {
	local db
	convert "$1" -auto-orient -grayscale Rec601Luma -depth 8 want.png
	db=$(compare -metric PSNR "$2" want.png null: 2>&1) || true # 1: they differ
	awk -v d="$db" 'BEGIN { exit !(d == "inf" || d > 40) }' || {
		echo "$1: only $db dB"
		return 1
	}
}

@test "a photo turns gray: three commands, as the README has them" {
	cp "$FIXTURES/photo.jpg" photo.jpg
	id=$(tq-submit image.grayscale --input photo.jpg)
	tq-work --drain
	tq-status --result -o gray.jpg "$id"
	[ "$(head -c 3 gray.jpg | od -An -tx1)" = " ff d8 ff" ]
	[ "$(tq-status --json "$id" | grep -o '"result":{[^}]*}')" = \
	    "\"result\":{\"width\":720,\"height\":480,\"format\":\"jpeg\",\"bytes\":$(stat -c %s gray.jpg)}" ]
}

@test "to PNG the pixels are the input's luma within 1, for every JPEG" {
	need_convert
	for f in photo.jpg image/{444,422,420,411,progressive,gray,odd}.jpg; do
		gray "$FIXTURES/$f" out.png '{"format":"png"}'
		same_luma "$FIXTURES/$f" out.png
	done
}

@test "to JPEG it is over 40 dB from the luma" {
	need_convert
	convert "$FIXTURES/photo.jpg" -interlace JPEG progressive.jpg
	for f in "$FIXTURES/photo.jpg" progressive.jpg; do
		gray "$f" out.jpg
		close_enough "$f" out.jpg
	done
}

@test "PNG of every kind: 8 and 16 bit, palette, alpha" {
	need_convert
	for f in rgb8 rgb16 gray8 gray16 gray4 palette8 palette8-trns rgba8 graya8 rgb8-adam7; do
		gray "$FIXTURES/image/$f.png" out.png
		same_luma "$FIXTURES/image/$f.png" out.png
	done
}

@test "BMP and PNM" {
	need_convert
	convert "$FIXTURES/photo.jpg" -resize 97x61! -type TrueColor in.bmp
	convert in.bmp in.ppm
	convert in.bmp -grayscale Rec601Luma in.pgm
	for f in bmp ppm pgm; do
		gray in.$f out.$f
		same_luma in.$f out.$f
	done
}

@test "GIF, WebP and TIFF become PNG or JPEG, in the sandbox" {
	need_convert
	for f in palette8.gif:png rgb8.webp:jpeg rgba8.tif:png; do
		[ -e "$TQ_BUILD/tq-image-$(sed 's/.*\.//; s/:.*//; s/tif/tiff/' <<<"$f").so" ] ||
			skip "a module is not built"
		gray "$FIXTURES/image/${f%:*}" out
		[ "$(identify -format '%m' out)" = "$(tr a-z A-Z <<<"${f#*:}")" ]
	done
	same_luma "$FIXTURES/image/rgba8.tif" out
}

# bats test_tags=sqlite
@test "make says which format it leaves out, and which package has it" {
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	make -n -C "$top" NO_DEPS=1 HEADER_gif=no/such.h HEADER_color=no/such.h all >out
	grep -q "without tq-image-gif.so, which needs libgif-dev" out
	grep -q "without tq-image-color.so, which needs liblcms2-dev" out
}

@test "AVIF and HEIC, whose libraries start threads" {
	[ -e "$TQ_BUILD/tq-image-heif.so" ] || skip "tq-image-heif.so is not built"
	for f in rgb8.heic rgba8.avif; do
		gray "$FIXTURES/image/$f" out
		[ "$(head -c 3 out | od -An -tx1)" = " ff d8 ff" ]
	done
}

@test "a photo with an EXIF orientation comes out upright" {
	need_convert
	convert -size 64x40 gradient:red-blue -fill yellow -draw 'rectangle 0,0 15,9' -quality 98 plain.jpg
	for o in 2 3 4 5 6 7 8; do
		# An APP1 with that orientation behind the start marker.
		{
			head -c 2 plain.jpg
			printf '\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x0'"$o"'\x00\x00\x00\x00\x00\x00'
			tail -c +3 plain.jpg
		} >turned.jpg
		[ "$(identify -format '%[EXIF:Orientation]' turned.jpg)" = "$o" ]
		gray turned.jpg out.png '{"format":"png"}'
		same_luma turned.jpg out.png
	done
}

# refused FILE WORDS: the task is dead at once, its reason says WORDS.
refused() {
	local id
	id=$(tq-submit image.grayscale --input "$1")
	exits 1 tq-work --drain
	[ "$(tq-status --columns status,attempts "$id")" = "FAILED	1" ]
	tq-status --columns reason "$id" | grep -qF -e "$2" || {
		tq-status --columns reason "$id"
		return 1
	}
}

@test "a damaged photo is refused: 400 bytes of its scan come twice" {
	{
		head -c 20000 "$FIXTURES/photo.jpg"
		tail -c +19601 "$FIXTURES/photo.jpg"
	} >doubled.jpg
	refused doubled.jpg "corrupt JPEG"
}

@test "what is no picture is refused once, with a reason that says so" {
	echo "some words" >words.jpg
	: >empty.jpg
	head -c 9000 "$FIXTURES/photo.jpg" >cut.jpg
	refused words.jpg "not an image"
	refused empty.jpg "not an image"
	refused cut.jpg "truncated JPEG"
	echo '<?xml version="1.0"?><svg/>' >drawing.svg
	refused drawing.svg "SVG is not supported"
}

@test "a member that nearly is one of ours is refused by name" {
	exits 65 tq-submit image.grayscale '{"maxPixels":5}' 2>err
	grep -q '"maxPixels" is not known (did you mean "max_pixels"?)' err
	exits 65 tq-submit image.grayscale '{"qualty":5}' 2>/dev/null
	exits 65 tq-submit simulate '{"second":5}' 2>/dev/null
	tq-submit other '{"maxPixels":5}'
	tq-submit image.grayscale '{"note":"mine"}'
}

# bats test_tags=sqlite
@test "a picture waits until there is memory for it, without an attempt" {
	# Each takes 4 bytes a pixel, 24 MB, of which there are 30.
	for f in a b; do
		{
			printf 'P5\n3000 2000\n255\n'
			head -c 6000000 /dev/urandom
		} >$f.pgm
		tq-submit image.grayscale '{"format":"png"}' --max-attempts 1 --timeout 60s --input $f.pgm
	done >ids
	tq-work -j2 -v --grace 0s --image-memory 30M 2>err &
	started+=($!)
	wait_until 20 grep -q 'event=wait' err
	# It can be stopped there.
	kill -TERM "$!"
	wait "$!" || true
	[ "$(tq-status --columns status,attempts - <ids | sort -u)" = "PENDING	0" ]
	tq-work -j2 --image-memory 30M --drain -v 2>err
	grep -q 'event=wait' err
	[ "$(tq-status --columns status,attempts - <ids | sort -u)" = "COMPLETED	1" ]
	# More than there is at all.
	id=$(tq-submit image.grayscale --input a.pgm)
	exits 1 tq-work --drain --image-memory 20M
	tq-status --columns status,attempts,reason "$id" | grep -F "FAILED	1" |
	    grep -F "3000x2000 pixels take 22 MiB of memory, more than the 20 that this worker has for pictures (--image-memory)"
	exits 2 tq-work --drain --image-memory 5
	exits 2 tq-work --drain --image-memory much
}

# bats test_tags=sqlite
@test "and by the worker, where another program has written it" {
	id=$(tq-submit image.grayscale '{"quality":5}' --input "$FIXTURES/photo.jpg")
	sqlite3 tq.db "update task set payload = replace(payload, 'quality', 'qualty')"
	exits 1 tq-work --drain
	tq-status --columns status,attempts,reason "$id" |
	    grep -F 'FAILED	1	' | grep -F '"qualty" is not known (did you mean "quality"?)'
}

# bats test_tags=sqlite,long
@test "the timeout of a picture that waits for memory stands still" {
	for f in a b; do
		{
			printf 'P5\n6000 4000\n255\n'
			head -c 24000000 /dev/urandom
		} >$f.pgm
		tq-submit image.grayscale '{"format":"png"}' --max-attempts 1 --timeout 10s --input $f.pgm
	done >ids
	tq-work -j2 -v --image-memory 120M 2>err &
	worker=$!
	started+=("$worker")
	both_wait() { [ "$(grep -c 'event=wait' err)" -eq 2 ]; }
	wait_until 20 both_wait
	# Hold the one that got in until its time, and the other's, is over.
	kill -STOP "$(pgrep -P "$(pgrep -P "$worker")")"
	one_dead() { grep -q 'event=dead.*stage=timeout' err; }
	wait_until 40 one_dead
	one_done() { grep -q 'event=done' err; }
	wait_until 40 one_done
	[ "$(tq-status --columns status,attempts - <ids | sort | tr '\n\t' '  ')" = "COMPLETED 1 FAILED 1 " ]
}

# claim FILE PATTERN SKIP BYTES: write BYTES so many behind each PATTERN.
claim() {
	local at
	for at in $(LC_ALL=C grep -obUaP -e "$2" "$1" | cut -d: -f1); do
		printf '%b' "$4" |
		    dd of="$1" bs=1 seek=$((at + $3)) conv=notrunc status=none
	done
}

# bomb NAME PATTERN SKIP BYTES [...]: a fixture that claims to be larger.
bomb() {
	cp "$FIXTURES/image/$1" "bomb-$1"
	while [ $# -ge 4 ]; do
		claim "bomb-$1" "$2" "$3" "$4"
		set -- "$1" "${@:5}"
	done
}

# bats test_tags=sqlite
@test "a bomb of each format costs one attempt; the next task runs" {
	for f in gif heif psd tiff webp; do
		[ -e "$TQ_BUILD/tq-image-$f.so" ] || skip "tq-image-$f.so is not built"
	done
	big='\x75\x30'
	bomb 444.jpg '\xff\xc0\x00\x11' 5 "$big$big"
	bomb progressive.jpg '\xff\xc2\x00\x11' 5 "$big$big"
	bomb rgb8.png IHDR 4 "\\x00\\x00$big\\x00\\x00$big"
	bomb rgb24.bmp '^BM' 18 '\x30\x75\x00\x00\x30\x75\x00\x00'
	bomb palette8.gif '^GIF' 6 '\x30\x75\x30\x75'
	bomb rgb8.psd 8BPS 14 "\\x00\\x00$big\\x00\\x00$big"
	bomb rgb8.webp VP8L 9 '\xff\xff\xff\x0f'
	bomb rgb8.tif '\x00\x01\x03\x00\x01\x00\x00\x00' 8 '\x30\x75' \
	    '\x01\x01\x03\x00\x01\x00\x00\x00' 8 '\x30\x75'
	for f in rgb8.heic rgba8.avif; do
		bomb $f ispe 8 "\\x00\\x00$big\\x00\\x00$big"
	done
	printf 'P5\n30000 30000\n255\nx' >bomb-gray.pgm
	printf '%s\n' bomb-* | tq-submit image.grayscale --each=input >ids
	has_lines 11 ids
	good=$(tq-submit image.grayscale --input "$FIXTURES/photo.jpg")
	exits 1 tq-work --drain
	tq-status --columns status,attempts,reason - <ids >table
	[ "$(grep -c "^FAILED	1	" table)" -eq 11 ] || { cat table; return 1; }
	[ "$(grep -c 'max_pixels' table)" -eq 10 ] || { cat table; return 1; }
	grep -q 'corrupt WebP' table		# whose sides end at 16384
	[ "$(tq-status --columns status "$good")" = COMPLETED ]
}
