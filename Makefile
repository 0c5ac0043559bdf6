# SPDX-License-Identifier: GPL-2.0
#
# Each target is a script in tooling/, which can be called without make too.

VARIABLES = BASE KERNEL_SRC ACCEL ARCH O V J FROM PREFIX REROLL KERNEL CONFIG IMAGE N LOAD CHECKS
# those that are set; the others would be empty
$(foreach variable,$(VARIABLES),$(if $(filter-out undefined,$(origin $(variable))),$(eval export $(variable))))

.NOTPARALLEL:
.PHONY: help tree refresh build boot bench bench-guest mutants coverage check check-all \
	check-often check-parity rebase-check look series bundle apply unapply quilt deb report docs clean

help:
	@tooling/help.sh

tree:
	@tooling/tree.sh

refresh:
	@tooling/refresh.sh

build: tree
	@tooling/build.sh

boot: look build
	@tooling/boot.sh

bench:
	@tooling/bench.sh

bench-guest: look tree
	@tooling/bench-guest.sh

mutants:
	@tooling/mutants.sh

coverage:
	@tooling/coverage.sh

check: look
	@tooling/check.sh

check-all: look
	@tooling/check-all.sh

check-often:
	@tooling/check-often.sh

# what the guest needs; before a kernel is fetched and built
look:
	@tooling/look.sh

rebase-check:
	@tooling/rebase-check.sh

check-parity:
	@tooling/check-parity.sh

series:
	@tooling/mail-series.sh

bundle:
	@tooling/bundle.sh

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
