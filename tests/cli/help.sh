#!/bin/bash
# help.sh: the help fits a screen of 24 lines and 80 columns, or at least its
# columns; the manual page knows every option that --help shows.
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

manual=$(dirname "$tests")/docs/tcpconform.1
for command in $commands; do
	run "$command" --help
	expect "$command --help: 0" ended_with 0
	expect "$command --help keeps to 80 columns" columns
	# An argument that only a short usage shows is none of the manual's.
	for option in $(grep -oE '(^|[ ,])--[a-z-]+' "$tmp/out" | tr -d ' ,' | sed 's/^--//' | sort -u); do
		case $command/$option in
		ref/* | */help | */usage | */version) continue ;;
		esac
		grep -qE "Fl Fl $option( |\$)" "$manual" ||
			expect "$command --$option is in the manual page" false
	done
done

exit $failed
