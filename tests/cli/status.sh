#!/bin/bash
# status.sh: each exit status that the manual page promises, and the sentence that
# goes with it.
. "$(dirname "$0")/lib.sh"

one='9293/3.5/simultaneous-open'

run selftest -c "$one"
expect 'all conform: 0' ended_with 0
expect 'all conform: nothing on stderr' silent

run selftest -c "$one" --fault no-simul-open
expect 'a fault is found: 1' ended_with 1
expect 'a fault is found: not ok' shows '^not ok 1 - 9293/3.5/simultaneous-open/ip4'
run selftest -c "$one" --fault no-simul-open --exit-zero
expect 'and with --exit-zero: 0' ended_with 0

# ---- 2: the command line ------------------------------------------------------
run
expect 'no command: 2' ended_with 2
refused 'an unknown command'       "did you mean 'selftest'" selftset
refused 'an unknown option'        'unrecognized option'     selftest --no-such-option
refused 'a missing argument'       'requires an argument'    selftest --case
refused 'a glob without a match'   "did you mean '$one'"     selftest --case 9293/3.5/simultaneous-opne
refused 'a --not without a match'  'no case matches'         selftest --not nothing/at/all
refused 'an unknown requirement'   'did you mean'            selftest -r MUST-1O
refused 'an empty selection'       'leaves no case'          selftest -c "$one" --not '*'
refused 'an unknown fault'         "did you mean 'no-simul-open'" selftest --fault no-simul-opne
refused 'a wrong wire'             'sim or netns'            selftest --wire carrier-pigeon
refused 'a word too many'          'too much'                selftest everything
refused 'a wrong IP version'       '4, 6 or 4,6'             selftest --ip 5
refused 'a wrong format'           'auto, text, tap or json' selftest --format yaml
refused 'a wrong level'            'must or should'          selftest --fail-on may
refused 'a wrong reading'          'strict, deployed'        selftest --accept anything
refused 'a wrong seed'             'hexadecimal'             selftest --seed zero
refused 'a wrong time'             'such as'                 selftest --time-budget soon
refused 'a wrong number'           'takes a number'          selftest --jobs many
refused 'a wrong profile'          'only quick'              selftest --profile slow
refused 'a wrong colour'           'always or never'         selftest --color sometimes
refused 'no such baseline'         'cannot read the baseline' selftest --baseline "$tmp/none"
refused 'what is not there yet'    'unrecognized option'     run --own-address 192.0.2.1
refused 'no target'                'against what'            run
refused 'a file for a target'      'write plugin:'          run "$0"
refused 'two targets'              'the second'              run 192.0.2.1 192.0.2.2
refused 'a target out of form'     'brackets'                run '[2001:db8::1'
refused 'a port out of range'      'HOST\[:PORT\]'           run 192.0.2.1:70000
refused 'two hosts of one version' 'two hosts'               run 192.0.2.1,192.0.2.2
refused 'a version it has not'     'no IPv6 address'         run --ip 6 192.0.2.1
refused 'a wrong service'          'discard, echo'           run --service telnet 192.0.2.1
refused 'a wrong source'           'takes an address'        run --source me 192.0.2.1
refused 'what cannot be absent'    'takes a list\|is a list' run --absent everything 192.0.2.1
refused 'nothing to explain'       'of what'                 explain
refused 'an unknown id'            "did you mean 'MUST-10'"  explain MUST-1O
refused 'an unknown list'          'cases, requirements or faults' list people
refused 'no capture'               'which capture'           check
refused 'a file that is not there' 'cannot read'             check "$tmp/none.pcap"
refused 'a vantage without an end' 'needs --judge'           check --vantage dut "$0"

# ---- 3: it could not run ----------------------------------------------------
run run no-such-host.invalid
expect 'a name without an address: 3' ended_with 3
expect 'a name without an address: one sentence' brief
# What everybody tries first.
run run 127.0.0.1:7
expect 'this machine itself: 3' ended_with 3
expect 'this machine itself: what to do instead' says 'this machine itself.*linux.sh'

# Without the capability, where we can be without it: then nothing leaves.
iface=
for i in /sys/class/net/*; do
	[ "$(cat "$i/type" 2>/dev/null)" = 1 ] && iface=${i##*/}
done
if [ "$(id -u)" -ne 0 ]; then
	without=env
elif setpriv --reuid=65534 --clear-groups "$tcpconform" --version >/dev/null 2>&1; then
	without='setpriv --reuid=65534 --clear-groups'
else
	without=
fi
if [ -n "$without" ] && [ -n "$iface" ]; then
	timeout -k 5 30 $without "$tcpconform" run --iface "$iface" --source 192.0.2.77 192.0.2.1:7 \
		>"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	expect 'no privilege: 3' ended_with 3
	expect 'no privilege: the sentence names the remedy' says 'CAP_NET_RAW\|cap_net_raw\|sudo'
	expect 'no privilege: TAP bails out' shows '^Bail out!'
else
	echo 'skipped: no way to be without privilege, or no interface'
fi

# ---- 77: everything skipped -------------------------------------------------
echo "$one  skip  not of interest here  -" >"$tmp/baseline"
run selftest -c "$one" --baseline "$tmp/baseline"
expect 'all skipped: 77' ended_with 77
expect 'all skipped: with the reason' shows '# SKIP baseline line 1: not of interest here'

exit $failed
