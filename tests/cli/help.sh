#!/bin/bash
# help.sh: the help fits a screen of 24 lines and 80 columns, or at least its
# columns; the manual page knows every option that --help shows, and no other.
. "$(dirname "$0")/lib.sh"

fits() { [ "$(wc -l <"$tmp/out")" -le 24 ] && columns; }
columns() { ! grep -qE '^.{81}' "$tmp/out"; }

run --help
expect 'tcpconform --help: 0' ended_with 0
expect 'tcpconform --help fits 24 x 80' fits
commands=$(sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' "$tmp/out" | grep -v '^[0-9]')
expect 'it names the commands' [ "$(echo "$commands" | wc -w)" -ge 6 ]

run --version
expect 'tcpconform --version' shows '^tcpconform [0-9]'

: >"$tmp/shown"
manual=$(dirname "$tests")/docs/tcpconform.1
for command in $commands; do
	run "$command" --help
	expect "$command --help: 0" ended_with 0
	expect "$command --help keeps to 80 columns" columns
	# An argument that only a short usage shows is none of the manual's.
	for option in $(grep -oE '(^|[ ,])--[a-z-]+' "$tmp/out" | tr -d ' ,' | sed 's/^--//' | sort -u); do
		case $option in
		help | usage | version) continue ;;
		esac
		echo "$option" >>"$tmp/shown"
		grep -qE "Fl Fl $option( |\$)" "$manual" ||
			expect "$command --$option is in the manual page" false
	done
done
for option in $(grep -oE 'Fl Fl [a-z-]+' "$manual" | sed 's/Fl Fl //' | sort -u); do
	grep -qx "$option" "$tmp/shown" ||
		expect "--$option of the manual page is an option" false
done

# The agent is a program for itself.
tcpconform=$build/tcpconform-agent
for option in -h --help; do
	run $option
	expect "tcpconform-agent $option: 0" ended_with 0
	expect "tcpconform-agent $option fits 24 x 80" fits
done
for option in -V --version; do
	run $option
	expect "tcpconform-agent $option" shows '^tcpconform-agent [0-9.]*, protocol [0-9]'
done
refused 'an option that the agent has not' 'usage:' --no-such-option
refused 'a word for the agent' 'takes no arguments' something

exit $failed
