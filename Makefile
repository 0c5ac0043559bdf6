# SPDX-License-Identifier: GPL-2.0
#
# Each target is a script in tooling/, which can be called without make too.

export BASE KERNEL_SRC ACCEL ARCH O V J REROLL KERNEL CONFIG IMAGE N LOAD CHECKS

.NOTPARALLEL:
.PHONY: help tree refresh build boot bench bench-guest mutants coverage check check-all \
	check-often check-parity series apply unapply quilt deb report docs clean

help:
	@tooling/help.sh

tree:
	@tooling/tree.sh

refresh:
	@tooling/refresh.sh

build: tree
	@tooling/build.sh

boot: build
	@tooling/boot.sh

bench:
	@tooling/bench.sh

bench-guest: tree
	@tooling/bench-guest.sh

mutants:
	@tooling/mutants.sh

coverage:
	@tooling/coverage.sh

check:
	@tooling/check.sh

check-all:
	@tooling/check-all.sh

check-often:
	@tooling/check-often.sh

check-parity:
	@tooling/check-parity.sh

series:
	@tooling/mail-series.sh

apply:
	@tooling/apply.sh apply

unapply:
	@tooling/apply.sh unapply

quilt:
	@tooling/quilt.sh

report:
	@tooling/report.sh

docs:
	@tooling/docs.sh

deb:
	@tooling/deb.sh

clean:
	@tooling/clean.sh
