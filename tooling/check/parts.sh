#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each part of make series compiles with those before it: every file of C that the
# whole series changes, in a configuration that has all drivers (allmodconfig; for
# arch/um, that of ARCH=um), at the last commit of each part.  Fixes compile alone.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"
# shellcheck source=tooling/lib/parts.sh
. "$TOP/tooling/lib/parts.sh"

LOGS=$RESULTS/check/parts

# objects COMMIT LAST PATTERN: of all files that change up to LAST, those that COMMIT has.
# Without the drivers' KUnit tests: they want vringh built in, as the guest has it.
objects() {
	kgit diff --no-renames --name-only base "$2" -- '*.c' ':(exclude)tools' \
		':(exclude)drivers/virtio/tests/drivers' |
		while read -r file; do
			! kgit cat-file -e "$1:$file" 2>/dev/null || echo "${file%.c}.o"
		done | grep -E "$3"
}

# configure OBJ: all there is; but VIRTIO_RING_KUNIT_PARITY would leave tests out
configure() {
	compile_in "$1" allmodconfig &&
		"$EACH/scripts/config" --file "$1/.config" -d VIRTIO_RING_KUNIT_PARITY &&
		compile_in "$1" olddefconfig
}

# compile_part NAME LAST ARCH PATTERN: what changes up to LAST
compile_part() {
	local part=$1 obj=$EACH_O/$BASE/obj-parts-$3 log=$LOGS/$1-$3.log objects object
	local ARCH=$3
	mapfile -t objects < <(objects "${PART_TIP[$part]}" "$2" "$4")
	[ "${#objects[@]}" -gt 0 ] || return 0
	mkdir -p "$obj"
	configure "$obj" >"$log" 2>&1 || { tail "$log"; fail "$part: no configuration"; }
	quietly "$log" compile_in "$obj" "${objects[@]}" || fail "$part does not compile ($ARCH)"
	for object in "${objects[@]}"; do
		[ -s "$obj/$object" ] || fail "$part: $object was not made"
	done
	COMPILED=$((COMPILED + ${#objects[@]}))
}

need_packages build-essential flex bison bc libelf-dev libssl-dev
"$TOP/tooling/tree.sh"
mkdir -p "$LOGS"
find_parts
COMPILED=0
for part in "${FIX_NAMES[@]}" "${PART_NAMES[@]}"; do
	last=series
	[[ $part != 0-fixes-* ]] || last=${PART_TIP[$part]}
	go_to "${PART_TIP[$part]}"
	say "$part"
	compile_part "$part" "$last" "$ARCH" '^(drivers|fs|net|sound|lib)/'
	compile_part "$part" "$last" um '^arch/um/'
done
say "${#FIX_NAMES[@]} parts of fixes, ${#PART_NAMES[@]} others, $COMPILED objects"
