#!/bin/sh
# linux.sh [tcpconform options]: the cases against the kernel of this machine, in
# a network namespace of its own, driven through the agent.
#
#     tct0 (the tester's, no address of the kernel's) ===== tcd0 (10.9.0.2, fd00:9::2)
#
# Unprivileged in a user namespace where the system allows it, else as root.
# Known deviations are in linux.baseline beside this file; the exit status is
# tcpconform's, or 77 where no namespace can be made.  It takes tcpconform and
# tcpconform-agent from PATH, else from build/ beside tests/.  Nothing outlives it:
# both namespaces have no name and end with the processes in them.
set -u

here=$(cd "$(dirname "$0")" && pwd)
self=$here/$(basename "$0")
build=$here/../../build

find_program()
{
	command -v "$1" 2>/dev/null && return
	[ -x "$build/$1" ] && (cd "$build" && echo "$PWD/$1")
}

# Starts this script again in namespaces of its own: users, network, and
# processes, so that whatever ends it ends everything in it.
if [ -z "${TCPCONFORM_LINUX_SH:-}" ]; then
	tcpconform=$(find_program tcpconform) && agent=$(find_program tcpconform-agent) || {
		echo "linux.sh: tcpconform and tcpconform-agent are neither in PATH nor in build/: build them first" >&2
		exit 3
	}
	for tool in unshare nsenter setsid ip ethtool; do
		command -v $tool >/dev/null || { echo "linux.sh: needs $tool (util-linux, iproute2, ethtool)" >&2; exit 77; }
	done
	if [ "$(id -u)" -eq 0 ] && unshare -n true 2>/dev/null; then
		how='-n'
	elif unshare -Urn true 2>/dev/null; then
		how='-Urn'
	else
		echo "linux.sh: no network namespace can be made here; run as root, or allow user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0)" >&2
		exit 77
	fi
	TCPCONFORM_LINUX_SH=1 tcpconform=$tcpconform agent=$agent exec unshare $how "$self" "$@"
fi

tmp=$(mktemp -d) || exit 3
keeper=
clean()
{
	trap '' INT TERM HUP
	[ -z "$keeper" ] || { kill "$keeper" 2>/dev/null; wait "$keeper" 2>/dev/null; }
	rm -rf "$tmp"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The DUT's namespace lives as long as this process waits in it, and that one
# ends with us: its input is ours to close.
mkfifo "$tmp/ready" "$tmp/hold" || exit 3
unshare -n sh -c 'echo >"$0"; read -r _ <"$1"' "$tmp/ready" "$tmp/hold" &
keeper=$!
read -r _ <"$tmp/ready"
exec 9<>"$tmp/hold"

on_dut()
{
	nsenter -t "$keeper" -n "$@"
}

setup()
{
	ip link set lo up &&
	ip link add tct0 type veth peer name tcd0 netns "$keeper" || return
	# Where /proc/sys is read-only the kernels are a little less silent; nothing else.
	echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/tct0/disable_ipv6
	# Congestion control is the RFCs' own, which every Linux has: the choice between
	# it and others is the machine's, and a baseline cannot hang on that.
	on_dut sh -c '
		echo 0 >/proc/sys/net/ipv6/conf/tcd0/accept_ra
		echo 0 >/proc/sys/net/ipv6/conf/tcd0/router_solicitations
		echo 3 >/proc/sys/net/ipv4/tcp_fastopen
		echo reno >/proc/sys/net/ipv4/tcp_congestion_control' 2>/dev/null
	on_dut ip link set lo up &&
	on_dut ip address add 10.9.0.2/24 dev tcd0 &&
	on_dut ip address add fd00:9::2/64 dev tcd0 nodad || return
	# With an offload a checksum is not yet computed, or several segments are
	# one, when we see them.
	for feature in tso gso gro tx rx; do
		ethtool -K tct0 $feature off >/dev/null 2>&1
		on_dut ethtool -K tcd0 $feature off >/dev/null 2>&1
	done
	ip link set tct0 up &&
	on_dut ip link set tcd0 up
}
setup || { echo "linux.sh: cannot make the wire between the namespaces" >&2; exit 77; }

baseline=
[ ! -f "$here/linux.baseline" ] || baseline="--baseline $here/linux.baseline"

# No bucket for replies: Linux limits challenge ACKs by namespace only if told to
# (tcp_challenge_ack_limit is off since 6.1), and its limit for one socket is
# respected by the cases.
#
# Before others, where we may: a tester that wakes late can judge nothing, and two
# kernels and we share one machine with whatever else it does.
case $(nice -n -10 nice 2>/dev/null) in
-*) first='nice -n -10' ;;
*) first= ;;
esac

# Not exec: the trap has to clean up.  In a session of its own, so that what a
# terminal or timeout(1) sends to all of us comes to it once, by the trap: a second
# signal would end it without its report.
$first setsid "$tcpconform" run 10.9.0.2,fd00:9::2 --iface tct0 --throttle 0ms \
	--source 10.9.0.9 --source 10.9.0.10 --source fd00:9::9 --source fd00:9::10 \
	--agent "nsenter -t $keeper -n $agent" $baseline --rerun tests/netns/linux.sh "$@" &
tester=$!
trap 'kill -INT $tester 2>/dev/null; wait $tester; exit 130' INT
trap 'kill -TERM $tester 2>/dev/null; wait $tester; exit 143' TERM HUP
wait $tester
