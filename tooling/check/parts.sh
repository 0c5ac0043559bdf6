#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Each part of make series compiles with those before it: every file of C that the
# whole series changes, in a configuration that has all drivers (allmodconfig; for
# arch/um, that of ARCH=um), at the last commit of each part.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"
# shellcheck source=tooling/parts.sh
. "$TOP/tooling/parts.sh"

LOGS=$RESULTS/check/parts

# objects COMMIT PATTERN: of all files that the series changes, those that COMMIT has.
# Without the drivers' KUnit tests: they want vringh built in, as the guest has it.
objects() {
	kgit diff --no-renames --name-only base series -- '*.c' ':(exclude)tools' \
		':(exclude)drivers/virtio/tests/drivers' |
		while read -r file; do
			! kgit cat-file -e "$1:$file" 2>/dev/null || echo "${file%.c}.o"
		done | grep -E "$2"
}

# configure OBJ: all there is; but VIRTIO_RING_KUNIT_PARITY would leave tests out
configure() {
	compile_in "$1" allmodconfig &&
		"$EACH/scripts/config" --file "$1/.config" -d VIRTIO_RING_KUNIT_PARITY &&
		compile_in "$1" olddefconfig
}

# compile_part NAME ARCH PATTERN: SKIPPED_OBJECTS are those that ARCH has not
compile_part() {
	local part=$1 obj=$EACH_O/$BASE/obj-parts-$2 log=$LOGS/$1-$2.log objects object
	local ARCH=$2
	mapfile -t objects < <(objects "${TO[$part]}" "$3")
	[ "${#objects[@]}" -gt 0 ] || return 0
	mkdir -p "$obj"
	configure "$obj" >"$log" 2>&1 || { tail "$log"; fail "$part: no configuration"; }
	quietly "$log" compile_in "$obj" "${objects[@]}" || fail "$part does not compile ($2)"
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
for part in "${PART_NAMES[@]}"; do
	go_to "${TO[$part]}"
	say "$part"
	compile_part "$part" "$ARCH" '^(drivers|fs|net|sound|lib)/'
	compile_part "$part" um '^arch/um/'
done
say "${#PART_NAMES[@]} parts, $COMPILED objects"
