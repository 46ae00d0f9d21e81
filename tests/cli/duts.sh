#!/bin/bash
# duts.sh: tests/duts/run with two stacks that are made up: one behind the template of
# a plug-in, and one that no machine can run.  No real stack is touched, and nothing
# is installed.
. "$(dirname "$0")/lib.sh"

tree="$tmp/a tree"
duts=$tree/tests/duts
template=$build/tests/plugin/template.so
[ -e "$template" ] || { echo 'skipped: no plug-in was built'; exit 77; }

# stack NAME RUN [INSTALL]
stack()
{
	mkdir -p "$duts/$1"
	printf '# %s\n\nA stack called %s, made up. It is here for its tests.\n' "$1" "$1" >"$duts/$1/README.md"
	printf '#!/bin/sh\n. "$(dirname "$0")/../lib.sh"\n%s\n' "$2" >"$duts/$1/run"
	chmod +x "$duts/$1/run"
	[ $# -eq 2 ] || printf '#!/bin/sh\n. "$(dirname "$0")/../lib.sh"\n%s\n' "$3" >"$duts/$1/install"
	[ $# -eq 2 ] || chmod +x "$duts/$1/install"
}

mkdir -p "$duts" "$tree/docs"
cp "$tests/duts/run" "$tests/duts/lib.sh" "$tests/duts/matrix.jq" "$duts"
case="--case 9293/3.5/passive-open"
stack toy "exec \"\$tcpconform\" run \"plugin:$template\" $case \"\$@\"" 'is_version "toy 1"'
stack moon ':' 'cannot "needs a moon, and this machine has none"'
stack slow "echo \$\$ >'$tmp/began'; sleep 3; exit 130"
tcpconform=$duts/run

PATH=$build:$PATH

run --list
expect 'the list: 0' ended_with 0
expect 'the list has the first sentence of the README' shows '^toy  *A stack called toy, made up\.$'

run nobody
expect 'an unknown stack: 2' ended_with 2
expect 'an unknown stack: it says which there are' says "no stack 'nobody' here; there are: moon slow toy"

for one in install run; do
	chmod -x "$duts/toy/$one"
	run toy
	expect "a script that is not executable ($one): 2" ended_with 2
	expect "a script that is not executable ($one): what to do" says "tests/duts/toy/$one is not executable: chmod +x"
	chmod +x "$duts/toy/$one"
done

run toy
expect 'a stack: the exit status is the program'\''s' ended_with 0
expect 'a stack: so is the output' shows '^# 2 cases: 2 passed'
expect 'a stack: the version is kept for the matrix' grep -qx 'toy 1' "$tree/build/duts/toy/version"

run moon
expect 'a stack that cannot be run: 77' ended_with 77
expect 'a stack that cannot be run: the sentence' says '^duts/moon: needs a moon'

PATH=/usr/bin:/bin run toy
if PATH=/usr/bin:/bin command -v tcpconform >/dev/null; then
	echo 'skipped: tcpconform is installed'
else
	expect 'without the program: 3' ended_with 3
	expect 'without the program: what to do' says 'build it first'
fi

if ! command -v jq >/dev/null; then
	echo 'skipped: no jq, which makes the matrix'
	exit $failed
fi

run --all toy nobody
expect '--all with an unknown name: 2, before anything is run' ended_with 2
expect '--all with an unknown name: nothing is measured' [ ! -e "$tree/build/duts/matrix/toy.json" ]

run --all moon
expect '--all of what cannot be run: 77' ended_with 77
expect '--all of what cannot be run: no matrix' [ ! -e "$tree/docs/matrix.md" ]

run --all toy moon
expect '--all: 0' ended_with 0
expect '--all: the row' grep -q '^| toy | toy 1 | virtual | 2 | 0 |' "$tree/docs/matrix.md"
expect '--all: who was not run is told' says '^duts/moon: was not run'

# A row that was measured elsewhere is not lost.
sed 's/^| toy | toy 1/| moon | moon 1 | virtual | 9 |\n&/' "$tree/docs/matrix.md" >"$tmp/matrix.md"
cp "$tmp/matrix.md" "$tree/docs/matrix.md"
echo '{' >"$tree/build/duts/matrix/moon.new"      # somebody else is at it
run --all toy
expect '--all of some: 0' ended_with 0
expect '--all of some: what another is writing stays' [ -e "$tree/build/duts/matrix/moon.new" ]
rm -f "$tree/build/duts/matrix/moon.new"
expect '--all of some: the matrix stays' cmp -s "$tmp/matrix.md" "$tree/docs/matrix.md"
expect '--all of some: it is said' says 'left as it is.* moon;'
expect '--all of some: the rows are there' grep -q '^| toy |' "$tree/build/duts/matrix/matrix.md"

# Interrupted, as by a terminal: all of it ends, and no half result stays.
rm -f "$tmp/began"
setsid "$duts/run" --all slow toy >"$tmp/out" 2>"$tmp/err" </dev/null &
all=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ -s "$tmp/began" ] || sleep 0.3
done
kill -TERM -- "-$all"
status=0
wait "$all" || status=$?
expect '--all, interrupted: 143' ended_with 143
expect '--all, interrupted: nobody is left' [ ! -e "/proc/$(cat "$tmp/began")" ]
expect '--all, interrupted: no half result' [ -z "$(find "$tree/build/duts/matrix" -name '*.new' -o -name '*.tmp')" ]

exit $failed
