#!/bin/sh
# Install what tracefs needs from the system and this machine lacks, by apt-get; name it where that cannot be done.
# With the argument "tests": what nothing but the tests need.
set -eu

missing=
need() { # need PACKAGE COMMAND...: PACKAGE is missing unless COMMAND succeeds
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}

python=${PYTHON:-python3}
if [ "${1:-}" = tests ]; then
	need gcc-powerpc-linux-gnu command -v powerpc-linux-gnu-gcc
	need perf-tools-unstable test -x /usr/sbin/funccount-perf
	need gawk command -v gawk
else
	need python3 "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'
	need python3-venv "$python" -c 'import ensurepip, venv'
	need fuse3 command -v fusermount3
	need gcc command -v gcc
	need binutils command -v ld
	need make command -v make
	need strace command -v strace
	need busybox command -v busybox
fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "please install:$missing" >&2
	exit 1
elif [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null; then
	as_root=sudo
else
	echo "please install, as root: apt-get install$missing" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -q
# shellcheck disable=SC2086
$as_root apt-get install -q -y --no-install-recommends $missing
