# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by boot.sh and kunit.sh: makes an initramfs from a text
# specification with the kernel's own gen_init_cpio, so nobody needs to be
# root.  Needs lib/common.sh, qemu.sh and a built kernel.

# shellcheck source=tooling/guest/programs.sh
. "$TOP/tooling/guest/programs.sh"

# initramfs FILE: reads the specification from stdin
initramfs() {
	"$OBJ/usr/gen_init_cpio" -t 0 - >"$1.new" || die "cannot make $1 (full disk?)"
	mv "$1.new" "$1"
}

# spec_base INIT: a machine with busybox and the ports it speaks through
spec_base() {
	local applet
	cat <<-SPEC
		dir /dev 755 0 0
		nod /dev/console 600 0 0 c 5 1
		nod $REPORT_PORT 600 0 0 c $REPORT_NUMBER
		dir /bin 755 0 0
		dir /proc 755 0 0
		dir /sys 755 0 0
		dir /tmp 755 0 0
		file /init $1 755 0 0
		file /bin/busybox $(guest_program busybox) 755 0 0
	SPEC
	for applet in $(busybox --list); do
		[ "$applet" = busybox ] || echo "slink /bin/$applet busybox 777 0 0"
	done
}

# spec_programs FILE...: into /usr/bin, and the shared libraries they need to /lib
spec_programs() {
	local program
	printf 'dir %s 755 0 0\n' /usr /usr/bin /lib
	for program; do
		echo "file /usr/bin/${program##*/} $program 755 0 0"
	done
	for program; do
		libraries "$program"
	done | sort -u
}

# spec_modules TREE DIR MODULE...: what of these the kernel that is unpacked in TREE has
# as modules, and those that they need, in the order in which init loads them; they
# are decompressed into DIR
spec_modules() {
	local tree=$1 dir=$2 release needed file module i=100
	shift 2
	release=$(basename "$tree"/lib/modules/*)
	needed=$(depmod -b "$tree" "$release" 2>&1 &&
		modprobe -C /dev/null -d "$tree" -S "$release" -a --show-depends "$@" 2>&1) ||
		die "the modules of Linux $release: $(grep -m 1 -vE '^(insmod|builtin) ' <<<"$needed")"
	mkdir -p "$dir"
	echo 'dir /modules 755 0 0'
	while read -r file; do
		module=$((i++))-$(basename "${file%.ko*}").ko
		decompress "$file" >"$dir/$module"
		echo "file /modules/$module $dir/$module 644 0 0"
	done < <(awk '$1 == "insmod" && !seen[$2]++ { print $2 }' <<<"$needed")
}
