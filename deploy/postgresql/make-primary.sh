#!/bin/sh
# Makes callgate's role and database, and the role that the standby streams with, on a new primary.
#
# Runs once, as a start script of the official image (/docker-entrypoint-initdb.d) or by hand as PostgreSQL's superuser:
#   CALLGATE_PASSWORD_FILE=... REPLICATION_PASSWORD_FILE=... ./make-primary.sh
# Commits wait for a standby that calls itself `standby` from the server's next start on, and not before: the standby is
# made from this server, and until it is there nothing here could commit.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres \
    --set callgate_password="$(cat "$CALLGATE_PASSWORD_FILE")" \
    --set replication_password="$(cat "$REPLICATION_PASSWORD_FILE")" <<'SQL'
CREATE ROLE callgate LOGIN PASSWORD :'callgate_password';
CREATE DATABASE callgate OWNER callgate;
REVOKE CONNECT ON DATABASE callgate FROM PUBLIC;
CREATE ROLE replication LOGIN REPLICATION PASSWORD :'replication_password';
ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (standby)';
SQL

# The official image writes no line for replication from another host.
echo 'host replication replication all scram-sha-256' >> "$PGDATA/pg_hba.conf"
