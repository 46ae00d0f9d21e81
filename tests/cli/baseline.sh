#!/bin/bash
# baseline.sh: a known deviation is expected, an unexpected pass is a failure, a
# line that is over or matches nothing is told.
. "$(dirname "$0")/lib.sh"

one='9293/3.5/simultaneous-open'
baseline=$tmp/some.baseline

cat >"$baseline" <<END
# glob                        verdict  reason                             until
$one                          fail     https://bugs.example/1 is known    2999-12-31
END
run selftest -c "$one" --fault no-simul-open --baseline "$baseline"
expect 'listed and fails: 0' ended_with 0
expect 'listed and fails: TODO with its reason' \
	shows '^not ok 1 - .* # TODO some.baseline line 2: https://bugs.example/1 is known$'

run selftest -c "$one" --baseline "$baseline"
expect 'listed and passes: 1' ended_with 1
expect 'listed and passes: it is said' shows '^not ok 1 - .* unexpected pass, remove from baseline$'

echo "$one  unstable  it fails at times  -" >"$baseline"
run selftest -c "$one" --fault no-simul-open --baseline "$baseline"
expect 'listed as unstable and fails: 0' ended_with 0
expect 'listed as unstable and fails: TODO with its reason' shows '^not ok 1 - .* # TODO .*it fails at times$'
run selftest -c "$one" --baseline "$baseline"
expect 'listed as unstable and passes: 0' ended_with 0
expect 'listed as unstable and passes: ok' shows '^ok 1 - '

echo "$one  fail  over and done  2001-01-01" >"$baseline"
run selftest -c "$one" --fault no-simul-open --baseline "$baseline"
expect 'past its date: 1' ended_with 1
expect 'past its date: it is said' says 'past its date'

echo 'no/such/case  fail  some reason  -' >"$baseline"
run selftest --baseline "$baseline"
expect 'a line that matches nothing is told' says 'matched no case'
run run 127.0.0.1 --baseline "$baseline"
expect 'where no case was run that is no news' says_not 'matched no case'
# (A stack that says no more keeps its case for half a minute.)
hello='HELLO protocol=1 at=0 program=x can=ip4 frames=ip addr4=10.9.0.2 addr6=fd00:9::2'
timeout -s TERM -k 5 1 "$tcpconform" run "exec:echo $hello; cat >/dev/null" --baseline "$baseline" >"$tmp/out" 2>"$tmp/err" </dev/null
status=$?
expect 'a run is interrupted' shows '^Bail out! interrupted'
expect 'nor where the run was interrupted' says_not 'matched no case'

# Words that are no line.
while read -r line; do
	echo "$line" >"$baseline"
	refused "the line '$line'" 'line 1' selftest -c "$one" --baseline "$baseline"
done <<'END'
only-a-glob
glob fail no-date-behind-it
glob perhaps reason -
glob fail reason 2026-13-01
glob fail reason tomorrow
glob fail -
END

head -c 5000 /dev/zero | tr '\0' x >"$baseline"
refused 'a line without an end' 'too long' selftest -c "$one" --baseline "$baseline"
head -c 5000 /dev/urandom >"$baseline"
run selftest -c "$one" --baseline "$baseline"
expect 'random octets: 2' ended_with 2
expect 'random octets: one sentence' brief
refused 'a folder' 'cannot read' selftest -c "$one" --baseline "$tmp"

exit $failed
