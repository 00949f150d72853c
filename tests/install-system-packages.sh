#!/bin/sh
# Installs what pip cannot: nginx, for the tests that talk to a real server.
set -eu

if PATH="$PATH:/usr/sbin" command -v nginx >/dev/null; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install --yes --no-install-recommends -qq nginx
else
    echo "nginx is not installed, and only root can install it with apt-get: its tests will be skipped." >&2
fi
