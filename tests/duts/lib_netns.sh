# lib_netns.sh: network namespaces for the stacks that run in real time.  To be sourced
# by NAME/run after lib.sh, which then runs in a namespace of its own, the tester's.
#
# Unprivileged in a user namespace where the system allows it, else as root.  No
# namespace has a name: they end with the processes in them, however these end.

# Starts the script again in a namespace of its own.
enter_namespace()               # "$@" of the script
{
	[ -z "${in_namespace:-}" ] || { set_up; return 0; }
	for tool in unshare nsenter setsid ip ethtool; do
		command -v $tool >/dev/null || cannot "needs $tool (util-linux, iproute2, ethtool)"
	done
	if [ "$(id -u)" -eq 0 ] && unshare -n true 2>/dev/null; then
		how='-n'
	elif unshare -Urn true 2>/dev/null; then
		how='-Urn'
	else
		cannot "no network namespace can be made here; run as root, or allow user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0)"
	fi
	in_namespace=1 exec unshare $how "$folder/run" "$@"
}

set_up()
{
	tmp=$(mktemp -d) || exit 3
	children=
	trap clean_up EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	ip link set lo up || cannot "the loopback interface of a namespace cannot be brought up"
}

clean_up()
{
	trap '' INT TERM HUP
	for child in $children; do
		kill "$child" 2>/dev/null || :
		wait "$child" 2>/dev/null || :
	done
	rm -rf "$tmp"
}

# ends_with_us PID: it is ended before we are.
ends_with_us()
{
	children="$1 $children"
}

# Another namespace, the DUT's; on_dut COMMAND... runs there.  It lives as long as a
# process waits in it, and that one ends with us: its input is ours to close.
dut_namespace()
{
	mkfifo "$tmp/ready" "$tmp/hold" || exit 3
	unshare -n sh -c 'echo >"$0"; read -r _ <"$1"' "$tmp/ready" "$tmp/hold" &
	keeper=$!
	ends_with_us $keeper
	read -r _ <"$tmp/ready"
	exec 9<>"$tmp/hold"
	on_dut="nsenter -t $keeper -n"
}

on_dut()
{
	$on_dut "$@"
}

# our_end IF: an interface on which the kernel of this machine says nothing of its
# own and computes nothing late: with an offload a checksum is not yet there, or
# several segments are one, when we see them.  Where /proc/sys is read-only it is a
# little less silent; nothing else.
our_end()
{
	(echo 1 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6") 2>/dev/null || :
	no_offload "$1"
	ip link set "$1" up || cannot "the interface $1 cannot be brought up"
}

no_offload()
{
	for feature in tso gso gro tx rx; do
		ethtool -K "$1" $feature off >/dev/null 2>&1 || :
	done
}

# tester OPTION...: tcpconform run; ends us with its exit status.  Before others,
# where we may: a tester that wakes late can judge nothing, and it shares one machine
# with the DUT and whatever else there is.
#
# Not exec: there is something to clean up.  In a session of its own, so that what a
# terminal or timeout(1) sends to all of us comes to it once, by the trap: a second
# signal would end it without its report.
tester()
{
	case $(nice -n -10 nice 2>/dev/null) in
	-*) first='nice -n -10' ;;
	*) first= ;;
	esac
	$first setsid "$tcpconform" run "$@" &
	running=$!
	trap 'kill -INT $running 2>/dev/null; wait $running; exit 130' INT
	trap 'kill -TERM $running 2>/dev/null; wait $running; exit 143' TERM HUP
	code=0
	wait $running || code=$?
	exit $code
}
