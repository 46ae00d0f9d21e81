#!/bin/sh
# alone.sh TCPCONFORM: a case that is alone on a real wire, where for a second nothing
# comes but the segment that fails it, is judged: that it was waited for is no
# lateness of the tester's.  77 where no namespace can be made.
set -u

tcpconform=$1
tmp=$(mktemp -d) || exit 3
trap 'rm -rf "$tmp"' EXIT

failed=0
alone()
{
	"$tcpconform" selftest --wire netns --fault "$1" --case "$2" --retries 0 --fail-on should --no-progress --format tap \
		>"$tmp/out" 2>"$tmp/err"
	status=$?
	if [ $status -eq 3 ] && grep -q 'namespace' "$tmp/err"; then
		cat "$tmp/err" >&2
		exit 77
	fi
	[ $status -eq 1 ] && ! grep -q 'cannot tell' "$tmp/out" && return
	echo "alone.sh: $2 with the fault $1: exit status $status and not 1:"
	cat "$tmp/out" "$tmp/err"
	failed=$((failed + 1))
}

alone rto-wrong-segment 6298/5/repeats-the-earliest/ip4
alone rto-min-low 6298/2/no-timeout-below-one-second/ip4
echo "$((2 - failed)) passed, $failed failed"
[ $failed -eq 0 ]
