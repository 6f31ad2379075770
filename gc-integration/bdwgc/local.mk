# SPDX-License-Identifier: MIT
# gc-integration/bdwgc/local.mk - nothing yet.
