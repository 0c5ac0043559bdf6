# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by common.sh: installs what a script needs.
#
#	need_packages flex bison libelf-dev
#
# As root on Debian, apt-get installs what is missing.  Anybody else is told in
# one line what to install, and nothing happens.  Nothing missing: nothing done.

APT_LOG=$O/apt.log

need_packages() {
	local missing=()
	mapfile -t missing < <(missing_packages "$@")
	[ "${#missing[@]}" -gt 0 ] || return 0
	on_debian || die "needed (names of Debian packages): ${missing[*]}"
	[ "$(id -u)" = 0 ] ||
		die "needed: ${missing[*]} (as root: apt-get install ${missing[*]})"
	say "installing ${missing[*]}"
	apt_update
	apt_get install -y --no-install-recommends "${missing[@]}" ||
		die "apt-get could not install ${missing[*]}: $(apt_error)"
}

# missing_packages PACKAGE...: those that are not installed, one a line
missing_packages() {
	local package
	for package; do
		if command -v dpkg-query >/dev/null; then
			installed "$package" || echo "$package"
		else
			present "$package" || echo "$package"
		fi
	done
}

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | sort -u)" = installed ]
}

# present PACKAGE: without dpkg, one file or command of it stands for the whole
present() {
	case $1 in
	build-essential) command -v gcc && command -v make ;;
	libelf-dev) [ -e /usr/include/libelf.h ] ;;
	libssl-dev) [ -e /usr/include/openssl/ssl.h ] ;;
	busybox-static) command -v busybox ;;
	coccinelle) command -v spatch ;;
	qemu-system-x86) command -v qemu-system-x86_64 ;;
	qemu-utils) command -v qemu-storage-daemon ;;
	gnuplot-nox) command -v gnuplot ;;
	qemu-system-common | linux-libc-dev | libc6-dev) true ;;
	xz-utils) command -v xz ;;
	sg3-utils) command -v sg_dd ;;
	kcapi-tools) command -v kcapi-enc ;;
	iproute2) command -v ip ;;
	qemu-system-arm) command -v qemu-system-aarch64 ;;
	qemu-system-misc) command -v qemu-system-s390x ;;
	gcc-*-linux-gnu) command -v "${1#gcc-}-gcc" ;;
	libc6-dev-*-cross) true ;;
	*) command -v "$1" ;;
	esac >/dev/null
}

on_debian() {
	grep -qx 'ID=debian' /etc/os-release 2>/dev/null && command -v apt-get >/dev/null
}

# debian_site: where apt gets Debian's main archive from
debian_site() {
	# shellcheck disable=SC2016 # apt's variables, not ours
	apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }'
}

# own_apt DIR SITE SUITE: sets OWN_APT, with which apt looks into that suite alone, and has
# its state in DIR: root is not needed, nor any change to the system
own_apt() {
	mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial" || die "cannot write to $1"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $2 $3 main" >"$1/sources.list"
	# shellcheck disable=SC2034 # for the callers
	OWN_APT=(-o "Dir::State=$1/state" -o "Dir::Cache=$1/cache"
		-o "Dir::Etc::SourceList=$1/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::Etc::PreferencesParts=/dev/null -o Dir::Etc::Preferences=/dev/null
		-o Dir::State::status=/dev/null -o Acquire::Languages=none)
}

# apt_get ARGUMENT...: without questions; failures are summed up by apt_error
apt_get() {
	DEBIAN_FRONTEND=noninteractive LOG_TAIL=0 quietly "$APT_LOG" apt-get -q \
		-o DPkg::Lock::Timeout=300 -o APT::Sandbox::User=root -o Acquire::Retries=2 \
		-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 "$@"
}

# apt_update: once a run is enough.  A source that cannot be reached is no
# error yet: what we need may be known, or come from another one.
apt_update() {
	[ -z "${APT_UPDATED:-}" ] || return 0
	APT_UPDATED=1
	say 'apt-get update'
	# its lock is not one that apt-get waits for
	until apt_get update || ! grep -q 'Could not get lock' "$APT_LOG"; do sleep 2; done
}

# apt_error: what apt-get said, in one line
apt_error() {
	local line
	line=$(sed -n 's/^[EW]: Failed to fetch [^ ]* *//p' "$APT_LOG" | head -n 1)
	case $line in
	*onnect* | *resolv* | *timed\ out* | *unreachable*) line="no network? $line" ;;
	'') line=$(grep -m 1 -E '^(E|W):' "$APT_LOG" || tail -n 1 "$APT_LOG") ;;
	esac
	printf '%s (log: %s)' "${line#E: }" "$APT_LOG"
}
