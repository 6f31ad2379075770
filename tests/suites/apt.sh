# SPDX-License-Identifier: MIT
# apt.sh - packages of other Debian releases without installing them; sourced by bash.
#
# apt works on lists and caches in a directory of the caller's, and on nothing else.

# The first line that says what went wrong, or all that there is.
first_error()
{
	grep -m 1 -E '^(E:|dpkg-deb: error)' "$1" || tail -n 1 "$1"
}

# The mirror that this machine gets Debian itself from.
find_mirror()
{
	apt-get -o Debug::NoLocking=1 --print-uris update |
		sed -n -E "s,^'(.*)/dists/(bookworm|stable|oldstable)/InRelease'.*,\\1,p" |
		head -n 1
}

# private_apt DIR TOOL ARGS - apt-get or apt-cache that knows the sources in DIR and keeps
# to DIR.  It checks signatures, but not how old a mirror or how right the clock is.
private_apt()
{
	local dir=$1 tool=$2
	shift 2
	"$tool" -q \
		-o Dir::State="$dir" -o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir" \
		-o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Sandbox::User= -o APT::Update::Post-Invoke-Success= \
		-o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false \
		-o Acquire::Languages=none -o Acquire::Retries=2 \
		-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
		"$@"
}

# update_lists DIR MIRROR SUITE - have DIR know the packages of SUITE.
update_lists()
{
	local dir=$1 mirror=$2 suite=$3
	if [ -z "$mirror" ]; then
		echo 'E: the apt sources of this machine name no mirror of Debian 12'
		return 1
	fi
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	: > "$dir/status"
	printf 'deb %s %s main\n' "$mirror" "$suite" > "$dir/sources.list"
	private_apt "$dir" apt-get --error-on=any update
}

# download_packages DIR PACKAGES - leave them in DIR.
download_packages()
{
	local dir=$1
	shift
	cd "$dir" && private_apt "$dir" apt-get download "$@"
}
