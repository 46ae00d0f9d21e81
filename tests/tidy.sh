#!/bin/sh
# tidy.sh: what can be checked is a test and not a remark in a review: who may
# include whom, who may see a wire, a clock or stdout, which calls are banned, and
# that what the text names is there.  docs/architecture.md draws the picture that
# is checked here; tidy_test.sh shows that each check can fail.
#
# SOURCE_DIR is the tree (default: the one that this script stands in); BUILD_DIR,
# when set, a build of it, whose list of compiled files must hold every source.
set -u
here=$(cd "$(dirname "$0")" && pwd)
source=${SOURCE_DIR:-$(dirname "$here")}
build=${BUILD_DIR:-}
cd "$source" || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C

# Everything that is ours: what git would keep, found without git.
find . -type f ! -path './.git/*' ! -path './build*' ! -path './tc-results/*' ! -name '*.log' |
	sed 's|^\./||' | sort >"$tmp/files"
grep '\.[ch]$' "$tmp/files" >"$tmp/sources"
xargs awk -f "$here/tidy.awk" <"$tmp/sources" >"$tmp/laid" || exit 1
sed -n 's/^code //p' "$tmp/laid" >"$tmp/code"
sed -n 's/^text //p' "$tmp/laid" >"$tmp/text"
: >"$tmp/found"

# complain MESSAGE: turns the lines of stdin ("file:line:..." ) into findings.
complain()
{
	awk -F: -v message="$1" 'NF { print $1 ":" $2 ": " message }' | sort -u -t: -k1,1 -k2,2n >>"$tmp/found"
}

# code_in FILES-REGEX / code_not_in FILES-REGEX: the code of those files.
code_in()     { grep -E "^($1):" "$tmp/code"; }
code_not_in() { grep -Ev "^($1):" "$tmp/code"; }

# calls REGEX: lines that call one of these functions.
calls()
{
	grep -E "^[^:]*:[0-9]+:(.*[^A-Za-z0-9_.>])?($1)[[:space:]]*\(" | grep -Ev '^[^:]*:[0-9]+:#[[:space:]]*define[[:space:]]'
}

# ---- who may include whom ----------------------------------------------------

# Every #include "..." as "includer:line:included", both from the root.
sed -n 's/^\([^:]*:[0-9]*\):[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1:\2/p' "$tmp/code" |
awk -F: -v list="$tmp/files" '
	BEGIN {
		while ((getline f < list) > 0)
			there[f] = 1
	}
	{
		dir = $1
		if (!sub(/\/[^\/]*$/, "", dir))
			dir = "."
		path = dir "/" $3
		while (sub(/\/\.\//, "/", path) || sub(/^\.\//, "", path) || sub(/[^\/]+\/\.\.\//, "", path))
			;
		if (!(path in there))
			path = $3
		print $1 ":" $2 ":" path
	}' >"$tmp/includes"

# arrow WHO WHOM: files that match WHO include only what matches WHOM.
arrow()
{
	grep -E "^($1):" "$tmp/includes" | grep -Ev ":($2)\$" |
		complain "includes what is not below it (see docs/architecture.md, who may include whom)"
}

wire='probes/(seq|tick|seg|opt|show|icmp)\.h'
plain='harness/(call|verdict)\.h'
arrow 'probes/[^:]*'            'probes/[^/]*\.h'
arrow 'harness/oracle/[^:]*'    "$wire|$plain|harness/catalogue\\.h|harness/oracle/[^/]*\\.(h|def|c)"
# (The table and what its rows name are one translation unit, table.c.)
arrow 'harness/stack/[^:]*'     "$wire|harness/call\\.h|harness/stack/[^:]*\\.(h|def)"
arrow 'harness/catalogue/[^:]*' 'harness/(catalogue|verdict)\.h|harness/catalogue/by_id\.h'
arrow 'harness/catalogue\.h'    'harness/verdict\.h|verdict\.h'
arrow 'harness/agent/[^:]*'     ''
arrow 'harness/case\.h'         'probes/(seg|seq|opt|icmp)\.h|harness/call\.h'
arrow 'cases/[^:]*'             'harness/(case|stimuli)\.h|cases/.*\.h|probes/(seg|seq|opt|icmp)\.h'
arrow 'harness/report/[^:]*'    "$wire|probes/wire\\.h|harness/[^/]*\\.h|harness/(report|dut)/[^/]*\\.h|harness/oracle/oracle\\.h"
arrow 'harness/dut/[^:]*'       "probes/[^/]*\\.h|harness/[^/]*\\.h|harness/dut/[^/]*\\.h|harness/stack/(stack|knobs)\\.h|harness/oracle/oracle\\.h"
arrow 'harness/[^/:]*'          "probes/[^/]*\\.h|harness/[^/]*\\.h|harness/(dut|report)/[^/]*\\.h|harness/stack/(stack|knobs)\\.h|harness/oracle/oracle\\.h"

# ---- who sees a wire, a clock, stdout ----------------------------------------

libraries='probes/link_net[a-z_]*\.[ch]|probes/wire\.c|probes/icmp\.c|probes/inject\.c|harness/report/capture[a-z_]*\.c|harness/capture[a-z_]*\.c|tests/.*'
code_not_in "$libraries" | grep -E ':[[:space:]]*#[[:space:]]*include[[:space:]]*<(libnet|pcap)' |
	complain 'sees libnet or libpcap'

# (What day it is, for a baseline or a file's head, is no matter of judgement.)
# The tester's end of the agent's protocol sets an alarm, and does not ask the time.
clocks='harness/loop\.c|probes/link_net[a-z_]*\.c|probes/inject\.c|harness/agent/.*|tests/.*'
calendars='harness/options\.c|harness/cmd_[a-z]*\.c'
# The stepper asks how much processor time a stack under test has used, which is no
# time of day: whether it hangs.
{
	code_not_in "$clocks|harness/dut/stepper\.c" |
		calls 'clock_gettime|clock_nanosleep|gettimeofday|nanosleep|sleep|usleep|setitimer|timer_create'
	# (An interrupted run that is stuck is ended by an alarm.)
	code_not_in "$clocks|harness/options\.c" | calls 'alarm'
	code_not_in "$clocks|harness/dut/agent\.c" | calls 'timerfd_create'
	code_not_in "$clocks|$calendars" | calls 'time'
} | complain 'sees a clock; only the loop, the network link and the agent do'

# (A plug-in lives in a process of its own, whose output is its way to the tester.)
voices='harness/dut/plugin_host\.c|harness/report/.*|harness/(main|options)\.c|harness/cmd_[a-z]*\.c|harness/agent/.*|tests/.*'
code_not_in "$voices" |
	grep -E '(^|[^A-Za-z0-9_])stdout([^A-Za-z0-9_]|$)|[^A-Za-z0-9_](printf|vprintf|puts|putchar)[[:space:]]*\(|[^A-Za-z0-9_](write|dprintf|writev)[[:space:]]*\([[:space:]]*STDOUT_FILENO' |
	complain 'writes to stdout; only reports, sub-commands and the agent do'

# ---- banned ------------------------------------------------------------------

calls 'strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|alloca|rand|srand|random|srandom|tmpnam|tempnam|mktemp|setjmp|longjmp' <"$tmp/code" |
	complain 'banned call: it has no bound, no error or a hidden state'
code_in 'tests/unit/.*' | calls 'sleep|usleep|nanosleep' |
	complain 'a test sleeps; let it wait for what it waits for'
grep -E ':[[:space:]]*typedef[[:space:]]+(struct|union|enum)[^(]*$' "$tmp/code" |
	complain 'typedef of a struct, union or enum'
# (A difference of two may be compared, and one declared fault is just this.)
code_in '(probes|harness|cases)/.*' | grep -Ev '^(probes/seq\.h|harness/stack/faults/[a-z]*\.c):' |
	grep -Ev ' - [A-Za-z_>.-]*(seq|ack|una|nxt|iss|irs)[[:space:]]*[<>]' |
	grep -E '(^|[^A-Za-z0-9_])(seq|ack|una|nxt|iss|irs|wl1|wl2|snd_una|snd_nxt|rcv_nxt)[[:space:]]*(<|>|<=|>=)[[:space:]]*[A-Za-z_(]' |
	complain 'compares sequence numbers with an operator; use seq_lt and its kin'

# ---- form --------------------------------------------------------------------

grep -Ev '\.(pcap|pcapng|png|bin|gz)$|^tests/fuzz/corpus' "$tmp/files" | tr '\n' '\0' >"$tmp/texts"
xargs -0 grep -nHE '[[:space:]]+$' <"$tmp/texts" | complain 'ends in a blank'
# A line that goes on with another may be set by blanks under it, and so may the
# rows of a table.
awk -F: '
	$1 != file { file = $1; last = ";" }
	{
		line = $0
		sub(/^[^:]*:[^:]*:/, "", line)
		if (line ~ /^ +[^ {]/ && last ~ /[;{}:]$/ || line ~ /^\t* +\t/)
			print $1 ":" $2 ":"
		sub(/[ \t]+$/, "", line)
		last = line
	}' "$tmp/code" | complain 'is indented by blanks and not by tabs'
while read -r f; do
	[ -z "$(tail -c 1 "$f")" ] || echo "$f:1:"
done <"$tmp/sources" | complain 'does not end in a newline'
while read -r f; do
	first=$(sed -n 1p "$f")
	case $first in
	"/* ${f##*/}: "*) ;;
	"/* $(basename "$f" .c): "*) ;;
	*) echo "$f:1:" ;;
	esac
done <"$tmp/sources" | complain 'does not open with a comment "/* NAME: what it is"'
grep '\.h$' "$tmp/sources" | while read -r f; do
	grep -q '^#ifndef TCPCONFORM_' "$f" || echo "$f:1:"
done | complain 'has no guard TCPCONFORM_...'
grep '\.sh$' "$tmp/files" | while read -r f; do
	case $f in
	*/lib.sh|*/lib_*.sh) sh -n "$f" 2>/dev/null && continue ;;
	esac
	[ -x "$f" ] && "$(sed -n '1s/^#! *\([^ ]*\).*/\1/p' "$f")" -n "$f" 2>/dev/null || echo "$f:1:"
done | complain 'is not executable, or no shell can read it'

# The project stands alone: no word of the machine that somebody wrote it on.
# (The pattern is written so that it does not find itself.)
xargs -0 grep -nHE '(^|[^A-Za-z0-9_.])/(wor[k]|hom[e]/[a-z])|[.][.]/share[d]' <"$tmp/texts" |
	complain 'names a path of one machine'

# ---- what is named is there --------------------------------------------------

# Every source is compiled; those of the stacks under test by their folder.  Of the two kinds of coroutines a build has one, and
# tests that need a library are left out where it is missing.
if [ -n "$build" ] && [ -f "$build/compile_commands.json" ]; then
	grep '\.c$' "$tmp/sources" | while read -r f; do
		case $f in
		tests/duts/*) grep -qs "${f##*/}" "${f%/*}/install" && continue ;;
		esac
		grep -q "/$f\"" "$build/compile_commands.json" || grep -q ":$f\$" "$tmp/includes" || echo "$f:1:"
	done | complain 'is compiled by no CMakeLists.txt'
fi

# Every script of the tests is run by ctest, or by another script.
grep '^tests/.*\.sh$' "$tmp/files" | while read -r f; do
	base=${f##*/}
	cat tests/CMakeLists.txt $(grep '^tests/duts/.*/run$' "$tmp/files") $(grep '^tests/.*\.sh$' "$tmp/files" | grep -vFx "$f") |
		grep -v '^#' | grep -qE "(^|[^A-Za-z0-9_.-])$base([^A-Za-z0-9_.-]|\$)" || echo "$f:1:"
done | complain 'is run by no test'

for program in tcpconform tcpconform-agent; do
	if [ ! -f "docs/$program.1" ]; then
		echo "docs/$program.1:0:"
	fi
done | complain 'is missing: each program has a manual page'
if command -v mandoc >/dev/null 2>&1; then
	for page in docs/*.1; do
		[ -f "$page" ] && mandoc -T lint -W warning "$page" | sed -n 's/^mandoc: \([^:]*:[0-9]*\):.*/\1:/p'
	done | complain 'is no sound manual page (mandoc -T lint)'
fi

# Sub-commands and long options are in the manual page.
if [ -f docs/tcpconform.1 ]; then
	sed 's/\\-/-/g; s/\\f[A-Z]//g' docs/tcpconform.1 >"$tmp/manual"
	for f in harness/cmd_*.c; do
		name=${f#harness/cmd_}
		name=${name%.c}
		[ -f "$f" ] && ! grep -qw "$name" "$tmp/manual" && echo "$f:1:"
	done | complain 'has no word in docs/tcpconform.1'
fi

# The picture of docs/architecture.md, its first block, names what is there: in each
# line the words before the first gap.  And it has each folder, but those of the stacks
# under test.
if [ -f docs/architecture.md ]; then
	awk '/^```$/ { blocks++ } blocks == 1 { sub(/^ +/, ""); sub(/  .*/, ""); print FNR ":" $0 }' docs/architecture.md >"$tmp/picture"
	while IFS=: read -r line words; do
		set -f
		for word in $words; do
			case $word in
			'```') continue ;;
			*/) end= ;;
			*) end='$' ;;
			esac
			grep -qE "(^|/)$(echo "$word" | sed 's/\./\\./g; s/\*/[^\/]*/g')$end" "$tmp/files" || echo "docs/architecture.md:$line:"
		done
		set +f
	done <"$tmp/picture" | complain 'draws what is not there'
	sed -n 's|^\([^/]*/\)[^/]*$|\1|p; s|^\([^/]*/[^/]*/\).*|\1|p' "$tmp/files" | sort -u | while read -r f; do
		base=${f%/}
		grep -qE "[: ]$(echo "${base##*/}" | sed 's/\./\\./g')/( |\$)" "$tmp/picture" || echo "$f:0:"
	done | complain 'is a folder that docs/architecture.md does not draw'
fi

# A link of a page leads somewhere in the tree, or out of it.
grep '\.md$' "$tmp/files" | tr '\n' '\0' | xargs -0 grep -noHE '\]\([^)#]+' | grep -v '](https\{0,1\}:' |
while IFS=: read -r f line link; do
	[ -e "$(dirname "$f")/${link#*](}" ] || echo "$f:$line:"
done | complain 'links to what is not there'

# What README.md shows of C stands so in a file of the cases.
[ ! -f README.md ] || awk '
	/^```c$/ { shown = ""; from = FNR; next }
	/^```$/ && from { print from; printf "%s", shown >("'"$tmp"'/shown." from); from = 0 }
	from { shown = shown $0 "\n" }' README.md |
while read -r line; do
	found=
	for f in $(grep '^cases/.*\.c$' "$tmp/files"); do
		awk 'FNR == 1 { files++ } { text[files] = text[files] $0 "\n" } END { exit !index(text[2], text[1]) }' \
			"$tmp/shown.$line" "$f" && found=1 && break
	done
	[ "$found" ] || echo "README.md:$line:"
done | complain 'shows a case that stands in no file of cases/'

# Each id that is cited stands in the catalogue.
cut -f1 cases/requirements.tsv | sort -u >"$tmp/ids"
{
	grep -E '^(cases|harness)/' "$tmp/text"
	for f in harness/stack/*.def harness/oracle/*.def; do
		[ -f "$f" ] && grep -n '' "$f" | sed "s|^|$f:|"
	done
} | awk -F: -v list="$tmp/ids" '
	BEGIN {
		while ((getline id < list) > 0)
			there[id] = 1
	}
	{
		text = $0
		sub(/^[^:]*:[^:]*:/, "", text)
		n = split(text, word, /[^A-Za-z0-9-]+/)
		for (i = 1; i <= n; i++)
			if (word[i] ~ /^(MUST|SHLD|MAY|REC|EVT|GEN|HDR|KA|R[0-9][0-9][0-9][0-9])-[A-Z0-9]/ && !(word[i] in there))
				print $1 ":" $2 ":" word[i]
	}' | complain 'cites an id that is not in cases/requirements.tsv'

if [ -s "$tmp/found" ]; then
	cat "$tmp/found"
	echo "tidy: $(wc -l <"$tmp/found") findings"
	exit 1
fi
echo "tidy: $(wc -l <"$tmp/sources") sources, no finding"
