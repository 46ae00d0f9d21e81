#!/bin/sh
# bootstrap.sh: the set-up script installs what is missing and nothing else, says
# so, and ends with one sentence where it cannot.  The package tools and cmake are
# played here; nothing is installed.
set -u
source=${SOURCE_DIR:-$(cd "$(dirname "$0")/.." && pwd)}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
failed=0

# A machine: its programs are in bin/, its packages are the files in installed/.
new_machine()
{
	rm -rf "$dir/bin" "$dir/installed" "$dir/tree" "$dir/calls"
	mkdir -p "$dir/bin" "$dir/installed" "$dir/tree"
	: >"$dir/calls"
	cp "$source/bootstrap.sh" "$dir/tree/"
	for tool in sh sed grep sort tr dirname cat mktemp rm mkdir tee cut env nproc touch chmod printf; do
		ln -s "$(command -v $tool)" "$dir/bin/$tool" 2>/dev/null
	done
	for tool in cc make ninja pkg-config ip ethtool unshare nsenter; do
		play $tool 'exit 0'
	done
	play clang 'case $1 in -dumpversion) echo 14.0.6 ;; esac; exit 0'
	play id 'echo 0'
	play dpkg-query 'for p; do :; done; [ -e "$DIR/installed/$p" ] && printf installed'
	play apt-get 'echo "apt-get $*" >>"$DIR/calls"
		[ -e "$DIR/apt-broken" ] && exit 100
		[ "$1" = update ] && { rm -f "$DIR/apt-stale"; exit 0; }
		[ -e "$DIR/apt-stale" ] && exit 100
		for p; do touch "$DIR/installed/$p"; done'
	play cmake 'echo "cmake $*" >>"$DIR/calls"
		case $1 in
		-S) mkdir -p "$4"; [ -e "$DIR/cmake-broken" ] && { echo "CMake Error: so it is"; exit 1; }; touch "$4/CMakeCache.txt" ;;
		--build) printf "#!/bin/sh\necho \"tcpconform \$*\"\nexit 5\n" >"$2/tcpconform"; chmod +x "$2/tcpconform" ;;
		esac'
	play ctest 'echo "ctest $*" >>"$DIR/calls"
		if [ -e "$DIR/test-broken" ]; then
			echo "50% tests passed, 1 tests failed out of 2"; exit 8
		fi
		echo "100% tests passed, 0 tests failed out of 2"'
	for package in libc6-dev libnet1-dev libpcap-dev libjansson-dev libnl-route-3-dev libcmocka-dev; do
		touch "$dir/installed/$package"
	done
	rm -f "$dir/apt-broken" "$dir/apt-stale" "$dir/cmake-broken" "$dir/test-broken"
}

play()                          # PROGRAM BODY
{
	rm -f "$dir/bin/$1"
	printf '#!/bin/sh\n%s\n' "$2" >"$dir/bin/$1"
	chmod +x "$dir/bin/$1"
}

run()                           # ARGUMENT...
{
	env -i PATH="$dir/bin" DIR="$dir" "$dir/tree/bootstrap.sh" "$@" >"$dir/out" 2>"$dir/err"
	status=$?
}

expect()                        # WHAT COMMAND...
{
	what=$1
	shift
	"$@" && return 0
	echo "FAILED: $what"
	sed 's/^/  out: /' "$dir/out"
	sed 's/^/  err: /' "$dir/err"
	sed 's/^/  call: /' "$dir/calls"
	failed=1
}

is()      { [ "$status" -eq "$1" ]; }
says()    { grep -q -- "$1" "$dir/err"; }
called()  { grep -q -- "$1" "$dir/calls"; }
idle()    { ! grep -q -- "$1" "$dir/calls"; }

new_machine
run build
expect 'everything is there: it builds' is 0
expect 'everything is there: apt-get stays alone' idle apt-get
expect 'it configures' called 'cmake -S \. -B build'
: >"$dir/calls"
run build
expect 'a second run builds' is 0
expect 'a second run does not configure again' idle 'cmake -S'
expect 'a second run installs nothing' idle apt-get

new_machine
rm "$dir/installed/libnet1-dev" "$dir/bin/ninja"
run build
expect 'what is missing is installed' called 'apt-get install -y -q --no-install-recommends libnet1-dev ninja-build$'
expect 'and named' says 'missing: libnet1-dev ninja-build$'
expect 'the lists are not read without need' idle 'apt-get update'
: >"$dir/calls"
run build
expect 'what was installed as a package is not asked for again' idle 'apt-get install.*libnet1-dev'

new_machine
rm "$dir/bin/clang"
run build
expect 'clang is not needed to build' idle apt-get
run test
expect 'clang is needed to test' called 'apt-get install .* clang$'

new_machine
play clang 'case $1 in -dumpversion) echo 14.0.6; exit 0 ;; esac; exit 1'
run test
expect 'the sanitizers of clang are installed' called 'apt-get install .* libclang-rt-14-dev$'

new_machine
rm "$dir/installed/libpcap-dev"
touch "$dir/apt-stale"
run build
expect 'stale lists are read anew' is 0
expect 'by apt-get update' called 'apt-get update'

new_machine
rm "$dir/installed/libpcap-dev"
touch "$dir/apt-broken"
run build
expect 'apt-get that fails ends it' is 3
expect 'with a sentence' says 'apt-get update failed: is there a network?'
expect 'and nothing is built' idle cmake

new_machine
rm "$dir/installed/libpcap-dev"
play id 'echo 1000'
run build
expect 'neither root nor sudo ends it' is 3
expect 'with the remedy' says 'needs root or sudo; as root: apt-get install libpcap-dev'
expect 'apt-get is not tried' idle apt-get

new_machine
rm "$dir/installed/libpcap-dev"
play id 'echo 1000'
play sudo 'echo "sudo $*" >>"$DIR/calls"; exec "$@"'
run build
expect 'sudo is used where we are not root' called 'sudo env DEBIAN_FRONTEND=noninteractive apt-get install'
expect 'and it builds' is 0

new_machine
rm "$dir/bin/dpkg-query"
run build
expect 'another system: it builds' is 0
expect 'another system: it says so' says 'no Debian or Ubuntu'
expect 'another system: nothing is installed' idle apt-get

new_machine
touch "$dir/cmake-broken"
run build
expect 'a configuration that fails ends it' is 3
expect 'and its reason is shown' says 'CMake Error: so it is'
expect 'and nothing half-made stays' [ ! -e "$dir/tree/build" ]

new_machine
run selftest --case 'a b*'
expect 'selftest hands on the exit status' is 5
expect 'and the options' grep -q '^tcpconform selftest --case a b\*$' "$dir/out"

new_machine
run test
expect 'test: all three builds' is 0
expect 'test: sanitizers under clang' called 'build-asan .*-DCMAKE_C_COMPILER=clang -DSANITIZE=ON'
expect 'test: thread sanitizer' called 'build-tsan .*-DSANITIZE_THREAD=ON'
expect 'test: the last line is the sum' [ "$(sed -n '$p' "$dir/out")" = '100% tests passed, 0 tests failed out of 2' ]

new_machine
touch "$dir/test-broken"
run test
expect 'a test that fails: exit status 1' is 1
expect 'a test that fails: said so' says 'tests failed in: build build-asan build-tsan'

for arguments in '' 'nonsense' 'build extra' 'test extra'; do
	new_machine
	run $arguments
	expect "usage: \"$arguments\"" is 2
	expect "usage: \"$arguments\" does nothing" [ ! -s "$dir/calls" ]
done

exit $failed
