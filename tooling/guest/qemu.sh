# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by boot.sh and kunit.sh: runs one guest, watches it, and says why it
# died.  Needs lib/common.sh and initramfs.sh.
#
# The guest's console goes to console.log, and what it reports to another serial port
# (report), never to a virtio device, which is the code under test.  The last line of a report is "end"; a guest that wrote none has failed.

# shellcheck source=tooling/guest/machine.sh
. "$TOP/tooling/guest/machine.sh"

QEMU=${QEMU:-$QEMU_NAME}
QEMU_MIN=5.0
QEMU_VERSION=	# of QEMU, once check_qemu has looked
MEMORY=${MEMORY:-1G}
STALL=${STALL:-180}	# seconds without a word on the console: the guest hangs

PACKAGE=		# where that package is unpacked

GUEST_PID=	# the QEMU that runs now
HELPERS=()	# processes of ours, or -groups, that serve it and end with this script
RUN_IN=()	# a command that enters the network namespace in which it runs
GUEST_CAUSE=	# why the last guest failed, in one line

# What a kernel says when it is unwell.
UNWELL='Kernel panic|BUG:|kernel BUG at|WARNING:|Oops:|DMA-API: [^ ]+ [^ ]+: |DMA-API: (exceeded|debugging out)|INFO: task .* blocked|stall(s|ed)? (on|detected)|detected stall|general protection fault'

# check_qemu: a machine that we know, a QEMU that is there and young enough
check_qemu() {
	machine_args
	take_image
	find_qemu
}

# find_qemu: sets QEMU and QEMU_VERSION
find_qemu() {
	command -v "$QEMU" >/dev/null || die "$QEMU is missing (Debian: $QEMU_PACKAGE)"
	QEMU=$(realpath -s "$(command -v "$QEMU")")	# it will run elsewhere
	QEMU_VERSION=$("$QEMU" --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')
	qemu_since "$QEMU_MIN" ||
		die "$QEMU is version ${QEMU_VERSION:-unknown}, too old: $QEMU_MIN or later is needed"
}

# qemu_since VERSION: QEMU is at least that
qemu_since() { printf '%s\n' "$1" "${QEMU_VERSION:-0}" | sort -CV; }

# take_image: IMAGE is a kernel; a package is unpacked, for that and its modules
take_image() {
	[ -n "$IMAGE" ] || return 0
	IMAGE=$(realpath "$IMAGE")
	check_image
	[[ $IMAGE = *.deb ]] || return 0
	local package=$IMAGE
	PACKAGE=$RESULTS/image
	rm -rf "$PACKAGE"
	need_space 1000 "$PACKAGE"
	dpkg-deb -x "$package" "$PACKAGE" 2>/dev/null || true
	IMAGE=$(compgen -G "$PACKAGE/boot/vmlinuz-*") || die "IMAGE=$package: no package of a kernel"
}

# check_image: IMAGE is a kernel of ARCH, whole, or a package with one.  QEMU would
# take anything for a boot sector, and be silent.
check_image() {
	local what="IMAGE=$IMAGE"
	if [[ $IMAGE = *.deb ]]; then
		dpkg-deb -c "$IMAGE" 2>/dev/null | grep -q ' \./boot/vmlinuz-' || die "$what: no package of a kernel"
		[ "$(dpkg-deb -f "$IMAGE" Architecture)" = "$DEBIAN_ARCH" ] ||
			die "$what: of architecture $(dpkg-deb -f "$IMAGE" Architecture), not $DEBIAN_ARCH"
	elif [ "$(head -c 4 "$IMAGE" | tr -d '\0')" = $'\x7fELF' ]; then
		[ "$(of_elf 2 18)" = "$ELF_MACHINE" ] || die "$what: of another architecture than $ARCH"
		# the section headers are at its end
		[ "$(stat -L -c %s "$IMAGE")" -ge $(($(of_elf 8 40) + $(of_elf 2 58) * $(of_elf 2 60))) ] ||
			die "$what: the end is missing"
	elif [ "$(dd if="$IMAGE" bs=1 skip="$MAGIC_AT" count=${#MAGIC} 2>/dev/null | tr -d '\0')" != "$MAGIC" ]; then
		die "$what: not a kernel"
	fi
}

# of_elf BYTES OFFSET: a number in IMAGE
of_elf() { od -An -tu"$1" -j"$2" -N"$1" "$IMAGE" | tr -d ' '; }

# kernel_image: on x86_64 vmlinux, unless there is a bzImage that was made of it
kernel_image() {
	local bzimage=$OBJ/arch/x86/boot/bzImage
	if [ -n "$IMAGE" ]; then
		echo "$IMAGE"
	elif [ -e "$bzimage" ] && [ ! "$OBJ/vmlinux" -nt "$bzimage" ]; then
		echo "$bzimage"
	else
		echo "$OBJ/$IMAGE_FILE"
	fi
}

# run_guest NAME LIMIT CMDLINE QEMU-ARGS...: at most LIMIT seconds of its own; files in
# QEMU-ARGS are relative to $RESULTS/NAME.  Fails unless the guest ended by
# itself, in good health, with a complete report.
run_guest() {
	try_guest "$@" && return
	tail -n 30 "$RESULTS/$1/console.log" | tr -d '\r' >&2
	printf 'the whole console: %s\n' "$RESULTS/$1/console.log" >&2
	fail "guest $1: $GUEST_CAUSE"
}

# try_guest: the same, but only returns 1 and sets GUEST_CAUSE
try_guest() {
	local name=$1 limit=$2 cmdline=$3 dir=$RESULTS/$1
	shift 3
	mkdir -p "$dir"
	rm -f "$dir"/{console.log,report,qemu.log}
	GUEST_CAUSE=
	touch "$dir/console.log" "$dir/report"

	trap stop_all EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	(
		cd "$dir" || exit
		exec setpriv --pdeathsig TERM "${RUN_IN[@]}" \
			"$QEMU" "${MACHINE_ARGS[@]}" -nodefaults -no-user-config \
			-display none -no-reboot -kernel "$(kernel_image)" \
			-append "$CMDLINE $cmdline" "${SERIAL_ARGS[@]}" "$@"
	) </dev/null >"$dir/qemu.log" 2>&1 &
	GUEST_PID=$!
	watch_guest "$name" "$dir" "$limit"
}

# stop_guest: what does not heed SIGTERM is killed; a QEMU that hangs in the
# host's kernel cannot make us wait
stop_guest() {
	[ -n "$GUEST_PID" ] || return 0
	kill "$GUEST_PID" 2>/dev/null || true
	timeout 5 tail --pid="$GUEST_PID" -s 0.1 -f /dev/null ||
		kill -KILL "$GUEST_PID" 2>/dev/null || true
	GUEST_PID=
}

stop_all() {
	stop_guest
	[ ${#HELPERS[@]} -eq 0 ] || kill -- "${HELPERS[@]}" 2>/dev/null || true
}

# starved: seconds that QEMU was ready to run, but had to wait for a processor: of that
# thread of it that waited most
starved() {
	cat "/proc/$GUEST_PID/task"/*/schedstat 2>/dev/null |
		awk '$2 > most { most = $2 } END { printf "%d\n", most / 1e9 }'
}

# watch_guest NAME DIR LIMIT: shows where the guest is, until it ends or falls silent.
# On its clock seconds that it was starved do not count, so that a busy machine does
# not make it fail.
watch_guest() {
	local name=$1 dir=$2 limit=$3 begin=$SECONDS size=0 now waits waited=0 clock moved=0
	local spoke=$SECONDS shown=0 status=0
	while kill -0 "$GUEST_PID" 2>/dev/null; do
		timeout 0.5 tail --pid="$GUEST_PID" -s 0.1 -f /dev/null || true
		progress "$dir/console.log"
		now=$(cat "$dir/console.log" "$dir/report" | wc -c)
		waits=$(starved)
		[ "$waits" -le "$waited" ] || waited=$waits	# a QEMU that has ended has no threads
		clock=$((SECONDS - begin - waited))
		[ "$now" -eq "$size" ] || moved=$clock
		size=$now
		if [ $((clock - moved)) -ge "$STALL" ]; then
			GUEST_CAUSE="hangs: silent for $STALL s, $(last_words "$dir")"
		elif [ "$clock" -ge "$limit" ]; then
			GUEST_CAUSE="was not done in $limit s, $(last_words "$dir")"
		fi
		[ -z "$GUEST_CAUSE" ] || { stop_guest; return 1; }
		if [ $((SECONDS - spoke)) -ge 15 ]; then
			say "  guest $name runs, $(last_words "$dir")"
			spoke=$SECONDS
		fi
	done 2>/dev/null	# what bash says of a QEMU that died is no news
	{ wait "$GUEST_PID" || status=$?; } 2>/dev/null
	GUEST_PID=
	progress "$dir/console.log"
	GUEST_CAUSE=$(why_failed "$dir" "$status")
	[ -z "$GUEST_CAUSE" ]
}

# progress CONSOLE: prints the lines that are new, of the caller's $shown: what
# the guest's init says, or everything with V=1
progress() {
	local lines new line
	lines=$(wc -l <"$1")
	[ "$lines" -gt "$shown" ] || return 0
	new=$(sed -n "$((shown + 1)),${lines}p" "$1" | tr -d '\r')
	shown=$lines
	while IFS= read -r line; do
		case $V:$line in
		1:*) printf '%s\n' "$line" ;;
		*:guest:*) say "  $line" ;;
		*) continue ;;
		esac
		spoke=$SECONDS
	done <<<"$new"
}

# last_words DIR: what each device was at ("guest: NAME: WHAT" on the console)
# or, before that, the last line
last_words() {
	tr -d '\r' <"$1/console.log" | awk '
	{ last = $0 }
	sub(/^guest: /, "") && split($0, part, ": ") > 1 {
		if (!(part[1] in at)) names[++n] = part[1]
		at[part[1]] = $0
	}
	END {
		for (i = 1; i <= n; i++)
			if (at[names[i]] != names[i] ": done")
				words = words (words == "" ? "" : "; ") at[names[i]]
		if (words == "") words = last
		print "its last words: \"" substr(words, 1, 240) "\""
	}'
}

# why_failed DIR STATUS: one line, or nothing if all is well
why_failed() {
	local dir=$1 status=$2 panic
	panic=$(grep -an -m 1 'Kernel panic' "$dir/console.log" | cut -d : -f 1)
	if [ -n "$panic" ]; then
		cause_of_panic "$dir/console.log" "$panic"
	elif [ "$status" -ne 0 ]; then
		echo "$QEMU ended with status $status: $(tail -n 1 "$dir/qemu.log")"
	elif [ "$(tail -n 1 "$dir/report" | tr -d '\r')" != end ]; then
		echo "ended without a verdict, $(last_words "$dir")"
	fi
}

# cause_of_panic CONSOLE LINE: the first complaint in the trace before the panic
cause_of_panic() {
	head -n "$2" "$1" | tail -n 60 | tr -d '\r' | grep -aE "$UNWELL" |
		sed 's/^\[[^]]*\] *//' | sed -n '1p; 1!{$p}' | paste -sd '|' | sed 's/|/ -> /'
}

# probe_kvm: /dev/kvm may open and still hang the guest; find out soon
probe_kvm() {
	[ "$ACCEL" = kvm ] || return 0
	: 2>/dev/null <>/dev/kvm || die 'ACCEL=kvm: /dev/kvm cannot be opened'
	say 'ACCEL=kvm: a short guest must answer first'
	mkdir -p "$RESULTS/kvm"
	spec_base "$GUEST/nothing.init" | initramfs "$RESULTS/kvm/initramfs"
	try_guest kvm 20 '' -initrd initramfs ||
		die "ACCEL=kvm: /dev/kvm is there, but a guest on it $GUEST_CAUSE; ACCEL=tcg needs no KVM"
}
