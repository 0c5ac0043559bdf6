#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: look.sh
#
# What a guest needs, before a kernel is fetched and built for it: QEMU, the kernel
# that IMAGE names, and room.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/guest/qemu.sh
. "$TOP/tooling/guest/qemu.sh"
# shellcheck source=tooling/lib/fetch.sh
. "$TOP/tooling/lib/fetch.sh"


main() {
	local mb=0
	check_base
	[ -z "$IMAGE" ] || check_image
	[ "$QEMU" = "$QEMU_NAME" ] || command -v "$QEMU" >/dev/null || die "QEMU=$QEMU: no such command"
	need_packages "$QEMU_PACKAGE" "${CROSS_PACKAGES[@]}"
	find_qemu
	[ -e "$LINUX" ] || mb=$((TREE_MB + DOWNLOAD_MB))
	[ -e "$OBJ/.done" ] || mb=$((mb + OBJ_MB))
	need_space "$mb" "$BUILD"
}

main "$@"
