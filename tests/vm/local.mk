# SPDX-License-Identifier: MIT
# tests/vm/local.mk - tests in guests with other kernels, which emulation makes slow.

EXTRA_DIST += tests/vm/fetch
