#!/bin/sh
# Copies the primary at the first start, and runs as its standby; after a promotion it starts as what it then is.
#
#   PGDATA=... PRIMARY_HOST=... REPLICATION_PASSWORD_FILE=... ./start-standby.sh [OPTION OF postgres]...
set -eu

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # Kept in the data folder, so that the server finds it at every start; written there when the copy is whole.
    password=$(cat "$REPLICATION_PASSWORD_FILE")
    PGPASSWORD=$password pg_basebackup --pgdata "$PGDATA" --checkpoint fast --write-recovery-conf \
        --dbname "host=$PRIMARY_HOST port=${PRIMARY_PORT:-5432} user=replication"
    chmod 0700 "$PGDATA"
fi
# The name that the primary's commits wait for. The copying itself must not bear it: it would count as the standby.
exec postgres -D "$PGDATA" -c cluster_name=standby "$@"
