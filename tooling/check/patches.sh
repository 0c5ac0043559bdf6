#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Every patch compiles on its own, with all drivers, W=1 and no warning that the
# untouched kernel does not give: the files that it changes and, if it changes a
# header, those that include it.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"

LOGS=$RESULTS/check/patches

# changes COMMIT PATTERN...: of what is compiled
changes() {
	kgit diff --name-only "$1^" "$1" -- "${@:2}" \
		':(exclude)tools' ':(exclude)Documentation' ':(exclude)MAINTAINERS'
}

# users: files of x86_64 that include a header which the series changes, but are not
# changed themselves, as objects; also of drivers that this configuration has not
users() {
	local headers
	headers=$(kgit diff --diff-filter=M --name-only base series -- '*.h' ':(exclude)tools' |
		sed -e 's,^include/,,' -e t -e 's,.*/,,' | paste -sd '|')
	kgit grep -lE "^#include [<\"](${headers//./\\.})[>\"]" base -- '*.c' \
		':(exclude)tools' ':(exclude)arch' ':(exclude)drivers/virtio' |
		sed -e 's/^base://' -e 's/c$/o/' | grep -vxFf <(touched x86_64 base series)
}

# compile MACHINE LOG TARGET...: as the second work tree is; what is up to date stays
compile() {
	make_for "$1" W=1 "${@:3}" >"$LOGS/$2" 2>&1
}

# compile_base MACHINE OBJECT...: all of them anew
compile_base() {
	configure_for "$1" "$LOGS/base.$1"
	(cd "$(objects_in "$1")" && rm -rf drivers/virtio "${@:2}")
	compile "$1" "base.$1" -k drivers/virtio/ "${@:2}" || true
}

# were_made MACHINE OBJECT...: those that are there
were_made() {
	(cd "$(objects_in "$1")" && find "${@:2}" -size +0 2>/dev/null) || true
}

# compile_commit COMMIT MACHINE TARGET...: the objects that it touches are among them
compile_commit() {
	local subject log=$COUNT.$2 found objects
	subject=$(kgit log -1 --format=%s "$1")
	[ -z "$(changes "$1" '*Kconfig*')" ] || configure_for "$2" "$LOGS/$log"
	compile "$2" "$log" "${@:3}" || { tail -n 30 "$LOGS/$log"; fail "does not compile: $subject"; }
	mapfile -t objects < <(touched "$2" "$1^" "$1")
	were_compiled "$LOGS/$log" "${objects[@]}"
	found=$(new_warnings "$LOGS/base.$2" "$LOGS/$log")
	[ -z "$found" ] || { echo "$found"; fail "new warnings: $subject"; }
	COMPILED=$((COMPILED + $(grep -c "^  CC " "$LOGS/$log" || true)))
}

"$TOP/tooling/tree.sh"
rm -rf "$LOGS"
mkdir -p "$LOGS"
mapfile -t users < <(users)
mapfile -t drivers < <(touched x86_64 base series | grep -v '^drivers/virtio/')
mapfile -t all_um < <(touched um base series)

go_to base
compile_base x86_64 "${drivers[@]}" "${users[@]}"
mapfile -t all < <(were_made x86_64 "${drivers[@]}" "${users[@]}")
for object in "${drivers[@]}"; do
	[[ " ${all[*]} " = *" $object "* ]] || { tail -n 30 "$LOGS/base.x86_64"; fail "the untouched kernel: no $object"; }
done
compile_base um "${all_um[@]}"
[ "$(were_made um "${all_um[@]}")" = "${all_um[*]}" ] || { tail -n 30 "$LOGS/base.um"; fail "the untouched kernel: no ${all_um[*]}"; }
echo "and of those who include a header: $(were_made x86_64 "${users[@]}" | paste -sd ' ')"

COUNT=0 COMPILED=0
for commit in $(kgit rev-list --reverse base..series); do
	COUNT=$((COUNT + 1))
	say "$COUNT: $(kgit log -1 --format=%s "$commit")"
	[ -n "$(changes "$commit")" ] || continue
	go_to "$commit"
	mapfile -t um < <(touched um "$commit^" "$commit")
	# not those below a directory that is made: make would do both at a time
	mapfile -t objects < <(touched x86_64 "$commit^" "$commit" | grep -v '^drivers/virtio/' || true)
	if [ -n "$(changes "$commit" '*.h')" ]; then
		objects=("${all[@]}") um=("${all_um[@]}")
	fi
	compile_commit "$commit" x86_64 drivers/virtio/ "${objects[@]}"
	[ "${#um[@]}" -eq 0 ] || compile_commit "$commit" um drivers/virtio/ "${um[@]}"
done
[ "$COUNT" -gt 0 ] || fail 'no patches'
say "$COUNT patches, $COMPILED files compiled with W=1, no new warning"
