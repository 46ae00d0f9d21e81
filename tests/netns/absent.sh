#!/bin/sh
# absent.sh: a SYN without the option MSS fails every case, or, where the option is
# declared to be absent, just the cases about it.  The DUT is the reference stack.
. "$(dirname "$0")/../hostile/lib.sh"
enter_namespaces "$@"
make_wire

# with_fault OPTION...
with_fault()
{
	run 60 "$tcpconform" run 10.9.0.3 -i t0 -s 10.9.0.9 --format tap --throttle 0ms \
		--agent "nsenter -t $dut -n '$tcpconform' ref --iface d0 --address 10.9.0.3 --fault mss-not-sent" \
		--case '9293/3.5/passive-open' --case '9293/3.7.1/syn-has-the-option' "$@"
}

with_fault
expect 'no MSS: a case about the handshake says so' reports '^not ok .*9293/3.5/passive-open/ip4'
expect 'no MSS: and the one about the option' reports '^not ok .*9293/3.7.1/syn-has-the-option/ip4'
with_fault --absent mss
expect 'declared: a case about the handshake passes' reports '^ok .*9293/3.5/passive-open/ip4 [^#]*$'
expect 'declared: the one about the option says so' reports '^not ok .*9293/3.7.1/syn-has-the-option/ip4'
expect 'declared: the sanitizers are content' sane
with_fault --absent maximum-segment-size
expect 'what is none is refused' ended_with 2
expect 'with the names that there are' says 'mss and paws'

exit $failed
