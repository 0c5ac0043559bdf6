#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a user may get wrong, or meet: one clear line that names the cause, an
# exit status that is not 0, and nothing half-made that would be taken for
# finished next time.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/check/expect.sh
. "$TOP/tooling/check/expect.sh"

SCRATCH=$(mktemp -d "$BUILD/bad-input.XXXXXX")
# a nobody must get in as well
chmod 755 "$SCRATCH"
trap 'mountpoint -q "$SCRATCH/small" && umount "$SCRATCH/small"; rm -rf "$SCRATCH"' EXIT
NOT_TRIED=			# what this machine does not let us try

# tree ARGUMENT...: make tree in a directory of its own, which must stay empty of
# anything that passes for a tree
tree() {
	env -u KERNEL_SRC O="$SCRATCH/o" "$@" make -s -C "$TOP" tree
}

no_tree() {
	[ ! -e "$SCRATCH/o/$BASE/linux" ] || fail "a half-made tree is left"
}

# boot ARGUMENT...: make boot there; what is wrong is said before a tree is made
boot() {
	env -u KERNEL_SRC O="$SCRATCH/o" "$@" make -s -C "$TOP" boot
}

# early PATTERN ARGUMENT...
early() {
	expect 2 "$1" boot "${@:2}"
	no_tree
}

# fake_kernel DIR VERSION PATCHLEVEL SUBLEVEL: as much of a kernel as is looked at first
fake_kernel() {
	mkdir -p "$1/drivers/virtio"
	printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\n' "$2" "$3" "$4" >"$1/Makefile"
	touch "$1/Kbuild" "$1/Kconfig"
}

inputs() {
	expect 2 'unknown BASE=nope \(have: .*6\.12' make -s -C "$TOP" check BASE=nope
	expect 2 'unknown BASE=\.\./6\.12' make -s -C "$TOP" tree BASE=../6.12
	expect 2 'unknown BASE= ' make -s -C "$TOP" tree BASE=
	expect 2 'J=x: not a number' make -s -C "$TOP" tree J=x
	expect 2 'J=0: not a number' make -s -C "$TOP" check J=0
	expect 2 'J=-1: not a number' make -s -C "$TOP" boot J=-1
	expect 2 'V=x: neither 0 nor 1' make -s -C "$TOP" boot V=x
	expect 2 'O=.*a b: .* no blank' make -s -C "$TOP" boot O="$SCRATCH/a b"
	[ ! -e "$SCRATCH/a b" ] || fail 'something was made in a directory that is refused'
	early 'unknown ARCH=debug \(have: .*x86_64' ARCH=debug
	early 'unknown ARCH=um \(have: .*x86_64' ARCH=um
	expect 2 'ARCH=arm64: the checks are for x86_64' make -s -C "$TOP" check ARCH=arm64
	early 'ACCEL=kvm: this machine is not s390x' ARCH=s390x ACCEL=kvm
	early 'IMAGE=.*: of another architecture than arm64' ARCH=arm64 IMAGE="$(readlink -f /proc/self/exe)"
	expect 2 'no check nonsense' "$TOP/tooling/check.sh" nonsense
	expect 2 'REROLL=two: not a number' make -s -C "$TOP" series REROLL=two
	expect 2 "FROM=me@example\.org: not like 'Name <mail" make -s -C "$TOP" series FROM=me@example.org
	expect 2 'FROM=Me <me@localhost>: not like' make -s -C "$TOP" series FROM='Me <me@localhost>'
	expect 2 'FROM=Me <me@example\.org: not like' make -s -C "$TOP" series FROM='Me <me@example.org'
	expect 2 'FROM=M . <me@example\.org>: not like' env FROM=$'M\n" <me@example.org>' "$TOP/tooling/mail-series.sh"
	expect 2 'PREFIX=\[PATCH\]: not usable as prefix' make -s -C "$TOP" series PREFIX='[PATCH]'
	expect 2 'CONFIG=/nowhere: no such file' make -s -C "$TOP" deb CONFIG=/nowhere
	expect 2 'CONFIG=/etc/passwd: not a kernel configuration' make -s -C "$TOP" deb CONFIG=/etc/passwd
	early 'ACCEL=nonsense' ACCEL=nonsense
	expect 2 'usage: bench-guest\.sh' "$TOP/tooling/bench-guest.sh" nonsense
	expect 2 'ROUNDS=0 .*not numbers' env ROUNDS=0 "$TOP/tooling/bench-guest.sh"
}

sources() {
	expect 2 'KERNEL_SRC=/etc/passwd: not a kernel' \
		env O="$SCRATCH/o" make -s -C "$TOP" boot KERNEL_SRC=/etc/passwd
	no_tree
	expect 2 'KERNEL_SRC=/nowhere: no such file' tree KERNEL_SRC=/nowhere
	expect 2 'not a kernel directory' tree KERNEL_SRC="$TOP/tooling"
	no_tree

	fake_kernel "$SCRATCH/old" 5 10 1
	expect 2 'Linux 5\.10.*BASE=6\.12 is wanted' tree KERNEL_SRC="$SCRATCH/old"
	fake_kernel "$SCRATCH/older" 6 12 95
	expect 2 'Linux 6\.12\.95 is too old, the series fits 6\.12\.[0-9]* and later' tree KERNEL_SRC="$SCRATCH/older"
	no_tree
	fake_kernel "$SCRATCH/linux" 6 12 999
	tar -C "$SCRATCH" -cJf "$SCRATCH/half.tar.xz" linux
	truncate -s -40 "$SCRATCH/half.tar.xz"
	expect 2 'half\.tar\.xz failed: ' tree KERNEL_SRC="$SCRATCH/half.tar.xz"
	no_tree
}

patches() {
	local ring=drivers/virtio/virtio_ring.c
	expect 2 "^error: 0001-.*\.patch does not apply: .*virtio_ring\.c.* \(Linux 6\.12\.999; tested on 6\.12\.[0-9]*: 'Moving" \
		tree KERNEL_SRC="$SCRATCH/linux"
	no_tree
	# the same file, but for a line of context: no fuzz
	kgit show "base:$ring" |
		sed 's/i = head;/i = the_head;/' >"$SCRATCH/linux/$ring"
	expect 2 '^error: 0001-.*\.patch does not apply: .*virtio_ring\.c, hunk @@ ' \
		tree KERNEL_SRC="$SCRATCH/linux"
	no_tree
}

download() {
	local deb
	deb=$SCRATCH/o/download/$(base_get package)_$(base_get version)_all.deb
	[ -f "$O/download/${deb##*/}" ] || { NOT_TRIED+=', no package here to spoil'; return; }
	mkdir -p "$SCRATCH/o/download"
	head -c 1000000 "$O/download/${deb##*/}" >"$deb"
	expect 2 'checksum mismatch: .*\.deb' tree
	no_tree
}

# given_way: a kernel that another one has replaced in its suite; asked of the
# archive itself, with a base of that kind
given_way() {
	local clone=$SCRATCH/clone
	mkdir -p "$clone"
	cp -r "$TOP/tooling" "$TOP/patches" "$TOP/Makefile" "$clone"
	printf '%s\n' package=linux-source-7.0 suite=trixie-backports version=7.0.1-1 >"$clone/patches/6.12/base"
	env -u KERNEL_SRC O="$SCRATCH/o" BASE=6.12 "$clone/tooling/fetch.sh" >"$SCRATCH/out" 2>&1 </dev/null || true
	grep -qE 'no longer has|no Debian|apt has no Debian site|there is no apt|no network' "$SCRATCH/out" ||
		{ cat "$SCRATCH/out"; fail 'neither the archive nor its absence is spoken of'; }
	grep -q 'no longer has' "$SCRATCH/out" ||
		{ NOT_TRIED+=', no archive with another kernel'; return; }
	expect 2 'trixie-backports no longer has linux-source-7\.0, linux-source-[0-9.]* has taken its place: set KERNEL_SRC=' \
		env -u KERNEL_SRC O="$SCRATCH/o" BASE=6.12 "$clone/tooling/fetch.sh"
}

nobody() {
	expect 2 'cannot write to .*bench$|^error: needed: ' setpriv --reuid=65534 --clear-groups \
		env HOME=/nonexistent make -s -C "$TOP" bench
	expect 2 'no-such-package' setpriv --reuid=65534 --clear-groups \
		env O="$SCRATCH/o" bash -c ". '$TOP/tooling/lib/common.sh'; need_packages no-such-package"
}

full_disk() {
	mkdir "$SCRATCH/small"
	mount -t tmpfs -o size=4m none "$SCRATCH/small" 2>/dev/null ||
		{ NOT_TRIED+=', no mount for a full disk'; return; }
	expect 2 'disk full: .* needs [0-9]* MB' env -u KERNEL_SRC O="$SCRATCH/small" make -s -C "$TOP" boot
	[ ! -e "$SCRATCH/small/download" ] || fail 'a source was fetched for which there is no room'
	expect 2 'disk full: .* needs [0-9]* MB' env -u KERNEL_SRC O="$SCRATCH/small" make -s -C "$TOP" tree
}

# guest LINE: run_guest, as boot.sh and kunit.sh have it
guest() {
	RESULTS="$SCRATCH/results" bash -c "
		. '$TOP/tooling/lib/common.sh'
		. '$TOP/tooling/guest/initramfs.sh'
		. '$TOP/tooling/guest/qemu.sh'
		check_qemu
		$1"
}

# elfs: a kernel of another architecture, and the first half of one of ours
elfs() {
	local program
	program=$(readlink -f /proc/self/exe)
	cp "$program" "$SCRATCH/other"
	printf '\267\0' | dd of="$SCRATCH/other" bs=1 seek=18 conv=notrunc status=none	# arm64
	early 'IMAGE=.*/other: of another architecture than x86_64' IMAGE="$SCRATCH/other"
	head -c $(($(stat -c %s "$program") / 2)) "$program" >"$SCRATCH/half"
	early 'IMAGE=.*/half: the end is missing' IMAGE="$SCRATCH/half"
	expect 2 'IMAGE=.*/half: the end is missing' env IMAGE="$SCRATCH/half" "$TOP/tooling/boot.sh"
	printf '\177ELF' >"$SCRATCH/stub"
	early 'IMAGE=.*/stub: of another architecture' IMAGE="$SCRATCH/stub"
}

guests() {
	mkdir "$SCRATCH/bin"
	printf '#!/bin/sh\necho "QEMU emulator version 2.1.0"\n' >"$SCRATCH/bin/$QEMU_NAME"
	chmod +x "$SCRATCH/bin/$QEMU_NAME"
	expect 2 'IMAGE=/nowhere: no such file' env IMAGE=/nowhere "$TOP/tooling/tree.sh"
	early 'IMAGE=/etc/passwd: not a kernel' IMAGE=/etc/passwd
	printf '!<arch>\n' >"$SCRATCH/some.deb"
	early 'IMAGE=.*: no package of a kernel' IMAGE="$SCRATCH/some.deb"
	elfs
	early 'QEMU=/nowhere/qemu: no such command' QEMU=/nowhere/qemu
	early 'version 2\.1\.0, too old' QEMU="$SCRATCH/bin/$QEMU_NAME"
	expect 2 'version 2\.1\.0, too old' env PATH="$SCRATCH/bin:$PATH" "$TOP/tooling/boot.sh"
	expect 1 'guest panics: .*Kernel panic' guest 'run_guest panics 600 ""'
	expect 1 'guest hangs: .*silent for 10 s' guest 'STALL=10; run_guest hangs 600 "" -S'
	expect 1 'no test ran' env KUNIT_FILTER=nonsense RESULTS="$SCRATCH/results" "$TOP/tooling/kunit.sh"
}

mkdir -p "$SCRATCH/o"
chmod 777 "$SCRATCH/o"
inputs
sources
patches
download
given_way
nobody
full_disk
guests
say "$CASES kinds of bad input, one clear line each${NOT_TRIED:+ (not tried: ${NOT_TRIED#, })}"
