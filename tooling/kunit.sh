#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# usage: kunit.sh
#
# Runs the kernel's KUnit suites that match KUNIT_FILTER (default: virtio*) in
# the guest, and has the tree's own kunit.py read what they say.  Leaves
# $RESULTS/kunit.ktap, and the same as JUnit's XML.

# shellcheck source=tooling/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

GUEST=$TOP/tooling/guest
# shellcheck source=tooling/guest/qemu.sh
. "$GUEST/qemu.sh"
# shellcheck source=tooling/guest/initramfs.sh
. "$GUEST/initramfs.sh"
# shellcheck source=tooling/lib/results.sh
. "$TOP/tooling/lib/results.sh"

KUNIT_FILTER=${KUNIT_FILTER:-virtio*}
RUN=$RESULTS/kunit
KTAP=$RESULTS/kunit.ktap
LIMIT=${LIMIT:-600}

# The suite provokes misuse on purpose, and every misuse warns, here:
MAY_WARN='WARNING: .*drivers/virtio/virtqueue_buf[.]c:[0-9]'

parse() { python3 "$LINUX/tools/testing/kunit/kunit.py" parse "$KTAP"; }

# count WHAT: cases of the last line of kunit.py, "... Ran 5 tests: passed: 5"
count() {
	sed -n "s/.*Ran [0-9]* tests:.*$1: \([0-9]*\).*/\1/p" "$RUN/parsed" | tail -n 1
}

# why_skipped: the first case.  A few need what not every kernel has; many are skipped when
# the kernel lacks an option, such as DMA ops or failslab.
why_skipped() { sed -n 's/.*ok [0-9]* .* # SKIP *//p' "$KTAP" | head -n 1; }

# complaint: the first thing on the console that no test provokes
complaint() {
	{ grep -aE "KTAP version|$UNWELL" "$KTAP" || true; } | awk -v may="$MAY_WARN" '
		/KTAP version/ { running = 1; next }
		running && $0 ~ may { next }
		{ sub(/^\[[^]]*\] */, ""); print; exit }'
}

main() {
	local status=0 passed failed skipped complaint
	need_packages "$QEMU_PACKAGE" python3
	need_guest_packages busybox-static
	one_at_a_time guest
	check_qemu
	[ -e "$OBJ/.done" ] || die "no finished kernel in $OBJ: make build"

	rm -rf "$RUN" "$KTAP" "${KTAP%.ktap}.xml"
	need_space 100 "$RUN"
	spec_base "$GUEST/nothing.init" | initramfs "$RUN/initramfs"
	probe_kvm

	# unpacked while the suites run, the initramfs would have its say in the
	# middle of a header, and lose kunit.py
	say "KUnit suites $KUNIT_FILTER in one guest ($ACCEL), console in $RUN/console.log"
	run_guest kunit "$LIMIT" \
		"initramfs_async=0 slub_debug=FZP kunit.enable=1 kunit.autorun=1 kunit.filter_glob=$KUNIT_FILTER" \
		-initrd initramfs
	tr -d '\r' <"$RUN/console.log" >"$KTAP"
	result_of "$KTAP" "$(built_tree)"
	parse >"$RUN/parsed" 2>&1 || status=$?

	passed=$(count passed) failed=$(count failed) skipped=$(count skipped)
	complaint=$(complaint)
	[ "$V" != 1 ] || cat "$RUN/parsed"
	if [ $((${passed:-0} + ${failed:-0})) -eq 0 ]; then
		tail -n 5 "$RUN/parsed" >&2
		fail "KUnit: no test ran (KUNIT_FILTER=$KUNIT_FILTER)"
	fi
	junit "$KTAP"
	[ "$(junit_count "${KTAP%.ktap}.xml" tests)" = $((${passed:-0} + ${failed:-0} + ${skipped:-0})) ] ||
		say "note: kunit.py counts differ from the cases in ${KTAP%.ktap}.xml"
	echo "CASES ${passed:-0} ${failed:-0} ${skipped:-0}"
	say "KUnit: ${passed:-0} passed, ${failed:-0} failed, ${skipped:-0} skipped, details in $RUN/parsed"
	failed_cases "$KTAP"
	if [ "${failed:-0}" -ne 0 ] || [ "$status" -ne 0 ]; then
		grep -E 'FAILED|CRASHED|ERROR' "$RUN/parsed" >&2 || tail -n 5 "$RUN/parsed" >&2
		fail "KUnit: ${failed:-0} failed"
	fi
	[ $((20 * ${skipped:-0})) -le "$passed" ] ||
		fail "KUnit: $skipped cases were skipped, the first because: $(why_skipped)"
	[ -z "$complaint" ] || fail "KUnit: every case passed, but the kernel reported: $complaint"
}

main "$@"
