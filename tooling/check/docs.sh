#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# README.md, docs/ and the README.md of each folder of tooling/: links, targets of make
# and names of checks and tests in them exist, and README has at most 200 lines.  The figures are
# those of the results of this tree, where there are results.  That 'make docs' writes
# what it should, and that a wrong figure is found, is tried with made-up results on
# copies.
#
# shellcheck disable=SC2016 # backquotes of Markdown

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"

SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# links PAGE: each relative link leads to a file, each #fragment of it to a heading
links() {
	local link path
	sed 's/](/\n](/g' "$1" | sed -nE '/^\]\([a-z]+:/d; s/^\]\(([^)]+)\).*/\1/p' |
		while read -r link; do
			path=${link%%#*}
			path=${path:+${1%/*}/$path}
			[ -e "${path:-$1}" ] || fail "${1#"$TOP/"}: no file $link"
			[[ $link != *'#'* ]] || grep -qxF "${link#*#}" < <(headings "${path:-$1}") ||
				fail "${1#"$TOP/"}: no heading $link"
		done
}

# headings PAGE: as GitHub and others name them in links
headings() {
	sed -n 's/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# targets PAGE: 'make TARGET' in it is one of ours, or of the kernel's that OpenWrt has
targets() {
	local target
	sed 's/`make /\n&/g; s/^\$ make /`make /; s/^make /`&/' "$1" | sed -nE 's/^`make ([a-z][a-z-]*).*/\1/p' | sort -u |
		while read -r target; do
			grep -qE "^$target:" "$TOP/Makefile" || [ "$target" = target ] || fail "${1#"$TOP/"}: no make $target"
		done
}

# names_of_checks: the tables of docs/testing.md have all that check.sh knows, and no other
names_of_checks() {
	local known
	known=$("$TOP/tooling/check.sh" nonsense 2>&1) || true
	known=$(sed -n 's/.*(have: \(.*\))/\1/p' <<<"$known")
	diff <(tr ' ' '\n' <<<"$known in-order" | sort) \
		<(sed -nE 's/^\| ([a-z0-9, -]+) \| .*/\1/p' "$TOP/docs/testing.md" | tr -s ', ' '\n' | grep -vx check | sort) ||
		fail 'docs/testing.md has other checks than check.sh'
}

# names_of_tests: what docs/specification.md says sees a rule is a file of a test, a fault
# for the ring, a word in the tests (a case, a field), or a message
names_of_tests() {
	local dirs=("$TOP"/drivers/virtio/tests "$TOP"/tools/virtio/vring "$TOP"/patches/*/tools/virtio/vring) name
	sed -nE '/^\| .* MUST /s/.*\| ([^|]+) \|$/\1/p' "$TOP/docs/specification.md" | grep -oE '`[^`]+`|"[^"]+"' | tr -d '`"' | sort -u |
		while read -r name; do
			{ [ -n "$(find "${dirs[@]}" -name "$name")" ] || grep -rqwF -- "$name" "${dirs[@]}"; } ||
				fail "docs/specification.md: no test has $name"
		done
}

# docs ARGUMENT...: make docs on the copies
docs() {
	env O="$SCRATCH/o" RESULTS="$SCRATCH/r" DOCS="$SCRATCH/copy" BASE=6.12 "$TOP/tooling/docs.sh" "$@" \
		>"$SCRATCH/log" 2>&1
}

# result FILE: stdin is a result of that small tree
result() {
	mkdir -p "${1%/*}"
	cat >"$1"
	cp "$SCRATCH/tree" "$1.tree"
	echo 'gcc 1.2, glibc 3.4' >"$1.with"
}

small_tree() {
	local linux=$SCRATCH/o/6.12/linux
	mkdir -p "$linux"
	cd "$linux"
	git init -q -b series
	seq 3 >a.c
	git add a.c
	git -c user.name=u -c user.email=u@example.org commit -q -m base
	git tag base
	printf 'kernel=6.12.1\ntip=%s\n' "$(git rev-parse base)" >.git/virtio-piecewise
	git rev-parse 'base^{tree}' >"$SCRATCH/tree"
	cd "$TOP"
	mkdir "$SCRATCH/copy"
	cp -r "$TOP/README.md" "$TOP/docs" "$SCRATCH/copy"
}

made_up_results() {
	result "$SCRATCH/r/size.txt" <<-'END'
	         lines of code    longest body, lines
	base               100                     70
	fixes              101                     70
	builder             90                     20
	tables              92                     20
	traced              94                     20
	series              95                     20

	   text	   data	    bss	    dec	    hex	filename
	   1000	      1	      0	   1001	    3e9	base.o
	   1001	      1	      0	   1002	    3ea	fixes.o
	    900	      1	      0	    901	    385	builder.o
	    920	      1	      0	    921	    399	tables.o
	    940	      1	      0	    941	    3ad	traced.o
	    950	      1	      0	    951	    3b7	series.o
	END
	result "$SCRATCH/r/bench-guest/summary.csv" </dev/null
	echo 'device I/O' >"$SCRATCH/r/bench-guest/instructions.txt"
	awk 'BEGIN {
		print "way,ring,place,dma,pieces,list,what,instructions"
		for (ring = 0; ring < 2; ring++) for (place = 0; place < 2; place++) for (dma = 0; dma < 2; dma++) {
			kind = (ring ? "packed" : "split") "," (place ? "indirect" : "direct") "," (dma ? "mapped" : "physical")
			for (n = 1; n <= 130; n = n == 1 ? 3 : n == 3 ? 130 : 131) for (get = 0; get < 2; get++) {
				what = get ? "get" : "add"
				print "base," kind "," n ",array," what "," 100 * n
				print "piecewise," kind "," n ",array," what "," 50 * n
				print "classic," kind "," n ",array," what "," 75 * n
				print "single," kind "," n ",array," what "," 60 * n
			}
		}
	}' | result "$SCRATCH/r/bench/instructions.csv"
	printf '%s\n' head 'add piecewise split direct mapped 3 300 150 0.50 0.40  missed' \
		'add piecewise split direct physical 3 300 150 0.50 0.60  met' >"$SCRATCH/r/bench/targets.txt"
	printf '%s\n' '<?xml?>' '<desc>Produced by nobody</desc>' '<path 1/>' >"$SCRATCH/r/bench/cost.svg"
	echo 'blk,randread-4k-32,instructions,1000,900,0.9,1,1' | result "$SCRATCH/r/bench-guest/summary.csv"
}

# edited PATTERN REPLACEMENT FILE: someone edits a figure
edited() {
	grep -q "$1" "$SCRATCH/copy/$3" || { cat "$SCRATCH/log"; fail "make docs does not write \"$1\" into $3"; }
	cp "$SCRATCH/copy/$3" "$SCRATCH/saved"
	sed -i "0,/$1/s//$2/" "$SCRATCH/copy/$3"
}

# found WHERE: then docs.sh check fails and names it; then all is as before
found() {
	local status=0
	docs check || status=$?
	{ [ "$status" = 1 ] && grep -q "^FAIL: .*$1" "$SCRATCH/log"; } ||
		{ cat "$SCRATCH/log"; fail "a wrong figure is not found in $1"; }
	cp "$SCRATCH/saved" "$SCRATCH/copy/$2"
}

# not_found FILE: what is not to be compared
not_found() {
	docs check || { cat "$SCRATCH/log"; fail "compared where it should not be: $1"; }
	cp "$SCRATCH/saved" "$SCRATCH/copy/$1"
}

self_test() {
	small_tree
	made_up_results
	docs || { cat "$SCRATCH/log"; fail 'make docs fails'; }
	docs check || { cat "$SCRATCH/log"; fail 'what make docs wrote is not what it compares with'; }
	edited '| 3 pieces | split, direct | 300 | 150 | 0.50 | 0.75 |' '| 3 pieces | split, direct | 300 | 151 | 0.50 | 0.75 |' docs/cost.md
	found 'cost in docs\/cost.md' docs/cost.md
	edited '| add, piecewise | split, direct, mapped | 3 | 0.50 | 0.40 |' '' docs/cost.md
	found 'aims in docs\/cost.md' docs/cost.md
	edited '| untouched | 100 | 70 | 1000 |' '| untouched | 100 | 70 | 1001 |' docs/cost.md
	found 'size in docs\/cost.md' docs/cost.md
	edited '^device I\/O$' 'device' docs/cost.md
	found 'whole in docs\/cost.md' docs/cost.md
	edited '| 300 | 150 | 0.50 | `make bench`' '| 300 | 150 | 0.40 | `make bench`' README.md
	found 'gain in README.md' README.md
	edited '<path 1\/>' '<path 2\/>' docs/cost.svg
	found docs/cost.svg docs/cost.svg
	# a figure that is another one in each run; another compiler; another tree
	edited '| 1000 | 900 | 0.90 | `make bench-guest`' '| 1010 | 905 | 0.90 | `make bench-guest`' README.md
	not_found README.md
	edited 'gcc 1.2, glibc 3.4' 'gcc 1.3, glibc 3.4' docs/cost.md
	sed -i 's/| split, direct | 300 | 150/| split, direct | 300 | 151/' "$SCRATCH/copy/docs/cost.md"
	not_found docs/cost.md
	edited '| untouched | 100 | 70 | 1000 |' '| untouched | 100 | 70 | 1001 |' docs/cost.md
	echo another >"$SCRATCH/r/size.txt.tree"
	not_found docs/cost.md
}

[ "$(wc -l <"$TOP/README.md")" -le 200 ] || fail "README.md has $(wc -l <"$TOP/README.md") lines"
for folder in "$TOP"/tooling/*/; do
	[ -f "$folder/README.md" ] || fail "${folder#"$TOP/"} has no README.md"
done
for page in "$TOP/README.md" "$TOP"/docs/*.md "$TOP"/tooling/{,*/}README.md; do
	links "$page"
	targets "$page"
done
names_of_checks
names_of_tests
self_test
"$TOP/tooling/docs.sh" check
