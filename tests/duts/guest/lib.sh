# lib.sh: what a Linux guest boots into; sourced by the `install` of those that are one,
# after ../lib.sh.  No root is needed to make it, and no device node.
packages gcc libc6-dev busybox-static cpio

# guest_files FILE [MODULE...]: the first file system: busybox, init and the agent, and
# modules to be loaded in this order.
guest_files()
{
	stale "$1" "$0" "$folder/../guest/init" "$folder/../guest/lib.sh" "$source/harness/agent/tcpconform-agent.c" || return 0
	build make_guest_files "$@"
}

make_guest_files()
{
	file=$1 root=$out/root n=10
	shift
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/modules" &&
	cp /bin/busybox "$root/bin/" &&
	cp "$folder/../guest/init" "$root/" &&
	gcc -static -O2 -std=c99 -D_POSIX_C_SOURCE=200809L -o "$root/tcpconform-agent" "$source/harness/agent/tcpconform-agent.c" || return
	for module; do
		case $module in
		*.xz) xz -dc "$module" >"$root/modules/$n" ;;
		*)    cp "$module" "$root/modules/$n" ;;
		esac || return
		n=$((n + 1))
	done
	(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet) | gzip -9n >"$file" &&
	rm -rf "$root"
}

# modules DIRECTORY NAME...: the files of these modules and of what they need, in the
# order in which they are to be loaded.  What is built into the kernel is left out.
modules()
{
	directory=$1
	shift
	for module; do
		sed -n "s|:||; \\|^[^ ]*/$module\\.ko[.a-z]* |p; \\|^[^ ]*/$module\\.ko[.a-z]*\$|p" "$directory/modules.dep" |
			awk '{ for (i = NF; i; i--) print $i }'
	done | awk -v directory="$directory" '!seen[$0]++ { print directory "/" $0 }'
}
