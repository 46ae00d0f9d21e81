# lib.sh: how the scripts of this folder run the program and say what they expect.
# To be sourced.

set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD_DIR:-$(dirname "$tests")/build}
tcpconform=$build/tcpconform
failed=0
status=0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C
unset NO_COLOR

# run ARGUMENTS...: the program; keeps its output and exit status (124: it hung).
run()
{
	timeout -k 5 60 "$tcpconform" "$@" >"$tmp/out" 2>"$tmp/said" </dev/null
	status=$?
	# What a sanitizer says of coroutines is no word of the program.
	grep -v 'ASan doesn.t fully support makecontext' "$tmp/said" >"$tmp/err"
}

# expect WHAT COMMAND...
expect()
{
	what=$1
	shift
	if "$@"; then
		echo "ok: $what"
	else
		echo "FAILED: $what (exit status $status)"
		tail -n 20 "$tmp/out" | sed 's/^/  out: /'
		tail -n 20 "$tmp/err" | sed 's/^/  err: /'
		failed=1
	fi
}

ended_with() { [ "$status" -eq "$1" ]; }
says()       { grep -q -- "$1" "$tmp/err"; }
says_not()   { ! grep -q -- "$1" "$tmp/err"; }
shows()      { grep -q -- "$1" "$tmp/out"; }
shows_not()  { ! grep -q -- "$1" "$tmp/out"; }
silent()     { [ ! -s "$tmp/err" ]; }
# One sentence on stderr, with at most a pointer to --help below it.
brief()      { [ "$(wc -l <"$tmp/err")" -ge 1 ] && [ "$(wc -l <"$tmp/err")" -le 3 ] && sane; }
sane()       { ! grep -qE 'Sanitizer|runtime error|Assertion|core dumped' "$tmp/err" "$tmp/out"; }

# refused WHAT WORDS ARGUMENTS...: a usage error whose sentence holds the words.
refused()
{
	whose=$1
	words=$2
	shift 2
	run "$@"
	expect "$whose: exit status 2" ended_with 2
	expect "$whose: one sentence" brief
	expect "$whose: it says '$words'" says "$words"
}
