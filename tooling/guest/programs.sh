# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by boot.sh and kunit.sh: where the guest's programs come from.  These are
# programs of this machine or, for a guest of another architecture, of Debian's
# packages for that, which are unpacked in $GUEST_ROOT, not installed.

GUEST_ROOT=
native || GUEST_ROOT=$O/download/guest-$ARCH
GUEST_ROOT_MB=600

# need_guest_packages PACKAGE...: with the programs that the guest needs
need_guest_packages() {
	local wanted
	if native; then
		need_packages "$@"
		return
	fi
	# and those of an earlier run
	mapfile -t wanted < <({ printf '%s\n' "$@"; cat "$GUEST_ROOT/packages" 2>/dev/null; } | sort -u)
	printf '%s\n' "${wanted[@]}" | cmp -s - "$GUEST_ROOT/packages" || unpack_guest_packages "${wanted[@]}"
}

unpack_guest_packages() {
	local site deb apt=$O/download/apt-$ARCH
	on_debian || die "ARCH=$ARCH: the guest's programs come from Debian's packages, which needs apt"
	site=$(debian_site)
	[ -n "$site" ] || die "ARCH=$ARCH: apt has no Debian site to get programs from"
	need_space "$GUEST_ROOT_MB" "$O/download"
	say "downloading programs for $ARCH: $*"
	own_apt "$apt" "$site" "$(. /etc/os-release && echo "$VERSION_CODENAME")"
	OWN_APT+=(-o "APT::Architecture=$DEBIAN_ARCH" -o "APT::Architectures=$DEBIAN_ARCH" -o Debug::NoLocking=1)
	apt_get "${OWN_APT[@]}" update || true
	rm -rf "$GUEST_ROOT.new" "$apt"/cache/archives/*.deb
	apt_get "${OWN_APT[@]}" install -y --no-install-recommends --download-only "$@" ||
		die "cannot download $* for $ARCH: $(apt_error)"
	mkdir "$GUEST_ROOT.new"
	for deb in "$apt"/cache/archives/*.deb; do
		dpkg-deb -x "$deb" "$GUEST_ROOT.new" || die "$deb: cannot be unpacked"
	done
	rm -rf "$GUEST_ROOT" "$apt"/cache/archives/*.deb
	printf '%s\n' "$@" >"$GUEST_ROOT.new/packages"
	mv "$GUEST_ROOT.new" "$GUEST_ROOT"
}

# guest_program NAME: its path
guest_program() {
	if native; then
		command -v "$1" || die "no $1 on this machine"
	else
		find "$GUEST_ROOT"/{,usr/}{,s}bin -maxdepth 1 -name "$1" -print -quit 2>/dev/null | grep . ||
			die "no $1 in $GUEST_ROOT"
	fi
}

# libraries FILE: what it needs to run in the guest, as gen_init_cpio's specification:
# the loader at its path, the rest where LD_LIBRARY_PATH points
libraries() {
	if native; then libraries_here "$1"; else libraries_of_root "$1"; fi
}

libraries_here() {
	local found
	found=$(ldd "$1") || die "$1: not a dynamic program"
	! grep -q 'not found' <<<"$found" || die "$1: $(grep -m 1 'not found' <<<"$found")"
	awk '
	$2 == "=>" {
		name = $3; sub(".*/", "", name)
		print "file /lib/" name, $3, "755 0 0"
	}
	$1 ~ "^/" {
		dir = $1; sub("/[^/]*$", "", dir)
		print "dir", dir, "755 0 0"
		print "file", $1, $1, "755 0 0"
	}' <<<"$found"
}

# libraries_of_root FILE: the same of a program that ldd cannot run
libraries_of_root() {
	local loader name file todo=("$1")
	local -A seen=()
	loader=$(readelf -l "$1" | sed -n 's/.*program interpreter: \(.*\)]/\1/p')
	[ -n "$loader" ] || die "$1: not a dynamic program"
	seen[${loader##*/}]=yes
	printf 'dir %s 755 0 0\nfile %s %s 755 0 0\n' "${loader%/*}" "$loader" "$(in_root "${loader##*/}")"
	while [ ${#todo[@]} -gt 0 ]; do
		file=${todo[0]}
		todo=("${todo[@]:1}")
		while read -r name; do
			[ -z "${seen[$name]:-}" ] || continue
			seen[$name]=yes
			file=$(in_root "$name")
			todo+=("$file")
			echo "file /lib/$name $file 755 0 0"
		done < <(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)]/\1/p')
	done
}

# in_root NAME: where that library is
in_root() {
	local file
	file=$(find "$GUEST_ROOT"/{,usr/}lib -name "$1" -print -quit)
	[ -n "$file" ] || die "no $1 in $GUEST_ROOT"
	realpath "$file"
}
