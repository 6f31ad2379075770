# SPDX-License-Identifier: MIT
# tests/conformance/local.mk - nothing yet.
