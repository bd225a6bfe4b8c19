#!/bin/sh
# Sees to it that PostgreSQL's programs are here, which tests start a throw-away server with, and PgBouncer, which some tests put
# in front of it. Installs Debian's packages where it may, and otherwise says what to install.
set -eu

if [ -n "${DATABASE_URL:-}" ]; then
    exit 0
fi

has_postgres() {
    bin=$(pg_config --bindir 2>/dev/null || true)
    for initdb in "$bin/initdb" "$(command -v initdb || true)" /usr/lib/postgresql/*/bin/initdb; do
        [ ! -x "$initdb" ] || return 0
    done
    return 1
}

has_pgbouncer() {
    PATH="$PATH:/usr/sbin" command -v pgbouncer >/dev/null
}

missing=""
has_postgres || missing="postgresql"
has_pgbouncer || missing="$missing pgbouncer"
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update
    # No cluster of the machine's own is needed.
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    # shellcheck disable=SC2086 # Several words.
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
fi
has_pgbouncer || echo "PgBouncer is not installed: the tests that need it are listed as ignored." >&2
if has_postgres; then
    exit 0
fi
cat >&2 <<'TEXT'
The tests need PostgreSQL's programs (initdb, pg_ctl, postgres), version 14 or later:
    Debian, Ubuntu   sudo apt-get install postgresql
    Fedora           sudo dnf install postgresql-server
    macOS            brew install postgresql@17
Or set DATABASE_URL to a server on which tests may make and drop databases.
TEXT
exit 1
