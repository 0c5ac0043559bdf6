#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What no guest runs: the ring, its tests and the drivers compile without a warning
# (-Werror) for other machines, with gcc and clang, with one processor, with high memory
# and physical addresses of 32 and more bits, for real-time, with LTO and CFI, built in and
# as modules.  Objects only.  Tries all machines, or those named.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

CLANG=19	# knows -fsanitize=kcfi
MACHINES="
x86_64-clang	x86_64	LLVM=-$CLANG			SMP=y
x86_64-rt	x86_64	CROSS_COMPILE=			PREEMPT_RT=y
x86_64-cfi	x86_64	LLVM=-$CLANG			LTO_CLANG_THIN=y CFI=y
x86_64-modules	x86_64	CROSS_COMPILE=			MODULES=y
arm64		arm64	CROSS_COMPILE=aarch64-linux-gnu-	XEN=y
arm64-clang	arm64	LLVM=-$CLANG			XEN=y
s390		s390	CROSS_COMPILE=s390x-linux-gnu-	SMP=y
s390-clang	s390	LLVM=-$CLANG			SMP=y
i386		i386	CROSS_COMPILE=			HIGHMEM4G=y SMP=n
arm		arm	CROSS_COMPILE=arm-linux-gnueabihf-	MMU=y ARCH_MULTIPLATFORM=y ARCH_MULTI_V7=y ARCH_VIRT=y HIGHMEM=y SMP=n
arm-lpae	arm	CROSS_COMPILE=arm-linux-gnueabihf-	MMU=y ARCH_MULTIPLATFORM=y ARCH_MULTI_V7=y ARCH_VIRT=y ARM_LPAE=y HIGHMEM=y SMP=y"
TARGETS=(drivers/virtio/ drivers/gpu/drm/virtio/ drivers/block/virtio_blk.o
	drivers/net/virtio_net.o drivers/scsi/virtio_scsi.o drivers/char/virtio_console.o
	drivers/char/hw_random/virtio-rng.o drivers/crypto/virtio/ net/9p/trans_virtio.o
	fs/fuse/virtio_fs.o net/vmw_vsock/virtio_transport.o sound/virtio/)

# symbol NAME: as this base has it: CFI was CFI_CLANG
symbol() {
	if [ "$1" = CFI ] && ! grep -qx 'config CFI' "$LINUX/arch/Kconfig"; then echo CFI_CLANG; else echo "$1"; fi
}

# configuration OPTION...: the guest's drivers, and these
configuration() {
	local option
	grep -hvE '^CONFIG_(64BIT|SMP|NR_CPUS|DEBUG_INFO_NONE)=' "$TOP/tooling/guest/"{kernel,virtio}.config
	printf 'CONFIG_%s=y\n' WERROR COMPILE_TEST KUNIT VIRTIO_RING_KUNIT_TEST VIRTIO_DRIVERS_KUNIT_TEST
	for option; do
		echo "CONFIG_$(symbol "${option%=*}")=${option#*=}"
	done
}

# as_modules: the drivers and their tests, on top of the other options
as_modules() {
	sed -E 's/^(CONFIG_(KUNIT|VIRTIO_RING_KUNIT_TEST|VIRTIO_DRIVERS_KUNIT_TEST|SCSI_VIRTIO|[A-Z0-9_]*VIRTIO[A-Z0-9_]*))=y/\1=m/'
}

# try_machine NAME ARCH COMPILER OPTION...
try_machine() {
	local name=$1 arch=$2 compiler=$3 dir=$OBJS/$1 log=$LOGS/$1.log option
	local make=(make -s -C "$LINUX" O="$dir" ARCH="$arch" "$compiler" -j"$J")
	shift 3
	mkdir -p "$dir"
	configuration "$@" | if [ "$name" = x86_64-modules ]; then as_modules; else cat; fi >"$dir/.config.wanted"
	"${make[@]}" KCONFIG_ALLCONFIG="$dir/.config.wanted" allnoconfig >"$log" 2>&1 ||
		{ tail "$log"; fail "$name: cannot be configured"; }
	for option in WERROR=y "$@"; do
		case $option in
		*=n) ! grep -q "^CONFIG_${option%=n}=" "$dir/.config" ;;
		*) grep -qx "CONFIG_$(symbol "${option%=y}")=y" "$dir/.config" ;;
		esac || fail "$name: not $option"
	done
	quietly "$log" "${make[@]}" "${TARGETS[@]}" || fail "$name: $(grep -m 1 -E 'error|Error' "$log")"
	were_tested "$dir" "$name"
}

# were_tested DIR NAME: all files of the suites were compiled
were_tested() {
	local file
	for file in "$LINUX"/drivers/virtio/tests/virtio_ring*_kunit.c; do
		[ -e "$1/drivers/virtio/tests/$(basename "${file%.c}").o" ] || fail "$2: $(basename "$file") was not compiled"
	done
}

main() {
	local name line names=() tried=0
	need_packages build-essential flex bison bc libelf-dev gcc-aarch64-linux-gnu gcc-s390x-linux-gnu \
		gcc-arm-linux-gnueabihf "clang-$CLANG" "lld-$CLANG" "llvm-$CLANG"
	"$TOP/tooling/tree.sh"
	LOGS=$RESULTS/check/machines
	OBJS=$BUILD/machines
	mkdir -p "$LOGS"
	need_space 1500 "$OBJS"
	mapfile -t names < <(awk 'NF { print $1 }' <<<"$MACHINES")
	for name; do
		[[ " ${names[*]} " = *" $name "* ]] || die "no machine $name (have: ${names[*]})"
	done
	[ $# = 0 ] || names=("$@")
	for name in "${names[@]}"; do
		line=$(awk -v name="$name" '$1 == name' <<<"$MACHINES")
		say "$name"
		# shellcheck disable=SC2086 # several words
		try_machine $line
		tried=$((tried + 1))
	done
	say "$tried machines and compilers, no warning"
}

main "$@"
