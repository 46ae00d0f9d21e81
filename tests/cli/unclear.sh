#!/bin/sh
# unclear.sh: who cannot be told gets no verdict: a DUT whose answers are lost makes
# cases inconclusive (exit status 4), and one that is not there cannot be tested
# (exit status 3).
. "$(dirname "$0")/../hostile/lib.sh"
enter_namespaces "$@"
make_wire

# Nobody there.
run 60 "$tcpconform" run 10.9.0.99:7 -i t0 -s 10.9.0.77 --format tap
expect 'nobody answers: 3' ended_with 3
expect 'nobody answers: the sentence says what to look at' says 'does not answer'
expect 'nobody answers: Bail out!' reports '^Bail out!'
run 60 "$tcpconform" run 10.9.0.2:7 -i no-such-if0 -s 10.9.0.77 --format tap
expect 'no such interface: 3' ended_with 3
expect 'no such interface: it is named' says 'no-such-if0'

run 60 "$tcpconform" run 10.9.0.2:7 -i t0 -s 10.9.0.77 --ip 4 --format tap
expect 'nobody listens: 3' ended_with 3
expect 'nobody listens: the sentence says what to look at' says 'is the service up'

# Only cases that need an application over there, and there is none.
run 60 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.77 --case 9293/3.5/simultaneous-open-abort --ip 4 --format tap
expect 'all skipped: 77' ended_with 77
expect 'all skipped: with the reason' reports '# SKIP needs calls'

# It answers ARP, and nothing else comes back.
if on_dut tc qdisc add dev d0 clsact 2>/dev/null &&
   on_dut tc filter add dev d0 egress protocol ip matchall action drop 2>/dev/null; then
	run 120 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.77 --case '9293/3.10.7.1/*' --ip 4 --retries 0 --wait 300ms \
		--format tap
	expect 'answers are lost: 4' ended_with 4
	expect 'answers are lost: inconclusive' reports 'severity: "inconclusive"'
	run 120 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.77 --case '9293/3.10.7.1/*' --ip 4 --retries 0 --wait 300ms \
		--format tap --exit-zero
	expect 'and with --exit-zero: 0' ended_with 0
else
	echo 'skipped: nothing here drops packets'
fi

exit $failed
