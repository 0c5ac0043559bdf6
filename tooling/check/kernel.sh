# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the checks that look at commits or compile them: a second work tree, $EACH, in which they go
# from commit to commit, with build directories of its own.  It lies where
# O=$BUILD/each has it, so that the other scripts can be sent there.

# shellcheck source=tooling/series.sh
. "$TOP/tooling/series.sh"

EACH_O=$BUILD/each
EACH=$EACH_O/$BASE/linux
EACH_OBJ=$EACH_O/$BASE/obj-objects	# single objects, for the warnings
KUNIT_OBJ=$EACH_O/$BASE/obj		# a small kernel, for KUnit alone

# What the series touches, and who uses it
# shellcheck disable=SC2034
TARGETS=(drivers/virtio/ drivers/block/virtio_blk.o drivers/net/virtio_net.o
	drivers/scsi/virtio_scsi.o drivers/char/virtio_console.o
	drivers/char/hw_random/virtio-rng.o)

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

compile() {
	compile_in "$EACH_OBJ" "$@"
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

# configure_each: the guest's configuration, as far as this commit knows it
configure_each() {
	mkdir -p "$EACH_OBJ"
	[ -e "$OBJ/.config" ] || "$TOP/tooling/build.sh"
	cmp -s "$OBJ/.config" "$EACH_OBJ/.config.guest" || {
		cp "$OBJ/.config" "$EACH_OBJ/.config"
		cp "$OBJ/.config" "$EACH_OBJ/.config.guest"
	}
	compile -s olddefconfig
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
