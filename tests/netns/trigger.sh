#!/bin/sh
# trigger.sh: a command that makes the host connect to us is told where to, ends with
# the run at the latest, and is named when it cannot be run.
. "$(dirname "$0")/../hostile/lib.sh"
enter_namespaces "$@"
make_wire

# What it is told is in its environment; it stays until its connection ends.
cat >"$tmp/trigger" <<-'EOF'
	echo "$TCPCONFORM_IP $TCPCONFORM_FROM" >>"$1/told"
	exec nsenter -t "$2" -n "$3" "$1/connect" "$TCPCONFORM_ADDR" "$TCPCONFORM_PORT"
EOF
cat >"$tmp/connect" <<-'EOF'
	{ echo "a OPEN-ACTIVE to=$1 port=$2"; exec sleep 60; } | tcpconform-agent >/dev/null
EOF
PATH=$build:$PATH
export PATH
trigger="sh $tmp/trigger $tmp $dut sh"

run 100 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.9 -s 10.9.0.10 --trigger "$trigger" \
	--format tap --time-budget 5s --case '9293/3.5/simultaneous-open/*' --case '9293/3.5/syn-ack-with-*'
expect 'a trigger: simultaneous open is within reach' reports '^ok .*9293/3.5/simultaneous-open/ip4'
expect 'a trigger: it conforms' ended_with 0
expect 'a trigger: it is told the version and the port' grep -qx '4 0' "$tmp/told"
expect 'a trigger: the sanitizers are content' sane

# Those that were still there when the run ended were ended with it.
left_over() { ps -eo args | grep -q "^sh $tmp/connect"; }
none_left() { ! left_over; }
expect 'a trigger: none outlives the run' none_left

run 60 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.9 -s 10.9.0.10 --trigger "no-such-program-$$" \
	--format tap --time-budget 5s --case '9293/3.5/simultaneous-open*'
expect 'a trigger that is not there: status 3' ended_with 3
expect 'a trigger that is not there: it is named' says 'trigger'
expect 'a trigger that is not there: briefly' brief

exit $failed
