#!/bin/sh
# services.sh SERVICE-PROGRAM: a host without an agent, whose port echoes, or speaks
# all the time: what can be tried there is judged as with an agent.  The host is the
# kernel of this machine; discard is bare.sh's.
. "$(dirname "$0")/../hostile/lib.sh"
enter_namespaces "$@"
make_wire
on_dut sh -c 'echo reno >/proc/sys/net/ipv4/tcp_congestion_control' 2>/dev/null

# against NAME PORT
against()
{
	mkfifo "$tmp/up$2"
	nsenter -t "$dut" -n "$program" "$1" "$2" >"$tmp/up$2" &
	service=$!
	read -r _ <"$tmp/up$2"
	run 200 "$tcpconform" run "10.9.0.2:$2" --service "$1" -i t0 -s 10.9.0.9 -s 10.9.0.10 --connections 50 \
		--throttle 0ms --time-budget 12s --baseline "$tests/duts/linux/baseline" --format tap
	kill $service 2>/dev/null
	wait $service 2>/dev/null
	echo "$1: $(grep '^# [0-9]* cases' "$tmp/out")"
	# A known deviation of this kernel may be talked over, and nothing else may fail.
	expect "$1: what can be tried conforms" reports '^# .* passed, 0 failed'
	expect "$1: that is a hundred cases at least" enough
}
enough() { [ "$(grep -c '^ok' "$tmp/out")" -gt $((100 + $(grep -c '^ok.*# SKIP' "$tmp/out"))) ]; }

program=$1
against echo 7
against chargen 19
expect 'chargen: what it talks over is skipped' reports '# SKIP the declared service speaks all the time'

exit $failed
