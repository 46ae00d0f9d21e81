#!/bin/sh
# heartbeat.sh: a DUT that answers strays while a connection is open, and else echoes
# alone, as TCP in firmware does: a silence after the connection is still proved.  The
# DUT is the reference stack.
. "$(dirname "$0")/../hostile/lib.sh"
enter_namespaces "$@"
make_wire

# The first case is quiet with a connection open, where strays are answered; the second
# is about none.
run 60 "$tcpconform" run 10.9.0.3 -i t0 -s 10.9.0.9 --format tap --throttle 0ms --jobs 1 --ip 4 \
	--agent "nsenter -t $dut -n '$tcpconform' ref --iface d0 --address 10.9.0.3 --fault closed-speaks-while-open" \
	--case '9293/3.10.7.4/empty-at-rcv-nxt/*' --case '9293/3.10.7.1/ack/*' -v
expect 'with a connection silence is proved' reports '^ok .*empty-at-rcv-nxt/ip4'
expect 'and without one' reports '^not ok .*3.10.7.1/ack/ip4'
expect 'and told' reports 'the answer did not come'
expect 'and nobody is lost' ended_with 1

exit $failed
