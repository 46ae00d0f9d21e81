#!/bin/sh
# linux.sh [tcpconform options]: what this machine's kernel sends while the cases are
# run against it is no violation in the eyes of `check` either, which has nothing but
# the captures.  A capture in which it sees one is named with the rule.
#
# The deviations of duts/linux/baseline are none of these: each of them is a reply
# that is owed, is not owed, or comes at the wrong time, and a passive observer cannot
# know what was owed.  What he can see is proved by faulty.sh.
set -u

here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 3
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

"$here/../netns/linux.sh" --format tap --output "$tmp/run" --exit-zero "$@" >"$tmp/out" 2>"$tmp/err"
status=$?
if [ $status -ne 0 ]; then
	cat "$tmp/err" >&2
	exit $status
fi

tcpconform=$(command -v tcpconform || echo "$here/../../build/tcpconform")
clean=0 failed=0 segments=0
for file in "$tmp"/run/cases/*.pcapng; do
	[ -f "$file" ] || break
	if "$tcpconform" check "$file" >"$tmp/said" 2>&1; then
		clean=$((clean + 1))
		n=$(sed -n 's/.* \([0-9]*\) TCP segments.*/\1/p' "$tmp/said")
		segments=$((segments + ${n:-0}))
	else
		failed=$((failed + 1))
		echo "FAILED: $(basename "$file")"
		cat "$tmp/said"
	fi
done
if [ $((clean + failed)) -eq 0 ] || [ $segments -eq 0 ]; then
	echo "FAILED: there was nothing to look at"
	cat "$tmp/out" "$tmp/err"
	exit 1
fi
echo "$clean captures with $segments segments without a violation, $failed failed"
[ $failed -eq 0 ]
