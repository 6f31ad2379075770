# SPDX-License-Identifier: MIT
# bench/local.mk - nothing yet.
