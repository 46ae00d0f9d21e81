#!/bin/bash
# output.sh: the formats on stdout, the folder of --output, colours, and a reader
# that goes away.
. "$(dirname "$0")/lib.sh"

cases='9293/3.5/*'

run selftest -c "$cases"
expect 'TAP where stdout is no terminal' shows '^TAP version 13$'
cp "$tmp/out" "$tmp/first"
run selftest -c "$cases"
expect 'twice the same octets' cmp -s "$tmp/first" "$tmp/out"
expect 'no date in it' shows_not "$(date +%Y-%m)"

# One case alone gives what it gives in company.
alone=9293/3.5/simultaneous-open/ip6
run selftest -c "$cases" --fault no-simul-open
sed -n "/^not ok [0-9]* - ${alone//\//\\/} /,/^  \.\.\./p" "$tmp/out" | sed 1d >"$tmp/company"
run selftest -c "$alone" --fault no-simul-open
sed -n "/^not ok 1 /,/^  \.\.\./p" "$tmp/out" | sed 1d >"$tmp/alone"
expect 'a case alone gives what it gives in company' cmp -s "$tmp/company" "$tmp/alone"
expect 'and that is not nothing' [ -s "$tmp/alone" ]

# A reset below the window has ended the connection, which an old octet finds out.
run selftest -c 9293/3.10.7.4/rst-below/ip4 --fault rst-any-seq
expect 'what is told is what the case is about' shows '^  requirement: "EVT-ESTAB-RST-LOW '

if command -v prove >/dev/null && perl -MTAP::Parser -e 1 2>/dev/null; then
	printf '#!/bin/sh\nexec "%s" selftest -c "%s"\n' "$tcpconform" "$cases" >"$tmp/test.sh"
	chmod +x "$tmp/test.sh"
	expect 'prove is content with what conforms' prove -Q -e '' "$tmp/test.sh"
	printf '#!/bin/sh\nexec "%s" selftest -c "%s" --fault no-simul-open --exit-zero\n' "$tcpconform" "$cases" >"$tmp/test.sh"
	prove -e '' "$tmp/test.sh" >"$tmp/out" 2>"$tmp/err"
	expect 'prove counts what fails' shows 'Failed [0-9]*/[0-9]* subtests'
	expect 'prove finds no error in the form' shows_not 'Parse errors\|Bad plan'
fi

run selftest -c "$cases" --format json
if command -v perl >/dev/null && perl -MJSON::PP -e 1 2>/dev/null; then
	expect 'JSON is JSON' perl -MJSON::PP -0777 -e 'my $d = decode_json(<STDIN>); exit !(@{$d->{cases}} > 10 && $d->{version} == 1)' <"$tmp/out"
	for what in cases requirements faults; do
		run list "$what" --json
		expect "list $what --json is JSON" perl -MJSON::PP -0777 -e 'exit !(@{decode_json(<STDIN>)} > 10)' <"$tmp/out"
	done
fi

# ---- --output ------------------------------------------------------------------
folder=$tmp/results
run selftest -c "$alone" --output "$folder"
expect 'the folder is written' [ -s "$folder/result.json" ]
expect 'with a capture for the case' [ -s "$folder/cases/9293-3.5-simultaneous-open-ip6.pcapng" ]
cp -r "$folder" "$tmp/again"
run selftest -c "$alone" --output "$folder"
expect 'another run is not overwritten: 2' ended_with 2
expect 'another run is not overwritten: how to' says force
run selftest -c "$alone" --output "$folder" --force
expect 'unless it is said: 0' ended_with 0
expect 'and what stands there is the same' diff -r "$folder" "$tmp/again"
run selftest -c "$alone" --output "$tmp/first/below-a-file"
expect 'a folder that cannot be made: 2' ended_with 2
expect 'a folder that cannot be made: one sentence' brief
if command -v tshark >/dev/null; then
	tshark -r "$folder/cases/9293-3.5-simultaneous-open-ip6.pcapng" -T fields -e frame.number >"$tmp/out" 2>"$tmp/err"
	status=$?
	expect 'tshark reads the capture' ended_with 0
	expect 'tshark sees its frames' [ "$(wc -l <"$tmp/out")" -ge 3 ]
fi

# ---- for people ----------------------------------------------------------------
run selftest -c "$alone" --format text --fault no-simul-open
expect 'text says FAIL' shows '^FAIL  *9293/3.5/simultaneous-open/ip6'
expect 'text says how to run it again' shows "again  *tcpconform selftest --fault no-simul-open --case $alone --seed"
expect 'the summary is last' [ "$(tail -n 1 "$tmp/out")" = 'exit status 1' ]
expect 'no colours in a file' shows_not "$(printf '\033')"
run selftest -c "$alone" --format text --fault no-simul-open --color always
expect '--color wins' shows "$(printf '\033')"
run selftest -c "$alone" --format text
expect 'what passed is not told' shows_not 'simultaneous-open'
run selftest -c "$alone" --format text -v
expect 'with -v it is' shows '^pass  *9293/3.5/simultaneous-open/ip6'

# The rerun command is one.
run selftest -c "$cases" --fault no-simul-open
again=$(sed -n 's/^  rerun: "tcpconform \(.*\)"$/\1/p' "$tmp/out" | head -n 1)
run $again
expect 'the rerun command fails in the same way' ended_with 1
expect 'and runs one case' shows '^1\.\.1$'

# ---- a reader that goes away, a full disk -------------------------------------
"$tcpconform" selftest -c "$cases" 2>"$tmp/err" | head -n 1 >"$tmp/out"
status=${PIPESTATUS[0]}
expect 'a reader that goes away: no crash' [ "$status" -le 4 ]
if [ -w /dev/full ]; then
	timeout -k 5 60 "$tcpconform" selftest -c "$alone" >/dev/full 2>"$tmp/err"
	status=$?
	expect 'a full disk is told: 3' ended_with 3
	expect 'a full disk is told: one sentence' brief
fi

exit $failed
