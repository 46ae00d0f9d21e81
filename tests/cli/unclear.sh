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

# It is there when we look, and then its card has another address: its application
# still answers, but it hears nothing of what we send.
cat >"$tmp/cut" <<END
while read -r line; do
	case \$line in *OPEN-PASSIVE*) ip link set d0 address 02:00:00:00:00:99 ;; esac
	echo "\$line"
done | "$agent"
END
cut="nsenter -t $dut -n sh $tmp/cut"
run 120 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.77 --agent "$cut" --case 9293/3.5/lost-syn-ack --ip 4 --retries 0 \
	--format tap
expect 'nothing is heard any more: 4' ended_with 4
expect 'nothing is heard any more: inconclusive' reports 'severity: "inconclusive"'
expect 'nothing is heard any more: not ok' reports '^not ok 1'
on_dut ip link set d0 address 02:00:00:00:00:98
run 120 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.77 --agent "$cut" --case 9293/3.5/lost-syn-ack --ip 4 --retries 0 \
	--format tap --exit-zero
expect 'and with --exit-zero: 0' ended_with 0

exit $failed
