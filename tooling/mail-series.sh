#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [FROM='Name <mail>'] [PREFIX=net-next] [REROLL=2] mail-series.sh
#
# Writes $O/series/<base>: the series as mails, in parts that can be posted one
# after the other.  Each part is a directory of patches, threaded below a cover
# letter, and the same as a mailbox.  Fixes are parts of their own, without one.
# FROM is who posts them, and so their author; PREFIX=net-next and REROLL=2 make it
# [PATCH net-next v2 ...].  To and Cc are what get_maintainer.pl says of each mail.
#
# A part's cover letter is in patches/cover (see parts.sh).  The tool fills in:
#
#	@lines@	how long the files are, before and after
#	@cost@	what make bench found, unless that was another tree
#	@parts@	which part this is, and the base

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/lib/parts.sh
. "$TOP/tooling/lib/parts.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

OUT=$O/series/$BASE
NEW=$OUT.new
FROM=${FROM:-}
PREFIX=${PREFIX:-PATCH}
REROLL=${REROLL:-}
MAIL=("${FORMAT[@]}" --encode-email-headers --quiet --thread=shallow)
THEIRS=				# the commit of KERNEL_SRC, a git tree, that base has the files of
VIRTIO=drivers/virtio/virtio_ring.c	# its maintainers get the cover letters

# check_from: FROM is a name and a mail address; both become the author
check_from() {
	local letter='[^[:cntrl:][:space:]<>"@\]' atom='[[:alnum:].!#$%&*+/=?^_{|}~-]+'
	local label='[[:alnum:]]([[:alnum:]-]*[[:alnum:]])?'
	local address="^($letter( *$letter)*) +<($atom@$label(\\.$label)+)>\$"
	[ -n "$FROM" ] || return 0
	if ! [[ $FROM =~ $address ]] ||
		! iconv -f UTF-8 -t UTF-8 <<<"$FROM" >/dev/null 2>&1; then
		die "FROM=${FROM//[[:cntrl:]]/ }: not like 'Name <mail@example.org>'"
	fi
	IDENTITY=${BASH_REMATCH[1]}
	EMAIL=${BASH_REMATCH[3]}
	DATE="$(date +%s) +0000"
}

check_prefix() {
	[[ $PREFIX =~ ^[[:alnum:]._/\ -]+$ ]] || die "PREFIX=$PREFIX: not usable as prefix, as in [PATCH net-next]"
	[[ " $PREFIX " = *' PATCH '* ]] || PREFIX="PATCH $PREFIX"
	MAIL+=("--subject-prefix=$PREFIX")
}

# take_over: the commits of the series, by IDENTITY
take_over() {
	local commit tip
	tip=$(kgit rev-parse base)
	for commit in $(kgit rev-list --reverse base..series); do
		tip=$(recommit "$commit" "$tip")
	done
	SERIES=$tip
}

# lines_at COMMIT FILE...: lines of all of them
lines_at() {
	local commit=$1
	shift
	[ $# = 0 ] || kgit show "${@/#/$commit:}" | wc -l
}

# say_lines PART: of all its files; what there was, and what is new
say_lines() {
	local from=${PART_BASE[$1]} to=${PART_TIP[$1]} changed new
	mapfile -t changed < <(kgit diff --no-renames --diff-filter=M --name-only "$from" "$to")
	mapfile -t new < <(kgit diff --no-renames --diff-filter=A --name-only "$from" "$to")
	echo "Files that are changed: ${#changed[@]}, of $(lines_at "$from" "${changed[@]}") lines before" \
		"and $(lines_at "$to" "${changed[@]}") after.${new[*]:+  New files: ${#new[@]}, of $(lines_at "$to" "${new[@]}") lines.}"
}

# say_cost: instructions, of the last make bench
say_cost() {
	local csv=$RESULTS/bench/instructions.csv
	if [ "$(result_age "$csv")" != new ]; then
		say "note: the cover letter has no figures of the cost: run 'make bench' first" >&2
		return
	fi
	echo 'Instructions that a driver pays for a buffer (callgrind, user space), before'
	echo 'and after, and what virtqueue_add_sgs() costs of before:'
	echo
	awk -F, '
	NR == 1 || $7 != "add" || $4 != "physical" || $6 != "array" { next }
	{
		key = $2 FS $3 FS $5
		cost[key, $1] = $8
		if (!(key in seen)) { seen[key]; keys[++nr] = key }
	}
	END {
		for (i = 1; i <= nr; i++) {
			split(keys[i], f, FS)
			way = (keys[i], "piecewise") in cost ? "piecewise" : "single"
			if (!((keys[i], way) in cost)) continue
			printf "\t%4d piece%s, %-15s %-9s %6d %6d  %.2f   %.2f\n", f[3], f[3] == 1 ? " " : "s", f[1], f[2],
				cost[keys[i], "base"], cost[keys[i], way],
				cost[keys[i], way] / cost[keys[i], "base"],
				cost[keys[i], "classic"] / cost[keys[i], "base"]
		}
	}' "$csv"
}

# say_parts PART: where it stands among the others
say_parts() {
	local part number=0 count=${#PART_NAMES[@]} fixes
	fixes=$(kgit rev-list --count "base..${PART_BASE[${PART_NAMES[0]}]}")
	[ "$fixes" = 0 ] || printf '%s\n\n' "$fixes fixes, which are posted alone, come before the first of these parts."
	[ "$count" -gt 1 ] || { say_base; return; }
	echo "This is one of $count parts, which are posted and applied in this order.  Each"
	echo 'compiles and works with those before it, and without those after it:'
	echo
	for part in "${PART_NAMES[@]}"; do
		number=$((number + 1))
		printf '%s %d. %s (%d)\n' "$([ "$part" = "$1" ] && echo '  ->' || echo '    ')" \
			"$number" "$(head_of "$part" Subject)" "$(patches_of "$part")"
	done
	echo
	say_base
}

# find_theirs: base is a commit that others have only if it is one of a git tree's
find_theirs() {
	local kind detail
	read -r kind _ detail < <(stamp_get source)
	[ "$kind" = git ] || return 0
	THEIRS=$detail
	MAIL+=(--base=base)
}

# say_base: what the patches are on
say_base() {
	local what detail kernel
	kernel=$(stamp_get kernel)
	read -r _ what detail < <(stamp_get source)
	if [ -n "$THEIRS" ]; then
		echo "The base is commit ${THEIRS:0:12} (Linux $kernel)."
	elif [[ $what = /* ]]; then
		echo "The base is Linux $kernel as in ${what##*/}."
	else
		echo "The base is Debian's source of Linux $kernel ($what $detail); the release"
		echo "tag nearest to it is v$kernel."
	fi
}

# fill PART COVER: the texts go where git left room for them
fill() {
	local subject
	subject=$(head_of "$1" Subject)
	sed '1,/^$/d' "$COVERS/$1" >"$SCRATCH/body"
	say_lines "$1" | fmt -w 72 >"$SCRATCH/lines"
	say_parts "$1" >"$SCRATCH/parts"
	: >"$SCRATCH/cost"
	! grep -qx '@cost@' "$SCRATCH/body" || say_cost >"$SCRATCH/cost"
	awk -v scratch="$SCRATCH" -v subject="$subject" '
	function put(file, line) {
		while ((getline line <file) > 0) print line
		close(file)
	}
	/^Subject: / { sub(/\*\*\* SUBJECT HERE \*\*\*/, subject) }
	$0 != "*** BLURB HERE ***" { print; next }
	{
		while ((getline line <(scratch "/body")) > 0) {
			if (line ~ /^@[a-z]+@$/)
				put(scratch "/" substr(line, 2, length(line) - 2))
			else
				print line
		}
	}' "$2" | cat -s >"$2.new"
	! grep -nE '\*\*\* |^@[a-z]+@$' "$2.new" || die "$2: a placeholder was not replaced"
	mv "$2.new" "$2"
}

# mend_headers PART MAIL...: git names all cover letters of one second alike, and
# leaves a name in them as it is; b4 0.12 (Debian 12) cannot read a subject that was
# folded
mend_headers() {
	local part=$1 mail
	shift
	printf 'From: %s\n' "$(encode "$IDENTITY <$EMAIL>")" >"$SCRATCH/from"
	for mail; do
		sed -E '1,/^$/ { /^Subject:/{ :more; N; s/\n / /; tmore; P; D } }' "$mail" |
			sed -E "1,/^\$/s/^((Message-I[dD]|In-Reply-To|References): <cover\.)/\1$part./" >"$mail.new"
		mv "$mail.new" "$mail"
		[[ $mail != *0000-cover-letter.patch ]] || sed -i "0,/^From: /{/^From: /{r $SCRATCH/from
			d
		}}" "$mail"
	done
}

# address_mails MAIL...: each to those who look after what it changes, the cover
# letter to virtio's maintainers and all lists of its part
address_mails() {
	local mail people=$SCRATCH/people all=$SCRATCH/all cover=''
	: >"$all"
	for mail; do
		if [[ $mail = *0000-cover-letter.patch ]]; then
			cover=$mail
			continue
		fi
		maintainers_of "$mail" >"$people"
		grep ' list' "$people" >>"$all" || true
		address "$mail" "$people"
	done
	[ -n "$cover" ] || return 0
	maintainers_of -f "$VIRTIO" >"$people"
	cat "$all" >>"$people"
	address "$cover" "$people"
}

# address MAIL PEOPLE: To and Cc, below its subject
address() {
	local list=' [(](reviewer:|[a-z]+ list)'
	{
		grep -vE "$list" "$2" | addresses To || true
		grep -E "$list" "$2" | addresses Cc || true
	} >"$SCRATCH/to-cc"
	sed "0,/^Subject: /{/^Subject: /r $SCRATCH/to-cc
	}" "$1" >"$1.new"
	mv "$1.new" "$1"
}

# addresses HEADER <PEOPLE: each once
addresses() {
	local line before="$1: "
	while read -r line; do
		printf '%s%s' "$before" "$(encode "$line")"
		before=$',\n '
	done < <(sed -E 's/> [(].*/>/; s/^([^ <>]+) [(].*/\1/' | awk '!seen[$0]++')
	[ "$before" = "$1: " ] || echo
}

# encode ADDRESS: its name as a mail's header wants it
encode() {
	local name=${1%% <*}
	if [[ $1 = *[^[:ascii:]]* ]]; then
		printf '=?UTF-8?B?%s?= <%s' "$(tr -d '"' <<<"$name" | head -c -1 | base64 -w 0)" "${1##*<}"
	elif [[ $name = *[^[:alnum:]\ -]* && $name != \"* && $1 = *\ \<* ]]; then
		printf '"%s" <%s' "$name" "${1##*<}"
	else
		printf %s "$1"
	fi
}

# count_patches PART
count_patches() {
	local count
	count=$(patches_of "$1")
	case $count in
	1) echo '1 patch' ;;
	?|1[0-5]) echo "$count patches" ;;
	*) echo "$count patches, which is much for one posting" ;;
	esac
}

# say_large: many lists refuse mails of more than 100 kB
say_large() {
	local mail
	while read -r mail; do
		say "note: $(($(stat -c %s "$NEW/$mail") / 1000)) kB, which many lists refuse: $mail"
	done < <(cd "$NEW" && find . -name '*.patch' -size +100000c -printf '%P\n' | sort)
}

# write_mails PART [OPTION...]
write_mails() {
	local dir=$NEW/$1
	kgit format-patch "${MAIL[@]}" "${@:2}" ${REROLL:+-v "$REROLL"} -o "$dir" "${PART_BASE[$1]}..${PART_TIP[$1]}"
	[ -z "$THEIRS" ] || sed -i "s/^base-commit: .*/base-commit: $THEIRS/" "$dir"/*.patch
	mend_headers "$1" "$dir"/*.patch
	address_mails "$dir"/*.patch
}

# write_part PART
write_part() {
	write_mails "$1" --cover-letter
	fill "$1" "$(echo "$NEW/$1"/*0000-cover-letter.patch)"
}

main() {
	local part
	check_base
	[[ $REROLL =~ ^([1-9][0-9]*)?$ ]] || die "REROLL=$REROLL: not a number"
	check_from
	check_prefix
	need_patches
	"$TOP/tooling/tree.sh"
	one_at_a_time make
	refuse_unwritten
	new_scratch
	trap 'rm -rf "$SCRATCH" "$NEW"' EXIT
	[ -z "$FROM" ] || take_over
	find_theirs
	find_parts
	rm -rf "$NEW"
	mkdir -p "$NEW" || die "cannot write to $NEW"
	for part in "${FIX_NAMES[@]}"; do
		write_mails "$part"
		say "$part: $(count_patches "$part")"
	done
	for part in "${PART_NAMES[@]}"; do
		write_part "$part"
		say "$part: $(count_patches "$part")"
	done
	say_large
	for part in "$NEW"/*; do
		cat "$part"/*.patch >"$part.mbox"
	done
	rm -rf "$OUT"
	mv "$NEW" "$OUT"
	[ -n "$FROM" ] || say "note: the mails are from $IDENTITY: set FROM='Name <mail>'"
	say "${OUT#"$PWD/"}: $(kgit rev-list --count base..series) patches in ${#FIX_NAMES[@]} parts of fixes and" \
		"${#PART_NAMES[@]} others, for 'git am --empty=drop */*.patch' or 'b4 --offline-mode shazam -m PART.mbox'"
}

main "$@"
