# SPDX-License-Identifier: MIT
# tests/tool/local.mk - nothing yet.
