#!/bin/sh
# plugin.sh: a stack under test that crashes, hangs, floods, talks nonsense or ends
# by itself fails its cases, each with the reason, and the run goes on to its end;
# a program that speaks another language than ours is an error, and no stack's fault.
. "$(dirname "$0")/lib.sh"

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
bad=$build/tests/plugin/bad.so
template=$build/tests/plugin/template.so

cases="--ip 4 --case 9293/3.5/passive-open --case 9293/3.5/simultaneous-open"

# Where sanitizers watch, the signals are still the stack's.
ASAN_OPTIONS=handle_segv=0:handle_abort=0:${ASAN_OPTIONS:-}
TSAN_OPTIONS=handle_segv=0:handle_abort=0:${TSAN_OPTIONS:-}
export ASAN_OPTIONS TSAN_OPTIONS

# run_bad HOW TARGET: the cases, with BAD=HOW.
run_bad()
{
	BAD=$1 run 120 "$tcpconform" run "$2" $cases --format tap
}

# Every case has its line, however many failed before it.
whole()  { [ "$(grep -cE '^(not )?ok ' "$tmp/out")" -eq 2 ] && reports '^# exit status'; }
# Nobody is left behind.
alone()  { ! pgrep -f "$bad" >"$tmp/left" 2>/dev/null || ! [ -s "$tmp/left" ]; }

# stack_is HOW WORDS: fails with these words, and the run is whole.
stack_is()
{
	run_bad "$1" "plugin:$bad"
	expect "a stack that does \"$1\": status 1" ended_with 1
	expect "a stack that does \"$1\": $2" reports "$2"
	expect "a stack that does \"$1\": every case has its line" whole
	expect "a stack that does \"$1\": nobody is left" alone
	expect "a stack that does \"$1\": the sanitizers are content" sane
}

stack_is crash         'crashed: signal 11 (SIGSEGV)'
stack_is abort         'crashed: signal 6 (SIGABRT)'
stack_is crash-in-call 'crashed: signal 11 (SIGSEGV)'
stack_is exit          'ended by itself: exit status 3'
stack_is no-stack      'ended by itself: exit status 1'
stack_is hang          'hangs: it worked for'
stack_is stuck         'hangs: it worked for'
stack_is flood         'floods: it said more than'
stack_is garbage       'the answer did not come'
stack_is silence       'the answer did not come'

# The segment after which it died is in the message.
run_bad crash "plugin:$bad"
expect 'a crash: the last segment is shown' reports 'CTL=SYN>.*<== after this'

run_bad trickle "plugin:$bad"
expect 'a frame each nanosecond: it ends' ended_with 1
expect 'a frame each nanosecond: floods' reports 'floods: it sent more than'

for how in version null; do
	run_bad "$how" "plugin:$bad"
	expect "a plug-in with another header ($how): status 3" ended_with 3
	expect "a plug-in with another header ($how): what to do" says 'build it again'
	expect "a plug-in with another header ($how): briefly" brief
done
for path in "$tmp/none.so" "$tmp" "$0"; do
	run_bad x "plugin:$path"
	expect "no plug-in ($path): status 3" ended_with 3
	expect "no plug-in ($path): briefly" brief
done

# A program instead: whatever is no line of the protocol is an error of ours to tell.
for babbler in 'yes' 'cat /dev/urandom' 'cat /dev/zero' 'echo 1 OK' 'true' 'exit 7' 'no-such-program-at-all' \
	'echo HELLO protocol=9 at=0 program=x can=ip4 frames=ip addr4=10.9.0.2' \
	'echo HELLO protocol=1 at=0 program=x can=ip4 frames=carrots addr4=10.9.0.2' \
	'echo HELLO protocol=1 at=0 program=x can=ip4 frames=ethernet addr4=10.9.0.2' \
	'echo HELLO protocol=1 at=0 program=x can=ip4 frames=ip addr4=carrots' \
	'echo HELLO protocol=1 at=0 program=x can=ip4 frames=ip'; do
	run_bad x "exec:$babbler"
	expect "a program that babbles ($babbler): status 3" ended_with 3
	expect "a program that babbles ($babbler): Bail out!" reports '^Bail out!'
	expect "a program that babbles ($babbler): briefly" brief
done

hello='HELLO protocol=1 at=0 program=x can=ip4 frames=ip addr4=10.9.0.2'
for babbler in 'IDLE at=99999999999999999 until=never' 'FRAME at=0 4g' 'FRAME at=0 123' 'IDLE' 'carrots'; do
	run_bad x "exec:echo $hello; read question; echo '$babbler'; cat >/dev/null"
	expect "a program that babbles later ($babbler): status 3" ended_with 3
	expect "a program that babbles later ($babbler): every case has its line" whole
	expect "a program that babbles later ($babbler): the sanitizers are content" sane
done
# One that has fallen asleep costs half a minute, so once is enough.
run 100 "$tcpconform" run "exec:echo $hello; cat >/dev/null" --case 9293/3.5/passive-open --ip 4 --format tap
expect 'a program that says no more: status 1' ended_with 1
expect 'a program that says no more: it is said' reports 'hangs: it has not answered for'
run_bad x "exec:echo $hello; yes '* READABLE at=0 id=1 received=1'"
expect 'a program that floods: status 1' ended_with 1
expect 'a program that floods: it is said' reports 'floods'

# And a good one, over both ways, is none of this.
run 60 "$tcpconform" run "plugin:$template" $cases --format tap
expect 'the template: status 0' ended_with 0
run 60 "$tcpconform" run "exec:$tcpconform plugin $template" $cases --format tap
expect 'the template as a program: status 0' ended_with 0
TEMPLATE_FAULT=no-simul-open run 60 "$tcpconform" run "plugin:$template" --case '9293/3.5/simultaneous-open' --format tap
expect 'the template with a fault: status 1' ended_with 1

# What cannot go together.
run 10 "$tcpconform" run "plugin:$template" --iface lo
expect 'an interface for a plug-in: status 2' ended_with 2
run 10 "$tcpconform" run plugin:
expect 'a plug-in without a path: status 2' ended_with 2

exit $failed
