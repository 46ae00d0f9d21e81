#!/bin/sh
# flood.sh: a DUT that answers every segment with a flood of garbage costs the run
# neither its end nor its reason: each case gets a verdict.
. "$(dirname "$0")/lib.sh"
enter_namespaces "$@"
make_wire

flood=$build/tests/flood
[ -x "$flood" ] || exit 77
nsenter -t "$dut" -n "$flood" d0 100 >"$tmp/flood" 2>&1 &
flooding=$!

cases='9293/3.5/*'
n=$("$tcpconform" list cases --case "$cases" | grep -c '^9293/3\.5/')
run 60 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.77 --agent "nsenter -t $dut -n '$agent'" \
	--case "$cases" --ip 4 --format tap --time-budget 10 --retries 0
expect 'a flood of garbage: the run ends by itself' ended_with 0 1 3 4
expect 'and the sanitizers are content' sane
if [ "$status" -eq 3 ]; then
	expect 'it could not run: it says why' reports '^Bail out!'
else
	expect 'each case has its verdict' [ "$(grep -cE '^(not )?ok ' "$tmp/out")" -eq "$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$tmp/out")" ]
	expect 'and there are cases' [ "$n" -gt 0 ]
fi
kill "$flooding" 2>/dev/null
wait "$flooding" 2>/dev/null
frames=$(sed -n 's/^flood: \([0-9]*\) frames$/\1/p' "$tmp/flood")
expect 'it was a flood' [ "${frames:-0}" -gt 1000 ]
echo "$frames frames of garbage; exit status $status: $(grep '^# ' "$tmp/out" | tail -n 2 | head -n 1)"
exit $failed
