#!/bin/sh
# jobs.sh [tcpconform options]: one case after another, and all at once: the same
# verdicts against this machine's kernel.  77 where no namespace can be made.
set -u

here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 3
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# "verdict address" a line, with the severity of what is not ok.
verdicts()
{
	awk '/^(not )?ok / { v = $1; a = $1 == "not" ? $5 : $4; s = index($0, "# SKIP") ? " skip" : ""
	                     line[++n] = v " " a s }
	     /^  severity: / { line[n] = line[n] " " $2 }
	     END { for (i = 1; i <= n; i++) print line[i] }' "$1"
}

for jobs in one all; do
	only=
	[ $jobs = all ] || only='--jobs 1'
	"$here/linux.sh" --format tap --exit-zero $only "$@" >"$tmp/$jobs" 2>"$tmp/err"
	status=$?
	if [ $status -ne 0 ]; then
		cat "$tmp/err" >&2
		exit $status
	fi
	verdicts "$tmp/$jobs" >"$tmp/$jobs.verdicts"
	grep '^# ms' "$tmp/$jobs"
done
n=$(wc -l <"$tmp/one.verdicts")
if [ "$n" -eq 0 ] || ! diff "$tmp/one.verdicts" "$tmp/all.verdicts"; then
	echo "jobs.sh: not the same verdicts ($n cases)"
	sed -n '/^not ok/,/^  \.\.\./p' "$tmp/one" "$tmp/all"
	exit 1
fi
echo "$n cases, the same verdicts with --jobs 1 and with all at once"
