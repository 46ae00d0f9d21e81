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
none_left()
{
	# Who was killed may still be on its way out.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		left_over || return 0
		sleep 0.1
	done
	return 1
}
expect 'a trigger: none outlives the run' none_left

run 60 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.9 -s 10.9.0.10 --trigger "no-such-program-$$" \
	--format tap --time-budget 5s --case '9293/3.5/simultaneous-open*'
expect 'a trigger that is not there: status 3' ended_with 3
expect 'a trigger that is not there: it is named' says 'trigger'
expect 'a trigger that is not there: briefly' brief

# A host that only connects, with an application that speaks first: cases that do
# not care who opened have their connection from it; the others say what they miss.
cat >"$tmp/connect" <<-'EOF'
	{ echo "a OPEN-ACTIVE to=$1 port=$2"; echo "b SEND id=1 n=70"; exec sleep 60; } | tcpconform-agent >/dev/null
EOF
run 250 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.9 -s 10.9.0.10 --trigger "$trigger" --service http \
	--format tap --time-budget 10s --throttle 0ms --connections 40 \
	--case '9293/3.10.7.4/*' --case '9293/3.5.2/*' --case '9293/3.5.1/*' --case '9293/3.5/*' \
	--not '*/old-ack-no-reset' --not '*/simultaneous-open-ack-low' --not '*/simultaneous-open-without-options'
expect 'it only connects: it conforms' ended_with 0
expect 'it only connects: text is taken' reports '^ok .*9293/3.10.7.4/text-in-place/ip4 [^#]*$'
expect 'it only connects: a reset ends it' reports '^ok .*9293/3.10.7.4/rst-exact-ends-it/ip4 [^#]*$'
expect 'it only connects: its request is no breach of a silence' reports '^ok .*9293/3.5/simultaneous-open/ip4 [^#]*$'
expect 'it only connects: a listener is missed by name' \
	reports '^ok .*9293/3.5.1/half-open-discovery/ip4 .*# SKIP needs a port where the DUT listens'
expect 'it only connects: the sanitizers are content' sane

exit $failed
