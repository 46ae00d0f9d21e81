#!/bin/sh
# bootstrap.sh: from a fresh checkout on Debian or Ubuntu to a result, in one command.
#
#     ./bootstrap.sh selftest [OPTION...]   builds, then runs tcpconform selftest
#     ./bootstrap.sh test                   builds and runs every test
#     ./bootstrap.sh build                  builds only
#
# What is missing is installed, and named before that; when nothing is missing
# nothing is installed, and the second run is quick.  `test` builds three times:
# with gcc in build/, with clang and the address and undefined behaviour
# sanitizers in build-asan/, and with the thread sanitizer and coroutines on
# threads in build-tsan/.  Warnings are errors in all of them.
set -u
cd "$(dirname "$0")" || exit 3

say()
{
	printf 'bootstrap: %s\n' "$*" >&2
}

die()
{
	say "$*"
	exit 3
}

usage()
{
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

# ---- what is missing ---------------------------------------------------------

# A program counts when it is there, whoever brought it; of a library only the
# Debian package is asked for.
missing_program()               # COMMAND PACKAGE
{
	command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

missing_library()               # PACKAGE
{
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] || missing="$missing $1"
}

find_missing()                  # build | test
{
	missing=
	missing_program cc build-essential
	missing_program make build-essential
	missing_program cmake cmake
	missing_program ninja ninja-build
	missing_program pkg-config pkg-config
	for package in libc6-dev libnet1-dev libpcap-dev libjansson-dev libnl-route-3-dev libcmocka-dev; do
		missing_library "$package"
	done
	[ "$1" = test ] || return 0
	missing_program clang clang
	missing_program ip iproute2
	missing_program ethtool ethtool
	missing_program unshare util-linux
	missing_program nsenter util-linux
}

# ---- installing --------------------------------------------------------------

apt()
{
	if [ "$(id -u)" -eq 0 ]; then
		env DEBIAN_FRONTEND=noninteractive apt-get "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive apt-get "$@"
	fi
}

install_packages()              # PACKAGE...
{
	say "missing: $*"
	command -v apt-get >/dev/null 2>&1 ||
		die "there is no apt-get to install them with; install them by hand and run this again"
	if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
		die "installing needs root or sudo; as root: apt-get install $*"
	fi
	say "installing: apt-get install --no-install-recommends $*"
	# The lists may be empty (a fresh container) or old: read them anew when
	# the first attempt fails.
	apt install -y -q --no-install-recommends "$@" >&2 && return 0
	say "that did not work; reading the package lists anew (apt-get update)"
	apt update -q >&2 || die "apt-get update failed: is there a network? Needed: $*"
	apt install -y -q --no-install-recommends "$@" >&2 ||
		die "apt-get could not install: $* (on Ubuntu some of them are in the component \"universe\")"
}

provide()                       # build | test
{
	if ! command -v dpkg-query >/dev/null 2>&1; then
		say "this is no Debian or Ubuntu: nothing is installed; cmake will name what is missing"
		return 0
	fi
	find_missing "$1"
	missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
	missing=${missing% }
	[ -z "$missing" ] || install_packages $missing
	[ "$1" = test ] && provide_sanitizers
	return 0
}

# Debian has clang's sanitizers in a package of their own, named by version.
provide_sanitizers()
{
	dir=$(mktemp -d) || die "no temporary directory"
	echo 'int main(void) { return 0; }' >"$dir/a.c"
	if ! clang -fsanitize=address,undefined "$dir/a.c" -o "$dir/a" >/dev/null 2>&1; then
		major=$(clang -dumpversion | cut -d. -f1)
		rm -rf "$dir"
		install_packages "libclang-rt-$major-dev"
	fi
	rm -rf "$dir"
}

# ---- building ----------------------------------------------------------------

jobs=${JOBS:-$(nproc 2>/dev/null || echo 2)}

# Configures when there is no configuration yet (cmake itself sees to later
# changes), then builds; what succeeds says little.
build()                         # FOLDER TARGET OPTION...
{
	folder=$1 target=$2
	shift 2
	if [ ! -f "$folder/CMakeCache.txt" ]; then
		generator=
		command -v ninja >/dev/null 2>&1 && generator=-GNinja
		if ! cmake -S . -B "$folder" $generator "$@" >"$folder.log" 2>&1; then
			cat "$folder.log" >&2
			rm -rf "$folder" "$folder.log"
			die "configuring $folder failed; the reason stands above"
		fi
		rm -f "$folder.log"
	fi
	say "building $folder"
	cmake --build "$folder" --target "$target" -j "$jobs" >"$folder/build.log" 2>&1 || {
		grep -v '^\[[0-9]*/[0-9]*\] \(Building\|Linking\)' "$folder/build.log" >&2
		die "building $folder failed; the reason stands above"
	}
}

# ---- testing -----------------------------------------------------------------

# Runs the tests of a folder, shows and keeps their output; counts failures.
check()                         # FOLDER CTEST-OPTION...
{
	folder=$1
	shift
	say "testing $folder"
	{
		(cd "$folder" && ctest --output-on-failure --no-tests=error -j "$jobs" "$@") 2>&1
		echo $? >"$folder/test.status"
	} | tee "$folder/test.log"
	[ "$(cat "$folder/test.status")" -eq 0 ] || failed="$failed $folder"
}

# What ctest says at its end: the tests that failed or were skipped, and the sum.
summary()                       # FOLDER
{
	printf '\n%s:\n' "$1"
	sed -n '/tests passed,.*failed out of/,$p' "$1/test.log" | grep -v '^$'
}

run_tests()
{
	failed=
	provide test
	build build all
	build build-asan all -DCMAKE_C_COMPILER=clang -DSANITIZE=ON
	build build-tsan all -DSANITIZE_THREAD=ON
	# Garbage is for the build that notices what it does.
	check build -LE 'hostile|fuzz'
	check build-asan -LE 'tidy|netns|captures|agree'
	check build-tsan -L 'unit|same'
	for folder in build-tsan build-asan build; do
		summary "$folder"
	done
	if [ -n "$failed" ]; then
		say "tests failed in:$failed"
		exit 1
	fi
	exit 0
}

[ $# -gt 0 ] || usage
command=$1
shift
case $command in
build)
	[ $# -eq 0 ] || usage
	provide build
	build build all
	say "the programs are build/tcpconform and build/tcpconform-agent" ;;
selftest)
	provide build
	build build programs
	exec build/tcpconform selftest "$@" ;;
test)
	[ $# -eq 0 ] || usage
	run_tests ;;
*)
	usage ;;
esac
