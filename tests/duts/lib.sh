# lib.sh: what the scripts of the stacks' folders share.  Sourced by `run` beside it
# and by each NAME/install and NAME/run, which `run` starts with these set:
#
#   name        of the stack                    folder   tests/duts/NAME
#   out         build/duts/NAME, which is there source   the root of the tree
#   tcpconform, agent   the two programs
#
# Nothing here writes to stdout.  Exit status 77: it cannot be run on this machine,
# for the one reason that was said.
set -eu

say()
{
	printf '%s: %s\n' "duts/$name" "$*" >&2
}

cannot()
{
	say "$*"
	exit 77
}

# packages PACKAGE...: installs those that are missing, and says which.
packages()
{
	missing=
	for package; do
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || cannot "needs$missing, and there is no apt-get to install them with"
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || cannot "needs$missing, and installing needs root or sudo"
		sudo=sudo
	fi
	say "installing:$missing"
	# The lists may be empty (a fresh container) or old: read them anew when the
	# first attempt fails.
	log=$out/packages.log
	apt='env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -y -q'
	$sudo $apt install --no-install-recommends $missing >"$log" 2>&1 </dev/null ||
	{ $sudo $apt update && $sudo $apt install --no-install-recommends $missing; } >"$log" 2>&1 </dev/null ||
		cannot "needs$missing, which could not be installed ($log tells why)"
}

# program COMMAND PACKAGE: installs the package if the command is not there.
program()
{
	command -v "$1" >/dev/null || packages "$2"
}

# package_version PACKAGE: as Debian counts.
package_version()
{
	dpkg-query -W -f='${Version}' "$1"
}

# is_version TEXT: what is under test, for the matrix; one line.
is_version()
{
	{ printf '%s\n' "$*" >"$out/version"; } 2>/dev/null || :
}

# stale FILE SOURCE...: FILE is missing or older than one of the others.
stale()
{
	[ -e "$1" ] || return 0
	file=$1
	shift
	for one; do
		[ ! "$one" -nt "$file" ] || return 0
	done
	return 1
}

# build COMMAND...: shows what it says only if it fails, which is an error.
build()
{
	"$@" >"$out/build.log" 2>&1 </dev/null || {
		cat "$out/build.log" >&2
		say "cannot be built; the reason stands above"
		exit 3
	}
}
