# SPDX-License-Identifier: MIT
# vm.sh - run the tests in a guest; sourced by the test of each kernel.
#
# $kernel names one that tests/vm/fetch has put in vm/ of the build directory.  From the
# environment:
#	PGB_VM_TESTS	the tests to run ("unit/os conformance/fork"); all of them if unset
#	PGB_VM_LIMIT	seconds until a guest counts as hung
#	PGB_VM_FAULT	plant these in the place of tests, to see that they are noticed
#	PGB_VM_COUNTS	if set, the guest's clock counts instructions, on one processor
#	PGB_VM_SUITE	options of the suite that vm/gc-costs runs
#	PGB_VM_RESULTS	a file for what a test leaves, which it writes to the third serial port
#	PGB_VM_OVERLAY	an archive that is unpacked over the image
#	PGB_VM_MODULE	the module that is loaded, with its options; "pgbarrier" if unset, and
#			"pgbarrier-planted test_fault=2" is one that is wrong
# and PGB_TEST_* and PGB_SOAK_* for the tests.
#
# The guest is emulated, so that no machine is too plain for it, has no network and no disk,
# and knows no file of ours but the image.

place=$top_builddir/vm/$kernel
image=$top_builddir/vm/image.cpio
limit=${PGB_VM_LIMIT:-1500}

if [ -s "$place/skipped" ]; then
  echo "1..0 # SKIP $(cat "$place/skipped")"
  exit
elif ! [ -s "$place/vmlinuz" ]; then
  echo '1..0 # SKIP no kernel: run tests/vm/fetch in the build directory'
  exit
fi

scratch=$(mktemp -d "$place/run-XXXXXX") || exit 99
guest=
# In the background it would be spared by an interrupt, and live on.
end_guest() {
  trap '' HUP INT TERM
  [ -z "$guest" ] || kill "$guest" 2> /dev/null
  wait
  exit 99
}
trap 'rm -rf "$scratch"' EXIT
trap end_guest HUP INT TERM

# What the kernel does not know becomes the environment of its first process.
settings() {
  for setting in PGB_VM_TESTS PGB_VM_FAULT PGB_VM_MODULE PGB_VM_COUNTS PGB_VM_SUITE \
    PGB_TEST_BACKENDS PGB_TEST_CASES PGB_TEST_SECONDS PGB_TEST_SEED PGB_TEST_WATCHDOG \
    PGB_SOAK_SECONDS PGB_SOAK_SEED; do
    eval "value=\${$setting-}"
    [ -z "$value" ] || printf ' %s="%s"' "$setting" "$value"
  done
  # Little work, for a machine that is this slow.
  printf ' PGB_TEST_SCALE=%s' "${PGB_TEST_SCALE:-1}"
}

# built - a test like those of the guest: is there a module for this kernel?
built() {
  echo '@ test module/build'
  if [ -s "$place/no-modules" ]; then
    echo "1..0 # SKIP $(cat "$place/no-modules")"
  elif [ -s "$place/modules.cpio" ]; then
    echo 'ok 1 - the module can be built' && echo 1..1
  else
    echo 'not ok 1 - the module can be built' && echo 1..1
    tail -n 40 "$place/kmod.log"
  fi
  echo '@ status 0 0'
}

# The kernel unpacks archives one after the other.
touch "$place/modules.cpio" &&
  cat "$image" "$place/modules.cpio" ${PGB_VM_OVERLAY:+"$PGB_VM_OVERLAY"} > "$scratch/initrd" ||
  exit 99

# Without ACPI a kernel learns of one processor a socket.
if [ -n "${PGB_VM_COUNTS-}" ]; then
  processors='-accel tcg -icount shift=0,sleep=off -smp 1'
else
  processors='-accel tcg,thread=multi -smp sockets=2'
fi

# Emulated on a busy machine, the timer may not seem to work to a kernel that checks it.
#
# The second port is for the tests alone, so that no message of the kernel's gets into TAP.
# What goes to the fourth, for whoever waits, is on our standard error at once.
start_guest() {
  timeout --foreground --kill-after=5 "$limit" qemu-system-x86_64 \
    -nodefaults -no-user-config -display none -no-reboot \
    -machine pc $processors -cpu qemu64 -m 2G \
    -kernel "$place/vmlinuz" -initrd "$scratch/initrd" \
    -serial "file:$scratch/messages" -serial "file:$scratch/output" \
    -serial "file:${PGB_VM_RESULTS:-/dev/null}" -serial stdio \
    -append "console=ttyS0 no_timer_check loglevel=5 panic=-1 oops=panic mitigations=off$(settings)" \
    < /dev/null >&2 2> "$scratch/qemu" &
  guest=$!
  wait "$guest"
  status=$?
  guest=
}

# has_begun - did its first process run?  Before that nothing of ours was at work in it.
has_begun() {
  grep -q '^@ kernel' "$scratch/output"
}

touch "$scratch/output" "$scratch/messages"
start_guest
if [ "$status" -ne 124 ] && ! has_begun; then
  echo "# status $status of qemu before the first process ran; started once more, after:"
  tail -n 20 "$scratch/qemu" "$scratch/messages" | sed 's/^/# /'
  start_guest
fi

if [ "$status" -eq 124 ]; then
  ending="ended after $limit seconds"
else
  ending="died (status $status of qemu)"
fi
echo "# $(cat "$place/package")"
sed 's/^/# qemu: /' "$scratch/qemu"
built > "$scratch/built"
version=$(sed 's/^Linux \([^:]*\):.*/\1/' "$place/package")
awk -v version="$version" -v ending="$ending" -f "$top_srcdir/tests/vm/report.awk" \
  from=guest "$scratch/built" "$scratch/output" from=kernel "$scratch/messages"
