#!/bin/sh
# Installs what pip cannot: nginx, proxies, a name server and a clock that jumps, for the tests that need them; or, where it
# is named, the browser of the tests that look at JupyterLab.
set -eu

servers="nginx:nginx tinyproxy:tinyproxy squid:squid-openssl microsocks:microsocks dnsmasq:dnsmasq-base faketime:faketime"
missing=
for pair in ${1:-$servers}; do
    PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
if [ -z "$missing" ]; then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not installed, and only root can install with apt-get:$missing. Their tests will be skipped." >&2
    exit 0
fi
# The tests run these programs themselves: Debian need not start them as services, open to the network.
if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # Several packages.
apt-get install --yes --no-install-recommends -qq $missing
