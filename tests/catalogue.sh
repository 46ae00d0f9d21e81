#!/bin/sh
# catalogue.sh COMPILER: a catalogue that is not well formed does not build, and
# one sentence says which line is wrong.
set -u
compile=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
head='id\trfc\tsection\tlevel\ttitle\trequirement\tobservable\tstimulus\tverdict\n'
row='\t9293\t3.1\tMUST\ta title\twhat is required\twire\twhat is sent\tPASS: so\n'
failed=0

# refused WORDS FORMAT: the file is refused, in one line that has the words.
refused()
{
	printf "$2" >"$dir/in.tsv"
	rm -f "$dir/out.c"
	if "$compile" "$dir/in.tsv" "$dir/out.c" 2>"$dir/err"; then
		echo "not refused: $1"; failed=1
	elif [ "$(wc -l <"$dir/err")" -ne 1 ] || ! grep -q "$1" "$dir/err"; then
		echo "refused with other words than \"$1\":"; cat "$dir/err"; failed=1
	elif [ -e "$dir/out.c" ]; then
		echo "refused, but the output was written: $1"; failed=1
	fi
}

refused 'in.tsv:3: error: the row has 2 columns' "${head}A-1${row}A-2\tonly two\n"
refused 'in.tsv:2: error: the row has 10 columns' "${head}A-1\tmore${row}"
refused 'in.tsv:3: error: the id "A-1" stands in line 2 already' "${head}A-1${row}A-1${row}"
refused 'the column "id" is empty' "${head}${row}"
refused 'has a blank' "${head}A 1${row}"
refused '"OUGHT" is no level' "${head}A-1\t9293\t3.1\tOUGHT\tt\tr\tw\ts\tv\n"
refused 'column 1 is headed' "ID\trfc\tsection\tlevel\ttitle\trequirement\tobservable\tstimulus\tverdict\nA-1${row}"
refused 'there is no row' "${head}"
refused 'does not end in a newline' "${head}A-1\t9293"
refused 'NUL octet' "${head}A-\0001${row}"

printf "${head}A-1${row}" >"$dir/in.tsv"
"$compile" "$dir/in.tsv" "$dir/out.c" || { echo "a good row is refused"; failed=1; }
"$compile" "$dir/absent.tsv" "$dir/out.c" 2>/dev/null && { echo "an absent file is no error"; failed=1; }
exit $failed
