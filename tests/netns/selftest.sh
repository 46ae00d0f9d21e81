#!/bin/sh
# selftest.sh TCPCONFORM [options]: the reference stack in a namespace of its own,
# over real packets, is judged as it is in process: the same verdict for every
# case that fits the time budget.  77 where no namespace can be made.
set -u

tcpconform=$1
shift
tmp=$(mktemp -d) || exit 3
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# "verdict address" a line, without the cases that were skipped.
verdicts()
{
	grep -v '# SKIP' "$1" |
		sed -n 's/^ok [0-9]* - \([^ ]*\) .*/\1 pass/p; s/^not ok [0-9]* - \([^ ]*\) .*/\1 fail/p' | sort
}

"$tcpconform" selftest --wire netns --format tap "$@" >"$tmp/netns" 2>"$tmp/err"
status=$?
if [ $status -eq 3 ] && grep -q 'namespace' "$tmp/err"; then
	cat "$tmp/err" >&2
	exit 77
fi
"$tcpconform" selftest --format tap "$@" >"$tmp/sim" || { echo "selftest.sh: the simulated wire: exit status $?"; exit 1; }

verdicts "$tmp/netns" >"$tmp/netns.verdicts"
verdicts "$tmp/sim" >"$tmp/sim.verdicts"
join -j 1 "$tmp/sim.verdicts" "$tmp/netns.verdicts" >"$tmp/both"
n=$(wc -l <"$tmp/both")
differ=$(awk '$2 != $3 { print $1 }' "$tmp/both")

tail -n 3 "$tmp/netns"
if [ "$n" -eq 0 ] || [ "$n" -ne "$(wc -l <"$tmp/netns.verdicts")" ]; then
	echo "selftest.sh: the two runs did not judge the same cases ($n in both)"
	cat "$tmp/err"
	exit 1
fi
if [ -n "$differ" ] || [ $status -ne 0 ]; then
	echo "selftest.sh: not the same verdict on both wires (exit status $status):"
	echo "$differ"
	sed -n '/^not ok/,/^  \.\.\./p' "$tmp/netns"
	exit 1
fi
echo "$n passed, 0 failed"
