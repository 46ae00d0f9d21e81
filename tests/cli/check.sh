#!/bin/bash
# check.sh: captures of our own, healthy and faulty; of somebody else; cut, random
# and empty ones.
. "$(dirname "$0")/lib.sh"

one='9293/3.5/simultaneous-open'
file=cases/9293-3.5-simultaneous-open-ip4.pcapng

run selftest -c "$one" -o "$tmp/good"
run check "$tmp/good/$file"
expect 'a healthy capture: 0' ended_with 0
expect 'a healthy capture: one connection, one end' shows '1 connections, 1 ends judged as seen by the tester'
run check --format json "$tmp/good/$file"
expect 'and in JSON' shows '"violations": 0'

# All healthy captures of a good many cases.
run selftest -c '9293/3.5/*' -c '9293/3.6/*' -c '9293/3.8*' --not '*unread*' -o "$tmp/many"
bad=0
for capture in "$tmp"/many/cases/*.pcapng; do
	timeout -k 5 60 "$tcpconform" check "$capture" >"$tmp/out" 2>"$tmp/err" || {
		echo "$capture: exit status $?"
		cat "$tmp/out" "$tmp/err"
		bad=$((bad + 1))
	}
done
expect "$(ls "$tmp"/many/cases | wc -l) healthy captures: no violation" [ "$bad" -eq 0 ]

# Faults that a capture alone shows.
while read -r fault requirement; do
	run selftest -c '9293/3.5/*' -c '9293/3.6/*' -c '9293/3.8*' --ip 4 --fault "$fault" -o "$tmp/$fault"
	found=0
	for capture in "$tmp/$fault"/cases/*.pcapng; do
		run check "$capture"
		[ "$status" -le 1 ] || expect "$fault: $capture" false
		[ "$status" -eq 1 ] && shows "$requirement" && found=$((found + 1))
	done
	expect "the fault $fault is seen in $found captures" [ "$found" -gt 0 ]
done <<'END'
mss-non-syn MUST-65
ws-every-segment R7323-WS
rst-bad-checksum MUST-2
END

# What we did ourselves is judged only for who asks.
odd=$(ls "$tmp"/mss-non-syn/cases/*.pcapng | head -n 1)
run check --judge 203.0.113.99 "$odd"
expect 'nobody to judge: 77' ended_with 77
expect 'nobody to judge: it is said' says 'no TCP connection of an address to judge'

# ---- hostile files ------------------------------------------------------------
capture=$tmp/good/$file
size=$(stat -c %s "$capture")
refused 'a text file' 'is no capture' check "$0"
: >"$tmp/empty"
refused 'an empty file' 'is no capture' check "$tmp/empty"
refused 'a folder' 'cannot read\|is no capture' check "$tmp"
refused 'a file that is not there' 'cannot read' check "$tmp/none"

for ((cut = 1; cut < size; cut += 37)); do
	head -c "$cut" "$capture" >"$tmp/cut"
	run check "$tmp/cut"
	case $status in
	0 | 77) says 'is broken behind frame\|no TCP connection\|^$' || [ ! -s "$tmp/err" ] || expect "cut at $cut" false ;;
	2) brief || expect "cut at $cut: one sentence" false ;;
	*) expect "cut at $cut" false ;;
	esac
	sane || expect "cut at $cut: sanitizers" false
done
head -c $((size - 10)) "$capture" >"$tmp/cut"
run check "$tmp/cut"
expect 'cut in the last frame: what is there is judged: 0' ended_with 0
expect 'cut in the last frame: it is said' says 'is broken behind frame [0-9]'
run check --format json "$tmp/cut"
expect 'cut in the last frame: JSON says it too' shows '"cut":'

for ((i = 0; i < 20; i++)); do
	head -c $((RANDOM % 3000 + 1)) /dev/urandom >"$tmp/random"
	run check "$tmp/random"
	ended_with 2 && brief || { cp "$tmp/random" "$build/check-random"; expect 'random octets: 2' false; }
	# The head of a capture and then random octets.
	{ head -c $((RANDOM % size)) "$capture"; cat "$tmp/random"; } >"$tmp/mixed"
	run check "$tmp/mixed"
	[ "$status" -le 2 ] || [ "$status" -eq 77 ] || expect 'a head and random octets' false
	sane || expect 'a head and random octets: sanitizers' false
done
expect 'random octets are refused' true

timeout -k 5 60 "$tcpconform" check - <"$capture" >"$tmp/out" 2>"$tmp/err"
status=$?
expect 'standard input, seekable: 0' ended_with 0
cat "$capture" | timeout -k 5 60 "$tcpconform" check - >"$tmp/out" 2>"$tmp/err"
status=$?
expect 'standard input, a pipe: 0' ended_with 0
expect 'standard input, a pipe: judged' shows '1 connections, 1 ends'

exit $failed
