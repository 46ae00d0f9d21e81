#!/bin/sh
# same.sh [OTHER [SECONDS]]: a virtual run is a pure function of the program, the
# seed and the selection.  Repeated, over the other kind of coroutines (the program
# OTHER), one case after another and alone, it says the same, octet for octet; and
# all of it takes less than SECONDS of wall time.
set -u
tcpconform=${BUILD_DIR:?}/tcpconform
other=${1:-}
limit=${2:-}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
failed=0

selftest()                      # OUTPUT PROGRAM OPTION...
{
	out=$1 program=$2
	shift 2
	"$program" selftest "$@" >"$out" 2>"$out.err"
	status=$?
}

# same WHAT A B
same()
{
	if cmp -s "$2" "$3"; then
		echo "ok: $1"
	else
		echo "FAILED: $1"
		diff "$2" "$3" | head -20
		failed=1
	fi
}

for format in tap text json; do
	selftest "$tmp/$format" "$tcpconform" --format $format
	if [ "$status" -ne 0 ]; then
		echo "FAILED: selftest ends with $status"
		grep -E '^not ok|^Bail' "$tmp/$format" | head -20
		tail -n 5 "$tmp/$format.err"
		failed=1
	fi
	selftest "$tmp/again" "$tcpconform" --format $format
	same "twice, as $format" "$tmp/$format" "$tmp/again"
	if [ -n "$other" ] && [ -x "$other" ]; then
		selftest "$tmp/again" "$other" --format $format
		same "over the other coroutines, as $format" "$tmp/$format" "$tmp/again"
	fi
done
selftest "$tmp/again" "$tcpconform" --format tap --jobs 1
same 'one case after another' "$tmp/tap" "$tmp/again"
[ "$(grep -cE '^(not )?ok ' "$tmp/tap")" -ge 160 ] || { echo "FAILED: fewer than 160 results"; failed=1; }

# Nothing of the day, the place or the moment is in the output.
for word in "$(uname -n)" "$(date +%Y-%m)"; do
	if grep -qF "$word" "$tmp/tap" "$tmp/text" "$tmp/json"; then
		echo "FAILED: the output has \"$word\" in it"
		failed=1
	fi
done

# Alone as in company: a case's own line, whatever its number.  (Without a limit
# the build is a slow one: fewer of them.)
every=29
[ -n "$limit" ] || every=201
names=$(sed -n 's/^ok [0-9]* - \([^ ]*\).*/\1/p' "$tmp/tap" | awk -v every=$every 'NR % every == 1')
for name in $names; do
	sed 's/^ok [0-9]* - //' "$tmp/tap" | grep "^$name " >"$tmp/a"
	selftest "$tmp/alone" "$tcpconform" --format tap --case "$name"
	sed -n 's/^ok [0-9]* - //p' "$tmp/alone" >"$tmp/b"
	same "alone as in company: $name" "$tmp/a" "$tmp/b"
done

# Another seed: other numbers, the same verdicts.
for seed in 2 3; do
	selftest "$tmp/seed" "$tcpconform" --format tap --seed $seed
	grep -E '^(not )?ok ' "$tmp/tap" >"$tmp/a"
	grep -E '^(not )?ok ' "$tmp/seed" >"$tmp/b"
	same "the verdicts with seed $seed" "$tmp/a" "$tmp/b"
done

if [ -n "$limit" ]; then
	best=999999
	for _ in 1 2 3; do
		began=$(date +%s%N)
		selftest "$tmp/again" "$tcpconform"
		took=$((($(date +%s%N) - began) / 1000000))
		[ "$took" -lt "$best" ] && best=$took
	done
	echo "$(sed -n 's/^1\.\.//p' "$tmp/tap") results in $best ms"
	[ "$best" -lt $((limit * 1000)) ] || { echo "FAILED: that is not below $limit s"; failed=1; }
fi
exit $failed
