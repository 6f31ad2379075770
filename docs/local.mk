# SPDX-License-Identifier: MIT
# docs/local.mk - nothing yet.
