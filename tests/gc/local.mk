# SPDX-License-Identifier: MIT
# tests/gc/local.mk - nothing yet.
