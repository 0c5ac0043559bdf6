#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [CONFIG=file] deb.sh
#
# Builds Debian packages of the patched kernel, with the kernel's own bindeb-pkg:
# of the guest's configuration, or of CONFIG (a .config, or Debian's of
# linux-config-<base>, compressed as it is).  Leaves them in $BUILD/deb.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/fetch.sh
. "$TOP/tooling/lib/fetch.sh"

CONFIG=${CONFIG:-}
DEB=$BUILD/deb
DEB_OBJ=$BUILD/deb-obj		# beside $OBJ, so that ccache knows its objects
LOG=$DEB/build.log

deb_make() {
	make -C "$LINUX" O="$DEB_OBJ" ARCH="$ARCH" CC="$(compiler)" LOCALVERSION=-piecewise "$@"
}

# configure: CONFIG, and the defaults for what it does not know
configure() {
	local wanted=$DEB/wanted.config
	mkdir -p "$DEB" "$DEB_OBJ"
	decompress "$CONFIG" >"$wanted"
	grep -qE '^(CONFIG_[A-Za-z0-9_]+=|# CONFIG_[A-Za-z0-9_]+ is not set)' "$wanted" ||
		die "CONFIG=$CONFIG: not a kernel configuration"
	! grep -qx 'CONFIG_DEBUG_INFO_BTF=y' "$wanted" || need_packages pahole
	# what is as before keeps its time, so that make has nothing to do
	cp "$wanted" "$DEB_OBJ/.config.new"
	KCONFIG_CONFIG=.config.new quietly "$DEB/config.log" deb_make olddefconfig ||
		die "CONFIG=$CONFIG: olddefconfig fails, see $DEB/config.log"
	cmp -s "$DEB_OBJ/.config.new" "$DEB_OBJ/.config" || cp "$DEB_OBJ/.config.new" "$DEB_OBJ/.config"
	say_dropped "$wanted"
}

# say_dropped WANTED: symbols that were set, and are not what they were set to
say_dropped() {
	local dropped
	dropped=$(grep -E '^CONFIG_[A-Za-z0-9_]+=' "$1" | grep -vxFf "$DEB_OBJ/.config" |
		grep -vE '^CONFIG_(CC|GCC|CLANG|AS|LD|LLD|RUSTC|PAHOLE|TOOLS|BUILD_SALT)_?[A-Z_]*=' || true)
	[ -z "$dropped" ] ||
		say "$(wc -l <<<"$dropped") symbols differ from CONFIG: $(head -n 3 <<<"$dropped" | paste -sd ' ')$([ "$(wc -l <<<"$dropped")" -le 3 ] || echo ' ...')"
}

# space_for: megabytes; a module with its debug information takes 8, of Debian's
space_for() {
	local modules
	modules=$(grep -c '=m$' "$DEB_OBJ/.config") || true
	echo $((2000 + 10 * modules))
}

main() {
	check_base
	[ -z "$CONFIG" ] || [ -r "$CONFIG" ] || die "CONFIG=$CONFIG: no such file, or not readable"
	[ -z "$CONFIG" ] || [ -f "$CONFIG" ] || die "CONFIG=$CONFIG: not a file"
	[ "$ARCH" = x86_64 ] || die "ARCH=$ARCH: make deb supports only x86_64"
	command -v dpkg-deb >/dev/null || die 'make deb needs dpkg, a Debian system'
	need_packages build-essential flex bison bc libelf-dev libssl-dev libdw-dev \
		debhelper rsync kmod cpio python3
	if [ -z "$CONFIG" ]; then
		"$TOP/tooling/build.sh"
		CONFIG=$OBJ/.config
	else
		"$TOP/tooling/tree.sh"
	fi
	one_at_a_time deb
	configure
	need_space "$(space_for)" "$DEB"
	rm -f {"$DEB","$BUILD"}/*.{deb,changes,buildinfo}
	say "building packages of Linux $(deb_make -s kernelrelease), log in $LOG"
	LOG_TAIL=0 quietly "$LOG" deb_make -j "$J" bindeb-pkg ||
		die "packages: $(grep -m 1 -E ': (fatal )?error: |\*\*\* ' "$LOG" || tail -n 1 "$LOG"); log in $LOG"
	# dpkg-buildpackage leaves them above the build directory
	mv "$BUILD"/*.{deb,changes,buildinfo} "$DEB/" || die "no package was made, see $LOG"
	for package in "$DEB"/*.deb; do
		say "${package#"$PWD/"}"
	done
}

main "$@"
