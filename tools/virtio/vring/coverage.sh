#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: coverage.sh
#
# Builds the tests for gcov, without optimization and sanitizers, runs them, and
# prints how much of the ring they reach.  A branch is a way out of a condition
# as gcc compiles it: counted once in each function that an inline one goes
# into, and for what a macro like WARN_ON_ONCE() holds.
#
# The rest is named, with the reason that the table 'uncovered' has for it, or that
# of this kernel.  Less than 96 % of lines or 90 % of branches make this fail; so
# does a line without a reason, and a reason that nothing needs.
#
# Environment: O= where to build (default build/coverage), RING_DIR= the ring,
# BASE_RING= for those tests that need it, RUNS= inputs of the fuzz targets'
# generator.

set -euo pipefail
export LC_ALL=C
unset MAKEFLAGS MFLAGS MAKELEVEL BIG DEBUG FUZZ PLAIN SAN

HERE=$(cd "$(dirname "$0")" && pwd)
RING=$(realpath "${RING_DIR:-$HERE/../../../drivers/virtio}")
BASE_RING=${BASE_RING:+$(realpath "$BASE_RING")}
OUT=$(realpath -m "${O:-$HERE/build/coverage}")
RUNS=${RUNS:-20000}
TESTS=(smoke paths mapped past pieces given_up full interrupted "small --depth 3"
	"differential --sequences 20000"
	"fuzz_honest -corpus=$HERE/fuzz_honest.corpus -runs=$RUNS"
	"fuzz_hostile -corpus=$HERE/fuzz_hostile.corpus -runs=$RUNS")

run_tests() {
	local test command
	find "$OUT" -name '*.gcda' -delete
	for test in "${TESTS[@]}"; do
		read -ra command <<<"$test"
		[ -x "$OUT/${command[0]}" ] || continue
		"$OUT/${command[0]}" "${command[@]:1}" >"$OUT/output" 2>&1 ||
			{ tail -n 20 "$OUT/output" >&2; echo "${command[0]} fails" >&2; exit 1; }
	done
}

# The ring's part of what gcov prints, with each source line's branches below it
listing() {
	(cd "$HERE" && gcov -b -t "$OUT"/series-virtio_ring.o) |
		awk -v ring="$RING/" '
			/^ +-: +0:Source:/ {
				name = $0
				sub(/.*Source:/, "", name)
				ours = index(name, ring) == 1
			}
			ours'
}

# Lines and branches by file, and what was not reached with its reason
report() {
	local files=("$RING"/virtio_ring.c "$RING"/virtqueue_*.c) tables=("$HERE/uncovered")
	[ ! -f "$HERE/this_kernel.uncovered" ] || tables+=("$HERE/this_kernel.uncovered")
	awk -v ring="$RING/" -v wanted="${#files[@]}" '
	function reason(text, i) {
		for (i = 1; i <= nr_reasons; i++)
			if (index(text, what[i]) || index(unused, what[i])) {
				needed[i] = 1
				return why[i]
			}
	}
	function name_it(kind, text, r) {
		r = reason(text)
		if (r == "" && kind == "line")
			unnamed++
		sub(/^[ \t]+/, "", text)
		rest[++nr_rest] = sprintf("%-16s %5d %-6s %-50s %s", file, line, kind,
					  text, r == "" ? "no reason given" : r)
	}
	function part(some, all, what) {
		return sprintf("   %4d of %4d %s, %5.1f %%", some, all, what,
			       all ? 100 * some / all : 100)
	}
	function end_line() {
		if (missed && line_ran)
			name_it("branch", source)
		missed = 0
	}
	FILENAME ~ /uncovered$/ {
		if (/^#/ || NF == 0)
			next
		i = index($0, " | ")
		what[++nr_reasons] = substr($0, 1, i - 1)
		why[nr_reasons] = substr($0, i + 3)
		next
	}
	/^ +-: +0:Source:/ {
		end_line()
		file = $0
		sub(".*Source:" ring, "", file)
		files[++nr_files] = file
	}
	/^function / {
		end_line()
		unused = / called 0 / ? $0 : ""
		next
	}
	/^branch / {
		branches[file]++
		if (/taken 0%|never executed/)
			missed++
		else
			taken[file]++
		next
	}
	/^ *[-#=0-9]+[*]?: *[0-9]+:/ {
		end_line()
		split($0, f, ":")
		line = f[2] + 0
		source = substr($0, length(f[1]) + length(f[2]) + 3)
		line_ran = f[1] ~ /[0-9]/
		if (line && f[1] !~ /-$/) {
			lines[file]++
			if (line_ran)
				ran[file]++
			else
				name_it("line", source)
		}
	}
	END {
		end_line()
		for (i = 1; i <= nr_rest; i++)
			print rest[i]
		print ""
		for (i = 1; i <= nr_files; i++) {
			file = files[i]
			printf "%-16s %s%s\n", file, part(ran[file], lines[file], "lines"),
				part(taken[file], branches[file], "branches")
			if (file ~ /[.]c$/) {
				nr_c++
				few += ran[file] < 0.96 * lines[file] ||
				       taken[file] < 0.90 * branches[file]
			}
		}
		if (unnamed)
			print unnamed " lines without a reason, see the table uncovered"
		for (i = 1; i <= nr_reasons; i++)
			if (!needed[i]) {
				print "uncovered has a reason for what is reached: " what[i]
				spare++
			}
		if (few || nr_c != wanted)
			print "wanted: " wanted " files, 96 % of lines, 90 % of branches"
		exit unnamed || spare || few || nr_c != wanted
	}' "${tables[@]}" "$OUT/listing"
}

[ $# -eq 0 ] || { echo "usage: ${0##*/}" >&2; exit 2; }
mkdir -p "$OUT"
make -s -C "$HERE" COV=1 RING_DIR="$RING" BASE_RING="$BASE_RING" O="$OUT" >"$OUT/log" 2>&1 ||
	{ cat "$OUT/log" >&2; exit 2; }
run_tests
listing >"$OUT/listing"
report
