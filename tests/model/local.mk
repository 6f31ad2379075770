# SPDX-License-Identifier: MIT
# tests/model/local.mk - the model of the protocol.

dist_check_SCRIPTS += tests/model/spin.sh
TESTS += tests/model/spin.sh
