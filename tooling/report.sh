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
CHECK=$RESULTS/check
DEVICES=$RESULTS/check/devices/boot.tsv

# html: text becomes the text of a page
html() {
	sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g' | tr -d '\000-\010\013\014\016-\037'
}

# table: of what stdin has, fields by tabs; the first line is its head.
# Numbers stand at the right, verdicts in colour.
table() {
	html | awk -F '\t' '
	BEGIN { print "<div class=\"scroll\"><table>" }
	{
		tag = NR == 1 ? "th" : "td"
		printf "<tr>"
		for (i = 1; i <= NF; i++) {
			class = ""
			if ($i ~ /^[0-9][0-9.,\/]*$/) class = " class=\"n\""
			if (NR > 1 && tolower($i) ~ /^(pass|passed|ok)$/) class = " class=\"pass\""
			if (NR > 1 && tolower($i) ~ /^(fail|failed|missed|could not run)/) class = " class=\"fail\""
			if (NR > 1 && tolower($i) ~ /^(skipped|not run|-)$/) class = " class=\"skip\""
			printf "<%s%s>%s</%s>", tag, class, $i, tag
		}
		print "</tr>"
	}
	END { print "</table></div>" }'
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
	[ -s "$CHECK/check.tsv" ] || { echo '<p class="fail">no table: the run did not end</p>'; return; }
	{ printf 'check\tverdict\tseconds\tits last line\n'; cat "$CHECK/check.tsv"; } | table | link_logs
}

# link_logs <TABLE: the first column of a row is a check; to its log
link_logs() {
	local line name
	while IFS= read -r line; do
		name=$(sed -n 's|^<tr><td>\([a-z-]*\)</td>.*|\1|p' <<<"$line")
		if [ -n "$name" ] && [ -e "$CHECK/$name.log" ]; then
			line="<tr><td><a href=\"check/$name.log\">$name</a></td>${line#*</td>}"
		fi
		printf '%s\n' "$line"
	done
}

# The top: verdict, what failed, what changed

# of_run KEY [DIR]: what check.sh left of its last run
of_run() {
	[ ! -s "${2:-$CHECK}/summary" ] || sed -n "s/^$1=//p" "${2:-$CHECK}/summary"
}

verdict() {
	local class=missing age word
	age=$(result_age "$CHECK/check.ktap")
	if [ ! -s "$CHECK/summary" ]; then
		echo '<div class="verdict missing"><b>No verdict</b>: no run of make check has ended</div>'
		return
	fi
	[ "$(of_run failed)" = 0 ] && word=Passed class=pass || word=Failed class=fail
	if [ "$age" != new ] || [ "$(of_run commit)" != "$(repository_commit)" ]; then
		class=missing word="Old: ${word,}"
	fi
	echo "<div class=\"verdict $class\"><b>$word</b>: $(of_run passed) passed, $(of_run failed) failed, $(of_run skipped) skipped</div>"
	[ "$class" != missing ] ||
		echo "<p class=\"fail\">That run was of commit $(of_run commit) of this repository$([ "$age" = new ] || echo ' and another kernel tree'). This is $(repository_commit).</p>"
	printf '%s\t%s\n' 'make check' "$(wc -l <"$CHECK/check.tsv") checks" commit "$(of_run commit)" when "$(of_run date)" \
		compiler "$(of_run compiler)" QEMU "$(of_run qemu)" CPU "$(of_run cpu)" | table
}

what_failed() {
	if [ -s "$CHECK/failed" ]; then
		sed -n 's/^not ok: //p' "$CHECK/failed" | html | sed 's|.*|<p class="fail">&</p>|'
	elif [ -s "$CHECK/summary" ]; then
		echo '<p>Nothing.</p>'
	else
		echo '<p><span class="missing">not run</span></p>'
	fi
}

# changed: checks whose verdict is another than in the run before
changed() {
	local old
	old=$(of_run date "$RESULTS/before")
	if [ -z "$old" ] || [ ! -s "$CHECK/summary" ]; then
		echo '<p>No earlier run to compare with.</p>'
		return
	fi
	echo "<p>Before: $(of_run passed "$RESULTS/before") passed, $(of_run failed "$RESULTS/before") failed, $(of_run skipped "$RESULTS/before") skipped, of commit $(of_run commit "$RESULTS/before"), $old.</p>"
	awk -F '\t' -v OFS='\t' '
	BEGIN { print "check", "before", "now" }
	FILENAME == ARGV[1] { was[$1] = $2; next }
	{ now[$1]; if (was[$1] != $2) print $1, $1 in was ? was[$1] : "not run", $2 }
	END { for (name in was) if (!(name in now)) print name, was[name], "not run" }
	' "$RESULTS/before/check.tsv" "$CHECK/check.tsv" >"$SCRATCH/changed"
	if [ "$(wc -l <"$SCRATCH/changed")" -gt 1 ]; then table <"$SCRATCH/changed"; else echo '<p>Every check came to the same.</p>'; fi
}

# matrix: the checks of each base
matrix() {
	local base bases=() tsv
	for tsv in "$TOP"/patches/*/base; do
		base=${tsv%/base}
		bases+=("${base##*/}")
	done
	for base in "${bases[@]}"; do
		tsv=$O/$base/results/check/check.tsv
		[ "$base" != "$BASE" ] || tsv=$CHECK/check.tsv
		[ ! -s "$tsv" ] || sed "s|^|$base$(base_is_new "$base" "${tsv%.tsv}.ktap" || echo '*')\t|" "$tsv"
	done | awk -F '\t' -v bases="${bases[*]}" '
	{ if (sub(/\*$/, "", $1)) $3 = $3 ", old"; of[$2, $1] = $3; if (!($2 in seen)) { seen[$2]; names[++n] = $2 } }
	END {
		count = split(bases, base, " ")
		printf "check"; for (i = 1; i <= count; i++) printf "\tLinux %s", base[i]; print ""
		for (k = 1; k <= n; k++) {
			printf "%s", names[k]
			for (i = 1; i <= count; i++) printf "\t%s", (names[k], base[i]) in of ? of[names[k], base[i]] : "not run"
			print ""
		}
	}' | table
}

# base_is_new BASE KTAP: its result is of its tree
# shellcheck disable=SC2030,SC2031 # in a subshell on purpose
base_is_new() (
	[ "$1" = "$BASE" ] || { LINUX=$O/$1/linux TREE_ID=''; }
	[ "$(result_age "$2")" = new ]
)

# The drivers: of the two commits, and of what ran

OLD_CALLS='virtqueue_add_(sgs|outbuf|inbuf|inbuf_ctx)(_premapped)?'
NEW_CALLS='virtqueue_(start_buf|add_buf(_single|_linear|_linear_ctx)?)'

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

# plot SVG...: each with names of its own for what it defines
plot() {
	local svg name
	for svg; do
		[ -s "$svg" ] || continue
		name=$(tr -dc '[:alnum:]' <<<"${svg#"$RESULTS"}")
		echo '<div class="scroll plot">'
		sed -e '/^<?xml/d' -e '/^<!DOCTYPE/,/>/d' -e '/^<!--/d' \
			-e "s/gpPt/${name}Pt/g; s/gnuplot_/${name}_/g" "$svg"
		echo '</div>'
	done
}

bench() {
	echo '<p>Below 1 is better than the untouched ring. Dashed: the classic calls.</p>'
	plot "$RESULTS"/bench/cost.svg "$RESULTS"/bench/cost-in-order.svg
	echo '<details><summary>All cases</summary>'
	pre <"$RESULTS/bench/table.txt"
	echo '</details>'
}

# targets.txt, its columns apart
aims() {
	local missed
	missed=$(grep -c ' missed$' "$RESULTS/bench/targets.txt" || true)
	echo "<p>$(grep -c ' met$' "$RESULTS/bench/targets.txt" || true) aims are met, <b class=\"$([ "$missed" = 0 ] && echo pass || echo fail)\">$missed missed</b>.</p>"
	[ "$missed" = 0 ] || awk 'BEGIN { print "call\tway\tring\tplace\tDMA\tpieces\tuntouched\tnow\tratio\taim\t" }
		/ missed$/ { $1 = $1; gsub(/ /, "\t"); print }' "$RESULTS/bench/targets.txt" | table
}

whole_paths() {
	plot "${1%/*}/ratio.svg"
	awk -F, -v OFS='\t' '{ $1 = $1; print $0, NR == 1 ? "" : $6 > 1 ? "failed: costs more" : "" }' "$1" | table
	echo '<details><summary>More plots</summary>'
	plot "${1%/*}/virtio.svg" "${1%/*}/profile.svg" "${1%/*}/iops.svg"
	echo '</details>'
}

text() {
	pre <"$1"
}

page() {
	local work
	work=$(local_work tracked)
	echo '<!DOCTYPE html>'
	echo '<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
	echo "<title>virtio: buffers, piece by piece</title><style>"
	grep -v SPDX "$TOP/tooling/report/style.css"
	echo '</style></head><body>'
	echo "<h1>virtio: buffers, piece by piece</h1>"
	verdict
	# shellcheck disable=SC2031 # base_is_new has one of its own
	echo "<p>Linux $(stamp_get kernel | html), $(kgit rev-list --count base..series) patches," \
		"tree <code>${TREE_ID:0:12}</code>${work:+ (<b>$(html <<<"$work")</b>)}; page made $(date '+%F %H:%M').</p>"
	echo '<h2>What failed</h2>'
	what_failed
	section 'Aims' "$RESULTS/bench/instructions.csv" 'make bench' aims
	echo '<h2>What changed since the run before</h2>'
	changed
	section 'What a request costs the driver' "$RESULTS/bench/instructions.csv" 'make bench' bench
	section 'Whole paths in a guest' "$RESULTS/bench-guest/summary.csv" 'make bench-guest' whole_paths
	echo '<h2>Checks, by kernel</h2>'
	matrix
	section 'Checks, with their logs' "$CHECK/check.ktap" 'make check' checks
	section 'Boot: data through every device' "$RESULTS/boot.tsv" 'make boot' boot
	section 'Every device that QEMU has' "$DEVICES" 'make check' boot
	section 'KUnit' "$RESULTS/kunit.ktap" 'make check' kunit
	echo '<section><h2>Drivers</h2>'
	drivers | table
	echo '</section>'
	section 'Size of the ring' "$RESULTS/size.txt" 'make check' text
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
