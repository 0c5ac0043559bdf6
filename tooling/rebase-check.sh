#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: rebase-check.sh
#
# Which releases of BASE's line does the series fit?  Tries every one that apt
# offers, or the one that KERNEL_SRC names, on the files that the series touches,
# and says which patch does not apply.  Fails if one does not fit that should, by
# fits= in patches/<base>/base.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/lib/fetch.sh
. "$TOP/tooling/lib/fetch.sh"

TRIED=0 FIT=0 BROKEN=()

# offered: the versions of the package, the oldest first
offered() {
	apt-cache "${OF_SUITE[@]}" madison "$(base_get package)" | awk '{ print $3 }' | sort -uV
}

# extract: of SOURCE, the files that the series touches, to MINI
extract() {
	MINI=$SCRATCH/mini
	rm -rf "$MINI"
	mkdir "$MINI"
	if [ "$SOURCE_STRIP" = 0 ]; then
		{ echo Makefile; touched; } | sed 'p; s|^|./|'
	else
		{ echo Makefile; touched; } | sed 's|^|*/|'
	fi >"$SCRATCH/patterns"
	# new files are not in there
	source_tar | tar -x -C "$MINI" --strip-components="$SOURCE_STRIP" --wildcards \
		--no-wildcards-match-slash --files-from="$SCRATCH/patterns" 2>/dev/null || true
	[ -s "$MINI/Makefile" ] || die "$SOURCE: no kernel"
}

# try NAME: does the series fit SOURCE?
try() {
	local version said=fits
	extract
	version=$(kernel_version <"$MINI/Makefile")
	mini_repository
	TRIED=$((TRIED + 1))
	if build_series "$PATCHES" "$TOP" "$MINI_BASE" >/dev/null 2>"$SCRATCH/errors"; then
		FIT=$((FIT + 1))
	else
		said=$(sed -e 's/^error: //' -e 1q "$SCRATCH/errors")
		too_old "$version" || BROKEN+=("$version")
	fi
	printf '%-12s %-24s %s\n' "$version" "$1" "$said"
}

try_offered() {
	local package version had
	package=$(base_get package)
	use_suite
	! may_update || update_lists
	[ -n "$(offered)" ] || die "apt offers no $package"
	for version in $(offered); do
		SOURCE=$(deb_path "$package" "$version")
		had=$([ ! -f "$SOURCE" ] || echo 1)
		get_package "$package" "$version" || die "cannot download $package $version: $(apt_error)"
		SOURCE_KIND=package SOURCE_STRIP=1
		try "$version"
		[ -n "$had" ] || rm -f "$SOURCE"
	done
}

main() {
	check_base
	check_series
	need_patches
	need_packages git xz-utils
	one_at_a_time make
	new_scratch
	if [ -n "$KERNEL_SRC" ]; then
		find_given
		try "$KERNEL_SRC"
	else
		try_offered
	fi
	[ "${#BROKEN[@]}" -eq 0 ] ||
		fail "the series does not fit Linux ${BROKEN[*]}: 'Moving a base' in docs/repository.md"
	say "$FIT of $TRIED releases fit, among them all from $(base_get fits) on"
}

main "$@"
