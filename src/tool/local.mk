# SPDX-License-Identifier: MIT
# src/tool/local.mk - nothing yet.
