# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the checks that compare what gcc, with W=1, and sparse, with its endian
# checks, say of the untouched kernel and of the patched one.

# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"

COUNT=0		# of files

# look_at COMMIT MACHINE LOG OBJECT...: all of them anew, and drivers/virtio
look_at() {
	go_to "$1"
	configure_for "$2" "$3"
	(cd "$(objects_in "$2")" && rm -rf drivers/virtio "${@:4}")
	make_for "$2" W=1 C=2 CHECK=sparse "${@:4}" drivers/virtio/ >"$3" 2>&1 ||
		{ tail -n 30 "$3"; fail "$2: $1 does not compile"; }
	grep -q '^  CHECK .*virtio_ring\.c' "$3" || fail "sparse: $1: virtio_ring.c was not looked at"
}

# compare MACHINE LOGS OBJECT...: of what is outside drivers/virtio
compare() {
	local found n
	mkdir -p "$2"
	say "$1: base and series"
	look_at base "$1" "$2/$1.base.log" "${@:3}"
	look_at series "$1" "$2/$1.series.log" "${@:3}"
	found=$(new_warnings "$2/$1.base.log" "$2/$1.series.log")
	[ -z "$found" ] || { echo "$found"; fail "$1: new warnings"; }
	were_compiled "$2/$1.series.log" "${@:3}"
	n=$(grep -c '^  CC ' "$2/$1.series.log")
	say "$1: $n files"
	COUNT=$((COUNT + n))
}
