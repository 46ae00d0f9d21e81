#!/bin/bash
# bad_wire.sh TCPCONFORM AGENT RELAY [KEEP]: ordinary traffic between two kernels,
# over a good wire and over bad ones, is judged without a violation.
#
#     A (10.9.1.1) ==== relay: loses, doubles, reorders, captures ==== B (10.9.1.2)
#
# Plain sockets at both ends, moved by the agent.  77 where no namespace can be
# made.  KEEP: a folder for the captures.
set -u

if [ -z "${BAD_WIRE_SH:-}" ]; then
	for tool in unshare nsenter ip ethtool; do
		command -v $tool >/dev/null || { echo "bad_wire.sh: needs $tool" >&2; exit 77; }
	done
	unshare -Urn true 2>/dev/null || { echo "bad_wire.sh: no network namespace can be made here" >&2; exit 77; }
	BAD_WIRE_SH=1 exec unshare -Urn "$0" "$@"
fi

tcpconform=$1 agent=$2 relay=$3 keep=${4:-}
tmp=$(mktemp -d) || exit 3
trap 'rm -rf "$tmp"' EXIT
failed=0 passed=0

# Two namespaces that live as long as their agents.
coproc A { exec unshare -n sh -c 'echo $$; read -r _; exec "$0"' "$agent"; }
read -r a <&"${A[0]}"
coproc B { exec unshare -n sh -c 'echo $$; read -r _; exec "$0"' "$agent"; } 2>/dev/null
read -r b <&"${B[0]}"

end()                           # PID OUTER INNER NUMBER
{
	ip link add "$2" type veth peer name "$3" || exit 3
	ip link set "$3" netns "$1" || exit 3
	echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/"$2"/disable_ipv6
	nsenter --net="/proc/$1/ns/net" sh -c "
		ip link set lo up
		ip address add 10.9.1.$4/24 dev $3
		ip address add fd00:9:1::$4/64 dev $3 nodad
		for f in tso gso gro tx rx; do ethtool -K $3 \$f off; done >/dev/null 2>&1
		ip link set $3 up"
	for f in tso gso gro tx rx; do ethtool -K "$2" $f off; done >/dev/null 2>&1
	ip link set "$2" up
}
end "$a" wa0 wa1 1
end "$b" wb0 wb1 2
echo >&"${A[1]}"
echo >&"${B[1]}"
read -r hello <&"${A[0]}"
read -r hello2 <&"${B[0]}"
case "$hello $hello2" in *HELLO*HELLO*) ;; *) echo "bad_wire.sh: no agent: $hello $hello2"; exit 3 ;; esac

tag=0
# ask A|B CALL...: $answer is the OK line; notifications are stepped over.
ask()
{
	local side=$1 in out line
	shift
	if [ "$side" = A ]; then in=${A[0]} out=${A[1]}; else in=${B[0]} out=${B[1]}; fi
	tag=$((tag + 1))
	echo "t$tag $*" >&"$out"
	while read -r -t 60 line <&"$in"; do
		case $line in
		"t$tag OK"*) answer=$line; return 0 ;;
		"t$tag ERR"*) answer=$line; return 1 ;;
		*ESTABLISHED*listener=*) accepted=$(field id "$line") ;;
		esac
	done
	echo "bad_wire.sh: no answer to $*" >&2
	exit 3
}

field()                         # NAME LINE
{
	local w
	for w in $2; do case $w in "$1"=*) echo "${w#*=}"; return ;; esac; done
}

# until_read A|B ID N: the application there has read N octets.
until_read()
{
	local i
	for i in $(seq 1500); do
		ask "$1" AT +20 STATUS "id=$2" || break
		[ "$(field received "$answer")" -ge "$3" ] && return 0
	done
	echo "bad_wire.sh: $1 read only: $answer" >&2
	return 1
}

# talk IP ADDRESS: eight kinds of conversation.
talk()
{
	local listener port one other
	ask B OPEN-PASSIVE "ip=$1"; listener=$(field id "$answer") port=$(field port "$answer")
	connect()
	{
		accepted=
		ask A OPEN-ACTIVE "to=$2" "port=$port" "${@:3}"; one=$(field id "$answer")
		while [ -z "$accepted" ]; do ask B AT +10 STATUS "id=$listener"; done
		other=$accepted
	}
	# both ways at once, and a half-close each
	connect x "$2"
	ask A SEND "id=$one" n=150000; ask B SEND "id=$other" n=90000
	ask A SHUTDOWN "id=$one"
	until_read B "$other" 150000 && until_read A "$one" 90000 || failed=1
	ask B SEND "id=$other" n=5000; ask B CLOSE "id=$other"
	until_read A "$one" 95000 || failed=1
	ask A CLOSE "id=$one"
	# small writes, no-delay
	connect x "$2" no-delay=1
	for i in 1 2 3 4 5 6 7 8 9; do ask A SEND "id=$one" n=17; ask B SEND "id=$other" n=3; done
	until_read B "$other" 153 || failed=1
	ask A CLOSE "id=$one"; ask B CLOSE "id=$other"
	# a reader that pauses: a closed window, probed
	connect x "$2"
	ask B PAUSE "id=$other"
	ask A SEND "id=$one" n=6000000
	ask B AT +1500 STATUS "id=$other"
	ask B RESUME "id=$other"
	ask A CLOSE "id=$one"
	until_read B "$other" 6000000 || failed=1
	ask B CLOSE "id=$other"
	# urgent data, then an abort
	connect x "$2"
	ask A SEND "id=$one" n=100 urgent=1
	until_read B "$other" 100 || failed=1
	ask A ABORT "id=$one"
	# small buffers
	connect x "$2" receive-buffer=4096
	ask B SEND "id=$other" n=40000; ask B CLOSE "id=$other"
	until_read A "$one" 40000 || failed=1
	ask A CLOSE "id=$one"
	# close with unread text
	connect x "$2" paused=1
	ask B SEND "id=$other" n=1000
	ask A AT +300 CLOSE "id=$one"
	# refused
	ask B CLOSE "id=$listener"
	ask A OPEN-ACTIVE "to=$2" "port=$port"
	ask A AT +200 STATUS "id=0"
}

# wire NAME SEED LOSS DUPLICATE REORDER
wire()
{
	local capture=$tmp/$1.pcap
	coproc R { exec "$relay" wa0 wb0 "$2" "$3" "$4" "$5" "$capture"; } 2>/dev/null
	local pid=$R_PID out=${R[1]}
	read -r _ <&"${R[0]}"
	talk 4 10.9.1.2
	talk 6 fd00:9:1::2
	ask A AT +1000 STATUS id=0
	eval "exec $out>&-"
	wait "$pid"
	[ -z "$keep" ] || cp "$capture" "$keep/"
	for vantage in middle peer dut; do
		# Captured beside A: there A is the judged host, and B the peer.
		case $vantage in
		dut)  judge="--judge 10.9.1.1 --judge fd00:9:1::1" ;;
		peer) judge="--judge 10.9.1.2 --judge fd00:9:1::2" ;;
		*)    judge= ;;
		esac
		if "$tcpconform" check "$capture" --vantage $vantage $judge >"$tmp/out" 2>&1; then
			passed=$((passed + 1))
			echo "ok: a wire that is $1, seen from the $vantage: $(tail -n 1 "$tmp/out")"
		else
			echo "FAILED: a wire that is $1, seen from the $vantage (exit status $?)"
			cat "$tmp/out"
			failed=$((failed + 1))
		fi
	done
}

wire good 1 0 0 0
wire lossy 2 20 0 0
wire bad 3 30 10 50
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
