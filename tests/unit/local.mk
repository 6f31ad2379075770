# SPDX-License-Identifier: MIT
# tests/unit/local.mk - nothing yet.
