#!/usr/bin/env bash
# Runs a command with DATABASE_URL naming a database of a new, temporary PostgreSQL to which the migrations were
# applied:
#
#     tests/with-postgres.sh cargo check
#
# PostgreSQL refuses to run as root, so root runs it as the user postgres. It listens on a socket in a directory of its
# own, never on TCP, and is gone when the command ends.
set -euo pipefail

migrations=$(cd "$(dirname "$0")/../migrations" && pwd)

candidates=$(
    command -v initdb | xargs -r dirname
    find /usr/lib/postgresql -path '*/bin/initdb' -printf '%h\n' 2>/dev/null | sort -rV
    pg_config --bindir 2>/dev/null
) || true
bin=
for candidate in $candidates; do
    if [[ -x $candidate/initdb && -x $candidate/pg_ctl ]]; then
        bin=$candidate
        break
    fi
done
if [[ -z $bin ]]; then
    echo "PostgreSQL is not installed; on Debian: apt-get install postgresql" >&2
    exit 1
fi

as=()
if [[ $EUID -eq 0 ]]; then as=(runuser -u postgres --); fi
home=$("${as[@]}" mktemp -d /tmp/sitekeeper-postgres.XXXXXX)
finish() {
    (cd / && "${as[@]}" "$bin/pg_ctl" -D "$home/data" -m immediate -w stop) >/dev/null 2>&1 || true
    rm -rf "$home"
}
trap finish EXIT

(
    cd /
    "${as[@]}" "$bin/initdb" -D "$home/data" -U sitekeeper -A trust -E UTF8 --locale=C --no-sync
    "${as[@]}" "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w start \
        -o "-c listen_addresses='' -c unix_socket_directories='$home' -c fsync=off"
) >/dev/null
for migration in "$migrations"/*.sql; do
    psql --quiet --no-psqlrc --host "$home" --username sitekeeper --dbname postgres \
        --set ON_ERROR_STOP=1 --single-transaction --file "$migration" >/dev/null
done

DATABASE_URL="postgres://sitekeeper@localhost/postgres?host=$home" "$@"
