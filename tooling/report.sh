#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: report.sh
#
# Writes $RESULTS/report.html: one page, which needs no network, of what the last
# runs found.  All its figures come from their files; what was not run, or ran with
# another tree than the one that is there now, is called so.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
# shellcheck source=tooling/lib/series.sh
. "$TOP/tooling/lib/series.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

PAGE=$RESULTS/report.html
DEVICES=$RESULTS/check/devices/boot.tsv
STYLE='body{font:15px/1.45 sans-serif;max-width:72em;margin:2em auto;padding:0 1em;color:#222}
h1,h2{line-height:1.2}h2{margin-top:2em;border-bottom:1px solid #ccc}
table{border-collapse:collapse;margin:.7em 0}td,th{padding:.15em .7em;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}
th{background:#f3f3f3}pre{background:#f7f7f7;padding:.7em;overflow-x:auto;font-size:13px}
td.n{text-align:right;font-variant-numeric:tabular-nums}
td.pass,span.new{color:#176b2c}td.fail,p.fail{color:#b00020;font-weight:bold}td.skip{color:#666}
span.old,span.missing{background:#fff0c8;color:#7a4b00;padding:.1em .4em;font-weight:bold}
section.old{opacity:.6}svg{max-width:100%;height:auto}'

# html: text becomes the text of a page
html() {
	sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' | tr -d '\000-\010\013\014\016-\037'
}

# table: of what stdin has, fields by tabs; the first line is its head.
# Numbers stand at the right, verdicts in colour.
table() {
	html | awk -F '\t' '
	BEGIN { print "<table>" }
	{
		tag = NR == 1 ? "th" : "td"
		printf "<tr>"
		for (i = 1; i <= NF; i++) {
			class = ""
			if ($i ~ /^[0-9][0-9.,\/]*$/) class = " class=\"n\""
			if (NR > 1 && tolower($i) ~ /^(pass|passed|ok)$/) class = " class=\"pass\""
			if (NR > 1 && tolower($i) ~ /^(fail|failed|could not run)/) class = " class=\"fail\""
			if (NR > 1 && tolower($i) ~ /^(skipped|not run|-)$/) class = " class=\"skip\""
			printf "<%s%s>%s</%s>", tag, class, $i, tag
		}
		print "</tr>"
	}
	END { print "</table>" }'
}

pre() {
	echo '<pre>'
	html
	echo '</pre>'
}

# age_note FILE COMMAND: how the result stands to the tree
age_note() {
	case $(result_age "$1") in
	new) echo "<span class=\"new\">of the tree as it is, $(date -r "$1" '+%F %H:%M')</span>" ;;
	old) echo "<span class=\"old\">older than the tree: $(date -r "$1" '+%F %H:%M'); run '$2' again</span>" ;;
	missing) echo "<span class=\"missing\">not run: '$2' does it</span>" ;;
	esac
}

# section TITLE FILE COMMAND FUNCTION: what FUNCTION makes of FILE, if there is one
section() {
	echo "<section class=\"$(result_age "$2")\"><h2>$(html <<<"$1")</h2>"
	echo "<p>$(age_note "$2" "$3")</p>"
	[ "$(result_age "$2")" = missing ] || "$4" "$2"
	echo '</section>'
}

# boot TSV: by the names of its columns, as make boot prints it
boot() {
	awk -F '\t' '
	function mib(n) { return n >= 1048576 ? sprintf("%.0f MiB", n / 1048576) : sprintf("%.0f KiB", n / 1024) }
	function sums(guest, host) { return guest != host ? "DIFFER" : substr(guest, 1, 16) }
	NR == 1 { for (i = 1; i <= NF; i++) { name[i] = $i; at[$i] = i } }
	{
		line = ""
		for (i = 1; i <= NF; i++) {
			if (name[i] == "sha256_host") continue
			field = $i
			if (NR == 1) {
				sub(/sha256_guest/, "sha256 both sides", field)
				gsub(/_/, " ", field)
			} else if (name[i] == "sha256_guest") {
				field = sums($i, $at["sha256_host"])
			} else if (name[i] ~ /^(read|written)$/) {
				field = mib($i)
			}
			line = line (i == 1 ? "" : "\t") field
		}
		print line
	}' "$1" | table
}

# cases XML: by class, two levels deep: how many, and which did not pass
cases() {
	sed -n 's/^<testcase classname="\([^"]*\)" name="\([^"]*\)" time="\([^"]*\)">\(.*\)/\1\t\2\t\3\t\4/p' "$1" |
		awk -F '\t' -v OFS='\t' '
		BEGIN { print "suite", "cases", "passed", "failed", "skipped", "seconds" }
		{
			split($1, part, ".")
			suite = part[2] != "" ? part[2] : part[1]
			if (!(suite in all)) names[++n] = suite
			all[suite]++
			time[suite] += $3
			if ($4 ~ /^<skipped/) skipped[suite]++
			else if ($4 ~ /^<(failure|error)/) failed[suite]++
			else passed[suite]++
		}
		END {
			for (i = 1; i <= n; i++) {
				s = names[i]
				print s, all[s], passed[s] + 0, failed[s] + 0, skipped[s] + 0, sprintf("%.1f", time[s])
				sum[1] += all[s]; sum[2] += passed[s]; sum[3] += failed[s]; sum[4] += skipped[s]
			}
			print "all", sum[1] + 0, sum[2] + 0, sum[3] + 0, sum[4] + 0, ""
		}' | table
	sed -n 's/^<testcase classname="\([^"]*\)" name="\([^"]*\)".*<\(failure\|error\).*/\1 \2/p' "$1" |
		sed 's|.*|<p class="fail">failed: &</p>|'
}

kunit() {
	cases "${1%.ktap}.xml"
}

checks() {
	sed -n 's/^<testcase classname="[^"]*" name="\([^"]*\)" time="\([^"]*\)">\(.*\)/\1\t\2\t\3/p' "${1%.ktap}.xml" |
		awk -F '\t' -v OFS='\t' '
		BEGIN { print "check", "seconds", "verdict" }
		{ print $1, sprintf("%.0f", $2), $3 ~ /^<failure/ ? "FAILED" : $3 ~ /^<error/ ? "could not run" : \
			$3 ~ /^<skipped/ ? "skipped" : "passed" }' | table
}

# The drivers: of the two commits, and of what ran

OLD_CALLS='virtqueue_add_(sgs|outbuf|inbuf|inbuf_ctx)(_premapped)?'
NEW_CALLS='virtqueue_(start_buf|add_buf(_single|_single_ctx|_linear|_linear_ctx)?)'

# drivers: a line each of those files that called the old functions
drivers() {
	local files file
	# fixed strings first: a pattern would take half a minute for the whole kernel
	mapfile -t files < <(kgit grep -lF -e virtqueue_add_sgs -e virtqueue_add_outbuf -e virtqueue_add_inbuf base -- \
		arch block drivers fs net sound | sed 's/^base://' | grep -v '^drivers/virtio/virtio_ring\.c$')
	mapfile -t files < <(calls base "$OLD_CALLS" | cut -f 1 | sort)
	printf 'file\tclassic calls before\tnow\tpiecewise calls now\tlines before\tlines now\tdevices in the guest\n'
	for file in "${files[@]}"; do
		printf '%s\t%s\n' "$file" "$(tried "$file")"
	done >"$SCRATCH/tried"
	awk -F '\t' -v OFS='\t' '
	FILENAME != ARGV[ARGC - 1] { of[FILENAME, $1] = $2; next }
	{
		printf "%s", $1
		for (i = 1; i < ARGC - 1; i++) printf "\t%d", of[ARGV[i], $1]
		print "", $2
	}' <(calls base "$OLD_CALLS") <(calls series "$OLD_CALLS") <(calls series "$NEW_CALLS") \
		<(matches base '') <(matches series '') "$SCRATCH/tried"
}

# calls COMMIT FUNCTIONS: lines 'FILE NUMBER'
calls() {
	matches "$1" "^[^*]*\\<$2\\("
}

matches() {
	kgit grep -cE "$2" "$1" -- "${files[@]}" | sed -E 's/^[^:]*:(.*):/\1\t/'
}

# tried FILE: devices of the boot tables that this driver served, unless it is old
tried() {
	local driver=${1##*/} tsv devices new=()
	driver=${driver%.c}
	driver=${driver//-/_}
	for tsv in "$RESULTS/boot.tsv" "$DEVICES"; do
		[ "$(result_age "$tsv")" != new ] || new+=("$tsv")
	done
	[ "${#new[@]}" -gt 0 ] || { echo 'not run'; return; }
	devices=$(awk -F '\t' -v driver="$driver" 'FNR > 1 && $2 == driver { print $1 ($11 == "pass" ? "" : " FAILED") }' \
		"${new[@]}" | paste -sd ' ')
	echo "${devices:--}"
}

# Benchmarks

# plots DIR: each with names of its own for what it defines
plots() {
	local svg n=0
	for svg in "$1"/*.svg; do
		[ -s "$svg" ] || continue
		n=$((n + 1))
		sed -e '/^<?xml/d' -e '/^<!DOCTYPE/,/>/d' \
			-e "s/gpPt/${1##*/}${n}Pt/g; s/gnuplot_/${1##*/}${n}_/g" "$svg"
	done
}

bench() {
	echo '<h3>Aims, and what came out</h3>'
	pre <"$RESULTS/bench/targets.txt"
	plots "$RESULTS/bench"
	echo '<details><summary>All cases</summary>'
	pre <"$RESULTS/bench/table.txt"
	echo '</details>'
}

whole_paths() {
	tr , '\t' <"$1" | table
	plots "${1%/*}"
}

text() {
	pre <"$1"
}

page() {
	local work
	work=$(local_work tracked)
	echo '<!DOCTYPE html>'
	echo '<html lang="en"><head><meta charset="utf-8"/><title>virtio: buffers, piece by piece</title>'
	echo "<style>$STYLE</style></head><body>"
	echo "<h1>virtio: buffers, piece by piece</h1>"
	echo "<p>Linux $(stamp_get kernel | html), $(kgit rev-list --count base..series) patches," \
		"tree <code>${TREE_ID:0:12}</code>${work:+ (<b>$(html <<<"$work")</b>)}; page made $(date '+%F %H:%M').</p>"
	section 'Boot: data through every device' "$RESULTS/boot.tsv" 'make boot' boot
	section 'Every device that QEMU has' "$DEVICES" 'make check' boot
	section 'KUnit' "$RESULTS/kunit.ktap" 'make check' kunit
	section 'Checks' "$RESULTS/check/check.ktap" 'make check' checks
	echo '<section><h2>Drivers</h2>'
	drivers | table
	echo '</section>'
	section 'Size of the ring' "$RESULTS/size.txt" 'make check' text
	section 'What a request costs the driver' "$RESULTS/bench/instructions.csv" 'make bench' bench
	section 'Whole paths in a guest' "$RESULTS/bench-guest/summary.csv" 'make bench-guest' whole_paths
	section 'Coverage of the ring by its tests in user space' "$RESULTS/coverage.txt" 'make coverage' text
	echo '</body></html>'
}

main() {
	check_base
	[ -n "$(stamp_get tip)" ] || die "no tree at $TREE: run 'make tree' first"
	mkdir -p "$RESULTS" || die "cannot write to $RESULTS"
	new_scratch
	TREE_ID=$(tree_id)
	page >"$PAGE.new"
	mv "$PAGE.new" "$PAGE"
	say "${PAGE#"$PWD/"}"
}

main "$@"
