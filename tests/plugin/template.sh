#!/bin/sh
# template.sh: the reference stack as a plug-in passes every case, as it does in
# process, and twice the same; as a program that serves all cases one after another,
# too; and as one that serves one, on a selection.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
so=$BUILD_DIR/tests/plugin/template.so

tcpconform run "plugin:$so" --format tap >"$tmp/1"
tcpconform selftest --format tap >"$tmp/sim"
tcpconform run "plugin:$so" --format tap >"$tmp/2"
cmp "$tmp/1" "$tmp/2"
grep -E '^(not )?ok' "$tmp/1" >"$tmp/verdicts"
grep -E '^(not )?ok' "$tmp/sim" | cmp - "$tmp/verdicts"
tcpconform run "exec:tcpconform plugin '$so' | sed -u 's/^HELLO.*/& cases=5000/'" --format tap >"$tmp/one"
grep -E '^(not )?ok' "$tmp/one" | cmp - "$tmp/verdicts"
tcpconform run "exec:tcpconform plugin '$so'" --format tap --case '9293/3.5/*' --case '9293/3.8.4/*'
# What is declared to be absent is not asked for.
tcpconform run "plugin:$so" --absent paws --ip 4 --format tap --case '7323/5/*' >"$tmp/absent"
[ "$(grep -c '# SKIP the DUT is declared to have no PAWS' "$tmp/absent")" -eq 3 ]
[ "$(grep -c '^ok' "$tmp/absent")" -eq "$(grep -c '^ok.* - 7323/5/.*/ip4' "$tmp/verdicts")" ]
echo "$(grep -c '^ok' "$tmp/verdicts") cases, twice, and as in process"
