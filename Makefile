# SPDX-License-Identifier: GPL-2.0
#
# Each target is a script in tooling/, which can be called without make too.

export BASE KERNEL_SRC ACCEL ARCH O V J

# Our variables and jobs are not those of a kernel's make further down.
RUN := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES

.NOTPARALLEL:
.PHONY: help tree refresh build boot check check-all check-parity clean

help:
	@$(RUN) tooling/help.sh

tree:
	@$(RUN) tooling/tree.sh

refresh:
	@$(RUN) tooling/refresh.sh

build: tree
	@$(RUN) tooling/build.sh

boot: build
	@$(RUN) tooling/boot.sh

check:
	@$(RUN) tooling/check.sh

check-all:
	@$(RUN) tooling/check-all.sh

check-parity:
	@$(RUN) tooling/check-parity.sh

clean:
	@$(RUN) tooling/clean.sh
