# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the checks that compare what gcc, with W=1, and sparse, with its endian
# checks, say of the untouched kernel and of the patched one.

# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"

SPARSE=${SPARSE:-sparse}
SPARSE_ARGS=(C=2 "CHECK=$SPARSE")	# for make
COUNT=0		# of files
WITHOUT=	# what was not looked at, and why

# ask_kernel: whether it takes this sparse, where it has an opinion; if it refuses,
# gcc looks alone
ask_kernel() {
	local probe=$EACH/scripts/checker-valid.sh
	command -v "$SPARSE" >/dev/null || die "SPARSE=$SPARSE: no such command"
	go_to base
	[ -e "$probe" ] && [ "$(sh "$probe" "$SPARSE")" != 1 ] || return 0
	SPARSE_ARGS=()
	WITHOUT="; of gcc only, as Linux $BASE refuses sparse $("$SPARSE" --version) (SPARSE= names another)"
	echo 'CASES 0 0 1'
}

# look_at COMMIT MACHINE LOG OBJECT...: all of them anew, and drivers/virtio
look_at() {
	go_to "$1"
	configure_for "$2" "$3"
	(cd "$(objects_in "$2")" && rm -rf drivers/virtio "${@:4}")
	make_for "$2" W=1 "${SPARSE_ARGS[@]}" "${@:4}" drivers/virtio/ >"$3" 2>&1 ||
		{ tail -n 30 "$3"; fail "$2: $1 does not compile"; }
	[ -n "$WITHOUT" ] || grep -q '^  CHECK .*virtio_ring\.c' "$3" || fail "sparse: $1: virtio_ring.c was not looked at"
}

# compare MACHINE LOGS OBJECT...: of what is outside drivers/virtio
compare() {
	local found n
	mkdir -p "$2"
	[ "$COUNT" -gt 0 ] || ask_kernel
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
