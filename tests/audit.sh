#!/bin/sh
# Checks Cargo.lock against published advisories, without the network: `audit.sh CARGO-DENY`. ADVISORY_DB is a clone of
# https://github.com/RustSec/advisory-db; without it, the copy counts that `cargo deny fetch db` has made.
set -eu
cd "$(dirname "$0")/.."

config=deny.toml
if [ -n "${ADVISORY_DB:-}" ]; then
    folder=${CARGO_TARGET_DIR:-target}/advisories
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd)
    # Under this name cargo-deny looks for it.
    ln -sfn "$(cd "$ADVISORY_DB" && pwd)" "$folder/advisory-db-3157b0e258782691"
    config=$folder/deny.toml
    sed "s#^\[advisories\]#&\ndb-path = \"$folder\"#" deny.toml >"$config"
elif [ ! -d "${CARGO_HOME:-$HOME/.cargo}/advisory-dbs" ]; then
    echo "no database of advisories: set ADVISORY_DB, or run 'cargo deny fetch db'" >&2
    exit 1
fi
exec "$1" --locked --offline --config "$config" check advisories
