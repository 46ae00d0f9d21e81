#!/bin/sh
# tidy_test.sh: each check of tidy.sh can fail.  A copy of the tree is spoiled in
# every way that tidy knows, each in a line of its own, and tidy has to find each
# of them there and nothing else.
set -u
here=$(cd "$(dirname "$0")" && pwd)
source=${SOURCE_DIR:-$(dirname "$here")}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
tree=$tmp/tree
mkdir "$tree" "$tmp/build"
(cd "$source" && tar cf - --exclude='./build*' --exclude=./.git --exclude='./tc-results*' .) | (cd "$tree" && tar xf -) || exit 1
cd "$tree" || exit 1
mkdir -p cases probes harness/oracle harness/stack harness/report harness/agent harness/dut docs tests/unit
: >"$tmp/expected"

# Man pages for what is spoiled below, if the tree has none yet.
for page in tcpconform tcpconform-agent; do
	[ -f "docs/$page.1" ] || printf '.Dd November 21, 2026\n.Dt %s 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd a program\n' "$page" "$page" >"docs/$page.1"
done

run_tidy()
{
	SOURCE_DIR=$tree BUILD_DIR=$tmp/build "$here/tidy.sh"
}

# The list of compiled files: all of them; what is spoiled comes later.
find . -name '*.c' | sed 's|^\.|  "file": "/somewhere|; s|$|",|' >"$tmp/build/compile_commands.json"
if ! run_tidy >"$tmp/out"; then
	echo "the tree is not tidy to begin with:"
	cat "$tmp/out"
	exit 1
fi

# spoil MESSAGE FILE LINES: a file of these lines, whose last is found at fault.
# A C file has its opening comment, and a place in the list of compiled files.
spoil()
{
	message=$1 file=$2
	case $file in
	*.h) printf '/* %s: spoiled. */\n#ifndef TCPCONFORM_SPOILED\n' "${file##*/}" >"$file" ;;
	*.c) printf '/* %s: spoiled. */\n' "${file##*/}" >"$file"
	     printf '  "file": "/somewhere/%s",\n' "$file" >>"$tmp/build/compile_commands.json" ;;
	*)   : >"$file" ;;
	esac
	printf '%b\n' "$3" >>"$file"
	printf '%s:%d: %s\n' "$file" "$(wc -l <"$file")" "$message" >>"$tmp/expected"
}

above='includes what is not below it (see docs/architecture.md, who may include whom)'
mkdir -p harness/stack harness/oracle
printf '/* inner.h: an insider. */\n#ifndef TCPCONFORM_INNER\n#define TCPCONFORM_INNER\n#endif\n' |
	tee harness/stack/inner.h >harness/oracle/inner.h
spoil "$above" probes/spoiled_up.c '#include "../harness/call.h"'
spoil "$above" harness/oracle/spoiled_stack.c '#include "../stack/stack.h"'
spoil "$above" harness/oracle/spoiled_link.c '#include "harness/oracle/../../probes/link.h"'
spoil "$above" harness/stack/spoiled_oracle.c '#include "../oracle/oracle.h"'
spoil "$above" harness/stack/spoiled_verdict.c '#include "harness/verdict.h"'
spoil "$above" harness/spoiled_inner.c '#include "stack/inner.h"'
spoil "$above" harness/dut/spoiled_inner.c '#include "../oracle/inner.h"'
spoil "$above" harness/report/spoiled_stack.c '#include "../stack/stack.h"'
spoil "$above" harness/agent/spoiled_any.c '#include "../call.h"'
spoil "$above" harness/catalogue/spoiled_any.c '#include "../evidence.h"'
spoil "$above" cases/spoiled_oracle.c '#include "harness/oracle/oracle.h"'
spoil "$above" cases/spoiled_tests.c '#include "../tests/unit/anything.h"'
spoil 'sees libnet or libpcap' harness/spoiled_libnet.c '#include <libnet.h>'
spoil 'sees libnet or libpcap' probes/spoiled_pcap.c '#include <pcap/pcap.h>'
clock='sees a clock; only the loop, the network link and the agent do'
for call in 'clock_gettime(0, 0)' 'time(NULL)' 'nanosleep(a, b)' 'usleep (3)' 'gettimeofday(a, b)' 'timerfd_create(0, 0)'; do
	spoil "$clock" "harness/dut/spoiled_${call%%[ (]*}.c" "\tx = $call;"
done
voice='writes to stdout; only reports, sub-commands and the agent do'
spoil "$voice" harness/dut/spoiled_printf.c '\tprintf("x");'
spoil "$voice" probes/spoiled_stdout.c '\tfputs("x", stdout);'
spoil "$voice" cases/spoiled_puts.c '\tputs("x");'
spoil "$voice" harness/dut/spoiled_write.c '\twrite(STDOUT_FILENO, x, n);'
banned='banned call: it has no bound, no error or a hidden state'
for call in strcpy strcat sprintf vsprintf gets strtok atoi alloca rand setjmp; do
	spoil "$banned" "tests/unit/spoiled_$call.c" "\t$call(x);"
done
spoil 'a test sleeps; let it wait for what it waits for' tests/unit/spoiled_sleep.c '\tsleep(1);'
spoil 'typedef of a struct, union or enum' probes/spoiled_typedef.c 'typedef struct x y;'
spoil 'compares sequence numbers with an operator; use seq_lt and its kin' harness/oracle/spoiled_order.c '\tif (s->seq < t->rcv_nxt)'
spoil 'ends in a blank' docs/spoiled_blank.md 'word '
spoil 'ends in a blank' cases/spoiled_tab.c '\tx();\t'
spoil 'is indented by blanks and not by tabs' harness/spoiled_blanks.c '\tx();\n        y();'
spoil 'is indented by blanks and not by tabs' harness/spoiled_mixed.c '  \tx();'
spoil 'names a path of one machine' docs/spoiled_path.md 'see /wor''k/notes'
spoil 'names a path of one machine' docs/spoiled_shared.md 'see ../share''d/notes'
spoil 'links to what is not there' docs/spoiled_link.md 'see [there](nowhere.md#far) and [here](style.md)'
cites='cites an id that is not in cases/requirements.tsv'
spoil "$cites" cases/spoiled_id.c '\tx("MUST-10 EVT-NO-SUCH-ROW");'
spoil "$cites" harness/oracle/spoiled_id.c '\tx("R5961-999");'
spoil "$cites" harness/stack/spoiled.def 'FAULT(x, "MUST-4711")'

printf 'int x;\n' >probes/spoiled_silent.c
echo '"/somewhere/probes/spoiled_silent.c"' >>"$tmp/build/compile_commands.json"
echo 'probes/spoiled_silent.c:1: does not open with a comment "/* NAME: what it is"' >>"$tmp/expected"
printf '/* spoiled_end.c: spoiled. */' >probes/spoiled_end.c
echo '"/somewhere/probes/spoiled_end.c"' >>"$tmp/build/compile_commands.json"
echo 'probes/spoiled_end.c:1: does not end in a newline' >>"$tmp/expected"
printf '/* spoiled_guard.h: spoiled. */\n' >probes/spoiled_guard.h
echo 'probes/spoiled_guard.h:1: has no guard TCPCONFORM_...' >>"$tmp/expected"
printf '/* spoiled_lonely.c: spoiled. */\n' >harness/spoiled_lonely.c
echo 'harness/spoiled_lonely.c:1: is compiled by no CMakeLists.txt' >>"$tmp/expected"
# (Their whole names stand nowhere here: that would be somebody who runs them.)
syntax=spoiled_syntax mode=spoiled_mode
printf '#!/bin/sh\nif\n' >tests/$syntax.sh
chmod +x tests/$syntax.sh
echo "tests/$syntax.sh:1: is not executable, or no shell can read it" >>"$tmp/expected"
printf '#!/bin/sh\n' >tests/$mode.sh
echo "tests/$mode.sh:1: is not executable, or no shell can read it" >>"$tmp/expected"
for f in tests/$syntax.sh tests/$mode.sh; do
	echo "$f:1: is run by no test" >>"$tmp/expected"
done
printf '/* cmd_unheard.c: spoiled. */\n' >harness/cmd_unheard.c
echo '"/somewhere/harness/cmd_unheard.c"' >>"$tmp/build/compile_commands.json"
echo 'harness/cmd_unheard.c:1: has no word in docs/tcpconform.1' >>"$tmp/expected"
rm docs/tcpconform-agent.1
echo 'docs/tcpconform-agent.1:0: is missing: each program has a manual page' >>"$tmp/expected"
if command -v mandoc >/dev/null 2>&1; then
	printf '.Dd November 21, 2026\n.Dt SPOILED 1\n.Os\n.Sh NAME\n.Nm spoiled\n.Nd a page\n.Zz\n' >docs/spoiled.1
	echo 'docs/spoiled.1:7: is no sound manual page (mandoc -T lint)' >>"$tmp/expected"
fi

sed -i 's/^  loop\.\[ch\] /  lop.[ch]  /' docs/architecture.md
echo "docs/architecture.md:$(grep -n '^  lop\.' docs/architecture.md | cut -d: -f1): draws what is not there" >>"$tmp/expected"
sed -i '/^```c$/,/^```$/s/FIN/RST/' README.md
echo "README.md:$(grep -n '^```c$' README.md | cut -d: -f1): shows a case that stands in no file of cases/" >>"$tmp/expected"
mkdir harness/spoiled_folder
: >harness/spoiled_folder/data
echo 'harness/spoiled_folder/:0: is a folder that docs/architecture.md does not draw' >>"$tmp/expected"

# What looks like a fault and is none.
cat >harness/spoiled_not.c <<'END'
/* spoiled_not.c: strcpy(x); time(NULL); printf(x) in a comment. */
#include "call.h"
/* and over
   two lines: gets(x) */
static const char *const words = "sprintf(x) // MAY be";
static const char quote = '"';  /* rand() */
	x->time(y); my_printf(z); snprintf(a, b, c); seq_lt(s->seq, 3);
	ok = t->rcv.nxt - seq < len;
 { 1, "a row of a table" },
	a_call_that_goes_on(one,
	                    two);
END
echo '"/somewhere/harness/spoiled_not.c"' >>"$tmp/build/compile_commands.json"

if run_tidy >"$tmp/out"; then
	echo "tidy finds nothing in a spoiled tree"
	exit 1
fi
sed '$d' "$tmp/out" | LC_ALL=C sort >"$tmp/got"
LC_ALL=C sort "$tmp/expected" >"$tmp/wanted"
if ! diff -u "$tmp/wanted" "$tmp/got"; then
	echo "tidy does not find what is wrong (-), or finds what is right (+)"
	exit 1
fi
echo "tidy finds each of $(wc -l <"$tmp/wanted") faults"
