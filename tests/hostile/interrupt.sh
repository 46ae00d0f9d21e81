#!/bin/sh
# interrupt.sh: selftest --wire netns makes namespaces and processes; after it has
# ended, or was interrupted or terminated at any moment, none of them is left.
. "$(dirname "$0")/lib.sh"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
status=0

if ! unshare -Urn true 2>/dev/null && [ "$(id -u)" -ne 0 ]; then
	echo "no network namespace can be made here"
	exit 77
fi

# What it starts inherits this mark; so it is known whose a process is.
mark=tcpconform-interrupt-$$
left_over()
{
	for environ in /proc/[0-9]*/environ; do
		tr '\0' '\n' 2>/dev/null <"$environ" | grep -qx "MARK=$mark" && echo "${environ%/environ}"
	done
}

# Nothing is left, at the latest when what is about to end has ended.
clean()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -z "$(left_over)" ] && return 0
		sleep 0.2
	done
	left_over | while read -r p; do
		tr '\0' ' ' <"$p/cmdline" | sed 's/^/  left: /'
		echo
	done
	return 1
}

# Waits until it has said something, so that we know it runs.
started()
{
	for _ in $(seq 100); do
		grep -q '^1\.\.' "$tmp/out" && [ -n "$(left_over)" ] && return 0
		sleep 0.1
	done
	return 1
}

links=$(ip -o link | wc -l)

program=$(readlink -f "$tcpconform")

# A shell without job control lets its children ignore SIGINT; env undoes that.
for signal in INT TERM; do
	for delay in 0 0.05 0.2 1 3; do
		MARK=$mark env --default-signal=INT "$tcpconform" selftest --wire netns --format tap --time-budget 20 >"$tmp/out" 2>"$tmp/err" &
		pid=$!
		# Until then it is the shell or env that a signal would meet.
		until [ "$(readlink "/proc/$pid/exe")" = "$program" ]; do kill -0 $pid 2>/dev/null || break; done
		if [ "$delay" = 3 ]; then
			expect 'it runs, and its processes are seen' started
			expect 'and more than one' [ "$(left_over | wc -l)" -gt 1 ]
		fi
		sleep "$delay"
		kill -$signal $pid 2>/dev/null
		timeout 20 tail --pid=$pid -f /dev/null || kill -9 $pid
		wait $pid
		status=$?
		expect "SIG$signal after $delay s: exit status" ended_with $([ $signal = INT ] && echo 130 || echo 143) 0 77
		expect "SIG$signal after $delay s: nothing is left" clean
		expect "SIG$signal after $delay s: sanitizers are content" sane
		if [ "$delay" = 3 ] && [ "$status" -ge 128 ]; then
			expect "SIG$signal after $delay s: TAP says so" reports '^Bail out!'
		fi
	done
done

expect 'no interface is left' [ "$(ip -o link | wc -l)" -eq "$links" ]
exit $failed
