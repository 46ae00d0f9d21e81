# lib_firmware.sh: what ipxe, grub and edk2 share: QEMU on a tap, and the firmware's
# console, by which it is told where to connect.  To be sourced by NAME/run after
# lib.sh and lib_netns.sh, and by NAME/connect, the trigger of one connection.
#
#     tcpconform (10.77.0.9, an address that no kernel has) ===== tap0 ===== firmware (10.77.0.2)
#
# The console is the whole channel: no DHCP, no boot server, nothing on the link
# besides the conversation under test.  Its files are in one folder, $console: `in`
# is a FIFO, `out` is all that the firmware has shown so far.

dut_address=10.77.0.2
our_address=10.77.0.9

# ---- the console ------------------------------------------------------------------

shown() { wc -c <"$console/out"; }

# Without what moves and colours a terminal.
plain() { tr -d '\r' | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g'; }

# What was shown since the octet $1.
shown_since() { tail -c "+$(($1 + 1))" "$console/out" | plain; }

# await TENTHS COMMAND...: until it succeeds.
await()
{
	polls=$(($1 * 2))
	shift
	until "$@"; do
		[ $((polls -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

shows()     { shown_since "$1" | grep -q -- "$2"; }                             # SINCE PATTERN
at_prompt() { tail -c 400 "$console/out" | plain | tail -n 1 | grep -q "$1\$"; } # PROMPT

# press TEXT: in the words of printf(1).
press() { printf "$1" >"$console/in"; }

# type_text TEXT: a few keys at a time.  A firmware that takes keys by the timer's tick
# loses some all the same when it is busy; so the caller looks at the echo.
type_text()
{
	rest=$1
	while [ -n "$rest" ]; do
		piece=$(printf %.2s "$rest")
		rest=${rest#"$piece"}
		printf %s "$piece" >"$console/in"
		sleep 0.03
	done
}

# enter_line PROMPT TEXT: leaves what it is at, and enters a line at the prompt; once
# more if the echo is not right.  What it is at may take its time to end: some
# firmware waits out its time-outs, whatever is pressed.
enter_line()
{
	for attempt in 1 2 3 4 5 6; do
		from=$(shown)
		press '\003'
		await 900 at_prompt "$1" || return
		type_text "$2"
		if await 15 shows "$from" "\(^\|$1\)$2\$"; then
			press '\r'
			return
		fi
	done
	return 1
}

# ---- what only `run` calls ------------------------------------------------------------

# The tap and the console's folder, in the namespace that we are in.
make_wire()
{
	console=$tmp
	ip tuntap add dev tap0 mode tap 2>/dev/null || cannot "a tap cannot be made here: is there a /dev/net/tun that we may open?"
	our_end tap0
	mkfifo "$console/in" || exit 3
	: >"$console/out"
	# What it has shown is kept for who wonders: build/duts/NAME/console.
	trap 'cp "$console/out" "$out/console" 2>/dev/null; clean_up' EXIT
	exec 8<>"$console/in"
}

# boot QEMU-OPTIONS...: it dies with us, however we end.
boot()
{
	setpriv --pdeathsig KILL qemu-system-x86_64 -nodefaults -display none \
		-chardev stdio,id=console,signal=off -serial chardev:console \
		-netdev tap,id=wire,ifname=tap0,script=no,downscript=no "$@" \
		<&8 >"$console/out" 2>"$console/err" 8>&- &
	ends_with_us $!
}

# command_done PROMPT TEXT: entered, and done.
command_done()
{
	enter_line "$1" "$2" && await 100 at_prompt "$1" || gave_up "it did not take '$2'"
}

gave_up()
{
	say "$1; the end of its console:"
	shown_since 0 | tail -n 10 | cat -v >&2
	tail -n 3 "$console/err" >&2
	exit 3
}

# conform OPTION...: tcpconform against it.  The trigger gives way to the tester.
conform()
{
	tester --iface tap0 --source $our_address \
		--trigger "exec nice '$folder/connect' '$console'" "$@"
}

# The EDK2 firmware of the package ovmf, up to its Shell with a network.  DISK: the
# one device in the boot order, or it would boot from the network first and wait.
boot_shell()                    # DISK, of -drive
{
	boot -machine q35,accel=tcg -m 256 \
		-drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
		-drive if=pflash,format=raw,snapshot=on,file=/usr/share/OVMF/OVMF_VARS_4M.fd \
		-drive "if=none,id=disk,readonly=on,$1" -device virtio-blk-pci,drive=disk,bootindex=0 \
		-device virtio-rng-pci -device virtio-net-pci,netdev=wire,mac=02:77:00:00:00:02,romfile=
	await 900 shows 0 'to skip startup' || gave_up "its Shell did not come"
	press '\r'
	await 100 at_prompt 'Shell> ' || gave_up "its Shell came to no prompt"
	command_done 'Shell> ' 'connect -r'
}
