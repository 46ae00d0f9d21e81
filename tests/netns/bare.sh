#!/bin/bash
# bare.sh TCPCONFORM AGENT: a host without an agent, with nothing but a port whose
# service is declared.  The host is the kernel of this machine in a namespace; its
# service is the agent left to itself, which discards what comes.  A host that can
# be made to connect is in trigger.sh.  77 where no namespace can be made.
set -u

if [ -z "${BARE_SH:-}" ]; then
	for tool in unshare nsenter ip ethtool; do
		command -v $tool >/dev/null || { echo "bare.sh: needs $tool" >&2; exit 77; }
	done
	unshare -Urn true 2>/dev/null || { echo "bare.sh: no network namespace can be made here" >&2; exit 77; }
	BARE_SH=1 exec unshare -Urn "$0" "$@"
fi

tcpconform=$1 agent=$2
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 3
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0

# The host lives as long as its service, and that as long as our end of its input.
coproc HOST { exec unshare -n sh -c 'echo $$; read -r _; exec "$0"' "$agent"; }
read -r host <&"${HOST[0]}"
ip link add tct0 type veth peer name tcd0 netns "$host" || exit 3
echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/tct0/disable_ipv6
nsenter -t "$host" -n sh -c '
	ip link set lo up
	ip address add 10.9.0.2/24 dev tcd0
	ip address add fd00:9::2/64 dev tcd0 nodad
	for f in tso gso gro tx rx; do ethtool -K tcd0 $f off; done >/dev/null 2>&1
	ip link set tcd0 up'
for f in tso gso gro tx rx; do ethtool -K tct0 $f off; done >/dev/null 2>&1
ip link set tct0 up
echo >&"${HOST[1]}"
read -r _ <&"${HOST[0]}"                        # HELLO
echo "a OPEN-PASSIVE ip=4 port=9" >&"${HOST[1]}"
echo "b OPEN-PASSIVE ip=6 port=9" >&"${HOST[1]}"
read -r one <&"${HOST[0]}"
read -r two <&"${HOST[0]}"
case "$one $two" in *OK*OK*) ;; *) echo "bare.sh: no service: $one $two"; exit 3 ;; esac
cat <&"${HOST[0]}" >/dev/null &                 # what it tells is of no interest

# expect NAME STATUS PATTERN COMMAND...: the exit status, and a line of the output
expect()
{
	local name=$1 status=$2 pattern=$3
	shift 3
	timeout 240 "$tcpconform" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	local got=$?
	if [ $got -eq "$status" ] && grep -q -- "$pattern" "$tmp/out" "$tmp/err"; then
		passed=$((passed + 1))
		echo "ok: $name: $(grep -E '^# [0-9]+ cases|^tcpconform' "$tmp/out" "$tmp/err" -h | head -n 1)"
	else
		failed=$((failed + 1))
		echo "FAILED: $name: exit status $got (wanted $status), and \"$pattern\""
		sed -n '/^not ok/,/^  \.\.\./p' "$tmp/out" | head -n 80
		tail -n 5 "$tmp/out" "$tmp/err"
	fi
}

wire="--iface tct0 --source 10.9.0.9 --source 10.9.0.10 --source fd00:9::9 --source fd00:9::10 --format tap"
baseline=()
[ ! -f "$here/../duts/linux/baseline" ] || baseline=(--baseline "$here/../duts/linux/baseline")

expect "a service alone" 0 '^ok .*9293/3.5/.*ip6' \
	run 10.9.0.2:9,fd00:9::2 $wire --service discard --connections 20 --throttle 0ms --time-budget 10s \
	--case '9293/3.[1-5]*' --case '9293/3.10.7.[12]/*' "${baseline[@]}"
expect "without an agent, what needs calls is skipped" 0 'SKIP needs calls on the DUT' \
	run 10.9.0.2:9 $wire --service discard --case '9293/3.6/*' --case '9293/3.10.7.1/*' --time-budget 10s "${baseline[@]}"
expect "a closed port is one sentence" 3 'refuses connections' \
	run 10.9.0.2:10 $wire --ip 4 --service discard --case '9293/3.5/*'
expect "a host that is not there is one sentence" 3 'does not answer' \
	run 10.9.0.3:9 $wire --ip 4 --service discard --case '9293/3.5/*'

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
