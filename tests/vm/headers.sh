# SPDX-License-Identifier: MIT
# headers.sh - what modules are built with against a kernel that is not installed; sourced
# by bash, after tests/suites/apt.sh.
#
# The compiler and the tools of Kbuild need the C library of their own release of Debian, so
# it is unpacked with them, and they are told to use it.

# needs_of SUITE PACKAGE - the packages that it depends on.
needs_of()
{
	private_apt "$lists/$1" apt-cache depends --important "$2" |
		awk '$1 == "Depends:" { gsub(/[<>]/, "", $2); print $2 }'
}

# Debian has no links in place of /lib any more: make them first, and keep them.
unpack_packages()
{
	local root=$1 dir package
	shift
	for dir in bin lib lib64 sbin; do
		mkdir -p "$root/usr/$dir" && ln -sfn "usr/$dir" "$root/$dir" || return
	done
	for package; do
		dpkg-deb --fsys-tarfile "$package" |
			tar -x -C "$root" --keep-directory-symlink --exclude='./usr/share/*' || return
	done
}

# use_library_of ROOT DIR - have the programs in DIR run with the C library in ROOT.
use_library_of()
{
	local root=$1 program
	find "$2" -type f -perm /111 ! -name '*.so*' | while read -r program; do
		patchelf --print-interpreter "$program" > /dev/null 2>&1 || continue
		patchelf --set-interpreter "$root/lib64/ld-linux-x86-64.so.2" --force-rpath \
			--set-rpath "$root/lib/x86_64-linux-gnu" "$program" || return
	done
}

# unpack_tools ROOT SUITE COMPILER PACKAGES - with all that they depend on.
unpack_tools()
{
	local root=$1 suite=$2 archives=$lists/$2/archives bin=$1/usr/bin/x86_64-linux-gnu parts
	shift 2
	[ "$(cat "$root/packages" 2> /dev/null)" = "$*" ] && return
	command -v patchelf > /dev/null || { echo 'E: patchelf is not installed'; return 1; }
	rm -rf "$root" "$archives"/*.deb
	lists_of "$suite" &&
		private_apt "$lists/$suite" apt-get install -y --download-only \
			--no-install-recommends "$@" &&
		unpack_packages "$root" "$archives"/*.deb &&
		use_library_of "$root" "$root/usr" || return
	# Else the compiler would take those in PATH.
	parts=$(dirname "$("$bin-$1" -print-prog-name=cc1)") &&
		ln -sf "$bin-as" "$parts/as" && ln -sf "$bin-ld" "$parts/ld" &&
		echo "$*" > "$root/packages"
}

# relocate_headers HEADERS ROOT TOOLS - that were made for / and the programs there.
relocate_headers()
{
	local headers=$1 root=$2 tools=$3
	use_library_of "$tools" "$root/usr/lib" &&
		sed -i "s,/usr/src/,$root&,g" "$headers/Makefile" &&
		cat >> "$headers/.kernelvariables" << END
override CROSS_COMPILE = $tools/usr/bin/x86_64-linux-gnu-
PAHOLE = $tools/usr/bin/pahole
END
}

# unpack_headers PLACE SUITE RELEASE - into PLACE/build, as /lib/modules/RELEASE/build.
unpack_headers()
{
	local place=$1 suite=$2 package=linux-headers-$3 root=$1/headers needs ours kbuild compiler
	local base=${suite%-backports} tools=$top/tools/${suite%-backports} name files=()
	needs=$(needs_of "$suite" "$package") &&
		ours=$(grep -E '^linux-(headers-.*-common|kbuild-.*)$' <<< "$needs") &&
		kbuild=$(grep '^linux-kbuild-' <<< "$ours") &&
		compiler=$(grep -m 1 -o -E 'gcc-[0-9]+' <<< "$needs") ||
		{ echo "E: no $package in $suite"; return 1; }
	# shellcheck disable=SC2086 # words
	(download_packages "$lists/$suite" "$package" $ours) || return
	for name in "$package" $ours; do
		files+=("$lists/$suite/${name}"_*.deb)
	done
	# shellcheck disable=SC2046 # words
	unpack_packages "$root" "${files[@]}" &&
		unpack_tools "$tools" "$base" "$compiler" $(needs_of "$suite" "$kbuild") &&
		relocate_headers "$root/usr/src/$package" "$root" "$tools" &&
		ln -s "headers/usr/src/$package" "$place/build"
}
