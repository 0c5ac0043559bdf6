#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# JUnit's XML counts as KTAP does, failures of every kind included; a red run says at
# its end what failed; make check-often counts, and ends its load; and the page of make
# report calls what is missing or old by its name, and shows what is there.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

need_packages python3
SCRATCH=$(mktemp -d "$BUILD/results.XXXXXX")
trap 'rm -rf "$SCRATCH"' EXIT
PAGE=$SCRATCH/report.html

well_formed() {
	python3 -c 'import sys, xml.dom.minidom as m; m.parseString(open(sys.argv[1]).read().replace("<!DOCTYPE html>", ""))' "$1" ||
		fail "$1 is not well-formed"
}

# counts TESTS FAILURES ERRORS SKIPPED <KTAP
counts() {
	local kind
	sed 's/^\t*//' >"$SCRATCH/some.ktap"
	junit "$SCRATCH/some.ktap"
	well_formed "$SCRATCH/some.xml"
	for kind in tests failures errors skipped; do
		[ "$(junit_count "$SCRATCH/some.xml" "$kind")" = "$1" ] ||
			{ cat "$SCRATCH/some.xml"; fail "not $1 $kind"; }
		shift
	done
}

test_junit() {
	counts 5 2 0 1 <<-'END'
	[    0.9] noise with <markup> & more
	[    1.000000] KTAP version 1
	[    1.000000] 1..2
	[    1.000000]     KTAP version 1
	[    1.000000]     # Subtest: one
	[    1.000000]     1..3
	[    1.250000]     ok 1 passes
	[    1.300000]     # fails: EXPECTATION FAILED at a < b && c
	[    1.300000]     not ok 2 fails
	[    1.300000]     ok 3 skips # SKIP no such device
	[    1.300000] not ok 1 one
	[    1.300000]     KTAP version 1
	[    1.300000]     # Subtest: two
	[    1.300000]     1..1
	[    1.300000]     ok 1 passes
	[    1.300000] not ok 2 two
	END
	grep -q 'name="passes" time="0.250"' "$SCRATCH/some.xml" || fail 'the time of a case is lost'
	grep -q 'a &lt; b &amp;&amp; c' "$SCRATCH/some.xml" || fail 'why a case failed is lost'

	# the guest died: three results of four are missing
	counts 2 1 0 0 <<-'END'
	KTAP version 1
	1..4
	ok 1 passes
	END
	counts 2 1 1 0 <<-'END'
	KTAP version 1
	1..2
	# could not run
	not ok 1 check
	not ok 2 other
	END
	# what a failed check says may be long
	counts 1 1 0 0 <<-END
	KTAP version 1
	1..1
	# $(printf '<%.0s' {1..9000})
	not ok 1 check
	END
}

fail_with() { cat "$1"; fail "$2"; }

# fake_check NAME: stdin is what it does, in a copy of the tools
fake_check() {
	{ echo ". '$CLONE/tooling/lib/common.sh'; . '$CLONE/tooling/lib/results.sh'"; cat; } >"$CLONE/tooling/check/$1.sh"
	chmod +x "$CLONE/tooling/check/$1.sh"
}

# test_red_run: one check fails, another has cases that do, of KUnit and of a table of
# devices, and a third runs checks for itself, as check mainline does
test_red_run() {
	local out=$SCRATCH/red.log status=0 expected
	CLONE=$SCRATCH/clone
	mkdir "$CLONE"
	cp -r "$TOP/tooling" "$TOP/patches" "$CLONE"
	ln -sf /bin/true "$CLONE/tooling/tree.sh"
	expected=$CLONE/r/check
	fake_check tree <<<'say fine'
	fake_check plain <<<'fail "the first reason" || fail "another one"'
	fake_check cases <<-'END'
	mkdir -p "$RESULTS"
	cat >"$RESULTS/kunit.ktap" <<-'KTAP'
	[    1.0] KTAP version 1
	[    1.0] 1..1
	[    1.0]     KTAP version 1
	[    1.0]     # Subtest: suite
	[    1.0]     1..2
	[    1.0]     ok 1 passes
	[    1.1]         KTAP version 1
	[    1.1]         # Subtest: fails
	[    1.1]     # fails: EXPECTATION FAILED at some.c:7
	[    1.1]     Expected a == b, but
	[    1.1]         a == 1 (0x1)
	[    1.1]         b == 2 (0x2)
	[    1.1]         not ok 1 split,indirect
	[    1.2]         ok 2 packed
	[    1.2]     # fails: pass:1 fail:1 skip:0 total:2
	[    1.2]     not ok 2 fails
	[    1.2] not ok 1 suite
	KTAP
	printf 'KTAP version 1\n1..2\n# ended too soon\nnot ok 1 blk\nok 2 net\n' >"$RESULTS/boot.ktap"
	failed_cases "$RESULTS/kunit.ktap"
	failed_cases "$RESULTS/boot.ktap"
	echo 'CASES 2 2 0'
	fail '2 cases'
	END
	fake_check nested <<-'END'
	status=0
	RESULTS=$RESULTS/nested "$TOP/tooling/check.sh" tree cases || status=$?
	exit "$status"
	END
	O=$CLONE RESULTS=$CLONE/r "$CLONE/tooling/check.sh" tree plain cases nested >"$out" 2>&1 || status=$?
	[ "$status" = 1 ] || fail_with "$out" "a red run's exit status is $status"
	diff <(sed -n '/^what failed:/,$p' "$out") - <<-END || fail 'a red run does not say at its end what failed'
	what failed:
	not ok: plain: FAIL: the first reason ($expected/plain.log)
	not ok: cases: FAIL: 2 cases ($expected/cases.log)
	not ok: cases: suite.fails split,indirect: EXPECTATION FAILED at some.c:7 Expected a == b, but a == 1 (0x1) b == 2 (0x2) ($CLONE/r/kunit.ktap)
	not ok: cases: blk: ended too soon ($CLONE/r/boot.ktap)
	not ok: nested: 3 passed, 3 failed, 0 skipped ($expected/nested.log)
	not ok: nested: cases: FAIL: 2 cases ($CLONE/r/nested/check/cases.log)
	not ok: nested: cases: suite.fails split,indirect: EXPECTATION FAILED at some.c:7 Expected a == b, but a == 1 (0x1) b == 2 (0x2) ($CLONE/r/nested/kunit.ktap)
	not ok: nested: cases: blk: ended too soon ($CLONE/r/nested/boot.ktap)
	3 passed, 5 failed, 0 skipped
	END
}

# often CHECKS: make check-often, in the copy of the tools
often() {
	N=2 LOAD=2 CHECKS=$1 O=$CLONE RESULTS=$CLONE/r exec "$CLONE/tooling/check-often.sh"
}

load_there() { pgrep -f "load of $CLONE" >/dev/null; }

# killed_often SIGNAL: the busy loops end as well
killed_often() {
	local pid tries=600
	(often endless) &>"$SCRATCH/out" &
	pid=$!
	until load_there && [ -e "$CLONE/began" ]; do sleep 0.1; done
	kill -"$1" "$pid"
	wait "$pid" 2>/dev/null || true
	rm "$CLONE/began"
	while load_there && [ $((tries--)) -gt 0 ]; do sleep 0.1; done
	! load_there || fail "check-often: SIG$1 leaves busy loops"
}

test_often() {
	local out=$SCRATCH/often.log status=0
	fake_check loaded <<<"pgrep -f 'load of $CLONE' >/dev/null || fail 'no load'"
	(often 'loaded plain') >"$out" 2>&1 || status=$?
	[ "$status" = 1 ] || fail_with "$out" "make check-often's exit status is $status"
	diff <(sed -n '/^check  /,/^plain/p' "$out") - <<-END || fail_with "$out" 'make check-often counts wrong'
	check             runs failed
	loaded               2      0
	plain                2      2  $CLONE/r/often/plain.1  $CLONE/r/often/plain.2
	END
	grep -q 'the first reason' "$CLONE/r/often/plain.2/check/plain.log" || fail 'make check-often keeps no log'
	! load_there || fail 'make check-often leaves busy loops'
	# until it is seen
	fake_check endless <<<"touch '$CLONE/began'; while [ -e '$CLONE/began' ]; do sleep 0.1; done"
	killed_often TERM
	killed_often KILL
}

# page PATTERN TIMES: the page, made again, has so many lines with it
page() {
	RESULTS=$SCRATCH "$TOP/tooling/report.sh" >/dev/null
	well_formed "$PAGE"
	same_page "$@"
}

# same_page PATTERN TIMES: the page has so many lines with it
same_page() {
	local found
	found=$(grep -c "$1" "$PAGE" || true)
	[ "$found" = "$2" ] || fail "\"$1\" stands $found times on the page, not $2"
}

# a_run TREE COMMIT FAILED: of make check; two checks, one log
a_run() {
	rm -rf "$SCRATCH/check"
	mkdir -p "$SCRATCH/check"
	printf '%s\n' 'KTAP version 1' 1..2 'ok 1 tree' 'ok 2 docs' >"$SCRATCH/check/check.ktap"
	echo "$1" >"$SCRATCH/check/check.ktap.tree"
	printf 'tree\tpassed\t1\tfine\ndocs\t%s\t2\tso\n' "$([ "$3" = 0 ] && echo passed || echo FAILED)" >"$SCRATCH/check/check.tsv"
	printf '%s\n' passed=1 "failed=$3" skipped=0 "commit=$2" 'date=then' >"$SCRATCH/check/summary"
	[ "$3" = 0 ] || echo 'not ok: docs: a <reason> (log)' >"$SCRATCH/check/failed"
	touch "$SCRATCH/check/tree.log"
}

# test_verdict: old ones are not taken for new ones
test_verdict() {
	local here
	here=$(repository_commit)
	same_page 'No verdict' 1
	same_page 'No earlier run' 1
	a_run "$(tree_id)" "$here" 0
	mkdir -p "$SCRATCH/before"
	cp "$SCRATCH"/check/{summary,check.tsv} "$SCRATCH/before"
	page 'verdict pass"><b>Passed' 1
	same_page 'href="check/tree.log"' 1
	same_page 'Every check came to the same' 1
	a_run "$(tree_id)" "$here" 1
	page 'verdict fail"><b>Failed' 1
	same_page 'class="fail">docs: a &lt;reason&gt;' 1
	same_page '<td>docs</td><td class="pass">passed</td><td class="fail">FAILED' 1
	a_run 0000 "$here" 0
	page 'verdict missing"><b>Old: passed' 1
	a_run "$(tree_id)" 'another commit' 0
	page 'verdict missing"><b>Old: passed' 1
}

test_report() {
	local results
	page 'class="missing">not run' 10
	! grep -qE 'of the tree as it is|older than' "$PAGE" || fail 'the page has results that there are not'
	printf 'device\tdriver\tread\tverdict\nblk<1>\tvirtio_blk\t12345\tpass\n' >"$SCRATCH/boot.tsv"
	page 'older than the tree' 1
	result_of "$SCRATCH/boot.tsv" "0000"
	page 'older than the tree' 1
	result_of "$SCRATCH/boot.tsv" "$(tree_id)"
	page 'of the tree as it is' 1
	grep -q '<td>blk&lt;1&gt;</td>.*<td>12 KiB</td><td class="pass">pass' "$PAGE" || fail 'the table is not on the page'
	results=$(grep -E '(src|href)="?[^#"]' "$PAGE" | grep -vcE 'href="check/[a-z-]+\.log"' || true)
	[ "$results" = 0 ] || fail 'the page refers to other files'
	test_verdict
}

"$TOP/tooling/tree.sh"
test_junit
test_red_run
test_often
test_report
say 'JUnit counts as KTAP does; a red run says what failed; check-often ends its load; the page tells new, old and missing results apart'
