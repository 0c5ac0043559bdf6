#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What make series writes is what the branch has: git am takes it on the untouched
# kernel, and so does b4.  Its parts are threads of their own.

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
# shellcheck source=tooling/check/kernel.sh
. "$TOP/tooling/check/kernel.sh"

need_packages git b4
MAILS=$O/series/$BASE
LOG=$RESULTS/check/mail-series.am.log

# header FILE NAME
header() {
	sed -n "/^\$/q; s/^$2: //Ip" "$1"
}

# check_thread DIR: all below the cover letter, which says where it belongs
check_thread() {
	local cover=$1/0000-cover-letter.patch id mail
	id=$(header "$cover" Message-Id)
	[ -n "$id" ] || fail "$cover has no Message-Id"
	[ "$(grep -c '^  -> ' "$cover")" = 1 ] || fail "$cover does not say which part it is"
	grep -q '^ .* | .*[+-]' "$cover" || fail "$cover has no diffstat"
	grep -qx "base-commit: $(kgit rev-parse base)" "$cover" || fail "$cover does not name the base"
	for mail in "$1"/*.patch; do
		[ "$mail" = "$cover" ] || [ "$(header "$mail" In-Reply-To)" = "$id" ] ||
			fail "$mail is not a reply to its cover letter"
	done
}

# same_as_series HOW: the second work tree has the files and the commits of series
same_as_series() {
	[ "$(each_git rev-parse 'HEAD^{tree}')" = "$(kgit rev-parse 'series^{tree}')" ] ||
		fail "$1: the files are not those of series"
	diff <(each_git log --format=%B base..HEAD) <(kgit log --format=%B base..series) ||
		fail "$1: the messages are not those of series"
}

b4_shazam() {
	(
		cd "$EACH"
		export GIT_COMMITTER_NAME=$IDENTITY GIT_COMMITTER_EMAIL=$EMAIL
		export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
		HOME=$BUILD b4 --offline-mode -n shazam -m "$1"
	) >>"$LOG" 2>&1 </dev/null
}

"$TOP/tooling/mail-series.sh"
mkdir -p "${LOG%/*}"
ids=$(cat "$MAILS"/*/*.patch | grep -ci '^message-id: ')
[ "$(cat "$MAILS"/*/*.patch | grep -i '^message-id: ' | sort -u | wc -l)" = "$ids" ] ||
	fail 'two mails have the same Message-Id'

go_to base
for part in "$MAILS"/*/; do
	check_thread "${part%/}"
	each_git am --quiet --empty=drop "$part"*.patch >"$LOG" 2>&1 ||
		{ cat "$LOG"; each_git am --abort; fail "git am does not take $part"; }
done
same_as_series 'git am'

go_to base
: >"$LOG"
for part in "$MAILS"/*.mbox; do
	b4_shazam "$part" || { tail "$LOG"; each_git am --abort || true; fail "b4 does not take $part"; }
done
same_as_series b4
say "$ids mails: git am and b4 shazam give the commits of series"
