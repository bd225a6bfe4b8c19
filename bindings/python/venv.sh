#!/bin/sh
# Makes a virtual environment in the folder named and installs what the tests of the Python package need. Where Python cannot
# make one it installs Debian's package, if it may, and otherwise says what to install.
set -eu

here=$(dirname "$0")
venv=$1
make_venv() {
    python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null &&
        python3 -m venv "$venv"
}
if [ ! -x "$venv/bin/python" ] && ! make_venv; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends python3 python3-venv
    fi
    if ! make_venv; then
        cat >&2 <<'TEXT'
The tests of the Python package need Python 3.10 or later, with its modules venv and ensurepip:
    Debian, Ubuntu   sudo apt-get install python3-venv
    Fedora           sudo dnf install python3
    macOS            brew install python
TEXT
        exit 1
    fi
fi
# What is installed is remembered, so that an unchanged list costs nothing and needs no network.
if ! cmp -s "$here/requirements-test.txt" "$venv/installed.txt"; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements-test.txt"
    cp "$here/requirements-test.txt" "$venv/installed.txt"
fi
