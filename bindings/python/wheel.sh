#!/bin/sh
# Builds the wheel for Linux into the folder named, with the programs of the virtual environment named, and tries it in a fresh one.
# Zig links against the glibc of manylinux2014 (2.17), whichever this machine has.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
venv=$1
wheels=$2
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements-wheel.txt"
rm -rf "$wheels"
(cd "$here" && PATH="$venv/bin:$PATH" maturin build --locked --release --zig --compatibility manylinux2014 \
    --target "$(uname -m)-unknown-linux-gnu" --out "$wheels")
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
python3 -m venv "$fresh/venv"
"$fresh/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-index "$wheels"/*.whl
cd "$fresh" && "$fresh/venv/bin/python" "$here/smoke.py"
ls -sh "$wheels"
