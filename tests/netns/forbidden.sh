#!/bin/sh
# forbidden.sh: where no namespace can be made, selftest --wire netns and linux.sh
# end with one sentence that says what to do.  Made so in a user namespace that
# allows no other, without any capability.
set -u

tests=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${FORBIDDEN_SH:-}" ]; then
	command -v setpriv >/dev/null || { echo "forbidden.sh: needs setpriv (util-linux)"; exit 77; }
	unshare -Ur true 2>/dev/null || { echo "forbidden.sh: no user namespace can be made here"; exit 77; }
	FORBIDDEN_SH=1 exec unshare -Ur sh -c \
		'echo 0 >/proc/sys/user/max_user_namespaces || exit 77
		 exec setpriv --bounding-set=-all --inh-caps=-all "$0" "$@"' "$0" "$@"
fi

failed=0
# expect STATUS WORD COMMAND...
expect()
{
	wanted=$1 word=$2
	shift 2
	said=$("$@" 2>&1 >/dev/null)
	status=$?
	lines=$(echo "$said" | wc -l)
	if [ $status -eq "$wanted" ] && [ "$lines" -eq 1 ] && echo "$said" | grep -q -- "$word"; then
		echo "ok: $1: $said"
	else
		echo "FAILED: $1: exit status $status (wanted $wanted), and in one line \"$word\":"
		echo "$said"
		failed=1
	fi
}
expect 3 'sudo sysctl user.max_user_namespaces' tcpconform selftest --wire netns
expect 77 'run as root' "$tests/netns/linux.sh"
exit $failed
