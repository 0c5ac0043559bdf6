# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by common.sh: what differs between the architectures of the guest.

ARCHES=(x86_64 arm64 s390x)	# that the guest runs on
[[ " ${ARCHES[*]} " = *" $ARCH "* ]] || die "unknown ARCH=$ARCH (have: ${ARCHES[*]})"

# CROSS is the prefix of its compiler; KERNEL_TARGET is what make builds for QEMU,
# IMAGE_FILE that file; and a kernel that is no ELF file has MAGIC at MAGIC_AT.
case $ARCH in
x86_64)
	CROSS=x86_64-linux-gnu-
	KERNEL_TARGET=vmlinux IMAGE_FILE=vmlinux
	QEMU_NAME=qemu-system-x86_64 QEMU_PACKAGE=qemu-system-x86
	MAGIC=HdrS MAGIC_AT=514
	DEBIAN_ARCH=amd64 ELF_MACHINE=62
	;;
arm64)
	CROSS=aarch64-linux-gnu-
	KERNEL_TARGET=Image IMAGE_FILE=arch/arm64/boot/Image
	QEMU_NAME=qemu-system-aarch64 QEMU_PACKAGE=qemu-system-arm
	MAGIC=ARMd MAGIC_AT=56
	DEBIAN_ARCH=arm64 ELF_MACHINE=183
	;;
s390x)
	CROSS=s390x-linux-gnu-
	KERNEL_TARGET=bzImage IMAGE_FILE=arch/s390/boot/bzImage
	QEMU_NAME=qemu-system-s390x QEMU_PACKAGE=qemu-system-misc
	MAGIC=S390EP MAGIC_AT=65544
	DEBIAN_ARCH=s390x ELF_MACHINE=22
	;;
esac
KERNEL_ARCH=${KERNEL_ARCH:-${ARCH/s390x/s390}}	# ARCH of the kernel's make
TRIPLET=${CROSS%-}

# native: its programs run on this machine
native() { [ "$(uname -m)" = "${TRIPLET%%-*}" ]; }

CROSS_PACKAGES=()
if native; then
	CROSS=
else
	CROSS_PACKAGES=("gcc-$TRIPLET" "libc6-dev-$DEBIAN_ARCH-cross")
fi
