#!/bin/sh
# faulty.sh TCPCONFORM: what a misbehaving stack puts on the wire is seen in the
# capture alone: `check` finds the passive ones among the declared faults, by the
# rule that is about them, and nothing in the captures of the healthy stack.
set -u

tcpconform=$1
tmp=$(mktemp -d) || exit 3
trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0 worst=3

# One self-test with its captures in $tmp/run; $1 a fault or "" for none.
capture()
{
	rm -rf "$tmp/run"
	"$tcpconform" selftest ${1:+--fault "$1"} --case "$2" --format tap --output "$tmp/run" --exit-zero \
		>"$tmp/out" 2>&1
	[ -n "$(ls "$tmp"/run/cases/*.pcapng 2>/dev/null)" ] && return
	echo "FAILED: no capture was written"
	cat "$tmp/out"
	failed=$((failed + 1))
	return 1
}

# check_all: what `check` says of all of them, in $tmp/said; the worst status.
check_all()
{
	worst=0
	: >"$tmp/said"
	for file in "$tmp"/run/cases/*.pcapng; do
		"$tcpconform" check --fail-on should "$file" >>"$tmp/said" 2>&1
		status=$?
		[ $status -le $worst ] || worst=$status
	done
}

# sees FAULT RULE CASES: some capture of the fault is a violation of the rule.
sees()
{
	capture "$1" "$3" || return
	check_all
	if [ $worst -eq 1 ] && grep -q "$2" "$tmp/said"; then
		passed=$((passed + 1))
		echo "ok: $1 is seen by $2"
	else
		failed=$((failed + 1))
		echo "FAILED: $1 is not seen by $2 (exit status $worst)"
		grep -v ' 0 violations' "$tmp/said" | head -n 10
	fi
}

capture "" '*' && check_all
if [ $worst -eq 0 ]; then
	passed=$((passed + 1))
	echo "ok: nothing is found in $(ls "$tmp"/run/cases | wc -l) captures of the healthy stack"
else
	failed=$((failed + 1))
	echo "FAILED: check finds a violation in a capture of the healthy stack"
	grep -B 3 -A 12 -i violation "$tmp/said" | grep -v ' 0 violations' | head -n 60
fi

sees rst-bad-checksum       F-CKSUM          '9293/3.10.7.1/*'
sees rsv-bits-set           F-RSV            '9293/3.5/*'
sees mss-non-syn            F-MSS-SYN        '9293/3.5/*'
sees ws-every-segment       F-WS-SYN         '7323/*'
sees synack-ack-creeps      H-SYNACK-ACK     '9293/3.5/*'
sees synack-seq-creeps      H-SYNACK-SAMESEQ '9293/3.5/*'
sees retx-different-bytes   D-SAME           '*'
sees fin-retx-seq-creeps    D-FIN-FIXED      '9293/3.6*'
sees window-ignored         D-WINDOW         '*'
sees seq-check-missing      A-UNSEEN         '9293/3.10.7.4/*'
sees cksum-odd-length       F-CKSUM          '9293/3.1/*'
sees ack-goes-back          A-MONO           '7323/5/*'        # timestamps prove the order
sees rst-answers-rst        C-RST-RST        '9293/3.10.7.*'
sees rst-seq-not-from-ack   C-RST-FORM       '9293/3.10.7.1/*'
sees listen-rst-answered    C-RST-RST        '9293/3.10.7.2/*'
sees rst-ack-misses-len     C-RST-FORM       '9293/3.10.7.1/*'
sees rst-ack-misses-fin     C-RST-FORM       '9293/3.10.7.1/*'
sees rst-ack-misses-syn     C-RST-FORM       '9293/3.10.7.1/*'
sees pure-ack-seq-zero      A-ACKFORM        '9293/3.10.7.4/*'
sees challenge-ack-echoes-seq A-UNSEEN       '5961/*'
sees ooo-delivered-early    A-UNSEEN         '9293/3.10.7.4/*'
sees mss-not-sent           H-MSS-PRESENT    '9293/3.7.1/*'
sees ts-dropped-midway      O-TS-ALWAYS      '7323/*'
sees ts-echo-wrong          O-TSECR-SEEN     '7323/3/*'
sees ts-clock-stuck         O-TS-CLOCK       '7323/*'
sees no-slow-start          D-CWND-IW        '5681/3.1/*'
# Timers, and what they send; some of these are a SHOULD.
sees rto-no-backoff         T-BACKOFF        '9293/3.8.1/*'
sees rto-cap-low            T-BACKOFF        '9293/3.8*'
sees rto-burst              D-LOSSWIN        '*'
sees fast-retx-per-dupack   R-FR-ONCE        '5681/*'
sees rto-initial-low        H-SYN-RTO        '9293/3.5/*'
sees rto-min-low            T-RTO-MIN        '6298/*'
sees rto-wrong-segment      D-RETX-UNA       '*'

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
