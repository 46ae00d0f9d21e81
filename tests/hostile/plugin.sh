#!/bin/sh
# plugin.sh: a stack under test that crashes, hangs, floods, talks nonsense or ends
# by itself fails its cases, each with the reason, and the run goes on to its end;
# a program that speaks another language than ours is an error, and no stack's fault.
. "$(dirname "$0")/lib.sh"

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
bad=$build/tests/plugin/bad.so
template=$build/tests/plugin/template.so

# One that has fallen asleep costs half a minute: it may do so while we go on.
hello='HELLO protocol=1 at=0 program=x can=ip4 frames=ip addr4=10.9.0.2'
timeout -k 5 100 "$tcpconform" run "exec:echo $hello; cat >/dev/null" --case 9293/3.5/passive-open --ip 4 \
	--format tap >"$tmp/asleep" 2>&1 &
asleep=$!

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

# No process of the group that this one led, but for the dead whom init has not
# collected yet.
gone()
{
	for i in 1 2 3 4 5; do
		pgrep -r R,S,D,T -g "$1" >/dev/null || return 0
		sleep 0.2
	done
	return 1
}

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
expect 'a crash weighs what its case asks for' reports 'level: "implied"'
stack_is abort         'crashed: signal 6 (SIGABRT)'
stack_is crash-in-call 'crashed: signal 11 (SIGSEGV)'
stack_is exit          'ended by itself: exit status 3'
stack_is hang          'hangs: it worked for'
stack_is stuck         'hangs: it worked for'
expect 'a deadline that never moves: its author reads why' says 'time stands still: advance(.*poll_at'
stack_is flood         'floods: it said more than'
stack_is garbage       'the answer did not come'
stack_is silence       'the answer did not come'
stack_is prints        'the answer did not come'
expect 'what a stack prints is for its author' says 'a word for my author'
stack_is closes        'the answer did not come'
stack_is fork          'the answer did not come'
stack_is fork-and-crash 'crashed: signal 11 (SIGSEGV)'

# The segment after which it died is in the message.
run_bad crash "plugin:$bad"
expect 'a crash: the last segment is shown' reports 'CTL=SYN>.*<== after this'

run_bad trickle "plugin:$bad"
expect 'a frame each nanosecond: it ends' ended_with 1
expect 'a frame each nanosecond: floods' reports 'floods: it said more than'

run_bad least "plugin:$bad"
expect 'a plug-in with no more than it must have: calls are not offered' reports 'SKIP the DUT cannot make the call OPEN-PASSIVE'
run_bad no-input "plugin:$bad"
expect 'a plug-in without a function that it needs: status 3' ended_with 3
expect 'a plug-in without a function that it needs: which' says 'lacks'
# cannot_run HOW WORDS: the author of the plug-in reads what is wrong in the words of
# plugin.h, and no case is tried.
cannot_run()
{
	run_bad "$1" "plugin:$bad"
	expect "a plug-in that is wrong ($1): status 3" ended_with 3
	expect "a plug-in that is wrong ($1): $2" says "$2"
	expect "a plug-in that is wrong ($1): briefly" brief
}
cannot_run version      'version 99 of plugin.h, and this is version 1: build it again'
cannot_run null         'tcpconform_plugin returns NULL'
cannot_run blank        'program of its struct tcpconform_plugin'
cannot_run blank-in-can 'can of its struct tcpconform_plugin'
cannot_run no-address   'neither addr4 nor addr6'
cannot_run carrots      'addr4 of its struct tcpconform_plugin is no IPv4 address'

# program_errs HOW WORDS: what it does is no behaviour of a TCP, but a mistake in how
# it speaks to us: an error of each case, with the reason.
program_errs()
{
	run_bad "$1" "plugin:$bad"
	expect "a plug-in with a mistake ($1): status 3" ended_with 3
	expect "a plug-in with a mistake ($1): $2" reports "$2"
	expect "a plug-in with a mistake ($1): every case has its line" whole
	expect "a plug-in with a mistake ($1): nobody is left" alone
}
program_errs no-stack       'its create returned NULL'
program_errs empty-frame    'a frame of 0 octets'
program_errs long-frame     'a frame of 70000 octets; the shortest has 1, the longest 65589'
program_errs negative-errno 'an errno of plugin.h is positive'
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
	'echo HELLO protocol=1 at=0 program=x can=ip4 frames=ip addr4=10.9.0.9' \
	'printf "HELLO protocol=1 at=0 program=\\033[31m can=ip4 frames=ip addr4=10.9.0.2\n"' \
	'echo HELLO protocol=1 at=0 program=x can=ip4 frames=ip'; do
	run_bad x "exec:$babbler"
	expect "a program that babbles ($babbler): status 3" ended_with 3
	expect "a program that babbles ($babbler): Bail out!" reports '^Bail out!'
	expect "a program that babbles ($babbler): briefly" brief
done

# Why a program did not even begin.
for pair in 'no-such-program-at-all:was not found' 'exit 7:ended before its HELLO: exit status 7' '/:cannot be executed'; do
	run_bad x "exec:${pair%%:*}"
	expect "a program that does not begin (${pair%%:*}): ${pair#*:}" reports "^Bail out!.*${pair#*:}"
done

# babbles LINE WORDS: the reason is in the message, with what it said.
babbles()
{
	run_bad x "exec:echo $hello; read question; echo '$1'; cat >/dev/null"
	expect "a program that babbles later ($1): status 3" ended_with 3
	expect "a program that babbles later ($1): $2" reports "$2"
	expect "a program that babbles later ($1): every case has its line" whole
	expect "a program that babbles later ($1): the sanitizers are content" sane
}
babbles 'IDLE at=99999999999999999 until=never' 'beyond what it was asked for: ADVANCE until=.* says at=99999999999999999'
babbles 'FRAME at=0 4g'  "a FRAME with 'g' among its hexadecimal digits"
babbles 'FRAME at=0 123' 'a FRAME of 3 hexadecimal digits'
babbles 'IDLE'           'no line of the protocol'
babbles 'carrots'        'carrots.* (what is for people belongs on its standard error)'
babbles '? ERR at=0 error=EPROTO :I do not know FRAME' 'says an error: I do not know FRAME (EPROTO)'
# Whoever stops early for ever, by a little or by nothing, or speaks for ever.
for babbler in 'echo' 'echo "* READABLE at=0 id=1 received=1"; echo'; do
	run_bad x "exec:echo $hello; while read -r question; do case \$question in A*) $babbler IDLE at=0 until=0 ;; esac; done"
	expect "a program whose time stands still ($babbler): status 1" ended_with 1
	expect "a program whose time stands still ($babbler): it is said" reports 'does not let time pass\|floods'
done
run_bad x "exec:echo $hello; yes '* READABLE at=0 id=1 received=1'"
expect 'a program that floods: status 1' ended_with 1
expect 'a program that floods: it is said' reports 'floods'

# Interrupted while it waits for one that sleeps, it does not wait to the end, and
# leaves nobody.
"$tcpconform" run "exec:echo \$\$ >$tmp/sleeper; echo $hello; cat >/dev/null | cat" $cases --format tap >"$tmp/out" 2>"$tmp/err" &
waits=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ -s "$tmp/sleeper" ] || sleep 0.5
done
sleep 1
kill -TERM "$waits"
status=0
wait "$waits" || status=$?
expect 'interrupted while the stack sleeps: status 143' ended_with 143
expect 'interrupted while the stack sleeps: at once' reports 'interrupted'
expect 'interrupted while the stack sleeps: nobody is left' gone "$(cat "$tmp/sleeper")"

status=0
wait "$asleep" || status=$?
cp "$tmp/asleep" "$tmp/out"
expect 'a program that says no more: status 1' ended_with 1
expect 'a program that says no more: it is said' reports 'hangs: it has not answered.*has to leave its buffers'

# And a good one, over both ways, is none of this.
run 60 "$tcpconform" run "plugin:$template" $cases --format tap
expect 'the template: status 0' ended_with 0
run 60 "$tcpconform" run "exec:'$tcpconform' plugin '$template'" $cases --format tap
expect 'the template as a program: status 0' ended_with 0
TEMPLATE_FAULT=no-simul-open run 60 "$tcpconform" run "plugin:$template" --case '9293/3.5/simultaneous-open' --format tap
expect 'the template with a fault: status 1' ended_with 1

# What cannot go together.
run 10 "$tcpconform" run "plugin:$template" --iface lo
expect 'an interface for a plug-in: status 2' ended_with 2
run 10 "$tcpconform" run plugin:
expect 'a plug-in without a path: status 2' ended_with 2

exit $failed
