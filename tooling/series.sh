# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by tree.sh, refresh.sh and clean.sh: the series as files (patches/<base>
# and the overlay) and as commits ($LINUX, branch series).
#
# patches/<base>/series names the patches in their order, and below each the new
# files that its commit brings.  These are stored whole, at the path they have
# in the kernel, and one copy serves every base:
#
#	0005-virtio-add-a-builder.patch
#	+ drivers/virtio/virtqueue_buf.c

shopt -s inherit_errexit	# a failure inside $(...) is a failure

STAMP=.git/virtio-piecewise	# in $LINUX: what it was made from
KNOWN=.git/virtio-piecewise.known	# in $LINUX: commits by what they are made from
TREE=${LINUX#"$PWD/"}		# how messages call it
IDENTITY='Virtio piecewise series'
EMAIL='series@virtio-piecewise.invalid'
DATE='1731880800 +0000'		# of all commits: hashes repeat

# Git's defaults change, and so do users' settings; our patches must not.
FORMAT=(--no-signature --no-renames --abbrev=12 --stat=72 --diff-algorithm=histogram --unified=3
	--subject-prefix=PATCH --no-encode-email-headers --no-attach --no-notes
	--src-prefix=a/ --dst-prefix=b/)

# kgit ARGUMENT...: git in the tree, whatever the user's own settings are
kgit() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 \
		GIT_AUTHOR_NAME=$IDENTITY GIT_AUTHOR_EMAIL=$EMAIL GIT_AUTHOR_DATE=$DATE \
		GIT_COMMITTER_NAME=$IDENTITY GIT_COMMITTER_EMAIL=$EMAIL GIT_COMMITTER_DATE=$DATE \
		git -c safe.directory='*' -c core.fsync=none -C "${KGIT_DIR:-$LINUX}" "$@"
}

# new_scratch: a directory SCRATCH that goes when we end
new_scratch() {
	SCRATCH=$(mktemp -d "$BUILD/scratch.XXXXXX")
	trap 'rm -rf "$SCRATCH"' EXIT
}

# series_patches SERIES, series_files SERIES: what the file lists
series_patches() {
	sed -n '/^[^#+[:space:]]/p' "$1"
}

series_files() {
	sed -n 's/^+ //p' "$1"
}

# check_series: every listed patch and file is there, and nowhere else
check_series() {
	local name
	[ -f "$PATCHES/series" ] || die "no file $PATCHES/series"
	while read -r name; do
		[[ $name = */* ]] && die "patches/$BASE/series: not a file name: $name"
		[ -f "$PATCHES/$name" ] || die "patches/$BASE/series lists $name, which is missing"
	done < <(series_patches "$PATCHES/series")
	while read -r name; do
		[[ /$name/ = */../* ]] && die "patches/$BASE/series: not a path: $name"
		[ -f "$TOP/$name" ] || die "patches/$BASE/series lists $name, which is missing"
	done < <(series_files "$PATCHES/series")
}

# need_patches: a base may have none yet
need_patches() {
	[ -n "$(series_patches "$PATCHES/series")" ] || die "there are no patches for BASE=$BASE yet"
}

# inputs: a hash of all that the series is made from
inputs() {
	local name
	{
		cat "$PATCHES/series"
		cd "$PATCHES" || return
		series_patches series | xargs -r -d '\n' sha256sum --
		cd "$TOP" || return
		series_files "$PATCHES/series" | xargs -r -d '\n' sha256sum --
		while read -r name; do
			if [ -x "$name" ]; then echo "x $name"; fi
		done < <(series_files "$PATCHES/series")
	} | sha256sum | cut -d ' ' -f 1
}

# stamp_get KEY: what $LINUX was made from; stamp_set KEY VALUE
stamp_get() {
	[ ! -f "$LINUX/$STAMP" ] || sed -n "s/^$1=//p" "$LINUX/$STAMP"
}

stamp_set() {
	local dir=${KGIT_DIR:-$LINUX}
	{
		[ ! -f "$dir/$STAMP" ] || grep -v "^$1=" "$dir/$STAMP" || true
		echo "$1=$2"
	} >"$dir/$STAMP.new"
	mv "$dir/$STAMP.new" "$dir/$STAMP"
}

# local_work tracked|untracked: what the user has in $LINUX and nowhere else;
# nothing if nothing.  Untracked files count only when asked for.
local_work() {
	local branch work=() files
	branch=$(kgit symbolic-ref -q --short HEAD || echo 'no branch (a rebase?)')
	[ "$branch" = series ] || work+=("HEAD is on $branch, not on series")
	[ "$(kgit rev-parse -q --verify refs/heads/series)" = "$(stamp_get tip)" ] ||
		work+=('commits on series')
	kgit update-index -q --refresh || true
	kgit diff-index --quiet HEAD -- || work+=('uncommitted changes')
	if [ "$1" = untracked ]; then
		files=$(kgit ls-files -o --exclude-standard | head -n 1)
		[ -z "$files" ] || work+=("untracked files ($files ...)")
	fi
	local IFS=,
	printf '%s' "${work[*]/#/ }" | sed 's/^ //'
}

# refuse_unwritten: what is in $LINUX is in patches/ too
refuse_unwritten() {
	local work
	work=$(local_work tracked)
	[ -z "$work" ] || die "$TREE has local work ($work): run 'make refresh' first, or set it aside"
}

# build_series PATCHDIR FILEDIR COMMIT: commits each patch on top of COMMIT and
# prints the last one.  Touches no work tree.  The same patch on the same parent
# gives the same commit, so one that was made before is not made again.
build_series() {
	local dir=$1 files=$2 tip=$3 index='' scratch name key commit
	scratch=$(mktemp -d "$BUILD/scratch.XXXXXX")
	(
		trap 'rm -rf "$scratch"' EXIT
		export GIT_INDEX_FILE=$scratch/index
		while read -r name; do
			key=$(patch_key "$dir" "$files" "$tip" "$name")
			commit=$(known_commit "$key")
			if [ -z "$commit" ]; then
				[ "$index" = "$tip" ] || kgit read-tree "$tip"
				apply_patch "$dir/$name" "$scratch"
				files_of_patch "$dir/series" "$name" | add_new_files "$files" || exit 2
				commit=$(kgit commit-tree -p "$tip" -F "$scratch/message" "$(kgit write-tree)")
				[ -z "$KNOWN" ] || echo "$key $commit" >>"${KGIT_DIR:-$LINUX}/$KNOWN"
				index=$commit
			fi
			tip=$commit
		done < <(series_patches "$dir/series")
		echo "$tip"
	)
}

# patch_key PATCHDIR FILEDIR PARENT PATCH: a hash of all that its commit is made from
patch_key() {
	local path
	{
		echo "$3"
		cat "$1/$4"
		while read -r path; do
			if [ -x "$2/$path" ]; then echo "x $path"; else echo "- $path"; fi
			sha256sum <"$2/$path"
		done < <(files_of_patch "$1/series" "$4")
	} | sha256sum | cut -d ' ' -f 1
}

# known_commit KEY: the commit that was made from it, if git still has it
known_commit() {
	local file=${KGIT_DIR:-$LINUX}/$KNOWN commit=''
	[ ! -f "$file" ] || commit=$(sed -n "s/^$1 //p" "$file" | tail -n 1)
	[ -z "$commit" ] || kgit rev-parse -q --verify "$commit^{tree}" >/dev/null || commit=''
	echo "$commit"
}

# files_of_patch SERIES PATCH: the new files that it brings
files_of_patch() {
	awk -v patch="$2" '
		/^[^#+[:space:]]/ { here = $0 == patch }
		here && /^\+ / { print substr($0, 3) }
	' "$1"
}

# apply_patch PATCH SCRATCH: its hunks go to the index, exactly or not at all
# (git apply moves a hunk, but never lets its context differ); its message to
# SCRATCH/message
apply_patch() {
	local patch=$1 scratch=$2 errors
	kgit mailinfo -b --encoding=UTF-8 "$scratch/body" "$scratch/diff" <"$patch" >"$scratch/info" ||
		die "${patch##*/}: not a patch in mail format"
	{
		sed -n 's/^Subject: //p' "$scratch/info"
		echo
		cat "$scratch/body"
	} | kgit stripspace >"$scratch/message"
	[ -s "$scratch/message" ] || die "${patch##*/}: no subject"
	grep -q '^diff --git ' "$scratch/diff" || return 0
	errors=$(kgit apply --cached --whitespace=nowarn "$scratch/diff" 2>&1) ||
		die "${patch##*/} does not apply: $(failed_hunk "$errors" "$scratch/diff")"
}

# failed_hunk ERRORS DIFF: the first hunk that git complains of
failed_hunk() {
	local where file line
	where=$(sed -n 's/^error: patch failed: //p' <<<"$1" | head -n 1)
	if [ -z "$where" ]; then
		sed -n 's/^error: //p' <<<"$1" | head -n 1
		return
	fi
	file=${where%:*}
	line=${where##*:}
	printf '%s, hunk ' "$file"
	awk -v file="--- a/$file" -v line="$line" '
		/^diff --git / { here = 0 }
		$0 == file { here = 1 }
		here && $1 == "@@" && $2 ~ "^-" line "(,|$)" { print; exit }
	' "$2"
}

# add_new_files DIR: the index takes DIR/PATH for each PATH on stdin; none of
# them may be in the kernel already
add_new_files() {
	local dir=$1 paths path known modes=()
	mapfile -t paths
	[ "${#paths[@]}" -gt 0 ] || return 0
	known=$(kgit ls-files -- "${paths[@]/#/:(literal)}" | head -n 1)
	[ -z "$known" ] || die "$known is a new file of ours, but this kernel has one"
	for path in "${paths[@]}"; do
		if [ -x "$dir/$path" ]; then modes+=(100755); else modes+=(100644); fi
	done
	printf '%s\n' "${paths[@]/#/$dir/}" | kgit hash-object -w --no-filters --stdin-paths |
		paste -d ' ' <(printf '%s\n' "${modes[@]}") - |
		paste <(cat) <(printf '%s\n' "${paths[@]}") |
		kgit update-index --index-info
}
