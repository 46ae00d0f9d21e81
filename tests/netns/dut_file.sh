#!/bin/sh
# dut_file.sh: what a DUT file declares is obeyed, and the command line wins.
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
	run 100 "$tcpconform" run "$@" -i t0 -s 10.9.0.9 --agent "nsenter -t $dut -n $agent" --ip 4 --format tap \
		--case '9293/3.8.5/*' --case '9293/3.5/simultaneous-open' --time-budget 10s --exit-zero
}

try --dut "$tmp/dut"
expect 'the target of a DUT file' ended_with 0
expect 'what is absent is skipped' reports '^ok .*9293/3.8.5/.*# SKIP.*urgent'
try --dut "$tmp/dut" --absent tfo
none_skipped() { ! grep -q '9293/3.8.5/.*# SKIP.*urgent' "$tmp/out"; }
expect 'the command line wins' ended_with 0
expect 'what it does not name is there' none_skipped

exit $failed
