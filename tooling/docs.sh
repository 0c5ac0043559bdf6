#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: docs.sh [check]
#
# Writes the figures of the last runs with BASE into README.md and docs/: into each
# block between
#
#	<!-- make docs: NAME BASE=6.12 -->
#	<!-- end: NAME BASE=6.12 -->
#
# and into docs/drivers.md (lengths of files) and docs/cost.svg (6.12 only).  A block
# whose results are missing, or of another tree, is left alone.
#
# With "check" it writes nothing, and fails if a text differs from the results of this
# tree.  Results of another compiler are not compared, and of figures that differ
# from run to run only the rows.  Check drivers compares the lengths.
#
# shellcheck disable=SC2016 # backquotes of Markdown

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

DOCS=${DOCS:-$TOP}		# where README.md and docs/ are
BLOCKS=(gain cost aims attributes whole iops size)
PLOT_BASE=6.12			# of docs/cost.svg
CSV=$RESULTS/bench/instructions.csv
GUEST_CSV=$RESULTS/bench-guest/summary.csv
CHECK=				# set: compare only
COMPARED=0
DIFFERENT=()

# need COMMAND FILE: FILE is a result of this tree; COMMAND makes it
need() {
	[ "$(result_age "$2")" = new ] || { say "$NAME: no results of this tree ($1 BASE=$BASE)"; return 1; } >&2
}

# made_with FILE: the last line of a block
made_with() {
	printf '\nLinux %s, %s.\n' "$(stamp_get kernel)" "$(cat "$1.with")"
}

# Blocks

gain() {
	need 'make bench' "$CSV" && need 'make bench-guest' "$GUEST_CSV" || return
	echo '| instructions | untouched | series | ratio | command |'
	echo '|---|---|---|---|---|'
	awk -F, '
	function row(what, base, now, command) {
		printf "| %s | %d | %d | %.2f | `%s` |\n", what, base, now, now / base, command
	}
	FILENAME == ARGV[1] {
		if ($2 == "split" && $3 == "indirect" && $4 == "physical" && $6 == "array" && $7 == "add")
			cost[$1, $5] = $8
		next
	}
	$1 == "blk" && $2 == "randread-4k-32" && $3 == "instructions" { base = $4; series = $5 }
	END {
		row("to add a request of 3 pieces", cost["base", 3], cost["piecewise", 3], "make bench")
		row("to add a request of 130 pieces", cost["base", 130], cost["piecewise", 130], "make bench")
		row("of the whole guest, for a random read of 4 KiB", base, series, "make bench-guest")
	}' "$CSV" "$GUEST_CSV"
	made_with "$CSV"
}

cost() {
	need 'make bench' "$CSV" || return
	awk -F, '
	function row(request, ring, way, place, dma, pieces,	order, kind, base, now) {
		if (!((way, ring FS place FS dma FS pieces) in cost)) return
		printf "| %s | %s |", request, pieces == 1 ? ring : ring ", " place
		for (order = 0; order <= in_order; order++) {
			kind = ring (order ? "-in-order" : "") FS place FS dma FS pieces
			base = cost["base", kind]
			now = cost[way, kind]
			printf " %d | %d | %.2f | %.2f |", base, now, now / base, cost["classic", kind] / base
		}
		print ""
	}
	function one(request, way, dma) {
		row(request, "split", way, "direct", dma, 1)
		row(request, "packed", way, "direct", dma, 1)
	}
	function many(request, dma, pieces) {
		row(request, "split", "piecewise", "direct", dma, pieces)
		row(request, "split", "piecewise", "indirect", dma, pieces)
		row(request, "packed", "piecewise", "direct", dma, pieces)
		row(request, "packed", "piecewise", "indirect", dma, pieces)
	}
	$6 == "array" && $7 == "add" { cost[$1, $2 FS $3 FS $4 FS $5] = $8 }
	$2 == "split-in-order" { in_order = 1 }
	END {
		head = "| request | ring | untouched | piecewise | ratio | add_sgs |"
		print head (in_order ? " in order: untouched | piecewise | ratio | add_sgs |" : "")
		gsub(/[^|]+/, "---", head)
		print head (in_order ? "---|---|---|---|" : "")
		one("1 piece, in memory", "piecewise", "physical")
		one("1 piece, in a scatterlist", "single", "physical")
		many("3 pieces", "physical", 3)
		many("130 pieces", "physical", 130)
		many("3 pieces, each mapped", "mapped", 3)
		many("130 pieces, each mapped", "mapped", 130)
	}' "$CSV"
	made_with "$CSV"
}

# aims: which of tooling/bench/targets are missed, and what completion costs
aims() {
	need 'make bench' "$CSV" || return
	awk '
	NR == 1 { next }
	$NF == "met" { met++; next }
	{ missed[++n] = sprintf("| %s, %s | %s, %s, %s | %d | %s | %s |", $1, $2, $3, $4, $5, $6, $9, $10) }
	END {
		printf "%d of the %d aims are met%s.\n", met, met + n, n ? "; these are missed" : ""
		if (n) print "\n| call | ring | pieces | ratio | aim |\n|---|---|---|---|---|"
		for (i = 1; i <= n; i++) print missed[i]
	}' "$RESULTS/bench/targets.txt"
	awk -F, '
	$6 == "array" && $7 == "get" { cost[$1, $2 FS $3 FS $4 FS $5] = $8 }
	END {
		min = 100
		for (key in cost) {
			split(key, part, SUBSEP)
			split(part[2], kind, FS)
			if (part[1] != "piecewise" || kind[4] > 3) continue
			ratio = cost[key] / cost["base", part[2]]
			if (ratio < min) min = ratio
			if (ratio > max) max = ratio
		}
		long = "split" FS "direct" FS "physical" FS 130
		printf "\nCompletion (`virtqueue_get_buf`) of up to three pieces costs %.2f to %.2f of the untouched ring'\''s,\n", min, max
		printf "and %.2f for 130 pieces in a split ring.\n", cost["piecewise", long] / cost["base", long]
	}' "$CSV"
	printf '\nTracepoints that are off cost a no-op each, where a jump may come: %s.\n' \
		"$(paste -sd ';' "$RESULTS/bench/tracepoints.txt" | sed 's/;/; /g')"
	made_with "$CSV"
}

# guest PART: a table of bench-guest.sh
guest() {
	need 'make bench-guest' "$GUEST_CSV" || return
	[ -s "$RESULTS/bench-guest/$1.txt" ] || { say "$NAME: not in the last make bench-guest" >&2; return 1; }
	printf '```\n%s\n```\n' "$(cat "$RESULTS/bench-guest/$1.txt")"
	made_with "$GUEST_CSV"
}

attributes() {
	need 'tooling/bench/attributes.sh' "$RESULTS/attributes.txt" || return
	echo '```'
	cat "$RESULTS/attributes.txt"
	echo '```'
	made_with "$RESULTS/attributes.txt"
}

whole() { guest instructions; }

iops() { guest iops; }

size() {
	need 'tooling/check.sh size' "$RESULTS/size.txt" || return
	awk '
	BEGIN { print "| ring | lines of code | longest function | text, bytes |\n|---|---|---|---|" }
	$2 ~ /^[0-9]+$/ && NF == 3 { lines[$1] = $2; longest[$1] = $3 }
	$NF ~ /\.o$/ { sub(/\.o$/, "", $NF); text[$NF] = $1 }
	function row(name, commit) { printf "| %s | %d | %d | %d |\n", name, lines[commit], longest[commit], text[commit] }
	END {
		row("untouched", "base")
		row("with the fixes in front", "fixes")
		row("with the builder", "builder")
		row("with tables that are kept", "tables")
		row("with tracepoints", "traced")
		row("with virtqueue_add_bvec(): all of the series", "series")
	}' "$RESULTS/size.txt"
	made_with "$RESULTS/size.txt"
}

# Write, or compare

# is_block FILE NAME: does it have this one?
is_block() { grep -qxF "<!-- make docs: $2 BASE=$BASE -->" "$1"; }

# get_block FILE NAME: what is in it
get_block() {
	awk -v name="$2 BASE=$BASE" '
	$0 == "<!-- end: " name " -->" { on = 0 }
	on
	$0 == "<!-- make docs: " name " -->" { on = 1 }' "$1"
}

# put_block FILE NEW: the file with NEW in it
put_block() {
	awk -v name="$NAME BASE=$BASE" -v new="$2" '
	$0 == "<!-- end: " name " -->" { on = 0 }
	!on
	$0 == "<!-- make docs: " name " -->" { on = 1; while ((getline line <new) > 0) print line }' "$1"
}

# comparable: of figures that are not the same in each run only the rows
comparable() {
	local -A noisy=([whole]=. [iops]=. [gain]=bench-guest)
	local lines=${noisy[$NAME]:-'^$'}
	sed -E "/$lines/ { s/\`.*//; s/[0-9]+\.[0-9]+( %)?|[0-9]{3,}/N/g; s/ +/ /g }"
}

# compare WHAT OLD NEW
compare() {
	COMPARED=$((COMPARED + 1))
	diff "$2" "$3" || DIFFERENT+=("$1")
}

# check_blocks: each has a name that we know, and its end
check_blocks() {
	local file name
	for file in "$DOCS/README.md" "$DOCS"/docs/*.md; do
		diff <(sed -n 's/^<!-- make docs: \(.*\) -->$/\1/p' "$file") <(sed -n 's/^<!-- end: \(.*\) -->$/\1/p' "$file") ||
			die "${file#"$DOCS/"}: a block without begin or end"
		while read -r name; do
			[[ " ${BLOCKS[*]} " = *" $name "* ]] || die "${file#"$DOCS/"}: there is no block $name"
		done < <(sed -n 's/^<!-- make docs: \([^ ]*\) .*/\1/p' "$file")
	done
}

# block FILE: the block NAME of it
block() {
	local old new
	"$NAME" >"$SCRATCH/new" || return 0
	if [ -z "$CHECK" ]; then
		put_block "$1" "$SCRATCH/new" >"$SCRATCH/text"
		cat "$SCRATCH/text" >"$1"
		return
	fi
	get_block "$1" "$NAME" >"$SCRATCH/old"
	old=$(grep '^Linux ' "$SCRATCH/old") || true
	new=$(grep '^Linux ' "$SCRATCH/new")
	if [ "$old" = "$new" ]; then
		compare "$NAME in ${1#"$DOCS/"}" <(comparable <"$SCRATCH/old") <(comparable <"$SCRATCH/new")
	else
		say "$NAME: not compared: the results are from $new, the text from ${old:-no run}"
	fi
}

# plot: docs/cost.svg.  Another version of gnuplot writes other SVG for the same figures.
plot() {
	local svg=$RESULTS/bench/cost.svg old=$DOCS/docs/cost.svg
	[ "$BASE" = "$PLOT_BASE" ] && need 'make bench' "$CSV" || return 0
	if [ -z "$CHECK" ]; then
		cp "$svg" "$old"
	elif [ "$(grep 'Produced by' "$svg")" = "$(grep 'Produced by' "$old")" ] &&
		grep -qxF "$(made_with "$CSV" | tail -n 1)" < <(get_block "$DOCS/docs/cost.md" cost); then
		compare docs/cost.svg "$old" "$svg"
	fi
}

# lengths: of the files in docs/drivers.md, in the column of this kernel; a - stays,
# as such a file calls nothing there
lengths() {
	local page=$DOCS/docs/drivers.md file
	sed -nE 's/^\| ([a-z][^ |]*\.c) \|.*/\1/p' "$page" | while read -r file; do
		printf '%s\t%s\n' "$file" "$(length "$file")"
	done >"$SCRATCH/lengths"
	awk -v base="$BASE" '
	FILENAME == ARGV[1] { split($0, f, "\t"); length_of[f[1]] = f[2]; next }
	{ n = split($0, cell, / *[|] */) }
	cell[2] == "file" { for (i = 1; i <= n; i++) if (cell[i] == base) column = i }
	column && cell[2] in length_of && cell[column] != "-" {
		cell[column] = length_of[cell[2]]
		line = "|"
		for (i = 2; i < n; i++) line = line " " cell[i] " |"
		$0 = line
	}
	{ print }' "$SCRATCH/lengths" "$page" >"$SCRATCH/text"
	cat "$SCRATCH/text" >"$page"
}

# length FILE: in lines, untouched and patched
length() {
	kgit cat-file -e "base:$1" 2>/dev/null || { echo -; return; }
	echo "$(kgit show "base:$1" | wc -l), $(kgit show "series:$1" | wc -l)"
}

main() {
	local file
	[[ $* =~ ^(check)?$ ]] || die 'usage: docs.sh [check]'
	CHECK=$*
	check_base
	[ -n "$(stamp_get tip)" ] || die "no tree at $TREE: run 'make tree' first"
	check_blocks
	new_scratch
	TREE_ID=$(tree_id)
	for NAME in "${BLOCKS[@]}"; do
		for file in "$DOCS/README.md" "$DOCS"/docs/*.md; do
			! is_block "$file" "$NAME" || block "$file"
		done
	done
	NAME=plot
	plot
	[ -n "$CHECK" ] || { lengths; return; }
	[ "${#DIFFERENT[@]}" -eq 0 ] ||
		fail "figures differ from the results of this tree: $(printf '%s; ' "${DIFFERENT[@]}")run 'make docs BASE=$BASE'"
	if [ "$COMPARED" -gt 0 ]; then
		say "$COMPARED texts match the results of this tree"
	else
		say 'there are no results of this tree to compare the texts with'
	fi
}

main "$@"
