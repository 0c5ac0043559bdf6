#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: [REROLL=2] mail-series.sh
#
# Writes $O/series/<base>: the series as mails, in parts that can be posted one
# after the other.  Each part is a directory of patches, threaded below a cover
# letter, and the same as a mailbox.  REROLL=2 makes it [PATCH v2 ...].
#
# A part's cover letter is in patches/cover (see parts.sh).  The tool fills in:
#
#	@lines@	how long the files are, before and after
#	@cost@	what make bench found, unless that was another tree
#	@parts@	which part this is, and the base

# shellcheck source=tooling/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tooling/series.sh
. "$TOP/tooling/series.sh"
# shellcheck source=tooling/parts.sh
. "$TOP/tooling/parts.sh"
# shellcheck source=tooling/results.sh
. "$TOP/tooling/results.sh"

OUT=$O/series/$BASE
NEW=$OUT.new
REROLL=${REROLL:-}
MAIL=("${FORMAT[@]}" --quiet --cover-letter --thread=shallow --base=base)

# lines_at COMMIT FILE...: lines of all of them
lines_at() {
	local commit=$1
	shift
	[ $# = 0 ] || kgit show "${@/#/$commit:}" | wc -l
}

# say_lines PART: of all its files; what there was, and what is new
say_lines() {
	local from=${FROM[$1]} to=${TO[$1]} changed new
	mapfile -t changed < <(kgit diff --no-renames --diff-filter=M --name-only "$from" "$to")
	mapfile -t new < <(kgit diff --no-renames --diff-filter=A --name-only "$from" "$to")
	echo "Files that are changed: ${#changed[@]}, of $(lines_at "$from" "${changed[@]}") lines before" \
		"and $(lines_at "$to" "${changed[@]}") after.${new[*]:+  New files: ${#new[@]}, of $(lines_at "$to" "${new[@]}") lines.}"
}

# say_cost: instructions, of the last make bench
say_cost() {
	local csv=$RESULTS/bench/instructions.csv
	if [ "$(result_age "$csv")" != new ]; then
		say "note: no figures of cost in the cover letter: run 'make bench' before" >&2
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
	local part number=0 count=${#PART_NAMES[@]}
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

# say_base: the commit is one that make tree makes; whose files it has
say_base() {
	local what detail
	read -r _ what detail < <(stamp_get source)
	[[ $what != /* ]] || detail=
	echo "The base is Linux $(stamp_get kernel) as in ${what##*/}${detail:+ $detail}."
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
	! grep -nE '\*\*\* |^@[a-z]+@$' "$2.new" || die "$2: a place was not filled"
	mv "$2.new" "$2"
}

# mend_headers PART MAIL...: git names all cover letters of one second alike, and
# b4 0.12 (Debian 12) cannot read a subject that was folded
mend_headers() {
	local part=$1 mail
	shift
	for mail; do
		sed -E '1,/^$/ { /^$/b; :more; N; s/\n / /; tmore; P; D }' "$mail" |
			sed -E "1,/^\$/s/^((Message-I[dD]|In-Reply-To|References): <cover\.)/\1$part./" >"$mail.new"
		mv "$mail.new" "$mail"
	done
}

# write_part PART
write_part() {
	local dir=$NEW/$1
	kgit format-patch "${MAIL[@]}" ${REROLL:+-v "$REROLL"} -o "$dir" "${FROM[$1]}..${TO[$1]}"
	fill "$1" "$(echo "$dir"/*0000-cover-letter.patch)"
	mend_headers "$1" "$dir"/*.patch
	cat "$dir"/*.patch >"$NEW/$1.mbox"
}

main() {
	local part count
	check_base
	[[ $REROLL =~ ^([1-9][0-9]*)?$ ]] || die "REROLL=$REROLL: not a number"
	need_patches
	"$TOP/tooling/tree.sh"
	one_at_a_time make
	refuse_unwritten
	new_scratch
	trap 'rm -rf "$SCRATCH" "$NEW"' EXIT
	find_parts
	rm -rf "$NEW"
	mkdir -p "$NEW" || die "cannot write to $NEW"
	for part in "${PART_NAMES[@]}"; do
		write_part "$part"
		count=$(patches_of "$part")
		say "$part: $count patches$([ "$count" -le 15 ] || echo ', many for one posting')"
	done
	rm -rf "$OUT"
	mv "$NEW" "$OUT"
	say "${OUT#"$PWD/"}: $(kgit rev-list --count base..series) patches in ${#PART_NAMES[@]} parts, for" \
		"'git am --empty=drop */*.patch' or 'b4 --offline-mode shazam -m PART.mbox'"
}

main "$@"
