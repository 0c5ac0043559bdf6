#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What make series writes is what the branch has: git am takes it on the untouched
# kernel, and so does b4.  Its parts are threads of their own; fixes apply without
# the others.  The mails are their poster's, who signs them off without an objection
# of checkpatch's, and go to those whom get_maintainer.pl names.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/kernel.sh
. "$TOP/tooling/lib/kernel.sh"

need_packages git b4
MAILS=$O/series/$BASE
LOG=$RESULTS/check/mail-series.am.log
POSTER='Zoë Q. Tester'
ADDRESS=zoe@example.org

# header FILE NAME: in one line, as it is encoded
header() {
	sed '/^$/q' "$1" | sed -E ':more; N; $!bmore; s/\n[ \t]+/ /g' | sed -n "s/^$2: //Ip"
}

# check_base_commit MAIL: one that others have, or none
check_base_commit() {
	local kind commit
	read -r kind _ commit < <(stamp_get source)
	if [ "$kind" = git ]; then
		grep -qx "base-commit: $commit" "$1" || fail "$1 does not name the commit of KERNEL_SRC"
	else
		! grep -qE '^(base-commit|prerequisite-patch-id): ' "$1" || fail "$1 names a commit that nobody has"
	fi
}

# check_thread DIR: all below the cover letter, which says where it belongs; or, of
# fixes, below the first one
check_thread() {
	local mails=("$1"/*.patch) first mail
	first=${mails[0]}
	if [[ $1 != */0-fixes-* ]]; then
		[[ $first = *0000-cover-letter.patch ]] || fail "$1 has no cover letter"
		[ "$(grep -c '^  -> ' "$first")" = 1 ] || fail "$first does not say which part it is"
		grep -q '^ .* | .*[+-]' "$first" || fail "$first has no diffstat"
	fi
	[ -n "$(header "$first" Message-Id)" ] || fail "$first has no Message-Id"
	check_base_commit "$first"
	for mail in "${mails[@]:1}"; do
		[ "$(header "$mail" In-Reply-To)" = "$(header "$first" Message-Id)" ] ||
			fail "$mail is not a reply to the first of its part"
	done
}

# check_headers FROM SUBJECT: of all mails; patterns
check_headers() {
	local mail
	for mail in "$MAILS"/*/*.patch; do
		[[ $(header "$mail" From) =~ ^$1$ ]] || fail "$mail is from $(header "$mail" From)"
		[[ $(header "$mail" Subject) =~ ^$2 ]] || fail "$mail is called $(header "$mail" Subject)"
		[[ $(header "$mail" To) = *@* ]] || fail "$mail goes to nobody"
		[[ $(header "$mail" Cc) = *linux-kernel@* ]] || fail "$mail goes to no list"
		! sed '1,/^$/d; /./q' "$mail" | grep -q '^From: ' || fail "$mail has an author beside its poster"
		! sed '/^$/q' "$mail" | grep -q '[^ -~	]' || fail "$mail has a header that is not ASCII"
	done
}

addresses() {
	grep -oE '[^ <>]+@[^ <>,]+' | sort -u
}

# check_addresses MAIL: they are those of the files that it changes
check_addresses() {
	local files
	mapfile -t files < <(sed -n 's|^+++ b/||p' "$1")
	diff <(header "$1" 'To\|Cc' | addresses) \
		<(cd "$LINUX" && perl scripts/get_maintainer.pl --no-git --no-git-fallback --no-keywords \
			--no-rolestats -f "${files[@]}" | addresses) || fail "$1 does not go to those who look after its files"
}

# same_as_series HOW: the second work tree has the files and the commits of series
same_as_series() {
	[ "$(each_git rev-parse 'HEAD^{tree}')" = "$(kgit rev-parse 'series^{tree}')" ] ||
		fail "$1: the files are not those of series"
	diff -a <(each_git log -z --format=%B base..HEAD | sort -z) <(kgit log -z --format=%B base..series | sort -z) ||
		fail "$1: the messages are not those of series"
	[ "$(each_git log --format='%an <%ae>' base..HEAD | sort -u)" = "$POSTER <$ADDRESS>" ] ||
		fail "$1: the author is not who posts them"
}

# take PART [OPTION...]: by git am
take() {
	IDENTITY=$POSTER EMAIL=$ADDRESS each_git am --quiet --empty=drop "${@:2}" "$1"/*.patch >"$LOG" 2>&1 ||
		{ cat "$LOG"; each_git am --abort; fail "git am does not take $1"; }
}

# check_fixes PART: they apply alone, and can be signed off
check_fixes() {
	local mail
	go_to base
	take "$1" --signoff
	each_git format-patch --quiet -o "$SCRATCH/${1##*/}" base..HEAD
	for mail in "$SCRATCH/${1##*/}"/*; do
		(cd "$LINUX" && perl scripts/checkpatch.pl --strict --terse --show-types --no-summary "$mail") >"$LOG" 2>&1 || true
		! grep SIGN_OFF "$LOG" || fail "checkpatch: $mail"
	done
	for mail in "$1"/*.patch; do
		check_addresses "$mail"
	done
}

b4_shazam() {
	(
		cd "$EACH"
		export GIT_COMMITTER_NAME=$IDENTITY GIT_COMMITTER_EMAIL=$EMAIL
		export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
		HOME=$BUILD b4 --offline-mode -n shazam -m "$1"
	) >>"$LOG" 2>&1 </dev/null
}

SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
mkdir -p "${LOG%/*}"
env -u FROM -u PREFIX -u REROLL "$TOP/tooling/mail-series.sh"
check_headers "$IDENTITY <$EMAIL>" '\[PATCH( [0-9]+/[0-9]+)?\] '
FROM="$POSTER <$ADDRESS>" PREFIX=net-next REROLL=3 "$TOP/tooling/mail-series.sh"
check_headers "=\?UTF-8\?.*\?= <$ADDRESS>" '\[PATCH net-next v3( [0-9]+/[0-9]+)?\] '
ids=$(cat "$MAILS"/*/*.patch | grep -ci '^message-id: ')
[ "$(cat "$MAILS"/*/*.patch | grep -i '^message-id: ' | sort -u | wc -l)" = "$ids" ] ||
	fail 'two mails have the same Message-Id'

fixes=0
for part in "$MAILS"/0-fixes-*/; do
	check_fixes "${part%/}"
	fixes=$((fixes + 1))
done
go_to base
for part in "$MAILS"/*/; do
	check_thread "${part%/}"
	take "${part%/}"
done
same_as_series 'git am'

go_to base
: >"$LOG"
for part in "$MAILS"/*.mbox; do
	b4_shazam "$part" || { tail "$LOG"; each_git am --abort || true; fail "b4 does not take $part"; }
done
same_as_series b4
say "$ids mails: git am and b4 shazam give the commits of series; $fixes parts of fixes apply alone"
