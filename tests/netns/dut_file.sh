#!/bin/sh
# dut_file.sh: what a DUT file declares is obeyed, and the command line wins; what it
# says to be known is judged by the cases about it alone.
. "$(dirname "$0")/../hostile/lib.sh"
enter_namespaces "$@"
make_wire

cat >"$tmp/dut" <<-EOF
	# The kernel of this machine, said to have no SACK.
	target  = 10.9.0.2
	absent  = sack, urgent   # for the test
	msl     = 1s
	EOF
try()
{
	run 100 "$tcpconform" run "$@" -i t0 -s 10.9.0.9 --agent "nsenter -t $dut -n '$agent'" --ip 4 --format tap \
		--case '9293/3.8.5/*' --case '9293/3.5/simultaneous-open' --time-budget 10s --exit-zero
}

try --dut "$tmp/dut"
expect 'the target of a DUT file' ended_with 0
expect 'what is absent is skipped' reports '^ok .*9293/3.8.5/.*# SKIP.*urgent'
try --dut "$tmp/dut" --absent tfo
none_skipped() { ! grep -q '9293/3.8.5/.*# SKIP.*urgent' "$tmp/out"; }
expect 'the command line wins' ended_with 0
expect 'what it does not name is there' none_skipped

# What is known hides nothing, and the case about it still says so.
faulty()
{
	run 100 "$tcpconform" run 10.9.0.5 -i t0 -s 10.9.0.9 --ip 4 --format tap --time-budget 10s \
		--agent "nsenter -t $dut -n '$tcpconform' ref --iface d0 --address 10.9.0.5 --fault ws-every-segment" "$@"
}

faulty --case 9293/3.5/passive-open
expect 'what is broken each time hides all else' ended_with 1
faulty --case 9293/3.5/passive-open --known R7323-WS-8
expect 'what is known does not' ended_with 0
faulty --case 7323/2/late-option-is-ignored --known R7323-WS-8
expect 'the case about it still says so' ended_with 1

exit $failed
