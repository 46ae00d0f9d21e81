#!/bin/sh
# traffic.sh: ordinary traffic between plain sockets of this machine's kernel, over a
# wire without offloads, over one that loses and reorders if the kernel can do that,
# and over the loopback with all its offloads: check finds nothing in it.
. "$(dirname "$0")/../hostile/lib.sh"
enter_namespaces "$@"
perl -MIO::Socket::INET -e 1 2>/dev/null || {
	echo 'no perl'
	exit 77
}
make_wire
ip address add 10.9.0.1/24 dev t0

cat >"$tmp/server" <<'END'
# Echoes until the other side has said all; two words make it go first or wait.
use IO::Socket::INET;
$SIG{CHLD} = 'IGNORE';
my $s = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => 7000, Listen => 20, ReuseAddr => 1) or die;
open my $ready, '>', $ARGV[1] or die;
print $ready "ready\n";
close $ready;
while (my $c = $s->accept) {
	if (fork) { close $c; next }
	while (sysread $c, my $text, 65536) {
		exit if $text =~ /drop dead/;
		select undef, undef, undef, 0.5 if $text =~ /slow/;
		syswrite $c, $text;
	}
	exit;
}
END
cat >"$tmp/client" <<'END'
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER IPPROTO_TCP TCP_NODELAY SHUT_WR MSG_OOB);
sub connected { IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 7000, Timeout => 10) or die "connect: $!" }
sub drained { my $c = shift; 1 while sysread $c, my $text, 65536 }
# Sends so much from a process of its own, and then FIN.
sub sends { my ($c, $n) = @_; return if fork; syswrite $c, 'x' x 10000 for 1 .. $n; shutdown $c, SHUT_WR; exit }
for my $round (1 .. 3) {
	my $c = connected;                      # much text, both ways
	sends $c, 40; drained $c; wait;
	$c = connected;                         # small pieces
	setsockopt $c, IPPROTO_TCP, TCP_NODELAY, pack 'l', 1;
	for (1 .. 20) { syswrite $c, 'hello'; sysread $c, my $text, 100 }
	shutdown $c, SHUT_WR; drained $c;
	$c = connected;                         # nobody reads for a while: windows close
	syswrite $c, 'slow'; sends $c, 100; select undef, undef, undef, 0.7; drained $c; wait;
	$c = connected;                         # a reset
	syswrite $c, 'z' x 1000;
	setsockopt $c, SOL_SOCKET, SO_LINGER, pack 'll', 1, 0;
	close $c;
	$c = connected;                         # the other side goes first
	syswrite $c, 'drop dead'; drained $c; close $c;
	$c = connected;                         # urgent data
	send $c, '!', MSG_OOB; syswrite $c, 'urgent'; shutdown $c, SHUT_WR; drained $c;
	IO::Socket::INET->new(PeerAddr => $ARGV[0], PeerPort => 7001);  # nobody listens
}
END

# traffic NAME INTERFACE ADDRESS SERVER-PREFIX...
traffic()
{
	name=$1
	interface=$2
	address=$3
	shift 3
	rm -f "$tmp/listening" "$tmp/capturing"
	mkfifo "$tmp/listening" "$tmp/capturing"
	"$@" perl "$tmp/server" "$address" "$tmp/listening" &
	server=$!
	read -r _ <"$tmp/listening"
	"$build/tests/capture_to" "$interface" "$tmp/$name.pcap" >"$tmp/capturing" &
	dump=$!
	read -r _ <"$tmp/capturing"
	timeout -k 5 120 perl "$tmp/client" "$address"
	status=$?
	kill -INT "$dump"
	wait "$dump"
	kill "$server"
	wait "$server" 2>/dev/null
	expect "$name: the traffic went through" ended_with 0
	for vantage in '' "--judge $address --vantage peer"; do
		run 60 "$tcpconform" check -v $vantage "$tmp/$name.pcap"
		expect "$name: no violation ${vantage:+with }$vantage: $(tail -n 1 "$tmp/out")" ended_with 0
		expect "$name: and something was judged" reports '[1-9][0-9]* connections'
	done
	[ "$failed" -eq 0 ] || cp "$tmp/$name.pcap" "$build/traffic-$name.pcap"
}

traffic wire t0 10.9.0.2 nsenter -t "$dut" -n
if tc qdisc add dev t0 root netem delay 10ms 4ms loss 3% duplicate 1% reorder 10% 2>/dev/null; then
	on_dut tc qdisc add dev d0 root netem delay 10ms 4ms loss 3% duplicate 1% 2>/dev/null
	traffic lossy t0 10.9.0.2 nsenter -t "$dut" -n
else
	echo 'skipped: this kernel cannot lose packets on purpose'
fi
traffic loopback lo 127.0.0.1 env

exit $failed
