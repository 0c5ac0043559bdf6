#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: build.sh [FRAGMENT...]
#
# Builds the guest's kernel, $OBJ/vmlinux or what QEMU takes of ARCH, from the
# assembled tree: allnoconfig plus the fragments in guest/ (FRAGMENTS names others, and the arguments more).
# One kernel serves boot, KUnit and all drivers.  For boot it also works out
# where a kprobe finds the address of a virtqueue's device: $OBJ/offsets/offsets.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

GUEST=$TOP/tooling/guest
FRAGMENTS=${FRAGMENTS:-kernel virtio debug $ARCH}
LOG=$BUILD/build.log
DONE=$OBJ/.done		# there only while $OBJ/vmlinux is the finished build; of which tree

# Symbols that not every kernel source has: not the untouched one, not 6.12, or not 7.3.
OPTIONAL='CONFIG_VIRTIO_RING_KUNIT_TEST CONFIG_VIRTIO_DRIVERS_KUNIT_TEST
CONFIG_PROC_SYSCTL CONFIG_CRYPTO_SELFTESTS CONFIG_CAN_VIRTIO_CAN CONFIG_VIRTIO_RTC
CONFIG_VIRTIO_RTC_PTP CONFIG_SLUB_CPU_PARTIAL'

# The same source must give the same kernel, byte for byte: nothing is linked
# again because the clock or the git history moved on.
export KBUILD_BUILD_TIMESTAMP='Thu Jan 1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=virtio KBUILD_BUILD_HOST=guest KBUILD_BUILD_VERSION=1
export LOCALVERSION=

kernel_make() {
	make -C "$LINUX" O="$OBJ" ARCH="$KERNEL_ARCH" CROSS_COMPILE="$CROSS" CC="$COMPILER" "$@"
}

# logged LOG WHAT COMMAND...: a step of the build; its failure in one line, after
# the end of the log unless the cause is plain
logged() {
	local log=$1 what=$2
	shift 2
	LOG_TAIL=0 quietly "$log" "$@" && return
	if grep -qiE 'no space left on device|disk quota exceeded' "$log"; then
		die "$what: disk full: $(df -Ph "$OBJ" | awk 'NR == 2 { print $4, "free on", $6 }'); log in $log"
	fi
	tail -n 20 "$log" >&2
	die "$what: $(grep -m 1 -E ': (fatal )?error: |\*\*\* ' "$log" || tail -n 1 "$log"); log in $log"
}

# The fragments, merged by the tree's own script, on top of allnoconfig: nothing
# is on that no fragment asks for.  A configuration that came out as before
# keeps its time stamp, so that make has nothing to do.
configure() {
	local merged=$OBJ/.config.merged new=$OBJ/.config.new
	cd "$OBJ" &&	# merge_config.sh leaves its scratch files here
		rm -f .tmp.config.* .merge_tmp.config.* &&
		KCONFIG_CONFIG=$merged "$LINUX/scripts/kconfig/merge_config.sh" -m "$@" &&
		KCONFIG_CONFIG=$new kernel_make -s KCONFIG_ALLCONFIG="$merged" allnoconfig &&
		{ cmp -s "$new" .config || cp "$new" .config; }
}

# merge_config.sh only warns about a symbol that did not make it.  Of several fragments
# that set it, the last one counts.
assert_config() {
	local symbol line
	while read -r line; do
		grep -qxF "$line" "$OBJ/.config" && continue
		symbol=$(grep -oE 'CONFIG_[A-Za-z0-9_]+' <<<"$line" | head -n 1)
		if [[ " ${OPTIONAL//$'\n'/ } " = *" $symbol "* ]] && ! in_tree "${symbol#CONFIG_}"; then
			say "not in this kernel: $symbol"
			continue
		fi
		case $line in
		*=n | '#'*) grep -q "^$symbol=" "$OBJ/.config" || continue ;;
		esac
		die "kernel configuration: \"$line\" was asked for, but it is" \
			"\"$(grep -E "^(# )?${symbol}[ =]" "$OBJ/.config" || echo absent)\""
	done < <(grep -hE '^(CONFIG_[A-Za-z0-9_]+=|# CONFIG_[A-Za-z0-9_]+ is not set)' "$@" |
		awk -F '[= ]' '{ last[$1 == "#" ? $2 : $1] = $0 } END { for (symbol in last) print last[symbol] }')
}

# in_tree SYMBOL: the source defines it
in_tree() {
	grep -rqE --include='Kconfig*' "^(menu)?config $1\$" "$LINUX"/{drivers/virtio,drivers/net/can,fs/proc,crypto}
}

# The offsets come from the kernel's own headers, flags and configuration.
find_offsets() {
	local dir=$OBJ/offsets
	mkdir -p "$dir"
	cp -pu "$GUEST/offsets/offsets.c" "$GUEST/offsets/Kbuild" "$dir"
	logged "$BUILD/offsets.log" 'offsets of struct virtqueue' \
		kernel_make -s M="$dir" offsets.s
	sed -n 's/^[^>]*->\([A-Z_]*\) \$*\([0-9]*\) .*/\1=\2/p' "$dir/offsets.s" >"$dir/offsets"
	[ "$(grep -cE '^(VQ_VDEV|VDEV_PARENT|DEVICE_NAME)=[0-9]+$' "$dir/offsets")" = 3 ] ||
		die "no offsets in $dir/offsets.s"
}

main() {
	local name tree fragments=()
	for name in $FRAGMENTS; do
		fragments+=("$GUEST/$name.config")
	done
	fragments+=("$@")
	[ -f "$LINUX/Makefile" ] || die "no kernel tree at $LINUX: make tree"
	need_packages build-essential flex bison bc libelf-dev "${CROSS_PACKAGES[@]}"
	COMPILER=$(compiler)
	[ -e "$DONE" ] || need_space "$OBJ_MB" "$OBJ"
	mkdir -p "$OBJ"
	one_at_a_time build

	logged "$BUILD/config.log" 'kernel configuration' configure "${fragments[@]}"
	assert_config "${fragments[@]}"

	say "building $(kernel_make -s kernelversion), $J jobs, log in $LOG"
	rm -f "$DONE"
	tree=$(tree_id)
	logged "$LOG" 'kernel build' kernel_make -j "$J" "$KERNEL_TARGET"
	[[ " $FRAGMENTS " != *' debug '* ]] || find_offsets
	echo "$tree" >"$DONE"
	say "built $OBJ/$IMAGE_FILE"
}

main "$@"
