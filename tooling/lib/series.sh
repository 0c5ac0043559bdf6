# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Sourced by tree.sh, refresh.sh and clean.sh: the series as files (patches/<base>
# and the overlay) and as commits ($LINUX, branch series).
#
# patches/<base>/series names the patches in their order, and below each the new
# files that its commit brings:
#
#	0005-virtio-add-a-builder.patch
#	+ drivers/virtio/virtqueue_buf.c
#
# A new file is stored whole, in its last form, at the path it has in the kernel:
# at the top for all bases, or below patches/<base>/ for this one alone.  What a
# later commit changes in it is in that commit's patch, as in any other file; its
# first form is made by taking these patches off again.

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

# file_of PATCHDIR FILEDIR PATH: FILE is where that new file is stored
file_of() {
	FILE=$1/$3
	[ -e "$FILE" ] || FILE=$2/$3
}

# own_files PATCHDIR, shared_files PATCHDIR: of these files, the ones of this base
# alone, and those of all bases
own_files() {
	local path
	while read -r path; do
		[ ! -e "$1/$path" ] || echo "$path"
	done < <(series_files "$1/series")
}

shared_files() {
	local path
	while read -r path; do
		[ -e "$1/$path" ] || echo "$path"
	done < <(series_files "$1/series")
}

# touched: the paths of all files that the series touches, new ones included
touched() {
	{
		sed -n 's|^diff --git a/\(.*\) b/.*|\1|p' "$PATCHES"/*.patch
		series_files "$PATCHES/series"
	} | sort -u
}

# mini_repository: kgit works in MINI, whose files are the commit MINI_BASE
mini_repository() {
	export KGIT_DIR=$MINI
	kgit init -q
	kgit add -A -f
	MINI_BASE=$(kgit commit-tree -m base "$(kgit write-tree)")
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
		[ -f "$PATCHES/$name" ] || [ -f "$TOP/$name" ] ||
			die "patches/$BASE/series lists $name, which is missing"
	done < <(series_files "$PATCHES/series")
}

# need_patches: a base may have none yet
need_patches() {
	[ -n "$(series_patches "$PATCHES/series")" ] || die "there are no patches for BASE=$BASE yet"
}

# inputs: a hash of all that the series is made from
inputs() {
	{
		own_inputs
		shared_files "$PATCHES" | sums_in "$TOP"
	} | sha256sum | cut -d ' ' -f 1
}

# own_inputs: the same of what is in patches/<base>
own_inputs() {
	{
		cat "$PATCHES/series"
		{
			series_patches "$PATCHES/series"
			own_files "$PATCHES"
		} | sums_in "$PATCHES"
	} | sha256sum | cut -d ' ' -f 1
}

# sums_in DIR <PATHS: of contents and modes
sums_in() {
	local path paths
	mapfile -t paths
	[ "${#paths[@]}" -gt 0 ] || return 0
	cd "$1" || return
	sha256sum -- "${paths[@]}"
	for path in "${paths[@]}"; do
		[ ! -x "$path" ] || echo "x $path"
	done
}

# stamp_inputs: $LINUX is made from what is here now
stamp_inputs() {
	stamp_set own_inputs "$(own_inputs)"
	stamp_set inputs "$(inputs)"
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
	[ -z "$work" ] || die "$TREE has local work ($work): run 'make refresh' first, or save it elsewhere"
}

# recommit COMMIT PARENT [TREE]: the same message and files (or those of TREE) on
# PARENT, by IDENTITY
recommit() {
	kgit log -1 --format=%B "$1" | kgit stripspace |
		kgit commit-tree -p "$2" -F - "${3:-$1^{tree\}}"
}

# build_series PATCHDIR FILEDIR COMMIT: commits each patch on top of COMMIT and
# prints the last one.  Touches no work tree.  The same patch on the same parent
# gives the same commit, so one that was made before is not made again.
build_series() {
	local dir=$1 files=$2 tip=$3 index='' scratch name brings key commit
	scratch=$(mktemp -d "$BUILD/scratch.XXXXXX")
	(
		trap 'rm -rf "$scratch"' EXIT
		# shellcheck disable=SC2030 # others are of other functions
		export GIT_INDEX_FILE=$scratch/index
		first_forms "$dir" "$files" "$scratch"
		while read -r name; do
			brings=$(forms_of_patch "$dir/series" "$name" "$scratch/first")
			key=$(patch_key "$tip" "$dir/$name" "$brings")
			commit=$(known_commit "$key")
			if [ -z "$commit" ]; then
				[ "$index" = "$tip" ] || kgit read-tree "$tip"
				apply_patch "$dir/$name" "$scratch"
				add_new_files <<<"$brings"
				commit=$(kgit commit-tree -p "$tip" -F "$scratch/message" "$(kgit write-tree)")
				[ -z "$KNOWN" ] || echo "$key $commit" >>"${KGIT_DIR:-$LINUX}/$KNOWN"
				index=$commit
			fi
			tip=$commit
		done < <(series_patches "$dir/series")
		check_last_forms "$tip" "$scratch"
		echo "$tip"
	)
}

# patch_key PARENT PATCH BRINGS: a hash of all that its commit is made from
patch_key() {
	{
		echo "$1"
		cat "$2"
		echo "$3"
	} | sha256sum | cut -d ' ' -f 1
}

# known_commit KEY: the commit that was made from it, if git still has it
known_commit() {
	local file=${KGIT_DIR:-$LINUX}/$KNOWN commit=''
	[ ! -f "$file" ] || commit=$(sed -n "s/^$1 //p" "$file" | tail -n 1)
	[ -z "$commit" ] || kgit rev-parse -q --verify "$commit^{tree}" >/dev/null || commit=''
	echo "$commit"
}

# Forms of new files are lines as git update-index --index-info has them:
# MODE BLOB<tab>PATH

# last_forms PATCHDIR FILEDIR: of all new files; they are what is stored
last_forms() {
	local path paths files=() modes=()
	mapfile -t paths < <(series_files "$1/series")
	[ "${#paths[@]}" -gt 0 ] || return 0
	for path in "${paths[@]}"; do
		file_of "$1" "$2" "$path"
		files+=("$FILE")
		if [ -x "$FILE" ]; then modes+=(100755); else modes+=(100644); fi
	done
	printf '%s\n' "${files[@]}" | kgit hash-object -w --no-filters --stdin-paths |
		paste -d ' ' <(printf '%s\n' "${modes[@]}") - |
		paste - <(printf '%s\n' "${paths[@]}")
}

# later_changes PATCHDIR: lines 'PATCH PATH', in order: it changes that new file
later_changes() {
	local names
	mapfile -t names < <(series_patches "$1/series")
	(cd "$1" && awk '
		FILENAME == "series" { if (/^\+ /) new[substr($0, 3)]; next }
		/^diff --git a\// {
			path = substr($0, 14, (length($0) - 16) / 2)	# a/PATH b/PATH
			if (path in new) print FILENAME, path
		}
	' series "${names[@]}")
}

# first_forms PATCHDIR FILEDIR SCRATCH: leaves SCRATCH/first, the form in which each
# new file enters, SCRATCH/last and SCRATCH/later, the changes in between
first_forms() {
	local name
	# shellcheck disable=SC2031 # the other one is of another function
	local -x GIT_INDEX_FILE=$3/new-files
	rm -f "$GIT_INDEX_FILE"
	last_forms "$1" "$2" >"$3/last"
	later_changes "$1" >"$3/later"
	if [ ! -s "$3/later" ]; then
		cp "$3/last" "$3/first"
		return
	fi
	kgit update-index --index-info <"$3/last"
	while read -r name; do
		take_off "$1/$name" "$3/later"
	done < <(cut -d ' ' -f 1 "$3/later" | uniq | tac)
	kgit ls-files --stage | sed 's/ 0\t/\t/' >"$3/first"
}

# take_off PATCH LATER: from the new files in the index, exactly or not at all
take_off() {
	local errors only
	mapfile -t only < <(awk -v patch="${1##*/}" '$1 == patch { print "--include=" $2 }' "$2")
	errors=$(kgit apply --cached -R --whitespace=nowarn "${only[@]}" "$1" 2>&1) ||
		die "${1##*/} does not come off $(failed_hunk "$errors" "$1" +): the file has changed;" \
			"make that change in the tree of this base too, then 'make refresh' ('Two bases' in docs/repository.md)"
}

# check_last_forms TIP SCRATCH: TIP has the new files as they are stored
check_last_forms() {
	local paths path
	[ -s "$2/later" ] || return 0
	mapfile -t paths < <(cut -f 2 "$2/last")
	path=$(kgit ls-tree "$1" -- "${paths[@]}" | sed 's/ blob / /' |
		awk 'NR == FNR { is[$0]; next } !($0 in is) { print $3; exit }' - "$2/last")
	[ -z "$path" ] || die "the patches that change $path do not lead to the form that is stored"
}

# forms_of_patch SERIES PATCH FORMS: of the new files that it brings
forms_of_patch() {
	awk -v patch="$2" '
		FILENAME == ARGV[1] { path = $0; sub(/^[^\t]*\t/, "", path); form[path] = $0; next }
		/^[^#+[:space:]]/ { here = $0 == patch }
		here && /^\+ / { print form[substr($0, 3)] }
	' "$3" "$1"
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

# failed_hunk ERRORS DIFF [+]: the first hunk that git complains of; + when DIFF was
# to come off
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
	awk -v file="--- a/$file" -v line="${3:--}$line" '
		/^diff --git / { here = 0 }
		$0 == file { here = 1 }
		here && $1 == "@@" && index($2 "," $3 ",", line ",") { print; exit }
	' "$2"
}

# add_new_files <FORMS: to the index; none of them may be in the kernel already
add_new_files() {
	local forms paths known
	mapfile -t forms
	[ -n "${forms[*]}" ] || return 0
	paths=("${forms[@]#*$'\t'}")
	known=$(kgit ls-files -- "${paths[@]/#/:(literal)}" | head -n 1)
	[ -z "$known" ] || die "$known is a new file of the series, but this kernel already has it"
	printf '%s\n' "${forms[@]}" | kgit update-index --index-info
}
