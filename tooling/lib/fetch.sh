# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Gets the kernel source of BASE: the package that patches/<base>/base names,
# from apt, or what KERNEL_SRC= names: a tarball, a git tree or a directory.
# A package of another suite than those that the machine uses (suite=) is asked
# for with separate lists; the system's sources do not change.
#
#	find_source	downloads what is not there and verifies it; sets
#			SOURCE (its path), SOURCE_KIND (package, tarball, git,
#			directory) and SOURCE_ID (what to tell it by)
#	source_tar	writes that source to stdout as a tar archive with
#			SOURCE_STRIP directories above the kernel

DOWNLOAD=$O/download
DOWNLOAD_MB=300
OF_SUITE=()	# what makes apt look into the suite of BASE; see use_suite

find_source() {
	if [ -n "$KERNEL_SRC" ]; then
		find_given
	else
		find_package
	fi
}

source_tar() {
	case $SOURCE_KIND in
	package)
		dpkg-deb --fsys-tarfile "$SOURCE" |
			tar -xO "./usr/src/$(base_get package).tar.xz" | xz -dc -T0
		;;
	tarball) decompress "$SOURCE" ;;
	git) foreign_git archive --format=tar HEAD ;;
	directory) directory_tar ;;
	esac
}

# Debian's package

find_package() {
	local package tested version
	package=$(base_get package)
	tested=$(base_get version)
	if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
		die "there is no apt to get $package from: set KERNEL_SRC= to a tarball or tree of Linux $BASE"
	fi
	use_suite
	choose_version
	if ! get_package "$package" "$version"; then
		# perhaps our lists name a version that is no longer offered
		if ! may_update || [ -n "${LISTS_UPDATED:-}" ] || ! grep -q ' 404 ' "$APT_LOG"; then
			die "cannot download $package $version: $(apt_error)"
		fi
		update_lists
		choose_version
		get_package "$package" "$version" ||
			die "cannot download $package $version: $(apt_error)"
	fi
	[ "$version" = "$tested" ] ||
		say "note: using $package $version; the series was tested on $tested"
	SOURCE_KIND=package
	SOURCE=$(deb_path "$package" "$version")
	SOURCE_ID="package $package $version"
	SOURCE_STRIP=1
}

# choose_version: what apt would install, but none older than the tested one
# when that is at hand, or when newer lists may know a newer one
choose_version() {
	local why="run 'apt-get update' as root"
	version=$(candidate "$package")
	behind "$version" "$tested" || return 0
	if verified "$package" "$tested"; then
		version=$tested
		return
	fi
	if may_update; then
		update_lists
		version=$(candidate "$package")
		why=$(apt_error)
	fi
	[ -n "$version" ] || not_offered "$why"
}

# not_offered WHY: we know of no version of the package
not_offered() {
	local instead newest
	instead="set KERNEL_SRC= to a tarball or tree of Linux $BASE"
	newest=$(newest_source)
	[ -z "$newest" ] ||
		die "$SUITE no longer has $package, $newest has taken its place: $instead"
	die "apt offers no $package: $1, or $instead"
}

# The suite of BASE, if it is not one of the machine's: in a state directory of
# our own, so that root is not needed, nor any change to the system.

# use_suite: has apt look into it, and nowhere else
use_suite() {
	local site
	SUITE=$(base_get suite)
	[ -n "$SUITE" ] || return 0
	site=$(debian_site)
	if [ -z "$site" ] && [ "$(id -u)" = 0 ]; then
		apt_update	# a machine without any lists
		site=$(debian_site)
	fi
	[ -n "$site" ] ||
		die "apt has no Debian site to get $package from: set KERNEL_SRC= to a tarball or tree of Linux $BASE"
	own_apt "$DOWNLOAD/apt" "$site" "$SUITE"
	OF_SUITE=("${OWN_APT[@]}")
}

# may_update: we can fetch the lists that we look into
may_update() {
	[ -n "$SUITE" ] || [ "$(id -u)" = 0 ]
}

update_lists() {
	LISTS_UPDATED=1
	if [ -z "$SUITE" ]; then
		apt_update
	else
		say "apt-get update, only for $SUITE"
		apt_get "${OF_SUITE[@]}" update || true
	fi
}

# newest_source: the newest kernel source in the suite, nothing if there is none
newest_source() {
	[ -z "$SUITE" ] || apt-cache "${OF_SUITE[@]}" pkgnames linux-source- |
		sed -nE '/^linux-source-[0-9]+\.[0-9]+$/p' | sort -V | tail -n 1
}

# behind VERSION TESTED: none, or older than the tested one
behind() {
	[ -z "$1" ] || dpkg --compare-versions "$1" lt "$2"
}

# candidate PACKAGE: the version that apt would install; or, when that is an
# installed one which is no longer offered, the newest that is
candidate() {
	local version
	version=$(apt-cache "${OF_SUITE[@]}" policy "$1" | sed -n 's/^ *Candidate: //p')
	apt-cache "${OF_SUITE[@]}" madison "$1" | awk -v version="$version" '
		NR == 1 { newest = $3 }
		$3 == version { newest = version }
		END { if (NR) print newest }
	'
}

# checksums PACKAGE VERSION: what apt says, and what we recorded
checksums() {
	apt-cache "${OF_SUITE[@]}" show "$1=$2" 2>/dev/null | sed -n 's/^SHA256: //p' | head -n 1
	[ "$2" != "$(base_get version)" ] || base_get deb_sha256
}

deb_path() {
	echo "$DOWNLOAD/$1_${2//:/%3a}_all.deb"
}

# verified PACKAGE VERSION: the file is there, and it is the right one
verified() {
	local deb
	deb=$(deb_path "$1" "$2")
	[ -f "$deb" ] && verify "$deb" "$1" "$2" ': remove it and try again'
}

# verify FILE PACKAGE VERSION HINT: each known checksum holds, and there is one
verify() {
	local is sums sum
	is=$(sha256sum <"$1")
	is=${is%% *}
	mapfile -t sums < <(checksums "$2" "$3")
	[ "${#sums[@]}" -gt 0 ] || die "there is no checksum for $2 $3"
	for sum in "${sums[@]}"; do
		[ "$is" = "$sum" ] ||
			die "checksum mismatch: $1 has sha256 $is, not $sum${4:-}"
	done
}

# get_package PACKAGE VERSION: 1 when apt-get cannot download it
get_package() {
	local package=$1 version=$2 part=$DOWNLOAD/$1.part deb
	verified "$package" "$version" && return
	need_space "$DOWNLOAD_MB" "$DOWNLOAD"
	say "downloading $package $version"
	# only a file that is complete and verified gets its name
	rm -rf "$part"
	mkdir "$part"
	if ! (cd "$part" && apt_get "${OF_SUITE[@]}" download "$package=$version"); then
		! disk_full "$DOWNLOAD" || die "disk full: $DOWNLOAD"
		return 1
	fi
	deb=$(deb_path "$package" "$version")
	[ -f "$part/${deb##*/}" ] || die "apt-get did not download ${deb##*/} (log: $APT_LOG)"
	verify "$part/${deb##*/}" "$package" "$version"
	mv "$part/${deb##*/}" "$deb"
	rm -rf "$part"
}

# What KERNEL_SRC names

find_given() {
	local what="KERNEL_SRC=$KERNEL_SRC"
	[ -e "$KERNEL_SRC" ] || die "$what: no such file or directory"
	[ -r "$KERNEL_SRC" ] || die "$what: cannot be read"
	SOURCE=$(realpath "$KERNEL_SRC")
	SOURCE_STRIP=0
	if [ -f "$SOURCE" ]; then
		SOURCE_KIND=tarball
		SOURCE_STRIP=1
	elif [ -e "$SOURCE/.git" ]; then
		SOURCE_KIND=git
	elif [ -d "$SOURCE" ]; then
		SOURCE_KIND=directory
	else
		die "$what: neither a tarball nor a tree"
	fi
	SOURCE_ID="$SOURCE_KIND $SOURCE $(given_id)"
}

# given_id: changes when the source does, without reading all of it
given_id() {
	case $SOURCE_KIND in
	tarball) stat -c '%s %Y' "$SOURCE" ;;
	git) foreign_git rev-parse --verify -q 'HEAD^{commit}' ||
		die "KERNEL_SRC=$KERNEL_SRC: a git repository without a commit" ;;
	directory)
		find "$SOURCE" -name .git -prune -o ! -type d -printf '%P %s %T@\n' |
			sort | sha256sum | cut -c 1-16
		;;
	esac
}

# check_given: it is a kernel, and of our line; says what is taken
check_given() {
	local version
	version=$(given_makefile | kernel_version)
	[ -n "$version" ] ||
		die "KERNEL_SRC=$KERNEL_SRC: not a kernel $SOURCE_KIND (no Makefile with VERSION and PATCHLEVEL)"
	of_line "$version" ||
		die "KERNEL_SRC=$KERNEL_SRC: this is Linux $version, but BASE=$BASE is wanted"
	! too_old "$version" || die "KERNEL_SRC=$KERNEL_SRC: $(too_old_line "$version")"
	case $SOURCE_KIND in
	git) say "KERNEL_SRC: the files of HEAD ($(foreign_git rev-parse --short=12 HEAD)), Linux $version; uncommitted changes are ignored" ;;
	directory) say "KERNEL_SRC: the files of $SOURCE, Linux $version" ;;
	tarball) say "KERNEL_SRC: $SOURCE, Linux $version$(tested_tarball)" ;;
	esac
}

tested_tarball() {
	local sum
	sum=$(sha256sum <"$SOURCE")
	[ "${sum%% *}" != "$(base_get tar_sha256)" ] || echo ', the one that the series was tested on'
}

# kernel_version <MAKEFILE: 6.12.117; nothing when it is not the kernel's
kernel_version() {
	awk '$2 == "=" && !($1 in is) { is[$1] = $3 }
	END {
		if (is["VERSION"] ~ /^[0-9]+$/ && is["PATCHLEVEL"] ~ /^[0-9]+$/)
			print is["VERSION"] "." is["PATCHLEVEL"] "." is["SUBLEVEL"] + 0 \
				is["EXTRAVERSION"]
	}'
}

# of_line VERSION: 6.12.117 is of the line 6.12
of_line() {
	case $1 in
	"$BASE".*) return 0 ;;
	*) return 1 ;;
	esac
}

# older VERSION THAN: 6.12.99 is older than 6.12.117
older() {
	[ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

# too_old VERSION: the patches do not fit it
too_old() {
	older "$1" "$(base_get fits)"
}

too_old_line() {
	echo "Linux $1 is too old, the series fits $(base_get fits) and later"
}

# newer_note VERSION: what to do when the patches no longer fit it
newer_note() {
	! older "$(base_get kernel)" "$1" ||
		echo " (Linux $1; tested on $(base_get kernel): 'Moving a base' in docs/repository.md)"
}

given_makefile() {
	case $SOURCE_KIND in
	tarball) tar_makefile '*/Makefile' || tar_makefile './*/Makefile' || true ;;
	git) foreign_git show HEAD:Makefile 2>/dev/null || true ;;
	directory) cat "$SOURCE/Makefile" 2>/dev/null || true ;;
	esac
}

# tar_makefile PATTERN: stops at the first one, which ends the pipe early
tar_makefile() {
	local text
	text=$({ decompress "$SOURCE" || true; } 2>/dev/null |
		tar -xO --occurrence=1 --wildcards --no-wildcards-match-slash "$1" 2>/dev/null) || true
	[ -n "$text" ] && printf '%s\n' "$text"
}

# The user named this tree, so whoever owns it is fine.
foreign_git() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 git -c safe.directory='*' -C "$SOURCE" "$@"
}

directory_tar() {
	tar -C "$SOURCE" -c --hard-dereference --no-recursion --null -T <(directory_files)
}

# directory_files: all, or all but the build's, each with a NUL
directory_files() {
	if was_built; then
		unbuilt_files
	else
		(cd "$SOURCE" && find . -name .git -prune -o \( -type f -o -type l \) -print0)
	fi
}

was_built() {
	[ -e "$SOURCE/.config" ] || [ -e "$SOURCE/include/generated" ] ||
		[ -n "$(find "$SOURCE" \( -name '*.o' -o -name '.*.cmd' \) -print -quit)" ]
}

# unbuilt_files: the kernel's .gitignore names what a build makes.  It also
# names some files of the source (-x '!...').  Debian's ignores all at the top,
# so its rules come one by one, after one that lets all in.
unbuilt_files() {
	local rules=() rule scratch
	while read -r rule; do
		case $rule in
		'' | '#'* | '/*' | '!/debian/') ;;
		*) rules+=(-x "$rule") ;;
		esac
	done <"$SOURCE/.gitignore"
	scratch=$(mktemp -d)
	git init -q --bare "$scratch"
	git --git-dir="$scratch" --work-tree="$SOURCE" -C "$SOURCE" ls-files -z -o \
		-x '!/*' "${rules[@]}" -x '!.gitignore' -x '!.kunitconfig' \
		-x '!.yamllint' -x '!.pylintrc' \
		-x '!/.clang-format' -x '!/.clippy.toml' -x '!/.cocciconfig' -x '!/.editorconfig' \
		-x '!/.get_maintainer.ignore' -x '!/.gitattributes' -x '!/.mailmap' \
		-x '!/.rustfmt.toml' -x '!/tools/testing/selftests/arm64/tags/' \
		--exclude-per-directory=.gitignore
	rm -rf "$scratch"
}
