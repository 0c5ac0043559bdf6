#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every file that the series touches compiles, with W=1 and sparse's endian checks,
# and no warning that the untouched kernel does not give: all drivers on x86_64,
# the one that only User-mode Linux has, and those of every day on a big-endian
# machine, s390x.  Objects only.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"

LOGS=$RESULTS/check/cross
COUNT=0

# cross ARCH COMPILER ARGUMENT...: make, in the second work tree, for ARCH
cross() {
	make -C "$EACH" O="$EACH_O/$BASE/obj-cross-$1" ARCH="$1" CROSS_COMPILE="${2%gcc}" \
		CC="$(compiler | sed "s/gcc/$2/")" -j"$J" "${@:3}"
}

# objects COMMIT ARCH COMPILER OBJECT...: configured with ARCH.config; some symbols
# of the guest are only there in other kernels
objects() {
	local log=$LOGS/$2.$1.log dir=$EACH_O/$BASE/obj-cross-$2 config=$LOGS/$2.config missing
	go_to "$1"
	mkdir -p "$dir"
	cross "$2" "$3" -s KCONFIG_ALLCONFIG="$config" allnoconfig >"$log" 2>&1 ||
		{ tail "$log"; fail "$2: $1 cannot be configured"; }
	missing=$(grep '^CONFIG_' "$config" | grep -vxFf "$dir/.config" | grep -vE 'KUNIT|CRYPTO_SELFTESTS' || true)
	[ -z "$missing" ] || fail "$2: no ${missing//$'\n'/ }"
	cross "$2" "$3" -s prepare >"$log" 2>&1 || { tail "$log"; fail "$2: $1 cannot be prepared"; }
	(cd "$dir" && rm -f "${@:4}" drivers/virtio/*.o)
	cross "$2" "$3" W=1 C=2 CHECK=sparse "${@:4}" drivers/virtio/ >"$log" 2>&1 ||
		{ tail -n 30 "$log"; fail "$2: $1 does not compile"; }
}

# compare ARCH COMPILER OBJECT...: base against series, and what was compiled
compare() {
	local found n object
	say "$1: base and series"
	objects base "$@"
	objects series "$@"
	found=$(new_warnings "$LOGS/$1.base.log" "$LOGS/$1.series.log")
	[ -z "$found" ] || { echo "$found"; fail "$1: new warnings"; }
	for object in "${@:3}"; do
		grep -qF "  CC      $object" "$LOGS/$1.series.log" || fail "$1: $object was not compiled"
	done
	n=$(grep -c '^  CC ' "$LOGS/$1.series.log")
	say "$1: $n files"
	COUNT=$((COUNT + n))
}

# touched: the drivers of x86_64 that the series changes, as objects
touched() {
	kgit diff --name-only base series -- '*.c' |
		sed -n -e '\,^\(arch\|tools\|drivers/virtio\)/,d' -e 's/c$/o/p'
}

need_packages gcc-s390x-linux-gnu sparse
"$TOP/tooling/tree.sh"
rm -rf "$LOGS"
mkdir -p "$LOGS"
cp "$TOP/tooling/check/"{um,s390}.config "$LOGS"
cat "$TOP/tooling/guest/"{kernel,virtio,x86_64}.config "$TOP/tooling/check/drivers.config" >"$LOGS/x86_64.config"

mapfile -t drivers < <(touched)
[ "${#drivers[@]}" -gt 20 ] || fail "only ${#drivers[@]} drivers are changed"
compare x86_64 gcc "${drivers[@]}"
compare um gcc arch/um/drivers/virt-pci.o
compare s390 s390x-linux-gnu-gcc drivers/block/virtio_blk.o drivers/net/virtio_net.o \
	drivers/scsi/virtio_scsi.o
readelf -h "$EACH_O/$BASE/obj-cross-s390/drivers/virtio/virtqueue_buf.o" | grep -q 'big endian' ||
	fail 'virtqueue_buf.o is not big-endian'
say "$COUNT files for x86_64, um and s390x, no new warning; ${#drivers[@]} drivers outside drivers/virtio"
