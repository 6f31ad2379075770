#!/bin/sh
# SPDX-License-Identifier: MIT
# selfcheck.sh - what goes wrong in a guest is reported, and nothing else is.

. "$top_srcdir/tests/gc/lib.sh"
. "$top_srcdir/tests/vm/reported.sh"

unset PGB_VM_TESTS

# guest FAULTS FILE - a guest with these planted; its report goes to FILE
guest() {
  PGB_VM_FAULT=$1 "${SHELL:-sh}" "$top_srcdir/tests/vm/linux-6.12.sh" > "$2" 2>&1
}

log="no warning in the kernel's log"
end='the guest reached its end'

[ -s "$top_builddir/vm/6.12/vmlinuz" ] ||
  skip_all 'no kernel: run tests/vm/fetch in the build directory'

# Until it counts as hung it has time to boot, which the others use as well.
PGB_VM_LIMIT=30 guest hang "$scratch/hang" &
guest none "$scratch/sound"
check 'nothing planted: all is well' fails_as "$scratch/sound"
guest 'failure status truncation warning skip skip-all' "$scratch/failures"
check 'failed tests and a warning of the kernel are failures' \
  fails_as "$scratch/failures" 'failure: planted' 'status: ran to its end' \
  'truncation: ran to its end' "$log"
check 'the warning is shown' says "$scratch/failures" '^# .*WARNING: planted'
guest open "$scratch/open"
check 'a module that is still in use is a failure' fails_as "$scratch/open" \
  'module/unload: nobody uses it' 'module/unload: it can be removed' \
  'module/unload: nothing of it is left'
check 'a skip keeps its reason' says "$scratch/failures" ': skip: planted # SKIP a reason$'
check 'so does that of a whole test' says "$scratch/failures" ': skip-all # SKIP a reason$'
guest crash "$scratch/crash"
check 'a kernel that dies is a failure' fails_as "$scratch/crash" "$end" "$log"
check 'what was running when it died' says "$scratch/crash" 'died .* while crash was running'

# dying TIMES FILE - a guest whose qemu ends at once so many times; its report goes to FILE
dying() {
  mkdir -p "$scratch/bin"
  cat > "$scratch/bin/qemu-system-x86_64" << END
#!/bin/sh
echo >> '$scratch/starts'
[ \$(wc -l < '$scratch/starts') -gt $1 ] || exit 1
exec '$qemu' "\$@"
END
  chmod +x "$scratch/bin/qemu-system-x86_64"
  : > "$scratch/starts"
  (PATH="$scratch/bin:$PATH" && guest none "$2")
}

qemu=$(command -v qemu-system-x86_64)
dying 1 "$scratch/again"
check 'one that dies before it begins is started once more' fails_as "$scratch/again"
check 'that is said' says "$scratch/again" 'status 1 .* started once more'
dying 2 "$scratch/twice"
check 'if it dies again, that is a failure' says "$scratch/twice" "^not ok .*$end"
wait
check 'a guest that hangs is a failure' fails_as "$scratch/hang" "$end"
check 'what was running when it hung' \
  says "$scratch/hang" 'ended after 30 seconds while hang was running'
finish
