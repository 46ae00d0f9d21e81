# lib.sh: a tester's namespace and a DUT's, joined by a wire, for the scripts of
# this folder; and how they say what they expect.  To be sourced.
#
# The script runs in the tester's namespace (interface t0, no address of the
# kernel's own); `on_dut COMMAND...` runs in the DUT's (d0: 10.9.0.2, fd00:9::2).

set -u
tests=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD_DIR:-$(dirname "$tests")/build}
tcpconform=$build/tcpconform
agent=$build/tcpconform-agent
failed=0

# Starts the script again in a network namespace of its own; without privilege
# through a user namespace, else as root.
enter_namespaces()
{
	[ -z "${INSIDE:-}" ] || return 0
	if unshare -Urn true 2>/dev/null; then
		INSIDE=1 exec unshare -Urn "$0" "$@"
	elif [ "$(id -u)" -eq 0 ] && unshare -n true 2>/dev/null; then
		INSIDE=1 exec unshare -n "$0" "$@"
	fi
	echo "no network namespace can be made here"
	exit 77
}

make_wire()
{
	tmp=$(mktemp -d) || exit 1
	trap 'unmake_wire' EXIT
	trap 'exit 1' INT TERM
	mkfifo "$tmp/ready"
	unshare -n sh -c 'echo >"$0"; exec tail -f /dev/null' "$tmp/ready" &
	dut=$!
	read -r _ <"$tmp/ready"
	ip link set lo up
	ip link add t0 type veth peer name d0 netns "$dut" || exit 1
	sysctl -qw net.ipv6.conf.t0.disable_ipv6=1 2>/dev/null
	ip link set t0 up
	on_dut ip link set lo up
	on_dut ip address add 10.9.0.2/24 dev d0
	on_dut ip address add fd00:9::2/64 dev d0 nodad
	on_dut ip link set d0 up
	for feature in tx rx tso gso gro; do
		ethtool -K t0 "$feature" off >/dev/null 2>&1
		on_dut ethtool -K d0 "$feature" off >/dev/null 2>&1
	done
}

unmake_wire()
{
	kill "$dut" 2>/dev/null
	wait "$dut" 2>/dev/null
	rm -rf "$tmp"
}

on_dut()
{
	nsenter -t "$dut" -n "$@"
}

# run SECONDS COMMAND...: keeps its output and exit status; 124: it hung.
run()
{
	timeout -k 5 "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

# expect WHAT COMMAND...
expect()
{
	what=$1
	shift
	if "$@"; then
		echo "ok: $what"
	else
		echo "FAILED: $what (exit status $status)"
		tail -n 20 "$tmp/out" | sed 's/^/  out: /'
		tail -n 20 "$tmp/err" | sed 's/^/  err: /'
		failed=1
	fi
}

# ended_with STATUS...
ended_with()
{
	for wanted; do
		[ "$status" -eq "$wanted" ] && return 0
	done
	return 1
}

says()    { grep -qi -- "$1" "$tmp/err"; }
reports() { grep -q -- "$1" "$tmp/out"; }

# One sentence on stderr, or few: no flood of messages, no trace of a sanitizer.
brief()
{
	[ "$(wc -l <"$tmp/err")" -le 5 ] && sane
}

sane()
{
	! grep -qE 'Sanitizer|runtime error|Assertion|core dumped' "$tmp/err" "$tmp/out"
}
