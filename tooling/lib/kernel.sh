# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the checks that look at commits or compile them: a second work tree,
# $EACH, in which they go from commit to commit, with build directories of its own.
# It lies where O=$BUILD/each has it, so that the other scripts can be sent there.

# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"

EACH_O=$BUILD/each
EACH=$EACH_O/$BASE/linux
KUNIT_OBJ=$EACH_O/$BASE/obj		# a small kernel, for KUnit alone

# Where single objects are compiled, with all drivers: the compiler by machine
declare -A MACHINE_GCC=([x86_64]=gcc [um]=gcc [s390]=s390x-linux-gnu-gcc)

each_git() {
	KGIT_DIR=$EACH kgit "$@"
}

# go_to COMMIT: the second work tree is at COMMIT
go_to() {
	if [ ! -e "$EACH/.git" ] || ! each_git rev-parse -q --verify HEAD >/dev/null; then
		rm -rf "$EACH"
		kgit worktree prune
		kgit worktree add -q --detach "$EACH" "$1"
	fi
	each_git checkout -q --detach --force "$1"
	each_git clean -q -f -d -x -- drivers/virtio
}

# compile_in OBJ ARGUMENT...: make, in the second work tree
compile_in() {
	make -C "$EACH" O="$1" ARCH="$ARCH" CC="$(compiler)" -j"$J" "${@:2}"
}

# kunit_kernel NAME FRAGMENT [ARGUMENT...]: builds the small kernel of the second
# work tree as it is, with the fragments and with the arguments for make, runs
# its suites, and leaves the results in $RESULTS/check/NAME
kunit_kernel() {
	local name=$1 fragment=$2
	shift 2
	mkdir -p "$KUNIT_OBJ"
	rm -f "$KUNIT_OBJ/.done"
	(
		cd "$KUNIT_OBJ" || exit
		"$EACH/scripts/kconfig/merge_config.sh" -m -O . "$TOP/tooling/guest/kunit.config" \
			"$EACH/drivers/virtio/tests/.kunitconfig" "$fragment"
		compile_in "$KUNIT_OBJ" KCONFIG_ALLCONFIG="$KUNIT_OBJ/.config" allnoconfig
	)
	compile_in "$KUNIT_OBJ" "$@" bzImage
	touch "$KUNIT_OBJ/.done"
	O=$EACH_O RESULTS=$RESULTS/check/$name "$TOP/tooling/kunit.sh"
}

# objects_in MACHINE: where its objects are
objects_in() {
	echo "$EACH_O/$BASE/obj-objects-$1"
}

# make_for MACHINE ARGUMENT...: make, in the second work tree
make_for() {
	local gcc=${MACHINE_GCC[$1]}
	make -C "$EACH" O="$(objects_in "$1")" ARCH="$1" CROSS_COMPILE="${gcc%gcc}" \
		CC="$(compiler | sed "s/gcc/$gcc/")" -j"$J" "${@:2}"
}

# configure_for MACHINE LOG: the second work tree as it is, with all drivers that the
# machine has: the guest's and those of drivers.config on x86_64, MACHINE.config on
# others.  What no Kconfig of this kernel defines is of another one.
configure_for() {
	local dir config symbol missing=()
	dir=$(objects_in "$1")
	config=$dir/.config.wanted
	mkdir -p "$dir"
	if [ "$1" = x86_64 ]; then
		cat "$TOP/tooling/guest/"{kernel,virtio,debug,x86_64}.config "$TOP/tooling/check/drivers.config"
	else
		cat "$TOP/tooling/check/$1.config"
	fi >"$config"
	make_for "$1" -s KCONFIG_ALLCONFIG="$config" allnoconfig >"$2" 2>&1 ||
		{ tail "$2"; fail "cannot configure $1"; }
	while read -r symbol; do
		! each_git grep -qE "^(menu)?config ${symbol#CONFIG_}\$" -- '*Kconfig*' || missing+=("$symbol")
	done < <(grep '^CONFIG_.*=y' "$config" | grep -vxFf "$dir/.config" | sed 's/=y//')
	[ "${#missing[@]}" -eq 0 ] || fail "$1: no ${missing[*]}"
	make_for "$1" -s prepare >"$2" 2>&1 || { tail "$2"; fail "make prepare fails for $1"; }
}

# touched MACHINE FROM TO: files of C that the commits in between change, as objects;
# virtio_ring.c includes those of the builder
touched() {
	kgit diff --diff-filter=d --name-only "$2" "$3" -- '*.c' ':(exclude)tools' |
		if [ "$1" = um ]; then grep '^arch/um/'; else grep -v '^arch/um/'; fi |
		sed 's/c$/o/; s|^\(drivers/virtio\)/virtqueue_.*|\1/virtio_ring.o|' | sort -u || true
}

# were_compiled LOG OBJECT...
were_compiled() {
	local object
	for object in "${@:2}"; do
		grep -qxF "  CC      $object" "$1" || fail "$object was not compiled ($1)"
	done
}

# warnings LOG: what the compiler or sparse found, without line numbers, so that
# two versions of a file can be compared
warnings() {
	grep -aE '(warning|error): ' "$1" | sed -E "s|$EACH/||g; s/:[0-9]+(:[0-9]+)?:/:/" | sort
}

# new_warnings OLD NEW: lines of NEW that OLD has not, or not as often
new_warnings() {
	comm -13 <(warnings "$1") <(warnings "$2")
}
